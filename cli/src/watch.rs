//! `watch`: arms of a scenario in step from one seed, in the terminal; text frames where there is none.

use std::sync::Arc;

use commonweal_core::batch::{Autoreset, Batch, BatchError, Config, Control, EventView, Serial};
use commonweal_core::experiment::{self, Agent};
use commonweal_core::ids::Domain;
use commonweal_core::observe::Encoding;
use commonweal_core::scenario::{ArmKind, Compiled, Scenario};
use commonweal_core::state::End;

use crate::args::WatchArgs;
use crate::picture::{Palette, body_letter};
use crate::run::{loaded, wrong};
use crate::source;
use crate::stop::Stop;
use crate::terminal::{Style, Terminal, visible};
use crate::watch_live;

/// Events that come all the time and tell nothing by themselves.
pub(crate) const QUIET: [&str; 4] = ["moved", "bumped", "blocked", "grew"];
/// Lines of the log that are shown.
const LOG_LINES: usize = 6;
/// Columns between two arms.
const GAP: usize = 4;
/// Least and most columns of an arm's texts; its map may be wider.
const TEXT_WIDTH: (usize, usize) = (34, 54);

/// Exit code 0.
pub(crate) fn run(options: &WatchArgs, terminal: &Terminal) -> Result<u8, Stop> {
    let source = source::open(options.what.scenario())?;
    let scenario = loaded(&source, terminal)?;
    let mut show = Show::new(&scenario, options, options.seed)?;
    if terminal.live {
        watch_live::run(show, source, options, terminal)?;
    } else {
        plain(&mut show, options, terminal)?;
    }
    Ok(0)
}

/// Frames every so many ticks, and the last.
fn plain(show: &mut Show, options: &WatchArgs, terminal: &Terminal) -> Result<(), Stop> {
    terminal.print(&(show.heading(terminal) + "\n"))?;
    loop {
        let ended = show.over() || options.ticks.is_some_and(|n| show.tick() >= n);
        if ended || show.tick().is_multiple_of(options.every) {
            terminal.print(&(show.frame(terminal).join("\n") + "\n\n"))?;
        }
        if ended {
            return terminal.print(&(show.legend(terminal) + "\n"));
        }
        show.step()?;
    }
}

/// One arm on show.
struct Lane {
    arm: String,
    kind: ArmKind,
    palette: Palette,
    /// Sum of what each slot was paid on the channel main, in millionths.
    paid: Vec<i64>,
    log: Vec<Told>,
    over: bool,
}

/// A line of the log.
struct Told {
    line: String,
    /// The scenario has a caption for it.
    captioned: bool,
}

/// Arms in step from one seed.
pub(crate) struct Show {
    batch: Batch,
    lanes: Vec<Lane>,
    agent: Agent,
    title: String,
    id: String,
    captions: Vec<(String, String)>,
    pub(crate) seed: u64,
}

impl Show {
    /// Builds the arms that the options name, or the first treatment beside the first control.
    pub(crate) fn new(scenario: &Scenario, options: &WatchArgs, seed: u64) -> Result<Self, Stop> {
        let names: Vec<String> = if options.what.arm.is_empty() {
            let first = |kind| {
                scenario
                    .arms
                    .iter()
                    .find(|a| a.kind == kind)
                    .map(|a| a.name.clone())
            };
            [first(ArmKind::Control), first(ArmKind::Treatment)]
                .into_iter()
                .flatten()
                .collect()
        } else {
            options.what.arm.clone()
        };
        let compiled: Vec<Arc<Compiled>> = names
            .iter()
            .map(|name| scenario.compile(name))
            .collect::<Result<_, _>>()
            .map_err(Stop::wrong)?;
        let Some(first) = compiled.first() else {
            return Err(Stop::wrong(format!("{} has no arms", scenario.id)));
        };
        let cast = experiment::cast(scenario, first, &options.what.policy).map_err(wrong)?;
        // Without a word from the caller the agent that does what is asked about.
        let positive = |a: &Agent| a.kind == Some(commonweal_core::bots::BotKind::Positive);
        let agent = cast
            .agents
            .iter()
            .find(|a| positive(a))
            .or(cast.agents.first())
            .cloned();
        let agent = agent.ok_or_else(|| {
            Stop::wrong(format!("no bot of {} can play {}", scenario.id, cast.role))
        })?;
        let config = Config {
            arenas: compiled.len(),
            control: Control::None,
            policies: agent.policies.clone(),
            domain: Domain::Calibrate,
            first: seed,
            encoding: Encoding::None,
            events: true,
            autoreset: Autoreset::NextStep,
            ..Config::default()
        };
        let batch = Batch::new(&compiled, config).map_err(Stop::wrong)?;
        let lanes = compiled
            .iter()
            .map(|c| Lane {
                arm: c.arm.clone(),
                kind: kind_of(scenario, &c.arm),
                palette: Palette::new(&c.table),
                paid: vec![0; c.table.n_slots()],
                log: Vec::new(),
                over: false,
            })
            .collect();
        Ok(Self {
            batch,
            lanes,
            agent,
            title: scenario.question.title.clone(),
            id: scenario.id.clone(),
            captions: scenario.captions.clone(),
            seed,
        })
    }
    /// Ticks done by the arm that has done most.
    pub(crate) fn tick(&self) -> u32 {
        (0..self.lanes.len())
            .map(|arena| self.batch.tick(arena))
            .max()
            .unwrap_or(0)
    }
    /// Whether every arm's episode is over.
    pub(crate) fn over(&self) -> bool {
        self.lanes.iter().all(|lane| lane.over)
    }
    /// One tick of all arms whose episode goes on.
    pub(crate) fn step(&mut self) -> Result<(), Stop> {
        if self.over() {
            return Ok(());
        }
        self.batch
            .step(&[], &mut [], &Serial)
            .map_err(|e: BatchError| Stop::wrong(e))?;
        for (arena, lane) in self
            .lanes
            .iter_mut()
            .enumerate()
            .filter(|(_, lane)| !lane.over)
        {
            let channels = self.batch.compiled(arena).table.channels.len();
            for (slot, paid) in lane.paid.iter_mut().enumerate() {
                *paid += self.batch.pay(arena)[slot * channels];
            }
            for event in self.batch.events(arena) {
                if !QUIET.contains(&event.event.as_str()) {
                    let captioned = self.captions.iter().any(|(name, _)| *name == event.event);
                    let line = format!("{:>4}  {}", event.tick, said(&event, &self.captions));
                    lane.log.push(Told { line, captioned });
                }
            }
            while lane.log.len() > LOG_LINES {
                // What the scenario has a caption for stays longest.
                let routine = lane.log.iter().position(|told| !told.captioned);
                lane.log
                    .remove(routine.filter(|&i| i + 1 < lane.log.len()).unwrap_or(0));
            }
            lane.over = self.batch.end(arena) != End::Running;
        }
        Ok(())
    }
    /// What is on show, in two lines.
    pub(crate) fn heading(&self, terminal: &Terminal) -> String {
        let line = format!(
            "{} · seed {} · {} plays {}",
            self.id, self.seed, self.agent.name, self.agent.policies[0].0
        );
        format!(
            "{}\n{}",
            terminal.paint(Style::Strong, &self.title),
            terminal.paint(Style::Faint, &line)
        )
    }
    /// The arms as lines, beside each other where they fit.
    pub(crate) fn frame(&mut self, terminal: &Terminal) -> Vec<String> {
        let n = self.lanes.len().max(1);
        let room =
            (terminal.width.saturating_sub(GAP * (n - 1)) / n).clamp(TEXT_WIDTH.0, TEXT_WIDTH.1);
        let told: Vec<Vec<String>> = (0..self.lanes.len())
            .map(|arena| levels(&self.lanes[arena].arm, self.columns(arena, room)))
            .collect();
        let rows = told.iter().map(Vec::len).max().unwrap_or(0);
        let blocks: Vec<Vec<String>> = (0..self.lanes.len())
            .map(|arena| self.block(arena, &told[arena], rows, room, terminal))
            .collect();
        let widths: Vec<usize> = blocks
            .iter()
            .map(|b| b.iter().map(|l| visible(l)).max().unwrap_or(0))
            .collect();
        let fits =
            widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1) <= terminal.width;
        if !fits {
            return blocks.join(&String::new());
        }
        let height = blocks.iter().map(Vec::len).max().unwrap_or(0);
        (0..height)
            .map(|i| {
                let mut line = String::new();
                for (block, width) in blocks.iter().zip(&widths) {
                    let text = block.get(i).map_or("", String::as_str);
                    line += text;
                    line += &" ".repeat(width - visible(text) + GAP);
                }
                line.trim_end().to_owned()
            })
            .collect()
    }
    /// Columns of an arm's texts.
    fn columns(&self, arena: usize, room: usize) -> usize {
        let table = &self.batch.compiled(arena).table;
        room.max(2 * usize::from(table.geometry.width))
    }
    /// One arm; `rows` lines are kept for its levels, so that maps beside each other begin in one line.
    fn block(
        &mut self,
        arena: usize,
        levels: &[String],
        rows: usize,
        room: usize,
        terminal: &Terminal,
    ) -> Vec<String> {
        let width = self.columns(arena, room);
        let mut words = Vec::new();
        self.batch.frame(arena, &mut words);
        let hash = self.batch.hash(arena);
        let lane = &self.lanes[arena];
        let (mark, style, kind) = match lane.kind {
            ArmKind::Control => ("○", Style::Control, "control"),
            ArmKind::Treatment => ("▲", Style::Treatment, "treatment"),
            ArmKind::Lookalike => ("◇", Style::Note, "look-alike"),
        };
        let table = &self.batch.compiled(arena).table;
        let arm = lane.arm.split('[').next().unwrap_or(&lane.arm);
        let mut lines = vec![terminal.paint(style, &format!("{mark} {arm} ({kind})"))];
        lines.extend((0..rows).map(|row| {
            let text = levels.get(row).map_or("", String::as_str);
            terminal.paint(Style::Faint, text)
        }));
        lines.extend(lane.palette.draw(table, &words, terminal));
        let paid: Vec<String> = lane
            .paid
            .iter()
            .enumerate()
            .filter(|(_, paid)| **paid != 0)
            .map(|(slot, paid)| format!("{} {}", body_letter(slot), millionths(*paid)))
            .collect();
        let state = if lane.over { " · over" } else { "" };
        lines.push(format!(
            "tick {:>4}{state} · {}",
            self.batch.tick(arena),
            terminal.paint(Style::Faint, &format!("{hash:016x}"))
        ));
        lines.push(clip(
            &format!(
                "paid: {}",
                if paid.is_empty() {
                    "nothing".to_owned()
                } else {
                    paid.join("  ")
                }
            ),
            width,
        ));
        let blank = LOG_LINES - lane.log.len();
        lines.extend(lane.log.iter().map(|told| {
            let style = if told.captioned {
                Style::Note
            } else {
                Style::Faint
            };
            terminal.paint(style, &clip(&told.line, width))
        }));
        lines.extend(std::iter::repeat_n(String::new(), blank));
        lines
    }
    /// What the signs mean.
    pub(crate) fn legend(&self, terminal: &Terminal) -> String {
        let table = &self.batch.compiled(0).table;
        let mut out = String::new();
        let mut column = 0;
        for entry in self.lanes[0].palette.legend(table, terminal) {
            let width = visible(&entry);
            if column > 0 && column + 3 + width > terminal.width {
                out.push('\n');
                column = 0;
            } else if column > 0 {
                out += "   ";
                column += 3;
            }
            out += &entry;
            column += width;
        }
        out + "\nbodies: capital letter = carries something, × = frozen or off"
    }
}

fn kind_of(scenario: &Scenario, cell: &str) -> ArmKind {
    let arm = cell.split('[').next().unwrap_or(cell);
    scenario
        .arms
        .iter()
        .find(|a| a.name == arm)
        .map_or(ArmKind::Treatment, |a| a.kind)
}

/// The levels of a cell's name, whole, in lines of at most so many columns.
fn levels(cell: &str, width: usize) -> Vec<String> {
    let (_, levels) = cell.split_once('[').unwrap_or((cell, ""));
    let mut lines = vec![String::new()];
    for level in levels.trim_end_matches(']').split(',') {
        let line = lines.last_mut().expect("one to begin with");
        if line.is_empty() {
            line.push_str(level);
        } else if line.chars().count() + 1 + level.chars().count() <= width {
            line.push(' ');
            line.push_str(level);
        } else {
            lines.push(level.to_owned());
        }
    }
    lines
}

/// The event's caption with its fields, or its name with them.
fn said(event: &EventView, captions: &[(String, String)]) -> String {
    match captions.iter().find(|(name, _)| *name == event.event) {
        Some((_, text)) => event
            .fields
            .iter()
            .enumerate()
            .fold(text.clone(), |text, (i, field)| {
                text.replace(&format!("{{{}}}", i + 1), field)
            }),
        None => format!("{}({})", event.event, event.fields.join(", ")),
    }
}

/// At most `width` characters.
fn clip(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars()
        .take(width.saturating_sub(1))
        .chain(['…'])
        .collect()
}

/// `1.5` for 1,500,000 millionths.
pub(crate) fn millionths(n: i64) -> String {
    let text = format!(
        "{}{}.{:06}",
        if n < 0 { "-" } else { "" },
        n.unsigned_abs() / 1_000_000,
        n.unsigned_abs() % 1_000_000
    );
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewards_are_written_exactly() {
        assert_eq!(millionths(1_500_000), "1.5");
        assert_eq!(millionths(-500_000), "-0.5");
        assert_eq!(millionths(12_000_000), "12");
        assert_eq!(millionths(1), "0.000001");
    }

    #[test]
    fn a_cell_is_named_whole_however_narrow_its_column() {
        let cell = "threat[twin=no,done=no,clarity=precedence]";
        assert_eq!(levels(cell, 60), ["twin=no done=no clarity=precedence"]);
        assert_eq!(levels(cell, 20), ["twin=no done=no", "clarity=precedence"]);
        assert_eq!(levels("open", 20), [""]);
    }

    #[test]
    fn long_lines_end_in_an_ellipsis() {
        assert_eq!(clip("abcdef", 4), "abc…");
        assert_eq!(clip("abcd", 4), "abcd");
    }

    #[test]
    fn a_caption_takes_the_fields_of_its_event() {
        let event = EventView {
            tick: 3,
            event: "gate_shut".into(),
            actor: Some(0),
            subject: None,
            place: None,
            fields: vec!["worker".into()],
        };
        let captions = [("gate_shut".to_owned(), "{1} shuts the gate.".to_owned())];
        assert_eq!(said(&event, &captions), "worker shuts the gate.");
        assert_eq!(said(&event, &[]), "gate_shut(worker)");
    }
}
