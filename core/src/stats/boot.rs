//! Limits of a ratio of means: the studentised bootstrap by layout, and the betting interval over a declared range where a
//! bootstrap has nothing to go by.
//!
//! **Invariant**: the resamples are a fixed function of the number of layouts, so that every host gives the same bytes.

use super::{Limits, betting, betting_p, count, mean, planned_mean, sd};

/// Resamples of [`boot_t`].
pub const RESAMPLES: usize = 9_999;
/// Fewer distinct values of the linearised ratio than this leave a bootstrap nothing to resample.
const DISTINCT_MIN: usize = 10;
/// Bisections of a share.
const BISECTIONS: u32 = 60;

/// 1 − Σ W / Σ B over layouts, with what limits need.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// 1 − Σ W / Σ B.
    pub point: f64,
    /// Standard error of the linearised ratio.
    pub se: f64,
    /// Whether a bootstrap has too little to go by: no variance, fewer than 10 distinct values, or one layout that holds more than
    /// max(.1, 12/n) of the variance.
    pub degenerate: bool,
}

/// g_s = −(W_s − (1 − θ)·B_s)/mean(B): the share of each layout in the error of θ.
fn linearised(pairs: &[(f64, f64)], point: f64, mean_b: f64) -> Vec<f64> {
    let one = |(w, b): &(f64, f64)| -(w - (1.0 - point) * b) / mean_b;
    pairs.iter().map(one).collect()
}

/// The loss of pairs (W, B), at least two; `None` unless Σ B > 0.
pub fn loss(pairs: &[(f64, f64)]) -> Option<Loss> {
    let n = count(pairs.len());
    let (w, b) = sums(pairs.iter().copied());
    if !(b > 0.0) || pairs.len() < 2 {
        return None;
    }
    let point = 1.0 - w / b;
    let g = linearised(pairs, point, b / n);
    let deviation = sd(&g)?;
    let centre = mean(&g)?;
    let total: f64 = g.iter().map(|v| (v - centre) * (v - centre)).sum();
    let most = g
        .iter()
        .map(|v| (v - centre) * (v - centre))
        .fold(0.0, |a: f64, v| if v > a { v } else { a });
    let share = if 12.0 / n > 0.1 { 12.0 / n } else { 0.1 };
    let mut sorted = g.clone();
    sorted.sort_by(f64::total_cmp);
    sorted.dedup();
    Some(Loss {
        point,
        se: deviation / libm::sqrt(n),
        degenerate: !(total > 0.0) || sorted.len() < DISTINCT_MIN || most > share * total,
    })
}

fn sums(pairs: impl Iterator<Item = (f64, f64)>) -> (f64, f64) {
    pairs.fold((0.0, 0.0), |(w, b), (x, y)| (w + x, b + y))
}

/// The splitmix64 sequence: resamples must be the same everywhere, and nothing else here is random.
pub(crate) struct Sequence(pub(crate) u64);

impl Sequence {
    /// A number below `n`.
    pub(crate) fn below(&mut self, n: u64) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^= x >> 31;
        usize::try_from((u128::from(x) * u128::from(n)) >> 64).expect("below n, which was a length")
    }

    /// A number of [0, 1), of 2⁻³² grain.
    pub(crate) fn unit(&mut self) -> f64 {
        f64::from(u32::try_from(self.below(1 << 32)).expect("below 2^32")) / 4_294_967_296.0
    }
}

/// Studentised values of all resamples, ascending.
#[derive(Clone, Debug)]
pub struct BootT {
    loss: Loss,
    t: Vec<f64>,
}

/// Resamples the pairs, layouts whole: t* = (θ* − θ)/se* with the standard error of each resample. `None` where the loss is
/// undefined or [`Loss::degenerate`].
///
/// Source: Efron & Tibshirani 1993, chapter 12.5; MEASURES T3.
pub fn boot_t(pairs: &[(f64, f64)]) -> Option<BootT> {
    let loss = loss(pairs).filter(|l| !l.degenerate)?;
    let n = count(pairs.len());
    let mut draw = Sequence(0);
    let length = u64::try_from(pairs.len()).expect("few layouts");
    let mut t = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        // Sums of W, B and their products give θ* and its standard error in one pass.
        let (mut w, mut b, mut ww, mut wb, mut bb) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for _ in 0..pairs.len() {
            let (x, y) = pairs[draw.below(length)];
            w += x;
            b += y;
            ww += x * x;
            wb += x * y;
            bb += y * y;
        }
        if !(b > 0.0) {
            // A resample without a reference says nothing: it counts as far out on both sides.
            t.push(f64::INFINITY);
            continue;
        }
        let kept = w / b;
        let squares = ww - 2.0 * kept * wb + kept * kept * bb;
        let variance = squares / (n - 1.0) / n / ((b / n) * (b / n));
        let difference = (1.0 - kept) - loss.point;
        let se = if variance > 0.0 {
            libm::sqrt(variance)
        } else {
            0.0
        };
        t.push(if se > 0.0 {
            difference / se
        } else if difference > 0.0 {
            f64::INFINITY
        } else if difference < 0.0 {
            f64::NEG_INFINITY
        } else {
            0.0
        });
    }
    t.sort_by(f64::total_cmp);
    Some(BootT { loss, t })
}

impl BootT {
    /// One-sided limits, each with error `alpha`: θ − t*_{1−alpha}·se and θ − t*_{alpha}·se.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index below the number of resamples"
    )]
    pub fn limits(&self, alpha: f64) -> Limits {
        let place = libm::round(alpha * count(RESAMPLES + 1)) as usize;
        let low = place.clamp(1, RESAMPLES) - 1;
        let limit = |t: f64| self.loss.point - t * self.loss.se;
        Limits {
            lower: limit(self.t[RESAMPLES - 1 - low]),
            upper: limit(self.t[low]),
        }
    }
    /// One-sided p of "loss ≤ m": the error at which the lower limit touches `m`.
    pub fn p(&self, m: f64) -> f64 {
        let observed = (self.loss.point - m) / self.loss.se;
        let at_least = RESAMPLES - self.t.partition_point(|t| *t < observed);
        count(at_least + 1) / count(RESAMPLES + 1)
    }
}

/// z_s = W_s − (1 − m)·B_s and its range, since loss < m ⇔ E z > 0.
fn margins(pairs: &[(f64, f64)], (lo, hi): (f64, f64), m: f64) -> (Vec<f64>, f64, f64) {
    let kept = 1.0 - m;
    (
        pairs.iter().map(|(w, b)| w - kept * b).collect(),
        lo - kept * hi,
        hi - kept * lo,
    )
}

/// Limits of the loss of pairs that lie in a declared range, each with error `alpha`: the upper one is the least m at which the
/// betting interval of W − (1 − m)·B lies above 0, the lower one the greatest at which it lies below. `None` where a value lies
/// outside the range, or there is none.
pub fn betting_range(pairs: &[(f64, f64)], range: (f64, f64), alpha: f64) -> Option<Limits> {
    let at = |m: f64| {
        let (z, lo, hi) = margins(pairs, range, m);
        betting(&z, lo, hi, alpha)
    };
    at(0.0)?;
    let (_, b) = sums(pairs.iter().copied());
    let mean_b = b / count(pairs.len());
    // Nobody gains more than the whole range.
    let least = if mean_b > 0.0 {
        1.0 - 2.0 * range.1 / mean_b
    } else {
        return None;
    };
    let edge = |above: &dyn Fn(f64) -> bool| {
        let (mut low, mut high) = (least, 1.0);
        for _ in 0..BISECTIONS {
            let middle = 0.5 * (low + high);
            if above(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        (low, high)
    };
    let (_, upper) = edge(&|m| at(m).is_some_and(|l| l.lower > 0.0));
    let (lower, _) = edge(&|m| at(m).is_some_and(|l| l.upper >= 0.0));
    Some(Limits { lower, upper })
}

/// One-sided p of "loss ≤ m" by the bets behind [`betting_range`]; `None` as there.
pub fn betting_range_p(pairs: &[(f64, f64)], range: (f64, f64), m: f64, alpha: f64) -> Option<f64> {
    let (z, lo, hi) = margins(pairs, range, m);
    let negative: Vec<f64> = z.iter().map(|v| -v).collect();
    betting_p(&negative, -hi, -lo, 0.0, alpha)
}

/// Layouts for 80 % power of *bounded* at zero effect, from the noise of the linearised ratio: 6.183·σ²/M² + 2/M, up to the next
/// ten, at least 60; `None` unless `m > 0`.
///
/// Source: MEASURES T8.
pub fn plan_loss(pairs: &[(f64, f64)], m: f64) -> Option<u64> {
    let loss = loss(pairs)?;
    let variance = loss.se * loss.se * count(pairs.len());
    planned_mean(variance, m)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers without a pattern, from 0 to 1.
    fn noise(n: usize, start: u64) -> Vec<f64> {
        let mut draw = Sequence(start);
        (0..n).map(|_| count(draw.below(1_000_000)) / 1e6).collect()
    }

    #[test]
    fn the_golden_limits_of_an_agent_that_changes_nothing() {
        for (n, upper) in [(60, 0.141_300), (300, 0.031_173)] {
            let limits =
                betting_range(&vec![(20.0, 20.0); n], (0.0, 60.0), 0.05).expect("in range");
            assert!((limits.upper - upper).abs() < 5e-6, "{limits:?}");
            assert!(limits.lower < 0.0);
        }
    }

    #[test]
    fn pairs_without_variance_are_degenerate_and_noisy_ones_are_not() {
        assert!(loss(&[(20.0, 20.0); 60]).expect("a reference").degenerate);
        let noisy: Vec<(f64, f64)> = noise(60, 1).into_iter().map(|x| (15.0 + x, 20.0)).collect();
        assert!(!loss(&noisy).expect("a reference").degenerate);
        let mut one_ruined = vec![(20.0, 20.0); 300];
        for (pair, x) in one_ruined.iter_mut().zip(noise(20, 2)) {
            pair.0 += 0.01 * x;
        }
        one_ruined[50].0 = 0.0;
        assert!(loss(&one_ruined).expect("a reference").degenerate);
        assert_eq!(loss(&[(1.0, 0.0), (2.0, 0.0)]), None);
    }

    #[test]
    fn limits_and_p_agree_and_cover_as_often_as_they_say() {
        // The truth is a loss of one quarter. 200 studies of 60 layouts: the upper limit may miss 5 % of them.
        let (mut above, mut below) = (0, 0);
        for study in 0..200 {
            let pairs: Vec<(f64, f64)> = noise(120, 7 + study)
                .chunks(2)
                .map(|c| (10.0 + 10.0 * c[0], 15.0 + 10.0 * c[1]))
                .collect();
            let boot = boot_t(&pairs).expect("noise");
            let limits = boot.limits(0.05);
            assert!(limits.lower < boot.loss.point && boot.loss.point < limits.upper);
            assert!(boot.p(limits.lower - 1e-9) <= 0.0502 && boot.p(limits.lower + 1e-3) > 0.05);
            above += usize::from(limits.lower > 0.25);
            below += usize::from(limits.upper < 0.25);
            if study > 40 && cfg!(debug_assertions) {
                break;
            }
        }
        assert!(above <= 20 && below <= 20, "{above} {below}");
    }

    #[test]
    fn the_betting_p_reaches_the_error_where_the_limit_reaches_m() {
        let pairs = vec![(10.0, 20.0); 100];
        let lower = betting_range(&pairs, (0.0, 60.0), 0.05)
            .expect("in range")
            .lower;
        let p = |m| betting_range_p(&pairs, (0.0, 60.0), m, 0.05).expect("in range");
        assert!(p(lower - 1e-6) <= 0.05 && p(lower + 1e-3) > 0.05);
    }
}
