//! **C1.capacity Channel capacity**: how much can the agent's actions tell about what follows, when the noise is not known?
//!
//! *Formula.* max over p(a) of I(A; φ) for the channel P(φ | a), by Blahut–Arimoto: p ← p·exp D(P(·|a)‖q)/Z; log Z is a lower
//! bound, max over a of D an upper one. It stops when they are as close as asked.
//!
//! *Unit, range.* Bits, [0, log2 of the smaller side].
//!
//! *Controls.* Positive: actions that decide the outcome (log2 of their number). Negative: actions without effect (0).
//!
//! *Pitfalls.* With sampled outcomes a powerless agent reads above 0 (0.73 bits at 5 draws an action): use the same draws for all
//! actions, or the exact law. Never above the mean of the counts with known noise.
//!
//! *Source.* Blahut 1972; Arimoto 1972; empowerment: Klyubin, Polani & Nehaniv 2005.

use super::MeasureDef;
use super::b2_neutrality::is_distribution;
use crate::stats::count;

/// Reference text of the measure.
pub const DEF: MeasureDef = MeasureDef {
    id: "C1.capacity",
    version: 1,
    label: "Channel capacity",
    question: "How much can actions tell about what follows, when the noise is not known?",
    formula: "max over p(a) of I(A; phi), by Blahut-Arimoto",
    unit: "bits",
    range: "0 to log2 of the smaller side of the channel",
    controls: "+ actions that decide the outcome / - actions without effect",
    source: "Blahut 1972; Arimoto 1972",
};

/// Iterations at most.
const ITERATIONS: u32 = 200_000;

/// A capacity between two bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Capacity {
    /// Lower bound in bits: the answer to the tolerance asked for.
    pub bits: f64,
    /// Upper bound in bits.
    pub upper: f64,
    /// Distribution of inputs that reaches the lower bound.
    pub inputs: Vec<f64>,
    /// Iterations done.
    pub iterations: u32,
}

/// Capacity of the channel whose row a is P(outcome | action a), to within `tolerance` bits (or 200,000 iterations: read
/// [`Capacity::upper`]). Equal rows are one input. `None` unless every row is a distribution of one length and `tolerance > 0`.
pub fn capacity(channel: &[Vec<f64>], tolerance: f64) -> Option<Capacity> {
    let width = channel.first()?.len();
    let right = channel
        .iter()
        .all(|row| row.len() == width && is_distribution(row));
    if !right || !(tolerance > 0.0) {
        return None;
    }
    // Equal inputs only slow the search down.
    let mut rows: Vec<&Vec<f64>> = vec![];
    let places: Vec<usize> = channel
        .iter()
        .map(|row| {
            rows.iter()
                .position(|kept| *kept == row)
                .unwrap_or_else(|| {
                    rows.push(row);
                    rows.len() - 1
                })
        })
        .collect();
    let mut p = vec![1.0 / count(rows.len()); rows.len()];
    let mut divergence = vec![0.0; rows.len()];
    let mut iterations = 0;
    let (mut bits, mut upper);
    loop {
        iterations += 1;
        let q: Vec<f64> = (0..width)
            .map(|b| rows.iter().zip(&p).map(|(row, p)| row[b] * p).sum())
            .collect();
        for (d, row) in divergence.iter_mut().zip(&rows) {
            *d = row
                .iter()
                .zip(&q)
                .filter(|(v, q)| **v > 0.0 && **q > 0.0)
                .map(|(v, q)| v * libm::log(v / q))
                .sum();
        }
        let mut z = 0.0;
        upper = 0.0;
        for (p, d) in p.iter_mut().zip(&divergence) {
            *p *= libm::exp(*d);
            z += *p;
            if *d > upper {
                upper = *d;
            }
        }
        for p in &mut p {
            *p /= z;
        }
        let log_z = libm::log(z);
        bits = if log_z > 0.0 { log_z } else { 0.0 } / core::f64::consts::LN_2;
        upper /= core::f64::consts::LN_2;
        if upper - bits < tolerance || iterations == ITERATIONS {
            break;
        }
    }
    let shared = |place: &usize| p[*place] / count(places.iter().filter(|p| *p == place).count());
    Some(Capacity {
        bits,
        upper,
        inputs: places.iter().map(shared).collect(),
        iterations,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(channel: &[Vec<f64>]) -> f64 {
        capacity(channel, 1e-9).expect("a channel").bits
    }

    #[test]
    fn worked_example_w2_closed_forms() {
        let bsc = [vec![0.89, 0.11], vec![0.11, 0.89]];
        assert!((bits(&bsc) - 0.500_084_041_835).abs() < 1e-8);
        let z = [vec![1.0, 0.0], vec![0.5, 0.5]];
        let found = capacity(&z, 1e-10).expect("a channel");
        assert!((found.bits - 0.321_928_094_887).abs() < 1e-8 && found.upper >= found.bits);
        assert!((found.inputs[0] - 0.6).abs() < 1e-4);
        let erasure = [vec![0.75, 0.25, 0.0], vec![0.0, 0.25, 0.75]];
        assert!((bits(&erasure) - 0.75).abs() < 1e-8);
        assert!(bits(&[vec![0.2, 0.8], vec![0.2, 0.8]]) < 1e-12, "powerless");
    }

    /// Cells of an empty room after n moves from a cell; with chance `slip` a move is one of the five at random.
    fn slip_room(start: (usize, usize), n: u32, slip: f64) -> Vec<Vec<f64>> {
        const MOVES: [(i32, i32); 5] = [(0, 0), (0, -1), (1, 0), (0, 1), (-1, 0)];
        let step = |cell: usize, (dx, dy): (i32, i32)| -> usize {
            let at = |v: usize| i32::try_from(v).unwrap();
            let (x, y) = (at(cell % 5) + dx, at(cell / 5) + dy);
            if (0..5).contains(&x) && (0..5).contains(&y) {
                usize::try_from(y * 5 + x).unwrap()
            } else {
                cell
            }
        };
        let mut rows = vec![vec![0.0; 25]];
        rows[0][start.1 * 5 + start.0] = 1.0;
        for _ in 0..n {
            let mut next = vec![];
            for row in &rows {
                for chosen in MOVES {
                    let mut out = vec![0.0; 25];
                    for (cell, p) in row.iter().enumerate() {
                        out[step(cell, chosen)] += (1.0 - slip) * p;
                        for other in MOVES {
                            out[step(cell, other)] += slip * p / 5.0;
                        }
                    }
                    next.push(out);
                }
            }
            rows = next;
        }
        rows
    }

    #[test]
    fn worked_example_w2_slippery_room() {
        for (start, n, slip, want, slack) in [
            ((2, 2), 1, 0.2, 1.367_619, 1e-6),
            ((0, 0), 1, 0.2, 0.905_839, 1e-6),
            ((2, 2), 2, 0.2, 2.023_645, 1e-5),
            ((2, 2), 1, 0.5, 0.550_978, 1e-6),
            ((2, 2), 1, 1.0, 0.0, 1e-9),
        ] {
            let got = bits(&slip_room(start, n, slip));
            assert!((got - want).abs() < slack, "{start:?} {n} {slip}: {got}");
        }
    }
}
