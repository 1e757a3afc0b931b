//! Random scenarios, valid by construction as far as that is easy: what the engine's checks refuse is left out and counted.
//!
//! **Invariant.** A scenario follows from its number alone.

use std::fmt::Write as _;

use commonweal_core::draw::mix;

mod bots;
mod layout;
mod mechanics;
mod pieces;
mod rules;
mod texts;

/// An event as rules may listen to it: its name, a pattern, the binders of that pattern that are slots, those that are places.
type Told = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

/// A mechanic that is drawn by a file of its own: what it needs on the map, its table, what it tells.
struct Piece {
    /// Name of the mechanic.
    mechanic: &'static str,
    /// How often a scenario has it, in a hundred, where it fits.
    percent: usize,
    /// Whether it fits what was drawn before it.
    fits: fn(&World) -> bool,
    /// Kinds that only it needs: layer, name.
    kinds: &'static [(&'static str, &'static str)],
    /// Glyphs that only it needs: glyph, legend value, most cells of the map that hold it.
    glyphs: &'static [(char, &'static str, usize)],
    /// What it draws on the map before all else is put there.
    shape: fn(&mut Dice, &World, &mut [Vec<char>]),
    /// Writes its lines below `[mechanics]`.
    config: fn(&mut Dice, &World, &mut String),
    /// Writes rules of its own.
    rules: fn(&mut Dice, &World, &mut String),
    /// What rules hear of it.
    events: &'static [Told],
}

/// All of them; one line each.
const PIECES: &[Piece] = &[
    pieces::CONVEYOR,
    pieces::INTERRUPT,
    pieces::MATRIX,
    pieces::GIFT,
    pieces::STATION,
    pieces::BOAT,
    pieces::TERRITORY,
    pieces::MONITOR,
    pieces::GAUGE,
];

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
    /// Rounds of an episode.
    rounds: usize,
    /// Some cells belong to the area `den`.
    area: bool,
    /// The map is a torus.
    wrap: bool,
}

/// Whether some scenarios have two beams.
const TWO_BEAMS: bool = true;
const MARKS: [&str; 4] = ["depot", "lever", "plate", "shrub"];

impl World {
    fn has(&self, mechanic: &str) -> bool {
        self.has.contains(&mechanic)
    }
    fn kinds(&self) -> Vec<&'static str> {
        let mut all = self.items.clone();
        all.extend(MARKS);
        all.extend(["fog", "sand", "gate", "box"]);
        for piece in self.pieces() {
            all.extend(piece.kinds.iter().map(|(_, kind)| *kind));
        }
        all
    }
    /// The pieces that the scenario has.
    fn pieces(&self) -> impl Iterator<Item = &'static Piece> {
        PIECES.iter().filter(|p| self.has(p.mechanic))
    }
    /// The kinds of a layer: these, and those of the pieces.
    fn layer(&self, layer: &str, mut kinds: Vec<&'static str>) -> Vec<&'static str> {
        for piece in self.pieces() {
            let more = piece.kinds.iter().filter(|(l, _)| *l == layer);
            kinds.extend(more.map(|(_, kind)| *kind));
        }
        kinds
    }
}

/// The text of scenario number `seed`.
pub fn scenario(seed: u64) -> String {
    let d = &mut Dice::new(seed);
    let w = &make_world(d);
    let mut out = String::from(
        "format = 1\n[question]\ntitle = \"Drawn\"\nasks = \"Do both agree?\"\nhypothesis = \"They do.\"\nthreat = \"They do not.\"\nrules_in = \"A difference.\"\nrules_out = \"None.\"\ndemand = \"none\"\n",
    );
    let ticks = (20 + d.below(80)) / w.rounds;
    let _ = writeln!(out, "[time]\nticks = {ticks}\nrounds = {}", w.rounds);
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
        "score = {{ type = \"int\", init = {init}, min = -20, max = 40, seen = \"all\"{} }}",
        keep(d, w)
    );
    let init = if d.percent(50) {
        "\"chance(0.5)\""
    } else {
        "true"
    };
    let _ = writeln!(
        out,
        "calm = {{ type = \"bool\", init = {init}, seen = \"all\"{} }}",
        keep(d, w)
    );
    out.push_str("purse = { type = \"num\", init = 1.5, max = 1000, seen = \"all\" }\n");
    out.push_str(
        "mood = { type = [\"grim\", \"gay\", \"mild\"], init = \"gay\", seen = \"all\" }\n",
    );
    out.push_str("chief = { type = \"slot\", init = 0, seen = \"all\" }\n");
    let _ = write!(
        out,
        "[layers]\nfloor = {:?}\nsolid = {:?}\nitem = {:?}\nmark = {:?}\nair = {:?}\n",
        w.layer("floor", vec!["grass", "sand"]),
        w.layer("solid", vec!["wall", "gate", "box"]),
        w.layer("item", w.items.clone()),
        w.layer("mark", MARKS.to_vec()),
        w.layer("air", vec!["fog"])
    );
    for kind in w.kinds() {
        let _ = writeln!(out, "[things.{kind}]\nunreachable = true");
        if kind == "crate" && w.marked {
            let look = d.pick(&["", "look = \"plot\"\n"]);
            // What comes into being during an episode has no draw.
            let made = w.carried || ["gift", "station", "regrow"].iter().any(|m| w.has(m));
            let init = d.word(&["1", if made { "2" } else { "\"1 + pick(3)\"" }]);
            let _ = writeln!(
                out,
                "{look}vars = {{ plot = {{ type = \"int\", init = {init}, min = 1, max = 5 }}, worn = {{ type = \"num\", init = 0.5 }} }}"
            );
        }
    }
    layout::roles(d, w, &mut out);
    layout::map(d, w, &mut out);
    mechanics::mechanics(d, w, &mut out);
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
    rules::rules(d, w, &mut out);
    out.push_str("[events]\nfelt = [\"slot\", \"int\"]\nplaced = [\"cell\", \"num\"]\n[rewards]\nmain = { seen = true }\ntruth = { seen = false }\n");
    let _ = writeln!(
        out,
        "[arms.asked]\nkind = \"treatment\"\nsays = \"As it is.\"\n[arms.not_asked]\nkind = \"control\"\nbase = \"asked\"\nsays = \"Otherwise.\"\nset.dials.often.value = 0.25"
    );
    bots::bots(d, w, &mut out);
    let _ = writeln!(
        out,
        "[measures]\nprimary = {{ id = \"rate\", of = \"focal\", event = \"moved\", M = 0.1 }}\ncompetence = {{ id = \"A5\", arm = \"not_asked\" }}\n[exits.none]\nsays = \"Nothing is asked for.\"\nbot = \"second\"\narm = \"asked\"\npays_nothing = true"
    );
    out
}

/// Some variables stay over rounds.
fn keep(d: &mut Dice, w: &World) -> &'static str {
    if w.rounds > 1 && d.percent(50) {
        ", keep = true"
    } else {
        ""
    }
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
    let mut world = World {
        roles,
        items,
        carried,
        has,
        turn,
        marked: d.percent(50),
        rounds: d.pick(&[1, 1, 1, 1, 2, 3]),
        area: d.percent(40),
        wrap: d.percent(25),
    };
    for piece in PIECES {
        if d.percent(piece.percent) && (piece.fits)(&world) {
            world.has.push(piece.mechanic);
        }
    }
    world
}
