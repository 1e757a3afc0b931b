//! Solid things that bodies move by walking: the part of a step that is about the thing.

use super::arena::{ArenaMut, Arenas};
use super::table::{BODY, Layer, Table};
use crate::event::{EventRow, Part};
use crate::ids::Cell;

/// What can be pushed, and by whom: one instance of the mechanic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PushRule {
    /// Look codes of what can be pushed.
    pub codes: [bool; 256],
    /// How many in a row move together.
    pub chain: u8,
    /// Whether a body that walks away takes a thing along.
    pub pull: bool,
    /// Who can (bit = slot).
    pub slots: u64,
}

impl Arenas {
    /// A body in a slot walks in a direction against what is solid in a cell: moves it on, with all that stands in a row behind it,
    /// if it can be pushed and there is room. `false` when nothing moved.
    #[cold]
    pub fn push(
        &mut self,
        table: &Table,
        arena: usize,
        slot: usize,
        cell: Cell,
        direction: u8,
    ) -> bool {
        let rule = |code: u8| {
            let rules = table.acts.pushes.iter();
            rules
                .clone()
                .find(|r| r.codes[usize::from(code)] && r.slots >> slot & 1 == 1)
        };
        let cells = self.cells(table, arena);
        let (mut last, mut n) = (cell, 0u8);
        loop {
            let word = cells.word(last);
            let code = word[Layer::Solid as usize];
            if n > 0 && word[BODY] == 0 && code == 0 {
                break;
            }
            let Some(rule) = rule(code).filter(|r| n < r.chain && word[BODY] == 0) else {
                return false;
            };
            debug_assert!(rule.chain > 0, "checked at load");
            n += 1;
            last = table.geometry.step(last, direction);
        }
        // From the far end, so that every thing finds its cell free.
        for _ in 0..n {
            let from = table.geometry.step(last, direction + 2);
            self.shift_solid(table, arena, slot, from, last);
            last = from;
        }
        true
    }

    /// A body in a slot has walked in a direction away from a cell: what stands behind that cell follows, if the body pulls it.
    #[cold]
    pub fn pull(&mut self, table: &Table, arena: usize, slot: usize, left: Cell, direction: u8) {
        let behind = table.geometry.step(left, direction + 2);
        let cells = self.cells(table, arena);
        let code = cells.get(behind, Layer::Solid);
        let mut rules = table.acts.pushes.iter();
        let pulls = rules.any(|r| r.pull && r.codes[usize::from(code)] && r.slots >> slot & 1 == 1);
        if pulls && cells.word(left)[BODY] == 0 && cells.get(left, Layer::Solid) == 0 {
            self.shift_solid(table, arena, slot, behind, left);
        }
    }

    /// Moves what is solid in a cell into another, with its row, and says so.
    fn shift_solid(&mut self, table: &Table, arena: usize, slot: usize, from: Cell, to: Cell) {
        let mut cells = self.cells(table, arena);
        let code = cells.get(from, Layer::Solid);
        cells.set(from, Layer::Solid, 0);
        cells.set(to, Layer::Solid, code);
        let kind = table.kind_of(code);
        let n = table.rows.len();
        let rows = &mut self.rows[arena * n..(arena + 1) * n];
        let moved =
            (0..n).find(|&r| rows[r].cell == from.get() && Some(table.rows[r].kind) == kind);
        if let Some(row) = moved {
            rows[row].cell = to.get();
        }
        if let Some(event) = table.acts.pushed {
            let mut row = EventRow::new(event);
            let number = |n: usize| i64::try_from(n).expect("at most 256");
            row.set(Part::A, number(slot));
            row.set(Part::B, moved.map_or(-1, number));
            row.set(Part::Cell, i64::from(to.get()));
            self.emit(table, arena, row);
        }
    }
}

impl ArenaMut<'_> {
    /// Carries what lies in a layer of a cell into another whose layer is free, with its row, also onto a body. `false` when nothing
    /// moved.
    pub fn carry_thing(&mut self, layer: Layer, from: Cell, to: Cell) -> bool {
        let code = self.cells.get(from, layer);
        let Some(kind) = self.table.kind_of(code) else {
            return false;
        };
        if !self.table.geometry.inside(to) || self.cells.get(to, layer) != 0 {
            return false;
        }
        let row = self.row_at(kind, from);
        self.cells.set(from, layer, 0);
        self.cells.set(to, layer, code);
        if let Some(row) = row {
            self.rows[row].cell = to.get();
        }
        true
    }
}
