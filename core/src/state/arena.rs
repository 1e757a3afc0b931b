//! What a file declares, arena after arena, in one resource; and the view of one arena through which rules, bots and slow
//! mechanics read and change it.

use bevy_ecs::change_detection::DetectChangesMut;
use bevy_ecs::query::With;
use bevy_ecs::resource::Resource;
use bevy_ecs::system::{Query, Res, ResMut, SystemParam};

use super::agents::{Agent, AgentParts, AgentQuery, AgentSlices};
use super::cells::Cells;
use super::table::{EFFECT, Table, Word};
use super::torus::Images;
use crate::draw::TickDraw;
use crate::event::EventRow;
use crate::ids::{Cell, Domain, EventId};

/// How an episode stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
pub enum End {
    /// It goes on.
    #[default]
    Running = 0,
    /// Ended by the scenario (`finish`, `time.end`): all rows are terminated.
    Terminated = 1,
    /// Ended by the tick limit or a drawn end: all rows are truncated.
    Truncated = 2,
}

/// Clock, seed and counters of one arena.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// Arena seed; travels with a snapshot, unlike the arena's index.
    pub seed: u64,
    /// Domain of the seed.
    pub domain: Domain,
    /// Episodes since the seed was set.
    pub episode: u32,
    /// Ticks done in this episode; during a step, the number of the tick that is running, from 0.
    pub tick: u32,
    /// Rounds done in this episode; the world of each is set up anew.
    pub round: u16,
    /// Tick at which the running round began.
    pub round_from: u32,
    /// Whether the round ends with this tick; set and used up within a step.
    pub round_over: bool,
    /// Orientation of the map, an index into [`Table::layouts`].
    pub layout: u8,
    /// Whether the episode is over.
    pub end: End,
    /// Draws of the running tick.
    pub draw: TickDraw,
    /// Rows of [`Arenas`]' events in use.
    pub n_events: u16,
    /// Rows that the rules have already answered.
    pub n_answered: u16,
    /// Rows of delayed events in use.
    pub n_later: u16,
    /// Cells with an effect byte, in use.
    pub n_effects: u16,
    /// Slots (bit = slot) that an effect put into their cell: they enter it in the next tick.
    pub lands: u64,
    /// No freeze that is shown ends before this tick; 0 when that is not known. Follows from the agents' columns.
    pub next_thaw: u32,
    /// A bound was broken: a bug; the family becomes inconclusive.
    pub fault: bool,
    /// Operations of the rule language that saturated.
    pub saturated: u32,
    /// Effects that could not be applied (an occupied cell, a missing referent).
    pub refused: u32,
}

impl Head {
    /// Whether no round follows the running one.
    pub const fn is_last_round(&self, time: &super::table::Time) -> bool {
        self.round + 1 >= time.rounds
    }
}

/// A thing with a row of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ThingRow {
    /// Padded cell; 0 when it is nowhere or carried.
    pub cell: u16,
    /// Slot + 1 of the holder; 0 when it is not carried.
    pub holder: u8,
    /// State: 1 for an open door, the state of a device.
    pub state: u8,
}

/// An event that is due later.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Later {
    /// Tick in whose phase institutions it is emitted.
    pub due: u32,
    /// The event.
    pub row: EventRow,
}

/// A map cell whose watched look code changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Touch {
    /// Padded cell.
    pub cell: u16,
    /// Code before.
    pub old: u8,
    /// Code after.
    pub new: u8,
}

/// Changes of watched codes since the watcher last looked; read and cleared by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Touched {
    /// Number of changes; more than fit means that the watcher must count anew.
    pub n: u16,
    /// The changes.
    pub list: [Touch; Self::MAX],
}

impl Touched {
    /// Changes that are kept one by one.
    pub const MAX: usize = 48;
}

impl Default for Touched {
    fn default() -> Self {
        Self {
            n: 0,
            list: [Touch::default(); Self::MAX],
        }
    }
}

/// How many places an arena has in each column: found once, since it is asked for every arena of every tick.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Sizes {
    slots: usize,
    cells: usize,
    kinds: usize,
    places: usize,
    rows: usize,
    pay: usize,
    heard_at: usize,
    heard_now: usize,
    heard_said: usize,
    events: usize,
    later: usize,
    effects: usize,
}

/// What a file declares, of all arenas of a shard, arena after arena.
#[derive(Resource, Debug)]
pub struct Arenas {
    /// Number of arenas.
    pub n: usize,
    sizes: Sizes,
    /// Clocks and counters.
    pub heads: Vec<Head>,
    pub(super) words: Vec<Word>,
    /// Things on the map, by kind.
    pub counts: Vec<u16>,
    /// Changes of watched codes.
    pub touched: Vec<Touched>,
    /// Codes that are watched.
    pub watch: [bool; 256],
    /// Variables, see [`Table::n_places`].
    pub vars: Vec<i64>,
    /// Thing rows.
    pub rows: Vec<ThingRow>,
    /// Rewards of this tick, slot · channels + channel.
    pub pay: Vec<i64>,
    /// Tick + 1 at which a slot last heard a message, slot · messages + message; 0 for never.
    pub heard_at: Vec<u32>,
    /// Messages heard in this tick, (slot · roles + role of the sender) · messages + message.
    pub heard_now: Vec<u8>,
    /// What a slot last heard a message say, slot · messages + message; empty where no message has arguments.
    pub heard_said: Vec<u8>,
    /// Events of this tick.
    pub events: Vec<EventRow>,
    /// Delayed events.
    pub later: Vec<Later>,
    /// Cells whose effect byte is set.
    pub effects: Vec<u16>,
    /// Slots that entered a cell in this tick (bit = slot). Lives for one tick, like the two that follow; no state.
    pub arrived: Vec<u64>,
    /// Slots whose action belongs to a mechanic: arena · places + position; the last place is that of `noop`.
    acting: Vec<u64>,
    /// The tick's order of slots, arena · slots.
    order: Vec<u8>,
    acting_places: usize,
    images: Images,
}

/// Event rows of an arena and tick in tables that no file gave; of a file, the loader finds how many there can be.
pub(super) const MAX_EVENTS: usize = 1024;
/// Delayed events of an arena at least, where there are any; more where the loader finds that more can wait.
pub const MAX_LATER: usize = 256;

impl Arenas {
    /// Room for `n` arenas; nothing is allocated afterwards.
    pub fn new(table: &Table, n: usize) -> Self {
        let (slots, roles, messages) = (table.n_slots(), table.roles.len(), table.messages.len());
        let head = Head {
            seed: 0,
            domain: Domain::Train,
            episode: 0,
            tick: 0,
            round: 0,
            round_from: 0,
            round_over: false,
            layout: 0,
            end: End::Running,
            draw: TickDraw::new(Domain::Train, 0, 0, 0),
            n_events: 0,
            n_answered: 0,
            n_later: 0,
            n_effects: 0,
            lands: 0,
            next_thaw: 0,
            fault: false,
            saturated: 0,
            refused: 0,
        };
        let sizes = Sizes {
            slots,
            cells: table.geometry.cells(),
            kinds: table.kinds.len(),
            places: table.n_places(),
            rows: table.rows.len(),
            pay: slots * table.channels.len(),
            heard_at: slots * messages,
            heard_now: slots * roles * messages,
            heard_said: table.n_heard_said(),
            events: table.max_events(),
            later: table.max_later(),
            effects: table.max_effects(),
        };
        Self {
            n,
            sizes,
            heads: vec![head; n],
            words: vec![Word::default(); n * sizes.cells],
            counts: vec![0; n * sizes.kinds],
            touched: vec![Touched::default(); n],
            watch: [false; 256],
            vars: vec![0; n * sizes.places],
            rows: vec![ThingRow::default(); n * sizes.rows],
            pay: vec![0; n * sizes.pay],
            heard_at: vec![0; n * sizes.heard_at],
            heard_now: vec![0; n * sizes.heard_now],
            heard_said: vec![0; n * sizes.heard_said],
            events: vec![EventRow::default(); n * sizes.events],
            later: vec![Later::default(); n * sizes.later],
            effects: vec![0; n * sizes.effects],
            arrived: vec![0; n],
            acting: vec![0; n],
            order: vec![0; n * slots],
            acting_places: 1,
            images: Images::of(&table.geometry),
        }
    }
    /// Makes room for the actions of so many mechanics.
    pub fn set_mechanics(&mut self, n_mechanics: usize) {
        self.acting_places = n_mechanics + 1;
        self.acting = vec![0; self.n * self.acting_places];
    }
    /// Slots whose action in this tick belongs to the mechanic at a position (bit = slot).
    #[inline]
    pub fn acting(&self, arena: usize, position: u8) -> u64 {
        self.acting[arena * self.acting_places + usize::from(position)]
    }
    /// Whether any slot of the shard acts through that mechanic in this tick.
    pub fn anyone_acts(&self, position: u8) -> bool {
        self.acting
            .iter()
            .skip(usize::from(position))
            .step_by(self.acting_places)
            .any(|&slots| slots != 0)
    }
    /// The tick's order of slots.
    #[inline]
    pub fn order(&self, arena: usize) -> &[u8] {
        &self.order[arena * self.sizes.slots..(arena + 1) * self.sizes.slots]
    }
    /// Opens a tick: order of slots drawn, nothing paid, heard or done yet, effects of the last tick gone. Where bodies move, those that
    /// effects put somewhere before this tick enter their cells in it, together with those that will step.
    pub fn open_tick(&mut self, bodies_move: bool) {
        self.pay.fill(0);
        self.heard_now.fill(0);
        self.acting.fill(0);
        let Sizes {
            slots,
            cells,
            effects,
            ..
        } = self.sizes;
        for (arena, head) in self.heads.iter_mut().enumerate() {
            head.draw = TickDraw::new(head.domain, head.seed, head.episode, head.tick);
            (head.n_events, head.n_answered) = (0, 0);
            if bodies_move {
                self.arrived[arena] = std::mem::take(&mut head.lands);
            }
            let shown = usize::from(std::mem::take(&mut head.n_effects));
            let words = &mut self.words[arena * cells..(arena + 1) * cells];
            for &cell in &self.effects[arena * effects..arena * effects + shown] {
                words[usize::from(cell)][EFFECT] = 0;
                if !self.images.is_empty() {
                    for &image in self.images.of_cell(usize::from(cell)) {
                        words[usize::from(image)][EFFECT] = 0;
                    }
                }
            }
            super::order::draw(
                head.draw,
                &mut self.order[arena * slots..(arena + 1) * slots],
            );
        }
    }
    /// Notes whose actions belong to whom; `mechanic_of(slot)` is the position of the mechanic, past the last for `noop`.
    #[inline]
    pub fn note_actions(&mut self, arena: usize, mechanic_of: impl Fn(usize) -> u8) {
        // No branch: a processor cannot guess what agents choose. `noop` has a place that nobody reads.
        let acting = part(&mut self.acting, arena, self.acting_places);
        for slot in 0..self.sizes.slots {
            acting[usize::from(mechanic_of(slot)).min(acting.len() - 1)] |= 1 << slot;
        }
    }
    /// Takes a slot's action of this tick back, so that no mechanic plays it.
    pub fn silence(&mut self, arena: usize, slot: usize) {
        for slots in part(&mut self.acting, arena, self.acting_places) {
            *slots &= !(1 << slot);
        }
    }
    /// Gives a slot's action of this tick to the mechanic at `to` (past the last for `noop`), and takes it from all others.
    pub fn give_action(&mut self, arena: usize, slot: usize, to: u8) {
        self.silence(arena, slot);
        let acting = part(&mut self.acting, arena, self.acting_places);
        acting[usize::from(to).min(acting.len() - 1)] |= 1 << slot;
    }
    /// All map words, arena after arena.
    pub fn words(&self) -> &[Word] {
        &self.words
    }
    /// Adds a fact to an arena's events, if anybody wants facts of that type; for systems that hold no [`ArenaMut`].
    #[inline]
    pub fn emit(&mut self, table: &Table, arena: usize, row: EventRow) {
        if !table.events[usize::from(row.event)].wanted {
            return;
        }
        let (head, max) = (&mut self.heads[arena], self.sizes.events);
        let n = usize::from(head.n_events);
        if n < max {
            self.events[arena * max + n] = row;
            head.n_events += 1;
        } else {
            head.fault = true;
        }
    }
    /// The map of one arena, and the tick's order of slots.
    pub fn cells_and_order<'a>(
        &'a mut self,
        table: &'a Table,
        arena: usize,
    ) -> (Cells<'a>, &'a [u8]) {
        let Sizes {
            cells,
            kinds,
            slots,
            ..
        } = self.sizes;
        let cells = Cells::new(
            part(&mut self.words, arena, cells),
            part(&mut self.counts, arena, kinds),
            &mut self.touched[arena],
            &self.watch,
            &table.looks,
            &self.images,
        );
        (cells, &self.order[arena * slots..(arena + 1) * slots])
    }
    /// Thing rows and variables of one arena.
    pub(super) fn rows_and_vars(&mut self, arena: usize) -> (&mut [ThingRow], &mut [i64]) {
        let Sizes { rows, places, .. } = self.sizes;
        (
            part(&mut self.rows, arena, rows),
            part(&mut self.vars, arena, places),
        )
    }
    /// The map of one arena, for reading and writing.
    pub fn cells<'a>(&'a mut self, table: &'a Table, arena: usize) -> Cells<'a> {
        self.cells_and_order(table, arena).0
    }
}

impl Table {
    /// Event rows of an arena: as many as the wanted events can have in a tick.
    pub fn max_events(&self) -> usize {
        if !self.most_rows.is_empty() {
            let rows = self.events.iter().zip(&self.most_rows);
            let wanted = rows.filter(|(event, _)| event.wanted);
            let sum: usize = wanted.map(|(_, &n)| n as usize).sum();
            return sum.min(usize::from(u16::MAX));
        }
        if self.events.iter().any(|e| e.wanted) {
            (64 + 32 * self.n_slots()).min(MAX_EVENTS)
        } else {
            0
        }
    }
    /// Delayed events of an arena.
    pub fn max_later(&self) -> usize {
        if self.has_later {
            MAX_LATER.max(self.later_rows as usize)
        } else {
            0
        }
    }
    /// Cells that can show an effect in one tick.
    pub fn max_effects(&self) -> usize {
        if self.effects.is_empty() {
            0
        } else {
            self.geometry.cells().min(64 * self.n_slots())
        }
    }
}

/// The widest registers that this machine has, found once; see `pulp`.
#[derive(Resource, Clone, Copy, Debug)]
pub struct Isa(pub pulp::Arch);

impl Default for Isa {
    fn default() -> Self {
        Self(pulp::Arch::new())
    }
}

/// All shared state of a shard, as a parameter of a system.
#[derive(SystemParam)]
pub struct Shard<'w, 's> {
    /// What the scenario fixes.
    pub table: Res<'w, Table>,
    /// What it declares.
    pub arenas: ResMut<'w, Arenas>,
    agents: Query<'w, 's, AgentQuery, With<Agent>>,
}

impl Shard<'_, '_> {
    /// The slices of the whole shard.
    pub fn parts(&mut self) -> ShardParts<'_> {
        ShardParts {
            table: &self.table,
            arenas: self.arenas.bypass_change_detection(),
            agents: AgentParts::of(&mut self.agents),
        }
    }
}

/// The slices of a whole shard.
#[derive(Debug)]
pub struct ShardParts<'a> {
    /// What the scenario fixes.
    pub table: &'a Table,
    /// What it declares.
    pub arenas: &'a mut Arenas,
    /// The agents.
    pub agents: AgentParts<'a>,
}

impl ShardParts<'_> {
    /// One arena.
    pub fn arena(&mut self, arena: usize) -> ArenaMut<'_> {
        let (table, s) = (self.table, &mut *self.arenas);
        let n = s.sizes;
        ArenaMut {
            table,
            head: &mut s.heads[arena],
            cells: Cells::new(
                part(&mut s.words, arena, n.cells),
                part(&mut s.counts, arena, n.kinds),
                &mut s.touched[arena],
                &s.watch,
                &table.looks,
                &s.images,
            ),
            agents: self.agents.arena(arena, n.slots),
            vars: part(&mut s.vars, arena, n.places),
            rows: part(&mut s.rows, arena, n.rows),
            pay: part(&mut s.pay, arena, n.pay),
            heard_at: part(&mut s.heard_at, arena, n.heard_at),
            heard_now: part(&mut s.heard_now, arena, n.heard_now),
            heard_said: part(&mut s.heard_said, arena, n.heard_said),
            events: part(&mut s.events, arena, n.events),
            later: part(&mut s.later, arena, n.later),
            effects: part(&mut s.effects, arena, n.effects),
            order: &s.order[arena * n.slots..(arena + 1) * n.slots],
        }
    }
}

/// An arena's part of an arena-major column.
#[inline(always)]
fn part<T>(all: &mut [T], arena: usize, n: usize) -> &mut [T] {
    &mut all[arena * n..(arena + 1) * n]
}

/// One arena: everything that rules, bots and slow mechanics read and change. The acts are in `acts.rs`.
#[derive(Debug)]
pub struct ArenaMut<'a> {
    /// What the scenario fixes.
    pub table: &'a Table,
    /// Clock, seed, counters.
    pub head: &'a mut Head,
    /// The map.
    pub cells: Cells<'a>,
    /// The agents.
    pub agents: AgentSlices<'a>,
    /// Variables, see [`Table::n_places`].
    pub vars: &'a mut [i64],
    /// Thing rows.
    pub rows: &'a mut [ThingRow],
    /// Rewards of this tick, slot · channels + channel.
    pub pay: &'a mut [i64],
    /// Tick + 1 of the last hearing, slot · messages + message.
    pub heard_at: &'a mut [u32],
    /// Messages heard in this tick, (slot · roles + role) · messages + message.
    pub heard_now: &'a mut [u8],
    /// What a message last said to a slot, slot · messages + message; empty where no message has arguments.
    pub heard_said: &'a mut [u8],
    pub(super) events: &'a mut [EventRow],
    pub(super) later: &'a mut [Later],
    pub(super) effects: &'a mut [u16],
    /// The tick's order of slots.
    pub order: &'a [u8],
}

impl ArenaMut<'_> {
    /// The events of this tick so far.
    pub fn events(&self) -> &[EventRow] {
        &self.events[..usize::from(self.head.n_events)]
    }
    /// Adds a fact, if anybody wants facts of that type.
    #[inline]
    pub fn emit(&mut self, row: EventRow) {
        if !self.table.events[usize::from(row.event)].wanted {
            return;
        }
        let n = usize::from(self.head.n_events);
        match self.events.get_mut(n) {
            Some(place) => {
                *place = row;
                self.head.n_events += 1;
            }
            None => self.head.fault = true,
        }
    }
    /// Adds a fact that is due after some ticks (at least 1).
    pub fn emit_later(&mut self, row: EventRow, after: u32) {
        let n = usize::from(self.head.n_later);
        match self.later.get_mut(n) {
            Some(place) => {
                *place = Later {
                    due: self.head.tick.saturating_add(after.max(1)),
                    row,
                };
                self.head.n_later += 1;
            }
            None => self.head.fault = true,
        }
    }
    /// Moves delayed events that are due into this tick's events, in the order in which they were sent.
    pub fn emit_due(&mut self) {
        let n = usize::from(self.head.n_later);
        let mut kept = 0;
        for i in 0..n {
            let later = self.later[i];
            if later.due <= self.head.tick {
                self.emit(later.row);
            } else {
                self.later[kept] = later;
                kept += 1;
            }
        }
        self.later[kept..n].fill(Later::default());
        self.head.n_later = u16::try_from(kept).expect("at most 4096");
    }
    /// Adds a fact with these values, in the order of the event's fields, if anybody wants it.
    pub fn emit_fields(&mut self, event: Option<EventId>, values: &[i64]) {
        self.emit_with(event, values, 0);
    }
    /// The same, with a number beside the fields: what a message said.
    pub fn emit_with(&mut self, event: Option<EventId>, values: &[i64], beside: i64) {
        let table = self.table;
        let Some(event) = event.filter(|e| table.events[e.index()].wanted) else {
            return;
        };
        let mut row = EventRow::new(event);
        row.num = beside;
        for (&(_, part), &value) in table.events[event.index()].fields.iter().zip(values) {
            row.set(part, value);
        }
        self.emit(row);
    }
    /// Shows an effect in a cell for this tick.
    pub fn show_effect(&mut self, cell: Cell, effect: u8) {
        if self.cells.word(cell)[EFFECT] != 0 {
            return;
        }
        let n = usize::from(self.head.n_effects);
        if let Some(place) = self.effects.get_mut(n) {
            *place = cell.get();
            self.head.n_effects += 1;
            self.cells.set_effect(cell, effect);
        }
    }
}
