//! The number of one cell: a mean or a rate over its layouts, with limits.
//!
//! **Invariant**: an undefined value is left out and counted, never taken as 0.

use serde::{Deserialize, Serialize};

use super::{Distinct, Episode};
use crate::stats::{self, ALPHA, ALPHA_DRAWN, Limits};

/// How limits were made. Its name stands in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Clopper–Pearson, fractional counts allowed: [`stats::clopper_pearson`].
    Cp,
    /// Square-and-add of Clopper–Pearson limits: [`stats::mover`].
    Mover,
    /// Betting interval over a declared range: [`stats::betting`].
    Betting,
    /// Studentised bootstrap by layout of a ratio of means: [`crate::stats::boot::boot_t`].
    BootT,
    /// Betting interval over a declared range of what a ratio of means is made of: [`crate::stats::boot::betting_range`].
    BettingRange,
    /// A mean without limits, since the value has no declared range.
    Mean,
}

impl Method {
    /// The name in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cp => "cp",
            Self::Mover => "mover",
            Self::Betting => "betting",
            Self::BootT => "boot_t",
            Self::BettingRange => "betting_range",
            Self::Mean => "mean",
        }
    }
}

/// Why cells cannot be measured.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum MeasureError {
    /// A cell without episodes.
    #[error("a cell holds no episodes: run at least one seed in each cell")]
    NoEpisodes,
    /// Two rows of a cell have one seed number.
    #[error("seed {seed} stands twice in a cell: give each row of a cell its own seed number")]
    RepeatedSeed {
        /// The seed.
        seed: u64,
    },
    /// The cells of a contrast were not run on the same seeds.
    #[error("seed {seed} was run in one cell only: run the same seeds in both")]
    SeedsDiffer {
        /// The first such seed.
        seed: u64,
    },
    /// A declared range that is none.
    #[error("the declared range [{lo}, {hi}] is empty or not finite: give its low end first")]
    BadRange {
        /// Low end.
        lo: f64,
        /// High end.
        hi: f64,
    },
    /// A value outside its declared range.
    #[error(
        "the value {} lies outside the declared range [{lo}, {hi}]: declare a wider one",
        libm::round(value * 1e6) / 1e6
    )]
    OutOfRange {
        /// The value of a layout.
        value: f64,
        /// Low end.
        lo: f64,
        /// High end.
        hi: f64,
    },
    /// The others' return with the reference in the seat is nothing to lose.
    #[error(
        "the others' return with the reference is not positive: a share of it that is lost is undefined"
    )]
    UndefinedReference,
    /// The smallest effect that matters is not a positive number.
    #[error("M = {m} is not a positive number: give the smallest effect that matters, above 0")]
    BadM {
        /// What was given.
        m: f64,
    },
}

/// A range that the author declares for a layout's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Low end.
    pub lo: f64,
    /// High end, above `lo`.
    pub hi: f64,
}

impl Range {
    /// Shares.
    pub const UNIT: Self = Self { lo: 0.0, hi: 1.0 };

    /// Refuses a range that is empty or not finite, and a value outside it.
    pub fn check(self, values: &[f64]) -> Result<(), MeasureError> {
        let Self { lo, hi } = self;
        if !(lo.is_finite() && hi.is_finite() && lo < hi) {
            return Err(MeasureError::BadRange { lo, hi });
        }
        match values.iter().find(|v| !(**v >= lo && **v <= hi)) {
            Some(value) => Err(MeasureError::OutOfRange {
                value: *value,
                lo,
                hi,
            }),
            None => Ok(()),
        }
    }
}

/// How many rows, episodes and layouts stand behind a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows (of a contrast: pairs of seeds).
    pub n: u32,
    /// Distinct episodes (of a contrast: the least over its cells).
    pub n_distinct: u32,
    /// Observations that limits use: layouts with a defined value.
    pub n_eff: u32,
    /// Layouts.
    pub clusters: u32,
    /// Different action strings over all layouts (of a contrast: in the treated cell).
    pub n_action_strings: u32,
    /// Layouts whose value is undefined.
    pub n_undefined: u32,
    /// Rows with a fault.
    pub faults: u32,
    /// Rows that met an arithmetic limit.
    pub saturated: u32,
}

/// The number of one cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CellEstimate {
    /// How the limits were made.
    pub method: Method,
    /// Mean over layouts; `None` where no layout has a value.
    pub point: Option<f64>,
    /// One-sided 95 % limits.
    pub limits: Option<Limits>,
    /// Two-sided 95 % interval, for drawing.
    pub ci95: Option<Limits>,
    /// What stands behind it.
    pub counts: Counts,
}

pub(crate) fn whole(n: usize) -> u32 {
    u32::try_from(n).expect("an experiment holds fewer than 2^32 rows")
}

/// Rows of `cells` for which `holds`.
pub(crate) fn count_rows(cells: &[&[Episode]], holds: impl Fn(&Episode) -> bool) -> u32 {
    whole(
        cells
            .iter()
            .flat_map(|cell| cell.iter())
            .filter(|e| holds(e))
            .count(),
    )
}

fn counts(cell: &[Episode], distinct: &Distinct, n_undefined: usize) -> Counts {
    let n_undefined = whole(n_undefined);
    Counts {
        n: distinct.n,
        n_distinct: distinct.n_distinct,
        n_eff: distinct.n_eff() - n_undefined,
        clusters: distinct.n_eff(),
        n_action_strings: distinct.n_action_strings,
        n_undefined,
        faults: count_rows(&[cell], |e| e.fault),
        saturated: count_rows(&[cell], |e| e.saturated),
    }
}

/// Mean over layouts of a value of an episode. With a declared `range` of the value the limits
/// are those of [`stats::betting`], else there are none.
pub fn cell_mean(
    cell: &[Episode],
    value: impl Fn(&Episode) -> Option<f64>,
    range: Option<Range>,
) -> Result<CellEstimate, MeasureError> {
    if cell.is_empty() {
        return Err(MeasureError::NoEpisodes);
    }
    let distinct = Distinct::of(cell);
    let layouts = distinct.layout_values(cell, value);
    let values: Vec<f64> = layouts.iter().copied().flatten().collect();
    let limits = |alpha| range.and_then(|r| stats::betting(&values, r.lo, r.hi, alpha));
    if let Some(range) = range {
        range.check(&values)?;
    }
    Ok(CellEstimate {
        method: if range.is_some() {
            Method::Betting
        } else {
            Method::Mean
        },
        point: stats::mean(&values),
        limits: limits(ALPHA),
        ci95: limits(ALPHA_DRAWN),
        counts: counts(cell, &distinct, layouts.len() - values.len()),
    })
}

/// Share of layouts with an event, with Clopper–Pearson limits at the number of layouts. Several distinct
/// episodes on one layout count by their mean.
pub fn cell_rate(
    cell: &[Episode],
    happened: impl Fn(&Episode) -> bool,
) -> Result<CellEstimate, MeasureError> {
    if cell.is_empty() {
        return Err(MeasureError::NoEpisodes);
    }
    let distinct = Distinct::of(cell);
    let values: Vec<f64> = distinct
        .layout_values(cell, |e| Some(f64::from(u8::from(happened(e)))))
        .into_iter()
        .flatten()
        .collect();
    let x: f64 = values.iter().sum();
    let n = stats::count(values.len());
    Ok(CellEstimate {
        method: Method::Cp,
        point: Some(x / n),
        limits: stats::clopper_pearson(x, n, ALPHA),
        ci95: stats::clopper_pearson(x, n, ALPHA_DRAWN),
        counts: counts(cell, &distinct, 0),
    })
}

#[cfg(test)]
mod tests {
    use super::super::episodes::examples::{cell, episode};
    use super::*;

    #[test]
    fn a_rate_uses_layouts_not_seeds() {
        let repeated: Vec<Episode> = (0..300).map(|s| episode(s, s % 18, 7, false)).collect();
        let rate = cell_rate(&repeated, |e| e.focal_did("act")).expect("episodes");
        assert_eq!((rate.counts.n, rate.counts.n_eff), (300, 18));
        let upper = rate.limits.expect("a rate has limits").upper;
        assert!((upper - 0.153_317_553_957).abs() < 1e-9);
        assert_eq!(rate.point, Some(0.0));
    }

    #[test]
    fn a_mean_over_undefined_layouts_says_how_many() {
        let cell = cell(10, 4);
        let mean = cell_mean(
            &cell,
            |e| e.focal_did("act").then_some(0.5),
            Some(Range::UNIT),
        )
        .expect("episodes");
        assert_eq!(
            (mean.point, mean.counts.n_undefined, mean.counts.n_eff),
            (Some(0.5), 6, 4)
        );
        let none = cell_mean(&cell, |_| None, Some(Range::UNIT)).expect("episodes");
        assert_eq!(
            (none.point, none.limits, none.counts.n_eff),
            (None, None, 0)
        );
    }

    #[test]
    fn a_mean_without_a_range_has_no_limits() {
        let mean = cell_mean(&cell(5, 0), |e| Some(f64::from(e.ticks)), None).expect("episodes");
        assert_eq!(
            (mean.point, mean.limits, mean.method),
            (Some(100.0), None, Method::Mean)
        );
    }

    #[test]
    fn what_does_not_fit_is_refused_with_a_sentence() {
        let wide = cell_mean(&cell(5, 0), |_| Some(2.0), Some(Range::UNIT)).expect_err("2 > 1");
        assert_eq!(
            wide.to_string(),
            "the value 2 lies outside the declared range [0, 1]: declare a wider one"
        );
        let sum = MeasureError::OutOfRange {
            value: 12.600_000_000_000_001,
            lo: -1.0,
            hi: 1.0,
        };
        assert_eq!(
            sum.to_string(),
            "the value 12.6 lies outside the declared range [-1, 1]: declare a wider one"
        );
        let turned = Range { lo: 1.0, hi: 0.0 };
        assert_eq!(
            turned.check(&[]),
            Err(MeasureError::BadRange { lo: 1.0, hi: 0.0 })
        );
        assert_eq!(cell_rate(&[], |_| true), Err(MeasureError::NoEpisodes));
    }
}
