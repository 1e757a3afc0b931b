//! The graph of all states that one slot can reach, and what is best in it: breadth first by fork, then value iteration.
//!
//! **Invariant.** Nothing of a game is known here: a state is what the registered columns say, without the clock and what the caller
//! calls blind, and a step is a step of the engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::form::{Clock, Form};
use super::{LANES, Layer, Question, Root, Search, index, small};
use crate::batch::{Batch, BatchError, Executor, Expand, Lane, Seat};
use crate::scenario::Compiled;
use crate::state::{ArenaMut, End};

/// One action in one state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The state afterwards; `None` when the episode is over.
    pub to: Option<usize>,
    /// Paid in this tick to the slot that chooses, a place a channel, in millionths.
    pub pay: Vec<i64>,
}

/// All states that can be reached.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Graph {
    /// Of each state, a step an action; state 0 is the start. Empty for states that were found but not looked at.
    pub steps: Vec<Vec<Step>>,
    /// Of each state, the hash of φ.
    pub outcomes: Vec<u64>,
    /// Whether there are more states than the limit: the graph is then a part.
    pub truncated: bool,
    /// Whether an episode ran into its tick limit or a drawn end on the way: values then depend on the clock, which the graph has not.
    pub timed_out: bool,
}

struct Chunk<'a> {
    root: &'a Root,
    now: &'a Layer,
    tasks: &'a [(u32, u32)],
    bytes: usize,
    depth: u32,
    form: &'a Form,
}

impl Expand for Chunk<'_> {
    fn columns(&self, lane: usize) -> &[u8] {
        self.now.state(self.tasks[lane].0, self.bytes)
    }
    fn cast(&self, lane: usize, seats: &mut [Seat], actions: &mut [i32], absent: &mut [bool]) {
        let joint = self.tasks[lane].1;
        self.root.seat(joint, self.depth, seats, actions, absent);
    }
    fn keeps(&self, _lane: usize) -> bool {
        true
    }
    fn read(&self, _lane: usize, one: &mut ArenaMut<'_>, out: &mut Lane) {
        out.outcome = self.root.phi.of(one, self.root.of);
        self.form.settle(&mut out.columns, self.root.facing);
        out.identity = self.form.key(&out.columns, Clock::Out);
    }
}

impl Graph {
    /// Explores the world from an arena's present state, for the one slot that `question` lets choose; its `ticks` and `budget` are
    /// not read. `blind`: columns that are no part of a state's identity, beside the clock. At most `limit` states.
    ///
    /// The steps of a state must not depend on when it is reached: a world that draws in every tick cannot be explored like this.
    ///
    /// # Errors
    /// As [`Search::root`].
    pub fn explore(
        compiled: &Arc<Compiled>,
        batch: &mut Batch,
        arena: usize,
        question: &Question,
        blind: &[&str],
        limit: usize,
        executor: &dyn Executor,
    ) -> Result<Self, BatchError> {
        let mut search = Search::with(compiled, LANES, blind, Clock::Out)?;
        let root = search.root(batch, arena, question)?;
        let mut graph = Self::default();
        let mut known = BTreeMap::new();
        known.insert(search.form.key(&root.columns, Clock::Out), 0);
        graph.outcomes.push(root.here);
        search.now.clear();
        if !root.over {
            search.now.push(0, &root.columns);
        }
        let mut depth = 0;
        while !search.now.roots.is_empty() {
            search.next.clear();
            let n = small(search.now.roots.len());
            let all = (0..n).flat_map(|node| (0..root.n_joint).map(move |joint| (node, joint)));
            let tasks: Vec<(u32, u32)> = all.collect();
            let first = graph.steps.len();
            graph.steps.resize(first + index(n), Vec::new());
            for tasks in tasks.chunks(LANES) {
                let chunk = Chunk {
                    root: &root,
                    now: &search.now,
                    tasks,
                    bytes: search.bytes,
                    depth,
                    form: &search.form,
                };
                search.batch.expand(tasks.len(), executor, &chunk);
                for (lane, &(node, _)) in tasks.iter().enumerate() {
                    let out = search.batch.lane(lane);
                    let step = graph.step(out, &root, &mut known, limit, &mut search.next);
                    graph.steps[first + index(node)].push(step);
                }
            }
            std::mem::swap(&mut search.now, &mut search.next);
            depth += 1;
        }
        graph.steps.resize(graph.outcomes.len(), Vec::new());
        Ok(graph)
    }
    fn step(
        &mut self,
        out: &Lane,
        root: &Root,
        known: &mut BTreeMap<u64, usize>,
        limit: usize,
        next: &mut Layer,
    ) -> Step {
        let channels = out.pay.len() / root.seats.len().max(1);
        let start = root.of.index() * channels;
        let pay = out.pay[start..start + channels].to_vec();
        if out.end != End::Running {
            self.timed_out |= out.end == End::Truncated;
            return Step { to: None, pay };
        }
        let new = self.outcomes.len();
        if let Some(&to) = known.get(&out.identity) {
            return Step { to: Some(to), pay };
        }
        if new >= limit {
            self.truncated = true;
            return Step { to: None, pay };
        }
        known.insert(out.identity, new);
        self.outcomes.push(out.outcome);
        next.push(0, &out.columns);
        Step { to: Some(new), pay }
    }
    /// Number of states.
    pub fn len(&self) -> usize {
        self.outcomes.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.outcomes.is_empty()
    }
    /// Of each state, the distinct states that one action leads to, ascending; a state whose episode can only end stays where it is.
    /// What POWER (`measures::c2_power`) and a hand-made graph have in common.
    pub fn successors(&self) -> Vec<Vec<usize>> {
        let next = |(state, steps): (usize, &Vec<Step>)| {
            let mut to: Vec<usize> = steps.iter().filter_map(|step| step.to).collect();
            to.sort_unstable();
            to.dedup();
            if to.is_empty() {
                to.push(state);
            }
            to
        };
        self.steps.iter().enumerate().map(next).collect()
    }
    /// What the slot is paid in `ticks` ticks from the start, a place a channel, if it maximises `aim` of that: first the first
    /// number, then the second. `aim` must be linear, as a channel is, or its negative.
    pub fn best(&self, ticks: u32, aim: impl Fn(&[i64]) -> (i64, i64)) -> Vec<i64> {
        let channels = self
            .steps
            .iter()
            .flatten()
            .next()
            .map_or(0, |s| s.pay.len());
        let mut values = vec![vec![0; channels]; self.len()];
        for _ in 0..ticks {
            let best = |steps: &Vec<Step>| {
                let totals = steps.iter().map(|step| {
                    let then = step.to.map_or(&[][..], |to| &values[to]);
                    let after = then.iter().chain(std::iter::repeat(&0));
                    let both = step.pay.iter().zip(after);
                    both.map(|(now, then)| now + then).collect::<Vec<_>>()
                });
                totals
                    .max_by_key(|total| aim(total))
                    .unwrap_or_else(|| vec![0; channels])
            };
            values = self.steps.iter().map(best).collect();
        }
        values.swap_remove(0)
    }
    /// V* of every state for a channel's rewards at a discount in \[0, 1): value iteration until no value changes by more than
    /// `tolerance`. In units of the reward. `None` for another discount or no such channel.
    pub fn values(&self, channel: usize, discount: f64, tolerance: f64) -> Option<Vec<f64>> {
        let known = self.steps.iter().flatten().all(|s| channel < s.pay.len());
        if !(0.0..1.0).contains(&discount) || tolerance <= 0.0 || !known {
            return None;
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "rewards are far below 2^53 millionths"
        )]
        let paid = |step: &Step| step.pay[channel] as f64 / 1e6;
        let mut values = vec![0.0; self.len()];
        loop {
            let mut change = 0.0f64;
            for state in 0..self.len() {
                let mut best: Option<f64> = None;
                for step in &self.steps[state] {
                    let value = paid(step) + step.to.map_or(0.0, |to| discount * values[to]);
                    if best.is_none_or(|b| value > b) {
                        best = Some(value);
                    }
                }
                let value = best.unwrap_or(0.0);
                let moved = (value - values[state]).abs();
                if moved > change {
                    change = moved;
                }
                values[state] = value;
            }
            if change <= tolerance {
                return Some(values);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0 –a→ 1 (pays 1, costs the other channel 5), 0 –b→ 2 (pays 1); from both back to 0, from 2 –b→ over, which pays 3.
    fn triangle() -> Graph {
        let step = |to, pay: [i64; 2]| Step {
            to,
            pay: pay.map(|p| p * 1_000_000).to_vec(),
        };
        Graph {
            steps: vec![
                vec![step(Some(1), [1, -5]), step(Some(2), [1, 0])],
                vec![step(Some(0), [0, 0]), step(Some(0), [0, 0])],
                vec![step(Some(0), [0, 0]), step(None, [3, 0])],
            ],
            outcomes: vec![10, 11, 12],
            ..Graph::default()
        }
    }

    #[test]
    fn the_best_looks_as_far_ahead_as_there_are_ticks() {
        let graph = triangle();
        let main = |ticks| graph.best(ticks, |v| (v[0], v[1]))[0] / 1_000_000;
        assert_eq!([main(1), main(2), main(3), main(4)], [1, 4, 4, 5]);
    }

    #[test]
    fn the_second_aim_decides_among_the_best_of_the_first() {
        let graph = triangle();
        let best = |sign: i64| graph.best(1, |v| (v[0], sign * v[1]));
        assert_eq!(best(1), [1_000_000, 0]);
        assert_eq!(best(-1), [1_000_000, -5_000_000]);
    }

    #[test]
    fn discounted_values_solve_the_three_states_by_hand() {
        // V0 = 1 + γ max(V1, V2), V1 = γ V0, V2 = max(γ V0, 3) at γ = .5: V2 = 3, V0 = 2.5, V1 = 1.25.
        let values = triangle().values(0, 0.5, 1e-12).expect("a discount");
        for (value, want) in values.iter().zip([2.5, 1.25, 3.0]) {
            assert!((value - want).abs() < 1e-9, "{values:?}");
        }
        assert_eq!(triangle().values(0, 1.0, 1e-12), None);
        assert_eq!(triangle().values(2, 0.5, 1e-12), None);
        assert_eq!(triangle().successors(), [vec![1, 2], vec![0], vec![0]]);
    }
}
