//! `monitor`: somebody or something watches, and flags an event.

use serde::Deserialize;

use super::{
    Decimal, Install, Mechanic, MechanicDef, Objection, Reference, Sort, bits, codes_of, kind_of,
    read_config, roles_of, slots_of, slots_of_roles,
};
use crate::draw::{Purpose, name_hash};
use crate::ids::{Cell, EventId, KindId, Num, Slot};
use crate::phase::Phase;
use crate::state::{ArenaMut, Layer, Shard, Table, Type};

/// Agents of a role, or things of a kind, watch agents and flag an event that one of these caused in this tick (its first slot). What
/// a flag brings is said by laws (`seen_by = "monitor"`) and rules. Nobody there, nobody watched.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The role that watches, while alive, on and there. Either this or `thing`.
    #[serde(default)]
    pub role: Option<String>,
    /// The kind of thing that watches, while one is on the map. Either this or `role`.
    #[serde(default)]
    pub thing: Option<String>,
    /// How far: `all`, or `view`: as far as the role sees to each side, five cells for a thing.
    #[serde(default)]
    pub sees: Sees,
    /// The event that is flagged.
    pub flags: String,
    /// How often it errs.
    #[serde(default)]
    pub error: Errs,
    /// `real`, or `dummy`: it is there and flags nothing.
    #[serde(default)]
    pub looks: Looks,
    /// Roles that are watched; all but the one that watches without it.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

/// How far a monitor sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Sees {
    /// The whole map.
    #[default]
    All,
    /// What is near.
    View,
}

/// How often a monitor errs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Errs {
    /// Chance that it misses one event, 0 to 1.
    #[serde(default)]
    pub miss: Decimal,
    /// Chance a tick that it flags a watched agent that did nothing, 0 to 1.
    #[serde(default, rename = "false")]
    pub wrongly: Decimal,
}

/// Whether a monitor works.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Looks {
    /// It flags.
    #[default]
    Real,
    /// It only looks as if.
    Dummy,
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "monitor",
    named: true,
    doc: "Somebody or something watches, and flags an event.",
    events: &[
        ("watched", &[Type::Slot]),
        ("flagged", &[Type::Slot, Type::Int]),
    ],
    fields: &[],
    needs: &[],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

/// How far a thing sees, unless it sees all.
const THING_SEES: i32 = 5;

impl Mechanic for Config {
    fn references(&self) -> Vec<Reference> {
        let mut out: Vec<Reference> = self
            .role
            .iter()
            .map(|role| Reference {
                path: "role".to_owned(),
                sort: Sort::Role,
                name: role.clone(),
            })
            .collect();
        out.extend(self.thing.iter().map(|thing| kind_of("thing", thing, 0)));
        out.push(Reference {
            path: "flags".to_owned(),
            sort: Sort::Event,
            name: self.flags.clone(),
        });
        out.extend(roles_of(self.by.as_ref()));
        out
    }
    fn object(&self) -> Vec<Objection> {
        let mut out = Vec::new();
        if self.role.is_some() == self.thing.is_some() {
            out.push(Objection::new(
                "flags",
                "a monitor is a role or a thing",
                "write either `role = …` or `thing = …`",
            ));
        }
        out.extend(Objection::chance("error.miss", self.error.miss));
        out.extend(Objection::chance("error.false", self.error.wrongly));
        out
    }
    fn listens(&self) -> Vec<&str> {
        vec![&self.flags]
    }
    fn install(&self, instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let Some(flags) = table.event(&self.flags) else {
            return;
        };
        let role = self.role.as_ref().and_then(|r| table.role(r));
        let watchers = self
            .role
            .as_ref()
            .map_or(0, |r| slots_of_roles(std::slice::from_ref(r), table));
        let kind = self.thing.as_ref().and_then(|t| table.kind(t));
        let reach = role.map_or(THING_SEES, |r| {
            let role = &table.roles[r.index()];
            i32::from(role.ahead.max(role.behind).max(role.side))
        });
        let eye = Eye {
            watchers,
            kind,
            layer: kind.map_or(Layer::Floor, |k| table.kinds[k.index()].layer),
            codes: codes_of(self.thing.as_slice(), table),
            reach: (self.sees == Sees::View).then_some(reach),
            flags,
            miss: self.error.miss.0,
            wrongly: self.error.wrongly.0,
            works: self.looks == Looks::Real,
            slots: slots_of(self.by.as_ref(), table) & !watchers,
            name: name_hash(&format!("monitor.{instance}")),
            watched: table.event("watched"),
            flagged: table.event("flagged"),
        };
        at.system(Phase::Institutions, move |mut shard: Shard| {
            let mut parts = shard.parts();
            for arena in 0..parts.arenas.n {
                eye.watch(&mut parts.arena(arena));
            }
        });
    }
}

/// One instance: what is fixed.
#[derive(Debug)]
struct Eye {
    watchers: u64,
    kind: Option<KindId>,
    layer: Layer,
    codes: [bool; 256],
    /// How far it sees; `None` for everywhere.
    reach: Option<i32>,
    flags: EventId,
    miss: Num,
    wrongly: Num,
    works: bool,
    slots: u64,
    name: u32,
    watched: Option<EventId>,
    flagged: Option<EventId>,
}

impl Eye {
    fn watch(&self, arena: &mut ArenaMut<'_>) {
        let tick = arena.head.tick;
        let there = |arena: &ArenaMut<'_>, slot: usize| {
            arena.agents.status[slot].0 == crate::state::IN_PLAY
        };
        let awake = bits(self.watchers).any(|s| there(arena, s));
        if !awake && self.kind.is_none_or(|k| arena.cells.count(k) == 0) {
            return;
        }
        debug_assert!(tick < u32::MAX, "a tick of an episode");
        let mut seen = 0u64;
        for slot in bits(self.slots) {
            if self.sees(arena, slot) {
                seen |= 1 << slot;
                let who = i64::try_from(slot).expect("at most 64");
                arena.emit_fields(self.watched, &[who]);
            }
        }
        if !self.works {
            return;
        }
        let (mut found, mut nth) = (0u64, [0u16; 64]);
        let miss = |nth: u16| {
            arena
                .head
                .draw
                .key(Purpose::MonitorError, self.name, 2 * nth)
        };
        let mut caught = 0u64;
        for row in arena
            .events()
            .iter()
            .filter(|r| r.event == self.flags.get())
        {
            let Some(slot) = super::actor(arena.table, row).filter(|s| seen >> s & 1 == 1) else {
                continue;
            };
            let subject = u32::try_from(slot).expect("at most 64");
            found |= 1 << slot;
            if !miss(nth[slot]).chance(subject, self.miss) {
                caught |= 1 << slot;
            }
            nth[slot] = nth[slot].saturating_add(1).min(u16::MAX / 4);
        }
        let key = arena.head.draw.key(Purpose::MonitorError, self.name, 1);
        for slot in bits(seen & !found) {
            let subject = u32::try_from(slot).expect("at most 64");
            if self.wrongly > 0 && key.chance(subject, self.wrongly) {
                caught |= 1 << slot;
            }
        }
        for slot in bits(caught) {
            let who = i64::try_from(slot).expect("at most 64");
            let fields = [who, i64::from(self.flags.get())];
            arena.emit_fields(self.flagged, &fields);
        }
    }
    /// Whether any of the watchers sees the slot's body.
    fn sees(&self, arena: &ArenaMut<'_>, slot: usize) -> bool {
        let g = arena.table.geometry;
        let of = |slot: usize| arena.body(Slot::new(u8::try_from(slot).expect("at most 64")));
        let Some(at) = of(slot) else {
            return false;
        };
        let Some(reach) = self.reach else {
            return true;
        };
        let near = |from: Cell| {
            let (rows, columns) = g.offset(from, at);
            rows.abs().max(columns.abs()) <= reach
        };
        let watcher =
            |s: usize| arena.agents.status[s].0 == crate::state::IN_PLAY && of(s).is_some_and(near);
        if self.kind.is_none() {
            return bits(self.watchers).any(watcher);
        }
        let (row, column) = g.place(at);
        (row - reach..=row + reach).any(|r| {
            (column - reach..=column + reach).any(|c| {
                let cell = if g.wrap {
                    g.folded(r, c)
                } else {
                    let (Ok(r), Ok(c)) = (u16::try_from(r), u16::try_from(c)) else {
                        return false;
                    };
                    if r >= g.height || c >= g.width {
                        return false;
                    }
                    g.cell(r, c)
                };
                self.codes[usize::from(arena.cells.get(cell, self.layer))]
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{batch, compile, many, put, tick};

    const MOVE: (&str, &str, &str) = ("move", "", r#"{"mode":"compass4"}"#);
    const HALL: &str = "#########\n#l.....A#\n#########";

    #[test]
    fn a_thing_flags_what_agents_do_where_it_sees_them() {
        let eye = r#"{"thing":"lever","flags":"bumped"}"#;
        let mut b = batch(&compile(HALL, &[MOVE, ("monitor", "eye", eye)]));
        assert_eq!(
            tick(&mut b, &["w"]),
            "moved agent (1,7) (1,6); watched agent"
        );
        assert_eq!(
            tick(&mut b, &["n"]),
            "bumped agent (0,6); watched agent; flagged agent 1"
        );
        let near = r#"{"thing":"lever","flags":"bumped","sees":"view"}"#;
        let mut b = batch(&compile(HALL, &[MOVE, ("monitor", "eye", near)]));
        assert_eq!(tick(&mut b, &["n"]), "bumped agent (0,7)");
        put(&mut b, 0, 1, 6, 0);
        assert_eq!(
            tick(&mut b, &["n"]),
            "bumped agent (0,6); watched agent; flagged agent 1"
        );
    }

    #[test]
    fn a_dummy_flags_nothing_and_without_a_thing_nobody_is_watched() {
        let dummy = r#"{"thing":"lever","flags":"bumped","looks":"dummy"}"#;
        let mut b = batch(&compile(HALL, &[MOVE, ("monitor", "eye", dummy)]));
        assert_eq!(tick(&mut b, &["n"]), "bumped agent (0,7); watched agent");
        let eye = r#"{"thing":"depot","flags":"bumped"}"#;
        let mut b = batch(&compile(HALL, &[MOVE, ("monitor", "eye", eye)]));
        assert_eq!(tick(&mut b, &["n"]), "bumped agent (0,7)");
    }

    #[test]
    fn errors_come_as_often_as_said() {
        let eye = r#"{"thing":"lever","flags":"bumped","error":{"miss":0.25,"false":0.1}}"#;
        let world = compile(HALL, &[MOVE, ("monitor", "eye", eye)]);
        let n = 4000;
        for (action, p) in [(1, 0.75), (0, 0.1)] {
            let mut b = many(&world, n, 9);
            let actions = vec![action; n];
            b.step(
                &[&actions],
                &mut [crate::batch::Out::default()],
                &crate::batch::Serial,
            )
            .expect("a step");
            let flagged = (0..n)
                .filter(|&a| b.events(a).iter().any(|e| e.event == "flagged"))
                .count();
            let mean = p * 4000.0;
            let z = (f64::from(u32::try_from(flagged).expect("few")) - mean).abs()
                / (mean * (1.0 - p)).sqrt();
            assert!(z < 4.0, "{flagged} of {n}, {p} are meant");
        }
    }

    #[test]
    fn round_a_torus_the_short_way_counts() {
        let near = r#"{"thing":"lever","flags":"bumped","sees":"view"}"#;
        let rows = ".............\nl...........A\n.............";
        for (wrap, told) in [(true, "watched agent"), (false, "")] {
            let mut b = batch(&crate::testing::compile_with(
                rows,
                &[MOVE, ("monitor", "eye", near)],
                |table| table.geometry.wrap = wrap,
            ));
            assert_eq!(tick(&mut b, &["noop"]), told);
        }
    }
}
