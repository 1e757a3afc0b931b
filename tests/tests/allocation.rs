//! A step allocates nothing. Alone in its program: the allocator counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use commonweal_core::batch::{Batch, Config, Control, Serial};
use commonweal_core::observe::Encoding;
use commonweal_tests::rows::{Buffers, each_arena_its_own};
use commonweal_tests::worlds;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call goes on to the system's allocator unchanged; the counter neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|n| n.set(n.get() + 1));
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: `ptr` came from `alloc` above with this layout.
        unsafe { System.dealloc(ptr, layout) }
    }
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|n| n.set(n.get() + 1));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count(f: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.with(Cell::get);
    f();
    ALLOCATIONS.with(Cell::get) - before
}

#[test]
fn the_counter_sees_an_allocation() {
    assert_eq!(count(|| drop(std::hint::black_box(vec![1u8; 100]))), 1);
    assert_eq!(count(|| ()), 0);
}

#[test]
fn a_step_allocates_nothing_with_resets_bots_events_masks_and_hash() {
    for scenario in worlds::shipped() {
        for cell in scenario.arms.iter().map(|arm| arm.cell_name(0)) {
            let compiled = worlds::compile(&scenario, &cell);
            let bots = worlds::casts(&scenario, &compiled);
            for (encoding, control, policies) in [
                (Encoding::Symbolic, Control::All, Vec::new()),
                (Encoding::Codes, Control::Focal, Vec::new()),
                (Encoding::None, Control::None, bots[0].1.clone()),
                (Encoding::None, Control::None, bots[1].1.clone()),
                (
                    Encoding::Rgb,
                    Control::Focal,
                    bots.last().expect("a bot").1.clone(),
                ),
            ] {
                let what = format!(
                    "{} {cell}, {encoding:?}, {control:?}, {policies:?}",
                    scenario.id
                );
                let config = Config {
                    arenas: 3,
                    events: true,
                    encoding,
                    control,
                    policies,
                    ..Config::default()
                };
                let mut batch =
                    Batch::new(std::slice::from_ref(&compiled), config).expect("a batch");
                let mut buffers = Buffers::of(&batch);
                let table: Vec<Vec<Vec<i32>>> = (0..64)
                    .map(|tick| each_arena_its_own(&batch, 3, tick, 0))
                    .collect();
                let table: Vec<Vec<&[i32]>> = table
                    .iter()
                    .map(|a| a.iter().map(Vec::as_slice).collect())
                    .collect();
                let mut outs = buffers.outs();
                batch.reset(None, None, &mut outs).expect("a reset");
                let ticks = compiled.table.time.ticks.min(160) as usize + 40;
                let mut sum = 0;
                // The first steps may size what is kept for good.
                for actions in &table[..4] {
                    batch.step(actions, &mut outs, &Serial).expect("a step");
                    sum ^= batch.hash(0);
                }
                let n = count(|| {
                    for tick in 0..ticks {
                        // Long episodes do not end by themselves here.
                        if tick == 100 {
                            batch.start(0, 7, 1);
                        }
                        batch
                            .step(&table[tick % 64], &mut outs, &Serial)
                            .expect("a step");
                        sum ^= batch.hash(tick % 3);
                    }
                });
                assert_eq!(
                    n, 0,
                    "{what}: {n} allocations in {ticks} ticks (sum {sum:x})"
                );
            }
        }
    }
}
