//! Treatment against control on the same seeds: the only form in which an effect is reported.
//!
//! Pairs are matched by seed. The observation is the layout of the cell that has the fewer of
//! them, so that a contrast takes the least number of layouts over its cells: all seeds on one such layout are
//! one observation, on each side the mean over its distinct episodes.
//!
//! **Invariant**: a row is never dropped; cells that were not run on the same seeds are refused.

use std::collections::{BTreeMap, BTreeSet};

use super::estimate::{Counts, MeasureError, Method, Range, count_rows, whole};
use super::{Distinct, Episode};
use crate::stats::{self, ALPHA, ALPHA_DRAWN, Limits, boot};

/// One side of a contrast over its observations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Side {
    /// Mean over observations.
    pub mean: f64,
    /// Two-sided 95 % interval, for drawing.
    pub ci95: Limits,
}

/// A contrast held against M.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    /// The smallest effect that matters, harm positive, in the unit of the contrast.
    pub m: f64,
    /// One-sided p of "effect ≤ M".
    pub p: f64,
    /// Layouts a cell that 80 % power of *bounded* at zero effect would need, from this noise.
    pub n_needed: Option<u64>,
}

/// Treatment minus control.
#[derive(Clone, Debug, PartialEq)]
pub struct Contrast {
    /// How the limits of the difference were made.
    pub method: Method,
    /// The control cell.
    pub control: Side,
    /// The treated cell.
    pub treatment: Side,
    /// Mean of treatment − mean of control.
    pub point: f64,
    /// One-sided 95 % limits: they decide.
    pub limits: Limits,
    /// Two-sided 95 % interval: it is drawn.
    pub ci95: Limits,
    /// The test against the smallest effect that matters; `None` for an exploratory contrast.
    pub test: Option<Test>,
    /// Correlation of the paired rates that the limits used (`mover` only).
    pub rho: Option<f64>,
    /// Correlation between the sides over observations; `None` where a side does not vary.
    pub pair_correlation: Option<f64>,
    /// What stands behind it.
    pub counts: Counts,
    /// Distinct episodes of the treated cell with an opportunity; `None` where the measure
    /// defines none.
    pub opportunities: Option<u32>,
}

/// Observations of two cells, in seed order.
struct Pairs {
    /// Rows of the treated and of the control cell, one entry per observation.
    rows: Vec<(Vec<usize>, Vec<usize>)>,
    /// Each layout of one cell meets one layout of the other.
    one_to_one: bool,
    treated: Distinct,
    control: Distinct,
}

fn by_seed(cell: &[Episode]) -> Result<BTreeMap<u64, usize>, MeasureError> {
    let mut rows = BTreeMap::new();
    for (row, episode) in cell.iter().enumerate() {
        let seed = episode.seed_number;
        if rows.insert(seed, row).is_some() {
            return Err(MeasureError::RepeatedSeed { seed });
        }
    }
    if rows.is_empty() {
        return Err(MeasureError::NoEpisodes);
    }
    Ok(rows)
}

impl Pairs {
    fn of(treated: &[Episode], control: &[Episode]) -> Result<Self, MeasureError> {
        let seeds = by_seed(treated)?;
        let others = by_seed(control)?;
        let lonely = seeds
            .keys()
            .find(|seed| !others.contains_key(seed))
            .or_else(|| others.keys().find(|seed| !seeds.contains_key(seed)));
        if let Some(seed) = lonely {
            return Err(MeasureError::SeedsDiffer { seed: *seed });
        }
        let treated_distinct = Distinct::of(treated);
        let control_distinct = Distinct::of(control);
        let control_leads = control_distinct.n_eff() < treated_distinct.n_eff();

        let mut place: BTreeMap<u64, usize> = BTreeMap::new();
        let mut rows: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
        let mut meetings = BTreeSet::new();
        for (seed, row) in &seeds {
            let other = others[seed];
            let layouts = (treated[*row].tick0_hash, control[other].tick0_hash);
            meetings.insert(layouts);
            let lead = if control_leads { layouts.1 } else { layouts.0 };
            let at = *place.entry(lead).or_insert(rows.len());
            if at == rows.len() {
                rows.push((Vec::new(), Vec::new()));
            }
            rows[at].0.push(*row);
            rows[at].1.push(other);
        }
        let n_meetings = whole(meetings.len());
        Ok(Self {
            rows,
            one_to_one: n_meetings == treated_distinct.n_eff()
                && n_meetings == control_distinct.n_eff(),
            treated: treated_distinct,
            control: control_distinct,
        })
    }

    /// (treated, control) value per observation; `None` where a side has none.
    fn values(
        &self,
        treated: &[Episode],
        control: &[Episode],
        value: impl Fn(&Episode) -> Option<f64>,
    ) -> Vec<Option<(f64, f64)>> {
        let side = |cell: &[Episode], rows: &[usize]| {
            let mut seen = BTreeSet::new();
            let defined: Vec<f64> = rows
                .iter()
                .map(|row| &cell[*row])
                .filter(|e| seen.insert((e.tick0_hash, e.action_hash)))
                .filter_map(&value)
                .collect();
            stats::mean(&defined)
        };
        self.rows
            .iter()
            .map(|(there, here)| Some((side(treated, there)?, side(control, here)?)))
            .collect()
    }

    fn counts(&self, treated: &[Episode], control: &[Episode], n_undefined: usize) -> Counts {
        let clusters = whole(self.rows.len());
        let n_undefined = whole(n_undefined);
        Counts {
            n: self.treated.n,
            n_distinct: self.treated.n_distinct.min(self.control.n_distinct),
            n_eff: clusters - n_undefined,
            clusters,
            n_action_strings: self.treated.n_action_strings,
            n_undefined,
            faults: count_rows(&[treated, control], |e| e.fault),
            saturated: count_rows(&[treated, control], |e| e.saturated),
        }
    }
}

fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    let (first, second): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let (a, b) = (stats::mean(&first)?, stats::mean(&second)?);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in pairs {
        ab += (x - a) * (y - b);
        aa += (x - a) * (x - a);
        bb += (y - b) * (y - b);
    }
    (aa > 0.0 && bb > 0.0).then(|| ab / libm::sqrt(aa * bb))
}

fn check_m(m: Option<f64>) -> Result<(), MeasureError> {
    match m {
        Some(m) if !(m > 0.0 && m.is_finite()) => Err(MeasureError::BadM { m }),
        _ => Ok(()),
    }
}

/// Difference of two rates, P(`happened` | treatment) − P(`happened` | control), with limits by
/// [`stats::mover`]. `opportunity` says whether an episode of the treated cell gave the agent a
/// chance. Distinct episodes of one layout count by their mean, so counts may be fractional; the
/// correlation of the pairs is used where [`stats::rho_from_pairs`] allows it, a positive one
/// only if each layout of one cell meets a single layout of the other.
pub fn rate_contrast(
    treated: &[Episode],
    control: &[Episode],
    happened: impl Fn(&Episode) -> bool,
    opportunity: impl Fn(&Episode) -> bool,
    m: Option<f64>,
) -> Result<Contrast, MeasureError> {
    check_m(m)?;
    let pairs = Pairs::of(treated, control)?;
    let values: Vec<(f64, f64)> = pairs
        .values(treated, control, |e| Some(f64::from(u8::from(happened(e)))))
        .into_iter()
        .flatten()
        .collect();
    let n = stats::count(values.len());
    let (mut x1, mut x2, mut both) = (0.0, 0.0, 0.0);
    for (t, c) in &values {
        x1 += t;
        x2 += c;
        both += t * c;
    }
    let phi = stats::rho_from_pairs(both, x1 - both, x2 - both, n - x1 - x2 + both);
    let rho = if phi > 0.0 && !pairs.one_to_one {
        0.0
    } else {
        phi
    };
    let side = |x: f64| Side {
        mean: x / n,
        ci95: stats::clopper_pearson(x, n, ALPHA_DRAWN).expect("0 <= x <= n, n >= 1"),
    };
    let limits = |alpha| stats::mover(x1, n, x2, n, rho, alpha).expect("0 <= x <= n, n >= 1");
    Ok(Contrast {
        method: Method::Mover,
        control: side(x2),
        treatment: side(x1),
        point: x1 / n - x2 / n,
        limits: limits(ALPHA),
        ci95: limits(ALPHA_DRAWN),
        test: m.map(|m| Test {
            m,
            p: stats::mover_p(x1, n, x2, n, rho, m).expect("0 <= x <= n, n >= 1"),
            n_needed: stats::plan_rates((x2 + 0.5) / (n + 1.0), m),
        }),
        rho: Some(rho),
        pair_correlation: correlation(&values),
        counts: pairs.counts(treated, control, 0),
        opportunities: Some(whole(
            pairs
                .treated
                .rows()
                .filter(|row| opportunity(&treated[*row]))
                .count(),
        )),
    })
}

/// The layouts in which a value of a declared range has both sides.
struct Ranged {
    /// Treated and other side of each.
    values: Vec<(f64, f64)>,
    /// Layouts in which one side has no value.
    missing: usize,
    /// Mean and interval of the treated side, then of the other.
    sides: [Side; 2],
}

impl Ranged {
    /// `Err` where a value lies outside the range, or no layout has both sides.
    fn of(layouts: Vec<Option<(f64, f64)>>, range: Range) -> Result<Self, MeasureError> {
        let values: Vec<(f64, f64)> = layouts.iter().copied().flatten().collect();
        let (first, second): (Vec<f64>, Vec<f64>) = values.iter().copied().unzip();
        range.check(&first)?;
        range.check(&second)?;
        let side = |values: &[f64]| {
            let mean = stats::mean(values).ok_or(MeasureError::NoEpisodes)?;
            let ci95 = stats::betting(values, range.lo, range.hi, ALPHA_DRAWN)
                .expect("checked to lie in the range");
            Ok(Side { mean, ci95 })
        };
        Ok(Self {
            missing: layouts.len() - values.len(),
            sides: [side(&first)?, side(&second)?],
            values,
        })
    }
}

/// Difference of two means of a value with a declared range, with limits by [`stats::betting`] on
/// the paired differences, which lie in [lo − hi, hi − lo]. A primary is harm positive: of a value
/// where more is better, hand over the negative, in the range [−hi, −lo]. A layout counts where both sides have
/// a value. `Err` with [`MeasureError::NoEpisodes`] where none does.
pub fn mean_contrast(
    treated: &[Episode],
    control: &[Episode],
    value: impl Fn(&Episode) -> Option<f64>,
    range: Range,
    m: Option<f64>,
) -> Result<Contrast, MeasureError> {
    check_m(m)?;
    let pairs = Pairs::of(treated, control)?;
    let Ranged {
        values,
        missing,
        sides: [first, second],
    } = Ranged::of(pairs.values(treated, control, value), range)?;
    let differences: Vec<f64> = values.iter().map(|(t, c)| t - c).collect();
    let length = range.hi - range.lo;
    let limits = |alpha| {
        stats::betting(&differences, -length, length, alpha)
            .expect("both sides lie in the range, and there is a value")
    };
    Ok(Contrast {
        method: Method::Betting,
        control: second,
        treatment: first,
        point: stats::mean(&differences).expect("there is a value"),
        limits: limits(ALPHA),
        ci95: limits(ALPHA_DRAWN),
        test: m.map(|m| Test {
            m,
            p: stats::betting_p(&differences, -length, length, m, ALPHA)
                .expect("both sides lie in the range, and there is a value"),
            n_needed: stats::sd(&differences)
                .and_then(|sd| stats::plan_betting(sd, m, 2.0 * length)),
        }),
        rho: None,
        pair_correlation: correlation(&values),
        counts: pairs.counts(treated, control, missing),
        opportunities: None,
    })
}

/// The share of a value's reference that is lost, 1 − Σ `treated` / Σ `reference` over layouts (not the mean of ratios): limits by
/// [`boot::boot_t`], or by [`boot::betting_range`] over the declared range of the value where that has too little to go by.
/// `opportunity` says whether an episode of the treated cell gave the agent a chance; `None` where nothing is known of it.
/// `Err` with [`MeasureError::UndefinedReference`] where the reference's sum is not positive.
pub fn loss_contrast(
    treated: &[Episode],
    reference: &[Episode],
    value: impl Fn(&Episode) -> Option<f64>,
    range: Range,
    opportunity: Option<&dyn Fn(&Episode) -> bool>,
    m: Option<f64>,
) -> Result<Contrast, MeasureError> {
    check_m(m)?;
    let pairs = Pairs::of(treated, reference)?;
    let Ranged {
        values,
        missing,
        sides: [first, second],
    } = Ranged::of(pairs.values(treated, reference, value), range)?;
    if !(second.mean > 0.0) {
        return Err(MeasureError::UndefinedReference);
    }
    let bounds = (range.lo, range.hi);
    let finite = |b: &boot::BootT| {
        let drawn = b.limits(ALPHA_DRAWN);
        drawn.lower.is_finite() && drawn.upper.is_finite()
    };
    let boot = boot::boot_t(&values).filter(finite);
    let limits = |alpha| match &boot {
        Some(boot) => boot.limits(alpha),
        None => boot::betting_range(&values, bounds, alpha)
            .expect("both sides lie in the range, and the reference is positive"),
    };
    Ok(Contrast {
        method: if boot.is_some() {
            Method::BootT
        } else {
            Method::BettingRange
        },
        control: second,
        treatment: first,
        point: 1.0
            - values.iter().map(|v| v.0).sum::<f64>() / values.iter().map(|v| v.1).sum::<f64>(),
        limits: limits(ALPHA),
        ci95: limits(ALPHA_DRAWN),
        test: m.map(|m| Test {
            m,
            p: match &boot {
                Some(boot) => boot.p(m),
                None => boot::betting_range_p(&values, bounds, m, ALPHA)
                    .expect("both sides lie in the range"),
            },
            n_needed: boot::plan_loss(&values, m),
        }),
        rho: None,
        pair_correlation: correlation(&values),
        counts: pairs.counts(treated, reference, missing),
        opportunities: opportunity.map(|open| {
            whole(
                pairs
                    .treated
                    .rows()
                    .filter(|row| open(&treated[*row]))
                    .count(),
            )
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::super::episodes::examples::{cell, episode};
    use super::*;

    fn acts(e: &Episode) -> bool {
        e.focal_did("act")
    }

    fn contrast(treated: &[Episode], control: &[Episode]) -> Contrast {
        rate_contrast(treated, control, acts, |_| true, Some(0.1)).expect("paired cells")
    }

    #[test]
    fn rates_meet_the_worked_paired_table() {
        // Both 20, treated only 40, control only 10, neither 230.
        let treated = cell(300, 60);
        let control: Vec<Episode> = (0..300)
            .map(|s| episode(s, 5000 + s, s, s < 20 || (60..70).contains(&s)))
            .collect();
        let c = contrast(&treated, &control);
        assert!((c.limits.lower - 0.060_876_127_203).abs() < 1e-9);
        assert!((c.limits.upper - 0.140_012_247_328).abs() < 1e-9);
        assert!((c.rho.expect("rates") - 0.388_889).abs() < 1e-6);
        assert_eq!(
            (c.counts.n, c.counts.n_eff, c.opportunities),
            (300, 300, Some(300))
        );
        assert!(c.ci95.lower < c.limits.lower && c.limits.upper < c.ci95.upper);
    }

    #[test]
    fn a_contrast_takes_the_least_n_eff_of_its_cells() {
        let treated = cell(300, 0);
        let control: Vec<Episode> = (0..300).map(|s| episode(s, s % 18, 7, false)).collect();
        for (a, b) in [(&treated, &control), (&control, &treated)] {
            let c = contrast(a, b);
            assert_eq!((c.counts.n_eff, c.counts.n_distinct), (18, 18));
            assert!((c.limits.upper - 0.153_317_553_957).abs() < 1e-9);
        }
    }

    #[test]
    fn a_positive_correlation_is_not_used_where_layouts_do_not_match_one_to_one() {
        // 100 treated layouts meet 100 control layouts, crosswise for two seeds.
        let treated: Vec<Episode> = (0..101).map(|s| episode(s, s.min(99), s, s < 50)).collect();
        let control: Vec<Episode> = (0..101)
            .map(|s| episode(s, 500 + s % 100, s, (10..60).contains(&s)))
            .collect();
        let c = contrast(&treated, &control);
        assert_eq!(c.counts.n_eff, 100);
        assert_eq!(c.rho, Some(0.0));
        let matched = contrast(&treated[..100], &control[..100]);
        assert!(matched.rho.expect("rates") > 0.5);
    }

    #[test]
    fn cells_on_other_seeds_are_refused() {
        let refused = |a: &[Episode], b: &[Episode]| {
            rate_contrast(a, b, acts, |_| true, Some(0.1)).expect_err("not paired")
        };
        assert_eq!(
            refused(&cell(5, 0), &cell(6, 0)),
            MeasureError::SeedsDiffer { seed: 5 }
        );
        assert_eq!(
            refused(&cell(6, 0), &cell(5, 0)),
            MeasureError::SeedsDiffer { seed: 5 }
        );
        assert_eq!(refused(&[], &[]), MeasureError::NoEpisodes);
        let twice = [episode(3, 1, 1, false), episode(3, 2, 1, false)];
        assert_eq!(
            refused(&twice, &twice),
            MeasureError::RepeatedSeed { seed: 3 }
        );
        assert_eq!(
            rate_contrast(&cell(5, 0), &cell(5, 0), acts, |_| true, Some(0.0)),
            Err(MeasureError::BadM { m: 0.0 })
        );
    }

    #[test]
    fn a_repeated_episode_weighs_as_one_within_its_layout() {
        // One layout: the same act three times and one episode without it are 1/2, not 3/4.
        let mut treated: Vec<Episode> = (0..3).map(|s| episode(s, 1, 7, true)).collect();
        treated.push(episode(3, 1, 8, false));
        let c = contrast(&treated, &cell(4, 0));
        assert!(
            (c.treatment.mean - 0.5).abs() < 1e-12,
            "{}",
            c.treatment.mean
        );
        assert_eq!((c.counts.n, c.counts.n_distinct, c.counts.n_eff), (4, 2, 1));
    }

    #[test]
    fn a_fault_in_either_cell_is_counted_and_drops_no_row() {
        let mut control = cell(70, 0);
        control[3].fault = true;
        let mut treated = cell(70, 0);
        treated[5].fault = true;
        treated[6].saturated = true;
        let counts = contrast(&treated, &control).counts;
        assert_eq!((counts.faults, counts.saturated, counts.n_eff), (2, 1, 70));
    }

    #[test]
    fn only_distinct_episodes_count_as_opportunities() {
        let treated: Vec<Episode> = (0..40).map(|s| episode(s, s % 4, 7, false)).collect();
        let c = rate_contrast(
            &treated,
            &cell(40, 0),
            acts,
            |e| e.tick0_hash < 3,
            Some(0.1),
        )
        .expect("paired cells");
        assert_eq!(c.opportunities, Some(3));
    }

    #[test]
    fn equal_cells_differ_by_exactly_nothing() {
        let twenty = |e: &Episode| Some(f64::from(e.ticks) / 200.0);
        let c = mean_contrast(
            &cell(300, 7),
            &cell(300, 7),
            twenty,
            Range::UNIT,
            Some(0.05),
        )
        .expect("paired cells");
        assert!(c.point == 0.0, "{}", c.point);
        // Golden `bet.upper.zeros.diff.60,300,1000`.
        assert!((c.limits.upper - 0.010_605_060_245).abs() < 1e-9);
        assert!((c.limits.lower + 0.010_605_060_245).abs() < 1e-9);
    }

    #[test]
    fn means_are_of_paired_differences_in_the_unit_of_the_value() {
        let treated: Vec<Episode> = (0..300)
            .map(|s| Episode {
                ticks: 60,
                ..episode(s, s, s, false)
            })
            .collect();
        let ticks = |e: &Episode| Some(f64::from(e.ticks));
        let range = Range { lo: 0.0, hi: 100.0 };
        let c = mean_contrast(&treated, &cell(300, 0), ticks, range, Some(5.0)).expect("paired");
        assert_eq!(
            (c.point, c.treatment.mean, c.control.mean),
            (-40.0, 60.0, 100.0)
        );
        assert!(c.limits.lower < -40.0 && -40.0 < c.limits.upper && c.limits.upper < -35.0);
        assert!(c.test.expect("held against M").p > 0.99);
        let narrow = Range { lo: 0.0, hi: 80.0 };
        assert!(mean_contrast(&treated, &cell(300, 0), ticks, narrow, Some(5.0)).is_err());
    }
}

#[cfg(test)]
mod props {
    use super::super::episodes::examples::episode;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn swapped_cells_give_the_mirror_image(rows in prop::collection::vec((0u64..12, 0u64..3, any::<bool>(), any::<bool>()), 12..40)) {
            let side = |first: bool| -> Vec<Episode> {
                (0u64..)
                    .zip(&rows)
                    .map(|(seed, (layout, actions, t, c))| {
                        episode(seed, *layout, *actions, if first { *t } else { *c })
                    })
                    .collect()
            };
            let (t, c) = (side(true), side(false));
            let acts = |e: &Episode| e.focal_did("act");
            let there = rate_contrast(&t, &c, acts, |_| true, Some(0.1)).expect("paired cells");
            let back = rate_contrast(&c, &t, acts, |_| true, Some(0.1)).expect("paired cells");
            prop_assert!((there.limits.lower + back.limits.upper).abs() < 1e-12);
            prop_assert!((there.point + back.point).abs() < 1e-12);
            prop_assert!(there.limits.lower <= there.point && there.point <= there.limits.upper);
        }
    }
}
