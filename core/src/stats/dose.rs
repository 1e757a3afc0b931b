//! Dose and response: does an effect grow in proportion to the share of episodes in which the positive control acts?

use super::{count, mean, variance};

/// The 99 % two-sided quantile of the normal, as the calibration states it.
const Z_99: f64 = 2.576;

/// Weights whose sum with the responses is the least-squares slope: (p − p̄)/Σ(p − p̄)². `None` below two different doses.
pub fn slope_weights(doses: &[f64]) -> Option<Vec<f64>> {
    let centre = mean(doses)?;
    let squares: f64 = doses.iter().map(|p| (p - centre) * (p - centre)).sum();
    (squares > 0.0 && squares.is_finite())
        .then(|| doses.iter().map(|p| (p - centre) / squares).collect())
}

/// The slope of each layout's responses, a row of `responses` with one value a dose. `None` where [`slope_weights`] has none or a
/// row has another length.
pub fn slopes(responses: &[Vec<f64>], doses: &[f64]) -> Option<Vec<f64>> {
    let weights = slope_weights(doses)?;
    let one = |row: &Vec<f64>| {
        (row.len() == weights.len())
            .then(|| row.iter().zip(&weights).map(|(y, w)| y * w).sum::<f64>())
    };
    responses.iter().map(one).collect()
}

/// A slope held against the effect of the full dose on other layouts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DoseSlope {
    /// |mean slope − mean effect|.
    pub difference: f64,
    /// √(var b/n_A + var e/n_B).
    pub se: f64,
    /// Difference over error; `None` where the error is 0.
    pub z: Option<f64>,
    /// Whether the 99 % interval of the normalised slope contains 1: difference ≤ 2.576·se.
    pub holds: bool,
}

/// Holds the slopes of layouts A against the effects y(1) − y(0) of layouts B (Fieller's form). `None` below two values a side.
///
/// Source: MEASURES T10.
pub fn dose_slope(slopes: &[f64], effects: &[f64]) -> Option<DoseSlope> {
    let apart = mean(slopes)? - mean(effects)?;
    let difference = if apart < 0.0 { -apart } else { apart };
    let se = libm::sqrt(
        variance(slopes)? / count(slopes.len()) + variance(effects)? / count(effects.len()),
    );
    Some(DoseSlope {
        difference,
        se,
        z: (se > 0.0).then(|| difference / se),
        holds: difference <= Z_99 * se,
    })
}

/// The dose at which the effect is exactly `m`, (M − E(0))/(E(1) − E(0)); `None` unless it lies in [0, 1].
pub fn dose_at(m: f64, none: f64, full: f64) -> Option<f64> {
    let dose = (m - none) / (full - none);
    (0.0..=1.0).contains(&dose).then_some(dose)
}
