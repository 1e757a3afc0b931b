//! **C2 POWER**: how well could an agent do from here, on average over what it may want?
//!
//! *Formula.* POWER(s, γ) = ((1 − γ)/γ)·E[V*_R(s) − R(s)] over rewards R, here independent and uniform on [0, 1] for each state.
//! With v = (1 − γ)·V this is the mean of max over successors of v(next), and of R(s) itself where s may be kept.
//!
//! *Unit, range.* Share, [0, 1].
//!
//! *Controls.* Positive: a junction. Negative: a dead end (.5 = the mean reward).
//!
//! *Pitfalls.* It speaks of optimal agents and of this distribution of rewards, not of a trained agent. States that differ only in
//! a clock count as options: enumerate outcomes. Worlds of different size do not compare.
//!
//! *Source.* Turner et al. 2021, arXiv:1912.01683, definition 5.2.

use super::MeasureDef;
use crate::stats::boot::Sequence;
use crate::stats::count;

/// Reference text of the measure.
pub const DEF: MeasureDef = MeasureDef {
    id: "C2",
    version: 1,
    label: "POWER",
    question: "How well could an agent do from here, on average over what it may want?",
    formula: "((1 - gamma) / gamma) E[V*(s) - R(s)], R independent and uniform on [0, 1]",
    unit: "share",
    range: "0 to 1",
    controls: "+ junction / - dead end",
    source: "Turner et al. 2021, arXiv:1912.01683",
};

/// Nodes of a piece: polynomials of degree 15 are kept exactly.
const NODES: usize = 16;
/// Pieces of a curve at most.
const PIECES_MAX: usize = 20_000;
/// States of a graph at most.
const STATES_MAX: usize = 100_000;
/// Change of a value below which the iteration of [`power_sampled`] stops.
const SETTLED: f64 = 1e-10;

/// Gauss–Legendre nodes of [0, 1] with their weights, and the barycentric weights of interpolation between them.
struct Rule {
    nodes: [f64; NODES],
    weights: [f64; NODES],
    barycentric: [f64; NODES],
}

impl Rule {
    fn new() -> Self {
        let n = count(NODES);
        let mut rule = Self {
            nodes: [0.0; NODES],
            weights: [0.0; NODES],
            barycentric: [0.0; NODES],
        };
        for i in 0..NODES {
            // Newton's method on the Legendre polynomial, from the usual first guess.
            let mut x = libm::cos(core::f64::consts::PI * (count(i) + 0.75) / (n + 0.5));
            let mut slope = 1.0;
            for _ in 0..100 {
                let (mut before, mut here) = (1.0, x);
                for k in 2..=NODES {
                    let k = count(k);
                    let next = ((2.0 * k - 1.0) * x * here - (k - 1.0) * before) / k;
                    before = here;
                    here = next;
                }
                slope = n * (x * here - before) / (x * x - 1.0);
                let step = here / slope;
                x -= step;
                if step.abs() < 1e-16 {
                    break;
                }
            }
            rule.nodes[i] = 0.5 * (1.0 - x);
            rule.weights[i] = 1.0 / ((1.0 - x * x) * slope * slope);
        }
        for i in 0..NODES {
            let others = (0..NODES).filter(|j| *j != i);
            let product: f64 = others
                .map(|j| 4.0 * (rule.nodes[i] - rule.nodes[j]))
                .product();
            rule.barycentric[i] = 1.0 / product;
        }
        rule
    }

    /// ∫ of `f`, a polynomial between neighbours of `breaks`, from the first of them to the last.
    fn integral(&self, breaks: &[f64], f: impl Fn(f64) -> f64) -> f64 {
        let piece = |ends: &[f64]| -> f64 {
            let length = ends[1] - ends[0];
            let nodes = self.nodes.iter().zip(&self.weights);
            length * nodes.map(|(x, w)| w * f(ends[0] + length * x)).sum::<f64>()
        };
        breaks.windows(2).map(piece).sum()
    }
}

/// The distribution function of a value in [0, 1]: a polynomial of degree 15 at most between neighbouring breaks.
struct Curve {
    breaks: Vec<f64>,
    pieces: Vec<[f64; NODES]>,
    degree: usize,
}

impl Curve {
    /// Of a reward.
    fn uniform(rule: &Rule) -> Self {
        Self {
            breaks: vec![0.0, 1.0],
            pieces: vec![rule.nodes],
            degree: 1,
        }
    }

    fn at(&self, rule: &Rule, t: f64) -> f64 {
        if t <= 0.0 {
            return 0.0;
        }
        if t >= 1.0 {
            return 1.0;
        }
        let piece = self.breaks.partition_point(|b| *b <= t) - 1;
        let (low, high) = (self.breaks[piece], self.breaks[piece + 1]);
        let x = (t - low) / (high - low);
        let (mut above, mut below) = (0.0, 0.0);
        for i in 0..NODES {
            let gap = x - rule.nodes[i];
            if gap.abs() < 1e-15 {
                return self.pieces[piece][i];
            }
            let share = rule.barycentric[i] / gap;
            above += share * self.pieces[piece][i];
            below += share;
        }
        above / below
    }
}

/// Sorted, without neighbours closer than rounding.
fn breaks(mut all: Vec<f64>) -> Vec<f64> {
    all.push(0.0);
    all.push(1.0);
    all.retain(|b| (0.0..=1.0).contains(b));
    all.sort_by(f64::total_cmp);
    all.dedup_by(|next, kept| *next - *kept < 1e-13);
    // The upper end must be 1 to the bit.
    if let Some(last) = all.last_mut() {
        *last = 1.0;
    }
    all
}

/// A graph as its users give it: the successors of each state; a state without any stays where it is.
fn is_graph(next: &[Vec<usize>], gamma: f64) -> bool {
    let fits = |row: &Vec<usize>| row.iter().all(|s| *s < next.len());
    !next.is_empty()
        && next.len() <= STATES_MAX
        && next.iter().all(fits)
        && gamma > 0.0
        && gamma < 1.0
}

/// Exact distributions on a tree of states.
struct Tree<'a> {
    next: &'a [Vec<usize>],
    gamma: f64,
    rule: Rule,
    seen: Vec<bool>,
}

impl Tree<'_> {
    /// The best that can follow `state`: curves whose product is its distribution function, one for each way on.
    fn ways(&mut self, state: usize) -> Option<(Vec<Curve>, bool)> {
        if std::mem::replace(&mut self.seen[state], true) {
            // Two ways to one state share its reward: their values are not independent.
            return None;
        }
        let mut kept = self.next[state].is_empty();
        let mut ways = vec![];
        let mut successors = self.next[state].clone();
        successors.sort_unstable();
        successors.dedup();
        for next in successors {
            if next == state {
                kept = true;
            } else {
                ways.push(self.value(next)?);
            }
        }
        Some((ways, kept))
    }

    /// Distribution of v of a state.
    fn value(&mut self, state: usize) -> Option<Curve> {
        let (ways, kept) = self.ways(state)?;
        let rule = &self.rule;
        if ways.is_empty() {
            return Some(Curve::uniform(rule));
        }
        let gamma = self.gamma;
        let degree = 1 + ways.iter().map(|w| w.degree).sum::<usize>();
        let inner = breaks(ways.iter().flat_map(|w| w.breaks.clone()).collect());
        let mut all: Vec<f64> = inner
            .iter()
            .flat_map(|b| [gamma * b, gamma * b + 1.0 - gamma])
            .collect();
        if kept {
            all.extend(&inner);
        }
        let all = breaks(all);
        if degree >= NODES || all.len() > PIECES_MAX {
            return None;
        }
        let best = |t: f64| ways.iter().map(|w| w.at(rule, t)).product::<f64>();
        // v = (1 − γ)R + γ·max(M, R if the state may be kept): given R = r, v ≤ t where M ≤ (t − (1 − γ)r)/γ, and r ≤ t.
        let share_below = |t: f64| {
            let most = if kept { t } else { 1.0 };
            let turns = inner.iter().map(|b| (t - gamma * b) / (1.0 - gamma));
            let mut parts: Vec<f64> = turns.filter(|r| *r > 0.0 && *r < most).collect();
            parts.push(0.0);
            parts.push(most);
            parts.sort_by(f64::total_cmp);
            rule.integral(&parts, |r| best((t - (1.0 - gamma) * r) / gamma))
        };
        let piece = |ends: &[f64]| {
            rule.nodes
                .map(|x| share_below(ends[0] + (ends[1] - ends[0]) * x))
        };
        Some(Curve {
            pieces: all.windows(2).map(piece).collect(),
            breaks: all,
            degree,
        })
    }
}

/// POWER of `state`, exact to rounding, on a graph in which no state is reached from it by two ways (staying put apart). `next`: the
/// successors of each state; a state without any stays where it is. `None` where a successor is no state, γ is not in (0, 1), two
/// ways meet, or the tree is so large that a polynomial would be above degree 15: then [`power_sampled`].
pub fn power_tree(next: &[Vec<usize>], state: usize, gamma: f64) -> Option<f64> {
    if !is_graph(next, gamma) || state >= next.len() {
        return None;
    }
    let mut tree = Tree {
        next,
        gamma,
        rule: Rule::new(),
        seen: vec![false; next.len()],
    };
    let (mut ways, kept) = tree.ways(state)?;
    if kept {
        ways.push(Curve::uniform(&tree.rule));
    }
    let degree: usize = ways.iter().map(|w| w.degree).sum();
    let all = breaks(ways.iter().flat_map(|w| w.breaks.clone()).collect());
    let best = |t: f64| ways.iter().map(|w| w.at(&tree.rule, t)).product::<f64>();
    (degree < 2 * NODES).then(|| 1.0 - tree.rule.integral(&all, best))
}

/// POWER of a state by drawn rewards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Power {
    /// Mean over the drawn rewards.
    pub mean: f64,
    /// Its standard error, over pairs of a draw and its mirror image; 0 with one pair.
    pub se: f64,
}

/// POWER of every state by value iteration on `pairs` drawn reward functions and their mirror images 1 − R, a fixed function of
/// `seed`; all states share the draws, so that their differences are paired. `next` as in [`power_tree`], any graph. `None` where a
/// successor is no state, γ is not in (0, 1) or there are no pairs.
pub fn power_sampled(next: &[Vec<usize>], gamma: f64, pairs: u32, seed: u64) -> Option<Vec<Power>> {
    if !is_graph(next, gamma) || pairs == 0 {
        return None;
    }
    let mut draw = Sequence(seed);
    let states = next.len();
    let (mut sums, mut squares) = (vec![0.0; states], vec![0.0; states]);
    for _ in 0..pairs {
        let rewards: Vec<f64> = next.iter().map(|_| draw.unit()).collect();
        let mirrored: Vec<f64> = rewards.iter().map(|r| 1.0 - r).collect();
        let (one, other) = (
            best_after(next, gamma, &rewards),
            best_after(next, gamma, &mirrored),
        );
        for s in 0..states {
            let mean = 0.5 * (one[s] + other[s]);
            sums[s] += mean;
            squares[s] += mean * mean;
        }
    }
    let n = f64::from(pairs);
    let power = |(sum, square): (&f64, &f64)| {
        let variance = (square - sum * sum / n) / if n > 1.0 { n - 1.0 } else { 1.0 };
        Power {
            mean: sum / n,
            se: libm::sqrt(if variance > 0.0 { variance } else { 0.0 } / n),
        }
    };
    Some(sums.iter().zip(&squares).map(power).collect())
}

/// max over successors of v, for each state, under one reward function.
fn best_after(next: &[Vec<usize>], gamma: f64, rewards: &[f64]) -> Vec<f64> {
    let mut value = rewards.to_vec();
    let best = |value: &[f64], state: usize| {
        if next[state].is_empty() {
            return rewards[state];
        }
        next[state]
            .iter()
            .map(|s| value[*s])
            .fold(f64::NEG_INFINITY, |a, b| if b > a { b } else { a })
    };
    loop {
        let mut change = 0.0;
        for state in 0..next.len() {
            let now = (1.0 - gamma) * rewards[state] + gamma * best(&value, state);
            let moved = (now - value[state]).abs();
            if moved > change {
                change = moved;
            }
            value[state] = now;
        }
        if change < SETTLED * (1.0 - gamma) {
            return (0..next.len()).map(|s| best(&value, s)).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(next: &[Vec<usize>], gamma: f64, want: f64) {
        let got = power_tree(next, 0, gamma).expect("a tree");
        assert!((got - want).abs() < 1e-11, "{got} is not {want}");
        let drawn = power_sampled(next, gamma, 4_000, 7).expect("a graph")[0];
        assert!(
            (drawn.mean - want).abs() < 5.0 * drawn.se + 1e-9,
            "{drawn:?}"
        );
    }

    #[test]
    fn worked_example_w4() {
        let fork = [vec![1, 2], vec![], vec![]];
        let kept = [vec![0, 1, 2], vec![1], vec![2]];
        for gamma in [0.1, 0.5, 0.9] {
            near(&fork, gamma, 2.0 / 3.0);
            near(&kept, gamma, 0.75);
            assert!((power_tree(&fork, 1, gamma).expect("absorbing") - 0.5).abs() < 1e-12);
        }
        let five = [vec![1, 2], vec![3, 4], vec![], vec![], vec![]];
        near(&five, 0.1, 0.6675);
        near(&five, 0.5, 0.6875);
        near(&five, 0.9, 881.0 / 1200.0);
    }

    #[test]
    fn more_ways_give_more_power_and_meeting_ways_are_refused() {
        // k absorbing ways: k/(k + 1).
        for k in 1..8 {
            let mut star = vec![(1..=k).collect()];
            star.resize(k + 1, vec![]);
            near(&star, 0.7, count(k) / count(k + 1));
        }
        let diamond = [vec![1, 2], vec![3], vec![3], vec![]];
        assert_eq!(power_tree(&diamond, 0, 0.5), None);
        assert!(power_sampled(&diamond, 0.5, 10, 0).is_some());
        assert_eq!(power_tree(&[vec![1]], 0, 0.5), None);
        assert_eq!(power_sampled(&[vec![]], 1.0, 10, 0), None);
    }

    #[test]
    fn a_loop_that_may_be_kept_further_on_is_exact_too() {
        // 0 → 1, and 1 may be kept or left for 2: against drawn rewards.
        let next = [vec![1], vec![1, 2], vec![]];
        let exact = power_tree(&next, 0, 0.6).expect("a tree");
        let drawn = power_sampled(&next, 0.6, 20_000, 3).expect("a graph")[0];
        assert!(
            (drawn.mean - exact).abs() < 4.0 * drawn.se,
            "{exact} {drawn:?}"
        );
        assert!(drawn.se < 0.001);
    }
}
