//! `station`: solid things that are used from beside.

use std::rc::Rc;

use commonweal_core::scenario::doc::Node;

use super::{Action, forget, may, note, noted};
use crate::reference::spec::{Chosen, Spec, texts};
use crate::reference::value::{Cell, Value};
use crate::reference::world::World;

/// What a station makes.
#[derive(Debug)]
struct Recipe {
    input: Vec<usize>,
    out: Option<usize>,
    ticks: i64,
    hands: usize,
    with: Option<usize>,
}

fn recipes(spec: &Spec, m: &Chosen) -> Vec<Recipe> {
    let all = m.config.get("recipes").expect("recipes").items();
    let one = |node: &Node| {
        let kind = |key: &str| node.get(key).and_then(|n| spec.kind(n.text()?));
        let int = |key: &str, default| {
            node.get(key)
                .map_or(default, |n| spec.number(n) / 1_000_000)
        };
        Recipe {
            input: texts(node.get("in"))
                .iter()
                .map(|name| spec.kind(name).expect("a kind"))
                .collect(),
            out: kind("out"),
            ticks: int("ticks", 0),
            hands: usize::try_from(int("hands", 1)).expect("1 to 4"),
            with: kind("with"),
        }
    };
    all.iter().map(one).collect()
}

/// The kinds that can be carried, in the order in which the chosen mechanics name them.
fn items(spec: &Spec) -> Vec<usize> {
    let mut out: Vec<usize> = Vec::new();
    for m in super::ordered(spec) {
        let mut names = match m.name.as_str() {
            "pickup" if m.text("becomes") == Some("carried") => m.texts("things"),
            "lock" => m.text("key").map(str::to_owned).into_iter().collect(),
            "matrix" | "gift" => m.texts("items"),
            _ => Vec::new(),
        };
        if m.name == "station" {
            for node in m.config.get("recipes").expect("recipes").items() {
                names.extend(texts(node.get("in")));
                for key in ["out", "with"] {
                    names.extend(node.get(key).and_then(Node::text).map(str::to_owned));
                }
            }
        }
        for kind in names.iter().filter_map(|name| spec.kind(name)) {
            if !out.contains(&kind) {
                out.push(kind);
            }
        }
    }
    out
}

/// The station that a body faces: its row and cell.
fn faced(world: &World, m: &Chosen, slot: usize) -> Option<(usize, Cell)> {
    let agent = &world.agents[slot];
    let cell = world.step(agent.cell.filter(|_| agent.body)?, agent.facing);
    let kind = super::kind_in(&world.spec, m, "thing");
    Some((world.placed(kind, cell)?.id.expect("it has a row"), cell))
}

/// Whether a slot could use it now.
pub fn legal(world: &World, m: &Chosen, slot: usize) -> bool {
    faced(world, m, slot).is_some()
}

/// `station`: all uses of the tick, then the work of the tick.
pub fn station(world: &mut World, m: &Chosen, chosen: &[Action]) {
    let spec = Rc::clone(&world.spec);
    // What is gone from the map, or came anew, is empty.
    let kind = super::kind_in(&spec, m, "thing");
    let rows: Vec<usize> = (0..world.things.len())
        .filter(|&id| world.things[id].kind == kind)
        .collect();
    for &id in &rows {
        if world.things[id].cell.is_none() {
            empty(world, m, id);
        }
    }
    let mut used = Vec::new();
    if let Some(beam) = m.text("beam") {
        let beam = spec.beams.iter().position(|b| b == beam);
        for event in world.events.clone() {
            if let ("fired", [Value::Slot(slot), Value::Beam(b)]) =
                (event.name.as_str(), event.fields.as_slice())
                && Some(*b) == beam
                && may(world, m, *slot)
            {
                uses(world, m, *slot, &mut used);
            }
        }
    } else {
        for slot in world.order() {
            if chosen[slot].mechanic == (m.name.clone(), m.instance.clone()) {
                let done = uses(world, m, slot, &mut used);
                world.agents[slot].illegal += u32::from(!done);
            }
        }
    }
    for id in rows {
        if let Some(cell) = world.things[id].cell {
            work(world, m, id, cell);
        }
    }
}

fn in_hand(world: &World, slot: usize) -> i64 {
    world.agents[slot].carried.values().sum()
}

fn tell(world: &mut World, event: &str, first: Value, kind: usize) {
    world.emit(event, vec![first, Value::Kind(kind)]);
}

/// One use of what a slot faces; whether anything came of it.
fn uses(world: &mut World, m: &Chosen, slot: usize, used: &mut Vec<usize>) -> bool {
    let spec = Rc::clone(&world.spec);
    let Some((id, cell)) = faced(world, m, slot) else {
        return false;
    };
    let recipes = recipes(&spec, m);
    if recipes.is_empty() {
        let done = !used.contains(&id) && shelf(world, slot, cell);
        if done {
            used.push(id);
        }
        return done;
    }
    let hold = m.int(&spec, "hold", 1);
    let free = in_hand(world, slot) < hold;
    // The product, if it waits.
    if let Some(recipe) = noted(world, m, "recipe", id).filter(|_| done(world, m, id)) {
        let recipe = &recipes[usize::try_from(recipe).expect("small")];
        let out = recipe.out.expect("a recipe that works has a product");
        let may_take = match recipe.with {
            Some(with) => world.carries(slot, with) > 0,
            None => free,
        };
        if may_take && world.placed(out, cell).is_some() {
            if let Some(with) = recipe.with {
                world.release(slot, with);
            }
            world.take_up(slot, cell, spec.kinds[out].layer);
            tell(world, "fetched", Value::Slot(slot), out);
            empty(world, m, id);
            return true;
        }
    }
    // What is in hand, if it fits.
    if noted(world, m, "recipe", id).is_none() {
        for item in items(&spec) {
            if world.carries(slot, item) == 0 {
                continue;
            }
            let mut inside = contents(world, m, id);
            inside.push(item);
            let fits = |r: &&Recipe| {
                let n = |list: &[usize], k: usize| list.iter().filter(|&&i| i == k).count();
                inside.iter().all(|&k| n(&inside, k) <= n(&r.input, k))
            };
            let Some(recipe) = recipes.iter().find(fits) else {
                continue;
            };
            world.release(slot, item);
            if recipe.out.is_none() {
                tell(world, "served", Value::Slot(slot), item);
            } else {
                let what = format!("inside.{item}");
                let n = noted(world, m, &what, id).unwrap_or(0);
                note(world, m, &what, id, n + 1);
                tell(world, "put", Value::Slot(slot), item);
                show(world, m, id);
            }
            return true;
        }
    }
    // What is given out for nothing.
    let given = recipes.iter().find(|r| r.input.is_empty());
    let Some(out) = given.filter(|_| free).and_then(|r| r.out) else {
        return false;
    };
    let Some(new) = world.begin(out) else {
        world.refused += 1;
        return false;
    };
    if let Some(new) = new {
        world.things[new].holder = Some(slot);
    }
    *world.agents[slot].carried.entry(out).or_default() += 1;
    tell(world, "fetched", Value::Slot(slot), out);
    true
}

/// A shelf holds one thing; who has nothing in hand takes it, who has something puts it there.
fn shelf(world: &mut World, slot: usize, cell: Cell) -> bool {
    let spec = Rc::clone(&world.spec);
    let items = items(&spec);
    let there = world.square(cell).layers[2];
    let first = items.iter().copied().find(|&k| world.carries(slot, k) > 0);
    match (there, first) {
        (Some(placed), None) if items.contains(&placed.kind) => {
            world.take_up(slot, cell, 2);
            tell(world, "fetched", Value::Slot(slot), placed.kind);
            true
        }
        (None, Some(kind)) => {
            let placed = world.release(slot, kind).expect("it carries one");
            world.lay(placed, cell);
            tell(world, "put", Value::Slot(slot), kind);
            true
        }
        _ => false,
    }
}

/// What is inside, as many names as things.
fn contents(world: &World, m: &Chosen, id: usize) -> Vec<usize> {
    let kinds = 0..world.spec.kinds.len();
    kinds
        .flat_map(|k| {
            let n = noted(world, m, &format!("inside.{k}"), id).unwrap_or(0);
            std::iter::repeat_n(k, usize::try_from(n).expect("few"))
        })
        .collect()
}

fn done(world: &World, m: &Chosen, id: usize) -> bool {
    noted(world, m, "done", id).is_some()
}

fn take_contents(world: &mut World, m: &Chosen, id: usize) {
    for kind in 0..world.spec.kinds.len() {
        forget(world, m, &format!("inside.{kind}"), id);
    }
}

fn empty(world: &mut World, m: &Chosen, id: usize) {
    take_contents(world, m, id);
    for what in ["recipe", "done", "at"] {
        forget(world, m, what, id);
    }
    if world.things[id].cell.is_some() {
        show(world, m, id);
    }
}

/// A pot shows how many things are inside, that it works, that it is done.
fn show(world: &mut World, m: &Chosen, id: usize) {
    let spec = Rc::clone(&world.spec);
    let recipes = recipes(&spec, m);
    let most = recipes.iter().map(|r| r.input.len()).max().unwrap_or(0);
    if most == 0 || recipes.iter().all(|r| r.out.is_none()) {
        return;
    }
    let state = match (noted(world, m, "recipe", id), done(world, m, id)) {
        (None, _) => contents(world, m, id).len(),
        (_, false) => most + 1,
        (_, true) => most + 2,
    };
    world.things[id].state = i64::try_from(state).expect("small");
}

/// Begins, finishes and spoils.
fn work(world: &mut World, m: &Chosen, id: usize, cell: Cell) {
    let spec = Rc::clone(&world.spec);
    let recipes = recipes(&spec, m);
    let tick = i64::from(world.tick);
    if noted(world, m, "recipe", id).is_none() {
        let mut inside = contents(world, m, id);
        inside.sort_unstable();
        let full = |r: &Recipe| {
            let mut input = r.input.clone();
            input.sort_unstable();
            !input.is_empty() && r.out.is_some() && input == inside
        };
        let Some(number) = recipes.iter().position(full) else {
            return;
        };
        let beside = (0..4).filter(|&d| {
            let to = world.step(cell, d);
            world.inside(to) && world.square(to).body.is_some()
        });
        if recipes[number].hands > 1 && beside.count() < recipes[number].hands {
            return;
        }
        note(world, m, "recipe", id, i64::try_from(number).expect("few"));
        note(world, m, "at", id, tick + recipes[number].ticks);
        show(world, m, id);
    }
    let number = noted(world, m, "recipe", id).expect("it works");
    let out = recipes[usize::try_from(number).expect("few")].out;
    let out = out.expect("a product");
    let due = noted(world, m, "at", id).is_some_and(|at| at <= tick);
    let burns = m.config.get("burns").map(|n| spec.number(n) / 1_000_000);
    if done(world, m, id) {
        if world.placed(out, cell).is_none() {
            // Somebody or something else took it.
            empty(world, m, id);
        } else if due && burns.is_some() {
            world.clear(out, cell);
            tell(world, "scorched", Value::Thing(id), out);
            empty(world, m, id);
        }
        return;
    }
    // A product needs a free place to wait in.
    if !due || world.square(cell).layers[2].is_some() {
        return;
    }
    if !world.place(out, cell) {
        world.refused += 1;
        return;
    }
    take_contents(world, m, id);
    note(world, m, "done", id, 1);
    note(world, m, "at", id, tick + burns.unwrap_or(0));
    show(world, m, id);
    tell(world, "cooked", Value::Thing(id), out);
}
