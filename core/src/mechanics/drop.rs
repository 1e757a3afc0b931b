//! `drop`: carried things are put down.

use std::sync::OnceLock;

use serde::Deserialize;

use super::{
    Install, Known, Mechanic, MechanicDef, Reference, bits, codes_of, items_of, kinds_of,
    read_config, roles_of, slots_of, speaks,
};
use crate::ids::{Cell, Slot};
use crate::phase::Phase;
use crate::state::{ArenaMut, Layer, Shard, Table, Type, Word};

/// Carried things are put down where the body stands, one an action: the first kind of `things` that it carries, and of that kind
/// the thing that has been in the world longest (the lowest row). A cell holds one item, so nothing is put onto another.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What can be put down; kinds of the layer item.
    pub things: Vec<String>,
    /// Where alone: kinds of the layer mark or floor; everywhere without it.
    #[serde(default)]
    pub at: Option<Vec<String>>,
    /// Roles that put down; all without it.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
    /// What a mask reads; set when the table is complete.
    #[serde(skip)]
    known: OnceLock<Known>,
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "drop",
    named: false,
    doc: "Carried things are put down.",
    events: &[("dropped", &[Type::Slot, Type::Kind, Type::Cell])],
    fields: &[],
    needs: &["pickup"],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

const PLACES: u8 = 1 << Layer::Mark as u8 | 1 << Layer::Floor as u8;

impl Config {
    /// Look codes of the cells where alone it puts down; all codes where it may anywhere.
    fn places(&self, table: &Table) -> [bool; 256] {
        (self.at.as_ref()).map_or([true; 256], |at| codes_of(at, table))
    }
}

/// Whether something may be put down in a cell.
fn fits(places: &[bool; 256], word: Word) -> bool {
    let here = places[usize::from(word[Layer::Mark as usize])]
        || places[usize::from(word[Layer::Floor as usize])];
    word[Layer::Item as usize] == 0 && here
}

impl Mechanic for Config {
    fn asks_facing(&self) -> bool {
        false
    }
    fn timeless(&self) -> bool {
        true
    }
    fn references(&self) -> Vec<Reference> {
        let mut out = kinds_of("things", &self.things, 1 << Layer::Item as u8);
        out.extend(self.at.iter().flat_map(|at| kinds_of("at", at, PLACES)));
        out.extend(roles_of(self.by.as_ref()));
        out
    }
    fn verbs(&self, _instance: &str, role: &str) -> Vec<(String, String, u8)> {
        let all = vec![("drop".to_owned(), "drop".to_owned(), 0)];
        all.into_iter()
            .filter(|_| speaks(self.by.as_ref(), role))
            .collect()
    }
    fn prepare(&self, _instance: &str, table: &mut Table) {
        // A config belongs to one compiled cell, so it is set once.
        let _ = self.known.set(Known {
            items: items_of(&self.things, table),
            codes: self.places(table),
        });
    }
    fn legal(&self, arena: &ArenaMut<'_>, slot: usize, _argument: u8) -> bool {
        let word = arena.cells.word(Cell::new(arena.agents.pos[slot].0));
        let carries = |&item: &usize| arena.agents.carried[slot].0[item] > 0;
        self.known
            .get()
            .is_some_and(|known| fits(&known.codes, word) && known.items.iter().any(carries))
    }
    fn install(&self, _instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let places = self.places(table);
        let items = items_of(&self.things, table);
        let slots = slots_of(self.by.as_ref(), table);
        let event = table.event("dropped").expect("declared above");
        let position = at.position;
        at.system(Phase::Act, move |mut shard: Shard| {
            let mut parts = shard.parts();
            for arena in 0..parts.arenas.n {
                for slot in bits(parts.arenas.acting(arena, position) & slots) {
                    let mut arena = parts.arena(arena);
                    let who = Slot::new(u8::try_from(slot).expect("at most 64"));
                    let carried = items
                        .iter()
                        .copied()
                        .find(|&item| arena.agents.carried[slot].0[item] > 0);
                    let dropped = arena
                        .body(who)
                        .filter(|&c| fits(&places, arena.cells.word(c)))
                        .zip(carried)
                        .filter(|&(cell, item)| arena.put_down(who, item, cell));
                    match dropped {
                        Some((cell, item)) => {
                            let kind = arena.table.items[item];
                            arena.emit_at(event, who, kind, cell);
                        }
                        None => arena.agents.illegal[slot].0 += 1,
                    }
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{batch, compile, tick};

    const MAP: &str = "
        ########
        #A.cc.d#
        ########";

    fn chosen(drop: &'static str) -> [(&'static str, &'static str, &'static str); 3] {
        [
            ("move", "", r#"{"mode":"compass4"}"#),
            (
                "pickup",
                "",
                r#"{"things":["crate"],"becomes":"carried","verb":"take"}"#,
            ),
            ("drop", "", drop),
        ]
    }

    #[test]
    fn one_thing_is_put_down_an_action_and_never_onto_another() {
        let mut b = batch(&compile(MAP, &chosen(r#"{"things":["crate"]}"#)));
        for act in ["e", "e", "take", "e"] {
            tick(&mut b, &[act]);
        }
        // A crate lies here already.
        assert_eq!(tick(&mut b, &["drop"]), "");
        assert_eq!(tick(&mut b, &["take"]), "taken agent crate (1,4)");
        assert_eq!(tick(&mut b, &["drop"]), "dropped agent crate (1,4)");
        tick(&mut b, &["e"]);
        assert_eq!(tick(&mut b, &["drop"]), "dropped agent crate (1,5)");
        tick(&mut b, &["e"]);
        assert_eq!(tick(&mut b, &["drop"]), "", "nothing is left to put down");
        b.edit(0, |one| {
            assert_eq!(one.cells.count(one.table.kind("crate").expect("a kind")), 2);
            assert_eq!(one.agents.illegal[0].0, 2);
        });
    }

    #[test]
    fn a_place_for_it_is_the_only_place_where_it_is_named() {
        let mut b = batch(&compile(
            MAP,
            &chosen(r#"{"things":["crate"],"at":["depot"]}"#),
        ));
        for act in ["e", "e", "take", "e", "e"] {
            tick(&mut b, &[act]);
        }
        assert_eq!(tick(&mut b, &["drop"]), "");
        tick(&mut b, &["e"]);
        assert_eq!(tick(&mut b, &["drop"]), "dropped agent crate (1,6)");
    }
}
