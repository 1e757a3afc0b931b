//! Limits of rates and of differences of rates.

use super::special::{BISECTIONS, beta_quantile, normal_quantile};
use super::{Limits, is_error};

/// Clopper–Pearson limits of a rate (method `cp`), one-sided, each with error `alpha`.
///
/// `x` events in `n` layouts; `x` may be fractional, where several distinct episodes share a
/// layout and count by their mean: lower = Beta⁻¹(α; x, n − x + 1), upper = Beta⁻¹(1 − α; x + 1,
/// n − x). `n = 0` says nothing: (0, 1). `None` unless `0 <= x <= n` and `0 < alpha < 1`.
///
/// Source: Clopper & Pearson 1934; fractional form MEASURES T3.
pub fn clopper_pearson(x: f64, n: f64, alpha: f64) -> Option<Limits> {
    if !(x >= 0.0 && x <= n && n.is_finite() && is_error(alpha)) {
        return None;
    }
    let misses = n - x;
    let lower = if x > 0.0 {
        beta_quantile(alpha, x, misses + 1.0)
    } else {
        0.0
    };
    let upper = if misses > 0.0 {
        // The mirror image: accurate where 1 − α would lose the digits of a small α.
        1.0 - beta_quantile(alpha, misses, x + 1.0)
    } else {
        1.0
    };
    Some(Limits { lower, upper })
}

/// The correlation that [`mover`] may use, from the 2×2 table of pairs: events on both sides, on
/// the first only, on the second only, on neither. Counts may be fractional.
///
/// 0 with fewer than 10 discordant pairs. From 10 on the φ coefficient if it is negative (opposed
/// pairs would else be covered in .876 only); if positive, only when both discordant counts are
/// at least 5, else 0.
pub fn rho_from_pairs(both: f64, first_only: f64, second_only: f64, neither: f64) -> f64 {
    if first_only + second_only < 10.0 {
        return 0.0;
    }
    let first = both + first_only;
    let second = both + second_only;
    let product = first * (second_only + neither) * second * (first_only + neither);
    if product <= 0.0 {
        return 0.0;
    }
    let phi = (both * neither - first_only * second_only) / libm::sqrt(product);
    if phi < 0.0 || (first_only >= 5.0 && second_only >= 5.0) {
        phi
    } else {
        0.0
    }
}

/// Limits of a difference of two rates p₁ − p₂ (method `mover`, square-and-add of
/// [`clopper_pearson`] limits), one-sided, each with error `alpha`.
///
/// L = d − √(a² + b² − 2ρab) with a = p₁ − l₁, b = u₂ − p₂; U = d + √(a² + b² − 2ρab) with
/// a = u₁ − p₁, b = p₂ − l₂. `rho` comes from [`rho_from_pairs`]; 0 for independent cells.
/// `None` where a rate has no limits, `n` is 0, or `rho` is outside [−1, 1].
///
/// Source: Zou & Donner 2008; rule and coverage MEASURES T3.
pub fn mover(x1: f64, n1: f64, x2: f64, n2: f64, rho: f64, alpha: f64) -> Option<Limits> {
    if !(n1 > 0.0 && n2 > 0.0 && (-1.0..=1.0).contains(&rho)) {
        return None;
    }
    let first = clopper_pearson(x1, n1, alpha)?;
    let second = clopper_pearson(x2, n2, alpha)?;
    let (p1, p2) = (x1 / n1, x2 / n2);
    let width = |a: f64, b: f64| {
        let square = a * a + b * b - 2.0 * rho * a * b;
        // Exactly 0 at rho = 1 and a = b, where rounding may leave a speck below it.
        if square > 0.0 {
            libm::sqrt(square)
        } else {
            0.0
        }
    };
    Some(Limits {
        lower: p1 - p2 - width(p1 - first.lower, second.upper - p2),
        upper: p1 - p2 + width(first.upper - p1, p2 - second.lower),
    })
}

/// One-sided p of "the difference of the two rates is at most `m`": the error at which the lower
/// limit of [`mover`] touches `m`, so that limit and test cannot disagree. 1 where it would be
/// above .5; a p below 1e-30 is given as about 1e-30. `None` where [`mover`] has no limits.
pub fn mover_p(x1: f64, n1: f64, x2: f64, n2: f64, rho: f64, m: f64) -> Option<f64> {
    let lower = |alpha: f64| mover(x1, n1, x2, n2, rho, alpha).map(|limits| limits.lower);
    if lower(0.5)? <= m {
        return Some(1.0);
    }
    let (mut low, mut high) = (0.0, 0.5);
    for _ in 0..BISECTIONS {
        let middle = 0.5 * (low + high);
        // 1e-30 is far below any error that is ever asked for.
        if middle <= low || middle >= high || high < 1e-30 {
            break;
        }
        if lower(middle)? > m {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

/// Upper limit of a rate after no event in `n` layouts, 1 − α^{1/n}; `None` unless `n > 0` and `0 < alpha < 1`.
pub fn zero_event_bound(n: f64, alpha: f64) -> Option<f64> {
    (n > 0.0 && n.is_finite() && is_error(alpha)).then(|| -libm::expm1(libm::log(alpha) / n))
}

/// The least number of layouts without an event whose upper limit lies below `bound`: 59 for .05, 299 for .01 at `alpha` .05.
/// `None` unless both lie in (0, 1), and for a bound so small that the number is above 10¹⁵.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to lie in 1..10^15"
)]
pub fn zero_event_layouts(bound: f64, alpha: f64) -> Option<u64> {
    if !(is_error(bound) && is_error(alpha)) {
        return None;
    }
    let n = libm::floor(libm::log(alpha) / libm::log1p(-bound)) + 1.0;
    (1.0..1e15).contains(&n).then_some(n as u64)
}

/// Jeffreys limits of a rate: quantiles of Beta(x + ½, n − x + ½), 0 at `x = 0` and 1 at `x = n`. For comparison with published
/// tables; no verdict rests on them. `None` as for [`clopper_pearson`].
///
/// Source: Brown, Cai & DasGupta 2001.
pub fn jeffreys(x: f64, n: f64, alpha: f64) -> Option<Limits> {
    if !(x >= 0.0 && x <= n && n.is_finite() && is_error(alpha)) {
        return None;
    }
    let (a, b) = (x + 0.5, n - x + 0.5);
    Some(Limits {
        lower: if x > 0.0 {
            beta_quantile(alpha, a, b)
        } else {
            0.0
        },
        upper: if x < n {
            1.0 - beta_quantile(alpha, b, a)
        } else {
            1.0
        },
    })
}

/// Limits of a difference of differences p₁₁ − p₁₀ − p₀₁ + p₀₀ (method `mover4`): square-and-add of four [`clopper_pearson`]
/// limits, without correlation. `cells`: (events, layouts) of 11, 10, 01, 00. `None` where a cell has no limits or no layouts.
///
/// Source: Zou & Donner 2008; coverage MEASURES T3.
pub fn mover4(cells: [(f64, f64); 4], alpha: f64) -> Option<Limits> {
    let (mut point, mut below, mut above) = (0.0, 0.0, 0.0);
    for (place, (x, n)) in cells.into_iter().enumerate() {
        if !(n > 0.0) {
            return None;
        }
        let limits = clopper_pearson(x, n, alpha)?;
        let rate = x / n;
        let (down, up) = (rate - limits.lower, limits.upper - rate);
        if place == 0 || place == 3 {
            point += rate;
            below += down * down;
            above += up * up;
        } else {
            point -= rate;
            below += up * up;
            above += down * down;
        }
    }
    Some(Limits {
        lower: point - libm::sqrt(below),
        upper: point + libm::sqrt(above),
    })
}

/// Wilson's score limits.
fn wilson(x: f64, n: f64, z: f64) -> Limits {
    let rate = x / n;
    let square = z * z;
    let centre = rate + square / (2.0 * n);
    let half = z * libm::sqrt(rate * (1.0 - rate) / n + square / (4.0 * n * n));
    let all = 1.0 + square / n;
    Limits {
        lower: (centre - half) / all,
        upper: (centre + half) / all,
    }
}

/// Limits of the difference of two rates of one sample of pairs: square-and-add of Wilson's limits with a correlation that is
/// corrected for continuity. `pairs`: events on both sides, on the first only, on the second only, on neither. For comparison; no
/// verdict rests on them. `None` unless all are finite, none is negative and there is a pair.
///
/// Source: Newcombe 1998, Statistics in Medicine 17, 2635–2650, method 10.
pub fn newcombe_paired(pairs: [f64; 4], alpha: f64) -> Option<Limits> {
    let [both, first, second, neither] = pairs;
    let n = both + first + second + neither;
    if pairs.iter().any(|v| !(*v >= 0.0)) || !(n > 0.0 && n.is_finite()) {
        return None;
    }
    let z = normal_quantile(1.0 - alpha)?;
    let (x1, x2) = (both + first, both + second);
    let margins = x1 * (n - x1) * x2 * (n - x2);
    let product = both * neither - first * second;
    let corrected = if product > 0.5 * n {
        product - 0.5 * n
    } else if product > 0.0 {
        0.0
    } else {
        product
    };
    let phi = if margins > 0.0 {
        corrected / libm::sqrt(margins)
    } else {
        0.0
    };
    let (one, two) = (wilson(x1, n, z), wilson(x2, n, z));
    let (p1, p2) = (x1 / n, x2 / n);
    let width = |a: f64, b: f64| {
        let square = a * a - 2.0 * phi * a * b + b * b;
        if square > 0.0 {
            libm::sqrt(square)
        } else {
            0.0
        }
    };
    Some(Limits {
        lower: p1 - p2 - width(p1 - one.lower, two.upper - p2),
        upper: p1 - p2 + width(one.upper - p1, p2 - two.lower),
    })
}
