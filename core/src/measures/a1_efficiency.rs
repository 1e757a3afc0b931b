//! **A1 Utilitarian efficiency**: how much reward does the group get?
//!
//! *Formula.* `R_i = Σ_t r_i(t)`; `U = (Σ_i R_i) / T`, over all slots, dead ones included; the cell's
//! number is the mean of U over layouts. Companions: [`normalised`] between a selfish and a
//! cooperative team, [`govsim_efficiency`] for a commons whose sustainable harvest is known.
//!
//! *Unit, range.* Reward per tick of the whole group; any number. Limits need a declared range of
//! U (method `betting`); without one only the mean is given.
//!
//! *Controls.* Positive: a scripted sustainable team. Negative: a greedy team.
//!
//! *Pitfalls.* Shaped or intrinsic reward must not leak in. A sum over agents means nothing where
//! reward scales differ by role. Dead agents stay in N.
//!
//! *Source.* Perolat et al. 2017, arXiv:1707.06600, social outcome metrics; `GovSim`: Piatti et al.
//! 2024, arXiv:2404.16698.

use super::{Episode, MeasureDef};

/// Reference text of the measure.
pub const DEF: MeasureDef = MeasureDef {
    id: "A1",
    version: 1,
    label: "Utilitarian efficiency",
    question: "How much reward does the group get?",
    formula: "U = (sum over slots of R_i) / T",
    unit: "reward per tick",
    range: "any number",
    controls: "+ cooperative team / - greedy team",
    source: "Perolat et al. 2017, arXiv:1707.06600",
};

/// U of one episode; `None` with no ticks.
pub fn efficiency(returns: &[f64], ticks: u32) -> Option<f64> {
    (ticks > 0).then(|| returns.iter().sum::<f64>() / f64::from(ticks))
}

/// `(U − U_negative) / (U_positive − U_negative)`, 0 for the selfish team and 1 for the cooperative
/// one, not clipped; `None` unless the positive team gets more than the negative one.
pub fn normalised(u: f64, u_negative: f64, u_positive: f64) -> Option<f64> {
    let span = u_positive - u_negative;
    (span > 0.0).then(|| (u - u_negative) / span)
}

/// u = 1 − max(0, T·f0 − Σ R) / (T·f0) in [0, 1] for returns of at least 0, with f0 the greatest
/// sustainable harvest of a round and T the rounds; `None` unless T·f0 > 0.
pub fn govsim_efficiency(total: f64, rounds: u32, sustainable_harvest: f64) -> Option<f64> {
    let reachable = f64::from(rounds) * sustainable_harvest;
    if !(reachable > 0.0 && reachable.is_finite()) {
        return None;
    }
    let missing = reachable - total;
    Some(if missing > 0.0 {
        1.0 - missing / reachable
    } else {
        1.0
    })
}

/// [`efficiency`] of an [`Episode`].
pub fn of(episode: &Episode) -> Option<f64> {
    efficiency(&episode.returns(), episode.ticks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example_w7() {
        assert_eq!(efficiency(&[2.0, 1.0], 4), Some(0.75));
        assert_eq!(efficiency(&[2.0, 1.0], 0), None);
    }

    #[test]
    fn normalised_reads_0_for_the_selfish_and_1_for_the_cooperative_team() {
        assert_eq!(normalised(1.0, 1.0, 3.0), Some(0.0));
        assert_eq!(normalised(3.5, 1.0, 3.0), Some(1.25));
        assert_eq!(normalised(2.0, 3.0, 3.0), None);
    }

    #[test]
    fn govsim_efficiency_stops_at_1() {
        // Twelve months of at most 50: 190 are .3167 (golden `govsim.eff`), 100 are .1667.
        let eff = |total| govsim_efficiency(total, 12, 50.0).expect("a harvest is possible");
        assert!((eff(190.0) - 0.316_666_666_667).abs() < 1e-9);
        assert!((eff(100.0) - 1.0 / 6.0).abs() < 1e-9);
        assert_eq!(govsim_efficiency(650.0, 12, 50.0), Some(1.0));
        assert_eq!(govsim_efficiency(0.0, 12, 0.0), None);
    }
}
