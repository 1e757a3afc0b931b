//! Writes the golden traces anew, and refuses to change one under an unchanged rules version.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use xshell::{Shell, cmd};

const GOLDEN: &str = "tests/golden";

/// Runs the golden tests in write mode. A trace that changes though `RULES_VERSION` did not rise
/// since the traces were last committed is put back, and named.
pub(crate) fn bless(shell: &Shell) -> anyhow::Result<()> {
    let folder = shell.current_dir().join(GOLDEN);
    let before = contents(&folder)?;
    cmd!(
        shell,
        "cargo test --locked -p commonweal-tests --test golden"
    )
    .env("COMMONWEAL_BLESS", "1")
    .run()?;
    let after = contents(&folder)?;
    let changed: Vec<&PathBuf> = before
        .iter()
        .filter(|(file, text)| after.get(*file) != Some(text))
        .map(|(file, _)| file)
        .collect();
    let (then, now) = (committed_version(shell)?, version(&core_sources(shell)?)?);
    if changed.is_empty() || then.is_none_or(|then| now > then) {
        println!(
            "{} traces, {} changed, rules version {now}",
            after.len(),
            changed.len()
        );
        return Ok(());
    }
    for file in &changed {
        shell.write_file(file, &before[*file])?;
    }
    let names: Vec<String> = changed
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    bail!(
        "{} golden trace(s) changed, but RULES_VERSION is still {now}: they were put back. Raise it \
         and say why in CHANGELOG.md under Rules, or mend the change:\n{}",
        names.len(),
        names.join("\n")
    )
}

/// Every file below `folder`, with its bytes.
fn contents(folder: &Path) -> anyhow::Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        if !folder.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path)?;
                found.insert(path, bytes);
            }
        }
    }
    Ok(found)
}

/// The rules version at the commit that last touched the traces; none before the first.
fn committed_version(shell: &Shell) -> anyhow::Result<Option<u32>> {
    let commit = cmd!(shell, "git log -1 --format=%H -- {GOLDEN}")
        .quiet()
        .read()?;
    if commit.is_empty() {
        return Ok(None);
    }
    let sources = cmd!(shell, "git grep -h RULES_VERSION {commit} -- core/src")
        .quiet()
        .read()?;
    version(&sources).map(Some)
}

fn core_sources(shell: &Shell) -> anyhow::Result<String> {
    Ok(
        cmd!(shell, "git grep -h --untracked RULES_VERSION -- core/src")
            .quiet()
            .read()?,
    )
}

/// The number in `pub const RULES_VERSION: u32 = N;`.
fn version(sources: &str) -> anyhow::Result<u32> {
    let line = sources
        .lines()
        .find(|line| line.contains("const RULES_VERSION"));
    let number = line
        .and_then(|line| line.split_once('='))
        .map(|(_, number)| number);
    number
        .and_then(|number| number.trim().trim_end_matches(';').parse().ok())
        .context("core/src declares no `const RULES_VERSION: … = N;`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_its_declaration() {
        let sources = "use crate::RULES_VERSION;\npub const RULES_VERSION: u32 = 12;\n";
        assert_eq!(version(sources).unwrap(), 12);
        assert!(version("nothing").is_err());
    }
}
