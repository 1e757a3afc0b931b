//! `pool`: a common stock from which all ask at once, month by month.

use serde::Deserialize;

use super::{
    Decimal, Install, Mechanic, MechanicDef, NumberVar, Objection, Reference, Sort, bits,
    read_config, roles_of, slots_of, speaks,
};
use crate::draw::{Purpose, name_hash};
use crate::ids::{EventId, Num, ONE};
use crate::phase::Phase;
use crate::state::{ArenaMut, IN_PLAY, MAX_SLOTS, Shard, Table, Type};

/// A common stock. In the first tick of a month everyone may ask for a number of units; what they ask is dealt at once, and what is
/// left grows at the month's end. What a unit is worth is said by rules (`on dealt(s, n) do pay(s, main, n)`).
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The stock, an int or num of `[vars]`. Units are whole: what a num has behind the point stays.
    pub var: String,
    /// Numbers of units that can be asked for, 1 to 200 of them, each an action `ask:n`.
    pub asks: Vec<u16>,
    /// What happens when more is asked for than there is. `one_by_one`: units are dealt one at a time to the asker with the smallest
    /// draw who still wants one. `share`: in proportion to what was asked, rounded down; what is left goes one by one to those whose
    /// share lost most by rounding.
    #[serde(default)]
    pub deal: Deal,
    /// Ticks of a month, 1 to 1000. Asking is legal in its first tick; the stock grows in its last.
    #[serde(default = "month")]
    pub every: u32,
    /// A deal that leaves less than this is a collapse: `collapsed()` is told, and such a stock grows no more.
    #[serde(default)]
    pub collapse_below: Decimal,
    /// By how much the stock is multiplied at a month's end.
    #[serde(default = "same")]
    pub factor: Decimal,
    /// What it does not grow beyond.
    #[serde(default)]
    pub cap: Option<Decimal>,
    /// Roles that can ask; all without it.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

/// How too little is dealt.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Deal {
    /// Unit by unit, drawn.
    #[default]
    OneByOne,
    /// In proportion.
    Share,
}

fn month() -> u32 {
    1
}
fn same() -> Decimal {
    Decimal::whole(1)
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "pool",
    named: true,
    doc: "A common stock from which all ask at once, month by month.",
    events: &[
        ("asked_for", &[Type::Slot, Type::Int]),
        ("dealt", &[Type::Slot, Type::Int]),
        ("collapsed", &[]),
        ("stock_grew", &[Type::Num]),
    ],
    fields: &[],
    needs: &[],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

impl Mechanic for Config {
    fn references(&self) -> Vec<Reference> {
        let mut out = vec![Reference {
            path: "var".to_owned(),
            sort: Sort::Number,
            name: self.var.clone(),
        }];
        out.extend(roles_of(self.by.as_ref()));
        out
    }
    fn object(&self) -> Vec<Objection> {
        let mut out: Vec<_> = Objection::range("every", i64::from(self.every), 1, 1000)
            .into_iter()
            .collect();
        let mut asks = self.asks.clone();
        asks.sort_unstable();
        asks.dedup();
        if asks.len() != self.asks.len() || asks.is_empty() || asks.len() > 200 {
            out.push(Objection::new(
                "asks",
                "`asks` must hold 1 to 200 different numbers",
                "write for example `asks = [0, 5, 10]`",
            ));
        }
        if !(0..=1000 * ONE).contains(&self.factor.0) {
            out.push(Objection::new(
                "factor",
                "`factor` must be from 0 to 1000",
                "write `factor = 2` for a stock that doubles",
            ));
        }
        out
    }
    fn verbs(&self, _instance: &str, role: &str) -> Vec<(String, String, u8)> {
        if !speaks(self.by.as_ref(), role) {
            return Vec::new();
        }
        let numbered = (0u8..).zip(&self.asks);
        numbered
            .map(|(i, n)| (format!("ask:{n}"), "ask".to_owned(), i))
            .collect()
    }
    fn legal(&self, arena: &ArenaMut<'_>, _slot: usize, _argument: u8) -> bool {
        arena.head.tick.is_multiple_of(self.every)
    }
    fn install(&self, instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let Some(var) = NumberVar::of(table, &self.var) else {
            return;
        };
        let event = |name| table.event(name).expect("declared above");
        let pool = Pool {
            var,
            name: name_hash(&format!("pool.{instance}")),
            asks: self.asks.clone(),
            deal: self.deal,
            every: self.every,
            collapse_below: self.collapse_below.0,
            factor: self.factor.0,
            cap: self.cap.map(|cap| cap.0),
            slots: slots_of(self.by.as_ref(), table),
            roles: super::role_offsets(table),
            arguments: at.arguments(),
            asked_for: event("asked_for"),
            dealt: event("dealt"),
            collapsed: event("collapsed"),
            grew: event("stock_grew"),
        };
        let position = at.position;
        at.system(Phase::Institutions, move |mut shard: Shard| {
            let mut parts = shard.parts();
            for arena in 0..parts.arenas.n {
                let asking = parts.arenas.acting(arena, position);
                pool.run(&mut parts.arena(arena), asking);
            }
        });
    }
}

struct Pool {
    var: NumberVar,
    name: u32,
    asks: Vec<u16>,
    deal: Deal,
    every: u32,
    collapse_below: Num,
    factor: Num,
    cap: Option<Num>,
    slots: u64,
    roles: Vec<u16>,
    arguments: Vec<u8>,
    asked_for: EventId,
    dealt: EventId,
    collapsed: EventId,
    grew: EventId,
}

/// Units by slot.
type Units = [u32; MAX_SLOTS];

impl Pool {
    fn run(&self, arena: &mut ArenaMut<'_>, asking: u64) {
        let day = arena.head.tick % self.every;
        if day == 0 {
            self.harvest(arena, asking);
        } else {
            for slot in bits(asking) {
                arena.agents.illegal[slot].0 += 1;
            }
        }
        if day + 1 == self.every {
            let stock = self.var.get(arena);
            if stock >= self.collapse_below {
                let more = i128::from(stock) * i128::from(self.factor - ONE) / i128::from(ONE);
                let more = Num::try_from(more).unwrap_or(Num::MAX);
                let grown = self.var.add(arena, more, self.cap);
                if grown != 0 {
                    arena.emit_fields(Some(self.grew), &[grown]);
                }
            }
        }
    }

    fn harvest(&self, arena: &mut ArenaMut<'_>, asking: u64) {
        let before = self.var.get(arena);
        let there = u32::try_from(before / ONE).unwrap_or(if before < 0 { 0 } else { u32::MAX });
        let mut asked: Units = [0; MAX_SLOTS];
        for slot in bits(asking & self.slots) {
            // Who was sent away in this very tick asks for nothing.
            if arena.agents.status[slot].0 != IN_PLAY {
                continue;
            }
            let action = usize::from(self.roles[slot]) + usize::from(arena.agents.chosen[slot].0);
            let Some(option) = self.arguments[action].checked_sub(1) else {
                continue;
            };
            let n = self.asks[usize::from(option)];
            asked[slot] = u32::from(n);
            arena.emit_fields(Some(self.asked_for), &[number(slot), i64::from(n)]);
        }
        let dealt = self.dealt(arena, &asked, there);
        let mut sum = 0;
        for (slot, &n) in dealt.iter().enumerate().filter(|(_, n)| **n > 0) {
            sum += Num::from(n);
            arena.emit_fields(Some(self.dealt), &[number(slot), i64::from(n)]);
        }
        self.var.add(arena, -sum * ONE, None);
        let after = self.var.get(arena);
        if before >= self.collapse_below && after < self.collapse_below {
            arena.emit_fields(Some(self.collapsed), &[]);
        }
    }

    /// Who gets how much: what is asked, if there is enough.
    fn dealt(&self, arena: &ArenaMut<'_>, asked: &Units, there: u32) -> Units {
        let sum: u64 = asked.iter().map(|&n| u64::from(n)).sum();
        if sum <= u64::from(there) {
            return *asked;
        }
        let mut out: Units = [0; MAX_SLOTS];
        // What a slot's share lost by rounding: who lost most comes first. Nothing is lost yet where units are dealt one by one.
        let mut lost = [0u64; MAX_SLOTS];
        let mut left = there;
        if self.deal == Deal::Share {
            for slot in 0..MAX_SLOTS {
                let share = u64::from(asked[slot]) * u64::from(there);
                out[slot] = u32::try_from(share / sum).expect("at most what is there");
                lost[slot] = share % sum;
                left -= out[slot];
            }
        }
        for unit in 0..left {
            let k = u16::try_from(unit & 0xffff).expect("masked");
            let key = arena.head.draw.key(Purpose::Deal, self.name, k);
            let wants = (0u32..).zip(asked).filter(|(slot, n)| {
                let i = *slot as usize;
                out[i] < **n && (self.deal == Deal::OneByOne || lost[i] > 0)
            });
            let next = wants
                .map(|(slot, _)| (u64::MAX - lost[slot as usize], key.u64(slot), slot))
                .min();
            let Some((.., slot)) = next else { break };
            out[slot as usize] += 1;
            lost[slot as usize] = 0;
        }
        out
    }
}

fn number(slot: usize) -> i64 {
    i64::try_from(slot).expect("at most 64")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::batch::{Batch, Out, Serial};
    use crate::state::{Seen, Type, VarDecl};
    use crate::testing::{compile_with, many, tick};

    const LAKE: &str = "#######\n#ABCDE#\n#######";

    fn lake(more: &str, stock: i64, arenas: usize, seed: u64) -> Batch {
        let config = format!(r#"{{"var":"fish","asks":[0,1,5,10,11,20,100]{more}}}"#);
        let compiled = compile_with(LAKE, &[("pool", "lake", &config)], |table| {
            table.vars.push(VarDecl {
                name: "fish".to_owned(),
                ty: Type::Int,
                min: 0,
                max: 100_000,
                seen: Seen::All,
                revealed_by: None,
            });
        });
        let mut b = many(&compiled, arenas, seed);
        for arena in 0..arenas {
            b.edit(arena, |one| one.vars[0] = stock);
        }
        b
    }

    fn taken(told: &str) -> i64 {
        told.split("; ")
            .filter_map(|e| e.strip_prefix("dealt "))
            .map(|e| {
                e.rsplit(' ')
                    .next()
                    .and_then(|n| n.parse::<i64>().ok())
                    .expect("a number")
            })
            .sum()
    }

    #[test]
    fn enough_is_dealt_as_asked_and_the_rest_grows() {
        let mut b = lake(r#","factor":2,"cap":100,"collapse_below":5"#, 100, 1, 0);
        let told = tick(&mut b, &["ask:10", "ask:5", "ask:0", "noop", "ask:20"]);
        assert_eq!(
            told,
            "asked_for agent_0 10; asked_for agent_1 5; asked_for agent_2 0; asked_for agent_4 20; \
             dealt agent_0 10; dealt agent_1 5; dealt agent_4 20; stock_grew 35"
        );
        assert_eq!(b.var(0, 0), 100, "65 doubled, up to the cap");
    }

    #[test]
    fn too_little_is_dealt_whole_and_a_collapse_is_told_once() {
        for deal in ["one_by_one", "share"] {
            let more = format!(r#","factor":2,"cap":100,"collapse_below":5,"deal":"{deal}""#);
            let mut b = lake(&more, 30, 1, 0);
            let told = tick(&mut b, &["ask:11"; 5]);
            assert_eq!(taken(&told), 30, "{told}");
            assert!(told.ends_with("collapsed "), "{told}");
            assert_eq!(b.var(0, 0), 0);
            assert!(!tick(&mut b, &["ask:11"; 5]).contains("collapsed"));
        }
        let mut b = lake(r#","deal":"share""#, 30, 1, 0);
        let told = tick(&mut b, &["ask:20", "ask:20", "ask:20", "ask:0", "ask:0"]);
        assert_eq!(told.matches(" 10").count(), 3, "{told}");
    }

    #[test]
    fn a_month_has_one_day_for_asking_and_one_for_growing() {
        let mut b = lake(r#","factor":2,"every":3"#, 100, 1, 0);
        assert_eq!(taken(&tick(&mut b, &["ask:10"; 5])), 50);
        assert_eq!(tick(&mut b, &["ask:10"; 5]), "", "only talk");
        assert_eq!(tick(&mut b, &["noop"; 5]), "stock_grew 50");
        assert_eq!(taken(&tick(&mut b, &["ask:1"; 5])), 5);
        assert_eq!(b.edit(0, |one| one.agents.illegal[0].0), 1);
    }

    /// Ten units for five who want five each: by draw every slot gets two on average.
    #[test]
    fn no_slot_is_favoured_when_too_little_is_dealt() {
        for deal in ["one_by_one", "share"] {
            let arenas = 600;
            let mut b = lake(&format!(r#","deal":"{deal}""#), 8, arenas, 5);
            let action = b.groups()[0].action_names.iter().position(|n| n == "ask:5");
            let action = i32::try_from(action.expect("an action")).expect("few");
            b.step(&[&vec![action; arenas * 5]], &mut [Out::default()], &Serial)
                .expect("a step");
            let mut got = [0i64; 5];
            for arena in 0..arenas {
                let rows = b.events(arena);
                for event in rows.iter().filter(|e| e.event == "dealt") {
                    let n: i64 = event.fields[1].parse().expect("a number");
                    got[usize::from(event.actor.expect("a slot"))] += n;
                }
            }
            let mean = 8 * i64::try_from(arenas).expect("few") / 5;
            assert!(
                got.iter().all(|g| (g - mean).abs() < 120),
                "{deal}: {got:?} about {mean}"
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn units_are_neither_made_nor_lost(stock in 0i64..120, share: bool, seed in 0u64..99, asks in proptest::collection::vec(0usize..8, 5)) {
            let deal = if share { "share" } else { "one_by_one" };
            let mut b = lake(&format!(r#","deal":"{deal}""#), stock, 1, seed);
            let names = b.groups()[0].action_names.clone();
            let names: Vec<&str> = asks.iter().map(|&a| names[a].as_str()).collect();
            let told = tick(&mut b, &names);
            let asked: i64 = names.iter().filter_map(|n| n.strip_prefix("ask:")).map(|n| n.parse::<i64>().expect("a number")).sum();
            prop_assert_eq!(taken(&told), asked.min(stock));
            prop_assert_eq!(b.var(0, 0), stock - asked.min(stock));
        }
    }
}
