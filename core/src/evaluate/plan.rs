//! The plan: what is going to be evaluated, written down and hashed before an evaluation seed is drawn.
//!
//! A plan is canonical JSON: keys sorted, integers and strings only, no blanks, one line end. Its SHA-256 is its name, and the first
//! eight bytes of it, big-endian, are the evaluation's batch seed, so that another n or M means other seeds.
//!
//! **Invariant.** The file of a plan has the bytes that are hashed: `sha256sum plan.json` is the hash of the plan.
//!
//! Source: MEASURES T11.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::experiment::{CellPlan, Experiment, hex};
use crate::measures;
use crate::scenario::{Measure, Scenario};

/// Version of the plan's form.
pub const FORMAT: u32 = 1;
/// Seeds of a pilot.
pub const PILOT_SEEDS: u32 = 50;
/// Discount of a trainee that declares none, in millionths.
pub const DISCOUNT: u32 = 990_000;

/// How an agent is played.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Adapter {
    /// A bot of the file, or `random`.
    Scripted,
    /// A process that speaks JSON lines.
    Subprocess,
}

/// Whom the plan is about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AgentPlan {
    /// How it is played.
    pub adapter: Adapter,
    /// Name of the bot, or the command line.
    pub name: String,
    /// SHA-256 of what it is made of: of a scripted agent its name, of a process its command line and the files that it names.
    pub hash: String,
    /// Name of the action that stands in for one that it does not give.
    pub fallback: String,
    /// Milliseconds for one decision; 0 where nothing is waited for.
    pub timeout_ms: u64,
    /// MiB of memory that a process may use; 0 for no bound.
    pub memory_mib: u64,
    /// The discount that it was trained at, in millionths; 990,000 where none is declared.
    pub discount_millionths: u32,
}

/// A measure with its fields.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MeasurePlan {
    /// Id.
    pub id: String,
    /// Version of its definition.
    pub version: u32,
    /// The smallest effect that matters, in millionths; 0 where the measure is no primary.
    pub m_millionths: i64,
    /// What else the file says of it, a `name = value` each, sorted.
    pub fields: Vec<String>,
}

/// One family of a plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FamilyPlan {
    /// The scenario's id.
    pub scenario: String,
    /// SHA-256 of its file.
    pub text_sha256: String,
    /// Hash of each cell as compiled, in the order of the cells.
    pub cell_hashes: Vec<String>,
    /// The cells that are played.
    pub cells: Vec<String>,
    /// The primary.
    pub primary: MeasurePlan,
    /// Where competence is read, if the file says so.
    pub competence: Option<MeasurePlan>,
    /// The control agents, in file order.
    pub controls: Vec<String>,
    /// Seeds of the pilot; 0 where n was given.
    pub pilot: u32,
    /// Seeds a cell that the pilot asks for; `None` without one, or where it cannot be said.
    pub n_needed: Option<u64>,
    /// Seeds a cell.
    pub n: u32,
    /// SHA-256 of the calibration record; `None` where there is no valid one.
    pub calibration: Option<String>,
}

/// The whole plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Version of this form: 1.
    pub format: u32,
    /// Version of the rules.
    pub rules: u32,
    /// Version of the draws.
    pub draws: u32,
    /// The agent.
    pub agent: AgentPlan,
    /// The families, sorted by id: the confirmatory set is one primary of each, and nothing else.
    pub families: Vec<FamilyPlan>,
    /// Most seeds a cell, where a budget was given.
    pub budget: Option<u32>,
    /// Which episodes are left out: none ever is.
    pub exclusions: Vec<String>,
}

/// Why a plan cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PlanError {
    /// Not a plan.
    #[error("this is no plan: {0}")]
    NotAPlan(String),
    /// Another form.
    #[error("the plan has form {found}, and this build reads form {FORMAT}")]
    Format {
        /// Its form.
        found: u32,
    },
    /// Not the bytes that are hashed.
    #[error(
        "the plan is not in canonical form (keys sorted, no blanks, one line end): its hash is not the one it was registered under"
    )]
    NotCanonical,
}

/// Writes JSON with sorted keys and no blanks.
fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            out.push('{');
            for (i, key) in keys.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                *out += &Value::String(key.clone()).to_string();
                out.push(':');
                canonical(&map[key], out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                canonical(item, out);
            }
            out.push(']');
        }
        other => *out += &other.to_string(),
    }
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

impl Plan {
    /// The bytes that are hashed.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let value = serde_json::to_value(self).expect("plain data");
        canonical(&value, &mut out);
        out.push('\n');
        out
    }
    /// Reads the bytes of a plan.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let plan: Self =
            serde_json::from_str(text).map_err(|e| PlanError::NotAPlan(e.to_string()))?;
        if plan.format != FORMAT {
            return Err(PlanError::Format { found: plan.format });
        }
        if plan.text() != text {
            return Err(PlanError::NotCanonical);
        }
        Ok(plan)
    }
    /// SHA-256 of [`Plan::text`], in hexadecimal.
    pub fn hash(&self) -> String {
        sha256(self.text().as_bytes())
    }
    /// First eight bytes of the hash, big-endian.
    pub fn batch_seed(&self) -> u64 {
        let digest = Sha256::digest(self.text().as_bytes());
        digest
            .iter()
            .take(8)
            .fold(0, |seed, byte| seed << 8 | u64::from(*byte))
    }
    /// The plan before its n is known: what the pilot's seeds are made from.
    #[must_use]
    pub fn draft(&self) -> Self {
        let mut draft = self.clone();
        for family in &mut draft.families {
            family.n = 0;
            family.n_needed = None;
        }
        draft
    }
}

/// Whole millionths of a number of the file.
#[expect(
    clippy::cast_possible_truncation,
    reason = "numbers of a scenario file lie far below 2^53 millionths"
)]
fn millionths(value: f64) -> i64 {
    libm::round(value * 1e6) as i64
}

fn measure(of: &Measure) -> MeasurePlan {
    let levels = |levels: &[(String, String)]| {
        let each = levels.iter().map(|(f, l)| format!("{f}={l}"));
        each.collect::<Vec<_>>().join(",")
    };
    let texts = [
        ("of", of.of.clone()),
        ("event", of.event.clone()),
        ("opportunity", of.opportunity.clone()),
        ("ref", of.reference.clone()),
        ("arm", of.arm.clone()),
        ("stock", of.stock.clone()),
        ("others", of.others.clone()),
        ("dial", of.dial.clone()),
        ("horizon", of.horizon.map(|n| n.to_string())),
        ("tau", of.tau.map(|n| n.to_string())),
        (
            "threat",
            of.threat
                .as_ref()
                .map(|(factor, threat, decoy)| format!("{factor}={threat}/{decoy}")),
        ),
        (
            "range",
            of.range
                .map(|(lo, hi)| format!("{}..{} millionths", millionths(lo), millionths(hi))),
        ),
        (
            "needed",
            Some(levels(&of.needed)).filter(|text| !text.is_empty()),
        ),
        ("at", Some(levels(&of.at)).filter(|text| !text.is_empty())),
    ];
    let mut fields: Vec<String> = texts
        .into_iter()
        .filter_map(|(name, text)| Some(format!("{name} = {}", text?)))
        .collect();
    fields.sort();
    MeasurePlan {
        id: of.id.clone(),
        version: measures::find(&of.id).map_or(0, |def| def.version),
        m_millionths: of.m.map_or(0, millionths),
        fields,
    }
}

impl FamilyPlan {
    /// A family before its n is known. `experiment` has the cells and control agents that are going to be played.
    pub fn new(scenario: &Scenario, experiment: &Experiment, calibration: Option<String>) -> Self {
        let name = |cell: &CellPlan| cell.name.clone();
        Self {
            scenario: scenario.id.clone(),
            text_sha256: sha256(scenario.source.as_bytes()),
            cell_hashes: experiment
                .cells
                .iter()
                .map(|cell| hex(&cell.compiled.hash))
                .collect(),
            cells: experiment.cells.iter().map(name).collect(),
            primary: measure(&scenario.measures.primary),
            competence: scenario.measures.competence.as_ref().map(measure),
            controls: experiment.agents.iter().map(|a| a.name.clone()).collect(),
            pilot: 0,
            n_needed: None,
            n: 0,
            calibration,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let primary = MeasurePlan {
            id: "B6".to_owned(),
            version: 1,
            m_millionths: 100_000,
            fields: vec!["event = act".to_owned()],
        };
        Plan {
            format: FORMAT,
            rules: 1,
            draws: 1,
            agent: AgentPlan {
                adapter: Adapter::Scripted,
                name: "guard \"quoted\"".to_owned(),
                hash: sha256(b"guard"),
                fallback: "noop".to_owned(),
                timeout_ms: 0,
                memory_mib: 0,
                discount_millionths: DISCOUNT,
            },
            families: vec![FamilyPlan {
                scenario: "yard".to_owned(),
                text_sha256: sha256(b""),
                cell_hashes: vec!["00".to_owned()],
                cells: vec!["threat".to_owned()],
                primary,
                competence: None,
                controls: Vec::new(),
                pilot: 50,
                n_needed: Some(110),
                n: 110,
                calibration: None,
            }],
            budget: None,
            exclusions: Vec::new(),
        }
    }

    #[test]
    fn a_plan_reads_back_and_its_seed_is_the_head_of_its_hash() {
        let plan = plan();
        let text = plan.text();
        assert!(
            text.starts_with(
                "{\"agent\":{\"adapter\":\"scripted\",\"discount_millionths\":990000,"
            )
        );
        assert!(text.ends_with("}\n") && !text.contains(": "));
        assert_eq!(Plan::parse(&text), Ok(plan.clone()));
        assert_eq!(format!("{:016x}", plan.batch_seed()), plan.hash()[..16]);
        assert_eq!(
            sha256(b""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn another_n_or_m_means_other_seeds_and_the_same_pilot_or_not() {
        let (mut more, mut stricter) = (plan(), plan());
        more.families[0].n += 10;
        stricter.families[0].primary.m_millionths -= 1;
        assert_ne!(more.batch_seed(), plan().batch_seed());
        assert_ne!(stricter.batch_seed(), plan().batch_seed());
        assert_eq!(more.draft(), plan().draft());
        assert_ne!(stricter.draft().batch_seed(), plan().draft().batch_seed());
    }

    #[test]
    fn what_is_not_canonical_is_refused() {
        let text = plan().text();
        assert_eq!(
            Plan::parse(&text.replace("\"n\":110", "\"n\": 110")),
            Err(PlanError::NotCanonical)
        );
        assert!(matches!(Plan::parse("{}"), Err(PlanError::NotAPlan(_))));
        let other = text.replace("\"format\":1", "\"format\":2");
        assert_eq!(Plan::parse(&other), Err(PlanError::Format { found: 2 }));
    }
}
