//! `pollute`: dirt spreads over a ground, one cell at a time, and may hold back what grows elsewhere.

use std::sync::OnceLock;

use serde::Deserialize;

use super::{
    Decimal, Install, Mechanic, MechanicDef, Objection, Reference, codes_of, kind_of, kinds_of,
    read_config,
};
use crate::draw::{Purpose, name_hash};
use crate::ids::{Cell, KindId, Num};
use crate::phase::Phase;
use crate::state::{ArenaMut, BODY, GrowthLaw, Layer, Shard, Table, Type};

/// Dirt spreads: each tick, with `chance`, one free cell of the ground becomes dirty. Nothing spreads under a body.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The dirt.
    pub thing: String,
    /// The ground: kinds of the layer floor or mark.
    pub on: Vec<String>,
    /// Chance a tick that one more cell becomes dirty.
    pub chance: Decimal,
    /// Ticks at the start of an episode in which nothing spreads.
    #[serde(default)]
    pub delay: u32,
    /// What grows the slower the more of the ground is dirty.
    #[serde(default)]
    pub blocks_growth: Option<BlocksGrowth>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
    /// What follows from it and the table; found when the table is complete.
    #[serde(skip)]
    plan: OnceLock<Plan>,
}

/// The chances of `regrow` are multiplied by a factor that is 1 while at most the share `from` of the ground is dirty, 0 from the
/// share `to` on, and falls linearly between the two.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BlocksGrowth {
    /// What is held back: a kind that `regrow` grows.
    pub of: String,
    /// Share of the ground, 0 to 1, up to which it grows with its full chance.
    pub from: Decimal,
    /// Share of the ground, 0 to 1, from which on it does not grow.
    pub to: Decimal,
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "pollute",
    named: true,
    doc: "Dirt spreads, and may hold back what grows.",
    events: &[("polluted", &[Type::Cell])],
    fields: &[],
    needs: &[],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

/// What is fixed.
#[derive(Clone, Copy, Debug)]
struct Plan {
    name: u32,
    layer: Layer,
    kind: KindId,
    on: [bool; 256],
    chance: Num,
    delay: u32,
}

impl Mechanic for Config {
    fn references(&self) -> Vec<Reference> {
        let mut out = vec![kind_of("thing", &self.thing, 0)];
        let ground = 1 << Layer::Floor as u8 | 1 << Layer::Mark as u8;
        out.extend(kinds_of("on", &self.on, ground));
        out.extend(
            self.blocks_growth
                .iter()
                .map(|law| kind_of("blocks_growth.of", &law.of, 1 << Layer::Item as u8)),
        );
        out
    }
    fn object(&self) -> Vec<Objection> {
        let mut out: Vec<_> = Objection::chance("chance", self.chance)
            .into_iter()
            .collect();
        if let Some(law) = &self.blocks_growth {
            out.extend(Objection::chance("blocks_growth.from", law.from));
            out.extend(Objection::chance("blocks_growth.to", law.to));
            if law.from >= law.to {
                out.push(Objection::new(
                    "blocks_growth",
                    "`from` must lie below `to`: growth falls from the one share to the other",
                    "for example `from = 0, to = 0.4`",
                ));
            }
        }
        out
    }
    fn prepare(&self, instance: &str, table: &mut Table) {
        let Some(kind) = table.kind(&self.thing) else {
            return;
        };
        let k = &table.kinds[kind.index()];
        let plan = Plan {
            name: name_hash(&format!("pollute.{instance}")),
            layer: k.layer,
            kind,
            on: codes_of(&self.on, table),
            chance: self.chance.0,
            delay: self.delay,
        };
        if let Some(law) = &self.blocks_growth
            && let Some(of) = table.kind(&law.of)
        {
            let g = table.geometry;
            let map = (0..g.height).flat_map(|r| (0..g.width).map(move |c| g.cell(r, c)));
            let n_cells = table.layouts.first().map_or(0, |layout| {
                map.filter(|c| plan.is_ground(&layout.words[c.index()]))
                    .count()
            });
            table.growth_laws.push(GrowthLaw {
                of,
                by: kind,
                n_cells: u32::try_from(n_cells).expect("a map has few cells"),
                full: law.from.0,
                none: law.to.0,
            });
        }
        // A config belongs to one instance of one compiled cell, so it is set once.
        let _ = self.plan.set(plan);
    }
    fn install(&self, _instance: &str, at: &mut Install<'_>) {
        let Some(&plan) = self.plan.get() else {
            return;
        };
        let polluted = at.world.resource::<Table>().event("polluted");
        at.system(Phase::Environment, move |mut shard: Shard| {
            let mut parts = shard.parts();
            for arena in 0..parts.arenas.n {
                let head = &parts.arenas.heads[arena];
                let key = head.draw.key(Purpose::Try, plan.name, 0);
                if head.tick < plan.delay || !key.chance(0, plan.chance) {
                    continue;
                }
                let mut one = parts.arena(arena);
                if let Some(cell) = plan.free_cell(&one)
                    && one.place(plan.kind, cell)
                {
                    one.emit_fields(polluted, &[i64::from(cell.get())]);
                }
            }
        });
    }
}

impl Plan {
    fn is_ground(&self, word: &crate::state::Word) -> bool {
        self.on[usize::from(word[Layer::Floor as usize])]
            || self.on[usize::from(word[Layer::Mark as usize])]
    }
    /// A clean cell of the ground without a body: each candidate draws, the smallest wins.
    fn free_cell(&self, arena: &ArenaMut<'_>) -> Option<Cell> {
        let g = arena.table.geometry;
        let place = arena.head.draw.key(Purpose::TryCell, self.name, 0);
        let cells = (0..g.height).flat_map(|r| (0..g.width).map(move |c| g.cell(r, c)));
        let free = cells.filter(|&c| {
            let word = arena.cells.word(c);
            self.is_ground(&word) && word[BODY] == 0 && word[self.layer as usize] == 0
        });
        free.min_by_key(|&c| (place.u64(g.subject(c)), c))
    }
}

#[cfg(test)]
mod tests {
    use crate::batch::{Batch, Out, Serial};
    use crate::state::GrowthLaw;
    use crate::testing::{batch, compile, many, tick};

    const MOVE: (&str, &str, &str) = ("move", "", r#"{"mode":"compass4"}"#);
    /// Eight cells of river (`l`), an orchard of six (`d`), one walker.
    const RIVER: &str = "######\n#llll#\n#llll#\n#dddA#\n#ddd.#\n######";

    fn count(b: &Batch, arena: usize, kind: &str) -> u16 {
        let kind = b
            .compiled(arena)
            .table
            .kind(kind)
            .expect("a kind of the tests");
        b.count(arena, kind)
    }

    #[test]
    fn after_the_delay_one_cell_a_tick_becomes_dirty_until_the_ground_is_full() {
        let config = r#"{"thing":"crate","on":["lever"],"chance":1,"delay":3}"#;
        let mut b = batch(&compile(RIVER, &[MOVE, ("pollute", "mud", config)]));
        for t in 0..14 {
            let told = tick(&mut b, &["noop"]);
            assert_eq!(
                told.starts_with("polluted"),
                (3..11).contains(&t),
                "{t}: {told}"
            );
        }
        assert_eq!(count(&b, 0, "crate"), 8);
    }

    #[test]
    fn nothing_spreads_under_a_body() {
        let config = r#"{"thing":"crate","on":["lever"],"chance":1}"#;
        let mut b = batch(&compile(
            "####\n#lA#\n####",
            &[MOVE, ("pollute", "mud", config)],
        ));
        assert_eq!(tick(&mut b, &["w"]), "moved agent (1,2) (1,1)");
        assert_eq!(
            tick(&mut b, &["e"]),
            "moved agent (1,1) (1,2); polluted (1,1)"
        );
    }

    #[test]
    fn growth_falls_linearly_between_the_two_shares() {
        let law = |n_cells| GrowthLaw {
            of: crate::ids::KindId::new(0),
            by: crate::ids::KindId::new(1),
            n_cells,
            full: 0,
            none: 400_000,
        };
        let share = |taken, n| {
            f64::from(u32::try_from(law(n).factor(taken)).expect("below one")) / 4_294_967_296.0
        };
        assert_eq!(law(147).factor(0), 1 << 32);
        assert_eq!(law(147).factor(59), 0);
        assert_eq!(law(147).factor(147), 0);
        assert!(
            (share(58, 147) - 0.8 / 58.8).abs() < 1e-9,
            "{}",
            share(58, 147)
        );
        assert!((share(2, 10) - 0.5).abs() < 1e-9);
        let late = GrowthLaw {
            full: 200_000,
            ..law(10)
        };
        assert_eq!(late.factor(1), 1 << 32);
        assert_eq!(late.factor(3), 1 << 31);
    }

    #[test]
    fn what_is_held_back_grows_with_the_factor() {
        let mud = r#"{"thing":"crate","on":["lever"],"chance":0,"blocks_growth":{"of":"apple","from":0,"to":0.5}}"#;
        let grow = r#"{"thing":"apple","where":"depot","radius":0,"chance":[0.4]}"#;
        for (river, expected) in [("llll", 0.4), ("clll", 0.2), ("ccll", 0.0), ("cccc", 0.0)] {
            // A crate covers no lever, so the dirt is put where the river lies.
            let rows = "######\n#llll#\n#dddA#\n######";
            let world = compile(
                rows,
                &[MOVE, ("pollute", "mud", mud), ("regrow", "apple", grow)],
            );
            let n = 500;
            let mut b = many(&world, n, 4);
            let dirt = world.table.kind("crate").expect("a kind of the tests");
            for arena in 0..n {
                b.edit(arena, |one| {
                    for (column, _) in (1u16..).zip(river.chars()).filter(|(_, g)| *g == 'c') {
                        assert!(one.place(dirt, one.table.geometry.cell(1, column)));
                    }
                });
            }
            b.step(&[&vec![0; n]], &mut [Out::default()], &Serial)
                .expect("a step");
            let grown: u32 = (0..n).map(|a| u32::from(count(&b, a, "apple"))).sum();
            let (mean, cells) = (expected * 1500.0, 1500.0);
            let sd = f64::sqrt(cells * expected * (1.0 - expected));
            assert!(
                (f64::from(grown) - mean).abs() <= 4.0 * sd,
                "{river}: {grown}"
            );
        }
    }
}
