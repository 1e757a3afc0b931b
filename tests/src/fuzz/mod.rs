//! What takes bytes from strangers: one body for each such place. A body takes any bytes, must come back, and holds what it gets against
//! what the engine promises. The gate runs them over the corpus and over changed good inputs; `cargo xtask fuzz` puts a fuzzer before
//! the very same functions.
//!
//! **Inputs.** Texts are the text. Inputs about a state begin with a line that names a shipped scenario (an unknown name: the first
//! one); so do rules and scripts, which are put into that scenario's file. What follows the line is the input.

mod mutate;
mod networks;
mod play;
mod states;
mod texts;

pub use mutate::{Dice, changed, noise, spliced};
pub use networks::fuzz_onnx;
pub use play::play;
pub use states::{recording, snapshot};
pub use texts::{bots, checker, document, layout, rules};

use std::sync::{Arc, OnceLock};

use commonweal_core::scenario::Compiled;

/// A body.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Name: of its fuzz target and of its folder in the corpus.
    pub name: &'static str,
    /// The body.
    pub body: fn(&[u8]),
    /// Good inputs, made from what is shipped.
    pub seeds: fn() -> Vec<(String, Vec<u8>)>,
    /// Whether its inputs are texts, so that changes by words are worth more than changes by bytes.
    pub text: bool,
}

/// All bodies.
pub const TARGETS: [Target; 7] = [
    Target {
        name: "document",
        body: document,
        seeds: texts::files,
        text: true,
    },
    Target {
        name: "rules",
        body: rules,
        seeds: texts::rule_blocks,
        text: true,
    },
    Target {
        name: "bots",
        body: bots,
        seeds: texts::scripts,
        text: true,
    },
    Target {
        name: "checker",
        body: checker,
        seeds: texts::files,
        text: true,
    },
    Target {
        name: "layout",
        body: layout,
        seeds: texts::files,
        text: true,
    },
    Target {
        name: "snapshot",
        body: snapshot,
        seeds: states::snapshots,
        text: false,
    },
    Target {
        name: "recording",
        body: recording,
        seeds: states::recordings,
        text: false,
    },
];

/// The target of that name.
///
/// # Panics
/// When there is none.
pub fn target(name: &str) -> &'static Target {
    let found = TARGETS.iter().find(|t| t.name == name);
    found.unwrap_or_else(|| panic!("no fuzz target `{name}`"))
}

/// A shipped scenario by the first line of an input, and the rest of the input.
fn named(bytes: &[u8]) -> (usize, &[u8]) {
    let end = bytes.iter().position(|&b| b == b'\n');
    let (name, rest) = match end {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[][..]),
    };
    let all = commonweal_scenarios::ALL;
    let found = all.iter().position(|s| s.id.as_bytes() == name);
    (found.unwrap_or(0), rest)
}

/// The treatment of a shipped scenario, by its place in the list; compiled once.
fn treatment(index: usize) -> &'static Arc<Compiled> {
    static KEPT: OnceLock<Vec<OnceLock<Arc<Compiled>>>> = OnceLock::new();
    let all = commonweal_scenarios::ALL;
    let kept = KEPT.get_or_init(|| all.iter().map(|_| OnceLock::new()).collect());
    kept[index].get_or_init(|| {
        let shipped = &all[index];
        crate::worlds::compile(&crate::worlds::read(shipped.id, shipped.text), "treatment")
    })
}
