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
use crate::state::{
    ALIVE, AWAY, Agent, AgentColumn, ArenaMut, MessageDecl, ON, Shard, Table, Type,
};

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

/// Number + 1 of what the slot said and what is not heard yet, see [`Config::all`]; 0 for none.
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
        usize::from(self.0) <= table.messages.iter().map(MessageDecl::n_said).sum()
    }
}

impl Mechanic for Config {
    fn most_rows(&self, event: &str, fields: &[Type], table: &crate::state::Table) -> usize {
        match event {
            "heard" => table.n_slots() * table.n_slots(),
            _ => super::most_by_fields(fields, table),
        }
    }
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
    fn verbs_with(
        &self,
        _instance: &str,
        role: &str,
        messages: &[MessageDecl],
    ) -> Vec<(String, String, u8)> {
        if !speaks(self.by.as_ref(), role) {
            return Vec::new();
        }
        let said = self.all(messages).into_iter().map(|(kind, _, said)| {
            let decl = messages.iter().find(|m| m.name == self.kinds[kind]);
            let mut name = format!("say:{}", self.kinds[kind]);
            for word in decl.iter().flat_map(|decl| decl.words(said)) {
                name.push(':');
                name += word;
            }
            name
        });
        // More than 255 actions are refused where the role's list is read.
        let numbered = said.take(255).zip(0u8..);
        numbered
            .map(|(name, i)| (name, "say".to_owned(), i))
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
        let table = at.world.resource::<Table>();
        // Effects are numbered from 1; messages follow the beams, and names of both are unique in a file.
        let effect = |kind: &String| {
            let place = table.effects.iter().position(|e| e == kind);
            place.map_or(0, |i| u8::try_from(i + 1).expect("few effects"))
        };
        let short = |n: usize| u8::try_from(n).expect("a role has at most 255 actions");
        let all = self.all(&table.messages).into_iter();
        let speech = Speech {
            says: all
                .take(255)
                .map(|(kind, message, said)| Said {
                    message: short(message),
                    said: short(said),
                    effect: effect(&self.kinds[kind]),
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
                            if let Some(argument) = outbox.0.checked_sub(1) {
                                let what = speech.says[usize::from(argument)];
                                speech.deliver(&mut one, slot, what, &programs);
                            }
                        }
                    }
                    for slot in 0..n {
                        let chosen = usize::from(parts.agents.chosen[arena * n + slot].0);
                        if let Some(argument) =
                            arguments[usize::from(roles[slot]) + chosen].checked_sub(1)
                        {
                            outboxes[arena * n + slot] =
                                speech.say(&mut parts.arena(arena), slot, argument, &programs);
                        }
                    }
                }
            },
        );
    }
}

impl Config {
    /// Everything that can be said, in the order of the actions: (kind of `kinds`, message of the file, its arguments as one number).
    fn all(&self, messages: &[MessageDecl]) -> Vec<(usize, usize, usize)> {
        let mut out = Vec::new();
        for (kind, name) in self.kinds.iter().enumerate() {
            if let Some(message) = messages.iter().position(|m| m.name == *name) {
                let n = messages[message].n_said();
                out.extend((0..n).map(|said| (kind, message, said)));
            }
        }
        out
    }
}

/// Something that can be said.
#[derive(Clone, Copy)]
struct Said {
    message: u8,
    /// Its arguments as one number.
    said: u8,
    /// The effect that shows it; 0 for none.
    effect: u8,
}

struct Speech {
    says: Vec<Said>,
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
        argument: u8,
        programs: &Programs,
    ) -> Outbox {
        let what = self.says[usize::from(argument)];
        let who = Slot::new(u8::try_from(slot).expect("at most 64"));
        let honest = truth(arena, who, what, programs);
        let fields = [who.get(), what.message, u8::from(honest)].map(i64::from);
        arena.emit_with(Some(self.said), &fields, i64::from(what.said));
        if self.cost != 0 {
            arena.pay(who, ChannelId::MAIN, -self.cost);
        }
        if let (effect @ 1.., Some(cell)) = (what.effect, arena.body(who)) {
            arena.show_effect(cell, effect);
        }
        if self.delay == 0 {
            self.deliver(arena, slot, what, programs);
            return Outbox(0);
        }
        Outbox(argument + 1)
    }

    fn deliver(&self, arena: &mut ArenaMut<'_>, sender: usize, what: Said, programs: &Programs) {
        let from = Slot::new(u8::try_from(sender).expect("at most 64"));
        let true_now = truth(arena, from, what, programs);
        let cell = |arena: &ArenaMut<'_>, slot: usize| Cell::new(arena.agents.pos[slot].0);
        for hearer in 0..arena.agents.status.len() {
            let (dy, dx) = (arena.table.geometry).offset(cell(arena, sender), cell(arena, hearer));
            let distance = dy.unsigned_abs().max(dx.unsigned_abs());
            let there = arena.agents.status[hearer].0 & (ALIVE | ON | AWAY) == ALIVE | ON;
            if hearer != sender && there && distance <= self.range {
                arena.hear(
                    Slot::new(u8::try_from(hearer).expect("at most 64")),
                    from,
                    what.message,
                    what.said,
                    true_now,
                );
            }
        }
    }
}

fn truth(arena: &mut ArenaMut<'_>, sender: Slot, what: Said, programs: &Programs) -> bool {
    match programs.truth.get(usize::from(what.message)) {
        Some(program) => program.value(arena, &[sender.get(), what.said].map(i64::from)) != 0,
        None => true,
    }
}
