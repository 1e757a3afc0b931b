//! Exact and permutation tests.

use super::boot::Sequence;
use super::count;
use super::special::{binomial_at_most, binomial_chance, log_choose};

/// Up to so many pairs all sign patterns are gone through.
const EXACT_PAIRS: usize = 20;
/// Drawn sign patterns where there are more pairs.
const DRAWN: usize = 9_999;

/// p values of a sign-flip test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignFlip {
    /// p of "the differences lie symmetrically about 0", against either side.
    pub two_sided: f64,
    /// The same, against a mean above 0.
    pub greater: f64,
    /// Whether all sign patterns were gone through.
    pub exact: bool,
}

/// Counts of sign patterns whose sum is at least as far out as the observed one.
struct Flips<'a> {
    d: &'a [f64],
    observed: f64,
    /// Sums that differ by rounding only count as equal.
    slack: f64,
    greater: usize,
    either: usize,
    all: usize,
}

impl Flips<'_> {
    fn take(&mut self, sum: f64) {
        let far = |v: f64| if v < 0.0 { -v } else { v };
        self.greater += usize::from(sum >= self.observed - self.slack);
        self.either += usize::from(far(sum) >= far(self.observed) - self.slack);
        self.all += 1;
    }

    fn every(&mut self, from: usize, sum: f64) {
        if from == self.d.len() {
            return self.take(sum);
        }
        self.every(from + 1, sum + self.d[from]);
        self.every(from + 1, sum - self.d[from]);
    }
}

/// Sign-flip test of paired differences: all 2ⁿ sign patterns up to 20 differences, else 9,999 drawn ones (a fixed function of
/// `seed`) and (b + 1)/(10,000). The smallest two-sided p is 2/2ⁿ: below six pairs it cannot be under .05. `None` where there is
/// no difference or one is not finite.
///
/// Source: MEASURES T4; Fisher 1935.
pub fn sign_flip(d: &[f64], seed: u64) -> Option<SignFlip> {
    if d.is_empty() || d.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let size: f64 = d.iter().map(|v| v.abs()).sum();
    let mut flips = Flips {
        d,
        observed: d.iter().sum(),
        slack: 1e-12 * size,
        greater: 0,
        either: 0,
        all: 0,
    };
    let exact = d.len() <= EXACT_PAIRS;
    if exact {
        flips.every(0, 0.0);
    } else {
        // The observed pattern is one of those that could have been.
        flips.take(flips.observed);
        let mut draw = Sequence(seed);
        for _ in 0..DRAWN {
            let sum = d
                .iter()
                .map(|v| if draw.below(2) == 0 { *v } else { -*v })
                .sum();
            flips.take(sum);
        }
    }
    let all = count(flips.all);
    Some(SignFlip {
        two_sided: count(flips.either) / all,
        greater: count(flips.greater) / all,
        exact,
    })
}

/// A whole number of at least 0 that a float holds exactly.
fn is_count(v: f64) -> bool {
    (0.0..=1e15).contains(&v) && libm::floor(v) >= v
}

/// McNemar's exact two-sided p from the discordant pairs: `b` with an event on the first side only, `c` on the second only.
/// min(1, 2·P(Bin(b + c, ½) ≤ min(b, c))). `None` unless both are counts.
///
/// Source: McNemar 1947.
pub fn mcnemar(b: f64, c: f64) -> Option<f64> {
    if !(is_count(b) && is_count(c)) {
        return None;
    }
    let fewer = if b < c { b } else { c };
    let p = 2.0 * binomial_at_most(fewer, b + c, 0.5);
    Some(if p < 1.0 { p } else { 1.0 })
}

/// Most layouts of a sample in [`boschloo`].
const BOSCHLOO_MAX: u32 = 1_000;
/// First grid of the rate that both samples share.
const GRID: u32 = 500;

/// Boschloo's exact two-sided p of two independent rates, `x1` of `n1` against `x2` of `n2`: for each side the largest chance,
/// over the shared rate, of a table whose Fisher p is at most the observed one; twice the smaller of the two, at most 1. The
/// largest chance is looked for on a grid of 500 rates and then by golden section around the best three, to 1e-9 of the rate.
/// `None` unless `x <= n`, both n are above 0 and at most 1,000.
///
/// Source: Boschloo 1970.
pub fn boschloo(x1: u32, n1: u32, x2: u32, n2: u32) -> Option<f64> {
    if x1 > n1 || x2 > n2 || n1 == 0 || n2 == 0 || n1 > BOSCHLOO_MAX || n2 > BOSCHLOO_MAX {
        return None;
    }
    let above = one_sided(x1, n1, x2, n2);
    let below = one_sided(x2, n2, x1, n1);
    let p = 2.0 * if above < below { above } else { below };
    Some(if p < 1.0 { p } else { 1.0 })
}

/// Boschloo's p against "the first rate is higher".
fn one_sided(x1: u32, n1: u32, x2: u32, n2: u32) -> f64 {
    // A speck of slack, as equal tables may differ by rounding.
    let observed = fisher_above(x1, n1, x2, n2) * (1.0 + 1e-9);
    // For each x1 the largest x2 whose table is at least as far out; Fisher's p rises with x2.
    let mut edge = Vec::new();
    let mut most: Option<u32> = None;
    for first in 0..=n1 {
        let mut next = most.map_or(0, |m| m + 1);
        while next <= n2 && fisher_above(first, n1, next, n2) <= observed {
            most = Some(next);
            next += 1;
        }
        edge.push(most);
    }
    let chance = |rate: f64| {
        let below: Vec<f64> = cumulative(n2, rate);
        (0..=n1)
            .zip(&edge)
            .filter_map(|(first, edge)| {
                let edge = usize::try_from((*edge)?).expect("at most 1,000");
                Some(binomial_chance(f64::from(first), f64::from(n1), rate) * below[edge])
            })
            .sum::<f64>()
    };
    largest_in_unit(chance)
}

/// P(X ≤ k) for k = 0..=n.
fn cumulative(n: u32, rate: f64) -> Vec<f64> {
    let mut sum = 0.0;
    (0..=n)
        .map(|k| {
            sum += binomial_chance(f64::from(k), f64::from(n), rate);
            sum
        })
        .collect()
}

/// Fisher's one-sided p: the chance, given the total, of at least `x1` events in the first sample.
fn fisher_above(x1: u32, n1: u32, x2: u32, n2: u32) -> f64 {
    let total = x1 + x2;
    let (a, b, t) = (f64::from(n1), f64::from(n2), f64::from(total));
    let base = log_choose(a + b, t);
    let most = if total < n1 { total } else { n1 };
    (x1..=most)
        .map(|x| {
            let x = f64::from(x);
            libm::exp(log_choose(a, x) + log_choose(b, t - x) - base)
        })
        .sum()
}

/// The largest value of a smooth function on [0, 1].
fn largest_in_unit(value: impl Fn(f64) -> f64) -> f64 {
    let at = |k: u32| f64::from(k) / f64::from(GRID);
    let mut grid: Vec<(f64, u32)> = (0..=GRID).map(|k| (value(at(k)), k)).collect();
    grid.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut best = grid[0].0;
    for (_, k) in &grid[..3] {
        let mut low = at(k.saturating_sub(1));
        let mut high = at(if *k < GRID { k + 1 } else { GRID });
        while high - low > 1e-9 {
            let step = 0.381_966_011_250_105 * (high - low);
            let (left, right) = (low + step, high - step);
            let (there, here) = (value(left), value(right));
            if there > here {
                high = right;
            } else {
                low = left;
            }
            for found in [there, here] {
                if found > best {
                    best = found;
                }
            }
        }
    }
    best
}
