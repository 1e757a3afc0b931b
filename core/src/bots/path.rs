//! Shortest paths of bots: breadth first, on the stack.
//!
//! **Invariant.** Reads the window of a bot that senses a view, and nothing outside it: what lies outside counts as free. Allocates
//! nothing.

use crate::ids::Cell;
use crate::rules::vm::Rect;
use crate::state::{ArenaMut, BODY, DIRECTIONS, Geometry, Layer};

/// A path's first step and length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Found {
    /// First step; `None` if the start is a target, or the target is solid and next to the start.
    pub(super) direction: Option<u8>,
    /// Steps.
    pub(super) steps: u32,
}

/// A search from a bot's cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finder {
    pub(super) start: Cell,
    /// The window; `None` for the whole map.
    pub(super) sight: Option<Rect>,
    /// Direction that wins ties; the others follow clockwise.
    pub(super) first: u8,
    /// Bodies exchange cells, so they are no walls.
    pub(super) swap: bool,
}

/// Cells of the largest window and its ring.
const VIEW: usize = 19 * 19;
/// Cells of a small map.
const SMALL: usize = 1024;
/// Cells of the largest map.
const WORLD: usize = 128 * 128;

/// The map as written.
pub(super) fn whole(geometry: &Geometry) -> Rect {
    Rect {
        top: 0,
        left: 0,
        bottom: i32::from(geometry.height) - 1,
        right: i32::from(geometry.width) - 1,
    }
}

/// The cell in a row and column of the map.
pub(super) fn cell(geometry: &Geometry, row: i32, column: i32) -> Cell {
    geometry.cell(
        u16::try_from(row).expect("in the map"),
        u16::try_from(column).expect("in the map"),
    )
}

/// The cells of a window that lie in the map, as ranges of words, row by row; on a torus the whole map.
pub(super) fn known(
    geometry: &Geometry,
    sight: Rect,
) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
    let rect = if geometry.wrap {
        whole(geometry)
    } else {
        sight.meet(whole(geometry))
    };
    (rect.top..=rect.bottom)
        .filter(move |_| rect.left <= rect.right)
        .map(move |row| {
            let from = cell(geometry, row, rect.left).index();
            from..from + usize::try_from(rect.right - rect.left + 1).expect("left of right")
        })
}

type Test<'t> = &'t mut dyn FnMut(&mut ArenaMut<'_>, Cell) -> bool;

impl Finder {
    /// The nearest cell that is a target. Cells that `avoid` names are walls, even if they are targets. A target that is solid is
    /// approached, not entered.
    pub(super) fn search(
        &self,
        arena: &mut ArenaMut<'_>,
        target: Test<'_>,
        avoid: Test<'_>,
    ) -> Option<Found> {
        let map = whole(&arena.table.geometry);
        let bounds = match self.sight {
            // A ring of free cells, so that a path may leave the window and come back.
            Some(s) if !arena.table.geometry.wrap => Rect {
                top: s.top - 1,
                left: s.left - 1,
                bottom: s.bottom + 1,
                right: s.right + 1,
            },
            _ => map,
        };
        let cells = (bounds.bottom - bounds.top + 1) * (bounds.right - bounds.left + 1);
        let cells = usize::try_from(cells).unwrap_or(usize::MAX);
        if cells <= VIEW {
            self.flood::<VIEW>(arena, bounds, map, target, avoid)
        } else if cells <= SMALL {
            self.flood::<SMALL>(arena, bounds, map, target, avoid)
        } else if cells <= WORLD {
            self.flood::<WORLD>(arena, bounds, map, target, avoid)
        } else {
            None
        }
    }

    /// Whether the bot could step into a neighbour of its cell: what is solid and, unless bodies swap, bodies are walls.
    pub(super) fn passable_neighbour(&self, arena: &ArenaMut<'_>, to: Cell) -> bool {
        arena.table.geometry.inside(to)
            && !solid(arena, to)
            && (self.swap || arena.cells.word(to)[BODY] == 0)
    }

    fn flood<const N: usize>(
        &self,
        arena: &mut ArenaMut<'_>,
        bounds: Rect,
        map: Rect,
        target: Test<'_>,
        avoid: Test<'_>,
    ) -> Option<Found> {
        let geometry = arena.table.geometry;
        let width = bounds.right - bounds.left + 1;
        let local = |row: i32, column: i32| {
            usize::try_from((row - bounds.top) * width + column - bounds.left).expect("in bounds")
        };
        // Per cell 0 = not reached, else first direction + 1; the queue holds row and column from the corner.
        let mut seen = [0u8; N];
        let mut queue = [(0u8, 0u8); N];
        let (y, x) = geometry.place(self.start);
        if target(arena, self.start) {
            return Some(Found {
                direction: None,
                steps: 0,
            });
        }
        seen[local(y, x)] = u8::MAX;
        queue[0] = near(y - bounds.top, x - bounds.left);
        let (mut head, mut tail, mut steps, mut level_end) = (0, 1, 0, 1);
        while head < tail {
            if head == level_end {
                steps += 1;
                level_end = tail;
            }
            let (row, column) = (
                i32::from(queue[head].0) + bounds.top,
                i32::from(queue[head].1) + bounds.left,
            );
            let label = seen[local(row, column)];
            head += 1;
            for turn in 0..4 {
                let direction = (self.first + turn) & 3;
                let (dy, dx) = DIRECTIONS[usize::from(direction)];
                let (mut r, mut c) = (row + dy, column + dx);
                if geometry.wrap {
                    // The bounds are those of the map.
                    (r, c) = (r.rem_euclid(map.bottom + 1), c.rem_euclid(map.right + 1));
                }
                if !bounds.holds(r, c) || seen[local(r, c)] != 0 {
                    continue;
                }
                let at_start = label == u8::MAX;
                seen[local(r, c)] = if at_start { direction + 1 } else { label };
                let known = self.sight.is_none_or(|s| s.shows(&geometry, r, c));
                if known {
                    if !map.holds(r, c) {
                        continue;
                    }
                    let to = cell(&geometry, r, c);
                    let wall =
                        solid(arena, to) || (at_start && !self.passable_neighbour(arena, to));
                    if avoid(arena, to) {
                        continue;
                    }
                    if target(arena, to) {
                        let direction = seen[local(r, c)] - 1;
                        return Some(Found {
                            direction: (!(wall && at_start)).then_some(direction),
                            steps: steps + 1,
                        });
                    }
                    if wall {
                        continue;
                    }
                }
                queue[tail] = near(r - bounds.top, c - bounds.left);
                tail += 1;
            }
        }
        None
    }
}

fn solid(arena: &ArenaMut<'_>, cell: Cell) -> bool {
    arena.table.looks.blocks_move[usize::from(arena.cells.get(cell, Layer::Solid))]
}

fn near(row: i32, column: i32) -> (u8, u8) {
    (
        u8::try_from(row).expect("below 128"),
        u8::try_from(column).expect("below 128"),
    )
}
