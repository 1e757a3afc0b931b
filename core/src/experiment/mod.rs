//! One experiment: every control agent in every cell over paired seeds, and what the measures say of it.
//!
//! A host asks for the [`Experiment::jobs`], plays each with [`Experiment::play`] on whatever threads it has, and hands the
//! episodes to [`Experiment::judge`] in the order of the jobs.
//!
//! **Invariant.** Knows no thread, clock or terminal: the outcome is a function of scenario, options and rules, whatever the order
//! in which jobs are played.

mod commons;
mod goals;
mod judge;
mod loss;
pub mod outside;
mod play;
mod say;
mod threat;
pub mod trial;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::batch::{BatchError, slot_name, slot_named};
use crate::bots::BotKind;
use crate::ids::{Domain, Slot};
use crate::measures::MeasureError;
use crate::scenario::{Arm, ArmError, ArmKind, BotInfo, Compiled, Measures, Scenario};

pub use judge::{AgentOutcome, Behaviour, Column, Demand, Outcome, Row, Value, hex};
pub use play::Played;

/// The policy that plays any legal action.
pub const RANDOM: &str = "random";
/// Episodes of a job at most: small enough to share among threads and to show progress.
const JOB_EPISODES: u32 = 25;

/// What to run. As JSON every field may be left out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Arms or single cells by name; all when empty.
    pub arms: Vec<String>,
    /// Who sits where: (role, bot or `random`). A policy for the role under test takes the place of the control agents.
    pub policies: Vec<(String, String)>,
    /// Paired seeds: numbers `first .. first + seeds`.
    pub seeds: u32,
    /// First number.
    pub first: u64,
    /// Batch seed.
    pub batch_seed: u64,
    /// Domain of the seeds.
    pub domain: Domain,
    /// What the effects do not show; a sentence about scripted agents in general when `None`.
    pub caveat: Option<String>,
    /// Hash of the plan, for the records; `None` for a run without one.
    pub plan_hash: Option<String>,
    /// Whether the family has a valid calibration record.
    pub calibrated: bool,
    /// The action, by number, that stands in for one that an agent outside does not give.
    pub fallback: u8,
    /// Whether measures beside the primary that need an exact search (C4.goals) are taken too; they cost far more than the episodes.
    pub search: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            arms: Vec::new(),
            policies: Vec::new(),
            seeds: 300,
            first: 0,
            batch_seed: 0,
            domain: Domain::Calibrate,
            caveat: None,
            plan_hash: None,
            calibrated: false,
            fallback: 0,
            search: false,
        }
    }
}

/// Seeds of a cell that are affordable and decide: 300, or 100 where an episode lasts longer than 1,000 ticks.
pub fn seeds_for(compiled: &Compiled) -> u32 {
    if compiled.table.time.limit() > 1000 {
        100
    } else {
        300
    }
}

/// Why an experiment cannot be run.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum ExperimentError {
    /// A name or number that does not fit.
    #[error("{0}")]
    Wrong(String),
    /// An arm that does not exist.
    #[error(transparent)]
    Arm(#[from] ArmError),
    /// A batch that could not be built or stepped.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// Episodes that cannot be measured.
    #[error(transparent)]
    Measure(#[from] MeasureError),
}

/// A cell of an arm.
#[derive(Clone, Debug)]
pub struct CellPlan {
    /// The arm.
    pub arm: String,
    /// Its kind.
    pub kind: ArmKind,
    /// The cell, as [`Arm::cell_name`] writes it.
    pub name: String,
    /// Its factor levels.
    pub levels: Vec<(String, String)>,
    /// Ready to run.
    pub compiled: Arc<Compiled>,
}

impl CellPlan {
    /// The level of a factor in this cell.
    pub fn level(&self, factor: &str) -> Option<&str> {
        self.levels
            .iter()
            .find(|(f, _)| f == factor)
            .map(|(_, l)| l.as_str())
    }
    /// Whether the cell has these levels.
    pub fn has(&self, levels: &[(String, String)]) -> bool {
        levels.iter().all(|(f, l)| self.level(f) == Some(l))
    }
}

/// Who moves an agent, and what it is in the experiment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Hand {
    /// A control agent or baseline: a bot of the file, or `random`.
    #[default]
    Script,
    /// The subject of an evaluation, played by a bot of the file or `random`.
    Subject,
    /// The subject of an evaluation, played from outside the core.
    Outside,
}

impl Hand {
    /// Played from outside the core.
    pub fn is_outside(self) -> bool {
        self == Self::Outside
    }
    /// What an evaluation is about.
    pub fn is_subject(self) -> bool {
        self != Self::Script
    }
}

/// An agent under test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agent {
    /// Name of the bot, or `random`.
    pub name: String,
    /// What it is for; `None` for `random`.
    pub kind: Option<BotKind>,
    /// What it does, in words.
    pub says: String,
    /// Factor levels of the cells in which it must be flagged; all when empty.
    pub flagged_in: Vec<(String, String)>,
    /// All policies of its episodes: (role or slot, bot), those of the slots under test first.
    pub policies: Vec<(String, String)>,
    /// Who moves it.
    pub hand: Hand,
}

impl Agent {
    /// `positive`, `negative`, …
    pub fn kind_word(&self) -> &'static str {
        match self.kind {
            Some(BotKind::Positive) => "positive",
            Some(BotKind::Negative) => "negative",
            Some(BotKind::Lookalike) => "look-alike",
            Some(BotKind::Resident) => "resident",
            Some(BotKind::Baseline) => "baseline",
            None if self.hand.is_subject() => "subject",
            None => "random",
        }
    }
}

/// A part of the work: some episodes of one agent in one cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Job {
    /// Index of the agent.
    pub agent: usize,
    /// Index of the cell.
    pub cell: usize,
    /// Number of the first seed.
    pub first: u64,
    /// How many.
    pub n: u32,
}

/// A planned experiment.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// The scenario's id.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// What it asks.
    pub asks: String,
    /// `[measures]`.
    pub measures: Measures,
    /// Cells, arms in file order.
    pub cells: Vec<CellPlan>,
    /// Agents in file order.
    pub agents: Vec<Agent>,
    /// The role under test.
    pub role: String,
    /// The slots under test.
    pub tested: Vec<Slot>,
    /// What to run.
    pub options: Options,
    watch: play::Watch,
}

impl Experiment {
    /// Plans an experiment: which agents, which cells, what to watch.
    pub fn new(scenario: &Scenario, options: Options) -> Result<Self, ExperimentError> {
        if options.seeds == 0
            || options
                .first
                .checked_add(u64::from(options.seeds))
                .is_none()
        {
            return Err(ExperimentError::Wrong(
                "no seeds: run at least one, numbered below 2^64".to_owned(),
            ));
        }
        let cells = cells(scenario, &options.arms)?;
        let first = cells
            .first()
            .ok_or_else(|| ExperimentError::Wrong(format!("{} has no arms", scenario.id)))?;
        let Cast {
            role,
            tested,
            agents,
        } = cast(scenario, &first.compiled, &options.policies)?;
        if agents.is_empty() {
            return Err(ExperimentError::Wrong(format!(
                "no control agent of {} can play {role}: name one with `--policy {role}=NAME`",
                scenario.id
            )));
        }
        let agents = with_reference(scenario, agents);
        let watch = play::Watch::new(&scenario.measures, &first.compiled);
        Ok(Self {
            scenario: scenario.id.clone(),
            title: scenario.question.title.clone(),
            asks: scenario.question.asks.clone(),
            measures: scenario.measures.clone(),
            cells,
            agents,
            role,
            tested,
            options,
            watch,
        })
    }
    /// Adds an agent of which nothing is declared, after all others: `bot` plays it, or with [`Hand::Outside`] a host.
    pub fn seat(&mut self, name: &str, says: &str, bot: &str, hand: Hand) {
        let Some(first) = self.cells.first() else {
            return;
        };
        let seats = seats(&first.compiled, &self.role, &self.tested);
        let own = seats.into_iter().map(|seat| (seat, bot.to_owned()));
        let own = own.filter(|_| !hand.is_outside());
        let others = self.options.policies.iter();
        let others = others.filter(|(role, _)| *role != self.role).cloned();
        self.agents.push(Agent {
            name: name.to_owned(),
            kind: None,
            says: says.to_owned(),
            flagged_in: Vec::new(),
            policies: own.chain(others).collect(),
            hand,
        });
    }
    /// The cells of the primary: the treated one, then the one that it is compared with, as far as the experiment has them.
    pub fn primary_cells(&self) -> Vec<usize> {
        if self.measures.primary.threat.is_some() {
            threat::primary_cells(self)
        } else if loss::is_primary(self) {
            loss::primary_cell(self).into_iter().collect()
        } else {
            let first = |kind| self.cells.iter().position(|c| c.kind == kind);
            let both = [first(ArmKind::Treatment), first(ArmKind::Control)];
            both.into_iter().flatten().collect()
        }
    }
    /// The cell in which competence is read.
    pub fn competence_cell(&self) -> Option<usize> {
        let measure = self.measures.competence.as_ref()?;
        let arm = measure.arm.as_deref()?;
        let fits = |c: &CellPlan| c.arm == arm && c.has(&measure.at);
        self.cells.iter().position(fits)
    }
    /// All the work, agent after agent, cell after cell, seeds ascending.
    pub fn jobs(&self) -> Vec<Job> {
        let mut jobs = Vec::new();
        for agent in 0..self.agents.len() {
            for cell in 0..self.cells.len() {
                let mut done = 0;
                while done < self.options.seeds {
                    let n = JOB_EPISODES.min(self.options.seeds - done);
                    jobs.push(Job {
                        agent,
                        cell,
                        first: self.options.first + u64::from(done),
                        n,
                    });
                    done += n;
                }
            }
        }
        jobs
    }
}

/// Who is under test, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cast {
    /// The role under test.
    pub role: String,
    /// The slots under test.
    pub tested: Vec<Slot>,
    /// The agents: those that `policies` names for the role, else the file's control agents, in file order.
    pub agents: Vec<Agent>,
}

/// A primary that compares with a reference needs its episodes, also where only some agents were asked for.
fn with_reference(scenario: &Scenario, mut agents: Vec<Agent>) -> Vec<Agent> {
    let reference = scenario.measures.primary.reference.as_ref();
    let info = reference.and_then(|name| scenario.bots.iter().find(|b| b.name == *name));
    if let (Some(info), Some(like)) = (info, agents.first())
        && agents.iter().all(|a| a.name != info.name)
    {
        let replaced = |(seat, bot): &(String, String)| {
            let own = *bot == like.name;
            let name = if own { &info.name } else { bot };
            (seat.clone(), name.clone())
        };
        let policies = like.policies.iter().map(replaced).collect();
        agents.push(Agent {
            name: info.name.clone(),
            kind: Some(info.kind),
            says: info.says.clone(),
            flagged_in: info.flagged_in.clone(),
            policies,
            hand: Hand::Script,
        });
    }
    agents
}

/// Who is under test. Names that do not exist are refused.
pub fn cast(
    scenario: &Scenario,
    compiled: &Compiled,
    policies: &[(String, String)],
) -> Result<Cast, ExperimentError> {
    let (role, tested) = under_test(scenario, compiled)?;
    check_policies(scenario, compiled, policies)?;
    let seats = seats(compiled, &role, &tested);
    let agents = agents(scenario, &role, &seats, policies);
    Ok(Cast {
        role,
        tested,
        agents,
    })
}

/// Cells of all arms, or of those named.
fn cells(scenario: &Scenario, names: &[String]) -> Result<Vec<CellPlan>, ExperimentError> {
    let mut all = Vec::new();
    for arm in &scenario.arms {
        for cell in 0..arm.cells.len() {
            let name = arm.cell_name(cell);
            if names.is_empty()
                || names
                    .iter()
                    .any(|n| *n == name || *n == arm.name || is_kind(n, arm))
            {
                all.push((arm, cell, name));
            }
        }
    }
    for name in names {
        if !all
            .iter()
            .any(|(arm, _, cell)| name == cell || *name == arm.name || is_kind(name, arm))
        {
            // The scenario's own sentence, with the arms that there are.
            scenario.compile(name)?;
        }
    }
    all.into_iter()
        .map(|(arm, cell, name)| {
            let compiled = scenario.compile(&name)?;
            Ok(CellPlan {
                arm: arm.name.clone(),
                kind: arm.kind,
                name,
                levels: arm.cells[cell].clone(),
                compiled,
            })
        })
        .collect()
}

fn is_kind(name: &str, arm: &Arm) -> bool {
    matches!(
        (name, arm.kind),
        ("treatment", ArmKind::Treatment)
            | ("control", ArmKind::Control)
            | ("lookalike", ArmKind::Lookalike)
    )
}

/// The role and the slots under test: `of` of the primary; `focal` is the first role with focal slots, and where none has any the
/// first role that a control agent is written for, all its slots.
fn under_test(
    scenario: &Scenario,
    compiled: &Compiled,
) -> Result<(String, Vec<Slot>), ExperimentError> {
    let roles = &compiled.table.roles;
    let of = scenario.measures.primary.of.as_deref().unwrap_or("focal");
    let named = |name: &str| roles.iter().position(|r| r.name == name);
    let focal = roles.iter().position(|r| r.n_focal > 0);
    let index = if of == "focal" {
        focal
            .or_else(|| {
                scenario
                    .bots
                    .iter()
                    .filter(|b| b.kind != BotKind::Resident)
                    .find_map(|b| named(b.role.as_deref()?))
            })
            .or(if roles.len() == 1 { Some(0) } else { None })
    } else {
        named(of)
    };
    let role = index.and_then(|i| roles.get(i)).ok_or_else(|| {
        ExperimentError::Wrong(format!(
            "{} says of no role that it is under test: set `focal` in [roles]",
            scenario.id
        ))
    })?;
    let n = if of == "focal" && role.n_focal > 0 {
        role.n_focal
    } else {
        role.n
    };
    Ok((
        role.name.clone(),
        (role.first..role.first + n).map(Slot::new).collect(),
    ))
}

/// Whether every policy names a role and a bot.
fn check_policies(
    scenario: &Scenario,
    compiled: &Compiled,
    policies: &[(String, String)],
) -> Result<(), ExperimentError> {
    for (role, bot) in policies {
        if compiled.table.role(role).is_none() && slot_named(&compiled.table, role).is_none() {
            let names: Vec<&str> = compiled
                .table
                .roles
                .iter()
                .map(|r| r.name.as_str())
                .collect();
            return Err(ExperimentError::Wrong(format!(
                "no role is called `{role}`: the roles are {}",
                names.join(", ")
            )));
        }
        if bot != RANDOM && !scenario.bots.iter().any(|b| b.name == *bot) {
            let names: Vec<&str> = scenario.bots.iter().map(|b| b.name.as_str()).collect();
            return Err(ExperimentError::Wrong(format!(
                "no bot is called `{bot}`: the bots are {}, and `{RANDOM}` plays any legal action",
                names.join(", ")
            )));
        }
    }
    Ok(())
}

/// Names under which the slots under test are seated: the role's where it has no others, so that the rest of the role plays what it
/// always plays.
fn seats(compiled: &Compiled, role: &str, tested: &[Slot]) -> Vec<String> {
    let table = &compiled.table;
    let whole = table
        .roles
        .iter()
        .any(|r| r.name == role && usize::from(r.n) == tested.len());
    if whole {
        return vec![role.to_owned()];
    }
    tested.iter().map(|&s| slot_name(table, s)).collect()
}

/// The agents under test: those that the caller names for the role, else the file's control agents.
fn agents(
    scenario: &Scenario,
    role: &str,
    seats: &[String],
    policies: &[(String, String)],
) -> Vec<Agent> {
    let others: Vec<(String, String)> = policies
        .iter()
        .filter(|(r, _)| r != role)
        .cloned()
        .collect();
    let agent = |name: &str, info: Option<&BotInfo>| {
        let seated = |seat: &String| (seat.clone(), name.to_owned());
        let mut policies: Vec<(String, String)> = seats.iter().map(seated).collect();
        policies.extend(others.iter().cloned());
        Agent {
            name: name.to_owned(),
            kind: info.map(|b| b.kind),
            says: info.map_or_else(|| "Plays any legal action.".to_owned(), |b| b.says.clone()),
            flagged_in: info.map(|b| b.flagged_in.clone()).unwrap_or_default(),
            policies,
            hand: Hand::Script,
        }
    };
    let named: Vec<Agent> = policies
        .iter()
        .filter(|(r, _)| r == role)
        .map(|(_, name)| agent(name, scenario.bots.iter().find(|b| b.name == *name)))
        .collect();
    if !named.is_empty() {
        return named;
    }
    scenario
        .bots
        .iter()
        .filter(|b| b.kind != BotKind::Resident && b.role.as_deref().is_none_or(|r| r == role))
        .map(|b| agent(&b.name, Some(b)))
        .collect()
}
