//! Limits of a mean in a declared range, by betting.

use super::special::least_in_unit;
use super::{Limits, count, is_error};

/// The stakes of the betting interval before the cap: `√(2 ln(1/α) / (n σ̂²_{t−1}))`.
fn stakes(shares: &[f64], alpha: f64) -> Vec<f64> {
    let n = count(shares.len());
    let reach = 2.0 * libm::log(1.0 / alpha) / n;
    let (mut sum, mut squares, mut variance) = (0.5, 0.25, 0.25);
    let mut seen = 1.0;
    shares
        .iter()
        .map(|x| {
            let stake = libm::sqrt(reach / variance);
            seen += 1.0;
            sum += x;
            let centre = sum / seen;
            squares += (x - centre) * (x - centre);
            variance = squares / seen;
            stake
        })
        .collect()
}

/// Log of the capital of the bets that the mean of `shares` lies below `m`.
fn log_capital(shares: &[f64], stakes: &[f64], m: f64) -> f64 {
    let cap = 0.99 / (1.0 - m);
    shares
        .iter()
        .zip(stakes)
        .map(|(x, stake)| {
            let bet = if *stake < cap { *stake } else { cap };
            libm::log1p(bet * (m - x))
        })
        .sum()
}

/// `values` as shares of the declared range; `None` where one lies outside or the range is empty.
fn shares(values: &[f64], lo: f64, hi: f64) -> Option<Vec<f64>> {
    let length = hi - lo;
    if values.is_empty() || !(length > 0.0 && length.is_finite()) {
        return None;
    }
    values
        .iter()
        .map(|v| (*v >= lo && *v <= hi).then(|| (v - lo) / length))
        .collect()
}

fn mirrored(shares: &[f64]) -> Vec<f64> {
    shares.iter().map(|x| 1.0 - x).collect()
}

fn upper_share(shares: &[f64], alpha: f64) -> f64 {
    let stakes = stakes(shares, alpha);
    let enough = libm::log(1.0 / alpha);
    least_in_unit(|m| log_capital(shares, &stakes, m) >= enough)
}

/// Limits of the mean of values that lie in a declared range `[lo, hi]` (method `betting`),
/// one-sided, each with error `alpha`, for a number of values fixed beforehand. `values` are
/// layout values in seed order: the order matters.
///
/// On `x = (value − lo)/(hi − lo)`:
///
/// * `μ̂_t = (½ + Σx)/(t + 1)`, `σ̂²_t = (¼ + Σ_{i≤t}(x_i − μ̂_i)²)/(t + 1)`, `σ̂²_0 = ¼`,
/// * `λ_t = min(√(2 ln(1/α)/(n σ̂²_{t−1})), .99/(1 − m))`,
/// * the upper limit is the least m with `Σ ln(1 + λ_t(m − x_t)) ≥ ln(1/α)`, the lower one
///   1 − upper(1 − x).
///
/// `None` where a value lies outside the range, there is none, or the range is empty.
///
/// Source: Waudby-Smith & Ramdas, arXiv:2010.09686, the capital process.
pub fn betting(values: &[f64], lo: f64, hi: f64, alpha: f64) -> Option<Limits> {
    if !is_error(alpha) {
        return None;
    }
    let shares = shares(values, lo, hi)?;
    let length = hi - lo;
    Some(Limits {
        lower: lo + length * (1.0 - upper_share(&mirrored(&shares), alpha)),
        upper: lo + length * upper_share(&shares, alpha),
    })
}

/// One-sided p of "the mean is at most `m`": min(1, 1/capital at `m`) of the bets behind the
/// lower limit of [`betting`] at `alpha`, so that p ≤ alpha exactly where that limit reaches `m`.
/// An `m` below `lo` is refuted by the range (0), one at or above `hi` cannot be (1).
/// `None` as for [`betting`].
pub fn betting_p(values: &[f64], lo: f64, hi: f64, m: f64, alpha: f64) -> Option<f64> {
    if !is_error(alpha) {
        return None;
    }
    let mirror = mirrored(&shares(values, lo, hi)?);
    if m < lo {
        return Some(0.0);
    }
    if m >= hi {
        return Some(1.0);
    }
    let target = 1.0 - (m - lo) / (hi - lo);
    let p = libm::exp(-log_capital(&mirror, &stakes(&mirror, alpha), target));
    Some(if p < 1.0 { p } else { 1.0 })
}
