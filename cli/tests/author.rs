//! The tools of authors from outside: new, check --fix and --run, fmt, diff, explain, run --actions.

mod common;

use std::path::{Path, PathBuf};

use common::{code, commonweal, err, json, out};
use serde_json::Value;

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("author")
        .join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("it is ours");
    }
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

/// A new scenario `garden` in a folder of this test's own, its text edited: its path.
fn garden(test: &str, edit: impl Fn(String) -> String) -> String {
    let path = folder(test).join("garden");
    let output = commonweal(&["new", &path.to_string_lossy()]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let file = path.join("garden.toml");
    let text = std::fs::read_to_string(&file).expect("it was written");
    std::fs::write(&file, edit(text)).expect("written");
    file.to_string_lossy().into_owned()
}

/// Replaces what must be there.
fn with(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is no longer in the template");
    text.replace(from, to)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).expect("it is there")
}

#[test]
fn new_writes_a_scenario_that_passes_and_runs_and_touches_nothing_that_is_there() {
    let file = garden("new", |text| text);
    let output = commonweal(&["check", "--strict", &file]);
    assert_eq!(code(&output), 0, "{}", out(&output));
    let recordings = folder("new_run");
    let to = recordings.to_string_lossy();
    let output = commonweal(&["run", &file, "--seeds", "2", "--out", &to]);
    assert_eq!(
        code(&output),
        3,
        "two seeds decide nothing: {}",
        err(&output)
    );
    let place = Path::new(&file).parent().expect("a folder");
    let again = commonweal(&["new", &place.to_string_lossy()]);
    assert_eq!(code(&again), 2);
    assert!(err(&again).contains("is there already"), "{}", err(&again));
    let bad = commonweal(&["new", "Two-Wells"]);
    assert_eq!(code(&bad), 2);
    assert!(err(&bad).contains("small letters"), "{}", err(&bad));
}

#[test]
fn what_cannot_be_said_is_said_once_with_what_would_help() {
    let file = garden("once", |text| text);
    let to = folder("once_run").to_string_lossy().into_owned();
    let text = out(&commonweal(&["run", &file, "--seeds", "2", "--out", &to]));
    assert_eq!(text.matches("cannot be said").count(), 1, "{text}");
    assert!(text.contains("--seeds 300"), "{text}");
    assert!(!text.contains("(,"), "a measure has a name: {text}");
    let program = env!("CARGO_BIN_EXE_commonweal");
    assert!(
        text.contains(&format!("{program} watch")),
        "what is suggested works as it is typed: {text}"
    );
}

#[test]
fn fix_mends_what_is_certain_and_keeps_every_comment() {
    let file = garden("fix", |text| {
        let text = with(&text, "ticks = 200 ", "ticks = = 200 ");
        let text = with(&text, "slots = 3", "slots = \"3\" # three");
        let text = with(&text, "focal = 1", "focl = 1 # one");
        with(
            &text,
            "on eaten(a, apple, _) do pay",
            "on eated(a, aple, _) pay",
        )
    });
    let broken = read(&file);
    let output = commonweal(&["check", "--fix", &file]);
    assert_eq!(code(&output), 0, "{}", out(&output));
    for code in ["E001", "E201", "E101", "E402", "E404", "E401"] {
        assert!(
            out(&output).contains(&format!("mended[{code}]")),
            "{code}: {}",
            out(&output)
        );
    }
    let mended = read(&file);
    let comments = |text: &str| -> Vec<String> {
        let lines = text.lines().filter_map(|line| line.split_once('#'));
        lines
            .map(|(_, comment)| comment.trim().to_owned())
            .collect()
    };
    assert_eq!(comments(&mended), comments(&broken));
    assert!(mended.contains("focal = 1 # one") && mended.contains("slots = 3 # three"));
}

#[test]
fn fix_leaves_alone_what_is_not_certain() {
    // Two slips lie between the word and the field, and a number is no text.
    let edit = |text: String| {
        let text = with(&text, "ticks = 200 ", "ticks = \"long\" ");
        with(&text, "mirror = \"x\"", "mirrrrr = \"x\"")
    };
    let file = garden("unfixed", edit);
    let before = read(&file);
    let output = commonweal(&["check", "--fix", &file]);
    assert_eq!(code(&output), 2, "{}", out(&output));
    assert_eq!(read(&file), before);
    let shipped = commonweal(&["check", "--fix", "switch_and_successor"]);
    assert_eq!(code(&shipped), 2);
    assert!(err(&shipped).contains("ships with the program"));
}

#[test]
fn run_holds_what_happens_against_what_the_file_declares() {
    let file = garden("tried", |text| text);
    let output = commonweal(&["check", "--run", &file]);
    assert_eq!(code(&output), 0, "{}{}", out(&output), err(&output));
    for part in [
        "✓ bots.taker: positive control",
        "✓ bots.late: look-alike control",
        "✓ exits.leave_some",
        "✓ layouts: ",
        "✓ misbehaviour pays",
        "✓ worlds of the arms",
    ] {
        assert!(out(&output).contains(part), "{part}: {}", out(&output));
    }
}

#[test]
fn run_says_where_a_promise_is_broken() {
    let file = garden("broken", |text| {
        let text = with(
            &text,
            "at_least = { main = 1 }",
            "at_least = { main = 4000 }",
        );
        // A negative that does as the positive does.
        with(
            &text,
            "avoid apple where count(apple, it, 2, l2) <= 4\neat:  -> go(nearest(apple where count(apple, it, 2, l2) > 4))",
            "eat:  -> go(nearest(apple))",
        ) + "[checks.nobody]\nbot = \"taker\"\narm = \"scarce\"\nnever = \"last_taken\"\nreturn_at_least = { main = 1 }\n"
    });
    let output = commonweal(&["check", "--run", "--json", &file]);
    assert_eq!(code(&output), 1, "{}{}", out(&output), err(&output));
    let document = json(&output);
    let found = document["files"][0]["run"].as_array().expect("a list");
    let of = |what: &str| {
        let finding = found.iter().find(|f| f["what"] == what);
        finding.unwrap_or_else(|| panic!("{what}: {document:#}"))
    };
    for (what, code, part) in [
        (
            "exits.leave_some",
            "E603",
            "`modest` reached main >= 4000 in 0 of 20 seeds",
        ),
        (
            "bots.modest",
            "E607",
            "negative control `modest` is flagged in scarce",
        ),
        ("checks.nobody", "E606", "asserted is that it never does"),
    ] {
        let diagnostic = &of(what)["diagnostic"];
        assert_eq!(diagnostic["code"], code, "{what}");
        let message = diagnostic["message"].as_str().expect("a text");
        assert!(message.contains(part), "{message}");
        assert!(diagnostic["line"].as_u64().expect("a line") > 1, "{what}");
    }
    assert_eq!(of("bots.taker")["held"], "holds");
}

#[test]
fn one_map_is_shown_and_not_given_a_verdict() {
    let file = garden("one_map", |text| {
        let text = with(&text, "mirror = \"x\" ", "mirror = \"none\" ");
        let text = with(&text, "p = 0.5", "p = 1");
        let text = with(&text, "slots = 3", "slots = 1");
        let text = with(&text, "#P...A...P#", "#....A....#");
        with(&text, "#P.AAAAA.P#", "#P.AAAAA..#")
    });
    let text = out(&commonweal(&["check", "--run", "--seeds", "2", &file]));
    assert!(
        text.contains("· layouts: not tried: nothing is drawn at reset"),
        "{text}"
    );
    // Two spawn cells are two layouts: drawn, and far too few.
    let file = garden("two_layouts", |text| {
        let text = with(&text, "mirror = \"x\" ", "mirror = \"none\" ");
        let text = with(&text, "p = 0.5", "p = 1");
        let text = with(&text, "slots = 3", "slots = 1");
        let text = with(&text, "#P...A...P#", "#....A....#");
        with(&text, "#P.AAAAA.P#", "#P.AAAAA.P#")
    });
    let output = commonweal(&["check", "--run", "--seeds", "2", &file]);
    assert_eq!(code(&output), 1);
    let text = out(&output);
    for part in [
        "E604",
        "too little variation: 2 different layouts in 300 resets",
        "`mirror`",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn the_positive_control_that_never_acts_is_told_what_may_keep_it() {
    let shipped = commonweal_scenarios::named("switch_and_successor").expect("it ships");
    let text = with(
        shipped.text,
        "trigger = \"step\", by = [\"worker\"] }",
        "trigger = \"step\", by = [\"twin\"] }",
    );
    let path = folder("denied").join("yard.toml");
    std::fs::write(&path, text).expect("written");
    let output = commonweal(&[
        "check",
        "--run",
        "--seeds",
        "3",
        "--json",
        &path.to_string_lossy(),
    ]);
    assert_eq!(code(&output), 1, "{}{}", out(&output), err(&output));
    let document = json(&output);
    let found = document["files"][0]["run"].as_array().expect("a list");
    let finding = found.iter().find(|f| f["what"] == "bots.guard_always");
    let diagnostic = &finding.expect("it is a control")["diagnostic"];
    assert_eq!(diagnostic["code"], "E602");
    assert_eq!(
        diagnostic["message"],
        "(--run) positive control `guard_always` never caused `gate_shut` in arm threat, 3 seeds"
    );
    let line = shipped
        .text
        .lines()
        .position(|line| line.starts_with("device.lever"))
        .expect("it has a lever")
        + 1;
    assert_eq!(
        diagnostic["help"],
        format!("see `device.lever.by` at line {line}: worker may not press it")
    );
    // Its other promises hold: what is hidden stays hidden, factors show.
    for what in [
        "vars.errand",
        "factors.steward",
        "factors.twin",
        "worlds of the arms",
    ] {
        let finding = found.iter().find(|f| f["what"] == what);
        assert_eq!(
            finding.unwrap_or_else(|| panic!("{what}: {document:#}"))["held"],
            "holds",
            "{what}"
        );
    }
}

#[test]
fn fmt_lays_out_once_and_for_all() {
    let file = garden("fmt", |text| {
        let text = with(&text, "slots = 3", "slots=3");
        with(
            &text,
            "on eaten(a, apple, _) do pay(a, main, 1)",
            "on   eaten( a,apple,_ )do pay(a,main,1)",
        )
    });
    let output = commonweal(&["fmt", "--check", &file]);
    assert_eq!(code(&output), 1, "{}", out(&output));
    assert!(out(&output).contains("would change, from line"));
    assert_eq!(code(&commonweal(&["fmt", &file])), 0);
    let text = read(&file);
    assert!(
        text.contains("slots = 3") && text.contains("on eaten(a, apple, _) do pay(a, main, 1)\n")
    );
    assert_eq!(code(&commonweal(&["fmt", "--check", &file])), 0);
    assert_eq!(read(&file), text);
    std::fs::write(&file, "format = = 1\n").expect("written");
    let output = commonweal(&["fmt", &file]);
    assert_eq!(code(&output), 2);
    assert!(out(&output).contains("E001"), "{}", out(&output));
    assert_eq!(read(&file), "format = = 1\n", "what is no TOML stays");
}

#[test]
fn diff_names_the_leaves_and_where_the_worlds_differ() {
    let file = garden("diff", |text| text);
    let output = commonweal(&["diff", &file, "scarce", "plenty"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let text = out(&output);
    assert!(
        text.contains("mechanics.regrow.apple.chance = [0, 0.004, 0.008, 0.02] | [1, 1, 1, 1]\n"),
        "{text}"
    );
    assert!(text.contains("worlds are equal"), "{text}");
    let document = json(&commonweal(&[
        "diff",
        "--json",
        "switch_and_successor",
        "threat",
        "errand",
    ]));
    assert_eq!(document["leaves"].as_array().expect("a list").len(), 1);
    assert_eq!(document["leaves"][0]["path"], "vars.errand.init");
    assert_eq!(
        document["tick0"]["columns"],
        serde_json::json!(["arena.vars"])
    );
    let same = out(&commonweal(&["diff", &file, "scarce", "scarce"]));
    assert!(same.contains("no leaf differs"), "{same}");
    let unknown = commonweal(&["diff", &file, "scarce", "plnty"]);
    assert_eq!(code(&unknown), 2);
    assert!(err(&unknown).contains("has no arm `plnty`"));
}

#[test]
fn explain_tells_what_a_name_is_and_what_may_be_meant() {
    for (name, parts) in [
        (
            "regrow",
            &[
                "regrow.NAME  (mechanic)",
                "radius",
                "= 2",
                "chance",
                "compulsory",
                "grew(kind, cell)",
            ][..],
        ),
        ("beam.zap", &["c+1", "actions: NAME"][..]),
        (
            "eaten",
            &[
                "eaten(slot, kind, cell)",
                "mechanic `pickup`",
                "on eaten(x1, x2, x3) do",
            ][..],
        ),
        (
            "count",
            &["count(K [where …]", "in rules and in scripts"][..],
        ),
        ("nearest", &["in scripts only"][..]),
        ("A3", &["Sustainability", "formula"][..]),
        ("E103", &["(error)"][..]),
        ("frozen", &["field of slots"][..]),
        (
            "measures",
            &["table of the file", "ref", "summed", "compulsory"][..],
        ),
        ("exits", &["[exits.NAME]", "at_least"][..]),
        ("captions", &["NAME = text", "{1}"][..]),
        ("emit", &["emit EVENT(…) [after n]"][..]),
    ] {
        let output = commonweal(&["explain", name]);
        assert_eq!(code(&output), 0, "{name}: {}", err(&output));
        for part in parts {
            assert!(
                out(&output).contains(part),
                "{name}, {part}: {}",
                out(&output)
            );
        }
    }
    let output = commonweal(&["explain", "regro"]);
    assert_eq!(code(&output), 2);
    assert!(
        err(&output).contains("did you mean `regrow`?"),
        "{}",
        err(&output)
    );
    let document = json(&commonweal(&["explain", "--json", "pickup"]));
    assert_eq!(document["found"][0]["sort"], "mechanic");
    let all = out(&commonweal(&["explain"]));
    for part in ["mechanics", "effects", "codes", "E602"] {
        assert!(all.contains(part), "{part}: {all}");
    }
}

#[test]
fn what_a_first_author_gets_wrong_is_answered_with_what_to_write() {
    let file = garden("first_author", |text| {
        let text = with(
            &text,
            "[time]",
            "[vars]\nload = { type = \"choice\", init = 0 }\n[defs]\nfew = \"count(apple) < 3\"\nmany = { is = \"count(apple) > 3\" }\n[time]",
        );
        let text = with(&text, "and tick < 180 do emit", "and many do emit");
        with(&text, "competence =", "also = [\"A1\"]\ncompetence =")
    });
    let output = commonweal(&["check", &file]);
    assert_eq!(code(&output), 2);
    let told = out(&output) + &err(&output);
    for part in [
        "or a list of words such as [\"no\", \"yes\"]",
        "write `few = { is = \"count(apple) < 3\" }`",
        "write `many()`",
        "write `{ id = \"A1\" }`",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let file = garden("first_loss", |text| {
        let from = "primary = { id = \"rate\", of = \"focal\", event = \"last_taken\", M = 0.10 }";
        let to = "primary = { id = \"A8.loss\", of = \"focal\", ref = \"modest\", M = 0.10 }";
        with(&text, from, to)
    });
    let output = commonweal(&["check", &file]);
    let told = out(&output) + &err(&output);
    assert!(told.contains("add `range = [least, most]`"), "{told}");
}

#[test]
fn a_sequence_is_played_and_every_channel_is_told() {
    let file = garden("by_hand", |text| {
        let text = with(
            &text,
            "main = { seen = true }",
            "main = { seen = true }\ntruth = { seen = false }",
        );
        with(
            &text,
            "do pay(a, main, 1)\n",
            "do pay(a, main, 1); pay(a, truth, -0.5)\n",
        )
    });
    let sequence = "u x3 r x4 d x4 l x4";
    let output = commonweal(&[
        "run",
        &file,
        "--arm",
        "plenty",
        "--seed",
        "3",
        "--actions",
        sequence,
    ]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let text = out(&output);
    for part in [
        "truth (hidden)",
        "no agent ever sees",
        "Totals",
        "goes on after 15 ticks",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let document = json(&commonweal(&[
        "run",
        &file,
        "--arm",
        "plenty",
        "--seed",
        "3",
        "--actions",
        sequence,
        "--json",
    ]));
    let ticks = document["ticks"].as_array().expect("a list");
    assert_eq!(ticks.len(), 15);
    assert_eq!(ticks[0]["action"], "n");
    let sum = |channel: &str| -> f64 {
        let of = |t: &Value| t["rewards"][channel].as_f64().expect("a number");
        ticks.iter().map(of).sum()
    };
    let total = |channel: &str| {
        document["totals"][0]["rewards"][channel]
            .as_f64()
            .expect("a number")
    };
    assert!(sum("main") > 0.0, "it walks over apples");
    assert!((sum("main") - total("main")).abs() < 1e-9);
    assert!((total("truth") + 0.5 * total("main")).abs() < 1e-9);
    assert_eq!(document["channels"][1]["seen"], false);
    // The same sequence of the same seed is the same episode.
    let again = json(&commonweal(&[
        "run",
        &file,
        "--arm",
        "plenty",
        "--seed",
        "3",
        "--actions",
        sequence,
        "--json",
    ]));
    assert_eq!(document["hash"], again["hash"]);
    let wrong = commonweal(&["run", &file, "--actions", "u jump"]);
    assert_eq!(code(&wrong), 2);
    assert!(
        err(&wrong).contains("has no action `jump`"),
        "{}",
        err(&wrong)
    );
}

#[test]
fn a_sequence_longer_than_the_episode_says_what_was_left() {
    let file = garden("left", |text| with(&text, "ticks = 200 ", "ticks = 5 "));
    let text = out(&commonweal(&["run", &file, "--actions", ". x9"]));
    assert!(
        text.contains("is over after 5 ticks, 4 actions were not played"),
        "{text}"
    );
}
