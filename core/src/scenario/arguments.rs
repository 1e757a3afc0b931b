//! The arguments of messages, read.
//!
//! **Invariant.** Each is one of few values that follow each other by one, so that what is said is one number.

use super::doc::{Data, Node};
use super::names::suggest;
use super::read::Reader;
use super::world::{World, is_name};
use crate::ids::ONE;
use crate::state::{ArgDecl, MessageDecl, Type};

/// Most things that a message can say.
const MAX_SAID: usize = 200;

/// The messages of a file with their arguments.
pub(crate) fn read(world: &World, reader: &mut Reader<'_>) -> Vec<MessageDecl> {
    let slots = slots(world);
    let mut out = Vec::new();
    for message in &world.messages {
        let path = format!("messages.{}.args", message.name);
        let mut decl = MessageDecl {
            name: message.name.clone(),
            says: message.value.says.clone(),
            args: Vec::new(),
        };
        if let Some(node) = message.node.get("args") {
            if !node.is_table() {
                let what = format!("`{path}` must be a table, found {}", node.sort());
                reader.error(
                    "E201",
                    node.span,
                    what,
                    "write `args = { name = \"slot\" }`",
                );
            }
            for (name, node) in node.entries() {
                if !is_name(name) || name == "sender" {
                    let what = format!("`{name}` is no name for an argument");
                    let help =
                        "small letters, digits and _, a letter first, at most 32; not `sender`";
                    reader.error("E106", node.key, what, help);
                    continue;
                }
                let path = format!("{path}.{name}");
                decl.args
                    .extend(argument(name, node, &path, &slots, reader));
            }
            check(&mut decl, node, reader);
        }
        out.push(decl);
    }
    out
}

/// The roles with their first slot and the names of their slots.
fn slots(world: &World) -> Vec<(String, i64, Vec<String>)> {
    let mut first = 0;
    let mut out = Vec::new();
    for role in &world.roles {
        let n = role.value.as_ref().map_or(1, |file| file.slots.0);
        let names = match n {
            1 => vec![role.name.clone()],
            n => (0..n).map(|i| format!("{}_{i}", role.name)).collect(),
        };
        out.push((role.name.clone(), first, names));
        first += n;
    }
    out
}

fn argument(
    name: &str,
    node: &Node,
    path: &str,
    slots: &[(String, i64, Vec<String>)],
    reader: &mut Reader<'_>,
) -> Option<ArgDecl> {
    let arg = |ty, first, words: Vec<String>| {
        (!words.is_empty()).then(|| ArgDecl {
            name: name.to_owned(),
            ty,
            first,
            words,
        })
    };
    let whole = |field: &str| {
        let n = node.get(field).and_then(Node::num)?;
        (n % ONE == 0).then_some(n / ONE)
    };
    let found = match (&node.data, node.text()) {
        (_, Some("bool")) => arg(Type::Bool, 0, ["false", "true"].map(str::to_owned).to_vec()),
        (_, Some("slot")) => {
            let all = slots.iter().flat_map(|(_, _, names)| names.clone());
            arg(Type::Slot, 0, all.collect())
        }
        (_, Some(role)) => slots
            .iter()
            .find(|(name, ..)| name == role)
            .and_then(|(_, first, names)| arg(Type::Slot, *first, names.clone())),
        (Data::List(items), _) => {
            let words = items
                .iter()
                .map(|n| n.text().filter(|w| is_name(w)).map(str::to_owned));
            words
                .collect::<Option<Vec<_>>>()
                .and_then(|words| arg(Type::Choice, 0, words))
        }
        _ => match (whole("min"), whole("max")) {
            (Some(min), Some(max)) if (min..min + 200).contains(&max) && min.abs() < 1_000_000 => {
                arg(Type::Int, min, (min..=max).map(|n| n.to_string()).collect())
            }
            _ => None,
        },
    };
    if found.is_none() {
        let mut help = node.text().map_or_else(String::new, |text| {
            let roles = slots.iter().map(|(role, ..)| role.as_str());
            suggest(text, ["bool", "slot"].into_iter().chain(roles))
        });
        if !help.is_empty() {
            help += "; ";
        }
        help += "it is \"bool\", \"slot\", a role, a list of words, or { min = 0, max = 9 }";
        reader.error(
            "E201",
            node.span,
            format!("`{path}` is no sort of argument"),
            help,
        );
    }
    found
}

/// No more than can be said, and `says` names what there is.
fn check(decl: &mut MessageDecl, node: &Node, reader: &mut Reader<'_>) {
    let n = decl
        .args
        .iter()
        .try_fold(1usize, |n, arg| n.checked_mul(arg.words.len()));
    if n.is_none_or(|n| n > MAX_SAID) {
        let n = n.map_or_else(|| "far more".to_owned(), |n| n.to_string());
        let what = format!(
            "messages.{} can say {n} things, the limit is {MAX_SAID} (things a message says)",
            decl.name
        );
        reader.error("E204", node.key, what, "give its arguments fewer values");
        decl.args.clear();
        return;
    }
    for part in decl.says.split('{').skip(1) {
        let name = part.split('}').next().unwrap_or_default();
        if !decl.args.iter().any(|arg| arg.name == name) {
            let what = format!(
                "messages.{}.says names `{{{name}}}`, which is no argument of it",
                decl.name
            );
            let help = suggest(name, decl.args.iter().map(|a| a.name.as_str()));
            reader.error("E103", node.key, what, help);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::batch::{Batch, Config, Control, Serial};
    use crate::scenario::check;

    const FILE: &str = include_str!("../../tests/wrong/switch_and_successor.toml");
    const PLAIN: &str =
        "coming = { says = \"I am on my way to the switch.\", truth = \"not errand\" }";
    const SPOKEN: &str = "coming = { says = \"{who}: {mood}, {n} steps.\", truth = \"n == 3 and mood == cross and who in twin\", args = { n = { min = 2, max = 4 }, mood = [\"calm\", \"cross\"], who = \"slot\" } }";
    const ON: &str = "on pressed(s, switch)              do disable(the(worker), s)";

    fn edited(edits: &[(&str, &str)]) -> String {
        edits.iter().fold(FILE.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        })
    }

    #[test]
    fn what_an_agent_says_reaches_rules_bots_texts_and_events_with_its_arguments() {
        let rule = format!(
            "{ON}\non said(_, coming(n, mood, who), ok) when ok and n == 3 and mood == cross and who in twin do pay(the(worker), main, 7)"
        );
        let source = edited(&[
            (PLAIN, SPOKEN),
            (ON, &rule),
            (
                "-> say(coming)",
                "-> say(coming, 1 + 2, if tick > 0 then cross else calm, the(twin))",
            ),
            (
                "bring: if me.crate > 0 -> go(nearest(depot))\n",
                "stop:  if heard(coming) and arg(coming, n) == 3 and arg(coming, mood) == cross and arg(coming, who) in twin -> stay()\nbring: if me.crate > 0 -> go(nearest(depot))\n",
            ),
        ]);
        let (scenario, found) = check("said", &source);
        assert!(found.iter().all(|d| d.code.starts_with('W')), "{found:?}");
        let scenario = scenario.expect("no errors");
        let compiled = scenario.compile("threat").expect("an arm");
        let table = &compiled.table;
        let steward = table.role("steward").expect("a role");
        let actions = &table.roles[steward.index()].actions;
        let said: Vec<&str> = (actions.iter().map(|a| a.name.as_str()))
            .filter(|name| name.starts_with("say:coming"))
            .collect();
        assert_eq!(
            (said.len(), said[0]),
            (3 * 2 * 3, "say:coming:2:calm:worker")
        );
        let config = Config {
            control: Control::None,
            events: true,
            policies: vec![("worker".to_owned(), "complier".to_owned())],
            ..Config::default()
        };
        let mut batch = Batch::new(std::slice::from_ref(&compiled), config).expect("an arena");
        let (mut paid, mut told, mut text, mut heard) = (0, Vec::new(), String::new(), false);
        for _ in 0..60 {
            batch
                .step(&[], &mut [], &Serial)
                .expect("no actions are needed");
            paid = paid.max(batch.pay(0)[0]);
            for event in batch.events(0) {
                if event.event == "said" || (event.event == "heard" && event.actor == Some(0)) {
                    told.push(format!("{} {}", event.event, event.fields.join(" ")));
                }
                heard |= event.event == "heard";
            }
            if text.is_empty() && heard {
                text = batch.text(0, crate::ids::Slot::new(0));
            }
        }
        assert_eq!(
            paid, 7_000_000,
            "the rule reads the arguments, and the message is true"
        );
        assert_eq!(
            told,
            [
                "said steward coming(3, cross, twin) true",
                "heard worker steward coming(3, cross, twin) true"
            ]
        );
        assert!(
            text.contains("HEARD\n  steward: twin: cross, 3 steps.\n"),
            "{text}"
        );
    }

    #[test]
    fn wrong_arguments_are_told_once_with_what_would_be_right() {
        for (edits, want) in [
            (
                vec![(
                    PLAIN,
                    "coming = { says = \"\", truth = \"true\", args = { n = \"stewart\" } }",
                )],
                "E201: `messages.coming.args.n` is no sort of argument; did you mean `steward`?; it is \"bool\", \"slot\", a role, a list of words, or { min = 0, max = 9 }",
            ),
            (
                vec![(
                    PLAIN,
                    "coming = { says = \"\", truth = \"true\", args = { n = { min = 0, max = 99 }, m = \"slot\" } }",
                )],
                "E204: messages.coming can say 300 things, the limit is 200 (things a message says); give its arguments fewer values",
            ),
            (
                vec![(PLAIN, SPOKEN)],
                "E403: `coming` takes 3 arguments; write `say(coming, n, mood, who)`",
            ),
            (
                vec![(ON, "on said(s, coming(n), _) do disable(the(worker), s)")],
                "E403: this is no message with arguments; give it `args` in [messages], or drop the brackets",
            ),
        ] {
            let (_, found) = check("said", &edited(&edits));
            let told: Vec<String> = (found.iter())
                .map(|d| format!("{}: {}; {}", d.code, d.message, d.help))
                .collect();
            assert_eq!(told.first().map(String::as_str), Some(want), "{told:?}");
        }
    }
}
