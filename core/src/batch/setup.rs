//! How an episode or a round begins: the map of the drawn layout, the things that are there with a chance, bodies on spawn cells.

use super::things;
use crate::draw::{Purpose, name_hash};
use crate::ids::{Domain, Slot};
use crate::scenario::Compiled;
use crate::state::{ALIVE, ArenaMut, ON, ThingRow};

/// The world before the first tick of an episode or round, drawn at the tick of `head.draw`.
pub(super) fn set_up(one: &mut ArenaMut<'_>, compiled: &Compiled, absent: &[bool]) {
    let programs = &compiled.programs;
    lay_out(one);
    for (var, program) in (0u16..).zip(&programs.init) {
        if one.head.round == 0 || !one.table.kept.contains(&var) {
            let place = one.table.arena_place(usize::from(var));
            let value = program.value(one, &[]);
            one.vars[place] = one.table.vars[usize::from(var)].bounded(value);
        }
    }
    things::begin(one, programs);
    place_bodies(one, absent);
    for slot in 0..one.agents.status.len() {
        let role = usize::from(one.table.slot_roles[slot]);
        for (var, program) in programs
            .role_init
            .get(role)
            .into_iter()
            .flatten()
            .enumerate()
        {
            let who = Slot::new(u8::try_from(slot).expect("at most 64"));
            let value = program.value(one, &[i64::try_from(slot).expect("small")]);
            one.vars[one.table.slot_place(who, var)] =
                one.table.role_vars[role][var].bounded(value);
            one.refresh_body(who);
        }
    }
    one.head.lands = 0;
    for chosen in &compiled.mechanics {
        chosen.mechanic.start(&chosen.instance, one);
    }
    programs.rules.start(one);
    if std::mem::take(&mut one.head.round_over) {
        // A round that ends before its first tick would never let one begin.
        one.head.refused += 1;
    }
}

/// Map, drawn things, thing rows.
fn lay_out(one: &mut ArenaMut<'_>) {
    let table = one.table;
    let mirror = one.head.draw.key(Purpose::Mirror, 0, 0);
    let bit = |axis: u32, on: bool| {
        if on {
            u8::from(mirror.u64(axis) >> 63 == 1)
        } else {
            0
        }
    };
    // Orientations are listed by number: columns first, then rows, as far as the map is mirrored at all; map after map.
    let (flip, flips) = match (table.mirror.x, table.mirror.y) {
        (true, true) => (bit(0, true) | bit(1, true) << 1, 4),
        (false, false) => (0, 1),
        (x, y) => (bit(0, x) | bit(1, y), 2),
    };
    let pool = &table.pools[usize::from(one.head.domain != Domain::Train)];
    let map = match pool.len() {
        0 => 0,
        1 => pool[0],
        n => {
            let n = u32::try_from(n).expect("at most 16 maps");
            pool[one.head.draw.key(Purpose::Map, 0, 0).below(0, n) as usize]
        }
    };
    let layout = map * flips + flip;
    one.head.layout = layout;
    let layout = &table.layouts[usize::from(layout)];
    one.cells.restore(&layout.words, &table.geometry);
    let presence = one.head.draw.key(Purpose::Presence, 0, 0);
    for m in &layout.maybe {
        if presence.chance(table.geometry.subject(m.cell), m.p) {
            one.cells.set(m.cell, m.layer, m.code);
        }
    }
    super::things::choose(one, layout);
    for (row, (decl, &cell)) in one.rows.iter_mut().zip(table.rows.iter().zip(&layout.rows)) {
        let kind = &table.kinds[decl.kind.index()];
        let code = one.cells.get(cell, kind.layer);
        let there = table.kind_of(code) == Some(decl.kind) && cell.get() != 0;
        let has_state = there && table.shown_var(decl.kind).is_none();
        *row = ThingRow {
            cell: if there { cell.get() } else { 0 },
            holder: 0,
            state: if has_state { code - kind.look } else { 0 },
        };
    }
}

/// Bodies on spawn cells: each cell has its own draw; the slots of a role take the cells with the smallest, in order.
fn place_bodies(one: &mut ArenaMut<'_>, absent: &[bool]) {
    let table = one.table;
    let layout = &table.layouts[usize::from(one.head.layout)];
    let facings = one.head.draw.key(Purpose::Facing, 0, 0);
    let turns = table.roles.iter().any(|r| r.turned)
        || table
            .roles
            .iter()
            .any(|r| r.actions.iter().any(|a| a.verb == "turn_left"));
    for (r, role) in table.roles.iter().enumerate() {
        let firsts = layout.firsts.get(r).map_or(&[][..], Vec::as_slice);
        let key = one.head.draw.key(Purpose::Spawn, name_hash(&role.name), 0);
        let mut last = None;
        for i in 0..role.n {
            let slot = usize::from(role.first + i);
            one.agents.status[slot].0 = if absent[slot] { 0 } else { ALIVE | ON };
            let who = Slot::new(role.first + i);
            let inside = usize::from(i) < firsts.len();
            if usize::from(i) == firsts.len() {
                last = None;
            }
            // Every slot has its cell, the absent ones too: whoever is missing changes nobody's place.
            let draws = if inside { firsts } else { &layout.spawns[r] }
                .iter()
                .map(|&c| (key.u64(table.geometry.subject(c)), c));
            let Some(next) = draws.filter(|&d| last.is_none_or(|l| d > l)).min() else {
                continue;
            };
            last = Some(next);
            let cell = next.1;
            one.agents.pos[slot].0 = cell.get();
            if absent[slot] {
                continue;
            }
            let subject = u32::try_from(slot).expect("at most 64");
            one.agents.facing[slot].0 = if turns {
                u8::try_from(facings.below(subject, 4)).expect("below four")
            } else {
                0
            };
            one.put_body(who, cell);
        }
    }
}
