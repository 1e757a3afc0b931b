//! `beam`: a burst of rays ahead of the agent, all of a tick before their effects.

use std::sync::OnceLock;

use serde::Deserialize;

use super::{
    Decimal, Install, Mechanic, MechanicDef, Objection, Reference, codes_of, kinds_of, read_config,
    roles_of, speaks,
};
use crate::ids::{Cell, ChannelId, EventId, KindId, Num, Slot};
use crate::phase::Phase;
use crate::state::{ArenaMut, BODY, Layer, MAX_BEAMS, Shard, Table, Type, Word};

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
    /// What is hit: `slots` (bodies), `both` (bodies, and every thing of the layer solid), or a list of kinds; `"slots"` may stand in
    /// the list too. A body that is not hit stops a row all the same.
    #[serde(default)]
    pub hits: Hits,
    /// Kinds whose things vanish from the cells that the beam reaches.
    #[serde(default)]
    pub clears: Vec<String>,
    /// Kind that appears in every cell that the beam goes through, where its layer is free.
    #[serde(default)]
    pub paints: Option<String>,
    /// Solid kinds that do not stop it.
    #[serde(default)]
    pub through: Vec<String>,
    /// Kinds that stop it although they are not solid.
    #[serde(default)]
    pub stops_at: Vec<String>,
    /// What a shot costs, in the channel `main`.
    #[serde(default)]
    pub cost: Decimal,
    /// Roles that can fire; all without it.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
    /// Its number among the scenario's beams; set when the table is complete.
    #[serde(skip)]
    number: OnceLock<usize>,
}

/// What a beam hits.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(from = "HitsText")]
#[cfg_attr(feature = "schema", schemars(with = "HitsText"))]
pub struct Hits {
    /// Whether bodies are hit.
    pub bodies: bool,
    /// Whether every solid thing is hit.
    pub solid: bool,
    /// Kinds that are hit.
    pub kinds: Vec<String>,
}

impl Default for Hits {
    fn default() -> Self {
        HitsText::One("slots".to_owned()).into()
    }
}

/// `"slots"`, `"both"`, a kind, or a list of kinds.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "\"slots\", \"both\" or a list of kinds")]
pub enum HitsText {
    /// `slots`, `both` or a kind.
    One(String),
    /// Kinds, `slots` perhaps among them.
    Many(Vec<String>),
}

impl From<HitsText> for Hits {
    fn from(text: HitsText) -> Self {
        let words = match text {
            HitsText::One(word) => vec![word],
            HitsText::Many(words) => words,
        };
        let has = |word: &str| words.iter().any(|w| w == word);
        Self {
            bodies: has("slots") || has("both"),
            solid: has("both"),
            kinds: words
                .iter()
                .filter(|w| *w != "slots" && *w != "both")
                .cloned()
                .collect(),
        }
    }
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
        ("struck", &[Type::Beam, Type::Slot, Type::Kind, Type::Cell]),
        ("cleaned", &[Type::Slot, Type::Kind, Type::Cell]),
        ("painted", &[Type::Slot, Type::Cell]),
    ],
    fields: &[],
    needs: &["move"],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

impl Mechanic for Config {
    fn most_rows(&self, event: &str, fields: &[Type], table: &Table) -> usize {
        let shooters = super::slots_of(self.by.as_ref(), table).count_ones() as usize;
        let rays = self.rays();
        let reached = rays
            .iter()
            .map(|(_, first, last)| (last - first + 1).max(0));
        let reached = usize::try_from(reached.sum::<i32>()).unwrap_or(0);
        // A cell tells of each layer in which something is meant.
        let layers = |kinds: &[String], solid: bool| {
            let meant = table.kinds.iter().filter(|k| kinds.contains(&k.name));
            let layers = meant.fold(u8::from(solid) << Layer::Solid as u8, |set, k| {
                set | 1 << k.layer as u8
            });
            layers.count_ones() as usize
        };
        match event {
            // Around a torus a long ray meets a body twice.
            "hit" if table.geometry.wrap => shooters * reached,
            "hit" => shooters * reached.min(table.n_slots()),
            "struck" => shooters * reached * layers(&self.hits.kinds, self.hits.solid),
            "cleaned" => shooters * reached * layers(&self.clears, false),
            "painted" => shooters * reached,
            _ => super::most_by_fields(fields, table),
        }
    }
    fn references(&self) -> Vec<Reference> {
        let mut out = roles_of(self.by.as_ref());
        out.extend(kinds_of("hits", &self.hits.kinds, 0));
        out.extend(kinds_of("clears", &self.clears, 0));
        out.extend(kinds_of("through", &self.through, 1 << Layer::Solid as u8));
        out.extend(kinds_of("stops_at", &self.stops_at, 0));
        out.extend(
            self.paints
                .iter()
                .map(|kind| super::kind_of("paints", kind, 0)),
        );
        out
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
    fn prepare(&self, instance: &str, table: &mut Table) {
        let number = table.effects.iter().position(|e| e == instance);
        // A config belongs to one instance of one compiled cell, so it is set once.
        let _ = self.number.set(number.unwrap_or(MAX_BEAMS));
    }
    fn legal(&self, arena: &ArenaMut<'_>, slot: usize, _argument: u8) -> bool {
        let ready = self
            .number
            .get()
            .and_then(|&beam| arena.agents.ready_at[slot].0.get(beam));
        ready.is_none_or(|&at| at <= arena.head.tick)
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
        let mut struck = codes_of(&self.hits.kinds, table);
        for (code, struck) in struck.iter_mut().enumerate() {
            let kind = table.kind_of(u8::try_from(code).expect("256 codes"));
            let solid = kind.is_some_and(|k| table.kinds[k.index()].layer == Layer::Solid);
            *struck |= self.hits.solid && solid;
        }
        let through = codes_of(&self.through, table);
        let stops = codes_of(&self.stops_at, table);
        let system = Beam {
            beam,
            rays: self.rays(),
            cooldown: self.cooldown + u32::from(self.next == Next::AfterPlusOne),
            cost: self.cost.0,
            stops_at_bodies: self.stopped_by == StoppedBy::Body,
            hits_bodies: self.hits.bodies,
            blocks: std::array::from_fn(|c| {
                (table.looks.blocks_beam[c] && !through[c]) || stops[c]
            }),
            cleared: codes_of(&self.clears, table),
            marks: struck.contains(&true) || !self.clears.is_empty() || self.paints.is_some(),
            struck,
            soft: !self.stops_at.is_empty(),
            paints: self.paints.as_ref().and_then(|kind| table.kind(kind)),
            events: Events {
                fired: table.event("fired").expect("declared above"),
                hit: table.event("hit").expect("declared above"),
                struck: table.event("struck").expect("declared above"),
                cleaned: table.event("cleaned").expect("declared above"),
                painted: table.event("painted").expect("declared above"),
            },
            position: at.position,
        };
        let n = table.n_slots();
        let cells = system.rays.iter().map(|(_, first, last)| last - first + 1);
        let cells = usize::try_from(cells.sum::<i32>()).expect("few");
        let mut found = Found {
            hits: Vec::with_capacity(n * n),
            cells: Vec::with_capacity(if system.marks { n * cells } else { 0 }),
        };
        at.system(Phase::Act, move |mut shard: Shard| {
            system.run(&mut shard, &mut found);
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
    hits_bodies: bool,
    /// Whether a row ends at the code.
    blocks: [bool; 256],
    /// Whether the code's thing is hit.
    struck: [bool; 256],
    /// Whether the code's thing vanishes.
    cleared: [bool; 256],
    paints: Option<KindId>,
    /// Whether anything but bodies matters.
    marks: bool,
    /// Whether things that are not solid can end a row.
    soft: bool,
    events: Events,
    position: u8,
}

struct Events {
    fired: EventId,
    hit: EventId,
    struck: EventId,
    cleaned: EventId,
    painted: EventId,
}

/// What the shots of a tick meet; room that is kept from tick to tick.
struct Found {
    /// Shooter and target.
    hits: Vec<(u8, u8)>,
    /// Shooter, cell, and whether the beam goes on there.
    cells: Vec<(u8, Cell, bool)>,
}

impl Beam {
    fn run(&self, shard: &mut Shard<'_, '_>, found: &mut Found) {
        if !shard.arenas.anyone_acts(self.position) {
            return;
        }
        let mut parts = shard.parts();
        for arena in 0..parts.arenas.n {
            let fires = parts.arenas.acting(arena, self.position);
            if fires != 0 {
                self.one_arena(&mut parts.arena(arena), fires, found);
            }
        }
    }

    fn one_arena(&self, arena: &mut ArenaMut<'_>, fires: u64, found: &mut Found) {
        let tick = arena.head.tick;
        let effect = u8::try_from(self.beam + 1).expect("few beams");
        let order = arena.order;
        found.hits.clear();
        found.cells.clear();
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
            self.cells(arena, i, |arena, cell, word, stopped| {
                if !self.blocks[usize::from(word[Layer::Solid as usize])] {
                    arena.show_effect(cell, effect);
                }
                if let Some(target) = word[BODY].checked_sub(1).filter(|_| self.hits_bodies) {
                    found.hits.push((slot, target));
                }
                if self.marks {
                    found.cells.push((slot, cell, !stopped));
                }
            });
            arena.emit_fields(
                Some(self.events.fired),
                &[i64::from(slot), i64::from(effect) - 1],
            );
        }
        for &(shooter, target) in &found.hits {
            arena.emit_fields(
                Some(self.events.hit),
                &[i64::from(effect) - 1, i64::from(shooter), i64::from(target)],
            );
        }
        for &(shooter, cell, open) in &found.cells {
            self.meet(arena, Slot::new(shooter), cell, open);
        }
    }

    /// What a shot does to a cell that it reached. All shots of the tick have been fired, on the map as it was.
    fn meet(&self, arena: &mut ArenaMut<'_>, shooter: Slot, cell: Cell, open: bool) {
        let word = arena.cells.word(cell);
        for &code in &word[..5] {
            let Some(kind) = arena.table.kind_of(code) else {
                continue;
            };
            if self.struck[usize::from(code)] {
                let fields = [
                    i64::try_from(self.beam).expect("few beams"),
                    i64::from(shooter.get()),
                    i64::from(kind.get()),
                    i64::from(cell.get()),
                ];
                arena.emit_fields(Some(self.events.struck), &fields);
            }
            if self.cleared[usize::from(code)] && arena.clear(kind, cell) {
                arena.emit_at(self.events.cleaned, shooter, kind, cell);
            }
        }
        let Some(kind) = self.paints.filter(|_| open) else {
            return;
        };
        let layer = arena.table.kinds[kind.index()].layer;
        if arena.cells.get(cell, layer) == 0 && arena.place(kind, cell) {
            arena.emit_fields(
                Some(self.events.painted),
                &[i64::from(shooter.get()), i64::from(cell.get())],
            );
        }
    }

    /// Calls `each` for every cell that the shot reaches, with its word and whether a thing there stops it. Rays end at the first
    /// padding cell at the latest, and the padding is at least as wide as the beam's radius.
    fn cells<'a>(
        &self,
        arena: &mut ArenaMut<'a>,
        slot: usize,
        mut each: impl FnMut(&mut ArenaMut<'a>, Cell, Word, bool),
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
                let geometry = &arena.table.geometry;
                let cell = if geometry.wrap {
                    let (from, facing) = (arena.agents.pos[slot].0, arena.agents.facing[slot].0);
                    geometry.seen_from(Cell::new(from), facing, distance, side)
                } else {
                    Cell::new(
                        u16::try_from(start + ahead * distance + right * side)
                            .expect("a cell of the padded map"),
                    )
                };
                let word = arena.cells.word(cell);
                let stopped = self.stops(&word);
                each(arena, cell, word, stopped);
                if stopped || (self.stops_at_bodies && word[BODY] != 0) {
                    blocked |= distance == 0;
                    break;
                }
            }
        }
    }

    /// Whether a thing in the cell ends a row there.
    #[inline]
    fn stops(&self, word: &Word) -> bool {
        self.blocks[usize::from(word[Layer::Solid as usize])]
            || (self.soft && word[..5].iter().any(|&code| self.blocks[usize::from(code)]))
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
    fn each_beam_has_a_cool_down_of_its_own_in_the_mask() {
        let mut b = batch(&compile(
            YARD,
            &[
                MOVE,
                ("beam", "clean", r#"{"cooldown":5}"#),
                ("beam", "zap", r#"{"cooldown":1}"#),
            ],
        ));
        let legal = |b: &mut crate::batch::Batch| {
            let names = b.groups()[0].action_names.clone();
            let mask = b.legal(0, crate::ids::Slot::new(0));
            ["clean", "zap"].map(|verb| mask[names.iter().position(|n| n == verb).expect("a verb")])
        };
        tick(&mut b, &["zap", "noop", "noop"]);
        assert_eq!(legal(&mut b), [true, false]);
        tick(&mut b, &["clean", "noop", "noop"]);
        assert_eq!(legal(&mut b), [false, true]);
    }

    /// A strip of cells east of the shooter: what happens when it fires along it.
    fn strip(rows: &str, config: &str, shots: usize) -> Vec<String> {
        let mut b = batch(&compile(rows, &[MOVE, ("beam", "ray", config)]));
        put(&mut b, 0, 1, 1, 1);
        let actions = if rows.contains('B') {
            vec!["ray", "noop"]
        } else {
            vec!["ray"]
        };
        (0..shots).map(|_| tick(&mut b, &actions)).collect()
    }

    #[test]
    fn what_is_cleared_vanishes_and_a_solid_thing_stops_the_row() {
        let config = r#"{"radius":0,"cooldown":0,"length":4,"clears":["gate"]}"#;
        assert_eq!(
            strip("#######\n#A.GG.#\n#######", config, 3),
            [
                "fired agent ray; cleaned agent gate (1,3)",
                "fired agent ray; cleaned agent gate (1,4)",
                "fired agent ray"
            ]
        );
        let config = r#"{"radius":0,"cooldown":0,"length":4,"clears":["apple"]}"#;
        assert_eq!(
            strip("#######\n#Aaa#a#\n#######", config, 1),
            ["fired agent ray; cleaned agent apple (1,2); cleaned agent apple (1,3)"]
        );
    }

    #[test]
    fn things_that_are_hit_are_told_and_may_stop_the_row_or_let_it_through() {
        let ray = |more: &str| format!(r#"{{"radius":0,"cooldown":0,"length":4{more}}}"#);
        let row = "#######\n#Ac.GB#\n#######";
        let told = |more: &str| strip(row, &ray(more), 1).remove(0);
        assert_eq!(told(""), "fired agent_0 ray");
        assert_eq!(
            told(r#","hits":"both""#),
            "fired agent_0 ray; struck ray agent_0 gate (1,4)"
        );
        assert_eq!(
            told(r#","hits":["slots","crate"],"through":["gate"]"#),
            "fired agent_0 ray; hit ray agent_0 agent_1; struck ray agent_0 crate (1,2)"
        );
        assert_eq!(
            told(r#","hits":["gate","crate"],"through":["gate"]"#),
            "fired agent_0 ray; struck ray agent_0 crate (1,2); struck ray agent_0 gate (1,4)"
        );
        assert_eq!(
            told(r#","hits":"crate","stops_at":["crate"],"through":["gate"]"#),
            "fired agent_0 ray; struck ray agent_0 crate (1,2)"
        );
    }

    #[test]
    fn what_is_painted_appears_once_in_each_free_cell() {
        let config = r#"{"radius":0,"cooldown":0,"length":3,"paints":"depot"}"#;
        assert_eq!(
            strip("#######\n#A.l.G#\n#######", config, 2),
            [
                "fired agent ray; painted agent (1,2); painted agent (1,4)",
                "fired agent ray"
            ]
        );
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
