//! A block of an evaluation's log: what one job left behind, in bytes that tell whether they are whole.
//!
//! u32 length, little endian; the block in postcard; the first eight bytes of the SHA-256 of the block. A log is blocks, one after
//! another, in the order in which they were finished; one that was cut off or changed ends it.
//!
//! **Invariant.** No bytes, however made, cause a panic or an allocation beyond their own length.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::experiment::Played;
use crate::measures::Episode;

/// A part of an evaluation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Phase {
    /// Seeds that decide how many are needed.
    Pilot,
    /// The evaluation's own.
    Main,
}

/// Which job.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Key {
    /// Which part.
    pub phase: Phase,
    /// Index of the family in the plan.
    pub family: u32,
    /// Index of the job in the part's experiment.
    pub job: u32,
}

/// What a job left behind.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Block {
    /// Which job.
    pub key: Key,
    /// Its episodes, seeds ascending.
    pub episodes: Vec<Episode>,
    /// Of an agent outside, its actions in each: tick after tick, slots ascending. Empty for others, which play again.
    pub actions: Vec<Vec<u8>>,
}

const CHECK: usize = 8;

impl Block {
    /// What a job left behind; `keep` the actions of an agent outside.
    pub fn new(key: Key, played: Vec<Played>, keep: bool) -> Self {
        let mut block = Self {
            key,
            episodes: Vec::with_capacity(played.len()),
            actions: Vec::new(),
        };
        for Played { episode, actions } in played {
            block.episodes.push(episode);
            if keep {
                block.actions.push(actions);
            }
        }
        block
    }
    /// Its bytes.
    pub fn write(&self) -> Vec<u8> {
        let body = postcard::to_allocvec(self).expect("plain data goes into a growing buffer");
        let mut out = Vec::with_capacity(4 + body.len() + CHECK);
        let length = u32::try_from(body.len()).expect("a job holds few episodes");
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&body);
        out.extend_from_slice(&Sha256::digest(&body)[..CHECK]);
        out
    }
}

/// The whole blocks at the head of a log, and how many bytes they take.
pub fn read_log(bytes: &[u8]) -> (Vec<Block>, usize) {
    let (mut blocks, mut at) = (Vec::new(), 0);
    while let Some((block, length)) = read_one(&bytes[at..]) {
        blocks.push(block);
        at += length;
    }
    (blocks, at)
}

fn read_one(bytes: &[u8]) -> Option<(Block, usize)> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let body = rest.get(..length)?;
    let check = rest.get(length..length.checked_add(CHECK)?)?;
    if Sha256::digest(body)[..CHECK] != *check {
        return None;
    }
    let block = postcard::from_bytes(body).ok()?;
    Some((block, 4 + length + CHECK))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(job: u32) -> Block {
        let mut episode = Episode {
            seed_number: u64::from(job),
            ticks: 9,
            ..Episode::default()
        };
        episode.note_event("act", Some(0), 3);
        let key = Key {
            phase: Phase::Main,
            family: 0,
            job,
        };
        let played = Played {
            episode,
            actions: vec![1, 2, 3],
        };
        Block::new(key, vec![played], job.is_multiple_of(2))
    }

    #[test]
    fn a_log_reads_back_up_to_the_first_byte_that_is_not_whole() {
        let mut log = Vec::new();
        let mut ends = vec![0];
        for job in 0..3 {
            log.extend(block(job).write());
            ends.push(log.len());
        }
        for cut in 0..=log.len() {
            let (blocks, length) = read_log(&log[..cut]);
            let whole = ends.iter().filter(|end| **end <= cut).count() - 1;
            assert_eq!((blocks.len(), length), (whole, ends[whole]));
        }
        assert_eq!(read_log(&log).0, [block(0), block(1), block(2)]);
        assert!(block(1).actions.is_empty() && block(2).actions.len() == 1);
        for at in 0..ends[1] {
            let mut changed = log.clone();
            changed[at] ^= 1;
            assert!(read_log(&changed).0.first() != Some(&block(0)), "byte {at}");
        }
    }
}
