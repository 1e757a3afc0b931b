//! Published games, against the values of `tests/data/games_golden.json`: games in the matrix, gifts, boats. Where a value needs a
//! setting made by hand, the shipped file is patched here.

use commonweal_core::batch::{Config, Control};
use commonweal_core::ids::ONE;
use commonweal_tests::published::{
    Play, count, glyphs, golden, millionths, patched, shipped, size, with_map,
};
use commonweal_tests::worlds::{compile, read};
use serde_json::Value;

// Games in the matrix.

const GAMES: [(&str, &str, [[i64; 2]; 2]); 3] = [
    ("prisoners_dilemma", "mp.pd.pure", [[3, 0], [5, 1]]),
    ("stag_hunt", "mp.stag.pure", [[4, 0], [2, 2]]),
    ("chicken", "mp.chicken.pure", [[3, 2], [5, 0]]),
];

#[test]
fn maps_of_the_matrix_have_the_published_counts() {
    for (game, ..) in GAMES {
        let counts = if game == "stag_hunt" {
            [[23, 40, 12], [10, 25, 12]]
        } else {
            [[13, 13, 10], [12, 12, 12]]
        };
        let forms = [
            ("arena", (25, 24), 8, (5, 9)),
            ("repeated", (23, 15), 2, (2, 3)),
        ];
        for ((form, wanted, slots, (side, ahead)), counts) in forms.into_iter().zip(counts) {
            let id = format!("{game}_{form}");
            assert_eq!(size(&id), wanted, "{id}");
            assert_eq!(['C', 'D', 'x'].map(|g| glyphs(&id, g)), counts, "{id}");
            let compiled = compile(&read(&id, shipped(&id)), "dilemma");
            let role = &compiled.table.roles[0];
            assert_eq!(
                (role.n, role.side, role.ahead, role.behind),
                (slots, side, ahead, 1)
            );
        }
    }
}

/// Two players, and one thing of each kind beside each.
const BENCH: &str = "
#########
#P.....P#
#.C...C.#
#.D...D.#
#.......#
#########
";

/// Plays one game in which each has picked some kinds and nothing was there at the start: what each is paid, shooter first, and how
/// many ticks after the hit.
fn game(id: &str, picks: [&str; 2]) -> ([i64; 2], u32) {
    let text = with_map(
        &patched(shipped(id), "durable = 3", "durable = 3, start = 0"),
        BENCH,
    );
    let mut play = Play::by_hand(&text, "dilemma", Vec::new());
    let left = usize::from(play.body(0).0 != (1, 1));
    for (slot, picks, mirrored) in [(left, picks[0], false), (1 - left, picks[1], true)] {
        let way: &[(i32, i32)] = match picks {
            "C" => &[(2, 1), (2, 2), (2, 1), (3, 1), (4, 1), (4, 2), (4, 3)],
            "D" => &[(2, 1), (3, 1), (3, 2), (4, 2), (4, 3)],
            _ => &[(2, 1), (2, 2), (3, 2), (4, 2), (4, 3)],
        };
        for &(row, column) in way {
            play.to(slot, (row, if mirrored { 8 - column } else { column }));
        }
    }
    play.face(left, 1);
    let hit = play.act(left, "interact");
    assert_eq!(count(&hit, "hit"), 1, "{hit:?}");
    for ticks in 1..100 {
        let events = play.act(left, "noop");
        let pay = play.pay(0);
        if count(&events, "played") == 1 {
            assert_eq!(count(&events, "away"), 2, "both leave the map");
            return ([pay[left], pay[1 - left]], ticks);
        }
        assert_eq!(pay, [0, 0]);
    }
    panic!("nobody was paid");
}

/// GAMES M1.
#[test]
fn pure_strategies_are_paid_the_cells_of_the_published_matrices() {
    let delay = golden("mp.matrix.delay");
    for (name, key, matrix) in GAMES {
        let published = golden(key);
        for form in ["arena", "repeated"] {
            let id = format!("{name}_{form}");
            let text = shipped(&id);
            // An arena's eight players do not fit the bench.
            let pair = text.contains("slots = 2");
            for (i, mine) in ["C", "D"].into_iter().enumerate() {
                for (j, theirs) in ["C", "D"].into_iter().enumerate() {
                    let wanted = [matrix[i][j], matrix[j][i]].map(|p| p * ONE);
                    let in_file = if name == "prisoners_dilemma" {
                        published[2 * i + j]
                            .as_array()
                            .expect("a pair")
                            .iter()
                            .map(millionths)
                            .collect()
                    } else {
                        vec![millionths(&published[i][j]), millionths(&published[j][i])]
                    };
                    assert_eq!(in_file, wanted);
                    if pair {
                        let (paid, ticks) = game(&id, [mine, theirs]);
                        assert_eq!(paid, wanted, "{id} {mine} {theirs}");
                        assert_eq!(Value::from(ticks), delay);
                    }
                }
            }
            let row = format!(
                "row = [[{}, {}], [{}, {}]]",
                matrix[0][0], matrix[0][1], matrix[1][0], matrix[1][1]
            );
            assert!(text.contains(&row), "{id} has {row}");
        }
    }
}

/// GAMES M1: one of each on both sides.
#[test]
fn equal_shares_are_paid_the_mean_of_the_cells() {
    let wanted: Vec<i64> = golden("mp.pd.mix11")
        .as_array()
        .expect("a pair")
        .iter()
        .map(millionths)
        .collect();
    assert_eq!(
        game("prisoners_dilemma_repeated", ["CD", "CD"]).0.to_vec(),
        wanted
    );
}

/// GAMES §2: back after 10 ticks at least, with the published chance a tick, never under a body.
#[test]
fn resources_come_back_after_ten_ticks_with_the_published_chance() {
    for (form, chance) in [("arena", 0.04), ("repeated", 0.02)] {
        let id = format!("chicken_{form}");
        let text = patched(
            shipped(&id),
            "all = '''\n",
            "all = '''\neach dove d when tick == 5 do clear(dove, d)\neach hawk h when tick == 5 do clear(hawk, h)\n",
        );
        let config = Config {
            control: Control::None,
            policies: vec![("player".to_owned(), "noop".to_owned())],
            arenas: 20,
            ..Config::default()
        };
        let mut play = Play::new(&text, "dilemma", config);
        let mut gaps = Vec::new();
        for tick in 0..600_u32 {
            play.tick();
            for arena in 0..20 {
                let grew = count(&play.batch.events(arena), "grew");
                gaps.extend(std::iter::repeat_n(f64::from(tick) - 5.0, grew));
            }
        }
        // All that were taken are back: 36 of them.
        assert_eq!(gaps.len(), 20 * 36, "{id}");
        // They went at the end of tick 5, so that ten ticks passed empty before the first draw that counts.
        let least = gaps.iter().copied().fold(f64::INFINITY, f64::min);
        assert!((11.0..14.0).contains(&least), "{id}: {least}");
        let n = f64::from(20 * 36);
        let mean = gaps.iter().sum::<f64>() / n;
        let (wanted, deviation) = (
            11.0 + (1.0 - chance) / chance,
            (1.0_f64 - chance).sqrt() / chance,
        );
        assert!(
            (mean - wanted).abs() < 3.0 * deviation / n.sqrt(),
            "{id}: {mean} v {wanted}"
        );
    }
}

/// A defector among cooperators earns more than they do, and a population of defectors less than one of cooperators.
#[test]
fn the_prisoners_dilemma_is_one_for_the_bots_of_the_file() {
    let total = |bots: &[(&str, &str)]| {
        let mut play = Play::by_bots("prisoners_dilemma_arena", "dilemma", 6, bots);
        let mut sum = [0; 8];
        for _ in 0..1000 {
            play.tick();
            for arena in 0..6 {
                sum.iter_mut()
                    .zip(play.pay(arena))
                    .for_each(|(s, p)| *s += p);
            }
        }
        sum.map(|s| s / ONE)
    };
    let cooperators: i64 = total(&[("player", "coop_player")]).iter().sum();
    let defectors: i64 = total(&[("player", "defector")]).iter().sum();
    let mixed = total(&[("player", "coop_player"), ("player_0", "defector")]);
    let others = mixed[1..].iter().sum::<i64>() / 7;
    assert!(cooperators > defectors, "{cooperators} v {defectors}");
    assert!(mixed[0] > others, "{mixed:?}");
}

// Gifts.

#[test]
fn the_yard_of_gifts_has_the_published_counts() {
    assert_eq!(size("gift_refinements"), (27, 27));
    assert_eq!(glyphs("gift_refinements", 'T'), 538);
}

/// GAMES F1.
#[test]
fn a_raw_token_arrives_as_five_of_the_next_grade_and_all_are_eaten_for_one_each() {
    let more = "\"t\" = [\"field\", \"token\"]\n\"P\" = {";
    let text = patched(shipped("gift_refinements"), "\"P\" = {", more);
    // Two meet in a corridor, the others have cells of their own.
    let map = "#########\n#PtP#P#P#\n#########\n#P#P#####\n#########";
    let mut play = Play::by_hand(&with_map(&text, map), "trust", Vec::new());
    let at = |play: &Play, cell| (0..6).find(|&s| play.body(s).0 == cell);
    let giver = at(&play, (1, 1)).expect("every spawn cell is taken");
    let other = at(&play, (1, 3)).expect("every spawn cell is taken");
    play.to(giver, (1, 2));
    play.face(giver, 1);
    let events = play.act(giver, "gift");
    let given = events.iter().find(|e| e.event == "given").expect("a gift");
    let factor = golden("mp.gift.multiplier").to_string();
    assert_eq!(given.fields[2..], ["token".to_owned(), factor]);
    assert_eq!(given.subject.map(usize::from), Some(other));
    play.act(other, "eat");
    assert_eq!(play.pay(0)[other], 5 * ONE);
    let again = play.act(giver, "gift");
    assert_eq!(count(&again, "given"), 0, "it has none left");
}

/// GAMES §2: 0.0002 a cell and tick.
#[test]
fn raw_tokens_appear_at_the_published_rate() {
    let mut play = Play::by_bots("gift_refinements", "trust", 40, &[("player", "noop")]);
    let kind = play.batch.compiled(0).table.kind("token").expect("a kind");
    for _ in 0..100 {
        play.tick();
    }
    let counts: Vec<f64> = (0..40)
        .map(|arena| f64::from(play.batch.count(arena, kind)))
        .collect();
    let mean = counts.iter().sum::<f64>() / 40.0;
    let chance = 1.0 - 0.9998_f64.powi(100);
    let deviation = (538.0 * chance * (1.0 - chance) / 40.0).sqrt();
    assert!((mean - 538.0 * chance).abs() < 3.0 * deviation, "{mean}");
}

// Boats.

#[test]
fn the_river_has_the_published_counts() {
    let id = "boat_race_eight";
    assert_eq!(size(id), (26, 38));
    assert_eq!(
        (glyphs(id, '='), glyphs(id, 'P') >= 6),
        (6, true),
        "three boats of two seats"
    );
    let compiled = compile(&read(id, shipped(id)), "oars");
    assert_eq!(
        (compiled.table.roles[0].n, compiled.table.time.ticks),
        (6, 8 * (75 + 225))
    );
}

/// Golden `mp.boat.row`: a cell for two strokes in one tick, five ticks between strokes; flailing goes with a chance of 0.1 and costs
/// who rows beside it 0.5.
#[test]
fn boats_go_by_strokes_together_every_fifth_tick_or_by_flailing_with_a_tenth() {
    let published = golden("mp.boat.row");
    let (rest, chance) = (
        published[1].as_u64().expect("ticks"),
        published[2].as_f64().expect("a chance"),
    );
    let fine = published[3].as_f64().expect("a fine").abs();
    let config = format!("rest = {rest}, flail = {chance}, penalty = {fine}");
    assert!(
        shipped("boat_race_eight").contains(&config),
        "the file has {config}"
    );
    let mut play = Play::by_bots("boat_race_eight", "oars", 2, &[]);
    let mut last: [Vec<u64>; 2] = Default::default();
    let (mut sailed, mut landed) = (0, 0);
    for tick in 0..300 {
        play.tick();
        for (arena, last) in last.iter_mut().enumerate() {
            last.resize(6, 0);
            let events = play.batch.events(arena);
            for e in events.iter().filter(|e| e.event == "sailed") {
                let left = usize::from(e.actor.expect("a rower"));
                assert!(
                    last[left] == 0 || tick - last[left] >= rest,
                    "strokes at {} and {tick}",
                    last[left]
                );
                assert!(tick >= 75, "the gates open with the 76th tick");
                last[left] = tick;
                sailed += 1;
            }
            landed += count(&events, "landed");
        }
    }
    assert!(
        sailed > 13 && landed >= 4,
        "{sailed} cells, {landed} ashore"
    );
    let mut play = Play::by_bots("boat_race_eight", "oars", 6, &[("rower", "flailer")]);
    let (mut flailed, mut sailed) = (0, 0);
    for _ in 0..300 {
        play.tick();
        for arena in 0..6 {
            let events = play.batch.events(arena);
            flailed += count(&events, "flailed");
            sailed += count(&events, "sailed");
            assert_eq!(count(&events, "clashed"), 0, "nobody rows");
        }
    }
    // Both of a pair flail in the same ticks; the last stroke of a crossing ends it.
    let n = f64::from(u32::try_from(flailed / 2).expect("few"));
    let share = f64::from(u32::try_from(sailed).expect("few")) / n;
    assert!(n > 400.0, "{n}");
    assert!(
        (share - chance).abs() < 3.0 * (chance * (1.0 - chance) / n).sqrt(),
        "{share} of {n}"
    );
}

/// Whoever rows beside one that flails pays; rowing together pays best.
#[test]
fn an_oarsman_beside_a_flailer_pays_for_rowing() {
    let mut play = Play::by_bots(
        "boat_race_eight",
        "oars",
        4,
        &[
            ("rower_0", "flailer"),
            ("rower_2", "flailer"),
            ("rower_4", "flailer"),
        ],
    );
    let mut clashes = 0;
    for _ in 0..300 {
        play.tick();
        for arena in 0..4 {
            let pay = play.pay(arena);
            for e in play
                .batch
                .events(arena)
                .iter()
                .filter(|e| e.event == "clashed")
            {
                let rower = usize::from(e.subject.expect("who rowed"));
                assert!(pay[rower] == -ONE / 2 || pay[rower] == ONE / 2, "{pay:?}");
                clashes += 1;
            }
        }
    }
    assert!(clashes > 0, "some pairs are mixed");
}
