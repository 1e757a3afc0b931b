//! Effects of rules.
//!
//! **Invariant.** A field that a mechanic owns is written by that mechanic's acts only.

use crate::diagnostic::Span;
use crate::event::Part;
use crate::ids::ONE;
use crate::rules::code::{Code, Fix};
use crate::scenario::ast::{AssignOp, Call, Effect, EffectKind, Expr, ExprKind, Name};
use crate::scenario::check_expr::{Checker, Ty, Typed};
use crate::scenario::check_rules::Emitted;
use crate::scenario::lower::{E, F};
use crate::scenario::names::{nearest, suggest};
use crate::scenario::sigs;
use crate::state::Type;

/// The event that an act emits, and the mechanic that it belongs to.
const ACT_EVENTS: [(&str, &str, &str); 8] = [
    ("disable", "disabled", "power"),
    ("enable", "enabled", "power"),
    ("open", "opened", "door"),
    ("shut", "closed", "door"),
    ("send_away", "away", "absence"),
    ("drop_all", "dropped", ""),
    ("tell", "heard", "message"),
    ("claim", "claimed", "territory"),
];

/// Effects that emit `refused(effect, cell)` where they cannot be done.
const REFUSING: [&str; 9] = [
    "place", "clear", "become", "give", "shut", "move_to", "revive", "enable", "drop_all",
];

impl Checker<'_, '_> {
    /// One effect; `None` if it has an error.
    pub(crate) fn effect(&mut self, effect: &Effect, emitted: &mut Vec<Emitted>) -> Option<F> {
        match &effect.kind {
            EffectKind::Assign { place, op, value } => self.assign(place, *op, value, effect.span),
            EffectKind::Emit { event, args, after } => {
                self.emit(event, args, after.as_ref(), effect.span, emitted)
            }
            EffectKind::Call(call) => self.act(call, emitted),
        }
    }

    fn emit(
        &mut self,
        event: &Name,
        args: &[Expr],
        after: Option<&Expr>,
        at: Span,
        emitted: &mut Vec<Emitted>,
    ) -> Option<F> {
        let table = self.names.table;
        let Some(id) = table.event(&event.text) else {
            let own = table
                .events
                .iter()
                .filter(|e| e.mechanic.is_none())
                .map(|e| e.name.as_str());
            let help = nearest(&event.text, own).map_or_else(
                || format!("write `{} = […]` under [events]", event.text),
                |n| format!("did you mean `{n}`?"),
            );
            self.slip(
                "E402",
                event.span,
                format!("no [events] entry declares `{}`", event.text),
                help,
            );
            return None;
        };
        let decl = &table.events[id.index()];
        if let Some(mechanic) = decl.mechanic {
            let what = format!("`{}` belongs to the mechanic {mechanic}", event.text);
            self.slip(
                "E406",
                event.span,
                what,
                "declare an event of your own under [events]",
            );
            return None;
        }
        if decl.fields.len() != args.len() {
            let what = format!(
                "`{}` has {} fields, found {}",
                event.text,
                decl.fields.len(),
                args.len()
            );
            self.slip("E403", at, what, "");
            return None;
        }
        let args: Vec<(E, Part, Fix)> = args
            .iter()
            .zip(&decl.fields)
            .map(|(arg, (ty, part))| {
                let want = Ty::of(*ty);
                // A choice travels as its number: the event does not know the words.
                let e = if *ty == Type::Choice {
                    self.expr(arg).e
                } else {
                    self.want(arg, want)
                };
                (e, *part, want.fix())
            })
            .collect();
        let after = after.map(|e| self.want(e, Ty::Int));
        emitted.push(Emitted {
            event: id.get(),
            at,
            later: after.is_some(),
            authors: true,
        });
        Some(F::Emit {
            event: id.get(),
            args,
            after,
        })
    }

    fn assign(&mut self, place: &Expr, op: AssignOp, value: &Expr, at: Span) -> Option<F> {
        let table = self.names.table;
        match &place.kind {
            ExprKind::Name(name) => {
                let Some(i) = table.vars.iter().position(|v| v.name == *name) else {
                    let help = suggest(name, table.vars.iter().map(|v| v.name.as_str()));
                    self.slip(
                        "E404",
                        place.span,
                        format!("`{name}` is no variable of [vars]"),
                        help,
                    );
                    return None;
                };
                let ty = self.var_type(&table.vars[i]);
                let e = self.new_value(
                    Typed::new(E::Load(table.arena_place(i), ty.fix()), ty),
                    op,
                    value,
                    at,
                );
                Some(F::Store(table.arena_place(i), ty.fix(), e))
            }
            ExprKind::Field(of, field) => self.assign_field(of, field, place.span, op, value, at),
            _ => {
                self.slip(
                    "E401",
                    place.span,
                    "nothing can be assigned to this",
                    "write `variable = …` or `x.variable = …`",
                );
                None
            }
        }
    }

    fn assign_field(
        &mut self,
        of: &Expr,
        field: &Name,
        place: Span,
        op: AssignOp,
        value: &Expr,
        at: Span,
    ) -> Option<F> {
        if matches!(&of.kind, ExprKind::Name(n) if n == "dial" && !self.scope.iter().any(|b| b.name == "dial"))
        {
            self.slip(
                "E406",
                place,
                "a dial does not change",
                "keep the value in a variable of [vars]",
            );
            return None;
        }
        let table = self.names.table;
        let base = self.expr(of);
        let (kinds, all, is_slot) = match base.ty {
            Ty::Slot(role) => (role, &table.role_vars, true),
            Ty::Thing(kind) => (kind, &table.thing_vars, false),
            Ty::Unknown => return None,
            ty => {
                self.slip(
                    "E103",
                    field.span,
                    format!("{} has no field `{}`", ty.name(), field.text),
                    "",
                );
                return None;
            }
        };
        if let Some((owner, acts)) = self.owner(base.ty, &field.text, of, value) {
            self.slip(
                "E406",
                place,
                format!("`{}` belongs to the mechanic {owner}", field.text),
                format!("write {acts}"),
            );
            return None;
        }
        let Some((map, ty, _)) = self.variable(all, kinds, &field.text, field.span) else {
            // Says what fields there are.
            let read = Expr {
                kind: ExprKind::Field(Box::new(of.clone()), field.clone()),
                span: place,
                depth: 1,
            };
            self.expr(&read);
            return None;
        };
        let old = if is_slot {
            E::SlotVar(Box::new(base.e.clone()), map.clone(), ty.fix())
        } else {
            E::RowVar(Box::new(base.e.clone()), map.clone(), ty.fix())
        };
        let e = self.new_value(Typed::new(old, ty), op, value, at);
        Some(if is_slot {
            F::StoreSlot(base.e, map, ty.fix(), e)
        } else {
            F::StoreRow(base.e, map, ty.fix(), e)
        })
    }

    /// The mechanic that owns a field, and the acts that write it.
    fn owner(&self, of: Ty, field: &str, text: &Expr, value: &Expr) -> Option<(String, String)> {
        let table = self.names.table;
        let written = source(text);
        match of {
            Ty::Thing(kind) => {
                let found = self.mechanic_field(kind, field)?;
                let acts = match (&value.kind, found.mechanic()) {
                    (ExprKind::Bool(open), "door") => {
                        format!("`{}({written})`", if *open { "open" } else { "shut" })
                    }
                    (_, "door") => format!("`open({written})` or `shut({written})`"),
                    _ => "a rule on its events instead".to_owned(),
                };
                Some((found.mechanic().to_owned(), acts))
            }
            _ => {
                let (mechanic, acts) = match field {
                    "on" => (
                        "power",
                        format!("`disable({written}, by)` or `enable({written}, by)`"),
                    ),
                    "pos" | "facing" => ("move", format!("`move_to({written}, cell)`")),
                    "away" => ("absence", format!("`send_away({written}, ticks)`")),
                    "alive" => (
                        "mortality",
                        format!("`kill({written})` or `revive({written})`"),
                    ),
                    "frozen" => ("move", format!("`freeze({written}, ticks)`")),
                    _ => {
                        table.kind(field).and_then(|k| table.item(k))?;
                        (
                            "pickup",
                            format!(
                                "`give({written}, {field}, n)` or `take({written}, {field}, n)`"
                            ),
                        )
                    }
                };
                Some((mechanic.to_owned(), acts))
            }
        }
    }

    fn new_value(&mut self, old: Typed, op: AssignOp, value: &Expr, at: Span) -> E {
        let e = self.want(value, old.ty);
        let (whole, sum) = match (op, old.ty) {
            (AssignOp::Set, _) => return e,
            (_, Ty::Int) => (true, op == AssignOp::Add),
            (_, Ty::Num) => (false, op == AssignOp::Add),
            (_, ty) => {
                self.slip(
                    "E202",
                    at,
                    format!("only numbers can be added to, this is {}", ty.name()),
                    "write `=`",
                );
                return e;
            }
        };
        let code = match (whole, sum) {
            (true, true) => Code::AddInt,
            (true, false) => Code::SubInt,
            (false, true) => Code::AddNum,
            (false, false) => Code::SubNum,
        };
        E::Bin(code, Box::new(old.e), Box::new(e))
    }

    fn act(&mut self, call: &Call, emitted: &mut Vec<Emitted>) -> Option<F> {
        let name = call.name.text.as_str();
        let Some(sig) = sigs::find(sigs::EFFECTS, name) else {
            self.unknown_call(call, sigs::EFFECTS);
            return None;
        };
        if !self.arity(sig, call) {
            return None;
        }
        let table = self.names.table;
        if let Some((_, event, mechanic)) = ACT_EVENTS.iter().find(|(act, ..)| *act == name) {
            match table.event(event) {
                Some(event) => emitted.push(Emitted {
                    event: event.get(),
                    at: call.span,
                    later: false,
                    authors: false,
                }),
                None if mechanic.is_empty() => {}
                None => {
                    let help = format!("add `{mechanic}` to [mechanics]");
                    self.slip(
                        "E403",
                        call.name.span,
                        format!("`{name}` needs the mechanic {mechanic}"),
                        help,
                    );
                    return None;
                }
            }
        }
        if let Some(refused) = table.event("refused").filter(|_| REFUSING.contains(&name)) {
            emitted.push(Emitted {
                event: refused.get(),
                at: call.span,
                later: false,
                authors: false,
            });
        }
        let arg = |i: usize| &call.args[i].value;
        let slot = Ty::Slot(None);
        let (code, operands, imm) = match name {
            "pay" => {
                let (s, channel, n) = (
                    self.want(arg(0), slot),
                    self.channel(arg(1)),
                    self.want(arg(2), Ty::Num),
                );
                (Code::Pay, vec![s, n], channel?)
            }
            "give" | "take" => {
                let (s, item, n) = (
                    self.want(arg(0), slot),
                    self.item(arg(1)),
                    self.want(arg(2), Ty::Int),
                );
                (
                    if name == "give" {
                        Code::Give
                    } else {
                        Code::Take
                    },
                    vec![s, n],
                    item?,
                )
            }
            "transfer" => {
                let (a, b) = (self.want(arg(0), slot), self.want(arg(1), slot));
                let (item, n) = (self.item(arg(2)), self.want(arg(3), Ty::Int));
                (Code::Transfer, vec![a, n, b], item?)
            }
            "place" | "clear" => {
                let (kind, cell) = (self.kind_constant(arg(0)), self.want(arg(1), Ty::Cell));
                (
                    if name == "place" {
                        Code::Place
                    } else {
                        Code::Clear
                    },
                    vec![cell],
                    i32::from(kind?.get()),
                )
            }
            "become" => {
                let (thing, kind) = (
                    self.want(arg(0), Ty::Thing(None)),
                    self.kind_constant(arg(1)),
                );
                return Some(F::Become(thing, i32::from(kind?.get())));
            }
            "move_to" => (
                Code::MoveTo,
                vec![self.want(arg(0), slot), self.want(arg(1), Ty::Cell)],
                0,
            ),
            "claim" => (
                Code::Claim,
                vec![self.want(arg(1), slot), self.want(arg(0), Ty::Cell)],
                0,
            ),
            "send_away" => {
                let s = self.want(arg(0), slot);
                if matches!(&arg(1).kind, ExprKind::Name(n) if n == "never") {
                    (Code::SendAway, vec![s, E::Const(0)], 1)
                } else {
                    (Code::SendAway, vec![s, self.want(arg(1), Ty::Int)], 0)
                }
            }
            _ => return self.act_on_one(call),
        };
        Some(F::Do(code, operands, imm))
    }

    fn act_on_one(&mut self, call: &Call) -> Option<F> {
        let arg = |i: usize| &call.args[i].value;
        let slot = Ty::Slot(None);
        let (code, operands, imm) = match call.name.text.as_str() {
            "freeze" => (
                Code::Freeze,
                vec![self.want(arg(0), slot), self.want(arg(1), Ty::Int)],
                0,
            ),
            "kill" => (Code::Kill, vec![self.want(arg(0), slot)], 0),
            "revive" => (Code::Revive, vec![self.want(arg(0), slot)], 0),
            "disable" => (
                Code::Disable,
                vec![self.want(arg(0), slot), self.want(arg(1), slot)],
                0,
            ),
            "enable" => (
                Code::Enable,
                vec![self.want(arg(0), slot), self.want(arg(1), slot)],
                0,
            ),
            "drop_all" => (Code::DropAll, vec![self.want(arg(0), slot)], 0),
            "open" | "shut" => (
                Code::SetOpen,
                vec![self.door(arg(0))?],
                i32::from(call.name.text == "open"),
            ),
            "tell" => {
                let (s, message) = (self.want(arg(0), slot), self.message(arg(1)));
                let has_args = |m: u8| !self.names.table.messages[usize::from(m)].args.is_empty();
                if message.is_some_and(has_args) {
                    let help = "tell one without `args`; agents say such a one themselves";
                    self.slip(
                        "E105",
                        arg(1).span,
                        "a rule tells no message with arguments yet",
                        help,
                    );
                }
                let sender = self
                    .scope
                    .iter()
                    .find(|b| matches!(b.ty, Ty::Slot(_)))
                    .map(|b| E::Bind(b.id));
                (
                    Code::Tell,
                    vec![s.clone(), sender.unwrap_or(s)],
                    i32::from(message?),
                )
            }
            "next_round" => (Code::NextRound, Vec::new(), 0),
            _ => match &arg(0).kind {
                ExprKind::Text(_) => (Code::Finish, Vec::new(), 0),
                _ => {
                    self.slip(
                        "E202",
                        arg(0).span,
                        "a text is needed here",
                        "write `finish(\"why\")`",
                    );
                    return None;
                }
            },
        };
        Some(F::Do(code, operands, imm))
    }

    fn door(&mut self, expr: &Expr) -> Option<E> {
        let got = self.expr(expr);
        match got.ty {
            Ty::Unknown => None,
            Ty::Thing(kind) if self.mechanic_field(kind, "open").is_some() => Some(got.e),
            Ty::Thing(kind) => {
                let what = kind.map_or("this thing", |k| {
                    self.names.table.kinds[usize::from(k)].name.as_str()
                });
                self.slip(
                    "E202",
                    expr.span,
                    format!("{what} is no door"),
                    "add a mechanic `door.name` for it",
                );
                None
            }
            ty => {
                self.slip(
                    "E202",
                    expr.span,
                    format!("a door is needed here, found {}", ty.name()),
                    "write `the(door)`, or a binder",
                );
                None
            }
        }
    }

    fn channel(&mut self, expr: &Expr) -> Option<i32> {
        let table = self.names.table;
        let ExprKind::Name(name) = &expr.kind else {
            self.slip(
                "E202",
                expr.span,
                "the name of a reward channel is needed here",
                "write `main`",
            );
            return None;
        };
        if let Some(channel) = table.channel(name) {
            return Some(i32::from(channel.get()));
        }
        let help = suggest(name, table.channels.iter().map(|c| c.name.as_str()));
        self.slip(
            "E404",
            expr.span,
            format!("`{name}` is no reward channel"),
            help,
        );
        None
    }

    fn item(&mut self, expr: &Expr) -> Option<i32> {
        let kind = self.kind_constant(expr)?;
        let table = self.names.table;
        let item = table.item(kind).and_then(|i| i32::try_from(i).ok());
        if item.is_none() {
            let what = format!("`{}` cannot be carried", table.kinds[kind.index()].name);
            self.slip(
                "E202",
                expr.span,
                what,
                "choose the mechanic pickup with `becomes = \"carried\"`",
            );
        }
        item
    }
}

/// An expression as one would write it, for helps.
pub(crate) fn source(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Number { value, whole: true } => (value / ONE).to_string(),
        ExprKind::Number { value, .. } => {
            let text = format!("{}.{:06}", value / ONE, value % ONE);
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        ExprKind::Text(text) => format!("\"{text}\""),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Name(name) => name.clone(),
        ExprKind::Call(call) => call_source(call),
        ExprKind::Field(of, name) => format!("{}.{}", operand(of, 9), name.text),
        ExprKind::Neg(of) => format!("-{}", operand(of, 8)),
        ExprKind::Not(of) => format!("not {}", operand(of, 3)),
        ExprKind::Binary(op, _, a, b) => {
            let power = op.power();
            // Comparisons do not chain, so both sides bind tighter.
            let left = if power == 4 { 5 } else { power };
            format!(
                "{} {} {}",
                operand(a, left),
                op.sign(),
                operand(b, power + 1)
            )
        }
        ExprKind::If(cond, yes, no) => format!(
            "if {} then {} else {}",
            source(cond),
            source(yes),
            source(no)
        ),
    }
}

/// A call as one would write it.
pub(crate) fn call_source(call: &Call) -> String {
    let args: Vec<String> = call
        .args
        .iter()
        .map(|a| {
            a.cond.as_ref().map_or_else(
                || source(&a.value),
                |c| format!("{} where {}", source(&a.value), source(c)),
            )
        })
        .collect();
    format!("{}({})", call.name.text, args.join(", "))
}

/// An operand, in brackets unless it binds at least so tightly.
fn operand(expr: &Expr, least: u8) -> String {
    let power = match &expr.kind {
        ExprKind::Binary(op, ..) => op.power(),
        ExprKind::Not(_) => 3,
        ExprKind::If(..) => 0,
        ExprKind::Neg(_) => 8,
        _ => 9,
    };
    if power < least {
        format!("({})", source(expr))
    } else {
        source(expr)
    }
}
