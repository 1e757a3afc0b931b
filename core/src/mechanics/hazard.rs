//! `hazard`: things that harm whoever steps onto them.

use serde::Deserialize;

use super::{
    Decimal, Install, Mechanic, MechanicDef, Objection, Reference, bits, codes_of, kind_of,
    kinds_of, read_config, roles_of, slots_of,
};
use crate::draw::{Purpose, name_hash};
use crate::ids::{Cell, ChannelId, EventId, KindId, Num, ONE, Slot};
use crate::phase::Phase;
use crate::state::{ArenaMut, BODY, Layer, Shard, Type};

/// Things that harm a body that steps onto them, once a step, and a body under which they spread. What else follows is said by
/// rules (`on harmed(a, lava, _) …`).
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The thing; a kind of any layer but solid.
    pub thing: String,
    /// What it does: `kill`; `hurt`: the agent pays `amount` in the channel `main`; `slow`: it is frozen for `amount` ticks; `event`:
    /// nothing beside the event `harmed`.
    pub effect: Effect,
    /// How much, 0 or more; for `slow` a whole number of ticks. The event tells it.
    #[serde(default)]
    pub amount: Decimal,
    /// Whether and where it spreads, each tick, before it harms.
    #[serde(default)]
    pub spreads: Option<Spreads>,
    /// Roles that it harms; all without it.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

/// How a hazard spreads.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Spreads {
    /// Chance a tick, drawn once for each cell that has the hazard beside it (in one of four directions, before the tick), 0 to 1.
    pub chance: Decimal,
    /// Kinds of things that it consumes and in whose place it appears.
    pub on: Vec<String>,
}

/// What a hazard does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The agent is dead.
    Kill,
    /// The agent pays.
    Hurt,
    /// The agent is frozen.
    Slow,
    /// The event alone.
    Event,
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "hazard",
    named: true,
    doc: "Things that harm whoever steps onto them.",
    events: &[
        ("harmed", &[Type::Slot, Type::Kind, Type::Num]),
        ("burnt", &[Type::Cell]),
    ],
    fields: &[],
    needs: &["move"],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

/// All layers but solid: a body cannot step onto what is solid.
const OPEN: u8 = 1 << Layer::Floor as u8
    | 1 << Layer::Item as u8
    | 1 << Layer::Mark as u8
    | 1 << Layer::Air as u8;

impl Mechanic for Config {
    fn references(&self) -> Vec<Reference> {
        let mut out = vec![kind_of("thing", &self.thing, OPEN)];
        if let Some(spreads) = &self.spreads {
            out.extend(kinds_of("spreads.on", &spreads.on, 0));
        }
        out.extend(roles_of(self.by.as_ref()));
        out
    }
    fn object(&self) -> Vec<Objection> {
        let mut out = Vec::new();
        if self.amount.0 < 0 || (self.effect == Effect::Slow && self.amount.0 % ONE != 0) {
            out.push(Objection::new(
                "amount",
                "`amount` is 0 or more, and for `slow` a whole number of ticks",
                "write `amount = 1`",
            ));
        }
        let chance = self.spreads.as_ref().map(|s| s.chance);
        out.extend(chance.and_then(|c| Objection::chance("spreads.chance", c)));
        out
    }
    fn makes(&self) -> Vec<String> {
        self.spreads.iter().map(|_| self.thing.clone()).collect()
    }
    fn install(&self, instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<crate::state::Table>();
        let Some(kind) = table.kind(&self.thing) else {
            return;
        };
        let on = |s: &Spreads| (codes_of(&s.on, table), s.chance.0);
        let harm = Harm {
            kind,
            layer: table.kinds[kind.index()].layer,
            codes: codes_of(std::slice::from_ref(&self.thing), table),
            effect: self.effect,
            amount: self.amount.0,
            slots: slots_of(self.by.as_ref(), table),
            name: name_hash(&format!("hazard.{instance}")),
            spreads: self.spreads.as_ref().map(on),
            harmed: table.event("harmed"),
            burnt: table.event("burnt"),
        };
        let mut burning = Vec::with_capacity(table.geometry.cells());
        at.system(Phase::Vitals, move |mut shard: Shard| {
            let mut parts = shard.parts();
            for arena in 0..parts.arenas.n {
                let mut under = 0;
                if harm.spreads.is_some() {
                    under = harm.spread(&mut parts.arena(arena), &mut burning);
                }
                let arrived = parts.arenas.arrived[arena];
                for slot in bits((arrived | under) & harm.slots) {
                    harm.harm(&mut parts.arena(arena), slot);
                }
            }
        });
    }
}

/// One instance: what is fixed.
#[derive(Debug)]
struct Harm {
    kind: KindId,
    layer: Layer,
    codes: [bool; 256],
    effect: Effect,
    amount: Num,
    slots: u64,
    name: u32,
    spreads: Option<([bool; 256], Num)>,
    harmed: Option<EventId>,
    burnt: Option<EventId>,
}

impl Harm {
    fn here(&self, arena: &ArenaMut<'_>, cell: Cell) -> bool {
        self.codes[usize::from(arena.cells.get(cell, self.layer))]
    }
    fn harm(&self, arena: &mut ArenaMut<'_>, slot: usize) {
        let who = Slot::new(u8::try_from(slot).expect("at most 64"));
        let Some(cell) = arena.body(who).filter(|&c| self.here(arena, c)) else {
            return;
        };
        debug_assert!(arena.table.geometry.inside(cell), "bodies stand on the map");
        let fields = [
            i64::from(who.get()),
            i64::from(self.kind.get()),
            self.amount,
        ];
        arena.emit_fields(self.harmed, &fields);
        match self.effect {
            Effect::Kill => arena.kill(who),
            Effect::Hurt => arena.pay(who, ChannelId::MAIN, -self.amount),
            Effect::Slow => {
                let ticks = u32::try_from(self.amount / ONE).unwrap_or(u32::MAX);
                arena.freeze(who, ticks);
            }
            Effect::Event => {}
        }
    }
    /// Spreads to what burns beside it, by the map before the tick; the slots under whose bodies it now is (bit = slot).
    fn spread(&self, arena: &mut ArenaMut<'_>, burning: &mut Vec<Cell>) -> u64 {
        let Some((on, chance)) = &self.spreads else {
            return 0;
        };
        let g = arena.table.geometry;
        let key = arena.head.draw.key(Purpose::Spread, self.name, 0);
        burning.clear();
        for row in 0..g.height {
            for column in 0..g.width {
                let cell = g.cell(row, column);
                let word = arena.cells.word(cell);
                let burns = word[..BODY].iter().any(|&code| on[usize::from(code)]);
                if burns
                    && (0..4).any(|d| self.here(arena, g.step(cell, d)))
                    && key.chance(g.subject(cell), *chance)
                {
                    burning.push(cell);
                }
            }
        }
        let mut under = 0;
        for &cell in &*burning {
            let word = arena.cells.word(cell);
            for &code in &word[..BODY] {
                if let Some(kind) = arena.table.kind_of(code).filter(|_| on[usize::from(code)]) {
                    arena.clear(kind, cell);
                }
            }
            if arena.place(self.kind, cell) {
                arena.emit_fields(self.burnt, &[i64::from(cell.get())]);
                if let Some(slot) = word[BODY].checked_sub(1) {
                    under |= 1 << slot;
                }
            }
        }
        under
    }
}

#[cfg(test)]
mod tests {
    use crate::ids::Slot;
    use crate::testing::{batch, compile, many, put, tick};

    const MOVE: (&str, &str, &str) = ("move", "", r#"{"mode":"compass4"}"#);

    #[test]
    fn a_step_onto_it_harms_once_and_standing_there_does_not() {
        let config = r#"{"thing":"lever","effect":"hurt","amount":2.5}"#;
        let mut b = batch(&compile(
            "####\n#Al#\n####",
            &[MOVE, ("hazard", "spike", config)],
        ));
        assert_eq!(
            tick(&mut b, &["e"]),
            "moved agent (1,1) (1,2); harmed agent lever 2.5"
        );
        assert_eq!(b.pay(0), [-2_500_000]);
        assert_eq!(tick(&mut b, &["noop"]), "");
        assert_eq!(tick(&mut b, &["e"]), "bumped agent (1,3)");
        assert_eq!(b.pay(0), [0]);
    }

    #[test]
    fn each_effect_does_what_it_says() {
        let play = |config: &str| {
            let mut b = batch(&compile(
                "####\n#Al#\n####",
                &[MOVE, ("hazard", "spike", config)],
            ));
            tick(&mut b, &["e"]);
            b.status(0, Slot::new(0))
        };
        assert!(!play(r#"{"thing":"lever","effect":"kill"}"#).0, "dead");
        let (alive, .., frozen) = play(r#"{"thing":"lever","effect":"slow","amount":4}"#);
        assert!(
            alive && frozen == 3,
            "frozen for the three ticks that follow"
        );
        let event = play(r#"{"thing":"lever","effect":"event","amount":4}"#);
        assert_eq!(event, (true, true, false, 0));
    }

    #[test]
    fn it_spreads_by_one_cell_a_tick_and_harms_whom_it_reaches() {
        let config =
            r#"{"thing":"lever","effect":"hurt","amount":1,"spreads":{"chance":1,"on":["crate"]}}"#;
        let mut b = batch(&compile(
            "########\n#Alccc.#\n########",
            &[MOVE, ("hazard", "fire", config)],
        ));
        put(&mut b, 0, 1, 4, 0);
        assert_eq!(tick(&mut b, &["noop"]), "burnt (1,3)");
        assert_eq!(tick(&mut b, &["noop"]), "burnt (1,4); harmed agent lever 1");
        assert_eq!(tick(&mut b, &["noop"]), "burnt (1,5)");
        assert_eq!(tick(&mut b, &["noop"]), "");
    }

    #[test]
    fn its_chance_is_that_of_the_config() {
        let config =
            r#"{"thing":"lever","effect":"event","spreads":{"chance":0.3,"on":["crate"]}}"#;
        let world = compile("#####\n#Alc#\n#####", &[MOVE, ("hazard", "fire", config)]);
        let n = 4000;
        let mut b = many(&world, n, 11);
        let actions = vec![0; n];
        b.step(
            &[&actions],
            &mut [crate::batch::Out::default()],
            &crate::batch::Serial,
        )
        .expect("a step");
        let burnt = (0..n).filter(|&a| !b.events(a).is_empty()).count();
        let mean = 0.3 * 4000.0;
        let z =
            (f64::from(u32::try_from(burnt).expect("few")) - mean).abs() / (mean * 0.7_f64).sqrt();
        assert!(z < 4.0, "{burnt} of {n}");
    }
}
