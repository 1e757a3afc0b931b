//! The bodies of `fuzz` on stable: over the corpus, over good inputs, over changed ones and over noise. The seed is fixed: a failure
//! prints its input.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use commonweal_tests::fuzz::{Dice, Target, changed, noise, spliced, target};

/// Runs a body; when it fails, prints the input as a byte string for the corpus.
#[expect(clippy::print_stderr, reason = "a failure shows its input")]
fn run(target: &Target, name: &str, input: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.body)(input))) {
        let shown = input.escape_ascii();
        eprintln!("target {}, input {name}: b\"{shown}\"", target.name);
        std::panic::resume_unwind(panic);
    }
}

/// Inputs that the fuzzer found, oldest names first.
fn corpus(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(name);
    let mut out = Vec::new();
    for entry in std::fs::read_dir(&folder).expect("every target has a corpus") {
        let path = entry.expect("a file of the corpus").path();
        let bytes = std::fs::read(&path).expect("a readable file");
        let name = path.file_name().expect("a file has a name");
        out.push((name.to_string_lossy().into_owned(), bytes));
    }
    out.sort();
    assert!(!out.is_empty(), "the corpus of {name} is empty");
    out
}

/// Every input of the corpus, every `each`-th seed, and `rounds` changes of any of them.
fn all_of(name: &str, each: usize, rounds: usize) {
    let target = target(name);
    let mut inputs = corpus(name);
    inputs.extend((target.seeds)().into_iter().step_by(each));
    for (name, input) in &inputs {
        run(target, name, input);
    }
    let mut dice = Dice(7);
    for round in 0..rounds {
        let (name, good) = &inputs[dice.below(inputs.len())];
        let (_, other) = &inputs[dice.below(inputs.len())];
        let input = match round % 8 {
            0 => noise(&mut dice),
            1 => changed(good, &mut dice),
            _ if target.text => {
                let (good, other) = (
                    String::from_utf8_lossy(good),
                    String::from_utf8_lossy(other),
                );
                spliced(&good, &other, &mut dice).into_bytes()
            }
            _ => changed(good, &mut dice),
        };
        run(target, &format!("{name}, round {round}"), &input);
    }
}

#[test]
fn documents_of_any_bytes_come_back() {
    all_of("document", 1, 2000);
}

#[test]
fn rules_of_any_words_come_back() {
    all_of("rules", 3, 150);
}

#[test]
fn scripts_of_any_words_come_back() {
    all_of("bots", 9, 150);
}

#[test]
fn files_of_any_bytes_come_back_and_what_is_accepted_plays() {
    all_of("checker", 4, 300);
}

#[test]
fn layouts_of_any_file_change_no_world() {
    all_of("layout", 3, 150);
}

#[test]
fn snapshots_of_any_bytes_come_back() {
    all_of("snapshot", 1, 1500);
}

#[test]
fn recordings_of_any_bytes_come_back() {
    all_of("recording", 1, 400);
}
