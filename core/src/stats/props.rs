//! Laws of limits and tests.

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
    fn adjusted_p_are_never_below_p_and_keep_its_order(p in prop::collection::vec(0.0f64..=1.0, 1..12)) {
        let (strict, mild) = (holm(&p).expect("p"), benjamini_hochberg(&p).expect("p"));
        for (i, here) in p.iter().enumerate() {
            prop_assert!(*here <= mild[i] && mild[i] <= strict[i] + 1e-12 && strict[i] <= 1.0);
            for (j, there) in p.iter().enumerate() {
                prop_assert!(here > there || strict[i] <= strict[j]);
            }
        }
    }

    #[test]
    fn other_intervals_are_ordered_and_hold_the_estimate(n in 1u32..200, share in 0.0f64..=1.0, alpha in 0.001f64..0.4) {
        let n = f64::from(n);
        let x = libm::floor(share * n);
        let exact = clopper_pearson(x, n, alpha).expect("a rate");
        let inner = jeffreys(x, n, alpha).expect("a rate");
        prop_assert!(inner.lower <= x / n + 1e-12 && x / n <= inner.upper + 1e-12);
        // Jeffreys lies inside the exact limits.
        prop_assert!(exact.lower <= inner.lower + 1e-9 && inner.upper <= exact.upper + 1e-9);
        let cells = [(x, n), (n - x, n), (n - x, n), (x, n)];
        let four = mover4(cells, alpha).expect("cells");
        let point = 2.0 * (x - (n - x)) / n;
        prop_assert!(four.lower <= point && point <= four.upper);
    }

    #[test]
    fn a_survival_curve_falls_and_its_area_grows(rows in prop::collection::vec((0u8..30, any::<bool>()), 1..40), tau in 0u8..30) {
        let times: Vec<f64> = rows.iter().map(|row| f64::from(row.0)).collect();
        let seen: Vec<bool> = rows.iter().map(|row| row.1).collect();
        let curve = kaplan_meier(&times, &seen).expect("times");
        prop_assert!(curve.survival.windows(2).all(|pair| pair[1] < pair[0]));
        prop_assert!(curve.survival.iter().all(|s| (0.0..=1.0).contains(s)));
        let tau = f64::from(tau);
        if let Some(area) = rmst(&times, &seen, tau) {
            prop_assert!(area <= tau + 1e-12 && area >= 0.0);
            if let Some(more) = rmst(&times, &seen, tau + 1.0) {
                prop_assert!(more >= area && more <= area + 1.0 + 1e-12);
            }
        }
    }

    #[test]
    fn improvement_of_one_side_is_loss_of_the_other(x in prop::collection::vec(0u8..9, 1..20), y in prop::collection::vec(0u8..9, 1..20)) {
        let float = |v: &[u8]| -> Vec<f64> { v.iter().map(|v| f64::from(*v)).collect() };
        let (x, y) = (float(&x), float(&y));
        let there = aggregate::probability_of_improvement(&x, &y).expect("values");
        let back = aggregate::probability_of_improvement(&y, &x).expect("values");
        prop_assert!((there + back - 1.0).abs() < 1e-12);
        let middle = aggregate::iqm(&x).expect("values");
        let bounds = x.iter().fold((9.0f64, 0.0f64), |(a, b), v| (if *v < a { *v } else { a }, if *v > b { *v } else { b }));
        prop_assert!(bounds.0 <= middle && middle <= bounds.1);
    }

    #[test]
    fn sign_flips_do_not_mind_the_sign_or_the_scale(d in prop::collection::vec(-3i8..=3, 1..12), scale in 0.1f64..9.0) {
        let d: Vec<f64> = d.iter().map(|v| f64::from(*v)).collect();
        let here = sign_flip(&d, 0).expect("differences");
        let turned: Vec<f64> = d.iter().map(|v| -scale * v).collect();
        let there = sign_flip(&turned, 0).expect("differences");
        prop_assert!((here.two_sided - there.two_sided).abs() < 1e-12);
        prop_assert!(here.two_sided > 0.0 && here.two_sided <= 1.0 && here.greater <= 1.0);
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
