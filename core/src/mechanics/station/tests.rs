use crate::batch::Batch;
use crate::testing::{batch, compile, many, put, tick};

const MOVE: (&str, &str, &str) = ("move", "", r#"{"mode":"turn"}"#);
const PICK: (&str, &str, &str) = (
    "pickup",
    "",
    r#"{"things":["apple","crate"],"becomes":"carried"}"#,
);
const BEAM: (&str, &str, &str) = (
    "beam",
    "interact",
    r#"{"length":1,"radius":0,"cooldown":1}"#,
);
const ROOM: &str = "######\n#A..G#\n#.B..#\n######";

fn hold(b: &mut Batch, slot: usize, held: [u8; 2]) {
    b.edit(0, |one| {
        one.agents.carried[slot].0[..2].copy_from_slice(&held);
    });
}
fn held(b: &mut Batch, slot: usize) -> [u8; 2] {
    b.edit(0, |one| {
        [one.agents.carried[slot].0[0], one.agents.carried[slot].0[1]]
    })
}
fn kitchen(config: &str) -> Batch {
    let mut b = batch(&compile(ROOM, &[MOVE, PICK, ("station", "pot", config)]));
    put(&mut b, 0, 1, 3, 1);
    put(&mut b, 1, 2, 4, 0);
    b
}

/// GAMES: soup can be taken with a dish from the 21st tick after the third tomato.
#[test]
fn a_soup_is_taken_with_a_dish_from_the_21st_tick_after_the_third_thing() {
    let pot = r#"{"thing":"gate","recipes":[{"in":["apple","apple","apple"],"out":"apple","ticks":20,"with":"crate"}]}"#;
    let mut b = kitchen(pot);
    for n in 0..3 {
        hold(&mut b, 0, [1, 0]);
        assert_eq!(
            tick(&mut b, &["use:pot", "noop"]),
            "put agent_0 apple",
            "{n}"
        );
    }
    hold(&mut b, 1, [0, 1]);
    hold(&mut b, 0, [1, 0]);
    for t in 1..=20 {
        let told = tick(&mut b, &["use:pot", "use:pot"]);
        assert_eq!(told.contains("cooked"), t == 20, "tick {t}: {told}");
        assert!(
            !told.contains("fetched") && !told.contains("put"),
            "tick {t}: {told}"
        );
    }
    assert_eq!(tick(&mut b, &["noop", "use:pot"]), "fetched agent_1 apple");
    assert_eq!(held(&mut b, 1), [1, 0], "the dish is used up");
    assert_eq!(
        tick(&mut b, &["use:pot", "noop"]),
        "put agent_0 apple",
        "it is empty again"
    );
}

#[test]
fn boxes_give_out_what_a_free_hand_takes_and_a_hatch_serves() {
    let mut b = kitchen(r#"{"thing":"gate","recipes":[{"in":[],"out":"crate"}]}"#);
    assert_eq!(
        tick(&mut b, &["use:pot", "use:pot"])
            .matches("fetched")
            .count(),
        2
    );
    assert_eq!(held(&mut b, 0), [0, 1]);
    assert_eq!(tick(&mut b, &["use:pot", "noop"]), "", "the hand is full");
    let mut b = kitchen(r#"{"thing":"gate","recipes":[{"in":["crate"]}]}"#);
    hold(&mut b, 0, [1, 0]);
    hold(&mut b, 1, [0, 1]);
    assert_eq!(
        tick(&mut b, &["use:pot", "use:pot"]),
        "served agent_1 crate"
    );
    assert_eq!([held(&mut b, 0), held(&mut b, 1)], [[1, 0], [0, 0]]);
}

#[test]
fn a_shelf_holds_one_thing_and_is_used_once_a_tick() {
    let mut b = kitchen(r#"{"thing":"gate","recipes":[]}"#);
    hold(&mut b, 0, [1, 0]);
    let told = tick(&mut b, &["use:pot", "use:pot"]);
    assert_eq!(told, "put agent_0 apple", "not taken in the same tick");
    hold(&mut b, 0, [0, 1]);
    assert_eq!(
        tick(&mut b, &["use:pot", "noop"]),
        "",
        "there lies something"
    );
    assert_eq!(tick(&mut b, &["noop", "use:pot"]), "fetched agent_1 apple");
}

#[test]
fn a_beam_uses_what_it_is_shot_at() {
    let config = r#"{"thing":"gate","recipes":[{"in":[],"out":"crate"}],"beam":"interact"}"#;
    let mut b = batch(&compile(
        ROOM,
        &[MOVE, PICK, BEAM, ("station", "box", config)],
    ));
    put(&mut b, 0, 1, 3, 1);
    put(&mut b, 1, 2, 4, 1);
    let told = tick(&mut b, &["interact", "interact"]);
    assert!(
        told.contains("fetched agent_0 crate") && !told.contains("fetched agent_1"),
        "{told}"
    );
}

#[test]
fn what_nobody_takes_burns_and_heavy_work_needs_two() {
    let pot = r#"{"thing":"gate","recipes":[{"in":["apple"],"out":"crate","ticks":2,"hands":2}],"burns":3}"#;
    let mut b = kitchen(pot);
    hold(&mut b, 0, [1, 0]);
    put(&mut b, 1, 2, 1, 0);
    tick(&mut b, &["use:pot", "noop"]);
    for _ in 0..10 {
        assert_eq!(
            tick(&mut b, &["noop", "noop"]),
            "",
            "one alone does not begin"
        );
    }
    put(&mut b, 1, 2, 4, 0);
    let told: Vec<String> = (0..6).map(|_| tick(&mut b, &["noop", "noop"])).collect();
    let when = |word| told.iter().position(|t| t.contains(word));
    assert_eq!(
        (when("cooked"), when("scorched")),
        (Some(2), Some(5)),
        "{told:?}"
    );
    assert_eq!(tick(&mut b, &["use:pot", "noop"]), "");
}

#[test]
fn a_pot_at_work_is_carried_along_by_a_fork() {
    let pot = r#"{"thing":"gate","recipes":[{"in":["apple"],"out":"crate","ticks":4}]}"#;
    let mut b = many(&compile(ROOM, &[MOVE, PICK, ("station", "pot", pot)]), 2, 3);
    put(&mut b, 0, 1, 3, 1);
    hold(&mut b, 0, [1, 0]);
    let uses = i32::try_from(b.groups()[0].action_names.len() - 1).expect("few");
    for t in 0..12 {
        let actions = if t % 5 == 0 { [uses, 0, 0, 0] } else { [0; 4] };
        if t > 1 {
            b.fork(0, 1).expect("same arm");
        }
        b.step(
            &[&actions],
            &mut [crate::batch::Out::default()],
            &crate::batch::Serial,
        )
        .expect("a step");
        if t > 2 && t % 5 != 0 {
            assert_eq!(b.hash(0), b.hash(1), "tick {t}");
        }
    }
    assert_eq!(held(&mut b, 0), [0, 1]);
}

#[test]
fn a_product_is_a_thing_with_its_row_and_waits_for_a_free_place() {
    let bell = (
        "device",
        "bell",
        r#"{"thing":"crate","trigger":"use","states":3}"#,
    );
    let pot = r#"{"thing":"gate","recipes":[{"in":["apple"],"out":"crate"}]}"#;
    let room = "######\n#A.cG#\n#.B..#\n######";
    let mut b = batch(&compile(room, &[MOVE, PICK, bell, ("station", "pot", pot)]));
    put(&mut b, 0, 1, 3, 1);
    b.edit(0, |one| {
        // A row to spare.
        let crate_ = one.table.kind("crate").expect("a kind");
        assert!(one.clear(crate_, one.table.geometry.cell(1, 3)));
        let apple = one.table.kind("apple").expect("a kind");
        assert!(one.place(apple, one.table.geometry.cell(1, 4)));
    });
    hold(&mut b, 0, [1, 0]);
    assert_eq!(tick(&mut b, &["use:pot", "noop"]), "put agent_0 apple");
    assert_eq!(tick(&mut b, &["noop", "noop"]), "", "an apple lies there");
    b.edit(0, |one| {
        let apple = one.table.kind("apple").expect("a kind");
        assert!(one.clear(apple, one.table.geometry.cell(1, 4)));
    });
    assert_eq!(tick(&mut b, &["noop", "noop"]), "cooked gate crate");
    assert!(b.edit(0, |one| one.things_agree()));
    assert_eq!(tick(&mut b, &["use:pot", "noop"]), "fetched agent_0 crate");
    assert!(b.edit(0, |one| one.things_agree()));
}

#[test]
fn a_pot_that_comes_anew_is_empty() {
    let pot = r#"{"thing":"gate","recipes":[{"in":["apple","apple"],"out":"crate"}]}"#;
    let mut b = kitchen(pot);
    hold(&mut b, 0, [2, 0]);
    tick(&mut b, &["use:pot", "noop"]);
    b.edit(0, |one| {
        let (gate, cell) = (
            one.table.kind("gate").expect("a kind"),
            one.table.geometry.cell(1, 4),
        );
        assert!(one.clear(gate, cell) && one.place(gate, cell));
    });
    assert_eq!(tick(&mut b, &["use:pot", "noop"]), "put agent_0 apple");
    assert_eq!(tick(&mut b, &["noop", "noop"]), "", "one of two");
}
