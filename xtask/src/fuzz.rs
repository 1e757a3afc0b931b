//! `cargo xtask fuzz`: a fuzzer before the bodies of `tests/src/fuzz`.
//!
//! Invariant: what is tried is what the gate runs; a find is kept under `tests/fuzz/artifacts`, and becomes a file of `tests/corpus`.

use anyhow::{Context as _, bail};
use xshell::{Shell, cmd};

/// All targets, as `tests/fuzz/Cargo.toml` lists them.
fn targets(shell: &Shell) -> anyhow::Result<Vec<String>> {
    let files = shell.read_dir("tests/fuzz/targets")?;
    let names = files.iter().filter_map(|f| f.file_stem()?.to_str());
    Ok(names.map(str::to_owned).collect())
}

/// Fuzzes the target named, or each in turn, for so many seconds.
pub(crate) fn fuzz(shell: &Shell, options: &[&str]) -> anyhow::Result<()> {
    let all = targets(shell)?;
    let (named, options) = match options {
        [name, rest @ ..] if !name.starts_with("--") => (Some((*name).to_owned()), rest),
        rest => (None, rest),
    };
    if let Some(name) = named.as_ref().filter(|name| !all.contains(name)) {
        bail!("no fuzz target `{name}`; there are {}", all.join(", "));
    }
    let seconds = crate::option(options, "--seconds")?.unwrap_or(60);
    for target in named.map_or(all, |name| vec![name]) {
        run(shell, &target, seconds)?;
    }
    Ok(())
}

/// One target: found inputs grow in a folder of their own beside the corpus of the repository.
fn run(shell: &Shell, target: &str, seconds: u64) -> anyhow::Result<()> {
    let _inside = shell.push_dir("tests/fuzz");
    let grown = format!("corpus/{target}");
    shell.create_dir(&grown)?;
    let time = format!("-max_total_time={seconds}");
    // No sanitizer: the engine has no unsafe code, and twice as many inputs are tried without.
    cmd!(
        shell,
        "cargo +nightly fuzz run --fuzz-dir . --sanitizer none {target} {grown} ../corpus/{target} --"
    )
    .args([&time, "-max_len=65536", "-timeout=60"])
    .args(["-rss_limit_mb=2048", "-malloc_limit_mb=512"])
    .run()
    .with_context(|| format!("the target `{target}` found something, or cannot be built"))
}
