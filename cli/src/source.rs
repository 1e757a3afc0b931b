//! Which scenario is meant: a name of a shipped one, or a path of a file or a folder.

use std::path::{Path, PathBuf};

use commonweal_core::diagnostic::{Diagnostic, Severity};
use commonweal_core::scenario::{self, Scenario};

use crate::stop::Stop;

/// A scenario's text and where it came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Source {
    /// The scenario's name.
    pub(crate) id: String,
    /// What stands before a line number: the path, or `<name>.toml` of a shipped one.
    pub(crate) label: String,
    /// The text.
    pub(crate) text: String,
    /// The file, unless it is a shipped one.
    pub(crate) path: Option<PathBuf>,
}

/// Largest file that is read.
const BYTES_MAX: u64 = 1 << 20;

/// Whether the argument is a name, not a path.
fn is_name(argument: &str) -> bool {
    let path_mark = |c: char| c == '/' || c == std::path::MAIN_SEPARATOR;
    !argument.contains(path_mark) && !argument.ends_with(".toml") && !matches!(argument, "." | "..")
}

/// The text that `argument` means.
pub(crate) fn open(argument: &str) -> Result<Source, Stop> {
    if is_name(argument) {
        return match commonweal_scenarios::named(argument) {
            Some(shipped) => Ok(Source {
                id: shipped.id.to_owned(),
                label: format!("{}.toml", shipped.id),
                text: shipped.text.to_owned(),
                path: None,
            }),
            None => Err(Stop::wrong(unknown_name(argument))),
        };
    }
    let given = Path::new(argument);
    let path = if given.is_dir() {
        file_of_folder(given)?
    } else {
        given.to_owned()
    };
    let id = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    let text = read(&path)?;
    Ok(Source {
        id,
        label: path.display().to_string(),
        text,
        path: Some(path),
    })
}

/// Reads a scenario file.
pub(crate) fn read(path: &Path) -> Result<String, Stop> {
    let size = std::fs::metadata(path)
        .map_err(|e| Stop::wrong(format!("{} cannot be read: {e}", path.display())))?
        .len();
    if size > BYTES_MAX {
        return Err(Stop::wrong(format!(
            "{} has {size} bytes; a scenario file may have {BYTES_MAX}",
            path.display()
        )));
    }
    let bytes = std::fs::read(path)
        .map_err(|e| Stop::wrong(format!("{} cannot be read: {e}", path.display())))?;
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Stop::wrong(format!(
            "{} is not UTF-8 from byte {at} on: save it as UTF-8",
            path.display()
        ))
    })
}

/// Writes a scenario file.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Stop> {
    std::fs::write(path, text)
        .map_err(|e| Stop::wrong(format!("{} cannot be written: {e}", path.display())))
}

fn file_of_folder(folder: &Path) -> Result<PathBuf, Stop> {
    let absolute = folder
        .canonicalize()
        .map_err(|e| Stop::wrong(format!("{} cannot be read: {e}", folder.display())))?;
    let id = absolute
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let file = folder.join(format!("{id}.toml"));
    if file.is_file() {
        Ok(file)
    } else {
        Err(Stop::wrong(format!(
            "{} is a folder without {id}.toml: a scenario's file has its folder's name",
            folder.display()
        )))
    }
}

fn unknown_name(name: &str) -> String {
    let names: Vec<&str> = commonweal_scenarios::ALL.iter().map(|s| s.id).collect();
    let hint = nearest(name, &names).map_or_else(
        || format!("there are {}", names.join(", ")),
        |n| format!("did you mean `{n}`?"),
    );
    format!(
        "no shipped scenario is called `{name}`: {hint} (a path contains `/` or ends in `.toml`)"
    )
}

/// The name that `given` most likely means, if one is near.
pub(crate) fn nearest<'a>(given: &str, names: &[&'a str]) -> Option<&'a str> {
    let limit = 2.max(given.chars().count() / 3);
    names
        .iter()
        .map(|name| {
            let distance = if name.starts_with(given) {
                1
            } else {
                strsim::damerau_levenshtein(given, name)
            };
            (distance, *name)
        })
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// A scenario that passed its checks, or what is wrong with it.
pub(crate) fn load(source: &Source) -> Result<(Scenario, Vec<Diagnostic>), Vec<Diagnostic>> {
    let (scenario, diagnostics) = scenario::check(&source.id, &source.text);
    match scenario {
        Some(scenario) if diagnostics.iter().all(|d| d.severity != Severity::Error) => {
            Ok((scenario, diagnostics))
        }
        _ => Err(diagnostics),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_slash_and_no_ending() {
        for (argument, name) in [
            ("switch", true),
            ("a/b", false),
            ("b.toml", false),
            ("./b", false),
            (".", false),
            ("..", false),
            ("b.tom", true),
        ] {
            assert_eq!(is_name(argument), name, "{argument}");
        }
    }

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let names = ["commons_harvest", "switch_and_successor"];
        assert_eq!(nearest("comons_harvest", &names), Some("commons_harvest"));
        assert_eq!(nearest("switch", &names), Some("switch_and_successor"));
        assert_eq!(nearest("orchard", &names), None);
    }
}
