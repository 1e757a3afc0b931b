//! What the workspace promises of itself: who depends on whom, under which licences, and that the
//! pages name files that exist. Also a test, so that the gate runs it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context as _;
use cargo_metadata::{Metadata, MetadataCommand};
use xshell::{Shell, cmd};

use crate::{modules, setup};

/// STYLE's map of the workspace: package, and which of ours it may depend on.
const PACKAGES: [(&str, &[&str]); 8] = [
    ("commonweal-core", &[]),
    ("commonweal-scenarios", &[]),
    (
        "commonweal-cli",
        &["commonweal-core", "commonweal-scenarios"],
    ),
    (
        "commonweal-python",
        &["commonweal-core", "commonweal-cli", "commonweal-scenarios"],
    ),
    ("commonweal-wasm", &["commonweal-core"]),
    (
        "commonweal-tests",
        &["commonweal-core", "commonweal-cli", "commonweal-scenarios"],
    ),
    ("commonweal-bench", &["commonweal-core"]),
    ("xtask", &[]),
];

/// Licences that a user of the binaries need do nothing for but keep the notice.
const LICENCES: [&str; 13] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// One version of each in what ships: their types cross crates.
const ONE_VERSION: [&str; 2] = ["glam", "rand"];

/// What we ship; only normal dependencies of these reach a user.
const SHIPPED: [&str; 4] = [
    "commonweal-core",
    "commonweal-cli",
    "commonweal-python",
    "commonweal-wasm",
];

/// Pages whose paths in backticks must exist.
const PAGES: [&str; 3] = ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"];

/// Every fault, as one sentence each.
pub(crate) fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let shell = Shell::new()?;
    shell.change_dir(root);
    let metadata = MetadataCommand::new()
        .current_dir(root)
        .other_options(["--locked".to_owned()])
        .exec()
        .context("`cargo metadata --locked` failed: is Cargo.lock up to date?")?;
    let mut faults = dependencies(&metadata);
    faults.extend(licences(&metadata));
    faults.extend(versions(&shell, &metadata)?);
    faults.extend(engine_is_without_os(&shell, &metadata)?);
    faults.extend(modules::check(&root.join("core/src"))?);
    faults.extend(paths_in_pages(&shell)?);
    faults.extend(traces_of_machines(&shell)?);
    Ok(faults)
}

fn dependencies(metadata: &Metadata) -> Vec<String> {
    let ours: BTreeSet<&str> = metadata
        .workspace_packages()
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let mut faults = Vec::new();
    for package in metadata.workspace_packages() {
        let name = package.name.as_str();
        let Some((_, allowed)) = PACKAGES.iter().find(|(known, _)| *known == name) else {
            faults.push(format!(
                "{name}: no row in the map of the workspace (xtask/src/tidy.rs)"
            ));
            continue;
        };
        for dependency in &package.dependencies {
            let on = dependency.name.as_str();
            if ours.contains(on) && !allowed.contains(&on) {
                faults.push(format!(
                    "{name} may not depend on {on} by the map of the workspace"
                ));
            }
        }
    }
    for package in &metadata.packages {
        let source = package
            .source
            .as_ref()
            .map_or("", |source| source.repr.as_str());
        if source.starts_with("git+") {
            faults.push(format!(
                "{}: a git dependency; take a released version",
                package.name
            ));
        }
    }
    faults
}

fn licences(metadata: &Metadata) -> Vec<String> {
    let mut faults = Vec::new();
    for package in &metadata.packages {
        match &package.license {
            None => faults.push(format!("{}: names no licence", package.name)),
            Some(licence) if !is_allowed(licence) => faults.push(format!(
                "{}: its licence `{licence}` is not in the list (xtask/src/tidy.rs)",
                package.name
            )),
            Some(_) => {}
        }
    }
    faults
}

/// Whether an SPDX expression leaves a choice that is in the list. `/` is the old way to write OR.
fn is_allowed(expression: &str) -> bool {
    let tokens = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let tokens: Vec<&str> = tokens.split_whitespace().collect();
    let mut at = 0;
    any_of(&tokens, &mut at) && at == tokens.len()
}

fn any_of(tokens: &[&str], at: &mut usize) -> bool {
    let mut holds = all_of(tokens, at);
    while tokens.get(*at) == Some(&"OR") {
        *at += 1;
        holds |= all_of(tokens, at);
    }
    holds
}

fn all_of(tokens: &[&str], at: &mut usize) -> bool {
    let mut holds = one_of(tokens, at);
    while tokens.get(*at) == Some(&"AND") {
        *at += 1;
        holds &= one_of(tokens, at);
    }
    holds
}

fn one_of(tokens: &[&str], at: &mut usize) -> bool {
    let Some(token) = tokens.get(*at) else {
        return false;
    };
    *at += 1;
    if *token == "(" {
        let holds = any_of(tokens, at);
        *at += 1;
        return holds;
    }
    let mut licence = (*token).to_owned();
    if tokens.get(*at) == Some(&"WITH") {
        licence = format!("{licence} WITH {}", tokens.get(*at + 1).unwrap_or(&""));
        *at += 2;
    }
    LICENCES.contains(&licence.as_str())
}

/// The packages that those `of` the workspace need at run time, as `name vX.Y.Z`. Asked of
/// `cargo tree`, since `cargo metadata` counts features that nobody switches on.
fn needed(
    shell: &Shell,
    metadata: &Metadata,
    of: &[&str],
    target: &str,
) -> anyhow::Result<BTreeSet<String>> {
    let ours = metadata.workspace_packages();
    let present = ours
        .iter()
        .map(|package| package.name.as_str())
        .filter(|name| of.contains(name));
    let mut needed = BTreeSet::new();
    for package in present {
        let options = [
            "--locked",
            "--edges=normal",
            "--prefix=none",
            "--format={p}",
        ];
        let tree = cmd!(
            shell,
            "cargo tree {options...} --target {target} --package {package}"
        );
        let tree = tree.quiet().read()?;
        let lines = tree
            .lines()
            .map(|line| line.split(" (").next().unwrap_or(line));
        needed.extend(lines.map(str::to_owned));
    }
    Ok(needed)
}

fn versions(shell: &Shell, metadata: &Metadata) -> anyhow::Result<Vec<String>> {
    let needed = needed(shell, metadata, &SHIPPED, "all")?;
    let mut faults = Vec::new();
    for name in ONE_VERSION {
        let start = format!("{name} v");
        let versions: Vec<&str> = needed
            .iter()
            .filter_map(|package| package.strip_prefix(&start))
            .collect();
        if versions.len() > 1 {
            faults.push(format!(
                "{name}: {} all ship; one version only",
                versions.join(" and ")
            ));
        }
    }
    Ok(faults)
}

/// The engine in the page has no source of randomness but the seed.
fn engine_is_without_os(shell: &Shell, metadata: &Metadata) -> anyhow::Result<Vec<String>> {
    let engine = ["commonweal-core", "commonweal-wasm"];
    let needed = needed(shell, metadata, &engine, setup::WASM_TARGET)?;
    let found = needed
        .iter()
        .filter(|package| package.starts_with("getrandom v"));
    Ok(found
        .map(|package| {
            format!("{package}: reaches the page's engine, which draws from its seed only")
        })
        .collect())
}

fn paths_in_pages(shell: &Shell) -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    for page in PAGES {
        if !shell.path_exists(page) {
            continue; // its own issue says when it must be there
        }
        let text = shell.read_file(page)?;
        for (line, path) in paths(&text) {
            let here = shell.path_exists(path);
            if !here
                && cmd!(shell, "git check-ignore --quiet {path}")
                    .quiet()
                    .run()
                    .is_err()
            {
                faults.push(format!("{page}:{line}: `{path}` does not exist"));
            }
        }
    }
    Ok(faults)
}

/// What stands in single backticks and looks like a path: a slash between plain names.
fn paths(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (n, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let quoted = line.split('`').skip(1).step_by(2);
            found.extend(
                quoted
                    .filter(|quoted| is_path(quoted))
                    .map(|quoted| (n + 1, quoted)),
            );
        }
    }
    found
}

fn is_path(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    text.contains('/') && !text.starts_with('/') && text.chars().all(plain)
}

/// Names of machines and registries, which no file of ours needs.
fn traces_of_machines(shell: &Shell) -> anyhow::Result<Vec<String>> {
    // Put together here, so that this file does not find itself.
    let mut traces: Vec<String> = ["root", "home", "work", "Users"]
        .map(|dir| format!("/{dir}/"))
        .into();
    traces.extend(
        [
            "registry.npmjs",
            "files.pythonhosted",
            "index.crates",
            "static.crates",
        ]
        .map(|host| {
            format!(
                "{host}{}",
                if host.ends_with("npmjs") { ".org" } else { "." }
            )
        }),
    );
    let listed = cmd!(
        shell,
        "git ls-files -z --cached --others --exclude-standard"
    )
    .quiet()
    .read()?;
    let mut faults = Vec::new();
    for file in listed.split('\0').filter(|file| !file.is_empty()) {
        let Ok(bytes) = std::fs::read(shell.current_dir().join(file)) else {
            continue;
        };
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        for (n, line) in text.lines().enumerate() {
            let traced = traces.iter().find(|trace| holds_trace(line, trace));
            faults.extend(
                traced.map(|trace| {
                    format!("{file}:{}: `{trace}` names a machine or a registry", n + 1)
                }),
            );
        }
    }
    Ok(faults)
}

/// Whether `trace` stands in the line on its own, not inside a longer path.
fn holds_trace(line: &str, trace: &str) -> bool {
    line.match_indices(trace).any(|(at, _)| {
        !line[..at].ends_with(|c: char| {
            c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '}' | '*')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_keeps_its_own_rules() {
        let faults = check(&crate::root()).expect("the checks run");
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn a_licence_is_allowed_if_one_choice_is() {
        for good in [
            "MIT",
            "MIT OR GPL-3.0",
            "Unlicense/MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
        ] {
            assert!(is_allowed(good), "{good}");
        }
        assert!(is_allowed("Apache-2.0 WITH LLVM-exception OR GPL-2.0"));
        for bad in [
            "GPL-3.0",
            "MIT AND MPL-2.0",
            "Apache-2.0 WITH other",
            "",
            "MIT MIT",
            "(GPL-3.0)",
        ] {
            assert!(!is_allowed(bad), "{bad}");
        }
    }

    #[test]
    fn paths_are_told_from_other_code() {
        let text =
            "See `core/src/ids.rs` and `a b/c`, `x`, `**/*.rs`.\n```\n`no/path`\n```\n`docs/`";
        assert_eq!(paths(text), [(1, "core/src/ids.rs"), (5, "docs/")]);
    }

    #[test]
    fn a_machine_path_is_found_and_a_longer_one_is_not() {
        let home = format!("/{}/", "home");
        assert!(holds_trace(&format!("see {home}me/file"), &home));
        assert!(!holds_trace(&format!("site{home}page"), &home));
    }
}
