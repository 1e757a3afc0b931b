//! Pictures: generated tiles of 8 × 8 pixels, the same on every host. Colours are the page's: agents A to H and round again,
//! walls, floor; kinds without a colour of their own take one from a fixed list by their number.

use super::window::for_each;
use crate::state::{BODY, EFFECT, LOOK, Layer, Role, Table, Word};

/// Pixels of a tile's side.
pub const TILE: usize = 8;

type Colour = [u8; 3];
const FLOOR: Colour = [0xEF, 0xEB, 0xE1];
const WALL: Colour = [0x4A, 0x50, 0x58];
const OUTLINE: Colour = [0x1B, 0x1F, 0x24];
const FROZEN: Colour = [0x9F, 0xC9, 0xE8];
const BEAM: Colour = [0xF2, 0xC1, 0x4E];
const AGENTS: [Colour; 8] = [
    [0x00, 0x72, 0xB2],
    [0xD5, 0x5E, 0x00],
    [0x00, 0x9E, 0x73],
    [0xCC, 0x79, 0xA7],
    [0xE6, 0x9F, 0x00],
    [0x56, 0xB4, 0xE9],
    [0xF0, 0xE4, 0x42],
    [0xFF, 0xFF, 0xFF],
];
const THINGS: [Colour; 8] = [
    [0x3E, 0x8E, 0x41],
    [0x8D, 0x6E, 0x4B],
    [0xB3, 0x26, 0x1E],
    [0x6B, 0x5B, 0x95],
    [0x1F, 0x7A, 0x4D],
    [0x8A, 0x5A, 0x00],
    [0x0B, 0x5F, 0xA5],
    [0xB4, 0x42, 0x0A],
];

/// The colours of a scenario's look codes.
#[derive(Debug)]
pub(super) struct Tiles {
    colour: Vec<Colour>,
}

impl Tiles {
    pub(super) fn new(table: &Table) -> Self {
        let mut colour = vec![WALL; 256];
        let mut things = 0;
        for kind in &table.kinds {
            let base = match kind.layer {
                Layer::Floor => FLOOR,
                Layer::Solid if kind.n_looks == 1 => WALL,
                _ => {
                    things += 1;
                    THINGS[(things - 1) % THINGS.len()]
                }
            };
            for state in 0..kind.n_looks {
                // Later states are lighter: an open gate shows more of the floor.
                let lighter = |c: u8| c.saturating_add(state.saturating_mul(60));
                colour[usize::from(kind.look + state)] = base.map(lighter);
            }
        }
        Self { colour }
    }

    /// Draws one window.
    pub(super) fn window(
        &self,
        table: &Table,
        role: &Role,
        words: &[Word],
        cell: usize,
        facing: u8,
        out: &mut [u8],
    ) {
        let (_, w) = role.window();
        for_each(table, role, words, cell, facing, |i, word| {
            let (row, column) = (i / w, i % w);
            self.tile(word, |y, x, colour| {
                let at = ((row * TILE + y) * w * TILE + column * TILE + x) * 3;
                out[at..at + 3].copy_from_slice(&colour);
            });
        });
    }

    /// Draws one cell.
    pub(super) fn tile(&self, word: Word, mut put: impl FnMut(usize, usize, Colour)) {
        let of = |layer: Layer| word[layer as usize];
        for y in 0..TILE {
            for x in 0..TILE {
                // Distance from the middle in half pixels, squared.
                let (dy, dx) = ((2 * y).abs_diff(TILE - 1), (2 * x).abs_diff(TILE - 1));
                let round = dy * dy + dx * dx;
                let mut colour = if of(Layer::Floor) != 0 {
                    self.colour[usize::from(of(Layer::Floor))]
                } else {
                    FLOOR
                };
                if of(Layer::Mark) != 0 && y.min(x) >= 1 && y.max(x) <= 6 {
                    colour = self.colour[usize::from(of(Layer::Mark))];
                }
                if of(Layer::Solid) != 0 {
                    colour = self.colour[usize::from(of(Layer::Solid))];
                }
                if of(Layer::Item) != 0 && round <= 26 {
                    colour = self.colour[usize::from(of(Layer::Item))];
                }
                if of(Layer::Air) != 0 && (x + y) % 4 == 0 {
                    colour = self.colour[usize::from(of(Layer::Air))];
                }
                if word[EFFECT] != 0 && (x + y) % 2 == 0 {
                    colour = BEAM;
                }
                if let Some(agent) = word[BODY].checked_sub(1) {
                    if round <= 50 {
                        colour = OUTLINE;
                    }
                    if round <= 34 {
                        colour = if word[LOOK] & 32 != 0 {
                            FROZEN
                        } else {
                            AGENTS[usize::from(agent) % AGENTS.len()]
                        };
                    }
                    let nose = match (word[LOOK] >> 3) & 3 {
                        0 => (y < 2) && (x == 3 || x == 4),
                        1 => (x > 5) && (y == 3 || y == 4),
                        2 => (y > 5) && (x == 3 || x == 4),
                        _ => (x < 2) && (y == 3 || y == 4),
                    };
                    if nose {
                        colour = OUTLINE;
                    }
                }
                put(y, x, colour);
            }
        }
    }
}
