use super::expected;
use crate::ids::ONE;
use crate::testing::{batch, compile, place, put, tick};

const MOVE: (&str, &str, &str) = ("move", "", r#"{"mode":"turn"}"#);
const PICK: (&str, &str, &str) = (
    "pickup",
    "",
    r#"{"things":["apple","crate"],"becomes":"carried"}"#,
);
const BEAM: (&str, &str, &str) = ("beam", "interact", r#"{"cooldown":2}"#);
const AWAY: (&str, &str, &str) = ("absence", "", "{}");
const ROOM: &str = "########\n#a.A.B.#\n#c....C#\n########";

fn world(more: &str) -> crate::batch::Batch {
    let config = format!(
        r#"{{"items":["apple","crate"],"row":[[3,0],[5,1]],"when":"beam","beam":"interact","freeze":16,"respawn":5{more}}}"#
    );
    let chosen = [MOVE, PICK, BEAM, AWAY, ("matrix", "pd", &config)];
    batch(&compile(ROOM, &chosen))
}
fn hold(b: &mut crate::batch::Batch, slot: usize, held: [u8; 2]) {
    b.edit(0, |one| {
        one.agents.carried[slot].0[..2].copy_from_slice(&held);
    });
}
/// A faces B in the first row, C stands in B's back.
fn face(b: &mut crate::batch::Batch) {
    put(b, 0, 1, 3, 1);
    put(b, 1, 1, 5, 3);
    put(b, 2, 1, 6, 3);
}

#[test]
fn pure_strategies_get_the_cells_of_the_matrix_seventeen_ticks_after_the_hit() {
    let cells = [
        ([1, 0], [1, 0], [3, 3]),
        ([1, 0], [0, 1], [0, 5]),
        ([0, 1], [1, 0], [5, 0]),
        ([0, 1], [0, 1], [1, 1]),
    ];
    for (mine, theirs, pays) in cells {
        let mut b = world(r#","start":0"#);
        face(&mut b);
        hold(&mut b, 0, mine);
        hold(&mut b, 1, theirs);
        tick(&mut b, &["interact", "noop", "noop"]);
        for t in 1..17 {
            let told = tick(&mut b, &["forward", "turn_left", "noop"]);
            assert_eq!(told, "", "both stand still, tick {t}");
            assert_eq!(b.pay(0)[..2], [0, 0]);
        }
        let told = tick(&mut b, &["noop", "noop", "noop"]);
        assert!(told.starts_with("played agent_0 agent_1"), "{told}");
        assert_eq!(b.pay(0)[..2], pays.map(|p| p * ONE));
        let held = b.edit(0, |one| [one.agents.carried[0].0, one.agents.carried[1].0]);
        assert_eq!(held, [[0; 16]; 2], "inventories begin anew");
        let back =
            (1..20).find(|_| tick(&mut b, &["noop", "noop", "noop"]).contains("returned agent_0"));
        assert_eq!(back, Some(5));
    }
}

#[test]
fn one_of_each_is_a_half_and_a_first_pick_makes_two_thirds() {
    let row = [vec![3 * ONE, 0], vec![5 * ONE, ONE]];
    let held = |a, b| {
        let mut held = [0; 16];
        (held[0], held[1]) = (a, b);
        (held, a + b)
    };
    assert_eq!(expected(&row, held(1, 1), held(1, 1)), 2_250_000);
    assert_eq!(
        expected(&row, held(4, 1), held(1, 4)),
        (4 * 3 + 5 + 4) * ONE / 25
    );
    let mut b = world("");
    face(&mut b);
    for slot in [0, 1] {
        hold(&mut b, slot, [1, 1]);
    }
    tick(&mut b, &["interact", "noop", "noop"]);
    for _ in 0..17 {
        tick(&mut b, &["noop", "noop", "noop"]);
    }
    assert_eq!(b.pay(0)[..2], [2_250_000; 2], "two of each are a half too");
}

#[test]
fn nobody_plays_before_a_first_pick() {
    let mut b = world("");
    face(&mut b);
    hold(&mut b, 0, [1, 0]);
    assert!(tick(&mut b, &["interact", "noop", "noop"]).contains("hit interact agent_0 agent_1"));
    for t in 0..20 {
        let told = tick(&mut b, &["turn_left", "turn_right", "noop"]);
        assert!(!told.contains("played"), "tick {t}: {told}");
    }
}

#[test]
fn who_plays_plays_with_nobody_else() {
    let mut b = world(r#","start":0"#);
    face(&mut b);
    for slot in 0..3 {
        hold(&mut b, slot, [1, 0]);
    }
    tick(&mut b, &["interact", "noop", "noop"]);
    let told = tick(&mut b, &["noop", "noop", "interact"]);
    assert!(told.contains("hit interact agent_2 agent_1"), "{told}");
    let mut played = Vec::new();
    for _ in 0..40 {
        let told = tick(&mut b, &["noop", "noop", "noop"]);
        played.extend(told.contains("played").then_some(told));
    }
    assert_eq!(played.len(), 1, "{played:?}");
    assert_eq!(place(&mut b, 2), (1, 6), "the third was never touched");
}

#[test]
fn two_that_hit_each_other_play_once() {
    let mut b = world(r#","start":0"#);
    face(&mut b);
    put(&mut b, 2, 2, 6, 0);
    hold(&mut b, 0, [1, 0]);
    hold(&mut b, 1, [0, 1]);
    tick(&mut b, &["interact", "interact", "noop"]);
    let told: Vec<String> = (0..17)
        .map(|_| tick(&mut b, &["noop", "noop", "noop"]))
        .collect();
    assert_eq!(told[16].matches("played").count(), 1);
    assert_eq!(b.pay(0)[..2], [0, 5 * ONE]);
}

#[test]
fn a_thing_is_gone_after_the_third_blow() {
    let beam = r#"{"cooldown":0,"radius":0,"hits":["slots","apple"],"stops_at":["apple"]}"#;
    let config = r#"{"items":["apple","crate"],"row":[[3,0],[5,1]],"when":"beam","beam":"interact","durable":3}"#;
    let chosen = [
        MOVE,
        PICK,
        ("beam", "interact", beam),
        AWAY,
        ("matrix", "pd", config),
    ];
    let mut b = batch(&compile(ROOM, &chosen));
    face(&mut b);
    put(&mut b, 0, 1, 3, 3);
    let told: Vec<bool> = (0..4)
        .map(|_| {
            tick(&mut b, &["interact", "noop", "noop"]).contains("destroyed agent_0 apple (1,1)")
        })
        .collect();
    assert_eq!(told, [false, false, true, false]);
}

#[test]
fn neighbours_play_where_no_beam_is_needed() {
    for (when, expected) in [("adjacent", 0), ("both_ready", 1)] {
        let config = format!(
            r#"{{"items":["apple","crate"],"row":[[4,0],[2,2]],"when":"{when}","mix":false,"start":0}}"#
        );
        let mut b = batch(&compile(
            ROOM,
            &[MOVE, PICK, AWAY, ("matrix", "stag", &config)],
        ));
        put(&mut b, 0, 1, 3, 1);
        put(&mut b, 1, 1, 5, 3);
        put(&mut b, 2, 2, 6, 0);
        hold(&mut b, 0, [2, 1]);
        hold(&mut b, 1, [0, 1]);
        tick(&mut b, &["noop", "noop", "noop"]);
        let told = tick(&mut b, &["noop", "noop", "noop"]);
        assert_eq!(told.matches("played").count(), expected, "{when}: {told}");
        if expected == 1 {
            let mut pays = b.pay(0)[..2].to_vec();
            pays.sort_unstable();
            assert_eq!(pays, [0, 2 * ONE], "the kind held most of is played");
            continue;
        }
        put(&mut b, 1, 1, 4, 3);
        tick(&mut b, &["noop", "noop", "noop"]);
        let told = tick(&mut b, &["noop", "noop", "noop"]);
        assert_eq!(told.matches("played").count(), 1, "{told}");
    }
}

#[test]
fn things_with_a_row_are_played_away_with_it() {
    let config = r#"{"items":["apple","crate"],"row":[[3,0],[5,1]],"when":"both_ready"}"#;
    let bell = (
        "device",
        "bell",
        r#"{"thing":"crate","trigger":"use","states":2}"#,
    );
    let mut b = batch(&compile(
        ROOM,
        &[MOVE, PICK, AWAY, bell, ("matrix", "pd", config)],
    ));
    b.edit(0, |one| {
        let cell = one.table.geometry.cell(2, 1);
        assert!(one.pick_up(crate::ids::Slot::new(0), cell));
    });
    hold_apple(&mut b, 1);
    tick(&mut b, &["noop", "noop", "noop"]);
    let told = tick(&mut b, &["noop", "noop", "noop"]);
    assert!(told.contains("played"), "{told}");
    assert!(b.edit(0, |one| one.things_agree()));
}
fn hold_apple(b: &mut crate::batch::Batch, slot: usize) {
    b.edit(0, |one| {
        let apple = one.table.kind("apple").expect("a kind");
        let item = one.table.item(apple).expect("an item");
        one.agents.carried[slot].0[item] = 1;
    });
}

mod props {
    use proptest::prelude::*;

    use super::super::{MAX_ITEMS, expected};
    use crate::ids::ONE;

    proptest! {
        /// A mixed payoff lies between the least and the greatest cell, and in a symmetric game the sides exchange.
        #[test]
        fn payoffs_are_means_of_cells(cells in prop::array::uniform4(-2000_i64..=2000), x in prop::array::uniform2(0_u32..300), y in prop::array::uniform2(1_u32..300)) {
            prop_assume!(x[0] + x[1] > 0);
            let held = |n: [u32; 2]| {
                let mut held = [0; MAX_ITEMS];
                held[..2].copy_from_slice(&n);
                (held, n[0] + n[1])
            };
            let [a, b, c, d] = cells.map(|n| n * ONE);
            let (row, col) = ([vec![a, b], vec![c, d]], [vec![a, c], vec![b, d]]);
            let mine = expected(&row, held(x), held(y));
            let least = a.min(b).min(c).min(d);
            prop_assert!((least..=a.max(b).max(c).max(d)).contains(&mine));
            prop_assert_eq!(mine, expected(&col, held(y), held(x)));
        }
    }
}
