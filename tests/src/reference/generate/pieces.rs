//! Mechanics that are drawn as pieces: belts, traps, games, gifts, stations, boats, claims, eyes and gauges.
//!
//! **Invariant.** A piece brings its own kinds, so that it can be left out without a trace.

use std::fmt::Write as _;

use super::{Dice, Piece, World, mechanics::by};

fn nothing(_: &mut Dice, _: &World, _: &mut [Vec<char>]) {}
fn no_rules(_: &mut Dice, _: &World, _: &mut String) {}
fn always(_: &World) -> bool {
    true
}
fn hands(w: &World) -> bool {
    w.has("pickup") && w.carried
}
/// Whether one more beam is allowed: four are the limit.
fn room_for_beam(out: &str) -> bool {
    out.matches("\nbeam.").count() < 4
}
fn two_kinds(w: &World) -> bool {
    hands(w) && w.items.len() == 2
}

/// Belts, a row of them somewhere, with things on it.
pub(super) const CONVEYOR: Piece = Piece {
    mechanic: "conveyor",
    percent: 25,
    fits: always,
    kinds: &[("mark", "belt"), ("mark", "chute")],
    glyphs: &[
        ('b', "\"belt\"", 2),
        ('k', "[\"belt\", \"apple\"]", 2),
        ('h', "\"chute\"", 3),
    ],
    shape: |d, _, rows| {
        let (height, width) = (rows.len(), rows[0].len());
        let across = d.percent(50);
        let (row, column) = (d.below(height), d.below(width));
        let n = 2 + d.below(width);
        for i in 0..n {
            let place = if across {
                rows.get_mut(row).and_then(|r| r.get_mut(column + i))
            } else {
                rows.get_mut(row + i).and_then(|r| r.get_mut(column))
            };
            if let Some(glyph) = place.filter(|g| **g != '#') {
                *glyph = if d.percent(70) { 'b' } else { 'k' };
            }
        }
    },
    config: |d, w, out| {
        let mut dirs = ["n", "e", "s", "w"].to_vec();
        let dir = d.pick(&dirs);
        dirs.retain(|other| *other != dir);
        let carries = if w.has("push") {
            d.pick(&[
                "",
                "",
                ", carries = [\"box\", \"apple\"]",
                ", carries = [\"box\"]",
            ])
        } else {
            d.pick(&["", "", ", carries = [\"apple\"]"])
        };
        let under = d.pick(&["", ", under_bodies = true"]);
        let every = d.pick(&[1, 1, 2]);
        let _ = writeln!(
            out,
            "conveyor.belt = {{ thing = \"belt\", dir = \"{dir}\", every = {every}{carries}{under} }}"
        );
        if d.percent(50) {
            let dir = d.pick(&dirs);
            let _ = writeln!(
                out,
                "conveyor.chute = {{ thing = \"chute\", dir = \"{dir}\" }}"
            );
        }
    },
    rules: no_rules,
    events: &[
        ("carried_on", "carried_on(_, c)", &[], &["c"]),
        ("body_carried_on", "body_carried_on(a, c)", &["a"], &["c"]),
    ],
};

/// Traps that switch off who steps onto them.
pub(super) const INTERRUPT: Piece = Piece {
    mechanic: "interrupt",
    percent: 50,
    fits: |w| w.has("power"),
    kinds: &[("mark", "snare")],
    glyphs: &[('i', "\"snare\"", 5)],
    shape: nothing,
    config: |d, w, out| {
        for (name, thing) in [("trap", "snare"), ("mire", "sand")] {
            let (chance, ticks) = (d.pick(&["1", "0.5", "0.9"]), d.pick(&[1, 2, 3, 7, 0]));
            let defused = d.pick(&[
                "",
                "",
                ", defused_by = \"blocked\"",
                ", defused_by = \"bumped\"",
            ]);
            let by = by(d, w);
            if name == "trap" || d.percent(40) {
                let _ = writeln!(
                    out,
                    "interrupt.{name} = {{ thing = \"{thing}\", chance = {chance}, ticks = {ticks}{defused}{by} }}"
                );
            }
        }
    },
    rules: |d, _, out| {
        if d.percent(30) {
            out.push_str("on interrupted(a) when tick mod 3 == 0 do enable(a, a)\n");
        }
        if d.percent(30) {
            out.push_str("on interrupted(a) do freeze(a, 2); purse += 0.25\n");
        }
    },
    events: &[],
};

/// Two kinds are two strategies.
pub(super) const MATRIX: Piece = Piece {
    mechanic: "matrix",
    percent: 60,
    fits: |w| two_kinds(w) && w.has("absence"),
    kinds: &[],
    glyphs: &[('m', "\"apple\"", 4)],
    shape: nothing,
    config: |d, w, out| {
        let when = match d.below(4) {
            0 => "when = \"adjacent\"".to_owned(),
            n if n == 1 || !room_for_beam(out) => "when = \"both_ready\"".to_owned(),
            _ => {
                let hits = d.pick(&[
                    "\"slots\"",
                    "[\"slots\", \"apple\"]",
                    "[\"slots\", \"apple\", \"crate\", \"sand\"]",
                ]);
                let (length, radius) = (1 + d.below(5), d.below(2));
                let _ = writeln!(
                    out,
                    "beam.deal = {{ length = {length}, radius = {radius}, cooldown = 1, hits = {hits} }}"
                );
                let durable = d.pick(&["", ", durable = 1", ", durable = 2"]);
                format!("when = \"beam\", beam = \"deal\"{durable}")
            }
        };
        let row = d.pick(&[
            "[[3, 0], [5, 1]]",
            "[[4, 0], [2, 2]]",
            "[[-1.5, 0.25], [0, 2]]",
        ]);
        let col = d.pick(&["", ", col = [[1, -2], [0.5, 3]]"]);
        let items = d.pick(&["[\"apple\", \"crate\"]", "[\"crate\", \"apple\"]"]);
        let (mix, start, freeze) = (d.percent(60), d.below(3), d.pick(&[0, 0, 1, 4]));
        let respawn = d.pick(&["", ", respawn = 1", ", respawn = 5"]);
        let by = by(d, w);
        let _ = writeln!(
            out,
            "matrix.game = {{ items = {items}, row = {row}{col}, {when}, mix = {mix}, start = {start}, freeze = {freeze}{respawn}{by} }}"
        );
    },
    rules: no_rules,
    events: &[("played", "played(a, b, _, _)", &["a", "b"], &[])],
};

/// Things go from hand to hand.
pub(super) const GIFT: Piece = Piece {
    mechanic: "gift",
    percent: 60,
    fits: hands,
    kinds: &[],
    glyphs: &[],
    shape: nothing,
    config: |d, w, out| {
        let mut items = w.items.clone();
        if d.percent(50) {
            items.reverse();
        }
        let (factor, range) = (d.pick(&[1, 1, 2, 5]), d.pick(&[1, 2, 9, 16]));
        let refine = d.percent(50);
        let cap = d.pick(&["", ", cap = 3", ", cap = 1"]);
        let eat = d.pick(&["", "", ", eat = 0.5"]);
        let beam = if d.percent(35) && room_for_beam(out) {
            out.push_str("beam.offer = { length = 4, radius = 1, cooldown = 1 }\n");
            ", beam = \"offer\""
        } else {
            ""
        };
        let by = by(d, w);
        let _ = writeln!(
            out,
            "gift = {{ items = {items:?}, factor = {factor}, range = {range}, refine = {refine}{cap}{eat}{beam}{by} }}"
        );
    },
    rules: no_rules,
    events: &[
        ("given", "given(a, b, _, _)", &["a", "b"], &[]),
        ("ate", "ate(a, _)", &["a"], &[]),
    ],
};

/// Pots, boxes, hatches and shelves.
pub(super) const STATION: Piece = Piece {
    mechanic: "station",
    percent: 60,
    fits: hands,
    kinds: &[("solid", "pot"), ("solid", "shelf")],
    glyphs: &[('O', "\"pot\"", 4), ('S', "\"shelf\"", 3)],
    shape: nothing,
    config: |d, w, out| {
        let one = [
            "[{ in = [\"apple\"], out = \"apple\", ticks = 2 }]",
            "[{ in = [\"apple\", \"apple\"], out = \"apple\", with = \"apple\" }]",
            "[{ in = [], out = \"apple\" }]",
            "[{ in = [\"apple\"] }]",
            "[{ in = [\"apple\"], out = \"apple\", hands = 2 }]",
        ];
        let two = [
            "[{ in = [\"apple\"], out = \"crate\", ticks = 2 }]",
            "[{ in = [\"apple\", \"apple\"], out = \"crate\", ticks = 1 }, { in = [\"crate\"], out = \"apple\" }]",
            "[{ in = [\"apple\", \"crate\"], out = \"crate\", with = \"apple\" }]",
            "[{ in = [], out = \"crate\" }]",
            "[{ in = [\"crate\"] }]",
            "[{ in = [\"crate\"], out = \"apple\", hands = 2 }]",
        ];
        let all = if w.items.len() == 2 {
            &two[..]
        } else {
            &one[..]
        };
        let pot = d.pick(all);
        let shelf = if d.percent(60) { "[]" } else { d.pick(all) };
        for (name, recipes) in [("pot", pot), ("shelf", shelf)] {
            let burns = d.pick(&["", ", burns = 1", ", burns = 4"]);
            let hold = d.pick(&["", ", hold = 2", ", hold = 9"]);
            let beam = if d.percent(30) && room_for_beam(out) {
                let _ = writeln!(
                    out,
                    "beam.touch_{name} = {{ length = 1, radius = 0, cooldown = 1 }}"
                );
                format!(", beam = \"touch_{name}\"")
            } else {
                String::new()
            };
            let by = by(d, w);
            let _ = writeln!(
                out,
                "station.{name} = {{ thing = \"{name}\", recipes = {recipes}{burns}{hold}{beam}{by} }}"
            );
        }
    },
    rules: |d, w, out| {
        if d.percent(20) {
            out.push_str("on bumped(a, c) when tick mod 5 == 0 do clear(pot, c)\n");
        }
        if d.percent(20) {
            out.push_str("on moved(a, c, _) when tick mod 4 == 0 do place(pot, c)\n");
        }
        if d.percent(20) {
            let kind = d.pick(&w.items);
            let _ = writeln!(
                out,
                "on bumped(a, c) when tick mod 3 == 0 do clear({kind}, c)"
            );
        }
    },
    events: &[
        ("put", "put(a, _)", &["a"], &[]),
        ("fetched", "fetched(a, _)", &["a"], &[]),
        ("cooked", "cooked(g, _)", &[], &["g"]),
        ("served", "served(a, _)", &["a"], &[]),
    ],
};

/// Boats on a piece of water that is wider than they are, between two shores.
pub(super) const BOAT: Piece = Piece {
    mechanic: "boat",
    percent: 40,
    fits: always,
    kinds: &[("mark", "seat"), ("solid", "water")],
    glyphs: &[
        ('v', "\"seat\"", 1),
        ('W', "\"water\"", 1),
        ('V', "[\"water\", \"apple\"]", 1),
    ],
    shape: |d, w, rows| {
        let (height, width) = (rows.len(), rows[0].len());
        // A shore, the seats, one to three rows of water and the other shore, this way up or that.
        let n = 1 + d.below(3);
        let top = d.below(height.saturating_sub(n + 2).max(1));
        let column = d.below(width - 3);
        let boats = 1 + d.below(2);
        let south = d.percent(50);
        for i in 0..n + 3 {
            let at = if south { top + i } else { top + n + 2 - i };
            let Some(row) = rows.get_mut(at) else {
                continue;
            };
            for glyph in row.iter_mut().skip(column).take(2 * boats) {
                *glyph = match i {
                    0 => d.pick(&['.', '.', 'A']),
                    1 => 'v',
                    _ if i < n + 2 => d.pick(&['W', 'W', 'V']),
                    _ => d.pick(&['.', '.', '.', '#']),
                };
            }
        }
        let _ = w;
    },
    config: |d, w, out| {
        let (ticks, rest) = (5 + d.below(40), d.pick(&[1, 1, 2, 5]));
        let north = d.percent(50);
        let (flail, penalty) = (d.pick(&["0.5", "1", "0"]), d.pick(&["0.3", "0.3", "0"]));
        let land = d.pick(&[1, 1, 2]);
        let by = by(d, w);
        let _ = writeln!(
            out,
            "boat.ferry = {{ seat = \"seat\", water = \"water\", ticks = {ticks}, north = {north}, rest = {rest}, flail = {flail}, penalty = {penalty}, land = {land}{by} }}"
        );
    },
    rules: |d, _, out| {
        if d.percent(30) {
            out.push_str("on embarked(a, _) when tick mod 5 == 0 do move_to(a, chief)\n");
        }
        if d.percent(15) {
            out.push_str("on sailed(a, b, c) when tick mod 3 == 0 do clear(seat, c); kill(b)\n");
        }
    },
    events: &[
        ("embarked", "embarked(a, c)", &["a"], &["c"]),
        ("rowed", "rowed(a)", &["a"], &[]),
        ("flailed", "flailed(a)", &["a"], &[]),
        ("sailed", "sailed(a, b, c)", &["a", "b"], &["c"]),
        ("clashed", "clashed(a, b)", &["a", "b"], &[]),
        ("landed", "landed(a, c)", &["a"], &["c"]),
        ("stranded", "stranded(a)", &["a"], &[]),
    ],
};

/// Posts that are claimed by facing them, ground that is claimed by stepping onto it.
pub(super) const TERRITORY: Piece = Piece {
    mechanic: "territory",
    percent: 30,
    fits: always,
    kinds: &[("solid", "post"), ("mark", "flag")],
    glyphs: &[('T', "\"post\"", 6), ('f', "\"flag\"", 6)],
    shape: nothing,
    config: |d, w, out| {
        for (name, kind) in [("posts", "post"), ("flags", "flag")] {
            if name == "flags" && d.percent(50) {
                continue;
            }
            let mut how = if name == "posts" {
                "by = \"beam\""
            } else {
                "by = \"step\""
            }
            .to_owned();
            if d.percent(60) && room_for_beam(out) {
                let through = if name == "posts" && d.percent(50) {
                    ", through = [\"post\"]"
                } else {
                    ""
                };
                if name == "posts" && out.matches("\nbeam.").count() < 3 {
                    let _ = writeln!(
                        out,
                        "beam.stake = {{ length = 3, radius = 0, cooldown = 0, hits = [\"post\"]{through} }}"
                    );
                    how.push_str(", beam = \"stake\"");
                }
                let _ = writeln!(
                    out,
                    "beam.ram_{name} = {{ length = 2, radius = 1, cooldown = 0, hits = [\"slots\", \"{kind}\"] }}"
                );
                let health = 1 + d.below(3);
                let (repair, quiet) = (d.pick(&["0.5", "0.1", "1"]), d.below(6));
                let _ = write!(
                    how,
                    ", damaged_by = \"ram_{name}\", health = {health}, repair = {repair}, quiet = {quiet}"
                );
            }
            let (needs, dry) = (1 + d.below(3), d.below(6));
            let decay = d.pick(&["", "", ", decay = 2", ", decay = 9"]);
            let (pays, chance) = (d.pick(&["1", "0.5"]), d.pick(&["1", "0.3"]));
            let _ = writeln!(
                out,
                "territory.{name} = {{ on = [\"{kind}\"], {how}, needs = {needs}, pays = {pays}, chance = {chance}, dry = {dry}{decay} }}"
            );
            let _ = w;
        }
    },
    rules: |d, _, out| {
        if d.percent(40) {
            out.push_str("on bumped(a, c) when tick mod 3 == 0 do claim(c, chief)\n");
        }
        if d.percent(40) {
            out.push_str("on moved(a, c, _) when owner(c) == a do pay(a, truth, 2)\n");
        }
        if d.percent(20) {
            out.push_str(
                "on moved(a, c, _) when tick mod 6 == 0 do place(post, c); clear(flag, c)\n",
            );
        }
        if d.percent(20) {
            out.push_str(
                "on bumped(a, c) when owner(c) != a and tick mod 4 == 0 do clear(post, c)\n",
            );
        }
    },
    events: &[
        ("claimed", "claimed(a, c)", &["a"], &["c"]),
        ("lost", "lost(a, c)", &["a"], &["c"]),
        ("destroyed", "destroyed(a, _, c)", &["a"], &["c"]),
    ],
};

/// Eyes, and a law that fines what they see.
pub(super) const MONITOR: Piece = Piece {
    mechanic: "monitor",
    percent: 30,
    fits: always,
    kinds: &[("air", "eye")],
    glyphs: &[('e', "\"eye\"", 2)],
    shape: nothing,
    config: |d, w, out| {
        let event = d.pick(&["moved", "bumped", "blocked"]);
        let of = if w.roles.len() > 1 && d.percent(50) {
            format!("role = \"{}\"", d.pick(&w.roles).0)
        } else {
            "thing = \"eye\"".to_owned()
        };
        let sees = d.pick(&["", ", sees = \"view\"", ", sees = \"view\""]);
        let error = d.pick(&[
            "",
            ", error = { miss = 0.3, false = 0.1 }",
            ", error = { miss = 0.5 }",
        ]);
        let looks = d.pick(&["", "", "", ", looks = \"dummy\""]);
        let watched = by(d, w);
        let _ = writeln!(
            out,
            "monitor.eye = {{ {of}, flags = \"{event}\"{sees}{error}{looks}{watched} }}"
        );
        if d.percent(60) {
            let forbids = if d.percent(80) { event } else { "moved" };
            let chance = d.pick(&["1", "0.5"]);
            let _ = writeln!(
                out,
                "law.seen = {{ forbids = \"{forbids}\", fine = 0.2, seen_by = \"monitor\", chance = {chance} }}"
            );
        }
    },
    rules: no_rules,
    events: &[
        ("watched", "watched(a)", &["a"], &[]),
        ("flagged", "flagged(a, _)", &["a"], &[]),
    ],
};

/// Instruments that write into variables.
pub(super) const GAUGE: Piece = Piece {
    mechanic: "gauge",
    percent: 30,
    fits: always,
    kinds: &[("air", "dial_plate")],
    glyphs: &[('g', "\"dial_plate\"", 2)],
    shape: nothing,
    config: |d, w, out| {
        let var = d.pick(&["score", "purse"]);
        let reads = d.pick(&[
            "[\"apple\"]",
            "[\"depot\", \"sand\"]",
            "[\"apple\", \"fog\", \"gate\"]",
        ]);
        let spot = if d.percent(60) {
            let angle = d.pick(&["1", "0.5", "0.333333", "0"]);
            format!(", weights = \"spot\", at = \"dial_plate\", angle = {angle}")
        } else {
            d.pick(&["", ", angle = 0.5"]).to_owned()
        };
        let noise = d.pick(&["", ", noise = 0.5", ", noise = 7.25"]);
        let _ = writeln!(
            out,
            "gauge.crop = {{ var = \"{var}\", reads = {reads}{spot}{noise} }}"
        );
        let _ = w;
    },
    rules: no_rules,
    events: &[("gauged", "gauged(_)", &[], &[])],
};
