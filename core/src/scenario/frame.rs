//! What surrounds the world: question, control agents, measures, exits, checks, captions, skins; read once from the base file.
//!
//! **Invariant.** Nothing here enters a compiled world: it is for people, plans and reports.

use super::arms::{ArmPlan, At, Factor, read_at};
use super::compile::kind_of;
use super::doc::{Data, Node};
use super::file::{
    BotFile, BotWord, CheckFile, Demand, ExitFile, MeasuresFile, QuestionFile, Senses, SkinFile,
};
use super::measured::{check_controls, check_primary, measure};
use super::names::suggest;
use super::read::Reader;
use super::world::{Named, each};
use super::{BotInfo, Measures, Question};
use crate::diagnostic::Span;

/// Ids of MEASURES.md that a file may name.
pub(crate) const MEASURE_IDS: [&str; 34] = [
    "A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A8.loss", "A9", "B1", "B2", "B3", "B4", "B5",
    "B6", "B7", "B8", "C1", "C2", "C3", "C4", "C4.goals", "C5", "C6", "C7", "C8", "D1", "D2", "D3",
    "D4", "D5", "D6", "rate",
];
/// Tables that every file has.
pub(crate) const COMPULSORY: [&str; 12] = [
    "format",
    "question",
    "time",
    "layers",
    "roles",
    "maps",
    "legend",
    "mechanics",
    "rewards",
    "arms",
    "bots",
    "measures",
];
/// All tables.
const TABLES: [&str; 26] = [
    "format",
    "question",
    "time",
    "dials",
    "vars",
    "goals",
    "layers",
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
    "bots",
    "measures",
    "exits",
    "checks",
    "skins",
    "captions",
];

/// What the base file says beside its world.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    pub(crate) question: Question,
    pub(crate) bots: Vec<BotInfo>,
    pub(crate) measures: Measures,
    pub(crate) captions: Vec<(String, String)>,
}

impl Frame {
    /// The primary's own cell: `needed` with `at`.
    pub(crate) fn own_cell(&self) -> Vec<(String, String)> {
        let primary = &self.measures.primary;
        [primary.needed.clone(), primary.at.clone()].concat()
    }
}

/// The version of the file, and that all tables are there.
pub(crate) fn check_top(tree: &Node, source: &str, reader: &mut Reader<'_>) {
    for (name, node) in tree.entries() {
        if !TABLES.contains(&name.as_str()) && name != "pools" {
            reader.error(
                "E101",
                node.key,
                format!("a scenario has no table `{name}`"),
                suggest(name, TABLES),
            );
        }
    }
    let exits = tree.get("exits").is_none().then_some("exits");
    let misspelt = |name: &str| {
        let strangers = tree
            .entries()
            .iter()
            .map(|(n, _)| n.as_str())
            .filter(|n| !TABLES.contains(n));
        super::names::nearest(name, strangers).is_some()
    };
    let missing: Vec<&str> = COMPULSORY
        .into_iter()
        .filter(|n| tree.get(n).is_none())
        .chain(exits)
        .filter(|n| !misspelt(n))
        .collect();
    let tables: Vec<String> = missing
        .iter()
        .filter(|n| **n != "format")
        .map(|n| format!("[{n}]"))
        .collect();
    // The first character: an empty file has none, and one message is enough for it.
    let first = source.chars().next().map_or(0, char::len_utf8);
    if missing.contains(&"format") && first > 0 {
        reader.error(
            "E104",
            Span::default(),
            "the file does not say its format",
            "add `format = 1` at the top",
        );
    }
    // One message for all of them: they all stand at the same place, the file as a whole.
    let (what, help) = match &tables[..] {
        [] => (String::new(), String::new()),
        [one] => (format!("the file has no table {one}"), format!("add {one}")),
        [more @ .., last] => (
            format!("the file has no tables {} and {last}", more.join(", ")),
            "add them; `commonweal new NAME` writes a file that has all".to_owned(),
        ),
    };
    if !what.is_empty() {
        // Not quite the place of a missing `format`, so that both are said.
        let end = if missing.contains(&"format") {
            first
        } else {
            0
        };
        reader.error("E104", Span { start: 0, end }, what, help);
    }
    if let Some(node) = tree.get("format").filter(|n| n.data != Data::Int(1)) {
        reader.error(
            "E201",
            node.span,
            "`format` must be 1: it is the only one that there is",
            "write `format = 1`",
        );
    }
}

/// Reads everything that is not the world.
pub(crate) fn read(
    tree: &Node,
    factors: &[Factor],
    arms: &[ArmPlan],
    reader: &mut Reader<'_>,
) -> Frame {
    let mut frame = Frame::default();
    if let Some(file) = tree
        .get("question")
        .and_then(|n| reader.read::<QuestionFile>(n, "question"))
    {
        frame.question = Question {
            title: file.title,
            asks: file.asks,
            hypothesis: file.hypothesis,
            threat: file.threat,
            rules_in: file.rules_in,
            rules_out: file.rules_out,
            demand: if file.demand == Demand::None {
                "none"
            } else {
                "cooperation"
            }
            .to_owned(),
        };
    }
    let bots: Vec<Named<Option<BotFile>>> = each(tree, "bots", &mut Reader::new(&[]));
    frame.bots = bots
        .iter()
        .filter_map(|b| bot_info(b, tree, factors, reader))
        .collect();
    if let Some(node) = tree.get("measures") {
        let before = reader.out.len();
        let file = reader.read::<MeasuresFile>(node, "measures");
        frame.measures.shown_only = file.as_ref().is_some_and(|file| !file.gated);
        let whole = file.is_some();
        let one = |node: Option<&Node>, path: &str, reader: &mut Reader<'_>| {
            node.and_then(|n| measure(n, path, tree, factors, arms, reader))
        };
        frame.measures.primary =
            one(node.get("primary"), "measures.primary", reader).unwrap_or_default();
        let also = node.get("also").map_or(&[][..], Node::items);
        frame.measures.also = also
            .iter()
            .enumerate()
            .filter_map(|(i, n)| one(Some(n), &format!("measures.also[{i}]"), reader))
            .collect();
        frame.measures.competence = one(node.get("competence"), "measures.competence", reader);
        if whole && reader.out.len() == before {
            check_primary(tree, node, &frame, factors, arms, reader);
        }
    }
    check_controls(tree, &bots, &frame, reader);
    for exit in each::<ExitFile>(tree, "exits", reader) {
        let Some(file) = exit.value else { continue };
        let path = format!("exits.{}", exit.name);
        check_bot_arm(&exit.node, &file.bot, &file.arm, &path, tree, arms, reader);
        read_at(
            exit.node.get("at"),
            factors,
            false,
            &format!("{path}.at"),
            reader,
        );
        check_channels(exit.node.get("at_least"), &path, tree, reader);
        if file.at_least.is_some() == file.pays_nothing {
            let message = format!("[{path}] needs either `at_least` or `pays_nothing = true`");
            reader.error("E104", exit.node.key, message, "say what the exit earns");
        }
    }
    for check in each::<CheckFile>(tree, "checks", reader) {
        let Some(file) = check.value else { continue };
        let path = format!("checks.{}", check.name);
        check_bot_arm(&check.node, &file.bot, &file.arm, &path, tree, arms, reader);
        read_at(
            check.node.get("at"),
            factors,
            false,
            &format!("{path}.at"),
            reader,
        );
        check_channels(check.node.get("return_at_least"), &path, tree, reader);
        check_channels(check.node.get("return_at_most"), &path, tree, reader);
        if file.return_at_least.is_none()
            && file.return_at_most.is_none()
            && file.event.is_none()
            && file.never.is_none()
        {
            let message = format!("[{path}] asserts nothing");
            reader.error(
                "E104",
                check.node.key,
                message,
                "add `return_at_least`, `return_at_most`, `event` or `never`",
            );
        }
    }
    for (name, node) in tree.get("captions").map_or(&[][..], Node::entries) {
        match node.text() {
            Some(text) => frame.captions.push((name.clone(), text.to_owned())),
            None => reader.error(
                "E201",
                node.span,
                format!("`captions.{name}` must be text, found {}", node.sort()),
                "write a text in quotes",
            ),
        }
    }
    check_skins(tree, reader);
    frame
}

fn bot_info(
    bot: &Named<Option<BotFile>>,
    tree: &Node,
    factors: &[Factor],
    reader: &mut Reader<'_>,
) -> Option<BotInfo> {
    let file = bot.value.as_ref()?;
    let path = format!("bots.{}", bot.name);
    let roles: Vec<&str> = names_of(tree, "roles");
    match &file.role {
        Some(role) if !roles.contains(&role.as_str()) => {
            let at = bot.node.get("role").map_or(bot.node.key, |n| n.span);
            reader.error(
                "E103",
                at,
                format!("{path}.role names `{role}`, which is no role"),
                suggest(role, roles.iter().copied()),
            );
        }
        None if roles.len() > 1 && file.kind != BotWord::Resident => {
            reader.error(
                "E104",
                bot.node.key,
                format!(
                    "[{path}] needs a field `role`: there are {} roles",
                    roles.len()
                ),
                "add `role = …`",
            );
        }
        _ => {}
    }
    Some(BotInfo {
        name: bot.name.clone(),
        kind: kind_of(file.kind),
        says: file.says.clone().unwrap_or_default(),
        role: file
            .role
            .clone()
            .or_else(|| (roles.len() == 1).then(|| roles[0].to_owned())),
        world: file.senses == Senses::World,
        flagged_in: levels(read_at(
            bot.node.get("flagged_in"),
            factors,
            false,
            &format!("{path}.flagged_in"),
            reader,
        )),
    })
}

pub(super) fn levels(at: At) -> Vec<(String, String)> {
    at.into_iter()
        .filter_map(|(factor, level)| Some((factor, level?)))
        .collect()
}

pub(super) fn names_of<'t>(tree: &'t Node, table: &str) -> Vec<&'t str> {
    tree.get(table)
        .map_or(&[][..], Node::entries)
        .iter()
        .map(|(n, _)| n.as_str())
        .collect()
}

fn check_bot_arm(
    node: &Node,
    bot: &str,
    arm: &str,
    path: &str,
    tree: &Node,
    arms: &[ArmPlan],
    reader: &mut Reader<'_>,
) {
    let bots = names_of(tree, "bots");
    if !bots.contains(&bot) {
        let at = node.get("bot").map_or(node.key, |n| n.span);
        reader.error(
            "E103",
            at,
            format!("{path}.bot names `{bot}`, which is no bot"),
            suggest(bot, bots.iter().copied()),
        );
    }
    if !arms.iter().any(|a| a.name == arm) && names_of(tree, "arms").iter().all(|n| *n != arm) {
        let at = node.get("arm").map_or(node.key, |n| n.span);
        let help = suggest(arm, arms.iter().map(|a| a.name.as_str()));
        reader.error(
            "E103",
            at,
            format!("{path}.arm names `{arm}`, which is no arm"),
            help,
        );
    }
}

fn check_channels(node: Option<&Node>, path: &str, tree: &Node, reader: &mut Reader<'_>) {
    let channels = names_of(tree, "rewards");
    for (name, value) in node.map_or(&[][..], Node::entries) {
        if !channels.contains(&name.as_str()) {
            let help = suggest(name, channels.iter().copied());
            reader.error(
                "E103",
                value.key,
                format!("{path} names `{name}`, which is no channel in [rewards]"),
                help,
            );
        } else if value.num().is_none() {
            reader.error(
                "E201",
                value.span,
                format!("`{path}` must give a number, found {}", value.sort()),
                "write a number",
            );
        }
    }
}

/// A skin's words cover every kind, role, verb and message.
fn check_skins(tree: &Node, reader: &mut Reader<'_>) {
    for skin in each::<SkinFile>(tree, "skins", reader) {
        if skin.value.is_none_or(|s| s.words.is_none()) {
            continue;
        }
        let Some(words) = skin.node.get("words") else {
            continue;
        };
        let mut needed: Vec<&str> = names_of(tree, "roles");
        needed.extend(names_of(tree, "messages"));
        let layers = tree.get("layers").map_or(&[][..], Node::entries);
        needed.extend(
            layers
                .iter()
                .flat_map(|(_, kinds)| kinds.items())
                .filter_map(Node::text),
        );
        if let Some(name) = needed.iter().find(|n| words.get(n).is_none()) {
            let message = format!("skins.{}.words has no word for `{name}`", skin.name);
            reader.error(
                "E104",
                words.key,
                message,
                "give a word for every kind, role, verb and message",
            );
        }
    }
}
