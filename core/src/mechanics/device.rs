//! `device`: things that are pressed.

use std::sync::OnceLock;

use serde::Deserialize;

use super::{
    Decimal, Install, LookStates, Mechanic, MechanicDef, Objection, Reference, bits, codes_of,
    kind_of, read_config, roles_of, slots_of, speaks,
};
use crate::ids::{Cell, ChannelId, Slot};
use crate::phase::Phase;
use crate::state::{ArenaMut, Layer, Shard, Table, Type};

/// Things that are pressed, by stepping onto them or with an action. What follows is said by rules (`on pressed(w, lever) …`).
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The device; a kind of the layer mark, item or air.
    pub thing: String,
    /// `step`: a body that steps onto it presses it. `use`: the action `use` presses it from its cell.
    pub trigger: Trigger,
    /// State at the start, below `states`.
    #[serde(default)]
    pub state: u8,
    /// Number of states, 1 to 16; a press moves on to the next, and round. Everyone sees the state.
    #[serde(default = "two")]
    pub states: u8,
    /// What a press costs, in the channel `main`.
    #[serde(default)]
    pub cost: Decimal,
    /// Roles that can press it; all without it.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
    /// Look codes of the thing; set when the table is complete.
    #[serde(skip)]
    codes: OnceLock<[bool; 256]>,
}

/// What presses.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// Stepping onto it.
    Step,
    /// The action `use`.
    Use,
}

fn two() -> u8 {
    2
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "device",
    named: true,
    doc: "Things that are pressed.",
    events: &[("pressed", &[Type::Slot, Type::Kind])],
    fields: &[("state", Type::Int)],
    needs: &["move"],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

const STATES: [(&str, bool); 16] = [
    ("0", false),
    ("1", false),
    ("2", false),
    ("3", false),
    ("4", false),
    ("5", false),
    ("6", false),
    ("7", false),
    ("8", false),
    ("9", false),
    ("10", false),
    ("11", false),
    ("12", false),
    ("13", false),
    ("14", false),
    ("15", false),
];
const LAYERS: [Layer; 3] = [Layer::Mark, Layer::Item, Layer::Air];

impl Mechanic for Config {
    fn references(&self) -> Vec<Reference> {
        let mut out = vec![kind_of(
            "thing",
            &self.thing,
            LAYERS.iter().fold(0, |bits, &l| bits | 1 << l as u8),
        )];
        out.extend(roles_of(self.by.as_ref()));
        out
    }
    fn object(&self) -> Vec<Objection> {
        let mut out: Vec<_> = Objection::range("states", i64::from(self.states), 1, 16)
            .into_iter()
            .collect();
        out.extend(Objection::range(
            "state",
            i64::from(self.state),
            0,
            i64::from(self.states.max(1)) - 1,
        ));
        out
    }
    fn look_states(&self) -> Vec<LookStates> {
        let states = STATES[..usize::from(self.states.clamp(1, 16))].to_vec();
        vec![LookStates {
            kind: self.thing.clone(),
            initial: self.state,
            states,
        }]
    }
    fn rows(&self) -> Vec<String> {
        vec![self.thing.clone()]
    }
    fn verbs(&self, instance: &str, role: &str) -> Vec<(String, String, u8)> {
        let has = self.trigger == Trigger::Use && speaks(self.by.as_ref(), role);
        has.then(|| (format!("use:{instance}"), "use".to_owned(), 0))
            .into_iter()
            .collect()
    }
    fn prepare(&self, _instance: &str, table: &mut Table) {
        // A config belongs to one instance of one compiled cell, so it is set once.
        let codes = codes_of(std::slice::from_ref(&self.thing), table);
        let _ = self.codes.set(codes);
    }
    fn legal(&self, arena: &ArenaMut<'_>, slot: usize, _argument: u8) -> bool {
        let word = arena.cells.word(Cell::new(arena.agents.pos[slot].0));
        let here = |codes: &[bool; 256]| {
            let mut layers = LAYERS.iter();
            layers.any(|&layer| codes[usize::from(word[layer as usize])])
        };
        self.codes.get().is_some_and(here)
    }
    fn install(&self, _instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let codes = codes_of(std::slice::from_ref(&self.thing), table);
        let Some(kind) = table.kind(&self.thing) else {
            return;
        };
        let layer = table.kinds[kind.index()].layer;
        let slots = slots_of(self.by.as_ref(), table);
        let event = table.event("pressed").expect("declared above");
        let (position, uses, states, cost) = (
            at.position,
            self.trigger == Trigger::Use,
            self.states,
            self.cost.0,
        );
        at.system(Phase::Act, move |mut shard: Shard| {
            let mut parts = shard.parts();
            let (n, cells) = (parts.table.n_slots(), parts.table.geometry.cells());
            for arena in 0..parts.arenas.n {
                let tries = if uses {
                    parts.arenas.acting(arena, position)
                } else {
                    parts.arenas.arrived[arena]
                };
                for slot in bits(tries & slots) {
                    let row = arena * n + slot;
                    let cell = parts.agents.pos[row].0;
                    if !codes[usize::from(
                        parts.arenas.words()[arena * cells + usize::from(cell)][layer as usize],
                    )] {
                        parts.agents.illegal[row].0 += u32::from(uses);
                        continue;
                    }
                    let mut arena = parts.arena(arena);
                    let who = Slot::new(u8::try_from(slot).expect("at most 64"));
                    // Who has left in this very tick uses nothing.
                    let Some(cell) = arena.body(who) else {
                        arena.agents.illegal[slot].0 += u32::from(uses);
                        continue;
                    };
                    if let Some(row) = arena.row_at(kind, cell) {
                        let state = (arena.rows[row].state + 1) % states;
                        arena.rows[row].state = state;
                        arena.refresh_thing(row);
                    }
                    if cost != 0 {
                        arena.pay(who, ChannelId::MAIN, -cost);
                    }
                    arena.emit_fields(Some(event), &[i64::from(who.get()), i64::from(kind.get())]);
                }
            }
        });
    }
}
