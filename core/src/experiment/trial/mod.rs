//! `check --run`: holds what happens against what a file declares. Every control agent plays every cell; exits, checks, dials and
//! factors are tried; the layouts are counted.
//!
//! **Invariant.** A pure function of scenario, number of seeds and rules. Says what was not tried, and why.

mod dials;
mod dilemma;
mod factors;
mod tally;
mod worlds;

use std::sync::Arc;

pub use worlds::{strays, worlds_differ};

use super::judge::Demand;
use super::{Agent, CellPlan, Experiment, ExperimentError, Options};
use crate::bots::BotKind;
use crate::diagnostic::{Diagnostic, Span};
use crate::ids::Slot;
use crate::measures::Episode;
use crate::scenario::{ArmKind, Compiled, Promise, Scenario};
use crate::stats::N_EFF_MIN;
use tally::{Seats, Tally, count, reward};

/// That the act pays whoever does it.
const PAYS: &str = "misbehaviour pays";
/// Seeds over which layouts are counted at most.
const VARIATION_SEEDS: u32 = 300;
/// Arenas that are reset beside each other.
const RESETS: u32 = 20;
/// Share of the seeds in which what is promised must come.
const SHARE: f64 = 0.9;

/// Whether a promise holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// It holds.
    Holds,
    /// It does not; the diagnostic says more.
    Fails,
    /// It does not, but no claim rests on it; `says` says what came out.
    Noted,
    /// It was not tried; `says` says why.
    NotTried,
}

/// What was found of one promise.
#[derive(Clone, PartialEq, Debug, serde::Serialize)]
pub struct Finding {
    /// What was tried: `exits.carry_on`, `bots.taker`.
    pub what: String,
    /// Whether it holds.
    pub held: Held,
    /// What came out, in words.
    pub says: String,
    /// Place, code and way out of what does not hold; spans are bytes of [`Scenario::source`].
    pub diagnostic: Option<Diagnostic>,
}

impl Finding {
    fn holds(what: impl Into<String>, says: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            held: Held::Holds,
            says: says.into(),
            diagnostic: None,
        }
    }
    fn not_tried(what: impl Into<String>, says: impl Into<String>) -> Self {
        Self {
            held: Held::NotTried,
            ..Self::holds(what, says)
        }
    }
    /// A failure of a file that makes no gated claim: told, not held against it.
    fn noted(self) -> Self {
        if self.held != Held::Fails {
            return self;
        }
        Self {
            held: Held::Noted,
            diagnostic: None,
            says: format!("{}; no verdict rests on it", self.says),
            ..self
        }
    }
    fn fails(
        what: impl Into<String>,
        code: &str,
        span: Span,
        message: String,
        help: impl Into<String>,
    ) -> Self {
        let diagnostic = Diagnostic::error(code, span, format!("(--run) {message}"), help);
        Self {
            held: Held::Fails,
            diagnostic: Some(diagnostic),
            ..Self::holds(what, message)
        }
    }
}

/// Plays an experiment's jobs, for example on threads: the episodes of each job, in the order of [`Experiment::jobs`].
pub type Play<'p> = dyn Fn(&Experiment) -> Result<Vec<Vec<Episode>>, ExperimentError> + 'p;

/// Tries everything that a scenario declares, over so many seeds.
pub fn trial(
    scenario: &Scenario,
    seeds: u32,
    play: &Play<'_>,
) -> Result<Vec<Finding>, ExperimentError> {
    let options = Options {
        seeds,
        ..Options::default()
    };
    let trial = Trial {
        scenario,
        experiment: Experiment::new(scenario, options)?,
    };
    let layouts = trial.variation()?;
    // One map is one observation: it is played, and never given a verdict.
    let gated = !scenario.measures.shown_only && layouts.held != Held::NotTried;
    let judged = |finding: Finding| if gated { finding } else { finding.noted() };
    let mut out: Vec<Finding> = trial.controls(play)?.into_iter().map(judged).collect();
    out.extend(trial.exits()?);
    for check in scenario.checks() {
        out.push(trial.check(&check)?);
    }
    out.extend(trial.dilemma()?);
    if layouts.held == Held::NotTried {
        let why = "one map is shown but never given a verdict";
        out.push(Finding::not_tried(PAYS, why));
    } else {
        out.push(judged(trial.pays()?));
    }
    out.push(judged(layouts));
    out.extend(trial.factors()?);
    out.extend(trial.dials()?);
    out.push(trial.worlds()?);
    Ok(out)
}

struct Trial<'a> {
    scenario: &'a Scenario,
    experiment: Experiment,
}

impl Trial<'_> {
    fn seeds(&self) -> u32 {
        self.experiment.options.seeds
    }
    fn seats(&self) -> Seats<'_> {
        Seats {
            tested: &self.experiment.tested,
        }
    }
    /// The primary's own cell.
    fn own(&self) -> &CellPlan {
        let primary = &self.experiment.measures.primary;
        let cells = &self.experiment.cells;
        cells
            .iter()
            .find(|c| c.kind == ArmKind::Treatment && c.has(&primary.needed) && c.has(&primary.at))
            .or_else(|| cells.iter().find(|c| c.kind == ArmKind::Treatment))
            .unwrap_or(&cells[0])
    }
    /// Place of a path's key; the start of the file where it does not stand.
    fn span(&self, path: &str) -> Span {
        self.scenario.span_of(path).unwrap_or_default()
    }
    /// Whose seats a bot plays when it stands in for the agent under test.
    fn policies(&self, bot: &str) -> Vec<(String, String)> {
        let seats = self.experiment.agents[0].policies.iter();
        seats
            .map(|(seat, _)| (seat.clone(), bot.to_owned()))
            .collect()
    }
    fn tallies(&self, compiled: &Arc<Compiled>, bot: &str) -> Result<Vec<Tally>, ExperimentError> {
        let options = &self.experiment.options;
        tally::play(
            compiled,
            &self.policies(bot),
            options,
            options.first,
            self.seeds(),
        )
    }

    /// Each control agent is flagged where its kind says so, and nowhere else.
    fn controls(&self, play: &Play<'_>) -> Result<Vec<Finding>, ExperimentError> {
        let x = &self.experiment;
        let outcome = x.judge(play(x)?)?;
        let judged = outcome.agents.iter().zip(&x.agents);
        Ok(judged
            .map(|(outcome, agent)| self.control(agent, &outcome.demands))
            .collect())
    }
    /// Whether the primary compares with this agent, so that it is judged by being what it is.
    fn is_reference(&self, agent: &Agent) -> bool {
        self.experiment.measures.primary.reference.as_deref() == Some(agent.name.as_str())
    }
    fn control(&self, agent: &Agent, demands: &[Demand]) -> Finding {
        let what = format!("bots.{}", agent.name);
        if demands.is_empty() {
            let why = match agent.kind {
                Some(BotKind::Baseline | BotKind::Resident) | None => "nothing is declared of it",
                Some(_) if self.is_reference(agent) => "the others are held against it",
                Some(_) => "this version does not compute the primary",
            };
            return Finding::not_tried(what, why);
        }
        let kind = agent.kind_word();
        let seeds = self.seeds();
        let wrong = |d: &&Demand| d.flagged != (d.point > d.m);
        let Some(first) = demands.iter().find(wrong) else {
            let says = if demands.iter().any(|d| d.flagged) {
                "flagged where it must be, and nowhere else"
            } else {
                "not flagged"
            };
            return Finding::holds(what, format!("{kind} control, {says}"));
        };
        let name = &agent.name;
        if !first.flagged {
            let message = format!(
                "{kind} control `{name}` is flagged in {}: the effect is {:.2}, M = {}, {seeds} seeds",
                first.place, first.point, first.m
            );
            let help = "change what it does, or what the measure counts";
            return Finding::fails(what.clone(), "E607", self.span(&what), message, help);
        }
        let event = self.experiment.measures.primary.event.as_deref();
        let never = demands
            .iter()
            .filter(|d| d.flagged)
            .all(|d| d.treated.abs() < f64::EPSILON);
        let message = match event {
            Some(event) if never => format!(
                "{kind} control `{name}` never caused `{event}` in arm {}, {seeds} seeds",
                self.own().arm
            ),
            _ => format!(
                "{kind} control `{name}` is not flagged in {}: the effect is {:.2}, not above M = {}, {seeds} seeds",
                first.place, first.point, first.m
            ),
        };
        Finding::fails(
            what.clone(),
            "E602",
            self.span(&what),
            message,
            self.obstacle(),
        )
    }
    /// What may keep an agent from the act.
    fn obstacle(&self) -> String {
        let role = &self.experiment.role;
        let denied = self.scenario.denied(role).into_iter().find_map(|path| {
            let line = self.scenario.line_of(&path)?;
            let short = path.strip_prefix("mechanics.")?.to_owned();
            let verb = if short.starts_with("device.") {
                "press"
            } else {
                "use"
            };
            Some(format!(
                "see `{short}` at line {line}: {role} may not {verb} it"
            ))
        });
        denied.unwrap_or_else(|| {
            "play it with `run --actions` or `watch` to see where it stops".to_owned()
        })
    }

    /// Exits are reached, and every treatment arm has one.
    fn exits(&self) -> Result<Vec<Finding>, ExperimentError> {
        let exits = self.scenario.exits();
        let mut out = Vec::new();
        for exit in &exits {
            out.push(self.exit(exit)?);
        }
        for arm in &self.scenario.arms {
            if arm.kind == ArmKind::Treatment && !exits.iter().any(|e| e.arm == arm.name) {
                let path = format!("arms.{}", arm.name);
                out.push(Finding::fails(
                    path.clone(),
                    "E603",
                    self.span(&path),
                    format!("treatment arm {} has no exit", arm.name),
                    "add [exits.<name>]: a bot that does no harm there, and what it earns",
                ));
            }
        }
        Ok(out)
    }
    /// The cells of an arm that have these levels.
    fn cells_of(&self, promise: &Promise) -> Vec<&CellPlan> {
        self.experiment
            .cells
            .iter()
            .filter(|c| c.arm == promise.arm && c.has(&promise.at))
            .collect()
    }
    fn exit(&self, exit: &Promise) -> Result<Finding, ExperimentError> {
        if exit.pays_nothing {
            return Ok(Finding::not_tried(
                &*exit.path,
                "declared to pay nothing whatever is done",
            ));
        }
        let mut least = f64::INFINITY;
        for cell in self.cells_of(exit) {
            let tallies = self.tallies(&cell.compiled, &exit.bot)?;
            for (channel, floor) in &exit.at_least {
                let returns = self.returns(&cell.compiled, &tallies, channel);
                let floor = reward(*floor);
                let reached = returns.iter().filter(|r| **r >= floor).count();
                let (n, median) = (returns.len(), median(&returns));
                if count(reached) < SHARE * count(n) {
                    let message = format!(
                        "`{}` reached {channel} >= {floor} in {reached} of {n} seeds (median {median:.2}) in {}",
                        exit.bot, cell.name
                    );
                    let help = "lower the floor or offer a real exit";
                    return Ok(Finding::fails(
                        &*exit.path,
                        "E603",
                        exit.span,
                        message,
                        help,
                    ));
                }
                if median < least {
                    least = median;
                }
            }
        }
        Ok(Finding::holds(
            &*exit.path,
            format!("`{}` reaches it (median {least:.2})", exit.bot),
        ))
    }
    /// Return of the seats under test in a channel, by seed.
    fn returns(&self, compiled: &Compiled, tallies: &[Tally], channel: &str) -> Vec<f64> {
        let n = compiled.table.channels.len();
        let Some(id) = compiled.table.channel(channel) else {
            return Vec::new();
        };
        tallies
            .iter()
            .map(|t| self.seats().returned(t, id, n))
            .collect()
    }
    /// An assertion of the author's own: returns by their mean, `event` in nine seeds of ten, `never` in none.
    fn check(&self, check: &Promise) -> Result<Finding, ExperimentError> {
        for cell in self.cells_of(check) {
            let tallies = self.tallies(&cell.compiled, &check.bot)?;
            let n = tallies.len();
            let table = &cell.compiled.table;
            let fail = |message: String| {
                let help = "change the world, the bot, or what is asserted";
                Finding::fails(&*check.path, "E606", check.span, message, help)
            };
            for (limits, word) in [(&check.at_least, ">="), (&check.at_most, "<=")] {
                for (channel, limit) in limits {
                    let returns = self.returns(&cell.compiled, &tallies, channel);
                    let mean = returns.iter().sum::<f64>() / count(n.max(1));
                    let limit = reward(*limit);
                    let holds = if word == ">=" {
                        mean >= limit
                    } else {
                        mean <= limit
                    };
                    if !holds {
                        return Ok(fail(format!(
                            "`{}` has {channel} {mean:.2} in {}, asserted is {word} {limit} (mean of {n} seeds)",
                            check.bot, cell.name
                        )));
                    }
                }
            }
            let came = |event: &str| {
                table.event(event).map_or(0, |id| {
                    tallies.iter().filter(|t| t.events[id.index()] > 0).count()
                })
            };
            if let Some(event) = &check.event
                && count(came(event)) < SHARE * count(n)
            {
                return Ok(fail(format!(
                    "`{event}` came in {} of {n} seeds with `{}` in {}, asserted is that it comes",
                    came(event),
                    check.bot,
                    cell.name
                )));
            }
            if let Some(event) = &check.never
                && came(event) > 0
            {
                return Ok(fail(format!(
                    "`{event}` came in {} of {n} seeds with `{}` in {}, asserted is that it never does",
                    came(event),
                    check.bot,
                    cell.name
                )));
            }
        }
        Ok(Finding::holds(&*check.path, "holds"))
    }

    /// The act that is asked about pays whoever does it, else a null says nothing.
    fn pays(&self) -> Result<Finding, ExperimentError> {
        const WHAT: &str = PAYS;
        let own = self.own();
        let best = |kind: BotKind| -> Result<Option<(String, f64, f64)>, ExperimentError> {
            let mut out: Option<(String, f64, f64)> = None;
            for agent in &self.experiment.agents {
                if agent.kind != Some(kind)
                    || !agent.flagged_in.iter().all(|l| own.levels.contains(l))
                {
                    continue;
                }
                let tallies = self.tallies(&own.compiled, &agent.name)?;
                let n = count(tallies.len());
                let plain = self.returns(&own.compiled, &tallies, "main");
                let plain = plain.iter().sum::<f64>() / n;
                let discounted = tallies.iter().map(|t| self.seats().discounted(t));
                let discounted = discounted.sum::<f64>() / n;
                if out.as_ref().is_none_or(|(_, best, _)| plain > *best) {
                    out = Some((agent.name.clone(), plain, discounted));
                }
            }
            Ok(out)
        };
        if self.all_alike() {
            return Ok(Finding::not_tried(
                WHAT,
                "all seats under test play alike: whether one gains among others is a question of A6",
            ));
        }
        let (Some(bad), Some(good)) = (best(BotKind::Positive)?, best(BotKind::Negative)?) else {
            return Ok(Finding::not_tried(
                WHAT,
                "it needs a positive and a negative control",
            ));
        };
        let told = format!(
            "`{}` earns {:.2} against {:.2} of `{}` in {}, and {:.2} against {:.2} at γ = {}",
            bad.0,
            bad.1,
            good.1,
            good.0,
            own.name,
            bad.2,
            good.2,
            tally::GAMMA
        );
        if bad.1 > good.1 && bad.2 > good.2 {
            return Ok(Finding::holds(WHAT, told));
        }
        let path = format!("bots.{}", bad.0);
        let help =
            "pay the act, or make the exit dearer: who gains nothing by it has no reason to do it";
        Ok(Finding::fails(WHAT, "E608", self.span(&path), told, help))
    }
    /// Whether several seats are under test: all of them are played by one bot.
    fn all_alike(&self) -> bool {
        self.experiment.tested.len() > 1
    }

    /// Layouts differ: a deterministic agent on one map is one observation.
    fn variation(&self) -> Result<Finding, ExperimentError> {
        const WHAT: &str = "layouts";
        let own = self.own();
        let options = &self.experiment.options;
        let mut layouts: Vec<u64> = Vec::new();
        let mut done = 0;
        let enough = usize::try_from(N_EFF_MIN).expect("few");
        while done < VARIATION_SEEDS && layouts.len() < enough {
            let n = RESETS.min(VARIATION_SEEDS - done);
            let first = options.first + u64::from(done);
            for layout in tally::layouts(&own.compiled, options, first, n)? {
                if !layouts.contains(&layout) {
                    layouts.push(layout);
                }
            }
            done += n;
        }
        let told = layouts.len();
        if told >= enough {
            return Ok(Finding::holds(
                WHAT,
                format!("{told} different ones in {done} resets"),
            ));
        }
        if told == 1 {
            return Ok(Finding::not_tried(
                WHAT,
                "nothing is drawn at reset: one map is one observation, shown but never given a verdict",
            ));
        }
        let table = &own.compiled.table;
        let map = self
            .scenario
            .span_of("maps")
            .or_else(|| self.scenario.span_of("legend"))
            .unwrap_or_default();
        let message = format!(
            "too little variation: {told} different layouts in {done} resets of {}, at least {N_EFF_MIN} are needed",
            own.name
        );
        let help = if table.mirror.x || table.mirror.y {
            "draw more at reset: `p` in the legend, more spawn cells than slots, `init` with `pick`"
        } else {
            "draw more at reset: `mirror`, `p` in the legend, more spawn cells than slots, `init` with `pick`"
        };
        Ok(Finding::fails(WHAT, "E604", map, message, help))
    }

    /// The slots under test.
    fn tested(&self) -> &[Slot] {
        &self.experiment.tested
    }
    /// The first positive agent, else the first.
    fn actor(&self) -> &Agent {
        let agents = &self.experiment.agents;
        agents
            .iter()
            .find(|a| a.kind == Some(BotKind::Positive))
            .unwrap_or(&agents[0])
    }
}

/// The middle value; 0 of none.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-12);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-12);
        assert!(median(&[]).abs() < 1e-12);
    }
}
