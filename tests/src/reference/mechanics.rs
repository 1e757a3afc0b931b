//! The mechanics, and the tick that runs them phase by phase.
//!
//! **Invariant.** Phases in their order; within one, mechanics in the order of the list; within one, slots in the tick's order.

use std::rc::Rc;

use commonweal_core::draw::Purpose;

use super::eval::{Scope, reaches};
use super::spec::{Chosen, Spec};
use super::value::{Cell, Value};
use super::world::{Ended, Placed, Said, World, small};
use super::{environment, institutions, rules};

/// Mechanics that the reference knows.
pub const COVERED: [&str; 27] = [
    "push",
    "pool",
    "fragile",
    "ladder",
    "override",
    "state_pay",
    "law",
    "move",
    "pickup",
    "drop",
    "deposit",
    "regrow",
    "stock",
    "scatter",
    "pollute",
    "beam",
    "absence",
    "hazard",
    "perish",
    "ripen",
    "digest",
    "device",
    "door",
    "lock",
    "power",
    "message",
    "signs",
];

/// Mechanics that the engine has and the reference does not know yet.
pub const PENDING: [&str; 9] = [
    "conveyor",
    "interrupt",
    "matrix",
    "gift",
    "station",
    "boat",
    "territory",
    "monitor",
    "gauge",
];

/// Whether a mechanic has instances.
pub fn named(name: &str) -> bool {
    commonweal_core::mechanics::ALL
        .iter()
        .any(|def| def.name == name && def.named)
}

/// The chosen mechanics in the order of the list, instances in file order.
pub fn ordered(spec: &Spec) -> Vec<&Chosen> {
    let mut out = Vec::new();
    for def in commonweal_core::mechanics::ALL {
        out.extend(spec.mechanics.iter().filter(|m| m.name == def.name));
    }
    out
}

/// An action of a role.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Action {
    /// Public name.
    pub name: String,
    /// Verb.
    pub verb: String,
    /// Mechanic that plays it, and its instance.
    pub mechanic: (String, String),
}

/// The actions of a role.
pub fn actions(spec: &Spec, role: usize) -> Vec<Action> {
    let role = &spec.roles[role];
    let mut out = vec![Action {
        name: "noop".to_owned(),
        verb: "noop".to_owned(),
        mechanic: (String::new(), String::new()),
    }];
    for m in ordered(spec) {
        if !m.by(&role.name) {
            continue;
        }
        let mut add = |name: String, verb: &str| {
            let allowed = role.verbs.as_ref();
            if allowed.is_none_or(|verbs| verbs.iter().any(|v| v == verb)) {
                out.push(Action {
                    name,
                    verb: verb.to_owned(),
                    mechanic: (m.name.clone(), m.instance.clone()),
                });
            }
        };
        match m.name.as_str() {
            "move" => {
                let verbs: &[&str] = match m.text("mode") {
                    Some("turn") => &[
                        "forward",
                        "back",
                        "left",
                        "right",
                        "turn_left",
                        "turn_right",
                    ],
                    _ => &["n", "e", "s", "w"],
                };
                for v in verbs {
                    add((*v).to_owned(), v);
                }
            }
            "pickup" | "deposit" => {
                if let Some(verb) = m.text("verb") {
                    add(verb.to_owned(), verb);
                }
            }
            "drop" => add("drop".to_owned(), "drop"),
            "pool" => {
                let asks = m.config.get("asks").map(|n| n.items().to_vec());
                for n in asks.unwrap_or_default() {
                    add(format!("ask:{}", spec.number(&n) / 1_000_000), "ask");
                }
            }
            "beam" | "lock" => add(m.instance.clone(), &m.instance),
            "device" if m.text("trigger") == Some("use") => {
                add(format!("use:{}", m.instance), "use");
            }
            "message" => {
                for kind in m.texts("kinds") {
                    add(format!("say:{kind}"), "say");
                }
            }
            _ => {}
        }
    }
    out
}

/// Whether an action may be played in the running tick.
pub fn legal(world: &World, slot: usize, action: usize) -> bool {
    let all = actions(&world.spec, world.agents[slot].role);
    let Some(action) = all.get(action) else {
        return false;
    };
    if action.verb == "noop" {
        let role = &world.spec.roles[world.agents[slot].role];
        return role.noop || !world.can_act(slot);
    }
    if !world.can_act(slot) {
        return false;
    }
    match action.mechanic.0.as_str() {
        "pool" => {
            let m = world.spec.mechanics.iter().find(|m| m.name == "pool");
            let every = m.map_or(1, |m| m.int(&world.spec, "every", 1));
            i64::from(world.tick) % every == 0
        }
        "beam" => {
            let beam = world.spec.beams.iter().position(|b| *b == action.verb);
            world.agents[slot].ready_at[beam.expect("a beam")] <= world.tick
        }
        "pickup" | "deposit" | "device" | "drop" | "lock" => {
            let m = world
                .spec
                .mechanics
                .iter()
                .find(|m| m.name == action.mechanic.0 && m.instance == action.mechanic.1);
            let m = m.expect("it has the verb");
            match m.name.as_str() {
                "pickup" => in_reach(world, m, slot).is_some(),
                "device" => stands_at(world, m, slot, "thing").is_some(),
                "drop" => to_drop(world, m, slot).is_some(),
                "lock" => to_turn(world, m, slot).is_some(),
                _ => {
                    let carried = &world.agents[slot].carried;
                    let kinds = m.texts("things");
                    let mut kinds = kinds.iter().filter_map(|t| world.spec.kind(t));
                    stands_at(world, m, slot, "at").is_some()
                        && kinds.any(|k| carried.get(&k).is_some_and(|n| *n > 0))
                }
            }
        }
        _ => true,
    }
}

/// Whether the mask allows a verb.
pub fn can(world: &World, slot: usize, verb: &str) -> bool {
    let all = actions(&world.spec, world.agents[slot].role);
    (0..all.len()).any(|i| (all[i].verb == verb || all[i].name == verb) && legal(world, slot, i))
}

/// Whether a message is true now.
pub fn truth(world: &mut World, message: usize, sender: Option<usize>) -> bool {
    let spec = Rc::clone(&world.spec);
    let mut scope = Scope::default();
    scope.me = sender;
    scope.eval(world, &spec.messages[message].truth).holds()
}

/// One tick; `given` are the actions of all slots, legal or not, `outside` says which of them come from outside.
pub fn tick(world: &mut World, given: &[usize], outside: &[bool]) {
    let spec = Rc::clone(&world.spec);
    world.events.clear();
    for slot in 0..world.agents.len() {
        world.pay[slot].fill(0);
        world.agents[slot].heard_now.clear();
        // Whoever landed comes with the moves; where nothing moves, nobody comes anywhere.
        if spec.mechanics.iter().any(|m| m.name == "move") {
            world.arrived[slot] = std::mem::take(&mut world.agents[slot].lands);
        }
    }
    // What exists, by who can act, is played; what more a verb needs is asked in its phase. A script plays what its mask allows.
    let mut chosen = Vec::new();
    for (slot, &action) in given.iter().enumerate() {
        let all = actions(&spec, world.agents[slot].role);
        let idle = action == 0 && legal(world, slot, 0);
        let known = idle || action > 0 && action < all.len() && world.can_act(slot);
        let plays = known && (outside[slot] || legal(world, slot, action));
        chosen.push(if plays {
            all[action].clone()
        } else {
            all[0].clone()
        });
        world.agents[slot].illegal += u32::from(!known && outside[slot]);
    }
    let order = world.order();
    let all = ordered(&spec);
    for m in all.iter().filter(|m| m.name == "override") {
        institutions::overrule(world, m, &mut chosen);
    }
    for (slot, action) in chosen.iter().enumerate() {
        let all = actions(&spec, world.agents[slot].role);
        let index = all.iter().position(|a| a == action);
        world.chosen[slot] = index.expect("an action of the role");
    }
    let mut answered = rules::answer(world, 0);
    // What regrowth goes by was there before the tick.
    let before = world.squares.clone();

    for m in &all {
        if m.name == "move" {
            moves(world, m, &order, &chosen);
        }
    }
    answered = rules::answer(world, answered);

    for m in &all {
        match m.name.as_str() {
            "pickup" => pickup(world, m, &chosen),
            "drop" => drop_one(world, m, &chosen),
            "lock" => lock(world, m, &chosen),
            "deposit" => deposit(world, m, &chosen),
            "beam" => beam(world, m, &order, &chosen),
            "fragile" => institutions::fragile(world, m),
            "device" => device(world, m, &chosen),
            "message" => message(world, m, &chosen),
            _ => {}
        }
    }
    for m in all.iter().filter(|m| m.name == "perish") {
        environment::look(world, m, i64::from(world.tick) - 1);
    }
    answered = rules::answer(world, answered);

    for m in &all {
        match m.name.as_str() {
            "regrow" => environment::regrow(world, m, &before),
            "stock" => environment::stock(world, m),
            "scatter" => environment::scatter(world, m, "each_tick"),
            "pollute" => environment::pollute(world, m),
            "perish" => environment::chain(world, m),
            "ripen" => environment::ripen(world, m),
            _ => {}
        }
    }
    for m in &all {
        let by_verb = m.text("verb").is_some();
        if m.name == "pickup" && !by_verb && m.text("under_agent") == Some("eat") {
            for slot in 0..world.agents.len() {
                if m.by(&spec.roles[world.agents[slot].role].name) {
                    pick_up(world, m, slot);
                }
            }
        }
    }
    for m in all.iter().filter(|m| m.name == "perish") {
        environment::perish(world, m);
    }
    answered = rules::answer(world, answered);

    for m in &all {
        match m.name.as_str() {
            "absence" => environment::absence(world, &order),
            "hazard" => environment::hazard(world, m),
            "digest" => environment::digest(world, m),
            "ladder" => institutions::ladder(world, m),
            _ => {}
        }
    }
    answered = rules::answer(world, answered);

    let due: Vec<_> = world
        .later
        .iter()
        .filter(|(t, _)| *t <= world.tick)
        .cloned()
        .collect();
    world.later.retain(|(t, _)| *t > world.tick);
    world.events.extend(due.into_iter().map(|(_, event)| event));
    rules::each(world);
    for m in all.iter().filter(|m| m.name == "pool") {
        institutions::pool(world, m, &chosen);
    }
    for m in all.iter().filter(|m| m.name == "law") {
        institutions::law(world, m);
    }
    rules::answer(world, answered);
    for m in all.iter().filter(|m| m.name == "state_pay") {
        institutions::state_pay(world, m, false);
    }
    end(world);
}

fn end(world: &mut World) {
    let spec = Rc::clone(&world.spec);
    let done = world.tick + 1;
    let drawn = spec.drawn_end.is_some_and(|(from, every, p)| {
        done >= from
            && (done - from).is_multiple_of(every)
            && world.chance(Purpose::DrawnEnd, "", 0, 0, p)
    });
    world.tick = done;
    if world.ended == Ended::No
        && let Some(end) = &spec.end
        && Scope::default().eval(world, end).holds()
    {
        world.ended = Ended::Terminated;
    }
    if world.ended != Ended::No {
        return;
    }
    if done >= spec.ticks || drawn {
        world.ended = Ended::Truncated;
    }
}

/// Whether a slot's role may use a mechanic.
pub fn may(world: &World, m: &Chosen, slot: usize) -> bool {
    m.by(&world.spec.roles[world.agents[slot].role].name)
}

fn moves(world: &mut World, m: &Chosen, order: &[usize], chosen: &[Action]) {
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
            }
        }
    }
}

/// Slots that a mechanic of the phase act is about, ascending: those that chose its verb, or that came to their cell.
fn concerned(world: &World, m: &Chosen, chosen: &[Action], by_verb: bool) -> Vec<usize> {
    let wants = |&slot: &usize| {
        if by_verb {
            chosen[slot].mechanic == (m.name.clone(), m.instance.clone())
        } else {
            world.arrived[slot] && may(world, m, slot)
        }
    };
    (0..world.agents.len()).filter(wants).collect()
}

fn pickup(world: &mut World, m: &Chosen, chosen: &[Action]) {
    let by_verb = m.text("verb").is_some();
    for slot in concerned(world, m, chosen, by_verb) {
        let done = pick_up(world, m, slot);
        world.agents[slot].illegal += u32::from(by_verb && !done);
    }
}

/// The kind that lies under a body and that it can pick up.
fn in_reach(world: &World, m: &Chosen, slot: usize) -> Option<(usize, Cell)> {
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

fn spec_layer(world: &World, kind: usize) -> usize {
    world.spec.kinds[kind].layer
}

fn pick_up(world: &mut World, m: &Chosen, slot: usize) -> bool {
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
fn stands_at(world: &World, m: &Chosen, slot: usize, key: &str) -> Option<Cell> {
    let agent = &world.agents[slot];
    let cell = agent.cell.filter(|_| agent.body)?;
    let at = m.texts(key);
    let mut here = world.square(cell).layers.iter().flatten();
    here.any(|p| at.contains(&world.spec.kinds[p.kind].name))
        .then_some(cell)
}

fn deposit(world: &mut World, m: &Chosen, chosen: &[Action]) {
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
fn to_drop(world: &World, m: &Chosen, slot: usize) -> Option<(usize, Cell)> {
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

fn drop_one(world: &mut World, m: &Chosen, chosen: &[Action]) {
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
fn to_turn(world: &World, m: &Chosen, slot: usize) -> Option<(usize, Option<Placed>)> {
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

fn lock(world: &mut World, m: &Chosen, chosen: &[Action]) {
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

/// The cells of a beam, row by row, each from the shooter outward.
fn rays(m: &Chosen, spec: &Spec, facing: usize) -> Vec<(i32, Vec<Cell>)> {
    let length = i32::try_from(m.int(spec, "length", 3)).expect("at most 16");
    let radius = i32::try_from(m.int(spec, "radius", 1)).expect("at most 2");
    let (dr, dc) = super::world::DIRECTIONS[facing];
    let (sr, sc) = super::world::DIRECTIONS[(facing + 1) % 4];
    let at = |ahead: i32, side: i32| (dr * ahead + sr * side, dc * ahead + sc * side);
    let block = m.text("shape") == Some("block");
    let mut out = vec![(0, (1..=length).map(|k| at(k, 0)).collect())];
    for sign in [-1, 1] {
        for r in 1..=radius {
            let row = if block { 1..=length } else { 0..=length - r };
            out.push((sign * r, row.map(|k| at(k, sign * r)).collect()));
        }
    }
    out
}

fn beam(world: &mut World, m: &Chosen, order: &[usize], chosen: &[Action]) {
    let spec = Rc::clone(&world.spec);
    let number = spec.beams.iter().position(|b| *b == m.instance);
    let number = number.expect("a beam");
    let block = m.text("shape") == Some("block");
    let through = m.text("stopped_by") == Some("solid");
    let cooldown = u32::try_from(m.int(&spec, "cooldown", 10)).expect("a small number");
    let more = u32::from(m.text("next") != Some("c"));
    let mut hits = Vec::new();
    for &slot in order {
        if chosen[slot].mechanic != (m.name.clone(), m.instance.clone()) {
            continue;
        }
        let from = world.agents[slot].cell.expect("a body has a cell");
        if world.agents[slot].ready_at[number] > world.tick {
            world.agents[slot].illegal += 1;
            continue;
        }
        world.agents[slot].ready_at[number] = world.tick + cooldown + more;
        world.emit("fired", vec![Value::Slot(slot), Value::Beam(number)]);
        world.pay(slot, 0, -m.num(&spec, "cost", 0));
        let mut shut = [false; 2];
        for (side, row) in rays(m, &spec, world.agents[slot].facing) {
            let of_side = usize::from(side > 0);
            if side != 0 && shut[of_side] {
                continue;
            }
            for (i, (r, c)) in row.into_iter().enumerate() {
                let cell = world.wrapped((from.0 + r, from.1 + c));
                let body = world
                    .inside(cell)
                    .then(|| world.square(cell).body)
                    .flatten();
                let stops = world.blocked(cell) || body.is_some() && !through;
                if !world.blocked(cell)
                    && let Some(other) = body
                    && other != slot
                {
                    hits.push((slot, other));
                }
                if stops {
                    shut[of_side] |= side.abs() == 1 && i == 0 && !block;
                    break;
                }
            }
        }
    }
    // All shots of a tick are fired before any of them hits.
    for (slot, other) in hits {
        let fields = vec![Value::Beam(number), Value::Slot(slot), Value::Slot(other)];
        world.emit("hit", fields);
    }
}

fn device(world: &mut World, m: &Chosen, chosen: &[Action]) {
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

fn message(world: &mut World, m: &Chosen, chosen: &[Action]) {
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
