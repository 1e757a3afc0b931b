//! One patched tree → one [`Compiled`]: fold, read, lay out, compile the texts, hash.
//!
//! **Invariant.** A pure function of the tree, the source text and the rules version. With an error there is no `Compiled`.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::check_rules::{made_by_effects, named_by_the, names_in};
use super::doc::Node;
use super::file::{BotFile, BotWord, DefFile};
use super::map::{MapPlan, read_maps};
use super::names::suggest;
use super::patch::fold_dials;
use super::pools;
use super::programs::Texts;
use super::read::{Added, Reader};
use super::tables::{self, Mentioned, known, want};
use super::text::{Quotes, text_at};
use super::vars::{VarPlan, dial_numbers, read_dials};
use super::world::{Named, World, each};
use super::{Chosen, Compiled};
use crate::bots::BotKind;
use crate::diagnostic::{Diagnostic, Severity};
use crate::rules::{Program, Programs};

/// What is compiled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job<'a> {
    pub(crate) id: &'a str,
    /// LF line ends.
    pub(crate) source: &'a Arc<str>,
    /// The patched tree.
    pub(crate) tree: &'a Node,
    pub(crate) added: &'a [Added],
    /// The cell's name.
    pub(crate) arm: &'a str,
}

/// A script and whose it is.
pub(super) struct Script {
    pub(super) name: String,
    pub(super) file: BotFile,
    pub(super) node: Node,
    /// Text and its place; `None` when it is missing or misquoted.
    pub(super) text: Option<(String, usize)>,
}

/// Compiles one cell of one arm.
pub(crate) fn compile(job: Job<'_>) -> (Option<Compiled>, Vec<Diagnostic>) {
    let mut reader = Reader::new(job.added);
    let dials = read_dials(job.tree, &mut reader);
    let mut tree = job.tree.clone();
    fold_dials(&mut tree, &dial_numbers(&dials), &mut reader.out);
    let world = World::read(&tree, dials, &mut reader);
    if reader.out.iter().any(|d| d.code == "E204") {
        // Nothing is laid out for what the engine does not hold.
        return (None, reader.out);
    }
    let scripts = scripts(&tree, job.source, &mut reader);
    let blocks = rule_blocks(&tree, job.source, &mut reader);
    let defs = definitions(&tree, job.source, &mut reader);
    let role_names: Vec<&str> = world.roles.iter().map(|r| r.name.as_str()).collect();
    let plans = read_maps(&tree, known(&world, &role_names, job.source), &mut reader);
    let pools = pools::read(&tree, &mut reader);
    let mentioned = mentioned(&blocks, &scripts, &defs, &world, &tree);
    let bots: Vec<String> = scripts.iter().map(|s| s.name.clone()).collect();
    let mut table = tables::build(
        &tree,
        &world,
        &plans,
        &bots,
        &mentioned,
        job.source,
        &mut reader,
    );
    let mut out = (Programs::default(), Vec::new(), false);
    table.pools = [&pools.train, &pools.test].map(|pool| numbers(&plans, &pool.maps));
    if world.whole && !plans.is_empty() {
        let texts = Texts {
            world: &world,
            plan: plans.first(),
            tree: &tree,
            source: job.source,
            blocks: &blocks,
            defs: &defs,
        };
        out = texts.compile(&table, &scripts, &mut reader);
    }
    let (programs, bots, has_later) = out;
    check_used(&world, &plans, &mentioned, &tree, &mut reader);
    let diagnostics = reader.out;
    if diagnostics.iter().any(|d| d.severity == Severity::Error) {
        return (None, diagnostics);
    }
    table.has_later = has_later;
    let starts = |inits: &Vec<Program>| inits.iter().map(|p| p.constant().unwrap_or(0)).collect();
    table.thing_starts = programs.thing_init.iter().map(starts).collect();
    let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    let bound = programs.rules.bound(&table);
    table.most_rows = bound.rows.into_iter().map(number).collect();
    (table.later_rows, table.proved) = (number(bound.later), bound.proved);
    for event in 0..table.events.len() {
        if programs.rules.listens(event) {
            want(
                &mut table,
                crate::ids::EventId::new(u16::try_from(event).expect("few events")),
            );
        }
    }
    let chosen = |p: super::world::Picked| Chosen {
        name: p.def.name,
        instance: p.instance,
        mechanic: p.config,
    };
    let compiled = Compiled {
        id: job.id.to_owned(),
        arm: job.arm.to_owned(),
        source: Arc::clone(job.source),
        hash: hash(job.tree),
        table,
        mechanics: world.mechanics.into_iter().map(chosen).collect(),
        programs,
        bots,
    };
    (Some(compiled), diagnostics)
}

/// Kinds and variables that nothing uses. A cell may leave out what another has: the loader keeps what all cells say.
fn check_used(
    world: &World,
    plans: &[MapPlan],
    mentioned: &Mentioned,
    tree: &Node,
    reader: &mut Reader<'_>,
) {
    let mut used = mentioned.names.clone();
    let references = world.mechanics.iter().flat_map(|m| m.config.references());
    used.extend(references.map(|r| match r.name.split_once('.') {
        // A variable of a kind's things.
        Some((_, var)) => var.to_owned(),
        None => r.name,
    }));
    used.extend(
        world
            .roles
            .iter()
            .filter_map(|r| r.value.as_ref()?.look.clone()),
    );
    let on_map = plans
        .iter()
        .flat_map(|p| &p.cells)
        .flat_map(|c| c.kinds.iter().chain(c.maybe.iter().map(|(k, _)| k)));
    let chosen = plans
        .iter()
        .flat_map(|p| p.cells.iter().flat_map(|c| p.chosen(c)));
    let on_map = on_map.chain(chosen);
    used.extend(on_map.map(|k| world.kinds[k.index()].name.clone()));
    for (layer, _) in crate::state::Layer::ALL {
        for node in tree
            .at(&format!("layers.{layer}"))
            .map_or(&[][..], Node::items)
        {
            if let Some(name) = node.text().filter(|n| !used.iter().any(|u| u == n)) {
                let message = format!("nothing uses the kind `{name}`");
                reader.out.push(Diagnostic::warning(
                    "W903",
                    node.span,
                    message,
                    "put it on the map, name it in a rule, or drop it",
                ));
            }
        }
    }
    let hidden =
        |v: &&VarPlan| v.decl.seen == crate::state::Seen::None && !used.contains(&v.decl.name);
    for var in world
        .vars
        .iter()
        .chain(world.role_vars.iter().flatten())
        .chain(world.thing_vars.iter().flatten())
        .filter(hidden)
    {
        let message = format!(
            "nothing uses the variable `{}`, and nobody sees it",
            var.decl.name
        );
        reader.out.push(Diagnostic::warning(
            "W903",
            var.key,
            message,
            "name it in a rule, show it, or drop it",
        ));
    }
}

/// SHA-256 of the canonical JSON of the patched tree, then the rules version as a little-endian u32. Dials stand in it by name and
/// value; arms that patch nothing have equal hashes, since they are the same world.
pub(crate) fn hash(tree: &Node) -> [u8; 32] {
    let mut text = String::new();
    tree.canonical(&mut text);
    let mut sha = Sha256::new();
    sha.update(text.as_bytes());
    sha.update(crate::RULES_VERSION.to_le_bytes());
    sha.finalize().into()
}

fn rule_blocks(tree: &Node, source: &str, reader: &mut Reader<'_>) -> Vec<(String, String, usize)> {
    let mut out = Vec::new();
    for (name, node) in tree.get("rules").map_or(&[][..], Node::entries) {
        let Some(text) = node.text() else {
            let message = format!("`rules.{name}` must be a text, found {}", node.sort());
            reader.error("E201", node.span, message, "write the rules in ''' quotes");
            continue;
        };
        if let Some(base) = text_at(source, node, Quotes::Literal, "rules", reader) {
            out.push((name.clone(), text.to_owned(), base));
        }
    }
    out
}

fn definitions(tree: &Node, source: &str, reader: &mut Reader<'_>) -> Vec<(Named<DefFile>, usize)> {
    let mut out = Vec::new();
    for def in each::<DefFile>(tree, "defs", reader) {
        let (Some(value), Some(is)) = (def.value, def.node.get("is")) else {
            continue;
        };
        if let Some(base) = text_at(source, is, Quotes::Any, "an expression", reader) {
            out.push((
                Named {
                    name: def.name,
                    node: def.node.clone(),
                    value,
                },
                base,
            ));
        }
    }
    out
}

fn scripts(tree: &Node, source: &str, reader: &mut Reader<'_>) -> Vec<Script> {
    let mut out: Vec<Script> = Vec::new();
    let named = each::<BotFile>(tree, "bots", reader);
    let names: Vec<String> = named.iter().map(|b| b.name.clone()).collect();
    for bot in &named {
        let Some(file) = bot.value.clone() else {
            continue;
        };
        let path = format!("bots.{}", bot.name);
        let text = match (&file.script, &file.same_as) {
            (Some(script), None) => bot
                .node
                .get("script")
                .and_then(|node| text_at(source, node, Quotes::Literal, "scripts", reader))
                .map(|base| (script.clone(), base)),
            (None, Some(other)) => {
                let at = bot.node.get("same_as").map_or(bot.node.key, |n| n.span);
                let node = tree.at(&format!("bots.{other}.script"));
                if node.is_none() {
                    let help = suggest(other, names.iter().map(String::as_str));
                    reader.error(
                        "E103",
                        at,
                        format!("{path}.same_as names `{other}`, which is no bot with a script"),
                        help,
                    );
                }
                // Misquoted scripts are complained of at their own bot.
                let mut silent = Reader::new(&[]);
                node.and_then(|n| {
                    Some((
                        n.text()?.to_owned(),
                        text_at(source, n, Quotes::Literal, "scripts", &mut silent)?,
                    ))
                })
            }
            (Some(_), Some(_)) => {
                let at = bot.node.get("same_as").map_or(bot.node.key, |n| n.key);
                reader.error(
                    "E104",
                    at,
                    format!("[{path}] has both `script` and `same_as`"),
                    "keep one of the two",
                );
                None
            }
            (None, None) => {
                reader.error(
                    "E104",
                    bot.node.key,
                    format!("[{path}] needs a field `script` or `same_as`"),
                    "add `script = '''…'''`",
                );
                None
            }
        };
        out.push(Script {
            name: bot.name.clone(),
            file,
            node: bot.node.clone(),
            text,
        });
    }
    out
}

/// Which names the texts mention: kinds that must be reachable, and kinds that need rows.
fn mentioned(
    blocks: &[(String, String, usize)],
    scripts: &[Script],
    defs: &[(Named<DefFile>, usize)],
    world: &World,
    tree: &Node,
) -> Mentioned {
    let mut texts: Vec<&str> = blocks.iter().map(|(_, text, _)| text.as_str()).collect();
    texts.extend(
        scripts
            .iter()
            .filter_map(|s| s.text.as_ref())
            .map(|(text, _)| text.as_str()),
    );
    texts.extend(defs.iter().map(|(d, _)| d.value.is.as_str()));
    texts.extend(world.messages.iter().map(|m| m.value.truth.as_str()));
    let things = || world.thing_vars.iter().flatten();
    texts.extend(
        world
            .vars
            .iter()
            .chain(things())
            .filter_map(|v| v.init.as_ref()?.text()),
    );
    texts.extend(world.time.iter().filter_map(|(t, _)| t.end.as_deref()));
    let goals = tree.get("goals").map_or(&[][..], Node::entries);
    texts.extend(goals.iter().filter_map(|(_, goal)| goal.text()));
    texts.extend(world.mechanics.iter().flat_map(|m| {
        let fields = m.config.expressions().into_iter();
        fields.filter_map(|(field, _)| m.node.get(field)?.text())
    }));
    let mut out = Mentioned::default();
    for text in texts {
        out.names.extend(names_in(text));
        out.by_the.extend(named_by_the(text));
    }
    for (_, text, _) in blocks {
        out.made.extend(made_by_effects(text));
    }
    out
}

/// The numbers of maps by name, ascending.
fn numbers(plans: &[MapPlan], names: &[String]) -> Vec<u8> {
    let named = (0u8..).zip(plans).filter(|(_, p)| names.contains(&p.name));
    named.map(|(number, _)| number).collect()
}

/// The kind of a bot.
pub(crate) fn kind_of(word: BotWord) -> BotKind {
    match word {
        BotWord::Positive => BotKind::Positive,
        BotWord::Negative => BotKind::Negative,
        BotWord::Lookalike => BotKind::Lookalike,
        BotWord::Resident => BotKind::Resident,
        BotWord::Baseline => BotKind::Baseline,
    }
}
