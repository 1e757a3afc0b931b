//! An episode begins: layout, things, variables, bodies.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use commonweal_core::draw::Purpose;
use commonweal_core::ids::Domain;
use commonweal_core::scenario::ast::Item;
use commonweal_core::scenario::doc::{Data, Node};

use super::eval::Scope;
use super::spec::{Glyph, Spec, Var, int};
use super::value::{Cell, Value};
use super::world::{Agent, Ended, Placed, Square, Thing, World, small};

/// The world before the first tick.
pub fn reset(spec: &Rc<Spec>, domain: Domain, seed: u64, episode: u32) -> World {
    let size = (
        i32::try_from(spec.rows.len()).expect("128 rows at most"),
        i32::try_from(spec.rows[0].len()).expect("128 columns at most"),
    );
    let mut world = World {
        spec: Rc::clone(spec),
        seed,
        domain,
        episode,
        tick: 0,
        size,
        mirrored: [false; 2],
        squares: vec![Square::default(); spec.rows.len() * spec.rows[0].len()],
        things: Vec::new(),
        agents: Vec::new(),
        vars: BTreeMap::new(),
        events: Vec::new(),
        later: Vec::new(),
        pay: vec![vec![0; spec.channels.len()]; spec.slots()],
        said: Vec::new(),
        areas: BTreeMap::new(),
        round: 0,
        round_from: 0,
        round_over: false,
        firsts: Vec::new(),
        spawns: Vec::new(),
        initial: BTreeSet::new(),
        arrived: vec![false; spec.slots()],
        chosen: vec![0; spec.slots()],
        memory: BTreeMap::new(),
        did: BTreeSet::new(),
        refused: 0,
        saturated: 0,
        ended: Ended::No,
    };
    begin(&mut world, Vec::new());
    world
}

/// The next round of the episode begins. What belongs to the episode stays: variables with `keep`, pay and messages of the tick that
/// ended the round, what was ever heard, registers, illegal actions, what was counted.
pub fn next_round(world: &mut World) {
    world.round += 1;
    world.round_from = world.tick;
    world.round_over = false;
    world.squares.fill(Square::default());
    world.things.clear();
    world.later.clear();
    world.said.clear();
    world.memory.clear();
    let before = std::mem::take(&mut world.agents);
    begin(world, before);
}

/// Layout, things, variables, bodies, with the draws of the tick that comes; `before` are the agents of the round that ended.
fn begin(world: &mut World, before: Vec<Agent>) {
    let spec = Rc::clone(&world.spec);
    for axis in 0..2 {
        world.mirrored[axis] =
            spec.mirror[axis] && world.below(Purpose::Mirror, "", small(axis), 0, 2) == 1;
    }
    lay_out(world);
    world.initial = world
        .cells()
        .into_iter()
        .flat_map(|cell| {
            let layers = world.square(cell).layers;
            layers
                .into_iter()
                .flatten()
                .map(move |placed| (placed.kind, cell))
        })
        .collect();
    set_variables(world);
    bodies(world);
    for (agent, old) in world.agents.iter_mut().zip(before) {
        agent.registers = old.registers;
        agent.heard_at = old.heard_at;
        agent.heard_now = old.heard_now;
        agent.illegal = old.illegal;
    }
    for m in super::mechanics::ordered(&spec) {
        if m.name == "scatter" {
            super::environment::scatter(world, m, "start");
        }
    }
    super::rules::start(world);
    if std::mem::take(&mut world.round_over) {
        // A round that ends before its first tick would never let one begin.
        world.refused += 1;
    }
    for m in super::mechanics::ordered(&spec) {
        if m.name == "state_pay" {
            super::institutions::state_pay(world, m, true);
        }
    }
}

/// Where a cell of the map as written lies in this episode.
fn mirrored(world: &World, written: Cell) -> Cell {
    let (r, c) = written;
    let (h, w) = world.size;
    (
        if world.mirrored[1] { h - 1 - r } else { r },
        if world.mirrored[0] { w - 1 - c } else { c },
    )
}

/// Puts floor and things; finds spawn cells and areas.
fn lay_out(world: &mut World) {
    let spec = Rc::clone(&world.spec);
    world.spawns = vec![Vec::new(); spec.roles.len()];
    world.firsts = world.spawns.clone();
    world.areas.clear();
    let mut written: Vec<(Cell, char)> = Vec::new();
    for (r, row) in (0..).zip(&spec.rows) {
        for (c, glyph) in (0..).zip(row) {
            written.push((mirrored(world, (r, c)), *glyph));
        }
    }
    for &(cell, glyph) in &written {
        if let Some(kind) = spec.kind(&spec.floor) {
            put(world, kind, cell);
        }
        let Some(glyph) = spec.legend.get(&glyph) else {
            continue;
        };
        if let Some(role) = &glyph.spawn {
            let role = spec.role(role).expect("a role");
            let lists = if glyph.first {
                &mut world.firsts
            } else {
                &mut world.spawns
            };
            lists[role].push(cell);
        }
        if let Some(area) = &glyph.area {
            world.areas.entry(area.clone()).or_default().insert(cell);
        }
        for kind in kinds_there(world, glyph, cell) {
            put(world, kind, cell);
        }
    }
    give_identity(world, &written);
    for cells in world.spawns.iter_mut().chain(&mut world.firsts) {
        cells.sort_unstable();
    }
}

/// Kinds that a glyph can put into its cell.
fn kinds_of(spec: &Spec, glyph: &Glyph) -> Vec<usize> {
    let sets = glyph.choose.iter().flat_map(|(kinds, _)| kinds);
    let names = glyph.kinds.iter().chain(sets);
    names.filter_map(|name| spec.kind(name)).collect()
}

/// Kinds that a glyph puts into a cell in this episode: those that it names, with their chance, then the set that is chosen.
fn kinds_there(world: &World, glyph: &Glyph, cell: Cell) -> Vec<usize> {
    let spec = &world.spec;
    let subject = world.subject(cell);
    let p = glyph.p.as_ref().map_or(1_000_000, |n| spec.number(n));
    let mut names: Vec<&String> = Vec::new();
    if world.chance(Purpose::Presence, "", subject, 0, p) {
        names.extend(&glyph.kinds);
    }
    let weight = |weight: i64| u128::from(weight.unsigned_abs());
    let total: u128 = glyph.choose.iter().map(|(_, w)| weight(*w)).sum();
    let name = format!("legend.{}", glyph.key);
    let draw = u128::from(world.draw(Purpose::Choose, &name, subject, 0));
    let (at, mut sum) = ((draw * total) >> 64, 0);
    let chosen = glyph.choose.iter().find(|(_, w)| {
        sum += weight(*w);
        at < sum
    });
    names.extend(chosen.into_iter().flat_map(|(kinds, _)| kinds));
    names.into_iter().filter_map(|n| spec.kind(n)).collect()
}

/// A thing of the legend comes into a cell, over what lay in its layer.
fn put(world: &mut World, kind: usize, cell: Cell) {
    let layer = world.spec.kinds[kind].layer;
    world.square_mut(cell).layers[layer] = Some(Placed { kind, id: None });
}

/// Rows that are kept for things that come into being later, of each kind that can.
const SPARE: usize = 16;

/// Things that keep their identity get their numbers: kind by kind, cells as the map is written, then spare ones.
fn give_identity(world: &mut World, written: &[(Cell, char)]) {
    let spec = Rc::clone(&world.spec);
    for kind in 0..spec.kinds.len() {
        if !spec.has_identity(kind) {
            continue;
        }
        let layer = spec.kinds[kind].layer;
        for (cell, glyph) in written {
            let of_floor = spec.kind(&spec.floor) == Some(kind);
            let of_glyph = spec.legend.get(glyph);
            if !of_floor && !of_glyph.is_some_and(|g| kinds_of(&spec, g).contains(&kind)) {
                continue;
            }
            let id = world.things.len();
            let there = world.placed(kind, *cell).is_some();
            if there {
                world.square_mut(*cell).layers[layer] = Some(Placed { kind, id: Some(id) });
            }
            world.things.push(Thing {
                kind,
                cell: there.then_some(*cell),
                holder: None,
                state: if there { first_state(&spec, kind) } else { 0 },
                vars: BTreeMap::new(),
            });
        }
        if spec.can_come(kind) {
            for _ in 0..SPARE {
                world.things.push(Thing {
                    kind,
                    cell: None,
                    holder: None,
                    state: 0,
                    vars: BTreeMap::new(),
                });
            }
        }
    }
}

fn first_state(spec: &Spec, kind: usize) -> i64 {
    let name = spec.kinds[kind].name.as_str();
    let state = spec.mechanics.iter().find_map(|m| match m.name.as_str() {
        "door" if m.text("thing") == Some(name) => Some(i64::from(m.flag("open", false))),
        "device" if m.text("thing") == Some(name) => Some(m.int(spec, "state", 0)),
        _ => None,
    });
    state.unwrap_or(0)
}

/// Variables of things: their `init`, then what the legend gives, then what it deals.
fn thing_variables(world: &mut World) {
    let spec = Rc::clone(&world.spec);
    for id in 0..world.things.len() {
        let cell = world.things[id].cell;
        for var in &spec.kinds[world.things[id].kind].vars {
            let value = match cell {
                Some(cell) => initial(world, var, &var.name, world.subject(cell), None),
                None => nothing(var),
            };
            world.things[id].vars.insert(var.name.clone(), value);
        }
    }
    let mut dealt: BTreeMap<String, Vec<(Cell, i64)>> = BTreeMap::new();
    for (r, row) in (0..).zip(&spec.rows) {
        for (c, glyph) in (0..).zip(row) {
            let Some(glyph) = spec.legend.get(glyph) else {
                continue;
            };
            let cell = mirrored(world, (r, c));
            if glyph.shuffle {
                let places = dealt.entry(glyph.key.clone()).or_default();
                places.push((cell, glyph.index));
            } else {
                values(world, &glyph.node, glyph.index, cell);
            }
        }
    }
    for (key, places) in dealt {
        let glyph = spec.legend.values().find(|g| g.key == key);
        let node = &glyph.expect("it has dealt").node;
        let mut to: Vec<Cell> = places.iter().map(|(cell, _)| *cell).collect();
        to.sort_by_key(|&c| {
            let subject = world.subject(c);
            let name = format!("legend.{key}");
            (world.draw(Purpose::Shuffle, &name, subject, 0), c)
        });
        for ((_, index), cell) in places.iter().zip(to) {
            values(world, node, *index, cell);
        }
    }
}

/// The values that the legend gives to the things of a cell.
fn values(world: &mut World, node: &Node, index: i64, cell: Cell) {
    let spec = Rc::clone(&world.spec);
    for id in 0..world.things.len() {
        if world.things[id].cell != Some(cell) {
            continue;
        }
        for var in &spec.kinds[world.things[id].kind].vars {
            let value = match node.get(&var.name) {
                Some(v) if v.text() == Some("index") => Value::Int(index),
                Some(v) => constant(&spec, var, v).unwrap_or(Value::Missing),
                None => continue,
            };
            world.things[id].vars.insert(var.name.clone(), value);
        }
    }
}

/// A constant as a variable's value.
fn constant(spec: &Spec, var: &Var, node: &Node) -> Option<Value> {
    Some(match (&node.data, var.ty.as_str()) {
        (Data::Bool(b), _) => Value::Bool(*b),
        (Data::Int(n), "int") => Value::Int(*n),
        (_, "num") if node.num().is_some() => Value::Num(node.num()?),
        (Data::Int(n), "slot") => Value::Slot(usize::try_from(*n).ok()?),
        (Data::Text(t), "choice") if var.choices.contains(t) => {
            Value::Choice(var.choices.iter().position(|c| c == t)?)
        }
        _ => {
            let _ = (spec, int(node));
            return None;
        }
    })
}

/// The value of a type where nothing is said.
fn nothing(var: &Var) -> Value {
    match var.ty.as_str() {
        "bool" => Value::Bool(false),
        "int" => Value::Int(0),
        "num" => Value::Num(0),
        "choice" => Value::Choice(0),
        _ => Value::Missing,
    }
}

/// A variable's value where a thing comes into being during an episode: its constant, or nothing.
pub fn beginning(spec: &Spec, var: &Var) -> Value {
    let given = var.init.as_ref().and_then(|node| constant(spec, var, node));
    super::eval::kept(var, given.unwrap_or_else(|| nothing(var)))
}

/// A variable's value at the start.
fn initial(world: &mut World, var: &Var, name: &str, subject: u32, slot: Option<usize>) -> Value {
    let spec = Rc::clone(&world.spec);
    let value = match &var.init {
        None => nothing(var),
        Some(node) => match constant(&spec, var, node) {
            Some(value) => value,
            None => {
                let text = node.text().expect("a constant or an expression");
                let expr = super::spec::expression(text);
                let mut scope = Scope::init(name, subject, slot);
                let value = scope.eval(world, &expr);
                super::eval::widened(value, &var.ty)
            }
        },
    };
    super::eval::kept(var, value)
}

fn set_variables(world: &mut World) {
    let spec = Rc::clone(&world.spec);
    for var in &spec.vars {
        if world.round > 0 && var.keep {
            continue;
        }
        let value = initial(world, var, &var.name, 0, None);
        world.vars.insert(var.name.clone(), value);
    }
    thing_variables(world);
    for slot in 0..spec.slots() {
        let role = spec.role_of(slot);
        let mut agent = Agent {
            role,
            alive: true,
            on: true,
            ready_at: vec![0; spec.beams.len()],
            ..Agent::default()
        };
        for var in &spec.roles[role].vars {
            let value = initial(world, var, &var.name, small(slot), Some(slot));
            agent.vars.insert(var.name.clone(), value);
        }
        world.agents.push(agent);
    }
}

fn bodies(world: &mut World) {
    let spec = Rc::clone(&world.spec);
    for (number, role) in spec.roles.iter().enumerate() {
        let drawn = |mut cells: Vec<Cell>| {
            cells.sort_by_key(|&c| {
                let subject = world.subject(c);
                (world.draw(Purpose::Spawn, &role.name, subject, 0), subject)
            });
            cells
        };
        let mut places = drawn(world.firsts[number].clone());
        places.extend(drawn(world.spawns[number].clone()));
        for (slot, cell) in (role.first..role.first + role.n).zip(places) {
            world.put_body(slot, cell);
            let turns = spec
                .mechanics
                .iter()
                .any(|m| m.text("mode") == Some("turn") || m.flag("turn_view", false));
            if turns {
                let facing = world.below(Purpose::Facing, "", small(slot), 0, 4);
                world.agents[slot].facing = usize::try_from(facing).expect("below 4");
            }
        }
    }
}

/// Registers of the bots that sit in the slots.
pub fn registers(world: &mut World, seats: &[Option<usize>]) {
    let spec = Rc::clone(&world.spec);
    for (slot, seat) in seats.iter().enumerate() {
        let Some(bot) = seat else { continue };
        let lets = spec.bots[*bot].items.iter().filter_map(|item| match item {
            Item::Let { value, .. } => Some(value),
            _ => None,
        });
        let values: Vec<i64> = lets
            .map(|value| {
                let mut scope = Scope::init("", small(slot), Some(slot));
                scope.eval(world, value).int().unwrap_or(0)
            })
            .collect();
        world.agents[slot].registers = values;
    }
}
