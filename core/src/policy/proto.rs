//! The parts of an ONNX file that a forward pass needs, read from the wire. Field numbers are those of `onnx.proto`.

use super::wire::{Fields, Value, add_floats, add_ints, damaged, floats};
use super::{MOST_NODES, MOST_NUMBERS, NetError};

/// Dimensions of a tensor at most.
pub(super) const MOST_DIMS: usize = 8;
/// Inputs, outputs or attributes of one node at most.
const MOST_PORTS: usize = 1024;

/// What numbers a tensor holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ty {
    /// `float`.
    Float,
    /// `int32` and `int64`.
    Int,
    /// `uint8`, `int8`, `bool`: sums of them wrap, so that they are only read, cast and looked up.
    Byte,
}

/// The type with that number in ONNX.
pub(super) fn ty(number: i64) -> Option<Ty> {
    match number {
        1 => Some(Ty::Float),
        6 | 7 => Some(Ty::Int),
        2 | 3 | 9 => Some(Ty::Byte),
        _ => None,
    }
}

#[derive(Debug, Default)]
pub(super) struct Model<'a> {
    pub(super) opset: i64,
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) tensors: Vec<Tensor<'a>>,
    pub(super) inputs: Vec<Info<'a>>,
    pub(super) outputs: Vec<&'a str>,
    pub(super) notes: Vec<(&'a str, &'a str)>,
}

#[derive(Debug, Default)]
pub(super) struct Node<'a> {
    pub(super) name: &'a str,
    pub(super) op: &'a str,
    pub(super) domain: &'a str,
    pub(super) inputs: Vec<&'a str>,
    pub(super) outputs: Vec<&'a str>,
    attributes: Vec<Attribute<'a>>,
}

#[derive(Debug, Default)]
struct Attribute<'a> {
    name: &'a str,
    float: Option<f32>,
    int: Option<i64>,
    text: Option<&'a [u8]>,
    tensor: Option<Tensor<'a>>,
    ints: Vec<i64>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Tensor<'a> {
    pub(super) name: &'a str,
    pub(super) dims: Vec<i64>,
    pub(super) kind: i64,
    raw: Option<&'a [u8]>,
    floats: Vec<f32>,
    ints: Vec<i64>,
    outside: bool,
}

/// An input of the graph; `None` for a dimension without a number.
#[derive(Debug, Default)]
pub(super) struct Info<'a> {
    pub(super) name: &'a str,
    pub(super) kind: i64,
    pub(super) dims: Vec<Option<i64>>,
}

/// The numbers of a tensor: floats, or whole numbers.
#[derive(Debug)]
pub(super) enum Numbers {
    Floats(Vec<f32>),
    Ints(Vec<i64>),
}

fn push<T>(to: &mut Vec<T>, one: T, most: usize, what: &str) -> Result<(), NetError> {
    if to.len() >= most {
        return Err(NetError(format!("more than {most} {what}")));
    }
    to.push(one);
    Ok(())
}

impl<'a> Model<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, NetError> {
        let mut model = Self::default();
        let mut has_graph = false;
        for field in Fields::of(bytes) {
            match field? {
                (7, value) => {
                    if has_graph {
                        return Err(damaged("there are two graphs"));
                    }
                    has_graph = true;
                    model.graph(value.bytes()?)?;
                }
                (8, value) => {
                    let (mut domain, mut version) = ("", 0);
                    for field in Fields::of(value.bytes()?) {
                        match field? {
                            (1, v) => domain = v.text()?,
                            (2, v) => version = v.int()?,
                            _ => {}
                        }
                    }
                    if matches!(domain, "" | "ai.onnx") {
                        model.opset = version;
                    }
                }
                (14, value) => {
                    let mut note = ("", "");
                    for field in Fields::of(value.bytes()?) {
                        match field? {
                            (1, v) => note.0 = v.text()?,
                            (2, v) => note.1 = v.text()?,
                            _ => {}
                        }
                    }
                    push(&mut model.notes, note, MOST_PORTS, "notes")?;
                }
                _ => {}
            }
        }
        if !has_graph {
            return Err(damaged("there is no graph"));
        }
        Ok(model)
    }

    fn graph(&mut self, bytes: &'a [u8]) -> Result<(), NetError> {
        for field in Fields::of(bytes) {
            match field? {
                (1, v) => push(
                    &mut self.nodes,
                    Node::read(v.bytes()?)?,
                    MOST_NODES,
                    "nodes",
                )?,
                (5, v) => push(
                    &mut self.tensors,
                    Tensor::read(v.bytes()?)?,
                    MOST_NODES,
                    "tensors",
                )?,
                (11, v) => push(
                    &mut self.inputs,
                    Info::read(v.bytes()?)?,
                    MOST_PORTS,
                    "inputs",
                )?,
                (12, v) => push(
                    &mut self.outputs,
                    Info::read(v.bytes()?)?.name,
                    MOST_PORTS,
                    "outputs",
                )?,
                (15, _) => {
                    return Err(NetError(
                        "sparse tensors are not supported: export dense ones".to_owned(),
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl<'a> Node<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, NetError> {
        let mut node = Self::default();
        for field in Fields::of(bytes) {
            match field? {
                (1, v) => push(&mut node.inputs, v.text()?, MOST_PORTS, "inputs of a node")?,
                (2, v) => push(
                    &mut node.outputs,
                    v.text()?,
                    MOST_PORTS,
                    "outputs of a node",
                )?,
                (3, v) => node.name = v.text()?,
                (4, v) => node.op = v.text()?,
                (5, v) => push(
                    &mut node.attributes,
                    Attribute::read(v.bytes()?)?,
                    MOST_PORTS,
                    "attributes of a node",
                )?,
                (7, v) => node.domain = v.text()?,
                _ => {}
            }
        }
        Ok(node)
    }
    fn attribute(&self, name: &str) -> Option<&Attribute<'a>> {
        self.attributes.iter().find(|a| a.name == name)
    }
    /// A whole number, or what ONNX takes without one.
    pub(super) fn int(&self, name: &str, usual: i64) -> i64 {
        self.attribute(name).and_then(|a| a.int).unwrap_or(usual)
    }
    pub(super) fn float(&self, name: &str, usual: f32) -> f32 {
        self.attribute(name).and_then(|a| a.float).unwrap_or(usual)
    }
    pub(super) fn ints(&self, name: &str) -> Option<&[i64]> {
        self.attribute(name).map(|a| &a.ints[..])
    }
    pub(super) fn text(&self, name: &str) -> Option<&'a [u8]> {
        self.attribute(name).and_then(|a| a.text)
    }
    pub(super) fn tensor(&self, name: &str) -> Option<&Tensor<'a>> {
        self.attribute(name).and_then(|a| a.tensor.as_ref())
    }
    /// How an error calls it: its name, or what it computes.
    pub(super) fn called(&self) -> &'a str {
        if self.name.is_empty() {
            self.outputs.first().copied().unwrap_or("?")
        } else {
            self.name
        }
    }
}

impl<'a> Attribute<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, NetError> {
        let mut a = Self::default();
        for field in Fields::of(bytes) {
            match field? {
                (1, v) => a.name = v.text()?,
                (2, v) => a.float = Some(v.float()?),
                (3, v) => a.int = Some(v.int()?),
                (4, v) => a.text = Some(v.bytes()?),
                (5, v) => a.tensor = Some(Tensor::read(v.bytes()?)?),
                (8, v) => add_ints(v, MOST_PORTS, &mut a.ints)?,
                _ => {}
            }
        }
        Ok(a)
    }
}

impl<'a> Info<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, NetError> {
        let mut info = Self::default();
        for field in Fields::of(bytes) {
            match field? {
                (1, v) => info.name = v.text()?,
                (2, v) => info.ty(v)?,
                _ => {}
            }
        }
        Ok(info)
    }
    fn ty(&mut self, value: Value<'a>) -> Result<(), NetError> {
        for field in Fields::of(value.bytes()?) {
            let (1, tensor) = field? else { continue };
            for field in Fields::of(tensor.bytes()?) {
                match field? {
                    (1, v) => self.kind = v.int()?,
                    (2, v) => {
                        for field in Fields::of(v.bytes()?) {
                            let (1, dim) = field? else { continue };
                            let mut size = None;
                            for field in Fields::of(dim.bytes()?) {
                                if let (1, v) = field? {
                                    size = Some(v.int()?);
                                }
                            }
                            push(&mut self.dims, size, MOST_DIMS, "dimensions of an input")?;
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

impl<'a> Tensor<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, NetError> {
        let mut t = Self::default();
        for field in Fields::of(bytes) {
            match field? {
                (1, v) => add_ints(v, MOST_DIMS, &mut t.dims)?,
                (2, v) => t.kind = v.int()?,
                (4, v) => add_floats(v, MOST_NUMBERS, &mut t.floats)?,
                (5 | 7, v) => add_ints(v, MOST_NUMBERS, &mut t.ints)?,
                (8, v) => t.name = v.text()?,
                (9, v) => t.raw = Some(v.bytes()?),
                (13, _) => t.outside = true,
                (14, v) => t.outside |= v.int()? != 0,
                _ => {}
            }
        }
        Ok(t)
    }

    /// Shape, type and numbers, as many as the shape says.
    pub(super) fn numbers(&self) -> Result<(Vec<usize>, Ty, Numbers), NetError> {
        let wrong = |why: String| NetError(format!("tensor `{}` {why}", self.name));
        if self.outside {
            return Err(wrong(
                "lies in a second file: export with `external_data=False`".to_owned(),
            ));
        }
        let ty = ty(self.kind).ok_or_else(|| {
            wrong(format!(
                "holds numbers of type {}: there are float, int32, int64, uint8, int8 and bool",
                self.kind
            ))
        })?;
        let (shape, n) = sizes(&self.dims).ok_or_else(|| wrong("is too large".to_owned()))?;
        let numbers = match (ty, self.raw) {
            (Ty::Float, Some(raw)) => Numbers::Floats(floats(raw)?.collect()),
            (Ty::Float, None) => Numbers::Floats(self.floats.clone()),
            (_, None) => Numbers::Ints(self.ints.clone()),
            (_, Some(raw)) => Numbers::Ints(self.whole(raw)),
        };
        let found = match &numbers {
            Numbers::Floats(all) => all.len(),
            Numbers::Ints(all) => all.len(),
        };
        if found != n {
            return Err(wrong(format!("has {found} numbers, its shape says {n}")));
        }
        Ok((shape, ty, numbers))
    }

    /// Whole numbers from raw bytes; the caller compares how many there are.
    fn whole(&self, raw: &[u8]) -> Vec<i64> {
        match self.kind {
            7 => raw
                .chunks(8)
                .map(|b| b.try_into().map_or(0, i64::from_le_bytes))
                .collect(),
            6 => raw
                .chunks(4)
                .map(|b| b.try_into().map_or(0, |b| i64::from(i32::from_le_bytes(b))))
                .collect(),
            3 => raw.iter().map(|&b| i64::from(b.cast_signed())).collect(),
            _ => raw.iter().map(|&b| i64::from(b)).collect(),
        }
    }
}

/// A shape and its number of elements, if they are within bounds.
pub(super) fn sizes(dims: &[i64]) -> Option<(Vec<usize>, usize)> {
    let shape: Vec<usize> = dims
        .iter()
        .map(|&d| usize::try_from(d).ok())
        .collect::<Option<_>>()?;
    let n = count(&shape)?;
    Some((shape, n))
}

/// Elements of a shape, if they are within bounds.
pub(super) fn count(shape: &[usize]) -> Option<usize> {
    // Also without its empty dimensions it is bounded, so that products of some of them are.
    let most = shape
        .iter()
        .try_fold(1_usize, |n, &d| n.checked_mul(d.max(1)))?;
    (most <= MOST_NUMBERS && shape.len() <= MOST_DIMS).then(|| shape.iter().product())
}
