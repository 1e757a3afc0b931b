//! What holds for every shipped game: it plays in every arm, and what was published of it is asserted somewhere.

use std::fs;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use commonweal_core::batch::{Batch, Config, Control, Out, Serial};
use commonweal_core::scenario::Compiled;
use commonweal_tests::published::{Play, count, golden, map_of, patched, shipped, with_map};
use commonweal_tests::worlds;

/// Episodes of each cast in each arm.
const EPISODES: usize = 10;

#[test]
fn every_game_plays_ten_episodes_in_every_arm_at_random_and_scripted() {
    let scenarios = worlds::shipped();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(scenario) = scenarios.get(next.fetch_add(1, Ordering::Relaxed)) {
            for cell in worlds::cells(scenario) {
                let compiled = worlds::compile(scenario, &cell);
                for (cast, policies) in worlds::casts(scenario, &compiled) {
                    let who = format!("{} {cell}, {cast}", scenario.id);
                    play_to_the_end(&who, &compiled, policies);
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(work);
        }
    });
}

/// Whole episodes without a broken bound or saturated arithmetic.
fn play_to_the_end(who: &str, compiled: &Arc<Compiled>, policies: Vec<(String, String)>) {
    let config = Config {
        seed: 5,
        arenas: EPISODES,
        control: Control::None,
        policies,
        ..Config::default()
    };
    let mut batch =
        Batch::new(std::slice::from_ref(compiled), config).unwrap_or_else(|e| panic!("{who}: {e}"));
    let mut tick = 0;
    while (0..EPISODES).any(|arena| batch.episode(arena) == 0) {
        let limit = compiled.table.time.limit();
        assert!(tick <= limit, "{who}: an episode is longer than it may be");
        batch.step(&[], &mut [], &Serial).expect("a step");
        for arena in 0..EPISODES {
            let (fault, saturated, _) = batch.faults(arena);
            assert!(
                !fault && saturated == 0,
                "{who}: episode {arena}, tick {tick}"
            );
        }
        tick += 1;
    }
}

/// The sources of the tests name each value that was published, so none was forgotten.
#[test]
fn every_published_value_is_asserted_by_name() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
    let sources: String = fs::read_dir(folder)
        .expect("the folder of the tests")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .map(|path| fs::read_to_string(path).expect("a source"))
        .collect();
    let all: Vec<serde_json::Value> =
        serde_json::from_str(include_str!("../data/games_golden.json")).expect("a list");
    let named = |name: &str| sources.contains(&format!("\"{name}\""));
    let forgotten: Vec<&str> = all
        .iter()
        .map(|value| value["name"].as_str().expect("a name"))
        .filter(|name| !named(name))
        .collect();
    assert_eq!(forgotten, Vec::<&str>::new());
}

/// Where the one who shoots stands.
const SHOOTER: (usize, usize) = (3, 3);

/// A hall without apples for two: one in its midst, the other at a cell of it.
fn hall(text: &str, other: (usize, usize)) -> Play {
    let rows = (0..7).map(|r| {
        (0..9)
            .map(|c| match (r, c) {
                (0 | 6, _) | (_, 0 | 8) => '#',
                _ if (r, c) == SHOOTER || (r, c) == other => 'P',
                _ => '.',
            })
            .collect::<String>()
    });
    let rows: Vec<String> = rows.collect();
    let text = with_map(text, &rows.join("\n"));
    Play::by_hand(&text, "open", Vec::new())
}

#[test]
fn a_zap_reaches_as_many_cells_as_published() {
    let text = two_gatherers();
    let reached = (1..6)
        .flat_map(|r| (1..8).map(move |c| (r, c)))
        .filter(|&cell| cell != SHOOTER)
        .filter(|&cell| {
            let mut play = hall(&text, cell);
            let shooter = (0..2).find(|&slot| play.body(slot).0 == (3, 3));
            let shooter = shooter.expect("one stands there");
            play.face(shooter, 1);
            count(&play.act(shooter, "zap"), "hit") > 0
        })
        .count();
    assert_eq!(Some(reached as u64), golden("mp.beam.cells").as_u64());
}

/// Commons harvest with two gatherers.
fn two_gatherers() -> String {
    patched(
        &patched(shipped("commons_harvest"), "slots = 7\n", "slots = 2\n"),
        "focal = 7 ",
        "focal = 2 ",
    )
}

/// Ticks between two shots by an agent that shoots as soon as it may.
fn period(text: &str, action: &str, beam: &str, cooldown: u32) -> usize {
    let was = text
        .lines()
        .find(|line| line.starts_with(&format!("beam.{beam} = ")))
        .expect("a beam");
    let (head, tail) = was.split_once("cooldown = ").expect("a cool-down");
    let tail = tail.trim_start_matches(|c: char| c.is_ascii_digit());
    let text = patched(text, was, &format!("{head}cooldown = {cooldown}{tail}"));
    let scenario = worlds::read("period", &text);
    let compiled = worlds::compile(&scenario, &worlds::cells(&scenario)[0]);
    let config = Config {
        control: Control::All,
        ..Config::default()
    };
    let mut batch = Batch::new(&[compiled], config).expect("a batch");
    let group = &batch.groups()[0];
    let (slots, actions) = (group.slots.len(), group.action_names.len());
    let shoot = group.action_names.iter().position(|a| a == action);
    let shoot = shoot.expect("the action");
    assert_eq!(batch.groups().len(), 1, "all have one role");
    let mut legal = vec![0; slots * actions];
    let mut shots = Vec::new();
    for tick in 0..60 {
        let mut chosen = vec![0; slots];
        if legal[shoot] == 1 {
            shots.push(tick);
            chosen[0] = i32::try_from(shoot).expect("few actions");
        }
        let out = Out {
            mask: &mut legal,
            ..Out::default()
        };
        batch.step(&[&chosen], &mut [out], &Serial).expect("a step");
    }
    let gaps: Vec<usize> = shots.windows(2).map(|w| w[1] - w[0]).collect();
    assert!(gaps.len() > 3, "{action} is fired again and again");
    assert!(gaps.iter().all(|&gap| gap == gaps[0]), "{gaps:?}");
    gaps[0]
}

#[test]
fn beams_rest_as_long_as_published() {
    assert_eq!(golden("mp.zap.period"), serde_json::json!(["c+1", "c"]));
    for c in [1, 2, 5] {
        let zap = period(shipped("commons_harvest"), "zap", "zap", c);
        let clean = period(shipped("clean_up"), "clean", "clean", c);
        let gift = period(shipped("gift_refinements"), "gift", "gift", c);
        let c = usize::try_from(c).expect("small");
        assert_eq!((zap, clean, gift), (c + 1, c + 1, c), "cool-down {c}");
    }
}

/// A kitchen for one: everything beside the cook. Whether the soup can be had some ticks after the third tomato.
fn soup_after(ticks: usize) -> bool {
    let kitchen = "#U###\n#PTP#\n#D###";
    assert_eq!(map_of(shipped("collaborative_cooking_cramped")).len(), 4);
    let text = with_map(shipped("collaborative_cooking_cramped"), kitchen);
    let mut play = Play::by_hand(&text, "needed", Vec::new());
    let cook = (0..2).find(|&slot| play.body(slot).0 == (1, 1));
    let cook = cook.expect("one stands there");
    let use_at = |play: &mut Play, direction: u8| {
        play.face(cook, direction);
        play.act(cook, "noop");
        play.act(cook, "interact")
    };
    for _ in 0..3 {
        use_at(&mut play, 1);
        use_at(&mut play, 0);
    }
    // Within the wait the cook fetches a dish and turns back to the pot: two turns, a shot, two turns.
    play.act(cook, "noop");
    play.face(cook, 2);
    play.act(cook, "interact");
    play.face(cook, 0);
    for _ in 0..ticks - 7 {
        play.act(cook, "noop");
    }
    let events = play.act(cook, "interact");
    count(&events, "fetched") > 0
}

#[test]
fn a_soup_is_ready_as_late_as_published() {
    let ready = golden("mp.cooking.ready").as_u64().expect("a number");
    let ready = usize::try_from(ready).expect("small");
    assert!(!soup_after(ready - 1));
    assert!(soup_after(ready));
}
