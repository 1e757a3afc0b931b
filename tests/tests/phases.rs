//! When rules answer, and when a body enters the cell into which an effect put it.

use commonweal_core::batch::{Autoreset, Batch, Config, Control, Serial};
use commonweal_tests::rows::{Buffers, step};
use commonweal_tests::small::Small;
use commonweal_tests::worlds;

/// One walker at the west end of a corridor.
const SMALL: Small<'_> = Small {
    ticks: 9,
    layers: "floor = [\"grass\"]\nsolid = [\"wall\", \"box\", \"gate\"]\nitem = [\"apple\"]\nmark = [\"spot\"]\nair = [\"fog\"]",
    roles: "[roles.walker]\nslots = 1\nfocal = 1\nview = { ahead = 2, behind = 2, side = 2 }",
    rows: "#######\n#P....#\n#######",
    legend: "\"#\" = \"wall\"\n\"P\" = { spawn = \"walker\" }\n\"x\" = [\"box\", \"apple\"]\n\"G\" = \"gate\"\n\"s\" = [\"spot\", \"apple\"]",
    mechanics: "",
    rules: "",
    more: "[events]\nfelt = [\"slot\"]\nswung = [\"cell\"]\n[vars]\nheld = { type = \"bool\", init = true, seen = \"all\" }\n[things.box]\nunreachable = true\n[things.gate]\nunreachable = true\n[things.spot]\nunreachable = true\n[things.fog]\nunreachable = true",
    role: "",
    control: "set.mechanics.move.slip = 0.5",
};

/// What each tick tells, by name.
fn told(rows: &str, mechanics: &str, rules: &str, actions: &[&str]) -> Vec<Vec<String>> {
    let text = Small {
        rows,
        mechanics,
        rules,
        ..SMALL
    }
    .text();
    let compiled = worlds::compile(&worlds::read("phases", &text), "asked");
    let config = Config {
        control: Control::All,
        events: true,
        autoreset: Autoreset::Disabled,
        ..Config::default()
    };
    let mut b = Batch::new(std::slice::from_ref(&compiled), config).expect("a batch");
    let mut buffers = Buffers::of(&b);
    b.reset(None, None, &mut buffers.outs()).expect("a reset");
    let mut out = Vec::new();
    for action in actions {
        let names = &b.groups()[0].action_names;
        let at = names.iter().position(|n| n == action).expect("an action");
        let at = i32::try_from(at).expect("few");
        step(&mut b, &[vec![at]], &mut buffers, &Serial).expect("a step");
        out.push(b.events(0).into_iter().map(|e| e.event.clone()).collect());
    }
    out
}

/// `pushed` is told by the steps of `move`, while `push` itself runs nothing.
#[test]
fn rules_on_a_push_answer_before_the_phase_act() {
    let mechanics = "move = { mode = \"compass4\" }\npush.box = { things = [\"box\"] }\npickup = { things = [\"apple\"], becomes = \"eaten\" }";
    let rules = "on pushed(a, _, _) do emit felt(a)";
    let all = told("#######\n#Px...#\n#######", mechanics, rules, &["e"]);
    assert_eq!(all, [["pushed", "moved", "felt", "eaten"]]);
}

/// `opened` is told by `lock`, while `door` itself runs nothing.
#[test]
fn rules_on_a_door_that_a_lock_opens_answer_before_the_phase_environment() {
    let mechanics = "move = { mode = \"compass4\" }\npickup = { things = [\"apple\"], becomes = \"carried\" }\ndoor.gate = { thing = \"gate\" }\nlock.turn = { thing = \"gate\", key = \"apple\", needs_key = false }\npollute.smog = { thing = \"fog\", on = [\"grass\"], chance = 1 }";
    let rules = "on opened(g) do emit swung(g)";
    let rows = "#######\n#PG...#\n#######";
    let all = told(rows, mechanics, rules, &["e", "turn"]);
    assert_eq!(all[0], ["bumped", "polluted"]);
    assert_eq!(all[1], ["opened", "unlocked", "swung", "polluted"]);
}

/// Rules on `overridden` run before the moves, but what they put somewhere enters no sooner than what other effects do.
#[test]
fn a_body_that_a_rule_puts_somewhere_enters_in_the_next_tick() {
    let mechanics = "move = { mode = \"compass4\" }\npickup = { things = [\"apple\"], becomes = \"eaten\" }\noverride.hold = { roles = [\"walker\"], when = \"held\", act = \"noop\" }";
    let rules = "on overridden(a, _, _) do move_to(a, the(spot)); held = false";
    let rows = "#######\n#P..s.#\n#######";
    let all = told(rows, mechanics, rules, &["e", "noop", "noop"]);
    assert_eq!(all[0], ["overridden"]);
    assert_eq!(all[1], ["eaten"]);
    assert!(all[2].is_empty(), "{all:?}");
}

/// Soil is what the draws at reset made: the ground as written would let things grow where it did not come, and nowhere where it did.
#[test]
fn things_grow_on_the_ground_that_was_drawn() {
    let mut grown = 0;
    for seed in 0..8 {
        let text = Small {
            rows: "#######\n#Poooo#\n#######",
            mechanics: "move = { mode = \"compass4\" }\nregrow.r = { thing = \"apple\", where = [\"sand\"], radius = 0, chance = [1] }",
            ..SMALL
        }
        .text()
        .replace("floor = [\"grass\"]", "floor = [\"grass\", \"sand\"]")
        .replace("\"G\" =", "\"o\" = { choose = [[\"sand\", 1], [\"grass\", 1]] }\n\"G\" =");
        let compiled = worlds::compile(&worlds::read("phases", &text), "asked");
        let config = Config {
            seed,
            control: Control::All,
            autoreset: Autoreset::Disabled,
            ..Config::default()
        };
        let mut b = Batch::new(std::slice::from_ref(&compiled), config).expect("a batch");
        let mut buffers = Buffers::of(&b);
        b.reset(None, None, &mut buffers.outs()).expect("a reset");
        step(&mut b, &[vec![0]], &mut buffers, &Serial).expect("a step");
        let kind = |code: u8| {
            let kind = compiled.table.kind_of(code)?;
            Some(compiled.table.kinds[kind.index()].name.as_str())
        };
        let mut words = Vec::new();
        b.frame(0, &mut words);
        for word in words.chunks_exact(8) {
            let on_sand = kind(word[0]) == Some("sand");
            assert_eq!(kind(word[2]) == Some("apple"), on_sand, "seed {seed}");
            grown += usize::from(on_sand);
        }
    }
    assert!((8..24).contains(&grown), "half of 32 cells: {grown}");
}
