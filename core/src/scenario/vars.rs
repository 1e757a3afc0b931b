//! Dials and variables, read.
//!
//! **Invariant.** In file order; what was wrong is in the reader, and what could be read is here all the same.

use super::doc::{Data, Node, decimal};
use super::file::{DialFile, ThingFile, VarFile};
use super::names::{Dial, suggest};
use super::read::Reader;
use super::world::{Named, World, each, limit};
use crate::diagnostic::Span;
use crate::ids::{Num, ONE, RoleId};
use crate::state::{Seen, Type, VarDecl};

/// A variable and what its file says of its start.
#[derive(Clone, Debug)]
pub(crate) struct VarPlan {
    pub(crate) decl: VarDecl,
    /// Words of a choice variable.
    pub(crate) words: Vec<String>,
    /// The `init` of the file.
    pub(crate) init: Option<Node>,
    /// Whether it stays as it is when a round begins.
    pub(crate) keep: bool,
    /// Where it stands.
    pub(crate) key: Span,
}

const VAR_TYPES: [(&str, Type); 5] = [
    ("int", Type::Int),
    ("num", Type::Num),
    ("bool", Type::Bool),
    ("slot", Type::Slot),
    ("cell", Type::Cell),
];

/// Values of the dials that are numbers, in millionths.
pub(crate) fn dial_numbers(dials: &[(String, Dial)]) -> Vec<(String, Num)> {
    let number = |dial: &Dial| match dial {
        Dial::Int(n) => Some(Num::from(*n) * ONE),
        Dial::Num(n) => Some(*n),
        _ => None,
    };
    dials
        .iter()
        .filter_map(|(name, dial)| Some((name.clone(), number(dial)?)))
        .collect()
}

/// Reads `[dials]`.
pub(crate) fn read_dials(tree: &Node, reader: &mut Reader<'_>) -> Vec<(String, Dial)> {
    let mut out = Vec::new();
    for dial in each::<DialFile>(tree, "dials", reader) {
        let (name, node) = (dial.name, dial.node);
        let value = match dial.value {
            Some(value) => read_dial(
                &Named {
                    name: name.clone(),
                    node: node.clone(),
                    value,
                },
                reader,
            ),
            // Told of already; its number still serves where it is named.
            None => node.get("value").and_then(Node::num).map(Dial::Num),
        };
        out.extend(value.map(|value| (name, value)));
    }
    limit(out.len(), 16, "dials", tree.get("dials"), reader);
    out
}

fn read_dial(dial: &Named<DialFile>, reader: &mut Reader<'_>) -> Option<Dial> {
    let node = dial.node.get("value")?;
    let path = format!("dials.{}", dial.name);
    if let (Data::Text(word), Some(choices)) = (&node.data, &dial.value.choices) {
        let value = choices.iter().position(|c| c == word);
        if value.is_none() {
            let help = suggest(word, choices.iter().map(String::as_str));
            reader.error(
                "E201",
                node.span,
                format!("{path}.value is `{word}`, which is none of its choices"),
                help,
            );
        }
        return value.map(|value| Dial::Choice {
            value,
            choices: choices.clone(),
        });
    }
    if let Data::Bool(b) = node.data {
        return Some(Dial::Bool(b));
    }
    let Some(value) = node.num() else {
        let message = format!(
            "{path}.value must be a number, true, false, or one of its `choices`, found {}",
            node.sort()
        );
        reader.error("E201", node.span, message, "write a number");
        return None;
    };
    let Some([low, high]) = dial.value.range else {
        reader.error(
            "E104",
            dial.node.key,
            format!("[{path}] needs a field `range`"),
            "add `range = [least, most]`",
        );
        return None;
    };
    if value < low.0 || value > high.0 {
        let message = format!(
            "{path}.value is {}, its range is {} to {}",
            decimal(value),
            decimal(low.0),
            decimal(high.0)
        );
        reader.error("E201", node.span, message, "change the value or the range");
    }
    let step = dial.value.step.map_or(0, |s| s.0);
    let whole = [value, low.0, high.0, step].iter().all(|n| n % ONE == 0)
        && matches!(node.data, Data::Int(_));
    let int = i32::try_from(value / ONE).ok().filter(|_| whole);
    Some(int.map_or(Dial::Num(value), Dial::Int))
}

/// The tables of variables of a file: `vars`, and those of roles and things.
fn var_tables(tree: &Node) -> impl Iterator<Item = &Node> {
    let of = |table| {
        let owners = tree.get(table).map_or(&[][..], Node::entries);
        owners.iter().filter_map(|(_, owner)| owner.get("vars"))
    };
    tree.get("vars")
        .into_iter()
        .chain(of("roles"))
        .chain(of("things"))
}

impl World {
    /// Names that stand in a table of variables and are no variable, since something about them is wrong.
    pub(crate) fn broken<'n>(&self, tree: &'n Node) -> Vec<&'n str> {
        let read = |name: &str| {
            let own = self.role_vars.iter().chain(&self.thing_vars).flatten();
            (self.vars.iter().chain(own)).any(|var| var.decl.name == name)
        };
        var_tables(tree)
            .flat_map(Node::entries)
            .map(|(name, _)| name.as_str())
            .filter(|name| !read(name))
            .collect()
    }
    pub(super) fn read_vars(
        &self,
        table: Option<&Node>,
        path: &str,
        reader: &mut Reader<'_>,
    ) -> Vec<VarPlan> {
        let mut out = Vec::new();
        for (name, node) in table.map_or(&[][..], Node::entries) {
            let path = format!("{path}.{name}");
            if let Some(file) = reader.read::<VarFile>(node, &path) {
                out.extend(self.read_var(name, node, &path, &file, reader));
            }
        }
        out
    }
    fn read_var(
        &self,
        name: &str,
        node: &Node,
        path: &str,
        file: &VarFile,
        reader: &mut Reader<'_>,
    ) -> Option<VarPlan> {
        let ty_node = node.get("type")?;
        let words: Vec<String> = ty_node
            .items()
            .iter()
            .filter_map(|n| n.text().map(str::to_owned))
            .collect();
        let ty = match ty_node.text() {
            Some(text) => VAR_TYPES.iter().find(|(n, _)| *n == text).map(|(_, t)| *t),
            None => (!words.is_empty()).then_some(Type::Choice),
        };
        let known = ty.is_some();
        // A thing with variables has a row, and one without is only a cell: what names it would be told of too.
        let ty = ty.or_else(|| {
            let truth = matches!(node.get("init").map(|n| &n.data), Some(Data::Bool(_)));
            let guess = if truth { Type::Bool } else { Type::Int };
            path.starts_with("things.").then_some(guess)
        });
        if !known {
            let help = suggest(
                ty_node.text().unwrap_or_default(),
                VAR_TYPES.iter().map(|(n, _)| *n),
            );
            let help = if help.is_empty() {
                "write a type or a list of words".to_owned()
            } else {
                help + ", or a list of words such as [\"no\", \"yes\"]"
            };
            reader.error(
                "E201",
                ty_node.span,
                format!("`{path}.type` is no type of a variable"),
                help,
            );
        }
        let ty = ty?;
        if file.keep && !path.starts_with("vars.") {
            let at = node.get("keep").map_or(node.key, |n| n.key);
            let message = format!("{path}.keep: only variables of the arena are kept over rounds");
            reader.error("E201", at, message, "drop `keep`, or declare it in [vars]");
        }
        let (least, most) = match ty {
            Type::Bool => (0, 1),
            Type::Int => (i64::from(i32::MIN), i64::from(i32::MAX)),
            Type::Slot => (-1, 63),
            Type::Cell => (0, i64::from(u16::MAX)),
            Type::Choice => (0, i64::try_from(words.len()).unwrap_or(1) - 1),
            _ => (-9_000_000_000 * ONE, 9_000_000_000 * ONE),
        };
        let scale = |n: Num| if ty == Type::Int { n / ONE } else { n };
        let bounded = matches!(ty, Type::Int | Type::Num);
        let (min, max) = (
            file.min.map_or(least, |d| scale(d.0)),
            file.max.map_or(most, |d| scale(d.0)),
        );
        if (file.min.is_some() || file.max.is_some()) && !bounded || min > max {
            let message = if bounded {
                format!("{path}: `min` lies above `max`")
            } else {
                format!("{path}: only int and num have bounds")
            };
            reader.error(
                "E201",
                node.get("min")
                    .or(node.get("max"))
                    .map_or(node.key, |n| n.span),
                message,
                "drop `min` and `max`, or swap them",
            );
        }
        let seen = self.seen(node.get("seen"), path, reader);
        let revealed_by = file.revealed_by.as_ref().and_then(|event| {
            let found = self
                .events
                .iter()
                .position(|e| e.name == *event)
                .and_then(|i| u16::try_from(i).ok());
            if found.is_none() && self.whole {
                let at = node.get("revealed_by").map_or(node.key, |n| n.span);
                let help = suggest(event, self.events.iter().map(|e| e.name.as_str()));
                reader.error(
                    "E103",
                    at,
                    format!("{path}.revealed_by names `{event}`, which is no event of this file"),
                    help,
                );
            }
            found.map(crate::ids::EventId::new)
        });
        let decl = VarDecl {
            name: name.to_owned(),
            ty,
            min,
            max,
            seen,
            revealed_by,
        };
        Some(VarPlan {
            decl,
            words,
            init: node.get("init").cloned(),
            keep: file.keep,
            key: node.key,
        })
    }
    fn seen(&self, node: Option<&Node>, path: &str, reader: &mut Reader<'_>) -> Seen {
        let Some(node) = node else { return Seen::None };
        let (own, thing) = (path.starts_with("roles."), path.starts_with("things."));
        match (&node.data, node.text()) {
            (_, Some("none")) => Seen::None,
            (_, Some("all")) if !own => Seen::All,
            (_, Some("self")) if own => Seen::Own,
            (Data::List(items), _) if !own && !thing => {
                let role = |item: &Node| {
                    let name = item.text().unwrap_or_default();
                    let found = self
                        .roles
                        .iter()
                        .position(|r| r.name == name)
                        .and_then(|i| u8::try_from(i).ok());
                    if found.is_none() {
                        let help = suggest(name, self.roles.iter().map(|r| r.name.as_str()));
                        reader.error(
                            "E103",
                            item.span,
                            format!("{path}.seen names `{name}`, which is no role"),
                            help,
                        );
                    }
                    found.map(RoleId::new)
                };
                Seen::Roles(items.iter().filter_map(role).collect())
            }
            _ => {
                let legal = if own {
                    "\"none\" or \"self\""
                } else if thing {
                    "\"none\" or \"all\""
                } else {
                    "\"none\", \"all\" or a list of roles"
                };
                reader.error(
                    "E201",
                    node.span,
                    format!("`{path}.seen` must be {legal}"),
                    format!("write {legal}"),
                );
                Seen::None
            }
        }
    }
    /// Reads `[things.K]`: variables, and the one of them that look codes show.
    pub(super) fn read_things(&mut self, reader: &mut Reader<'_>) {
        self.thing_vars = vec![Vec::new(); self.kinds.len()];
        for thing in self.things.clone() {
            let Some(kind) = self.kinds.iter().position(|k| k.name == thing.name) else {
                let help = suggest(&thing.name, self.kind_names());
                reader.error(
                    "E103",
                    thing.node.key,
                    format!("[things.{}]: no layer has such a kind", thing.name),
                    help,
                );
                continue;
            };
            let path = format!("things.{}.vars", thing.name);
            let mut vars = self.read_vars(thing.node.get("vars"), &path, reader);
            limit(
                vars.len(),
                16,
                "variables of a kind",
                thing.node.get("vars"),
                reader,
            );
            self.read_look(&thing, &mut vars, reader);
            self.thing_vars[kind] = vars;
        }
    }
    /// The variable that `look` names is seen by all; no other one is.
    fn read_look(&self, thing: &Named<ThingFile>, vars: &mut [VarPlan], reader: &mut Reader<'_>) {
        let name = &thing.name;
        let Some(look) = &thing.value.look else {
            if let Some(var) = vars.iter().find(|v| v.decl.seen != Seen::None) {
                let message = format!("things.{name} shows `{0}` without `look`", var.decl.name);
                let help = format!("write `look = \"{}\"`", var.decl.name);
                reader.error("E305", var.key, message, help);
            }
            return;
        };
        let at = thing.node.get("look").map_or(thing.node.key, |n| n.span);
        if thing.node.at(&format!("vars.{look}")).is_some()
            && !vars.iter().any(|v| v.decl.name == *look)
        {
            return; // told of already
        }
        let Some(shown) = vars.iter().position(|v| v.decl.name == *look) else {
            let help = suggest(look, vars.iter().map(|v| v.decl.name.as_str()));
            let message = format!("things.{name}.look names `{look}`, which is no variable of it");
            reader.error("E103", at, message, help);
            // Bots that read what was meant to be shown are not told of as well.
            for var in vars.iter_mut().filter(|v| v.decl.max - v.decl.min < 64) {
                var.decl.seen = Seen::All;
            }
            return;
        };
        let states = self
            .mechanics
            .iter()
            .find(|m| m.config.look_states().iter().any(|s| s.kind == *name));
        if let Some(mechanic) = states {
            let message = format!(
                "things.{name} shows the state of {} already, a thing shows one variable",
                mechanic.label()
            );
            reader.error("E305", at, message, "drop `look`");
        }
        for (i, var) in vars.iter_mut().enumerate() {
            if i != shown && var.decl.seen != Seen::None {
                let message =
                    format!("things.{name} shows `{look}` already, a thing shows one variable");
                let help = format!(
                    "drop `seen`, or put `{}` on a thing of another layer",
                    var.decl.name
                );
                reader.error("E305", var.key, message, help);
                var.decl.seen = Seen::None;
            }
        }
        let var = &mut vars[shown].decl;
        var.seen = Seen::All;
        let bounds = thing
            .node
            .at(&format!("vars.{look}"))
            .is_some_and(|n| n.get("min").is_some() && n.get("max").is_some());
        let what = match var.ty {
            Type::Int if bounds => return,
            Type::Bool | Type::Choice => return,
            Type::Int => "needs `min` and `max`: each value is a look code",
            _ => "must be a whole number, a truth value or a list of words",
        };
        reader.error(
            "E305",
            at,
            format!("things.{name} shows `{look}`, which {what}"),
            "give it few values, or drop `look`",
        );
        // What follows shall not be told of a million look codes.
        (var.min, var.max) = (0, 1);
    }
}
