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

/// `beam`.
pub fn beam(world: &mut World, m: &Chosen, order: &[usize], chosen: &[Action]) {
    let spec = Rc::clone(&world.spec);
    let number = spec.beams.iter().position(|b| *b == m.instance);
    let number = number.expect("a beam");
    let block = m.text("shape") == Some("block");
    let through = m.text("stopped_by") == Some("solid");
    let cooldown = u32::try_from(m.int(&spec, "cooldown", 10)).expect("a small number");
    let more = u32::from(m.text("next") != Some("c"));
    let mut hits = Vec::new();
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
                let body = world
                    .inside(cell)
                    .then(|| world.square(cell).body)
                    .flatten();
                let stops = world.blocked(cell) || body.is_some() && !through;
                if !world.blocked(cell)
                    && let Some(other) = body
                    && other != slot
                {
                    hits.push((slot, other));
                }
                if stops {
                    shut[of_side] |= side.abs() == 1 && i == 0 && !block;
                    break;
                }
            }
        }
    }
    // All shots of a tick are fired before any of them hits.
    for (slot, other) in hits {
        let fields = vec![Value::Beam(number), Value::Slot(slot), Value::Slot(other)];
        world.emit("hit", fields);
    }
}
