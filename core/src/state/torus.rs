//! The padding of a torus: copies of the cells that lie on the other side, so that a window is read as on any other map.
//!
//! **Invariant.** Rules, bots and mechanics know only the cells of the map; viewers see the copies as ordinary cells, and no
//! snapshot or hash holds them.

use super::geometry::Geometry;
use super::table::Word;
use crate::ids::Cell;

/// On a torus, which cells of the padding show each cell: a list made at load, at most 8 a cell. A torus that is smaller than the
/// padding is wide would need more; its padding is rebuilt once a tick instead. Empty where the map is no torus.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Images {
    /// Where each cell's images begin in `list`, and one more.
    at: Vec<u32>,
    list: Vec<u16>,
    /// Whether the padding is rebuilt once a tick.
    pub(super) rebuilt: bool,
}

impl Images {
    pub(super) fn of(g: &Geometry) -> Self {
        if !g.wrap {
            return Self::default();
        }
        if g.pad > g.height || g.pad > g.width {
            return Self {
                rebuilt: true,
                ..Self::default()
            };
        }
        let all = || (0u16..).take(g.cells()).map(Cell::new);
        let mut images = vec![Vec::new(); g.cells()];
        for cell in all().filter(|&c| !g.inside(c)) {
            images[g.home(cell).index()].push(cell.get());
        }
        let mut out = Self::default();
        for of_cell in images {
            out.at
                .push(u32::try_from(out.list.len()).expect("fewer than 65,536 cells"));
            out.list.extend(of_cell);
        }
        out.at
            .push(u32::try_from(out.list.len()).expect("fewer than 65,536 cells"));
        out
    }
    /// Whether no cell is shown anywhere else.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
    /// The padding cells that show a cell.
    pub(super) fn of_cell(&self, cell: usize) -> &[u16] {
        &self.list[self.at[cell] as usize..self.at[cell + 1] as usize]
    }
}

/// Writes the padding of a torus from the cells of its map.
pub(super) fn fill_padding(g: &Geometry, words: &mut [Word]) {
    for cell in (0u16..).take(g.cells()).map(Cell::new) {
        if !g.inside(cell) {
            words[cell.index()] = words[g.home(cell).index()];
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use crate::batch::{Batch, Out, Serial};
    use crate::ids::{Cell, Slot};
    use crate::observe::Encoding;
    use crate::scenario::Compiled;
    use crate::state::{EFFECT, Word};
    use crate::testing::{batch, compile_with, many, place, put, tick};

    const COMPASS: (&str, &str, &str) = ("move", "", r#"{"mode":"compass4"}"#);
    const TURN: (&str, &str, &str) = ("move", "", r#"{"mode":"turn"}"#);
    const EAT: (&str, &str, &str) = ("pickup", "", r#"{"things":["apple"],"becomes":"eaten"}"#);

    fn torus(rows: &str, mechanics: &[(&str, &str, &str)]) -> Arc<Compiled> {
        compile_with(rows, mechanics, |table| table.geometry.wrap = true)
    }

    /// What a window shows on the map unrolled: every cell of the plane is the one that lies there.
    fn unrolled(b: &mut Batch, slot: u8) -> Vec<Word> {
        let mut words = Vec::new();
        b.frame(0, &mut words);
        let words: Vec<Word> = words.as_chunks::<8>().0.to_vec();
        let (height, width, pos, facing, turned) = b.edit(0, |one| {
            let g = one.table.geometry;
            let i = usize::from(slot);
            let facing = one.agents.facing[i].0;
            (
                i32::from(g.height),
                i32::from(g.width),
                g.place(Cell::new(one.agents.pos[i].0)),
                facing,
                one.table.roles[0].turned,
            )
        });
        let mut out = Vec::new();
        for y in -5..=5 {
            for x in -5..=5 {
                let (dy, dx) = match if turned { facing } else { 0 } {
                    0 => (y, x),
                    1 => (x, -y),
                    2 => (-y, -x),
                    _ => (-x, y),
                };
                let (row, column) = (
                    (pos.0 + dy).rem_euclid(height),
                    (pos.1 + dx).rem_euclid(width),
                );
                let mut word = words[usize::try_from(row * width + column).expect("in the map")];
                if turned && word[6] != 0 {
                    word[6] =
                        (word[6] & !0x18) | ((word[6] & 0x18).wrapping_sub(facing << 3) & 0x18);
                }
                out.push(word);
            }
        }
        out
    }

    #[test]
    fn a_walker_who_goes_on_comes_back() {
        let mut b = batch(&torus("......\n......\n.A....\n......", &[COMPASS]));
        assert_eq!(place(&mut b, 0), (2, 1));
        for (way, steps) in [("e", 6), ("w", 6), ("n", 4), ("s", 4)] {
            for step in 1..=steps {
                let told = tick(&mut b, &[way]);
                assert!(told.starts_with("moved"), "{told}");
                assert_eq!(place(&mut b, 0) == (2, 1), step == steps, "{way} {step}");
            }
        }
        assert_eq!(tick(&mut b, &["w"]), "moved agent (2,1) (2,0)");
        assert_eq!(
            tick(&mut b, &["w"]),
            "moved agent (2,0) (2,5)",
            "over the seam"
        );
    }

    #[test]
    fn a_body_blocks_across_the_seam_and_walls_do() {
        let mut b = batch(&torus("A...B\n#...#\n.....", &[COMPASS]));
        put(&mut b, 0, 0, 0, 1);
        put(&mut b, 1, 0, 4, 1);
        assert_eq!(tick(&mut b, &["w", "noop"]), "blocked agent_0 agent_1");
        assert_eq!(tick(&mut b, &["n", "noop"]), "moved agent_0 (0,0) (2,0)");
        assert_eq!(tick(&mut b, &["n", "noop"]), "bumped agent_0 (1,0)");
    }

    #[test]
    fn growth_counts_neighbours_across_the_seam() {
        let regrow = (
            "regrow",
            "apple",
            r#"{"thing":"apple","where":"initial","radius":1,"metric":"l1","chance":[0,1]}"#,
        );
        // The apple in the corner has one neighbour, over the seam.
        let rows = "a....a\n......\n..A...\n......";
        let grows = |world: &Arc<Compiled>| {
            let mut b = batch(world);
            put(&mut b, 0, 1, 0, 0);
            assert!(tick(&mut b, &["n"]).contains("eaten"));
            put(&mut b, 0, 2, 2, 0);
            tick(&mut b, &["noop"]).contains("grew apple (0,0)")
        };
        assert!(grows(&torus(rows, &[COMPASS, EAT, regrow])));
        assert!(!grows(&crate::testing::compile(
            rows,
            &[COMPASS, EAT, regrow]
        )));
    }

    #[test]
    fn a_beam_goes_over_the_seam_and_its_light_goes_out() {
        let beam = ("beam", "zap", r#"{"length":3,"radius":1,"cooldown":0}"#);
        let mut b = batch(&torus(
            "A......\n.......\n.......\n.......\n.......\n.......\n......B",
            &[TURN, beam],
        ));
        put(&mut b, 0, 0, 0, 0);
        put(&mut b, 1, 4, 0, 0);
        let told = tick(&mut b, &["zap", "noop"]);
        assert!(told.contains("hit zap agent_0 agent_1"), "{told}");
        let lit = |b: &mut Batch| {
            b.edit(0, |one| {
                let cells = (0u16..).zip(one.cells.words());
                let lit = cells.filter(|(_, w)| w[EFFECT] != 0);
                let g = one.table.geometry;
                lit.map(|(c, _)| g.place(Cell::new(c))).collect::<Vec<_>>()
            })
        };
        let on_map: Vec<_> = lit(&mut b)
            .into_iter()
            .filter(|(r, c)| (0..7).contains(r) && (0..7).contains(c))
            .collect();
        let rows = [
            (0, 1),
            (0, 6),
            (4, 0),
            (5, 0),
            (5, 1),
            (5, 6),
            (6, 0),
            (6, 1),
            (6, 6),
        ];
        assert_eq!(
            on_map, rows,
            "ahead over the top, one row to the left over the side"
        );
        assert!(lit(&mut b).len() > on_map.len(), "the padding shows it too");
        assert_eq!(unrolled(&mut b, 1), windows(&mut b, 1));
        tick(&mut b, &["noop", "noop"]);
        assert_eq!(
            lit(&mut b),
            [],
            "a tick later it is gone, also from the padding"
        );
    }

    fn windows(b: &mut Batch, slot: u8) -> Vec<Word> {
        let view = b.view(0, Slot::new(slot), Encoding::Symbolic);
        view.as_chunks::<8>().0.to_vec()
    }

    #[test]
    fn snapshots_and_hashes_hold_the_map_without_its_padding() {
        let world = torus(
            "a....a\n......\n..A...\n......\n......\n......",
            &[COMPASS, EAT],
        );
        let mut b = many(&world, 2, 3);
        let map = b.columns().into_iter().find(|c| c.name == "arena.map");
        assert_eq!(map.expect("the map is a column").bytes, 6 * 6 * 8);
        tick_all(&mut b, 1);
        let kept = b.snapshot(0);
        b.restore(1, &kept).expect("of this build");
        assert_eq!(b.hash(0), b.hash(1));
        let padded = |b: &mut Batch, k: usize| b.edit(k, |one| one.cells.words().to_vec());
        assert_eq!(
            padded(&mut b, 0),
            padded(&mut b, 1),
            "the padding is built anew"
        );
    }

    fn tick_all(b: &mut Batch, action: i32) {
        let rows = b.arenas() * b.groups()[0].slots.len();
        b.step(&[&vec![action; rows]], &mut [Out::default()], &Serial)
            .expect("a step");
    }

    const BIG: &str = "a.#...aa\n..A....a\n#..aa.#.\n.B......\na..#...a\n...a....";
    const SMALL: &str = "A.a\n..B\na..";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn windows_are_those_of_the_map_unrolled(
            seed in 0u64..1000, turned: bool, small: bool, actions in proptest::collection::vec((0i32..7, 0i32..7), 1..30)
        ) {
            let mode = if turned { TURN } else { COMPASS };
            let regrow = ("regrow", "apple", r#"{"thing":"apple","where":"initial","chance":[0.2,0.4]}"#);
            let world = torus(if small { SMALL } else { BIG }, &[mode, EAT, regrow, ("beam", "zap", r#"{"cooldown":0}"#)]);
            let mut b = many(&world, 1, seed);
            let n = i32::try_from(b.groups()[0].action_names.len()).expect("few");
            for (one, two) in actions {
                b.step(&[&[one % n, two % n]], &mut [Out::default()], &Serial).expect("a step");
                for slot in 0..2 {
                    prop_assert_eq!(unrolled(&mut b, slot), windows(&mut b, slot));
                }
                let kinds = b.compiled(0).table.kinds.len();
                for kind in 0..kinds {
                    let counted = b.count(0, crate::ids::KindId::new(u8::try_from(kind).expect("few")));
                    let mut words = Vec::new();
                    b.frame(0, &mut words);
                    let looks = &b.compiled(0).table.looks;
                    let there = words.as_chunks::<8>().0.iter().flat_map(|w| &w[..5]).filter(|&&c| usize::from(looks.kind_of[usize::from(c)]) == kind + 1);
                    prop_assert_eq!(usize::from(counted), there.count(), "counts are those of the map, not of its padding");
                }
            }
        }
    }
}
