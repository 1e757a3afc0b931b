//! `stock`: a number of the arena that grows by a law, and stops when it has fallen too low.

use bevy_ecs::resource::Resource;
use bevy_ecs::world::World;
use serde::Deserialize;

use super::{
    Decimal, Install, Mechanic, MechanicDef, NumberVar, Objection, Reference, Sort, read_config,
};
use crate::ids::{EventId, Num, ONE};
use crate::phase::Phase;
use crate::state::{ArenaColumn, ArenaMut, Shard, Table, Type};

/// A variable of the arena that grows by itself: fish in a lake, water in a tank. What takes from it is said by rules.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The variable, an int or num of `[vars]`. An int grows by whole units, rounded toward zero.
    pub var: String,
    /// How it grows. `logistic`: by `rate · S · (1 − S / cap)`. `geometric`: by `rate · S`. `table`: by the number of `table` at the
    /// whole part of S.
    pub law: Law,
    /// Growth a step, as a share of the stock.
    #[serde(default)]
    pub rate: Decimal,
    /// What it does not grow beyond. Needed by `logistic`.
    #[serde(default)]
    pub cap: Option<Decimal>,
    /// For the law `table`: growth at a stock of 0, 1, 2 …; the last number holds for all further ones.
    #[serde(default)]
    pub table: Vec<Decimal>,
    /// It grows in every so-manieth tick, 1 to 100000; not in tick 0 unless `every = 1`.
    #[serde(default = "one")]
    pub every: u32,
    /// A stock that is at or below this has collapsed: it grows no more, and `collapsed()` is told once.
    #[serde(default)]
    pub floor: Decimal,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

/// How a stock grows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Law {
    /// Fast in the middle, not at all at the cap.
    Logistic,
    /// By a share of what is there.
    Geometric,
    /// As a table says.
    Table,
}

fn one() -> u32 {
    1
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "stock",
    named: true,
    doc: "A number of the arena that grows by a law.",
    events: &[("stock_grew", &[Type::Num]), ("collapsed", &[])],
    fields: &[],
    needs: &[],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

impl Mechanic for Config {
    fn references(&self) -> Vec<Reference> {
        vec![Reference {
            path: "var".to_owned(),
            sort: Sort::Number,
            name: self.var.clone(),
        }]
    }
    fn object(&self) -> Vec<Objection> {
        let mut out: Vec<_> = Objection::range("every", i64::from(self.every), 1, 100_000)
            .into_iter()
            .collect();
        if self.law == Law::Logistic && self.cap.is_none_or(|cap| cap.0 <= 0) {
            out.push(Objection::new(
                "cap",
                "`law = \"logistic\"` needs a `cap` above 0",
                "write `cap = 100`",
            ));
        }
        if (self.law == Law::Table) == self.table.is_empty() || self.table.len() > 1001 {
            out.push(Objection::new(
                "table",
                "`table` belongs to `law = \"table\"` and holds 1 to 1001 numbers",
                "write `law = \"table\", table = [0, 1, 2]`",
            ));
        }
        let rate = self.rate.0;
        if !(-ONE..=1000 * ONE).contains(&rate) {
            out.push(Objection::new(
                "rate",
                "`rate` must be from -1 to 1000",
                "write a share, for example `rate = 0.1`",
            ));
        }
        out
    }
    fn install(&self, _instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let Some(var) = NumberVar::of(table, &self.var) else {
            return;
        };
        let growth = Growth {
            var,
            law: self.law,
            rate: self.rate.0,
            cap: self.cap.map(|cap| cap.0),
            table: self.table.iter().map(|d| d.0).collect(),
            every: self.every,
            floor: self.floor.0,
            grew: table.event("stock_grew").expect("declared above"),
            collapsed: table.event("collapsed").expect("declared above"),
        };
        let n_arenas = at.n_arenas;
        if !at.world.contains_resource::<Gone>() {
            at.world.insert_resource(Gone::default());
        }
        let mut gone = at.world.resource_mut::<Gone>();
        let index = gone.0.len();
        gone.0.push(vec![0; n_arenas]);
        at.column(GoneColumn(index));
        at.system(
            Phase::Environment,
            move |mut shard: Shard, mut gone: bevy_ecs::system::ResMut<Gone>| {
                use bevy_ecs::change_detection::DetectChangesMut;
                let gone = &mut gone.bypass_change_detection().0[index];
                let mut parts = shard.parts();
                for (arena, gone) in gone.iter_mut().enumerate() {
                    growth.run(&mut parts.arena(arena), gone);
                }
            },
        );
    }
}

/// For each instance and arena, 1 once the collapse was told.
#[derive(Resource, Default, Debug)]
struct Gone(Vec<Vec<u8>>);

/// The column of one instance.
struct GoneColumn(usize);

impl ArenaColumn for GoneColumn {
    fn name(&self) -> &'static str {
        super::column_names!("stock.collapsed")[self.0.min(7)]
    }
    fn bytes(&self, _world: &World) -> usize {
        1
    }
    fn save(&mut self, world: &World, arena: usize, out: &mut [u8]) {
        out[0] = world.resource::<Gone>().0[self.0][arena];
    }
    fn load(&mut self, world: &mut World, arena: usize, bytes: &[u8]) -> bool {
        world.resource_mut::<Gone>().0[self.0][arena] = bytes[0];
        bytes[0] <= 1
    }
}

struct Growth {
    var: NumberVar,
    law: Law,
    rate: Num,
    cap: Option<Num>,
    table: Vec<Num>,
    every: u32,
    floor: Num,
    grew: EventId,
    collapsed: EventId,
}

impl Growth {
    fn run(&self, arena: &mut ArenaMut<'_>, gone: &mut u8) {
        let stock = self.var.get(arena);
        if stock <= self.floor {
            if std::mem::replace(gone, 1) == 0 {
                arena.emit_fields(Some(self.collapsed), &[]);
            }
            return;
        }
        // A rule may fill it again.
        *gone = 0;
        let tick = arena.head.tick;
        if (tick == 0 && self.every > 1) || !tick.is_multiple_of(self.every) {
            return;
        }
        let grown = self.var.add(arena, self.growth(stock), self.cap);
        if grown != 0 {
            arena.emit_fields(Some(self.grew), &[grown]);
        }
    }
    fn growth(&self, stock: Num) -> Num {
        let (s, rate, one) = (i128::from(stock), i128::from(self.rate), i128::from(ONE));
        let exact = match self.law {
            Law::Geometric => rate * s / one,
            Law::Logistic => {
                let cap = i128::from(self.cap.unwrap_or(ONE));
                // One division by each, so that little is lost.
                rate * s / one * (cap - s) / cap
            }
            Law::Table => {
                let at = usize::try_from(stock / ONE).unwrap_or(0);
                i128::from(self.table[at.min(self.table.len() - 1)])
            }
        };
        Num::try_from(exact).unwrap_or(if exact < 0 { Num::MIN } else { Num::MAX })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::batch::Batch;
    use crate::ids::ONE;
    use crate::state::{Seen, Type, VarDecl};
    use crate::testing::{batch, compile_with, tick};

    fn lake(config: &str, ty: Type, stock: i64) -> Batch {
        let compiled = compile_with("###\n#A#\n###", &[("stock", "lake", config)], |table| {
            table.vars.push(VarDecl {
                name: "fish".to_owned(),
                ty,
                min: 0,
                max: 1000 * if ty == Type::Num { ONE } else { 1 },
                seen: Seen::All,
                revealed_by: None,
            });
        });
        let mut b = batch(&compiled);
        b.edit(0, |one| one.vars[0] = stock);
        b
    }

    fn after(b: &mut Batch) -> (String, i64) {
        (tick(b, &["noop"]), b.var(0, 0))
    }

    #[test]
    fn the_laws_are_their_formulas() {
        let mut b = lake(
            r#"{"var":"fish","law":"logistic","rate":0.5,"cap":100}"#,
            Type::Num,
            20 * ONE,
        );
        // 0.5 · 20 · 0.8 = 8, then 0.5 · 28 · 0.72 = 10.08.
        assert_eq!(after(&mut b), ("stock_grew 8".to_owned(), 28 * ONE));
        assert_eq!(after(&mut b).0, "stock_grew 10.08");
        let mut b = lake(
            r#"{"var":"fish","law":"geometric","rate":1,"cap":100}"#,
            Type::Int,
            30,
        );
        assert_eq!(after(&mut b).1, 60);
        assert_eq!(after(&mut b), ("stock_grew 40".to_owned(), 100));
        assert_eq!(
            after(&mut b),
            (String::new(), 100),
            "at the cap nothing is told"
        );
        let mut b = lake(
            r#"{"var":"fish","law":"table","table":[0,3,1]}"#,
            Type::Int,
            1,
        );
        assert_eq!(
            [after(&mut b).1, after(&mut b).1, after(&mut b).1],
            [4, 5, 6]
        );
    }

    #[test]
    fn it_grows_every_so_many_ticks_and_not_in_the_first() {
        let mut b = lake(
            r#"{"var":"fish","law":"geometric","rate":1,"every":3}"#,
            Type::Int,
            1,
        );
        let seen: Vec<i64> = (0..7).map(|_| after(&mut b).1).collect();
        assert_eq!(seen, [1, 1, 1, 2, 2, 2, 4]);
    }

    #[test]
    fn a_collapse_is_told_once_and_ends_the_growth() {
        let mut b = lake(
            r#"{"var":"fish","law":"geometric","rate":1,"floor":5}"#,
            Type::Int,
            6,
        );
        assert_eq!(after(&mut b).1, 12);
        b.edit(0, |one| one.vars[0] = 5);
        assert_eq!(after(&mut b), ("collapsed ".to_owned(), 5));
        assert_eq!(after(&mut b), (String::new(), 5));
        b.edit(0, |one| one.vars[0] = 6);
        assert_eq!(after(&mut b).1, 12, "who fills it again has a stock again");
    }

    proptest! {
        #[test]
        fn a_logistic_stock_stays_between_its_floor_and_its_cap(start in 1i64..100, rate in 0i32..1_500_000) {
            let config = format!(r#"{{"var":"fish","law":"logistic","rate":{},"cap":100}}"#, f64::from(rate) / 1e6);
            let mut b = lake(&config, Type::Num, start * ONE);
            let mut last = start * ONE;
            for _ in 0..40 {
                let now = after(&mut b).1;
                prop_assert!((last..=100 * ONE).contains(&now), "{last} {now}");
                last = now;
            }
        }
    }
}
