//! What the pages show is what the files hold: the worked example of CONTRIBUTING.md, the excerpt in README.md.

use std::path::Path;

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    std::fs::read_to_string(root.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The text of each fenced block of that language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    page.split(&fence)
        .skip(1)
        .map(|part| {
            part.split("```")
                .next()
                .expect("split gives one")
                .to_owned()
        })
        .collect()
}

#[test]
fn contributing_shows_the_example_that_the_unit_tests_run() {
    let page = read("CONTRIBUTING.md");
    let shown = blocks(&page, "rust");
    assert_eq!(
        shown[0],
        read("docs/examples/tire.rs"),
        "CONTRIBUTING.md and docs/examples/tire.rs differ"
    );
    // The one line, after the line that it follows in the list.
    let list = read("core/src/mechanics/mod.rs");
    let (before, new) = shown[1].split_once('\n').expect("two lines are shown");
    assert!(
        list.contains(&format!("{before}\n}}")),
        "`{before}` is no longer the last of the list"
    );
    assert_eq!(new, "    tire,\n");
}

#[test]
fn the_excerpt_in_the_readme_stands_in_the_scenario() {
    let excerpt = blocks(&read("README.md"), "toml").remove(0);
    let scenario = read("scenarios/commons/commons_harvest/commons_harvest.toml");
    let mut lines = scenario.lines();
    for wanted in excerpt.lines() {
        assert!(
            lines.any(|line| line == wanted),
            "README.md shows a line that the scenario lacks, or in another order: {wanted}"
        );
    }
    assert_eq!(excerpt.lines().count(), 15);
}

#[test]
fn the_whole_scenario_in_the_guide_passes_the_checks() {
    let text = blocks(&read("docs/guide/scenario-files.md"), "toml").remove(0);
    let (scenario, diagnostics) = commonweal_core::scenario::check("garden", &text);
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    let scenario = scenario.expect("there are no errors");
    assert_eq!(
        scenario
            .arms
            .iter()
            .map(|arm| arm.name.as_str())
            .collect::<Vec<_>>(),
        ["scarce", "plenty"]
    );
}

/// A mechanic that the guide leaves out would be unknown to authors.
#[test]
fn the_guide_names_every_mechanic_and_event() {
    let guide = read("docs/guide/scenario-files.md");
    for mechanic in commonweal_core::mechanics::ALL {
        let name = if mechanic.named {
            format!("| `{}.X` |", mechanic.name)
        } else {
            format!("| `{}` |", mechanic.name)
        };
        let row = guide
            .lines()
            .find(|line| line.starts_with(&name))
            .unwrap_or_else(|| panic!("no row for {name}"));
        for (event, _) in mechanic.events {
            assert!(
                row.contains(&format!("`{event}(")),
                "{name} lacks the event {event}"
            );
        }
    }
}
