//! `cw.stats` and `cw.measures`: the core's functions of plain arrays, called by name.
//!
//! **Invariant.** Values cross, nothing is computed; a number that is not finite crosses as `None` and is refused by the core with the
//! name of its argument.

use commonweal_core::measures::plain::{self, CallError};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use serde_json::{Map, Value};

use crate::errors::wrong;

/// Call a function of plain arrays.
///
/// Parameters
/// ----------
/// name : str
///     Its name.
/// arguments : dict
///     Floats, and lists of floats or of such lists, by name.
///
/// Returns
/// -------
/// float, int, bool, str, list or dict
///
/// Raises
/// ------
/// TypeError
///     An argument is missing, not known or of the wrong kind.
/// ValueError
///     A value does not fit, or the result is undefined for it.
#[pyfunction]
pub(crate) fn _statistic(
    py: Python<'_>,
    name: &str,
    arguments: &Bound<'_, PyDict>,
) -> PyResult<Py<PyAny>> {
    let mut plain = Map::new();
    for (key, value) in arguments {
        plain.insert(key.extract()?, value_of(&value)?);
    }
    let answer = py.detach(|| plain::call(name, &plain));
    match answer {
        Ok(value) => to_python(py, &value),
        Err(CallError::Value(sentence)) => Err(wrong(sentence)),
        Err(error) => Err(PyTypeError::new_err(error.to_string())),
    }
}

/// Names of the functions of `stats`, then of `measures`.
#[pyfunction]
pub(crate) fn _statistics() -> (Vec<&'static str>, Vec<&'static str>) {
    plain::names()
}

fn value_of(given: &Bound<'_, PyAny>) -> PyResult<Value> {
    match given.cast::<PyList>() {
        Ok(list) => list.iter().map(|one| value_of(&one)).collect(),
        Err(_) => Ok(Value::from(given.extract::<f64>()?)),
    }
}

fn to_python(py: Python<'_>, value: &Value) -> PyResult<Py<PyAny>> {
    match value {
        Value::Null => Ok(py.None()),
        Value::Bool(flag) => flag.into_py_any(py),
        Value::Number(number) => match number.as_u64() {
            Some(whole) => whole.into_py_any(py),
            None => number.as_f64().into_py_any(py),
        },
        Value::String(text) => text.into_py_any(py),
        Value::Array(values) => {
            let list = PyList::empty(py);
            for one in values {
                list.append(to_python(py, one)?)?;
            }
            list.into_py_any(py)
        }
        Value::Object(fields) => {
            let dict = PyDict::new(py);
            for (name, one) in fields {
                dict.set_item(name, to_python(py, one)?)?;
            }
            dict.into_py_any(py)
        }
    }
}
