//! Register code: what the rule language compiles to.
//!
//! **Invariant.** Plain data. Jumps go forward only and a scan's body is a block of its own, so the length of a program and the
//! sizes of what it scans bound its cost; [`Program::cost`] is that bound.

use crate::draw::Purpose;
use crate::event::Part;

/// Value of what is not there: the slot that left, the thing out of sight. No stored value is equal to it.
pub(crate) const MISSING: i64 = i64::MIN;
/// Registers of a program.
pub(crate) const REGISTERS: usize = 32;
/// Most operations of one program: the hard limit of a rule.
pub(crate) const MAX_OPS: usize = 256;

/// Operations. `d` is the register written, `a` and `b` are read, `imm` is a constant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Code {
    /// d = imm.
    Const,
    /// d = pool\[imm\].
    Wide,
    /// d = missing.
    Missing,
    /// d = a.
    Copy,
    /// d = tick.
    Tick,
    /// d = tick limit of the running round.
    Ticks,
    /// d = variable at place imm; b: what stands for missing, see [`Fix`].
    Load,
    /// d = the bot's register imm.
    Register,
    /// d = variable of slot a; its index by role is maps\[imm\].
    SlotVar,
    /// d = variable of thing row a; its index by kind is maps\[imm\].
    RowVar,
    /// d = state of thing row a; b = 1: as a truth value.
    State,
    /// d = what b ([`Info`]) tells of slot a; imm = item.
    Info,
    /// d = cell of slot a.
    CellOfSlot,
    /// d = cell of thing row a.
    CellOfRow,
    /// d = slot that owns what lies in cell a.
    OwnerOf,
    /// d = a · 10⁶.
    Widen,
    /// d = a + b as whole numbers of 32 bits, saturating.
    AddInt,
    /// d = a − b.
    SubInt,
    /// d = a · b.
    MulInt,
    /// d = a / b, toward zero; by 0: 0, counted as saturated.
    DivInt,
    /// d = a mod b, of the sign of b; by 0: 0, counted as saturated.
    Mod,
    /// d = a + b in millionths, saturating.
    AddNum,
    /// d = a − b.
    SubNum,
    /// d = a · b, toward zero.
    MulNum,
    /// d = a / b, toward zero.
    DivNum,
    /// d = −a.
    Neg,
    /// d = |a|.
    Abs,
    /// d = smaller.
    Min,
    /// d = greater.
    Max,
    /// d = a == b; a comparison with what is missing is false.
    Eq,
    /// d = a != b.
    Ne,
    /// d = a < b.
    Lt,
    /// d = a <= b.
    Le,
    /// d = not a; missing stays missing.
    Not,
    /// Skips imm operations unless a is true.
    Unless,
    /// Skips imm operations if a is true.
    When,
    /// Skips imm operations.
    Jump,
    /// d = Manhattan distance of cells a and b.
    Dist,
    /// d = whether cells a and b lie within imm cells of each other in both directions.
    Near,
    /// d = whether cell a lies in area imm.
    Inside,
    /// d = role of slot a.
    RoleOf,
    /// d = result of scans\[imm\]; a = cell or slot.
    Scan,
    /// d = whether a chance of a holds; imm = call site.
    Chance,
    /// d = a number below b·256 … see imm; imm = call site, pool\[a\] = n.
    Pick,
    /// d = whether the bot heard message imm in this episode.
    Heard,
    /// d = what message imm last said to the bot, its arguments as one number.
    Said,
    /// d = ticks since the bot last heard message imm, 9999 if never.
    Last,
    /// d = whether the bot may play one of actions\[imm\].
    Can,
    /// d = length of the bot's path to cell a (imm < 0) or to the set of scans\[imm\]; 9999 if there is none.
    Path,
    /// pay(a, channel imm, b).
    Pay,
    /// give(a, item imm, b).
    Give,
    /// take(a, item imm, b).
    Take,
    /// transfer(a, d, item imm, b).
    Transfer,
    /// place(kind imm, cell a).
    Place,
    /// clear(kind imm, cell a).
    Clear,
    /// become(thing row b or missing, kind imm): the thing of kind d in cell a.
    Become,
    /// `move_to`: a, cell b.
    MoveTo,
    /// `send_away`: a, b ticks; imm = 1: for ever.
    SendAway,
    /// freeze(a, b ticks).
    Freeze,
    /// kill(a).
    Kill,
    /// revive(a).
    Revive,
    /// disable(a, b).
    Disable,
    /// enable(a, b).
    Enable,
    /// claim(slot a, cell b).
    Claim,
    /// open(row a), shut(row a): imm = 1 or 0.
    SetOpen,
    /// `drop_all`: a.
    DropAll,
    /// tell(a, message imm) from slot b.
    Tell,
    /// emits\[imm\].
    Emit,
    /// finish.
    Finish,
    /// `next_round`.
    NextRound,
    /// Arena variable at place imm = a; b: [`Fix`].
    Store,
    /// Variable of slot a = b; index by role maps\[imm\]; d: [`Fix`].
    StoreSlot,
    /// Variable of thing row a = b; index by kind maps\[imm\]; d: [`Fix`].
    StoreRow,
}

/// How a stored value says that it is missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Fix {
    /// It never is.
    Plain = 0,
    /// By −1 (slots and things).
    Below = 1,
    /// By 0 (cells).
    Zero = 2,
}

impl Fix {
    /// The kind of that number.
    pub(crate) const fn of(number: u8) -> Self {
        match number {
            1 => Self::Below,
            2 => Self::Zero,
            _ => Self::Plain,
        }
    }
    /// A stored value as a register holds it.
    #[inline]
    pub(crate) const fn read(self, value: i64) -> i64 {
        match self {
            Self::Below if value < 0 => MISSING,
            Self::Zero if value == 0 => MISSING,
            _ => value,
        }
    }
    /// A register's value as it is stored; `None` if it cannot be.
    #[inline]
    pub(crate) const fn write(self, value: i64) -> Option<i64> {
        match (self, value) {
            (Self::Below, MISSING) => Some(-1),
            (Self::Zero, MISSING) => Some(0),
            (Self::Plain, MISSING) => None,
            _ => Some(value),
        }
    }
}

/// What can be told of a slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Info {
    /// 0 north, 1 east, 2 south, 3 west.
    Facing = 0,
    /// Lives.
    Alive = 1,
    /// Is away.
    Away = 2,
    /// Is switched on.
    On = 3,
    /// Ticks for which it cannot act.
    Frozen = 4,
    /// Number carried of an item.
    Carried = 5,
}

impl Info {
    /// By number.
    pub(crate) const ALL: [Self; 6] = [
        Self::Facing,
        Self::Alive,
        Self::Away,
        Self::On,
        Self::Frozen,
        Self::Carried,
    ];
}

/// One operation, 8 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Op {
    pub(crate) code: Code,
    pub(crate) d: u8,
    pub(crate) a: u8,
    pub(crate) b: u8,
    pub(crate) imm: i32,
}

/// What a scan runs over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Set {
    /// Things of a kind; `rows`: each has a thing row, and `it` is a row, else a cell.
    Kind { kind: u8, rows: bool },
    /// Agents of a role; `it` is a slot.
    Role { role: u8 },
}

/// Distance of a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Metric {
    /// Steps in four directions.
    L1,
    /// Squared distance ≤ radius².
    L2,
    /// Steps in eight directions.
    #[default]
    Linf,
}

impl Metric {
    /// Whether an offset lies within a radius.
    pub(crate) const fn within(self, dy: i32, dx: i32, r: i32) -> bool {
        match self {
            Self::L1 => dy.abs() + dx.abs() <= r,
            Self::L2 => dy * dy + dx * dx <= r * r,
            Self::Linf => dy.abs() <= r && dx.abs() <= r,
        }
    }
}

/// What a scan looks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// How many there are.
    Count,
    /// How many lie around cell a.
    Around { r: u8, metric: Metric },
    /// The first.
    The,
    /// The one with the smallest Manhattan distance to the bot, ties by place.
    Nearest,
    /// Whether slot a carries one.
    Has,
    /// Whether one lies in cell a.
    On,
    /// Whether there is one in sight.
    Seen,
}

/// A scan: one operation whose body, the next `body` operations, is the condition of each candidate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Scan {
    pub(crate) mode: Mode,
    pub(crate) set: Set,
    /// Register of `it`.
    pub(crate) it: u8,
    /// Register of the condition's result.
    pub(crate) holds: u8,
    /// Operations of the body; 0 for no condition.
    pub(crate) body: u16,
}

/// An event to be emitted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Emission {
    pub(crate) event: u16,
    /// Register, part of the row, how a missing value is written.
    pub(crate) args: Vec<(u8, Part, Fix)>,
    /// Register of the delay.
    pub(crate) after: Option<u8>,
    /// The longest delay, where it is known at load; else as long as an episode.
    pub(crate) longest: u32,
}

/// A compiled expression or rule body.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Program {
    pub(crate) ops: Vec<Op>,
    pub(crate) pool: Vec<i64>,
    pub(crate) maps: Vec<Vec<u8>>,
    pub(crate) scans: Vec<Scan>,
    pub(crate) emits: Vec<Emission>,
    /// Sets of actions by role, for `can`.
    pub(crate) actions: Vec<Vec<Vec<u8>>>,
    /// Register of an expression's value.
    pub(crate) result: u8,
    /// What a missing result is written as.
    pub(crate) missing: i64,
    /// Hashed name of the draws.
    pub(crate) name: u32,
    /// Purpose of draws; `None` in rules and scripts: those of rules.
    pub(crate) purpose: Option<Purpose>,
    /// Bound of the operations of one run, scans counted out.
    pub(crate) cost: u32,
    /// Path searches of one run.
    pub(crate) paths: u32,
}

impl Program {
    /// Most operations that one run takes; a window of radius r counts as (2r+1)²/4.
    pub fn cost(&self) -> u32 {
        self.cost
    }
}
