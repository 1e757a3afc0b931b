//! Exact search on forks over small worlds: what a slot could bring about in n ticks (reachable sets, empowerment), which goals it
//! could reach, the graph of a world's states with its values and POWER, and coalitions.
//!
//! Noise regime: *seed-known*. The draws of the coming ticks are those that will come, so the world is deterministic and a count is
//! exact: an upper bound on what an agent that cannot foresee them could do.
//!
//! **Invariant.** States are merged by the full Markov state (see `form`), outcomes are counted by φ. A count is exact unless
//! `truncated`, and then a lower bound. Results do not depend on the number of lanes or threads.
//!
//! *Source.* MEASURES C1, C3, C7; Klyubin, Polani & Nehaniv 2005.

mod channel;
mod coalition;
mod form;
mod goals;
mod graph;
mod phi;
mod seen;

use std::sync::Arc;

pub use channel::slip_channel;
pub use coalition::coalitions;
pub use form::Clock;
pub use goals::{GoalCount, GoalReach, GoalSearch, NODES};
pub use graph::{Graph, Step};
pub use phi::Phi;

use crate::batch::{Batch, BatchError, Executor, Expand, Lane, Seat};
use crate::fork::{Coplayers, Forks, check_action};
use crate::ids::Slot;
use crate::scenario::Compiled;
use crate::state::{ArenaMut, End};
use form::Form;
use seen::Seen;

/// States that are stepped together.
const LANES: usize = 256;
/// Lanes of a shard: a part of a layer that fills no shard costs no more than this.
const SHARD: usize = 32;
/// Forks of a search, unless the caller says otherwise.
pub const BUDGET: u32 = 100_000;
/// Joint actions of the slots that choose, at most.
const MAX_JOINT: usize = 4096;

/// What is asked: which outcomes could these slots bring about together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// The slots that choose freely, each tick anew.
    pub who: Vec<Slot>,
    /// Look-ahead in ticks; 0 is the present state alone.
    pub ticks: u32,
    /// What counts as an outcome.
    pub phi: Phi,
    /// Whose outcome it is, for projections that are about a slot.
    pub of: Slot,
    /// What the others do.
    pub coplayers: Coplayers,
    /// Actions to choose from; all of the role when empty.
    pub actions: Vec<u8>,
    /// Forks that may be spent; beyond it the count is a lower bound.
    pub budget: u32,
}

impl Question {
    /// What one slot could bring about for itself: its position, the others following their policies.
    pub fn of(who: Slot, ticks: u32) -> Self {
        Self {
            who: vec![who],
            ticks,
            phi: Phi::OwnPos,
            of: who,
            coplayers: Coplayers::Policy,
            actions: Vec::new(),
            budget: BUDGET,
        }
    }
}

/// What a search found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reach {
    /// The distinct outcomes, by the hash of φ, ascending.
    pub outcomes: Vec<u64>,
    /// Forks that were stepped.
    pub forks: u32,
    /// Whether the budget cut the search: the count is then a lower bound.
    pub truncated: bool,
    /// Whether a step broke a bound of the engine.
    pub fault: bool,
}

impl Reach {
    /// How many outcomes can be reached.
    pub fn count(&self) -> usize {
        self.outcomes.len()
    }
    /// n-step empowerment: log2 of the count, in bits. Range: 0 to n · log2 |A|.
    pub fn bits(&self) -> f64 {
        bits(self.count())
    }
    /// Outcomes of `self` that `other` does not have: the options that were removed, where `self` is the reference.
    pub fn without(&self, other: &Self) -> usize {
        let gone = |o: &&u64| other.outcomes.binary_search(o).is_err();
        self.outcomes.iter().filter(gone).count()
    }
}

/// log2 of a count; 0 for none.
pub(crate) fn bits(count: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53 outcomes")]
    libm::log2(count.max(1) as f64)
}

/// A state to search from, with its cast.
#[derive(Clone, Debug)]
pub struct Root {
    columns: Vec<u8>,
    seats: Vec<Seat>,
    absent: Vec<bool>,
    recorded: Vec<Vec<u8>>,
    who: Vec<Slot>,
    /// Joint actions, `who` after `who`.
    joint: Vec<u8>,
    n_joint: u32,
    ticks: u32,
    phi: Phi,
    of: Slot,
    budget: u32,
    over: bool,
    here: u64,
    /// Whether anything asks where bodies face.
    facing: bool,
}

/// Searches states of one compiled scenario. Memory is kept from one search to the next.
#[derive(Debug)]
pub struct Search {
    batch: Batch,
    form: Form,
    bytes: usize,
    clock: Clock,
    seen: Seen,
    found: Seen,
    now: Layer,
    next: Layer,
    tasks: Vec<Task>,
}

/// States of one depth.
#[derive(Debug, Default)]
struct Layer {
    columns: Vec<u8>,
    roots: Vec<u32>,
}

impl Layer {
    fn clear(&mut self) {
        self.columns.clear();
        self.roots.clear();
    }
    fn push(&mut self, root: u32, columns: &[u8]) {
        self.roots.push(root);
        self.columns.extend_from_slice(columns);
    }
    fn state(&self, node: u32, bytes: usize) -> &[u8] {
        let node = usize::try_from(node).expect("32 bits");
        &self.columns[node * bytes..(node + 1) * bytes]
    }
}

/// One joint action in one state.
#[derive(Clone, Copy, Debug)]
struct Task {
    root: u32,
    node: u32,
    joint: u32,
}

fn index(n: u32) -> usize {
    usize::try_from(n).expect("32 bits")
}

fn small(n: usize) -> u32 {
    u32::try_from(n).expect("far below 2^32")
}

/// Sets the numbers of one root apart from those of another.
fn of_root(root: u32, number: u64) -> u64 {
    number ^ u64::from(root + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The work of one chunk of tasks.
struct Chunk<'a> {
    roots: &'a [Root],
    now: &'a Layer,
    tasks: &'a [Task],
    bytes: usize,
    depth: u32,
    form: &'a Form,
    clock: Clock,
}

impl Expand for Chunk<'_> {
    fn columns(&self, lane: usize) -> &[u8] {
        self.now.state(self.tasks[lane].node, self.bytes)
    }
    fn cast(&self, lane: usize, seats: &mut [Seat], actions: &mut [i32], absent: &mut [bool]) {
        let task = self.tasks[lane];
        self.roots[index(task.root)].seat(task.joint, self.depth, seats, actions, absent);
    }
    fn keeps(&self, lane: usize) -> bool {
        self.depth + 1 < self.roots[index(self.tasks[lane].root)].ticks
    }
    fn read(&self, lane: usize, one: &mut ArenaMut<'_>, out: &mut Lane) {
        let root = &self.roots[index(self.tasks[lane].root)];
        if !self.keeps(lane) || out.end != End::Running {
            out.outcome = root.phi.of(one, root.of);
        } else {
            self.form.settle(&mut out.columns, root.facing);
            out.identity = self.form.key(&out.columns, self.clock);
        }
    }
}

impl Root {
    /// Seats everybody for a step at a depth; the slots that choose play a joint action.
    fn seat(
        &self,
        joint: u32,
        depth: u32,
        seats: &mut [Seat],
        actions: &mut [i32],
        absent: &mut [bool],
    ) {
        seats.copy_from_slice(&self.seats);
        absent.copy_from_slice(&self.absent);
        for (recorded, action) in self.recorded.iter().zip(&mut *actions) {
            *action = i32::from(recorded.get(index(depth)).copied().unwrap_or(0));
        }
        let start = index(joint) * self.who.len();
        for (slot, &action) in self.who.iter().zip(&self.joint[start..]) {
            actions[slot.index()] = i32::from(action);
        }
    }
}

impl Search {
    /// A search over states of a compiled scenario.
    ///
    /// # Errors
    /// When no batch of it can be built.
    pub fn new(compiled: &Arc<Compiled>) -> Result<Self, BatchError> {
        Self::with(compiled, LANES, &[], Clock::In)
    }
    fn with(
        compiled: &Arc<Compiled>,
        lanes: usize,
        without: &[&str],
        clock: Clock,
    ) -> Result<Self, BatchError> {
        let batch = Batch::scratch(compiled, lanes, SHARD, false)?;
        let infos = batch.columns();
        Ok(Self {
            form: Form::new(&infos, without),
            bytes: infos.iter().map(|c| c.bytes).sum(),
            batch,
            clock,
            seen: Seen::new(),
            found: Seen::new(),
            now: Layer::default(),
            next: Layer::default(),
            tasks: Vec::with_capacity(lanes),
        })
    }
    /// The state of an arena, to search from.
    ///
    /// # Errors
    /// When a slot or action does not exist, when the slots that choose have more than 4,096 joint actions, or when the arena is of
    /// another scenario.
    pub fn root(
        &mut self,
        batch: &mut Batch,
        arena: usize,
        question: &Question,
    ) -> Result<Root, BatchError> {
        let compiled = Arc::clone(batch.compiled(arena));
        if compiled.hash != self.batch.compiled(0).hash {
            return Err(BatchError::Wrong(
                "the arena is of another scenario or arm than the search".to_owned(),
            ));
        }
        let n_slots = compiled.table.n_slots();
        let slots = || (0..u8::try_from(n_slots).expect("at most 64 slots")).map(Slot::new);
        for slot in question.who.iter().chain([&question.of]) {
            if slot.index() >= n_slots {
                return Err(BatchError::Wrong(format!(
                    "there is no slot {}; the scenario has {n_slots}",
                    slot.get()
                )));
            }
        }
        let joint = joint_actions(&compiled, &question.who, &question.actions)?;
        let mut recorded = vec![Vec::new(); n_slots];
        let seat = |slot: Slot, recorded: &mut Vec<Vec<u8>>| -> Result<Seat, BatchError> {
            if question.who.contains(&slot) {
                return Ok(Seat::Caller);
            }
            Ok(match &question.coplayers {
                Coplayers::Null => Seat::Idle,
                Coplayers::Replay(all) => {
                    if let Some(actions) = all.get(slot.index()) {
                        for &action in actions {
                            check_action(&compiled, slot, action)?;
                        }
                        recorded[slot.index()].clone_from(actions);
                    }
                    Seat::Caller
                }
                Coplayers::Policy => match batch.seat(arena, slot) {
                    Seat::Caller => Seat::Idle,
                    other => other,
                },
            })
        };
        let seats = slots()
            .map(|slot| seat(slot, &mut recorded))
            .collect::<Result<Vec<Seat>, _>>()?;
        let absent = slots().map(|slot| batch.is_absent(arena, slot)).collect();
        let over = batch.end(arena) != End::Running;
        let here = batch.edit(arena, |one| question.phi.of(one, question.of));
        let mut columns = batch.columns_of(arena).to_vec();
        // Bots see how others stand.
        let facing =
            asks_facing(&compiled) || seats.iter().any(|seat| matches!(seat, Seat::Bot(_)));
        self.form.settle(&mut columns, facing);
        self.form.forget(&mut columns, &seats);
        Ok(Root {
            columns,
            seats,
            absent,
            recorded,
            n_joint: small(joint.len().checked_div(question.who.len()).unwrap_or(1)),
            who: question.who.clone(),
            joint,
            ticks: question.ticks,
            phi: question.phi,
            of: question.of,
            budget: question.budget,
            over,
            here,
            facing,
        })
    }
    /// The same for a fork.
    ///
    /// # Errors
    /// As [`Search::root`].
    pub fn root_of_fork(
        &mut self,
        forks: &mut Forks,
        fork: usize,
        question: &Question,
    ) -> Result<Root, BatchError> {
        self.root(forks.batch(), fork, question)
    }
    /// What could be reached from an arena's present state.
    ///
    /// # Errors
    /// As [`Search::root`].
    pub fn reach(
        &mut self,
        batch: &mut Batch,
        arena: usize,
        question: &Question,
        executor: &dyn Executor,
    ) -> Result<Reach, BatchError> {
        let root = self.root(batch, arena, question)?;
        Ok(self.run(&[root], executor).swap_remove(0))
    }
    /// Searches from many states at once, breadth first: all states of a depth step together, whichever root they are of.
    pub fn run(&mut self, roots: &[Root], executor: &dyn Executor) -> Vec<Reach> {
        let mut reaches = vec![Reach::default(); roots.len()];
        self.now.clear();
        self.found.clear();
        for (r, root) in (0u32..).zip(roots) {
            if root.ticks == 0 || root.over {
                reaches[index(r)].outcomes.push(root.here);
            } else {
                self.now.push(r, &root.columns);
            }
        }
        let mut depth = 0;
        while !self.now.roots.is_empty() {
            self.seen.clear();
            self.next.clear();
            self.layer(roots, depth, &mut reaches, executor);
            std::mem::swap(&mut self.now, &mut self.next);
            depth += 1;
        }
        for reach in &mut reaches {
            reach.outcomes.sort_unstable();
        }
        reaches
    }
    fn layer(
        &mut self,
        roots: &[Root],
        depth: u32,
        reaches: &mut [Reach],
        executor: &dyn Executor,
    ) {
        self.tasks.clear();
        for node in 0..small(self.now.roots.len()) {
            let root = self.now.roots[index(node)];
            for joint in 0..roots[index(root)].n_joint {
                let reach = &mut reaches[index(root)];
                if reach.forks >= roots[index(root)].budget {
                    reach.truncated = true;
                    break;
                }
                reach.forks += 1;
                self.tasks.push(Task { root, node, joint });
                if self.tasks.len() == self.batch.arenas() {
                    self.chunk(roots, depth, reaches, executor);
                }
            }
        }
        self.chunk(roots, depth, reaches, executor);
    }
    fn chunk(
        &mut self,
        roots: &[Root],
        depth: u32,
        reaches: &mut [Reach],
        executor: &dyn Executor,
    ) {
        let chunk = Chunk {
            roots,
            now: &self.now,
            tasks: &self.tasks,
            bytes: self.bytes,
            depth,
            form: &self.form,
            clock: self.clock,
        };
        self.batch.expand(self.tasks.len(), executor, &chunk);
        for (lane, task) in self.tasks.iter().enumerate() {
            let out = self.batch.lane(lane);
            let reach = &mut reaches[index(task.root)];
            reach.fault |= out.fault;
            let last = depth + 1 >= roots[index(task.root)].ticks || out.end != End::Running;
            if last {
                if self.found.insert(of_root(task.root, out.outcome)) {
                    reach.outcomes.push(out.outcome);
                }
            } else if self.seen.insert(of_root(task.root, out.identity)) {
                self.next.push(task.root, &out.columns);
            }
        }
        self.tasks.clear();
    }
    /// The empowerment of slots at every tick of an episode that bots play: `ticks` rows, one place a slot each, from the arena's
    /// present state on. The arena is stepped; the rows end with the episode.
    ///
    /// # Errors
    /// When the batch has controlled groups, more than one arena, or as [`Search::root`].
    pub fn episode(
        &mut self,
        batch: &mut Batch,
        questions: &[Question],
        ticks: u32,
        executor: &dyn Executor,
    ) -> Result<Vec<Vec<Reach>>, BatchError> {
        if !batch.groups().is_empty() || batch.arenas() != 1 {
            return Err(BatchError::Wrong(
                "an episode is searched along one arena that bots play: control none".to_owned(),
            ));
        }
        let mut rows = Vec::new();
        let mut roots = Vec::new();
        for tick in 0..ticks {
            if batch.end(0) != End::Running {
                break;
            }
            for question in questions {
                roots.push(self.root(batch, 0, question)?);
            }
            batch.step(&[], &mut [], executor)?;
            // Several ticks at once fill the lanes; too many would only fill the memory.
            if roots.len() >= LANES || tick + 1 == ticks || batch.end(0) != End::Running {
                let mut found = self.run(&roots, executor).into_iter();
                for _ in 0..roots.len() / questions.len().max(1) {
                    rows.push(found.by_ref().take(questions.len()).collect());
                }
                roots.clear();
            }
        }
        Ok(rows)
    }
}

/// Whether the world goes on differently with where a body faces.
fn asks_facing(compiled: &Compiled) -> bool {
    let programs = &compiled.programs;
    let goals = programs.goals.iter().map(|(_, goal)| goal);
    let others = programs.mechanics.iter().flatten().chain(&programs.truth);
    let mut read = goals.chain(others).chain(&programs.end);
    compiled.mechanics.iter().any(|c| c.mechanic.asks_facing())
        || programs.rules.asks_facing()
        || read.any(crate::rules::Program::asks_facing)
}

/// All joint actions of the slots that choose, slot after slot in each.
fn joint_actions(compiled: &Compiled, who: &[Slot], actions: &[u8]) -> Result<Vec<u8>, BatchError> {
    let mut joint: Vec<Vec<u8>> = vec![Vec::new()];
    for &slot in who {
        let role = &compiled.table.roles[compiled.table.role_of(slot).index()];
        let own: Vec<u8> = if actions.is_empty() {
            let n = u8::try_from(role.actions.len()).expect("at most 255 actions");
            (u8::from(!role.noop)..n).collect()
        } else {
            for &action in actions {
                check_action(compiled, slot, action)?;
            }
            actions.to_vec()
        };
        if joint.len() * own.len() > MAX_JOINT {
            return Err(BatchError::Wrong(format!(
                "the slots that choose have more than {MAX_JOINT} joint actions: let fewer choose, or name fewer actions"
            )));
        }
        let with = |before: &Vec<u8>| {
            let before = before.clone();
            own.iter()
                .map(move |&a| [before.as_slice(), &[a]].concat())
                .collect::<Vec<_>>()
        };
        joint = joint.iter().flat_map(with).collect();
    }
    if who.is_empty() {
        // Nobody chooses: one way on.
        return Ok(Vec::new());
    }
    Ok(joint.concat())
}

#[cfg(test)]
mod tests;
