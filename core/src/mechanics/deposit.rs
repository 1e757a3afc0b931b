//! `deposit`: carried things are put down for good at a place made for them.

use std::sync::OnceLock;

use serde::Deserialize;

use super::{
    Install, Known, Mechanic, MechanicDef, Reference, bits, codes_of, items_of, kinds_of,
    read_config, roles_of, slots_of, speaks,
};
use crate::ids::{Cell, Slot};
use crate::phase::Phase;
use crate::state::{ArenaMut, Layer, Shard, Table, Type};

/// Carried things are put down for good at a place made for them: by stepping onto it, or with a verb.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What can be deposited.
    pub things: Vec<String>,
    /// Where: kinds of the layer mark or floor.
    pub at: Vec<String>,
    /// Name of the action; without it stepping onto the place deposits all that is carried.
    #[serde(default)]
    pub verb: Option<String>,
    /// Roles that deposit; all without it.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
    /// What a mask reads; set when the table is complete.
    #[serde(skip)]
    known: OnceLock<Known>,
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "deposit",
    named: true,
    doc: "Carried things are put down for good at a place made for them.",
    events: &[("deposited", &[Type::Slot, Type::Kind, Type::Cell])],
    fields: &[],
    needs: &["pickup"],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

const PLACES: u8 = 1 << Layer::Mark as u8 | 1 << Layer::Floor as u8;

impl Mechanic for Config {
    fn references(&self) -> Vec<Reference> {
        let mut out = kinds_of("things", &self.things, 1 << Layer::Item as u8);
        out.extend(kinds_of("at", &self.at, PLACES));
        out.extend(roles_of(self.by.as_ref()));
        out
    }
    fn verbs(&self, _instance: &str, role: &str) -> Vec<(String, String, u8)> {
        let verb = self.verb.iter().filter(|_| speaks(self.by.as_ref(), role));
        verb.map(|v| (v.clone(), v.clone(), 0)).collect()
    }
    fn prepare(&self, _instance: &str, table: &mut Table) {
        // A config belongs to one compiled cell, so it is set once.
        let _ = self.known.set(Known {
            items: items_of(&self.things, table),
            codes: codes_of(&self.at, table),
        });
    }
    fn legal(&self, arena: &ArenaMut<'_>, slot: usize, _argument: u8) -> bool {
        let word = arena.cells.word(Cell::new(arena.agents.pos[slot].0));
        self.known.get().is_some_and(|known| {
            let place = known.codes[usize::from(word[Layer::Mark as usize])]
                || known.codes[usize::from(word[Layer::Floor as usize])];
            place && (known.items.iter()).any(|&item| arena.agents.carried[slot].0[item] > 0)
        })
    }
    fn install(&self, _instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let place = codes_of(&self.at, table);
        let items = items_of(&self.things, table);
        let slots = slots_of(self.by.as_ref(), table);
        let event = table.event("deposited").expect("declared above");
        let (position, by_verb) = (at.position, self.verb.is_some());
        at.system(Phase::Act, move |mut shard: Shard| {
            let mut parts = shard.parts();
            for arena in 0..parts.arenas.n {
                let tries = if by_verb {
                    parts.arenas.acting(arena, position)
                } else {
                    parts.arenas.arrived[arena]
                };
                for slot in bits(tries & slots) {
                    let mut arena = parts.arena(arena);
                    let who = Slot::new(u8::try_from(slot).expect("at most 64"));
                    let Some(cell) = arena.body(who) else {
                        continue;
                    };
                    let word = arena.cells.word(cell);
                    let here = place[usize::from(word[Layer::Mark as usize])]
                        || place[usize::from(word[Layer::Floor as usize])];
                    let mut any = false;
                    for &item in items.iter().filter(|_| here) {
                        while arena.take(who, item, 1) == 1 {
                            let kind = arena.table.items[item];
                            arena.emit_at(event, who, kind, cell);
                            any = true;
                        }
                    }
                    arena.agents.illegal[slot].0 += u32::from(by_verb && !any);
                }
            }
        });
    }
}
