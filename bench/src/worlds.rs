//! What rules and scripts cost: two worlds of `bench/worlds`, each beside itself without what is measured.

use std::path::Path;
use std::time::Instant;

use commonweal_bench::game::{Variant, World};
use commonweal_core::batch::Serial;

use crate::engine::rate;

const ARENAS: usize = 64;

/// What is measured, how (nanoseconds an agent-step, given the seconds it may take), and what came out.
type Case<'a> = (
    &'static str,
    Box<dyn Fn(f64) -> Result<f64, String> + 'a>,
    Vec<f64>,
);

/// Lines of nanoseconds an agent-step, rounds interleaved, medians; of the cases whose name holds `only`, if it is given.
pub(crate) fn run(
    root: &Path,
    rounds: usize,
    seconds: f64,
    only: Option<&str>,
) -> Result<Vec<String>, String> {
    let read = |name: &str| {
        let path = root.join("bench/worlds").join(name);
        std::fs::read_to_string(&path)
            .map_err(|e| format!("{} cannot be read: {e}", path.display()))
    };
    let forty = read("forty_rules.toml")?;
    let (all, one) = (World::new(&forty)?, World::new(&first_rule_only(&forty)?)?);
    let paths = World::new(&read("path_finders.toml")?)?;
    let random = |world| {
        move |seconds| Ok(1e9 / rate(world, Variant::None, ARENAS, 1, seconds)?.per_cpu_second)
    };
    let paths = &paths;
    let script = |policy| move |seconds| scripted(paths, policy, seconds);
    let mut cases: Vec<Case> = vec![
        ("16 agents, 40 rules", Box::new(random(&all)), Vec::new()),
        (
            "the same agents, 1 rule",
            Box::new(random(&one)),
            Vec::new(),
        ),
        (
            "12 agents, taker (a path to the nearest apple)",
            Box::new(script("taker")),
            Vec::new(),
        ),
        (
            "12 agents, sustainer (a path to an apple that may be taken, others avoided)",
            Box::new(script("sustainer")),
            Vec::new(),
        ),
        ("12 agents, noop", Box::new(script("noop")), Vec::new()),
    ];
    cases.retain(|(name, ..)| only.is_none_or(|word| name.contains(word)));
    for _ in 0..rounds {
        for (_, measure, ns) in &mut cases {
            ns.push(measure(seconds)?);
        }
    }
    Ok(cases
        .into_iter()
        .map(|(name, _, mut ns)| {
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
