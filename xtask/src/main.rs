//! The workspace's one tool: what CI runs, what a clone needs, what keeps the rules.
//!
//! Invariant: it depends on none of our crates and stays quick to build; what it must know of
//! them it reads from their files or asks their tests.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool that people and CI read in a terminal"
)]

mod bless;
mod fuzz;
mod modules;

mod run;
mod serve;
mod setup;
mod steps;
mod summary;
mod tidy;
mod wasm;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use xshell::{Shell, cmd};

use crate::steps::Session;

const USAGE: &str = "\
cargo xtask test [STEP…]       install what the tests need, run all steps (or those named)
    steps: fmt clippy rust gen wasm python web e2e; `cargo xtask STEP` runs one alone
cargo xtask tidy               dependencies, licences, module table, paths in the pages
cargo xtask gen                write the generated files (the step `test gen` compares them)
cargo xtask web [--port N]     build the page and serve it on this machine
cargo xtask bless              write the golden traces; refused unless RULES_VERSION rose
cargo xtask soak [--seed N]    the long random test
cargo xtask simulate           the studies of the statistics, into docs/results/statistics.md
cargo xtask reference [--ticks N] [--seed N]
    engine and reference side by side over drawn scenarios, 10^6 ticks without --ticks
cargo xtask fuzz [TARGET] [--seconds N]
    a fuzzer before each body of tests/src/fuzz (or the one named), N seconds each, 60 without --seconds;
    needs a nightly compiler and `cargo install cargo-fuzz --locked`";

/// The root of the workspace. Cargo names it at run time too, and that counts: a copied `target`
/// folder holds this program with another checkout's path in it.
fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest
        .parent()
        .expect("xtask lies in the root")
        .to_path_buf()
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn dispatch(args: &[&str]) -> anyhow::Result<ExitCode> {
    let shell = Shell::new().context("this folder cannot be read")?;
    shell.change_dir(root());
    match args {
        [] | ["help" | "--help" | "-h"] => println!("{USAGE}"),
        ["test", names @ ..] => return Session::new(shell).test(names),
        ["tidy"] => {
            let faults = tidy::check(&root())?;
            for fault in &faults {
                println!("{fault}");
            }
            println!("tidy: {} fault(s)", faults.len());
            return Ok(if faults.is_empty() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            });
        }
        ["gen"] => cmd!(
            shell,
            "cargo test --locked -p commonweal-tests --test generated --test page"
        )
        .env("COMMONWEAL_GEN", "write")
        .run()?,
        ["bless"] => bless::bless(&shell)?,
        ["soak", options @ ..] => soak(&shell, options)?,
        ["simulate"] => {
            let page = cmd!(
                shell,
                "cargo run --locked --quiet --release -p commonweal-tests --example simulate"
            )
            .read()?;
            shell.write_file("docs/results/statistics.md", page + "\n")?;
        }
        ["reference", options @ ..] => cmd!(
            shell,
            "cargo run --locked --release -p commonweal-tests --example reference --"
        )
        .args(options)
        .run()?,
        ["fuzz", options @ ..] => fuzz::fuzz(&shell, options)?,
        ["web", options @ ..] => {
            let port = option(options, "--port")?.unwrap_or(8000);
            let port = u16::try_from(port).context("--port takes a number from 0 to 65535")?;
            Session::new(shell).build_page()?;
            serve::serve(&root().join("web-demo/dist"), port)?;
        }
        [name] if steps::is_step(name) => return Session::new(shell).test(&[name]),
        _ => bail!("no such task: {}\n{USAGE}", args.join(" ")),
    }
    Ok(ExitCode::SUCCESS)
}

/// The long form of the soak test, in release.
fn soak(shell: &Shell, options: &[&str]) -> anyhow::Result<()> {
    let seed = option(options, "--seed")?.unwrap_or(0).to_string();
    cmd!(
        shell,
        "cargo test --locked --release -p commonweal-tests --test soak"
    )
    .args(["--", "--nocapture"])
    .env("COMMONWEAL_SOAK_SEED", seed)
    .env("COMMONWEAL_SOAK", "long")
    .run()?;
    Ok(())
}

/// The value of the only option that a task takes.
fn option(options: &[&str], name: &str) -> anyhow::Result<Option<u64>> {
    match options {
        [] => Ok(None),
        [given, value] if *given == name => {
            let number = value.parse();
            number
                .map(Some)
                .with_context(|| format!("{name} takes a whole number, not `{value}`"))
        }
        _ => bail!(
            "this task takes `{name} N` only, not `{}`",
            options.join(" ")
        ),
    }
}
