//! What coalitions of slots can bring about together: the values from which shares of control are taken (MEASURES C7).
//!
//! v(C) = log2 of the outcomes that can be reached when the slots of C choose freely and all others do what they do by default. 2^N
//! searches, so N is small. v(∅) is 0: the default alone has one outcome.
//!
//! *Pitfalls.* The default decides: with the door open a gatekeeper has no share, with the door shut it has (W9). Report both.

use super::{Question, Search, bits};
use crate::batch::{Batch, BatchError, Executor};
use crate::ids::Slot;

/// Slots of a coalition search at most: 256 searches.
const MAX_PLAYERS: usize = 8;

/// v of all coalitions of `players` in bits, coalition = bit set by place in `players`, and whether a search was cut. The others, and
/// the players that are not in a coalition, do what `question.coplayers` says; `question.who` is not read.
///
/// # Errors
/// When there are more than 8 players, or as [`Search::root`].
pub fn coalitions(
    search: &mut Search,
    batch: &mut Batch,
    arena: usize,
    players: &[Slot],
    question: &Question,
    executor: &dyn Executor,
) -> Result<(Vec<f64>, bool), BatchError> {
    if players.len() > MAX_PLAYERS {
        return Err(BatchError::Wrong(format!(
            "{} players make {} coalitions; at most {MAX_PLAYERS} players are searched",
            players.len(),
            1u64 << players.len().min(63)
        )));
    }
    let mut roots = Vec::with_capacity(1 << players.len());
    for coalition in 0..1usize << players.len() {
        let who = (0..players.len())
            .filter(|i| coalition >> i & 1 == 1)
            .map(|i| players[i])
            .collect();
        let question = Question {
            who,
            ..question.clone()
        };
        roots.push(search.root(batch, arena, &question)?);
    }
    let reaches = search.run(&roots, executor);
    let cut = reaches.iter().any(|reach| reach.truncated);
    Ok((reaches.iter().map(|r| bits(r.count())).collect(), cut))
}
