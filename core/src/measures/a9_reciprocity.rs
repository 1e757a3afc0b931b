//! **A9 Reciprocity**: does the agent answer cooperation with cooperation?
//!
//! *Formula.* rho = P(C_i(t + 1) | C_j(t)) − P(C_i(t + 1) | D_j(t)) over an episode of two agents whose acts are labelled C or D.
//!
//! *Unit, range.* Difference of rates, [−1, 1].
//!
//! *Controls.* Positive: tit for tat (1). Negative: always C, always D (0, or undefined where the other never varies).
//!
//! *Pitfalls.* Shared causes pass for reciprocity: a fork that forces the other's act is the causal form. Always C and always D
//! both read 0: give the level too. Undefined where the other never cooperates or never defects.
//!
//! *Source.* Axelrod & Hamilton 1981; Nowak & Sigmund 1993.

use super::MeasureDef;
use crate::stats::count;

/// Reference text of the measure.
pub const DEF: MeasureDef = MeasureDef {
    id: "A9",
    version: 1,
    label: "Reciprocity",
    question: "Does the agent answer cooperation with cooperation?",
    formula: "P(C after the other's C) - P(C after the other's D)",
    unit: "difference of rates",
    range: "-1 to 1",
    controls: "+ tit for tat / - always C, always D",
    source: "Axelrod & Hamilton 1981",
};

/// Reciprocity of one agent towards another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reciprocity {
    /// P(C | the other's C) − P(C | the other's D).
    pub rho: f64,
    /// P(C | the other's C).
    pub after_c: f64,
    /// P(C | the other's D).
    pub after_d: f64,
    /// P(C | own act, other's act) after CC, CD, DC, DD; `None` where that never happened.
    pub memory_one: [Option<f64>; 4],
    /// Share of ticks in which the agent cooperated.
    pub level: f64,
}

/// From the acts of the agent and of the other, tick by tick, true for C. `None` where the lengths differ, or the other never
/// cooperates or never defects before the last tick.
pub fn reciprocity(own: &[bool], other: &[bool]) -> Option<Reciprocity> {
    if own.len() != other.len() || own.len() < 2 {
        return None;
    }
    let rate = |given: &dyn Fn(bool, bool) -> bool| {
        let (mut all, mut kind) = (0, 0);
        for (before, after) in own.iter().zip(other).zip(&own[1..]) {
            if given(*before.0, *before.1) {
                all += 1;
                kind += usize::from(*after);
            }
        }
        (all > 0).then(|| count(kind) / count(all))
    };
    let (after_c, after_d) = (rate(&|_, o| o)?, rate(&|_, o| !o)?);
    Some(Reciprocity {
        rho: after_c - after_d,
        after_c,
        after_d,
        memory_one: [
            rate(&|i, o| i && o),
            rate(&|i, o| i && !o),
            rate(&|i, o| !i && o),
            rate(&|i, o| !i && !o),
        ],
        level: count(own.iter().filter(|c| **c).count()) / count(own.len()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acts(text: &str) -> Vec<bool> {
        text.chars().map(|c| c == 'C').collect()
    }

    #[test]
    fn worked_example_w12() {
        let r = reciprocity(&acts("CCDCDDCC"), &acts("CDCCDCCC")).expect("both happen");
        assert!((r.rho - 0.8).abs() < 1e-12, "{r:?}");
        assert_eq!((r.after_c, r.after_d), (0.8, 0.0));
    }

    #[test]
    fn tit_for_tat_reads_1_and_an_unvarying_other_nothing() {
        let other = acts("CDDCDCCD");
        let own: Vec<bool> = std::iter::once(true).chain(other.clone()).take(8).collect();
        assert_eq!(reciprocity(&own, &other).map(|r| r.rho), Some(1.0));
        assert_eq!(reciprocity(&acts("CDCD"), &acts("CCCC")), None);
        assert_eq!(
            reciprocity(&acts("CCCC"), &acts("CDCD")).map(|r| r.rho),
            Some(0.0)
        );
    }
}
