//! Tests of the operators on small worlds.

use super::*;
use crate::batch::Serial;
use crate::testing::{batch, compile, put};

const MOVE: (&str, &str, &str) = ("move", "", r#"{"mode":"compass4"}"#);
const ROOM: &str = "#######\n#A..B.#\n#..a..#\n#######";

fn place(forks: &mut Forks, fork: usize, slot: u8) -> (i32, i32) {
    forks.batch().edit(fork, |one| {
        let cell = one.agents.pos[usize::from(slot)].0;
        one.table.geometry.place(crate::ids::Cell::new(cell))
    })
}

/// The room with slots 0 and 1 where the map says.
fn room() -> (Batch, Forks) {
    let compiled = compile(ROOM, &[MOVE]);
    let mut b = batch(&compiled);
    put(&mut b, 0, 1, 1, 0);
    put(&mut b, 1, 1, 4, 0);
    let forks = Forks::new(&compiled, 8, true).expect("room for eight");
    (b, forks)
}

fn action(b: &Batch, name: &str) -> u8 {
    let actions = &b.compiled(0).table.roles[0].actions;
    let at = actions.iter().position(|a| a.name == name);
    u8::try_from(at.expect("an action")).expect("few")
}

#[test]
fn a_forced_action_is_played_once_and_by_that_fork_alone() {
    let (mut b, mut forks) = room();
    let east = action(&b, "e");
    let (a, c) = (
        forks.fork(&mut b, 0).expect("a fork"),
        forks.fork(&mut b, 0).expect("a fork"),
    );
    forks.act(a, Slot::new(0), east).expect("an action");
    forks.step(&Serial);
    forks.step(&Serial);
    assert_eq!(place(&mut forks, a, 0), (1, 2));
    assert_eq!(place(&mut forks, c, 0), (1, 1));
    assert_eq!(b.tick(0), 0, "the original stands still");
    assert!(forks.act(a, Slot::new(0), 99).is_err());
    assert!(forks.act(7, Slot::new(0), 0).is_err());
    assert!(forks.null(a, Slot::new(9)).is_err());
}

#[test]
fn replayed_actions_end_in_noop_and_a_copy_goes_on_with_them() {
    let (mut b, mut forks) = room();
    let east = action(&b, "e");
    let a = forks.fork(&mut b, 0).expect("a fork");
    let all = vec![vec![east, east], Vec::new()];
    forks
        .coplayers(a, &[], &Coplayers::Replay(all))
        .expect("actions");
    forks.step(&Serial);
    let c = forks.fork_of(a).expect("a copy");
    for _ in 0..3 {
        forks.step(&Serial);
    }
    assert_eq!(place(&mut forks, a, 0), (1, 3));
    assert_eq!(forks.batch().hash(a), forks.batch().hash(c));
}

#[test]
fn who_is_absent_blocks_nobody_and_who_is_idle_does() {
    let (mut b, mut forks) = room();
    put(&mut b, 1, 1, 2, 0);
    let east = action(&b, "e");
    let (gone, idle) = (
        forks.fork(&mut b, 0).expect("a fork"),
        forks.fork(&mut b, 0).expect("a fork"),
    );
    forks.absent(gone, Slot::new(1)).expect("a slot");
    forks.null(idle, Slot::new(1)).expect("a slot");
    for fork in [gone, idle] {
        forks.act(fork, Slot::new(0), east).expect("an action");
    }
    forks.step(&Serial);
    assert_eq!(place(&mut forks, gone, 0), (1, 2));
    assert_eq!(place(&mut forks, idle, 0), (1, 1));
}

#[test]
fn edits_are_made_or_refused_with_a_sentence() {
    let (mut b, mut forks) = room();
    let f = forks.fork(&mut b, 0).expect("a fork");
    let body = |cell| Edit::Body {
        slot: Slot::new(0),
        cell,
    };
    forks.edit(f, &body((2, 2))).expect("a free cell");
    assert_eq!(place(&mut forks, f, 0), (2, 2));
    let before = forks.batch().hash(f);
    let kind = "apple";
    let wrong = [
        (body((0, 0)), "cell (0, 0) is not free"),
        (body((1, 4)), "cell (1, 4) is not free"),
        (
            body((9, 0)),
            "cell (9, 0) lies off the map, which has 4 rows and 7 columns",
        ),
        (
            Edit::Var {
                name: "x",
                value: 1,
            },
            "there is no variable `x`; there are: ",
        ),
        (
            Edit::Place { kind, cell: (2, 3) },
            "there is no room for `apple` in cell (2, 3)",
        ),
        (
            Edit::Clear { kind, cell: (2, 1) },
            "there is no `apple` in cell (2, 1)",
        ),
        (
            Edit::Clear {
                kind: "pear",
                cell: (2, 1),
            },
            "there is no kind `pear`",
        ),
        (
            Edit::State {
                kind: "gate",
                cell: (1, 1),
                state: 1,
            },
            "there is no `gate` with a state of its own in cell (1, 1)",
        ),
    ];
    for (edit, sentence) in wrong {
        let error = forks.edit(f, &edit).expect_err("refused");
        assert_eq!(error.to_string(), sentence);
        assert_eq!(forks.batch().hash(f), before, "{sentence}");
    }
    let cell = (2, 3);
    forks
        .edit(f, &Edit::Clear { kind, cell })
        .expect("there is one");
    assert_ne!(forks.batch().hash(f), before);
    forks
        .edit(f, &Edit::Place { kind, cell })
        .expect("there is room");
    assert_eq!(forks.batch().hash(f), before);
}

#[test]
fn there_are_no_more_forks_than_there_is_room_for() {
    let (mut b, mut forks) = room();
    for _ in 0..forks.capacity() {
        forks.fork(&mut b, 0).expect("room");
    }
    assert!(forks.fork(&mut b, 0).is_err());
    forks.clear();
    assert!(forks.is_empty());
    forks.fork(&mut b, 0).expect("room again");
    assert_eq!(forks.len(), 1);
}
