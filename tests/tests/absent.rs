//! Common random numbers: taking away an agent that nobody can meet changes nothing for the others.

use std::sync::Arc;

use commonweal_core::batch::{Batch, Config, Control, Serial};
use commonweal_core::ids::Slot;
use commonweal_core::scenario::Compiled;
use commonweal_tests::rows::{Buffers, same_in_all_arenas, step};
use commonweal_tests::small::Small;
use commonweal_tests::worlds;

/// Three walkers that eat, fire, are sent away and come back to drawn cells, in a field that regrows; and one more in a cell of
/// its own, out of sight. Who starts where, which apples lie there and where the returning come back is drawn.
fn world() -> Arc<Compiled> {
    let text = Small {
        ticks: 400,
        layers: "floor = [\"grass\"]\nsolid = [\"wall\"]\nitem = [\"apple\"]",
        roles: "[roles.hermit]\nslots = 1\nview = { ahead = 2, behind = 2, side = 2 }\n\
                [roles.walker]\nslots = 3\nfocal = 3\nview = { ahead = 2, behind = 2, side = 2 }",
        rows: "###############\n#H####P.a.a.P.#\n######.aaaaaa.#\n#####P.a.a.aP.#\n#####aaP.P.aaa#\n###############",
        legend: "\"#\" = \"wall\"\n\"a\" = { thing = \"apple\", p = 0.6 }\n\"P\" = { spawn = \"walker\" }\n\"H\" = { spawn = \"hermit\" }",
        mechanics: "move = { mode = \"compass4\", slip = 0.1 }\n\
                    pickup = { things = [\"apple\"], becomes = \"eaten\" }\n\
                    regrow.apple = { thing = \"apple\", where = \"initial\", chance = [0.02, 0.05, 0.1] }\n\
                    beam.zap = { length = 3, radius = 1, cooldown = 2 }\n\
                    absence = { return_at = \"spawn\" }",
        rules: "on eaten(a, apple, _) do pay(a, main, 1)\non hit(zap, _, b) do send_away(b, 7)\n\
                luck: on eaten(a, apple, _) when chance(10%) do pay(a, main, pick(5))",
        more: "",
        role: "walker",
        control: "set.mechanics.move.every = 2",
    }
    .text();
    worlds::compile(&worlds::read("walled_off", &text), "asked")
}

/// How many differing bytes belong to others than the slot.
fn foreign_differences(
    batch: &mut Batch,
    compiled: &Compiled,
    slot: usize,
    bytes_of: &[(&str, usize)],
) -> Vec<String> {
    let table = &compiled.table;
    let (width, home) = (usize::from(table.geometry.width), (1usize, 1usize));
    let mut out = Vec::new();
    for diff in batch.diff(0, 1).expect("a difference") {
        let bytes = bytes_of
            .iter()
            .find(|(name, _)| *name == diff.column)
            .expect("a column of the batch")
            .1;
        let cells = usize::from(table.geometry.height) * width;
        let mine = |at: usize| {
            if bytes == cells * 8 {
                at / 8 == home.0 * width + home.1
            } else {
                // Columns of agents, and what is kept slot by slot: equal parts in slot order.
                bytes % table.n_slots() == 0 && at / (bytes / table.n_slots()) == slot
            }
        };
        assert_eq!(
            diff.at.len(),
            diff.bytes,
            "column {}: {} bytes differ, more than are listed",
            diff.column,
            diff.bytes
        );
        out.extend(
            diff.at
                .iter()
                .filter(|&&at| !mine(at))
                .map(|at| format!("{} byte {at}", diff.column)),
        );
    }
    out
}

/// How often an event came in the last tick.
fn happened(batch: &Batch, compiled: &Compiled, event: &str) -> usize {
    let event = compiled.table.event(event).expect("an event of a mechanic");
    batch
        .event_rows(0)
        .iter()
        .filter(|row| row.event == event.get())
        .count()
}

#[test]
fn removing_a_walled_off_agent_changes_no_other_column_for_1000_ticks() {
    let compiled = world();
    let hermit = compiled.table.role("hermit").expect("a role").index();
    let slot = usize::from(compiled.table.roles[hermit].first);
    let config = Config {
        arenas: 2,
        control: Control::All,
        events: true,
        seed: 31,
        ..Config::default()
    };
    let mut with = Batch::new(std::slice::from_ref(&compiled), config.clone()).expect("a batch");
    let absent = vec![Slot::new(u8::try_from(slot).expect("small"))];
    let mut without =
        Batch::new(std::slice::from_ref(&compiled), Config { absent, ..config }).expect("a batch");
    let sizes: Vec<(&str, usize)> = with.columns().iter().map(|c| (c.name, c.bytes)).collect();
    let (mut a, mut b) = (Buffers::of(&with), Buffers::of(&without));
    with.reset(None, None, &mut a.outs()).expect("a reset");
    without.reset(None, None, &mut b.outs()).expect("a reset");
    let (mut returned, mut grew, mut eaten) = (0, 0, 0);
    for tick in 0..1000 {
        let actions = same_in_all_arenas(&with, 32, tick);
        step(&mut with, &actions, &mut a, &Serial).expect("a step");
        step(&mut without, &actions, &mut b, &Serial).expect("a step");
        // The state without the hermit, beside the one with it, in a batch of its own.
        let mut both = Batch::new(
            std::slice::from_ref(&compiled),
            Config {
                arenas: 2,
                ..Config::default()
            },
        )
        .expect("a batch");
        both.fork_from(&mut with, 0, 0).expect("a fork");
        both.fork_from(&mut without, 0, 1).expect("a fork");
        assert_eq!(
            foreign_differences(&mut both, &compiled, slot, &sizes),
            [] as [String; 0],
            "tick {tick}"
        );
        assert!(
            a.0[1] == b.0[1],
            "what the walkers see differs in tick {tick}"
        );
        if tick == 0 {
            assert_ne!(
                with.hash(0),
                without.hash(0),
                "the hermit itself is part of the state"
            );
        }
        eaten += a.0[1].reward.iter().filter(|r| **r > 0.0).count();
        returned += happened(&with, &compiled, "returned");
        grew += happened(&with, &compiled, "grew");
    }
    assert!(
        eaten > 50 && returned > 20 && grew > 50,
        "they lived: {eaten} meals, {returned} returns, {grew} apples grew"
    );
    assert!(with.episode(0) >= 2, "resets came in between");
}
