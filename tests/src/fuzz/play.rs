//! What is promised of every scenario that is accepted: it plays.

use std::sync::Arc;

use commonweal_core::batch::{Batch, Config, Control, Serial};
use commonweal_core::draw::mix;
use commonweal_core::ids::Slot;
use commonweal_core::observe::Encoding;
use commonweal_core::scenario::Compiled;

use crate::rows::{Buffers, each_arena_its_own, step};

/// Bytes of state of one arena, the limit of the language.
const MAX_STATE: usize = 1 << 20;

/// Builds four arenas, plays them with every slot driven from outside by any actions, legal or not, then with the file's own bots; all
/// events are kept in the first. No bound of the engine is reached, and a state survives its snapshot and its fork.
///
/// # Panics
/// When one of these does not hold.
pub fn play(compiled: &Arc<Compiled>, ticks: u64) {
    let driven = |control, encoding, events| Config {
        arenas: 4,
        control,
        encoding,
        events,
        ..Config::default()
    };
    // More than eight roles cannot be driven at once.
    match Batch::new(
        std::slice::from_ref(compiled),
        driven(Control::All, Encoding::Symbolic, true),
    ) {
        Ok(mut batch) => run(&mut batch, ticks),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let mut batch = Batch::new(
        std::slice::from_ref(compiled),
        driven(Control::None, Encoding::None, false),
    )
    .expect("bots play every accepted scenario");
    run(&mut batch, ticks);
    survives(&mut batch);
}

fn run(batch: &mut Batch, ticks: u64) {
    let state: usize = batch.columns().iter().map(|c| c.bytes).sum();
    assert!(state <= MAX_STATE, "{state} bytes of state in one arena");
    let mut buffers = Buffers::of(batch);
    for tick in 0..ticks {
        let mut actions = each_arena_its_own(batch, 1, tick, 0);
        for (i, action) in (0u64..).zip(actions.iter_mut().flatten()) {
            match mix(tick ^ mix(i)) % 64 {
                0 => *action = i32::MIN,
                1 => *action = 255,
                2 => *action += 1,
                _ => {}
            }
        }
        step(batch, &actions, &mut buffers, &Serial).expect("actions of the right number");
        for arena in 0..batch.arenas() {
            let (fault, ..) = batch.faults(arena);
            let proved = batch.compiled(arena).table.proved;
            assert!(!fault || !proved, "a bound was reached in tick {tick}");
        }
    }
}

/// What has been played is kept: by a snapshot, by a fork, by what shows it.
fn survives(batch: &mut Batch) {
    let hash = batch.hash(1);
    let kept = batch.snapshot(1);
    batch.restore(2, &kept).expect("of this very scenario");
    assert_eq!(batch.hash(2), hash, "a snapshot keeps the state");
    batch.fork(1, 3).expect("of this very scenario");
    assert_eq!(batch.hash(3), hash, "a fork keeps the state");
    assert!(!batch.chart(1).is_empty());
    let n_slots = batch.compiled(1).table.n_slots();
    for slot in (0..n_slots).filter_map(|s| u8::try_from(s).ok()) {
        assert!(!batch.text(1, Slot::new(slot)).is_empty());
        let legal = batch.legal(1, Slot::new(slot));
        assert!(
            legal.contains(&true),
            "slot {slot} can do nothing, not even wait"
        );
    }
    assert_eq!(batch.hash(1), hash, "to look changes nothing");
}
