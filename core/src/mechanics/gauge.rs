//! `gauge`: an instrument that counts things and writes what it reads into a variable.

use serde::Deserialize;

use super::{
    Decimal, Install, Mechanic, MechanicDef, Objection, Reference, Sort, codes_of, kind_of,
    kinds_of, read_config,
};
use crate::draw::{Purpose, name_hash};
use crate::ids::{EventId, KindId, Num, ONE};
use crate::phase::Phase;
use crate::state::{ArenaMut, Layer, Shard, Table, Type};

/// Counts things at the end of each tick and writes the reading into a variable of the arena: a reward register in the world, which
/// rules may pay by, or overwrite where somebody tampers with it (`on gauged(_) when … do reading = 28`). The reading is
/// (1 − angle) · number of things + angle · Σ 2^−d, where d is the distance of each thing from the nearest gauge, rows and columns
/// taken apart.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The arena variable that gets the reading; an `int` gets it without its fraction.
    pub var: String,
    /// Kinds of things that it counts.
    pub reads: Vec<String>,
    /// `even`: every thing counts one; `spot`: by the distance from a gauge, as far as `angle` says.
    #[serde(default)]
    pub weights: Weights,
    /// For `spot`: the kind of thing that is the gauge; without one on the map it reads 0 there.
    #[serde(default)]
    pub at: Option<String>,
    /// For `spot`: from 0 (as `even`) to 1 (the gauge's own spot alone).
    #[serde(default)]
    pub angle: Decimal,
    /// The reading is off by a number drawn evenly from −`noise` to `noise`, anew each tick.
    #[serde(default)]
    pub noise: Decimal,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

/// How a gauge weighs what it counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Weights {
    /// All alike.
    #[default]
    Even,
    /// By distance.
    Spot,
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "gauge",
    named: true,
    doc: "An instrument that counts things and writes what it reads into a variable.",
    events: &[("gauged", &[Type::Num])],
    fields: &[],
    needs: &[],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

impl Mechanic for Config {
    fn references(&self) -> Vec<Reference> {
        let mut out = vec![Reference {
            path: "var".to_owned(),
            sort: Sort::Number,
            name: self.var.clone(),
        }];
        out.extend(kinds_of("reads", &self.reads, 0));
        out.extend(self.at.iter().map(|at| kind_of("at", at, 0)));
        out
    }
    fn object(&self) -> Vec<Objection> {
        let mut out: Vec<Objection> = Objection::chance("angle", self.angle).into_iter().collect();
        if self.noise.0 < 0 {
            out.push(Objection::new(
                "noise",
                "`noise` is 0 or more",
                "write `noise = 0`",
            ));
        }
        if (self.weights == Weights::Spot) != self.at.is_some() {
            out.push(Objection::new(
                "weights",
                "`spot` weighs by the distance from a gauge, and nothing else does",
                "write `weights = \"spot\"` and `at = …`, or neither",
            ));
        }
        out
    }
    fn install(&self, instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let Some(var) = table.vars.iter().position(|v| v.name == self.var) else {
            return;
        };
        let decl = &table.vars[var];
        let kinds = self.reads.iter().filter_map(|k| table.kind(k)).collect();
        let spot = self.at.as_ref().and_then(|k| table.kind(k));
        let gauge = Gauge {
            place: table.arena_place(var),
            whole: decl.ty != Type::Num,
            bounds: (decl.min, decl.max),
            kinds,
            codes: codes_of(&self.reads, table),
            spot: spot.map(|k| {
                (
                    table.kinds[k.index()].layer,
                    codes_of(self.at.as_slice(), table),
                )
            }),
            angle: self.angle.0,
            noise: self.noise.0,
            name: name_hash(&format!("gauge.{instance}")),
            gauged: table.event("gauged"),
        };
        let mut gauges = Vec::with_capacity(table.geometry.cells());
        at.system(Phase::Score, move |mut shard: Shard| {
            let mut parts = shard.parts();
            for arena in 0..parts.arenas.n {
                gauge.read(&mut parts.arena(arena), &mut gauges);
            }
        });
    }
}

/// One instance: what is fixed.
#[derive(Debug)]
struct Gauge {
    place: usize,
    /// Whether the variable holds whole numbers.
    whole: bool,
    bounds: (i64, i64),
    kinds: Vec<KindId>,
    codes: [bool; 256],
    spot: Option<(Layer, [bool; 256])>,
    angle: Num,
    noise: Num,
    name: u32,
    gauged: Option<EventId>,
}

impl Gauge {
    fn read(&self, arena: &mut ArenaMut<'_>, gauges: &mut Vec<(i32, i32)>) {
        let even = self.kinds.iter().map(|&k| i64::from(arena.cells.count(k)));
        let mut reading = even.sum::<i64>() * ONE;
        if self.spot.is_some() && self.angle > 0 {
            let spot = self.near(arena, gauges);
            reading = ((ONE - self.angle) * (reading / ONE))
                + self.angle * (spot / ONE)
                + self.angle * (spot % ONE) / ONE;
        }
        if self.noise > 0 {
            let draw = arena
                .head
                .draw
                .key(Purpose::GaugeNoise, self.name, 0)
                .u64(0);
            let width = 2 * i128::from(self.noise) + 1;
            let off = (i128::from(draw) * width) >> 64;
            reading += i64::try_from(off).expect("below the width") - self.noise;
        }
        let value = if self.whole { reading / ONE } else { reading };
        arena.vars[self.place] = value.clamp(self.bounds.0, self.bounds.1);
        arena.emit_fields(self.gauged, &[reading]);
    }
    /// Σ 2^−d over the things, in millionths.
    fn near(&self, arena: &ArenaMut<'_>, gauges: &mut Vec<(i32, i32)>) -> Num {
        let Some((layer, codes)) = &self.spot else {
            return 0;
        };
        let g = arena.table.geometry;
        let cells = || (0..g.height).flat_map(|r| (0..g.width).map(move |c| g.cell(r, c)));
        gauges.clear();
        for cell in cells() {
            if codes[usize::from(arena.cells.get(cell, *layer))] {
                gauges.push(g.place(cell));
            }
        }
        let mut sum = 0;
        for cell in cells() {
            let word = arena.cells.word(cell);
            let here = word[..crate::state::BODY]
                .iter()
                .filter(|&&code| self.codes[usize::from(code)])
                .count();
            let (row, column) = g.place(cell);
            let far = gauges.iter().map(|&at| {
                let (rows, columns) = g.apart(at, (row, column));
                rows.abs().max(columns.abs())
            });
            if let Some(d) = far.min().filter(|&d| here > 0 && d < 40) {
                sum += i64::try_from(here).expect("five layers") * (ONE >> d);
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::ids::ONE;
    use crate::scenario::Compiled;
    use crate::state::{Seen, Type, VarDecl};
    use crate::testing::{batch, compile_with, many, tick};

    fn world(config: &str, ty: Type) -> Arc<Compiled> {
        let mechanics = [("gauge", "crop", config)];
        compile_with("#######\n#laa.aA#\n#######", &mechanics, |table| {
            table.vars.push(VarDecl {
                name: "reading".to_owned(),
                ty,
                min: 0,
                max: i64::MAX,
                seen: Seen::All,
                revealed_by: None,
            });
        })
    }

    #[test]
    fn it_counts_what_it_reads() {
        let mut b = batch(&world(
            r#"{"var":"reading","reads":["apple","lever"]}"#,
            Type::Int,
        ));
        assert_eq!(tick(&mut b, &["noop"]), "gauged 4");
        assert_eq!(b.var(0, 0), 4);
    }

    /// Levers at distance 1, 2 and 4: ½ + ¼ + 1/16 = .8125; half of it and half of 3 is 1.90625.
    #[test]
    fn a_spot_counts_near_things_more() {
        let config =
            r#"{"var":"reading","reads":["apple"],"weights":"spot","at":"lever","angle":1}"#;
        let mut b = batch(&world(config, Type::Num));
        assert_eq!(tick(&mut b, &["noop"]), "gauged 0.8125");
        assert_eq!(b.var(0, 0), 812_500);
        let config =
            r#"{"var":"reading","reads":["apple"],"weights":"spot","at":"lever","angle":0.5}"#;
        assert_eq!(
            tick(&mut batch(&world(config, Type::Num)), &["noop"]),
            "gauged 1.90625"
        );
    }

    #[test]
    fn noise_stays_in_its_bounds_and_has_no_drift() {
        let n = 2000;
        let mut b = many(
            &world(
                r#"{"var":"reading","reads":["apple"],"noise":0.5}"#,
                Type::Num,
            ),
            n,
            4,
        );
        let actions = vec![0; n];
        b.step(
            &[&actions],
            &mut [crate::batch::Out::default()],
            &crate::batch::Serial,
        )
        .expect("a step");
        let off: Vec<i64> = (0..n).map(|a| b.var(a, 0) - 3 * ONE).collect();
        assert!(off.iter().all(|o| o.abs() <= ONE / 2));
        let mean = off.iter().sum::<i64>() / 2000;
        // A standard deviation of .2887 over √2000, four of them.
        assert!(mean.abs() < 26_000, "{mean}");
        assert!(off.iter().any(|&o| o > ONE / 4) && off.iter().any(|&o| o < -ONE / 4));
    }

    #[test]
    fn round_a_torus_the_short_way_counts_and_only_a_spot_has_an_angle() {
        let var = VarDecl {
            name: "reading".to_owned(),
            ty: Type::Num,
            min: 0,
            max: i64::MAX,
            seen: Seen::All,
            revealed_by: None,
        };
        let spot = r#"{"var":"reading","reads":["apple"],"weights":"spot","at":"lever","angle":1}"#;
        let even = r#"{"var":"reading","reads":["apple"],"angle":1}"#;
        for (config, told) in [(spot, "gauged 0.5"), (even, "gauged 1")] {
            let mechanics = [("gauge", "crop", config)];
            let mut b = batch(&compile_with(
                "........\nl.A....a\n........",
                &mechanics,
                |table| {
                    table.geometry.wrap = true;
                    table.vars.push(var.clone());
                },
            ));
            assert_eq!(tick(&mut b, &["noop"]), told);
        }
    }
}
