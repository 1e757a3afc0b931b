//! Buffers of a shard whose rows alternate with another arm's in the caller's buffers.

use super::{Group, Out};

#[derive(Debug, Default)]
struct Buffers {
    obs: Vec<u8>,
    own: Vec<i32>,
    mask: Vec<i8>,
    reward: Vec<f32>,
    flags: [Vec<bool>; 5],
    illegal: Vec<u32>,
    final_obs: Vec<u8>,
    final_own: Vec<i32>,
}

/// A shard's own buffers, group by group; sized by what the caller wants, once.
#[derive(Debug, Default)]
pub(super) struct Stage(Vec<Buffers>);

impl Stage {
    /// Makes the buffers as large as what the caller wants needs.
    pub(super) fn fit(&mut self, out: &[Out<'_>], groups: &[Group], arenas: usize) {
        self.0.resize_with(groups.len(), Buffers::default);
        for (i, (buffers, group)) in self.0.iter_mut().zip(groups).enumerate() {
            let rows = arenas * group.slots.len();
            let wants = |given: fn(&Out<'_>) -> bool| out.get(i).is_some_and(|o| !given(o));
            fn size<T: Clone + Default>(v: &mut Vec<T>, n: usize, wanted: bool) {
                v.resize(if wanted { n } else { 0 }, T::default());
            }
            size(
                &mut buffers.obs,
                rows * group.obs_len(),
                wants(|o| o.obs.is_empty()),
            );
            size(
                &mut buffers.own,
                rows * group.own_names.len(),
                wants(|o| o.own.is_empty()),
            );
            size(
                &mut buffers.mask,
                rows * group.action_names.len(),
                wants(|o| o.mask.is_empty()),
            );
            size(&mut buffers.reward, rows, wants(|o| o.reward.is_empty()));
            size(
                &mut buffers.flags[0],
                rows,
                wants(|o| o.terminated.is_empty()),
            );
            size(
                &mut buffers.flags[1],
                rows,
                wants(|o| o.truncated.is_empty()),
            );
            size(&mut buffers.flags[2], rows, wants(|o| o.alive.is_empty()));
            size(&mut buffers.flags[3], rows, wants(|o| o.on.is_empty()));
            size(&mut buffers.flags[4], rows, wants(|o| o.valid.is_empty()));
            size(&mut buffers.illegal, rows, wants(|o| o.illegal.is_empty()));
            size(
                &mut buffers.final_obs,
                rows * group.obs_len(),
                wants(|o| o.final_obs.is_empty()),
            );
            size(
                &mut buffers.final_own,
                rows * group.own_names.len(),
                wants(|o| o.final_own.is_empty()),
            );
        }
    }
    /// The buffers, as a shard wants them.
    pub(super) fn lend<'a>(&'a mut self, outs: &mut [Out<'a>]) {
        for (b, out) in self.0.iter_mut().zip(outs) {
            let [terminated, truncated, alive, on, valid] = &mut b.flags;
            *out = Out {
                obs: &mut b.obs,
                own: &mut b.own,
                mask: &mut b.mask,
                reward: &mut b.reward,
                terminated,
                truncated,
                alive,
                on,
                valid,
                illegal: &mut b.illegal,
                final_obs: &mut b.final_obs,
                final_own: &mut b.final_own,
            };
        }
    }
    /// Copies the caller's rows in: what a call does not write must come out as it was.
    pub(super) fn take_in(
        &mut self,
        arenas: usize,
        first: usize,
        stride: usize,
        out: &[Out<'_>],
        groups: &[Group],
    ) {
        for ((b, out), group) in self.0.iter_mut().zip(out).zip(groups) {
            let n = group.slots.len();
            for i in 0..arenas {
                let at = (i, first + i * stride);
                copy(&mut b.obs, out.obs, at, n * group.obs_len());
                copy(&mut b.own, out.own, at, n * group.own_names.len());
                copy(&mut b.mask, out.mask, at, n * group.action_names.len());
                copy(&mut b.reward, out.reward, at, n);
                let flags = [
                    &*out.terminated,
                    out.truncated,
                    out.alive,
                    out.on,
                    out.valid,
                ];
                for (to, from) in b.flags.iter_mut().zip(flags) {
                    copy(to, from, at, n);
                }
                copy(&mut b.illegal, out.illegal, at, n);
                copy(&mut b.final_obs, out.final_obs, at, n * group.obs_len());
                copy(
                    &mut b.final_own,
                    out.final_own,
                    at,
                    n * group.own_names.len(),
                );
            }
        }
    }
    /// Copies the rows out to the caller's.
    pub(super) fn deal_out(
        &self,
        arenas: usize,
        first: usize,
        stride: usize,
        out: &mut [Out<'_>],
        groups: &[Group],
    ) {
        for ((b, out), group) in self.0.iter().zip(out).zip(groups) {
            let n = group.slots.len();
            for i in 0..arenas {
                let at = (first + i * stride, i);
                copy(out.obs, &b.obs, at, n * group.obs_len());
                copy(out.own, &b.own, at, n * group.own_names.len());
                copy(out.mask, &b.mask, at, n * group.action_names.len());
                copy(out.reward, &b.reward, at, n);
                let flags = [
                    &mut *out.terminated,
                    out.truncated,
                    out.alive,
                    out.on,
                    out.valid,
                ];
                for (to, from) in flags.into_iter().zip(&b.flags) {
                    copy(to, from, at, n);
                }
                copy(out.illegal, &b.illegal, at, n);
                copy(out.final_obs, &b.final_obs, at, n * group.obs_len());
                copy(out.final_own, &b.final_own, at, n * group.own_names.len());
            }
        }
    }
}

/// Copies `n` values from place `at.1 · n` to place `at.0 · n`, where there are buffers at all.
fn copy<T: Copy>(to: &mut [T], from: &[T], at: (usize, usize), n: usize) {
    if !to.is_empty() && !from.is_empty() {
        to[at.0 * n..(at.0 + 1) * n].copy_from_slice(&from[at.1 * n..(at.1 + 1) * n]);
    }
}
