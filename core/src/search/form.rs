//! The form in which two states that will go on alike are equal: the key by which a search recognises a state.
//!
//! **Invariant.** Only what no later tick reads is blanked: rewards, last actions, counters, what is shown or heard for one tick,
//! registers of slots that no bot plays, facings where nothing asks for them. With [`Clock::In`] all else is in the key.

use std::ops::Range;

use xxhash_rust::xxh3::Xxh3;

use crate::batch::Seat;
use crate::state::{ColumnInfo, EFFECT, HEAD_COUNTERS, HEAD_TICK, LATER_BYTES, LOOK, NEVER, Word};

/// Where a body faces, in its look byte.
const FACING: u8 = 0b11 << 3;

/// Whether the tick is part of a state's identity.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Clock {
    /// States of different ticks are different: always right.
    #[default]
    In,
    /// States that differ in their tick alone are one, and timers count what is left. Right only where nothing that is looked at
    /// draws or reads the clock.
    Out,
}

/// Columns whose numbers are ticks at which something ends.
const TIMERS: [&str; 3] = ["agent.frozen_until", "agent.back_at", "agent.ready_at"];
/// Columns that no later tick reads.
const OUTPUTS: [&str; 4] = [
    "agent.action",
    "agent.illegal",
    "arena.pay",
    "arena.heard_now",
];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Plain,
    Head,
    Timer,
    Later,
}

/// Where the columns of an arena stand, and what of them is in the key.
#[derive(Clone, Debug)]
pub(super) struct Form {
    blank: Vec<Range<usize>>,
    map: Option<Range<usize>>,
    facing: Option<Range<usize>>,
    registers: Option<Range<usize>>,
    head: usize,
    keyed: Vec<(Range<usize>, Kind)>,
}

impl Form {
    /// `without`: columns that the caller leaves out of the key.
    pub(super) fn new(infos: &[ColumnInfo], without: &[&str]) -> Self {
        let mut form = Self {
            blank: Vec::new(),
            map: None,
            facing: None,
            registers: None,
            head: 0,
            keyed: Vec::new(),
        };
        let mut start = 0;
        for info in infos {
            let range = start..start + info.bytes;
            start = range.end;
            let mut kind = Kind::Plain;
            match info.name {
                "arena.head" => {
                    form.head = range.start;
                    let counters =
                        range.start + HEAD_COUNTERS.start..range.start + HEAD_COUNTERS.end;
                    form.blank.push(counters);
                    kind = Kind::Head;
                }
                "arena.map" => form.map = Some(range.clone()),
                "agent.facing" => form.facing = Some(range.clone()),
                "agent.registers" => form.registers = Some(range.clone()),
                "arena.later" => kind = Kind::Later,
                name if TIMERS.contains(&name) => kind = Kind::Timer,
                name if OUTPUTS.contains(&name) => form.blank.push(range.clone()),
                _ => {}
            }
            if info.canonical && !without.contains(&info.name) {
                form.keyed.push((range, kind));
            }
        }
        form
    }
    /// Blanks what no later tick reads; `facing`: whether any does read where bodies face.
    pub(super) fn settle(&self, columns: &mut [u8], facing: bool) {
        if let Some(column) = self.facing.clone().filter(|_| !facing) {
            columns[column].fill(0);
        }
        let look = if facing { u8::MAX } else { !FACING };
        for range in &self.blank {
            columns[range.clone()].fill(0);
        }
        if let Some(map) = &self.map {
            for word in columns[map.clone()]
                .as_chunks_mut::<{ size_of::<Word>() }>()
                .0
            {
                word[EFFECT] = 0;
                word[LOOK] &= look;
            }
        }
    }
    /// Blanks the registers of slots that no bot plays.
    pub(super) fn forget(&self, columns: &mut [u8], seats: &[Seat]) {
        let Some(registers) = self.registers.clone() else {
            return;
        };
        let each = registers.len() / seats.len().max(1);
        if each == 0 {
            return;
        }
        for (part, seat) in columns[registers].chunks_exact_mut(each).zip(seats) {
            if !matches!(seat, Seat::Bot(_)) {
                part.fill(0);
            }
        }
    }
    /// The key of a settled state.
    pub(super) fn key(&self, columns: &[u8], clock: Clock) -> u64 {
        let mut hasher = Xxh3::new();
        if clock == Clock::In {
            for (range, _) in &self.keyed {
                hasher.update(&columns[range.clone()]);
            }
            return hasher.digest();
        }
        let at = self.head + HEAD_TICK.start..self.head + HEAD_TICK.end;
        let tick = u32::from_le_bytes(columns[at].try_into().expect("four bytes"));
        for (range, kind) in &self.keyed {
            let part = &columns[range.clone()];
            match kind {
                Kind::Plain => hasher.update(part),
                Kind::Head => {
                    hasher.update(&part[..HEAD_TICK.start]);
                    hasher.update(&part[HEAD_TICK.end..]);
                }
                Kind::Timer => {
                    for bytes in part.as_chunks::<4>().0 {
                        hasher.update(&left(u32::from_le_bytes(*bytes), tick).to_le_bytes());
                    }
                }
                Kind::Later => {
                    for row in part.chunks_exact(LATER_BYTES) {
                        let (due, rest) = row.split_at(4);
                        let due = u32::from_le_bytes(due.try_into().expect("four bytes"));
                        hasher.update(&left(due, tick).to_le_bytes());
                        hasher.update(rest);
                    }
                }
            }
        }
        hasher.digest()
    }
}

/// Ticks that are left.
fn left(at: u32, tick: u32) -> u32 {
    if at == NEVER {
        NEVER
    } else {
        at.saturating_sub(tick)
    }
}
