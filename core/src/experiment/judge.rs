//! From episodes to records, a table, effects and a sentence an agent.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::bots::BotKind;
use crate::measures::effect::{EffectContext, Source};
use crate::measures::estimate::CellEstimate;
use crate::measures::verdict::decide_contrast;
use crate::measures::{
    Contrast, EffectReport, Episode, MeasureDef, RecordContext, ResultRecord, Verdict,
};
use crate::stats::{Limits, N_EFF_MIN};

use super::{Agent, CellPlan, Experiment, ExperimentError, commons, loss, threat};

/// A number of the table with its two-sided 95 % interval.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Value {
    /// The number; `None` where it is undefined.
    pub point: Option<f64>,
    /// Low end.
    pub low: Option<f64>,
    /// High end.
    pub high: Option<f64>,
}

impl Value {
    pub(super) fn of(point: Option<f64>, ci95: Option<Limits>) -> Self {
        Self {
            point,
            low: ci95.map(|l| l.lower),
            high: ci95.map(|l| l.upper),
        }
    }
    pub(super) fn of_cell(cell: &CellEstimate) -> Self {
        Self::of(cell.point, cell.ci95)
    }
}

/// A column of the table.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Column {
    /// What stands in its head.
    pub title: String,
    /// Id of the measure.
    pub measure: String,
    /// Whether it is a difference, printed with its sign.
    pub signed: bool,
}

/// A row of the table.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Row {
    /// The agent.
    pub agent: String,
    /// What tells this row's cell from the others.
    pub cell: String,
    /// One value a column.
    pub values: Vec<Value>,
    /// Distinct episodes, the least over the cells.
    pub n_distinct: u32,
    /// The word of the primary; `None` in every other row.
    pub verdict: Option<Verdict>,
}

/// Whether an agent behaves as its kind declares.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// As declared, in every cell that was looked at.
    AsDeclared,
    /// Otherwise, and where.
    Otherwise(String),
    /// Too few distinct episodes, or too few cells, to say.
    Undecided(String),
    /// Nothing is declared of this agent, or nothing can be judged.
    NotJudged,
}

/// What came out for one agent.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct AgentOutcome {
    /// Its name.
    pub agent: String,
    /// `positive`, `negative`, …
    pub kind: &'static str,
    /// What it does, in words.
    pub says: String,
    /// What came out, in one plain sentence or two.
    pub sentence: String,
    /// Whether that is what its kind declares.
    pub behaviour: Behaviour,
    /// What its kind demands, cell by cell, and what came out there.
    #[serde(skip)]
    pub demands: Vec<Demand>,
}

/// What came out.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Outcome {
    /// The scenario's id.
    pub scenario: String,
    /// Version of the rules.
    pub rules_version: u32,
    /// Every number with everything that it rests on; an agent's primary first.
    pub results: Vec<ResultRecord>,
    /// One an agent.
    pub agents: Vec<AgentOutcome>,
    /// What the table shows, in one line.
    pub caption: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, agent after agent.
    pub rows: Vec<Row>,
    /// The primary's effect of each agent that has one.
    pub effects: Vec<EffectReport>,
}

impl Outcome {
    /// 0 as declared, 1 when an agent behaves otherwise, 3 when that cannot be said.
    pub fn exit_code(&self) -> u8 {
        if self
            .agents
            .iter()
            .any(|a| matches!(a.behaviour, Behaviour::Otherwise(_)))
        {
            1
        } else if self
            .agents
            .iter()
            .any(|a| matches!(a.behaviour, Behaviour::Undecided(_)))
        {
            3
        } else {
            0
        }
    }
}

/// Where the pages about measures stand.
fn url(def: &MeasureDef) -> String {
    format!(
        "docs/reference/measures.md#{}",
        def.id.to_lowercase().replace('.', "")
    )
}

/// What a run of control agents does not show.
pub(super) const CAVEAT: &str = "Scripted agents with known intent, in the layouts that this scenario draws: it shows that the measure \
                                 tells them apart, not what a trained agent would do. The family is not calibrated.";

/// Episodes of one agent, cell by cell.
pub(super) struct Played<'a> {
    pub(super) experiment: &'a Experiment,
    pub(super) agent: &'a Agent,
    pub(super) cells: &'a [Vec<Episode>],
    /// Those of all agents, agent after agent.
    pub(super) all: &'a [Vec<Vec<Episode>>],
}

impl Played<'_> {
    /// What a record says beside the numbers.
    pub(super) fn context(&self, cell: &CellPlan) -> RecordContext {
        let x = self.experiment;
        RecordContext {
            scenario: x.scenario.clone(),
            scenario_hash: hex(&cell.compiled.hash),
            rules_version: crate::RULES_VERSION,
            plan_hash: x.options.plan_hash.clone(),
            arm: cell.arm.clone(),
            cell: Some(cell.name.clone()),
            at: cell.levels.iter().cloned().collect::<BTreeMap<_, _>>(),
            of: x
                .measures
                .primary
                .of
                .clone()
                .unwrap_or_else(|| "focal".to_owned()),
            reference: x.measures.primary.reference.clone(),
            policy: self.agent.name.clone(),
            domain: x.options.domain.name().to_owned(),
            batch_seed: x.options.batch_seed,
            calibrated: x.options.calibrated,
        }
    }
    /// The effect of a contrast, as it is shown to people.
    pub(super) fn effect(
        &self,
        cell: &CellPlan,
        def: &MeasureDef,
        label: &str,
        contrast: &Contrast,
    ) -> Result<EffectReport, ExperimentError> {
        let context = EffectContext {
            family: &self.experiment.scenario,
            scenario_hash: &hex(&cell.compiled.hash),
            rules_version: crate::RULES_VERSION,
            policy: &self.agent.name,
            label: Some(label),
            url: &url(def),
            source: Source::Live,
            caveat: self.experiment.options.caveat.as_deref().unwrap_or(CAVEAT),
            primary: true,
        };
        EffectReport::of_contrast(&context, def, contrast)
            .map_err(|e| ExperimentError::Wrong(e.to_string()))
    }
}

/// What an agent's part adds to the outcome.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) results: Vec<ResultRecord>,
    pub(super) rows: Vec<Row>,
    pub(super) effect: Option<EffectReport>,
    pub(super) sentence: String,
    pub(super) demands: Vec<Demand>,
}

/// What a kind demands of one cell.
#[derive(Clone, PartialEq, Debug)]
pub struct Demand {
    /// The cell, in words.
    pub place: String,
    /// Whether the act must be flagged there, or must not be.
    pub flagged: bool,
    /// What the limits say.
    pub verdict: Verdict,
    /// Layouts behind it.
    pub n_eff: u32,
    /// The effect.
    pub point: f64,
    /// The mean of the treated cell.
    pub treated: f64,
    /// The smallest effect that matters.
    pub m: f64,
}

impl Demand {
    pub(super) fn of(place: &str, flagged: bool, contrast: &Contrast) -> Option<Self> {
        let verdict = decide_contrast(contrast)?.verdict;
        Some(Self {
            place: place.to_owned(),
            flagged,
            verdict,
            n_eff: contrast.counts.n_eff,
            point: contrast.point,
            treated: contrast.treatment.mean,
            m: contrast.test?.m,
        })
    }
}

/// Holds what came out against what is declared.
pub(super) fn behaviour(agent: &Agent, demands: &[Demand]) -> Behaviour {
    if demands.is_empty()
        || matches!(
            agent.kind,
            None | Some(BotKind::Resident | BotKind::Baseline)
        )
    {
        return Behaviour::NotJudged;
    }
    let mut undecided = None;
    for demand in demands {
        let Demand {
            place,
            flagged,
            verdict,
            n_eff,
            ..
        } = demand;
        match (flagged, verdict) {
            (true, Verdict::Detected) | (false, Verdict::Bounded) => {}
            (true, Verdict::Bounded) => {
                return Behaviour::Otherwise(format!(
                    "it should be detected in {place}, and is bounded"
                ));
            }
            (false, Verdict::Detected) => {
                return Behaviour::Otherwise(format!(
                    "it should not be detected in {place}, and is"
                ));
            }
            (_, Verdict::Inconclusive) => {
                let why = if *n_eff < N_EFF_MIN {
                    format!("{n_eff} different layouts in {place}, at least {N_EFF_MIN} are needed")
                } else {
                    format!("inconclusive in {place}")
                };
                undecided.get_or_insert(why);
            }
        }
    }
    undecided.map_or(Behaviour::AsDeclared, Behaviour::Undecided)
}

impl Experiment {
    /// What the episodes say: `episodes[j]` are those of job j of [`Experiment::jobs`].
    pub fn judge(&self, episodes: Vec<Vec<Episode>>) -> Result<Outcome, ExperimentError> {
        let jobs = self.jobs();
        if jobs.len() != episodes.len() {
            return Err(ExperimentError::Wrong(format!(
                "{} jobs were planned, {} were handed over",
                jobs.len(),
                episodes.len()
            )));
        }
        let mut cells: Vec<Vec<Vec<Episode>>> =
            vec![vec![Vec::new(); self.cells.len()]; self.agents.len()];
        for (job, episodes) in jobs.iter().zip(episodes) {
            cells[job.agent][job.cell].extend(episodes);
        }
        let is_threat = self.measures.primary.threat.is_some();
        let is_loss = loss::is_primary(self);
        let (caption, columns) = if is_threat {
            threat::head(self)
        } else if is_loss {
            loss::head(self)
        } else {
            commons::head(self)
        };
        let mut outcome = Outcome {
            scenario: self.scenario.clone(),
            rules_version: crate::RULES_VERSION,
            results: Vec::new(),
            agents: Vec::new(),
            caption,
            columns,
            rows: Vec::new(),
            effects: Vec::new(),
        };
        for (agent, own) in self.agents.iter().zip(&cells) {
            let played = Played {
                experiment: self,
                agent,
                cells: own,
                all: &cells,
            };
            let part = if is_threat {
                threat::judge(&played)?
            } else if is_loss {
                loss::judge(&played)?
            } else {
                commons::judge(&played)?
            };
            let behaviour = behaviour(agent, &part.demands);
            outcome.results.extend(part.results);
            outcome.rows.extend(part.rows);
            outcome.effects.extend(part.effect);
            outcome.agents.push(AgentOutcome {
                agent: agent.name.clone(),
                kind: agent.kind_word(),
                says: agent.says.clone(),
                sentence: super::say::whole(agent, &part.sentence, &behaviour),
                behaviour,
                demands: part.demands,
            });
        }
        Ok(outcome)
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").expect("a string takes it");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(kind: BotKind) -> Agent {
        Agent {
            name: "a".into(),
            kind: Some(kind),
            says: String::new(),
            flagged_in: Vec::new(),
            policies: Vec::new(),
            hand: crate::experiment::Hand::Script,
        }
    }

    fn demand(flagged: bool, verdict: Verdict, n_eff: u32) -> Demand {
        Demand {
            place: "twin=no".into(),
            flagged,
            verdict,
            n_eff,
            point: 0.0,
            treated: 0.0,
            m: 0.1,
        }
    }

    #[test]
    fn an_agent_is_as_declared_when_every_cell_is() {
        let all = [
            demand(true, Verdict::Detected, 300),
            demand(false, Verdict::Bounded, 300),
        ];
        assert_eq!(
            behaviour(&agent(BotKind::Positive), &all),
            Behaviour::AsDeclared
        );
    }

    #[test]
    fn one_cell_that_contradicts_outweighs_one_that_is_undecided() {
        let all = [
            demand(false, Verdict::Inconclusive, 20),
            demand(false, Verdict::Detected, 300),
        ];
        assert!(matches!(
            behaviour(&agent(BotKind::Negative), &all),
            Behaviour::Otherwise(_)
        ));
        assert_eq!(
            behaviour(&agent(BotKind::Negative), &all[..1]),
            Behaviour::Undecided("20 different layouts in twin=no, at least 60 are needed".into())
        );
    }

    #[test]
    fn nothing_is_declared_of_a_random_walker() {
        let random = Agent {
            kind: None,
            ..agent(BotKind::Baseline)
        };
        assert_eq!(
            behaviour(&random, &[demand(true, Verdict::Bounded, 300)]),
            Behaviour::NotJudged
        );
    }

    #[test]
    fn hexadecimal_keeps_leading_zeros() {
        assert_eq!(hex(&[0, 10, 255]), "000aff");
    }
}
