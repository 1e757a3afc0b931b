//! The steps of the gate, in their order; each runs alone too.
//!
//! Invariant: a step that could not run is a failure with a sentence, never skipped.

use std::cell::OnceCell;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use xshell::{Cmd, Shell, cmd};

use crate::run::{counted, required};
use crate::summary::{Runner, Tally};
use crate::{setup, wasm};

type Step = fn(&Session) -> anyhow::Result<Tally>;

const STEPS: [(&str, Step); 8] = [
    ("fmt", Session::fmt),
    ("clippy", Session::clippy),
    ("rust", Session::rust),
    ("gen", Session::generated),
    ("wasm", Session::wasm),
    ("python", Session::python),
    ("web", Session::web),
    ("e2e", Session::e2e),
];

/// Generated files are compared by tests whose names start so; the step `gen` runs them.
const GENERATED: &str = "generated_";

/// Crates that are built for a host of their own, and tested there.
const FACES: [&str; 2] = ["--exclude=commonweal-python", "--exclude=commonweal-wasm"];

/// Whether `name` runs alone as `cargo xtask NAME`; `gen` and `web` mean more there.
pub(crate) fn is_step(name: &str) -> bool {
    !matches!(name, "gen" | "web") && STEPS.iter().any(|(step, _)| *step == name)
}

/// One run of the tool: what a step has built, the next one need not build again.
pub(crate) struct Session {
    shell: Shell,
    engine: OnceCell<Result<(), String>>,
    page: OnceCell<Result<(), String>>,
}

impl Session {
    pub(crate) fn new(shell: Shell) -> Self {
        // A test compares, it never accepts; and no runner may wait for keys.
        for (name, value) in [
            ("INSTA_UPDATE", "no"),
            ("CI", "1"),
            ("NO_COLOR", "1"),
            ("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"),
        ] {
            shell.set_var(name, value);
        }
        Session {
            shell,
            engine: OnceCell::new(),
            page: OnceCell::new(),
        }
    }

    /// Runs the steps named, or all; the last line printed is the sum.
    pub(crate) fn test(&self, names: &[&str]) -> anyhow::Result<ExitCode> {
        if let Some(unknown) = names
            .iter()
            .find(|name| STEPS.iter().all(|(step, _)| step != *name))
        {
            let known: Vec<&str> = STEPS.iter().map(|(step, _)| *step).collect();
            bail!(
                "no step is called `{unknown}`; there are: {}",
                known.join(" ")
            );
        }
        let mut rows: Vec<(&str, Tally, Duration)> = Vec::new();
        for (name, step) in STEPS
            .iter()
            .filter(|(step, _)| names.is_empty() || names.contains(step))
        {
            println!("\n== {name}");
            let start = Instant::now();
            let mut tally = Tally::default();
            tally.add(step(self));
            rows.push((name, tally, start.elapsed()));
        }
        println!("\nstep       passed  failed     time");
        for (name, tally, time) in &rows {
            let seconds = time.as_secs_f32();
            println!(
                "{name:<10} {:>6}  {:>6}  {seconds:>6.1}s",
                tally.passed, tally.failed
            );
            tally.notes.iter().for_each(|note| println!("    {note}"));
        }
        let passed: u32 = rows.iter().map(|(_, tally, _)| tally.passed).sum();
        let failed: u32 = rows.iter().map(|(_, tally, _)| tally.failed).sum();
        println!("{passed} passed, {failed} failed");
        Ok(if failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    fn fmt(&self) -> anyhow::Result<Tally> {
        let all = cmd!(self.shell, "cargo fmt --all -- --check -l");
        let mut tally = counted(all, Runner::Exit)?;
        // `cargo fmt` does not see modules that a macro declares, as the list of mechanics does.
        let mut mechanics = files_ending(&self.shell, "core/src/mechanics", ".rs")?;
        mechanics.extend(files_ending(&self.shell, "docs/examples", ".rs")?);
        let options = ["--check", "-l", "--edition", "2024"];
        let rest = cmd!(self.shell, "rustfmt {options...} {mechanics...}");
        tally.add(counted(rest, Runner::Exit));
        Ok(tally)
    }

    fn clippy(&self) -> anyhow::Result<Tally> {
        let workspace = ["--workspace", "--all-targets", "--locked", "--quiet"];
        counted(
            cmd!(self.shell, "cargo clippy {workspace...} -- -D warnings"),
            Runner::Exit,
        )
    }

    fn rust(&self) -> anyhow::Result<Tally> {
        let command = cmd!(
            self.shell,
            "cargo test --workspace {FACES...} --locked --no-fail-fast"
        )
        .args(["--", "--skip", GENERATED]);
        counted(command, Runner::Cargo)
    }

    fn generated(&self) -> anyhow::Result<Tally> {
        self.needs("tests/Cargo.toml", "the tests that cross crates")?;
        let tests = ["-p", "commonweal-tests", "--test", "generated"];
        counted(
            cmd!(self.shell, "cargo test --locked {tests...}"),
            Runner::Cargo,
        )
    }

    fn wasm(&self) -> anyhow::Result<Tally> {
        self.build_engine()?;
        let mut tally = Tally::default();
        // What needs no page is tested in the crate itself, on this machine.
        let units = cmd!(self.shell, "cargo test --locked -p commonweal-wasm");
        tally.add(counted(units, Runner::Cargo));
        tally.add(self.engine_under_node());
        Ok(tally)
    }

    fn engine_under_node(&self) -> anyhow::Result<Tally> {
        let tests = files_ending(&self.shell, "wasm/tests", ".test.mjs")?;
        let options = ["--test", "--test-reporter=spec"];
        counted(
            cmd!(self.shell, "node {options...} {tests...}"),
            Runner::Node,
        )
    }

    fn python(&self) -> anyhow::Result<Tally> {
        let settings = "python/pyproject.toml";
        self.needs(settings, "the Python package")?;
        let bin = setup::python(&self.shell)?;
        let tool = |name: &str| self.tool(&bin, name);
        let mut tally = Tally::default();
        tally.add(counted(
            tool("ruff").args(["check", "python"]),
            Runner::Exit,
        ));
        tally.add(counted(
            tool("ruff").args(["format", "--check", "python"]),
            Runner::Exit,
        ));
        // The wheel itself is tested, not a folder: it must carry stub, marker and command.
        let wheels = self.shell.current_dir().join("target/wheels-test");
        self.shell.remove_path(&wheels)?;
        self.shell.create_dir(&wheels)?;
        required(
            tool("maturin")
                .args(["build", "--quiet", "--release", "--locked"])
                .args(["--manifest-path", "python/Cargo.toml", "--out"])
                .arg(&wheels),
        )?;
        let [wheel] = self
            .shell
            .read_dir(&wheels)?
            .try_into()
            .map_err(|found: Vec<_>| anyhow!("maturin made {} wheels, not one", found.len()))?;
        required(
            tool("pip")
                .args([
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--no-index",
                ])
                .args(["--no-deps", "--force-reinstall"])
                .arg(wheel),
        )?;
        let options = ["-q", "--color=no", "-p", "no:cacheprovider"];
        tally.add(counted(
            tool("pytest").args(options).arg("python/tests"),
            Runner::Pytest,
        ));
        tally.add(counted(
            tool("mypy").args([
                "--strict",
                "--config-file",
                settings,
                "python/python/commonweal",
            ]),
            Runner::Exit,
        ));
        tally.add(counted(
            tool("stubtest").args(["--mypy-config-file", settings, "commonweal._core"]),
            Runner::Exit,
        ));
        Ok(tally)
    }

    fn web(&self) -> anyhow::Result<Tally> {
        self.needs("web-demo/package.json", "the page")?;
        setup::npm(&self.shell)?;
        let mut tally = Tally::default();
        let check = |script: &str| counted(self.npm(script), Runner::Exit);
        tally.add(check("check"));
        tally.add(self.build_page().map(|()| Tally::of(true)));
        tally.add(check("budget"));
        tally.add(counted(self.npm("test"), Runner::Vitest));
        Ok(tally)
    }

    fn e2e(&self) -> anyhow::Result<Tally> {
        self.needs("web-demo/package.json", "the page")?;
        setup::chromium(&self.shell)?;
        self.build_page()?;
        counted(
            self.npm("e2e").args(["--", "--reporter=list"]),
            Runner::Playwright,
        )
    }

    /// Builds the engine and the page into `web-demo/dist`.
    pub(crate) fn build_page(&self) -> anyhow::Result<()> {
        let build = || -> anyhow::Result<()> {
            self.needs("web-demo/package.json", "the page")?;
            setup::npm(&self.shell)?;
            self.build_engine()?;
            required(self.npm("build"))
        };
        once(&self.page, build)
    }

    fn build_engine(&self) -> anyhow::Result<()> {
        once(&self.engine, || wasm::build(&self.shell))
    }

    fn npm(&self, script: &str) -> Cmd<'_> {
        cmd!(self.shell, "npm run --silent --prefix web-demo {script}")
    }

    /// A program of the virtual environment, which it sees as its own.
    fn tool(&self, bin: &std::path::Path, name: &str) -> Cmd<'_> {
        let program = bin.join(name);
        let venv = bin.parent().expect("bin lies in the environment");
        cmd!(self.shell, "{program}").env("VIRTUAL_ENV", venv)
    }

    fn needs(&self, path: &str, what: &str) -> anyhow::Result<()> {
        if !self.shell.path_exists(path) {
            bail!("{path} does not exist yet: {what} cannot be tested");
        }
        Ok(())
    }
}

/// Does `work` the first time, and gives the same answer afterwards.
fn once(
    cell: &OnceCell<Result<(), String>>,
    work: impl Fn() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let result = cell.get_or_init(|| work().map_err(|error| format!("{error:#}")));
    result.clone().map_err(|error| anyhow!("{error}"))
}

/// The files of `folder` that end so, sorted; none is an error.
fn files_ending(shell: &Shell, folder: &str, ending: &str) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    if shell.path_exists(folder) {
        for path in shell.read_dir(folder)? {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            found.extend(
                name.filter(|name| name.ends_with(ending))
                    .map(|name| format!("{folder}/{name}")),
            );
        }
    }
    if found.is_empty() {
        bail!("{folder} holds no *{ending}: the engine is not tested under Node");
    }
    found.sort();
    Ok(found)
}
