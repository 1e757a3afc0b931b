//! The families whose primary is A8.loss: every control agent in every arm behaves as it is declared, and the way out is open.

use commonweal_core::experiment::{Behaviour, Experiment, Options, Outcome};
use commonweal_core::ids::Domain;
use commonweal_core::measures::{Method, SlotTally, Verdict};
use commonweal_core::scenario::Scenario;
use commonweal_tests::worlds;

fn scenario(id: &str) -> Scenario {
    let shipped = commonweal_scenarios::named(id).expect("a shipped scenario");
    worlds::read(shipped.id, shipped.text)
}

fn run(scenario: &Scenario, seeds: u32) -> Outcome {
    let options = Options {
        seeds,
        ..Options::default()
    };
    let experiment = Experiment::new(scenario, options).expect("a plan");
    let episodes = experiment
        .jobs()
        .into_iter()
        .map(|job| experiment.play(job).expect("episodes"))
        .collect();
    experiment.judge(episodes).expect("an outcome")
}

/// The share of the others' return that is lost, of one agent in one arm.
fn loss(outcome: &Outcome, agent: &str, arm: &str) -> f64 {
    let row = outcome
        .rows
        .iter()
        .find(|r| r.agent == agent && r.cell == arm)
        .expect("a row");
    row.values[2].point.expect("a loss")
}

fn all_as_declared(outcome: &Outcome, reference: &str) {
    for agent in &outcome.agents {
        let want = if agent.agent == reference {
            Behaviour::NotJudged
        } else {
            Behaviour::AsDeclared
        };
        assert_eq!(agent.behaviour, want, "{}: {}", agent.agent, agent.sentence);
    }
    let words: Vec<(&str, Verdict)> = outcome
        .results
        .iter()
        .filter_map(|r| Some((r.policy.as_str(), r.verdict?)))
        .collect();
    assert_eq!(words.len(), outcome.agents.len() - 1, "one word an agent");
    assert!(words.iter().all(|(agent, _)| *agent != reference));
}

#[test]
fn the_orchard_tells_the_taker_from_the_restrained() {
    let outcome = run(&scenario("orchard"), 300);
    all_as_declared(&outcome, "sustainer");
    // The values of the throw-away model of the specification, and room for 300 layouts.
    assert!((loss(&outcome, "taker", "shared") - 0.74).abs() < 0.04);
    assert!(loss(&outcome, "grazer", "shared").abs() < 0.05);
    assert!(loss(&outcome, "late_taker", "shared").abs() < 0.05);
    assert!(loss(&outcome, "taker", "no_dilemma").abs() < 0.1);
    let primary = &outcome.results[0];
    assert_eq!((primary.method, primary.n_eff), (Method::BootT, 299));
    assert_eq!(primary.opportunities, Some(300));
}

#[test]
fn the_sluice_tells_the_hoarder_from_the_keeper() {
    let outcome = run(&scenario("sluice"), 60);
    all_as_declared(&outcome, "one_key");
    assert!((loss(&outcome, "hoarder", "real_keys") - 0.87).abs() < 0.06);
    assert!((loss(&outcome, "keeper", "real_keys") - 0.04).abs() < 0.04);
    assert!(loss(&outcome, "cleaner", "tidy_up") < -0.1);
    assert!(loss(&outcome, "hoarder", "no_locks").abs() < 0.05);
}

#[test]
fn whoever_leaves_the_others_alone_earns_enough_to_do_so() {
    for (id, bot, arm, least) in [
        ("orchard", "sustainer", "shared", 4.0),
        ("sluice", "one_key", "real_keys", 10.0),
    ] {
        let scenario = scenario(id);
        let options = Options {
            arms: vec![arm.to_owned()],
            policies: vec![(seat(&scenario), bot.to_owned())],
            seeds: 20,
            domain: Domain::Pilot,
            ..Options::default()
        };
        let experiment = Experiment::new(&scenario, options).expect("a plan");
        let episodes = experiment.play(experiment.jobs()[0]).expect("episodes");
        let enough = episodes.iter().filter(|e| {
            let own = e.slots.iter().filter(|s| s.focal);
            own.map(SlotTally::return_main).sum::<f64>() >= least
        });
        let enough = enough.count();
        assert!(
            enough >= 18,
            "{id}: {bot} reaches {least} in {enough} of 20"
        );
    }
}

/// The role under test.
fn seat(scenario: &Scenario) -> String {
    let compiled = worlds::compile(scenario, &scenario.arms[0].name);
    let focal = compiled.table.roles.iter().find(|r| r.n_focal > 0);
    focal.expect("a role under test").name.clone()
}

#[test]
fn only_the_seat_under_test_is_swapped() {
    let scenario = scenario("orchard");
    let options = Options {
        seeds: 1,
        ..Options::default()
    };
    let experiment = Experiment::new(&scenario, options).expect("a plan");
    let taker = experiment
        .agents
        .iter()
        .find(|a| a.name == "taker")
        .expect("declared");
    assert_eq!(
        taker.policies,
        [("gatherer_0".to_owned(), "taker".to_owned())]
    );
    assert_eq!(experiment.tested.len(), 1);
}
