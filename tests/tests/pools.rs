//! Several maps a file, the pools that training and testing draw from, and goals of co-players.

use commonweal_core::batch::{Autoreset, Batch, Config, Control, Serial};
use commonweal_core::ids::{Domain, Slot};
use commonweal_core::scenario::{self, map_hash};
use commonweal_tests::rows::{Buffers, same_in_all_arenas, step};
use commonweal_tests::small::Small;
use commonweal_tests::worlds;

const ONE: &str = "#######\n#P.a..#\n#...P.#\n#######";
const TWO: &str = "#######\n#..P..#\n#a.a.P#\n#######";

fn text(more: &str) -> String {
    let more = format!(
        "[maps.two]\nfloor = \"grass\"\nrows = '''\n{TWO}\n'''\n[goals]\nfed = \"count(apple, j, 1) > 0\"\neast = \"dist(j, the(stone)) < 2\"\n[things.stone]\nunreachable = true\n{more}"
    );
    Small {
        ticks: 9,
        layers: "floor = [\"grass\"]\nsolid = [\"wall\"]\nitem = [\"apple\"]\nmark = [\"stone\"]",
        roles: "[roles.walker]\nslots = 2\nfocal = 2\nview = { ahead = 2, behind = 2, side = 2 }",
        rows: ONE,
        legend: "\"#\" = \"wall\"\n\"P\" = { spawn = \"walker\" }\n\"a\" = \"apple\"\n\"S\" = \"stone\"",
        mechanics: "move = { mode = \"compass4\" }\npickup = { things = [\"apple\"], becomes = \"eaten\" }",
        rules: "",
        more: &more,
        role: "",
        control: "set.mechanics.move.slip = 0.5",
    }
    .text()
    .replace("#...P.#", "#.S.P.#")
    .replace("#a.a.P#", "#a.aSP#")
}

/// How many of 60 arenas begin on the first map (it has one apple, the second two).
fn on_first(more: &str, domain: Domain) -> usize {
    let compiled = worlds::compile(&worlds::read("pools", &text(more)), "asked");
    let apple = compiled.table.kind("apple").expect("a kind");
    let config = Config {
        arenas: 60,
        domain,
        control: Control::All,
        ..Config::default()
    };
    let b = Batch::new(std::slice::from_ref(&compiled), config).expect("a batch");
    let counts: Vec<u16> = (0..60).map(|k| b.count(k, apple)).collect();
    assert!(counts.iter().all(|n| (1..=2).contains(n)), "{counts:?}");
    counts.iter().filter(|n| **n == 1).count()
}

#[test]
fn a_reset_draws_a_map_of_its_domains_pool() {
    let pools =
        "[pools.train]\nmaps = [\"one\"]\n[pools.test]\nmaps = [\"two\"]\nlayouts = \"disjoint\"";
    assert_eq!(on_first(pools, Domain::Train), 60);
    assert_eq!(on_first(pools, Domain::Eval), 0);
    assert_eq!(on_first(pools, Domain::Calibrate), 0);
    for (more, domain) in [
        ("", Domain::Train),
        ("[pools.train]\nmaps = [\"one\"]", Domain::Eval),
    ] {
        let n = on_first(more, domain);
        assert!(
            (15..=45).contains(&n),
            "a pool that names no map holds all: {n}"
        );
    }
}

#[test]
fn both_maps_play_and_forks_and_snapshots_keep_theirs() {
    let compiled = worlds::compile(&worlds::read("pools", &text("")), "asked");
    let config = Config {
        arenas: 8,
        control: Control::All,
        autoreset: Autoreset::Disabled,
        ..Config::default()
    };
    let mut b = Batch::new(std::slice::from_ref(&compiled), config).expect("a batch");
    let mut buffers = Buffers::of(&b);
    for k in [1, 3, 5, 7] {
        let kept = b.snapshot(k - 1);
        b.restore(k, &kept).expect("of this build");
    }
    for tick in 0..9 {
        for k in [0, 2, 4, 6] {
            assert_eq!(b.hash(k), b.hash(k + 1), "tick {tick}");
        }
        let actions = same_in_all_arenas(&b, 1, tick);
        step(&mut b, &actions, &mut buffers, &Serial).expect("a step");
    }
}

#[test]
fn goals_are_conditions_of_a_co_player() {
    let pools = "[pools.train]\nmaps = [\"one\"]\n[pools.test]\nmaps = [\"two\"]";
    for (domain, stone) in [(Domain::Train, (2, 2)), (Domain::Eval, (2, 4))] {
        let compiled = worlds::compile(&worlds::read("pools", &text(pools)), "asked");
        let config = Config {
            arenas: 1,
            domain,
            control: Control::All,
            ..Config::default()
        };
        let mut b = Batch::new(std::slice::from_ref(&compiled), config).expect("a batch");
        let mut words = Vec::new();
        b.frame(0, &mut words);
        let near = |slot: u8, (row, column): (usize, usize)| {
            let at = words
                .as_chunks::<8>()
                .0
                .iter()
                .position(|w| w[5] == slot + 1);
            let at = at.expect("a body");
            (at / 7).abs_diff(row) + (at % 7).abs_diff(column) < 2
        };
        for slot in 0..2 {
            let told = b.goal(0, "east", Slot::new(slot));
            assert_eq!(
                told,
                Some(near(slot, stone)),
                "the stone of the map that is played"
            );
            assert!(b.goal(0, "fed", Slot::new(slot)).is_some());
            assert_eq!(b.goal(0, "none", Slot::new(slot)), None);
        }
    }
}

fn told(text: &str) -> String {
    let (scenario, diagnostics) = scenario::check("pools", text);
    let lines: Vec<String> = diagnostics
        .iter()
        .map(|d| d.line("pools.toml", text))
        .collect();
    assert!(scenario.is_none(), "{lines:?}");
    lines.join("\n")
}

#[test]
fn wrong_pools_and_maps_get_a_sentence() {
    let same = "[pools.train]\nmaps = [\"one\"]\n[pools.test]\nmaps = [\"one\", \"two\"]\nlayouts = \"disjoint\"";
    let message = told(&text(same));
    assert!(
        message.contains("E414") && message.contains("maps.one is in both"),
        "{message}"
    );
    // The same map under another name.
    let drawn = text(
        "[pools.train]\nmaps = [\"one\"]\n[pools.test]\nmaps = [\"two\"]\nlayouts = \"disjoint\"",
    )
    .replace("#..P..#\n#a.aSP#", "#P.a..#\n#.S.P.#");
    let message = told(&drawn);
    assert!(
        message.contains("maps.two is drawn as maps.one"),
        "{message}"
    );
    let held = map_hash(&format!("{}\n", TWO.replace("#a.a.P#", "#a.aSP#")));
    let message = told(&text(&format!("[pools.held_out]\nsha256 = [\"{held}\"]")));
    assert!(message.contains("maps.two is held out"), "{message}");
    let message = told(&text("[pools.held_out]\nsha256 = [\"abc\"]"));
    assert!(message.contains("SHA-256 in hexadecimal"), "{message}");
    let message = told(&text("[pools.train]\nmaps = [\"too\"]"));
    assert!(message.contains("did you mean `two`?"), "{message}");
    let message = told(&text(
        "[pools.train]\nmaps = [\"one\"]\nresidents = [\"mover\"]",
    ));
    assert!(message.contains("no resident of the file"), "{message}");
    let message = told(&text("").replace("\n#..P..#", "\n#######\n#..P..#"));
    assert!(
        message.contains("maps.two and maps.one differ in size"),
        "{message}"
    );
    let message = told(&text("").replace("count(apple, j, 1) > 0", "j.plot"));
    assert!(message.contains("E103"), "{message}");
}
