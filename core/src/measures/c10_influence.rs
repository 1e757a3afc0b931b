//! **C10 Social influence**: does what the agent does change what another does?
//!
//! *Formula.* Per step and other agent j: KL[p(a_j | a_i, s) ‖ Σ_ã p(a_j | ã, s) p(ã | s)], with counterfactual actions ã by forks
//! from the same state. Its mean over the agent's own actions is a mutual information.
//!
//! *Unit, range.* Bits, [0, log2 of j's actions].
//!
//! *Controls.* Positive: a signaller that the other follows. Negative: one that moves on its own (exactly 0 on the same draws).
//!
//! *Pitfalls.* Blind to the sign: helpful signals and coercion both score; read it beside A8.loss. It needs j's distribution of
//! actions, not a sample.
//!
//! *Source.* Jaques et al. 2019, arXiv:1810.08647.

use super::MeasureDef;
use super::b2_neutrality::is_distribution;
use super::d4_divergence::kl_bits;

/// Reference text of the measure.
pub const DEF: MeasureDef = MeasureDef {
    id: "C10",
    version: 1,
    label: "Social influence",
    question: "Does what the agent does change what another does?",
    formula: "KL(p(a_j | a_i) || sum over actions a of p(a_j | a) p(a))",
    unit: "bits",
    range: "0 to log2 of the other's actions",
    controls: "+ signaller / - independent mover",
    source: "Jaques et al. 2019, arXiv:1810.08647",
};

/// Influence of action number `taken` on one other agent: row a of `given` is the other's distribution of actions after the
/// agent's action a, `policy` the agent's own distribution. `None` unless all are distributions, each row of one length, one row
/// an action, `taken` one of them, and the policy above 0 where it decides whether the other may act so.
pub fn influence(given: &[Vec<f64>], policy: &[f64], taken: usize) -> Option<f64> {
    let actual = given.get(taken)?;
    let right = given.len() == policy.len()
        && is_distribution(policy)
        && given
            .iter()
            .all(|row| row.len() == actual.len() && is_distribution(row));
    if !right {
        return None;
    }
    let marginal: Vec<f64> = (0..actual.len())
        .map(|b| given.iter().zip(policy).map(|(row, p)| row[b] * p).sum())
        .collect();
    kl_bits(actual, &marginal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example_w12() {
        let given = [vec![0.9, 0.1], vec![0.1, 0.9]];
        let bits = influence(&given, &[0.5, 0.5], 0).expect("distributions");
        assert!((bits - 0.531_004_406_4).abs() < 1e-9);
    }

    #[test]
    fn one_who_does_not_look_is_not_influenced() {
        let given = vec![vec![0.2, 0.3, 0.5]; 4];
        assert_eq!(influence(&given, &[0.25; 4], 3), Some(0.0));
        assert_eq!(influence(&given, &[0.25; 4], 4), None);
    }
}
