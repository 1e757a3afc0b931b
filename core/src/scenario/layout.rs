//! The map laid out: spawn cells enough, what matters reachable, thing rows, one layout an orientation.
//!
//! **Invariant.** Rows and cells go by the map as written, so mirrored layouts agree in every number.

use super::doc::Node;
use super::file::MirrorWord;
use super::map::{MapPlan, neighbours, reachable};
use super::read::Reader;
use super::tables::Mentioned;
use super::world::{World, limit};
use crate::ids::{Cell, KindId, RoleId};
use crate::mechanics::{LookStates, Sort};
use crate::state::{Geometry, Layer, Layout, Maybe, Mirror, OUTSIDE, RowDecl, Table, Word};

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

/// Geometry, thing rows and layouts.
pub(super) fn lay_out(
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
