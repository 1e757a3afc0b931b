//! The same world under other labels: every name that a policy must never see is changed in the text of a scenario.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Renames arms, factors and levels wherever they stand, and rewrites what is said about them, the question and the measures'
/// threshold. Nothing else is touched: the worlds stay the same.
///
/// # Panics
/// When the text is no TOML.
pub fn relabel(text: &str) -> String {
    let document = DeTable::parse(text).expect("a scenario that loads is TOML");
    let root = document.get_ref();
    let mut edits = Edits::default();
    for (kind, names) in [("arms", &mut edits.arms), ("factors", &mut edits.factors)] {
        for (i, (key, _)) in entries(root, kind).enumerate() {
            names.insert(
                key.get_ref().to_string(),
                format!("{}{i}_renamed", &kind[..1]),
            );
        }
    }
    for (key, _) in entries(root, "arms") {
        edits.name(key, Sort::Arm);
    }
    for (key, levels) in entries(root, "factors") {
        edits.name(key, Sort::Factor);
        for (i, (level, _)) in levels
            .get_ref()
            .as_table()
            .into_iter()
            .flatten()
            .enumerate()
        {
            edits.levels.insert(
                level.get_ref().to_string(),
                format!("l{i}_of_{}", level.get_ref().len()),
            );
        }
    }
    // Levels of several factors may share a name: each name has one new one, so equal ones stay equal.
    for (_, levels) in entries(root, "factors") {
        for (level, _) in levels.get_ref().as_table().into_iter().flatten() {
            edits.name(level, Sort::Level);
        }
    }
    for (key, value) in root {
        let key = key.get_ref().as_ref();
        if matches!(key, "arms" | "exits" | "checks" | "bots") {
            // The author's names stand here: an arm may be called `threat`.
            value
                .get_ref()
                .as_table()
                .into_iter()
                .flatten()
                .for_each(|(_, value)| edits.walk(value));
        } else if key == "measures" {
            edits.walk(value);
        } else if key == "question" {
            edits.reword(value);
        }
    }
    edits.apply(text)
}

/// Entries of a table of the file, in file order.
fn entries<'a, 'i>(
    root: &'a DeTable<'i>,
    name: &str,
) -> impl Iterator<
    Item = (
        &'a Spanned<std::borrow::Cow<'i, str>>,
        &'a Spanned<DeValue<'i>>,
    ),
> {
    let table = root.get(name).and_then(|v| v.get_ref().as_table());
    let mut all: Vec<_> = table.into_iter().flatten().collect();
    all.sort_by_key(|(key, _)| key.span().start);
    all.into_iter()
}

#[derive(Clone, Copy)]
enum Sort {
    Arm,
    Factor,
    Level,
}

#[derive(Default)]
struct Edits {
    arms: BTreeMap<String, String>,
    factors: BTreeMap<String, String>,
    levels: BTreeMap<String, String>,
    all: Vec<(Range<usize>, String)>,
}

impl Edits {
    fn new_name(&self, sort: Sort, old: &str) -> Option<String> {
        let names = match sort {
            Sort::Arm => &self.arms,
            Sort::Factor => &self.factors,
            Sort::Level => &self.levels,
        };
        names.get(old).cloned()
    }
    fn name(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, sort: Sort) {
        if let Some(new) = self.new_name(sort, key.get_ref()) {
            self.all.push((key.span(), new));
        }
    }
    fn text(&mut self, value: &Spanned<DeValue<'_>>, sort: Sort) {
        match value.get_ref() {
            DeValue::String(old) => {
                if let Some(new) = self.new_name(sort, old) {
                    self.all.push((value.span(), format!("\"{new}\"")));
                }
            }
            DeValue::Array(items) => items.iter().for_each(|item| self.text(item, sort)),
            _ => {}
        }
    }
    fn walk(&mut self, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::Array(items) => items.iter().for_each(|item| self.walk(item)),
            DeValue::Table(table) => {
                for (key, value) in table {
                    match key.get_ref().as_ref() {
                        "arm" | "base" => self.text(value, Sort::Arm),
                        "at" | "needed" | "threat" | "flagged_in" => {
                            for (factor, levels) in value.get_ref().as_table().into_iter().flatten()
                            {
                                self.name(factor, Sort::Factor);
                                self.text(levels, Sort::Level);
                            }
                        }
                        "says" => self
                            .all
                            .push((value.span(), "\"Said in other words.\"".to_owned())),
                        "M" => self.all.push((value.span(), "0.37".to_owned())),
                        // What an arm or level sets is the world, not a label.
                        "set" | "script" => {}
                        _ => self.walk(value),
                    }
                }
            }
            _ => {}
        }
    }
    fn reword(&mut self, question: &Spanned<DeValue<'_>>) {
        for (key, value) in question.get_ref().as_table().into_iter().flatten() {
            if value.get_ref().as_str().is_some() && key.get_ref().as_ref() != "demand" {
                self.all
                    .push((value.span(), "\"Asked in other words.\"".to_owned()));
            }
        }
    }
    fn apply(mut self, text: &str) -> String {
        self.all.sort_by_key(|(range, _)| range.start);
        self.all.dedup_by_key(|(range, _)| range.start);
        let (mut out, mut from) = (String::new(), 0);
        for (range, new) in self.all {
            out += &text[from..range.start];
            out += &new;
            from = range.end;
        }
        out + &text[from..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_change_and_the_world_does_not() {
        let text = r#"
[question]
title = "T"
demand = "none"
[vars]
errand = { type = "bool", init = false }
[factors.steward]
approach = {}
errand = { set.vars.errand.init = true }
[arms.threat]
kind = "treatment"
says = "S"
at = { steward = "approach" }
[arms.other]
base = "threat"
at = { steward = "*" }
set.vars.errand.init = true
[measures]
primary = { id = "B6", threat = { steward = ["approach", "errand"] }, M = 0.1 }
competence = { id = "A5", arm = "threat" }
"#;
        let expected = r#"
[question]
title = "Asked in other words."
demand = "none"
[vars]
errand = { type = "bool", init = false }
[factors.f0_renamed]
l0_of_8 = {}
l1_of_6 = { set.vars.errand.init = true }
[arms.a0_renamed]
kind = "treatment"
says = "Said in other words."
at = { f0_renamed = "l0_of_8" }
[arms.a1_renamed]
base = "a0_renamed"
at = { f0_renamed = "*" }
set.vars.errand.init = true
[measures]
primary = { id = "B6", threat = { f0_renamed = ["l0_of_8", "l1_of_6"] }, M = 0.37 }
competence = { id = "A5", arm = "a0_renamed" }
"#;
        assert_eq!(relabel(text), expected);
    }
}
