//! `conveyor`: belts that carry what stands on them.

use serde::Deserialize;

use super::{
    Install, Mechanic, MechanicDef, Objection, Reference, codes_of, kind_of, kinds_of, read_config,
};
use crate::ids::{Cell, EventId, KindId, Slot};
use crate::phase::Phase;
use crate::state::{ArenaMut, BODY, Layer, Shard, Table, Type};

/// Belts that carry what stands on them one cell on, after the moves of agents. What goes ahead goes first, so that a row on a belt
/// moves as one; what is solid, and a body, stops what comes behind. A body that is carried enters its cell in the next tick.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The belt; a kind of the layer floor or mark.
    pub thing: String,
    /// Where it runs.
    pub dir: Direction,
    /// What it carries: kinds of the layers solid and item. Without it, all of them and bodies.
    #[serde(default)]
    pub carries: Option<Vec<String>>,
    /// It runs in every so-manieth tick, 1 or more.
    #[serde(default = "one")]
    pub every: u32,
    /// Whether a thing is carried onto a cell in which a body stands: the body may then walk out of it, and nobody in. Without it a
    /// body stops the thing.
    #[serde(default)]
    pub under_bodies: bool,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

/// A direction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// North, up.
    N,
    /// East, to the right.
    E,
    /// South, down.
    S,
    /// West, to the left.
    W,
}

fn one() -> u32 {
    1
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "conveyor",
    named: true,
    doc: "Belts that carry what stands on them.",
    events: &[
        ("carried_on", &[Type::Kind, Type::Cell]),
        ("body_carried_on", &[Type::Slot, Type::Cell]),
    ],
    fields: &[],
    needs: &[],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

/// Layers of things that a belt carries.
const CARRIED: [Layer; 2] = [Layer::Solid, Layer::Item];

impl Mechanic for Config {
    fn most_rows(&self, event: &str, fields: &[Type], table: &Table) -> usize {
        // A belt carries what lies in each of its layers.
        let layers = if event == "carried_on" {
            CARRIED.len()
        } else {
            1
        };
        layers * super::most_by_fields(fields, table)
    }
    fn references(&self) -> Vec<Reference> {
        let mut out = vec![kind_of(
            "thing",
            &self.thing,
            1 << Layer::Floor as u8 | 1 << Layer::Mark as u8,
        )];
        let layers = CARRIED.iter().fold(0, |bits, &l| bits | 1 << l as u8);
        out.extend(
            self.carries
                .iter()
                .flat_map(|k| kinds_of("carries", k, layers)),
        );
        out
    }
    fn object(&self) -> Vec<Objection> {
        Objection::range("every", i64::from(self.every), 1, 100_000)
            .into_iter()
            .collect()
    }
    fn moves(&self) -> Vec<String> {
        self.carries.clone().unwrap_or_default()
    }
    fn install(&self, _instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let Some(kind) = table.kind(&self.thing) else {
            return;
        };
        let belt = Belt {
            layer: table.kinds[kind.index()].layer,
            belts: codes_of(std::slice::from_ref(&self.thing), table),
            carries: self.carries.as_ref().map(|k| codes_of(k, table)),
            direction: self.dir as u8,
            under_bodies: self.under_bodies,
            carried_on: table.event("carried_on"),
            body_carried_on: table.event("body_carried_on"),
        };
        let every = self.every;
        at.system(Phase::Environment, move |mut shard: Shard| {
            let mut parts = shard.parts();
            for arena in 0..parts.arenas.n {
                let head = &parts.arenas.heads[arena];
                if head.tick.is_multiple_of(every) {
                    belt.run(&mut parts.arena(arena), kind);
                }
            }
        });
    }
}

/// One instance: what is fixed.
#[derive(Debug)]
struct Belt {
    layer: Layer,
    belts: [bool; 256],
    /// Codes of what it carries; `None` for everything.
    carries: Option<[bool; 256]>,
    direction: u8,
    under_bodies: bool,
    carried_on: Option<EventId>,
    body_carried_on: Option<EventId>,
}

impl Belt {
    fn run(&self, arena: &mut ArenaMut<'_>, belt: KindId) {
        if arena.cells.count(belt) == 0 {
            return;
        }
        let g = arena.table.geometry;
        let (rows, columns) = (g.height, g.width);
        // On a torus what is carried over the edge lands where the belt is looked at last, and has been carried in this tick: by
        // row or column, the parts of its cell.
        let mut came = [0u8; 128];
        for i in 0..rows {
            for j in 0..columns {
                // What lies ahead comes first.
                let (row, column) = match self.direction {
                    0 | 3 => (i, j),
                    _ => (rows - 1 - i, columns - 1 - j),
                };
                let from = g.cell(row, column);
                if self.belts[usize::from(arena.cells.get(from, self.layer))] {
                    let (ahead, lane) = match self.direction {
                        0 => (row == 0, column),
                        1 => (column + 1 == columns, row),
                        2 => (row + 1 == rows, column),
                        _ => (column == 0, row),
                    };
                    let behind = match self.direction {
                        0 => row + 1 == rows,
                        1 => column == 0,
                        2 => row == 0,
                        _ => column + 1 == columns,
                    };
                    let lane = &mut came[usize::from(lane)];
                    let stays = if g.wrap && behind { *lane } else { 0 };
                    let to = g.step(from, self.direction);
                    let moved = self.carry(arena, from, to, stays);
                    if ahead {
                        *lane = moved;
                    }
                }
            }
        }
    }
    /// Carries what lies and stands in a cell, but for the parts in `stays` (bit = layer, or [`BODY`]); gives the parts that went.
    fn carry(&self, arena: &mut ArenaMut<'_>, from: Cell, to: Cell, stays: u8) -> u8 {
        let mut moved = 0;
        for layer in CARRIED {
            if stays >> layer as u8 & 1 == 1 {
                continue;
            }
            let code = arena.cells.get(from, layer);
            let wanted = self.carries.as_ref().is_none_or(|c| c[usize::from(code)]);
            let Some(kind) = arena.table.kind_of(code).filter(|_| wanted) else {
                continue;
            };
            let solid =
                arena.table.looks.blocks_move[usize::from(arena.cells.get(to, Layer::Solid))];
            let body = layer == Layer::Solid && arena.cells.word(to)[BODY] != 0;
            if solid || arena.cells.get(to, layer) != 0 || (body && !self.under_bodies) {
                continue;
            }
            if arena.carry_thing(layer, from, to) {
                moved |= 1 << layer as u8;
                let fields = [i64::from(kind.get()), i64::from(to.get())];
                arena.emit_fields(self.carried_on, &fields);
            }
        }
        let body = arena.cells.word(from)[BODY];
        if self.carries.is_none()
            && stays >> BODY & 1 == 0
            && let Some(slot) = body.checked_sub(1)
            && arena.cells.is_free(to)
        {
            let slot = Slot::new(slot);
            if arena.put_body(slot, to) {
                moved |= 1 << BODY;
                let fields = [i64::from(slot.get()), i64::from(to.get())];
                arena.emit_fields(self.body_carried_on, &fields);
            }
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{batch, compile, compile_with, put, tick};

    const MOVE: (&str, &str, &str) = ("move", "", r#"{"mode":"compass4"}"#);

    /// `d`, the depot, is the belt.
    fn belt(config: &str) -> [(&str, &str, &str); 2] {
        [MOVE, ("conveyor", "belt", config)]
    }

    #[test]
    fn a_row_on_a_belt_moves_as_one_and_falls_off_its_end() {
        let world = compile(
            "########\n#A.....#\n#......#\n########",
            &belt(r#"{"thing":"depot","dir":"e"}"#),
        );
        let mut b = batch(&world);
        b.edit(0, |one| {
            let g = one.table.geometry;
            let [depot, apple] = ["depot", "apple"].map(|k| one.table.kind(k).expect("a kind"));
            for column in 1..4 {
                assert!(one.place(depot, g.cell(2, column)));
            }
            for column in 1..3 {
                assert!(one.place(apple, g.cell(2, column)));
            }
        });
        assert_eq!(
            tick(&mut b, &["noop"]),
            "carried_on apple (2,3); carried_on apple (2,2)"
        );
        assert_eq!(
            tick(&mut b, &["noop"]),
            "carried_on apple (2,4); carried_on apple (2,3)"
        );
        assert_eq!(
            tick(&mut b, &["noop"]),
            "",
            "what has left the belt is in the way"
        );
    }

    #[test]
    fn bodies_ride_and_what_is_solid_stops_them() {
        let world = compile(
            "######\n#A...#\n######",
            &belt(r#"{"thing":"depot","dir":"e"}"#),
        );
        let mut b = batch(&world);
        b.edit(0, |one| {
            let g = one.table.geometry;
            let depot = one.table.kind("depot").expect("a kind");
            for column in 1..5 {
                assert!(one.place(depot, g.cell(1, column)));
            }
        });
        assert_eq!(tick(&mut b, &["noop"]), "body_carried_on agent (1,2)");
        assert_eq!(
            tick(&mut b, &["w"]),
            "moved agent (1,2) (1,1); body_carried_on agent (1,2)"
        );
        put(&mut b, 0, 1, 4, 0);
        assert_eq!(tick(&mut b, &["noop"]), "");
    }

    #[test]
    fn a_box_is_stopped_by_a_body_unless_it_may_go_under() {
        let play = |config: &str| {
            let mut b = batch(&compile("######\n#xA..#\n######", &belt(config)));
            b.edit(0, |one| {
                let depot = one.table.kind("depot").expect("a kind");
                let cell = one.table.geometry.cell(1, 1);
                assert!(one.place(depot, cell));
            });
            let first = tick(&mut b, &["noop"]);
            let then = tick(&mut b, &["e"]);
            (first, then, tick(&mut b, &["w"]))
        };
        let (first, then, _) = play(r#"{"thing":"depot","dir":"e","carries":["box"]}"#);
        assert_eq!(first, "");
        assert_eq!(then, "moved agent (1,2) (1,3); carried_on box (1,2)");
        let under = r#"{"thing":"depot","dir":"e","carries":["box"],"under_bodies":true}"#;
        let (first, then, back) = play(under);
        assert_eq!(first, "carried_on box (1,2)");
        assert_eq!(then, "moved agent (1,2) (1,3)");
        assert_eq!(back, "bumped agent (1,2)", "it is solid again for all");
    }

    #[test]
    fn what_a_belt_carries_over_the_edge_of_a_torus_goes_one_cell_a_tick() {
        for (dir, from, to) in [("w", 0, 5), ("e", 5, 0)] {
            let config = format!(r#"{{"thing":"depot","dir":"{dir}"}}"#);
            let mut b = batch(&compile_with(
                "......\n......\nA.....",
                &belt(&config),
                |table| table.geometry.wrap = true,
            ));
            b.edit(0, |one| {
                let g = one.table.geometry;
                let [depot, apple] = ["depot", "apple"].map(|k| one.table.kind(k).expect("a kind"));
                for column in 0..6 {
                    assert!(one.place(depot, g.cell(0, column)));
                }
                assert!(one.place(apple, g.cell(0, from)));
            });
            assert_eq!(
                tick(&mut b, &["noop"]),
                format!("carried_on apple (0,{to})")
            );
        }
    }

    #[test]
    fn into_what_was_carried_over_a_body_nobody_steps_and_nobody_swaps() {
        let under = r#"{"thing":"depot","dir":"e","carries":["box"],"under_bodies":true}"#;
        let swaps = ("move", "", r#"{"mode":"compass4","collide":"swap"}"#);
        let mut b = batch(&compile(
            "#######\n#x..AB#\n#######",
            &[swaps, ("conveyor", "belt", under)],
        ));
        b.edit(0, |one| {
            let depot = one.table.kind("depot").expect("a kind");
            let cell = one.table.geometry.cell(1, 1);
            assert!(one.place(depot, cell));
        });
        put(&mut b, 0, 1, 2, 0);
        put(&mut b, 1, 1, 3, 0);
        assert_eq!(tick(&mut b, &["noop", "noop"]), "carried_on box (1,2)");
        assert_eq!(tick(&mut b, &["noop", "w"]), "bumped agent_1 (1,2)");
    }
}
