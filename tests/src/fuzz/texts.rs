//! Texts: TOML, rules, scripts, whole files, their layout.

use commonweal_core::diagnostic::{Diagnostic, Severity};
use commonweal_core::scenario::{self, Scenario, doc};

use super::{named, play};
use crate::worlds::{cells, compile};

/// Ticks that an accepted scenario is played.
const TICKS: u64 = 32;

/// Every diagnostic has a place in the text and something to say.
fn placed(text: &str, diagnostics: &[Diagnostic]) {
    for d in diagnostics {
        let related = d.related.iter().map(|r| r.span);
        for span in std::iter::once(d.span).chain(related) {
            let n = text.len();
            assert!(
                text.get(span.start..span.end).is_some(),
                "{d:?} has no place in {n} bytes"
            );
        }
        assert!(!d.message.is_empty() && !d.code.is_empty(), "{d:?}");
        assert!(d.line("fuzzed", text).starts_with("fuzzed:"), "{d:?}");
    }
}

/// The same, and without errors there is a scenario, with errors none.
fn told(text: &str, found: Option<&Scenario>, diagnostics: &[Diagnostic]) {
    placed(text, diagnostics);
    assert!(diagnostics.len() <= 50, "{} diagnostics", diagnostics.len());
    let refused = diagnostics.iter().any(|d| d.severity == Severity::Error);
    assert_eq!(
        found.is_none(),
        refused,
        "refused without a word, or accepted with errors: {diagnostics:?}"
    );
}

/// TOML: a tree whose places lie in the text, or complaints that do.
///
/// # Panics
/// When a place lies outside, or the tree does not read the same again.
pub fn document(bytes: &[u8]) {
    fn inside(node: &doc::Node, text: &str) {
        for span in [node.span, node.key] {
            assert!(text.get(span.start..span.end).is_some(), "{span:?}");
        }
        let below = node.entries().iter().map(|(_, n)| n).chain(node.items());
        below.for_each(|n| inside(n, text));
    }
    let given = String::from_utf8_lossy(bytes);
    let (text, removed) = doc::unix_lines(&given);
    let mut out = Vec::new();
    let tree = doc::parse(&text, &mut out);
    placed(&text, &out);
    assert!(tree.is_some() || !out.is_empty(), "refused without a word");
    for d in &out {
        let (start, end) = (
            doc::original(d.span.start, &removed),
            doc::original(d.span.end, &removed),
        );
        assert!(given.get(start..end).is_some(), "{start}..{end}");
    }
    let Some(tree) = tree else { return };
    inside(&tree, &text);
    let again = doc::parse(&text, &mut Vec::new()).expect("it was read a moment ago");
    assert!(tree.same(&again));
}

/// A whole file: checked; when it is accepted, every cell of it compiles, and the first of each arm plays.
///
/// # Panics
/// When something that is promised of one or the other does not hold.
pub fn checker(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (found, diagnostics) = scenario::check("fuzzed", &text);
    told(&text, found.as_ref(), &diagnostics);
    if let Some(scenario) = found {
        plays(&scenario);
    }
}

fn plays(scenario: &Scenario) {
    let mut played: Vec<[u8; 32]> = Vec::new();
    for cell in cells(scenario) {
        let compiled = compile(scenario, &cell);
        // Cells that patch nothing are the same world.
        if played.len() < 4 && !played.contains(&compiled.hash) {
            played.push(compiled.hash);
            play(&compiled, TICKS);
        }
    }
}

/// The layout of any file that is TOML: laying out twice is laying out once, and it is the same world; what is mended has fewer slips.
///
/// # Panics
/// When it is not.
pub fn layout(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (found, diagnostics) = scenario::check("fuzzed", &text);
    if let Ok(out) = scenario::format(&text) {
        assert_eq!(
            scenario::format(&out).as_deref(),
            Ok(out.as_str()),
            "laid out twice"
        );
        let (again, slips) = scenario::check("fuzzed", &out);
        assert_eq!(
            found.is_some(),
            again.is_some(),
            "the layout changed what is accepted: {slips:?}"
        );
        for (a, b) in found.iter().zip(&again) {
            assert_eq!(cells(a), cells(b));
            for cell in cells(a).iter().take(2) {
                let (a, b) = (compile(a, cell), compile(b, cell));
                // Rules and scripts are laid out too: they stand in the hash as written.
                assert_eq!(a.programs, b.programs, "{cell}");
                assert_eq!(a.bots, b.bots, "{cell}");
            }
        }
    }
    if diagnostics.iter().all(|d| d.severity == Severity::Warning) {
        return;
    }
    let (mended, what) = scenario::mend("fuzzed", &text);
    assert_eq!(what.is_empty(), mended == text, "{what:?}");
    let (found, left) = scenario::check("fuzzed", &mended);
    told(&mended, found.as_ref(), &left);
}

/// Rules of a shipped scenario: the text in place of all its blocks.
///
/// # Panics
/// As [`checker`].
pub fn rules(bytes: &[u8]) {
    in_file(bytes, "all", |file| {
        let start = file.find("\n[rules]\n")? + "\n[rules]\n".len();
        let end = file[start..]
            .find("\n[")
            .map_or(file.len(), |i| start + i + 1);
        Some((start, end))
    });
}

/// The first script of a shipped scenario.
///
/// # Panics
/// As [`checker`].
pub fn bots(bytes: &[u8]) {
    in_file(bytes, "script", |file| {
        let start = file.find("\nscript = '''")? + 1;
        let text = start + "script = '''".len();
        Some((start, text + file[text..].find("'''")? + 4))
    });
}

/// Puts the rest of an input under a key into the file that its first line names, at a place of it.
fn in_file(bytes: &[u8], key: &str, place: impl Fn(&str) -> Option<(usize, usize)>) {
    let (index, rest) = named(bytes);
    let file = commonweal_scenarios::ALL[index].text;
    let inner = String::from_utf8_lossy(rest);
    let Some((start, end)) = place(file).filter(|_| !inner.contains("'''")) else {
        return;
    };
    let (before, after) = (&file[..start], &file[end..]);
    checker(format!("{before}{key} = '''\n{inner}\n'''\n{after}").as_bytes());
}

/// Whole files: what is shipped.
pub(super) fn files() -> Vec<(String, Vec<u8>)> {
    commonweal_scenarios::ALL
        .iter()
        .map(|s| (s.id.to_owned(), s.text.as_bytes().to_vec()))
        .collect()
}

/// All rules of each shipped scenario.
pub(super) fn rule_blocks() -> Vec<(String, Vec<u8>)> {
    inner("rules")
}

/// All scripts of each shipped scenario, each an input.
pub(super) fn scripts() -> Vec<(String, Vec<u8>)> {
    inner("bots")
}

fn inner(table: &str) -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    for shipped in commonweal_scenarios::ALL {
        let (text, _) = doc::unix_lines(shipped.text);
        let Some(tree) = doc::parse(&text, &mut Vec::new()) else {
            continue;
        };
        let entries = tree.get(table).map_or(&[][..], doc::Node::entries);
        for (name, node) in entries {
            if let Some(text) = node.text().or_else(|| node.get("script")?.text()) {
                let input = format!("{}\n{text}", shipped.id);
                out.push((format!("{}-{name}", shipped.id), input.into_bytes()));
            }
        }
    }
    out
}
