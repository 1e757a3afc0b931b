//! World and map → [`Table`]: look codes, slots, action lists, layouts in every orientation, thing rows, effects.
//!
//! **Invariant.** Numbers follow the order of the file, and nothing here depends on the host. Limits are checked before anything
//! is laid out.

use super::doc::Node;
use super::file::{MirrorWord, RoleFile, View};
use super::map::{Known, MapPlan, neighbours, reachable};
use super::names::suggest;
use super::read::{Count, Reader};
use super::world::{Named, World, limit};
use crate::diagnostic::Span;
use crate::ids::{Cell, EventId, KindId, RoleId};
use crate::mechanics::{LookStates, Sort};
use crate::state::{
    Action, Channel, Geometry, Layer, Layout, Looks, Maybe, MessageDecl, Mirror, OUTSIDE, Role,
    RowDecl, Table, TextDecl, Time, Word,
};

/// The names that texts of the rule language mention, and those that stand in `the(…)`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mentioned {
    pub(crate) names: Vec<String>,
    pub(crate) by_the: Vec<String>,
}

/// Builds the table. `bots`: names of the bots, in file order.
pub(crate) fn build(
    tree: &Node,
    world: &World,
    plan: Option<&MapPlan>,
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
    check_references(world, reader);
    table.roles = roles(world, bots, reader);
    table.channels = channels(world, tree, reader);
    table.messages = world
        .messages
        .iter()
        .map(|m| MessageDecl {
            name: m.name.clone(),
            says: m.value.says.clone(),
        })
        .collect();
    table.texts = world
        .texts
        .iter()
        .map(|(name, text)| TextDecl {
            name: name.clone(),
            text: text.clone(),
        })
        .collect();
    table.vars = world.vars.iter().map(|v| v.decl.clone()).collect();
    table.role_vars = world
        .role_vars
        .iter()
        .map(|vars| vars.iter().map(|v| v.decl.clone()).collect())
        .collect();
    table.thing_vars = vec![Vec::new(); table.kinds.len()];
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
    if let Some(plan) = plan {
        check_spawns(world, plan, source, reader);
        if reader.out.iter().all(|d| d.code != "E103") {
            check_reach(world, plan, &states, mentioned, reader);
        }
        lay_out(&mut table, world, plan, mentioned, &states, tree, reader);
    }
    table.derive();
    for picked in &world.mechanics {
        picked.config.prepare(&picked.instance, &mut table);
    }
    table
}

fn look_states(world: &World) -> Vec<LookStates> {
    world
        .mechanics
        .iter()
        .flat_map(|m| m.config.look_states())
        .collect()
}

/// Deals look codes: layers in order, kinds in file order, states in order. 255 is what lies outside the map.
fn deal_looks(
    table: &mut Table,
    world: &World,
    states: &[LookStates],
    tree: &Node,
    reader: &mut Reader<'_>,
) {
    let mut looks = Looks::default();
    let total: usize = table
        .kinds
        .iter()
        .map(|k| {
            states
                .iter()
                .find(|s| s.kind == k.name)
                .map_or(1, |s| s.states.len())
        })
        .sum();
    if total >= usize::from(OUTSIDE) {
        let at = tree.get("layers").map_or(Span::default(), |n| n.key);
        let message = format!(
            "the kinds of this file have {total} look codes, the limit is {} (look codes)",
            OUTSIDE - 1
        );
        reader.error("E306", at, message, "do with fewer kinds or states");
        return;
    }
    for kind in 0..table.kinds.len() {
        let of_kind = states.iter().find(|s| s.kind == table.kinds[kind].name);
        let k = &mut table.kinds[kind];
        let solid = k.layer == Layer::Solid;
        let blocks = world
            .things
            .iter()
            .find(|t| t.name == k.name)
            .and_then(|t| t.value.blocks)
            .unwrap_or(solid);
        k.look = u8::try_from(looks.names.len()).expect("checked above");
        k.n_looks = of_kind.map_or(1, |s| u8::try_from(s.states.len()).expect("checked above"));
        for state in 0..usize::from(k.n_looks) {
            let code = usize::from(k.look) + state;
            let shut = of_kind.is_none_or(|s| !solid || s.states[state].1);
            looks.blocks_move[code] = blocks && shut;
            looks.blocks_beam[code] = blocks && shut;
            looks.kind_of[code] = u8::try_from(kind + 1).expect("at most 250 kinds");
            looks
                .names
                .push(match of_kind.filter(|s| s.states.len() > 1) {
                    Some(s) => format!("{} ({})", k.name, s.states[state].0),
                    None => k.name.clone(),
                });
        }
    }
    table.looks = looks;
}

/// Names in the configs of mechanics, ranges and combinations.
fn check_references(world: &World, reader: &mut Reader<'_>) {
    for picked in &world.mechanics {
        let path = picked.path();
        for reference in picked.config.references() {
            let name = reference.name.as_str();
            let legal: Vec<&str> = match reference.sort {
                Sort::Kind(_) => world.kind_names().collect(),
                Sort::Role => world.roles.iter().map(|r| r.name.as_str()).collect(),
                Sort::Text => world.texts.iter().map(|(n, _)| n.as_str()).collect(),
                Sort::Message => world.messages.iter().map(|m| m.name.as_str()).collect(),
                Sort::Var => world.vars.iter().map(|v| v.decl.name.as_str()).collect(),
            };
            let what = match reference.sort {
                Sort::Kind(_) => "kind in [layers]",
                Sort::Role => "role",
                Sort::Text => "key in [texts]",
                Sort::Message => "message",
                Sort::Var => "variable in [vars]",
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
    } else {
        let at = tree.get("rewards").map_or(Span::default(), |n| n.key);
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
            clock: time.clock,
            drawn_end: time
                .drawn_end
                .as_ref()
                .map(|d| (d.from.u32(), d.every.u32(), d.p.0)),
        })
}

fn roles(world: &World, bots: &[String], reader: &mut Reader<'_>) -> Vec<Role> {
    let turned = world
        .mechanics
        .iter()
        .find_map(|m| m.config.turns_windows())
        .unwrap_or(false);
    let mut first = 0_u8;
    let mut out = Vec::new();
    for (index, named) in world.roles.iter().enumerate() {
        let fallback = RoleFile {
            slots: Count(1),
            focal: None,
            verbs: None,
            view: None,
            plays: None,
            _vars: None,
            look: None,
            told: None,
            _human: false,
        };
        let file = named.value.as_ref().unwrap_or(&fallback);
        let view = file.view.clone().unwrap_or(View {
            ahead: Count(5),
            behind: Count(5),
            side: Count(5),
        });
        check_view(named, &view, turned, reader);
        let focal = file.focal.unwrap_or(Count(0));
        if focal.0 > file.slots.0 {
            let at = named.node.get("focal").map_or(named.node.key, |n| n.span);
            let message = format!(
                "roles.{} has {} focal slots of {}",
                named.name, focal.0, file.slots.0
            );
            reader.error(
                "E201",
                at,
                message,
                format!("`focal` goes up to {}", file.slots.0),
            );
        }
        let role = Role {
            name: named.name.clone(),
            first,
            n: file.slots.u8(),
            n_focal: focal.u8(),
            ahead: view.ahead.u8(),
            behind: view.behind.u8(),
            side: view.side.u8(),
            turned,
            look: look_bit(world, index, named, file, reader),
            told: told(world, named, file, reader),
            actions: actions(world, named, file, reader),
            plays: plays(bots, named, file, reader),
        };
        first = first.saturating_add(role.n);
        out.push(role);
    }
    out
}

fn check_view(named: &Named<Option<RoleFile>>, view: &View, turned: bool, reader: &mut Reader<'_>) {
    let at = named.node.get("view").map_or(named.node.key, |n| n.span);
    let (rows, columns) = (view.ahead.0 + 1 + view.behind.0, 2 * view.side.0 + 1);
    let fits = |n: i64| (5..=17).contains(&n) && n % 2 == 1;
    if !fits(rows) || !fits(columns) {
        let message = format!(
            "roles.{} sees {rows} rows and {columns} columns",
            named.name
        );
        let help = "a window has 5, 7, 9, 11, 13, 15 or 17 of each: ahead + 1 + behind rows, 2 · side + 1 columns";
        reader.error("E307", at, message, help);
    } else if view.ahead != view.behind && !turned {
        let message = format!(
            "roles.{} sees {} ahead and {} behind, but its window does not turn",
            named.name, view.ahead.0, view.behind.0
        );
        reader.error(
            "E307",
            at,
            message,
            "set `move.mode = \"turn\"`, or see as far behind as ahead",
        );
    }
}

fn look_bit(
    world: &World,
    index: usize,
    named: &Named<Option<RoleFile>>,
    file: &RoleFile,
    reader: &mut Reader<'_>,
) -> Option<u8> {
    let name = file.look.as_ref()?;
    let vars = world.role_vars.get(index)?;
    let found = vars
        .iter()
        .position(|v| v.decl.name == *name && v.decl.ty == crate::state::Type::Bool);
    if found.is_none() {
        let at = named.node.get("look").map_or(named.node.key, |n| n.span);
        let help = suggest(
            name,
            vars.iter()
                .filter(|v| v.decl.ty == crate::state::Type::Bool)
                .map(|v| v.decl.name.as_str()),
        );
        reader.error(
            "E103",
            at,
            format!(
                "roles.{}.look names `{name}`, which is no bool of that role",
                named.name
            ),
            help,
        );
    }
    found.and_then(|i| u8::try_from(i).ok())
}

fn told(
    world: &World,
    named: &Named<Option<RoleFile>>,
    file: &RoleFile,
    reader: &mut Reader<'_>,
) -> Option<u8> {
    let name = file.told.as_ref()?;
    let found = world.texts.iter().position(|(n, _)| n == name);
    if found.is_none() {
        let at = named.node.get("told").map_or(named.node.key, |n| n.span);
        let help = suggest(name, world.texts.iter().map(|(n, _)| n.as_str()));
        reader.error(
            "E103",
            at,
            format!(
                "roles.{}.told names `{name}`, which is no key in [texts]",
                named.name
            ),
            help,
        );
    }
    found.and_then(|i| u8::try_from(i).ok())
}

fn plays(
    bots: &[String],
    named: &Named<Option<RoleFile>>,
    file: &RoleFile,
    reader: &mut Reader<'_>,
) -> Option<u8> {
    let name = file.plays.as_ref()?;
    let found = bots.iter().position(|b| b == name);
    if found.is_none() {
        let at = named.node.get("plays").map_or(named.node.key, |n| n.span);
        let help = suggest(name, bots.iter().map(String::as_str));
        reader.error(
            "E103",
            at,
            format!("roles.{}.plays names `{name}`, which is no bot", named.name),
            help,
        );
    }
    found.and_then(|i| u8::try_from(i).ok())
}

fn actions(
    world: &World,
    named: &Named<Option<RoleFile>>,
    file: &RoleFile,
    reader: &mut Reader<'_>,
) -> Vec<Action> {
    let noop = Action {
        name: "noop".to_owned(),
        verb: "noop".to_owned(),
        mechanic: u8::MAX,
        argument: 0,
    };
    let mut out = vec![noop];
    for (position, picked) in world.mechanics.iter().enumerate() {
        let mechanic = u8::try_from(position).unwrap_or(u8::MAX);
        let verbs = picked.config.verbs(&picked.instance, &named.name);
        out.extend(verbs.into_iter().map(|(name, verb, argument)| Action {
            name,
            verb,
            mechanic,
            argument,
        }));
    }
    if let Some(verbs) = &file.verbs {
        for (i, verb) in verbs.iter().enumerate() {
            if !out.iter().any(|a| a.verb == *verb || a.name == *verb) && world.whole {
                let at = named
                    .node
                    .at(&format!("verbs[{i}]"))
                    .map_or(named.node.key, |n| n.span);
                let help = suggest(verb, out.iter().map(|a| a.verb.as_str()));
                reader.error(
                    "E103",
                    at,
                    format!(
                        "roles.{}: no chosen mechanic has a verb `{verb}`",
                        named.name
                    ),
                    help,
                );
            }
        }
        out.retain(|a| a.mechanic == u8::MAX || verbs.iter().any(|v| *v == a.verb || *v == a.name));
    }
    let mut names: Vec<&str> = out.iter().map(|a| a.name.as_str()).collect();
    names.sort_unstable();
    if let Some((twice, _)) = names.iter().zip(names.iter().skip(1)).find(|(a, b)| a == b) {
        let message = format!(
            "two mechanics give roles.{} an action `{twice}`",
            named.name
        );
        reader.error(
            "E106",
            named.node.key,
            message,
            "give one of them another name or verb",
        );
    }
    limit(
        out.len(),
        255,
        "actions of a role",
        Some(&named.node),
        reader,
    );
    out.truncate(255);
    out
}

fn check_spawns(world: &World, plan: &MapPlan, source: &str, reader: &mut Reader<'_>) {
    for (index, named) in world.roles.iter().enumerate() {
        let Some(file) = &named.value else { continue };
        let role = RoleId::new(u8::try_from(index).expect("at most 64 roles"));
        let cells = plan.spawns(role);
        if i64::try_from(cells).unwrap_or(i64::MAX) < file.slots.0 {
            let at = named.node.get("slots").map_or(named.node.key, |n| n.span);
            let (n, s) = (file.slots.0, if file.slots.0 == 1 { "" } else { "s" });
            let (c, cs) = (cells, if cells == 1 { "" } else { "s" });
            let glyph = match plan.spawn_glyph(source, role) {
                Some(glyph) => format!("add a `{glyph}`"),
                None => format!("add a glyph with `{{ spawn = \"{}\" }}`", named.name),
            };
            let message = format!(
                "{n} {}{s} but {c} spawn cell{cs} in maps.{}",
                named.name, plan.name
            );
            reader.error("E303", at, message, format!("{glyph} or lower slots"));
        }
    }
}

/// Kinds that a rule, bot or mechanic (signs apart) names must be reachable, doors open and movable things removed.
fn check_reach(
    world: &World,
    plan: &MapPlan,
    states: &[LookStates],
    mentioned: &Mentioned,
    reader: &mut Reader<'_>,
) {
    let blocks = |kind: KindId| {
        let k = &world.kinds[kind.index()];
        let opens = states
            .iter()
            .any(|s| s.kind == k.name && s.states.iter().any(|(_, shut)| !shut));
        let extra = world
            .things
            .iter()
            .find(|t| t.name == k.name)
            .and_then(|t| t.value.blocks);
        k.layer == Layer::Solid && !opens && extra != Some(false)
    };
    let seen = reachable(plan, blocks);
    if !seen.contains(&true) {
        return;
    }
    let mut named: Vec<(String, &str)> = Vec::new();
    for picked in world.mechanics.iter().filter(|m| m.def.name != "signs") {
        let kinds = picked
            .config
            .references()
            .into_iter()
            .filter(|r| matches!(r.sort, Sort::Kind(_)));
        named.extend(kinds.map(|r| (r.name, "a mechanic names")));
    }
    named.extend(
        mentioned
            .names
            .iter()
            .map(|n| (n.clone(), "rules and bots name")),
    );
    let mut told: Vec<&str> = Vec::new();
    for (index, cell) in plan.cells.iter().enumerate() {
        let here = cell
            .kinds
            .iter()
            .chain(cell.maybe.iter().map(|(k, _)| k))
            .map(|k| &world.kinds[k.index()]);
        for kind in here.filter(|k| k.layer != Layer::Floor) {
            let Some((_, who)) = named.iter().rev().find(|(n, _)| *n == kind.name) else {
                continue;
            };
            let allowed = world
                .things
                .iter()
                .any(|t| t.name == kind.name && t.value.unreachable);
            let near = kind.layer == Layer::Solid && neighbours(plan, index).any(|n| seen[n]);
            // The first of a kind stands for all of them: they mostly lie behind one wall.
            if !seen[index] && !near && !allowed && !told.contains(&kind.name.as_str()) {
                told.push(&kind.name);
                let message = format!(
                    "this {0} can be reached from no spawn, but {who} {0}",
                    kind.name
                );
                let help = format!(
                    "open a way, or set `unreachable = true` in [things.{}]",
                    kind.name
                );
                reader.error("E304", cell.at, message, help);
            }
        }
    }
}

fn lay_out(
    table: &mut Table,
    world: &World,
    plan: &MapPlan,
    mentioned: &Mentioned,
    states: &[LookStates],
    tree: &Node,
    reader: &mut Reader<'_>,
) {
    let widest = table
        .roles
        .iter()
        .map(|r| r.ahead.max(r.behind).max(r.side))
        .max()
        .unwrap_or(0);
    let size = |n: usize| u16::try_from(n).expect("at most 128");
    table.geometry = Geometry {
        height: size(plan.height),
        width: size(plan.width),
        pad: u16::from(widest).max(1),
    };
    table.mirror = Mirror {
        x: matches!(plan.mirror, MirrorWord::X | MirrorWord::Xy),
        y: matches!(plan.mirror, MirrorWord::Y | MirrorWord::Xy),
    };
    let rowed: Vec<String> = world
        .mechanics
        .iter()
        .flat_map(|m| m.config.rows())
        .chain(mentioned.by_the.iter().cloned())
        .collect();
    let mut rows: Vec<(KindId, usize)> = Vec::new();
    for (index, kind) in table
        .kinds
        .iter()
        .enumerate()
        .filter(|(_, k)| rowed.contains(&k.name))
    {
        let id = KindId::new(u8::try_from(index).expect("at most 250 kinds"));
        let has = |c: &super::map::CellPlan| {
            c.kinds.contains(&id) || c.maybe.iter().any(|(k, _)| *k == id)
        };
        rows.extend(
            (0..plan.cells.len())
                .filter(|&i| has(&plan.cells[i]))
                .map(|i| (id, i)),
        );
        debug_assert!(kind.n_looks > 0, "every kind has a look");
    }
    limit(rows.len(), 256, "thing rows", tree.get("maps"), reader);
    rows.truncate(256);
    table.rows = rows
        .iter()
        .map(|(kind, _)| RowDecl { kind: *kind })
        .collect();
    let bytes = table.geometry.cells() * 8
        + table.n_places() * 8
        + table.max_events() * size_of::<crate::event::EventRow>();
    limit(
        bytes,
        1 << 20,
        "bytes of one arena",
        tree.get("maps"),
        reader,
    );
    let flips: &[(bool, bool)] = match plan.mirror {
        MirrorWord::None => &[(false, false)],
        MirrorWord::X => &[(false, false), (true, false)],
        MirrorWord::Y => &[(false, false), (false, true)],
        MirrorWord::Xy => &[(false, false), (true, false), (false, true), (true, true)],
    };
    table.layouts = flips
        .iter()
        .map(|&flip| layout(table, plan, states, &rows, flip))
        .collect();
}

fn layout(
    table: &Table,
    plan: &MapPlan,
    states: &[LookStates],
    rows: &[(KindId, usize)],
    (x, y): (bool, bool),
) -> Layout {
    let g = table.geometry;
    let mut outside: Word = [0; 8];
    outside[Layer::Solid as usize] = OUTSIDE;
    let place = |index: usize| -> Cell {
        let (row, column) = (index / plan.width, index % plan.width);
        let row = if y { plan.height - 1 - row } else { row };
        let column = if x { plan.width - 1 - column } else { column };
        g.cell(
            u16::try_from(row).expect("at most 128"),
            u16::try_from(column).expect("at most 128"),
        )
    };
    let code = |kind: KindId| {
        let k = &table.kinds[kind.index()];
        k.look
            + states
                .iter()
                .find(|s| s.kind == k.name)
                .map_or(0, |s| s.initial.min(k.n_looks - 1))
    };
    let mut out = Layout {
        words: vec![outside; g.cells()],
        spawns: vec![Vec::new(); table.roles.len()],
        ..Layout::default()
    };
    for (index, cell) in plan.cells.iter().enumerate() {
        let at = place(index);
        let mut word: Word = [0; 8];
        for &kind in &cell.kinds {
            word[table.kinds[kind.index()].layer as usize] = code(kind);
        }
        out.words[at.index()] = word;
        for &(kind, p) in &cell.maybe {
            out.maybe.push(Maybe {
                cell: at,
                layer: table.kinds[kind.index()].layer,
                code: code(kind),
                p,
            });
        }
        if let Some(role) = cell.spawn {
            out.spawns[role.index()].push(at);
        }
    }
    out.spawns
        .iter_mut()
        .for_each(|cells| cells.sort_unstable());
    out.maybe.sort_by_key(|m| (m.cell, m.layer));
    out.rows = rows.iter().map(|&(_, index)| place(index)).collect();
    out
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
