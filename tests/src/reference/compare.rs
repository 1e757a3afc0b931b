//! Engine and reference side by side: one plays, both are asked what is the case, tick by tick.
//!
//! **Invariant.** What is compared is everything that a state shows; the first difference is named with all that repeats it.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use commonweal_core::batch::{Autoreset, Batch, Config, Control, Serial};
use commonweal_core::draw::mix;
use commonweal_core::ids::{Domain, Slot, Type};
use commonweal_core::observe::Encoding;
use commonweal_core::scenario::{Compiled, Scenario};
use commonweal_core::state::{End, Table};

use super::spec::Spec;
use super::value::Value;
use super::world::{Ended, Event, World};
use crate::rows::{Buffers, step};

/// Who plays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cast {
    /// Random actions in all slots.
    Random,
    /// The file's bots, with these in place of some roles' own: (role, bot).
    Bots(Vec<(String, String)>),
}

/// What is played.
#[derive(Clone, Debug)]
pub struct Play<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// Arm or cell.
    pub cell: &'a str,
    /// Who plays.
    pub cast: Cast,
    /// Seed of the batch.
    pub seed: u64,
    /// Ticks at most.
    pub ticks: u32,
}

/// Plays what a number draws: both arms of a drawn scenario, with random actions and with bots. Gives ticks played, or none where
/// the engine's checks refuse the file; what differs, with the file.
pub fn drawn(seed: u64) -> Result<Option<Played>, String> {
    let text = super::generate::scenario(seed);
    let (scenario, diagnostics) = commonweal_core::scenario::check("drawn", &text);
    let Some(scenario) = scenario else {
        let first = diagnostics
            .iter()
            .find(|d| d.severity == commonweal_core::diagnostic::Severity::Error);
        let said = first.map_or_else(String::new, |d| d.line("drawn", &text));
        if said.contains("internal") {
            return Err(said);
        }
        return Ok(None);
    };
    let mut all = Played::default();
    for (cell, cast) in [
        ("asked", Cast::Random),
        ("asked", Cast::Bots(Vec::new())),
        ("not_asked", Cast::Random),
    ] {
        let one = Play {
            scenario: &scenario,
            cell,
            cast,
            seed,
            ticks: 100,
        };
        let played = play(&one).map_err(|e| format!("{text}\nscenario {seed}: {e}"))?;
        all.ticks += played.ticks;
        all.faults += played.faults;
        all.told.extend(played.told);
    }
    Ok(Some(all))
}

/// Facts by name, in a fixed order.
#[derive(Debug, Default)]
struct Facts {
    values: Vec<i64>,
    names: Option<Vec<String>>,
}

impl Facts {
    fn put(&mut self, value: impl TryInto<i64>, name: impl FnOnce() -> String) {
        self.values.push(value.try_into().unwrap_or(i64::MAX));
        if let Some(names) = &mut self.names {
            names.push(name());
        }
    }
}

/// What was played.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Played {
    /// Ticks that were compared.
    pub ticks: u32,
    /// Episodes that the engine itself gave up: a bound was broken, and it says so.
    pub faults: u32,
    /// What mechanics told, (mechanic, event): of a chosen mechanic, where no other chosen one tells the same. A mechanic that has
    /// no events stands with its own name, if it did something.
    pub told: BTreeSet<(&'static str, &'static str)>,
}

/// What the chosen mechanics are seen to have done.
fn told(world: &World, names: &BTreeSet<String>) -> BTreeSet<(&'static str, &'static str)> {
    let chosen = |name: &str| world.spec.mechanics.iter().any(|m| m.name == name);
    let defs = commonweal_core::mechanics::ALL.iter();
    let defs: Vec<_> = defs.filter(|def| chosen(def.name)).collect();
    let mut out = BTreeSet::new();
    for def in &defs {
        if let Some(name) = world.did.get(def.name) {
            out.insert((def.name, *name));
        }
        for (event, _) in def.events {
            let tells = |d: &&&commonweal_core::mechanics::MechanicDef| {
                d.events.iter().any(|(e, _)| e == event)
            };
            if names.contains(*event) && defs.iter().filter(tells).count() == 1 {
                out.insert((def.name, *event));
            }
        }
    }
    out
}

/// Ticks played, or what differs.
pub fn play(play: &Play<'_>) -> Result<Played, String> {
    let compiled = play
        .scenario
        .compile(play.cell)
        .map_err(|e| format!("{e}"))?;
    let spec = Rc::new(Spec::read(
        play.scenario.tree(play.cell).map_err(|e| format!("{e}"))?,
    ));
    let (control, policies) = match &play.cast {
        Cast::Random => (Control::All, Vec::new()),
        Cast::Bots(policies) => (Control::None, policies.clone()),
    };
    let mut batch = Batch::new(
        std::slice::from_ref(&compiled),
        Config {
            control,
            policies,
            seed: play.seed,
            encoding: Encoding::None,
            events: true,
            autoreset: Autoreset::Disabled,
            ..Config::default()
        },
    )
    .map_err(|e| format!("{e}"))?;
    let mut buffers = Buffers::of(&batch);
    batch
        .reset(None, None, &mut buffers.outs())
        .map_err(|e| format!("{e}"))?;
    let mut world = super::reset::reset(&spec, Domain::Train, batch.seed(0), batch.episode(0));
    let seats = seats(&spec, &play.cast);
    super::reset::registers(&mut world, &seats);
    let outside = vec![play.cast == Cast::Random; spec.slots()];
    compare_actions(&compiled, &spec)?;
    let said = |what: &str, tick: u32| {
        format!(
            "{} {}, cast {:?}, seed {}, tick {tick}: {what}",
            play.scenario.id, play.cell, play.cast, play.seed
        )
    };
    compare(&mut batch, &compiled, &world, &[], &seats).map_err(|e| said(&e, 0))?;
    let mut names = BTreeSet::new();
    for tick in 0..play.ticks {
        // A rule of `start` may have ended it.
        if world.ended != Ended::No {
            break;
        }
        let given = match &play.cast {
            Cast::Random => {
                random(&mut batch, &mut world, play.seed).map_err(|e| said(&e, tick))?
            }
            Cast::Bots(_) => bots(&mut world, &seats),
        };
        let rows: Vec<Vec<i32>> = match &play.cast {
            Cast::Random => {
                let row = |slot: &Slot| i32::try_from(given[slot.index()]).expect("few actions");
                let group = |g: &commonweal_core::batch::Group| g.slots.iter().map(row).collect();
                batch.groups().iter().map(group).collect()
            }
            Cast::Bots(_) => batch.groups().iter().map(|_| Vec::new()).collect(),
        };
        step(&mut batch, &rows, &mut buffers, &Serial).map_err(|e| said(&e.to_string(), tick))?;
        if batch.faults(0).0 {
            return Ok(Played {
                ticks: tick,
                faults: 1,
                told: told(&world, &names),
            });
        }
        super::mechanics::tick(&mut world, &given, &outside);
        names.extend(world.events.iter().map(|e| e.name.clone()));
        compare(&mut batch, &compiled, &world, &given, &seats).map_err(|e| said(&e, tick))?;
    }
    Ok(Played {
        ticks: world.tick,
        faults: 0,
        told: told(&world, &names),
    })
}

/// The number of the bot in each slot.
fn seats(spec: &Spec, cast: &Cast) -> Vec<Option<usize>> {
    let Cast::Bots(policies) = cast else {
        return vec![None; spec.slots()];
    };
    let mut out = Vec::new();
    for role in &spec.roles {
        let chosen = policies.iter().find(|(r, _)| *r == role.name);
        let name = chosen.map(|(_, b)| b).or(role.plays.as_ref());
        let bot = name.and_then(|n| spec.bots.iter().position(|b| b.name == *n));
        out.extend(std::iter::repeat_n(bot, role.n));
    }
    out
}

fn bots(world: &mut World, seats: &[Option<usize>]) -> Vec<usize> {
    let decide = |(slot, seat): (usize, &Option<usize>)| {
        seat.map_or(0, |bot| super::bots::decide(world, slot, bot))
    };
    seats.iter().enumerate().map(decide).collect()
}

/// Random actions of all slots: mostly legal ones, so that much happens; masks are compared on the way.
fn random(batch: &mut Batch, world: &mut World, seed: u64) -> Result<Vec<usize>, String> {
    let mut out = Vec::new();
    for slot in 0..world.agents.len() {
        let slot_id = Slot::new(u8::try_from(slot).expect("at most 64"));
        let mask = batch.legal(0, slot_id);
        let all = super::mechanics::actions(&world.spec, world.agents[slot].role);
        let ours: Vec<bool> = (0..all.len())
            .map(|a| super::mechanics::legal(world, slot, a))
            .collect();
        if let Some(i) = (0..all.len()).find(|&i| ours[i] != mask[i]) {
            return Err(format!(
                "slot {slot}: `{}` is legal: engine {}, reference {}",
                all[i].name, mask[i], ours[i]
            ));
        }
        let mut draw = mix(mix(seed ^ mix(u64::from(world.tick))) ^ slot as u64);
        let mut action = 0;
        for _ in 0..4 {
            draw = mix(draw.wrapping_add(1));
            action = usize::try_from(draw % all.len() as u64).expect("few");
            if ours[action] && action > 0 {
                break;
            }
        }
        out.push(action);
    }
    Ok(out)
}

fn compare_actions(compiled: &Compiled, spec: &Spec) -> Result<(), String> {
    for (number, role) in compiled.table.roles.iter().enumerate() {
        let engine: Vec<&str> = role.actions.iter().map(|a| a.name.as_str()).collect();
        let ours = super::mechanics::actions(spec, number);
        let ours: Vec<&str> = ours.iter().map(|a| a.name.as_str()).collect();
        if engine != ours {
            return Err(format!(
                "actions of {}: engine {engine:?}, reference {ours:?}",
                role.name
            ));
        }
    }
    Ok(())
}

/// Compares everything that both know.
fn compare(
    batch: &mut Batch,
    compiled: &Arc<Compiled>,
    world: &World,
    given: &[usize],
    seats: &[Option<usize>],
) -> Result<(), String> {
    compare_events(batch, compiled, world)?;
    let (mut a, mut b) = (Facts::default(), Facts::default());
    engine(batch, &compiled.table, world, given, seats, &mut a);
    reference(&compiled.table, world, given, seats, &mut b);
    if a.values == b.values {
        return Ok(());
    }
    a = Facts {
        names: Some(Vec::new()),
        ..Facts::default()
    };
    engine(batch, &compiled.table, world, given, seats, &mut a);
    let names = a.names.unwrap_or_default();
    let differ: Vec<String> = (0..names.len())
        .filter(|&i| a.values.get(i) != b.values.get(i))
        .take(12)
        .map(|i| {
            let ours = b.values.get(i).copied().unwrap_or_default();
            format!("{}: engine {}, reference {ours}", names[i], a.values[i])
        })
        .collect();
    let events: Vec<String> = batch
        .events(0)
        .into_iter()
        .map(|e| format!("{} {}", e.event, e.fields.join(" ")))
        .collect();
    Err(format!(
        "{}\nevents: {}\n{}",
        differ.join("\n"),
        events.join("; "),
        batch.chart(0)
    ))
}

fn padded(table: &Table, cell: i64) -> i64 {
    let Ok(cell) = u16::try_from(cell) else {
        return -1;
    };
    if cell == 0 {
        return -1;
    }
    let (r, c) = table.geometry.place(commonweal_core::ids::Cell::new(cell));
    i64::from(r) * i64::from(table.geometry.width) + i64::from(c)
}

fn compare_events(batch: &mut Batch, compiled: &Compiled, world: &World) -> Result<(), String> {
    let table = &compiled.table;
    let columns = batch.column_bytes(0);
    let rows = column(&columns, "arena.things");
    let engine: Vec<(String, Vec<i64>)> = batch
        .event_rows(0)
        .iter()
        .map(|row| {
            let decl = &table.events[usize::from(row.event)];
            let field = |&(ty, part): &(Type, commonweal_core::event::Part)| {
                let value = row.get(part);
                match ty {
                    Type::Cell => padded(table, value),
                    Type::Thing => usize::try_from(value).map_or(-1, |i| {
                        let bytes = [rows[4 * i], rows[4 * i + 1]];
                        padded(table, i64::from(u16::from_le_bytes(bytes)))
                    }),
                    _ => value,
                }
            };
            (decl.name.clone(), decl.fields.iter().map(field).collect())
        })
        .collect();
    let width = i64::from(world.size.1);
    let subject = |c: super::value::Cell| i64::from(c.0) * width + i64::from(c.1);
    let plain = |e: &Event| {
        let field = |v: &Value| match v {
            Value::Thing(id) => world.things[*id].cell.map_or(-1, subject),
            // The name of an event stands for its number.
            Value::Text(name) => {
                let place = table.events.iter().position(|e| e.name == *name);
                place.map_or(-1, |i| i64::try_from(i).expect("few"))
            }
            other => other.plain(subject),
        };
        (e.name.clone(), e.fields.iter().map(field).collect())
    };
    let ours: Vec<(String, Vec<i64>)> = world.events.iter().map(plain).collect();
    if engine == ours {
        return Ok(());
    }
    let i = (0..engine.len().max(ours.len()))
        .find(|&i| engine.get(i) != ours.get(i))
        .expect("they differ");
    Err(format!(
        "event {i}: engine {:?}, reference {:?}\nengine: {engine:?}\nreference: {ours:?}\n{}",
        engine.get(i),
        ours.get(i),
        batch.chart(0)
    ))
}

fn column<'a>(columns: &'a [(&'static str, Vec<u8>)], name: &str) -> &'a [u8] {
    columns
        .iter()
        .find(|(n, _)| *n == name)
        .map_or(&[], |(_, bytes)| bytes)
}

fn u32_at(bytes: &[u8], i: usize) -> u32 {
    u32::from_le_bytes(bytes[4 * i..4 * i + 4].try_into().expect("four bytes"))
}

fn engine(
    batch: &mut Batch,
    table: &Table,
    world: &World,
    given: &[usize],
    seats: &[Option<usize>],
    out: &mut Facts,
) {
    use commonweal_core::state::{ALIVE, AWAY, BODY_ON_MAP, ON};
    let spec = &world.spec;
    let tick = batch.tick(0);
    out.put(tick, || "tick".to_owned());
    let end = match batch.end(0) {
        End::Running => 0,
        End::Terminated => 1,
        End::Truncated => 2,
    };
    out.put(end, || "end".to_owned());
    let (fault, saturated, refused) = batch.faults(0);
    out.put(i64::from(fault), || "fault".to_owned());
    out.put(saturated, || "saturated".to_owned());
    out.put(refused, || "refused".to_owned());
    let columns = batch.column_bytes(0);
    let get = |name: &str| column(&columns, name);
    let mut played = vec![0; table.n_slots()];
    batch.played(0, &mut played);
    for slot in 0..table.n_slots() {
        let status = get("agent.status")[slot];
        let flag = |bit: u8| i64::from(status & bit != 0);
        let body = flag(BODY_ON_MAP) == 1;
        let cell = get("agent.cell");
        let cell = u16::from_le_bytes([cell[2 * slot], cell[2 * slot + 1]]);
        let cell = if body {
            padded(table, i64::from(cell))
        } else {
            -1
        };
        out.put(cell, || format!("slot {slot} cell"));
        out.put(get("agent.facing")[slot], || format!("slot {slot} facing"));
        out.put(flag(ALIVE), || format!("slot {slot} alive"));
        out.put(flag(ON), || format!("slot {slot} on"));
        out.put(flag(AWAY), || format!("slot {slot} away"));
        let until = u32_at(get("agent.frozen_until"), slot).max(tick);
        out.put(until, || format!("slot {slot} frozen until"));
        let back = match u32_at(get("agent.back_at"), slot) {
            _ if flag(AWAY) == 0 => -2,
            u32::MAX => -1,
            n => i64::from(n),
        };
        out.put(back, || format!("slot {slot} back at"));
        let beams = get("agent.ready_at").len() / 4 / table.n_slots();
        for beam in 0..spec.beams.len() {
            let ready = u32_at(get("agent.ready_at"), slot * beams + beam).max(tick);
            out.put(ready, || format!("slot {slot} beam {beam} ready at"));
        }
        let items = get("agent.carried").len() / table.n_slots();
        for (i, kind) in table.items.iter().enumerate() {
            let n = get("agent.carried")[slot * items + i];
            let name = &table.kinds[kind.index()].name;
            out.put(n, || format!("slot {slot} carries {name}"));
        }
        out.put(u32_at(get("agent.illegal"), slot), || {
            format!("slot {slot} illegal")
        });
        if seats[slot].is_some() {
            let all = get("agent.registers");
            let n = all.len() / 4 / table.n_slots();
            for i in 0..world.agents[slot].registers.len() {
                let value = u32_at(all, slot * n + i).cast_signed();
                out.put(value, || format!("slot {slot} register {i}"));
            }
        }
        if !given.is_empty() {
            out.put(played[slot], || format!("slot {slot} played"));
        }
        for (channel, decl) in table.channels.iter().enumerate() {
            let paid = batch.pay(0)[slot * table.channels.len() + channel];
            out.put(paid, || format!("slot {slot} pay {}", decl.name));
        }
        for (i, message) in table.messages.iter().enumerate() {
            let at = u32_at(get("arena.heard_at"), slot * table.messages.len() + i);
            out.put(at, || format!("slot {slot} heard {} at", message.name));
            for (role, decl) in table.roles.iter().enumerate() {
                let place = (slot * table.roles.len() + role) * table.messages.len() + i;
                let n = get("arena.heard_now")[place];
                out.put(n, || {
                    format!("slot {slot} hears {} from {} now", message.name, decl.name)
                });
            }
        }
        let role = table.role_of(Slot::new(u8::try_from(slot).expect("at most 64")));
        for (i, var) in table.role_vars[role.index()].iter().enumerate() {
            let slot = Slot::new(u8::try_from(slot).expect("at most 64"));
            let value = var_at(&columns, table.slot_place(slot, i), var.ty, table);
            out.put(value, || format!("slot {} var {}", slot.get(), var.name));
        }
    }
    for (i, var) in table.vars.iter().enumerate() {
        let value = var_at(&columns, table.arena_place(i), var.ty, table);
        out.put(value, || format!("var {}", var.name));
    }
    out.put(
        u32::from(u16::from_le_bytes(
            get("arena.head")[28..30].try_into().expect("two bytes"),
        )),
        || "events to come".to_owned(),
    );
    let lands = u64::from_le_bytes(get("arena.head")[30..38].try_into().expect("eight bytes"));
    out.put(lands.cast_signed(), || "bodies that land".to_owned());
    let width = usize::from(table.geometry.width);
    for (i, word) in get("arena.map").chunks_exact(8).enumerate() {
        for (layer, code) in word[..5].iter().enumerate() {
            let place = || format!("cell ({},{}) layer {layer}", i / width, i % width);
            let kind = table.looks.kind_of[usize::from(*code)];
            out.put(kind, place);
            let look = usize::from(kind)
                .checked_sub(1)
                .map_or(0, |k| code - table.kinds[k].look);
            out.put(look, || format!("{} state", place()));
        }
        out.put(word[5], || {
            format!("cell ({},{}) body", i / width, i % width)
        });
    }
}

fn var_at(columns: &[(&'static str, Vec<u8>)], place: usize, ty: Type, table: &Table) -> i64 {
    let bytes = &column(columns, "arena.vars")[8 * place..8 * place + 8];
    let value = i64::from_le_bytes(bytes.try_into().expect("eight bytes"));
    if ty == Type::Cell {
        padded(table, value)
    } else {
        value
    }
}

fn reference(
    table: &Table,
    world: &World,
    given: &[usize],
    seats: &[Option<usize>],
    out: &mut Facts,
) {
    let none = String::new;
    let spec = &world.spec;
    let width = i64::from(world.size.1);
    let subject = |c: super::value::Cell| i64::from(c.0) * width + i64::from(c.1);
    out.put(world.tick, none);
    let end = match world.ended {
        Ended::No => 0,
        Ended::Terminated => 1,
        Ended::Truncated => 2,
    };
    out.put(end, none);
    out.put(0, none);
    out.put(world.saturated, none);
    out.put(world.refused, none);
    for (slot, agent) in world.agents.iter().enumerate() {
        let cell = agent.cell.filter(|_| agent.body).map_or(-1, subject);
        out.put(cell, none);
        out.put(i64::try_from(agent.facing).expect("below 4"), none);
        for flag in [agent.alive, agent.on, agent.away] {
            out.put(i64::from(flag), none);
        }
        out.put(agent.frozen_until.max(world.tick), none);
        let back = agent.back_at.map_or(-1, i64::from);
        out.put(if agent.away { back } else { -2 }, none);
        for ready in &agent.ready_at {
            out.put((*ready).max(world.tick), none);
        }
        for kind in &table.items {
            let n = agent.carried.get(&kind.index()).copied();
            out.put(n.unwrap_or(0), none);
        }
        out.put(agent.illegal, none);
        if seats[slot].is_some() {
            for value in &agent.registers {
                out.put(*value, none);
            }
        }
        if !given.is_empty() {
            let action = world.chosen[slot];
            out.put(i64::try_from(action).expect("few"), none);
        }
        for paid in &world.pay[slot] {
            out.put(*paid, none);
        }
        for message in 0..spec.messages.len() {
            let at = agent.heard_at.get(&message).map_or(0, |t| t + 1);
            out.put(at, none);
            for role in 0..spec.roles.len() {
                let n = agent.heard_now.get(&(role, message)).copied();
                out.put(n.unwrap_or(0), none);
            }
        }
        for var in &spec.roles[agent.role].vars {
            out.put(agent.vars[&var.name].plain(subject), none);
        }
    }
    for var in &spec.vars {
        out.put(world.vars[&var.name].plain(subject), none);
    }
    out.put(i64::try_from(world.later.len()).expect("few"), none);
    let lands = world.agents.iter().enumerate();
    let lands = lands.fold(0u64, |all, (slot, a)| all | u64::from(a.lands) << slot);
    out.put(lands.cast_signed(), none);
    for square in &world.squares {
        for placed in &square.layers {
            let kind = placed.map_or(0, |p| p.kind + 1);
            out.put(i64::try_from(kind).expect("few"), none);
            let state = placed.map_or(0, |p| shown(world, p));
            out.put(state, none);
        }
        let body = square.body.map_or(0, |s| s + 1);
        out.put(i64::try_from(body).expect("few"), none);
    }
}

/// The state that everyone sees, counted from the first.
fn shown(world: &World, placed: super::world::Placed) -> i64 {
    let Some(id) = placed.id else {
        return 0;
    };
    let kind = &world.spec.kinds[placed.kind];
    let thing = &world.things[id];
    match &kind.look {
        Some(look) => {
            let var = kind.vars.iter().find(|v| v.name == *look);
            let least = var.and_then(|v| v.min).unwrap_or(0);
            thing.vars[look].plain(|_| 0) - least
        }
        None => thing.state,
    }
}
