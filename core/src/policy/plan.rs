//! From nodes to steps: every shape is found and checked, once, before anything is run.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::ops::{Binary, Op, Step, Unary};
use super::proto::{Info, MOST_DIMS, Model, Node, Numbers, Tensor, Ty, count, ty};
use super::{Choice, MOST_NUMBERS, MOST_WORK, Net, NetError, Notes, OPERATORS};

mod shaped;

/// Where the numbers of a value lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// Among the constants: from, how many.
    Const(usize, usize),
    /// In a buffer of the pass.
    Buffer(usize),
}

/// Whole numbers up to here are exact in `f32`.
const EXACT: u64 = 1 << 24;

/// What is known of a value before any pass.
#[derive(Clone, Debug)]
pub(super) struct Known {
    shape: Vec<usize>,
    ty: Ty,
    place: Place,
    /// The numbers of a constant that is whole.
    ints: Option<Rc<[i64]>>,
    /// Largest size that a whole number can have.
    bound: u64,
}

impl Known {
    fn len(&self) -> usize {
        self.shape.iter().product()
    }
}

/// The plan as it grows.
#[derive(Debug)]
struct Planner<'a> {
    known: BTreeMap<&'a str, Known>,
    consts: Vec<f32>,
    sizes: Vec<usize>,
    kept: usize,
    scratch: usize,
    work: usize,
    steps: Vec<Step>,
    obs: Option<(usize, Vec<usize>)>,
    own: Option<(usize, Vec<usize>)>,
}

pub(super) fn plan(model: &Model<'_>, hash: u64) -> Result<Net, NetError> {
    if !(13..=25).contains(&model.opset) {
        return Err(NetError(format!(
            "the file is written for opset {}: export with `opset_version=18` (13 to 25 are read)",
            model.opset
        )));
    }
    if !model.outputs.contains(&"logits") {
        return Err(NetError(format!(
            "the network has no output `logits`; its outputs are: {}",
            model.outputs.join(", ")
        )));
    }
    let notes = notes(model)?;
    let mut p = Planner {
        known: BTreeMap::new(),
        consts: Vec::new(),
        sizes: Vec::new(),
        kept: 0,
        scratch: 0,
        work: 0,
        steps: Vec::new(),
        obs: None,
        own: None,
    };
    let needed = needed(model);
    let mut tensors: BTreeMap<&str, &Tensor<'_>> = BTreeMap::new();
    for tensor in &model.tensors {
        tensors.insert(tensor.name, tensor);
    }
    for input in &model.inputs {
        // Old exporters list the weights as inputs too.
        if needed.contains(input.name) && !tensors.contains_key(input.name) {
            p.input(input)?;
        }
    }
    for (name, tensor) in tensors {
        if needed.contains(name) {
            let known = p.constant(tensor)?;
            p.known.insert(name, known);
        }
    }
    for node in &model.nodes {
        if node.outputs.iter().any(|o| needed.contains(o)) {
            let known = p.node(node).map_err(|why| at_node(node, &why))?;
            let name = node.outputs.first().copied().unwrap_or("");
            if p.known.insert(name, known).is_some() {
                return Err(at_node(
                    node,
                    &NetError(format!("`{name}` is computed twice")),
                ));
            }
        }
    }
    let Some(logits) = p.known.get("logits").cloned() else {
        return Err(NetError("nothing computes `logits`".to_owned()));
    };
    let n_logits = logits.len();
    if n_logits == 0 || n_logits > 255 || logits.ty != Ty::Float {
        return Err(NetError(format!(
            "`logits` must be 1 to 255 floats, one an action, not {n_logits} numbers of shape {:?}",
            logits.shape
        )));
    }
    Ok(Net {
        hash,
        notes,
        consts: p.consts,
        sizes: p.sizes,
        scratch: p.scratch,
        steps: p.steps,
        obs: p.obs,
        own: p.own,
        logits: logits.place,
        n_logits,
    })
}

fn at_node(node: &Node<'_>, why: &NetError) -> NetError {
    NetError(format!("node `{}` ({}): {why}", node.called(), node.op))
}

/// Everything that `logits` depends on, by name. Nodes stand in an order in which they can be run, so that one pass from the end is enough.
fn needed<'a>(model: &Model<'a>) -> BTreeSet<&'a str> {
    let mut needed = BTreeSet::from(["logits"]);
    for node in model.nodes.iter().rev() {
        if node.outputs.iter().any(|o| needed.contains(o)) {
            needed.extend(node.inputs.iter().copied());
        }
    }
    needed
}

fn notes(model: &Model<'_>) -> Result<Notes, NetError> {
    let note = |name: &str| {
        let found = model.notes.iter().find(|(n, _)| *n == name);
        found.map(|(_, text)| (*text).to_owned())
    };
    let choice = match note("commonweal.choice").as_deref() {
        None | Some("argmax") => Choice::ArgMax,
        Some("sample") => Choice::Sample,
        Some(other) => {
            return Err(NetError(format!(
                "the file's note `commonweal.choice` is `{other}`: it may be `argmax` or `sample`"
            )));
        }
    };
    Ok(Notes {
        scenario: note("commonweal.scenario"),
        role: note("commonweal.role"),
        actions: note("commonweal.actions"),
        choice,
    })
}

fn wrong<T>(why: impl Into<String>) -> Result<T, NetError> {
    Err(NetError(why.into()))
}

impl<'a> Planner<'a> {
    fn input(&mut self, info: &Info<'a>) -> Result<(), NetError> {
        let name = info.name;
        let bad = |why: String| Err(NetError(format!("input `{name}` {why}")));
        if !matches!(name, "obs" | "own") {
            return bad(
                "is not known: there are `obs` (the window's bytes) and `own` (the scaled own vector); what an agent remembers \
                 from tick to tick is not supported"
                    .to_owned(),
            );
        }
        let Some(ty) = ty(info.kind).filter(|ty| name == "obs" || *ty == Ty::Float) else {
            return bad(format!(
                "has numbers of type {}: `obs` is uint8 or float, `own` is float",
                info.kind
            ));
        };
        let mut shape = Vec::new();
        for (i, &dim) in info.dims.iter().enumerate() {
            match dim.map(usize::try_from) {
                None | Some(Ok(0)) if i == 0 => shape.push(1),
                Some(Ok(n)) if i > 0 || n == 1 => shape.push(n),
                Some(_) if i == 0 => {
                    return bad(
                        "takes several rows at once: let the first dimension be 1 or have a name"
                            .to_owned(),
                    );
                }
                _ => return bad(format!("has no size in dimension {i}")),
            }
        }
        if info.dims.len() < 2 {
            return bad("needs a first dimension for rows".to_owned());
        }
        let place = self.buffer(&shape)?;
        let Place::Buffer(to) = place else {
            return bad("has no place".to_owned());
        };
        match name {
            "obs" => self.obs = Some((to, shape.clone())),
            _ => self.own = Some((to, shape.clone())),
        }
        let known = Known {
            shape,
            ty,
            place,
            ints: None,
            bound: 255,
        };
        if self.known.insert(name, known).is_some() {
            return bad("stands there twice".to_owned());
        }
        Ok(())
    }

    fn constant(&mut self, tensor: &Tensor<'a>) -> Result<Known, NetError> {
        let (shape, ty, numbers) = tensor.numbers()?;
        let from = self.consts.len();
        let (bound, ints) = match numbers {
            Numbers::Floats(floats) => {
                self.add_consts(floats.into_iter())?;
                (0, None)
            }
            Numbers::Ints(ints) => {
                let bound = ints.iter().map(|i| i.unsigned_abs()).max().unwrap_or(0);
                // Larger ones than are exact serve as shapes and limits only, which are read as whole numbers.
                #[expect(clippy::cast_precision_loss, reason = "the bound says so")]
                self.add_consts(ints.iter().map(|&i| i as f32))?;
                (bound, Some(ints.into()))
            }
        };
        let place = Place::Const(from, self.consts.len() - from);
        Ok(Known {
            shape,
            ty,
            place,
            ints,
            bound,
        })
    }

    fn add_consts(&mut self, numbers: impl ExactSizeIterator<Item = f32>) -> Result<(), NetError> {
        if self.consts.len() + numbers.len() > MOST_NUMBERS {
            return wrong(format!(
                "the network has more than {MOST_NUMBERS} weights: take a smaller one"
            ));
        }
        self.consts.extend(numbers);
        Ok(())
    }

    /// A new buffer for a value of that shape.
    fn buffer(&mut self, shape: &[usize]) -> Result<Place, NetError> {
        let n = self.keeps(shape)?;
        self.sizes.push(n);
        Ok(Place::Buffer(self.sizes.len() - 1))
    }

    /// Counts numbers that are kept for a pass.
    fn keeps(&mut self, shape: &[usize]) -> Result<usize, NetError> {
        let n = count(shape).filter(|n| self.kept + n <= MOST_NUMBERS);
        let Some(n) = n else {
            return wrong(format!(
                "a pass would keep more than {MOST_NUMBERS} numbers (a value of shape {shape:?}, at most {MOST_DIMS} dimensions)"
            ));
        };
        self.kept += n;
        Ok(n)
    }

    /// Counts the work of a step.
    fn works(&mut self, factors: &[usize]) -> Result<(), NetError> {
        let more = factors.iter().try_fold(1_usize, |n, &f| n.checked_mul(f));
        match more.and_then(|n| n.checked_add(self.work)) {
            Some(work) if work <= MOST_WORK => {
                self.work = work;
                Ok(())
            }
            _ => wrong(format!(
                "a pass would take more than {MOST_WORK} multiplications"
            )),
        }
    }

    /// The value of an input of a node; `None` where it is left out.
    fn maybe(&self, node: &Node<'a>, i: usize) -> Result<Option<Known>, NetError> {
        match node.inputs.get(i).copied().unwrap_or("") {
            "" => Ok(None),
            name => match self.known.get(name) {
                Some(known) => Ok(Some(known.clone())),
                None => wrong(format!(
                    "its input `{name}` is not there before it (or is a second output of a node, which is not supported)"
                )),
            },
        }
    }

    fn get(&self, node: &Node<'a>, i: usize) -> Result<Known, NetError> {
        match self.maybe(node, i)? {
            Some(known) => Ok(known),
            None => wrong(format!("input {i} is missing")),
        }
    }

    fn floats(&self, node: &Node<'a>, i: usize) -> Result<Known, NetError> {
        let known = self.get(node, i)?;
        if known.ty != Ty::Float {
            return wrong(format!("input {i} must be float: cast it first"));
        }
        Ok(known)
    }

    /// A constant list of whole numbers.
    fn list(&self, node: &Node<'a>, i: usize) -> Result<Option<Rc<[i64]>>, NetError> {
        match self.maybe(node, i)? {
            None => Ok(None),
            Some(Known {
                ints: Some(ints), ..
            }) => Ok(Some(ints)),
            Some(_) => wrong(format!(
                "input {i} must be a constant list of whole numbers: shapes are found once, when the file is read"
            )),
        }
    }

    /// Adds a step whose result is float.
    fn step(&mut self, op: Op, inputs: &[&Known], shape: Vec<usize>) -> Result<Known, NetError> {
        let place = self.buffer(&shape)?;
        let Place::Buffer(out) = place else {
            return wrong("has no place");
        };
        self.works(&[count(&shape).unwrap_or(MOST_NUMBERS)])?;
        self.steps.push(Step {
            op,
            inputs: inputs.iter().map(|k| k.place).collect(),
            out,
        });
        Ok(Known {
            shape,
            ty: Ty::Float,
            place,
            ints: None,
            bound: 0,
        })
    }

    fn node(&mut self, node: &Node<'a>) -> Result<Known, NetError> {
        if !matches!(node.domain, "" | "ai.onnx") || !OPERATORS.contains(&node.op) {
            return wrong(format!(
                "this operator is not supported; there are {}",
                OPERATORS.join(", ")
            ));
        }
        if node.outputs.iter().skip(1).any(|o| !o.is_empty()) {
            return wrong("only the first output is supported");
        }
        match node.op {
            "Constant" => match node.tensor("value") {
                Some(tensor) => self.constant(tensor),
                None => wrong("only constants in the attribute `value` are supported"),
            },
            "Identity" => self.get(node, 0),
            "Cast" => self.cast(node),
            "Reshape" => self.reshape(node),
            "Flatten" => self.flatten(node),
            "Relu" => self.unary(node, Unary::Relu),
            "Tanh" => self.unary(node, Unary::Tanh),
            "Sigmoid" => self.unary(node, Unary::Sigmoid),
            "Add" => self.binary(node, Binary::Add),
            "Sub" => self.binary(node, Binary::Sub),
            "Mul" => self.binary(node, Binary::Mul),
            "Div" => self.binary(node, Binary::Div),
            "Gemm" => self.gemm(node),
            "MatMul" => self.matmul(node),
            "Conv" => self.conv(node),
            "Gather" => self.gather(node),
            "ReduceSum" => self.reduce(node),
            "Softmax" => self.softmax(node),
            "LayerNormalization" => self.layer_norm(node),
            "Concat" => self.concat(node),
            "Transpose" => self.transpose(node),
            "Slice" => self.slice(node),
            _ => wrong("this operator is listed and not planned, which is a fault of ours"),
        }
    }
}
