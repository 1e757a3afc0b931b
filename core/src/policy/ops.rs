//! The operators of a pass, in `f32`.
//!
//! **Invariant.** A sum runs in 8 lanes, number k in lane k mod 8, and the lanes are added in one order: what a machine with wide
//! registers computes and what one without them computes is the same. No step allocates, and none reads outside its buffers: the plan
//! has checked every shape.

use super::plan::Place;

const LANES: usize = 8;

/// What one step computes into its own buffer.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) op: Op,
    pub(super) inputs: Vec<Place>,
    pub(super) out: usize,
}

/// A matrix product; `a` and `b` are walked along the summed dimension with these steps.
#[derive(Clone, Debug)]
pub(super) struct Product {
    pub(super) columns: usize,
    pub(super) inner: usize,
    /// Step to the next row, and to the next summed number.
    pub(super) a: (usize, usize),
    /// Step to the next column, and to the next summed number.
    pub(super) b: (usize, usize),
    pub(super) alpha: f32,
    pub(super) beta: f32,
    /// Steps of a third input to the next row and column.
    pub(super) c: Option<(usize, usize)>,
}

/// A convolution over two dimensions; weights are `[out, in / groups, height, width]`.
#[derive(Clone, Debug)]
pub(super) struct Conv {
    pub(super) channels: usize,
    pub(super) size: (usize, usize),
    pub(super) out_channels: usize,
    pub(super) out_size: (usize, usize),
    pub(super) kernel: (usize, usize),
    pub(super) strides: (usize, usize),
    pub(super) dilations: (usize, usize),
    /// Above and left of the first row and column.
    pub(super) pads: (usize, usize),
    pub(super) groups: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unary {
    Relu,
    Tanh,
    Sigmoid,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
}

#[derive(Clone, Debug)]
pub(super) enum Op {
    Product(Product),
    Conv(Conv),
    Unary(Unary),
    /// Places of both operands for each result; `None` where the shapes are equal.
    Binary(Binary, Option<(Vec<u32>, Vec<u32>)>),
    /// Rows of a table: outer · rows · inner, looked up by the second input. What is outside the table is 0.
    Gather {
        outer: usize,
        rows: usize,
        inner: usize,
    },
    /// Sums of `offsets` beyond each of `bases`.
    Sum {
        bases: Vec<u32>,
        offsets: Vec<u32>,
    },
    Softmax {
        outer: usize,
        len: usize,
        inner: usize,
    },
    /// Of rows of that length; inputs: numbers, scale, bias if there is one.
    LayerNorm {
        len: usize,
        epsilon: f32,
    },
    /// Number i is number `take[i]` of the input.
    Take(Vec<u32>),
    /// Stretches of these lengths of each input in turn.
    Concat(Vec<usize>),
}

/// The numbers at a place.
pub(super) fn at<'a>(consts: &'a [f32], buffers: &'a [Vec<f32>], place: Place) -> &'a [f32] {
    match place {
        Place::Const(from, n) => &consts[from..from + n],
        Place::Buffer(i) => &buffers[i],
    }
}

fn tree(l: [f32; LANES]) -> f32 {
    ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let (a8, b8) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest = a8.remainder().iter().zip(b8.remainder());
    for (a, b) in a8.zip(b8) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    for (lane, (a, b)) in lanes.iter_mut().zip(rest) {
        *lane += a * b;
    }
    tree(lanes)
}

fn sum(numbers: impl Iterator<Item = f32>) -> f32 {
    let mut lanes = [0.0; LANES];
    for (k, number) in numbers.enumerate() {
        lanes[k % LANES] += number;
    }
    tree(lanes)
}

#[expect(clippy::cast_precision_loss, reason = "at most 2^23")]
fn float(n: usize) -> f32 {
    n as f32
}

impl Step {
    pub(super) fn run(&self, consts: &[f32], buffers: &mut [Vec<f32>], scratch: &mut [f32]) {
        // A step never reads its own buffer.
        let mut out = std::mem::take(&mut buffers[self.out]);
        {
            let input = |i: usize| at(consts, buffers, self.inputs[i]);
            let third = || self.inputs.get(2).map(|&p| at(consts, buffers, p));
            match &self.op {
                Op::Product(p) => product(p, input(0), input(1), third(), &mut out),
                Op::Conv(c) => conv(c, input(0), input(1), third(), scratch, &mut out),
                Op::Unary(kind) => {
                    for (to, &x) in out.iter_mut().zip(input(0)) {
                        *to = match kind {
                            // NaN stays NaN, as the standard has it.
                            Unary::Relu if x < 0.0 => 0.0,
                            Unary::Relu => x,
                            Unary::Tanh => libm::tanhf(x),
                            Unary::Sigmoid => 1.0 / (1.0 + libm::expf(-x)),
                        };
                    }
                }
                Op::Binary(kind, None) => {
                    for ((to, &a), &b) in out.iter_mut().zip(input(0)).zip(input(1)) {
                        *to = binary(*kind, a, b);
                    }
                }
                Op::Binary(kind, Some((left, right))) => {
                    let (a, b) = (input(0), input(1));
                    for ((to, &l), &r) in out.iter_mut().zip(left).zip(right) {
                        *to = binary(*kind, a[l as usize], b[r as usize]);
                    }
                }
                Op::Gather { outer, rows, inner } => {
                    gather((*outer, *rows, *inner), input(0), input(1), &mut out);
                }
                Op::Sum { bases, offsets } => {
                    let from = input(0);
                    for (to, &base) in out.iter_mut().zip(bases) {
                        *to = sum(offsets.iter().map(|&o| from[(base + o) as usize]));
                    }
                }
                Op::Softmax { outer, len, inner } => {
                    softmax((*outer, *len, *inner), input(0), &mut out);
                }
                Op::LayerNorm { len, epsilon } => {
                    layer_norm(*len, *epsilon, (input(0), input(1), third()), &mut out);
                }
                Op::Take(take) => {
                    let from = input(0);
                    for (to, &i) in out.iter_mut().zip(take) {
                        *to = from[i as usize];
                    }
                }
                Op::Concat(lengths) => {
                    let stretch: usize = lengths.iter().sum();
                    let mut at = 0;
                    for (i, &n) in lengths.iter().enumerate().filter(|(_, n)| **n > 0) {
                        for (to, from) in
                            out.chunks_exact_mut(stretch).zip(input(i).chunks_exact(n))
                        {
                            to[at..at + n].copy_from_slice(from);
                        }
                        at += n;
                    }
                }
            }
        }
        buffers[self.out] = out;
    }
}

fn binary(kind: Binary, a: f32, b: f32) -> f32 {
    match kind {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div => a / b,
    }
}

fn product(p: &Product, a: &[f32], b: &[f32], c: Option<&[f32]>, out: &mut [f32]) {
    if p.columns == 0 {
        return;
    }
    for (row, out) in out.chunks_exact_mut(p.columns).enumerate() {
        for (column, out) in out.iter_mut().enumerate() {
            let (from_a, from_b) = (row * p.a.0, column * p.b.0);
            let mut x = if p.a.1 == 1 && p.b.1 == 1 {
                dot(&a[from_a..from_a + p.inner], &b[from_b..from_b + p.inner])
            } else {
                sum((0..p.inner).map(|k| a[from_a + k * p.a.1] * b[from_b + k * p.b.1]))
            };
            // A product by one changes nothing: `alpha` and `beta` are 1 nearly always.
            x *= p.alpha;
            if let (Some(c), Some((down, right))) = (c, p.c) {
                x += p.beta * c[row * down + column * right];
            }
            *out = x;
        }
    }
}

/// Lays what the kernel covers side by side, then multiplies: the order of a sum is channel, row, column of the kernel.
fn conv(
    c: &Conv,
    from: &[f32],
    weights: &[f32],
    bias: Option<&[f32]>,
    scratch: &mut [f32],
    out: &mut [f32],
) {
    let (inputs, outputs) = (c.channels / c.groups, c.out_channels / c.groups);
    let patch = &mut scratch[..inputs * c.kernel.0 * c.kernel.1];
    let area = c.out_size.0 * c.out_size.1;
    for group in 0..c.groups {
        for y in 0..c.out_size.0 {
            for x in 0..c.out_size.1 {
                let mut at = 0;
                for channel in group * inputs..(group + 1) * inputs {
                    for ky in 0..c.kernel.0 {
                        let row = (y * c.strides.0 + ky * c.dilations.0).checked_sub(c.pads.0);
                        let row = row.filter(|&r| r < c.size.0);
                        for kx in 0..c.kernel.1 {
                            let column = (x * c.strides.1 + kx * c.dilations.1)
                                .checked_sub(c.pads.1)
                                .filter(|&k| k < c.size.1);
                            patch[at] = match (row, column) {
                                (Some(r), Some(k)) => from[(channel * c.size.0 + r) * c.size.1 + k],
                                _ => 0.0,
                            };
                            at += 1;
                        }
                    }
                }
                for o in group * outputs..(group + 1) * outputs {
                    let weights = &weights[o * patch.len()..(o + 1) * patch.len()];
                    let bias = bias.map_or(0.0, |b| b[o]);
                    out[o * area + y * c.out_size.1 + x] = dot(patch, weights) + bias;
                }
            }
        }
    }
}

fn gather(
    (outer, rows, inner): (usize, usize, usize),
    table: &[f32],
    picks: &[f32],
    out: &mut [f32],
) {
    for block in 0..outer {
        for (i, &pick) in picks.iter().enumerate() {
            // Whole numbers below 2^24 by the plan; those below zero count from the end.
            #[expect(clippy::cast_possible_truncation, reason = "a whole number that fits")]
            let pick = pick as i64;
            let row = if pick < 0 {
                pick + i64::try_from(rows).expect("bounded")
            } else {
                pick
            };
            let to = &mut out[(block * picks.len() + i) * inner..][..inner];
            match usize::try_from(row).ok().filter(|&r| r < rows) {
                Some(row) => to.copy_from_slice(&table[(block * rows + row) * inner..][..inner]),
                None => to.fill(0.0),
            }
        }
    }
}

fn softmax((outer, len, inner): (usize, usize, usize), from: &[f32], out: &mut [f32]) {
    for block in 0..outer {
        for i in 0..inner {
            let place = |k: usize| (block * len + k) * inner + i;
            let mut most = f32::NEG_INFINITY;
            for k in 0..len {
                if from[place(k)] > most {
                    most = from[place(k)];
                }
            }
            for k in 0..len {
                out[place(k)] = libm::expf(from[place(k)] - most);
            }
            let total = sum((0..len).map(|k| out[place(k)]));
            for k in 0..len {
                out[place(k)] /= total;
            }
        }
    }
}

fn layer_norm(
    len: usize,
    epsilon: f32,
    (from, scale, bias): (&[f32], &[f32], Option<&[f32]>),
    out: &mut [f32],
) {
    if len == 0 {
        return;
    }
    let n = float(len);
    for (from, out) in from.chunks_exact(len).zip(out.chunks_exact_mut(len)) {
        let mean = sum(from.iter().copied()) / n;
        let spread = sum(from.iter().map(|&x| (x - mean) * (x - mean))) / n;
        let width = libm::sqrtf(spread + epsilon);
        for (k, (to, &x)) in out.iter_mut().zip(from).enumerate() {
            *to = (x - mean) / width * scale[k] + bias.map_or(0.0, |b| b[k]);
        }
    }
}
