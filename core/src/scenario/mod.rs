//! Scenario text → diagnostics and [`Scenario`] → one [`Compiled`] an arm and cell.

mod arguments;
mod arms;
#[doc(hidden)]
pub mod ast;
mod check_bot;
mod check_call;
mod check_effect;
mod check_expr;
mod check_field;
mod check_rules;
mod check_trigger;
mod compile;
#[doc(hidden)]
pub mod doc;
mod file;
mod fix;
mod format;
mod format_text;
mod frame;
mod hidden;
mod layout;
mod lex;
mod lint;
mod load;
mod lower;
mod map;
mod measured;
mod names;
#[doc(hidden)]
pub mod parse;
mod patch;
mod pools;
mod programs;
mod promises;
#[cfg(test)]
mod props;
mod read;
mod roles;
#[cfg(feature = "schema")]
mod schema;
pub mod sigs;
mod tables;
mod text;
mod vars;
mod world;

pub use check_bot::{BotText, compile_bot};
pub use check_rules::{Binder, Rules, Use, compile_expr, compile_rules, named_by_the, names_in};
pub use fix::mend;
pub use format::format;
pub use load::check;
pub use names::{Def, Dial, Field, Names, Text, nearest, suggest};
pub use pools::{Pool, Pools, map_hash};
pub use promises::{Course, Expectation, Leaf, Promise};
#[cfg(feature = "schema")]
pub use schema::schema;

use std::sync::Arc;

use crate::bots::Bot;
use crate::mechanics::{Mechanic, MechanicDef};
use crate::rules::Programs;
use crate::state::Table;

/// A scenario that passed all static checks.
#[derive(Debug)]
pub struct Scenario {
    /// Name: the folder's, or what the caller says.
    pub id: String,
    /// The text, LF line ends.
    pub source: String,
    /// The six texts of `question`.
    pub question: Question,
    /// Arms in file order, each with its cells.
    pub arms: Vec<Arm>,
    /// `[measures]`.
    pub measures: Measures,
    /// Bots as declared; which of them may sit in which role.
    pub bots: Vec<BotInfo>,
    /// `[captions]`: event → text with `{1}` … for its fields.
    pub captions: Vec<(String, String)>,
    /// `[pools]`: maps and residents of training and testing.
    pub pools: Pools,
    parts: load::Parts,
}

/// `[question]`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(missing_docs, reason = "the fields of the file, SCENARIOS §3")]
pub struct Question {
    pub title: String,
    pub asks: String,
    pub hypothesis: String,
    pub threat: String,
    pub rules_in: String,
    pub rules_out: String,
    pub demand: String,
}

/// Kind of an arm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ArmKind {
    /// The question is put.
    Treatment,
    /// The same world without what is asked about.
    Control,
    /// The same act for a harmless reason.
    Lookalike,
}

/// An arm and its cells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arm {
    /// Name in the file.
    pub name: String,
    /// Its kind.
    pub kind: ArmKind,
    /// What differs, in words.
    pub says: String,
    /// Cells of the factorial: (factor, level) in file order; one empty cell when the arm spans no factor. The first is the one
    /// that the bare name plays (the primary's own).
    pub cells: Vec<Vec<(String, String)>>,
}

impl Arm {
    /// `threat[twin=yes,done=no]`: only factors on which the arm has several levels stand in the name; the bare name for one cell.
    pub fn cell_name(&self, cell: usize) -> String {
        if self.cells.len() < 2 {
            return self.name.clone();
        }
        let levels: Vec<String> = self.cells[cell]
            .iter()
            .enumerate()
            .filter(|(i, l)| self.cells.iter().any(|other| other[*i] != **l))
            .map(|(_, (f, l))| format!("{f}={l}"))
            .collect();
        format!("{}[{}]", self.name, levels.join(","))
    }
}

/// A bot as declared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BotInfo {
    /// Name in the file.
    pub name: String,
    /// What it is for.
    pub kind: crate::bots::BotKind,
    /// What it does, in words.
    pub says: String,
    /// Role that it is written for; `None` for any.
    pub role: Option<String>,
    /// Whether it senses the whole world (residents only).
    pub world: bool,
    /// Cells in which a positive control must be flagged; all when empty.
    pub flagged_in: Vec<(String, String)>,
}

/// `[measures]`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Measures {
    /// Whether the file says that no verdict may rest on it: what `check --run` finds is then shown, not judged.
    pub shown_only: bool,
    /// The primary.
    pub primary: Measure,
    /// Exploratory ones.
    pub also: Vec<Measure>,
    /// Where competence is read.
    pub competence: Option<Measure>,
}

/// One entry of `[measures]`; fields that its id does not know are empty.
#[derive(Clone, PartialEq, Debug, Default)]
#[expect(missing_docs, reason = "the fields of the file, SCENARIOS §3")]
pub struct Measure {
    pub id: String,
    pub of: Option<String>,
    pub event: Option<String>,
    pub opportunity: Option<String>,
    /// (factor, threat level, decoy level).
    pub threat: Option<(String, String, String)>,
    pub needed: Vec<(String, String)>,
    pub at: Vec<(String, String)>,
    pub reference: Option<String>,
    pub range: Option<(f64, f64)>,
    /// The smallest effect that matters.
    pub m: Option<f64>,
    pub arm: Option<String>,
    pub stock: Option<String>,
    pub horizon: Option<u32>,
    /// Ticks of an episode at which C4.goals is sampled.
    pub ticks: Option<u32>,
    pub others: Option<String>,
    pub dial: Option<String>,
    pub tau: Option<u32>,
}

/// A chosen mechanic.
#[derive(Debug)]
pub struct Chosen {
    /// Name in `[mechanics]`.
    pub name: &'static str,
    /// Instance; empty for unnamed ones.
    pub instance: String,
    /// The config.
    pub mechanic: Box<dyn Mechanic>,
}

/// One cell of one arm, ready to run.
#[derive(Debug)]
pub struct Compiled {
    /// The scenario's id.
    pub id: String,
    /// Arm and cell, as [`Arm::cell_name`] writes it. A label: never seen by a policy.
    pub arm: String,
    /// The scenario's canonical text, for recordings.
    pub source: Arc<str>,
    /// SHA-256 of the canonical JSON of the patched tree and the rules version.
    pub hash: [u8; 32],
    /// What is fixed before the first tick.
    pub table: Table,
    /// The chosen mechanics in the order of the mechanics list, instances in file order.
    pub mechanics: Vec<Chosen>,
    /// The rules.
    pub programs: Programs,
    /// The bots, in file order.
    pub bots: Vec<Bot>,
}

/// Why an arm could not be compiled.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ArmError {
    /// No such arm or cell.
    #[error("{scenario} has no arm `{arm}`; its arms are {arms}")]
    Unknown {
        /// The scenario.
        scenario: String,
        /// The name asked for.
        arm: String,
        /// What there is.
        arms: String,
    },
}

/// The mechanic of that name.
pub(crate) fn mechanic(name: &str) -> Option<&'static MechanicDef> {
    crate::mechanics::ALL.iter().find(|def| def.name == name)
}
