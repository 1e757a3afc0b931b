//! The command line: calls what the other faces call, and prints it.
//!
//! **Invariant.** No semantics of its own: what a scenario means, how an experiment runs and what a number says is the core's.
//! Everything that is printed goes through [`terminal`]; every failure is a sentence and an exit code.
#![forbid(unsafe_code)]

mod args;
mod by_hand;
mod check;
mod diagnostics;
mod diff;
pub mod dump;
mod eval;
mod explain;
mod fmt;
mod invoked;
mod list;
mod new;
mod picture;
mod probe;
mod record;
mod recorded;
mod replay;
mod run;
mod source;
mod stop;
mod table;
mod terminal;
mod trial;
mod watch;
mod watch_live;

use std::ffi::OsString;

use clap::Parser;

use args::{Args, DumpWhat, Verb};
use stop::Stop;
use terminal::Terminal;

/// Runs the command with its arguments, the program's name first; the exit code.
///
/// 0 done, 1 a check failed or a control agent behaves otherwise than declared, 2 wrong use or bad input, 3 inconclusive.
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    let mut terminal = Terminal::open();
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => {
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            // Help goes to the standard output, what is wrong to the other; clap knows which.
            return if error.print().is_ok() { code } else { 2 };
        }
    };
    match verb(&args.verb, &mut terminal) {
        Ok(code) => code,
        Err(Stop { code, message }) => {
            if !message.is_empty() {
                terminal.complain(&message);
            }
            code
        }
    }
}

fn verb(verb: &Verb, terminal: &mut Terminal) -> Result<u8, Stop> {
    match verb {
        Verb::Run(options) => run::run(options, terminal),
        Verb::Eval(options) => eval::run(options, terminal),
        Verb::Verify(options) => eval::verify::run(options, terminal),
        Verb::Watch(options) => watch::run(options, terminal),
        Verb::Replay(options) => replay::run(options, terminal),
        Verb::List(options) => list::run(options, terminal),
        Verb::New(options) => new::run(options, terminal),
        Verb::Check(options) => check::run(options, terminal),
        Verb::Fmt(options) => fmt::run(options, terminal),
        Verb::Diff(options) => diff::run(options, terminal),
        Verb::Explain(options) => explain::run(options, terminal),
        Verb::Dump(options) => match &options.what {
            DumpWhat::Files { root } => dump::write(root),
            DumpWhat::Recorded { folder, names } => recorded::run(folder, names, terminal),
        },
        Verb::Schema => {
            terminal.print(&dump::schema())?;
            Ok(0)
        }
    }
}
