//! Studies of the statistics at the boundary: how often a verdict is wrong where the effect is exactly M, and how often each limit
//! holds the truth.
//!
//! Short in the tests, in full by `cargo xtask simulate`, which writes the page. Everything is a function of fixed seeds.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use commonweal_core::stats::{
    self, ALPHA, Limits, betting, binomial_chance, boot, clopper_pearson, mover, mover4,
    rho_from_pairs,
};

use crate::reference::generate::Dice;

/// How much is simulated.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Drawn studies a row.
    pub studies: u32,
    /// Drawn studies a row of what resamples.
    pub boot_studies: u32,
    /// Numbers of layouts.
    pub layouts: &'static [u32],
    /// Most layouts for sums over all outcomes of two cells.
    pub exact_most: u32,
}

impl Size {
    /// What the tests run.
    pub const SHORT: Self = Self {
        studies: 200,
        boot_studies: 40,
        layouts: &[20, 60],
        exact_most: 20,
    };
    /// What the page tells.
    pub const FULL: Self = Self {
        studies: 2_000,
        boot_studies: 1_000,
        layouts: &[20, 60, 300],
        exact_most: 300,
    };
}

/// How often each limit of a method holds the truth.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// The method.
    pub method: &'static str,
    /// What was drawn.
    pub data: String,
    /// Layouts.
    pub n: u32,
    /// Drawn studies; 0 where all outcomes were summed.
    pub studies: u32,
    /// Share in which the lower limit is at most the truth.
    pub lower: f64,
    /// Share in which the upper limit is at least the truth.
    pub upper: f64,
}

/// How often a true effect of exactly M is called otherwise.
#[derive(Clone, Debug)]
pub struct Boundary {
    /// The method.
    pub method: &'static str,
    /// What was drawn.
    pub data: String,
    /// The smallest effect that matters, and the true one.
    pub m: f64,
    /// Layouts a cell.
    pub n: u32,
    /// Gates.
    pub gates: u32,
    /// Gates with the lower limit above M.
    pub detected: u32,
    /// Gates with the upper limit below M.
    pub bounded: u32,
}

fn count(n: u32) -> f64 {
    f64::from(n)
}

/// A number of [0, 1).
fn unit(dice: &mut Dice) -> f64 {
    count(u32::try_from(dice.below(1 << 32)).expect("below 2^32")) / 4_294_967_296.0
}

fn normal(dice: &mut Dice) -> f64 {
    let radius = (-2.0 * (1.0 - unit(dice)).ln()).sqrt();
    radius * (std::f64::consts::TAU * unit(dice)).cos()
}

/// Share of studies in which each limit holds.
fn drawn(
    studies: u32,
    seed: u64,
    truth: f64,
    mut study: impl FnMut(&mut Dice) -> Limits,
) -> (f64, f64) {
    let mut dice = Dice::new(seed);
    let (mut lower, mut upper) = (0, 0);
    for _ in 0..studies {
        let limits = study(&mut dice);
        lower += u32::from(limits.lower <= truth);
        upper += u32::from(limits.upper >= truth);
    }
    (count(lower) / count(studies), count(upper) / count(studies))
}

fn events(dice: &mut Dice, n: u32, rate: f64) -> f64 {
    count((0..n).map(|_| u32::from(unit(dice) < rate)).sum())
}

const RATES: [f64; 9] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 0.95];

/// The least coverage of Clopper–Pearson over [`RATES`], summed over all outcomes.
fn exact_rate(n: u32) -> Coverage {
    let size = count(n);
    let limits: Vec<Limits> = (0..=n)
        .map(|x| clopper_pearson(count(x), size, ALPHA).expect("a rate"))
        .collect();
    let (mut lower, mut upper) = (1.0f64, 1.0f64);
    for rate in RATES {
        let holds = |is: &dyn Fn(&Limits) -> bool| -> f64 {
            (0..=n)
                .zip(&limits)
                .filter(|(_, l)| is(l))
                .map(|(x, _)| binomial_chance(count(x), size, rate))
                .sum()
        };
        lower = lower.min(holds(&|l| l.lower <= rate));
        upper = upper.min(holds(&|l| l.upper >= rate));
    }
    Coverage {
        method: "cp",
        data: "nine rates, the least of each limit".to_owned(),
        n,
        studies: 0,
        lower,
        upper,
    }
}

/// The least coverage of MOVER over all pairs of [`RATES`], summed over all outcomes.
fn exact_difference(n: u32) -> Coverage {
    let size = count(n);
    let rows: Vec<Vec<Limits>> = (0..=n)
        .map(|x1| {
            (0..=n)
                .map(|x2| mover(count(x1), size, count(x2), size, 0.0, ALPHA).expect("rates"))
                .collect()
        })
        .collect();
    let (mut lower, mut upper) = (1.0f64, 1.0f64);
    let chances: Vec<Vec<f64>> = RATES
        .iter()
        .map(|rate| {
            (0..=n)
                .map(|x| binomial_chance(count(x), size, *rate))
                .collect()
        })
        .collect();
    for (first, p1) in chances.iter().zip(RATES) {
        for (second, p2) in chances.iter().zip(RATES) {
            let truth = p1 - p2;
            let (mut low, mut high) = (0.0, 0.0);
            for (row, a) in rows.iter().zip(first) {
                for (limits, b) in row.iter().zip(second) {
                    low += if limits.lower <= truth + 1e-12 {
                        a * b
                    } else {
                        0.0
                    };
                    high += if limits.upper >= truth - 1e-12 {
                        a * b
                    } else {
                        0.0
                    };
                }
            }
            lower = lower.min(low);
            upper = upper.min(high);
        }
    }
    Coverage {
        method: "mover",
        data: "81 pairs of rates, independent cells, the least of each limit".to_owned(),
        n,
        studies: 0,
        lower,
        upper,
    }
}

/// Chances of an event on both sides, on the first only, on the second only, on neither.
const TABLES: [[f64; 4]; 6] = [
    [0.05, 0.15, 0.05, 0.75],
    [0.3, 0.1, 0.1, 0.5],
    [0.0, 0.3, 0.3, 0.4],
    [0.02, 0.45, 0.45, 0.08],
    [0.6, 0.2, 0.05, 0.15],
    [0.01, 0.02, 0.01, 0.96],
];

/// Pairs drawn from a table, as counts.
fn table(dice: &mut Dice, n: u32, chances: &[f64; 4]) -> [f64; 4] {
    let mut counts = [0.0; 4];
    for _ in 0..n {
        let (mut u, mut place) = (unit(dice), 0);
        while place < 3 && u >= chances[place] {
            u -= chances[place];
            place += 1;
        }
        counts[place] += 1.0;
    }
    counts
}

fn paired_difference(dice: &mut Dice, n: u32, chances: &[f64; 4]) -> Limits {
    let [both, first, second, neither] = table(dice, n, chances);
    let rho = rho_from_pairs(both, first, second, neither);
    let size = count(n);
    mover(both + first, size, both + second, size, rho, ALPHA).expect("rates")
}

const QUADRUPLES: [[f64; 4]; 6] = [
    [0.1, 0.1, 0.1, 0.1],
    [0.8, 0.05, 0.1, 0.05],
    [0.05, 0.05, 0.05, 0.05],
    [0.5, 0.3, 0.4, 0.2],
    [0.02, 0.01, 0.01, 0.01],
    [0.95, 0.9, 0.1, 0.05],
];

/// Values of [0, 1] with their mean.
type Shape = (&'static str, f64, fn(&mut Dice) -> f64);
const SHAPES: [Shape; 5] = [
    ("one in ten is 1", 0.1, |d| {
        f64::from(u8::from(unit(d) < 0.1))
    }),
    ("half are 1", 0.5, |d| f64::from(u8::from(unit(d) < 0.5))),
    ("uniform", 0.5, unit),
    ("fourth power of uniform", 0.2, |d| unit(d).powi(4)),
    ("nine in ten 0, else uniform", 0.05, |d| {
        if unit(d) < 0.9 { 0.0 } else { unit(d) }
    }),
];

/// The others' returns in a layout with the agent and with the reference, in [0, 60], with the true loss.
type Returns = (&'static str, f64, fn(&mut Dice) -> (f64, f64));
const RETURNS: [Returns; 3] = [
    ("light tails", 0.2, |d| {
        let b = 15.0 + 10.0 * unit(d);
        (0.8 * b + 4.0 * (unit(d) - 0.5), b)
    }),
    ("one layout in ten ruined", 0.1, |d| {
        let b = 15.0 + 10.0 * unit(d);
        (if unit(d) < 0.1 { 0.0 } else { b }, b)
    }),
    ("log-normal, cut at 60", 0.2, |d| {
        let one = |d: &mut Dice| (10.0 * (0.8 * normal(d)).exp()).min(60.0);
        let b = one(d);
        (0.8 * one(d), b)
    }),
];

/// Limits of a loss as a contrast makes them: the bootstrap, or the range where that has too little to go by.
fn loss_limits(dice: &mut Dice, n: u32, returns: fn(&mut Dice) -> (f64, f64)) -> Limits {
    let pairs: Vec<(f64, f64)> = (0..n).map(|_| returns(dice)).collect();
    match boot::boot_t(&pairs) {
        Some(found) => found.limits(ALPHA),
        None => boot::betting_range(&pairs, (0.0, 60.0), ALPHA).expect("inside the range"),
    }
}

/// Coverage of every method that a verdict rests on.
pub fn coverage(size: Size) -> Vec<Coverage> {
    let mut rows = vec![];
    for &n in size.layouts {
        rows.push(exact_rate(n));
        if n <= size.exact_most {
            rows.push(exact_difference(n));
        }
        let mut row =
            |method, data: String, studies, truth, study: &mut dyn FnMut(&mut Dice) -> Limits| {
                let (lower, upper) = drawn(studies, u64::from(n), truth, study);
                rows.push(Coverage {
                    method,
                    data,
                    n,
                    studies,
                    lower,
                    upper,
                });
            };
        for chances in &TABLES {
            let truth = chances[1] - chances[2];
            row(
                "mover",
                format!("pairs {chances:?}"),
                size.studies,
                truth,
                &mut |d| paired_difference(d, n, chances),
            );
        }
        for rates in &QUADRUPLES {
            let truth = rates[0] - rates[1] - rates[2] + rates[3];
            row(
                "mover4",
                format!("rates {rates:?}"),
                size.studies,
                truth,
                &mut |d| {
                    let cells = rates.map(|rate| (events(d, n, rate), count(n)));
                    mover4(cells, ALPHA).expect("rates")
                },
            );
        }
        for (name, truth, value) in SHAPES {
            row("betting", name.to_owned(), size.studies, truth, &mut |d| {
                let values: Vec<f64> = (0..n).map(|_| value(d)).collect();
                betting(&values, 0.0, 1.0, ALPHA).expect("inside the range")
            });
        }
        for (name, truth, returns) in RETURNS {
            row(
                "boot_t",
                name.to_owned(),
                size.boot_studies,
                truth,
                &mut |d| loss_limits(d, n, returns),
            );
        }
    }
    rows
}

fn gates(
    method: &'static str,
    data: String,
    (m, n, gates): (f64, u32, u32),
    mut gate: impl FnMut(&mut Dice) -> Limits,
) -> Boundary {
    let mut dice = Dice::new(u64::from(n) * 1_000 + 7);
    let (mut detected, mut bounded) = (0, 0);
    for _ in 0..gates {
        let limits = gate(&mut dice);
        detected += u32::from(limits.lower > m);
        bounded += u32::from(limits.upper < m);
    }
    Boundary {
        method,
        data,
        m,
        n,
        gates,
        detected,
        bounded,
    }
}

/// Gates at a true effect of exactly M. `all`: every setting, not the small ones only.
pub fn boundary(n_gates: u32, all: bool) -> Vec<Boundary> {
    let mut rows = vec![];
    for (base, m, n) in [
        (0.1, 0.2, 60),
        (0.05, 0.1, 300),
        (0.05, 0.05, 300),
        (0.02, 0.05, 450),
        (0.1, 0.1, 900),
    ] {
        if n > 60 && !all {
            continue;
        }
        let mut known: BTreeMap<(u32, u32), Limits> = BTreeMap::new();
        rows.push(gates(
            "mover",
            format!("rates {:.2} and {base}", base + m),
            (m, n, n_gates),
            |d| {
                let [x1, x2] =
                    [base + m, base].map(|rate| (0..n).map(|_| u32::from(unit(d) < rate)).sum());
                *known.entry((x1, x2)).or_insert_with(|| {
                    mover(count(x1), count(n), count(x2), count(n), 0.0, ALPHA).expect("rates")
                })
            },
        ));
    }
    for (m, n) in [(0.1, 60), (0.05, 300), (0.1, 300)] {
        if n > 60 && !all {
            continue;
        }
        // Differences of shares of four goals, the second side at one in ten.
        rows.push(gates(
            "betting",
            "differences of shares of four".to_owned(),
            (m, n, n_gates),
            |d| {
                let values: Vec<f64> = (0..n)
                    .map(|_| (events(d, 4, 0.1 + m) - events(d, 4, 0.1)) / 4.0)
                    .collect();
                betting(&values, -1.0, 1.0, ALPHA).expect("inside the range")
            },
        ));
    }
    for (name, m, returns) in RETURNS {
        for n in [60, 300] {
            if n > 60 && !all {
                continue;
            }
            rows.push(gates(
                "boot_t",
                name.to_owned(),
                (m, n, n_gates.min(1_000)),
                |d| loss_limits(d, n, returns),
            ));
        }
    }
    rows
}

/// Share of streams at the tested rate that are rejected when one looks after every episode.
#[derive(Clone, Copy, Debug)]
pub struct Peeking {
    /// Looks a stream.
    pub looks: u32,
    /// Streams.
    pub streams: u32,
    /// By the e-process.
    pub e_process: f64,
    /// By a fresh one-sided binomial test at each look, from the tenth on.
    pub fresh_test: f64,
}

/// Looks after every episode, at the tested rate of one in ten.
pub fn peeking(streams: u32, looks: u32) -> Peeking {
    let mut dice = Dice::new(11);
    let (mut by_e, mut by_test) = (0, 0);
    for _ in 0..streams {
        let x: Vec<f64> = (0..looks)
            .map(|_| f64::from(u8::from(unit(&mut dice) < 0.1)))
            .collect();
        let process = stats::e_process(&x, 0.1, 0.3, ALPHA).expect("two rates");
        by_e += u32::from(process.rejects_at.is_some());
        let mut events = 0.0;
        let alarm = (1..=looks).zip(&x).any(|(n, v)| {
            events += v;
            let at_least = 1.0 - stats::binomial_at_most(events - 1.0, count(n), 0.1);
            n >= 10 && events > 0.0 && at_least <= ALPHA
        });
        by_test += u32::from(alarm);
    }
    Peeking {
        looks,
        streams,
        e_process: count(by_e) / count(streams),
        fresh_test: count(by_test) / count(streams),
    }
}

/// Power of *bounded* at zero effect: M, layouts, rates.
pub const POWER: [(f64, u32); 8] = [
    (0.05, 60),
    (0.05, 150),
    (0.05, 300),
    (0.05, 600),
    (0.05, 900),
    (0.1, 100),
    (0.1, 300),
    (0.2, 60),
];
/// Rates of the columns of [`POWER`].
pub const POWER_RATES: [f64; 6] = [0.0, 0.01, 0.02, 0.05, 0.1, 0.2];

/// The page, as Markdown.
pub fn page(size: Size, gates: u32, streams: u32) -> String {
    let mut text = String::from(
        "<!-- Written by `cargo xtask simulate`. -->\n# How the statistics hold up\n\n\
         Every limit is one-sided 95 %: each should hold the truth in at least .95 of the studies. Shares of drawn studies carry \
         their own error: with 2,000 studies a true .95 reads from .940 to .960, with 1,000 from .936 to .964. \"All outcomes\" is \
         an exact sum.\n\n## Coverage\n\n| method | data | n | studies | lower | upper |\n|---|---|---|---|---|---|\n",
    );
    for row in coverage(size) {
        let studies = match row.studies {
            0 => "all outcomes".to_owned(),
            n => n.to_string(),
        };
        let Coverage {
            method,
            data,
            n,
            lower,
            upper,
            ..
        } = row;
        writeln!(
            text,
            "| `{method}` | {data} | {n} | {studies} | {lower:.4} | {upper:.4} |"
        )
        .expect("a string takes it");
    }
    text += "\n`boot_t` stands for the rule of a contrast: the bootstrap, or `betting_range` over [0, 60] where it has too little to go \
             by. No verdict is given below 60 layouts; n = 20 is shown for the method's sake.\n\n## At the boundary\n\nThe true \
             effect is exactly M, so each word is wrong; each may come in 5 % of the gates.\n\n\
             | method | data | M | n | gates | detected | bounded |\n|---|---|---|---|---|---|---|\n";
    for row in boundary(gates, true) {
        let share = |n: u32| count(n) / count(row.gates);
        writeln!(
            text,
            "| `{}` | {} | {} | {} | {} | {:.3} | {:.3} |",
            row.method,
            row.data,
            row.m,
            row.n,
            row.gates,
            share(row.detected),
            share(row.bounded)
        )
        .expect("a string takes it");
    }
    let peek = peeking(streams, 500);
    writeln!(
        text,
        "\n## Looking after every episode\n\n{} streams of {} episodes at the tested rate: the e-process rejects {:.4} of them at \
         some look, a fresh test at each look {:.3}.\n\n## Power of *bounded*\n\nAt zero effect, both cells at one rate, `mover`, \
         exact sums.\n\n| M | n | 0 | .01 | .02 | .05 | .1 | .2 |\n|---|---|---|---|---|---|---|---|",
        peek.streams, peek.looks, peek.e_process, peek.fresh_test
    )
    .expect("a string takes it");
    for (m, n) in POWER {
        let cells: Vec<String> = POWER_RATES
            .iter()
            .map(|rate| {
                stats::power_bounded(*rate, n, m).map_or_else(String::new, |p| format!("{p:.3}"))
            })
            .collect();
        writeln!(text, "| {m} | {n} | {} |", cells.join(" | ")).expect("a string takes it");
    }
    text
}
