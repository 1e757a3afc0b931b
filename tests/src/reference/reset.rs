//! An episode begins: layout, things, variables, bodies.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use commonweal_core::draw::Purpose;
use commonweal_core::ids::Domain;
use commonweal_core::scenario::ast::Item;
use commonweal_core::scenario::doc::{Data, Node};

use super::eval::Scope;
use super::spec::{Entry, Spec, Var, int};
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
        spawns: Vec::new(),
        initial: BTreeSet::new(),
        arrived: vec![false; spec.slots()],
        played: vec![true; spec.slots()],
        drawn: BTreeMap::new(),
        memory: BTreeMap::new(),
        refused: 0,
        saturated: 0,
        ended: Ended::No,
    };
    for axis in 0..2 {
        world.mirrored[axis] =
            spec.mirror[axis] && world.below(Purpose::Mirror, "", small(axis), 0, 2) == 1;
    }
    world.spawns = lay_out(&mut world);
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
    set_variables(&mut world);
    bodies(&mut world);
    super::rules::start(&mut world);
    world
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

/// Puts floor and things; gives the spawn cells of each role.
fn lay_out(world: &mut World) -> Vec<Vec<Cell>> {
    let spec = Rc::clone(&world.spec);
    let mut spawns = vec![Vec::new(); spec.roles.len()];
    let mut placed: Vec<(Cell, char)> = Vec::new();
    for (r, row) in (0..).zip(&spec.rows) {
        for (c, glyph) in (0..).zip(row) {
            placed.push((mirrored(world, (r, c)), *glyph));
        }
    }
    placed.sort_unstable();
    let floor = spec.kind(&spec.floor);
    for (cell, glyph) in placed {
        if let Some(kind) = floor {
            put(world, kind, cell, None);
        }
        let Some(glyph) = spec.legend.get(&glyph) else {
            continue;
        };
        match &glyph.entry {
            Entry::Kinds(kinds) => {
                for name in kinds {
                    put(world, spec.kind(name).expect("a kind"), cell, None);
                }
            }
            Entry::Thing(node) => {
                let p = node.get("p").map_or(1_000_000, |n| spec.number(n));
                let subject = world.subject(cell);
                if !world.chance(Purpose::Presence, "", subject, 0, p) {
                    continue;
                }
                for name in super::spec::texts(node.get("thing")) {
                    let kind = spec.kind(&name).expect("a kind");
                    put(world, kind, cell, Some((node, glyph.index)));
                }
            }
            Entry::Spawn(role) => spawns[spec.role(role).expect("a role")].push(cell),
            Entry::Choose(_) | Entry::Area(_) => unimplemented_yet(),
        }
    }
    spawns
}

fn unimplemented_yet() {
    panic!("the reference does not know this part of the language");
}

/// Puts a thing of the legend into a cell, over what lay in its layer.
fn put(world: &mut World, kind: usize, cell: Cell, node: Option<(&Node, i64)>) {
    let spec = Rc::clone(&world.spec);
    let id = spec.has_identity(kind).then(|| {
        let state = spec.mechanics.iter().find_map(|m| {
            let it = m.text("thing") == Some(spec.kinds[kind].name.as_str());
            match m.name.as_str() {
                "door" if it => Some(i64::from(m.flag("open", false))),
                "device" if it => Some(m.int(&spec, "state", 0)),
                _ => None,
            }
        });
        let mut vars = BTreeMap::new();
        for var in &spec.kinds[kind].vars {
            let given = node.and_then(|(n, index)| n.get(&var.name).map(|v| (v, index)));
            let value = match given {
                Some((v, index)) if v.text() == Some("index") => Value::Int(index),
                Some((v, _)) => constant(&spec, var, v).unwrap_or(Value::Missing),
                None => initial(world, var, "", 0, None),
            };
            vars.insert(var.name.clone(), value);
        }
        world.things.push(Thing {
            kind,
            cell: Some(cell),
            holder: None,
            state: state.unwrap_or(0),
            vars,
        });
        world.things.len() - 1
    });
    let layer = spec.kinds[kind].layer;
    world.square_mut(cell).layers[layer] = Some(Placed { kind, id });
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
        let value = initial(world, var, &var.name, 0, None);
        world.vars.insert(var.name.clone(), value);
    }
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
        let mut drawn = world.spawns[number].clone();
        drawn.sort_by_key(|&c| {
            let subject = world.subject(c);
            (world.draw(Purpose::Spawn, &role.name, subject, 0), subject)
        });
        for (slot, cell) in (role.first..role.first + role.n).zip(drawn) {
            world.put_body(slot, cell);
            let turns = spec.mechanics.iter().any(|m| m.text("mode") == Some("turn"));
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
