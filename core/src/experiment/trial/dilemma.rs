//! `demand = "cooperation"`: whether the world is a dilemma with the file's own anchors, the first positive control and the reference
//! (else the first negative): one who takes among those who spare gains, and all lose when all take (A6 as a lint).

use super::{Finding, Trial, count, tally};
use crate::batch::slot_name;
use crate::bots::BotKind;
use crate::experiment::ExperimentError;
use crate::ids::{ChannelId, Slot};

/// Least gain of the one who takes, as a share of what it earns when it spares.
const GAIN: f64 = 0.10;
/// Least loss when all take, as a share of what all earn when they spare.
const LOSS: f64 = 0.50;
/// One-sided 95 % quantile of Student's t with 19 degrees of freedom: 20 seeds. More seeds would allow a little less.
const QUANTILE: f64 = 1.73;

impl Trial<'_> {
    /// Nothing where no cooperation is demanded.
    pub(super) fn dilemma(&self) -> Result<Option<Finding>, ExperimentError> {
        const WHAT: &str = "question.demand";
        if self.scenario.question.demand != "cooperation" {
            return Ok(None);
        }
        let own = self.own();
        let table = &own.compiled.table;
        let role = table
            .role(&self.experiment.role)
            .map(|id| &table.roles[id.index()])
            .filter(|role| role.n > 1);
        let primary = &self.experiment.measures.primary;
        let first = |kind: BotKind| {
            let agents = &self.experiment.agents;
            agents.iter().find(|a| a.kind == Some(kind))
        };
        let spares = primary
            .reference
            .as_deref()
            .or(first(BotKind::Negative).map(|a| a.name.as_str()));
        let takes = first(BotKind::Positive).map(|a| a.name.as_str());
        let (Some(role), Some(spares), Some(takes)) = (role, spares, takes) else {
            let why = "it needs a role of several slots, a positive and a negative control";
            return Ok(Some(Finding::not_tried(WHAT, why)));
        };
        let slots: Vec<Slot> = (role.first..role.first + role.n).map(Slot::new).collect();
        let seat = self.tested()[0];
        let n_channels = table.channels.len();
        let returns = |policies: &[(String, String)], of: &[Slot]| {
            let options = &self.experiment.options;
            let played = tally::play(
                &own.compiled,
                policies,
                options,
                options.first,
                self.seeds(),
            )?;
            let seats = tally::Seats { tested: of };
            let main = |tally| seats.returned(tally, ChannelId::MAIN, n_channels);
            Ok::<_, ExperimentError>(played.iter().map(main).collect::<Vec<f64>>())
        };
        let all = |bot: &str| vec![(role.name.clone(), bot.to_owned())];
        let mut one = all(spares);
        one.push((slot_name(table, seat), takes.to_owned()));
        let (gained, kept) = (returns(&one, &[seat])?, returns(&all(spares), &[seat])?);
        let (none, whole) = (
            returns(&all(takes), &slots)?,
            returns(&all(spares), &slots)?,
        );
        let gain = lowest(gained.iter().zip(&kept).map(|(a, b)| a - (1.0 + GAIN) * b));
        let loss = lowest(none.iter().zip(&whole).map(|(a, b)| (1.0 - LOSS) * b - a));
        let told = format!(
            "one `{takes}` among `{spares}` earns {:.2} in {} where `{spares}` earns {:.2}; all of them {:.2} a seat against {:.2}",
            mean(&gained),
            own.name,
            mean(&kept),
            mean(&none),
            mean(&whole)
        );
        if gain > 0.0 && loss > 0.0 {
            return Ok(Some(Finding::holds(WHAT, told)));
        }
        let message = format!(
            "the world is no dilemma: {told}; demanded are 10 % more for the one and half for all, beyond the noise of the seeds"
        );
        let help = "make taking pay the one and cost all, or write `demand = \"none\"`";
        Ok(Some(Finding::fails(
            WHAT,
            "E605",
            self.span("question.demand"),
            message,
            help,
        )))
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / count(values.len().max(1))
}

/// Lower limit of a mean.
fn lowest(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    let (n, mean) = (count(values.len().max(1)), mean(&values));
    let squares = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
    mean - QUANTILE * libm::sqrt(squares / tally::greater(n - 1.0, 1.0) / n)
}

#[cfg(test)]
mod tests {
    use super::lowest;

    #[test]
    fn the_lower_limit_lies_below_the_mean_by_its_noise() {
        assert!((lowest([2.0; 5].into_iter()) - 2.0).abs() < 1e-12);
        let noisy = lowest([1.0, 3.0].into_iter());
        assert!((noisy - (2.0 - 1.73)).abs() < 1e-12, "{noisy}");
    }
}
