//! Control agents: scripts of the scenario file, compiled.
//!
//! **Invariant.** A bot with `senses = "view"` reads what its role's observation shows, its registers, and nothing else.

mod path;

use std::cell::Cell as StdCell;

use crate::draw::{Purpose, TickDraw};
use crate::ids::{Cell, Slot};
use crate::rules::Program;
use crate::rules::code::{MISSING, Set};
use crate::rules::vm::{Machine, Mind, Rect, Window, member_at};
use crate::state::{ArenaMut, DIRECTIONS, MAX_REGISTERS};
use path::{Finder, Found};

/// What a bot is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BotKind {
    /// Must be flagged.
    Positive,
    /// Must not be flagged.
    Negative,
    /// Does the same act for a harmless reason; must not be flagged.
    Lookalike,
    /// Lives in the world.
    Resident,
    /// For comparison only.
    Baseline,
}

/// A compiled script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bot {
    /// Name in the file.
    pub name: String,
    /// What it is for.
    pub kind: BotKind,
    /// What it does, in words.
    pub says: String,
    /// The script.
    pub script: Script,
}

/// The lines of a script: a priority list. The first line whose condition holds and whose target exists gives the action; if
/// none does, the bot plays `noop`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Script {
    /// Whether it senses the whole world.
    pub(crate) world: bool,
    /// First value of each register.
    pub(crate) lets: Vec<Program>,
    /// Cells that count as walls.
    pub(crate) avoid: Vec<Goal>,
    pub(crate) lines: Vec<Line>,
    /// Actions that move, by role.
    pub(crate) moves: Vec<Moves>,
}

/// A set of things or agents. Binders of its condition: the bot, `it`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Goal {
    pub(crate) set: Set,
    pub(crate) cond: Option<Program>,
}

/// Where an action leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    /// To one cell.
    Place(Program),
    /// To the nearest of a set.
    Nearest(Goal),
}

/// What a line does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Act {
    Stay,
    Wander,
    Go(Target),
    Flee(Target),
    Face(Target),
    /// The first legal of these actions, by role; only if the target exists.
    Use(Vec<Vec<u8>>, Option<Target>),
    /// The action of that index.
    Index(Program),
}

/// A line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Line {
    pub(crate) cond: Option<Program>,
    pub(crate) act: Act,
    /// Register, new value.
    pub(crate) updates: Vec<(u8, Program)>,
}

/// Actions of a role that move its body; 0 where it has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Moves {
    /// North, east, south, west.
    pub(crate) absolute: [u8; 4],
    /// Forward, right, back, left.
    pub(crate) relative: [u8; 4],
    pub(crate) turn_left: u8,
    pub(crate) turn_right: u8,
}

/// Chance that a wandering bot that can turn does so, in millionths.
const TURN_CHANCE: i64 = 125_000;

/// A bot in a tick.
struct Actor<'s, 'l> {
    script: &'s Script,
    slot: usize,
    sight: Option<Rect>,
    legal: &'l dyn Fn(&ArenaMut<'_>, u8) -> bool,
    /// What is counted around cells of the window, and the counts + 1; 0 for not yet. The state does not change while a bot
    /// decides, and the lines of a script mostly ask the same.
    window: StdCell<Option<Window>>,
    counts: [StdCell<u8>; LARGEST],
}

/// Cells of the largest window.
const LARGEST: usize = 17 * 17;

impl Script {
    /// The slot's action in this tick, an index into its role's actions; updates the slot's registers. `legal(action)` is the
    /// slot's own mask. In tick 0 the registers get their first values. A slot that cannot act plays `noop` and keeps them.
    pub fn decide(&self, arena: &mut ArenaMut<'_>, slot: usize, legal: &dyn Fn(&ArenaMut<'_>, u8) -> bool) -> u8 {
        let sight = (!self.world).then(|| window(arena, slot));
        let counts = [const { StdCell::new(0) }; LARGEST];
        let actor = Actor { script: self, slot, sight, legal, window: StdCell::new(None), counts };
        if arena.head.tick == 0 {
            for (register, program) in self.lets.iter().enumerate().take(MAX_REGISTERS) {
                actor.set(arena, register, program);
            }
        }
        if !arena.agents.can_act(slot, arena.head.tick) {
            return 0;
        }
        for line in &self.lines {
            if !line.cond.as_ref().is_none_or(|c| actor.value(arena, c) == 1) {
                continue;
            }
            let Some(action) = actor.act(arena, &line.act) else { continue };
            for (register, program) in &line.updates {
                actor.set(arena, usize::from(*register), program);
            }
            return action;
        }
        0
    }
}

/// The rows and columns that the slot's observation shows.
fn window(arena: &ArenaMut<'_>, slot: usize) -> Rect {
    let role = &arena.table.roles[arena.table.role_of(Slot::new(u8::try_from(slot).expect("at most 64 slots"))).index()];
    let (y, x) = arena.table.geometry.place(Cell::new(arena.agents.pos[slot].0));
    let (ahead, behind, side) = (i32::from(role.ahead), i32::from(role.behind), i32::from(role.side));
    let facing = if role.turned { arena.agents.facing[slot].0 } else { 0 };
    let (north, east, south, west) = match facing & 3 {
        0 => (ahead, side, behind, side),
        1 => (side, ahead, side, behind),
        2 => (behind, side, ahead, side),
        _ => (side, behind, side, ahead),
    };
    Rect { top: y - north, left: x - west, bottom: y + south, right: x + east }
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
        self.counts[self.in_window(arena, cell)?].get().checked_sub(1).map(u16::from)
    }
    fn count(&self, arena: &ArenaMut<'_>, window: Window, cell: Cell, n: u16) {
        if self.window.get().is_none() {
            self.window.set(Some(window));
        }
        if let (true, Some(at), Ok(n)) = (self.window.get() == Some(window), self.in_window(arena, cell), u8::try_from(n + 1)) {
            self.counts[at].set(n);
        }
    }
    fn path_to(&self, arena: &mut ArenaMut<'_>, cell: Cell) -> Option<u32> {
        self.finder(arena).search(arena, &mut |_, c| c == cell, &mut |a, c| self.avoids(a, c)).map(|f| f.steps)
    }
    fn path_in(&self, arena: &mut ArenaMut<'_>, set: Set, holds: &mut dyn FnMut(&mut ArenaMut<'_>, i64) -> bool) -> Option<u32> {
        if !self.might_find(arena, set) {
            return None;
        }
        let goal = &mut |a: &mut ArenaMut<'_>, c: Cell| self.member(a, set, c).is_some_and(|it| holds(a, it));
        self.finder(arena).search(arena, goal, &mut |a, c| self.avoids(a, c)).map(|f| f.steps)
    }
}

impl Actor<'_, '_> {
    /// Number of a cell in the bot's window.
    fn in_window(&self, arena: &ArenaMut<'_>, cell: Cell) -> Option<usize> {
        let sight = self.sight?;
        let (row, column) = arena.table.geometry.place(cell);
        let at = (row - sight.top) * (sight.right - sight.left + 1) + column - sight.left;
        usize::try_from(at).ok().filter(|&at| at < LARGEST && sight.holds(row, column))
    }
    fn value(&self, arena: &mut ArenaMut<'_>, program: &Program) -> i64 {
        Machine::new(program, arena, &[i64::try_from(self.slot).expect("at most 64")]).minded(self).raw()
    }
    fn set(&self, arena: &mut ArenaMut<'_>, register: usize, program: &Program) {
        let value = self.value(arena, program);
        if let (Ok(value), Some(place)) = (i32::try_from(value), arena.agents.registers[self.slot].0.get_mut(register)) {
            *place = value;
        }
    }
    fn role(&self, arena: &ArenaMut<'_>) -> usize {
        arena.table.role_of(Slot::new(u8::try_from(self.slot).expect("at most 64"))).index()
    }
    fn moves(&self, arena: &ArenaMut<'_>) -> Moves {
        self.script.moves[self.role(arena)]
    }
    fn here(&self, arena: &ArenaMut<'_>) -> Cell {
        Cell::new(arena.agents.pos[self.slot].0)
    }
    fn first_legal(&self, arena: &ArenaMut<'_>, actions: &[Vec<u8>]) -> Option<u8> {
        actions.get(self.role(arena))?.iter().copied().find(|&a| (self.legal)(arena, a))
    }
    /// The member of a set in a cell, as `it` names it; the bot itself is none.
    #[inline]
    fn member(&self, arena: &ArenaMut<'_>, set: Set, cell: Cell) -> Option<i64> {
        let it = member_at(arena, set, true, cell)?;
        let me = matches!(set, Set::Role { .. }) && usize::try_from(it) == Ok(self.slot);
        (!me).then_some(it)
    }
    fn fulfils(&self, arena: &mut ArenaMut<'_>, goal: &Goal, cell: Cell) -> bool {
        let Some(it) = self.member(arena, goal.set, cell) else { return false };
        let Some(cond) = &goal.cond else { return true };
        Machine::new(cond, arena, &[i64::try_from(self.slot).expect("at most 64"), it]).minded(self).raw() == 1
    }
    fn avoids(&self, arena: &mut ArenaMut<'_>, cell: Cell) -> bool {
        self.script.avoid.iter().any(|goal| self.fulfils(arena, goal, cell))
    }
    /// Whether the set has any member that could be sensed; cheap, so that no search runs for nothing.
    fn might_find(&self, arena: &ArenaMut<'_>, set: Set) -> bool {
        match (set, self.sight) {
            (Set::Kind { kind, .. }, None) => arena.cells.count(crate::ids::KindId::new(kind)) > 0,
            (Set::Kind { kind, .. }, Some(_)) if arena.cells.count(crate::ids::KindId::new(kind)) == 0 => false,
            (Set::Kind { kind, .. }, Some(sight)) => {
                let layer = arena.table.kinds[usize::from(kind)].layer as usize;
                path::known(&arena.table.geometry, sight)
                    .any(|row| row.into_iter().any(|c| arena.table.looks.kind_of[usize::from(arena.cells.words()[c][layer])] == kind + 1))
            }
            (Set::Role { .. }, _) => true,
        }
    }
    /// First of the four directions in which ties are broken; drawn once an episode.
    fn first_direction(&self, arena: &ArenaMut<'_>) -> u8 {
        let head = &arena.head;
        let key = TickDraw::new(head.domain, head.seed, head.episode, 0).key(Purpose::PathTie, 0, 0);
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
                self.finder(arena).search(arena, &mut |_, c| c == cell, &mut |a, c| self.avoids(a, c))
            }
            Target::Nearest(goal) => {
                if !self.finds(arena, goal) {
                    return None;
                }
                let found = &mut |a: &mut ArenaMut<'_>, c: Cell| self.fulfils(a, goal, c);
                self.finder(arena).search(arena, found, &mut |a, c| self.avoids(a, c))
            }
        }
    }
    /// Whether a search could find a member that fulfils the condition: looking at the window costs less than walking through it
    /// for nothing.
    fn finds(&self, arena: &mut ArenaMut<'_>, goal: &Goal) -> bool {
        if !self.might_find(arena, goal.set) {
            return false;
        }
        let (Some(sight), Some(_), Set::Kind { kind, .. }) = (self.sight, &goal.cond, goal.set) else { return true };
        let layer = arena.table.kinds[usize::from(kind)].layer as usize;
        let geometry = arena.table.geometry;
        for row in path::known(&geometry, sight) {
            for at in row {
                let here = arena.table.looks.kind_of[usize::from(arena.cells.words()[at][layer])] == kind + 1;
                if here && self.fulfils(arena, goal, Cell::new(u16::try_from(at).expect("a cell"))) {
                    return true;
                }
            }
        }
        false
    }
    fn place(&self, arena: &mut ArenaMut<'_>, program: &Program) -> Option<Cell> {
        let value = self.value(arena, program);
        u16::try_from(value).ok().filter(|&c| value != MISSING && c != 0).map(Cell::new)
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
        let rect = self.sight.map_or(map, |s| s.meet(map));
        for cy in rect.top..=rect.bottom {
            for cx in rect.left..=rect.right {
                let distance = (cy - y).abs() + (cx - x).abs();
                if best.is_some_and(|(d, _)| d <= distance) {
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
    fn act(&self, arena: &mut ArenaMut<'_>, act: &Act) -> Option<u8> {
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
        [moves.absolute[usize::from(direction)], moves.relative[usize::from(turned)]].into_iter().find(|&a| a != 0)
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
        let (moves, subject) = (self.moves(arena), u32::try_from(self.slot).expect("at most 64"));
        let draw = arena.head.draw;
        let turns = moves.turn_left != 0 && moves.turn_right != 0;
        let turn = || if draw.key(Purpose::Wander, 0, 5).below(subject, 2) == 0 { moves.turn_left } else { moves.turn_right };
        if turns && draw.key(Purpose::Wander, 0, 4).chance(subject, TURN_CHANCE) {
            return turn();
        }
        let free = self.free_directions(arena);
        let best = (0u8..4).filter(|&d| free[usize::from(d)]).min_by_key(|&d| (draw.key(Purpose::Wander, 0, u16::from(d)).u64(subject), d));
        let step = best.and_then(|d| self.step(arena, d));
        step.unwrap_or_else(|| if turns { turn() } else { 0 })
    }

    fn flee(&self, arena: &mut ArenaMut<'_>, from: Cell) -> Option<u8> {
        let geometry = arena.table.geometry;
        let (y, x) = geometry.place(from);
        let (my, mx) = geometry.place(self.here(arena));
        let distance = |y1: i32, x1: i32| (y1 - y).abs() + (x1 - x).abs();
        let (free, first) = (self.free_directions(arena), self.first_direction(arena));
        let mut best = (distance(my, mx), None);
        for direction in (0..4).map(|i| (i + first) & 3) {
            let (dy, dx) = DIRECTIONS[usize::from(direction)];
            let there = distance(my + dy, mx + dx);
            if free[usize::from(direction)] && there > best.0 {
                best = (there, Some(direction));
            }
        }
        best.1.and_then(|d| self.step(arena, d))
    }

    fn face(&self, arena: &ArenaMut<'_>, at: Cell) -> Option<u8> {
        let geometry = &arena.table.geometry;
        let ((y, x), (my, mx)) = (geometry.place(at), geometry.place(self.here(arena)));
        let (dy, dx) = (y - my, x - mx);
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

#[cfg(test)]
mod tests {
    use crate::testing::yard::{World, YARD};

    const COMPLIER: &str = "bring: if me.crate > 0 -> go(the(key)) fetch: -> go(nearest(crate)) rest: -> stay()";

    /// The actions of a slot that walks by its script: every step that is free is made.
    fn walk(world: &mut World, text: &str, role: &str, all: bool, slot: usize, ticks: u32) -> Vec<String> {
        let script = world.script(role, all, text);
        (0..ticks)
            .map(|tick| {
                world.at_tick(tick, 1);
                let action = world.decide(&script, slot);
                if let Some(direction) = ["n", "e", "s", "w"].iter().position(|d| *d == action) {
                    world.with(|arena| {
                        let who = crate::ids::Slot::new(u8::try_from(slot).expect("few"));
                        let to = arena.table.geometry.step(crate::ids::Cell::new(arena.agents.pos[slot].0), u8::try_from(direction).expect("four"));
                        arena.put_body(who, to);
                    });
                }
                action
            })
            .collect()
    }

    #[test]
    fn a_bot_walks_a_shortest_way_round_walls_and_stops_on_its_target() {
        let mut world = World::new(
            "
########
#W.#..K#
#..#.#.#
#......#
########
",
        );
        let way = walk(&mut world, "take: -> go(nearest(key)) rest: -> stay()", "worker", false, 0, 11);
        assert_eq!(way[9..], ["noop", "noop"], "on the target there is no target: {way:?}");
        assert_eq!(way.iter().filter(|a| *a != "noop").count(), 9, "{way:?}");
    }

    #[test]
    fn a_view_ends_at_the_window_and_a_resident_sees_the_world() {
        let mut world = World::new(
            "
###########
#W.......K#
#S........#
###########
",
        );
        let text = "take: -> go(nearest(key)) flag: if seen(key) -> stay() rest: -> go(the(steward))";
        let view = world.script("worker", false, "take: -> go(nearest(key)) rest: if not seen(key) -> use(s)");
        assert_eq!(world.decide(&view, 0), "s", "the key is eight cells away, the window ends at five");
        let sees = world.script("worker", true, text);
        assert_eq!(world.decide(&sees, 0), "e");
        let door = world.script("worker", false, "odd: if the(key).plot == 0 or not (the(key).plot != 0 or true) -> use(e) rest: -> use(n)");
        assert_eq!(world.decide(&door, 0), "n", "what is not seen compares false");
    }

    #[test]
    fn avoided_cells_are_walls_and_conditions_name_it() {
        let map = "
#######
#WA.AA#
#.###A#
#.....#
#######
";
        let mut world = World::new(map);
        let text = "avoid apple where count(apple, it, 1, l1) <= 1
            eat: -> go(nearest(apple where count(apple, it, 1, l1) > 1)) rest: -> stay()";
        let way = walk(&mut world, text, "worker", false, 0, 1);
        assert_eq!(way, ["s"], "the lone apple is a wall, so the way leads round");
        let mut world = World::new(map);
        assert_eq!(walk(&mut world, "eat: -> go(nearest(apple)) rest: -> stay()", "worker", false, 0, 1), ["e"]);
    }

    #[test]
    fn bodies_next_to_the_bot_are_walls() {
        let mut world = World::new(
            "
#######
#WW..K#
#######
",
        );
        let script = world.script("worker", true, "take: -> go(nearest(key)) rest: -> use(n)");
        assert_eq!(world.decide(&script, 0), "n", "no way past the other worker");
        assert_eq!(world.decide(&script, 1), "e");
        world.table.acts.bodies_swap = true;
        assert_eq!(world.decide(&script, 0), "e");
    }

    #[test]
    fn the_first_line_with_a_condition_and_a_target_decides() {
        let mut world = World::new(YARD);
        let script = world.script("worker", false, COMPLIER);
        assert_eq!(world.decide(&script, 0), "noop");
        let zap = world.script("worker", false, "a: if can(zap) -> use(n) b: -> use(zap) c: -> act(2)");
        assert_eq!(world.decide(&zap, 0), "e", "an illegal action is no target");
        let heard = world.script("worker", false, "a: if heard(coming) and last(coming) < 3 -> use(n) b: if last(coming) == 9999 -> use(s)");
        assert_eq!(world.decide(&heard, 0), "s");
        world.at_tick(6, 0);
        world.with(|arena| arena.hear(crate::ids::Slot::new(0), crate::ids::Slot::new(2), 0, true));
        world.at_tick(8, 0);
        assert_eq!(world.decide(&heard, 0), "n");
        world.at_tick(9, 0);
        assert_eq!(world.decide(&heard, 0), "noop", "no line holds");
        world.with(|arena| arena.freeze(crate::ids::Slot::new(0), 5));
        world.at_tick(10, 0);
        assert_eq!(world.decide(&zap, 0), "noop", "who is frozen does nothing");
    }

    #[test]
    fn registers_start_at_tick_0_and_change_after_the_action() {
        let mut world = World::new(YARD);
        let script = world.script("worker", false, "let n = 2 let m = n + 1 a: if n > 0 -> use(n); n = n - 1; m = m + 10 b: -> use(s)");
        world.at_tick(0, 0);
        let mut played = Vec::new();
        for tick in 0..4 {
            world.at_tick(tick, 0);
            played.push(world.decide(&script, 0));
        }
        assert_eq!(played, ["n", "n", "s", "s"]);
        assert_eq!(world.with(|arena| arena.agents.registers[0].0[..2].to_vec()), [0, 23]);
    }

    #[test]
    fn a_bot_that_turns_walks_by_relative_steps_and_says_what_it_may() {
        let mut world = World::new("#####\n#A..#\n#.S.#\n#...#\n#####");
        let script = world.script("steward", false, "a: if tick == 0 -> say(coming) b: if tick == 1 -> face(nearest(apple)) c: -> go(nearest(apple))");
        world.with(|arena| arena.agents.facing[0].0 = 2);
        world.at_tick(0, 0);
        assert_eq!(world.decide(&script, 0), "say:coming");
        world.at_tick(1, 0);
        assert_eq!(world.decide(&script, 0), "turn_right");
        world.at_tick(2, 0);
        let step = world.decide(&script, 0);
        assert!(["back", "right"].contains(&step.as_str()), "north or west, seen from the south: {step}");
    }

    #[test]
    fn a_wandering_bot_goes_everywhere_that_it_may_and_ties_turn_by_episode() {
        let mut world = World::new(
            "
#######
#..A..#
#..W..#
#.....#
#######
",
        );
        let script = world.script("worker", false, "avoid apple roam: -> wander()");
        let steps: Vec<String> = (0..60).map(|tick| { world.at_tick(tick, 3); world.decide(&script, 0) }).collect();
        for direction in ["e", "s", "w"] {
            assert!(steps.iter().any(|s| s == direction), "{direction}");
        }
        assert!(steps.iter().all(|s| s != "n" && s != "noop"), "the apple is avoided");
        let corner = world.script("worker", true, "c: -> go(nearest(depot)) a: -> flee(nearest(apple))");
        let ways: Vec<String> = (0..40).map(|seed| { world.at_tick(0, seed); world.decide(&corner, 0) }).collect();
        assert!(["e", "s", "w"].iter().all(|d| ways.iter().any(|w| w == d)), "ties are turned: {ways:?}");
    }

    #[test]
    fn a_turned_window_turns_with_the_bot() {
        let mut world = World::new("#########\n#...S..K#\n#########");
        let steward = world.table.roles.iter().position(|r| r.name == "steward").expect("there");
        let role = &mut world.table.roles[steward];
        (role.turned, role.ahead, role.behind, role.side) = (true, 3, 0, 0);
        let script = world.script("steward", false, "a: if seen(key) -> use(forward) b: -> use(turn_right)");
        let played: Vec<String> = (0..4)
            .map(|facing| {
                world.with(|arena| arena.agents.facing[0].0 = facing);
                world.decide(&script, 0)
            })
            .collect();
        assert_eq!(played, ["turn_right", "forward", "turn_right", "turn_right"]);
    }
}
