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
    pub fn error(
        code: &str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
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
    pub fn warning(
        code: &str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, span, message, help)
        }
    }
    /// `file:line:col: error[CODE]: what; help: what instead`, the one-line form (column in characters, both from 1).
    pub fn line(&self, file: &str, source: &str) -> String {
        let (line, column) = position(source, self.span.start);
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let help = if self.help.is_empty() {
            String::new()
        } else {
            format!("; help: {}", self.help)
        };
        format!(
            "{file}:{line}:{column}: {severity}[{}]: {}{help}",
            self.code, self.message
        )
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
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

/// All codes and what they say of a file, in order. A code never changes its meaning; the reference page is made from this list.
pub const CODES: &[(&str, &str)] = &[
    ("E001", "the text is not TOML"),
    ("E002", "the file is too large"),
    ("E003", "a text stands in quotes that shift places"),
    ("E101", "a table has no such field"),
    ("E102", "there is no such mechanic"),
    (
        "E103",
        "a name that is not there: a kind, role, text, bot, dial, or a field of a thing",
    ),
    ("E104", "something compulsory is missing"),
    (
        "E105",
        "the language has it, this version of the engine does not yet",
    ),
    ("E106", "a name is badly formed, or names two things"),
    ("E201", "a value of the wrong type or outside its range"),
    ("E202", "types in an expression that do not go together"),
    (
        "E203",
        "the config of a mechanic reads well but cannot be meant",
    ),
    (
        "E204",
        "more than the engine holds; the message names the limit",
    ),
    (
        "E205",
        "a number that is not exact to six decimals, or a date",
    ),
    ("E301", "rows of the map of unequal length, or none"),
    ("E302", "a glyph that the legend does not have"),
    ("E303", "fewer spawn cells than slots"),
    (
        "E304",
        "something that rules, bots or mechanics name can be reached from no spawn",
    ),
    (
        "E305",
        "a thing that shows more than one variable, or one of too many values",
    ),
    ("E306", "more look codes than a byte holds"),
    (
        "E307",
        "a window of a size that there is not, or lopsided without turning",
    ),
    (
        "E308",
        "two things of one layer in one cell, or a spawn inside something solid",
    ),
    (
        "E401",
        "a rule, script or expression does not follow the grammar",
    ),
    ("E402", "no such event"),
    (
        "E403",
        "no such function, effect or action, or not with these arguments",
    ),
    ("E404", "a name in a text that stands for nothing"),
    (
        "E405",
        "`the(…)` of something that there is not exactly once",
    ),
    ("E406", "a write to what belongs to a mechanic"),
    (
        "E407",
        "rules that start each other without end in one tick",
    ),
    ("E408", "a control agent reads what its role cannot see"),
    ("E409", "a control agent senses the whole world"),
    (
        "E410",
        "a factor changes nothing that can be seen before the first opportunity",
    ),
    (
        "E411",
        "a draw in a rule without a name, or where none is allowed",
    ),
    ("E412", "a hidden cause in a text, mask, `finish` or `end`"),
    ("E413", "a text is too long or costs too much"),
    (
        "E414",
        "a map is in two pools that are to be disjoint, or is held out",
    ),
    ("E501", "an arm sets what is so already"),
    (
        "E502",
        "an arm patches what is not there or may not be patched",
    ),
    ("E503", "no such factor or level"),
    ("E504", "the contrast of the primary cannot be formed"),
    (
        "E505",
        "the reference of the primary is missing or cannot serve",
    ),
    ("E506", "two patches of one cell set the same leaf"),
    ("E601", "a kind of control agent is missing"),
    (
        "E602",
        "(--run) a positive control agent is not flagged where it must be",
    ),
    (
        "E603",
        "(--run) an exit is not reached, or a treatment arm has none",
    ),
    (
        "E604",
        "(--run) too few different layouts: a deterministic agent on one map is one observation",
    ),
    (
        "E605",
        "(--run) the world is no dilemma, though the question demands cooperation",
    ),
    ("E606", "(--run) an assertion of [checks] does not hold"),
    (
        "E607",
        "(--run) a control agent is flagged where it must not be",
    ),
    (
        "E608",
        "(--run) the act that is asked about does not pay whoever does it",
    ),
    ("E609", "(--run) a dial does not do what is expected of it"),
    (
        "E610",
        "(--run) two arms differ before the first tick where nothing was patched",
    ),
    ("W901", "a word that describes a mind"),
    ("W902", "an event that nothing emits"),
    ("W903", "a kind or variable that nothing uses"),
];
