//! `absence`: agents that were sent away come back.

use serde::Deserialize;

use super::{Install, Mechanic, MechanicDef, read_config};
use crate::ids::Slot;
use crate::phase::Phase;
use crate::state::{AWAY, ReturnAt, Shard, Table, Type};

/// Agents that an effect sent away come back when their time is over; while no cell is free they wait.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where: a free `spawn` cell of the role, the `same` cell, or a `random` free cell that shows no item.
    #[serde(default)]
    pub return_at: Where,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

/// Where agents come back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Where {
    /// A free spawn cell of the role.
    #[default]
    Spawn,
    /// The cell that it left.
    Same,
    /// Any free cell.
    Random,
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "absence",
    named: false,
    doc: "Agents that were sent away come back.",
    events: &[
        ("away", &[Type::Slot, Type::Int]),
        ("returned", &[Type::Slot]),
    ],
    fields: &[],
    needs: &[],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

impl Mechanic for Config {
    fn prepare(&self, _instance: &str, table: &mut Table) {
        table.acts.return_at = match self.return_at {
            Where::Spawn => ReturnAt::Spawn,
            Where::Same => ReturnAt::Same,
            Where::Random => ReturnAt::Random,
        };
    }
    fn install(&self, _instance: &str, at: &mut Install<'_>) {
        at.system(Phase::Vitals, |mut shard: Shard| {
            let mut parts = shard.parts();
            let n = parts.table.n_slots();
            for arena in 0..parts.arenas.n {
                for nth in 0..n {
                    let slot = usize::from(parts.arenas.order(arena)[nth]);
                    let row = arena * n + slot;
                    let due = parts.agents.back_at[row].0 <= parts.arenas.heads[arena].tick;
                    if due && parts.agents.status[row].0 & AWAY != 0 {
                        parts
                            .arena(arena)
                            .bring_back(Slot::new(u8::try_from(slot).expect("at most 64")));
                    }
                }
            }
        });
    }
}
