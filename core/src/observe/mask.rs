//! Which actions are legal: the mask, and what a bot or a random policy may choose from.

use crate::scenario::Compiled;
use crate::state::ArenaMut;

/// Whether an action is legal now: the mask of a slot. `noop` always is.
pub(crate) fn is_legal(compiled: &Compiled, arena: &ArenaMut<'_>, slot: usize, action: u8) -> bool {
    if action == 0 {
        return true;
    }
    let role = usize::from(arena.table.slot_roles[slot]);
    let Some(a) = arena.table.roles[role].actions.get(usize::from(action)) else {
        return false;
    };
    arena.agents.can_act(slot, arena.head.tick)
        && compiled
            .mechanics
            .get(usize::from(a.mechanic))
            .is_none_or(|m| m.mechanic.legal(arena, slot, a.argument))
}
