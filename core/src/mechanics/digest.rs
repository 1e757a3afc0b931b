//! `digest`: whoever ate something cannot act for a while.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Install, Mechanic, MechanicDef, Objection, Reference, kind_of, read_config};
use crate::ids::Slot;
use crate::phase::Phase;
use crate::state::{Layer, Shard, Table};

/// Whoever ate a thing is frozen: with `n` ticks it cannot act in the n − 1 ticks after the meal.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Ticks of freezing by kind, 0 to 100,000; a kind that is not named freezes nobody.
    pub freezes: BTreeMap<String, u32>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "digest",
    named: false,
    doc: "Whoever ate something cannot act for a while.",
    events: &[],
    fields: &[],
    needs: &["pickup"],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

impl Mechanic for Config {
    fn references(&self) -> Vec<Reference> {
        let one = |kind: &String| kind_of(&format!("freezes.{kind}"), kind, 1 << Layer::Item as u8);
        self.freezes.keys().map(one).collect()
    }
    fn object(&self) -> Vec<Objection> {
        let one = |(kind, &ticks): (&String, &u32)| {
            Objection::range(&format!("freezes.{kind}"), i64::from(ticks), 0, 100_000)
        };
        self.freezes.iter().filter_map(one).collect()
    }
    fn listens(&self) -> Vec<&str> {
        vec!["eaten"]
    }
    fn install(&self, _instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let Some(eaten) = table.event("eaten") else {
            return;
        };
        let ticks: Vec<u32> = table
            .kinds
            .iter()
            .map(|kind| self.freezes.get(&kind.name).copied().unwrap_or(0))
            .collect();
        at.system(Phase::Vitals, move |mut shard: Shard| {
            let mut parts = shard.parts();
            for arena in 0..parts.arenas.n {
                let mut one = parts.arena(arena);
                for i in 0..one.events().len() {
                    let row = one.events()[i];
                    let n = ticks.get(usize::from(row.k)).copied().unwrap_or(0);
                    if row.event == eaten.get() && n > 0 {
                        one.freeze(Slot::new(u8::try_from(row.a).expect("a slot")), n);
                    }
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{batch, compile, tick};

    #[test]
    fn a_meal_of_n_ticks_keeps_from_acting_in_the_n_minus_one_that_follow() {
        let mechanics = [
            ("move", "", r#"{"mode":"compass4"}"#),
            (
                "pickup",
                "",
                r#"{"things":["apple","crate"],"becomes":"eaten"}"#,
            ),
            ("digest", "", r#"{"freezes":{"apple":3}}"#),
        ];
        let mut b = batch(&compile("########\n#Aac...#\n########", &mechanics));
        let mut steps = Vec::new();
        for t in 0..6 {
            if tick(&mut b, &["e"]).contains("moved") {
                steps.push(t);
            }
        }
        assert_eq!(steps, [0, 3, 4, 5], "the crate costs no time");
    }
}
