//! `law`: what is forbidden, and what it costs.

use serde::Deserialize;

use super::{
    Decimal, Install, Mechanic, MechanicDef, Objection, Reference, Sort, bits, read_config,
    roles_of, slots_of,
};
use crate::draw::{Purpose, name_hash};
use crate::event::EventRow;
use crate::ids::{ChannelId, EventId, Num, Slot};
use crate::phase::Phase;
use crate::rules::{Program, Programs};
use crate::state::{ArenaMut, Shard, Table, Type};

/// Whoever causes an event (its first slot) is in breach of the law, once for each event, and is fined if it is seen. It looks at the
/// events of the tick up to the end of the phase institutions, after all monitors.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The event that nobody may cause; one with a slot.
    pub forbids: String,
    /// When the law holds, an expression of the rule language over what agents can see; always without it.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub when: Option<serde_json::Value>,
    /// What a breach costs, in the channel `main`.
    #[serde(default)]
    pub fine: Decimal,
    /// `all`: every breach is fined; `monitor`: those that a monitor flagged in this tick.
    #[serde(default)]
    pub seen_by: SeenBy,
    /// Chance that a breach that is seen is fined, 0 to 1.
    #[serde(default = "always")]
    pub chance: Decimal,
    /// Whether the law is in force.
    #[serde(default = "yes")]
    pub on: bool,
    /// Roles that it binds; all without it.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

/// Whose eyes count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SeenBy {
    /// Nothing stays unseen.
    #[default]
    All,
    /// Those of monitors.
    Monitor,
}

fn always() -> Decimal {
    Decimal::whole(1)
}
fn yes() -> bool {
    true
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "law",
    named: true,
    doc: "What is forbidden, and what it costs.",
    events: &[
        ("breach", &[Type::Slot]),
        ("fined", &[Type::Slot, Type::Num]),
    ],
    fields: &[],
    needs: &[],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

impl Mechanic for Config {
    fn echoes(&self) -> Vec<(&str, &'static str)> {
        vec![(&self.forbids, "breach"), (&self.forbids, "fined")]
    }
    fn references(&self) -> Vec<Reference> {
        let mut out = vec![Reference {
            path: "forbids".to_owned(),
            sort: Sort::Event,
            name: self.forbids.clone(),
        }];
        out.extend(roles_of(self.by.as_ref()));
        out
    }
    fn object(&self) -> Vec<Objection> {
        Objection::chance("chance", self.chance)
            .into_iter()
            .collect()
    }
    fn expressions(&self) -> Vec<(&'static str, Type)> {
        self.when.iter().map(|_| ("when", Type::Bool)).collect()
    }
    fn listens(&self) -> Vec<&str> {
        let flagged = Some("flagged").filter(|_| self.seen_by == SeenBy::Monitor);
        flagged.into_iter().chain([&*self.forbids]).collect()
    }
    fn install(&self, instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let Some(forbids) = table.event(&self.forbids).filter(|_| self.on) else {
            return;
        };
        let law = Law {
            forbids,
            when: at
                .world
                .resource::<Programs>()
                .of(at.position)
                .first()
                .cloned(),
            fine: self.fine.0,
            monitored: self.seen_by == SeenBy::Monitor,
            flagged: table.event("flagged"),
            chance: self.chance.0,
            name: name_hash(&format!("law.{instance}")),
            slots: slots_of(self.by.as_ref(), table),
            breach: table.event("breach"),
            fined: table.event("fined"),
        };
        at.late_system(Phase::Institutions, move |mut shard: Shard| {
            let mut parts = shard.parts();
            for arena in 0..parts.arenas.n {
                if parts.arenas.heads[arena].n_events > 0 {
                    law.judge(&mut parts.arena(arena));
                }
            }
        });
    }
}

/// One instance: what is fixed.
#[derive(Debug)]
struct Law {
    forbids: EventId,
    when: Option<Program>,
    fine: Num,
    monitored: bool,
    flagged: Option<EventId>,
    chance: Num,
    name: u32,
    slots: u64,
    breach: Option<EventId>,
    fined: Option<EventId>,
}

impl Law {
    fn judge(&self, arena: &mut ArenaMut<'_>) {
        let mut breaches = [0u16; 64];
        let mut guilty = 0u64;
        for row in arena
            .events()
            .iter()
            .filter(|r| r.event == self.forbids.get())
        {
            if let Some(slot) = super::actor(arena.table, row).filter(|s| self.slots >> s & 1 == 1)
            {
                guilty |= 1 << slot;
                breaches[slot] = breaches[slot].saturating_add(1);
            }
        }
        if guilty == 0 {
            return;
        }
        if let Some(when) = &self.when
            && when.value(arena, &[]) == 0
        {
            return;
        }
        for slot in bits(guilty) {
            let who = Slot::new(u8::try_from(slot).expect("at most 64"));
            let seen = !self.monitored || arena.events().iter().any(|row| self.tells(row, who));
            for nth in 0..breaches[slot] {
                arena.emit_fields(self.breach, &[i64::from(who.get())]);
                let key = arena.head.draw.key(Purpose::Fine, self.name, nth);
                if seen && key.chance(u32::from(who.get()), self.chance) {
                    arena.pay(who, ChannelId::MAIN, -self.fine);
                    arena.emit_fields(self.fined, &[i64::from(who.get()), self.fine]);
                }
            }
        }
    }
    /// Whether the row says that a monitor flagged the slot for what this law forbids.
    fn tells(&self, row: &EventRow, who: Slot) -> bool {
        self.flagged.is_some_and(|f| f.get() == row.event)
            && row.a == u16::from(who.get())
            && row.x == i32::from(self.forbids.get())
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{batch, compile, tick};

    const MOVE: (&str, &str, &str) = ("move", "", r#"{"mode":"compass4"}"#);

    #[test]
    fn every_breach_is_fined_unless_nobody_sees_it() {
        let law = r#"{"forbids":"bumped","fine":1.5}"#;
        let mut b = batch(&compile("####\n#A.#\n####", &[MOVE, ("law", "walls", law)]));
        assert_eq!(tick(&mut b, &["e"]), "moved agent (1,1) (1,2)");
        assert_eq!(
            tick(&mut b, &["e"]),
            "bumped agent (1,3); breach agent; fined agent 1.5"
        );
        assert_eq!(b.pay(0), [-1_500_000]);
        let law = r#"{"forbids":"bumped","fine":1.5,"seen_by":"monitor"}"#;
        let mut b = batch(&compile("####\n#A.#\n####", &[MOVE, ("law", "walls", law)]));
        assert_eq!(tick(&mut b, &["w"]), "bumped agent (1,0); breach agent");
        assert_eq!(b.pay(0), [0]);
    }

    #[test]
    fn what_a_monitor_flags_is_fined_and_an_event_that_only_the_law_reads_is_kept() {
        use crate::batch::{Autoreset, Batch, Config, Control, Out, Serial};
        let law = r#"{"forbids":"bumped","fine":1,"seen_by":"monitor"}"#;
        let monitor = r#"{"thing":"lever","flags":"bumped"}"#;
        let world = compile(
            "####\n#Al#\n####",
            &[MOVE, ("law", "walls", law), ("monitor", "eye", monitor)],
        );
        // No caller wants events here.
        let config = Config {
            control: Control::All,
            autoreset: Autoreset::Disabled,
            ..Config::default()
        };
        let mut b = Batch::new(&[world], config).expect("a batch");
        let west = [4];
        b.step(&[&west], &mut [Out::default()], &Serial)
            .expect("a step");
        assert_eq!(b.pay(0), [-1_000_000]);
    }
}
