//! Rules and their effects.

use std::fmt::Write as _;

use super::{Dice, Names, Told, World};

/// Acts that tell something, by what they tell; a rule only causes what stands later in the list than what started it.
const LEVELS: [&str; 9] = [
    "away", "disabled", "enabled", "opened", "closed", "heard", "felt", "placed", "nothing",
];

impl World {
    fn effect(&self, d: &mut Dice, n: &Names, level: usize) -> String {
        let later = |what: &str| LEVELS.iter().position(|l| *l == what).expect("listed") > level;
        let s = |d: &mut Dice| self.slot(d, n);
        match d.below(28) {
            0..3 => {
                let channel = d.pick(&["main", "truth"]);
                format!("pay({}, {channel}, {})", s(d), self.num(d, n, 2))
            }
            3 => format!("score += {}", self.int(d, n, 1)),
            4 => format!("score = {}", self.int(d, n, 2)),
            5 => format!("calm = {}", self.truth(d, n, 1)),
            6 => format!("purse -= {}", self.num(d, n, 1)),
            7 => format!("mood = {}", d.pick(&["grim", "gay", "mild"])),
            8 if !n.slots.is_empty() => format!("chief = {}", d.pick(&n.slots)),
            9 if !n.slots.is_empty() => {
                format!("{}.hunger += {}", d.pick(&n.slots), self.int(d, n, 1))
            }
            10 if !n.slots.is_empty() => {
                format!("{}.proud = {}", d.pick(&n.slots), self.truth(d, n, 1))
            }
            11 if self.carried => {
                let kind = d.pick(&self.items);
                format!(
                    "{}({}, {kind}, {})",
                    d.pick(&["give", "take"]),
                    s(d),
                    self.int(d, n, 1)
                )
            }
            12 if self.carried => {
                let kind = d.pick(&self.items);
                format!("transfer({}, {}, {kind}, {})", s(d), s(d), 1 + d.below(3))
            }
            13 => {
                let kind = d.pick(&["apple", "fog", "depot"]);
                format!(
                    "{}({kind}, {})",
                    d.pick(&["place", "clear"]),
                    self.place(d, n)
                )
            }
            14 => format!("move_to({}, {})", s(d), self.place(d, n)),
            15 | 16 if self.has("absence") && later("away") => {
                let ticks = d.word(&["4", "1", "0", "7", "never"]);
                format!("send_away({}, {ticks})", s(d))
            }
            17 => format!("freeze({}, {})", s(d), d.below(6)),
            18 => format!("{}({})", d.pick(&["kill", "revive", "revive"]), s(d)),
            19 if self.has("power") && later("disabled") => {
                format!("disable({}, {})", s(d), s(d))
            }
            20 if self.has("power") && later("enabled") => format!("enable({}, {})", s(d), s(d)),
            21 if self.has("door") && later("closed") => {
                format!("{}(the(gate))", d.pick(&["open", "shut"]))
            }
            22 if self.carried => format!("drop_all({})", s(d)),
            23 if self.has("message") && later("heard") => {
                format!("tell({}, {})", s(d), d.pick(&["hello", "fire"]))
            }
            24 if later("felt") => {
                let after = if d.percent(40) {
                    format!(" after {}", 1 + d.below(4))
                } else {
                    String::new()
                };
                format!("emit felt({}, {}){after}", s(d), self.int(d, n, 1))
            }
            25 if later("placed") => {
                format!("emit placed({}, {})", self.place(d, n), self.num(d, n, 1))
            }
            26 if self.rounds > 1 && d.percent(50) => "next_round()".to_owned(),
            27 if d.percent(15) => "finish(\"over\")".to_owned(),
            _ => format!("pay({}, main, 0.5)", s(d)),
        }
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "a list, one kind of rule after the other"
)]
pub(super) fn rules(d: &mut Dice, w: &World, out: &mut String) {
    out.push_str("[rules]\nall = '''\n");
    // Name of the event, its pattern, binders: slots, places.
    let mut events: Vec<Told> = vec![
        ("moved", "moved(a, c, _)", &["a"], &["c"]),
        ("moved", "moved(a, _, _)", &["a"], &[]),
        ("bumped", "bumped(a, c)", &["a"], &["c"]),
        ("blocked", "blocked(a, b)", &["a", "b"], &[]),
        ("felt", "felt(a, _)", &["a"], &[]),
        ("placed", "placed(c, _)", &[], &["c"]),
    ];
    if w.has("pickup") {
        if w.carried {
            events.push(("taken", "taken(a, apple, c)", &["a"], &["c"]));
        } else {
            events.push(("eaten", "eaten(a, apple, c)", &["a"], &["c"]));
            events.push(("eaten", "eaten(a, _, _)", &["a"], &[]));
        }
    }
    if w.has("deposit") {
        events.push(("deposited", "deposited(a, _, c)", &["a"], &["c"]));
    }
    if w.has("regrow") {
        events.push(("grew", "grew(apple, c)", &[], &["c"]));
    }
    if w.has("beam") {
        events.push(("hit", "hit(zap, a, b)", &["a", "b"], &[]));
        events.push(("hit", "hit(_, a, b)", &["a", "b"], &[]));
        events.push(("fired", "fired(a, zap)", &["a"], &[]));
        events.push(("struck", "struck(_, a, _, c)", &["a"], &["c"]));
        events.push(("cleaned", "cleaned(a, _, c)", &["a"], &["c"]));
        events.push(("painted", "painted(a, c)", &["a"], &["c"]));
    }
    if w.has("absence") {
        events.push(("returned", "returned(a)", &["a"], &[]));
        events.push(("away", "away(a, _)", &["a"], &[]));
    }
    if w.has("device") {
        events.push(("pressed", "pressed(a, lever)", &["a"], &[]));
    }
    if w.has("door") {
        events.push(("opened", "opened(g)", &[], &["g"]));
        events.push(("closed", "closed(g)", &[], &["g"]));
    }
    if w.has("power") {
        events.push(("disabled", "disabled(a, b)", &["a", "b"], &[]));
        events.push(("enabled", "enabled(a, _)", &["a"], &[]));
    }
    if w.has("message") {
        events.push(("said", "said(a, hello, _)", &["a"], &[]));
        events.push(("heard", "heard(a, b, _, _)", &["a", "b"], &[]));
    }
    for (mechanic, event) in [
        (
            "drop",
            ("dropped", "dropped(a, apple, c)", &["a"][..], &["c"][..]),
        ),
        (
            "lock",
            ("unlocked", "unlocked(a, g)", &["a"][..], &["g"][..]),
        ),
        ("stock", ("stock_grew", "stock_grew(_)", &[][..], &[][..])),
        ("stock", ("collapsed", "collapsed()", &[][..], &[][..])),
        ("pollute", ("polluted", "polluted(c)", &[][..], &["c"][..])),
        ("hazard", ("harmed", "harmed(a, _, _)", &["a"][..], &[][..])),
        ("hazard", ("burnt", "burnt(c)", &[][..], &["c"][..])),
        (
            "perish",
            ("perished", "perished(apple, c)", &[][..], &["c"][..]),
        ),
        ("pool", ("dealt", "dealt(a, _)", &["a"][..], &[][..])),
        (
            "push",
            ("pushed", "pushed(a, _, c)", &["a"][..], &["c"][..]),
        ),
        (
            "fragile",
            ("broke", "broke(a, _, c)", &["a"][..], &["c"][..]),
        ),
        (
            "ladder",
            ("sanctioned", "sanctioned(a, _)", &["a"][..], &[][..]),
        ),
        (
            "override",
            ("overridden", "overridden(a, _, _)", &["a"][..], &[][..]),
        ),
        ("law", ("fined", "fined(a, _)", &["a"][..], &[][..])),
        (
            "ripen",
            ("ripened", "ripened(apple, c)", &[][..], &["c"][..]),
        ),
    ] {
        if w.has(mechanic) {
            events.push(event);
        }
    }
    for piece in w.pieces() {
        events.extend(piece.events);
    }
    for i in 0..2 + d.below(6) {
        let named = d.percent(60);
        let mut n = Names {
            draws: named,
            ..Names::default()
        };
        let mut level = 0;
        let trigger = match d.below(10) {
            0 => "start".to_owned(),
            1 | 2 => {
                n.slots.push("x".to_owned());
                let every = d.pick(&["", "", " every 3"]);
                format!("each {} x{every}", d.pick(&w.roles).0)
            }
            3 if w.has("door") => {
                n.places.push("x".to_owned());
                "each gate x every 2".to_owned()
            }
            _ => {
                let (name, pattern, slots, places) = d.pick(&events);
                n.slots.extend(slots.iter().map(|s| (*s).to_owned()));
                n.places.extend(places.iter().map(|s| (*s).to_owned()));
                level = LEVELS.iter().position(|l| *l == name).map_or(0, |l| l + 1);
                format!("on {pattern}")
            }
        };
        let label = if named {
            format!("r{i}: ")
        } else {
            String::new()
        };
        let when = if d.percent(60) {
            format!(" when {}", w.truth(d, &n, 2))
        } else {
            String::new()
        };
        // Level 0 may cause all that is listed.
        let level = level.checked_sub(1);
        let effects: Vec<String> = (0..=d.below(3))
            .map(|_| match level {
                Some(level) => w.effect(d, &n, level),
                None => w.effect_of_any_level(d, &n),
            })
            .collect();
        let _ = writeln!(out, "{label}{trigger}{when} do {}", effects.join("; "));
    }
    for piece in w.pieces() {
        (piece.rules)(d, w, out);
    }
    out.push_str("'''\n");
}

impl World {
    /// Events of mechanics stand before all that rules cause.
    fn effect_of_any_level(&self, d: &mut Dice, n: &Names) -> String {
        if self.has("absence") && d.percent(15) {
            let ticks = d.word(&["4", "1", "0", "7", "never"]);
            return format!("send_away({}, {ticks})", self.slot(d, n));
        }
        self.effect(d, n, 0)
    }
}
