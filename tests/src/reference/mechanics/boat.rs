//! `boat`: two rowers cross the water together, race after race.

use std::collections::BTreeMap;
use std::rc::Rc;

use commonweal_core::draw::Purpose;

use super::{Action, forget, may, note, noted};
use crate::reference::spec::Chosen;
use crate::reference::value::{Cell, Value};
use crate::reference::world::{World, small};

/// Boats at most.
const MOST: usize = 8;
/// How much farther than `land` a rower is put ashore, if all nearer cells are taken.
const FARTHER: i64 = 8;

fn number(n: usize) -> i64 {
    i64::try_from(n).expect("small")
}

/// The cell of a seat: boat · 2 + side.
fn seat_cell(world: &World, m: &Chosen, seat: usize) -> Option<Cell> {
    let n = i32::try_from(noted(world, m, "seat", seat)?).expect("a cell");
    Some((n / world.size.1, n % world.size.1))
}
fn moor_at(world: &mut World, m: &Chosen, seat: usize, cell: Cell) {
    let at = i64::from(world.subject(cell));
    note(world, m, "seat", seat, at);
}
/// Who sits there.
fn rower(world: &World, m: &Chosen, seat: usize) -> Option<usize> {
    noted(world, m, "rower", seat).map(|s| usize::try_from(s).expect("a slot"))
}
/// Where a slot sits.
fn sits(world: &World, m: &Chosen, slot: usize) -> Option<usize> {
    (0..2 * MOST).find(|&seat| rower(world, m, seat) == Some(slot))
}

/// Whoever is no longer where it sat, because of a rule or because its body is gone, sits no longer.
fn leave(world: &mut World, m: &Chosen) {
    for seat in 0..2 * MOST {
        let Some(slot) = rower(world, m, seat) else {
            continue;
        };
        let agent = &world.agents[slot];
        if !agent.body || agent.cell != seat_cell(world, m, seat) {
            forget(world, m, "rower", seat);
        }
    }
}

/// In the phase decide: who sits in a boat does nothing but row and flail.
pub fn sit_still(world: &mut World, m: &Chosen, chosen: &mut [Action]) {
    leave(world, m);
    for (slot, action) in chosen.iter_mut().enumerate() {
        let ours = action.mechanic == (m.name.clone(), m.instance.clone());
        if sits(world, m, slot).is_some() && !ours && action.verb != "noop" {
            let role = world.agents[slot].role;
            *action = super::actions(&world.spec, role).swap_remove(0);
            world.agents[slot].illegal += 1;
        }
    }
}

/// Whether a slot could row or flail now.
pub fn legal(world: &World, m: &Chosen, slot: usize) -> bool {
    let seat = super::kind_in(&world.spec, m, "seat");
    let cell = world.agents[slot].cell;
    cell.is_some_and(|c| world.placed(seat, c).is_some())
}

/// In the phase act.
pub fn boat(world: &mut World, m: &Chosen, chosen: &[Action]) {
    let spec = Rc::clone(&world.spec);
    let tick = i64::from(world.tick);
    moor(world, m);
    leave(world, m);
    let since = tick - noted(world, m, "start", 0).expect("noted when moored");
    let ticks = m.int(&spec, "ticks", 1);
    let outward = since / ticks % 2 == 0;
    let direction = if outward == m.flag("north", true) {
        0
    } else {
        2
    };
    for slot in 0..world.agents.len() {
        if world.arrived[slot] && may(world, m, slot) {
            embark(world, m, slot, direction);
        }
    }
    let strokes = strokes(world, m, chosen);
    for boat in 0..MOST {
        sail(world, m, boat, direction, &strokes);
    }
    for boat in 0..MOST {
        go_ashore(world, m, boat, direction);
    }
    if (since + 1) % ticks != 0 {
        return;
    }
    for slot in 0..world.agents.len() {
        if !may(world, m, slot) {
            continue;
        }
        let ashore = noted(world, m, "landed", slot).is_some();
        forget(world, m, "landed", slot);
        if !ashore && world.agents[slot].body {
            world.emit("stranded", vec![Value::Slot(slot)]);
            world.send_away(slot, None);
        }
    }
    for seat in 0..2 * MOST {
        forget(world, m, "rower", seat);
    }
}

/// At the beginning the boats lie where the map has two seats beside each other.
fn moor(world: &mut World, m: &Chosen) {
    if noted(world, m, "start", 0).is_some() {
        return;
    }
    note(world, m, "start", 0, i64::from(world.tick));
    let seat = super::kind_in(&world.spec, m, "seat");
    let is_seat = |world: &World, c: Cell| world.initial.contains(&(seat, c));
    let (mut boats, mut last) = (0, None);
    for (r, c) in world.cells() {
        let pair = [(r, c), (r, c + 1)];
        let apart = last.is_none_or(|l| l != (r, c));
        if boats < MOST && apart && pair.iter().all(|&p| is_seat(world, p)) {
            for (side, cell) in pair.into_iter().enumerate() {
                moor_at(world, m, 2 * boats + side, cell);
            }
            last = Some(pair[1]);
            boats += 1;
        }
    }
}

/// Whether a boat can go on: water lies ahead of both seats.
fn can_sail(world: &World, m: &Chosen, boat: usize, direction: usize) -> bool {
    let water = super::kind_in(&world.spec, m, "water");
    (0..2).all(|side| {
        let cell = seat_cell(world, m, 2 * boat + side);
        cell.is_some_and(|c| world.placed(water, world.step(c, direction)).is_some())
    })
}

fn embark(world: &mut World, m: &Chosen, slot: usize, direction: usize) {
    let agent = &world.agents[slot];
    let Some(cell) = agent.cell.filter(|_| agent.body) else {
        return;
    };
    let seat = (0..2 * MOST).find(|&s| seat_cell(world, m, s) == Some(cell));
    let Some(seat) = seat.filter(|&s| can_sail(world, m, s / 2, direction)) else {
        return;
    };
    if rower(world, m, seat).is_some() {
        return;
    }
    note(world, m, "rower", seat, number(slot));
    let fields = vec![Value::Slot(slot), Value::Cell(cell)];
    world.emit("embarked", fields);
}

/// Who rowed (true) or flailed in this tick, of those whose boat is full.
fn strokes(world: &mut World, m: &Chosen, chosen: &[Action]) -> BTreeMap<usize, bool> {
    let spec = Rc::clone(&world.spec);
    let (tick, rest) = (i64::from(world.tick), m.int(&spec, "rest", 5));
    let mut out = BTreeMap::new();
    for slot in world.order() {
        if chosen[slot].mechanic != (m.name.clone(), m.instance.clone()) {
            continue;
        }
        let rows = chosen[slot].verb == "row";
        let tired = rows && noted(world, m, "ready", slot).is_some_and(|t| t > tick);
        let Some(seat) = sits(world, m, slot).filter(|_| !tired) else {
            world.agents[slot].illegal += 1;
            continue;
        };
        if rows {
            // Rowing alone moves nothing and rests all the same.
            note(world, m, "ready", slot, tick + rest);
        }
        let boat = seat / 2;
        if rower(world, m, 2 * boat).is_some() && rower(world, m, 2 * boat + 1).is_some() {
            out.insert(slot, rows);
            let name = if rows { "rowed" } else { "flailed" };
            world.emit(name, vec![Value::Slot(slot)]);
        }
    }
    out
}

fn sail(
    world: &mut World,
    m: &Chosen,
    boat: usize,
    direction: usize,
    strokes: &BTreeMap<usize, bool>,
) {
    let spec = Rc::clone(&world.spec);
    let seats = [2 * boat, 2 * boat + 1];
    let [Some(left), Some(right)] = seats.map(|s| rower(world, m, s)) else {
        return;
    };
    let did = [left, right].map(|slot| strokes.get(&slot).copied());
    let goes = if did == [Some(true); 2] {
        true
    } else if did.contains(&Some(false)) {
        let penalty = m.num(&spec, "penalty", 0);
        for (rowed, flailed, stroke) in [(left, right, did[0]), (right, left, did[1])] {
            if stroke == Some(true) && penalty != 0 {
                world.pay(rowed, 0, -penalty);
                let fields = vec![Value::Slot(flailed), Value::Slot(rowed)];
                world.emit("clashed", fields);
            }
        }
        let name = format!("boat.{}", m.instance);
        let p = m.num(&spec, "flail", 0);
        world.chance(Purpose::Flail, &name, small(boat), 0, p)
    } else {
        false
    };
    if !goes || !can_sail(world, m, boat, direction) {
        return;
    }
    for (seat, slot) in seats.into_iter().zip([left, right]) {
        let from = seat_cell(world, m, seat).expect("a boat lies somewhere");
        let to = world.step(from, direction);
        world.remove_body(slot);
        // The water of the cell ahead closes behind; what lies in the way of the boat in its layers is swallowed.
        let water = world.square(to).layers[1].expect("water lies there");
        let under = world.square(from).layers[3];
        for (cell, layer) in [(from, 1), (to, 3)] {
            if let Some(placed) = world.square(cell).layers[layer] {
                world.clear(placed.kind, cell);
            }
        }
        world.square_mut(to).layers[1] = None;
        world.square_mut(from).layers[3] = None;
        world.lay(water, from);
        if let Some(under) = under {
            world.lay(under, to);
        }
        world.put_body(slot, to);
        world.agents[slot].lands = true;
        moor_at(world, m, seat, to);
    }
    let cell = seat_cell(world, m, seats[0]).expect("a boat lies somewhere");
    let fields = vec![Value::Slot(left), Value::Slot(right), Value::Cell(cell)];
    world.emit("sailed", fields);
}

/// Both step ashore where the water ends, each as soon as a cell is free.
fn go_ashore(world: &mut World, m: &Chosen, boat: usize, direction: usize) {
    if can_sail(world, m, boat, direction) {
        return;
    }
    let land = m.int(&world.spec, "land", 1);
    for seat in [2 * boat, 2 * boat + 1] {
        let Some(slot) = rower(world, m, seat) else {
            continue;
        };
        let mut cell = seat_cell(world, m, seat).expect("a boat lies somewhere");
        for step in 1..=land + FARTHER {
            cell = world.step(cell, direction);
            if !world.inside(cell) {
                break;
            }
            if step >= land && world.is_free(cell) {
                world.remove_body(slot);
                world.put_body(slot, cell);
                world.agents[slot].lands = true;
                forget(world, m, "rower", seat);
                note(world, m, "landed", slot, 1);
                let fields = vec![Value::Slot(slot), Value::Cell(cell)];
                world.emit("landed", fields);
                break;
            }
        }
    }
}
