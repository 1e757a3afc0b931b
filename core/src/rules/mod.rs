//! The rule language, compiled: register code over the state of one arena.
//!
//! **Invariant.** Knows state, events and draws; never text. Every program ends: jumps go forward only.

use bevy_ecs::resource::Resource;

pub(crate) mod code;
pub(crate) mod vm;

pub use code::Program;

use crate::event::{EventRow, Part};
use crate::ids::{KindId, Slot};
use crate::rules::code::{Fix, MISSING};
use crate::rules::vm::Machine;
use crate::state::{ArenaMut, Table};

impl Program {
    /// Value of an expression whose binders have these values: truth as 1 or 0, slots and things by number (−1 for none), cells
    /// padded (0 for none), numbers in millionths if the expression's type is one with decimals. The first binder is the subject
    /// of its draws.
    pub fn value(&self, arena: &mut ArenaMut<'_>, binders: &[i64]) -> i64 {
        let mut machine = Machine::new(self, arena, binders);
        machine.subject = binders.first().map_or(0, |&b| u32::try_from(b).unwrap_or(0));
        machine.value()
    }
}

/// All programs of a compiled scenario except its bots; a resource of every shard.
#[derive(Resource, Clone, PartialEq, Eq, Debug, Default)]
pub struct Programs {
    /// Initial value of each arena variable, in order; binders: none.
    pub init: Vec<Program>,
    /// Initial value of each role's variables; binder 0 = slot.
    pub role_init: Vec<Vec<Program>>,
    /// Truth of each message; binder 0 = sender.
    pub truth: Vec<Program>,
    /// `time.end`.
    pub end: Option<Program>,
    /// The rules.
    pub rules: RuleSet,
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
            FilterIs::SlotOfRole(role) => {
                u8::try_from(value).is_ok_and(|s| usize::from(s) < table.n_slots() && table.role_of(Slot::new(s)).get() == role)
            }
            FilterIs::RowOfKind(kind) => {
                usize::try_from(value).is_ok_and(|r| table.rows.get(r).is_some_and(|row| row.kind == KindId::new(kind)))
            }
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
        matches!(self.when, When::On { event } if event == row.event) && self.filters.iter().all(|f| f.holds(table, row))
    }
    fn first(&self, row: &EventRow) -> i64 {
        self.binders.first().map_or(MISSING, |(part, _)| row.get(*part))
    }
    fn run(&self, arena: &mut ArenaMut<'_>, binders: &[i64], subject: u32, occurrence: u32) {
        let mut machine = Machine::new(&self.program, arena, binders);
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
}

impl RuleSet {
    pub(crate) fn push(&mut self, rule: Rule) {
        if let When::On { event } = rule.when {
            let event = usize::from(event);
            if self.by_event.len() <= event {
                self.by_event.resize(event + 1, Vec::new());
            }
            self.by_event[event].push(u16::try_from(self.rules.len()).expect("at most 256 rules run"));
        }
        self.rules.push(rule);
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
        self.by_event.get(event).is_some_and(|rules| !rules.is_empty())
    }
    /// Whether there are `each` rules.
    pub fn has_each(&self) -> bool {
        self.rules.iter().any(|r| matches!(r.when, When::EachSlot { .. } | When::EachThing { .. }))
    }
    /// Most operations that all rules take in one tick of an arena, if each event comes once a slot (once a thing row, where there
    /// are more).
    pub fn tick_cost(&self, table: &Table) -> u64 {
        let rows = table.n_slots().max(table.rows.len()).max(1) as u64;
        let times = |rule: &Rule| match rule.when {
            When::On { .. } => rows,
            When::EachSlot { role, .. } => u64::from(table.roles[usize::from(role)].n),
            When::EachThing { kind, rows: true, .. } => table.rows.iter().filter(|r| r.kind.get() == kind).count() as u64,
            When::EachThing { .. } => u64::from(table.geometry.height) * u64::from(table.geometry.width),
            When::Start => 0,
        };
        self.rules.iter().map(|r| times(r) * u64::from(r.program.cost())).sum()
    }
    /// Answers the events from `head.n_answered` on, those that the answers emit included, row by row, rules in file order.
    pub fn answer(&self, arena: &mut ArenaMut<'_>) {
        while arena.head.n_answered < arena.head.n_events {
            let at = usize::from(arena.head.n_answered);
            arena.head.n_answered += 1;
            let row = arena.events()[at];
            let Some(rules) = self.by_event.get(usize::from(row.event)) else { continue };
            for &rule in rules {
                let rule = &self.rules[usize::from(rule)];
                if rule.matches(arena.table, &row) {
                    self.start_with(rule, arena, &row, at);
                }
            }
        }
    }
    #[expect(clippy::unused_self, reason = "belongs to the set")]
    fn start_with(&self, rule: &Rule, arena: &mut ArenaMut<'_>, row: &EventRow, at: usize) {
        let mut binders = [MISSING; 8];
        for (register, (part, fix)) in binders.iter_mut().zip(&rule.binders) {
            *register = fix.read(row.get(*part));
        }
        let n = rule.binders.len().min(binders.len());
        let (mut subject, mut occurrence) = (0, 0);
        if rule.draws {
            let first = rule.first(row);
            subject = match rule.binders.first() {
                Some((_, Fix::Zero)) => cell_subject(arena, first),
                _ => u32::try_from(first).unwrap_or(0),
            };
            // Earlier starts of the rule in this tick about the same: so the address is a function of the events alone.
            let earlier = arena.events()[..at].iter().filter(|r| rule.matches(arena.table, r) && rule.first(r) == first).count();
            occurrence = u32::try_from(earlier).unwrap_or(u32::MAX);
        }
        rule.run(arena, &binders[..n], subject, occurrence);
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
                        rule.run(arena, &[i64::from(slot)], u32::from(slot), 0);
                    }
                }
                When::EachThing { kind, rows: true, every } if due(every) => {
                    for row in 0..arena.rows.len() {
                        let there = arena.rows[row].cell != 0 || arena.rows[row].holder != 0;
                        if there && arena.table.rows[row].kind.get() == kind {
                            rule.run(arena, &[i64::try_from(row).expect("at most 256")], u32::try_from(row).expect("at most 256"), 0);
                        }
                    }
                }
                When::EachThing { kind, rows: false, every } if due(every) => each_cell(rule, arena, KindId::new(kind)),
                _ => {}
            }
        }
    }
    /// Runs the `start` rules, at reset.
    pub fn start(&self, arena: &mut ArenaMut<'_>) {
        for rule in self.rules.iter().filter(|r| r.when == When::Start) {
            rule.run(arena, &[], 0, 0);
        }
    }
}

fn cell_subject(arena: &ArenaMut<'_>, cell: i64) -> u32 {
    u16::try_from(cell).map_or(0, |c| arena.table.geometry.subject(crate::ids::Cell::new(c)))
}

fn each_cell(rule: &Rule, arena: &mut ArenaMut<'_>, kind: KindId) {
    let (geometry, layer) = (arena.table.geometry, arena.table.kinds[kind.index()].layer);
    for r in 0..geometry.height {
        for c in 0..geometry.width {
            let cell = geometry.cell(r, c);
            if arena.table.kind_of(arena.cells.get(cell, layer)) == Some(kind) {
                rule.run(arena, &[i64::from(cell.get())], geometry.subject(cell), 0);
            }
        }
    }
}
