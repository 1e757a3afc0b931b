//! Runs register code.
//!
//! **Invariant.** Allocates nothing, never fails: what is missing makes a comparison false and an effect nothing, counted in
//! `refused`; what does not fit saturates, counted in `saturated`.

mod effect;
mod scan;

pub(crate) use scan::member_at;

use crate::draw::Purpose;
use crate::ids::{Cell, ONE, Slot};
use crate::rules::code::{Code, Fix, Info, MISSING, Metric, Op, Program, REGISTERS, Set};
use crate::state::{ALIVE, AWAY, ArenaMut, BODY_ON_MAP, Geometry, ON};

/// Rows and columns of the map, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Rect {
    pub(crate) top: i32,
    pub(crate) left: i32,
    pub(crate) bottom: i32,
    pub(crate) right: i32,
}

impl Rect {
    pub(crate) const fn holds(&self, row: i32, column: i32) -> bool {
        row >= self.top && row <= self.bottom && column >= self.left && column <= self.right
    }
    /// Whether a window shows a place of the map; on a torus, any image of it.
    pub(crate) const fn shows(&self, geometry: &Geometry, row: i32, column: i32) -> bool {
        if geometry.wrap {
            (row - self.top).rem_euclid(geometry.height as i32) <= self.bottom - self.top
                && (column - self.left).rem_euclid(geometry.width as i32) <= self.right - self.left
        } else {
            self.holds(row, column)
        }
    }
    pub(crate) fn meet(self, other: Self) -> Self {
        Self {
            top: self.top.max(other.top),
            left: self.left.max(other.left),
            bottom: self.bottom.min(other.bottom),
            right: self.right.min(other.right),
        }
    }
}

/// What is counted around a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Window {
    pub(crate) kind: u8,
    pub(crate) r: u8,
    pub(crate) metric: Metric,
}

/// What a bot lends to its programs.
pub(crate) trait Mind {
    /// Its slot.
    fn me(&self) -> usize;
    /// Its window; `None` if it senses the world.
    fn sight(&self) -> Option<Rect>;
    /// Whether one of these actions of its role is legal.
    fn can(&self, arena: &ArenaMut<'_>, actions: &[Vec<u8>]) -> bool;
    /// What it counted before in this decision around a cell.
    fn counted(&self, arena: &ArenaMut<'_>, window: Window, cell: Cell) -> Option<u16>;
    /// Keeps a count for the rest of this decision.
    fn count(&self, arena: &ArenaMut<'_>, window: Window, cell: Cell, n: u16);
    /// Steps to a cell.
    fn path_to(&self, arena: &mut ArenaMut<'_>, cell: Cell) -> Option<u32>;
    /// Steps to the nearest of those for which `holds` is true.
    fn path_in(
        &self,
        arena: &mut ArenaMut<'_>,
        set: Set,
        holds: &mut dyn FnMut(&mut ArenaMut<'_>, i64) -> bool,
    ) -> Option<u32>;
}

/// One run of a program.
pub(crate) struct Machine<'m, 'a> {
    program: &'m Program,
    pub(crate) arena: &'m mut ArenaMut<'a>,
    registers: [i64; REGISTERS],
    /// Subject of draws.
    pub(crate) subject: u32,
    /// Earlier runs about the same subject in this tick.
    pub(crate) occurrence: u32,
    mind: Option<&'m dyn Mind>,
    sight: Option<Rect>,
    /// Truth of each message, for `tell`.
    pub(crate) truth: &'m [Program],
    /// Operations so far.
    #[cfg(test)]
    pub(crate) steps: u64,
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "values were checked to be in range; slots and rows are few"
)]
impl<'m, 'a> Machine<'m, 'a> {
    /// A run whose first registers hold the binders.
    #[inline]
    pub(crate) fn new(program: &'m Program, arena: &'m mut ArenaMut<'a>, binders: &[i64]) -> Self {
        let mut registers = [0; REGISTERS];
        let n = binders.len().min(REGISTERS);
        registers[..n].copy_from_slice(&binders[..n]);
        Self {
            program,
            arena,
            registers,
            subject: 0,
            occurrence: 0,
            mind: None,
            sight: None,
            truth: &[],
            #[cfg(test)]
            steps: 0,
        }
    }
    /// As a bot.
    pub(crate) fn minded(mut self, mind: &'m dyn Mind) -> Self {
        (self.mind, self.sight) = (Some(mind), mind.sight());
        self.subject = mind.me() as u32;
        self
    }
    /// Runs all of it.
    pub(crate) fn run_all(&mut self) {
        self.run(0, self.program.ops.len());
    }
    /// Runs all of it; the result, or what stands for a missing one.
    pub(crate) fn value(mut self) -> i64 {
        let value = self.raw();
        if value == MISSING {
            self.program.missing
        } else {
            value
        }
    }
    /// Runs all of it; the result as it is.
    pub(crate) fn raw(&mut self) -> i64 {
        self.run_all();
        self.registers[usize::from(self.program.result)]
    }

    fn get(&self, register: u8) -> i64 {
        self.registers[usize::from(register) % REGISTERS]
    }

    fn slot(&self, register: u8) -> Option<usize> {
        let value = self.get(register);
        (value >= 0 && value < self.arena.agents.pos.len() as i64).then_some(value as usize)
    }

    fn row(&self, register: u8) -> Option<usize> {
        let value = self.get(register);
        (value >= 0 && value < self.arena.rows.len() as i64).then_some(value as usize)
    }

    /// A cell of the map that can be sensed.
    fn cell(&self, register: u8) -> Option<Cell> {
        let cell = u16::try_from(self.get(register))
            .ok()
            .filter(|c| *c != 0)
            .map(Cell::new)?;
        (cell.index() < self.arena.table.geometry.cells() && self.senses(cell)).then_some(cell)
    }

    fn senses(&self, cell: Cell) -> bool {
        let geometry = &self.arena.table.geometry;
        let (row, column) = geometry.place(cell);
        geometry.inside(cell) && self.sight.is_none_or(|s| s.shows(geometry, row, column))
    }

    fn is_me(&self, slot: usize) -> bool {
        self.mind.is_some_and(|m| m.me() == slot)
    }

    /// Cell of a slot's body, if it can be sensed.
    fn body(&self, slot: usize) -> Option<Cell> {
        let on_map = self.arena.agents.status[slot].0 & BODY_ON_MAP != 0;
        let cell = Cell::new(self.arena.agents.pos[slot].0);
        (on_map && self.senses(cell)).then_some(cell)
    }

    /// Cell of a thing, its holder's if it is carried, if it can be sensed.
    fn place_of(&self, row: usize) -> Option<Cell> {
        let thing = self.arena.rows[row];
        if thing.holder != 0 {
            return self.body(usize::from(thing.holder) - 1);
        }
        let cell = Cell::new(thing.cell);
        (thing.cell != 0 && self.senses(cell)).then_some(cell)
    }

    fn run(&mut self, from: usize, to: usize) {
        let program = self.program;
        let mut at = from;
        while let Some(op) = program.ops[..to].get(at).copied() {
            at += 1;
            #[cfg(test)]
            {
                self.steps += 1;
            }
            let value = match op.code {
                Code::Jump => {
                    at += op.imm as usize;
                    continue;
                }
                Code::Unless | Code::When => {
                    if (self.get(op.a) == 1) == (op.code == Code::When) {
                        at += op.imm as usize;
                    }
                    continue;
                }
                Code::Scan => {
                    let scan = program.scans[op.imm as usize];
                    let value = self.scan(scan, op, at);
                    at += usize::from(scan.body);
                    value
                }
                Code::Path => {
                    let value = self.path(op, at);
                    at += usize::try_from(op.imm).map_or(0, |i| usize::from(program.scans[i].body));
                    value
                }
                code if code as u8 >= Code::Pay as u8 => {
                    if !self.effect(op) {
                        self.arena.head.refused = self.arena.head.refused.saturating_add(1);
                    }
                    continue;
                }
                _ => self.compute(op),
            };
            self.registers[usize::from(op.d) % REGISTERS] = value;
        }
    }

    fn compute(&mut self, op: Op) -> i64 {
        match op.code {
            Code::Const => i64::from(op.imm),
            Code::Wide => self.program.pool[op.imm as usize],
            Code::Missing => MISSING,
            Code::Copy => self.get(op.a),
            Code::Tick => i64::from(self.arena.head.tick),
            Code::Ticks => i64::from(self.arena.head.round_from + self.arena.table.time.ticks),
            Code::Load => Fix::of(op.b).read(self.arena.vars[op.imm as usize]),
            Code::Not => match self.get(op.a) {
                MISSING => MISSING,
                value => i64::from(value == 0),
            },
            Code::Eq | Code::Ne | Code::Lt | Code::Le => {
                let (a, b) = (self.get(op.a), self.get(op.b));
                let holds = match op.code {
                    Code::Eq => a == b,
                    Code::Ne => a != b,
                    Code::Lt => a < b,
                    _ => a <= b,
                };
                i64::from(a != MISSING && b != MISSING && holds)
            }
            code if code as u8 >= Code::Widen as u8 && code as u8 <= Code::Max as u8 => {
                self.arithmetic(op)
            }
            _ => self.read(op),
        }
    }

    fn arithmetic(&mut self, op: Op) -> i64 {
        let (a, b) = (self.get(op.a), self.get(op.b));
        let unary = matches!(op.code, Code::Widen | Code::Neg | Code::Abs);
        if a == MISSING || (!unary && b == MISSING) {
            return MISSING;
        }
        let (x, y) = (i128::from(a), i128::from(b));
        let by_zero = y == 0;
        let (exact, low, high) = match op.code {
            Code::Min => return a.min(b),
            Code::Max => return a.max(b),
            Code::Widen => return a.saturating_mul(ONE),
            Code::Neg => return -a,
            Code::Abs => return a.abs(),
            Code::AddInt => (x + y, i32::MIN.into(), i32::MAX.into()),
            Code::SubInt => (x - y, i32::MIN.into(), i32::MAX.into()),
            Code::MulInt => (x * y, i32::MIN.into(), i32::MAX.into()),
            Code::AddNum => (x + y, i64::MIN + 1, i64::MAX),
            Code::SubNum => (x - y, i64::MIN + 1, i64::MAX),
            Code::MulNum => (x * y / i128::from(ONE), i64::MIN + 1, i64::MAX),
            _ if by_zero => {
                self.arena.head.saturated = self.arena.head.saturated.saturating_add(1);
                return 0;
            }
            Code::DivInt => (x / y, i32::MIN.into(), i32::MAX.into()),
            Code::DivNum => (x * i128::from(ONE) / y, i64::MIN + 1, i64::MAX),
            // Of the sign of the divisor: a position on a ring.
            _ => (((x % y) + y) % y, i64::MIN + 1, i64::MAX),
        };
        let value = exact.clamp(i128::from(low), i128::from(high));
        if value != exact {
            self.arena.head.saturated = self.arena.head.saturated.saturating_add(1);
        }
        value as i64
    }

    fn read(&mut self, op: Op) -> i64 {
        match op.code {
            Code::Register => self.mind.map_or(0, |m| {
                i64::from(self.arena.agents.registers[m.me()].0[op.imm as usize])
            }),
            Code::SlotVar => self.slot(op.a).map_or(MISSING, |s| self.slot_var(s, op)),
            Code::RowVar => self.row(op.a).map_or(MISSING, |r| self.row_var(r, op)),
            Code::State => match self.row(op.a).filter(|&r| self.place_of(r).is_some()) {
                Some(row) => {
                    let state = self.arena.rows[row].state;
                    if op.b == 1 {
                        i64::from(state != 0)
                    } else {
                        i64::from(state)
                    }
                }
                None => MISSING,
            },
            Code::Info => self.slot(op.a).map_or(MISSING, |s| self.info(s, op)),
            Code::CellOfSlot => self
                .slot(op.a)
                .and_then(|s| self.body(s))
                .map_or(MISSING, |c| i64::from(c.get())),
            Code::CellOfRow => self
                .row(op.a)
                .and_then(|r| self.place_of(r))
                .map_or(MISSING, |c| i64::from(c.get())),
            Code::OwnerOf => self
                .cell(op.a)
                .and_then(|cell| self.arena.owner_of(cell))
                .map_or(MISSING, |slot| i64::from(slot.get())),
            Code::RoleOf => match self.slot(op.a) {
                Some(slot) => i64::from(self.arena.table.role_of(Slot::new(slot as u8)).get()),
                None => MISSING,
            },
            Code::Inside => self.cell(op.a).map_or(0, |cell| {
                let layout = &self.arena.table.layouts[usize::from(self.arena.head.layout)];
                let areas = layout.areas.get(cell.index()).copied().unwrap_or(0);
                i64::from(areas >> op.imm & 1)
            }),
            Code::Dist | Code::Near => match (self.cell(op.a), self.cell(op.b)) {
                (Some(a), Some(b)) => {
                    let geometry = &self.arena.table.geometry;
                    let (dy, dx) = geometry.offset(a, b);
                    let (dy, dx) = (dy.abs(), dx.abs());
                    if op.code == Code::Dist {
                        i64::from(dy + dx)
                    } else {
                        i64::from(dy.max(dx) <= op.imm)
                    }
                }
                _ if op.code == Code::Near => 0,
                _ => MISSING,
            },
            Code::Chance | Code::Pick => self.draw(op),
            Code::Said => self.mind.map_or(0, |m| {
                let at = m.me() * self.arena.table.messages.len() + op.imm as usize;
                self.arena.heard_said.get(at).copied().map_or(0, i64::from)
            }),
            Code::Heard | Code::Last => {
                let at = self.mind.map_or(0, |m| {
                    self.arena.heard_at[m.me() * self.arena.table.messages.len() + op.imm as usize]
                });
                match (op.code, at) {
                    (Code::Heard, _) => i64::from(at > 0),
                    (_, 0) => 9999,
                    _ => (i64::from(self.arena.head.tick) + 1 - i64::from(at)).min(9999),
                }
            }
            Code::Can => {
                let actions = &self.program.actions[op.imm as usize];
                self.mind
                    .map_or(0, |m| i64::from(m.can(self.arena, actions)))
            }
            _ => MISSING,
        }
    }

    fn slot_var(&self, slot: usize, op: Op) -> i64 {
        let table = self.arena.table;
        if self.sight.is_some() && !self.is_me(slot) && self.body(slot).is_none() {
            return MISSING;
        }
        let slot = Slot::new(slot as u8);
        let var = self.program.maps[op.imm as usize][table.role_of(slot).index()];
        if var == u8::MAX {
            return MISSING;
        }
        Fix::of(op.b).read(self.arena.vars[table.slot_place(slot, usize::from(var))])
    }

    fn row_var(&self, row: usize, op: Op) -> i64 {
        let table = self.arena.table;
        let var = self.program.maps[op.imm as usize][table.rows[row].kind.index()];
        if var == u8::MAX || (self.sight.is_some() && self.place_of(row).is_none()) {
            return MISSING;
        }
        Fix::of(op.b).read(self.arena.vars[table.row_place(row, usize::from(var))])
    }

    fn info(&self, slot: usize, op: Op) -> i64 {
        let agents = &self.arena.agents;
        let info = Info::ALL[usize::from(op.b) % Info::ALL.len()];
        if self.sight.is_some()
            && !self.is_me(slot)
            && (info != Info::Facing || self.body(slot).is_none())
        {
            return MISSING;
        }
        let status = agents.status[slot].0;
        match info {
            Info::Facing => i64::from(agents.facing[slot].0),
            Info::Alive => i64::from(status & ALIVE != 0),
            Info::Away => i64::from(status & AWAY != 0),
            Info::On => i64::from(status & ON != 0),
            Info::Frozen => i64::from(self.arena.frozen_ticks(Slot::new(slot as u8))),
            Info::Carried => i64::from(agents.carried[slot].0[op.imm as usize]),
        }
    }

    fn draw(&mut self, op: Op) -> i64 {
        let chance = op.code == Code::Chance;
        let purpose = self.program.purpose.unwrap_or(if chance {
            Purpose::RuleChance
        } else {
            Purpose::RulePick
        });
        let k = ((op.imm as u32) << 8) | (self.occurrence & 255);
        let key = self
            .arena
            .head
            .draw
            .key(purpose, self.program.name, k as u16);
        if chance {
            let p = self.get(op.a);
            return i64::from(p != MISSING && key.chance(self.subject, p));
        }
        i64::from(key.below(self.subject, self.program.pool[usize::from(op.a)] as u32))
    }
}
