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
    // The one line, after a line of the list.
    let list = read("core/src/mechanics/mod.rs");
    let (before, new) = shown[1].split_once('\n').expect("two lines are shown");
    assert!(
        list.contains(&format!("{before}\n")),
        "`{before}` is no longer in the list"
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

/// The guide says what each mechanic is for, and nothing of one that is not there; fields and events are in the generated page.
#[test]
fn the_guide_names_every_mechanic() {
    let guide = read("docs/guide/scenario-files.md");
    let (_, table) = guide
        .split_once("| for | mechanics |")
        .expect("a table of mechanics");
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let named: std::collections::BTreeSet<&str> = rows
        .flat_map(|row| row.split('`').skip(1).step_by(2))
        .collect();
    let known = commonweal_core::mechanics::ALL
        .iter()
        .map(|m| m.name)
        .collect();
    assert_eq!(named, known);
}

#[test]
fn each_decision_has_a_number_of_its_own() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/decisions");
    let mut numbers = std::collections::BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let name = entry
            .expect("it can be read")
            .file_name()
            .into_string()
            .expect("a plain name");
        let number = name.split('-').next().expect("split gives one").to_owned();
        let title = format!("# {number}: ");
        assert!(
            read(&format!("docs/decisions/{name}")).starts_with(&title),
            "{name} does not begin with `{title}`"
        );
        if let Some(other) = numbers.insert(number, name.clone()) {
            panic!("{name} and {other} have one number");
        }
    }
    assert!(numbers.len() > 10);
}

#[test]
fn the_guide_names_the_columns_that_the_hash_covers() {
    let guide = read("docs/guide/draws-and-hash.md");
    let (_, table) = guide
        .split_once("| columns | hold |")
        .expect("a table of columns");
    let cells = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let mut told: Vec<String> = Vec::new();
    for cell in cells {
        for name in cell.split('`').skip(1).step_by(2) {
            // `.facing` after `agent.cell` is `agent.facing`.
            told.push(if name.starts_with('.') {
                format!("agent{name}")
            } else {
                name.to_owned()
            });
        }
    }
    let scenario = &commonweal_tests::worlds::shipped()[0];
    let compiled = commonweal_tests::worlds::compile(scenario, "treatment");
    let batch = commonweal_core::batch::Batch::new(
        std::slice::from_ref(&compiled),
        commonweal_core::batch::Config::default(),
    )
    .expect("a batch of one arena");
    let shared: Vec<String> = batch
        .columns()
        .iter()
        .filter(|c| c.canonical && (c.name.starts_with("agent.") || c.name.starts_with("arena.")))
        .map(|c| c.name.to_owned())
        .collect();
    told.sort();
    let mut real = shared;
    real.sort();
    assert_eq!(told, real);
}

/// Links and pictures of the pages lead to files.
#[test]
fn the_pages_link_to_files_that_exist() {
    for page in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "docs/guide/first-scenario.md",
        "docs/guide/scenario-files.md",
        "docs/guide/observations.md",
        "docs/guide/draws-and-hash.md",
    ] {
        let folder = Path::new(page).parent().expect("a file has a folder");
        let text = read(page);
        for part in text.split("](").skip(1) {
            let link = part.split(')').next().expect("split gives one");
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("..")
                .join(folder)
                .join(link);
            assert!(
                link.starts_with("https://") || path.exists(),
                "{page} links to {link}, which does not exist"
            );
        }
    }
}
