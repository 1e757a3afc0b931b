//! The arrays of a group: who made them, what they must look like, and how the core writes into them.
//!
//! **Invariant.** `NumPy` owns every array. An array is checked when it is taken; a call holds it by a guard, so that no two calls
//! into Rust write the same memory, and never copies it.

use commonweal_core::batch::{Group as Info, Out};
use numpy::{
    Element, PyArrayDyn, PyArrayMethods, PyReadwriteArrayDyn, PyUntypedArray, PyUntypedArrayMethods,
};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyTuple};

use crate::errors::wrong;

/// What decides the shapes of a group's arrays.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// The group's name.
    pub(crate) group: String,
    /// Rows: arenas · slots.
    pub(crate) rows: usize,
    obs: Vec<usize>,
    own: usize,
    actions: usize,
    masks: bool,
    finals: bool,
}

impl Layout {
    /// The layout of a group in a batch of so many arenas. `finals`: whether last observations of ended episodes are kept.
    pub(crate) fn new(info: &Info, arenas: usize, masks: bool, finals: bool) -> Self {
        Self {
            group: info.name.clone(),
            rows: arenas * info.slots.len(),
            obs: info.obs_shape.clone(),
            own: info.own_names.len(),
            actions: info.action_names.len(),
            masks,
            finals,
        }
    }

    /// Shape of a member; `None` when this batch has no such array.
    fn shape(&self, member: &str) -> Option<Vec<usize>> {
        let obs = |wanted: bool| {
            let shape = || {
                std::iter::once(self.rows)
                    .chain(self.obs.iter().copied())
                    .collect()
            };
            (wanted && !self.obs.is_empty()).then(shape)
        };
        match member {
            "obs" => obs(true),
            "final_obs" => obs(self.finals),
            "own" => Some(vec![self.rows, self.own]),
            "final_own" => self.finals.then(|| vec![self.rows, self.own]),
            "mask" => self.masks.then(|| vec![self.rows, self.actions]),
            _ => Some(vec![self.rows]),
        }
    }

    /// Why a member is not there, for a sentence.
    pub(crate) fn why_not(&self, member: &str) -> String {
        let group = &self.group;
        match member {
            "mask" => format!("{group}.mask: this batch was built with masks=False"),
            "final_obs" | "final_own" if !self.finals => {
                format!(
                    "{group}.{member}: only autoreset=\"same_step\" keeps the last observation of an ended episode"
                )
            }
            _ => format!(
                "{group}.{member}: there is no such array in this batch, by observe= or by buffers="
            ),
        }
    }
}

macro_rules! buffers {
    ($($name:ident: $item:ty),*) => {
        /// Names of the arrays that a step writes.
        pub(crate) const WRITTEN: &[&str] = &[$(stringify!($name)),*];

        /// The arrays of one group; `None` for what the batch does not have.
        #[derive(Debug)]
        pub(crate) struct Buffers {
            /// Written by the caller, read by a step.
            pub(crate) actions: Py<PyArrayDyn<i32>>,
            $(pub(crate) $name: Option<Py<PyArrayDyn<$item>>>,)*
        }

        impl Buffers {
            /// Takes the arrays that the caller gives, and makes the others.
            pub(crate) fn new(py: Python<'_>, layout: &Layout, given: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
                refuse_unknown(layout, given, true)?;
                Ok(Self {
                    actions: given_or_new(py, layout, "actions", given)?
                        .ok_or_else(|| wrong("every group has actions"))?,
                    $($name: given_or_new(py, layout, stringify!($name), given)?,)*
                })
            }

            /// The same arrays, with those of `out` in their places.
            pub(crate) fn with(&self, py: Python<'_>, layout: &Layout, out: &Bound<'_, PyDict>) -> PyResult<Self> {
                refuse_unknown(layout, Some(out), false)?;
                Ok(Self {
                    actions: self.actions.clone_ref(py),
                    $($name: match taken(layout, stringify!($name), out)? {
                        Given::Array(array) => Some(array),
                        Given::LeftOut => None,
                        Given::Nothing => self.$name.as_ref().map(|array| array.clone_ref(py)),
                    },)*
                })
            }

            /// Holds all arrays for one call.
            pub(crate) fn hold<'py>(&self, py: Python<'py>, layout: &Layout) -> PyResult<Guards<'py>> {
                Ok(Guards { $($name: hold(py, layout, stringify!($name), self.$name.as_ref())?,)* })
            }

            /// The arrays by name, for pickling.
            pub(crate) fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
                let dict = PyDict::new(py);
                dict.set_item("actions", &self.actions)?;
                $(if let Some(array) = &self.$name {
                    dict.set_item(stringify!($name), array)?;
                })*
                Ok(dict)
            }
        }

        /// The arrays of one group, held for one call.
        #[derive(Debug)]
        pub(crate) struct Guards<'py> { $($name: Option<PyReadwriteArrayDyn<'py, $item>>,)* }

        impl Guards<'_> {
            /// Where the core writes.
            pub(crate) fn out(&mut self) -> PyResult<Out<'_>> {
                Ok(Out { $($name: slice(stringify!($name), self.$name.as_mut())?,)* })
            }

            /// Copies the rows of arena `from` over those of arena `to`, in every array.
            pub(crate) fn copy_arena(&mut self, arenas: usize, from: usize, to: usize) -> PyResult<()> {
                $({
                    let all = slice(stringify!($name), self.$name.as_mut())?;
                    let n = all.len() / arenas;
                    all.copy_within(from * n..(from + 1) * n, to * n);
                })*
                Ok(())
            }
        }
    };
}

buffers! {
    obs: u8, own: i32, mask: i8, reward: f32, terminated: bool, truncated: bool, alive: bool, on: bool, valid: bool,
    illegal: u32, final_obs: u8, final_own: i32
}

/// The part of `buffers=` or `out=` that concerns each group: a dictionary of arrays by member, or of such by group.
pub(crate) fn by_group<'py>(
    what: &str,
    given: Option<&Bound<'py, PyAny>>,
    layouts: &[&Layout],
) -> PyResult<Vec<Option<Bound<'py, PyDict>>>> {
    let Some(given) = given else {
        return Ok(vec![None; layouts.len()]);
    };
    let names = || {
        layouts
            .iter()
            .map(|layout| layout.group.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let dict = dict_of(given)?.ok_or_else(|| {
        PyTypeError::new_err(format!(
            "{what} must be a dictionary of arrays by member, or by group, not {}",
            kind(given)
        ))
    })?;
    if dict.is_empty() {
        return Ok(vec![None; layouts.len()]);
    }
    let nested = dict
        .values()
        .iter()
        .any(|value| value.cast::<PyMapping>().is_ok());
    if !nested {
        if layouts.len() != 1 {
            return Err(wrong(format!(
                "{what}: this batch has {} groups ({}); give arrays by group",
                layouts.len(),
                names()
            )));
        }
        return Ok(vec![Some(dict)]);
    }
    for key in dict.keys() {
        let known = key
            .extract::<String>()
            .is_ok_and(|key| layouts.iter().any(|layout| layout.group == key));
        if !known {
            return Err(wrong(format!(
                "{what}: there is no group {}; the groups are {}",
                key.repr()?,
                names()
            )));
        }
    }
    let part = |layout: &&Layout| {
        let Some(part) = dict.get_item(&layout.group)? else {
            return Ok(None);
        };
        dict_of(&part)?.map(Some).ok_or_else(|| {
            PyTypeError::new_err(format!(
                "{what}[{:?}] must be a dictionary of arrays by member",
                layout.group
            ))
        })
    };
    layouts.iter().map(part).collect()
}

/// The argument as a dictionary, if it is a mapping at all.
pub(crate) fn dict_of<'py>(given: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyDict>>> {
    if let Ok(dict) = given.cast::<PyDict>() {
        return Ok(Some(dict.clone()));
    }
    if given.cast::<PyMapping>().is_err() {
        return Ok(None);
    }
    let dict = given.py().get_type::<PyDict>().call1((given,))?;
    Ok(Some(dict.cast_into()?))
}

/// Checks an array that a caller gives: type, shape, order, alignment, and that it may be written.
pub(crate) fn accept<T: Element>(
    name: &str,
    given: &Bound<'_, PyAny>,
    shape: &[usize],
    written: bool,
) -> PyResult<Py<PyArrayDyn<T>>> {
    if let Ok(array) = given.cast::<PyArrayDyn<T>>()
        && fits(array, shape)
        && (!written || array.try_readwrite().is_ok())
    {
        return Ok(array.clone().unbind());
    }
    Err(refusal::<T>(name, given, shape)?)
}

/// Whether an array has the shape, in C order and aligned.
pub(crate) fn fits<T: Element>(array: &Bound<'_, PyArrayDyn<T>>, shape: &[usize]) -> bool {
    array.shape() == shape && array.is_c_contiguous() && array.is_aligned()
}

/// What is wrong with an array; made only when something is, as it costs more than a step of one arena.
fn refusal<T: Element>(name: &str, given: &Bound<'_, PyAny>, shape: &[usize]) -> PyResult<PyErr> {
    let py = given.py();
    let Ok(any) = given.cast::<PyUntypedArray>() else {
        let message = format!("{name} must be a NumPy array, not {}", kind(given));
        return Ok(PyTypeError::new_err(message));
    };
    let has = format!(
        "it has dtype {} and shape {}",
        any.dtype(),
        tuple(py, any.shape())?
    );
    let Ok(array) = given.cast::<PyArrayDyn<T>>() else {
        let wanted = numpy::dtype::<T>(py);
        return Ok(PyTypeError::new_err(format!(
            "{name} must have dtype {wanted}; {has}"
        )));
    };
    Ok(wrong(if array.shape() != shape {
        format!("{name} must have shape {}; {has}", tuple(py, shape)?)
    } else if !fits(array, shape) {
        format!("{name} must be C-contiguous and aligned, and is not; {has}")
    } else {
        format!("{name} must be writeable and not in use, and is not; {has}")
    }))
}

/// The name of an object's type.
pub(crate) fn kind(given: &Bound<'_, PyAny>) -> String {
    given
        .get_type()
        .name()
        .map(|name| name.to_string())
        .unwrap_or_default()
}

/// A shape as Python writes it.
pub(crate) fn tuple(py: Python<'_>, shape: &[usize]) -> PyResult<String> {
    Ok(PyTuple::new(py, shape)?.repr()?.to_string())
}

fn refuse_unknown(
    layout: &Layout,
    given: Option<&Bound<'_, PyDict>>,
    actions: bool,
) -> PyResult<()> {
    for key in given.iter().flat_map(|given| given.keys()) {
        let name = key.extract::<String>().unwrap_or_default();
        if (actions && name == "actions") || WRITTEN.contains(&name.as_str()) {
            continue;
        }
        let what = if actions { "buffers" } else { "out" };
        let known = WRITTEN.join(", ");
        let more = if actions { ", actions" } else { "" };
        return Err(wrong(format!(
            "{what}: {} is no array of {}; there are {known}{more}",
            key.repr()?,
            layout.group
        )));
    }
    Ok(())
}

/// What a caller says about one array.
enum Given<T: Element> {
    /// This one.
    Array(Py<PyArrayDyn<T>>),
    /// `None`: it is not wanted.
    LeftOut,
    /// Not a word.
    Nothing,
}

fn taken<T: Element>(
    layout: &Layout,
    member: &str,
    given: &Bound<'_, PyDict>,
) -> PyResult<Given<T>> {
    let Some(array) = given.get_item(member)? else {
        return Ok(Given::Nothing);
    };
    if array.is_none() && member != "actions" {
        return Ok(Given::LeftOut);
    }
    let shape = layout
        .shape(member)
        .ok_or_else(|| wrong(layout.why_not(member)))?;
    let name = format!("{}.{member}", layout.group);
    accept(&name, &array, &shape, member != "actions").map(Given::Array)
}

fn given_or_new<T: Element>(
    py: Python<'_>,
    layout: &Layout,
    member: &str,
    given: Option<&Bound<'_, PyDict>>,
) -> PyResult<Option<Py<PyArrayDyn<T>>>> {
    match given
        .map(|given| taken(layout, member, given))
        .transpose()?
    {
        Some(Given::Array(array)) => return Ok(Some(array)),
        Some(Given::LeftOut) => return Ok(None),
        Some(Given::Nothing) | None => {}
    }
    let Some(shape) = layout.shape(member) else {
        return Ok(None);
    };
    // By NumPy's own call, so that too little memory is Python's MemoryError.
    let zeros = py.import("numpy")?.getattr("zeros")?;
    let array = zeros.call1((PyTuple::new(py, shape)?, numpy::dtype::<T>(py)))?;
    Ok(Some(array.cast_into::<PyArrayDyn<T>>()?.unbind()))
}

fn hold<'py, T: Element>(
    py: Python<'py>,
    layout: &Layout,
    member: &str,
    array: Option<&Py<PyArrayDyn<T>>>,
) -> PyResult<Option<PyReadwriteArrayDyn<'py, T>>> {
    let Some(array) = array else {
        return Ok(None);
    };
    array.bind(py).try_readwrite().map(Some).map_err(|_| {
        wrong(format!(
            "{}.{member} cannot be written: it overlaps another array of this batch, is in use by another call, or was made \
             read-only",
            layout.group
        ))
    })
}

fn slice<'a, T: Element>(
    member: &str,
    array: Option<&'a mut PyReadwriteArrayDyn<'_, T>>,
) -> PyResult<&'a mut [T]> {
    match array {
        None => Ok(&mut []),
        Some(array) => array
            .as_slice_mut()
            .map_err(|_| wrong(format!("{member} is no longer C-contiguous"))),
    }
}
