//! The state that mechanics share: agents' columns, map words behind [`Cells::set`], variables, events, and the acts that change
//! them. Mechanics meet only here.
//!
//! **Invariant.** Every column, component or resource, is registered with the one [`ColumnRegistry`]; snapshot, fork, hash, reset
//! and difference walk it and nothing else. No structural change after a shard is built.

mod acts;
mod agents;
mod arena;
mod cells;
mod columns;
mod geometry;
mod order;
mod push;
mod registered;
mod table;
mod things;
mod torus;

pub use crate::ids::Type;
pub use acts::{Acts, ReturnAt};
pub use agents::{
    ALIVE, AWAY, Agent, AgentParts, AgentQuery, AgentSlices, BODY_ON_MAP, BackAt, Carried, Chosen,
    Facing, FrozenUntil, IN_PLAY, Illegal, MAX_BEAMS, MAX_ITEMS, MAX_REGISTERS, NEVER, ON, Pos,
    ReadyAt, Registers, Status,
};
pub use arena::{
    ArenaMut, Arenas, End, Head, Isa, Later, MAX_LATER, Shard, ShardParts, ThingRow, Touch, Touched,
};
pub use cells::Cells;
pub use columns::{AgentColumn, ArenaColumn, ColumnInfo, ColumnRegistry, Numbers};
pub use geometry::{DIRECTIONS, Geometry};
pub use order::{MAX_SLOTS, draw as draw_order};
pub use push::PushRule;
pub use registered::register;
pub(crate) use registered::{HEAD_COUNTERS, HEAD_TICK, LATER_BYTES};
pub use table::{
    Action, ArgDecl, BODY, Channel, Choice, Deal, EFFECT, GrowthLaw, Kind, LOOK, Layer, Layout,
    Looks, Maybe, MessageDecl, Mirror, OUTSIDE, Role, RowDecl, Seen, Sign, Table, TextDecl, Time,
    VarDecl, Word,
};
pub use things::Refusal;
