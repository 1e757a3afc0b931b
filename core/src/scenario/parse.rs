//! Tokens → parsed form: a hand-written descent for rules and scripts, binding powers for expressions.
//!
//! **Invariant.** Every text gives a result and a list of diagnostics; a slip loses one rule or line, not the rest. Recursion is
//! bounded by [`MAX_DEPTH`].

use crate::diagnostic::{Diagnostic, Span};
use crate::ids::{Num, ONE};
use crate::scenario::ast::{
    Arg, AssignOp, Call, Effect, EffectKind, Expr, ExprKind, Item, MAX_DEPTH, Name, Op2, Rule,
    Trigger,
};
use crate::scenario::lex::{Tok, Token, lex};
use crate::scenario::names::Text;

const KEYWORDS: [&str; 20] = [
    "when", "do", "each", "every", "emit", "after", "and", "or", "not", "in", "mod", "true",
    "false", "if", "then", "else", "where", "let", "avoid", "start",
];

/// Parses a block of rules.
pub fn rules(text: Text<'_>, out: &mut Vec<Diagnostic>) -> Vec<Rule> {
    let mut p = Parser::new(text);
    let mut rules = Vec::new();
    while !p.at_end() {
        match p.rule() {
            Ok(rule) => rules.push(rule),
            Err(slip) => {
                out.push(*slip);
                p.skip_to(Parser::at_rule);
            }
        }
    }
    rules
}

/// Parses a script.
pub fn script(text: Text<'_>, out: &mut Vec<Diagnostic>) -> Vec<Item> {
    let mut p = Parser::new(text);
    let mut items = Vec::new();
    while !p.at_end() {
        match p.item() {
            Ok(item) => items.push(item),
            Err(slip) => {
                out.push(*slip);
                p.skip_to(Parser::at_item);
            }
        }
    }
    items
}

/// Parses a text that is one expression.
pub fn expression(text: Text<'_>, out: &mut Vec<Diagnostic>) -> Option<Expr> {
    let mut p = Parser::new(text);
    let parsed = p.expr().and_then(|e| {
        if p.at_end() {
            Ok(e)
        } else {
            Err(p.expected("an operator or the end", ""))
        }
    });
    parsed.map_err(|slip| out.push(*slip)).ok()
}

type Parsed<T> = Result<T, Box<Diagnostic>>;

struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    depth: u8,
}

fn slip(span: Span, message: impl Into<String>, help: impl Into<String>) -> Box<Diagnostic> {
    Box::new(Diagnostic::error("E401", span, message, help))
}

fn join(a: Span, b: Span) -> Span {
    Span {
        start: a.start,
        end: b.end,
    }
}

impl<'a> Parser<'a> {
    fn new(text: Text<'a>) -> Self {
        Self {
            tokens: lex(text),
            at: 0,
            depth: 0,
        }
    }
    fn peek(&self) -> Token<'a> {
        self.tokens[self.at]
    }
    fn peek_after(&self, n: usize) -> Token<'a> {
        self.tokens[(self.at + n).min(self.tokens.len() - 1)]
    }
    fn next(&mut self) -> Token<'a> {
        let token = self.peek();
        if token.tok != Tok::End {
            self.at += 1;
        }
        token
    }
    fn last_span(&self) -> Span {
        self.tokens[self.at.saturating_sub(1)].span
    }
    fn at_end(&self) -> bool {
        self.peek().tok == Tok::End
    }
    fn is_word(token: Token<'_>, word: &str) -> bool {
        token.tok == Tok::Word && token.text == word
    }
    fn is_sign(token: Token<'_>, sign: &str) -> bool {
        token.tok == Tok::Sign && token.text == sign
    }
    fn word(&mut self, word: &str) -> bool {
        let found = Self::is_word(self.peek(), word);
        self.at += usize::from(found);
        found
    }
    fn sign(&mut self, sign: &str) -> bool {
        let found = Self::is_sign(self.peek(), sign);
        self.at += usize::from(found);
        found
    }
    fn expected(&self, what: &str, help: impl Into<String>) -> Box<Diagnostic> {
        let token = self.peek();
        let found = match token.tok {
            Tok::End => "the end".to_owned(),
            Tok::Text => format!("the text \"{}\"", token.text),
            Tok::Odd if token.text.starts_with('"') => {
                "a text without its closing quote".to_owned()
            }
            _ => format!("`{}`", token.text),
        };
        slip(token.span, format!("expected {what}, found {found}"), help)
    }
    fn need(&mut self, sign: &str, help: &str) -> Parsed<Span> {
        if self.sign(sign) {
            Ok(self.last_span())
        } else {
            Err(self.expected(&format!("`{sign}`"), help))
        }
    }
    /// A word that is no keyword.
    fn name(&mut self, what: &str) -> Parsed<Name> {
        let token = self.peek();
        if token.tok != Tok::Word || KEYWORDS.contains(&token.text) {
            return Err(self.expected(what, ""));
        }
        self.next();
        Ok(Name {
            text: token.text.to_owned(),
            span: token.span,
        })
    }
    /// After a slip: moves on at least one token, then to the first place that `stop` accepts.
    fn skip_to(&mut self, stop: fn(&Self) -> bool) {
        self.depth = 0;
        if !stop(self) {
            self.next();
        }
        while !self.at_end() && !stop(self) {
            self.next();
        }
    }
    /// Whether a rule starts here: the first token of a line, or a trigger that can be nothing else.
    fn at_rule(&self) -> bool {
        let (a, b, c) = (self.peek(), self.peek_after(1), self.peek_after(2));
        let trigger = |a: Token<'_>, b: Token<'_>| match a.text {
            "on" => b.tok == Tok::Word,
            "each" => true,
            "start" => Self::is_word(b, "do") || Self::is_word(b, "when"),
            _ => false,
        };
        a.tok == Tok::Word
            && (trigger(a, b) || (Self::is_sign(b, ":") && trigger(c, self.peek_after(3))))
    }
    fn at_item(&self) -> bool {
        let (a, b) = (self.peek(), self.peek_after(1));
        matches!(a.text, "let" | "avoid" | "->")
            || (a.first && a.text == "if")
            || (a.tok == Tok::Word && Self::is_sign(b, ":"))
    }

    fn label(&mut self) -> Option<Name> {
        let (a, b) = (self.peek(), self.peek_after(1));
        if a.tok != Tok::Word || !Self::is_sign(b, ":") {
            return None;
        }
        self.at += 2;
        Some(Name {
            text: a.text.to_owned(),
            span: a.span,
        })
    }

    fn rule(&mut self) -> Parsed<Rule> {
        let start = self.peek().span;
        let label = self.label();
        let trigger = self.trigger()?;
        let when = if self.word("when") {
            Some(self.expr()?)
        } else {
            None
        };
        if !self.word("do") {
            let found = self.peek();
            let help = match found.tok {
                Tok::Word if Self::is_sign(self.peek_after(1), "(") => {
                    format!("write `do {}(…)`", found.text)
                }
                _ => "a rule is `on event(…) when … do …`".to_owned(),
            };
            let what = if when.is_some() {
                "an operator or `do`"
            } else {
                "`when` or `do`"
            };
            return Err(self.expected(what, help));
        }
        let mut effects = vec![self.effect()?];
        while self.sign(";") {
            effects.push(self.effect()?);
        }
        let rule = Rule {
            label,
            trigger,
            when,
            effects,
            span: join(start, self.last_span()),
        };
        if !self.at_end() && !self.at_rule() {
            return Err(self.expected(
                "`;` or the next rule",
                "effects are separated by `;`, a rule starts with `on`, `each` or `start`",
            ));
        }
        Ok(rule)
    }

    /// The patterns for the arguments of a message, the bracket is read.
    fn arguments(&mut self) -> Parsed<Vec<super::ast::Pat>> {
        let mut out = Vec::new();
        while !self.sign(")") {
            if !out.is_empty() {
                self.need(",", "arguments are separated by commas")?;
            }
            let span = self.peek().span;
            let pat = self.name("a name or `_`")?;
            out.push(((pat.text != "_").then_some(pat), span));
        }
        Ok(out)
    }

    fn trigger(&mut self) -> Parsed<Trigger> {
        let token = self.peek();
        if self.word("on") {
            let event = self.name("the name of an event")?;
            self.need(
                "(",
                &format!("write `on {}(…)`, `_` for what does not matter", event.text),
            )?;
            let (mut pats, mut args) = (Vec::new(), Vec::new());
            while !self.sign(")") {
                if !pats.is_empty() {
                    self.need(",", "fields of an event are separated by commas")?;
                }
                let span = self.peek().span;
                let pat = self.name("a name or `_`")?;
                pats.push(((pat.text != "_").then_some(pat), span));
                if self.sign("(") {
                    args.push((pats.len() - 1, self.arguments()?));
                }
            }
            return Ok(Trigger::On {
                event,
                pats,
                args,
                span: join(token.span, self.last_span()),
            });
        }
        if self.word("each") {
            let what = self.name("a role or a kind of thing")?;
            let binder = self.name("a name for each of them")?;
            let every = if self.word("every") {
                Some(self.expr()?)
            } else {
                None
            };
            return Ok(Trigger::Each {
                what,
                binder,
                every,
            });
        }
        if self.word("start") {
            return Ok(Trigger::Start);
        }
        Err(self.expected(
            "`on`, `each` or `start`",
            "a rule is `on event(…) when … do …`",
        ))
    }

    fn effect(&mut self) -> Parsed<Effect> {
        let start = self.peek().span;
        let kind = if self.word("emit") {
            let event = self.name("the name of an event")?;
            self.need("(", &format!("write `emit {}(…)`", event.text))?;
            let mut args = Vec::new();
            while !self.sign(")") {
                if !args.is_empty() {
                    self.need(",", "fields of an event are separated by commas")?;
                }
                args.push(self.expr()?);
            }
            let after = if self.word("after") {
                Some(self.expr()?)
            } else {
                None
            };
            EffectKind::Emit { event, args, after }
        } else {
            let place = self.postfix()?;
            let op = [
                ("=", AssignOp::Set),
                ("+=", AssignOp::Add),
                ("-=", AssignOp::Sub),
            ]
            .into_iter()
            .find(|(s, _)| self.sign(s));
            match (op, place.kind) {
                (Some((_, op)), kind) => EffectKind::Assign {
                    place: Expr { kind, ..place },
                    op,
                    value: self.expr()?,
                },
                (None, ExprKind::Call(call)) => EffectKind::Call(call),
                (None, _) if Self::is_sign(self.peek(), "==") => {
                    return Err(self.expected("`=`", "`=` sets, `==` compares"));
                }
                (None, _) => {
                    return Err(self.expected(
                        "`=`, `+=`, `-=` or `(`",
                        "an effect is a call, `emit …` or `place = …`",
                    ));
                }
            }
        };
        Ok(Effect {
            kind,
            span: join(start, self.last_span()),
        })
    }

    fn item(&mut self) -> Parsed<Item> {
        let start = self.peek().span;
        if self.word("let") {
            let name = self.name("the name of a register")?;
            self.need("=", &format!("write `let {} = 0`", name.text))?;
            return Ok(Item::Let {
                name,
                value: self.expr()?,
            });
        }
        if self.word("avoid") {
            let kind = self.name("a kind of thing")?;
            let cond = if self.word("where") {
                Some(self.expr()?)
            } else {
                None
            };
            return Ok(Item::Avoid { kind, cond });
        }
        let label = self.label();
        let cond = if self.word("if") {
            Some(self.expr()?)
        } else {
            None
        };
        if !self.sign("->") {
            let what = if cond.is_some() {
                "an operator or `->`"
            } else {
                "`if` or `->`"
            };
            return Err(self.expected(what, "a line is `name: if … -> go(…)`"));
        }
        let at = self.peek();
        let name = self.name("an action")?;
        if !Self::is_sign(self.peek(), "(") {
            return Err(self.expected("`(`", format!("write `{}(…)`", at.text)));
        }
        let action = self.call(name)?;
        let mut updates = Vec::new();
        while self.sign(";") {
            let name = self.name("the name of a register")?;
            self.need("=", &format!("write `{} = …`", name.text))?;
            updates.push((name, self.expr()?));
        }
        Ok(Item::Line {
            label,
            cond,
            action,
            updates,
            span: join(start, self.last_span()),
        })
    }

    fn node(&self, kind: ExprKind, span: Span, below: u8) -> Parsed<Expr> {
        if below >= MAX_DEPTH {
            return Err(slip(
                span,
                format!("this expression is nested more than {MAX_DEPTH} deep"),
                "split it with [defs]",
            ));
        }
        Ok(Expr {
            kind,
            span,
            depth: below + 1,
        })
    }

    fn expr(&mut self) -> Parsed<Expr> {
        self.binary(0)
    }

    /// Operands joined by operators that bind tighter than `least`.
    fn binary(&mut self, least: u8) -> Parsed<Expr> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let span = self.peek().span;
            return Err(slip(
                span,
                format!("this expression is nested more than {MAX_DEPTH} deep"),
                "split it with [defs]",
            ));
        }
        let result = self.binary_body(least);
        self.depth = self.depth.saturating_sub(1);
        result
    }

    fn binary_body(&mut self, least: u8) -> Parsed<Expr> {
        let start = self.peek();
        let mut left = if least < 3 && self.word("not") {
            let inner = self.binary(2)?;
            let (span, below) = (join(start.span, inner.span), inner.depth);
            self.node(ExprKind::Not(Box::new(inner)), span, below)?
        } else {
            self.unary()?
        };
        let mut compared = false;
        loop {
            let token = self.peek();
            let known = matches!(token.tok, Tok::Word | Tok::Sign);
            let Some((_, op, power)) = Op2::ALL
                .iter()
                .copied()
                .find(|(sign, ..)| known && *sign == token.text)
            else {
                break;
            };
            if power <= least {
                break;
            }
            if power == 4 {
                if compared {
                    return Err(self.expected(
                        "`and`, `or` or the end",
                        "comparisons do not chain: write `a < b and b < c`",
                    ));
                }
                compared = true;
            }
            self.next();
            let right = self.binary(power)?;
            let (span, below) = (join(left.span, right.span), left.depth.max(right.depth));
            left = self.node(
                ExprKind::Binary(op, token.span, Box::new(left), Box::new(right)),
                span,
                below,
            )?;
        }
        if Self::is_sign(self.peek(), "=") && least == 0 && compared {
            return Err(self.expected("an operator", "`==` compares"));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let start = self.peek().span;
        if self.sign("-") {
            let inner = self.postfix()?;
            let (span, below) = (join(start, inner.span), inner.depth);
            return self.node(ExprKind::Neg(Box::new(inner)), span, below);
        }
        self.postfix()
    }

    fn postfix(&mut self) -> Parsed<Expr> {
        let mut left = self.atom()?;
        while self.sign(".") {
            let token = self.peek();
            if token.tok != Tok::Word {
                return Err(self.expected("the name of a field", "write `x.name`"));
            }
            self.next();
            let name = Name {
                text: token.text.to_owned(),
                span: token.span,
            };
            let (span, below) = (join(left.span, token.span), left.depth);
            left = self.node(ExprKind::Field(Box::new(left), name), span, below)?;
        }
        Ok(left)
    }

    fn atom(&mut self) -> Parsed<Expr> {
        let token = self.peek();
        match token.tok {
            Tok::Number => self.number(),
            Tok::Text => {
                self.next();
                self.node(ExprKind::Text(token.text.to_owned()), token.span, 0)
            }
            Tok::Sign if token.text == "(" => {
                self.next();
                let mut inner = self.expr()?;
                let close = self.need(")", "close the bracket")?;
                inner.span = join(token.span, close);
                Ok(inner)
            }
            Tok::Word => match token.text {
                "true" | "false" => {
                    self.next();
                    self.node(ExprKind::Bool(token.text == "true"), token.span, 0)
                }
                "if" => self.conditional(),
                "on" if !Self::is_sign(self.peek_after(1), "(") => {
                    Err(self.expected("an expression", ""))
                }
                _ => {
                    let name = self.name("an expression")?;
                    if !Self::is_sign(self.peek(), "(") {
                        return self.node(ExprKind::Name(name.text), token.span, 0);
                    }
                    let call = self.call(name)?;
                    let below = call
                        .args
                        .iter()
                        .map(|a| a.value.depth.max(a.cond.as_ref().map_or(0, |c| c.depth)))
                        .max();
                    let span = call.span;
                    self.node(ExprKind::Call(call), span, below.unwrap_or(0))
                }
            },
            _ => Err(self.expected("an expression", "")),
        }
    }

    fn conditional(&mut self) -> Parsed<Expr> {
        let start = self.next().span;
        let cond = self.expr()?;
        if !self.word("then") {
            return Err(self.expected("`then`", "write `if … then … else …`"));
        }
        let yes = self.expr()?;
        if !self.word("else") {
            return Err(self.expected("`else`", "write `if … then … else …`"));
        }
        let no = self.expr()?;
        let (span, below) = (
            join(start, no.span),
            cond.depth.max(yes.depth).max(no.depth),
        );
        self.node(
            ExprKind::If(Box::new(cond), Box::new(yes), Box::new(no)),
            span,
            below,
        )
    }

    /// The arguments of a call whose name was just read.
    fn call(&mut self, name: Name) -> Parsed<Call> {
        self.need("(", &format!("write `{}(…)`", name.text))?;
        let mut args = Vec::new();
        while !self.sign(")") {
            if !args.is_empty() {
                self.need(
                    ",",
                    "arguments are separated by commas, a call ends with `)`",
                )?;
            }
            let value = self.expr()?;
            let cond = if self.word("where") {
                Some(self.expr()?)
            } else {
                None
            };
            args.push(Arg { value, cond });
        }
        let span = join(name.span, self.last_span());
        Ok(Call { name, args, span })
    }

    /// A number, exact to a millionth.
    fn number(&mut self) -> Parsed<Expr> {
        let token = self.next();
        let percent = self.sign("%");
        let span = if percent {
            join(token.span, self.last_span())
        } else {
            token.span
        };
        let (whole, part) = token.text.split_once('.').unwrap_or((token.text, ""));
        let places = if percent { 4 } else { 6 };
        if part.len() > places {
            return Err(slip(
                span,
                format!(
                    "a number has at most {places} decimals{}",
                    if percent { " before %" } else { "" }
                ),
                "round it",
            ));
        }
        let digits: Num = format!("{whole}{part:0<places$}")
            .parse()
            .unwrap_or(Num::MAX);
        if digits > Num::from(i32::MAX) * ONE {
            return Err(slip(
                span,
                "this number is too large",
                format!("at most {}", i32::MAX),
            ));
        }
        self.node(
            ExprKind::Number {
                value: digits,
                whole: part.is_empty() && !percent,
            },
            span,
            0,
        )
    }
}
