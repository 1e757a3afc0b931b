//! One tick, readable in one place: decide → move → act → environment → vitals → institutions → score → end. Observation follows
//! as a plain function (see `shard.rs`), since it writes into the caller's buffers and changes nothing.

use std::sync::Arc;

use bevy_ecs::resource::Resource;
use bevy_ecs::schedule::{
    IntoScheduleConfigs, LogLevel, Schedule, ScheduleBuildSettings, ScheduleConfigs, SingleThreadedExecutor, SystemSet,
};
use bevy_ecs::system::{Res, ScheduleSystem};

use crate::draw::{Purpose, TickDraw};
use crate::ids::Slot;
use crate::mechanics::Placed;
use crate::observe::is_legal;
use crate::phase::Phase;
use crate::rules::Programs;
use crate::scenario::Compiled;
use crate::state::{ArenaMut, End, Shard, Table};

/// Who plays a slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Seat {
    /// The caller.
    Caller,
    /// A bot of the scenario, by its number.
    Bot(usize),
    /// Any legal action, drawn.
    Random,
    /// Nobody: `noop`.
    Idle,
}

/// The caller's actions of this tick and who plays which slot; a resource.
#[derive(Resource, Debug)]
pub(super) struct Seats {
    pub(super) compiled: Arc<Compiled>,
    pub(super) seats: Vec<Seat>,
    /// Arena · slots + slot; only slots of the caller are read.
    pub(super) actions: Vec<i32>,
}

#[derive(SystemSet, Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Place(usize);

/// The schedule of a scenario: phase after phase; within a phase the core's system, the mechanics' in the order of their list,
/// the late ones, then the rules that answer. The order is total: no two systems are free to run in either order.
pub(super) fn schedule(mut placed: Vec<Placed>, compiled: &Compiled) -> Schedule {
    placed.sort_by_key(|(phase, late, position, _)| (*phase, *late, *position));
    let mut ordered: Vec<ScheduleConfigs<ScheduleSystem>> = Vec::new();
    let rules = &compiled.programs.rules;
    let answers = (0..compiled.table.events.len()).any(|e| rules.listens(e));
    let mut placed = placed.into_iter().peekable();
    for phase in Phase::ALL {
        let mut acts = false;
        match phase {
            Phase::Decide => ordered.push(decide.into_configs()),
            Phase::Institutions if rules.has_each() || compiled.table.has_later => {
                ordered.push(each.into_configs());
                acts = true;
            }
            Phase::End => ordered.push(end.into_configs()),
            _ => {}
        }
        while let Some((.., system)) = placed.next_if(|(p, ..)| *p == phase) {
            ordered.push(system);
            acts = true;
        }
        if acts && answers && phase != Phase::Decide {
            ordered.push(answer.into_configs());
        }
    }
    let mut schedule = Schedule::default();
    schedule.set_executor(SingleThreadedExecutor::new());
    schedule.set_build_settings(ScheduleBuildSettings {
        ambiguity_detection: LogLevel::Error,
        hierarchy_detection: LogLevel::Error,
        auto_insert_apply_deferred: false,
        ..ScheduleBuildSettings::default()
    });
    for (i, system) in ordered.into_iter().enumerate() {
        let system = system.in_set(Place(i));
        schedule.add_systems(if i == 0 { system } else { system.after(Place(i - 1)) });
    }
    schedule
}

/// Decide: opens the tick, takes the caller's actions, asks the bots. Bots decide on the state before the tick.
fn decide(mut shard: Shard, seats: Res<Seats>) {
    let mut parts = shard.parts();
    let n = seats.seats.len();
    let only_callers = seats.seats.iter().all(|s| matches!(s, Seat::Caller | Seat::Idle));
    let (channels, heard) = (parts.table.channels.len(), n * parts.table.roles.len() * parts.table.messages.len());
    for arena in 0..parts.arenas.n {
        let head = &mut parts.arenas.heads[arena];
        head.draw = TickDraw::new(head.domain, head.seed, head.episode, head.tick);
        (head.n_events, head.n_answered) = (0, 0);
        let tick = head.tick;
        let effects = head.n_effects;
        parts.arenas.pay[arena * n * channels..(arena + 1) * n * channels].fill(0);
        parts.arenas.heard_now[arena * heard..(arena + 1) * heard].fill(0);
        if effects > 0 || !only_callers {
            let mut one = parts.arena(arena);
            one.clear_effects();
            if !only_callers {
                decide_bots(&mut one, &seats);
            }
        }
        let rows = arena * n..(arena + 1) * n;
        let mut agents = parts.agents.arena(arena, n);
        for (slot, (seat, &action)) in seats.seats.iter().zip(&seats.actions[rows]).enumerate() {
            if *seat == Seat::Caller {
                agents.chosen[slot].0 = caller_action(&mut agents, parts.table, slot, action, tick);
            }
        }
    }
}

/// The caller's action if the slot can act and has it; else `noop`, and counted. What depends on more (a beam that is not ready) is
/// counted by the mechanic that plays it.
#[inline]
fn caller_action(agents: &mut crate::state::AgentSlices<'_>, table: &Table, slot: usize, action: i32, tick: u32) -> u8 {
    let role = table.slot_roles[slot];
    match u8::try_from(action) {
        Ok(a) if usize::from(a) < table.roles[usize::from(role)].actions.len() && (a == 0 || agents.can_act(slot, tick)) => a,
        _ => {
            agents.illegal[slot].0 += 1;
            0
        }
    }
}

fn decide_bots(arena: &mut ArenaMut<'_>, seats: &Seats) {
    let compiled = &seats.compiled;
    for (slot, seat) in seats.seats.iter().enumerate() {
        if *seat == Seat::Caller {
            continue;
        }
        let action = if !arena.agents.can_act(slot, arena.head.tick) {
            0
        } else {
            match *seat {
                Seat::Bot(bot) => {
                    let legal = |arena: &ArenaMut<'_>, action: u8| is_legal(compiled, arena, slot, action);
                    let action = compiled.bots[bot].script.decide(arena, slot, &legal);
                    if is_legal(compiled, arena, slot, action) { action } else { 0 }
                }
                Seat::Random => random_action(compiled, arena, slot),
                Seat::Caller | Seat::Idle => 0,
            }
        };
        arena.agents.chosen[slot].0 = action;
    }
}

/// Any legal action: each has its own draw, the smallest wins.
fn random_action(compiled: &Compiled, arena: &ArenaMut<'_>, slot: usize) -> u8 {
    let n = arena.table.roles[usize::from(arena.table.slot_roles[slot])].actions.len();
    let key = arena.head.draw.key(Purpose::RandomPolicy, u32::try_from(slot).expect("at most 64"), 0);
    let legal = (0..n).map(|a| u8::try_from(a).expect("at most 255 actions")).filter(|&a| is_legal(compiled, arena, slot, a));
    legal.min_by_key(|&a| (key.u64(u32::from(a)), a)).unwrap_or(0)
}

/// Runs the rules that answer the facts of a phase.
fn answer(mut shard: Shard, programs: Res<Programs>) {
    let mut parts = shard.parts();
    for arena in 0..parts.arenas.n {
        let head = &parts.arenas.heads[arena];
        if head.n_events > head.n_answered {
            programs.rules.answer(&mut parts.arena(arena));
        }
    }
}

/// Delayed events that are due, then the `each` rules.
fn each(mut shard: Shard, programs: Res<Programs>) {
    let mut parts = shard.parts();
    for arena in 0..parts.arenas.n {
        let mut one = parts.arena(arena);
        one.emit_due();
        programs.rules.each(&mut one);
    }
}

/// End: freezes that run out are no longer shown, the clock moves on, and the episode ends when it should.
fn end(mut shard: Shard, programs: Res<Programs>) {
    let mut parts = shard.parts();
    let n = parts.table.n_slots();
    let time = parts.table.time;
    for arena in 0..parts.arenas.n {
        let next = parts.arenas.heads[arena].tick + 1;
        let thaws = |f: &crate::state::FrozenUntil| f.0 == next;
        if parts.agents.frozen_until[arena * n..(arena + 1) * n].iter().any(thaws) {
            let mut one = parts.arena(arena);
            for slot in (0..n).map(|s| Slot::new(u8::try_from(s).expect("at most 64"))) {
                if one.agents.frozen_until[slot.index()].0 == next {
                    one.refresh_body(slot);
                }
            }
        }
        if let Some(condition) = &programs.end
            && condition.value(&mut parts.arena(arena), &[]) != 0
        {
            parts.arenas.heads[arena].end = End::Terminated;
        }
        let head = &mut parts.arenas.heads[arena];
        head.tick = next;
        if head.end == End::Running && (next >= time.ticks || drawn_end(head.draw, time.drawn_end, next)) {
            head.end = End::Truncated;
        }
    }
}

/// Whether the episode ends after `done` ticks by the drawn end.
fn drawn_end(draw: TickDraw, end: Option<(u32, u32, crate::ids::Num)>, done: u32) -> bool {
    end.is_some_and(|(from, every, p)| {
        done >= from && (done - from).is_multiple_of(every.max(1)) && draw.key(Purpose::DrawnEnd, 0, 0).chance(0, p)
    })
}
