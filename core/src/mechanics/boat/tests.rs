use crate::batch::Batch;
use crate::ids::ONE;
use crate::testing::{batch, compile, place, put, tick};

const MOVE: (&str, &str, &str) = ("move", "", r#"{"mode":"compass4"}"#);
const EAT: (&str, &str, &str) = ("pickup", "", r#"{"things":["apple"],"becomes":"eaten"}"#);
/// Depots are seats, gates are water, with an apple in the way; the banks are one row each.
const RIVER: &str = "######\n#....#\n#GGGG#\n#GaaG#\n#GddG#\n#A.BC#\n######";

fn river(more: &str) -> Batch {
    let config =
        format!(r#"{{"seat":"depot","water":"gate","ticks":60,"flail":0,"penalty":0.5{more}}}"#);
    let mut b = batch(&compile(RIVER, &[MOVE, EAT, ("boat", "ferry", &config)]));
    // Apples stand on water: the maps of unit tests have one glyph a cell.
    b.edit(0, |one| {
        let gate = one.table.kind("gate").expect("a kind");
        for column in [2, 3] {
            let cell = one.table.geometry.cell(3, column);
            let look = one.table.kinds[gate.index()].look;
            one.cells.set(cell, crate::state::Layer::Solid, look);
        }
    });
    put(&mut b, 0, 5, 2, 0);
    put(&mut b, 1, 5, 3, 0);
    put(&mut b, 2, 5, 1, 0);
    b
}

/// GAMES, golden `mp.boat.row`: a cell for two strokes in the same tick, and five ticks to the next.
#[test]
fn two_that_row_in_the_same_tick_go_one_cell_and_rest_five_ticks() {
    let mut b = river("");
    let told = tick(&mut b, &["n", "n", "noop"]);
    assert_eq!(told.matches("embarked").count(), 2, "{told}");
    assert!(tick(&mut b, &["row", "noop", "noop"]).contains("rowed agent_0"));
    assert_eq!(place(&mut b, 0), (4, 2), "one alone moves nothing");
    for _ in 0..4 {
        let told = tick(&mut b, &["row", "noop", "noop"]);
        assert!(!told.contains("rowed"), "not before the fifth tick: {told}");
    }
    let told = tick(&mut b, &["row", "row", "noop"]);
    assert!(told.contains("sailed agent_0 agent_1"), "{told}");
    assert_eq!([place(&mut b, 0), place(&mut b, 1)], [(3, 2), (3, 3)]);
    let mut went = Vec::new();
    for t in 1..=5 {
        let told = tick(&mut b, &["row", "row", "noop"]);
        if t == 1 {
            assert_eq!(told.matches("eaten").count(), 2, "what swims there: {told}");
        }
        went.extend(told.contains("sailed").then_some(t));
    }
    assert_eq!(went, [5]);
    assert_eq!(
        [place(&mut b, 0), place(&mut b, 1)],
        [(1, 2), (1, 3)],
        "ashore"
    );
}

#[test]
fn who_sits_in_a_boat_cannot_leave_it_and_the_water_closes_behind_it() {
    let mut b = river("");
    tick(&mut b, &["n", "n", "noop"]);
    tick(&mut b, &["s", "w", "noop"]);
    assert_eq!([place(&mut b, 0), place(&mut b, 1)], [(4, 2), (4, 3)]);
    assert_eq!(b.edit(0, |one| one.agents.illegal[0].0), 1);
    tick(&mut b, &["row", "row", "e"]);
    tick(&mut b, &["noop", "noop", "n"]);
    assert_eq!(
        place(&mut b, 2),
        (5, 2),
        "where the boat was there is water"
    );
}

#[test]
fn flailing_goes_by_chance_and_who_rowed_beside_it_pays() {
    let mut b = river("");
    tick(&mut b, &["n", "n", "noop"]);
    let told = tick(&mut b, &["flail", "row", "noop"]);
    assert!(
        told.contains("flailed agent_0") && told.contains("clashed agent_0 agent_1"),
        "{told}"
    );
    assert_eq!(b.pay(0)[..3], [0, -ONE / 2, 0]);
    assert_eq!(place(&mut b, 0), (4, 2), "with a chance of 0 it stays");
    let config = r#"{"seat":"depot","water":"gate","ticks":60,"flail":1,"penalty":0.5}"#;
    let mut b = batch(&compile(
        "####\n#..#\n#GG#\n#dd#\n#AB#\n####",
        &[MOVE, ("boat", "ferry", config)],
    ));
    put(&mut b, 0, 4, 1, 0);
    put(&mut b, 1, 4, 2, 0);
    tick(&mut b, &["n", "n"]);
    tick(&mut b, &["flail", "noop"]);
    assert_eq!(place(&mut b, 0), (1, 1), "one cell, and ashore");
}

#[test]
fn who_is_not_ashore_when_a_race_ends_is_out_and_the_next_goes_back() {
    let mut b = river(r#","rest":1"#);
    tick(&mut b, &["n", "n", "noop"]);
    for _ in 0..2 {
        tick(&mut b, &["row", "row", "noop"]);
    }
    assert_eq!(place(&mut b, 0), (1, 2));
    let told: Vec<String> = (3..60)
        .map(|_| tick(&mut b, &["noop", "noop", "noop"]))
        .collect();
    assert_eq!(told[56], "stranded agent_2");
    let told = tick(&mut b, &["s", "s", "noop"]);
    assert_eq!(told.matches("embarked").count(), 2, "{told}");
    for _ in 0..2 {
        tick(&mut b, &["row", "row", "noop"]);
    }
    assert_eq!([place(&mut b, 0), place(&mut b, 1)], [(5, 2), (5, 3)]);
}

#[test]
fn who_is_put_elsewhere_by_a_rule_sits_in_the_boat_no_longer() {
    let mut b = river("");
    tick(&mut b, &["n", "n", "noop"]);
    put(&mut b, 0, 1, 1, 0);
    let told = tick(&mut b, &["e", "row", "noop"]);
    assert_eq!(told, "moved agent_0 (1,1) (1,2)");
    tick(&mut b, &["row", "row", "noop"]);
    assert_eq!([place(&mut b, 0), place(&mut b, 1)], [(1, 2), (4, 3)]);
}
