//! Why a call was refused, in a sentence.

use commonweal_core::batch::BatchError;
use commonweal_core::experiment::ExperimentError;
use commonweal_core::scenario::ArmError;

use crate::describe::Note;

/// Why a call was refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// A wrong argument.
    #[error("{0}")]
    Wrong(String),
    /// A scenario text with errors.
    #[error("{file}: {}", .notes.first().map_or("the text is no scenario", |note| note.message.as_str()))]
    Text {
        /// What the caller calls the text.
        file: String,
        /// All its errors and warnings.
        notes: Vec<Note>,
    },
}

impl Refusal {
    /// A wrong argument.
    pub fn wrong(sentence: impl Into<String>) -> Self {
        Self::Wrong(sentence.into())
    }
}

impl From<BatchError> for Refusal {
    fn from(error: BatchError) -> Self {
        Self::Wrong(error.to_string())
    }
}

impl From<ArmError> for Refusal {
    fn from(error: ArmError) -> Self {
        Self::Wrong(error.to_string())
    }
}

impl From<ExperimentError> for Refusal {
    fn from(error: ExperimentError) -> Self {
        Self::Wrong(error.to_string())
    }
}
