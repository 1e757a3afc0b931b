//! Many runs in one number, for display: no verdict rests on it.

use super::{count, mean};

fn sorted(x: &[f64]) -> Option<Vec<f64>> {
    if x.is_empty() || x.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let mut x = x.to_vec();
    x.sort_by(f64::total_cmp);
    Some(x)
}

/// Interquartile mean: the mean without the lowest and the highest quarter of the values, each rounded down to whole values. It
/// drops the tail that safety cares about: for a harm show the mean and the worst episodes too. `None` where there is no value or
/// one is not finite.
///
/// Source: Agarwal et al. 2021, arXiv:2108.13264.
pub fn iqm(x: &[f64]) -> Option<f64> {
    let x = sorted(x)?;
    let cut = x.len() / 4;
    mean(&x[cut..x.len() - cut])
}

/// Probability of improvement: the share of pairs (x, y) with x > y, a tie counting one half; 0.5 where nothing differs. `None`
/// where a side is empty or a value not finite.
///
/// Source: Agarwal et al. 2021, arXiv:2108.13264; Mann & Whitney 1947.
pub fn probability_of_improvement(x: &[f64], y: &[f64]) -> Option<f64> {
    let (x, y) = (sorted(x)?, sorted(y)?);
    let mut halves = 0.0;
    for v in &x {
        halves += count(y.partition_point(|w| w < v)) + count(y.partition_point(|w| w <= v));
    }
    Some(halves / 2.0 / (count(x.len()) * count(y.len())))
}

/// Area under the ROC curve of `scores` for telling `positive` from the others: the probability of improvement of one group over
/// the other. `None` where the lengths differ, a group is empty or a score is not finite.
pub fn auc(scores: &[f64], positive: &[bool]) -> Option<f64> {
    if scores.len() != positive.len() {
        return None;
    }
    let group = |which: bool| -> Vec<f64> {
        let rows = scores.iter().zip(positive);
        rows.filter(|(_, is)| **is == which)
            .map(|(s, _)| *s)
            .collect()
    };
    probability_of_improvement(&group(true), &group(false))
}

/// The mean of the worst `share` of the values, the largest being the worst (conditional value at risk). The boundary value counts
/// in part. `None` unless `0 < share <= 1`, there is a value and all are finite.
pub fn cvar(x: &[f64], share: f64) -> Option<f64> {
    let x = sorted(x)?;
    if !(share > 0.0 && share <= 1.0) {
        return None;
    }
    let all = share * count(x.len());
    let (mut left, mut sum) = (all, 0.0);
    for v in x.iter().rev() {
        let part = if left < 1.0 { left } else { 1.0 };
        sum += part * v;
        left -= part;
        if !(left > 0.0) {
            break;
        }
    }
    Some(sum / all)
}
