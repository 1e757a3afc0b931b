//! Engine and reference agree, state for state: shipped scenarios, every cell, random actions and the file's own bots.

use commonweal_tests::reference::compare::{Cast, Play, play};
use commonweal_tests::worlds;

/// Plays all, and says of each that failed what differs.
fn agree<'a>(plays: impl Iterator<Item = Play<'a>>) {
    let (mut ticks, mut failed) = (0, Vec::new());
    for one in plays {
        match play(&one) {
            Ok(n) => ticks += n,
            Err(difference) => failed.push(difference),
        }
    }
    failed.truncate(5);
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    assert!(ticks > 0, "nothing was played");
}

#[test]
fn random_actions_lead_to_the_same_states() {
    for scenario in &worlds::shipped() {
        let cells = worlds::cells(scenario);
        agree((0..).zip(&cells).map(|(seed, cell)| Play {
            scenario,
            cell,
            cast: Cast::Random,
            seed,
            ticks: 150,
        }));
    }
}

#[test]
fn bots_of_the_files_choose_the_same_actions() {
    for scenario in &worlds::shipped() {
        let cells = worlds::cells(scenario);
        let mut all = Vec::new();
        for (seed, cell) in (0..).zip(&cells) {
            let compiled = worlds::compile(scenario, cell);
            for (name, policies) in worlds::casts(scenario, &compiled) {
                if name != "random" {
                    all.push(Play {
                        scenario,
                        cell,
                        cast: Cast::Bots(policies),
                        seed,
                        ticks: 80,
                    });
                }
            }
        }
        agree(all.into_iter());
    }
}
