//! `fmt` changes how a scenario looks and nothing that is played: every shipped file, every step of the tutorial, files of the guide.

use std::path::Path;

use commonweal_core::scenario::{check, format};
use commonweal_tests::worlds::{cells, compile, read};

/// Texts with their names.
fn corpus() -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = commonweal_scenarios::ALL
        .iter()
        .map(|s| (s.id.to_owned(), s.text.to_owned()))
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples/first");
    for entry in std::fs::read_dir(folder).expect("the tutorial's files") {
        let path = entry.expect("it can be read").path();
        let name = path.file_stem().expect("a name").to_string_lossy();
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        // The first steps are not whole yet.
        if check(&name, &text).0.is_some() {
            out.push((name.into_owned(), text));
        }
    }
    assert!(out.len() > 5, "{} files", out.len());
    out
}

/// Blanks where they mean nothing: more of them, and fewer.
fn untidy(text: &str) -> String {
    let mut inside = false;
    let mut out = String::new();
    for line in text.lines() {
        // Rows of a map keep their blanks; rules and scripts are left to their own tests.
        let quotes = line.matches("'''").count() % 2 == 1;
        if !inside && !quotes && !line.contains(['"', '#']) {
            out.push_str(&line.replace(" = ", "   =").replace(", ", " ,"));
            out.push_str("  \n\n\n");
        } else {
            out.push_str(line);
            out.push('\n');
        }
        inside ^= quotes;
    }
    out
}

#[test]
fn what_is_laid_out_compiles_to_the_same_world() {
    for (id, text) in corpus() {
        let laid_out = format(&text).unwrap_or_else(|found| panic!("{id}: {found:#?}"));
        assert_eq!(
            format(&laid_out).as_deref(),
            Ok(&*laid_out),
            "{id}: laying out twice is laying out once"
        );
        let (before, after) = (read(&id, &text), read(&id, &laid_out));
        for cell in cells(&before) {
            let (a, b) = (compile(&before, &cell), compile(&after, &cell));
            assert_eq!(a.table, b.table, "{id} {cell}");
            assert_eq!(a.programs, b.programs, "{id} {cell}");
            assert_eq!(a.bots, b.bots, "{id} {cell}");
            assert_eq!(
                std::format!("{:?}", a.mechanics),
                std::format!("{:?}", b.mechanics),
                "{id} {cell}"
            );
        }
    }
}

#[test]
fn an_untidy_file_is_laid_out_as_the_tidy_one() {
    for (id, text) in corpus() {
        let tidy = format(&text).expect("it is TOML");
        let untidy = untidy(&tidy);
        assert_ne!(untidy, tidy, "{id}");
        let squeezed = |text: &str| {
            text.lines()
                .filter(|l| !l.is_empty())
                .collect::<Vec<_>>()
                .join("\n")
        };
        let again = format(&untidy).expect("it is TOML");
        assert_eq!(squeezed(&again), squeezed(&tidy), "{id}");
    }
}
