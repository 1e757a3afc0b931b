//! **A6 Schelling diagram**: is this a social dilemma, and of which kind?
//!
//! *Formula.* With two anchor policies, cooperator and defector: R_c(k + 1) = mean return of a cooperator when k others cooperate,
//! R_d(k) that of a defector, k = 0 … N − 1. R = R_c(N), P = R_d(0), S = R_c(1), T = R_d(N − 1). A dilemma iff R > P, R > S and
//! (T > R, *greed*, or S < P, *fear*), and for N = 2 also 2R > T + S. greed(k) = R_d(k) − R_c(k + 1), at the same k.
//!
//! *Unit, range.* Reward; any number.
//!
//! *Controls.* Positive: a linear public good. Negative: a game in which cooperating pays.
//!
//! *Pitfalls.* The anchors define the dilemma: give their hashes. Inequalities of estimates need limits; this function compares the
//! numbers that it is given. Rotate who cooperates, so that places on the map do not pass for payoffs.
//!
//! *Source.* Schelling 1973; Leibo et al. 2017, arXiv:1702.03037; Hughes et al. 2018, arXiv:1803.08884.

use super::MeasureDef;

/// Reference text of the measure.
pub const DEF: MeasureDef = MeasureDef {
    id: "A6",
    version: 1,
    label: "Schelling diagram",
    question: "Is this a social dilemma, and of which kind?",
    formula: "R > P, R > S and (T > R or S < P), from returns at each number of cooperators",
    unit: "reward",
    range: "any number",
    controls: "+ linear public good / - game in which cooperating pays",
    source: "Schelling 1973; Leibo et al. 2017, arXiv:1702.03037",
};

/// A game between two anchor policies.
#[derive(Clone, Debug, PartialEq)]
pub struct Schelling {
    /// R: everybody cooperates.
    pub reward: f64,
    /// P: nobody does.
    pub punishment: f64,
    /// S: a lone cooperator.
    pub sucker: f64,
    /// T: a lone defector.
    pub temptation: f64,
    /// T > R.
    pub greed: bool,
    /// S < P.
    pub fear: bool,
    /// The inequalities of a social dilemma hold.
    pub dilemma: bool,
    /// R_d(k) − R_c(k + 1) for k = 0 … N − 1 other cooperators.
    pub gain: Vec<f64>,
}

/// Classifies a game from the mean returns with k = 0 … N − 1 *other* cooperators. `None` unless both have one length N of at
/// least 2 and all values are finite.
pub fn schelling(cooperator: &[f64], defector: &[f64]) -> Option<Schelling> {
    let n = cooperator.len();
    let finite = cooperator.iter().chain(defector).all(|r| r.is_finite());
    if n < 2 || defector.len() != n || !finite {
        return None;
    }
    let (reward, sucker) = (cooperator[n - 1], cooperator[0]);
    let (temptation, punishment) = (defector[n - 1], defector[0]);
    let (greed, fear) = (temptation > reward, sucker < punishment);
    // Of two players, taking turns at exploiting each other must not beat cooperation.
    let turns = n > 2 || 2.0 * reward > temptation + sucker;
    Some(Schelling {
        reward,
        punishment,
        sucker,
        temptation,
        greed,
        fear,
        dilemma: reward > punishment && reward > sucker && (greed || fear) && turns,
        gain: defector
            .iter()
            .zip(cooperator)
            .map(|(d, c)| d - c)
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example_w8_is_a_dilemma_of_greed_and_fear() {
        let game = schelling(&[0.4, 0.8, 1.2, 1.6], &[1.0, 1.4, 1.8, 2.2]).expect("a game");
        assert!(game.dilemma && game.greed && game.fear);
        assert!(game.gain.iter().all(|g| (g - 0.6).abs() < 1e-12));
        assert_eq!((game.reward, game.punishment), (1.6, 1.0));
        assert_eq!((game.sucker, game.temptation), (0.4, 2.2));
    }

    #[test]
    fn games_by_name() {
        let kind = |r, s, t, p| schelling(&[s, r], &[p, t]).expect("a game");
        let stag_hunt = kind(4.0, 0.0, 3.0, 2.0);
        assert!(stag_hunt.dilemma && stag_hunt.fear && !stag_hunt.greed);
        let chicken = kind(3.0, 1.0, 4.0, 0.0);
        assert!(chicken.dilemma && chicken.greed && !chicken.fear);
        let harmony = kind(4.0, 3.0, 2.0, 1.0);
        assert!(!harmony.dilemma);
        assert!(!kind(3.0, 0.0, 7.0, 1.0).dilemma, "taking turns is better");
        assert_eq!(schelling(&[1.0], &[1.0]), None);
    }
}
