//! Factors and arms: which cells there are, and the patched tree of each.
//!
//! **Invariant.** Cells stand in file order, the primary's own first; a cell's tree depends on the file and the cell alone.

use super::doc::Node;
use super::file::{ArmFile, ArmWord, LevelFile};
use super::names::suggest;
use super::patch::Patched;
use super::read::Reader;
use super::world::{Named, each, limit};
use super::{Arm, ArmKind};
use crate::diagnostic::Diagnostic;

/// A factor and its levels.
#[derive(Clone, Debug)]
pub(crate) struct Factor {
    pub(crate) name: String,
    /// Level names and what they set.
    pub(crate) levels: Vec<(String, Node)>,
}

impl Factor {
    pub(crate) fn has(&self, level: &str) -> bool {
        self.levels.iter().any(|(n, _)| n == level)
    }
    fn level_names(&self) -> impl Iterator<Item = &str> + Clone {
        self.levels.iter().map(|(n, _)| n.as_str())
    }
}

/// Factor → level, or `None` for all levels.
pub(crate) type At = Vec<(String, Option<String>)>;

/// An arm as read.
#[derive(Clone, Debug)]
pub(crate) struct ArmPlan {
    pub(crate) name: String,
    pub(crate) node: Node,
    pub(crate) file: ArmFile,
    /// Names of the arms that it builds on, the first one first; itself last.
    pub(crate) line: Vec<String>,
    pub(crate) at: At,
}

/// Reads `[factors]`.
pub(crate) fn read_factors(tree: &Node, reader: &mut Reader<'_>) -> Vec<Factor> {
    let mut out = Vec::new();
    for (name, node) in tree.get("factors").map_or(&[][..], Node::entries) {
        let levels: Vec<(String, Node)> = node
            .entries()
            .iter()
            .map(|(level, node)| {
                let _: Option<LevelFile> = reader.read(node, &format!("factors.{name}.{level}"));
                (level.clone(), node.clone())
            })
            .collect();
        if levels.is_empty() {
            reader.error(
                "E104",
                node.key,
                format!("factor `{name}` has no levels"),
                "write `[factors.<name>]` with `<level> = {}`",
            );
        } else {
            out.push(Factor {
                name: name.clone(),
                levels,
            });
        }
    }
    out
}

/// Most arms of a file.
pub(crate) const MAX_ARMS: usize = 16;

/// Reads factor → level (`"*"` for all where `stars`), checks both, and puts it into the order of the factors.
pub(crate) fn read_at(
    node: Option<&Node>,
    factors: &[Factor],
    stars: bool,
    path: &str,
    reader: &mut Reader<'_>,
) -> At {
    let mut out: At = Vec::new();
    let Some(node) = node else { return out };
    for (name, value) in node.entries() {
        let Some(factor) = factors.iter().find(|f| f.name == *name) else {
            let help = suggest(name, factors.iter().map(|f| f.name.as_str()));
            reader.error(
                "E503",
                value.key,
                format!("{path} names `{name}`, which is no factor"),
                help,
            );
            continue;
        };
        match value.text() {
            Some("*") if stars => out.push((name.clone(), None)),
            Some(level) if factor.has(level) => out.push((name.clone(), Some(level.to_owned()))),
            _ => {
                let level = value.text().unwrap_or_default();
                let help = suggest(level, factor.level_names());
                reader.error(
                    "E503",
                    value.span,
                    format!("{path}: factor `{name}` has no level `{level}`"),
                    help,
                );
            }
        }
    }
    out.sort_by_key(|(name, _)| factors.iter().position(|f| f.name == *name));
    out
}

/// Reads `[arms]`.
pub(crate) fn read_arms(tree: &Node, factors: &[Factor], reader: &mut Reader<'_>) -> Vec<ArmPlan> {
    let entries: Vec<Named<Option<ArmFile>>> = each(tree, "arms", reader);
    let names: Vec<String> = entries.iter().map(|e| e.name.clone()).collect();
    let mut out: Vec<ArmPlan> = Vec::new();
    for (i, entry) in entries.into_iter().enumerate() {
        let Some(file) = entry.value else { continue };
        let path = format!("arms.{}", entry.name);
        let mut at = read_at(
            entry.node.get("at"),
            factors,
            true,
            &format!("{path}.at"),
            reader,
        );
        let mut line = Vec::new();
        if let Some(base) = &file.base {
            let span = entry.node.get("base").map_or(entry.node.key, |n| n.span);
            match out.iter().find(|a| a.name == *base) {
                Some(base) => {
                    line.clone_from(&base.line);
                    let given: Vec<String> = at.iter().map(|(f, _)| f.clone()).collect();
                    at.extend(base.at.iter().filter(|(f, _)| !given.contains(f)).cloned());
                    at.sort_by_key(|(name, _)| factors.iter().position(|f| f.name == *name));
                }
                // It was misread, which was told at its own place.
                None if names[..i].contains(base) => {}
                None if names.contains(base) => {
                    let help = "an arm builds on one that stands above it";
                    reader.error(
                        "E103",
                        span,
                        format!("{path}.base names `{base}`, which stands below"),
                        help,
                    );
                }
                None => {
                    let help = suggest(base, names.iter().map(String::as_str));
                    reader.error(
                        "E103",
                        span,
                        format!("{path}.base names `{base}`, which is no arm"),
                        help,
                    );
                }
            }
        }
        line.push(entry.name.clone());
        out.push(ArmPlan {
            name: entry.name,
            node: entry.node,
            file,
            line,
            at,
        });
    }
    limit(names.len(), MAX_ARMS, "arms", tree.get("arms"), reader);
    for (kind, word) in [
        (ArmWord::Treatment, "treatment"),
        (ArmWord::Control, "control"),
    ] {
        let Some(table) = tree.get("arms") else { break };
        if !out.iter().any(|a| a.file.kind == kind) && out.len() == names.len() {
            let at = table.key;
            reader.error(
                "E104",
                at,
                format!("no arm has `kind = \"{word}\"`"),
                "a scenario needs a treatment and a control arm",
            );
        }
    }
    out
}

/// The cells of an arm; `own` is the primary's own cell.
pub(crate) fn cells(
    plan: &ArmPlan,
    factors: &[Factor],
    own: &[(String, String)],
) -> Vec<Vec<(String, String)>> {
    let mut out: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for factor in factors {
        let chosen = plan
            .at
            .iter()
            .find(|(name, _)| *name == factor.name)
            .map(|(_, level)| level);
        let levels: Vec<&str> = match chosen {
            Some(Some(level)) => vec![level.as_str()],
            Some(None) => factor.level_names().collect(),
            None => factor.level_names().take(1).collect(),
        };
        let longer = |cell: &Vec<(String, String)>| {
            let with = |level: &&str| {
                [
                    cell.clone(),
                    vec![(factor.name.clone(), (*level).to_owned())],
                ]
                .concat()
            };
            levels.iter().map(with).collect::<Vec<_>>()
        };
        out = out.iter().flat_map(longer).collect();
    }
    // The cell that agrees with the primary's in most factors; the first of them.
    let agrees = |cell: &Vec<(String, String)>| own.iter().filter(|l| cell.contains(l)).count();
    let best = (0..out.len())
        .max_by_key(|&i| (agrees(&out[i]), std::cmp::Reverse(i)))
        .unwrap_or(0);
    let first = out.remove(best);
    out.insert(0, first);
    out
}

/// The arm as the callers see it.
pub(crate) fn arm(plan: &ArmPlan, factors: &[Factor], own: &[(String, String)]) -> Arm {
    let kind = match plan.file.kind {
        ArmWord::Treatment => ArmKind::Treatment,
        ArmWord::Control => ArmKind::Control,
        ArmWord::Lookalike => ArmKind::Lookalike,
    };
    Arm {
        name: plan.name.clone(),
        kind,
        says: plan.file.says.clone(),
        cells: cells(plan, factors, own),
    }
}

/// The tree of one cell of an arm: the arms that it builds on, factor levels in file order, its own `set`.
pub(crate) fn patched(
    tree: &Node,
    plans: &[ArmPlan],
    plan: &ArmPlan,
    factors: &[Factor],
    cell: &[(String, String)],
    out: &mut Vec<Diagnostic>,
) -> (Node, Patched) {
    let mut tree = tree.clone();
    let mut all = Patched::default();
    for name in &plan.line[..plan.line.len() - 1] {
        if let Some(set) = plans
            .iter()
            .find(|p| p.name == *name)
            .and_then(|p| p.node.get("set"))
        {
            // What the arm itself sets may differ from what its base sets.
            let mut base = Patched::default();
            base.merge(&mut tree, set, &format!("arm {name}"), &mut Vec::new());
            all.added.extend(base.added);
        }
    }
    for (name, level) in cell {
        let set = factors
            .iter()
            .find(|f| f.name == *name)
            .and_then(|f| f.levels.iter().find(|(l, _)| l == level));
        if let Some(set) = set.and_then(|(_, node)| node.get("set")) {
            all.merge(
                &mut tree,
                set,
                &format!("factor {name}, level {level},"),
                out,
            );
        }
    }
    if let Some(set) = plan.node.get("set") {
        all.merge(&mut tree, set, &format!("arm {}", plan.name), out);
    }
    (tree, all)
}
