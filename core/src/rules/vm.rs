//! Runs register code.
//!
//! **Invariant.** Allocates nothing, never fails: what is missing makes a comparison false and an effect nothing, counted in
//! `refused`; what does not fit saturates, counted in `saturated`.

use crate::draw::Purpose;
use crate::event::EventRow;
use crate::ids::{Cell, ChannelId, EventId, KindId, ONE, Slot};
use crate::rules::code::{Code, Fix, Info, MISSING, Metric, Mode, Op, Program, REGISTERS, Scan, Set};
use crate::state::{ALIVE, AWAY, ArenaMut, BODY, BODY_ON_MAP, ON, Type};

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
    fn path_in(&self, arena: &mut ArenaMut<'_>, set: Set, holds: &mut dyn FnMut(&mut ArenaMut<'_>, i64) -> bool) -> Option<u32>;
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
    /// Operations so far.
    #[cfg(test)]
    pub(crate) steps: u64,
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "values were checked to be in range")]
impl<'m, 'a> Machine<'m, 'a> {
    /// A run whose first registers hold the binders.
    pub(crate) fn new(program: &'m Program, arena: &'m mut ArenaMut<'a>, binders: &[i64]) -> Self {
        let mut registers = [0; REGISTERS];
        let n = binders.len().min(REGISTERS);
        registers[..n].copy_from_slice(&binders[..n]);
        Self { program, arena, registers, subject: 0, occurrence: 0, mind: None, sight: None, #[cfg(test)] steps: 0 }
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
        if value == MISSING { self.program.missing } else { value }
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
        let cell = u16::try_from(self.get(register)).ok().filter(|c| *c != 0).map(Cell::new)?;
        (cell.index() < self.arena.table.geometry.cells() && self.senses(cell)).then_some(cell)
    }

    fn senses(&self, cell: Cell) -> bool {
        let geometry = &self.arena.table.geometry;
        let (row, column) = geometry.place(cell);
        geometry.inside(cell) && self.sight.is_none_or(|s| s.holds(row, column))
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
            Code::Ticks => i64::from(self.arena.table.time.ticks),
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
            code if code as u8 >= Code::Widen as u8 && code as u8 <= Code::Max as u8 => self.arithmetic(op),
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
            Code::Register => self.mind.map_or(0, |m| i64::from(self.arena.agents.registers[m.me()].0[op.imm as usize])),
            Code::SlotVar => self.slot(op.a).map_or(MISSING, |s| self.slot_var(s, op)),
            Code::RowVar => self.row(op.a).map_or(MISSING, |r| self.row_var(r, op)),
            Code::State => match self.row(op.a).filter(|&r| self.place_of(r).is_some()) {
                Some(row) => {
                    let state = self.arena.rows[row].state;
                    if op.b == 1 { i64::from(state != 0) } else { i64::from(state) }
                }
                None => MISSING,
            },
            Code::Info => self.slot(op.a).map_or(MISSING, |s| self.info(s, op)),
            Code::CellOfSlot => self.slot(op.a).and_then(|s| self.body(s)).map_or(MISSING, |c| i64::from(c.get())),
            Code::CellOfRow => self.row(op.a).and_then(|r| self.place_of(r)).map_or(MISSING, |c| i64::from(c.get())),
            Code::RoleOf => match self.slot(op.a) {
                Some(slot) => i64::from(self.arena.table.role_of(Slot::new(slot as u8)).get()),
                None => MISSING,
            },
            Code::Dist | Code::Near => match (self.cell(op.a), self.cell(op.b)) {
                (Some(a), Some(b)) => {
                    let geometry = &self.arena.table.geometry;
                    let ((y0, x0), (y1, x1)) = (geometry.place(a), geometry.place(b));
                    let (dy, dx) = ((y0 - y1).abs(), (x0 - x1).abs());
                    if op.code == Code::Dist { i64::from(dy + dx) } else { i64::from(dy.max(dx) <= op.imm) }
                }
                _ if op.code == Code::Near => 0,
                _ => MISSING,
            },
            Code::Chance | Code::Pick => self.draw(op),
            Code::Heard | Code::Last => {
                let at = self.mind.map_or(0, |m| self.arena.heard_at[m.me() * self.arena.table.messages.len() + op.imm as usize]);
                match (op.code, at) {
                    (Code::Heard, _) => i64::from(at > 0),
                    (_, 0) => 9999,
                    _ => (i64::from(self.arena.head.tick) + 1 - i64::from(at)).min(9999),
                }
            }
            Code::Can => {
                let actions = &self.program.actions[op.imm as usize];
                self.mind.map_or(0, |m| i64::from(m.can(self.arena, actions)))
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
        if self.sight.is_some() && !self.is_me(slot) && (info != Info::Facing || self.body(slot).is_none()) {
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
        let purpose = self.program.purpose.unwrap_or(if chance { Purpose::RuleChance } else { Purpose::RulePick });
        let k = ((op.imm as u32) << 8) | (self.occurrence & 255);
        let key = self.arena.head.draw.key(purpose, self.program.name, k as u16);
        if chance {
            let p = self.get(op.a);
            return i64::from(p != MISSING && key.chance(self.subject, p));
        }
        i64::from(key.below(self.subject, self.program.pool[usize::from(op.a)] as u32))
    }

    fn path(&mut self, op: Op, body: usize) -> i64 {
        let Some(mind) = self.mind else { return 9999 };
        let steps = match usize::try_from(op.imm) {
            Err(_) => self.cell(op.a).and_then(|cell| mind.path_to(self.arena, cell)),
            Ok(scan) => {
                let scan = self.program.scans[scan];
                let (program, mut registers, subject, sight) = (self.program, self.registers, self.subject, self.sight);
                mind.path_in(self.arena, scan.set, &mut |arena, it| {
                    let mut inner =
                        Machine { program, arena, registers, subject, occurrence: 0, mind: Some(mind), sight, #[cfg(test)] steps: 0 };
                    let holds = inner.holds(scan, body, it);
                    registers = inner.registers;
                    holds
                })
            }
        };
        steps.map_or(9999, |n| i64::from(n.min(9999)))
    }

    /// Whether a candidate fulfils the condition of a scan.
    fn holds(&mut self, scan: Scan, body: usize, it: i64) -> bool {
        if scan.body == 0 {
            return true;
        }
        self.registers[usize::from(scan.it)] = it;
        self.run(body, body + usize::from(scan.body));
        self.get(scan.holds) == 1
    }

    fn map_rect(&self) -> Rect {
        let geometry = &self.arena.table.geometry;
        let whole = Rect { top: 0, left: 0, bottom: i32::from(geometry.height) - 1, right: i32::from(geometry.width) - 1 };
        self.sight.map_or(whole, |s| s.meet(whole))
    }

    fn scan(&mut self, scan: Scan, op: Op, body: usize) -> i64 {
        match (scan.mode, scan.set) {
            (Mode::Has, Set::Kind { kind, rows }) => self.has(scan, op, body, kind, rows),
            (Mode::On, set) => {
                let Some(cell) = self.cell(op.a) else { return 0 };
                i64::from(member_at(self.arena, set, scan.body > 0, cell).is_some_and(|it| self.holds(scan, body, it)))
            }
            (Mode::The, Set::Kind { kind, rows: true }) => {
                for row in 0..self.arena.rows.len() {
                    let fits = self.arena.table.rows[row].kind.get() == kind;
                    let sensed = scan.body == 0 || self.place_of(row).is_some();
                    if fits && sensed && self.holds(scan, body, row as i64) {
                        return row as i64;
                    }
                }
                MISSING
            }
            (Mode::Count, Set::Kind { kind, .. }) if scan.body == 0 && self.sight.is_none() => {
                i64::from(self.arena.cells.count(KindId::new(kind)))
            }
            (Mode::Around { r, metric }, Set::Kind { kind, .. }) if scan.body == 0 => self.around(op, kind, r, metric),
            (_, Set::Role { role }) => self.scan_slots(scan, op, body, role),
            (_, Set::Kind { kind, rows }) => self.scan_things(scan, op, body, kind, rows && scan.body > 0),
        }
    }

    fn around(&mut self, op: Op, kind: u8, r: u8, metric: Metric) -> i64 {
        let Some(cell) = self.cell(op.a) else { return 0 };
        let window = Window { kind, r, metric };
        if let Some(n) = self.mind.and_then(|m| m.counted(self.arena, window, cell)) {
            return i64::from(n);
        }
        let n = count_around(self.arena, kind, cell, r, metric, self.map_rect());
        if let Some(mind) = self.mind {
            mind.count(self.arena, window, cell, n);
        }
        i64::from(n)
    }

    fn has(&mut self, scan: Scan, op: Op, body: usize, kind: u8, rows: bool) -> i64 {
        let Some(slot) = self.slot(op.a) else { return 0 };
        let Some(item) = self.arena.table.item(KindId::new(kind)) else { return 0 };
        if (self.sight.is_some() && !self.is_me(slot)) || self.arena.agents.carried[slot].0[item] == 0 {
            return 0;
        }
        if scan.body == 0 {
            return 1;
        }
        if !rows {
            let cell = i64::from(self.arena.agents.pos[slot].0);
            return i64::from(self.holds(scan, body, cell));
        }
        for row in 0..self.arena.rows.len() {
            let held = usize::from(self.arena.rows[row].holder) == slot + 1 && self.arena.table.rows[row].kind.get() == kind;
            if held && self.holds(scan, body, row as i64) {
                return 1;
            }
        }
        0
    }

    /// Where a scan looks, and the centre of its window.
    fn region(&self, scan: Scan, op: Op) -> Option<(Rect, i32, i32)> {
        let Mode::Around { r, .. } = scan.mode else {
            let me = self.mind.map_or(0, |m| self.arena.agents.pos[m.me()].0);
            let (y, x) = self.arena.table.geometry.place(Cell::new(me));
            return Some((self.map_rect(), y, x));
        };
        let cell = self.cell(op.a)?;
        let (y, x) = self.arena.table.geometry.place(cell);
        let r = i32::from(r);
        Some((Rect { top: y - r, left: x - r, bottom: y + r, right: x + r }.meet(self.map_rect()), y, x))
    }

    fn scan_things(&mut self, scan: Scan, op: Op, body: usize, kind: u8, by_rows: bool) -> i64 {
        let Some((rect, y, x)) = self.region(scan, op) else { return if scan.mode == Mode::Nearest { MISSING } else { 0 } };
        let mut found = Found::new(scan.mode, y, x);
        let geometry = self.arena.table.geometry;
        if by_rows {
            for row in 0..self.arena.rows.len() {
                let Some(cell) = self.place_of(row).filter(|_| self.arena.table.rows[row].kind.get() == kind) else { continue };
                let (cy, cx) = geometry.place(cell);
                let on_map = self.arena.rows[row].holder == 0 && rect.holds(cy, cx);
                if on_map && found.wants(cy, cx) && self.holds(scan, body, row as i64) && found.add(row as i64, cy, cx) {
                    break;
                }
            }
            return found.result();
        }
        let layer = self.arena.table.kinds[usize::from(kind)].layer;
        // A set whose things have rows is named by them even where no condition asks for it.
        let named = matches!(scan.set, Set::Kind { rows: true, .. }) && matches!(scan.mode, Mode::Nearest);
        for cy in rect.top..=rect.bottom {
            for cx in rect.left..=rect.right {
                let cell = geometry.cell(cy as u16, cx as u16);
                if self.arena.table.looks.kind_of[usize::from(self.arena.cells.get(cell, layer))] != kind + 1 || !found.wants(cy, cx) {
                    continue;
                }
                let it = if named { self.arena.row_at(KindId::new(kind), cell).map_or(MISSING, |r| r as i64) } else { i64::from(cell.get()) };
                if self.holds(scan, body, it) && found.add(it, cy, cx) {
                    return found.result();
                }
            }
        }
        found.result()
    }

    fn scan_slots(&mut self, scan: Scan, op: Op, body: usize, role: u8) -> i64 {
        let Some((rect, y, x)) = self.region(scan, op) else { return if scan.mode == Mode::Nearest { MISSING } else { 0 } };
        let mut found = Found::new(scan.mode, y, x);
        let (first, n) = (self.arena.table.roles[usize::from(role)].first, self.arena.table.roles[usize::from(role)].n);
        for slot in usize::from(first)..usize::from(first) + usize::from(n) {
            if scan.mode == Mode::The {
                if self.holds(scan, body, slot as i64) {
                    return slot as i64;
                }
                continue;
            }
            let Some(cell) = self.body(slot) else { continue };
            let (cy, cx) = self.arena.table.geometry.place(cell);
            let other = scan.mode != Mode::Nearest || !self.is_me(slot);
            if other && rect.holds(cy, cx) && found.wants(cy, cx) && self.holds(scan, body, slot as i64) && found.add(slot as i64, cy, cx) {
                break;
            }
        }
        found.result()
    }

    /// Does an effect; `false` if it could not be done because something is missing.
    fn effect(&mut self, op: Op) -> bool {
        let number = self.get(op.b);
        match op.code {
            Code::Store => return self.store(op),
            Code::StoreRow => return self.store_row(op),
            Code::Emit => return self.emit(op.imm as usize),
            Code::Finish => {
                self.arena.finish();
                return true;
            }
            Code::Place | Code::Clear => {
                let Some(cell) = self.cell(op.a) else { return false };
                let kind = KindId::new(op.imm as u8);
                // The acts count what they refuse.
                let _ = if op.code == Code::Place { self.arena.place(kind, cell) } else { self.arena.clear(kind, cell) };
                return true;
            }
            Code::Become => {
                let Some(row) = self.row(op.a) else { return false };
                let Some(cell) = self.place_of(row).filter(|_| self.arena.rows[row].holder == 0) else { return false };
                self.arena.clear(self.arena.table.rows[row].kind, cell);
                self.arena.place(KindId::new(op.imm as u8), cell);
                return true;
            }
            Code::SetOpen => {
                let Some(row) = self.row(op.a) else { return false };
                self.arena.set_open(row, op.imm == 1);
                return true;
            }
            _ => {}
        }
        let Some(slot) = self.slot(op.a) else { return false };
        let who = Slot::new(slot as u8);
        match op.code {
            Code::Kill => self.arena.kill(who),
            Code::Revive => drop_flag(self.arena.revive(who)),
            Code::DropAll => self.arena.drop_all(who),
            Code::Disable | Code::Enable => {
                let by = self.slot(op.b).map(|s| Slot::new(s as u8));
                if op.code == Code::Disable { self.arena.disable(who, by) } else { self.arena.enable(who, by) }
            }
            Code::MoveTo => match self.cell(op.b) {
                Some(cell) => drop_flag(self.arena.put_body(who, cell)),
                None => return false,
            },
            Code::Tell => {
                let sender = self.slot(op.b).map_or(who, |s| Slot::new(s as u8));
                self.arena.hear(who, sender, op.imm as u8, true);
            }
            Code::StoreSlot => return self.store_slot(op, who),
            Code::SendAway if op.imm == 1 => self.arena.send_away(who, None),
            _ if number == MISSING => return false,
            Code::Pay => self.arena.pay(who, ChannelId::new(op.imm as u8), number),
            Code::Freeze => self.arena.freeze(who, number.clamp(0, i64::from(i32::MAX)) as u32),
            Code::SendAway => self.arena.send_away(who, Some(number.clamp(0, i64::from(i32::MAX)) as u32)),
            _ => return self.hand_over(op, who, number.clamp(0, 255) as u8),
        }
        true
    }

    fn hand_over(&mut self, op: Op, who: Slot, n: u8) -> bool {
        let item = op.imm as usize;
        match op.code {
            Code::Give => self.arena.give(who, item, n),
            Code::Take => {
                self.arena.take(who, item, n);
            }
            _ => {
                let Some(to) = self.slot(op.d) else { return false };
                let taken = self.arena.take(who, item, n);
                self.arena.give(Slot::new(to as u8), item, taken);
            }
        }
        true
    }

    fn store(&mut self, op: Op) -> bool {
        let Some(value) = Fix::of(op.b).write(self.get(op.a)) else { return false };
        let place = op.imm as usize;
        let decl = &self.arena.table.vars[place];
        self.arena.vars[place] = bounded(decl, value);
        true
    }

    fn store_slot(&mut self, op: Op, who: Slot) -> bool {
        let table = self.arena.table;
        let role = table.role_of(who).index();
        let var = self.program.maps[op.imm as usize][role];
        let (Some(value), true) = (Fix::of(op.d).write(self.get(op.b)), var != u8::MAX) else { return false };
        let place = table.slot_place(who, usize::from(var));
        self.arena.vars[place] = bounded(&table.role_vars[role][usize::from(var)], value);
        if table.roles[role].look == Some(var) {
            self.arena.refresh_body(who);
        }
        true
    }

    fn store_row(&mut self, op: Op) -> bool {
        let Some(row) = self.row(op.a) else { return false };
        let table = self.arena.table;
        let kind = table.rows[row].kind;
        let var = self.program.maps[op.imm as usize][kind.index()];
        let (Some(value), true) = (Fix::of(op.d).write(self.get(op.b)), var != u8::MAX) else { return false };
        let decl = &table.thing_vars[kind.index()][usize::from(var)];
        let value = bounded(decl, value);
        self.arena.vars[table.row_place(row, usize::from(var))] = value;
        let (look, thing) = (&table.kinds[kind.index()], self.arena.rows[row]);
        // The one variable of a kind that everyone sees is shown by the look code.
        if decl.seen != crate::state::Seen::None && look.n_looks > 1 && thing.cell != 0 && thing.holder == 0 {
            let step = (value - i64::from(look.look_min)).clamp(0, i64::from(look.n_looks) - 1) as u8;
            self.arena.cells.set(Cell::new(thing.cell), look.layer, look.look + step);
        }
        true
    }

    fn emit(&mut self, index: usize) -> bool {
        let emission = &self.program.emits[index];
        let mut row = EventRow::new(EventId::new(emission.event));
        for (register, part, fix) in &emission.args {
            let Some(value) = fix.write(self.get(*register)) else { return false };
            row.set(*part, value);
        }
        match emission.after.map(|r| self.get(r)) {
            None => self.arena.emit(row),
            Some(MISSING) => return false,
            Some(after) => self.arena.emit_later(row, after.clamp(1, i64::from(i32::MAX)) as u32),
        }
        true
    }
}

/// The member of a set in a cell, as `it` names it; `named`: by its row, if it has one.
#[inline]
pub(crate) fn member_at(arena: &ArenaMut<'_>, set: Set, named: bool, cell: Cell) -> Option<i64> {
    let table = arena.table;
    match set {
        Set::Role { role } => {
            let body = arena.cells.word(cell)[BODY].checked_sub(1)?;
            (table.role_of(Slot::new(body)).get() == role).then_some(i64::from(body))
        }
        Set::Kind { kind, rows } => {
            let layer = table.kinds[usize::from(kind)].layer;
            if table.looks.kind_of[usize::from(arena.cells.get(cell, layer))] != kind + 1 {
                return None;
            }
            if rows && named {
                return arena.row_at(KindId::new(kind), cell).and_then(|r| i64::try_from(r).ok());
            }
            Some(i64::from(cell.get()))
        }
    }
}

/// Things of a kind within a radius of a cell, in a part of the map.
fn count_around(arena: &ArenaMut<'_>, kind: u8, centre: Cell, r: u8, metric: Metric, rect: Rect) -> u16 {
    let (geometry, looks) = (&arena.table.geometry, &arena.table.looks);
    let layer = arena.table.kinds[usize::from(kind)].layer as usize;
    let (y, x) = geometry.place(centre);
    let r = i32::from(r);
    let mut n = 0;
    for cy in (y - r).max(rect.top)..=(y + r).min(rect.bottom) {
        let mut half = r;
        while !metric.within(cy - y, half, r) {
            half -= 1;
        }
        let (left, right) = ((x - half).max(rect.left), (x + half).min(rect.right));
        let Ok(len) = usize::try_from(right - left + 1) else { continue };
        let (Ok(row), Ok(column)) = (u16::try_from(cy), u16::try_from(left)) else { continue };
        let from = geometry.cell(row, column).index();
        for word in &arena.cells.words()[from..from + len] {
            n += u16::from(looks.kind_of[usize::from(word[layer])] == kind + 1);
        }
    }
    n
}

/// The act has counted a refusal itself.
fn drop_flag(_done: bool) {}

fn bounded(decl: &crate::state::VarDecl, value: i64) -> i64 {
    let numeric = matches!(decl.ty, Type::Int | Type::Num) && decl.min <= decl.max;
    if numeric { value.clamp(decl.min, decl.max) } else { value }
}

/// What a scan has found so far.
struct Found {
    mode: Mode,
    y: i32,
    x: i32,
    n: i64,
    best: i64,
    distance: i32,
}

impl Found {
    fn new(mode: Mode, y: i32, x: i32) -> Self {
        Self { mode, y, x, n: 0, best: MISSING, distance: i32::MAX }
    }
    /// Whether a member in that place would change the result, if it fulfils the condition.
    fn wants(&self, y: i32, x: i32) -> bool {
        match self.mode {
            Mode::Around { r, metric } => metric.within(y - self.y, x - self.x, i32::from(r)),
            Mode::Nearest => (y - self.y).abs() + (x - self.x).abs() < self.distance,
            _ => true,
        }
    }
    /// Adds a member; `true` if nothing else can change the result.
    fn add(&mut self, it: i64, y: i32, x: i32) -> bool {
        self.n += 1;
        if self.mode == Mode::Nearest {
            self.distance = (y - self.y).abs() + (x - self.x).abs();
        }
        self.best = it;
        matches!(self.mode, Mode::Seen | Mode::The)
    }
    fn result(&self) -> i64 {
        match self.mode {
            Mode::Count | Mode::Around { .. } => self.n,
            Mode::Seen => i64::from(self.n > 0),
            _ => self.best,
        }
    }
}

