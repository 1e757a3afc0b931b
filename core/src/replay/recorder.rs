//! Making a recording, one push after each step.

use super::ReplayError;
use super::container::{HASH_EVERY, Header, Recording};
use super::player::NO_ACTION;
use crate::batch::{Autoreset, Batch};
use crate::draw::DRAW_VERSION;
use crate::ids::Slot;

/// Follows one arena of a batch through one episode.
#[derive(Debug)]
pub struct Recorder {
    arena: usize,
    /// For each group, the arena's controlled slots.
    groups: Vec<Vec<Slot>>,
    recording: Recording,
    /// Ticks pushed.
    ticks: u32,
    /// Hash after the last push, where it is not among the recorded ones yet.
    last: Option<u64>,
}

impl Recorder {
    /// Begins at the start of an arena's episode.
    ///
    /// # Errors
    /// When the episode has already begun to run, or the batch resets within the step that ends an episode: its last state is
    /// then gone before it can be hashed.
    pub fn new(batch: &mut Batch, arena: usize) -> Result<Self, ReplayError> {
        if arena >= batch.arenas() {
            let n = batch.arenas();
            return Err(ReplayError::Wrong(format!(
                "arena {arena} does not exist: the batch has {n}, from 0"
            )));
        }
        if batch.tick(arena) != 0 {
            let tick = batch.tick(arena);
            return Err(ReplayError::Wrong(format!(
                "a recording begins at tick 0, and arena {arena} is at tick {tick}: reset it first"
            )));
        }
        let config = batch.config();
        if config.autoreset == Autoreset::SameStep {
            return Err(ReplayError::Wrong(
                "autoreset `same_step` replaces the last state of an episode before it can be recorded: use `next_step` or \
                 `disabled`"
                    .to_owned(),
            ));
        }
        let (domain, policies) = (config.domain, config.policies.clone());
        let mut absent: Vec<u8> = config.absent.iter().map(|s| s.get()).collect();
        absent.sort_unstable();
        absent.dedup();
        let groups: Vec<Vec<Slot>> = batch.groups().iter().map(|g| g.slots.clone()).collect();
        let mut outside: Vec<u8> = groups.iter().flatten().map(|s| s.get()).collect();
        outside.sort_unstable();
        let compiled = batch.compiled(arena);
        let header = Header {
            rules: crate::RULES_VERSION,
            draw: DRAW_VERSION,
            text: compiled.source.to_string(),
            arm: compiled.arm.clone(),
            domain,
            seed: batch.seed(arena),
            episode: batch.episode(arena),
            start: 0,
            outside,
            scenario: compiled.id.clone(),
            slots: u8::try_from(compiled.table.n_slots()).expect("at most 64 slots"),
            policies,
            absent,
        };
        let mut recording = Recording {
            header,
            actions: Vec::new(),
            hashes: Vec::new(),
        };
        recording.header.start = batch.hash(arena);
        Ok(Self {
            arena,
            groups,
            recording,
            ticks: 0,
            last: None,
        })
    }

    /// Adds the tick that was just stepped with these actions (one slice a group, as the step took them).
    ///
    /// # Errors
    /// When the arena is not one tick further than at the last push.
    pub fn push(&mut self, batch: &mut Batch, actions: &[&[i32]]) -> Result<(), ReplayError> {
        let (arena, tick) = (self.arena, batch.tick(self.arena));
        let h = &self.recording.header;
        if tick != self.ticks + 1
            || batch.seed(arena) != h.seed
            || batch.episode(arena) != h.episode
        {
            return Err(ReplayError::Wrong(format!(
                "the recording of arena {arena} holds {} ticks of episode {}, and the arena is at tick {tick} of episode {}: push \
                 once after each step, and finish when the episode is over",
                self.ticks,
                h.episode,
                batch.episode(arena)
            )));
        }
        let slots = usize::from(h.slots);
        let from = self.recording.actions.len();
        self.recording.actions.resize(from + slots, 0);
        let row = &mut self.recording.actions[from..];
        batch.played(arena, row);
        for (slots, given) in self.groups.iter().zip(actions) {
            let Some(given) = given.get(arena * slots.len()..(arena + 1) * slots.len()) else {
                self.recording.actions.truncate(from);
                return Err(ReplayError::Wrong(
                    "the actions are not those of a step: one slice a group, a row a slot"
                        .to_owned(),
                ));
            };
            for (slot, action) in slots.iter().zip(given) {
                row[slot.index()] = u8::try_from(*action).unwrap_or(NO_ACTION);
            }
        }
        self.ticks = tick;
        let hash = batch.hash(arena);
        self.last = Some(hash);
        if tick % HASH_EVERY == 0 {
            self.recording.hashes.push(hash);
            self.last = None;
        }
        Ok(())
    }

    /// Ticks recorded so far.
    pub fn ticks(&self) -> u32 {
        self.ticks
    }

    /// The recording up to here.
    pub fn finish(mut self) -> Recording {
        self.recording.hashes.extend(self.last.take());
        self.recording
    }
}
