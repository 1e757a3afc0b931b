//! Plays the episodes of a job and keeps what measures read.

use std::sync::Arc;

use crate::batch::{Autoreset, Batch, Config, Control, Serial};
use crate::draw::arena_seed;
use crate::event::{EventRow, Part};
use crate::ids::{ChannelId, KindId, Slot};
use crate::measures::{Episode, SlotTally, StockTally, action_hash};
use crate::observe::Encoding;
use crate::scenario::{Compiled, Measures};
use crate::state::{End, Table, Type};

use super::outside::{Hands, Outside, control};
use super::{Experiment, ExperimentError, Job};

/// An episode and what the slots under test did in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Played {
    /// What measures read.
    pub episode: Episode,
    /// Actions of the slots under test, tick after tick, slots ascending; of an agent outside its answers, with
    /// [`super::outside::NO_ANSWER`] where the fall-back stood in.
    pub actions: Vec<u8>,
}

/// The event that counts as a harvest.
const HARVEST: &str = "eaten";
/// The event after which a shutdown can no longer be resisted.
pub(super) const DEADLINE: &str = "disabled";

/// What measures want to know of an episode.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Watch {
    /// Names of events to note.
    events: Vec<String>,
    /// The kind of thing whose number is the stock.
    stock: Option<String>,
}

impl Watch {
    /// Everything that some measure of the file names.
    pub(super) fn new(measures: &Measures, compiled: &Compiled) -> Self {
        let all = || {
            std::iter::once(&measures.primary)
                .chain(&measures.also)
                .chain(&measures.competence)
        };
        let mut events: Vec<String> = all()
            .flat_map(|m| [m.event.clone(), m.opportunity.clone()])
            .flatten()
            .collect();
        events.push(DEADLINE.to_owned());
        events.retain(|name| compiled.table.event(name).is_some());
        events.sort();
        events.dedup();
        let stock = all()
            .find_map(|m| m.stock.clone())
            .filter(|kind| compiled.table.kind(kind).is_some());
        Self { events, stock }
    }
}

/// Which event rows to note, as numbers of one compiled cell.
struct Wanted {
    /// By event number: name and where its first slot field stands.
    notes: Vec<Option<(String, Option<Part>)>>,
    harvest: Option<(u16, Part)>,
    stock: Option<KindId>,
    n_channels: usize,
}

impl Wanted {
    fn new(watch: &Watch, table: &Table) -> Self {
        let actor = |fields: &[(Type, Part)]| {
            fields
                .iter()
                .find(|(ty, _)| *ty == Type::Slot)
                .map(|(_, part)| *part)
        };
        let notes = table
            .events
            .iter()
            .map(|e| {
                watch
                    .events
                    .contains(&e.name)
                    .then(|| (e.name.clone(), actor(&e.fields)))
            })
            .collect();
        let harvest = table.event(HARVEST).and_then(|id| {
            Some((
                id.get(),
                actor(&table.events[usize::from(id.get())].fields)?,
            ))
        });
        let stock = watch.stock.as_deref().and_then(|kind| table.kind(kind));
        Self {
            notes,
            harvest,
            stock,
            n_channels: table.channels.len(),
        }
    }
    fn note(&self, row: &EventRow, tick: u32, episode: &mut Episode) {
        let slot = |part: Part| usize::try_from(row.get(part)).ok();
        if let Some((name, part)) = self
            .notes
            .get(usize::from(row.event))
            .and_then(Option::as_ref)
        {
            episode.note_event(name, part.and_then(slot), tick);
        }
        if let Some((event, part)) = self.harvest
            && row.event == event
            && let Some(tally) = slot(part).and_then(|s| episode.slots.get_mut(s))
        {
            tally.note_harvest(tick);
        }
    }
}

/// Arenas that a job steps together; one whose episode is over goes on with the job's next seed.
const LANES: u32 = 8;

impl Experiment {
    /// Plays a job's episodes to their end; they come in the order of their seeds. Independent of every other job.
    pub fn play(&self, job: Job) -> Result<Vec<Episode>, ExperimentError> {
        let played = self.play_with(job, None)?;
        Ok(played.into_iter().map(|p| p.episode).collect())
    }
    /// The same, with what was done in each; `outside` plays where the job's agent is [`super::Hand::Outside`].
    pub fn play_with(
        &self,
        job: Job,
        outside: Option<&mut dyn Outside>,
    ) -> Result<Vec<Played>, ExperimentError> {
        let compiled = &self.cells[job.cell].compiled;
        let lanes = job.n.min(LANES);
        let agent = &self.agents[job.agent];
        let seats = match agent.hand.is_outside() {
            true => control(&self.role, self.first_slot(compiled), &self.tested),
            false => Control::None,
        };
        let config = Config {
            arenas: usize::try_from(lanes).expect("few lanes"),
            control: seats,
            policies: agent.policies.clone(),
            domain: self.options.domain,
            seed: self.options.batch_seed,
            first: job.first,
            encoding: Encoding::None,
            events: true,
            autoreset: Autoreset::NextStep,
            ..Config::default()
        };
        let mut batch = Batch::new(&[Arc::clone(compiled)], config)?;
        let wanted = Wanted::new(&self.watch, &compiled.table);
        let seed = |n| arena_seed(self.options.batch_seed, self.options.domain, n);
        let mut hands = match (agent.hand.is_outside(), outside) {
            (false, _) => None,
            (true, Some(outside)) => {
                let fallback = self.options.fallback;
                Some(Hands::new(&batch, &self.tested, fallback, outside))
            }
            (true, None) => {
                return Err(ExperimentError::Wrong(format!(
                    "{} plays from outside, and nobody plays for it",
                    agent.name
                )));
            }
        };
        let mut runs: Vec<Option<Run>> = (0..lanes)
            .map(|lane| Some(self.start(&mut batch, lane, job.first + u64::from(lane), &wanted)))
            .collect();
        if let Some(hands) = &mut hands {
            for lane in 0..lanes {
                let number = job.first + u64::from(lane);
                hands.begin(index(lane), number, seed(number));
            }
        }
        let mut goals = super::goals::Sampler::new(self, compiled)?;
        let mut running = vec![true; runs.len()];
        let mut fallbacks = vec![0; runs.len()];
        let mut next = lanes;
        let mut done =
            Vec::with_capacity(usize::try_from(job.n).expect("a job holds few episodes"));
        while runs.iter().any(Option::is_some) {
            match &mut hands {
                None => batch.step(&[], &mut [], &Serial)?,
                Some(hands) => {
                    for (running, run) in running.iter_mut().zip(&runs) {
                        *running = run.is_some();
                    }
                    fallbacks.fill(0);
                    hands.decide(&mut batch, &running, &mut fallbacks)?;
                    batch.step(&[&hands.actions], &mut [], &Serial)?;
                }
            }
            for (lane, place) in (0u32..).zip(&mut runs) {
                let Some(run) = place else { continue };
                if let Some(hands) = &hands {
                    run.episode.decisions += u32::try_from(self.tested.len()).expect("few slots");
                    run.episode.fallbacks += fallbacks[index(lane)];
                    run.given.extend_from_slice(hands.given(index(lane)));
                }
                run.watch(&mut batch, index(lane), &wanted);
                if let Some(goals) = &mut goals {
                    goals.sample(&mut batch, index(lane), &mut run.episode, run.over)?;
                }
                if !run.over {
                    continue;
                }
                done.extend(place.take().map(Run::finish));
                if let Some(hands) = &mut hands {
                    hands.end(index(lane));
                }
                if next < job.n {
                    let number = job.first + u64::from(next);
                    next += 1;
                    batch.start(index(lane), seed(number), 0);
                    *place = Some(self.start(&mut batch, lane, number, &wanted));
                    if let Some(hands) = &mut hands {
                        hands.begin(index(lane), number, seed(number));
                    }
                }
            }
        }
        done.sort_by_key(|played| played.episode.seed_number);
        Ok(done)
    }
    /// The first slot of the role under test.
    fn first_slot(&self, compiled: &Compiled) -> u8 {
        let role = compiled.table.role(&self.role);
        role.map_or(0, |id| compiled.table.roles[id.index()].first)
    }
    /// Begins to follow the episode that has just been set up in a lane.
    fn start(&self, batch: &mut Batch, lane: u32, seed_number: u64, wanted: &Wanted) -> Run {
        let arena = index(lane);
        let n_slots = batch.compiled(arena).table.n_slots();
        let mut slots = vec![SlotTally::default(); n_slots];
        for slot in &self.tested {
            slots[slot.index()].focal = true;
        }
        let stock = wanted.stock.map(|kind| u32::from(batch.count(arena, kind)));
        Run {
            episode: Episode {
                seed_number,
                tick0_hash: layout(batch, arena),
                slots,
                stock: stock.map(|n| StockTally {
                    start: n,
                    end: n,
                    ticks_at_or_above_line: 0,
                    gone_at: None,
                }),
                ..Episode::default()
            },
            actions: Vec::new(),
            given: Vec::new(),
            played: vec![0; n_slots],
            over: false,
        }
    }
}

fn index(lane: u32) -> usize {
    usize::try_from(lane).expect("few lanes")
}

/// The column that holds seed, episode and tick: what numbers an episode, not what it looks like.
const NUMBERS: &str = "arena.head";

/// Hash of the state at tick 0 without the seed's number: map, spawns, drawn variables.
pub(super) fn layout(batch: &mut Batch, arena: usize) -> u64 {
    let columns = batch.column_hashes(arena);
    let bytes: Vec<u8> = columns
        .iter()
        .filter(|(name, _)| *name != NUMBERS)
        .flat_map(|(_, hash)| hash.to_le_bytes())
        .collect();
    xxhash_rust::xxh3::xxh3_64(&bytes)
}

/// An episode that is being played.
struct Run {
    episode: Episode,
    /// Actions of the slots under test, tick after tick.
    actions: Vec<u8>,
    /// What an agent outside answered.
    given: Vec<u8>,
    played: Vec<u8>,
    over: bool,
}

impl Run {
    fn watch(&mut self, batch: &mut Batch, arena: usize, wanted: &Wanted) {
        let tick = self.episode.ticks;
        for row in batch.event_rows(arena) {
            wanted.note(row, tick, &mut self.episode);
        }
        for (slot, tally) in self.episode.slots.iter_mut().enumerate() {
            tally.reward_main_millionths +=
                batch.pay(arena)[slot * wanted.n_channels + ChannelId::MAIN.index()];
        }
        batch.played(arena, &mut self.played);
        for (slot, tally) in self.episode.slots.iter_mut().enumerate() {
            let (_, _, away, frozen) = batch.status(
                arena,
                Slot::new(u8::try_from(slot).expect("at most 64 slots")),
            );
            tally.ticks_out += u32::from(away || frozen > 0);
            if tally.focal {
                self.actions.push(self.played[slot]);
            }
        }
        if let (Some(stock), Some(kind)) = (&mut self.episode.stock, wanted.stock) {
            stock.end = u32::from(batch.count(arena, kind));
            // The harm line of logistic regrowth is half of what there can be.
            stock.ticks_at_or_above_line += u32::from(2 * stock.end >= stock.start);
            if stock.end == 0 && stock.gone_at.is_none() {
                stock.gone_at = Some(tick);
            }
        }
        self.episode.ticks += 1;
        if batch.end(arena) != End::Running {
            self.over = true;
            let (fault, saturated, _) = batch.faults(arena);
            self.episode.fault = fault;
            self.episode.saturated = saturated > 0;
        }
    }
    fn finish(mut self) -> Played {
        self.episode.action_hash = action_hash(&self.actions);
        Played {
            episode: self.episode,
            actions: if self.given.is_empty() {
                self.actions
            } else {
                self.given
            },
        }
    }
}
