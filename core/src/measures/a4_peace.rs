//! **A4 Peace**: how little are agents put out of action?
//!
//! *Formula.* `P = (N·T − Σ_iΣ_t 1[agent i timed out at t]) / T`; the cell's number is the mean of
//! P/N over layouts.
//!
//! *Unit, range.* P in agents, [0, N]; P/N in [0, 1]. Limits: `betting` over [0, 1].
//!
//! *Controls.* Positive: a pacifist. Negative: zap on sight.
//!
//! *Pitfalls.* The victims' time-out is counted, not attacks: a missed shot is peaceful, and how
//! long a time-out lasts is the scenario author's choice.
//!
//! *Source.* Perolat et al. 2017, arXiv:1707.06600, social outcome metrics.

use super::{Episode, MeasureDef};

/// Reference text of the measure.
pub const DEF: MeasureDef = MeasureDef {
    id: "A4",
    version: 1,
    label: "Peace",
    question: "How little are agents put out of action?",
    formula: "P/N, P = (N T - ticks timed out, summed over agents) / T",
    unit: "share of agent-ticks",
    range: "0 to 1",
    controls: "+ pacifist / - zap on sight",
    source: "Perolat et al. 2017, arXiv:1707.06600",
};

/// P in agents from the ticks that each agent was timed out; `None` with no ticks.
pub fn peace(ticks_out: &[u32], ticks: u32) -> Option<f64> {
    if ticks == 0 {
        return None;
    }
    let out: f64 = ticks_out.iter().map(|t| f64::from(*t)).sum();
    let length = f64::from(ticks);
    Some((crate::stats::count(ticks_out.len()) * length - out) / length)
}

/// P/N of an [`Episode`]; `None` with no ticks or no slots.
pub fn of(episode: &Episode) -> Option<f64> {
    let out: Vec<u32> = episode.slots.iter().map(|slot| slot.ticks_out).collect();
    let peace = peace(&out, episode.ticks)?;
    (!out.is_empty()).then(|| peace / crate::stats::count(out.len()))
}

#[cfg(test)]
mod tests {
    use super::super::SlotTally;
    use super::*;

    #[test]
    fn worked_example_w7() {
        assert_eq!(peace(&[0, 2], 4), Some(1.5));
        let episode = Episode {
            ticks: 4,
            slots: [0, 2]
                .map(|ticks_out| SlotTally {
                    ticks_out,
                    ..SlotTally::default()
                })
                .to_vec(),
            ..Episode::default()
        };
        assert_eq!(of(&episode), Some(0.75));
    }

    #[test]
    fn an_episode_without_ticks_or_agents_has_no_peace_to_measure() {
        assert_eq!(peace(&[0, 0], 0), None);
        assert_eq!(
            of(&Episode {
                ticks: 3,
                ..Episode::default()
            }),
            None
        );
    }
}
