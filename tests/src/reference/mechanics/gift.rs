//! `gift`: agents give carried things to each other.

use std::rc::Rc;

use super::{Action, kind_in_list, may};
use crate::reference::spec::Chosen;
use crate::reference::value::Value;
use crate::reference::world::World;

/// `gift`: what exceeds the cap is lost, then all eat, then hits are gifts, then gifts by hand.
pub fn gift(world: &mut World, m: &Chosen, chosen: &[Action]) {
    let spec = Rc::clone(&world.spec);
    let kinds = kind_in_list(&spec, m, "items");
    let cap = m.int(&spec, "cap", 255);
    for slot in 0..world.agents.len() {
        for &kind in &kinds {
            while world.carries(slot, kind) > cap {
                world.release(slot, kind);
            }
        }
    }
    let order = world.order();
    let ours = |slot: usize| chosen[slot].mechanic.0 == "gift";
    for &slot in order.iter().filter(|&&s| ours(s)) {
        if chosen[slot].verb != "eat" {
            continue;
        }
        let mut n = 0;
        for &kind in &kinds {
            while world.release(slot, kind).is_some() {
                n += 1;
            }
        }
        if n == 0 {
            world.agents[slot].illegal += 1;
            continue;
        }
        world.pay(slot, 0, m.num(&spec, "eat", 0) * n);
        world.emit("ate", vec![Value::Slot(slot), Value::Int(n)]);
    }
    let beam = m.text("beam");
    let beam = beam.and_then(|name| spec.beams.iter().position(|b| b == name));
    for event in world.events.clone() {
        if let ("hit", [Value::Beam(b), Value::Slot(by), Value::Slot(to)]) =
            (event.name.as_str(), event.fields.as_slice())
            && Some(*b) == beam
            && may(world, m, *by)
        {
            pass(world, m, *by, *to, None);
        }
    }
    for &slot in order.iter().filter(|&&s| ours(s)) {
        if chosen[slot].verb != "give" {
            continue;
        }
        let named = chosen[slot].name.strip_prefix("give:");
        let grade = named.map(|name| {
            let items = m.texts("items");
            items.iter().position(|i| i == name).expect("an item")
        });
        let gave = ahead(world, m, slot).is_some_and(|to| pass(world, m, slot, to, grade));
        world.agents[slot].illegal += u32::from(!gave);
    }
}

/// The first other body straight ahead within reach; what is solid is in the way.
fn ahead(world: &World, m: &Chosen, slot: usize) -> Option<usize> {
    let agent = &world.agents[slot];
    let mut cell = agent.cell.filter(|_| agent.body)?;
    for _ in 0..m.int(&world.spec, "range", 1) {
        cell = world.step(cell, agent.facing);
        if !world.inside(cell) {
            return None;
        }
        if let Some(other) = world.square(cell).body {
            // Round a torus one sees one's own back.
            return Some(other).filter(|&o| o != slot);
        }
        if world.blocked(cell) {
            return None;
        }
    }
    None
}

/// Whether a slot could give so now.
pub fn legal(world: &World, m: &Chosen, slot: usize, action: &Action) -> bool {
    let named = action.name.strip_prefix("give:");
    let mut items = m.texts("items").into_iter();
    let holds = items.any(|name| {
        let kind = world.spec.kind(&name).expect("a kind");
        named.is_none_or(|n| n == name) && world.carries(slot, kind) > 0
    });
    holds && (action.verb == "eat" || ahead(world, m, slot).is_some())
}

/// One thing goes over: of the grade named, else of the most refined one, or without grades of the first that there is.
fn pass(world: &mut World, m: &Chosen, by: usize, to: usize, grade: Option<usize>) -> bool {
    let spec = Rc::clone(&world.spec);
    let kinds = kind_in_list(&spec, m, "items");
    let refine = m.flag("refine", false);
    let mut grades: Vec<usize> = match grade {
        Some(grade) => vec![grade],
        None => (0..kinds.len()).collect(),
    };
    if refine {
        grades.reverse();
    }
    let has = |g: &&usize| world.carries(by, kinds[**g]) > 0;
    let Some(&grade) = grades.iter().find(has) else {
        return false;
    };
    let last = grade + 1 == kinds.len();
    let factor = m.int(&spec, "factor", 1);
    let (arrives, n) = match (refine, last) {
        (true, true) => (grade, 1),
        (true, false) => (grade + 1, factor),
        (false, _) => (grade, factor),
    };
    let placed = world.release(by, kinds[grade]).expect("it carries one");
    let cap = m.int(&spec, "cap", 255);
    let mut arrived = 0;
    while arrived < n && world.carries(to, kinds[arrives]) < cap {
        // What is given as it is stays the same thing; what comes beside it is new.
        let id = if arrived == 0 && arrives == grade {
            placed.id
        } else {
            let Some(id) = world.begin(kinds[arrives]) else {
                world.refused += 1;
                break;
            };
            id
        };
        if let Some(id) = id {
            world.things[id].holder = Some(to);
        }
        *world.agents[to].carried.entry(kinds[arrives]).or_default() += 1;
        arrived += 1;
    }
    let fields = vec![
        Value::Slot(by),
        Value::Slot(to),
        Value::Kind(kinds[grade]),
        Value::Int(arrived),
    ];
    world.emit("given", fields);
    true
}
