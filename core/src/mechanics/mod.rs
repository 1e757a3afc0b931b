//! Mechanics: one file each, and the one list that registers them.
//!
//! **Invariant.** A mechanic knows shared state, events and draws; never another mechanic, a scenario's text or a face.

use std::fmt::Debug;

use bevy_ecs::schedule::ScheduleConfigs;
use bevy_ecs::system::{IntoSystem, ScheduleSystem};
use bevy_ecs::world::World;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::event::EventRow;
use crate::ids::{Num, ONE};
use crate::phase::Phase;
use crate::state::{
    Action, AgentColumn, ArenaColumn, ArenaMut, ColumnRegistry, MessageDecl, Table, Type,
};

/// Declares the modules of the mechanics and their list, so that a mechanic is one file and one line.
macro_rules! mechanics {
    ($($name:ident,)*) => {
        $(pub mod $name;)*
        /// All mechanics, in the fixed order in which their systems run within a phase and their verbs stand in action lists.
        pub const ALL: &[MechanicDef] = &[$($name::DEF,)*];
    };
}

mechanics! {
    movement,
    push,
    conveyor,
    pickup,
    drop,
    deposit,
    regrow,
    stock,
    pool,
    scatter,
    pollute,
    beam,
    ladder,
    absence,
    hazard,
    fragile,
    perish,
    ripen,
    digest,
    device,
    door,
    lock,
    power,
    interrupt,
    overrule,
    state_pay,
    matrix,
    gift,
    station,
    boat,
    territory,
    law,
    message,
    signs,
    monitor,
    gauge,
}

/// Names of a column that each instance of a mechanic has: the bare one for the first, then numbered ones.
macro_rules! column_names {
    ($base:literal) => {
        [
            $base,
            concat!($base, ".1"),
            concat!($base, ".2"),
            concat!($base, ".3"),
            concat!($base, ".4"),
            concat!($base, ".5"),
            concat!($base, ".6"),
            concat!($base, ".7"),
        ]
    };
}
use column_names;

/// The worked example of CONTRIBUTING.md, compiled and run with the unit tests.
#[cfg(test)]
#[path = "../../../docs/examples/tire.rs"]
pub mod worked_example;

/// The worked example, for the world of the unit tests.
#[cfg(test)]
pub(crate) const EXAMPLE: &MechanicDef = &worked_example::DEF;

/// What the scenario language knows of a mechanic before any config is read.
#[derive(Debug)]
pub struct MechanicDef {
    /// Name in `[mechanics]`.
    pub name: &'static str,
    /// Whether it is written `name.instance`, any number of times.
    pub named: bool,
    /// First line and page text: the doc comment of the config.
    pub doc: &'static str,
    /// Events that it emits: name and field types.
    pub events: &'static [(&'static str, &'static [Type])],
    /// Fields of things that rules can read, for example `open` of a door's kind: (field, type). Written by acts only.
    pub fields: &'static [(&'static str, Type)],
    /// Mechanics that must be chosen too.
    pub needs: &'static [&'static str],
    /// Reads a config. Numbers arrive folded: no dial is left. The error's path is relative to the config.
    pub read: fn(&Value) -> Result<Box<dyn Mechanic>, ConfigError>,
    /// The JSON Schema of the config.
    #[cfg(feature = "schema")]
    pub schema: fn(&mut schemars::SchemaGenerator) -> schemars::Schema,
}

/// A config that could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigError {
    /// Path in the config, for example `chance[2]`; empty for the whole.
    pub path: String,
    /// What is wrong: serde's words.
    pub message: String,
}

/// What a config names, so that the loader can look it up, with a suggestion when it is not there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sort {
    /// A kind in any of the layers given (bit = layer; 0 = any).
    Kind(u8),
    /// A role.
    Role,
    /// A text key.
    Text,
    /// A message.
    Message,
    /// An arena variable.
    Var,
    /// A beam.
    Beam,
    /// A variable of a kind's things; the name is `kind.variable`.
    ThingVar,
    /// A variable of the arena or of a role's agents.
    AnyVar,
    /// An event, of a mechanic or of the author's own.
    Event,
    /// A reward channel.
    Channel,
    /// An action or verb of any role, `noop` or `random`.
    Action,
    /// An arena variable that is an int or a num.
    Number,
}

/// A name in a config.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reference {
    /// Path in the config.
    pub path: String,
    /// What it must name.
    pub sort: Sort,
    /// The name.
    pub name: String,
}

/// A config that reads well but cannot be meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Objection {
    /// Path in the config.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: String,
}

impl Objection {
    /// What is wrong at a path, and what would be right.
    pub fn new(path: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            message: message.into(),
            help: help.into(),
        }
    }
    /// Refuses what is no chance.
    pub fn chance(path: &str, value: Decimal) -> Option<Self> {
        let wrong = !(0..=ONE).contains(&value.0);
        wrong.then(|| {
            Self::new(
                path,
                format!("`{path}` is a chance, from 0 to 1"),
                "write a number from 0 to 1",
            )
        })
    }
    /// Refuses a number outside a range.
    pub fn range(path: &str, value: i64, least: i64, most: i64) -> Option<Self> {
        let wrong = !(least..=most).contains(&value);
        wrong.then(|| {
            Self::new(
                path,
                format!("`{path}` must be from {least} to {most}, found {value}"),
                format!("write a number from {least} to {most}"),
            )
        })
    }
}

/// The kinds that a config names under a key.
fn kinds_of(key: &str, names: &[String], layers: u8) -> Vec<Reference> {
    let one = |(i, name): (usize, &String)| Reference {
        path: format!("{key}[{i}]"),
        sort: Sort::Kind(layers),
        name: name.clone(),
    };
    names.iter().enumerate().map(one).collect()
}

/// The kind that a config names under a key.
fn kind_of(key: &str, name: &str, layers: u8) -> Reference {
    Reference {
        path: key.to_owned(),
        sort: Sort::Kind(layers),
        name: name.to_owned(),
    }
}

/// The roles that a config names under a key.
fn role_list(key: &str, names: &[String]) -> Vec<Reference> {
    let one = |(i, name): (usize, &String)| Reference {
        path: format!("{key}[{i}]"),
        sort: Sort::Role,
        name: name.clone(),
    };
    names.iter().enumerate().map(one).collect()
}

/// The roles that a config's `by` names.
fn roles_of(by: Option<&Vec<String>>) -> Vec<Reference> {
    by.map_or_else(Vec::new, |names| role_list("by", names))
}

/// Whether a role has the verbs of a mechanic with this `by`.
fn speaks(by: Option<&Vec<String>>, role: &str) -> bool {
    by.is_none_or(|roles| roles.iter().any(|r| r == role))
}

/// The slots of the roles of a `by` (bit = slot).
fn slots_of(by: Option<&Vec<String>>, table: &Table) -> u64 {
    let roles = table.roles.iter().filter(|role| speaks(by, &role.name));
    roles
        .flat_map(|role| role.first..role.first + role.n)
        .fold(0, |slots, slot| slots | 1 << slot)
}

/// The slots of the roles of that name (bit = slot).
fn slots_of_roles(names: &[String], table: &Table) -> u64 {
    let roles = table.roles.iter().filter(|role| names.contains(&role.name));
    roles
        .flat_map(|role| role.first..role.first + role.n)
        .fold(0, |slots, slot| slots | 1 << slot)
}

/// Who caused an event: its first slot field.
fn actor(table: &Table, row: &EventRow) -> Option<usize> {
    let fields = &table.events[usize::from(row.event)].fields;
    let (_, part) = fields.iter().find(|(ty, _)| *ty == Type::Slot)?;
    usize::try_from(row.get(*part))
        .ok()
        .filter(|&s| s < table.n_slots())
}

/// The slots of a set, ascending.
fn bits(mut slots: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let slot = slots.trailing_zeros();
        slots &= slots.wrapping_sub(1);
        (slot < 64).then_some(slot as usize)
    })
}

/// The places of kinds among what is carried; a kind that cannot be carried has none.
fn items_of(names: &[String], table: &Table) -> Vec<usize> {
    let item = |name: &String| table.item(table.kind(name)?);
    names.iter().filter_map(item).collect()
}

/// What a mask reads, looked up once: masks are made for every slot in every tick, and names are not compared there.
#[derive(Debug)]
struct Known {
    /// Places of its kinds among what is carried.
    items: Vec<usize>,
    /// Look codes of the things or places that it needs.
    codes: [bool; 256],
}

/// Which look codes show one of these kinds.
fn codes_of(names: &[String], table: &Table) -> [bool; 256] {
    let mut out = [false; 256];
    for (code, &kind) in table.looks.kind_of.iter().enumerate() {
        out[code] = kind > 0 && names.contains(&table.kinds[usize::from(kind) - 1].name);
    }
    out
}

/// For each slot, where its role's actions begin in [`Install::arguments`].
fn role_offsets(table: &Table) -> Vec<u16> {
    (0u16..)
        .zip(&table.roles)
        .flat_map(|(r, role)| std::iter::repeat_n(r * 256, usize::from(role.n)))
        .collect()
}

/// Rows of an event in a tick, by what it is about; see [`Mechanic::most_rows`].
fn most_by_fields(fields: &[Type], table: &Table) -> usize {
    let slots = table.n_slots().max(1);
    if fields.contains(&Type::Slot) {
        2 * slots
    } else if fields.contains(&Type::Cell) {
        area(table)
    } else if fields.contains(&Type::Thing) {
        table.rows.len().max(2 * slots)
    } else {
        slots
    }
}

/// Cells of the map.
fn area(table: &Table) -> usize {
    usize::from(table.geometry.height) * usize::from(table.geometry.width)
}

/// A column's slice, change ticks left alone: nothing reads them.
fn slice<T>(column: bevy_ecs::change_detection::ContiguousMut<'_, T>) -> &mut [T] {
    bevy_ecs::change_detection::ContiguousMut::bypass_change_detection_split(column).0
}

/// A variable of the arena that is a number, as a mechanic reads and writes it: in millionths, within its bounds. An int takes whole
/// units, rounded toward zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct NumberVar {
    place: usize,
    unit: Num,
    min: Num,
    max: Num,
}

impl NumberVar {
    /// The variable of that name, if it is a number.
    fn of(table: &Table, name: &str) -> Option<Self> {
        let index = table.vars.iter().position(|v| v.name == name)?;
        let decl = &table.vars[index];
        let unit = match decl.ty {
            Type::Int => ONE,
            Type::Num => 1,
            _ => return None,
        };
        Some(Self {
            place: table.arena_place(index),
            unit,
            min: decl.min,
            max: decl.max,
        })
    }
    fn get(self, arena: &ArenaMut<'_>) -> Num {
        arena.vars[self.place].saturating_mul(self.unit)
    }
    /// Adds to it, no further than to its bounds and to `cap`, which takes nothing away; what was added.
    fn add(self, arena: &mut ArenaMut<'_>, more: Num, cap: Option<Num>) -> Num {
        let old = arena.vars[self.place];
        let cap = cap.map_or(self.max, |cap| (cap / self.unit).max(old));
        let new = old.saturating_add(more / self.unit);
        let new = new.min(cap).clamp(self.min, self.max.max(self.min));
        arena.vars[self.place] = new;
        (new - old).saturating_mul(self.unit)
    }
}

#[cfg(feature = "schema")]
fn schema_of<T: schemars::JsonSchema>(
    generator: &mut schemars::SchemaGenerator,
) -> schemars::Schema {
    generator.subschema_for::<T>()
}

/// Look codes that a mechanic adds to a kind: its states.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LookStates {
    /// The kind.
    pub kind: String,
    /// State at the start of an episode.
    pub initial: u8,
    /// Name of each state and whether a solid thing in it blocks bodies, beams and sight; index = state.
    pub states: Vec<(&'static str, bool)>,
}

/// A chosen mechanic with its config.
pub trait Mechanic: Debug + Send + Sync {
    /// Names in the config.
    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }
    /// Ranges and combinations that the schema cannot tell.
    fn object(&self) -> Vec<Objection> {
        Vec::new()
    }
    /// States that it adds to kinds.
    fn look_states(&self) -> Vec<LookStates> {
        Vec::new()
    }
    /// Kinds that can be carried because of it, in order.
    fn items(&self) -> Vec<String> {
        Vec::new()
    }
    /// Whether it goes on alike at every tick while one slot acts: it draws nothing and reads no clock. A search may then know states
    /// again that differ in their tick alone.
    fn timeless(&self) -> bool {
        false
    }
    /// Whether what it does depends on where a body faces. Where nothing asks, a search may know states again that differ in a facing.
    fn asks_facing(&self) -> bool {
        true
    }
    /// Kinds that it moves, so that they are no lasting hindrance.
    fn moves(&self) -> Vec<String> {
        Vec::new()
    }
    /// Kinds each of whose things needs a row, because the mechanic keeps state for it.
    fn rows(&self) -> Vec<String> {
        Vec::new()
    }
    /// Kinds whose things it can bring into being during an episode: where such a kind has rows, some are kept spare.
    fn makes(&self) -> Vec<String> {
        Vec::new()
    }
    /// Verbs of a role (`instance` is empty for unnamed mechanics): (public name, verb, argument), in order.
    fn verbs(&self, _instance: &str, _role: &str) -> Vec<(String, String, u8)> {
        Vec::new()
    }
    /// The same where the file's messages are known: what can be said depends on their arguments.
    fn verbs_with(
        &self,
        instance: &str,
        role: &str,
        _messages: &[MessageDecl],
    ) -> Vec<(String, String, u8)> {
        self.verbs(instance, role)
    }
    /// Fields that are expressions of the rule language, each with its type, in the order in which [`Programs::of`] gives them.
    ///
    /// [`Programs::of`]: crate::rules::Programs::of
    fn expressions(&self) -> Vec<(&'static str, Type)> {
        Vec::new()
    }
    /// Names of effects that it shows in the effect byte (beams), and those that come after all beams (messages).
    fn effects(&self, _instance: &str) -> (Vec<String>, Vec<String>) {
        (Vec::new(), Vec::new())
    }
    /// Whether windows turn with the agent; `None` when the mechanic has no say.
    fn turns_windows(&self) -> Option<bool> {
        None
    }
    /// Writes into the table how shared acts are played; runs once, when the table is otherwise complete.
    fn prepare(&self, _instance: &str, _table: &mut Table) {}
    /// Events of other mechanics that it reads: they are kept although no rule asks for them.
    fn listens(&self) -> Vec<&str> {
        Vec::new()
    }
    /// Most rows of one of its events in a tick of an arena, those apart that answer other facts row by row ([`Mechanic::echoes`]).
    /// Without a word of the mechanic: a fact about an agent comes twice a slot at most, one about a cell once a cell, one about a
    /// thing once a row, any other once a slot.
    fn most_rows(&self, _event: &str, fields: &[Type], table: &Table) -> usize {
        most_by_fields(fields, table)
    }
    /// Events of others that it answers row by row with one of its own: (theirs, its own).
    fn echoes(&self) -> Vec<(&str, &'static str)> {
        Vec::new()
    }
    /// What it does to the map when an episode starts: after map, variables and bodies are laid out, before the rules of `start`.
    /// Allocates nothing.
    fn start(&self, _instance: &str, _arena: &mut ArenaMut<'_>) {}
    /// Adds columns and systems to a shard.
    fn install(&self, instance: &str, at: &mut Install<'_>);
    /// Whether an action of this mechanic is legal for a slot that can act (alive, on, there, not frozen).
    fn legal(&self, _arena: &ArenaMut<'_>, _slot: usize, _argument: u8) -> bool {
        true
    }
}

/// A system of a mechanic: its phase, whether it comes after all others of the phase, and the mechanic's position.
pub(crate) type Placed = (Phase, bool, u8, ScheduleConfigs<ScheduleSystem>);

/// What a mechanic builds into.
pub struct Install<'a> {
    /// The shard's World, with the agents spawned.
    pub world: &'a mut World,
    /// Where its columns are registered.
    pub registry: &'a mut ColumnRegistry,
    /// Position among the chosen mechanics; also the `mechanic` of its actions.
    pub position: u8,
    /// Number of arenas of the shard.
    pub n_arenas: usize,
    pub(crate) systems: Vec<Placed>,
}

impl Install<'_> {
    /// Adds a system to a phase.
    pub fn system<M>(
        &mut self,
        phase: Phase,
        system: impl IntoSystem<(), (), M> + Send + Sync + 'static,
    ) where
        M: 'static,
    {
        self.push(phase, false, system);
    }
    /// Adds a system that runs after those of all mechanics of the phase (what happens to a body because the world changed).
    pub fn late_system<M>(
        &mut self,
        phase: Phase,
        system: impl IntoSystem<(), (), M> + Send + Sync + 'static,
    ) where
        M: 'static,
    {
        self.push(phase, true, system);
    }
    fn push<M: 'static>(
        &mut self,
        phase: Phase,
        late: bool,
        system: impl IntoSystem<(), (), M> + Send + Sync + 'static,
    ) {
        use bevy_ecs::schedule::IntoScheduleConfigs;
        self.systems
            .push((phase, late, self.position, system.into_configs()));
    }
    /// Adds a component to every agent and registers it.
    pub fn agent_column<C: AgentColumn>(&mut self) {
        self.registry.add_agents::<C>(self.world);
    }
    /// Registers a part of a resource.
    pub fn column(&mut self, column: impl ArenaColumn) {
        self.registry.add(self.world, column);
    }
    /// What an action of a role is to this mechanic: index = role · 256 + action, value = argument + 1, 0 for none of its own.
    pub fn arguments(&self) -> Vec<u8> {
        let table = self.world.resource::<Table>();
        let mut out = vec![0; table.roles.len() * 256];
        for (r, role) in table.roles.iter().enumerate() {
            for (a, action) in role.actions.iter().enumerate() {
                let Action {
                    mechanic, argument, ..
                } = action;
                if *mechanic == self.position {
                    out[r * 256 + a] = argument + 1;
                }
            }
        }
        out
    }
}

/// Reads a config with serde; the error says where.
pub fn read_config<T: DeserializeOwned + Mechanic + 'static>(
    value: &Value,
) -> Result<Box<dyn Mechanic>, ConfigError> {
    match serde_path_to_error::deserialize::<_, T>(value) {
        Ok(config) => Ok(Box::new(config)),
        Err(error) => {
            let path = error.path().to_string();
            Err(ConfigError {
                path: if path == "." { String::new() } else { path },
                message: error.inner().to_string(),
            })
        }
    }
}

/// A fixed-point number in a config, exact to six decimals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(with = "f64"))]
pub struct Decimal(pub Num);

impl<'de> serde::Deserialize<'de> for Decimal {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(deserializer)?;
        let scaled = value * 1e6;
        if scaled.is_nan() || scaled.abs() >= 9e15 {
            return Err(serde::de::Error::custom(
                "a number below nine thousand million",
            ));
        }
        #[expect(clippy::cast_possible_truncation, reason = "bounded above")]
        let millionths = libm::round(scaled) as Num;
        Ok(Self(millionths))
    }
}

impl Decimal {
    /// A whole number.
    pub const fn whole(n: i32) -> Self {
        Self(n as Num * ONE)
    }
}
