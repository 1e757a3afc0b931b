//! Effects: what rules do to the arena, through its acts.
//!
//! **Invariant.** An effect with a missing referent does nothing and is counted.

use super::Machine;
use crate::event::EventRow;
use crate::ids::{ChannelId, EventId, KindId, Slot};
use crate::rules::code::{Code, Fix, MISSING, Op};

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "values were checked to be in range; slots and rows are few"
)]
impl Machine<'_, '_> {
    /// Does an effect; `false` if it could not be done because something is missing.
    pub(super) fn effect(&mut self, op: Op) -> bool {
        let number = self.get(op.b);
        match op.code {
            Code::Store => return self.store(op),
            Code::StoreRow => return self.store_row(op),
            Code::Emit => return self.emit(op.imm as usize),
            Code::Finish => {
                self.arena.finish();
                return true;
            }
            Code::NextRound => {
                self.arena.next_round();
                return true;
            }
            Code::Place | Code::Clear => {
                let Some(cell) = self.cell(op.a) else {
                    return false;
                };
                let kind = KindId::new(op.imm as u8);
                // The acts count what they refuse.
                let _ = if op.code == Code::Place {
                    self.arena.place(kind, cell)
                } else {
                    self.arena.clear(kind, cell)
                };
                return true;
            }
            Code::Become => {
                let Some(row) = self.row(op.a) else {
                    return false;
                };
                self.arena.turn_into(row, KindId::new(op.imm as u8));
                return true;
            }
            Code::SetOpen => {
                let Some(row) = self.row(op.a) else {
                    return false;
                };
                self.arena.set_open(row, op.imm == 1);
                return true;
            }
            _ => {}
        }
        let Some(slot) = self.slot(op.a) else {
            return false;
        };
        let who = Slot::new(slot as u8);
        match op.code {
            Code::Kill => self.arena.kill(who),
            Code::Revive => drop_flag(self.arena.revive(who)),
            Code::DropAll => self.arena.drop_all(who),
            Code::Disable | Code::Enable => {
                let by = self.slot(op.b).map(|s| Slot::new(s as u8));
                if op.code == Code::Disable {
                    self.arena.disable(who, by);
                } else {
                    self.arena.enable(who, by);
                }
            }
            Code::MoveTo => match (self.cell(op.b), self.arena.body(who)) {
                (Some(cell), Some(_)) => drop_flag(self.arena.put_body(who, cell)),
                _ => return false,
            },
            Code::Claim => {
                return self
                    .cell(op.b)
                    .is_some_and(|cell| self.arena.claim(who, cell));
            }
            Code::Tell => {
                let sender = self.slot(op.b).map_or(who, |s| Slot::new(s as u8));
                let truth = self.truth.get(op.imm as usize);
                let holds = truth.is_none_or(|program| {
                    program.value(self.arena, &[i64::from(sender.get())]) != 0
                });
                self.arena.hear(who, sender, op.imm as u8, 0, holds);
            }
            Code::StoreSlot => return self.store_slot(op, who),
            Code::SendAway if op.imm == 1 => self.arena.send_away(who, None),
            _ if number == MISSING => return false,
            Code::Pay => self.arena.pay(who, ChannelId::new(op.imm as u8), number),
            Code::Freeze => self
                .arena
                .freeze(who, number.clamp(0, i64::from(i32::MAX)) as u32),
            Code::SendAway => self
                .arena
                .send_away(who, Some(number.clamp(0, i64::from(i32::MAX)) as u32)),
            _ => return self.hand_over(op, who, number.clamp(0, 255) as u8),
        }
        true
    }

    fn hand_over(&mut self, op: Op, who: Slot, n: u8) -> bool {
        let item = op.imm as usize;
        match op.code {
            Code::Give => self.arena.give(who, item, n),
            Code::Take => {
                self.arena.take(who, item, n);
            }
            _ => {
                let Some(to) = self.slot(op.d) else {
                    return false;
                };
                self.arena.transfer(who, Slot::new(to as u8), item, n);
            }
        }
        true
    }

    fn store(&mut self, op: Op) -> bool {
        let Some(value) = Fix::of(op.b).write(self.get(op.a)) else {
            return false;
        };
        let place = op.imm as usize;
        let decl = &self.arena.table.vars[place];
        self.arena.vars[place] = decl.bounded(value);
        true
    }

    fn store_slot(&mut self, op: Op, who: Slot) -> bool {
        let table = self.arena.table;
        let role = table.role_of(who).index();
        let var = self.program.maps[op.imm as usize][role];
        let (Some(value), true) = (Fix::of(op.d).write(self.get(op.b)), var != u8::MAX) else {
            return false;
        };
        let place = table.slot_place(who, usize::from(var));
        self.arena.vars[place] = table.role_vars[role][usize::from(var)].bounded(value);
        if table.roles[role].look == Some(var) {
            self.arena.refresh_body(who);
        }
        true
    }

    fn store_row(&mut self, op: Op) -> bool {
        let Some(row) = self.row(op.a) else {
            return false;
        };
        let table = self.arena.table;
        let kind = table.rows[row].kind;
        let var = self.program.maps[op.imm as usize][kind.index()];
        let (Some(value), true) = (Fix::of(op.d).write(self.get(op.b)), var != u8::MAX) else {
            return false;
        };
        let decl = &table.thing_vars[kind.index()][usize::from(var)];
        let value = decl.bounded(value);
        self.arena.vars[table.row_place(row, usize::from(var))] = value;
        self.arena.refresh_thing(row);
        true
    }

    fn emit(&mut self, index: usize) -> bool {
        let emission = &self.program.emits[index];
        let mut row = EventRow::new(EventId::new(emission.event));
        for (register, part, fix) in &emission.args {
            let Some(value) = fix.write(self.get(*register)) else {
                return false;
            };
            row.set(*part, value);
        }
        match emission.after.map(|r| self.get(r)) {
            None => self.arena.emit(row),
            Some(MISSING) => return false,
            Some(after) => self
                .arena
                .emit_later(row, after.clamp(1, i64::from(i32::MAX)) as u32),
        }
        true
    }
}

/// The act has counted a refusal itself.
fn drop_flag(_done: bool) {}
