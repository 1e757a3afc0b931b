//! Size, padding and neighbours of the map; a torus is one that wraps.

use crate::ids::Cell;

/// Directions: 0 north, 1 east, 2 south, 3 west.
pub const DIRECTIONS: [(i32, i32); 4] = [(-1, 0), (0, 1), (1, 0), (0, -1)];

/// Size and padding of the map. Padding is as wide as any role of the file sees, so that cells have the same number in every batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Geometry {
    /// Rows of the map as written, 1 to 128.
    pub height: u16,
    /// Columns of the map as written, 1 to 128.
    pub width: u16,
    /// Cells of padding on each side, at least 1 (a body's neighbour always exists).
    pub pad: u16,
    /// Whether the map is a torus: what leaves it on one side enters on the other. Its padding shows the cells that lie there.
    pub wrap: bool,
}

impl Geometry {
    /// Columns of the padded map.
    pub const fn stride(&self) -> usize {
        self.width as usize + 2 * self.pad as usize
    }
    /// Cells of the padded map.
    pub const fn cells(&self) -> usize {
        self.stride() * (self.height as usize + 2 * self.pad as usize)
    }
    /// The padded cell of a row and column of the map as written.
    #[expect(clippy::cast_possible_truncation, reason = "160 × 160 cells at most")]
    pub const fn cell(&self, row: u16, column: u16) -> Cell {
        Cell::new(((row + self.pad) as usize * self.stride() + (column + self.pad) as usize) as u16)
    }
    /// Row and column in the map as written; padding gives numbers outside it.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        reason = "160 × 160 cells at most"
    )]
    pub const fn place(&self, cell: Cell) -> (i32, i32) {
        let (c, s, p) = (cell.index() as i32, self.stride() as i32, self.pad as i32);
        (c / s - p, c % s - p)
    }
    /// The subject of a draw about the cell: row · width + column of the map as written, padding not counted.
    #[expect(clippy::cast_sign_loss, reason = "a cell of the map")]
    pub const fn subject(&self, cell: Cell) -> u32 {
        let (row, column) = self.place(cell);
        row as u32 * self.width as u32 + column as u32
    }
    /// Whether the cell belongs to the map as written.
    pub const fn inside(&self, cell: Cell) -> bool {
        let (row, column) = self.place(cell);
        row >= 0 && column >= 0 && row < self.height as i32 && column < self.width as i32
    }
    /// The neighbour in a direction (0 north, 1 east, 2 south, 3 west) of a cell of the map as written.
    #[expect(clippy::cast_possible_truncation, reason = "160 × 160 cells at most")]
    pub const fn step(&self, cell: Cell, direction: u8) -> Cell {
        let (c, s) = (cell.get(), self.stride() as u16);
        let to = Cell::new(match direction & 3 {
            0 => c - s,
            1 => c + 1,
            2 => c + s,
            _ => c - 1,
        });
        if self.wrap { self.home(to) } else { to }
    }
    /// The cell of the map that a cell of the padded map shows, on a torus.
    pub const fn home(&self, cell: Cell) -> Cell {
        let (row, column) = self.place(cell);
        self.folded(row, column)
    }
    /// The cell in that row and column of a torus, counted on over its edges.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "below the number of rows and columns"
    )]
    pub const fn folded(&self, row: i32, column: i32) -> Cell {
        self.cell(
            row.rem_euclid(self.height as i32) as u16,
            column.rem_euclid(self.width as i32) as u16,
        )
    }
    /// Rows and columns from one place of the map to another; on a torus the short way round.
    pub const fn apart(&self, from: (i32, i32), to: (i32, i32)) -> (i32, i32) {
        let (dy, dx) = (to.0 - from.0, to.1 - from.1);
        if self.wrap {
            (
                short_way(dy, self.height as i32),
                short_way(dx, self.width as i32),
            )
        } else {
            (dy, dx)
        }
    }
    /// Rows and columns from one cell of the map to another; on a torus the short way round.
    pub const fn offset(&self, from: Cell, to: Cell) -> (i32, i32) {
        self.apart(self.place(from), self.place(to))
    }
    /// The cell `ahead` and `right` of a body's cell that faces a direction, on a torus.
    pub const fn seen_from(&self, cell: Cell, facing: u8, ahead: i32, right: i32) -> Cell {
        let (row, column) = self.place(cell);
        let (fy, fx) = DIRECTIONS[(facing & 3) as usize];
        let (ry, rx) = DIRECTIONS[((facing + 1) & 3) as usize];
        self.folded(
            row + ahead * fy + right * ry,
            column + ahead * fx + right * rx,
        )
    }
}

/// A step of `d` on a ring of `n`, from −(n − 1) / 2 to n / 2.
const fn short_way(d: i32, n: i32) -> i32 {
    let low = (n - 1) / 2;
    (d + low).rem_euclid(n) - low
}
