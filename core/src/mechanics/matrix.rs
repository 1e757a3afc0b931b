//! `matrix`: what two agents carry are their strategies, and a payoff matrix says what they get.

use bevy_ecs::change_detection::DetectChangesMut;
use bevy_ecs::component::Component;
use bevy_ecs::query::With;
use bevy_ecs::resource::Resource;
use bevy_ecs::system::{Query, ResMut};
use bevy_ecs::world::World;
use serde::Deserialize;

use super::{
    Decimal, Install, Mechanic, MechanicDef, Objection, Reference, Sort, kinds_of, read_config,
    roles_of, slots_of,
};
use crate::event::Part;
use crate::hash::StateHash;
use crate::ids::{Cell, ChannelId, EventId, KindId, Num, ONE, Slot};
use crate::phase::Phase;
use crate::state::{
    Agent, AgentColumn, ArenaColumn, ArenaMut, BODY, IN_PLAY, Layer, MAX_ITEMS, Shard, Table, Type,
};

/// Two agents that have picked something play a game in normal form. The shares of the kinds that each holds are its mixed
/// strategy x or y: the row player gets xᵀ·row·y, the other xᵀ·col·y. Both stand still for `freeze` ticks, are paid in the tick
/// after, lose what they hold, and leave the map for `respawn` ticks. Who holds only what everybody starts with is not ready and
/// plays with nobody; nor does who is playing already. One game an agent and tick.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The kinds, in the order of the matrix's rows and columns; 2 to 16 kinds that can be carried.
    pub items: Vec<String>,
    /// Payoffs of the row player, by its kind and then by the other's; numbers from -2000 to 2000. The row player is who hit the
    /// other, else who comes first in the tick's order of slots.
    pub row: Vec<Vec<Decimal>>,
    /// Payoffs of the other, by the row player's kind and then by its own. Without it: `row` with kinds exchanged, so that the game
    /// is symmetric.
    #[serde(default)]
    pub col: Option<Vec<Vec<Decimal>>>,
    /// Who plays: `beam`: who is hit by the beam, with the shooter. `adjacent`: neighbours (north, east, south, west).
    /// `both_ready`: any two that are ready.
    pub when: When,
    /// Name of the beam, for `when = "beam"`.
    #[serde(default)]
    pub beam: Option<String>,
    /// Whether shares are mixed strategies. If not, an agent plays the kind that it holds most of, the first one on a tie.
    #[serde(default = "yes")]
    pub mix: bool,
    /// How many of each kind everybody holds before picking any, 0 to 100. They count for the shares, not for being ready, and
    /// stand nowhere else: `carried` is what was picked.
    #[serde(default = "one")]
    pub start: u32,
    /// Ticks for which both stand still before they are paid, 0 to 1000.
    #[serde(default)]
    pub freeze: u32,
    /// Ticks for which both leave the map when they have been paid; without it they stay.
    #[serde(default)]
    pub respawn: Option<u32>,
    /// How often a thing of `items` must be struck by the beam until it is gone, 0 to 100; 0: it is never destroyed. Blows are
    /// counted by cell, and those that a thing survived count against the next one in its cell.
    #[serde(default)]
    pub durable: u32,
    /// Roles that play; all without it.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

/// Who plays.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Who is hit by the beam, with the shooter.
    Beam,
    /// Neighbours.
    Adjacent,
    /// Any two that are ready.
    BothReady,
}

fn yes() -> bool {
    true
}
fn one() -> u32 {
    1
}

/// Payoffs stay below what the second number of an event holds.
const MOST: Num = 2000 * ONE;

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "matrix",
    named: true,
    doc: "What two agents carry are their strategies, and a payoff matrix says what they get.",
    events: &[
        ("played", &[Type::Slot, Type::Slot, Type::Num, Type::Num]),
        ("destroyed", &[Type::Slot, Type::Kind, Type::Cell]),
    ],
    fields: &[],
    needs: &["pickup", "absence"],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

/// A game that waits to be paid.
#[derive(Component, Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Playing {
    /// Tick in which it is paid; 0 for no game.
    due: u32,
    /// The other's slot.
    other: u8,
    /// Place of the instance among the chosen mechanics, twice, + 1 for the row player.
    side: u16,
    /// What is paid.
    pay: Num,
}

impl AgentColumn for Playing {
    const NAME: &'static str = "matrix.playing";
    const BYTES: usize = 15;
    fn write(&self, out: &mut [u8]) {
        StateHash::write(self.due, &mut out[..4]);
        out[4] = self.other;
        StateHash::write(self.side, &mut out[5..7]);
        StateHash::write(self.pay, &mut out[7..]);
    }
    fn read(bytes: &[u8]) -> Self {
        Self {
            due: StateHash::read(&bytes[..4]),
            other: bytes[4],
            side: StateHash::read(&bytes[5..7]),
            pay: StateHash::read(&bytes[7..]),
        }
    }
    fn is_valid(&self, table: &Table) -> bool {
        usize::from(self.other) < table.n_slots().max(1)
            && (-MOST..=MOST).contains(&self.pay)
            && (self.due > 0 || *self == Self::default())
    }
}

impl Config {
    /// Payoffs as square matrices over the kinds: the row player's, the other's.
    fn payoffs(&self) -> [Vec<Vec<Num>>; 2] {
        let plain = |m: &Vec<Vec<Decimal>>| -> Vec<Vec<Num>> {
            m.iter()
                .map(|row| row.iter().map(|d| d.0).collect())
                .collect()
        };
        let row = plain(&self.row);
        let col = match &self.col {
            Some(col) => plain(col),
            None => (0..row.len())
                .map(|i| row.iter().map(|r| r[i]).collect())
                .collect(),
        };
        [row, col]
    }
    fn object_matrix(&self, key: &str, matrix: &[Vec<Decimal>], out: &mut Vec<Objection>) {
        let n = self.items.len();
        if matrix.len() != n || matrix.iter().any(|row| row.len() != n) {
            out.push(Objection::new(
                key,
                format!("`{key}` needs {n} rows of {n} numbers, one for each of `items`"),
                "write a row for each kind, and in it a number for each kind of the other",
            ));
        }
        for (i, row) in matrix.iter().enumerate() {
            let big = row.iter().position(|d| !(-MOST..=MOST).contains(&d.0));
            out.extend(big.map(|j| {
                Objection::new(
                    &format!("{key}[{i}][{j}]"),
                    "a payoff is from -2000 to 2000",
                    "write a smaller number",
                )
            }));
        }
    }
}

impl Mechanic for Config {
    fn echoes(&self) -> Vec<(&str, &'static str)> {
        vec![("struck", "destroyed")]
    }
    fn references(&self) -> Vec<Reference> {
        let mut out = kinds_of("items", &self.items, 1 << Layer::Item as u8);
        out.extend(roles_of(self.by.as_ref()));
        out.extend(self.beam.iter().map(|name| Reference {
            path: "beam".to_owned(),
            sort: Sort::Beam,
            name: name.clone(),
        }));
        out
    }
    fn object(&self) -> Vec<Objection> {
        let mut out = Vec::new();
        if !(2..=MAX_ITEMS).contains(&self.items.len()) {
            out.push(Objection::new(
                "items",
                format!("`items` names 2 to {MAX_ITEMS} kinds"),
                "name the kinds that stand for strategies",
            ));
        }
        self.object_matrix("row", &self.row, &mut out);
        if let Some(col) = &self.col {
            self.object_matrix("col", col, &mut out);
        }
        if (self.when == When::Beam) != self.beam.is_some() {
            out.push(Objection::new(
                "when",
                "`beam` names the beam where `when = \"beam\"`, and only there",
                "write `when = \"beam\", beam = \"<name>\"`",
            ));
        }
        out.extend(Objection::range("durable", i64::from(self.durable), 0, 100));
        if self.durable > 0 && self.beam.is_none() {
            out.push(Objection::new(
                "durable",
                "things are destroyed by a beam, and there is none",
                "drop `durable`, or name the `beam`",
            ));
        }
        out.extend(Objection::range("start", i64::from(self.start), 0, 100));
        out.extend(Objection::range("freeze", i64::from(self.freeze), 0, 1000));
        out.extend(
            self.respawn
                .and_then(|n| Objection::range("respawn", i64::from(n), 1, 100_000)),
        );
        out
    }
    fn items(&self) -> Vec<String> {
        self.items.clone()
    }
    fn listens(&self) -> Vec<&str> {
        let struck = Some("struck").filter(|_| self.durable > 0);
        let both = ["hit"].into_iter().chain(struck);
        both.filter(|_| self.when == When::Beam).collect()
    }
    fn install(&self, _instance: &str, at: &mut Install<'_>) {
        at.agent_column::<Playing>();
        let table = at.world.resource::<Table>();
        let [row, col] = self.payoffs();
        let game = Game {
            items: self
                .items
                .iter()
                .filter_map(|name| table.item(table.kind(name)?))
                .collect(),
            row,
            col,
            when: self.when,
            beam: self
                .beam
                .as_ref()
                .and_then(|name| table.effects.iter().position(|e| e == name))
                .map_or(-1, |b| i64::try_from(b).expect("few beams")),
            mix: self.mix,
            start: self.start,
            freeze: self.freeze,
            respawn: self.respawn,
            slots: slots_of(self.by.as_ref(), table),
            hit: table.event("hit"),
            hit_parts: hit_parts(table),
            durable: u8::try_from(self.durable).unwrap_or(u8::MAX),
            struck: table.event("struck").map(|e| (e, struck_parts(table, e))),
            destroyed: table.event("destroyed").expect("declared above"),
            played: table.event("played").expect("declared above"),
            side: u16::from(at.position) * 2,
        };
        let n = table.n_slots();
        let n_cells = usize::from(table.geometry.height) * usize::from(table.geometry.width);
        let n_arenas = at.n_arenas;
        if !at.world.contains_resource::<Blows>() {
            at.world.insert_resource(Blows::default());
        }
        let index = {
            let mut blows = at.world.resource_mut::<Blows>();
            let room = if game.durable > 0 { n_cells } else { 0 };
            blows.0.push(vec![0; n_arenas * room]);
            blows.0.len() - 1
        };
        if game.durable > 0 {
            at.column(BlowColumn(index));
        }
        at.system(
            Phase::Institutions,
            move |mut shard: Shard,
                  mut blows: ResMut<Blows>,
                  mut playing: Query<&mut Playing, With<Agent>>| {
                let blows = &mut blows.bypass_change_detection().0[index];
                let Some(playing) = playing
                    .contiguous_iter_mut()
                    .ok()
                    .and_then(|mut t| t.next())
                else {
                    return;
                };
                let playing = super::slice(playing);
                let mut parts = shard.parts();
                for arena in 0..parts.arenas.n {
                    let playing = &mut playing[arena * n..(arena + 1) * n];
                    let mut one = parts.arena(arena);
                    if let Some(blows) = blows.get_mut(arena * n_cells..(arena + 1) * n_cells) {
                        game.strike(&mut one, blows);
                    }
                    game.one_arena(&mut one, playing);
                }
            },
        );
    }
}

/// Blows that each cell of the map has taken, of each instance, arena after arena; empty where nothing is destroyed.
#[derive(Resource, Debug, Default)]
struct Blows(Vec<Vec<u8>>);

/// The blows of one instance, by its number.
struct BlowColumn(usize);

impl ArenaColumn for BlowColumn {
    fn name(&self) -> &'static str {
        super::column_names!("matrix.blows")[self.0.min(7)]
    }
    fn bytes(&self, world: &World) -> usize {
        let g = world.resource::<Table>().geometry;
        usize::from(g.height) * usize::from(g.width)
    }
    fn save(&mut self, world: &World, arena: usize, out: &mut [u8]) {
        let n = out.len();
        out.copy_from_slice(&world.resource::<Blows>().0[self.0][arena * n..(arena + 1) * n]);
    }
    fn load(&mut self, world: &mut World, arena: usize, bytes: &[u8]) -> bool {
        let n = bytes.len();
        world.resource_mut::<Blows>().0[self.0][arena * n..(arena + 1) * n].copy_from_slice(bytes);
        true
    }
}

/// Where a row of `struck` keeps beam, shooter, kind and cell.
fn struck_parts(table: &Table, struck: EventId) -> [Part; 4] {
    match table.events[struck.index()].fields[..] {
        [(_, beam), (_, shooter), (_, kind), (_, cell)] => [beam, shooter, kind, cell],
        _ => [Part::K, Part::A, Part::B, Part::Cell],
    }
}

/// Where a row of `hit` keeps beam, shooter and target.
fn hit_parts(table: &Table) -> [Part; 3] {
    let fields = table
        .event("hit")
        .map(|hit| &table.events[hit.index()].fields);
    match fields.map(Vec::as_slice) {
        Some(&[(_, beam), (_, shooter), (_, target)]) => [beam, shooter, target],
        _ => [Part::K, Part::A, Part::B],
    }
}

struct Game {
    items: Vec<usize>,
    row: Vec<Vec<Num>>,
    col: Vec<Vec<Num>>,
    when: When,
    beam: i64,
    mix: bool,
    start: u32,
    freeze: u32,
    respawn: Option<u32>,
    slots: u64,
    hit: Option<EventId>,
    hit_parts: [Part; 3],
    durable: u8,
    struck: Option<(EventId, [Part; 4])>,
    destroyed: EventId,
    played: EventId,
    side: u16,
}

/// What an agent holds of each kind, and how many in all.
type Held = ([u32; MAX_ITEMS], u32);

impl Game {
    fn one_arena(&self, arena: &mut ArenaMut<'_>, playing: &mut [Playing]) {
        self.settle(arena, playing);
        match self.when {
            When::Beam => self.after_hits(arena, playing),
            When::Adjacent | When::BothReady => self.without_beam(arena, playing),
        }
    }

    /// Things that have taken enough blows are gone.
    fn strike(&self, arena: &mut ArenaMut<'_>, blows: &mut [u8]) {
        let Some((struck, parts)) = self.struck else {
            return;
        };
        for i in 0..arena.events().len() {
            let row = arena.events()[i];
            let [beam, shooter, hit, cell] = parts.map(|part| row.get(part));
            if row.event != struck.get() || beam != self.beam {
                continue;
            }
            let cell = Cell::new(u16::try_from(cell).expect("a padded cell"));
            let kind = arena.table.kind_of(arena.cells.get(cell, Layer::Item));
            let item = kind.and_then(|kind| arena.table.item(kind));
            let counts = |kind: &KindId| {
                i64::from(kind.get()) == hit && item.is_some_and(|i| self.items.contains(&i))
            };
            let Some(kind) = kind.filter(counts) else {
                continue;
            };
            let blow = &mut blows[arena.table.geometry.subject(cell) as usize];
            *blow += 1;
            if *blow >= self.durable {
                *blow = 0;
                arena.lift(Layer::Item, cell);
                let fields = [shooter, i64::from(kind.get()), i64::from(cell.get())];
                arena.emit_fields(Some(self.destroyed), &fields);
            }
        }
    }

    /// Whether a game of this instance is due.
    fn is_due(&self, game: &Playing, tick: u32) -> bool {
        game.due > 0 && game.due <= tick && game.side & !1 == self.side
    }
    /// Pays the games that are due, and then sends the players away, in the tick's order of slots.
    fn settle(&self, arena: &mut ArenaMut<'_>, playing: &mut [Playing]) {
        let (order, tick) = (arena.order, arena.head.tick);
        for &slot in order {
            let game = playing[usize::from(slot)];
            if !self.is_due(&game, tick) {
                continue;
            }
            arena.pay(Slot::new(slot), ChannelId::MAIN, game.pay);
            if game.side & 1 == 1 {
                let other = playing[usize::from(game.other)].pay;
                arena.emit_fields(
                    Some(self.played),
                    &[i64::from(slot), i64::from(game.other), game.pay, other],
                );
            }
        }
        for &slot in order {
            let game = &mut playing[usize::from(slot)];
            if !self.is_due(game, tick) {
                continue;
            }
            *game = Playing::default();
            let who = Slot::new(slot);
            for &item in &self.items {
                arena.take(who, item, u8::MAX);
            }
            if let Some(ticks) = self.respawn {
                arena.send_away(who, Some(ticks));
            }
        }
    }

    /// Hits in the order in which they fell. A hit takes up both agents for this tick, also when no game follows.
    fn after_hits(&self, arena: &mut ArenaMut<'_>, playing: &mut [Playing]) {
        let mut busy = 0_u64;
        for i in 0..arena.events().len() {
            let row = arena.events()[i];
            let [beam, shooter, target] = self.hit_parts.map(|part| row.get(part));
            let ours = Some(row.event) == self.hit.map(EventId::get) && beam == self.beam;
            let (Ok(shooter), Ok(target)) = (u8::try_from(shooter), u8::try_from(target)) else {
                continue;
            };
            if !ours || busy >> target & 1 == 1 {
                continue;
            }
            busy |= 1 << target;
            if busy >> shooter & 1 == 1 {
                continue;
            }
            busy |= 1 << shooter;
            self.try_start(arena, playing, shooter, target);
        }
    }

    /// Pairs in the tick's order of slots; each agent plays with the first partner that it finds.
    fn without_beam(&self, arena: &mut ArenaMut<'_>, playing: &mut [Playing]) {
        let order = arena.order;
        for (i, &row) in order.iter().enumerate() {
            if !self.is_ready(arena, playing, row) {
                continue;
            }
            let near = self.neighbours(arena, row);
            let other = order[i + 1..]
                .iter()
                .copied()
                .find(|&o| near >> o & 1 == 1 && self.is_ready(arena, playing, o));
            if let Some(other) = other {
                self.try_start(arena, playing, row, other);
            }
        }
    }

    /// The slots with whom a slot may play (bit = slot).
    fn neighbours(&self, arena: &ArenaMut<'_>, slot: u8) -> u64 {
        if self.when == When::BothReady {
            return u64::MAX;
        }
        let Some(cell) = arena.body(Slot::new(slot)) else {
            return 0;
        };
        (0..4).fold(0, |near, direction| {
            let to = arena.table.geometry.step(cell, direction);
            match arena.cells.word(to)[BODY].checked_sub(1) {
                Some(other) => near | 1 << other,
                None => near,
            }
        })
    }

    fn is_ready(&self, arena: &ArenaMut<'_>, playing: &[Playing], slot: u8) -> bool {
        let i = usize::from(slot);
        let carried = &arena.agents.carried[i].0;
        self.slots >> slot & 1 == 1
            && arena.agents.status[i].0 == IN_PLAY
            && playing[i].due == 0
            && self.items.iter().any(|&item| carried[item] > 0)
    }

    fn try_start(&self, arena: &mut ArenaMut<'_>, playing: &mut [Playing], row: u8, other: u8) {
        if !self.is_ready(arena, playing, row) || !self.is_ready(arena, playing, other) {
            return;
        }
        let [x, y] = [row, other].map(|slot| self.held(arena, slot));
        let due = arena
            .head
            .tick
            .saturating_add(self.freeze)
            .saturating_add(1);
        playing[usize::from(row)] = Playing {
            due,
            other,
            side: self.side + 1,
            pay: expected(&self.row, x, y),
        };
        playing[usize::from(other)] = Playing {
            due,
            other: row,
            side: self.side,
            pay: expected(&self.col, x, y),
        };
        for slot in [row, other] {
            // They act again in the tick after the one in which they are paid.
            arena.freeze(Slot::new(slot), self.freeze + 2);
        }
    }

    fn held(&self, arena: &ArenaMut<'_>, slot: u8) -> Held {
        let carried = &arena.agents.carried[usize::from(slot)].0;
        let mut held = [0; MAX_ITEMS];
        for (held, &item) in held.iter_mut().zip(&self.items) {
            *held = self.start + u32::from(carried[item]);
        }
        if !self.mix {
            let most = held.iter().max().copied().unwrap_or(0);
            let pure = held.iter().position(|&n| n == most).unwrap_or(0);
            held = [0; MAX_ITEMS];
            held[pure] = 1;
        }
        (held, held.iter().sum())
    }
}

/// xᵀ·payoffs·y for the shares x and y, rounded toward zero. 0 for who holds nothing.
fn expected(payoffs: &[Vec<Num>], (x, all_x): Held, (y, all_y): Held) -> Num {
    let mut sum = 0_i128;
    for (payoffs, &x) in payoffs.iter().zip(&x) {
        for (&payoff, &y) in payoffs.iter().zip(&y) {
            sum += i128::from(payoff) * i128::from(x) * i128::from(y);
        }
    }
    let all = i128::from(all_x) * i128::from(all_y);
    Num::try_from(sum / all.max(1)).expect("a mean of payoffs, which are bounded")
}

#[cfg(test)]
mod tests;
