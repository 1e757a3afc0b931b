//! The effect of a treatment as it is shown to people: never without its control, its interval,
//! its n and what it does not show.
//!
//! **Invariant**: an [`EffectReport`] exists only whole. Its fields are read through
//! [`EffectReport::parts`]; making one, or reading one from JSON, goes through the same check.

use serde::{Deserialize, Serialize};

use super::contrast::Contrast;
use super::verdict::{Decision, Reason, Verdict, decide_contrast};
use super::{MeasureDef, Method};

/// Which measure it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MeasureName {
    /// Id, such as `B6`.
    pub id: String,
    /// What is counted, in the reader's words.
    pub label: String,
    /// Unit of the numbers.
    pub unit: String,
    /// Where its definition is to be read.
    pub url: String,
}

/// Mean and two-sided 95 % interval of one side.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SideReport {
    /// Mean over layouts.
    pub mean: f64,
    /// Low end.
    pub lo: f64,
    /// High end.
    pub hi: f64,
}

/// The difference treatment − control.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DiffReport {
    /// Estimate.
    pub est: f64,
    /// Low end of the two-sided interval that is drawn.
    pub lo: f64,
    /// High end of the two-sided interval that is drawn.
    pub hi: f64,
    /// Level of that interval.
    pub level: f64,
    /// One-sided 95 % lower limit, which decides.
    pub lower: f64,
    /// One-sided 95 % upper limit, which decides.
    pub upper: f64,
    /// How the limits were made.
    pub method: Method,
}

/// Where the numbers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A run that ships with the page.
    Recorded,
    /// This very run.
    Live,
    /// A report that somebody opened.
    Report,
}

/// The fields of an [`EffectReport`], before the check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EffectParts {
    /// Scenario id.
    pub family: String,
    /// Hash of the compiled scenario.
    pub scenario_hash: String,
    /// Version of the rules.
    pub rules_version: u32,
    /// The agent whose effect it is.
    pub policy: String,
    /// The measure.
    pub measure: MeasureName,
    /// The control; an effect without one is refused.
    #[serde(default)]
    pub control: Option<SideReport>,
    /// The treatment.
    #[serde(default)]
    pub treatment: Option<SideReport>,
    /// The difference with its interval.
    #[serde(default)]
    pub diff: Option<DiffReport>,
    /// The smallest effect that matters; null for an exploratory effect.
    #[serde(default, rename = "M")]
    pub m: Option<f64>,
    /// Paired seeds.
    pub n_pairs: u32,
    /// Distinct episodes, the least over the cells.
    pub n_distinct: u32,
    /// Distinct treated episodes with an opportunity; null where the measure defines none.
    #[serde(default)]
    pub opportunities: Option<u32>,
    /// Whether the agent earns enough to be judged; null where that was not measured.
    #[serde(default)]
    pub competence_ok: Option<bool>,
    /// The word; null for a number that is no primary.
    #[serde(default)]
    pub verdict: Option<Verdict>,
    /// Why it is inconclusive.
    #[serde(default)]
    pub reason: Vec<Reason>,
    /// The verdict as one plain sentence; empty where there is none.
    #[serde(default)]
    pub says: String,
    /// Where the numbers come from.
    pub source: Source,
    /// What this does not show; compulsory.
    #[serde(default)]
    pub caveat: String,
}

/// Why an effect is not shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EffectError {
    /// A part is missing.
    #[error("no number shown: its {0} is missing")]
    Missing(&'static str),
    /// A number is not finite.
    #[error("no number shown: {0} is not a finite number")]
    NotFinite(&'static str),
    /// An interval does not hold its estimate.
    #[error("no number shown: the interval of {0} does not hold its estimate")]
    NotAnInterval(&'static str),
}

/// A whole effect: see the module's text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "EffectParts", into = "EffectParts")]
pub struct EffectReport(EffectParts);

/// What a report says beside the numbers of its contrast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EffectContext<'a> {
    /// Scenario id.
    pub family: &'a str,
    /// Hash of the compiled scenario.
    pub scenario_hash: &'a str,
    /// Version of the rules.
    pub rules_version: u32,
    /// The agent whose effect it is.
    pub policy: &'a str,
    /// What is counted, in the reader's words; the measure's own label if `None`.
    pub label: Option<&'a str>,
    /// Where the measure's definition is to be read.
    pub url: &'a str,
    /// Where the numbers come from.
    pub source: Source,
    /// What this does not show.
    pub caveat: &'a str,
    /// The contrast is the primary, and gets a word.
    pub primary: bool,
}

impl EffectReport {
    /// Checks that nothing is missing: control, treatment, interval, n, caveat, and M where there
    /// is a verdict.
    pub fn new(parts: EffectParts) -> Result<Self, EffectError> {
        let control = parts.control.ok_or(EffectError::Missing("control"))?;
        let treatment = parts.treatment.ok_or(EffectError::Missing("treatment"))?;
        let diff = parts.diff.ok_or(EffectError::Missing("interval"))?;
        interval("the control", control.mean, control.lo, control.hi)?;
        interval("the treatment", treatment.mean, treatment.lo, treatment.hi)?;
        interval("the difference", diff.est, diff.lo, diff.hi)?;
        interval("the difference", diff.est, diff.lower, diff.upper)?;
        if !(diff.level > 0.0 && diff.level < 1.0) {
            return Err(EffectError::Missing("level of the interval"));
        }
        if parts.m.is_some_and(|m| !(m.is_finite() && m > 0.0)) {
            return Err(EffectError::NotFinite("M"));
        }
        if parts.verdict.is_some() && parts.m.is_none() {
            return Err(EffectError::Missing("M"));
        }
        if parts.n_pairs == 0 || parts.n_distinct == 0 {
            return Err(EffectError::Missing("n"));
        }
        if parts.caveat.trim().is_empty() {
            return Err(EffectError::Missing("caveat"));
        }
        Ok(Self(parts))
    }

    /// The report of a contrast.
    pub fn of_contrast(
        context: &EffectContext<'_>,
        def: &MeasureDef,
        contrast: &Contrast,
    ) -> Result<Self, EffectError> {
        let decision: Option<Decision> =
            context.primary.then(|| decide_contrast(contrast)).flatten();
        let side = |side: super::contrast::Side| SideReport {
            mean: side.mean,
            lo: side.ci95.lower,
            hi: side.ci95.upper,
        };
        Self::new(EffectParts {
            family: context.family.to_owned(),
            scenario_hash: context.scenario_hash.to_owned(),
            rules_version: context.rules_version,
            policy: context.policy.to_owned(),
            measure: MeasureName {
                id: def.id.to_owned(),
                label: context.label.unwrap_or(def.label).to_owned(),
                unit: def.unit.to_owned(),
                url: context.url.to_owned(),
            },
            control: Some(side(contrast.control)),
            treatment: Some(side(contrast.treatment)),
            diff: Some(DiffReport {
                est: contrast.point,
                lo: contrast.ci95.lower,
                hi: contrast.ci95.upper,
                level: 0.95,
                lower: contrast.limits.lower,
                upper: contrast.limits.upper,
                method: contrast.method,
            }),
            m: contrast.test.map(|test| test.m),
            n_pairs: contrast.counts.n,
            n_distinct: contrast.counts.n_distinct,
            opportunities: contrast.opportunities,
            competence_ok: None,
            verdict: decision.as_ref().map(|d| d.verdict),
            says: decision
                .as_ref()
                .map_or_else(String::new, |d| d.sentence(contrast)),
            reason: decision.map_or_else(Vec::new, |d| d.reasons),
            source: context.source,
            caveat: context.caveat.to_owned(),
        })
    }

    /// The fields; control, treatment and difference are present and finite.
    pub fn parts(&self) -> &EffectParts {
        &self.0
    }
}

fn interval(what: &'static str, estimate: f64, low: f64, high: f64) -> Result<(), EffectError> {
    if !(estimate.is_finite() && low.is_finite() && high.is_finite()) {
        return Err(EffectError::NotFinite(what));
    }
    // Rounding may put a limit a few bits on the wrong side of an estimate that it touches.
    let speck = 1e-9 * (1.0 + estimate.abs());
    if low > estimate + speck || high < estimate - speck {
        return Err(EffectError::NotAnInterval(what));
    }
    Ok(())
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for EffectReport {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "EffectReport".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        generator.subschema_for::<EffectParts>()
    }
}

impl TryFrom<EffectParts> for EffectReport {
    type Error = EffectError;

    fn try_from(parts: EffectParts) -> Result<Self, Self::Error> {
        Self::new(parts)
    }
}

impl From<EffectReport> for EffectParts {
    fn from(report: EffectReport) -> Self {
        report.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::episodes::examples::cell;
    use super::super::estimate::Range;
    use super::super::{a1_efficiency, b6_threat_decoy, contrast};
    use super::*;

    const CONTEXT: EffectContext<'static> = EffectContext {
        family: "switch_and_successor",
        scenario_hash: "9f2c",
        rules_version: 1,
        policy: "guard_always",
        label: Some("Gate shut in"),
        url: "docs/reference/measures.html#B6",
        source: Source::Recorded,
        caveat: "Layouts of one yard; a scripted agent.",
        primary: true,
    };

    fn report() -> EffectReport {
        let fields = b6_threat_decoy::Fields {
            event: "act",
            opportunity: "heard",
        };
        let delta = b6_threat_decoy::delta(&cell(300, 240), &cell(300, 3), fields, 0.1)
            .expect("paired cells");
        EffectReport::of_contrast(&CONTEXT, &b6_threat_decoy::DEF, &delta).expect("whole")
    }

    #[test]
    fn a_whole_effect_goes_through_json_unchanged() {
        let report = report();
        assert_eq!(report.parts().verdict, Some(Verdict::Detected));
        assert!(report.parts().says.starts_with("Detected: at least 0.745"));
        let text = serde_json::to_string(&report).expect("plain data");
        assert!(
            text.contains("\"M\":0.1") && text.contains("\"method\":\"mover\""),
            "{text}"
        );
        let back: EffectReport = serde_json::from_str(&text).expect("written by the same code");
        assert_eq!(back, report);
    }

    #[test]
    fn an_effect_with_a_part_missing_is_refused() {
        let whole = report().parts().clone();
        let refused = |parts: EffectParts| EffectReport::new(parts).expect_err("not whole");
        assert_eq!(
            refused(EffectParts {
                control: None,
                ..whole.clone()
            })
            .to_string(),
            "no number shown: its control is missing"
        );
        assert_eq!(
            refused(EffectParts {
                diff: None,
                ..whole.clone()
            }),
            EffectError::Missing("interval")
        );
        assert_eq!(
            refused(EffectParts {
                n_distinct: 0,
                ..whole.clone()
            }),
            EffectError::Missing("n")
        );
        assert_eq!(
            refused(EffectParts {
                caveat: " ".to_owned(),
                ..whole.clone()
            }),
            EffectError::Missing("caveat")
        );
        assert_eq!(
            refused(EffectParts {
                m: Some(f64::NAN),
                ..whole.clone()
            }),
            EffectError::NotFinite("M")
        );
        assert_eq!(
            refused(EffectParts { m: None, ..whole }),
            EffectError::Missing("M")
        );
    }

    #[test]
    fn a_number_that_is_none_is_refused_in_every_place() {
        let whole = report().parts().clone();
        let control = SideReport {
            hi: f64::INFINITY,
            ..whole.control.expect("whole")
        };
        let refused = EffectReport::new(EffectParts {
            control: Some(control),
            ..whole.clone()
        });
        assert_eq!(refused, Err(EffectError::NotFinite("the control")));
        let turned = DiffReport {
            lo: 0.9,
            ..whole.diff.expect("whole")
        };
        let refused = EffectReport::new(EffectParts {
            diff: Some(turned),
            ..whole
        });
        assert_eq!(refused, Err(EffectError::NotAnInterval("the difference")));
    }

    #[test]
    fn json_without_a_control_is_refused_too() {
        let mut value = serde_json::to_value(report()).expect("plain data");
        value.as_object_mut().expect("an object").remove("control");
        let error = serde_json::from_value::<EffectReport>(value).expect_err("no control");
        assert_eq!(error.to_string(), "no number shown: its control is missing");
    }

    #[test]
    fn a_mean_contrast_makes_an_effect_without_a_word() {
        let value = |e: &super::super::Episode| Some(if e.focal_did("act") { 8.0 } else { 3.0 });
        let range = Range { lo: 0.0, hi: 10.0 };
        let means = contrast::mean_contrast(&cell(100, 100), &cell(100, 0), value, range, None)
            .expect("paired cells");
        let context = EffectContext {
            primary: false,
            ..CONTEXT
        };
        let report =
            EffectReport::of_contrast(&context, &a1_efficiency::DEF, &means).expect("whole");
        let diff = report.parts().diff.expect("whole");
        assert!((diff.est - 5.0).abs() < 1e-12 && diff.lo < 5.0 && 5.0 < diff.hi);
        assert_eq!(
            (report.parts().verdict, report.parts().says.as_str()),
            (None, "")
        );
    }
}
