//! Published games: the values of `tests/data/games_golden.json`, maps of the shipped files, and arenas played by hand.

use commonweal_core::batch::{Batch, Config, Control, EventView, Out, Serial};
use commonweal_core::ids::Slot;
use commonweal_core::state::{BODY, LOOK};
use serde_json::Value;

use crate::worlds::{compile, read};

/// A value of the golden file.
pub fn golden(name: &str) -> Value {
    let all: Vec<Value> =
        serde_json::from_str(include_str!("../data/games_golden.json")).expect("a list");
    let found = all.iter().find(|v| v["name"] == name);
    found.unwrap_or_else(|| panic!("no golden value `{name}`"))["value"].clone()
}
/// A number in millionths.
pub fn millionths(value: &Value) -> i64 {
    let number = value.as_f64().expect("a number");
    #[expect(clippy::cast_possible_truncation, reason = "a small number")]
    let millionths = (number * 1e6).round() as i64;
    millionths
}

/// The text of a shipped scenario.
pub fn shipped(id: &str) -> &'static str {
    commonweal_scenarios::named(id)
        .unwrap_or_else(|| panic!("{id} is not shipped"))
        .text
}
/// The map of a file, row by row.
pub fn map_of(text: &str) -> Vec<&str> {
    let (_, rest) = text.split_once("rows = '''\n").expect("a map");
    let (map, _) = rest.split_once("'''").expect("an end of the map");
    map.lines().collect()
}
/// The file with another map.
pub fn with_map(text: &str, map: &str) -> String {
    text.replace(&map_of(text).join("\n"), map.trim())
}
/// Replaces what must be there.
pub fn patched(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "`{from}` is not in the file");
    text.replace(from, to)
}
/// How often a glyph stands in the map of a shipped scenario.
pub fn glyphs(id: &str, glyph: char) -> usize {
    let rows = map_of(shipped(id));
    rows.iter().map(|row| row.matches(glyph).count()).sum()
}
/// Columns and rows of the map of a shipped scenario.
pub fn size(id: &str) -> (usize, usize) {
    let rows = map_of(shipped(id));
    (rows[0].chars().count(), rows.len())
}

/// One or more arenas, played by hand or by the bots of the file.
pub struct Play {
    /// The arenas.
    pub batch: Batch,
    names: Vec<String>,
    n: usize,
}

impl Play {
    /// Arenas of an arm of a file; all events are kept.
    pub fn new(text: &str, arm: &str, config: Config) -> Self {
        let compiled = compile(&read("patched", text), arm);
        let n = compiled.table.n_slots();
        let names = compiled.table.roles[0]
            .actions
            .iter()
            .map(|a| a.name.clone());
        let names = names.collect();
        let config = Config {
            events: true,
            ..config
        };
        let batch = Batch::new(&[compiled], config).expect("a batch");
        Self { batch, names, n }
    }
    /// One arena in which the caller plays everybody.
    pub fn by_hand(text: &str, arm: &str, absent: Vec<Slot>) -> Self {
        let config = Config {
            control: Control::All,
            absent,
            ..Config::default()
        };
        Self::new(text, arm, config)
    }
    /// Arenas in which bots play everybody: (role or slot, bot).
    pub fn by_bots(id: &str, arm: &str, arenas: usize, bots: &[(&str, &str)]) -> Self {
        let policies = bots
            .iter()
            .map(|(who, bot)| ((*who).to_owned(), (*bot).to_owned()));
        let config = Config {
            control: Control::None,
            arenas,
            policies: policies.collect(),
            ..Config::default()
        };
        Self::new(shipped(id), arm, config)
    }
    /// Everybody's actions by name; what happened in arena 0.
    pub fn step(&mut self, actions: &[&str]) -> Vec<EventView> {
        let index = |a: &&str| {
            let found = self.names.iter().position(|n| n == a);
            let found = found.unwrap_or_else(|| panic!("{a} is none of {:?}", self.names));
            i32::try_from(found).expect("few actions")
        };
        let actions: Vec<i32> = actions.iter().map(index).collect();
        self.batch
            .step(&[&actions], &mut [Out::default()], &Serial)
            .expect("a step");
        self.batch.events(0)
    }
    /// One tick of bots.
    pub fn tick(&mut self) {
        self.batch.step(&[], &mut [], &Serial).expect("a step");
    }
    /// The slot does something, everybody else nothing.
    pub fn act(&mut self, slot: usize, action: &str) -> Vec<EventView> {
        let mut actions = vec!["noop"; self.n];
        actions[slot] = action;
        self.step(&actions)
    }
    /// Row, column and facing.
    pub fn body(&self, slot: usize) -> ((i32, i32), u8) {
        let mut frame = Vec::new();
        self.batch.frame(0, &mut frame);
        let width = usize::from(self.batch.compiled(0).table.geometry.width);
        let words = frame.as_chunks::<8>().0;
        let at = words
            .iter()
            .position(|w| usize::from(w[BODY]) == slot + 1)
            .expect("a body on the map");
        let place = |n: usize| i32::try_from(n).expect("small");
        (
            (place(at / width), place(at % width)),
            words[at][LOOK] >> 3 & 3,
        )
    }
    /// Steps to a neighbour, without turning.
    pub fn to(&mut self, slot: usize, cell: (i32, i32)) {
        let ((row, column), facing) = self.body(slot);
        let direction: u8 = match (cell.0 - row, cell.1 - column) {
            (-1, 0) => 0,
            (0, 1) => 1,
            (1, 0) => 2,
            (0, -1) => 3,
            _ => panic!("{cell:?} is no neighbour of {row}, {column}"),
        };
        let names = ["forward", "right", "back", "left"];
        self.act(slot, names[usize::from(direction.wrapping_sub(facing) & 3)]);
        assert_eq!(self.body(slot).0, cell);
    }
    /// Turns until the slot faces a direction.
    pub fn face(&mut self, slot: usize, direction: u8) {
        while self.body(slot).1 != direction {
            self.act(slot, "turn_right");
        }
    }
    /// What each slot was paid in the last tick, in millionths.
    pub fn pay(&self, arena: usize) -> Vec<i64> {
        self.batch.pay(arena).to_vec()
    }
}

/// How often an event came in an arena's last tick.
pub fn count(events: &[EventView], name: &str) -> usize {
    events.iter().filter(|e| e.event == name).count()
}
