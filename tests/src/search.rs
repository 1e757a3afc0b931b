//! All states that a world of one agent can reach, and the best that an agent could do in them: breadth first by fork and state
//! hash, then value iteration over the ticks that are left.
//!
//! **Invariant.** Nothing of a game is known here: a state is what the registered columns say, without those that the caller calls
//! blind (the clock, what was paid), and a step is a step of the engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use commonweal_core::batch::{Autoreset, Batch, Config, Control, Out, Serial};
use commonweal_core::scenario::Compiled;
use commonweal_core::state::End;

/// Columns that are not part of a state's identity: the clock and the seed, the last action and pay, counts of illegal actions.
pub const BLIND: [&str; 4] = ["arena.head", "agent.action", "agent.illegal", "arena.pay"];

/// Arenas of a batch that keeps states.
const KEPT: usize = 256;

/// One action in one state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The state afterwards; `None` when the episode is over.
    pub to: Option<usize>,
    /// Paid in this tick, a place a channel, in millionths.
    pub pay: Vec<i64>,
}

/// All states that can be reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Space {
    /// Of each state, a step an action; state 0 is the start.
    pub steps: Vec<Vec<Step>>,
}

impl Space {
    /// Explores the world from tick 0 of the first episode of a batch seed, played by its one controlled slot. The steps of a state
    /// must not depend on when it is reached: what draws in every tick cannot be explored like this.
    ///
    /// # Panics
    /// When there are more than `limit` states, when a state is first reached after the last tick but one, or when the world has not
    /// exactly one slot.
    pub fn explore(
        compiled: &Arc<Compiled>,
        seed: u64,
        actions: &[i32],
        blind: &[&str],
        limit: usize,
    ) -> Self {
        assert_eq!(compiled.table.n_slots(), 1, "one agent plays alone");
        let mut keep = Keep::new(compiled, seed);
        let mut play = batch(compiled, seed, actions.len());
        let mut known = BTreeMap::new();
        known.insert(identity(keep.at(0), blind), 0);
        let mut space = Self { steps: Vec::new() };
        while space.steps.len() < known.len() {
            let state = space.steps.len();
            for arena in 0..actions.len() {
                let (batch, from) = keep.at(state);
                play.fork_from(batch, from, arena).expect("the same arm");
            }
            play.step(&[actions], &mut [Out::default()], &Serial)
                .expect("one row an arena");
            let mut steps = Vec::new();
            for arena in 0..actions.len() {
                let pay = play.pay(arena).to_vec();
                let end = play.end(arena);
                assert!(
                    end != End::Truncated,
                    "state {state} lies at the episode's last tick"
                );
                let to = (end == End::Running).then(|| {
                    let next = known.len();
                    let to = *known
                        .entry(identity((&mut play, arena), blind))
                        .or_insert(next);
                    if to == next {
                        assert!(next < limit, "more than {limit} states");
                        let (batch, place) = keep.at(next);
                        batch
                            .fork_from(&mut play, arena, place)
                            .expect("the same arm");
                    }
                    to
                });
                steps.push(Step { to, pay });
            }
            space.steps.push(steps);
        }
        space
    }

    /// Number of states.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// What an agent is paid in `ticks` ticks from the start, a place a channel, if it maximises `aim` of that: first the first
    /// number, then the second. `aim` must be linear, as a channel is, or its negative.
    pub fn best(&self, ticks: u32, aim: impl Fn(&[i64]) -> (i64, i64)) -> Vec<i64> {
        let channels = self.steps[0][0].pay.len();
        let mut values = vec![vec![0; channels]; self.len()];
        for _ in 0..ticks {
            let best = |steps: &Vec<Step>| {
                let totals = steps.iter().map(|step| {
                    let then = step.to.map_or(&[][..], |to| &values[to]);
                    let after = then.iter().chain(std::iter::repeat(&0));
                    step.pay
                        .iter()
                        .zip(after)
                        .map(|(now, then)| now + then)
                        .collect::<Vec<_>>()
                });
                totals.max_by_key(|total| aim(total)).expect("some action")
            };
            values = self.steps.iter().map(best).collect();
        }
        values.swap_remove(0)
    }
}

/// Batches that keep one state an arena, made as they are needed.
struct Keep {
    compiled: Arc<Compiled>,
    seed: u64,
    batches: Vec<Batch>,
}

impl Keep {
    fn new(compiled: &Arc<Compiled>, seed: u64) -> Self {
        Self {
            compiled: Arc::clone(compiled),
            seed,
            batches: Vec::new(),
        }
    }
    fn at(&mut self, state: usize) -> (&mut Batch, usize) {
        while self.batches.len() * KEPT <= state {
            self.batches.push(batch(&self.compiled, self.seed, KEPT));
        }
        (&mut self.batches[state / KEPT], state % KEPT)
    }
}

fn batch(compiled: &Arc<Compiled>, seed: u64, arenas: usize) -> Batch {
    let config = Config {
        arenas,
        seed,
        control: Control::All,
        autoreset: Autoreset::Disabled,
        ..Config::default()
    };
    Batch::new(std::slice::from_ref(compiled), config).expect("a batch")
}

/// The hashes of all columns that are not blind.
fn identity((batch, arena): (&mut Batch, usize), blind: &[&str]) -> Vec<u64> {
    let all = batch.column_hashes(arena);
    let seen = all.iter().filter(|(name, _)| !blind.contains(name));
    seen.map(|(_, hash)| *hash).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0 –a→ 1 (pays 1, costs the other channel 5), 0 –b→ 2 (pays 1); from both back to 0, from 2 –b→ over, which pays 3.
    fn triangle() -> Space {
        let step = |to, pay: [i64; 2]| Step {
            to,
            pay: pay.to_vec(),
        };
        Space {
            steps: vec![
                vec![step(Some(1), [1, -5]), step(Some(2), [1, 0])],
                vec![step(Some(0), [0, 0]), step(Some(0), [0, 0])],
                vec![step(Some(0), [0, 0]), step(None, [3, 0])],
            ],
        }
    }

    #[test]
    fn the_best_looks_as_far_ahead_as_there_are_ticks() {
        let space = triangle();
        let main = |ticks| space.best(ticks, |v| (v[0], v[1]))[0];
        assert_eq!([main(1), main(2), main(3), main(4)], [1, 4, 4, 5]);
    }

    #[test]
    fn the_second_aim_decides_among_the_best_of_the_first() {
        let space = triangle();
        assert_eq!(space.best(1, |v| (v[0], v[1])), [1, 0]);
        assert_eq!(space.best(1, |v| (v[0], -v[1])), [1, -5]);
    }
}
