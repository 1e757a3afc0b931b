//! `beam`: a burst of rays ahead of the agent, all of a tick before their effects.

use serde::Deserialize;

use super::{
    Decimal, Install, Mechanic, MechanicDef, Objection, Reference, read_config, roles_of, speaks,
};
use crate::ids::{Cell, ChannelId, EventId, Num, Slot};
use crate::phase::Phase;
use crate::state::{ArenaMut, BODY, Layer, MAX_BEAMS, Shard, Table, Type};

/// Rays ahead of the agent. All beams of a tick fire before any of their effects, so two agents can hit each other. Rules say what
/// a hit does (`on hit(zap, _, b) do send_away(b, 4)`).
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Cells ahead, 1 to 16.
    #[serde(default = "three")]
    pub length: u8,
    /// Rows to each side, 0 to 2.
    #[serde(default = "one")]
    pub radius: u8,
    /// Cool-down in ticks, 0 to 1000.
    #[serde(default = "ten")]
    pub cooldown: u32,
    /// When the next shot is possible: `c+1` or `c` ticks later.
    #[serde(default)]
    pub next: Next,
    /// `rows`: the row `r` to a side begins beside the shooter and is `length − r + 1` cells long; if the cell beside the shooter
    /// blocks, rows further out on that side are not fired. `block`: every row covers the cells 1 to `length` ahead.
    #[serde(default)]
    pub shape: Shape,
    /// What ends a row: `body`: what is solid, and bodies, which are hit. `solid`: bodies are hit, and the ray goes on.
    #[serde(default)]
    pub stopped_by: StoppedBy,
    /// What a shot costs, in the channel `main`.
    #[serde(default)]
    pub cost: Decimal,
    /// Roles that can fire; all without it.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

/// When the next shot is possible.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Next {
    /// Cool-down + 1 ticks later.
    #[default]
    #[serde(rename = "c+1")]
    AfterPlusOne,
    /// Cool-down ticks later.
    #[serde(rename = "c")]
    After,
}

/// Which cells are hit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Side rows begin beside the shooter.
    #[default]
    Rows,
    /// Side rows begin as the middle one.
    Block,
}

/// What ends a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StoppedBy {
    /// Solid things and bodies.
    #[default]
    Body,
    /// Solid things.
    Solid,
}

fn three() -> u8 {
    3
}
fn one() -> u8 {
    1
}
fn ten() -> u32 {
    10
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "beam",
    named: true,
    doc: "A burst of rays ahead of the agent.",
    events: &[
        ("fired", &[Type::Slot, Type::Beam]),
        ("hit", &[Type::Beam, Type::Slot, Type::Slot]),
    ],
    fields: &[],
    needs: &["move"],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

impl Mechanic for Config {
    fn references(&self) -> Vec<Reference> {
        roles_of(self.by.as_ref())
    }
    fn object(&self) -> Vec<Objection> {
        let mut out: Vec<_> = Objection::range("length", i64::from(self.length), 1, 16)
            .into_iter()
            .collect();
        out.extend(Objection::range("radius", i64::from(self.radius), 0, 2));
        out.extend(Objection::range(
            "cooldown",
            i64::from(self.cooldown),
            0,
            1000,
        ));
        out
    }
    fn verbs(&self, instance: &str, role: &str) -> Vec<(String, String, u8)> {
        let has = speaks(self.by.as_ref(), role);
        has.then(|| (instance.to_owned(), instance.to_owned(), 0))
            .into_iter()
            .collect()
    }
    fn effects(&self, instance: &str) -> (Vec<String>, Vec<String>) {
        (vec![instance.to_owned()], Vec::new())
    }
    fn legal(&self, arena: &ArenaMut<'_>, slot: usize, argument: u8) -> bool {
        arena.agents.ready_at[slot].0[usize::from(argument)] <= arena.head.tick
    }
    fn install(&self, instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let Some(beam) = table
            .effects
            .iter()
            .position(|e| e == instance)
            .filter(|&b| b < MAX_BEAMS)
        else {
            return;
        };
        let system = Beam {
            beam,
            rays: self.rays(),
            cooldown: self.cooldown + u32::from(self.next == Next::AfterPlusOne),
            cost: self.cost.0,
            stops_at_bodies: self.stopped_by == StoppedBy::Body,
            fired: table.event("fired").expect("declared above"),
            hit: table.event("hit").expect("declared above"),
            position: at.position,
        };
        let n = table.n_slots();
        let mut hits = Vec::with_capacity(n * n);
        at.system(Phase::Act, move |mut shard: Shard| {
            system.run(&mut shard, &mut hits);
        });
    }
}

impl Config {
    /// Rows as (side, first cell ahead, last cell ahead), the middle first, then outwards on the left and on the right.
    fn rays(&self) -> Vec<(i32, i32, i32)> {
        let (length, radius) = (i32::from(self.length), i32::from(self.radius));
        let mut out = vec![(0, 1, length)];
        for sign in [-1, 1] {
            for r in 1..=radius {
                out.push(match self.shape {
                    Shape::Rows => (sign * r, 0, length - r),
                    Shape::Block => (sign * r, 1, length),
                });
            }
        }
        out
    }
}

struct Beam {
    beam: usize,
    rays: Vec<(i32, i32, i32)>,
    cooldown: u32,
    cost: Num,
    stops_at_bodies: bool,
    fired: EventId,
    hit: EventId,
    position: u8,
}

impl Beam {
    /// `hits` is room for (shooter, target) pairs, kept from tick to tick.
    fn run(&self, shard: &mut Shard<'_, '_>, hits: &mut Vec<(u8, u8)>) {
        if !shard.arenas.anyone_acts(self.position) {
            return;
        }
        let mut parts = shard.parts();
        for arena in 0..parts.arenas.n {
            let fires = parts.arenas.acting(arena, self.position);
            if fires != 0 {
                self.one_arena(&mut parts.arena(arena), fires, hits);
            }
        }
    }

    fn one_arena(&self, arena: &mut ArenaMut<'_>, fires: u64, hits: &mut Vec<(u8, u8)>) {
        let tick = arena.head.tick;
        let effect = u8::try_from(self.beam + 1).expect("few beams");
        let order = arena.order;
        hits.clear();
        for &slot in order.iter().filter(|slot| fires >> **slot & 1 == 1) {
            let i = usize::from(slot);
            if arena.agents.ready_at[i].0[self.beam] > tick {
                arena.agents.illegal[i].0 += 1;
                continue;
            }
            arena.agents.ready_at[i].0[self.beam] = tick.saturating_add(self.cooldown);
            if self.cost != 0 {
                arena.pay(Slot::new(slot), ChannelId::MAIN, -self.cost);
            }
            self.cells(arena, i, |arena, cell, body| {
                arena.show_effect(cell, effect);
                if let Some(target) = body.checked_sub(1) {
                    hits.push((slot, target));
                }
            });
            arena.emit_fields(Some(self.fired), &[i64::from(slot), i64::from(effect) - 1]);
        }
        for &(shooter, target) in &*hits {
            arena.emit_fields(
                Some(self.hit),
                &[i64::from(effect) - 1, i64::from(shooter), i64::from(target)],
            );
        }
    }

    /// Calls `each` for every cell that the shot reaches, with slot + 1 of the body in it. Rays end at the first padding cell at the latest, and the padding is at
    /// least as wide as the beam's radius.
    fn cells<'a>(
        &self,
        arena: &mut ArenaMut<'a>,
        slot: usize,
        mut each: impl FnMut(&mut ArenaMut<'a>, Cell, u8),
    ) {
        let stride = i32::try_from(arena.table.geometry.stride()).expect("small");
        let (ahead, right) = match arena.agents.facing[slot].0 & 3 {
            0 => (-stride, 1),
            1 => (1, stride),
            2 => (stride, -1),
            _ => (-1, -stride),
        };
        let start = i32::from(arena.agents.pos[slot].0);
        let (mut blocked_side, mut blocked) = (0, false);
        for &(side, first, last) in &self.rays {
            if side.signum() != blocked_side {
                (blocked_side, blocked) = (side.signum(), false);
            }
            if blocked {
                continue;
            }
            for distance in first..=last {
                let cell = Cell::new(
                    u16::try_from(start + ahead * distance + right * side)
                        .expect("a cell of the padded map"),
                );
                let word = arena.cells.word(cell);
                let solid = arena.table.looks.blocks_beam[usize::from(word[Layer::Solid as usize])];
                if !solid {
                    each(arena, cell, word[BODY]);
                }
                if solid || (self.stops_at_bodies && word[BODY] != 0) {
                    blocked |= distance == 0;
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::state::EFFECT;
    use crate::testing::{batch, compile, put, tick};

    const MOVE: (&str, &str, &str) = ("move", "", r#"{"mode":"turn"}"#);
    const YARD: &str =
        "#########\n#.......#\n#.......#\n#.......#\n#...A...#\n#.......#\n#B.....C#\n#########";

    fn lit(config: &str) -> Vec<(i32, i32)> {
        let mut b = batch(&compile(YARD, &[MOVE, ("beam", "zap", config)]));
        put(&mut b, 1, 6, 1, 0);
        put(&mut b, 2, 6, 7, 0);
        put(&mut b, 0, 5, 4, 0);
        tick(&mut b, &["zap", "noop", "noop"]);
        b.edit(0, |one| {
            let words = one.cells.words().iter().enumerate();
            words
                .filter(|(_, w)| w[EFFECT] != 0)
                .map(|(c, _)| {
                    one.table.geometry.place(crate::ids::Cell::new(
                        u16::try_from(c).expect("padded cells fit"),
                    ))
                })
                .collect()
        })
    }

    #[test]
    fn the_default_rows_begin_beside_the_shooter() {
        let cells = [
            (2, 4),
            (3, 3),
            (3, 4),
            (3, 5),
            (4, 3),
            (4, 4),
            (4, 5),
            (5, 3),
            (5, 5),
        ];
        assert_eq!(lit(r#"{"length":3,"radius":1,"cooldown":2}"#), cells);
    }

    #[test]
    fn a_block_covers_the_cells_ahead() {
        let cells = [
            (2, 3),
            (2, 4),
            (2, 5),
            (3, 3),
            (3, 4),
            (3, 5),
            (4, 3),
            (4, 4),
            (4, 5),
        ];
        assert_eq!(
            lit(r#"{"length":3,"radius":1,"cooldown":2,"shape":"block"}"#),
            cells
        );
    }

    #[test]
    fn a_body_stops_a_row_and_is_hit_and_two_agents_hit_each_other() {
        let mut b = batch(&compile(
            YARD,
            &[MOVE, ("beam", "zap", r#"{"radius":0,"cooldown":0}"#)],
        ));
        put(&mut b, 0, 4, 1, 1);
        put(&mut b, 1, 4, 2, 3);
        put(&mut b, 2, 4, 3, 3);
        let told = tick(&mut b, &["zap", "zap", "noop"]);
        assert!(
            told.contains("hit zap agent_0 agent_1") && told.contains("hit zap agent_1 agent_0"),
            "{told}"
        );
        assert!(!told.contains("agent_2"), "{told}");
    }

    #[test]
    fn the_next_shot_comes_after_the_cool_down() {
        for (next, wait) in [("c+1", 3), ("c", 2)] {
            let config = format!(r#"{{"cooldown":2,"next":"{next}"}}"#);
            let mut b = batch(&compile(YARD, &[MOVE, ("beam", "zap", &config)]));
            let mut shots = Vec::new();
            for t in 0..7 {
                if tick(&mut b, &["zap", "noop", "noop"]).contains("fired") {
                    shots.push(t);
                }
            }
            assert_eq!(
                shots,
                (0..7).step_by(wait).collect::<Vec<_>>(),
                "next = {next}"
            );
            assert_eq!(
                b.edit(0, |one| one.agents.illegal[0].0) as usize,
                7 - shots.len()
            );
        }
    }
}
