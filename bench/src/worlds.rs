//! What rules and scripts cost: two worlds of `bench/worlds`, each beside itself without what is measured.

use std::path::Path;
use std::time::Instant;

use commonweal_bench::game::{Variant, World};
use commonweal_core::batch::Serial;

use crate::engine::rate;

const ARENAS: usize = 64;

/// Prints nanoseconds an agent-step, rounds interleaved, medians.
pub(crate) fn run(root: &Path, rounds: usize, seconds: f64) -> Result<Vec<String>, String> {
    let read = |name: &str| {
        let path = root.join("bench/worlds").join(name);
        std::fs::read_to_string(&path)
            .map_err(|e| format!("{} cannot be read: {e}", path.display()))
    };
    let forty = read("forty_rules.toml")?;
    let (all, one) = (World::new(&forty)?, World::new(&first_rule_only(&forty)?)?);
    let paths = World::new(&read("path_finders.toml")?)?;
    let mut cases: Vec<(&str, Vec<f64>)> = [
        "16 agents, 40 rules",
        "the same agents, 1 rule",
        "12 agents, taker (a path to the nearest apple)",
        "12 agents, sustainer (a path to an apple that may be taken, others avoided)",
        "12 agents, noop",
    ]
    .into_iter()
    .map(|name| (name, Vec::new()))
    .collect();
    for _ in 0..rounds {
        for (case, world) in cases[..2].iter_mut().zip([&all, &one]) {
            let rate = rate(world, Variant::None, ARENAS, 1, seconds)?;
            case.1.push(1e9 / rate.per_cpu_second);
        }
        for (case, policy) in cases[2..].iter_mut().zip(["taker", "sustainer", "noop"]) {
            case.1.push(scripted(&paths, policy, seconds)?);
        }
    }
    Ok(cases
        .into_iter()
        .map(|(name, mut ns)| {
            ns.sort_by(f64::total_cmp);
            format!("{:7.1} ns an agent-step: {name}", ns[ns.len() / 2])
        })
        .collect())
}

/// The file with the first rule of its one block, and no other.
fn first_rule_only(text: &str) -> Result<String, String> {
    let block = text
        .split_once("[rules]\nall = '''\n")
        .and_then(|(head, rest)| Some((head, rest.split_once("\n'''")?)));
    let (head, (rules, tail)) = block.ok_or("the file has no block `all` of rules")?;
    let first = rules.lines().next().unwrap_or_default();
    Ok(format!("{head}[rules]\nall = '''\n{first}\n'''{tail}"))
}

/// Nanoseconds an agent-step while a script plays all slots.
fn scripted(world: &World, policy: &str, seconds: f64) -> Result<f64, String> {
    let mut batch = world.played(ARENAS, policy)?;
    let slots = batch.compiled(0).table.n_slots();
    let mut steps = |n: usize| {
        let start = Instant::now();
        for _ in 0..n {
            batch
                .step(&[], &mut [], &Serial)
                .map_err(|e| e.to_string())?;
        }
        Ok::<_, String>(start.elapsed().as_secs_f64())
    };
    steps(100)?;
    let (mut n, mut took) = (0, 0.0);
    while took < seconds {
        took += steps(20)?;
        n += 20;
    }
    let agent_steps = u32::try_from(n * ARENAS * slots).map_err(|_| "too many steps")?;
    Ok(took * 1e9 / f64::from(agent_steps))
}
