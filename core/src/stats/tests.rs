//! Worked values of the verdict path.

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

/// Worked values of what no verdict rests on.
mod others {
    use super::*;

    #[test]
    fn distributions_meet_their_tables() {
        near(normal_cdf(0.0), 0.5);
        near(
            normal_quantile(0.975).expect("inside"),
            1.959_963_984_540_054,
        );
        near(t_tail(2.228_138_851_964_939, 10.0), 0.025);
        near(t_quantile(0.95, 49.0).expect("inside"), 1.676_550_892_617_7);
        near(t_quantile(0.05, 1.0).expect("inside"), -6.313_751_514_675);
        assert_eq!((normal_quantile(0.0), t_quantile(0.5, 0.0)), (None, None));
        near(binomial_at_most(2.0, 4.0, 0.5), 11.0 / 16.0);
        near(binomial_chance(2.0, 4.0, 0.5), 6.0 / 16.0);
        near(binomial_chance(0.0, 9.0, 0.0), 1.0);
        near(binomial_chance(9.0, 9.0, 1.0), 1.0);
    }

    #[test]
    fn the_bound_after_no_event_is_the_clopper_pearson_limit() {
        for n in [18.0, 100.0, 300.0] {
            let limit = clopper_pearson(0.0, n, ALPHA).expect("a rate").upper;
            near(zero_event_bound(n, ALPHA).expect("layouts"), limit);
        }
        assert_eq!(zero_event_layouts(0.01, ALPHA), Some(299));
        assert_eq!(zero_event_layouts(0.05, ALPHA), Some(59));
        assert_eq!(zero_event_layouts(0.0, ALPHA), None);
    }

    #[test]
    fn jeffreys_meets_its_worked_value_and_keeps_the_ends() {
        let found = jeffreys(79.0, 100.0, ALPHA_DRAWN).expect("a rate");
        assert!((found.lower - 0.7026).abs() < 1e-4 && (found.upper - 0.8609).abs() < 1e-4);
        assert!(jeffreys(0.0, 9.0, ALPHA).expect("a rate").lower <= 0.0);
        assert!(jeffreys(9.0, 9.0, ALPHA).expect("a rate").upper >= 1.0);
    }

    #[test]
    fn four_cells_meet_the_instrumental_value() {
        let n = 300.0;
        let cells = [(240.0, n), (3.0, n), (30.0, n), (3.0, n)];
        near_limits(mover4(cells, ALPHA), 0.643_904_188_771, 0.749_237_066_350);
        assert_eq!(mover4([(1.0, 0.0); 4], ALPHA), None);
    }

    #[test]
    fn newcombe_meets_his_own_table() {
        // Newcombe 1998, paired table (a): 36, 12, 2, 0 of 50.
        let found = newcombe_paired([36.0, 12.0, 2.0, 0.0], ALPHA_DRAWN).expect("pairs");
        assert!((found.lower - 0.0569).abs() < 1e-4, "{found:?}");
        assert!((found.upper - 0.3404).abs() < 1e-4, "{found:?}");
        assert_eq!(newcombe_paired([0.0; 4], ALPHA), None);
    }

    #[test]
    fn sign_flips_meet_the_worked_value() {
        let p = sign_flip(&[1.0, 2.0, 3.0, 4.0, 5.0], 0).expect("differences");
        assert_eq!((p.two_sided, p.greater, p.exact), (0.0625, 0.03125, true));
        let none = sign_flip(&[1.0, -1.0, 0.0], 0).expect("differences");
        near(none.two_sided, 1.0);
        // Drawn patterns come near the exact ones.
        let d: Vec<f64> = (0..20).map(|i| f64::from(i % 7) - 2.0).collect();
        let exact = sign_flip(&d, 0).expect("differences");
        let more: Vec<f64> = d.iter().copied().chain([0.0]).collect();
        let drawn = sign_flip(&more, 3).expect("differences");
        assert!(exact.exact && !drawn.exact);
        assert!(
            (drawn.two_sided - exact.two_sided).abs() < 0.02,
            "{exact:?} {drawn:?}"
        );
        assert_eq!(sign_flip(&[], 0), None);
    }

    #[test]
    fn exact_tests_of_tables() {
        near(mcnemar(8.0, 1.0).expect("counts"), 0.039_062_5);
        near(mcnemar(4.0, 4.0).expect("counts"), 1.0);
        assert_eq!(mcnemar(0.5, 1.0), None);
        let p = boschloo(8, 10, 2, 10).expect("a table");
        assert!((p - 0.0118).abs() < 1e-4, "{p}");
        let turned = boschloo(2, 10, 8, 10).expect("a table");
        near(p, turned);
        assert!(boschloo(5, 10, 5, 10).expect("a table") > 0.9);
        assert_eq!(boschloo(11, 10, 0, 10), None);
    }

    #[test]
    fn adjusted_p_meet_the_worked_values() {
        let p = [0.01, 0.04, 0.03, 0.005];
        for (got, want) in holm(&p).expect("p").iter().zip([0.03, 0.06, 0.06, 0.02]) {
            near(*got, want);
        }
        let found = benjamini_hochberg(&p).expect("p");
        for (got, want) in found.iter().zip([0.02, 0.04, 0.04, 0.02]) {
            near(*got, want);
        }
        assert_eq!(holm(&[1.1]), None);
        assert_eq!(holm(&[]), Some(vec![]));
    }

    #[test]
    fn equivalence_and_severity_meet_the_worked_values() {
        let t = tost(0.02, 0.03, 49.0, 0.1, ALPHA).expect("a mean");
        assert!((t.p - 0.005_175_348).abs() < 1e-9);
        assert!((t.limits.lower + 0.0303).abs() < 1e-4 && (t.limits.upper - 0.0703).abs() < 1e-4);
        assert_eq!(tost(0.0, 0.0, 49.0, 0.1, ALPHA), None);
        let sure = severity(0.02, 0.03, 0.1).expect("an error");
        assert!((sure - 0.996_169_619_4).abs() < 1e-9);
        assert!((severity(0.02, 0.03, 0.05).expect("an error") - 0.841).abs() < 1e-3);
        let did = difference_in_differences([0.8, 0.2, 0.1, 0.1], [50.0; 4]).expect("rates");
        near(did.difference, 0.6);
        near(did.se, 0.1);
    }

    #[test]
    fn pairs_tell_their_gain() {
        let p = paired(&[1.0, 2.0, 3.0, 5.0], &[0.5, 1.5, 2.5, 4.0], ALPHA).expect("pairs");
        near(p.difference, 0.625);
        assert!(p.correlation.expect("both vary") > 0.99 && p.limits.lower > 0.0);
        assert!(p.variance_reduction.expect("they differ") > 50.0);
        let same = paired(&[1.0, 2.0], &[1.0, 2.0], ALPHA).expect("pairs");
        assert_eq!((same.difference, same.variance_reduction), (0.0, None));
        assert_eq!(paired(&[1.0], &[1.0], ALPHA), None);
        assert_eq!(paired(&[1.0, f64::NAN], &[1.0, 2.0], ALPHA), None);
    }

    #[test]
    fn sequential_tests_meet_the_worked_values() {
        let e = e_process(&[1.0, 1.0], 0.05, 0.3, ALPHA).expect("rates");
        near(e.e[1], 36.0);
        assert_eq!(e.rejects_at, Some(2));
        let both = sprt(&[true, true, false], 0.05, 0.3, 0.05, 0.1).expect("rates");
        assert_eq!((both.word, both.n), (SprtWord::Reject, 2));
        near(both.upper, 2.890_371_757_896);
        near(both.lower, -2.251_291_798_606);
        near(both.event_step, 1.791_759_469_228);
        near(both.other_step, -0.305_381_649_551);
        let none = sprt(&[false; 20], 0.05, 0.3, 0.05, 0.1).expect("rates");
        assert_eq!((none.word, none.n), (SprtWord::Accept, 8));
        let little = sprt(&[true], 0.05, 0.3, 0.05, 0.1).expect("rates");
        assert_eq!(little.word, SprtWord::GoOn);
        assert_eq!(e_process(&[1.0], 0.3, 0.3, ALPHA), None);
        assert!(e_process(&[1.0; 500], 0.001, 0.9, ALPHA).expect("rates").e[499] >= f64::MAX);
    }

    #[test]
    fn survival_meets_the_worked_values() {
        let times = [2.0, 3.0, 4.0, 5.0, 6.0];
        let observed = [true, false, true, false, true];
        let curve = kaplan_meier(&times, &observed).expect("times");
        assert_eq!(curve.times, vec![2.0, 4.0, 6.0]);
        for (got, want) in curve.survival.iter().zip([0.8, 8.0 / 15.0, 0.0]) {
            near(*got, want);
        }
        near(rmst(&times, &observed, 6.0).expect("seen"), 14.0 / 3.0);
        near(rmst(&times, &observed, 5.0).expect("seen"), 62.0 / 15.0);
        // After the last event nothing is left, so that a later end is seen too.
        near(rmst(&times, &observed, 60.0).expect("seen"), 14.0 / 3.0);
        assert_eq!(rmst(&times, &[false; 5], 7.0), None);
        near(rmst(&times, &[false; 5], 5.5).expect("seen"), 5.5);
        assert_eq!(kaplan_meier(&[1.0], &[]), None);
    }

    #[test]
    fn plans_for_pairs_and_power_meet_the_worked_values() {
        for (rho, n) in [(0.0, 1570), (0.5, 785), (0.9, 157), (0.99, 16)] {
            assert_eq!(pairs_needed(0.1, 1.0, rho, 0.05, 0.8), Some(n));
        }
        assert_eq!(pairs_needed(0.0, 1.0, 0.0, 0.05, 0.8), None);
        // 200 pairs of correlation .9: 0.089 standard deviations.
        let sd = libm::sqrt(0.2);
        let least = minimum_detectable(200.0, sd, 0.05, 0.8).expect("pairs");
        assert!((least - 0.089).abs() < 5e-4);
        let power = power_bounded(0.05, 300, 0.05).expect("a rate");
        assert!((power - 0.838_563_084_146).abs() < 1e-6, "{power}");
        assert_eq!(rates_needed(0.01, 0.05, 0.8), Some(110));
        assert_eq!(rates_needed(0.05, 0.0, 0.8), None);
    }

    #[test]
    fn dose_and_response_meet_the_worked_values() {
        let doses = [0.0, 0.25, 0.5, 0.75, 1.0];
        for (got, want) in slope_weights(&doses)
            .expect("doses")
            .iter()
            .zip([-0.8, -0.4, 0.0, 0.4, 0.8])
        {
            near(*got, want);
        }
        // A layout responds from the dose that exceeds its own draw.
        let rows: Vec<Vec<f64>> = [0.1, 0.4, 0.6, 0.9]
            .iter()
            .map(|u| doses.iter().map(|p| f64::from(u8::from(p > u))).collect())
            .collect();
        let slopes = slopes(&rows, &doses).expect("a column a dose");
        for (got, want) in slopes.iter().zip([0.8, 1.2, 1.2, 0.8]) {
            near(*got, want);
        }
        let held = dose_slope(&slopes, &[1.0, 1.0, 0.0, 1.0]).expect("values");
        near(held.difference, 0.25);
        near(held.se, 0.275_378_527_364);
        near(held.z.expect("an error"), 0.907_841_299_003);
        assert!(held.holds);
        assert!(!dose_slope(&[0.5; 4], &[1.0; 4]).expect("values").holds);
        near(dose_at(0.2, 0.05, 0.95).expect("inside"), 1.0 / 6.0);
        assert_eq!(dose_at(0.2, 0.0, 0.0), None);
    }

    #[test]
    fn aggregates_meet_the_worked_values() {
        use super::super::aggregate::{auc, cvar, iqm, probability_of_improvement};
        let long = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 100.0];
        assert_eq!(
            (iqm(&long), iqm(&[1.0, 2.0, 3.0, 4.0, 50.0])),
            (Some(4.5), Some(3.0))
        );
        let p = probability_of_improvement(&[3.0, 4.0, 5.0], &[1.0, 4.0, 2.0]);
        near(p.expect("values"), 7.5 / 9.0);
        let scores = [0.9, 0.8, 0.7, 0.6, 0.4, 0.5, 0.3, 0.2, 0.1, 0.0];
        let positive: Vec<bool> = (0..10).map(|i| i < 5).collect();
        near(auc(&scores, &positive).expect("both kinds"), 0.96);
        assert_eq!(auc(&scores, &[true; 10]), None);
        near(cvar(&long, 0.25).expect("values"), 53.5);
        near(
            cvar(&[1.0, 2.0, 3.0], 0.5).expect("values"),
            (3.0 + 0.5 * 2.0) / 1.5,
        );
        assert_eq!((iqm(&[]), cvar(&long, 0.0)), (None, None));
    }

    #[test]
    fn bca_leans_with_the_skew_and_refuses_ties() {
        let x: Vec<f64> = (1..40).map(|i| f64::from(i * i)).collect();
        let found = bca::bootstrap_bca(&x, ALPHA_DRAWN, 1, mean).expect("values");
        let centre = mean(&x).expect("values");
        assert!(found.lower < centre && centre < found.upper);
        assert!(found.upper - centre > centre - found.lower);
        assert_eq!(bca::bootstrap_bca(&[3.0; 10], ALPHA, 1, mean), None);
        assert_eq!(
            bca::bootstrap_bca(&x, ALPHA, 1, mean),
            bca::bootstrap_bca(&x, ALPHA, 1, mean)
        );
    }
}
