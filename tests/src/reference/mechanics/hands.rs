//! What bodies do where they stand: `pickup`, `drop`, `deposit`, `lock`, `device`.

use std::rc::Rc;

use super::{Action, concerned};
use crate::reference::spec::Chosen;
use crate::reference::value::{Cell, Value};
use crate::reference::world::{Placed, World};

/// `pickup`.
pub fn pickup(world: &mut World, m: &Chosen, chosen: &[Action]) {
    let by_verb = m.text("verb").is_some();
    for slot in concerned(world, m, chosen, by_verb) {
        let done = pick_up(world, m, slot);
        world.agents[slot].illegal += u32::from(by_verb && !done);
    }
}

/// The kind that lies under a body and that it can pick up.
pub fn in_reach(world: &World, m: &Chosen, slot: usize) -> Option<(usize, Cell)> {
    let spec = &world.spec;
    let agent = &world.agents[slot];
    let cell = agent.cell.filter(|_| agent.body)?;
    let placed = world.square(cell).layers[2]?;
    let things = m.texts("things");
    if !things.contains(&spec.kinds[placed.kind].name) {
        return None;
    }
    let has: i64 = things
        .iter()
        .filter_map(|t| agent.carried.get(&spec.kind(t)?))
        .sum();
    let room = m.text("becomes") != Some("carried") || has < m.int(spec, "cap", 99);
    room.then_some((placed.kind, cell))
}

/// The layer of a kind.
pub fn spec_layer(world: &World, kind: usize) -> usize {
    world.spec.kinds[kind].layer
}

/// Picks up what lies under a body, if it can; whether it did.
pub fn pick_up(world: &mut World, m: &Chosen, slot: usize) -> bool {
    let Some((kind, cell)) = in_reach(world, m, slot) else {
        return false;
    };
    let carried = m.text("becomes") == Some("carried");
    if carried {
        world.take_up(slot, cell, spec_layer(world, kind));
    } else {
        world.clear(kind, cell);
    }
    let fields = vec![Value::Slot(slot), Value::Kind(kind), Value::Cell(cell)];
    world.emit(if carried { "taken" } else { "eaten" }, fields);
    true
}

/// Whether a body stands at a place of the mechanic.
pub fn stands_at(world: &World, m: &Chosen, slot: usize, key: &str) -> Option<Cell> {
    let agent = &world.agents[slot];
    let cell = agent.cell.filter(|_| agent.body)?;
    let at = m.texts(key);
    let mut here = world.square(cell).layers.iter().flatten();
    here.any(|p| at.contains(&world.spec.kinds[p.kind].name))
        .then_some(cell)
}

/// `deposit`.
pub fn deposit(world: &mut World, m: &Chosen, chosen: &[Action]) {
    let spec = Rc::clone(&world.spec);
    let by_verb = m.text("verb").is_some();
    for slot in concerned(world, m, chosen, by_verb) {
        let mut any = false;
        if let Some(cell) = stands_at(world, m, slot, "at") {
            for thing in m.texts("things") {
                let kind = spec.kind(&thing).expect("a kind");
                while world.release(slot, kind).is_some() {
                    let fields = vec![Value::Slot(slot), Value::Kind(kind), Value::Cell(cell)];
                    world.emit("deposited", fields);
                    any = true;
                }
            }
        }
        world.agents[slot].illegal += u32::from(by_verb && !any);
    }
}

/// What a slot would put down, and where: the first kind of the list that it carries, into a free cell.
pub fn to_drop(world: &World, m: &Chosen, slot: usize) -> Option<(usize, Cell)> {
    let agent = &world.agents[slot];
    let cell = agent.cell.filter(|_| agent.body)?;
    if m.config.get("at").is_some() {
        stands_at(world, m, slot, "at")?;
    }
    let mut kinds = m
        .texts("things")
        .into_iter()
        .filter_map(|t| world.spec.kind(&t));
    let kind = kinds.find(|&k| world.carries(slot, k) > 0)?;
    world.square(cell).layers[2]
        .is_none()
        .then_some((kind, cell))
}

/// `drop`.
pub fn drop_one(world: &mut World, m: &Chosen, chosen: &[Action]) {
    for slot in concerned(world, m, chosen, true) {
        let Some((kind, cell)) = to_drop(world, m, slot) else {
            world.agents[slot].illegal += 1;
            continue;
        };
        let placed = world.release(slot, kind).expect("it carries one");
        world.lay(placed, cell);
        let fields = vec![Value::Slot(slot), Value::Kind(kind), Value::Cell(cell)];
        world.emit("dropped", fields);
    }
}

/// What a slot could turn now: in its own cell, or if solid in the cell that it faces; and the key that does it.
pub fn to_turn(world: &World, m: &Chosen, slot: usize) -> Option<(usize, Option<Placed>)> {
    let spec = &world.spec;
    let agent = &world.agents[slot];
    let own = agent.cell.filter(|_| agent.body)?;
    let kind = spec.kind(m.text("thing")?)?;
    let cell = if spec.kinds[kind].layer == 1 {
        world.step(own, agent.facing)
    } else {
        own
    };
    let thing = world.placed(kind, cell)?.id?;
    if !m.flag("needs_key", true) {
        return Some((thing, None));
    }
    let key = spec.kind(m.text("key")?)?;
    if !spec.has_identity(key) {
        return (world.carries(slot, key) > 0).then_some((
            thing,
            Some(Placed {
                kind: key,
                id: None,
            }),
        ));
    }
    let fits = |id: &usize| {
        let t = &world.things[*id];
        let same = m
            .text("match")
            .is_none_or(|v| t.vars.get(v) == world.things[thing].vars.get(v));
        t.kind == key && t.holder == Some(slot) && same
    };
    let id = (0..world.things.len()).find(fits)?;
    Some((
        thing,
        Some(Placed {
            kind: key,
            id: Some(id),
        }),
    ))
}

/// `lock`.
pub fn lock(world: &mut World, m: &Chosen, chosen: &[Action]) {
    for slot in concerned(world, m, chosen, true) {
        let Some((thing, key)) = to_turn(world, m, slot) else {
            world.agents[slot].illegal += 1;
            continue;
        };
        let is_door = world.is_door(world.things[thing].kind);
        let opens = !is_door || world.things[thing].state == 0;
        if is_door && !world.set_open(thing, opens) {
            // A body stands in it.
            world.refused += 1;
            continue;
        }
        if let Some(key) = key.filter(|_| m.flag("uses_up", false)) {
            *world.agents[slot].carried.entry(key.kind).or_default() -= 1;
            if let Some(id) = key.id {
                world.things[id].holder = None;
            }
        }
        let name = if opens { "unlocked" } else { "locked" };
        world.emit(name, vec![Value::Slot(slot), Value::Thing(thing)]);
    }
}

/// `device`.
pub fn device(world: &mut World, m: &Chosen, chosen: &[Action]) {
    let spec = Rc::clone(&world.spec);
    let kind = spec
        .kind(m.text("thing").expect("a thing"))
        .expect("a kind");
    let states = m.int(&spec, "states", 2);
    let by_verb = m.text("trigger") == Some("use");
    for slot in concerned(world, m, chosen, by_verb) {
        let Some(placed) = stands_at(world, m, slot, "thing").and_then(|c| world.placed(kind, c))
        else {
            world.agents[slot].illegal += u32::from(by_verb);
            continue;
        };
        let id = placed.id.expect("devices have state");
        world.things[id].state = (world.things[id].state + 1) % states;
        world.pay(slot, 0, -m.num(&spec, "cost", 0));
        world.emit("pressed", vec![Value::Slot(slot), Value::Kind(kind)]);
    }
}
