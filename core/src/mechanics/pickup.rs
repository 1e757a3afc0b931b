//! `pickup`: bodies eat or take what lies in the cell that they enter.

use std::sync::OnceLock;

use serde::Deserialize;

use super::{
    Install, Known, Mechanic, MechanicDef, Objection, Reference, bits, codes_of, items_of,
    kinds_of, read_config, roles_of, slots_of, speaks,
};
use crate::ids::{Cell, EventId, Slot};
use crate::phase::Phase;
use crate::state::{ArenaMut, Arenas, Layer, Shard, Table, Type};

/// Bodies eat or take things: those of the cell that they step into, or with a verb those under them.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What is picked up; kinds of the layer item.
    pub things: Vec<String>,
    /// `eaten`: it is gone. `carried`: the agent has it.
    pub becomes: Becomes,
    /// Most things of this mechanic that an agent carries, 1 to 255.
    #[serde(default = "ninety_nine")]
    pub cap: u32,
    /// Name of the action that picks up; without it things are picked up by stepping on them.
    #[serde(default)]
    pub verb: Option<String>,
    /// What happens to a thing that appears under a standing body: `eat` (picked up at once) or `leave`.
    #[serde(default)]
    pub under_agent: UnderAgent,
    /// Roles that pick up; all without it.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
    /// What a mask reads; set when the table is complete.
    #[serde(skip)]
    known: OnceLock<Known>,
}

/// What becomes of a thing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Becomes {
    /// It is gone.
    Eaten,
    /// It is carried.
    Carried,
}

/// What happens to a thing that appears under a body.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum UnderAgent {
    /// It stays until somebody steps on it.
    #[default]
    Leave,
    /// It is picked up in the same tick.
    Eat,
}

fn ninety_nine() -> u32 {
    99
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "pickup",
    named: false,
    doc: "Bodies eat or take things.",
    events: &[
        ("eaten", &[Type::Slot, Type::Kind, Type::Cell]),
        ("taken", &[Type::Slot, Type::Kind, Type::Cell]),
    ],
    fields: &[],
    needs: &["move"],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

impl Mechanic for Config {
    fn asks_facing(&self) -> bool {
        false
    }
    fn timeless(&self) -> bool {
        true
    }
    fn references(&self) -> Vec<Reference> {
        let mut out = kinds_of("things", &self.things, 1 << Layer::Item as u8);
        out.extend(roles_of(self.by.as_ref()));
        out
    }
    fn object(&self) -> Vec<Objection> {
        Objection::range("cap", i64::from(self.cap), 1, 255)
            .into_iter()
            .collect()
    }
    fn items(&self) -> Vec<String> {
        if self.becomes == Becomes::Carried {
            self.things.clone()
        } else {
            Vec::new()
        }
    }
    fn verbs(&self, _instance: &str, role: &str) -> Vec<(String, String, u8)> {
        let verb = self.verb.iter().filter(|_| speaks(self.by.as_ref(), role));
        verb.map(|v| (v.clone(), v.clone(), 0)).collect()
    }
    fn prepare(&self, _instance: &str, table: &mut Table) {
        // A config belongs to one compiled cell, so it is set once.
        let _ = self.known.set(Known {
            items: items_of(&self.items(), table),
            codes: codes_of(&self.things, table),
        });
    }
    fn legal(&self, arena: &ArenaMut<'_>, slot: usize, _argument: u8) -> bool {
        let code = arena
            .cells
            .get(Cell::new(arena.agents.pos[slot].0), Layer::Item);
        self.known
            .get()
            .is_some_and(|known| known.codes[usize::from(code)] && self.room(known, arena, slot))
    }
    fn install(&self, _instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let name = if self.becomes == Becomes::Eaten {
            "eaten"
        } else {
            "taken"
        };
        let system = Pickup {
            codes: codes_of(&self.things, table),
            items: items_of(&self.items(), table),
            cap: self.cap,
            carried: self.becomes == Becomes::Carried,
            slots: slots_of(self.by.as_ref(), table),
            event: table.event(name).expect("declared above"),
            by_verb: self.verb.is_some(),
        };
        if self.under_agent == UnderAgent::Eat && self.verb.is_none() {
            let late = system.clone();
            at.late_system(Phase::Environment, move |mut shard: Shard| {
                late.run(&mut shard, |_, _| u64::MAX);
            });
        }
        let (position, by_verb) = (at.position, self.verb.is_some());
        at.system(Phase::Act, move |mut shard: Shard| {
            system.run(&mut shard, |arenas, arena| {
                if by_verb {
                    arenas.acting(arena, position)
                } else {
                    arenas.arrived[arena]
                }
            });
        });
    }
}

impl Config {
    fn room(&self, known: &Known, arena: &ArenaMut<'_>, slot: usize) -> bool {
        let carried = known.items.iter();
        let n: u32 = carried
            .map(|&i| u32::from(arena.agents.carried[slot].0[i]))
            .sum();
        self.becomes == Becomes::Eaten || n < self.cap
    }
}

#[derive(Clone)]
struct Pickup {
    codes: [bool; 256],
    items: Vec<usize>,
    cap: u32,
    carried: bool,
    slots: u64,
    event: EventId,
    by_verb: bool,
}

impl Pickup {
    /// Looks under the bodies of the slots that `tries` names.
    fn run(&self, shard: &mut Shard<'_, '_>, tries: impl Fn(&Arenas, usize) -> u64) {
        let mut parts = shard.parts();
        let (n, cells) = (parts.table.n_slots(), parts.table.geometry.cells());
        for arena in 0..parts.arenas.n {
            for slot in bits(tries(parts.arenas, arena) & self.slots).take_while(|&slot| slot < n) {
                let row = arena * n + slot;
                let code = parts.arenas.words()
                    [arena * cells + usize::from(parts.agents.pos[row].0)]
                    [Layer::Item as usize];
                if self.codes[usize::from(code)] {
                    self.pick(&mut parts.arena(arena), slot, code);
                } else if self.by_verb {
                    parts.agents.illegal[row].0 += 1;
                }
            }
        }
    }

    fn pick(&self, arena: &mut ArenaMut<'_>, slot: usize, code: u8) {
        let who = Slot::new(u8::try_from(slot).expect("at most 64"));
        // Who has left in this very tick picks up nothing, whatever lies where it was.
        let Some(cell) = arena.body(who) else {
            arena.agents.illegal[slot].0 += u32::from(self.by_verb);
            return;
        };
        let Some(kind) = arena.table.kind_of(code) else {
            return;
        };
        if self.carried {
            let n: u32 = self
                .items
                .iter()
                .map(|&i| u32::from(arena.agents.carried[slot].0[i]))
                .sum();
            if n >= self.cap || !arena.pick_up(who, cell) {
                arena.agents.illegal[slot].0 += u32::from(self.by_verb);
                return;
            }
        } else {
            arena.lift(Layer::Item, cell);
        }
        arena.emit_at(self.event, who, kind, cell);
    }
}
