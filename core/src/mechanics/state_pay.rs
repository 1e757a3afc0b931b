//! `state_pay`: a channel is paid the change of an expression.

use bevy_ecs::resource::Resource;
use bevy_ecs::system::ResMut;
use bevy_ecs::world::World;
use serde::Deserialize;

use super::{
    Install, Mechanic, MechanicDef, Reference, Sort, bits, read_config, roles_of, slots_of,
};
use crate::ids::{Num, Slot};
use crate::phase::Phase;
use crate::rules::Programs;
use crate::state::{ArenaColumn, Shard, Table, Type};

/// Pays a channel by how much an expression has changed since the last tick: what a state costs is given back when the state ends,
/// and over an episode the sum is last value minus first.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The reward channel.
    pub channel: String,
    /// The number, an expression of the rule language over the world, for example `"-10 * count(vase where on(it, corner))"`.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub is: Expression,
    /// Roles that are paid; all without it.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

/// A text or a number; the loader compiles it.
pub type Expression = serde_json::Value;

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "state_pay",
    named: true,
    doc: "A channel is paid the change of an expression.",
    events: &[],
    fields: &[],
    needs: &[],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

impl Mechanic for Config {
    fn references(&self) -> Vec<Reference> {
        let mut out = vec![Reference {
            path: "channel".to_owned(),
            sort: Sort::Channel,
            name: self.channel.clone(),
        }];
        out.extend(roles_of(self.by.as_ref()));
        out
    }
    fn expressions(&self) -> Vec<(&'static str, Type)> {
        vec![("is", Type::Num)]
    }
    fn install(&self, _instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let slots = slots_of(self.by.as_ref(), table);
        let is = at
            .world
            .resource::<Programs>()
            .of(at.position)
            .first()
            .cloned();
        let (Some(channel), Some(is)) = (table.channel(&self.channel), is) else {
            return;
        };
        let n_arenas = at.n_arenas;
        at.world.init_resource::<Last>();
        let mut last = at.world.resource_mut::<Last>();
        let index = last.0.len();
        last.0.push(vec![0; n_arenas]);
        at.column(LastColumn(index));
        let first = is.clone();
        // Before anything moves: what the world is worth at the start, of each round, is no change.
        at.system(
            Phase::Decide,
            move |mut shard: Shard, mut last: ResMut<Last>| {
                let mut parts = shard.parts();
                for arena in 0..parts.arenas.n {
                    let head = &parts.arenas.heads[arena];
                    if head.tick == head.round_from {
                        last.0[index][arena] = first.value(&mut parts.arena(arena), &[]);
                    }
                }
            },
        );
        at.system(
            Phase::Score,
            move |mut shard: Shard, mut last: ResMut<Last>| {
                let mut parts = shard.parts();
                for arena in 0..parts.arenas.n {
                    let mut one = parts.arena(arena);
                    let now: Num = is.value(&mut one, &[]);
                    let before = std::mem::replace(&mut last.0[index][arena], now);
                    let change = now.saturating_sub(before);
                    for slot in bits(if change == 0 { 0 } else { slots }) {
                        let who = Slot::new(u8::try_from(slot).expect("at most 64"));
                        one.pay(who, channel, change);
                    }
                }
            },
        );
    }
}

/// Value of the last tick: instance, arena.
#[derive(Resource, Debug, Default)]
struct Last(Vec<Vec<Num>>);

struct LastColumn(usize);

impl ArenaColumn for LastColumn {
    fn name(&self) -> &'static str {
        super::column_names!("state_pay.last")[self.0.min(7)]
    }
    fn bytes(&self, _world: &World) -> usize {
        size_of::<Num>()
    }
    fn save(&mut self, world: &World, arena: usize, out: &mut [u8]) {
        out.copy_from_slice(&world.resource::<Last>().0[self.0][arena].to_le_bytes());
    }
    fn load(&mut self, world: &mut World, arena: usize, bytes: &[u8]) -> bool {
        let value = crate::hash::StateHash::read(bytes);
        world.resource_mut::<Last>().0[self.0][arena] = value;
        true
    }
}
