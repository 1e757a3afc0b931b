//! Typed facts of one tick: who, whom, what, where.
//!
//! **Invariant.** A row is attributed to whoever caused it: its first slot field.

use crate::ids::{Cell, EventId, Num, Type};

/// One fact. Which field holds what is told by [`EventDecl::fields`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct EventRow {
    /// Type of the event.
    pub event: u16,
    /// First slot or thing; `u16::MAX` for none.
    pub a: u16,
    /// Second slot or thing; `u16::MAX` for none.
    pub b: u16,
    /// Kind, message, beam, boolean, or third slot.
    pub k: u16,
    /// First cell (padded).
    pub cell: u32,
    /// Whole number, or second cell.
    pub x: i32,
    /// Fixed-point payload.
    pub num: Num,
}

/// Which part of an [`EventRow`] holds a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// [`EventRow::a`].
    A,
    /// [`EventRow::b`].
    B,
    /// [`EventRow::k`].
    K,
    /// [`EventRow::cell`].
    Cell,
    /// [`EventRow::x`].
    X,
    /// [`EventRow::num`].
    Num,
}

/// A type of event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventDecl {
    /// Name in rules, for example `eaten`.
    pub name: String,
    /// Fields in the order of a rule's patterns, and where a row keeps them.
    pub fields: Vec<(Type, Part)>,
    /// Mechanic that emits it; `None` for the author's own.
    pub mechanic: Option<&'static str>,
    /// Whether rows are kept at all: a rule, a measure or a log wants them. Unwanted events cost nothing.
    pub wanted: bool,
}

/// Deals field types to the parts of a row; `None` when they do not fit.
pub fn parts(fields: &[Type]) -> Option<Vec<(Type, Part)>> {
    let mut free = vec![Part::A, Part::B, Part::K, Part::Cell, Part::X, Part::Num];
    fields
        .iter()
        .map(|&ty| {
            let wanted: &[Part] = match ty {
                Type::Slot | Type::Thing => &[Part::A, Part::B, Part::K],
                Type::Bool
                | Type::Kind
                | Type::Role
                | Type::Message
                | Type::Choice
                | Type::Text
                | Type::Effect
                | Type::Beam => &[Part::K, Part::B, Part::A, Part::X],
                Type::Int => &[Part::X, Part::Num],
                Type::Cell => &[Part::Cell, Part::X],
                // A mechanic's second number has half the room: mechanics keep it below 2147.
                Type::Num => &[Part::Num, Part::X],
            };
            let part = *wanted.iter().find(|p| free.contains(p))?;
            free.retain(|&p| p != part);
            Some((ty, part))
        })
        .collect()
}

impl EventRow {
    /// An empty row of that type.
    pub const fn new(event: EventId) -> Self {
        Self {
            event: event.get(),
            a: u16::MAX,
            b: u16::MAX,
            k: 0,
            cell: 0,
            x: 0,
            num: 0,
        }
    }
    /// The value in a part; a slot or thing that is missing reads as -1.
    pub fn get(&self, part: Part) -> i64 {
        let id = |v: u16| if v == u16::MAX { -1 } else { i64::from(v) };
        match part {
            Part::A => id(self.a),
            Part::B => id(self.b),
            Part::K => id(self.k),
            Part::Cell => i64::from(self.cell),
            Part::X => i64::from(self.x),
            Part::Num => self.num,
        }
    }
    /// Sets the value of a part; -1 in an id part means none.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "types were checked at load, values saturate"
    )]
    pub fn set(&mut self, part: Part, value: i64) {
        let id = if value < 0 { u16::MAX } else { value as u16 };
        match part {
            Part::A => self.a = id,
            Part::B => self.b = id,
            Part::K => self.k = id,
            Part::Cell => self.cell = value as u32,
            Part::X => self.x = value.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32,
            Part::Num => self.num = value,
        }
    }
    /// First cell.
    #[expect(clippy::cast_possible_truncation, reason = "padded cells fit 16 bits")]
    pub const fn place(&self) -> Cell {
        Cell::new(self.cell as u16)
    }
}
