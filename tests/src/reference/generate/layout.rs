//! Roles and the map.

use std::fmt::Write as _;

use super::{Dice, World};

pub(super) fn roles(d: &mut Dice, w: &World, out: &mut String) {
    for (i, (name, n)) in w.roles.iter().enumerate() {
        let side = 2 + d.below(3);
        let (ahead, behind) = if w.turn && d.percent(50) {
            d.pick(&[(5, 1), (3, 1), (4, 2), (1, 3)])
        } else {
            let n = 2 + d.below(3);
            (n, n)
        };
        let focal = if i == 0 { "focal = 1\n" } else { "" };
        let plays = if i == 0 {
            d.pick(&["first", "second", "third", "fourth"])
        } else {
            "fourth"
        };
        let _ = writeln!(
            out,
            "[roles.{name}]\nslots = {n}\n{focal}plays = \"{plays}\"\nview = {{ ahead = {ahead}, behind = {behind}, side = {side} }}"
        );
        let init = d.word(&["0", "2", "\"slot\"", "\"pick(4)\"", "\"slot * 2 - 1\""]);
        let _ = writeln!(
            out,
            "vars = {{ hunger = {{ type = \"int\", init = {init}, min = -5, max = 9, seen = \"self\" }}, proud = {{ type = \"bool\", init = false, seen = \"self\" }} }}\nlook = \"proud\""
        );
    }
}

pub(super) fn map(d: &mut Dice, w: &World, out: &mut String) {
    let (height, width) = (5 + d.below(7), 6 + d.below(9));
    let mut rows = vec![vec!['.'; width]; height];
    let walled = d.percent(60);
    for (r, row) in rows.iter_mut().enumerate() {
        for (c, glyph) in row.iter_mut().enumerate() {
            let edge = r == 0 || c == 0 || r + 1 == height || c + 1 == width;
            *glyph = if edge && walled {
                '#'
            } else {
                match d.below(100) {
                    0..9 => '#',
                    9..20 => 'A',
                    20..26 => 'a',
                    26..30 => 's',
                    30..34 => 'D',
                    34..36 => 'w',
                    36..38 if w.items.len() > 1 => 'C',
                    38..41 if w.items.len() > 1 && w.marked => '1',
                    41..43 if w.items.len() > 1 && w.marked => '2',
                    43..46 if w.has("push") => 'B',
                    46..49 if w.has("ripen") => 'U',
                    49..52 if w.area => 'q',
                    52..55 if w.area => 'o',
                    55 if w.area && w.items.len() > 1 => 'Z',
                    _ => '.',
                }
            };
        }
    }
    for piece in w.pieces() {
        (piece.shape)(d, w, &mut rows);
    }
    let mut free: Vec<(usize, usize)> = Vec::new();
    for (r, row) in rows.iter().enumerate() {
        for (c, glyph) in row.iter().enumerate() {
            if *glyph == '.' {
                free.push((r, c));
            }
        }
    }
    let mut put = |glyph: char, n: usize, d: &mut Dice| {
        for _ in 0..n {
            if !free.is_empty() {
                let (r, c) = free.swap_remove(d.below(free.len()));
                rows[r][c] = glyph;
            }
        }
    };
    for (i, (_, n)) in w.roles.iter().enumerate() {
        let more = if i == 0 { d.below(4) } else { d.below(2) };
        put(if i == 0 { 'F' } else { 'H' }, n + more, d);
    }
    if w.area {
        put('j', d.below(3), d);
        put('Q', d.below(3), d);
    }
    put('G', 1, d);
    put('L', 1, d);
    put('P', 1, d);
    for piece in w.pieces() {
        for &(glyph, _, n) in piece.glyphs {
            let n = 1 + d.below(n);
            put(glyph, n, d);
        }
    }
    let mirror = d.pick(&["none", "x", "y", "xy"]);
    let lines: Vec<String> = rows.iter().map(|r| r.iter().collect()).collect();
    let _ = writeln!(
        out,
        "[maps.one]\nfloor = \"grass\"\nmirror = \"{mirror}\"\nwrap = {}\nrows = '''\n{}\n'''",
        w.wrap,
        lines.join("\n")
    );
    let p = d.pick(&["0.5", "0.1", "0.9"]);
    let _ = writeln!(
        out,
        "[legend]\n\"#\" = \"wall\"\n\"A\" = \"apple\"\n\"a\" = {{ thing = \"apple\", p = {p} }}\n\"s\" = \"sand\"\n\"D\" = \"depot\"\n\"w\" = [\"depot\", \"fog\"]\n\"F\" = {{ spawn = \"fox\" }}\n\"G\" = \"gate\"\n\"B\" = \"box\"\n\"L\" = [\"lever\", \"sand\"]\n\"P\" = [\"plate\", \"apple\"]"
    );
    if w.items.len() > 1 {
        out.push_str("\"C\" = \"crate\"\n");
        if w.marked {
            let shuffle = d.percent(60);
            let p = d.pick(&["", "", ", p = 0.6"]);
            let _ = writeln!(
                out,
                "\"12\" = {{ thing = \"crate\", plot = \"index\", shuffle = {shuffle}{p} }}"
            );
        }
    }
    if w.has("ripen") {
        out.push_str("\"U\" = \"shrub\"\n");
    }
    if w.area {
        areas(d, w, out);
    }
    for (glyph, value, _) in w.pieces().flat_map(|p| p.glyphs) {
        let _ = writeln!(out, "\"{glyph}\" = {value}");
    }
    if w.roles.len() > 1 {
        out.push_str("\"H\" = { spawn = \"hen\" }\n");
    }
}

/// An area, cells of which one set of kinds is chosen, and where the first slots begin.
fn areas(d: &mut Dice, w: &World, out: &mut String) {
    let p = d.pick(&["", ", p = 0.7"]);
    let _ = writeln!(
        out,
        "\"q\" = {{ thing = \"sand\", area = \"den\" }}\n\"Q\" = {{ spawn = \"fox\", thing = [\"depot\", \"fog\"], area = \"den\"{p} }}\n\"j\" = {{ spawn = \"fox\", first = true }}"
    );
    let weight = d.pick(&["1", "0.25", "3"]);
    let more = d.pick(&["", ", area = \"den\"", ", thing = \"depot\""]);
    let _ = writeln!(
        out,
        "\"o\" = {{ choose = [[\"apple\", 2], [[\"sand\", \"fog\"], {weight}], [\"shrub\", 1]]{more} }}"
    );
    if w.items.len() > 1 {
        let value = if w.marked { ", plot = 2" } else { "" };
        let _ = writeln!(
            out,
            "\"Z\" = {{ choose = [[\"apple\", 1], [\"crate\", 1]]{value} }}"
        );
    }
}
