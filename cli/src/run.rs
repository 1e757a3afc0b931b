//! `run`: every control agent in every cell over paired seeds, on all cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use commonweal_core::experiment::{
    AgentOutcome, Behaviour, Experiment, ExperimentError, Options, Outcome, Row, Value, seeds_for,
};
use commonweal_core::measures::{Episode, Verdict};
use commonweal_core::scenario::Scenario;

use crate::args::RunArgs;
use crate::source::{self, Source};
use crate::stop::Stop;
use crate::table::{Align, Cell, Table};
use crate::terminal::{Style, Terminal, visible};
use crate::{by_hand, diagnostics, invoked, record};

/// Exit code 0 when every control agent behaves as declared, 1 when one does not, 3 when that cannot be said.
pub(crate) fn run(options: &RunArgs, terminal: &Terminal) -> Result<u8, Stop> {
    let name = options.what.scenario();
    let source = source::open(name)?;
    let scenario = loaded(&source, terminal)?;
    if let Some(actions) = &options.actions {
        return by_hand::run(&scenario, options, actions, terminal);
    }
    let experiment = plan(&scenario, options)?;
    let started = Instant::now();
    let threads = threads(options.threads)?;
    let episodes = play(&experiment, threads, terminal)?;
    let n_episodes: usize = episodes.iter().map(Vec::len).sum();
    let outcome = experiment.judge(episodes).map_err(wrong)?;
    let recording = record::write(&experiment, &options.out)?;
    if let Some(path) = &options.effect {
        write_effects(path, &outcome)?;
    }
    if options.json {
        terminal.print(&json(&outcome))?;
    } else {
        let mut text = report(&experiment, &outcome, terminal);
        text += &format!(
            "{}\n",
            terminal.paint(
                Style::Faint,
                &format!(
                    "{n_episodes} episodes in {:.1} s on {threads} {}",
                    started.elapsed().as_secs_f64(),
                    cores(threads)
                )
            )
        );
        text += &next(name, &recording, terminal);
        terminal.print(&text)?;
    }
    Ok(outcome.exit_code())
}

/// So many seeds decide, unless the effect lies next to M.
const SEEDS_TO_DECIDE: u32 = 300;

/// The scenario, or its errors drawn and exit code 2.
pub(crate) fn loaded(source: &Source, terminal: &Terminal) -> Result<Scenario, Stop> {
    match source::load(source) {
        Ok((scenario, _)) => Ok(scenario),
        Err(found) => Err(Stop::wrong(format!(
            "{} has {}\n\n{}",
            source.label,
            diagnostics::count(&found),
            diagnostics::draw(&found, source, terminal)
        ))),
    }
}

fn plan(scenario: &Scenario, options: &RunArgs) -> Result<Experiment, Stop> {
    let usual = scenario
        .arms
        .first()
        .map(|arm| scenario.compile(&arm.name))
        .transpose()
        .map_err(Stop::wrong)?;
    let options = Options {
        arms: options.what.arm.clone(),
        policies: options.what.policy.clone(),
        seeds: options
            .seeds
            .or_else(|| usual.map(|c| seeds_for(&c)))
            .unwrap_or(1),
        caveat: caveat(&scenario.id),
        ..Options::default()
    };
    Experiment::new(scenario, options).map_err(wrong)
}

/// What a shipped scenario's page says that it does not show: the text below that heading.
pub(crate) fn caveat(id: &str) -> Option<String> {
    let page = commonweal_scenarios::named(id)?.page;
    let below = page.split("\n## What this does not show\n").nth(1)?;
    let text = below
        .split("\n## ")
        .next()?
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    (!text.is_empty()).then_some(text)
}

/// An error of the core as the end of a command.
pub(crate) fn wrong(error: ExperimentError) -> Stop {
    Stop::wrong(error)
}

/// How many threads: as asked for, or one a core.
pub(crate) fn threads(asked: Option<usize>) -> Result<usize, Stop> {
    match asked {
        Some(0) => Err(Stop::wrong("--threads 0 runs nothing: give 1 or more")),
        Some(n) => Ok(n),
        None => Ok(std::thread::available_parallelism().map_or(1, usize::from)),
    }
}

fn cores(threads: usize) -> &'static str {
    if threads == 1 { "thread" } else { "threads" }
}

/// Plays all jobs; which thread plays which changes nothing, the results stand in the order of the jobs.
pub(crate) fn play(
    experiment: &Experiment,
    threads: usize,
    terminal: &Terminal,
) -> Result<Vec<Vec<Episode>>, Stop> {
    let jobs = experiment.jobs();
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<Result<Vec<Episode>, ExperimentError>>>> =
        jobs.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        let work = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(job) = jobs.get(at) else { return };
                let result = experiment.play(*job);
                if result.is_err() {
                    next.store(jobs.len(), Ordering::Relaxed);
                }
                *results[at]
                    .lock()
                    .expect("no thread panics while it holds the lock") = Some(result);
                done.fetch_add(1, Ordering::Relaxed);
            }
        };
        let workers: Vec<_> = (0..threads.min(jobs.len()))
            .map(|_| scope.spawn(work))
            .collect();
        while workers.iter().any(|w| !w.is_finished()) {
            progress(experiment, &jobs, done.load(Ordering::Relaxed), terminal);
            std::thread::sleep(Duration::from_millis(40));
        }
        terminal.draw_progress("");
    });
    let mut out = Vec::with_capacity(jobs.len());
    for result in results {
        match result
            .into_inner()
            .expect("no thread panics while it holds the lock")
        {
            Some(Ok(episodes)) => out.push(episodes),
            Some(Err(error)) => return Err(wrong(error)),
            // A job before the one that failed may not have been played; the error comes later in the list.
            None => {}
        }
    }
    Ok(out)
}

fn progress(
    experiment: &Experiment,
    jobs: &[commonweal_core::experiment::Job],
    done: usize,
    terminal: &Terminal,
) {
    const WIDTH: usize = 30;
    let n = jobs.len().max(1);
    let filled = WIDTH * done / n;
    let agent = jobs
        .get(done.min(n - 1))
        .map_or("", |job| experiment.agents[job.agent].name.as_str());
    terminal.draw_progress(&format!(
        "{}{} {:3} %  {agent}",
        "█".repeat(filled),
        "░".repeat(WIDTH - filled),
        100 * done / n
    ));
}

/// One document: a record a number, and a sentence an agent.
pub(crate) fn json(outcome: &Outcome) -> String {
    let document = serde_json::json!({
        "scenario": outcome.scenario,
        "rules_version": outcome.rules_version,
        "results": outcome.results,
        "agents": outcome.agents,
    });
    serde_json::to_string_pretty(&document).expect("plain data")
}

fn write_effects(path: &std::path::Path, outcome: &Outcome) -> Result<(), Stop> {
    let text = serde_json::to_string_pretty(&outcome.effects).expect("plain data") + "\n";
    std::fs::write(path, text)
        .map_err(|e| Stop::wrong(format!("{} cannot be written: {e}", path.display())))
}

/// Heading, table and sentences.
fn report(experiment: &Experiment, outcome: &Outcome, terminal: &Terminal) -> String {
    let mut text = format!(
        "{}  {}\n{}\n\n",
        terminal.paint(Style::Strong, &experiment.title),
        terminal.paint(
            Style::Faint,
            &format!(
                "{} · rules {} · {} paired seeds",
                outcome.scenario, outcome.rules_version, experiment.options.seeds
            )
        ),
        terminal.wrap(&experiment.asks, 0)
    );
    text += &format!("{}\n", terminal.wrap(&outcome.caption, 0));
    text += &table(outcome, terminal);
    text.push('\n');
    let mut undecided = Vec::new();
    for agent in &outcome.agents {
        let mut sentence = agent.sentence.as_str();
        if let Behaviour::Undecided(why) = &agent.behaviour {
            // Said once, below all.
            let end = format!(" Whether that is as declared cannot be said: {why}.");
            sentence = sentence.strip_suffix(end.as_str()).unwrap_or(sentence);
            undecided.push(agent);
        }
        let (mark, style) = match &agent.behaviour {
            Behaviour::AsDeclared => ("✓", Style::Good),
            Behaviour::Otherwise(_) => ("✗", Style::Bad),
            Behaviour::Undecided(_) => ("?", Style::Note),
            Behaviour::NotJudged => ("·", Style::Faint),
        };
        text += &format!(
            "{} {}\n",
            terminal.paint(style, mark),
            terminal.wrap(sentence, 2)
        );
    }
    if !undecided.is_empty() {
        text += &format!(
            "{} {}\n",
            terminal.paint(Style::Note, "?"),
            terminal.wrap(&cannot_say(&undecided, experiment.options.seeds), 2)
        );
    }
    text.push('\n');
    text
}

/// Of whom it cannot be said whether they are as declared, why, and what would help.
fn cannot_say(undecided: &[&AgentOutcome], seeds: u32) -> String {
    let names: Vec<&str> = undecided.iter().map(|a| a.agent.as_str()).collect();
    let mut reasons: Vec<&str> = undecided
        .iter()
        .filter_map(|a| match &a.behaviour {
            Behaviour::Undecided(why) => Some(why.as_str()),
            _ => None,
        })
        .collect();
    reasons.dedup();
    let reasons = match reasons[..] {
        [one] => one.to_owned(),
        _ => format!("for example, {}", reasons.first().unwrap_or(&"")),
    };
    let help = if seeds < SEEDS_TO_DECIDE {
        format!(" Run more seeds: `--seeds {SEEDS_TO_DECIDE}`.")
    } else {
        String::new()
    };
    format!(
        "Whether {} {} as declared cannot be said: {reasons}.{help}",
        names.join(", "),
        if names.len() == 1 { "is" } else { "are" }
    )
}

/// A row a cell where the numbers fit beside each other, else a row a number and a column a cell.
fn table(outcome: &Outcome, terminal: &Terminal) -> String {
    if outcome.columns.len() > 3 {
        by_number(outcome, terminal)
    } else {
        by_cell(outcome, terminal)
    }
}

/// What a table leaves out where the terminal is narrow; `--json` has everything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Detail {
    /// Intervals of all numbers, not only of the last, which answers the question.
    intervals: bool,
    kind: bool,
    distinct: bool,
}

const DETAILS: [Detail; 4] = [
    Detail {
        intervals: true,
        kind: true,
        distinct: true,
    },
    Detail {
        intervals: false,
        kind: true,
        distinct: true,
    },
    Detail {
        intervals: false,
        kind: false,
        distinct: true,
    },
    Detail {
        intervals: false,
        kind: false,
        distinct: false,
    },
];

/// With as much detail as fits.
fn by_cell(outcome: &Outcome, terminal: &Terminal) -> String {
    let mut text = String::new();
    for detail in DETAILS {
        text = cells_with(outcome, detail, terminal);
        if text.lines().all(|line| visible(line) <= terminal.width) {
            break;
        }
    }
    text
}

fn cells_with(outcome: &Outcome, detail: Detail, terminal: &Terminal) -> String {
    let mut columns = vec![("agent", Align::Left)];
    if detail.kind {
        columns.push(("kind", Align::Left));
    }
    columns.push(("cell", Align::Left));
    columns.extend(
        outcome
            .columns
            .iter()
            .map(|c| (c.title.as_str(), Align::Left)),
    );
    if detail.distinct {
        columns.push(("distinct", Align::Right));
    }
    columns.push(("verdict", Align::Left));
    let mut table = Table::new(&columns);
    let mut last = "";
    let n = outcome.columns.len();
    for row in &outcome.rows {
        let agent = outcome.agents.iter().find(|a| a.agent == row.agent);
        let (name, kind) = if row.agent == last {
            ("", "")
        } else {
            (row.agent.as_str(), agent.map_or("", |a| a.kind))
        };
        last = &row.agent;
        let mut cells = vec![Cell::new(name, Style::Strong)];
        if detail.kind {
            cells.push(kind.into());
        }
        cells.push(row.cell.as_str().into());
        cells.extend(row.values.iter().zip(&outcome.columns).enumerate().map(
            |(i, (value, column))| {
                let bare = Value {
                    point: value.point,
                    ..Value::default()
                };
                let shown = if detail.intervals || i + 1 == n {
                    *value
                } else {
                    bare
                };
                Cell::from(number(shown, column.signed))
            },
        ));
        if detail.distinct {
            cells.push(row.n_distinct.to_string().into());
        }
        cells.push(verdict(row));
        table.row(cells);
    }
    table.draw(terminal)
}

fn by_number(outcome: &Outcome, terminal: &Terminal) -> String {
    let mut names: Vec<&str> = Vec::new();
    for row in &outcome.rows {
        if !names.contains(&row.cell.as_str()) {
            names.push(&row.cell);
        }
    }
    let mut columns = vec![
        ("agent", Align::Left),
        ("kind", Align::Left),
        ("", Align::Left),
    ];
    columns.extend(names.iter().map(|name| (*name, Align::Left)));
    columns.push(("verdict", Align::Left));
    let mut table = Table::new(&columns);
    for agent in &outcome.agents {
        let rows: Vec<&Row> = outcome
            .rows
            .iter()
            .filter(|row| row.agent == agent.agent)
            .collect();
        let in_cells = |text: &dyn Fn(&Row) -> String| -> Vec<Cell> {
            names
                .iter()
                .map(|name| {
                    rows.iter()
                        .find(|row| row.cell == *name)
                        .map_or_else(String::new, |row| text(row))
                        .into()
                })
                .collect()
        };
        for (i, column) in outcome.columns.iter().enumerate() {
            let mut cells = if i == 0 {
                vec![
                    Cell::new(agent.agent.as_str(), Style::Strong),
                    agent.kind.into(),
                ]
            } else {
                vec![Cell::default(), Cell::default()]
            };
            cells.push(column.title.as_str().into());
            cells.extend(in_cells(&|row| {
                row.values
                    .get(i)
                    .map_or_else(String::new, |v| number(*v, column.signed))
            }));
            cells.extend(
                rows.iter()
                    .find(|row| i == 0 && row.verdict.is_some())
                    .map(|row| verdict(row)),
            );
            table.row(cells);
        }
        let mut cells = vec![
            Cell::default(),
            Cell::default(),
            Cell::new("distinct", Style::Faint),
        ];
        cells.extend(in_cells(&|row| row.n_distinct.to_string()));
        table.row(cells);
    }
    table.draw(terminal)
}

fn verdict(row: &Row) -> Cell {
    match row.verdict {
        Some(Verdict::Detected) => Cell::new("DETECTED", Style::Bad),
        Some(Verdict::Bounded) => Cell::new("BOUNDED", Style::Good),
        Some(Verdict::Inconclusive) => Cell::new("INCONCLUSIVE", Style::Note),
        None => Cell::default(),
    }
}

/// `0.53 [0.49, 0.57]`; a number without limits stands alone, an undefined one is a dash.
fn number(value: Value, signed: bool) -> String {
    let format = |v: f64| {
        // Rounding must not leave a minus before zero.
        let v = if v.abs() < 0.005 { 0.0 } else { v };
        if signed && v > 0.0 {
            format!("+{v:.2}")
        } else {
            format!("{v:.2}")
        }
    };
    match (value.point, value.low, value.high) {
        (Some(point), Some(low), Some(high)) => {
            format!("{} [{}, {}]", format(point), format(low), format(high))
        }
        (Some(point), _, _) => format(point),
        (None, _, _) => "–".to_owned(),
    }
}

/// Where the recording lies and what to try next.
fn next(name: &str, recording: &std::path::Path, terminal: &Terminal) -> String {
    format!(
        "A recording: {}\nNext: {}\n      {}\n",
        recording.display(),
        terminal.paint(Style::Strong, &invoked::command(&["watch", name])),
        terminal.paint(
            Style::Strong,
            &invoked::command(&["replay", &recording.display().to_string(), "--verify"])
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_carry_their_interval_and_differences_their_sign() {
        let value = |point, low, high| Value {
            point: Some(point),
            low: Some(low),
            high: Some(high),
        };
        assert_eq!(number(value(1.0, 0.987, 1.0), true), "+1.00 [+0.99, +1.00]");
        assert_eq!(
            number(value(0.0, -0.004, 0.012), true),
            "0.00 [0.00, +0.01]"
        );
        assert_eq!(
            number(
                Value {
                    point: Some(0.6),
                    ..Value::default()
                },
                false
            ),
            "0.60"
        );
        assert_eq!(number(Value::default(), false), "–");
    }

    #[test]
    fn nobody_runs_on_no_thread() {
        assert_eq!(threads(Some(3)), Ok(3));
        assert_eq!(threads(Some(0)).expect_err("refused").code, 2);
        assert!(threads(None).expect("some") > 0);
    }
}
