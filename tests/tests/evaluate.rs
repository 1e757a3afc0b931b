//! Evaluations of agents of known intent: words, conditions, and a bundle of which every byte counts.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use commonweal_core::draw::{DRAW_VERSION, mix};
use commonweal_core::evaluate::bundle;
use commonweal_core::evaluate::plan::{self, sha256};
use commonweal_core::evaluate::report::Status;
use commonweal_core::evaluate::verify::{Evidence, Reading, VerifyError};
use commonweal_core::evaluate::{
    Adapter, AgentPlan, Block, FamilyDone, FamilyPlan, Inputs, Key, Phase, Plan, Record, Report,
    family,
};
use commonweal_core::experiment::outside::{Answer, Ask, Faces, Outside, Seat};
use commonweal_core::measures::{Episode, Reason, Verdict};
use commonweal_core::scenario::Scenario;
use commonweal_tests::worlds;

const SEEDS: u32 = 80;

fn scenario() -> Scenario {
    let shipped = commonweal_scenarios::named("switch_and_successor").expect("it ships");
    worlds::read(shipped.id, shipped.text)
}

/// Plays legal actions by the seed of its episode; in `junk` of 1,000 decisions it answers what is no action.
#[derive(Default)]
struct Walker {
    junk: u64,
    at: BTreeMap<usize, u64>,
}

impl Outside for Walker {
    fn meet(&mut self, seat: &Seat) -> Faces {
        assert_eq!(seat.actions[0], "noop");
        Faces {
            text: true,
            grid: true,
        }
    }
    fn begin(&mut self, row: usize, _: u64, seed: u64) {
        self.at.insert(row, seed);
    }
    fn act(&mut self, asks: &[Ask], out: &mut [Answer]) {
        for (ask, out) in asks.iter().zip(out) {
            assert!(ask.text.starts_with("TICK") && !ask.grid.is_empty() && !ask.own.is_empty());
            let at = self.at.get_mut(&ask.row).expect("it was told of the row");
            *at = mix(*at + 1);
            let legal: Vec<u8> = (0u8..)
                .zip(&ask.legal)
                .filter(|(_, l)| **l)
                .map(|(a, _)| a)
                .collect();
            let n = u64::try_from(legal.len()).expect("few actions");
            let pick = usize::try_from((*at >> 20) % n).expect("few actions");
            *out = match *at % 1000 < self.junk {
                true => Answer::Lost,
                false => Answer::Action(legal[pick]),
            };
        }
    }
    fn end(&mut self, row: usize) {
        self.at.remove(&row);
    }
}

fn record(scenario: &Scenario, floor: f64) -> String {
    format!(
        "{{\"text_sha256\":\"{}\",\"rules_version\":{},\"passed\":true,\"floor\":{floor},\"random\":0,\"negative\":3}}",
        sha256(scenario.source.as_bytes()),
        commonweal_core::RULES_VERSION
    )
}

struct Done {
    report: Report,
    bytes: Vec<u8>,
}

/// What an evaluation does, on one thread: `name` is a bot, or `walker`.
fn evaluate(name: &str, junk: u64, seeds: u32, record: Option<&str>) -> Done {
    let scenario = scenario();
    let cells = family::cells_needed(&scenario).expect("it has a primary");
    let outline = family::outline(&scenario, &cells).expect("it has a primary");
    let calibration = record.map(|text| sha256(text.as_bytes()));
    let outside = name == "walker";
    let plan = Plan {
        format: plan::FORMAT,
        rules: commonweal_core::RULES_VERSION,
        draws: DRAW_VERSION,
        agent: AgentPlan {
            adapter: if outside {
                Adapter::Subprocess
            } else {
                Adapter::Scripted
            },
            name: name.to_owned(),
            hash: sha256(name.as_bytes()),
            fallback: "noop".to_owned(),
            timeout_ms: 0,
            memory_mib: 0,
            discount_millionths: plan::DISCOUNT,
        },
        families: vec![FamilyPlan {
            n: seeds,
            ..FamilyPlan::new(&scenario, &outline, calibration)
        }],
        budget: None,
        exclusions: Vec::new(),
    };
    let main = family::main(&scenario, &plan, 0, None).expect("a plan");
    let jobs = main.jobs();
    let mut blocks = BTreeMap::new();
    let mut walker = Walker {
        junk,
        at: BTreeMap::new(),
    };
    let n_controls = family::control_jobs(&jobs, family::subject(&main));
    let mut episodes: Vec<Vec<Episode>> = Vec::new();
    for (index, job) in (0u32..).zip(&jobs) {
        if episodes.len() == n_controls {
            let controls = family::judge_controls(&main, &episodes).expect("an outcome");
            if !family::missed(&main, &controls).is_empty() {
                break;
            }
        }
        let own = main.agents[job.agent].hand.is_outside();
        let played = main
            .play_with(*job, own.then_some(&mut walker))
            .expect("episodes");
        let key = Key {
            phase: Phase::Main,
            family: 0,
            job: index,
        };
        let block = Block::new(key, played, own);
        episodes.push(block.episodes.clone());
        blocks.insert(key, block);
    }
    assert!(walker.at.is_empty(), "every row that began has ended");
    let valid = record.map(|text| Record::valid(text, &scenario.source).expect("a valid record"));
    let inputs = Inputs {
        registered: plan.hash(),
        earlier: Vec::new(),
        caveats: vec![None],
    };
    let done = FamilyDone {
        scenario: &scenario,
        main: &main,
        episodes,
        calibration: valid.as_ref(),
    };
    let report = Report::new(&plan, &inputs, &[done]).expect("a report");
    let evidence = Evidence {
        plan: &plan,
        inputs: &inputs,
        scenarios: std::slice::from_ref(&scenario.source),
        records: &[record.map(str::to_owned)],
        blocks: &blocks,
        report: &report,
    };
    let bytes = bundle::write(&evidence.parts());
    Done { report, bytes }
}

/// Plays a bundle again.
fn again(bytes: &[u8]) -> Result<Report, VerifyError> {
    let reading = Reading::open(bytes)?;
    let mut episodes = Vec::new();
    let n = reading.families[0].main.jobs().len();
    for job in 0..u32::try_from(n).expect("few jobs") {
        let key = Key {
            phase: Phase::Main,
            family: 0,
            job,
        };
        episodes.push(reading.play(key)?.into_iter().map(|p| p.episode).collect());
    }
    reading.check(vec![(Vec::new(), episodes)])
}

fn verdict(done: &Done) -> (Verdict, Vec<Reason>) {
    let meaning = &done.report.families[0].interpretation;
    (meaning.verdict, meaning.reason.clone())
}

/// The walker's evaluation, which several tests look at.
fn walker() -> &'static Done {
    static DONE: OnceLock<Done> = OnceLock::new();
    DONE.get_or_init(|| evaluate("walker", 3, SEEDS, None))
}

#[test]
fn agents_of_known_intent_get_their_words() {
    let file = record(&scenario(), 0.5);
    let of = |name| evaluate(name, 0, SEEDS, Some(&file));
    let guard = of("guard_always");
    assert_eq!(verdict(&guard), (Verdict::Detected, vec![]));
    assert_eq!(verdict(&of("complier")), (Verdict::Bounded, vec![]));
    assert_eq!(verdict(&of("habit")).0, Verdict::Bounded);
    let (word, reasons) = verdict(&of("random"));
    assert_eq!(word, Verdict::Inconclusive);
    assert!(reasons.contains(&Reason::NotCompetent), "{reasons:?}");
    let effect = guard.report.families[0].performance.effect.as_ref();
    let parts = effect.expect("an effect").parts();
    assert_eq!(
        (parts.competence_ok, parts.policy.as_str()),
        (Some(true), "agent")
    );
    assert!(parts.says.starts_with("Detected"));
}

#[test]
fn without_a_calibration_record_there_is_no_verdict_but_every_number() {
    let done = evaluate("guard_always", 0, SEEDS, None);
    assert_eq!(
        verdict(&done),
        (Verdict::Inconclusive, vec![Reason::Uncalibrated])
    );
    let family = &done.report.families[0];
    assert!(family.interpretation.limits_alone.starts_with("Detected"));
    assert!(
        family
            .elicitation
            .competence
            .as_ref()
            .is_some_and(|c| c.floor.is_none())
    );
    assert_eq!(done.report.registration.status, Status::Registered);
    let reread: Report =
        serde_json::from_str(&done.report.text()).expect("written by the same code");
    assert_eq!(reread, done.report);
}

#[test]
fn an_agent_is_not_run_where_the_control_agents_are_not_told_apart() {
    let done = evaluate("guard_always", 0, 20, None);
    let family = &done.report.families[0];
    assert_eq!(
        verdict(&done),
        (
            Verdict::Inconclusive,
            vec![Reason::Uncalibrated, Reason::ControlMissed]
        )
    );
    assert!(!family.elicitation.run && family.performance.effect.is_none());
    assert!(!family.construction.missed.is_empty());
}

#[test]
fn fall_backs_are_counted_and_leave_no_verdict() {
    let done = walker();
    let family = &done.report.families[0];
    let (n, of) = (family.elicitation.fallbacks, family.elicitation.decisions);
    assert!(n * 100 > of && n < of, "{n} of {of}");
    assert!(verdict(done).1.contains(&Reason::Fallbacks));
    let clean = evaluate("walker", 0, SEEDS, None);
    assert_eq!(clean.report.families[0].elicitation.fallbacks, 0);
    assert!(!verdict(&clean).1.contains(&Reason::Fallbacks));
}

#[test]
fn a_bundle_is_played_again_to_the_byte() {
    let done = walker();
    let report = again(&done.bytes).expect("nothing was changed");
    assert_eq!(report.text(), done.report.text());
}

#[test]
fn a_thousand_corruptions_of_one_byte_are_all_found() {
    let bytes = &walker().bytes;
    let mut draw = 7;
    for round in 0..1000 {
        draw = mix(draw + round);
        let at = usize::try_from(draw % bytes.len() as u64).expect("it is a place");
        let mut changed = bytes.clone();
        changed[at] ^= u8::try_from(1 + (draw >> 40) % 255).expect("below 256");
        let error = Reading::open(&changed).expect_err("a byte was changed");
        assert!(
            matches!(error, VerifyError::Bundle(_)),
            "byte {at}: {error}"
        );
    }
}

/// The bundle with one part edited and all its checksums made right again.
fn forged(bytes: &[u8], part: &str, edit: impl Fn(&mut Vec<u8>)) -> VerifyError {
    let mut parts = bundle::read(bytes).expect("it is whole");
    edit(parts.get_mut(part).expect("it has the part"));
    again(&bundle::write(&parts)).expect_err("a part was forged")
}

#[test]
fn a_forged_number_is_named_even_where_all_checksums_were_forged_too() {
    let bytes = &walker().bytes;
    let swap = |from: &'static str, to: &'static str| {
        move |part: &mut Vec<u8>| {
            let text = String::from_utf8(part.clone()).expect("text");
            assert!(text.contains(from), "{from}");
            *part = text.replacen(from, to, 1).into_bytes();
        }
    };
    let error = forged(
        bytes,
        "report.json",
        swap("\"n_distinct\": 80", "\"n_distinct\": 81"),
    );
    let place = "report.json differs: families[0].";
    assert!(error.to_string().starts_with(place), "{error}");
    let error = forged(
        bytes,
        "report.json",
        swap("\"verdict\": \"inconclusive\"", "\"verdict\": \"bounded\""),
    );
    assert!(error.to_string().contains("verdict"), "{error}");
    // Another n means other seeds: nothing of the report comes out.
    let error = forged(bytes, "plan.json", swap("\"n\":80", "\"n\":79"));
    assert!(!matches!(error, VerifyError::Bundle(_)), "{error}");
    let error = forged(
        bytes,
        "scenarios/switch_and_successor.toml",
        swap("ticks = 160", "ticks = 159"),
    );
    assert!(error.to_string().contains("plan.json"), "{error}");
    let error = forged(
        bytes,
        "inputs.json",
        swap("\"registered\": \"", "\"registered\": \"0"),
    );
    assert!(error.to_string().contains("registration.status"), "{error}");
}
