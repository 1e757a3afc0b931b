//! How a batch is built, and how its calls reach the core: arrays held, the engine claimed, the interpreter released.
//!
//! **Invariant.** Arrays are held before the engine works and let go after; nothing is copied.

use std::sync::Mutex;

use commonweal_core::batch::{Autoreset, Batch as Core, BatchError, EventView, Executor, Out};
use commonweal_core::draw::arena_seed;
use commonweal_core::observe::Encoding;
use numpy::{PyArray1, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::batch::Batch;
use crate::buffers::{Buffers, Guards, Layout, by_group, tuple};
use crate::config::Settings;
use crate::engine::{Claim, Engine, Shared};
use crate::errors::{batch_error, caught, record, whole, wrong};
use crate::group::Group;

impl Batch {
    pub(crate) fn single<'py>(
        &self,
        py: Python<'py>,
        member: &str,
    ) -> PyResult<&Bound<'py, Group>> {
        match self.groups.as_slice() {
            [group] => Ok(group.bind(py)),
            [] => Err(wrong(format!(
                "batch.{member}: this batch controls no slots (control=\"none\")"
            ))),
            _ => Err(wrong(format!(
                "batch.{member}: this batch has {} groups ({}); write batch[\"{}\"].{member}",
                self.groups.len(),
                self.group_names().join(", "),
                self.groups[0].get().info.name
            ))),
        }
    }

    pub(crate) fn member<'py>(&self, py: Python<'py>, member: &str) -> PyResult<Bound<'py, PyAny>> {
        self.single(py, member)?.getattr(member)
    }

    pub(crate) fn group_names(&self) -> Vec<&str> {
        self.groups
            .iter()
            .map(|group| group.get().info.name.as_str())
            .collect()
    }

    pub(crate) fn arenas(&self) -> usize {
        self.settings.config.arenas
    }

    /// Seeds are shared by this many neighbours.
    pub(crate) fn n_arms(&self) -> usize {
        self.settings.arms.len()
    }

    /// One number of each arena, as a new array.
    pub(crate) fn per_arena<'py, T: numpy::Element>(
        &self,
        py: Python<'py>,
        call: &'static str,
        read: impl Fn(&mut Core, usize) -> T + Send + Sync,
    ) -> PyResult<Bound<'py, PyArray1<T>>> {
        let arenas = self.arenas();
        let numbers = Claim::new(&self.shared)?.run(py, call, |batch, _| {
            (0..arenas).map(|i| read(batch, i)).collect::<Vec<T>>()
        })?;
        Ok(PyArray1::from_vec(py, numbers))
    }

    /// Runs a call of the core that writes into the arrays, or into those of `out` in their places.
    pub(crate) fn write<'py>(
        &self,
        py: Python<'py>,
        call: &'static str,
        out: Option<&Bound<'py, PyAny>>,
        work: impl FnOnce(&mut Core, &mut [Out<'_>], &dyn Executor) -> Result<(), BatchError> + Send,
    ) -> PyResult<()> {
        let mut claim = Claim::new(&self.shared)?;
        let mut guards = self.hold(py, out)?;
        let mut outs = guards
            .iter_mut()
            .map(Guards::out)
            .collect::<PyResult<Vec<_>>>()?;
        claim
            .run(py, call, |batch, executor| work(batch, &mut outs, executor))?
            .map_err(|error| batch_error(py, error))
    }

    pub(crate) fn hold<'py>(
        &self,
        py: Python<'py>,
        out: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Vec<Guards<'py>>> {
        let Some(out) = out else {
            let hold = |group: &Py<Group>| group.get().buffers.hold(py, &group.get().layout);
            return self.groups.iter().map(hold).collect();
        };
        let layouts: Vec<&Layout> = self
            .groups
            .iter()
            .map(|group| &group.get().layout)
            .collect();
        let parts = by_group("out", Some(out), &layouts)?;
        let hold = |(group, part): (&Py<Group>, Option<Bound<'py, PyDict>>)| {
            let group = group.get();
            match part {
                Some(part) => group
                    .buffers
                    .with(py, &group.layout, &part)?
                    .hold(py, &group.layout),
                None => group.buffers.hold(py, &group.layout),
            }
        };
        self.groups.iter().zip(parts).map(hold).collect()
    }

    pub(crate) fn build(
        py: Python<'_>,
        settings: Settings,
        buffers: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let (compiled, config) = (&settings.compiled, settings.config.clone());
        let core = py.detach(|| caught(|| Core::new(compiled, config)));
        let scenario = format!(
            "{} {}",
            settings.scenario.get().checked.id,
            settings.arms.join(", ")
        );
        let core = match core {
            Ok(result) => result.map_err(|error| batch_error(py, error))?,
            Err(panic) => {
                let doing = crate::errors::Doing {
                    call: "Batch",
                    scenario,
                    seed: settings.config.seed,
                    tick: 0,
                };
                return Err(crate::errors::internal(py, &doing, &panic));
            }
        };
        let arenas = settings.config.arenas;
        let finals = settings.config.autoreset == Autoreset::SameStep;
        let infos = core.groups().to_vec();
        let layouts: Vec<Layout> = infos
            .iter()
            .map(|info| Layout::new(info, arenas, settings.masks, finals))
            .collect();
        let parts = by_group("buffers", buffers, &layouts.iter().collect::<Vec<_>>())?;
        let shared = Shared::new(Engine::new(
            core,
            scenario,
            settings.config.seed,
            settings.threads_used(),
        ));
        let text = settings.config.encoding == Encoding::Text;
        let mut groups = Vec::with_capacity(infos.len());
        for ((info, layout), part) in infos.into_iter().zip(layouts).zip(parts) {
            let buffers = Buffers::new(py, &layout, part.as_ref())?;
            groups.push(Py::new(
                py,
                Group::new(info, layout, buffers, text, shared.clone(), arenas),
            )?);
        }
        Ok(Self {
            settings,
            groups,
            shared,
            pending: Mutex::new(None),
        })
    }

    /// New arena seeds: those that a batch of this seed would have, or one an arena as they are.
    pub(crate) fn arena_seeds(&self, seed: &Bound<'_, PyAny>) -> PyResult<Vec<u64>> {
        let arenas = self.arenas();
        if seed.try_iter().is_err() {
            let seed = whole("seed", seed, u64::MAX)?;
            let config = &self.settings.config;
            let number = |k: usize| config.first.wrapping_add((k / self.n_arms()) as u64);
            return Ok((0..arenas)
                .map(|k| arena_seed(seed, config.domain, number(k)))
                .collect());
        }
        let seeds = seed
            .try_iter()?
            .map(|one| whole("seed", &one?, u64::MAX))
            .collect::<PyResult<Vec<u64>>>()?;
        if seeds.len() != arenas {
            let found = seeds.len();
            return Err(wrong(format!(
                "seed must be one number, or one for each of the {arenas} arenas, not {found}"
            )));
        }
        Ok(seeds)
    }

    pub(crate) fn read_mask(&self, py: Python<'_>, mask: &Bound<'_, PyAny>) -> PyResult<Vec<bool>> {
        let array = py.import("numpy")?.getattr("asarray")?.call1((mask,))?;
        let shape: Vec<usize> = array.getattr("shape")?.extract()?;
        let has = format!(
            "it has dtype {} and shape {}",
            array.getattr("dtype")?,
            tuple(py, &shape)?
        );
        let Ok(array) = array.cast::<PyArray1<bool>>() else {
            return Err(PyTypeError::new_err(format!(
                "mask must be bool, one an arena; {has}"
            )));
        };
        if array.len() != self.arenas() {
            return Err(wrong(format!(
                "mask must have shape ({},); {has}",
                self.arenas()
            )));
        }
        let held = array
            .try_readonly()
            .map_err(|_| wrong("mask is in use by another call"))?;
        Ok(held.as_array().iter().copied().collect())
    }
}

/// `commonweal.Event` of a fact.
pub(crate) fn event_record<'py>(
    py: Python<'py>,
    arena: usize,
    event: &EventView,
) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let fields = PyDict::new(py);
    fields.set_item("arena", arena)?;
    fields.set_item("tick", event.tick)?;
    fields.set_item("name", &event.event)?;
    fields.set_item("actor", event.actor)?;
    fields.set_item("subject", event.subject)?;
    fields.set_item("place", event.place)?;
    fields.set_item("fields", PyTuple::new(py, &event.fields)?)?;
    record(py, &CLASS, "Event", &fields)
}
