//! Columns that every agent has: components of the one agent archetype, row = arena · slots + slot.

use bevy_ecs::change_detection::ContiguousMut;
use bevy_ecs::component::Component;
use bevy_ecs::query::With;
use bevy_ecs::system::Query;

/// Most beam instances of a scenario.
pub const MAX_BEAMS: usize = 4;
/// Most kinds that can be carried.
pub const MAX_ITEMS: usize = 16;
/// Registers of a script.
pub const MAX_REGISTERS: usize = 8;
/// A tick that never comes.
pub const NEVER: u32 = u32::MAX;

/// Marks the agent archetype.
#[derive(Component, Clone, Copy, Debug)]
pub struct Agent;

/// Padded cell of the body; kept while the body is off the map, 0 before it was ever there.
#[derive(Component, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pos(pub u16);
/// 0 north, 1 east, 2 south, 3 west.
#[derive(Component, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Facing(pub u8);
/// [`ALIVE`], [`ON`], [`AWAY`], [`BODY_ON_MAP`].
#[derive(Component, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Status(pub u8);
/// First tick at which the agent may act again; 0 when it is not frozen.
#[derive(Component, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FrozenUntil(pub u32);
/// Tick at which an agent that is away comes back; [`NEVER`] for not at all, 0 when it is not away.
#[derive(Component, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BackAt(pub u32);
/// Action of this tick, as played.
#[derive(Component, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Chosen(pub u8);
/// First tick at which each beam may fire again.
#[derive(Component, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ReadyAt(pub [u32; MAX_BEAMS]);
/// Number carried of each item kind.
#[derive(Component, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Carried(pub [u8; MAX_ITEMS]);
/// Illegal or masked actions of this episode, each played as `noop`.
#[derive(Component, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Illegal(pub u32);
/// Registers of the script that plays the slot.
#[derive(Component, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Registers(pub [i32; MAX_REGISTERS]);

/// Bit of [`Status`]: lives.
pub const ALIVE: u8 = 1;
/// Bit of [`Status`]: is switched on.
pub const ON: u8 = 2;
/// Bit of [`Status`]: is away for a while or for ever.
pub const AWAY: u8 = 4;
/// Bit of [`Status`]: has a body on the map.
pub const BODY_ON_MAP: u8 = 8;
/// The status of an agent that can act, if it is not frozen.
pub const IN_PLAY: u8 = ALIVE | ON | BODY_ON_MAP;

/// All shared agent columns at once.
pub type AgentQuery = (
    &'static mut Pos,
    &'static mut Facing,
    &'static mut Status,
    &'static mut FrozenUntil,
    &'static mut BackAt,
    &'static mut Chosen,
    &'static mut ReadyAt,
    &'static mut Carried,
    &'static mut Illegal,
    &'static mut Registers,
);

macro_rules! slices {
    ($($(#[$doc:meta])* $field:ident: $ty:ty),* $(,)?) => {
        /// The agents' columns of a whole shard.
        #[derive(Debug)]
        pub struct AgentParts<'a> { $($(#[$doc])* pub $field: &'a mut [$ty],)* }
        /// The agents' columns of one arena; index = slot.
        #[derive(Debug)]
        pub struct AgentSlices<'a> { $($(#[$doc])* pub $field: &'a mut [$ty],)* }
        impl AgentParts<'_> {
            /// The rows of one arena.
            pub fn arena(&mut self, arena: usize, n_slots: usize) -> AgentSlices<'_> {
                let rows = arena * n_slots..(arena + 1) * n_slots;
                AgentSlices { $($field: &mut self.$field[rows.clone()],)* }
            }
        }
        impl<'a> AgentParts<'a> {
            /// The slices of the one archetype; empty when there are no agents.
            pub fn of(query: &'a mut Query<'_, '_, AgentQuery, With<Agent>>) -> Self {
                match query.contiguous_iter_mut().ok().and_then(|mut tables| tables.next()) {
                    Some(($($field,)*)) => Self { $($field: ContiguousMut::bypass_change_detection_split($field).0,)* },
                    None => Self { $($field: &mut [],)* },
                }
            }
        }
    };
}
slices! {
    /// Padded cells.
    pos: Pos,
    /// Facings.
    facing: Facing,
    /// Status bits.
    status: Status,
    /// Ends of freezes.
    frozen_until: FrozenUntil,
    /// Ends of absences.
    back_at: BackAt,
    /// Actions of this tick.
    chosen: Chosen,
    /// Ends of cool-downs.
    ready_at: ReadyAt,
    /// Carried items.
    carried: Carried,
    /// Illegal actions so far.
    illegal: Illegal,
    /// Script registers.
    registers: Registers,
}

impl AgentSlices<'_> {
    /// Whether the agent can act in this tick: alive, on, there, and not frozen.
    pub fn can_act(&self, slot: usize, tick: u32) -> bool {
        self.status[slot].0 == IN_PLAY && self.frozen_until[slot].0 <= tick
    }
}
