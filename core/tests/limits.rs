//! Hostile files: every limit of the language (SCENARIOS §9) is checked before anything is laid out, and its message names it.
//!
//! A further limit is one line in [`cases`]. Sizes of the file and of its nesting stand in `diagnostics.rs`.

use commonweal_core::scenario::check;

const ORCHARD: &str = include_str!("wrong/orchard.toml");

/// A hostile file: what is replaced by what (the first place counts), the code, and what the message says.
struct Case {
    edits: Vec<(&'static str, String)>,
    code: &'static str,
    says: &'static str,
}

fn many(n: usize, f: &dyn Fn(usize) -> String) -> String {
    (0..n).map(f).collect()
}

/// Text before the table of layers: a place for tables that the orchard does not have.
const MORE: &str = "[layers]\n";
/// A place for mechanics.
const MECHANICS: &str = "[mechanics]\n";
/// A place for rules.
const RULES: &str = "all = '''\n";
/// A place for bots.
const BOTS: &str = "[bots.taker]\n";

fn before(at: &'static str, text: String) -> (&'static str, String) {
    (at, text + at)
}

fn after(at: &'static str, text: &str) -> (&'static str, String) {
    (at, at.to_owned() + text)
}

fn case(edits: Vec<(&'static str, String)>, code: &'static str, says: &'static str) -> Case {
    Case { edits, code, says }
}

/// A map of `rows` rows and `columns` columns in place of the orchard's, `glyph` where it is not grass: spawn cells in its first row.
fn map(rows: usize, columns: usize, glyph: char) -> Vec<(&'static str, String)> {
    let first: String = (0..columns)
        .map(|i| if i < 8 { 'P' } else { '.' })
        .collect();
    let row: String = std::iter::repeat_n(glyph, columns).collect();
    let text = many(rows - 1, &|_| format!("{row}\n"));
    vec![
        (
            "rows = '''\n",
            format!("rows = '''\n{first}\n{text}'''\nold = '''\n"),
        ),
        (
            "old = '''\n###################\n#P....A..P..A....P#\n#....AAA...AAA....#\n#.....A..a..A.....#\n#P......aaa......P#\n#.....A..a..A.....#\n#....AAA...AAA....#\n#P....A..P..A....P#\n###################\n'''\n",
            String::new(),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a list, one limit after the other")]
fn cases() -> Vec<Case> {
    let named = |what: &str, n: usize| many(n, &|i| format!(", \"{what}{i}\""));
    let dial =
        |i: usize| format!("[dials.d{i}]\nvalue = 1\nrange = [0, 2]\nsays = \"A number.\"\n");
    let int = |i: usize| format!("v{i} = {{ type = \"int\", init = 0, seen = \"all\" }}\n");
    let rule = |i: usize| format!("on eaten(a, apple, _) do pay(a, main, {i})\n");
    let item = |n| {
        vec![(
            "item = [\"apple\"",
            format!("item = [\"apple\"{}", named("k", n)),
        )]
    };
    let mut out = vec![
        case(vec![before(MORE, many(16, &dial))], "E204", "17 dials, the limit is 16 (dials)"),
        case(
            vec![before(MORE, many(7, &|i| format!("[roles.r{i}]\nslots = 0\n")))],
            "E204",
            "8 visible roles, the limit is 7 (visible roles)",
        ),
        case(
            vec![before(MORE, "[roles.more]\nslots = 60\n".to_owned())],
            "E204",
            "65 slots, the limit is 64 (slots)",
        ),
        case(
            vec![before(MORE, many(300, &|i| format!("[roles.s{i}]\nslots = 1\n")))],
            "E204",
            "305 slots, the limit is 64 (slots)",
        ),
        case(item(251), "E204", "254 kinds, the limit is 250 (kinds)"),
        case(
            [
                vec![before(MECHANICS, String::new())],
                item(16),
                vec![after(MECHANICS, &many(16, &|i| {
                    format!("device.d{i} = {{ thing = \"k{i}\", trigger = \"step\", states = 16 }}\n")
                }))],
            ]
            .concat(),
            "E306",
            "259 look codes, the limit is 254 (look codes)",
        ),
        case(vec![("rows = '''\n", format!("rows = '''\n{}\n", "#".repeat(129)))], "E204", "129 columns, the limit is 128 each (map cells)"),
        case(
            vec![before(
                "[arms.shared]\n",
                format!("[factors.f]\n{}", many(25, &|i| format!("l{i} = {{}}\n"))),
            )],
            "E204",
            "25 cells of the factorial, the limit is 24 (cells of the factorial)",
        ),
        // Ten thousand million cells, were they laid out.
        case(
            vec![
                before(
                    "[arms.shared]\n",
                    many(4, &|f| format!("[factors.f{f}]\n{}", many(316, &|i| format!("l{i} = {{}}\n")))),
                ),
                ("says = \"Regrowth depends", "at = { f0 = \"*\", f1 = \"*\", f2 = \"*\", f3 = \"*\" }\nsays = \"Regrowth depends".to_owned()),
            ],
            "E204",
            "(cells of the factorial)",
        ),
        case(
            vec![before("[arms.shared]\n", many(5, &|f| format!("[factors.f{f}]\nno = {{}}\n")))],
            "E204",
            "5 factors, the limit is 4 (factors)",
        ),
        case(
            vec![before(
                BOTS,
                many(15, &|i| format!("[arms.a{i}]\nkind = \"control\"\nsays = \"x\"\n")),
            )],
            "E204",
            "17 arms, the limit is 16 (arms)",
        ),
        case(vec![before(MORE, format!("[vars]\n{}", many(65, &int)))], "E204", "65 arena variables, the limit is 64 (arena variables)"),
        case(
            vec![before("[maps.orchard]\n", format!("[roles.gatherer.vars]\n{}", many(33, &int).replace("\"all\"", "\"self\"")))],
            "E204",
            "33 variables of a role, the limit is 32 (variables of a role)",
        ),
        case(
            vec![after("main = { seen = true }\n", &many(16, &|i| format!("c{i} = {{ seen = false }}\n")))],
            "E204",
            "17 reward channels, the limit is 16 (reward channels)",
        ),
        case(
            vec![before(MORE, format!("[messages]\n{}", many(65, &|i| format!("m{i} = {{ says = \"x\", truth = \"true\" }}\n"))))],
            "E204",
            "65 messages, the limit is 64 (messages)",
        ),
        case(vec![before(MORE, format!("[texts]\n{}", many(65, &|i| format!("t{i} = \"x\"\n"))))], "E204", "65 texts, the limit is 64 (texts)"),
        case(
            vec![after(MECHANICS, &many(5, &|i| format!("beam.b{i} = {{}}\n")))],
            "E204",
            "5 beams, the limit is 4 (beams)",
        ),
        case(
            [item(16), vec![("things = [\"apple\"], becomes = \"eaten\"", format!("things = [\"apple\"{}], becomes = \"carried\"", named("k", 16)))]].concat(),
            "E204",
            "17 item kinds carried, the limit is 16 (item kinds carried)",
        ),
        case(
            [vec![after(MECHANICS, "door.wall = { thing = \"wall\" }\n")], map(20, 20, '#')].concat(),
            "E204",
            "380 thing rows, the limit is 256 (thing rows)",
        ),
        case(
            vec![("ticks = 300", "ticks = 100000\nrounds = 1000".to_owned())],
            "E204",
            "100000000 ticks of an episode, the limit is 100000 (ticks of an episode)",
        ),
        // Actions: what 200 sizes of asking, twice, give.
        case(
            vec![
                before(MORE, "[vars]\nfish = { type = \"int\", init = 0, seen = \"all\" }\n".to_owned()),
                after(MECHANICS, &many(2, &|p| {
                    let asks: Vec<String> = (0..200).map(|i| (p * 200 + i).to_string()).collect();
                    format!("pool.p{p} = {{ var = \"fish\", asks = [{}] }}\n", asks.join(", "))
                })),
            ],
            "E204",
            "405 actions of a role, the limit is 255 (actions of a role)",
        ),
        case(vec![before(BOTS, many(29, &|i| format!("[bots.b{i}]\nkind = \"baseline\"\nscript = '''\n-> stay()\n'''\n")))], "E204", "33 bots, the limit is 32 (bots)"),
        // Rules.
        case(vec![after(RULES, &many(255, &rule))], "E413", "the limit is 256 (rules)"),
        case(
            vec![after(RULES, &format!("on eaten(a, apple, _) do {}\n", vec!["pay(a, main, 1)"; 17].join("; ")))],
            "E413",
            "17 effects, the limit is 16 (effects a rule)",
        ),
        case(
            vec![after(
                RULES,
                &format!(
                    "on eaten(a, apple, _) do {}\n",
                    vec![format!("pay(a, main, {})", vec!["tick"; 24].join(" + ")); 16].join("; ")
                ),
            )],
            "E413",
            "(operations a rule)",
        ),
        case(
            vec![
                before(MORE, format!("[defs]\n{}", many(40, &|i| format!("d{i} = {{ is = \"d{}()\" }}\n", i + 1)).replace("d40()", "tick"))),
                after(RULES, "on eaten(a, apple, _) when d0() > 1 do pay(a, main, 1)\n"),
            ],
            "E413",
            "(call depth)",
        ),
        // Each definition uses the next one twice: a million expressions.
        case(
            vec![
                before(MORE, format!("[defs]\n{}", many(15, &|i| format!("d{i} = {{ is = \"d{0}() + d{0}()\" }}\n", i + 1)).replace("d15()", "tick"))),
                after(RULES, "on eaten(a, apple, _) when d0() > 1 do pay(a, main, 1)\n"),
            ],
            "E413",
            "(uses of definitions)",
        ),
        case(
            vec![after(RULES, "each wall w when count(apple where count(apple, it, 8) > 1) > 1 do emit last_taken(the(gatherer where true), w)\n".replace("emit last_taken(the(gatherer where true), w)", "place(apple, w)").as_str())],
            "E413",
            "(rule operations)",
        ),
        case(
            vec![
                after("[events]\n", &many(12, &|i| format!("e{i} = [\"slot\"]\n"))),
                after(RULES, &(many(11, &|i| format!("on e{i}(a) do emit e{0}(a); emit e{0}(a)\n", i + 1)) + "on eaten(a, apple, _) do emit e0(a)\non e11(a) do pay(a, main, 1)\n")),
            ],
            "E413",
            "(event rows)",
        ),
        // Scripts.
        case(
            vec![after("[bots.taker]\nkind = \"positive\"\nscript = '''\n", &many(65, &|i| format!("if tick == {i} -> stay()\n")))],
            "E413",
            "the limit is 64 (lines)",
        ),
        case(
            vec![after("[bots.taker]\nkind = \"positive\"\nscript = '''\n", &many(9, &|i| format!("let r{i} = 0\n")))],
            "E413",
            "the limit is 8 (registers)",
        ),
        case(
            vec![after("[bots.taker]\nkind = \"positive\"\nscript = '''\n", &many(8, &|_| "if count(apple where count(apple, it, 8) > 1) > 1 -> stay()\n".to_owned()))],
            "E413",
            "(operations a decision)",
        ),
    ];
    let mut far = map(128, 128, '.');
    far.push(before(
        BOTS,
        format!(
            "[bots.far]\nkind = \"resident\"\nsenses = \"world\"\nscript = '''\n{}'''\n",
            many(5, &|_| "-> go(nearest(apple))\n".to_owned())
        ),
    ));
    out.push(case(far, "E413", "(path searches)"));
    out
}

#[test]
fn what_is_too_much_for_the_engine_is_refused_by_name() {
    let mut missed = Vec::new();
    for Case { edits, code, says } in cases() {
        let mut source = ORCHARD.to_owned();
        for (from, to) in &edits {
            assert!(source.contains(from), "{says}: the orchard has no {from:?}");
            source = source.replacen(from, to, 1);
        }
        let (scenario, diagnostics) = check("x", &source);
        let told = diagnostics
            .iter()
            .any(|d| d.code == code && d.message.contains(says));
        if scenario.is_some() || !told {
            let lines: Vec<String> = diagnostics.iter().map(|d| d.line("x", &source)).collect();
            missed.push(format!("{says}:\n{}", lines.join("\n")));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
}
