//! A group: the controlled slots of one role, with their arrays.
//!
//! **Invariant.** Holds arrays and names; only a batch's calls change what is in the arrays.

use std::sync::Arc;

use commonweal_core::batch::Group as Info;
use numpy::{PyArray1, PyArray2, PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn};
use pyo3::exceptions::{PyAttributeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

use crate::buffers::{Buffers, Layout, dict_of, fits, kind, tuple};
use crate::engine::{Claim, Shared};
use crate::errors::wrong;

/// The controlled slots of one role: flat rows, row = arena · n + index in the role.
///
/// Arrays are written in place by every step; copy what must last.
#[pyclass(frozen, module = "commonweal")]
pub(crate) struct Group {
    pub(crate) info: Info,
    pub(crate) layout: Layout,
    pub(crate) buffers: Buffers,
    pub(crate) text: bool,
    shared: Arc<Shared>,
    arenas: usize,
}

/// Actions of one group for one call.
pub(crate) enum Actions<'py> {
    /// An array that is read where it is.
    Array(PyReadonlyArrayDyn<'py, i32>),
    /// Numbers that had to be converted.
    Converted(Vec<i32>),
}

impl Actions<'_> {
    /// The numbers, one a row.
    pub(crate) fn slice(&self) -> PyResult<&[i32]> {
        match self {
            Self::Array(array) => array
                .as_slice()
                .map_err(|_| wrong("actions is no longer C-contiguous")),
            Self::Converted(numbers) => Ok(numbers),
        }
    }
}

impl Group {
    pub(crate) fn new(
        info: Info,
        layout: Layout,
        buffers: Buffers,
        text: bool,
        shared: Arc<Shared>,
        arenas: usize,
    ) -> Self {
        Self {
            info,
            layout,
            buffers,
            text,
            shared,
            arenas,
        }
    }

    fn array<'py, T: numpy::Element>(
        &self,
        py: Python<'py>,
        member: &str,
        array: Option<&Py<PyArrayDyn<T>>>,
    ) -> PyResult<Bound<'py, PyArrayDyn<T>>> {
        let missing = || PyAttributeError::new_err(self.layout.why_not(member));
        array
            .map(|array| array.bind(py).clone())
            .ok_or_else(missing)
    }

    /// What the caller wants these slots to do: an array of whole numbers, or by default what stands in `actions`.
    pub(crate) fn read_actions<'py>(
        &self,
        py: Python<'py>,
        given: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Actions<'py>> {
        let shape = [self.layout.rows];
        let array = match given {
            None => self.buffers.actions.bind(py),
            Some(given) => match given.cast::<PyArrayDyn<i32>>() {
                Ok(array) if fits(array, &shape) => array,
                _ => return self.convert_actions(given, &shape).map(Actions::Converted),
            },
        };
        array.try_readonly().map(Actions::Array).map_err(|_| {
            wrong(format!(
                "{}.actions overlaps an array that this call writes, or is in use by another call",
                self.layout.group
            ))
        })
    }

    /// Actions of another type or layout, by way of NumPy, which reads lists and tensors too.
    fn convert_actions(&self, given: &Bound<'_, PyAny>, shape: &[usize]) -> PyResult<Vec<i32>> {
        let py = given.py();
        let name = format!("{}.actions", self.layout.group);
        let numpy = py.import("numpy")?;
        let array = numpy.getattr("asarray")?.call1((given,))?;
        let dtype = array.getattr("dtype")?;
        let found: Vec<usize> = array.getattr("shape")?.extract()?;
        let has = format!("it has dtype {dtype} and shape {}", tuple(py, &found)?);
        if found != shape {
            return Err(wrong(format!(
                "{name} must have shape {}; {has}",
                tuple(py, shape)?
            )));
        }
        if !matches!(dtype.getattr("kind")?.extract::<char>()?, 'i' | 'u') {
            return Err(PyTypeError::new_err(format!(
                "{name} must be whole numbers, one a row; {has}"
            )));
        }
        let numbers = array
            .call_method1("astype", (numpy.getattr("int64")?,))?
            .cast_into::<PyArray1<i64>>()?;
        let numbers = numbers
            .try_readonly()
            .map_err(|_| wrong(format!("{name} is in use by another call")))?;
        // What does not fit is no action, and -1 is none either.
        let fit = |&number: &i64| i32::try_from(number).unwrap_or(-1);
        Ok(numbers.as_array().iter().map(fit).collect())
    }
}

#[pymethods]
impl Group {
    /// The role's name.
    #[getter]
    fn name(&self) -> &str {
        &self.info.name
    }

    /// The controlled slots, ascending.
    #[getter]
    fn slots<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.info.slots.iter().map(|slot| slot.get()))
    }

    /// Number of rows: arenas · slots.
    #[getter]
    fn rows(&self) -> usize {
        self.layout.rows
    }

    /// Observations: ``symbolic`` uint8 (R,H,W,8), ``codes`` uint8 (R,H,W,2), ``rgb`` uint8 (R,h,w,3), ``text`` a new list of R str.
    #[getter]
    fn obs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if !self.text {
            return Ok(self.array(py, "obs", self.buffers.obs.as_ref())?.into_any());
        }
        let mut claim = Claim::new(&self.shared)?;
        let texts: Vec<String> = claim.run(py, "obs", |batch, _| {
            let rows = (0..self.arenas)
                .flat_map(|arena| self.info.slots.iter().map(move |&slot| (arena, slot)));
            rows.map(|(arena, slot)| batch.text(arena, slot)).collect()
        })?;
        Ok(PyList::new(py, texts)?.into_any())
    }

    /// Own-state vectors, int32 (R,V); `own_names` says what each number is.
    #[getter]
    fn own<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArrayDyn<i32>>> {
        self.array(py, "own", self.buffers.own.as_ref())
    }

    /// Names of the V numbers of an own-state vector.
    #[getter]
    fn own_names<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.info.own_names)
    }

    /// Factors that bring the V numbers to about 1, float32 (V,); a new array.
    #[getter]
    fn own_scale<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f32>> {
        PyArray1::from_slice(py, &self.info.own_scale)
    }

    /// Own-state vectors times their factors.
    ///
    /// Returns
    /// -------
    /// numpy.ndarray
    ///     float32 (R,V), a new array.
    fn own_f32<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let own = self.own(py)?;
        let held = own.try_readonly().map_err(|_| {
            wrong(format!(
                "{}.own is in use by another call",
                self.layout.group
            ))
        })?;
        let own = held
            .as_slice()
            .map_err(|_| wrong("own is no longer C-contiguous"))?;
        let factors = self.info.own_scale.iter().cycle();
        #[expect(
            clippy::cast_precision_loss,
            reason = "a network reads about seven digits"
        )]
        let scaled: Vec<f32> = own
            .iter()
            .zip(factors)
            .map(|(&number, &factor)| number as f32 * factor)
            .collect();
        PyArray1::from_vec(py, scaled).reshape([self.layout.rows, self.info.own_names.len()])
    }

    /// Legal actions, int8 (R,n), 1 = legal; with ``masks=True`` only.
    #[getter]
    fn mask<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArrayDyn<i8>>> {
        self.array(py, "mask", self.buffers.mask.as_ref())
    }

    /// Actions, int32 (R,), written by the caller; what `step` plays when it is given none.
    #[getter]
    fn actions<'py>(&self, py: Python<'py>) -> Bound<'py, PyArrayDyn<i32>> {
        self.buffers.actions.bind(py).clone()
    }

    /// Names of the n actions; 0 is ``noop``.
    #[getter]
    fn action_names<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.info.action_names)
    }

    /// Rewards of the last tick, float32 (R,).
    #[getter]
    fn reward<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArrayDyn<f32>>> {
        self.array(py, "reward", self.buffers.reward.as_ref())
    }

    /// Rows that ended by the scenario: dead for good, away for ever, or the episode was won, lost or over; bool (R,).
    #[getter]
    fn terminated<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArrayDyn<bool>>> {
        self.array(py, "terminated", self.buffers.terminated.as_ref())
    }

    /// Rows cut off by the tick limit or a drawn end, bool (R,).
    #[getter]
    fn truncated<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArrayDyn<bool>>> {
        self.array(py, "truncated", self.buffers.truncated.as_ref())
    }

    /// Rows whose agent lives, bool (R,).
    #[getter]
    fn alive<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArrayDyn<bool>>> {
        self.array(py, "alive", self.buffers.alive.as_ref())
    }

    /// Rows whose agent is switched on, bool (R,).
    #[getter]
    fn on<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArrayDyn<bool>>> {
        self.array(py, "on", self.buffers.on.as_ref())
    }

    /// Rows to learn from, bool (R,): false where the agent is dead or the row was just reset.
    #[getter]
    fn valid<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArrayDyn<bool>>> {
        self.array(py, "valid", self.buffers.valid.as_ref())
    }

    /// Illegal actions of the episode so far, uint32 (R,); they were played as ``noop``.
    #[getter]
    fn illegal<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArrayDyn<u32>>> {
        self.array(py, "illegal", self.buffers.illegal.as_ref())
    }

    /// Observations of ended episodes, shaped as `obs`; rows are valid where the row ended. Same-step autoreset only.
    #[getter]
    fn final_obs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArrayDyn<u8>>> {
        self.array(py, "final_obs", self.buffers.final_obs.as_ref())
    }

    /// Own-state vectors of ended episodes, int32 (R,V); rows are valid where the row ended. Same-step autoreset only.
    #[getter]
    fn final_own<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArrayDyn<i32>>> {
        self.array(py, "final_own", self.buffers.final_own.as_ref())
    }

    fn __repr__(&self) -> String {
        let n = self.info.slots.len();
        format!(
            "<Group {}: {} rows ({} arenas, {n} slots)>",
            self.info.name, self.layout.rows, self.arenas
        )
    }
}

/// Actions of every group: one array for one group, or a dictionary by group.
pub(crate) fn read_all<'py>(
    py: Python<'py>,
    groups: &[Py<Group>],
    given: Option<&Bound<'py, PyAny>>,
) -> PyResult<Vec<Actions<'py>>> {
    let names = || {
        groups
            .iter()
            .map(|group| group.get().info.name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let Some(given) = given else {
        return groups
            .iter()
            .map(|group| group.get().read_actions(py, None))
            .collect();
    };
    if let Some(dict) = dict_of(given)? {
        for key in dict.keys() {
            let known = key
                .extract::<String>()
                .is_ok_and(|key| groups.iter().any(|group| group.get().info.name == key));
            if !known {
                return Err(wrong(format!(
                    "actions: there is no group {}; the groups are {}",
                    key.repr()?,
                    names()
                )));
            }
        }
        let read = |group: &Py<Group>| {
            let group = group.get();
            group.read_actions(py, dict.get_item(&group.info.name)?.as_ref())
        };
        return groups.iter().map(read).collect();
    }
    match groups {
        [group] => Ok(vec![group.get().read_actions(py, Some(given))?]),
        [] => Err(wrong(
            "actions: this batch controls no slots; call step() without actions",
        )),
        _ => Err(PyTypeError::new_err(format!(
            "actions must be a dictionary by group ({}), not {}",
            names(),
            if given.is_instance_of::<PyString>() {
                "str".to_owned()
            } else {
                kind(given)
            }
        ))),
    }
}
