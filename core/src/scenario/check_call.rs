//! Calls of functions and definitions.
//!
//! **Invariant.** What can be called, and with what, stands in `sigs.rs`; here is what each call means.

use crate::diagnostic::Span;
use crate::ids::RoleId;
use crate::rules::code::{Code, Metric, Mode, Set};
use crate::scenario::ast::{Arg, Call, Expr, ExprKind};
use crate::scenario::check_expr::{Checker, Ty, Typed};
use crate::scenario::lower::{E, ScanE, metric};
use crate::scenario::names::{Text, nearest, suggest};
use crate::scenario::parse;
use crate::scenario::sigs::{self, Param, Sig, Where};

/// Most uses of definitions in one rule or expression, those within definitions included: without it a few lines of definitions
/// that each use the next one twice would expand to more than a machine holds.
const MAX_EXPANSIONS: usize = 256;
/// Deepest expansion of definitions.
const MAX_CALLS: usize = 16;

impl Checker<'_, '_> {
    /// A call in an expression.
    pub(crate) fn call(&mut self, call: &Call) -> Typed {
        let name = call.name.text.as_str();
        if let Some(i) = self.names.defs.iter().position(|d| d.name == name) {
            return self.expand(i, call);
        }
        let Some(sig) = sigs::find(sigs::FUNCTIONS, name) else {
            return self.unknown_call(call, sigs::FUNCTIONS);
        };
        if sig.place == Where::Scripts && self.bot.is_none() {
            return self.slip(
                "E403",
                call.name.span,
                format!("`{name}` is for scripts of bots only"),
                "",
            );
        }
        if !self.arity(sig, call) {
            return Typed::UNKNOWN;
        }
        self.function(name, call)
    }

    /// E403: a name that cannot be called here.
    pub(crate) fn unknown_call(&mut self, call: &Call, list: &'static [Sig]) -> Typed {
        let name = call.name.text.as_str();
        for (other, what) in [
            (sigs::FUNCTIONS, "a function"),
            (sigs::EFFECTS, "an effect"),
            (sigs::ACTIONS, "an action of scripts"),
        ] {
            if !std::ptr::eq(other, list) && sigs::find(other, name).is_some() {
                let help = match what {
                    "a function" => "use it inside an expression",
                    "an effect" => "effects stand after `do`",
                    _ => "actions stand after `->`",
                };
                return self.slip("E403", call.name.span, format!("`{name}` is {what}"), help);
            }
        }
        let defs = self.names.defs.iter().map(|d| d.name);
        let mut known: Vec<&str> = list
            .iter()
            .filter(|s| s.place != Where::Scripts || self.bot.is_some())
            .map(|s| s.name)
            .collect();
        if std::ptr::eq(list, sigs::FUNCTIONS) {
            known.extend(defs);
        }
        let what = if std::ptr::eq(list, sigs::FUNCTIONS) {
            "function or definition"
        } else if std::ptr::eq(list, sigs::EFFECTS) {
            "effect"
        } else {
            "action"
        };
        let help =
            nearest(name, known).map_or_else(String::new, |n| format!("did you mean `{n}`?"));
        self.slip(
            "E403",
            call.name.span,
            format!("there is no {what} `{name}`"),
            help,
        )
    }

    /// Whether the number of arguments is right, and the call is one that this version has.
    pub(crate) fn arity(&mut self, sig: &Sig, call: &Call) -> bool {
        if let Some(needs) = sig.needs {
            let what = format!(
                "`{}` needs `{needs}`, which this version does not have",
                sig.name
            );
            self.slip("E403", call.name.span, what, "");
            return false;
        }
        let (most, found) = (sig.params.len(), call.args.len());
        if !(most - sig.optional..=most).contains(&found) {
            self.slip(
                "E403",
                call.span,
                format!("`{}` does not take {found} arguments", sig.name),
                format!("write `{}`", sig.form),
            );
            return false;
        }
        for (arg, param) in call.args.iter().zip(sig.params) {
            if let Some(cond) = &arg.cond
                && !matches!(param, Param::Set | Param::KindSet)
                && !matches!(param, Param::Target)
            {
                self.slip(
                    "E403",
                    cond.span,
                    format!("`where` cannot stand here in `{}`", sig.name),
                    format!("write `{}`", sig.form),
                );
                return false;
            }
        }
        true
    }

    fn function(&mut self, name: &str, call: &Call) -> Typed {
        let arg = |i: usize| &call.args[i].value;
        match name {
            "count" => self.count(call),
            "the" => self.the(call),
            "on" => {
                let place = self.want(arg(0), Ty::Cell);
                self.scan(Mode::On, &call.args[1], Some(place), Ty::Bool)
            }
            "has" => {
                let slot = self.want(arg(0), Ty::Slot(None));
                self.has(slot, &call.args[1])
            }
            "nearest" => self.scan(Mode::Nearest, &call.args[0], None, Ty::Unknown),
            "seen" => self.scan(Mode::Seen, &call.args[0], None, Ty::Bool),
            "near" => {
                let (a, b) = (self.want(arg(0), Ty::Cell), self.want(arg(1), Ty::Cell));
                match self.within_range(arg(2), 255) {
                    Some(r) => Typed::new(E::Near(Box::new(a), Box::new(b), r), Ty::Bool),
                    None => Typed::UNKNOWN,
                }
            }
            "inside" => self.inside(arg(0), arg(1)),
            "dist" => {
                let (a, b) = (self.want(arg(0), Ty::Cell), self.want(arg(1), Ty::Cell));
                Typed::new(E::Bin(Code::Dist, Box::new(a), Box::new(b)), Ty::Int)
            }
            "role" => {
                let slot = self.want(arg(0), Ty::Slot(None));
                Typed::new(E::Un(Code::RoleOf, Box::new(slot)), Ty::Role)
            }
            "owner" => {
                let place = self.want(arg(0), Ty::Cell);
                Typed::new(E::Un(Code::OwnerOf, Box::new(place)), Ty::Slot(None))
            }
            "chance" => {
                let p = self.want(arg(0), Ty::Num);
                self.draw(call.span).map_or(Typed::UNKNOWN, |site| {
                    Typed::new(E::Chance(Box::new(p), site), Ty::Bool)
                })
            }
            "pick" => {
                let n = self.within_range(arg(0), i32::MAX);
                let site = self.draw(call.span);
                match (n, site) {
                    (Some(0), _) => self.slip(
                        "E202",
                        arg(0).span,
                        "`pick(0)` has nothing to pick from",
                        "write `pick(1)` or more",
                    ),
                    (Some(n), Some(site)) => Typed::new(E::Pick(i64::from(n), site), Ty::Int),
                    _ => Typed::UNKNOWN,
                }
            }
            "min" => self.choose(Code::Min, call),
            "max" => self.choose(Code::Max, call),
            "abs" => {
                let of = self.expr(arg(0));
                match of.ty {
                    Ty::Int | Ty::Num => Typed::new(E::Un(Code::Abs, Box::new(of.e)), of.ty),
                    Ty::Unknown => Typed::UNKNOWN,
                    ty => self.slip(
                        "E202",
                        arg(0).span,
                        format!("`abs` needs a number, found {}", ty.name()),
                        "",
                    ),
                }
            }
            "clamp" => {
                let Some((values, ty)) = self.numbers(call) else {
                    return Typed::UNKNOWN;
                };
                let [a, low, high] = <[E; 3]>::try_from(values).expect("three arguments");
                let least = E::Bin(Code::Max, Box::new(a), Box::new(low));
                Typed::new(E::Bin(Code::Min, Box::new(least), Box::new(high)), ty)
            }
            _ => self.sense(name, call),
        }
    }

    /// Whether a place lies in an area of the legend.
    fn inside(&mut self, place: &Expr, area: &Expr) -> Typed {
        if self.bot.as_ref().is_some_and(|b| !b.world) {
            return self.slip(
                "E408",
                area.span,
                "no role sees where an area ends",
                "name a kind that marks it, with `on`",
            );
        }
        let place = self.want(place, Ty::Cell);
        let areas = &self.names.table.areas;
        let name = match &area.kind {
            ExprKind::Name(name) => name.as_str(),
            _ => "",
        };
        let Some(at) = areas.iter().position(|a| a == name) else {
            let mut help = suggest(name, areas.iter().map(String::as_str));
            if help.is_empty() {
                "write `{ area = \"name\" }` in [legend]".clone_into(&mut help);
            }
            return self.slip(
                "E404",
                area.span,
                format!("`{name}` is no area of the legend"),
                help,
            );
        };
        let area = i32::try_from(at).expect("at most 16 areas");
        Typed::new(E::Inside(Box::new(place), area), Ty::Bool)
    }

    fn sense(&mut self, name: &str, call: &Call) -> Typed {
        let arg = &call.args[0];
        match name {
            "heard" => self
                .message(&arg.value)
                .map_or(Typed::UNKNOWN, |m| Typed::new(E::Heard(m), Ty::Bool)),
            "last" => self
                .message(&arg.value)
                .map_or(Typed::UNKNOWN, |m| Typed::new(E::Last(m), Ty::Int)),
            "arg" => self.heard_argument(call),
            "can" => self
                .verb(&arg.value, None)
                .map_or(Typed::UNKNOWN, |actions| {
                    Typed::new(E::Can(actions), Ty::Bool)
                }),
            _ => {
                if let Some(scan) = self.target_set(&arg.value) {
                    return scan.map_or(Typed::UNKNOWN, |s| {
                        Typed::new(E::PathIn(Box::new(s)), Ty::Int)
                    });
                }
                let place = self.want(&arg.value, Ty::Cell);
                Typed::new(E::PathTo(Box::new(place)), Ty::Int)
            }
        }
    }

    /// `arg(M, name)`: an argument of what the bot last heard of a message.
    fn heard_argument(&mut self, call: &Call) -> Typed {
        let Some(id) = self.message(&call.args[0].value) else {
            return Typed::UNKNOWN;
        };
        let message = &self.names.table.messages[usize::from(id)];
        let wanted = &call.args[1].value;
        let found = message
            .split()
            .find(|(arg, _)| matches!(&wanted.kind, ExprKind::Name(name) if *name == arg.name));
        match found {
            Some((arg, stride)) => self.argument(arg, stride, E::Said(id)),
            None => {
                let what = format!("this is no argument of `{}`", message.name);
                let help = suggest("", message.args.iter().map(|a| a.name.as_str()));
                self.slip("E404", wanted.span, what, help)
            }
        }
    }

    /// The set of a target that is written `nearest(…)`; `None` if it is written otherwise.
    pub(crate) fn target_set(&mut self, expr: &Expr) -> Option<Option<ScanE>> {
        let ExprKind::Call(call) = &expr.kind else {
            return None;
        };
        if call.name.text != "nearest" || self.names.defs.iter().any(|d| d.name == "nearest") {
            return None;
        }
        let sig = sigs::find(sigs::FUNCTIONS, "nearest").expect("in the list");
        if !self.arity(sig, call) {
            return Some(None);
        }
        let typed = self.scan(Mode::Nearest, &call.args[0], None, Ty::Unknown);
        Some(match typed.e {
            E::Scan(scan) => Some(*scan),
            _ => None,
        })
    }

    /// A message that is known at load.
    pub(crate) fn message(&mut self, expr: &Expr) -> Option<u8> {
        let table = self.names.table;
        if let ExprKind::Name(name) = &expr.kind {
            if let Some(i) = table.messages.iter().position(|m| m.name == *name) {
                return u8::try_from(i).ok();
            }
            let help = suggest(name, table.messages.iter().map(|m| m.name.as_str()));
            self.slip("E404", expr.span, format!("`{name}` is no message"), help);
        } else {
            self.slip(
                "E202",
                expr.span,
                "the name of a message is needed here",
                "",
            );
        }
        None
    }

    /// For each role the actions with a verb (and an argument: `verb:word`).
    pub(crate) fn verb(&mut self, expr: &Expr, word: Option<&str>) -> Option<Vec<Vec<u8>>> {
        let ExprKind::Name(verb) = &expr.kind else {
            self.slip("E202", expr.span, "the name of a verb is needed here", "");
            return None;
        };
        let role = self.bot.as_ref().and_then(|b| b.role).map(RoleId::index);
        let table = self.names.table;
        let full = word.map(|w| format!("{verb}:{w}"));
        let fits = |a: &crate::state::Action| match &full {
            Some(full) => a.name == *full,
            None => a.verb == *verb || a.name == *verb,
        };
        let actions: Vec<Vec<u8>> = table
            .roles
            .iter()
            .map(|r| {
                (0u8..)
                    .zip(&r.actions)
                    .filter(|(_, a)| fits(a))
                    .map(|(i, _)| i)
                    .collect()
            })
            .collect();
        let none = role.map_or_else(
            || actions.iter().all(Vec::is_empty),
            |r| actions[r].is_empty(),
        );
        if none && full.is_none() {
            let roles = table
                .roles
                .iter()
                .enumerate()
                .filter(|(i, _)| role.is_none_or(|r| r == *i));
            let mut verbs: Vec<&str> = roles
                .clone()
                .flat_map(|(_, r)| r.actions.iter().skip(1).map(|a| a.verb.as_str()))
                .collect();
            verbs.dedup();
            let who = role.map_or("no role", |r| table.roles[r].name.as_str());
            let what = if role.is_some() {
                format!("{who} has no verb `{verb}`")
            } else {
                format!("{who} has the verb `{verb}`")
            };
            let help = suggest(verb, verbs);
            self.slip("E404", expr.span, what, help);
            return None;
        }
        (!none).then_some(actions)
    }

    fn draw(&mut self, span: Span) -> Option<u8> {
        if let Some(why) = self.no_draws {
            self.slip("E411", span, format!("no draw can stand {why}"), "");
            return None;
        }
        self.drew.get_or_insert(span);
        let site = self.sites;
        self.sites = self.sites.saturating_add(1);
        Some(site)
    }

    fn within_range(&mut self, expr: &Expr, most: i32) -> Option<i32> {
        let value = self.constant(expr)?;
        let value = i32::try_from(value).ok().filter(|v| (0..=most).contains(v));
        if value.is_none() {
            self.slip(
                "E202",
                expr.span,
                format!("a number from 0 to {most} is needed here"),
                "",
            );
        }
        value
    }

    fn numbers(&mut self, call: &Call) -> Option<(Vec<E>, Ty)> {
        let values: Vec<Typed> = call.args.iter().map(|a| self.expr(&a.value)).collect();
        if values.iter().any(|v| v.ty == Ty::Unknown) {
            return None;
        }
        if let Some((i, odd)) = values
            .iter()
            .enumerate()
            .find(|(_, v)| !matches!(v.ty, Ty::Int | Ty::Num))
        {
            let what = format!(
                "`{}` needs numbers, found {}",
                call.name.text,
                odd.ty.name()
            );
            self.slip("E202", call.args[i].value.span, what, "");
            return None;
        }
        if values.iter().all(|v| v.ty == Ty::Int) {
            return Some((values.into_iter().map(|v| v.e).collect(), Ty::Int));
        }
        Some((values.into_iter().map(Typed::widened).collect(), Ty::Num))
    }

    fn choose(&mut self, code: Code, call: &Call) -> Typed {
        let Some((values, ty)) = self.numbers(call) else {
            return Typed::UNKNOWN;
        };
        let [a, b] = <[E; 2]>::try_from(values).expect("two arguments");
        Typed::new(E::Bin(code, Box::new(a), Box::new(b)), ty)
    }

    fn count(&mut self, call: &Call) -> Typed {
        match call.args.len() {
            1 => self.scan(Mode::Count, &call.args[0], None, Ty::Int),
            2 => self.slip(
                "E403",
                call.span,
                "`count` with a place needs a radius too",
                "write `count(K, place, r)`",
            ),
            _ => {
                let place = self.want(&call.args[1].value, Ty::Cell);
                let r = self.within_range(&call.args[2].value, 8);
                let window = match call.args.get(3).map(|a| (&a.value.kind, a.value.span)) {
                    None => Some(Metric::Linf),
                    Some((ExprKind::Name(name), _)) if metric(name).is_some() => metric(name),
                    Some((_, span)) => {
                        self.slip(
                            "E202",
                            span,
                            "a metric is needed here",
                            "name one of l1, l2, linf",
                        );
                        None
                    }
                };
                let (Some(r), Some(metric)) = (r, window) else {
                    return Typed::UNKNOWN;
                };
                let r = u8::try_from(r).expect("at most 8");
                self.scan(
                    Mode::Around { r, metric },
                    &call.args[0],
                    Some(place),
                    Ty::Int,
                )
            }
        }
    }

    fn the(&mut self, call: &Call) -> Typed {
        let arg = &call.args[0];
        let typed = self.scan(Mode::The, arg, None, Ty::Unknown);
        let (E::Scan(scan), None) = (&typed.e, &arg.cond) else {
            return typed;
        };
        let table = self.names.table;
        let (name, least, most) = match scan.set {
            Set::Role { role } => {
                let role = &table.roles[usize::from(role)];
                (role.name.as_str(), usize::from(role.n), usize::from(role.n))
            }
            Set::Kind { kind, .. } => {
                let (least, most) = self.names.things_at_reset(crate::ids::KindId::new(kind));
                (table.kinds[usize::from(kind)].name.as_str(), least, most)
            }
        };
        if (least, most) == (1, 1) {
            return typed;
        }
        let many = if least == most {
            format!("{most}")
        } else {
            format!("{least} to {most}")
        };
        let whose = match scan.set {
            Set::Role { .. } => format!("there are {many}"),
            Set::Kind { .. } => format!("maps.{} has {many}", self.names.map),
        };
        let what = format!("`the({name})` needs exactly one {name}, {whose}");
        self.slip("E405", call.span, what, "add `where …`, or use a binder")
    }

    /// Whether a kind lies in a cell.
    pub(crate) fn on_kind(&mut self, place: E, kind: i64) -> Typed {
        let set = Set::Kind {
            kind: u8::try_from(kind).unwrap_or(0),
            rows: false,
        };
        Typed::new(
            E::Scan(Box::new(ScanE {
                mode: Mode::On,
                set,
                place: Some(place),
                it: 0,
                cond: None,
            })),
            Ty::Bool,
        )
    }

    fn has(&mut self, slot: E, arg: &Arg) -> Typed {
        let Some(kind) = self.kind_constant(&arg.value) else {
            return Typed::UNKNOWN;
        };
        if self.names.table.item(kind).is_none() {
            let what = format!(
                "`{}` cannot be carried",
                self.names.table.kinds[kind.index()].name
            );
            return self.slip(
                "E202",
                arg.value.span,
                what,
                "choose the mechanic pickup with `becomes = \"carried\"`",
            );
        }
        self.scan(Mode::Has, arg, Some(slot), Ty::Bool)
    }

    /// A set with its condition; the type is that of a member if `ty` is unknown.
    pub(crate) fn scan(&mut self, mode: Mode, arg: &Arg, place: Option<E>, ty: Ty) -> Typed {
        let table = self.names.table;
        let name = match &arg.value.kind {
            ExprKind::Name(name) => Some(name.as_str()),
            _ => None,
        };
        let role = name
            .filter(|n| !self.scope.iter().any(|b| b.name == **n))
            .and_then(|n| table.role(n));
        let set = if let Some(role) = role {
            Set::Role { role: role.get() }
        } else {
            let Some(kind) = self.kind_constant(&arg.value) else {
                return Typed::UNKNOWN;
            };
            Set::Kind {
                kind: kind.get(),
                rows: table.rows.iter().any(|r| r.kind == kind),
            }
        };
        let member = match set {
            Set::Role { role } => Ty::Slot(Some(role)),
            Set::Kind { kind, rows: true } => Ty::Thing(Some(kind)),
            Set::Kind { .. } => Ty::Cell,
        };
        let (mut cond, mut it) = (None, 0);
        if let Some(expr) = &arg.cond {
            let depth = self.scope.len();
            it = self.bind("it", member, None);
            let draws = self
                .no_draws
                .replace("in `where`: it would depend on how many there are");
            cond = Some(self.want(expr, Ty::Bool));
            self.no_draws = draws;
            self.scope.truncate(depth);
        }
        let ty = if ty == Ty::Unknown { member } else { ty };
        Typed::new(
            E::Scan(Box::new(ScanE {
                mode,
                set,
                place,
                it,
                cond,
            })),
            ty,
        )
    }

    /// A definition, expanded in place.
    fn expand(&mut self, index: usize, call: &Call) -> Typed {
        let def = &self.names.defs[index];
        if self.expanding.len() >= MAX_CALLS && !self.expanding.contains(&index) {
            let what = format!(
                "definitions are nested more than {MAX_CALLS} deep, the limit is {MAX_CALLS} (call depth)"
            );
            return self.slip("E413", call.name.span, what, "write some of them out");
        }
        if self.expanding.contains(&index) {
            let what = format!("`{}` is defined by itself", def.name);
            return self.slip("E403", call.name.span, what, "definitions cannot recur");
        }
        if def.args.len() != call.args.len() {
            let form: Vec<&str> = def.args.iter().map(|(name, _)| *name).collect();
            let what = format!("`{}` does not take {} arguments", def.name, call.args.len());
            return self.slip(
                "E403",
                call.span,
                what,
                format!("write `{}({})`", def.name, form.join(", ")),
            );
        }
        self.expansions += 1;
        if self.expansions > MAX_EXPANSIONS {
            // Once is enough: all that follows is of no known type.
            if self.expansions > MAX_EXPANSIONS + 1 {
                return Typed::UNKNOWN;
            }
            let what = format!(
                "more than {MAX_EXPANSIONS} uses of definitions in one rule, the limit is {MAX_EXPANSIONS} (uses of definitions)"
            );
            return self.slip("E413", call.name.span, what, "split the rule");
        }
        let mut values = Vec::new();
        for (arg, (_, ty)) in call.args.iter().zip(&def.args) {
            let ty = Ty::of(*ty);
            let e = if ty == Ty::Kind {
                match self.kind_constant(&arg.value) {
                    Some(kind) => E::Const(i64::from(kind.get())),
                    None => return Typed::UNKNOWN,
                }
            } else {
                self.want(&arg.value, ty)
            };
            values.push((ty, e));
        }
        // A definition sees its arguments only, not the names of the place where it is used.
        let outer = std::mem::take(&mut self.scope);
        let mut lets = Vec::new();
        for ((name, _), (ty, e)) in def.args.iter().zip(values) {
            let constant = match (ty, &e) {
                (Ty::Kind | Ty::Role | Ty::Message, E::Const(value)) => Some(*value),
                _ => None,
            };
            lets.push((self.bind(name, ty, constant), e));
        }
        self.expanding.push(index);
        let body = parse_def(def.is, &mut self.out).map_or(Typed::UNKNOWN, |expr| self.expr(&expr));
        self.expanding.pop();
        self.scope = outer;
        let e = lets.into_iter().rev().fold(body.e, |e, (id, value)| {
            E::Let(id, Box::new(value), Box::new(e))
        });
        Typed::new(e, body.ty)
    }
}

fn parse_def(text: Text<'_>, out: &mut Vec<crate::diagnostic::Diagnostic>) -> Option<Expr> {
    let mut slips = Vec::new();
    let parsed = parse::expression(text, &mut slips);
    for slip in slips {
        if !out.contains(&slip) {
            out.push(slip);
        }
    }
    parsed
}
