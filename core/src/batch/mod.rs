//! Many arenas stepped together: build, reset, step, fork, restore; shards that a host may run on threads.
//!
//! The public surface is what Python, WASM and the command line call. Rows of a group are arena · n + index in the role.

#[cfg(feature = "threads")]
pub mod threads;

use std::sync::Arc;

use crate::event::EventRow;
use crate::ids::{Domain, RoleId, Slot};
use crate::observe::Encoding;
use crate::scenario::Compiled;
use crate::state::End;

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
    /// Who sits in the other slots: (role name, bot name) in place of the role's `plays`; `random` is a policy that plays any
    /// legal action. A slot without a bot plays `noop`.
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

/// A controlled role: its slots and the shapes of its buffers. All rows of a group: arenas · slots.
#[derive(Clone, PartialEq, Debug)]
pub struct Group {
    /// The role.
    pub role: RoleId,
    /// Its name.
    pub name: String,
    /// The controlled slots, ascending.
    pub slots: Vec<Slot>,
    /// Shape of one observation: `[H, W, 8]`, `[H, W, 2]`, `[h, w, 3]`; empty for text and none.
    pub obs_shape: Vec<usize>,
    /// Names of the own vector's numbers.
    pub own_names: Vec<String>,
    /// Factors that bring them to about 1.
    pub own_scale: Vec<f32>,
    /// Names of the actions; 0 is `noop`.
    pub action_names: Vec<String>,
}

/// Where one group's results are written: slices of exactly rows · size, or empty for what is not wanted.
#[derive(Debug, Default)]
pub struct Out<'a> {
    /// Observations.
    pub obs: &'a mut [u8],
    /// Own vectors.
    pub own: &'a mut [i32],
    /// Action masks, 1 = legal.
    pub mask: &'a mut [i8],
    /// Rewards of channel `main`.
    pub reward: &'a mut [f32],
    /// Dead without respawn, away for ever, `finish`, `time.end`.
    pub terminated: &'a mut [bool],
    /// Tick limit or a drawn end.
    pub truncated: &'a mut [bool],
    /// Alive.
    pub alive: &'a mut [bool],
    /// Switched on.
    pub on: &'a mut [bool],
    /// False on rows that are dead or were just reset.
    pub valid: &'a mut [bool],
    /// Illegal actions of the episode so far.
    pub illegal: &'a mut [u32],
    /// Observations of the ended episode, where one ended in this step (autoreset same step).
    pub final_obs: &'a mut [u8],
    /// Own vectors of the ended episode.
    pub final_own: &'a mut [i32],
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

/// An event with names, for people and logs.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct EventView {
    /// Tick in which it happened.
    pub tick: u32,
    /// Name.
    pub event: String,
    /// First slot field: who caused it.
    pub actor: Option<u8>,
    /// Second slot field.
    pub subject: Option<u8>,
    /// First cell field, (row, column) of the map as written.
    pub place: Option<(i32, i32)>,
    /// All fields in order, as text.
    pub fields: Vec<String>,
}

/// One column in which two states differ.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct ColumnDiff {
    /// Column.
    pub column: &'static str,
    /// Bytes of the arena's part that differ, first 16.
    pub at: Vec<usize>,
    /// How many differ.
    pub bytes: usize,
}

/// Runs a function over all shards; hosts with threads bring their own.
pub trait Executor {
    /// Calls `f` once for each shard, in any order, on any thread.
    fn each(&self, shards: &mut [Shard], f: &(dyn Fn(usize, &mut Shard) + Sync));
}

/// One shard after the other, on this thread.
#[derive(Clone, Copy, Debug, Default)]
pub struct Serial;

impl Executor for Serial {
    fn each(&self, shards: &mut [Shard], f: &(dyn Fn(usize, &mut Shard) + Sync)) {
        for (i, shard) in shards.iter_mut().enumerate() {
            f(i, shard);
        }
    }
}

/// A World of many arenas.
#[derive(Debug)]
pub struct Shard {}

/// Many arenas of one scenario.
#[derive(Debug)]
pub struct Batch {
    groups: Vec<Group>,
}

#[expect(unused_variables, reason = "the surface first, the bodies follow")]
impl Batch {
    /// Builds a batch and resets it. With several arms, arena k plays arm k mod L.
    pub fn new(arms: &[Arc<Compiled>], config: Config) -> Result<Self, BatchError> {
        Err(BatchError::Wrong("not built yet".to_owned()))
    }
    /// The controlled groups, roles in file order.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }
    /// Number of arenas.
    pub fn arenas(&self) -> usize {
        0
    }
    /// Starts a new episode in the arenas of `mask` (all without one): episode + 1 and the same arena seed, or with `seeds` (one an
    /// arena) the new arena seed and episode 0. Writes the first observations.
    pub fn reset(&mut self, mask: Option<&[bool]>, seeds: Option<&[u64]>, out: &mut [Out<'_>]) -> Result<(), BatchError> {
        Ok(())
    }
    /// One tick of all arenas. `actions`: one slice a group, rows long.
    pub fn step(&mut self, actions: &[&[i32]], out: &mut [Out<'_>], executor: &dyn Executor) -> Result<(), BatchError> {
        Ok(())
    }
    /// Writes the present observations, own vectors and masks without a step.
    pub fn observe(&mut self, out: &mut [Out<'_>]) -> Result<(), BatchError> {
        Ok(())
    }
    /// The text observation of a controlled or other slot.
    pub fn text(&mut self, arena: usize, slot: Slot) -> String {
        String::new()
    }
    /// The state hash of an arena.
    pub fn hash(&mut self, arena: usize) -> u64 {
        0
    }
    /// Hash of each canonical column, in registry order.
    pub fn column_hashes(&mut self, arena: usize) -> Vec<(&'static str, u64)> {
        Vec::new()
    }
    /// Everything of one arena: compact, versioned, with a checksum.
    pub fn snapshot(&mut self, arena: usize) -> Vec<u8> {
        Vec::new()
    }
    /// Puts a snapshot of the same compiled scenario into an arena.
    pub fn restore(&mut self, arena: usize, snapshot: &[u8]) -> Result<(), BatchError> {
        Ok(())
    }
    /// Copies arena `from` over arena `to` of the same arm.
    pub fn fork(&mut self, from: usize, to: usize) -> Result<(), BatchError> {
        Ok(())
    }
    /// Copies an arena of another batch of the same compiled scenario over one of ours.
    pub fn fork_from(&mut self, other: &mut Batch, from: usize, to: usize) -> Result<(), BatchError> {
        Ok(())
    }
    /// In which columns two arenas differ.
    pub fn diff(&mut self, a: usize, b: usize) -> Result<Vec<ColumnDiff>, BatchError> {
        Ok(Vec::new())
    }
    /// Events of the last tick.
    pub fn events(&self, arena: usize) -> Vec<EventView> {
        Vec::new()
    }
    /// Event rows of the last tick, unnamed; empty unless wanted.
    pub fn event_rows(&self, arena: usize) -> &[EventRow] {
        &[]
    }
    /// Rewards of the last tick of all slots: slot · channels + channel, in millionths.
    pub fn pay(&self, arena: usize) -> &[i64] {
        &[]
    }
    /// Actions of all slots as played in the last tick.
    pub fn played(&mut self, arena: usize, out: &mut [u8]) {}
    /// Ticks done in the episode.
    pub fn tick(&self, arena: usize) -> u32 {
        0
    }
    /// How the arena's episode stands.
    pub fn end(&self, arena: usize) -> End {
        End::Running
    }
    /// Episodes since the seed was set.
    pub fn episode(&self, arena: usize) -> u32 {
        0
    }
    /// Arena seed.
    pub fn seed(&self, arena: usize) -> u64 {
        0
    }
    /// The compiled arm that the arena plays.
    pub fn compiled(&self, arena: usize) -> &Arc<Compiled> {
        unreachable!("a batch has arenas")
    }
    /// How the batch was built.
    pub fn config(&self) -> &Config {
        unreachable!("a batch has a config")
    }
    /// Starts that very episode of that seed in one arena, at tick 0.
    pub fn start(&mut self, arena: usize, seed: u64, episode: u32) -> Result<(), BatchError> {
        Ok(())
    }
    /// How the arena's episode stands.
    pub fn ended(&self, arena: usize) -> crate::state::End {
        crate::state::End::Running
    }
    /// Words of the map as written, row by row, without padding: `u8[height, width, 8]`.
    pub fn frame(&self, arena: usize, out: &mut Vec<u8>) {}
}
