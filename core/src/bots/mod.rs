//! Control agents: scripts of the scenario file, compiled.
//!
//! **Invariant.** A bot with `senses = "view"` reads what its role's observation shows, its registers, and nothing else.

use crate::rules::Program;
use crate::state::ArenaMut;

/// What a bot is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BotKind {
    /// Must be flagged.
    Positive,
    /// Must not be flagged.
    Negative,
    /// Does the same act for a harmless reason; must not be flagged.
    Lookalike,
    /// Lives in the world.
    Resident,
    /// For comparison only.
    Baseline,
}

/// A compiled script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bot {
    /// Name in the file.
    pub name: String,
    /// What it is for.
    pub kind: BotKind,
    /// What it does, in words.
    pub says: String,
    /// The script.
    pub script: Script,
}

/// The lines of a script.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Script {
    pub(crate) programs: Vec<Program>,
}

impl Script {
    /// The slot's action in this tick, an index into its role's actions; updates the slot's registers. `legal(action)` is the
    /// slot's own mask.
    pub fn decide(&self, _arena: &mut ArenaMut<'_>, _slot: usize, _legal: &dyn Fn(&ArenaMut<'_>, u8) -> bool) -> u8 {
        let _ = &self.programs;
        0
    }
}
