//! A caller's buffers, and actions that any host can draw alike.

use commonweal_core::batch::{Batch, BatchError, Executor, Out};
use commonweal_core::draw::mix;

/// All buffers of one group.
#[derive(Clone, PartialEq, Debug, Default)]
#[expect(missing_docs, reason = "the fields of `Out`")]
pub struct Rows {
    pub obs: Vec<u8>,
    pub own: Vec<i32>,
    pub mask: Vec<i8>,
    pub reward: Vec<f32>,
    pub terminated: Vec<bool>,
    pub truncated: Vec<bool>,
    pub alive: Vec<bool>,
    pub on: Vec<bool>,
    pub valid: Vec<bool>,
    pub illegal: Vec<u32>,
    pub final_obs: Vec<u8>,
    pub final_own: Vec<i32>,
}

impl Rows {
    /// The rows of one arena of `arenas`.
    #[must_use]
    pub fn arena(&self, arena: usize, arenas: usize) -> Self {
        fn part<T: Clone>(all: &[T], arena: usize, arenas: usize) -> Vec<T> {
            let n = all.len() / arenas;
            all[arena * n..(arena + 1) * n].to_vec()
        }
        Self {
            obs: part(&self.obs, arena, arenas),
            own: part(&self.own, arena, arenas),
            mask: part(&self.mask, arena, arenas),
            reward: part(&self.reward, arena, arenas),
            terminated: part(&self.terminated, arena, arenas),
            truncated: part(&self.truncated, arena, arenas),
            alive: part(&self.alive, arena, arenas),
            on: part(&self.on, arena, arenas),
            valid: part(&self.valid, arena, arenas),
            illegal: part(&self.illegal, arena, arenas),
            final_obs: part(&self.final_obs, arena, arenas),
            final_own: part(&self.final_own, arena, arenas),
        }
    }
}

/// Buffers of all groups of a batch, everything wanted.
#[derive(Clone, PartialEq, Debug)]
pub struct Buffers(pub Vec<Rows>);

impl Buffers {
    /// Forgets what episodes that ended showed last: it stays in its rows until the next ends, and is no part of a state.
    pub fn forget_ends(&mut self) {
        for rows in &mut self.0 {
            rows.final_obs.fill(0);
            rows.final_own.fill(0);
        }
    }
    /// Of the right sizes.
    pub fn of(batch: &Batch) -> Self {
        let group = |g: &commonweal_core::batch::Group| {
            let rows = batch.arenas() * g.slots.len();
            let obs = if g.obs_shape.is_empty() {
                0
            } else {
                g.obs_shape.iter().product::<usize>()
            };
            Rows {
                obs: vec![0; rows * obs],
                own: vec![0; rows * g.own_names.len()],
                mask: vec![0; rows * g.action_names.len()],
                reward: vec![0.0; rows],
                terminated: vec![false; rows],
                truncated: vec![false; rows],
                alive: vec![false; rows],
                on: vec![false; rows],
                valid: vec![false; rows],
                illegal: vec![0; rows],
                final_obs: vec![0; rows * obs],
                final_own: vec![0; rows * g.own_names.len()],
            }
        };
        Self(batch.groups().iter().map(group).collect())
    }
    /// For a call of the batch.
    pub fn outs(&mut self) -> Vec<Out<'_>> {
        fn out(r: &mut Rows) -> Out<'_> {
            let Rows {
                obs,
                own,
                mask,
                reward,
                terminated,
                truncated,
                alive,
                on,
                valid,
                illegal,
                final_obs,
                final_own,
            } = r;
            Out {
                obs,
                own,
                mask,
                reward,
                terminated,
                truncated,
                alive,
                on,
                valid,
                illegal,
                final_obs,
                final_own,
            }
        }
        self.0.iter_mut().map(out).collect()
    }
    /// The rows of one arena.
    pub fn arena(&self, arena: usize, arenas: usize) -> Vec<Rows> {
        self.0
            .iter()
            .map(|rows| rows.arena(arena, arenas))
            .collect()
    }
}

/// Actions for all rows, one list a group: any of the role's, legal or not, from (`seed`, tick) and the row's place in its arena
/// alone, so that every arena of the batch plays the same.
pub fn same_in_all_arenas(batch: &Batch, seed: u64, tick: u64) -> Vec<Vec<i32>> {
    actions(batch, |_, group, i| {
        mix(mix(seed ^ mix(tick)) ^ (group * 64 + i))
    })
}

/// The same, each arena its own by `arena` + `first`.
pub fn each_arena_its_own(batch: &Batch, seed: u64, tick: u64, first: u64) -> Vec<Vec<i32>> {
    actions(batch, |arena, group, i| {
        mix(mix(mix(seed ^ mix(tick)) ^ (arena + first)) ^ (group * 64 + i))
    })
}

fn actions(batch: &Batch, draw: impl Fn(u64, u64, u64) -> u64) -> Vec<Vec<i32>> {
    let group = |(g, group): (u64, &commonweal_core::batch::Group)| {
        let n = group.action_names.len() as u64;
        let arenas = 0..batch.arenas() as u64;
        let slots = 0..group.slots.len() as u64;
        let one = |arena, i| i32::try_from(draw(arena, g, i) % n).expect("at most 255 actions");
        arenas
            .flat_map(|arena| slots.clone().map(move |i| (arena, i)))
            .map(|(arena, i)| one(arena, i))
            .collect()
    };
    (0u64..).zip(batch.groups()).map(group).collect()
}

/// One step of a batch.
pub fn step(
    batch: &mut Batch,
    actions: &[Vec<i32>],
    buffers: &mut Buffers,
    executor: &dyn Executor,
) -> Result<(), BatchError> {
    let actions: Vec<&[i32]> = actions.iter().map(Vec::as_slice).collect();
    batch.step(&actions, &mut buffers.outs(), executor)
}
