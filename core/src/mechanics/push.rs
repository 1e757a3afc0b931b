//! `push`: solid things that a body moves by walking against them.

use serde::Deserialize;

use super::{
    Install, Mechanic, MechanicDef, Objection, Reference, codes_of, kinds_of, read_config,
    roles_of, slots_of,
};
use crate::state::{Layer, PushRule, Table, Type};

/// Solid things that a body moves one cell on by walking against them, if the cell behind is free of what is solid and of bodies. The
/// thing moves before the body does, in the body's own turn; what cannot be moved is a wall.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Kinds that can be pushed; of the layer solid.
    pub things: Vec<String>,
    /// How many in a row move together, 1 to 8.
    #[serde(default = "one")]
    pub chain: u8,
    /// Whether a body that walks away from a thing pulls it along, into the cell that it leaves.
    #[serde(default)]
    pub pull: bool,
    /// Roles that can push; all without it.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

fn one() -> u8 {
    1
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "push",
    named: true,
    doc: "Solid things that a body moves by walking against them.",
    events: &[("pushed", &[Type::Slot, Type::Thing, Type::Cell])],
    fields: &[],
    needs: &["move"],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

impl Mechanic for Config {
    fn asks_facing(&self) -> bool {
        false
    }
    fn timeless(&self) -> bool {
        true
    }
    fn most_rows(&self, _event: &str, _fields: &[Type], table: &Table) -> usize {
        // A step pushes a row of things and pulls one.
        (usize::from(self.chain) + 1) * table.n_slots()
    }
    fn references(&self) -> Vec<Reference> {
        let mut out = kinds_of("things", &self.things, 1 << Layer::Solid as u8);
        out.extend(roles_of(self.by.as_ref()));
        out
    }
    fn object(&self) -> Vec<Objection> {
        Objection::range("chain", i64::from(self.chain), 1, 8)
            .into_iter()
            .collect()
    }
    fn moves(&self) -> Vec<String> {
        self.things.clone()
    }
    /// The event names the thing.
    fn rows(&self) -> Vec<String> {
        self.things.clone()
    }
    fn prepare(&self, _instance: &str, table: &mut Table) {
        let rule = PushRule {
            codes: codes_of(&self.things, table),
            chain: self.chain,
            pull: self.pull,
            slots: slots_of(self.by.as_ref(), table),
        };
        table.acts.pushed = table.event("pushed");
        table.acts.pushes.push(rule);
    }
    /// The steps of bodies do all the work: see [`crate::state::Arenas::push`].
    fn install(&self, _instance: &str, _at: &mut Install<'_>) {}
}

#[cfg(test)]
mod tests {
    use crate::testing::{batch, compile, many, put, tick};

    const MOVE: (&str, &str, &str) = ("move", "", r#"{"mode":"compass4"}"#);

    fn push(config: &str) -> [(&str, &str, &str); 2] {
        [MOVE, ("push", "box", config)]
    }

    #[test]
    fn one_box_moves_before_the_body_and_two_are_a_wall() {
        let world = compile("#######\n#Axx..#\n#######", &push(r#"{"things":["box"]}"#));
        let mut b = batch(&world);
        assert_eq!(tick(&mut b, &["e"]), "bumped agent (1,2)");
        let world = compile("#######\n#Ax.x.#\n#######", &push(r#"{"things":["box"]}"#));
        let mut b = batch(&world);
        assert_eq!(
            tick(&mut b, &["e"]),
            "pushed agent box (1,3); moved agent (1,1) (1,2)"
        );
        assert_eq!(tick(&mut b, &["e"]), "bumped agent (1,3)");
        assert_eq!(tick(&mut b, &["w"]), "moved agent (1,2) (1,1)");
    }

    #[test]
    fn a_chain_moves_as_one_as_far_as_it_is_allowed() {
        let world = compile(
            "########\n#Axx..##\n########",
            &push(r#"{"things":["box"],"chain":2}"#),
        );
        let mut b = batch(&world);
        let two = "pushed agent box (1,4); pushed agent box (1,3); moved agent (1,1) (1,2)";
        assert_eq!(tick(&mut b, &["e"]), two);
        tick(&mut b, &["e"]);
        assert_eq!(
            tick(&mut b, &["e"]),
            "bumped agent (1,4)",
            "the wall stops both"
        );
    }

    #[test]
    fn who_pulls_takes_the_box_along() {
        let world = compile(
            "#######\n#..Ax.#\n#######",
            &push(r#"{"things":["box"],"pull":true}"#),
        );
        let mut b = batch(&world);
        assert_eq!(
            tick(&mut b, &["w"]),
            "moved agent (1,3) (1,2); pushed agent box (1,3)"
        );
        assert_eq!(tick(&mut b, &["n"]), "bumped agent (0,2)");
    }

    #[test]
    fn a_body_behind_the_box_is_in_the_way() {
        let world = compile("#######\n#Ax.B.#\n#######", &push(r#"{"things":["box"]}"#));
        let mut b = batch(&world);
        put(&mut b, 0, 1, 1, 0);
        put(&mut b, 1, 1, 3, 0);
        assert_eq!(tick(&mut b, &["e", "noop"]), "bumped agent_0 (1,2)");
    }

    mod props {
        use proptest::prelude::*;

        use super::*;
        use crate::state::{BODY, Layer};

        const YARD: &str = "########\n#A.x...#\n#..x.B.#\n#.x..x.#\n#C...xD#\n#..#...#\n########";

        proptest! {
            #![proptest_config(ProptestConfig::with_cases(24))]
            /// No box is made or lost, no box stands on a wall or a body, and every row says where its box is.
            #[test]
            fn boxes_stay_as_many_and_apart_from_bodies(seed in 0u64..1000, chain in 1u8..4, pull: bool) {
                let config = format!(r#"{{"things":["box"],"chain":{chain},"pull":{pull}}}"#);
                let world = compile(YARD, &push(&config));
                let mut b = many(&world, 1, seed);
                for t in 0..60u64 {
                    let actions: Vec<i32> = (0..4u64)
                        .map(|s| i32::try_from(crate::draw::mix(seed ^ crate::draw::mix(4 * t + s)) % 5).expect("small"))
                        .collect();
                    b.step(&[&actions], &mut [crate::batch::Out::default()], &crate::batch::Serial).expect("a step");
                    b.edit(0, |one| {
                        let kind = one.table.kind("box").expect("a kind");
                        let (words, table) = (one.cells.words(), one.table);
                        let boxes = words.iter().filter(|w| table.kind_of(w[Layer::Solid as usize]) == Some(kind));
                        prop_assert_eq!(boxes.clone().count(), 5);
                        prop_assert_eq!(boxes.filter(|w| w[BODY] != 0).count(), 0);
                        for row in &*one.rows {
                            let word = one.cells.word(crate::ids::Cell::new(row.cell));
                            prop_assert_eq!(table.kind_of(word[Layer::Solid as usize]), Some(kind));
                        }
                        let mut cells: Vec<u16> = one.rows.iter().map(|r| r.cell).collect();
                        cells.sort_unstable();
                        cells.dedup();
                        prop_assert_eq!(cells.len(), 5);
                        Ok(())
                    })?;
                }
            }
        }
    }
}
