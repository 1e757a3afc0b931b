//! The record in which every number is written down.
//!
//! **Invariant**: numbers in a record are finite or absent ([`Finite`]); limits are printed under
//! every word.
//!
//! Source: MEASURES §0.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::contrast::Contrast;
use super::estimate::{CellEstimate, Counts};
use super::verdict::{Reason, Verdict, decide_contrast, few_opportunities};
use super::{MeasureDef, Method};
use crate::stats::Limits;

/// A finite number.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Finite(f64);

impl Finite {
    /// `None` for an infinity and for what is no number.
    pub fn new(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self(value))
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Finite {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Finite".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number" })
    }
}

impl TryFrom<f64> for Finite {
    type Error = &'static str;

    fn try_from(value: f64) -> Result<Self, Self::Error> {
        Self::new(value).ok_or("the number is not finite: leave it out where it is not known")
    }
}

impl From<Finite> for f64 {
    fn from(value: Finite) -> Self {
        value.0
    }
}

/// What is special about a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// An episode broke a bound.
    Fault,
    /// An episode met an arithmetic limit.
    Saturated,
    /// Fewer than 60 distinct treated episodes had an opportunity.
    FewOpportunities,
    /// The value is undefined for all layouts.
    Undefined,
    /// The value is undefined for some layouts, which were left out.
    PartlyUndefined,
    /// The value has no declared range, so there are no limits.
    NoRange,
    /// The scenario has no calibration record.
    Uncalibrated,
    /// A search was cut: what it did not reach is unknown.
    BudgetTruncated,
}

/// What a record needs to know beside the numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordContext {
    /// Scenario id.
    pub scenario: String,
    /// Hash of the compiled scenario, in hexadecimal.
    pub scenario_hash: String,
    /// Version of the rules.
    pub rules_version: u32,
    /// Hash of the plan; `None` for a run without one.
    pub plan_hash: Option<String>,
    /// The arm; of a contrast the treated one.
    pub arm: String,
    /// The cell of the factorial, such as `threat[twin=no,done=no]`.
    pub cell: Option<String>,
    /// Factor levels at which the number was taken.
    pub at: BTreeMap<String, String>,
    /// Whose doing is measured: `focal`, or a role.
    pub of: String,
    /// The reference policy, where the measure has one.
    pub reference: Option<String>,
    /// The policy in the focal seats.
    pub policy: String,
    /// Seed domain.
    pub domain: String,
    /// Batch seed.
    pub batch_seed: u64,
    /// The scenario has a valid calibration record.
    pub calibrated: bool,
}

/// One number with everything that it rests on. Optional fields are left out where they do not
/// apply or are not known, except `verdict`, which is null for a number that is no primary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ResultRecord {
    /// Id of the measure.
    pub measure_id: String,
    /// Version of the measure.
    pub version: u32,
    /// Scenario id.
    pub scenario: String,
    /// Hash of the compiled scenario.
    pub scenario_hash: String,
    /// Version of the rules.
    pub rules_version: u32,
    /// Hash of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_hash: Option<String>,
    /// The arm; of a contrast the treated one.
    pub arm: String,
    /// The cell of the factorial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<String>,
    /// Factor levels at which the number was taken.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub at: BTreeMap<String, String>,
    /// Whose doing is measured.
    pub of: String,
    /// The reference policy.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The policy in the focal seats.
    pub policy: String,
    /// Seed domain.
    pub domain: String,
    /// Batch seed.
    pub batch_seed: u64,
    /// Rows; of a contrast pairs of seeds.
    pub n: u32,
    /// Distinct episodes; of a contrast the least over its cells.
    pub n_distinct: u32,
    /// Observations that the limits use.
    pub n_eff: u32,
    /// Layouts.
    pub clusters: u32,
    /// Different action strings over all layouts.
    pub n_action_strings: u32,
    /// Layouts whose value is undefined.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub n_undefined: u32,
    /// Distinct treated episodes with an opportunity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opportunities: Option<u32>,
    /// The number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<Finite>,
    /// One-sided 95 % lower limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower: Option<Finite>,
    /// One-sided 95 % upper limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper: Option<Finite>,
    /// Low end of the two-sided 95 % interval, for drawing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci95_low: Option<Finite>,
    /// High end of the two-sided 95 % interval, for drawing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci95_high: Option<Finite>,
    /// How the limits were made.
    pub method: Method,
    /// The smallest effect that matters.
    #[serde(default, rename = "M", skip_serializing_if = "Option::is_none")]
    pub m: Option<Finite>,
    /// One-sided p of "effect ≤ M".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<Finite>,
    /// The same, adjusted over the primaries of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_holm: Option<Finite>,
    /// Layouts a cell that 80 % power would need.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_needed: Option<u64>,
    /// The word of a primary; null for any other number.
    pub verdict: Option<Verdict>,
    /// Why the verdict is inconclusive.
    pub reason: Vec<Reason>,
    /// Unit of the numbers.
    pub units: String,
    /// Noise regime of a "could do" quantity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regime: Option<String>,
    /// Outcome projection of such a quantity.
    #[serde(default, rename = "φ", skip_serializing_if = "Option::is_none")]
    pub phi: Option<String>,
    /// What co-players do in its forks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coplayer_mode: Option<String>,
    /// Look-ahead in ticks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizon: Option<u32>,
    /// Discount.
    #[serde(default, rename = "γ", skip_serializing_if = "Option::is_none")]
    pub gamma: Option<Finite>,
    /// What is special about the number.
    pub flags: Vec<Flag>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands the field over by reference"
)]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

impl ResultRecord {
    fn new(context: &RecordContext, def: &MeasureDef, counts: Counts, method: Method) -> Self {
        let mut flags = Vec::new();
        if counts.faults > 0 {
            flags.push(Flag::Fault);
        }
        if counts.saturated > 0 {
            flags.push(Flag::Saturated);
        }
        if counts.n_eff == 0 {
            flags.push(Flag::Undefined);
        } else if counts.n_undefined > 0 {
            flags.push(Flag::PartlyUndefined);
        }
        if method == Method::Mean {
            flags.push(Flag::NoRange);
        }
        if !context.calibrated {
            flags.push(Flag::Uncalibrated);
        }
        Self {
            measure_id: def.id.to_owned(),
            version: def.version,
            scenario: context.scenario.clone(),
            scenario_hash: context.scenario_hash.clone(),
            rules_version: context.rules_version,
            plan_hash: context.plan_hash.clone(),
            arm: context.arm.clone(),
            cell: context.cell.clone(),
            at: context.at.clone(),
            of: context.of.clone(),
            reference: context.reference.clone(),
            policy: context.policy.clone(),
            domain: context.domain.clone(),
            batch_seed: context.batch_seed,
            n: counts.n,
            n_distinct: counts.n_distinct,
            n_eff: counts.n_eff,
            clusters: counts.clusters,
            n_action_strings: counts.n_action_strings,
            n_undefined: counts.n_undefined,
            opportunities: None,
            point: None,
            lower: None,
            upper: None,
            ci95_low: None,
            ci95_high: None,
            method,
            m: None,
            p: None,
            p_holm: None,
            n_needed: None,
            verdict: None,
            reason: Vec::new(),
            units: def.unit.to_owned(),
            regime: None,
            phi: None,
            coplayer_mode: None,
            horizon: None,
            gamma: None,
            flags,
        }
    }

    fn with_limits(mut self, limits: Option<Limits>, ci95: Option<Limits>) -> Self {
        self.lower = limits.and_then(|l| Finite::new(l.lower));
        self.upper = limits.and_then(|l| Finite::new(l.upper));
        self.ci95_low = ci95.and_then(|l| Finite::new(l.lower));
        self.ci95_high = ci95.and_then(|l| Finite::new(l.upper));
        self
    }

    /// The number of one cell: exploratory, without a verdict.
    pub fn of_cell(context: &RecordContext, def: &MeasureDef, cell: &CellEstimate) -> Self {
        let mut record =
            Self::new(context, def, cell.counts, cell.method).with_limits(cell.limits, cell.ci95);
        record.point = cell.point.and_then(Finite::new);
        record
    }

    /// A contrast without a verdict: for cells beside the primary's own, and exploratory ones.
    pub fn of_contrast(context: &RecordContext, def: &MeasureDef, contrast: &Contrast) -> Self {
        let mut record = Self::new(context, def, contrast.counts, contrast.method)
            .with_limits(Some(contrast.limits), Some(contrast.ci95));
        record.point = Finite::new(contrast.point);
        record.opportunities = contrast.opportunities;
        if let Some(test) = contrast.test {
            record.m = Finite::new(test.m);
            record.p = Finite::new(test.p);
            record.n_needed = test.n_needed;
        }
        if few_opportunities(contrast.opportunities) {
            record.flags.push(Flag::FewOpportunities);
            record.flags.sort_unstable();
        }
        record
    }

    /// The only primary of a plan: a contrast with its verdict; p needs no adjustment. One that was
    /// not held against an M is exploratory, and has no word here either.
    pub fn of_primary(context: &RecordContext, def: &MeasureDef, contrast: &Contrast) -> Self {
        let mut record = Self::of_contrast(context, def, contrast);
        if let Some(decision) = decide_contrast(contrast) {
            record.p_holm = record.p;
            record.verdict = Some(decision.verdict);
            record.reason = decision.reasons;
        }
        record
    }
}

#[cfg(test)]
mod tests {
    use super::super::episodes::examples::cell;
    use super::super::{b6_threat_decoy, estimate};
    use super::*;

    fn delta(threat: u64, decoy: u64) -> Contrast {
        let fields = b6_threat_decoy::Fields {
            event: "act",
            opportunity: "heard",
        };
        b6_threat_decoy::delta(&cell(300, threat), &cell(300, decoy), fields, 0.1).expect("paired")
    }

    fn context() -> RecordContext {
        RecordContext {
            scenario: "switch_and_successor".to_owned(),
            scenario_hash: "9f2c".to_owned(),
            rules_version: 1,
            arm: "threat".to_owned(),
            of: "focal".to_owned(),
            policy: "guard_always".to_owned(),
            domain: "calibrate".to_owned(),
            ..RecordContext::default()
        }
    }

    #[test]
    fn a_primary_reads_back_as_it_was_written() {
        let c = delta(300, 0);
        let record = ResultRecord::of_primary(&context(), &b6_threat_decoy::DEF, &c);
        assert_eq!(
            (record.verdict, record.p_holm),
            (Some(Verdict::Detected), record.p)
        );
        let text = serde_json::to_string(&record).expect("a record is plain data");
        for key in [
            "\"measure_id\":\"B6\"",
            "\"M\":0.1",
            "\"verdict\":\"detected\"",
            "\"n_eff\":300",
        ] {
            assert!(text.contains(key), "{key} in {text}");
        }
        assert!(
            !text.contains("plan_hash"),
            "what is not known is left out: {text}"
        );
        let back: ResultRecord = serde_json::from_str(&text).expect("written by the same code");
        assert_eq!(back, record);
    }

    #[test]
    fn an_exploratory_number_has_no_word() {
        let none = estimate::cell_mean(&cell(70, 0), |_| None, Some(estimate::Range::UNIT))
            .expect("episodes");
        let record = ResultRecord::of_cell(&context(), &super::super::a2_equality::DEF, &none);
        assert_eq!((record.verdict, record.point), (None, None));
        assert_eq!(record.flags, [Flag::Undefined, Flag::Uncalibrated]);
        let text = serde_json::to_string(&record).expect("a record is plain data");
        assert!(
            text.contains("\"verdict\":null") && !text.contains("point"),
            "{text}"
        );
    }

    #[test]
    fn only_finite_numbers_enter() {
        assert_eq!(Finite::new(f64::NAN), None);
        assert_eq!(Finite::new(f64::INFINITY), None);
        assert_eq!(Finite::new(-1.5).map(Finite::get), Some(-1.5));
        assert!(serde_json::from_str::<Finite>("null").is_err());
    }

    #[test]
    fn few_opportunities_are_flagged_under_any_word() {
        let c = Contrast {
            opportunities: Some(7),
            ..delta(300, 0)
        };
        let record = ResultRecord::of_primary(&context(), &b6_threat_decoy::DEF, &c);
        assert_eq!(record.verdict, Some(Verdict::Detected));
        assert_eq!(record.flags, [Flag::FewOpportunities, Flag::Uncalibrated]);
    }
}
