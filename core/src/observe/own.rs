//! The own vector: what an agent knows of itself and what it is told, as whole numbers with names.

use crate::ids::{ChannelId, Num, RoleId, Slot};
use crate::state::{ALIVE, AWAY, ArenaMut, Layer, MAX_BEAMS, ON, Seen, Table, Type};

/// One number of the own vector.
#[derive(Clone, PartialEq, Debug)]
pub struct OwnField {
    /// Public name, for example `carried[apple]`.
    pub name: String,
    /// Factor that brings it to about 1.
    pub scale: f32,
    source: Source,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Source {
    Tick,
    Ticks,
    Status(u8),
    Frozen,
    CoolDown(u8),
    Carried(u8),
    RoleVar(u8, Type),
    ArenaVar(u8, Type),
    Reward(ChannelId),
    Heard(RoleId, u8),
    Sign(u8),
    Told(bool),
}

/// The own vector of a role, in DESIGN's order: clock, status, cool-downs, carried items, role variables, arena variables, last
/// rewards, messages heard in this tick, signs read, texts told.
pub fn own_fields(table: &Table, role: RoleId) -> Vec<OwnField> {
    let mut out = Vec::new();
    let mut add = |name: String, scale: f64, source: Source| {
        #[expect(clippy::cast_possible_truncation, reason = "a scale, not state")]
        out.push(OwnField {
            name,
            scale: scale as f32,
            source,
        });
    };
    let r = &table.roles[role.index()];
    let ticks = f64::from(table.time.limit().max(1));
    if table.time.clock {
        add("tick".to_owned(), 1.0 / ticks, Source::Tick);
        add("ticks".to_owned(), 1.0 / ticks, Source::Ticks);
    }
    add("alive".to_owned(), 1.0, Source::Status(ALIVE));
    add("on".to_owned(), 1.0, Source::Status(ON));
    add("away".to_owned(), 1.0, Source::Status(AWAY));
    add("frozen".to_owned(), 0.1, Source::Frozen);
    for (i, beam) in (0u8..).zip(table.effects.iter().take(MAX_BEAMS)) {
        if r.actions.iter().any(|a| a.verb == *beam) {
            add(format!("cooldown[{beam}]"), 0.1, Source::CoolDown(i));
        }
    }
    for (i, &kind) in (0u8..).zip(&table.items) {
        add(
            format!("carried[{}]", table.kinds[kind.index()].name),
            1.0,
            Source::Carried(i),
        );
    }
    for (i, var) in (0u8..).zip(table.role_vars.get(role.index()).into_iter().flatten()) {
        if var.seen != Seen::None {
            add(
                format!("me.{}", var.name),
                scale_of(var.ty, var.min, var.max),
                Source::RoleVar(i, var.ty),
            );
        }
    }
    for (i, var) in (0u8..).zip(&table.vars) {
        let seen = match &var.seen {
            Seen::All => true,
            Seen::Roles(roles) => roles.contains(&role),
            Seen::Own | Seen::None => false,
        };
        if seen {
            add(
                var.name.clone(),
                scale_of(var.ty, var.min, var.max),
                Source::ArenaVar(i, var.ty),
            );
        }
    }
    for (i, channel) in (0u8..).zip(&table.channels) {
        if channel.seen {
            add(
                format!("reward[{}]", channel.name),
                1e-6,
                Source::Reward(ChannelId::new(i)),
            );
        }
    }
    for (s, sender) in (0u8..).zip(&table.roles) {
        for (m, message) in (0u8..).zip(&table.messages) {
            add(
                format!("heard[{},{}]", sender.name, message.name),
                1.0,
                Source::Heard(RoleId::new(s), m),
            );
        }
    }
    for (t, text) in (0u8..).zip(&table.texts) {
        add(format!("sign[{}]", text.name), 1.0, Source::Sign(t));
    }
    for (t, text) in (0u8..).zip(&table.texts) {
        add(
            format!("told[{}]", text.name),
            1.0,
            Source::Told(r.told == Some(t)),
        );
    }
    out
}

fn scale_of(ty: Type, min: i64, max: i64) -> f64 {
    let most = min.unsigned_abs().max(max.unsigned_abs());
    match ty {
        Type::Num => 1e-6,
        Type::Int if most > 0 && most < 1_000_000 => {
            1.0 / f64::from(u32::try_from(most).expect("below a million"))
        }
        Type::Slot => 1.0 / 64.0,
        _ => 1.0,
    }
}

/// Writes the vector of one slot.
pub(super) fn write(arena: &ArenaMut<'_>, slot: Slot, fields: &[OwnField], out: &mut [i32]) {
    let i = slot.index();
    let table = arena.table;
    for (field, out) in fields.iter().zip(out) {
        *out = match field.source {
            Source::Tick => saturate(i64::from(arena.head.tick)),
            Source::Ticks => saturate(i64::from(arena.head.round_from + table.time.ticks)),
            Source::Status(bit) => i32::from(arena.agents.status[i].0 & bit != 0),
            // The clock has moved on already: what is left from now on.
            Source::Frozen => saturate(i64::from(
                arena.agents.frozen_until[i]
                    .0
                    .saturating_sub(arena.head.tick),
            )),
            Source::CoolDown(beam) => saturate(i64::from(
                arena.agents.ready_at[i].0[usize::from(beam)].saturating_sub(arena.head.tick),
            )),
            Source::Carried(item) => i32::from(arena.agents.carried[i].0[usize::from(item)]),
            Source::RoleVar(var, ty) => {
                shown(arena.vars[table.slot_place(slot, usize::from(var))], ty)
            }
            Source::ArenaVar(var, ty) => shown(arena.vars[table.arena_place(usize::from(var))], ty),
            Source::Reward(channel) => {
                saturate(arena.pay[i * table.channels.len() + channel.index()])
            }
            Source::Heard(role, message) => {
                let at = (i * table.roles.len() + role.index()) * table.messages.len()
                    + usize::from(message);
                i32::from(arena.heard_now[at])
            }
            Source::Sign(text) => i32::from(reads(arena, slot, text)),
            Source::Told(told) => i32::from(told),
        };
    }
}

fn saturate(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
}

fn shown(value: Num, ty: Type) -> i32 {
    saturate(if ty == Type::Slot { value + 1 } else { value })
}

/// Whether a sign with this text stands in the slot's window and near enough.
pub(super) fn reads(arena: &ArenaMut<'_>, slot: Slot, text: u8) -> bool {
    let table = arena.table;
    let Some(cell) = arena.body(slot) else {
        return false;
    };
    let role = &table.roles[table.role_of(slot).index()];
    let (h, w) = role.window();
    let (row, column) = (i32::from(role.ahead), i32::from(role.side));
    table
        .signs
        .iter()
        .filter(|sign| sign.text == text)
        .any(|sign| {
            let layer: Layer = table.kinds[sign.kind.index()].layer;
            let mut found = false;
            super::window::for_each(
                table,
                role,
                arena.cells.words(),
                cell.index(),
                arena.agents.facing[slot.index()].0,
                |i, word| {
                    let (y, x) = (
                        i32::try_from(i / w).expect("small") - row,
                        i32::try_from(i % w).expect("small") - column,
                    );
                    let near = y.abs().max(x.abs()) <= i32::from(sign.read);
                    found |= near && table.kind_of(word[layer as usize]) == Some(sign.kind);
                },
            );
            found && h > 0
        })
}
