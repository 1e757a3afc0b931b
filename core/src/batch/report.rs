//! What the caller is told of a tick beside observations: rewards and flags, row by row, into the caller's buffers.

use super::Out;
use crate::state::{ALIVE, AWAY, End, NEVER, ON, ShardParts};

/// Writes one place of a buffer, if the buffer is wanted.
pub(super) fn put<T>(out: &mut [T], at: usize, value: T) {
    if let Some(place) = out.get_mut(at) {
        *place = value;
    }
}

/// Fills a buffer that is wanted: `value(arena, row of the shard)` for each arena's controlled slots.
#[inline]
fn rows<T>(
    out: &mut [T],
    arenas: usize,
    n_slots: usize,
    slots: &[usize],
    value: impl Fn(usize, usize) -> T,
) {
    if out.is_empty() {
        return;
    }
    for (arena, out) in (0..arenas).zip(out.chunks_exact_mut(slots.len().max(1))) {
        for (out, &slot) in out.iter_mut().zip(slots) {
            *out = value(arena, arena * n_slots + slot);
        }
    }
}

/// Rewards and flags of a tick. `gone`: rows that were gone before it; it gets those that are now.
pub(super) fn flags(
    parts: &ShardParts<'_>,
    groups: &[Vec<usize>],
    gone: &mut [bool],
    over: &[bool],
    next_step: bool,
    out: &mut [Out<'_>],
) {
    let (n_slots, channels) = (parts.table.n_slots(), parts.table.channels.len());
    let (status, back_at, pay) = (
        &*parts.agents.status,
        &*parts.agents.back_at,
        &parts.arenas.pay,
    );
    let (heads, n) = (&parts.arenas.heads, parts.arenas.n);
    let time = parts.table.time;
    let is_gone = |row: usize| {
        is_gone(status[row].0, back_at[row].0)
            && (time.rounds == 1 || heads[row / n_slots].is_last_round(&time))
    };
    // Most ticks end no row: two sweeps over whole columns tell, and the rows need no look of their own.
    let ends = |any: bool, row: usize| any | gone[row] | is_gone(row);
    let stays =
        !(0..gone.len()).fold(false, ends) && heads.iter().all(|head| head.end == End::Running);
    for (slots, out) in groups.iter().zip(out) {
        rows(out.reward, n, n_slots, slots, |_, row| {
            reward(pay[row * channels])
        });
        rows(out.alive, n, n_slots, slots, |_, row| {
            status[row].0 & ALIVE != 0
        });
        rows(out.on, n, n_slots, slots, |_, row| status[row].0 & ON != 0);
        rows(out.illegal, n, n_slots, slots, |_, row| {
            parts.agents.illegal[row].0
        });
        if stays && !next_step {
            out.terminated.fill(false);
            out.truncated.fill(false);
            out.valid.fill(true);
            continue;
        }
        rows(out.terminated, n, n_slots, slots, |arena, row| {
            heads[arena].end == End::Terminated || is_gone(row)
        });
        rows(out.truncated, n, n_slots, slots, |arena, _| {
            heads[arena].end == End::Truncated
        });
        rows(out.valid, n, n_slots, slots, |arena, row| {
            !(gone[row] || (next_step && over[arena]))
        });
    }
    if !stays {
        for (row, gone) in gone.iter_mut().enumerate() {
            *gone = is_gone(row);
        }
    }
}

/// Millionths as the caller's number, once, here.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "rewards become f32 at the buffer"
)]
fn reward(amount: i64) -> f32 {
    (amount as f64 / 1e6) as f32
}

/// Dead, or away for ever.
pub(super) fn is_gone(status: u8, back_at: u32) -> bool {
    status & ALIVE == 0 || (status & AWAY != 0 && back_at == NEVER)
}
