//! What the tests that cross crates share.
//!
//! **Invariant.** Helpers only: what is claimed stands in the tests.

pub mod stats;
