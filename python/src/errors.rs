//! One Python exception for each kind of Rust error; a panic of the core becomes an exception too.
//!
//! **Invariant.** No `PanicException` leaves this crate from a call into the core.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use commonweal_core::batch::BatchError;
use commonweal_core::diagnostic::{Diagnostic, Severity, position};
use pyo3::exceptions::{PyIndexError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyType};

/// The Python module in which exceptions and plain records are written.
pub(crate) const RECORDS: &str = "commonweal._records";

static SCENARIO_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static SNAPSHOT_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static INTERNAL_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static DIAGNOSTIC: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// A wrong argument.
pub(crate) fn wrong(message: impl Into<String>) -> PyErr {
    PyValueError::new_err(message.into())
}

/// The exception for an error of the core's batch.
pub(crate) fn batch_error(py: Python<'_>, error: BatchError) -> PyErr {
    match error {
        BatchError::Wrong(message) => wrong(message),
        BatchError::Snapshot(message) => instance(py, &SNAPSHOT_ERROR, "SnapshotError", (message,)),
    }
}

/// The exception for a scenario that was refused.
pub(crate) fn scenario_error(
    py: Python<'_>,
    file: &str,
    source: &str,
    found: &[Diagnostic],
) -> PyErr {
    match diagnostics(py, file, source, found) {
        Ok(list) => instance(py, &SCENARIO_ERROR, "ScenarioError", (file, list)),
        Err(error) => error,
    }
}

/// `commonweal.Diagnostic` of each finding, lines and columns from 1.
pub(crate) fn diagnostics<'py>(
    py: Python<'py>,
    file: &str,
    source: &str,
    found: &[Diagnostic],
) -> PyResult<Bound<'py, PyList>> {
    let class = DIAGNOSTIC.import(py, RECORDS, "Diagnostic")?;
    let list = PyList::empty(py);
    for one in found {
        let (line, column) = position(source, one.span.start);
        let severity = match one.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let fields = (
            one.code.as_str(),
            severity,
            file,
            line,
            column,
            one.message.as_str(),
            one.help.as_str(),
        );
        list.append(class.call1(fields)?)?;
    }
    Ok(list)
}

/// What the engine was doing when it failed, so that the failure can be repeated.
#[derive(Clone, Debug)]
pub(crate) struct Doing {
    /// The call.
    pub(crate) call: &'static str,
    /// Scenario and arm of the first arena.
    pub(crate) scenario: String,
    /// Batch seed.
    pub(crate) seed: u64,
    /// Tick of the first arena.
    pub(crate) tick: u32,
}

/// Runs `work`, which calls the core, and catches a panic as its text.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| panic_text(payload.as_ref()))
}

/// `commonweal.InternalError`: a bug of the engine, with what is needed to repeat it.
pub(crate) fn internal(py: Python<'_>, doing: &Doing, what: &str) -> PyErr {
    let message = format!(
        "the engine failed in {}: {what} ({}, batch seed {}, tick {}); this is a bug of Commonweal, please report it; \
         the batch cannot be used any more",
        doing.call, doing.scenario, doing.seed, doing.tick
    );
    instance(
        py,
        &INTERNAL_ERROR,
        "InternalError",
        (message, doing.seed, doing.tick),
    )
}

fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

/// The batch is in use by another thread.
pub(crate) fn busy() -> PyErr {
    PyRuntimeError::new_err(
        "this batch is being stepped by another thread; a batch does one call at a time",
    )
}

/// An arena's number, checked.
pub(crate) fn arena_index(what: &str, given: &Bound<'_, PyAny>, arenas: usize) -> PyResult<usize> {
    let number = whole(what, given, u64::MAX).map_err(|e| {
        if e.is_instance_of::<PyValueError>(given.py()) {
            no_arena(what, given, arenas)
        } else {
            e
        }
    })?;
    usize::try_from(number)
        .ok()
        .filter(|&n| n < arenas)
        .ok_or_else(|| no_arena(what, given, arenas))
}

fn no_arena(what: &str, given: &Bound<'_, PyAny>, arenas: usize) -> PyErr {
    PyIndexError::new_err(format!(
        "{what}: there is no arena {given}; this batch has arenas 0 to {}",
        arenas - 1
    ))
}

/// A whole number from 0 to `most`: `TypeError` for what is no whole number, `ValueError` for one out of range.
pub(crate) fn whole(what: &str, given: &Bound<'_, PyAny>, most: u64) -> PyResult<u64> {
    static INDEX: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let index = INDEX.import(given.py(), "operator", "index")?;
    let number = index.call1((given,)).map_err(|_| {
        let kind = given
            .get_type()
            .name()
            .map(|name| name.to_string())
            .unwrap_or_default();
        pyo3::exceptions::PyTypeError::new_err(format!("{what} must be a whole number, not {kind}"))
    })?;
    number
        .extract::<u64>()
        .ok()
        .filter(|&n| n <= most)
        .ok_or_else(|| {
            wrong(format!(
                "{what} must be a whole number from 0 to {most}, not {number}"
            ))
        })
}

fn instance<'py>(
    py: Python<'py>,
    cell: &PyOnceLock<Py<PyType>>,
    name: &str,
    arguments: impl pyo3::call::PyCallArgs<'py>,
) -> PyErr {
    let made = cell
        .import(py, RECORDS, name)
        .and_then(|class| class.call1(arguments));
    match made {
        Ok(instance) => PyErr::from_value(instance),
        Err(error) => error,
    }
}

/// A record of `commonweal._records`, made from keyword arguments.
pub(crate) fn record<'py>(
    py: Python<'py>,
    cell: &PyOnceLock<Py<PyType>>,
    name: &str,
    fields: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyAny>> {
    cell.import(py, RECORDS, name)?.call((), Some(fields))
}
