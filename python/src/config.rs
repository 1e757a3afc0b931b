//! The arguments of `Batch`: read once, checked, and given back for pickling.
//!
//! **Invariant.** What is wrong is said with the argument's name, what it was and what it may be.

use std::sync::Arc;

use commonweal_core::batch::{Autoreset, Config, Control};
use commonweal_core::ids::Domain;
use commonweal_core::observe::Encoding;
use commonweal_core::scenario::Compiled;
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::buffers::{dict_of, kind};
use crate::errors::{whole, wrong};
use crate::scenario::Scenario;

/// Arenas of a batch, where the caller says nothing.
const ARENAS: usize = 1024;
/// Arenas of a batch at most: with more, memory ends first.
const ARENAS_MAX: u64 = 1 << 20;
/// Threads of a batch at most.
const THREADS_MAX: u64 = 1024;
/// Arenas of a shard: enough that a shard pays for its systems, few enough that it stays in the cache.
const SHARD_ARENAS: std::ops::RangeInclusive<usize> = 32..=256;

const ENCODINGS: [(&str, Encoding); 5] = [
    ("symbolic", Encoding::Symbolic),
    ("codes", Encoding::Codes),
    ("rgb", Encoding::Rgb),
    ("text", Encoding::Text),
    ("none", Encoding::None),
];

const AUTORESETS: [(&str, Autoreset); 3] = [
    ("same_step", Autoreset::SameStep),
    ("next_step", Autoreset::NextStep),
    ("disabled", Autoreset::Disabled),
];

/// What a batch was asked for.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The scenario.
    pub(crate) scenario: Py<Scenario>,
    /// Names of the arms and cells that are played, in turn.
    pub(crate) arms: Vec<String>,
    /// The same, compiled.
    pub(crate) compiled: Vec<Arc<Compiled>>,
    /// The core's part.
    pub(crate) config: Config,
    /// Threads at most; `None` for as many as there are cores.
    pub(crate) threads: Option<usize>,
    /// Whether masks are written.
    pub(crate) masks: bool,
}

impl Settings {
    /// Threads that can be of use.
    pub(crate) fn threads_used(&self) -> usize {
        let asked = self.threads.unwrap_or_else(cores);
        asked
            .min(self.config.arenas.div_ceil(self.config.shard_arenas))
            .max(1)
    }

    /// Keyword arguments that make the same batch.
    pub(crate) fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let config = &self.config;
        let dict = PyDict::new(py);
        dict.set_item("scenario", &self.scenario)?;
        dict.set_item("arenas", config.arenas)?;
        dict.set_item("arms", &self.arms)?;
        dict.set_item("control", control_to_python(py, &config.control)?)?;
        dict.set_item("domain", config.domain.name())?;
        dict.set_item("seed", config.seed)?;
        dict.set_item("first", config.first)?;
        dict.set_item("threads", self.threads)?;
        dict.set_item("observe", name_in(&ENCODINGS, config.encoding))?;
        dict.set_item("masks", self.masks)?;
        dict.set_item("autoreset", name_in(&AUTORESETS, config.autoreset))?;
        let policies = PyDict::new(py);
        for (role, bot) in &config.policies {
            policies.set_item(role, bot)?;
        }
        dict.set_item("policies", policies)?;
        dict.set_item("events", config.events)?;
        Ok(dict)
    }
}

/// An argument that may be left out, which is not the same as `None`.
pub(crate) struct Given<'py>(pub(crate) Option<Bound<'py, PyAny>>);

impl<'a, 'py> FromPyObject<'a, 'py> for Given<'py> {
    type Error = std::convert::Infallible;

    fn extract(given: Borrowed<'a, 'py, PyAny>) -> Result<Self, Self::Error> {
        Ok(Self(Some(given.to_owned())))
    }
}

impl<'py> Given<'py> {
    /// What was given, or the default.
    pub(crate) fn or(
        self,
        py: Python<'py>,
        default: impl IntoPyObjectExt<'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.0.map_or_else(|| default.into_bound_py_any(py), Ok)
    }
}

/// The arguments as Python gave them.
pub(crate) struct Arguments<'a, 'py> {
    pub(crate) scenario: &'a Bound<'py, PyAny>,
    pub(crate) arenas: Option<&'a Bound<'py, PyAny>>,
    pub(crate) arm: &'a str,
    pub(crate) arms: Option<&'a Bound<'py, PyAny>>,
    pub(crate) control: &'a Bound<'py, PyAny>,
    pub(crate) domain: &'a str,
    pub(crate) seed: Option<&'a Bound<'py, PyAny>>,
    pub(crate) first: &'a Bound<'py, PyAny>,
    pub(crate) threads: Option<&'a Bound<'py, PyAny>>,
    pub(crate) observe: &'a str,
    pub(crate) masks: bool,
    pub(crate) autoreset: &'a str,
    pub(crate) policies: Option<&'a Bound<'py, PyAny>>,
    pub(crate) events: bool,
}

impl Arguments<'_, '_> {
    /// Reads and checks them.
    pub(crate) fn read(&self) -> PyResult<Settings> {
        let py = self.scenario.py();
        let scenario = Scenario::of(self.scenario)?;
        let arms = match self.arms {
            Some(arms) => read_arms(arms, scenario.get())?,
            None => vec![self.arm.to_owned()],
        };
        let compiled: Vec<Arc<Compiled>> = arms
            .iter()
            .map(|arm| scenario.get().compile(arm))
            .collect::<PyResult<_>>()?;
        let arms: Vec<String> = compiled.iter().map(|arm| arm.arm.clone()).collect();
        let arenas = match self.arenas {
            Some(given) => index(positive("arenas", given, ARENAS_MAX)?),
            None => ARENAS - ARENAS % arms.len().min(ARENAS),
        };
        let threads = self
            .threads
            .map(|given| positive("threads", given, THREADS_MAX).map(index))
            .transpose()?;
        let per_thread = arenas.div_ceil(threads.unwrap_or_else(cores));
        let config = Config {
            arenas,
            control: read_control(self.control)?,
            policies: self
                .policies
                .map(read_policies)
                .transpose()?
                .unwrap_or_default(),
            domain: one_of("domain", self.domain, &Domain::ALL)?,
            seed: match self.seed {
                Some(seed) => whole("seed", seed, u64::MAX)?,
                // Reported by `batch.seed`, so that the run can be repeated.
                None => py
                    .import("secrets")?
                    .call_method1("randbits", (63,))?
                    .extract()?,
            },
            first: whole("first", self.first, u64::MAX)?,
            encoding: one_of("observe", self.observe, &ENCODINGS)?,
            events: self.events,
            autoreset: one_of("autoreset", self.autoreset, &AUTORESETS)?,
            shard_arenas: per_thread.clamp(*SHARD_ARENAS.start(), *SHARD_ARENAS.end()),
            absent: Vec::new(),
        };
        Ok(Settings {
            scenario,
            arms,
            compiled,
            config,
            threads,
            masks: self.masks,
        })
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn index(number: u64) -> usize {
    usize::try_from(number).expect("bounded far below what an index holds")
}

fn positive(what: &str, given: &Bound<'_, PyAny>, most: u64) -> PyResult<u64> {
    match whole(what, given, most)? {
        0 => Err(wrong(format!(
            "{what} must be a whole number from 1 to {most}, not 0"
        ))),
        number => Ok(number),
    }
}

fn one_of<T: Copy>(what: &str, given: &str, known: &[(&'static str, T)]) -> PyResult<T> {
    let found = known
        .iter()
        .find(|(name, _)| *name == given)
        .map(|(_, value)| *value);
    found.ok_or_else(|| {
        let names: Vec<String> = known.iter().map(|(name, _)| format!("{name:?}")).collect();
        wrong(format!(
            "{what} must be one of {}, not {given:?}",
            names.join(", ")
        ))
    })
}

fn name_in<T: PartialEq>(known: &[(&'static str, T)], value: T) -> &'static str {
    known
        .iter()
        .find(|(_, one)| *one == value)
        .map_or("", |(name, _)| name)
}

fn read_arms(arms: &Bound<'_, PyAny>, scenario: &Scenario) -> PyResult<Vec<String>> {
    if let Ok(text) = arms.cast::<PyString>() {
        return match text.to_str()? {
            "*" => Ok(scenario.all_cells()),
            one => Err(wrong(format!(
                "arms must be a list of arms or \"*\", not {one:?}; for one arm there is arm="
            ))),
        };
    }
    let wrong_type = || {
        PyTypeError::new_err(format!(
            "arms must be a list of names or \"*\", not {}",
            kind(arms)
        ))
    };
    let names: Vec<String> = arms.extract().map_err(|_| wrong_type())?;
    if names.is_empty() {
        return Err(wrong(
            "arms is empty: name at least one arm, or \"*\" for all",
        ));
    }
    Ok(names)
}

fn read_control(control: &Bound<'_, PyAny>) -> PyResult<Control> {
    if let Ok(text) = control.cast::<PyString>() {
        return match text.to_str()? {
            "focal" => Ok(Control::Focal),
            "all" => Ok(Control::All),
            "none" => Ok(Control::None),
            role => Err(wrong(format!(
                "control must be \"focal\", \"all\", \"none\", a list of roles or {{role: [indices]}}, not {role:?}; for one \
                 role write [{role:?}]"
            ))),
        };
    }
    let wrong_type = || {
        PyTypeError::new_err(format!(
            "control must be \"focal\", \"all\", \"none\", a list of role names or {{role: [indices]}}, not {}",
            kind(control)
        ))
    };
    let mut roles = Vec::new();
    if let Some(dict) = dict_of(control)? {
        for (role, indices) in dict {
            let role: String = role.extract().map_err(|_| wrong_type())?;
            let indices: Vec<Bound<'_, PyAny>> = indices
                .try_iter()
                .map_err(|_| wrong_type())?
                .collect::<PyResult<_>>()?;
            let what = format!("control[{role:?}]");
            let read = |given| {
                whole(&what, given, u64::from(u8::MAX))
                    .map(|n| u8::try_from(n).expect("just bounded"))
            };
            roles.push((
                role,
                Some(indices.iter().map(read).collect::<PyResult<_>>()?),
            ));
        }
    } else {
        let names: Vec<String> = control.extract().map_err(|_| wrong_type())?;
        roles.extend(names.into_iter().map(|name| (name, None)));
    }
    Ok(if roles.is_empty() {
        Control::None
    } else {
        Control::Roles(roles)
    })
}

fn control_to_python<'py>(py: Python<'py>, control: &Control) -> PyResult<Bound<'py, PyAny>> {
    let name = |name: &str| Ok(PyString::new(py, name).into_any());
    match control {
        Control::Focal => name("focal"),
        Control::All => name("all"),
        Control::None => name("none"),
        Control::Roles(roles) if roles.iter().all(|(_, indices)| indices.is_none()) => {
            let names: Vec<&str> = roles.iter().map(|(role, _)| role.as_str()).collect();
            Ok(names.into_pyobject(py)?.into_any())
        }
        Control::Roles(roles) => {
            let dict = PyDict::new(py);
            for (role, indices) in roles {
                let indices: Vec<u32> = indices.iter().flatten().map(|&i| u32::from(i)).collect();
                dict.set_item(role, indices)?;
            }
            Ok(dict.into_any())
        }
    }
}

fn read_policies(policies: &Bound<'_, PyAny>) -> PyResult<Vec<(String, String)>> {
    let wrong_type = || {
        PyTypeError::new_err(format!(
            "policies must be {{role: bot}}, both names, not {}",
            kind(policies)
        ))
    };
    let dict = dict_of(policies)?.ok_or_else(wrong_type)?;
    let pair =
        |(role, bot): (Bound<'_, PyAny>, Bound<'_, PyAny>)| Ok((role.extract()?, bot.extract()?));
    dict.iter()
        .map(|entry| pair(entry).map_err(|_: PyErr| wrong_type()))
        .collect()
}
