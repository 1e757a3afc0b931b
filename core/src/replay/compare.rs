//! Two runs beside each other, tick by tick and column by column.

use std::collections::BTreeSet;
use std::fmt;

use super::ReplayError;
use super::container::Recording;
use super::player::Player;
use crate::batch::Batch;

/// Ticks in a row in which the same columns differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// First of them: ticks done.
    pub from: u32,
    /// Last of them.
    pub to: u32,
    /// Names of the columns that differ, in registry order; those that only one run has included.
    pub columns: Vec<&'static str>,
}

/// What differs between two runs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Comparison {
    /// Ticks compared, 0 included: the shorter run's length.
    pub ticks: u32,
    /// Ticks of each run.
    pub lengths: (u32, u32),
    /// First tick (from 0) whose actions differ, and the slots in which they do.
    pub actions: Option<(u32, Vec<u8>)>,
    /// Where the states differ, ascending; empty when they never do.
    pub differences: Vec<Difference>,
}

impl Comparison {
    /// Whether all compared states are equal.
    pub fn is_equal(&self) -> bool {
        self.differences.is_empty() && self.lengths.0 == self.lengths.1
    }

    fn add(&mut self, tick: u32, columns: Vec<&'static str>) {
        self.ticks = tick;
        if columns.is_empty() {
            return;
        }
        match self.differences.last_mut() {
            Some(last) if last.to + 1 == tick && last.columns == columns => last.to = tick,
            _ => self.differences.push(Difference {
                from: tick,
                to: tick,
                columns,
            }),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((tick, slots)) = &self.actions {
            let slots: Vec<String> = slots.iter().map(u8::to_string).collect();
            writeln!(
                f,
                "actions differ first in tick {tick}, slot {}",
                slots.join(", ")
            )?;
        }
        for Difference { from, to, columns } in &self.differences {
            let columns = columns.join(", ");
            if from == to {
                writeln!(f, "after tick {from}: {columns}")?;
            } else {
                writeln!(f, "after ticks {from} to {to}: {columns}")?;
            }
        }
        if self.lengths.0 != self.lengths.1 {
            writeln!(
                f,
                "one has {} ticks, the other {}",
                self.lengths.0, self.lengths.1
            )?;
        }
        if self.is_equal() {
            write!(f, "equal in every column of {} ticks", self.ticks)
        } else {
            Ok(())
        }
    }
}

/// Plays two recordings beside each other. They may be of different arms, or scenarios: columns are matched by name.
///
/// # Errors
/// When one of them cannot be recomputed here.
pub fn compare(a: &Recording, b: &Recording) -> Result<Comparison, ReplayError> {
    let mut out = Comparison {
        lengths: (a.ticks(), b.ticks()),
        ..Comparison::default()
    };
    out.actions = (0..a.ticks().min(b.ticks()))
        .find(|&t| a.actions(t) != b.actions(t))
        .map(|tick| {
            let (a, b) = (a.actions(tick), b.actions(tick));
            let n = u8::try_from(a.len().max(b.len())).unwrap_or(u8::MAX);
            (
                tick,
                (0..n)
                    .filter(|&s| a.get(usize::from(s)) != b.get(usize::from(s)))
                    .collect(),
            )
        });
    let (mut a, mut b) = (Player::quiet(a.clone())?, Player::quiet(b.clone())?);
    loop {
        let columns = differing(a.batch(), 0, b.batch(), 0);
        out.add(a.tick(), columns);
        if a.is_over() || b.is_over() {
            return Ok(out);
        }
        a.step()?;
        b.step()?;
    }
}

/// Plays a recording beside an arena that someone else steps: `advance` plays the arena's next tick and says whether it did. The
/// arena must stand at tick 0; it is followed no further than the recording goes.
///
/// # Errors
/// When the recording cannot be recomputed here, or `advance` says so.
pub fn compare_with(
    recording: &Recording,
    batch: &mut Batch,
    arena: usize,
    mut advance: impl FnMut(&mut Batch) -> Result<bool, ReplayError>,
) -> Result<Comparison, ReplayError> {
    let mut player = Player::quiet(recording.clone())?;
    let mut out = Comparison {
        lengths: (recording.ticks(), 0),
        ..Comparison::default()
    };
    loop {
        let columns = differing(player.batch(), 0, batch, arena);
        out.add(player.tick(), columns);
        out.lengths.1 = player.tick();
        if player.is_over() || !advance(batch)? {
            return Ok(out);
        }
        player.step()?;
    }
}

/// Names of the columns whose content differs between two arenas.
fn differing(a: &mut Batch, arena_a: usize, b: &mut Batch, arena_b: usize) -> Vec<&'static str> {
    let (a, b) = (a.column_hashes(arena_a), b.column_hashes(arena_b));
    if a == b {
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let names = a
        .iter()
        .chain(&b)
        .map(|(name, _)| *name)
        .filter(|name| seen.insert(*name));
    let of = |all: &[(&'static str, u64)], name: &str| -> Vec<u64> {
        all.iter()
            .filter(|(n, _)| *n == name)
            .map(|(_, hash)| *hash)
            .collect()
    };
    names.filter(|name| of(&a, name) != of(&b, name)).collect()
}
