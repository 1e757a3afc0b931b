//! `new NAME`: a commented scenario to start from.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::args::NewArgs;
use crate::invoked;
use crate::stop::Stop;
use crate::terminal::{Style, Terminal};

/// The file, with `{title}` in the place of a title.
const FILE: &str = include_str!("new/scenario.toml");
/// Its page.
const PAGE: &str = include_str!("new/page.md");

/// Exit code 0; nothing that is there already is touched.
pub(crate) fn run(options: &NewArgs, terminal: &Terminal) -> Result<u8, Stop> {
    let given = options.name.strip_suffix(".toml").unwrap_or(&options.name);
    let folder = PathBuf::from(given);
    let name = folder
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    if !is_name(&name) {
        return Err(Stop::wrong(format!(
            "`{name}` is no name of a scenario: write small letters, digits and `_`, a letter first, at most 32"
        )));
    }
    let cannot = |what: &Path, e: std::io::Error| {
        Stop::wrong(match e.kind() {
            std::io::ErrorKind::AlreadyExists => format!(
                "{} is there already: choose another name, nothing was changed",
                what.display()
            ),
            _ => format!("{} cannot be written: {e}", what.display()),
        })
    };
    if let Some(parent) = folder.parent() {
        std::fs::create_dir_all(parent).map_err(|e| cannot(parent, e))?;
    }
    std::fs::create_dir(&folder).map_err(|e| cannot(&folder, e))?;
    for (file, text) in files(&name) {
        let path = folder.join(file);
        std::fs::File::create_new(&path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|e| cannot(&path, e))?;
    }
    let shown = folder.join(format!("{name}.toml")).display().to_string();
    let mut text = format!("{} {shown}\n", terminal.paint(Style::Good, "wrote"));
    for (verb, says) in [
        (
            "check",
            "all errors at once; with --run every control agent plays",
        ),
        ("watch", "see it; it is read again whenever you save it"),
        ("run", "the experiment"),
    ] {
        text += &format!(
            "  {}  {}\n",
            terminal.paint(Style::Strong, &invoked::command(&[verb, &shown])),
            terminal.paint(Style::Faint, says)
        );
    }
    terminal.print(&text)?;
    Ok(0)
}

/// What the folder of a new scenario holds: names and texts.
fn files(name: &str) -> [(String, String); 2] {
    let title = title(name);
    [
        (format!("{name}.toml"), FILE.replace("{title}", &title)),
        ("page.md".to_owned(), PAGE.replace("{title}", &title)),
    ]
}

/// `two_wells` as a title: "Two wells".
fn title(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters
        .next()
        .map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect())
}

fn is_name(name: &str) -> bool {
    name.len() <= 32
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_passes_the_checks_and_stays_as_it_is_when_laid_out() {
        let [(file, text), _] = files("two_wells");
        assert_eq!(file, "two_wells.toml");
        let (scenario, found) = commonweal_core::scenario::check("two_wells", &text);
        assert_eq!(found, []);
        assert_eq!(scenario.expect("it passes").question.title, "Two wells");
        assert_eq!(
            commonweal_core::scenario::format(&text).as_deref(),
            Ok(&*text)
        );
    }

    #[test]
    fn names_are_those_of_folders_that_can_ship() {
        for (name, good) in [
            ("two_wells", true),
            ("b2", true),
            ("2b", false),
            ("Two", false),
            ("a-b", false),
            ("", false),
            ("..", false),
        ] {
            assert_eq!(is_name(name), good, "{name}");
        }
    }
}
