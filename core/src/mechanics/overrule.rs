//! `override`: between policy and world, an agent's action is replaced.

use serde::Deserialize;

use super::{
    Decimal, Install, Mechanic, MechanicDef, Objection, Reference, Sort, bits, read_config,
    role_list, slots_of_roles,
};
use crate::draw::{Purpose, name_hash};
use crate::ids::Slot;
use crate::phase::Phase;
use crate::state::{Shard, Table, Type};

/// While a variable holds, the actions of agents are replaced before the world sees them. The policy's own action is what is
/// recorded; the event `overridden` says what became of it. Who cannot act is left alone.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Roles whose actions are replaced.
    pub roles: Vec<String>,
    /// The variable that makes it so, while it is true or not 0: one of the arena, or one that all the roles have.
    pub when: String,
    /// What is played instead: an action (`n`), `noop`, or `random`: any action of the role but `noop`, each as likely, legal or
    /// not.
    pub act: String,
    /// Chance that it happens, drawn anew for each agent and tick, 0 to 1.
    #[serde(default = "always")]
    pub chance: Decimal,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

fn always() -> Decimal {
    Decimal::whole(1)
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "override",
    named: true,
    doc: "Between policy and world, an agent's action is replaced.",
    events: &[("overridden", &[Type::Slot, Type::Int, Type::Int])],
    fields: &[],
    needs: &[],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

/// What an overridden action becomes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Act {
    /// That number of the role's list.
    Fixed(u8),
    /// Any but `noop`.
    Random,
}

/// One role whose actions are replaced.
#[derive(Debug)]
struct Held {
    slots: u64,
    act: Act,
    /// Of each action, the position of its mechanic.
    mechanics: Vec<u8>,
}

/// Where the variable stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Arena(usize),
    /// Number in each role's own list.
    Own(usize),
}

impl Config {
    fn place(&self, table: &Table, role: usize) -> Option<Place> {
        let find = |vars: &[crate::state::VarDecl]| vars.iter().position(|v| v.name == self.when);
        find(&table.vars).map(Place::Arena).or_else(|| {
            table
                .role_vars
                .get(role)
                .and_then(|v| find(v))
                .map(Place::Own)
        })
    }
    fn held(&self, table: &Table) -> Vec<(Held, Place)> {
        let mut out = Vec::new();
        for (r, role) in table.roles.iter().enumerate() {
            let name = self.act.as_str();
            let found = || {
                let at = role
                    .actions
                    .iter()
                    .position(|a| a.name == name || a.verb == name);
                at.map(|a| Act::Fixed(u8::try_from(a).expect("at most 255 actions")))
            };
            let act = if name == "random" {
                Some(Act::Random)
            } else {
                found()
            };
            let (Some(act), Some(place)) = (act, self.place(table, r)) else {
                continue;
            };
            if self.roles.contains(&role.name) {
                let held = Held {
                    slots: slots_of_roles(std::slice::from_ref(&role.name), table),
                    act,
                    mechanics: role.actions.iter().map(|a| a.mechanic).collect(),
                };
                out.push((held, place));
            }
        }
        out
    }
}

impl Mechanic for Config {
    fn references(&self) -> Vec<Reference> {
        let mut out = role_list("roles", &self.roles);
        for (path, sort, name) in [
            ("when", Sort::AnyVar, &self.when),
            ("act", Sort::Action, &self.act),
        ] {
            out.push(Reference {
                path: path.to_owned(),
                sort,
                name: name.clone(),
            });
        }
        out
    }
    fn object(&self) -> Vec<Objection> {
        Objection::chance("chance", self.chance)
            .into_iter()
            .collect()
    }
    fn install(&self, instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let held = self.held(table);
        let event = table.event("overridden");
        let name = name_hash(&format!("override.{instance}"));
        let chance = self.chance.0;
        at.system(Phase::Decide, move |mut shard: Shard| {
            let mut parts = shard.parts();
            for arena in 0..parts.arenas.n {
                for (held, place) in &held {
                    for slot in bits(held.slots) {
                        let mut one = parts.arena(arena);
                        let who = Slot::new(u8::try_from(slot).expect("at most 64"));
                        let place = match *place {
                            Place::Arena(var) => one.table.arena_place(var),
                            Place::Own(var) => one.table.slot_place(who, var),
                        };
                        let subject = u32::from(who.get());
                        if one.vars[place] == 0
                            || !one.agents.can_act(slot, one.head.tick)
                            || !one
                                .head
                                .draw
                                .key(Purpose::Override, name, 0)
                                .chance(subject, chance)
                        {
                            continue;
                        }
                        let from = one.agents.chosen[slot].0;
                        let to = match held.act {
                            Act::Fixed(action) => action,
                            Act::Random => {
                                let key = one.head.draw.key(
                                    Purpose::OverrideAction,
                                    name,
                                    u16::from(who.get()),
                                );
                                (1u8..=254)
                                    .take(held.mechanics.len() - 1)
                                    .min_by_key(|&a| (key.u64(u32::from(a)), a))
                                    .unwrap_or(0)
                            }
                        };
                        one.agents.chosen[slot].0 = to;
                        let fields = [who.get(), from, to].map(i64::from);
                        one.emit_fields(event, &fields);
                        let mechanic = held.mechanics[usize::from(to)];
                        parts.arenas.give_action(arena, slot, mechanic);
                    }
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::state::{Seen, Type, VarDecl};
    use crate::testing::{batch, compile_with, many, tick};

    const HALL: &str = "#####\n#...#\n#.A.#\n#...#\n#####";

    fn world(act: &str, chance: &str) -> std::sync::Arc<crate::scenario::Compiled> {
        let config =
            format!(r#"{{"roles":["agent"],"when":"held","act":"{act}","chance":{chance}}}"#);
        let mechanics = [
            ("move", "", r#"{"mode":"compass4"}"#),
            ("override", "hold", config.as_str()),
        ];
        compile_with(HALL, &mechanics, |table| {
            table.vars.push(VarDecl {
                name: "held".to_owned(),
                ty: Type::Bool,
                min: 0,
                max: 1,
                seen: Seen::None,
                revealed_by: None,
            });
        })
    }

    #[test]
    fn only_while_the_variable_holds_another_action_is_played() {
        let mut b = batch(&world("n", "1"));
        assert_eq!(tick(&mut b, &["s"]), "moved agent (2,2) (3,2)");
        b.edit(0, |one| one.vars[0] = 1);
        assert_eq!(
            tick(&mut b, &["s"]),
            "overridden agent 3 1; moved agent (3,2) (2,2)"
        );
        assert_eq!(
            tick(&mut b, &["noop"]),
            "overridden agent 0 1; moved agent (2,2) (1,2)"
        );
        b.edit(0, |one| {
            one.freeze(crate::ids::Slot::new(0), 3);
        });
        assert_eq!(tick(&mut b, &["noop"]), "", "who cannot act is left alone");
    }

    #[test]
    fn an_action_that_becomes_noop_does_nothing() {
        let mut b = batch(&world("noop", "1"));
        b.edit(0, |one| one.vars[0] = 1);
        assert_eq!(tick(&mut b, &["s"]), "overridden agent 3 0");
    }

    /// Binomial and multinomial bounds at 4 standard deviations.
    #[test]
    fn a_random_action_comes_as_often_as_said_and_is_each_as_likely() {
        use crate::batch::{Out, Serial};
        let n = 8000;
        let mut b = many(&world("random", "0.9"), n, 5);
        for arena in 0..n {
            b.edit(arena, |one| one.vars[0] = 1);
        }
        let actions = vec![0; n];
        b.step(&[&actions], &mut [Out::default()], &Serial)
            .expect("a step");
        let mut played = [0u32; 5];
        for arena in 0..n {
            let mut action = [0];
            b.played(arena, &mut action);
            played[usize::from(action[0])] += 1;
        }
        let far = |seen: u32, p: f64| {
            let mean = 8000.0 * p;
            (f64::from(seen) - mean).abs() / (mean * (1.0 - p)).sqrt()
        };
        assert!(far(played[0], 0.1) < 4.0, "{played:?}");
        for action in 1..5 {
            assert!(far(played[action], 0.225) < 4.0, "{played:?}");
        }
    }
}
