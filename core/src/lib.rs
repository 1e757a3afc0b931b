//! The simulator: scenario text in, compiled world out, stepped in batches.
//!
//! **Invariant.** (rules version, scenario, arm, seed, actions) determine every bit of the state, on every host. Nothing here
//! knows a file system, a clock, a thread or a terminal; nothing in the state is a float or depends on a hash map's order.
#![forbid(unsafe_code)]

pub mod batch;
pub mod bots;
pub mod diagnostic;
pub mod draw;
pub mod evaluate;
pub mod event;
pub mod experiment;
pub mod fork;
pub mod hash;
pub mod ids;
pub mod measures;
pub mod mechanics;
pub mod observe;
pub mod phase;
pub mod policy;
pub mod replay;
pub mod rules;
pub mod scenario;
pub mod search;
pub mod state;
pub mod stats;
#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::too_many_lines,
    reason = "small worlds made by hand"
)]
mod testing;

/// Version of the rules: raised whenever a golden trace changes. Stands in every hash of a scenario, snapshot and recording.
pub const RULES_VERSION: u32 = 2;
