//! **A2 Equality**: is the gain shared?
//!
//! *Formula.* `E = 1 − G` with the Gini coefficient `G = Σ_iΣ_j |R_i − R_j| / (2 N Σ_i R_i)`, by
//! sorting: `G = Σ_k (2k − N − 1) x_(k) / (N Σ x)`. The cell's number is the mean of E over layouts
//! (Gini of each episode); [`long_run`] is E of the mean returns, which lets turn-taking count
//! as equal.
//!
//! *Unit, range.* Share; E ∈ [1/N, 1] for returns of at least 0. [`corrected`] maps it to [0, 1]
//! whatever N. Limits: `betting` over [0, 1].
//!
//! *Controls.* Positive: equal split (E = 1). Negative: winner takes all (E = 1/N).
//!
//! *Pitfalls.* Undefined where nothing was earned (flagged, neither 0 nor 1) and where a return is
//! negative (never shifted in silence: use gross resources). E is high when everyone starves:
//! read it beside A1.
//!
//! *Source.* Perolat et al. 2017, arXiv:1707.06600, social outcome metrics.

use super::{Episode, MeasureDef};

/// Reference text of the measure.
pub const DEF: MeasureDef = MeasureDef {
    id: "A2",
    version: 1,
    label: "Equality",
    question: "Is the gain shared?",
    formula: "E = 1 - Gini of the returns",
    unit: "share",
    range: "1/N to 1",
    controls: "+ equal split / - winner takes all",
    source: "Perolat et al. 2017, arXiv:1707.06600",
};

/// Gini coefficient in [0, (N−1)/N]; `None` where the sum is 0, a value is negative or not
/// finite, or there is none.
pub fn gini(returns: &[f64]) -> Option<f64> {
    if returns.iter().any(|r| !(*r >= 0.0 && r.is_finite())) {
        return None;
    }
    let mut sorted = returns.to_vec();
    sorted.sort_by(f64::total_cmp);
    let total: f64 = sorted.iter().sum();
    if total <= 0.0 {
        return None;
    }
    let n = crate::stats::count(sorted.len());
    let weighted: f64 = (1..=sorted.len())
        .zip(&sorted)
        .map(|(k, r)| (2.0 * crate::stats::count(k) - n - 1.0) * r)
        .sum();
    Some(weighted / (n * total))
}

/// E = 1 − G; `None` as for [`gini`].
pub fn equality(returns: &[f64]) -> Option<f64> {
    gini(returns).map(|g| 1.0 - g)
}

/// 1 − G·N/(N − 1) in [0, 1], comparable between arenas of different N; `None` as for [`gini`],
/// and for one agent alone.
pub fn corrected(returns: &[f64]) -> Option<f64> {
    if returns.len() < 2 {
        return None;
    }
    let n = crate::stats::count(returns.len());
    gini(returns).map(|g| 1.0 - g * n / (n - 1.0))
}

/// [`equality`] of an [`Episode`].
pub fn of(episode: &Episode) -> Option<f64> {
    equality(&episode.returns())
}

/// E of the returns summed over episodes, slot by slot: "long-run equality". `None` as for
/// [`gini`], and where episodes differ in their number of slots.
pub fn long_run(episodes: &[Episode]) -> Option<f64> {
    let mut sums = vec![0.0; episodes.first()?.slots.len()];
    for episode in episodes {
        if episode.slots.len() != sums.len() {
            return None;
        }
        for (sum, r) in sums.iter_mut().zip(episode.returns()) {
            *sum += r;
        }
    }
    equality(&sums)
}

#[cfg(test)]
mod tests {
    use super::super::SlotTally;
    use super::*;

    fn near(got: Option<f64>, want: f64) {
        let got = got.expect("defined");
        assert!((got - want).abs() < 1e-12, "{got} is not {want}");
    }

    #[test]
    fn worked_example_w6() {
        near(gini(&[4.0, 1.0, 3.0, 2.0]), 0.25);
        near(equality(&[1.0, 2.0, 3.0, 4.0]), 0.75);
        near(corrected(&[1.0, 2.0, 3.0, 4.0]), 2.0 / 3.0);
        near(gini(&[0.0, 0.0, 0.0, 4.0]), 0.75);
        near(corrected(&[0.0, 0.0, 0.0, 4.0]), 0.0);
    }

    #[test]
    fn worked_example_w7() {
        near(equality(&[2.0, 1.0]), 5.0 / 6.0);
    }

    #[test]
    fn nothing_earned_or_negative_returns_are_undefined() {
        assert_eq!(equality(&[0.0, 0.0]), None);
        assert_eq!(equality(&[3.0, -1.0]), None);
        assert_eq!(equality(&[]), None);
        assert_eq!(corrected(&[3.0]), None);
    }

    #[test]
    fn taking_turns_is_equal_in_the_long_run_only() {
        let winner = |first: i64, second: i64| Episode {
            slots: [first, second]
                .map(|reward_main_millionths| SlotTally {
                    reward_main_millionths,
                    ..SlotTally::default()
                })
                .to_vec(),
            ..Episode::default()
        };
        let turns = [winner(1_000_000, 0), winner(0, 1_000_000)];
        near(of(&turns[0]), 0.5);
        near(long_run(&turns), 1.0);
        assert_eq!(long_run(&[]), None);
    }
}

#[cfg(test)]
mod props {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn equality_equals_its_double_sum_and_ignores_scale(returns in prop::collection::vec(0.0f64..50.0, 1..9), scale in 0.5f64..20.0) {
            let total: f64 = returns.iter().sum();
            prop_assume!(total > 1e-3);
            let n = crate::stats::count(returns.len());
            let gaps: f64 = returns
                .iter()
                .map(|a| returns.iter().map(|b| (a - b).abs()).sum::<f64>())
                .sum();
            let e = equality(&returns).expect("something was earned");
            prop_assert!((e - (1.0 - gaps / (2.0 * n * total))).abs() < 1e-9);
            prop_assert!(e <= 1.0 + 1e-9 && e >= 1.0 / n - 1e-9);
            let scaled: Vec<f64> = returns.iter().map(|r| r * scale).collect();
            prop_assert!((equality(&scaled).expect("something was earned") - e).abs() < 1e-9);
        }
    }
}
