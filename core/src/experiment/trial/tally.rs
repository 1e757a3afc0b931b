//! Episodes of one bot in one cell, with everything that an author's promises speak of: returns of every channel, events, what was
//! seen.

use std::sync::Arc;

use crate::batch::{Autoreset, Batch, Config, Control, Serial};
use crate::experiment::{ExperimentError, Options, play::layout};
use crate::ids::{ChannelId, Slot};
use crate::observe::Encoding;
use crate::scenario::Compiled;
use crate::state::End;

/// Discount at which a return is read beside the plain sum.
pub(super) const GAMMA: f64 = 0.99;

/// What an episode leaves behind.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Tally {
    /// Sum of each channel by slot, in millionths: slot · channels + channel.
    pay: Vec<i64>,
    /// Discounted sum of `main` by slot, in reward.
    discounted: Vec<f64>,
    /// How often each event came, by its number.
    pub(super) events: Vec<u32>,
}

/// The seats whose doing is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seats<'a> {
    pub(super) tested: &'a [Slot],
}

impl Seats<'_> {
    /// Mean return of the seats in a channel.
    pub(super) fn returned(&self, tally: &Tally, channel: ChannelId, n_channels: usize) -> f64 {
        let sum = self
            .tested
            .iter()
            .map(|slot| reward(tally.pay[slot.index() * n_channels + channel.index()]))
            .sum::<f64>();
        sum / count(self.tested.len())
    }
    /// Summed return of all other seats in `main`.
    pub(super) fn others(&self, tally: &Tally, n_channels: usize) -> f64 {
        let slots = 0..tally.discounted.len();
        slots
            .filter(|slot| !self.tested.iter().any(|tested| tested.index() == *slot))
            .map(|slot| reward(tally.pay[slot * n_channels]))
            .sum()
    }
    /// Their mean discounted return in `main`.
    pub(super) fn discounted(&self, tally: &Tally) -> f64 {
        let sum = self
            .tested
            .iter()
            .map(|slot| tally.discounted[slot.index()])
            .sum::<f64>();
        sum / count(self.tested.len())
    }
}

/// Millionths in reward.
#[expect(
    clippy::cast_precision_loss,
    reason = "exact up to 2^53 millionths: nine thousand million points of reward"
)]
pub(super) fn reward(millionths: i64) -> f64 {
    millionths as f64 / 1e6
}

/// The greater of two numbers; the first where they cannot be compared.
pub(super) fn greater(a: f64, b: f64) -> f64 {
    if b > a { b } else { a }
}

/// A number of things as a number.
#[expect(clippy::cast_precision_loss, reason = "few")]
pub(super) fn count(n: usize) -> f64 {
    n as f64
}

/// Plays so many seeds from `first` on beside each other; they come in the order of their numbers.
pub(super) fn play(
    compiled: &Arc<Compiled>,
    policies: &[(String, String)],
    options: &Options,
    first: u64,
    n: u32,
) -> Result<Vec<Tally>, ExperimentError> {
    let arenas = usize::try_from(n).expect("few seeds");
    let mut batch = Batch::new(
        std::slice::from_ref(compiled),
        config(policies, options, first, arenas),
    )?;
    let table = &compiled.table;
    let (n_slots, n_channels) = (table.n_slots(), table.channels.len());
    let mut tallies: Vec<Tally> = (0..arenas)
        .map(|_| Tally {
            pay: vec![0; n_slots * n_channels],
            discounted: vec![0.0; n_slots],
            events: vec![0; table.events.len()],
        })
        .collect();
    let mut over = vec![false; arenas];
    let mut weight = 1.0;
    while over.iter().any(|over| !over) {
        batch.step(&[], &mut [], &Serial)?;
        for arena in (0..arenas).filter(|&arena| !over[arena]) {
            let tally = &mut tallies[arena];
            for (sum, pay) in tally.pay.iter_mut().zip(batch.pay(arena)) {
                *sum = sum.saturating_add(*pay);
            }
            for (slot, sum) in tally.discounted.iter_mut().enumerate() {
                *sum += weight * reward(batch.pay(arena)[slot * n_channels]);
            }
            for row in batch.event_rows(arena) {
                tally.events[usize::from(row.event)] += 1;
            }
        }
        for (arena, over) in over.iter_mut().enumerate() {
            *over |= batch.end(arena) != End::Running;
        }
        weight *= GAMMA;
    }
    Ok(tallies)
}

/// Hashes of what so many resets from the seed `first` on draw.
pub(super) fn layouts(
    compiled: &Arc<Compiled>,
    options: &Options,
    first: u64,
    n: u32,
) -> Result<Vec<u64>, ExperimentError> {
    let arenas = usize::try_from(n).expect("few seeds");
    let mut batch = Batch::new(
        std::slice::from_ref(compiled),
        config(&[], options, first, arenas),
    )?;
    Ok((0..arenas).map(|arena| layout(&mut batch, arena)).collect())
}

/// How a bot's episodes are played, here as in an experiment.
fn config(policies: &[(String, String)], options: &Options, first: u64, arenas: usize) -> Config {
    Config {
        arenas,
        control: Control::None,
        policies: policies.to_vec(),
        domain: options.domain,
        seed: options.batch_seed,
        first,
        encoding: Encoding::None,
        events: true,
        autoreset: Autoreset::NextStep,
        ..Config::default()
    }
}

/// In one seed: the observation in which two cells first differ for a slot under test, and the one that follows the first of the
/// events; both counted from 0, the observation of the reset.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Parting {
    pub(super) differs: Option<u32>,
    pub(super) event: Option<u32>,
}

/// Plays two cells beside each other until one of the events comes in either, or both are over.
pub(super) fn partings(
    cells: [&Arc<Compiled>; 2],
    policies: &[(String, String)],
    options: &Options,
    tested: &[Slot],
    until: &[String],
    n: u32,
) -> Result<Vec<Parting>, ExperimentError> {
    let seeds = usize::try_from(n).expect("few seeds");
    let arms = [Arc::clone(cells[0]), Arc::clone(cells[1])];
    let mut batch = Batch::new(&arms, config(policies, options, options.first, 2 * seeds))?;
    let wanted: Vec<Vec<u16>> = cells
        .iter()
        .map(|cell| {
            let ids = until.iter().filter_map(|name| cell.table.event(name));
            ids.map(crate::ids::EventId::get).collect()
        })
        .collect();
    let mut out = vec![Parting::default(); seeds];
    let mut done = vec![false; seeds];
    let mut at = 0;
    loop {
        for (seed, parting) in out.iter_mut().enumerate().filter(|(seed, _)| !done[*seed]) {
            let (a, b) = (2 * seed, 2 * seed + 1);
            if parting.differs.is_none()
                && sees(&mut batch, a, tested) != sees(&mut batch, b, tested)
            {
                parting.differs = Some(at);
            }
        }
        for seed in (0..seeds).filter(|&seed| out[seed].event.is_some()) {
            done[seed] = true;
        }
        if done.iter().all(|done| *done) {
            return Ok(out);
        }
        batch.step(&[], &mut [], &Serial)?;
        at += 1;
        for seed in (0..seeds).filter(|&seed| !done[seed]).collect::<Vec<_>>() {
            let mut over = false;
            for (side, arena) in [2 * seed, 2 * seed + 1].into_iter().enumerate() {
                let came = batch
                    .event_rows(arena)
                    .iter()
                    .any(|row| wanted[side].contains(&row.event));
                if came && out[seed].event.is_none() {
                    out[seed].event = Some(at);
                }
                over |= batch.end(arena) != End::Running;
            }
            done[seed] = over;
        }
    }
}

/// Everything that the slots under test are shown: window, own vector, texts, what may be done.
fn sees(batch: &mut Batch, arena: usize, tested: &[Slot]) -> (Vec<Vec<u8>>, Vec<String>) {
    let windows = tested
        .iter()
        .map(|&slot| batch.view(arena, slot, Encoding::Symbolic))
        .collect();
    let texts = tested.iter().map(|&slot| batch.text(arena, slot)).collect();
    (windows, texts)
}
