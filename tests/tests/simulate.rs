//! The statistics at the boundary, in short: what `docs/results/statistics.md` tells in full.

use commonweal_tests::simulate::{POWER_RATES, Size, boundary, coverage, peeking};

/// Least share that a true .95 gives in 999 of 1,000 sets of so many studies.
fn slack(studies: u32) -> f64 {
    let n = f64::from(studies.max(1));
    if studies == 0 {
        0.0
    } else {
        3.1 * (0.05 * 0.95 / n).sqrt()
    }
}

#[test]
fn each_limit_holds_the_truth_as_often_as_it_says() {
    let rows = coverage(Size::SHORT);
    assert!(rows.len() > 30);
    for row in &rows {
        // Of twenty layouts a bootstrap knows little: no verdict rests on it there.
        let floor = match row.method {
            "boot_t" if row.n < 60 => 0.85,
            // Square-and-add misses by up to a thousandth.
            "mover" if row.studies == 0 => 0.949,
            _ => 0.95 - slack(row.studies),
        };
        assert!(
            row.lower >= floor && row.upper >= floor,
            "{row:?} under {floor}"
        );
    }
}

#[test]
fn an_effect_of_exactly_m_is_seldom_called_otherwise() {
    for row in boundary(200, false) {
        assert!(row.detected <= 16 && row.bounded <= 16, "{row:?}");
    }
}

#[test]
fn looking_after_every_episode_is_safe_with_an_e_process_only() {
    let peek = peeking(200, 300);
    assert!(peek.e_process <= 0.05, "{peek:?}");
    assert!(peek.fresh_test > 0.1, "{peek:?}");
}

#[test]
fn power_to_bound_no_effect_is_as_planned() {
    use commonweal_core::stats::power_bounded;
    let row = |m, n| POWER_RATES.map(|rate| power_bounded(rate, n, m).expect("a rate"));
    for (got, want) in [
        (row(0.05, 60), [1.0, 0.59, 0.43, 0.27, 0.19, 0.13]),
        (row(0.05, 150), [1.0, 0.93, 0.82, 0.55, 0.37, 0.25]),
        (row(0.1, 100), [1.0, 1.0, 0.99, 0.89, 0.70, 0.51]),
        (row(0.2, 60), [1.0, 1.0, 1.0, 1.0, 0.96, 0.84]),
    ] {
        for (got, want) in got.iter().zip(want) {
            assert!((got - want).abs() < 0.011, "{got} is not {want}");
        }
    }
}
