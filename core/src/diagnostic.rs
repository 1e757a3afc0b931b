//! What is wrong with a text, as plain data; drawn by the hosts.
//!
//! **Invariant.** Knows neither scenarios nor terminals. Codes never change their meaning.

use serde::{Deserialize, Serialize};

/// How bad it is: an error refuses the file, a warning does not (except under `--strict`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The file is refused.
    Error,
    /// The file runs.
    Warning,
}

/// A half-open range of bytes in the source text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A second place that helps to understand the first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Related {
    /// Where.
    pub span: Span,
    /// What is to be seen there.
    pub message: String,
}

/// One slip, one diagnostic: what is wrong, where, and what would be right.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Stable code, for example `E103`.
    pub code: String,
    /// Error or warning.
    pub severity: Severity,
    /// Where, in bytes of the source.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What would be right; empty when nothing can be said.
    pub help: String,
    /// A replacement for the span that is certain to be meant, for `check --fix`.
    pub fix: Option<String>,
    /// Further places.
    pub related: Vec<Related>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(code: &str, span: Span, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            severity: Severity::Error,
            span,
            message: message.into(),
            help: help.into(),
            fix: None,
            related: Vec::new(),
        }
    }
    /// A warning at a place.
    pub fn warning(code: &str, span: Span, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message, help) }
    }
    /// `file:line:col: error[CODE]: what; help: what instead`, the one-line form (column in characters, both from 1).
    pub fn line(&self, file: &str, source: &str) -> String {
        let (line, column) = position(source, self.span.start);
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let help = if self.help.is_empty() { String::new() } else { format!("; help: {}", self.help) };
        format!("{file}:{line}:{column}: {severity}[{}]: {}{help}", self.code, self.message)
    }
}

/// Line and column (in characters) of a byte offset, both from 1.
pub fn position(source: &str, offset: usize) -> (usize, usize) {
    let mut offset = offset.min(source.len());
    while !source.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &source[..offset];
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}
