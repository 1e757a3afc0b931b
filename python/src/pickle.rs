//! A batch as bytes: its arguments, a snapshot of each arena, and what stands in its arrays.
//!
//! **Invariant.** A batch made again goes on as the first one would have.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyDict};

use crate::batch::Batch;
use crate::buffers::WRITTEN;
use crate::engine::Claim;
use crate::errors::wrong;

/// What `pickle` keeps: how to make the batch again, and from what.
pub(crate) fn reduce<'py>(py: Python<'py>, batch: &Batch) -> PyResult<Bound<'py, PyAny>> {
    let arenas = batch.arenas();
    let snapshots: Vec<Vec<u8>> = Claim::new(&batch.shared)?.run(py, "pickle", |core, _| {
        (0..arenas).map(|arena| core.snapshot(arena)).collect()
    })?;
    let snapshots: Vec<Bound<'_, PyBytes>> =
        snapshots.iter().map(|one| PyBytes::new(py, one)).collect();
    let rows = PyDict::new(py);
    for group in &batch.groups {
        rows.set_item(&group.get().info.name, group.get().buffers.to_dict(py)?)?;
    }
    let remake = py.import("commonweal._core")?.getattr("_batch")?;
    let arguments = (batch.settings.to_dict(py)?, snapshots, rows);
    Ok((remake, arguments).into_pyobject(py)?.into_any())
}

/// Makes a pickled batch again: a new one, restored arena by arena, its arrays filled as they were.
#[pyfunction]
pub(crate) fn _batch<'py>(
    py: Python<'py>,
    arguments: &Bound<'py, PyDict>,
    snapshots: Vec<PyBackedBytes>,
    rows: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, Batch>> {
    arguments.set_item("buffers", left_out(py, rows)?)?;
    let batch = py
        .get_type::<Batch>()
        .call((), Some(arguments))?
        .cast_into::<Batch>()?;
    let inner = batch.get();
    if snapshots.len() != inner.arenas() {
        return Err(wrong(format!(
            "{} snapshots for {} arenas",
            snapshots.len(),
            inner.arenas()
        )));
    }
    inner.write(py, "unpickle", None, |core, outs, _| {
        snapshots
            .iter()
            .enumerate()
            .try_for_each(|(arena, snapshot)| core.restore(arena, snapshot))?;
        core.observe(outs)
    })?;
    let copy = py.import("numpy")?.getattr("copyto")?;
    for group in &inner.groups {
        let Some(saved) = rows.get_item(&group.get().info.name)? else {
            continue;
        };
        let arrays = group.get().buffers.to_dict(py)?;
        for (member, array) in arrays {
            if let Some(saved) = saved.cast::<PyDict>()?.get_item(member)? {
                copy.call1((array, saved))?;
            }
        }
    }
    Ok(batch)
}

/// The arrays that the first batch did not have, as `buffers=` says it.
fn left_out<'py>(py: Python<'py>, rows: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyDict>> {
    let buffers = PyDict::new(py);
    for (group, saved) in rows {
        let missing = PyDict::new(py);
        for member in WRITTEN {
            if !saved.contains(member)? {
                missing.set_item(member, py.None())?;
            }
        }
        buffers.set_item(group, missing)?;
    }
    Ok(buffers)
}
