//! The acts: what rules and mechanics do to bodies, things and doors. Each keeps map, columns and events in step, and an act that
//! belongs to a mechanic emits that mechanic's event.

use super::agents::{ALIVE, AWAY, BODY_ON_MAP, NEVER, ON};
use super::arena::{ArenaMut, End};
use super::table::Layer;
use super::things::Refusal;
use crate::draw::Purpose;
use crate::ids::{Cell, ChannelId, EventId, KindId, Num, RoleId, Slot};

/// Where an agent that was away comes back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ReturnAt {
    /// A free spawn cell of its role.
    #[default]
    Spawn,
    /// The cell that it left; it waits while that is taken.
    Same,
    /// Any free cell of the map that shows no item.
    Random,
}

/// How the acts of mechanics are played in this scenario, and the events that they emit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Acts {
    /// Whether an agent that is switched off leaves the map.
    pub body_gone: bool,
    /// Whether bodies step from cell to cell; where they do not, nobody enters a cell.
    pub bodies_move: bool,
    /// Whether a body that steps onto another exchanges cells with it.
    pub bodies_swap: bool,
    /// Kinds of things that open and shut.
    pub doors: Vec<KindId>,
    /// Where an agent comes back.
    pub return_at: ReturnAt,
    /// `away(slot, int)`.
    pub away: Option<EventId>,
    /// `returned(slot)`.
    pub returned: Option<EventId>,
    /// `disabled(slot, slot)`.
    pub disabled: Option<EventId>,
    /// `enabled(slot, slot)`.
    pub enabled: Option<EventId>,
    /// `opened(thing)`.
    pub opened: Option<EventId>,
    /// `closed(thing)`.
    pub closed: Option<EventId>,
    /// `dropped(slot, kind, cell)`.
    pub dropped: Option<EventId>,
    /// Whether things of a kind can be owned, by kind; empty where nothing can.
    pub claimable: Vec<bool>,
    /// `claimed(slot, cell)`.
    pub claimed: Option<EventId>,
    /// `lost(slot, cell)`.
    pub lost: Option<EventId>,
    /// `heard(slot, slot, message, bool)`.
    pub heard: Option<EventId>,
    /// What bodies push.
    pub pushes: Vec<super::push::PushRule>,
    /// `pushed(slot, thing, cell)`.
    pub pushed: Option<EventId>,
    /// `refused(effect, cell)`; declared where rules, measures or captions name it.
    pub refused: Option<EventId>,
}

impl ArenaMut<'_> {
    /// Cell of the body, or `None` while it has none on the map.
    pub fn body(&self, slot: Slot) -> Option<Cell> {
        (self.agents.status[slot.index()].0 & BODY_ON_MAP != 0)
            .then(|| Cell::new(self.agents.pos[slot.index()].0))
    }
    /// The look byte of the slot's body: bits 0–2 role + 1, 3–4 facing, 5 frozen or off, 6 carrying, 7 the role's own bit.
    pub fn look_byte(&self, slot: Slot) -> u8 {
        let i = slot.index();
        let role = self.table.role_of(slot);
        let stopped =
            self.agents.frozen_until[i].0 > self.head.tick + 1 || self.agents.status[i].0 & ON == 0;
        let carrying = self.agents.carried[i].0.iter().any(|&n| n > 0);
        let own = self.table.roles[role.index()]
            .look
            .is_some_and(|var| self.vars[self.table.slot_place(slot, usize::from(var))] != 0);
        (role.get() + 1)
            | (self.agents.facing[i].0 << 3)
            | (u8::from(stopped) << 5)
            | (u8::from(carrying) << 6)
            | (u8::from(own) << 7)
    }
    /// Shows the body as its columns say; call it after a change of facing, freeze, load or look bit.
    pub fn refresh_body(&mut self, slot: Slot) {
        if let Some(cell) = self.body(slot) {
            let look = self.look_byte(slot);
            self.cells.set_body(cell, slot.get() + 1, look);
        }
    }
    /// Takes the body off the map; its position is kept.
    pub fn remove_body(&mut self, slot: Slot) {
        if let Some(cell) = self.body(slot) {
            self.cells.set_body(cell, 0, 0);
            self.agents.status[slot.index()].0 &= !BODY_ON_MAP;
        }
    }
    /// Puts the body into a free cell; `false` (and counted) when the cell is not free. It enters the cell in the next tick.
    pub fn put_body(&mut self, slot: Slot, cell: Cell) -> bool {
        self.put_or_refuse(slot, cell, Refusal::MoveTo)
    }
    fn put_or_refuse(&mut self, slot: Slot, cell: Cell, what: Refusal) -> bool {
        if !self.table.geometry.inside(cell) || !self.cells.is_free(cell) {
            self.refuse(what, cell);
            return false;
        }
        self.remove_body(slot);
        let i = slot.index();
        self.agents.pos[i].0 = cell.get();
        self.agents.status[i].0 |= BODY_ON_MAP;
        self.head.lands |= 1 << i;
        self.refresh_body(slot);
        true
    }
    /// `pay`: adds to the slot's reward of this tick.
    pub fn pay(&mut self, slot: Slot, channel: ChannelId, amount: Num) {
        let place = &mut self.pay[slot.index() * self.table.channels.len() + channel.index()];
        *place = place.saturating_add(amount);
    }
    /// Freezes the slot: no act in the next `ticks` − 1 ticks; never shortens a freeze.
    pub fn freeze(&mut self, slot: Slot, ticks: u32) {
        let until = self.head.tick.saturating_add(ticks);
        let frozen = &mut self.agents.frozen_until[slot.index()].0;
        *frozen = until.max(*frozen);
        self.head.next_thaw = self.head.next_thaw.min(until);
        self.refresh_body(slot);
    }
    /// Ticks for which the slot cannot act, this one not counted.
    pub fn frozen_ticks(&self, slot: Slot) -> u32 {
        self.agents.frozen_until[slot.index()]
            .0
            .saturating_sub(self.head.tick + 1)
    }
    /// `send_away`: the body leaves the map and comes back after `ticks`, or never.
    pub fn send_away(&mut self, slot: Slot, ticks: Option<u32>) {
        let i = slot.index();
        if self.agents.status[i].0 & (AWAY | ALIVE) != ALIVE {
            return;
        }
        self.remove_body(slot);
        self.agents.status[i].0 |= AWAY;
        self.agents.back_at[i].0 =
            ticks.map_or(NEVER, |n| self.head.tick.saturating_add(n).min(NEVER - 1));
        self.emit_fields(
            self.table.acts.away,
            &[i64::from(slot.get()), ticks.map_or(-1, i64::from)],
        );
    }
    /// Whether an agent that is not away has a body on the map: it lives, and it is on where bodies of those that are off go.
    fn stands(&self, slot: Slot) -> bool {
        let status = self.agents.status[slot.index()].0;
        status & ALIVE != 0 && (status & ON != 0 || !self.table.acts.body_gone)
    }
    /// Brings an agent that is away back, if there is a free cell; else it waits. Whoever is dead stays away; whoever is off and
    /// whose body is gone comes back without one.
    pub fn bring_back(&mut self, slot: Slot) -> bool {
        let i = slot.index();
        if self.agents.status[i].0 & ALIVE == 0 {
            return false;
        }
        if self.stands(slot) {
            let Some(cell) = self.return_cell(slot) else {
                return false;
            };
            self.put_body(slot, cell);
        }
        self.agents.status[i].0 &= !AWAY;
        self.agents.back_at[i].0 = 0;
        self.emit_fields(self.table.acts.returned, &[i64::from(slot.get())]);
        true
    }
    /// A free cell to return to: each candidate has its own draw, the smallest wins.
    fn return_cell(&self, slot: Slot) -> Option<Cell> {
        let free = |c: &Cell| self.cells.is_free(*c);
        let g = &self.table.geometry;
        match self.table.acts.return_at {
            ReturnAt::Same => Some(Cell::new(self.agents.pos[slot.index()].0)).filter(free),
            ReturnAt::Spawn => {
                let key = self
                    .head
                    .draw
                    .key(Purpose::Return, u32::from(slot.get()), 0);
                let role = self.table.role_of(slot);
                let spawns =
                    &self.table.layouts[usize::from(self.head.layout)].spawns[role.index()];
                spawns
                    .iter()
                    .copied()
                    .filter(free)
                    .min_by_key(|&c| (key.u64(g.subject(c)), c))
            }
            ReturnAt::Random => {
                let key = self
                    .head
                    .draw
                    .key(Purpose::Return, u32::from(slot.get()), 0);
                (0..g.height)
                    .flat_map(|r| (0..g.width).map(move |c| g.cell(r, c)))
                    .filter(|&c| free(&c) && self.cells.get(c, Layer::Item) == 0)
                    .min_by_key(|&c| (key.u64(g.subject(c)), c))
            }
        }
    }
    /// `kill`: the slot is dead and its body gone.
    pub fn kill(&mut self, slot: Slot) {
        self.remove_body(slot);
        self.agents.status[slot.index()].0 &= !ALIVE;
    }
    /// `revive`: a dead slot lives again where those that were away come back, if there is a free cell; while it is away, or off with
    /// its body gone, without a body.
    pub fn revive(&mut self, slot: Slot) -> bool {
        let i = slot.index();
        if self.agents.status[i].0 & ALIVE != 0 {
            return false;
        }
        let status = self.agents.status[i].0;
        let bodiless = status & AWAY != 0 || status & ON == 0 && self.table.acts.body_gone;
        if !bodiless {
            let Some(cell) = self.return_cell(slot) else {
                self.refuse(Refusal::Revive, Cell::new(self.agents.pos[i].0));
                return false;
            };
            self.put_body(slot, cell);
        }
        self.agents.status[i].0 |= ALIVE;
        true
    }
    /// `disable`: switches the slot off; the event is attributed to the slot that is switched off, `by` stands second.
    pub fn disable(&mut self, slot: Slot, by: Option<Slot>) {
        let i = slot.index();
        if self.agents.status[i].0 & ON == 0 {
            return;
        }
        self.agents.status[i].0 &= !ON;
        if self.table.acts.body_gone {
            self.remove_body(slot);
        } else {
            self.refresh_body(slot);
        }
        self.emit_fields(
            self.table.acts.disabled,
            &[i64::from(slot.get()), by.map_or(-1, |s| i64::from(s.get()))],
        );
    }
    /// `enable`: switches the slot on again; refused while its cell is taken.
    pub fn enable(&mut self, slot: Slot, by: Option<Slot>) {
        let i = slot.index();
        if self.agents.status[i].0 & ON != 0 {
            return;
        }
        let cell = Cell::new(self.agents.pos[i].0);
        let bodiless = self.agents.status[i].0 & (AWAY | ALIVE) != ALIVE;
        if self.table.acts.body_gone
            && !bodiless
            && !self.put_or_refuse(slot, cell, Refusal::Enable)
        {
            return;
        }
        self.agents.status[i].0 |= ON;
        self.refresh_body(slot);
        self.emit_fields(
            self.table.acts.enabled,
            &[i64::from(slot.get()), by.map_or(-1, |s| i64::from(s.get()))],
        );
    }
    /// `open`, `shut`: sets a door; shutting it on a body is refused. `false` when nothing changed.
    pub fn set_open(&mut self, row: usize, open: bool) -> bool {
        let thing = self.rows[row];
        if (thing.state != 0) == open || thing.cell == 0 {
            return false;
        }
        let cell = Cell::new(thing.cell);
        if !open && self.cells.word(cell)[super::table::BODY] != 0 {
            self.refuse(Refusal::Shut, cell);
            return false;
        }
        self.rows[row].state = u8::from(open);
        self.refresh_thing(row);
        let event = if open {
            self.table.acts.opened
        } else {
            self.table.acts.closed
        };
        self.emit_fields(event, &[i64::try_from(row).expect("at most 256 rows")]);
        true
    }
    /// `finish`: the episode is over for all, by the scenario's own word.
    pub fn finish(&mut self) {
        self.head.end = End::Terminated;
    }
    /// `next_round`: the round ends with this tick; the last round's end is the episode's.
    pub fn next_round(&mut self) {
        self.head.round_over = true;
    }
    /// A message reaches a slot: kept for `heard`, `last`, `arg` and the own vector. `said`: its arguments as one number.
    pub fn hear(&mut self, hearer: Slot, sender: Slot, message: u8, said: u8, true_now: bool) {
        let (messages, roles) = (self.table.messages.len(), self.table.roles.len());
        let (h, m) = (hearer.index(), usize::from(message));
        self.heard_at[h * messages + m] = self.head.tick + 1;
        if let Some(last) = self.heard_said.get_mut(h * messages + m) {
            *last = said;
        }
        let role: RoleId = self.table.role_of(sender);
        let count = &mut self.heard_now[(h * roles + role.index()) * messages + m];
        *count = count.saturating_add(1);
        let fields = [hearer.get(), sender.get(), message, u8::from(true_now)].map(i64::from);
        self.emit_with(self.table.acts.heard, &fields, i64::from(said));
    }
    /// An event that a mechanic emits about a slot, a kind and a cell (`eaten`, `taken`, `deposited`, …).
    pub fn emit_at(&mut self, event: EventId, slot: Slot, kind: KindId, cell: Cell) {
        self.emit_fields(
            Some(event),
            &[
                i64::from(slot.get()),
                i64::from(kind.get()),
                i64::from(cell.get()),
            ],
        );
    }
}
