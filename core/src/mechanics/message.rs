//! `message`: agents say one of a fixed list of things, and others hear it.

use bevy_ecs::component::Component;
use bevy_ecs::query::With;
use bevy_ecs::system::{Query, Res};
use serde::Deserialize;

use super::{
    Decimal, Install, Mechanic, MechanicDef, Objection, Reference, Sort, read_config, roles_of,
    speaks,
};
use crate::ids::{Cell, ChannelId, Slot};
use crate::phase::Phase;
use crate::rules::Programs;
use crate::state::{ALIVE, AWAY, Agent, AgentColumn, ArenaMut, ON, Shard, Type};

/// Agents say one of the scenario's messages; whoever is near enough hears it.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Messages that can be said, keys of `[messages]`.
    pub kinds: Vec<String>,
    /// Greatest distance at which it is heard (the larger of rows and columns).
    #[serde(default = "ninety_nine")]
    pub range: u32,
    /// What saying something costs, in the channel `main`.
    #[serde(default)]
    pub cost: Decimal,
    /// Who hears it: all in `range`, or `all`, who then also see it above the speaker's head.
    #[serde(default)]
    pub overheard_by: Overheard,
    /// Ticks until it is heard, 0 or 1.
    #[serde(default = "one")]
    pub delay: u8,
    /// Roles that can speak; all without it.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

/// Who hears a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Overheard {
    /// All in range.
    #[default]
    Range,
    /// All, wherever they are.
    All,
}

fn ninety_nine() -> u32 {
    99
}

fn one() -> u8 {
    1
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "message",
    named: false,
    doc: "Agents say one of a fixed list of things, and others hear it.",
    events: &[
        ("said", &[Type::Slot, Type::Message, Type::Bool]),
        (
            "heard",
            &[Type::Slot, Type::Slot, Type::Message, Type::Bool],
        ),
    ],
    fields: &[],
    needs: &[],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

/// Message + 1 that the slot said and that is not heard yet; 0 for none.
#[derive(Component, Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Outbox(u8);

impl AgentColumn for Outbox {
    const NAME: &'static str = "message.outbox";
    const BYTES: usize = 1;
    fn write(&self, out: &mut [u8]) {
        out[0] = self.0;
    }
    fn read(bytes: &[u8]) -> Self {
        Self(bytes[0])
    }
    fn is_valid(&self, table: &crate::state::Table) -> bool {
        usize::from(self.0) <= table.messages.len()
    }
}

impl Mechanic for Config {
    fn references(&self) -> Vec<Reference> {
        let one = |(i, name): (usize, &String)| Reference {
            path: format!("kinds[{i}]"),
            sort: Sort::Message,
            name: name.clone(),
        };
        let mut out: Vec<_> = self.kinds.iter().enumerate().map(one).collect();
        out.extend(roles_of(self.by.as_ref()));
        out
    }
    fn object(&self) -> Vec<Objection> {
        Objection::range("delay", i64::from(self.delay), 0, 1)
            .into_iter()
            .collect()
    }
    fn verbs(&self, _instance: &str, role: &str) -> Vec<(String, String, u8)> {
        if !speaks(self.by.as_ref(), role) {
            return Vec::new();
        }
        let numbered = (0u8..).zip(&self.kinds);
        numbered
            .map(|(i, kind)| (format!("say:{kind}"), "say".to_owned(), i))
            .collect()
    }
    fn effects(&self, _instance: &str) -> (Vec<String>, Vec<String>) {
        (
            Vec::new(),
            if self.overheard_by == Overheard::All {
                self.kinds.clone()
            } else {
                Vec::new()
            },
        )
    }
    fn install(&self, _instance: &str, at: &mut Install<'_>) {
        at.agent_column::<Outbox>();
        let table = at.world.resource::<crate::state::Table>();
        let message = |name: &String| {
            table
                .messages
                .iter()
                .position(|m| m.name == *name)
                .and_then(|i| u8::try_from(i).ok())
        };
        let speech = Speech {
            messages: self.kinds.iter().filter_map(message).collect(),
            // Effects are numbered from 1; messages follow the beams, and names of both are unique in a file.
            effects: self
                .kinds
                .iter()
                .map(|k| {
                    table
                        .effects
                        .iter()
                        .position(|e| e == k)
                        .map_or(0, |i| u8::try_from(i + 1).expect("few effects"))
                })
                .collect(),
            range: if self.overheard_by == Overheard::All {
                u32::MAX
            } else {
                self.range
            },
            cost: self.cost.0,
            delay: self.delay,
            said: table.event("said").expect("declared above"),
        };
        let (roles, arguments) = (super::role_offsets(table), at.arguments());
        at.system(
            Phase::Act,
            move |mut shard: Shard,
                  programs: Res<Programs>,
                  mut outboxes: Query<&mut Outbox, With<Agent>>| {
                let Some(mut outboxes) = outboxes
                    .contiguous_iter_mut()
                    .ok()
                    .and_then(|mut t| t.next())
                else {
                    return;
                };
                let outboxes = outboxes.bypass_change_detection();
                let mut parts = shard.parts();
                let n = roles.len();
                for arena in 0..parts.arenas.n {
                    let rows = arena * n..(arena + 1) * n;
                    if outboxes[rows.clone()].iter().any(|o| o.0 > 0) {
                        let mut one = parts.arena(arena);
                        for slot in 0..n {
                            let outbox = std::mem::take(&mut outboxes[arena * n + slot]);
                            if let Some(message) = outbox.0.checked_sub(1) {
                                speech.deliver(&mut one, slot, message, &programs);
                            }
                        }
                    }
                    for slot in 0..n {
                        let chosen = usize::from(parts.agents.chosen[arena * n + slot].0);
                        if let Some(argument) =
                            arguments[usize::from(roles[slot]) + chosen].checked_sub(1)
                        {
                            outboxes[arena * n + slot] = speech.say(
                                &mut parts.arena(arena),
                                slot,
                                usize::from(argument),
                                &programs,
                            );
                        }
                    }
                }
            },
        );
    }
}

struct Speech {
    messages: Vec<u8>,
    effects: Vec<u8>,
    range: u32,
    cost: i64,
    delay: u8,
    said: crate::ids::EventId,
}

impl Speech {
    fn say(
        &self,
        arena: &mut ArenaMut<'_>,
        slot: usize,
        argument: usize,
        programs: &Programs,
    ) -> Outbox {
        let message = self.messages[argument];
        let who = Slot::new(u8::try_from(slot).expect("at most 64"));
        let honest = truth(arena, who, message, programs);
        arena.emit_fields(
            Some(self.said),
            &[i64::from(who.get()), i64::from(message), i64::from(honest)],
        );
        if self.cost != 0 {
            arena.pay(who, ChannelId::MAIN, -self.cost);
        }
        if let (effect @ 1.., Some(cell)) = (self.effects[argument], arena.body(who)) {
            arena.show_effect(cell, effect);
        }
        if self.delay == 0 {
            self.deliver(arena, slot, message, programs);
            return Outbox(0);
        }
        Outbox(message + 1)
    }

    fn deliver(&self, arena: &mut ArenaMut<'_>, sender: usize, message: u8, programs: &Programs) {
        let from = Slot::new(u8::try_from(sender).expect("at most 64"));
        let true_now = truth(arena, from, message, programs);
        let cell = |arena: &ArenaMut<'_>, slot: usize| Cell::new(arena.agents.pos[slot].0);
        for hearer in 0..arena.agents.status.len() {
            let (dy, dx) = (arena.table.geometry).offset(cell(arena, sender), cell(arena, hearer));
            let distance = dy.unsigned_abs().max(dx.unsigned_abs());
            let there = arena.agents.status[hearer].0 & (ALIVE | ON | AWAY) == ALIVE | ON;
            if hearer != sender && there && distance <= self.range {
                arena.hear(
                    Slot::new(u8::try_from(hearer).expect("at most 64")),
                    from,
                    message,
                    true_now,
                );
            }
        }
    }
}

fn truth(arena: &mut ArenaMut<'_>, sender: Slot, message: u8, programs: &Programs) -> bool {
    match programs.truth.get(usize::from(message)) {
        Some(program) => program.value(arena, &[i64::from(sender.get())]) != 0,
        None => true,
    }
}
