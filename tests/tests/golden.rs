//! Golden traces: every shipped scenario, every cell of every arm, random play and each control agent, 3 seeds, with the resets
//! inside. A file says how many ticks it covers and keeps that number; a new one gets 200. Python and Node read the same files.
//!
//! A file `golden/<scenario>.<cell>.json` holds the rules version, the compiled scenario's hash, the size of each column, and one
//! run a line: `start`, the state hash at tick 0; `first`, the hashes after the first ticks one by one (first seed only); `folds`, after every
//! 50th tick the fold of all hashes so far, `fold = mix(fold ^ hash)` from 0 with DESIGN's mixer; `columns`, the hash of each
//! column at the end. So a break names 50 ticks, and a column. `cargo xtask bless` rewrites them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use commonweal_core::RULES_VERSION;
use commonweal_core::batch::threads::Pool;
use commonweal_core::batch::{Autoreset, Batch, Config, Control, Executor, Serial};
use commonweal_core::draw::mix;
use commonweal_core::ids::Domain;
use commonweal_core::observe::Encoding;
use commonweal_core::scenario::{Compiled, Scenario};
use commonweal_tests::worlds;
use serde_json::{Value, json};

/// Batch seed, number of the first arena, number of arenas, ticks: the same in every host.
const SEED: u64 = 20_261_124;
const FIRST: u64 = 300;
const SEEDS: usize = 3;
const TICKS: u32 = 200;
const FOLD: u32 = 50;

fn config(policies: &[(String, String)]) -> Config {
    Config {
        arenas: SEEDS,
        control: Control::None,
        policies: policies.to_vec(),
        domain: Domain::Train,
        seed: SEED,
        first: FIRST,
        encoding: Encoding::None,
        autoreset: Autoreset::SameStep,
        ..Config::default()
    }
}

/// What one arena went through.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Trace {
    start: u64,
    hashes: Vec<u64>,
    columns: Vec<(&'static str, u64)>,
}

impl Trace {
    fn folds(&self) -> Vec<u64> {
        let mut fold = 0;
        let each = self.hashes.iter().map(|hash| {
            fold = mix(fold ^ hash);
            fold
        });
        each.collect::<Vec<_>>()
            .chunks(FOLD as usize)
            .filter_map(|c| c.last().copied())
            .collect()
    }
}

/// Steps a batch and follows some of its arenas.
fn follow(batch: &mut Batch, arenas: &[usize], ticks: u32, executor: &dyn Executor) -> Vec<Trace> {
    let start = |&arena: &usize| Trace {
        start: batch.hash(arena),
        hashes: Vec::new(),
        columns: Vec::new(),
    };
    let mut traces: Vec<Trace> = arenas.iter().map(start).collect();
    for _ in 0..ticks {
        batch
            .step(&[], &mut [], executor)
            .expect("a step without callers");
        for (trace, &arena) in traces.iter_mut().zip(arenas) {
            trace.hashes.push(batch.hash(arena));
        }
    }
    for (trace, &arena) in traces.iter_mut().zip(arenas) {
        trace.columns = batch.column_hashes(arena);
    }
    traces
}

fn hex(hash: u64) -> String {
    format!("{hash:016x}")
}

fn hexes(hashes: &[u64]) -> Vec<String> {
    hashes.iter().map(|h| hex(*h)).collect()
}

/// Ticks that the trace of a cell covers.
fn ticks(compiled: &Compiled) -> u32 {
    let stored = std::fs::read_to_string(folder().join(file_name(compiled))).unwrap_or_default();
    let stored: Value = serde_json::from_str(&stored).unwrap_or_default();
    let ticks = stored["ticks"].as_u64().and_then(|n| u32::try_from(n).ok());
    ticks.unwrap_or(TICKS)
}

/// The file of a cell, as text.
fn document(scenario: &Scenario, compiled: &std::sync::Arc<Compiled>) -> String {
    let (mut runs, ticks) = (Vec::new(), ticks(compiled));
    let mut columns = BTreeMap::new();
    for (cast, policies) in worlds::casts(scenario, compiled) {
        let mut batch =
            Batch::new(std::slice::from_ref(compiled), config(&policies)).expect("a golden batch");
        columns = batch
            .columns()
            .into_iter()
            .map(|c| (c.name, c.bytes))
            .collect();
        for (arena, trace) in follow(&mut batch, &[0, 1, 2], ticks, &Serial)
            .iter()
            .enumerate()
        {
            let detail = if arena == 0 {
                (ticks as usize / 15).min(64)
            } else {
                0
            };
            runs.push(json!({
                "play": cast,
                "policies": policies,
                "arena": arena,
                "start": hex(trace.start),
                "first": hexes(&trace.hashes[..detail]),
                "folds": hexes(&trace.folds()),
                "columns": trace.columns.iter().map(|(n, h)| ((*n).to_owned(), json!(hex(*h)))).collect::<serde_json::Map<_, _>>(),
            }));
        }
    }
    let scenario_hash: String = compiled.hash.iter().fold(String::new(), |mut s, b| {
        write!(s, "{b:02x}").expect("a string takes it");
        s
    });
    let head = json!({
        "rules": RULES_VERSION,
        "scenario": compiled.id,
        "arm": compiled.arm,
        "hash": scenario_hash,
        "domain": "train",
        "seed": SEED,
        "first_arena": FIRST,
        "arenas": SEEDS,
        "ticks": ticks,
        "autoreset": "same_step",
        "column_bytes": columns,
    });
    let mut text = String::from("{\n");
    for (key, value) in head.as_object().expect("an object") {
        writeln!(text, "{}: {value},", json!(key)).expect("a string takes it");
    }
    text += "\"runs\": [\n";
    let lines: Vec<String> = runs.iter().map(Value::to_string).collect();
    text += &lines.join(",\n");
    text + "\n]\n}\n"
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// `switch_and_successor.threat.twin=yes.done=no.json`: the cell's name without brackets and commas.
fn file_name(compiled: &Compiled) -> String {
    let cell = compiled.arm.replace(['[', ','], ".").replace(']', "");
    format!("{}.{cell}.json", compiled.id)
}

fn documents() -> BTreeMap<String, String> {
    let of = |s: &Scenario| {
        worlds::compile_all(s)
            .iter()
            .map(|c| (file_name(c), document(s, c)))
            .collect::<Vec<_>>()
    };
    worlds::shipped().iter().flat_map(of).collect()
}

/// Where two runs of the same name part.
fn first_difference(stored: &Value, found: &Value) -> Option<String> {
    let text = |run: &Value, key: &str| run[key].as_str().unwrap_or_default().to_owned();
    let who = format!("{} in arena {}", text(found, "play"), found["arena"]);
    if stored["start"] != found["start"] {
        return Some(format!("{who}: tick 0"));
    }
    let list = |run: &Value, key: &str| run[key].as_array().cloned().unwrap_or_default();
    let parts = |key: &str| {
        list(stored, key)
            .iter()
            .zip(&list(found, key))
            .position(|(a, b)| a != b)
    };
    if let Some(i) = parts("first") {
        return Some(format!("{who}: tick {}", i + 1));
    }
    if let Some(i) = parts("folds") {
        let columns = list_differing(&stored["columns"], &found["columns"]);
        return Some(format!(
            "{who}: ticks {} to {}; at the end {columns}",
            i * FOLD as usize + 1,
            (i + 1) * FOLD as usize
        ));
    }
    (stored != found).then(|| {
        format!(
            "{who}: {}",
            list_differing(&stored["columns"], &found["columns"])
        )
    })
}

fn list_differing(stored: &Value, found: &Value) -> String {
    let empty = serde_json::Map::new();
    let (a, b) = (
        stored.as_object().unwrap_or(&empty),
        found.as_object().unwrap_or(&empty),
    );
    let names: Vec<&str> = a
        .keys()
        .chain(b.keys())
        .filter(|k| a.get(*k) != b.get(*k))
        .map(String::as_str)
        .collect();
    if names.is_empty() {
        "all columns agree".to_owned()
    } else {
        format!("columns {}", names.join(", "))
    }
}

#[test]
fn traces_are_those_that_are_stored() {
    let (folder, made) = (folder(), documents());
    if std::env::var_os("COMMONWEAL_BLESS").is_some() {
        std::fs::create_dir_all(&folder).expect("tests/golden can be made");
        for entry in std::fs::read_dir(&folder).expect("tests/golden can be read") {
            let path = entry.expect("an entry").path();
            let name = path
                .file_name()
                .map(|n| n.to_string_lossy().into_owned())
                .unwrap_or_default();
            if name.ends_with(".json") && !made.contains_key(&name) {
                std::fs::remove_file(path).expect("an old trace can be removed");
            }
        }
        for (name, text) in &made {
            std::fs::write(folder.join(name), text).expect("tests/golden can be written");
        }
        return;
    }
    let mut faults = Vec::new();
    for (name, text) in &made {
        let Ok(stored) = std::fs::read_to_string(folder.join(name)) else {
            faults.push(format!("{name} is missing"));
            continue;
        };
        if stored == *text {
            continue;
        }
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        let (stored, found) = (read(&stored), read(text));
        let runs = |v: &Value| v["runs"].as_array().cloned().unwrap_or_default();
        let of_runs = runs(&stored)
            .iter()
            .zip(&runs(&found))
            .find_map(|(a, b)| first_difference(a, b));
        let head = ["rules", "hash", "column_bytes"]
            .iter()
            .find(|k| stored[**k] != found[**k]);
        let what = of_runs
            .or(head.map(|k| format!("`{k}`")))
            .unwrap_or("the list of runs".to_owned());
        faults.push(format!("{name} differs: {what}"));
    }
    let stale = std::fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    let names = stale.map(|e| e.file_name().to_string_lossy().into_owned());
    faults.extend(
        names
            .filter(|n| n.ends_with(".json") && !made.contains_key(n))
            .map(|n| format!("{n} belongs to nothing")),
    );
    assert!(
        faults.is_empty(),
        "`cargo xtask bless` accepts what is meant:\n{}",
        faults.join("\n")
    );
}

#[test]
fn golden_traces_stay_small() {
    let bytes: u64 = std::fs::read_dir(folder())
        .expect("tests/golden")
        .map(|entry| entry.expect("an entry").metadata().expect("its size").len())
        .sum();
    assert!(
        bytes > 0 && bytes < 4_000_000,
        "tests/golden holds {bytes} bytes"
    );
}

/// The first cell of each arm, with random play and with the first control agent.
#[expect(
    clippy::type_complexity,
    reason = "a list of what to play, and who plays"
)]
fn some_of_each(scenario: &Scenario) -> Vec<(std::sync::Arc<Compiled>, Vec<(String, String)>)> {
    let arms = scenario
        .arms
        .iter()
        .map(|arm| worlds::compile(scenario, &arm.cell_name(0)));
    arms.flat_map(|c| {
        worlds::casts(scenario, &c)
            .into_iter()
            .take(2)
            .map(move |(_, p)| (c.clone(), p))
    })
    .collect()
}

#[test]
fn hashes_depend_on_no_batch_size_shard_thread_or_index() {
    let two = Pool::new(2).expect("two threads");
    let threads: [&dyn Executor; 2] = [&Serial, &two];
    for scenario in worlds::shipped() {
        for (compiled, policies) in some_of_each(&scenario) {
            let long = ticks(&compiled);
            let (short, few) = (long * 3 / 20, long / 20);
            let golden = |ticks| {
                let mut batch = Batch::new(std::slice::from_ref(&compiled), config(&policies))
                    .expect("a batch");
                follow(&mut batch, &[0, 1, 2], ticks, &Serial)
            };
            // (arenas, arenas of a shard, index of the arena that has number FIRST, threads, ticks)
            for (arenas, shard_arenas, index, executor, ticks) in [
                (1, 0, 0, threads[0], long),
                (7, 0, 4, threads[0], long),
                (7, 1, 0, threads[1], short),
                (7, 3, 2, threads[1], short),
                (256, 0, 253, threads[0], few),
                (256, 128, 127, threads[1], few),
                (256, 100, 99, threads[1], few),
            ] {
                let mut config = config(&policies);
                (config.arenas, config.shard_arenas, config.first) =
                    (arenas, shard_arenas, FIRST - index as u64);
                let mut batch =
                    Batch::new(std::slice::from_ref(&compiled), config).expect("a batch");
                let followed: Vec<usize> = (index..arenas).take(SEEDS).collect();
                let found = follow(&mut batch, &followed, ticks, executor);
                assert_eq!(
                    found,
                    golden(ticks)[..followed.len()],
                    "{} {}: {arenas} arenas, {shard_arenas} a shard, from index {index}",
                    scenario.id,
                    compiled.arm
                );
            }
        }
    }
}

#[test]
fn a_batch_of_all_arms_plays_each_as_if_alone() {
    let two = Pool::new(2).expect("two threads");
    for scenario in worlds::shipped() {
        let arms = worlds::compile_all(&scenario);
        let policies = worlds::casts(&scenario, &arms[0]).swap_remove(0).1;
        let mut config = config(&policies);
        config.arenas = SEEDS * arms.len();
        let mut batch = Batch::new(&arms, config.clone()).expect("a batch of all arms");
        let all: Vec<usize> = (0..config.arenas).collect();
        let found = follow(&mut batch, &all, 200, &two);
        for (k, arm) in arms.iter().enumerate() {
            config.arenas = SEEDS;
            let mut alone = Batch::new(std::slice::from_ref(arm), config.clone()).expect("a batch");
            for (n, trace) in follow(&mut alone, &[0, 1, 2], 200, &Serial)
                .iter()
                .enumerate()
            {
                assert_eq!(
                    &found[n * arms.len() + k],
                    trace,
                    "{} {}, number {n}",
                    scenario.id,
                    arm.arm
                );
            }
        }
    }
}
