//! Our own measurements: the bench variant of the commons, stepped with what each variant asks for.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use commonweal_core::batch::threads::Pool;
use commonweal_core::batch::{Batch, Config, Control, Executor, Out, Serial};
use commonweal_core::draw::mix;
use commonweal_core::ids::Domain;
use commonweal_core::observe::Encoding;
use commonweal_core::scenario::{self, Compiled};
use rustix::time::{ClockId, clock_gettime};

/// The scenario that plays `handloop.c`'s game.
const SCENARIO: &str = "scenarios/commons/commons_harvest_bench/commons_harvest_bench.toml";
/// Rows of prepared actions, as in the C program.
const ROWS: usize = 61;

/// What a step is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Variant {
    /// The work of the C program: symbolic windows, rewards, flags.
    Same,
    /// Windows of two bytes a cell.
    Codes,
    /// No observations.
    None,
    /// `Same` and the own vector.
    Own,
    /// `Same` and action masks.
    Masks,
    /// `Same` and all events kept.
    Events,
    /// `Same` and the state hash of every arena in every tick.
    Hash,
    /// `Same` and own vector, masks and events: what a trainer asks for. No hash.
    All,
}

impl Variant {
    pub(crate) const ALL: [Self; 8] = [
        Self::Same,
        Self::Codes,
        Self::None,
        Self::Own,
        Self::Masks,
        Self::Events,
        Self::Hash,
        Self::All,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Codes => "codes",
            Self::None => "none",
            Self::Own => "own",
            Self::Masks => "masks",
            Self::Events => "events",
            Self::Hash => "hash",
            Self::All => "all",
        }
    }
    pub(crate) fn says(self) -> &'static str {
        match self {
            Self::Same => "the same work (`symbolic`, rewards, flags)",
            Self::Codes => "`codes` in place of `symbolic`",
            Self::None => "no observations on either side",
            Self::Own => "the same + own vector",
            Self::Masks => "the same + action masks",
            Self::Events => "the same + all events",
            Self::Hash => "the same + state hash of every arena and tick",
            Self::All => "the same + own vector, masks, events",
        }
    }
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        let known = Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|v| v.name() == name)
            .ok_or(format!("no variant is called `{name}`; there are {known}"))
    }
    pub(crate) fn observes(self) -> bool {
        self != Self::None
    }
    fn encoding(self) -> Encoding {
        match self {
            Self::Codes => Encoding::Codes,
            Self::None => Encoding::None,
            _ => Encoding::Symbolic,
        }
    }
}

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

/// The compiled scenario.
pub(crate) struct World(Arc<Compiled>);

/// A batch with the buffers of its caller, ready to step.
struct Run {
    batch: Batch,
    slots: usize,
    actions: Vec<Vec<i32>>,
    obs: Vec<u8>,
    own: Vec<i32>,
    mask: Vec<i8>,
    reward: Vec<f32>,
    terminated: Vec<bool>,
    truncated: Vec<bool>,
    hash: bool,
    tick: usize,
    eaten: f64,
}

impl World {
    pub(crate) fn load(root: &Path) -> Result<Self, String> {
        let path = root.join(SCENARIO);
        let text = std::fs::read_to_string(&path)
            .map_err(|e| format!("{} cannot be read: {e}", path.display()))?;
        let (found, diagnostics) = scenario::check("commons_harvest_bench", &text);
        let Some(found) = found else {
            let lines: Vec<String> = diagnostics
                .iter()
                .map(|d| d.line(SCENARIO, &text))
                .collect();
            return Err(lines.join("\n"));
        };
        found
            .compile("treatment")
            .map(Self)
            .map_err(|e| e.to_string())
    }

    /// Agent-steps a second, over at least `seconds` of processor time after as long a warm-up as the peer's.
    pub(crate) fn rate(
        &self,
        variant: Variant,
        arenas: usize,
        threads: usize,
        seconds: f64,
    ) -> Result<Rate, String> {
        let mut run = self.run(variant, arenas, threads)?;
        let pool = if threads > 1 {
            Some(Pool::new(threads)?)
        } else {
            None
        };
        let executor: &dyn Executor = pool.as_ref().map_or(&Serial, |p| p);
        let mut n = 1;
        let took = loop {
            let took = run.time(n, executor)?.0;
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
        let (cpu, wall) = run.time(n, executor)?;
        let steps = as_f64(n * arenas * run.slots);
        Ok(Rate {
            per_cpu_second: steps / cpu * as_f64(threads),
            per_wall_second: steps / wall,
            eaten: run.eaten / steps,
        })
    }

    fn run(&self, variant: Variant, arenas: usize, threads: usize) -> Result<Run, String> {
        let all = variant == Variant::All;
        let config = Config {
            arenas,
            control: Control::All,
            domain: Domain::Train,
            seed: 7919,
            encoding: variant.encoding(),
            events: all || variant == Variant::Events,
            // Shards as many as threads where one shard would hold all.
            shard_arenas: if threads > 1 {
                arenas.div_ceil(threads).min(256)
            } else {
                0
            },
            ..Config::default()
        };
        let mut batch = Batch::new(&[self.0.clone()], config.clone()).map_err(|e| e.to_string())?;
        let [group] = batch.groups() else {
            return Err("the bench scenario has one role".to_owned());
        };
        let (slots, shape) = (group.slots.len(), group.obs_shape.iter().product::<usize>());
        let (own, n_actions) = (group.own_names.len(), group.action_names.len());
        let rows = arenas * slots;
        // Actions 0 to 7, as likely each as in the C program: seven moves and a beam.
        let count = u64::try_from(n_actions).unwrap_or(1);
        let action = |i: usize| i32::try_from(mix(i as u64 * 31 + 7919) % count).unwrap_or(0);
        let actions = (0..ROWS)
            .map(|r| (0..rows).map(|i| action(r * rows + i)).collect())
            .collect();
        let want = |on: bool, n: usize| if on { n } else { 0 };
        self.spread(&mut batch, &config)?;
        Ok(Run {
            batch,
            slots,
            actions,
            obs: vec![0; want(variant.observes(), rows * shape)],
            own: vec![0; want(all || variant == Variant::Own, rows * own)],
            mask: vec![0; want(all || variant == Variant::Masks, rows * n_actions)],
            reward: vec![0.0; rows],
            terminated: vec![false; rows],
            truncated: vec![false; rows],
            hash: variant == Variant::Hash,
            tick: 0,
            eaten: 0.0,
        })
    }

    /// Puts the arenas at ticks spread over an episode, as the C program does, so that resets are spread over the run.
    fn spread(&self, batch: &mut Batch, config: &Config) -> Result<(), String> {
        let one = Config {
            arenas: 1,
            ..config.clone()
        };
        let mut lead = Batch::new(&[self.0.clone()], one).map_err(|e| e.to_string())?;
        let slots = self.0.table.n_slots();
        let ticks = self.0.table.time.ticks;
        let mut order: Vec<(u64, usize)> = (0..batch.arenas())
            .map(|arena| (mix(arena as u64) % u64::from(ticks), arena))
            .collect();
        order.sort_unstable();
        for (tick, arena) in order {
            while u64::from(lead.tick(0)) < tick {
                let at = u64::from(lead.tick(0)) * 64;
                let actions: Vec<i32> = (at..)
                    .take(slots)
                    .map(|i| i32::try_from(mix(i) & 7).unwrap_or(0))
                    .collect();
                lead.step(&[&actions], &mut [Out::default()], &Serial)
                    .map_err(|e| e.to_string())?;
            }
            batch
                .fork_from(&mut lead, 0, arena)
                .map_err(|e| e.to_string())?;
        }
        Ok(())
    }

    /// Fork, snapshot, restore and hash, each of a random arena of 1,024; memory of 4,096.
    pub(crate) fn copies(&self) -> Result<Copies, String> {
        const N: usize = 1024;
        const TIMES: usize = 20_000;
        let before = resident();
        let many = self.run(Variant::None, 4096, 1)?;
        let arena_bytes = (resident() - before) / 4096.0;
        drop(many);
        let mut run = self.run(Variant::None, N, 1)?;
        run.time(50, &Serial)?;
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
}

impl Run {
    /// Steps `n` times: processor and wall seconds.
    fn time(&mut self, n: usize, executor: &dyn Executor) -> Result<(f64, f64), String> {
        let (cpu, wall) = (cpu_seconds(), Instant::now());
        for _ in 0..n {
            let mut out = [Out {
                obs: &mut self.obs,
                own: &mut self.own,
                mask: &mut self.mask,
                reward: &mut self.reward,
                terminated: &mut self.terminated,
                truncated: &mut self.truncated,
                ..Out::default()
            }];
            self.batch
                .step(&[&self.actions[self.tick % ROWS]], &mut out, executor)
                .map_err(|e| e.to_string())?;
            self.tick += 1;
            if self.hash {
                let mut sum = 0;
                for arena in 0..self.batch.arenas() {
                    sum ^= self.batch.hash(arena);
                }
                std::hint::black_box(sum);
            }
            if self.tick % 64 == 0 {
                self.eaten += 64.0 * self.reward.iter().map(|r| f64::from(*r)).sum::<f64>();
            }
        }
        Ok((cpu_seconds() - cpu, wall.elapsed().as_secs_f64()))
    }
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
