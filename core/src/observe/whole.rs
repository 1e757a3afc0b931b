//! The whole map as people see it: a picture, or lines of glyphs with what they stand for. For pages, renders and logs.
//!
//! **Invariant.** Never an observation: no policy is given it.

use super::rgb::{TILE, Tiles};
use super::text::{GLYPHS, top_but_floor};
use crate::state::{BODY, LOOK, Table, Word};

/// The map as a picture, `u8[height · 8, width · 8, 3]`; `words` are those of the map as written, row by row.
pub fn picture(table: &Table, words: &[Word], out: &mut Vec<u8>) {
    let width = usize::from(table.geometry.width);
    let tiles = Tiles::new(table);
    out.clear();
    out.resize(words.len() * TILE * TILE * 3, 0);
    for (i, &word) in words.iter().enumerate() {
        let (row, column) = (i / width, i % width);
        tiles.tile(word, |y, x, colour| {
            let at = ((row * TILE + y) * width * TILE + column * TILE + x) * 3;
            out[at..at + 3].copy_from_slice(&colour);
        });
    }
}

/// The map as text: one glyph a cell, bodies as letters by slot, then what the glyphs stand for.
pub fn chart(table: &Table, words: &[Word]) -> String {
    let width = usize::from(table.geometry.width);
    let mut glyphs = GLYPHS.chars();
    let mut given: Vec<(u8, char)> = Vec::new();
    let mut legend: Vec<String> = Vec::new();
    let mut bodies: Vec<(char, String)> = Vec::new();
    let mut lines = String::with_capacity(words.len() + words.len() / width.max(1));
    for (i, &word) in words.iter().enumerate() {
        if i > 0 && i % width == 0 {
            lines.push('\n');
        }
        let code = top_but_floor(word);
        lines.push(match (word[BODY].checked_sub(1), code) {
            (Some(slot), _) => {
                let letter = char::from(b'A' + slot % 26);
                let role = table.roles.get(usize::from(word[LOOK] & 7).wrapping_sub(1));
                bodies.push((
                    letter,
                    role.map_or("agent", |role| role.name.as_str()).to_owned(),
                ));
                letter
            }
            (None, 0) => '.',
            (None, code) => {
                let known = given
                    .iter()
                    .find(|(known, _)| *known == code)
                    .map(|(_, glyph)| *glyph);
                known.unwrap_or_else(|| {
                    let glyph = glyphs.next().unwrap_or('?');
                    let name = table
                        .looks
                        .names
                        .get(usize::from(code))
                        .map_or("thing", String::as_str);
                    legend.push(format!("{glyph} {name}"));
                    given.push((code, glyph));
                    glyph
                })
            }
        });
    }
    bodies.sort();
    legend.extend(
        bodies
            .into_iter()
            .map(|(letter, role)| format!("{letter} {role}")),
    );
    format!("{lines}\n{}\n", legend.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Geometry, Kind, Layer};

    fn table() -> Table {
        let mut table = Table {
            geometry: Geometry {
                height: 2,
                width: 3,
                pad: 1,
                wrap: false,
            },
            ..Table::default()
        };
        table.kinds = vec![Kind {
            name: "wall".into(),
            layer: Layer::Solid,
            look: 1,
            n_looks: 1,
            look_min: 0,
        }];
        table.looks.names.push("wall".into());
        table
    }

    fn words() -> Vec<Word> {
        let (wall, body, bare) = (
            [0, 1, 0, 0, 0, 0, 0, 0],
            [0, 0, 0, 0, 0, 2, 0, 0],
            Word::default(),
        );
        vec![wall, bare, body, bare, wall, bare]
    }

    #[test]
    fn a_chart_has_a_line_a_row_and_a_legend() {
        assert_eq!(chart(&table(), &words()), "#.B\n.#.\n# wall; B agent\n");
    }

    #[test]
    fn a_picture_shows_each_cell_in_its_place() {
        let (mut picture_of_it, words) = (Vec::new(), words());
        picture(&table(), &words, &mut picture_of_it);
        assert_eq!(picture_of_it.len(), 2 * TILE * 3 * TILE * 3);
        let corner = |row: usize, column: usize| {
            let at = (row * TILE * 3 * TILE + column * TILE) * 3;
            [
                picture_of_it[at],
                picture_of_it[at + 1],
                picture_of_it[at + 2],
            ]
        };
        assert_eq!(corner(0, 0), corner(1, 1), "both are walls");
        assert_ne!(corner(0, 0), corner(0, 1), "a wall is not floor");
        assert_eq!(
            corner(0, 1),
            corner(0, 2),
            "a body leaves the corners of its cell"
        );
    }
}
