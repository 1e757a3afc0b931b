//! The world part of a file, read: layers, roles, variables, channels, messages, texts, events, chosen mechanics. One pass over
//! one patched tree.
//!
//! **Invariant.** Everything is in file order; what was wrong is in the reader, and what could be read is here all the same.

use super::doc::{Data, Node};
use super::file::{LayersFile, MessageFile, RewardFile, RoleFile, ThingFile, TimeFile};
use super::names::{Dial, suggest};
use super::read::Reader;
use super::vars::VarPlan;
use crate::diagnostic::Span;
use crate::event::EventDecl;
use crate::mechanics::{ALL, Mechanic, MechanicDef};
use crate::state::{Kind, Layer, MessageDecl, Type};

/// A named entry of the file.
#[derive(Clone, Debug)]
pub(crate) struct Named<T> {
    pub(crate) name: String,
    pub(crate) node: Node,
    pub(crate) value: T,
}

/// A chosen mechanic.
#[derive(Debug)]
pub(crate) struct Picked {
    pub(crate) def: &'static MechanicDef,
    pub(crate) instance: String,
    pub(crate) node: Node,
    pub(crate) config: Box<dyn Mechanic>,
}

impl Picked {
    /// `regrow.apple` or `move`.
    pub(crate) fn label(&self) -> String {
        if self.instance.is_empty() {
            self.def.name.to_owned()
        } else {
            format!("{}.{}", self.def.name, self.instance)
        }
    }
    /// `mechanics.regrow.apple`.
    pub(crate) fn path(&self) -> String {
        format!("mechanics.{}", self.label())
    }
}

/// The world part of a file.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) time: Option<(TimeFile, Node)>,
    pub(crate) dials: Vec<(String, Dial)>,
    /// Kinds, layer after layer; look codes are not dealt yet.
    pub(crate) kinds: Vec<Kind>,
    pub(crate) things: Vec<Named<ThingFile>>,
    pub(crate) roles: Vec<Named<Option<RoleFile>>>,
    pub(crate) vars: Vec<VarPlan>,
    pub(crate) role_vars: Vec<Vec<VarPlan>>,
    /// Variables of each kind's things.
    pub(crate) thing_vars: Vec<Vec<VarPlan>>,
    pub(crate) channels: Vec<Named<RewardFile>>,
    pub(crate) messages: Vec<Named<MessageFile>>,
    /// The messages with their arguments, in the same order.
    pub(crate) spoken: Vec<MessageDecl>,
    pub(crate) texts: Vec<(String, String)>,
    pub(crate) mechanics: Vec<Picked>,
    pub(crate) events: Vec<EventDecl>,
    /// Whether all mechanics could be read: else rules would complain of events that are not there.
    pub(crate) whole: bool,
}

/// The event of an effect that could not be done.
const REFUSED: &str = "refused";

/// Whether rules, measures or captions name the event of a refused effect.
fn names_refused(tree: &Node) -> bool {
    let rules = tree.get("rules").map_or(&[][..], Node::entries);
    let in_rules = rules.iter().filter_map(|(_, block)| block.text());
    let in_measures = |node: &Node| node.get("event").and_then(Node::text) == Some(REFUSED);
    let also = tree.at("measures.also").map_or(&[][..], Node::items);
    in_rules
        .flat_map(super::check_rules::names_in)
        .any(|name| name == REFUSED)
        || tree.at("measures.primary").is_some_and(in_measures)
        || also.iter().any(in_measures)
        || tree.at("captions.refused").is_some()
}

/// Reads each entry of a table keyed by the author's names.
pub(crate) fn each<T: serde::de::DeserializeOwned>(
    tree: &Node,
    table: &str,
    reader: &mut Reader<'_>,
) -> Vec<Named<Option<T>>> {
    let Some(node) = tree.get(table) else {
        return Vec::new();
    };
    if !node.is_table() {
        reader.error(
            "E201",
            node.span,
            format!("`{table}` must be a table, found {}", node.sort()),
            format!("write [{table}.<name>]"),
        );
    }
    let read = |(name, node): &(String, Node)| Named {
        name: name.clone(),
        node: node.clone(),
        value: reader.read::<T>(node, &format!("{table}.{name}")),
    };
    node.entries().iter().map(read).collect()
}

fn present<T>(entries: Vec<Named<Option<T>>>) -> Vec<Named<T>> {
    let one = |e: Named<Option<T>>| {
        e.value.map(|value| Named {
            name: e.name,
            node: e.node,
            value,
        })
    };
    entries.into_iter().filter_map(one).collect()
}

impl World {
    /// Reads all of it from a tree whose dials are folded.
    pub(crate) fn read(tree: &Node, dials: Vec<(String, Dial)>, reader: &mut Reader<'_>) -> Self {
        let mut world = Self {
            dials,
            whole: true,
            ..Self::default()
        };
        let time = tree.get("time");
        world.time =
            time.and_then(|node| Some((reader.read::<TimeFile>(node, "time")?, node.clone())));
        if let Some((time, node)) = &world.time {
            let ticks = usize::try_from(time.ticks.0.saturating_mul(time.rounds.0));
            let at = node.get("rounds").or(Some(node));
            limit(
                ticks.unwrap_or(usize::MAX),
                MAX_TICKS,
                "ticks of an episode",
                at,
                reader,
            );
        }
        world.read_layers(tree, reader);
        world.things = present(each(tree, "things", reader));
        world.roles = each(tree, "roles", reader);
        world.channels = present(each(tree, "rewards", reader));
        world.messages = present(each(tree, "messages", reader));
        world.spoken = super::arguments::read(&world, reader);
        world.read_texts(tree, reader);
        world.read_mechanics(tree, reader);
        world.read_events(tree, reader);
        world.vars = world.read_vars(tree.get("vars"), "vars", reader);
        world.read_things(reader);
        for role in world.roles.clone() {
            let path = format!("roles.{}.vars", role.name);
            let vars = world.read_vars(role.node.get("vars"), &path, reader);
            world.role_vars.push(vars);
        }
        check_names(tree, reader);
        world.check_limits(tree, reader);
        world
    }
    fn read_layers(&mut self, tree: &Node, reader: &mut Reader<'_>) {
        let Some(node) = tree.get("layers") else {
            return;
        };
        let Some(file) = reader.read::<LayersFile>(node, "layers") else {
            return;
        };
        for (_, layer) in Layer::ALL {
            let kinds = match layer {
                Layer::Floor => &file.floor,
                Layer::Solid => &file.solid,
                Layer::Item => &file.item,
                Layer::Mark => &file.mark,
                Layer::Air => &file.air,
            };
            for kind in kinds {
                // A second one is refused by `check_names`.
                if !self.kinds.iter().any(|k| k.name == *kind) {
                    self.kinds.push(Kind {
                        name: kind.clone(),
                        layer,
                        look: 0,
                        n_looks: 1,
                        look_min: 0,
                    });
                }
            }
        }
    }
    /// Names of all kinds.
    pub(crate) fn kind_names(&self) -> impl Iterator<Item = &str> + Clone {
        self.kinds.iter().map(|k| k.name.as_str())
    }
    fn read_texts(&mut self, tree: &Node, reader: &mut Reader<'_>) {
        let Some(node) = tree.get("texts") else {
            return;
        };
        for (name, node) in node.entries() {
            let text = if node.is_table() {
                node.get("text")
            } else {
                Some(node)
            };
            match text.and_then(Node::text) {
                Some(text) => self.texts.push((name.clone(), text.to_owned())),
                None => reader.error(
                    "E201",
                    node.span,
                    format!(
                        "`texts.{name}` must be a text or {{text, reveals}}, found {}",
                        node.sort()
                    ),
                    "write a text in quotes",
                ),
            }
            for (field, value) in node
                .entries()
                .iter()
                .filter(|(f, _)| f != "text" && f != "reveals")
            {
                let help = suggest(field, ["text", "reveals"]);
                reader.error(
                    "E101",
                    value.key,
                    format!("[texts.{name}] has no field `{field}`"),
                    help,
                );
            }
        }
    }
    fn read_mechanics(&mut self, tree: &Node, reader: &mut Reader<'_>) {
        let Some(table) = tree.get("mechanics") else {
            return;
        };
        let mut found: Vec<(usize, Picked)> = Vec::new();
        for (name, node) in table.entries() {
            let Some(position) = ALL.iter().position(|d| d.name == name) else {
                let mut help = suggest(name, ALL.iter().map(|d| d.name));
                if help.is_empty() {
                    help = format!(
                        "this version has {}",
                        ALL.iter().map(|d| d.name).collect::<Vec<_>>().join(", ")
                    );
                }
                reader.error(
                    "E102",
                    node.key,
                    format!("there is no mechanic `{name}` in this version"),
                    help,
                );
                self.whole = false;
                continue;
            };
            let def = &ALL[position];
            let instances: Vec<(String, &Node)> = if def.named {
                node.entries()
                    .iter()
                    .map(|(instance, node)| (instance.clone(), node))
                    .collect()
            } else {
                vec![(String::new(), node)]
            };
            if def.named && (instances.is_empty() || instances.iter().any(|(_, n)| !n.is_table())) {
                let message = format!(
                    "mechanics.{name} is written with a name of its own, any number of times"
                );
                reader.error(
                    "E201",
                    node.key,
                    message,
                    format!("write `{name}.<name> = {{ … }}`"),
                );
                self.whole = false;
                continue;
            }
            for (instance, node) in instances {
                let label = if instance.is_empty() {
                    def.name.to_owned()
                } else {
                    format!("{}.{instance}", def.name)
                };
                match reader.read_with(node, &format!("mechanics.{label}"), def.read) {
                    Some(config) => found.push((
                        position,
                        Picked {
                            def,
                            instance,
                            node: node.clone(),
                            config,
                        },
                    )),
                    None => self.whole = false,
                }
            }
        }
        found.sort_by_key(|(position, _)| *position);
        self.mechanics = found.into_iter().map(|(_, picked)| picked).collect();
        for picked in &self.mechanics {
            for need in picked.def.needs {
                if table.get(need).is_none() {
                    self.whole = false;
                    let message =
                        format!("mechanics.{} needs the mechanic `{need}`", picked.label());
                    reader.error(
                        "E104",
                        picked.node.key,
                        message,
                        format!("add `{need} = {{ … }}` to [mechanics]"),
                    );
                }
            }
        }
    }
    fn read_events(&mut self, tree: &Node, reader: &mut Reader<'_>) {
        let add = |name: &str, fields: &[Type], mechanic| {
            crate::event::parts(fields).map(|fields| EventDecl {
                name: name.to_owned(),
                fields,
                mechanic,
                wanted: false,
            })
        };
        for picked in &self.mechanics {
            for (name, fields) in picked.def.events {
                if !self.events.iter().any(|e| e.name == *name) {
                    self.events.extend(add(name, fields, Some(picked.def.name)));
                }
            }
        }
        let table = tree.get("events").map_or(&[][..], Node::entries);
        for (name, node) in table {
            if name == REFUSED {
                reader.error(
                    "E106",
                    node.key,
                    format!("event `{name}` is given by effects that cannot be done"),
                    "give it another name",
                );
                continue;
            }
            if let Some(event) = self.events.iter().find(|e| e.name == *name) {
                let whose = event
                    .mechanic
                    .map_or("stands twice in [events]".to_owned(), |m| {
                        format!("is given by the mechanic {m}")
                    });
                reader.error(
                    "E106",
                    node.key,
                    format!("event `{name}` {whose}"),
                    "give it another name",
                );
                continue;
            }
            let types: Option<Vec<Type>> = node
                .items()
                .iter()
                .map(|item| event_type(name, item, reader))
                .collect();
            let wrong = !matches!(node.data, Data::List(_));
            match types.filter(|_| !wrong) {
                // The second number of a mechanic's event has less room, which no author could know.
                Some(types) => match add(name, &types, None).filter(|_| nums(&types) <= 1) {
                    Some(event) => self.events.push(event),
                    None => reader.error(
                        "E204",
                        node.span,
                        format!("event `{name}` has more fields than a row of events holds (event fields)"),
                        "at most 3 slots, things, kinds and the like, 2 cells, 2 whole numbers, 1 num in all",
                    ),
                },
                None if wrong => {
                    let message = format!("`events.{name}` must be a list of field types, found {}", node.sort());
                    reader.error("E201", node.span, message, "write for example [\"slot\", \"cell\"]");
                }
                None => self.whole = false,
            }
        }
        // Last, and only where it is asked for: it changes no number of another event, and no log that nobody reads it from.
        if names_refused(tree) && !self.events.iter().any(|e| e.name == REFUSED) {
            self.events
                .extend(add(REFUSED, &[Type::Effect, Type::Cell], Some("rules")));
        }
    }
    fn check_limits(&self, tree: &Node, reader: &mut Reader<'_>) {
        let slots: i64 = self
            .roles
            .iter()
            .map(|r| r.value.as_ref().map_or(0, |v| v.slots.0))
            .sum();
        limit(
            usize::try_from(slots).unwrap_or(0),
            64,
            "slots",
            tree.get("roles"),
            reader,
        );
        limit(
            self.roles.len(),
            7,
            "visible roles",
            tree.get("roles"),
            reader,
        );
        limit(self.kinds.len(), 250, "kinds", tree.get("layers"), reader);
        limit(
            self.vars.len(),
            64,
            "arena variables",
            tree.get("vars"),
            reader,
        );
        limit(
            self.role_vars.iter().map(Vec::len).max().unwrap_or(0),
            32,
            "variables of a role",
            tree.get("roles"),
            reader,
        );
        limit(
            self.channels.len(),
            16,
            "reward channels",
            tree.get("rewards"),
            reader,
        );
        limit(
            self.messages.len(),
            64,
            "messages",
            tree.get("messages"),
            reader,
        );
        limit(
            tree.get("maps").map_or(0, |n| n.entries().len()),
            16,
            "maps",
            tree.get("maps"),
            reader,
        );
        limit(
            tree.get("goals").map_or(0, |n| n.entries().len()),
            16,
            "goals",
            tree.get("goals"),
            reader,
        );
        limit(self.texts.len(), 64, "texts", tree.get("texts"), reader);
        limit(
            tree.get("bots").map_or(0, |n| n.entries().len()),
            32,
            "bots",
            tree.get("bots"),
            reader,
        );
        let beams = self
            .mechanics
            .iter()
            .map(|m| m.config.effects(&m.instance).0.len())
            .sum();
        limit(
            beams,
            crate::state::MAX_BEAMS,
            "beams",
            tree.get("mechanics"),
            reader,
        );
    }
}

/// Most ticks of an episode, all rounds together: what a recording holds.
const MAX_TICKS: usize = 100_000;

/// Refuses more of something than the engine holds; the message names the limit.
pub(crate) fn limit(n: usize, most: usize, what: &str, at: Option<&Node>, reader: &mut Reader<'_>) {
    if n > most {
        let at = at.map_or(Span::default(), |node| node.key);
        reader.error(
            "E204",
            at,
            format!("{n} {what}, the limit is {most} ({what})"),
            "do with fewer",
        );
    }
}

pub(crate) fn is_name(name: &str) -> bool {
    name.len() <= 32
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Types of an event's fields and of the arguments of a definition.
pub(crate) const TYPES: [(&str, Type); 10] = [
    ("slot", Type::Slot),
    ("cell", Type::Cell),
    ("int", Type::Int),
    ("num", Type::Num),
    ("bool", Type::Bool),
    ("thing", Type::Thing),
    ("kind", Type::Kind),
    ("role", Type::Role),
    ("message", Type::Message),
    ("text", Type::Text),
];
/// The type of that name.
pub(crate) fn type_of(name: &str) -> Option<Type> {
    TYPES.iter().find(|(n, _)| *n == name).map(|(_, t)| *t)
}

fn nums(types: &[Type]) -> usize {
    types.iter().filter(|&&ty| ty == Type::Num).count()
}

fn event_type(event: &str, node: &Node, reader: &mut Reader<'_>) -> Option<Type> {
    let found = node.text().and_then(type_of);
    if found.is_none() {
        let help = suggest(
            node.text().unwrap_or_default(),
            TYPES.iter().map(|(n, _)| *n),
        );
        reader.error(
            "E201",
            node.span,
            format!("events.{event} has a field of no known type"),
            help,
        );
    }
    found
}

fn check_names(tree: &Node, reader: &mut Reader<'_>) {
    let mut seen: Vec<(String, &'static str)> = Vec::new();
    let mut check = |name: &str, at: Span, what: &'static str, reader: &mut Reader<'_>| {
        if !is_name(name) {
            let message = format!("`{name}` is no name for a {what}");
            reader.error(
                "E106",
                at,
                message,
                "small letters, digits and _, a letter first, at most 32",
            );
        }
        if let Some((_, other)) = seen.iter().find(|(n, _)| n == name) {
            let message = if *other == what {
                format!("`{name}` names two {what}s")
            } else {
                format!("`{name}` names a {what}, and a {other} too")
            };
            reader.error(
                "E106",
                at,
                message,
                "names of things, roles, events, messages, vars, defs and beams are unique",
            );
        }
        seen.push((name.to_owned(), what));
    };
    for (layer, _) in Layer::ALL {
        for node in tree
            .at(&format!("layers.{layer}"))
            .map_or(&[][..], Node::items)
        {
            if let Some(name) = node.text().filter(|n| !n.is_empty()) {
                check(name, node.span, "kind", reader);
            }
        }
    }
    for (table, what) in [
        ("roles", "role"),
        ("events", "event"),
        ("messages", "message"),
        ("vars", "variable"),
        ("defs", "definition"),
    ] {
        for (name, node) in tree.get(table).map_or(&[][..], Node::entries) {
            check(name, node.key, what, reader);
        }
    }
    for (name, node) in tree.at("mechanics.beam").map_or(&[][..], Node::entries) {
        check(name, node.key, "beam", reader);
    }
}
