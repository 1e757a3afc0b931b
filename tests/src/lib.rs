//! What the tests that cross crates share.
//!
//! **Invariant.** Helpers only: what is claimed stands in the tests. A new scenario is covered without an edit here.

pub mod fuzz;
pub mod published;
pub mod reference;
pub mod relabel;
pub mod rows;
pub mod simulate;
pub mod small;
pub mod stats;
pub mod worlds;
