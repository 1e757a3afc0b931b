//! Playing a recording: forwards step by step, to any tick, or to the end to see whether it holds.

use std::fmt;
use std::sync::Arc;

use super::ReplayError;
use super::container::{HASH_EVERY, Header, Recording};
use crate::batch::{Autoreset, Batch, Config, Control, Out, Serial};
use crate::draw::DRAW_VERSION;
use crate::ids::Slot;
use crate::observe::Encoding;
use crate::scenario::{self, Compiled};
use crate::state::End;

/// What a log holds for an action that no number of an action list stands for; illegal everywhere, lists end at 254.
pub(super) const NO_ACTION: u8 = 255;

/// What became of a recording that was played again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Every recorded hash came out, and every bot played what the log says.
    Verified {
        /// Ticks played.
        ticks: u32,
        /// Hash of the last state.
        hash: u64,
    },
    /// The first recorded hash that differs.
    Differs {
        /// Ticks done when it was taken.
        tick: u32,
        /// The recorded hash.
        expected: u64,
        /// The hash that came out.
        found: u64,
    },
    /// All hashes came out, but a bot of the file did not play what the log says.
    BotDiffers {
        /// Tick in which it acted, from 0.
        tick: u32,
        /// Its slot.
        slot: u8,
        /// Action in the log.
        logged: u8,
        /// Action that it plays.
        played: u8,
    },
    /// The episode is over before the log is.
    EndsEarly {
        /// Ticks of the episode.
        tick: u32,
        /// Ticks of the log.
        logged: u32,
    },
}

impl Verdict {
    /// Whether the recording holds.
    pub fn is_verified(self) -> bool {
        matches!(self, Self::Verified { .. })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verified { ticks, hash } => write!(
                f,
                "verified: {ticks} ticks recomputed, last hash {hash:016x}"
            ),
            Self::Differs {
                tick,
                expected,
                found,
            } => {
                write!(
                    f,
                    "differs: the hash after tick {tick} is {found:016x}, the recording says {expected:016x}"
                )
            }
            Self::BotDiffers {
                tick,
                slot,
                logged,
                played,
            } => write!(
                f,
                "differs: in tick {tick} the bot in slot {slot} plays action {played}, the recording says {logged}; all hashes \
                 hold, so the log was changed"
            ),
            Self::EndsEarly { tick, logged } => {
                write!(
                    f,
                    "differs: the episode is over after {tick} ticks, the recording goes on to tick {logged}"
                )
            }
        }
    }
}

/// Plays a recording to its end and compares every recorded hash and every bot.
///
/// # Errors
/// When it cannot be recomputed here: other rules, a scenario that does not load.
pub fn verify(recording: &Recording) -> Result<Verdict, ReplayError> {
    let mut player = Player::quiet(recording.clone())?;
    let mut bot = None;
    let mut hash = player.hash();
    if hash != recording.header.start {
        return Ok(Verdict::Differs {
            tick: 0,
            expected: recording.header.start,
            found: hash,
        });
    }
    while player.tick() < recording.ticks() {
        if player.is_over() {
            return Ok(Verdict::EndsEarly {
                tick: player.tick(),
                logged: recording.ticks(),
            });
        }
        let differing = player.step()?;
        bot = bot.or(differing);
        if let Some(expected) = recording.hash_after(player.tick()) {
            hash = player.hash();
            if hash != expected {
                return Ok(Verdict::Differs {
                    tick: player.tick(),
                    expected,
                    found: hash,
                });
            }
        }
    }
    Ok(bot.unwrap_or(Verdict::Verified {
        ticks: player.tick(),
        hash,
    }))
}

/// A recording in play: a batch of one arena at some tick of it.
#[derive(Debug)]
pub struct Player {
    recording: Recording,
    batch: Batch,
    /// For each group, its slots and the actions of the tick.
    groups: Vec<(Vec<Slot>, Vec<i32>)>,
    /// Snapshots of ticks 0, 64, 128, … as far as they were reached, so that going back is quick.
    kept: Vec<Vec<u8>>,
    keep: bool,
    played: Vec<u8>,
}

impl Player {
    /// Stands at tick 0, with all events.
    ///
    /// # Errors
    /// When it cannot be recomputed here: other rules, a scenario that does not load.
    pub fn new(recording: Recording) -> Result<Self, ReplayError> {
        Self::build(recording, true)
    }

    /// Without events and without a way back.
    pub(super) fn quiet(recording: Recording) -> Result<Self, ReplayError> {
        Self::build(recording, false)
    }

    fn build(recording: Recording, watched: bool) -> Result<Self, ReplayError> {
        let h = &recording.header;
        let compiled = load(&recording)?;
        let config = Config {
            arenas: 1,
            control: control(h, &compiled),
            policies: h.policies.clone(),
            domain: h.domain,
            encoding: Encoding::None,
            events: watched,
            autoreset: Autoreset::Disabled,
            absent: h.absent.iter().map(|&s| Slot::new(s)).collect(),
            ..Config::default()
        };
        let mut batch = Batch::new(&[compiled], config)?;
        batch.start(0, h.seed, h.episode);
        let groups = batch
            .groups()
            .iter()
            .map(|g| (g.slots.clone(), vec![0; g.slots.len()]))
            .collect();
        let played = vec![0; usize::from(h.slots)];
        let mut player = Self {
            recording,
            batch,
            groups,
            kept: Vec::new(),
            keep: watched,
            played,
        };
        player.keep();
        Ok(player)
    }

    /// The recording.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// The one arena (0) in its present state: map, events, texts, columns. Stepping it by other means than [`Self::step`] puts the
    /// player out of step with its recording.
    pub fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    /// Ticks done.
    pub fn tick(&self) -> u32 {
        self.batch.tick(0)
    }

    /// State hash of the present state.
    pub fn hash(&mut self) -> u64 {
        self.batch.hash(0)
    }

    /// Whether the recording or the episode ends here.
    pub fn is_over(&self) -> bool {
        self.tick() >= self.recording.ticks() || self.batch.end(0) != End::Running
    }

    /// Plays the next tick of the log; nothing where it is over. What a bot played otherwise than the log says is returned as
    /// [`Verdict::BotDiffers`].
    pub fn step(&mut self) -> Result<Option<Verdict>, ReplayError> {
        if self.is_over() {
            return Ok(None);
        }
        let tick = self.tick();
        let logged = self.recording.actions(tick);
        for (slots, actions) in &mut self.groups {
            for (slot, action) in slots.iter().zip(actions) {
                *action = i32::from(logged[slot.index()]);
            }
        }
        let actions: Vec<&[i32]> = self.groups.iter().map(|(_, a)| a.as_slice()).collect();
        let mut out: Vec<Out<'_>> = self.groups.iter().map(|_| Out::default()).collect();
        self.batch.step(&actions, &mut out, &Serial)?;
        self.batch.played(0, &mut self.played);
        let outside = &self.recording.header.outside;
        let differing = (0..self.recording.header.slots)
            .find(|&s| {
                !outside.contains(&s) && self.played[usize::from(s)] != logged[usize::from(s)]
            })
            .map(|slot| {
                let at = usize::from(slot);
                Verdict::BotDiffers {
                    tick,
                    slot,
                    logged: logged[at],
                    played: self.played[at],
                }
            });
        self.keep();
        Ok(differing)
    }

    /// Goes to a tick, forwards or back; past the end it stands at the end.
    pub fn seek(&mut self, tick: u32) -> Result<(), ReplayError> {
        let reached = u32::try_from(self.kept.len())
            .expect("at most 100,000 ticks")
            .saturating_sub(1);
        let near = (tick / HASH_EVERY).min(reached);
        if self.keep && (tick < self.tick() || near * HASH_EVERY > self.tick()) {
            self.batch.restore(0, &self.kept[near as usize])?;
        } else if tick < self.tick() {
            let (seed, episode) = (self.recording.header.seed, self.recording.header.episode);
            self.batch.start(0, seed, episode);
        }
        while self.tick() < tick && !self.is_over() {
            self.step()?;
        }
        Ok(())
    }

    fn keep(&mut self) {
        let tick = self.batch.tick(0);
        if self.keep
            && tick.is_multiple_of(HASH_EVERY)
            && (tick / HASH_EVERY) as usize == self.kept.len()
        {
            self.kept.push(self.batch.snapshot(0));
        }
    }
}

/// The compiled arm inside a recording of these rules.
pub(super) fn load(recording: &Recording) -> Result<Arc<Compiled>, ReplayError> {
    let h = &recording.header;
    if !recording.is_current() {
        let described = recording.describe();
        return Err(ReplayError::Rules {
            described,
            ours: crate::RULES_VERSION,
            ours_draw: DRAW_VERSION,
        });
    }
    let (scenario, diagnostics) = scenario::check(&h.scenario, &h.text);
    let Some(scenario) = scenario else {
        let file = format!("{}.toml", h.scenario);
        let lines: Vec<String> = diagnostics
            .iter()
            .take(3)
            .map(|d| d.line(&file, &h.text))
            .collect();
        return Err(ReplayError::Scenario(lines.join("; ")));
    };
    let compiled = scenario
        .compile(&h.arm)
        .map_err(|error| ReplayError::Scenario(error.to_string()))?;
    let n = compiled.table.n_slots();
    if n != usize::from(h.slots) {
        return Err(ReplayError::Corrupt(format!(
            "it tells of {} slots, and its scenario has {n}",
            h.slots
        )));
    }
    Ok(compiled)
}

fn control(header: &Header, compiled: &Compiled) -> Control {
    if header.outside.is_empty() {
        return Control::None;
    }
    let mut roles = Vec::new();
    for role in &compiled.table.roles {
        let mine = role.first..role.first + role.n;
        let indices: Vec<u8> = header
            .outside
            .iter()
            .filter(|s| mine.contains(s))
            .map(|s| s - role.first)
            .collect();
        if !indices.is_empty() {
            roles.push((role.name.clone(), Some(indices)));
        }
    }
    Control::Roles(roles)
}
