//! The mechanics, and the tick that runs them phase by phase.
//!
//! **Invariant.** Phases in their order; within one, mechanics in the order of the list; within one, slots in the tick's order.

use std::rc::Rc;

use commonweal_core::draw::Purpose;

use super::eval::Scope;
use super::spec::{Chosen, Spec};
use super::world::{Ended, World};
use super::{environment, institutions, rules};

pub mod beam;
pub mod boat;
pub mod conveyor;
pub mod gift;
pub mod hands;
pub mod interrupt;
pub mod matrix;
pub mod movement;
pub mod speech;
pub mod station;
pub mod territory;
pub mod watch;

/// Mechanics that the reference knows.
pub const COVERED: [&str; 36] = [
    "conveyor",
    "interrupt",
    "matrix",
    "gift",
    "station",
    "boat",
    "territory",
    "monitor",
    "gauge",
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
            "gift" => {
                let items = m.texts("items").into_iter();
                match (m.text("beam"), m.flag("refine", false)) {
                    (Some(_), _) => {}
                    (None, true) => add("give".to_owned(), "give"),
                    (None, false) => items.for_each(|i| add(format!("give:{i}"), "give")),
                }
                if m.config.get("eat").is_some() {
                    add("eat".to_owned(), "eat");
                }
            }
            "station" if m.text("beam").is_none() => {
                add(format!("use:{}", m.instance), "use");
            }
            "boat" => {
                for verb in ["row", "flail"] {
                    add(verb.to_owned(), verb);
                }
            }
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
        "pickup" | "deposit" | "device" | "drop" | "lock" | "gift" | "station" | "boat" => {
            let m = world
                .spec
                .mechanics
                .iter()
                .find(|m| m.name == action.mechanic.0 && m.instance == action.mechanic.1);
            let m = m.expect("it has the verb");
            match m.name.as_str() {
                "pickup" => hands::in_reach(world, m, slot).is_some(),
                "device" => hands::stands_at(world, m, slot, "thing").is_some(),
                "drop" => hands::to_drop(world, m, slot).is_some(),
                "lock" => hands::to_turn(world, m, slot).is_some(),
                "gift" => gift::legal(world, m, slot, action),
                "station" => station::legal(world, m, slot),
                "boat" => boat::legal(world, m, slot),
                _ => {
                    let carried = &world.agents[slot].carried;
                    let kinds = m.texts("things");
                    let mut kinds = kinds.iter().filter_map(|t| world.spec.kind(t));
                    hands::stands_at(world, m, slot, "at").is_some()
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
#[expect(
    clippy::too_many_lines,
    reason = "the order of a tick, to be read at a stretch"
)]
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
    // What regrowth goes by was there before the tick.
    let before = world.squares.clone();
    for m in all.iter().filter(|m| m.name == "override") {
        institutions::overrule(world, m, &mut chosen);
    }
    for m in all.iter().filter(|m| m.name == "boat") {
        boat::sit_still(world, m, &mut chosen);
    }
    for (slot, action) in chosen.iter().enumerate() {
        let all = actions(&spec, world.agents[slot].role);
        let index = all.iter().position(|a| a == action);
        world.chosen[slot] = index.expect("an action of the role");
    }
    let mut answered = rules::answer(world, 0);

    for m in &all {
        if m.name == "move" {
            movement::moves(world, m, &order, &chosen);
        }
    }
    answered = rules::answer(world, answered);

    for m in &all {
        match m.name.as_str() {
            "pickup" => hands::pickup(world, m, &chosen),
            "drop" => hands::drop_one(world, m, &chosen),
            "lock" => hands::lock(world, m, &chosen),
            "deposit" => hands::deposit(world, m, &chosen),
            "beam" => beam::beam(world, m, &order, &chosen),
            "fragile" => institutions::fragile(world, m),
            "device" => hands::device(world, m, &chosen),
            "message" => speech::message(world, m, &chosen),
            "boat" => boat::boat(world, m, &chosen),
            _ => {}
        }
    }
    for m in all.iter().filter(|m| m.name == "perish") {
        environment::look(world, m, i64::from(world.tick) - 1);
    }
    for m in all.iter().filter(|m| m.config.get("recolour").is_some()) {
        environment::recolour(world, m);
    }
    answered = rules::answer(world, answered);

    for m in &all {
        match m.name.as_str() {
            "conveyor" => conveyor::conveyor(world, m),
            "station" => station::station(world, m, &chosen),
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
                    hands::pick_up(world, m, slot);
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
            "interrupt" => interrupt::interrupt(world, m),
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
    for m in &all {
        match m.name.as_str() {
            "pool" => institutions::pool(world, m, &chosen),
            "matrix" => matrix::matrix(world, m),
            "gift" => gift::gift(world, m, &chosen),
            "territory" => territory::territory(world, m),
            "monitor" => watch::monitor(world, m),
            _ => {}
        }
    }
    // A law judges what is known when all that is done.
    for m in all.iter().filter(|m| m.name == "law") {
        institutions::law(world, m);
    }
    answered = rules::answer(world, answered);
    for m in &all {
        match m.name.as_str() {
            "state_pay" => institutions::state_pay(world, m, false),
            "gauge" => watch::gauge(world, m),
            _ => {}
        }
    }
    rules::answer(world, answered);
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
    // By the scenario's own word, or by the limit; the end of the last round is the episode's.
    let called = world.round_over;
    world.round_over |= done - world.round_from >= spec.ticks;
    if world.round_over && world.round + 1 >= spec.rounds {
        world.ended = if called {
            Ended::Terminated
        } else {
            Ended::Truncated
        };
    } else if drawn {
        world.ended = Ended::Truncated;
    } else if world.round_over {
        crate::reference::reset::next_round(world);
    }
}

/// Whether a slot's role may use a mechanic.
pub fn may(world: &World, m: &Chosen, slot: usize) -> bool {
    m.by(&world.spec.roles[world.agents[slot].role].name)
}

/// Slots that a mechanic of the phase act is about, ascending: those that chose its verb, or that came to their cell.
pub fn concerned(world: &World, m: &Chosen, chosen: &[Action], by_verb: bool) -> Vec<usize> {
    let wants = |&slot: &usize| {
        if by_verb {
            chosen[slot].mechanic == (m.name.clone(), m.instance.clone())
        } else {
            world.arrived[slot] && may(world, m, slot)
        }
    };
    (0..world.agents.len()).filter(wants).collect()
}

/// The kind that a field names.
fn kind_in(spec: &Spec, m: &Chosen, key: &str) -> usize {
    let name = m.text(key).expect("a kind");
    spec.kind(name).expect("a kind")
}

/// The kinds that a field lists.
fn kind_in_list(spec: &Spec, m: &Chosen, key: &str) -> Vec<usize> {
    let names = m.texts(key);
    names.iter().filter_map(|name| spec.kind(name)).collect()
}

fn memory_key(m: &Chosen, what: &str, of: usize) -> (String, i64) {
    let of = i64::try_from(of).expect("small");
    (format!("{}.{}.{what}", m.name, m.instance), of)
}

/// What a mechanic remembers of a slot, thing or cell.
fn noted(world: &World, m: &Chosen, what: &str, of: usize) -> Option<i64> {
    world.memory.get(&memory_key(m, what, of)).copied()
}

/// Remembers it.
fn note(world: &mut World, m: &Chosen, what: &str, of: usize, value: i64) {
    world.memory.insert(memory_key(m, what, of), value);
}

/// Forgets it.
fn forget(world: &mut World, m: &Chosen, what: &str, of: usize) {
    world.memory.remove(&memory_key(m, what, of));
}
