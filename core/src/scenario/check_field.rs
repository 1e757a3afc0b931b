//! Fields of slots, things and dials, and what a bot may read of them.
//!
//! **Invariant.** A bot that senses a view names nothing that its role does not see.

use crate::diagnostic::Span;
use crate::rules::code::{Code, Info};
use crate::scenario::ast::{Expr, ExprKind, Name};
use crate::scenario::check_expr::{Checker, Ty, Typed, number};
use crate::scenario::lower::E;
use crate::scenario::names::{Dial, Field, nearest, suggest};
use crate::scenario::sigs;
use crate::state::{Seen, Type, VarDecl};

impl<'n> Checker<'n, '_> {
    /// E408: what a bot that senses a view reads, its role must see.
    pub(crate) fn may_read(&mut self, var: &VarDecl, span: Span, own: bool) {
        let Some(bot) = self.bot.clone().filter(|b| !b.world) else {
            return;
        };
        let Some(role) = bot.role else { return };
        let seen = match &var.seen {
            Seen::All => true,
            Seen::Own => own,
            Seen::None => false,
            Seen::Roles(roles) => roles.contains(&role),
        };
        if seen {
            return;
        }
        let table = self.names.table;
        let role_name = &table.roles[role.index()].name;
        let setting = match &var.seen {
            Seen::Roles(roles) => {
                let list: Vec<&str> = roles
                    .iter()
                    .map(|r| table.roles[r.index()].name.as_str())
                    .collect();
                format!(
                    "[{}]",
                    list.iter()
                        .map(|r| format!("\"{r}\""))
                        .collect::<Vec<_>>()
                        .join(", ")
                )
            }
            Seen::Own => "\"self\"".to_owned(),
            _ => "\"none\"".to_owned(),
        };
        let who = if bot.control {
            "a control of a focal role sees what a subject sees"
        } else {
            "with `senses = \"view\"` a bot sees what its role sees"
        };
        let line = (self.names.line_of)(&format!("vars.{}", var.name));
        let help = line.map_or_else(
            || "set `seen = \"all\"`".to_owned(),
            |n| format!("set `seen = \"all\"` at line {n}"),
        );
        self.slip(
            "E408",
            span,
            format!(
                "{role_name} cannot see `{}` (seen = {setting}), and {who}",
                var.name
            ),
            help,
        );
    }

    /// E408: a bot that senses a view sees of others where they stand and what they face.
    pub(crate) fn of_another(&mut self, field: &Name) {
        let Some(bot) = self.bot.clone().filter(|b| !b.world) else {
            return;
        };
        let who = bot.role.map_or("a bot that senses a view", |r| {
            self.names.table.roles[r.index()].name.as_str()
        });
        let what = format!("{who} cannot see `{}` of others", field.text);
        self.slip(
            "E408",
            field.span,
            what,
            "of others a view shows `pos` and `facing`",
        );
    }

    pub(crate) fn dial(&mut self, name: &Name) -> Typed {
        if self.bot.is_some() {
            return self.slip(
                "E408",
                name.span,
                "a bot reads no dial",
                "write the number, or show it by a variable",
            );
        }
        let dial = self
            .names
            .dials
            .iter()
            .find(|(n, _)| *n == name.text)
            .map(|(_, d)| d.clone());
        match dial {
            Some(Dial::Int(value)) => Typed::new(E::Const(i64::from(value)), Ty::Int),
            Some(Dial::Num(value)) => Typed::new(E::Const(value), Ty::Num),
            Some(Dial::Bool(value)) => Typed::new(E::Const(i64::from(value)), Ty::Bool),
            Some(Dial::Choice { value, choices }) => {
                let ty = self.list(choices);
                Typed::new(E::Const(number(value)), ty)
            }
            None => {
                let help = suggest(&name.text, self.names.dials.iter().map(|(n, _)| *n));
                self.slip(
                    "E103",
                    name.span,
                    format!("there is no dial `{}`", name.text),
                    help,
                )
            }
        }
    }

    pub(crate) fn field(&mut self, of: &Expr, field: &Name) -> Typed {
        if let ExprKind::Name(name) = &of.kind
            && name == "dial"
            && !self.scope.iter().any(|b| b.name == "dial")
        {
            return self.dial(field);
        }
        let base = self.expr(of);
        match base.ty {
            Ty::Unknown => Typed::UNKNOWN,
            Ty::Slot(role) => self.slot_field(of, base.e, role, field),
            Ty::Thing(kind) => self.thing_field(base.e, kind, field),
            ty => {
                let help = match ty {
                    Ty::Kind => "name one of them: `the(…)`, or a binder",
                    Ty::Cell => {
                        "ask `on(cell, KIND)`; only things with `vars` in [things], or that a mechanic gives a state, have fields"
                    }
                    _ => "",
                };
                self.slip(
                    "E103",
                    field.span,
                    format!("{} has no field `{}`", ty.name(), field.text),
                    help,
                )
            }
        }
    }

    /// The bot itself.
    pub(crate) fn is_me(&self, of: &Expr) -> bool {
        self.bot.is_some() && matches!(&of.kind, ExprKind::Name(name) if name == "me")
    }

    pub(crate) fn slot_field(
        &mut self,
        of: &Expr,
        base: E,
        role: Option<u8>,
        field: &Name,
    ) -> Typed {
        let info = |info, ty| Typed::new(E::Info(Box::new(base.clone()), info, 0), ty);
        if !matches!(field.text.as_str(), "pos" | "facing") && !self.is_me(of) {
            let hidden = sigs::SLOT_FIELDS
                .iter()
                .any(|(name, _)| *name == field.text);
            let carried = self
                .names
                .table
                .kind(&field.text)
                .is_some_and(|k| self.names.table.item(k).is_some());
            if hidden || carried {
                self.of_another(field);
            }
        }
        match field.text.as_str() {
            "pos" => return Typed::new(E::Un(Code::CellOfSlot, Box::new(base)), Ty::Cell),
            "facing" => return info(Info::Facing, Ty::Int),
            "alive" => return info(Info::Alive, Ty::Bool),
            "away" => return info(Info::Away, Ty::Bool),
            "on" => return info(Info::On, Ty::Bool),
            "frozen" => return info(Info::Frozen, Ty::Int),
            _ => {}
        }
        let table = self.names.table;
        if let Some(item) = table.kind(&field.text).and_then(|k| table.item(k)) {
            let item = u8::try_from(item).unwrap_or(u8::MAX);
            return Typed::new(E::Info(Box::new(base), Info::Carried, item), Ty::Int);
        }
        if let Some((map, ty, var)) = self.variable(&table.role_vars, role, &field.text, field.span)
        {
            let own = self.is_me(of);
            // The look bit of a body is there for everyone.
            let shown = table
                .roles
                .iter()
                .zip(&map)
                .any(|(r, at)| *at != u8::MAX && r.look == Some(*at));
            if !shown {
                self.may_read(&var, field.span, own);
            }
            return Typed::new(E::SlotVar(Box::new(base), map, ty.fix()), ty);
        }
        if table.kind(&field.text).is_some() {
            let what = format!("`{}` cannot be carried", field.text);
            return self.slip(
                "E103",
                field.span,
                what,
                "choose the mechanic pickup with `becomes = \"carried\"`",
            );
        }
        if self.names.broken.contains(&field.text.as_str()) {
            return Typed::UNKNOWN;
        }
        let owner = role.map_or("a slot", |r| table.roles[usize::from(r)].name.as_str());
        let known: Vec<&str> = self.slot_fields(role);
        let help = suggest(&field.text, known);
        self.slip(
            "E103",
            field.span,
            format!("{owner} has no field `{}`", field.text),
            help,
        )
    }

    pub(crate) fn slot_fields(&self, role: Option<u8>) -> Vec<&'n str> {
        let table = self.names.table;
        let vars = table
            .role_vars
            .iter()
            .enumerate()
            .filter(|(r, _)| role.is_none_or(|role| usize::from(role) == *r));
        let mut known: Vec<&'n str> = vars
            .flat_map(|(_, vars)| vars.iter().map(|v| v.name.as_str()))
            .collect();
        known.extend(
            table
                .items
                .iter()
                .map(|k| table.kinds[k.index()].name.as_str()),
        );
        known.extend(sigs::SLOT_FIELDS.iter().map(|(name, _)| *name));
        known
    }

    fn thing_field(&mut self, base: E, kind: Option<u8>, field: &Name) -> Typed {
        let table = self.names.table;
        if field.text == "pos" {
            return Typed::new(E::Un(Code::CellOfRow, Box::new(base)), Ty::Cell);
        }
        if let Some(found) = self.mechanic_field(kind, &field.text) {
            let truth = found.ty == Type::Bool;
            if found.ty == Type::Slot {
                // The state is the slot + 1, 0 for nobody: -1 equals no slot.
                let state = E::State(Box::new(base), false);
                let slot = E::Bin(Code::SubInt, Box::new(state), Box::new(E::Const(1)));
                return Typed::new(slot, Ty::of(found.ty));
            }
            return Typed::new(E::State(Box::new(base), truth), Ty::of(found.ty));
        }
        if let Some((map, ty, var)) =
            self.variable(&table.thing_vars, kind, &field.text, field.span)
        {
            self.may_read(&var, field.span, false);
            return Typed::new(E::RowVar(Box::new(base), map, ty.fix()), ty);
        }
        if self.names.broken.contains(&field.text.as_str()) {
            return Typed::UNKNOWN;
        }
        let owner = kind.map_or("a thing", |k| table.kinds[usize::from(k)].name.as_str());
        let fields: Vec<&Field> = self
            .names
            .fields
            .iter()
            .filter(|f| kind.is_none_or(|k| f.kind.get() == k))
            .collect();
        let vars = table
            .thing_vars
            .iter()
            .enumerate()
            .filter(|(k, _)| kind.is_none_or(|kind| usize::from(kind) == *k));
        let mut known: Vec<&str> = fields.iter().map(|f| f.name.as_str()).collect();
        known.extend(vars.flat_map(|(_, vars)| vars.iter().map(|v| v.name.as_str())));
        known.push("pos");
        let from = nearest(&field.text, known.iter().copied())
            .and_then(|n| fields.iter().find(|f| f.name == n));
        let help = match from {
            Some(f) => format!("did you mean `{}` (from {})?", f.name, f.from),
            None => suggest(&field.text, known),
        };
        self.slip(
            "E103",
            field.span,
            format!("{owner} has no field `{}`", field.text),
            help,
        )
    }

    pub(crate) fn mechanic_field(&self, kind: Option<u8>, name: &str) -> Option<&'n Field> {
        self.names
            .fields
            .iter()
            .find(|f| f.name == name && kind.is_none_or(|k| f.kind.get() == k))
    }

    /// A variable of slots or things: its index by role or kind (255: has none), its type.
    pub(crate) fn variable(
        &mut self,
        all: &[Vec<VarDecl>],
        of: Option<u8>,
        name: &str,
        span: Span,
    ) -> Option<(Vec<u8>, Ty, VarDecl)> {
        let mut map = vec![u8::MAX; all.len()];
        let mut found: Option<(Ty, VarDecl)> = None;
        for (i, vars) in all
            .iter()
            .enumerate()
            .filter(|(i, _)| of.is_none_or(|of| usize::from(of) == *i))
        {
            let Some(at) = vars.iter().position(|v| v.name == name) else {
                continue;
            };
            map[i] = u8::try_from(at).unwrap_or(u8::MAX);
            let ty = self.var_type(&vars[at]);
            match &found {
                Some((first, _)) if *first != ty => {
                    self.slip(
                        "E202",
                        span,
                        format!("`{name}` is {} here and {} there", first.name(), ty.name()),
                        "give it one type",
                    );
                }
                Some(_) => {}
                None => found = Some((ty, vars[at].clone())),
            }
        }
        found.map(|(ty, var)| (map, ty, var))
    }
}
