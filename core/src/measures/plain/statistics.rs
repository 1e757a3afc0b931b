//! The table of the statistics.

use serde_json::Value;

use super::{Args, CallError, Function, defined, list, num, part, record, refused, row};
use crate::stats::{self, Limits, aggregate, boot};

type Answer = Result<Value, CallError>;

const COUNTS: &str = "must lie between 0 and n, and n above 0";
const RATES: &str = "must hold numbers from 0 to 1";

fn limits(limits: Limits) -> Answer {
    record([("lower", num(limits.lower)), ("upper", num(limits.upper))])
}

/// (world, ref) a layout.
fn world_and_ref(a: &Args<'_>) -> Result<Vec<(f64, f64)>, CallError> {
    let (world, reference) = (a.array("world")?, a.array("ref")?);
    if world.len() != reference.len() {
        return Err(refused("world", "and ref must have one length"));
    }
    Ok(world.into_iter().zip(reference).collect())
}

/// Four counts of a table of pairs.
fn pairs(a: &Args<'_>) -> Result<[f64; 4], CallError> {
    Ok([
        a.number("both")?,
        a.number("first_only")?,
        a.number("second_only")?,
        a.number("neither")?,
    ])
}

/// Every statistic.
pub(super) const TABLE: &[Function] = &[
    row("clopper_pearson", &["k", "n", "level"], |a| {
        let found = stats::clopper_pearson(a.number("k")?, a.number("n")?, a.alpha()?);
        limits(defined(found, "k", "must lie between 0 and n")?)
    }),
    row("jeffreys", &["k", "n", "level"], |a| {
        let found = stats::jeffreys(a.number("k")?, a.number("n")?, a.alpha()?);
        limits(defined(found, "k", "must lie between 0 and n")?)
    }),
    row("zero_event_bound", &["n", "level"], |a| {
        num(defined(
            stats::zero_event_bound(a.number("n")?, a.alpha()?),
            "n",
            "must be above 0",
        )?)
    }),
    row("zero_event_layouts", &["bound", "level"], |a| {
        let found = stats::zero_event_layouts(a.number("bound")?, a.alpha()?);
        Ok(defined(found, "bound", "must lie between 1e-14 and 1")?.into())
    }),
    row("mover", &["k1", "n1", "k2", "n2", "rho", "level"], |a| {
        let rho = a.number_or("rho", 0.0)?;
        if !(-1.0..=1.0).contains(&rho) {
            return Err(refused("rho", "must lie between -1 and 1"));
        }
        let (k1, n1) = (a.number("k1")?, a.number("n1")?);
        let (k2, n2) = (a.number("k2")?, a.number("n2")?);
        limits(defined(
            stats::mover(k1, n1, k2, n2, rho, a.alpha()?),
            "k1 and k2",
            COUNTS,
        )?)
    }),
    row("mover_p", &["k1", "n1", "k2", "n2", "m", "rho"], |a| {
        let rho = a.number_or("rho", 0.0)?;
        if !(-1.0..=1.0).contains(&rho) {
            return Err(refused("rho", "must lie between -1 and 1"));
        }
        let (k1, n1) = (a.number("k1")?, a.number("n1")?);
        let (k2, n2) = (a.number("k2")?, a.number("n2")?);
        num(defined(
            stats::mover_p(k1, n1, k2, n2, rho, a.number("m")?),
            "k1 and k2",
            COUNTS,
        )?)
    }),
    row(
        "mover_rho",
        &["both", "first_only", "second_only", "neither"],
        |a| {
            let [both, first, second, neither] = pairs(a)?;
            if both < 0.0 || first < 0.0 || second < 0.0 || neither < 0.0 {
                return Err(refused("counts of pairs", "must be at least 0"));
            }
            num(stats::rho_from_pairs(both, first, second, neither))
        },
    ),
    row("mover4", &["k", "n", "level"], |a| {
        let (k, n) = (a.four("k")?, a.four("n")?);
        let cells = [(k[0], n[0]), (k[1], n[1]), (k[2], n[2]), (k[3], n[3])];
        limits(defined(stats::mover4(cells, a.alpha()?), "k", COUNTS)?)
    }),
    row("betting_interval", &["x", "lo", "hi", "level"], |a| {
        let found = stats::betting(&a.array("x")?, a.number("lo")?, a.number("hi")?, a.alpha()?);
        limits(defined(
            found,
            "x",
            "must hold at least one value, all from lo to hi",
        )?)
    }),
    row("betting_p", &["x", "lo", "hi", "m", "level"], |a| {
        let (lo, hi, m) = (a.number("lo")?, a.number("hi")?, a.number("m")?);
        let found = stats::betting_p(&a.array("x")?, lo, hi, m, a.alpha()?);
        num(defined(
            found,
            "x",
            "must hold at least one value, all from lo to hi",
        )?)
    }),
    row("boot_t", &["world", "ref", "level"], |a| {
        let found = boot::boot_t(&world_and_ref(a)?);
        let why = "must vary by layout, in at least 10 different values without one that holds most of the variance, and ref must \
                   have a sum above 0: else use betting_range";
        limits(defined(found, "world", why)?.limits(a.alpha()?))
    }),
    row(
        "betting_range",
        &["world", "ref", "lo", "hi", "level"],
        |a| {
            let range = (a.number("lo")?, a.number("hi")?);
            let found = boot::betting_range(&world_and_ref(a)?, range, a.alpha()?);
            limits(defined(
                found,
                "world",
                "and ref must lie from lo to hi, and ref must have a sum above 0",
            )?)
        },
    ),
    row("paired", &["x", "y", "level"], |a| {
        let found = stats::paired(&a.array("x")?, &a.array("y")?, a.alpha()?);
        let p = defined(found, "x", "and y must have one length of at least two")?;
        record([
            ("difference", num(p.difference)),
            ("lower", num(p.limits.lower)),
            ("upper", num(p.limits.upper)),
            ("se", num(p.se)),
            ("correlation", part(p.correlation)),
            ("variance_reduction", part(p.variance_reduction)),
        ])
    }),
    row(
        "newcombe_paired",
        &["both", "first_only", "second_only", "neither", "level"],
        |a| {
            let found = stats::newcombe_paired(pairs(a)?, a.alpha()?);
            limits(defined(
                found,
                "counts of pairs",
                "must be at least 0, with a sum above 0",
            )?)
        },
    ),
    row("sign_flip", &["d", "seed"], |a| {
        let found = stats::sign_flip(&a.array("d")?, a.whole_or("seed", 0)?);
        let p = defined(found, "d", "must hold at least one difference")?;
        record([
            ("p", num(p.two_sided)),
            ("p_greater", num(p.greater)),
            ("exact", Ok(p.exact.into())),
        ])
    }),
    row("mcnemar", &["b", "c"], |a| {
        let found = stats::mcnemar(a.number("b")?, a.number("c")?);
        num(defined(
            found,
            "b and c",
            "must be whole numbers of at least 0",
        )?)
    }),
    row("boschloo", &["k1", "n1", "k2", "n2"], |a| {
        let found = stats::boschloo(a.u32("k1")?, a.u32("n1")?, a.u32("k2")?, a.u32("n2")?);
        num(defined(
            found,
            "k1 and k2",
            "must lie between 0 and n, and n between 1 and 1,000",
        )?)
    }),
    row("bootstrap_bca", &["x", "level", "seed"], |a| {
        let (x, seed) = (a.array("x")?, a.whole_or("seed", 0)?);
        let found = stats::bca::bootstrap_bca(&x, a.alpha()?, seed, stats::mean);
        limits(defined(
            found,
            "x",
            "must hold values that differ: where all resamples tie there is no BCa interval",
        )?)
    }),
    row("holm", &["p"], |a| {
        list(defined(stats::holm(&a.array("p")?), "p", RATES)?)
    }),
    row("benjamini_hochberg", &["p"], |a| {
        list(defined(
            stats::benjamini_hochberg(&a.array("p")?),
            "p",
            RATES,
        )?)
    }),
    row("tost", &["mean", "se", "df", "margin", "level"], |a| {
        let (mean, se) = (a.number("mean")?, a.number("se")?);
        let found = stats::tost(mean, se, a.number("df")?, a.number("margin")?, a.alpha()?);
        let t = defined(found, "se, df and margin", "must be above 0")?;
        record([
            ("p", num(t.p)),
            ("lower", num(t.limits.lower)),
            ("upper", num(t.limits.upper)),
        ])
    }),
    row("severity", &["observed", "se", "m"], |a| {
        let found = stats::severity(a.number("observed")?, a.number("se")?, a.number("m")?);
        num(defined(found, "se", "must be above 0")?)
    }),
    row("difference_in_differences", &["p", "n"], |a| {
        let found = stats::difference_in_differences(a.four("p")?, a.four("n")?);
        let d = defined(
            found,
            "p",
            "must hold rates from 0 to 1, and n numbers above 0",
        )?;
        record([("difference", num(d.difference)), ("se", num(d.se))])
    }),
    row("e_process", &["x", "p0", "p1", "alpha"], |a| {
        let alpha = a.number_or("alpha", 0.05)?;
        let found = stats::e_process(&a.array("x")?, a.number("p0")?, a.number("p1")?, alpha);
        let why = "must hold numbers from 0 to 1, and p0, p1 and alpha must lie between 0 and 1, p0 not p1";
        let process = defined(found, "x", why)?;
        record([
            ("e", list(process.e)),
            ("rejects_at", Ok(process.rejects_at.into())),
        ])
    }),
    row("sprt", &["x", "p0", "p1", "alpha", "beta"], |a| {
        let (alpha, beta) = (a.number_or("alpha", 0.05)?, a.number_or("beta", 0.1)?);
        let found = stats::sprt(
            &a.flags("x")?,
            a.number("p0")?,
            a.number("p1")?,
            alpha,
            beta,
        );
        let why = "must lie between 0 and 1, p0 not p1, alpha + beta below 1";
        let test = defined(found, "p0, p1, alpha and beta", why)?;
        record([
            ("decision", Ok(test.word.word().into())),
            ("n", Ok(test.n.into())),
            ("log_ratio", num(test.log_ratio)),
            ("upper", num(test.upper)),
            ("lower", num(test.lower)),
            ("event_step", num(test.event_step)),
            ("other_step", num(test.other_step)),
        ])
    }),
    row("kaplan_meier", &["times", "observed"], |a| {
        let found = stats::kaplan_meier(&a.array("times")?, &a.flags("observed")?);
        let curve = defined(
            found,
            "times",
            "must be at least 0, and as many as observed",
        )?;
        record([
            ("times", list(curve.times)),
            ("survival", list(curve.survival)),
            ("at_risk", list(curve.at_risk)),
            ("events", list(curve.events)),
        ])
    }),
    row("rmst", &["times", "observed", "tau"], |a| {
        let found = stats::rmst(&a.array("times")?, &a.flags("observed")?, a.number("tau")?);
        let why = "must be at least 0 and not beyond what was observed, and times at least 0 and as many as observed";
        num(defined(found, "tau", why)?)
    }),
    row(
        "pairs_needed",
        &["effect", "sd", "rho", "alpha", "power"],
        |a| {
            let (effect, sd) = (a.number("effect")?, a.number_or("sd", 1.0)?);
            let (alpha, power) = (a.number_or("alpha", 0.05)?, a.number_or("power", 0.8)?);
            let found = stats::pairs_needed(effect, sd, a.number_or("rho", 0.0)?, alpha, power);
            let why = "must not be 0, sd above 0, rho from -1 to below 1, alpha and power between 0 and 1";
            Ok(defined(found, "effect", why)?.into())
        },
    ),
    row("minimum_detectable", &["n", "sd", "alpha", "power"], |a| {
        let (alpha, power) = (a.number_or("alpha", 0.05)?, a.number_or("power", 0.8)?);
        let found = stats::minimum_detectable(a.number("n")?, a.number("sd")?, alpha, power);
        num(defined(
            found,
            "n",
            "must be above 0, sd at least 0, alpha and power between 0 and 1",
        )?)
    }),
    row("plan_rates", &["rate", "m"], |a| {
        let found = stats::plan_rates(a.number("rate")?, a.number("m")?);
        Ok(defined(found, "rate", "must lie between 0 and 1, and m above 0")?.into())
    }),
    row("plan_mean", &["sd", "m"], |a| {
        let sd = a.number("sd")?;
        let found = (sd >= 0.0)
            .then(|| stats::planned_mean(sd * sd, a.number("m").ok()?))
            .flatten();
        Ok(defined(found, "sd", "must be at least 0, and m above 0")?.into())
    }),
    row("plan_betting", &["sd", "m", "length"], |a| {
        let found =
            stats::plan_betting(a.number("sd")?, a.number("m")?, a.number_or("length", 2.0)?);
        Ok(defined(found, "sd", "must be at least 0, m and length above 0")?.into())
    }),
    row("power_bounded", &["rate", "n", "m"], |a| {
        let found = stats::power_bounded(a.number("rate")?, a.u32("n")?, a.number("m")?);
        num(defined(
            found,
            "rate",
            "must lie between 0 and 1, n from 1 to 5,000, m above 0",
        )?)
    }),
    row("rates_needed", &["rate", "m", "power"], |a| {
        let power = a.number_or("power", 0.8)?;
        let found = stats::rates_needed(a.number("rate")?, a.number("m")?, power);
        let why = "must lie between 0 and 1, m above 0 and so large that 5,000 layouts are enough";
        Ok(defined(found, "rate", why)?.into())
    }),
    row("slope_weights", &["doses"], |a| {
        list(defined(
            stats::slope_weights(&a.array("doses")?),
            "doses",
            "must hold two different numbers",
        )?)
    }),
    row("slopes", &["responses", "doses"], |a| {
        let found = stats::slopes(&a.table("responses")?, &a.array("doses")?);
        list(defined(
            found,
            "responses",
            "must have one column a dose, and doses must differ",
        )?)
    }),
    row("dose_slope", &["slopes", "effects"], |a| {
        let found = stats::dose_slope(&a.array("slopes")?, &a.array("effects")?);
        let s = defined(
            found,
            "slopes",
            "and effects must hold at least two numbers each",
        )?;
        record([
            ("difference", num(s.difference)),
            ("se", num(s.se)),
            ("z", part(s.z)),
            ("holds", Ok(s.holds.into())),
        ])
    }),
    row("dose_at", &["m", "none", "full"], |a| {
        let found = stats::dose_at(a.number("m")?, a.number("none")?, a.number("full")?);
        num(defined(
            found,
            "m",
            "must lie between the effects of no dose and of the full one",
        )?)
    }),
    row("binomial_at_most", &["k", "n", "p"], |a| {
        let (k, n, p) = (a.u32("k")?, a.u32("n")?, a.number("p")?);
        if !(0.0..=1.0).contains(&p) {
            return Err(refused("p", "must lie between 0 and 1"));
        }
        num(stats::binomial_at_most(k.into(), n.into(), p))
    }),
    row("iqm", &["x"], |a| {
        num(defined(
            aggregate::iqm(&a.array("x")?),
            "x",
            "must hold at least one number",
        )?)
    }),
    row("cvar", &["x", "share"], |a| {
        let found = aggregate::cvar(&a.array("x")?, a.number_or("share", 0.05)?);
        num(defined(
            found,
            "x",
            "must hold at least one number, and share lie above 0 and at most at 1",
        )?)
    }),
    row("probability_of_improvement", &["x", "y"], |a| {
        let found = aggregate::probability_of_improvement(&a.array("x")?, &a.array("y")?);
        num(defined(
            found,
            "x",
            "and y must hold at least one number each",
        )?)
    }),
    row("auc", &["scores", "positive"], |a| {
        let found = aggregate::auc(&a.array("scores")?, &a.flags("positive")?);
        num(defined(
            found,
            "scores",
            "must be as many as positive, with at least one of each kind",
        )?)
    }),
];
