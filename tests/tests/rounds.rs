//! Rounds (`time.rounds`): the world is set up anew inside the episode, and the tick goes on.

use std::sync::Arc;

use commonweal_core::batch::{Autoreset, Batch, Config, Control, Serial};
use commonweal_core::scenario::{self, Compiled};
use commonweal_core::state::End;
use commonweal_tests::rows::{Buffers, same_in_all_arenas, step};
use commonweal_tests::small::Small;
use commonweal_tests::worlds;

/// Two walkers among apples, each there with a chance. Whoever walks into a wall ends the round.
fn text(rounds: &str) -> String {
    Small {
        ticks: 6,
        layers: "floor = [\"grass\"]\nsolid = [\"wall\"]\nitem = [\"apple\"]",
        roles: "[roles.walker]\nslots = 2\nfocal = 2\nview = { ahead = 2, behind = 2, side = 2 }\nvars = { luck = { type = \"int\", init = \"pick(1000)\", seen = \"self\" } }",
        rows: "#########\n#aaaaaaa#\n#aPaaaPa#\n#aaaaaaa#\n#########",
        legend: "\"#\" = \"wall\"\n\"P\" = { spawn = \"walker\" }\n\"a\" = { thing = \"apple\", p = 0.5 }",
        mechanics: "move = { mode = \"compass4\" }\npickup = { things = [\"apple\"], becomes = \"carried\" }",
        rules: "on taken(a, apple, _) do pay(a, main, 1); total += 1; here += 1\non bumped(_, _) do next_round()\nstart do starts += 1",
        more: "[vars]\ntotal = { type = \"int\", keep = true, seen = \"all\" }\nstarts = { type = \"int\", keep = true, seen = \"all\" }\nhere = { type = \"int\", seen = \"all\" }\ndrawn = { type = \"int\", init = \"pick(1000000)\", seen = \"all\" }",
        role: "",
        control: "set.mechanics.move.slip = 0.5",
    }
    .text()
    .replace("ticks = 6", &format!("ticks = 6\nclock = true\n{rounds}"))
}

fn compiled(rounds: &str) -> Arc<Compiled> {
    worlds::compile(&worlds::read("rounds", &text(rounds)), "asked")
}

fn batch(compiled: &Arc<Compiled>, arenas: usize, seed: u64) -> Batch {
    let config = Config {
        arenas,
        seed,
        control: Control::All,
        events: true,
        autoreset: Autoreset::Disabled,
        ..Config::default()
    };
    Batch::new(std::slice::from_ref(compiled), config).expect("a batch")
}

/// Steps arena 0 with both slots' actions by name.
fn act(batch: &mut Batch, buffers: &mut Buffers, actions: [&str; 2]) {
    let names = &batch.groups()[0].action_names;
    let numbers = actions.map(|a| {
        let at = names.iter().position(|n| n == a);
        i32::try_from(at.expect("an action")).expect("few")
    });
    step(batch, &[numbers.to_vec()], buffers, &Serial).expect("a step");
}

fn map(batch: &Batch, arena: usize) -> Vec<u8> {
    let mut words = Vec::new();
    batch.frame(arena, &mut words);
    words
}

fn var(batch: &Batch, name: &str) -> i64 {
    let vars = &batch.compiled(0).table.vars;
    let at = vars.iter().position(|v| v.name == name);
    batch.var(0, at.expect("a variable"))
}

fn own(batch: &Batch, buffers: &Buffers, slot: usize, name: &str) -> i32 {
    let names = &batch.groups()[0].own_names;
    let at = names.iter().position(|n| n == name).expect("a name");
    buffers.0[0].own[slot * names.len() + at]
}

#[test]
fn a_round_begins_after_its_ticks_and_the_tick_goes_on() {
    let compiled = compiled("rounds = 3");
    let mut b = batch(&compiled, 1, 5);
    let mut buffers = Buffers::of(&b);
    let mut maps = vec![map(&b, 0)];
    let mut draws = vec![var(&b, "drawn")];
    for tick in 1..=18 {
        act(&mut b, &mut buffers, ["noop", "noop"]);
        assert_eq!(b.tick(0), tick);
        assert_eq!(
            own(&b, &buffers, 0, "tick"),
            i32::try_from(tick).expect("few")
        );
        let last = tick == 18;
        assert_eq!(b.end(0) != End::Running, last, "tick {tick}");
        // The clock of the running round: its own limit.
        let limit = if last {
            18
        } else {
            (i32::try_from(tick).expect("few") / 6 + 1) * 6
        };
        assert_eq!(own(&b, &buffers, 0, "ticks"), limit);
        if tick % 6 == 0 && !last {
            maps.push(map(&b, 0));
            draws.push(var(&b, "drawn"));
        } else if !last {
            assert_eq!(
                *maps.last().expect("one"),
                map(&b, 0),
                "nothing happens by itself"
            );
        }
    }
    assert_eq!(b.end(0), End::Truncated);
    assert!(buffers.0[0].truncated[0] && !buffers.0[0].terminated[0]);
    assert_eq!(maps.len(), 3);
    assert!(
        maps[0] != maps[1] && maps[1] != maps[2] && maps[0] != maps[2],
        "each round draws its own layout"
    );
    assert!(
        draws[0] != draws[1] && draws[1] != draws[2],
        "and its own variables: {draws:?}"
    );
    assert_eq!(var(&b, "starts"), 3, "start rules run in every round");
}

#[test]
fn what_is_kept_stays_and_all_else_begins_again() {
    let compiled = compiled("rounds = 4");
    for seed in 0..8 {
        let mut b = batch(&compiled, 1, seed);
        let mut buffers = Buffers::of(&b);
        let names = &b.groups()[0].own_names;
        let carried = names
            .iter()
            .find(|n| n.contains("apple"))
            .expect("a count")
            .clone();
        let mut total = 0;
        for tick in 1..=23u64 {
            // Up and down in the middle: nobody bumps.
            let go = if tick % 2 == 1 { "n" } else { "s" };
            act(&mut b, &mut buffers, [go, "noop"]);
            let taken: i64 = b.pay(0).iter().map(|p| p / 1_000_000).sum();
            total += taken;
            assert_eq!(var(&b, "total"), total);
            #[expect(clippy::cast_possible_truncation, reason = "a small whole number")]
            let told = i64::from(buffers.0[0].reward[0] as i32);
            assert_eq!(
                told, taken,
                "the reward of the tick that ends a round arrives"
            );
            if tick % 6 == 0 {
                assert_eq!(var(&b, "here"), 0);
                assert_eq!(
                    own(&b, &buffers, 0, &carried),
                    0,
                    "what was carried belongs to the world"
                );
            }
        }
    }
}

#[test]
fn the_draws_of_a_round_are_addressed_by_its_first_tick_and_by_nothing_that_happened() {
    let compiled = compiled("rounds = 3");
    let mut b = batch(&compiled, 2, 7);
    let seed = b.seed(0);
    b.start(1, seed, 0);
    let mut buffers = Buffers::of(&b);
    // n, s: one walker goes up and down, the other stays: no bump in either arena.
    for tick in 0..6 {
        let mut actions = vec![0; 4];
        actions[2] = if tick % 2 == 0 { 1 } else { 3 };
        step(&mut b, &[actions], &mut buffers, &Serial).expect("a step");
    }
    assert_eq!(
        map(&b, 0),
        map(&b, 1),
        "the second round is the same whatever was done in the first"
    );
    // A round that begins at another tick has other draws.
    let mut early = batch(&compiled, 1, 7);
    let mut buffers = Buffers::of(&early);
    for actions in [["n", "noop"], ["n", "noop"]] {
        act(&mut early, &mut buffers, actions);
    }
    assert_eq!(
        (early.tick(0), var(&early, "starts")),
        (2, 2),
        "the second step is a bump"
    );
    assert_ne!(map(&early, 0), map(&b, 0));
}

#[test]
fn a_round_can_be_ended_and_the_last_end_is_the_episodes() {
    let compiled = compiled("rounds = 2");
    let mut b = batch(&compiled, 1, 3);
    let mut buffers = Buffers::of(&b);
    act(&mut b, &mut buffers, ["n", "noop"]);
    assert_eq!(var(&b, "starts"), 1, "a step is no bump");
    act(&mut b, &mut buffers, ["n", "noop"]);
    assert_eq!(
        (var(&b, "starts"), b.tick(0), b.end(0)),
        (2, 2, End::Running)
    );
    assert!(
        b.events(0).iter().any(|e| e.event == "bumped"),
        "the events of the tick are still there"
    );
    for _ in 0..2 {
        act(&mut b, &mut buffers, ["n", "noop"]);
    }
    assert_eq!((b.tick(0), b.end(0)), (4, End::Terminated));
    assert!(buffers.0[0].terminated.iter().all(|t| *t), "for all");
    b.reset(None, None, &mut buffers.outs()).expect("a reset");
    assert_eq!(
        (b.tick(0), b.end(0), var(&b, "starts")),
        (0, End::Running, 1),
        "nothing crosses an episode"
    );
    // By the limit alone it is a cut, after all rounds.
    for _ in 0..12 {
        assert_eq!(b.end(0), End::Running);
        act(&mut b, &mut buffers, ["noop", "noop"]);
    }
    assert_eq!(b.end(0), End::Truncated);
}

#[test]
fn an_arm_with_one_round_is_the_world_without_rounds() {
    let one = compiled("rounds = 1");
    let none = compiled("");
    let (mut a, mut b) = (batch(&one, 3, 9), batch(&none, 3, 9));
    let mut buffers = Buffers::of(&a);
    for tick in 0..6 {
        for k in 0..3 {
            assert_eq!(a.hash(k), b.hash(k));
        }
        if (0..3).any(|k| a.end(k) != End::Running) {
            break;
        }
        let actions = same_in_all_arenas(&a, 2, tick);
        step(&mut a, &actions, &mut buffers, &Serial).expect("a step");
        step(&mut b, &actions, &mut buffers, &Serial).expect("a step");
    }
    assert!(
        a.columns().iter().all(|c| c.name != "arena.round"),
        "one round keeps no count of rounds"
    );
}

/// A law over many seeds: wherever an episode of rounds is cut, the snapshot and the fork go on as the original does.
#[test]
fn snapshots_and_forks_go_on_over_rounds_as_the_original_does() {
    let compiled = compiled("rounds = 5");
    for seed in 0..24u64 {
        let mut b = batch(&compiled, 3, seed);
        let mut buffers = Buffers::of(&b);
        let cut = seed % 11 + 1;
        let mut tick = 0;
        let mut copied = false;
        while (0..3).all(|k| b.end(k) == End::Running) {
            if tick == cut {
                let kept = b.snapshot(0);
                b.restore(1, &kept).expect("of this build");
                b.fork(0, 2).expect("same arm");
                copied = true;
            }
            if copied {
                let hash = b.hash(0);
                assert_eq!(
                    (hash, hash),
                    (b.hash(1), b.hash(2)),
                    "seed {seed}, tick {tick}"
                );
            }
            let actions = same_in_all_arenas(&b, seed, tick);
            step(&mut b, &actions, &mut buffers, &Serial).expect("a step");
            tick += 1;
        }
        assert!(tick > 3, "seed {seed}");
        if copied {
            assert_eq!((b.end(0), b.end(0)), (b.end(1), b.end(2)));
        }
    }
}

#[test]
fn wrong_rounds_get_a_sentence() {
    let told = |text: &str| {
        let (_, diagnostics) = scenario::check("rounds", text);
        let lines: Vec<String> = diagnostics
            .iter()
            .map(|d| d.line("rounds.toml", text))
            .collect();
        lines.join("\n")
    };
    let many = text("rounds = 1000").replace("ticks = 6", "ticks = 101");
    assert!(
        told(&many).contains("101000 ticks of an episode, the limit is 100000"),
        "{}",
        told(&many)
    );
    let kept = text("rounds = 2").replace("seen = \"self\"", "seen = \"self\", keep = true");
    assert!(
        told(&kept).contains("only variables of the arena are kept over rounds"),
        "{}",
        told(&kept)
    );
    let hidden = text("rounds = 2")
        .replace(
            "here = { type = \"int\", seen = \"all\" }",
            "here = { type = \"int\" }",
        )
        .replace(
            "on bumped(_, _) do next_round()",
            "on bumped(_, _) when here > 1 do next_round()",
        );
    assert!(told(&hidden).contains("E412"), "{}", told(&hidden));
}
