//! What can be typed.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};

/// The whole command line.
#[derive(Parser, Debug)]
#[command(
    name = "commonweal",
    version,
    about = "Play-tests an AI for cooperation, self-preservation and power-seeking before anyone relies on it",
    after_help = "Exit codes: 0 done; 1 a check failed; 2 wrong use or bad input; 3 inconclusive.\n\
                  A scenario is a shipped name (no `/`, no `.toml`) or the path of a file or a folder.",
    disable_help_subcommand = true
)]
pub(crate) struct Args {
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// The verbs.
#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Run an experiment: every control agent in every arm over paired seeds; with `--actions` one episode by hand
    Run(RunArgs),
    /// Watch arms in step from one seed (the first control and treatment, the first positive agent, unless named); a file is read
    /// again whenever it is saved
    Watch(WatchArgs),
    /// Play a recording, or recompute it
    Replay(ReplayArgs),
    /// Evaluate an agent: control agents first, then the agent on the same seeds; a verdict with its limits, a report and a bundle
    Eval(EvalArgs),
    /// Play a bundle of `eval` again, and hold every byte of its report against what comes out
    Verify(VerifyArgs),
    /// List the shipped scenarios with what they ask
    List(ListArgs),
    /// Write a commented scenario that passes `check` and runs, to start from
    New(NewArgs),
    /// Check scenario files: all errors at once, with place and way out
    Check(CheckArgs),
    /// Lay scenario files out in the canonical form; comments and meaning stay
    Fmt(FmtArgs),
    /// Print the leaves in which two arms differ, and where their worlds differ before the first tick
    Diff(DiffArgs),
    /// Say what a mechanic, event, function, effect, measure or code of a diagnostic is
    Explain(ExplainArgs),
    /// Print the JSON Schema of scenario files
    Schema,
    /// Write generated files: `recorded DIR` for the page
    #[command(hide = true)]
    Dump(DumpArgs),
}

/// Options of `list`.
#[derive(ClapArgs, Debug)]
pub(crate) struct ListArgs {
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `check`.
#[derive(ClapArgs, Debug)]
pub(crate) struct CheckArgs {
    /// Scenario files, folders or shipped names
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<String>,
    /// Warnings fail too
    #[arg(long)]
    pub(crate) strict: bool,
    /// Mend the slips whose mending is certain, in the file
    #[arg(long)]
    pub(crate) fix: bool,
    /// Play every control agent in every arm, and hold what happens against what the file declares
    #[arg(long)]
    pub(crate) run: bool,
    /// Seeds of `--run`
    #[arg(long, value_name = "N", requires = "run", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) seeds: u32,
    /// Threads of `--run`; the results do not depend on it [default: all cores]
    #[arg(long, value_name = "N", requires = "run")]
    pub(crate) threads: Option<usize>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `fmt`.
#[derive(ClapArgs, Debug)]
pub(crate) struct FmtArgs {
    /// Scenario files or folders
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<String>,
    /// Write nothing: say which files would change, and end with 1 if any would
    #[arg(long)]
    pub(crate) check: bool,
}

/// Options of `new`.
#[derive(ClapArgs, Debug)]
pub(crate) struct NewArgs {
    /// Name of the scenario, or a path whose last part is its name
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
}

/// Options of `explain`.
#[derive(ClapArgs, Debug)]
pub(crate) struct ExplainArgs {
    /// A mechanic, event, function, effect, action, measure, or the code of a diagnostic; without one, all names
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `diff`.
#[derive(ClapArgs, Debug)]
pub(crate) struct DiffArgs {
    /// A shipped scenario's name, or a file or folder
    #[arg(value_name = "NAME|FILE")]
    pub(crate) file: String,
    /// An arm, or one cell of it
    #[arg(value_name = "ARM")]
    pub(crate) first: String,
    /// Another
    #[arg(value_name = "ARM")]
    pub(crate) second: String,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which scenario, which arms, who plays: shared by `run` and `watch`.
#[derive(ClapArgs, Debug)]
pub(crate) struct WhatArgs {
    /// A shipped scenario's name, or a file or folder [default: switch_and_successor]
    #[arg(value_name = "NAME|FILE")]
    named: Option<String>,
    /// The same, as an option
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "named")]
    scenario: Option<String>,
    /// Only this arm, or one cell of it such as `threat[twin=yes,done=no]`; may be repeated
    #[arg(long)]
    pub(crate) arm: Vec<String>,
    /// Who plays a role, in place of the control agents or residents; may be repeated
    #[arg(long, value_name = "ROLE=NAME", value_parser = policy)]
    pub(crate) policy: Vec<(String, String)>,
}

impl WhatArgs {
    /// The scenario's name or path.
    pub(crate) fn scenario(&self) -> &str {
        self.scenario
            .as_deref()
            .or(self.named.as_deref())
            .unwrap_or(commonweal_scenarios::FLAGSHIP)
    }
}

/// Options of `run`.
#[derive(ClapArgs, Debug)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) what: WhatArgs,
    /// Paired seeds [default: 300, or 100 where an episode lasts longer than 1,000 ticks]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) seeds: Option<u32>,
    /// Threads; the results do not depend on it [default: all cores]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Play this sequence in the seat under test instead of an experiment: names of actions, or u d l r (also n e s w, f b), `.` for
    /// nothing, `x3` to repeat the last
    #[arg(long, value_name = "ACTIONS", allow_hyphen_values = true)]
    pub(crate) actions: Option<String>,
    /// Number of the seed of `--actions`
    #[arg(long, value_name = "N", requires = "actions", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    /// Folder for recordings
    #[arg(long, value_name = "DIR", default_value = "out")]
    pub(crate) out: PathBuf,
    /// Write the effects as the page shows them, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) effect: Option<PathBuf>,
}

/// Options of `eval`.
#[derive(ClapArgs, Debug)]
pub(crate) struct EvalArgs {
    /// A scripted agent by name, or `random`
    #[arg(value_name = "AGENT", conflicts_with = "exec")]
    pub(crate) agent: Option<String>,
    /// A process that speaks JSON lines (docs/guide/agents.md), for the shell: --exec "python agent.py"
    #[arg(long, value_name = "COMMAND")]
    pub(crate) exec: Option<String>,
    /// A shipped scenario's name, or a file or folder; may be repeated [default: the suite]
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) scenario: Vec<String>,
    /// Which scenarios: all that are calibrated
    #[arg(long, value_name = "SUITE", value_parser = ["all"], conflicts_with = "scenario")]
    pub(crate) suite: Option<String>,
    /// Seeds a cell [default: what a pilot of 50 seeds asks for]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) seeds: Option<u32>,
    /// Most seeds a cell, whatever the pilot asks for [default: 1000]
    #[arg(long, value_name = "N", conflicts_with = "seeds", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) budget: Option<u32>,
    /// Only the cells of the primary, and the one in which competence is read
    #[arg(long)]
    pub(crate) primary_only: bool,
    /// The discount that the agent was trained at [default: 0.99]
    #[arg(long, value_name = "D")]
    pub(crate) discount: Option<f64>,
    /// The action that stands in for one that a process does not give
    #[arg(long, value_name = "ACTION", default_value = "noop")]
    pub(crate) fallback: String,
    /// Milliseconds that a process has for one decision
    #[arg(long, value_name = "MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=3_600_000))]
    pub(crate) timeout_ms: u64,
    /// MiB of memory that a process may use; 0 for no bound (Unix)
    #[arg(long, value_name = "MIB", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=1_048_576))]
    pub(crate) memory: u64,
    /// Threads, and processes of the agent; the numbers do not depend on it [default: all cores]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Folder for plans, logs and reports; a run that was cut off goes on there
    #[arg(long, value_name = "DIR", default_value = "out/eval")]
    pub(crate) out: PathBuf,
    /// Print the report as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `verify`.
#[derive(ClapArgs, Debug)]
pub(crate) struct VerifyArgs {
    /// A bundle (`.cwbundle`), or the folder of a plan that holds one
    pub(crate) bundle: PathBuf,
    /// Threads; the numbers do not depend on it [default: all cores]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `watch`.
#[derive(ClapArgs, Debug)]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    pub(crate) what: WhatArgs,
    /// Number of the seed, as in `run`
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Stop after so many ticks
    #[arg(long, value_name = "N")]
    pub(crate) ticks: Option<u32>,
    /// Without a terminal: print a frame every so many ticks
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) every: u32,
}

/// Options of `replay`.
#[derive(ClapArgs, Debug)]
pub(crate) struct ReplayArgs {
    /// A recording (`.cwr`)
    pub(crate) file: PathBuf,
    /// Recompute it, and name the first recorded hash that differs
    #[arg(long)]
    pub(crate) verify: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    /// Print a frame every so many ticks
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) every: u32,
}

/// Options of `dump`.
#[derive(ClapArgs, Debug)]
pub(crate) struct DumpArgs {
    /// What
    #[command(subcommand)]
    pub(crate) what: DumpWhat,
}

/// What `dump` writes.
#[derive(Subcommand, Debug)]
pub(crate) enum DumpWhat {
    /// Schema and reference pages, into a checkout
    Files {
        /// Its root
        root: PathBuf,
    },
    /// Effects and hashes that the page shows
    Recorded {
        /// Folder
        folder: PathBuf,
        /// Shipped scenarios
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
}

/// `ROLE=NAME`.
fn policy(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((role, name)) if !role.is_empty() && !name.is_empty() => {
            Ok((role.to_owned(), name.to_owned()))
        }
        _ => Err("write ROLE=NAME, for example worker=guard_always".to_owned()),
    }
}
