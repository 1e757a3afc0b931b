//! The map laid out: spawn cells enough, what matters reachable, thing rows, one layout an orientation.
//!
//! **Invariant.** Rows and cells go by the map as written, so mirrored layouts agree in every number.

use super::doc::{Data, Node};
use super::file::MirrorWord;
use super::map::{Entry, MapPlan, neighbours, reachable};
use super::names::suggest;
use super::read::Reader;
use super::tables::Mentioned;
use super::vars::VarPlan;
use super::world::{World, limit};
use crate::draw::name_hash;
use crate::ids::{Cell, KindId, Num, RoleId};
use crate::mechanics::{LookStates, Sort};
use crate::state::{
    Choice, Deal, Geometry, Layer, Layout, Maybe, Mirror, OUTSIDE, RowDecl, Table, Type, Word,
};

pub(super) fn check_spawns(world: &World, plan: &MapPlan, source: &str, reader: &mut Reader<'_>) {
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
pub(super) fn check_reach(
    world: &World,
    plan: &MapPlan,
    states: &[LookStates],
    mentioned: &Mentioned,
    reader: &mut Reader<'_>,
) {
    let movable: Vec<String> = world
        .mechanics
        .iter()
        .flat_map(|m| m.config.moves())
        .collect();
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
        k.layer == Layer::Solid && !opens && extra != Some(false) && !movable.contains(&k.name)
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
            .chain(plan.chosen(cell))
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

/// Geometry, thing rows and layouts.
pub(super) fn lay_out(
    table: &mut Table,
    world: &World,
    plans: &[MapPlan],
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
    // All maps are alike in size, mirrors, edges and legend.
    let plan = &plans[0];
    table.geometry = Geometry {
        height: size(plan.height),
        width: size(plan.width),
        pad: u16::from(widest).max(1),
        wrap: plan.wrap,
    };
    table.mirror = Mirror {
        x: matches!(plan.mirror, MirrorWord::X | MirrorWord::Xy),
        y: matches!(plan.mirror, MirrorWord::Y | MirrorWord::Xy),
    };
    let rows = thing_rows(table, world, plans, mentioned, tree, reader);
    table.areas.clone_from(&plan.areas);
    limit(table.areas.len(), 16, "areas", tree.get("legend"), reader);
    table.areas.truncate(16);
    for (map, plan) in plans.iter().enumerate() {
        values(table, world, (map, plan), &rows, reader);
    }
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
    let layouts = plans.iter().enumerate().flat_map(|(map, plan)| {
        let of_map = |&flip: &(bool, bool)| layout(table, (map, plan), states, &rows, flip);
        flips.iter().map(of_map).collect::<Vec<_>>()
    });
    table.layouts = layouts.collect();
}

/// A row of a thing: its kind, and map and cell where it stands at reset.
type ThingPlace = (KindId, Option<(usize, usize)>);

/// All things that have rows: those that stand in some cell at reset, kind by kind, maps in order and cells as they are written, and
/// spare ones (without a cell) of kinds that can come into being later. Those of a map that is not played are nowhere.
fn thing_rows(
    table: &mut Table,
    world: &World,
    plans: &[MapPlan],
    mentioned: &Mentioned,
    tree: &Node,
    reader: &mut Reader<'_>,
) -> Vec<ThingPlace> {
    let mechanics = || world.mechanics.iter();
    let rowed: Vec<String> = mechanics()
        .flat_map(|m| m.config.rows())
        .chain(mentioned.by_the.iter().cloned())
        .collect();
    let made: Vec<String> = mechanics()
        .flat_map(|m| m.config.makes())
        .chain(mentioned.made.iter().cloned())
        .collect();
    let mut rows: Vec<ThingPlace> = Vec::new();
    for (index, kind) in table.kinds.iter().enumerate() {
        if !rowed.contains(&kind.name) && world.thing_vars[index].is_empty() {
            continue;
        }
        let id = KindId::new(u8::try_from(index).expect("at most 250 kinds"));
        let has = |plan: &MapPlan, c: &super::map::CellPlan| {
            let chosen = |(entry, _): (usize, i64)| {
                let sets = &plan.entries[entry].choose;
                sets.iter().any(|(kinds, _)| kinds.contains(&id))
            };
            c.kinds.contains(&id)
                || c.maybe.iter().any(|(k, _)| *k == id)
                || c.entry.is_some_and(chosen)
        };
        for (map, plan) in plans.iter().enumerate() {
            let cells = (0..plan.cells.len()).filter(|&i| has(plan, &plan.cells[i]));
            rows.extend(cells.map(|i| (id, Some((map, i)))));
        }
        if made.contains(&kind.name) {
            rows.extend(std::iter::repeat_n((id, None), SPARE_ROWS));
        }
        debug_assert!(kind.n_looks > 0, "every kind has a look");
    }
    limit(rows.len(), 256, "thing rows", tree.get("maps"), reader);
    rows.truncate(256);
    table.rows = rows
        .iter()
        .map(|(kind, _)| RowDecl { kind: *kind })
        .collect();
    rows
}

/// The values that the legend gives to variables of things, those that are dealt at reset apart.
fn values(
    table: &mut Table,
    world: &World,
    (map, plan): (usize, &MapPlan),
    rows: &[ThingPlace],
    reader: &mut Reader<'_>,
) {
    let row_of = |kind: KindId, cell: usize| {
        let place = (kind, Some((map, cell)));
        rows.iter().position(|r| *r == place)
    };
    for (e, entry) in plan.entries.iter().enumerate() {
        let kinds: Vec<KindId> = plan
            .cells
            .iter()
            .filter(|c| c.entry.is_some_and(|(at, _)| at == e))
            .flat_map(|c| c.kinds.iter().chain(c.maybe.iter().map(|(k, _)| k)))
            .chain(entry.choose.iter().flat_map(|(kinds, _)| kinds))
            .copied()
            .collect();
        check_values(world, entry, &kinds, reader);
        let mut deal = Deal {
            name: name_hash(&format!("legend.{}", entry.key)),
            places: Vec::new(),
            hands: Vec::new(),
        };
        for (cell, plan) in plan.cells.iter().enumerate() {
            let Some((_, index)) = plan.entry.filter(|(at, _)| *at == e) else {
                continue;
            };
            let mut here: Vec<u16> = Vec::new();
            let mut hand: Vec<(u8, u8, i64)> = Vec::new();
            for (k, vars) in world.thing_vars.iter().enumerate() {
                let kind = KindId::new(u8::try_from(k).expect("at most 250 kinds"));
                let Some(row) = row_of(kind, cell) else {
                    continue;
                };
                let row = u16::try_from(row).expect("at most 256 rows");
                here.push(row);
                for (name, node) in &entry.values {
                    let Some(at) = vars.iter().position(|v| v.decl.name == *name) else {
                        continue;
                    };
                    let Some(value) = value(&vars[at], node, index) else {
                        continue;
                    };
                    let at = u8::try_from(at).expect("at most 16 variables");
                    if entry.shuffle {
                        hand.push((kind.get(), at, value));
                    } else {
                        table.given.push((row, at, value));
                    }
                }
            }
            if entry.shuffle && !here.is_empty() {
                deal.places.push(here);
                deal.hands.push(hand);
            }
        }
        if deal.places.len() > 1 {
            table.deals.push(deal);
        } else {
            // One place takes the one hand.
            let hands = deal.places.iter().zip(&deal.hands);
            for (rows, hand) in hands {
                for &(kind, var, value) in hand {
                    let of_kind = rows
                        .iter()
                        .filter(|r| table.rows[usize::from(**r)].kind.get() == kind);
                    let given: Vec<_> = of_kind.map(|&r| (r, var, value)).collect();
                    table.given.extend(given);
                }
            }
        }
    }
}

/// A value of the legend as it is stored; `None` if it is none of the variable's.
fn value(var: &VarPlan, node: &Node, index: i64) -> Option<i64> {
    let whole = |n: i64| (var.decl.min..=var.decl.max).contains(&n).then_some(n);
    match (var.decl.ty, &node.data) {
        (Type::Int, Data::Text(text)) if text == "index" => whole(index),
        (Type::Int, Data::Int(n)) => whole(*n),
        (Type::Num, _) => node.num().and_then(whole),
        (Type::Bool, Data::Bool(b)) => Some(i64::from(*b)),
        (Type::Choice, Data::Text(word)) => {
            let at = var.words.iter().position(|w| w == word)?;
            i64::try_from(at).ok()
        }
        _ => None,
    }
}

/// Each value must be one of a variable that some thing of the entry has.
fn check_values(world: &World, entry: &Entry, kinds: &[KindId], reader: &mut Reader<'_>) {
    let vars = || kinds.iter().flat_map(|k| &world.thing_vars[k.index()]);
    // An entry that the map does not use says nothing of its things.
    if kinds.is_empty() {
        return;
    }
    let glyphs = i64::try_from(entry.key.chars().count()).unwrap_or(1);
    for (name, node) in &entry.values {
        let path = format!("legend.{}.{name}", entry.key);
        let Some(var) = vars().find(|v| v.decl.name == *name) else {
            let mut known: Vec<&str> = Vec::new();
            for var in vars().map(|v| v.decl.name.as_str()) {
                if !known.contains(&var) {
                    known.push(var);
                }
            }
            let mut help = suggest(name, known);
            if help.is_empty() {
                "a legend's table takes `thing`, `p`, `shuffle`, `choose`, `spawn`, `area` and variables of the thing".clone_into(&mut help);
            }
            reader.error(
                "E103",
                node.key,
                format!("{path}: the thing has no variable `{name}`"),
                help,
            );
            continue;
        };
        let is_index = node.text() == Some("index") && var.decl.ty == Type::Int;
        let fits =
            value(var, node, 1).is_some() && (!is_index || value(var, node, glyphs).is_some());
        if !fits {
            let of = match var.decl.ty {
                Type::Choice => format!("one of {}", var.words.join(", ")),
                Type::Bool => "true or false".to_owned(),
                Type::Int => format!("a whole number from {} to {}", var.decl.min, var.decl.max),
                _ => "a number within its bounds".to_owned(),
            };
            reader.error("E201", node.span, format!("`{path}` must be {of}"), "");
        }
    }
}

/// Rows that are kept for things that come into being during an episode, of each kind that can.
const SPARE_ROWS: usize = 16;

fn layout(
    table: &Table,
    (map, plan): (usize, &MapPlan),
    states: &[LookStates],
    rows: &[ThingPlace],
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
        firsts: vec![Vec::new(); table.roles.len()],
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
            let cells = if cell.first {
                &mut out.firsts
            } else {
                &mut out.spawns
            };
            cells[role.index()].push(at);
        }
        if let Some(area) = cell.area.filter(|&a| a < table.areas.len()) {
            out.areas.resize(g.cells(), 0);
            out.areas[at.index()] |= 1 << area;
        }
        let entry = cell.entry.map(|(entry, _)| &plan.entries[entry]);
        if let Some(entry) = entry.filter(|e| !e.choose.is_empty()) {
            let mut sum = 0;
            let set = |(kinds, weight): &(Vec<KindId>, Num)| {
                sum += u64::try_from(*weight).unwrap_or(0);
                let codes = kinds
                    .iter()
                    .map(|&k| (table.kinds[k.index()].layer, code(k)));
                (sum, codes.collect())
            };
            out.choices.push(Choice {
                cell: at,
                name: name_hash(&format!("legend.{}", entry.key)),
                sets: entry.choose.iter().map(set).collect(),
            });
        }
    }
    let lists = out.spawns.iter_mut().chain(&mut out.firsts);
    lists.for_each(|cells| cells.sort_unstable());
    out.maybe.sort_by_key(|m| (m.cell, m.layer));
    out.choices.sort_by_key(|c| c.cell);
    out.rows = rows
        .iter()
        .map(|&(_, at)| {
            let here = at.filter(|(of, _)| *of == map);
            here.map_or(Cell::default(), |(_, index)| place(index))
        })
        .collect();
    out
}
