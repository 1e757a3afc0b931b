//! `move`: bodies step, one after the other in the tick's order of slots; an occupied cell blocks.

use bevy_ecs::change_detection::DetectChangesMut;
use bevy_ecs::query::With;
use bevy_ecs::system::{Query, Res, ResMut};
use serde::Deserialize;

use super::{
    Decimal, Install, Mechanic, MechanicDef, Objection, Reference, read_config, roles_of, speaks,
};
use crate::draw::Purpose;
use crate::event::{EventRow, Part};
use crate::ids::{Cell, EventId, Num};
use crate::phase::Phase;
use crate::state::{Agent, Arenas, BODY, Chosen, Facing, Geometry, LOOK, Layer, Pos, Table, Type};

/// Bodies step from cell to cell, one after the other in the tick's drawn order of slots. What is solid, and an occupied cell,
/// blocks. A step that fails still counts as the action of the tick.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How agents steer: `compass4` has the verbs `n e s w`, which also set the facing; `turn` has `forward back left right`,
    /// relative to the facing and keeping it, and `turn_left turn_right`.
    pub mode: Mode,
    /// What happens on an occupied cell: `block`, or `swap`: the two exchange cells, each body once a tick.
    #[serde(default)]
    pub collide: Collide,
    /// Bodies move only in every so-manieth tick, 1 to 16.
    #[serde(default = "one")]
    pub every: u32,
    /// Chance that a step goes into a drawn direction, 0 to 1.
    #[serde(default)]
    pub slip: Decimal,
    /// Whether the window of observation turns with the agent. Without it: it does exactly in mode `turn`.
    #[serde(default)]
    pub turn_view: Option<bool>,
    /// Roles that can move; all without it.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

/// How agents steer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Four absolute directions.
    Compass4,
    /// Relative steps and turns.
    Turn,
}

/// What happens on an occupied cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Collide {
    /// The mover stays.
    #[default]
    Block,
    /// The two exchange cells.
    Swap,
}

fn one() -> u32 {
    1
}

/// Arguments of the actions: 0–3 absolute directions, 4–7 relative ones (forward, right, back, left), then the turns.
const RELATIVE: u8 = 4;
const TURN_LEFT: u8 = 8;
const TURN_RIGHT: u8 = 9;

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "move",
    named: false,
    doc: "Bodies step from cell to cell, one after the other in the tick's drawn order of slots.",
    events: &[
        ("moved", &[Type::Slot, Type::Cell, Type::Cell]),
        ("bumped", &[Type::Slot, Type::Cell]),
        ("blocked", &[Type::Slot, Type::Slot]),
    ],
    fields: &[],
    needs: &[],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

impl Mechanic for Config {
    fn asks_facing(&self) -> bool {
        self.mode == Mode::Turn
    }
    fn timeless(&self) -> bool {
        self.every == 1 && self.slip == Decimal(0)
    }
    fn references(&self) -> Vec<Reference> {
        roles_of(self.by.as_ref())
    }
    fn object(&self) -> Vec<Objection> {
        let mut out = Vec::new();
        if !(1..=16).contains(&self.every) {
            out.push(Objection::new(
                "every",
                format!("`every` must be from 1 to 16, found {}", self.every),
                "write `every = 1`",
            ));
        }
        out.extend(Objection::chance("slip", self.slip));
        out
    }
    fn verbs(&self, _instance: &str, role: &str) -> Vec<(String, String, u8)> {
        if !speaks(self.by.as_ref(), role) {
            return Vec::new();
        }
        let list: &[(&str, u8)] = match self.mode {
            Mode::Compass4 => &[("n", 0), ("e", 1), ("s", 2), ("w", 3)],
            Mode::Turn => &[
                ("forward", RELATIVE),
                ("back", RELATIVE + 2),
                ("left", RELATIVE + 3),
                ("right", RELATIVE + 1),
                ("turn_left", TURN_LEFT),
                ("turn_right", TURN_RIGHT),
            ],
        };
        list.iter()
            .map(|&(name, argument)| (name.to_owned(), name.to_owned(), argument))
            .collect()
    }
    fn turns_windows(&self) -> Option<bool> {
        Some(self.turn_view.unwrap_or(self.mode == Mode::Turn))
    }
    fn prepare(&self, _instance: &str, table: &mut Table) {
        table.acts.bodies_move = true;
        table.acts.bodies_swap = self.collide == Collide::Swap;
    }
    fn install(&self, _instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let wanted = |name| table.event(name).filter(|e| table.events[e.index()].wanted);
        let step = Step {
            position: at.position,
            swap: self.collide == Collide::Swap,
            every: self.every,
            slip: self.slip.0,
            roles: super::role_offsets(table),
            steps: steps(table.geometry, &at.arguments()),
            arguments: at.arguments(),
            moved: wanted("moved"),
            bumped: wanted("bumped"),
            pushes: !table.acts.pushes.is_empty(),
            overrides: table.event("overridden").is_some(),
            pulls: table.acts.pushes.iter().any(|p| p.pull),
            blocked: wanted("blocked"),
        };
        at.system(
            Phase::Move,
            move |table: Res<Table>,
                  mut arenas: ResMut<Arenas>,
                  mut agents: Query<AgentsOfMove, With<Agent>>| {
                let Some((pos, facing, chosen)) =
                    agents.contiguous_iter_mut().ok().and_then(|mut t| t.next())
                else {
                    return;
                };
                let mut columns = Columns {
                    pos: super::slice(pos),
                    facing: super::slice(facing),
                    chosen,
                };
                step.run(&table, arenas.bypass_change_detection(), &mut columns);
            },
        );
    }
}

type AgentsOfMove = (&'static mut Pos, &'static mut Facing, &'static Chosen);

struct Columns<'a> {
    pos: &'a mut [Pos],
    facing: &'a mut [Facing],
    chosen: &'a [Chosen],
}

struct Step {
    position: u8,
    swap: bool,
    every: u32,
    slip: Num,
    roles: Vec<u16>,
    arguments: Vec<u8>,
    /// For each role · 256 + action and facing: what a step adds to the cell, wrapping (0 for none), and the facing afterwards.
    steps: Vec<(u16, u8)>,
    moved: Option<EventId>,
    bumped: Option<EventId>,
    /// Whether bodies push or pull things.
    pushes: bool,
    /// Whether rules may run before anybody moves.
    overrides: bool,
    pulls: bool,
    blocked: Option<EventId>,
}

impl Step {
    fn run(&self, table: &Table, arenas: &mut Arenas, columns: &mut Columns<'_>) {
        let n = self.roles.len();
        let logs =
            self.pushes || self.moved.is_some() || self.bumped.is_some() || self.blocked.is_some();
        for arena in 0..arenas.n {
            let rows = arena * n..(arena + 1) * n;
            let mut one = Columns {
                pos: &mut columns.pos[rows.clone()],
                facing: &mut columns.facing[rows.clone()],
                chosen: &columns.chosen[rows],
            };
            if arenas.acting(arena, self.position) == 0 {
                continue;
            }
            if logs
                || self.overrides
                || self.swap
                || self.slip > 0
                || self.every > 1
                || table.geometry.wrap
            {
                self.slow(table, arenas, arena, &mut one);
            } else {
                self.fast(table, arenas, arena, &mut one);
            }
        }
    }

    /// The common case: no event wanted, no exchange, no slip, no torus. Whoever does not step takes one of length 0.
    #[inline]
    fn fast(&self, table: &Table, arenas: &mut Arenas, arena: usize, one: &mut Columns<'_>) {
        let mut arrived = 0u64;
        let (mut cells, order) = arenas.cells_and_order(table, arena);
        for &who in order {
            let slot = usize::from(who);
            let (from, facing) = (one.pos[slot].0, one.facing[slot].0);
            let row = usize::from(self.roles[slot]) + usize::from(one.chosen[slot].0);
            let (length, turned) = self.steps[row * 4 + usize::from(facing & 3)];
            one.facing[slot].0 = turned;
            let to = from.wrapping_add(length);
            let moved = cells.step_body(who, turned, Cell::new(from), Cell::new(to));
            one.pos[slot].0 = if moved { to } else { from };
            arrived |= u64::from(moved).wrapping_shl(u32::from(who));
        }
        arenas.arrived[arena] |= arrived;
    }

    /// Everything: the same steps, with events, slips, exchanges and things that are pushed.
    fn slow(&self, table: &Table, arenas: &mut Arenas, arena: usize, one: &mut Columns<'_>) {
        let head = arenas.heads[arena];
        if !head.tick.is_multiple_of(self.every) {
            return;
        }
        let slips = head.draw.key(Purpose::Slip, 0, 0);
        let into = head.draw.key(Purpose::Slip, 0, 1);
        let mut swapped = [false; crate::state::MAX_SLOTS];
        for nth in 0..self.roles.len() {
            let slot = usize::from(arenas.order(arena)[nth]);
            let argument =
                self.arguments[usize::from(self.roles[slot]) + usize::from(one.chosen[slot].0)];
            let Some(argument) = argument.checked_sub(1) else {
                continue;
            };
            let (mut direction, facing) = directions(argument, one.facing[slot].0);
            let subject = u32::try_from(slot).expect("at most 64");
            if direction.is_some() && slips.chance(subject, self.slip) {
                direction = u8::try_from(into.below(subject, 4)).ok();
            }
            let from = Cell::new(one.pos[slot].0);
            let mut cells = arenas.cells(table, arena);
            // Rules that answer an override may have taken the body off the map.
            if usize::from(cells.word(from)[BODY]) != slot + 1 {
                continue;
            }
            one.facing[slot].0 = facing;
            cells.turn_body(from, facing);
            let [.., body, look, _] = cells.word(from);
            let Some(direction) = direction else { continue };
            let to = table.geometry.step(from, direction);
            let target = cells.word(to);
            let actor = i64::try_from(slot).expect("small");
            let at = |e: EventId| {
                let mut row = EventRow::new(e);
                row.set(Part::A, actor);
                row.set(
                    Part::Cell,
                    i64::from(if Some(e) == self.moved {
                        from.get()
                    } else {
                        to.get()
                    }),
                );
                row
            };
            // Solid things come before bodies: a belt may have carried one over a body, and then nobody else comes in.
            let solid = table.looks.blocks_move[usize::from(target[Layer::Solid as usize])];
            if target[BODY] != 0 && !solid {
                let other = usize::from(target[BODY]) - 1;
                if self.swap && !swapped[slot] && !swapped[other] {
                    (swapped[slot], swapped[other]) = (true, true);
                    cells.set_body(from, target[BODY], target[LOOK]);
                    cells.set_body(to, body, look);
                    (one.pos[slot], one.pos[other]) = (Pos(to.get()), Pos(from.get()));
                    arenas.arrived[arena] |= 1 << slot | 1 << other;
                    if let Some(event) = self.moved {
                        for (who, from, to) in [(slot, from, to), (other, to, from)] {
                            let mut row = EventRow::new(event);
                            row.set(Part::A, i64::try_from(who).expect("small"));
                            row.set(Part::Cell, i64::from(from.get()));
                            row.set(Part::X, i64::from(to.get()));
                            arenas.emit(table, arena, row);
                        }
                    }
                } else if let Some(event) = self.blocked {
                    let mut row = at(event);
                    row.cell = 0;
                    row.set(Part::B, i64::try_from(other).expect("small"));
                    arenas.emit(table, arena, row);
                }
            } else if solid && !(self.pushes && arenas.push(table, arena, slot, to, direction)) {
                if let Some(event) = self.bumped {
                    arenas.emit(table, arena, at(event));
                }
            } else {
                arenas.cells(table, arena).move_body(from, to);
                one.pos[slot] = Pos(to.get());
                arenas.arrived[arena] |= 1 << slot;
                if let Some(event) = self.moved {
                    let mut row = at(event);
                    row.set(Part::X, i64::from(to.get()));
                    arenas.emit(table, arena, row);
                }
                if self.pulls {
                    arenas.pull(table, arena, slot, from, direction);
                }
            }
        }
    }
}

/// See [`Step::steps`].
fn steps(geometry: Geometry, arguments: &[u8]) -> Vec<(u16, u8)> {
    let one = |argument: u8, facing: u8| {
        let Some(argument) = argument.checked_sub(1) else {
            return (0, facing);
        };
        let (direction, turned) = directions(argument, facing);
        let length = direction.map_or(0, |d| {
            let here = Cell::new(u16::MAX / 2);
            geometry.step(here, d).get().wrapping_sub(here.get())
        });
        (length, turned)
    };
    let each = |&argument: &u8| (0..4).map(move |facing| one(argument, facing));
    arguments.iter().flat_map(each).collect()
}

/// Absolute direction of the step, if it is one, and the facing afterwards.
#[inline]
fn directions(argument: u8, facing: u8) -> (Option<u8>, u8) {
    match argument {
        0..RELATIVE => (Some(argument), argument),
        RELATIVE..TURN_LEFT => (Some((facing + argument - RELATIVE) & 3), facing),
        TURN_LEFT => (None, (facing + 3) & 3),
        _ => (None, (facing + 1) & 3),
    }
}

#[cfg(test)]
mod tests {
    use crate::batch::{Out, Serial};
    use crate::testing::{batch, compile, many, place, put, tick};

    #[test]
    fn walls_and_bodies_block() {
        let world = compile(
            "#####\n#A.B#\n#####",
            &[("move", "", r#"{"mode":"compass4"}"#)],
        );
        let mut b = batch(&world);
        put(&mut b, 0, 1, 2, 0);
        let other = place(&mut b, 1);
        let toward = if other.1 == 3 { "e" } else { "w" };
        assert_eq!(tick(&mut b, &["n", "noop"]), "bumped agent_0 (0,2)");
        assert_eq!(tick(&mut b, &[toward, "noop"]), "blocked agent_0 agent_1");
        assert_eq!(place(&mut b, 0), (1, 2));
    }

    #[test]
    fn relative_moves_keep_the_facing_and_turns_keep_the_place() {
        let world = compile(
            "#####\n#...#\n#.A.#\n#...#\n#####",
            &[("move", "", r#"{"mode":"turn"}"#)],
        );
        let mut b = batch(&world);
        b.edit(0, |one| one.agents.facing[0].0 = 1);
        assert_eq!(tick(&mut b, &["forward"]), "moved agent (2,2) (2,3)");
        assert_eq!(tick(&mut b, &["back"]), "moved agent (2,3) (2,2)");
        assert_eq!(tick(&mut b, &["left"]), "moved agent (2,2) (1,2)");
        assert_eq!(tick(&mut b, &["right"]), "moved agent (1,2) (2,2)");
        assert_eq!(tick(&mut b, &["turn_right"]), "");
        assert_eq!(tick(&mut b, &["forward"]), "moved agent (2,2) (3,2)");
    }

    #[test]
    fn swapping_bodies_exchange_cells_once_a_tick() {
        let world = compile(
            "####\n#AB#\n####",
            &[("move", "", r#"{"mode":"compass4","collide":"swap"}"#)],
        );
        let mut b = batch(&world);
        let left = u8::from(place(&mut b, 0).1 != 1);
        let actions = if left == 0 { ["e", "w"] } else { ["w", "e"] };
        tick(&mut b, &actions);
        assert_eq!(place(&mut b, left).1, 2);
        assert_eq!(place(&mut b, 1 - left).1, 1);
    }

    /// Two bodies want the same cell in every tick: by the drawn order of slots each gets it half of the time.
    #[test]
    fn the_drawn_order_favours_no_slot_over_many_ticks() {
        let world = compile(
            "#####\n#A.B#\n#####",
            &[("move", "", r#"{"mode":"compass4"}"#)],
        );
        let arenas = 500_u16;
        let mut b = many(&world, arenas.into(), 3);
        let mut left_first = 0u32;
        let ticks = 200;
        for _ in 0..ticks {
            let mut actions = vec![0; usize::from(arenas) * 2];
            for k in 0..usize::from(arenas) {
                let (one, two) = b.edit(k, |one| (one.agents.pos[0].0, one.agents.pos[1].0));
                actions[2 * k] = if one < two { 2 } else { 4 };
                actions[2 * k + 1] = if one < two { 4 } else { 2 };
            }
            b.step(&[&actions], &mut [Out::default()], &Serial)
                .expect("a step");
            for k in 0..usize::from(arenas) {
                b.edit(k, |one| {
                    let home = one.table.geometry.cell(1, 2);
                    let mover = usize::from(one.agents.pos[0].0 != home.get());
                    left_first += u32::from(mover == 0);
                    assert_eq!(
                        one.agents.pos[mover].0,
                        home.get(),
                        "exactly one of them got the cell"
                    );
                    let other = one.agents.pos[1 - mover].0;
                    let back = if other > home.get() {
                        one.table.geometry.cell(1, 1)
                    } else {
                        one.table.geometry.cell(1, 3)
                    };
                    one.put_body(crate::ids::Slot::new(u8::from(mover == 1)), back);
                });
            }
        }
        let n = f64::from(ticks * u32::from(arenas));
        let z = (f64::from(left_first) - n / 2.0) / (n / 4.0).sqrt();
        assert!(
            z.abs() < 4.0,
            "slot 0 came first {left_first} times in {n}: z = {z}"
        );
    }
}
