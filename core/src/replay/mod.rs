//! Recordings: one episode as a header, the actions of every slot and a hash of every 64th tick; verified, compared, stepped.
//!
//! A `.cwr` file, little endian: `CWR1`; u32 length, the header in postcard; u32 length, the deflated actions `u8[tick][slot]`;
//! u32 count, the hashes u64; SHA-256 of what precedes. The scenario's text lies inside, so a recording needs nothing but the
//! rules that it was made under. Bots of the file are not trusted: they run again and must play what the log says.
//!
//! **Invariant.** No bytes, however made, cause a panic or an allocation beyond the bounds in `container`; a recording of
//! another rules version is opened and described, never recomputed.

mod compare;
mod container;
mod player;
mod recorder;

#[cfg(test)]
mod props;

pub use compare::{Comparison, Difference, compare, compare_with};
pub use container::{FORMAT, HASH_EVERY, Header, Recording};
pub use player::{Player, Verdict, verify};
pub use recorder::Recorder;

use crate::batch::BatchError;

/// Why a recording could not be made, opened or played.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReplayError {
    /// The file is something else.
    #[error("this is not a recording: a `.cwr` file starts with the letters CWR1")]
    NotARecording,
    /// The file stops early.
    #[error("the recording is cut off in its {part}: fetch or save it again")]
    Cut {
        /// Where it stops.
        part: &'static str,
    },
    /// The bytes were changed.
    #[error("the recording is corrupt: {0}")]
    Corrupt(String),
    /// More than any recording holds.
    #[error(
        "the recording's {part} would take more than {limit} bytes, and none does: it is refused unread"
    )]
    TooLarge {
        /// What is too large.
        part: &'static str,
        /// The bound.
        limit: usize,
    },
    /// A layout of the file that is not ours.
    #[error(
        "the recording has file format {found}, and this build reads format {FORMAT}: use the build that wrote it"
    )]
    Format {
        /// Its format.
        found: u32,
    },
    /// Made under other rules.
    #[error(
        "{described}. This build plays rules {ours}, draws {ours_draw}: it can describe the recording, not recompute it"
    )]
    Rules {
        /// What the recording says of itself.
        described: String,
        /// Our rules version.
        ours: u32,
        /// Our version of draws.
        ours_draw: u32,
    },
    /// The scenario inside is refused.
    #[error("the scenario inside the recording does not load: {0}")]
    Scenario(String),
    /// A call that makes no sense at this point.
    #[error("{0}")]
    Wrong(String),
    /// The engine refused.
    #[error(transparent)]
    Batch(#[from] BatchError),
}
