//! The tutorial is true: what its page shows is what the files of its steps hold, and what it prints is what the command prints.

use std::path::{Path, PathBuf};
use std::process::Command;

const STEPS: usize = 5;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn page() -> String {
    let path = root().join("docs/guide/first-scenario.md");
    std::fs::read_to_string(&path).expect("the tutorial is there")
}

fn step(n: usize) -> String {
    if n == 0 {
        return String::new();
    }
    let path = root().join(format!("docs/examples/first/step_{n}.toml"));
    std::fs::read_to_string(path).expect("every step is a file")
}

/// The part of the page about a step.
fn section(page: &str, n: usize) -> String {
    let (_, rest) = page
        .split_once(&format!("\n## {n}. "))
        .unwrap_or_else(|| panic!("the page has no section {n}"));
    rest.split("\n## ")
        .next()
        .expect("split gives one")
        .to_owned()
}

/// Fenced blocks of a language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    page.split(&fence)
        .skip(1)
        .map(|part| {
            part.split("```\n")
                .next()
                .expect("split gives one")
                .to_owned()
        })
        .collect()
}

#[test]
fn what_a_section_shows_stands_in_the_file_of_its_step_and_nothing_new_is_left_out() {
    let page = page();
    for n in 1..=STEPS {
        let (text, before) = (step(n), step(n - 1));
        let shown = blocks(&section(&page, n), "toml");
        assert!(!shown.is_empty(), "section {n} shows nothing");
        for block in &shown {
            assert!(text.contains(block), "step_{n}.toml does not hold\n{block}");
        }
        let known: Vec<&str> = before
            .lines()
            .chain(shown.iter().flat_map(|b| b.lines()))
            .collect();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            assert!(
                known.contains(&line),
                "step_{n}.toml has a line that the page does not show: {line}"
            );
        }
    }
}

/// `$ commonweal …`, and below it what is printed; a line `…` stands for any number of lines.
#[test]
fn what_the_page_prints_is_what_the_command_prints() {
    let mut played = 0;
    for block in blocks(&page(), "text") {
        let mut lines = block.lines();
        let Some(command) = lines
            .next()
            .and_then(|line| line.strip_prefix("$ commonweal "))
        else {
            continue;
        };
        let out = std::env::temp_dir().join("commonweal-tutorial");
        let mut args = words(command);
        if args[0] == "run" && !args.contains(&"--actions".to_owned()) {
            args.extend(["--out".to_owned(), out.to_string_lossy().into_owned()]);
        }
        let output = Command::new(env!("CARGO_BIN_EXE_commonweal"))
            .args(&args)
            .current_dir(root().join("docs/examples/first"))
            .env("NO_COLOR", "1")
            .output()
            .expect("the binary starts");
        let printed = String::from_utf8(output.stdout).expect("UTF-8")
            + &String::from_utf8(output.stderr).expect("UTF-8");
        let mut rest: Vec<&str> = printed.lines().map(str::trim_end).collect();
        let mut skip = false;
        for wanted in lines {
            if wanted.trim() == "…" {
                skip = true;
                continue;
            }
            let at = rest.iter().position(|line| *line == wanted);
            let good = at.is_some_and(|at| skip || at == 0);
            assert!(
                good,
                "`{command}` does not print the line\n{wanted}\nhere:\n{}",
                rest.join("\n")
            );
            rest.drain(..=at.expect("found above"));
            skip = false;
        }
        assert!(
            skip || rest.iter().all(|line| line.is_empty()),
            "`{command}` prints more:\n{}",
            rest.join("\n")
        );
        played += 1;
    }
    assert!(played > 5, "{played} commands were found on the page");
}

/// Words of a command line; what stands in double quotes is one.
fn words(line: &str) -> Vec<String> {
    line.split('"')
        .enumerate()
        .flat_map(|(i, part)| {
            if i % 2 == 1 {
                vec![part.to_owned()]
            } else {
                part.split_whitespace().map(str::to_owned).collect()
            }
        })
        .collect()
}

#[test]
fn every_step_has_what_it_says_and_the_last_is_as_it_should_be() {
    let missing = |n: usize| -> Vec<String> {
        let (_, found) = commonweal_core::scenario::check("short_way", &step(n));
        found.iter().map(|d| d.code.clone()).collect()
    };
    assert_eq!(missing(1), ["E104"], "all that is missing, in one message");
    assert_eq!(missing(2), ["E104"]);
    for n in 3..=STEPS {
        assert_eq!(missing(n), Vec::<String>::new(), "step {n}");
        let text = step(n);
        assert_eq!(
            commonweal_core::scenario::format(&text).as_deref(),
            Ok(&*text),
            "step {n} is in canonical layout"
        );
    }
    assert!(
        step(STEPS).lines().count() <= 150,
        "a question fits on two pages"
    );
}
