//! `beam`: all shots of a tick are fired before any of them hits.

use std::rc::Rc;

use super::Action;
use crate::reference::spec::{Chosen, Spec};
use crate::reference::value::{Cell, Value};
use crate::reference::world::{DIRECTIONS, World};

/// The cells of a beam, row by row, each from the shooter outward.
fn rays(m: &Chosen, spec: &Spec, facing: usize) -> Vec<(i32, Vec<Cell>)> {
    let length = i32::try_from(m.int(spec, "length", 3)).expect("at most 16");
    let radius = i32::try_from(m.int(spec, "radius", 1)).expect("at most 2");
    let (dr, dc) = DIRECTIONS[facing];
    let (sr, sc) = DIRECTIONS[(facing + 1) % 4];
    let at = |ahead: i32, side: i32| (dr * ahead + sr * side, dc * ahead + sc * side);
    let block = m.text("shape") == Some("block");
    let mut out = vec![(0, (1..=length).map(|k| at(k, 0)).collect())];
    for sign in [-1, 1] {
        for r in 1..=radius {
            let row = if block { 1..=length } else { 0..=length - r };
            out.push((sign * r, row.map(|k| at(k, sign * r)).collect()));
        }
    }
    out
}

/// A beam's number, and what it does to things.
struct Shot {
    number: usize,
    /// Whether bodies are hit, and every solid thing.
    hits: (bool, bool),
    struck: Vec<String>,
    clears: Vec<String>,
    paints: Option<usize>,
    through: Vec<String>,
    stops_at: Vec<String>,
    /// Whether a body ends a row.
    at_bodies: bool,
}

impl Shot {
    fn read(m: &Chosen, spec: &Spec) -> Self {
        let number = spec.beams.iter().position(|b| *b == m.instance);
        let hits = m.texts("hits");
        let has = |word: &str| hits.iter().any(|h| h == word);
        let both = has("both");
        Self {
            number: number.expect("a beam"),
            hits: (both || has("slots") || hits.is_empty(), both),
            clears: m.texts("clears"),
            paints: m.text("paints").and_then(|kind| spec.kind(kind)),
            through: m.texts("through"),
            stops_at: m.texts("stops_at"),
            at_bodies: m.text("stopped_by") != Some("solid"),
            struck: hits,
        }
    }
    /// Whether a thing in the cell ends a row: one that is solid and lets nothing through, or one at which the beam stops.
    fn stops(&self, world: &World, cell: Cell) -> bool {
        if !world.inside(cell) {
            return true;
        }
        let mut here = world.square(cell).layers.iter().flatten();
        here.any(|placed| {
            let name = &world.spec.kinds[placed.kind].name;
            self.stops_at.contains(name) || world.blocks(placed) && !self.through.contains(name)
        })
    }
}

/// `beam`: all shots of a tick are fired on the map as it is, then all bodies are hit, then things, cell by cell.
pub fn beam(world: &mut World, m: &Chosen, order: &[usize], chosen: &[Action]) {
    let spec = Rc::clone(&world.spec);
    let shot = Shot::read(m, &spec);
    let number = shot.number;
    let block = m.text("shape") == Some("block");
    let cooldown = u32::try_from(m.int(&spec, "cooldown", 10)).expect("a small number");
    let more = u32::from(m.text("next") != Some("c"));
    let (mut hits, mut cells) = (Vec::new(), Vec::new());
    for &slot in order {
        if chosen[slot].mechanic != (m.name.clone(), m.instance.clone()) {
            continue;
        }
        let from = world.agents[slot].cell.expect("a body has a cell");
        if world.agents[slot].ready_at[number] > world.tick {
            world.agents[slot].illegal += 1;
            continue;
        }
        world.agents[slot].ready_at[number] = world.tick + cooldown + more;
        world.emit("fired", vec![Value::Slot(slot), Value::Beam(number)]);
        world.pay(slot, 0, -m.num(&spec, "cost", 0));
        let mut shut = [false; 2];
        for (side, row) in rays(m, &spec, world.agents[slot].facing) {
            let of_side = usize::from(side > 0);
            if side != 0 && shut[of_side] {
                continue;
            }
            for (i, (r, c)) in row.into_iter().enumerate() {
                let cell = world.wrapped((from.0 + r, from.1 + c));
                let stopped = shot.stops(world, cell);
                let inside = world.inside(cell);
                let body = inside.then(|| world.square(cell).body).flatten();
                hits.extend(body.filter(|_| shot.hits.0).map(|other| (slot, other)));
                if inside {
                    cells.push((slot, cell, !stopped));
                }
                if stopped || body.is_some() && shot.at_bodies {
                    shut[of_side] |= side.abs() == 1 && i == 0 && !block;
                    break;
                }
            }
        }
    }
    for (slot, other) in hits {
        let fields = vec![Value::Beam(number), Value::Slot(slot), Value::Slot(other)];
        world.emit("hit", fields);
    }
    for (slot, cell, open) in cells {
        meet(world, &shot, slot, cell, open);
    }
}

/// What a shot does to a cell that it reached: things are struck, cleared, and where it goes on it paints.
fn meet(world: &mut World, shot: &Shot, slot: usize, cell: Cell, open: bool) {
    let spec = Rc::clone(&world.spec);
    for placed in world.square(cell).layers.into_iter().flatten() {
        let kind = &spec.kinds[placed.kind];
        if shot.struck.contains(&kind.name) || shot.hits.1 && kind.layer == 1 {
            let fields = vec![
                Value::Beam(shot.number),
                Value::Slot(slot),
                Value::Kind(placed.kind),
                Value::Cell(cell),
            ];
            world.emit("struck", fields);
        }
        if shot.clears.contains(&kind.name) && world.clear(placed.kind, cell) {
            let fields = vec![
                Value::Slot(slot),
                Value::Kind(placed.kind),
                Value::Cell(cell),
            ];
            world.emit("cleaned", fields);
        }
    }
    if let Some(kind) = shot.paints.filter(|_| open)
        && world.place(kind, cell)
    {
        world.emit("painted", vec![Value::Slot(slot), Value::Cell(cell)]);
    }
}
