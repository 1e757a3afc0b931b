//! `ladder`: graduated sanctions. Each further hit within a while is answered more harshly.

use bevy_ecs::component::Component;
use bevy_ecs::query::With;
use bevy_ecs::system::Query;
use serde::Deserialize;

use super::{Decimal, Install, Mechanic, MechanicDef, Objection, read_config};
use crate::hash::StateHash;
use crate::ids::{ChannelId, Slot};
use crate::phase::Phase;
use crate::state::{AWAY, Agent, AgentColumn, ArenaMut, Shard, Table, Type};

/// Each hit by a beam takes the one who is hit a step up; after some ticks without a hit it starts anew. The event `sanctioned`
/// tells the step, counted from 1, and 0 when the ladder starts anew.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What the first hit does, the second, and so on; the last step holds for all further hits, unless it removes.
    pub steps: Vec<Step>,
    /// Ticks without a hit after which the ladder starts anew, 1 to 100,000.
    #[serde(default = "fifty")]
    pub forget: u32,
    /// The beam whose hits count.
    pub beam: String,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

/// One step.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Ticks of freezing: no act in the `freeze` − 1 ticks after the hit.
    #[serde(default)]
    pub freeze: u32,
    /// Ticks away from the map, or `never` to come back. The body leaves one tick after the hit and does not act meanwhile; then the
    /// ladder starts anew.
    #[serde(default)]
    pub remove: Option<Remove>,
    /// What the one who hits is paid, in the channel `main`.
    #[serde(default)]
    pub to_hitter: Decimal,
    /// What the one who is hit is paid, in the channel `main`; negative as a rule.
    #[serde(default)]
    pub to_target: Decimal,
}

/// How long a removed agent is away.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "RemoveText")]
#[cfg_attr(feature = "schema", schemars(with = "RemoveText"))]
pub enum Remove {
    /// So many ticks.
    Ticks(u32),
    /// For ever.
    Never,
}

/// A number of ticks or `"never"`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "a number of ticks or \"never\"")]
pub enum RemoveText {
    /// Ticks.
    Ticks(u32),
    /// `never`.
    Word(String),
}

impl TryFrom<RemoveText> for Remove {
    type Error = &'static str;
    fn try_from(text: RemoveText) -> Result<Self, Self::Error> {
        match text {
            RemoveText::Ticks(n) => Ok(Self::Ticks(n)),
            RemoveText::Word(word) if word == "never" => Ok(Self::Never),
            RemoveText::Word(_) => Err("a number of ticks or \"never\""),
        }
    }
}

fn fifty() -> u32 {
    50
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "ladder",
    named: false,
    doc: "Graduated sanctions: each further hit is answered more harshly.",
    events: &[("sanctioned", &[Type::Slot, Type::Int])],
    fields: &[],
    needs: &["beam", "absence"],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

/// How an agent stands on the ladder.
#[derive(Component, Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Standing {
    /// Steps taken.
    level: u8,
    /// Tick of the last hit.
    hit_at: u32,
    /// Tick in which it leaves the map; 0 when it does not.
    leaves_at: u32,
    /// Ticks for which it leaves; `u32::MAX` for ever.
    away: u32,
}

impl AgentColumn for Standing {
    const NAME: &'static str = "ladder.standing";
    const BYTES: usize = 13;
    fn write(&self, out: &mut [u8]) {
        StateHash::write(self.level, &mut out[..1]);
        StateHash::write([self.hit_at, self.leaves_at, self.away], &mut out[1..]);
    }
    fn read(bytes: &[u8]) -> Self {
        let [hit_at, leaves_at, away] = StateHash::read(&bytes[1..]);
        Self {
            level: bytes[0],
            hit_at,
            leaves_at,
            away,
        }
    }
}

impl Mechanic for Config {
    fn echoes(&self) -> Vec<(&str, &'static str)> {
        vec![("hit", "sanctioned")]
    }
    fn object(&self) -> Vec<Objection> {
        let mut out: Vec<_> = Objection::range("forget", i64::from(self.forget), 1, 100_000)
            .into_iter()
            .collect();
        let n = i64::try_from(self.steps.len()).unwrap_or(i64::MAX);
        out.extend(Objection::range("steps", n, 1, 16));
        out
    }
    fn listens(&self) -> Vec<&str> {
        vec!["hit"]
    }
    fn install(&self, _instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let beam = table.effects.iter().position(|e| *e == self.beam);
        let (Some(beam), Some(hit)) = (beam, table.event("hit")) else {
            return;
        };
        let plan = Plan {
            steps: self.steps.clone(),
            forget: self.forget,
            beam: u16::try_from(beam).expect("few beams"),
            hit: hit.get(),
            sanctioned: table.event("sanctioned").expect("declared above"),
        };
        at.agent_column::<Standing>();
        at.system(
            Phase::Vitals,
            move |mut shard: Shard, mut standings: Query<&mut Standing, With<Agent>>| {
                let table = standings.contiguous_iter_mut();
                let Some(standings) = table.ok().and_then(|mut tables| tables.next()) else {
                    return;
                };
                let standings = super::slice(standings);
                let mut parts = shard.parts();
                let n = parts.table.n_slots();
                for arena in 0..parts.arenas.n {
                    let rows = &mut standings[arena * n..(arena + 1) * n];
                    plan.one_arena(&mut parts.arena(arena), rows);
                }
            },
        );
    }
}

struct Plan {
    steps: Vec<Step>,
    forget: u32,
    beam: u16,
    hit: u16,
    sanctioned: crate::ids::EventId,
}

impl Plan {
    fn one_arena(&self, arena: &mut ArenaMut<'_>, standings: &mut [Standing]) {
        let tick = arena.head.tick;
        for (slot, standing) in (0u8..).zip(&mut *standings) {
            let who = Slot::new(slot);
            if standing.leaves_at != 0 && standing.leaves_at <= tick {
                let ticks = (standing.away != u32::MAX).then_some(standing.away);
                *standing = Standing::default();
                arena.send_away(who, ticks);
                self.tell(arena, who, 0);
            } else if standing.level > 0 && tick.saturating_sub(standing.hit_at) >= self.forget {
                *standing = Standing::default();
                self.tell(arena, who, 0);
            }
        }
        for i in 0..arena.events().len() {
            let row = arena.events()[i];
            if row.event != self.hit || row.k != self.beam {
                continue;
            }
            let slot = |id: u16| Slot::new(u8::try_from(id).expect("a slot"));
            self.hit(arena, slot(row.a), slot(row.b), standings);
        }
    }

    fn hit(
        &self,
        arena: &mut ArenaMut<'_>,
        hitter: Slot,
        target: Slot,
        standings: &mut [Standing],
    ) {
        let standing = &mut standings[target.index()];
        let on_its_way = standing.leaves_at != 0;
        if on_its_way || arena.agents.status[target.index()].0 & AWAY != 0 {
            return;
        }
        let last = self.steps.len() - 1;
        let step = &self.steps[usize::from(standing.level).min(last)];
        arena.pay(hitter, ChannelId::MAIN, step.to_hitter.0);
        arena.pay(target, ChannelId::MAIN, step.to_target.0);
        let tick = arena.head.tick;
        standing.hit_at = tick;
        standing.level = standing.level.saturating_add(1);
        let level = standing.level;
        match step.remove {
            Some(remove) => {
                standing.leaves_at = tick.saturating_add(1);
                standing.away = match remove {
                    Remove::Ticks(n) => n.min(u32::MAX - 1),
                    Remove::Never => u32::MAX,
                };
                // It is still seen after this tick, and does nothing in the next.
                arena.freeze(target, step.freeze.max(2));
            }
            None if step.freeze > 0 => arena.freeze(target, step.freeze),
            None => {}
        }
        self.tell(arena, target, level);
    }

    fn tell(&self, arena: &mut ArenaMut<'_>, who: Slot, level: u8) {
        let fields = [i64::from(who.get()), i64::from(level)];
        arena.emit_fields(Some(self.sanctioned), &fields);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{batch, compile, put, tick};

    const STEPS: &str = r#"{"beam":"zap","steps":[{"freeze":25,"to_target":-1},{"remove":7,"to_hitter":2,"to_target":-10}]}"#;

    fn yard(steps: &str) -> crate::batch::Batch {
        let mechanics = [
            ("move", "", r#"{"mode":"turn"}"#),
            ("beam", "zap", r#"{"cooldown":0}"#),
            ("ladder", "", steps),
            ("absence", "", "{}"),
        ];
        let mut b = batch(&compile("#####\n#...#\n#A.B#\n#####", &mechanics));
        put(&mut b, 0, 2, 1, 1);
        put(&mut b, 1, 2, 3, 3);
        b
    }

    fn frozen(b: &mut crate::batch::Batch) -> u32 {
        b.status(0, crate::ids::Slot::new(1)).3
    }

    #[test]
    fn the_first_hit_freezes_and_the_second_removes_a_tick_later() {
        let mut b = yard(STEPS);
        let told = tick(&mut b, &["zap", "noop"]);
        assert!(told.ends_with("sanctioned agent_1 1"), "{told}");
        assert_eq!(b.pay(0), [0, -1_000_000]);
        // No act in the 24 ticks that follow.
        assert_eq!(frozen(&mut b), 24);
        let told = tick(&mut b, &["zap", "noop"]);
        assert!(told.ends_with("sanctioned agent_1 2"), "{told}");
        assert_eq!(b.pay(0), [2_000_000, -10_000_000]);
        assert!(!b.status(0, crate::ids::Slot::new(1)).2, "still there");
        let told = tick(&mut b, &["noop", "zap"]);
        assert_eq!(
            told, "away agent_1 7; sanctioned agent_1 0",
            "it did not fire back"
        );
        for _ in 0..6 {
            assert_eq!(tick(&mut b, &["noop", "noop"]), "");
        }
        assert_eq!(tick(&mut b, &["noop", "noop"]), "returned agent_1");
    }

    #[test]
    fn fifty_quiet_ticks_clear_the_mark_and_forty_nine_do_not() {
        for (wait, level) in [(48, 2), (49, 1)] {
            let mut b = yard(STEPS);
            tick(&mut b, &["zap", "noop"]);
            for _ in 0..wait {
                assert_eq!(tick(&mut b, &["noop", "noop"]), "");
            }
            let told = tick(&mut b, &["zap", "noop"]);
            assert!(
                told.ends_with(&format!("sanctioned agent_1 {level}")),
                "{wait}: {told}"
            );
            assert_eq!(told.contains("sanctioned agent_1 0"), level == 1);
        }
    }

    #[test]
    fn never_is_for_ever() {
        let mut b = yard(r#"{"beam":"zap","steps":[{"remove":"never"}]}"#);
        tick(&mut b, &["zap", "noop"]);
        assert!(tick(&mut b, &["noop", "noop"]).starts_with("away agent_1 -1"));
        for _ in 0..200 {
            assert_eq!(tick(&mut b, &["noop", "noop"]), "");
        }
    }
}
