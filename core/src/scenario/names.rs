//! What a text of the rule language may name: the table, and what the file says beside it.
//!
//! **Invariant.** Borrowed and read only; the order of every list is the order of the file.

use std::fmt::{self, Debug};

use crate::ids::{Cell, KindId, Num};
use crate::state::{Table, Type};

/// A text of the rule language and where its first byte stands in the file; line ends are LF.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Text<'a> {
    /// The text.
    pub text: &'a str,
    /// Byte of the file at which it starts; added to every span.
    pub base: usize,
}

impl<'a> Text<'a> {
    /// A text at a place of the file.
    pub const fn new(text: &'a str, base: usize) -> Self {
        Self { text, base }
    }
}

/// Value of a dial, folded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Dial {
    /// A whole number: its value, range and step are all whole.
    Int(i32),
    /// Any other number, in millionths.
    Num(Num),
    /// A switch.
    Bool(bool),
    /// One of a list of words.
    Choice {
        /// Index of the value in the list.
        value: usize,
        /// The list.
        choices: Vec<String>,
    },
}

/// A named expression of `[defs]`, expanded in place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Def<'a> {
    /// Its name.
    pub name: &'a str,
    /// Arguments and their types, in file order.
    pub args: Vec<(&'a str, Type)>,
    /// The expression.
    pub is: Text<'a>,
}

/// A field of things that a chosen mechanic gives, for example `open` of the kind `gate` from `door.gate`; read from
/// [`crate::state::ThingRow::state`] and written by the mechanic's acts only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Kind of the things that have it.
    pub kind: KindId,
    /// Its name in rules.
    pub name: String,
    /// Its type: [`Type::Bool`] (state is not 0), [`Type::Int`] (the state) or [`Type::Slot`] (the state is slot + 1).
    pub ty: Type,
    /// The mechanic, with its instance, for example `door.gate`.
    pub from: String,
}

impl Field {
    /// The mechanic without its instance.
    pub fn mechanic(&self) -> &str {
        self.from.split('.').next().unwrap_or(&self.from)
    }
}

/// Everything that a text may name.
#[derive(Clone)]
pub struct Names<'a> {
    /// The table; `events` hold all declared events, `rows` all thing rows.
    pub table: &'a Table,
    /// Name of the map, for messages: `yard`.
    pub map: &'a str,
    /// Dials in file order.
    pub dials: Vec<(&'a str, Dial)>,
    /// `[defs]` in file order.
    pub defs: Vec<Def<'a>>,
    /// Fields of things that mechanics give.
    pub fields: Vec<Field>,
    /// Words of each variable of type [`Type::Choice`], by the variable's name (arena, role or thing).
    pub choices: Vec<(&'a str, Vec<String>)>,
    /// Beams in file order; a pattern's value is the index.
    pub beams: Vec<&'a str>,
    /// Variables that could not be read and were told of: what names them is not told of as well.
    pub broken: Vec<&'a str>,
    /// Line (from 1) at which a dotted path such as `vars.has_twin` stands in the file.
    pub line_of: &'a dyn Fn(&str) -> Option<usize>,
}

impl Debug for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names")
            .field("map", &self.map)
            .field("dials", &self.dials)
            .field("defs", &self.defs)
            .finish_non_exhaustive()
    }
}

impl<'a> Names<'a> {
    /// Names of a table alone; the other lists are empty and lines unknown.
    pub fn new(table: &'a Table) -> Self {
        Self {
            table,
            map: "",
            dials: Vec::new(),
            defs: Vec::new(),
            fields: Vec::new(),
            choices: Vec::new(),
            beams: Vec::new(),
            broken: Vec::new(),
            line_of: &|_| None,
        }
    }
    /// The words of a choice variable.
    pub fn choices_of(&self, var: &str) -> &[String] {
        self.choices
            .iter()
            .find(|(name, _)| *name == var)
            .map_or(&[], |(_, words)| words)
    }
    /// How many things of a kind a reset can put on the map: least and most.
    pub fn things_at_reset(&self, kind: KindId) -> (usize, usize) {
        let of = |code: u8| self.table.kind_of(code) == Some(kind);
        // Mirrored layouts hold the same; those of other maps need not.
        let counts = self.table.layouts.iter().map(|layout| {
            // The padding of a torus shows things that lie elsewhere.
            let sure = (0u16..)
                .zip(&layout.words)
                .filter(|(c, _)| self.table.geometry.inside(Cell::new(*c)))
                .flat_map(|(_, w)| &w[..5])
                .filter(|&&c| of(c))
                .count();
            let perhaps = layout.maybe.iter().filter(|m| of(m.code)).count();
            (sure, sure + perhaps)
        });
        let both = |a: (usize, usize), b: (usize, usize)| (a.0.min(b.0), a.1.max(b.1));
        counts.reduce(both).unwrap_or((0, 0))
    }
}

/// How many slips of the pen lie between two words: Damerau-Levenshtein.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    strsim::damerau_levenshtein(a, b)
}

/// The nearest of the names that are legal at that place: Damerau-Levenshtein distance of at most max(1, length / 3), ties by
/// order.
pub fn nearest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let most = (word.chars().count() / 3).max(1);
    names
        .into_iter()
        .filter(|name| !name.is_empty() && *name != word)
        .map(|name| (strsim::damerau_levenshtein(word, name), name))
        // Something of the word must be left: one letter is not like another.
        .filter(|(distance, _)| *distance <= most && *distance < word.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Help for an unknown name: `did you mean …?`, else the list if there are at most 8 names, else nothing.
pub fn suggest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.into_iter().filter(|n| !n.is_empty()).collect();
    if let Some(name) = nearest(word, names.iter().copied()) {
        return format!("did you mean `{name}`?");
    }
    match names.len() {
        0 => String::new(),
        1 => format!("write `{}`", names[0]),
        2..=8 => format!("name one of {}", names.join(", ")),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_finds_the_name_and_a_stranger_does_not() {
        let names = ["apple", "wall", "opened"];
        assert_eq!(nearest("aple", names), Some("apple"));
        assert_eq!(nearest("open", names), None);
        assert_eq!(nearest("oepned", names), Some("opened"));
        assert_eq!(suggest("zzz", names), "name one of apple, wall, opened");
    }
}
