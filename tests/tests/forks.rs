//! A fork to which nothing is done differs from its original by exactly nothing, in every shipped scenario; and what the operators
//! do there.

use std::sync::Arc;

use commonweal_core::batch::{Autoreset, Batch, Config, Control, Serial};
use commonweal_core::fork::Forks;
use commonweal_core::ids::Slot;
use commonweal_core::scenario::Compiled;
use commonweal_core::state::End;
use commonweal_tests::worlds;

/// Ticks before the fork, and after it.
const BEFORE: u32 = 7;
const AFTER: u32 = 18;

fn batch(compiled: &Arc<Compiled>, control: Control) -> Batch {
    let config = Config {
        arenas: 2,
        control,
        seed: 11,
        events: true,
        autoreset: Autoreset::Disabled,
        ..Config::default()
    };
    Batch::new(std::slice::from_ref(compiled), config).expect("a batch")
}

/// Some action of a row, legal or not, the same whenever it is asked for.
fn action(tick: u32, row: usize, n: usize) -> i32 {
    let mixed = (u64::from(tick) * 1_000_003 + row as u64 + 17).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    i32::try_from((mixed >> 33) % n as u64).expect("few actions")
}

/// The actions of every group in a tick.
fn actions(batch: &Batch, tick: u32) -> Vec<Vec<i32>> {
    let of = |group: &commonweal_core::batch::Group| {
        let rows = batch.arenas() * group.slots.len();
        (0..rows)
            .map(|row| action(tick, row, group.action_names.len()))
            .collect()
    };
    batch.groups().iter().map(of).collect()
}

fn running(batch: &Batch) -> bool {
    (0..batch.arenas()).all(|arena| batch.end(arena) == End::Running)
}

fn play(batch: &mut Batch, tick: u32) {
    let actions = actions(batch, tick);
    let slices: Vec<&[i32]> = actions.iter().map(Vec::as_slice).collect();
    batch.step(&slices, &mut [], &Serial).expect("a step");
}

/// Forks both arenas, plays on in both places, and compares everything in every tick. Ticks compared.
fn null_fork(id: &str, compiled: &Arc<Compiled>, control: Control) -> u32 {
    let mut original = batch(compiled, control);
    for tick in 0..BEFORE {
        if running(&original) {
            play(&mut original, tick);
        }
    }
    if !running(&original) {
        return 0;
    }
    let mut forks = Forks::new(compiled, 3, true).expect("room for three");
    for arena in 0..2 {
        assert_eq!(forks.fork(&mut original, arena).expect("a fork"), arena);
    }
    let mut compared = 0;
    for tick in BEFORE..BEFORE + AFTER {
        let all = actions(&original, tick);
        for (group, actions) in original.groups().iter().zip(&all) {
            for (row, &action) in actions.iter().enumerate() {
                let n = group.slots.len();
                let action = u8::try_from(action).expect("few actions");
                forks
                    .act(row / n, group.slots[row % n], action)
                    .expect("an action");
            }
        }
        play(&mut original, tick);
        forks.step(&Serial);
        for arena in 0..2 {
            let place = format!("{id}, arena {arena}, tick {tick}");
            let fork = forks.batch();
            assert_eq!(original.hash(arena), fork.hash(arena), "{place}");
            assert_eq!(original.pay(arena), fork.pay(arena), "{place}");
            assert_eq!(original.end(arena), fork.end(arena), "{place}");
            assert_eq!(
                original.event_rows(arena),
                fork.event_rows(arena),
                "{place}"
            );
        }
        compared += 1;
        if !running(&original) {
            break;
        }
    }
    compared
}

#[test]
fn a_null_fork_differs_by_exactly_nothing_in_every_scenario() {
    for scenario in worlds::shipped() {
        let cells = worlds::cells(&scenario);
        let mut compared = 0;
        for cell in [&cells[0], &cells[cells.len() - 1]] {
            let compiled = worlds::compile(&scenario, cell);
            compared += null_fork(&scenario.id, &compiled, Control::Focal);
            compared += null_fork(&scenario.id, &compiled, Control::None);
        }
        // A game of a few ticks may be over before the fork; then it is forked at its start.
        if compared == 0 {
            let compiled = worlds::compile(&scenario, &cells[0]);
            assert!(compiled.table.time.limit() <= BEFORE + 1, "{}", scenario.id);
        }
    }
}

#[test]
fn a_swap_to_whoever_sits_there_at_the_start_changes_nothing() {
    let mut tried = 0;
    for scenario in worlds::shipped() {
        let compiled = worlds::compile(&scenario, &worlds::cells(&scenario)[0]);
        let mut original = batch(&compiled, Control::None);
        let mut forks = Forks::new(&compiled, 1, false).expect("room for one");
        let f = forks.fork(&mut original, 0).expect("a fork");
        for role in &compiled.table.roles {
            let Some(bot) = role.plays else { continue };
            let name = &compiled.bots[usize::from(bot)].name;
            for slot in role.first..role.first + role.n {
                forks.swap(f, Slot::new(slot), name).expect("a bot");
                tried += 1;
            }
        }
        for tick in 0..BEFORE {
            if original.end(0) != End::Running || original.end(1) != End::Running {
                break;
            }
            original.step(&[], &mut [], &Serial).expect("a step");
            forks.step(&Serial);
            let place = format!("{}, tick {tick}", scenario.id);
            assert_eq!(original.hash(0), forks.batch().hash(f), "{place}");
        }
    }
    assert!(tried > 0, "no role has a bot of its own");
}

#[test]
fn an_absent_slot_is_as_if_the_batch_had_been_built_without_it() {
    let scenario = worlds::read(
        "commons_harvest",
        commonweal_scenarios::named("commons_harvest")
            .expect("a shipped scenario")
            .text,
    );
    let compiled = worlds::compile(&scenario, &worlds::cells(&scenario)[0]);
    let slot = Slot::new(1);
    let mut whole = batch(&compiled, Control::None);
    let config = Config {
        arenas: 2,
        control: Control::None,
        seed: 11,
        absent: vec![slot],
        autoreset: Autoreset::Disabled,
        ..Config::default()
    };
    let mut without = Batch::new(std::slice::from_ref(&compiled), config).expect("a batch");
    let mut forks = Forks::new(&compiled, 1, false).expect("room for one");
    let f = forks.fork(&mut whole, 0).expect("a fork");
    forks.absent(f, slot).expect("a slot");
    for tick in 0..30 {
        assert_eq!(without.hash(0), forks.batch().hash(f), "tick {tick}");
        without.step(&[], &mut [], &Serial).expect("a step");
        forks.step(&Serial);
    }
}
