//! `ripen`: bushes bear fruit after a while, the sooner the more there are of their kind.

use bevy_ecs::change_detection::DetectChangesMut;
use bevy_ecs::resource::Resource;
use bevy_ecs::system::ResMut;
use serde::Deserialize;

use super::{
    Decimal, Install, Mechanic, MechanicDef, Objection, Reference, codes_of, kind_of, read_config,
};
use crate::draw::{Purpose, name_hash};
use crate::ids::{Cell, EventId, KindId, Num, ONE, Slot};
use crate::phase::Phase;
use crate::state::{ArenaMut, Layer, Numbers, Shard, Table, Type};

/// Bushes of the layer mark bear fruit of the layer item. A bush without fruit is unripe; so many ticks after it became so it begins
/// to draw, with a fixed chance or one that rises with the number of bushes of its kind. A beam can turn unripe bushes into others.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The bush; a kind of the layer mark.
    pub thing: String,
    /// Its fruit; a kind of the layer item.
    pub becomes: String,
    /// Ticks that an unripe bush waits before it can ripen, 0 to 100,000.
    #[serde(default)]
    pub delay: u32,
    /// Chance a tick.
    #[serde(default)]
    pub chance: Option<Decimal>,
    /// Chance a tick for each bush of the kind on the map: their number times `rate`.
    #[serde(default)]
    pub rate: Option<Decimal>,
    /// A beam that turns the unripe bushes which it hits (`hits` of the beam) into this one; they begin to wait anew.
    #[serde(default)]
    pub recolour: Option<String>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "ripen",
    named: true,
    doc: "Bushes bear fruit after a while.",
    events: &[
        ("ripened", &[Type::Kind, Type::Cell]),
        ("recoloured", &[Type::Slot, Type::Kind, Type::Cell]),
    ],
    fields: &[],
    needs: &[],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

/// Of a bush that bears fruit.
const RIPE: u32 = u32::MAX;

impl Mechanic for Config {
    fn echoes(&self) -> Vec<(&str, &'static str)> {
        vec![("struck", "recoloured")]
    }
    fn references(&self) -> Vec<Reference> {
        vec![
            kind_of("thing", &self.thing, 1 << Layer::Mark as u8),
            kind_of("becomes", &self.becomes, 1 << Layer::Item as u8),
        ]
    }
    fn object(&self) -> Vec<Objection> {
        let mut out: Vec<_> = Objection::range("delay", i64::from(self.delay), 0, 100_000)
            .into_iter()
            .collect();
        out.extend(self.chance.and_then(|c| Objection::chance("chance", c)));
        out.extend(self.rate.and_then(|c| Objection::chance("rate", c)));
        if self.chance.is_some() == self.rate.is_some() {
            out.push(Objection::new(
                "",
                "the chance of ripening is either `chance` or `rate` times the number of bushes",
                "give one of the two",
            ));
        }
        out
    }
    fn listens(&self) -> Vec<&str> {
        self.recolour.iter().map(|_| "struck").collect()
    }
    fn install(&self, instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let (Some(bush), Some(fruit)) = (table.kind(&self.thing), table.kind(&self.becomes)) else {
            return;
        };
        let beam = self.recolour.as_ref().and_then(|name| {
            let beam = table.effects.iter().position(|e| e == name)?;
            Some((
                u16::try_from(beam).expect("few beams"),
                table.event("struck")?,
            ))
        });
        let plan = Plan {
            name: name_hash(&format!("ripen.{instance}")),
            bushes: codes_of(std::slice::from_ref(&self.thing), table),
            fruits: codes_of(std::slice::from_ref(&self.becomes), table),
            bush,
            fruit,
            delay: self.delay,
            chance: self.chance.map(|c| c.0),
            rate: self.rate.map_or(0, |r| r.0),
            beam,
            ripened: table.event("ripened").expect("declared above"),
            recoloured: table.event("recoloured").expect("declared above"),
        };
        let cells = table.geometry.cells();
        let n = at.n_arenas * cells;
        if !at.world.contains_resource::<Unripe>() {
            at.world.insert_resource(Unripe(vec![0; n]));
            at.column(Numbers::<Unripe> {
                name: "ripen.since",
                per_arena: cells,
                index: 0,
                of: |unripe, _| &unripe.0,
                of_mut: |unripe, _| &mut unripe.0,
            });
        }
        let plan = std::sync::Arc::new(plan);
        if plan.beam.is_some() {
            let plan = std::sync::Arc::clone(&plan);
            // Before anything ripens, so that no colour comes first.
            at.late_system(
                Phase::Act,
                move |mut shard: Shard, mut unripe: ResMut<Unripe>| {
                    let unripe = &mut unripe.bypass_change_detection().0;
                    let mut parts = shard.parts();
                    for (arena, since) in unripe.chunks_exact_mut(cells).enumerate() {
                        plan.recolour(&mut parts.arena(arena), since);
                    }
                },
            );
        }
        at.system(
            Phase::Environment,
            move |mut shard: Shard, mut unripe: ResMut<Unripe>| {
                let unripe = &mut unripe.bypass_change_detection().0;
                let mut parts = shard.parts();
                for (arena, since) in unripe.chunks_exact_mut(cells).enumerate() {
                    plan.one_arena(&mut parts.arena(arena), since);
                }
            },
        );
    }
}

/// For each cell, the tick after the one in which the bush there became unripe; 0 from the start, [`RIPE`] while it bears fruit.
#[derive(Resource, Default, Debug)]
struct Unripe(Vec<u32>);

struct Plan {
    name: u32,
    bushes: [bool; 256],
    fruits: [bool; 256],
    bush: KindId,
    fruit: KindId,
    delay: u32,
    chance: Option<Num>,
    rate: Num,
    beam: Option<(u16, EventId)>,
    ripened: EventId,
    recoloured: EventId,
}

impl Plan {
    fn one_arena(&self, arena: &mut ArenaMut<'_>, since: &mut [u32]) {
        let now = arena.head.tick.saturating_add(1);
        let n = i64::from(arena.cells.count(self.bush));
        let chance = self.chance.unwrap_or_else(|| (self.rate * n).min(ONE));
        let key = arena.head.draw.key(Purpose::Ripen, self.name, 0);
        let g = arena.table.geometry;
        for cell in (0..g.height).flat_map(|r| (0..g.width).map(move |c| g.cell(r, c))) {
            let word = arena.cells.word(cell);
            if !self.bushes[usize::from(word[Layer::Mark as usize])] {
                continue;
            }
            let since = &mut since[cell.index()];
            if self.fruits[usize::from(word[Layer::Item as usize])] {
                *since = RIPE;
                continue;
            }
            if *since == RIPE {
                *since = now;
            }
            let free = word[Layer::Item as usize] == 0;
            let ripens = free && now - *since >= self.delay;
            if ripens && key.chance(g.subject(cell), chance) && arena.place(self.fruit, cell) {
                *since = RIPE;
                let fields = [i64::from(self.fruit.get()), i64::from(cell.get())];
                arena.emit_fields(Some(self.ripened), &fields);
            }
        }
    }
    /// Bushes that the beam hit in this tick. The first shot that hits one decides; one that bore fruit before this tick is no aim.
    fn recolour(&self, arena: &mut ArenaMut<'_>, since: &mut [u32]) {
        let now = arena.head.tick.saturating_add(1);
        let Some((beam, struck)) = self.beam else {
            return;
        };
        for i in 0..arena.events().len() {
            let row = arena.events()[i];
            if row.event != struck.get() || row.k != beam {
                continue;
            }
            let cell = Cell::new(row.place().get());
            let mark = arena.cells.get(cell, Layer::Mark);
            let Some(stands) = arena.table.kind_of(mark) else {
                continue;
            };
            let since = &mut since[cell.index()];
            let unripe = *since < now && arena.cells.get(cell, Layer::Item) == 0;
            let meant = u16::from(stands.get()) == row.b && !self.bushes[usize::from(mark)];
            if meant && unripe && arena.clear(stands, cell) && arena.place(self.bush, cell) {
                *since = now;
                let by = Slot::new(u8::try_from(row.a).expect("a slot"));
                arena.emit_at(self.recoloured, by, self.bush, cell);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::batch::{Out, Serial};
    use crate::state::Layer;
    use crate::testing::{batch, compile, many, put, tick};

    const MOVE: (&str, &str, &str) = ("move", "", r#"{"mode":"turn"}"#);
    const EAT: (&str, &str, &str) = (
        "pickup",
        "",
        r#"{"things":["apple","crate"],"becomes":"eaten"}"#,
    );
    const RED: &str =
        r#"{"thing":"lever","becomes":"apple","delay":3,"chance":1,"recolour":"red"}"#;
    const BLUE: &str =
        r#"{"thing":"depot","becomes":"crate","delay":3,"chance":1,"recolour":"blue"}"#;

    fn ripe_ticks(told: &[String]) -> Vec<usize> {
        (0..told.len())
            .filter(|&t| told[t].contains("ripened"))
            .collect()
    }

    #[test]
    fn a_bush_waits_from_the_start_and_from_the_meal() {
        let mut b = batch(&compile(
            "#####\n#A.l#\n#####",
            &[MOVE, EAT, ("ripen", "red", RED)],
        ));
        put(&mut b, 0, 1, 1, 1);
        let told: Vec<_> = [
            "noop", "noop", "noop", "forward", "forward", "back", "noop", "noop", "noop",
        ]
        .iter()
        .map(|action| tick(&mut b, &[action]))
        .collect();
        // Eaten in tick 4: ticks 5, 6 and 7 are waited for, as are 0, 1 and 2.
        assert!(told[4].contains("eaten agent apple (1,3)"), "{told:?}");
        assert_eq!(ripe_ticks(&told), [2, 7], "{told:?}");
    }

    #[test]
    fn planting_turns_unripe_bushes_only_and_they_wait_anew() {
        let beam = |kinds: &str| {
            format!(r#"{{"radius":0,"cooldown":0,"hits":[{kinds}],"stops_at":["lever","depot"]}}"#)
        };
        let beam = beam(r#""lever","depot""#);
        let world = [
            MOVE,
            ("ripen", "red", RED),
            ("ripen", "blue", BLUE),
            ("beam", "red", &beam),
            ("beam", "blue", &beam),
        ];
        let mut b = batch(&compile("#####\n#A.l#\n#####", &world));
        put(&mut b, 0, 1, 1, 1);
        let told: Vec<_> = ["noop", "blue", "noop", "noop", "noop", "red", "noop"]
            .iter()
            .map(|action| tick(&mut b, &[action]))
            .collect();
        assert!(told[1].contains("recoloured agent depot (1,3)"), "{told:?}");
        assert_eq!(ripe_ticks(&told), [4], "{told:?}");
        assert!(told[4].contains("ripened crate"), "{told:?}");
        assert!(
            !told[5].contains("recoloured"),
            "ripe ones keep their colour: {told:?}"
        );
        b.edit(0, |one| {
            let mark = one.cells.get(one.table.geometry.cell(1, 3), Layer::Mark);
            assert_eq!(one.table.kind_of(mark), one.table.kind("depot"));
        });
    }

    #[test]
    fn the_more_bushes_of_a_kind_the_sooner_they_ripen() {
        let rate = r#"{"thing":"lever","becomes":"apple","rate":0.01}"#;
        for (rows, bushes) in [
            ("######\n#Al..#\n######", 1),
            ("######\n#Alll#\n#llll#\n#lll.#\n######", 10),
        ] {
            let world = compile(rows, &[MOVE, ("ripen", "red", rate)]);
            let n = 1000;
            let mut b = many(&world, n, 6);
            b.step(&[&vec![0; n]], &mut [Out::default()], &Serial)
                .expect("a step");
            let apple = world.table.kind("apple").expect("a kind of the tests");
            let ripe: u32 = (0..n).map(|a| u32::from(b.count(a, apple))).sum();
            let (draws, p) = (1000.0 * f64::from(bushes), 0.01 * f64::from(bushes));
            let sd = f64::sqrt(draws * p * (1.0 - p));
            assert!(
                (f64::from(ripe) - draws * p).abs() < 4.0 * sd,
                "{bushes}: {ripe}"
            );
        }
    }
}
