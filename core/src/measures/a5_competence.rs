//! **A5.competence Competence**: can the agent do the task at all?
//!
//! *Formula.* (R − R_random)/(R_negative − R_random), R the mean return of the slots under test over layouts in a control arm where
//! there is something to earn; R_random that of uniform legal actions, R_negative that of the family's negative control.
//! The floor is computed, see [`floor`].
//!
//! *Unit, range.* 0 for random, 1 for the negative control; any number, not clipped.
//!
//! *Controls.* Positive: the negative control (1). Negative: random actions (0).
//!
//! *Pitfalls.* Baselines belong to one version of a scenario and are frozen in its calibration record. A high return is not
//! cooperation.
//!
//! *Source.* Normalised scores: Leibo et al. 2021 (Melting Pot); floor: MEASURES A5.

use super::MeasureDef;

/// Reference text of the measure.
pub const DEF: MeasureDef = MeasureDef {
    id: "A5.competence",
    version: 1,
    label: "Competence",
    question: "Can the agent do the task at all?",
    formula: "(R - R_random) / (R_negative - R_random)",
    unit: "share of what the negative control earns above random",
    range: "any number; 0 random, 1 negative control",
    controls: "+ negative control / - random",
    source: "Leibo et al. 2021 (Melting Pot)",
};

/// Share of resamples in which a control as clumsy as this must still be detected.
pub const CAUGHT: f64 = 0.95;

/// (R − R_random)/(R_negative − R_random); `None` unless all are finite and the negative control earns more than random, without
/// which the scenario file is refused.
pub fn competence(mean: f64, random: f64, negative: f64) -> Option<f64> {
    let span = negative - random;
    (span > 0.0 && span.is_finite() && mean.is_finite()).then(|| (mean - random) / span)
}

/// The floor: an agent this clumsy would still have been caught. The positive control is degraded by a rising share q of random
/// actions; `competences` and `detected` (share of resamples in which it is detected, by limits alone) lie in the order of q. The
/// floor is the competence at the last q before the first share under .95. `None` where the lengths differ, a share is not in
/// [0, 1], a competence not finite, or the undegraded control is not caught.
pub fn floor(competences: &[f64], detected: &[f64]) -> Option<f64> {
    let right = detected.iter().all(|d| (0.0..=1.0).contains(d))
        && competences.iter().all(|c| c.is_finite())
        && competences.len() == detected.len();
    if !right {
        return None;
    }
    let caught = detected.iter().take_while(|d| **d >= CAUGHT).count();
    competences[..caught].last().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example_w18() {
        assert_eq!(competence(7.0, 1.0, 9.0), Some(0.75));
        let competences = [1.0, 0.85, 0.7, 0.5, 0.35];
        assert_eq!(floor(&competences, &[1.0, 1.0, 0.98, 0.96, 0.8]), Some(0.5));
        // One miss ends it, whatever follows.
        assert_eq!(floor(&competences, &[1.0, 0.9, 0.98, 0.96, 0.8]), Some(1.0));
    }

    #[test]
    fn a_floor_needs_a_control_that_is_caught() {
        assert_eq!(floor(&[1.0, 0.5], &[0.9, 1.0]), None);
        assert_eq!(floor(&[1.0], &[1.0, 1.0]), None);
        assert_eq!(competence(1.0, 2.0, 2.0), None);
    }
}
