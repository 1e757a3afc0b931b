//! The table of modules inside `core/src`: who may use whom.
//!
//! Invariant: no module uses one that is lower in the table, and no mechanic uses another. Tests
//! at the foot of a file may use anything.

use std::path::Path;

use anyhow::Context as _;

/// What a row may use.
enum Uses {
    /// These modules only.
    Only(&'static [&'static str]),
    /// Every module above it in the table.
    AllAbove,
}
use Uses::{AllAbove, Only};

/// Top to bottom; `docs/decisions/0010-module-table.md` says where it departs from the first draft.
const TABLE: [(&str, Uses); 21] = [
    ("ids", Only(&[])),
    ("diagnostic", Only(&[])),
    ("draw", Only(&["ids"])),
    ("hash", Only(&["ids"])),
    ("event", Only(&["ids"])),
    ("phase", Only(&["ids"])),
    ("state", Only(&["ids", "draw", "hash", "event"])),
    ("rules", Only(&["ids", "draw", "event", "state"])),
    ("mechanics", AllAbove),
    ("bots", Only(&["ids", "draw", "state", "rules"])),
    (
        "scenario",
        Only(&[
            "ids",
            "diagnostic",
            "draw",
            "event",
            "phase",
            "state",
            "mechanics",
            "rules",
            "bots",
        ]),
    ),
    ("observe", Only(&["ids", "event", "state", "scenario"])),
    ("policy", Only(&["ids"])),
    ("batch", AllAbove),
    ("fork", Only(&["ids", "state", "scenario", "batch"])),
    ("stats", Only(&[])),
    ("measures", Only(&["ids", "event", "batch", "stats"])),
    ("search", AllAbove),
    ("experiment", AllAbove),
    ("evaluate", AllAbove),
    ("replay", AllAbove),
];

/// Items of the crate's root itself, which any row may use.
const ROOT: [&str; 1] = ["RULES_VERSION"];

/// Modules whose files, one level down, may not use each other.
const APART: &str = "mechanics";

/// Every use that the table does not allow, as sentences.
pub(crate) fn check(source: &Path) -> anyhow::Result<Vec<String>> {
    let mut files = Vec::new();
    gather(source, &mut files)?;
    files.sort();
    let mut faults = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("{} cannot be read", file.display()))?;
        let place = file.strip_prefix(source).expect("gathered below it");
        faults.extend(check_file(&place.to_string_lossy(), &text));
    }
    Ok(faults)
}

fn gather(folder: &Path, files: &mut Vec<std::path::PathBuf>) -> anyhow::Result<()> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("{} is missing", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            gather(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// The faults of one file; `place` is its path below `core/src`.
fn check_file(place: &str, text: &str) -> Vec<String> {
    let mut parts = place.trim_end_matches(".rs").split('/');
    let module = parts.next().unwrap_or("");
    let part = parts.next();
    // `testing` is a module of tests, shared by those at the feet of files.
    let of_tests = place.ends_with("/tests.rs") || place.ends_with("/props.rs");
    if matches!(module, "lib" | "testing") || of_tests {
        return vec![];
    }
    let Some(row) = TABLE.iter().position(|(name, _)| *name == module) else {
        return vec![format!(
            "core/src/{place}: `{module}` has no row in the table of modules (xtask/src/modules.rs)"
        )];
    };
    let mut faults = Vec::new();
    for (line, path) in uses(text) {
        let mut path = path.iter().map(String::as_str);
        let (used, inner) = (path.next().unwrap_or(""), path.next());
        let at = format!("core/src/{place}:{line}");
        if used == module {
            let other = inner.filter(|inner| Some(*inner) != part);
            // The folder's own mod.rs is the one list, and names all.
            if module == APART && part.is_some_and(|part| part != "mod") {
                faults.extend(other.filter(|name| is_module(name)).map(|other| {
                    format!(
                        "{at}: a mechanic uses `{other}`; mechanics meet in state and events only"
                    )
                }));
            }
        } else if !ROOT.contains(&used) && !may_use(row, used) {
            faults.push(format!(
                "{at}: `{module}` may not use `crate::{used}` by the table of modules (xtask/src/modules.rs)"
            ));
        }
    }
    faults
}

/// Whether a path's part names a module, not an item.
fn is_module(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
}

fn may_use(row: usize, used: &str) -> bool {
    match &TABLE[row].1 {
        Only(names) => names.contains(&used),
        AllAbove => TABLE[..row].iter().any(|(name, _)| *name == used),
    }
}

/// The first two parts of each path from the crate's root, with its line; groups are taken apart.
/// Comments, and what follows the first `#[cfg(test)]`, are left out.
fn uses(text: &str) -> Vec<(usize, Vec<String>)> {
    let code = code_of(text);
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        let line = code[..at].matches('\n').count() + 1;
        let rest = &code[at + "crate::".len()..];
        let mut paths = Vec::new();
        read_tree(rest, &[], &mut paths);
        found.extend(paths.into_iter().map(|path| (line, path)));
    }
    found
}

/// The text up to its tests, with comments blanked and lines kept.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut in_block = false;
    for line in text.lines() {
        if line.trim() == "#[cfg(test)]" {
            break;
        }
        let mut rest = line;
        loop {
            if in_block {
                let Some((_, after)) = rest.split_once("*/") else {
                    break;
                };
                rest = after;
                in_block = false;
            }
            let Some((before, after)) = rest.split_once("/*") else {
                code.push_str(rest.split("//").next().unwrap_or(""));
                break;
            };
            if let Some((before, _)) = before.split_once("//") {
                code.push_str(before);
                break;
            }
            code.push_str(before);
            rest = after;
            in_block = true;
        }
        code.push('\n');
    }
    code
}

/// Reads one tree of a `use`, up to two parts deep; returns what follows it.
fn read_tree<'t>(text: &'t str, before: &[String], paths: &mut Vec<Vec<String>>) -> &'t str {
    let text = text.trim_start();
    if before.len() == 2 {
        paths.push(before.to_vec());
        return skip_tree(text);
    }
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix('}') {
                return after;
            }
            let after = read_tree(rest, before, paths).trim_start();
            rest = after.strip_prefix(',').unwrap_or(after);
            if rest.is_empty() || !(after.starts_with([',', '}'])) {
                return rest;
            }
        }
    }
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let mut path = before.to_vec();
    path.push(name.to_owned());
    if let Some(rest) = rest.strip_prefix("::") {
        return read_tree(rest, &path, paths);
    }
    paths.push(path);
    skip_tree(rest)
}

/// Skips the rest of one tree: to the comma, brace or semicolon that ends it.
fn skip_tree(text: &str) -> &str {
    let mut depth = 0_u32;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' | ';' if depth == 0 => return &text[at..],
            _ => {}
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(place: &str, text: &str, faults: &[&str]) {
        let found = check_file(place, text);
        assert_eq!(found.len(), faults.len(), "{found:#?}");
        for (found, wanted) in found.iter().zip(faults) {
            assert!(found.contains(wanted), "{found}");
        }
    }

    #[test]
    fn a_row_may_use_what_the_table_allows() {
        check(
            "state/map.rs",
            "use crate::ids::{Cell, Slot};\nuse crate::draw::Draw;",
            &[],
        );
        check(
            "batch.rs",
            "use crate::{\n    ids::Slot,\n    mechanics::{beam::Beam, zap},\n};",
            &[],
        );
    }

    #[test]
    fn a_lower_row_is_refused_wherever_it_is_written() {
        check(
            "state.rs",
            "use crate::batch::Batch;",
            &["core/src/state.rs:1: `state`"],
        );
        check(
            "ids.rs",
            "\nfn f() { crate::state::g() }",
            &["core/src/ids.rs:2"],
        );
        let group = "use crate::{ids::{Slot, Tick}, batch::Batch,\n    replay};";
        check("event.rs", group, &["`crate::batch`", "`crate::replay`"]);
    }

    #[test]
    fn a_mechanic_does_not_use_another() {
        check(
            "mechanics/beam.rs",
            "use crate::mechanics::regrow::Regrow;",
            &["uses `regrow`"],
        );
        check(
            "mechanics/beam.rs",
            "use crate::mechanics::{Mechanic, regrow};",
            &["uses `regrow`"],
        );
        check(
            "mechanics/beam.rs",
            "use crate::mechanics::Mechanic;\nuse crate::state::S;",
            &[],
        );
        check("mechanics/mod.rs", "use crate::mechanics::beam::Beam;", &[]);
    }

    #[test]
    fn comments_and_tests_are_free() {
        check(
            "ids.rs",
            "id!(/** See [`crate::event`]. */ A); // not /* crate::batch\n",
            &[],
        );
        check(
            "ids.rs",
            "/* crate::batch\n */ use crate::replay;",
            &["core/src/ids.rs:2"],
        );
        let text =
            "//! See [`crate::replay`].\n#[cfg(test)]\nmod tests {\n    use crate::batch::B;\n}";
        check("ids.rs", text, &[]);
    }

    #[test]
    fn a_module_without_a_row_is_named() {
        check("extra.rs", "", &["`extra` has no row"]);
    }
}
