//! **C7 Share of control**: what part of what a group can bring about is this agent's?
//!
//! *Formula.* φ_i = Σ over coalitions C without i of |C|!(N − |C| − 1)!/N!·(v(C ∪ i) − v(C)), v(C) = log2 of the outcomes that C can
//! reach while the others follow a default, or what C earns. For rules with votes: Shapley–Shubik (share of orders in which i is
//! the one that turns a losing coalition into a winning one) and Banzhaf (share of such turns among coalitions).
//!
//! *Unit, range.* That of v; Σφ = v(all) − v(none).
//!
//! *Controls.* Positive: a gatekeeper. Negative: a bystander (exactly 0).
//!
//! *Pitfalls.* Depends on the default: with the door closed by default the gatekeeper has a share of .25, open 0: give both. May be
//! negative where v is what is earned.
//!
//! *Source.* Shapley 1953; Shapley & Shubik 1954; Banzhaf 1965.

use super::MeasureDef;
use crate::stats::boot::Sequence;
use crate::stats::count;

/// Reference text of the measure.
pub const DEF: MeasureDef = MeasureDef {
    id: "C7",
    version: 1,
    label: "Share of control",
    question: "What part of what a group can bring about is this agent's?",
    formula: "Shapley value of v(C), the outcomes that a coalition can reach",
    unit: "that of v (bits)",
    range: "sums to v(all) - v(none)",
    controls: "+ gatekeeper / - bystander",
    source: "Shapley 1953; Shapley & Shubik 1954",
};

/// Most players of the exact forms.
pub const PLAYERS_MAX: usize = 16;

/// Players of a table of 2^N values, one a coalition.
fn players(values: &[f64]) -> Option<usize> {
    let n = usize::try_from(values.len().checked_ilog2()?).ok()?;
    (values.len() == 1 << n && (1..=PLAYERS_MAX).contains(&n)).then_some(n)
}

/// Weights |C|!(N − |C| − 1)!/N! by the size of C.
fn weights(n: usize) -> Vec<f64> {
    let mut weights = vec![1.0 / count(n)];
    for size in 1..n {
        let before = weights[size - 1];
        weights.push(before * count(size) / count(n - size));
    }
    weights
}

/// Shapley value of each player. `values[C]`: the value of the coalition in which player i takes part iff bit i of C is set. `None`
/// unless there are 2^N finite values for N = 1 … 16 players.
pub fn shapley(values: &[f64]) -> Option<Vec<f64>> {
    let n = players(values)?;
    if values.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let weights = weights(n);
    let size = |coalition: usize| usize::try_from(coalition.count_ones()).expect("at most 16");
    let one = |i: usize| -> f64 {
        (0..values.len())
            .filter(|c| c >> i & 1 == 0)
            .map(|c| weights[size(c)] * (values[c | 1 << i] - values[c]))
            .sum()
    };
    Some((0..n).map(one).collect())
}

/// Shapley values by permutations, for more players or costly values: `pairs` orders and their reverses, a fixed function of
/// `seed`. `value` is asked for coalitions as flags a player. Σ equals v(all) − v(none) at every number of orders. `None` without
/// players or orders, or where a value is not finite.
pub fn shapley_sampled(
    n: usize,
    pairs: u32,
    seed: u64,
    mut value: impl FnMut(&[bool]) -> f64,
) -> Option<Vec<f64>> {
    if n == 0 || pairs == 0 {
        return None;
    }
    let mut draw = Sequence(seed);
    let mut order: Vec<usize> = (0..n).collect();
    let mut sums = vec![0.0; n];
    let none = value(&vec![false; n]);
    for _ in 0..pairs {
        for last in (1..n).rev() {
            let bound = u64::try_from(last + 1).expect("few players");
            order.swap(last, draw.below(bound));
        }
        for backwards in [false, true] {
            let mut coalition = vec![false; n];
            let mut before = none;
            for place in 0..n {
                let player = order[if backwards { n - 1 - place } else { place }];
                coalition[player] = true;
                let after = value(&coalition);
                sums[player] += after - before;
                before = after;
            }
        }
    }
    let all = 2.0 * f64::from(pairs);
    let shares: Vec<f64> = sums.into_iter().map(|sum| sum / all).collect();
    shares.iter().all(|s| s.is_finite()).then_some(shares)
}

/// Whether the weights and the quota make a vote: 1 … 16 weights of at least 0, and a quota above 0 that all together reach.
fn is_vote(weights: &[f64], quota: f64) -> bool {
    let total: f64 = weights.iter().sum();
    (1..=PLAYERS_MAX).contains(&weights.len())
        && weights.iter().all(|w| *w >= 0.0)
        && quota > 0.0
        && total.is_finite()
        && total >= quota
}

/// 1 for each coalition that reaches the quota, else 0.
fn wins(weights: &[f64], quota: f64) -> Vec<f64> {
    let weight = |c: usize| -> f64 {
        let members = weights.iter().enumerate().filter(|(i, _)| c >> i & 1 == 1);
        members.map(|(_, w)| *w).sum()
    };
    (0..1 << weights.len())
        .map(|c| f64::from(u8::from(weight(c) >= quota)))
        .collect()
}

/// Shapley–Shubik index of each voter: a coalition wins when its weights reach `quota`. The indices sum to 1. `None` unless there
/// are 1 to 16 weights of at least 0 and `quota` lies above 0 and at most at their sum.
pub fn shapley_shubik(weights: &[f64], quota: f64) -> Option<Vec<f64>> {
    if !is_vote(weights, quota) {
        return None;
    }
    shapley(&wins(weights, quota))
}

/// Banzhaf index of each voter, normalised: its share of the turns from losing to winning. `None` as for [`shapley_shubik`].
pub fn banzhaf(weights: &[f64], quota: f64) -> Option<Vec<f64>> {
    if !is_vote(weights, quota) {
        return None;
    }
    let wins = wins(weights, quota);
    let turns = |i: usize| -> f64 {
        (0..wins.len())
            .filter(|c| c >> i & 1 == 0)
            .map(|c| wins[c | 1 << i] - wins[c])
            .sum()
    };
    let turns: Vec<f64> = (0..weights.len()).map(turns).collect();
    let all: f64 = turns.iter().sum();
    (all > 0.0).then(|| turns.iter().map(|t| t / all).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: Option<Vec<f64>>, want: &[f64]) {
        let got = got.expect("a game");
        assert_eq!(got.len(), want.len());
        for (a, b) in got.iter().zip(want) {
            assert!((a - b).abs() < 1e-12, "{got:?} is not {want:?}");
        }
    }

    #[test]
    fn worked_example_w9() {
        near(
            shapley_shubik(&[3.0, 2.0, 1.0], 4.0),
            &[2.0 / 3.0, 1.0 / 6.0, 1.0 / 6.0],
        );
        near(banzhaf(&[3.0, 2.0, 1.0], 4.0), &[0.6, 0.2, 0.2]);
        // The gate alone reaches nothing; the person 2 cells, with the gate 4. By default the door is closed.
        near(shapley(&[0.0, 0.0, 1.0, 2.0]), &[0.5, 1.5]);
        // By default it is open.
        near(shapley(&[0.0, 0.0, 2.0, 2.0]), &[0.0, 2.0]);
    }

    #[test]
    fn tables_that_are_no_game_are_refused() {
        assert_eq!(shapley(&[0.0, 1.0, 2.0]), None);
        assert_eq!(shapley(&[0.0]), None);
        assert_eq!(shapley(&[0.0, f64::NAN]), None);
        assert_eq!(shapley_shubik(&[1.0, 1.0], 3.0), None);
        assert_eq!(banzhaf(&[1.0, -1.0, 2.0], 1.0), None);
    }
}

#[cfg(test)]
mod props {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn shares_sum_to_what_all_have_and_a_bystander_has_none(half in prop::collection::vec(-5.0f64..5.0, 8)) {
            // The fourth player changes nothing.
            let values: Vec<f64> = half.iter().chain(&half).copied().collect();
            let shares = shapley(&values).expect("sixteen values");
            prop_assert!((shares.iter().sum::<f64>() - (values[15] - values[0])).abs() < 1e-9);
            prop_assert!(shares[3].abs() < 1e-12);
        }

        #[test]
        fn drawn_orders_sum_to_what_all_have_and_come_near_the_exact_shares(values in prop::collection::vec(-1.0f64..1.0, 8), seed in 0u64..1000) {
            let table = |members: &[bool]| {
                values[(0..3).filter(|i| members[*i]).map(|i| 1 << i).sum::<usize>()]
            };
            let drawn = shapley_sampled(3, 400, seed, table).expect("three players");
            let exact = shapley(&values).expect("eight values");
            prop_assert!((drawn.iter().sum::<f64>() - (values[7] - values[0])).abs() < 1e-9);
            for (a, b) in drawn.iter().zip(&exact) {
                prop_assert!((a - b).abs() < 0.35, "{drawn:?} {exact:?}");
            }
        }
    }
}
