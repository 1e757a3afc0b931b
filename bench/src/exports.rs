//! The calls of `wasm_bench.mjs`: numbers in, numbers out.

use std::cell::RefCell;

use commonweal_core::batch::Serial;

use crate::game::{Run, Variant, World};

thread_local! {
    static RUN: RefCell<Option<Run>> = const { RefCell::new(None) };
}

/// Builds a batch of the `variant`-th variant; agent-steps of a tick, or 0 where it cannot be built.
// SAFETY: no other symbol of the module has this name.
#[unsafe(no_mangle)]
pub extern "C" fn bench_build(variant: u32, arenas: u32) -> u32 {
    let text =
        include_str!("../../scenarios/commons/commons_harvest_bench/commons_harvest_bench.toml");
    let variant = Variant::ALL.get(variant as usize).copied();
    let run = variant.and_then(|v| World::new(text).ok()?.run(v, arenas as usize, 1).ok());
    let rows = run.as_ref().map_or(0, |run| run.batch.arenas() * run.slots);
    RUN.with_borrow_mut(|place| *place = run);
    u32::try_from(rows).unwrap_or(0)
}

/// Steps it `n` times; 1, or 0 where nothing was built.
// SAFETY: no other symbol of the module has this name.
#[unsafe(no_mangle)]
pub extern "C" fn bench_step(n: u32) -> u32 {
    RUN.with_borrow_mut(|run| {
        run.as_mut()
            .map_or(0, |run| u32::from(run.step(n as usize, &Serial).is_ok()))
    })
}

/// State hash of the first arena, for comparison with a native run.
// SAFETY: no other symbol of the module has this name.
#[unsafe(no_mangle)]
pub extern "C" fn bench_hash() -> u64 {
    RUN.with_borrow_mut(|run| run.as_mut().map_or(0, |run| run.batch.hash(0)))
}
