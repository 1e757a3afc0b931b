//! The texts of a file → programs: initial values, truths, ends, rules, scripts.
//!
//! **Invariant.** Every text is compiled against the same names; what is wrong is in the reader.

use super::check_bot::{BotText, compile_bot};
use super::check_rules::{Binder, Use, compile_expr, compile_rules, compile_said};
use super::compile::{Script, kind_of};
use super::doc::{Data, Node, decimal};
use super::file::{DefFile, Senses};
use super::map::MapPlan;
use super::names::{Def, Field, Names, Text, suggest};
use super::read::Reader;
use super::text::{Quotes, text_at};
use super::vars::VarPlan;
use super::world::{Named, World, type_of};
use crate::bots::{Bot, BotKind};
use crate::diagnostic::{Diagnostic, Severity, Span, position};
use crate::ids::{KindId, RoleId};
use crate::rules::{Program, Programs};
use crate::state::{Table, Type};

/// What the texts of a file are compiled against.
pub(super) struct Texts<'a> {
    pub(super) world: &'a World,
    pub(super) plan: Option<&'a MapPlan>,
    pub(super) tree: &'a Node,
    pub(super) source: &'a str,
    pub(super) blocks: &'a [(String, String, usize)],
    pub(super) defs: &'a [(Named<DefFile>, usize)],
}

impl Texts<'_> {
    pub(super) fn compile(
        &self,
        table: &Table,
        scripts: &[Script],
        reader: &mut Reader<'_>,
    ) -> (Programs, Vec<Bot>, bool) {
        let line_of = |path: &str| {
            self.tree
                .at(path)
                .map(|n| position(self.source, n.key.start).0)
        };
        let names = self.names(table, &line_of, reader);
        let mut programs = Programs::default();
        for var in &self.world.vars {
            programs.init.push(self.init(&names, var, &[], reader));
        }
        for (index, vars) in self.world.role_vars.iter().enumerate() {
            let role = u8::try_from(index).ok().map(RoleId::new);
            let list = vars
                .iter()
                .map(|var| {
                    let ty = if var.decl.ty == Type::Slot {
                        Type::Slot
                    } else {
                        Type::Int
                    };
                    self.init(
                        &names,
                        var,
                        &[Binder {
                            name: "slot",
                            ty,
                            role,
                        }],
                        reader,
                    )
                })
                .collect();
            programs.role_init.push(list);
        }
        for (index, vars) in self.world.thing_vars.iter().enumerate() {
            let inits: Vec<Program> = vars
                .iter()
                .map(|var| self.init(&names, var, &[], reader))
                .collect();
            self.check_begins(table, index, vars, &inits, reader);
            programs.thing_init.push(inits);
        }
        for (place, message) in self.world.messages.iter().enumerate() {
            let binders = [Binder {
                name: "sender",
                ty: Type::Slot,
                role: None,
            }];
            let what = Use {
                binders: &binders,
                ty: Type::Bool,
                choices: &[],
                draw: None,
            };
            let truth = self.said(&names, what, place, message.node.get("truth"), reader);
            programs.truth.push(truth.unwrap_or_default());
        }
        let end = self
            .world
            .time
            .as_ref()
            .and_then(|(_, node)| node.get("end"));
        if end.is_some() {
            let what = Use {
                binders: &[],
                ty: Type::Bool,
                choices: &[],
                draw: None,
            };
            programs.end = self.expression(&names, what, end, reader);
        }
        for (name, node) in self.tree.get("goals").map_or(&[][..], Node::entries) {
            let binders = [Binder {
                name: "j",
                ty: Type::Slot,
                role: None,
            }];
            let what = Use {
                binders: &binders,
                ty: Type::Bool,
                choices: &[],
                draw: None,
            };
            let goal = self.expression(&names, what, Some(node), reader);
            programs
                .goals
                .push((name.clone(), goal.unwrap_or_default()));
        }
        programs.mechanics = self.of_mechanics(&names, reader);
        let blocks: Vec<(&str, Text<'_>)> = self
            .blocks
            .iter()
            .map(|(name, text, base)| (name.as_str(), Text::new(text, *base)))
            .collect();
        let rules = compile_rules(&names, &blocks, &mut reader.out);
        self.check_emitted(table, &rules.emits, reader);
        programs.rules = rules.rules;
        programs.rules.set_truth(programs.truth.clone());
        let bots = scripts
            .iter()
            .map(|s| self.bot(&names, s, reader))
            .collect();
        (programs, bots, rules.has_later)
    }
    fn names<'n>(
        &'n self,
        table: &'n Table,
        line_of: &'n dyn Fn(&str) -> Option<usize>,
        reader: &mut Reader<'_>,
    ) -> Names<'n> {
        let mut names = Names::new(table);
        names.map = self.plan.map_or("", |p| p.name.as_str());
        names.dials = self
            .world
            .dials
            .iter()
            .map(|(name, dial)| (name.as_str(), dial.clone()))
            .collect();
        names.defs = self
            .defs
            .iter()
            .map(|(def, base)| define(def, *base, reader))
            .collect();
        for picked in &self.world.mechanics {
            for kind in picked.config.rows() {
                let Some(kind) = table.kind(&kind) else {
                    continue;
                };
                names.fields.extend(field(kind, picked));
            }
            if picked.def.name == "beam" {
                names.beams.push(picked.instance.as_str());
            }
        }
        let choices = self
            .world
            .vars
            .iter()
            .chain(self.world.role_vars.iter().flatten())
            .chain(self.world.thing_vars.iter().flatten())
            .filter(|v| !v.words.is_empty());
        names.choices = choices
            .map(|v| (v.decl.name.as_str(), v.words.clone()))
            .collect();
        names.broken = self.world.broken(self.tree);
        names.line_of = line_of;
        names
    }
    /// A kind that can come into being later begins with what its `init` says, which must be known then.
    fn check_begins(
        &self,
        table: &Table,
        kind: usize,
        vars: &[VarPlan],
        inits: &[Program],
        reader: &mut Reader<'_>,
    ) {
        // A row that stands in no cell of any map.
        let spare = table.rows.iter().enumerate().any(|(row, decl)| {
            decl.kind.index() == kind && table.layouts.iter().all(|l| l.rows[row].get() == 0)
        });
        let drawn = vars
            .iter()
            .zip(inits)
            .find(|(_, init)| init.constant().is_none());
        if let Some((var, _)) = drawn.filter(|_| spare) {
            let message = format!(
                "`{}` of a {} that appears during an episode cannot be drawn",
                var.decl.name, table.kinds[kind].name
            );
            reader.error(
                "E203",
                var.init.as_ref().map_or(var.key, |n| n.span),
                message,
                "write a number, and give drawn values in [legend]",
            );
        }
    }
    fn init(
        &self,
        names: &Names<'_>,
        var: &VarPlan,
        binders: &[Binder<'_>],
        reader: &mut Reader<'_>,
    ) -> Program {
        let name = &var.decl.name;
        if var.init.is_none() && matches!(var.decl.ty, Type::Slot | Type::Cell) {
            reader.error(
                "E104",
                var.key,
                format!("variable `{name}` needs a field `init`"),
                "add `init = …`",
            );
            return Program::default();
        }
        let what = Use {
            binders,
            ty: var.decl.ty,
            choices: &var.words,
            draw: Some(name),
        };
        if var.init.is_some() {
            return self
                .expression(names, what, var.init.as_ref(), reader)
                .unwrap_or_default();
        }
        let zero = match var.decl.ty {
            Type::Bool => "false",
            Type::Choice => var.words.first().map_or("", String::as_str),
            _ => "0",
        };
        compile_expr(names, what, Text::new(zero, var.key.start), &mut reader.out)
            .unwrap_or_default()
    }
    /// Expressions in the configs of mechanics; nothing when there is none at all. They do not draw.
    fn of_mechanics(&self, names: &Names<'_>, reader: &mut Reader<'_>) -> Vec<Vec<Program>> {
        let mechanics = &self.world.mechanics;
        if mechanics.iter().all(|m| m.config.expressions().is_empty()) {
            return Vec::new();
        }
        let mut one = |picked: &super::world::Picked| {
            let expressions = picked.config.expressions().into_iter();
            let mut compiled = |(field, ty): (&str, Type)| {
                let what = Use {
                    binders: &[],
                    ty,
                    choices: &[],
                    draw: None,
                };
                let node = picked.node.get(field);
                self.expression(names, what, node, reader)
                    .unwrap_or_default()
            };
            expressions.map(&mut compiled).collect()
        };
        mechanics.iter().map(&mut one).collect()
    }
    /// A constant or a text of the rule language.
    fn expression(
        &self,
        names: &Names<'_>,
        what: Use<'_>,
        node: Option<&Node>,
        reader: &mut Reader<'_>,
    ) -> Option<Program> {
        self.said(names, what, usize::MAX, node, reader)
    }
    /// An expression in which the arguments of the message of that place are in scope; of none beyond the last.
    fn said(
        &self,
        names: &Names<'_>,
        what: Use<'_>,
        message: usize,
        node: Option<&Node>,
        reader: &mut Reader<'_>,
    ) -> Option<Program> {
        let message = self.world.spoken.get(message);
        let node = node?;
        let (text, base) = match &node.data {
            Data::Text(text) => (
                text.clone(),
                text_at(self.source, node, Quotes::Any, "an expression", reader)?,
            ),
            Data::Bool(b) => (b.to_string(), node.span.start),
            Data::Int(n) => (n.to_string(), node.span.start),
            Data::Num(n) => (decimal(*n), node.span.start),
            _ => {
                let message = format!(
                    "an expression must be a text, a number or true or false, found {}",
                    node.sort()
                );
                reader.error("E201", node.span, message, "write it in quotes");
                return None;
            }
        };
        compile_said(
            names,
            what,
            message,
            Text::new(&text, base),
            &mut reader.out,
        )
    }
    /// An event of the author's that nothing emits.
    fn check_emitted(&self, table: &Table, emits: &[bool], reader: &mut Reader<'_>) {
        for (event, decl) in table
            .events
            .iter()
            .enumerate()
            .filter(|(_, e)| e.mechanic.is_none())
        {
            if emits.get(event) == Some(&false)
                && reader.out.iter().all(|d| d.severity == Severity::Warning)
            {
                let at = self
                    .tree
                    .at(&format!("events.{}", decl.name))
                    .map_or(Span::default(), |n| n.key);
                let message = format!("no rule emits the event `{}`", decl.name);
                reader.out.push(Diagnostic::warning(
                    "W902",
                    at,
                    message,
                    "emit it in a rule, or drop it",
                ));
            }
        }
    }
    fn bot(&self, names: &Names<'_>, script: &Script, reader: &mut Reader<'_>) -> Bot {
        let kind = kind_of(script.file.kind);
        let roles = &self.world.roles;
        let role = script.file.role.as_ref().map_or_else(
            || (roles.len() == 1 && kind != BotKind::Resident).then_some(0),
            |name| roles.iter().position(|r| r.name == *name),
        );
        let text = BotText {
            name: &script.name,
            role: role.and_then(|r| u8::try_from(r).ok()).map(RoleId::new),
            control: kind != BotKind::Resident,
            world: script.file.senses == Senses::World,
            senses_at: script
                .node
                .get("senses")
                .map_or(script.node.key, |n| n.span),
            script: script
                .text
                .as_ref()
                .map_or(Text::default(), |(text, base)| Text::new(text, *base)),
        };
        let compiled = script
            .text
            .as_ref()
            .and_then(|_| compile_bot(names, text, &mut reader.out));
        Bot {
            name: script.name.clone(),
            kind,
            says: script.file.says.clone().unwrap_or_default(),
            script: compiled.unwrap_or_default(),
        }
    }
}

fn define<'n>(def: &'n Named<DefFile>, base: usize, reader: &mut Reader<'_>) -> Def<'n> {
    let mut args = Vec::new();
    for (name, node) in def.node.get("args").map_or(&[][..], Node::entries) {
        if let Some(ty) = node.text().and_then(type_of) {
            args.push((name.as_str(), ty));
        } else {
            let message = format!("defs.{}.args.{name} has no known type", def.name);
            let help = suggest(
                node.text().unwrap_or_default(),
                super::world::TYPES.iter().map(|(n, _)| *n),
            );
            reader.error("E201", node.span, message, help);
        }
    }
    Def {
        name: &def.name,
        args,
        is: Text::new(&def.value.is, base),
    }
}

/// The fields that a mechanic gives to a kind.
fn field(kind: KindId, picked: &super::world::Picked) -> Vec<Field> {
    let from = picked.label();
    let one = |(name, ty): &(&str, Type)| Field {
        kind,
        name: (*name).to_owned(),
        ty: *ty,
        from: from.clone(),
    };
    picked.def.fields.iter().map(one).collect()
}
