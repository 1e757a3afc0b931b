//! Many arenas stepped together: build, reset, step, fork, restore; shards that a host may run on threads.
//!
//! The public surface is what Python, WASM and the command line call. Rows of a group are arena · n + index in the role.

mod cast;
mod config;
mod named;
mod report;
mod scratch;
mod setup;
mod shard;
mod snapshot;
mod stage;
mod things;
#[cfg(feature = "threads")]
pub mod threads;
mod tick;

use std::sync::Arc;

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

pub use config::{Autoreset, BatchError, Config, Control};
pub use named::{EventView, slot_name, slot_named};
pub(crate) use scratch::{Expand, Lane};
pub use shard::Shard;
pub(crate) use tick::Seat;

pub use crate::observe::{Group, Out};

use crate::draw::arena_seed;
use crate::event::EventRow;
use crate::ids::Slot;
use crate::observe::{Encoding, is_legal};
use crate::scenario::Compiled;
use crate::state::End;
use cast::{difference, groups, seats};
use named::named;
use shard::Plan;

/// One column in which two states differ.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct ColumnDiff {
    /// Column.
    pub column: &'static str,
    /// Bytes of the arena's part that differ, first 16.
    pub at: Vec<usize>,
    /// How many differ.
    pub bytes: usize,
}

/// Runs two pieces of work, one after the other or at once; hosts with threads bring their own.
pub trait Executor: Sync {
    /// Runs both to the end.
    fn join(&self, a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send));
}

/// One piece after the other, on this thread.
#[derive(Clone, Copy, Debug, Default)]
pub struct Serial;

impl Executor for Serial {
    fn join(&self, a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send)) {
        a();
        b();
    }
}

/// Most controlled roles.
pub const MAX_GROUPS: usize = 8;

/// Arenas of a shard, unless the caller says otherwise: within the second-level cache for maps of the usual size.
const SHARD_ARENAS: usize = 256;

/// Many arenas of one scenario.
#[derive(Debug)]
pub struct Batch {
    groups: Vec<Group>,
    shards: Vec<Shard>,
    /// Shard and place in it of each arena.
    places: Vec<(usize, usize)>,
    arms: Vec<Arc<Compiled>>,
    config: Config,
}

/// What a call does to one shard.
type Work<'w> = dyn Fn(&mut Shard, &mut [Out<'_>]) + Sync + 'w;

impl Batch {
    /// Builds a batch and resets it. With several arms, arena k plays arm k mod L; its seed number is first + k div L.
    pub fn new(arms: &[Arc<Compiled>], config: Config) -> Result<Self, BatchError> {
        let wrong = |text: String| Err(BatchError::Wrong(text));
        if arms.is_empty() || config.arenas == 0 {
            return wrong("a batch needs at least one arm and one arena".to_owned());
        }
        if !config.arenas.is_multiple_of(arms.len()) {
            return wrong(format!(
                "{} arenas cannot be dealt to {} arms; take a multiple",
                config.arenas,
                arms.len()
            ));
        }
        let groups = groups(&arms[0].table, &config)?;
        for arm in &arms[1..] {
            let others = cast::groups(&arm.table, &config)?;
            if let Some(difference) = difference(&groups, &others) {
                return wrong(format!(
                    "arms `{}` and `{}` cannot share a batch: {difference}",
                    arms[0].arm, arm.arm
                ));
            }
        }
        let (each, max) = (
            config.arenas / arms.len(),
            if config.shard_arenas == 0 {
                SHARD_ARENAS
            } else {
                config.shard_arenas
            },
        );
        let mut shards = Vec::new();
        let mut places = vec![(0, 0); config.arenas];
        for (a, arm) in arms.iter().enumerate() {
            let seats = seats(arm, &groups, &config)?;
            for start in (0..each).step_by(max) {
                let n = max.min(each - start);
                let plan = Plan {
                    compiled: arm,
                    n,
                    first: a + start * arms.len(),
                    stride: arms.len(),
                    seats: &seats,
                    groups: &groups,
                    absent: &config.absent,
                    encoding: config.encoding,
                    events: config.events,
                    autoreset: config.autoreset,
                };
                for i in 0..n {
                    places[plan.first + i * plan.stride] = (shards.len(), i);
                }
                shards.push(Shard::new(&plan));
            }
        }
        let mut batch = Self {
            groups,
            shards,
            places,
            arms: arms.to_vec(),
            config,
        };
        let numbers =
            (0..batch.config.arenas).map(|k| batch.config.first + (k / batch.arms.len()) as u64);
        let seeds: Vec<u64> = numbers
            .map(|n| arena_seed(batch.config.seed, batch.config.domain, n))
            .collect();
        batch.reset(None, Some(&seeds), &mut [])?;
        Ok(batch)
    }
    /// The controlled groups, roles in file order.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }
    /// How the batch was built.
    pub fn config(&self) -> &Config {
        &self.config
    }
    /// Number of arenas.
    pub fn arenas(&self) -> usize {
        self.places.len()
    }
    /// Starts a new episode in the arenas of `mask` (all without one): episode + 1 and the same arena seed, or with `seeds` (one an
    /// arena) the new arena seed and episode 0. Writes the first observations of these arenas and leaves the others' rows alone.
    pub fn reset(
        &mut self,
        mask: Option<&[bool]>,
        seeds: Option<&[u64]>,
        out: &mut [Out<'_>],
    ) -> Result<(), BatchError> {
        let n = self.arenas();
        for (name, len) in [
            ("mask", mask.map(<[bool]>::len)),
            ("seeds", seeds.map(<[u64]>::len)),
        ] {
            if let Some(len) = len.filter(|&len| len != n) {
                return Err(BatchError::Wrong(format!(
                    "`{name}` has {len} places, the batch has {n} arenas"
                )));
            }
        }
        let domain = self.config.domain;
        self.run(out, &Serial, &|shard, out| {
            for i in 0..shard.n {
                let k = shard.arena_number(i);
                if mask.is_some_and(|mask| !mask[k]) {
                    continue;
                }
                let head = shard.arenas().heads[i];
                match seeds {
                    Some(seeds) => shard.reset(i, seeds[k], domain, 0),
                    None => shard.reset(i, head.seed, head.domain, head.episode.wrapping_add(1)),
                }
                shard.standing(i, out);
                shard.observe_one(i, out);
            }
        })
    }
    /// Starts that very episode of that arena seed in one arena, at tick 0; writes nothing.
    pub fn start(&mut self, arena: usize, seed: u64, episode: u32) {
        let domain = self.config.domain;
        let (shard, i) = self.shard(arena);
        shard.reset(i, seed, domain, episode);
    }
    /// One tick of all arenas. `actions`: one slice a group, rows long; with [`Autoreset::Disabled`] an arena whose episode is over
    /// is an error.
    pub fn step(
        &mut self,
        actions: &[&[i32]],
        out: &mut [Out<'_>],
        executor: &dyn Executor,
    ) -> Result<(), BatchError> {
        if actions.len() != self.groups.len() {
            let (found, wanted) = (actions.len(), self.groups.len());
            return Err(BatchError::Wrong(format!(
                "actions of {found} groups, the batch has {wanted}"
            )));
        }
        for (actions, group) in actions.iter().zip(&self.groups) {
            let rows = self.places.len() * group.slots.len();
            if actions.len() != rows {
                return Err(BatchError::Wrong(format!(
                    "group `{}` has {rows} rows, found {} actions",
                    group.name,
                    actions.len()
                )));
            }
        }
        if self.config.autoreset == Autoreset::Disabled
            && let Some(k) = (0..self.arenas()).find(|&k| self.end(k) != End::Running)
        {
            return Err(BatchError::Wrong(format!(
                "the episode of arena {k} is over: reset it before the next step"
            )));
        }
        self.run(out, executor, &|shard, out| shard.step(actions, out))
    }
    /// Writes the present observations, own vectors, masks and flags without a step; rewards are 0.
    pub fn observe(&mut self, out: &mut [Out<'_>]) -> Result<(), BatchError> {
        self.run(out, &Serial, &|shard, out| {
            for i in 0..shard.n {
                shard.standing(i, out);
            }
            shard.observe(out);
        })
    }

    /// The same for one arena; the others' rows are left alone.
    pub fn observe_arena(&mut self, arena: usize, out: &mut [Out<'_>]) -> Result<(), BatchError> {
        self.run(out, &Serial, &|shard, out| {
            if let Some(i) = (0..shard.n).find(|&i| shard.arena_number(i) == arena) {
                shard.standing(i, out);
                shard.observe_one(i, out);
            }
        })
    }

    /// Calls `work` for every shard with the shard's rows of `out` (none: with empty buffers).
    fn run(
        &mut self,
        out: &mut [Out<'_>],
        executor: &dyn Executor,
        work: &Work<'_>,
    ) -> Result<(), BatchError> {
        if !out.is_empty() && out.len() != self.groups.len() {
            let (found, wanted) = (out.len(), self.groups.len());
            return Err(BatchError::Wrong(format!(
                "buffers of {found} groups, the batch has {wanted}"
            )));
        }
        for (out, group) in out.iter().zip(&self.groups) {
            out.check(self.places.len() * group.slots.len(), group)
                .map_err(BatchError::Wrong)?;
        }
        if let ([shard], true) = (&mut self.shards[..], out.len() == self.groups.len()) {
            work(shard, out);
            return Ok(());
        }
        let mut outs: [Out<'_>; MAX_GROUPS] = Default::default();
        let n = self.groups.len();
        if self.arms.len() == 1 {
            for (to, from) in outs.iter_mut().zip(out) {
                *to = std::mem::take(from);
            }
            deal(
                &mut self.shards,
                &self.groups,
                &mut outs[..n],
                executor,
                work,
            );
            return Ok(());
        }
        // Arms alternate row by row, so no shard owns a stretch of the caller's buffers: each fills its own, which are dealt out.
        for shard in &mut self.shards {
            shard.stage.fit(out, &self.groups, shard.n);
            shard
                .stage
                .take_in(shard.n, shard.first, shard.stride, out, &self.groups);
        }
        deal(
            &mut self.shards,
            &self.groups,
            &mut outs[..n],
            executor,
            &|shard, _| {
                let mut stage = std::mem::take(&mut shard.stage);
                let mut outs: [Out<'_>; MAX_GROUPS] = Default::default();
                stage.lend(&mut outs);
                work(shard, &mut outs[..n]);
                shard.stage = stage;
            },
        );
        for shard in &mut self.shards {
            shard
                .stage
                .deal_out(shard.n, shard.first, shard.stride, out, &self.groups);
        }
        Ok(())
    }

    fn place(&self, arena: usize) -> (usize, usize) {
        self.places[arena]
    }
    fn shard(&mut self, arena: usize) -> (&mut Shard, usize) {
        let (shard, i) = self.place(arena);
        (&mut self.shards[shard], i)
    }
    /// Reads or changes a state by hand: for forks, projections and unit tests.
    pub(crate) fn edit<R>(
        &mut self,
        arena: usize,
        f: impl FnOnce(&mut crate::state::ArenaMut<'_>) -> R,
    ) -> R {
        let (shard, i) = self.shard(arena);
        shard.with(i, f)
    }
    /// The text observation of a slot, controlled or not.
    pub fn text(&mut self, arena: usize, slot: Slot) -> String {
        let (shard, i) = self.shard(arena);
        let compiled = Arc::clone(&shard.compiled);
        shard.with(i, |one| crate::observe::text(&compiled, one, slot))
    }
    /// The observation of any slot in any encoding that fills a buffer, for pages and tests; empty for text and none.
    pub fn view(&mut self, arena: usize, slot: Slot, encoding: Encoding) -> Vec<u8> {
        let (shard, i) = self.shard(arena);
        shard.view(i, slot, encoding)
    }
    /// Which actions of any slot are legal now.
    pub fn legal(&mut self, arena: usize, slot: Slot) -> Vec<bool> {
        let (shard, i) = self.shard(arena);
        let compiled = Arc::clone(&shard.compiled);
        let n = compiled.table.roles[compiled.table.role_of(slot).index()]
            .actions
            .len();
        shard.with(i, |one| {
            (0u8..=254)
                .take(n)
                .map(|a| is_legal(&compiled, one, slot.index(), a))
                .collect()
        })
    }
    /// The state hash of an arena, see [`crate::hash`].
    pub fn hash(&mut self, arena: usize) -> u64 {
        let (shard, i) = self.shard(arena);
        let mut hasher = Xxh3::new();
        shard.registry.canonical(&shard.world, i, |name, bytes| {
            hasher.update(name.as_bytes());
            hasher.update(&[0]);
            hasher.update(bytes);
        });
        hasher.digest()
    }
    /// The canonical columns of an arena as they are hashed: name, bytes.
    pub fn column_bytes(&mut self, arena: usize) -> Vec<(&'static str, Vec<u8>)> {
        let (shard, i) = self.shard(arena);
        let mut out = Vec::new();
        shard.registry.canonical(&shard.world, i, |name, bytes| {
            out.push((name, bytes.to_vec()));
        });
        out
    }
    /// Hash of each canonical column, in registry order.
    pub fn column_hashes(&mut self, arena: usize) -> Vec<(&'static str, u64)> {
        let (shard, i) = self.shard(arena);
        let mut out = Vec::new();
        shard.registry.canonical(&shard.world, i, |name, bytes| {
            out.push((name, xxh3_64(bytes)));
        });
        out
    }
    /// The columns of a shard: names, bytes of an arena, whether they are hashed.
    pub fn columns(&self) -> Vec<crate::state::ColumnInfo> {
        self.shards[0].registry.infos()
    }
    /// Components of the agents that no column of the registry covers, by name; a test demands that there are none.
    pub fn unregistered(&self) -> Vec<String> {
        self.shards[0].unregistered()
    }
    /// Everything of one arena: compact, versioned, with a checksum. Events of the last tick are not part of it.
    pub fn snapshot(&mut self, arena: usize) -> Vec<u8> {
        let (shard, i) = self.shard(arena);
        let hash = shard.compiled.hash;
        snapshot::pack(&hash, shard.save(i))
    }
    /// Puts a snapshot of the same compiled scenario into an arena; the arena is as it was when the snapshot is refused.
    pub fn restore(&mut self, arena: usize, snapshot: &[u8]) -> Result<(), BatchError> {
        let (shard, i) = self.shard(arena);
        let columns = snapshot::unpack(&shard.compiled.hash, shard.registry.bytes(), snapshot)?;
        shard.load(i, &columns)
    }
    /// Copies arena `from` over arena `to` of the same arm.
    pub fn fork(&mut self, from: usize, to: usize) -> Result<(), BatchError> {
        let ((a, i), (b, j)) = (self.place(from), self.place(to));
        if a == b {
            self.shards[a].copy_within(i, j);
            return Ok(());
        }
        match self.shards.get_disjoint_mut([a, b]) {
            Ok([a, b]) => b.copy_from(a, i, j),
            Err(_) => Ok(()),
        }
    }
    /// Copies an arena of another batch of the same compiled scenario over one of ours.
    pub fn fork_from(
        &mut self,
        other: &mut Batch,
        from: usize,
        to: usize,
    ) -> Result<(), BatchError> {
        let (a, i) = other.shard(from);
        let (b, j) = self.shard(to);
        b.copy_from(a, i, j)
    }
    /// In which columns two arenas differ, canonical or not.
    pub fn diff(&mut self, a: usize, b: usize) -> Result<Vec<ColumnDiff>, BatchError> {
        let infos = self.columns();
        let (shard, i) = self.shard(a);
        let first = shard.save(i).to_vec();
        let (shard, j) = self.shard(b);
        let second = shard.save(j);
        if first.len() != second.len() {
            return Err(BatchError::Wrong(
                "arenas of these two arms have different columns".to_owned(),
            ));
        }
        let mut start = 0;
        let mut out = Vec::new();
        for info in infos {
            let range = start..start + info.bytes;
            start = range.end;
            let places = first[range.clone()]
                .iter()
                .zip(&second[range])
                .enumerate()
                .filter(|(_, (a, b))| a != b);
            let at: Vec<usize> = places.map(|(i, _)| i).collect();
            if !at.is_empty() {
                out.push(ColumnDiff {
                    column: info.name,
                    bytes: at.len(),
                    at: at.into_iter().take(16).collect(),
                });
            }
        }
        Ok(out)
    }
    /// Events of the last tick, with names.
    pub fn events(&self, arena: usize) -> Vec<EventView> {
        let (shard, i) = self.place(arena);
        let table = self.shards[shard].table();
        let tick = self.shards[shard].last_tick(i);
        self.event_rows(arena)
            .iter()
            .map(|row| named(table, tick, row))
            .collect()
    }
    /// Event rows of the last tick, unnamed; those that nobody wants are not kept. The step that ends an episode keeps them,
    /// also where it starts the next.
    pub fn event_rows(&self, arena: usize) -> &[EventRow] {
        let (shard, i) = self.place(arena);
        let (arenas, max) = (
            self.shards[shard].arenas(),
            self.shards[shard].table().max_events(),
        );
        &arenas.events[i * max..i * max + usize::from(arenas.heads[i].n_events)]
    }
    /// Rewards of the last tick of all slots: slot · channels + channel, in millionths; the step that ends an episode keeps them,
    /// also where it starts the next.
    pub fn pay(&self, arena: usize) -> &[i64] {
        let (shard, i) = self.place(arena);
        self.shards[shard].last_pay(i)
    }
    /// Actions of all slots as played in the last tick.
    pub fn played(&mut self, arena: usize, out: &mut [u8]) {
        let (shard, i) = self.shard(arena);
        shard.with(i, |one| {
            for (out, chosen) in out.iter_mut().zip(&*one.agents.chosen) {
                *out = chosen.0;
            }
        });
    }
    /// What a slot's status is: (alive, on, away, ticks for which it is still frozen).
    pub fn status(&mut self, arena: usize, slot: Slot) -> (bool, bool, bool, u32) {
        use crate::state::{ALIVE, AWAY, ON};
        let (shard, i) = self.shard(arena);
        shard.with(i, |one| {
            let status = one.agents.status[slot.index()].0;
            let frozen = one.agents.frozen_until[slot.index()]
                .0
                .saturating_sub(one.head.tick);
            (
                status & ALIVE != 0,
                status & ON != 0,
                status & AWAY != 0,
                frozen,
            )
        })
    }
    /// Things of a kind on the map.
    pub fn count(&self, arena: usize, kind: crate::ids::KindId) -> u16 {
        let (shard, i) = self.place(arena);
        let s = &self.shards[shard];
        s.arenas().counts[i * s.table().kinds.len() + kind.index()]
    }
    /// Value of an arena variable (for the caller, never for a policy).
    pub fn var(&self, arena: usize, var: usize) -> i64 {
        let (shard, i) = self.place(arena);
        let s = &self.shards[shard];
        s.arenas().vars[i * s.table().n_places() + s.table().arena_place(var)]
    }
    /// Whether a goal of `[goals]` is reached for a co-player, for measures; `None` without such a goal.
    pub fn goal(&mut self, arena: usize, goal: &str, slot: Slot) -> Option<bool> {
        let (shard, i) = self.shard(arena);
        let compiled = Arc::clone(&shard.compiled);
        let (_, program) = compiled.programs.goals.iter().find(|(n, _)| n == goal)?;
        let value = |one: &mut crate::state::ArenaMut<'_>| {
            program.value(one, &[i64::from(slot.get())]) != 0
        };
        Some(shard.with(i, value))
    }
    /// Whether a bound was broken or arithmetic saturated in this episode: (fault, saturated operations, refused effects).
    pub fn faults(&self, arena: usize) -> (bool, u32, u32) {
        let (shard, i) = self.place(arena);
        let head = &self.shards[shard].arenas().heads[i];
        (head.fault, head.saturated, head.refused)
    }
    /// Ticks done in the episode.
    pub fn tick(&self, arena: usize) -> u32 {
        let (shard, i) = self.place(arena);
        self.shards[shard].arenas().heads[i].tick
    }
    /// How the arena's episode stands; after an automatic reset it runs again.
    pub fn end(&self, arena: usize) -> End {
        let (shard, i) = self.place(arena);
        self.shards[shard].arenas().heads[i].end
    }
    /// Episodes since the seed was set.
    pub fn episode(&self, arena: usize) -> u32 {
        let (shard, i) = self.place(arena);
        self.shards[shard].arenas().heads[i].episode
    }
    /// Arena seed.
    pub fn seed(&self, arena: usize) -> u64 {
        let (shard, i) = self.place(arena);
        self.shards[shard].arenas().heads[i].seed
    }
    /// The compiled arm that the arena plays.
    pub fn compiled(&self, arena: usize) -> &Arc<Compiled> {
        let (shard, _) = self.place(arena);
        &self.shards[shard].compiled
    }
    /// Words of the map as written, row by row, without padding: `u8[height, width, 8]`.
    pub fn frame(&self, arena: usize, out: &mut Vec<u8>) {
        let (shard, i) = self.place(arena);
        let (g, words) = (
            self.shards[shard].table().geometry,
            self.shards[shard].arenas().words(),
        );
        out.clear();
        for row in 0..g.height {
            let start = i * g.cells() + g.cell(row, 0).index();
            out.extend_from_slice(words[start..start + usize::from(g.width)].as_flattened());
        }
    }
    /// The map as a picture: `u8[height · 8, width · 8, 3]`.
    pub fn picture(&self, arena: usize, out: &mut Vec<u8>) {
        let mut words = Vec::new();
        self.frame(arena, &mut words);
        crate::observe::picture(&self.compiled(arena).table, words.as_chunks().0, out);
    }
    /// The map as text: one glyph a cell, then what the glyphs stand for.
    pub fn chart(&self, arena: usize) -> String {
        let mut words = Vec::new();
        self.frame(arena, &mut words);
        crate::observe::chart(&self.compiled(arena).table, words.as_chunks().0)
    }
}

/// Deals shards and their rows out, half by half.
fn deal(
    shards: &mut [Shard],
    groups: &[Group],
    out: &mut [Out<'_>],
    executor: &dyn Executor,
    work: &Work<'_>,
) {
    match shards {
        [] => {}
        [shard] => work(shard, out),
        _ => {
            let (a, b) = shards.split_at_mut(shards.len() / 2);
            let arenas: usize = a.iter().map(|s| s.n).sum();
            let mut left: [Out<'_>; MAX_GROUPS] = Default::default();
            let mut right: [Out<'_>; MAX_GROUPS] = Default::default();
            for (i, (out, group)) in out.iter_mut().zip(groups).enumerate() {
                (left[i], right[i]) = std::mem::take(out).split(arenas * group.slots.len(), group);
            }
            let n = groups.len();
            executor.join(
                &mut || deal(a, groups, &mut left[..n], executor, work),
                &mut || deal(b, groups, &mut right[..n], executor, work),
            );
        }
    }
}
