//! What a scenario promises beside its world, for tools of authors: exits, checks, expectations of dials, and the leaves in which
//! arms differ.
//!
//! **Invariant.** Read from the tree that was checked; spans are bytes of [`Scenario::source`].

use std::sync::Arc;

use super::arms::{patched, read_at};
use super::compile::{Job, compile};
use super::doc::{Data, Node, decimal};
use super::read::Reader;
use super::{ArmError, Compiled, Scenario};
use crate::diagnostic::{Span, position};
use crate::ids::{Num, ONE};

/// An entry of `[exits]` or `[checks]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Promise {
    /// Its path: `exits.carry_on`.
    pub path: String,
    /// Who plays.
    pub bot: String,
    /// Where.
    pub arm: String,
    /// In which cells of the arm: levels of factors; all cells when empty.
    pub at: Vec<(String, String)>,
    /// Least return of channels, in millionths, each with its place.
    pub at_least: Vec<(String, Num)>,
    /// Greatest return of channels, in millionths.
    pub at_most: Vec<(String, Num)>,
    /// An event that comes.
    pub event: Option<String>,
    /// An event that never comes.
    pub never: Option<String>,
    /// No work pays in these cells.
    pub pays_nothing: bool,
    /// Where it stands in the file: its demand, or its name.
    pub span: Span,
}

/// What a dial is expected to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Course {
    /// The value goes up with the dial.
    Rises,
    /// It goes down.
    Falls,
    /// It does neither.
    Flat,
}

/// An entry of a dial's `expect`: `"return of sustainer rises"`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expectation {
    /// The dial.
    pub dial: String,
    /// Five values from one end of its range to the other, in millionths.
    pub points: [Num; 5],
    /// The primary, not the return.
    pub primary: bool,
    /// Who plays.
    pub bot: String,
    /// What is expected.
    pub course: Course,
    /// As written.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// A leaf in which two cells differ.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Leaf {
    /// Its path: `mechanics.regrow.apple.chance`.
    pub path: String,
    /// Its value in the first, as TOML; `None` where it does not stand.
    pub first: Option<String>,
    /// Its value in the second.
    pub second: Option<String>,
}

/// The words of an expectation.
const FORM: &str = "write `<return/primary> of <bot> <rises/falls/flat>`";

impl Scenario {
    /// `[exits]`, in file order.
    pub fn exits(&self) -> Vec<Promise> {
        self.promises("exits", "at_least", None)
    }
    /// `[checks]`, in file order.
    pub fn checks(&self) -> Vec<Promise> {
        self.promises("checks", "return_at_least", Some("return_at_most"))
    }
    fn promises(&self, table: &str, least: &str, most: Option<&str>) -> Vec<Promise> {
        let entries = self.parts.tree.get(table).map_or(&[][..], Node::entries);
        entries
            .iter()
            .filter_map(|(name, node)| {
                let text = |key: &str| node.get(key)?.text().map(str::to_owned);
                let numbers = |key: &str| -> Vec<(String, Num)> {
                    let channels = node.get(key).map_or(&[][..], Node::entries);
                    channels
                        .iter()
                        .filter_map(|(channel, value)| Some((channel.clone(), value.num()?)))
                        .collect()
                };
                let at = read_at(
                    node.get("at"),
                    &self.parts.factors,
                    false,
                    table,
                    &mut Reader::new(&[]),
                );
                let demand = [least, "return_at_most", "event", "never", "pays_nothing"]
                    .iter()
                    .find_map(|key| node.get(key));
                Some(Promise {
                    path: format!("{table}.{name}"),
                    bot: text("bot")?,
                    arm: text("arm")?,
                    at: at
                        .into_iter()
                        .filter_map(|(factor, level)| Some((factor, level?)))
                        .collect(),
                    at_least: numbers(least),
                    at_most: most.map(numbers).unwrap_or_default(),
                    event: text("event"),
                    never: text("never"),
                    pays_nothing: node
                        .get("pays_nothing")
                        .is_some_and(|n| n.data == Data::Bool(true)),
                    span: demand.map_or(node.key, |n| n.span),
                })
            })
            .collect()
    }
    /// What dials are expected to do; `Err` with the place and what is wrong for an entry that says nothing that can be tried.
    pub fn expectations(&self) -> Vec<Result<Expectation, (Span, String, String)>> {
        let mut out = Vec::new();
        let dials = self.parts.tree.get("dials").map_or(&[][..], Node::entries);
        for (dial, node) in dials {
            let expected = node.get("expect").map_or(&[][..], Node::items);
            for entry in expected {
                out.push(self.expectation(dial, node, entry));
            }
        }
        out
    }
    fn expectation(
        &self,
        dial: &str,
        node: &Node,
        entry: &Node,
    ) -> Result<Expectation, (Span, String, String)> {
        let text = entry.text().unwrap_or_default();
        let wrong = |what: String, help: &str| (entry.span, what, help.to_owned());
        let words: Vec<&str> = text.split_whitespace().collect();
        let [what @ ("return" | "primary"), "of", bot, course] = words[..] else {
            return Err(wrong(format!("`{text}` is no expectation"), FORM));
        };
        let course = match course {
            "rises" => Course::Rises,
            "falls" => Course::Falls,
            "flat" => Course::Flat,
            _ => return Err(wrong(format!("`{course}` is no course of a number"), FORM)),
        };
        if !self.bots.iter().any(|b| b.name == bot) {
            let names = self.bots.iter().map(|b| b.name.as_str());
            return Err(wrong(
                format!("`{bot}` is no bot"),
                &super::suggest(bot, names),
            ));
        }
        let ends: Vec<Num> = node
            .get("range")
            .map_or(&[][..], Node::items)
            .iter()
            .filter_map(Node::num)
            .collect();
        let [low, high] = ends[..] else {
            let help = "add `range = [low, high]` to the dial";
            return Err(wrong(format!("dials.{dial} has no range"), help));
        };
        // A dial whose ends are whole is swept in whole steps where they lie far enough apart.
        let whole = node
            .get("value")
            .is_some_and(|v| matches!(v.data, Data::Int(_)))
            && low % ONE == 0
            && high % ONE == 0
            && (high - low).abs() >= 4 * ONE;
        let points = [0, 1, 2, 3, 4].map(|i| {
            let point = low + (high - low) / 4 * i;
            if whole { point / ONE * ONE } else { point }
        });
        Ok(Expectation {
            dial: dial.to_owned(),
            points,
            primary: what == "primary",
            bot: bot.to_owned(),
            course,
            text: text.to_owned(),
            span: entry.span,
        })
    }
    /// Compiles an arm or cell with a dial at another value (millionths); `None` where that is no world.
    pub fn compile_at(
        &self,
        arm: &str,
        dial: &str,
        value: Num,
    ) -> Result<Option<Arc<Compiled>>, ArmError> {
        let (index, cell) = self.find_cell(arm)?;
        let mut tree = self.parts.tree.clone();
        let node = tree
            .get_mut("dials")
            .and_then(|dials| dials.get_mut(dial))
            .and_then(|dial| dial.get_mut("value"));
        if let Some(node) = node {
            node.data = if value % ONE == 0 {
                Data::Int(value / ONE)
            } else {
                Data::Num(value)
            };
        }
        let plan = &self.parts.plans[index];
        let levels = &self.arms[index].cells[cell];
        let (tree, patch) = patched(
            &tree,
            &self.parts.plans,
            plan,
            &self.parts.factors,
            levels,
            &mut Vec::new(),
        );
        let name = self.arms[index].cell_name(cell);
        let (compiled, _) = compile(Job {
            id: &self.id,
            source: &self.parts.source,
            tree: &tree,
            added: &patch.added,
            arm: &name,
        });
        Ok(compiled.map(Arc::new))
    }
    /// The leaves in which two arms or cells differ, in file order.
    pub fn leaves(&self, first: &str, second: &str) -> Result<Vec<Leaf>, ArmError> {
        let tree = |arm: &str| -> Result<Node, ArmError> {
            let (index, cell) = self.find_cell(arm)?;
            let (tree, _) = patched(
                &self.parts.tree,
                &self.parts.plans,
                &self.parts.plans[index],
                &self.parts.factors,
                &self.arms[index].cells[cell],
                &mut Vec::new(),
            );
            Ok(tree)
        };
        let mut out = Vec::new();
        compare(
            String::new(),
            Some(&tree(first)?),
            Some(&tree(second)?),
            &mut out,
        );
        Ok(out)
    }
    /// Where the key of a path stands: of `bots.taker` or `mechanics.device.lever.by`.
    pub fn span_of(&self, path: &str) -> Option<Span> {
        self.parts.tree.at(path).map(|node| node.key)
    }
    /// Line of a path's key, from 1.
    pub fn line_of(&self, path: &str) -> Option<usize> {
        Some(position(&self.source, self.span_of(path)?.start).0)
    }
    /// The chosen mechanics whose `by` leaves a role out: paths such as `mechanics.device.lever.by`.
    pub fn denied(&self, role: &str) -> Vec<String> {
        let mut out = Vec::new();
        let mechanics = self
            .parts
            .tree
            .get("mechanics")
            .map_or(&[][..], Node::entries);
        let mut look = |path: String, node: &Node| {
            let roles = node.get("by").map_or(&[][..], Node::items);
            if !roles.is_empty() && !roles.iter().any(|r| r.text() == Some(role)) {
                out.push(format!("{path}.by"));
            }
        };
        for (name, node) in mechanics {
            look(format!("mechanics.{name}"), node);
            if super::mechanic(name).is_some_and(|def| def.named) {
                for (instance, node) in node.entries() {
                    look(format!("mechanics.{name}.{instance}"), node);
                }
            }
        }
        out
    }
}

/// Tables are compared entry by entry, everything else as a whole.
fn compare(path: String, a: Option<&Node>, b: Option<&Node>, out: &mut Vec<Leaf>) {
    let table = |node: Option<&Node>| node.is_none_or(Node::is_table);
    let has_entries = |node: Option<&Node>| node.is_some_and(|n| !n.entries().is_empty());
    if table(a) && table(b) && (has_entries(a) || has_entries(b)) {
        let entries = |node: Option<&Node>| node.map_or(Vec::new(), |n| n.entries().to_vec());
        let mut keys: Vec<String> = entries(a).into_iter().map(|(key, _)| key).collect();
        for (key, _) in entries(b) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        for key in keys {
            let inside = if path.is_empty() {
                key.clone()
            } else {
                format!("{path}.{key}")
            };
            compare(
                inside,
                a.and_then(|n| n.get(&key)),
                b.and_then(|n| n.get(&key)),
                out,
            );
        }
        return;
    }
    let same = match (a, b) {
        (Some(a), Some(b)) => a.same(b),
        (a, b) => a.is_none() && b.is_none(),
    };
    if !same {
        out.push(Leaf {
            path,
            first: a.map(toml),
            second: b.map(toml),
        });
    }
}

/// A value as TOML, on one line.
fn toml(node: &Node) -> String {
    let joined = |parts: Vec<String>| parts.join(", ");
    match &node.data {
        Data::Bool(b) => b.to_string(),
        Data::Int(n) => n.to_string(),
        Data::Num(n) => decimal(*n),
        Data::Text(text) => serde_json::Value::from(text.as_str()).to_string(),
        Data::List(items) => format!("[{}]", joined(items.iter().map(toml).collect())),
        Data::Table(entries) if entries.is_empty() => "{}".to_owned(),
        Data::Table(entries) => {
            let entry = |(key, value): &(String, Node)| format!("{key} = {}", toml(value));
            format!("{{ {} }}", joined(entries.iter().map(entry).collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Node {
        super::super::doc::parse(text, &mut Vec::new()).expect("TOML")
    }

    #[test]
    fn leaves_are_the_values_that_differ_and_nothing_else() {
        let a = parsed("x = 1\n[m.r]\nchance = [0, 0.5]\nwhere = 'a'\n[t]\nk = 'one'\n");
        let b = parsed("x = 1\n[m.r]\nchance = [1, 0.5]\nwhere = 'a'\n[t]\nn = { a = true }\n");
        let mut out = Vec::new();
        compare(String::new(), Some(&a), Some(&b), &mut out);
        let told: Vec<String> = out
            .iter()
            .map(|l| format!("{} = {:?} | {:?}", l.path, l.first, l.second))
            .collect();
        assert_eq!(
            told,
            [
                "m.r.chance = Some(\"[0, 0.5]\") | Some(\"[1, 0.5]\")",
                "t.k = Some(\"\\\"one\\\"\") | None",
                "t.n.a = None | Some(\"true\")",
            ]
        );
    }
}
