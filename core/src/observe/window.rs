//! Windows: eleven copies of 88 bytes, or whatever the role sees, straight from the padded map.

use super::{Encoding, rgb};
use crate::ids::Slot;
use crate::state::{BODY_ON_MAP, Facing, LOOK, Layer, Pos, Role, Status, Table, Word};

/// Longest side of a window.
const SIDE_MAX: usize = 17;

/// The windows of one group in a range of arenas; a plain loop, run with the widest registers there are.
pub(super) struct Windows<'a> {
    pub(super) table: &'a Table,
    pub(super) role: &'a Role,
    pub(super) slots: &'a [Slot],
    pub(super) encoding: Encoding,
    pub(super) tiles: Option<&'a rgb::Tiles>,
    pub(super) words: &'a [Word],
    pub(super) pos: &'a [Pos],
    pub(super) facing: &'a [Facing],
    pub(super) status: &'a [Status],
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) out: &'a mut [u8],
}

impl pulp::NullaryFnOnce for Windows<'_> {
    type Output = ();
    #[inline(always)]
    fn call(self) {
        match (self.encoding, self.role.turned) {
            (Encoding::Symbolic | Encoding::Codes, false) => match self.role.window().1 {
                5 => self.fixed::<5>(),
                7 => self.fixed::<7>(),
                9 => self.fixed::<9>(),
                11 => self.fixed::<11>(),
                13 => self.fixed::<13>(),
                15 => self.fixed::<15>(),
                _ => self.fixed::<17>(),
            },
            (Encoding::Symbolic, true) => self.each(|this, words, cell, facing, out| {
                view(
                    this.table,
                    this.role,
                    words,
                    cell,
                    facing,
                    out.as_chunks_mut().0,
                );
            }),
            (Encoding::Codes, true) => {
                let mut seen = [Word::default(); SIDE_MAX * SIDE_MAX];
                let (h, w) = self.role.window();
                self.each(|this, words, cell, facing, out| {
                    let seen = &mut seen[..h * w];
                    view(this.table, this.role, words, cell, facing, seen);
                    pairs(seen, out.as_chunks_mut().0);
                });
            }
            (Encoding::Rgb, _) => self.each(|this, words, cell, facing, out| {
                if let Some(tiles) = this.tiles {
                    tiles.window(this.table, this.role, words, cell, facing, out);
                }
            }),
            (Encoding::Text | Encoding::None, _) => {}
        }
    }
}

impl Windows<'_> {
    /// A window that keeps north up, `V` cells wide: rows are contiguous in the map. `codes` are made of a copy of the lines, in
    /// one loop over all of them.
    #[inline(always)]
    fn fixed<const V: usize>(self) {
        let (h, _) = self.role.window();
        let (stride, cells) = (self.table.geometry.stride(), self.table.geometry.cells());
        let n_slots = self.pos.len() / (self.words.len() / cells).max(1);
        let corner = usize::from(self.role.ahead) * stride + usize::from(self.role.side);
        let symbolic = self.encoding == Encoding::Symbolic;
        let mut lines = [[Word::default(); V]; SIDE_MAX];
        let mut windows = self
            .out
            .chunks_exact_mut(h * V * if symbolic { 8 } else { 2 });
        for arena in self.from..self.to {
            let words = &self.words[arena * cells..(arena + 1) * cells];
            for slot in self.slots {
                let row = arena * n_slots + slot.index();
                let Some(window) = windows.next() else { return };
                if self.status[row].0 & BODY_ON_MAP == 0 {
                    window.fill(0);
                    continue;
                }
                let Some(seen) = words.get(usize::from(self.pos[row].0).wrapping_sub(corner)..)
                else {
                    continue;
                };
                if symbolic {
                    let lines = window.as_chunks_mut::<8>().0.as_chunks_mut::<V>().0;
                    copy_lines(lines, seen, stride);
                } else {
                    copy_lines(&mut lines[..h], seen, stride);
                    pairs(lines[..h].as_flattened(), window.as_chunks_mut().0);
                }
            }
        }
    }

    /// Any other window: `encode` for each slot that has a body, zeros for the others.
    #[inline(always)]
    fn each(mut self, mut encode: impl FnMut(&Self, &[Word], usize, u8, &mut [u8])) {
        let cells = self.table.geometry.cells();
        let n_slots = self.pos.len() / (self.words.len() / cells).max(1);
        let out = std::mem::take(&mut self.out);
        let rows = (self.to - self.from) * self.slots.len();
        let bytes = out.len() / rows.max(1);
        let mut windows = out.chunks_exact_mut(bytes.max(1));
        for arena in self.from..self.to {
            let words = &self.words[arena * cells..(arena + 1) * cells];
            for slot in self.slots {
                let row = arena * n_slots + slot.index();
                let Some(window) = windows.next() else { return };
                if self.status[row].0 & BODY_ON_MAP == 0 {
                    window.fill(0);
                } else {
                    encode(
                        &self,
                        words,
                        usize::from(self.pos[row].0),
                        self.facing[row].0,
                        window,
                    );
                }
            }
        }
    }
}

/// Copies the lines of a window from the map, which begins at the window's first cell.
#[inline(always)]
fn copy_lines<const V: usize>(lines: &mut [[Word; V]], seen: &[Word], stride: usize) {
    for (line, from) in lines.iter_mut().zip(seen.chunks(stride)) {
        if let Some(from) = from.first_chunk::<V>() {
            copy(line, from);
        }
    }
}

/// Copies one line of a window in pieces of 32 bytes of which the last two overlap: fewer stores than halving the rest, which is
/// what an array's assignment becomes.
#[inline(always)]
fn copy<const V: usize>(to: &mut [Word; V], from: &[Word; V]) {
    let (to, from) = (to.as_flattened_mut(), from.as_flattened());
    let pieces = from.len() / 32;
    for i in 0..pieces {
        to[i * 32..(i + 1) * 32].copy_from_slice(&from[i * 32..(i + 1) * 32]);
    }
    let last = from.len() - 32;
    to[last..].copy_from_slice(&from[last..]);
}

/// Calls `f(i, word)` for the cells of a window, row by row: what is ahead first, left first. `i` is the place in the window.
#[inline(always)]
pub(super) fn for_each(
    table: &Table,
    role: &Role,
    words: &[Word],
    cell: usize,
    facing: u8,
    mut f: impl FnMut(usize, Word),
) {
    let (h, w) = role.window();
    let stride = isize::try_from(table.geometry.stride()).expect("small");
    let facing = if role.turned { facing & 3 } else { 0 };
    // One cell further back, and one to the right, as the viewer sees it.
    let (back, right) = match facing {
        0 => (stride, 1),
        1 => (-1, stride),
        2 => (-stride, -1),
        _ => (1, -stride),
    };
    let (ahead, side) = (isize::from(role.ahead), isize::from(role.side));
    let first = cell.wrapping_add_signed(-ahead * back - side * right);
    for y in 0..h {
        for x in 0..w {
            let (dy, dx) = (
                isize::try_from(y).expect("small"),
                isize::try_from(x).expect("small"),
            );
            let mut word = words[first.wrapping_add_signed(dy * back + dx * right)];
            if facing != 0 && word[LOOK] != 0 {
                word[LOOK] =
                    (word[LOOK] & !0x18) | ((word[LOOK] & 0x18).wrapping_sub(facing << 3) & 0x18);
            }
            f(y * w + x, word);
        }
    }
}

/// The words of a window.
#[inline(always)]
pub(super) fn view(
    table: &Table,
    role: &Role,
    words: &[Word],
    cell: usize,
    facing: u8,
    out: &mut [Word],
) {
    for_each(table, role, words, cell, facing, |i, word| out[i] = word);
}

/// Top look code of item, solid, mark, floor, and the agent look byte: arithmetic of half words, which vectorises.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "halves and bytes of a word are meant"
)]
fn pairs(words: &[Word], out: &mut [[u8; 2]]) {
    const _: () = assert!(LOOK == 6, "the look byte is the third of the upper half");
    for (out, word) in out.iter_mut().zip(words) {
        let word = u64::from_le_bytes(*word);
        let (layers, rest) = (word as u32, (word >> 32) as u32);
        let layer = |layer: Layer| layers >> (8 * layer as u32) & 0xff;
        let over = |a: u32, b: u32| if a != 0 { a } else { b };
        let top = over(layer(Layer::Mark), layer(Layer::Floor));
        let top = over(layer(Layer::Item), over(layer(Layer::Solid), top));
        *out = ((top | (rest >> 8 & 0xff00)) as u16).to_le_bytes();
    }
}

/// The look code that lies on top.
#[inline(always)]
pub(super) fn top(word: Word) -> u8 {
    let pick = |a: u8, b: u8| if a != 0 { a } else { b };
    let of = |layer: Layer| word[layer as usize];
    pick(
        of(Layer::Item),
        pick(of(Layer::Solid), pick(of(Layer::Mark), of(Layer::Floor))),
    )
}
