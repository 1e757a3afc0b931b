//! Checks texts of the rule language and hands them to the code generator.

use crate::bots::Script;
use crate::diagnostic::{Diagnostic, Span};
use crate::ids::RoleId;
use crate::rules::{Program, RuleSet};
use crate::scenario::names::{Names, Text};
use crate::state::Type;

/// What `[rules]` compiled to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rules {
    /// The rules.
    pub rules: RuleSet,
    /// Whether any of them emits an event `after` some ticks: [`crate::state::Table::has_later`].
    pub has_later: bool,
    /// For each event of the table: whether a rule emits it with `emit`.
    pub emits: Vec<bool>,
}

/// A name that stands for a value while an expression is evaluated; its place in the list is its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Binder<'a> {
    /// The name, for example `slot`, `j`.
    pub name: &'a str,
    /// Its type.
    pub ty: Type,
    /// For a slot: its role, if it is always the same.
    pub role: Option<RoleId>,
}

/// What an expression that stands outside rules and scripts is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Use<'a> {
    /// Names in scope.
    pub binders: &'a [Binder<'a>],
    /// The type that it must have.
    pub ty: Type,
    /// For [`Type::Choice`]: the words.
    pub choices: &'a [String],
    /// For an `init`: the name of the variable, so that `chance` and `pick` can draw (purpose Init); elsewhere a draw is an error.
    pub draw: Option<&'a str>,
}

/// A bot's script as the file gives it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BotText<'a> {
    /// The bot's name; part of the names of its draws.
    pub name: &'a str,
    /// The role that it is written for; `None` for any.
    pub role: Option<RoleId>,
    /// Whether it is a control (not a resident): then it may read only what its role sees.
    pub control: bool,
    /// `senses = "world"`.
    pub world: bool,
    /// Where `senses` stands, or the bot's name.
    pub senses_at: Span,
    /// The script.
    pub script: Text<'a>,
}

/// Compiles the blocks of `[rules]`, in file order: (name, text). All errors of all blocks are added to `out`; with an error the
/// rule that has it is left out.
pub fn compile_rules(_names: &Names<'_>, _blocks: &[(&str, Text<'_>)], _out: &mut Vec<Diagnostic>) -> Rules {
    Rules::default()
}

/// Compiles one expression; `None` if it has an error, which is added to `out`.
pub fn compile_expr(_names: &Names<'_>, _what: Use<'_>, _text: Text<'_>, _out: &mut Vec<Diagnostic>) -> Option<Program> {
    Some(Program::default())
}

/// Compiles a script; `None` if it has an error, which is added to `out`.
pub fn compile_bot(_names: &Names<'_>, _bot: BotText<'_>, _out: &mut Vec<Diagnostic>) -> Option<Script> {
    Some(Script::default())
}

/// Names that stand in `the(…)` in a text: each such kind needs thing rows, which must be in the table before texts are compiled.
pub fn named_by_the(_text: &str) -> Vec<String> {
    Vec::new()
}

/// All names that stand in a text, each once, in order: which kinds a rule or bot names.
pub fn names_in(_text: &str) -> Vec<String> {
    Vec::new()
}
