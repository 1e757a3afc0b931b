//! Several tests at once: adjusted p values.

/// Places of `p` from the smallest to the largest; of equal ones the first comes first. `None` where one is not in [0, 1].
fn ranks(p: &[f64]) -> Option<Vec<usize>> {
    if p.iter().any(|v| !(0.0..=1.0).contains(v)) {
        return None;
    }
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]).then(a.cmp(b)));
    Some(order)
}

fn smaller(a: f64, b: f64) -> f64 {
    if b < a { b } else { a }
}

/// Holm's adjusted p, in the order of `p`: the k-th smallest of K becomes the largest of (K − i + 1)·p₍ᵢ₎ for i ≤ k, at most 1.
/// Rejecting where it is at most .05 keeps the chance of any false rejection at 5 %, whatever the dependence. `None` where a
/// value is not in [0, 1].
///
/// Source: Holm 1979.
pub fn holm(p: &[f64]) -> Option<Vec<f64>> {
    let order = ranks(p)?;
    let mut adjusted = vec![0.0; p.len()];
    let mut most = 0.0;
    for (rank, place) in order.iter().enumerate() {
        let value = smaller(super::count(p.len() - rank) * p[*place], 1.0);
        if value > most {
            most = value;
        }
        adjusted[*place] = most;
    }
    Some(adjusted)
}

/// Benjamini–Hochberg adjusted p, in the order of `p`: the k-th smallest of K becomes the least of K/i·p₍ᵢ₎ for i ≥ k. Bounds the
/// expected share of false rejections among independent tests; for exploration. `None` where a value is not in [0, 1].
///
/// Source: Benjamini & Hochberg 1995.
pub fn benjamini_hochberg(p: &[f64]) -> Option<Vec<f64>> {
    let order = ranks(p)?;
    let all = super::count(p.len());
    let mut adjusted = vec![0.0; p.len()];
    let mut least = 1.0;
    for (rank, place) in order.iter().enumerate().rev() {
        least = smaller(least, all / super::count(rank + 1) * p[*place]);
        adjusted[*place] = least;
    }
    Some(adjusted)
}
