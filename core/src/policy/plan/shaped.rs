//! The operators one by one: what shape comes out, and which step computes it. As the ONNX operator documents define them.

use super::super::ops::{Binary, Conv, Op, Product, Unary};
use super::super::proto::{MOST_DIMS, Node, Ty, count, ty};
use super::{EXACT, Known, NetError, Place, Planner, wrong};

/// A place in a list of `n`, counted from the end where it is negative.
fn axis(given: i64, n: usize) -> Result<usize, NetError> {
    let n_signed = i64::try_from(n).expect("few dimensions");
    let from_start = if given < 0 {
        given.saturating_add(n_signed)
    } else {
        given
    };
    match usize::try_from(from_start) {
        Ok(axis) if axis < n => Ok(axis),
        _ => wrong(format!("there is no dimension {given} of {n}")),
    }
}

/// Steps to the next element of each dimension.
fn steps(shape: &[usize]) -> Vec<usize> {
    let mut out = vec![1; shape.len()];
    for i in (1..shape.len()).rev() {
        out[i - 1] = out[i] * shape[i];
    }
    out
}

fn product(shape: &[usize]) -> usize {
    shape.iter().product()
}

/// Places, in the order of a result of that shape, of an operand walked with these steps.
fn places(shape: &[usize], steps: &[usize], from: usize) -> Vec<u32> {
    let n = product(shape);
    let mut out = Vec::with_capacity(n);
    let mut at = vec![0; shape.len()];
    let mut place = from;
    for _ in 0..n {
        out.push(u32::try_from(place).expect("values are bounded far below"));
        for i in (0..shape.len()).rev() {
            at[i] += 1;
            place += steps[i];
            if at[i] < shape[i] {
                break;
            }
            place -= at[i] * steps[i];
            at[i] = 0;
        }
    }
    out
}

fn narrow(n: i64, what: &str) -> Result<usize, NetError> {
    usize::try_from(n)
        .ok()
        .filter(|&n| n <= 1 << 20)
        .ok_or_else(|| NetError(format!("{what} is {n}, which is not supported")))
}

impl<'a> Planner<'a> {
    pub(super) fn cast(&mut self, node: &Node<'a>) -> Result<Known, NetError> {
        let mut known = self.get(node, 0)?;
        let to = node.int("to", 0);
        match (known.ty, ty(to)) {
            (_, Some(Ty::Float)) | (Ty::Byte | Ty::Int, Some(Ty::Int)) => {}
            _ => {
                return wrong(format!(
                    "a cast to type {to} is not supported here: there are casts to float (1), and of whole numbers to int32 (6) and \
                     int64 (7)"
                ));
            }
        }
        known.ty = ty(to).unwrap_or(Ty::Float);
        if known.ty == Ty::Float {
            known.ints = None;
        }
        Ok(known)
    }

    /// The same numbers in another shape.
    fn seen_as(&self, mut known: Known, shape: Vec<usize>) -> Result<Known, NetError> {
        if count(&shape) != Some(known.len()) {
            return wrong(format!(
                "{} numbers of shape {:?} do not fit the shape {shape:?}",
                known.len(),
                known.shape
            ));
        }
        known.shape = shape;
        Ok(known)
    }

    pub(super) fn reshape(&mut self, node: &Node<'a>) -> Result<Known, NetError> {
        let known = self.get(node, 0)?;
        let Some(wanted) = self.list(node, 1)? else {
            return wrong("the shape is missing");
        };
        if wanted.len() > MOST_DIMS {
            return wrong(format!("more than {MOST_DIMS} dimensions"));
        }
        let keep_zero = node.int("allowzero", 0) != 0;
        let mut shape = Vec::new();
        let mut open = None;
        for (i, &n) in wanted.iter().enumerate() {
            shape.push(match n {
                -1 if open.is_none() => {
                    open = Some(i);
                    1
                }
                0 if !keep_zero => match known.shape.get(i) {
                    Some(&n) => n,
                    None => return wrong(format!("dimension {i} has nothing to be taken from")),
                },
                n => narrow(n, "a dimension")?,
            });
        }
        if let Some(open) = open {
            let rest = count(&shape).unwrap_or(0);
            if rest == 0 || !known.len().is_multiple_of(rest) {
                return wrong(format!("{:?} does not fit {wanted:?}", known.shape));
            }
            shape[open] = known.len() / rest;
        }
        self.seen_as(known, shape)
    }

    pub(super) fn flatten(&mut self, node: &Node<'a>) -> Result<Known, NetError> {
        let known = self.get(node, 0)?;
        let n = known.shape.len();
        let given = node.int("axis", 1);
        let at = if given == i64::try_from(n).expect("few dimensions") {
            n
        } else {
            axis(given, n)?
        };
        let shape = vec![product(&known.shape[..at]), product(&known.shape[at..])];
        self.seen_as(known, shape)
    }

    pub(super) fn unary(&mut self, node: &Node<'a>, kind: Unary) -> Result<Known, NetError> {
        let known = self.floats(node, 0)?;
        let shape = known.shape.clone();
        self.step(Op::Unary(kind), &[&known], shape)
    }

    pub(super) fn binary(&mut self, node: &Node<'a>, kind: Binary) -> Result<Known, NetError> {
        let (a, b) = (self.get(node, 0)?, self.get(node, 1)?);
        let bound = match (a.ty, b.ty, kind) {
            (Ty::Float, Ty::Float, _) => 0,
            (Ty::Int, Ty::Int, Binary::Add | Binary::Sub) => a.bound.saturating_add(b.bound),
            (Ty::Int, Ty::Int, Binary::Mul) => a.bound.saturating_mul(b.bound),
            _ => {
                return wrong(
                    "both inputs must be float, or both int32 or int64 and not divided: cast them first",
                );
            }
        };
        if bound >= EXACT {
            return wrong(format!(
                "whole numbers up to {bound} may come out, and they are exact below {EXACT} only: cast to float first"
            ));
        }
        let whole = a.ty == Ty::Int;
        let n = a.shape.len().max(b.shape.len());
        let widen = |known: &Known| {
            let mut shape = vec![1; n - known.shape.len()];
            shape.extend(&known.shape);
            shape
        };
        let (wide_a, wide_b) = (widen(&a), widen(&b));
        let mut shape = Vec::with_capacity(n);
        for (&x, &y) in wide_a.iter().zip(&wide_b) {
            if x != y && x != 1 && y != 1 {
                return wrong(format!(
                    "shapes {:?} and {:?} do not fit each other",
                    a.shape, b.shape
                ));
            }
            shape.push(if x == 1 { y } else { x });
        }
        let tables = if a.shape == b.shape {
            None
        } else {
            if count(&shape).is_none() {
                return wrong("the result is too large");
            }
            let table = |wide: &[usize]| {
                let mut by = steps(wide);
                for (by, &n) in by.iter_mut().zip(wide) {
                    if n == 1 {
                        *by = 0;
                    }
                }
                places(&shape, &by, 0)
            };
            Some((table(&wide_a), table(&wide_b)))
        };
        let mut known = self.step(Op::Binary(kind, tables), &[&a, &b], shape)?;
        if whole {
            known.ty = Ty::Int;
            known.bound = bound;
        }
        Ok(known)
    }

    /// A constant matrix with its summed dimension innermost, so that sums run along memory.
    fn turned(&mut self, b: &mut Known, inner: usize, columns: usize) -> Result<bool, NetError> {
        let Place::Const(from, n) = b.place else {
            return Ok(false);
        };
        if n != inner * columns {
            return Ok(false);
        }
        let take = places(&[columns, inner], &[1, columns], from);
        let numbers: Vec<f32> = take.iter().map(|&i| self.consts[i as usize]).collect();
        let place = Place::Const(self.consts.len(), n);
        self.add_consts(numbers.into_iter())?;
        b.place = place;
        Ok(true)
    }

    pub(super) fn gemm(&mut self, node: &Node<'a>) -> Result<Known, NetError> {
        let (a, mut b) = (self.floats(node, 0)?, self.floats(node, 1)?);
        let (&[a0, a1], &[b0, b1]) = (&a.shape[..], &b.shape[..]) else {
            return wrong(format!(
                "two matrices are due, found shapes {:?} and {:?}",
                a.shape, b.shape
            ));
        };
        let (turn_a, turn_b) = (node.int("transA", 0) != 0, node.int("transB", 0) != 0);
        let (rows, inner, walk_a) = if turn_a {
            (a1, a0, (1, a1))
        } else {
            (a0, a1, (a1, 1))
        };
        let (columns, inner_b, mut walk_b) = if turn_b {
            (b0, b1, (b1, 1))
        } else {
            (b1, b0, (1, b1))
        };
        if inner != inner_b {
            return wrong(format!(
                "shapes {:?} and {:?} do not fit each other",
                a.shape, b.shape
            ));
        }
        self.works(&[rows, columns, inner])?;
        if !turn_b && self.turned(&mut b, inner, columns)? {
            walk_b = (inner, 1);
        }
        let c = self.maybe(node, 2)?;
        let walk_c = match &c {
            None => None,
            Some(c) if c.ty != Ty::Float => return wrong("input 2 must be float: cast it first"),
            Some(c) => {
                let (down, right) = match c.shape[..] {
                    [] => (1, 1),
                    [n] => (1, n),
                    [m, n] => (m, n),
                    _ => return wrong("input 2 has more than two dimensions"),
                };
                if (down != 1 && down != rows) || (right != 1 && right != columns) {
                    return wrong(format!(
                        "input 2 of shape {:?} does not fit {rows} × {columns}",
                        c.shape
                    ));
                }
                Some((if down == 1 { 0 } else { right }, usize::from(right != 1)))
            }
        };
        let op = Op::Product(Product {
            columns,
            inner,
            a: walk_a,
            b: walk_b,
            alpha: node.float("alpha", 1.0),
            beta: node.float("beta", 1.0),
            c: walk_c,
        });
        let mut inputs = vec![&a, &b];
        inputs.extend(c.as_ref());
        self.step(op, &inputs, vec![rows, columns])
    }

    pub(super) fn matmul(&mut self, node: &Node<'a>) -> Result<Known, NetError> {
        let (a, mut b) = (self.floats(node, 0)?, self.floats(node, 1)?);
        let (Some((&inner, before)), &[inner_b, columns]) = (a.shape.split_last(), &b.shape[..])
        else {
            return wrong(format!(
                "the second input must be a matrix, found shapes {:?} and {:?}",
                a.shape, b.shape
            ));
        };
        if inner != inner_b || before.is_empty() {
            return wrong(format!(
                "shapes {:?} and {:?} do not fit each other",
                a.shape, b.shape
            ));
        }
        let rows = product(before);
        self.works(&[rows, columns, inner])?;
        let mut shape = before.to_vec();
        shape.push(columns);
        let b_walk = if self.turned(&mut b, inner, columns)? {
            (inner, 1)
        } else {
            (1, columns)
        };
        let op = Op::Product(Product {
            columns,
            inner,
            a: (inner, 1),
            b: b_walk,
            alpha: 1.0,
            beta: 1.0,
            c: None,
        });
        self.step(op, &[&a, &b], shape)
    }

    pub(super) fn conv(&mut self, node: &Node<'a>) -> Result<Known, NetError> {
        let (x, w) = (self.floats(node, 0)?, self.floats(node, 1)?);
        let (&[1, channels, height, width], &[out_channels, per_group, kh, kw]) =
            (&x.shape[..], &w.shape[..])
        else {
            return wrong(format!(
                "a picture [1, channels, height, width] and weights of four dimensions are due, found shapes {:?} and {:?}",
                x.shape, w.shape
            ));
        };
        if !matches!(node.text("auto_pad"), None | Some(b"NOTSET" | b"VALID")) {
            return wrong("`auto_pad` is not supported: give `pads`");
        }
        let pair = |name: &str, usual: usize| match node.ints(name) {
            None => Ok((usual, usual)),
            Some(&[a, b]) => Ok((narrow(a, name)?, narrow(b, name)?)),
            Some(_) => wrong(format!("`{name}` needs two numbers")),
        };
        let (strides, dilations) = (pair("strides", 1)?, pair("dilations", 1)?);
        let pads = match node.ints("pads") {
            None => [0; 4],
            Some(&[a, b, c, d]) => {
                let pad = |n| narrow(n, "a pad");
                [pad(a)?, pad(b)?, pad(c)?, pad(d)?]
            }
            Some(_) => return wrong("`pads` needs four numbers"),
        };
        let groups = narrow(node.int("group", 1), "`group`")?;
        let fits = groups > 0
            && per_group.checked_mul(groups) == Some(channels)
            && out_channels.is_multiple_of(groups)
            && strides.0 > 0
            && strides.1 > 0
            && kh > 0
            && kw > 0
            && pair("kernel_shape", 0).is_ok_and(|k| k == (0, 0) || k == (kh, kw));
        // How often the kernel fits; bounded numbers, so that nothing overflows.
        let places = |size: usize, kernel: usize, dilation: usize, stride: usize, pad: usize| {
            let covers = (kernel - 1).checked_mul(dilation)?.checked_add(1)?;
            Some((size + pad).checked_sub(covers)? / stride + 1)
        };
        let out_size = if fits {
            places(height, kh, dilations.0, strides.0, pads[0] + pads[2]).zip(places(
                width,
                kw,
                dilations.1,
                strides.1,
                pads[1] + pads[3],
            ))
        } else {
            None
        };
        let Some(out_size) = out_size else {
            return wrong(format!(
                "weights of shape {:?} do not fit a picture of shape {:?}",
                w.shape, x.shape
            ));
        };
        let bias = self.maybe(node, 2)?;
        if let Some(b) = &bias
            && (b.ty != Ty::Float || b.shape != [out_channels])
        {
            return wrong(format!("the bias must be {out_channels} floats"));
        }
        let patch = count(&[per_group, kh, kw]).unwrap_or(usize::MAX);
        self.works(&[out_channels.max(groups), out_size.0, out_size.1, patch])?;
        if self.scratch < patch {
            let more = patch - self.scratch;
            self.keeps(&[more])?;
            self.scratch = patch;
        }
        let op = Op::Conv(Conv {
            channels,
            size: (height, width),
            out_channels,
            out_size,
            kernel: (kh, kw),
            strides,
            dilations,
            pads: (pads[0], pads[1]),
            groups,
        });
        let mut inputs = vec![&x, &w];
        inputs.extend(bias.as_ref());
        self.step(op, &inputs, vec![1, out_channels, out_size.0, out_size.1])
    }

    pub(super) fn gather(&mut self, node: &Node<'a>) -> Result<Known, NetError> {
        let (table, picks) = (self.floats(node, 0)?, self.get(node, 1)?);
        if picks.ty == Ty::Float || picks.bound >= EXACT {
            return wrong("input 1 must be whole numbers below 2^24");
        }
        let at = axis(node.int("axis", 0), table.shape.len())?;
        let (outer, rows, inner) = (
            product(&table.shape[..at]),
            table.shape[at],
            product(&table.shape[at + 1..]),
        );
        let mut shape = table.shape[..at].to_vec();
        shape.extend(&picks.shape);
        shape.extend(&table.shape[at + 1..]);
        self.works(&[outer, picks.len()])?;
        self.step(Op::Gather { outer, rows, inner }, &[&table, &picks], shape)
    }

    pub(super) fn reduce(&mut self, node: &Node<'a>) -> Result<Known, NetError> {
        let x = self.floats(node, 0)?;
        let n = x.shape.len();
        let mut summed = vec![false; n];
        match self.list(node, 1)?.filter(|axes| !axes.is_empty()) {
            None if node.int("noop_with_empty_axes", 0) != 0 => return Ok(x),
            None => summed.fill(true),
            Some(axes) => {
                for &a in axes.iter().take(MOST_DIMS) {
                    summed[axis(a, n)?] = true;
                }
            }
        }
        let by = steps(&x.shape);
        let pick = |wanted: bool| -> (Vec<usize>, Vec<usize>) {
            (0..n)
                .filter(|&i| summed[i] == wanted)
                .map(|i| (x.shape[i], by[i]))
                .unzip()
        };
        let ((kept, kept_by), (gone, gone_by)) = (pick(false), pick(true));
        let (bases, offsets) = (places(&kept, &kept_by, 0), places(&gone, &gone_by, 0));
        self.keeps(&[offsets.len()])?;
        self.works(&[bases.len(), offsets.len()])?;
        let shape = if node.int("keepdims", 1) == 0 {
            kept
        } else {
            let size = |i: usize| if summed[i] { 1 } else { x.shape[i] };
            (0..n).map(size).collect()
        };
        self.step(Op::Sum { bases, offsets }, &[&x], shape)
    }

    pub(super) fn softmax(&mut self, node: &Node<'a>) -> Result<Known, NetError> {
        let x = self.floats(node, 0)?;
        let at = axis(node.int("axis", -1), x.shape.len())?;
        let op = Op::Softmax {
            outer: product(&x.shape[..at]),
            len: x.shape[at],
            inner: product(&x.shape[at + 1..]),
        };
        let shape = x.shape.clone();
        self.step(op, &[&x], shape)
    }

    pub(super) fn layer_norm(&mut self, node: &Node<'a>) -> Result<Known, NetError> {
        let (x, scale) = (self.floats(node, 0)?, self.floats(node, 1)?);
        let at = axis(node.int("axis", -1), x.shape.len())?;
        let len = product(&x.shape[at..]);
        let bias = self.maybe(node, 2)?;
        let fits = |k: &Known| k.ty == Ty::Float && k.len() == len;
        if !fits(&scale) || !bias.as_ref().is_none_or(fits) {
            return wrong(format!("scale and bias must have {len} floats each"));
        }
        let op = Op::LayerNorm {
            len,
            epsilon: node.float("epsilon", 1e-5),
        };
        let mut inputs = vec![&x, &scale];
        inputs.extend(bias.as_ref());
        let shape = x.shape.clone();
        self.step(op, &inputs, shape)
    }

    pub(super) fn concat(&mut self, node: &Node<'a>) -> Result<Known, NetError> {
        let parts: Vec<Known> = (0..node.inputs.len())
            .map(|i| self.get(node, i))
            .collect::<Result<_, _>>()?;
        let Some(first) = parts.first() else {
            return wrong("there is nothing to put together");
        };
        let at = axis(node.int("axis", 0), first.shape.len())?;
        let mut shape = first.shape.clone();
        shape[at] = 0;
        for part in &parts {
            let mut rest = part.shape.clone();
            if rest.len() != shape.len() || part.ty != first.ty {
                return wrong("the parts differ in type or number of dimensions");
            }
            let size = std::mem::replace(&mut rest[at], shape[at]);
            if rest != shape {
                return wrong("the parts differ in another dimension");
            }
            shape[at] += size;
        }
        let inner = product(&shape[at + 1..]);
        let lengths = parts.iter().map(|p| p.shape[at] * inner).collect();
        let inputs: Vec<&Known> = parts.iter().collect();
        let mut known = self.step(Op::Concat(lengths), &inputs, shape)?;
        known.ty = first.ty;
        known.bound = parts.iter().map(|p| p.bound).max().unwrap_or(0);
        Ok(known)
    }

    /// Moves numbers, of whatever type.
    fn moved(
        &mut self,
        x: &Known,
        shape: Vec<usize>,
        by: &[usize],
        from: usize,
    ) -> Result<Known, NetError> {
        if count(&shape).is_none() {
            return wrong("the result is too large");
        }
        let take = places(&shape, by, from);
        let mut known = self.step(Op::Take(take), &[x], shape)?;
        (known.ty, known.bound) = (x.ty, x.bound);
        Ok(known)
    }

    pub(super) fn transpose(&mut self, node: &Node<'a>) -> Result<Known, NetError> {
        let x = self.get(node, 0)?;
        let n = x.shape.len();
        let order: Vec<usize> = match node.ints("perm") {
            None => (0..n).rev().collect(),
            Some(perm) => perm.iter().map(|&p| axis(p, n)).collect::<Result<_, _>>()?,
        };
        let mut seen = order.clone();
        seen.sort_unstable();
        if !seen.into_iter().eq(0..n) {
            return wrong(format!("`perm` is no order of {n} dimensions"));
        }
        let by = steps(&x.shape);
        let (shape, by): (Vec<usize>, Vec<usize>) =
            order.iter().map(|&i| (x.shape[i], by[i])).unzip();
        self.moved(&x, shape, &by, 0)
    }

    pub(super) fn slice(&mut self, node: &Node<'a>) -> Result<Known, NetError> {
        let x = self.get(node, 0)?;
        let n = x.shape.len();
        let (Some(starts), Some(ends)) = (self.list(node, 1)?, self.list(node, 2)?) else {
            return wrong("where it begins and ends is missing");
        };
        let axes = match self.list(node, 3)? {
            Some(axes) => axes,
            None => (0..).take(starts.len()).collect(),
        };
        let strides = match self.list(node, 4)? {
            Some(strides) => strides,
            None => starts.iter().map(|_| 1).collect(),
        };
        if [ends.len(), axes.len(), strides.len()] != [starts.len(); 3] || starts.len() > n {
            return wrong("the lists of begins, ends, axes and steps differ in length");
        }
        let (mut shape, mut by, mut from) = (x.shape.clone(), steps(&x.shape), 0);
        for (((&start, &end), &a), &stride) in starts.iter().zip(&*ends).zip(&*axes).zip(&*strides)
        {
            let a = axis(a, n)?;
            if stride < 1 {
                return wrong("steps below 1 are not supported");
            }
            let size = i64::try_from(x.shape[a]).expect("bounded");
            let place = |at: i64| {
                let at = if at < 0 { at.saturating_add(size) } else { at };
                usize::try_from(at.clamp(0, size)).expect("bounded by the size")
            };
            let (start, end) = (place(start), place(end));
            let stride = usize::try_from(stride).unwrap_or(usize::MAX);
            shape[a] = end.saturating_sub(start).div_ceil(stride);
            if shape[a] == 0 {
                return wrong(format!("nothing is left of dimension {a}"));
            }
            from += start * by[a];
            // A lone number is not stepped from.
            by[a] = by[a].saturating_mul(if shape[a] > 1 { stride } else { 1 });
        }
        self.moved(&x, shape, &by, from)
    }
}
