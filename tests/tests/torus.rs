//! Maps that wrap, through the public interface: what rules count and bots do across the seam.

use commonweal_core::batch::{Autoreset, Batch, Config, Control, Serial};
use commonweal_tests::small::Small;
use commonweal_tests::worlds;

/// One walker near the left edge, one apple near the right one: two steps over the seam, seven without.
fn text(wrap: bool) -> String {
    Small {
        ticks: 20,
        layers: "floor = [\"grass\"]\nitem = [\"apple\"]",
        roles: "[roles.walker]\nslots = 1\nfocal = 1\nview = { ahead = 2, behind = 2, side = 2 }",
        rows: ".........\n.........\n.P......a\n.........\n.........",
        legend: "\"P\" = { spawn = \"walker\" }\n\"a\" = \"apple\"",
        mechanics: "move = { mode = \"compass4\" }\npickup = { things = [\"apple\"], becomes = \"eaten\" }",
        rules: "each walker w when tick == 0 do far = dist(w, the(apple)); close = near(w, the(apple), 2); around = count(apple, w, 2); ring = count(apple, w, 2, l1)",
        more: "[vars]\nfar = { type = \"int\", seen = \"all\" }\nclose = { type = \"bool\", seen = \"all\" }\naround = { type = \"int\", seen = \"all\" }\nring = { type = \"int\", seen = \"all\" }\n[bots.seer]\nkind = \"baseline\"\nscript = '''\nleft: if count(apple, me, 2) == 1 and seen(apple) -> go(nearest(apple))\n'''\n[bots.knower]\nkind = \"resident\"\nsenses = \"world\"\nscript = '''\n-> go(nearest(apple))\n'''\n[bots.afraid]\nkind = \"baseline\"\nscript = '''\n-> flee(nearest(apple))\n'''",
        role: "",
        control: "set.mechanics.move.slip = 0.5",
    }
    .text()
    .replace("[maps.one]", &format!("[maps.one]\nwrap = {wrap}"))
}

fn play(wrap: bool, bot: &str) -> Batch {
    let compiled = worlds::compile(&worlds::read("torus", &text(wrap)), "asked");
    let config = Config {
        control: Control::None,
        policies: vec![("walker".to_owned(), bot.to_owned())],
        events: true,
        autoreset: Autoreset::Disabled,
        ..Config::default()
    };
    Batch::new(std::slice::from_ref(&compiled), config).expect("a batch")
}

fn var(b: &Batch, name: &str) -> i64 {
    let vars = &b.compiled(0).table.vars;
    b.var(
        0,
        vars.iter()
            .position(|v| v.name == name)
            .expect("a variable"),
    )
}

/// Ticks until something is eaten.
fn eaten_after(b: &mut Batch) -> Option<u32> {
    (1..20).find(|_| {
        b.step(&[], &mut [], &Serial).expect("a step");
        b.events(0).iter().any(|e| e.event == "eaten")
    })
}

#[test]
fn rules_measure_the_short_way_round() {
    let told = |wrap| {
        let mut b = play(wrap, "noop");
        b.step(&[], &mut [], &Serial).expect("a step");
        ["far", "close", "around", "ring"].map(|name| var(&b, name))
    };
    assert_eq!(told(true), [2, 1, 1, 1]);
    assert_eq!(told(false), [7, 0, 0, 0]);
}

#[test]
fn bots_see_and_go_over_the_seam() {
    assert_eq!(eaten_after(&mut play(true, "seer")), Some(2));
    assert_eq!(eaten_after(&mut play(false, "seer")), None, "out of sight");
    assert_eq!(eaten_after(&mut play(true, "knower")), Some(2));
    assert_eq!(eaten_after(&mut play(false, "knower")), Some(7));
}

#[test]
fn a_bot_flees_the_long_way() {
    let mut b = play(true, "afraid");
    let before = place(&b);
    b.step(&[], &mut [], &Serial).expect("a step");
    let after = place(&b);
    assert_ne!(before, after);
    assert!(after.1 != 0, "column 0 is nearer to the apple: {after:?}");
}

fn place(b: &Batch) -> (usize, usize) {
    let mut words = Vec::new();
    b.frame(0, &mut words);
    let at = words.as_chunks::<8>().0.iter().position(|w| w[5] != 0);
    let at = at.expect("a body");
    (at / 9, at % 9)
}
