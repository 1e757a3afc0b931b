//! Arms as merge patches on the tree, and dials folded into numbers; both happen before typed reading.
//!
//! **Invariant.** A patch changes leaves that exist, or adds fields that have a default; every leaf changes its value, and no two
//! patches of one cell set the same leaf.

use super::doc::{Data, Node, decimal, millionths};
use super::names::suggest;
use super::read::Added;
use crate::diagnostic::{Diagnostic, Related};
use crate::ids::{Num, ONE};

/// Tables keyed by the author's own names: a patch cannot add to them.
const OPEN: [&str; 16] = [
    "dials",
    "vars",
    "goals",
    "things",
    "roles",
    "maps",
    "legend",
    "mechanics",
    "defs",
    "rules",
    "events",
    "messages",
    "texts",
    "rewards",
    "factors",
    "arms",
];
/// What an arm may not touch.
const FIXED: [&str; 11] = [
    "format", "question", "bots", "measures", "exits", "checks", "skins", "captions", "pools",
    "factors", "arms",
];

/// A patch in the making: what was set by whom.
#[derive(Debug, Default)]
pub(crate) struct Patched {
    /// Fields that do not stand in the base file.
    pub(crate) added: Vec<Added>,
    /// Leaves set so far.
    pub(crate) leaves: Vec<(String, Node)>,
}

impl Patched {
    /// Merges a `set` table into a tree. `who` says whose it is: `arm no_dilemma`, `factor twin, level yes`.
    pub(crate) fn merge(
        &mut self,
        tree: &mut Node,
        set: &Node,
        who: &str,
        out: &mut Vec<Diagnostic>,
    ) {
        for (key, value) in set.entries() {
            if FIXED.contains(&key.as_str()) {
                let message = format!("{who} patches `{key}`, which is the same in every arm");
                out.push(Diagnostic::error(
                    "E502",
                    value.key,
                    message,
                    "patch the world: what agents meet in it",
                ));
                continue;
            }
            self.merge_one(tree, key, value, "", who, out);
        }
    }
    fn merge_one(
        &mut self,
        tree: &mut Node,
        key: &str,
        value: &Node,
        inside: &str,
        who: &str,
        out: &mut Vec<Diagnostic>,
    ) {
        let path = if inside.is_empty() {
            key.to_owned()
        } else {
            format!("{inside}.{key}")
        };
        let Some(old) = tree.get_mut(key) else {
            self.add(tree, key, value, inside, path, who, out);
            return;
        };
        if old.is_table() && value.is_table() && !value.entries().is_empty() {
            for (key, value) in value.entries() {
                self.merge_one(old, key, value, &path, who, out);
            }
            return;
        }
        if let Some((_, first)) = self.leaves.iter().find(|(p, _)| *p == path) {
            let mut d = Diagnostic::error(
                "E506",
                value.span,
                format!("{who} sets {path} a second time"),
                "set it in one place of an arm",
            );
            d.related.push(Related {
                span: first.span,
                message: "set here already".to_owned(),
            });
            out.push(d);
            return;
        }
        if old.same(value) {
            let mut text = String::new();
            value.canonical(&mut text);
            let message = format!("{who} sets {path} to what it is already ({text})");
            out.push(Diagnostic::error(
                "E501",
                value.span,
                message,
                "another value, or drop the line",
            ));
            return;
        }
        *old = value.clone();
        self.leaves.push((path, value.clone()));
    }
    #[expect(clippy::too_many_arguments, reason = "the parts of merge_one")]
    fn add(
        &mut self,
        tree: &mut Node,
        key: &str,
        value: &Node,
        inside: &str,
        path: String,
        who: &str,
        out: &mut Vec<Diagnostic>,
    ) {
        let depth = inside.split('.').filter(|p| !p.is_empty()).count();
        let open = match depth {
            0 => true,
            1 => OPEN.contains(&inside),
            // Named mechanics: `mechanics.regrow` holds instances; variables of roles and things.
            2 => inside
                .strip_prefix("mechanics.")
                .is_some_and(|m| super::mechanic(m).is_some_and(|d| d.named)),
            3 => inside.split('.').nth(2) == Some("vars"),
            _ => false,
        };
        let Data::Table(entries) = &mut tree.data else {
            let message = format!(
                "{who} patches {path}, which does not exist: {inside} is {}",
                tree.sort()
            );
            out.push(Diagnostic::error(
                "E502",
                value.key,
                message,
                format!("set {inside} as a whole"),
            ));
            return;
        };
        if open {
            let mut help = suggest(key, entries.iter().map(|(k, _)| k.as_str()));
            if help.is_empty() {
                help = format!("patch what is in [{inside}], or add it there");
            }
            out.push(Diagnostic::error(
                "E502",
                value.key,
                format!("{who} patches {path}, which does not exist"),
                help,
            ));
            return;
        }
        entries.push((key.to_owned(), value.clone()));
        self.added.push(Added {
            path: path.clone(),
            who: who.to_owned(),
        });
        self.leaves.push((path, value.clone()));
    }
}

/// Replaces `"dial.x"` and `"dial.x * 0.5"` by numbers in the tables whose fields take numbers.
pub(crate) fn fold_dials(tree: &mut Node, dials: &[(String, Num)], out: &mut Vec<Diagnostic>) {
    for table in ["time", "legend", "mechanics"] {
        if let Some(node) = tree.get_mut(table) {
            fold(node, dials, out);
        }
    }
}

fn fold(node: &mut Node, dials: &[(String, Num)], out: &mut Vec<Diagnostic>) {
    let span = node.span;
    match &mut node.data {
        Data::List(items) => items.iter_mut().for_each(|item| fold(item, dials, out)),
        // `end` and `says` are texts.
        Data::Table(entries) => {
            entries
                .iter_mut()
                .filter(|(k, _)| k != "end" && k != "says")
                .for_each(|(_, value)| fold(value, dials, out));
        }
        Data::Text(text) if text.starts_with("dial.") => match folded(text, dials) {
            Ok(n) => {
                node.data = if n % ONE == 0 {
                    Data::Int(n / ONE)
                } else {
                    Data::Num(n)
                }
            }
            Err((code, message, help)) => {
                out.push(Diagnostic::error(code, span, message, help));
                node.data = Data::Int(0);
            }
        },
        _ => {}
    }
}

fn folded(text: &str, dials: &[(String, Num)]) -> Result<Num, (&'static str, String, String)> {
    let rest = text.strip_prefix("dial.").unwrap_or(text);
    let end = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(rest.len());
    let (name, rest) = (&rest[..end], rest[end..].trim());
    let Some((_, value)) = dials.iter().find(|(n, _)| n == name) else {
        let help = suggest(name, dials.iter().map(|(n, _)| n.as_str()));
        return Err((
            "E103",
            format!("there is no dial `{name}` that is a number"),
            help,
        ));
    };
    if rest.is_empty() {
        return Ok(*value);
    }
    let form = || {
        (
            "E201",
            format!("`{text}` is neither a dial nor a dial times a number"),
            format!("write `dial.{name} * 0.5`"),
        )
    };
    let factor = rest.strip_prefix('*').map(str::trim).ok_or_else(form)?;
    let factor = millionths(factor).map_err(|_| form())?;
    let product = i128::from(*value) * i128::from(factor) / i128::from(ONE);
    Num::try_from(product).map_err(|_| {
        (
            "E201",
            format!("`{text}` is out of range"),
            format!("the dial is {}", decimal(*value)),
        )
    })
}
