//! `commonweal.Forks` and what `Batch` searches: the core's forks and searches in Python's words.
//!
//! **Invariant.** Decides nothing: arguments are read and checked here, all that follows happens in the core.

use std::sync::{Arc, Mutex, PoisonError};

use commonweal_core::batch::{Batch as Core, Serial, slot_named};
use commonweal_core::fork::{Coplayers, Edit, Forks as CoreForks};
use commonweal_core::ids::{ONE, Slot};
use commonweal_core::scenario::Compiled;
use commonweal_core::search::{GoalSearch, Phi, Question, Reach, Search};
use commonweal_core::state::End;
use numpy::{PyArray1, PyArray2};
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

use crate::batch::Batch;
use crate::engine::{Claim, Shared};
use crate::errors::{arena_index, batch_error, caught, record, whole, wrong};

/// A slot by number or name.
pub(crate) fn read_slot(compiled: &Compiled, given: &Bound<'_, PyAny>) -> PyResult<Slot> {
    let table = &compiled.table;
    if let Ok(name) = given.extract::<String>() {
        return slot_named(table, &name).ok_or_else(|| wrong(format!("there is no slot {name:?}")));
    }
    let number = whole("slot", given, u64::from(u8::MAX))?;
    u8::try_from(number)
        .ok()
        .map(Slot::new)
        .filter(|slot| slot.index() < table.n_slots())
        .ok_or_else(|| {
            let n = table.n_slots();
            wrong(format!("slot must be below {n}, not {number}"))
        })
}

fn action_number(given: &Bound<'_, PyAny>) -> PyResult<u8> {
    let number = whole("action", given, u64::from(u8::MAX))?;
    u8::try_from(number).map_err(|_| wrong("an action is at most 254"))
}

fn read_actions(given: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    given.try_iter()?.map(|one| action_number(&one?)).collect()
}

/// `"policy"`, `"null"`, or recorded actions by slot.
fn read_coplayers(compiled: &Compiled, given: &Bound<'_, PyAny>) -> PyResult<Coplayers> {
    if let Ok(word) = given.extract::<String>() {
        return match word.as_str() {
            "policy" => Ok(Coplayers::Policy),
            "null" => Ok(Coplayers::Null),
            _ => Err(wrong(format!(
                "coplayers must be \"policy\", \"null\" or recorded actions by slot, not {word:?}"
            ))),
        };
    }
    let Ok(recorded) = given.cast::<PyDict>() else {
        return Err(PyTypeError::new_err(
            "coplayers must be \"policy\", \"null\" or a dict of recorded actions by slot",
        ));
    };
    let mut all = vec![Vec::new(); compiled.table.n_slots()];
    for (slot, actions) in recorded {
        all[read_slot(compiled, &slot)?.index()] = read_actions(&actions)?;
    }
    Ok(Coplayers::Replay(all))
}

/// The arguments that all searches share.
pub(crate) struct Asked<'a, 'py> {
    pub(crate) ticks: &'a Bound<'py, PyAny>,
    pub(crate) phi: &'a str,
    pub(crate) coplayers: Option<&'a Bound<'py, PyAny>>,
    pub(crate) budget: Option<&'a Bound<'py, PyAny>>,
}

impl Asked<'_, '_> {
    fn read(&self, compiled: &Compiled, who: Slot) -> PyResult<Question> {
        let number = |name: &str, given: &Bound<'_, PyAny>| {
            let number = whole(name, given, u64::from(u32::MAX))?;
            u32::try_from(number).map_err(|_| wrong(format!("{name} is too large")))
        };
        let mut question = Question::of(who, number("n", self.ticks)?);
        question.phi = Phi::named(self.phi, &compiled.table).map_err(wrong)?;
        if let Some(coplayers) = self.coplayers {
            question.coplayers = read_coplayers(compiled, coplayers)?;
        }
        if let Some(budget) = self.budget {
            question.budget = number("budget", budget)?;
        }
        Ok(question)
    }
}

/// Refuses to give a lower bound for a number.
fn whole_search(reach: &Reach) -> PyResult<()> {
    if reach.truncated {
        return Err(PyRuntimeError::new_err(format!(
            "the search was cut after {} forks, so {} outcomes are a lower bound: raise budget, lower n, or use batch.search, which says so",
            reach.forks,
            reach.count()
        )));
    }
    Ok(())
}

static REACH: PyOnceLock<Py<PyType>> = PyOnceLock::new();

impl Batch {
    fn compiled_of(&self, arena: usize) -> &Arc<Compiled> {
        &self.settings.compiled[arena % self.n_arms()]
    }

    pub(crate) fn searched<'py>(
        &self,
        py: Python<'py>,
        arena: usize,
        slots: &[Bound<'py, PyAny>],
        of: Option<&Bound<'py, PyAny>>,
        actions: Option<&Bound<'py, PyAny>>,
        asked: &Asked<'_, 'py>,
    ) -> PyResult<Reach> {
        let compiled = self.compiled_of(arena);
        let who = slots
            .iter()
            .map(|slot| read_slot(compiled, slot))
            .collect::<PyResult<Vec<_>>>()?;
        let of = match of {
            Some(of) => read_slot(compiled, of)?,
            None => *who
                .first()
                .ok_or_else(|| wrong("search: name a slot, or `of` where nobody chooses"))?,
        };
        let mut question = asked.read(compiled, of)?;
        question.who = who;
        if let Some(actions) = actions {
            question.actions = read_actions(actions)?;
        }
        Claim::new(&self.shared)?
            .run(py, "search", |batch, executor| {
                Search::new(compiled)?.reach(batch, arena, &question, executor)
            })?
            .map_err(|error| batch_error(py, error))
    }

    pub(crate) fn reached<'py>(
        &self,
        py: Python<'py>,
        arena: &Bound<'py, PyAny>,
        slot: &Bound<'py, PyAny>,
        asked: &Asked<'_, 'py>,
    ) -> PyResult<usize> {
        let arena = arena_index("reach", arena, self.arenas())?;
        let found = self.searched(py, arena, std::slice::from_ref(slot), None, None, asked)?;
        whole_search(&found)?;
        Ok(found.count())
    }

    pub(crate) fn empowered<'py>(
        &self,
        py: Python<'py>,
        slots: Option<&Bound<'py, PyAny>>,
        asked: &Asked<'_, 'py>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let compiled = self.compiled_of(0);
        let slots: Vec<Slot> = match slots {
            Some(slots) => slots
                .try_iter()?
                .map(|slot| read_slot(compiled, &slot?))
                .collect::<PyResult<_>>()?,
            None => (0..u8::try_from(compiled.table.n_slots()).expect("at most 64 slots"))
                .map(Slot::new)
                .collect(),
        };
        let questions = slots
            .iter()
            .map(|&slot| asked.read(compiled, slot))
            .collect::<PyResult<Vec<_>>>()?;
        let (arenas, n_arms) = (self.arenas(), self.n_arms());
        let arms = &self.settings.compiled;
        let found = Claim::new(&self.shared)?
            .run(py, "empowerment", |batch, executor| {
                let mut rows = vec![Vec::new(); arenas];
                for (arm, compiled) in arms.iter().enumerate() {
                    let mut search = Search::new(compiled)?;
                    let mut roots = Vec::new();
                    for arena in (arm..arenas).step_by(n_arms) {
                        for question in &questions {
                            roots.push(search.root(batch, arena, question)?);
                        }
                    }
                    let mut found = search.run(&roots, executor).into_iter();
                    for arena in (arm..arenas).step_by(n_arms) {
                        rows[arena] = found.by_ref().take(questions.len()).collect();
                    }
                }
                Ok(rows)
            })?
            .map_err(|error| batch_error(py, error))?;
        found.iter().flatten().try_for_each(whole_search)?;
        let bits: Vec<Vec<f64>> = found
            .iter()
            .map(|row| row.iter().map(Reach::bits).collect())
            .collect();
        PyArray2::from_vec2(py, &bits).map_err(|error| wrong(error.to_string()))
    }

    pub(crate) fn goals_reached<'py>(
        &self,
        py: Python<'py>,
        arena: usize,
        slot: &Bound<'py, PyAny>,
        horizon: u32,
        budget: u32,
    ) -> PyResult<Bound<'py, PyDict>> {
        let compiled = self.compiled_of(arena);
        let slot = read_slot(compiled, slot)?;
        let found = Claim::new(&self.shared)?
            .run(py, "goals", |batch, executor| {
                GoalSearch::new(compiled)?.reach(batch, arena, slot, horizon, budget, executor)
            })?
            .map_err(|error| batch_error(py, error))?;
        let out = PyDict::new(py);
        let names = compiled.programs.goals.iter().map(|(name, _)| name);
        for (name, reached) in names.zip(&found.reached) {
            // What was not reached in a search that was cut is not known.
            let known = (*reached || !found.truncated).then_some(*reached);
            out.set_item(name, known)?;
        }
        Ok(out)
    }
}

/// The record that `Batch.search` gives.
pub(crate) fn reach_record<'py>(py: Python<'py>, reach: &Reach) -> PyResult<Bound<'py, PyAny>> {
    let fields = PyDict::new(py);
    fields.set_item("count", reach.count())?;
    fields.set_item("bits", reach.bits())?;
    fields.set_item("truncated", reach.truncated)?;
    fields.set_item("forks", reach.forks)?;
    fields.set_item("outcomes", PyArray1::from_slice(py, &reach.outcomes))?;
    record(py, &REACH, "Reach", &fields)
}

/// Forks of a batch's arenas, stepped together; the batch is never touched. `Batch.forks` makes one.
///
/// Slots are numbers or names (``"walker_1"``), cells are ``(row, column)`` of the map as written.
#[pyclass(frozen, module = "commonweal")]
pub(crate) struct Forks {
    core: Mutex<CoreForks>,
    shared: Arc<Shared>,
    arms: usize,
    arm: usize,
    arenas: usize,
    compiled: Arc<Compiled>,
}

impl Forks {
    pub(crate) fn make(
        batch: &Batch,
        py: Python<'_>,
        arm: usize,
        capacity: usize,
    ) -> PyResult<Self> {
        let compiled = Arc::clone(&batch.settings.compiled[arm]);
        let core = caught(|| CoreForks::new(&compiled, capacity, true))
            .map_err(PyRuntimeError::new_err)?
            .map_err(|error| batch_error(py, error))?;
        Ok(Self {
            core: Mutex::new(core),
            shared: Arc::clone(&batch.shared),
            arms: batch.n_arms(),
            arm,
            arenas: batch.arenas(),
            compiled,
        })
    }
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut CoreForks) -> Result<T, commonweal_core::batch::BatchError> + Send,
    ) -> PyResult<T> {
        py.detach(|| {
            let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
            caught(|| work(&mut core))
        })
        .map_err(PyRuntimeError::new_err)?
        .map_err(|error| batch_error(py, error))
    }
    fn number(&self, fork: &Bound<'_, PyAny>) -> PyResult<usize> {
        usize::try_from(whole("fork", fork, u64::from(u32::MAX))?).map_err(|_| wrong("fork"))
    }
    fn edited(&self, py: Python<'_>, fork: &Bound<'_, PyAny>, edit: Edit<'_>) -> PyResult<()> {
        let fork = self.number(fork)?;
        self.with(py, |forks| forks.edit(fork, &edit))
    }
    fn each<T: numpy::Element>(
        &self,
        py: Python<'_>,
        read: impl Fn(&mut Core, usize) -> T + Send + Sync,
    ) -> PyResult<Py<PyArray1<T>>> {
        let all = self.with(py, |forks| {
            let n = forks.len();
            Ok((0..n).map(|f| read(forks.batch(), f)).collect::<Vec<T>>())
        })?;
        Ok(PyArray1::from_vec(py, all).unbind())
    }
}

#[pymethods]
impl Forks {
    /// Continue an arena of the batch, everybody in its seat; slots that the caller plays do ``noop`` until told otherwise.
    ///
    /// Parameters
    /// ----------
    /// arena : int
    ///     The arena.
    ///
    /// Returns
    /// -------
    /// int
    ///     The fork's number.
    fn fork(&self, py: Python<'_>, arena: &Bound<'_, PyAny>) -> PyResult<usize> {
        let arena = arena_index("fork", arena, self.arenas)?;
        if arena % self.arms != self.arm {
            return Err(wrong(format!(
                "arena {arena} plays another arm than these forks"
            )));
        }
        let core = &self.core;
        Claim::new(&self.shared)?
            .run(py, "fork", |batch, _| {
                let mut core = core.lock().unwrap_or_else(PoisonError::into_inner);
                core.fork(batch, arena)
            })?
            .map_err(|error| batch_error(py, error))
    }

    /// Continue a fork as another fork, with the same cast.
    fn fork_of(&self, py: Python<'_>, fork: &Bound<'_, PyAny>) -> PyResult<usize> {
        let fork = self.number(fork)?;
        self.with(py, |forks| forks.fork_of(fork))
    }

    /// Force one action in the next step: do(i, a).
    fn act(
        &self,
        py: Python<'_>,
        fork: &Bound<'_, PyAny>,
        slot: &Bound<'_, PyAny>,
        action: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let (fork, slot, action) = (
            self.number(fork)?,
            read_slot(&self.compiled, slot)?,
            action_number(action)?,
        );
        self.with(py, |forks| forks.act(fork, slot, action))
    }

    /// Seat a bot of the file, ``"random"`` or ``"noop"`` from now on: swap(i, policy). It remembers nothing.
    fn swap(
        &self,
        py: Python<'_>,
        fork: &Bound<'_, PyAny>,
        slot: &Bound<'_, PyAny>,
        policy: &str,
    ) -> PyResult<()> {
        let (fork, slot) = (self.number(fork)?, read_slot(&self.compiled, slot)?);
        self.with(py, |forks| forks.swap(fork, slot, policy))
    }

    /// Leave the body and let it do nothing: null(i).
    fn null(
        &self,
        py: Python<'_>,
        fork: &Bound<'_, PyAny>,
        slot: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        self.swap(py, fork, slot, "noop")
    }

    /// Take the body off the map for good: absent(i).
    fn absent(
        &self,
        py: Python<'_>,
        fork: &Bound<'_, PyAny>,
        slot: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let (fork, slot) = (self.number(fork)?, read_slot(&self.compiled, slot)?);
        self.with(py, |forks| forks.absent(fork, slot))
    }

    /// Play recorded actions, one a tick from now on, then ``noop``.
    fn replay(
        &self,
        py: Python<'_>,
        fork: &Bound<'_, PyAny>,
        slot: &Bound<'_, PyAny>,
        actions: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let (fork, slot) = (self.number(fork)?, read_slot(&self.compiled, slot)?);
        let actions = read_actions(actions)?;
        self.with(py, |forks| forks.replay(fork, slot, &actions))
    }

    /// Set a variable of the arena, or of a slot's role; numbers with decimals in millionths.
    #[pyo3(signature = (fork, name, value, slot = None))]
    fn edit_var(
        &self,
        py: Python<'_>,
        fork: &Bound<'_, PyAny>,
        name: &str,
        value: i64,
        slot: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let edit = match slot {
            Some(slot) => Edit::SlotVar {
                slot: read_slot(&self.compiled, slot)?,
                name,
                value,
            },
            None => Edit::Var { name, value },
        };
        self.edited(py, fork, edit)
    }

    /// Set the state of a thing, such as a door: 1 open, 0 shut.
    fn edit_state(
        &self,
        py: Python<'_>,
        fork: &Bound<'_, PyAny>,
        kind: &str,
        cell: (u16, u16),
        state: u8,
    ) -> PyResult<()> {
        self.edited(py, fork, Edit::State { kind, cell, state })
    }

    /// Put a thing into a cell.
    fn edit_place(
        &self,
        py: Python<'_>,
        fork: &Bound<'_, PyAny>,
        kind: &str,
        cell: (u16, u16),
    ) -> PyResult<()> {
        self.edited(py, fork, Edit::Place { kind, cell })
    }

    /// Take a thing away.
    fn edit_clear(
        &self,
        py: Python<'_>,
        fork: &Bound<'_, PyAny>,
        kind: &str,
        cell: (u16, u16),
    ) -> PyResult<()> {
        self.edited(py, fork, Edit::Clear { kind, cell })
    }

    /// Stand a body in another cell.
    fn edit_body(
        &self,
        py: Python<'_>,
        fork: &Bound<'_, PyAny>,
        slot: &Bound<'_, PyAny>,
        cell: (u16, u16),
    ) -> PyResult<()> {
        let slot = read_slot(&self.compiled, slot)?;
        self.edited(py, fork, Edit::Body { slot, cell })
    }

    /// One tick of all forks; those whose episode is over stay as they ended.
    fn step(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, |forks| {
            forks.step(&Serial);
            Ok(())
        })
    }

    /// Let all forks go; the memory stays.
    fn clear(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, |forks| {
            forks.clear();
            Ok(())
        })
    }

    /// What each slot was paid in the last tick in the channel that agents are paid in, float64 (forks, slots); a new array.
    #[getter]
    fn reward<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let rows = self.with(py, |forks| {
            let n = forks.len();
            let row = |f| {
                let batch = forks.batch();
                let channels = &batch.compiled(f).table.channels;
                let main = channels.iter().position(|c| c.name == "main").unwrap_or(0);
                let pay = batch.pay(f).iter().skip(main).step_by(channels.len());
                #[expect(clippy::cast_precision_loss, reason = "far below 2^53 millionths")]
                let number = |&p: &i64| p as f64 / ONE as f64;
                pay.map(number).collect::<Vec<f64>>()
            };
            Ok((0..n).map(row).collect::<Vec<_>>())
        })?;
        PyArray2::from_vec2(py, &rows).map_err(|error| wrong(error.to_string()))
    }

    /// State hash of every fork, uint64 (forks,); a new array.
    fn hash(&self, py: Python<'_>) -> PyResult<Py<PyArray1<u64>>> {
        self.each(py, Core::hash)
    }

    /// Whether the episode of a fork is over, bool (forks,); a new array.
    #[getter]
    fn ended(&self, py: Python<'_>) -> PyResult<Py<PyArray1<bool>>> {
        self.each(py, |batch, f| batch.end(f) != End::Running)
    }

    /// Ticks done in a fork's episode, uint32 (forks,); a new array.
    #[getter]
    fn tick(&self, py: Python<'_>) -> PyResult<Py<PyArray1<u32>>> {
        self.each(py, |batch, f| batch.tick(f))
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        self.with(py, |forks| Ok(forks.len()))
    }

    fn __repr__(&self) -> String {
        format!("<Forks of {} {}>", self.compiled.id, self.compiled.arm)
    }
}
