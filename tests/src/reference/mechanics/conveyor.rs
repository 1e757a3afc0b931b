//! `conveyor`: belts carry what stands on them one cell on.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::reference::spec::Chosen;
use crate::reference::value::{Cell, Value};
use crate::reference::world::World;

/// Layers of things that a belt carries, the first one first: solid, item.
const CARRIED: [usize; 2] = [1, 2];

/// `conveyor`: what lies ahead goes first, and each thing goes one cell.
pub fn conveyor(world: &mut World, m: &Chosen) {
    let spec = Rc::clone(&world.spec);
    if i64::from(world.tick) % m.int(&spec, "every", 1) != 0 {
        return;
    }
    let belt = super::kind_in(&spec, m, "thing");
    let direction = m.text("dir").and_then(|d| "nesw".find(d));
    let direction = direction.expect("a direction");
    let mut cells = world.cells();
    if direction == 1 || direction == 2 {
        cells.reverse();
    }
    cells.retain(|&c| world.placed(belt, c).is_some());
    // What came in this tick stays: on a torus a belt can lead round to its own beginning.
    let mut came: BTreeSet<(Cell, usize)> = BTreeSet::new();
    for from in cells {
        let to = world.step(from, direction);
        for layer in CARRIED {
            if !came.contains(&(from, layer)) && carry(world, m, layer, from, to) {
                came.insert((to, layer));
            }
        }
        let body = world.square(from).body;
        if m.config.get("carries").is_none()
            && !came.contains(&(from, BODY))
            && let Some(slot) = body
            && world.is_free(to)
        {
            world.remove_body(slot);
            world.put_body(slot, to);
            world.agents[slot].lands = true;
            came.insert((to, BODY));
            let fields = vec![Value::Slot(slot), Value::Cell(to)];
            world.emit("body_carried_on", fields);
        }
    }
}

/// Bodies in the set of what came, beside the layers.
const BODY: usize = 5;

fn carry(world: &mut World, m: &Chosen, layer: usize, from: Cell, to: Cell) -> bool {
    let spec = Rc::clone(&world.spec);
    let Some(placed) = world.square(from).layers[layer] else {
        return false;
    };
    let wanted = m.config.get("carries").is_none()
        || m.texts("carries").contains(&spec.kinds[placed.kind].name);
    // Something solid is in the way of all, a body of what is solid.
    if !wanted || world.blocked(to) || world.square(to).layers[layer].is_some() {
        return false;
    }
    if layer == 1 && world.square(to).body.is_some() && !m.flag("under_bodies", false) {
        return false;
    }
    world.square_mut(from).layers[layer] = None;
    world.lay(placed, to);
    let fields = vec![Value::Kind(placed.kind), Value::Cell(to)];
    world.emit("carried_on", fields);
    true
}
