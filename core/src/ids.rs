//! Small names for numbers, so that a slot is never passed where a cell is meant.
//!
//! **Invariant.** Depends on nothing of ours.

use serde::{Deserialize, Serialize};

/// Fixed-point number of the rule language: an `i64` count of millionths, so that 0.0025 is exact.
pub type Num = i64;
/// One whole in [`Num`].
pub const ONE: Num = 1_000_000;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
        pub struct $name($inner);
        impl $name {
            /// Wraps the number.
            pub const fn new(value: $inner) -> Self {
                Self(value)
            }
            /// The number.
            pub const fn get(self) -> $inner {
                self.0
            }
            /// The number as an index.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}
id!(/** An agent's fixed place in an arena, `0..n_slots` (at most 64). */ Slot(u8));
id!(/** A role, numbered in file order. */ RoleId(u8));
id!(/** A kind of thing, numbered layer after layer, in file order within a layer. */ KindId(u8));
id!(/** A type of event: mechanics' events first, then the author's, see [`crate::event`]. */ EventId(u16));
id!(/** A reward channel in file order; [`ChannelId::MAIN`] is what agents are paid. */ ChannelId(u8));
id!(/** A cell of the padded map, see [`crate::state::Geometry`]. 0 is always padding and stands for nowhere. */ Cell(u16));

impl ChannelId {
    /// The channel `main`, always first.
    pub const MAIN: Self = Self(0);
}

/// Whom a seed is for; part of every draw's address, so that training and evaluation never share a draw.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Domain {
    /// Training.
    #[default]
    Train = 0,
    /// Choosing the number of seeds.
    Pilot = 1,
    /// Calibrating a family.
    Calibrate = 2,
    /// Evaluation.
    Eval = 3,
    /// Never looked at before the end.
    HeldOut = 4,
}

impl Domain {
    /// All domains with their names in files and calls.
    pub const ALL: [(&'static str, Self); 5] = [
        ("train", Self::Train),
        ("pilot", Self::Pilot),
        ("calibrate", Self::Calibrate),
        ("eval", Self::Eval),
        ("held_out", Self::HeldOut),
    ];
    /// The domain of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(n, _)| *n == name).map(|(_, d)| *d)
    }
    /// The domain of that number.
    pub fn numbered(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).map(|(_, d)| *d)
    }
    /// Its name in files and calls.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

/// Type of a variable or event field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Type {
    /// `true` or `false`, stored as 1 or 0.
    Bool,
    /// A whole number.
    Int,
    /// Millionths.
    Num,
    /// A slot; stored as its number, -1 for none.
    Slot,
    /// A thing row; -1 for none.
    Thing,
    /// A padded cell; 0 for none.
    Cell,
    /// A kind's number.
    Kind,
    /// A role's number.
    Role,
    /// A message's number.
    Message,
    /// A choice of a named list; stored as its index.
    Choice,
    /// A text constant; stored as its index.
    Text,
    /// A beam; stored as its place among the beams, which come first in a table's effects.
    Beam,
    /// An effect that was refused; stored as its place in [`crate::state::Refusal::NAMES`].
    Effect,
}
