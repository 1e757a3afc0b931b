//! Recordings of the shipped scenarios: recomputed, tampered with, compared, stepped through.

use commonweal_core::batch::{Autoreset, Batch, Config, Serial};
use commonweal_core::ids::Domain;
use commonweal_core::replay::{
    Player, Recorder, Recording, ReplayError, Verdict, compare, compare_with, verify,
};
use commonweal_core::scenario::Scenario;
use commonweal_core::state::End;
use commonweal_tests::rows::{Buffers, same_in_all_arenas, step};
use commonweal_tests::worlds;

fn config() -> Config {
    Config {
        seed: 12,
        domain: Domain::Eval,
        autoreset: Autoreset::Disabled,
        ..Config::default()
    }
}

/// Records `ticks` ticks, or to the end of the episode.
fn record(scenario: &Scenario, cell: &str, play: u64, ticks: u64) -> Recording {
    let compiled = worlds::compile(scenario, cell);
    let mut batch = Batch::new(&[compiled], config()).expect("a batch");
    let mut buffers = Buffers::of(&batch);
    let seed = batch.seed(0);
    batch.start(0, seed, 3);
    let mut recorder = Recorder::new(&mut batch, 0).expect("tick 0");
    for tick in 0..ticks {
        if batch.end(0) != End::Running {
            break;
        }
        let mut actions = same_in_all_arenas(&batch, play, tick);
        // Some of them no action at all, so that what is illegal is recorded as such.
        if tick % 10 == 7 {
            actions
                .iter_mut()
                .flatten()
                .for_each(|a| *a = if tick % 20 == 7 { -1 } else { 1000 });
        }
        step(&mut batch, &actions, &mut buffers, &Serial).expect("a step");
        let actions: Vec<&[i32]> = actions.iter().map(Vec::as_slice).collect();
        recorder
            .push(&mut batch, &actions)
            .expect("one push a step");
    }
    recorder.finish()
}

/// The scenarios of which random play fills so many ticks, each with that recording.
fn long(play: u64, ticks: u32) -> Vec<(Scenario, Recording)> {
    let all = worlds::shipped().into_iter().map(|scenario| {
        let recording = record(&scenario, "treatment", play, u64::from(ticks));
        (scenario, recording)
    });
    let long: Vec<_> = all.filter(|(_, r)| r.ticks() == ticks).collect();
    assert!(long.len() > 2, "some scenarios go on for {ticks} ticks");
    long
}

/// The file, with some of it changed and the checksum made good again.
fn forged(recording: &Recording, change: impl FnOnce(&mut Vec<u8>, &mut Vec<u64>)) -> Recording {
    let bytes = recording.write();
    let length =
        |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
    let actions_at = 8 + length(4);
    let hashes_at = actions_at + 4 + length(actions_at);
    let slots = usize::from(recording.header.slots);
    let mut actions: Vec<u8> = (0..recording.ticks())
        .flat_map(|t| recording.actions(t).to_vec())
        .collect();
    assert_eq!(actions.len(), recording.ticks() as usize * slots);
    let mut hashes: Vec<u64> = bytes[hashes_at + 4..bytes.len() - 32]
        .chunks_exact(8)
        .map(|b| u64::from_le_bytes(b.try_into().expect("eight bytes")))
        .collect();
    change(&mut actions, &mut hashes);
    let mut out = bytes[..actions_at].to_vec();
    let deflated = miniz_oxide::deflate::compress_to_vec(&actions, 6);
    out.extend(u32::try_from(deflated.len()).expect("small").to_le_bytes());
    out.extend(deflated);
    out.extend(u32::try_from(hashes.len()).expect("small").to_le_bytes());
    for h in hashes {
        out.extend(h.to_le_bytes());
    }
    let sum = <sha2::Sha256 as sha2::Digest>::digest(&out);
    out.extend_from_slice(&sum);
    Recording::parse(&out).expect("well formed")
}

#[test]
fn a_recording_of_every_cell_is_verified_from_its_bytes() {
    for scenario in worlds::shipped() {
        for cell in worlds::cells(&scenario) {
            let bytes = record(&scenario, &cell, 1, 200).write();
            let recording = Recording::parse(&bytes).expect("what was written");
            assert!(recording.ticks() > 0 && recording.header.episode == 3);
            let verdict = verify(&recording).expect("this build's rules");
            assert!(verdict.is_verified(), "{} {cell}: {verdict}", scenario.id);
            assert!(
                bytes.len() < 20_000,
                "{} {cell}: {} bytes for {} ticks",
                scenario.id,
                bytes.len(),
                recording.ticks()
            );
        }
    }
}

#[test]
fn the_first_hash_that_differs_is_named() {
    for (scenario, recording) in long(2, 150) {
        let right = recording.hash_after(128).expect("a recorded tick");
        let wrong = forged(&recording, |_, hashes| {
            hashes[1] ^= 1;
            hashes[2] ^= 1;
        });
        let expected = Verdict::Differs {
            tick: 128,
            expected: right ^ 1,
            found: right,
        };
        assert_eq!(verify(&wrong), Ok(expected), "{}", scenario.id);
        let mut other_start = recording.clone();
        other_start.header.start ^= 1;
        assert!(
            matches!(verify(&other_start), Ok(Verdict::Differs { tick: 0, .. })),
            "{}",
            scenario.id
        );
        let mut other_seed = recording.clone();
        other_seed.header.seed ^= 1;
        assert!(
            matches!(verify(&other_seed), Ok(Verdict::Differs { tick: 0, .. })),
            "{}",
            scenario.id
        );
    }
}

#[test]
fn an_action_that_was_changed_shows() {
    let mut bots = 0;
    for (scenario, recording) in long(3, 100) {
        let slots = usize::from(recording.header.slots);
        let outside: Vec<usize> = recording
            .header
            .outside
            .iter()
            .map(|&s| usize::from(s))
            .collect();
        // Where the caller plays all, there is no bot to lie about.
        if let Some(bot) = (0..slots).find(|s| !outside.contains(s)) {
            bots += 1;
            let logged = recording.actions(20)[bot];
            let lie = forged(&recording, |actions, _| {
                actions[20 * slots + bot] = logged ^ 1;
            });
            let slot = u8::try_from(bot).expect("small");
            let expected = Verdict::BotDiffers {
                tick: 20,
                slot,
                logged: logged ^ 1,
                played: logged,
            };
            assert_eq!(verify(&lie), Ok(expected), "{}", scenario.id);
        }
        // Every action of the driven slot in turn: at least one of them mattered.
        let changed = |tick: usize| {
            forged(&recording, |actions, _| {
                actions[tick * slots + outside[0]] ^= 3;
            })
        };
        let shows = (0..60)
            .step_by(4)
            .filter(|&t| {
                !verify(&changed(t))
                    .expect("this build's rules")
                    .is_verified()
            })
            .count();
        assert!(shows > 0, "{}: no changed action showed", scenario.id);
    }
    assert!(bots > 0, "no shipped scenario has a bot beside the caller");
}

#[test]
fn a_log_that_goes_on_after_the_end_is_refused() {
    let scenario = worlds::shipped().into_iter().find(|s| {
        worlds::compile(s, "treatment")
            .table
            .time
            .drawn_end
            .is_none()
    });
    let scenario = scenario.expect("a scenario of fixed length");
    let recording = record(&scenario, "treatment", 4, 200_000);
    let ticks = recording.ticks();
    let slots = usize::from(recording.header.slots);
    assert!(
        verify(&recording)
            .expect("this build's rules")
            .is_verified()
    );
    let longer = forged(&recording, |actions, hashes| {
        let last = hashes.last().copied().expect("hashes");
        actions.extend(std::iter::repeat_n(0, 70 * slots));
        hashes.resize((ticks + 70).div_ceil(64) as usize, last);
        // The hash of the true last tick stands only where a 64th tick is.
        if !ticks.is_multiple_of(64) {
            hashes[(ticks / 64) as usize] = last;
        }
    });
    assert!(!verify(&longer).expect("this build's rules").is_verified());
}

#[test]
fn two_recordings_are_compared_by_tick_and_column() {
    for (scenario, a) in long(5, 120) {
        let same = compare(&a, &a).expect("this build's rules");
        assert!(
            same.is_equal() && same.ticks == 120 && same.actions.is_none(),
            "{}: {same}",
            scenario.id
        );
        let b = record(&scenario, "treatment", 6, 120);
        let other = compare(&a, &b).expect("this build's rules");
        let (tick, slots) = other.actions.clone().expect("the actions differ");
        let first = other.differences.first().expect("so do the states");
        assert!(
            first.from > tick && !slots.is_empty() && !first.columns.is_empty(),
            "{}: {other}",
            scenario.id
        );
        assert!(
            other.to_string().contains("actions differ first in tick"),
            "{other}"
        );
        let ordered = other.differences.windows(2).all(|w| w[0].to < w[1].from);
        assert!(ordered, "{}: {other}", scenario.id);
    }
}

#[test]
fn a_recording_is_compared_with_an_engine_that_plays_on_its_own() {
    for (scenario, recording) in long(7, 100) {
        let compiled = worlds::compile(&scenario, "treatment");
        for swerves_at in [None, Some(30)] {
            let mut batch = Batch::new(std::slice::from_ref(&compiled), config()).expect("a batch");
            batch.start(0, recording.header.seed, 3);
            let mut buffers = Buffers::of(&batch);
            let found = compare_with(&recording, &mut batch, 0, |batch| {
                let tick = batch.tick(0);
                let logged = recording.actions(tick);
                let row = |g: &commonweal_core::batch::Group| -> Vec<i32> {
                    g.slots
                        .iter()
                        .map(|s| i32::from(logged[s.index()]))
                        .collect()
                };
                let mut actions: Vec<Vec<i32>> = batch.groups().iter().map(row).collect();
                if swerves_at.is_some_and(|t| tick >= t) {
                    actions.iter_mut().flatten().for_each(|a| *a = 0);
                }
                step(batch, &actions, &mut buffers, &Serial)?;
                Ok(true)
            });
            let found = found.expect("this build's rules");
            match swerves_at {
                None => assert!(
                    found.is_equal() && found.ticks == 100,
                    "{}: {found}",
                    scenario.id
                ),
                Some(t) => {
                    let first = found.differences.first().expect("it left the recording");
                    assert!(first.from > t, "{}: {found}", scenario.id);
                }
            }
        }
    }
}

#[test]
fn a_player_goes_to_any_tick_and_back() {
    for (scenario, recording) in long(8, 150) {
        let mut player = Player::new(recording.clone()).expect("this build's rules");
        let mut hashes = vec![player.hash()];
        while !player.is_over() {
            assert_eq!(player.step(), Ok(None));
            hashes.push(player.hash());
        }
        assert_eq!(hashes.len(), 151);
        for tick in [3, 150, 64, 63, 65, 0, 149, 128, 1000] {
            player.seek(tick).expect("any tick");
            assert_eq!(player.tick(), tick.min(150), "{}", scenario.id);
            assert_eq!(
                player.hash(),
                hashes[player.tick() as usize],
                "{}: tick {tick}",
                scenario.id
            );
        }
        assert_eq!(player.step(), Ok(None), "at the end nothing happens");
        assert_eq!(player.tick(), 150);
        // The same from a player that never walked through.
        let mut fresh = Player::new(recording).expect("this build's rules");
        fresh.seek(100).expect("any tick");
        assert_eq!(fresh.hash(), hashes[100], "{}", scenario.id);
    }
}

#[test]
fn recording_begins_at_a_start_and_misses_no_tick() {
    let scenario = &worlds::shipped()[0];
    let compiled = worlds::compile(scenario, "treatment");
    let sentence = |r: Result<Recorder, ReplayError>| r.expect_err("refused").to_string();
    let mut same_step = Batch::new(
        std::slice::from_ref(&compiled),
        Config {
            seed: 1,
            ..Config::default()
        },
    )
    .expect("a batch");
    assert!(sentence(Recorder::new(&mut same_step, 0)).contains("use `next_step` or `disabled`"));
    let mut batch = Batch::new(&[compiled], config()).expect("a batch");
    assert!(sentence(Recorder::new(&mut batch, 1)).contains("arena 1 does not exist"));
    let mut buffers = Buffers::of(&batch);
    let mut recorder = Recorder::new(&mut batch, 0).expect("tick 0");
    for _ in 0..2 {
        let actions = same_in_all_arenas(&batch, 1, 1);
        step(&mut batch, &actions, &mut buffers, &Serial).expect("a step");
    }
    assert!(sentence(Recorder::new(&mut batch, 0)).contains("a recording begins at tick 0"));
    let error = recorder
        .push(&mut batch, &[])
        .expect_err("a tick was missed")
        .to_string();
    assert!(error.contains("push once after each step"), "{error}");
}
