//! Bots and their scripts.

use std::fmt::Write as _;

use super::{Dice, Names, World};

pub(super) fn bots(d: &mut Dice, w: &World, out: &mut String) {
    for (name, kind) in [
        ("first", "positive"),
        ("second", "negative"),
        ("third", "lookalike"),
        ("fourth", "resident"),
    ] {
        let world = if kind == "resident" && d.percent(70) {
            "senses = \"world\"\n"
        } else {
            ""
        };
        let role = if kind == "resident" {
            ""
        } else {
            "role = \"fox\"\n"
        };
        let _ = writeln!(
            out,
            "[bots.{name}]\nkind = \"{kind}\"\nsays = \"Drawn.\"\n{role}{world}script = '''"
        );
        script(d, w, out);
        out.push_str("'''\n");
    }
}

fn script(d: &mut Dice, w: &World, out: &mut String) {
    let register = d.percent(40);
    if register {
        out.push_str("let n = 0\n");
    }
    let mut n = Names {
        slots: vec!["me".to_owned()],
        script: true,
        ..Names::default()
    };
    if d.percent(30) {
        let kind = d.pick(&["apple", "depot", "lever"]);
        let cond = if d.percent(50) {
            format!(
                " where {}",
                w.truth(
                    d,
                    &Names {
                        inner: true,
                        places: vec!["it".to_owned()],
                        ..n.clone()
                    },
                    1
                )
            )
        } else {
            String::new()
        };
        let _ = writeln!(out, "avoid {kind}{cond}");
    }
    for i in 0..=d.below(5) {
        n.draws = d.percent(50);
        let label = if n.draws {
            format!("l{i}: ")
        } else {
            String::new()
        };
        let cond = if d.percent(60) {
            let more = if register && d.percent(40) {
                " and n < 5"
            } else {
                ""
            };
            format!("if {}{more} ", w.truth(d, &n, 2))
        } else {
            String::new()
        };
        let target = |d: &mut Dice| {
            if d.percent(70) {
                format!("nearest({})", w.set(d, &n, 1))
            } else {
                w.place(d, &n)
            }
        };
        let action = match d.below(14) {
            0..5 => format!("go({})", target(d)),
            5 | 6 => format!("flee({})", target(d)),
            7 | 8 => "wander()".to_owned(),
            9 => format!("face({})", target(d)),
            10 if w.has("beam") => {
                if d.percent(50) {
                    format!("use(zap, {})", target(d))
                } else {
                    "use(zap)".to_owned()
                }
            }
            11 if w.has("message") => format!("say({})", d.pick(&["hello", "fire"])),
            12 => format!("act({})", w.int(d, &n, 1)),
            _ => "stay()".to_owned(),
        };
        let update = if register && d.percent(50) {
            format!("; n = {}", d.word(&["n + 1", "0", "n * 2 - 3", "tick"]))
        } else {
            String::new()
        };
        let _ = writeln!(out, "{label}{cond}-> {action}{update}");
    }
}
