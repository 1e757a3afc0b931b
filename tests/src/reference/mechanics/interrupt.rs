//! `interrupt`: whoever stands on a thing is switched off for some ticks, if an interruption lies in wait.

use std::rc::Rc;

use commonweal_core::draw::Purpose;

use super::{forget, may, note, noted};
use crate::reference::spec::Chosen;
use crate::reference::world::World;

/// `interrupt`. Asked in each tick, so that what lies in wait is drawn in the first one of the episode or round.
pub fn interrupt(world: &mut World, m: &Chosen) {
    let spec = Rc::clone(&world.spec);
    let kind = super::kind_in(&spec, m, "thing");
    if noted(world, m, "waits", 0).is_none() {
        let (name, p) = (
            format!("interrupt.{}", m.instance),
            m.num(&spec, "chance", 0),
        );
        let waits = world.chance(Purpose::Interrupt, &name, 0, 0, p);
        note(world, m, "waits", 0, i64::from(waits));
    }
    if let Some(event) = m.text("defused_by")
        && world.events.iter().any(|e| e.name == event)
    {
        note(world, m, "waits", 0, 0);
    }
    let tick = i64::from(world.tick);
    let ticks = m.int(&spec, "ticks", 0);
    for slot in 0..world.agents.len() {
        if !may(world, m, slot) {
            continue;
        }
        // Switched on again when it is time, as soon as its cell is free; or by somebody else before.
        if let Some(until) = noted(world, m, "until", slot) {
            let due = until >= 0 && until <= tick;
            if world.agents[slot].on || due && world.enable(slot, None) {
                forget(world, m, "until", slot);
                note(world, m, "stands", slot, 1);
            }
        }
        let agent = &world.agents[slot];
        let here = agent
            .cell
            .is_some_and(|c| agent.body && world.placed(kind, c).is_some());
        if !here {
            forget(world, m, "stands", slot);
        }
        let again = noted(world, m, "stands", slot).or(noted(world, m, "until", slot));
        let waits = noted(world, m, "waits", 0) == Some(1);
        if here && waits && again.is_none() && world.agents[slot].on {
            let until = if ticks == 0 { -1 } else { tick + ticks };
            note(world, m, "until", slot, until);
            let who = crate::reference::value::Value::Slot(slot);
            world.emit("interrupted", vec![who]);
            world.disable(slot, None);
        }
    }
}
