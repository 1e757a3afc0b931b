//! What starts a rule: event patterns, `each`, and the names that they bind.
//!
//! **Invariant.** A declared name in a pattern is a filter, a new one a binder.

use crate::diagnostic::Span;
use crate::rules::code::Code;
use crate::rules::{Filter, FilterIs, When};
use crate::scenario::ast;
use crate::scenario::check_expr::{Checker, Ty, Typed, number};
use crate::scenario::lower::E;
use crate::scenario::names::{nearest, suggest};
use crate::state::{ArgDecl, MessageDecl, Refusal, Type};

impl Checker<'_, '_> {
    pub(crate) fn on(
        &mut self,
        event: &ast::Name,
        (pats, args): (&[ast::Pat], &[(usize, Vec<ast::Pat>)]),
        span: Span,
        filters: &mut Vec<Filter>,
        binders: &mut Vec<(crate::event::Part, crate::rules::code::Fix)>,
    ) -> Option<When> {
        let table = self.names.table;
        let Some(id) = table.event(&event.text) else {
            let near = nearest(&event.text, table.events.iter().map(|e| e.name.as_str()));
            let help = near.map_or_else(String::new, |n| {
                let from = table
                    .events
                    .iter()
                    .find(|e| e.name == n)
                    .and_then(|e| e.mechanic);
                from.map_or_else(
                    || format!("did you mean `{n}`?"),
                    |m| format!("did you mean `{n}` ({m})?"),
                )
            });
            let what = format!(
                "no chosen mechanic and no [events] entry gives `{}`",
                event.text
            );
            self.slip("E402", event.span, what, help);
            return None;
        };
        let decl = &table.events[id.index()];
        if decl.fields.len() != pats.len() {
            let form: Vec<&str> = decl
                .fields
                .iter()
                .map(|(ty, _)| Ty::of(*ty).name())
                .collect();
            let what = format!(
                "`{}` has {} fields, found {}",
                event.text,
                decl.fields.len(),
                pats.len()
            );
            self.slip(
                "E403",
                span,
                what,
                format!(
                    "they are: {}; write `_` for what does not matter",
                    form.join(", ")
                ),
            );
            return None;
        }
        for (i, ((pat, at), (field, part))) in pats.iter().zip(&decl.fields).enumerate() {
            if let Some((_, args)) = args.iter().find(|(place, _)| *place == i) {
                let said = decl.mechanic == Some("message") && *field == Type::Message;
                self.arguments(pat.as_ref().filter(|_| said), *at, args, binders);
            }
            let Some(name) = pat else { continue };
            if *field == Type::Effect {
                // Effects are named by nothing but this pattern, and some share their name with a kind.
                match Refusal::NAMES.iter().position(|n| *n == name.text) {
                    Some(i) => filters.push(Filter {
                        part: *part,
                        is: FilterIs::Value(number(i)),
                    }),
                    None => {
                        let what = format!("`{}` is no effect that can be refused", name.text);
                        let help = nearest(&name.text, Refusal::NAMES).map_or_else(
                            || format!("name one of {}", Refusal::NAMES.join(", ")),
                            |n| format!("did you mean `{n}`?"),
                        );
                        self.slip("E404", *at, what, help);
                    }
                }
                continue;
            }
            match self.constant_name(&name.text) {
                Some((ty, value)) => {
                    if let Some(is) = self.filter(ty, *field, value) {
                        filters.push(Filter { part: *part, is });
                    } else {
                        let what = format!(
                            "this field of {} is {}, `{}` is {}",
                            event.text,
                            Ty::of(*field).name(),
                            name.text,
                            ty.name()
                        );
                        self.slip("E202", *at, what, "write `_`, or a new name");
                    }
                }
                None if self.scope.iter().any(|b| b.name == name.text) => {
                    self.slip(
                        "E404",
                        *at,
                        format!("`{}` stands twice", name.text),
                        "use two names and compare them with `when`",
                    );
                }
                None => {
                    let ty = Ty::of(*field);
                    self.bind(&name.text, ty, None);
                    binders.push((*part, ty.fix()));
                }
            }
        }
        Some(When::On { event: id.get() })
    }

    /// The arguments of a message in a pattern: `on said(a, took(n), _)`.
    fn arguments(
        &mut self,
        name: Option<&ast::Name>,
        at: Span,
        pats: &[ast::Pat],
        binders: &mut Vec<(crate::event::Part, crate::rules::code::Fix)>,
    ) {
        let table = self.names.table;
        let message = name.and_then(|n| table.messages.iter().find(|m| m.name == n.text));
        let Some(message) = message.filter(|m| !m.args.is_empty()) else {
            let help = "give it `args` in [messages], or drop the brackets";
            self.slip("E403", at, "this is no message with arguments", help);
            return;
        };
        if message.args.len() != pats.len() {
            let names: Vec<&str> = message.args.iter().map(|a| a.name.as_str()).collect();
            let what = format!(
                "`{}` has {} arguments, found {}",
                message.name,
                names.len(),
                pats.len()
            );
            let help = format!(
                "they are: {}; write `_` for what does not matter",
                names.join(", ")
            );
            self.slip("E403", at, what, help);
            return;
        }
        let said = self.bind("", Ty::Int, None);
        binders.push((crate::event::Part::Num, Ty::Int.fix()));
        let mut names: Vec<Option<&str>> = Vec::new();
        for (pat, at) in pats {
            let name = pat.as_ref().map(|n| n.text.as_str());
            let taken = |n: &&str| {
                names.contains(&Some(*n))
                    || self.constant_name(n).is_some()
                    || self.scope.iter().any(|b| b.name == **n)
            };
            if let Some(name) = name.filter(taken) {
                let what = format!("`{name}` has a meaning already");
                self.slip(
                    "E404",
                    *at,
                    what,
                    "use a new name and compare it with `when`",
                );
            }
            names.push(name);
        }
        self.bind_arguments(message, said, &names);
    }

    /// Binds names to the arguments of what was said.
    pub(crate) fn bind_arguments(
        &mut self,
        message: &MessageDecl,
        said: usize,
        names: &[Option<&str>],
    ) {
        for ((arg, stride), name) in message.split().zip(names) {
            let Some(name) = name else { continue };
            let value = self.argument(arg, stride, E::Bind(said));
            self.bind(name, value.ty, None);
            if let Some(bind) = self.scope.last_mut() {
                bind.alias = Some(value.e);
            }
        }
    }

    /// An argument of what was said.
    pub(crate) fn argument(&mut self, arg: &ArgDecl, stride: usize, said: E) -> Typed {
        let two = |code, a, b| E::Bin(code, Box::new(a), Box::new(E::Const(b)));
        let place = two(Code::DivInt, said, number(stride));
        let place = two(Code::Mod, place, number(arg.words.len()));
        let e = two(Code::AddInt, place, arg.first);
        let ty = match arg.ty {
            Type::Choice => self.list(arg.words.clone()),
            ty => Ty::of(ty),
        };
        Typed::new(e, ty)
    }

    /// A declared kind, role, message or beam.
    fn constant_name(&self, name: &str) -> Option<(Ty, i64)> {
        let table = self.names.table;
        if let Some(kind) = table.kind(name) {
            return Some((Ty::Kind, i64::from(kind.get())));
        }
        if let Some(role) = table.role(name) {
            return Some((Ty::Role, i64::from(role.get())));
        }
        if let Some(i) = table.messages.iter().position(|m| m.name == name) {
            return Some((Ty::Message, number(i)));
        }
        self.names
            .beams
            .iter()
            .position(|b| *b == name)
            .map(|i| (Ty::Beam, number(i)))
    }

    fn filter(&self, ty: Ty, field: Type, value: i64) -> Option<FilterIs> {
        let small = u8::try_from(value).ok()?;
        match (ty, field) {
            (Ty::Kind, Type::Kind)
            | (Ty::Role, Type::Role)
            | (Ty::Message, Type::Message)
            | (Ty::Beam, Type::Beam) => Some(FilterIs::Value(value)),
            (Ty::Kind, Type::Thing) => Some(FilterIs::RowOfKind(small)),
            (Ty::Role, Type::Slot) => Some(FilterIs::SlotOfRole(small)),
            _ => None,
        }
    }

    /// E404: a new name that is used nowhere and looks like a known one.
    pub(crate) fn unused(&mut self, event: &str, pats: &[(Option<ast::Name>, Span)]) {
        let table = self.names.table;
        let Some(decl) = table.event(event).map(|e| &table.events[e.index()]) else {
            return;
        };
        for ((pat, at), (field, _)) in pats.iter().zip(&decl.fields) {
            let Some(name) = pat else { continue };
            if !self.scope.iter().any(|b| b.name == name.text && !b.used) {
                continue;
            }
            let (what, known): (&str, Vec<&str>) = match field {
                Type::Kind | Type::Thing => ("thing", self.kind_names().collect()),
                Type::Slot | Type::Role => ("role", self.role_names().collect()),
                Type::Message => (
                    "message",
                    table.messages.iter().map(|m| m.name.as_str()).collect(),
                ),
                Type::Beam => ("beam", self.names.beams.clone()),
                _ => continue,
            };
            if let Some(n) = nearest(&name.text, known) {
                let help = format!("did you mean the {what} `{n}`? for anything write `_`");
                self.slip(
                    "E404",
                    *at,
                    format!("`{}` names nothing and is not used", name.text),
                    help,
                );
            }
        }
    }

    pub(crate) fn each(
        &mut self,
        what: &ast::Name,
        binder: &ast::Name,
        every: Option<&ast::Expr>,
    ) -> Option<When> {
        let table = self.names.table;
        let every = match every.map(|e| (self.constant(e), e.span)) {
            None => 1,
            Some((Some(n), _)) if n > 0 => u32::try_from(n).unwrap_or(u32::MAX),
            Some((None, _)) => 1,
            Some((Some(_), span)) => {
                self.slip(
                    "E202",
                    span,
                    "`every` needs a number of ticks from 1 on",
                    "",
                );
                1
            }
        };
        if let Some(role) = table.role(&what.text) {
            self.bind(&binder.text, Ty::Slot(Some(role.get())), None);
            return Some(When::EachSlot {
                role: role.get(),
                every,
            });
        }
        if let Some(kind) = table.kind(&what.text) {
            let rows = table.rows.iter().any(|r| r.kind == kind);
            self.bind(
                &binder.text,
                if rows {
                    Ty::Thing(Some(kind.get()))
                } else {
                    Ty::Cell
                },
                None,
            );
            return Some(When::EachThing {
                kind: kind.get(),
                rows,
                every,
            });
        }
        let known = self.role_names().chain(self.kind_names());
        let help = suggest(&what.text, known);
        self.slip(
            "E404",
            what.span,
            format!("`{}` is no role and no kind of thing", what.text),
            help,
        );
        None
    }
}
