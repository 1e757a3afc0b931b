//! What the page compares itself with: native hashes of the pairs that it opens with, and native snapshots that it goes on from.
//!
//! `web-demo/public/recorded/<scenario>.hashes.json`: hashes every 64 ticks and at the end, of the first control and the first
//! treatment, for each control agent, of one paired seed. `wasm/tests/snapshots/<scenario>.json`: a snapshot of each of the two
//! arms and the hashes that follow. `cargo xtask gen` writes both.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use commonweal_core::RULES_VERSION;
use commonweal_core::batch::{Autoreset, Batch, Config, Control, Serial};
use commonweal_core::experiment::{Agent, cast};
use commonweal_core::ids::Domain;
use commonweal_core::observe::Encoding;
use commonweal_core::scenario::{ArmKind, Compiled, Scenario};
use commonweal_core::state::End;
use commonweal_tests::worlds;
use serde_json::{Map, Value, json};

/// The paired seed that the page opens with: `commonweal watch --seed 1` shows the same episodes.
const SEED: u64 = 1;
/// Ticks between two hashes, and the last tick that a snapshot is taken at.
const EVERY: u32 = 64;
/// No episode is followed further.
const TICKS: u32 = 2000;

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// The first control and the first treatment, as the page shows them.
fn pair(scenario: &Scenario) -> [Arc<Compiled>; 2] {
    [ArmKind::Control, ArmKind::Treatment].map(|kind| {
        let arm = scenario
            .arms
            .iter()
            .find(|arm| arm.kind == kind)
            .expect("a file has both");
        worlds::compile(scenario, &arm.name)
    })
}

fn batch(compiled: &Arc<Compiled>, agent: &Agent) -> Batch {
    let config = Config {
        control: Control::None,
        policies: agent.policies.clone(),
        domain: Domain::Calibrate,
        first: SEED,
        encoding: Encoding::None,
        autoreset: Autoreset::Disabled,
        ..Config::default()
    };
    Batch::new(std::slice::from_ref(compiled), config).expect("a pair of the page")
}

/// Steps to the end of the episode. Hashes by tick, from the present one on, and a snapshot with its tick: of tick 64, or of the
/// last power of two that the episode goes on from.
fn follow(batch: &mut Batch) -> (Map<String, Value>, (u32, Vec<u8>)) {
    let mut hashes = Map::new();
    let mut snapshot = (0, batch.snapshot(0));
    loop {
        let (tick, over) = (batch.tick(0), batch.end(0) != End::Running);
        if tick.is_multiple_of(EVERY) || over {
            hashes.insert(tick.to_string(), format!("{:016x}", batch.hash(0)).into());
        }
        if tick.is_power_of_two() && tick <= EVERY && !over {
            snapshot = (tick, batch.snapshot(0));
        }
        if over || tick == TICKS {
            return (hashes, snapshot);
        }
        batch
            .step(&[], &mut [], &Serial)
            .expect("an episode that goes on");
    }
}

/// The two files of a scenario, as text.
fn documents(scenario: &Scenario) -> [(String, String); 2] {
    let pair = pair(scenario);
    let agents = cast(scenario, &pair[0], &[])
        .expect("a role under test")
        .agents;
    let (mut runs, mut snapshots) = (Vec::new(), Vec::new());
    for (number, agent) in agents.iter().enumerate() {
        for compiled in &pair {
            let (hashes, (at, snapshot)) = follow(&mut batch(compiled, agent));
            if number == 0 {
                let then: Map<String, Value> = hashes
                    .iter()
                    .filter(|(tick, _)| tick.parse::<u32>().is_ok_and(|t| t > at))
                    .map(|(t, h)| (t.clone(), h.clone()))
                    .collect();
                snapshots.push(json!({
                    "cell": compiled.arm,
                    "policies": agent.policies,
                    "tick": at,
                    "snapshot": hex(&snapshot),
                    "then": then,
                }));
            }
            runs.push(json!({ "cell": compiled.arm, "policy": agent.name, "hashes": hashes }));
        }
    }
    let head = json!({
        "rules_version": RULES_VERSION,
        "scenario_hash": hex(&pair[0].hash),
        "seed": SEED.to_string(),
        "domain": Domain::Calibrate.name(),
    });
    let id = &scenario.id;
    [
        (
            format!("web-demo/public/recorded/{id}.hashes.json"),
            text(&head, "runs", &runs),
        ),
        (
            format!("wasm/tests/snapshots/{id}.json"),
            text(&head, "snapshots", &snapshots),
        ),
    ]
}

/// One line an entry, so that a difference is read by a person.
fn text(head: &Value, name: &str, entries: &[Value]) -> String {
    let head = head.as_object().expect("an object").iter();
    let mut lines: String = head
        .map(|(key, value)| format!("\"{key}\": {value},\n"))
        .collect();
    let entries: Vec<String> = entries.iter().map(Value::to_string).collect();
    lines += &format!("\"{name}\": [\n{}\n]", entries.join(",\n"));
    format!("{{\n{lines}\n}}\n")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn the_page_compares_itself_with_this_engine() {
    let write = std::env::var_os("COMMONWEAL_GEN").is_some_and(|mode| mode == "write");
    let mut stale = Vec::new();
    // The page does not show the variants that benches time.
    let shown = worlds::shipped()
        .into_iter()
        .filter(|scenario| !scenario.id.ends_with("_bench"));
    for (path, text) in shown.flat_map(|scenario| documents(&scenario)) {
        let file = root().join(&path);
        if std::fs::read_to_string(&file).is_ok_and(|found| found == text) {
            continue;
        }
        if write {
            std::fs::create_dir_all(file.parent().expect("files lie in folders"))
                .expect("the repository can be written");
            std::fs::write(&file, text).expect("the repository can be written");
        } else {
            stale.push(path);
        }
    }
    assert!(
        stale.is_empty(),
        "{} differ from what the engine gives: run `cargo xtask gen` and commit",
        stale.join(", ")
    );
}
