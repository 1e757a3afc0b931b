//! How many layouts a verdict needs.

use super::special::{binomial_chance, normal_quantile};
use super::{ALPHA, Limits, N_EFF_MIN, clopper_pearson};

/// n up to the next ten, at least [`N_EFF_MIN`].
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to lie in 0..2^53 on the line before"
)]
fn planned(n: f64) -> Option<u64> {
    let tens = libm::ceil(n / 10.0) * 10.0;
    if !(0.0..9e15).contains(&tens) {
        return None;
    }
    Some((tens as u64).max(u64::from(N_EFF_MIN)))
}

/// Layouts a cell for 80 % power of *bounded* at zero effect, two rates of `rate` each and the
/// smallest effect that matters `m`: 6.183·2p(1−p)/M² + 2/M, up to the next 10, at least 60.
/// `rate` is the pilot's p̃ = (x + .5)/(n + 1). `None` unless `m > 0` and `rate` is in [0, 1].
///
/// Source: MEASURES T8.
pub fn plan_rates(rate: f64, m: f64) -> Option<u64> {
    if !(m > 0.0 && (0.0..=1.0).contains(&rate)) {
        return None;
    }
    planned(6.183 * 2.0 * rate * (1.0 - rate) / (m * m) + 2.0 / m)
}

/// As [`plan_rates`] for a mean with limits by the studentised bootstrap: 6.183·σ²/M² + 2/M, up to the next 10, at least 60.
pub fn planned_mean(variance: f64, m: f64) -> Option<u64> {
    if !(m > 0.0 && variance >= 0.0) {
        return None;
    }
    planned(6.183 * variance / (m * m) + 2.0 / m)
}

/// As [`plan_rates`] for a mean by [`betting`], `sd` and `m` in one unit: 10.5·σ²/M² + 4/M for a
/// range of length 2; `m` and `sd` of another range are scaled to it by `range_length`.
/// `None` unless all are finite, `m > 0`, `sd >= 0`, `range_length > 0`.
pub fn plan_betting(sd: f64, m: f64, range_length: f64) -> Option<u64> {
    if !(m > 0.0 && sd >= 0.0 && range_length > 0.0 && range_length.is_finite()) {
        return None;
    }
    let scale = 2.0 / range_length;
    let (sd, m) = (sd * scale, m * scale);
    planned(10.5 * sd * sd / (m * m) + 4.0 / m)
}

/// Chances below this are left out of exact sums.
const NEGLIGIBLE: f64 = 1e-15;

/// Power of *bounded*: the chance that the upper limit of [`super::mover`] lies below `m` when both cells have the rate `rate` and
/// `n` independent layouts each, summed over all outcomes. `None` unless `0 < n <= 5,000`, `m > 0` and `rate` is in [0, 1].
///
/// Source: MEASURES T8.
pub fn power_bounded(rate: f64, n: u32, m: f64) -> Option<f64> {
    if n == 0 || n > 5_000 || !(m > 0.0 && (0.0..=1.0).contains(&rate)) {
        return None;
    }
    let size = f64::from(n);
    let outcomes: Vec<(f64, f64, Limits)> = (0..=n)
        .map(f64::from)
        .map(|x| (x, binomial_chance(x, size, rate)))
        .filter(|(_, chance)| *chance > NEGLIGIBLE)
        .map(|(x, chance)| clopper_pearson(x, size, ALPHA).map(|limits| (x / size, chance, limits)))
        .collect::<Option<_>>()?;
    let mut power = 0.0;
    for (p1, chance, first) in &outcomes {
        for (p2, other, second) in &outcomes {
            let (a, b) = (first.upper - p1, p2 - second.lower);
            if p1 - p2 + libm::sqrt(a * a + b * b) < m {
                power += chance * other;
            }
        }
    }
    Some(power)
}

/// The least number of layouts a cell, in steps of 10 from [`N_EFF_MIN`], at which [`power_bounded`] is at least `power`; `None`
/// as there, and where 5,000 are not enough.
pub fn rates_needed(rate: f64, m: f64, power: f64) -> Option<u32> {
    for n in (N_EFF_MIN..=5_000).step_by(10) {
        if power_bounded(rate, n, m)? >= power {
            return Some(n);
        }
    }
    None
}

/// Pairs that a two-sided test of error `alpha` needs to find a mean difference `effect` with `power`, where each side has the
/// standard deviation `sd` and pairs correlate by `rho`: (z_{1−α/2} + z_{power})²·2σ²(1 − ρ)/δ², rounded up. `None` unless
/// `effect` is not 0, `sd > 0`, `rho` is in [−1, 1) and `alpha`, `power` are in (0, 1).
///
/// Source: MEASURES T1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to lie in 1..2^53"
)]
pub fn pairs_needed(effect: f64, sd: f64, rho: f64, alpha: f64, power: f64) -> Option<u64> {
    if !(sd > 0.0 && (-1.0..1.0).contains(&rho)) {
        return None;
    }
    let reach = normal_quantile(1.0 - alpha / 2.0)? + normal_quantile(power)?;
    let n = libm::ceil(reach * reach * 2.0 * sd * sd * (1.0 - rho) / (effect * effect));
    (1.0..9e15).contains(&n).then_some(n as u64)
}

/// The smallest mean difference that `n` pairs whose differences have the standard deviation `sd` find with `power` in a two-sided
/// test of error `alpha`: (z_{1−α/2} + z_{power})·σ_d/√n. `None` unless `n > 0`, `sd >= 0` and `alpha`, `power` are in (0, 1).
pub fn minimum_detectable(n: f64, sd: f64, alpha: f64, power: f64) -> Option<f64> {
    if !(n > 0.0 && sd >= 0.0) {
        return None;
    }
    let reach = normal_quantile(1.0 - alpha / 2.0)? + normal_quantile(power)?;
    Some(reach * sd / libm::sqrt(n))
}
