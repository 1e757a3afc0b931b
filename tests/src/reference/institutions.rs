//! Rules of a place that are mechanics: sanctions, laws, stocks that are shared out, what a state costs; and actions that are replaced.
//!
//! **Invariant.** They look at the events of the tick in the order in which they happened.

use std::rc::Rc;

use commonweal_core::draw::Purpose;

use super::eval::Scope;
use super::mechanics::{Action, actions, may};
use super::spec::Chosen;
use super::value::{Cell, Value};
use super::world::{Placed, World, small};

fn key(m: &Chosen, what: &str, of: usize) -> (String, i64) {
    let of = i64::try_from(of).expect("small");
    (format!("{}.{}.{what}", m.name, m.instance), of)
}

/// `override`: an action is replaced before the world sees it.
pub fn overrule(world: &mut World, m: &Chosen, chosen: &mut [Action]) {
    let spec = Rc::clone(&world.spec);
    let (var, name) = (
        m.text("when").expect("a variable"),
        format!("override.{}", m.instance),
    );
    let chance = m.num(&spec, "chance", 1_000_000);
    #[expect(
        clippy::needless_range_loop,
        reason = "the world is read beside what is chosen"
    )]
    for slot in 0..world.agents.len() {
        let agent = &world.agents[slot];
        let value = agent.vars.get(var).or_else(|| world.vars.get(var));
        let holds = value.is_some_and(|v| v.plain(|_| 0) != 0);
        if !m.texts("roles").contains(&spec.roles[agent.role].name)
            || !holds
            || !world.can_act(slot)
            || !world.chance(Purpose::Override, &name, small(slot), 0, chance)
        {
            continue;
        }
        let all = actions(&spec, world.agents[slot].role);
        let act = m.text("act").expect("an action");
        let to = if act == "random" {
            let k = u16::try_from(slot).expect("small");
            let draw = |a: &usize| (world.draw(Purpose::OverrideAction, &name, small(*a), k), *a);
            (1..all.len()).min_by_key(draw).unwrap_or(0)
        } else {
            all.iter().position(|a| a.name == act).unwrap_or(0)
        };
        let from = all.iter().position(|a| a.name == chosen[slot].name);
        let number = |n: usize| Value::Int(i64::try_from(n).expect("few"));
        let fields = vec![Value::Slot(slot), number(from.unwrap_or(0)), number(to)];
        chosen[slot] = all[to].clone();
        world.emit("overridden", fields);
    }
}

/// `fragile`: what a step or a push breaks.
pub fn fragile(world: &mut World, m: &Chosen) {
    let spec = Rc::clone(&world.spec);
    let kind = spec.kind(m.text("thing").expect("a kind")).expect("a kind");
    let becomes = spec
        .kind(m.text("becomes").expect("a kind"))
        .expect("a kind");
    let by = m.text("breaks_by").unwrap_or("both");
    let mut broken = Vec::new();
    if by != "push" {
        for slot in 0..world.agents.len() {
            let agent = &world.agents[slot];
            let cell = agent.cell.filter(|_| agent.body && world.arrived[slot]);
            broken.extend(cell.map(|c| (slot, c)));
        }
    }
    if by != "step" {
        for event in &world.events {
            if let ("pushed", [Value::Slot(slot), Value::Thing(id), _]) =
                (event.name.as_str(), event.fields.as_slice())
            {
                let cell = world.things[*id]
                    .cell
                    .filter(|_| world.things[*id].kind == kind);
                broken.extend(cell.map(|c| (*slot, c)));
            }
        }
    }
    for (slot, cell) in broken {
        if world.placed(kind, cell).is_none() {
            continue;
        }
        world.clear(kind, cell);
        if !world.place(becomes, cell) {
            world.refused += 1;
        }
        let fields = vec![Value::Slot(slot), Value::Kind(kind), Value::Cell(cell)];
        world.emit("broke", fields);
    }
}

/// `ladder`: each further hit within a while is answered more harshly.
pub fn ladder(world: &mut World, m: &Chosen) {
    let spec = Rc::clone(&world.spec);
    let steps = m.config.get("steps").expect("steps").items().to_vec();
    let beam = spec.beams.iter().position(|b| m.text("beam") == Some(b));
    let forget = m.int(&spec, "forget", 50);
    let tick = i64::from(world.tick);
    for slot in 0..world.agents.len() {
        let (step, last, leaves) = (
            key(m, "step", slot),
            key(m, "last", slot),
            key(m, "leaves", slot),
        );
        if let Some(ticks) = world.memory.remove(&leaves) {
            world.memory.remove(&step);
            world.send_away(slot, u32::try_from(ticks).ok());
            world.emit("sanctioned", vec![Value::Slot(slot), Value::Int(0)]);
            continue;
        }
        let since = world.memory.get(&last).copied().unwrap_or(0);
        if world.memory.contains_key(&step) && tick - since >= forget {
            world.memory.remove(&step);
            world.emit("sanctioned", vec![Value::Slot(slot), Value::Int(0)]);
        }
    }
    for event in world.events.clone() {
        let ("hit", [Value::Beam(b), Value::Slot(by), Value::Slot(target)]) =
            (event.name.as_str(), event.fields.as_slice())
        else {
            continue;
        };
        let leaves = world.memory.contains_key(&key(m, "leaves", *target));
        if Some(*b) != beam || leaves || world.agents[*target].away {
            continue;
        }
        let most = i64::try_from(steps.len()).expect("few");
        let step = world.memory.entry(key(m, "step", *target)).or_insert(0);
        *step += 1;
        let number = *step;
        world.memory.insert(key(m, "last", *target), tick);
        let what = &steps[usize::try_from(number.min(most) - 1).expect("at least one")];
        let num = |name: &str| what.get(name).map_or(0, |n| spec.number(n));
        world.pay(*by, 0, num("to_hitter"));
        world.pay(*target, 0, num("to_target"));
        let freeze = u32::try_from(num("freeze") / 1_000_000).expect("not negative");
        world.freeze(*target, freeze);
        if let Some(remove) = what.get("remove") {
            let ticks = remove.num().map_or(-1, |n| n / 1_000_000);
            world.memory.insert(key(m, "leaves", *target), ticks);
            world.freeze(*target, 2);
        }
        world.emit("sanctioned", vec![Value::Slot(*target), Value::Int(number)]);
    }
}

/// `law`: whoever causes an event pays.
pub fn law(world: &mut World, m: &Chosen) {
    let spec = Rc::clone(&world.spec);
    let (forbids, name) = (
        m.text("forbids").expect("an event"),
        format!("law.{}", m.instance),
    );
    if !m.flag("on", true) {
        return;
    }
    if let Some(when) = m.config.get("when").and_then(|n| n.text()) {
        let when = super::spec::expression(when);
        if !Scope::default().eval(world, &when).holds() {
            return;
        }
    }
    let (fine, chance) = (m.num(&spec, "fine", 0), m.num(&spec, "chance", 1_000_000));
    // Slot by slot, each breach by its number among the slot's own of the tick.
    let mut breaches = vec![0u16; world.agents.len()];
    for event in world.events.iter().filter(|e| e.name == forbids) {
        if let Some(slot) = event.fields.iter().find_map(Value::slot) {
            breaches[slot] += u16::from(may(world, m, slot));
        }
    }
    let monitored = m.text("seen_by") == Some("monitor");
    for (slot, n) in breaches.into_iter().enumerate() {
        let flagged = vec![Value::Slot(slot), Value::Text(forbids.to_owned())];
        let tells = |e: &super::world::Event| e.name == "flagged" && e.fields == flagged;
        let seen = !monitored || world.events.iter().any(tells);
        for nth in 0..n {
            world.emit("breach", vec![Value::Slot(slot)]);
            if seen && world.chance(Purpose::Fine, &name, small(slot), nth, chance) {
                world.pay(slot, 0, -fine);
                world.emit("fined", vec![Value::Slot(slot), Value::Num(fine)]);
            }
        }
    }
}

/// `state_pay`: a channel gets the change of a number.
pub fn state_pay(world: &mut World, m: &Chosen, begins: bool) {
    let spec = Rc::clone(&world.spec);
    let text = m.text("is").expect("an expression");
    let expr = super::spec::expression(text);
    let now = Scope::default().eval(world, &expr).num().unwrap_or(0);
    let channel = spec
        .channels
        .iter()
        .position(|c| m.text("channel") == Some(c));
    let last = world.memory.insert(key(m, "last", 0), now).unwrap_or(0);
    if begins {
        return;
    }
    for slot in 0..world.agents.len() {
        if may(world, m, slot) {
            world.pay(slot, channel.expect("a channel"), now - last);
            if now != last {
                world.did.insert("state_pay");
            }
        }
    }
}

/// Things that can be pushed, in front of a body: they move on, the farthest first. Whether the cell before the body is free now.
pub fn push(world: &mut World, slot: usize, direction: usize) {
    let spec = Rc::clone(&world.spec);
    let from = world.agents[slot].cell.expect("a body has a cell");
    for m in spec.mechanics.iter().filter(|m| m.name == "push") {
        let things = m.texts("things");
        let movable = |world: &World, cell| {
            // What a belt carried over a body is not pushed off it.
            let solid: Option<Placed> = world
                .inside(cell)
                .then(|| world.square(cell))
                .filter(|square| square.body.is_none())
                .and_then(|square| square.layers[1]);
            solid.filter(|p| things.contains(&spec.kinds[p.kind].name) && world.blocks(p))
        };
        let mut row = Vec::new();
        let mut cell = world.step(from, direction);
        while let Some(placed) = movable(world, cell) {
            row.push((cell, placed));
            cell = world.step(cell, direction);
        }
        let chain = usize::try_from(m.int(&spec, "chain", 1)).expect("at most 8");
        let open = world.inside(cell)
            && world.square(cell).layers[1].is_none()
            && world.square(cell).body.is_none();
        if row.is_empty() || row.len() > chain || !open || !may(world, m, slot) {
            continue;
        }
        for (at, placed) in row.into_iter().rev() {
            let to = world.step(at, direction);
            shift(world, slot, placed, at, to);
        }
    }
}

/// Who walks away from a thing that it pulls takes it along, into the cell that it left.
pub fn pull(world: &mut World, slot: usize, left: Cell, direction: usize) {
    let spec = Rc::clone(&world.spec);
    let behind = world.step(left, direction + 2);
    if !world.inside(behind) {
        return;
    }
    let Some(placed) = world.square(behind).layers[1] else {
        return;
    };
    let pulls = |m: &Chosen| {
        let pulls = m.name == "push" && m.flag("pull", false) && may(world, m, slot);
        pulls && m.texts("things").contains(&spec.kinds[placed.kind].name)
    };
    let free = world.square(left).body.is_none() && world.square(left).layers[1].is_none();
    if free && spec.mechanics.iter().any(pulls) {
        shift(world, slot, placed, behind, left);
    }
}

fn shift(world: &mut World, slot: usize, placed: Placed, from: Cell, to: Cell) {
    world.square_mut(from).layers[1] = None;
    world.lay(placed, to);
    let id = placed.id.expect("what is pushed has identity");
    let fields = vec![Value::Slot(slot), Value::Thing(id), Value::Cell(to)];
    world.emit("pushed", fields);
}

/// `pool`: what all ask for is dealt at once, and what is left grows.
pub fn pool(world: &mut World, m: &Chosen, chosen: &[Action]) {
    let spec = Rc::clone(&world.spec);
    let every = m.int(&spec, "every", 1);
    let month = i64::from(world.tick) % every;
    let var = m.text("var").expect("a variable").to_owned();
    let whole = matches!(world.vars[&var], Value::Int(_));
    let mut stock = world.vars[&var].num().expect("a number");
    let one = 1_000_000;
    let below = m.num(&spec, "collapse_below", 0);
    let verb = |a: &Action| a.mechanic == (m.name.clone(), m.instance.clone());
    for slot in (0..chosen.len()).filter(|&s| month != 0 && verb(&chosen[s])) {
        world.agents[slot].illegal += 1;
    }
    if month == 0 {
        let mut asks: Vec<(usize, i64)> = Vec::new();
        for (slot, action) in chosen.iter().enumerate() {
            // Who was sent away in this very tick asks for nothing.
            let agent = &world.agents[slot];
            let there = agent.alive && agent.on && !agent.away;
            if there && action.mechanic == (m.name.clone(), m.instance.clone()) {
                let n = action
                    .name
                    .strip_prefix("ask:")
                    .and_then(|n| n.parse().ok());
                asks.push((slot, n.expect("a number")));
            }
        }
        for &(slot, n) in &asks {
            world.emit("asked_for", vec![Value::Slot(slot), Value::Int(n)]);
        }
        let (units, before) = ((stock / one).max(0), stock);
        let given = deal(world, m, &asks, units);
        for (&(slot, _), n) in asks.iter().zip(given) {
            stock -= n * one;
            if n == 0 {
                continue;
            }
            world.emit("dealt", vec![Value::Slot(slot), Value::Int(n)]);
        }
        if before >= below && stock < below {
            world.emit("collapsed", Vec::new());
        }
    }
    if month == every - 1 && stock >= below {
        let factor = i128::from(m.num(&spec, "factor", one));
        let grown = i128::from(stock) * factor / i128::from(one);
        let mut grown = i64::try_from(grown).unwrap_or(i64::MAX);
        if let Some(cap) = m.config.get("cap").map(|n| spec.number(n)) {
            grown = grown.min(cap.max(stock));
        }
        if whole {
            grown = grown / one * one;
        }
        let decl = spec
            .vars
            .iter()
            .find(|v| v.name == var)
            .expect("a variable");
        let as_value = if whole {
            Value::Int(grown / one)
        } else {
            Value::Num(grown)
        };
        grown = super::eval::kept(decl, as_value).num().expect("a number");
        if grown != stock {
            world.emit("stock_grew", vec![Value::Num(grown - stock)]);
        }
        stock = grown;
    }
    let decl = spec
        .vars
        .iter()
        .find(|v| v.name == var)
        .expect("a variable");
    let value = if whole {
        Value::Int(stock / one)
    } else {
        Value::Num(stock)
    };
    world.vars.insert(var, super::eval::kept(decl, value));
}

/// How many units each asker gets.
fn deal(world: &World, m: &Chosen, asks: &[(usize, i64)], units: i64) -> Vec<i64> {
    let sum: i64 = asks.iter().map(|(_, n)| n).sum();
    let mut given: Vec<i64> = asks.iter().map(|(_, n)| *n).collect();
    if sum <= units {
        return given;
    }
    let name = format!("pool.{}", m.instance);
    if m.text("deal") == Some("share") {
        let mut left = units;
        let mut lost = Vec::new();
        for (i, (slot, n)) in asks.iter().enumerate() {
            given[i] = n * units / sum;
            left -= given[i];
            lost.push((n * units % sum, *slot, i));
        }
        for unit in 0..left {
            let k = u16::try_from(unit).expect("few");
            let owed = (0..lost.len()).filter(|&i| lost[i].0 > 0);
            let next = owed.min_by_key(|&i| {
                let (rest, slot, _) = lost[i];
                (
                    -rest,
                    world.draw(Purpose::Deal, &name, small(slot), k),
                    slot,
                )
            });
            let Some(i) = next else { break };
            given[lost[i].2] += 1;
            lost[i].0 = 0;
        }
        return given;
    }
    given.fill(0);
    for unit in 0..units {
        let k = u16::try_from(unit).expect("few");
        let wants = (0..asks.len()).filter(|&i| given[i] < asks[i].1);
        let best = wants.min_by_key(|&i| {
            let slot = asks[i].0;
            (world.draw(Purpose::Deal, &name, small(slot), k), slot)
        });
        if let Some(i) = best {
            given[i] += 1;
        }
    }
    given
}
