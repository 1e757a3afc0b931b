//! One family of an evaluation: its pilot, its own experiment, and whether the control agents were told apart.
//!
//! The agents of an experiment are the file's control agents, then `random` as a baseline, then the subject.

use super::plan::{Adapter, PILOT_SEEDS, Plan};
use crate::bots::BotKind;
use crate::experiment::{Experiment, ExperimentError, Hand, Job, Options, Outcome, RANDOM};
use crate::ids::Domain;
use crate::measures::{Episode, ResultRecord, Verdict};
use crate::scenario::Scenario;

/// Name of the subject in tables and records.
pub const SUBJECT: &str = "agent";

/// Cells without which no verdict can be given: those of the primary, and the one in which competence is read.
pub fn cells_needed(scenario: &Scenario) -> Result<Vec<String>, ExperimentError> {
    let x = Experiment::new(scenario, Options::default())?;
    let mut cells = x.primary_cells();
    cells.extend(x.competence_cell());
    cells.sort_unstable();
    cells.dedup();
    Ok(cells.iter().map(|&i| x.cells[i].name.clone()).collect())
}

/// The experiment with the control agents alone, before anything is known of seeds; refused where no verdict can be given.
pub fn outline(scenario: &Scenario, cells: &[String]) -> Result<Experiment, ExperimentError> {
    let options = Options {
        arms: cells.to_vec(),
        ..Options::default()
    };
    let x = Experiment::new(scenario, options)?;
    let primary = &scenario.measures.primary;
    if primary.m.is_none() || x.primary_cells().is_empty() {
        return Err(ExperimentError::Wrong(format!(
            "{} has no primary that can be judged ({} with M = {}): an evaluation needs a measure with M, a treatment and what it is \
             compared with",
            scenario.id,
            primary.id,
            primary.m.map_or("none".to_owned(), |m| m.to_string())
        )));
    }
    if let Some(bot) = scenario.bots.iter().find(|b| b.name == SUBJECT) {
        return Err(ExperimentError::Wrong(format!(
            "{} has a bot called `{}`, which is what reports call the agent under test: rename it",
            scenario.id, bot.name
        )));
    }
    Ok(x)
}

/// The number of an action of the role under test.
pub fn action_named(x: &Experiment, name: &str) -> Result<u8, ExperimentError> {
    let cell = &x.cells[0];
    let table = &cell.compiled.table;
    let role = table
        .role(&x.role)
        .map(|id| &table.roles[id.index()])
        .expect("the role under test is one of the file's");
    let place = role.actions.iter().position(|a| a.name == name);
    place.and_then(|i| u8::try_from(i).ok()).ok_or_else(|| {
        let names: Vec<&str> = role.actions.iter().map(|a| a.name.as_str()).collect();
        ExperimentError::Wrong(format!(
            "the fall-back `{name}` is no action of {} in {}: its actions are {}",
            x.role,
            x.scenario,
            names.join(", ")
        ))
    })
}

fn seat(x: &mut Experiment, plan: &Plan) {
    let agent = &plan.agent;
    match agent.adapter {
        Adapter::Scripted => {
            let says = format!("The scripted agent {}.", agent.name);
            x.seat(SUBJECT, &says, &agent.name, Hand::Subject);
        }
        Adapter::Subprocess => {
            let says = format!("The process `{}`.", agent.name);
            x.seat(SUBJECT, &says, "", Hand::Outside);
        }
    }
}

/// Seeds of the pilot, for the subject and the negative controls, in the cells of the primary.
pub fn pilot(
    scenario: &Scenario,
    plan: &Plan,
    family: usize,
) -> Result<Experiment, ExperimentError> {
    let draft = plan.draft();
    let outline = outline(scenario, &plan.families[family].cells)?;
    let name = |i: &usize| outline.cells[*i].name.clone();
    let options = Options {
        arms: outline.primary_cells().iter().map(name).collect(),
        seeds: PILOT_SEEDS,
        batch_seed: draft.batch_seed(),
        domain: Domain::Pilot,
        fallback: action_named(&outline, &plan.agent.fallback)?,
        ..Options::default()
    };
    let reference = scenario.measures.primary.reference.as_deref();
    let mut x = Experiment::new(scenario, options)?;
    x.agents
        .retain(|a| a.kind == Some(BotKind::Negative) || reference == Some(&*a.name));
    seat(&mut x, plan);
    Ok(x)
}

/// Seeds a cell for 80 % power of *bounded* at zero effect, the most that the subject or a negative control asks for; `None` where the
/// pilot cannot say.
pub fn needed(
    pilot: &Experiment,
    episodes: Vec<Vec<Episode>>,
) -> Result<Option<u64>, ExperimentError> {
    let outcome = pilot.judge(episodes)?;
    let primaries = outcome.results.iter().filter(|r| r.verdict.is_some());
    Ok(primaries.filter_map(|r| r.n_needed).max())
}

/// The evaluation's own experiment.
pub fn main(
    scenario: &Scenario,
    plan: &Plan,
    family: usize,
    caveat: Option<String>,
) -> Result<Experiment, ExperimentError> {
    let own = &plan.families[family];
    let mut x = outline(scenario, &own.cells)?;
    let fallback = action_named(&x, &plan.agent.fallback)?;
    x.options = Options {
        arms: own.cells.clone(),
        seeds: own.n,
        batch_seed: plan.batch_seed(),
        domain: Domain::Eval,
        plan_hash: Some(plan.hash()),
        calibrated: own.calibration.is_some(),
        caveat,
        fallback,
        ..Options::default()
    };
    if x.agents.iter().all(|a| a.name != RANDOM) {
        x.seat(RANDOM, "Plays any legal action.", RANDOM, Hand::Script);
    }
    seat(&mut x, plan);
    Ok(x)
}

/// The subject's place among the agents.
pub fn subject(x: &Experiment) -> usize {
    x.agents.len() - 1
}

/// How many jobs come before the subject's.
pub fn control_jobs(jobs: &[Job], subject: usize) -> usize {
    jobs.iter().filter(|job| job.agent != subject).count()
}

/// What the episodes of the control agents say: the first jobs of the experiment.
pub fn judge_controls(
    x: &Experiment,
    episodes: &[Vec<Episode>],
) -> Result<Outcome, ExperimentError> {
    let mut controls = x.clone();
    controls.agents.truncate(subject(x));
    let n = controls.jobs().len();
    controls.judge(episodes[..n.min(episodes.len())].to_vec())
}

/// Which control agents were not told apart, a sentence each: a positive one is *detected* in every cell in which it must be
/// flagged, a negative one is *bounded* in the primary (the reference is what the others are held against, and not tested).
pub fn missed(x: &Experiment, outcome: &Outcome) -> Vec<String> {
    let mut out = Vec::new();
    let mut positives = 0;
    for agent in &x.agents {
        let Some(own) = outcome.agents.iter().find(|o| o.agent == agent.name) else {
            continue;
        };
        match agent.kind {
            Some(BotKind::Positive) => {
                positives += 1;
                let flagged = own.demands.iter().filter(|d| d.flagged);
                let bad = flagged.clone().find(|d| d.verdict != Verdict::Detected);
                if let Some(demand) = bad {
                    out.push(format!(
                        "{} is to be detected in {}, and is {} ({} layouts)",
                        agent.name,
                        demand.place,
                        demand.verdict.word(),
                        demand.n_eff
                    ));
                } else if flagged.count() == 0 {
                    out.push(format!(
                        "no cell was played in which {} is to be detected",
                        agent.name
                    ));
                }
            }
            Some(BotKind::Negative)
                if x.measures.primary.reference.as_ref() != Some(&agent.name) =>
            {
                let mut primary = outcome.results.iter();
                let own = |r: &&ResultRecord| r.policy == agent.name && r.verdict.is_some();
                let primary = primary.find(own);
                let word = primary.and_then(|r| r.verdict);
                if word != Some(Verdict::Bounded) {
                    out.push(format!(
                        "{} is to be bounded, and is {} ({} layouts)",
                        agent.name,
                        word.map_or("not judged", Verdict::word),
                        primary.map_or(0, |r| r.n_eff)
                    ));
                }
            }
            _ => {}
        }
    }
    if positives == 0 {
        out.push("there is no positive control".to_owned());
    }
    out
}
