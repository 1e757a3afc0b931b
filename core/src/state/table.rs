//! What a compiled scenario fixes before the first tick: look codes, roles, layouts, variables. Read by every system.
//!
//! **Invariant.** Plain data, never changed after a batch is built.

use super::geometry::Geometry;
use super::torus::fill_padding;
use crate::draw::{Purpose, TickDraw};
use crate::ids::{Cell, ChannelId, EventId, KindId, Num, RoleId, Slot, Type};

/// One map cell as every viewer sees it: look codes of floor, solid, item, mark, air; slot + 1 of the body; its look; effect.
pub type Word = [u8; 8];

/// Layers of a cell; the number is the byte of the cell's [`Word`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Layer {
    /// What one stands on.
    Floor = 0,
    /// What may block.
    Solid = 1,
    /// What is picked up.
    Item = 2,
    /// What is written on the floor: plates, levers, depots.
    Mark = 3,
    /// What hangs in the air.
    Air = 4,
}

impl Layer {
    /// All layers, in the order of their bytes.
    pub const ALL: [(&'static str, Self); 5] = [
        ("floor", Self::Floor),
        ("solid", Self::Solid),
        ("item", Self::Item),
        ("mark", Self::Mark),
        ("air", Self::Air),
    ];
}

/// Look code in the layer solid of every padding cell: outside the map, blocks bodies and beams, belongs to no kind.
pub const OUTSIDE: u8 = 255;

/// Byte of a [`Word`] that holds slot + 1 of the body.
pub const BODY: usize = 5;
/// Byte of a [`Word`] that holds the body's look.
pub const LOOK: usize = 6;
/// Byte of a [`Word`] that holds this tick's effect.
pub const EFFECT: usize = 7;

/// A kind of thing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kind {
    /// Name in the file.
    pub name: String,
    /// Its layer.
    pub layer: Layer,
    /// First look code; a kind with one visible variable, or door and device states, has `n_looks` of them.
    pub look: u8,
    /// Number of look codes, at least 1.
    pub n_looks: u8,
    /// Value of the visible variable that the first look code stands for.
    pub look_min: i32,
}

/// What the look codes mean; index = code, 0 = nothing there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Looks {
    /// Whether a body may not enter.
    pub blocks_move: [bool; 256],
    /// Whether a beam stops.
    pub blocks_beam: [bool; 256],
    /// Kind + 1 of the code; 0 for none.
    pub kind_of: [u8; 256],
    /// What a person reads, for example `gate (open)`.
    pub names: Vec<String>,
}

impl Default for Looks {
    fn default() -> Self {
        let mut blocks = [false; 256];
        blocks[usize::from(OUTSIDE)] = true;
        Self {
            blocks_move: blocks,
            blocks_beam: blocks,
            kind_of: [0; 256],
            names: vec!["nothing".to_owned()],
        }
    }
}

/// A role and its slots.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Role {
    /// Name in the file.
    pub name: String,
    /// First slot.
    pub first: u8,
    /// Number of slots.
    pub n: u8,
    /// The first so many are under test.
    pub n_focal: u8,
    /// Cells seen ahead (north in a fixed window).
    pub ahead: u8,
    /// Cells seen behind.
    pub behind: u8,
    /// Cells seen to each side.
    pub side: u8,
    /// Whether the window turns with the agent.
    pub turned: bool,
    /// Index of the role variable shown as the look bit of its body.
    pub look: Option<u8>,
    /// Index into [`Table::texts`] of what the role is told.
    pub told: Option<u8>,
    /// Actions in order; 0 is `noop`.
    pub actions: Vec<Action>,
    /// Whether an agent that can act may play `noop`; without it the action is masked.
    pub noop: bool,
    /// Index into the scenario's bots of the policy that plays it by default.
    pub plays: Option<u8>,
}

impl Role {
    /// Rows and columns of the window.
    pub const fn window(&self) -> (usize, usize) {
        (
            self.ahead as usize + 1 + self.behind as usize,
            2 * self.side as usize + 1,
        )
    }
}

/// One action of a role.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Action {
    /// Public name, for example `say:coming`.
    pub name: String,
    /// The verb without its argument, as a script names it in `use(…)`, `can(…)`: `say`, `zap`, `north`.
    pub verb: String,
    /// Position in the scenario's list of chosen mechanics; `u8::MAX` for `noop`.
    pub mechanic: u8,
    /// What the mechanic made of it (a direction, a message number, …).
    pub argument: u8,
}

/// One orientation of the map; reset draws one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Layout {
    /// The padded map before draws and bodies.
    pub words: Vec<Word>,
    /// Things that are there with a chance, drawn at reset.
    pub maybe: Vec<Maybe>,
    /// Spawn cells of each role, ascending.
    pub spawns: Vec<Vec<Cell>>,
    /// Cells where the first slots of each role begin, one each; nobody returns there.
    pub firsts: Vec<Vec<Cell>>,
    /// Cell of each thing row at tick 0, before draws.
    pub rows: Vec<Cell>,
    /// Cells whose things are chosen at reset.
    pub choices: Vec<Choice>,
    /// Areas of each padded cell (bit = place in [`Table::areas`]); empty where the map has none.
    pub areas: Vec<u16>,
}

impl Layout {
    /// What lies in a cell after the draws of a reset or a round, whose tick `draw` is of.
    pub fn drawn(&self, cell: Cell, draw: TickDraw, geometry: &Geometry) -> Word {
        let mut word = self.words[cell.index()];
        let presence = draw.key(Purpose::Presence, 0, 0);
        let from = self.maybe.partition_point(|m| m.cell < cell);
        for m in self.maybe[from..].iter().take_while(|m| m.cell == cell) {
            if presence.chance(geometry.subject(cell), m.p) {
                word[m.layer as usize] = m.code;
            }
        }
        let from = self.choices.partition_point(|c| c.cell < cell);
        for choice in self.choices[from..].iter().take_while(|c| c.cell == cell) {
            for &(layer, code) in choice.drawn(draw, geometry) {
                word[layer as usize] = code;
            }
        }
        word
    }
    /// Whether such a word can lie in a cell after some draws; things are asked one by one.
    pub fn can_hold(&self, cell: Cell, fits: impl Fn(Layer, u8) -> bool) -> bool {
        let maybe = self.maybe.iter().filter(|m| m.cell == cell);
        let sets = self.choices.iter().filter(|c| c.cell == cell);
        let sets = sets.flat_map(|c| c.sets.iter().flat_map(|(_, set)| set));
        let fixed = Layer::ALL.map(|(_, layer)| (layer, self.words[cell.index()][layer as usize]));
        let mut all = fixed
            .into_iter()
            .chain(maybe.map(|m| (m.layer, m.code)))
            .chain(sets.copied());
        all.any(|(layer, code)| fits(layer, code))
    }
}

impl Choice {
    /// The set that comes in the reset or round whose tick `draw` is of.
    pub fn drawn(&self, draw: TickDraw, geometry: &Geometry) -> &[(Layer, u8)] {
        let total = self.sets.last().map_or(0, |(sum, _)| *sum);
        let key = draw.key(Purpose::Choose, self.name, 0);
        let draw = key.u64(geometry.subject(self.cell));
        // Exact for sums below 2^64: the share of the draw that lies below each sum.
        let at = (u128::from(draw) * u128::from(total)) >> 64;
        let set = self.sets.iter().find(|(sum, _)| at < u128::from(*sum));
        set.map_or(&[], |(_, things)| things)
    }
}

/// A cell whose things are chosen at reset, one of several sets by weight.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Choice {
    /// Where.
    pub cell: Cell,
    /// Hashed legend key: cells of one key draw apart, and share nothing with other keys.
    pub name: u32,
    /// Sum of weights up to and with each set, in millionths, and the set: (layer, look code).
    pub sets: Vec<(u64, Vec<(Layer, u8)>)>,
}

/// A legend entry whose values are dealt anew at reset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deal {
    /// Hashed legend key.
    pub name: u32,
    /// The thing rows of each cell of the entry, in the order of the map as written.
    pub places: Vec<Vec<u16>>,
    /// What there is to deal, one hand a place: (kind, variable, value).
    pub hands: Vec<Vec<(u8, u8, i64)>>,
}

/// A thing that is there with a chance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Maybe {
    /// Where.
    pub cell: Cell,
    /// Its layer.
    pub layer: Layer,
    /// Its look code.
    pub code: u8,
    /// Chance in millionths.
    pub p: Num,
}

/// A thing with a row of its own: one that has variables or is named by `the`, or whose mechanic keeps state (doors, devices).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RowDecl {
    /// Its kind.
    pub kind: KindId,
}

/// Who sees a variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seen {
    /// Nobody: a cause or a label.
    None,
    /// Every role.
    All,
    /// Only the agent itself (role variables).
    Own,
    /// Some roles.
    Roles(Vec<RoleId>),
}

/// A variable of the arena, of a role's agents or of a kind's things.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VarDecl {
    /// Name in the file.
    pub name: String,
    /// Type.
    pub ty: Type,
    /// Least value (saturates).
    pub min: i64,
    /// Greatest value (saturates).
    pub max: i64,
    /// Who sees it.
    pub seen: Seen,
    /// For hidden causes: the event that reveals it.
    pub revealed_by: Option<EventId>,
}

impl VarDecl {
    /// A value in the variable's range: numbers saturate.
    pub fn bounded(&self, value: i64) -> i64 {
        let numeric = matches!(self.ty, Type::Int | Type::Num) && self.min <= self.max;
        if numeric {
            value.clamp(self.min, self.max)
        } else {
            value
        }
    }
}

/// A reward channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Channel {
    /// Name in the file.
    pub name: String,
    /// Whether agents see its last reward.
    pub seen: bool,
}

/// When an episode ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Time {
    /// Tick limit of a round.
    pub ticks: u32,
    /// Rounds of an episode, at least 1: after each but the last the world is set up anew and the tick goes on.
    pub rounds: u16,
    /// Whether tick and ticks stand in the own vector.
    pub clock: bool,
    /// From this tick, every so many ticks, the episode ends with this chance in millionths.
    pub drawn_end: Option<(u32, u32, Num)>,
}

/// A message that can be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MessageDecl {
    /// Name in the file.
    pub name: String,
    /// What it says; `{name}` stands for an argument.
    pub says: String,
    /// Its arguments, in file order.
    pub args: Vec<ArgDecl>,
}

/// An argument of a message: one of few values that follow each other by one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ArgDecl {
    /// Name in the file.
    pub name: String,
    /// Its type: [`Type::Bool`], [`Type::Int`], [`Type::Slot`] or [`Type::Choice`].
    pub ty: Type,
    /// The first value.
    pub first: i64,
    /// The values in words, at least one.
    pub words: Vec<String>,
}

impl MessageDecl {
    /// How many things it can say: the product of the numbers of values, 1 without arguments. What is said is one number below it.
    pub fn n_said(&self) -> usize {
        self.args.iter().map(|arg| arg.words.len()).product()
    }
    /// The arguments, and of each by how much its next value changes the number; the last one changes it by 1.
    pub fn split(&self) -> impl Iterator<Item = (&ArgDecl, usize)> {
        let mut stride = self.n_said();
        self.args.iter().map(move |arg| {
            stride /= arg.words.len();
            (arg, stride)
        })
    }
    /// The words of the arguments in a number that was said.
    pub fn words(&self, said: usize) -> impl Iterator<Item = &str> {
        let of = move |(arg, stride): (&'_ ArgDecl, usize)| said / stride % arg.words.len();
        (self.split()).map(move |(arg, stride)| arg.words[of((arg, stride))].as_str())
    }
    /// What was said, its arguments filled in.
    pub fn spoken(&self, said: usize) -> String {
        let pairs = self.args.iter().zip(self.words(said));
        pairs.fold(self.says.clone(), |text, (arg, word)| {
            text.replace(&format!("{{{}}}", arg.name), word)
        })
    }
}

/// A text that a role is told or a sign shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextDecl {
    /// Key in the file.
    pub name: String,
    /// The words.
    pub text: String,
}

/// All of it.
#[derive(bevy_ecs::resource::Resource, Clone, PartialEq, Eq, Debug, Default)]
pub struct Table {
    /// Size of the map.
    pub geometry: Geometry,
    /// Roles in file order; slots follow it.
    pub roles: Vec<Role>,
    /// Role of each slot; [`Table::derive`] fills it.
    pub slot_roles: Vec<u8>,
    /// Kinds, layer after layer.
    pub kinds: Vec<Kind>,
    /// Look codes.
    pub looks: Looks,
    /// Orientations: one, or two or four when the map is mirrored. Bit 0 = columns mirrored, bit 1 = rows mirrored; see `mirror`.
    pub layouts: Vec<Layout>,
    /// Axes that a reset may mirror.
    pub mirror: Mirror,
    /// Maps (numbers in file order) that a reset draws from: in the domain train, and in all others. Empty: the first map.
    pub pools: [Vec<u8>; 2],
    /// Thing rows.
    pub rows: Vec<RowDecl>,
    /// Arena variables.
    pub vars: Vec<VarDecl>,
    /// Variables of each role's agents; an agent has as many places as the role with the most.
    pub role_vars: Vec<Vec<VarDecl>>,
    /// Variables of each kind's things.
    pub thing_vars: Vec<Vec<VarDecl>>,
    /// Values with which the variables of a thing begin that appears during an episode, kind by kind.
    pub thing_starts: Vec<Vec<i64>>,
    /// Values that the legend gives: (row, variable, value).
    pub given: Vec<(u16, u8, i64)>,
    /// Legend entries whose values are dealt anew at reset.
    pub deals: Vec<Deal>,
    /// Names of areas, at most 16.
    pub areas: Vec<String>,
    /// Whether each kind has thing rows; [`Table::derive`] fills it.
    pub rowed: Vec<bool>,
    /// Kinds that can be carried, in the order of their counts (at most 16).
    pub items: Vec<KindId>,
    /// Reward channels, `main` first.
    pub channels: Vec<Channel>,
    /// Types of events, see [`crate::event`].
    pub events: Vec<crate::event::EventDecl>,
    /// Messages.
    pub messages: Vec<MessageDecl>,
    /// Texts.
    pub texts: Vec<TextDecl>,
    /// Names of effects, from 1: beams in file order, then messages that all may hear.
    pub effects: Vec<String>,
    /// Ends.
    pub time: Time,
    /// Places of the arena variables that stay as they are when a round begins (`keep`).
    pub kept: Vec<u16>,
    /// Signs; filled by the mechanic.
    pub signs: Vec<Sign>,
    /// Whether any rule emits an event `after` some ticks.
    pub has_later: bool,
    /// What holds growth back; filled by the mechanics.
    pub growth_laws: Vec<GrowthLaw>,
    /// Most delayed events that wait in an arena.
    pub later_rows: u32,
    /// Whether no play can bring on more events than there is room for: not so where delayed events bring
    /// on themselves, which are watched while they run.
    pub proved: bool,
    /// For each event, most rows of mechanics in a tick of an arena; empty in tables that no file gave.
    pub given_rows: Vec<u32>,
    /// Events that mechanics answer row by row with another: (theirs, its own), by number.
    pub echoes: Vec<(u16, u16)>,
    /// For each event, most rows in a tick of an arena, those of rules included; empty in tables that no file gave.
    pub most_rows: Vec<u32>,
    /// How the acts of mechanics are played in this scenario; filled by the mechanics.
    pub acts: super::acts::Acts,
}

/// A sign: a kind of thing that shows a text to whoever is near enough and sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sign {
    /// The kind.
    pub kind: KindId,
    /// Index into [`Table::texts`].
    pub text: u8,
    /// Greatest distance (the larger of rows and columns) from which it is read.
    pub read: u8,
}

/// A kind grows the slower the more there is of another: its chances are multiplied by a factor that falls linearly from 1 to 0
/// while the share of cells that the other takes goes from `full` to `none`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GrowthLaw {
    /// What grows.
    pub of: KindId,
    /// What holds it back.
    pub by: KindId,
    /// Cells that `by` can take.
    pub n_cells: u32,
    /// Share of cells, in millionths, up to which `of` grows with its full chances.
    pub full: Num,
    /// Share of cells, in millionths, from which on it does not grow.
    pub none: Num,
}

impl GrowthLaw {
    /// The factor while `taken` cells are taken, as a fraction of 2³².
    pub fn factor(&self, taken: u16) -> u64 {
        let share = i128::from(taken) * i128::from(crate::ids::ONE);
        let n = i128::from(self.n_cells.max(1));
        let (above, width) = (
            n * i128::from(self.none) - share,
            n * i128::from(self.none - self.full),
        );
        if width == 0 {
            return if above > 0 { 1 << 32 } else { 0 };
        }
        // Both signs turn when growth needs the other kind, so that the quotient is the same law.
        let factor = (above << 32) / width;
        u64::try_from(factor.clamp(0, 1 << 32)).expect("clamped")
    }
}

/// Axes that a reset may mirror.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Mirror {
    /// Columns are reversed or not.
    pub x: bool,
    /// Rows are reversed or not.
    pub y: bool,
}

impl Default for Time {
    fn default() -> Self {
        Self {
            ticks: 1,
            rounds: 1,
            clock: false,
            drawn_end: None,
        }
    }
}

impl Time {
    /// Most ticks of an episode, all rounds together.
    pub const fn limit(&self) -> u32 {
        self.ticks.saturating_mul(self.rounds as u32)
    }
}

impl Table {
    /// Fills what follows from the rest: roles by slot, the events of the shared acts, the padding of the layouts.
    pub fn derive(&mut self) {
        self.pad_layouts();
        self.slot_roles = (0u8..)
            .zip(&self.roles)
            .flat_map(|(r, role)| std::iter::repeat_n(r, usize::from(role.n)))
            .collect();
        self.rowed = vec![false; self.kinds.len()];
        for row in &self.rows {
            self.rowed[row.kind.index()] = true;
        }
        let find = |name| self.event(name);
        let refused = find("refused");
        let (away, returned, disabled, enabled) = (
            find("away"),
            find("returned"),
            find("disabled"),
            find("enabled"),
        );
        let (opened, closed, dropped, heard) = (
            find("opened"),
            find("closed"),
            find("dropped"),
            find("heard"),
        );
        self.acts = super::Acts {
            away,
            returned,
            disabled,
            enabled,
            opened,
            closed,
            dropped,
            heard,
            refused,
            claimed: self.event("claimed"),
            lost: self.event("lost"),
            ..std::mem::take(&mut self.acts)
        };
    }
    /// What lies outside the map: nothing, which blocks; on a torus, its other side.
    fn pad_layouts(&mut self) {
        let g = self.geometry;
        for layout in &mut self.layouts {
            if g.wrap {
                fill_padding(&g, &mut layout.words);
                continue;
            }
            for (cell, word) in (0u16..).zip(&mut layout.words) {
                if !g.inside(Cell::new(cell)) {
                    *word = [0, OUTSIDE, 0, 0, 0, 0, 0, 0];
                }
            }
        }
    }
    /// Number of slots of an arena.
    pub fn n_slots(&self) -> usize {
        self.roles
            .last()
            .map_or(0, |r| usize::from(r.first) + usize::from(r.n))
    }
    /// Role of a slot.
    pub fn role_of(&self, slot: Slot) -> RoleId {
        RoleId::new(self.slot_roles[slot.index()])
    }
    /// Number of variables that each agent has room for.
    pub fn n_role_vars(&self) -> usize {
        self.role_vars.iter().map(Vec::len).max().unwrap_or(0)
    }
    /// Number of variables that each thing row has room for.
    pub fn n_thing_vars(&self) -> usize {
        self.thing_vars.iter().map(Vec::len).max().unwrap_or(0)
    }
    /// Whether things of the kind have rows: then each of them has one.
    pub fn has_rows(&self, kind: KindId) -> bool {
        self.rowed.get(kind.index()).copied().unwrap_or(false)
    }
    /// The variable of a kind's things that their look codes show.
    pub fn shown_var(&self, kind: KindId) -> Option<usize> {
        let vars = self.thing_vars.get(kind.index())?;
        vars.iter().position(|v| v.seen != Seen::None)
    }
    /// Number of variable places of an arena: the arena's, then the agents', then the thing rows'.
    pub fn n_places(&self) -> usize {
        self.vars.len()
            + self.n_slots() * self.n_role_vars()
            + self.rows.len() * self.n_thing_vars()
    }
    /// Place of an arena variable.
    pub fn arena_place(&self, var: usize) -> usize {
        var
    }
    /// Place of an agent's variable.
    pub fn slot_place(&self, slot: Slot, var: usize) -> usize {
        self.vars.len() + slot.index() * self.n_role_vars() + var
    }
    /// Place of a thing row's variable.
    pub fn row_place(&self, row: usize, var: usize) -> usize {
        self.vars.len() + self.n_slots() * self.n_role_vars() + row * self.n_thing_vars() + var
    }
    /// The kind of that name.
    pub fn kind(&self, name: &str) -> Option<KindId> {
        let index = self.kinds.iter().position(|k| k.name == name)?;
        Some(KindId::new(u8::try_from(index).expect("at most 250 kinds")))
    }
    /// The role of that name.
    pub fn role(&self, name: &str) -> Option<RoleId> {
        let index = self.roles.iter().position(|r| r.name == name)?;
        Some(RoleId::new(u8::try_from(index).expect("at most 64 roles")))
    }
    /// Numbers that an arena keeps of what messages said: none where no message has arguments.
    pub fn n_heard_said(&self) -> usize {
        let any = self.messages.iter().any(|m| !m.args.is_empty());
        usize::from(any) * self.n_slots() * self.messages.len()
    }
    /// The event of that name.
    pub fn event(&self, name: &str) -> Option<EventId> {
        let index = self.events.iter().position(|e| e.name == name)?;
        Some(EventId::new(u16::try_from(index).expect("few events")))
    }
    /// The channel of that name.
    pub fn channel(&self, name: &str) -> Option<ChannelId> {
        let index = self.channels.iter().position(|c| c.name == name)?;
        Some(ChannelId::new(u8::try_from(index).expect("few channels")))
    }
    /// Place among the carried kinds.
    pub fn item(&self, kind: KindId) -> Option<usize> {
        self.items.iter().position(|&k| k == kind)
    }
    /// The kind that a look code shows.
    pub fn kind_of(&self, code: u8) -> Option<KindId> {
        self.looks.kind_of[usize::from(code)]
            .checked_sub(1)
            .map(KindId::new)
    }
}
