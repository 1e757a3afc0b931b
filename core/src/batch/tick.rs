//! One tick, readable in one place: decide → move → act → environment → vitals → institutions → score → end. Observation follows
//! as a plain function (see `shard.rs`), since it writes into the caller's buffers and changes nothing.

use std::sync::Arc;

use bevy_ecs::change_detection::DetectChangesMut;
use bevy_ecs::resource::Resource;
use bevy_ecs::schedule::{
    IntoScheduleConfigs, LogLevel, Schedule, ScheduleBuildSettings, ScheduleConfigs,
    SingleThreadedExecutor, SystemSet,
};
use bevy_ecs::system::{Res, ScheduleSystem};

use crate::draw::{Purpose, TickDraw};
use crate::ids::Slot;
use crate::mechanics::Placed;
use crate::observe::is_legal;
use crate::phase::Phase;
use crate::rules::Programs;
use crate::scenario::Compiled;
use crate::state::{ArenaMut, End, Head, IN_PLAY, Shard, Time};

/// Who plays a slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Seat {
    /// The caller.
    Caller,
    /// A bot of the scenario, by its number.
    Bot(usize),
    /// Any legal action, drawn.
    Random,
    /// Nobody: `noop`.
    Idle,
}

impl Seat {
    /// Whether the engine itself chooses the slot's actions.
    pub(super) fn acts(self) -> bool {
        matches!(self, Self::Bot(_) | Self::Random)
    }
}

/// The caller's actions of this tick and who plays which slot; a resource.
#[derive(Resource, Debug)]
pub(super) struct Seats {
    pub(super) compiled: Arc<Compiled>,
    /// Arena · slots + slot: alike in all arenas, but for forks.
    pub(super) seats: Vec<Seat>,
    /// Arena · slots + slot; only slots of the caller are read.
    pub(super) actions: Vec<i32>,
    /// Whether anybody but the caller acts, in any arena.
    pub(super) bots: bool,
    /// Slots of an arena.
    pub(super) n_slots: usize,
    /// Number of actions of each slot's role.
    n_actions: Vec<i32>,
    /// The first action that each slot may play: 1 where `noop` is masked.
    least: Vec<i32>,
    /// For each slot, where its role begins in `mechanic_of`.
    roles: Vec<u16>,
    /// Position of the mechanic of each action: role · 256 + action; `u8::MAX` for `noop`.
    mechanic_of: Vec<u8>,
}

impl Seats {
    pub(super) fn new(compiled: &Arc<Compiled>, seats: &[Seat], arenas: usize) -> Self {
        let roles = &compiled.table.roles;
        let slots = || {
            (0u16..)
                .zip(roles)
                .flat_map(|(r, role)| std::iter::repeat_n((r, role), usize::from(role.n)))
        };
        let mut mechanic_of = vec![u8::MAX; roles.len() * 256];
        for (r, role) in roles.iter().enumerate() {
            for (a, action) in role.actions.iter().enumerate() {
                mechanic_of[r * 256 + a] = action.mechanic;
            }
        }
        Self {
            compiled: Arc::clone(compiled),
            seats: seats.repeat(arenas),
            actions: vec![0; arenas * seats.len()],
            bots: seats.iter().any(|s| s.acts()),
            n_slots: seats.len(),
            n_actions: slots()
                .map(|(_, role)| i32::try_from(role.actions.len()).expect("at most 255 actions"))
                .collect(),
            least: slots().map(|(_, role)| i32::from(!role.noop)).collect(),
            roles: slots().map(|(r, _)| r * 256).collect(),
            mechanic_of,
        }
    }
}

#[derive(SystemSet, Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Place(usize);

/// The schedule of a scenario: phase after phase; within a phase the core's system, the mechanics' in the order of their list,
/// the late ones, then the rules that answer. The order is total: no two systems are free to run in either order. Rules answer after
/// every phase in which a mechanic runs, whichever events they listen to: acts tell events of other mechanics than the one that runs.
pub(super) fn schedule(mut placed: Vec<Placed>, compiled: &Compiled) -> Schedule {
    placed.sort_by_key(|(phase, late, position, _)| (*phase, *late, *position));
    let mut ordered: Vec<ScheduleConfigs<ScheduleSystem>> = Vec::new();
    let rules = &compiled.programs.rules;
    let answers = rules.has_on();
    let mut placed = placed.into_iter().peekable();
    for phase in Phase::ALL {
        let mut tells = false;
        match phase {
            Phase::Decide => ordered.push(decide.into_configs()),
            Phase::Institutions if rules.has_each() || compiled.table.has_later => {
                ordered.push(each.into_configs());
                tells = true;
            }
            Phase::End => ordered.push(end.into_configs()),
            _ => {}
        }
        while let Some((.., system)) = placed.next_if(|(p, ..)| *p == phase) {
            ordered.push(system);
            tells = true;
        }
        if tells && answers {
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
        schedule.add_systems(if i == 0 {
            system
        } else {
            system.after(Place(i - 1))
        });
    }
    schedule
}

/// Decide: opens the tick, takes the caller's actions, asks the bots. Bots decide on the state before the tick.
fn decide(mut shard: Shard, seats: Res<Seats>) {
    let mut parts = shard.parts();
    parts.arenas.open_tick(parts.table.acts.bodies_move);
    let n = seats.n_slots;
    for arena in 0..parts.arenas.n {
        let rows = arena * n..(arena + 1) * n;
        let who = &seats.seats[rows.clone()];
        if seats.bots {
            decide_bots(&mut parts.arena(arena), &seats, who);
        }
        let tick = parts.arenas.heads[arena].tick;
        let agents = &mut parts.agents;
        let (status, frozen) = (
            &agents.status[rows.clone()],
            &agents.frozen_until[rows.clone()],
        );
        let (chosen, illegal) = (
            &mut agents.chosen[rows.clone()],
            &mut agents.illegal[rows.clone()],
        );
        let states = status.iter().zip(frozen);
        let ranges = seats.least.iter().zip(&seats.n_actions);
        let asked = seats.actions[rows].iter().zip(ranges);
        let played = chosen.iter_mut().zip(illegal).zip(who);
        for (((chosen, illegal), seat), ((status, frozen), (&action, (&least, &n_actions)))) in
            played.zip(states.zip(asked))
        {
            let can_act = (status.0 == IN_PLAY) & (frozen.0 <= tick);
            // What depends on more (a beam that is not ready) is counted by the mechanic that plays it.
            let legal =
                (can_act & (least..n_actions).contains(&action)) | (!can_act & (action == 0));
            if *seat == Seat::Caller {
                chosen.0 = u8::try_from(action * i32::from(legal)).unwrap_or(0);
                illegal.0 += u32::from(!legal);
            } else if *seat == Seat::Idle {
                // In a fork somebody may have sat here a tick ago.
                chosen.0 = 0;
            }
        }
        let chosen = &parts.agents.chosen[arena * n..(arena + 1) * n];
        parts.arenas.note_actions(arena, |slot| {
            seats.mechanic_of[usize::from(seats.roles[slot]) + usize::from(chosen[slot].0)]
        });
    }
}

fn decide_bots(arena: &mut ArenaMut<'_>, seats: &Seats, who: &[Seat]) {
    let compiled = &seats.compiled;
    for (slot, seat) in who.iter().enumerate() {
        if *seat == Seat::Caller {
            continue;
        }
        let action = if arena.agents.can_act(slot, arena.head.tick) {
            match *seat {
                Seat::Bot(bot) => {
                    let legal =
                        |arena: &ArenaMut<'_>, action: u8| is_legal(compiled, arena, slot, action);
                    let action = compiled.bots[bot].script.decide(arena, slot, &legal);
                    if is_legal(compiled, arena, slot, action) {
                        action
                    } else {
                        0
                    }
                }
                Seat::Random => random_action(compiled, arena, slot),
                Seat::Caller | Seat::Idle => 0,
            }
        } else {
            0
        };
        arena.agents.chosen[slot].0 = action;
    }
}

/// Any legal action: each has its own draw, the smallest wins.
fn random_action(compiled: &Compiled, arena: &ArenaMut<'_>, slot: usize) -> u8 {
    let n = arena.table.roles[usize::from(arena.table.slot_roles[slot])]
        .actions
        .len();
    let key = arena.head.draw.key(
        Purpose::RandomPolicy,
        u32::try_from(slot).expect("at most 64"),
        0,
    );
    let legal = (0..n)
        .map(|a| u8::try_from(a).expect("at most 255 actions"))
        .filter(|&a| is_legal(compiled, arena, slot, a));
    legal
        .min_by_key(|&a| (key.u64(u32::from(a)), a))
        .unwrap_or(0)
}

/// Runs the rules that answer the facts of a phase.
fn answer(mut shard: Shard, programs: Res<Programs>) {
    if shard
        .arenas
        .heads
        .iter()
        .all(|head| head.n_events == head.n_answered)
    {
        return;
    }
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
    let time = shard.table.time;
    if programs.end.is_some()
        || shard
            .arenas
            .heads
            .iter()
            .any(|head| head.next_thaw <= head.tick + 1)
    {
        let mut parts = shard.parts();
        for arena in 0..parts.arenas.n {
            if parts.arenas.heads[arena].next_thaw <= parts.arenas.heads[arena].tick + 1 {
                thaw(&mut parts.arena(arena));
            }
            if let Some(condition) = &programs.end
                && condition.value(&mut parts.arena(arena), &[]) != 0
            {
                parts.arenas.heads[arena].end = End::Terminated;
            }
        }
    }
    for head in &mut shard.arenas.bypass_change_detection().heads {
        head.tick += 1;
        if head.end == End::Running {
            head.end = ended(head, &time);
        }
    }
}

/// How the episode stands after a tick by the clock: rounds that are over, the last of them, a drawn end.
fn ended(head: &mut Head, time: &Time) -> End {
    let called = head.round_over;
    head.round_over |= head.tick - head.round_from >= time.ticks;
    if head.round_over && head.is_last_round(time) {
        // By the scenario's own word, or by the limit.
        return if called {
            End::Terminated
        } else {
            End::Truncated
        };
    }
    if drawn_end(head.draw, time.drawn_end, head.tick) {
        End::Truncated
    } else {
        End::Running
    }
}

/// Shows those whose freeze ends with this tick as free, and finds when the next one ends.
fn thaw(arena: &mut ArenaMut<'_>) {
    let next = arena.head.tick + 1;
    arena.head.next_thaw = u32::MAX;
    for slot in 0..arena.agents.frozen_until.len() {
        let until = arena.agents.frozen_until[slot].0;
        if until == next {
            arena.refresh_body(Slot::new(u8::try_from(slot).expect("at most 64")));
        } else if until > next {
            arena.head.next_thaw = arena.head.next_thaw.min(until);
        }
    }
}

/// Whether the episode ends after `done` ticks by the drawn end.
fn drawn_end(draw: TickDraw, end: Option<(u32, u32, crate::ids::Num)>, done: u32) -> bool {
    end.is_some_and(|(from, every, p)| {
        done >= from
            && (done - from).is_multiple_of(every.max(1))
            && draw.key(Purpose::DrawnEnd, 0, 0).chance(0, p)
    })
}
