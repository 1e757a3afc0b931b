//! A small world for unit tests of mechanics, without the loader: one map, one role of so many slots, mechanics as JSON.

pub(crate) mod yard;

use std::sync::Arc;

use serde_json::Value;

use crate::batch::{Autoreset, Batch, Config, Control, Out, Serial};
use crate::event::{EventDecl, parts};
use crate::ids::{Cell, KindId};
use crate::mechanics::{self, MechanicDef};
use crate::rules::Programs;
use crate::scenario::{Chosen, Compiled};
use crate::state::{
    Action, Channel, Geometry, Kind, Layer, Layout, Looks, Role, RowDecl, Table, Time,
};

/// Glyphs of test maps: `#` wall, `G` gate, `a` apple, `c` crate, `l` lever, `d` depot, `x` box, digits and letters A–H spawn cells of the
/// slots in that order, anything else floor.
const KINDS: [(&str, Layer, char); 8] = [
    ("floor", Layer::Floor, '.'),
    ("wall", Layer::Solid, '#'),
    ("gate", Layer::Solid, 'G'),
    ("apple", Layer::Item, 'a'),
    ("crate", Layer::Item, 'c'),
    ("lever", Layer::Mark, 'l'),
    ("depot", Layer::Mark, 'd'),
    ("box", Layer::Solid, 'x'),
];

/// All mechanics, and the worked example of CONTRIBUTING.md.
fn all() -> impl Iterator<Item = &'static MechanicDef> {
    mechanics::ALL.iter().chain([mechanics::EXAMPLE])
}

fn definition(name: &str) -> &'static MechanicDef {
    all()
        .find(|d| d.name == name)
        .expect("a mechanic of the list")
}

/// Compiles a world; mechanics as (name, instance, config).
pub(crate) fn compile(rows: &str, mechanics: &[(&str, &str, &str)]) -> Arc<Compiled> {
    compile_with(rows, mechanics, |_| {})
}

/// The same with a table that is changed before mechanics are prepared: variables, channels, further events.
pub(crate) fn compile_with(
    rows: &str,
    mechanics: &[(&str, &str, &str)],
    change: impl FnOnce(&mut Table),
) -> Arc<Compiled> {
    let rows: Vec<Vec<char>> = rows
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .map(|l| l.chars().collect())
        .collect();
    let (height, width) = (rows.len() as u16, rows[0].len() as u16);
    let slots = rows
        .iter()
        .flatten()
        .filter(|g| g.is_ascii_uppercase() && **g != 'G')
        .count() as u8;
    let mut chosen: Vec<Chosen> = mechanics
        .iter()
        .map(|(name, instance, config)| {
            let def = definition(name);
            let value: Value = serde_json::from_str(config).expect("JSON");
            Chosen {
                name: def.name,
                instance: (*instance).to_owned(),
                mechanic: (def.read)(&value).expect("a config"),
            }
        })
        .collect();
    chosen.sort_by_key(|c| all().position(|d| d.name == c.name));
    let mut table = Table {
        geometry: Geometry {
            height,
            width,
            pad: 5,
            wrap: false,
        },
        channels: vec![Channel {
            name: "main".to_owned(),
            seen: true,
        }],
        time: Time {
            ticks: 100_000,
            rounds: 1,
            clock: false,
            drawn_end: None,
        },
        looks: Looks::default(),
        ..Table::default()
    };
    let mut look = 1u8;
    for (name, layer, _) in KINDS {
        let states = chosen
            .iter()
            .flat_map(|c| c.mechanic.look_states())
            .find(|s| s.kind == name);
        let n_looks = states.as_ref().map_or(1, |s| s.states.len() as u8);
        table.kinds.push(Kind {
            name: name.to_owned(),
            layer,
            look,
            n_looks,
            look_min: 0,
        });
        for state in 0..n_looks {
            let code = usize::from(look + state);
            table.looks.kind_of[code] = table.kinds.len() as u8;
            let blocks = layer == Layer::Solid
                && states
                    .as_ref()
                    .is_none_or(|s| s.states[usize::from(state)].1);
            (table.looks.blocks_move[code], table.looks.blocks_beam[code]) = (blocks, blocks);
            table.looks.names.push(name.to_owned());
        }
        look += n_looks;
    }
    for c in &chosen {
        let def = definition(c.name);
        for (name, fields) in def.events {
            if table.event(name).is_none() {
                let fields = parts(fields).expect("they fit a row");
                table.events.push(EventDecl {
                    name: (*name).to_owned(),
                    fields,
                    mechanic: Some(def.name),
                    wanted: false,
                });
            }
        }
        let items: Vec<KindId> = c
            .mechanic
            .items()
            .iter()
            .filter_map(|i| table.kind(i))
            .collect();
        for item in items {
            if !table.items.contains(&item) {
                table.items.push(item);
            }
        }
        table.effects.extend(c.mechanic.effects(&c.instance).0);
    }
    let mut actions = vec![Action {
        name: "noop".to_owned(),
        verb: "noop".to_owned(),
        mechanic: u8::MAX,
        argument: 0,
    }];
    for (position, c) in (0u8..).zip(&chosen) {
        let verbs = c.mechanic.verbs(&c.instance, "agent").into_iter();
        actions.extend(verbs.map(|(name, verb, argument)| Action {
            name,
            verb,
            mechanic: position,
            argument,
        }));
    }
    let turned = chosen
        .iter()
        .filter_map(|c| c.mechanic.turns_windows())
        .any(|t| t);
    table.roles.push(Role {
        name: "agent".to_owned(),
        first: 0,
        n: slots,
        n_focal: slots,
        ahead: 5,
        behind: 5,
        side: 5,
        turned,
        look: None,
        told: None,
        actions,
        noop: true,
        plays: None,
    });
    table.role_vars.push(Vec::new());
    let mut layout = Layout {
        words: vec![Default::default(); table.geometry.cells()],
        ..Layout::default()
    };
    let mut spawns = Vec::new();
    for (r, row) in rows.iter().enumerate() {
        for (c, &glyph) in row.iter().enumerate() {
            let cell = table.geometry.cell(r as u16, c as u16);
            layout.words[cell.index()][0] = 1;
            if let Some(kind) = KINDS
                .iter()
                .position(|(.., g)| *g == glyph)
                .filter(|&k| k > 0)
            {
                let k = &table.kinds[kind];
                let states = chosen
                    .iter()
                    .flat_map(|c| c.mechanic.look_states())
                    .find(|s| s.kind == k.name);
                layout.words[cell.index()][k.layer as usize] =
                    k.look + states.map_or(0, |s| s.initial);
                if chosen.iter().any(|c| c.mechanic.rows().contains(&k.name)) {
                    table.rows.push(RowDecl {
                        kind: KindId::new(kind as u8),
                    });
                    layout.rows.push(cell);
                }
            } else if glyph.is_ascii_uppercase() {
                spawns.push(cell);
            }
        }
    }
    layout.spawns.push(spawns);
    table.layouts.push(layout);
    change(&mut table);
    for c in &chosen {
        c.mechanic.prepare(&c.instance, &mut table);
    }
    table.derive();
    Arc::new(Compiled {
        id: "test".to_owned(),
        arm: "test".to_owned(),
        source: "".into(),
        hash: [7; 32],
        table,
        mechanics: chosen,
        programs: Programs::default(),
        bots: Vec::new(),
    })
}

/// A batch of one arena that the caller plays, all events kept.
pub(crate) fn batch(compiled: &Arc<Compiled>) -> Batch {
    many(compiled, 1, 0)
}

/// A batch of `n` arenas with seeds from `seed`.
pub(crate) fn many(compiled: &Arc<Compiled>, n: usize, seed: u64) -> Batch {
    let config = Config {
        arenas: n,
        seed,
        control: Control::All,
        events: true,
        autoreset: Autoreset::Disabled,
        ..Config::default()
    };
    Batch::new(std::slice::from_ref(compiled), config).expect("a batch")
}

/// Puts a slot into a cell, facing a direction; a body that stood there takes the slot's old cell.
pub(crate) fn put(batch: &mut Batch, slot: u8, row: u16, column: u16, facing: u8) {
    batch.edit(0, |one| {
        let cell: Cell = one.table.geometry.cell(row, column);
        one.agents.facing[usize::from(slot)].0 = facing;
        let slot = crate::ids::Slot::new(slot);
        let old = one.body(slot);
        one.remove_body(slot);
        let other = one.cells.word(cell)[crate::state::BODY]
            .checked_sub(1)
            .map(crate::ids::Slot::new);
        if let (Some(other), Some(old)) = (other, old) {
            assert!(one.put_body(other, old), "the slot has just left it");
        }
        assert!(one.put_body(slot, cell), "the cell is free");
        one.head.lands = 0;
    });
}

/// Steps arena 0 with actions by name, one a slot, and tells what happened: `event fields; …`.
pub(crate) fn tick(batch: &mut Batch, actions: &[&str]) -> String {
    let names = batch.groups()[0].action_names.clone();
    let numbers: Vec<i32> = actions
        .iter()
        .map(|a| {
            names
                .iter()
                .position(|n| n == a)
                .unwrap_or_else(|| panic!("{a} is none of {names:?}")) as i32
        })
        .collect();
    batch
        .step(&[&numbers], &mut [Out::default()], &Serial)
        .expect("a step");
    let events = batch.events(0);
    events
        .iter()
        .map(|e| format!("{} {}", e.event, e.fields.join(" ")))
        .collect::<Vec<_>>()
        .join("; ")
}

/// Row and column of a slot.
pub(crate) fn place(batch: &mut Batch, slot: u8) -> (i32, i32) {
    batch.edit(0, |one| {
        one.table
            .geometry
            .place(Cell::new(one.agents.pos[usize::from(slot)].0))
    })
}
