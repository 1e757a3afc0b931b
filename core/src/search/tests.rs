//! Tests on small worlds, and against a search by brute force.

use std::collections::BTreeSet;

use super::*;
use crate::batch::Serial;
use crate::testing::{batch, compile, put};

const MOVE: (&str, &str, &str) = ("move", "", r#"{"mode":"compass4"}"#);
const ROOM: &str = "#######\n#A....#\n#.....#\n#..a..#\n#....B#\n#.....#\n#######";
const PICK: (&str, &str, &str) = ("pickup", "", r#"{"things":["apple"],"becomes":"eaten"}"#);

fn room() -> (Arc<Compiled>, Batch) {
    let compiled = compile(ROOM, &[MOVE, PICK]);
    let mut b = batch(&compiled);
    put(&mut b, 0, 3, 3, 0);
    put(&mut b, 1, 4, 5, 0);
    (compiled, b)
}

/// Outcomes by playing every action string from the start.
fn brute(compiled: &Arc<Compiled>, b: &mut Batch, question: &Question) -> BTreeSet<u64> {
    let slot = question.who[0];
    let n = compiled.table.roles[0].actions.len();
    let mut forks = Forks::new(compiled, 1, false).expect("room for one");
    let mut found = BTreeSet::new();
    for number in 0..n.pow(question.ticks) {
        forks.clear();
        let f = forks.fork(b, 0).expect("a fork");
        forks
            .coplayers(f, &[slot], &question.coplayers)
            .expect("co-players");
        let mut rest = number;
        for _ in 0..question.ticks {
            let action = u8::try_from(rest % n).expect("few");
            rest /= n;
            forks.act(f, slot, action).expect("an action");
            forks.step(&Serial);
        }
        let outcome = forks
            .batch()
            .edit(f, |one| question.phi.of(one, question.of));
        found.insert(outcome);
    }
    found
}

#[test]
fn a_search_finds_what_playing_every_string_finds_for_every_projection() {
    let (compiled, mut b) = room();
    let mut search = Search::new(&compiled).expect("a search");
    let projections = [
        Phi::OwnPos,
        Phi::OwnState,
        Phi::WorldObjects,
        Phi::OtherPos(Slot::new(1)),
        Phi::All,
    ];
    for coplayers in [Coplayers::Null, Coplayers::Replay(vec![vec![], vec![4, 4]])] {
        for phi in projections {
            let question = Question {
                phi,
                coplayers: coplayers.clone(),
                ..Question::of(Slot::new(0), 2)
            };
            let found = search
                .reach(&mut b, 0, &question, &Serial)
                .expect("a search");
            assert!(!found.truncated && !found.fault);
            let all: Vec<u64> = brute(&compiled, &mut b, &question).into_iter().collect();
            assert_eq!(found.outcomes, all, "{phi:?}");
        }
    }
}

#[test]
fn a_budget_cuts_and_says_so_and_lanes_decide_nothing() {
    let (compiled, mut b) = room();
    let mut wide = Search::new(&compiled).expect("a search");
    let mut narrow = Search::with(&compiled, 7, &[], Clock::In).expect("a search");
    let question = Question {
        coplayers: Coplayers::Null,
        ..Question::of(Slot::new(0), 4)
    };
    let whole = wide.reach(&mut b, 0, &question, &Serial).expect("a search");
    assert_eq!(
        narrow
            .reach(&mut b, 0, &question, &Serial)
            .expect("a search"),
        whole
    );
    let tight = Question {
        budget: whole.forks - 1,
        ..question.clone()
    };
    let cut = wide.reach(&mut b, 0, &tight, &Serial).expect("a search");
    assert!(cut.truncated && cut.count() <= whole.count());
    let exact = Question {
        budget: whole.forks,
        ..question
    };
    assert!(
        !wide
            .reach(&mut b, 0, &exact, &Serial)
            .expect("a search")
            .truncated
    );
}

#[test]
fn many_roots_at_once_find_what_each_finds_alone() {
    let (compiled, mut b) = room();
    let mut search = Search::new(&compiled).expect("a search");
    let asked = |slot: u8, ticks| Question::of(Slot::new(slot), ticks);
    let questions = [asked(0, 3), asked(1, 2), asked(0, 0), asked(1, 4)];
    let roots: Vec<Root> = questions
        .iter()
        .map(|q| search.root(&mut b, 0, q).expect("a root"))
        .collect();
    let together = search.run(&roots, &Serial);
    for (root, found) in roots.iter().zip(&together) {
        assert_eq!(search.run(std::slice::from_ref(root), &Serial)[0], *found);
    }
    assert_eq!(together[2].count(), 1, "the present state alone");
}

#[test]
fn what_does_not_exist_is_refused() {
    let (compiled, mut b) = room();
    let mut search = Search::new(&compiled).expect("a search");
    let wrong = Question::of(Slot::new(7), 1);
    assert!(search.reach(&mut b, 0, &wrong, &Serial).is_err());
    let wrong = Question {
        actions: vec![200],
        ..Question::of(Slot::new(0), 1)
    };
    assert!(search.reach(&mut b, 0, &wrong, &Serial).is_err());
    let table = &compiled.table;
    assert_eq!(Phi::named("own_pos", table), Ok(Phi::OwnPos));
    assert_eq!(
        Phi::named("other_pos(agent_1)", table),
        Ok(Phi::OtherPos(Slot::new(1)))
    );
    assert!(Phi::named("other_pos(9)", table).is_err());
    assert!(Phi::named("score", table).is_err());
}
