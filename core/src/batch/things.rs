//! Things at reset: which are chosen, how their variables begin, what the legend gives and deals.
//!
//! **Invariant.** Every draw is addressed by the legend's key or the variable's name and by the cell; nothing is allocated.

use crate::draw::Purpose;
use crate::ids::Cell;
use crate::rules::Programs;
use crate::state::{ArenaMut, Deal, Layout};

/// Chooses one of the sets of each cell that has several, by weight.
pub(super) fn choose(one: &mut ArenaMut<'_>, layout: &Layout) {
    let geometry = one.table.geometry;
    for choice in &layout.choices {
        for &(layer, code) in choice.drawn(one.head.draw, &geometry) {
            one.cells.set(choice.cell, layer, code);
        }
    }
}

/// Sets the variables of all things that are there: their `init`, then what the legend gives, then what it deals. Shows them.
pub(super) fn begin(one: &mut ArenaMut<'_>, programs: &Programs) {
    let table = one.table;
    for (row, decl) in table.rows.iter().enumerate() {
        let cell = Cell::new(one.rows[row].cell);
        if cell.get() == 0 {
            continue;
        }
        let subject = i64::from(table.geometry.subject(cell));
        let inits = programs.thing_init.get(decl.kind.index());
        for (var, program) in inits.into_iter().flatten().enumerate() {
            let value = program.value(one, &[subject]);
            one.vars[table.row_place(row, var)] =
                table.thing_vars[decl.kind.index()][var].bounded(value);
        }
    }
    for &(row, var, value) in &table.given {
        one.vars[table.row_place(usize::from(row), usize::from(var))] = value;
    }
    let cells = &table.layouts[usize::from(one.head.layout)].rows;
    // A deal of a map that is not played has no cells.
    let here = |deal: &&Deal| {
        let first = deal.places.first().and_then(|rows| rows.first());
        first.is_some_and(|&row| cells[usize::from(row)].get() != 0)
    };
    for deal in table.deals.iter().filter(here) {
        let key = one.head.draw.key(Purpose::Shuffle, deal.name, 0);
        // The hands go to the places in the order of the places' draws.
        let draw = |place: usize| {
            let cell = cells[usize::from(deal.places[place][0])];
            (key.u64(table.geometry.subject(cell)), cell)
        };
        let mut last = None;
        for hand in &deal.hands {
            let next = (0..deal.places.len())
                .filter(|&p| last.is_none_or(|l| draw(p) > l))
                .min_by_key(|&p| draw(p));
            let Some(place) = next else { break };
            last = Some(draw(place));
            for &row in &deal.places[place] {
                let row = usize::from(row);
                for &(kind, var, value) in hand {
                    if table.rows[row].kind.get() == kind {
                        one.vars[table.row_place(row, usize::from(var))] = value;
                    }
                }
            }
        }
    }
    for row in 0..one.rows.len() {
        one.refresh_thing(row);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use crate::ids::{Cell, ONE};
    use crate::scenario::{Compiled, check};
    use crate::state::Layer;
    use crate::testing::{batch, many, tick};

    /// Five keys dealt anew, a chest that matches one, things that are chosen, an area. `{…}` are filled in by the tests.
    const FILE: &str = r##"
format = 1
[question]
title = "t"
asks = "t"
hypothesis = "t"
threat = "t"
rules_in = "t"
rules_out = "t"
[time]
ticks = 50
[layers]
floor = ["path"]
solid = ["wall"]
item = ["key", "coin", "gem"]
mark = ["chest"]
[things.key]
look = "plot"
vars = { plot = { type = "int", init = 1, min = 1, max = 5 }, worn = { type = "num", init = 0.5 } }
[things.gem]
vars = { shade = { type = ["red", "blue"], init = "blue" } }
[roles.guest]
slots = 1
focal = 1
[maps.m]
floor = "path"
rows = '''
#########
#12345..#
#G..C...#
#a..yyyy#
#########
'''
[legend]
"#" = "wall"
"12345" = { thing = "key", plot = "index", shuffle = true }
"C" = "chest"
"G" = { spawn = "guest" }
"y" = { choose = [["coin", 3], ["gem", 1]], shade = "red" }
"a" = { area = "corner" }
[mechanics]
move = { mode = "compass4" }
pickup = { things = ["key", "coin", "gem"], becomes = "carried", verb = "take" }
drop = { things = ["key", "gem"] }
[rules]
all = '''
{RULES}
'''
[events]
note = ["slot", "num"]
[rewards]
main = { seen = true }
[arms.a]
kind = "treatment"
says = "a"
[arms.b]
kind = "control"
says = "b"
set.time.ticks = 60
[bots.p]
kind = "positive"
script = '''
a: -> stay()
'''
[bots.n]
kind = "negative"
script = '''
a: -> stay()
'''
[bots.l]
kind = "lookalike"
same_as = "n"
[measures]
primary = { id = "rate", event = "note", M = 0.1 }
competence = { id = "A5", arm = "b" }
[exits.e]
says = "e"
bot = "n"
arm = "a"
pays_nothing = true
"##;

    fn text(rules: &str) -> String {
        FILE.replace("{RULES}", rules)
    }

    fn world(rules: &str) -> Arc<Compiled> {
        let (scenario, diagnostics) = check("t", &text(rules));
        let scenario = scenario.unwrap_or_else(|| panic!("{diagnostics:#?}"));
        scenario.compile("a").expect("an arm")
    }

    /// What the checks say of a file with one edit.
    fn slip(from: &str, to: &str) -> String {
        let good = text("on taken(a, key, _) do emit note(a, 1)");
        assert!(good.contains(from), "{from}");
        let source = good.replacen(from, to, 1);
        let (_, diagnostics) = check("t", &source);
        let all: Vec<String> = diagnostics
            .iter()
            .filter(|d| d.code != "W903")
            .map(|d| format!("{}: {}", d.code, d.message))
            .collect();
        all.join("; ")
    }

    const NOTHING: &str = "on taken(a, key, _) do emit note(a, 1)";

    #[test]
    fn dealt_values_are_a_permutation_that_the_map_shows_and_each_cell_gets_each() {
        let mut b = many(&world(NOTHING), 200, 0);
        let mut seen = BTreeSet::new();
        let mut orders = BTreeSet::new();
        for arena in 0..200 {
            b.edit(arena, |one| {
                let key = one.table.kind("key").expect("a kind");
                let look = one.table.kinds[key.index()].look;
                let row = |c: u16| {
                    let cell = one.table.geometry.cell(1, 1 + c);
                    let row = one.row_at(key, cell).expect("a key");
                    let plot = one.vars[one.table.row_place(row, 0)];
                    let code = one.cells.get(cell, Layer::Item);
                    assert_eq!(i64::from(code - look) + 1, plot);
                    plot
                };
                let plots: Vec<i64> = (0..5).map(row).collect();
                assert_eq!(plots.iter().collect::<BTreeSet<_>>().len(), 5);
                seen.extend(plots.iter().copied().enumerate());
                orders.insert(plots);
                assert!(one.things_agree());
            });
        }
        assert_eq!(seen.len(), 25, "some cell never got some value");
        assert!(orders.len() > 60, "{} of 120 orders", orders.len());
    }

    #[test]
    fn each_map_of_a_file_deals_its_own() {
        let second = "[maps.n]\nfloor = \"path\"\nrows = '''\n#########\n#..12345#\n#...G...#\n#a..yyyy#\n#########\n'''\n[legend]\n";
        let source = text(NOTHING).replacen("[legend]\n", second, 1);
        let (scenario, diagnostics) = check("t", &source);
        let scenario = scenario.unwrap_or_else(|| panic!("{diagnostics:#?}"));
        let mut b = many(&scenario.compile("a").expect("an arm"), 40, 0);
        let mut maps = BTreeSet::new();
        for arena in 0..40 {
            b.edit(arena, |one| {
                let key = one.table.kind("key").expect("a kind");
                let lying = |&r: &usize| one.table.rows[r].kind == key && one.rows[r].cell != 0;
                let rows: Vec<usize> = (0..one.rows.len()).filter(lying).collect();
                let plots: BTreeSet<i64> = rows
                    .iter()
                    .map(|&r| one.vars[one.table.row_place(r, 0)])
                    .collect();
                assert_eq!((rows.len(), plots.len()), (5, 5));
                maps.insert(rows[0]);
                assert!(one.things_agree());
            });
        }
        assert_eq!(maps.len(), 2, "both maps are drawn");
    }

    #[test]
    fn things_are_chosen_by_weight_and_the_chosen_have_rows() {
        let mut b = many(&world(NOTHING), 400, 7);
        let mut gems = 0;
        for arena in 0..400 {
            b.edit(arena, |one| {
                let (gem, coin) = (one.table.kind("gem"), one.table.kind("coin"));
                let (gem, coin) = (gem.expect("a kind"), coin.expect("a kind"));
                assert_eq!(one.cells.count(gem) + one.cells.count(coin), 4);
                gems += usize::from(one.cells.count(gem));
                for row in 0..one.rows.len() {
                    if one.table.rows[row].kind == gem && one.rows[row].cell != 0 {
                        assert_eq!(one.vars[one.table.row_place(row, 0)], 0, "red");
                    }
                }
            });
        }
        // 1,600 cells, a quarter of them gems: within four standard deviations.
        assert!((331..=469).contains(&gems), "{gems}");
    }

    #[test]
    fn rules_read_and_write_what_is_carried_and_an_area_is_a_place() {
        let rules = "on taken(a, key, _) when has(a, key where it.plot == 3) do pay(a, main, 1)
            on taken(a, key, c) when on(c, chest) do pay(a, main, 10)
            on moved(a, _, c) when inside(c, corner) do emit note(a, count(key where it.plot < 6))";
        let mut b = batch(&world(rules));
        let plot = b.edit(0, |one| {
            let cell = one.table.geometry.cell(1, 1);
            let row = one.row_at(one.table.kind("key").expect("a kind"), cell);
            one.vars[one.table.row_place(row.expect("a key"), 0)]
        });
        tick(&mut b, &["n"]);
        tick(&mut b, &["take"]);
        assert_eq!(b.pay(0)[0], if plot == 3 { ONE } else { 0 });
        tick(&mut b, &["s"]);
        assert_eq!(
            tick(&mut b, &["s"]),
            "moved guest (2,1) (3,1); note guest 4"
        );
        assert_eq!(tick(&mut b, &["drop"]), "dropped guest key (3,1)");
        b.edit(0, |one| {
            let row = one.row_at(
                one.table.kind("key").expect("a kind"),
                one.table.geometry.cell(3, 1),
            );
            let row = row.expect("it lies there with its row");
            assert_eq!(one.vars[one.table.row_place(row, 0)], plot);
        });
    }

    #[test]
    fn a_thing_that_appears_begins_anew_and_what_is_refused_is_told() {
        let rules = "on taken(a, key, c) do place(gem, c); place(gem, c)
            on refused(place, c) do emit note(the(guest), 2)
            on dropped(a, gem, c) do give(a, gem, 1)
            each gem g when g.shade == red and tick == 40 do become(g, coin)";
        let mut b = batch(&world(rules));
        tick(&mut b, &["n"]);
        assert_eq!(
            tick(&mut b, &["take"]),
            "taken guest key (1,1); refused place (1,1); note guest 2"
        );
        b.edit(0, |one| {
            let gem = one.table.kind("gem").expect("a kind");
            let row = one.row_at(gem, one.table.geometry.cell(1, 1));
            let row = row.expect("a spare row is in use");
            assert_eq!(one.vars[one.table.row_place(row, 0)], 1, "blue");
            let item = one.table.item(gem).expect("carried");
            one.give(crate::ids::Slot::new(0), item, 200);
            assert!(one.head.refused > 0 && one.things_agree());
        });
        for _ in 2..42 {
            tick(&mut b, &["noop"]);
        }
        b.edit(0, |one| {
            let gem = one.table.kind("gem").expect("a kind");
            let red = |&r: &usize| {
                one.table.rows[r].kind == gem
                    && one.rows[r].cell != 0
                    && one.vars[one.table.row_place(r, 0)] == 0
            };
            assert_eq!((0..one.rows.len()).filter(red).count(), 0);
            assert!(one.things_agree());
            assert_eq!(Cell::default().get(), 0);
        });
    }

    #[test]
    fn what_the_file_says_of_things_is_checked() {
        let worn = "worn = { type = \"num\", init = 0.5 }";
        assert_eq!(
            slip(worn, "worn = { type = \"int\", init = 0, seen = \"all\" }"),
            "E305: things.key shows `plot` already, a thing shows one variable"
        );
        assert_eq!(
            slip("look = \"plot\"", "look = \"plto\""),
            "E103: things.key.look names `plto`, which is no variable of it"
        );
        assert_eq!(
            slip("look = \"plot\"", "look = \"worn\""),
            "E305: things.key shows `worn`, which must be a whole number, a truth value or a list of words"
        );
        assert_eq!(
            slip("[things.gem]", "[things.germ]"),
            "E103: [things.germ]: no layer has such a kind; E103: legend.y.shade: the thing has no variable `shade`"
        );
        assert_eq!(
            slip("plot = \"index\"", "plot = 6"),
            "E201: `legend.12345.plot` must be a whole number from 1 to 5"
        );
        assert_eq!(
            slip("shade = \"red\"", "shade = \"green\""),
            "E201: `legend.y.shade` must be one of red, blue"
        );
        assert_eq!(
            slip(
                "\"C\" = \"chest\"",
                "\"C\" = { thing = \"chest\", shuffle = true }"
            ),
            "E203: legend.C shuffles the values of its things, but gives them none"
        );
        assert_eq!(
            slip("[\"gem\", 1]", "[\"gem\", 0]"),
            "E201: a weight in `legend.y.choose` must be a number above 0"
        );
        assert_eq!(
            slip(
                "on taken(a, key, _) do",
                "on moved(a, _, c) when inside(c, corn) do"
            ),
            "E404: `corn` is no area of the legend"
        );
        let rule = "on taken(a, key, _) do emit note(a, 1)";
        assert_eq!(
            slip(rule, "on refused(plase, c) do emit note(the(guest), 1)"),
            "E404: `plase` is no effect that can be refused"
        );
        let drawn = "worn = { type = \"num\", init = \"if chance(0.5) then 0.1 else 0.2\" }";
        assert_eq!(slip(worn, drawn), "");
        let source = text("on taken(a, key, _) do give(a, key, 1)").replacen(worn, drawn, 1);
        let (_, diagnostics) = check("t", &source);
        assert_eq!(
            diagnostics[0].message,
            "`worn` of a key that appears during an episode cannot be drawn"
        );
    }
}
