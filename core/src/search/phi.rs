//! Outcome projections φ: what counts as an outcome of a search, never the raw snapshot.
//!
//! **Invariant.** Clocks, scores, cool-downs, draws, registers and counters are outside every projection, so that two ways of doing
//! the same are one outcome.
//!
//! *Source.* MEASURES §0, outcome projection.

use xxhash_rust::xxh3::Xxh3;

use crate::batch::slot_named;
use crate::ids::Slot;
use crate::state::{ALIVE, AWAY, ArenaMut, BODY_ON_MAP, Layer, ON, Table};

/// Layers of a map word: floor, solid, item, mark, air.
const LAYERS: usize = Layer::Air as usize + 1;

/// What of a state is the outcome, for a slot whose outcome it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Phi {
    /// `own_pos`: the slot's cell, and whether its body is on the map.
    #[default]
    OwnPos,
    /// `own_state`: the same, whether it lives, is on and is here, and what it carries.
    OwnState,
    /// `world_objects`: the look code of every layer of every cell (doors, boxes, resources), without bodies.
    WorldObjects,
    /// `other_pos(j)`: the cell of another slot.
    OtherPos(Slot),
    /// `all`: `own_state` of every slot, and `world_objects`.
    All,
}

impl Phi {
    /// Reads `own_pos`, `own_state`, `world_objects`, `other_pos(NAME)` with the name or number of a slot, or `all`.
    ///
    /// # Errors
    /// A sentence with the names that there are.
    pub fn named(text: &str, table: &Table) -> Result<Self, String> {
        if let Some(who) = text
            .strip_prefix("other_pos(")
            .and_then(|rest| rest.strip_suffix(')'))
        {
            let who = who.trim();
            let numbered = who.parse::<u8>().ok().map(Slot::new);
            let slot = numbered.filter(|slot| slot.index() < table.n_slots());
            return slot
                .or_else(|| slot_named(table, who))
                .map(Self::OtherPos)
                .ok_or_else(|| format!("there is no slot `{who}`"));
        }
        match text {
            "own_pos" => Ok(Self::OwnPos),
            "own_state" => Ok(Self::OwnState),
            "world_objects" => Ok(Self::WorldObjects),
            "all" => Ok(Self::All),
            _ => Err(format!(
                "there is no projection `{text}`: take own_pos, own_state, world_objects, other_pos(slot) or all"
            )),
        }
    }
    /// The name in records.
    pub fn name(self) -> String {
        match self {
            Self::OwnPos => "own_pos".to_owned(),
            Self::OwnState => "own_state".to_owned(),
            Self::WorldObjects => "world_objects".to_owned(),
            Self::OtherPos(slot) => format!("other_pos({})", slot.get()),
            Self::All => "all".to_owned(),
        }
    }
    /// The outcome, as a number of 64 bits: the xxh3-64 of the canonical bytes of what the projection names.
    pub(crate) fn of(self, one: &ArenaMut<'_>, slot: Slot) -> u64 {
        match self {
            Self::OwnPos => position(one, slot),
            Self::OtherPos(other) => position(one, other),
            Self::OwnState => {
                let mut hasher = Xxh3::new();
                state(one, slot, &mut hasher);
                hasher.digest()
            }
            Self::WorldObjects => {
                let mut hasher = Xxh3::new();
                objects(one, &mut hasher);
                hasher.digest()
            }
            Self::All => {
                let mut hasher = Xxh3::new();
                for slot in 0..one.agents.status.len() {
                    let slot = Slot::new(u8::try_from(slot).expect("at most 64 slots"));
                    state(one, slot, &mut hasher);
                }
                objects(one, &mut hasher);
                hasher.digest()
            }
        }
    }
}

fn position(one: &ArenaMut<'_>, slot: Slot) -> u64 {
    let on_map = one.agents.status[slot.index()].0 & BODY_ON_MAP != 0;
    let cell = if on_map {
        one.agents.pos[slot.index()].0
    } else {
        0
    };
    xxhash_rust::xxh3::xxh3_64(&cell.to_le_bytes())
}

fn state(one: &ArenaMut<'_>, slot: Slot, hasher: &mut Xxh3) {
    let i = slot.index();
    hasher.update(&position(one, slot).to_le_bytes());
    hasher.update(&[one.agents.status[i].0 & (ALIVE | ON | AWAY)]);
    hasher.update(&one.agents.carried[i].0);
    // Carried things that are not alike: their kinds and looks, in the order of their rows.
    for (row, thing) in one.rows.iter().enumerate() {
        if thing.holder == slot.get() + 1 {
            hasher.update(&[one.look_of_row(row)]);
        }
    }
}

fn objects(one: &ArenaMut<'_>, hasher: &mut Xxh3) {
    let g = &one.table.geometry;
    for row in 0..g.height {
        for column in 0..g.width {
            hasher.update(&one.cells.word(g.cell(row, column))[..LAYERS]);
        }
    }
}
