//! The rule language, compiled: register code over the state of one arena.
//!
//! **Invariant.** Knows state, events and draws; never text. Every program ends: jumps go forward only.

use bevy_ecs::resource::Resource;

pub(crate) mod code;
pub(crate) mod vm;

pub use code::Program;

use crate::event::{EventRow, Part};
use crate::ids::{KindId, Slot};
use crate::rules::code::{Code, Fix, MISSING};
use crate::rules::vm::Machine;
use crate::state::{ArenaMut, MAX_LATER, Table};

impl Program {
    /// Value of an expression whose binders have these values: truth as 1 or 0, slots and things by number (−1 for none), cells
    /// padded (0 for none), numbers in millionths if the expression's type is one with decimals. The first binder is the subject
    /// of its draws.
    pub fn value(&self, arena: &mut ArenaMut<'_>, binders: &[i64]) -> i64 {
        let mut machine = Machine::new(self, arena, binders);
        machine.subject = binders
            .first()
            .map_or(0, |&b| u32::try_from(b).unwrap_or(0));
        machine.value()
    }
    /// Whether its value does not depend on the tick but by the state: it reads no clock and draws nothing.
    pub(crate) fn timeless(&self) -> bool {
        let clock = |op: &code::Op| {
            matches!(
                op.code,
                code::Code::Tick | code::Code::Ticks | code::Code::Chance | code::Code::Pick
            )
        };
        !self.ops.iter().any(clock)
    }
    /// Whether it reads where a slot faces.
    pub(crate) fn asks_facing(&self) -> bool {
        let asks = |op: &code::Op| op.code == Code::Info && op.b == code::Info::Facing as u8;
        self.ops.iter().any(asks)
    }
    /// Whether all that it does is to pay.
    pub(crate) fn only_pays(&self) -> bool {
        use code::Code;
        let changes = |op: &code::Op| {
            // Effects stand at the end of the list of operations, from `pay` on; `Give` is the first that changes the world.
            op.code as u8 >= Code::Give as u8
        };
        !self.ops.iter().any(changes)
    }
    /// Its value where that is written out or folded: one that needs no state.
    pub fn constant(&self) -> Option<i64> {
        match self.ops.as_slice() {
            [op] if op.code == Code::Const => Some(i64::from(op.imm)),
            [op] if op.code == Code::Wide => self.pool.get(usize::try_from(op.imm).ok()?).copied(),
            _ => None,
        }
    }
    /// The value, and the operations that it took.
    #[cfg(test)]
    pub(crate) fn value_and_steps(&self, arena: &mut ArenaMut<'_>, binders: &[i64]) -> (i64, u64) {
        let mut machine = Machine::new(self, arena, binders);
        machine.subject = binders
            .first()
            .map_or(0, |&b| u32::try_from(b).unwrap_or(0));
        let value = machine.raw();
        (
            if value == MISSING {
                self.missing
            } else {
                value
            },
            machine.steps,
        )
    }
}

/// All programs of a compiled scenario except its bots; a resource of every shard.
#[derive(Resource, Clone, PartialEq, Eq, Debug, Default)]
pub struct Programs {
    /// Initial value of each arena variable, in order; binders: none.
    pub init: Vec<Program>,
    /// Initial value of each role's variables; binder 0 = slot.
    pub role_init: Vec<Vec<Program>>,
    /// Initial value of the variables of each kind's things; value 0 = subject of the cell, for draws alone.
    pub thing_init: Vec<Vec<Program>>,
    /// Truth of each message; binder 0 = sender.
    pub truth: Vec<Program>,
    /// `time.end`.
    pub end: Option<Program>,
    /// Goals of co-players, by name: conditions on the state; binder 0 = the co-player's slot. Read by measures, by nothing in a tick.
    pub goals: Vec<(String, Program)>,
    /// Expressions in the configs of mechanics, by the mechanic's position; empty where no mechanic has any.
    pub mechanics: Vec<Vec<Program>>,
    /// The rules.
    pub rules: RuleSet,
}

impl Programs {
    /// The expressions of the mechanic at a position, in the order of its `expressions()`.
    pub fn of(&self, position: u8) -> &[Program] {
        self.mechanics
            .get(usize::from(position))
            .map_or(&[], Vec::as_slice)
    }
}

/// What starts a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum When {
    /// An event.
    On { event: u16 },
    /// Each slot of a role, every so many ticks.
    EachSlot { role: u8, every: u32 },
    /// Each thing of a kind: its row, or its cell.
    EachThing { kind: u8, rows: bool, every: u32 },
    /// Reset.
    Start,
}

/// What a field of an event must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FilterIs {
    Value(i64),
    SlotOfRole(u8),
    RowOfKind(u8),
}

/// A field of an event and what it must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Filter {
    pub(crate) part: Part,
    pub(crate) is: FilterIs,
}

impl Filter {
    fn holds(self, table: &Table, row: &EventRow) -> bool {
        let value = row.get(self.part);
        match self.is {
            FilterIs::Value(wanted) => value == wanted,
            FilterIs::SlotOfRole(role) => u8::try_from(value).is_ok_and(|s| {
                usize::from(s) < table.n_slots() && table.role_of(Slot::new(s)).get() == role
            }),
            FilterIs::RowOfKind(kind) => usize::try_from(value).is_ok_and(|r| {
                table
                    .rows
                    .get(r)
                    .is_some_and(|row| row.kind == KindId::new(kind))
            }),
        }
    }
}

/// A compiled rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Rule {
    pub(crate) when: When,
    pub(crate) filters: Vec<Filter>,
    /// Fields that go into the first registers.
    pub(crate) binders: Vec<(Part, Fix)>,
    /// Condition and effects.
    pub(crate) program: Program,
    /// Whether it draws, so that repeated starts in a tick must be counted.
    pub(crate) draws: bool,
}

impl Rule {
    fn matches(&self, table: &Table, row: &EventRow) -> bool {
        matches!(self.when, When::On { event } if event == row.event)
            && self.filters.iter().all(|f| f.holds(table, row))
    }
    fn first(&self, row: &EventRow) -> i64 {
        self.binders
            .first()
            .map_or(MISSING, |(part, _)| row.get(*part))
    }
    /// `N`: how many registers are set, so that copying them is a few moves.
    fn run<const N: usize>(
        &self,
        arena: &mut ArenaMut<'_>,
        truth: &[Program],
        binders: &[i64; N],
        subject: u32,
        occurrence: u32,
    ) {
        let mut machine = Machine::new(&self.program, arena, binders);
        machine.truth = truth;
        (machine.subject, machine.occurrence) = (subject, occurrence);
        machine.run_all();
    }
}

/// The rules of a scenario, in file order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RuleSet {
    rules: Vec<Rule>,
    /// Rules by event, in file order.
    by_event: Vec<Vec<u16>>,
    /// Truth of each message, for `tell`.
    truth: Vec<Program>,
}

impl RuleSet {
    pub(crate) fn push(&mut self, rule: Rule) {
        if let When::On { event } = rule.when {
            let event = usize::from(event);
            if self.by_event.len() <= event {
                self.by_event.resize(event + 1, Vec::new());
            }
            self.by_event[event]
                .push(u16::try_from(self.rules.len()).expect("at most 256 rules run"));
        }
        self.rules.push(rule);
    }
    /// Sets the truth of each message, which `tell` passes on; without it what is told is true.
    pub fn set_truth(&mut self, truth: Vec<Program>) {
        self.truth = truth;
    }
    /// Number of rules.
    pub fn len(&self) -> usize {
        self.rules.len()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
    /// Whether any rule listens to that event.
    pub fn listens(&self, event: usize) -> bool {
        self.by_event
            .get(event)
            .is_some_and(|rules| !rules.is_empty())
    }
    /// Whether any rule listens to events.
    pub fn has_on(&self) -> bool {
        self.by_event.iter().any(|rules| !rules.is_empty())
    }
    /// Whether there are `start` rules.
    pub fn has_start(&self) -> bool {
        self.rules.iter().any(|rule| rule.when == When::Start)
    }
    /// Whether there are `each` rules.
    pub fn has_each(&self) -> bool {
        self.rules
            .iter()
            .any(|r| matches!(r.when, When::EachSlot { .. } | When::EachThing { .. }))
    }
    /// Most operations that all rules take in one tick of an arena, by the rows of each event.
    pub fn tick_cost(&self, table: &Table, bound: &Bound) -> u64 {
        let cost = |r: &Rule| {
            let times = match r.when {
                When::Start => 0,
                _ => times(r, table, &bound.rows),
            };
            times.saturating_mul(u64::from(r.program.cost()))
        };
        self.rules.iter().map(cost).fold(0, u64::saturating_add)
    }
    /// How many events can happen and wait in an arena: what mechanics give, what they answer row by row, what rules emit now and
    /// later. A cycle without delay is refused elsewhere.
    pub fn bound(&self, table: &Table) -> Bound {
        if let Some(rows) = self.rows(table, true) {
            let later = self.later(table, &rows);
            return Bound {
                rows,
                later,
                proved: true,
            };
        }
        // Delayed events that bring on themselves: how many wait depends on the play, so their number is watched while it runs.
        let mut rows = self
            .rows(table, false)
            .unwrap_or_else(|| vec![ENOUGH; table.events.len()]);
        for emission in self.rules.iter().flat_map(|r| &r.program.emits) {
            if emission.after.is_some() {
                rows[usize::from(emission.event)] += MAX_LATER as u64;
            }
        }
        Bound {
            rows,
            later: 0,
            proved: false,
        }
    }
    /// Most rows of each event in a tick, delayed ones counted or not; `None` where they bring on one another.
    fn rows(&self, table: &Table, delayed: bool) -> Option<Vec<u64>> {
        let given = given(table);
        let mut rows = given.clone();
        // The longest way from event to event is no longer than there are events.
        for _ in 0..=table.events.len() + 1 {
            let mut next = given.clone();
            let mut more = |event: usize, n: u64| {
                next[event] = next[event].saturating_add(n).min(ENOUGH);
            };
            for &(theirs, own) in &table.echoes {
                more(usize::from(own), rows[usize::from(theirs)]);
            }
            for rule in &self.rules {
                let times = times(rule, table, &rows);
                for emission in rule
                    .program
                    .emits
                    .iter()
                    .filter(|e| delayed || e.after.is_none())
                {
                    // Of equal delays, one tick's come due together; of others, all that wait.
                    let at_once = if emission.after.is_some() && emission.longest == u32::MAX {
                        u64::from(table.time.ticks)
                    } else {
                        1
                    };
                    more(usize::from(emission.event), times.saturating_mul(at_once));
                }
                for op in &rule.program.ops {
                    for (name, n) in told(op.code, op.imm, table) {
                        if let Some(event) = table.event(name) {
                            more(event.index(), times.saturating_mul(n));
                        }
                    }
                }
            }
            if next == rows {
                return Some(rows);
            }
            rows = next;
        }
        None
    }
    /// Most delayed events that wait: each emission as often as its rule runs, for as long as it waits.
    fn later(&self, table: &Table, rows: &[u64]) -> u64 {
        let of = |rule: &Rule| {
            let waits = rule.program.emits.iter().filter(|e| e.after.is_some());
            let every = match rule.when {
                When::EachSlot { every, .. } | When::EachThing { every, .. } => every.max(1),
                // Once, at reset.
                When::Start => return waits.count() as u64,
                When::On { .. } => 1,
            };
            let ticks = table.time.ticks.max(1);
            let sum: u64 = waits
                .map(|e| u64::from(e.longest.clamp(1, ticks).div_ceil(every)))
                .sum();
            times(rule, table, rows).saturating_mul(sum)
        };
        self.rules.iter().map(of).fold(0, u64::saturating_add)
    }
    /// Answers the events from `head.n_answered` on, those that the answers emit included, row by row, rules in file order.
    pub fn answer(&self, arena: &mut ArenaMut<'_>) {
        while arena.head.n_answered < arena.head.n_events {
            let at = usize::from(arena.head.n_answered);
            arena.head.n_answered += 1;
            let row = arena.events()[at];
            let Some(rules) = self.by_event.get(usize::from(row.event)) else {
                continue;
            };
            for &rule in rules {
                let rule = &self.rules[usize::from(rule)];
                if rule.matches(arena.table, &row) {
                    self.start_with(rule, arena, &row, at);
                }
            }
        }
    }
    fn start_with(&self, rule: &Rule, arena: &mut ArenaMut<'_>, row: &EventRow, at: usize) {
        let mut binders = [0; 8];
        for (register, (part, fix)) in binders.iter_mut().zip(&rule.binders) {
            *register = fix.read(row.get(*part));
        }
        let (mut subject, mut occurrence) = (0, 0);
        if rule.draws {
            let first = rule.first(row);
            subject = match rule.binders.first() {
                Some((_, Fix::Zero)) => cell_subject(arena, first),
                _ => u32::try_from(first).unwrap_or(0),
            };
            // Earlier starts of the rule in this tick about the same: so the address is a function of the events alone.
            let earlier = arena.events()[..at]
                .iter()
                .filter(|r| rule.matches(arena.table, r) && rule.first(r) == first)
                .count();
            occurrence = u32::try_from(earlier).unwrap_or(u32::MAX);
        }
        rule.run(arena, &self.truth, &binders, subject, occurrence);
    }
    /// Whether any rule reads where a slot faces.
    pub(crate) fn asks_facing(&self) -> bool {
        self.rules.iter().any(|rule| rule.program.asks_facing())
    }
    /// Whether what the rules do to the world is alike at every tick: none draws or reads the clock but such as only pay.
    pub(crate) fn timeless(&self) -> bool {
        let alike = |rule: &Rule| {
            let every = match rule.when {
                When::EachSlot { every, .. } | When::EachThing { every, .. } => every,
                When::On { .. } | When::Start => 1,
            };
            rule.program.only_pays() || (every <= 1 && !rule.draws && rule.program.timeless())
        };
        self.rules.iter().all(alike)
    }
    /// Runs the `each` rules of this tick, in file order; slots and things ascending.
    pub fn each(&self, arena: &mut ArenaMut<'_>) {
        let tick = arena.head.tick;
        let due = |every: u32| every <= 1 || (tick > 0 && tick.is_multiple_of(every));
        for rule in &self.rules {
            match rule.when {
                When::EachSlot { role, every } if due(every) => {
                    let role = &arena.table.roles[usize::from(role)];
                    for slot in role.first..role.first + role.n {
                        rule.run(arena, &self.truth, &[i64::from(slot)], u32::from(slot), 0);
                    }
                }
                When::EachThing {
                    kind,
                    rows: true,
                    every,
                } if due(every) => {
                    for row in 0..arena.rows.len() {
                        let there = arena.rows[row].cell != 0 || arena.rows[row].holder != 0;
                        if there && arena.table.rows[row].kind.get() == kind {
                            rule.run(
                                arena,
                                &self.truth,
                                &[i64::try_from(row).expect("at most 256")],
                                u32::try_from(row).expect("at most 256"),
                                0,
                            );
                        }
                    }
                }
                When::EachThing {
                    kind,
                    rows: false,
                    every,
                } if due(every) => each_cell(rule, arena, &self.truth, KindId::new(kind)),
                _ => {}
            }
        }
    }
    /// Runs the `start` rules, at reset.
    pub fn start(&self, arena: &mut ArenaMut<'_>) {
        for rule in self.rules.iter().filter(|r| r.when == When::Start) {
            rule.run(arena, &self.truth, &[], 0, 0);
        }
    }
}

/// How many events can stand in a tick, and wait; see [`RuleSet::bound`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Bound {
    /// Most rows of each event of the table in one tick of an arena.
    pub rows: Vec<u64>,
    /// Most delayed events that wait in an arena.
    pub later: u64,
    /// Whether no play can break it. Not so where delayed events bring on themselves: those are watched while it runs.
    pub proved: bool,
}

/// Above this it does not matter by how much.
const ENOUGH: u64 = 1 << 20;

/// Most rows of each event that mechanics give in a tick; in a table made by hand, one a slot or thing row.
fn given(table: &Table) -> Vec<u64> {
    if !table.given_rows.is_empty() {
        return table.given_rows.iter().map(|&n| u64::from(n)).collect();
    }
    let each = table.n_slots().max(table.rows.len()).max(1) as u64;
    let of = |e: &crate::event::EventDecl| if e.mechanic.is_some() { each } else { 0 };
    table.events.iter().map(of).collect()
}

/// How often a rule can run in a tick, by the rows of each event.
fn times(rule: &Rule, table: &Table, rows: &[u64]) -> u64 {
    match rule.when {
        When::On { event } => rows[usize::from(event)],
        When::EachSlot { role, .. } => u64::from(table.roles[usize::from(role)].n),
        When::EachThing {
            kind, rows: true, ..
        } => table.rows.iter().filter(|r| r.kind.get() == kind).count() as u64,
        When::EachThing { .. } => {
            u64::from(table.geometry.height) * u64::from(table.geometry.width)
        }
        When::Start => 1,
    }
}

/// Events that an operation tells of, each so many times at most.
fn told(code: Code, imm: i32, table: &Table) -> Vec<(&'static str, u64)> {
    let cells = u64::from(table.geometry.height) * u64::from(table.geometry.width);
    match code {
        Code::SetOpen if imm == 1 => vec![("opened", 1)],
        Code::SetOpen => vec![("closed", 1), ("refused", 1)],
        Code::Disable => vec![("disabled", 1)],
        Code::Enable => vec![("enabled", 1), ("refused", 1)],
        Code::SendAway => vec![("away", 1)],
        Code::Tell => vec![("heard", 1)],
        Code::Claim => vec![("claimed", 1), ("lost", 1)],
        // As much as is carried, but no more than there are cells to lie in.
        Code::DropAll => vec![
            ("dropped", cells.min(255 * table.items.len() as u64)),
            ("refused", 1),
        ],
        Code::Place | Code::Clear | Code::Become | Code::Revive | Code::MoveTo | Code::Give => {
            vec![("refused", 1)]
        }
        _ => Vec::new(),
    }
}

fn cell_subject(arena: &ArenaMut<'_>, cell: i64) -> u32 {
    u16::try_from(cell).map_or(0, |c| {
        arena.table.geometry.subject(crate::ids::Cell::new(c))
    })
}

fn each_cell(rule: &Rule, arena: &mut ArenaMut<'_>, truth: &[Program], kind: KindId) {
    let (geometry, layer) = (arena.table.geometry, arena.table.kinds[kind.index()].layer);
    for r in 0..geometry.height {
        for c in 0..geometry.width {
            let cell = geometry.cell(r, c);
            if arena.table.kind_of(arena.cells.get(cell, layer)) == Some(kind) {
                rule.run(
                    arena,
                    truth,
                    &[i64::from(cell.get())],
                    geometry.subject(cell),
                    0,
                );
            }
        }
    }
}

#[cfg(test)]
mod tests;
