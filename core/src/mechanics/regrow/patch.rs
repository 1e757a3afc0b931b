//! One instance of `regrow`: what is fixed when a shard is built.

use super::super::codes_of;
use super::{Config, Place};
use crate::draw::{Key, name_hash, threshold};
use crate::ids::{Cell, EventId, KindId, ONE};
use crate::state::{Arenas, GrowthLaw, Layer, Table};

/// One instance: what is fixed.
#[derive(Debug)]
pub(super) struct Patch {
    pub(super) name: u32,
    pub(super) kind: KindId,
    pub(super) codes: [bool; 256],
    pub(super) initial: bool,
    /// Look codes of the ground, where it is not `initial`.
    pub(super) on: [bool; 256],
    pub(super) under_agent: bool,
    pub(super) every: u32,
    pub(super) delay: u16,
    /// The arena variable without which nothing grows.
    pub(super) only_while: Option<usize>,
    pub(super) event: EventId,
    pub(super) law: Option<GrowthLaw>,
    /// Thresholds by number of live neighbours.
    pub(super) by_count: Vec<u32>,
    /// Whether a chance of one is among them, which no 32-bit threshold expresses.
    pub(super) certain: bool,
    /// For each layout, the candidate cells, in an order in which mirrored candidates agree.
    pub(super) cells: Vec<Vec<Cell>>,
    /// For each layout, each candidate's subject as [`Key::spread`] gives it, padded with zeros to a multiple of [`BLOCK`].
    pub(super) subjects: Vec<Vec<u32>>,
    /// For each layout and padded cell, candidate + 1, or 0.
    pub(super) candidate_at: Vec<Vec<u16>>,
    /// For each layout and padded cell, the candidates within the radius: a range of `near`.
    pub(super) near_at: Vec<Vec<(u32, u32)>>,
    pub(super) near: Vec<Vec<u16>>,
    /// For each layout and candidate, all cells of the map within the radius, candidates or not.
    pub(super) reach: Vec<Vec<Vec<u16>>>,
}

/// Chances are drawn in blocks of so many.
pub(super) const BLOCK: usize = 32;

impl Patch {
    pub(super) fn new(config: &Config, instance: &str, table: &Table) -> Option<Self> {
        let kind = table.kind(&config.thing)?;
        let g = table.geometry;
        let on = match &config.place {
            Place::Initial => [false; 256],
            Place::On(kinds) => codes_of(kinds, table),
        };
        let codes = codes_of(std::slice::from_ref(&config.thing), table);
        let initial = config.place == Place::Initial;
        let radius = i32::from(config.radius);
        let mut patch = Self {
            name: name_hash(&format!("regrow.{instance}")),
            kind,
            codes,
            initial,
            on,
            under_agent: config.under_agent,
            every: config.every,
            delay: u16::try_from(config.delay).unwrap_or(u16::MAX - 1),
            only_while: config
                .only_while
                .as_ref()
                .and_then(|name| table.vars.iter().position(|v| v.name == *name)),
            event: table.event("grew")?,
            law: table.growth_laws.iter().find(|law| law.of == kind).copied(),
            by_count: config
                .chance
                .iter()
                .map(|c| u32::try_from(threshold(c.0)).unwrap_or(u32::MAX))
                .collect(),
            certain: config.chance.iter().any(|c| c.0 >= ONE),
            cells: Vec::new(),
            subjects: Vec::new(),
            candidate_at: Vec::new(),
            near_at: Vec::new(),
            near: Vec::new(),
            reach: Vec::new(),
        };
        for layout in &table.layouts {
            let all = (0..g.height).flat_map(|r| (0..g.width).map(move |c| g.cell(r, c)));
            let cells: Vec<Cell> = all
                .filter(|&c| layout.can_hold(c, |layer, code| patch.is_soil(layer, code)))
                .collect();
            let mut candidate_at = vec![0u16; g.cells()];
            for (i, c) in (1u16..).zip(&cells) {
                candidate_at[c.index()] = i;
            }
            let (mut near_at, mut near) = (vec![(0, 0); g.cells()], Vec::new());
            for (c, range) in (0u16..).zip(near_at.iter_mut()) {
                let start = near.len();
                for (i, &other) in (0u16..).zip(&cells) {
                    let (dy, dx) = g.offset(Cell::new(c), other);
                    if other.get() != c && config.metric.within(dy, dx, radius) {
                        near.push(i);
                    }
                }
                *range = (
                    u32::try_from(start).expect("bounded"),
                    u32::try_from(near.len()).expect("bounded"),
                );
            }
            let within = |&a: &Cell| {
                let map = (0..g.height).flat_map(|r| (0..g.width).map(move |c| g.cell(r, c)));
                let near = map.filter(|&b| {
                    let (dy, dx) = g.offset(a, b);
                    a != b && config.metric.within(dy, dx, radius)
                });
                near.map(Cell::get).collect()
            };
            patch.reach.push(cells.iter().map(within).collect());
            let mut subjects: Vec<u32> = cells.iter().map(|&c| Key::spread(g.subject(c))).collect();
            subjects.resize(cells.len().next_multiple_of(BLOCK), 0);
            patch.cells.push(cells);
            patch.subjects.push(subjects);
            patch.candidate_at.push(candidate_at);
            patch.near_at.push(near_at);
            patch.near.push(near);
        }
        Some(patch)
    }
    /// Whether a thing that lies in a layer after the draws at reset makes its cell one where things grow.
    pub(super) fn is_soil(&self, layer: Layer, code: u8) -> bool {
        match layer {
            Layer::Item => self.initial && self.codes[usize::from(code)],
            Layer::Floor | Layer::Mark => self.on[usize::from(code)],
            Layer::Solid | Layer::Air => false,
        }
    }
    /// Room for the candidates of one arena, a multiple of [`BLOCK`].
    pub(super) fn places(&self) -> usize {
        self.subjects.iter().map(Vec::len).max().unwrap_or(0)
    }
    /// Counts down where nothing lies, and starts anew where something does; nothing to do without `delay`.
    pub(super) fn wait(&self, table: &Table, arenas: &mut Arenas, arena: usize, waits: &mut [u16]) {
        let places = self.places();
        let Some(waits) = waits.get_mut(arena * places..(arena + 1) * places) else {
            return;
        };
        let layout = usize::from(arenas.heads[arena].layout);
        let cells = arenas.cells(table, arena);
        for (&cell, wait) in self.cells[layout].iter().zip(waits) {
            *wait = if self.codes[usize::from(cells.get(cell, Layer::Item))] {
                self.delay + 1
            } else {
                wait.saturating_sub(1)
            };
        }
    }
    /// Whether the variable that allows growth does.
    pub(super) fn may_grow(&self, table: &Table, arenas: &Arenas, arena: usize) -> bool {
        self.only_while
            .is_none_or(|var| arenas.vars[arena * table.n_places() + table.arena_place(var)] != 0)
    }
    pub(super) fn limit(&self, around: u8) -> u32 {
        self.by_count[usize::from(around).min(self.by_count.len() - 1)]
    }
}
