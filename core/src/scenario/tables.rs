//! World and map → [`Table`]: look codes, slots, action lists, layouts in every orientation, thing rows, effects.
//!
//! **Invariant.** Numbers follow the order of the file, and nothing here depends on the host. Limits are checked before anything
//! is laid out.

use super::doc::Node;
use super::layout::{check_reach, check_spawns, lay_out};
use super::map::{Known, MapPlan};
use super::names::suggest;
use super::read::Reader;
use super::roles::roles;
use super::vars::VarPlan;
use super::world::{Picked, World, limit};
use crate::diagnostic::Span;
use crate::ids::EventId;
use crate::mechanics::{LookStates, Reference, Sort};
use crate::state::{Channel, Kind, Layer, Looks, OUTSIDE, Seen, Table, TextDecl, Time, Type};

/// The names that texts of the rule language mention, and those that stand in `the(…)`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mentioned {
    pub(crate) names: Vec<String>,
    pub(crate) by_the: Vec<String>,
    /// Kinds that rules place or give, or that things become.
    pub(crate) made: Vec<String>,
}

/// Builds the table. `bots`: names of the bots, in file order.
pub(crate) fn build(
    tree: &Node,
    world: &World,
    plans: &[MapPlan],
    bots: &[String],
    mentioned: &Mentioned,
    source: &str,
    reader: &mut Reader<'_>,
) -> Table {
    let states = look_states(world);
    let mut table = Table {
        kinds: world.kinds.clone(),
        ..Table::default()
    };
    deal_looks(&mut table, world, &states, tree, reader);
    check_references(world, tree, reader);
    table.roles = roles(world, bots, reader);
    table.channels = channels(world, tree, reader);
    table.messages.clone_from(&world.spoken);
    table.texts = world
        .texts
        .iter()
        .map(|(name, text)| TextDecl {
            name: name.clone(),
            text: text.clone(),
        })
        .collect();
    table.vars = world.vars.iter().map(|v| v.decl.clone()).collect();
    let kept = (0u16..).zip(&world.vars).filter(|(_, v)| v.keep);
    table.kept = kept.map(|(place, _)| place).collect();
    table.role_vars = world
        .role_vars
        .iter()
        .map(|vars| vars.iter().map(|v| v.decl.clone()).collect())
        .collect();
    table.thing_vars = world
        .thing_vars
        .iter()
        .map(|vars| vars.iter().map(|v| v.decl.clone()).collect())
        .collect();
    table.events.clone_from(&world.events);
    let effects: Vec<_> = world
        .mechanics
        .iter()
        .map(|m| m.config.effects(&m.instance))
        .collect();
    table.effects = effects
        .iter()
        .flat_map(|(beams, _)| beams.clone())
        .collect();
    table
        .effects
        .extend(effects.into_iter().flat_map(|(_, messages)| messages));
    for name in world.mechanics.iter().flat_map(|m| m.config.items()) {
        let Some(kind) = table.kind(&name) else {
            continue;
        };
        if !table.items.contains(&kind) {
            table.items.push(kind);
        }
    }
    limit(
        table.items.len(),
        crate::state::MAX_ITEMS,
        "item kinds carried",
        tree.get("mechanics"),
        reader,
    );
    limit(
        table.effects.len(),
        254,
        "effects",
        tree.get("mechanics"),
        reader,
    );
    table.time = time(world);
    for plan in plans {
        check_spawns(world, plan, source, reader);
        if reader.out.iter().all(|d| d.code != "E103") {
            check_reach(world, plan, &states, mentioned, reader);
        }
    }
    if !plans.is_empty() {
        lay_out(&mut table, world, plans, mentioned, &states, tree, reader);
    }
    table.derive();
    if let (true, Some(heard)) = (table.n_heard_said() > 0, table.acts.heard) {
        want(&mut table, heard); // who is shown text reads there what was said
    }
    for picked in &world.mechanics {
        picked.config.prepare(&picked.instance, &mut table);
    }
    bound_events(&mut table, world);
    table
}

/// How many rows mechanics can give each event in a tick.
fn bound_events(table: &mut Table, world: &World) {
    let mut given = vec![0u32; table.events.len()];
    for picked in &world.mechanics {
        for (name, fields) in picked.def.events {
            if let Some(event) = table.event(name) {
                let most = picked.config.most_rows(name, fields, table);
                let n = &mut given[event.index()];
                *n = n.saturating_add(u32::try_from(most).unwrap_or(u32::MAX));
            }
        }
        for (theirs, own) in picked.config.echoes() {
            if let (Some(theirs), Some(own)) = (table.event(theirs), table.event(own)) {
                table.echoes.push((theirs.get(), own.get()));
            }
        }
    }
    // Acts of mechanics are refused too: a growth or a spread once a cell, what an agent does once a slot and step of it.
    if let Some(refused) = table.event("refused") {
        let cells = u32::from(table.geometry.height) * u32::from(table.geometry.width);
        given[refused.index()] = cells + 4 * u32::try_from(table.n_slots()).expect("at most 64");
    }
    table.given_rows = given;
}

fn look_states(world: &World) -> Vec<LookStates> {
    world
        .mechanics
        .iter()
        .flat_map(|m| m.config.look_states())
        .collect()
}

/// What the look codes of a kind tell apart: name and whether a solid thing blocks, one for each; and the value of the first.
fn looks_of(kind: &Kind, vars: &[VarPlan], states: &[LookStates]) -> (Vec<(String, bool)>, i32) {
    if let Some(states) = states.iter().find(|s| s.kind == kind.name) {
        let one = |(name, shut): &(&str, bool)| ((*name).to_owned(), *shut);
        return (states.states.iter().map(one).collect(), 0);
    }
    let Some(var) = vars.iter().find(|v| v.decl.seen != Seen::None) else {
        return (vec![(String::new(), true)], 0);
    };
    let least = i32::try_from(var.decl.min).unwrap_or(0);
    // More than can be dealt are refused, so that no more need be made.
    let most = var.decl.max.min(var.decl.min + i64::from(OUTSIDE));
    let name = |value: i64| match var.decl.ty {
        Type::Bool if value == 0 => format!("not {}", var.decl.name),
        Type::Bool => var.decl.name.clone(),
        Type::Choice => usize::try_from(value)
            .ok()
            .and_then(|i| var.words.get(i).cloned())
            .unwrap_or_default(),
        _ => format!("{} {value}", var.decl.name),
    };
    let all = (var.decl.min..=most).map(|v| (name(v), true)).collect();
    (all, least)
}

/// Deals look codes: layers in order, kinds in file order, states or values in order. 255 is what lies outside the map.
fn deal_looks(
    table: &mut Table,
    world: &World,
    states: &[LookStates],
    tree: &Node,
    reader: &mut Reader<'_>,
) {
    let mut looks = Looks::default();
    let of_kinds: Vec<_> = table
        .kinds
        .iter()
        .zip(&world.thing_vars)
        .map(|(k, vars)| looks_of(k, vars, states))
        .collect();
    let total: usize = of_kinds.iter().map(|(looks, _)| looks.len()).sum();
    if total >= usize::from(OUTSIDE) {
        let at = tree.get("layers").map_or(Span::default(), |n| n.key);
        let message = format!(
            "the kinds of this file have {total} look codes, the limit is {} (look codes)",
            OUTSIDE - 1
        );
        reader.error("E306", at, message, "do with fewer kinds, states or values");
        return;
    }
    for (kind, (of_kind, least)) in of_kinds.iter().enumerate() {
        let k = &mut table.kinds[kind];
        let solid = k.layer == Layer::Solid;
        let blocks = world
            .things
            .iter()
            .find(|t| t.name == k.name)
            .and_then(|t| t.value.blocks)
            .unwrap_or(solid);
        k.look = u8::try_from(looks.names.len()).expect("checked above");
        k.n_looks = u8::try_from(of_kind.len()).expect("checked above");
        k.look_min = *least;
        for (state, (name, shut)) in of_kind.iter().enumerate() {
            let code = usize::from(k.look) + state;
            let blocks = blocks && (*shut || !solid);
            looks.blocks_move[code] = blocks;
            looks.blocks_beam[code] = blocks;
            looks.kind_of[code] = u8::try_from(kind + 1).expect("at most 250 kinds");
            looks.names.push(if of_kind.len() > 1 {
                format!("{} ({name})", k.name)
            } else {
                k.name.clone()
            });
        }
    }
    table.looks = looks;
}

/// Names in the configs of mechanics, ranges and combinations.
fn check_references(world: &World, tree: &Node, reader: &mut Reader<'_>) {
    let verbs = world.mechanics.iter().flat_map(|m| {
        let roles = world.roles.iter();
        roles.flat_map(|role| (m.config).verbs_with(&m.instance, &role.name, &world.spoken))
    });
    let mut actions: Vec<String> = verbs.flat_map(|(name, verb, _)| [name, verb]).collect();
    actions.extend(["noop", "random"].map(str::to_owned));
    let broken = world.broken(tree);
    for picked in &world.mechanics {
        let path = picked.path();
        for reference in picked.config.references() {
            let name = reference.name.as_str();
            if broken
                .iter()
                .any(|b| name == *b || name.ends_with(&format!(".{b}")))
            {
                continue; // a variable that was told of already
            }
            let legal: Vec<&str> = match reference.sort {
                Sort::Kind(_) => world.kind_names().collect(),
                Sort::Role => world.roles.iter().map(|r| r.name.as_str()).collect(),
                Sort::Text => world.texts.iter().map(|(n, _)| n.as_str()).collect(),
                Sort::Message => world.messages.iter().map(|m| m.name.as_str()).collect(),
                Sort::Var => world.vars.iter().map(|v| v.decl.name.as_str()).collect(),
                Sort::Beam => {
                    let beams = world.mechanics.iter().filter(|m| m.def.name == "beam");
                    beams.map(|m| m.instance.as_str()).collect()
                }
                Sort::ThingVar => {
                    check_thing_var(world, picked, &reference, reader);
                    continue;
                }
                Sort::AnyVar => {
                    let own = world.role_vars.iter().flatten();
                    let all = world.vars.iter().chain(own);
                    all.map(|v| v.decl.name.as_str()).collect()
                }
                Sort::Event => world.events.iter().map(|e| e.name.as_str()).collect(),
                Sort::Channel => world.channels.iter().map(|c| c.name.as_str()).collect(),
                Sort::Action => actions.iter().map(String::as_str).collect(),
                Sort::Number => (world.vars.iter())
                    .filter(|v| matches!(v.decl.ty, Type::Int | Type::Num))
                    .map(|v| v.decl.name.as_str())
                    .collect(),
            };
            let what = match reference.sort {
                Sort::Kind(_) => "kind in [layers]",
                Sort::Role => "role",
                Sort::Text => "key in [texts]",
                Sort::Message => "message",
                Sort::Var | Sort::ThingVar => "variable in [vars]",
                Sort::Beam => "beam in [mechanics]",
                Sort::AnyVar => "variable of the arena or of a role",
                Sort::Event => "event of this file",
                Sort::Channel => "channel in [rewards]",
                Sort::Action => "action of a role",
                Sort::Number => "int or num in [vars]",
            };
            let at = picked.node.nearest(&reference.path).span;
            let whole = format!("{path}.{}", reference.path);
            if !legal.contains(&name) {
                let help = suggest(name, legal.iter().copied());
                reader.error(
                    "E103",
                    at,
                    format!("{whole} names `{name}`, which is no {what}"),
                    help,
                );
            } else if let Sort::Kind(bits) = reference.sort {
                let layer = world
                    .kinds
                    .iter()
                    .find(|k| k.name == name)
                    .map_or(Layer::Floor, |k| k.layer);
                if bits != 0 && bits & (1 << layer as u8) == 0 {
                    let may: Vec<&str> = Layer::ALL
                        .iter()
                        .filter(|(_, l)| bits & (1 << *l as u8) != 0)
                        .map(|(n, _)| *n)
                        .collect();
                    let message = format!(
                        "{whole} names `{name}`, which is of the layer {}",
                        Layer::ALL[layer as usize].0
                    );
                    reader.error(
                        "E103",
                        at,
                        message,
                        format!("it must be of the layer {}", may.join(" or ")),
                    );
                }
            }
        }
        for objection in picked.config.object() {
            let at = picked.node.nearest(&objection.path).span;
            reader.error(
                "E203",
                at,
                format!("{path}: {}", objection.message),
                objection.help,
            );
        }
    }
}

/// A variable that a mechanic wants of a kind's things: `kind.variable`.
fn check_thing_var(world: &World, picked: &Picked, reference: &Reference, reader: &mut Reader<'_>) {
    let Some((kind, var)) = reference.name.split_once('.') else {
        return;
    };
    // A kind that is not there has been told of by its own reference.
    let Some(index) = world.kinds.iter().position(|k| k.name == kind) else {
        return;
    };
    let vars = &world.thing_vars[index];
    if !vars.iter().any(|v| v.decl.name == var) {
        let at = picked.node.nearest(&reference.path).span;
        let whole = format!("{}.{}", picked.path(), reference.path);
        let mut help = suggest(var, vars.iter().map(|v| v.decl.name.as_str()));
        if help.is_empty() {
            help = format!("declare it in [things.{kind}]");
        }
        let message = format!("{whole} names `{var}`, which is no variable of {kind}");
        reader.error("E103", at, message, help);
    }
}

fn channels(world: &World, tree: &Node, reader: &mut Reader<'_>) -> Vec<Channel> {
    let mut out: Vec<Channel> = world
        .channels
        .iter()
        .map(|c| Channel {
            name: c.name.clone(),
            seen: c.value.seen,
        })
        .collect();
    if let Some(main) = out.iter().position(|c| c.name == "main") {
        let main = out.remove(main);
        out.insert(0, main);
    } else if let Some(table) = tree.get("rewards") {
        let at = table.key;
        reader.error(
            "E104",
            at,
            "[rewards] needs the channel `main`: what agents are paid",
            "add `main = { seen = true }`",
        );
        out.insert(
            0,
            Channel {
                name: "main".to_owned(),
                seen: true,
            },
        );
    }
    out
}

fn time(world: &World) -> Time {
    world
        .time
        .as_ref()
        .map_or_else(Time::default, |(time, _)| Time {
            ticks: time.ticks.u32(),
            rounds: time.rounds.u16(),
            clock: time.clock,
            drawn_end: time
                .drawn_end
                .as_ref()
                .map(|d| (d.from.u32(), d.every.u32(), d.p.0)),
        })
}

/// Events that a measure reads are kept; the loader marks them beside those that rules answer.
pub(crate) fn want(table: &mut Table, event: EventId) {
    if let Some(decl) = table.events.get_mut(event.index()) {
        decl.wanted = true;
    }
}

/// What maps may name, from the world.
pub(crate) fn known<'a>(world: &'a World, roles: &'a [&'a str], source: &'a str) -> Known<'a> {
    Known {
        source,
        kinds: &world.kinds,
        roles,
    }
}
