//! Expressions by type.

use super::{Dice, Names, World};

impl World {
    pub(super) fn slot(&self, d: &mut Dice, n: &Names) -> String {
        if n.slots.is_empty() || !n.script && d.percent(10) {
            return "chief".to_owned();
        }
        d.pick(&n.slots)
    }
    pub(super) fn place(&self, d: &mut Dice, n: &Names) -> String {
        match d.below(10) {
            0 if self.has("door") => "the(gate)".to_owned(),
            1 if self.has("device") => "the(lever)".to_owned(),
            2..5 if !n.places.is_empty() => d.pick(&n.places),
            5 if n.script && !n.inner => {
                let kind = d.pick(&self.kinds());
                format!("nearest({kind})")
            }
            6 => "chief".to_owned(),
            _ => self.slot(d, n),
        }
    }
    pub(super) fn set(&self, d: &mut Dice, n: &Names, depth: usize) -> String {
        let name = if d.percent(20) {
            d.pick(&self.roles).0
        } else {
            d.word(&self.kinds())
        };
        if depth == 0 || n.inner || d.percent(60) {
            return name;
        }
        let is_role = self.roles.iter().any(|(r, _)| *r == name);
        let mut inner = n.clone();
        inner.inner = true;
        inner.draws = false;
        inner.places.push("it".to_owned());
        if is_role && !n.script {
            inner.slots.push("it".to_owned());
        }
        format!("{name} where {}", self.truth(d, &inner, depth - 1))
    }
    pub(super) fn int(&self, d: &mut Dice, n: &Names, depth: usize) -> String {
        if depth == 0 {
            return match d.below(7) {
                0 => "tick".to_owned(),
                1 => "score".to_owned(),
                2 => "ticks".to_owned(),
                3 if !n.script => "dial.many".to_owned(),
                4 if !n.slots.is_empty() => format!("{}.hunger", d.pick(&n.slots)),
                _ => (i32::try_from(d.below(12)).expect("small") - 3).to_string(),
            };
        }
        let a = |w: &Self, d: &mut Dice| w.int(d, n, depth - 1);
        match d.below(18) {
            0..3 => {
                let op = d.pick(&["+", "-", "*", "/", "mod"]);
                format!("({} {op} {})", a(self, d), a(self, d))
            }
            3 => format!(
                "{}({}, {})",
                d.pick(&["min", "max"]),
                a(self, d),
                a(self, d)
            ),
            4 => format!("abs({})", a(self, d)),
            5 => format!("clamp({}, -2, 5)", a(self, d)),
            6..9 => format!("count({})", self.set(d, n, depth)),
            9..12 => {
                let (r, metric) = (d.below(4), d.pick(&["", ", l1", ", l2", ", linf"]));
                format!(
                    "count({}, {}, {r}{metric})",
                    self.set(d, n, depth),
                    self.place(d, n)
                )
            }
            12 => format!("dist({}, {})", self.place(d, n), self.place(d, n)),
            13 if n.draws => format!("pick({})", 1 + d.below(6)),
            14 if self.has("device") => "the(lever).state".to_owned(),
            15 if self.carried => format!("{}.apple", self.slot(d, n)),
            16 => format!("{}.{}", self.slot(d, n), d.pick(&["facing", "frozen"])),
            17 if n.script && !n.inner => {
                let place = self.place(d, n);
                format!("path({place})")
            }
            _ => format!(
                "(if {} then {} else {})",
                self.truth(d, n, depth - 1),
                a(self, d),
                a(self, d)
            ),
        }
    }
    pub(super) fn num(&self, d: &mut Dice, n: &Names, depth: usize) -> String {
        match d.below(7) {
            0 => "purse".to_owned(),
            1 if !n.script => "dial.often".to_owned(),
            2 if depth > 0 => {
                let op = d.pick(&["+", "-", "*", "/", "mod"]);
                format!(
                    "({} {op} {})",
                    self.num(d, n, depth - 1),
                    self.num(d, n, depth - 1)
                )
            }
            3 if depth > 0 => format!("({} * 0.5)", self.int(d, n, depth - 1)),
            4 => "12.5%".to_owned(),
            5 if depth > 0 => format!(
                "min({}, {})",
                self.num(d, n, depth - 1),
                self.int(d, n, depth - 1)
            ),
            _ => d.word(&["0.25", "1.5", "-0.75", "3.000001"]),
        }
    }
    pub(super) fn truth(&self, d: &mut Dice, n: &Names, depth: usize) -> String {
        if depth == 0 {
            return match d.below(5) {
                0 => "calm".to_owned(),
                1 => "mood == gay".to_owned(),
                2 if !n.slots.is_empty() => format!("{}.proud", d.pick(&n.slots)),
                3 => format!("tick mod {} == 0", 2 + d.below(4)),
                _ => format!("score > {}", d.below(6)),
            };
        }
        match d.below(20) {
            0 => format!("not {}", self.truth(d, n, depth - 1)),
            1 => format!(
                "({} and {})",
                self.truth(d, n, depth - 1),
                self.truth(d, n, depth - 1)
            ),
            2 => format!(
                "({} or {})",
                self.truth(d, n, depth - 1),
                self.truth(d, n, depth - 1)
            ),
            3..6 => {
                let op = d.pick(&["==", "!=", "<", "<=", ">", ">="]);
                format!(
                    "({} {op} {})",
                    self.int(d, n, depth - 1),
                    self.int(d, n, depth - 1)
                )
            }
            6 => format!(
                "({} > {})",
                self.num(d, n, depth - 1),
                self.num(d, n, depth - 1)
            ),
            7 if self.area && !n.script && d.percent(50) => {
                format!("inside({}, den)", self.place(d, n))
            }
            7 => format!("on({}, {})", self.place(d, n), self.set(d, n, depth - 1)),
            8 => format!(
                "near({}, {}, {})",
                self.place(d, n),
                self.place(d, n),
                d.below(4)
            ),
            9 if self.carried => {
                let kind = d.pick(&self.items);
                let cond = if self.marked && kind == "crate" && !n.inner {
                    " where it.plot > 1"
                } else {
                    ""
                };
                format!("has({}, {kind}{cond})", self.slot(d, n))
            }
            10 if n.draws => "chance(0.4)".to_owned(),
            11 if n.draws && !n.script => format!("lucky({})", self.num(d, n, depth - 1)),
            12 if self.has("door") => "the(gate).open".to_owned(),
            13 => format!("{}.{}", self.slot(d, n), d.pick(&["alive", "away", "on"])),
            14 => format!("role({}) == {}", self.slot(d, n), d.pick(&self.roles).0),
            15 if n.script && !n.inner => format!("seen({})", self.set(d, n, depth)),
            16 if n.script && self.has("message") => {
                format!("heard({})", d.pick(&["hello", "fire"]))
            }
            17 if n.script && self.has("message") => {
                format!("last({}) < {}", d.pick(&["hello", "fire"]), 1 + d.below(9))
            }
            18 if n.script && self.has("beam") && !n.inner => "can(zap)".to_owned(),
            19 if !n.script && !n.slots.is_empty() => format!("rich({})", d.pick(&n.slots)),
            _ => {
                let (a, b) = (self.place(d, n), self.place(d, n));
                format!("dist({a}, {b}) < {}", 1 + d.below(4))
            }
        }
    }
}
