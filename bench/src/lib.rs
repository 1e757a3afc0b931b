//! What is measured, apart from how: the bench variant of the commons, stepped natively and in WebAssembly by the same loop.
//!
//! **Invariant.** Reads no clock: whoever calls takes the time.

pub mod game;

#[cfg(target_family = "wasm")]
mod exports;
