//! Wrong scenario files: each an edit of a good one, its messages the snapshot (place, what is wrong, what would be right, the
//! line with a caret). The files in `wrong/` are those of the language's reference, so that places stay what they are there while
//! shipped scenarios are tuned.
//!
//! A further case is one line in [`CASES`]; accept its snapshot with `INSTA_UPDATE=always`, then read it.

use std::fmt::Write as _;

use commonweal_core::diagnostic::{Diagnostic, Severity, position};
use commonweal_core::scenario::check;

const ORCHARD: (&str, &str) = ("orchard.toml", include_str!("wrong/orchard.toml"));
const SWITCH: (&str, &str) = (
    "switch_and_successor.toml",
    include_str!("wrong/switch_and_successor.toml"),
);

const SLUICE: (&str, &str) = ("sluice.toml", include_str!("wrong/sluice.toml"));

/// (name of the snapshot, the good file, what is replaced by what; the first place counts).
type Case = (
    &'static str,
    (&'static str, &'static str),
    &'static [(&'static str, &'static str)],
);

const HIDDEN_TWIN: (&str, &str) = (
    "has_twin = { type = \"bool\", init = false, seen = \"all\" }",
    "has_twin = { type = \"bool\", init = false, seen = \"none\", revealed_by = \"disabled\" }",
);
const OPEN_RULE: &str = "when the(gate).open\n";

#[rustfmt::skip]
const CASES: &[Case] = &[
    // Those of SCENARIOS §8 that a static check finds, with its numbers.
    ("s01_not_toml", ORCHARD, &[("value = 1", "value = = 1")]),
    ("s02_rules_in_double_quotes", ORCHARD, &[("all = '''", "all = \"\"\""), ("last_taken(a, c)\n'''", "last_taken(a, c)\n\"\"\"")]),
    ("s03_unknown_field", ORCHARD, &[("slots = 5", "slot = 5")]),
    ("s04_second_visible_variable", SLUICE, &[("max = 5 } }", "max = 5 }, rust = { type = \"int\", init = 0, min = 0, max = 3, seen = \"all\" } }")]),
    ("s05_unknown_field_of_a_thing", SWITCH, &[(OPEN_RULE, "when the(gate).opened\n")]),
    ("s06_text_for_a_number", ORCHARD, &[("slots = 5", "slots = \"5\"")]),
    ("s07_role_against_number", SWITCH, &[(OPEN_RULE, "when role(w) == 3 and the(gate).open\n")]),
    ("s08_short_row", ORCHARD, &[("#P......aaa......P#", "#P......aaa.....P#")]),
    ("s09_unknown_glyph", ORCHARD, &[("#.....A..a..A.....#", "#.....A..Z..A.....#")]),
    ("s10_too_few_spawns", ORCHARD, &[("slots = 5", "slots = 9")]),
    ("s12_no_do", ORCHARD, &[("apple, _)  do pay", "apple, _)  pay")]),
    ("s13_unknown_event", ORCHARD, &[("on eaten(a, apple, _)  do", "on eated(a, apple, _)  do")]),
    ("s14_unused_binder_near_a_name", ORCHARD, &[("on eaten(a, apple, _)  do", "on eaten(a, aple, _)  do")]),
    ("s15_the_of_many", SWITCH, &[("open(the(hatch))", "open(the(crate))")]),
    ("s16_field_of_a_mechanic", SWITCH, &[("do shut(the(gate));", "do the(gate).open = false;")]),
    ("s17_cycle", SWITCH, &[("on disabled(w, _)                  do drop_all(w)", "on gate_shut(w) do emit gate_shut(w)")]),
    ("s18_control_reads_what_it_cannot_see", SWITCH, &[HIDDEN_TWIN]),
    ("s19_same_value", SWITCH, &[("set.vars.has_twin.init = true", "set.vars.has_twin.init = false")]),
    ("s20_patch_of_nothing", ORCHARD, &[("apple.chance = ", "apple.chances = ")]),
    ("s21_factor_that_does_not_show", SWITCH, &[HIDDEN_TWIN, (" and not has_twin", ""),
        (", set.legend.r = \"relief\", set.mechanics.signs.plate.text = \"relieved\"", "")]),
    ("s22_no_lookalike", ORCHARD, &[("kind = \"lookalike\"", "kind = \"negative\"")]),
    ("s25_mental_word", SWITCH, &[("The steward comes to", "The steward wants to")]),
    ("arm_on_a_misread_arm", ORCHARD, &[("kind = \"treatment\"", "kind = \"treatmnt\"")]),
    // Shape.
    ("unclosed_quote", ORCHARD, &[("title = \"The shared orchard\"", "title = \"The shared orchard")]),
    ("key_twice", ORCHARD, &[("slots = 5", "slots = 5\nslots = 6")]),
    ("unknown_table", ORCHARD, &[("[roles.gatherer]", "[role.gatherer]")]),
    ("unknown_field_of_a_mechanic", ORCHARD, &[("radius = 2", "radus = 2")]),
    ("unknown_mechanic", ORCHARD, &[("pickup = {", "pick_up = {")]),
    ("mechanic_without_its_name", ORCHARD, &[("regrow.apple = { thing", "regrow = { thing"), ("set.mechanics.regrow.apple.chance", "set.mechanics.regrow.chance")]),
    ("mechanic_without_what_it_needs", SWITCH, &[("pickup = { things = [\"crate\"], becomes = \"carried\", cap = 1, by = [\"worker\", \"twin\"] }\n", "")]),
    ("no_format", ORCHARD, &[("format = 1\n", "")]),
    ("no_exits", ORCHARD, &[("[exits.leave_some]\n", "[checks.leave_some]\n"), ("says = \"Leave the last apple and look elsewhere.\"\n", ""), ("at_least = { main = 4 }", "return_at_least = { main = 4 }")]),
    ("missing_field", ORCHARD, &[("says = \"Factor on regrowth.\"\n", "")]),
    ("name_twice", SWITCH, &[("item = [\"crate\"]", "item = [\"crate\", \"lever\"]")]),
    ("name_with_a_capital", ORCHARD, &[("[layers]", "[vars]\nAlpha = { type = \"int\", init = 0, seen = \"all\" }\n[layers]")]),
    // Names in configs.
    ("unknown_kind_in_a_mechanic", ORCHARD, &[("things = [\"apple\"]", "things = [\"aple\"]")]),
    ("kind_of_the_wrong_layer", ORCHARD, &[("regrow.apple = { thing = \"apple\"", "regrow.apple = { thing = \"wall\"")]),
    ("unknown_dial", ORCHARD, &[("\"dial.growth * 0.0025\"", "\"dial.grow * 0.0025\"")]),
    ("unknown_role_in_by", SWITCH, &[("by = [\"steward\"] }\ndoor", "by = [\"stewart\"] }\ndoor")]),
    ("unknown_text", SWITCH, &[("told = \"silent\"", "told = \"silence\"")]),
    ("unknown_bot", ORCHARD, &[("plays = \"sustainer\" ", "plays = \"sustain\" ")]),
    ("unknown_measure", ORCHARD, &[("{ id = \"A2\" }", "{ id = \"Z2\" }")]),
    // Types and ranges.
    ("unknown_word", ORCHARD, &[("metric = \"l2\"", "metric = \"l3\"")]),
    ("chance_above_one", ORCHARD, &[("0.005\", \"dial", "2\", \"dial")]),
    ("number_for_a_text", ORCHARD, &[("title = \"The shared orchard\"", "title = 7")]),
    ("seven_decimals", ORCHARD, &[("p = 0.5", "p = 0.0000005")]),
    ("dial_outside_its_range", ORCHARD, &[("value = 1\n", "value = 9\n")]),
    // The map.
    ("long_row", ORCHARD, &[("#P......aaa......P#", "#P......aaa......P.#")]),
    ("unreachable_lamp", SWITCH, &[("#...#L.......#..#", "#..##L.......#..#"), ("#..k#..", "#.#k#..")]),
    ("even_window", ORCHARD, &[("ahead = 5, behind = 5", "ahead = 5, behind = 4")]),
    ("lopsided_window_that_does_not_turn", ORCHARD, &[("ahead = 5, behind = 5", "ahead = 9, behind = 1")]),
    ("two_things_in_one_place", SWITCH, &[("\"L\" = \"lever\"", "\"L\" = [\"lever\", \"depot\"]")]),
    // Arms and factors.
    ("patch_of_the_question", ORCHARD, &[("set.mechanics.regrow.apple.chance = [0.5, 0.5, 0.5, 0.5]", "set.question.title = \"Another\"")]),
    ("patch_of_a_glyph_that_is_not_there", SWITCH, &[("set.legend.L =", "set.legend.Q =")]),
    ("leaf_set_twice", SWITCH, &[("set.legend.L = ", "set.roles.worker.told = \"stated\"\nset.legend.L = ")]),
    ("unknown_level", SWITCH, &[("needed = { twin = \"no\"", "needed = { twin = \"nobody\"")]),
    ("unknown_factor", SWITCH, &[("at = { clarity = \"precedence\" }", "at = { clearness = \"precedence\" }")]),
    ("lookalike_arm_with_one_level", SWITCH, &[("at = { steward = \"*\", twin = \"no\"", "at = { steward = \"errand\", twin = \"no\"")]),
    ("reference_that_is_no_negative", ORCHARD, &[("ref = \"sustainer\"", "ref = \"taker\"")]),
    ("only_negative_is_the_reference", ORCHARD, &[("[bots.grazer]\nkind = \"negative\"", "[bots.grazer]\nkind = \"baseline\"")]),
    // Hidden causes.
    ("end_from_a_hidden_cause", SWITCH, &[("ticks = 160", "ticks = 160\nend = \"errand and tick > 50\"")]),
    ("finish_from_a_hidden_cause", SWITCH, &[("on disabled(w, _)                  do drop_all(w)", "on disabled(w, _) when errand do finish(\"off\")")]),
    ("text_with_a_hidden_cause", SWITCH, &[("errand = { set.vars.errand.init = true }", "errand = { set.vars.errand.init = true, set.roles.twin.told = \"stated\" }")]),
    ("kind_that_nothing_uses", ORCHARD, &[("item = [\"apple\"]", "item = [\"apple\", \"pear\"]")]),
    ("variable_that_nothing_uses", SWITCH, &[("[layers]", "spare = { type = \"int\", init = 0 }\n[layers]")]),
    ("event_that_nothing_emits", ORCHARD, &[("\nlast_taken = [\"slot\", \"cell\"]", "\nlast_taken = [\"slot\", \"cell\"]\nnever = []")]),
    // What a file says of its things.
    ("s11_unreachable_thing", SLUICE, &[("#....G....#\n#a.b.c.d.e#", "##...G....#\n#a#b.c.d.e#")]),
    ("s19_arm_sets_what_is", SLUICE, &[("litter_pay.value = 0.2", "litter_pay.value = 0")]),
    ("look_that_is_no_variable", SLUICE, &[("look = \"plot\"", "look = \"plan\"")]),
    ("value_that_a_thing_does_not_have", SLUICE, &[("plot = \"index\"", "plan = \"index\"")]),
    ("lock_matches_what_the_key_lacks", SLUICE, &[("match = \"plot\"", "match = \"size\"")]),
    ("loss_without_a_range", ORCHARD, &[("range = [0, 1200], ", "")]),
    // One slip, one message: what names a variable that could not be read is not told of as well.
    ("variable_of_no_type", SWITCH, &[("errand = { type = \"bool\"", "errand = { type = \"boolean\"")]),
    ("variable_of_a_thing_of_no_type", SLUICE, &[("plot = { type = \"int\"", "plot = { type = \"number\"")]),
    // All at once.
    ("four_slips_four_messages", ORCHARD, &[("slots = 5", "slots = \"5\""), ("#P......aaa......P#", "#P......aaa.....P#"),
        ("on eaten(a, apple, _)  do", "on eated(a, apple, _)  do"), ("ref = \"sustainer\"", "ref = \"sustaner\"")]),
];

/// The message, the line and a caret.
fn drawn(d: &Diagnostic, file: &str, source: &str) -> String {
    let (line, column) = position(source, d.span.start);
    let text = source.lines().nth(line - 1).unwrap_or_default();
    let mut out = format!(
        "{}\n{text}\n{}^",
        d.line(file, source),
        " ".repeat(column - 1)
    );
    for related in &d.related {
        let (line, column) = position(source, related.span.start);
        write!(out, "\n  {line}:{column}: {}", related.message).expect("a string takes it");
    }
    out
}

#[test]
fn each_wrong_file_is_told_what_is_wrong_and_what_would_be_right() {
    for &(name, (file, good), edits) in CASES {
        let mut source = good.to_owned();
        for (from, to) in edits {
            assert!(source.contains(from), "{name}: {file} has no {from:?}");
            source = source.replacen(from, to, 1);
        }
        let (scenario, diagnostics) = check("wrong", &source);
        assert!(!diagnostics.is_empty(), "{name}: nobody complains");
        let refused = diagnostics.iter().any(|d| d.severity == Severity::Error);
        assert_eq!(
            scenario.is_none(),
            refused,
            "{name}: an error refuses the file, a warning does not"
        );
        let messages: Vec<String> = diagnostics
            .iter()
            .map(|d| drawn(d, file, &source))
            .collect();
        insta::assert_snapshot!(name, messages.join("\n"));
    }
}

#[test]
fn the_good_files_are_good() {
    for (file, source) in [ORCHARD, SWITCH, SLUICE] {
        let (scenario, diagnostics) = check("good", source);
        assert!(
            scenario.is_some() && diagnostics.is_empty(),
            "{file}: {diagnostics:?}"
        );
    }
}

#[test]
fn names_of_cases_are_unique() {
    let mut names: Vec<&str> = CASES.iter().map(|c| c.0).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|w| w[0] != w[1]));
}

#[test]
fn places_are_those_of_the_text_as_given_also_with_windows_line_ends() {
    let unix = ORCHARD
        .1
        .replacen("on eaten(a, apple, _)  do", "on eated(a, apple, _)  do", 1);
    let windows = unix.replace('\n', "\r\n");
    let (_, of_unix) = check("x", &unix);
    let (_, of_windows) = check("x", &windows);
    assert_eq!(of_unix.len(), of_windows.len());
    for (a, b) in of_unix.iter().zip(&of_windows) {
        assert_eq!(a.line("x", &unix), b.line("x", &windows));
        assert_eq!(&windows[b.span.start..b.span.end], "eated");
    }
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let source = "# ".to_owned() + &"x".repeat(1 << 20);
    let (scenario, diagnostics) = check("x", &source);
    assert!(scenario.is_none());
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].code, "E002");
}

#[test]
fn deep_nesting_is_refused_without_a_crash() {
    for n in [81, 5000] {
        let source = format!("{}\nx = {}{}\n", ORCHARD.1, "[".repeat(n), "]".repeat(n));
        let (scenario, diagnostics) = check("x", &source);
        assert!(scenario.is_none());
        assert!(
            diagnostics.iter().any(|d| d.code == "E001"),
            "{diagnostics:?}"
        );
    }
}

#[test]
fn there_are_never_more_than_fifty_messages() {
    let mut source = ORCHARD.1.to_owned();
    for i in 0..80 {
        writeln!(source, "[exits.e{i}]\nevil = {i}").expect("a string takes it");
    }
    let (_, diagnostics) = check("x", &source);
    assert_eq!(diagnostics.len(), 50);
}

/// Whatever stands in a file, checking it ends, says where, and refuses what it complains of.
#[test]
fn no_edit_of_a_file_makes_the_check_panic() {
    let junk = [
        "",
        "'''",
        "x = 1",
        "[roles.gatherer]",
        "= =",
        "\"\u{1f34e}\"",
        "slots = -1",
        "p = 1e30",
    ];
    for (file, step) in [(ORCHARD.1, 1), (SWITCH.1, 11)] {
        let lines: Vec<&str> = file.lines().collect();
        for at in (0..lines.len()).step_by(step) {
            let with = junk[at % junk.len()];
            let edited: Vec<&str> = lines
                .iter()
                .enumerate()
                .map(|(i, l)| if i == at { with } else { l })
                .collect();
            let source = edited.join("\n");
            let (scenario, diagnostics) = check("x", &source);
            for d in &diagnostics {
                assert!(
                    d.span.start <= d.span.end && d.span.end <= source.len(),
                    "line {at}: {d:?}"
                );
                assert!(
                    source.is_char_boundary(d.span.start) && source.is_char_boundary(d.span.end),
                    "line {at}: {d:?}"
                );
            }
            let refused = diagnostics.iter().any(|d| d.severity == Severity::Error);
            assert_eq!(scenario.is_none(), refused, "line {at}");
        }
    }
}

#[test]
fn every_code_that_a_wrong_file_gets_is_in_the_list_and_the_list_is_sorted() {
    use commonweal_core::diagnostic::CODES;
    assert!(CODES.windows(2).all(|w| w[0].0 < w[1].0));
    for &(name, (_, good), edits) in CASES {
        let source = edits.iter().fold(good.to_owned(), |text, (from, to)| {
            text.replacen(from, to, 1)
        });
        for d in check("wrong", &source).1 {
            assert!(
                CODES.iter().any(|(code, _)| *code == d.code),
                "{name}: {}",
                d.code
            );
        }
    }
}
