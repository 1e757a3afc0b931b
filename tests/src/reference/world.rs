//! One world as plain structs, its draws, and the acts that change it.
//!
//! **Invariant.** Says what the texts say, one thing after the other; nothing is cached, nothing is shared with the engine.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use commonweal_core::draw::{Purpose, TickDraw, name_hash};
use commonweal_core::ids::Domain;

use super::spec::Spec;
use super::value::{Cell, Value};

/// North, east, south, west.
pub const DIRECTIONS: [Cell; 4] = [(-1, 0), (0, 1), (1, 0), (0, -1)];

/// What lies in one layer of a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placed {
    /// Its kind.
    pub kind: usize,
    /// Its number among [`World::things`], if it has identity.
    pub id: Option<usize>,
}

/// A cell.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Square {
    /// One thing a layer.
    pub layers: [Option<Placed>; 5],
    /// Whose body stands here.
    pub body: Option<usize>,
}

/// A thing with identity.
#[derive(Clone, PartialEq, Debug)]
pub struct Thing {
    /// Its kind.
    pub kind: usize,
    /// Where it lies, if it does.
    pub cell: Option<Cell>,
    /// Who carries it.
    pub holder: Option<usize>,
    /// State of a device; 1 for an open door.
    pub state: i64,
    /// Its variables.
    pub vars: BTreeMap<String, Value>,
}

/// An agent.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Agent {
    /// Its role.
    pub role: usize,
    /// Its cell, whether or not its body is there.
    pub cell: Option<Cell>,
    /// Whether its body is on the map.
    pub body: bool,
    /// 0 north, 1 east, 2 south, 3 west.
    pub facing: usize,
    /// It lives.
    pub alive: bool,
    /// It is switched on.
    pub on: bool,
    /// It is away.
    pub away: bool,
    /// Tick at which it comes back; none for never.
    pub back_at: Option<u32>,
    /// Tick at which it is free again.
    pub frozen_until: u32,
    /// Tick at which it can fire again, by beam.
    pub ready_at: Vec<u32>,
    /// What it carries, by kind.
    pub carried: BTreeMap<usize, i64>,
    /// Its role's variables.
    pub vars: BTreeMap<String, Value>,
    /// Registers of its bot.
    pub registers: Vec<i64>,
    /// Tick in which it last heard a message.
    pub heard_at: BTreeMap<usize, u32>,
    /// What it heard in this tick: (role of the sender, message) → times.
    pub heard_now: BTreeMap<(usize, usize), i64>,
    /// Illegal actions so far.
    pub illegal: u32,
    /// An effect put it into its cell: it enters it in the next tick.
    pub lands: bool,
}

/// A fact.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// Its fields.
    pub fields: Vec<Value>,
}

/// How the episode stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Ended {
    /// It goes on.
    #[default]
    No,
    /// By the scenario.
    Terminated,
    /// By its length.
    Truncated,
}

/// A message on its way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// Who said it.
    pub by: usize,
    /// What.
    pub message: usize,
    /// Tick in which it is heard.
    pub due: u32,
}

/// The world.
#[derive(Clone, Debug)]
pub struct World {
    /// The scenario.
    pub spec: Rc<Spec>,
    /// Arena seed.
    pub seed: u64,
    /// Domain of the seed.
    pub domain: Domain,
    /// Episode of the seed.
    pub episode: u32,
    /// The running tick.
    pub tick: u32,
    /// Rows and columns.
    pub size: Cell,
    /// Columns reversed, rows reversed.
    pub mirrored: [bool; 2],
    /// Cells, row by row.
    pub squares: Vec<Square>,
    /// Things with identity.
    pub things: Vec<Thing>,
    /// Agents by slot.
    pub agents: Vec<Agent>,
    /// Arena variables.
    pub vars: BTreeMap<String, Value>,
    /// Facts of this tick.
    pub events: Vec<Event>,
    /// Facts that come later: (tick, fact).
    pub later: Vec<(u32, Event)>,
    /// Pay of this tick: slot, channel.
    pub pay: Vec<Vec<i64>>,
    /// Messages on their way.
    pub said: Vec<Said>,
    /// Cells of each area.
    pub areas: BTreeMap<String, BTreeSet<Cell>>,
    /// Number of the running round.
    pub round: u32,
    /// Its first tick.
    pub round_from: u32,
    /// Whether the round ends with this tick.
    pub round_over: bool,
    /// Cells on which the first slots of a role begin, ascending.
    pub firsts: Vec<Vec<Cell>>,
    /// Spawn cells by role, ascending.
    pub spawns: Vec<Vec<Cell>>,
    /// Cells that held a thing of a kind after the draws at reset.
    pub initial: BTreeSet<(usize, Cell)>,
    /// Slots whose body came to its cell by a move of this tick.
    pub arrived: Vec<bool>,
    /// Actions as the world saw them.
    pub chosen: Vec<usize>,
    /// What the mechanics remember that no other part of the world shows, by mechanic and cell or slot.
    pub memory: BTreeMap<(String, i64), i64>,
    /// Mechanics without events of their own that have done something.
    pub did: BTreeSet<&'static str>,
    /// Effects that could not be applied.
    pub refused: u32,
    /// Operations that saturated.
    pub saturated: u32,
    /// How the episode stands.
    pub ended: Ended,
}

impl World {
    /// The draws of the running tick.
    pub fn draws(&self) -> TickDraw {
        TickDraw::new(self.domain, self.seed, self.episode, self.tick)
    }
    /// A draw for choices.
    pub fn draw(&self, purpose: Purpose, name: &str, subject: u32, k: u16) -> u64 {
        self.draws().key(purpose, hashed(name), k).u64(subject)
    }
    /// Whether a chance of `p` millionths holds.
    pub fn chance(&self, purpose: Purpose, name: &str, subject: u32, k: u16, p: i64) -> bool {
        self.draws()
            .key(purpose, hashed(name), k)
            .chance(subject, p)
    }
    /// A number below `n`.
    pub fn below(&self, purpose: Purpose, name: &str, subject: u32, k: u16, n: u32) -> u32 {
        self.draws().key(purpose, hashed(name), k).below(subject, n)
    }
    /// The subject of a draw about a cell.
    pub fn subject(&self, cell: Cell) -> u32 {
        u32::try_from(cell.0 * self.size.1 + cell.1).expect("a cell of the map")
    }
    /// All cells, row by row.
    pub fn cells(&self) -> Vec<Cell> {
        let (h, w) = self.size;
        (0..h).flat_map(|r| (0..w).map(move |c| (r, c))).collect()
    }
    /// Whether the cell belongs to the map.
    pub fn inside(&self, cell: Cell) -> bool {
        (0..self.size.0).contains(&cell.0) && (0..self.size.1).contains(&cell.1)
    }
    /// A cell's content.
    pub fn square(&self, cell: Cell) -> &Square {
        &self.squares[usize::try_from(cell.0 * self.size.1 + cell.1).expect("inside")]
    }
    /// A cell's content, to be changed.
    pub fn square_mut(&mut self, cell: Cell) -> &mut Square {
        &mut self.squares[usize::try_from(cell.0 * self.size.1 + cell.1).expect("inside")]
    }
    /// The cell next to one; on a torus, round the edge.
    pub fn step(&self, cell: Cell, direction: usize) -> Cell {
        let (r, c) = DIRECTIONS[direction % 4];
        self.wrapped((cell.0 + r, cell.1 + c))
    }
    /// On a torus, the cell that is meant.
    pub fn wrapped(&self, cell: Cell) -> Cell {
        if self.spec.wrap {
            (
                cell.0.rem_euclid(self.size.0),
                cell.1.rem_euclid(self.size.1),
            )
        } else {
            cell
        }
    }
    /// Difference of two places, rows and columns apart; on a torus the shorter way.
    pub fn apart(&self, a: Cell, b: Cell) -> (i32, i32) {
        let (r, c) = ((a.0 - b.0).abs(), (a.1 - b.1).abs());
        if self.spec.wrap {
            (r.min(self.size.0 - r), c.min(self.size.1 - c))
        } else {
            (r, c)
        }
    }
    /// Slots in the order of this tick.
    pub fn order(&self) -> Vec<usize> {
        let mut slots: Vec<usize> = (0..self.agents.len()).collect();
        slots.sort_by_key(|&s| (self.draw(Purpose::Order, "", small(s), 0), s));
        slots
    }

    /// Whether something solid keeps bodies out.
    pub fn blocked(&self, cell: Cell) -> bool {
        if !self.inside(cell) {
            return true;
        }
        let square = self.square(cell);
        square.layers.iter().flatten().any(|p| self.blocks(p))
    }
    /// Whether a thing blocks, as it is now.
    pub fn blocks(&self, placed: &Placed) -> bool {
        let kind = &self.spec.kinds[placed.kind];
        let open =
            self.is_door(placed.kind) && placed.id.is_some_and(|id| self.things[id].state == 1);
        kind.blocks && !open
    }
    /// Whether the kind is a door.
    pub fn is_door(&self, kind: usize) -> bool {
        let name = &self.spec.kinds[kind].name;
        let mut all = self.spec.mechanics.iter();
        all.any(|m| m.name == "door" && m.text("thing") == Some(name))
    }
    /// Whether a body may come: nothing solid, nobody there.
    pub fn is_free(&self, cell: Cell) -> bool {
        !self.blocked(cell) && self.square(cell).body.is_none()
    }
    /// What of a kind lies in a cell.
    pub fn placed(&self, kind: usize, cell: Cell) -> Option<Placed> {
        if !self.inside(cell) {
            return None;
        }
        let layer = self.spec.kinds[kind].layer;
        self.square(cell).layers[layer].filter(|p| p.kind == kind)
    }

    /// Tells a fact.
    pub fn emit(&mut self, name: &str, fields: Vec<Value>) {
        self.events.push(Event {
            name: name.to_owned(),
            fields,
        });
    }
    /// Adds to a slot's pay.
    pub fn pay(&mut self, slot: usize, channel: usize, amount: i64) {
        let pay = &mut self.pay[slot][channel];
        *pay = pay.saturating_add(amount);
    }
    /// Puts a body on the map, if its cell is free.
    pub fn put_body(&mut self, slot: usize, cell: Cell) -> bool {
        if !self.is_free(cell) {
            return false;
        }
        self.square_mut(cell).body = Some(slot);
        self.agents[slot].cell = Some(cell);
        self.agents[slot].body = true;
        true
    }
    /// Takes a body off the map.
    pub fn remove_body(&mut self, slot: usize) {
        if self.agents[slot].body {
            let cell = self.agents[slot].cell.expect("a body has a cell");
            self.square_mut(cell).body = None;
            self.agents[slot].body = false;
        }
    }
    /// A new thing appears, if its layer is free there; what is solid not on a body.
    pub fn place(&mut self, kind: usize, cell: Cell) -> bool {
        let layer = self.spec.kinds[kind].layer;
        if !self.inside(cell) || self.square(cell).layers[layer].is_some() {
            return false;
        }
        if self.spec.kinds[kind].blocks && self.square(cell).body.is_some() {
            return false;
        }
        let Some(id) = self.begin(kind) else {
            return false;
        };
        self.lay(Placed { kind, id }, cell);
        true
    }
    /// A thing comes into being: of a kind with identity the lowest spare row, its variables as they begin; none where all are in use.
    pub fn begin(&mut self, kind: usize) -> Option<Option<usize>> {
        let spec = Rc::clone(&self.spec);
        if !spec.has_identity(kind) {
            return Some(None);
        }
        let spare = |t: &Thing| t.kind == kind && t.cell.is_none() && t.holder.is_none();
        let id = self.things.iter().position(spare)?;
        self.things[id].state = 0;
        for var in &spec.kinds[kind].vars {
            let value = super::reset::beginning(&spec, var);
            self.things[id].vars.insert(var.name.clone(), value);
        }
        Some(Some(id))
    }
    /// A thing goes.
    pub fn clear(&mut self, kind: usize, cell: Cell) -> bool {
        let Some(placed) = self.placed(kind, cell) else {
            return false;
        };
        let layer = self.spec.kinds[kind].layer;
        self.square_mut(cell).layers[layer] = None;
        if let Some(id) = placed.id {
            self.things[id].cell = None;
        }
        true
    }
    /// How many of a kind a slot carries.
    pub fn carries(&self, slot: usize, kind: usize) -> i64 {
        self.agents[slot].carried.get(&kind).copied().unwrap_or(0)
    }
    /// What lies in a layer of a cell goes into a slot's hands.
    pub fn take_up(&mut self, slot: usize, cell: Cell, layer: usize) {
        if let Some(placed) = self.square_mut(cell).layers[layer].take() {
            if let Some(id) = placed.id {
                self.things[id].cell = None;
                self.things[id].holder = Some(slot);
            }
            *self.agents[slot].carried.entry(placed.kind).or_default() += 1;
        }
    }
    /// One of a kind leaves a slot's hands: of things with identity the lowest row. None where it carries none.
    pub fn release(&mut self, slot: usize, kind: usize) -> Option<Placed> {
        if self.carries(slot, kind) == 0 {
            return None;
        }
        *self.agents[slot].carried.entry(kind).or_default() -= 1;
        let mut ids = 0..self.things.len();
        let id =
            ids.find(|&id| self.things[id].kind == kind && self.things[id].holder == Some(slot));
        if let Some(id) = id {
            self.things[id].holder = None;
        }
        Some(Placed { kind, id })
    }
    /// A thing that was in no cell lies in one.
    pub fn lay(&mut self, placed: Placed, cell: Cell) {
        let layer = self.spec.kinds[placed.kind].layer;
        self.square_mut(cell).layers[layer] = Some(placed);
        if let Some(id) = placed.id {
            self.things[id].cell = Some(cell);
        }
    }
    /// Does not act in the next `ticks` − 1 ticks; never shortens an older freeze.
    pub fn freeze(&mut self, slot: usize, ticks: u32) {
        let until = self.tick.saturating_add(ticks);
        let agent = &mut self.agents[slot];
        agent.frozen_until = agent.frozen_until.max(until);
    }
    /// Ticks for which it cannot act, this one not counted.
    pub fn frozen(&self, slot: usize) -> u32 {
        self.agents[slot]
            .frozen_until
            .saturating_sub(self.tick.saturating_add(1))
    }
    /// Leaves the map for so many ticks, or for ever.
    pub fn send_away(&mut self, slot: usize, ticks: Option<u32>) {
        if !self.agents[slot].alive || self.agents[slot].away {
            return;
        }
        self.remove_body(slot);
        let agent = &mut self.agents[slot];
        agent.away = true;
        agent.back_at = ticks.map(|t| self.tick.saturating_add(t));
        let told = ticks.map_or(-1, i64::from);
        if self.spec.mechanics.iter().any(|m| m.name == "absence") {
            self.emit("away", vec![Value::Slot(slot), Value::Int(told)]);
        }
    }
    /// Is dead.
    pub fn kill(&mut self, slot: usize) {
        if self.agents[slot].alive {
            self.remove_body(slot);
            self.agents[slot].alive = false;
        }
    }
    /// Whether an agent that is no longer away has a body on the map.
    pub fn stands(&self, slot: usize) -> bool {
        let gone = self.power().and_then(|p| p.text("body")) == Some("gone");
        self.agents[slot].alive && (self.agents[slot].on || !gone)
    }
    /// A free cell to come back to: each candidate has its own draw, the smallest wins.
    pub fn return_cell(&self, slot: usize) -> Option<Cell> {
        let agent = &self.agents[slot];
        let mechanic = self.spec.mechanics.iter().find(|m| m.name == "absence");
        let mut candidates: Vec<Cell> = match mechanic.and_then(|m| m.text("return_at")) {
            Some("same") => agent.cell.into_iter().collect(),
            Some("random") => self.cells(),
            _ => self.spawns[agent.role].clone(),
        };
        if mechanic.and_then(|m| m.text("return_at")) == Some("random") {
            candidates.retain(|&c| self.square(c).layers[2].is_none());
        }
        let draws = self.draws().key(Purpose::Return, small(slot), 0);
        candidates
            .into_iter()
            .filter(|&c| self.is_free(c))
            .min_by_key(|&c| (draws.u64(self.subject(c)), self.subject(c)))
    }
    /// Lives again where those who were away come back.
    pub fn revive(&mut self, slot: usize) -> bool {
        if self.agents[slot].alive {
            return true;
        }
        self.agents[slot].alive = true;
        if self.agents[slot].away || !self.stands(slot) {
            return true;
        }
        let Some(cell) = self.return_cell(slot) else {
            self.agents[slot].alive = false;
            return false;
        };
        self.agents[slot].lands = true;
        self.put_body(slot, cell)
    }
    fn power(&self) -> Option<&super::spec::Chosen> {
        self.spec.mechanics.iter().find(|m| m.name == "power")
    }
    /// Is switched off.
    pub fn disable(&mut self, slot: usize, by: Option<usize>) {
        if !self.agents[slot].on {
            return;
        }
        self.agents[slot].on = false;
        if self.power().and_then(|p| p.text("body")) == Some("gone") {
            self.remove_body(slot);
        }
        let by = by.map_or(Value::Missing, Value::Slot);
        self.emit("disabled", vec![Value::Slot(slot), by]);
    }
    /// Is switched on; where its body is gone it needs its cell free.
    pub fn enable(&mut self, slot: usize, by: Option<usize>) -> bool {
        if self.agents[slot].on {
            return true;
        }
        let agent = &self.agents[slot];
        if !agent.body && agent.alive && !agent.away {
            let cell = agent.cell.expect("it had a body");
            if !self.put_body(slot, cell) {
                return false;
            }
            self.agents[slot].lands = true;
        }
        self.agents[slot].on = true;
        let by = by.map_or(Value::Missing, Value::Slot);
        self.emit("enabled", vec![Value::Slot(slot), by]);
        true
    }
    /// Opens or shuts a door; never on a body.
    pub fn set_open(&mut self, id: usize, open: bool) -> bool {
        let Some(cell) = self.things[id].cell else {
            return false;
        };
        if self.things[id].state == i64::from(open) {
            return true;
        }
        if !open && self.square(cell).body.is_some() {
            return false;
        }
        self.things[id].state = i64::from(open);
        let name = if open { "opened" } else { "closed" };
        self.emit(name, vec![Value::Thing(id)]);
        true
    }
    /// All that a slot carries falls to the nearest cells that it could walk to and that are free of things; of several that are as
    /// near, the one with the smallest draw. Gives whether all fell.
    pub fn drop_all(&mut self, slot: usize) -> bool {
        let Some(at) = self.agents[slot].cell else {
            return true;
        };
        for kind in 0..self.spec.kinds.len() {
            while self.carries(slot, kind) > 0 {
                let Some(cell) = self.drop_cell(at) else {
                    return false;
                };
                let placed = self.release(slot, kind).expect("it carries one");
                self.lay(placed, cell);
                if self.spec.mechanics.iter().any(|m| m.name == "drop") {
                    let fields = vec![Value::Slot(slot), Value::Kind(kind), Value::Cell(cell)];
                    self.emit("dropped", fields);
                }
            }
        }
        true
    }
    fn drop_cell(&self, at: Cell) -> Option<Cell> {
        let (mut ring, mut seen) = (vec![at], BTreeSet::from([at]));
        while !ring.is_empty() {
            let draw = |c: Cell| self.draw(Purpose::Drop, "", self.subject(c), 0);
            let free = ring
                .iter()
                .copied()
                .filter(|&c| self.square(c).layers[2].is_none());
            if let Some(best) = free.min_by_key(|&c| (draw(c), c)) {
                return Some(best);
            }
            let mut next = Vec::new();
            for cell in ring {
                for direction in 0..4 {
                    let to = self.step(cell, direction);
                    // What lies farther than six rows or columns away is not looked at.
                    let (r, c) = self.apart(to, at);
                    if r.max(c) <= 6 && !self.blocked(to) && seen.insert(to) {
                        next.push(to);
                    }
                }
            }
            ring = next;
        }
        None
    }
    /// Hears a message.
    pub fn hear(&mut self, hearer: usize, sender: usize, message: usize, truth: bool) {
        let tick = self.tick;
        let role = self.agents[sender].role;
        let agent = &mut self.agents[hearer];
        agent.heard_at.insert(message, tick);
        *agent.heard_now.entry((role, message)).or_default() += 1;
        self.emit(
            "heard",
            vec![
                Value::Slot(hearer),
                Value::Slot(sender),
                Value::Message(message),
                Value::Bool(truth),
            ],
        );
    }
    /// Whether an agent can act in the running tick.
    pub fn can_act(&self, slot: usize) -> bool {
        let a = &self.agents[slot];
        a.alive && a.on && !a.away && a.frozen_until <= self.tick
    }
}

/// The hash of a name; 0 for what exists once.
pub fn hashed(name: &str) -> u32 {
    if name.is_empty() { 0 } else { name_hash(name) }
}

/// A slot or index as the subject of a draw.
pub fn small(n: usize) -> u32 {
    u32::try_from(n).expect("small")
}
