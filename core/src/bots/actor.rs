//! One bot in one tick: what it senses, where it steps.
//!
//! **Invariant.** Reads the state before the tick and changes nothing but its registers.

use std::cell::Cell as StdCell;

use super::path::{self, Finder, Found};
use super::{Act, Goal, Moves, Script, Target};
use crate::draw::{Purpose, TickDraw};
use crate::ids::{Cell, Slot};
use crate::rules::Program;
use crate::rules::code::{MISSING, Set};
use crate::rules::vm::{Machine, Mind, Rect, Window, member_at};
use crate::state::ArenaMut;

/// Chance that a wandering bot that can turn does so, in millionths.
const TURN_CHANCE: i64 = 125_000;

/// A bot in a tick.
pub(super) struct Actor<'s, 'l> {
    pub(super) script: &'s Script,
    pub(super) slot: usize,
    pub(super) sight: Option<Rect>,
    pub(super) legal: &'l dyn Fn(&ArenaMut<'_>, u8) -> bool,
    /// What is counted around cells of the window, and the counts + 1; 0 for not yet. The state does not change while a bot
    /// decides, and the lines of a script mostly ask the same.
    pub(super) window: StdCell<Option<Window>>,
    pub(super) counts: [StdCell<u8>; LARGEST],
}

/// Cells of the largest window.
pub(super) const LARGEST: usize = 17 * 17;

/// The rows and columns that the slot's observation shows.
pub(super) fn window(arena: &ArenaMut<'_>, slot: usize) -> Rect {
    let role = &arena.table.roles[arena
        .table
        .role_of(Slot::new(u8::try_from(slot).expect("at most 64 slots")))
        .index()];
    let (y, x) = arena
        .table
        .geometry
        .place(Cell::new(arena.agents.pos[slot].0));
    let (ahead, behind, side) = (
        i32::from(role.ahead),
        i32::from(role.behind),
        i32::from(role.side),
    );
    let facing = if role.turned {
        arena.agents.facing[slot].0
    } else {
        0
    };
    let (north, east, south, west) = match facing & 3 {
        0 => (ahead, side, behind, side),
        1 => (side, ahead, side, behind),
        2 => (behind, side, ahead, side),
        _ => (side, behind, side, ahead),
    };
    Rect {
        top: y - north,
        left: x - west,
        bottom: y + south,
        right: x + east,
    }
}

impl Mind for Actor<'_, '_> {
    fn me(&self) -> usize {
        self.slot
    }
    fn sight(&self) -> Option<Rect> {
        self.sight
    }
    fn can(&self, arena: &ArenaMut<'_>, actions: &[Vec<u8>]) -> bool {
        self.first_legal(arena, actions).is_some()
    }
    fn counted(&self, arena: &ArenaMut<'_>, window: Window, cell: Cell) -> Option<u16> {
        if self.window.get() != Some(window) {
            return None;
        }
        self.counts[self.in_window(arena, cell)?]
            .get()
            .checked_sub(1)
            .map(u16::from)
    }
    fn count(&self, arena: &ArenaMut<'_>, window: Window, cell: Cell, n: u16) {
        if self.window.get().is_none() {
            self.window.set(Some(window));
        }
        if let (true, Some(at), Ok(n)) = (
            self.window.get() == Some(window),
            self.in_window(arena, cell),
            u8::try_from(n + 1),
        ) {
            self.counts[at].set(n);
        }
    }
    fn path_to(&self, arena: &mut ArenaMut<'_>, cell: Cell) -> Option<u32> {
        self.finder(arena)
            .search(arena, &mut |_, c| c == cell, &mut |a, c| self.avoids(a, c))
            .map(|f| f.steps)
    }
    fn path_in(
        &self,
        arena: &mut ArenaMut<'_>,
        set: Set,
        holds: &mut dyn FnMut(&mut ArenaMut<'_>, i64) -> bool,
    ) -> Option<u32> {
        if !self.might_find(arena, set) {
            return None;
        }
        let goal = &mut |a: &mut ArenaMut<'_>, c: Cell| {
            self.member(a, set, c).is_some_and(|it| holds(a, it))
        };
        self.finder(arena)
            .search(arena, goal, &mut |a, c| self.avoids(a, c))
            .map(|f| f.steps)
    }
}

impl Actor<'_, '_> {
    /// Number of a cell in the bot's window.
    fn in_window(&self, arena: &ArenaMut<'_>, cell: Cell) -> Option<usize> {
        let sight = self.sight?;
        let geometry = &arena.table.geometry;
        let (row, column) = geometry.place(cell);
        let (mut y, mut x) = (row - sight.top, column - sight.left);
        if geometry.wrap {
            y = y.rem_euclid(i32::from(geometry.height));
            x = x.rem_euclid(i32::from(geometry.width));
        }
        usize::try_from(y * (sight.right - sight.left + 1) + x)
            .ok()
            .filter(|&at| at < LARGEST && sight.shows(geometry, row, column))
    }
    pub(super) fn value(&self, arena: &mut ArenaMut<'_>, program: &Program) -> i64 {
        Machine::new(
            program,
            arena,
            &[i64::try_from(self.slot).expect("at most 64")],
        )
        .minded(self)
        .raw()
    }
    pub(super) fn set(&self, arena: &mut ArenaMut<'_>, register: usize, program: &Program) {
        let value = self.value(arena, program);
        if let (Ok(value), Some(place)) = (
            i32::try_from(value),
            arena.agents.registers[self.slot].0.get_mut(register),
        ) {
            *place = value;
        }
    }
    fn role(&self, arena: &ArenaMut<'_>) -> usize {
        arena
            .table
            .role_of(Slot::new(u8::try_from(self.slot).expect("at most 64")))
            .index()
    }
    fn moves(&self, arena: &ArenaMut<'_>) -> Moves {
        self.script.moves[self.role(arena)]
    }
    fn here(&self, arena: &ArenaMut<'_>) -> Cell {
        Cell::new(arena.agents.pos[self.slot].0)
    }
    fn first_legal(&self, arena: &ArenaMut<'_>, actions: &[Vec<u8>]) -> Option<u8> {
        actions
            .get(self.role(arena))?
            .iter()
            .copied()
            .find(|&a| (self.legal)(arena, a))
    }
    /// The member of a set in a cell, as `it` names it; the bot itself is none.
    #[inline]
    fn member(&self, arena: &ArenaMut<'_>, set: Set, cell: Cell) -> Option<i64> {
        let it = member_at(arena, set, true, cell)?;
        let me = matches!(set, Set::Role { .. }) && usize::try_from(it) == Ok(self.slot);
        (!me).then_some(it)
    }
    fn fulfils(&self, arena: &mut ArenaMut<'_>, goal: &Goal, cell: Cell) -> bool {
        let Some(it) = self.member(arena, goal.set, cell) else {
            return false;
        };
        let Some(cond) = &goal.cond else { return true };
        Machine::new(
            cond,
            arena,
            &[i64::try_from(self.slot).expect("at most 64"), it],
        )
        .minded(self)
        .raw()
            == 1
    }
    fn avoids(&self, arena: &mut ArenaMut<'_>, cell: Cell) -> bool {
        self.script
            .avoid
            .iter()
            .any(|goal| self.fulfils(arena, goal, cell))
    }
    /// Whether the set has any member that could be sensed; cheap, so that no search runs for nothing.
    fn might_find(&self, arena: &ArenaMut<'_>, set: Set) -> bool {
        match (set, self.sight) {
            (Set::Kind { kind, .. }, None) => arena.cells.count(crate::ids::KindId::new(kind)) > 0,
            (Set::Kind { kind, .. }, Some(_))
                if arena.cells.count(crate::ids::KindId::new(kind)) == 0 =>
            {
                false
            }
            (Set::Kind { kind, .. }, Some(sight)) => {
                let layer = arena.table.kinds[usize::from(kind)].layer as usize;
                path::known(&arena.table.geometry, sight).any(|row| {
                    row.into_iter().any(|c| {
                        arena.table.looks.kind_of[usize::from(arena.cells.words()[c][layer])]
                            == kind + 1
                    })
                })
            }
            (Set::Role { .. }, _) => true,
        }
    }
    /// First of the four directions in which ties are broken; drawn once an episode.
    fn first_direction(&self, arena: &ArenaMut<'_>) -> u8 {
        let head = &arena.head;
        let key =
            TickDraw::new(head.domain, head.seed, head.episode, 0).key(Purpose::PathTie, 0, 0);
        u8::try_from(key.below(u32::try_from(self.slot).expect("at most 64"), 4)).expect("below 4")
    }
    fn finder(&self, arena: &ArenaMut<'_>) -> Finder {
        Finder {
            start: self.here(arena),
            sight: self.sight,
            first: self.first_direction(arena),
            swap: arena.table.acts.bodies_swap,
        }
    }
    fn find(&self, arena: &mut ArenaMut<'_>, target: &Target) -> Option<Found> {
        match target {
            Target::Place(program) => {
                let cell = self.place(arena, program)?;
                self.finder(arena)
                    .search(arena, &mut |_, c| c == cell, &mut |a, c| self.avoids(a, c))
            }
            Target::Nearest(goal) => {
                if !self.finds(arena, goal) {
                    return None;
                }
                let found = &mut |a: &mut ArenaMut<'_>, c: Cell| self.fulfils(a, goal, c);
                self.finder(arena)
                    .search(arena, found, &mut |a, c| self.avoids(a, c))
            }
        }
    }
    /// Whether a search could find a member that fulfils the condition: looking at the window costs less than walking through it
    /// for nothing.
    fn finds(&self, arena: &mut ArenaMut<'_>, goal: &Goal) -> bool {
        if !self.might_find(arena, goal.set) {
            return false;
        }
        let (Some(sight), Some(_), Set::Kind { kind, .. }) = (self.sight, &goal.cond, goal.set)
        else {
            return true;
        };
        let layer = arena.table.kinds[usize::from(kind)].layer as usize;
        let geometry = arena.table.geometry;
        for row in path::known(&geometry, sight) {
            for at in row {
                let here = arena.table.looks.kind_of[usize::from(arena.cells.words()[at][layer])]
                    == kind + 1;
                if here && self.fulfils(arena, goal, Cell::new(u16::try_from(at).expect("a cell")))
                {
                    return true;
                }
            }
        }
        false
    }
    fn place(&self, arena: &mut ArenaMut<'_>, program: &Program) -> Option<Cell> {
        let value = self.value(arena, program);
        u16::try_from(value)
            .ok()
            .filter(|&c| value != MISSING && c != 0)
            .map(Cell::new)
    }
    /// Cell of a target as the crow flies: for `flee`, `face`, `use`.
    fn locate(&self, arena: &mut ArenaMut<'_>, target: &Target) -> Option<Cell> {
        let goal = match target {
            Target::Place(program) => return self.place(arena, program),
            Target::Nearest(goal) => goal,
        };
        if !self.might_find(arena, goal.set) {
            return None;
        }
        let geometry = arena.table.geometry;
        let (y, x) = geometry.place(self.here(arena));
        let mut best: Option<(i32, Cell)> = None;
        let map = path::whole(&geometry);
        let bounded = self.sight.filter(|_| !geometry.wrap);
        let rect = bounded.map_or(map, |s| s.meet(map));
        for cy in rect.top..=rect.bottom {
            for cx in rect.left..=rect.right {
                let (dy, dx) = geometry.apart((y, x), (cy, cx));
                let distance = dy.abs() + dx.abs();
                let seen = self.sight.is_none_or(|s| s.shows(&geometry, cy, cx));
                if !seen || best.is_some_and(|(d, _)| d <= distance) {
                    continue;
                }
                let cell = path::cell(&geometry, cy, cx);
                if self.fulfils(arena, goal, cell) {
                    best = Some((distance, cell));
                }
            }
        }
        best.map(|(_, cell)| cell)
    }

    /// The action, or `None` when there is no target.
    pub(super) fn act(&self, arena: &mut ArenaMut<'_>, act: &Act) -> Option<u8> {
        match act {
            Act::Stay => Some(0),
            Act::Wander => Some(self.wander(arena)),
            Act::Go(target) => {
                let found = self.find(arena, target)?;
                self.step(arena, found.direction?)
            }
            Act::Flee(target) => {
                let from = self.locate(arena, target)?;
                self.flee(arena, from)
            }
            Act::Face(target) => {
                let at = self.locate(arena, target)?;
                self.face(arena, at)
            }
            Act::Use(actions, target) => {
                if let Some(target) = target {
                    self.locate(arena, target)?;
                }
                self.first_legal(arena, actions)
            }
            Act::Nth(actions, program) => {
                let nth = usize::try_from(self.value(arena, program)).ok()?;
                let action = *actions[self.role(arena)].get(nth)?;
                (self.legal)(arena, action).then_some(action)
            }
            Act::Index(program) => {
                let index = u8::try_from(self.value(arena, program)).ok()?;
                let role = self.role(arena);
                (usize::from(index) < arena.table.roles[role].actions.len()).then_some(index)
            }
        }
    }

    /// The action that steps in an absolute direction.
    fn step(&self, arena: &ArenaMut<'_>, direction: u8) -> Option<u8> {
        let moves = self.moves(arena);
        let turned = direction.wrapping_sub(arena.agents.facing[self.slot].0) & 3;
        [
            moves.absolute[usize::from(direction)],
            moves.relative[usize::from(turned)],
        ]
        .into_iter()
        .find(|&a| a != 0)
    }

    /// Neighbours that a step can lead to, not avoided.
    fn free_directions(&self, arena: &mut ArenaMut<'_>) -> [bool; 4] {
        let finder = self.finder(arena);
        let mut free = [false; 4];
        for (direction, place) in (0u8..).zip(&mut free) {
            let to = arena.table.geometry.step(finder.start, direction);
            *place = finder.passable_neighbour(arena, to) && !self.avoids(arena, to);
        }
        free
    }

    fn wander(&self, arena: &mut ArenaMut<'_>) -> u8 {
        let (moves, subject) = (
            self.moves(arena),
            u32::try_from(self.slot).expect("at most 64"),
        );
        let draw = arena.head.draw;
        let turns = moves.turn_left != 0 && moves.turn_right != 0;
        let turn = || {
            if draw.key(Purpose::Wander, 0, 5).below(subject, 2) == 0 {
                moves.turn_left
            } else {
                moves.turn_right
            }
        };
        if turns && draw.key(Purpose::Wander, 0, 4).chance(subject, TURN_CHANCE) {
            return turn();
        }
        let free = self.free_directions(arena);
        let best = (0u8..4)
            .filter(|&d| free[usize::from(d)])
            .min_by_key(|&d| (draw.key(Purpose::Wander, 0, u16::from(d)).u64(subject), d));
        let step = best.and_then(|d| self.step(arena, d));
        step.unwrap_or_else(|| if turns { turn() } else { 0 })
    }

    fn flee(&self, arena: &mut ArenaMut<'_>, from: Cell) -> Option<u8> {
        let geometry = arena.table.geometry;
        let here = self.here(arena);
        let distance = |cell: Cell| {
            let (dy, dx) = geometry.offset(from, cell);
            dy.abs() + dx.abs()
        };
        let (free, first) = (self.free_directions(arena), self.first_direction(arena));
        let mut best = (distance(here), None);
        for direction in (0..4).map(|i| (i + first) & 3) {
            let there = distance(geometry.step(here, direction));
            if free[usize::from(direction)] && there > best.0 {
                best = (there, Some(direction));
            }
        }
        best.1.and_then(|d| self.step(arena, d))
    }

    fn face(&self, arena: &ArenaMut<'_>, at: Cell) -> Option<u8> {
        let geometry = &arena.table.geometry;
        let (dy, dx) = geometry.offset(self.here(arena), at);
        if (dy, dx) == (0, 0) {
            return None;
        }
        let direction: u8 = match (dy.abs() >= dx.abs(), dy < 0, dx > 0) {
            (true, true, _) => 0,
            (true, false, _) => 2,
            (false, _, true) => 1,
            (false, _, false) => 3,
        };
        let turn = direction.wrapping_sub(arena.agents.facing[self.slot].0) & 3;
        let moves = self.moves(arena);
        let action = match turn {
            0 => return None,
            3 if moves.turn_left != 0 => moves.turn_left,
            _ if moves.turn_right != 0 => moves.turn_right,
            _ => moves.absolute[usize::from(direction)],
        };
        (action != 0).then_some(action)
    }
}
