//! `commonweal.Batch`: many arenas stepped together, written into `NumPy` arrays in place.
//!
//! **Invariant.** Decides nothing about the game; all that happens, happens in the core.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use commonweal_core::batch::Batch as Core;
use commonweal_core::ids::ONE;
use commonweal_core::observe::TILE;
use numpy::{PyArray1, PyArrayMethods};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyKeyError, PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use crate::buffers::kind;
use crate::config::{Arguments, Given, Settings};
use crate::engine::{Claim, Shared};
use crate::errors::{arena_index, batch_error, wrong};
use crate::group::{Group, read_all};
use crate::scenario::Scenario;
use crate::work::event_record;

/// Many arenas of one scenario, stepped together.
///
/// Every controlled role is a group with flat rows, row = arena · n + index in the role: ``batch["worker"].obs``, or ``batch.obs``
/// when there is one group. Bots play the other slots. Arrays belong to NumPy and are written in place.
///
/// Parameters
/// ----------
/// scenario : str, os.PathLike or Scenario
///     A shipped scenario's name, a path, or the text of a scenario.
/// arenas : int
///     Number of arenas; with several arms a multiple of their number (by default the largest up to 1024).
/// arm : str
///     Arm or cell to play; ``"treatment"`` is the file's first arm of that kind.
/// arms : list of str or "*", optional
///     Several arms in place of `arm`: arena k plays ``arms[k % len(arms)]`` and has seed number ``first + k // len(arms)``, so
///     neighbours are a pair. ``"*"`` is every arm and cell.
/// control : "focal", "all", "none", list of str or dict
///     Slots that the caller plays: the focal ones, all, none, all of some roles, or ``{role: [indices]}``.
/// domain : {"train", "pilot", "calibrate", "eval", "held_out"}
///     Whom the seeds are for; two domains share no draw.
/// seed : int, optional
///     Batch seed, 0 to 2**64 - 1; None draws one, see `Batch.seed`.
/// first : int
///     Number of the first arena's seed.
/// threads : int, optional
///     Threads that step at most; None for as many as there are cores. Results do not depend on it.
/// observe : {"symbolic", "codes", "rgb", "text", "none"}
///     How observations are encoded.
/// masks : bool
///     Whether masks of legal actions are written.
/// autoreset : {"same_step", "next_step", "disabled"}
///     What happens when an episode ends: the same step returns the next one's first observation, the next step resets, or the
///     caller does.
/// buffers : dict, optional
///     Arrays to write into, by member (``{"obs": array}``) or by group (``{"worker": {"obs": array}}``); others are made. None in
///     place of an array leaves it out: what is not wanted costs nothing.
/// policies : dict, optional
///     Bots in place of what the file seats, ``{role: bot}``; ``"random"`` plays any legal action.
/// events : bool
///     Keep all events of a tick, not only those that the scenario's rules and measures want.
///
/// Raises
/// ------
/// ScenarioError
///     When the scenario is refused.
/// ValueError, TypeError
///     When an argument is wrong; the sentence names it.
///
/// Examples
/// --------
/// >>> import commonweal as cw
/// >>> batch = cw.Batch("commons_harvest", arenas=4, seed=7)
/// >>> batch.actions[:] = 1
/// >>> batch.step()
/// >>> batch.reward.shape == (batch.rows,)
/// True
#[pyclass(frozen, weakref, module = "commonweal")]
pub(crate) struct Batch {
    pub(crate) settings: Settings,
    pub(crate) groups: Vec<Py<Group>>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) pending: Mutex<Option<JoinHandle<PyResult<()>>>>,
}

#[pymethods]
impl Batch {
    #[new]
    #[pyo3(
        signature = (
            scenario, arenas = Given(None), arm = "treatment", arms = None, control = Given(None), domain = "train",
            seed = Given(None), first = Given(None), threads = None, observe = "symbolic", masks = false,
            autoreset = "same_step", buffers = None, policies = None, events = false
        ),
        text_signature = "(scenario, arenas=1024, arm='treatment', arms=None, control='focal', domain='train', seed=0, first=0, \
                          threads=None, observe='symbolic', masks=False, autoreset='same_step', buffers=None, policies=None, \
                          events=False)"
    )]
    #[expect(clippy::too_many_arguments, reason = "the Python signature")]
    fn new<'py>(
        py: Python<'py>,
        scenario: &Bound<'py, PyAny>,
        arenas: Given<'py>,
        arm: &str,
        arms: Option<&Bound<'py, PyAny>>,
        control: Given<'py>,
        domain: &str,
        seed: Given<'py>,
        first: Given<'py>,
        threads: Option<&Bound<'py, PyAny>>,
        observe: &str,
        masks: bool,
        autoreset: &str,
        buffers: Option<&Bound<'py, PyAny>>,
        policies: Option<&Bound<'py, PyAny>>,
        events: bool,
    ) -> PyResult<Self> {
        let seed = seed.or(py, 0)?;
        let arenas = arenas.0;
        let settings = Arguments {
            scenario,
            arenas: arenas.as_ref(),
            arm,
            arms,
            control: &control.or(py, "focal")?,
            domain,
            seed: Some(&seed).filter(|seed| !seed.is_none()),
            first: &first.or(py, 0)?,
            threads,
            observe,
            masks,
            autoreset,
            policies,
            events,
        }
        .read()?;
        let batch = Self::build(py, settings, buffers)?;
        batch.observe(py, None)?;
        Ok(batch)
    }

    /// One tick of all arenas, written into the arrays in place, with the interpreter released.
    ///
    /// Parameters
    /// ----------
    /// actions : array_like of int or dict, optional
    ///     One action a row, or such by group; by default what stands in the groups' ``actions``. A number that is no action, or
    ///     is not legal now, is played as ``noop`` and counted in ``illegal``.
    /// out : dict, optional
    ///     Arrays to write in place of the batch's own, by member, or by group; None writes none.
    ///
    /// Raises
    /// ------
    /// RuntimeError
    ///     When another thread is stepping this batch.
    /// ValueError, TypeError
    ///     When an array is wrong; the sentence names it, its shape and its dtype.
    #[pyo3(signature = (actions = None, out = None))]
    fn step<'py>(
        &self,
        py: Python<'py>,
        actions: Option<&Bound<'py, PyAny>>,
        out: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        let actions = read_all(py, &self.groups, actions)?;
        let actions = actions
            .iter()
            .map(|one| one.slice())
            .collect::<PyResult<Vec<_>>>()?;
        self.write(py, "step", out, |batch, outs, executor| {
            batch.step(&actions, outs, executor)
        })
    }

    /// Start a step on a thread of its own and return; `step_wait` ends it. Takes what `step` takes.
    #[pyo3(signature = (actions = None, out = None))]
    fn step_async(
        slf: Py<Self>,
        py: Python<'_>,
        actions: Option<Py<PyAny>>,
        out: Option<Py<PyAny>>,
    ) -> PyResult<()> {
        let mut pending = slf
            .get()
            .pending
            .lock()
            .map_err(|_| PyRuntimeError::new_err("a step_async failed to start"))?;
        if pending.is_some() {
            return Err(PyRuntimeError::new_err(
                "step_async: the last one has not been waited for; call step_wait()",
            ));
        }
        let batch = slf.clone_ref(py);
        let work = move || {
            Python::attach(|py| {
                let bind =
                    |given: &Option<Py<PyAny>>| given.as_ref().map(|given| given.bind(py).clone());
                let (actions, out) = (bind(&actions), bind(&out));
                batch.get().step(py, actions.as_ref(), out.as_ref())
            })
        };
        *pending = Some(
            std::thread::Builder::new()
                .name("commonweal-step".to_owned())
                .spawn(work)?,
        );
        Ok(())
    }

    /// Wait for the step that `step_async` started; what went wrong in it is raised here.
    fn step_wait(&self, py: Python<'_>) -> PyResult<()> {
        let pending = self
            .pending
            .lock()
            .map_err(|_| PyRuntimeError::new_err("a step_async failed to start"))?
            .take();
        let Some(pending) = pending else {
            return Err(PyRuntimeError::new_err(
                "step_wait: no step_async was called",
            ));
        };
        py.detach(|| pending.join())
            .unwrap_or_else(|_| Err(PyRuntimeError::new_err("the thread of step_async died")))
    }

    /// Start new episodes and write their first observations.
    ///
    /// Parameters
    /// ----------
    /// mask : array_like of bool, optional
    ///     Arenas to reset, (A,); all by default.
    /// seed : int or array_like of int, optional
    ///     By default an arena keeps its seed and goes on to its next episode. One number gives the arenas the seeds that a batch of
    ///     that seed has; (A,) numbers are the arenas' seeds as they are. Both begin at episode 0.
    #[pyo3(signature = (mask = None, seed = None))]
    fn reset<'py>(
        &self,
        py: Python<'py>,
        mask: Option<&Bound<'py, PyAny>>,
        seed: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        let mask = mask.map(|mask| self.read_mask(py, mask)).transpose()?;
        let seeds = seed.map(|seed| self.arena_seeds(seed)).transpose()?;
        self.write(py, "reset", None, |batch, outs, _| {
            batch.reset(mask.as_deref(), seeds.as_deref(), outs)
        })
    }

    /// Write the present observations, own-state vectors and masks again, without a step.
    ///
    /// Parameters
    /// ----------
    /// out : dict, optional
    ///     Arrays to write in place of the batch's own, by member, or by group; None writes none.
    #[pyo3(signature = (out = None))]
    fn observe<'py>(&self, py: Python<'py>, out: Option<&Bound<'py, PyAny>>) -> PyResult<()> {
        self.write(py, "observe", out, |batch, outs, _| batch.observe(outs))
    }

    /// Everything of one arena as bytes: versioned, with a checksum; `restore` takes it on any host.
    ///
    /// Parameters
    /// ----------
    /// arena : int
    ///     The arena.
    ///
    /// Returns
    /// -------
    /// bytes
    ///     The snapshot.
    fn snapshot<'py>(
        &self,
        py: Python<'py>,
        arena: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let arena = arena_index("snapshot", arena, self.arenas())?;
        let snapshot =
            Claim::new(&self.shared)?.run(py, "snapshot", |batch, _| batch.snapshot(arena))?;
        Ok(PyBytes::new(py, &snapshot))
    }

    /// Put a snapshot into an arena, which goes on from there bit for bit, and write its observations.
    ///
    /// Parameters
    /// ----------
    /// arena : int
    ///     The arena.
    /// snapshot : bytes
    ///     What `snapshot` gave, in this batch or another of the same scenario and arm.
    ///
    /// Raises
    /// ------
    /// SnapshotError
    ///     When it is cut, corrupt, or of another scenario, arm or rules version.
    fn restore<'py>(
        &self,
        py: Python<'py>,
        arena: &Bound<'py, PyAny>,
        snapshot: PyBackedBytes,
    ) -> PyResult<()> {
        let arena = arena_index("restore", arena, self.arenas())?;
        self.write(py, "restore", None, |batch, outs, _| {
            batch.restore(arena, &snapshot)?;
            batch.observe_arena(arena, outs)
        })
    }

    /// Copy arena `src` over arena `dst` of the same arm, with its rows in all arrays.
    ///
    /// Parameters
    /// ----------
    /// src, dst : int
    ///     The arenas.
    fn fork<'py>(
        &self,
        py: Python<'py>,
        src: &Bound<'py, PyAny>,
        dst: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let arenas = self.arenas();
        let (from, to) = (
            arena_index("fork", src, arenas)?,
            arena_index("fork", dst, arenas)?,
        );
        let mut claim = Claim::new(&self.shared)?;
        let mut guards = self.hold(py, None)?;
        claim
            .run(py, "fork", |batch, _| batch.fork(from, to))?
            .map_err(|error| batch_error(py, error))?;
        guards
            .iter_mut()
            .try_for_each(|guard| guard.copy_arena(arenas, from, to))
    }

    /// Room for forks of the arenas: what would have happened, played out while the batch stands still.
    ///
    /// Parameters
    /// ----------
    /// capacity : int
    ///     How many forks there can be at a time.
    /// arm : str, optional
    ///     The arm whose arenas are forked; by default the first.
    ///
    /// Returns
    /// -------
    /// Forks
    ///     Empty; see `Forks.fork`.
    ///
    /// Examples
    /// --------
    /// >>> import commonweal as cw
    /// >>> batch = cw.Batch("commons_harvest", arenas=1, seed=3, control="none")
    /// >>> forks = batch.forks(2)
    /// >>> a, b = forks.fork(0), forks.fork(0)
    /// >>> forks.absent(b, 0)
    /// >>> forks.step()
    /// >>> batch.step()
    /// >>> bool(forks.hash()[a] == batch.hash()[0]), bool(forks.hash()[b] == batch.hash()[0])
    /// (True, False)
    #[pyo3(signature = (capacity, arm = None))]
    fn forks(
        &self,
        py: Python<'_>,
        capacity: &Bound<'_, PyAny>,
        arm: Option<&str>,
    ) -> PyResult<crate::forks::Forks> {
        let capacity = crate::errors::whole("capacity", capacity, 65_536)?;
        let capacity = usize::try_from(capacity).expect("at most 65,536");
        let arms = &self.settings.arms;
        let arm = match arm {
            None => 0,
            Some(name) => arms.iter().position(|a| a == name).ok_or_else(|| {
                wrong(format!(
                    "forks: arm must be one of {}, not {name:?}",
                    arms.join(", ")
                ))
            })?,
        };
        crate::forks::Forks::make(self, py, arm, capacity)
    }

    /// How many outcomes a slot could reach in exactly `n` ticks, by exact search on forks with the draws that will come.
    ///
    /// Parameters
    /// ----------
    /// arena : int
    ///     The arena, from its present state on; it is not stepped.
    /// slot : int or str
    ///     Who chooses: a slot's number or name.
    /// n : int
    ///     Look-ahead in ticks.
    /// phi : str
    ///     What counts as an outcome: ``own_pos``, ``own_state`` (with what is carried), ``world_objects``, ``other_pos(SLOT)`` or
    ///     ``all``; clocks, scores and cool-downs never do.
    /// coplayers : {"policy", "null"} or dict
    ///     The others follow their policies, do nothing, or play recorded actions, ``{slot: [action, ...]}``. Slots that the caller
    ///     plays have no policy here and do nothing.
    /// budget : int
    ///     Forks that may be spent.
    ///
    /// Returns
    /// -------
    /// int
    ///     The number of distinct outcomes.
    ///
    /// Raises
    /// ------
    /// RuntimeError
    ///     When the budget cut the search: the count would be a lower bound, which `search` gives and says so.
    ///
    /// Examples
    /// --------
    /// >>> import commonweal as cw
    /// >>> batch = cw.Batch("commons_harvest", arenas=1, seed=3)
    /// >>> batch.reach(0, 0, 0)
    /// 1
    /// >>> batch.reach(0, 0, 1) > 1
    /// True
    #[pyo3(
        signature = (arena, slot, n, phi = "own_pos", coplayers = None, budget = None),
        text_signature = "($self, arena, slot, n, phi='own_pos', coplayers='policy', budget=100000)"
    )]
    #[expect(clippy::too_many_arguments, reason = "the Python signature")]
    fn reach<'py>(
        &self,
        py: Python<'py>,
        arena: &Bound<'py, PyAny>,
        slot: &Bound<'py, PyAny>,
        n: &Bound<'py, PyAny>,
        phi: &str,
        coplayers: Option<&Bound<'py, PyAny>>,
        budget: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<usize> {
        let asked = crate::forks::Asked {
            ticks: n,
            phi,
            coplayers,
            budget,
        };
        self.reached(py, arena, slot, &asked)
    }

    /// n-step empowerment of slots in every arena: log2 of what `reach` counts, in bits.
    ///
    /// Parameters
    /// ----------
    /// n, phi, coplayers, budget
    ///     As for `reach`.
    /// slots : list of int or str, optional
    ///     Whose; all by default.
    ///
    /// Returns
    /// -------
    /// numpy.ndarray
    ///     float64 (A, slots), a new array; 0 to n · log2 of the number of actions.
    ///
    /// Raises
    /// ------
    /// RuntimeError
    ///     When the budget cut a search.
    ///
    /// Examples
    /// --------
    /// >>> import commonweal as cw
    /// >>> batch = cw.Batch("commons_harvest", arenas=2, seed=3)
    /// >>> batch.empowerment(1, slots=[0, 1]).shape
    /// (2, 2)
    #[pyo3(
        signature = (n, phi = "own_pos", slots = None, coplayers = None, budget = None),
        text_signature = "($self, n, phi='own_pos', slots=None, coplayers='policy', budget=100000)"
    )]
    fn empowerment<'py>(
        &self,
        py: Python<'py>,
        n: &Bound<'py, PyAny>,
        phi: &str,
        slots: Option<&Bound<'py, PyAny>>,
        coplayers: Option<&Bound<'py, PyAny>>,
        budget: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, numpy::PyArray2<f64>>> {
        let asked = crate::forks::Asked {
            ticks: n,
            phi,
            coplayers,
            budget,
        };
        self.empowered(py, slots, &asked)
    }

    /// What slots could bring about together: `reach` for a coalition, with all that is known of the search.
    ///
    /// Parameters
    /// ----------
    /// arena, n, phi, coplayers, budget
    ///     As for `reach`.
    /// slots : list of int or str
    ///     Who choose freely, each tick anew; the others are co-players.
    /// of : int or str, optional
    ///     Whose outcome counts; by default the first of `slots`.
    /// actions : list of int, optional
    ///     Actions to choose from; by default all of the role.
    ///
    /// Returns
    /// -------
    /// Reach
    ///     ``count``, ``bits``, ``truncated`` (the count is then a lower bound), ``forks``, and ``outcomes``, uint64 (count,), the
    ///     hashes of what was reached, ascending.
    #[pyo3(
        signature = (arena, slots, n, phi = "own_pos", of = None, coplayers = None, actions = None, budget = None),
        text_signature = "($self, arena, slots, n, phi='own_pos', of=None, coplayers='policy', actions=None, budget=100000)"
    )]
    #[expect(clippy::too_many_arguments, reason = "the Python signature")]
    fn search<'py>(
        &self,
        py: Python<'py>,
        arena: &Bound<'py, PyAny>,
        slots: Vec<Bound<'py, PyAny>>,
        n: &Bound<'py, PyAny>,
        phi: &str,
        of: Option<&Bound<'py, PyAny>>,
        coplayers: Option<&Bound<'py, PyAny>>,
        actions: Option<&Bound<'py, PyAny>>,
        budget: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let arena = arena_index("search", arena, self.arenas())?;
        let asked = crate::forks::Asked {
            ticks: n,
            phi,
            coplayers,
            budget,
        };
        let found = self.searched(py, arena, &slots, of, actions, &asked)?;
        crate::forks::reach_record(py, &found)
    }

    /// Which goals of the scenario's ``[goals]`` a slot could reach within `horizon` ticks while all others do nothing.
    ///
    /// Parameters
    /// ----------
    /// arena : int
    ///     The arena, from its present state on.
    /// slot : int or str
    ///     Whose goals.
    /// horizon : int
    ///     Ticks.
    /// budget : int
    ///     States that may be found.
    ///
    /// Returns
    /// -------
    /// dict[str, bool | None]
    ///     By goal; None where the search was cut before the goal was reached, so that nothing is known.
    #[pyo3(signature = (arena, slot, horizon, budget = 20_000))]
    fn goals<'py>(
        &self,
        py: Python<'py>,
        arena: &Bound<'py, PyAny>,
        slot: &Bound<'py, PyAny>,
        horizon: u32,
        budget: u32,
    ) -> PyResult<Bound<'py, PyDict>> {
        let arena = arena_index("goals", arena, self.arenas())?;
        self.goals_reached(py, arena, slot, horizon, budget)
    }

    /// State hash of every arena, uint64 (A,): equal on every host, in every batch, for every number of threads.
    ///
    /// Returns
    /// -------
    /// numpy.ndarray
    ///     A new array.
    fn hash<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<u64>>> {
        self.per_arena(py, "hash", Core::hash)
    }

    /// Facts of the last tick.
    ///
    /// Parameters
    /// ----------
    /// arena : int, optional
    ///     The arena; all by default.
    ///
    /// Returns
    /// -------
    /// list[Event]
    ///     In the order in which they happened, arena after arena. Without ``events=True`` only what the scenario's rules and
    ///     measures want.
    #[pyo3(signature = (arena = None))]
    fn events<'py>(
        &self,
        py: Python<'py>,
        arena: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let one = arena
            .map(|arena| arena_index("events", arena, self.arenas()))
            .transpose()?;
        let arenas = one.map_or(0..self.arenas(), |one| one..one + 1);
        let found = Claim::new(&self.shared)?.run(py, "events", |batch, _| {
            arenas
                .map(|arena| (arena, batch.events(arena)))
                .collect::<Vec<_>>()
        })?;
        let all = found
            .into_iter()
            .flat_map(|(arena, events)| events.into_iter().map(move |event| (arena, event)));
        all.map(|(arena, event)| event_record(py, arena, &event))
            .collect()
    }

    /// The whole map of an arena, for people; no policy is given it.
    ///
    /// Parameters
    /// ----------
    /// arena : int
    ///     The arena.
    /// mode : {"rgb_array", "ansi"}
    ///     A picture or text.
    ///
    /// Returns
    /// -------
    /// numpy.ndarray or str
    ///     uint8 (height · 8, width · 8, 3), a new array; or a line of glyphs for each row of the map, then what they stand for.
    #[pyo3(signature = (arena = Given(None), mode = "rgb_array"), text_signature = "($self, arena=0, mode='rgb_array')")]
    fn render<'py>(
        &self,
        py: Python<'py>,
        arena: Given<'py>,
        mode: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let arena = arena_index("render", &arena.or(py, 0)?, self.arenas())?;
        let mut claim = Claim::new(&self.shared)?;
        match mode {
            "ansi" => claim
                .run(py, "render", |batch, _| batch.chart(arena))?
                .into_bound_py_any(py),
            "rgb_array" => {
                let (picture, shape) = claim.run(py, "render", |batch, _| {
                    let mut picture = Vec::new();
                    batch.picture(arena, &mut picture);
                    let map = batch.compiled(arena).table.geometry;
                    (
                        picture,
                        [
                            usize::from(map.height) * TILE,
                            usize::from(map.width) * TILE,
                            3,
                        ],
                    )
                })?;
                Ok(PyArray1::from_vec(py, picture).reshape(shape)?.into_any())
            }
            _ => Err(wrong(format!(
                "mode must be \"rgb_array\" or \"ansi\", not {mode:?}"
            ))),
        }
    }

    fn __getitem__<'py>(
        &self,
        py: Python<'py>,
        group: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Group>> {
        let name: String = group.extract().map_err(|_| {
            PyTypeError::new_err(format!(
                "a group is named by its role, not by {}",
                kind(group)
            ))
        })?;
        let found = self.groups.iter().find(|one| one.get().info.name == name);
        found.map(|one| one.bind(py).clone()).ok_or_else(|| {
            PyKeyError::new_err(format!(
                "there is no group {name:?}; the groups are {}",
                self.group_names().join(", ")
            ))
        })
    }

    /// The controlled roles in file order, by name.
    #[getter]
    fn groups<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for group in &self.groups {
            dict.set_item(&group.get().info.name, group)?;
        }
        Ok(dict)
    }

    /// The scenario.
    #[getter]
    fn scenario(&self, py: Python<'_>) -> Py<Scenario> {
        self.settings.scenario.clone_ref(py)
    }

    /// Number of arenas A.
    #[getter(arenas)]
    fn n_arenas(&self) -> usize {
        self.arenas()
    }

    /// The batch seed.
    #[getter]
    fn seed(&self) -> u64 {
        self.settings.config.seed
    }

    /// Names of the arms and cells that are played; `arm` indexes it.
    #[getter]
    fn arms<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.settings.arms)
    }

    /// Which of `arms` an arena plays, uint8 (A,); a new array. For the caller, never for a policy.
    #[getter]
    fn arm<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u8>> {
        let number =
            |k: usize| u8::try_from(k % self.n_arms()).expect("arms are counted in a byte");
        PyArray1::from_iter(py, (0..self.arenas()).map(number))
    }

    /// Episodes since an arena's seed was set, uint32 (A,); a new array.
    #[getter]
    fn episode<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<u32>>> {
        self.per_arena(py, "episode", |batch, arena| batch.episode(arena))
    }

    /// Ticks done in an arena's episode, uint32 (A,); a new array.
    #[getter]
    fn tick<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<u32>>> {
        self.per_arena(py, "tick", |batch, arena| batch.tick(arena))
    }

    /// Arena seeds, uint64 (A,); a new array.
    #[getter]
    fn seeds<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<u64>>> {
        self.per_arena(py, "seeds", |batch, arena| batch.seed(arena))
    }

    /// `Group.rows` of the one group; `ValueError` where there are several.
    #[getter]
    fn rows<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.member(py, "rows")
    }

    /// `Group.obs` of the one group; `ValueError` where there are several.
    #[getter]
    fn obs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.member(py, "obs")
    }

    /// `Group.own` of the one group; `ValueError` where there are several.
    #[getter]
    fn own<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.member(py, "own")
    }

    /// `Group.own_names` of the one group; `ValueError` where there are several.
    #[getter]
    fn own_names<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.member(py, "own_names")
    }

    /// `Group.own_scale` of the one group; `ValueError` where there are several.
    #[getter]
    fn own_scale<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.member(py, "own_scale")
    }

    /// `Group.mask` of the one group; `ValueError` where there are several.
    #[getter]
    fn mask<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.member(py, "mask")
    }

    /// `Group.actions` of the one group; `ValueError` where there are several.
    #[getter]
    fn actions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.member(py, "actions")
    }

    /// `Group.action_names` of the one group; `ValueError` where there are several.
    #[getter]
    fn action_names<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.member(py, "action_names")
    }

    /// `Group.reward` of the one group; `ValueError` where there are several.
    #[getter]
    fn reward<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.member(py, "reward")
    }

    /// `Group.terminated` of the one group; `ValueError` where there are several.
    #[getter]
    fn terminated<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.member(py, "terminated")
    }

    /// `Group.truncated` of the one group; `ValueError` where there are several.
    #[getter]
    fn truncated<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.member(py, "truncated")
    }

    /// `Group.alive` of the one group; `ValueError` where there are several.
    #[getter]
    fn alive<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.member(py, "alive")
    }

    /// `Group.on` of the one group; `ValueError` where there are several.
    #[getter]
    fn on<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.member(py, "on")
    }

    /// `Group.valid` of the one group; `ValueError` where there are several.
    #[getter]
    fn valid<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.member(py, "valid")
    }

    /// `Group.illegal` of the one group; `ValueError` where there are several.
    #[getter]
    fn illegal<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.member(py, "illegal")
    }

    /// `Group.final_obs` of the one group; `ValueError` where there are several.
    #[getter]
    fn final_obs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.member(py, "final_obs")
    }

    /// `Group.final_own` of the one group; `ValueError` where there are several.
    #[getter]
    fn final_own<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.member(py, "final_own")
    }

    /// `Group.own_f32` of the one group; `ValueError` where there are several.
    fn own_f32<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.single(py, "own_f32")?.call_method0("own_f32")
    }

    /// Rewards of every channel in the last tick, hidden ones too, float32 (R,) by channel and group; `commonweal.audit` hands them
    /// out.
    fn _channels<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let arenas = self.arenas();
        let mut claim = Claim::new(&self.shared)?;
        let (channels, pay) = claim.run(py, "audit", |batch, _| {
            let channels = batch
                .compiled(0)
                .table
                .channels
                .iter()
                .map(|channel| channel.name.clone())
                .collect::<Vec<_>>();
            let pay: Vec<Vec<i64>> = (0..arenas).map(|arena| batch.pay(arena).to_vec()).collect();
            (channels, pay)
        })?;
        let result = PyDict::new(py);
        for group in &self.groups {
            let group = group.get();
            let by_channel = PyDict::new(py);
            for (i, channel) in channels.iter().enumerate() {
                let slots = || {
                    group
                        .info
                        .slots
                        .iter()
                        .map(|slot| slot.index() * channels.len() + i)
                };
                #[expect(
                    clippy::cast_precision_loss,
                    clippy::cast_possible_truncation,
                    reason = "as the reward buffer does"
                )]
                let number = |millionths: i64| (millionths as f64 / ONE as f64) as f32;
                let rows: Vec<f32> = pay
                    .iter()
                    .flat_map(|arena| slots().map(|at| number(arena[at])))
                    .collect();
                by_channel.set_item(channel, PyArray1::from_vec(py, rows))?;
            }
            result.set_item(&group.info.name, by_channel)?;
        }
        Ok(result)
    }

    /// Fail as a bug of the engine would: what a program does then can be tried.
    fn _fail(&self, py: Python<'_>) -> PyResult<()> {
        Claim::new(&self.shared)?.run(py, "_fail", |_, _| panic!("asked to fail"))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        crate::pickle::reduce(slf.py(), slf.get())
    }

    fn __repr__(&self) -> String {
        let config = &self.settings.config;
        format!(
            "<Batch {}: {} arenas of {}, {} groups ({}), seed {}>",
            self.settings.scenario.get().checked.id,
            config.arenas,
            self.settings.arms.join(", "),
            self.groups.len(),
            self.group_names().join(", "),
            config.seed
        )
    }
}
