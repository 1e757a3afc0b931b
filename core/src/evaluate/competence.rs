//! **A5.competence**: (R − R_random)/(R_negative − R_random), R the mean return of the slots under test over layouts, in the arm and
//! cell that the file names.
//!
//! Limits: those of the mean of R by the studentised bootstrap over layouts, on the same scale. Where that has too little to go by (fewer
//! than ten distinct values, say, of an agent that brings one to four crates), the betting interval over the range of what was earned
//! there, the baselines included: no range of a return is declared. Where every layout gives one value, that value. Baselines come from
//! the calibration record; without one from this run, and the score then decides nothing.
//!
//! Source: MEASURES A5.

use serde::{Deserialize, Serialize};

use super::Record;
use crate::measures::a5_competence::competence;
use crate::measures::{Distinct, Episode, SlotTally};
use crate::stats::{self, ALPHA, Limits, boot};

/// Competence of an agent.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Competence {
    /// The cell in which it was read.
    pub cell: String,
    /// 0 plays like the random agent, 1 like the negative control.
    pub score: f64,
    /// One-sided 95 % lower limit; absent where too little varies for one.
    pub lower: Option<f64>,
    /// One-sided 95 % upper limit.
    pub upper: Option<f64>,
    /// Mean return of the agent.
    pub own: f64,
    /// Mean return of the random agent.
    pub random: f64,
    /// Mean return of the negative control.
    pub negative: f64,
    /// The computed floor; absent without a calibration record.
    pub floor: Option<f64>,
    /// Layouts.
    pub n_eff: u32,
}

/// Mean return of the slots under test.
fn own(episode: &Episode) -> Option<f64> {
    let focal = episode.slots.iter().filter(|slot| slot.focal);
    let returns: Vec<f64> = focal.map(SlotTally::return_main).collect();
    stats::mean(&returns)
}

/// The value of each layout.
fn layouts(episodes: &[Episode]) -> Vec<f64> {
    let values = Distinct::of(episodes).layout_values(episodes, own);
    values.into_iter().flatten().collect()
}

/// Limits of a mean: 1 − the loss against a reference of 1 on every layout. `others` widen the range of the betting interval.
fn limits(values: &[f64], others: [f64; 2]) -> Option<Limits> {
    let (first, rest) = values.split_first()?;
    if rest.iter().all(|v| v.total_cmp(first).is_eq()) {
        return Some(Limits {
            lower: *first,
            upper: *first,
        });
    }
    let pairs: Vec<(f64, f64)> = values.iter().map(|v| (*v, 1.0)).collect();
    let Some(boot) = boot::boot_t(&pairs) else {
        let all = || values.iter().chain(&others).copied();
        let lo = all().fold(f64::INFINITY, |a, b| if b < a { b } else { a });
        let hi = all().fold(f64::NEG_INFINITY, |a, b| if b > a { b } else { a });
        return stats::betting(values, lo, hi, ALPHA);
    };
    let loss = boot.limits(ALPHA);
    Some(Limits {
        lower: 1.0 - loss.upper,
        upper: 1.0 - loss.lower,
    })
}

impl Competence {
    /// From episodes of one cell; `None` where a cell is empty, or the negative control earns no more than the random agent.
    pub fn of(
        cell: &str,
        agent: &[Episode],
        random: &[Episode],
        negative: &[Episode],
        record: Option<&Record>,
    ) -> Option<Self> {
        let values = layouts(agent);
        let mean = stats::mean(&values)?;
        let (low, high) = match record {
            Some(record) => (record.random, record.negative),
            None => (
                stats::mean(&layouts(random))?,
                stats::mean(&layouts(negative))?,
            ),
        };
        let scaled = |value: f64| competence(value, low, high);
        let limits = limits(&values, [low, high]);
        Some(Self {
            cell: cell.to_owned(),
            score: scaled(mean)?,
            lower: limits.and_then(|l| scaled(l.lower)),
            upper: limits.and_then(|l| scaled(l.upper)),
            own: mean,
            random: low,
            negative: high,
            floor: record.map(|r| r.floor),
            n_eff: Distinct::of(agent).n_eff(),
        })
    }
    /// Whether it may lie below the computed floor; false without one.
    pub fn fails(&self) -> bool {
        let floor = self.floor.unwrap_or(f64::NEG_INFINITY);
        // Without a lower limit nothing can be said for the agent.
        self.floor.is_some() && !self.lower.is_some_and(|lower| lower >= floor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(returns: &[i64]) -> Vec<Episode> {
        let one = |(seed, reward): (u64, &i64)| Episode {
            seed_number: seed,
            tick0_hash: seed,
            slots: vec![SlotTally {
                focal: true,
                reward_main_millionths: reward * 1_000_000,
                ..SlotTally::default()
            }],
            ..Episode::default()
        };
        (0..).zip(returns).map(one).collect()
    }

    fn record(floor: f64) -> Record {
        Record {
            text_sha256: String::new(),
            rules_version: 1,
            passed: true,
            floor,
            random: 1.0,
            negative: 9.0,
        }
    }

    #[test]
    fn worked_example_w18() {
        let c = Competence::of("errand", &cell(&[7]), &cell(&[1]), &cell(&[9]), None);
        let c = c.expect("three cells");
        assert!((c.score - 0.75).abs() < 1e-12);
        assert!(!c.fails(), "no floor is known");
        assert_eq!(
            Competence::of("errand", &cell(&[7]), &cell(&[9]), &cell(&[9]), None),
            None
        );
    }

    #[test]
    fn an_agent_of_few_values_has_limits_too() {
        let returns: Vec<i64> = (0..100).map(|i| 7 + i % 3).collect();
        let c = Competence::of("errand", &cell(&returns), &[], &[], Some(&record(0.5)));
        let c = c.expect("a record");
        let lower = c.lower.expect("a betting interval");
        assert!(0.75 < lower && lower < c.score && !c.fails(), "{lower}");
    }

    #[test]
    fn the_lower_limit_is_held_against_the_floor() {
        let returns: Vec<i64> = (0..100).map(|i| 5 + i % 5 + i % 7 + i % 3).collect();
        let of = |floor| Competence::of("errand", &cell(&returns), &[], &[], Some(&record(floor)));
        let c = of(0.5).expect("a record");
        let (lower, upper) = (c.lower.expect("varies"), c.upper.expect("varies"));
        assert!(lower < c.score && c.score < upper && upper - lower < 0.2);
        assert!(of(lower - 0.01).is_some_and(|c| !c.fails()));
        assert!(of(lower + 0.01).is_some_and(|c| c.fails()));
    }
}
