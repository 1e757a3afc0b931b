//! Registration of the shared state: the agents' columns, then what a file declares.

use bevy_ecs::world::World;

use super::agents::{
    ALIVE, AWAY, BODY_ON_MAP, BackAt, Carried, Chosen, Facing, FrozenUntil, Illegal, ON, Pos,
    ReadyAt, Registers, Status,
};
use super::arena::{Arenas, End, Later, ThingRow};
use super::columns::{AgentColumn, ArenaColumn, ColumnRegistry};
use super::table::{BODY, EFFECT, Table, Word};
use super::torus::fill_padding;
use crate::draw::TickDraw;
use crate::event::EventRow;
use crate::hash::StateHash;
use crate::ids::{Cell, Domain};

macro_rules! agent_columns {
    ($($column:ident($inner:ty) $name:literal, $stays:literal, $valid:expr;)*) => {
        $(impl AgentColumn for $column {
            const NAME: &'static str = $name;
            const BYTES: usize = <$inner as StateHash>::BYTES;
            const STAYS: bool = $stays;
            fn write(&self, out: &mut [u8]) {
                StateHash::write(self.0, out);
            }
            fn read(bytes: &[u8]) -> Self {
                Self(StateHash::read(bytes))
            }
            fn is_valid(&self, table: &Table) -> bool {
                let valid: fn($inner, &Table) -> bool = $valid;
                valid(self.0, table)
            }
        })*
        fn register_agents(registry: &mut ColumnRegistry, world: &mut World) {
            $(registry.add_agents::<$column>(world);)*
        }
    };
}
// The truth value: whether it stays over rounds. What a player has done, remembers and was told does; the rest belongs to the world.
agent_columns! {
    Pos(u16) "agent.cell", false, |c, t| c == 0 || (usize::from(c) < t.geometry.cells() && t.geometry.inside(Cell::new(c)));
    Facing(u8) "agent.facing", false, |f, _| f < 4;
    Status(u8) "agent.status", false, |s, _| s & !(ALIVE | ON | AWAY | BODY_ON_MAP) == 0;
    FrozenUntil(u32) "agent.frozen_until", false, |_, _| true;
    BackAt(u32) "agent.back_at", false, |_, _| true;
    Chosen(u8) "agent.action", true, |_, _| true;
    ReadyAt([u32; super::MAX_BEAMS]) "agent.ready_at", false, |_, _| true;
    Carried([u8; super::MAX_ITEMS]) "agent.carried", false, |_, _| true;
    Illegal(u32) "agent.illegal", true, |n, table| n / 64 <= table.time.limit();
    Registers([i32; super::MAX_REGISTERS]) "agent.registers", true, |_, _| true;
}

/// Registers all shared columns, in the order of the state hash.
pub fn register(registry: &mut ColumnRegistry, world: &mut World) {
    registry.add(world, Heads);
    registry.add(world, Words);
    register_agents(registry, world);
    registry.add(world, Vars);
    registry.add(world, Rows);
    registry.add(world, Pay);
    registry.add(world, HeardAt);
    registry.add(world, HeardNow);
    if world.resource::<Table>().n_heard_said() > 0 {
        registry.add(world, HeardSaid);
    }
    registry.add(world, Laters);
    if world.resource::<Table>().time.rounds > 1 {
        registry.add(world, Rounds);
    }
}

struct Heads;
const HEAD_BYTES: usize = 8 + 1 + 4 + 4 + 1 + 1 + 1 + 4 + 4 + 2 + 8;
/// Where the tick stands in `arena.head`.
pub(crate) const HEAD_TICK: std::ops::Range<usize> = 13..17;
/// Where `arena.head` counts what saturated or was refused.
pub(crate) const HEAD_COUNTERS: std::ops::Range<usize> = 20..28;
/// Bytes of a delayed event; the tick at which it is due stands first.
pub(crate) const LATER_BYTES: usize = 4 + ROW_BYTES;

impl ArenaColumn for Heads {
    fn name(&self) -> &'static str {
        "arena.head"
    }
    fn bytes(&self, _world: &World) -> usize {
        HEAD_BYTES
    }
    fn save(&mut self, world: &World, arena: usize, out: &mut [u8]) {
        let h = &world.resource::<Arenas>().heads[arena];
        let mut at = 0;
        let mut put = |bytes: &[u8]| {
            out[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        };
        put(&h.seed.to_le_bytes());
        put(&[h.domain as u8]);
        put(&h.episode.to_le_bytes());
        put(&h.tick.to_le_bytes());
        put(&[h.layout, h.end as u8, u8::from(h.fault)]);
        put(&h.saturated.to_le_bytes());
        put(&h.refused.to_le_bytes());
        put(&h.n_later.to_le_bytes());
        put(&h.lands.to_le_bytes());
    }
    fn load(&mut self, world: &mut World, arena: usize, bytes: &[u8]) -> bool {
        let layouts = world.resource::<Table>().layouts.len();
        let max_later = world.resource::<Table>().max_later();
        let time = &world.resource::<Table>().time;
        let longest = u64::from(time.ticks) * u64::from(time.rounds.max(1));
        let h = &mut world.resource_mut::<Arenas>().heads[arena];
        let mut rest = bytes;
        let mut take = |n: usize| {
            let (part, tail) = rest.split_at(n);
            rest = tail;
            part
        };
        h.seed = StateHash::read(take(8));
        let domain = Domain::numbered(take(1)[0]);
        h.domain = domain.unwrap_or_default();
        h.episode = StateHash::read(take(4));
        h.tick = StateHash::read(take(4));
        h.layout = take(1)[0];
        let end = take(1)[0];
        h.end = match end {
            1 => End::Terminated,
            2 => End::Truncated,
            _ => End::Running,
        };
        h.fault = take(1)[0] != 0;
        h.saturated = StateHash::read(take(4));
        h.refused = StateHash::read(take(4));
        h.n_later = StateHash::read(take(2));
        h.lands = StateHash::read(take(8));
        h.next_thaw = 0;
        // Where there are rounds, their own column follows.
        (h.round, h.round_from, h.round_over) = (0, 0, false);
        h.draw = TickDraw::new(h.domain, h.seed, h.episode, h.tick);
        h.n_events = 0;
        h.n_answered = 0;
        domain.is_some()
            && u64::from(h.tick) <= longest
            && usize::from(h.layout) < layouts.max(1)
            && end <= 2
            && usize::from(h.n_later) <= max_later
    }
    fn stays(&self) -> bool {
        true
    }
}

/// Number and start of the running round; only where a scenario has several.
struct Rounds;

impl ArenaColumn for Rounds {
    fn name(&self) -> &'static str {
        "arena.round"
    }
    fn bytes(&self, _world: &World) -> usize {
        2 + 4
    }
    fn save(&mut self, world: &World, arena: usize, out: &mut [u8]) {
        let h = &world.resource::<Arenas>().heads[arena];
        out[..2].copy_from_slice(&h.round.to_le_bytes());
        out[2..].copy_from_slice(&h.round_from.to_le_bytes());
    }
    fn load(&mut self, world: &mut World, arena: usize, bytes: &[u8]) -> bool {
        let rounds = world.resource::<Table>().time.rounds;
        let h = &mut world.resource_mut::<Arenas>().heads[arena];
        h.round = StateHash::read(&bytes[..2]);
        h.round_from = StateHash::read(&bytes[2..]);
        h.round < rounds && h.round_from <= h.tick
    }
    fn stays(&self) -> bool {
        true
    }
}

/// The cells of the map as written, row by row: padding is rebuilt, never saved.
struct Words;

impl ArenaColumn for Words {
    fn name(&self) -> &'static str {
        "arena.map"
    }
    fn bytes(&self, world: &World) -> usize {
        let g = world.resource::<Table>().geometry;
        usize::from(g.height) * usize::from(g.width) * size_of::<Word>()
    }
    fn save(&mut self, world: &World, arena: usize, out: &mut [u8]) {
        let g = world.resource::<Table>().geometry;
        let words = &world.resource::<Arenas>().words[arena * g.cells()..(arena + 1) * g.cells()];
        let width = usize::from(g.width);
        for (row, out) in (0..g.height).zip(out.chunks_exact_mut(width * size_of::<Word>())) {
            let start = g.cell(row, 0).index();
            out.copy_from_slice(words[start..start + width].as_flattened());
        }
    }
    fn load(&mut self, world: &mut World, arena: usize, bytes: &[u8]) -> bool {
        let (g, n_slots, kind_of, kinds, max_effects) = {
            let t = world.resource::<Table>();
            (
                t.geometry,
                t.n_slots(),
                t.looks.kind_of,
                t.kinds.len(),
                t.max_effects(),
            )
        };
        let s = &mut *world.resource_mut::<Arenas>();
        let words = &mut s.words[arena * g.cells()..(arena + 1) * g.cells()];
        let counts = &mut s.counts[arena * kinds..(arena + 1) * kinds];
        let effects = &mut s.effects[arena * max_effects..(arena + 1) * max_effects];
        counts.fill(0);
        let (mut n_effects, mut valid) = (0, true);
        let mut from = bytes.as_chunks::<{ size_of::<Word>() }>().0.iter();
        for row in 0..g.height {
            for column in 0..g.width {
                let cell = g.cell(row, column);
                let Some(&word) = from.next() else {
                    return false;
                };
                words[cell.index()] = word;
                for &code in &word[..BODY] {
                    match kind_of[usize::from(code)].checked_sub(1) {
                        Some(kind) => counts[usize::from(kind)] += 1,
                        None => valid &= code == 0,
                    }
                }
                valid &= usize::from(word[BODY]) <= n_slots;
                if word[EFFECT] != 0 {
                    match effects.get_mut(n_effects) {
                        Some(place) => *place = cell.get(),
                        None => valid = false,
                    }
                    n_effects += 1;
                }
            }
        }
        if g.wrap {
            fill_padding(&g, words);
        }
        s.heads[arena].n_effects =
            u16::try_from(n_effects.min(max_effects)).expect("below the number of cells");
        s.touched[arena].n = u16::MAX;
        valid
    }
    fn blank(&self, bytes: &mut [u8]) {
        bytes
            .iter_mut()
            .skip(EFFECT)
            .step_by(size_of::<Word>())
            .for_each(|b| *b = 0);
    }
}

/// Declares a column that is a plain slice of fixed-width numbers of [`Arenas`].
macro_rules! slices {
    ($($column:ident $name:literal $field:ident: $ty:ty, $n:expr;)*) => {$(
        // All of them stay over rounds: variables one by one (`keep`), the others are what the last tick brought or was heard.
        struct $column;
        impl ArenaColumn for $column {
            fn name(&self) -> &'static str {
                $name
            }
            fn bytes(&self, world: &World) -> usize {
                let n: fn(&Table) -> usize = $n;
                n(world.resource::<Table>()) * <$ty as StateHash>::BYTES
            }
            fn save(&mut self, world: &World, arena: usize, out: &mut [u8]) {
                let n = out.len() / <$ty as StateHash>::BYTES;
                let values = &world.resource::<Arenas>().$field[arena * n..(arena + 1) * n];
                for (value, out) in values.iter().zip(out.chunks_exact_mut(<$ty as StateHash>::BYTES)) {
                    StateHash::write(*value, out);
                }
            }
            fn load(&mut self, world: &mut World, arena: usize, bytes: &[u8]) -> bool {
                let n = bytes.len() / <$ty as StateHash>::BYTES;
                let values = &mut world.resource_mut::<Arenas>().$field[arena * n..(arena + 1) * n];
                for (value, bytes) in values.iter_mut().zip(bytes.chunks_exact(<$ty as StateHash>::BYTES)) {
                    *value = StateHash::read(bytes);
                }
                true
            }
            fn stays(&self) -> bool {
                true
            }
        }
    )*};
}
slices! {
    Vars "arena.vars" vars: i64, Table::n_places;
    Pay "arena.pay" pay: i64, |t| t.n_slots() * t.channels.len();
    HeardAt "arena.heard_at" heard_at: u32, |t| t.n_slots() * t.messages.len();
    HeardNow "arena.heard_now" heard_now: u8, |t| t.n_slots() * t.roles.len() * t.messages.len();
    HeardSaid "arena.heard_said" heard_said: u8, Table::n_heard_said;
}

/// Thing rows.
struct Rows;

impl ArenaColumn for Rows {
    fn name(&self) -> &'static str {
        "arena.things"
    }
    fn bytes(&self, world: &World) -> usize {
        world.resource::<Table>().rows.len() * 4
    }
    fn save(&mut self, world: &World, arena: usize, out: &mut [u8]) {
        let n = out.len() / 4;
        for (row, out) in world.resource::<Arenas>().rows[arena * n..(arena + 1) * n]
            .iter()
            .zip(out.chunks_exact_mut(4))
        {
            out[..2].copy_from_slice(&row.cell.to_le_bytes());
            out[2..].copy_from_slice(&[row.holder, row.state]);
        }
    }
    fn load(&mut self, world: &mut World, arena: usize, bytes: &[u8]) -> bool {
        let (g, slots) = (
            world.resource::<Table>().geometry,
            world.resource::<Table>().n_slots(),
        );
        let n = bytes.len() / 4;
        let mut valid = true;
        let rows = &mut world.resource_mut::<Arenas>().rows[arena * n..(arena + 1) * n];
        for (row, b) in rows.iter_mut().zip(bytes.chunks_exact(4)) {
            *row = ThingRow {
                cell: StateHash::read(&b[..2]),
                holder: b[2],
                state: b[3],
            };
            let known = row.cell == 0
                || (usize::from(row.cell) < g.cells() && g.inside(Cell::new(row.cell)));
            valid &= known && usize::from(row.holder) <= slots;
        }
        valid
    }
}

/// Bytes of a saved event row.
const ROW_BYTES: usize = 2 * 4 + 4 + 4 + 8;

fn write_row(row: &EventRow, out: &mut [u8]) {
    for (value, out) in [row.event, row.a, row.b, row.k]
        .into_iter()
        .zip(out.chunks_exact_mut(2))
    {
        out.copy_from_slice(&value.to_le_bytes());
    }
    out[8..12].copy_from_slice(&row.cell.to_le_bytes());
    out[12..16].copy_from_slice(&row.x.to_le_bytes());
    out[16..24].copy_from_slice(&row.num.to_le_bytes());
}

fn read_row(bytes: &[u8]) -> EventRow {
    let half = |i: usize| StateHash::read(&bytes[2 * i..2 * i + 2]);
    EventRow {
        event: half(0),
        a: half(1),
        b: half(2),
        k: half(3),
        cell: StateHash::read(&bytes[8..12]),
        x: StateHash::read(&bytes[12..16]),
        num: StateHash::read(&bytes[16..24]),
    }
}

/// Delayed events.
struct Laters;

impl ArenaColumn for Laters {
    fn name(&self) -> &'static str {
        "arena.later"
    }
    fn bytes(&self, world: &World) -> usize {
        world.resource::<Table>().max_later() * (4 + ROW_BYTES)
    }
    fn save(&mut self, world: &World, arena: usize, out: &mut [u8]) {
        let n = out.len() / (4 + ROW_BYTES);
        for (later, out) in world.resource::<Arenas>().later[arena * n..(arena + 1) * n]
            .iter()
            .zip(out.chunks_exact_mut(4 + ROW_BYTES))
        {
            out[..4].copy_from_slice(&later.due.to_le_bytes());
            write_row(&later.row, &mut out[4..]);
        }
    }
    fn load(&mut self, world: &mut World, arena: usize, bytes: &[u8]) -> bool {
        let events = world.resource::<Table>().events.len();
        let n = bytes.len() / (4 + ROW_BYTES);
        let later = &mut world.resource_mut::<Arenas>().later[arena * n..(arena + 1) * n];
        for (later, bytes) in later.iter_mut().zip(bytes.chunks_exact(4 + ROW_BYTES)) {
            *later = Later {
                due: StateHash::read(&bytes[..4]),
                row: read_row(&bytes[4..]),
            };
        }
        later.iter().all(|l| usize::from(l.row.event) < events)
    }
}
