//! A scenario's patched tree as the plain lists that the interpreter reads: kinds, roles, variables, legend, rules, scripts.
//!
//! **Invariant.** Read from the tree alone, with the defaults of the texts; nothing here was compiled by the engine.

use std::collections::BTreeMap;

use commonweal_core::scenario::ast::{Effect, EffectKind, Expr, ExprKind, Item, Rule, Trigger};
use commonweal_core::scenario::doc::{Data, Node};
use commonweal_core::scenario::{Text, parse};

/// Layers from the ground up.
pub const LAYERS: [&str; 5] = ["floor", "solid", "item", "mark", "air"];

/// A kind of thing; its number is its place in the list.
#[derive(Debug)]
pub struct Kind {
    /// Name.
    pub name: String,
    /// Index into [`LAYERS`].
    pub layer: usize,
    /// Whether it blocks when the layer says that it may.
    pub blocks: bool,
    /// Variables of its things.
    pub vars: Vec<Var>,
    /// The variable that everyone sees.
    pub look: Option<String>,
}

/// A variable as declared.
#[derive(Debug)]
pub struct Var {
    /// Name.
    pub name: String,
    /// `bool int num slot cell`, or `choice`.
    pub ty: String,
    /// Words of a choice.
    pub choices: Vec<String>,
    /// Constant or expression.
    pub init: Option<Node>,
    /// Least value, in millionths for `num`.
    pub min: Option<i64>,
    /// Greatest value.
    pub max: Option<i64>,
    /// Whether it stays over rounds.
    pub keep: bool,
}

/// A role.
#[derive(Debug)]
pub struct Role {
    /// Name.
    pub name: String,
    /// First slot.
    pub first: usize,
    /// Number of slots.
    pub n: usize,
    /// Cells seen ahead, behind, to each side.
    pub view: [i32; 3],
    /// Who plays it.
    pub plays: Option<String>,
    /// Verbs that it may use, if restricted.
    pub verbs: Option<Vec<String>>,
    /// Variables of its agents.
    pub vars: Vec<Var>,
    /// The bool variable shown on the body.
    pub look: Option<String>,
    /// Whether who can act may do nothing.
    pub noop: bool,
}

/// A mechanic as chosen: name, instance, its table.
#[derive(Debug)]
pub struct Chosen {
    /// Name.
    pub name: String,
    /// Instance; empty for unnamed ones.
    pub instance: String,
    /// Fields.
    pub config: Node,
}

/// A glyph of the legend.
#[derive(Debug)]
pub struct Glyph {
    /// The whole key it stands in.
    pub key: String,
    /// Its 1-based place in the key.
    pub index: i64,
    /// What it means, as written.
    pub node: Node,
    /// Kinds that it puts into its cell.
    pub kinds: Vec<String>,
    /// With what chance, in millionths.
    pub p: Option<Node>,
    /// Whose spawn cell it is.
    pub spawn: Option<String>,
    /// Whether the role's first slots begin there and nobody comes back there.
    pub first: bool,
    /// Sets of kinds, of which one comes, with their weights.
    pub choose: Vec<(Vec<String>, i64)>,
    /// The area to which its cells belong.
    pub area: Option<String>,
    /// Whether what its key gives is dealt anew.
    pub shuffle: bool,
}

/// A rule and its name `block.label`; unnamed rules have the block's alone.
#[derive(Debug)]
pub struct NamedRule {
    /// Name, as it is hashed for draws.
    pub name: String,
    /// The rule.
    pub rule: Rule,
}

/// A bot.
#[derive(Debug)]
pub struct Bot {
    /// Name.
    pub name: String,
    /// Whether it senses the world.
    pub world: bool,
    /// Its script.
    pub items: Vec<Item>,
}

/// A named expression.
#[derive(Debug)]
pub struct Def {
    /// Name.
    pub name: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// The expression.
    pub is: Expr,
}

/// A message.
#[derive(Debug)]
pub struct Message {
    /// Name.
    pub name: String,
    /// Whether it is true.
    pub truth: Expr,
}

/// All of it.
#[derive(Debug)]
pub struct Spec {
    /// The patched tree.
    pub tree: Node,
    /// Kinds: layers from the ground up, in file order within one.
    pub kinds: Vec<Kind>,
    /// Roles in file order.
    pub roles: Vec<Role>,
    /// Arena variables.
    pub vars: Vec<Var>,
    /// Rows of the map.
    pub rows: Vec<Vec<char>>,
    /// Floor under every glyph.
    pub floor: String,
    /// Axes that a reset may mirror: x, y.
    pub mirror: [bool; 2],
    /// Whether the map is a torus.
    pub wrap: bool,
    /// The legend.
    pub legend: BTreeMap<char, Glyph>,
    /// Mechanics, in file order.
    pub mechanics: Vec<Chosen>,
    /// Rules in file order.
    pub rules: Vec<NamedRule>,
    /// Bots.
    pub bots: Vec<Bot>,
    /// Defs.
    pub defs: Vec<Def>,
    /// Messages.
    pub messages: Vec<Message>,
    /// Reward channels, `main` first.
    pub channels: Vec<String>,
    /// Beams: instances of `beam`, in file order.
    pub beams: Vec<String>,
    /// Kinds that `the` names somewhere.
    pub named_by_the: Vec<String>,
    /// Dials: name, value.
    pub dials: Vec<(String, super::value::Value)>,
    /// `time.ticks`.
    pub ticks: u32,
    /// `time.rounds`.
    pub rounds: u32,
    /// `time.end`.
    pub end: Option<Expr>,
    /// `time.drawn_end`: from, every, p.
    pub drawn_end: Option<(u32, u32, i64)>,
}

/// A whole number of a node.
pub fn int(node: &Node) -> Option<i64> {
    match node.data {
        Data::Int(n) => Some(n),
        _ => None,
    }
}

fn flag(node: Option<&Node>) -> bool {
    matches!(node.map(|n| &n.data), Some(Data::Bool(true)))
}

/// Texts of a list, or of a single text.
pub fn texts(node: Option<&Node>) -> Vec<String> {
    match node.map(|n| &n.data) {
        Some(Data::Text(t)) => vec![t.clone()],
        Some(Data::List(items)) => items
            .iter()
            .filter_map(|n| n.text())
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

/// An expression from text.
///
/// # Panics
/// When the engine's own parser refuses a text of a file that passed all checks.
pub fn expression(text: &str) -> Expr {
    parse::expression(Text::new(text, 0), &mut Vec::new()).expect("the file passed all checks")
}

fn read_vars(node: Option<&Node>) -> Vec<Var> {
    let entries = node.map(Node::entries).unwrap_or_default();
    entries.iter().map(|(name, n)| read_var(name, n)).collect()
}

fn read_var(name: &str, node: &Node) -> Var {
    let ty = node.get("type").expect("a type is compulsory");
    let choices = if ty.text().is_some() {
        Vec::new()
    } else {
        texts(Some(ty))
    };
    let ty = ty.text().unwrap_or("choice").to_owned();
    let bound = |key: &str| {
        let node = node.get(key)?;
        if ty == "num" { node.num() } else { int(node) }
    };
    Var {
        name: name.to_owned(),
        choices,
        init: node.get("init").cloned(),
        keep: flag(node.get("keep")),
        min: bound("min"),
        max: bound("max"),
        ty,
    }
}

fn read_glyph(key: &str, index: i64, node: &Node) -> Glyph {
    let table = node.is_table();
    let text = |key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
    let pair = |n: &Node| {
        let weight = n.items()[1].num().expect("a weight is a number");
        (texts(Some(&n.items()[0])), weight)
    };
    let choose = node.get("choose").map(Node::items).unwrap_or_default();
    Glyph {
        key: key.to_owned(),
        index,
        kinds: texts(if table { node.get("thing") } else { Some(node) }),
        p: node.get("p").cloned(),
        spawn: text("spawn"),
        first: flag(node.get("first")),
        choose: choose.iter().map(pair).collect(),
        area: text("area"),
        shuffle: flag(node.get("shuffle")),
        node: node.clone(),
    }
}

/// The named tables under a key, in file order.
fn tables<'a>(tree: &'a Node, key: &str) -> &'a [(String, Node)] {
    tree.get(key).map(Node::entries).unwrap_or_default()
}

impl Spec {
    /// Reads the patched tree of one cell.
    ///
    /// # Panics
    /// When the tree lacks what a file that passed all checks has.
    pub fn read(tree: Node) -> Self {
        let layers = tree.get("layers").expect("layers are compulsory");
        let mut kinds = Vec::new();
        for (layer, key) in LAYERS.iter().enumerate() {
            for name in texts(layers.get(key)) {
                let extra = tree.get("things").and_then(|t| t.get(&name));
                let get = |key: &str| extra.and_then(|e| e.get(key));
                kinds.push(Kind {
                    layer,
                    blocks: layer == 1 && get("blocks").is_none_or(|b| flag(Some(b)))
                        || layer != 1 && flag(get("blocks")),
                    vars: read_vars(get("vars")),
                    look: get("look").and_then(Node::text).map(str::to_owned),
                    name,
                });
            }
        }
        let mut roles: Vec<Role> = Vec::new();
        for (name, node) in tables(&tree, "roles") {
            let view = |key: &str| {
                let n = node.get("view").and_then(|v| v.get(key)).and_then(int);
                i32::try_from(n.unwrap_or(5)).expect("a small number")
            };
            let n = node.get("slots").and_then(int).unwrap_or(0);
            let text = |key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
            roles.push(Role {
                name: name.clone(),
                first: roles.last().map_or(0, |r| r.first + r.n),
                n: usize::try_from(n).expect("not negative"),
                view: [view("ahead"), view("behind"), view("side")],
                plays: text("plays"),
                verbs: node.get("verbs").map(|v| texts(Some(v))),
                vars: read_vars(node.get("vars")),
                look: text("look"),
                noop: node.get("noop").is_none_or(|n| flag(Some(n))),
            });
        }
        let map = &tables(&tree, "maps").first().expect("there is a map").1;
        let rows = map.get("rows").and_then(Node::text).expect("rows");
        let mirror = map.get("mirror").and_then(Node::text).unwrap_or("none");
        let mut legend = BTreeMap::new();
        for (key, node) in tables(&tree, "legend") {
            for (index, glyph) in (1..).zip(key.chars()) {
                legend.insert(glyph, read_glyph(key, index, node));
            }
        }
        let mechanics = read_mechanics(&tree);
        let beams: Vec<String> = mechanics
            .iter()
            .filter(|m| m.name == "beam")
            .map(|m| m.instance.clone())
            .collect();
        let mut channels = vec!["main".to_owned()];
        channels.extend(
            tables(&tree, "rewards")
                .iter()
                .map(|(name, _)| name.clone())
                .filter(|name| name != "main"),
        );
        let time = tree.get("time").expect("time is compulsory");
        let whole = |node: Option<&Node>| {
            u32::try_from(node.and_then(int).expect("a whole number")).expect("not negative")
        };
        let drawn_end = time.get("drawn_end").map(|d| {
            (
                whole(d.get("from")),
                d.get("every").map_or(100, |e| whole(Some(e))),
                d.get("p").and_then(Node::num).expect("a chance"),
            )
        });
        let mut spec = Self {
            kinds,
            roles,
            vars: read_vars(tree.get("vars")),
            rows: rows
                .lines()
                .filter(|l| !l.is_empty())
                .map(|l| l.chars().collect())
                .collect(),
            floor: map
                .get("floor")
                .and_then(Node::text)
                .unwrap_or("")
                .to_owned(),
            mirror: [mirror.contains('x'), mirror.contains('y')],
            wrap: flag(map.get("wrap")),
            legend,
            mechanics,
            rules: Vec::new(),
            bots: Vec::new(),
            defs: Vec::new(),
            messages: Vec::new(),
            channels,
            beams,
            named_by_the: Vec::new(),
            dials: Vec::new(),
            ticks: match time.get("ticks").map(|n| &n.data) {
                Some(Data::Int(n)) => u32::try_from(*n).expect("not negative"),
                _ => 0,
            },
            rounds: time.get("rounds").map_or(1, |n| whole(Some(n))),
            end: time.get("end").and_then(Node::text).map(expression),
            drawn_end,
            tree,
        };
        spec.read_texts();
        spec
    }

    fn read_texts(&mut self) {
        let mut defs = Vec::new();
        for (name, node) in tables(&self.tree, "defs") {
            let args = node.get("args").map(Node::entries).unwrap_or_default();
            defs.push(Def {
                name: name.clone(),
                args: args.iter().map(|(a, _)| a.clone()).collect(),
                is: expression(node.get("is").and_then(Node::text).expect("an expression")),
            });
        }
        let mut messages = Vec::new();
        for (name, node) in tables(&self.tree, "messages") {
            let truth = node.get("truth").and_then(Node::text).expect("a truth");
            messages.push(Message {
                name: name.clone(),
                truth: expression(truth),
            });
        }
        let mut rules = Vec::new();
        for (block, node) in tables(&self.tree, "rules") {
            let text = node.text().expect("a block of rules");
            for rule in parse::rules(Text::new(text, 0), &mut Vec::new()) {
                let label = rule.label.as_ref().map(|l| l.text.as_str());
                let name = label.map_or_else(|| block.clone(), |l| format!("{block}.{l}"));
                rules.push(NamedRule { name, rule });
            }
        }
        let mut bots: Vec<Bot> = Vec::new();
        for (name, node) in tables(&self.tree, "bots") {
            let text = |key: &str| node.get(key).and_then(Node::text);
            let mut from = node;
            while let Some(other) = from.get("same_as").and_then(Node::text) {
                from = tables(&self.tree, "bots")
                    .iter()
                    .find(|(n, _)| n == other)
                    .map(|(_, n)| n)
                    .expect("the bot that it is the same as");
            }
            let script = from.get("script").and_then(Node::text).unwrap_or("");
            bots.push(Bot {
                name: name.clone(),
                world: text("senses").or(from.get("senses").and_then(Node::text)) == Some("world"),
                items: parse::script(Text::new(script, 0), &mut Vec::new()),
            });
        }
        let mut dials = Vec::new();
        for (name, node) in tables(&self.tree, "dials") {
            dials.push((name.clone(), super::value::dial(node)));
        }
        let mut canonical = String::new();
        self.tree.canonical(&mut canonical);
        for kind in &self.kinds {
            for end in [')', ' '] {
                if canonical.contains(&format!("the({}{end}", kind.name)) {
                    self.named_by_the.push(kind.name.clone());
                }
            }
        }
        self.ticks = if self.ticks > 0 {
            self.ticks
        } else {
            let field = self.tree.at("time.ticks").expect("ticks");
            self.dials.clone_from(&dials);
            u32::try_from(self.number(field) / 1_000_000).expect("not negative")
        };
        self.defs = defs;
        self.messages = messages;
        self.rules = rules;
        self.bots = bots;
        self.dials = dials;
    }

    /// A numeric field in millionths: a number, `dial.x` or `dial.x * number`.
    ///
    /// # Panics
    /// When it is none of these.
    pub fn number(&self, node: &Node) -> i64 {
        use super::value::Value;
        if let Some(n) = node.num() {
            return n;
        }
        let text = node.text().expect("a number or a dial");
        let mut product: i128 = 1_000_000;
        for factor in text.split('*').map(str::trim) {
            let n = if let Some(dial) = factor.strip_prefix("dial.") {
                match self.dials.iter().find(|(n, _)| n == dial).map(|(_, v)| v) {
                    Some(Value::Int(n)) => n * 1_000_000,
                    Some(Value::Num(n)) => *n,
                    other => panic!("dial {dial} is {other:?}"),
                }
            } else {
                match expression(factor).kind {
                    commonweal_core::scenario::ast::ExprKind::Number { value, .. } => value,
                    other => panic!("{factor} is {other:?}"),
                }
            };
            product = product * i128::from(n) / 1_000_000;
        }
        i64::try_from(product).expect("a number of a field")
    }
    /// Number of slots.
    pub fn slots(&self) -> usize {
        self.roles.iter().map(|r| r.n).sum()
    }
    /// The role of a slot.
    ///
    /// # Panics
    /// When there is no such slot.
    pub fn role_of(&self, slot: usize) -> usize {
        self.roles
            .iter()
            .position(|r| (r.first..r.first + r.n).contains(&slot))
            .expect("a slot has a role")
    }
    /// The number of a kind.
    pub fn kind(&self, name: &str) -> Option<usize> {
        self.kinds.iter().position(|k| k.name == name)
    }
    /// The number of a role.
    pub fn role(&self, name: &str) -> Option<usize> {
        self.roles.iter().position(|r| r.name == name)
    }
    /// The number of a message.
    pub fn message(&self, name: &str) -> Option<usize> {
        self.messages.iter().position(|m| m.name == name)
    }
    /// Whether an event starts a rule.
    pub fn listens(rule: &Rule, to: &str) -> bool {
        matches!(&rule.trigger, Trigger::On { event, .. } if event.text == to)
    }
    /// What of the file the reference does not know, in words; nothing when it can play it.
    pub fn lacks(&self) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for m in &self.mechanics {
            if !super::mechanics::COVERED.contains(&m.name.as_str()) {
                out.push(m.name.clone());
            }
        }
        if tables(&self.tree, "maps").len() > 1 {
            out.push("several maps".to_owned());
        }
        out.sort();
        out.dedup();
        out
    }
    /// Whether things of the kind can come into being during an episode: a mechanic or a rule makes them.
    pub fn can_come(&self, kind: usize) -> bool {
        let name = self.kinds[kind].name.as_str();
        let grows = |m: &Chosen| match m.name.as_str() {
            "regrow" | "scatter" | "pollute" | "hazard" => m.text("thing") == Some(name),
            "beam" => m.text("paints") == Some(name),
            "ripen" | "fragile" => m.text("becomes") == Some(name),
            // More than was given arrives, or another kind.
            "gift" => {
                let refine = m.flag("refine", false);
                let items = m.texts("items");
                let made = items.iter().skip(usize::from(refine));
                (refine || m.int(self, "factor", 1) > 1) && made.into_iter().any(|i| i == name)
            }
            "station" => {
                let recipes = m.config.get("recipes").expect("recipes").items();
                let out = |r: &Node| r.get("out").and_then(Node::text) == Some(name);
                recipes.iter().any(out)
            }
            _ => false,
        };
        let made = |effect: &Effect| {
            let EffectKind::Call(call) = &effect.kind else {
                return false;
            };
            let place = match call.name.text.as_str() {
                "place" => 0,
                "give" | "become" => 1,
                _ => return false,
            };
            matches!(&call.args[place].value.kind, ExprKind::Name(n) if n == name)
        };
        self.mechanics.iter().any(grows)
            || self.rules.iter().flat_map(|r| &r.rule.effects).any(made)
    }
    /// Whether a thing of the kind keeps its identity: it has variables or state, or `the` names it.
    pub fn has_identity(&self, kind: usize) -> bool {
        let name = &self.kinds[kind].name;
        !self.kinds[kind].vars.is_empty()
            || self.named_by_the.contains(name)
            || self
                .mechanics
                .iter()
                .any(|m| m.name == "push" && m.texts("things").contains(name))
            || self
                .mechanics
                .iter()
                .any(|m| m.name == "territory" && m.texts("on").contains(name))
            || self.mechanics.iter().any(|m| {
                ["door", "device", "lock", "station"].contains(&m.name.as_str())
                    && m.text("thing") == Some(name)
            })
    }
}

fn read_mechanics(tree: &Node) -> Vec<Chosen> {
    let mut out = Vec::new();
    for (name, node) in tables(tree, "mechanics") {
        if super::mechanics::named(name) {
            for (instance, config) in node.entries() {
                out.push(Chosen {
                    name: name.clone(),
                    instance: instance.clone(),
                    config: config.clone(),
                });
            }
        } else {
            out.push(Chosen {
                name: name.clone(),
                instance: String::new(),
                config: node.clone(),
            });
        }
    }
    out
}

impl Chosen {
    /// A text field.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.config.get(key).and_then(Node::text)
    }
    /// A list of texts.
    pub fn texts(&self, key: &str) -> Vec<String> {
        texts(self.config.get(key))
    }
    /// A truth value.
    pub fn flag(&self, key: &str, default: bool) -> bool {
        match self.config.get(key).map(|n| &n.data) {
            Some(Data::Bool(b)) => *b,
            _ => default,
        }
    }
    /// A number in millionths.
    pub fn num(&self, spec: &Spec, key: &str, default: i64) -> i64 {
        self.config.get(key).map_or(default, |n| spec.number(n))
    }
    /// A whole number.
    pub fn int(&self, spec: &Spec, key: &str, default: i64) -> i64 {
        self.config
            .get(key)
            .map_or(default, |n| spec.number(n) / 1_000_000)
    }
    /// Whether the role may use it: `by`, all without it.
    pub fn by(&self, role: &str) -> bool {
        self.config.get("by").is_none() || self.texts("by").iter().any(|r| r == role)
    }
}
