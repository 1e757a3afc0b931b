//! `commonweal._core`: what the Python package takes from the engine.
//!
//! **Invariant.** All semantics are in the core; here are buffers, names and exceptions.
#![deny(unsafe_code)]
#![expect(
    clippy::doc_markdown,
    reason = "documentation of Python's, written as Python writes it"
)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "PyO3 hands arguments over by value"
)]

mod batch;
mod buffers;
mod config;
mod engine;
mod errors;
mod group;
mod pickle;
mod scenario;
mod work;

/// The engine behind `commonweal`; use that.
#[pyo3::pymodule(gil_used = false)]
mod _core {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::batch::Batch;
    #[pymodule_export]
    use crate::group::Group;
    #[pymodule_export]
    use crate::pickle::_batch;
    #[pymodule_export]
    use crate::scenario::{_scenario, Scenario, check_source, scenarios};

    /// Told by the child of a fork: the threads of its parent are not there.
    #[pyfunction]
    fn _forked() {
        crate::engine::forked();
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("RULES_VERSION", commonweal_core::RULES_VERSION)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
