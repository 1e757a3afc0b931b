//! `message`: what is said, and who hears it.

use std::rc::Rc;

use super::{Action, concerned, truth};
use crate::reference::eval::reaches;
use crate::reference::spec::Chosen;
use crate::reference::value::Value;
use crate::reference::world::{Said, World};

/// `message`.
pub fn message(world: &mut World, m: &Chosen, chosen: &[Action]) {
    let spec = Rc::clone(&world.spec);
    let now = world.tick;
    let due: Vec<Said> = world
        .said
        .iter()
        .filter(|s| s.due <= now)
        .cloned()
        .collect();
    world.said.retain(|s| s.due > now);
    for said in due {
        deliver(world, m, &said);
    }
    let delay = u32::try_from(m.int(&spec, "delay", 1)).expect("0 or 1");
    for slot in concerned(world, m, chosen, true) {
        let name = chosen[slot].name.strip_prefix("say:").expect("a message");
        let number = spec.message(name).expect("a message");
        let is_true = truth(world, number, Some(slot));
        world.pay(slot, 0, -m.num(&spec, "cost", 0));
        let fields = vec![
            Value::Slot(slot),
            Value::Message(number),
            Value::Bool(is_true),
        ];
        world.emit("said", fields);
        let said = Said {
            by: slot,
            message: number,
            due: now + delay,
        };
        if delay == 0 {
            deliver(world, m, &said);
        } else {
            world.said.push(said);
        }
    }
}

fn deliver(world: &mut World, m: &Chosen, said: &Said) {
    let spec = Rc::clone(&world.spec);
    let is_true = truth(world, said.message, Some(said.by));
    let everyone = m.text("overheard_by") == Some("all");
    let range = m.int(&spec, "range", 99);
    for slot in 0..world.agents.len() {
        let hearer = &world.agents[slot];
        let there = hearer.alive && hearer.on && !hearer.away;
        // Whoever has no body on the map counts where it was last.
        let places = hearer.cell.zip(world.agents[said.by].cell);
        let near = places.is_some_and(|(a, b)| {
            let (y, x) = world.apart(a, b);
            reaches("linf", y, x, range)
        });
        if slot != said.by && there && (everyone || near) {
            world.hear(slot, said.by, said.message, is_true);
        }
    }
}
