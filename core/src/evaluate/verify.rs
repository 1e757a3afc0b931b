//! Reading a bundle, and everything that is needed to compute its report again.

use std::collections::BTreeMap;

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use serde_json::Value;

use super::block::read_log;
use super::bundle::{self, BundleError, Parts};
use super::report::{FamilyDone, Inputs, Report};
use super::{Block, Key, Phase, Plan, Record, family};
use crate::diagnostic::Severity;
use crate::draw::DRAW_VERSION;
use crate::experiment::outside::Replayed;
use crate::experiment::{Experiment, ExperimentError, Played};
use crate::measures::Episode;
use crate::scenario::{self, Scenario};

/// Most seeds a cell that are played again.
const SEEDS_MAX: u32 = 1_000_000;
/// Bytes of all answers, inflated.
const ANSWERS_MAX: usize = 1 << 30;

/// Why a bundle does not verify.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum VerifyError {
    /// The archive.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A part that cannot be used.
    #[error("`{part}` cannot be used: {why}")]
    Part {
        /// Its name.
        part: String,
        /// Why.
        why: String,
    },
    /// Made under other rules.
    #[error(
        "the evaluation was made under rules {rules}, draws {draws}, and this build plays rules {}, draws {}: it can be read, not computed again",
        crate::RULES_VERSION,
        DRAW_VERSION
    )]
    Rules {
        /// Its rules.
        rules: u32,
        /// Its draws.
        draws: u32,
    },
    /// A number that comes out otherwise.
    #[error("{part} differs: {place} is {found} there, and {computed} when computed again")]
    Differs {
        /// The part.
        part: String,
        /// Which field.
        place: String,
        /// What stands there.
        found: String,
        /// What comes out.
        computed: String,
    },
    /// The engine refused.
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
}

/// All that a report rests on, for writing a bundle.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The rest that the report says.
    pub inputs: &'a Inputs,
    /// Scenario texts, in the order of the plan's families.
    pub scenarios: &'a [String],
    /// Calibration records, in the same order.
    pub records: &'a [Option<String>],
    /// What the jobs left behind.
    pub blocks: &'a BTreeMap<Key, Block>,
    /// The report.
    pub report: &'a Report,
}

impl Evidence<'_> {
    /// The parts of its bundle.
    pub fn parts(&self) -> Parts {
        let mut parts = Parts::new();
        let mut put = |name: &str, text: String| parts.insert(name.to_owned(), text.into_bytes());
        put("plan.json", self.plan.text());
        put("report.json", self.report.text());
        let inputs = serde_json::to_string_pretty(self.inputs).expect("plain data") + "\n";
        put("inputs.json", inputs);
        for (i, family) in self.plan.families.iter().enumerate() {
            let id = &family.scenario;
            put(&format!("scenarios/{id}.toml"), self.scenarios[i].clone());
            if let Some(record) = &self.records[i] {
                put(&format!("calibration/{id}.json"), record.clone());
            }
        }
        let mut log = Vec::new();
        for block in self.blocks.values().filter(|b| !b.actions.is_empty()) {
            let answers = Block {
                key: block.key,
                episodes: Vec::new(),
                actions: block.actions.clone(),
            };
            log.extend(answers.write());
        }
        if !log.is_empty() {
            parts.insert("answers.bin".to_owned(), compress_to_vec(&log, 6));
        }
        parts
    }
}

/// A family of a bundle, ready to be played again.
#[derive(Debug)]
pub struct Family {
    /// The scenario.
    pub scenario: Scenario,
    /// Its record.
    pub record: Option<Record>,
    /// The pilot, where there was one.
    pub pilot: Option<Experiment>,
    /// The evaluation's own experiment.
    pub main: Experiment,
}

/// A bundle that was read.
#[derive(Debug)]
pub struct Reading {
    /// The plan.
    pub plan: Plan,
    /// What the report says beside it.
    pub inputs: Inputs,
    /// Its families.
    pub families: Vec<Family>,
    /// Its parts.
    pub parts: Parts,
    answers: BTreeMap<Key, Block>,
}

fn unusable(part: &str, why: impl ToString) -> VerifyError {
    VerifyError::Part {
        part: part.to_owned(),
        why: why.to_string(),
    }
}

fn text<'p>(parts: &'p Parts, part: &str) -> Result<&'p str, VerifyError> {
    let bytes = parts
        .get(part)
        .ok_or_else(|| unusable(part, "it is missing"))?;
    std::str::from_utf8(bytes).map_err(|_| unusable(part, "it is not UTF-8"))
}

impl Reading {
    /// Reads a bundle, and holds its hashes against each other.
    pub fn open(bytes: &[u8]) -> Result<Self, VerifyError> {
        let parts = bundle::read(bytes)?;
        let plan = Plan::parse(text(&parts, "plan.json")?).map_err(|e| unusable("plan.json", e))?;
        if (plan.rules, plan.draws) != (crate::RULES_VERSION, DRAW_VERSION) {
            return Err(VerifyError::Rules {
                rules: plan.rules,
                draws: plan.draws,
            });
        }
        let inputs: Inputs = serde_json::from_str(text(&parts, "inputs.json")?)
            .map_err(|e| unusable("inputs.json", e))?;
        if inputs.caveats.len() != plan.families.len() {
            return Err(unusable("inputs.json", "it has not one caveat a family"));
        }
        let mut families = Vec::with_capacity(plan.families.len());
        for i in 0..plan.families.len() {
            families.push(family_of(&parts, &plan, &inputs, i)?);
        }
        let mut answers = BTreeMap::new();
        if let Some(packed) = parts.get("answers.bin") {
            let log = decompress_to_vec_with_limit(packed, ANSWERS_MAX)
                .map_err(|_| unusable("answers.bin", "it cannot be inflated"))?;
            let (blocks, length) = read_log(&log);
            if length != log.len() {
                return Err(unusable("answers.bin", "it is cut off"));
            }
            answers = blocks.into_iter().map(|b| (b.key, b)).collect();
        }
        Ok(Self {
            plan,
            inputs,
            families,
            parts,
            answers,
        })
    }
    /// The experiment of a part of the work.
    pub fn experiment(&self, key: Key) -> Option<&Experiment> {
        let family = self.families.get(usize::try_from(key.family).ok()?)?;
        match key.phase {
            Phase::Pilot => family.pilot.as_ref(),
            Phase::Main => Some(&family.main),
        }
    }
    /// Plays a job again; an agent outside answers what the bundle says.
    pub fn play(&self, key: Key) -> Result<Vec<Played>, VerifyError> {
        let wrong = || unusable("plan.json", "a job that it does not have was asked for");
        let x = self.experiment(key).ok_or_else(wrong)?;
        let index = usize::try_from(key.job).map_err(|_| wrong())?;
        let job = *x.jobs().get(index).ok_or_else(wrong)?;
        if !x.agents[job.agent].hand.is_outside() {
            return Ok(x.play_with(job, None)?);
        }
        let block = self.answers.get(&key);
        let log = block.map_or(&[][..], |block| &block.actions[..]);
        if log.len() != usize::try_from(job.n).unwrap_or(usize::MAX) {
            let why = format!("it has the answers of {} of {} episodes", log.len(), job.n);
            return Err(unusable("answers.bin", why));
        }
        let mut agent = Replayed::new(job.first, x.tested.len(), log);
        Ok(x.play_with(job, Some(&mut agent))?)
    }
    /// Holds pilot and report against what was played again: for each family the episodes of its pilot and of its own jobs.
    pub fn check(
        &self,
        played: Vec<(Vec<Vec<Episode>>, Vec<Vec<Episode>>)>,
    ) -> Result<Report, VerifyError> {
        let mut done = Vec::new();
        for ((i, family), (pilot, episodes)) in self.families.iter().enumerate().zip(played) {
            if let Some(x) = &family.pilot {
                let needed = family::needed(x, pilot)?;
                let planned = self.plan.families[i].n_needed;
                if needed != planned {
                    return Err(VerifyError::Differs {
                        part: "plan.json".to_owned(),
                        place: format!("families[{i}].n_needed"),
                        found: format!("{planned:?}"),
                        computed: format!("{needed:?}"),
                    });
                }
            }
            done.push(FamilyDone {
                scenario: &family.scenario,
                main: &family.main,
                episodes,
                calibration: family.record.as_ref(),
            });
        }
        let report = Report::new(&self.plan, &self.inputs, &done)?;
        let (found, computed) = (text(&self.parts, "report.json")?, report.text());
        if found != computed {
            return Err(differs("report.json", found, &computed));
        }
        Ok(report)
    }
}

fn family_of(parts: &Parts, plan: &Plan, inputs: &Inputs, i: usize) -> Result<Family, VerifyError> {
    let planned = &plan.families[i];
    if planned.n == 0 || planned.n > SEEDS_MAX {
        let why = format!(
            "it has {} seeds a cell, 1 to {SEEDS_MAX} are played",
            planned.n
        );
        return Err(unusable("plan.json", why));
    }
    let part = format!("scenarios/{}.toml", planned.scenario);
    let source = text(parts, &part)?;
    let (scenario, found) = scenario::check(&planned.scenario, source);
    let scenario = scenario.ok_or_else(|| {
        let error = found.iter().find(|d| d.severity == Severity::Error);
        unusable(&part, error.map_or("", |d| d.message.as_str()))
    })?;
    let record_part = format!("calibration/{}.json", planned.scenario);
    let record = match parts.get(&record_part) {
        None => None,
        Some(_) => {
            let own = text(parts, &record_part)?;
            Some(
                Record::valid(own, &scenario.source)
                    .ok_or_else(|| unusable(&record_part, "it is no valid record of this file"))?,
            )
        }
    };
    let outline = family::outline(&scenario, &planned.cells)?;
    let calibration = parts.get(&record_part).map(|b| super::plan::sha256(b));
    let again = super::FamilyPlan {
        pilot: planned.pilot,
        n_needed: planned.n_needed,
        n: planned.n,
        ..super::FamilyPlan::new(&scenario, &outline, calibration)
    };
    if again != *planned {
        let whole = |plan: &super::FamilyPlan| serde_json::to_string(plan).expect("plain data");
        return Err(differs("plan.json", &whole(planned), &whole(&again)));
    }
    let pilot = match planned.pilot {
        0 => None,
        _ => Some(family::pilot(&scenario, plan, i)?),
    };
    let main = family::main(&scenario, plan, i, inputs.caveats[i].clone())?;
    Ok(Family {
        scenario,
        record,
        pilot,
        main,
    })
}

/// The first field in which two JSON texts differ.
fn differs(part: &str, found: &str, computed: &str) -> VerifyError {
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
    let at = first_difference(&parse(found), &parse(computed), String::new());
    let (place, found, computed) = at.unwrap_or_else(|| {
        let layout = ("its layout", "otherwise", "canonical");
        (
            layout.0.to_owned(),
            layout.1.to_owned(),
            layout.2.to_owned(),
        )
    });
    VerifyError::Differs {
        part: part.to_owned(),
        place,
        found,
        computed,
    }
}

fn first_difference(a: &Value, b: &Value, place: String) -> Option<(String, String, String)> {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let keys: std::collections::BTreeSet<&String> = x.keys().chain(y.keys()).collect();
            keys.into_iter().find_map(|key| {
                let of = |map: &serde_json::Map<String, Value>| {
                    map.get(key).cloned().unwrap_or(Value::Null)
                };
                let dot = if place.is_empty() { "" } else { "." };
                first_difference(&of(x), &of(y), format!("{place}{dot}{key}"))
            })
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => x
            .iter()
            .zip(y)
            .enumerate()
            .find_map(|(i, (a, b))| first_difference(a, b, format!("{place}[{i}]"))),
        _ if a == b => None,
        _ => Some((place, short(a), short(b))),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(80) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
