//! The rule language, compiled: register code over the state of one arena.
//!
//! **Invariant.** Knows state, events and draws; never text. Every program ends: jumps go forward only.

use bevy_ecs::resource::Resource;

use crate::state::ArenaMut;

/// A compiled expression or rule body.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Program {}

impl Program {
    /// Value of an expression whose binders have these values.
    pub fn value(&self, _arena: &mut ArenaMut<'_>, _binders: &[i64]) -> i64 {
        0
    }
}

/// All programs of a compiled scenario except its bots; a resource of every shard.
#[derive(Resource, Clone, PartialEq, Eq, Debug, Default)]
pub struct Programs {
    /// Initial value of each arena variable, in order; binders: none.
    pub init: Vec<Program>,
    /// Initial value of each role's variables; binder 0 = slot.
    pub role_init: Vec<Vec<Program>>,
    /// Truth of each message; binder 0 = sender.
    pub truth: Vec<Program>,
    /// `time.end`.
    pub end: Option<Program>,
    /// The rules.
    pub rules: RuleSet,
}

/// The rules of a scenario.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RuleSet {}

impl RuleSet {
    /// Whether any rule listens to that event.
    pub fn listens(&self, _event: usize) -> bool {
        false
    }
    /// Whether there are `each` rules.
    pub fn has_each(&self) -> bool {
        false
    }
    /// Answers the events from `head.n_answered` on, those that the answers emit included, row by row, rules in file order.
    pub fn answer(&self, _arena: &mut ArenaMut<'_>) {}
    /// Runs the `each` rules of this tick.
    pub fn each(&self, _arena: &mut ArenaMut<'_>) {}
    /// Runs the `start` rules, at reset.
    pub fn start(&self, _arena: &mut ArenaMut<'_>) {}
}
