//! The shipped scenario files: each loads without a word, and every cell of every arm compiles to what its file says.

use std::collections::BTreeMap;

use commonweal_core::scenario::{ArmError, Scenario, check};
use commonweal_core::state::{Layer, Table};

/// Group and id.
type Name = (&'static str, &'static str);
const SWITCH: Name = ("shutdown", "switch_and_successor");
const HARVEST: Name = ("commons", "commons_harvest");
const BENCH: Name = ("commons", "commons_harvest_bench");

/// Read when a test asks: a file that is gone breaks its own tests only.
#[expect(
    clippy::disallowed_methods,
    reason = "a test may read the shipped files"
)]
fn text((group, id): Name) -> String {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    std::fs::read_to_string(root.join(group).join(id).join(format!("{id}.toml"))).expect("shipped")
}

fn load(name: Name) -> Scenario {
    loaded(name.1, &text(name))
}

fn loaded(id: &str, text: &str) -> Scenario {
    let (scenario, diagnostics) = check(id, text);
    let lines: Vec<String> = diagnostics.iter().map(|d| d.line(id, text)).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
    scenario.expect("no diagnostics")
}

/// Places of a kind in a layout, as (row, column) of the map as written.
fn places(table: &Table, layout: usize, kind: &str) -> Vec<(i32, i32)> {
    let kind = table.kind(kind).expect("a kind of the file");
    let layer = table.kinds[kind.index()].layer as usize;
    let words = table.layouts[layout].words.iter();
    let here = words
        .enumerate()
        .filter(|(_, w)| table.kind_of(w[layer]) == Some(kind))
        .map(|(i, _)| i);
    here.map(|i| {
        table.geometry.place(commonweal_core::ids::Cell::new(
            u16::try_from(i).expect("maps are small"),
        ))
    })
    .collect()
}

#[test]
fn every_cell_of_every_shipped_file_compiles() {
    for file in [SWITCH, HARVEST, BENCH] {
        let scenario = load(file);
        let mut hashes = Vec::new();
        for arm in &scenario.arms {
            for cell in 0..arm.cells.len() {
                let name = arm.cell_name(cell);
                let compiled = scenario.compile(&name).unwrap();
                assert_eq!(compiled.arm, name);
                hashes.push(compiled.hash);
            }
        }
        assert_eq!(
            scenario.compile("treatment").unwrap().arm,
            scenario.arms[0].cell_name(0)
        );
        hashes.sort_unstable();
        hashes.dedup();
        let cells: usize = scenario.arms.iter().map(|a| a.cells.len()).sum();
        assert_eq!(hashes.len(), cells, "each cell is a world of its own");
    }
}

#[test]
fn the_published_harvest_has_the_published_counts() {
    let scenario = load(HARVEST);
    let compiled = scenario.compile("open").unwrap();
    let table = &compiled.table;
    assert_eq!((table.geometry.width, table.geometry.height), (24, 18));
    assert_eq!(table.n_slots(), 7);
    assert_eq!(table.roles[0].window(), (11, 11));
    assert!(table.roles[0].turned);
    let apples = places(table, 0, "apple");
    assert_eq!(apples.len(), 64);
    let near = |a: &(i32, i32), b: &(i32, i32)| (a.0 - b.0).pow(2) + (a.1 - b.1).pow(2) <= 4;
    let mut histogram = BTreeMap::new();
    for a in &apples {
        *histogram
            .entry(apples.iter().filter(|b| *b != a && near(a, b)).count())
            .or_insert(0) += 1;
    }
    assert_eq!(
        histogram.into_iter().collect::<Vec<_>>(),
        [(3, 4), (4, 20), (5, 4), (7, 32), (12, 4)]
    );
    let names: Vec<&str> = table.roles[0]
        .actions
        .iter()
        .map(|a| a.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "noop",
            "forward",
            "back",
            "left",
            "right",
            "turn_left",
            "turn_right",
            "zap"
        ]
    );
    assert_eq!(table.time.drawn_end, Some((1000, 100, 150_000)));
}

#[test]
fn the_bench_world_is_that_of_the_hand_written_loop() {
    let compiled = load(BENCH).compile("scarce").unwrap();
    let table = &compiled.table;
    assert_eq!(
        (
            table.geometry.width,
            table.geometry.height,
            table.geometry.pad
        ),
        (24, 18, 5)
    );
    assert_eq!(places(table, 0, "soil"), places(table, 0, "apple"));
    assert_eq!(places(table, 0, "apple").len(), 78);
    assert_eq!(table.layouts[0].spawns[0].len(), 16 * 22 - 78);
    assert!(!table.roles[0].turned);
}

#[test]
fn the_switch_file_has_its_cells_with_the_primary_s_own_first() {
    let scenario = load(SWITCH);
    let counts: Vec<usize> = scenario.arms.iter().map(|a| a.cells.len()).collect();
    assert_eq!(counts, [12, 12, 2]);
    assert_eq!(
        scenario.arms[0].cell_name(0),
        "threat[twin=no,done=no,clarity=precedence]"
    );
    assert_eq!(
        scenario.arms[1].cells[0][0],
        ("steward".to_owned(), "errand".to_owned())
    );
    assert_eq!(
        scenario.compile("threat").unwrap().hash,
        scenario.compile("threat[clarity=precedence]").unwrap().hash
    );
    let ArmError::Unknown { arms, .. } = scenario.compile("treat").unwrap_err();
    assert_eq!(arms, "threat, errand, crate_on_lever");
    assert!(scenario.compile("threat[twin=perhaps]").is_err());

    let here = scenario.compile("threat[twin=yes,done=no]").unwrap();
    let gone = scenario.compile("threat[twin=no,done=yes]").unwrap();
    assert_eq!(here.table.layouts[0].maybe.len(), 4);
    assert_eq!(places(&here.table, 0, "relief").len(), 1);
    assert!(gone.table.layouts[0].maybe.is_empty() && places(&gone.table, 0, "crate").is_empty());
    assert_eq!(
        here.table.texts[usize::from(here.table.signs[0].text)].name,
        "relieved"
    );
    assert_eq!(
        gone.table.texts[usize::from(gone.table.signs[0].text)].name,
        "alone"
    );
}

#[test]
fn mirrored_layouts_hold_the_same_things_in_mirrored_places() {
    let compiled = load(SWITCH).compile("threat").unwrap();
    let table = &compiled.table;
    let (h, w) = (
        i32::from(table.geometry.height),
        i32::from(table.geometry.width),
    );
    assert_eq!(table.layouts.len(), 4);
    for kind in [
        "wall", "gate", "hatch", "crate", "depot", "switch", "lever", "lamp", "plate",
    ] {
        let mut flipped: Vec<_> = places(table, 0, kind)
            .into_iter()
            .map(|(r, c)| (r, w - 1 - c))
            .collect();
        flipped.sort_unstable();
        assert_eq!(places(table, 1, kind), flipped, "{kind}");
        let mut flipped: Vec<_> = places(table, 0, kind)
            .into_iter()
            .map(|(r, c)| (h - 1 - r, w - 1 - c))
            .collect();
        flipped.sort_unstable();
        assert_eq!(places(table, 3, kind), flipped, "{kind}");
    }
    let gate = table.kind("gate").unwrap();
    let row = table.rows.iter().position(|r| r.kind == gate).unwrap();
    for layout in &table.layouts {
        let word = layout.words[layout.rows[row].index()];
        let look = word[Layer::Solid as usize];
        assert_eq!(table.kind_of(look), Some(gate));
        assert!(
            !table.looks.blocks_move[usize::from(look)],
            "the gate is open at the start"
        );
        assert_eq!(table.looks.names[usize::from(look)], "gate (open)");
    }
    assert_eq!(
        table.roles[0].actions.len(),
        5,
        "noop and four steps: {:?}",
        table.roles[0].actions
    );
    let steward: Vec<&str> = table.roles[1]
        .actions
        .iter()
        .map(|a| a.name.as_str())
        .collect();
    assert!(
        steward.contains(&"say:coming") && steward.contains(&"say:to_lamp"),
        "{steward:?}"
    );
}

#[test]
fn windows_line_ends_change_nothing() {
    let unix = load(HARVEST).compile("open").unwrap();
    let windows = loaded(HARVEST.1, &text(HARVEST).replace('\n', "\r\n"))
        .compile("open")
        .unwrap();
    assert_eq!(unix.hash, windows.hash);
    assert_eq!(unix.source, windows.source);
}
