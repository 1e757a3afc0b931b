//! `territory`: things that agents claim, and that pay their owner.

use std::rc::Rc;

use commonweal_core::draw::Purpose;

use super::{forget, kind_in_list, note, noted};
use crate::reference::spec::{Chosen, Spec};
use crate::reference::value::{Cell, Value};
use crate::reference::world::World;

/// The thing in a cell that can be owned, the lowest layer first.
pub fn claimable_at(world: &World, cell: Cell) -> Option<usize> {
    let spec: &Spec = &world.spec;
    if !world.inside(cell) {
        return None;
    }
    let own = |kind: usize| {
        let mut all = spec.mechanics.iter().filter(|m| m.name == "territory");
        all.any(|m| kind_in_list(spec, m, "on").contains(&kind))
    };
    let mut here = world.square(cell).layers.iter().flatten();
    here.find(|p| own(p.kind)).and_then(|p| p.id)
}

/// Who owns the thing in a cell.
pub fn owner_of(world: &World, cell: Cell) -> Option<usize> {
    let id = claimable_at(world, cell)?;
    usize::try_from(world.things[id].state - 1).ok()
}

/// A thing changes hands, and it is told.
pub fn set_owner(world: &mut World, id: usize, owner: Option<usize>) {
    let cell = world.things[id].cell.expect("it lies somewhere");
    let old = usize::try_from(world.things[id].state - 1).ok();
    world.things[id].state = owner.map_or(0, |s| i64::try_from(s).expect("small") + 1);
    if let Some(old) = old {
        world.emit("lost", vec![Value::Slot(old), Value::Cell(cell)]);
    }
    if let Some(new) = owner {
        world.emit("claimed", vec![Value::Slot(new), Value::Cell(cell)]);
    }
}

/// What is remembered of a thing.
const MEMORY: [&str; 8] = [
    "since", "renewed", "hit", "damage", "tries", "claimant", "tried", "owner",
];

/// `territory`.
pub fn territory(world: &mut World, m: &Chosen) {
    let spec = Rc::clone(&world.spec);
    let kinds = kind_in_list(&spec, m, "on");
    let order = world.order();
    let by_step = m.text("by") == Some("step");
    for slot in order {
        let agent = &world.agents[slot];
        let Some(cell) = agent.cell.filter(|_| agent.body) else {
            continue;
        };
        if !by_step {
            claim(world, m, slot, world.step(cell, agent.facing));
        } else if world.arrived[slot] {
            claim(world, m, slot, cell);
        }
    }
    let beam = |key: &str| {
        let name = m.text(key)?;
        spec.beams.iter().position(|b| b == name)
    };
    let (claims, damages) = (beam("beam"), beam("damaged_by"));
    for event in world.events.clone() {
        if let ("struck", [Value::Beam(b), Value::Slot(slot), _, Value::Cell(cell)]) =
            (event.name.as_str(), event.fields.as_slice())
        {
            if claims == Some(*b) {
                claim(world, m, *slot, *cell);
            }
            if damages == Some(*b) {
                damage(world, m, *slot, *cell);
            }
        }
    }
    for id in 0..world.things.len() {
        if kinds.contains(&world.things[id].kind) {
            one(world, m, id);
        }
    }
}

fn ours(world: &World, m: &Chosen, cell: Cell) -> Option<usize> {
    let kinds = kind_in_list(&world.spec, m, "on");
    claimable_at(world, cell).filter(|&id| kinds.contains(&world.things[id].kind))
}

fn claim(world: &mut World, m: &Chosen, slot: usize, cell: Cell) {
    let Some(id) = ours(world, m, cell) else {
        return;
    };
    let (tick, who) = (
        i64::from(world.tick),
        i64::try_from(slot).expect("small") + 1,
    );
    if world.things[id].state == who {
        note(world, m, "renewed", id, tick);
        // The owner's own claim sets back what others tried.
        forget(world, m, "tries", id);
        return;
    }
    let tried = noted(world, m, "tried", id);
    let again = noted(world, m, "claimant", id) == Some(who);
    let mut tries = noted(world, m, "tries", id).unwrap_or(0);
    // Ticks in a row, by one and the same agent; two claims of a tick are one.
    if !again || tried.is_some_and(|t| t < tick - 1) {
        tries = 0;
    }
    if !again || tried != Some(tick) {
        tries += 1;
    }
    note(world, m, "claimant", id, who);
    note(world, m, "tried", id, tick);
    note(world, m, "tries", id, tries);
    if tries >= m.int(&world.spec, "needs", 1) {
        forget(world, m, "tries", id);
        set_owner(world, id, Some(slot));
    }
}

fn damage(world: &mut World, m: &Chosen, slot: usize, cell: Cell) {
    let Some(id) = ours(world, m, cell) else {
        return;
    };
    let damage = noted(world, m, "damage", id).unwrap_or(0) + 1;
    note(world, m, "damage", id, damage);
    note(world, m, "hit", id, i64::from(world.tick));
    if damage < m.int(&world.spec, "health", 1) {
        return;
    }
    let kind = world.things[id].kind;
    if world.things[id].state != 0 {
        set_owner(world, id, None);
    }
    world.clear(kind, cell);
    let fields = vec![Value::Slot(slot), Value::Kind(kind), Value::Cell(cell)];
    world.emit("destroyed", fields);
}

/// Release, decay, pay and repair of one thing.
fn one(world: &mut World, m: &Chosen, id: usize) {
    let spec = Rc::clone(&world.spec);
    let thing = &world.things[id];
    let Some(cell) = thing.cell else {
        if thing.holder.is_none() {
            // What comes into being again is another thing.
            for what in MEMORY {
                forget(world, m, what, id);
            }
        }
        return;
    };
    let (tick, state) = (i64::from(world.tick), thing.state);
    if noted(world, m, "owner", id).unwrap_or(0) != state {
        note(world, m, "owner", id, state);
        note(world, m, "since", id, tick);
        note(world, m, "renewed", id, tick);
    }
    let name = format!("territory.{}", m.instance);
    let subject = world.subject(cell);
    let since = |world: &World, what: &str| tick - noted(world, m, what, id).unwrap_or(0);
    if let Ok(owner) = usize::try_from(state - 1) {
        let decay = m.config.get("decay").map(|n| spec.number(n) / 1_000_000);
        let lapsed = decay.is_some_and(|d| since(world, "renewed") >= d);
        let agent = &world.agents[owner];
        let gone = !agent.alive || agent.away && agent.back_at.is_none();
        let (pays, chance) = (m.num(&spec, "pays", 0), m.num(&spec, "chance", 1_000_000));
        if lapsed || gone {
            set_owner(world, id, None);
        } else if since(world, "since") >= m.int(&spec, "dry", 0)
            && world.chance(Purpose::ClaimPay, &name, subject, 0, chance)
        {
            world.pay(owner, 0, pays);
        }
    }
    let damage = noted(world, m, "damage", id).unwrap_or(0);
    let rested = since(world, "hit") >= m.int(&spec, "quiet", 0);
    let repair = m.num(&spec, "repair", 0);
    if damage > 0 && rested && world.chance(Purpose::Repair, &name, subject, 0, repair) {
        note(world, m, "damage", id, damage - 1);
    }
}
