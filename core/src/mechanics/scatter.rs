//! `scatter`: things appear in free places, by chance.

use std::sync::OnceLock;

use serde::Deserialize;

use super::{
    Decimal, Install, Mechanic, MechanicDef, Objection, Reference, codes_of, kind_of, kinds_of,
    read_config,
};
use crate::draw::{Purpose, name_hash};
use crate::ids::{Cell, KindId, Num, ONE};
use crate::phase::Phase;
use crate::state::{ArenaMut, BODY, Layer, Shard, Table, Type};

/// Things appear in free places. With `chance` alone every free place draws; with `n` there are so many tries, each of which
/// succeeds with `chance` (always without it) and takes one of the places that are still free.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What appears.
    pub thing: String,
    /// Where: places of these kinds of the layer floor or mark. A place is free when the thing's layer is.
    pub on: Vec<String>,
    /// Chance of every free place, or of every try where `n` is given.
    #[serde(default)]
    pub chance: Option<Decimal>,
    /// Number of tries, 1 to 1000.
    #[serde(default)]
    pub n: Option<u32>,
    /// When: at the `start` of an episode, in each tick (`each_tick`), or whenever one of the kinds `of` was `eaten`.
    #[serde(default)]
    pub at: When,
    /// Kinds whose being eaten is meant by `at = "eaten"`.
    #[serde(default)]
    pub of: Vec<String>,
    /// Whether things appear under bodies.
    #[serde(default)]
    pub under_agent: bool,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
    /// What follows from it and the table; found when the table is complete.
    #[serde(skip)]
    plan: OnceLock<Plan>,
}

/// When things appear.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Before the first tick.
    Start,
    /// In each tick.
    #[default]
    EachTick,
    /// Whenever a thing was eaten.
    Eaten,
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "scatter",
    named: true,
    doc: "Things appear in free places, by chance.",
    events: &[("grew", &[Type::Kind, Type::Cell])],
    fields: &[],
    needs: &[],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

/// Most tries of one cause.
const MAX_TRIES: u32 = 1000;

impl Mechanic for Config {
    fn references(&self) -> Vec<Reference> {
        let mut out = vec![kind_of("thing", &self.thing, 0)];
        let ground = 1 << Layer::Floor as u8 | 1 << Layer::Mark as u8;
        out.extend(kinds_of("on", &self.on, ground));
        out.extend(kinds_of("of", &self.of, 0));
        out
    }
    fn object(&self) -> Vec<Objection> {
        let mut out: Vec<_> = self
            .chance
            .and_then(|chance| Objection::chance("chance", chance))
            .into_iter()
            .collect();
        out.extend(
            self.n
                .and_then(|n| Objection::range("n", i64::from(n), 1, i64::from(MAX_TRIES))),
        );
        if self.chance.is_none() && self.n.is_none() {
            out.push(Objection::new(
                "",
                "neither `chance` nor `n` says how much appears",
                "add `chance = …` for every free place, or `n = …` for so many",
            ));
        }
        if (self.at == When::Eaten) == self.of.is_empty() {
            out.push(Objection::new(
                "of",
                "`of` and `at = \"eaten\"` belong together",
                "name the kinds in `of` and write `at = \"eaten\"`, or drop both",
            ));
        } else if self.at == When::Eaten && self.n.is_none() {
            out.push(Objection::new(
                "n",
                "`at = \"eaten\"` needs `n`: the number of tries",
                "add `n = …`",
            ));
        }
        out
    }
    fn listens(&self) -> Vec<&str> {
        match self.at {
            When::Eaten => vec!["eaten"],
            _ => Vec::new(),
        }
    }
    fn prepare(&self, instance: &str, table: &mut Table) {
        if let Some(plan) = Plan::new(self, instance, table) {
            // A config belongs to one instance of one compiled cell, so it is set once.
            let _ = self.plan.set(plan);
        }
    }
    fn start(&self, _instance: &str, arena: &mut ArenaMut<'_>) {
        if let Some(plan) = self.plan.get().filter(|_| self.at == When::Start) {
            plan.once(arena, 0, |_, _| {});
        }
    }
    fn install(&self, _instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let Some(&plan) = self.plan.get() else {
            return;
        };
        let grew = table.event("grew");
        let tell = move |arena: &mut ArenaMut<'_>, cell: Cell| {
            arena.emit_fields(grew, &[i64::from(plan.kind.get()), i64::from(cell.get())]);
        };
        match self.at {
            When::Start => {}
            When::EachTick => at.system(Phase::Environment, move |mut shard: Shard| {
                let mut parts = shard.parts();
                for arena in 0..parts.arenas.n {
                    plan.once(&mut parts.arena(arena), 0, tell);
                }
            }),
            When::Eaten => {
                let (of, eaten) = (codes_of(&self.of, table), table.event("eaten"));
                at.system(Phase::Environment, move |mut shard: Shard| {
                    let mut parts = shard.parts();
                    for arena in 0..parts.arenas.n {
                        let mut one = parts.arena(arena);
                        // What grows here is no cause: facts of this mechanic come behind those that are there.
                        for i in 0..one.events().len() {
                            let row = one.events()[i];
                            let kind = usize::from(row.k);
                            let is_cause = eaten.is_some_and(|e| e.get() == row.event)
                                && of[usize::from(one.table.kinds[kind].look)];
                            if is_cause {
                                let cause = one.table.geometry.subject(row.place());
                                plan.once(&mut one, cause, tell);
                            }
                        }
                    }
                });
            }
        }
    }
}

/// What is fixed.
#[derive(Clone, Copy, Debug)]
struct Plan {
    name: u32,
    kind: KindId,
    layer: Layer,
    on: [bool; 256],
    chance: Num,
    n: Option<u32>,
    under_agent: bool,
}

impl Plan {
    fn new(config: &Config, instance: &str, table: &Table) -> Option<Self> {
        let kind = table.kind(&config.thing)?;
        let k = &table.kinds[kind.index()];
        Some(Self {
            name: name_hash(&format!("scatter.{instance}")),
            kind,
            layer: k.layer,
            on: codes_of(&config.on, table),
            chance: config.chance.map_or(ONE, |chance| chance.0),
            n: config.n,
            under_agent: config.under_agent,
        })
    }
    fn is_free(&self, arena: &ArenaMut<'_>, cell: Cell) -> bool {
        let word = arena.cells.word(cell);
        let ground = self.on[usize::from(word[Layer::Floor as usize])]
            || self.on[usize::from(word[Layer::Mark as usize])];
        let solid = arena.table.looks.blocks_move[usize::from(word[Layer::Solid as usize])];
        let body = word[BODY] != 0 && (!self.under_agent || self.layer == Layer::Solid);
        ground && !solid && !body && word[self.layer as usize] == 0
    }
    /// Every free place draws, or so many tries are made; `cause` is the subject of the tries' draws.
    fn once(
        &self,
        arena: &mut ArenaMut<'_>,
        cause: u32,
        mut tell: impl FnMut(&mut ArenaMut<'_>, Cell),
    ) {
        let g = arena.table.geometry;
        let cells = || (0..g.height).flat_map(move |r| (0..g.width).map(move |c| g.cell(r, c)));
        let Some(n) = self.n else {
            let key = arena.head.draw.key(Purpose::Scatter, self.name, 0);
            for cell in cells() {
                let grows = key.chance(g.subject(cell), self.chance) && self.is_free(arena, cell);
                if grows && arena.place(self.kind, cell) {
                    tell(arena, cell);
                }
            }
            return;
        };
        let draw = arena.head.draw;
        let place = draw.key(Purpose::TryCell, self.name, 0);
        for i in 0..n {
            let k = u16::try_from(i).expect("at most a thousand tries");
            if !draw
                .key(Purpose::Try, self.name, k)
                .chance(cause, self.chance)
            {
                continue;
            }
            let free = cells().filter(|&c| self.is_free(arena, c));
            let Some(cell) = free.min_by_key(|&c| (place.u64(g.subject(c)), c)) else {
                return;
            };
            if arena.place(self.kind, cell) {
                tell(arena, cell);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{batch, compile, many, tick};

    const MOVE: (&str, &str, &str) = ("move", "", r#"{"mode":"compass4"}"#);
    const FIELD: &str = "######\n#A...#\n#..l.#\n#....#\n######";

    fn apples(b: &mut crate::batch::Batch) -> u16 {
        b.edit(0, |one| {
            let apple = one.table.kind("apple").expect("a kind of the tests");
            one.cells.count(apple)
        })
    }

    #[test]
    fn so_many_lie_there_at_the_start_and_no_tick_adds_any() {
        let config = r#"{"thing":"apple","on":["floor"],"n":5,"at":"start"}"#;
        let mut b = batch(&compile(FIELD, &[MOVE, ("scatter", "seed", config)]));
        assert_eq!(apples(&mut b), 5);
        assert_eq!(tick(&mut b, &["noop"]), "");
        assert_eq!(apples(&mut b), 5);
    }

    #[test]
    fn a_full_ground_takes_no_more_and_nothing_grows_under_a_body() {
        for (more, full) in [("", 11), (r#","under_agent":true"#, 12)] {
            let config = format!(r#"{{"thing":"apple","on":["floor"],"n":7{more}}}"#);
            let mut b = batch(&compile(FIELD, &[MOVE, ("scatter", "seed", &config)]));
            tick(&mut b, &["noop"]);
            assert_eq!(apples(&mut b), 7);
            tick(&mut b, &["noop"]);
            assert_eq!(apples(&mut b), full);
        }
    }

    #[test]
    fn only_its_ground_bears_it() {
        let config = r#"{"thing":"apple","on":["lever"],"chance":1}"#;
        let mut b = batch(&compile(FIELD, &[MOVE, ("scatter", "seed", config)]));
        assert_eq!(tick(&mut b, &["noop"]), "grew apple (2,3)");
        assert_eq!(tick(&mut b, &["noop"]), "");
    }

    #[test]
    fn what_is_eaten_scatters_and_each_try_has_the_chance() {
        let eat = ("pickup", "", r#"{"things":["crate"],"becomes":"eaten"}"#);
        let config =
            r#"{"thing":"apple","on":["floor"],"n":3,"chance":0.25,"at":"eaten","of":["crate"]}"#;
        let world = compile(
            "######\n#Ac..#\n#....#\n#....#\n######",
            &[MOVE, eat, ("scatter", "spores", config)],
        );
        let n = 400;
        let mut b = many(&world, n, 3);
        b.step(
            &[&vec![2; n]],
            &mut [crate::batch::Out::default()],
            &crate::batch::Serial,
        )
        .expect("a step");
        let kind = world.table.kind("apple").expect("a kind of the tests");
        let grown: u32 = (0..n).map(|a| u32::from(b.count(a, kind))).sum();
        // 1,200 tries at 1/4: 300, standard deviation 15.
        assert!((240..=360).contains(&grown), "{grown}");
        assert!((0..n).all(|a| b.count(a, kind) <= 3));
    }

    #[test]
    fn every_place_is_as_likely_to_be_taken() {
        let config = r#"{"thing":"apple","on":["floor"],"n":1,"at":"start"}"#;
        let world = compile(FIELD, &[MOVE, ("scatter", "seed", config)]);
        let n = 2200;
        let b = many(&world, n, 9);
        let mut at = [0u32; 30];
        let apple = world.table.kind("apple").expect("a kind of the tests");
        let look = world.table.kinds[apple.index()].look;
        let mut frame = Vec::new();
        for arena in 0..n {
            b.frame(arena, &mut frame);
            let place = frame
                .chunks(8)
                .position(|word| word[2] == look)
                .expect("one apple");
            at[place] += 1;
        }
        // Eleven places, 200 each, standard deviation 13.5.
        let taken: Vec<u32> = at.into_iter().filter(|&x| x > 0).collect();
        assert_eq!(taken.len(), 11);
        assert!(taken.iter().all(|x| (135..=265).contains(x)), "{taken:?}");
    }
}
