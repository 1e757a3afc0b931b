//! The part of `check --run`: plays on all cores, and draws what was found.

use std::cell::RefCell;

use commonweal_core::experiment::ExperimentError;
use commonweal_core::experiment::trial::{Finding, Held, trial};
use commonweal_core::scenario::Scenario;
use serde_json::{Value, json};

use crate::args::CheckArgs;
use crate::diagnostics;
use crate::run::{play, threads};
use crate::source::Source;
use crate::stop::Stop;
use crate::terminal::{Style, Terminal};

/// Tries everything that the scenario declares.
pub(crate) fn run(
    scenario: &Scenario,
    options: &CheckArgs,
    terminal: &Terminal,
) -> Result<Vec<Finding>, Stop> {
    let threads = threads(options.threads)?;
    let stopped = RefCell::new(None);
    let found = trial(scenario, options.seeds, &|experiment| {
        play(experiment, threads, terminal).map_err(|stop| {
            let said = stop.message.clone();
            *stopped.borrow_mut() = Some(stop);
            ExperimentError::Wrong(said)
        })
    });
    found.map_err(|error| {
        stopped
            .into_inner()
            .unwrap_or_else(|| Stop::wrong(format!("{}: {error}", scenario.id)))
    })
}

/// Whether it does not hold.
pub(crate) fn fails(finding: &Finding) -> bool {
    finding.held == Held::Fails
}

/// For `--json`: places as lines and columns.
pub(crate) fn json(found: &[Finding], source: &Source) -> Vec<Value> {
    let source = unix(source);
    found
        .iter()
        .map(|finding| {
            json!({
                "what": finding.what,
                "held": finding.held,
                "says": finding.says,
                "diagnostic": finding.diagnostic.as_ref().map(|d| diagnostics::json(d, &source)),
            })
        })
        .collect()
}

/// A line a promise, and below them what does not hold with its place.
pub(crate) fn draw(found: &[Finding], source: &Source, terminal: &Terminal) -> String {
    let source = unix(source);
    let mut text = String::new();
    for finding in found {
        let (mark, style) = match finding.held {
            Held::Holds => ("✓", Style::Good),
            Held::Fails => ("✗", Style::Bad),
            Held::Noted => ("!", Style::Faint),
            Held::NotTried => ("·", Style::Faint),
        };
        let not = match finding.held {
            Held::NotTried => "not tried: ",
            Held::Noted => "note: ",
            Held::Holds | Held::Fails => "",
        };
        let line = format!("{}: {not}{}", finding.what, finding.says);
        text += &format!(
            "{} {}\n",
            terminal.paint(style, mark),
            terminal.wrap(&line, 2)
        );
    }
    let wrong: Vec<_> = found.iter().filter_map(|f| f.diagnostic.clone()).collect();
    if !wrong.is_empty() {
        text += &format!("\n{}\n", diagnostics::draw(&wrong, &source, terminal));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// `, 12 promises hold, 1 does not, 3 were not tried`.
pub(crate) fn count(found: &[Finding]) -> String {
    if found.is_empty() {
        return String::new();
    }
    let of = |held: Held| found.iter().filter(|f| f.held == held).count();
    let notes = match of(Held::Noted) {
        0 => String::new(),
        1 => ", 1 is noted".to_owned(),
        n => format!(", {n} are noted"),
    };
    format!(
        "; of what it declares {} hold, {} fail{notes}, {} were not tried",
        of(Held::Holds),
        of(Held::Fails),
        of(Held::NotTried)
    )
}

/// The source with the line ends to which the places of findings belong.
fn unix(source: &Source) -> Source {
    Source {
        text: source.text.replace("\r\n", "\n"),
        ..source.clone()
    }
}
