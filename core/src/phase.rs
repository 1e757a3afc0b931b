//! The phases of a tick: the one list, in order.

/// A phase; systems run in the order phase, then the fixed order of the mechanics list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Phase {
    /// Takes actions from the caller's buffers for controlled slots, from bots for the others.
    Decide,
    /// Bodies move.
    Move,
    /// What bodies do, and what happens to those that moved.
    Act,
    /// What the world does by itself.
    Environment,
    /// Timers of bodies: freezes, absences, power.
    Vitals,
    /// Rules of the kind `each`, agreements, payments.
    Institutions,
    /// Rewards that depend on states.
    Score,
    /// Whether the episode is over.
    End,
}

impl Phase {
    /// All phases in order. Observation follows the last; it is no phase, since it changes nothing.
    pub const ALL: [Self; 8] = [
        Self::Decide,
        Self::Move,
        Self::Act,
        Self::Environment,
        Self::Vitals,
        Self::Institutions,
        Self::Score,
        Self::End,
    ];
}
