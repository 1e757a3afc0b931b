//! Scratch batches: arenas that take states from elsewhere, with a cast of their own each, and are stepped for what comes of it.
//! Forks and searches stand on this.
//!
//! **Invariant.** Nothing is allocated by a step; no state of the batch that a fork was taken from is touched; what a lane came to
//! depends on its own state, cast and actions only.

use std::sync::Arc;

use bevy_ecs::change_detection::DetectChangesMut;

use super::cast::seat_named;
use super::tick::{Seat, Seats};
use super::{Autoreset, Batch, BatchError, Config, Control, Executor, Shard};
use crate::ids::Slot;
use crate::observe::{Encoding, is_legal};
use crate::scenario::Compiled;
use crate::state::{ArenaMut, BODY_ON_MAP, End, Registers};

/// What one step came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lane {
    /// All columns after the step; sized by [`Batch::scratch`].
    pub(crate) columns: Vec<u8>,
    /// The outcome, as the caller reads it.
    pub(crate) outcome: u64,
    /// The state's identity, as the caller reads it.
    pub(crate) identity: u64,
    /// Rewards of the step, slot · channels + channel.
    pub(crate) pay: Vec<i64>,
    /// How the episode stands.
    pub(crate) end: End,
    /// Whether a bound was broken.
    pub(crate) fault: bool,
}

/// What each lane of an expansion starts from, who plays in it, and what is read off it.
pub(crate) trait Expand: Sync {
    /// The columns that a lane starts from.
    fn columns(&self, lane: usize) -> &[u8];
    /// Who plays in the lane; one place a slot each.
    fn cast(&self, lane: usize, seats: &mut [Seat], actions: &mut [i32], absent: &mut [bool]);
    /// Whether the columns after the step are wanted.
    fn keeps(&self, lane: usize) -> bool;
    /// Reads the state after the step; `out.columns` holds it where it is kept, and may be changed.
    fn read(&self, lane: usize, one: &mut ArenaMut<'_>, out: &mut Lane);
}

impl Batch {
    /// A batch of lanes for states of that compiled scenario, all slots played by whoever is seated.
    pub(crate) fn scratch(
        compiled: &Arc<Compiled>,
        lanes: usize,
        shard_arenas: usize,
        events: bool,
    ) -> Result<Self, BatchError> {
        let config = Config {
            arenas: lanes,
            control: Control::None,
            encoding: Encoding::None,
            events,
            autoreset: Autoreset::Disabled,
            shard_arenas,
            ..Config::default()
        };
        let mut batch = Self::new(std::slice::from_ref(compiled), config)?;
        for shard in &mut batch.shards {
            let bytes = shard.registry.bytes();
            let lane = Lane {
                columns: vec![0; bytes],
                pay: vec![0; shard.n_pay()],
                ..Lane::default()
            };
            shard.lanes = vec![lane; shard.n];
        }
        Ok(batch)
    }
    /// Steps `n` states, one a lane, and reads each off.
    pub(crate) fn expand(&mut self, n: usize, executor: &dyn Executor, work: &dyn Expand) {
        self.run(&mut [], executor, &|shard, _| shard.expand(n, work))
            .expect("no buffers are asked for");
    }
    /// What a lane came to in the last expansion.
    pub(crate) fn lane(&self, lane: usize) -> &Lane {
        let (shard, i) = self.place(lane);
        &self.shards[shard].lanes[i]
    }
    /// All columns of an arena.
    pub(crate) fn columns_of(&mut self, arena: usize) -> &[u8] {
        let (shard, i) = self.shard(arena);
        shard.save(i)
    }
    /// Puts columns that were saved from a running arena of the same compiled scenario into an arena.
    pub(crate) fn put_columns(&mut self, arena: usize, columns: &[u8]) -> Result<(), BatchError> {
        let (shard, i) = self.shard(arena);
        shard.load(i, columns)
    }
    /// Steps all lanes; the caller has seated everybody and set their actions.
    pub(crate) fn step_lanes(&mut self, executor: &dyn Executor) {
        self.run(&mut [], executor, &|shard, _| shard.step(&[], &mut []))
            .expect("no buffers are asked for");
    }
    /// Who plays a slot of an arena.
    pub(crate) fn seat(&self, arena: usize, slot: Slot) -> Seat {
        let (shard, i) = self.place(arena);
        let seats = self.shards[shard].world.resource::<Seats>();
        seats.seats[i * seats.n_slots + slot.index()]
    }
    /// Seats somebody in a slot of an arena, with this action where it is the caller.
    pub(crate) fn set_seat(&mut self, arena: usize, slot: Slot, seat: Seat, action: i32) {
        let (shard, i) = self.shard(arena);
        let mut seats = shard.world.resource_mut::<Seats>();
        let seats = seats.bypass_change_detection();
        let at = i * seats.n_slots + slot.index();
        seats.seats[at] = seat;
        seats.actions[at] = action;
        seats.bots |= seat.acts();
    }
    /// Whether a slot has no body when a round of that arena begins.
    pub(crate) fn is_absent(&self, arena: usize, slot: Slot) -> bool {
        let (shard, i) = self.place(arena);
        let shard = &self.shards[shard];
        shard.absent[i * shard.table().n_slots() + slot.index()]
    }
    /// The same, changed.
    pub(crate) fn set_absent(&mut self, arena: usize, slot: Slot, absent: bool) {
        let (shard, i) = self.shard(arena);
        let at = i * shard.table().n_slots() + slot.index();
        shard.absent[at] = absent;
    }
    /// Takes a slot out of an arena: no body, no act, now and in later rounds. What it carries goes with it.
    pub(crate) fn remove(&mut self, arena: usize, slot: Slot) {
        self.set_absent(arena, slot, true);
        self.edit(arena, |one| {
            one.remove_body(slot);
            let i = slot.index();
            one.agents.status[i].0 = 0;
            one.agents.facing[i].0 = 0;
            one.agents.back_at[i].0 = 0;
            one.head.lands &= !(1 << i);
            debug_assert_eq!(one.agents.status[i].0 & BODY_ON_MAP, 0);
        });
        let (shard, i) = self.shard(arena);
        shard.find_gone(i);
    }
    /// The policy of that name: a bot of the file, `random` or `noop`.
    pub(crate) fn seat_named(&self, arena: usize, name: &str) -> Result<Seat, BatchError> {
        seat_named(self.compiled(arena), name)
    }
    /// Lets a policy take over a slot of an arena: it remembers nothing of what came before.
    pub(crate) fn take_over(&mut self, arena: usize, slot: Slot, seat: Seat) {
        let compiled = Arc::clone(self.compiled(arena));
        let i = slot.index();
        self.edit(arena, |one| {
            one.agents.registers[i] = Registers::default();
            if let Seat::Bot(bot) = seat {
                let legal =
                    |arena: &ArenaMut<'_>, action: u8| is_legal(&compiled, arena, i, action);
                compiled.bots[bot].script.begin(one, i, &legal);
            }
        });
        self.set_seat(arena, slot, seat, 0);
    }
}

impl Shard {
    fn expand(&mut self, n: usize, work: &dyn Expand) {
        let used = n.saturating_sub(self.first).min(self.n);
        if used == 0 {
            return;
        }
        let n_slots = self.table().n_slots();
        for i in 0..used {
            let lane = self.first + i;
            self.registry
                .load(&mut self.world, i, work.columns(lane))
                .expect("the state of an arena is in bounds");
            (self.over[i], self.replaced[i]) = (false, None);
            let rows = i * n_slots..(i + 1) * n_slots;
            let mut seats = self.world.resource_mut::<Seats>();
            let seats = seats.bypass_change_detection();
            let (who, actions) = (
                &mut seats.seats[rows.clone()],
                &mut seats.actions[rows.clone()],
            );
            work.cast(lane, who, actions, &mut self.absent[rows]);
        }
        let mut seats = self.world.resource_mut::<Seats>();
        let seats = seats.bypass_change_detection();
        // Lanes behind the last keep an old state: nobody in them acts.
        seats.seats[used * n_slots..].fill(Seat::Idle);
        seats.bots = seats.seats.iter().any(|seat| seat.acts());
        self.step(&[], &mut []);
        let mut lanes = std::mem::take(&mut self.lanes);
        for (i, out) in lanes.iter_mut().enumerate().take(used) {
            let lane = self.first + i;
            if work.keeps(lane) {
                self.registry.save(&self.world, i, &mut out.columns);
            }
            let head = self.arenas().heads[i];
            (out.end, out.fault) = (head.end, head.fault);
            self.with(i, |one| {
                out.pay.copy_from_slice(one.pay);
                work.read(lane, one, out);
            });
        }
        self.lanes = lanes;
    }
}
