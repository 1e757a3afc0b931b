//! What a page needs to know of a scenario, and of a text that is none.

use commonweal_core::RULES_VERSION;
use commonweal_core::diagnostic::{Diagnostic, Severity, position};
use commonweal_core::experiment::{self, Cast};
use commonweal_core::scenario::{self, ArmKind, Compiled, Scenario};
use commonweal_core::state::{Layer, Table};
use serde::Serialize;

/// Version of the rules and of this package.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Version {
    /// Version of the rules.
    pub rules: u32,
    /// Version of the package.
    pub package: &'static str,
}

/// Version of the rules and of this package.
pub fn version() -> Version {
    Version {
        rules: RULES_VERSION,
        package: env!("CARGO_PKG_VERSION"),
    }
}

/// A diagnostic for an editor in a page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Note {
    /// Stable code.
    pub code: String,
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What would be right, if that can be said.
    pub help: Option<String>,
    /// First UTF-16 unit of the place.
    pub from: usize,
    /// One past its last UTF-16 unit.
    pub to: usize,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Note {
    pub(crate) fn new(diagnostic: &Diagnostic, text: &str) -> Self {
        let (line, column) = position(text, diagnostic.span.start);
        Self {
            code: diagnostic.code.clone(),
            severity: diagnostic.severity,
            message: diagnostic.message.clone(),
            help: Some(diagnostic.help.clone()).filter(|help| !help.is_empty()),
            from: utf16(text, diagnostic.span.start),
            to: utf16(text, diagnostic.span.end),
            line,
            column,
        }
    }
}

/// UTF-16 units before a byte offset; an offset inside a character counts as the character's start.
fn utf16(text: &str, offset: usize) -> usize {
    text.char_indices()
        .take_while(|&(at, c)| at + c.len_utf8() <= offset)
        .map(|(_, c)| c.len_utf16())
        .sum()
}

/// All errors and warnings of a scenario text.
pub fn check(text: &str, file: &str) -> Vec<Note> {
    let (_, diagnostics) = scenario::check(file, text);
    diagnostics
        .iter()
        .map(|diagnostic| Note::new(diagnostic, text))
        .collect()
}

/// A look code and what it shows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Look {
    /// The code, 1 to 255.
    pub code: usize,
    /// Name of its layer.
    pub layer: &'static str,
    /// Name of its kind.
    pub kind: String,
    /// Value of the kind's visible variable, door or device state; none for a kind with one look.
    pub value: Option<i64>,
    /// The value in words, such as `open`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// A role.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Role {
    /// Name.
    pub name: String,
    /// Number of slots.
    pub slots: u8,
    /// The first so many are under test.
    pub focal: u8,
}

/// A cell of an arm on show.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Shown {
    /// Name of the arm.
    pub arm: String,
    /// `treatment`, `control` or `lookalike`.
    pub kind: &'static str,
    /// What differs, in words.
    pub says: String,
    /// Name of the cell: the arm's, with the factor levels that tell its cells apart.
    pub cell: String,
}

/// A control agent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Agent {
    /// Name.
    pub name: String,
    /// `positive`, `negative`, `look-alike`, `baseline` or `random`.
    pub kind: &'static str,
    /// What it does, in words.
    pub says: String,
}

/// What a file declares and what of it is on show.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Description {
    /// Scenario id.
    pub id: String,
    /// Title of the question.
    pub title: String,
    /// The question.
    pub asks: String,
    /// Version of the rules.
    pub rules: u32,
    /// Hash of the first arm on show, in hexadecimal digits.
    pub scenario_hash: String,
    /// Columns of the map.
    pub width: u16,
    /// Rows of the map.
    pub height: u16,
    /// Most ticks that an episode can last.
    pub ticks: u32,
    /// What is on show, in arena order.
    pub shown: Vec<Shown>,
    /// The agent in the seats under test; empty where the caller seats them otherwise.
    pub policy: String,
    /// The file's control agents.
    pub agents: Vec<Agent>,
    /// Roles in file order.
    pub roles: Vec<Role>,
    /// Role of each slot.
    pub slots: Vec<String>,
    /// Look codes, ascending.
    pub looks: Vec<Look>,
    /// Names of the effect codes, code 1 first.
    pub effects: Vec<String>,
    /// The role under test.
    pub focal_role: String,
}

impl Description {
    pub(crate) fn new(scenario: &Scenario, shown: &[&Compiled], cast: &Cast, policy: &str) -> Self {
        let first = shown.first().expect("a world shows an arm");
        let table = &first.table;
        let roles = table
            .roles
            .iter()
            .map(|r| Role {
                name: r.name.clone(),
                slots: r.n,
                focal: r.n_focal,
            })
            .collect();
        Self {
            id: scenario.id.clone(),
            title: scenario.question.title.clone(),
            asks: scenario.question.asks.clone(),
            rules: RULES_VERSION,
            scenario_hash: hex(&first.hash),
            width: table.geometry.width,
            height: table.geometry.height,
            ticks: table.time.limit(),
            shown: shown
                .iter()
                .map(|compiled| shown_cell(scenario, compiled))
                .collect(),
            policy: policy.to_owned(),
            agents: cast.agents.iter().map(agent).collect(),
            roles,
            slots: table
                .roles
                .iter()
                .flat_map(|r| (0..r.n).map(|_| r.name.clone()))
                .collect(),
            looks: looks(table),
            effects: table.effects.clone(),
            focal_role: cast.role.clone(),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |text, byte| {
            text + &format!("{byte:02x}")
        })
}

fn shown_cell(scenario: &Scenario, compiled: &Compiled) -> Shown {
    let name = compiled.arm.split('[').next().unwrap_or_default();
    let arm = scenario.arms.iter().find(|arm| arm.name == name);
    let kind = match arm.map(|arm| arm.kind) {
        Some(ArmKind::Control) => "control",
        Some(ArmKind::Lookalike) => "lookalike",
        Some(ArmKind::Treatment) | None => "treatment",
    };
    Shown {
        arm: name.to_owned(),
        kind,
        says: arm.map_or(String::new(), |arm| arm.says.clone()),
        cell: compiled.arm.clone(),
    }
}

fn agent(agent: &experiment::Agent) -> Agent {
    Agent {
        name: agent.name.clone(),
        kind: agent.kind_word(),
        says: agent.says.clone(),
    }
}

fn looks(table: &Table) -> Vec<Look> {
    let mut looks = Vec::new();
    for kind in &table.kinds {
        let layer = Layer::ALL
            .iter()
            .find(|(_, layer)| *layer == kind.layer)
            .map_or("", |(name, _)| *name);
        for step in 0..kind.n_looks {
            let code = usize::from(kind.look) + usize::from(step);
            let value = (kind.n_looks > 1).then(|| i64::from(kind.look_min) + i64::from(step));
            // The table names a state as `gate (open)`.
            let named = table
                .looks
                .names
                .get(code)
                .and_then(|name| name.split_once(" (")?.1.strip_suffix(')'));
            looks.push(Look {
                code,
                layer,
                kind: kind.name.clone(),
                value,
                state: named.map(str::to_owned),
            });
        }
    }
    looks.sort_by_key(|look| look.code);
    looks
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonweal_core::diagnostic::Span;

    #[test]
    fn places_cross_as_utf16_units() {
        // One byte, two bytes, three bytes, and a pair of surrogates of four bytes.
        let text = "aé—😀b";
        let at = |offset| utf16(text, offset);
        assert_eq!(
            [at(0), at(1), at(3), at(6), at(10), at(11), at(99)],
            [0, 1, 2, 3, 5, 6, 6]
        );
        assert_eq!(at(8), 3, "inside a character");
        let note = Note::new(
            &Diagnostic::error("E000", Span { start: 10, end: 11 }, "wrong", ""),
            text,
        );
        assert_eq!(
            (note.from, note.to, note.line, note.column, note.help),
            (5, 6, 1, 5, None)
        );
    }
}
