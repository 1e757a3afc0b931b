//! Builds the page's engine: cargo, wasm-bindgen, wasm-opt.

use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context as _, bail};
use xshell::{Shell, cmd};

use crate::run::required;
use crate::setup::{self, WASM_TARGET};

/// Where the built package lies; the page and the tests under Node read it there.
pub(crate) const PACKAGE: &str = "web-demo/pkg";

/// Builds `web-demo/pkg` from the sources, unless it is newer than what cargo made.
pub(crate) fn build(shell: &Shell) -> anyhow::Result<()> {
    if !shell.path_exists("wasm/Cargo.toml") {
        bail!("wasm/ does not exist yet: the engine's crate for the page belongs there");
    }
    setup::wasm_target(shell)?;
    setup::npm(shell)?;
    required(cmd!(
        shell,
        "cargo build --quiet --locked -p commonweal-wasm --target {WASM_TARGET} --profile wasm"
    ))?;
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let built = format!("{target}/{WASM_TARGET}/wasm/commonweal_wasm.wasm");
    let bound = format!("{PACKAGE}/commonweal_bg.wasm");
    if is_newer(&shell.current_dir(), &bound, &built) {
        return Ok(());
    }
    shell.remove_path(PACKAGE)?;
    let scratch = format!("{target}/{WASM_TARGET}/wasm/bound");
    required(cmd!(
        shell,
        "cargo run --quiet --locked -p xtask --features bindgen --bin bindgen -- {built} {scratch}"
    ))?;
    let optimise = "web-demo/node_modules/binaryen/bin/wasm-opt";
    if !shell.path_exists(optimise) {
        bail!(
            "{optimise} is missing: `binaryen` belongs in the devDependencies of web-demo/package.json"
        );
    }
    let unoptimised = format!("{scratch}/commonweal_bg.wasm");
    let optimised = format!("{scratch}/optimised.wasm");
    let strip = [
        "--strip-debug",
        "--strip-producers",
        "--strip-target-features",
    ];
    required(cmd!(
        shell,
        "node {optimise} -O3 {strip...} {unoptimised} -o {optimised}"
    ))?;
    shell.create_dir(PACKAGE)?;
    for file in [
        "commonweal.js",
        "commonweal.d.ts",
        "commonweal_bg.wasm.d.ts",
    ] {
        shell.copy_file(format!("{scratch}/{file}"), PACKAGE)?;
    }
    let snippets = format!("{scratch}/snippets");
    if shell.path_exists(&snippets) {
        required(cmd!(shell, "cp -r {snippets} {PACKAGE}"))?;
    }
    shell.copy_file("wasm/npm/package.json", PACKAGE)?;
    // Last: its time says that the package is whole.
    shell
        .copy_file(&optimised, &bound)
        .context("the optimised engine cannot be put in place")?;
    Ok(())
}

fn is_newer(root: &Path, one: &str, other: &str) -> bool {
    let time = |file: &str| -> Option<SystemTime> {
        std::fs::metadata(root.join(file))
            .and_then(|data| data.modified())
            .ok()
    };
    time(one).is_some_and(|one| time(other).is_some_and(|other| one > other))
}
