//! A second reading of the scenario language: a slow, plain interpreter that must agree with the engine state for state.
//!
//! **Invariant.** Written from the texts, not from the engine. It takes from the engine the parser, up to the patched tree, and the
//! draws; nothing that was compiled, and no code of a mechanic, a rule or a bot.

pub mod bots;
pub mod compare;
pub mod environment;
pub mod eval;
pub mod generate;
pub mod institutions;
pub mod mechanics;
pub mod reset;
pub mod rules;
pub mod spec;
pub mod value;
pub mod world;
