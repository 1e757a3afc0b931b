//! How a batch is built, and why it could not be.

use crate::ids::{Domain, Slot};
use crate::observe::Encoding;

/// Which slots the caller plays.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Control {
    /// The focal slots of every role that has some.
    #[default]
    Focal,
    /// All slots.
    All,
    /// None: bots play everything.
    None,
    /// Some slots of some roles: (role name, indices in the role; `None` for all).
    Roles(Vec<(String, Option<Vec<u8>>)>),
}

/// What happens when an episode ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Autoreset {
    /// The step that ends it returns the first observation of the next; the last one is in `final_obs`.
    #[default]
    SameStep,
    /// The next step resets: its action is ignored, reward 0, flags false.
    NextStep,
    /// The caller resets; stepping an arena whose episode is over is an error.
    Disabled,
}

/// How a batch is built.
#[derive(Clone, Debug)]
pub struct Config {
    /// Number of arenas.
    pub arenas: usize,
    /// Which slots the caller plays.
    pub control: Control,
    /// Who sits in the other slots: (role name, bot name) in place of the role's `plays`, or (slot name, bot name) for one slot of a
    /// role (`gatherer_0`), which goes before its role; `random` is a policy that plays any legal action. A slot without a bot
    /// plays `noop`.
    pub policies: Vec<(String, String)>,
    /// Domain of the seeds.
    pub domain: Domain,
    /// Batch seed.
    pub seed: u64,
    /// Number of the first arena: arena k has the seed of number first + k (with L arms: first + k div L).
    pub first: u64,
    /// Encoding of observations.
    pub encoding: Encoding,
    /// Keep all events of a tick, not only those that rules want.
    pub events: bool,
    /// Autoreset mode.
    pub autoreset: Autoreset,
    /// Arenas of a shard at most; 0 for the default of 256.
    pub shard_arenas: usize,
    /// Slots that are absent throughout (the operator `absent`): no body, never act.
    pub absent: Vec<Slot>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            arenas: 1,
            control: Control::Focal,
            policies: Vec::new(),
            domain: Domain::Train,
            seed: 0,
            first: 0,
            encoding: Encoding::Symbolic,
            events: false,
            autoreset: Autoreset::SameStep,
            shard_arenas: 0,
            absent: Vec::new(),
        }
    }
}

/// Why a batch could not be built or a call not be carried out.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BatchError {
    /// A wrong argument.
    #[error("{0}")]
    Wrong(String),
    /// A snapshot that does not fit.
    #[error("{0}")]
    Snapshot(String),
}
