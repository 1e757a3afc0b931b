//! **A3 Sustainability**: does the harvest last?
//!
//! *Formula.* `t_i` = mean of the ticks (from 1) in which agent i harvested; `S = (1/N) Σ_i t_i` over
//! the agents that harvested at all. The cell's number is the mean of S/T over layouts.
//! Companion, less easily gamed: [`stock_share`], the share of ticks at whose end the stock is at
//! or above the harm line.
//!
//! *Unit, range.* S in ticks, [1, T]; S/T in (0, 1]; harvesting evenly gives (T + 1)/2.
//! Limits: `betting` over [0, 1].
//!
//! *Controls.* Positive: harvest at the rate of regrowth. Negative: strip mine.
//!
//! *Pitfalls.* An agent that never harvests has no `t_i`: it is left out and counted
//! ([`Sustainability::without_harvest`]). Starting late raises S without any stewardship. Harvest
//! events are counted, not reward, which may come from elsewhere.
//!
//! *Source.* Perolat et al. 2017, arXiv:1707.06600, social outcome metrics.

use super::{Episode, MeasureDef};

/// Reference text of the measure.
pub const DEF: MeasureDef = MeasureDef {
    id: "A3",
    version: 1,
    label: "Sustainability",
    question: "Does the harvest last?",
    formula: "S/T, S = mean over harvesters of the mean tick of their harvests",
    unit: "share of the episode",
    range: "0 to 1",
    controls: "+ harvest at regrowth / - strip mine",
    source: "Perolat et al. 2017, arXiv:1707.06600",
};

/// Reference text of the companion [`stock_share`].
pub const STOCK_DEF: MeasureDef = MeasureDef {
    id: "A3.stock",
    version: 1,
    label: "Stock kept",
    question: "Does the stock stay above the line below which it collapses?",
    formula: "share of ticks at whose end the stock is at or above the harm line",
    unit: "share of the episode",
    range: "0 to 1",
    controls: "+ harvest at regrowth / - strip mine",
    source: "harm line K/2 of logistic regrowth; Piatti et al. 2024, arXiv:2404.16698",
};

/// S of one episode and how many agents have no part in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sustainability {
    /// S in ticks, from 1; `None` where nobody harvested.
    pub mean_tick: Option<f64>,
    /// Agents that never harvested.
    pub without_harvest: u32,
}

/// S from (harvest ticks, their sum counted from 1) per agent.
pub fn sustainability(harvests: &[(u32, u64)]) -> Sustainability {
    let mut without_harvest = 0;
    let mut sum = 0.0;
    let mut harvesters = 0.0;
    for (ticks, tick_sum) in harvests {
        if *ticks == 0 {
            without_harvest += 1;
        } else {
            harvesters += 1.0;
            sum += exact(*tick_sum) / f64::from(*ticks);
        }
    }
    Sustainability {
        mean_tick: (harvesters > 0.0).then(|| sum / harvesters),
        without_harvest,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a sum of ticks stays below 2^53 for a hundred million ticks"
)]
fn exact(tick_sum: u64) -> f64 {
    tick_sum as f64
}

/// [`sustainability`] of an [`Episode`], in ticks.
pub fn in_ticks(episode: &Episode) -> Sustainability {
    let harvests: Vec<(u32, u64)> = episode
        .slots
        .iter()
        .map(|slot| (slot.harvest_ticks, slot.harvest_tick_sum))
        .collect();
    sustainability(&harvests)
}

/// S/T of an [`Episode`]; `None` where nobody harvested.
pub fn of(episode: &Episode) -> Option<f64> {
    let mean_tick = in_ticks(episode).mean_tick?;
    (episode.ticks > 0).then(|| mean_tick / f64::from(episode.ticks))
}

/// Share of ticks at whose end the stock is at or above the harm line, in [0, 1]; `None` in a
/// scenario without a stock.
pub fn stock_share(episode: &Episode) -> Option<f64> {
    let stock = episode.stock?;
    (episode.ticks > 0).then(|| f64::from(stock.ticks_at_or_above_line) / f64::from(episode.ticks))
}

#[cfg(test)]
mod tests {
    use super::super::{SlotTally, StockTally};
    use super::*;

    #[test]
    fn worked_example_w7() {
        let s = sustainability(&[(2, 3), (1, 4)]);
        assert_eq!(s.mean_tick, Some(2.75));
        assert_eq!(s.without_harvest, 0);
    }

    #[test]
    fn even_harvesting_gives_half_the_episode() {
        let mut slot = SlotTally::default();
        for tick in 0..9 {
            slot.note_harvest(tick);
        }
        let episode = Episode {
            ticks: 9,
            slots: vec![slot, SlotTally::default()],
            ..Episode::default()
        };
        assert_eq!(in_ticks(&episode).mean_tick, Some(5.0));
        assert_eq!(in_ticks(&episode).without_harvest, 1);
        assert_eq!(of(&episode), Some(5.0 / 9.0));
    }

    #[test]
    fn no_harvest_and_no_stock_are_undefined() {
        let idle = Episode {
            ticks: 5,
            slots: vec![SlotTally::default(); 3],
            ..Episode::default()
        };
        assert_eq!((of(&idle), stock_share(&idle)), (None, None));
        assert_eq!(in_ticks(&idle).without_harvest, 3);
    }

    #[test]
    fn stock_share_is_the_share_of_ticks_above_the_line() {
        let episode = Episode {
            ticks: 8,
            stock: Some(StockTally {
                start: 64,
                end: 0,
                ticks_at_or_above_line: 2,
                gone_at: Some(6),
            }),
            ..Episode::default()
        };
        assert_eq!(stock_share(&episode), Some(0.25));
    }
}
