//! `move`: bodies step, one after the other in the tick's order.

use std::rc::Rc;

use commonweal_core::draw::Purpose;

use super::Action;
use crate::reference::institutions;
use crate::reference::spec::Chosen;
use crate::reference::value::Value;
use crate::reference::world::{World, small};

/// `move`.
pub fn moves(world: &mut World, m: &Chosen, order: &[usize], chosen: &[Action]) {
    let spec = Rc::clone(&world.spec);
    let every = m.int(&spec, "every", 1);
    let slip = m.num(&spec, "slip", 0);
    let swap = m.text("collide") == Some("swap");
    // In other ticks nobody turns either.
    if i64::from(world.tick) % every != 0 {
        return;
    }
    let mut exchanged = vec![false; world.agents.len()];
    for &slot in order {
        if chosen[slot].mechanic.0 != "move" || !world.agents[slot].body {
            continue;
        }
        let facing = world.agents[slot].facing;
        let verb = chosen[slot].verb.as_str();
        let mut direction = match verb {
            "n" | "e" | "s" | "w" => {
                let d = "nesw".find(verb).expect("a direction");
                world.agents[slot].facing = d;
                d
            }
            "forward" => facing,
            "right" => (facing + 1) % 4,
            "back" => (facing + 2) % 4,
            "left" => (facing + 3) % 4,
            "turn_left" => {
                world.agents[slot].facing = (facing + 3) % 4;
                continue;
            }
            _ => {
                world.agents[slot].facing = (facing + 1) % 4;
                continue;
            }
        };
        if world.chance(Purpose::Slip, "", small(slot), 0, slip) {
            let d = world.below(Purpose::Slip, "", small(slot), 1, 4);
            direction = usize::try_from(d).expect("below 4");
        }
        let from = world.agents[slot].cell.expect("a body has a cell");
        let to = world.step(from, direction);
        if world.square(from).body == Some(slot) {
            institutions::push(world, slot, direction);
        }
        if world.blocked(to) {
            world.emit("bumped", vec![Value::Slot(slot), Value::Cell(to)]);
            continue;
        }
        match world.square(to).body {
            Some(other) if swap && !exchanged[slot] && !exchanged[other] => {
                world.remove_body(other);
                world.remove_body(slot);
                world.put_body(slot, to);
                world.put_body(other, from);
                for (who, a, b) in [(slot, from, to), (other, to, from)] {
                    exchanged[who] = true;
                    world.arrived[who] = true;
                    let fields = vec![Value::Slot(who), Value::Cell(a), Value::Cell(b)];
                    world.emit("moved", fields);
                }
            }
            Some(other) => {
                world.emit("blocked", vec![Value::Slot(slot), Value::Slot(other)]);
            }
            None => {
                world.remove_body(slot);
                world.put_body(slot, to);
                world.arrived[slot] = true;
                let fields = vec![Value::Slot(slot), Value::Cell(from), Value::Cell(to)];
                world.emit("moved", fields);
                institutions::pull(world, slot, from, direction);
            }
        }
    }
}
