//! `station`: solid things that are used from beside: boxes that give things out, pots that make one thing of others, shelves.

use bevy_ecs::change_detection::DetectChangesMut;
use bevy_ecs::resource::Resource;
use bevy_ecs::system::ResMut;
use bevy_ecs::world::World;
use serde::Deserialize;

use super::{
    Install, LookStates, Mechanic, MechanicDef, Objection, Reference, Sort, codes_of, kind_of,
    read_config, roles_of, slots_of, speaks,
};
use crate::event::Part;
use crate::hash::StateHash;
use crate::ids::{Cell, EventId, KindId, Slot};
use crate::phase::Phase;
use crate::state::{ArenaColumn, ArenaMut, BODY, Layer, MAX_ITEMS, Shard, Table, Type};

/// A solid thing that agents use from the cell beside it, facing it. What one use does: it takes the finished product, or else puts
/// what is in hand into the station, or else takes a thing from a station that gives things out for nothing. A station without
/// recipes is a shelf: it holds one thing, and is used once a tick. All uses of a tick come before the work of that tick.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The station; a kind of the layer solid. Everybody sees its state: how many things are inside, whether it works, whether it
    /// is done. A product waits in the layer item of its cell, as soon as nothing else lies there.
    pub thing: String,
    /// What it makes; none for a shelf.
    pub recipes: Vec<Recipe>,
    /// Ticks after which a product that nobody takes is spoilt and gone; without it it keeps.
    #[serde(default)]
    pub burns: Option<u32>,
    /// Most things that an agent has in hand, all kinds together, 1 to 255.
    #[serde(default = "one")]
    pub hold: u32,
    /// Name of a beam: its shot uses the station in the cell ahead. Without it there is an action `use:<name of the station>`.
    #[serde(default)]
    pub beam: Option<String>,
    /// Roles that use it; all without it.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

/// What goes in, what comes out.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// What goes in, as many names as things, at most 9; nothing for a box that gives out `out` as often as it is used.
    #[serde(rename = "in")]
    pub input: Vec<String>,
    /// What comes out. Without it the station takes one thing and keeps it: it is served.
    #[serde(default)]
    pub out: Option<String>,
    /// Ticks of work: a product can be taken from the tick `ticks + 1` after the last thing was put in, 0 to 10000.
    #[serde(default)]
    pub ticks: u32,
    /// How many bodies must stand beside the station (north, east, south, west) for the work to begin, 1 to 4.
    #[serde(default = "one")]
    pub hands: u32,
    /// What one must have in hand to take the product; it is used up.
    #[serde(default)]
    pub with: Option<String>,
}

fn one() -> u32 {
    1
}

/// Most things inside.
const MOST_INSIDE: usize = 9;

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "station",
    named: true,
    doc: "Solid things that are used from beside: boxes, pots, shelves.",
    events: &[
        ("put", &[Type::Slot, Type::Kind]),
        ("fetched", &[Type::Slot, Type::Kind]),
        ("cooked", &[Type::Thing, Type::Kind]),
        ("scorched", &[Type::Thing, Type::Kind]),
        ("served", &[Type::Slot, Type::Kind]),
    ],
    fields: &[("state", Type::Int)],
    needs: &["pickup"],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

const ITEM: u8 = 1 << Layer::Item as u8;
const INSIDE: [(&str, bool); MOST_INSIDE + 1] = [
    ("empty", true),
    ("1", true),
    ("2", true),
    ("3", true),
    ("4", true),
    ("5", true),
    ("6", true),
    ("7", true),
    ("8", true),
    ("9", true),
];

impl Recipe {
    fn object(&self, path: &str, out: &mut Vec<Objection>) {
        let mut wrong = |field: &str, message: &str, help: &str| {
            out.push(Objection::new(&format!("{path}.{field}"), message, help));
        };
        if self.input.len() > MOST_INSIDE {
            wrong("in", "at most 9 things go in", "write a shorter list");
        }
        if self.input.is_empty() && (self.out.is_none() || self.ticks > 0 || self.with.is_some()) {
            wrong(
                "in",
                "where nothing goes in, `out` is given out at once",
                "write `out`, without `ticks` and `with`, or name what goes in",
            );
        }
        if self.out.is_none() && (self.input.len() != 1 || self.ticks > 0 || self.with.is_some()) {
            wrong(
                "out",
                "where nothing comes out, one thing is served at once",
                "write `out`, or one thing in `in`, without `ticks` and `with`",
            );
        }
        if !(1..=4).contains(&self.hands) {
            wrong("hands", "`hands` must be from 1 to 4", "write `hands = 1`");
        }
        if self.ticks > 10_000 {
            wrong("ticks", "`ticks` must be from 0 to 10000", "write fewer");
        }
    }
}

impl Mechanic for Config {
    fn echoes(&self) -> Vec<(&str, &'static str)> {
        vec![("fired", "put"), ("fired", "fetched"), ("fired", "served")]
    }
    fn references(&self) -> Vec<Reference> {
        let mut out = vec![kind_of("thing", &self.thing, 1 << Layer::Solid as u8)];
        for (r, recipe) in self.recipes.iter().enumerate() {
            for (i, name) in recipe.input.iter().enumerate() {
                out.push(kind_of(&format!("recipes[{r}].in[{i}]"), name, ITEM));
            }
            let named = [("out", &recipe.out), ("with", &recipe.with)];
            out.extend(named.into_iter().filter_map(|(field, name)| {
                Some(kind_of(
                    &format!("recipes[{r}].{field}"),
                    name.as_ref()?,
                    ITEM,
                ))
            }));
        }
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
        for (r, recipe) in self.recipes.iter().enumerate() {
            recipe.object(&format!("recipes[{r}]"), &mut out);
        }
        out.extend(Objection::range("hold", i64::from(self.hold), 1, 255));
        out.extend(
            self.burns
                .and_then(|n| Objection::range("burns", i64::from(n), 1, 10_000)),
        );
        out
    }
    fn items(&self) -> Vec<String> {
        let of = |r: &Recipe| {
            [
                r.input.clone(),
                r.out.iter().chain(&r.with).cloned().collect(),
            ]
        };
        self.recipes.iter().flat_map(of).flatten().collect()
    }
    fn makes(&self) -> Vec<String> {
        self.recipes.iter().filter_map(|r| r.out.clone()).collect()
    }
    fn look_states(&self) -> Vec<LookStates> {
        let most = self.most_inside();
        if most == 0 || self.recipes.iter().all(|r| r.out.is_none()) {
            return Vec::new();
        }
        let mut states = INSIDE[..=most].to_vec();
        states.extend([("working", true), ("done", true)]);
        vec![LookStates {
            kind: self.thing.clone(),
            initial: 0,
            states,
        }]
    }
    fn rows(&self) -> Vec<String> {
        vec![self.thing.clone()]
    }
    fn verbs(&self, instance: &str, role: &str) -> Vec<(String, String, u8)> {
        let has = self.beam.is_none() && speaks(self.by.as_ref(), role);
        has.then(|| (format!("use:{instance}"), "use".to_owned(), 0))
            .into_iter()
            .collect()
    }
    fn legal(&self, arena: &ArenaMut<'_>, slot: usize, _argument: u8) -> bool {
        let code = ahead(arena, slot).map_or(0, |cell| arena.cells.get(cell, Layer::Solid));
        arena
            .table
            .kind_of(code)
            .is_some_and(|kind| arena.table.kinds[kind.index()].name == self.thing)
    }
    fn listens(&self) -> Vec<&str> {
        self.beam.iter().map(|_| "fired").collect()
    }
    fn install(&self, _instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let Some(station) = Station::new(self, table, at.position) else {
            return;
        };
        let (n_rows, n_arenas) = (table.rows.len(), at.n_arenas);
        if !at.world.contains_resource::<Stations>() {
            at.world.insert_resource(Stations {
                inside: vec![Inside::default(); n_arenas * n_rows],
            });
            at.column(InsideColumn);
        }
        at.system(
            Phase::Environment,
            move |mut shard: Shard, mut stations: ResMut<Stations>| {
                let stations = stations.bypass_change_detection();
                let mut parts = shard.parts();
                for arena in 0..parts.arenas.n {
                    let acting = parts.arenas.acting(arena, station.position);
                    let inside = &mut stations.inside[arena * n_rows..(arena + 1) * n_rows];
                    let mut one = parts.arena(arena);
                    station.renew(&one, inside);
                    station.uses(&mut one, inside, acting);
                    station.work(&mut one, inside);
                }
            },
        );
    }
}

impl Config {
    fn most_inside(&self) -> usize {
        let longest = self.recipes.iter().map(|r| r.input.len()).max();
        longest.unwrap_or(0).min(MOST_INSIDE)
    }
}

/// The cell that a body faces.
fn ahead(arena: &ArenaMut<'_>, slot: usize) -> Option<Cell> {
    let here = arena.body(Slot::new(u8::try_from(slot).expect("at most 64")))?;
    Some(arena.table.geometry.step(here, arena.agents.facing[slot].0))
}

/// Whether a product lies in a cell.
fn waits(arena: &ArenaMut<'_>, item: usize, cell: Cell) -> bool {
    arena.table.kind_of(arena.cells.get(cell, Layer::Item)) == Some(arena.table.items[item])
}

/// What is in a station.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Inside {
    /// How many of each carried kind.
    n: [u8; MAX_ITEMS],
    /// Recipe + 1 at work or done; 0 for none.
    recipe: u8,
    /// Whether the product waits.
    done: bool,
    /// Tick in which the work is done, or in which the product is spoilt.
    at: u32,
}

/// Of all stations, arena after arena; index = thing row.
#[derive(Resource, Debug)]
struct Stations {
    inside: Vec<Inside>,
}

struct InsideColumn;
const INSIDE_BYTES: usize = MAX_ITEMS + 6;

impl ArenaColumn for InsideColumn {
    fn name(&self) -> &'static str {
        "station.inside"
    }
    fn bytes(&self, world: &World) -> usize {
        world.resource::<Table>().rows.len() * INSIDE_BYTES
    }
    fn save(&mut self, world: &World, arena: usize, out: &mut [u8]) {
        let n = out.len() / INSIDE_BYTES;
        let all = &world.resource::<Stations>().inside[arena * n..(arena + 1) * n];
        for (inside, out) in all.iter().zip(out.chunks_exact_mut(INSIDE_BYTES)) {
            out[..MAX_ITEMS].copy_from_slice(&inside.n);
            out[MAX_ITEMS] = inside.recipe;
            out[MAX_ITEMS + 1] = u8::from(inside.done);
            StateHash::write(inside.at, &mut out[MAX_ITEMS + 2..]);
        }
    }
    fn load(&mut self, world: &mut World, arena: usize, bytes: &[u8]) -> bool {
        let n = bytes.len() / INSIDE_BYTES;
        let all = &mut world.resource_mut::<Stations>().inside[arena * n..(arena + 1) * n];
        let mut valid = true;
        for (inside, bytes) in all.iter_mut().zip(bytes.chunks_exact(INSIDE_BYTES)) {
            inside.n.copy_from_slice(&bytes[..MAX_ITEMS]);
            inside.recipe = bytes[MAX_ITEMS];
            inside.done = bytes[MAX_ITEMS + 1] == 1;
            inside.at = StateHash::read(&bytes[MAX_ITEMS + 2..]);
            valid &= inside.n.iter().all(|&n| usize::from(n) <= MOST_INSIDE)
                && bytes[MAX_ITEMS + 1] <= 1
                && (inside.recipe > 0 || !inside.done);
        }
        valid
    }
}

/// A recipe, looked up.
#[derive(Debug)]
struct Making {
    n: [u8; MAX_ITEMS],
    all: usize,
    out: Option<usize>,
    ticks: u32,
    hands: usize,
    with: Option<usize>,
}

#[derive(Debug)]
struct Station {
    position: u8,
    kind: KindId,
    codes: [bool; 256],
    /// Its thing rows.
    rows: Vec<usize>,
    recipes: Vec<Making>,
    most_inside: usize,
    /// Whether its look shows what is inside.
    shows: bool,
    burns: Option<u32>,
    hold: u32,
    slots: u64,
    /// `fired` and the parts that hold the beam and who shot; for a station that is used by beam.
    fired: Option<(EventId, Part, Part)>,
    beam: i64,
    put: EventId,
    fetched: EventId,
    cooked: EventId,
    burnt: EventId,
    served: EventId,
}

impl Station {
    fn new(config: &Config, table: &Table, position: u8) -> Option<Self> {
        let kind = table.kind(&config.thing)?;
        let item = |name: &String| table.kind(name).and_then(|kind| table.item(kind));
        let making = |recipe: &Recipe| {
            let mut n = [0; MAX_ITEMS];
            recipe.input.iter().filter_map(item).for_each(|i| n[i] += 1);
            Making {
                n,
                all: recipe.input.len(),
                out: recipe.out.as_ref().and_then(item),
                ticks: recipe.ticks,
                hands: recipe.hands as usize,
                with: recipe.with.as_ref().and_then(item),
            }
        };
        let beam = config
            .beam
            .as_ref()
            .and_then(|name| table.effects.iter().position(|e| e == name));
        let fired = table.event("fired").filter(|_| config.beam.is_some());
        let event = |name| table.event(name).expect("declared above");
        Some(Self {
            position,
            kind,
            codes: codes_of(std::slice::from_ref(&config.thing), table),
            rows: (0..table.rows.len())
                .filter(|&row| table.rows[row].kind == kind)
                .collect(),
            recipes: config.recipes.iter().map(making).collect(),
            most_inside: config.most_inside(),
            shows: table.kinds[kind.index()].n_looks > 1,
            burns: config.burns,
            hold: config.hold,
            slots: slots_of(config.by.as_ref(), table),
            fired: fired.and_then(|fired| match table.events[fired.index()].fields[..] {
                [(_, who), (_, beam)] => Some((fired, who, beam)),
                _ => None,
            }),
            beam: beam.map_or(-1, |b| i64::try_from(b).expect("few beams")),
            put: event("put"),
            fetched: event("fetched"),
            cooked: event("cooked"),
            burnt: event("scorched"),
            served: event("served"),
        })
    }

    /// What is gone from the map, and what came anew, is empty.
    fn renew(&self, arena: &ArenaMut<'_>, inside: &mut [Inside]) {
        if !self.shows {
            return;
        }
        for &row in &self.rows {
            if arena.rows[row].cell == 0 || arena.rows[row].state == 0 {
                inside[row] = Inside::default();
            }
        }
    }

    /// All uses of the tick: in the order of the shots, or in the tick's order of slots.
    fn uses(&self, arena: &mut ArenaMut<'_>, inside: &mut [Inside], acting: u64) {
        // Shelves that were used in this tick (bit = thing row).
        let mut used = [0_u64; 4];
        if let Some((fired, who, beam)) = self.fired {
            for i in 0..arena.events().len() {
                let row = arena.events()[i];
                if row.event == fired.get() && row.get(beam) == self.beam {
                    let slot = usize::try_from(row.get(who)).expect("who shot is a slot");
                    self.used(arena, inside, slot, &mut used);
                }
            }
            return;
        }
        for &slot in arena.order {
            if acting >> slot & 1 == 1 && !self.used(arena, inside, usize::from(slot), &mut used) {
                arena.agents.illegal[usize::from(slot)].0 += 1;
            }
        }
    }

    /// A slot uses what it faces, if that is one of these stations; whether anything came of it.
    fn used(
        &self,
        arena: &mut ArenaMut<'_>,
        inside: &mut [Inside],
        slot: usize,
        used: &mut [u64; 4],
    ) -> bool {
        let Some(cell) = ahead(arena, slot) else {
            return false;
        };
        let ours = self.codes[usize::from(arena.cells.get(cell, Layer::Solid))];
        let Some(row) = arena
            .row_at(self.kind, cell)
            .filter(|_| ours && self.slots >> slot & 1 == 1)
        else {
            return false;
        };
        let who = Slot::new(u8::try_from(slot).expect("at most 64"));
        if self.recipes.is_empty() {
            let (word, bit) = (row / 64, 1 << (row % 64));
            if used[word] & bit != 0 {
                return false;
            }
            let done = self.shelf(arena, who, cell);
            used[word] |= if done { bit } else { 0 };
            return done;
        }
        self.take_out(arena, &mut inside[row], who, (row, cell))
            || self.put_in(arena, &mut inside[row], who, (row, cell))
            || self.give_out(arena, who)
    }

    /// Things in hand.
    fn in_hand(&self, arena: &ArenaMut<'_>, who: Slot) -> u32 {
        let carried = &arena.agents.carried[who.index()].0;
        carried.iter().map(|&n| u32::from(n)).sum()
    }
    fn holds(&self, arena: &ArenaMut<'_>, who: Slot, item: usize) -> bool {
        arena.agents.carried[who.index()].0[item] > 0
    }
    fn tell(&self, arena: &mut ArenaMut<'_>, event: EventId, first: usize, item: usize) {
        let kind = arena.table.items[item];
        let first = i64::try_from(first).expect("a slot or a row");
        arena.emit_fields(Some(event), &[first, i64::from(kind.get())]);
    }
    /// Shows in the station's look and state what is inside.
    fn show(&self, arena: &mut ArenaMut<'_>, inside: &Inside, row: usize, cell: Cell) {
        if !self.shows {
            return;
        }
        let things: usize = inside.n.iter().map(|&n| usize::from(n)).sum();
        let state = match (inside.recipe, inside.done) {
            (0, _) => things.min(self.most_inside),
            (_, false) => self.most_inside + 1,
            (_, true) => self.most_inside + 2,
        };
        let state = u8::try_from(state).expect("at most eleven");
        arena.rows[row].state = state;
        let look = arena.table.kinds[self.kind.index()].look;
        arena.cells.set(cell, Layer::Solid, look + state);
    }

    fn shelf(&self, arena: &mut ArenaMut<'_>, who: Slot, cell: Cell) -> bool {
        let there = arena.table.kind_of(arena.cells.get(cell, Layer::Item));
        let there = there.and_then(|kind| arena.table.item(kind));
        let carried = &arena.agents.carried[who.index()].0;
        let first = carried.iter().position(|&n| n > 0);
        match (there, first) {
            (Some(item), None) => {
                arena.pick_up(who, cell);
                self.tell(arena, self.fetched, who.index(), item);
                true
            }
            (None, Some(item)) if arena.cells.get(cell, Layer::Item) == 0 => {
                arena.put_down(who, item, cell);
                self.tell(arena, self.put, who.index(), item);
                true
            }
            _ => false,
        }
    }

    fn take_out(
        &self,
        arena: &mut ArenaMut<'_>,
        inside: &mut Inside,
        who: Slot,
        (row, cell): (usize, Cell),
    ) -> bool {
        let recipe = usize::from(inside.recipe).checked_sub(1);
        let Some(making) = recipe.and_then(|r| self.recipes.get(r)) else {
            return false;
        };
        let waits = |&out: &usize| inside.done && waits(arena, out, cell);
        let Some(out) = making.out.filter(waits) else {
            return false;
        };
        match making.with {
            Some(with) if self.holds(arena, who, with) => {
                arena.take(who, with, 1);
            }
            None if self.in_hand(arena, who) < self.hold => {}
            _ => return false,
        }
        arena.pick_up(who, cell);
        self.tell(arena, self.fetched, who.index(), out);
        self.empty(arena, inside, row, cell);
        true
    }
    fn empty(&self, arena: &mut ArenaMut<'_>, inside: &mut Inside, row: usize, cell: Cell) {
        *inside = Inside::default();
        self.show(arena, inside, row, cell);
    }

    fn put_in(
        &self,
        arena: &mut ArenaMut<'_>,
        inside: &mut Inside,
        who: Slot,
        (row, cell): (usize, Cell),
    ) -> bool {
        if inside.recipe > 0 {
            return false;
        }
        let fits = |item: usize| {
            let mut n = inside.n;
            n[item] += 1;
            let within = |m: &Making| n.iter().zip(&m.n).all(|(n, most)| n <= most);
            self.recipes.iter().find(|m| within(m))
        };
        let found = (0..MAX_ITEMS)
            .filter(|&item| self.holds(arena, who, item))
            .find_map(|item| Some((item, fits(item)?)));
        let Some((item, making)) = found else {
            return false;
        };
        arena.take(who, item, 1);
        if making.out.is_none() {
            self.tell(arena, self.served, who.index(), item);
            return true;
        }
        inside.n[item] += 1;
        self.tell(arena, self.put, who.index(), item);
        self.show(arena, inside, row, cell);
        true
    }

    /// From a station into which nothing goes.
    fn give_out(&self, arena: &mut ArenaMut<'_>, who: Slot) -> bool {
        let free = self.in_hand(arena, who) < self.hold;
        let out = self.recipes.iter().find(|m| m.all == 0 && free);
        let Some(out) = out.and_then(|m| m.out) else {
            return false;
        };
        arena.give(who, out, 1);
        self.tell(arena, self.fetched, who.index(), out);
        true
    }

    /// Begins, finishes and spoils.
    fn work(&self, arena: &mut ArenaMut<'_>, inside: &mut [Inside]) {
        if self.most_inside == 0 {
            return;
        }
        let tick = arena.head.tick;
        for &row in &self.rows {
            let cell = Cell::new(arena.rows[row].cell);
            let inside = &mut inside[row];
            if cell.get() == 0 {
                continue;
            }
            if inside.recipe == 0 {
                self.begin(arena, inside, row, cell);
            }
            let recipe = usize::from(inside.recipe).checked_sub(1);
            let out = recipe.and_then(|r| self.recipes.get(r)?.out);
            if inside.done && !out.is_some_and(|out| waits(arena, out, cell)) {
                // A rule, or a belt, took it.
                self.empty(arena, inside, row, cell);
                continue;
            }
            let Some(out) = out.filter(|_| inside.at <= tick) else {
                continue;
            };
            if inside.done {
                if self.burns.is_some() {
                    arena.lift(Layer::Item, cell);
                    self.tell(arena, self.burnt, row, out);
                    self.empty(arena, inside, row, cell);
                }
                continue;
            }
            // A product needs a free place to wait in.
            let free = arena.cells.get(cell, Layer::Item) == 0;
            if !free || !arena.place(arena.table.items[out], cell) {
                continue;
            }
            inside.done = true;
            inside.n = [0; MAX_ITEMS];
            inside.at = tick.saturating_add(self.burns.unwrap_or(0));
            self.show(arena, inside, row, cell);
            self.tell(arena, self.cooked, row, out);
        }
    }
    fn begin(&self, arena: &mut ArenaMut<'_>, inside: &mut Inside, row: usize, cell: Cell) {
        let full = |m: &Making| m.all > 0 && m.out.is_some() && m.n == inside.n;
        let Some(recipe) = self.recipes.iter().position(full) else {
            return;
        };
        let making = &self.recipes[recipe];
        if making.hands > 1 {
            let beside = (0..4).filter(|&direction| {
                let to = arena.table.geometry.step(cell, direction);
                arena.cells.word(to)[BODY] != 0
            });
            if beside.count() < making.hands {
                return;
            }
        }
        inside.recipe = u8::try_from(recipe + 1).unwrap_or(u8::MAX);
        inside.at = arena.head.tick.saturating_add(making.ticks);
        self.show(arena, inside, row, cell);
    }
}

#[cfg(test)]
mod tests;
