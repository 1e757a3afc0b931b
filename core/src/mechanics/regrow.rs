//! `regrow`: things grow back in places made for them, the faster the more of them live near by.

mod columns;
mod patch;

use bevy_ecs::change_detection::DetectChangesMut;
use bevy_ecs::resource::Resource;
use bevy_ecs::system::{Res, ResMut};
use serde::Deserialize;

use super::{
    Decimal, Install, Mechanic, MechanicDef, Objection, Reference, Sort, kind_of, kinds_of,
    read_config,
};
use columns::{SettledColumn, SoilColumn, WaitColumn};
use patch::{BLOCK, Patch};

use crate::draw::{Key, Purpose, TickDraw};
use crate::event::{EventRow, Part};
use crate::ids::Cell;
use crate::phase::Phase;
use crate::state::{Arenas, BODY, Cells, Isa, Layer, Table, Touched, Type};

/// Things grow back. Each tick every empty place draws against a chance that depends on how many of the things lived near it
/// before the tick.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What grows; a kind of the layer item.
    pub thing: String,
    /// Where: `initial` for the cells that held one after the draws at reset, or kinds of the layer floor or mark.
    #[serde(rename = "where")]
    pub place: Place,
    /// How far neighbours count, 0 to 5.
    #[serde(default = "two")]
    pub radius: u8,
    /// How distance is measured: `l2` (squared distance at most radius², as in the published games), `l1` or `linf`.
    #[serde(default)]
    pub metric: Metric,
    /// Chance a tick by the number of live neighbours, 0 first; the last number holds for all further ones.
    pub chance: Vec<Decimal>,
    /// Grows only in every so-manieth tick, 1 to 1000.
    #[serde(default = "one")]
    pub every: u32,
    /// Least ticks from when a place was emptied until something grows there again, 0 to 10000.
    #[serde(default)]
    pub delay: u32,
    /// Name of an arena variable: things grow only while it is not 0 or false.
    #[serde(default, rename = "while")]
    pub only_while: Option<String>,
    /// Whether things grow under bodies.
    #[serde(default = "yes")]
    pub under_agent: bool,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

/// Where things grow.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(from = "PlaceText")]
#[cfg_attr(feature = "schema", schemars(with = "PlaceText"))]
pub enum Place {
    /// Where one was after the draws at reset.
    Initial,
    /// On these kinds.
    On(Vec<String>),
}

/// `"initial"`, a kind, or a list of kinds.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "\"initial\" or a list of kinds")]
pub enum PlaceText {
    /// `initial` or a kind.
    One(String),
    /// Kinds.
    Many(Vec<String>),
}

impl From<PlaceText> for Place {
    fn from(text: PlaceText) -> Self {
        match text {
            PlaceText::One(word) if word == "initial" => Self::Initial,
            PlaceText::One(kind) => Self::On(vec![kind]),
            PlaceText::Many(kinds) => Self::On(kinds),
        }
    }
}

/// How distance is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Squared distance at most radius².
    #[default]
    L2,
    /// Rows plus columns.
    L1,
    /// The larger of rows and columns.
    Linf,
}

impl Metric {
    fn within(self, dy: i32, dx: i32, radius: i32) -> bool {
        match self {
            Self::L2 => dy * dy + dx * dx <= radius * radius,
            Self::L1 => dy.abs() + dx.abs() <= radius,
            Self::Linf => dy.abs().max(dx.abs()) <= radius,
        }
    }
}

fn two() -> u8 {
    2
}
fn one() -> u32 {
    1
}
fn yes() -> bool {
    true
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "regrow",
    named: true,
    doc: "Things grow back, the faster the more of them live near by.",
    events: &[("grew", &[Type::Kind, Type::Cell])],
    fields: &[],
    needs: &[],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

impl Mechanic for Config {
    fn references(&self) -> Vec<Reference> {
        let mut out = vec![kind_of("thing", &self.thing, 1 << Layer::Item as u8)];
        if let Place::On(kinds) = &self.place {
            out.extend(kinds_of(
                "where",
                kinds,
                1 << Layer::Floor as u8 | 1 << Layer::Mark as u8,
            ));
        }
        out.extend(self.only_while.iter().map(|name| Reference {
            path: "while".to_owned(),
            sort: Sort::Var,
            name: name.clone(),
        }));
        out
    }
    fn makes(&self) -> Vec<String> {
        vec![self.thing.clone()]
    }
    fn object(&self) -> Vec<Objection> {
        let mut out: Vec<_> = Objection::range("radius", i64::from(self.radius), 0, 5)
            .into_iter()
            .collect();
        out.extend(Objection::range("every", i64::from(self.every), 1, 1000));
        out.extend(Objection::range("delay", i64::from(self.delay), 0, 10_000));
        if self.chance.is_empty() || self.chance.len() > 122 {
            out.push(Objection::new(
                "chance",
                "`chance` needs 1 to 122 numbers",
                "write one chance for each number of live neighbours",
            ));
        }
        out.extend(
            self.chance
                .iter()
                .enumerate()
                .filter_map(|(i, &c)| Objection::chance(&format!("chance[{i}]"), c)),
        );
        out
    }
    fn install(&self, instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let Some(patch) = Patch::new(self, instance, table) else {
            return;
        };
        let n_arenas = at.n_arenas;
        if !at.world.contains_resource::<Growth>() {
            at.world.insert_resource(Growth::default());
            // One pair of systems for all instances: they share the list of changed cells.
            at.system(Phase::Decide, settle);
            at.system(Phase::Environment, grow);
        }
        let mut arenas = at.world.resource_mut::<Arenas>();
        for (watch, &code) in arenas.watch.iter_mut().zip(&patch.codes) {
            *watch |= code;
        }
        let mut growth = at.world.resource_mut::<Growth>();
        let places = patch.places();
        let index = growth.patches.len();
        growth.chance.push(vec![0; n_arenas * places]);
        growth.around.push(vec![0; n_arenas * places]);
        growth.soil.push(vec![0; n_arenas * places]);
        let waits = patch.delay > 0;
        growth
            .waits
            .push(vec![0; if waits { n_arenas * places } else { 0 }]);
        growth.patches.push(patch);
        growth.settled.resize(n_arenas, 0);
        at.column(SoilColumn(index));
        if waits {
            at.column(WaitColumn(index));
        }
        if index == 0 {
            at.column(SettledColumn);
        }
    }
}

/// What is kept for each arena, instance after instance. `chance` and `around` follow from the map and from `soil`; `soil` is state.
#[derive(Resource, Default, Debug)]
struct Growth {
    patches: Vec<Patch>,
    /// Threshold of each candidate: 0 where nothing can grow now.
    chance: Vec<Vec<u32>>,
    /// Live neighbours of each candidate, with [`CLOSED`] where it may not grow now.
    around: Vec<Vec<u8>>,
    /// 1 where things may grow in this episode.
    soil: Vec<Vec<u8>>,
    /// Ticks, this one counted, until something may grow again; empty for an instance without `delay`.
    waits: Vec<Vec<u16>>,
    /// 0 for an arena that was just reset: the soil is taken from the map before the first tick.
    settled: Vec<u8>,
}

/// Bit of `around`: nothing can grow there, because it is no soil or something lies there. Neighbours are at most 120.
const CLOSED: u8 = 128;

/// Takes in, before a tick, what changed since the last one. So growth goes by the neighbours before the tick.
fn settle(table: Res<Table>, mut arenas: ResMut<Arenas>, mut growth: ResMut<Growth>) {
    let (arenas, growth) = (
        arenas.bypass_change_detection(),
        growth.bypass_change_detection(),
    );
    for arena in 0..arenas.n {
        let fresh = std::mem::replace(&mut growth.settled[arena], 1) == 0;
        let n = arenas.touched[arena].n;
        if n == 0 {
            continue;
        }
        let layout = usize::from(arenas.heads[arena].layout);
        let draw = arenas.heads[arena].draw;
        for (p, patch) in growth.patches.iter().enumerate() {
            if fresh {
                patch.wait(&table, arenas, arena, &mut growth.waits[p]);
            }
            let places = patch.places();
            let range = arena * places..(arena + 1) * places;
            let mut field = Field {
                patch,
                layout,
                cells: arenas.cells(&table, arena),
                chance: &mut growth.chance[p][range.clone()],
                around: &mut growth.around[p][range.clone()],
                soil: &mut growth.soil[p][range],
            };
            if fresh {
                field.find_soil(&table, draw);
            }
            if usize::from(n) > Touched::MAX {
                field.recount();
            } else {
                (0..usize::from(n)).for_each(|i| field.change(i));
            }
        }
        arenas.touched[arena].n = 0;
    }
}

/// The candidates of one instance in one arena.
struct Field<'a> {
    patch: &'a Patch,
    layout: usize,
    cells: Cells<'a>,
    chance: &'a mut [u32],
    around: &'a mut [u8],
    soil: &'a mut [u8],
}

impl Field<'_> {
    fn item(&self, candidate: usize) -> u8 {
        self.cells
            .get(self.patch.cells[self.layout][candidate], Layer::Item)
    }
    /// Things grow where the draws at reset made soil: draws of this very tick, the first of the episode or round.
    fn find_soil(&mut self, table: &Table, draw: TickDraw) {
        let layout = &table.layouts[self.layout];
        for (&cell, soil) in self.patch.cells[self.layout].iter().zip(&mut *self.soil) {
            let word = layout.drawn(cell, draw, &table.geometry);
            let mut all = Layer::ALL.iter().map(|&(_, l)| (l, word[l as usize]));
            *soil = u8::from(all.any(|(layer, code)| self.patch.is_soil(layer, code)));
        }
    }
    /// The chance of a candidate that may grow is that of its live neighbours; of any other it is 0.
    fn update(&mut self, candidate: usize) {
        let around = self.around[candidate];
        self.chance[candidate] = if around & CLOSED == 0 {
            self.patch.limit(around)
        } else {
            0
        };
    }
    /// Notes whether something stands where the candidate would grow; `live` neighbours are kept beside it.
    fn note(&mut self, candidate: usize, live: u8) {
        // Only the thing itself counts, since only its changes are told; what else lies there is seen when it would grow.
        let closed =
            self.soil[candidate] == 0 || self.patch.codes[usize::from(self.item(candidate))];
        self.around[candidate] = live | if closed { CLOSED } else { 0 };
        self.update(candidate);
    }
    /// Takes in the `i`-th change of the map since the last look.
    fn change(&mut self, i: usize) {
        let (patch, touch) = (self.patch, self.cells.touch(i));
        let cell = Cell::new(touch.cell);
        let (was, is) = (
            patch.codes[usize::from(touch.old)],
            patch.codes[usize::from(touch.new)],
        );
        let (start, end) = patch.near_at[self.layout][cell.index()];
        if was != is {
            for &i in &patch.near[self.layout][start as usize..end as usize] {
                let around = &mut self.around[usize::from(i)];
                *around = if is { *around + 1 } else { *around - 1 };
                self.update(usize::from(i));
            }
        }
        if let Some(own) = patch.candidate_at[self.layout][cell.index()].checked_sub(1) {
            let own = usize::from(own);
            self.note(own, self.around[own] & !CLOSED);
        }
    }
    fn recount(&mut self) {
        let (patch, layout) = (self.patch, self.layout);
        for i in 0..patch.cells[layout].len() {
            // Things may stand on cells that are no candidates: they count too.
            let live = patch.reach[layout][i]
                .iter()
                .filter(|&&c| patch.codes[usize::from(self.cells.get(Cell::new(c), Layer::Item))]);
            let live = u8::try_from(live.count()).expect("at most 120 neighbours");
            self.note(i, live);
        }
    }
}

/// Draws all chances of one instance; a loop that vectorises, run with the widest registers there are.
struct Grow<'a> {
    patch: &'a Patch,
    chance: &'a [u32],
    waits: &'a mut [u16],
    table: &'a Table,
    arenas: &'a mut Arenas,
}

impl pulp::NullaryFnOnce for Grow<'_> {
    type Output = ();
    #[inline(always)]
    fn call(self) {
        let Grow {
            patch,
            chance,
            waits,
            table,
            arenas,
        } = self;
        let places = patch.places();
        for (arena, chance) in chance.chunks_exact(places.max(1)).enumerate() {
            let head = arenas.heads[arena];
            if head.tick % patch.every != 0 || !patch.may_grow(table, arenas, arena) {
                continue;
            }
            let key = head.draw.key(Purpose::Regrow, patch.name, 0);
            let subjects = &patch.subjects[usize::from(head.layout)];
            let law = patch.law.map_or(WHOLE, |law| {
                law.factor(arenas.cells(table, arena).count(law.by))
            });
            if law == 0 {
                continue;
            }
            for (block, (chance, subjects)) in chance
                .as_chunks::<BLOCK>()
                .0
                .iter()
                .zip(subjects.as_chunks::<BLOCK>().0)
                .enumerate()
            {
                let held;
                let chance = if law < WHOLE {
                    held = held_back(chance, law);
                    &held
                } else {
                    chance
                };
                let grows = if patch.certain {
                    any_holds::<true>(key, chance, subjects)
                } else {
                    any_holds::<false>(key, chance, subjects)
                };
                if grows {
                    let waits = waits.get_mut(arena * places..).unwrap_or_default();
                    let hits = hits(key, chance, subjects);
                    patch.grow(table, arenas, (arena, waits), block * BLOCK, &hits);
                }
            }
        }
    }
}

/// The factor of a growth law that holds nothing back.
const WHOLE: u64 = 1 << 32;

/// Chances under a growth law.
fn held_back(chance: &[u32; BLOCK], factor: u64) -> [u32; BLOCK] {
    chance.map(|c| ((u64::from(c) * factor) >> 32) as u32)
}

/// Whether one of a block's chances holds. Where a chance of one can stand, it stands as the greatest threshold.
#[inline(always)]
fn any_holds<const CERTAIN: bool>(
    key: Key,
    chance: &[u32; BLOCK],
    subjects: &[u32; BLOCK],
) -> bool {
    let mut any = 0;
    for i in 0..BLOCK {
        any |= u32::from(key.u32_of(subjects[i]) < chance[i])
            | u32::from(CERTAIN && chance[i] == u32::MAX);
    }
    any != 0
}

/// Which of them do.
fn hits(key: Key, chance: &[u32; BLOCK], subjects: &[u32; BLOCK]) -> [bool; BLOCK] {
    std::array::from_fn(|i| key.u32_of(subjects[i]) < chance[i] || chance[i] == u32::MAX)
}

impl Patch {
    #[cold]
    fn grow(
        &self,
        table: &Table,
        arenas: &mut Arenas,
        (arena, waits): (usize, &mut [u16]),
        first: usize,
        hits: &[bool; BLOCK],
    ) {
        let layout = usize::from(arenas.heads[arena].layout);
        for (i, _) in hits.iter().enumerate().filter(|(_, hit)| **hit) {
            if waits.get(first + i).is_some_and(|&wait| wait > 0) {
                continue;
            }
            let cell = self.cells[layout][first + i];
            let word = arenas.cells(table, arena).word(cell);
            if word[Layer::Item as usize] != 0 || (!self.under_agent && word[BODY] != 0) {
                continue;
            }
            if !arenas.grow(table, arena, self.kind, cell) {
                continue;
            }
            // Also what is picked up before the next look, by a body that stands there, was there.
            if let Some(wait) = waits.get_mut(first + i) {
                *wait = self.delay + 1;
            }
            let mut row = EventRow::new(self.event);
            row.set(Part::K, i64::from(self.kind.get()));
            row.set(Part::Cell, i64::from(cell.get()));
            arenas.emit(table, arena, row);
        }
    }
}

fn grow(table: Res<Table>, mut arenas: ResMut<Arenas>, mut growth: ResMut<Growth>, isa: Res<Isa>) {
    let arenas = arenas.bypass_change_detection();
    let Growth {
        patches,
        chance,
        waits,
        ..
    } = growth.bypass_change_detection();
    for ((patch, chance), waits) in patches.iter().zip(&*chance).zip(waits) {
        if patch.delay > 0 {
            (0..arenas.n).for_each(|arena| patch.wait(&table, arenas, arena, waits));
        }
        isa.0.dispatch(Grow {
            patch,
            chance,
            waits,
            table: &table,
            arenas: &mut *arenas,
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::ids::Slot;
    use crate::state::Layer;
    use crate::testing::{batch, compile, put, tick};

    const MOVE: (&str, &str, &str) = ("move", "", r#"{"mode":"compass4"}"#);
    const EAT: (&str, &str, &str) = ("pickup", "", r#"{"things":["apple"],"becomes":"eaten"}"#);
    const FIELD: &str = "#######\n#aa...#\n#.....#\n#A....#\n#######";

    #[test]
    fn a_patch_without_live_neighbours_stays_empty_and_one_with_them_grows() {
        let config = r#"{"thing":"apple","where":"initial","chance":[0,1]}"#;
        let mut b = batch(&compile(FIELD, &[MOVE, EAT, ("regrow", "apple", config)]));
        put(&mut b, 0, 2, 1, 0);
        assert_eq!(
            tick(&mut b, &["n"]),
            "moved agent (2,1) (1,1); eaten agent apple (1,1)",
            "it was there before the tick"
        );
        assert_eq!(
            tick(&mut b, &["s"]),
            "moved agent (1,1) (2,1); grew apple (1,1)"
        );
        for cell in [(1, 1), (1, 2)] {
            b.edit(0, |one| {
                one.cells
                    .set(one.table.geometry.cell(cell.0, cell.1), Layer::Item, 0);
            });
        }
        for _ in 0..200 {
            assert_eq!(tick(&mut b, &["noop"]), "");
        }
    }

    #[test]
    fn the_neighbours_are_those_before_the_tick() {
        let config = r#"{"thing":"apple","where":"initial","chance":[0,1]}"#;
        let mut b = batch(&compile(FIELD, &[MOVE, EAT, ("regrow", "apple", config)]));
        tick(&mut b, &["noop"]);
        b.edit(0, |one| {
            one.cells.set(one.table.geometry.cell(1, 1), Layer::Item, 0);
        });
        put(&mut b, 0, 2, 2, 0);
        let told = tick(&mut b, &["n"]);
        assert_eq!(
            told,
            "moved agent (2,2) (1,2); eaten agent apple (1,2); grew apple (1,1)"
        );
    }

    #[test]
    fn what_grows_under_a_body_is_eaten_at_once_where_the_game_says_so() {
        let regrow = (
            "regrow",
            "apple",
            r#"{"thing":"apple","where":"initial","chance":[0,1]}"#,
        );
        let eat = (
            "pickup",
            "",
            r#"{"things":["apple"],"becomes":"eaten","under_agent":"eat"}"#,
        );
        let mut b = batch(&compile(FIELD, &[MOVE, eat, regrow]));
        put(&mut b, 0, 2, 1, 0);
        tick(&mut b, &["n"]);
        assert_eq!(
            tick(&mut b, &["noop"]),
            "grew apple (1,1); eaten agent apple (1,1)"
        );
        let bare = (
            "regrow",
            "apple",
            r#"{"thing":"apple","where":"initial","chance":[0,1],"under_agent":false}"#,
        );
        let mut b = batch(&compile(FIELD, &[MOVE, EAT, bare]));
        put(&mut b, 0, 2, 1, 0);
        tick(&mut b, &["n"]);
        assert_eq!(tick(&mut b, &["noop"]), "");
    }

    #[test]
    fn a_delay_keeps_a_place_empty_for_so_many_ticks() {
        for delay in [1, 2, 10] {
            let config =
                format!(r#"{{"thing":"apple","where":"initial","chance":[1],"delay":{delay}}}"#);
            let mut b = batch(&compile(FIELD, &[MOVE, EAT, ("regrow", "apple", &config)]));
            put(&mut b, 0, 2, 1, 0);
            assert!(tick(&mut b, &["n"]).ends_with("eaten agent apple (1,1)"));
            let first = (1..20).find(|_| tick(&mut b, &["noop"]).contains("grew"));
            assert_eq!(first, Some(delay), "so many ticks after it was eaten");
        }
    }

    #[test]
    fn what_is_eaten_as_it_grows_waits_all_the_same() {
        let config = r#"{"thing":"apple","where":"initial","chance":[1],"delay":3}"#;
        let eat = r#"{"things":["apple"],"becomes":"eaten","under_agent":"eat"}"#;
        let chosen = [MOVE, ("pickup", "", eat), ("regrow", "apple", config)];
        let mut b = batch(&compile(FIELD, &chosen));
        put(&mut b, 0, 2, 1, 0);
        tick(&mut b, &["n"]);
        let grew: Vec<bool> = (1..10)
            .map(|_| tick(&mut b, &["noop"]).contains("grew apple (1,1)"))
            .collect();
        let at: Vec<usize> = (0..9).filter(|&i| grew[i]).map(|i| i + 1).collect();
        assert_eq!(at, [3, 7], "four ticks from one to the next");
    }

    /// Counts that are kept change by change agree with counts made anew: a fork makes them anew.
    #[test]
    fn kept_counts_equal_counts_made_anew() {
        let field = "##########\n#aaaaaaaa#\n#aaaaaaaa#\n#A......B#\n#aaaaaaaa#\n##########";
        let regrow = (
            "regrow",
            "apple",
            r#"{"thing":"apple","where":"initial","chance":[0,0.01,0.05,0.1]}"#,
        );
        let world = compile(field, &[MOVE, EAT, regrow]);
        let mut b = crate::testing::many(&world, 2, 11);
        b.fork(0, 1).expect("same arm");
        for t in 0..600 {
            let step = |i: u64| (crate::draw::mix(t * 2 + i) % 5) as i32;
            let actions = [step(0), step(1)];
            b.step(
                &[&[actions, actions].concat()],
                &mut [crate::observe::Out::default()],
                &crate::batch::Serial,
            )
            .expect("a step");
            assert_eq!(b.hash(0), b.hash(1), "tick {t}");
            if t % 7 == 0 {
                b.fork(0, 1).expect("same arm");
            }
        }
        assert!(b.edit(0, |one| one.body(Slot::new(0)).is_some()));
    }
}
