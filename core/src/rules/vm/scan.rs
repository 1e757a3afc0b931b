//! Scans: sets of things and agents, counted and searched.
//!
//! **Invariant.** A bot that senses a view finds nothing outside its window.

use super::{Machine, Rect, Window};
use crate::ids::{Cell, KindId, Slot};
use crate::rules::code::{MISSING, Metric, Mode, Op, Scan, Set};
use crate::state::{ArenaMut, BODY};

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "values were checked to be in range; slots and rows are few"
)]
impl Machine<'_, '_> {
    pub(super) fn path(&mut self, op: Op, body: usize) -> i64 {
        let Some(mind) = self.mind else { return 9999 };
        let steps = match usize::try_from(op.imm) {
            Err(_) => self
                .cell(op.a)
                .and_then(|cell| mind.path_to(self.arena, cell)),
            Ok(scan) => {
                let scan = self.program.scans[scan];
                let (program, mut registers, subject, sight) =
                    (self.program, self.registers, self.subject, self.sight);
                mind.path_in(self.arena, scan.set, &mut |arena, it| {
                    let mut inner = Machine {
                        program,
                        arena,
                        registers,
                        subject,
                        occurrence: 0,
                        mind: Some(mind),
                        sight,
                        truth: &[],
                        #[cfg(test)]
                        steps: 0,
                    };
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

    /// The part of the map that can be sensed; on a torus all of it, and each cell is asked for by itself.
    fn map_rect(&self) -> Rect {
        let geometry = &self.arena.table.geometry;
        let whole = Rect {
            top: 0,
            left: 0,
            bottom: i32::from(geometry.height) - 1,
            right: i32::from(geometry.width) - 1,
        };
        let sight = self.sight.filter(|_| !geometry.wrap);
        sight.map_or(whole, |s| s.meet(whole))
    }

    pub(super) fn scan(&mut self, scan: Scan, op: Op, body: usize) -> i64 {
        match (scan.mode, scan.set) {
            (Mode::Has, Set::Kind { kind, rows }) => self.has(scan, op, body, kind, rows),
            (Mode::On, set) => {
                let Some(cell) = self.cell(op.a) else {
                    return 0;
                };
                i64::from(
                    member_at(self.arena, set, scan.body > 0, cell)
                        .is_some_and(|it| self.holds(scan, body, it)),
                )
            }
            (Mode::The, Set::Kind { kind, rows: true }) => {
                let mut gone = MISSING;
                for row in 0..self.arena.rows.len() {
                    if self.arena.table.rows[row].kind.get() != kind {
                        continue;
                    }
                    let thing = self.arena.rows[row];
                    if thing.cell == 0 && thing.holder == 0 && scan.body == 0 {
                        // Of another map, or gone: the one that is there comes first.
                        gone = gone.max(row as i64);
                        continue;
                    }
                    let sensed = scan.body == 0 || self.place_of(row).is_some();
                    if sensed && self.holds(scan, body, row as i64) {
                        return row as i64;
                    }
                }
                gone
            }
            (Mode::Count, Set::Kind { kind, .. }) if scan.body == 0 && self.sight.is_none() => {
                i64::from(self.arena.cells.count(KindId::new(kind)))
            }
            (Mode::Around { r, metric }, Set::Kind { kind, .. }) if scan.body == 0 => {
                self.around(op, kind, r, metric)
            }
            (_, Set::Role { role }) => self.scan_slots(scan, op, body, role),
            (_, Set::Kind { kind, rows }) => {
                self.scan_things(scan, op, body, kind, rows && scan.body > 0)
            }
        }
    }

    fn around(&mut self, op: Op, kind: u8, r: u8, metric: Metric) -> i64 {
        let Some(cell) = self.cell(op.a) else {
            return 0;
        };
        let window = Window { kind, r, metric };
        if let Some(n) = self.mind.and_then(|m| m.counted(self.arena, window, cell)) {
            return i64::from(n);
        }
        let n = if self.arena.table.geometry.wrap {
            count_on_torus(self.arena, window, cell, self.sight)
        } else {
            count_around(self.arena, kind, cell, r, metric, self.map_rect())
        };
        if let Some(mind) = self.mind {
            mind.count(self.arena, window, cell, n);
        }
        i64::from(n)
    }

    fn has(&mut self, scan: Scan, op: Op, body: usize, kind: u8, rows: bool) -> i64 {
        let Some(slot) = self.slot(op.a) else {
            return 0;
        };
        let Some(item) = self.arena.table.item(KindId::new(kind)) else {
            return 0;
        };
        if (self.sight.is_some() && !self.is_me(slot))
            || self.arena.agents.carried[slot].0[item] == 0
        {
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
            let held = usize::from(self.arena.rows[row].holder) == slot + 1
                && self.arena.table.rows[row].kind.get() == kind;
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
        if self.arena.table.geometry.wrap {
            return Some((self.map_rect(), y, x));
        }
        let r = i32::from(r);
        Some((
            Rect {
                top: y - r,
                left: x - r,
                bottom: y + r,
                right: x + r,
            }
            .meet(self.map_rect()),
            y,
            x,
        ))
    }

    fn scan_things(&mut self, scan: Scan, op: Op, body: usize, kind: u8, by_rows: bool) -> i64 {
        let Some((rect, y, x)) = self.region(scan, op) else {
            return if scan.mode == Mode::Nearest {
                MISSING
            } else {
                0
            };
        };
        let mut found = Found::new(scan.mode);
        let geometry = self.arena.table.geometry;
        if by_rows {
            for row in 0..self.arena.rows.len() {
                let Some(cell) = self
                    .place_of(row)
                    .filter(|_| self.arena.table.rows[row].kind.get() == kind)
                else {
                    continue;
                };
                let (cy, cx) = geometry.place(cell);
                let on_map = self.arena.rows[row].holder == 0 && rect.holds(cy, cx);
                let (dy, dx) = geometry.apart((y, x), (cy, cx));
                if on_map
                    && found.wants(dy, dx)
                    && self.holds(scan, body, row as i64)
                    && found.add(row as i64, dy, dx)
                {
                    break;
                }
            }
            return found.result();
        }
        let layer = self.arena.table.kinds[usize::from(kind)].layer;
        // A set whose things have rows is named by them even where no condition asks for it.
        let named =
            matches!(scan.set, Set::Kind { rows: true, .. }) && matches!(scan.mode, Mode::Nearest);
        for cy in rect.top..=rect.bottom {
            for cx in rect.left..=rect.right {
                let cell = geometry.cell(cy as u16, cx as u16);
                let (dy, dx) = geometry.apart((y, x), (cy, cx));
                if self.arena.table.looks.kind_of[usize::from(self.arena.cells.get(cell, layer))]
                    != kind + 1
                    || !found.wants(dy, dx)
                    || (geometry.wrap && !self.senses(cell))
                {
                    continue;
                }
                let it = if named {
                    self.arena
                        .row_at(KindId::new(kind), cell)
                        .map_or(MISSING, |r| r as i64)
                } else {
                    i64::from(cell.get())
                };
                if self.holds(scan, body, it) && found.add(it, dy, dx) {
                    return found.result();
                }
            }
        }
        found.result()
    }

    fn scan_slots(&mut self, scan: Scan, op: Op, body: usize, role: u8) -> i64 {
        let Some((rect, y, x)) = self.region(scan, op) else {
            return if scan.mode == Mode::Nearest {
                MISSING
            } else {
                0
            };
        };
        let mut found = Found::new(scan.mode);
        let (first, n) = (
            self.arena.table.roles[usize::from(role)].first,
            self.arena.table.roles[usize::from(role)].n,
        );
        for slot in usize::from(first)..usize::from(first) + usize::from(n) {
            if scan.mode == Mode::The {
                if self.holds(scan, body, slot as i64) {
                    return slot as i64;
                }
                continue;
            }
            let Some(cell) = self.body(slot) else {
                continue;
            };
            let (cy, cx) = self.arena.table.geometry.place(cell);
            let (dy, dx) = self.arena.table.geometry.apart((y, x), (cy, cx));
            let other = scan.mode != Mode::Nearest || !self.is_me(slot);
            if other
                && rect.holds(cy, cx)
                && found.wants(dy, dx)
                && self.holds(scan, body, slot as i64)
                && found.add(slot as i64, dy, dx)
            {
                break;
            }
        }
        found.result()
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
                return arena
                    .row_at(KindId::new(kind), cell)
                    .and_then(|r| i64::try_from(r).ok());
            }
            Some(i64::from(cell.get()))
        }
    }
}

/// Things of a kind within a radius of a cell, in a part of the map.
fn count_around(
    arena: &ArenaMut<'_>,
    kind: u8,
    centre: Cell,
    r: u8,
    metric: Metric,
    rect: Rect,
) -> u16 {
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
        let Ok(len) = usize::try_from(right - left + 1) else {
            continue;
        };
        let (Ok(row), Ok(column)) = (u16::try_from(cy), u16::try_from(left)) else {
            continue;
        };
        let from = geometry.cell(row, column).index();
        for word in &arena.cells.words()[from..from + len] {
            n += u16::from(looks.kind_of[usize::from(word[layer])] == kind + 1);
        }
    }
    n
}

/// The same on a torus: each cell once, by the short way.
fn count_on_torus(arena: &ArenaMut<'_>, window: Window, centre: Cell, sight: Option<Rect>) -> u16 {
    let (geometry, looks) = (&arena.table.geometry, &arena.table.looks);
    let layer = arena.table.kinds[usize::from(window.kind)].layer;
    let (y, x) = geometry.place(centre);
    let r = i32::from(window.r);
    let ring = |n: u16| -r.min((i32::from(n) - 1) / 2)..=r.min(i32::from(n) / 2);
    let mut n = 0;
    for dy in ring(geometry.height) {
        for dx in ring(geometry.width).filter(|&dx| window.metric.within(dy, dx, r)) {
            let cell = geometry.folded(y + dy, x + dx);
            let (row, column) = geometry.place(cell);
            let seen = sight.is_none_or(|s| s.shows(geometry, row, column));
            let here = looks.kind_of[usize::from(arena.cells.get(cell, layer))] == window.kind + 1;
            n += u16::from(seen && here);
        }
    }
    n
}

/// What a scan has found so far.
struct Found {
    mode: Mode,
    n: i64,
    best: i64,
    distance: i32,
}

impl Found {
    fn new(mode: Mode) -> Self {
        Self {
            mode,
            n: 0,
            best: MISSING,
            distance: i32::MAX,
        }
    }
    /// Whether a member so many rows and columns away would change the result, if it fulfils the condition.
    fn wants(&self, dy: i32, dx: i32) -> bool {
        match self.mode {
            Mode::Around { r, metric } => metric.within(dy, dx, i32::from(r)),
            Mode::Nearest => dy.abs() + dx.abs() < self.distance,
            _ => true,
        }
    }
    /// Adds a member; `true` if nothing else can change the result.
    fn add(&mut self, it: i64, dy: i32, dx: i32) -> bool {
        self.n += 1;
        if self.mode == Mode::Nearest {
            self.distance = dy.abs() + dx.abs();
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
