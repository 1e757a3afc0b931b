//! Engine and reference agree, state for state: shipped scenarios, every cell, random actions and the file's own bots.

use std::collections::BTreeSet;

use commonweal_core::scenario::Scenario;
use commonweal_tests::reference::compare::{Cast, Play, drawn, play};
use commonweal_tests::reference::generate::scenario;
use commonweal_tests::reference::mechanics::COVERED;
use commonweal_tests::reference::spec::Spec;
use commonweal_tests::worlds;

/// Shipped scenarios, each with those of its cells that the reference can play: it lacks what `Spec::lacks` names.
fn known() -> Vec<(Scenario, Vec<String>)> {
    let plays = |scenario: &Scenario, cell: &String| {
        let tree = scenario.tree(cell).expect("a cell of the scenario");
        Spec::read(tree).lacks().is_empty()
    };
    let all = worlds::shipped().into_iter().map(|scenario| {
        let mut cells = worlds::cells(&scenario);
        cells.retain(|cell| plays(&scenario, cell));
        (scenario, cells)
    });
    let known: Vec<_> = all.filter(|(_, cells)| !cells.is_empty()).collect();
    for id in ["commons_harvest", "switch_and_successor"] {
        assert!(known.iter().any(|(s, _)| s.id == id), "{id} is known");
    }
    known
}

/// Plays all, and says of each that failed what differs.
fn agree<'a>(plays: impl Iterator<Item = Play<'a>>) {
    let (mut ticks, mut failed) = (0, Vec::new());
    for one in plays {
        match play(&one) {
            Ok(played) => ticks += played.ticks,
            Err(difference) => failed.push(difference),
        }
    }
    failed.truncate(5);
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    assert!(ticks > 0, "nothing was played");
}

#[test]
fn random_actions_lead_to_the_same_states() {
    for (scenario, cells) in &known() {
        agree((0..).zip(cells).map(|(seed, cell)| Play {
            scenario,
            cell,
            cast: Cast::Random,
            seed,
            ticks: 100,
        }));
    }
}

#[test]
fn bots_of_the_files_choose_the_same_actions() {
    for (scenario, cells) in &known() {
        let mut all = Vec::new();
        for (seed, cell) in (0..).zip(cells) {
            let compiled = worlds::compile(scenario, cell);
            for (name, policies) in worlds::casts(scenario, &compiled) {
                if name != "random" {
                    all.push(Play {
                        scenario,
                        cell,
                        cast: Cast::Bots(policies),
                        seed,
                        ticks: 30,
                    });
                }
            }
        }
        agree(all.into_iter());
    }
}

#[test]
fn drawn_scenarios_lead_to_the_same_states() {
    let (mut ticks, mut refused, mut seed) = (0, 0, 1);
    while ticks < 10_000 {
        match drawn(seed) {
            Ok(Some(played)) => ticks += played.ticks,
            Ok(None) => refused += 1,
            Err(difference) => panic!("{difference}"),
        }
        seed += 1;
    }
    assert!(
        refused * 10 < seed,
        "the checks refuse {refused} of {seed} drawn scenarios: the generator is out of date"
    );
}

/// Mechanics that change no state and tell nothing: they are seen, and the reference sees nothing.
const SEEN_ONLY: [&str; 1] = ["signs"];
/// Drawn scenarios that are looked through for what is missing.
const MOST_DRAWN: u64 = 2000;

#[test]
fn every_mechanic_is_covered_by_drawn_scenarios_in_which_it_tells_all_that_it_can_tell() {
    let mut missing: BTreeSet<(&str, &str)> = BTreeSet::new();
    for def in commonweal_core::mechanics::ALL {
        assert!(
            COVERED.contains(&def.name),
            "the reference lacks {}",
            def.name
        );
        missing.extend(def.events.iter().map(|(event, _)| (def.name, *event)));
        if def.events.is_empty() && !SEEN_ONLY.contains(&def.name) {
            missing.insert((def.name, def.name));
        }
    }
    for seed in 1..MOST_DRAWN {
        let text = scenario(seed);
        let has = |(name, _): &(&str, &str)| {
            let line =
                |l: &str| l.starts_with(&format!("{name}.")) || l.starts_with(&format!("{name} ="));
            text.lines().any(line)
        };
        if missing.is_empty() {
            break;
        }
        if !missing.iter().any(has) {
            continue;
        }
        match drawn(seed) {
            Ok(Some(played)) => missing.retain(|what| !played.told.contains(what)),
            Ok(None) => {}
            Err(difference) => panic!("{difference}"),
        }
    }
    assert!(missing.is_empty(), "no drawn scenario shows {missing:?}");
}
