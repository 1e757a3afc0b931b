//! `tire`: a step costs something.

use serde::Deserialize;

use super::{Decimal, Install, Mechanic, MechanicDef, bits, read_config};
use crate::ids::{ChannelId, Slot};
use crate::phase::Phase;
use crate::state::{Shard, Type};

/// Each step that a body makes costs the agent something.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What a step costs, in the channel `main`.
    pub cost: Decimal,
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "tire",
    named: false,
    doc: "A step costs something.",
    events: &[("tired", &[Type::Slot])],
    fields: &[],
    needs: &["move"],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

impl Mechanic for Config {
    fn install(&self, _instance: &str, at: &mut Install<'_>) {
        let cost = self.cost.0;
        at.system(Phase::Score, move |mut shard: Shard| {
            let mut parts = shard.parts();
            let tired = parts.table.event("tired");
            for arena in 0..parts.arenas.n {
                for slot in bits(parts.arenas.arrived[arena]) {
                    let mut one = parts.arena(arena);
                    let slot = Slot::new(u8::try_from(slot).expect("at most 64"));
                    one.pay(slot, ChannelId::MAIN, -cost);
                    one.emit_fields(tired, &[i64::from(slot.get())]);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{batch, compile, tick};

    #[test]
    fn a_step_tires_and_a_bump_does_not() {
        let mechanics = [
            ("move", "", r#"{"mode":"compass4"}"#),
            ("tire", "", r#"{"cost":0.25}"#),
        ];
        let mut b = batch(&compile("####\n#A.#\n####", &mechanics));
        assert_eq!(tick(&mut b, &["e"]), "moved agent (1,1) (1,2); tired agent");
        assert_eq!(b.pay(0), [-250_000]);
        assert_eq!(tick(&mut b, &["e"]), "bumped agent (1,3)");
        assert_eq!(b.pay(0), [0]);
    }
}
