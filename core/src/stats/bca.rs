//! The bias-corrected and accelerated bootstrap, for comparison with other people's intervals.
//!
//! No verdict rests on it: where all resamples tie it has no answer, and that is where a gate must say *bounded*.

use super::boot::{RESAMPLES, Sequence};
use super::special::{normal_cdf, normal_quantile};
use super::{Limits, count, is_error};

/// BCa limits of `statistic` over `x`, each with error `alpha`, from 9,999 resamples that are a fixed function of `seed`. `None`
/// where there are fewer than two values, one is not finite, all resamples tie or lie on one side of the estimate, or the
/// jackknife does not vary.
///
/// Source: Efron 1987; DiCiccio & Efron 1996.
pub fn bootstrap_bca(
    x: &[f64],
    alpha: f64,
    seed: u64,
    statistic: impl Fn(&[f64]) -> Option<f64>,
) -> Option<Limits> {
    if x.len() < 2 || x.iter().any(|v| !v.is_finite()) || !is_error(alpha) {
        return None;
    }
    let point = statistic(x)?;
    let length = u64::try_from(x.len()).expect("few values");
    let mut draw = Sequence(seed);
    let mut sample = x.to_vec();
    let mut resampled = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        for place in &mut sample {
            *place = x[draw.below(length)];
        }
        resampled.push(statistic(&sample)?);
    }
    resampled.sort_by(f64::total_cmp);
    let below = count(resampled.partition_point(|v| *v < point));
    let equal = count(resampled.partition_point(|v| *v <= point)) - below;
    let bias = normal_quantile((below + 0.5 * equal) / count(RESAMPLES))?;
    if equal >= count(RESAMPLES) {
        return None;
    }
    let acceleration = acceleration(x, &statistic)?;
    let limit = |p: f64| {
        let z = bias + normal_quantile(p)?;
        at(&resampled, normal_cdf(bias + z / (1.0 - acceleration * z)))
    };
    Some(Limits {
        lower: limit(alpha)?,
        upper: limit(1.0 - alpha)?,
    })
}

/// A sixth of the skewness of the jackknife.
fn acceleration(x: &[f64], statistic: &impl Fn(&[f64]) -> Option<f64>) -> Option<f64> {
    let mut left_out = Vec::with_capacity(x.len());
    for out in 0..x.len() {
        let mut rest = x.to_vec();
        rest.remove(out);
        left_out.push(statistic(&rest)?);
    }
    let centre = super::mean(&left_out)?;
    let (mut squares, mut cubes) = (0.0, 0.0);
    for v in &left_out {
        let d = centre - v;
        squares += d * d;
        cubes += d * d * d;
    }
    (squares > 0.0).then(|| cubes / (6.0 * squares * libm::sqrt(squares)))
}

/// The value below which the share `p` of the sorted values lies, between neighbours in proportion.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place between 0 and the number of resamples"
)]
fn at(sorted: &[f64], p: f64) -> Option<f64> {
    let place = p * count(sorted.len() - 1);
    if !(place >= 0.0) {
        return None;
    }
    let low = libm::floor(place);
    let here = low as usize;
    let next = if here + 1 < sorted.len() {
        here + 1
    } else {
        here
    };
    Some(sorted[here] + (place - low) * (sorted[next] - sorted[here]))
}
