//! Hidden causes and visible factors: what nobody sees must not be told by a text, an end or a mask (E412), and what defines a
//! cell must show before the first opportunity (E410).
//!
//! **Invariant.** Reads the tree only. A cause is an arena variable with `seen = "none"`, or a variable of things that no look code
//! shows and that arms set differently.

use super::arms::{ArmPlan, Factor};
use super::ast::EffectKind;
use super::check_rules::names_in;
use super::doc::Node;
use super::names::Text;
use super::parse;
use super::read::Reader;
use super::text::{Quotes, text_at};
use crate::mechanics::ALL;

/// Patches of factor levels and arms.
fn patches(tree: &Node) -> impl Iterator<Item = &Node> {
    let of = |table: &str| tree.get(table).map_or(&[][..], Node::entries).iter();
    let levels = of("factors").flat_map(|(_, factor)| factor.entries());
    levels
        .chain(of("arms"))
        .filter_map(|(_, patch)| patch.get("set"))
}

/// Names of the variables of things that no look code shows.
fn unseen_of_things(tree: &Node) -> impl Iterator<Item = &str> {
    let things = tree.get("things").map_or(&[][..], Node::entries);
    things.iter().flat_map(|(_, thing)| {
        let look = thing.get("look").and_then(Node::text);
        let vars = thing.get("vars").map_or(&[][..], Node::entries);
        let names = vars.iter().map(|(name, _)| name.as_str());
        names.filter(move |name| Some(*name) != look)
    })
}

/// Whether a patch sets a variable of things: in the legend, or how it begins.
fn sets_of_things(set: &Node, name: &str) -> bool {
    let legend = set.get("legend").map_or(&[][..], Node::entries);
    let things = set.get("things").map_or(&[][..], Node::entries);
    legend.iter().any(|(_, entry)| entry.get(name).is_some())
        || things
            .iter()
            .any(|(_, thing)| thing.at(&format!("vars.{name}")).is_some())
}

/// Names of the causes of a file.
fn causes(tree: &Node) -> Vec<&str> {
    let seen = |node: &Node| node.get("seen").is_none_or(|s| s.text() == Some("none"));
    let entries = tree.get("vars").map_or(&[][..], Node::entries);
    let arena = entries
        .iter()
        .filter(|(_, node)| seen(node))
        .map(|(name, _)| name.as_str());
    let things =
        unseen_of_things(tree).filter(|name| patches(tree).any(|set| sets_of_things(set, name)));
    arena.chain(things).collect()
}

/// Refuses `time.end` and rules with `finish` or `next_round` that read a cause.
pub(crate) fn check_ends(tree: &Node, source: &str, reader: &mut Reader<'_>) {
    let causes = causes(tree);
    if let Some(end) = tree.at("time.end") {
        let used = end.text().map(names_in).unwrap_or_default();
        if let Some(cause) = causes.iter().find(|c| used.iter().any(|u| u == *c)) {
            let message = format!("time.end reads `{cause}`, which nobody sees (seen = \"none\")");
            reader.error(
                "E412",
                end.span,
                message,
                "end on what agents can see, or set `seen = \"all\"`",
            );
        }
    }
    let laws = tree.at("mechanics.law").map_or(&[][..], Node::entries);
    for (name, when) in laws.iter().filter_map(|(n, l)| Some((n, l.get("when")?))) {
        let used = when.text().map(names_in).unwrap_or_default();
        if let Some(cause) = causes.iter().find(|c| used.iter().any(|u| u == *c)) {
            let message = format!(
                "mechanics.law.{name}.when reads `{cause}`, which nobody sees (seen = \"none\")"
            );
            let help = "let the law hold by what agents can see, or set `seen = \"all\"`";
            reader.error("E412", when.span, message, help);
        }
    }
    for (_, block) in tree.get("rules").map_or(&[][..], Node::entries) {
        let base = text_at(
            source,
            block,
            Quotes::Literal,
            "rules",
            &mut Reader::new(&[]),
        );
        let (Some(text), Some(base)) = (block.text(), base) else {
            continue;
        };
        for rule in parse::rules(Text::new(text, base), &mut Vec::new()) {
            let ends = |kind: &EffectKind| {
                // The last round's end is the episode's.
                matches!(kind, EffectKind::Call(call) if ["finish", "next_round"].contains(&call.name.text.as_str()))
            };
            let Some(finish) = rule.effects.iter().find(|e| ends(&e.kind)) else {
                continue;
            };
            let Some(when) = &rule.when else { continue };
            let used = source
                .get(when.span.start..when.span.end)
                .map(names_in)
                .unwrap_or_default();
            if let Some(cause) = causes.iter().find(|c| used.iter().any(|u| u == *c)) {
                let message = format!(
                    "this rule ends the episode from `{cause}`, which nobody sees (seen = \"none\")"
                );
                reader.error(
                    "E412",
                    finish.span,
                    message,
                    "end on what agents can see, or set `seen = \"all\"`",
                );
            }
        }
    }
}

/// Refuses patches that change a cause together with a text that somebody reads.
pub(crate) fn check_texts(
    tree: &Node,
    factors: &[Factor],
    arms: &[ArmPlan],
    reader: &mut Reader<'_>,
) {
    let causes = causes(tree);
    let levels = factors.iter().flat_map(|f| {
        f.levels
            .iter()
            .map(move |(l, node)| (format!("factor {}, level {l},", f.name), node))
    });
    let patches = levels.chain(arms.iter().map(|a| (format!("arm {}", a.name), &a.node)));
    for (who, patch) in patches {
        let Some(set) = patch.get("set") else {
            continue;
        };
        let moved = set
            .get("vars")
            .map_or(&[][..], Node::entries)
            .iter()
            .map(|(name, _)| name.as_str())
            .find(|name| causes.contains(name));
        let of_things = || {
            causes
                .iter()
                .copied()
                .find(|name| sets_of_things(set, name))
        };
        let Some(cause) = moved.or_else(of_things) else {
            continue;
        };
        for text in shown_texts(set) {
            let key = text.text().unwrap_or_default();
            let reveals = tree
                .at(&format!("texts.{key}.reveals"))
                .is_some_and(|n| n.data == super::doc::Data::Bool(true));
            if !reveals {
                let message = format!(
                    "{who} changes `{cause}`, which nobody sees, and shows the text `{key}` with it"
                );
                let help = format!(
                    "write `{key} = {{ text = \"…\", reveals = true }}` if the text is meant to tell it"
                );
                reader.error("E412", text.span, message, help);
            }
        }
    }
}

/// Texts that a patch shows: what roles are told, what signs say.
fn shown_texts(set: &Node) -> Vec<&Node> {
    let told = set
        .get("roles")
        .map_or(&[][..], Node::entries)
        .iter()
        .filter_map(|(_, role)| role.get("told"));
    let signs = set
        .at("mechanics.signs")
        .map_or(&[][..], Node::entries)
        .iter()
        .filter_map(|(_, sign)| sign.get("text"));
    told.chain(signs).collect()
}

/// Each factor that the primary names changes something that the role under test can observe before its first opportunity.
pub(crate) fn check_factors(
    tree: &Node,
    primary: &Node,
    factors: &[Factor],
    reader: &mut Reader<'_>,
) {
    let Some(opportunity) = primary.get("opportunity").and_then(Node::text) else {
        return;
    };
    let role = focal_role(tree);
    for field in ["threat", "needed", "at"] {
        for (name, node) in primary.get(field).map_or(&[][..], Node::entries) {
            let Some(factor) = factors.iter().find(|f| f.name == *name) else {
                continue;
            };
            let shows = factor
                .levels
                .iter()
                .filter_map(|(_, l)| l.get("set"))
                .any(|set| shows(tree, set, opportunity));
            if !shows {
                let message = format!(
                    "factor `{name}` changes nothing that `{role}` can observe before the first opportunity (`{opportunity}`)"
                );
                reader.error(
                    "E410",
                    node.key,
                    message,
                    "show it by a mark, a sign, `told` or `seen`",
                );
            }
        }
    }
}

fn focal_role(tree: &Node) -> &str {
    let roles = tree.get("roles").map_or(&[][..], Node::entries);
    let focal = roles
        .iter()
        .find(|(_, r)| r.get("focal").and_then(Node::num).is_some_and(|n| n > 0));
    focal
        .or(roles.first())
        .map_or("agents", |(name, _)| name.as_str())
}

/// Whether a patch changes what can be seen: the map, texts, signs, windows, seen variables, and causes that are revealed by the
/// mechanic of the opportunity itself.
fn shows(tree: &Node, set: &Node, opportunity: &str) -> bool {
    set.entries()
        .iter()
        .any(|(table, patch)| match table.as_str() {
            "legend" | "maps" | "layers" | "texts" | "roles" => true,
            "mechanics" => patch.get("signs").is_some(),
            "vars" => patch.entries().iter().any(|(name, changed)| {
                let var = tree.at(&format!("vars.{name}"));
                let seen = var
                    .and_then(|v| v.get("seen"))
                    .is_some_and(|s| s.text() != Some("none"))
                    || changed.get("seen").is_some();
                let revealed = var.and_then(|v| v.get("revealed_by")).and_then(Node::text);
                seen || revealed
                    .is_some_and(|event| event == opportunity || same_mechanic(event, opportunity))
            }),
            _ => false,
        })
}

/// Events of one mechanic come in one tick (`said` before `heard`).
fn same_mechanic(a: &str, b: &str) -> bool {
    let gives = |def: &crate::mechanics::MechanicDef, event: &str| {
        def.events.iter().any(|(name, _)| *name == event)
    };
    ALL.iter().any(|def| gives(def, a) && gives(def, b))
}
