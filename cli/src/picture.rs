//! A world as lines of text: two columns a cell, so that cells look square.
//!
//! **Invariant.** Draws cell words as the core gives them; decides nothing about the game.

use commonweal_core::state::{BODY, Layer, Table, Word};

use crate::terminal::Terminal;

/// Colours of bodies, slot after slot (the page's agents A to H).
const BODIES: [u8; 8] = [25, 166, 36, 175, 172, 74, 227, 255];
/// Colours of kinds, in file order within a layer.
const KINDS: [u8; 7] = [71, 179, 75, 176, 203, 37, 250];
/// Signs of items, in file order.
const ITEMS: [char; 6] = ['●', '◆', '■', '▲', '◉', '★'];
/// A body's facing: north, east, south, west.
const FACING: [char; 4] = ['▴', '▸', '▾', '◂'];
/// Bit of a look byte: frozen or off.
const STOPPED: u8 = 1 << 5;
/// Bit of a look byte: carries something.
const CARRYING: u8 = 1 << 6;

/// How each look code of a scenario is drawn.
#[derive(Debug)]
pub(crate) struct Palette {
    glyphs: Vec<Glyph>,
    legend: Vec<(Glyph, String)>,
}

#[derive(Clone, Debug)]
struct Glyph {
    text: [char; 2],
    /// ANSI 256 colour of the text.
    ink: u8,
    faint: bool,
}

/// What fills the second half of a solid thing that blocks, by its state.
const SHADES: [char; 4] = ['▒', '▓', '░', '▚'];

impl Palette {
    /// Chooses a sign for every kind: walls are filled, items have signs, all others letters of their names.
    pub(crate) fn new(table: &Table) -> Self {
        let nothing = Glyph {
            text: [' ', ' '],
            ink: 250,
            faint: false,
        };
        let mut glyphs = vec![nothing; 256];
        let mut legend = Vec::new();
        let mut letters: Vec<char> = Vec::new();
        for (_, layer) in Layer::ALL {
            for (order, kind) in table.kinds.iter().filter(|k| k.layer == layer).enumerate() {
                let is_wall = layer == Layer::Solid && order == 0;
                let is_ground = layer == Layer::Floor && order == 0;
                let ink = KINDS[(order + layer as usize) % KINDS.len()];
                let first = match layer {
                    Layer::Item => ITEMS[order % ITEMS.len()],
                    _ if is_wall || is_ground => ' ',
                    _ => letter(&kind.name, &mut letters),
                };
                for state in 0..usize::from(kind.n_looks) {
                    let code = usize::from(kind.look) + state;
                    let blocks = layer == Layer::Solid && table.looks.blocks_move[code];
                    glyphs[code] = if is_wall {
                        Glyph {
                            text: ['█', '█'],
                            ink: 240,
                            faint: false,
                        }
                    } else if is_ground {
                        Glyph {
                            text: ['·', ' '],
                            ink: 238,
                            faint: false,
                        }
                    } else if layer == Layer::Solid {
                        let text = if blocks {
                            [first.to_ascii_uppercase(), SHADES[state % SHADES.len()]]
                        } else {
                            [first, ' ']
                        };
                        Glyph {
                            text,
                            ink,
                            faint: !blocks,
                        }
                    } else {
                        Glyph {
                            text: [first, ' '],
                            ink,
                            faint: layer == Layer::Floor,
                        }
                    };
                    // Only solid things look different in their states.
                    let by_state = layer == Layer::Solid;
                    if !is_wall && !is_ground && (by_state || state == 0) {
                        let name = table
                            .looks
                            .names
                            .get(code)
                            .filter(|n| by_state && !n.is_empty())
                            .unwrap_or(&kind.name);
                        legend.push((glyphs[code].clone(), name.clone()));
                    }
                }
            }
        }
        Self { glyphs, legend }
    }
    /// The map, one line a row; each is `2 * width` columns wide.
    pub(crate) fn draw(&self, table: &Table, words: &[u8], terminal: &Terminal) -> Vec<String> {
        let width = usize::from(table.geometry.width).max(1);
        let (cells, _) = words.as_chunks::<8>();
        cells
            .chunks(width)
            .map(|row| row.iter().map(|word| self.cell(word, terminal)).collect())
            .collect()
    }
    fn cell(&self, word: &Word, terminal: &Terminal) -> String {
        let effect = word[7] != 0;
        if word[BODY] != 0 {
            let slot = usize::from(word[BODY] - 1);
            let look = word[6];
            let facing = if look & STOPPED != 0 {
                '×'
            } else {
                FACING[usize::from(look >> 3) & 3]
            };
            let name = body_letter(slot);
            let name = if look & CARRYING != 0 {
                name
            } else {
                name.to_ascii_lowercase()
            };
            let text: String = [name, facing].iter().collect();
            let ink = if matches!(slot % BODIES.len(), 6 | 7) {
                16
            } else {
                231
            };
            return paint(
                terminal,
                &text,
                &format!("1;38;5;{ink};48;5;{}", BODIES[slot % BODIES.len()]),
            );
        }
        let top = [
            Layer::Air,
            Layer::Item,
            Layer::Solid,
            Layer::Mark,
            Layer::Floor,
        ]
        .into_iter()
        .find_map(|layer| {
            let code = word[layer as usize];
            (code != 0).then(|| &self.glyphs[usize::from(code)])
        });
        let Some(glyph) = top else {
            return "  ".to_owned();
        };
        let text: String = glyph.text.iter().collect();
        let codes = format!(
            "{}38;5;{}{}",
            if glyph.faint { "2;" } else { "" },
            glyph.ink,
            if effect { ";48;5;94" } else { "" }
        );
        paint(terminal, &text, &codes)
    }
    /// What the signs mean, one entry a sign; bodies last.
    pub(crate) fn legend(&self, table: &Table, terminal: &Terminal) -> Vec<String> {
        let mut out: Vec<String> = self
            .legend
            .iter()
            .map(|(glyph, name)| {
                let text: String = glyph.text.iter().collect();
                format!(
                    "{} {name}",
                    paint(terminal, text.trim_end(), &format!("38;5;{}", glyph.ink))
                )
            })
            .collect();
        for role in table.roles.iter().filter(|r| r.n > 0) {
            let (first, last) = (
                usize::from(role.first),
                usize::from(role.first + role.n - 1),
            );
            let range = if first == last {
                body_letter(first).to_string()
            } else {
                format!("{}–{}", body_letter(first), body_letter(last))
            };
            let codes = format!("1;38;5;{}", BODIES[first % BODIES.len()]);
            out.push(format!("{} {}", paint(terminal, &range, &codes), role.name));
        }
        out
    }
}

/// `A` for slot 0.
pub(crate) fn body_letter(slot: usize) -> char {
    char::from(b'A' + u8::try_from(slot % 26).expect("below 26"))
}

/// The first letter of a name that no other kind has; `?` when all are taken.
fn letter(name: &str, taken: &mut Vec<char>) -> char {
    let found = name
        .chars()
        .chain('a'..='z')
        .find(|c| c.is_ascii_lowercase() && !taken.contains(c))
        .unwrap_or('?');
    taken.push(found);
    found
}

fn paint(terminal: &Terminal, text: &str, codes: &str) -> String {
    if terminal.colour {
        format!("\x1b[{codes}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonweal_core::state::{Geometry, Kind, Role};

    fn kind(name: &str, layer: Layer, look: u8, n_looks: u8) -> Kind {
        Kind {
            name: name.to_owned(),
            layer,
            look,
            n_looks,
            look_min: 0,
        }
    }

    fn yard() -> Table {
        let mut table = Table {
            geometry: Geometry {
                height: 2,
                width: 3,
                pad: 1,
                wrap: false,
            },
            kinds: vec![
                kind("floor", Layer::Floor, 1, 1),
                kind("wall", Layer::Solid, 2, 1),
                kind("gate", Layer::Solid, 3, 2),
                kind("crate", Layer::Item, 5, 1),
                kind("lever", Layer::Mark, 6, 1),
                kind("lamp", Layer::Mark, 7, 1),
            ],
            ..Table::default()
        };
        table.looks.blocks_move[2] = true;
        table.looks.blocks_move[3] = true;
        table.looks.names = [
            "nothing",
            "floor",
            "wall",
            "gate (shut)",
            "gate (open)",
            "crate",
            "lever",
            "lamp",
        ]
        .map(str::to_owned)
        .to_vec();
        table
    }

    const PLAIN: Terminal = Terminal {
        live: false,
        colour: false,
        progress: false,
        width: 80,
    };

    #[test]
    fn a_map_shows_walls_doors_items_marks_and_bodies() {
        let table = yard();
        let mut words = Vec::new();
        for word in [
            [1, 2, 0, 0, 0, 0, 0, 0],
            [1, 3, 0, 0, 0, 0, 0, 0],
            [1, 4, 0, 0, 0, 0, 0, 0],
            [1, 0, 5, 6, 0, 0, 0, 0],
            [1, 0, 0, 6, 0, 0, 0, 0],
            [1, 0, 0, 0, 0, 2, CARRYING | (1 << 3), 0],
        ] {
            words.extend_from_slice(&word);
        }
        let palette = Palette::new(&table);
        assert_eq!(palette.draw(&table, &words, &PLAIN), ["██G▒g ", "● l B▸"]);
    }

    #[test]
    fn states_of_a_solid_thing_that_blocks_in_all_of_them_are_told_apart() {
        let mut table = yard();
        table.looks.blocks_move[4] = true;
        let legend = Palette::new(&table).legend(&table, &PLAIN);
        assert_eq!(legend[..2], ["G▒ gate (shut)", "G▓ gate (open)"]);
    }

    #[test]
    fn no_two_kinds_share_a_letter() {
        let palette = Palette::new(&yard());
        let legend = palette.legend(&yard(), &PLAIN);
        assert_eq!(
            legend,
            [
                "G▒ gate (shut)",
                "g gate (open)",
                "● crate",
                "l lever",
                "a lamp"
            ]
        );
    }

    #[test]
    fn a_body_that_is_off_is_crossed_and_roles_stand_in_the_legend() {
        let mut table = yard();
        table.roles = vec![Role {
            name: "worker".into(),
            n: 2,
            ..role()
        }];
        let palette = Palette::new(&table);
        let words = [1, 0, 0, 0, 0, 1, STOPPED, 0];
        assert_eq!(palette.draw(&table, &words, &PLAIN), ["a×"]);
        assert_eq!(
            palette.legend(&table, &PLAIN).last().map(String::as_str),
            Some("A–B worker")
        );
    }

    fn role() -> Role {
        Role {
            name: String::new(),
            first: 0,
            n: 0,
            n_focal: 0,
            ahead: 5,
            behind: 5,
            side: 5,
            turned: false,
            look: None,
            told: None,
            actions: Vec::new(),
            noop: true,
            plays: None,
        }
    }
}
