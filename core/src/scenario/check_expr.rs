//! Expressions: names to places, types, and what a bot may read.
//!
//! **Invariant.** One slip, one diagnostic: a part that has one gets the type *unknown*, which silences what follows from it.

use crate::diagnostic::{Diagnostic, Span};
use crate::ids::{KindId, ONE, RoleId};
use crate::rules::code::{Code, Fix, MISSING};
use crate::scenario::ast::{Expr, ExprKind, Op2};
use crate::scenario::lower::E;
use crate::scenario::names::{Names, nearest, suggest};
use crate::state::{Type, VarDecl};

/// Type of an expression. A slot may have one known role, a thing one known kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ty {
    Unknown,
    Bool,
    Int,
    Num,
    Text,
    Kind,
    Role,
    Slot(Option<u8>),
    Thing(Option<u8>),
    Cell,
    Message,
    Beam,
    /// What was refused.
    Effect,
    /// A word of a list, by the list's number in the checker.
    Choice(usize),
}

impl Ty {
    /// With its article, for messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Bool => "a truth value",
            Self::Int | Self::Num => "a number",
            Self::Text => "a text",
            Self::Kind => "a kind",
            Self::Role => "a role",
            Self::Slot(_) => "a slot",
            Self::Thing(_) => "a thing",
            Self::Cell => "a cell",
            Self::Message => "a message",
            Self::Beam => "a beam",
            Self::Effect => "an effect",
            Self::Choice(_) => "a word of a list",
        }
    }
    /// Of a declared type.
    pub(crate) fn of(ty: Type) -> Self {
        match ty {
            Type::Bool => Self::Bool,
            Type::Int => Self::Int,
            Type::Num => Self::Num,
            Type::Slot => Self::Slot(None),
            Type::Thing => Self::Thing(None),
            Type::Cell => Self::Cell,
            Type::Kind => Self::Kind,
            Type::Role => Self::Role,
            Type::Message => Self::Message,
            Type::Beam => Self::Beam,
            Type::Effect => Self::Effect,
            Type::Choice => Self::Choice(usize::MAX),
            Type::Text => Self::Text,
        }
    }
    /// How a stored value of this type says that it is missing.
    pub(crate) fn fix(self) -> Fix {
        match self {
            Self::Slot(_) | Self::Thing(_) => Fix::Below,
            Self::Cell => Fix::Zero,
            _ => Fix::Plain,
        }
    }
    fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Num)
    }
    fn is_place(self) -> bool {
        matches!(self, Self::Slot(_) | Self::Thing(_) | Self::Cell)
    }
}

/// A checked expression with its type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Typed {
    pub(crate) e: E,
    pub(crate) ty: Ty,
}

impl Typed {
    pub(crate) const UNKNOWN: Self = Self {
        e: E::Missing,
        ty: Ty::Unknown,
    };
    pub(crate) fn new(e: E, ty: Ty) -> Self {
        Self { e, ty }
    }
    /// As a number in millionths.
    pub(crate) fn widened(self) -> E {
        match (self.e, self.ty) {
            (E::Const(value), Ty::Int) => E::Const(value * ONE),
            (e, Ty::Int) => E::Un(Code::Widen, Box::new(e)),
            (e, _) => e,
        }
    }
}

/// A name in scope.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Bind {
    pub(crate) name: String,
    pub(crate) ty: Ty,
    pub(crate) id: usize,
    /// For a kind, role or message that is known at load.
    pub(crate) constant: Option<i64>,
    /// What it stands for, where that is computed from other names.
    pub(crate) alias: Option<E>,
    pub(crate) used: bool,
}

/// A place in a list, as a value.
pub(crate) fn number(index: usize) -> i64 {
    i64::try_from(index).expect("lists of names are short")
}

/// What a script adds to the scope.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct BotScope {
    pub(crate) role: Option<RoleId>,
    pub(crate) control: bool,
    pub(crate) world: bool,
    pub(crate) registers: Vec<String>,
}

/// Checks expressions against names; gathers diagnostics.
pub(crate) struct Checker<'n, 'a> {
    pub(crate) names: &'n Names<'a>,
    pub(crate) out: Vec<Diagnostic>,
    pub(crate) scope: Vec<Bind>,
    pub(crate) n_ids: usize,
    pub(crate) bot: Option<BotScope>,
    /// Why a draw is an error here; `None` where one may stand.
    pub(crate) no_draws: Option<&'static str>,
    /// The first draw.
    pub(crate) drew: Option<Span>,
    pub(crate) sites: u8,
    /// Word lists of choices, see [`Ty::Choice`].
    pub(crate) lists: Vec<Vec<String>>,
    /// Definitions that are being expanded.
    pub(crate) expanding: Vec<usize>,
    /// Definitions expanded so far.
    pub(crate) expansions: usize,
}

impl<'n, 'a> Checker<'n, 'a> {
    pub(crate) fn new(names: &'n Names<'a>) -> Self {
        Self {
            names,
            out: Vec::new(),
            scope: Vec::new(),
            n_ids: 0,
            bot: None,
            no_draws: None,
            drew: None,
            sites: 0,
            lists: Vec::new(),
            expanding: Vec::new(),
            expansions: 0,
        }
    }

    /// Adds an error, once.
    pub(crate) fn slip(
        &mut self,
        code: &str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Typed {
        let diagnostic = Diagnostic::error(code, span, message, help);
        if !self.out.contains(&diagnostic) {
            self.out.push(diagnostic);
        }
        Typed::UNKNOWN
    }

    /// Adds a name to the scope; returns its id.
    pub(crate) fn bind(&mut self, name: &str, ty: Ty, constant: Option<i64>) -> usize {
        let id = self.n_ids;
        self.n_ids += 1;
        self.scope.push(Bind {
            name: name.to_owned(),
            ty,
            id,
            constant,
            alias: None,
            used: false,
        });
        id
    }

    /// An expression that must have one of two types; whole numbers widen.
    pub(crate) fn want(&mut self, expr: &Expr, want: Ty) -> E {
        let got = match (want, &expr.kind) {
            (Ty::Choice(list), ExprKind::Name(name)) => self.choice(list, name, expr.span),
            (Ty::Choice(_), ExprKind::If(cond, yes, no)) => {
                // Words are known by what they stand for: each side is one of the list.
                let cond = self.want(cond, Ty::Bool);
                let (yes, no) = (self.want(yes, want), self.want(no, want));
                Typed::new(E::If(Box::new(cond), Box::new(yes), Box::new(no)), want)
            }
            _ => self.expr(expr),
        };
        match (got.ty, want) {
            (Ty::Unknown, _) | (_, Ty::Unknown) => got.e,
            (Ty::Int, Ty::Num) => got.widened(),
            (a, Ty::Cell) if a.is_place() => self.cell(got),
            (Ty::Slot(_), Ty::Slot(_)) | (Ty::Thing(_), Ty::Thing(_)) => got.e,
            (a, b) if a == b => got.e,
            (Ty::Num, Ty::Int) => {
                self.slip(
                    "E202",
                    expr.span,
                    "a whole number is needed here, found one with decimals",
                    "",
                );
                E::Missing
            }
            (a, b) => {
                let help = match b {
                    Ty::Role => suggest("", self.role_names()),
                    Ty::Bool => "compare it with something".to_owned(),
                    _ => String::new(),
                };
                self.slip(
                    "E202",
                    expr.span,
                    format!("{} is needed here, found {}", b.name(), a.name()),
                    help,
                );
                E::Missing
            }
        }
    }

    /// A slot, thing or cell as a cell.
    pub(crate) fn cell(&mut self, of: Typed) -> E {
        match of.ty {
            Ty::Slot(_) => E::Un(Code::CellOfSlot, Box::new(of.e)),
            Ty::Thing(_) => E::Un(Code::CellOfRow, Box::new(of.e)),
            _ => of.e,
        }
    }

    fn choice(&mut self, list: usize, word: &str, span: Span) -> Typed {
        let words = self.lists.get(list).cloned().unwrap_or_default();
        if let Some(i) = words.iter().position(|w| w == word) {
            return Typed::new(E::Const(number(i)), Ty::Choice(list));
        }
        if self.scope.iter().any(|b| b.name == word)
            || self.names.table.vars.iter().any(|v| v.name == word)
        {
            let got = self.name(word, span);
            return if matches!(got.ty, Ty::Choice(_)) {
                Typed::new(got.e, Ty::Choice(list))
            } else {
                got
            };
        }
        let help = suggest(word, words.iter().map(String::as_str));
        self.slip(
            "E404",
            span,
            format!("`{word}` is none of the words that may stand here"),
            help,
        )
    }

    /// Any expression.
    pub(crate) fn expr(&mut self, expr: &Expr) -> Typed {
        match &expr.kind {
            ExprKind::Number { value, whole: true } => Typed::new(E::Const(value / ONE), Ty::Int),
            ExprKind::Number {
                value,
                whole: false,
            } => Typed::new(E::Const(*value), Ty::Num),
            ExprKind::Text(_) => self.slip("E202", expr.span, "a text cannot stand here", ""),
            ExprKind::Bool(value) => Typed::new(E::Const(i64::from(*value)), Ty::Bool),
            ExprKind::Name(name) => self.name(name, expr.span),
            ExprKind::Call(call) => self.call(call),
            ExprKind::Field(of, field) => self.field(of, field),
            ExprKind::Neg(inner) => {
                let of = self.expr(inner);
                match (of.ty, of.e) {
                    (Ty::Unknown, _) => Typed::UNKNOWN,
                    (ty, E::Const(value)) if ty.is_number() => Typed::new(E::Const(-value), ty),
                    (ty, e) if ty.is_number() => Typed::new(E::Un(Code::Neg, Box::new(e)), ty),
                    (ty, _) => {
                        self.slip("E202", expr.span, format!("{} has no sign", ty.name()), "")
                    }
                }
            }
            ExprKind::Not(inner) => {
                let e = self.want(inner, Ty::Bool);
                Typed::new(E::Un(Code::Not, Box::new(e)), Ty::Bool)
            }
            ExprKind::Binary(op, at, left, right) => self.binary(*op, *at, left, right),
            ExprKind::If(cond, yes, no) => {
                let cond = self.want(cond, Ty::Bool);
                let (yes, no) = (self.expr(yes), self.expr(no));
                let ty = match (yes.ty, no.ty) {
                    (Ty::Unknown, _) | (_, Ty::Unknown) => return Typed::UNKNOWN,
                    (a, b) if a == b => a,
                    (a, b) if a.is_number() && b.is_number() => Ty::Num,
                    (Ty::Slot(_), Ty::Slot(_)) => Ty::Slot(None),
                    (Ty::Thing(_), Ty::Thing(_)) => Ty::Thing(None),
                    (a, b) if a.is_place() && b.is_place() => Ty::Cell,
                    (a, b) => {
                        let what = format!("`then` gives {}, `else` gives {}", a.name(), b.name());
                        return self.slip("E202", expr.span, what, "both must be of one type");
                    }
                };
                let of = |c: &mut Self, t: Typed| match ty {
                    Ty::Num => t.widened(),
                    Ty::Cell => c.cell(t),
                    _ => t.e,
                };
                let (yes, no) = (of(self, yes), of(self, no));
                Typed::new(E::If(Box::new(cond), Box::new(yes), Box::new(no)), ty)
            }
        }
    }

    fn binary(&mut self, op: Op2, at: Span, left: &Expr, right: &Expr) -> Typed {
        match op {
            Op2::And | Op2::Or => {
                let (a, b) = (
                    Box::new(self.want(left, Ty::Bool)),
                    Box::new(self.want(right, Ty::Bool)),
                );
                Typed::new(
                    if op == Op2::And {
                        E::And(a, b)
                    } else {
                        E::Or(a, b)
                    },
                    Ty::Bool,
                )
            }
            Op2::In => self.within(at, left, right),
            Op2::Eq | Op2::Ne | Op2::Lt | Op2::Le | Op2::Gt | Op2::Ge => {
                self.compare(op, at, left, right)
            }
            _ => {
                let (a, b) = (self.expr(left), self.expr(right));
                if a.ty == Ty::Unknown || b.ty == Ty::Unknown {
                    return Typed::UNKNOWN;
                }
                let Some(odd) = [a.ty, b.ty].into_iter().find(|t| !t.is_number()) else {
                    return self.arithmetic(op, at, a, b);
                };
                self.slip(
                    "E202",
                    at,
                    format!("`{}` needs numbers, found {}", op.sign(), odd.name()),
                    "",
                )
            }
        }
    }

    fn arithmetic(&mut self, op: Op2, at: Span, a: Typed, b: Typed) -> Typed {
        let whole = a.ty == Ty::Int && b.ty == Ty::Int;
        if matches!(op, Op2::Div | Op2::Mod) && b.e == E::Const(0) {
            return self.slip("E202", at, "division by zero", "");
        }
        let code = match (op, whole) {
            (Op2::Add, true) => Code::AddInt,
            (Op2::Sub, true) => Code::SubInt,
            (Op2::Mul, true) => Code::MulInt,
            (Op2::Div, true) => Code::DivInt,
            (Op2::Mod, _) => Code::Mod,
            (Op2::Add, false) => Code::AddNum,
            (Op2::Sub, false) => Code::SubNum,
            (Op2::Mul, false) => Code::MulNum,
            _ => Code::DivNum,
        };
        let (a, b, ty) = if whole {
            (a.e, b.e, Ty::Int)
        } else {
            (a.widened(), b.widened(), Ty::Num)
        };
        Typed::new(E::Bin(code, Box::new(a), Box::new(b)), ty)
    }

    fn compare(&mut self, op: Op2, at: Span, left: &Expr, right: &Expr) -> Typed {
        let bare = |e: &Expr| matches!(e.kind, ExprKind::Name(_));
        // A bare word beside a choice is one of its words.
        let (a, b) = if bare(left) && !self.is_known(left) {
            let b = self.expr(right);
            (self.beside(left, b.ty), b)
        } else {
            let a = self.expr(left);
            let b = self.beside(right, a.ty);
            (a, b)
        };
        let code = match op {
            Op2::Eq => Code::Eq,
            Op2::Ne => Code::Ne,
            Op2::Lt | Op2::Gt => Code::Lt,
            _ => Code::Le,
        };
        let equality = matches!(op, Op2::Eq | Op2::Ne);
        let (a, b) = match (a.ty, b.ty) {
            (Ty::Unknown, _) | (_, Ty::Unknown) => return Typed::new(E::Missing, Ty::Bool),
            (Ty::Int, Ty::Int) => (a.e, b.e),
            (x, y) if x.is_number() && y.is_number() => (a.widened(), b.widened()),
            (Ty::Slot(_), Ty::Slot(_)) | (Ty::Thing(_), Ty::Thing(_)) if equality => (a.e, b.e),
            (x, y) if equality && x.is_place() && y.is_place() => (self.cell(a), self.cell(b)),
            (x, y) if equality && x == y => (a.e, b.e),
            (x, y) if x == y => {
                let what = format!("`{}` compares numbers, found {}", op.sign(), x.name());
                self.slip("E202", at, what, "`==` and `!=` compare anything");
                return Typed::new(E::Missing, Ty::Bool);
            }
            (x, y) => {
                let help = if x == Ty::Role || y == Ty::Role {
                    suggest("", self.role_names())
                } else {
                    String::new()
                };
                self.slip(
                    "E202",
                    at,
                    format!("cannot compare {} with {}", x.name(), y.name()),
                    help,
                );
                return Typed::new(E::Missing, Ty::Bool);
            }
        };
        let (a, b) = if matches!(op, Op2::Gt | Op2::Ge) {
            (b, a)
        } else {
            (a, b)
        };
        Typed::new(E::Bin(code, Box::new(a), Box::new(b)), Ty::Bool)
    }

    /// An operand beside one of a known type.
    fn beside(&mut self, expr: &Expr, ty: Ty) -> Typed {
        match (ty, &expr.kind) {
            (Ty::Choice(list), ExprKind::Name(word)) => self.choice(list, word, expr.span),
            (Ty::Choice(_), ExprKind::If(..)) => Typed::new(self.want(expr, ty), ty),
            _ => self.expr(expr),
        }
    }

    fn is_known(&self, expr: &Expr) -> bool {
        let ExprKind::Name(name) = &expr.kind else {
            return true;
        };
        self.known_names().iter().any(|n| n == name)
    }

    /// `place in K`, `slot in R`.
    fn within(&mut self, at: Span, left: &Expr, right: &Expr) -> Typed {
        let (a, b) = (self.expr(left), self.expr(right));
        match (a.ty, b.ty) {
            (Ty::Unknown, _) | (_, Ty::Unknown) => Typed::new(E::Missing, Ty::Bool),
            (Ty::Slot(_), Ty::Role) => {
                let role = E::Un(Code::RoleOf, Box::new(a.e));
                Typed::new(E::Bin(Code::Eq, Box::new(role), Box::new(b.e)), Ty::Bool)
            }
            (x, Ty::Kind) if x.is_place() => match b.e {
                E::Const(kind) => {
                    let place = self.cell(a);
                    self.on_kind(place, kind)
                }
                _ => self.slip("E202", at, "`in` needs the name of a kind", ""),
            },
            (x, y) => self.slip(
                "E202",
                at,
                format!("{} is not in {}", x.name(), y.name()),
                "write `place in kind` or `slot in role`",
            ),
        }
    }

    pub(crate) fn role_names(&self) -> impl Iterator<Item = &'n str> + use<'n> {
        self.names.table.roles.iter().map(|r| r.name.as_str())
    }
    pub(crate) fn kind_names(&self) -> impl Iterator<Item = &'n str> + use<'n> {
        self.names.table.kinds.iter().map(|k| k.name.as_str())
    }

    /// Every name that may stand alone in an expression, nearest scope first.
    fn known_names(&self) -> Vec<String> {
        let table = self.names.table;
        let mut names: Vec<String> = self.scope.iter().rev().map(|b| b.name.clone()).collect();
        if let Some(bot) = &self.bot {
            names.extend(bot.registers.iter().cloned());
            names.push("me".to_owned());
        }
        names.extend(["tick", "ticks"].map(str::to_owned));
        names.extend(table.vars.iter().map(|v| v.name.clone()));
        names.extend(self.role_names().map(str::to_owned));
        names.extend(self.kind_names().map(str::to_owned));
        names.extend(table.messages.iter().map(|m| m.name.clone()));
        names
    }

    /// A name that stands alone.
    pub(crate) fn name(&mut self, name: &str, span: Span) -> Typed {
        if let Some(bind) = self.scope.iter_mut().rev().find(|b| b.name == name) {
            bind.used = true;
            let whole = bind.constant.map_or(E::Bind(bind.id), E::Const);
            let e = bind.alias.clone().unwrap_or(whole);
            return Typed::new(e, bind.ty);
        }
        if let Some(bot) = &self.bot
            && let Some(n) = bot.registers.iter().position(|r| r == name)
        {
            return Typed::new(E::Register(u8::try_from(n).unwrap_or(0)), Ty::Int);
        }
        let table = self.names.table;
        match name {
            "tick" => return Typed::new(E::Tick, Ty::Int),
            "ticks" => return Typed::new(E::Ticks, Ty::Int),
            _ => {}
        }
        if let Some(i) = table.vars.iter().position(|v| v.name == name) {
            let var = &table.vars[i];
            self.may_read(var, span, false);
            let ty = self.var_type(var);
            return Typed::new(E::Load(table.arena_place(i), ty.fix()), ty);
        }
        if let Some(kind) = table.kind(name) {
            return Typed::new(E::Const(i64::from(kind.get())), Ty::Kind);
        }
        if let Some(role) = table.role(name) {
            return Typed::new(E::Const(i64::from(role.get())), Ty::Role);
        }
        if let Some(i) = table.messages.iter().position(|m| m.name == name) {
            return Typed::new(E::Const(number(i)), Ty::Message);
        }
        if let Some(def) = self.names.defs.iter().find(|d| d.name == name) {
            let args = if def.args.is_empty() { "" } else { "…" };
            return self.slip(
                "E403",
                span,
                format!("`{name}` is a definition"),
                format!("write `{name}({args})`"),
            );
        }
        if self.names.broken.contains(&name) {
            return Typed::UNKNOWN;
        }
        let known = self.known_names();
        let help = nearest(name, known.iter().map(String::as_str))
            .map_or_else(String::new, |n| format!("did you mean `{n}`?"));
        self.slip("E404", span, format!("`{name}` names nothing"), help)
    }

    pub(crate) fn var_type(&mut self, var: &VarDecl) -> Ty {
        if var.ty != Type::Choice {
            return Ty::of(var.ty);
        }
        let words = self.names.choices_of(&var.name).to_vec();
        self.list(words)
    }

    pub(crate) fn list(&mut self, words: Vec<String>) -> Ty {
        let known = self.lists.iter().position(|l| *l == words);
        Ty::Choice(known.unwrap_or_else(|| {
            self.lists.push(words);
            self.lists.len() - 1
        }))
    }

    /// A kind that is known at load: its name, or a binder that stands for one.
    pub(crate) fn kind_constant(&mut self, expr: &Expr) -> Option<KindId> {
        let ExprKind::Name(name) = &expr.kind else {
            self.slip("E202", expr.span, "the name of a kind is needed here", "");
            return None;
        };
        if let Some(bind) = self.scope.iter_mut().rev().find(|b| b.name == *name) {
            bind.used = true;
            if let (Ty::Kind, Some(value)) = (bind.ty, bind.constant) {
                return u8::try_from(value).ok().map(KindId::new);
            }
        }
        if let Some(kind) = self.names.table.kind(name) {
            return Some(kind);
        }
        let help = suggest(name, self.kind_names());
        self.slip(
            "E404",
            expr.span,
            format!("`{name}` is no kind of thing"),
            help,
        );
        None
    }

    /// The value of an expression that must be known at load.
    pub(crate) fn constant(&mut self, expr: &Expr) -> Option<i64> {
        let got = self.expr(expr);
        match (got.ty, got.e) {
            (Ty::Unknown, _) => None,
            (Ty::Int, E::Const(value)) => Some(value).filter(|v| *v != MISSING),
            _ => {
                self.slip(
                    "E202",
                    expr.span,
                    "a whole number that is known at load is needed here",
                    "write it out, or use a dial",
                );
                None
            }
        }
    }
}
