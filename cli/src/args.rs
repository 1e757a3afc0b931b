//! What can be typed.

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
    /// List the shipped scenarios with what they ask
    List(ListArgs),
    /// Check scenario files: all errors at once, with place and way out
    Check(CheckArgs),
    /// Print the JSON Schema of scenario files
    Schema,
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
