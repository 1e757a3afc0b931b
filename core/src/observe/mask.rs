//! Which actions are legal: the mask, and what a bot or a random policy may choose from.

use crate::scenario::Compiled;
use crate::state::{Action, ArenaMut};

/// Whether an action is legal now. `noop` always is, unless the role may not play it while it can act.
pub(crate) fn is_legal(compiled: &Compiled, arena: &ArenaMut<'_>, slot: usize, action: u8) -> bool {
    if action == 0 {
        return may_rest(arena, slot) || !can_act(arena, slot);
    }
    let a = actions(arena, slot).get(usize::from(action));
    a.is_some_and(|a| can_act(arena, slot) && allows(compiled, arena, slot, a))
}

/// Writes the mask of a slot: 1 for each legal action.
pub(super) fn write(compiled: &Compiled, arena: &ArenaMut<'_>, slot: usize, out: &mut [i8]) {
    let can_act = can_act(arena, slot);
    let rests = may_rest(arena, slot) || !can_act;
    for ((i, action), out) in actions(arena, slot).iter().enumerate().zip(out) {
        let legal = if i == 0 {
            rests
        } else {
            can_act && allows(compiled, arena, slot, action)
        };
        *out = i8::from(legal);
    }
}

/// Whether the role may do nothing.
fn may_rest(arena: &ArenaMut<'_>, slot: usize) -> bool {
    arena.table.roles[usize::from(arena.table.slot_roles[slot])].noop
}

fn actions<'a>(arena: &ArenaMut<'a>, slot: usize) -> &'a [Action] {
    &arena.table.roles[usize::from(arena.table.slot_roles[slot])].actions
}

fn can_act(arena: &ArenaMut<'_>, slot: usize) -> bool {
    arena.agents.can_act(slot, arena.head.tick)
}

fn allows(compiled: &Compiled, arena: &ArenaMut<'_>, slot: usize, action: &Action) -> bool {
    let mechanic = compiled.mechanics.get(usize::from(action.mechanic));
    mechanic.is_none_or(|m| m.mechanic.legal(arena, slot, action.argument))
}
