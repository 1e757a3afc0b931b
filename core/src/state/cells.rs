//! The map of one arena: words behind one writer, counts by kind, watched changes.
//!
//! **Invariant.** The words of a map are written here and where columns are loaded, nowhere else.

use super::arena::{Touch, Touched};
use super::geometry::Geometry;
use super::table::{BODY, EFFECT, LOOK, Layer, Looks, Word};
use super::torus::{Images, fill_padding};
use crate::ids::Cell;

/// The map of one arena. The field of words is private: everything goes through [`Cells::set`] and its two siblings.
#[derive(Debug)]
pub struct Cells<'a> {
    words: &'a mut [Word],
    counts: &'a mut [u16],
    touched: &'a mut Touched,
    watch: &'a [bool; 256],
    looks: &'a Looks,
    images: &'a Images,
}

impl<'a> Cells<'a> {
    /// The map of one arena from its parts.
    pub(super) fn new(
        words: &'a mut [Word],
        counts: &'a mut [u16],
        touched: &'a mut Touched,
        watch: &'a [bool; 256],
        looks: &'a Looks,
        images: &'a Images,
    ) -> Self {
        Self {
            words,
            counts,
            touched,
            watch,
            looks,
            images,
        }
    }
}

impl Cells<'_> {
    /// A cell's word.
    #[inline]
    pub fn word(&self, cell: Cell) -> Word {
        self.words[cell.index()]
    }
    /// All words of the padded map.
    pub fn words(&self) -> &[Word] {
        self.words
    }
    /// The look code in a layer of a cell.
    #[inline]
    pub fn get(&self, cell: Cell, layer: Layer) -> u8 {
        self.words[cell.index()][layer as usize]
    }
    /// Writes the look code of a layer of a cell; keeps the counts by kind and tells watchers.
    #[inline]
    pub fn set(&mut self, cell: Cell, layer: Layer, code: u8) {
        let place = &mut self.words[cell.index()][layer as usize];
        let old = std::mem::replace(place, code);
        if old == code {
            return;
        }
        if let Some(kind) = self.looks.kind_of[usize::from(old)].checked_sub(1) {
            self.counts[usize::from(kind)] -= 1;
        }
        if let Some(kind) = self.looks.kind_of[usize::from(code)].checked_sub(1) {
            self.counts[usize::from(kind)] += 1;
        }
        if self.watch[usize::from(old)] || self.watch[usize::from(code)] {
            if let Some(touch) = self.touched.list.get_mut(usize::from(self.touched.n)) {
                *touch = Touch {
                    cell: cell.get(),
                    old,
                    new: code,
                };
            }
            self.touched.n = self.touched.n.saturating_add(1);
        }
        self.show(cell);
    }
    /// On a torus, writes a cell to the padding that shows it.
    #[inline]
    fn show(&mut self, cell: Cell) {
        if !self.images.is_empty() {
            self.copy_out(cell);
        }
    }
    #[inline(never)]
    fn copy_out(&mut self, cell: Cell) {
        let word = self.words[cell.index()];
        for &image in self.images.of_cell(cell.index()) {
            self.words[usize::from(image)] = word;
        }
    }
    /// Rebuilds the padding of a torus that is too small for a list of images; call it before anybody looks.
    pub fn settle_padding(&mut self, geometry: &Geometry) {
        if self.images.rebuilt {
            fill_padding(geometry, self.words);
        }
    }
    /// Writes slot + 1 and look of the body in a cell; 0, 0 for none.
    #[inline]
    pub fn set_body(&mut self, cell: Cell, body: u8, look: u8) {
        let word = &mut self.words[cell.index()];
        word[BODY] = body;
        word[LOOK] = look;
        self.show(cell);
    }
    /// Turns the body of a slot and moves it, if the other cell is another one and free; whether it moved. No branch depends on
    /// the cells: a processor cannot guess where agents go. A slot without a body changes nothing.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "bytes of a word are meant")]
    pub fn step_body(&mut self, slot: u8, facing: u8, from: Cell, to: Cell) -> bool {
        const SHIFT: u32 = BODY as u32 * 8;
        const BODY_AND_LOOK: u64 = 0xffff << SHIFT;
        let (here, there) = (
            u64::from_le_bytes(self.words[from.index()]),
            u64::from_le_bytes(self.words[to.index()]),
        );
        let solid = self.looks.blocks_move[usize::from((there >> (8 * Layer::Solid as u32)) as u8)];
        let own = (here >> SHIFT) as u8 == slot + 1;
        let moves = own & ((there >> SHIFT) as u8 == 0) & !solid & (from != to);
        let turned = (here & !(0x18 << (SHIFT + 8))) | u64::from(facing) << (SHIFT + 8 + 3);
        let here = if own { turned } else { here };
        let body = here & BODY_AND_LOOK;
        self.words[from.index()] = (here & !BODY_AND_LOOK).to_le_bytes();
        let (last, under) = if moves {
            (to, there)
        } else {
            (from, here & !BODY_AND_LOOK)
        };
        self.words[last.index()] = (under | body).to_le_bytes();
        if !self.images.is_empty() {
            self.copy_out(from);
            self.copy_out(to);
        }
        moves
    }
    /// Turns the body in a cell.
    #[inline]
    pub fn turn_body(&mut self, cell: Cell, facing: u8) {
        let look = &mut self.words[cell.index()][LOOK];
        *look = (*look & !0x18) | (facing << 3);
        self.show(cell);
    }
    /// Moves the body of one cell to another, which is free.
    #[inline]
    pub fn move_body(&mut self, from: Cell, to: Cell) {
        let [.., body, look, _] = self.words[from.index()];
        self.set_body(from, 0, 0);
        self.set_body(to, body, look);
    }
    /// Writes the effect of this tick.
    #[inline]
    pub fn set_effect(&mut self, cell: Cell, effect: u8) {
        self.words[cell.index()][EFFECT] = effect;
        self.show(cell);
    }
    /// Whether a body may enter: nothing solid and nobody there.
    #[inline]
    pub fn is_free(&self, cell: Cell) -> bool {
        let word = self.words[cell.index()];
        word[BODY] == 0 && !self.looks.blocks_move[usize::from(word[Layer::Solid as usize])]
    }
    /// The `i`-th change of a watched code that is kept.
    #[inline]
    pub fn touch(&self, i: usize) -> Touch {
        self.touched.list[i]
    }
    /// Things of a kind on the map.
    pub fn count(&self, kind: crate::ids::KindId) -> u16 {
        self.counts[kind.index()]
    }
    /// Puts the map before draws and bodies back, and counts anew.
    pub fn restore(&mut self, words: &[Word], geometry: &Geometry) {
        self.words.copy_from_slice(words);
        self.counts.fill(0);
        for (cell, word) in (0u16..).zip(words) {
            // What the padding of a torus shows is counted where it is.
            if geometry.wrap && !geometry.inside(Cell::new(cell)) {
                continue;
            }
            for &code in &word[..5] {
                if let Some(kind) = self.looks.kind_of[usize::from(code)].checked_sub(1) {
                    self.counts[usize::from(kind)] += 1;
                }
            }
        }
        self.touched.n = u16::MAX;
    }
}
