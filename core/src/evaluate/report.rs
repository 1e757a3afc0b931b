//! The report: every number of an evaluation with what it rests on, in the order of the STREAM groups (threat relevance,
//! construction, elicitation, performance, baselines, interpretation).
//!
//! **Invariant.** Made by [`Report::new`] from plan, inputs and episodes, and from nothing else: who has these has the report, to the
//! byte. What is not known says "not stated".

use serde::{Deserialize, Serialize};

use super::calibration::Record;
use super::competence::Competence;
use super::family::{judge_controls, missed, subject};
use super::plan::{AgentPlan, FamilyPlan, Plan};
use super::tell;
use crate::bots::BotKind;
use crate::draw::DRAW_VERSION;
use crate::experiment::{AgentOutcome, Behaviour, Experiment, ExperimentError, Outcome, RANDOM};
use crate::measures::effect::{EffectParts, Source};
use crate::measures::record::Finite;
use crate::measures::verdict::{Conditions, Decision, Evidence, Facts, decide_under};
use crate::measures::{EffectReport, Episode, Flag, Reason, ResultRecord, Verdict};
use crate::scenario::{ArmKind, Scenario};
use crate::stats::holm;

/// Version of the report's form.
pub const FORMAT: u32 = 1;
/// More fall-backs than this share of the decisions leave no verdict.
const FALLBACKS_MAX: f64 = 0.01;

/// A plan for the same agent that was registered before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    /// Its hash.
    pub plan_hash: String,
    /// A verdict each of its families, `scenario: word`; empty where it was never finished.
    pub verdicts: Vec<String>,
}

/// What a report says that is neither planned nor played.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// The hash under which the plan was registered.
    pub registered: String,
    /// Plans for the same agent that lay in the output folder at that time.
    pub earlier: Vec<Earlier>,
    /// What each family's effect does not show, from its page; `None` for the general sentence.
    pub caveats: Vec<Option<String>>,
}

/// What is known of a family when all is played.
#[derive(Debug)]
pub struct FamilyDone<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// Its experiment, see [`super::family::main`].
    pub main: &'a Experiment,
    /// Episodes of the control agents' jobs, or of all jobs.
    pub episodes: Vec<Vec<Episode>>,
    /// The calibration record.
    pub calibration: Option<&'a Record>,
}

/// The report of an evaluation.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Version of this form: 1.
    pub format: u32,
    /// Version of the rules that the worlds followed.
    pub rules: u32,
    /// Version of the draws.
    pub draws: u32,
    /// The plan, and whether it was kept.
    pub registration: Registration,
    /// Whom the report is about.
    pub agent: AgentPlan,
    /// One a family, in the order of the plan.
    pub families: Vec<FamilyReport>,
}

/// The plan, and whether it was kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// SHA-256 of the plan that was played.
    pub plan_hash: String,
    /// Batch seed, the first eight bytes of it, in hexadecimal.
    pub batch_seed: String,
    /// `registered`, or `exploratory` where the plan was changed after it had been registered.
    pub status: Status,
    /// Plans for the same agent that lay in the output folder before.
    pub earlier_plans: Vec<Earlier>,
}

/// Whether the plan was kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The plan was written before a seed was drawn, and was not changed.
    Registered,
    /// It was changed afterwards: nothing here is confirmatory.
    Exploratory,
}

/// One family: the six groups.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FamilyReport {
    /// The scenario's id.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// What it asks and why that matters.
    pub threat_relevance: ThreatRelevance,
    /// How it was measured, and that the measure tells agents of known intent apart.
    pub construction: Construction,
    /// How the agent was made to act.
    pub elicitation: Elicitation,
    /// What it did.
    pub performance: Performance,
    /// What others do.
    pub baselines: Baselines,
    /// What that means, and what it does not.
    pub interpretation: Interpretation,
}

/// What a family asks and why that matters.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ThreatRelevance {
    /// The question.
    pub asks: String,
    /// The hypothesis, written before the run.
    pub hypothesis: String,
    /// Why it would matter.
    pub threat: String,
    /// Which result would speak for it.
    pub rules_in: String,
    /// Which would speak against it.
    pub rules_out: String,
    /// An episode to watch: a recording in the bundle, or how to see one.
    pub example: String,
}

/// A cell that was played.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CellReport {
    /// Arm and levels.
    pub name: String,
    /// `treatment`, `control` or `look-alike`.
    pub kind: String,
    /// What the arm is, in words.
    pub says: String,
    /// Hash of the cell as compiled.
    pub hash: String,
}

/// What came out for a control agent.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ControlReport {
    /// Its name.
    pub agent: String,
    /// `positive`, `negative`, `look-alike`, `baseline`, `random`.
    pub kind: String,
    /// What it does, in words.
    pub says: String,
    /// Its primary; absent for the reference, which the others are held against.
    pub primary: Option<ResultRecord>,
    /// What came out, in words.
    pub sentence: String,
    /// Whether that is as declared; absent where nothing is declared or nothing can be said.
    pub as_declared: Option<bool>,
}

/// How it was measured.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Construction {
    /// The family as planned: hashes, measures with their fields and M, pilot, n.
    pub plan: FamilyPlan,
    /// The measure's question.
    pub measures: String,
    /// Its formula.
    pub formula: String,
    /// Its unit.
    pub unit: String,
    /// The smallest effect that matters.
    #[serde(rename = "M")]
    pub m: f64,
    /// The cells that were played, on the same seeds.
    pub cells: Vec<CellReport>,
    /// The control agents on the evaluation's own seeds.
    pub controls: Vec<ControlReport>,
    /// Which of them were not told apart; empty when all were.
    pub missed: Vec<String>,
    /// Whether the family has a valid calibration record.
    pub calibrated: bool,
}

/// How the agent was made to act.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Elicitation {
    /// Whether the agent was run at all: it is not where the control agents were not told apart.
    pub run: bool,
    /// Decisions that it was asked for; 0 for a scripted one.
    pub decisions: u64,
    /// How many of them the fall-back action stood in for.
    pub fallbacks: u64,
    /// How able it is where nothing tempts it; absent where the file names no such cell, or it cannot be scaled.
    pub competence: Option<Competence>,
    /// Scaffold, prompts, sampling and how many attempts were made.
    pub declared: String,
}

/// What the agent did.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Performance {
    /// Control and treatment beside each other, with the difference and its interval; absent where it is undefined.
    pub effect: Option<EffectReport>,
    /// The primary.
    pub primary: Option<ResultRecord>,
    /// All other numbers: exploratory, unadjusted, without a verdict.
    pub exploratory: Vec<ResultRecord>,
}

/// What others do.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Baselines {
    /// The agent that plays any legal action.
    pub random: Option<ControlReport>,
    /// People who played the same seats.
    pub people: String,
}

/// What it means.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Interpretation {
    /// The word.
    pub verdict: Verdict,
    /// Why it is inconclusive: every reason that applies.
    pub reason: Vec<Reason>,
    /// The verdict in one sentence.
    pub says: String,
    /// What the limits alone would say: the same rule without the conditions that an evaluation adds. No verdict.
    pub limits_alone: String,
    /// What else could explain the result and is excluded, and by what.
    pub excluded: Vec<String>,
    /// What is not.
    pub not_excluded: Vec<String>,
    /// What the effect does not show.
    pub caveat: String,
    /// What was taken out of this report: nothing.
    pub redactions: Vec<String>,
}

/// One family before Holm's correction is known.
struct Judged<'a> {
    done: &'a FamilyDone<'a>,
    plan: &'a FamilyPlan,
    controls: Outcome,
    missed: Vec<String>,
    /// `None` where the agent was not run.
    all: Option<Outcome>,
    primary: Option<ResultRecord>,
    facts: Facts,
    competence: Option<Competence>,
    decisions: u64,
    fallbacks: u64,
}

impl Judged<'_> {
    fn p(&self) -> f64 {
        let p = self.primary.as_ref().and_then(|r| r.p);
        p.map_or(1.0, Finite::get)
    }
}

impl Report {
    /// From what was planned and played.
    pub fn new(
        plan: &Plan,
        inputs: &Inputs,
        families: &[FamilyDone<'_>],
    ) -> Result<Self, ExperimentError> {
        let planned = plan.families.iter().zip(families);
        let judged: Vec<Judged<'_>> = planned
            .map(|(plan, done)| judge(plan, done))
            .collect::<Result<_, _>>()?;
        let p: Vec<f64> = judged.iter().map(Judged::p).collect();
        let adjusted = holm(&p).expect("p of each family lies in [0, 1]");
        let hash = plan.hash();
        let status = if hash == inputs.registered {
            Status::Registered
        } else {
            Status::Exploratory
        };
        Ok(Self {
            format: FORMAT,
            rules: crate::RULES_VERSION,
            draws: DRAW_VERSION,
            registration: Registration {
                plan_hash: hash,
                batch_seed: format!("{:016x}", plan.batch_seed()),
                status,
                earlier_plans: inputs.earlier.clone(),
            },
            agent: plan.agent.clone(),
            families: judged
                .into_iter()
                .zip(adjusted)
                .map(|(judged, p_holm)| family(judged, p_holm))
                .collect(),
        })
    }
    /// JSON Schema of the file.
    #[cfg(feature = "schema")]
    pub fn schema() -> serde_json::Value {
        let mut schema = schemars::schema_for!(Self).to_value();
        if let Some(schema) = schema.as_object_mut() {
            let title = "Report of a Commonweal evaluation".into();
            schema.insert("title".to_owned(), title);
        }
        schema
    }
    /// The file's bytes.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain data") + "\n"
    }
}

/// Episodes of one agent in one cell.
fn cell_of(x: &Experiment, episodes: &[Vec<Episode>], agent: usize, cell: usize) -> Vec<Episode> {
    let jobs = x.jobs().into_iter().zip(episodes);
    jobs.filter(|(job, _)| job.agent == agent && job.cell == cell)
        .flat_map(|(_, episodes)| episodes.iter().cloned())
        .collect()
}

fn judge<'a>(
    plan: &'a FamilyPlan,
    done: &'a FamilyDone<'a>,
) -> Result<Judged<'a>, ExperimentError> {
    let x = done.main;
    let jobs = x.jobs();
    let controls = judge_controls(x, &done.episodes)?;
    let missed = missed(x, &controls);
    let all = match done.episodes.len() == jobs.len() {
        true => Some(x.judge(done.episodes.clone())?),
        false => None,
    };
    let own = |r: &&ResultRecord| r.policy == super::family::SUBJECT && r.verdict.is_some();
    let primary = all
        .as_ref()
        .and_then(|o| o.results.iter().find(own).cloned());
    let at = subject(x);
    let episodes = jobs.iter().zip(&done.episodes);
    let episodes: Vec<&Episode> = episodes
        .filter(|(job, _)| job.agent == at)
        .flat_map(|(_, episodes)| episodes)
        .collect();
    let count = |holds: &dyn Fn(&Episode) -> bool| {
        let n = episodes.iter().filter(|e| holds(e)).count();
        u32::try_from(n).expect("an experiment holds fewer than 2^32 rows")
    };
    let number = |n: Option<Finite>| n.map(Finite::get);
    let facts = Facts {
        limits: primary.as_ref().and_then(|r| {
            Some(crate::stats::Limits {
                lower: r.lower?.get(),
                upper: r.upper?.get(),
            })
        }),
        m: primary.as_ref().and_then(|r| number(r.m)),
        n_eff: primary.as_ref().map_or(0, |r| r.n_eff),
        faults: count(&|e| e.fault),
        saturated: count(&|e| e.saturated),
        opportunities: primary.as_ref().and_then(|r| r.opportunities),
        n_needed: primary.as_ref().and_then(|r| r.n_needed),
    };
    let sum =
        |of: &dyn Fn(&Episode) -> u32| -> u64 { episodes.iter().map(|e| u64::from(of(e))).sum() };
    Ok(Judged {
        competence: all.as_ref().and_then(|_| competence(done, at)),
        decisions: sum(&|e| e.decisions),
        fallbacks: sum(&|e| e.fallbacks),
        done,
        plan,
        controls,
        missed,
        all,
        primary,
        facts,
    })
}

fn competence(done: &FamilyDone<'_>, subject: usize) -> Option<Competence> {
    let x = done.main;
    let cell = x.competence_cell()?;
    let reference = x.measures.primary.reference.as_deref();
    let negative = |a: &crate::experiment::Agent| a.kind == Some(BotKind::Negative);
    let tested = |a: &crate::experiment::Agent| negative(a) && Some(&*a.name) != reference;
    let places = x.agents.iter();
    let best = places.clone().position(tested);
    let best = best.or_else(|| places.clone().position(negative))?;
    let random = places.clone().position(|a| a.name == RANDOM)?;
    let of = |agent| cell_of(x, &done.episodes, agent, cell);
    Competence::of(
        &x.cells[cell].name,
        &of(subject),
        &of(random),
        &of(best),
        done.calibration,
    )
}

fn decision(judged: &Judged<'_>, p_holm: f64, conditions: Conditions) -> Decision {
    let facts = &judged.facts;
    // Without limits nothing lies above or below M.
    let nothing = crate::stats::Limits {
        lower: f64::NEG_INFINITY,
        upper: f64::INFINITY,
    };
    let evidence = Evidence {
        limits: facts.limits.unwrap_or(nothing),
        m: facts
            .m
            .or(judged.done.main.measures.primary.m)
            .unwrap_or(f64::INFINITY),
        p_holm,
        n_eff: facts.n_eff,
        faults: facts.faults,
        saturated: facts.saturated,
        opportunities: facts.opportunities,
    };
    decide_under(&evidence, conditions)
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 decisions")]
fn conditions(judged: &Judged<'_>) -> Conditions {
    let share = match judged.decisions {
        0 => 0.0,
        n => judged.fallbacks as f64 / n as f64,
    };
    let undefined = judged.all.is_some() && judged.primary.is_none();
    Conditions {
        uncalibrated: judged.done.calibration.is_none(),
        control_missed: !judged.missed.is_empty(),
        fallbacks: share > FALLBACKS_MAX,
        undefined_reference: undefined,
        not_competent: judged.competence.as_ref().is_some_and(Competence::fails),
        ..Conditions::default()
    }
}

fn control(x: &Experiment, outcome: &Outcome, own: &AgentOutcome) -> ControlReport {
    let primary = outcome.results.iter();
    let is_own = |r: &&ResultRecord| r.policy == own.agent && r.verdict.is_some();
    let declared = match own.behaviour {
        Behaviour::AsDeclared => Some(true),
        Behaviour::Otherwise(_) => Some(false),
        Behaviour::Undecided(_) | Behaviour::NotJudged => None,
    };
    let reference = x.measures.primary.reference.as_ref() == Some(&own.agent);
    ControlReport {
        agent: own.agent.clone(),
        kind: own.kind.to_owned(),
        says: own.says.clone(),
        primary: primary.clone().find(is_own).cloned(),
        sentence: own.sentence.clone(),
        as_declared: declared.filter(|_| !reference),
    }
}

fn family(judged: Judged<'_>, p_holm: f64) -> FamilyReport {
    let x = judged.done.main;
    let scenario = judged.done.scenario;
    let conditions = conditions(&judged);
    let mut decision = decision(&judged, p_holm, conditions);
    let alone = self::decision(&judged, p_holm, Conditions::default());
    if judged.all.is_none() {
        // The agent was not run: no reason but the controls' says anything of it.
        decision.reasons.retain(|r| *r <= Reason::ControlMissed);
    } else if judged.primary.is_none() {
        // There is no number whose width or layouts could be complained of.
        let about = [Reason::LittleVariation, Reason::TooWide];
        decision.reasons.retain(|r| !about.contains(r));
    }
    let says = decision.sentence_of(&judged.facts);
    let limits_alone = match judged.facts.limits {
        Some(_) => alone.sentence_of(&judged.facts),
        None => "There are no limits.".to_owned(),
    };
    let question = &scenario.question;
    let def = crate::measures::find(&x.measures.primary.id);
    let controls: Vec<ControlReport> = judged
        .controls
        .agents
        .iter()
        .map(|own| control(x, &judged.controls, own))
        .collect();
    let (random, controls): (Vec<_>, Vec<_>) =
        controls.into_iter().partition(|c| c.agent == RANDOM);
    let caveat = x.options.caveat.clone().unwrap_or_else(|| {
        "The layouts are those that this scenario draws, the agent is the one that was run: neither other worlds nor other \
         versions of it were looked at."
            .to_owned()
    });
    let performance = performance(&judged, p_holm, &decision, &says, &caveat);
    let interpretation = Interpretation {
        excluded: tell::excluded(
            x,
            &controls,
            judged.all.as_ref(),
            judged.competence.as_ref(),
        ),
        not_excluded: tell::not_excluded(scenario, x, judged.competence.as_ref(), &conditions),
        verdict: decision.verdict,
        reason: decision.reasons,
        says,
        limits_alone,
        caveat,
        redactions: Vec::new(),
    };
    FamilyReport {
        scenario: scenario.id.clone(),
        title: question.title.clone(),
        threat_relevance: ThreatRelevance {
            asks: question.asks.clone(),
            hypothesis: question.hypothesis.clone(),
            threat: question.threat.clone(),
            rules_in: question.rules_in.clone(),
            rules_out: question.rules_out.clone(),
            example: tell::example(x),
        },
        construction: Construction {
            plan: judged.plan.clone(),
            measures: def.map_or_else(String::new, |d| d.question.to_owned()),
            formula: def.map_or_else(String::new, |d| d.formula.to_owned()),
            unit: def.map_or_else(String::new, |d| d.unit.to_owned()),
            m: x.measures.primary.m.unwrap_or(0.0),
            cells: cells(scenario, x),
            controls,
            missed: judged.missed,
            calibrated: judged.done.calibration.is_some(),
        },
        elicitation: Elicitation {
            run: judged.all.is_some(),
            decisions: judged.decisions,
            fallbacks: judged.fallbacks,
            competence: judged.competence,
            declared: tell::NOT_STATED.to_owned(),
        },
        performance,
        baselines: Baselines {
            random: random.into_iter().next(),
            people: tell::NOT_STATED.to_owned(),
        },
        interpretation,
    }
}

fn cells(scenario: &Scenario, x: &Experiment) -> Vec<CellReport> {
    let one = |(cell, hash): (&crate::experiment::CellPlan, String)| CellReport {
        name: cell.name.clone(),
        kind: match cell.kind {
            ArmKind::Treatment => "treatment",
            ArmKind::Control => "control",
            ArmKind::Lookalike => "look-alike",
        }
        .to_owned(),
        says: scenario
            .arms
            .iter()
            .find(|arm| arm.name == cell.arm)
            .map_or_else(String::new, |arm| arm.says.clone()),
        hash,
    };
    let hashed = x
        .cells
        .iter()
        .map(|c| (c, crate::experiment::hex(&c.compiled.hash)));
    hashed.map(one).collect()
}

/// The agent's numbers, the primary with its verdict.
fn performance(
    judged: &Judged<'_>,
    p_holm: f64,
    decision: &Decision,
    says: &str,
    caveat: &str,
) -> Performance {
    let primary = judged.primary.clone().map(|mut record| {
        record.p_holm = Finite::new(p_holm);
        record.verdict = Some(decision.verdict);
        record.reason.clone_from(&decision.reasons);
        if judged.done.calibration.is_some() {
            record.flags.retain(|flag| *flag != Flag::Uncalibrated);
        }
        record
    });
    let own = |r: &&ResultRecord| r.policy == super::family::SUBJECT && r.verdict.is_none();
    let results = judged.all.iter().flat_map(|o| &o.results);
    let effects = judged.all.iter().flat_map(|o| &o.effects);
    let mut effects = effects.filter(|e| e.parts().policy == super::family::SUBJECT);
    let effect = effects.next().and_then(|effect| {
        let parts = EffectParts {
            verdict: Some(decision.verdict),
            reason: decision.reasons.clone(),
            says: says.to_owned(),
            source: Source::Report,
            caveat: caveat.to_owned(),
            competence_ok: judged
                .competence
                .as_ref()
                .filter(|c| c.floor.is_some())
                .map(|c| !c.fails()),
            ..effect.parts().clone()
        };
        EffectReport::new(parts).ok()
    });
    Performance {
        effect,
        primary,
        exploratory: results.filter(own).cloned().collect(),
    }
}
