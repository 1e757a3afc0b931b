//! The numbers that the page shows beside its live pair: effects of a native run, and hashes that its own run must meet.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use commonweal_core::batch::{Autoreset, Batch, Config, Control, Serial};
use commonweal_core::experiment::{Agent, Experiment, Options, Outcome, cast, seeds_for};
use commonweal_core::measures::EffectReport;
use commonweal_core::measures::effect::Source;
use commonweal_core::observe::Encoding;
use commonweal_core::replay::HASH_EVERY;
use commonweal_core::scenario::{ArmKind, Compiled, Scenario};
use commonweal_core::state::End;
use serde_json::{Value, json};

use crate::run::{caveat, loaded, play, threads, wrong};
use crate::source;
use crate::stop::Stop;
use crate::terminal::Terminal;

/// Writes `<scenario>.json` and `<scenario>.hashes.json` of each scenario.
pub(crate) fn run(folder: &Path, names: &[String], terminal: &Terminal) -> Result<u8, Stop> {
    let cannot = |what: &Path, e: std::io::Error| {
        Stop::wrong(format!("{} cannot be written: {e}", what.display()))
    };
    std::fs::create_dir_all(folder).map_err(|e| cannot(folder, e))?;
    for name in names {
        let source = source::open(name)?;
        let scenario = loaded(&source, terminal)?;
        let Some(first) = scenario.arms.first() else {
            continue;
        };
        let usual = scenario.compile(&first.name).map_err(Stop::wrong)?;
        let options = Options {
            seeds: seeds_for(&usual),
            caveat: caveat(&source.id),
            ..Options::default()
        };
        let experiment = Experiment::new(&scenario, options).map_err(wrong)?;
        let outcome = experiment
            .judge(play(&experiment, threads(None)?, terminal)?)
            .map_err(wrong)?;
        if outcome.effects.is_empty() {
            return Err(Stop::wrong(format!(
                "{name} measures no effect: it needs a primary, a treatment and a control arm"
            )));
        }
        for (ending, value) in [
            ("json", effects(&outcome)),
            ("hashes.json", hashes(&scenario, &experiment.options)?),
        ] {
            let path = folder.join(format!("{}.{ending}", source.id));
            let text = serde_json::to_string_pretty(&value).expect("plain data") + "\n";
            std::fs::write(&path, text).map_err(|e| cannot(&path, e))?;
        }
    }
    Ok(0)
}

/// The effects, said to be recorded.
fn effects(outcome: &Outcome) -> Value {
    let recorded: Vec<EffectReport> = outcome
        .effects
        .iter()
        .map(|effect| {
            let mut parts = effect.parts().clone();
            parts.source = Source::Recorded;
            EffectReport::new(parts).expect("whole before, and no number was changed")
        })
        .collect();
    json!(recorded)
}

/// Hashes of a shipped scenario, as `<scenario>.hashes.json` holds them.
pub(crate) fn hashes_of(name: &str) -> Result<Value, Stop> {
    let source = source::open(name)?;
    match source::load(&source) {
        Ok((scenario, _)) => hashes(&scenario, &Options::default()),
        Err(_) => Err(Stop::wrong(format!("{name} has errors"))),
    }
}

/// Hashes of seed 0: every control agent in the cells that the page opens with.
fn hashes(scenario: &Scenario, options: &Options) -> Result<Value, Stop> {
    let name = |kind| {
        scenario
            .arms
            .iter()
            .find(|a| a.kind == kind)
            .map(|a| a.name.clone())
    };
    let mut runs = Vec::new();
    let mut scenario_hash = String::new();
    for arm in [name(ArmKind::Control), name(ArmKind::Treatment)]
        .into_iter()
        .flatten()
    {
        let compiled = scenario.compile(&arm).map_err(Stop::wrong)?;
        if scenario_hash.is_empty() {
            scenario_hash = compiled
                .hash
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
        }
        for agent in cast(scenario, &compiled, &[]).map_err(wrong)?.agents {
            runs.push(json!({
                "arm": arm,
                "cell": compiled.arm,
                "policy": agent.name,
                "hashes": trace(&compiled, &agent, options)?,
            }));
        }
    }
    Ok(json!({
        "seed": options.first.to_string(),
        "domain": options.domain.name(),
        "rules_version": commonweal_core::RULES_VERSION,
        "scenario_hash": scenario_hash,
        "runs": runs,
    }))
}

/// Hash at tick 0, at every 64th tick and at the last.
fn trace(
    compiled: &Arc<Compiled>,
    agent: &Agent,
    options: &Options,
) -> Result<BTreeMap<u32, String>, Stop> {
    let config = Config {
        control: Control::None,
        policies: agent.policies.clone(),
        domain: options.domain,
        seed: options.batch_seed,
        first: options.first,
        encoding: Encoding::None,
        autoreset: Autoreset::NextStep,
        ..Config::default()
    };
    let mut batch = Batch::new(&[Arc::clone(compiled)], config).map_err(Stop::wrong)?;
    let mut out = BTreeMap::new();
    loop {
        let (tick, over) = (batch.tick(0), batch.end(0) != End::Running);
        if over || tick.is_multiple_of(HASH_EVERY) {
            out.insert(tick, format!("{:016x}", batch.hash(0)));
        }
        if over {
            return Ok(out);
        }
        batch.step(&[], &mut [], &Serial).map_err(Stop::wrong)?;
    }
}
