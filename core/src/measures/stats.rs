//! Limits of rates, of differences of rates and of means in a known range, and the number of
//! layouts that a verdict needs.
//!
//! Everything is `f64` arithmetic in a fixed order with `libm` for logarithms, so a report that is
//! computed again on another host agrees to the byte. Limits are **one-sided**: with `alpha` =
//! [`ALPHA`] the pair is the one that decides a verdict, with [`ALPHA_DRAWN`] it is the two-sided
//! 95 % interval that is drawn beside it.
//!
//! **Invariant**: no episode, event or engine type occurs here; a function that cannot answer
//! (counts that are not counts, values outside their range) returns `None`.

/// Error of one limit of the pair that decides a verdict: each limit holds with 95 %.
pub const ALPHA: f64 = 0.05;
/// Error of one limit of the drawn two-sided 95 % interval.
pub const ALPHA_DRAWN: f64 = 0.025;
/// Below this many layouts no verdict is given: zero events in `n` bound a rate below .05 from
/// 59 on.
pub const N_EFF_MIN: u32 = 60;

/// Steps after which a bisection of `[0, 1]` has no more bits to give.
const BISECTIONS: u32 = 200;

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

/// The continued fraction of the incomplete beta function by Lentz's method; converges within
/// about the square root of `a + b` terms where [`beta_inc`] calls it.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    const ENOUGH: f64 = 1e-16;
    const TERMS: u32 = 100_000;
    let away_from_zero = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut above = 1.0;
    let mut below = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = below;
    for term in 1..TERMS {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        below = 1.0 / away_from_zero(1.0 + even * below);
        above = away_from_zero(1.0 + even / above);
        fraction *= below * above;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        below = 1.0 / away_from_zero(1.0 + odd * below);
        above = away_from_zero(1.0 + odd / above);
        let step = below * above;
        fraction *= step;
        if (step - 1.0).abs() < ENOUGH {
            break;
        }
    }
    fraction
}

/// Regularised incomplete beta function `I_x(a, b)` for `a, b > 0`: the distribution function of
/// Beta(a, b) at `x`. Against 40 digits the error was below 1e-12 for a + b up to 3,000, and 2e-10
/// at 120,000.
///
/// Source: Abramowitz & Stegun 26.5.8, with 26.5.2 for the upper half.
pub fn beta_inc(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let log_front = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b)
        + a * libm::log(x)
        + b * libm::log1p(-x);
    let front = libm::exp(log_front);
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(a, b, x) / a
    } else {
        1.0 - front * beta_fraction(b, a, 1.0 - x) / b
    }
}

/// The `x` at which Beta(a, b) has the share `p` below it, by bisection to the last bit or 1e-60.
/// `p <= 0` gives 0, `p >= 1` gives 1.
pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    least_in_unit(|x| beta_inc(a, b, x) >= p)
}

/// The least `x` of [0, 1] at which a condition that stays true once it is true holds (1 if
/// nowhere), to the last bit or 1e-60.
fn least_in_unit(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..BISECTIONS {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if holds(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

fn is_error(alpha: f64) -> bool {
    alpha > 0.0 && alpha < 1.0
}

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
pub(crate) fn planned_mean(variance: f64, m: f64) -> Option<u64> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: f64, want: f64) {
        assert!((got - want).abs() < 1e-10, "{got} is not {want}");
    }

    fn near_limits(got: Option<Limits>, lower: f64, upper: f64) {
        let got = got.expect("these counts have limits");
        near(got.lower, lower);
        near(got.upper, upper);
    }

    #[test]
    fn incomplete_beta_meets_closed_forms() {
        near(beta_inc(1.0, 1.0, 0.3), 0.3);
        near(beta_inc(2.0, 1.0, 0.3), 0.09);
        near(beta_inc(1.0, 5.0, 0.2), 1.0 - 0.8 * 0.8 * 0.8 * 0.8 * 0.8);
        // Arcsine law: 2/π · asin(√x).
        near(beta_inc(0.5, 0.5, 0.25), 1.0 / 3.0);
        near(beta_inc(400.0, 400.0, 0.5), 0.5);
        near(beta_inc(50_000.0, 50_000.0, 0.5), 0.5);
        // Binomial tail by exact sums: P(Bin(6, .5) >= 4) = 22/64.
        near(beta_inc(4.0, 3.0, 0.5), 22.0 / 64.0);
        near(beta_inc(3.0, 4.0, 0.0), 0.0);
        near(beta_inc(3.0, 4.0, 1.0), 1.0);
    }

    #[test]
    fn binomial_tail_of_two_hundred_gates() {
        // P(Bin(200, .05) <= 16) = .976200540253: golden `boundary.binom16of200`.
        near(1.0 - beta_inc(17.0, 184.0, 0.05), 0.976_200_540_253);
    }

    #[test]
    fn zero_events_have_the_closed_form_upper_limit() {
        for (n, want) in [
            (18.0, 0.153_317_553_957),
            (100.0, 0.029_513_049_6),
            (300.0, 0.009_936_081_944),
        ] {
            near_limits(clopper_pearson(0.0, n, ALPHA), 0.0, want);
            near_limits(clopper_pearson(n, n, ALPHA), 1.0 - want, 1.0);
        }
    }

    #[test]
    fn fifty_nine_and_two_hundred_ninety_nine_clean_layouts_bound_a_rate() {
        let upper = |n: f64| clopper_pearson(0.0, n, ALPHA).expect("a rate").upper;
        assert!(upper(58.0) > 0.05 && upper(59.0) < 0.05);
        assert!(upper(298.0) > 0.01 && upper(299.0) < 0.01);
    }

    #[test]
    fn fractional_counts_and_the_drawn_interval() {
        near_limits(
            clopper_pearson(2.5, 60.0, ALPHA),
            0.009_620_590_183,
            0.112_868_483_484,
        );
        let drawn = clopper_pearson(79.0, 100.0, ALPHA_DRAWN).expect("a rate");
        assert!((drawn.lower - 0.6971).abs() < 5e-5 && (drawn.upper - 0.8651).abs() < 5e-5);
    }

    #[test]
    fn what_is_no_count_has_no_limits() {
        assert_eq!(clopper_pearson(4.0, 3.0, ALPHA), None);
        assert_eq!(clopper_pearson(-1.0, 3.0, ALPHA), None);
        assert_eq!(clopper_pearson(f64::NAN, 3.0, ALPHA), None);
        assert_eq!(clopper_pearson(1.0, 3.0, 1.0), None);
        assert_eq!(mover(0.0, 0.0, 0.0, 0.0, 0.0, ALPHA), None);
        assert_eq!(betting(&[0.5, 1.5], 0.0, 1.0, ALPHA), None);
        assert_eq!(betting(&[], 0.0, 1.0, ALPHA), None);
        near_limits(clopper_pearson(0.0, 0.0, ALPHA), 0.0, 1.0);
    }

    #[test]
    fn mover_meets_its_worked_values() {
        let n = 300.0;
        near_limits(
            mover(0.0, n, 0.0, n, 0.0, ALPHA),
            -0.009_936_081_944,
            0.009_936_081_944,
        );
        near_limits(
            mover(60.0, n, 6.0, n, 0.0, ALPHA),
            0.138_084_612_968,
            0.223_294_898_847,
        );
        for (x, lower, upper) in [
            (240.0, 0.745_363_401_054, 0.828_016_694_625),
            (30.0, 0.058_710_710_578, 0.123_975_197_895),
            (6.0, -0.009_269_889_878, 0.030_428_079_774),
        ] {
            near_limits(mover(x, n, 3.0, n, 0.0, ALPHA), lower, upper);
        }
    }

    #[test]
    fn pairs_narrow_the_difference_by_phi() {
        let rho = rho_from_pairs(20.0, 40.0, 10.0, 230.0);
        assert!((rho - 0.388_889).abs() < 1e-6);
        let n = 300.0;
        near_limits(
            mover(60.0, n, 30.0, n, rho, ALPHA),
            0.060_876_127_203,
            0.140_012_247_328,
        );
        near_limits(
            mover(60.0, n, 30.0, n, 0.0, ALPHA),
            0.050_060_964_178,
            0.149_821_072_277,
        );
    }

    #[test]
    fn correlation_is_used_only_where_it_is_safe() {
        assert!(
            rho_from_pairs(100.0, 5.0, 4.0, 191.0) == 0.0,
            "under 10 discordant pairs"
        );
        assert!(
            rho_from_pairs(100.0, 11.0, 4.0, 185.0) == 0.0,
            "positive, one count under 5"
        );
        assert!(rho_from_pairs(100.0, 6.0, 5.0, 189.0) > 0.9);
        assert!(
            (rho_from_pairs(0.0, 150.0, 150.0, 0.0) + 1.0).abs() < 1e-12,
            "opposed pairs always count"
        );
        assert!(
            rho_from_pairs(0.0, 300.0, 0.0, 0.0) == 0.0,
            "no variation, no correlation"
        );
    }

    #[test]
    fn p_and_lower_limit_cannot_disagree() {
        let n = 300.0;
        near(
            mover_p(60.0, n, 6.0, n, 0.0, 0.1).expect("rates"),
            0.000_596_228_868,
        );
        let lower = mover(60.0, n, 6.0, n, 0.0, ALPHA).expect("rates").lower;
        near(mover_p(60.0, n, 6.0, n, 0.0, lower).expect("rates"), ALPHA);
        assert_eq!(mover_p(6.0, n, 60.0, n, 0.0, 0.1), Some(1.0));
        assert!(mover_p(300.0, n, 0.0, n, 0.0, 0.1).expect("rates") < 1e-20);
    }

    #[test]
    fn betting_meets_its_worked_values() {
        let upper = |n: usize, half: f64| {
            betting(&vec![0.0; n], -half, half, ALPHA)
                .expect("inside the range")
                .upper
        };
        let share = |n: usize| {
            betting(&vec![0.0; n], 0.0, 1.0, ALPHA)
                .expect("inside")
                .upper
        };
        near(share(60), 0.049_746_675_412);
        near(share(300), 0.010_235_635_055);
        near(share(1000), 0.003_087_729_335);
        near(upper(60, 1.0), 0.051_825_941_771);
        near(upper(300, 1.0), 0.010_605_060_245);
        near(upper(1000, 1.0), 0.003_194_743_689);
        near(upper(300, 2.0), 0.021_210_120_49);
        let mixed = [0.0, 0.0, 0.5, 0.0, 1.0, 0.0, 0.0, 0.25, 0.0, 0.0].repeat(30);
        near_limits(
            betting(&mixed, 0.0, 1.0, ALPHA),
            0.135_166_854_667,
            0.227_435_595_109,
        );
    }

    #[test]
    fn betting_p_touches_where_the_lower_limit_does() {
        let mixed = [0.0, 0.0, 0.5, 0.0, 1.0, 0.0, 0.0, 0.25, 0.0, 0.0].repeat(30);
        let p = |m: f64| betting_p(&mixed, 0.0, 1.0, m, ALPHA).expect("inside the range");
        near(p(0.135_166_854_667), ALPHA);
        assert!(p(0.1) < 0.01 && p(0.175) > 0.5);
        near(p(-0.1), 0.0);
        near(p(1.0), 1.0);
    }

    #[test]
    fn plans_meet_their_worked_values() {
        let n = |x: f64| plan_rates((x + 0.5) / 51.0, 0.05);
        assert_eq!((n(0.0), n(2.0), n(5.0)), (Some(90), Some(280), Some(520)));
        assert_eq!(plan_rates(0.0, 1.0), Some(60));
        assert_eq!(plan_rates(0.1, 0.0), None);
        // 10.5 · .04/.01 + 4/.1 = 82.
        assert_eq!(plan_betting(0.2, 0.1, 2.0), Some(90));
        assert_eq!(plan_betting(2.0, 1.0, 20.0), Some(90));
        assert_eq!(plan_betting(0.2, 0.0, 2.0), None);
    }

    #[test]
    fn mean_and_deviation_of_nothing_are_undefined() {
        assert_eq!((mean(&[]), sd(&[1.0])), (None, None));
        assert_eq!(mean(&[1.0, 2.0, 6.0]), Some(3.0));
        near(
            sd(&[1.0, 2.0, 3.0, 4.0]).expect("four values"),
            libm::sqrt(5.0 / 3.0),
        );
    }
}

#[cfg(test)]
mod props {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn quantile_inverts_the_distribution(a in 0.3f64..400.0, b in 0.3f64..400.0, p in 0.001f64..0.999) {
            prop_assert!((beta_inc(a, b, beta_quantile(p, a, b)) - p).abs() < 1e-9);
        }

        #[test]
        fn limits_hold_the_rate_and_rise_with_it(n in 1u32..400, share in 0.0f64..1.0, more in 0.0f64..5.0) {
            let n = f64::from(n);
            let x = share * n;
            let here = clopper_pearson(x, n, ALPHA).expect("a rate");
            prop_assert!(here.lower <= x / n && x / n <= here.upper);
            let wider = clopper_pearson(x, n, ALPHA_DRAWN).expect("a rate");
            prop_assert!(wider.lower <= here.lower && here.upper <= wider.upper);
            if x + more <= n {
                let next = clopper_pearson(x + more, n, ALPHA).expect("a rate");
                prop_assert!(here.lower <= next.lower && here.upper <= next.upper);
            }
        }

        #[test]
        fn swapped_cells_give_the_mirror_image(n in 1u32..200, m in 1u32..200, s in 0.0f64..1.0, t in 0.0f64..1.0, rho in -0.9f64..0.9) {
            let (n, m) = (f64::from(n), f64::from(m));
            let there = mover(s * n, n, t * m, m, rho, ALPHA).expect("rates");
            let back = mover(t * m, m, s * n, n, rho, ALPHA).expect("rates");
            prop_assert!((there.lower + back.upper).abs() < 1e-12);
            prop_assert!((there.upper + back.lower).abs() < 1e-12);
        }

        #[test]
        fn betting_holds_the_mean_and_mirrors(values in prop::collection::vec(0.0f64..=1.0, 20..80)) {
            let centre = mean(&values).expect("not empty");
            let here = betting(&values, 0.0, 1.0, ALPHA).expect("inside the range");
            prop_assert!(here.lower <= centre && centre <= here.upper);
            let turned: Vec<f64> = values.iter().map(|v| -v).collect();
            let there = betting(&turned, -1.0, 0.0, ALPHA).expect("inside the range");
            prop_assert!((here.lower + there.upper).abs() < 1e-9);
            prop_assert!((here.upper + there.lower).abs() < 1e-9);
        }
    }

    /// Exact coverage: the chance, summed over all outcomes, that the limit holds the rate.
    #[test]
    fn each_limit_covers_the_rate_with_95_percent() {
        let n = 40u32;
        let size = f64::from(n);
        for rate in [0.02, 0.1, 0.37, 0.5, 0.9] {
            let (mut lower, mut upper) = (0.0, 0.0);
            for x in 0..=n {
                let x = f64::from(x);
                let limits = clopper_pearson(x, size, ALPHA).expect("a rate");
                let below = if x == 0.0 {
                    1.0
                } else {
                    beta_inc(x, size - x + 1.0, rate)
                };
                let above = if x + 1.0 > size {
                    0.0
                } else {
                    beta_inc(x + 1.0, size - x, rate)
                };
                let chance = below - above;
                lower += if limits.lower <= rate { chance } else { 0.0 };
                upper += if rate <= limits.upper { chance } else { 0.0 };
            }
            assert!(lower >= 0.95 && upper >= 0.95, "{rate}: {lower} {upper}");
        }
    }
}
