//! `perish`: things rot with age, and some die with others.

use bevy_ecs::change_detection::DetectChangesMut;
use bevy_ecs::resource::Resource;
use bevy_ecs::system::ResMut;
use serde::Deserialize;

use super::{
    Decimal, Install, Mechanic, MechanicDef, Objection, Reference, codes_of, kind_of, kinds_of,
    read_config,
};
use crate::draw::{Purpose, name_hash};
use crate::ids::{Cell, EventId, ONE};
use crate::phase::Phase;
use crate::state::{ArenaMut, Layer, Numbers, Shard, Table, Type};

/// A thing vanishes when it has lain for `age` ticks. When one of the kind is eaten, each thing of the kinds `chain` vanishes with
/// `chance`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What rots.
    pub thing: String,
    /// Ticks that it lasts, 1 to 100,000; for ever without it.
    #[serde(default)]
    pub age: Option<u32>,
    /// Kinds whose things die with it when it is eaten.
    #[serde(default)]
    pub chain: Vec<String>,
    /// Chance of each of those things.
    #[serde(default = "certain")]
    pub chance: Decimal,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

fn certain() -> Decimal {
    Decimal(ONE)
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "perish",
    named: true,
    doc: "Things rot with age, and some die with others.",
    events: &[("perished", &[Type::Kind, Type::Cell])],
    fields: &[],
    needs: &[],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

impl Mechanic for Config {
    fn most_rows(&self, _event: &str, _fields: &[Type], table: &Table) -> usize {
        // What rots, and beside it what dies with something eaten, whatever layer it lies in.
        let layers = if self.chain.is_empty() {
            1
        } else {
            1 + crate::state::BODY
        };
        layers * super::area(table)
    }
    fn references(&self) -> Vec<Reference> {
        let mut out = vec![kind_of("thing", &self.thing, 0)];
        out.extend(kinds_of("chain", &self.chain, 0));
        out
    }
    fn object(&self) -> Vec<Objection> {
        let mut out: Vec<_> = Objection::chance("chance", self.chance)
            .into_iter()
            .collect();
        out.extend(
            self.age
                .and_then(|age| Objection::range("age", i64::from(age), 1, 100_000)),
        );
        if self.age.is_none() && self.chain.is_empty() {
            out.push(Objection::new(
                "",
                "neither `age` nor `chain` says what perishes",
                "add `age = …` or `chain = [...]`",
            ));
        }
        out
    }
    fn listens(&self) -> Vec<&str> {
        if self.chain.is_empty() {
            Vec::new()
        } else {
            vec!["eaten"]
        }
    }
    fn install(&self, instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let Some(kind) = table.kind(&self.thing) else {
            return;
        };
        let cells = table.geometry.cells();
        let plan = Plan {
            name: name_hash(&format!("perish.{instance}")),
            codes: codes_of(std::slice::from_ref(&self.thing), table),
            kind: kind.get(),
            layer: table.kinds[kind.index()].layer,
            chain: codes_of(&self.chain, table),
            chance: self.chance.0,
            eaten: table.event("eaten"),
            perished: table.event("perished").expect("declared above"),
        };
        let plan = std::sync::Arc::new(plan);
        if !self.chain.is_empty() {
            let plan = std::sync::Arc::clone(&plan);
            at.system(Phase::Environment, move |mut shard: Shard| {
                let mut parts = shard.parts();
                for arena in 0..parts.arenas.n {
                    plan.chain(&mut parts.arena(arena));
                }
            });
        }
        let Some(age) = self.age else { return };
        let n = at.n_arenas * cells;
        if !at.world.contains_resource::<Ages>() {
            at.world.insert_resource(Ages::default());
        }
        let mut ages = at.world.resource_mut::<Ages>();
        let index = ages.0.len();
        ages.0.push(vec![0; n]);
        at.column(Numbers::<Ages> {
            name: super::column_names!("perish.since")[index.min(7)],
            per_arena: cells,
            index,
            of: |ages, i| &ages.0[i],
            of_mut: |ages, i| &mut ages.0[i],
        });
        let early = std::sync::Arc::clone(&plan);
        // What was eaten and what grows anew in its place within one tick are two things, hence two looks a tick.
        at.late_system(
            Phase::Act,
            move |mut shard: Shard, mut ages: ResMut<Ages>| {
                let ages = &mut ages.bypass_change_detection().0[index];
                let parts = shard.parts();
                let words = parts.arenas.words().chunks_exact(cells);
                for ((ages, words), head) in ages
                    .chunks_exact_mut(cells)
                    .zip(words)
                    .zip(&parts.arenas.heads)
                {
                    early.look(words, ages, head.tick.saturating_add(1));
                }
            },
        );
        at.late_system(
            Phase::Environment,
            move |mut shard: Shard, mut ages: ResMut<Ages>| {
                let ages = &mut ages.bypass_change_detection().0[index];
                let mut parts = shard.parts();
                for (arena, ages) in ages.chunks_exact_mut(cells).enumerate() {
                    plan.rot(&mut parts.arena(arena), ages, age);
                }
            },
        );
    }
}

/// For each instance and cell, the tick in which the thing that lies there appeared, plus 2 (what the map holds appeared in tick −1);
/// 0 where none lies.
#[derive(Resource, Default, Debug)]
struct Ages(Vec<Vec<u32>>);

/// What is fixed.
struct Plan {
    name: u32,
    codes: [bool; 256],
    kind: u8,
    layer: Layer,
    chain: [bool; 256],
    chance: crate::ids::Num,
    eaten: Option<EventId>,
    perished: EventId,
}

impl Plan {
    fn perish(&self, arena: &mut ArenaMut<'_>, cell: Cell, layer: Layer) {
        let Some(kind) = arena.table.kind_of(arena.cells.get(cell, layer)) else {
            return;
        };
        if arena.clear(kind, cell) {
            arena.emit_fields(
                Some(self.perished),
                &[i64::from(kind.get()), i64::from(cell.get())],
            );
        }
    }
    /// Notes what is gone, and what is new as having appeared in tick `since` − 2.
    fn look(&self, words: &[crate::state::Word], ages: &mut [u32], since: u32) {
        for (age, word) in ages.iter_mut().zip(words) {
            if !self.codes[usize::from(word[self.layer as usize])] {
                *age = 0;
            } else if *age == 0 {
                *age = since;
            }
        }
    }
    fn rot(&self, arena: &mut ArenaMut<'_>, ages: &mut [u32], age: u32) {
        let next = arena.head.tick.saturating_add(2);
        self.look(arena.cells.words(), ages, next);
        let geometry = arena.table.geometry;
        for (cell, since) in (0u16..).zip(ages) {
            // The padding of a torus shows things that lie elsewhere.
            if !geometry.inside(Cell::new(cell)) {
                continue;
            }
            if *since != 0 && next - *since >= age {
                *since = 0;
                self.perish(arena, Cell::new(cell), self.layer);
            }
        }
    }
    fn chain(&self, arena: &mut ArenaMut<'_>) {
        let Some(eaten) = self.eaten else { return };
        let g = arena.table.geometry;
        let mut occurrence = 0;
        for i in 0..arena.events().len() {
            let row = arena.events()[i];
            if row.event != eaten.get() || row.k != u16::from(self.kind) {
                continue;
            }
            let key = arena.head.draw.key(Purpose::Chain, self.name, occurrence);
            occurrence = occurrence.saturating_add(1);
            for cell in (0..g.height).flat_map(|r| (0..g.width).map(move |c| g.cell(r, c))) {
                let word = arena.cells.word(cell);
                for (_, layer) in Layer::ALL {
                    if self.chain[usize::from(word[layer as usize])]
                        && key.chance(g.subject(cell), self.chance)
                    {
                        self.perish(arena, cell, layer);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::batch::{Out, Serial};
    use crate::testing::{batch, compile, many, tick};

    const MOVE: (&str, &str, &str) = ("move", "", r#"{"mode":"compass4"}"#);
    const EAT: (&str, &str, &str) = (
        "pickup",
        "",
        r#"{"things":["apple","crate"],"becomes":"eaten"}"#,
    );

    /// Ticks in which something perished.
    fn rotten(world: &[(&str, &str, &str)], rows: &str, n: usize) -> Vec<usize> {
        let mut b = batch(&compile(rows, world));
        (0..n)
            .filter(|_| tick(&mut b, &["noop"]).contains("perished apple"))
            .collect()
    }

    #[test]
    fn a_thing_of_the_map_lasts_its_age_and_one_that_grew_as_long() {
        let age = ("perish", "apple", r#"{"thing":"apple","age":4}"#);
        assert_eq!(rotten(&[MOVE, age], "#####\n#A.a#\n#####", 12), [3]);
        // It grows back in each tick in which the place is free: in tick 4, and perishes four ticks later.
        let grow = (
            "regrow",
            "apple",
            r#"{"thing":"apple","where":"initial","radius":0,"chance":[1]}"#,
        );
        assert_eq!(
            rotten(&[MOVE, age, grow], "#####\n#A.a#\n#####", 14),
            [3, 8, 13]
        );
        // What grows in the very first tick has appeared one tick later than what the map holds.
        let seed = (
            "scatter",
            "apple",
            r#"{"thing":"apple","on":["lever"],"n":1}"#,
        );
        assert_eq!(rotten(&[MOVE, age, seed], "#####\n#A.l#\n#####", 6), [4]);
    }

    #[test]
    fn what_is_eaten_takes_others_with_it_by_chance() {
        let chain = r#"{"thing":"crate","chain":["apple"],"chance":0.25}"#;
        let world = compile(
            "######\n#Acaa#\n#aaaa#\n######",
            &[MOVE, EAT, ("perish", "crate", chain)],
        );
        let n = 400;
        let mut b = many(&world, n, 5);
        let east = b.groups()[0]
            .action_names
            .iter()
            .position(|a| a == "e")
            .expect("a move");
        let actions = vec![i32::try_from(east).expect("few"); n];
        b.step(&[&actions], &mut [Out::default()], &Serial)
            .expect("a step");
        let apple = world.table.kind("apple").expect("a kind of the tests");
        let died: u32 = (0..n).map(|a| 6 - u32::from(b.count(a, apple))).sum();
        // 2,400 draws at 1/4: 600, standard deviation 21.
        assert!((515..=685).contains(&died), "{died}");
        b.step(&[&actions], &mut [Out::default()], &Serial)
            .expect("a step");
        let eaten_apples: u32 = (0..n).map(|a| 6 - u32::from(b.count(a, apple))).sum();
        assert!(
            eaten_apples <= died + 400,
            "apples that are eaten take nothing along"
        );
    }
}
