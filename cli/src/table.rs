//! Tables of text: columns as wide as their widest cell, numbers to the right.

use crate::terminal::{Style, Terminal};

/// A cell: its text and what it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// A cell in a style.
    pub(crate) fn new(text: impl Into<String>, style: Style) -> Self {
        Self {
            text: text.into(),
            style,
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::new(text, Style::Plain)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::new(text, Style::Plain)
    }
}

/// Where a column's text stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Align {
    /// At the left.
    Left,
    /// At the right.
    Right,
}

/// A table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table with these columns.
    pub(crate) fn new(columns: &[(&str, Align)]) -> Self {
        Self {
            columns: columns
                .iter()
                .map(|(name, align)| ((*name).to_owned(), *align))
                .collect(),
            rows: Vec::new(),
        }
    }
    /// Adds a row; cells that are missing are empty.
    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        debug_assert!(
            cells.len() <= self.columns.len(),
            "a row has no more cells than the table columns"
        );
        self.rows.push(cells);
    }
    /// The table as lines; the head is faint, cells stand two blanks apart.
    pub(crate) fn draw(&self, terminal: &Terminal) -> String {
        let width = |text: &str| text.chars().count();
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|c| {
                self.rows
                    .iter()
                    .filter_map(|r| r.get(c))
                    .map(|cell| width(&cell.text))
                    .max()
                    .unwrap_or(0)
            })
            .zip(&self.columns)
            .map(|(cells, (name, _))| cells.max(width(name)))
            .collect();
        let mut out = String::new();
        let head: Vec<Cell> = self
            .columns
            .iter()
            .map(|(name, _)| Cell::new(name.as_str(), Style::Faint))
            .collect();
        for row in std::iter::once(&head).chain(&self.rows) {
            let mut line = String::new();
            for (c, cell) in row.iter().enumerate() {
                let blanks = " ".repeat(widths[c] - width(&cell.text));
                let text = terminal.paint(cell.style, &cell.text);
                let gap = if c == 0 { "" } else { "  " };
                line += gap;
                line += &match self.columns[c].1 {
                    Align::Left => format!("{text}{blanks}"),
                    Align::Right => format!("{blanks}{text}"),
                };
            }
            out += line.trim_end();
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let terminal = Terminal {
            live: false,
            colour: false,
            progress: false,
            width: 80,
        };
        let mut table = Table::new(&[("agent", Align::Left), ("n", Align::Right)]);
        table.row(vec!["a".into(), "300".into()]);
        table.row(vec!["guard_always".into(), "7".into()]);
        assert_eq!(
            table.draw(&terminal),
            "agent           n\na             300\nguard_always    7\n"
        );
    }
}
