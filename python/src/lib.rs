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
mod forks;
mod group;
mod pickle;
mod plain;
mod scenario;
mod work;

/// The engine behind `commonweal`; use that.
#[pyo3::pymodule(gil_used = false)]
mod _core {
    use std::ffi::OsString;

    use pyo3::prelude::*;

    use crate::errors::{Doing, caught, internal};

    #[pymodule_export]
    use crate::batch::Batch;
    #[pymodule_export]
    use crate::forks::Forks;
    #[pymodule_export]
    use crate::group::Group;
    #[pymodule_export]
    use crate::pickle::_batch;
    #[pymodule_export]
    use crate::plain::{_statistic, _statistics};
    #[pymodule_export]
    use crate::scenario::{_scenario, Scenario, check_source, scenarios};

    /// Run the command line with its arguments, the program's name first, and return the exit code.
    ///
    /// Parameters
    /// ----------
    /// args : list of str
    ///     The program's name and its arguments.
    ///
    /// Returns
    /// -------
    /// int
    ///     0 done, 1 a check failed or something was detected, 2 wrong use or bad input, 3 inconclusive.
    #[pyfunction]
    fn main(py: Python<'_>, args: Vec<OsString>) -> PyResult<u8> {
        let code = py.detach(|| caught(|| commonweal_cli::run(args)));
        code.map_err(|panic| {
            let call = Doing {
                call: "the command line",
                scenario: "no batch".to_owned(),
                seed: 0,
                tick: 0,
            };
            internal(py, &call, &panic)
        })
    }

    /// Told by the child of a fork: the threads of its parent are not there.
    #[pyfunction]
    fn _forked() {
        crate::engine::forked();
    }

    /// Names of the shipped scenarios, sorted; none is read.
    #[pyfunction]
    fn _names() -> Vec<&'static str> {
        commonweal_scenarios::ALL.iter().map(|s| s.id).collect()
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("RULES_VERSION", commonweal_core::RULES_VERSION)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
