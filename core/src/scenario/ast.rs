//! The parsed form of rules, scripts and expressions.
//!
//! **Invariant.** Says what stands in the text, nothing of what it means; no node lies deeper than [`MAX_DEPTH`].

use crate::diagnostic::Span;
use crate::ids::Num;

/// Deepest nesting of an expression.
pub const MAX_DEPTH: u8 = 64;

/// A name and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    pub text: String,
    pub span: Span,
}

/// Operators of two operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op2 {
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    Add,
    Sub,
    Mul,
    Div,
    Mod,
}

impl Op2 {
    /// All, with their spelling and binding power (or 1 < and 2 < comparisons 4 < sums 5 < products 6; `not` stands at 3).
    pub const ALL: [(&'static str, Self, u8); 14] = [
        ("or", Self::Or, 1),
        ("and", Self::And, 2),
        ("==", Self::Eq, 4),
        ("!=", Self::Ne, 4),
        ("<", Self::Lt, 4),
        ("<=", Self::Le, 4),
        (">", Self::Gt, 4),
        (">=", Self::Ge, 4),
        ("in", Self::In, 4),
        ("+", Self::Add, 5),
        ("-", Self::Sub, 5),
        ("*", Self::Mul, 6),
        ("/", Self::Div, 6),
        ("mod", Self::Mod, 6),
    ];
    /// Its spelling.
    pub fn sign(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, op, _)| *op == self)
            .map_or("?", |(sign, _, _)| sign)
    }
    /// Its binding power.
    pub fn power(self) -> u8 {
        Self::ALL
            .iter()
            .find(|(_, op, _)| *op == self)
            .map_or(0, |(_, _, power)| *power)
    }
}

/// An expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
    /// Nodes on the longest way down, itself included.
    pub depth: u8,
}

/// What an expression is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExprKind {
    /// A number in millionths; `whole` if it was written without a point and without `%`.
    Number {
        value: Num,
        whole: bool,
    },
    Text(String),
    Bool(bool),
    Name(String),
    Call(Call),
    Field(Box<Expr>, Name),
    Neg(Box<Expr>),
    Not(Box<Expr>),
    /// Operator, where it stands, operands.
    Binary(Op2, Span, Box<Expr>, Box<Expr>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
}

/// A call; also an effect or an action.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    pub name: Name,
    pub args: Vec<Arg>,
    pub span: Span,
}

/// An argument, with its `where`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arg {
    pub value: Expr,
    pub cond: Option<Expr>,
}

/// A pattern and where it stands; `_` is `None`.
pub type Pat = (Option<Name>, Span);

/// What starts a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trigger {
    /// `on EVENT(pat, …)`; a pattern `_` is `None`.
    On {
        event: Name,
        pats: Vec<Pat>,
        /// Patterns for the arguments of a message: its place among `pats`, and theirs.
        args: Vec<(usize, Vec<Pat>)>,
        span: Span,
    },
    /// `each ROLE|THING name [every n]`.
    Each {
        what: Name,
        binder: Name,
        every: Option<Expr>,
    },
    /// `start`.
    Start,
}

/// How an assignment changes its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AssignOp {
    Set,
    Add,
    Sub,
}

/// What an effect is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EffectKind {
    Assign {
        place: Expr,
        op: AssignOp,
        value: Expr,
    },
    Emit {
        event: Name,
        args: Vec<Expr>,
        after: Option<Expr>,
    },
    Call(Call),
}

/// An effect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Effect {
    pub kind: EffectKind,
    pub span: Span,
}

/// A rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    pub label: Option<Name>,
    pub trigger: Trigger,
    pub when: Option<Expr>,
    pub effects: Vec<Effect>,
    pub span: Span,
}

/// One item of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Item {
    /// `let name = expr`.
    Let { name: Name, value: Expr },
    /// `avoid K [where expr]`.
    Avoid { kind: Name, cond: Option<Expr> },
    /// `[label:] [if expr] -> action {; name = expr}`.
    Line {
        label: Option<Name>,
        cond: Option<Expr>,
        action: Call,
        updates: Vec<(Name, Expr)>,
        span: Span,
    },
}
