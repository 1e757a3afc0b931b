//! Values of the rule language, with their arithmetic.
//!
//! **Invariant.** `int` saturates at 32 bits, `num` (millionths) at 64; each saturation is counted.

use commonweal_core::scenario::ast::Op2;
use commonweal_core::scenario::doc::{Data, Node};

/// Row and column of the map as written.
pub type Cell = (i32, i32);

/// The cell of what stands nowhere.
pub const NOWHERE: Cell = (-1, -1);

/// A value.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// Truth.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Millionths.
    Num(i64),
    /// A slot.
    Slot(usize),
    /// A thing with identity.
    Thing(usize),
    /// A cell.
    Cell(Cell),
    /// A kind.
    Kind(usize),
    /// A role.
    Role(usize),
    /// A message.
    Message(usize),
    /// A beam.
    Beam(usize),
    /// A word of a choice.
    Choice(usize),
    /// A text.
    Text(String),
    /// What is named is not there.
    Missing,
}

impl Value {
    /// As a condition: what is missing does not hold.
    pub fn holds(&self) -> bool {
        *self == Value::Bool(true)
    }
    /// A number in millionths.
    pub fn num(&self) -> Option<i64> {
        match self {
            Value::Int(n) => n.checked_mul(1_000_000),
            Value::Num(n) => Some(*n),
            _ => None,
        }
    }
    /// A whole number.
    pub fn int(&self) -> Option<i64> {
        match self {
            Value::Int(n) => Some(*n),
            _ => None,
        }
    }
    /// A slot.
    pub fn slot(&self) -> Option<usize> {
        match self {
            Value::Slot(s) => Some(*s),
            _ => None,
        }
    }
    /// As a number, the way a comparison of states writes it; cells by `subject`.
    pub fn plain(&self, subject: impl Fn(Cell) -> i64) -> i64 {
        match self {
            Value::Bool(b) => i64::from(*b),
            Value::Int(n) | Value::Num(n) => *n,
            Value::Slot(n)
            | Value::Thing(n)
            | Value::Kind(n)
            | Value::Role(n)
            | Value::Message(n)
            | Value::Beam(n)
            | Value::Choice(n) => i64::try_from(*n).expect("small"),
            Value::Cell(NOWHERE) => -1,
            Value::Cell(c) => subject(*c),
            Value::Text(_) | Value::Missing => -1,
        }
    }
}

/// Value of a dial: whole if its value, range and step are.
pub fn dial(node: &Node) -> Value {
    let whole = |n: Option<&Node>| match n.map(|n| &n.data) {
        None => true,
        Some(Data::Int(_)) => true,
        Some(Data::List(items)) => items.iter().all(|i| matches!(i.data, Data::Int(_))),
        _ => false,
    };
    let value = node.get("value").expect("a dial has a value");
    match &value.data {
        Data::Bool(b) => Value::Bool(*b),
        Data::Text(t) => {
            let choices = super::spec::texts(node.get("choices"));
            Value::Choice(choices.iter().position(|c| c == t).unwrap_or(0))
        }
        Data::Int(n) if whole(node.get("range")) && whole(node.get("step")) => Value::Int(*n),
        _ => Value::Num(value.num().expect("a number")),
    }
}

/// Sums, products and comparisons of numbers; `saturated` counts what does not fit.
pub fn arithmetic(op: Op2, a: &Value, b: &Value, saturated: &mut u32) -> Value {
    if *a == Value::Missing || *b == Value::Missing {
        return match op {
            Op2::Eq | Op2::Ne | Op2::Lt | Op2::Le | Op2::Gt | Op2::Ge => Value::Bool(false),
            _ => Value::Missing,
        };
    }
    let both_whole = matches!((a, b), (Value::Int(_), Value::Int(_)));
    let (x, y) = match (a, b) {
        (Value::Int(x), Value::Int(y)) => (*x, *y),
        _ => match (a.num(), b.num()) {
            (Some(x), Some(y)) => (x, y),
            _ => {
                return Value::Bool(match op {
                    Op2::Eq => a == b,
                    Op2::Ne => a != b,
                    _ => panic!("{a:?} {} {b:?}", op.sign()),
                });
            }
        },
    };
    let (wx, wy) = (i128::from(x), i128::from(y));
    let one = if both_whole { 1 } else { 1_000_000 };
    let exact = match op {
        Op2::Eq => return Value::Bool(x == y),
        Op2::Ne => return Value::Bool(x != y),
        Op2::Lt => return Value::Bool(x < y),
        Op2::Le => return Value::Bool(x <= y),
        Op2::Gt => return Value::Bool(x > y),
        Op2::Ge => return Value::Bool(x >= y),
        Op2::Add => wx + wy,
        Op2::Sub => wx - wy,
        Op2::Mul => wx * wy / one,
        Op2::Div if y == 0 => {
            *saturated += 1;
            return if both_whole {
                Value::Int(0)
            } else {
                Value::Num(0)
            };
        }
        Op2::Div => wx * one / wy,
        Op2::Mod if y == 0 => {
            *saturated += 1;
            return if both_whole {
                Value::Int(0)
            } else {
                Value::Num(0)
            };
        }
        // The remainder has the sign of the divisor.
        Op2::Mod => (wx % wy + wy) % wy,
        Op2::Or | Op2::And | Op2::In => panic!("{} is no arithmetic", op.sign()),
    };
    fit(exact, both_whole, saturated)
}

/// Moves an exact result into the type's range.
pub fn fit(exact: i128, whole: bool, saturated: &mut u32) -> Value {
    let (least, most) = if whole {
        (i128::from(i32::MIN), i128::from(i32::MAX))
    } else {
        (i128::from(i64::MIN), i128::from(i64::MAX))
    };
    let kept = exact.clamp(least, most);
    *saturated += u32::from(kept != exact);
    let kept = i64::try_from(kept).expect("clamped");
    if whole {
        Value::Int(kept)
    } else {
        Value::Num(kept)
    }
}
