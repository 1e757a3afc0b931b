//! Statistics of plain arrays. What a verdict rests on: limits of rates, of differences of rates, of means and of ratios of means,
//! Holm's correction, the number of layouts that a verdict needs. Beside it what people compare with: other intervals, exact
//! tests, sequential tests, survival curves.
//!
//! Everything is `f64` arithmetic in a fixed order with `libm` for logarithms, so a report that is
//! computed again on another host agrees to the byte. Limits are **one-sided**: with `alpha` =
//! [`ALPHA`] the pair is the one that decides a verdict, with [`ALPHA_DRAWN`] it is the two-sided
//! 95 % interval that is drawn beside it.
//!
//! **Invariant**: no episode, event or engine type occurs here; a function that cannot answer
//! (counts that are not counts, values outside their range) returns `None`.

pub mod aggregate;
pub mod bca;
mod betting;
pub mod boot;
mod dose;
mod exact;
mod multiplicity;
mod paired;
mod planning;
mod rates;
mod sequential;
mod special;
mod survival;

#[cfg(test)]
mod props;
#[cfg(test)]
mod tests;

pub use betting::{betting, betting_p};
pub use dose::{DoseSlope, dose_at, dose_slope, slope_weights, slopes};
pub use exact::{SignFlip, boschloo, mcnemar, sign_flip};
pub use multiplicity::{benjamini_hochberg, holm};
pub use paired::{Did, Paired, Tost, difference_in_differences, paired, severity, tost};
pub use planning::{
    minimum_detectable, pairs_needed, plan_betting, plan_rates, planned_mean, power_bounded,
    rates_needed,
};
pub use rates::{
    clopper_pearson, jeffreys, mover, mover_p, mover4, newcombe_paired, rho_from_pairs,
    zero_event_bound, zero_event_layouts,
};
pub use sequential::{EProcess, Sprt, SprtWord, e_process, sprt};
pub use special::{
    beta_inc, beta_quantile, binomial_at_most, binomial_chance, normal_cdf, normal_quantile,
    t_quantile, t_tail,
};
pub use survival::{KaplanMeier, kaplan_meier, rmst};

/// Error of one limit of the pair that decides a verdict: each limit holds with 95 %.
pub const ALPHA: f64 = 0.05;
/// Error of one limit of the drawn two-sided 95 % interval.
pub const ALPHA_DRAWN: f64 = 0.025;
/// Below this many layouts no verdict is given: zero events in `n` bound a rate below .05 from
/// 59 on.
pub const N_EFF_MIN: u32 = 60;

/// A lower and an upper limit, in the unit of what they limit; `lower <= upper`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Limits {
    /// The one-sided lower limit.
    pub lower: f64,
    /// The one-sided upper limit.
    pub upper: f64,
}

/// A count as a float, exactly.
pub(crate) fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).expect("an experiment holds fewer than 2^32 rows"))
}

/// Mean in the order of the slice; `None` when it is empty.
pub fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    Some(values.iter().sum::<f64>() / count(values.len()))
}

/// Standard deviation with divisor n − 1, in the order of the slice; `None` below two values.
pub fn sd(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let centre = mean(values)?;
    let squares: f64 = values.iter().map(|v| (v - centre) * (v - centre)).sum();
    Some(libm::sqrt(squares / count(values.len() - 1)))
}

/// Variance with divisor n − 1; `None` below two values.
pub(crate) fn variance(values: &[f64]) -> Option<f64> {
    let deviation = sd(values)?;
    Some(deviation * deviation)
}

fn is_error(alpha: f64) -> bool {
    alpha > 0.0 && alpha < 1.0
}
