//! Random scenarios, valid by construction as far as that is easy: what the engine's checks refuse is left out and counted.
//!
//! **Invariant.** A scenario follows from its number alone.

use std::fmt::Write as _;

use commonweal_core::draw::mix;

/// A plain stream: the generator is no part of the simulator.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// The stream of a number.
    pub fn new(seed: u64) -> Self {
        Self(mix(seed ^ 0x5eed))
    }
    /// A number below `n`.
    ///
    /// # Panics
    /// When `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        usize::try_from(mix(self.0) % n as u64).expect("below n")
    }
    /// Whether something of that chance in a hundred comes.
    pub fn percent(&mut self, p: usize) -> bool {
        self.below(100) < p
    }
    /// One of a list.
    pub fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
    fn word(&mut self, of: &[&str]) -> String {
        self.pick(of).to_owned()
    }
}

/// What a text may name.
#[derive(Clone, Debug, Default)]
struct Names {
    slots: Vec<String>,
    places: Vec<String>,
    /// In a script: `me`, and no hidden variables, dials or loads of others.
    script: bool,
    /// Whether `chance` and `pick` have an address.
    draws: bool,
    /// Inside a `where`.
    inner: bool,
}

/// What the scenario has.
#[derive(Debug)]
struct World {
    roles: Vec<(String, usize)>,
    items: Vec<&'static str>,
    carried: bool,
    has: Vec<&'static str>,
    turn: bool,
    /// Crates have variables.
    marked: bool,
}

/// Whether some scenarios have two beams.
const TWO_BEAMS: bool = true;
const MARKS: [&str; 3] = ["depot", "lever", "plate"];

impl World {
    fn has(&self, mechanic: &str) -> bool {
        self.has.contains(&mechanic)
    }
    fn kinds(&self) -> Vec<&'static str> {
        let mut all = self.items.clone();
        all.extend(MARKS);
        all.extend(["fog", "sand", "gate", "box"]);
        all
    }
}

/// The text of scenario number `seed`.
pub fn scenario(seed: u64) -> String {
    let d = &mut Dice::new(seed);
    let w = &make_world(d);
    let mut out = String::from(
        "format = 1\n[question]\ntitle = \"Drawn\"\nasks = \"Do both agree?\"\nhypothesis = \"They do.\"\nthreat = \"They do not.\"\nrules_in = \"A difference.\"\nrules_out = \"None.\"\ndemand = \"none\"\n",
    );
    let _ = writeln!(out, "[time]\nticks = {}", 20 + d.below(80));
    if d.percent(20) {
        let (from, every) = (d.below(20) + 1, d.below(9) + 1);
        let _ = writeln!(
            out,
            "drawn_end = {{ from = {from}, every = {every}, p = 0.2 }}"
        );
    }
    if d.percent(10) {
        out.push_str("end = \"count(apple) == 0\"\n");
    }
    out.push_str("[dials.often]\nvalue = 0.5\nrange = [0, 1]\nsays = \"How often.\"\n[dials.many]\nvalue = 2\nrange = [0, 5]\nsays = \"How many.\"\n");
    out.push_str("[vars]\n");
    let init = if d.percent(50) {
        "\"1 + pick(5)\""
    } else {
        "3"
    };
    let _ = writeln!(
        out,
        "score = {{ type = \"int\", init = {init}, min = -20, max = 40, seen = \"all\" }}"
    );
    let init = if d.percent(50) {
        "\"chance(0.5)\""
    } else {
        "true"
    };
    let _ = writeln!(
        out,
        "calm = {{ type = \"bool\", init = {init}, seen = \"all\" }}"
    );
    out.push_str("purse = { type = \"num\", init = 1.5, max = 1000, seen = \"all\" }\n");
    out.push_str(
        "mood = { type = [\"grim\", \"gay\", \"mild\"], init = \"gay\", seen = \"all\" }\n",
    );
    out.push_str("chief = { type = \"slot\", init = 0, seen = \"all\" }\n");
    let _ = write!(
        out,
        "[layers]\nfloor = [\"grass\", \"sand\"]\nsolid = [\"wall\", \"gate\", \"box\"]\nitem = {:?}\nmark = {MARKS:?}\nair = [\"fog\"]\n",
        w.items
    );
    for kind in w.kinds() {
        let _ = writeln!(out, "[things.{kind}]\nunreachable = true");
        if kind == "crate" && w.marked {
            let look = d.pick(&["", "look = \"plot\"\n"]);
            let init = d.word(&["1", "\"1 + pick(3)\""]);
            let _ = writeln!(
                out,
                "{look}vars = {{ plot = {{ type = \"int\", init = {init}, min = 1, max = 5 }}, worn = {{ type = \"num\", init = 0.5 }} }}"
            );
        }
    }
    roles(d, w, &mut out);
    map(d, w, &mut out);
    mechanics(d, w, &mut out);
    if w.has("message") {
        out.push_str("[messages]\nhello = { says = \"Hello.\", truth = \"calm\" }\nfire = { says = \"Fire.\", truth = \"score > 2 and not calm\" }\n");
    }
    out.push_str("[texts]\nboard = \"Mind the gate.\"\n");
    out.push_str(
        "[defs]\nrich = { args = { s = \"slot\" }, is = \"s.hunger > 2 or purse > 3\" }\n",
    );
    if d.percent(60) {
        out.push_str("lucky = { args = { p = \"num\" }, is = \"chance(p) and calm\" }\n");
    } else {
        out.push_str("lucky = { args = { p = \"num\" }, is = \"purse > p\" }\n");
    }
    rules(d, w, &mut out);
    out.push_str("[events]\nfelt = [\"slot\", \"int\"]\nplaced = [\"cell\", \"num\"]\n[rewards]\nmain = { seen = true }\ntruth = { seen = false }\n");
    let _ = writeln!(
        out,
        "[arms.asked]\nkind = \"treatment\"\nsays = \"As it is.\"\n[arms.not_asked]\nkind = \"control\"\nbase = \"asked\"\nsays = \"Otherwise.\"\nset.dials.often.value = 0.25"
    );
    bots(d, w, &mut out);
    let _ = writeln!(
        out,
        "[measures]\nprimary = {{ id = \"rate\", of = \"focal\", event = \"moved\", M = 0.1 }}\ncompetence = {{ id = \"A5\", arm = \"not_asked\" }}\n[exits.none]\nsays = \"Nothing is asked for.\"\nbot = \"second\"\narm = \"asked\"\npays_nothing = true"
    );
    out
}

fn make_world(d: &mut Dice) -> World {
    let mut roles = vec![("fox".to_owned(), 1 + d.below(4))];
    if d.percent(70) {
        roles.push(("hen".to_owned(), 1 + d.below(3)));
    }
    let items = if d.percent(50) {
        vec!["apple", "crate"]
    } else {
        vec!["apple"]
    };
    let mut has = vec!["move"];
    let mut carried = false;
    if d.percent(85) {
        has.push("pickup");
        carried = d.percent(50);
        if carried && d.percent(70) {
            has.push("deposit");
        }
        if carried && d.percent(50) {
            has.push("drop");
        }
        if carried && d.percent(50) {
            has.push("lock");
        }
        if !carried && d.percent(40) {
            has.push("digest");
        }
    }
    for (mechanic, p) in [
        ("regrow", 60),
        ("beam", 60),
        ("absence", 60),
        ("device", 60),
        ("door", 60),
        ("power", 50),
        ("message", 50),
        ("signs", 20),
        ("stock", 25),
        ("scatter", 25),
        ("pollute", 25),
        ("hazard", 25),
        ("perish", 25),
        ("ripen", 25),
        ("push", 30),
        ("pool", 25),
        ("fragile", 25),
        ("ladder", 25),
        ("override", 25),
        ("law", 25),
        ("state_pay", 25),
    ] {
        if d.percent(p) {
            has.push(mechanic);
        }
    }
    let turn = d.percent(40);
    if !has.contains(&"beam") || !has.contains(&"absence") {
        has.retain(|m| *m != "ladder");
    }
    World {
        roles,
        items,
        carried,
        has,
        turn,
        marked: d.percent(50),
    }
}

fn roles(d: &mut Dice, w: &World, out: &mut String) {
    for (i, (name, n)) in w.roles.iter().enumerate() {
        let side = 2 + d.below(3);
        let (ahead, behind) = if w.turn && d.percent(50) {
            d.pick(&[(5, 1), (3, 1), (4, 2), (1, 3)])
        } else {
            let n = 2 + d.below(3);
            (n, n)
        };
        let focal = if i == 0 { "focal = 1\n" } else { "" };
        let plays = if i == 0 {
            d.pick(&["first", "second", "third", "fourth"])
        } else {
            "fourth"
        };
        let _ = writeln!(
            out,
            "[roles.{name}]\nslots = {n}\n{focal}plays = \"{plays}\"\nview = {{ ahead = {ahead}, behind = {behind}, side = {side} }}"
        );
        let init = d.word(&["0", "2", "\"slot\"", "\"pick(4)\"", "\"slot * 2 - 1\""]);
        let _ = writeln!(
            out,
            "vars = {{ hunger = {{ type = \"int\", init = {init}, min = -5, max = 9, seen = \"self\" }}, proud = {{ type = \"bool\", init = false, seen = \"self\" }} }}\nlook = \"proud\""
        );
    }
}

fn map(d: &mut Dice, w: &World, out: &mut String) {
    let (height, width) = (5 + d.below(7), 6 + d.below(9));
    let mut rows = vec![vec!['.'; width]; height];
    let walled = d.percent(60);
    for (r, row) in rows.iter_mut().enumerate() {
        for (c, glyph) in row.iter_mut().enumerate() {
            let edge = r == 0 || c == 0 || r + 1 == height || c + 1 == width;
            *glyph = if edge && walled {
                '#'
            } else {
                match d.below(100) {
                    0..9 => '#',
                    9..20 => 'A',
                    20..26 => 'a',
                    26..30 => 's',
                    30..34 => 'D',
                    34..36 => 'w',
                    36..38 if w.items.len() > 1 => 'C',
                    38..41 if w.items.len() > 1 && w.marked => '1',
                    41..43 if w.items.len() > 1 && w.marked => '2',
                    43..46 if w.has("push") => 'B',
                    _ => '.',
                }
            };
        }
    }
    let mut free: Vec<(usize, usize)> = Vec::new();
    for (r, row) in rows.iter().enumerate() {
        for (c, glyph) in row.iter().enumerate() {
            if *glyph == '.' {
                free.push((r, c));
            }
        }
    }
    let mut put = |glyph: char, n: usize, d: &mut Dice| {
        for _ in 0..n {
            if !free.is_empty() {
                let (r, c) = free.swap_remove(d.below(free.len()));
                rows[r][c] = glyph;
            }
        }
    };
    for (i, (_, n)) in w.roles.iter().enumerate() {
        let more = if i == 0 { d.below(4) } else { d.below(2) };
        put(if i == 0 { 'F' } else { 'H' }, n + more, d);
    }
    put('G', 1, d);
    put('L', 1, d);
    put('P', 1, d);
    let mirror = d.pick(&["none", "x", "y", "xy"]);
    let lines: Vec<String> = rows.iter().map(|r| r.iter().collect()).collect();
    let _ = writeln!(
        out,
        "[maps.one]\nfloor = \"grass\"\nmirror = \"{mirror}\"\nrows = '''\n{}\n'''",
        lines.join("\n")
    );
    let p = d.pick(&["0.5", "0.1", "0.9"]);
    let _ = writeln!(
        out,
        "[legend]\n\"#\" = \"wall\"\n\"A\" = \"apple\"\n\"a\" = {{ thing = \"apple\", p = {p} }}\n\"s\" = \"sand\"\n\"D\" = \"depot\"\n\"w\" = [\"depot\", \"fog\"]\n\"F\" = {{ spawn = \"fox\" }}\n\"G\" = \"gate\"\n\"B\" = \"box\"\n\"L\" = [\"lever\", \"sand\"]\n\"P\" = [\"plate\", \"apple\"]"
    );
    if w.items.len() > 1 {
        out.push_str("\"C\" = \"crate\"\n");
        if w.marked {
            let shuffle = d.percent(60);
            let _ = writeln!(
                out,
                "\"12\" = {{ thing = \"crate\", plot = \"index\", shuffle = {shuffle} }}"
            );
        }
    }
    if w.roles.len() > 1 {
        out.push_str("\"H\" = { spawn = \"hen\" }\n");
    }
}

fn by(d: &mut Dice, w: &World) -> String {
    if d.percent(80) {
        return String::new();
    }
    format!(", by = [\"{}\"]", d.pick(&w.roles).0)
}

fn mechanics(d: &mut Dice, w: &World, out: &mut String) {
    out.push_str("[mechanics]\n");
    let mode = if w.turn { "turn" } else { "compass4" };
    let collide = d.pick(&["block", "block", "swap"]);
    let every = d.pick(&[1, 1, 1, 2, 3]);
    let slip = d.pick(&["0", "0", "0.2", "\"dial.often\""]);
    let turn_view = d.pick(&["", "", ", turn_view = true", ", turn_view = false"]);
    let turn_view = if w.turn { "" } else { turn_view };
    let _ = writeln!(
        out,
        "move = {{ mode = \"{mode}\", collide = \"{collide}\", every = {every}, slip = {slip}{turn_view} }}"
    );
    if w.has("pickup") {
        let becomes = if w.carried { "carried" } else { "eaten" };
        let verb = d.pick(&["", "", ", verb = \"grab\""]);
        let under = d.pick(&["", ", under_agent = \"eat\""]);
        let cap = d.pick(&["", ", cap = 1", ", cap = 3"]);
        let by = by(d, w);
        let _ = writeln!(
            out,
            "pickup = {{ things = {:?}, becomes = \"{becomes}\"{verb}{under}{cap}{by} }}",
            w.items
        );
    }
    if w.has("deposit") {
        let verb = d.pick(&["", "", ", verb = \"store\""]);
        let by = by(d, w);
        let _ = writeln!(
            out,
            "deposit.heap = {{ things = {:?}, at = [\"depot\", \"sand\"]{verb}{by} }}",
            w.items
        );
    }
    if w.has("regrow") {
        for i in 0..=d.below(2) {
            let place = d.pick(&[
                "\"initial\"",
                "[\"sand\"]",
                "[\"depot\", \"plate\"]",
                "[\"grass\"]",
            ]);
            let radius = d.below(4);
            let metric = d.pick(&["l2", "l1", "linf"]);
            let chance = d.pick(&[
                "[0, 0.1, 0.3]",
                "[0.02]",
                "[0.5, \"dial.often * 0.5\", 0]",
                "[0, 1]",
            ]);
            let every = d.pick(&[1, 1, 2, 5]);
            let under = d.percent(60);
            let thing = d.pick(&w.items);
            let _ = writeln!(
                out,
                "regrow.r{i} = {{ thing = \"{thing}\", where = {place}, radius = {radius}, metric = \"{metric}\", chance = {chance}, every = {every}, under_agent = {under} }}"
            );
        }
    }
    if w.has("beam") {
        let (length, radius, cooldown) = (1 + d.below(5), d.below(3), d.below(6));
        let next = d.pick(&["c", "c+1"]);
        let shape = d.pick(&["rows", "rows", "block"]);
        let stopped = d.pick(&["body", "body", "solid"]);
        let cost = d.pick(&["0", "0.1"]);
        let by = "";
        let _ = writeln!(
            out,
            "beam.zap = {{ length = {length}, radius = {radius}, cooldown = {cooldown}, next = \"{next}\", shape = \"{shape}\", stopped_by = \"{stopped}\", cost = {cost}{by} }}"
        );
        if TWO_BEAMS && d.percent(30) {
            out.push_str("beam.wave = { length = 2, radius = 0, cooldown = 1 }\n");
        }
    }
    if w.has("absence") {
        let at = d.pick(&["spawn", "same", "random"]);
        let _ = writeln!(out, "absence = {{ return_at = \"{at}\" }}");
    }
    if w.has("device") {
        let trigger = d.pick(&["step", "use"]);
        let states = 1 + d.below(4);
        let state = d.below(states);
        let cost = d.pick(&["0", "0.5"]);
        let by = by(d, w);
        let _ = writeln!(
            out,
            "device.lever = {{ thing = \"lever\", trigger = \"{trigger}\", states = {states}, state = {state}, cost = {cost}{by} }}"
        );
    }
    if w.has("door") {
        let open = d.percent(50);
        let _ = writeln!(out, "door.gate = {{ thing = \"gate\", open = {open} }}");
    }
    if w.has("power") {
        let body = d.pick(&["stays", "gone"]);
        let roles: Vec<&str> = w.roles.iter().map(|(r, _)| r.as_str()).collect();
        let _ = writeln!(out, "power = {{ roles = {roles:?}, body = \"{body}\" }}");
    }
    if w.has("message") {
        let delay = d.below(2);
        let range = d.pick(&["99", "3", "1"]);
        let all = d.pick(&["range", "all"]);
        let cost = d.pick(&["0", "0.2"]);
        let by = "";
        let _ = writeln!(
            out,
            "message = {{ kinds = [\"hello\", \"fire\"], range = {range}, overheard_by = \"{all}\", delay = {delay}, cost = {cost}{by} }}"
        );
    }
    more_mechanics(d, w, out);
    if w.has("signs") {
        out.push_str("signs.plate = { thing = \"plate\", text = \"board\", read = 4 }\n");
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "a list, one mechanic after the other"
)]
fn more_mechanics(d: &mut Dice, w: &World, out: &mut String) {
    if w.has("drop") {
        let at = d.pick(&["", ", at = [\"depot\", \"grass\"]"]);
        let _ = writeln!(out, "drop = {{ things = {:?}{at} }}", w.items);
    }
    if w.has("lock") {
        let thing = d.pick(&["plate", "gate"]);
        let key = d.pick(&w.items);
        let (needs, uses) = (d.percent(70), d.percent(40));
        let _ = writeln!(
            out,
            "lock.turn = {{ thing = \"{thing}\", key = \"{key}\", needs_key = {needs}, uses_up = {uses} }}"
        );
    }
    if w.has("digest") {
        out.push_str("digest = { freezes = { apple = 3 } }\n");
    }
    if w.has("stock") {
        let law = d.pick(&[
            "law = \"logistic\", rate = 0.3, cap = 20",
            "law = \"geometric\", rate = 0.1",
            "law = \"geometric\", rate = 0.5, cap = 9",
            "law = \"table\", table = [0.5, 1, 0.25]",
        ]);
        let (every, floor) = (d.pick(&[1, 1, 3]), d.pick(&["0", "1.2"]));
        let _ = writeln!(
            out,
            "stock.fish = {{ var = \"purse\", {law}, every = {every}, floor = {floor} }}"
        );
    }
    let ground = |d: &mut Dice| d.pick(&["[\"sand\"]", "[\"grass\"]", "[\"depot\", \"sand\"]"]);
    if w.has("scatter") {
        let thing = d.pick(&["apple", "fog"]);
        let how = d.pick(&["chance = 0.05", "n = 2", "n = 2, chance = 0.4"]);
        let eats = w.has("pickup") && !w.carried;
        let at = match d.below(4) {
            0 => "start",
            1 if eats => "eaten",
            _ => "each_tick",
        };
        let of = if at == "eaten" {
            ", of = [\"apple\"]"
        } else {
            ""
        };
        let (on, under) = (ground(d), d.percent(50));
        let _ = writeln!(
            out,
            "scatter.seed = {{ thing = \"{thing}\", on = {on}, {how}, at = \"{at}\"{of}, under_agent = {under} }}"
        );
    }
    if w.has("pollute") {
        let (on, delay) = (ground(d), d.below(4));
        let blocks = if w.has("regrow") && d.percent(60) {
            ", blocks_growth = { of = \"apple\", from = 0.1, to = 0.6 }"
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "pollute.smog = {{ thing = \"fog\", on = {on}, chance = 0.5, delay = {delay}{blocks} }}"
        );
    }
    if w.has("hazard") {
        let thing = d.pick(&["plate", "depot", "fog", "sand"]);
        let effect = d.pick(&["kill", "hurt", "slow", "event"]);
        let amount = if effect == "slow" { "3" } else { "0.5" };
        let spreads = if thing == "fog" && d.percent(60) {
            ", spreads = { chance = 0.3, on = [\"apple\"] }"
        } else {
            ""
        };
        let by = by(d, w);
        let _ = writeln!(
            out,
            "hazard.pit = {{ thing = \"{thing}\", effect = \"{effect}\", amount = {amount}{spreads}{by} }}"
        );
    }
    if w.has("perish") {
        let age = d.pick(&["", ", age = 3", ", age = 9"]);
        let chain = if age.is_empty() || d.percent(40) {
            ", chain = [\"apple\", \"fog\"], chance = 0.5"
        } else {
            ""
        };
        let _ = writeln!(out, "perish.rot = {{ thing = \"apple\"{age}{chain} }}");
    }
    if w.has("pool") {
        let deal = d.pick(&["one_by_one", "share"]);
        let (every, cap) = (1 + d.below(4), d.pick(&["", ", cap = 30"]));
        let below = d.pick(&["0", "2"]);
        let _ = writeln!(
            out,
            "pool.lake = {{ var = \"score\", asks = [0, 1, 3], deal = \"{deal}\", every = {every}, collapse_below = {below}, factor = 1.5{cap} }}"
        );
    }
    if w.has("push") {
        let (chain, by) = (1 + d.below(3), by(d, w));
        let _ = writeln!(
            out,
            "push.shove = {{ things = [\"box\"], chain = {chain}{by} }}"
        );
    }
    if w.has("fragile") {
        let thing = d.pick(&["plate", "depot"]);
        let _ = writeln!(
            out,
            "fragile.shell = {{ thing = \"{thing}\", breaks_by = \"step\", becomes = \"fog\" }}"
        );
    }
    if w.has("ladder") {
        let steps = d.pick(&[
            "{ freeze = 3 }, { remove = 4, to_target = -1 }",
            "{ freeze = 0, to_hitter = 0.5 }, { freeze = 5 }",
            "{ freeze = 2 }, { remove = \"never\" }",
        ]);
        let forget = d.pick(&[3, 10, 50]);
        let _ = writeln!(
            out,
            "ladder = {{ steps = [{steps}], forget = {forget}, beam = \"zap\" }}"
        );
    }
    if w.has("override") {
        let act = d.pick(&["random", "noop"]);
        let when = d.pick(&["calm", "score"]);
        let role = d.pick(&w.roles).0;
        let _ = writeln!(
            out,
            "override.fate = {{ roles = [\"{role}\"], when = \"{when}\", act = \"{act}\", chance = 0.5 }}"
        );
    }
    if w.has("law") {
        let event = d.pick(&["moved", "bumped", "blocked"]);
        let (chance, by) = (d.pick(&["1", "0.5"]), by(d, w));
        let when = d.pick(&["", ", when = \"score > 2\""]);
        let _ = writeln!(
            out,
            "law.order = {{ forbids = \"{event}\", fine = 0.3, chance = {chance}{when}{by} }}"
        );
    }
    if w.has("state_pay") {
        let is = d.pick(&["0.5 * count(apple)", "score * 2", "count(fog)"]);
        let channel = d.pick(&["main", "truth"]);
        let by = by(d, w);
        let _ = writeln!(
            out,
            "state_pay.cost = {{ channel = \"{channel}\", is = \"{is}\"{by} }}"
        );
    }
    if w.has("ripen") {
        let (delay, how) = (d.below(4), d.pick(&["chance = 0.2", "rate = 0.05"]));
        let _ = writeln!(
            out,
            "ripen.bush = {{ thing = \"depot\", becomes = \"apple\", delay = {delay}, {how} }}"
        );
    }
}

/// Expressions by type.
impl World {
    fn slot(&self, d: &mut Dice, n: &Names) -> String {
        if n.slots.is_empty() || !n.script && d.percent(10) {
            return "chief".to_owned();
        }
        d.pick(&n.slots)
    }
    fn place(&self, d: &mut Dice, n: &Names) -> String {
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
    fn set(&self, d: &mut Dice, n: &Names, depth: usize) -> String {
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
    fn int(&self, d: &mut Dice, n: &Names, depth: usize) -> String {
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
    fn num(&self, d: &mut Dice, n: &Names, depth: usize) -> String {
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
    fn truth(&self, d: &mut Dice, n: &Names, depth: usize) -> String {
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

/// Acts that tell something, by what they tell; a rule only causes what stands later in the list than what started it.
const LEVELS: [&str; 9] = [
    "away", "disabled", "enabled", "opened", "closed", "heard", "felt", "placed", "nothing",
];

impl World {
    fn effect(&self, d: &mut Dice, n: &Names, level: usize) -> String {
        let later = |what: &str| LEVELS.iter().position(|l| *l == what).expect("listed") > level;
        let s = |d: &mut Dice| self.slot(d, n);
        match d.below(26) {
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
            _ => format!("pay({}, main, 0.5)", s(d)),
        }
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "a list, one kind of rule after the other"
)]
fn rules(d: &mut Dice, w: &World, out: &mut String) {
    out.push_str("[rules]\nall = '''\n");
    // Name of the event, its pattern, binders: slots, places.
    let mut events: Vec<(&str, &str, &[&str], &[&str])> = vec![
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

fn bots(d: &mut Dice, w: &World, out: &mut String) {
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
