//! Means of pairs, equivalence, severity, a difference of differences.

use super::special::{normal_cdf, t_quantile, t_tail};
use super::{Limits, count, is_error, mean, sd, variance};

/// What pairs on the same seeds say of a mean difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// Mean of x − y.
    pub difference: f64,
    /// Limits of it by Student's t.
    pub limits: Limits,
    /// Standard error.
    pub se: f64,
    /// Correlation of x and y; `None` where one does not vary.
    pub correlation: Option<f64>,
    /// (var x + var y) / var(x − y): how many times fewer pairs than independent episodes are needed for the same width; `None`
    /// where the differences do not vary.
    pub variance_reduction: Option<f64>,
}

/// Estimate of a mean difference from pairs, each limit with error `alpha`. `None` unless both have the same length of at least
/// two, all values are finite and `0 < alpha < 1`.
///
/// For exploration: a verdict uses [`super::betting`] or [`super::boot`]. Source: MEASURES T1.
pub fn paired(x: &[f64], y: &[f64], alpha: f64) -> Option<Paired> {
    let finite = x.iter().chain(y).all(|v| v.is_finite());
    if x.len() != y.len() || !finite || !is_error(alpha) {
        return None;
    }
    let d: Vec<f64> = x.iter().zip(y).map(|(a, b)| a - b).collect();
    let n = count(d.len());
    let (difference, deviation) = (mean(&d)?, sd(&d)?);
    let se = deviation / libm::sqrt(n);
    let half = t_quantile(1.0 - alpha, n - 1.0)? * se;
    let (mx, my) = (mean(x)?, mean(y)?);
    let (vx, vy) = (variance(x)?, variance(y)?);
    let shared: f64 = x.iter().zip(y).map(|(a, b)| (a - mx) * (b - my)).sum();
    let spread = libm::sqrt(vx * vy) * (n - 1.0);
    Some(Paired {
        difference,
        limits: Limits {
            lower: difference - half,
            upper: difference + half,
        },
        se,
        correlation: (spread > 0.0).then(|| shared / spread),
        variance_reduction: (deviation > 0.0).then(|| (vx + vy) / (deviation * deviation)),
    })
}

/// Two one-sided tests of equivalence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tost {
    /// p of "the mean lies at or outside ±margin": the larger of the two one-sided p.
    pub p: f64,
    /// The pair of one-sided limits whose position inside ±margin is the same decision.
    pub limits: Limits,
}

/// Equivalence of a mean to 0 within ±`margin`, with limits of error `alpha` each, by Student's t with `df` degrees of freedom.
/// `None` unless `se > 0`, `df > 0`, `margin > 0`, all finite. For display: no verdict rests on it.
///
/// Source: Schuirmann 1987.
pub fn tost(mean: f64, se: f64, df: f64, margin: f64, alpha: f64) -> Option<Tost> {
    if !(se > 0.0 && df > 0.0 && margin > 0.0 && mean.is_finite() && se.is_finite()) {
        return None;
    }
    let half = t_quantile(1.0 - alpha, df)? * se;
    let (above, below) = (
        t_tail((mean + margin) / se, df),
        t_tail((margin - mean) / se, df),
    );
    Some(Tost {
        p: if above > below { above } else { below },
        limits: Limits {
            lower: mean - half,
            upper: mean + half,
        },
    })
}

/// Severity with which "the effect is below `m`" has passed: P(D > `observed`; effect = `m`) for a normal estimate with standard
/// error `se`. `None` unless `se > 0` and all are finite. For display.
///
/// Source: Mayo & Spanos 2006.
pub fn severity(observed: f64, se: f64, m: f64) -> Option<f64> {
    (se > 0.0 && se.is_finite() && observed.is_finite() && m.is_finite())
        .then(|| normal_cdf((m - observed) / se))
}

/// A difference of differences of rates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Did {
    /// p₁₁ − p₁₀ − p₀₁ + p₀₀.
    pub difference: f64,
    /// √Σ p(1 − p)/n, for planning.
    pub se: f64,
}

/// p₁₁ − p₁₀ − p₀₁ + p₀₀ of four independent cells with its planning error; limits: [`super::mover4`]. `None` unless all rates
/// are in [0, 1] and all numbers of layouts above 0.
pub fn difference_in_differences(rates: [f64; 4], n: [f64; 4]) -> Option<Did> {
    let right = |(p, n): (&f64, &f64)| (0.0..=1.0).contains(p) && *n > 0.0 && n.is_finite();
    if !rates.iter().zip(&n).all(right) {
        return None;
    }
    let [p11, p10, p01, p00] = rates;
    let variance: f64 = rates.iter().zip(&n).map(|(p, n)| p * (1.0 - p) / n).sum();
    Some(Did {
        difference: p11 - p10 - p01 + p00,
        se: libm::sqrt(variance),
    })
}
