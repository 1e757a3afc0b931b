//! Scenarios by name, path or text, and what one says about itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use commonweal_core::bots::BotKind;
use commonweal_core::diagnostic::Diagnostic;
use commonweal_core::scenario::{ArmKind, Compiled, Scenario as Checked, check};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};

use crate::errors::{caught, diagnostics, record, scenario_error, wrong};

/// Name under which a text given as such stands in messages.
const INLINE: &str = "scenario";

/// A scenario text with the name that it goes by.
struct Text {
    id: String,
    /// What messages call it.
    file: String,
    source: String,
}

/// A scenario that passed all checks.
///
/// Parameters
/// ----------
/// source : str or os.PathLike
///     A shipped scenario's name, a path (of a file, or of a folder ``ID`` that holds ``ID.toml``), or the text itself.
///
/// Raises
/// ------
/// ScenarioError
///     When it is refused; ``diagnostics`` holds all that was found.
/// ValueError
///     When no shipped scenario has that name.
///
/// Examples
/// --------
/// >>> import commonweal as cw
/// >>> cw.Scenario("commons_harvest").id
/// 'commons_harvest'
#[pyclass(frozen, module = "commonweal")]
pub(crate) struct Scenario {
    pub(crate) checked: Arc<Checked>,
    file: String,
    warnings: Vec<Diagnostic>,
}

impl Scenario {
    /// The scenario that a caller means: one of these, or what [`Scenario::new`] takes.
    pub(crate) fn of(given: &Bound<'_, PyAny>) -> PyResult<Py<Self>> {
        match given.cast::<Self>() {
            Ok(scenario) => Ok(scenario.clone().unbind()),
            Err(_) => Py::new(given.py(), Self::new(given)?),
        }
    }

    fn load(py: Python<'_>, text: Text) -> PyResult<Self> {
        let (checked, found) = checked(py, &text)?;
        match checked {
            Some(checked) => Ok(Self {
                checked: Arc::new(checked),
                file: text.file,
                warnings: found,
            }),
            None => Err(scenario_error(py, &text.file, &text.source, &found)),
        }
    }

    /// Compiles an arm or cell.
    pub(crate) fn compile(&self, arm: &str) -> PyResult<Arc<Compiled>> {
        let compiled = caught(|| self.checked.compile(arm));
        compiled
            .map_err(wrong)?
            .map_err(|error| wrong(error.to_string()))
    }

    /// Names of all arms and cells, in file order.
    pub(crate) fn all_cells(&self) -> Vec<String> {
        let arms = &self.checked.arms;
        arms.iter()
            .flat_map(|arm| (0..arm.cells.len().max(1)).map(|cell| arm.cell_name(cell)))
            .collect()
    }
}

#[pymethods]
impl Scenario {
    #[new]
    fn new(source: &Bound<'_, PyAny>) -> PyResult<Self> {
        Self::load(source.py(), text_of(source)?)
    }

    /// Name: that of the shipped scenario, the file, or ``scenario`` for a text.
    #[getter]
    fn id(&self) -> &str {
        &self.checked.id
    }

    /// The scenario file's text.
    #[getter]
    fn source(&self) -> &str {
        &self.checked.source
    }

    /// What it asks, in its author's words.
    #[getter]
    fn question<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let question = &self.checked.question;
        let fields = PyDict::new(py);
        for (name, text) in [
            ("title", &question.title),
            ("asks", &question.asks),
            ("hypothesis", &question.hypothesis),
            ("threat", &question.threat),
            ("rules_in", &question.rules_in),
            ("rules_out", &question.rules_out),
            ("demand", &question.demand),
        ] {
            fields.set_item(name, text)?;
        }
        record(py, &CLASS, "Question", &fields)
    }

    /// The arms in file order.
    #[getter]
    fn arms<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let arms = self.checked.arms.iter().map(|arm| {
            let fields = PyDict::new(py);
            fields.set_item("name", &arm.name)?;
            let kind = match arm.kind {
                ArmKind::Treatment => "treatment",
                ArmKind::Control => "control",
                ArmKind::Lookalike => "lookalike",
            };
            fields.set_item("kind", kind)?;
            fields.set_item("says", &arm.says)?;
            let cells = (0..arm.cells.len().max(1)).map(|cell| arm.cell_name(cell));
            fields.set_item("cells", PyTuple::new(py, cells.collect::<Vec<_>>())?)?;
            record(py, &CLASS, "Arm", &fields)
        });
        PyTuple::new(py, arms.collect::<PyResult<Vec<_>>>()?)
    }

    /// The scripted policies in file order.
    #[getter]
    fn bots<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let bots = self.checked.bots.iter().map(|bot| {
            let fields = PyDict::new(py);
            fields.set_item("name", &bot.name)?;
            let kind = match bot.kind {
                BotKind::Positive => "positive",
                BotKind::Negative => "negative",
                BotKind::Lookalike => "lookalike",
                BotKind::Resident => "resident",
                BotKind::Baseline => "baseline",
            };
            fields.set_item("kind", kind)?;
            fields.set_item("says", &bot.says)?;
            fields.set_item("role", bot.role.as_deref())?;
            fields.set_item("world", bot.world)?;
            record(py, &CLASS, "Bot", &fields)
        });
        PyTuple::new(py, bots.collect::<PyResult<Vec<_>>>()?)
    }

    /// Warnings that the checks left; empty for a shipped scenario.
    #[getter]
    fn diagnostics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        diagnostics(py, &self.file, &self.checked.source, &self.warnings)
    }

    /// SHA-256 of an arm's canonical form and the rules version, in hexadecimal.
    ///
    /// Parameters
    /// ----------
    /// arm : str
    ///     An arm's or cell's name; ``"treatment"`` is the first arm of that kind.
    ///
    /// Returns
    /// -------
    /// str
    ///     64 hexadecimal digits.
    #[pyo3(signature = (arm = "treatment"))]
    fn hash(&self, arm: &str) -> PyResult<String> {
        let digits = |byte: &u8| {
            [byte >> 4, byte & 15]
                .map(|digit| char::from_digit(digit.into(), 16).expect("below 16"))
        };
        Ok(self.compile(arm)?.hash.iter().flat_map(digits).collect())
    }

    fn __repr__(&self) -> String {
        format!(
            "<Scenario {}: {}>",
            self.checked.id, self.checked.question.title
        )
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let remake = py.import("commonweal._core")?.getattr("_scenario")?;
        let scenario = slf.get();
        let arguments = (
            &scenario.checked.id,
            &scenario.file,
            &scenario.checked.source,
        );
        Ok((remake, arguments).into_pyobject(py)?.into_any())
    }
}

/// The shipped scenarios, sorted by name.
///
/// Returns
/// -------
/// list[Scenario]
///     One for each; its ``id`` is the name that `Batch` takes.
///
/// Examples
/// --------
/// >>> import commonweal as cw
/// >>> [scenario.id for scenario in cw.scenarios()]  # doctest: +ELLIPSIS
/// [...'commons_harvest'...]
#[pyfunction]
pub(crate) fn scenarios(py: Python<'_>) -> PyResult<Vec<Scenario>> {
    commonweal_scenarios::ALL
        .iter()
        .map(|shipped| Scenario::load(py, shipped_text(shipped)))
        .collect()
}

/// Check a scenario and say everything that is wrong with it.
///
/// Parameters
/// ----------
/// source : str or os.PathLike
///     What `Scenario` takes: a name, a path or the text.
///
/// Returns
/// -------
/// list[Diagnostic]
///     Errors and warnings in the order of the text; empty when nothing was found.
#[pyfunction(name = "check")]
pub(crate) fn check_source<'py>(source: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    let py = source.py();
    if let Ok(scenario) = source.cast::<Scenario>() {
        return scenario.get().diagnostics(py);
    }
    let text = text_of(source)?;
    let (_, found) = checked(py, &text)?;
    diagnostics(py, &text.file, &text.source, &found)
}

/// Makes a pickled scenario again.
#[pyfunction]
pub(crate) fn _scenario(
    py: Python<'_>,
    id: String,
    file: String,
    text: String,
) -> PyResult<Scenario> {
    Scenario::load(
        py,
        Text {
            id,
            file,
            source: text,
        },
    )
}

fn checked(py: Python<'_>, text: &Text) -> PyResult<(Option<Checked>, Vec<Diagnostic>)> {
    let result = py.detach(|| caught(|| check(&text.id, &text.source)));
    result.map_err(|panic| {
        let doing = crate::errors::Doing {
            call: "check",
            scenario: text.file.clone(),
            seed: 0,
            tick: 0,
        };
        crate::errors::internal(py, &doing, &panic)
    })
}

fn shipped_text(shipped: &commonweal_scenarios::Shipped) -> Text {
    let id = shipped.id.to_owned();
    Text {
        file: format!("{id}.toml"),
        id,
        source: shipped.text.to_owned(),
    }
}

/// A name without `/` and `.toml` is a shipped scenario's, what has several lines is a text, anything else is a path.
fn text_of(source: &Bound<'_, PyAny>) -> PyResult<Text> {
    let Ok(given) = source.cast::<PyString>() else {
        let path = source.extract::<PathBuf>().map_err(|_| {
            let kind = source
                .get_type()
                .name()
                .map(|name| name.to_string())
                .unwrap_or_default();
            PyTypeError::new_err(format!(
                "a scenario is given by name, path or text, not as {kind}"
            ))
        })?;
        return read(&path);
    };
    let given = given.to_str()?;
    if given.contains('\n') {
        return Ok(Text {
            id: INLINE.to_owned(),
            file: INLINE.to_owned(),
            source: given.to_owned(),
        });
    }
    if given.contains(['/', '\\']) || given.contains(".toml") {
        return read(Path::new(given));
    }
    commonweal_scenarios::named(given).map(shipped_text).ok_or_else(|| {
        let names: Vec<&str> = commonweal_scenarios::ALL.iter().map(|shipped| shipped.id).collect();
        wrong(format!(
            "no shipped scenario is called {given:?}; there are {}; a path has a `/` or ends in `.toml`",
            names.join(", ")
        ))
    })
}

fn read(path: &Path) -> PyResult<Text> {
    let stem = |path: &Path| {
        path.file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
    };
    let id = stem(path).unwrap_or_else(|| INLINE.to_owned());
    let path = if path.is_dir() {
        path.join(format!("{id}.toml"))
    } else {
        path.to_owned()
    };
    let text = std::fs::read_to_string(&path).map_err(|error| with_path(error, &path))?;
    Ok(Text {
        id,
        file: path.display().to_string(),
        source: text,
    })
}

/// The same kind of error (Python makes `FileNotFoundError` and its like of it), with the path in its sentence.
fn with_path(error: std::io::Error, path: &Path) -> PyErr {
    if error.kind() == std::io::ErrorKind::InvalidData {
        return wrong(format!("{} is not UTF-8 text", path.display()));
    }
    std::io::Error::new(
        error.kind(),
        format!("{} cannot be read: {error}", path.display()),
    )
    .into()
}
