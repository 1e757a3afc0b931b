//! Forks: running arenas continued elsewhere, many at once, with the operators that counterfactuals are built from.
//!
//! `fork` copies a state; `act` is do(i, a), one forced action; `swap` puts another policy into a seat from now on; `absent` takes a
//! body out; `null` leaves it standing and idle; `replay` plays recorded actions; [`Edit`] changes one declared thing, checked.
//! All forks live in one scratch batch and step together.
//!
//! **Invariant.** A fork to which nothing is done differs from its original by exactly nothing, tick after tick: draws are
//! addressed, so no operator shifts a draw that concerns something else. The original is never touched. A step allocates nothing.
//!
//! *Source.* MEASURES §0 (fork operators, co-player modes).

mod edit;

use std::sync::Arc;

pub use edit::Edit;

use crate::batch::{Batch, BatchError, Executor, Seat};
use crate::ids::Slot;
use crate::scenario::Compiled;
use crate::state::End;

/// What the slots that are not looked at do in a fork.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Coplayers {
    /// Bodies stay, nobody acts.
    Null,
    /// What is recorded: a list a slot, one action a tick from the fork on; afterwards, and where a list is empty, `noop`.
    Replay(Vec<Vec<u8>>),
    /// The policies that sit there react. A slot that the caller of the original plays has none here and does `noop`.
    #[default]
    Policy,
}

impl Coplayers {
    /// The word in records.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Replay(_) => "replay",
            Self::Policy => "policy",
        }
    }
}

/// A seat: who sits there, and what is played for whom the caller plays.
#[derive(Clone, Debug)]
struct Place {
    seat: Seat,
    /// do(i, a): played in the next step only.
    once: Option<u8>,
    recorded: Vec<u8>,
    played: usize,
}

/// Forks of arenas of one compiled scenario, stepped together.
#[derive(Debug)]
pub struct Forks {
    batch: Batch,
    n_slots: usize,
    /// Forks in use.
    n: usize,
    /// Fork · slots + slot.
    places: Vec<Place>,
    ended: Vec<bool>,
    /// Columns of forks whose episode is over: they stay as they ended.
    kept: Vec<u8>,
    bytes: usize,
}

impl Forks {
    /// Room for so many forks. `events`: keep all events of a tick, not only those that rules want.
    ///
    /// # Errors
    /// When `capacity` is 0.
    pub fn new(
        compiled: &Arc<Compiled>,
        capacity: usize,
        events: bool,
    ) -> Result<Self, BatchError> {
        let batch = Batch::scratch(compiled, capacity, 0, events)?;
        let n_slots = compiled.table.n_slots();
        let bytes = batch.columns().iter().map(|c| c.bytes).sum();
        let idle = Place {
            seat: Seat::Idle,
            once: None,
            recorded: Vec::new(),
            played: 0,
        };
        Ok(Self {
            batch,
            n_slots,
            n: 0,
            places: vec![idle; capacity * n_slots],
            ended: vec![false; capacity],
            kept: vec![0; capacity * bytes],
            bytes,
        })
    }
    /// How many forks there are.
    pub fn len(&self) -> usize {
        self.n
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }
    /// How many there can be.
    pub fn capacity(&self) -> usize {
        self.ended.len()
    }
    /// Lets all forks go; the memory stays.
    pub fn clear(&mut self) {
        self.n = 0;
    }
    /// Continues an arena of a batch: the fork's number. Whoever sits in a slot goes on there; slots of the batch's caller do `noop`
    /// until an operator says otherwise.
    ///
    /// # Errors
    /// When all forks are in use, or the arena is of another scenario or arm.
    pub fn fork(&mut self, batch: &mut Batch, arena: usize) -> Result<usize, BatchError> {
        let fork = self.next()?;
        self.batch.fork_from(batch, arena, fork)?;
        for slot in self.slots() {
            let seat = match batch.seat(arena, slot) {
                Seat::Caller => Seat::Idle,
                other => other,
            };
            let at = self.at(fork, slot);
            self.places[at].seat = seat;
            self.forget(at);
            self.batch
                .set_absent(fork, slot, batch.is_absent(arena, slot));
        }
        self.begin(fork);
        Ok(fork)
    }
    /// Continues a fork: another fork in the same state with the same cast.
    ///
    /// # Errors
    /// When all forks are in use.
    pub fn fork_of(&mut self, fork: usize) -> Result<usize, BatchError> {
        let to = self.next()?;
        self.check(fork)?;
        self.batch.fork(fork, to)?;
        for slot in self.slots() {
            let (from, at) = (self.at(fork, slot), self.at(to, slot));
            self.places[at] = self.places[from].clone();
            let absent = self.batch.is_absent(fork, slot);
            self.batch.set_absent(to, slot, absent);
        }
        self.begin(to);
        Ok(to)
    }
    fn begin(&mut self, fork: usize) {
        self.n = fork + 1;
        self.ended[fork] = false;
        self.note_end(fork);
    }
    fn next(&self) -> Result<usize, BatchError> {
        if self.n == self.capacity() {
            return Err(BatchError::Wrong(format!(
                "all {} forks are in use: clear them, or make room for more",
                self.n
            )));
        }
        Ok(self.n)
    }
    fn check(&self, fork: usize) -> Result<(), BatchError> {
        if fork >= self.n {
            return Err(BatchError::Wrong(format!(
                "there is no fork {fork}; there are {}",
                self.n
            )));
        }
        Ok(())
    }
    fn check_slot(&self, fork: usize, slot: Slot) -> Result<usize, BatchError> {
        self.check(fork)?;
        if slot.index() >= self.n_slots {
            return Err(BatchError::Wrong(format!(
                "there is no slot {}; the scenario has {}",
                slot.get(),
                self.n_slots
            )));
        }
        Ok(self.at(fork, slot))
    }
    fn slots(&self) -> impl Iterator<Item = Slot> + use<> {
        (0..u8::try_from(self.n_slots).expect("at most 64 slots")).map(Slot::new)
    }
    fn at(&self, fork: usize, slot: Slot) -> usize {
        fork * self.n_slots + slot.index()
    }
    fn forget(&mut self, at: usize) {
        let place = &mut self.places[at];
        (place.once, place.played) = (None, 0);
        place.recorded.clear();
    }
    /// do(i, a): the slot plays this action in the next step, and what it would have played from then on. Where it may not, it does
    /// `noop`, as a caller would.
    ///
    /// # Errors
    /// When there is no such fork, slot or action.
    pub fn act(&mut self, fork: usize, slot: Slot, action: u8) -> Result<(), BatchError> {
        let at = self.check_slot(fork, slot)?;
        check_action(self.batch.compiled(fork), slot, action)?;
        self.places[at].once = Some(action);
        Ok(())
    }
    /// swap(i, policy): from now on the slot is played by a bot of the file, `random` or `noop`. It remembers nothing.
    ///
    /// # Errors
    /// When there is no such fork, slot or policy.
    pub fn swap(&mut self, fork: usize, slot: Slot, policy: &str) -> Result<(), BatchError> {
        let at = self.check_slot(fork, slot)?;
        let seat = self.batch.seat_named(fork, policy)?;
        self.batch.take_over(fork, slot, seat);
        self.places[at].seat = seat;
        self.forget(at);
        Ok(())
    }
    /// null(i): the body stays and does nothing.
    ///
    /// # Errors
    /// When there is no such fork or slot.
    pub fn null(&mut self, fork: usize, slot: Slot) -> Result<(), BatchError> {
        self.swap(fork, slot, "noop")
    }
    /// absent(i): the body leaves the map, with what it carries; the slot never acts again, in later rounds too.
    ///
    /// # Errors
    /// When there is no such fork or slot.
    pub fn absent(&mut self, fork: usize, slot: Slot) -> Result<(), BatchError> {
        let at = self.check_slot(fork, slot)?;
        self.places[at].seat = Seat::Idle;
        self.forget(at);
        self.batch.remove(fork, slot);
        Ok(())
    }
    /// The slot plays recorded actions, one a tick from now on, then `noop`.
    ///
    /// # Errors
    /// When there is no such fork, slot or action.
    pub fn replay(&mut self, fork: usize, slot: Slot, actions: &[u8]) -> Result<(), BatchError> {
        let at = self.check_slot(fork, slot)?;
        for &action in actions {
            check_action(self.batch.compiled(fork), slot, action)?;
        }
        self.forget(at);
        let place = &mut self.places[at];
        place.seat = Seat::Caller;
        place.recorded.extend_from_slice(actions);
        Ok(())
    }
    /// What all slots but those of `except` do.
    ///
    /// # Errors
    /// When there is no such fork, or a recorded action does not exist.
    pub fn coplayers(
        &mut self,
        fork: usize,
        except: &[Slot],
        coplayers: &Coplayers,
    ) -> Result<(), BatchError> {
        self.check(fork)?;
        for slot in self.slots().filter(|slot| !except.contains(slot)) {
            match coplayers {
                Coplayers::Policy => {}
                Coplayers::Null => self.null(fork, slot)?,
                Coplayers::Replay(all) => {
                    let actions = all.get(slot.index()).map_or(&[][..], Vec::as_slice);
                    self.replay(fork, slot, actions)?;
                }
            }
        }
        Ok(())
    }
    /// Changes one declared thing of a fork.
    ///
    /// # Errors
    /// With what is wrong: a name that does not exist, a value out of its bounds, a cell that is taken. The fork is then as it was.
    pub fn edit(&mut self, fork: usize, edit: &Edit<'_>) -> Result<(), BatchError> {
        self.check(fork)?;
        let compiled = Arc::clone(self.batch.compiled(fork));
        self.batch
            .edit(fork, |one| edit.apply(&compiled.table, one))
            .map_err(BatchError::Wrong)
    }
    /// One tick of all forks. Those whose episode is over stay as they ended.
    pub fn step(&mut self, executor: &dyn Executor) {
        for fork in 0..self.n {
            for slot in self.slots() {
                let at = self.at(fork, slot);
                let place = &mut self.places[at];
                let (seat, action) = match place.once.take() {
                    Some(action) => (Seat::Caller, action),
                    None if place.seat == Seat::Caller => (
                        Seat::Caller,
                        place.recorded.get(place.played).copied().unwrap_or(0),
                    ),
                    None => (place.seat, 0),
                };
                place.played += 1;
                self.batch.set_seat(fork, slot, seat, i32::from(action));
            }
        }
        self.batch.step_lanes(executor);
        for fork in 0..self.n {
            if self.ended[fork] {
                let kept = &self.kept[fork * self.bytes..(fork + 1) * self.bytes];
                self.batch
                    .put_columns(fork, kept)
                    .expect("saved when it ended");
            } else {
                self.note_end(fork);
            }
        }
    }
    /// Keeps the state in which an episode ended.
    fn note_end(&mut self, fork: usize) {
        if self.batch.end(fork) != End::Running {
            self.ended[fork] = true;
            let columns = self.batch.columns_of(fork);
            self.kept[fork * self.bytes..(fork + 1) * self.bytes].copy_from_slice(columns);
        }
    }
    /// The forks as a batch, arena = fork: what was paid, what happened, hashes, columns, variables, goals.
    pub fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }
}

/// Whether the slot's role has that action.
pub(crate) fn check_action(compiled: &Compiled, slot: Slot, action: u8) -> Result<(), BatchError> {
    let role = &compiled.table.roles[compiled.table.role_of(slot).index()];
    if usize::from(action) < role.actions.len() {
        return Ok(());
    }
    Err(BatchError::Wrong(format!(
        "role `{}` has {} actions, from 0; there is no {action}",
        role.name,
        role.actions.len()
    )))
}

#[cfg(test)]
mod tests;
