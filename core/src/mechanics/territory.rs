//! `territory`: things that agents claim, and that pay their owner.

use bevy_ecs::change_detection::DetectChangesMut;
use bevy_ecs::resource::Resource;
use bevy_ecs::system::ResMut;
use serde::Deserialize;

use super::{
    Decimal, Install, LookStates, Mechanic, MechanicDef, Objection, Reference, kinds_of,
    read_config,
};
use crate::draw::{Key, Purpose, name_hash};
use crate::ids::{Cell, ChannelId, EventId, Num, ONE, Slot};
use crate::phase::Phase;
use crate::state::{ALIVE, AWAY, ArenaMut, BODY_ON_MAP, NEVER, Numbers, Shard, Table, Type};

/// Things that agents claim. Everyone sees whose a thing is. A claim pays its owner, by chance, once it has stood for `dry` ticks
/// without changing hands. A beam can damage things until they are gone. What belonged to an agent that is dead or away for ever
/// belongs to nobody.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What is claimed. Each thing has a row of its own.
    pub on: Vec<String>,
    /// How: `beam`: bodies claim what they face in the next cell, in each tick, and what the beam `beam` hits; `step`: by stepping
    /// onto it.
    pub by: By,
    /// The beam that claims; it needs the kinds among its `hits`, and among `through` if claims shall go on behind.
    #[serde(default)]
    pub beam: Option<String>,
    /// Ticks with a claim by one and the same agent before a thing changes hands, 1 to 255.
    #[serde(default = "one")]
    pub needs: u8,
    /// What a claim pays, in the channel `main`.
    #[serde(default)]
    pub pays: Decimal,
    /// Chance a tick that it pays.
    #[serde(default = "certain")]
    pub chance: Decimal,
    /// Ticks after a change of hands before it can pay, 0 to 100,000.
    #[serde(default)]
    pub dry: u32,
    /// Ticks after which a claim that is not renewed lapses; never without it.
    #[serde(default)]
    pub decay: Option<u32>,
    /// The beam that damages; it needs the kinds among its `hits`.
    #[serde(default)]
    pub damaged_by: Option<String>,
    /// Hits that a thing bears before it is gone for good, 1 to 255.
    #[serde(default = "one")]
    pub health: u8,
    /// Chance a tick that a damaged thing gets one hit's worth better.
    #[serde(default)]
    pub repair: Decimal,
    /// Ticks without a hit before repair begins.
    #[serde(default)]
    pub quiet: u32,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

/// How things are claimed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// By facing it, and with a beam.
    Beam,
    /// By stepping onto it.
    Step,
}

fn one() -> u8 {
    1
}
fn certain() -> Decimal {
    Decimal(ONE)
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "territory",
    named: true,
    doc: "Things that agents claim, and that pay their owner.",
    events: &[
        ("claimed", &[Type::Slot, Type::Cell]),
        ("lost", &[Type::Slot, Type::Cell]),
        ("destroyed", &[Type::Slot, Type::Kind, Type::Cell]),
    ],
    fields: &[("owner", Type::Slot)],
    needs: &["move"],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

/// Names of the states: nobody's, then each slot's.
const OWNERS: [&str; 65] = [
    "free", "of 0", "of 1", "of 2", "of 3", "of 4", "of 5", "of 6", "of 7", "of 8", "of 9",
    "of 10", "of 11", "of 12", "of 13", "of 14", "of 15", "of 16", "of 17", "of 18", "of 19",
    "of 20", "of 21", "of 22", "of 23", "of 24", "of 25", "of 26", "of 27", "of 28", "of 29",
    "of 30", "of 31", "of 32", "of 33", "of 34", "of 35", "of 36", "of 37", "of 38", "of 39",
    "of 40", "of 41", "of 42", "of 43", "of 44", "of 45", "of 46", "of 47", "of 48", "of 49",
    "of 50", "of 51", "of 52", "of 53", "of 54", "of 55", "of 56", "of 57", "of 58", "of 59",
    "of 60", "of 61", "of 62", "of 63",
];

impl Mechanic for Config {
    fn most_rows(&self, event: &str, fields: &[Type], table: &Table) -> usize {
        // Claims lapse row by row.
        super::most_by_fields(fields, table) + if event == "lost" { table.rows.len() } else { 0 }
    }
    fn echoes(&self) -> Vec<(&str, &'static str)> {
        ["claimed", "lost", "destroyed"]
            .map(|own| ("struck", own))
            .to_vec()
    }
    fn references(&self) -> Vec<Reference> {
        kinds_of("on", &self.on, 0)
    }
    fn object(&self) -> Vec<Objection> {
        let mut out: Vec<_> = Objection::chance("chance", self.chance)
            .into_iter()
            .collect();
        out.extend(Objection::chance("repair", self.repair));
        for (path, value) in [("needs", self.needs), ("health", self.health)] {
            out.extend(Objection::range(path, i64::from(value), 1, 255));
        }
        if self.by == By::Step && self.beam.is_some() {
            out.push(Objection::new(
                "beam",
                "what is claimed by stepping onto it is not claimed by a beam",
                "drop `beam`, or write `by = \"beam\"`",
            ));
        }
        out
    }
    fn look_states(&self) -> Vec<LookStates> {
        let one = |kind: &String| LookStates {
            kind: kind.clone(),
            initial: 0,
            states: OWNERS.iter().map(|&name| (name, true)).collect(),
        };
        self.on.iter().map(one).collect()
    }
    fn rows(&self) -> Vec<String> {
        self.on.clone()
    }
    fn listens(&self) -> Vec<&str> {
        vec!["struck"]
    }
    fn prepare(&self, _instance: &str, table: &mut Table) {
        table.acts.claimable.resize(table.kinds.len(), false);
        for name in &self.on {
            if let Some(kind) = table.kind(name) {
                table.acts.claimable[kind.index()] = true;
            }
        }
    }
    fn install(&self, instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let beam = |name: &Option<String>| {
            let name = name.as_ref()?;
            let beam = table.effects.iter().position(|e| e == name)?;
            u16::try_from(beam).ok()
        };
        let kinds: Vec<usize> = self
            .on
            .iter()
            .filter_map(|name| Some(table.kind(name)?.index()))
            .collect();
        let n_rows = table.rows.len();
        let plan = Plan {
            name: name_hash(&format!("territory.{instance}")),
            mine: table
                .rows
                .iter()
                .map(|row| kinds.contains(&row.kind.index()))
                .collect(),
            by: self.by,
            claims: beam(&self.beam),
            damages: beam(&self.damaged_by),
            needs: u32::from(self.needs),
            pays: self.pays.0,
            chance: self.chance.0,
            dry: self.dry,
            decay: self.decay,
            health: u32::from(self.health),
            repair: self.repair.0,
            quiet: self.quiet,
            struck: table.event("struck"),
            destroyed: table.event("destroyed").expect("declared above"),
        };
        let n = at.n_arenas * n_rows * FIELDS;
        if !at.world.contains_resource::<Claims>() {
            // Rows belong to one instance each, so one list serves all.
            at.world.insert_resource(Claims(vec![0; n]));
            at.column(Numbers::<Claims> {
                name: "territory.claims",
                per_arena: n_rows * FIELDS,
                index: 0,
                of: |claims, _| &claims.0,
                of_mut: |claims, _| &mut claims.0,
            });
        }
        at.system(
            Phase::Institutions,
            move |mut shard: Shard, mut claims: ResMut<Claims>| {
                let claims = &mut claims.bypass_change_detection().0;
                let mut parts = shard.parts();
                for (arena, rows) in claims
                    .chunks_exact_mut((n_rows * FIELDS).max(1))
                    .enumerate()
                {
                    let arrived = parts.arenas.arrived[arena];
                    plan.one_arena(&mut parts.arena(arena), rows.as_chunks_mut().0, arrived);
                }
            },
        );
    }
}

/// Numbers of a row: tick of the last change of hands, of the last renewal, and of the last hit; damage; claims in a row; claimant + 1
/// and tick + 1 of the last claim; owner + 1 as of the last look.
type Row = [u32; FIELDS];
const FIELDS: usize = 8;
const SINCE: usize = 0;
const RENEWED: usize = 1;
const HIT: usize = 2;
const DAMAGE: usize = 3;
const TRIES: usize = 4;
const CLAIMANT: usize = 5;
const TRIED: usize = 6;
const OWNER: usize = 7;

/// What is kept for each thing row; whose it is stands in the row's state.
#[derive(Resource, Default, Debug)]
struct Claims(Vec<u32>);

struct Plan {
    name: u32,
    /// Whether a thing row is ours.
    mine: Vec<bool>,
    by: By,
    claims: Option<u16>,
    damages: Option<u16>,
    needs: u32,
    pays: Num,
    chance: Num,
    dry: u32,
    decay: Option<u32>,
    health: u32,
    repair: Num,
    quiet: u32,
    struck: Option<EventId>,
    destroyed: EventId,
}

impl Plan {
    fn one_arena(&self, arena: &mut ArenaMut<'_>, rows: &mut [Row], arrived: u64) {
        match self.by {
            By::Beam => self.faced(arena, rows),
            By::Step => {
                let order = arena.order;
                for &slot in order.iter().filter(|slot| arrived >> **slot & 1 == 1) {
                    if let Some(cell) = arena.body(Slot::new(slot)) {
                        self.claim_at(arena, rows, slot, cell);
                    }
                }
            }
        }
        self.struck(arena, rows);
        let draw = arena.head.draw;
        let (pays, repairs) = (
            draw.key(Purpose::ClaimPay, self.name, 0),
            draw.key(Purpose::Repair, self.name, 0),
        );
        for row in (0..rows.len()).filter(|&row| self.mine[row]) {
            self.one_row(arena, &mut rows[row], row, pays, repairs);
        }
    }
    /// Every body claims what it faces.
    fn faced(&self, arena: &mut ArenaMut<'_>, rows: &mut [Row]) {
        let order = arena.order;
        for &slot in order {
            let i = usize::from(slot);
            if arena.agents.status[i].0 & BODY_ON_MAP != 0 {
                let here = Cell::new(arena.agents.pos[i].0);
                let ahead = arena.table.geometry.step(here, arena.agents.facing[i].0);
                self.claim_at(arena, rows, slot, ahead);
            }
        }
    }
    /// What beams did in this tick.
    fn struck(&self, arena: &mut ArenaMut<'_>, rows: &mut [Row]) {
        let Some(struck) = self.struck else { return };
        for i in 0..arena.events().len() {
            let fact = arena.events()[i];
            if fact.event != struck.get() {
                continue;
            }
            let slot = u8::try_from(fact.a).expect("a slot");
            if self.claims == Some(fact.k) {
                self.claim_at(arena, rows, slot, fact.place());
            }
            if self.damages == Some(fact.k) {
                self.damage_at(arena, rows, slot, fact.place());
            }
        }
    }
    fn row_at(&self, arena: &ArenaMut<'_>, cell: Cell) -> Option<usize> {
        arena.claimable_at(cell).filter(|&row| self.mine[row])
    }
    fn claim_at(&self, arena: &mut ArenaMut<'_>, rows: &mut [Row], slot: u8, cell: Cell) {
        let Some(row) = self.row_at(arena, cell) else {
            return;
        };
        let (claim, tick) = (&mut rows[row], arena.head.tick);
        let owner = arena.rows[row].state;
        if owner == slot + 1 {
            claim[RENEWED] = tick;
            claim[TRIES] = 0;
            return;
        }
        // One claim a tick and claimant counts.
        let again = claim[CLAIMANT] == u32::from(slot) + 1;
        if !again || claim[TRIED] < tick {
            claim[TRIES] = 0;
        }
        if !again || claim[TRIED] != tick + 1 {
            claim[TRIES] += 1;
        }
        claim[CLAIMANT] = u32::from(slot) + 1;
        claim[TRIED] = tick + 1;
        if claim[TRIES] < self.needs {
            return;
        }
        claim[TRIES] = 0;
        arena.set_owner(row, Some(Slot::new(slot)));
    }
    fn damage_at(&self, arena: &mut ArenaMut<'_>, rows: &mut [Row], slot: u8, cell: Cell) {
        let Some(row) = self.row_at(arena, cell) else {
            return;
        };
        rows[row][DAMAGE] += 1;
        rows[row][HIT] = arena.head.tick;
        if rows[row][DAMAGE] < self.health {
            return;
        }
        rows[row] = Row::default();
        if arena.rows[row].state != 0 {
            arena.set_owner(row, None);
        }
        let kind = arena.table.rows[row].kind;
        if arena.clear(kind, cell) {
            arena.emit_at(self.destroyed, Slot::new(slot), kind, cell);
        }
    }
    /// Release, decay, pay and repair of one thing.
    fn one_row(
        &self,
        arena: &mut ArenaMut<'_>,
        claim: &mut Row,
        row: usize,
        pays: Key,
        repairs: Key,
    ) {
        let thing = arena.rows[row];
        if thing.cell == 0 {
            if thing.holder == 0 {
                // What comes into being again is another thing.
                *claim = Row::default();
            }
            return;
        }
        let tick = arena.head.tick;
        if claim[OWNER] != u32::from(thing.state) {
            // It has changed hands, by this mechanic or by a rule.
            claim[OWNER] = u32::from(thing.state);
            (claim[SINCE], claim[RENEWED]) = (tick, tick);
        }
        let subject = arena.table.geometry.subject(Cell::new(thing.cell));
        if let Some(owner) = thing.state.checked_sub(1) {
            let lapsed = self
                .decay
                .is_some_and(|decay| tick.saturating_sub(claim[RENEWED]) >= decay);
            if lapsed || is_gone(arena, owner) {
                arena.set_owner(row, None);
            } else if tick.saturating_sub(claim[SINCE]) >= self.dry
                && self.pays != 0
                && pays.chance(subject, self.chance)
            {
                arena.pay(Slot::new(owner), ChannelId::MAIN, self.pays);
            }
        }
        let rested = tick.saturating_sub(claim[HIT]) >= self.quiet;
        if claim[DAMAGE] > 0 && rested && repairs.chance(subject, self.repair) {
            claim[DAMAGE] -= 1;
        }
    }
}

/// Whether a slot is dead or away for ever.
fn is_gone(arena: &ArenaMut<'_>, slot: u8) -> bool {
    let i = usize::from(slot);
    let status = arena.agents.status[i].0;
    status & ALIVE == 0 || (status & AWAY != 0 && arena.agents.back_at[i].0 == NEVER)
}

#[cfg(test)]
mod tests {
    use crate::batch::{Out, Serial};
    use crate::testing::{batch, compile, many, put, tick};

    const MOVE: (&str, &str, &str) = ("move", "", r#"{"mode":"turn"}"#);
    const CLAIM: (&str, &str, &str) = (
        "beam",
        "claim",
        r#"{"length":2,"radius":0,"cooldown":0,"hits":["gate"],"through":["gate"]}"#,
    );
    const ZAP: (&str, &str, &str) = (
        "beam",
        "zap",
        r#"{"length":2,"radius":1,"cooldown":0,"hits":["slots","gate"]}"#,
    );
    const WALLS: &str = r#"{"on":["gate"],"by":"beam","beam":"claim","pays":1,"dry":25,"damaged_by":"zap","health":2,"repair":0.1,"quiet":15}"#;

    fn world(rows: &str, walls: &str) -> std::sync::Arc<crate::scenario::Compiled> {
        compile(
            rows,
            &[
                MOVE,
                CLAIM,
                ZAP,
                ("territory", "walls", walls),
                ("absence", "", "{}"),
            ],
        )
    }

    #[test]
    fn what_is_faced_is_claimed_and_pays_after_it_is_dry() {
        let mut b = batch(&world("#####\n#AG.#\n#####", WALLS));
        put(&mut b, 0, 1, 1, 1);
        for t in 0..30 {
            let told = tick(&mut b, &["noop"]);
            assert_eq!(told, if t == 0 { "claimed agent (1,2)" } else { "" });
            assert_eq!(b.pay(0), [if t < 25 { 0 } else { 1_000_000 }], "tick {t}");
        }
    }

    #[test]
    fn a_claim_by_another_starts_the_drying_anew_and_its_own_does_not() {
        let mut b = batch(&world("######\n#AG.B#\n######", WALLS));
        put(&mut b, 0, 1, 1, 0);
        put(&mut b, 1, 1, 4, 0);
        let told = tick(&mut b, &["turn_right", "noop"]);
        assert!(told.ends_with("claimed agent_0 (1,2)"), "{told}");
        // It turns away, so that it claims no more, and back after a while: that is no new claim.
        tick(&mut b, &["turn_left", "noop"]);
        for _ in 2..19 {
            tick(&mut b, &["noop", "noop"]);
        }
        tick(&mut b, &["turn_right", "turn_left"]);
        tick(&mut b, &["turn_left", "noop"]);
        for t in 21..26 {
            tick(&mut b, &["noop", "noop"]);
            assert_eq!(
                b.pay(0),
                [if t == 25 { 1_000_000 } else { 0 }, 0],
                "tick {t}"
            );
        }
        let told = tick(&mut b, &["noop", "claim"]);
        assert!(
            told.ends_with("lost agent_0 (1,2); claimed agent_1 (1,2)"),
            "{told}"
        );
        for t in 27..53 {
            tick(&mut b, &["noop", "noop"]);
            assert_eq!(
                b.pay(0),
                [0, if t < 51 { 0 } else { 1_000_000 }],
                "tick {t}"
            );
        }
    }

    #[test]
    fn the_claim_beam_goes_through_and_claims_what_stands_behind() {
        let mut b = batch(&world("#######\n#A.GG.#\n#######", WALLS));
        put(&mut b, 0, 1, 1, 1);
        let told = tick(&mut b, &["claim"]);
        assert!(told.ends_with("claimed agent (1,3)"), "length 2: {told}");
        tick(&mut b, &["forward"]);
        let told = tick(&mut b, &["claim"]);
        assert!(told.ends_with("claimed agent (1,4)"), "{told}");
    }

    #[test]
    fn two_hits_destroy_for_good_and_a_damaged_wall_repairs_itself() {
        let mut b = batch(&world("#####\n#AG.#\n#####", WALLS));
        put(&mut b, 0, 1, 1, 1);
        tick(&mut b, &["zap"]);
        let told = tick(&mut b, &["zap"]);
        assert!(
            told.ends_with("lost agent (1,2); destroyed agent gate (1,2)"),
            "{told}"
        );
        assert_eq!(tick(&mut b, &["forward"]), "moved agent (1,1) (1,2)");
        // After 15 quiet ticks one chance in ten a tick: the second hit is a first one again.
        let always = WALLS.replace("0.1", "1");
        for (wait, gone) in [(14, true), (15, false)] {
            let mut b = batch(&world("#####\n#AG.#\n#####", &always));
            put(&mut b, 0, 1, 1, 1);
            tick(&mut b, &["zap"]);
            for _ in 0..wait {
                tick(&mut b, &["noop"]);
            }
            assert_eq!(tick(&mut b, &["zap"]).contains("destroyed"), gone, "{wait}");
        }
    }

    #[test]
    fn what_belonged_to_one_that_is_gone_for_ever_belongs_to_nobody() {
        let mut b = batch(&world("#####\n#AG.#\n#####", WALLS));
        put(&mut b, 0, 1, 1, 1);
        tick(&mut b, &["noop"]);
        b.edit(0, |one| one.send_away(crate::ids::Slot::new(0), Some(10)));
        assert_eq!(tick(&mut b, &["noop"]), "");
        b.edit(0, |one| {
            one.agents.back_at[0].0 = crate::state::NEVER;
        });
        assert_eq!(tick(&mut b, &["noop"]), "lost agent (1,2)");
        assert_eq!(tick(&mut b, &["noop"]), "");
    }

    #[test]
    fn a_claim_lapses_when_it_is_not_renewed_and_may_need_several_ticks() {
        let walls = r#"{"on":["gate"],"by":"beam","decay":4,"needs":3}"#;
        let mut b = batch(&world("#####\n#AG.#\n#####", walls));
        put(&mut b, 0, 1, 1, 1);
        let mut told = Vec::new();
        for t in 0..9 {
            told.push(tick(&mut b, &[if t == 4 { "turn_left" } else { "noop" }]));
        }
        assert_eq!(told[2], "claimed agent (1,2)");
        assert!(told[..2].iter().all(String::is_empty), "{told:?}");
        // Last renewed in tick 3.
        assert_eq!(told[7], "lost agent (1,2)", "{told:?}");
    }

    #[test]
    fn an_act_can_claim_and_drying_begins_then() {
        let mut b = batch(&world("#####\n#A..#\n#..G#\n#####", WALLS));
        put(&mut b, 0, 1, 1, 0);
        assert_eq!(tick(&mut b, &["noop"]), "");
        b.edit(0, |one| {
            let (wall, floor) = (one.table.geometry.cell(2, 3), one.table.geometry.cell(2, 2));
            let slot = crate::ids::Slot::new(0);
            assert_eq!(one.owner_of(wall), None);
            assert!(one.claim(slot, wall) && one.claim(slot, wall));
            assert_eq!(one.owner_of(wall), Some(slot));
            assert!(!one.claim(slot, floor));
        });
        for t in 1..28 {
            tick(&mut b, &["noop"]);
            assert_eq!(b.pay(0), [if t < 26 { 0 } else { 1_000_000 }], "tick {t}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config { cases: 24, failure_persistence: None, ..Default::default() })]
        /// Whatever is done: a wall's look is its owner's, each wall has at most one owner, and what is gone stays gone.
        #[test]
        fn the_map_shows_whose_each_wall_is(acts in proptest::collection::vec((0u8..8, 0u8..8), 60)) {
            let mut b = batch(&world("#######\n#A.G.B#\n#.GGG.#\n#..G..#\n#######", WALLS));
            let names = b.groups()[0].action_names.clone();
            let mut walls = 5;
            for (x, y) in acts {
                let [x, y] = [x, y].map(|i| names[usize::from(i) % names.len()].as_str());
                tick(&mut b, &[x, y]);
                b.edit(0, |one| {
                    let kind = one.table.kind("gate").expect("a kind of the tests");
                    let look = one.table.kinds[kind.index()].look;
                    let here: Vec<_> = one.rows.iter().filter(|row| row.cell != 0).collect();
                    assert!(here.len() <= walls, "a wall came back");
                    walls = here.len();
                    for row in here {
                        let cell = crate::ids::Cell::new(row.cell);
                        assert_eq!(one.cells.get(cell, crate::state::Layer::Solid), look + row.state);
                        assert!(row.state <= 2, "an owner that is no slot");
                    }
                    assert!(one.things_agree());
                });
            }
        }
    }

    #[test]
    fn a_dry_claim_pays_with_its_chance() {
        let walls = WALLS.replace(r#""pays":1"#, r#""pays":1,"chance":0.01"#);
        let n = 200;
        let world = world("#####\n#AG.#\n#####", &walls);
        let mut b = many(&world, n, 8);
        for arena in 0..n {
            b.edit(arena, |one| one.agents.facing[0].0 = 1);
        }
        let mut paid = 0;
        for t in 0..125 {
            b.step(&[&vec![0; n]], &mut [Out::default()], &Serial)
                .expect("a step");
            let now: i64 = (0..n).map(|a| b.pay(a)[0] / 1_000_000).sum();
            assert!(t >= 25 || now == 0, "tick {t}");
            paid += now;
        }
        // 20,000 ticks of a dry wall at 0.01: 200, standard deviation 14.1.
        assert!((158..=242).contains(&paid), "{paid}");
    }

    #[test]
    fn a_thing_that_comes_anew_has_no_damage() {
        let walls = WALLS.replace(r#""repair":0.1"#, r#""repair":0"#);
        let mut b = batch(&world("#####\n#AG.#\n#####", &walls));
        b.edit(0, |one| one.agents.facing[0].0 = 1);
        assert!(!tick(&mut b, &["zap"]).contains("destroyed"));
        let change = |b: &mut crate::batch::Batch, comes: bool| {
            b.edit(0, |one| {
                let gate = one.table.kind("gate").expect("a kind");
                let cell = one.table.geometry.cell(1, 2);
                assert!(if comes {
                    one.place(gate, cell)
                } else {
                    one.clear(gate, cell)
                });
            });
        };
        change(&mut b, false);
        tick(&mut b, &["noop"]);
        change(&mut b, true);
        assert!(!tick(&mut b, &["zap"]).contains("destroyed"));
        assert!(tick(&mut b, &["zap"]).contains("destroyed"));
    }
}
