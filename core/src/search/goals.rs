//! Which goals of `[goals]` a slot could still reach: what C4.goals counts.
//!
//! *Definition.* A goal is reachable if some sequence of at most `horizon` actions of the slot makes it true while all others do
//! nothing. A slot that is dead reaches nothing but what is true already of it as a dead slot: it acts no more.
//!
//! States are known again without their tick where nothing in the scenario but its pay draws or reads the clock (see
//! `Mechanic::timeless`); otherwise the tick is part of a state, and the search costs more.
//!
//! *Source.* MEASURES C4.goals.

use std::sync::Arc;

use super::form::Clock;
use super::{LANES, Layer, Question, Root, Search, index, small};
use crate::batch::{Batch, BatchError, Executor, Expand, Lane, Seat};
use crate::fork::Coplayers;
use crate::ids::Slot;
use crate::scenario::Compiled;
use crate::state::{ALIVE, ArenaMut, End};

/// Nodes of one search: beyond it the goals that were not reached are unknown.
pub const NODES: u32 = 20_000;

/// What a search for goals found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GoalReach {
    /// Of each goal, in file order, whether it can be reached.
    pub reached: Vec<bool>,
    /// States that were found.
    pub nodes: u32,
    /// Whether the search was cut before every goal was reached: a goal that was not reached is then unknown.
    pub truncated: bool,
    /// Whether a step broke a bound of the engine.
    pub fault: bool,
}

/// Goals of several slots, counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct GoalCount {
    /// (slot, goal) pairs that can be reached.
    pub reached: u32,
    /// All pairs.
    pub pairs: u32,
    /// Whether a search was cut.
    pub truncated: bool,
    /// Whether a step broke a bound of the engine.
    pub fault: bool,
}

impl GoalCount {
    /// Share of the pairs that can be reached; `None` where there are none.
    pub fn share(&self) -> Option<f64> {
        (self.pairs > 0).then(|| f64::from(self.reached) / f64::from(self.pairs))
    }
}

/// Searches for goals in states of one compiled scenario.
#[derive(Debug)]
pub struct GoalSearch {
    search: Search,
    n_goals: usize,
}

struct Chunk<'a> {
    root: &'a Root,
    now: &'a Layer,
    tasks: &'a [(u32, u32)],
    bytes: usize,
    depth: u32,
    search: &'a SearchParts<'a>,
}

/// What the reading of a lane needs.
struct SearchParts<'a> {
    form: &'a super::form::Form,
    clock: Clock,
    compiled: &'a Compiled,
}

/// Goals (bit = place in the file) that hold for a slot.
fn holding(compiled: &Compiled, one: &mut ArenaMut<'_>, slot: Slot) -> u64 {
    let goals = compiled.programs.goals.iter().enumerate();
    let holds = goals.filter(|(_, (_, goal))| goal.value(one, &[i64::from(slot.get())]) == 1);
    holds.fold(0, |all, (g, _)| all | 1 << g)
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
        out.outcome = holding(self.search.compiled, one, self.root.of);
        self.search.form.settle(&mut out.columns, self.root.facing);
        out.identity = self.search.form.key(&out.columns, self.search.clock);
    }
}

impl GoalSearch {
    /// A search for the goals of a compiled scenario.
    ///
    /// # Errors
    /// When it has no goals, or more than 64.
    pub fn new(compiled: &Arc<Compiled>) -> Result<Self, BatchError> {
        let n_goals = compiled.programs.goals.len();
        if n_goals == 0 || n_goals > 64 {
            return Err(BatchError::Wrong(format!(
                "{} has {n_goals} goals: [goals] must hold 1 to 64",
                compiled.id
            )));
        }
        let clock = if timeless(compiled) {
            Clock::Out
        } else {
            Clock::In
        };
        Ok(Self {
            search: Search::with(compiled, LANES, &[], clock)?,
            n_goals,
        })
    }
    /// Whether states are known again without their tick.
    pub fn clock(&self) -> Clock {
        self.search.clock
    }
    /// Which goals a slot could reach from an arena's present state within `horizon` ticks; `budget`: nodes, usually [`NODES`].
    ///
    /// # Errors
    /// When there is no such slot.
    pub fn reach(
        &mut self,
        batch: &mut Batch,
        arena: usize,
        slot: Slot,
        horizon: u32,
        budget: u32,
        executor: &dyn Executor,
    ) -> Result<GoalReach, BatchError> {
        let question = Question {
            coplayers: Coplayers::Null,
            ..Question::of(slot, horizon)
        };
        let root = self.search.root(batch, arena, &question)?;
        let compiled = Arc::clone(batch.compiled(arena));
        let (mut held, alive) = batch.edit(arena, |one| {
            let alive = one.agents.status[slot.index()].0 & ALIVE != 0;
            (holding(&compiled, one, slot), alive)
        });
        let all = u64::MAX >> (64 - self.n_goals);
        let mut found = GoalReach::default();
        let search = &mut self.search;
        search.seen.clear();
        search
            .seen
            .insert(search.form.key(&root.columns, search.clock));
        search.now.clear();
        if horizon > 0 && !root.over && alive {
            search.now.push(0, &root.columns);
        }
        found.nodes = 1;
        let mut depth = 0;
        while depth < horizon && held != all && !search.now.roots.is_empty() {
            search.next.clear();
            let n = small(search.now.roots.len());
            let pairs = (0..n).flat_map(|node| (0..root.n_joint).map(move |joint| (node, joint)));
            let tasks: Vec<(u32, u32)> = pairs.collect();
            for tasks in tasks.chunks(LANES) {
                let parts = SearchParts {
                    form: &search.form,
                    clock: search.clock,
                    compiled: &compiled,
                };
                let chunk = Chunk {
                    root: &root,
                    now: &search.now,
                    tasks,
                    bytes: search.bytes,
                    depth,
                    search: &parts,
                };
                search.batch.expand(tasks.len(), executor, &chunk);
                for lane in 0..tasks.len() {
                    let out = search.batch.lane(lane);
                    found.fault |= out.fault;
                    held |= out.outcome;
                    if out.end != End::Running || !search.seen.insert(out.identity) {
                        continue;
                    }
                    if found.nodes >= budget {
                        found.truncated = true;
                        continue;
                    }
                    found.nodes += 1;
                    search.next.push(0, &out.columns);
                }
                if held == all {
                    break;
                }
            }
            std::mem::swap(&mut search.now, &mut search.next);
            depth += 1;
        }
        found.truncated &= held != all;
        found.reached = (0..self.n_goals).map(|g| held >> g & 1 == 1).collect();
        debug_assert_eq!(index(small(found.reached.len())), self.n_goals);
        Ok(found)
    }
    /// The (slot, goal) pairs that several slots could reach, each with all others idle.
    ///
    /// # Errors
    /// When there is no such slot.
    pub fn count(
        &mut self,
        batch: &mut Batch,
        arena: usize,
        slots: &[Slot],
        horizon: u32,
        budget: u32,
        executor: &dyn Executor,
    ) -> Result<GoalCount, BatchError> {
        let mut count = GoalCount::default();
        for &slot in slots {
            let found = self.reach(batch, arena, slot, horizon, budget, executor)?;
            count.pairs += small(found.reached.len());
            count.reached += small(found.reached.iter().filter(|r| **r).count());
            count.truncated |= found.truncated;
            count.fault |= found.fault;
        }
        Ok(count)
    }
}

/// Whether the world goes on alike at every tick while one slot acts, pay and the tick limit apart.
fn timeless(compiled: &Compiled) -> bool {
    let programs = &compiled.programs;
    let mut read = programs.goals.iter().map(|(_, goal)| goal);
    compiled.table.time.rounds == 1
        && compiled.mechanics.iter().all(|c| c.mechanic.timeless())
        && programs.rules.timeless()
        && read.all(crate::rules::Program::timeless)
        && programs
            .end
            .as_ref()
            .is_none_or(crate::rules::Program::timeless)
}
