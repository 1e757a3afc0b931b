//! The channel from actions to outcomes where an action may slip: what empowerment is over when the noise is not known.
//!
//! *Regime.* Channel: the rows go to Blahut–Arimoto (`measures::c1_capacity`). The capacity is never above the mean over the noise of
//! the seed-known log-count.

use std::collections::BTreeMap;

use super::Graph;

/// Action sequences at most.
const MAX_ROWS: usize = 1 << 16;

/// P(outcome | action sequence) for all sequences of `ticks` actions from a state of a graph, when in each tick the executed action
/// is uniform over all actions with probability `slip`: one row a sequence, one column an outcome, rows summing to 1.
/// `None` when there are more than 65,536 sequences, an episode can end on the way, or `slip` is no probability.
pub fn slip_channel(graph: &Graph, state: usize, ticks: u32, slip: f64) -> Option<Vec<Vec<f64>>> {
    let n_actions = graph.steps.get(state)?.len();
    let n_rows = n_actions.checked_pow(ticks).filter(|&n| n <= MAX_ROWS)?;
    if n_actions == 0 || !(0.0..=1.0).contains(&slip) {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "at most 255 actions")]
    let uniform = slip / n_actions as f64;
    let mut rows = vec![BTreeMap::from([(state, 1.0)])];
    for _ in 0..ticks {
        let mut longer = Vec::with_capacity(rows.len() * n_actions);
        for row in &rows {
            for chosen in 0..n_actions {
                let mut next = BTreeMap::new();
                for (&at, &p) in row {
                    for (action, step) in graph.steps[at].iter().enumerate() {
                        let q = uniform + if action == chosen { 1.0 - slip } else { 0.0 };
                        if q > 0.0 {
                            *next.entry(step.to?).or_insert(0.0) += p * q;
                        }
                    }
                }
                longer.push(next);
            }
        }
        rows = longer;
    }
    debug_assert_eq!(rows.len(), n_rows);
    let mut columns = BTreeMap::new();
    for &at in rows.iter().flat_map(BTreeMap::keys) {
        let n = columns.len();
        columns.entry(graph.outcomes[at]).or_insert(n);
    }
    let dense = |row: BTreeMap<usize, f64>| {
        let mut out = vec![0.0; columns.len()];
        for (at, p) in row {
            out[columns[&graph.outcomes[at]]] += p;
        }
        out
    };
    Some(rows.into_iter().map(dense).collect())
}
