//! A World of many arenas of one arm: built once, reset, stepped, observed.

use std::sync::Arc;

use bevy_ecs::change_detection::DetectChangesMut;
use bevy_ecs::schedule::Schedule;
use bevy_ecs::system::SystemState;
use bevy_ecs::world::World;

use super::report::{flags, is_gone, put};
use super::scratch::Lane;
use super::setup::set_up;
use super::stage::Stage;
use super::tick::{Seat, Seats, schedule};
use super::{Autoreset, BatchError, Group, Out};
use crate::draw::TickDraw;
use crate::ids::{Cell, Domain, Slot};
use crate::mechanics::Install;
use crate::mechanics::Placed;
use crate::observe::{Encoding, Observer};
use crate::scenario::{Chosen, Compiled};
use crate::state::{
    ALIVE, Agent, ArenaMut, Arenas, BODY_ON_MAP, ColumnRegistry, End, Isa, ON, ShardParts, Table,
    register,
};

/// A World of many arenas of one compiled arm.
pub struct Shard {
    pub(super) world: World,
    schedule: Schedule,
    pub(super) registry: ColumnRegistry,
    access: SystemState<crate::state::Shard<'static, 'static>>,
    pub(super) compiled: Arc<Compiled>,
    pub(super) n: usize,
    /// Arena · slots + slot: who has no body when an episode or a round begins.
    pub(super) absent: Vec<bool>,
    groups: Vec<Vec<usize>>,
    observers: Vec<Observer>,
    autoreset: Autoreset,
    /// Rows (arena · slots + slot) that were dead or away for ever before this tick.
    gone: Vec<bool>,
    /// Arenas whose episode ended in the last tick and that are reset by the next step (autoreset next step).
    pub(super) over: Vec<bool>,
    /// The same of the tick before.
    waited: Vec<bool>,
    /// Last tick of the episode that the last step ended and replaced, where it did: events are still that tick's.
    pub(super) replaced: Vec<Option<u32>>,
    /// Rewards of that tick.
    last_pay: Vec<i64>,
    spare: Vec<u8>,
    kept: Vec<u8>,
    /// Arena number in the batch of our first, and the step to the next.
    pub(super) first: usize,
    pub(super) stride: usize,
    pub(super) stage: Stage,
    /// What the states of a scratch batch came to; empty elsewhere.
    pub(super) lanes: Vec<Lane>,
}

impl std::fmt::Debug for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shard")
            .field("arm", &self.compiled.arm)
            .field("arenas", &self.n)
            .finish_non_exhaustive()
    }
}

/// What a shard is built from.
pub(super) struct Plan<'a> {
    pub(super) compiled: &'a Arc<Compiled>,
    pub(super) n: usize,
    pub(super) first: usize,
    pub(super) stride: usize,
    pub(super) seats: &'a [Seat],
    pub(super) groups: &'a [Group],
    pub(super) absent: &'a [Slot],
    pub(super) encoding: Encoding,
    pub(super) events: bool,
    pub(super) autoreset: Autoreset,
}

impl Shard {
    pub(super) fn new(plan: &Plan<'_>) -> Self {
        let compiled = Arc::clone(plan.compiled);
        let mut table = compiled.table.clone();
        table.derive();
        for (e, event) in table.events.iter_mut().enumerate() {
            let read = |chosen: &Chosen| chosen.mechanic.listens().contains(&event.name.as_str());
            event.wanted |= plan.events
                || compiled.programs.rules.listens(e)
                || compiled.mechanics.iter().any(read);
        }
        let n_slots = table.n_slots();
        let mut world = World::new();
        let arenas = Arenas::new(&table, plan.n);
        world.insert_resource(table);
        world.insert_resource(arenas);
        world.insert_resource(Isa::default());
        world.insert_resource(compiled.programs.clone());
        world.insert_resource(Seats::new(&compiled, plan.seats, plan.n));
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place where agents are made, before any tick"
        )]
        world
            .spawn_batch(std::iter::repeat_n(
                (Agent, AgentDefaults::default()),
                plan.n * n_slots,
            ))
            .for_each(drop);
        let mut registry = ColumnRegistry::default();
        register(&mut registry, &mut world);
        let mut systems: Vec<Placed> = Vec::new();
        for (position, chosen) in (0u8..).zip(&compiled.mechanics) {
            let mut install = Install {
                world: &mut world,
                registry: &mut registry,
                position,
                n_arenas: plan.n,
                systems: Vec::new(),
            };
            chosen.mechanic.install(&chosen.instance, &mut install);
            systems.append(&mut install.systems);
        }
        world
            .resource_mut::<Arenas>()
            .set_mechanics(compiled.mechanics.len());
        let mut schedule = schedule(systems, &compiled);
        schedule
            .initialize(&mut world)
            .expect("the schedule's order is total, so nothing can be ambiguous");
        let access = SystemState::new(&mut world);
        let mut absent = vec![false; plan.n * n_slots];
        for arena in 0..plan.n {
            for slot in plan.absent {
                absent[arena * n_slots + slot.index()] = true;
            }
        }
        let bytes = registry.bytes();
        let n_pay = n_slots * compiled.table.channels.len();
        Self {
            observers: plan
                .groups
                .iter()
                .map(|g| Observer::new(world.resource::<Table>(), g, plan.encoding))
                .collect(),
            groups: plan
                .groups
                .iter()
                .map(|g| g.slots.iter().map(|s| s.index()).collect())
                .collect(),
            world,
            schedule,
            registry,
            access,
            compiled,
            n: plan.n,
            absent,
            autoreset: plan.autoreset,
            gone: vec![false; plan.n * n_slots],
            over: vec![false; plan.n],
            waited: vec![false; plan.n],
            replaced: vec![None; plan.n],
            last_pay: vec![
                0;
                if plan.autoreset == Autoreset::SameStep {
                    plan.n * n_pay
                } else {
                    0
                }
            ],
            spare: vec![0; bytes],
            first: plan.first,
            stride: plan.stride,
            stage: Stage::default(),
            lanes: Vec::new(),
            kept: vec![
                0;
                if plan.autoreset == Autoreset::NextStep {
                    bytes * plan.n
                } else {
                    0
                }
            ],
        }
    }

    /// Calls `f` with one arena.
    pub(super) fn with<R>(&mut self, arena: usize, f: impl FnOnce(&mut ArenaMut<'_>) -> R) -> R {
        let mut access = self
            .access
            .get_mut(&mut self.world)
            .expect("the shard's own resources are there");
        f(&mut access.parts().arena(arena))
    }

    pub(super) fn arenas(&self) -> &Arenas {
        self.world.resource()
    }

    pub(super) fn table(&self) -> &Table {
        self.world.resource()
    }

    /// Starts an episode.
    pub(super) fn reset(&mut self, arena: usize, seed: u64, domain: Domain, episode: u32) {
        self.start_episode(arena, seed, domain, episode, 0);
    }

    /// Starts an episode; the first `kept` event rows stay for whoever reads the tick that ended the last one.
    fn start_episode(&mut self, arena: usize, seed: u64, domain: Domain, episode: u32, kept: u16) {
        self.replaced[arena] = None;
        self.registry.clear(&mut self.world, arena);
        let mut access = self
            .access
            .get_mut(&mut self.world)
            .expect("the shard's own resources are there");
        let mut parts = access.parts();
        let mut one = parts.arena(arena);
        one.head.seed = seed;
        one.head.domain = domain;
        one.head.episode = episode;
        one.head.draw = TickDraw::new(domain, seed, episode, 0);
        one.head.end = End::Running;
        (one.head.n_events, one.head.n_answered) = (kept, kept);
        let n = one.table.n_slots();
        let absent = &self.absent[arena * n..(arena + 1) * n];
        set_up(&mut one, &self.compiled, absent);
        one.cells.settle_padding(&one.table.geometry);
        self.over[arena] = false;
        self.find_gone(arena);
    }

    /// Sets the world up anew inside the episode. The draws are those of the tick that comes, as those of a reset are of tick 0.
    fn next_round(&mut self, arena: usize) {
        self.registry.clear_round(&mut self.world, arena);
        let mut access = self
            .access
            .get_mut(&mut self.world)
            .expect("the shard's own resources are there");
        let mut parts = access.parts();
        let mut one = parts.arena(arena);
        for (place, value) in (0u16..).zip(&mut *one.vars) {
            if !one.table.kept.contains(&place) {
                *value = 0;
            }
        }
        let head = &mut *one.head;
        head.round += 1;
        head.round_from = head.tick;
        (head.round_over, head.n_later, head.next_thaw) = (false, 0, 0);
        head.draw = TickDraw::new(head.domain, head.seed, head.episode, head.tick);
        let n = one.table.n_slots();
        let absent = &self.absent[arena * n..(arena + 1) * n];
        set_up(&mut one, &self.compiled, absent);
        self.find_gone(arena);
    }

    /// Rows that can never act again in this episode.
    pub(super) fn find_gone(&mut self, arena: usize) {
        let mut access = self
            .access
            .get_mut(&mut self.world)
            .expect("the shard's own resources are there");
        let one = access.parts();
        let n = one.table.n_slots();
        let last = one.arenas.heads[arena].is_last_round(&one.table.time);
        for row in arena * n..(arena + 1) * n {
            self.gone[row] = last && is_gone(one.agents.status[row].0, one.agents.back_at[row].0);
        }
    }

    /// Number in the batch of one of our arenas.
    pub(super) fn arena_number(&self, arena: usize) -> usize {
        self.first + arena * self.stride
    }

    /// One tick of all arenas; `actions` are those of the whole batch, `out` holds this shard's rows.
    pub(super) fn step(&mut self, actions: &[&[i32]], out: &mut [Out<'_>]) {
        self.take_actions(actions);
        self.replaced.fill(None);
        for arena in 0..self.n {
            if self.over[arena] && self.autoreset == Autoreset::NextStep {
                self.next_episode(arena);
                self.registry.save(&self.world, arena, &mut self.spare);
                // The arena steps with the others and is put back afterwards: one buffer holds every arena that waits.
                let bytes = self.spare.len();
                self.kept[arena * bytes..(arena + 1) * bytes].copy_from_slice(&self.spare);
                self.over[arena] = true;
            }
        }
        self.schedule.run(&mut self.world);
        for arena in 0..self.n {
            if self.over[arena] && self.autoreset == Autoreset::NextStep {
                let bytes = self.spare.len();
                let kept = &self.kept[arena * bytes..(arena + 1) * bytes];
                self.registry
                    .load(&mut self.world, arena, kept)
                    .expect("saved a moment ago");
            }
        }
        if self.report(out) {
            return;
        }
        for arena in 0..self.n {
            if self.over[arena] && self.autoreset == Autoreset::SameStep {
                self.last_view(arena, out);
                self.replace_episode(arena);
            } else if self.waited[arena] || self.over[arena] {
                self.find_gone(arena);
            } else if self.arenas().heads[arena].round_over {
                self.next_round(arena);
            }
        }
        self.observe(out);
    }

    fn next_episode(&mut self, arena: usize) {
        let head = self.arenas().heads[arena];
        self.reset(arena, head.seed, head.domain, head.episode.wrapping_add(1));
    }

    /// The next episode in the step that ended the last: what happened in that step can still be read.
    fn replace_episode(&mut self, arena: usize) {
        let n_pay = self.n_pay();
        let arenas = self.world.resource::<Arenas>();
        let head = arenas.heads[arena];
        let pay = arena * n_pay..(arena + 1) * n_pay;
        self.last_pay[pay.clone()].copy_from_slice(&arenas.pay[pay]);
        let episode = head.episode.wrapping_add(1);
        self.start_episode(arena, head.seed, head.domain, episode, head.n_events);
        self.replaced[arena] = Some(head.tick.saturating_sub(1));
    }

    /// Rewards of the last tick.
    pub(super) fn last_pay(&self, arena: usize) -> &[i64] {
        let n_pay = self.n_pay();
        let all = match self.replaced[arena] {
            Some(_) => &self.last_pay,
            None => &self.arenas().pay,
        };
        &all[arena * n_pay..(arena + 1) * n_pay]
    }

    /// The tick whose events can be read.
    pub(super) fn last_tick(&self, arena: usize) -> u32 {
        self.replaced[arena].unwrap_or_else(|| self.arenas().heads[arena].tick.saturating_sub(1))
    }

    fn take_actions(&mut self, actions: &[&[i32]]) {
        let (first, stride) = (self.first, self.stride);
        let mut seats = self.world.resource_mut::<Seats>();
        let seats = seats.bypass_change_detection();
        let n_slots = seats.n_slots;
        for (slots, actions) in self.groups.iter().zip(actions) {
            if slots.len() == n_slots && stride == 1 {
                seats
                    .actions
                    .copy_from_slice(&actions[first * n_slots..(first + self.n) * n_slots]);
                continue;
            }
            for arena in 0..self.n {
                let k = first + arena * stride;
                let actions = &actions[k * slots.len()..(k + 1) * slots.len()];
                for (&slot, &action) in slots.iter().zip(actions) {
                    seats.actions[arena * n_slots + slot] = action;
                }
            }
        }
    }

    /// Writes rewards and flags of the tick that has just run, before any reset, and finds whose episode is over. Where no
    /// episode is, nor any round, writes the observations too and is done: `true`.
    fn report(&mut self, out: &mut [Out<'_>]) -> bool {
        let next_step = self.autoreset == Autoreset::NextStep;
        let mut access = self
            .access
            .get_mut(&mut self.world)
            .expect("the shard's own resources are there");
        let mut parts = access.parts();
        flags(
            &parts,
            &self.groups,
            &mut self.gone,
            &self.over,
            next_step,
            out,
        );
        std::mem::swap(&mut self.over, &mut self.waited);
        let mut turns = false;
        for (over, head) in self.over.iter_mut().zip(&parts.arenas.heads) {
            *over = head.end != End::Running;
            turns |= head.round_over;
        }
        if turns || self.over.contains(&true) || self.waited.contains(&true) {
            return false;
        }
        settle_padding(&mut parts);
        for (observer, out) in self.observers.iter().zip(out) {
            observer.all(&self.compiled, &mut parts, out);
        }
        true
    }

    /// Observations and own vectors of an episode that has just ended.
    fn last_view(&mut self, arena: usize, out: &mut [Out<'_>]) {
        let compiled = Arc::clone(&self.compiled);
        let mut access = self
            .access
            .get_mut(&mut self.world)
            .expect("the shard's own resources are there");
        let mut parts = access.parts();
        settle_padding(&mut parts);
        for (observer, out) in self.observers.iter().zip(out) {
            let mut view = Out {
                obs: &mut *out.final_obs,
                own: &mut *out.final_own,
                ..Out::default()
            };
            observer.one_arena(&compiled, &mut parts, arena, &mut view);
        }
    }

    /// Writes what policies see now.
    pub(super) fn observe(&mut self, out: &mut [Out<'_>]) {
        let mut access = self
            .access
            .get_mut(&mut self.world)
            .expect("the shard's own resources are there");
        let mut parts = access.parts();
        settle_padding(&mut parts);
        for (observer, out) in self.observers.iter().zip(out) {
            observer.all(&self.compiled, &mut parts, out);
        }
    }

    /// What policies see of one arena.
    pub(super) fn observe_one(&mut self, arena: usize, out: &mut [Out<'_>]) {
        let mut access = self
            .access
            .get_mut(&mut self.world)
            .expect("the shard's own resources are there");
        let mut parts = access.parts();
        for (observer, out) in self.observers.iter().zip(out) {
            observer.one_arena(&self.compiled, &mut parts, arena, out);
        }
    }

    /// The observation of any slot.
    pub(super) fn view(&mut self, arena: usize, slot: Slot, encoding: Encoding) -> Vec<u8> {
        let table = self.table();
        let role = table.role_of(slot);
        let group = Group {
            role,
            name: String::new(),
            slots: vec![slot],
            obs_shape: encoding.shape(&table.roles[role.index()]),
            own_names: Vec::new(),
            own_scale: Vec::new(),
            action_names: Vec::new(),
        };
        let observer = Observer::new(table, &group, encoding);
        let mut obs = vec![0; group.obs_len()];
        let mut access = self
            .access
            .get_mut(&mut self.world)
            .expect("the shard's own resources are there");
        observer.window_of(&mut access.parts(), arena, &mut obs);
        obs
    }

    /// Rewards of an arena: slots · channels.
    pub(super) fn n_pay(&self) -> usize {
        self.table().n_slots() * self.table().channels.len()
    }

    /// Components of the agents that no column covers.
    pub(super) fn unregistered(&self) -> Vec<String> {
        let agents = self.world.archetypes().iter().filter(|a| {
            self.world
                .component_id::<Agent>()
                .is_some_and(|id| a.contains(id))
        });
        let components = agents.flat_map(|a| a.components().to_vec());
        let known = self.registry.components();
        components
            .filter(|id| !known.contains(id) && Some(*id) != self.world.component_id::<Agent>())
            .filter_map(|id| self.world.components().get_name(id).map(|n| n.to_string()))
            .collect()
    }

    /// Copies one arena over another.
    pub(super) fn copy_within(&mut self, from: usize, to: usize) {
        self.registry.save(&self.world, from, &mut self.spare);
        self.put_spare(to);
    }

    /// Copies an arena of another shard of the same compiled arm over one of ours.
    pub(super) fn copy_from(
        &mut self,
        other: &mut Self,
        from: usize,
        to: usize,
    ) -> Result<(), BatchError> {
        if self.compiled.hash != other.compiled.hash {
            let text = format!(
                "arm `{}` cannot continue a state of arm `{}`",
                self.compiled.arm, other.compiled.arm
            );
            return Err(BatchError::Snapshot(text));
        }
        other.registry.save(&other.world, from, &mut self.spare);
        self.put_spare(to);
        Ok(())
    }

    fn put_spare(&mut self, arena: usize) {
        self.replaced[arena] = None;
        self.registry
            .load(&mut self.world, arena, &self.spare)
            .expect("the state of an arena is in bounds");
        self.over[arena] = self.arenas().heads[arena].end != End::Running;
        self.find_gone(arena);
    }

    /// Writes flags and zero rewards, as they stand after a reset or a restore.
    pub(super) fn standing(&mut self, arena: usize, out: &mut [Out<'_>]) {
        let mut access = self
            .access
            .get_mut(&mut self.world)
            .expect("the shard's own resources are there");
        let parts = access.parts();
        let n_slots = parts.table.n_slots();
        for (slots, out) in self.groups.iter().zip(out) {
            for (i, &slot) in slots.iter().enumerate() {
                let (row, at) = (arena * n_slots + slot, arena * slots.len() + i);
                let status = parts.agents.status[row].0;
                put(out.reward, at, 0.0);
                put(out.terminated, at, false);
                put(out.truncated, at, false);
                put(out.alive, at, status & ALIVE != 0);
                put(out.on, at, status & ON != 0);
                put(out.valid, at, !self.gone[row]);
                put(out.illegal, at, parts.agents.illegal[row].0);
            }
        }
    }

    /// All columns of an arena, in a buffer that is reused.
    pub(super) fn save(&mut self, arena: usize) -> &[u8] {
        self.registry.save(&self.world, arena, &mut self.spare);
        &self.spare
    }

    /// Puts columns into an arena; when one is out of bounds the arena keeps what it had and the column's name is returned.
    pub(super) fn load(&mut self, arena: usize, columns: &[u8]) -> Result<(), BatchError> {
        self.registry.save(&self.world, arena, &mut self.spare);
        let loaded = self.registry.load(&mut self.world, arena, columns);
        let fits = loaded.and_then(|()| {
            if !self.with(arena, |one| bodies_agree(one)) {
                Err("agent.cell")
            } else if self.with(arena, |one| one.things_agree()) {
                Ok(())
            } else {
                Err("arena.things")
            }
        });
        if let Err(column) = fits {
            self.registry
                .load(&mut self.world, arena, &self.spare)
                .expect("saved a moment ago");
            return Err(BatchError::Snapshot(format!(
                "this snapshot is damaged: column `{column}` holds a value out of bounds"
            )));
        }
        self.over[arena] = self.arenas().heads[arena].end != End::Running;
        self.replaced[arena] = None;
        self.find_gone(arena);
        Ok(())
    }
}

/// Components that every agent has, at zero.
#[derive(bevy_ecs::bundle::Bundle, Clone, Default)]
struct AgentDefaults {
    pos: crate::state::Pos,
    facing: crate::state::Facing,
    status: crate::state::Status,
    frozen_until: crate::state::FrozenUntil,
    back_at: crate::state::BackAt,
    chosen: crate::state::Chosen,
    ready_at: crate::state::ReadyAt,
    carried: crate::state::Carried,
    illegal: crate::state::Illegal,
    registers: crate::state::Registers,
}

/// The padding of a torus that is smaller than what is seen, once a tick, before anybody looks.
fn settle_padding(parts: &mut ShardParts<'_>) {
    let geometry = parts.table.geometry;
    if geometry.wrap {
        for arena in 0..parts.arenas.n {
            parts.arena(arena).cells.settle_padding(&geometry);
        }
    }
}

/// Whether bodies on the map and positions say the same.
fn bodies_agree(one: &ArenaMut<'_>) -> bool {
    let g = &one.table.geometry;
    let bodies = (0u16..)
        .zip(one.cells.words())
        .filter(|(c, w)| w[crate::state::BODY] != 0 && g.inside(Cell::new(*c)))
        .count();
    let there = (0u8..)
        .zip(&*one.agents.status)
        .filter(|(_, s)| s.0 & BODY_ON_MAP != 0);
    let mut n = 0;
    for (slot, _) in there {
        n += 1;
        if one
            .cells
            .word(Cell::new(one.agents.pos[usize::from(slot)].0))[crate::state::BODY]
            != slot + 1
        {
            return false;
        }
    }
    n == bodies
}

#[cfg(test)]
mod laws {
    use bevy_ecs::component::Component;
    use bevy_ecs::entity::Entity;
    use bevy_ecs::query::With;

    use crate::state::Agent;
    use crate::testing::{batch, compile};

    const YARD: &str = "#####\n#A.B#\n#####";
    const CHOSEN: [(&str, &str, &str); 4] = [
        ("move", "", r#"{"mode":"turn"}"#),
        ("pickup", "", r#"{"things":["apple"],"becomes":"eaten"}"#),
        ("beam", "zap", "{}"),
        ("absence", "", r#"{"return_at":"spawn"}"#),
    ];

    #[derive(Component)]
    struct Forgotten;

    #[test]
    fn a_component_that_nobody_registered_is_found() {
        let mut b = batch(&compile(YARD, &CHOSEN));
        let shard = &mut b.shards[0];
        assert_eq!(shard.unregistered().len(), 0);
        let agents: Vec<Entity> = shard
            .world
            .query_filtered::<Entity, With<Agent>>()
            .iter(&shard.world)
            .collect();
        for agent in agents {
            shard.world.entity_mut(agent).insert(Forgotten);
        }
        assert!(!shard.unregistered().is_empty());
    }

    #[test]
    fn no_two_systems_that_touch_the_same_are_free_to_run_in_either_order() {
        let b = batch(&compile(YARD, &CHOSEN));
        let schedule = &b.shards[0].schedule;
        assert!(schedule.systems_len() >= CHOSEN.len());
        assert!(
            schedule.graph().conflicting_systems().0.is_empty(),
            "a shuffled order would have something to shuffle"
        );
    }
}
