//! Acts on things: they appear, go, move, are carried, put down and handed over.
//!
//! A thing whose kind has thing rows has a row as long as it is anywhere: its place is a cell or a holder's slot. Things of the
//! other kinds are look codes on the map and numbers carried.
//!
//! **Invariant.** A row's cell shows the row's look code in the layer of its kind; a slot carries as many of such a kind as rows
//! name it as their holder. A row with neither cell nor holder is spare.

use super::arena::{ArenaMut, Arenas, ThingRow};
use super::table::{BODY, Layer, Table};
use crate::draw::Purpose;
use crate::ids::{Cell, KindId, Slot};

/// Radius within which dropped things look for a free cell.
const DROP_RADIUS: i32 = 6;
const DROP_SIDE: usize = 13;

/// What may be refused because a cell is taken; the first field of the event `refused(effect, cell)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Refusal {
    /// `place`: the layer is taken, something solid would stand on a body, or all rows of the kind are in use.
    Place,
    /// `clear`: no such thing lies there.
    Clear,
    /// `become`: the new thing cannot lie there.
    Become,
    /// `give`: all rows of the kind are in use.
    Give,
    /// `shut`: a body stands in the door.
    Shut,
    /// `move_to`: the cell is not free.
    MoveTo,
    /// `revive`: no free cell to live in.
    Revive,
    /// `enable`: the cell of the body is taken.
    Enable,
    /// `drop_all`: no free cell is near.
    DropAll,
    /// A thing that a mechanic moves: the cell is taken.
    MoveThing,
}

impl Refusal {
    /// Names in rules and logs, by number.
    pub const NAMES: [&str; 10] = [
        "place",
        "clear",
        "become",
        "give",
        "shut",
        "move_to",
        "revive",
        "enable",
        "drop_all",
        "move_thing",
    ];
}

impl ArenaMut<'_> {
    /// Counts an effect that could not be done, and emits `refused(effect, cell)` where a rule or measure asks for it.
    pub fn refuse(&mut self, what: Refusal, cell: Cell) {
        self.head.refused = self.head.refused.saturating_add(1);
        self.emit_fields(
            self.table.acts.refused,
            &[i64::from(what as u8), i64::from(cell.get())],
        );
    }
    /// The row of the thing of that kind in a cell.
    pub fn row_at(&self, kind: KindId, cell: Cell) -> Option<usize> {
        (0..self.rows.len())
            .find(|&r| self.rows[r].cell == cell.get() && self.table.rows[r].kind == kind)
    }
    /// The row of the thing in a cell that can be owned.
    pub fn claimable_at(&self, cell: Cell) -> Option<usize> {
        // Most cells hold nothing of the sort, so the map is asked first.
        let claimable = &self.table.acts.claimable;
        let codes = self.cells.word(cell);
        let mut kinds = codes[..5]
            .iter()
            .filter_map(|&code| self.table.kind_of(code));
        let kind = kinds.find(|kind| claimable.get(kind.index()) == Some(&true))?;
        self.row_at(kind, cell)
    }
    /// `owner`: who owns the thing in a cell.
    pub fn owner_of(&self, cell: Cell) -> Option<Slot> {
        let row = self.claimable_at(cell)?;
        self.rows[row].state.checked_sub(1).map(Slot::new)
    }
    /// `claim`: the slot owns the thing in a cell; `false` when none there can be owned.
    pub fn claim(&mut self, slot: Slot, cell: Cell) -> bool {
        let Some(row) = self.claimable_at(cell) else {
            return false;
        };
        if self.rows[row].state != slot.get() + 1 {
            self.set_owner(row, Some(slot));
        }
        true
    }
    /// Gives a row that can be owned to a slot or to nobody, and shows it; tells who lost it and who has it now.
    pub fn set_owner(&mut self, row: usize, owner: Option<Slot>) {
        let thing = self.rows[row];
        self.rows[row].state = owner.map_or(0, |slot| slot.get() + 1);
        self.refresh_thing(row);
        let cell = i64::from(thing.cell);
        if let Some(old) = thing.state.checked_sub(1) {
            self.emit_fields(self.table.acts.lost, &[i64::from(old), cell]);
        }
        if let Some(slot) = owner {
            self.emit_fields(self.table.acts.claimed, &[i64::from(slot.get()), cell]);
        }
    }
    /// The look code of a row: its kind's first, plus the state or the value of the variable that everyone sees.
    pub fn look_of_row(&self, row: usize) -> u8 {
        let kind = self.table.rows[row].kind;
        let k = &self.table.kinds[kind.index()];
        let step = match self.table.shown_var(kind) {
            Some(var) => self.vars[self.table.row_place(row, var)] - i64::from(k.look_min),
            None => i64::from(self.rows[row].state),
        };
        let last = i64::from(k.n_looks) - 1;
        k.look + u8::try_from(step.clamp(0, last)).expect("at most 255 look codes")
    }
    /// Shows a row that lies on the map as its state and variables say; call it after a change of either.
    pub fn refresh_thing(&mut self, row: usize) {
        let thing = self.rows[row];
        if thing.cell != 0 {
            let layer = self.table.kinds[self.table.rows[row].kind.index()].layer;
            let look = self.look_of_row(row);
            self.cells.set(Cell::new(thing.cell), layer, look);
        }
    }
    /// `place`: a thing of the kind appears, its variables as they begin; refused where its layer is taken, where something solid
    /// would stand on a body, or where every row of its kind is in use. `false` when refused.
    pub fn place(&mut self, kind: KindId, cell: Cell) -> bool {
        if !self.has_room(kind, cell) {
            self.refuse(Refusal::Place, cell);
            return false;
        }
        let (layer, look) = self.layer_and_look(kind);
        if !self.table.has_rows(kind) {
            self.cells.set(cell, layer, look);
            return true;
        }
        let Some(row) = self.begin_row(kind) else {
            self.refuse(Refusal::Place, cell);
            return false;
        };
        self.rows[row].cell = cell.get();
        self.refresh_thing(row);
        true
    }
    /// `clear`: the thing of the kind goes; `false` (and counted) when there is none.
    pub fn clear(&mut self, kind: KindId, cell: Cell) -> bool {
        let (layer, _) = self.layer_and_look(kind);
        if self.table.kind_of(self.cells.get(cell, layer)) != Some(kind) {
            self.refuse(Refusal::Clear, cell);
            return false;
        }
        self.lift(layer, cell);
        true
    }
    /// Takes whatever lies in a layer of a cell off the map; what it was. Its row, if it has one, is spare now.
    pub fn lift(&mut self, layer: Layer, cell: Cell) -> Option<KindId> {
        let kind = self.table.kind_of(self.cells.get(cell, layer))?;
        self.cells.set(cell, layer, 0);
        if self.table.has_rows(kind)
            && let Some(row) = self.row_at(kind, cell)
        {
            self.rows[row].cell = 0;
        }
        Some(kind)
    }
    /// `become`: the thing goes and one of the kind appears in its place, on the map or with its holder, its variables as they
    /// begin. Refused, and nothing changes, where the new one cannot be there.
    pub fn turn_into(&mut self, row: usize, kind: KindId) -> bool {
        let (thing, old) = (self.rows[row], self.table.rows[row].kind);
        if let Some(slot) = thing.holder.checked_sub(1).map(Slot::new) {
            let cell = Cell::new(self.agents.pos[slot.index()].0);
            let free = !self.table.has_rows(kind) || kind == old || self.spare_row(kind).is_some();
            let Some(item) = self.table.item(kind).filter(|_| free) else {
                self.refuse(Refusal::Become, cell);
                return false;
            };
            self.rows[row].holder = 0;
            self.count_carried(slot, old, -1);
            self.give(slot, item, 1);
            return true;
        }
        if thing.cell == 0 {
            self.head.refused = self.head.refused.saturating_add(1);
            return false;
        }
        let cell = Cell::new(thing.cell);
        let ((layer, _), (new_layer, _)) = (self.layer_and_look(old), self.layer_and_look(kind));
        let solid_on_body = new_layer == Layer::Solid && self.cells.word(cell)[BODY] != 0;
        let taken = new_layer != layer && self.cells.get(cell, new_layer) != 0;
        let no_row = self.table.has_rows(kind) && kind != old && self.spare_row(kind).is_none();
        if solid_on_body || taken || no_row {
            self.refuse(Refusal::Become, cell);
            return false;
        }
        self.lift(layer, cell);
        self.place(kind, cell)
    }
    /// Moves a thing that has a row into a cell, from wherever it is: off the map, from its holder, or from another cell. Refused
    /// where its layer is taken or where something solid would stand on a body.
    pub fn move_thing(&mut self, row: usize, to: Cell) -> bool {
        let (thing, kind) = (self.rows[row], self.table.rows[row].kind);
        if !self.has_room(kind, to) {
            self.refuse(Refusal::MoveThing, to);
            return false;
        }
        let (layer, _) = self.layer_and_look(kind);
        if thing.cell != 0 {
            self.cells.set(Cell::new(thing.cell), layer, 0);
        }
        self.rows[row] = ThingRow {
            cell: to.get(),
            holder: 0,
            ..thing
        };
        self.refresh_thing(row);
        if let Some(holder) = thing.holder.checked_sub(1) {
            self.count_carried(Slot::new(holder), kind, -1);
        }
        true
    }
    /// Moves whatever lies in a layer of a cell into another cell, with its row if it has one. `false` when nothing lies there, or
    /// when it is refused as by [`Self::move_thing`].
    pub fn shift(&mut self, layer: Layer, from: Cell, to: Cell) -> bool {
        let code = self.cells.get(from, layer);
        let Some(kind) = self.table.kind_of(code) else {
            return false;
        };
        if let Some(row) = self
            .table
            .has_rows(kind)
            .then(|| self.row_at(kind, from))
            .flatten()
        {
            return self.move_thing(row, to);
        }
        if !self.has_room(kind, to) {
            self.refuse(Refusal::MoveThing, to);
            return false;
        }
        self.cells.set(from, layer, 0);
        self.cells.set(to, layer, code);
        true
    }
    /// The slot takes up the thing in the layer item of a cell, with its row if it has one; `false` when none that can be carried
    /// lies there.
    pub fn pick_up(&mut self, slot: Slot, cell: Cell) -> bool {
        let code = self.cells.get(cell, Layer::Item);
        let Some(kind) = self
            .table
            .kind_of(code)
            .filter(|&k| self.table.item(k).is_some())
        else {
            return false;
        };
        let row = self
            .table
            .has_rows(kind)
            .then(|| self.row_at(kind, cell))
            .flatten();
        self.cells.set(cell, Layer::Item, 0);
        if let Some(row) = row {
            (self.rows[row].cell, self.rows[row].holder) = (0, slot.get() + 1);
        }
        self.count_carried(slot, kind, 1);
        true
    }
    /// The slot puts one of an item down into a cell, the lowest row if the kind has rows; `false`, and nothing counted, when it
    /// carries none or the cell's layer is taken.
    pub fn put_down(&mut self, slot: Slot, item: usize, cell: Cell) -> bool {
        let kind = self.table.items[item];
        if self.agents.carried[slot.index()].0[item] == 0 || !self.has_room(kind, cell) {
            return false;
        }
        if self.table.has_rows(kind) {
            return self
                .carried_row(slot, kind)
                .is_some_and(|row| self.move_thing(row, cell));
        }
        let (layer, look) = self.layer_and_look(kind);
        self.cells.set(cell, layer, look);
        self.count_carried(slot, kind, -1);
        true
    }
    /// The lowest row of a kind that the slot carries.
    pub fn carried_row(&self, slot: Slot, kind: KindId) -> Option<usize> {
        (0..self.rows.len())
            .find(|&r| self.rows[r].holder == slot.get() + 1 && self.table.rows[r].kind == kind)
    }
    /// `give`: the slot carries `n` more of an item kind, 255 at most. Of a kind with rows no more than there are spare rows; the
    /// rest is refused.
    pub fn give(&mut self, slot: Slot, item: usize, n: u8) {
        let kind = self.table.items[item];
        if self.table.has_rows(kind) {
            for _ in 0..n {
                let Some(row) = self.begin_row(kind) else {
                    self.refuse(Refusal::Give, Cell::new(self.agents.pos[slot.index()].0));
                    break;
                };
                self.rows[row].holder = slot.get() + 1;
                self.count_carried(slot, kind, 1);
            }
            return;
        }
        let carried = &mut self.agents.carried[slot.index()].0[item];
        *carried = carried.saturating_add(n);
        self.refresh_body(slot);
    }
    /// `take`: the slot carries up to `n` fewer, the lowest rows first; how many it was. What is taken is gone.
    pub fn take(&mut self, slot: Slot, item: usize, n: u8) -> u8 {
        let kind = self.table.items[item];
        let carried = &mut self.agents.carried[slot.index()].0[item];
        let taken = n.min(*carried);
        *carried -= taken;
        if self.table.has_rows(kind) {
            for _ in 0..taken {
                if let Some(row) = self.carried_row(slot, kind) {
                    self.rows[row].holder = 0;
                }
            }
        }
        self.refresh_body(slot);
        taken
    }
    /// Takes a thing with a row away, wherever it is: off the map or from its holder.
    pub fn take_row(&mut self, row: usize) {
        let (thing, kind) = (self.rows[row], self.table.rows[row].kind);
        if thing.cell != 0 {
            let (layer, _) = self.layer_and_look(kind);
            self.cells.set(Cell::new(thing.cell), layer, 0);
        }
        (self.rows[row].cell, self.rows[row].holder) = (0, 0);
        if let Some(holder) = thing.holder.checked_sub(1) {
            self.count_carried(Slot::new(holder), kind, -1);
        }
    }
    /// `transfer`: up to `n` of an item go from one slot to another with their rows, the lowest first; how many it was.
    pub fn transfer(&mut self, from: Slot, to: Slot, item: usize, n: u8) -> u8 {
        let kind = self.table.items[item];
        let room = u8::MAX - self.agents.carried[to.index()].0[item];
        let n = n.min(self.agents.carried[from.index()].0[item]);
        let n = if from == to { n } else { n.min(room) };
        for _ in 0..n {
            if let Some(row) = self
                .table
                .has_rows(kind)
                .then(|| self.carried_row(from, kind))
                .flatten()
            {
                self.rows[row].holder = to.get() + 1;
            }
            self.count_carried(from, kind, -1);
            self.count_carried(to, kind, 1);
        }
        n
    }
    /// `drop_all`: what the slot carries falls to the nearest cells that it could walk to and whose item layer is free.
    pub fn drop_all(&mut self, slot: Slot) {
        for item in 0..self.table.items.len() {
            while self.agents.carried[slot.index()].0[item] > 0 {
                let dropped = self
                    .drop_cell(slot)
                    .filter(|&cell| self.put_down(slot, item, cell));
                let Some(cell) = dropped else {
                    self.refuse(Refusal::DropAll, Cell::new(self.agents.pos[slot.index()].0));
                    return;
                };
                if let Some(event) = self.table.acts.dropped {
                    self.emit_at(event, slot, self.table.items[item], cell);
                }
            }
        }
    }
    /// Whether a thing of the kind could lie in a cell: inside the map, its layer free, nothing solid on a body.
    pub fn has_room(&self, kind: KindId, cell: Cell) -> bool {
        let (layer, _) = self.layer_and_look(kind);
        let solid_on_body = layer == Layer::Solid && self.cells.word(cell)[BODY] != 0;
        self.table.geometry.inside(cell) && self.cells.get(cell, layer) == 0 && !solid_on_body
    }
    fn layer_and_look(&self, kind: KindId) -> (Layer, u8) {
        let k = &self.table.kinds[kind.index()];
        (k.layer, k.look)
    }
    fn spare_row(&self, kind: KindId) -> Option<usize> {
        spare_row(self.table, self.rows, kind)
    }
    fn begin_row(&mut self, kind: KindId) -> Option<usize> {
        begin_row(self.table, self.rows, self.vars, kind)
    }
    /// Counts one more or one fewer carried.
    fn count_carried(&mut self, slot: Slot, kind: KindId, by: i8) {
        if let Some(item) = self.table.item(kind) {
            let carried = &mut self.agents.carried[slot.index()].0[item];
            *carried = carried.saturating_add_signed(by);
        }
        self.refresh_body(slot);
    }
    /// The nearest free cell, breadth first from the slot's position; of several that are as near, the one with the smallest draw.
    fn drop_cell(&self, slot: Slot) -> Option<Cell> {
        let start = Cell::new(self.agents.pos[slot.index()].0);
        let g = &self.table.geometry;
        let key = self.head.draw.key(Purpose::Drop, 0, 0);
        let mut seen = [false; DROP_SIDE * DROP_SIDE];
        let mut queue = [start; DROP_SIDE * DROP_SIDE];
        // Cells up to `ring` lie no farther away than the one that is looked at.
        let (mut head, mut tail, mut ring) = (0, 1, 1);
        let mut best: Option<(u64, Cell)> = None;
        let local = |c: Cell| {
            let (dy, dx) = g.offset(start, c);
            let (y, x) = (dy + DROP_RADIUS, dx + DROP_RADIUS);
            let side = i32::try_from(DROP_SIDE).expect("small");
            (y >= 0 && x >= 0 && y < side && x < side)
                .then(|| usize::try_from(y * side + x).expect("not negative"))
        };
        seen[local(start)?] = true;
        while head < tail {
            let cell = queue[head];
            head += 1;
            if self.cells.get(cell, Layer::Item) == 0 {
                let found = (key.u64(g.subject(cell)), cell);
                best = Some(best.map_or(found, |b| b.min(found)));
            }
            for direction in 0..4 {
                let next = g.step(cell, direction);
                let solid =
                    self.table.looks.blocks_move[usize::from(self.cells.get(next, Layer::Solid))];
                if let Some(l) = local(next).filter(|&l| !seen[l] && !solid && g.inside(next)) {
                    seen[l] = true;
                    queue[tail] = next;
                    tail += 1;
                }
            }
            if head == ring {
                if best.is_some() {
                    break;
                }
                ring = tail;
            }
        }
        best.map(|(_, cell)| cell)
    }
    /// Whether rows, map and what is carried say the same; a state that was read from outside may not.
    pub fn things_agree(&self) -> bool {
        let mut held = [[0u16; super::agents::MAX_ITEMS]; super::order::MAX_SLOTS];
        for (row, (thing, decl)) in self.rows.iter().zip(&self.table.rows).enumerate() {
            let layer = self.table.kinds[decl.kind.index()].layer;
            let twice = thing.cell != 0 && thing.holder != 0;
            let shows = thing.cell == 0
                || self.cells.get(Cell::new(thing.cell), layer) == self.look_of_row(row);
            if twice || !shows {
                return false;
            }
            if let Some(holder) = thing.holder.checked_sub(1) {
                let item = self.table.item(decl.kind);
                let place = held
                    .get_mut(usize::from(holder))
                    .and_then(|h| h.get_mut(item?));
                let Some(place) = place else { return false };
                *place += 1;
            }
        }
        let rowed = |item: &usize| self.table.has_rows(self.table.items[*item]);
        self.agents
            .carried
            .iter()
            .zip(&held)
            .all(|(carried, held)| {
                (0..self.table.items.len())
                    .filter(rowed)
                    .all(|item| u16::from(carried.0[item]) == held[item])
            })
    }
}

/// The lowest row of a kind that is nowhere.
fn spare_row(table: &Table, rows: &[ThingRow], kind: KindId) -> Option<usize> {
    (0..rows.len())
        .find(|&r| table.rows[r].kind == kind && rows[r].cell == 0 && rows[r].holder == 0)
}

/// Takes a spare row of a kind into use: state 0, variables as they begin.
fn begin_row(
    table: &Table,
    rows: &mut [ThingRow],
    vars: &mut [i64],
    kind: KindId,
) -> Option<usize> {
    let row = spare_row(table, rows, kind)?;
    rows[row].state = 0;
    let starts = table.thing_starts.get(kind.index());
    for (var, &value) in starts.into_iter().flatten().enumerate() {
        vars[table.row_place(row, var)] = value;
    }
    Some(row)
}

impl Arenas {
    /// [`ArenaMut::place`] for systems that hold no [`ArenaMut`] and know that there is room: `false` where all rows of the kind are
    /// in use.
    pub fn grow(&mut self, table: &Table, arena: usize, kind: KindId, cell: Cell) -> bool {
        let k = &table.kinds[kind.index()];
        let mut look = k.look;
        if table.has_rows(kind) {
            let (rows, vars) = self.rows_and_vars(arena);
            let Some(row) = begin_row(table, rows, vars, kind) else {
                return false;
            };
            rows[row].cell = cell.get();
            if let Some(var) = table.shown_var(kind) {
                let step = vars[table.row_place(row, var)] - i64::from(k.look_min);
                let step = step.clamp(0, i64::from(k.n_looks) - 1);
                look += u8::try_from(step).expect("at most 255 look codes");
            }
        }
        self.cells(table, arena).set(cell, k.layer, look);
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::table::Layer;
    use crate::batch::Batch;
    use crate::ids::{Cell, KindId, Slot};
    use crate::state::ArenaMut;
    use crate::testing::{batch, compile, tick};

    const MAP: &str = "
        #######
        #A.c.c#
        #B...c#
        #######";

    /// Crates have rows, since they are devices; apples have none.
    fn yard() -> Batch {
        let mechanics = [
            ("move", "", r#"{"mode":"compass4"}"#),
            (
                "pickup",
                "",
                r#"{"things":["crate","apple"],"becomes":"carried","cap":9}"#,
            ),
            (
                "device",
                "bell",
                r#"{"thing":"crate","trigger":"use","states":3}"#,
            ),
        ];
        batch(&compile(MAP, &mechanics))
    }

    fn kind(one: &ArenaMut<'_>, name: &str) -> KindId {
        one.table.kind(name).expect("of the test world")
    }

    #[test]
    fn a_row_goes_with_its_thing_from_cell_to_holder_and_back() {
        let mut b = yard();
        tick(&mut b, &["e", "noop"]);
        assert_eq!(
            tick(&mut b, &["e", "noop"]),
            "moved agent_0 (1,2) (1,3); taken agent_0 crate (1,3)"
        );
        b.edit(0, |one| {
            let (holder, other) = (Slot::new(0), Slot::new(1));
            let crate_ = kind(one, "crate");
            assert_eq!((one.rows[0].cell, one.rows[0].holder), (0, 1));
            // Its state travels with it.
            one.rows[0].state = 2;
            assert_eq!(one.transfer(holder, other, 0, 5), 1);
            assert_eq!(one.carried_row(other, crate_), Some(0));
            let here = one.table.geometry.cell(2, 2);
            assert!(one.put_down(other, 0, here));
            assert_eq!(one.row_at(crate_, here), Some(0));
            assert_eq!(
                one.cells.get(here, Layer::Item),
                one.table.kinds[crate_.index()].look + 2
            );
            assert!(one.things_agree());
        });
    }

    #[test]
    fn what_cannot_lie_somewhere_stays_where_it_is_and_is_counted() {
        let mut b = yard();
        b.edit(0, |one| {
            let crate_ = kind(one, "crate");
            let (from, taken) = (one.table.geometry.cell(1, 3), one.table.geometry.cell(1, 5));
            assert!(!one.move_thing(0, taken));
            assert!(!one.shift(Layer::Item, from, taken));
            assert!(
                !one.place(crate_, one.table.geometry.cell(2, 2)),
                "no row is spare"
            );
            assert_eq!(one.head.refused, 3);
            assert_eq!(one.row_at(crate_, from), Some(0));
            assert!(one.clear(crate_, from));
            assert!(
                one.place(crate_, one.table.geometry.cell(2, 2)),
                "now one is"
            );
            assert_eq!(one.cells.count(crate_), 3);
            assert!(one.things_agree());
        });
    }

    proptest! {
        #[test]
        fn rows_map_and_loads_agree_whatever_is_done(acts in prop::collection::vec((0u8..10, 0usize..3, 0u16..10, 0u8..2), 0..60)) {
            let mut b = yard();
            b.edit(0, |one| {
                let (crate_, apple) = (kind(one, "crate"), kind(one, "apple"));
                for (act, row, place, slot) in acts {
                    let cell = one.table.geometry.cell(1 + place / 5, 1 + place % 5);
                    let (slot, other) = (Slot::new(slot), Slot::new(1 - slot));
                    let it = if place % 2 == 0 { crate_ } else { apple };
                    match act {
                        0 => { let _ = one.place(it, cell); }
                        1 => { let _ = one.clear(it, cell); }
                        2 => { let _ = one.pick_up(slot, cell); }
                        3 => { let _ = one.put_down(slot, row % 2, cell); }
                        4 => one.give(slot, row % 2, 2),
                        5 => { let _ = one.take(slot, row % 2, 1); }
                        6 => { let _ = one.transfer(slot, other, row % 2, 2); }
                        7 => { let _ = one.move_thing(row, cell); }
                        8 => { let _ = one.shift(Layer::Item, cell, Cell::new(cell.get() + 1)); }
                        _ => { let _ = one.turn_into(row, it); }
                    }
                    assert!(one.things_agree(), "after act {act}");
                    let there = usize::from(one.cells.count(crate_)) + one.agents.carried.iter().map(|c| usize::from(c.0[0])).sum::<usize>();
                    let used = one.rows.iter().filter(|r| r.cell != 0 || r.holder != 0).count();
                    assert_eq!(there, used, "after act {act}");
                }
            });
        }
    }
}
