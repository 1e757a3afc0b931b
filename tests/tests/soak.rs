//! Random scenario × actions × fork, snapshot, restore, reset, shards, threads: whatever is done to a batch, each arena is where
//! its own history leads, replayed alone. Prints its seed; `cargo xtask soak --seed N` runs it long.
#![expect(clippy::print_stderr, reason = "a failure is repeated by its seed")]

use std::sync::Arc;

use commonweal_core::batch::threads::Pool;
use commonweal_core::batch::{Autoreset, Batch, Config, Control, Executor, Serial};
use commonweal_core::draw::mix;
use commonweal_core::ids::Domain;
use commonweal_core::observe::Encoding;
use commonweal_core::scenario::Compiled;
use commonweal_core::state::End;
use commonweal_tests::rows::{Buffers, each_arena_its_own, step};
use commonweal_tests::worlds;

/// A plain stream: the soak itself is no part of the simulator.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        usize::try_from(mix(self.0) % n as u64).expect("below n")
    }
    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}

/// Where an arena's state can be found again: a snapshot and the actions since.
#[derive(Clone)]
struct History {
    from: Vec<u8>,
    actions: Vec<Vec<Vec<i32>>>,
}

fn config(dice: &mut Dice, compiled: &Compiled, policies: Vec<(String, String)>) -> Config {
    let _ = compiled;
    Config {
        arenas: 1 + dice.below(6),
        control: dice.pick(&[Control::Focal, Control::All, Control::None]),
        policies,
        domain: dice.pick(&[Domain::Train, Domain::Eval]),
        seed: dice.below(1000) as u64,
        first: dice.below(50) as u64,
        encoding: dice.pick(&[Encoding::Symbolic, Encoding::Codes, Encoding::None]),
        events: dice.below(2) == 0,
        autoreset: dice.pick(&[Autoreset::SameStep, Autoreset::NextStep]),
        shard_arenas: dice.below(4),
        absent: Vec::new(),
    }
}

/// One world, many operations. Returns the number of checks made.
fn round(
    dice: &mut Dice,
    compiled: &Arc<Compiled>,
    policies: Vec<(String, String)>,
    pool: &Pool,
    operations: usize,
) -> usize {
    let config = config(dice, compiled, policies);
    let n = config.arenas;
    let said = format!("{} {}, {config:?}", compiled.id, compiled.arm);
    let mut batch = Batch::new(std::slice::from_ref(compiled), config.clone()).expect("a batch");
    let mut buffers = Buffers::of(&batch);
    batch
        .reset(None, None, &mut buffers.outs())
        .expect("a reset");
    let fresh = |batch: &mut Batch, arena| History {
        from: batch.snapshot(arena),
        actions: Vec::new(),
    };
    let mut histories: Vec<History> = (0..n).map(|arena| fresh(&mut batch, arena)).collect();
    let mut kept: Vec<History> = Vec::new();
    let mut checks = 0;
    for operation in 0..operations {
        let (a, b) = (dice.below(n), dice.below(n));
        match dice.below(10) {
            0 => {
                batch
                    .fork(a, b)
                    .unwrap_or_else(|e| panic!("{said}: fork: {e}"));
                histories[b] = histories[a].clone();
            }
            1 => kept.push(fresh(&mut batch, a)),
            2 if !kept.is_empty() => {
                let history = dice.pick(&kept);
                batch
                    .restore(a, &history.from)
                    .unwrap_or_else(|e| panic!("{said}: restore: {e}"));
                histories[a] = history;
            }
            3 => {
                let mask: Vec<bool> = (0..n).map(|_| dice.below(3) == 0).collect();
                let seeds: Vec<u64> = (0..n as u64).collect();
                let with_seeds = dice.below(2) == 0;
                batch
                    .reset(
                        Some(&mask),
                        with_seeds.then_some(&seeds),
                        &mut buffers.outs(),
                    )
                    .expect("a reset");
                for arena in (0..n).filter(|&arena| mask[arena]) {
                    assert_eq!(
                        (batch.tick(arena), batch.end(arena)),
                        (0, End::Running),
                        "{said}"
                    );
                    histories[arena] = fresh(&mut batch, arena);
                }
            }
            4 => {
                let mut alone = Batch::new(
                    std::slice::from_ref(compiled),
                    Config {
                        arenas: 1,
                        ..config.clone()
                    },
                )
                .expect("a batch");
                let mut one = Buffers::of(&alone);
                alone
                    .restore(0, &histories[a].from)
                    .unwrap_or_else(|e| panic!("{said}: restore alone: {e}"));
                for actions in &histories[a].actions {
                    step(&mut alone, actions, &mut one, &Serial).expect("a step");
                }
                assert_eq!(
                    alone.hash(0),
                    batch.hash(a),
                    "{said}: operation {operation}, arena {a}"
                );
                assert!(
                    alone.snapshot(0) == batch.snapshot(a),
                    "{said}: operation {operation}, arena {a}"
                );
                checks += 1;
            }
            _ => {
                let executor: &dyn Executor = if dice.below(2) == 0 { &Serial } else { pool };
                for _ in 0..=dice.below(30) {
                    let actions = each_arena_its_own(&batch, dice.0, operation as u64, 0);
                    step(&mut batch, &actions, &mut buffers, executor)
                        .unwrap_or_else(|e| panic!("{said}: step: {e}"));
                    for (arena, history) in histories.iter_mut().enumerate() {
                        let part = |all: &Vec<i32>| {
                            let k = all.len() / n;
                            all[arena * k..(arena + 1) * k].to_vec()
                        };
                        history.actions.push(actions.iter().map(part).collect());
                    }
                }
            }
        }
    }
    checks
}

#[test]
fn every_arena_is_where_its_own_history_leads() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let seed = number("COMMONWEAL_SOAK_SEED").unwrap_or(1);
    let rounds = if std::env::var_os("COMMONWEAL_SOAK").is_some() {
        3000
    } else {
        30
    };
    eprintln!("soak: seed {seed}, {rounds} rounds");
    let scenarios = worlds::shipped();
    let pool = Pool::new(2).expect("two threads");
    let mut checks = 0;
    for n in 0..rounds {
        let mut dice = Dice(mix(seed ^ mix(n)));
        let scenario = &scenarios[dice.below(scenarios.len())];
        let cell = dice.pick(&worlds::cells(scenario));
        let compiled = worlds::compile(scenario, &cell);
        let (_, policies) = dice.pick(&worlds::casts(scenario, &compiled));
        checks += round(&mut dice, &compiled, policies, &pool, 40);
    }
    assert!(
        checks > usize::try_from(rounds).expect("a few thousand"),
        "{checks} checks in {rounds} rounds, seed {seed}"
    );
}
