//! The bytes of a `.cwr` file.

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ReplayError;
use crate::ids::Domain;

/// Version of the file's layout.
pub const FORMAT: u32 = 1;
/// A hash is kept after every so many ticks, and after the last.
pub const HASH_EVERY: u32 = 64;

const MAGIC: &[u8; 4] = b"CWR1";
const CHECKSUM: usize = 32;
/// Bytes of a scenario's text, inflated.
const MAX_TEXT: usize = 1 << 21;
/// Ticks of an episode, the bound of `time.ticks`.
const MAX_TICKS: usize = 100_000;
/// Slots of an arena.
const MAX_SLOTS: u8 = 64;
/// Bytes of all actions, inflated.
const MAX_ACTIONS: usize = MAX_TICKS * MAX_SLOTS as usize;
/// Effort of the compressor, 0 to 10: recordings are written once.
const EFFORT: u8 = 8;

/// What a recording says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// Rules version that it was made under.
    pub rules: u32,
    /// Version of addressed draws.
    pub draw: u32,
    /// The scenario's canonical text.
    pub text: String,
    /// Arm and cell, as `Scenario::compile` takes it.
    pub arm: String,
    /// Domain of the seed.
    pub domain: Domain,
    /// Arena seed.
    pub seed: u64,
    /// Episode of that seed.
    pub episode: u32,
    /// State hash at tick 0.
    pub start: u64,
    /// Slots that were driven from outside, ascending; bots of the file play the others.
    pub outside: Vec<u8>,
    /// The scenario's id.
    pub scenario: String,
    /// Slots of the arena, 1 to 64.
    pub slots: u8,
    /// Who sat in the other slots where it was not the role's own choice: (role, bot).
    pub policies: Vec<(String, String)>,
    /// Slots that were absent throughout.
    pub absent: Vec<u8>,
}

/// The header as it stands in the file. The first three fields are all that may never move.
#[derive(Serialize, Deserialize)]
struct Stored {
    format: u32,
    rules: u32,
    draw: u32,
    text: Vec<u8>,
    arm: String,
    domain: Domain,
    seed: u64,
    episode: u32,
    start: u64,
    outside: Vec<u8>,
    scenario: String,
    slots: u8,
    policies: Vec<(String, String)>,
    absent: Vec<u8>,
}

/// One recorded episode, from tick 0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recording {
    /// What it says of itself.
    pub header: Header,
    /// Action of every slot, tick · slots + slot. Slots driven from outside: as given (255 for what no action has as number), so
    /// that an illegal one is illegal again; bots: as played.
    pub(super) actions: Vec<u8>,
    /// State hash after ticks 64, 128, … and after the last.
    pub(super) hashes: Vec<u64>,
}

impl Recording {
    /// Opens a file. Any bytes give a recording or a sentence.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReplayError> {
        let rest = bytes
            .strip_prefix(MAGIC)
            .ok_or(ReplayError::NotARecording)?;
        let (header, rest) = block(rest, "header", 1)?;
        let (actions, rest) = block(rest, "actions", 1)?;
        let (hashes, rest) = block(rest, "hashes", 8)?;
        let sum = rest
            .first_chunk::<CHECKSUM>()
            .ok_or(ReplayError::Cut { part: "checksum" })?;
        if rest.len() > CHECKSUM {
            return Err(corrupt("bytes follow its end"));
        }
        let signed = &bytes[..bytes.len() - CHECKSUM];
        if Sha256::digest(signed)[..] != sum[..] {
            return Err(corrupt("its checksum does not match its content"));
        }
        let header = read_header(header)?;
        let actions = inflate(actions, "actions", MAX_ACTIONS)?;
        let hashes = hashes
            .as_chunks::<8>()
            .0
            .iter()
            .map(|b| u64::from_le_bytes(*b))
            .collect();
        let recording = Self {
            header,
            actions,
            hashes,
        };
        recording.check()?;
        Ok(recording)
    }

    /// The bytes of the file.
    pub fn write(&self) -> Vec<u8> {
        let h = self.header.clone();
        let stored = Stored {
            format: FORMAT,
            rules: h.rules,
            draw: h.draw,
            text: compress_to_vec(h.text.as_bytes(), EFFORT),
            arm: h.arm,
            domain: h.domain,
            seed: h.seed,
            episode: h.episode,
            start: h.start,
            outside: h.outside,
            scenario: h.scenario,
            slots: h.slots,
            policies: h.policies,
            absent: h.absent,
        };
        let header = postcard::to_allocvec(&stored).expect("plain data in memory");
        let actions = compress_to_vec(&self.actions, EFFORT);
        let mut out = Vec::with_capacity(48 + header.len() + actions.len() + 8 * self.hashes.len());
        out.extend_from_slice(MAGIC);
        for part in [&header, &actions] {
            out.extend_from_slice(&length(part.len()));
            out.extend_from_slice(part);
        }
        out.extend_from_slice(&length(self.hashes.len()));
        for hash in &self.hashes {
            out.extend_from_slice(&hash.to_le_bytes());
        }
        let sum = Sha256::digest(&out);
        out.extend_from_slice(&sum);
        out
    }

    /// Ticks recorded.
    #[expect(clippy::cast_possible_truncation, reason = "at most 100,000")]
    pub fn ticks(&self) -> u32 {
        (self.actions.len() / usize::from(self.header.slots)) as u32
    }

    /// Actions of all slots in a tick, from 0; empty beyond the end.
    pub fn actions(&self, tick: u32) -> &[u8] {
        let slots = usize::from(self.header.slots);
        let from = (tick as usize).saturating_mul(slots);
        self.actions
            .get(from..from.saturating_add(slots))
            .unwrap_or(&[])
    }

    /// The recorded hash after so many ticks, where there is one.
    pub fn hash_after(&self, ticks: u32) -> Option<u64> {
        match ticks {
            0 => Some(self.header.start),
            t if t == self.ticks() => self.hashes.last().copied(),
            t if t % HASH_EVERY == 0 => self.hashes.get((t / HASH_EVERY) as usize - 1).copied(),
            _ => None,
        }
    }

    /// Whether this build can recompute it.
    pub fn is_current(&self) -> bool {
        self.header.rules == crate::RULES_VERSION && self.header.draw == crate::draw::DRAW_VERSION
    }

    /// One sentence: which episode of what.
    pub fn describe(&self) -> String {
        let h = &self.header;
        let driven = match h.outside.as_slice() {
            [] => "every slot played by a bot".to_owned(),
            [one] => format!("slot {one} driven from outside"),
            many => {
                let list: Vec<String> = many.iter().map(u8::to_string).collect();
                format!("slots {} driven from outside", list.join(", "))
            }
        };
        format!(
            "{}, arm {}, {} seed {:016x}, episode {}: {} ticks of {} slots, {driven}; rules {}, draws {}",
            h.scenario,
            h.arm,
            h.domain.name(),
            h.seed,
            h.episode,
            self.ticks(),
            h.slots,
            h.rules,
            h.draw
        )
    }

    /// What a well-formed file promises.
    fn check(&self) -> Result<(), ReplayError> {
        let h = &self.header;
        let slots = usize::from(h.slots);
        if h.slots == 0 || h.slots > MAX_SLOTS {
            return Err(corrupt(format!(
                "it tells of {slots} slots, and an arena has 1 to {MAX_SLOTS}"
            )));
        }
        for (list, what) in [
            (&h.outside, "slots driven from outside"),
            (&h.absent, "absent slots"),
        ] {
            if !list.is_sorted_by(|a, b| a < b) || list.last().is_some_and(|&s| s >= h.slots) {
                return Err(corrupt(format!(
                    "its {what} are not ascending slots below {slots}"
                )));
            }
        }
        if !self.actions.len().is_multiple_of(slots) || self.actions.len() / slots > MAX_TICKS {
            return Err(corrupt(format!(
                "{} actions are no whole number of ticks of {slots} slots",
                self.actions.len()
            )));
        }
        let expected = self.ticks().div_ceil(HASH_EVERY) as usize;
        if self.hashes.len() != expected {
            let (n, ticks) = (self.hashes.len(), self.ticks());
            return Err(corrupt(format!(
                "it holds {n} hashes, and {ticks} ticks have {expected}"
            )));
        }
        Ok(())
    }
}

fn corrupt(what: impl Into<String>) -> ReplayError {
    ReplayError::Corrupt(what.into())
}

fn length(n: usize) -> [u8; 4] {
    u32::try_from(n)
        .expect("a recording is far below 4 GiB")
        .to_le_bytes()
}

/// Splits off `u32 n` and the `n · size` bytes after it.
fn block<'a>(
    bytes: &'a [u8],
    part: &'static str,
    size: usize,
) -> Result<(&'a [u8], &'a [u8]), ReplayError> {
    let (n, rest) = bytes
        .split_first_chunk::<4>()
        .ok_or(ReplayError::Cut { part })?;
    let n = (u32::from_le_bytes(*n) as usize)
        .checked_mul(size)
        .ok_or(ReplayError::Cut { part })?;
    rest.split_at_checked(n).ok_or(ReplayError::Cut { part })
}

fn inflate(bytes: &[u8], part: &'static str, limit: usize) -> Result<Vec<u8>, ReplayError> {
    decompress_to_vec_with_limit(bytes, limit).map_err(|error| {
        if error.status == TINFLStatus::HasMoreOutput {
            ReplayError::TooLarge { part, limit }
        } else {
            corrupt(format!("its {part} cannot be inflated"))
        }
    })
}

fn read_header(bytes: &[u8]) -> Result<Header, ReplayError> {
    let unreadable = |_| corrupt("its header cannot be read");
    let (format, _) = postcard::take_from_bytes::<u32>(bytes).map_err(unreadable)?;
    if format != FORMAT {
        return Err(ReplayError::Format { found: format });
    }
    let (s, rest) = postcard::take_from_bytes::<Stored>(bytes).map_err(unreadable)?;
    if !rest.is_empty() {
        return Err(corrupt("bytes follow its header"));
    }
    let text = inflate(&s.text, "scenario text", MAX_TEXT)?;
    let text = String::from_utf8(text).map_err(|_| corrupt("its scenario text is not UTF-8"))?;
    Ok(Header {
        rules: s.rules,
        draw: s.draw,
        text,
        arm: s.arm,
        domain: s.domain,
        seed: s.seed,
        episode: s.episode,
        start: s.start,
        outside: s.outside,
        scenario: s.scenario,
        slots: s.slots,
        policies: s.policies,
        absent: s.absent,
    })
}
