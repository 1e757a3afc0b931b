//! Timing the engine: rates, copies of a state, memory.

use std::fmt;
use std::path::Path;
use std::time::Instant;

use commonweal_bench::game::{Run, Variant, World};
use commonweal_core::batch::threads::Pool;
use commonweal_core::batch::{Executor, Serial};
use commonweal_core::draw::mix;
use rustix::time::{ClockId, clock_gettime};

/// The scenario that plays `handloop.c`'s game.
const SCENARIO: &str = "scenarios/commons/commons_harvest_bench/commons_harvest_bench.toml";

/// One measurement of ours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    /// Agent-steps a second of processor time, summed over threads.
    pub(crate) per_cpu_second: f64,
    /// The same by the wall clock.
    pub(crate) per_wall_second: f64,
    /// Berries eaten, an agent-step.
    pub(crate) eaten: f64,
}

/// What copying a state costs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Copies {
    pub(crate) fork_ns: f64,
    pub(crate) snapshot_ns: f64,
    pub(crate) restore_ns: f64,
    pub(crate) snapshot_bytes: usize,
    pub(crate) hash_ns: f64,
    /// Resident bytes of an arena in a batch of 4,096, the caller's buffers not counted.
    pub(crate) arena_bytes: f64,
}

impl fmt::Display for Copies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "fork {:.0} ns, snapshot {:.0} ns and {} bytes, restore {:.0} ns, state hash {:.0} ns, {:.0} bytes of memory an arena",
            self.fork_ns,
            self.snapshot_ns,
            self.snapshot_bytes,
            self.restore_ns,
            self.hash_ns,
            self.arena_bytes
        )
    }
}

/// Reads and compiles the scenario.
pub(crate) fn load(root: &Path) -> Result<World, String> {
    let path = root.join(SCENARIO);
    let text = std::fs::read_to_string(&path)
        .map_err(|e| format!("{} cannot be read: {e}", path.display()))?;
    World::new(&text)
}

/// Agent-steps a second, over at least `seconds` of processor time after as long a warm-up as the peer's.
pub(crate) fn rate(
    world: &World,
    variant: Variant,
    arenas: usize,
    threads: usize,
    seconds: f64,
) -> Result<Rate, String> {
    let mut run = world.run(variant, arenas, threads)?;
    let pool = if threads > 1 {
        Some(Pool::new(threads)?)
    } else {
        None
    };
    let executor: &dyn Executor = pool.as_ref().map_or(&Serial, |p| p);
    let mut n = 1;
    let took = loop {
        let took = time(&mut run, n, executor)?.0;
        if took > 0.1 * seconds {
            break took;
        }
        n *= 2;
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a few million ticks"
    )]
    let n = (n as f64 * seconds / took) as usize + 1;
    run.eaten = 0.0;
    let (cpu, wall) = time(&mut run, n, executor)?;
    let steps = as_f64(n * arenas * run.slots);
    Ok(Rate {
        per_cpu_second: steps / cpu * as_f64(threads),
        per_wall_second: steps / wall,
        eaten: run.eaten / steps,
    })
}

/// Steps `n` times: processor and wall seconds.
fn time(run: &mut Run, n: usize, executor: &dyn Executor) -> Result<(f64, f64), String> {
    let (cpu, wall) = (cpu_seconds(), Instant::now());
    run.step(n, executor)?;
    Ok((cpu_seconds() - cpu, wall.elapsed().as_secs_f64()))
}

/// Resident bytes that an arena of 4,096 takes. The first thing to measure: memory that was given back is used again unseen.
pub(crate) fn memory(world: &World) -> Result<f64, String> {
    let before = resident();
    let many = world.batch(4096)?;
    let bytes = (resident() - before) / 4096.0;
    drop(many);
    Ok(bytes)
}

/// Fork, snapshot, restore and hash, each of a random arena of 1,024.
pub(crate) fn copies(world: &World, arena_bytes: f64) -> Result<Copies, String> {
    const N: usize = 1024;
    const TIMES: usize = 20_000;
    let mut run = world.run(Variant::None, N, 1)?;
    time(&mut run, 50, &Serial)?;
    let batch = &mut run.batch;
    let at = |i: usize| usize::try_from(mix(i as u64) % N as u64).unwrap_or(0);
    let mut failed = Ok(());
    let mut each = |what: &mut dyn FnMut(usize) -> Result<(), String>| {
        let start = cpu_seconds();
        for i in 0..TIMES {
            if let Err(e) = what(i) {
                failed = Err(e);
            }
        }
        (cpu_seconds() - start) * 1e9 / as_f64(TIMES)
    };
    let mut sum = 0u64;
    let hash_ns = each(&mut |i| {
        sum ^= batch.hash(at(i));
        Ok(())
    });
    std::hint::black_box(sum);
    let fork_ns = each(&mut |i| batch.fork(at(i), at(i + TIMES)).map_err(|e| e.to_string()));
    let snapshot_ns = each(&mut |i| {
        std::hint::black_box(batch.snapshot(at(i)));
        Ok(())
    });
    let kept: Vec<Vec<u8>> = (0..64).map(|i| batch.snapshot(i)).collect();
    let restore_ns = each(&mut |i| {
        batch
            .restore(at(i), &kept[i % 64])
            .map_err(|e| e.to_string())
    });
    failed?;
    Ok(Copies {
        fork_ns,
        snapshot_ns,
        restore_ns,
        snapshot_bytes: kept[0].len(),
        hash_ns,
        arena_bytes,
    })
}

/// Processor time of this process, all threads.
fn cpu_seconds() -> f64 {
    let t = clock_gettime(ClockId::ProcessCPUTime);
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds and nanoseconds of a short run"
    )]
    let seconds = t.tv_sec as f64 + t.tv_nsec as f64 * 1e-9;
    seconds
}

/// Resident bytes of this process; 0 where the system does not tell.
fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: f64 = text
        .split(' ')
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(0.0);
    pages * 4096.0
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a bench stay far below 2^52"
)]
fn as_f64(n: usize) -> f64 {
    n as f64
}
