//! The bench variant of the commons, stepped with what each variant asks for; the same on every host.

use std::sync::Arc;

use commonweal_core::batch::{Batch, Config, Control, Executor, Out, Serial};
use commonweal_core::draw::mix;
use commonweal_core::ids::Domain;
use commonweal_core::observe::Encoding;
use commonweal_core::scenario::{self, Compiled};

/// Rows of prepared actions, as in the C program.
const ROWS: usize = 61;

/// What a step is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Variant {
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
    /// All, in the order of the table.
    pub const ALL: [Self; 8] = [
        Self::Same,
        Self::Codes,
        Self::None,
        Self::Own,
        Self::Masks,
        Self::Events,
        Self::Hash,
        Self::All,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
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
    /// What it is, in words.
    pub fn says(self) -> &'static str {
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
    /// The variant of that name.
    pub fn named(name: &str) -> Result<Self, String> {
        let known = Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|v| v.name() == name)
            .ok_or(format!("no variant is called `{name}`; there are {known}"))
    }
    /// Whether windows are written.
    pub fn observes(self) -> bool {
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

/// The compiled scenario.
#[derive(Debug)]
pub struct World(Arc<Compiled>);

/// A batch with the buffers of its caller, ready to step.
#[derive(Debug)]
pub struct Run {
    /// The batch.
    pub batch: Batch,
    /// Slots of an arena, all of them controlled.
    pub slots: usize,
    /// Berries eaten, estimated from every 8th tick.
    pub eaten: f64,
    actions: Vec<Vec<i32>>,
    obs: Vec<u8>,
    own: Vec<i32>,
    mask: Vec<i8>,
    reward: Vec<f32>,
    terminated: Vec<bool>,
    truncated: Vec<bool>,
    hash: bool,
    tick: usize,
}

impl World {
    /// Compiles the scenario's treatment.
    pub fn new(text: &str) -> Result<Self, String> {
        let (found, diagnostics) = scenario::check("commons_harvest_bench", text);
        let Some(found) = found else {
            let lines: Vec<String> = diagnostics
                .iter()
                .map(|d| d.line("commons_harvest_bench.toml", text))
                .collect();
            return Err(lines.join("\n"));
        };
        found
            .compile("treatment")
            .map(Self)
            .map_err(|e| e.to_string())
    }

    /// A batch that nobody observes.
    pub fn batch(&self, arenas: usize) -> Result<Batch, String> {
        let config = Config {
            arenas,
            control: Control::All,
            encoding: Encoding::None,
            ..Config::default()
        };
        Batch::new(&[Arc::clone(&self.0)], config).map_err(|e| e.to_string())
    }

    /// A batch that one policy plays, in all slots.
    pub fn played(&self, arenas: usize, policy: &str) -> Result<Batch, String> {
        let roles = self.0.table.roles.iter();
        let config = Config {
            arenas,
            control: Control::None,
            policies: roles.map(|r| (r.name.clone(), policy.to_owned())).collect(),
            encoding: Encoding::None,
            ..Config::default()
        };
        Batch::new(&[Arc::clone(&self.0)], config).map_err(|e| e.to_string())
    }

    /// A batch whose arenas stand at ticks spread over an episode.
    pub fn run(&self, variant: Variant, arenas: usize, threads: usize) -> Result<Run, String> {
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
        let mut batch =
            Batch::new(std::slice::from_ref(&self.0), config.clone()).map_err(|e| e.to_string())?;
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
        let mut lead = Batch::new(std::slice::from_ref(&self.0), one).map_err(|e| e.to_string())?;
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
}

impl Run {
    /// Steps `n` times.
    pub fn step(&mut self, n: usize, executor: &dyn Executor) -> Result<(), String> {
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
            if self.tick.is_multiple_of(8) {
                self.eaten += 8.0 * self.reward.iter().map(|r| f64::from(*r)).sum::<f64>();
            }
        }
        Ok(())
    }
}
