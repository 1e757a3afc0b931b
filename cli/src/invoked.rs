//! How the person started this program, so that a command that we suggest works as it is typed.

use std::path::Path;

const NAME: &str = "commonweal";

/// A command line with these arguments, in the form in which this one was started.
pub(crate) fn command(args: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO_MANIFEST_DIR").is_some_and(|manifest| {
        std::env::current_dir().is_ok_and(|here| Path::new(&manifest).parent() == Some(&*here))
    });
    let typed = std::env::args_os()
        .next()
        .map(|program| program.to_string_lossy().into_owned())
        .unwrap_or_default();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<_> = std::env::split_paths(&path).collect();
    let known = |folder: &Path| on_path.iter().any(|p| p == folder);
    let mut line = program(cargo, !cfg!(debug_assertions), &typed, &known);
    for arg in args {
        line.push(' ');
        line += &quoted(arg);
    }
    line
}

/// The beginning of a command line. `cargo`: started by `cargo run` at the root of a checkout, in a release build or not; `known`:
/// whether programs of a folder are found by their bare name.
fn program(cargo: bool, release: bool, typed: &str, known: &dyn Fn(&Path) -> bool) -> String {
    if cargo {
        return if release {
            "cargo run --release --".to_owned()
        } else {
            "cargo run --".to_owned()
        };
    }
    let path = Path::new(typed);
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
    // Another program's name: we are its guest (`python -m commonweal`), which is installed under our own name too.
    let guest = path.file_stem().is_none_or(|stem| stem != NAME);
    match folder {
        Some(folder) if !guest && !known(folder) => quoted(typed),
        _ => NAME.to_owned(),
    }
}

/// The word as a shell takes it for one.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/\\._-=+:,@%~".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggestion_begins_as_the_command_did() {
        let known = |folder: &Path| folder == Path::new("/usr/bin");
        for (cargo, typed, expected) in [
            (true, "target/release/commonweal", "cargo run --release --"),
            (
                false,
                "target/release/commonweal",
                "target/release/commonweal",
            ),
            (false, "/usr/bin/commonweal", "commonweal"),
            (false, "commonweal", "commonweal"),
            (false, "/opt/python", "commonweal"),
            (false, "a b/commonweal", "'a b/commonweal'"),
        ] {
            assert_eq!(program(cargo, true, typed, &known), expected, "{typed}");
        }
        assert_eq!(program(true, false, "x", &known), "cargo run --");
    }

    #[test]
    fn words_with_brackets_or_blanks_are_quoted() {
        assert_eq!(quoted("threat[twin=no]"), "'threat[twin=no]'");
        assert_eq!(quoted("a.toml"), "a.toml");
        assert_eq!(quoted("it's"), "'it'\\''s'");
    }
}
