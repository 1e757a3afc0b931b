//! Networks: an ONNX file read, checked, planned once, and run forwards with the same result on every host.
//!
//! A file has the inputs `obs` (the window's bytes, as uint8 or float) and `own` (the scaled own vector, float), either of them or
//! both, and the output `logits`, one number an action. Other outputs (`value`) are not computed. One row is run at a time: a first
//! dimension without a number is 1.
//!
//! Operators: [`OPERATORS`], at opset 13 to 25, in `f32`.
//!
//! **Invariant.** No bytes, however made, cause a panic or an unbounded allocation or run: every size is checked before memory is
//! taken, and the numbers and the work of a pass are bounded. A pass allocates nothing. Sums run in one fixed order of 8 lanes, whatever
//! registers there are; nothing is fused; transcendental functions are `libm`'s: so the same action comes out on every host.

mod ops;
mod plan;
mod proto;
mod wire;

#[cfg(test)]
mod tests;

use xxhash_rust::xxh3::xxh3_64;

use ops::Step;
use plan::Place;

/// Bytes of a file at most.
pub const MOST_BYTES: usize = 32 << 20;
/// Nodes, and tensors, of a file at most.
const MOST_NODES: usize = 4096;
/// Numbers of one tensor at most, and of all that one pass keeps.
const MOST_NUMBERS: usize = 1 << 23;
/// Multiplications (or moves) of a pass at most.
const MOST_WORK: usize = 1 << 28;

/// What a network may be made of.
pub const OPERATORS: [&str; 22] = [
    "Add",
    "Cast",
    "Concat",
    "Constant",
    "Conv",
    "Div",
    "Flatten",
    "Gather",
    "Gemm",
    "Identity",
    "LayerNormalization",
    "MatMul",
    "Mul",
    "ReduceSum",
    "Relu",
    "Reshape",
    "Sigmoid",
    "Slice",
    "Softmax",
    "Sub",
    "Tanh",
    "Transpose",
];

/// Why a file is no network that can be run, as a sentence that names the node.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct NetError(pub(crate) String);

/// How an action is taken from the logits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Choice {
    /// The legal action with the largest; at ties the lowest number.
    #[default]
    ArgMax,
    /// Drawn with the probabilities of a softmax over the legal actions, by addressed draws.
    Sample,
}

/// What a file says of itself in its metadata, under names that begin with `commonweal.`; checked where it is used.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Notes {
    /// `commonweal.scenario`: the scenario that it was made for.
    pub scenario: Option<String>,
    /// `commonweal.role`: the role.
    pub role: Option<String>,
    /// `commonweal.actions`: the names of the role's actions, a blank between.
    pub actions: Option<String>,
    /// `commonweal.choice`: `argmax` (without a note) or `sample`.
    pub choice: Choice,
}

/// A network, ready to run.
#[derive(Clone, Debug)]
pub struct Net {
    hash: u64,
    notes: Notes,
    consts: Vec<f32>,
    /// Lengths of the buffers of a pass.
    sizes: Vec<usize>,
    scratch: usize,
    steps: Vec<Step>,
    obs: Option<(usize, Vec<usize>)>,
    own: Option<(usize, Vec<usize>)>,
    logits: Place,
    n_logits: usize,
}

impl PartialEq for Net {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}
impl Eq for Net {}

/// The buffers of a pass, made once.
#[derive(Clone, Debug)]
pub struct Pass {
    buffers: Vec<Vec<f32>>,
    scratch: Vec<f32>,
}

impl Net {
    /// Reads and plans a file.
    ///
    /// # Errors
    /// When the bytes are no ONNX model, use something that is not supported, or ask for more than the bounds allow.
    pub fn parse(bytes: &[u8]) -> Result<Self, NetError> {
        if bytes.len() > MOST_BYTES {
            return Err(NetError(format!(
                "the file has {} bytes, at most {MOST_BYTES} are read",
                bytes.len()
            )));
        }
        plan::plan(&proto::Model::read(bytes)?, xxh3_64(bytes))
    }
    /// xxh3 of the file.
    pub fn hash(&self) -> u64 {
        self.hash
    }
    /// What the file says of itself.
    pub fn notes(&self) -> &Notes {
        &self.notes
    }
    /// Bytes of an observation; `None` where it does not read one.
    pub fn obs_len(&self) -> Option<usize> {
        self.obs.as_ref().map(|(_, shape)| shape.iter().product())
    }
    /// Numbers of the own vector; `None` where it does not read it.
    pub fn own_len(&self) -> Option<usize> {
        self.own.as_ref().map(|(_, shape)| shape.iter().product())
    }
    /// Number of logits.
    pub fn actions(&self) -> usize {
        self.n_logits
    }
    /// Buffers for passes, one after the other.
    pub fn pass(&self) -> Pass {
        Pass {
            buffers: self.sizes.iter().map(|&n| vec![0.0; n]).collect(),
            scratch: vec![0.0; self.scratch],
        }
    }
    /// One pass: the logits. Inputs that the network does not read may be empty; of longer ones the first numbers are read, and what a
    /// shorter one lacks is 0.
    pub fn run<'p>(&'p self, pass: &'p mut Pass, obs: &[u8], own: &[f32]) -> &'p [f32] {
        if let Some((to, _)) = self.obs {
            let buffer = &mut pass.buffers[to];
            buffer.fill(0.0);
            for (to, &from) in buffer.iter_mut().zip(obs) {
                *to = f32::from(from);
            }
        }
        if let Some((to, _)) = self.own {
            let buffer = &mut pass.buffers[to];
            buffer.fill(0.0);
            for (to, &from) in buffer.iter_mut().zip(own) {
                *to = from;
            }
        }
        for step in &self.steps {
            step.run(&self.consts, &mut pass.buffers, &mut pass.scratch);
        }
        ops::at(&self.consts, &pass.buffers, self.logits)
    }
}

/// The legal action with the largest number; the lowest of equals; `NaN` counts as the least. 0 where none is legal. With `draw`
/// (a draw for each action) every legal action's number gets Gumbel noise first, which draws from the softmax of the legal ones.
pub fn choose(numbers: &[f32], legal: &[i8], draw: Option<&dyn Fn(u32) -> u64>) -> u8 {
    let mut best: Option<(f32, u8)> = None;
    for ((action, &number), &legal) in (0..=254_u8).zip(numbers).zip(legal) {
        if legal == 0 {
            continue;
        }
        let noise = draw.map_or(0.0, |draw| gumbel(draw(u32::from(action))));
        let number = if number.is_nan() {
            f32::NEG_INFINITY
        } else {
            number + noise
        };
        if best.is_none_or(|(most, _)| number > most) {
            best = Some((number, action));
        }
    }
    best.map_or(0, |(_, action)| action)
}

/// -ln(-ln u), with u inside (0, 1) made of 23 bits, so that it is exact.
fn gumbel(draw: u64) -> f32 {
    let bits = u32::try_from(draw >> 41).expect("23 bits");
    #[expect(clippy::cast_precision_loss, reason = "23 bits fit")]
    let u = (bits as f32 + 0.5) / 8_388_608.0;
    -libm::logf(-libm::logf(u))
}
