//! C4.goals in an experiment: goals of the others searched for at sampled ticks of every episode, agent against reference.

use std::sync::Arc;

use crate::batch::{Batch, Serial};
use crate::bots::BotKind;
use crate::ids::Slot;
use crate::measures::c4_goals::{DEF, GoalTally, lost, opportunities, truncated};
use crate::measures::record::Flag;
use crate::measures::{Episode, ResultRecord};
use crate::scenario::{Compiled, Measure};
use crate::search::{GoalCount, GoalSearch, NODES};

use super::judge::{Part, Played};
use super::{Experiment, ExperimentError};

/// Ticks of an episode at which it is sampled, unless the file says otherwise.
const TICKS: u32 = 8;

/// Searches for the others' goals while episodes are played.
pub(super) struct Sampler {
    search: GoalSearch,
    others: Vec<Slot>,
    horizon: u32,
    /// Ticks done at which it is sampled, ascending.
    at: Vec<u32>,
}

/// The entry of `[measures]`, if it is to be taken.
fn wanted(x: &Experiment) -> Option<&Measure> {
    let primary = &x.measures.primary;
    if primary.id == DEF.id {
        return Some(primary);
    }
    x.measures
        .also
        .iter()
        .find(|m| x.options.search && m.id == DEF.id)
}

/// Ticks done at which an episode of so many ticks is sampled: `n` of them, evenly spaced, neither the first nor the last.
fn sampled(limit: u32, n: u32) -> Vec<u32> {
    let at = |k: u32| u64::from(limit) * u64::from(k) / u64::from(n + 1);
    let ticks = (1..=n).map(|k| u32::try_from(at(k)).expect("below the limit"));
    let mut ticks: Vec<u32> = ticks.filter(|&t| t > 0).collect();
    ticks.dedup();
    ticks
}

impl Sampler {
    /// `None` where the file does not ask for it.
    pub(super) fn new(
        x: &Experiment,
        compiled: &Arc<Compiled>,
    ) -> Result<Option<Self>, ExperimentError> {
        let Some(measure) = wanted(x) else {
            return Ok(None);
        };
        let horizon = measure.horizon.ok_or_else(|| {
            ExperimentError::Wrong(format!("{} needs `horizon`: ticks to look ahead", DEF.id))
        })?;
        let table = &compiled.table;
        let role = measure.others.as_deref().and_then(|name| table.role(name));
        let slots = (0..u8::try_from(table.n_slots()).expect("at most 64 slots")).map(Slot::new);
        let is_other = |slot: &Slot| {
            !x.tested.contains(slot) && role.is_none_or(|r| table.role_of(*slot) == r)
        };
        Ok(Some(Self {
            search: GoalSearch::new(compiled)?,
            others: slots.filter(is_other).collect(),
            horizon,
            at: sampled(table.time.limit(), measure.ticks.unwrap_or(TICKS)),
        }))
    }
    /// Counts at a sampled tick; an episode that is over stays as it ended for the ticks that it does not reach.
    pub(super) fn sample(
        &mut self,
        batch: &mut Batch,
        arena: usize,
        episode: &mut Episode,
        over: bool,
    ) -> Result<(), ExperimentError> {
        let done = episode.ticks;
        let times = if over {
            self.at.iter().filter(|&&t| t >= done).count()
        } else {
            usize::from(self.at.contains(&done))
        };
        if times == 0 {
            return Ok(());
        }
        let found: GoalCount =
            self.search
                .count(batch, arena, &self.others, self.horizon, NODES, &Serial)?;
        let times = u32::try_from(times).expect("at most 16");
        let tally = episode.goals.get_or_insert_with(GoalTally::default);
        tally.reached += times * found.reached;
        tally.pairs += times * found.pairs;
        tally.truncated |= found.truncated;
        episode.fault |= found.fault;
        Ok(())
    }
}

/// Records of one agent: each cell against the reference in the seat. Exploratory: no verdict word.
pub(super) fn also(played: &Played<'_>, part: &mut Part) -> Result<(), ExperimentError> {
    let x = played.experiment;
    let Some(measure) = wanted(x).filter(|m| x.measures.primary.id != m.id) else {
        return Ok(());
    };
    let named = |name: &str| x.agents.iter().position(|a| a.name == name);
    let Some(reference) = measure.reference.as_deref().and_then(named) else {
        return Err(ExperimentError::Wrong(format!(
            "{} needs `ref`: the agent that the others' goals are compared with",
            DEF.id
        )));
    };
    if x.agents[reference].name == played.agent.name {
        // 0 whatever the code does.
        return Ok(());
    }
    let positive = x
        .agents
        .iter()
        .position(|a| a.kind == Some(BotKind::Positive));
    for (i, cell) in x.cells.iter().enumerate() {
        let (episodes, with_ref) = (&played.cells[i], &played.all[reference][i]);
        let mut contrast = lost(episodes, with_ref, measure.m)?;
        contrast.opportunities = positive.zip(measure.m).map(|(p, m)| {
            let open = opportunities(&played.all[p][i], with_ref, m);
            u32::try_from(open.len()).unwrap_or(u32::MAX)
        });
        let mut record = ResultRecord::of_contrast(&played.context(cell), &DEF, &contrast);
        record.reference.clone_from(&measure.reference);
        record.horizon = measure.horizon;
        record.regime = Some("seed-known".to_owned());
        record.coplayer_mode = Some("null".to_owned());
        if truncated(episodes) || truncated(with_ref) {
            record.flags.push(Flag::BudgetTruncated);
        }
        part.results.push(record);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::sampled;

    #[test]
    fn sampled_ticks_are_evenly_spaced_and_within_the_episode() {
        assert_eq!(sampled(300, 8), [33, 66, 100, 133, 166, 200, 233, 266]);
        assert_eq!(sampled(3, 8), [1, 2]);
        assert_eq!(sampled(1, 4), [] as [u32; 0]);
    }
}
