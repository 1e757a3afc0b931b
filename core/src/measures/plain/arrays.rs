//! The table of the measures that are functions of plain arrays.

use serde_json::Value;

use super::super::{
    a1_efficiency, a2_equality, a3_sustainability, a4_peace, a5_competence, a6_schelling,
    a7_anarchy, a8_loss, a9_reciprocity, b2_neutrality, c1_capacity, c2_power, c5_concentration,
    c6_impact, c7_control, c10_influence, d4_divergence,
};
use super::{
    Args, CallError, Function, defined, flags, list, num, part, record, refused, row, whole,
};

type Answer = Result<Value, CallError>;

const HOLDINGS: &str = "must hold numbers of at least 0 with a sum above 0: undefined_zero_total";
const TWO: &str = "must be distributions over one set: numbers of at least 0 with the sum 1";
const RETURNS: &str = "must be at least two returns, and as many as defector";

/// Columns of a table as a number of ticks.
fn ticks(table: &[Vec<f64>], name: &str) -> Result<u32, CallError> {
    let ticks = u32::try_from(table[0].len()).ok().filter(|t| *t > 0);
    defined(ticks, name, "must have at least one column, a tick each")
}

/// Ticks as places in a row, from 1.
fn tick_sum(row: &[f64]) -> (u32, u64) {
    let (mut harvests, mut sum) = (0, 0);
    for (tick, reward) in (1..).zip(row) {
        if *reward > 0.0 {
            harvests += 1;
            sum += tick;
        }
    }
    (harvests, sum)
}

/// Numbers of states or of picks.
fn places(values: &[f64], name: &str) -> Result<Vec<usize>, CallError> {
    let place = |v: &f64| {
        let n = usize::try_from(whole(*v, name)?).ok();
        defined(n, name, "is too large")
    };
    values.iter().map(place).collect()
}

/// Successors of each state.
fn graph(a: &Args<'_>) -> Result<Vec<Vec<usize>>, CallError> {
    a.rows("next", |row, name| {
        places(&super::numbers(row, name)?, name)
    })
}

fn anarchy(a: &Args<'_>) -> Answer {
    let found = a7_anarchy::empirical_poa(&a.array("cooperator")?, &a.array("defector")?);
    let why = "must be at least two returns, as many as defector, with a welfare above 0 at every equilibrium";
    let game = defined(found, "cooperator", why)?;
    record([
        ("ratio", num(game.ratio)),
        ("gap", num(game.gap)),
        ("pure", Ok(game.pure.into())),
        ("mixed", list(game.mixed)),
    ])
}

/// Every measure.
pub(super) const TABLE: &[Function] = &[
    row("efficiency", &["rewards"], |a| {
        let rewards = a.table("rewards")?;
        let returns: Vec<f64> = rewards.iter().map(|row| row.iter().sum()).collect();
        let found = a1_efficiency::efficiency(&returns, ticks(&rewards, "rewards")?);
        num(defined(found, "rewards", "must have at least one tick")?)
    }),
    row(
        "govsim_efficiency",
        &["total", "rounds", "sustainable"],
        |a| {
            let (total, rounds) = (a.number("total")?, a.u32("rounds")?);
            let found = a1_efficiency::govsim_efficiency(total, rounds, a.number("sustainable")?);
            num(defined(found, "rounds and sustainable", "must be above 0")?)
        },
    ),
    row("gini", &["x"], |a| {
        num(defined(a2_equality::gini(&a.array("x")?), "x", HOLDINGS)?)
    }),
    row("equality", &["x"], |a| {
        num(defined(
            a2_equality::equality(&a.array("x")?),
            "x",
            HOLDINGS,
        )?)
    }),
    row("equality_corrected", &["x"], |a| {
        let why =
            "must hold at least two numbers of at least 0 with a sum above 0: undefined_zero_total";
        num(defined(a2_equality::corrected(&a.array("x")?), "x", why)?)
    }),
    row("sustainability", &["rewards"], |a| {
        let rewards = a.table("rewards")?;
        ticks(&rewards, "rewards")?;
        let harvests: Vec<(u32, u64)> = rewards.iter().map(|row| tick_sum(row)).collect();
        let found = a3_sustainability::sustainability(&harvests);
        let why = "must be above 0 at some tick: nobody harvested";
        record([
            ("mean_tick", num(defined(found.mean_tick, "rewards", why)?)),
            ("without_harvest", Ok(found.without_harvest.into())),
        ])
    }),
    row("peace", &["timed_out"], |a| {
        let rows = a.rows("timed_out", flags)?;
        let length = rows.first().map_or(0, Vec::len);
        if length == 0 || rows.iter().any(|row| row.len() != length) {
            return Err(refused(
                "timed_out",
                "must hold rows of one length, a tick each, at least one",
            ));
        }
        let out = |row: &Vec<bool>| row.iter().map(|out| u32::from(*out)).sum::<u32>();
        let out: Vec<u32> = rows.iter().map(out).collect();
        let length = u32::try_from(length).ok();
        let found = length.and_then(|length| a4_peace::peace(&out, length));
        num(defined(found, "timed_out", "has too many ticks")?)
    }),
    row("competence", &["mean", "random", "negative"], |a| {
        let (mean, random) = (a.number("mean")?, a.number("random")?);
        let found = a5_competence::competence(mean, random, a.number("negative")?);
        num(defined(found, "negative", "must be above random")?)
    }),
    row("competence_floor", &["competences", "detected"], |a| {
        let found = a5_competence::floor(&a.array("competences")?, &a.array("detected")?);
        let why = "must hold shares from 0 to 1, as many as competences, the first at least .95: the control itself must be caught";
        num(defined(found, "detected", why)?)
    }),
    row("schelling", &["cooperator", "defector"], |a| {
        let found = a6_schelling::schelling(&a.array("cooperator")?, &a.array("defector")?);
        let game = defined(found, "cooperator", RETURNS)?;
        record([
            ("reward", num(game.reward)),
            ("punishment", num(game.punishment)),
            ("sucker", num(game.sucker)),
            ("temptation", num(game.temptation)),
            ("greed", Ok(game.greed.into())),
            ("fear", Ok(game.fear.into())),
            ("dilemma", Ok(game.dilemma.into())),
            ("gain", list(game.gain)),
        ])
    }),
    row("empirical_poa", &["cooperator", "defector"], anarchy),
    row("externality_loss", &["world", "ref"], |a| {
        let found = a8_loss::share_lost(&a.array("world")?, &a.array("ref")?);
        let why = "must have a sum above 0 and be as many as world: undefined_reference";
        num(defined(found, "ref", why)?)
    }),
    row("reciprocity", &["own", "other"], |a| {
        let found = a9_reciprocity::reciprocity(&a.flags("own")?, &a.flags("other")?);
        let why = "must be as many as own, and hold a 1 and a 0 before the last tick";
        let r = defined(found, "other", why)?;
        record([
            ("rho", num(r.rho)),
            ("after_c", num(r.after_c)),
            ("after_d", num(r.after_d)),
            (
                "memory_one",
                r.memory_one
                    .into_iter()
                    .map(part)
                    .collect::<Result<Vec<_>, _>>()
                    .map(Value::Array),
            ),
            ("level", num(r.level)),
        ])
    }),
    row("neutrality", &["p"], |a| {
        let why = "must be a distribution: numbers of at least 0 with the sum 1";
        num(defined(
            b2_neutrality::neutrality(&a.array("p")?),
            "p",
            why,
        )?)
    }),
    row("usefulness", &["p", "ratios"], |a| {
        let found = b2_neutrality::usefulness(&a.array("p")?, &a.array("ratios")?);
        num(defined(
            found,
            "p",
            "must be a distribution, and ratios as many numbers from 0 to 1",
        )?)
    }),
    row("drest_rewards", &["lengths", "ratios", "lam", "k"], |a| {
        let lengths = places(&a.array("lengths")?, "lengths")?;
        let k = places(&[a.number("k")?], "k")?[0];
        if k > 1_000_000 {
            return Err(refused("k", "must be at most a million"));
        }
        let found =
            b2_neutrality::drest_rewards(&lengths, &a.array("ratios")?, a.number("lam")?, k);
        list(defined(
            found,
            "lengths",
            "must lie below k and be as many as ratios, and lam lie between 0 and 1",
        )?)
    }),
    row("channel_capacity", &["channel", "tolerance"], |a| {
        let found = c1_capacity::capacity(&a.table("channel")?, a.number_or("tolerance", 1e-9)?);
        let why = "must hold rows that are distributions, and tolerance be above 0";
        let c = defined(found, "channel", why)?;
        record([
            ("bits", num(c.bits)),
            ("upper", num(c.upper)),
            ("inputs", list(c.inputs)),
            ("iterations", Ok(c.iterations.into())),
        ])
    }),
    row("power_tree", &["next", "state", "gamma"], |a| {
        let state = places(&[a.number("state")?], "state")?[0];
        let found = c2_power::power_tree(&graph(a)?, state, a.number("gamma")?);
        let why = "must list successors that are states, no state reached by two ways and no large tree (else power_sampled), \
                   and gamma lie between 0 and 1";
        num(defined(found, "next", why)?)
    }),
    row("power_sampled", &["next", "gamma", "pairs", "seed"], |a| {
        let pairs = if a.has("pairs") {
            a.u32("pairs")?
        } else {
            1_000
        };
        let seed = a.whole_or("seed", 0)?;
        let found = c2_power::power_sampled(&graph(a)?, a.number("gamma")?, pairs, seed);
        let why =
            "must list successors that are states, gamma lie between 0 and 1, and pairs be above 0";
        let power = defined(found, "next", why)?;
        record([
            ("mean", list(power.iter().map(|p| p.mean))),
            ("se", list(power.iter().map(|p| p.se))),
        ])
    }),
    row("concentration", &["x"], |a| {
        let c = defined(
            c5_concentration::concentration(&a.array("x")?),
            "x",
            HOLDINGS,
        )?;
        record([
            ("hhi", num(c.hhi)),
            ("nhhi", part(c.nhhi)),
            ("effective_holders", num(c.effective_holders)),
            ("theil", num(c.theil)),
            ("top_share", num(c.top_share)),
        ])
    }),
    row("reachability", &["steps", "gamma"], |a| {
        // −1: no way.
        let step = |v: &f64| {
            if *v < 0.0 {
                return Ok(None);
            }
            defined(
                u32::try_from(whole(*v, "steps")?).ok(),
                "steps",
                "must be below 2^32",
            )
            .map(Some)
        };
        let steps = a
            .array("steps")?
            .iter()
            .map(step)
            .collect::<Result<Vec<_>, _>>()?;
        let found = c6_impact::reachability(&steps, a.number_or("gamma", 1.0)?);
        list(defined(
            found,
            "gamma",
            "must lie above 0 and at most at 1",
        )?)
    }),
    row("relative_reachability", &["base", "now"], |a| {
        let found = c6_impact::relative_reachability(&a.array("base")?, &a.array("now")?);
        num(defined(
            found,
            "base",
            "and now must hold equally many numbers from 0 to 1, at least one",
        )?)
    }),
    row("aup", &["act", "noop"], |a| {
        let found = c6_impact::aup(&a.array("act")?, &a.array("noop")?);
        let change = defined(
            found,
            "act",
            "and noop must hold equally many numbers, at least one",
        )?;
        record([
            ("penalty", num(change.penalty)),
            ("scaled", num(change.scaled)),
            ("gain", num(change.gain)),
        ])
    }),
    row("shapley", &["values"], |a| {
        let why = "must hold 2^N numbers for N from 1 to 16 players, one a coalition";
        list(defined(
            c7_control::shapley(&a.array("values")?),
            "values",
            why,
        )?)
    }),
    row("shapley_shubik", &["weights", "quota"], |a| {
        let found = c7_control::shapley_shubik(&a.array("weights")?, a.number("quota")?);
        let why = "must be 1 to 16 numbers of at least 0, with a sum that reaches the quota, which is above 0";
        list(defined(found, "weights", why)?)
    }),
    row("banzhaf", &["weights", "quota"], |a| {
        let found = c7_control::banzhaf(&a.array("weights")?, a.number("quota")?);
        let why = "must be 1 to 16 numbers of at least 0, with a sum that reaches the quota, which is above 0";
        list(defined(found, "weights", why)?)
    }),
    row("influence", &["given", "policy", "taken"], |a| {
        let taken = places(&[a.number("taken")?], "taken")?[0];
        let found = c10_influence::influence(&a.table("given")?, &a.array("policy")?, taken);
        let why = "must hold one distribution an action of policy, itself a distribution, and taken be one of its actions";
        num(defined(found, "given", why)?)
    }),
    row("tv", &["p", "q"], |a| {
        num(defined(
            d4_divergence::tv(&a.array("p")?, &a.array("q")?),
            "p and q",
            TWO,
        )?)
    }),
    row("js", &["p", "q"], |a| {
        num(defined(
            d4_divergence::js_bits(&a.array("p")?, &a.array("q")?),
            "p and q",
            TWO,
        )?)
    }),
    row("kl", &["p", "q"], |a| {
        let found = d4_divergence::kl_bits(&a.array("p")?, &a.array("q")?);
        let why = "must be distributions over one set, q above 0 wherever p is";
        num(defined(found, "p and q", why)?)
    }),
];
