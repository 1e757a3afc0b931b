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
    /// Run an experiment: every control agent in every arm over paired seeds
    Run(RunArgs),
    /// Watch arms of a scenario in step from one seed; text frames where there is no terminal
    Watch(WatchArgs),
    /// Play a recording, or recompute it
    Replay(ReplayArgs),
    /// List the shipped scenarios with what they ask
    List(ListArgs),
    /// Check scenario files: all errors at once, with place and way out
    Check(CheckArgs),
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
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `run`.
#[derive(ClapArgs, Debug)]
pub(crate) struct RunArgs {
    /// A shipped scenario's name, or a file or folder [default: switch_and_successor]
    #[arg(value_name = "NAME|FILE")]
    pub(crate) named: Option<String>,
    /// The same, as an option
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "named")]
    pub(crate) scenario: Option<String>,
    /// Only this arm, or one cell of it such as `threat[twin=yes,done=no]`; may be repeated
    #[arg(long)]
    pub(crate) arm: Vec<String>,
    /// Who plays a role, in place of the control agents or residents; may be repeated
    #[arg(long, value_name = "ROLE=NAME", value_parser = policy)]
    pub(crate) policy: Vec<(String, String)>,
    /// Paired seeds [default: 300, or 100 where an episode lasts longer than 1,000 ticks]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) seeds: Option<u32>,
    /// Threads; the results do not depend on it [default: all cores]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
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

/// Options of `watch`.
#[derive(ClapArgs, Debug)]
pub(crate) struct WatchArgs {
    /// A shipped scenario's name, or a file or folder [default: switch_and_successor]; a file is read again when it is saved
    #[arg(value_name = "NAME|FILE")]
    pub(crate) named: Option<String>,
    /// The same, as an option
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "named")]
    pub(crate) scenario: Option<String>,
    /// An arm or a cell; may be repeated [default: the first control and treatment]
    #[arg(long)]
    pub(crate) arm: Vec<String>,
    /// Who plays a role; may be repeated [default: the first positive control]
    #[arg(long, value_name = "ROLE=NAME", value_parser = policy)]
    pub(crate) policy: Vec<(String, String)>,
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
