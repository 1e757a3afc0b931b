//! Checked expressions and effects → register code.
//!
//! **Invariant.** Only forward jumps; a scan's body follows its operation. [`Program::cost`] bounds every run.

use crate::event::Part;
use crate::rules::code::{
    Code, Emission, Fix, Info, MAX_OPS, Metric, Mode, Op, Program, REGISTERS, Scan, Set,
};
use crate::state::Table;

/// A checked expression: names are places, types are right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum E {
    Const(i64),
    Missing,
    Tick,
    Ticks,
    /// A binder, by its id.
    Bind(usize),
    Load(usize, Fix),
    Register(u8),
    SlotVar(Box<E>, Vec<u8>, Fix),
    RowVar(Box<E>, Vec<u8>, Fix),
    State(Box<E>, bool),
    Info(Box<E>, Info, u8),
    /// An operation of one operand.
    Un(Code, Box<E>),
    /// An operation of two operands.
    Bin(Code, Box<E>, Box<E>),
    Near(Box<E>, Box<E>, i32),
    /// Whether a cell lies in an area.
    Inside(Box<E>, i32),
    And(Box<E>, Box<E>),
    Or(Box<E>, Box<E>),
    If(Box<E>, Box<E>, Box<E>),
    Scan(Box<ScanE>),
    Chance(Box<E>, u8),
    Pick(i64, u8),
    Heard(u8),
    Last(u8),
    /// What a message last said to the bot.
    Said(u8),
    /// Action lists by role.
    Can(Vec<Vec<u8>>),
    PathTo(Box<E>),
    PathIn(Box<ScanE>),
    /// A value that is named while the last expression is evaluated.
    Let(usize, Box<E>, Box<E>),
}

/// A checked set with its condition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ScanE {
    pub(crate) mode: Mode,
    pub(crate) set: Set,
    /// Cell or slot that the mode needs.
    pub(crate) place: Option<E>,
    /// Id of `it`.
    pub(crate) it: usize,
    pub(crate) cond: Option<E>,
}

/// A checked effect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum F {
    /// Operation, operands for a, b and d, constant.
    Do(Code, Vec<E>, i32),
    Store(usize, Fix, E),
    StoreSlot(E, Vec<u8>, Fix, E),
    StoreRow(E, Vec<u8>, Fix, E),
    Emit {
        event: u16,
        args: Vec<(E, Part, Fix)>,
        after: Option<E>,
    },
    /// `become`: row, kind.
    Become(E, i32),
}

/// Generates one program.
pub(crate) struct Lower<'t> {
    table: &'t Table,
    program: Program,
    /// Register of each binder.
    places: Vec<Option<u8>>,
    next: usize,
    cost: u64,
    /// Cells that a scan without a place can look at.
    area: u64,
    overflow: bool,
}

impl<'t> Lower<'t> {
    /// A program whose first registers are the binders with these ids; `area` bounds the cells that it senses.
    pub(crate) fn new(table: &'t Table, binders: &[usize], area: usize) -> Self {
        let mut lower = Self {
            table,
            program: Program::default(),
            places: Vec::new(),
            next: 0,
            cost: 0,
            area: area as u64,
            overflow: false,
        };
        for &id in binders {
            let register = lower.take();
            lower.bind(id, register);
        }
        lower
    }

    /// The program, or `None` when it needs more registers or operations than there are.
    pub(crate) fn finish(mut self) -> Option<Program> {
        self.program.cost = u32::try_from(self.cost).unwrap_or(u32::MAX);
        (!self.overflow && self.program.ops.len() <= MAX_OPS).then_some(self.program)
    }

    /// Adds the code of an expression as the program's value.
    pub(crate) fn value(mut self, e: &E, missing: i64) -> Option<Program> {
        let d = self.take();
        self.expr(e, d);
        self.program.result = d;
        self.program.missing = missing;
        self.finish()
    }

    /// Adds a condition: without it nothing that follows runs. Returns the jump to be closed by [`Self::close`].
    pub(crate) fn guard(&mut self, e: &E) -> usize {
        let d = self.take();
        self.expr(e, d);
        self.next -= 1;
        self.op(Code::Unless, 0, d, 0, 0)
    }

    /// Lets a jump lead here.
    pub(crate) fn close(&mut self, jump: usize) {
        let over = self.program.ops.len() - jump - 1;
        self.program.ops[jump].imm = i32::try_from(over).unwrap_or(0);
    }

    /// Adds an effect.
    pub(crate) fn effect(&mut self, f: &F) {
        let free = self.next;
        match f {
            F::Do(code, operands, imm) => {
                let r: Vec<u8> = operands.iter().map(|e| self.operand(e)).collect();
                let at = |i: usize| r.get(i).copied().unwrap_or(0);
                self.op(*code, at(2), at(0), at(1), *imm);
            }
            F::Store(place, fix, e) => {
                let a = self.operand(e);
                self.op(Code::Store, 0, a, *fix as u8, index(*place));
            }
            F::StoreSlot(slot, map, fix, e) => {
                let (a, b) = (self.operand(slot), self.operand(e));
                let map = self.map(map);
                self.op(Code::StoreSlot, *fix as u8, a, b, map);
            }
            F::StoreRow(row, map, fix, e) => {
                let (a, b) = (self.operand(row), self.operand(e));
                let map = self.map(map);
                self.op(Code::StoreRow, *fix as u8, a, b, map);
            }
            F::Become(row, kind) => {
                let a = self.operand(row);
                self.op(Code::Become, 0, a, 0, *kind);
            }
            F::Emit { event, args, after } => {
                let args = args
                    .iter()
                    .map(|(e, part, fix)| (self.operand(e), *part, *fix))
                    .collect();
                let longest = match after {
                    Some(E::Const(n)) => u32::try_from(*n).unwrap_or(u32::MAX),
                    _ => u32::MAX,
                };
                let after = after.as_ref().map(|e| self.operand(e));
                self.program.emits.push(Emission {
                    event: *event,
                    args,
                    after,
                    longest,
                });
                let imm = index(self.program.emits.len() - 1);
                self.op(Code::Emit, 0, 0, 0, imm);
            }
        }
        self.next = free;
    }

    fn take(&mut self) -> u8 {
        let register = self.next.min(REGISTERS - 1);
        self.overflow |= self.next >= REGISTERS;
        self.next += 1;
        u8::try_from(register).expect("below 32")
    }

    fn bind(&mut self, id: usize, register: u8) {
        if self.places.len() <= id {
            self.places.resize(id + 1, None);
        }
        self.places[id] = Some(register);
    }

    fn op(&mut self, code: Code, d: u8, a: u8, b: u8, imm: i32) -> usize {
        self.cost += 1;
        self.program.ops.push(Op { code, d, a, b, imm });
        self.program.ops.len() - 1
    }

    fn map(&mut self, map: &[u8]) -> i32 {
        let known = self.program.maps.iter().position(|m| m == map);
        index(known.unwrap_or_else(|| {
            self.program.maps.push(map.to_vec());
            self.program.maps.len() - 1
        }))
    }

    /// The register that holds a value: the binder's own, or a new one.
    fn operand(&mut self, e: &E) -> u8 {
        if let E::Bind(id) = e
            && let Some(register) = self.places.get(*id).copied().flatten()
        {
            return register;
        }
        let d = self.take();
        self.expr(e, d);
        d
    }

    fn expr(&mut self, e: &E, d: u8) {
        let free = self.next;
        self.expr_into(e, d);
        self.next = free;
    }

    fn expr_into(&mut self, e: &E, d: u8) {
        match e {
            E::Const(value) => self.constant(*value, d),
            E::Missing => {
                self.op(Code::Missing, d, 0, 0, 0);
            }
            E::Tick => {
                self.op(Code::Tick, d, 0, 0, 0);
            }
            E::Ticks => {
                self.op(Code::Ticks, d, 0, 0, 0);
            }
            E::Bind(_) => {
                let a = self.operand(e);
                self.op(Code::Copy, d, a, 0, 0);
            }
            E::Load(place, fix) => {
                self.op(Code::Load, d, 0, *fix as u8, index(*place));
            }
            E::Register(n) => {
                self.op(Code::Register, d, 0, 0, i32::from(*n));
            }
            E::SlotVar(slot, map, fix) => self.variable(Code::SlotVar, slot, map, *fix, d),
            E::RowVar(row, map, fix) => self.variable(Code::RowVar, row, map, *fix, d),
            E::State(row, truth) => {
                let a = self.operand(row);
                self.op(Code::State, d, a, u8::from(*truth), 0);
            }
            E::Info(slot, info, item) => {
                let a = self.operand(slot);
                self.op(Code::Info, d, a, *info as u8, i32::from(*item));
            }
            E::Un(code, a) => {
                let a = self.operand(a);
                self.op(*code, d, a, 0, 0);
            }
            E::Bin(code, a, b) => {
                let (a, b) = (self.operand(a), self.operand(b));
                self.op(*code, d, a, b, 0);
            }
            E::Near(a, b, r) => {
                let (a, b) = (self.operand(a), self.operand(b));
                self.op(Code::Near, d, a, b, *r);
            }
            E::Inside(a, area) => {
                let a = self.operand(a);
                self.op(Code::Inside, d, a, 0, *area);
            }
            E::And(a, b) => self.short(Code::Unless, a, b, d),
            E::Or(a, b) => self.short(Code::When, a, b, d),
            E::If(cond, yes, no) => {
                self.expr(cond, d);
                let skip = self.op(Code::Unless, 0, d, 0, 0);
                self.expr(yes, d);
                let out = self.op(Code::Jump, 0, 0, 0, 0);
                self.close(skip);
                self.expr(no, d);
                self.close(out);
            }
            E::Let(id, value, body) => {
                let register = self.operand(value);
                self.bind(*id, register);
                self.expr(body, d);
            }
            _ => self.query(e, d),
        }
    }

    /// What is not arithmetic.
    fn query(&mut self, e: &E, d: u8) {
        match e {
            E::Scan(scan) => {
                self.scan(scan, d);
            }
            E::Chance(p, site) => {
                let a = self.operand(p);
                self.op(Code::Chance, d, a, 0, i32::from(*site));
            }
            E::Pick(n, site) => {
                self.program.pool.push(*n);
                let at = u8::try_from(self.program.pool.len() - 1).unwrap_or_else(|_| {
                    self.overflow = true;
                    0
                });
                self.op(Code::Pick, d, at, 0, i32::from(*site));
            }
            E::Heard(m) => {
                self.op(Code::Heard, d, 0, 0, i32::from(*m));
            }
            E::Said(m) => {
                self.op(Code::Said, d, 0, 0, i32::from(*m));
            }
            E::Last(m) => {
                self.op(Code::Last, d, 0, 0, i32::from(*m));
            }
            E::Can(actions) => {
                self.program.actions.push(actions.clone());
                let imm = index(self.program.actions.len() - 1);
                self.op(Code::Can, d, 0, 0, imm);
            }
            E::PathTo(cell) => {
                let a = self.operand(cell);
                self.op(Code::Path, d, a, 0, -1);
                self.program.paths += 1;
            }
            E::PathIn(scan) => {
                let at = self.scan(scan, d);
                let imm = self.program.ops[at].imm;
                self.program.ops[at] = Op {
                    code: Code::Path,
                    d,
                    a: 0,
                    b: 0,
                    imm,
                };
                self.program.paths += 1;
            }
            _ => {}
        }
    }

    fn constant(&mut self, value: i64, d: u8) {
        if let Ok(imm) = i32::try_from(value) {
            self.op(Code::Const, d, 0, 0, imm);
        } else {
            self.program.pool.push(value);
            let imm = index(self.program.pool.len() - 1);
            self.op(Code::Wide, d, 0, 0, imm);
        }
    }

    fn variable(&mut self, code: Code, of: &E, map: &[u8], fix: Fix, d: u8) {
        let a = self.operand(of);
        let map = self.map(map);
        self.op(code, d, a, fix as u8, map);
    }

    fn short(&mut self, jump: Code, a: &E, b: &E, d: u8) {
        self.expr(a, d);
        let skip = self.op(jump, 0, d, 0, 0);
        self.expr(b, d);
        self.close(skip);
    }

    /// Returns the place of the scan's operation.
    fn scan(&mut self, scan: &ScanE, d: u8) -> usize {
        let a = scan.place.as_ref().map_or(0, |e| self.operand(e));
        let id = self.program.scans.len();
        self.program.scans.push(Scan {
            mode: scan.mode,
            set: scan.set,
            it: 0,
            holds: 0,
            body: 0,
        });
        let at = self.op(Code::Scan, d, a, 0, index(id));
        let before = std::mem::take(&mut self.cost);
        if let Some(cond) = &scan.cond {
            let it = self.take();
            self.bind(scan.it, it);
            let holds = self.take();
            self.expr(cond, holds);
            let body = self.program.ops.len() - at - 1;
            let slot = &mut self.program.scans[id];
            (slot.it, slot.holds, slot.body) = (it, holds, u16::try_from(body).unwrap_or(u16::MAX));
        }
        let each = self.cost;
        self.cost = before.saturating_add(
            self.candidates(scan).saturating_mul(each + 1)
                / if scan.cond.is_some() { 1 } else { 4 },
        );
        at
    }

    /// Most candidates of a scan; without a condition four cells count as one operation.
    fn candidates(&self, scan: &ScanE) -> u64 {
        let Self { table, area, .. } = self;
        match (scan.set, scan.mode) {
            (Set::Role { role }, _) => u64::from(table.roles[usize::from(role)].n),
            (Set::Kind { kind, rows: true }, _) if scan.cond.is_some() => {
                table.rows.iter().filter(|r| r.kind.get() == kind).count() as u64
            }
            (_, Mode::Around { r, metric }) => {
                let r = i32::from(r);
                let cells = (-r..=r).flat_map(|y| (-r..=r).map(move |x| (y, x)));
                cells
                    .filter(|(y, x)| scan.cond.is_none() || metric.within(*y, *x, r))
                    .count() as u64
            }
            (_, Mode::On | Mode::Has | Mode::The) => 1,
            (_, Mode::Count | Mode::Seen) if scan.cond.is_none() => 1,
            _ => *area,
        }
    }
}

fn index(n: usize) -> i32 {
    i32::try_from(n).expect("tables of a program are short")
}

/// A metric by its name.
pub(crate) fn metric(name: &str) -> Option<Metric> {
    [
        ("l1", Metric::L1),
        ("l2", Metric::L2),
        ("linf", Metric::Linf),
    ]
    .into_iter()
    .find(|(n, _)| *n == name)
    .map(|(_, m)| m)
}
