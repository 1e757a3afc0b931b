//! Chi-square, for tests of draws whose seeds are fixed: they pass or fail, they do not flicker.

/// How far counts lie from equal shares, in standard deviations of the chi-square statistic (its mean is bins − 1, its variance
/// twice that). Below −5 they are too even, above 5 too uneven, for any seed that was not picked for it.
///
/// # Panics
/// With fewer than two bins, or fewer than five expected a bin: the approximation does not hold there.
pub fn z_of_equal_shares(counts: &[u64]) -> f64 {
    let n: u64 = counts.iter().sum();
    let (bins, expected) = (
        as_f64(counts.len() as u64),
        as_f64(n) / as_f64(counts.len() as u64),
    );
    assert!(
        counts.len() > 1 && expected >= 5.0,
        "{n} draws are too few for {bins} bins"
    );
    let chi: f64 = counts
        .iter()
        .map(|&c| (as_f64(c) - expected).powi(2) / expected)
        .sum();
    (chi - (bins - 1.0)) / (2.0 * (bins - 1.0)).sqrt()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of tests stay far below 2^52"
)]
fn as_f64(n: u64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_counts_are_too_even_and_a_loaded_die_is_seen() {
        assert!(z_of_equal_shares(&[1000; 256]) < -5.0);
        assert!(z_of_equal_shares(&[1000, 1000, 1000, 1300]) > 5.0);
        assert!(z_of_equal_shares(&[1010, 985, 1020, 985]).abs() < 2.0);
    }
}
