//! Why a command ends early: a sentence and an exit code.

use std::fmt::Display;

/// Wrong use or bad input.
pub(crate) const WRONG: u8 = 2;

/// The end of a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Stop {
    /// Exit code.
    pub(crate) code: u8,
    /// One sentence; empty when everything is said already.
    pub(crate) message: String,
}

impl Stop {
    /// Wrong use or bad input, with the sentence that says what and what instead.
    pub(crate) fn wrong(message: impl Display) -> Self {
        Self {
            code: WRONG,
            message: message.to_string(),
        }
    }
    /// An end without a word.
    pub(crate) fn quiet(code: u8) -> Self {
        Self {
            code,
            message: String::new(),
        }
    }
}
