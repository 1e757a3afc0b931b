//! Recordings of single episodes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use commonweal_core::batch::{Autoreset, Batch, Config, Control, Serial};
use commonweal_core::bots::BotKind;
use commonweal_core::experiment::{Agent, Experiment, Options};
use commonweal_core::observe::Encoding;
use commonweal_core::replay::{Recorder, Recording};
use commonweal_core::scenario::{ArmKind, Compiled};
use commonweal_core::state::End;

use crate::stop::Stop;

/// One episode from its start to its end.
pub(crate) fn episode(
    compiled: &Arc<Compiled>,
    agent: &Agent,
    options: &Options,
) -> Result<Recording, Stop> {
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
    let mut recorder = Recorder::new(&mut batch, 0).map_err(Stop::wrong)?;
    while batch.end(0) == End::Running {
        batch.step(&[], &mut [], &Serial).map_err(Stop::wrong)?;
        recorder.push(&mut batch, &[]).map_err(Stop::wrong)?;
    }
    Ok(recorder.finish())
}

/// Records the first seed of the first positive agent in the first treatment cell (whatever there is of them); the file's path.
pub(crate) fn write(experiment: &Experiment, out: &Path) -> Result<PathBuf, Stop> {
    let own = |c: &&commonweal_core::experiment::CellPlan| {
        c.kind == ArmKind::Treatment
            && c.has(&experiment.measures.primary.needed)
            && c.has(&experiment.measures.primary.at)
    };
    let cell = experiment
        .cells
        .iter()
        .find(own)
        .or(experiment.cells.first());
    let agent = experiment
        .agents
        .iter()
        .find(|a| a.kind == Some(BotKind::Positive))
        .or(experiment.agents.first());
    let (Some(cell), Some(agent)) = (cell, agent) else {
        return Err(Stop::wrong("nothing was run, so nothing can be recorded"));
    };
    let recording = episode(&cell.compiled, agent, &experiment.options)?;
    let cannot = |what: &Path, e: std::io::Error| {
        Stop::wrong(format!("{} cannot be written: {e}", what.display()))
    };
    std::fs::create_dir_all(out).map_err(|e| cannot(out, e))?;
    let path = out.join(format!(
        "{}.{}.{}.seed{}.cwr",
        experiment.scenario, cell.arm, agent.name, experiment.options.first
    ));
    std::fs::write(&path, recording.write()).map_err(|e| cannot(&path, e))?;
    Ok(path)
}
