//! What takes bytes from strangers: each body takes any bytes and must come back. The gate runs them on changed good inputs and on
//! noise; a fuzzer can be put before them as they are.

use std::sync::Arc;

use commonweal_core::batch::{Batch, Config};
use commonweal_core::replay::{Recording, verify};
use commonweal_core::scenario::{self, Compiled};

/// A `.cwr` file: opened, described, recomputed.
pub fn recording(bytes: &[u8]) {
    match Recording::parse(bytes) {
        Ok(recording) => {
            assert!(!recording.describe().is_empty());
            if let Err(error) = verify(&recording) {
                assert!(!error.to_string().is_empty());
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A snapshot for an arena of `compiled`: restored and stepped, or refused with the arena as it was.
///
/// # Panics
/// When a refused snapshot changed the arena.
pub fn snapshot(compiled: &Arc<Compiled>, bytes: &[u8]) {
    let mut batch = Batch::new(std::slice::from_ref(compiled), Config::default()).expect("a batch");
    let before = batch.hash(0);
    match batch.restore(0, bytes) {
        Ok(()) => drop(batch.snapshot(0)),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert_eq!(
                batch.hash(0),
                before,
                "a refused snapshot leaves the arena alone"
            );
        }
    }
}

/// A scenario's text: every diagnostic has a place inside it and something to say; what loads, compiles.
///
/// # Panics
/// When a text without errors gives no scenario, or an arm of it does not compile.
pub fn text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (found, diagnostics) = scenario::check("fuzzed", &text);
    for d in &diagnostics {
        assert!(
            d.span.start <= d.span.end && d.span.end <= text.len() && !d.message.is_empty(),
            "{d:?}"
        );
    }
    match found {
        Some(scenario) => crate::worlds::compile_all(&scenario).truncate(0),
        None => assert!(!diagnostics.is_empty(), "refused without a word"),
    }
}
