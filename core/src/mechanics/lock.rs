//! `lock`: things that are turned with a key.

use std::sync::OnceLock;

use serde::Deserialize;

use super::{
    Install, Mechanic, MechanicDef, Reference, Sort, bits, kind_of, read_config, roles_of,
    slots_of, speaks,
};
use crate::ids::{Cell, EventId, KindId, Slot};
use crate::phase::Phase;
use crate::state::{ArenaMut, Layer, Shard, Table, Type};

/// Things that are turned with a key, by an action that has the instance's name. The thing is the one in the body's own cell, a
/// solid one the one in the cell that the body faces. What follows is said by rules (`on unlocked(s, x) do …`); a thing that is a
/// door opens, and turned again it shuts and `locked` is told instead.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What is turned.
    pub thing: String,
    /// What turns it: a kind that is carried.
    pub key: String,
    /// Variable of both kinds: only a key with the thing's own value turns it; any key without it.
    #[serde(default, rename = "match")]
    pub matches: Option<String>,
    /// Whether a key is needed at all.
    #[serde(default = "yes")]
    pub needs_key: bool,
    /// Whether the key is gone afterwards.
    #[serde(default)]
    pub uses_up: bool,
    /// Roles that turn it; all without it.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
    /// The lock with its names looked up; set when the table is complete.
    #[serde(skip)]
    known: OnceLock<Lock>,
}

fn yes() -> bool {
    true
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "lock",
    named: true,
    doc: "Things that are turned with a key.",
    events: &[
        ("unlocked", &[Type::Slot, Type::Thing]),
        ("locked", &[Type::Slot, Type::Thing]),
    ],
    fields: &[],
    needs: &["pickup"],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

const THINGS: u8 = !(1 << Layer::Floor as u8) & 0b1_1111;

impl Mechanic for Config {
    fn most_rows(&self, _event: &str, _fields: &[Type], table: &Table) -> usize {
        // One turn an act.
        super::slots_of(self.by.as_ref(), table).count_ones() as usize
    }
    fn asks_facing(&self) -> bool {
        self.known
            .get()
            .is_none_or(|lock| lock.layer == Layer::Solid)
    }
    fn timeless(&self) -> bool {
        true
    }
    fn references(&self) -> Vec<Reference> {
        let mut out = vec![
            kind_of("thing", &self.thing, THINGS),
            kind_of("key", &self.key, 1 << Layer::Item as u8),
        ];
        for kind in [&self.thing, &self.key] {
            out.extend(self.matches.iter().map(|var| Reference {
                path: "match".to_owned(),
                sort: Sort::ThingVar,
                name: format!("{kind}.{var}"),
            }));
        }
        out.extend(roles_of(self.by.as_ref()));
        out
    }
    fn rows(&self) -> Vec<String> {
        vec![self.thing.clone()]
    }
    fn verbs(&self, instance: &str, role: &str) -> Vec<(String, String, u8)> {
        let all = vec![(instance.to_owned(), instance.to_owned(), 0)];
        all.into_iter()
            .filter(|_| speaks(self.by.as_ref(), role))
            .collect()
    }
    fn prepare(&self, _instance: &str, table: &mut Table) {
        // A config belongs to one instance of one compiled cell, so it is set once; doors are prepared before locks.
        if let Some(lock) = Lock::new(self, table) {
            let _ = self.known.set(lock);
        }
    }
    fn legal(&self, arena: &ArenaMut<'_>, slot: usize, _argument: u8) -> bool {
        let who = Slot::new(u8::try_from(slot).expect("at most 64"));
        self.known
            .get()
            .is_some_and(|lock| lock.turns(arena, who).is_some())
    }
    fn install(&self, _instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let Some(&lock) = self.known.get() else {
            return;
        };
        let slots = slots_of(self.by.as_ref(), table);
        let event = |name| table.event(name).expect("declared above");
        let (unlocked, locked) = (event("unlocked"), event("locked"));
        let position = at.position;
        at.system(Phase::Act, move |mut shard: Shard| {
            let mut parts = shard.parts();
            for arena in 0..parts.arenas.n {
                for slot in bits(parts.arenas.acting(arena, position) & slots) {
                    let mut arena = parts.arena(arena);
                    let who = Slot::new(u8::try_from(slot).expect("at most 64"));
                    if !lock.turn(&mut arena, who, unlocked, locked) {
                        arena.agents.illegal[slot].0 += 1;
                    }
                }
            }
        });
    }
}

/// What is fixed of one lock.
#[derive(Clone, Copy, Debug)]
struct Lock {
    thing: KindId,
    layer: Layer,
    key: KindId,
    /// Place of the variable that must agree, of the thing and of the key.
    matches: Option<(usize, usize)>,
    needs_key: bool,
    uses_up: bool,
    is_door: bool,
}

impl Lock {
    fn new(config: &Config, table: &Table) -> Option<Self> {
        let (thing, key) = (table.kind(&config.thing)?, table.kind(&config.key)?);
        let place = |kind: KindId| {
            let vars = table.thing_vars.get(kind.index())?;
            vars.iter()
                .position(|v| Some(&v.name) == config.matches.as_ref())
        };
        Some(Self {
            thing,
            layer: table.kinds[thing.index()].layer,
            key,
            matches: place(thing).zip(place(key)),
            needs_key: config.needs_key,
            uses_up: config.uses_up,
            is_door: table.acts.doors.contains(&thing),
        })
    }
    /// The thing that the slot could turn now, and the row of the key that does it (`None`: none is needed, or keys have no rows).
    fn turns(&self, arena: &ArenaMut<'_>, slot: Slot) -> Option<(usize, Option<usize>)> {
        let own = arena.body(slot)?;
        let cell: Cell = if self.layer == Layer::Solid {
            let facing = arena.agents.facing[slot.index()].0;
            arena.table.geometry.step(own, facing)
        } else {
            own
        };
        let row = arena.row_at(self.thing, cell)?;
        if !self.needs_key {
            return Some((row, None));
        }
        if !arena.table.has_rows(self.key) {
            let item = arena.table.item(self.key)?;
            return (arena.agents.carried[slot.index()].0[item] > 0).then_some((row, None));
        }
        let fits = |key: usize| {
            self.matches.is_none_or(|(of_thing, of_key)| {
                arena.vars[arena.table.row_place(row, of_thing)]
                    == arena.vars[arena.table.row_place(key, of_key)]
            })
        };
        let key = (0..arena.rows.len()).find(|&r| {
            arena.rows[r].holder == slot.get() + 1
                && arena.table.rows[r].kind == self.key
                && fits(r)
        })?;
        Some((row, Some(key)))
    }
    fn turn(
        &self,
        arena: &mut ArenaMut<'_>,
        slot: Slot,
        unlocked: EventId,
        locked: EventId,
    ) -> bool {
        let Some((row, key)) = self.turns(arena, slot) else {
            return false;
        };
        let opens = !self.is_door || arena.rows[row].state == 0;
        if self.is_door && !arena.set_open(row, opens) {
            return true;
        }
        if self.uses_up && self.needs_key {
            match key {
                Some(key) => arena.take_row(key),
                None => {
                    if let Some(item) = arena.table.item(self.key) {
                        arena.take(slot, item, 1);
                    }
                }
            }
        }
        let thing = i64::try_from(row).expect("at most 256 rows");
        let event = if opens { unlocked } else { locked };
        arena.emit_fields(Some(event), &[i64::from(slot.get()), thing]);
        true
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{batch, compile, tick};

    const MAP: &str = "
        ########
        #A.c.lG#
        ########";

    fn chosen(lock: &'static str) -> [(&'static str, &'static str, &'static str); 4] {
        [
            ("move", "", r#"{"mode":"compass4"}"#),
            ("pickup", "", r#"{"things":["crate"],"becomes":"carried"}"#),
            ("door", "gate", r#"{"thing":"gate"}"#),
            ("lock", "turn", lock),
        ]
    }

    #[test]
    fn a_lock_turns_only_for_whoever_carries_the_key() {
        let lock = r#"{"thing":"lever","key":"crate","uses_up":true}"#;
        let mut b = batch(&compile(MAP, &chosen(lock)));
        crate::testing::put(&mut b, 0, 1, 5, 1);
        assert_eq!(tick(&mut b, &["turn"]), "", "no key");
        for act in ["w", "w", "e", "e"] {
            tick(&mut b, &[act]);
        }
        assert_eq!(tick(&mut b, &["turn"]), "unlocked agent lever");
        assert_eq!(tick(&mut b, &["turn"]), "", "the key is used up");
        b.edit(0, |one| assert_eq!(one.agents.illegal[0].0, 2));
    }

    #[test]
    fn a_door_is_turned_from_the_cell_before_it_and_back() {
        let lock = r#"{"thing":"gate","key":"crate","needs_key":false}"#;
        let mut b = batch(&compile(MAP, &chosen(lock)));
        crate::testing::put(&mut b, 0, 1, 5, 1);
        assert_eq!(tick(&mut b, &["turn"]), "opened gate; unlocked agent gate");
        assert_eq!(tick(&mut b, &["turn"]), "closed gate; locked agent gate");
        tick(&mut b, &["w"]);
        assert_eq!(tick(&mut b, &["turn"]), "", "it faces away");
    }
}
