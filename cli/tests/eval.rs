//! `eval` and `verify` from outside: processes that behave and that do not, runs that are cut off, plans that are changed.
#![cfg(unix)]

mod common;

use std::path::{Path, PathBuf};

use common::{code, commonweal, err, json, out};
use serde_json::Value;

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("eval")
        .join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("it is ours");
    }
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

/// Answers every `obs` by `answer`, in which ID stands for its row.
fn agent(folder: &Path, answer: &str) -> String {
    let path = folder.join("agent.sh");
    let text = format!(
        "while IFS= read -r line; do case $line in\n\
         *'\"type\":\"hello\"'*) echo '{{\"type\":\"ready\",\"want\":[\"own\"]}}' ;;\n\
         *'\"type\":\"obs\"'*) id=${{line#*\\\"id\\\":}}; id=${{id%%,*}}; {answer} ;;\n\
         esac; done\n"
    );
    std::fs::write(&path, text).expect("written");
    format!("sh {}", path.display())
}

/// Evaluates a process over so many seeds; its report and the folder of its plan.
fn evaluate(folder: &Path, command: &str, more: &[&str]) -> (Value, PathBuf) {
    let to = folder.join("out");
    let to = to.to_string_lossy();
    let mut args = vec![
        "eval",
        "--scenario",
        "switch_and_successor",
        "--primary-only",
    ];
    args.extend(["--exec", command, "--out", &to, "--json"]);
    args.extend(more);
    let output = commonweal(&args);
    assert_eq!(code(&output), 3, "{}", err(&output));
    let report = json(&output);
    let hash = report["registration"]["plan_hash"]
        .as_str()
        .expect("a hash")
        .to_owned();
    (report, folder.join("out").join(&hash[..16]))
}

const RESTS: &str = r#"echo "{\"id\":$id,\"action\":0}""#;

fn fallbacks(report: &Value) -> (u64, u64) {
    let e = &report["families"][0]["elicitation"];
    let n = |name: &str| e[name].as_u64().expect("a number");
    (n("fallbacks"), n("decisions"))
}

fn has_reason(report: &Value, reason: &str) -> bool {
    let reasons = report["families"][0]["interpretation"]["reason"].as_array();
    reasons.expect("a list").iter().any(|r| r == reason)
}

fn verify(plan: &Path) -> (i32, String) {
    let bundle = plan.join("evidence.cwbundle");
    let output = commonweal(&["verify", &bundle.to_string_lossy()]);
    (code(&output), format!("{}{}", out(&output), err(&output)))
}

#[test]
fn a_process_that_rests_is_evaluated_and_its_bundle_verifies() {
    let here = folder("rests");
    let (report, plan) = evaluate(&here, &agent(&here, RESTS), &["--seeds", "80"]);
    assert_eq!(fallbacks(&report).0, 0);
    assert!(fallbacks(&report).1 > 0 && !has_reason(&report, "fallbacks"));
    assert_eq!(verify(&plan).0, 0);
    let folder = commonweal(&["verify", &plan.to_string_lossy()]);
    assert_eq!(code(&folder), 0, "the folder stands for its bundle");
    let page = std::fs::read_to_string(plan.join("report.html")).expect("a page");
    assert!(page.contains("INCONCLUSIVE") && page.contains("<svg") && !page.contains("http"));
    let hash = std::fs::read(plan.join("plan.json")).expect("a plan");
    let hash = commonweal_core::evaluate::plan::sha256(&hash);
    assert!(
        plan.ends_with(&hash[..16]),
        "the file of a plan has its hash"
    );
}

#[test]
fn processes_that_misbehave_are_counted_and_never_pass() {
    for (name, answer, more) in [
        ("dies", "exit 3", &[][..]),
        ("hangs", "sleep 600", &["--timeout-ms", "60"]),
        ("junk", "echo quack", &[]),
        (
            "no_action",
            r#"echo "{\"id\":$id,\"action\":\"fly\"}""#,
            &[],
        ),
        ("no_row", r#"echo "{\"id\":999,\"action\":0}"; exit"#, &[]),
    ] {
        let here = folder(name);
        let mut args = vec!["--seeds", "70"];
        args.extend(more);
        let (report, plan) = evaluate(&here, &agent(&here, answer), &args);
        let (n, of) = fallbacks(&report);
        assert!(n == of && of > 0, "{name}: {n} of {of}");
        assert!(has_reason(&report, "fallbacks"), "{name}");
        let log = std::fs::read_to_string(plan.join("agent.log")).expect("a log");
        assert!(!log.is_empty(), "{name} stands in the log");
    }
}

#[test]
fn a_run_that_was_cut_off_goes_on_and_gives_the_same_bytes() {
    let here = folder("resume");
    let command = agent(&here, RESTS);
    let (report, plan) = evaluate(&here, &command, &[]);
    let bundle = std::fs::read(plan.join("evidence.cwbundle")).expect("a bundle");
    let log = std::fs::read(plan.join("log.bin")).expect("a log");
    for file in ["report.json", "report.html", "evidence.cwbundle"] {
        std::fs::remove_file(plan.join(file)).expect("it was written");
    }
    // Cut in the middle of a block.
    std::fs::write(plan.join("log.bin"), &log[..log.len() / 2 + 3]).expect("written");
    let (again, same) = evaluate(&here, &command, &["--threads", "1"]);
    assert_eq!((again, same), (report, plan.clone()));
    assert_eq!(
        std::fs::read(plan.join("evidence.cwbundle")).expect("a bundle"),
        bundle
    );
}

#[test]
fn a_changed_plan_is_exploratory_and_earlier_plans_are_counted() {
    let here = folder("plans");
    let command = agent(&here, RESTS);
    let (_, plan) = evaluate(&here, &command, &[]);
    let (second, _) = evaluate(&here, &command, &["--seeds", "70"]);
    let earlier = second["registration"]["earlier_plans"]
        .as_array()
        .expect("a list");
    assert_eq!(earlier.len(), 1);
    assert_eq!(
        earlier[0]["verdicts"][0],
        "switch_and_successor: inconclusive"
    );
    assert_eq!(second["registration"]["status"], "registered");
    let path = plan.join("plan.json");
    let text = std::fs::read_to_string(&path).expect("a plan");
    let n = second["families"][0]["construction"]["plan"]["n"].as_u64();
    assert_eq!(n, Some(70));
    assert!(text.contains("\"n\":100,"), "{text}");
    std::fs::write(&path, text.replace("\"n\":100,", "\"n\":90,")).expect("written");
    let to = here.join("out");
    let args = [
        "eval",
        "--scenario",
        "switch_and_successor",
        "--primary-only",
        "--exec",
        &command,
    ];
    let output = commonweal(&[&args[..], &["--out", &to.to_string_lossy(), "--json"]].concat());
    assert_eq!(json(&output)["registration"]["status"], "exploratory");
    assert_eq!(
        verify(&plan).0,
        0,
        "an exploratory report is played again as well"
    );
}

#[test]
fn what_cannot_be_evaluated_is_said() {
    let of = |args: &[&str]| {
        let here = folder("refused");
        let to = here.to_string_lossy();
        let output = commonweal(&[&["eval", "--out", &to], args].concat());
        assert_eq!(code(&output), 2, "{}", out(&output));
        err(&output)
    };
    assert!(of(&[]).contains("which agent?"));
    let nobody = of(&["nobody", "--scenario", "switch_and_successor"]);
    assert!(
        nobody.contains("no scripted agent `nobody`: it has "),
        "{nobody}"
    );
    let fly = of(&[
        "random",
        "--scenario",
        "switch_and_successor",
        "--fallback",
        "fly",
    ]);
    assert!(fly.contains("the fall-back `fly` is no action"), "{fly}");
    assert!(of(&["random"]).contains("no shipped family is calibrated"));
    let discount = of(&["random", "--scenario", "sluice", "--discount", "2"]);
    assert!(discount.contains("at most 1"), "{discount}");
    let bundle = folder("refused").join("x.cwbundle");
    std::fs::write(&bundle, "PK").expect("written");
    let output = commonweal(&["verify", &bundle.to_string_lossy()]);
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("does not verify"), "{}", err(&output));
}
