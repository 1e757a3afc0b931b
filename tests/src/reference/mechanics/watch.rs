//! What watches and what measures: `monitor`, `gauge`.

use std::collections::BTreeMap;
use std::rc::Rc;

use commonweal_core::draw::Purpose;
use commonweal_core::scenario::doc::Node;

use super::{kind_in, kind_in_list, may};
use crate::reference::eval::kept;
use crate::reference::spec::Chosen;
use crate::reference::value::{Cell, Value};
use crate::reference::world::{World, small};

/// How far a thing sees, unless it sees all.
const THING_SEES: i32 = 5;

/// `monitor`: who is seen is told, and who of these caused the event is flagged, as far as no error comes in between.
pub fn monitor(world: &mut World, m: &Chosen) {
    let spec = Rc::clone(&world.spec);
    let role = m.text("role").and_then(|r| spec.role(r));
    let body = |world: &World, slot: usize| {
        let agent = &world.agents[slot];
        agent.cell.filter(|_| agent.body)
    };
    let eyes: Vec<Cell> = match role {
        Some(role) => (0..world.agents.len())
            .filter(|&s| {
                let a = &world.agents[s];
                a.role == role && a.alive && a.on
            })
            .filter_map(|s| body(world, s))
            .collect(),
        None => {
            let kind = kind_in(&spec, m, "thing");
            let mut cells = world.cells();
            cells.retain(|&c| world.placed(kind, c).is_some());
            cells
        }
    };
    if eyes.is_empty() {
        return;
    }
    let reach = role.map_or(THING_SEES, |r| {
        let view = spec.roles[r].view;
        view.into_iter().max().expect("three sides")
    });
    let all = m.text("sees") != Some("view");
    let sees = |world: &World, at: Cell| {
        let near = |&eye: &Cell| {
            let (rows, columns) = world.apart(eye, at);
            rows.max(columns) <= reach
        };
        all || eyes.iter().any(near)
    };
    let mut seen = Vec::new();
    for slot in 0..world.agents.len() {
        let watches = Some(world.agents[slot].role) == role;
        if !watches && may(world, m, slot) && body(world, slot).is_some_and(|at| sees(world, at)) {
            seen.push(slot);
            world.emit("watched", vec![Value::Slot(slot)]);
        }
    }
    if m.text("looks") == Some("dummy") {
        return;
    }
    let error = |key: &str| {
        let node = m.config.get("error").and_then(|e| e.get(key));
        node.map_or(0, |n| spec.number(n))
    };
    let name = format!("monitor.{}", m.instance);
    let flags = m.text("flags").expect("an event");
    let mut did: BTreeMap<usize, u16> = BTreeMap::new();
    for event in world.events.iter().filter(|e| e.name == flags) {
        if let Some(slot) = event.fields.iter().find_map(Value::slot) {
            *did.entry(slot).or_default() += 1;
        }
    }
    for slot in seen {
        let chance = |k: u16, p: i64| world.chance(Purpose::MonitorError, &name, small(slot), k, p);
        let caught = match did.get(&slot) {
            Some(&n) => (0..n).any(|nth| !chance(2 * nth, error("miss"))),
            None => chance(1, error("false")),
        };
        if caught {
            let what = Value::Text(flags.to_owned());
            world.emit("flagged", vec![Value::Slot(slot), what]);
        }
    }
}

/// `gauge`: counts things and writes what it reads into a variable.
pub fn gauge(world: &mut World, m: &Chosen) {
    let spec = Rc::clone(&world.spec);
    const ONE: i128 = 1_000_000;
    let kinds = kind_in_list(&spec, m, "reads");
    let mut things: Vec<Cell> = Vec::new();
    for cell in world.cells() {
        for &kind in &kinds {
            things.extend(world.placed(kind, cell).map(|_| cell));
        }
    }
    let n = i128::try_from(things.len()).expect("few");
    let mut reading = n * ONE;
    if m.text("weights") == Some("spot") {
        let gauge = m.config.get("at").and_then(Node::text);
        let gauge = gauge.and_then(|k| spec.kind(k)).expect("a kind");
        let mut spots = world.cells();
        spots.retain(|&c| world.placed(gauge, c).is_some());
        let weight = |&at: &Cell| {
            let far = spots.iter().map(|&spot| {
                let (rows, columns) = world.apart(spot, at);
                rows.max(columns)
            });
            far.min().map_or(0, |d| ONE >> d.min(100))
        };
        let near: i128 = things.iter().map(weight).sum();
        let angle = i128::from(m.num(&spec, "angle", 0));
        reading = (ONE - angle) * n + angle * near / ONE;
    }
    let noise = i128::from(m.num(&spec, "noise", 0));
    if noise > 0 {
        let name = format!("gauge.{}", m.instance);
        let draw = i128::from(world.draw(Purpose::GaugeNoise, &name, 0, 0));
        reading += ((draw * (2 * noise + 1)) >> 64) - noise;
    }
    let reading = i64::try_from(reading).expect("a reading");
    let name = m.text("var").expect("a variable");
    let var = spec.vars.iter().find(|v| v.name == name);
    let value = match world.vars[name] {
        Value::Int(_) => Value::Int(reading / 1_000_000),
        _ => Value::Num(reading),
    };
    let value = kept(var.expect("a variable"), value);
    world.vars.insert(name.to_owned(), value);
    world.emit("gauged", vec![Value::Num(reading)]);
}
