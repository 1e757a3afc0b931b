//! What the world does by itself: growth, dirt, rot, fruit, stocks.
//!
//! **Invariant.** By the map as it is, neighbours before the tick excepted; cells row by row.

use std::collections::BTreeSet;
use std::rc::Rc;

use commonweal_core::draw::Purpose;

use super::eval::reaches;
use super::mechanics::may;
use super::spec::{Chosen, Spec};
use super::value::{Cell, Value};
use super::world::{Square, World};

/// The kind that a field names.
fn kind_in(spec: &Spec, m: &Chosen, key: &str) -> usize {
    spec.kind(m.text(key).expect("a kind")).expect("a kind")
}

/// Number of cells of the map as written that hold one of some kinds of ground whatever is drawn.
fn written_ground(spec: &Spec, kinds: &[String]) -> usize {
    let holds = |glyph: &&char| {
        let glyph = spec.legend.get(glyph);
        let sure = glyph.filter(|g| g.p.as_ref().is_none_or(|p| spec.number(p) >= 1_000_000));
        let own = sure.map_or(&[][..], |g| &g.kinds);
        let of_layer = |name: &String, layer| {
            spec.kind(name)
                .is_some_and(|k| spec.kinds[k].layer == layer)
        };
        // A floor of its own takes the place of the map's.
        let floor = !own.iter().any(|k| of_layer(k, 0)) && kinds.contains(&spec.floor);
        floor || own.iter().any(|k| kinds.contains(k))
    };
    spec.rows.iter().flatten().filter(holds).count()
}

/// Of a place that is not empty.
const HELD: i64 = i64::MAX;

/// What `regrow` with a delay remembers of a place: since which tick it is empty.
fn emptied(m: &Chosen, subject: u32) -> (String, i64) {
    (format!("regrow.{}.empty", m.instance), i64::from(subject))
}

/// Looks which places were emptied. What lay there when the episode or round began counts.
fn look_for_empty(world: &mut World, m: &Chosen, before: &[Square]) {
    let kind = kind_in(&Rc::clone(&world.spec), m, "thing");
    let tick = i64::from(world.tick);
    for cell in world.cells() {
        let subject = world.subject(cell);
        let key = emptied(m, subject);
        let square = &before[usize::try_from(subject).expect("small")];
        let began = world.tick == world.round_from
            && square.layers.iter().flatten().any(|p| p.kind == kind);
        let held = began || world.memory.get(&key) == Some(&HELD);
        if world.placed(kind, cell).is_some() {
            world.memory.insert(key, HELD);
        } else if held {
            world.memory.insert(key, tick);
        }
    }
}

/// `regrow`.
pub fn regrow(world: &mut World, m: &Chosen, before: &[Square]) {
    let spec = Rc::clone(&world.spec);
    look_for_empty(world, m, before);
    if i64::from(world.tick) % m.int(&spec, "every", 1) != 0 {
        return;
    }
    let allows = |name: &str| world.vars[name].plain(|_| 0) != 0;
    if !m.text("while").is_none_or(allows) {
        return;
    }
    let delay = m.int(&spec, "delay", 0);
    let tick = i64::from(world.tick);
    let kind = spec
        .kind(m.text("thing").expect("a thing"))
        .expect("a kind");
    let layer = spec.kinds[kind].layer;
    let place = m.texts("where");
    let metric = m.text("metric").unwrap_or("l2");
    let radius = m.int(&spec, "radius", 2);
    let chances: Vec<i64> = m
        .config
        .get("chance")
        .map(|n| n.items().iter().map(|c| spec.number(c)).collect())
        .unwrap_or_default();
    let name = format!("regrow.{}", m.instance);
    let live = |cell: Cell| {
        let i = usize::try_from(world.subject(cell)).expect("small");
        before[i].layers[layer].is_some_and(|p| p.kind == kind)
    };
    let mut grown = Vec::new();
    for cell in world.cells() {
        let may_grow = if place == ["initial"] {
            world.initial.contains(&(kind, cell))
        } else {
            let mut soil = place.iter().filter_map(|name| spec.kind(name));
            soil.any(|k| world.initial.contains(&(k, cell)))
        };
        let square = world.square(cell);
        if !may_grow
            || square.layers[layer].is_some()
            || live(cell)
            || square.body.is_some() && !m.flag("under_agent", true)
        {
            continue;
        }
        let since = world.memory.get(&emptied(m, world.subject(cell)));
        if since.is_some_and(|since| tick - since < delay) {
            continue;
        }
        let mut near = 0;
        let r = i32::try_from(radius).expect("at most 5");
        let around = (-r..=r).flat_map(|y| (-r..=r).map(move |x| (y, x)));
        let all: BTreeSet<Cell> = around
            .filter(|(y, x)| reaches(metric, y.abs(), x.abs(), radius))
            .map(|(y, x)| world.wrapped((cell.0 + y, cell.1 + x)))
            .filter(|&other| other != cell && world.inside(other))
            .collect();
        near += all.into_iter().filter(|&other| live(other)).count();
        let p = chances[near.min(chances.len() - 1)];
        let p = held_back(world, kind, p);
        if world.chance(Purpose::Regrow, &name, world.subject(cell), 0, p) {
            grown.push(cell);
        }
    }
    for cell in grown {
        if world.place(kind, cell) {
            let key = emptied(m, world.subject(cell));
            world.memory.insert(key, HELD);
            world.emit("grew", vec![Value::Kind(kind), Value::Cell(cell)]);
        }
    }
}

/// A chance of growth, as far as dirt on the ground leaves it.
fn held_back(world: &World, kind: usize, p: i64) -> i64 {
    let spec = &world.spec;
    for m in spec.mechanics.iter().filter(|m| m.name == "pollute") {
        let Some(law) = m.config.get("blocks_growth") else {
            continue;
        };
        if law.get("of").and_then(|n| n.text()) != Some(spec.kinds[kind].name.as_str()) {
            continue;
        }
        let dirt = kind_in(spec, m, "thing");
        let ground = written_ground(spec, &m.texts("on"));
        let dirty = world
            .cells()
            .into_iter()
            .filter(|&c| world.placed(dirt, c).is_some());
        let count = |n: usize| i64::try_from(n).expect("few");
        let (dirty, ground) = (count(dirty.count()) * 1_000_000, count(ground.max(1)));
        let from = law.get("from").map_or(0, |n| spec.number(n)) * ground;
        let to = law.get("to").map_or(0, |n| spec.number(n)) * ground;
        if dirty <= from {
            continue;
        }
        if dirty >= to {
            return 0;
        }
        return i64::try_from(i128::from(p) * i128::from(to - dirty) / i128::from(to - from))
            .expect("a chance");
    }
    p
}

/// `scatter`, where it is meant now: `when` is `start` or `each_tick`.
pub fn scatter(world: &mut World, m: &Chosen, when: &str) {
    let at = m.text("at").unwrap_or("each_tick");
    if at == when {
        let told = world.events.len();
        scatter_once(world, m, 0);
        if when == "start" {
            // Nobody was there to see it grow.
            world.events.truncate(told);
        }
    } else if at == "eaten" && when == "each_tick" {
        let spec = Rc::clone(&world.spec);
        let of = m.texts("of");
        let eaten: Vec<Cell> = world
            .events
            .iter()
            .filter(|e| e.name == "eaten")
            .filter_map(|e| match (&e.fields[1], &e.fields[2]) {
                (Value::Kind(k), Value::Cell(c)) if of.contains(&spec.kinds[*k].name) => Some(*c),
                _ => None,
            })
            .collect();
        for cell in eaten {
            let subject = world.subject(cell);
            scatter_once(world, m, subject);
        }
    }
}

/// Places of some kinds as the map is now, where nothing solid stands.
fn ground(world: &World, kinds: &[String]) -> Vec<Cell> {
    let mut cells = world.cells();
    cells.retain(|&c| {
        let mut here = world.square(c).layers.iter().flatten();
        here.any(|p| kinds.contains(&world.spec.kinds[p.kind].name)) && !world.blocked(c)
    });
    cells
}

/// Every free place draws, or so many tries are made; the places' draws are those of the tick, so tries take the smallest ones.
fn scatter_once(world: &mut World, m: &Chosen, cause: u32) {
    let spec = Rc::clone(&world.spec);
    let kind = kind_in(&spec, m, "thing");
    let name = format!("scatter.{}", m.instance);
    let chance = m.num(&spec, "chance", 1_000_000);
    let under = m.flag("under_agent", false);
    let places = ground(world, &m.texts("on"));
    let free = |world: &World, c: Cell| {
        let square = world.square(c);
        square.layers[spec.kinds[kind].layer].is_none() && (under || square.body.is_none())
    };
    let Some(n) = m.config.get("n") else {
        for cell in places {
            let subject = world.subject(cell);
            if free(world, cell)
                && world.chance(Purpose::Scatter, &name, subject, 0, chance)
                && world.place(kind, cell)
            {
                world.emit("grew", vec![Value::Kind(kind), Value::Cell(cell)]);
            }
        }
        return;
    };
    let n = u16::try_from(spec.number(n) / 1_000_000).expect("at most 1000");
    for k in 0..n {
        if !world.chance(Purpose::Try, &name, cause, k, chance) {
            continue;
        }
        let open = places.iter().copied().filter(|&c| free(world, c));
        let best = open.min_by_key(|&c| {
            let subject = world.subject(c);
            (world.draw(Purpose::TryCell, &name, subject, 0), subject)
        });
        if let Some(cell) = best
            && world.place(kind, cell)
        {
            world.emit("grew", vec![Value::Kind(kind), Value::Cell(cell)]);
        }
    }
}

/// `pollute`.
pub fn pollute(world: &mut World, m: &Chosen) {
    let spec = Rc::clone(&world.spec);
    let kind = kind_in(&spec, m, "thing");
    let name = format!("pollute.{}", m.instance);
    let chance = m.num(&spec, "chance", 0);
    if i64::from(world.tick) < m.int(&spec, "delay", 0)
        || !world.chance(Purpose::Try, &name, 0, 0, chance)
    {
        return;
    }
    // Dirt also lies under what is solid.
    let on = m.texts("on");
    let mut places = world.cells();
    places.retain(|&c| {
        let square = world.square(c);
        let mut here = square.layers.iter().flatten();
        here.any(|p| on.contains(&spec.kinds[p.kind].name))
            && square.layers[spec.kinds[kind].layer].is_none()
            && square.body.is_none()
    });
    let best = places.into_iter().min_by_key(|&c| {
        let subject = world.subject(c);
        (world.draw(Purpose::TryCell, &name, subject, 0), subject)
    });
    if let Some(cell) = best
        && world.place(kind, cell)
    {
        world.emit("polluted", vec![Value::Cell(cell)]);
    }
}

/// `perish`: what was eaten takes others with it.
pub fn chain(world: &mut World, m: &Chosen) {
    let spec = Rc::clone(&world.spec);
    let kind = kind_in(&spec, m, "thing");
    let name = format!("perish.{}", m.instance);
    let chain = m.texts("chain");
    let chance = m.num(&spec, "chance", 1_000_000);
    let eaten = |e: &&super::world::Event| e.name == "eaten" && e.fields[1] == Value::Kind(kind);
    let causes = world.events.iter().filter(eaten).count();
    for k in 0..u16::try_from(causes).expect("few") {
        for cell in world.cells() {
            for placed in world.square(cell).layers.into_iter().flatten() {
                let dies = chain.contains(&spec.kinds[placed.kind].name)
                    && world.chance(Purpose::Chain, &name, world.subject(cell), k, chance);
                if dies {
                    vanish(world, placed.kind, cell);
                }
            }
        }
    }
}

/// Notes what is gone and what is new, as having appeared in tick `since`. Asked twice a tick, since what was eaten and what grows in
/// its place are two things: at the end of the phase act what is new appeared in the tick before, later in this one.
pub fn look(world: &mut World, m: &Chosen, since: i64) {
    let kind = kind_in(&Rc::clone(&world.spec), m, "thing");
    for cell in world.cells() {
        let key = (
            format!("perish.{}", m.instance),
            i64::from(world.subject(cell)),
        );
        if world.placed(kind, cell).is_none() {
            world.memory.remove(&key);
        } else {
            world.memory.entry(key).or_insert(since);
        }
    }
}

/// `perish`: what has lain too long vanishes.
pub fn perish(world: &mut World, m: &Chosen) {
    let spec = Rc::clone(&world.spec);
    let kind = kind_in(&spec, m, "thing");
    let Some(age) = m.config.get("age") else {
        return;
    };
    let (age, tick) = (spec.number(age) / 1_000_000, i64::from(world.tick));
    look(world, m, tick);
    for cell in world.cells() {
        let key = (
            format!("perish.{}", m.instance),
            i64::from(world.subject(cell)),
        );
        if world
            .memory
            .get(&key)
            .is_some_and(|since| tick - since >= age)
        {
            world.memory.remove(&key);
            vanish(world, kind, cell);
        }
    }
}

fn vanish(world: &mut World, kind: usize, cell: Cell) {
    world.clear(kind, cell);
    world.emit("perished", vec![Value::Kind(kind), Value::Cell(cell)]);
}

/// Of a bush that bears fruit.
const RIPE: i64 = i64::MAX;

/// `ripen`.
pub fn ripen(world: &mut World, m: &Chosen) {
    let spec = Rc::clone(&world.spec);
    let (bush, fruit) = (kind_in(&spec, m, "thing"), kind_in(&spec, m, "becomes"));
    let name = format!("ripen.{}", m.instance);
    let all: Vec<Cell> = world
        .cells()
        .into_iter()
        .filter(|&c| world.placed(bush, c).is_some())
        .collect();
    let n = i64::try_from(all.len()).expect("few");
    let chance = match m.config.get("chance") {
        Some(chance) => spec.number(chance),
        None => (m.num(&spec, "rate", 0) * n).min(1_000_000),
    };
    let delay = m.int(&spec, "delay", 0);
    let now = i64::from(world.tick);
    for cell in all {
        // The tick in which it became unripe; the one before the first from the start.
        let key = ("ripen".to_owned(), i64::from(world.subject(cell)));
        if world.placed(fruit, cell).is_some() {
            world.memory.insert(key, RIPE);
            continue;
        }
        let since = world.memory.entry(key.clone()).or_insert(-1);
        if *since == RIPE {
            *since = now;
        }
        let waited = now - *since >= delay;
        let free = world.square(cell).layers[spec.kinds[fruit].layer].is_none();
        if free
            && waited
            && world.chance(Purpose::Ripen, &name, world.subject(cell), 0, chance)
            && world.place(fruit, cell)
        {
            world.memory.insert(key, RIPE);
            world.emit("ripened", vec![Value::Kind(fruit), Value::Cell(cell)]);
        }
    }
}

/// `ripen.recolour`: unripe bushes that the beam struck become this one and wait anew. What bore fruit before the tick is no aim, and
/// the first shot that hits one decides.
pub fn recolour(world: &mut World, m: &Chosen) {
    let spec = Rc::clone(&world.spec);
    let beam = spec
        .beams
        .iter()
        .position(|b| m.text("recolour") == Some(b));
    let bush = kind_in(&spec, m, "thing");
    let now = i64::from(world.tick);
    for event in world.events.clone() {
        let (
            "struck",
            [
                Value::Beam(b),
                Value::Slot(by),
                Value::Kind(kind),
                Value::Cell(cell),
            ],
        ) = (event.name.as_str(), event.fields.as_slice())
        else {
            continue;
        };
        let key = ("ripen".to_owned(), i64::from(world.subject(*cell)));
        let since = world.memory.get(&key).copied().unwrap_or(-1);
        let layers = &world.square(*cell).layers;
        let stands = layers[3].is_some_and(|p| p.kind == *kind && p.kind != bush);
        if Some(*b) != beam || !stands || since >= now || layers[2].is_some() {
            continue;
        }
        if world.clear(*kind, *cell) && world.place(bush, *cell) {
            world.memory.insert(key, now);
            let fields = vec![Value::Slot(*by), Value::Kind(bush), Value::Cell(*cell)];
            world.emit("recoloured", fields);
        }
    }
}

/// `hazard`: it spreads, then harms whoever came.
pub fn hazard(world: &mut World, m: &Chosen) {
    let spec = Rc::clone(&world.spec);
    let kind = kind_in(&spec, m, "thing");
    let name = format!("hazard.{}", m.instance);
    let mut under = BTreeSet::new();
    if let Some(spreads) = m.config.get("spreads") {
        let on = super::spec::texts(spreads.get("on"));
        let chance = spreads.get("chance").map_or(0, |n| spec.number(n));
        let burns = |p: &super::world::Placed| on.contains(&spec.kinds[p.kind].name);
        let mut burning = world.cells();
        burning.retain(|&c| {
            world.square(c).layers.iter().flatten().any(burns)
                && (0..4).any(|d| world.placed(kind, world.step(c, d)).is_some())
                && world.chance(Purpose::Spread, &name, world.subject(c), 0, chance)
        });
        for cell in burning {
            for placed in world.square(cell).layers.into_iter().flatten() {
                if burns(&placed) {
                    world.clear(placed.kind, cell);
                }
            }
            if world.place(kind, cell) {
                world.emit("burnt", vec![Value::Cell(cell)]);
                under.extend(world.square(cell).body);
            } else {
                world.refused += 1;
            }
        }
    }
    let amount = m.num(&spec, "amount", 0);
    for slot in 0..world.agents.len() {
        let agent = &world.agents[slot];
        let came = world.arrived[slot] || under.contains(&slot);
        let here = agent
            .cell
            .filter(|&c| agent.body && world.placed(kind, c).is_some());
        if !came || here.is_none() || !may(world, m, slot) {
            continue;
        }
        let fields = vec![Value::Slot(slot), Value::Kind(kind), Value::Num(amount)];
        world.emit("harmed", fields);
        match m.text("effect") {
            Some("kill") => world.kill(slot),
            Some("hurt") => world.pay(slot, 0, -amount),
            Some("slow") => {
                let ticks = u32::try_from(amount / 1_000_000).expect("not negative");
                world.freeze(slot, ticks);
            }
            _ => {}
        }
    }
}

/// `digest`.
pub fn digest(world: &mut World, m: &Chosen) {
    let spec = Rc::clone(&world.spec);
    for event in world.events.clone() {
        let (Some(slot), Some(Value::Kind(kind))) = (
            event.fields.first().and_then(Value::slot),
            event.fields.get(1),
        ) else {
            continue;
        };
        let ticks = m
            .config
            .get("freezes")
            .and_then(|f| f.get(&spec.kinds[*kind].name));
        if event.name == "eaten"
            && let Some(ticks) = ticks
        {
            let ticks = spec.number(ticks) / 1_000_000;
            world.freeze(slot, u32::try_from(ticks).expect("not negative"));
            world.did.insert("digest");
        }
    }
}

/// `stock`.
pub fn stock(world: &mut World, m: &Chosen) {
    let spec = Rc::clone(&world.spec);
    let every = m.int(&spec, "every", 1);
    let tick = i64::from(world.tick);
    let name = m.text("var").expect("a variable").to_owned();
    let whole = matches!(world.vars[&name], Value::Int(_));
    let stock = world.vars[&name].num().expect("a number");
    let floor = m.num(&spec, "floor", 0);
    let key = (format!("stock.{}", m.instance), 0);
    if stock <= floor {
        if world.memory.insert(key, 1).is_none() {
            world.emit("collapsed", Vec::new());
        }
        return;
    }
    // A rule may fill it again.
    world.memory.remove(&key);
    if tick % every != 0 || tick == 0 && every > 1 {
        return;
    }
    let (s, one) = (i128::from(stock), 1_000_000_i128);
    let rate = i128::from(m.num(&spec, "rate", 0));
    let cap = m.config.get("cap").map(|n| i128::from(spec.number(n)));
    let growth = match m.text("law") {
        Some("logistic") => {
            let cap = cap.expect("the logistic law has a cap");
            rate * s / one * (cap - s) / cap
        }
        Some("geometric") => rate * s / one,
        _ => {
            let table = m.config.get("table").expect("a table").items();
            let at = usize::try_from(s / one)
                .expect("not negative")
                .min(table.len() - 1);
            i128::from(spec.number(&table[at]))
        }
    };
    let mut next = s + growth;
    // The cap holds back growth; it takes nothing away.
    if let Some(cap) = cap.filter(|c| growth > 0 && next > *c) {
        next = cap.max(s);
    }
    if whole {
        next = s + (next - s) / one * one;
    }
    let var = spec
        .vars
        .iter()
        .find(|v| v.name == name)
        .expect("a variable");
    let next = i64::try_from(next).expect("a number");
    let value = if whole {
        Value::Int(next / 1_000_000)
    } else {
        Value::Num(next)
    };
    let value = super::eval::kept(var, value);
    let grown = value.num().expect("a number") - stock;
    world.vars.insert(name, value);
    if grown != 0 {
        world.emit("stock_grew", vec![Value::Num(grown)]);
    }
}

/// `absence`: whoever was sent away comes back.
pub fn absence(world: &mut World, order: &[usize]) {
    for &slot in order {
        let agent = &world.agents[slot];
        if !agent.away || !agent.alive || agent.back_at.is_none_or(|t| t > world.tick) {
            continue;
        }
        if world.stands(slot) {
            let Some(cell) = world.return_cell(slot) else {
                continue;
            };
            world.put_body(slot, cell);
            world.agents[slot].lands = true;
        }
        world.agents[slot].away = false;
        world.emit("returned", vec![Value::Slot(slot)]);
    }
}
