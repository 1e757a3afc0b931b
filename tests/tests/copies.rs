//! Forks and snapshots go on as their originals; what does not belong is refused with a sentence.

use commonweal_core::batch::{Autoreset, Batch, Config, Control, Serial};
use commonweal_core::ids::Domain;
use commonweal_core::state::End;
use commonweal_tests::rows::{Buffers, each_arena_its_own, same_in_all_arenas, step};
use commonweal_tests::worlds;

const TICKS: u64 = 1000;

fn config(arenas: usize, seed: u64) -> Config {
    Config {
        arenas,
        seed,
        domain: Domain::Pilot,
        ..Config::default()
    }
}

/// The first cell of each arm of each shipped scenario.
fn all() -> Vec<std::sync::Arc<commonweal_core::scenario::Compiled>> {
    let scenarios = worlds::shipped();
    scenarios
        .iter()
        .flat_map(|s| {
            s.arms
                .iter()
                .map(|a| worlds::compile(s, &a.cell_name(0)))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn a_fork_in_mid_episode_goes_on_as_its_parent_for_1000_ticks() {
    for compiled in all() {
        let who = format!("{} {}", compiled.id, compiled.arm);
        let mut batch = Batch::new(&[compiled], config(3, 5)).expect("a batch");
        let mut buffers = Buffers::of(&batch);
        batch
            .reset(None, None, &mut buffers.outs())
            .expect("a reset");
        for tick in 0..37 {
            let actions = each_arena_its_own(&batch, 1, tick, 0);
            step(&mut batch, &actions, &mut buffers, &Serial).expect("a step");
        }
        assert_ne!(
            batch.hash(0),
            batch.hash(2),
            "{who}: arenas of other seeds are in other states"
        );
        batch.fork(0, 2).expect("a fork");
        buffers.forget_ends();
        for tick in 0..TICKS {
            let actions = same_in_all_arenas(&batch, 2, tick);
            step(&mut batch, &actions, &mut buffers, &Serial).expect("a step");
            assert_eq!(
                batch.hash(0),
                batch.hash(2),
                "{who}: {tick} ticks after the fork"
            );
            assert!(
                buffers.arena(0, 3) == buffers.arena(2, 3),
                "{who}: what is seen {tick} ticks after the fork"
            );
            assert_eq!(
                batch.pay(0),
                batch.pay(2),
                "{who}: what is paid {tick} ticks after the fork"
            );
        }
        assert_eq!(
            batch.diff(0, 2).expect("a difference"),
            [],
            "{who}: a null fork differs by nothing"
        );
        assert!(
            batch.snapshot(0) == batch.snapshot(2),
            "{who}: every byte of the state"
        );
    }
}

#[test]
fn a_null_fork_differs_by_exactly_nothing_and_another_action_by_something() {
    for compiled in all() {
        let who = format!("{} {}", compiled.id, compiled.arm);
        let mut batch = Batch::new(
            &[compiled],
            Config {
                control: Control::All,
                ..config(2, 6)
            },
        )
        .expect("a batch");
        let mut buffers = Buffers::of(&batch);
        batch
            .reset(None, None, &mut buffers.outs())
            .expect("a reset");
        batch.fork(0, 1).expect("a fork");
        assert_eq!(batch.diff(0, 1).expect("a difference"), [], "{who}");
        let mut parted = false;
        for tick in 0..40 {
            let actions = each_arena_its_own(&batch, 3, tick, 0);
            step(&mut batch, &actions, &mut buffers, &Serial).expect("a step");
            parted |= !batch.diff(0, 1).expect("a difference").is_empty();
        }
        assert!(
            parted || batch.episode(0) > 30,
            "{who}: other actions lead elsewhere, so `diff` sees differences"
        );
    }
}

#[test]
fn a_snapshot_goes_on_in_another_slot_of_another_batch() {
    for compiled in all() {
        let who = format!("{} {}", compiled.id, compiled.arm);
        let mut here = Batch::new(std::slice::from_ref(&compiled), config(3, 7)).expect("a batch");
        let mut there = Batch::new(
            &[compiled],
            Config {
                shard_arenas: 2,
                ..config(5, 4711)
            },
        )
        .expect("a batch");
        let (mut a, mut b) = (Buffers::of(&here), Buffers::of(&there));
        here.reset(None, None, &mut a.outs()).expect("a reset");
        there.reset(None, None, &mut b.outs()).expect("a reset");
        for tick in 0..51 {
            let actions = each_arena_its_own(&here, 4, tick, 0);
            step(&mut here, &actions, &mut a, &Serial).expect("a step");
        }
        there
            .restore(4, &here.snapshot(1))
            .expect("the same compiled scenario");
        assert_eq!(here.hash(1), there.hash(4), "{who}");
        a.forget_ends();
        for tick in 0..TICKS {
            let actions = same_in_all_arenas(&here, 5, tick);
            step(&mut here, &actions, &mut a, &Serial).expect("a step");
            let actions = same_in_all_arenas(&there, 5, tick);
            step(&mut there, &actions, &mut b, &Serial).expect("a step");
            assert_eq!(here.hash(1), there.hash(4), "{who}: {tick} ticks later");
            assert!(
                a.arena(1, 3) == b.arena(4, 5),
                "{who}: what is seen {tick} ticks later"
            );
        }
        assert_eq!(
            (here.episode(1), here.seed(1)),
            (there.episode(4), there.seed(4)),
            "{who}"
        );
        assert!(
            here.episode(1) > 0 || here.compiled(1).table.time.ticks >= 1000,
            "{who}: an episode ended in between"
        );
        let mut moved = Batch::new(&[here.compiled(0).clone()], config(1, 0)).expect("a batch");
        moved
            .fork_from(&mut here, 1, 0)
            .expect("the same compiled scenario");
        assert!(
            moved.snapshot(0) == here.snapshot(1),
            "{who}: a fork across batches is a snapshot restored"
        );
    }
}

#[test]
fn a_snapshot_that_is_cut_or_changed_is_refused_and_nothing_happens() {
    for compiled in all() {
        let mut batch = Batch::new(&[compiled], config(2, 8)).expect("a batch");
        let (snapshot, before) = (batch.snapshot(0), batch.snapshot(1));
        let step = snapshot.len().div_ceil(200);
        for n in (0..snapshot.len()).step_by(step) {
            let error = batch
                .restore(1, &snapshot[..n])
                .expect_err("cut")
                .to_string();
            assert!(
                error.len() > 20 && !error.contains("panic"),
                "a sentence: {error}"
            );
        }
        for at in (0..snapshot.len()).step_by(step) {
            let mut changed = snapshot.clone();
            changed[at] ^= 0x10;
            assert!(batch.restore(1, &changed).is_err(), "byte {at} changed");
        }
        let mut longer = snapshot.clone();
        longer.push(0);
        assert!(batch.restore(1, &longer).is_err(), "a byte too many");
        assert!(batch.snapshot(1) == before, "the arena kept its state");
        batch
            .restore(1, &snapshot)
            .expect("the snapshot itself is good");
    }
}

#[test]
fn a_snapshot_of_another_scenario_or_arm_is_refused_by_name() {
    let all = all();
    for a in &all {
        for b in &all {
            if a.hash == b.hash {
                continue;
            }
            let mut from = Batch::new(std::slice::from_ref(a), config(1, 9)).expect("a batch");
            let mut to = Batch::new(std::slice::from_ref(b), config(1, 9)).expect("a batch");
            let before = to.hash(0);
            let error = to
                .restore(0, &from.snapshot(0))
                .expect_err("another scenario")
                .to_string();
            assert!(error.len() > 20, "a sentence: {error}");
            assert!(to.fork_from(&mut from, 0, 0).is_err());
            assert_eq!(to.hash(0), before, "the arena kept its state");
        }
    }
}

#[test]
fn no_state_crosses_an_episode() {
    // An arena that has lived through an episode and one that starts it afresh are in the same state.
    for compiled in all() {
        let who = format!("{} {}", compiled.id, compiled.arm);
        let off = Autoreset::Disabled;
        let mut old = Batch::new(
            std::slice::from_ref(&compiled),
            Config {
                autoreset: off,
                ..config(1, 10)
            },
        )
        .expect("a batch");
        let mut buffers = Buffers::of(&old);
        old.reset(None, None, &mut buffers.outs()).expect("a reset");
        for tick in 0..90 {
            if old.end(0) != End::Running {
                break;
            }
            let actions = same_in_all_arenas(&old, 6, tick);
            step(&mut old, &actions, &mut buffers, &Serial).expect("a step");
        }
        old.reset(Some(&[true]), None, &mut buffers.outs())
            .expect("a reset");
        let mut new = Batch::new(
            &[compiled],
            Config {
                autoreset: off,
                ..config(1, 11)
            },
        )
        .expect("a batch");
        new.start(0, old.seed(0), old.episode(0));
        assert!(old.snapshot(0) == new.snapshot(0), "{who}");
        let mut fresh = Buffers::of(&new);
        for tick in 0..90 {
            if new.end(0) != End::Running {
                break;
            }
            let actions = same_in_all_arenas(&old, 7, tick);
            step(&mut old, &actions, &mut buffers, &Serial).expect("a step");
            step(&mut new, &actions, &mut fresh, &Serial).expect("a step");
            assert_eq!(old.hash(0), new.hash(0), "{who}: tick {tick}");
            assert!(buffers == fresh, "{who}: what is seen in tick {tick}");
        }
    }
}
