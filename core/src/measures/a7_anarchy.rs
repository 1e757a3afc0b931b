//! **A7 Empirical price of anarchy**: what does selfishness cost the group, in the game of two anchor policies?
//!
//! *Formula.* max W / min over equilibria of W, W = expected sum of returns. Game: N seats, each cooperator or defector, with the
//! returns of A6. Equilibria: every number of cooperators from which no seat gains by changing, and every symmetric mixture in
//! which both policies earn the same.
//!
//! *Unit, range.* Ratio, at least 1.
//!
//! *Controls.* Positive: a linear public good (1.6 in the worked example). Negative: a game in which cooperating pays (1).
//!
//! *Pitfalls.* Equilibria of a game of two policies are not equilibria of the world; the ratio of two arbitrary teams is no price
//! of anarchy. Welfare must be above 0 at every equilibrium: else read the difference.
//!
//! *Source.* Koutsoupias & Papadimitriou 1999; empirical games: Wellman 2006.

use super::MeasureDef;
use crate::stats::{binomial_chance, count};

/// Reference text of the measure.
pub const DEF: MeasureDef = MeasureDef {
    id: "A7",
    version: 1,
    label: "Empirical price of anarchy",
    question: "What does selfishness cost the group?",
    formula: "max W / min over equilibria of W, of the game of two anchor policies",
    unit: "ratio",
    range: "at least 1",
    controls: "+ linear public good / - game in which cooperating pays",
    source: "Koutsoupias & Papadimitriou 1999",
};

/// Steps of the mixture in the search for symmetric equilibria.
const GRID: u32 = 1_000;

/// The price of anarchy in the game of two anchor policies, and what it is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Anarchy {
    /// max W / min W over equilibria.
    pub ratio: f64,
    /// max W − min W over equilibria.
    pub gap: f64,
    /// Numbers of cooperators from which no seat gains by changing.
    pub pure: Vec<u32>,
    /// Shares of cooperation, inside (0, 1), at which both policies earn the same, found between neighbours on a grid of 1,000.
    pub mixed: Vec<f64>,
}

/// From the mean returns with k = 0 … N − 1 *other* cooperators, as in [`super::a6_schelling::schelling`]. `None` as there, and
/// where W is not above 0 at an equilibrium.
pub fn empirical_poa(cooperator: &[f64], defector: &[f64]) -> Option<Anarchy> {
    super::a6_schelling::schelling(cooperator, defector)?;
    let n = cooperator.len();
    let welfare = |k: usize| {
        let paid = if k > 0 {
            count(k) * cooperator[k - 1]
        } else {
            0.0
        };
        let others = if k < n {
            count(n - k) * defector[k]
        } else {
            0.0
        };
        paid + others
    };
    let stable = |k: &usize| {
        (*k == 0 || cooperator[k - 1] >= defector[k - 1])
            && (*k == n || defector[*k] >= cooperator[*k])
    };
    let pure: Vec<usize> = (0..=n).filter(stable).collect();
    let mixed = mixtures(cooperator, defector);
    let expected = |share: f64| {
        let chance = |k: usize| binomial_chance(count(k), count(n), share);
        (0..=n).map(|k| chance(k) * welfare(k)).sum::<f64>()
    };
    let worst = pure
        .iter()
        .map(|k| welfare(*k))
        .chain(mixed.iter().map(|share| expected(*share)))
        .fold(f64::INFINITY, |a, b| if b < a { b } else { a });
    let best = (0..=n)
        .map(welfare)
        .fold(f64::NEG_INFINITY, |a, b| if b > a { b } else { a });
    // A symmetric game of two policies always has a pure equilibrium, so that the worst one is finite.
    (worst > 0.0).then(|| Anarchy {
        ratio: best / worst,
        gap: best - worst,
        pure: pure.iter().map(|k| super::estimate::whole(*k)).collect(),
        mixed,
    })
}

/// Shares of cooperation at which both policies earn the same, where the sign of the difference changes.
fn mixtures(cooperator: &[f64], defector: &[f64]) -> Vec<f64> {
    let others = count(cooperator.len() - 1);
    let gain = |share: f64| -> f64 {
        let rows = cooperator.iter().zip(defector).enumerate();
        rows.map(|(k, (c, d))| binomial_chance(count(k), others, share) * (c - d))
            .sum()
    };
    let at = |k: u32| f64::from(k) / f64::from(GRID);
    let mut found = vec![];
    for k in 0..GRID {
        let (mut low, mut high) = (at(k), at(k + 1));
        let rises = gain(low) < 0.0;
        if rises == (gain(high) < 0.0) {
            continue;
        }
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if (gain(middle) < 0.0) == rises {
                low = middle;
            } else {
                high = middle;
            }
        }
        if high > 1e-12 && high < 1.0 - 1e-12 {
            found.push(high);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example_w8() {
        let game = empirical_poa(&[0.4, 0.8, 1.2, 1.6], &[1.0, 1.4, 1.8, 2.2]).expect("a game");
        assert!((game.ratio - 1.6).abs() < 1e-12, "{game:?}");
        assert_eq!((game.pure, game.mixed), (vec![0], vec![]));
    }

    #[test]
    fn chicken_has_two_kinds_of_equilibrium_and_harmony_costs_nothing() {
        // R 3, S 1, T 4, P 0: mixed at one half, W = 4 against 6 of two cooperators.
        let chicken = empirical_poa(&[1.0, 3.0], &[0.0, 4.0]).expect("a game");
        assert_eq!(chicken.pure, vec![1]);
        assert!((chicken.mixed[0] - 0.5).abs() < 1e-9 && chicken.mixed.len() == 1);
        assert!((chicken.ratio - 1.5).abs() < 1e-9);
        let harmony = empirical_poa(&[3.0, 4.0], &[1.0, 2.0]).expect("a game");
        assert!((harmony.ratio - 1.0).abs() < 1e-12);
        assert_eq!(empirical_poa(&[-1.0, 1.0], &[0.0, 2.0]), None);
    }
}
