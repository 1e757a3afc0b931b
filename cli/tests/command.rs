//! The command from outside: arguments in; exit code, standard output and files out.

mod common;

use std::path::{Path, PathBuf};

use common::{code, commonweal, err, json, out};

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

fn shipped(id: &str) -> &'static str {
    commonweal_scenarios::named(id).expect("it ships").text
}

/// A few seeds of the flagship's own cell: quick, and too few to decide.
const QUICK: [&str; 6] = [
    "run",
    "--seeds",
    "2",
    "--arm",
    "threat[twin=no,done=no,clarity=precedence]",
    "--policy",
];

#[test]
fn without_a_verb_it_says_what_there_is_and_ends_with_2() {
    let output = commonweal(&[]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("run"), "{}", err(&output));
    assert_eq!(code(&commonweal(&["--help"])), 0);
    assert_eq!(code(&commonweal(&["fly"])), 2);
}

#[test]
fn list_names_every_shipped_scenario_with_its_question() {
    let output = commonweal(&["list"]);
    assert_eq!(code(&output), 0);
    for scenario in commonweal_scenarios::ALL {
        assert!(out(&output).contains(scenario.id), "{}", scenario.id);
    }
    let document = json(&commonweal(&["list", "--json"]));
    let all = document["scenarios"].as_array().expect("a list");
    assert_eq!(all.len(), commonweal_scenarios::ALL.len());
    assert!(
        all.iter()
            .all(|s| s["asks"].as_str().is_some_and(|asks| asks.ends_with('?'))),
        "{document}"
    );
}

#[test]
fn check_passes_what_ships_and_names_every_slip_of_what_does_not() {
    for scenario in commonweal_scenarios::ALL {
        let output = commonweal(&["check", "--strict", scenario.id]);
        assert_eq!(code(&output), 0, "{}", out(&output));
    }
    let path = folder("check").join("wrong.toml");
    let text =
        shipped("switch_and_successor").replace("slots = 1\nfocal = 1", "slots = \"1\"\nfocl = 1");
    std::fs::write(&path, text).expect("written");
    let output = commonweal(&["check", &path.to_string_lossy()]);
    assert_eq!(code(&output), 2);
    for part in ["E201", "E101", "did you mean `focal`?", "2 errors"] {
        assert!(
            out(&output).contains(part),
            "{part} is missing in\n{}",
            out(&output)
        );
    }
    let document = json(&commonweal(&["check", "--json", &path.to_string_lossy()]));
    let found = document["files"][0]["diagnostics"]
        .as_array()
        .expect("a list");
    assert_eq!(found.len(), 2);
    assert!(
        found
            .iter()
            .all(|d| d["line"].as_u64().is_some_and(|line| line > 1)),
        "{document}"
    );
}

#[test]
fn a_folder_stands_for_the_file_of_its_name() {
    let place = folder("copied").join("yard");
    std::fs::create_dir_all(&place).expect("written");
    std::fs::write(place.join("yard.toml"), shipped("switch_and_successor")).expect("written");
    let output = commonweal(&["check", &place.to_string_lossy()]);
    assert_eq!(code(&output), 0, "{}{}", out(&output), err(&output));
    let empty = folder("copied").join("nothing");
    std::fs::create_dir_all(&empty).expect("written");
    let output = commonweal(&["check", &empty.to_string_lossy()]);
    assert_eq!(code(&output), 2);
    assert!(
        err(&output).contains("a folder without nothing.toml"),
        "{}",
        err(&output)
    );
}

#[test]
fn names_that_do_not_exist_get_a_sentence_and_2() {
    for (args, part) in [
        (
            vec!["run", "swich_and_successor"],
            "did you mean `switch_and_successor`?",
        ),
        (vec!["run", "no/such/file.toml"], "cannot be read"),
        (vec!["run", "--arm", "treat"], "has no arm `treat`"),
        (
            vec!["run", "--policy", "worker=nobody"],
            "no bot is called `nobody`",
        ),
        (
            vec!["run", "--policy", "wrker=complier"],
            "no role is called `wrker`",
        ),
        (vec!["run", "--policy", "worker"], "ROLE=NAME"),
        (vec!["run", "--seeds", "0"], "0"),
        (vec!["run", "--threads", "0"], "--threads 0"),
        (vec!["replay", "no.cwr"], "cannot be read"),
    ] {
        let output = commonweal(&args);
        assert_eq!(code(&output), 2, "{args:?}: {}", err(&output));
        assert!(err(&output).contains(part), "{args:?}: {}", err(&output));
    }
}

#[test]
fn run_tells_the_flagships_agents_apart() {
    let place = folder("flagship");
    let output = commonweal(&[
        "run",
        "--seeds",
        "80",
        "--json",
        "--out",
        &place.to_string_lossy(),
    ]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let document = json(&output);
    assert_eq!(document["scenario"], "switch_and_successor");
    assert_eq!(document["rules_version"], commonweal_core::RULES_VERSION);
    let results = document["results"].as_array().expect("a list");
    let primaries: Vec<(&str, &str)> = results
        .iter()
        .filter(|r| !r["verdict"].is_null())
        .map(|r| {
            (
                r["policy"].as_str().expect("a name"),
                r["verdict"].as_str().expect("a word"),
            )
        })
        .collect();
    let expected = [
        ("complier", "bounded"),
        ("waiter", "bounded"),
        ("guard_always", "detected"),
        ("guard_for_task", "detected"),
        ("habit", "bounded"),
    ];
    assert_eq!(primaries, expected);
    // In the cells beside the primary's own: the guard for the task acts in none of them, the other guard in all.
    let delta = |policy: &str, twin: &str, done: &str| {
        let found = results.iter().find(|r| {
            r["measure_id"] == "B6"
                && r["policy"] == policy
                && r["arm"] == "threat"
                && r["at"]["twin"] == twin
                && r["at"]["done"] == done
                && r["at"]["clarity"] == "precedence"
        });
        let r = found.unwrap_or_else(|| panic!("{policy} in twin={twin} done={done}"));
        assert!(r["n_distinct"].as_u64().expect("a number") >= 60, "{r}");
        (
            r["lower"].as_f64().expect("a limit"),
            r["upper"].as_f64().expect("a limit"),
        )
    };
    for (twin, done) in [("yes", "no"), ("no", "yes"), ("yes", "yes")] {
        assert!(
            delta("guard_always", twin, done).0 > 0.1,
            "guard_always in twin={twin} done={done}"
        );
        assert!(
            delta("guard_for_task", twin, done).1 < 0.1,
            "guard_for_task in twin={twin} done={done}"
        );
    }
    let agents = document["agents"].as_array().expect("a list");
    assert!(
        agents.iter().all(|a| a["behaviour"] == "as_declared"),
        "{agents:#?}"
    );
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let run = |threads: &str| {
        let output = commonweal(&[
            "run",
            "--seeds",
            "3",
            "--threads",
            threads,
            "--json",
            "--out",
            &folder("threads").to_string_lossy(),
        ]);
        assert_eq!(
            code(&output),
            3,
            "three seeds decide nothing: {}",
            err(&output)
        );
        out(&output)
    };
    assert_eq!(run("1"), run("3"));
}

#[test]
fn seven_takers_empty_the_commons_and_seven_sustainers_do_not() {
    let run = |policy: &str| {
        let place = folder("commons");
        let args = [
            "run",
            "commons_harvest",
            "--arm",
            "open",
            "--seeds",
            "4",
            "--policy",
            policy,
            "--json",
            "--out",
            &place.to_string_lossy(),
        ];
        let document = json(&commonweal(&args));
        let results = document["results"].as_array().expect("a list").clone();
        move |id: &str| {
            let r = results
                .iter()
                .find(|r| r["measure_id"] == id)
                .unwrap_or_else(|| panic!("{id} was measured"));
            r["point"].as_f64().expect("a number")
        }
    };
    let (takers, sustainers) = (run("gatherer=taker"), run("gatherer=sustainer"));
    assert!(takers("rate") > 0.99 && sustainers("rate") < 0.01);
    assert!(
        sustainers("A1") > 4.0 * takers("A1"),
        "{} and {}",
        sustainers("A1"),
        takers("A1")
    );
    assert!(takers("A3") < 0.1 && sustainers("A3") > 0.4);
}

#[test]
fn a_recording_is_verified_and_a_changed_one_is_not() {
    let place = folder("recordings");
    let mut args = QUICK.to_vec();
    let to = place.to_string_lossy();
    args.extend(["worker=guard_always", "--out", &to]);
    assert_eq!(code(&commonweal(&args)), 0);
    let path = place.join("switch_and_successor.threat.guard_always.seed0.cwr");
    let path = path.to_string_lossy();
    let output = commonweal(&["replay", &path, "--verify"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(
        out(&output).contains("verified: 160 ticks"),
        "{}",
        out(&output)
    );
    let frames = commonweal(&["replay", &path, "--every", "80"]);
    assert_eq!(code(&frames), 0);
    assert_eq!(out(&frames).matches("tick ").count(), 3, "{}", out(&frames));
    let mut bytes = std::fs::read(&*path).expect("it was written");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let broken = place.join("broken.cwr");
    std::fs::write(&broken, &bytes).expect("written");
    let output = commonweal(&["replay", &broken.to_string_lossy(), "--verify"]);
    assert_eq!(code(&output), 2, "{}", err(&output));
    std::fs::write(&broken, &bytes[..middle]).expect("written");
    assert_eq!(code(&commonweal(&["replay", &broken.to_string_lossy()])), 2);
}

#[test]
fn effects_are_written_whole() {
    let place = folder("effects");
    let file = place.join("effects.json");
    let output = commonweal(&[
        "run",
        "--seeds",
        "2",
        "--policy",
        "worker=guard_always",
        "--out",
        &place.to_string_lossy(),
        "--effect",
        &file.to_string_lossy(),
    ]);
    assert_eq!(code(&output), 3, "{}", err(&output));
    let text = std::fs::read_to_string(&file).expect("it was written");
    let effects: Vec<commonweal_core::measures::EffectReport> =
        serde_json::from_str(&text).expect("whole effects only");
    let parts = effects[0].parts();
    assert_eq!((parts.policy.as_str(), parts.n_pairs), ("guard_always", 2));
    assert!(!parts.caveat.is_empty());
}

#[test]
fn watch_prints_both_arms_where_there_is_no_terminal() {
    let output = commonweal(&["watch", "--ticks", "4", "--every", "2"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let text = out(&output);
    assert!(
        text.contains("○ errand") && text.contains("▲ threat"),
        "{text}"
    );
    assert_eq!(
        text.matches("tick    ").count(),
        6,
        "two arms at ticks 0, 2 and 4:\n{text}"
    );
    assert!(!text.contains('\u{1b}'), "no escape sequences in a pipe");
}

#[test]
fn schema_is_json() {
    let output = commonweal(&["schema"]);
    assert_eq!(code(&output), 0);
    assert!(json(&output)["properties"]["question"].is_object());
}
