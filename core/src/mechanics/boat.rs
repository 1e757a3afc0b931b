//! `boat`: two rowers cross the water together, race after race.

use bevy_ecs::change_detection::DetectChangesMut;
use bevy_ecs::component::Component;
use bevy_ecs::query::With;
use bevy_ecs::resource::Resource;
use bevy_ecs::system::{Query, ResMut};
use bevy_ecs::world::World;
use serde::Deserialize;

use super::{
    Decimal, Install, Mechanic, MechanicDef, Objection, Reference, bits, codes_of, kind_of,
    read_config, roles_of, slots_of, speaks,
};
use crate::draw::{Purpose, name_hash};
use crate::hash::StateHash;
use crate::ids::{Cell, ChannelId, EventId, Num, Slot};
use crate::phase::Phase;
use crate::state::{
    Agent, AgentColumn, ArenaColumn, ArenaMut, Layer, Layout, MAX_SLOTS, Shard, Table, Type,
};

/// Boats of two seats, side by side. Who steps onto a seat while water lies ahead sits there until the boat lands: it can row and
/// flail, and nothing else. When both row in the same tick the boat goes one cell; when either flails it goes one cell with a
/// chance, and who rowed in that tick pays. Where the water ends both step ashore. Races go to and fro; whoever is not ashore when a
/// race ends is out for good.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The seats; a kind of the layer mark. Two seats beside each other in a row are one boat, at most 8 boats.
    pub seat: String,
    /// What a boat moves through and leaves behind; a kind of the layer solid.
    pub water: String,
    /// Ticks from the start of a race until its end, 1 to 10000.
    pub ticks: u32,
    /// Whether the first race goes north; the next one goes back.
    #[serde(default = "yes")]
    pub north: bool,
    /// Ticks from one stroke of `row` to the next, 1 to 100.
    #[serde(default = "five")]
    pub rest: u32,
    /// Chance that a boat goes on when somebody flails.
    pub flail: Decimal,
    /// What who rowed pays, in the channel `main`, when the other flailed in the same tick.
    pub penalty: Decimal,
    /// How many cells from the last cell of water rowers are put ashore, 1 to 16; the next free cell beyond if that is taken.
    #[serde(default = "one")]
    pub land: u32,
    /// Roles that row; all without it.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

fn yes() -> bool {
    true
}
fn one() -> u32 {
    1
}
fn five() -> u32 {
    5
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "boat",
    named: true,
    doc: "Two rowers cross the water together, race after race.",
    events: &[
        ("embarked", &[Type::Slot, Type::Cell]),
        ("rowed", &[Type::Slot]),
        ("flailed", &[Type::Slot]),
        ("sailed", &[Type::Slot, Type::Slot, Type::Cell]),
        ("clashed", &[Type::Slot, Type::Slot]),
        ("landed", &[Type::Slot, Type::Cell]),
        ("stranded", &[Type::Slot]),
    ],
    fields: &[],
    needs: &["move"],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

/// Arguments of the actions.
const ROW: u8 = 0;
const FLAIL: u8 = 1;
const MAX_BOATS: usize = 8;

/// Where an agent sits and when it can row again.
#[derive(Component, Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Rower {
    /// Place of the instance among the chosen mechanics + 1; 0 for who sits nowhere.
    game: u8,
    /// Boat · 2 + side.
    seat: u8,
    /// Whether it is ashore in this race.
    landed: bool,
    /// First tick in which it can row.
    ready: u32,
}

impl AgentColumn for Rower {
    const NAME: &'static str = "boat.rower";
    const BYTES: usize = 7;
    fn write(&self, out: &mut [u8]) {
        (out[0], out[1], out[2]) = (self.game, self.seat, u8::from(self.landed));
        StateHash::write(self.ready, &mut out[3..]);
    }
    fn read(bytes: &[u8]) -> Self {
        Self {
            game: bytes[0],
            seat: bytes[1],
            landed: bytes[2] != 0,
            ready: StateHash::read(&bytes[3..]),
        }
    }
    fn is_valid(&self, _table: &Table) -> bool {
        usize::from(self.seat) < 2 * MAX_BOATS
    }
}

/// One boat: its cells, left and right, and who sits there (slot + 1).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Boat {
    cells: [u16; 2],
    rowers: [u8; 2],
}
const BOAT_BYTES: usize = 6;

/// The boats of each instance, arena after arena.
#[derive(Resource, Debug, Default)]
struct Fleet(Vec<Vec<Boat>>);

/// The boats of one instance, by its number.
struct BoatColumn {
    index: usize,
    n: usize,
}

impl ArenaColumn for BoatColumn {
    fn name(&self) -> &'static str {
        super::column_names!("boat.boats")[self.index.min(7)]
    }
    fn bytes(&self, _world: &World) -> usize {
        self.n * BOAT_BYTES
    }
    fn save(&mut self, world: &World, arena: usize, out: &mut [u8]) {
        let boats = &world.resource::<Fleet>().0[self.index][arena * self.n..(arena + 1) * self.n];
        for (boat, out) in boats.iter().zip(out.chunks_exact_mut(BOAT_BYTES)) {
            StateHash::write(boat.cells[0], &mut out[..2]);
            StateHash::write(boat.cells[1], &mut out[2..4]);
            out[4..].copy_from_slice(&boat.rowers);
        }
    }
    fn load(&mut self, world: &mut World, arena: usize, bytes: &[u8]) -> bool {
        let (geometry, slots) = {
            let table = world.resource::<Table>();
            (table.geometry, table.n_slots())
        };
        let boats =
            &mut world.resource_mut::<Fleet>().0[self.index][arena * self.n..(arena + 1) * self.n];
        let mut valid = true;
        for (boat, bytes) in boats.iter_mut().zip(bytes.chunks_exact(BOAT_BYTES)) {
            boat.cells = [StateHash::read(&bytes[..2]), StateHash::read(&bytes[2..4])];
            boat.rowers = [bytes[4], bytes[5]];
            valid &= boat.rowers.iter().all(|&r| usize::from(r) <= slots)
                && boat.cells.iter().all(|&c| {
                    c == 0 || (usize::from(c) < geometry.cells() && geometry.inside(Cell::new(c)))
                });
        }
        valid
    }
}

impl Mechanic for Config {
    fn references(&self) -> Vec<Reference> {
        let mut out = vec![
            kind_of("seat", &self.seat, 1 << Layer::Mark as u8),
            kind_of("water", &self.water, 1 << Layer::Solid as u8),
        ];
        out.extend(roles_of(self.by.as_ref()));
        out
    }
    fn object(&self) -> Vec<Objection> {
        let mut out: Vec<_> = Objection::range("ticks", i64::from(self.ticks), 1, 10_000)
            .into_iter()
            .collect();
        out.extend(Objection::range("rest", i64::from(self.rest), 1, 100));
        out.extend(Objection::range("land", i64::from(self.land), 1, 16));
        out.extend(Objection::chance("flail", self.flail));
        out
    }
    fn verbs(&self, _instance: &str, role: &str) -> Vec<(String, String, u8)> {
        if !speaks(self.by.as_ref(), role) {
            return Vec::new();
        }
        [("row", ROW), ("flail", FLAIL)]
            .map(|(name, argument)| (name.to_owned(), name.to_owned(), argument))
            .into()
    }
    /// Whether the slot sits in a boat: only there is `row` or `flail` anything. What is not ready is counted when it is played.
    fn legal(&self, arena: &ArenaMut<'_>, slot: usize, _argument: u8) -> bool {
        let mark = arena
            .cells
            .get(Cell::new(arena.agents.pos[slot].0), Layer::Mark);
        arena
            .table
            .kind_of(mark)
            .is_some_and(|kind| arena.table.kinds[kind.index()].name == self.seat)
    }
    fn install(&self, instance: &str, at: &mut Install<'_>) {
        at.agent_column::<Rower>();
        let table = at.world.resource::<Table>();
        let harbours: Vec<Vec<[u16; 2]>> = table
            .layouts
            .iter()
            .map(|layout| self.harbour(table, layout))
            .collect();
        let n_boats = harbours.iter().map(Vec::len).max().unwrap_or(0);
        let event = |name| table.event(name).expect("declared above");
        let race = Race {
            harbours,
            waters: codes_of(std::slice::from_ref(&self.water), table),
            name: name_hash(&format!("boat.{instance}")),
            game: at.position + 1,
            ticks: self.ticks,
            north: self.north,
            rest: self.rest,
            flail: self.flail.0,
            penalty: self.penalty.0,
            land: self.land,
            slots: slots_of(self.by.as_ref(), table),
            roles: super::role_offsets(table),
            arguments: at.arguments(),
            embarked: event("embarked"),
            rowed: event("rowed"),
            flailed: event("flailed"),
            sailed: event("sailed"),
            clashed: event("clashed"),
            landed: event("landed"),
            stranded: event("stranded"),
        };
        let (n, n_arenas) = (table.n_slots(), at.n_arenas);
        if !at.world.contains_resource::<Fleet>() {
            at.world.insert_resource(Fleet::default());
        }
        let index = {
            let mut fleet = at.world.resource_mut::<Fleet>();
            fleet.0.push(vec![Boat::default(); n_arenas * n_boats]);
            fleet.0.len() - 1
        };
        at.column(BoatColumn { index, n: n_boats });
        let game = race.game;
        at.system(
            Phase::Decide,
            move |mut shard: Shard,
                  mut fleet: ResMut<Fleet>,
                  mut rowers: Query<&mut Rower, With<Agent>>| {
                let Some(rowers) = rowers.contiguous_iter_mut().ok().and_then(|mut t| t.next())
                else {
                    return;
                };
                let rowers = super::slice(rowers);
                if rowers.iter().all(|r| r.game == 0) {
                    return;
                }
                let boats = &mut fleet.bypass_change_detection().0[index];
                let mut parts = shard.parts();
                for arena in 0..parts.arenas.n {
                    leave(&mut Water {
                        boats: &mut boats[arena * n_boats..(arena + 1) * n_boats],
                        rowers: &mut rowers[arena * n..(arena + 1) * n],
                        arena: parts.arena(arena),
                    });
                }
                sit_still(&mut shard, rowers, game);
            },
        );
        at.system(
            Phase::Act,
            move |mut shard: Shard,
                  mut fleet: ResMut<Fleet>,
                  mut rowers: Query<&mut Rower, With<Agent>>| {
                let Some(rowers) = rowers.contiguous_iter_mut().ok().and_then(|mut t| t.next())
                else {
                    return;
                };
                let rowers = super::slice(rowers);
                let boats = &mut fleet.bypass_change_detection().0[index];
                let mut parts = shard.parts();
                for arena in 0..parts.arenas.n {
                    let arrived = parts.arenas.arrived[arena];
                    let mut water = Water {
                        boats: &mut boats[arena * n_boats..(arena + 1) * n_boats],
                        rowers: &mut rowers[arena * n..(arena + 1) * n],
                        arena: parts.arena(arena),
                    };
                    race.tick(&mut water, arrived);
                }
            },
        );
    }
}

/// Whoever is no longer where it sat, because of a rule or because its body is gone, sits no longer.
fn leave(water: &mut Water<'_>) {
    for boat in &mut *water.boats {
        for (cell, rower) in boat.cells.iter().zip(&mut boat.rowers) {
            let Some(slot) = rower.checked_sub(1) else {
                continue;
            };
            if water.arena.body(Slot::new(slot)) != Some(Cell::new(*cell)) {
                *rower = 0;
                let sat = &mut water.rowers[usize::from(slot)];
                (sat.game, sat.seat) = (0, 0);
            }
        }
    }
}

/// Who sits in a boat does nothing but row and flail: other actions are noops, and counted.
fn sit_still(shard: &mut Shard<'_, '_>, rowers: &[Rower], game: u8) {
    let parts = shard.parts();
    let n = parts.table.n_slots();
    for (row, _) in rowers.iter().enumerate().filter(|(_, r)| r.game == game) {
        let (arena, slot) = (row / n, row % n);
        let rows = parts.arenas.acting(arena, game - 1) >> slot & 1 == 1;
        if !rows && parts.agents.chosen[row].0 != 0 {
            parts.agents.chosen[row].0 = 0;
            parts.agents.illegal[row].0 += 1;
            parts.arenas.silence(arena, slot);
        }
    }
}

impl Config {
    /// The boats of a layout, row by row: pairs of seats beside each other.
    fn harbour(&self, table: &Table, layout: &Layout) -> Vec<[u16; 2]> {
        let seats = codes_of(std::slice::from_ref(&self.seat), table);
        let g = table.geometry;
        let is_seat = |cell: Cell| {
            let mark = layout
                .words
                .get(cell.index())
                .map(|w| w[Layer::Mark as usize]);
            mark.is_some_and(|mark| seats[usize::from(mark)])
        };
        let mut out = Vec::new();
        for row in 0..g.height {
            let mut column = 0;
            while column + 1 < g.width {
                let pair = [g.cell(row, column), g.cell(row, column + 1)];
                if pair.into_iter().all(is_seat) {
                    out.push(pair.map(Cell::get));
                    column += 1;
                }
                column += 1;
            }
        }
        out.truncate(MAX_BOATS);
        out
    }
}

struct Race {
    harbours: Vec<Vec<[u16; 2]>>,
    waters: [bool; 256],
    name: u32,
    game: u8,
    ticks: u32,
    north: bool,
    rest: u32,
    flail: Num,
    penalty: Num,
    land: u32,
    slots: u64,
    roles: Vec<u16>,
    arguments: Vec<u8>,
    embarked: EventId,
    rowed: EventId,
    flailed: EventId,
    sailed: EventId,
    clashed: EventId,
    landed: EventId,
    stranded: EventId,
}

/// One arena with its boats and rowers.
struct Water<'a> {
    boats: &'a mut [Boat],
    rowers: &'a mut [Rower],
    arena: ArenaMut<'a>,
}

/// What a slot did in this tick.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stroke {
    None,
    Row,
    Flail,
}

impl Race {
    /// 0 north, 2 south.
    fn direction(&self, since: u32) -> u8 {
        let first = (since / self.ticks).is_multiple_of(2);
        if first == self.north { 0 } else { 2 }
    }

    fn tick(&self, water: &mut Water<'_>, arrived: u64) {
        self.moor(water);
        leave(water);
        let tick = water.arena.head.tick;
        // Races are counted from the beginning of the episode or round.
        let since = tick - water.arena.head.round_from;
        let direction = self.direction(since);
        for slot in bits(arrived & self.slots) {
            self.embark(water, slot, direction);
        }
        let strokes = self.strokes(water, tick);
        for boat in 0..water.boats.len() {
            self.sail(water, boat, direction, &strokes);
        }
        for boat in 0..water.boats.len() {
            self.go_ashore(water, boat, direction);
        }
        if (since + 1).is_multiple_of(self.ticks) {
            self.end(water);
        }
    }

    /// At the start of an episode the boats lie where the map has them.
    fn moor(&self, water: &mut Water<'_>) {
        let harbour = &self.harbours[usize::from(water.arena.head.layout)];
        for (boat, cells) in water.boats.iter_mut().zip(harbour) {
            if boat.cells == [0; 2] {
                boat.cells = *cells;
            }
        }
    }

    fn is_water(&self, water: &Water<'_>, cell: Cell) -> bool {
        self.waters[usize::from(water.arena.cells.get(cell, Layer::Solid))]
    }
    /// Whether a boat can go on: water lies ahead of both seats.
    fn can_sail(&self, water: &Water<'_>, boat: usize, direction: u8) -> bool {
        let g = water.arena.table.geometry;
        let cells = water.boats[boat].cells;
        cells[0] != 0
            && cells
                .iter()
                .all(|&c| self.is_water(water, g.step(Cell::new(c), direction)))
    }

    fn embark(&self, water: &mut Water<'_>, slot: usize, direction: u8) {
        let who = Slot::new(u8::try_from(slot).expect("at most 64"));
        let Some(cell) = water
            .arena
            .body(who)
            .filter(|_| water.rowers[slot].game == 0)
        else {
            return;
        };
        let seat = (0..2 * water.boats.len())
            .find(|&s| water.boats[s / 2].cells[s % 2] == cell.get())
            .filter(|&s| water.boats[s / 2].rowers[s % 2] == 0);
        let Some(seat) = seat.filter(|&s| self.can_sail(water, s / 2, direction)) else {
            return;
        };
        water.boats[seat / 2].rowers[seat % 2] = who.get() + 1;
        let rower = &mut water.rowers[slot];
        rower.game = self.game;
        rower.seat = u8::try_from(seat).expect("at most 16 seats");
        let fields = [i64::from(who.get()), i64::from(cell.get())];
        water.arena.emit_fields(Some(self.embarked), &fields);
    }

    fn strokes(&self, water: &mut Water<'_>, tick: u32) -> [Stroke; MAX_SLOTS] {
        let mut out = [Stroke::None; MAX_SLOTS];
        for &slot in water.arena.order {
            let i = usize::from(slot);
            let action = usize::from(self.roles[i]) + usize::from(water.arena.agents.chosen[i].0);
            let Some(argument) = self.arguments[action].checked_sub(1) else {
                continue;
            };
            let rower = &mut water.rowers[i];
            if rower.game != self.game || (argument == ROW && rower.ready > tick) {
                water.arena.agents.illegal[i].0 += 1;
                continue;
            }
            // Rowing alone moves nothing and rests all the same.
            let boat = water.boats.get(usize::from(rower.seat / 2));
            let full = boat.is_some_and(|boat| boat.rowers.iter().all(|&r| r > 0));
            let (stroke, event) = if argument == ROW {
                rower.ready = tick.saturating_add(self.rest);
                (Stroke::Row, self.rowed)
            } else {
                (Stroke::Flail, self.flailed)
            };
            if full {
                out[i] = stroke;
                water.arena.emit_fields(Some(event), &[i64::from(slot)]);
            }
        }
        out
    }

    fn sail(
        &self,
        water: &mut Water<'_>,
        boat: usize,
        direction: u8,
        strokes: &[Stroke; MAX_SLOTS],
    ) {
        let rowers = water.boats[boat].rowers;
        let [Some(left), Some(right)] = rowers.map(|r| r.checked_sub(1)) else {
            return;
        };
        let pair = [left, right];
        let did = pair.map(|slot| strokes[usize::from(slot)]);
        let goes = if did == [Stroke::Row; 2] {
            true
        } else if did.contains(&Stroke::Flail) {
            self.fine(water, pair, did);
            let key = water.arena.head.draw.key(Purpose::Flail, self.name, 0);
            key.chance(u32::try_from(boat).expect("few boats"), self.flail)
        } else {
            false
        };
        if !goes || !self.can_sail(water, boat, direction) {
            return;
        }
        let g = water.arena.table.geometry;
        for (side, &slot) in pair.iter().enumerate() {
            let slot = usize::from(slot);
            let from = Cell::new(water.boats[boat].cells[side]);
            let to = g.step(from, direction);
            let arena = &mut water.arena;
            // What lies in the way of water and seat is swallowed: an open door behind, a mark ahead.
            arena.lift(Layer::Solid, from);
            arena.lift(Layer::Mark, to);
            arena.cells.move_body(from, to);
            arena.shift(Layer::Solid, to, from);
            arena.shift(Layer::Mark, from, to);
            water.boats[boat].cells[side] = to.get();
            arena.agents.pos[slot].0 = to.get();
            // What swims there is met in the next tick, as by any body that was put somewhere.
            arena.head.lands |= 1 << slot;
        }
        let fields = [
            i64::from(left),
            i64::from(right),
            i64::from(water.boats[boat].cells[0]),
        ];
        water.arena.emit_fields(Some(self.sailed), &fields);
    }

    /// Who rowed while the other flailed pays; `clashed` names who flailed first.
    fn fine(&self, water: &mut Water<'_>, pair: [u8; 2], did: [Stroke; 2]) {
        for (rowed, flailed) in [(0, 1), (1, 0)] {
            if did[rowed] == Stroke::Row && self.penalty != 0 {
                let who = Slot::new(pair[rowed]);
                water.arena.pay(who, ChannelId::MAIN, -self.penalty);
                let fields = [pair[flailed], pair[rowed]].map(i64::from);
                water.arena.emit_fields(Some(self.clashed), &fields);
            }
        }
    }

    /// Both step ashore where the water ends, each as soon as a cell is free.
    fn go_ashore(&self, water: &mut Water<'_>, boat: usize, direction: u8) {
        if water.boats[boat].rowers == [0; 2] || self.can_sail(water, boat, direction) {
            return;
        }
        let g = water.arena.table.geometry;
        for side in 0..2 {
            let Some(slot) = water.boats[boat].rowers[side].checked_sub(1) else {
                continue;
            };
            let mut cell = Cell::new(water.boats[boat].cells[side]);
            let mut shore = None;
            for step in 1..=self.land + 8 {
                cell = g.step(cell, direction);
                if !g.inside(cell) {
                    break;
                }
                if step >= self.land && water.arena.cells.is_free(cell) {
                    shore = Some(cell);
                    break;
                }
            }
            let who = Slot::new(slot);
            if shore.is_some_and(|cell| water.arena.put_body(who, cell)) {
                water.boats[boat].rowers[side] = 0;
                let rower = &mut water.rowers[usize::from(slot)];
                (rower.game, rower.seat, rower.landed) = (0, 0, true);
                let at = water.arena.agents.pos[usize::from(slot)].0;
                let fields = [i64::from(slot), i64::from(at)];
                water.arena.emit_fields(Some(self.landed), &fields);
            }
        }
    }

    /// Whoever is not ashore is out; who is begins the next race.
    fn end(&self, water: &mut Water<'_>) {
        let n = water.rowers.len();
        for slot in bits(self.slots).take_while(|&slot| slot < n) {
            let rower = &mut water.rowers[slot];
            let ashore = std::mem::take(&mut rower.landed);
            (rower.game, rower.seat) = (0, 0);
            let who = Slot::new(u8::try_from(slot).expect("at most 64"));
            if !ashore && water.arena.body(who).is_some() {
                let fields = [i64::from(who.get())];
                water.arena.emit_fields(Some(self.stranded), &fields);
                water.arena.send_away(who, None);
            }
        }
        for boat in &mut *water.boats {
            boat.rowers = [0; 2];
        }
    }
}

#[cfg(test)]
mod tests;
