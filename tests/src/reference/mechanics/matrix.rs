//! `matrix`: what two agents carry are their strategies in a game in normal form.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::{forget, kind_in_list, may, note, noted};
use crate::reference::spec::Chosen;
use crate::reference::value::Value;
use crate::reference::world::World;

/// `matrix`: things that were struck break, games that are due are paid, new ones begin.
pub fn matrix(world: &mut World, m: &Chosen) {
    strike(world, m);
    settle(world, m);
    match m.text("when") {
        Some("beam") => after_hits(world, m),
        when => {
            let order = world.order();
            for (i, &row) in order.iter().enumerate() {
                let near = |world: &World, other: usize| {
                    when == Some("both_ready") || beside(world, row, other)
                };
                let others = order[i + 1..].iter().copied();
                let other = others
                    .filter(|&o| near(world, o))
                    .find(|&o| ready(world, m, row) && ready(world, m, o));
                if let Some(other) = other {
                    begin(world, m, row, other);
                }
            }
        }
    }
}

/// Whether two bodies are neighbours.
fn beside(world: &World, a: usize, b: usize) -> bool {
    let at = |slot: usize| {
        let agent = &world.agents[slot];
        agent.cell.filter(|_| agent.body)
    };
    let (Some(a), Some(b)) = (at(a), at(b)) else {
        return false;
    };
    (0..4).any(|d| world.step(a, d) == b)
}

/// Blows are counted by cell; a thing goes with the last that it bears.
fn strike(world: &mut World, m: &Chosen) {
    let spec = Rc::clone(&world.spec);
    let durable = m.int(&spec, "durable", 0);
    if durable == 0 {
        return;
    }
    let beam = spec.beams.iter().position(|b| m.text("beam") == Some(b));
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
        let ours = kind_in_list(&spec, m, "items").contains(kind);
        if Some(*b) != beam || !ours || world.placed(*kind, *cell).is_none() {
            continue;
        }
        let at = usize::try_from(world.subject(*cell)).expect("small");
        let blows = noted(world, m, "blows", at).unwrap_or(0) + 1;
        if blows < durable {
            note(world, m, "blows", at, blows);
            continue;
        }
        forget(world, m, "blows", at);
        world.clear(*kind, *cell);
        let fields = vec![Value::Slot(*by), Value::Kind(*kind), Value::Cell(*cell)];
        world.emit("destroyed", fields);
    }
}

/// Pays what is due, all of it before anybody leaves.
fn settle(world: &mut World, m: &Chosen) {
    let spec = Rc::clone(&world.spec);
    let (order, tick) = (world.order(), i64::from(world.tick));
    let due =
        |world: &World, slot: usize| noted(world, m, "due", slot).is_some_and(|due| due <= tick);
    let all: Vec<usize> = order.into_iter().filter(|&s| due(world, s)).collect();
    for &slot in &all {
        let get = |what: &str, slot: usize| noted(world, m, what, slot).expect("it plays");
        let (pay, other) = (get("pay", slot), get("other", slot));
        let other = usize::try_from(other).expect("a slot");
        let (theirs, is_row) = (get("pay", other), get("row", slot) == 1);
        world.pay(slot, 0, pay);
        if is_row {
            let fields = vec![
                Value::Slot(slot),
                Value::Slot(other),
                Value::Num(pay),
                Value::Num(theirs),
            ];
            world.emit("played", fields);
        }
    }
    for slot in all {
        for what in ["due", "pay", "other", "row"] {
            forget(world, m, what, slot);
        }
        for kind in kind_in_list(&spec, m, "items") {
            while world.release(slot, kind).is_some() {}
        }
        if m.config.get("respawn").is_some() {
            let ticks = u32::try_from(m.int(&spec, "respawn", 1)).expect("positive");
            world.send_away(slot, Some(ticks));
        }
    }
}

/// A hit takes up both agents for this tick, also when no game follows.
fn after_hits(world: &mut World, m: &Chosen) {
    let spec = Rc::clone(&world.spec);
    let beam = spec.beams.iter().position(|b| m.text("beam") == Some(b));
    let mut busy = BTreeSet::new();
    for event in world.events.clone() {
        let ("hit", [Value::Beam(b), Value::Slot(by), Value::Slot(target)]) =
            (event.name.as_str(), event.fields.as_slice())
        else {
            continue;
        };
        if Some(*b) == beam && busy.insert(*target) && busy.insert(*by) {
            begin(world, m, *by, *target);
        }
    }
}

/// Whether a slot is there, has picked something, and plays with nobody.
fn ready(world: &World, m: &Chosen, slot: usize) -> bool {
    let spec = &world.spec;
    let agent = &world.agents[slot];
    let games = spec.mechanics.iter().filter(|g| g.name == "matrix");
    let mut games = games.map(|g| noted(world, g, "due", slot));
    let holds = kind_in_list(spec, m, "items")
        .into_iter()
        .any(|k| world.carries(slot, k) > 0);
    let there = agent.alive && agent.on && agent.body;
    may(world, m, slot) && there && holds && games.all(|due| due.is_none())
}

fn begin(world: &mut World, m: &Chosen, row: usize, other: usize) {
    if !ready(world, m, row) || !ready(world, m, other) {
        return;
    }
    let spec = Rc::clone(&world.spec);
    let freeze = m.int(&spec, "freeze", 0);
    let [x, y] = [row, other].map(|slot| shares(world, m, slot));
    let payoff = |key: &str, i: usize, j: usize| {
        let rows = m.config.get(key).expect("a matrix").items();
        spec.number(&rows[i].items()[j])
    };
    let mean = |payoff: &dyn Fn(usize, usize) -> i64| {
        let (mut sum, mut all) = (0_i128, 0_i128);
        for (i, &x) in x.iter().enumerate() {
            for (j, &y) in y.iter().enumerate() {
                sum += i128::from(payoff(i, j)) * i128::from(x) * i128::from(y);
                all += i128::from(x) * i128::from(y);
            }
        }
        i64::try_from(sum / all.max(1)).expect("a mean of payoffs")
    };
    let mine = mean(&|i, j| payoff("row", i, j));
    let theirs = if m.config.get("col").is_some() {
        mean(&|i, j| payoff("col", i, j))
    } else {
        mean(&|i, j| payoff("row", j, i))
    };
    for (slot, partner, pay, is_row) in [(row, other, mine, 1), (other, row, theirs, 0)] {
        note(world, m, "due", slot, i64::from(world.tick) + freeze + 1);
        let partner = i64::try_from(partner).expect("small");
        note(world, m, "other", slot, partner);
        note(world, m, "pay", slot, pay);
        note(world, m, "row", slot, is_row);
        // Still for `freeze` ticks and in the one in which they are paid.
        world.freeze(slot, u32::try_from(freeze + 2).expect("small"));
    }
}

/// How many of each kind count for a slot's strategy.
fn shares(world: &World, m: &Chosen, slot: usize) -> Vec<i64> {
    let spec = &world.spec;
    let start = m.int(spec, "start", 1);
    let kinds = kind_in_list(spec, m, "items");
    let held: Vec<i64> = kinds
        .into_iter()
        .map(|k| start + world.carries(slot, k))
        .collect();
    if m.flag("mix", true) {
        return held;
    }
    let most = held.iter().copied().max().unwrap_or(0);
    let pure = held.iter().position(|&n| n == most);
    (0..held.len())
        .map(|i| i64::from(Some(i) == pure))
        .collect()
}
