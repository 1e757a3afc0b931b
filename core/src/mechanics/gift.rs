//! `gift`: agents give carried things to each other, and a gift can be worth more to who receives it.

use std::sync::OnceLock;

use serde::Deserialize;

use super::{
    Decimal, Install, Mechanic, MechanicDef, Objection, Reference, Sort, kinds_of, read_config,
    roles_of, slots_of, speaks,
};
use crate::event::Part;
use crate::ids::{ChannelId, EventId, Num, Slot};
use crate::phase::Phase;
use crate::state::{ArenaMut, BODY, Layer, MAX_ITEMS, Shard, Table, Type};

/// Agents give one thing that they carry to another; who receives it gets `factor` of them. With `refine` the kinds are grades:
/// a gift is one of the giver's most refined kind and arrives as `factor` of the next grade, or as one of the last grade if it was
/// of that. What would exceed `cap` is lost.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What can be given, 1 to 16 kinds that can be carried; with `refine` from the rawest grade to the most refined.
    pub items: Vec<String>,
    /// How many arrive for one that is given, 1 to 255.
    #[serde(default = "one")]
    pub factor: u32,
    /// How far away who receives it may stand, straight ahead, 1 to 16; the first body counts, and what is solid is in the way.
    #[serde(default = "one")]
    pub range: u32,
    /// Whether a gift is refined by one grade.
    #[serde(default)]
    pub refine: bool,
    /// Most of each kind that an agent holds, 1 to 255; what it picks up or is given beyond that is lost.
    #[serde(default = "most")]
    pub cap: u32,
    /// Name of a beam whose hits are gifts; without it there are actions `give:<kind>`, or with `refine` one action `give`.
    #[serde(default)]
    pub beam: Option<String>,
    /// What a thing pays, in the channel `main`, when it is eaten; with it there is an action `eat`: all that is held of `items` is
    /// eaten, before any gift of the tick arrives.
    #[serde(default)]
    pub eat: Option<Decimal>,
    /// Roles that can give and eat; all without it. Everybody can receive.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
    /// Places of `items` among what is carried; set when the table is complete.
    #[serde(skip)]
    places: OnceLock<[Option<usize>; MAX_ITEMS]>,
}

fn one() -> u32 {
    1
}
fn most() -> u32 {
    255
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "gift",
    named: false,
    doc: "Agents give carried things to each other, and a gift can be worth more to who receives it.",
    events: &[
        ("given", &[Type::Slot, Type::Slot, Type::Kind, Type::Int]),
        ("ate", &[Type::Slot, Type::Int]),
    ],
    fields: &[],
    needs: &["pickup"],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

/// Argument of the action `eat`; below it stand the kinds.
const EAT: u8 = 254;
/// Argument of the action `give` that takes the most refined kind.
const BEST: u8 = 253;

impl Mechanic for Config {
    fn echoes(&self) -> Vec<(&str, &'static str)> {
        vec![("hit", "given")]
    }
    fn references(&self) -> Vec<Reference> {
        let mut out = kinds_of("items", &self.items, 1 << Layer::Item as u8);
        out.extend(roles_of(self.by.as_ref()));
        out.extend(self.beam.iter().map(|name| Reference {
            path: "beam".to_owned(),
            sort: Sort::Beam,
            name: name.clone(),
        }));
        out
    }
    fn object(&self) -> Vec<Objection> {
        let mut out = Vec::new();
        if !(1..=MAX_ITEMS).contains(&self.items.len()) {
            out.push(Objection::new(
                "items",
                format!("`items` names 1 to {MAX_ITEMS} kinds"),
                "name what can be given",
            ));
        }
        out.extend(Objection::range("factor", i64::from(self.factor), 1, 255));
        out.extend(Objection::range("range", i64::from(self.range), 1, 16));
        out.extend(Objection::range("cap", i64::from(self.cap), 1, 255));
        out
    }
    fn items(&self) -> Vec<String> {
        self.items.clone()
    }
    /// More arrives than was given, or another grade.
    fn makes(&self) -> Vec<String> {
        let made = self.refine || self.factor > 1;
        let first = if made {
            usize::from(self.refine)
        } else {
            self.items.len()
        };
        self.items.iter().skip(first).cloned().collect()
    }
    fn verbs(&self, _instance: &str, role: &str) -> Vec<(String, String, u8)> {
        if !speaks(self.by.as_ref(), role) {
            return Vec::new();
        }
        let give = "give".to_owned();
        let mut out = match (&self.beam, self.refine) {
            (Some(_), _) => Vec::new(),
            (None, true) => vec![(give.clone(), give, BEST)],
            (None, false) => (0u8..)
                .zip(&self.items)
                .map(|(i, kind)| (format!("give:{kind}"), give.clone(), i))
                .collect(),
        };
        if self.eat.is_some() {
            out.push(("eat".to_owned(), "eat".to_owned(), EAT));
        }
        out
    }
    fn prepare(&self, _instance: &str, table: &mut Table) {
        // A config belongs to one compiled cell, so it is set once.
        let _ = self.places.set(self.kinds(table));
    }
    fn legal(&self, arena: &ArenaMut<'_>, slot: usize, argument: u8) -> bool {
        let Some(&kinds) = self.places.get() else {
            return false;
        };
        let holds = |item: usize| arena.agents.carried[slot].0[item] > 0;
        match argument {
            EAT => kinds.into_iter().flatten().any(holds),
            BEST => kinds.into_iter().flatten().any(holds) && self.ahead(arena, slot).is_some(),
            n => kinds[usize::from(n)].is_some_and(holds) && self.ahead(arena, slot).is_some(),
        }
    }
    fn listens(&self) -> Vec<&str> {
        self.beam.iter().map(|_| "hit").collect()
    }
    fn install(&self, _instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let hit = table.event("hit").filter(|_| self.beam.is_some());
        let parts = hit.map(|hit| &table.events[hit.index()].fields);
        let hit_parts = match parts.map(Vec::as_slice) {
            Some(&[(_, beam), (_, giver), (_, taker)]) => [beam, giver, taker],
            _ => [Part::K, Part::A, Part::B],
        };
        let beam = self
            .beam
            .as_ref()
            .and_then(|name| table.effects.iter().position(|e| e == name));
        let giving = Giving {
            items: self.kinds(table).into_iter().flatten().collect(),
            factor: u8::try_from(self.factor).unwrap_or(u8::MAX),
            range: self.range,
            refine: self.refine,
            cap: u8::try_from(self.cap).unwrap_or(u8::MAX),
            eat: self.eat.map_or(0, |d| d.0),
            slots: slots_of(self.by.as_ref(), table),
            hit,
            hit_parts,
            beam: beam.map_or(-1, |b| i64::try_from(b).expect("few beams")),
            given: table.event("given").expect("declared above"),
            ate: table.event("ate").expect("declared above"),
        };
        let (roles, arguments, position) =
            (super::role_offsets(table), at.arguments(), at.position);
        at.system(Phase::Institutions, move |mut shard: Shard| {
            let mut parts = shard.parts();
            for arena in 0..parts.arenas.n {
                let acting = parts.arenas.acting(arena, position);
                let mut one = parts.arena(arena);
                giving.spill(&mut one);
                let argument = |one: &ArenaMut<'_>, slot: u8| {
                    let slot = usize::from(slot);
                    let action = usize::from(roles[slot]) + usize::from(one.agents.chosen[slot].0);
                    arguments[action].checked_sub(1)
                };
                for &slot in one.order.iter().filter(|slot| acting >> **slot & 1 == 1) {
                    if argument(&one, slot) == Some(EAT) {
                        giving.feed(&mut one, slot);
                    }
                }
                giving.hits(&mut one);
                for &slot in one.order.iter().filter(|slot| acting >> **slot & 1 == 1) {
                    if let Some(argument) = argument(&one, slot).filter(|&a| a != EAT) {
                        giving.hand_over(&mut one, slot, argument);
                    }
                }
            }
        });
    }
}

impl Config {
    /// Place among the carried kinds of each of `items`.
    fn kinds(&self, table: &Table) -> [Option<usize>; MAX_ITEMS] {
        let mut out = [None; MAX_ITEMS];
        for (place, name) in out.iter_mut().zip(&self.items) {
            *place = table.kind(name).and_then(|kind| table.item(kind));
        }
        out
    }
    fn ahead(&self, arena: &ArenaMut<'_>, slot: usize) -> Option<u8> {
        ahead(arena, slot, self.range)
    }
}

/// The first other body straight ahead of a slot within a range.
fn ahead(arena: &ArenaMut<'_>, slot: usize, range: u32) -> Option<u8> {
    let mut cell = arena.body(Slot::new(u8::try_from(slot).expect("at most 64")))?;
    for _ in 0..range {
        cell = arena.table.geometry.step(cell, arena.agents.facing[slot].0);
        let word = arena.cells.word(cell);
        if let Some(body) = word[BODY].checked_sub(1) {
            // Round a torus one sees one's own back.
            return Some(body).filter(|&b| usize::from(b) != slot);
        }
        if arena.table.looks.blocks_beam[usize::from(word[Layer::Solid as usize])] {
            return None;
        }
    }
    None
}

struct Giving {
    items: Vec<usize>,
    factor: u8,
    range: u32,
    refine: bool,
    cap: u8,
    eat: Num,
    slots: u64,
    hit: Option<EventId>,
    hit_parts: [Part; 3],
    beam: i64,
    given: EventId,
    ate: EventId,
}

impl Giving {
    /// What was picked up beyond the cap is lost.
    fn spill(&self, arena: &mut ArenaMut<'_>) {
        for slot in 0..arena.agents.carried.len() {
            for &item in &self.items {
                let more = arena.agents.carried[slot].0[item].saturating_sub(self.cap);
                if more > 0 {
                    let who = Slot::new(u8::try_from(slot).expect("at most 64"));
                    arena.take(who, item, more);
                }
            }
        }
    }
    fn feed(&self, arena: &mut ArenaMut<'_>, slot: u8) {
        let who = Slot::new(slot);
        let mut n = 0;
        for &item in &self.items {
            n += i64::from(arena.take(who, item, u8::MAX));
        }
        if n == 0 {
            arena.agents.illegal[usize::from(slot)].0 += 1;
            return;
        }
        arena.pay(who, ChannelId::MAIN, self.eat.saturating_mul(n));
        arena.emit_fields(Some(self.ate), &[i64::from(slot), n]);
    }
    fn hits(&self, arena: &mut ArenaMut<'_>) {
        let Some(hit) = self.hit else { return };
        for i in 0..arena.events().len() {
            let row = arena.events()[i];
            let [beam, giver, taker] = self.hit_parts.map(|part| row.get(part));
            let (Ok(giver), Ok(taker)) = (u8::try_from(giver), u8::try_from(taker)) else {
                continue;
            };
            if row.event == hit.get() && beam == self.beam && self.slots >> giver & 1 == 1 {
                self.pass(arena, giver, taker, None);
            }
        }
    }
    fn hand_over(&self, arena: &mut ArenaMut<'_>, slot: u8, argument: u8) {
        let taker = ahead(arena, usize::from(slot), self.range);
        let kind = (argument != BEST).then_some(usize::from(argument));
        let gave = taker.is_some_and(|taker| self.pass(arena, slot, taker, kind));
        arena.agents.illegal[usize::from(slot)].0 += u32::from(!gave);
    }
    /// One thing goes from a slot to another; `None` is the most refined kind, or without grades the first that the giver has.
    fn pass(&self, arena: &mut ArenaMut<'_>, giver: u8, taker: u8, kind: Option<usize>) -> bool {
        let carried = arena.agents.carried[usize::from(giver)].0;
        let has = |&g: &usize| carried[self.items[g]] > 0;
        let grade = match kind {
            Some(grade) => Some(grade).filter(has),
            None if self.refine => (0..self.items.len()).rev().find(has),
            None => (0..self.items.len()).find(has),
        };
        let Some(grade) = grade else { return false };
        let last = grade + 1 == self.items.len();
        let (arrives, n) = match (self.refine, last) {
            (true, true) => (grade, 1),
            (true, false) => (grade + 1, self.factor),
            (false, _) => (grade, self.factor),
        };
        let (giver, taker) = (Slot::new(giver), Slot::new(taker));
        let item = self.items[arrives];
        let before = arena.agents.carried[taker.index()].0[item];
        let n = n.min(self.cap.saturating_sub(before));
        // What is given as it is stays the same thing; what comes beside it, and what is refined, is new.
        let same = arrives == grade && n > 0;
        if same {
            arena.transfer(giver, taker, item, 1);
        } else {
            arena.take(giver, self.items[grade], 1);
        }
        arena.give(taker, item, n - u8::from(same));
        let n = arena.agents.carried[taker.index()].0[item] - before;
        let kind = arena.table.items[self.items[grade]];
        arena.emit_fields(
            Some(self.given),
            &[
                i64::from(giver.get()),
                i64::from(taker.get()),
                i64::from(kind.get()),
                i64::from(n),
            ],
        );
        true
    }
}

#[cfg(test)]
mod tests {
    use crate::batch::Batch;
    use crate::ids::{ONE, Slot};
    use crate::testing::{batch, compile, put, tick};

    const MOVE: (&str, &str, &str) = ("move", "", r#"{"mode":"turn"}"#);
    const PICK: (&str, &str, &str) = ("pickup", "", r#"{"things":["apple"],"becomes":"carried"}"#);
    const BEAM: (&str, &str, &str) = (
        "beam",
        "offer",
        r#"{"length":5,"radius":0,"cooldown":3,"next":"c"}"#,
    );
    const ROOM: &str = "#########\n#Aa....B#\n#########";

    fn world(config: &str) -> Batch {
        let mut b = batch(&compile(ROOM, &[MOVE, PICK, BEAM, ("gift", "", config)]));
        put(&mut b, 0, 1, 1, 1);
        put(&mut b, 1, 1, 6, 3);
        b
    }
    fn held(b: &mut Batch) -> [[u8; 2]; 2] {
        b.edit(0, |one| {
            [0, 1].map(|s: usize| [0, 1].map(|i: usize| one.agents.carried[s].0[i]))
        })
    }

    /// GAMES F1: one raw token, gift once, the receiver holds five of the next grade.
    #[test]
    fn a_raw_token_arrives_as_five_refined_ones_and_a_refined_one_as_one() {
        let mut b = world(
            r#"{"items":["apple","crate"],"factor":5,"refine":true,"cap":15,"beam":"offer","eat":1}"#,
        );
        assert!(tick(&mut b, &["forward", "noop"]).contains("taken agent_0 apple"));
        let told = tick(&mut b, &["offer", "noop"]);
        assert!(told.ends_with("given agent_0 agent_1 apple 5"), "{told}");
        assert_eq!(held(&mut b), [[0, 0], [0, 5]]);
        let told = tick(&mut b, &["noop", "offer"]);
        assert!(told.ends_with("given agent_1 agent_0 crate 1"), "{told}");
        assert_eq!(
            held(&mut b),
            [[0, 1], [0, 4]],
            "the last grade is passed on as it is"
        );
        assert_eq!(tick(&mut b, &["noop", "eat"]), "ate agent_1 4");
        assert_eq!(b.pay(0)[..2], [0, 4 * ONE]);
        assert_eq!(held(&mut b), [[0, 1], [0, 0]]);
    }

    #[test]
    fn what_exceeds_the_cap_is_lost_and_the_gift_is_gone_all_the_same() {
        let mut b = world(
            r#"{"items":["apple","crate"],"factor":5,"refine":true,"cap":15,"beam":"offer"}"#,
        );
        b.edit(0, |one| {
            one.agents.carried[0].0[..2].copy_from_slice(&[15, 0]);
            one.agents.carried[1].0[..2].copy_from_slice(&[0, 13]);
        });
        let told = tick(&mut b, &["offer", "noop"]);
        assert!(told.ends_with("given agent_0 agent_1 apple 2"), "{told}");
        assert_eq!(held(&mut b), [[14, 0], [0, 15]]);
        b.edit(0, |one| one.agents.carried[0].0[0] = 15);
        assert!(tick(&mut b, &["forward", "noop"]).contains("taken"));
        assert_eq!(held(&mut b)[0], [15, 0], "the sixteenth is lost");
    }

    #[test]
    fn without_grades_the_kind_is_chosen_and_stays() {
        let mut b = world(r#"{"items":["apple","crate"],"factor":3,"range":2}"#);
        b.edit(0, |one| {
            one.agents.carried[0].0[..2].copy_from_slice(&[1, 1]);
        });
        assert_eq!(tick(&mut b, &["give:crate", "noop"]), "", "nobody is near");
        put(&mut b, 1, 1, 3, 3);
        assert_eq!(
            tick(&mut b, &["give:crate", "noop"]),
            "given agent_0 agent_1 crate 3"
        );
        assert_eq!(held(&mut b), [[1, 0], [0, 3]]);
        assert_eq!(
            tick(&mut b, &["give:crate", "noop"]),
            "",
            "there is none left"
        );
        assert_eq!(b.edit(0, |one| one.agents.illegal[0].0), 2);
    }

    #[test]
    fn a_meal_comes_before_the_gifts_of_the_tick() {
        let mut b =
            world(r#"{"items":["apple","crate"],"factor":5,"refine":true,"range":5,"eat":1}"#);
        b.edit(0, |one| {
            one.agents.carried[0].0[0] = 1;
            one.agents.carried[1].0[0] = 2;
        });
        let told = tick(&mut b, &["give", "eat"]);
        assert_eq!(told, "ate agent_1 2; given agent_0 agent_1 apple 5");
        assert_eq!(held(&mut b), [[0, 0], [0, 5]]);
    }

    #[test]
    fn what_is_given_as_it_is_stays_the_same_thing() {
        let pick = ("pickup", "", r#"{"things":["crate"],"becomes":"carried"}"#);
        let bell = (
            "device",
            "bell",
            r#"{"thing":"crate","trigger":"use","states":3}"#,
        );
        let gift = ("gift", "", r#"{"items":["crate"],"range":9,"factor":2}"#);
        let mut b = batch(&compile(
            "#######\n#Ac.cB#\n#######",
            &[MOVE, pick, bell, gift],
        ));
        let row = b.edit(0, |one| {
            let (crate_, cell) = (
                one.table.kind("crate").expect("a kind"),
                one.table.geometry.cell(1, 4),
            );
            let row = one.row_at(crate_, cell).expect("a row");
            assert!(one.pick_up(Slot::new(0), cell));
            // The other crate's row is spare.
            assert!(one.clear(crate_, one.table.geometry.cell(1, 2)));
            row
        });
        put(&mut b, 0, 1, 1, 1);
        put(&mut b, 1, 1, 5, 3);
        let told = tick(&mut b, &["give:crate", "noop"]);
        assert_eq!(told, "given agent_0 agent_1 crate 2");
        b.edit(0, |one| {
            assert_eq!(one.rows[row].holder, 2, "the same crate, and a new one");
            assert!(one.things_agree());
        });
    }

    #[test]
    fn what_is_picked_up_by_a_verb_beyond_the_cap_is_lost_too() {
        let pick = (
            "pickup",
            "",
            r#"{"things":["apple"],"becomes":"carried","verb":"grab"}"#,
        );
        let mut b = batch(&compile(
            ROOM,
            &[MOVE, pick, ("gift", "", r#"{"items":["apple"],"cap":1}"#)],
        ));
        put(&mut b, 0, 1, 2, 1);
        b.edit(0, |one| one.agents.carried[0].0[0] = 1);
        assert!(tick(&mut b, &["grab", "noop"]).contains("taken"));
        assert_eq!(b.edit(0, |one| one.agents.carried[0].0[0]), 1);
    }

    #[test]
    fn nobody_gives_to_itself_round_a_torus() {
        let gift = ("gift", "", r#"{"items":["apple"],"range":16}"#);
        let mut b = batch(&crate::testing::compile_with(
            "......\n.A....\n......",
            &[MOVE, PICK, gift],
            |table| table.geometry.wrap = true,
        ));
        b.edit(0, |one| one.agents.carried[0].0[0] = 1);
        assert_eq!(tick(&mut b, &["give:apple"]), "");
        assert_eq!(b.edit(0, |one| one.agents.illegal[0].0), 1);
    }
}
