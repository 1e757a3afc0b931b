//! What expressions of rules and scripts say in a world.
//!
//! **Invariant.** The tree of the text is walked each time; nothing is compiled.

use std::rc::Rc;

use commonweal_core::draw::Purpose;
use commonweal_core::scenario::ast::{Arg, Call, EffectKind, Expr, ExprKind, Op2, Rule};
use commonweal_core::scenario::doc::Node;

use super::spec::{Spec, Var};
use super::value::{Cell, Value, arithmetic, fit};
use super::world::World;

/// How an expression draws.
#[derive(Clone, Debug)]
struct Drawing {
    init: bool,
    name: String,
    subject: u32,
    /// Places of `chance` and `pick`, in the order of the text; a call in a def has the calls of defs before it.
    sites: Vec<Vec<usize>>,
    /// Earlier starts of the rule in this tick about the same.
    times: usize,
}

/// What an expression may name, and how far it senses.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Binders and registers.
    pub names: Vec<(String, Value)>,
    /// The candidate of a `where`.
    pub it: Option<Value>,
    /// The bot.
    pub me: Option<usize>,
    /// Its number among the bots.
    pub bot: Option<usize>,
    /// Whether only the window of `me` is known.
    pub view: bool,
    drawing: Option<Drawing>,
    /// Calls of defs that lead to the expression.
    within: Vec<usize>,
}

/// A value in the range of a variable.
pub fn kept(var: &Var, value: Value) -> Value {
    let bounded = |n: i64| {
        let n = var.min.map_or(n, |least| n.max(least));
        var.max.map_or(n, |most| n.min(most))
    };
    match value {
        Value::Int(n) => Value::Int(bounded(n)),
        // Without bounds a number holds nine thousand millions.
        Value::Num(n) => {
            const MOST: i64 = 9_000_000_000_000_000;
            Value::Num(bounded(n).clamp(-MOST, MOST))
        }
        other => other,
    }
}

/// A value as a variable of the type holds it.
pub fn widened(value: Value, ty: &str) -> Value {
    match (value, ty) {
        (Value::Int(n), "num") => Value::Num(n * 1_000_000),
        (Value::Int(n), "slot") => usize::try_from(n).map_or(Value::Missing, Value::Slot),
        (other, _) => other,
    }
}

impl Scope {
    /// For `init`.
    pub fn init(name: &str, subject: u32, slot: Option<usize>) -> Self {
        let mut scope = Self {
            drawing: Some(Drawing {
                init: true,
                name: name.to_owned(),
                subject,
                sites: Vec::new(),
                times: 0,
            }),
            ..Self::default()
        };
        if let Some(slot) = slot {
            let slot = i64::try_from(slot).expect("small");
            scope.names.push(("slot".to_owned(), Value::Int(slot)));
        }
        scope
    }
    /// For a rule with its binders.
    pub fn rule(
        world: &World,
        name: &str,
        rule: &Rule,
        names: Vec<(String, Value)>,
        times: usize,
    ) -> Self {
        let spec = &world.spec;
        let mut sites = Vec::new();
        if let Some(when) = &rule.when {
            find_sites(spec, when, &mut Vec::new(), &mut sites);
        }
        for effect in &rule.effects {
            match &effect.kind {
                EffectKind::Assign { value, .. } => {
                    find_sites(spec, value, &mut Vec::new(), &mut sites);
                }
                EffectKind::Emit { args, after, .. } => {
                    for e in args.iter().chain(after) {
                        find_sites(spec, e, &mut Vec::new(), &mut sites);
                    }
                }
                EffectKind::Call(call) => {
                    for arg in &call.args {
                        find_arg(spec, arg, &mut Vec::new(), &mut sites);
                    }
                }
            }
        }
        let subject = names.first().map_or(0, |(_, v)| match v {
            Value::Cell(cell) if world.inside(*cell) => world.subject(*cell),
            other => u32::try_from(other.plain(|_| 0)).unwrap_or(0),
        });
        Self {
            names,
            drawing: Some(Drawing {
                init: false,
                name: name.to_owned(),
                subject,
                sites,
                times,
            }),
            ..Self::default()
        }
    }
    /// For a line of a script.
    pub fn line(spec: &Spec, name: &str, parts: &[&Expr], me: usize, view: bool) -> Self {
        let mut sites = Vec::new();
        for part in parts {
            find_sites(spec, part, &mut Vec::new(), &mut sites);
        }
        Self {
            me: Some(me),
            view,
            drawing: Some(Drawing {
                init: false,
                name: name.to_owned(),
                subject: super::world::small(me),
                sites,
                times: 0,
            }),
            ..Self::default()
        }
    }

    /// The value of an expression.
    ///
    /// # Panics
    /// When the text says what a checked file cannot say.
    pub fn eval(&mut self, world: &mut World, expr: &Expr) -> Value {
        match &expr.kind {
            ExprKind::Number { value, whole } => {
                if *whole {
                    Value::Int(value / 1_000_000)
                } else {
                    Value::Num(*value)
                }
            }
            ExprKind::Text(t) => Value::Text(t.clone()),
            ExprKind::Bool(b) => Value::Bool(*b),
            ExprKind::Name(name) => self.name(world, name),
            ExprKind::Call(call) => self.call(world, call),
            ExprKind::Field(of, name) => self.field(world, of, &name.text),
            ExprKind::Neg(inner) => match self.eval(world, inner) {
                Value::Int(n) => fit(-i128::from(n), true, &mut world.saturated),
                Value::Num(n) => fit(-i128::from(n), false, &mut world.saturated),
                other => other,
            },
            ExprKind::Not(inner) => match self.eval(world, inner) {
                Value::Bool(b) => Value::Bool(!b),
                // What is not there neither holds nor fails to.
                other => other,
            },
            ExprKind::Binary(Op2::And, _, a, b) => {
                Value::Bool(self.eval(world, a).holds() && self.eval(world, b).holds())
            }
            ExprKind::Binary(Op2::Or, _, a, b) => {
                Value::Bool(self.eval(world, a).holds() || self.eval(world, b).holds())
            }
            ExprKind::Binary(op, _, a, b) => {
                let (a, b) = (self.eval(world, a), self.eval(world, b));
                match (self.comparable(world, &a, &b), op) {
                    (Some((a, b)), Op2::Eq) => Value::Bool(a == b),
                    (Some((a, b)), Op2::Ne) => Value::Bool(a != b),
                    _ => arithmetic(*op, &a, &b, &mut world.saturated),
                }
            }
            ExprKind::If(cond, yes, no) => {
                let (yes_or_no, other) = if self.eval(world, cond).holds() {
                    (yes, no)
                } else {
                    (no, yes)
                };
                let value = self.eval(world, yes_or_no);
                let _ = other;
                value
            }
        }
    }
    /// Two places of which one is a cell.
    fn comparable(&self, world: &World, a: &Value, b: &Value) -> Option<(Cell, Cell)> {
        let is_cell = |v: &Value| matches!(v, Value::Cell(_));
        if is_cell(a) || is_cell(b) {
            return Some((self.place(world, a)?, self.place(world, b)?));
        }
        None
    }

    fn name(&self, world: &World, name: &str) -> Value {
        if let Some((_, v)) = self.names.iter().rev().find(|(n, _)| n == name) {
            return v.clone();
        }
        let spec = &world.spec;
        match name {
            "it" => return self.it.clone().unwrap_or(Value::Missing),
            "me" => return self.me.map_or(Value::Missing, Value::Slot),
            "tick" => return Value::Int(i64::from(world.tick)),
            // The last tick of the running round at the latest.
            "ticks" => return Value::Int(i64::from(world.round_from + spec.ticks)),
            _ => {}
        }
        if let Some(v) = world.vars.get(name) {
            return v.clone();
        }
        let vars = spec.vars.iter();
        let of_roles = spec.roles.iter().flat_map(|r| &r.vars);
        let of_kinds = spec.kinds.iter().flat_map(|k| &k.vars);
        None.or_else(|| spec.kind(name).map(Value::Kind))
            .or_else(|| spec.role(name).map(Value::Role))
            .or_else(|| spec.message(name).map(Value::Message))
            .or_else(|| spec.beams.iter().position(|b| b == name).map(Value::Beam))
            .or_else(|| {
                let mut all = vars.chain(of_roles).chain(of_kinds);
                all.find_map(|v| v.choices.iter().position(|c| c == name))
                    .map(Value::Choice)
            })
            .or_else(|| {
                // A word of a dial.
                let dials = spec.tree.get("dials").map(Node::entries);
                let mut dials = dials.unwrap_or_default().iter();
                dials
                    .find_map(|(_, dial)| {
                        let words = super::spec::texts(dial.get("choices"));
                        words.iter().position(|c| c == name)
                    })
                    .map(Value::Choice)
            })
            .unwrap_or_else(|| panic!("nothing is called {name}"))
    }

    fn field(&mut self, world: &mut World, of: &Expr, field: &str) -> Value {
        if matches!(&of.kind, ExprKind::Name(n) if n == "dial") {
            let found = world.spec.dials.iter().find(|(n, _)| n == field);
            return found.expect("a dial").1.clone();
        }
        match self.eval(world, of) {
            Value::Slot(slot) => {
                let agent = &world.agents[slot];
                if let Some(v) = agent.vars.get(field) {
                    return v.clone();
                }
                match field {
                    "pos" => self
                        .place(world, &Value::Slot(slot))
                        .map_or(Value::Missing, Value::Cell),
                    "facing" => Value::Int(i64::try_from(agent.facing).expect("below 4")),
                    "alive" => Value::Bool(agent.alive),
                    "away" => Value::Bool(agent.away),
                    "on" => Value::Bool(agent.on),
                    "frozen" => Value::Int(i64::from(world.frozen(slot))),
                    _ => {
                        let kind = world.spec.kind(field).expect("an item kind");
                        Value::Int(agent.carried.get(&kind).copied().unwrap_or(0))
                    }
                }
            }
            Value::Thing(id) => {
                let thing = &world.things[id];
                if let Some(v) = thing.vars.get(field) {
                    return v.clone();
                }
                match field {
                    "open" => Value::Bool(thing.state == 1),
                    "state" => Value::Int(thing.state),
                    // What nobody owns has an owner unlike anybody: `it.owner != me` is true of it.
                    "owner" => Value::Slot(usize::try_from(thing.state - 1).unwrap_or(usize::MAX)),
                    "pos" => thing.cell.map_or(Value::Missing, Value::Cell),
                    _ => panic!("no field {field}"),
                }
            }
            _ => Value::Missing,
        }
    }

    /// The cell for which a value stands; none outside the map, or where it is not sensed.
    pub fn place(&self, world: &World, value: &Value) -> Option<Cell> {
        let cell = match value {
            Value::Slot(slot) => {
                let agent = &world.agents[*slot];
                agent.cell.filter(|_| agent.body)
            }
            Value::Thing(id) => {
                let thing = &world.things[*id];
                let holder = thing.holder.map(|slot| world.agents[slot].cell);
                thing.cell.or(holder.flatten())
            }
            Value::Cell(cell) => Some(*cell),
            _ => None,
        };
        cell.filter(|&c| self.senses(world, c))
    }

    /// Whether the cell is known.
    pub fn senses(&self, world: &World, cell: Cell) -> bool {
        match self.me {
            Some(me) if self.view => super::bots::in_window(world, me, cell),
            _ => world.inside(cell),
        }
    }

    /// The members of a kind or role for which the condition holds; things by place, slots ascending.
    pub fn members(&mut self, world: &mut World, arg: &Arg) -> Vec<Value> {
        self.members_among(world, arg, None)
    }
    fn members_among(
        &mut self,
        world: &mut World,
        arg: &Arg,
        among: Option<Vec<Cell>>,
    ) -> Vec<Value> {
        let set = self.eval(world, &arg.value);
        let mut all: Vec<Value> = Vec::new();
        match set {
            Value::Kind(kind) => {
                let cells = among.unwrap_or_else(|| match self.me {
                    Some(me) if self.view && !world.spec.wrap => super::bots::window(world, me),
                    _ => world.cells(),
                });
                for cell in cells {
                    if let Some(placed) = world.placed(kind, cell)
                        && self.senses(world, cell)
                    {
                        all.push(placed.id.map_or(Value::Cell(cell), Value::Thing));
                    }
                }
            }
            Value::Role(role) => {
                for slot in 0..world.agents.len() {
                    let agent = &world.agents[slot];
                    if agent.role == role
                        && agent.body
                        && self.senses(world, agent.cell.expect("a body has a cell"))
                    {
                        all.push(Value::Slot(slot));
                    }
                }
            }
            other => all.push(other),
        }
        all.retain(|member| self.fits(world, member, arg));
        all
    }
    fn fits(&mut self, world: &mut World, member: &Value, arg: &Arg) -> bool {
        let Some(cond) = &arg.cond else {
            return true;
        };
        let outer = self.it.replace(member.clone());
        let holds = self.eval(world, cond).holds();
        self.it = outer;
        holds
    }

    fn number(&mut self, world: &mut World, arg: Option<&Arg>) -> Option<i64> {
        arg.and_then(|a| self.eval(world, &a.value).int())
    }
    fn place_arg(&mut self, world: &mut World, arg: &Arg) -> Option<Cell> {
        let value = self.eval(world, &arg.value);
        self.place(world, &value)
    }

    #[expect(clippy::too_many_lines, reason = "one arm a function of the language")]
    fn call(&mut self, world: &mut World, call: &Call) -> Value {
        let args = &call.args;
        if let Some(value) = self.def(world, call) {
            return value;
        }
        match call.name.text.as_str() {
            "count" => self.count(world, args),
            "has" => {
                let slot = self.eval(world, &args[0].value).slot();
                let kind = self.eval(world, &args[1].value);
                let (Some(slot), Value::Kind(kind)) = (slot, kind) else {
                    return Value::Bool(false);
                };
                if args[1].cond.is_none() {
                    let n = world.agents[slot].carried.get(&kind).copied();
                    return Value::Bool(n.unwrap_or(0) > 0);
                }
                for id in 0..world.things.len() {
                    let thing = &world.things[id];
                    if thing.kind == kind
                        && thing.holder == Some(slot)
                        && self.fits(world, &Value::Thing(id), &args[1])
                    {
                        return Value::Bool(true);
                    }
                }
                Value::Bool(false)
            }
            "the" => {
                let all = self.members(world, &args[0]);
                match all.as_slice() {
                    [one, ..] => one.clone(),
                    [] => self.absent(world, &args[0]),
                }
            }
            "on" => {
                let Some(cell) = self.place_arg(world, &args[0]) else {
                    return Value::Bool(false);
                };
                let all = self.members_among(world, &args[1], Some(vec![cell]));
                let here = all.iter().any(|m| self.place(world, m) == Some(cell));
                Value::Bool(here)
            }
            "inside" => {
                let cell = self.place_arg(world, &args[0]);
                let ExprKind::Name(area) = &args[1].value.kind else {
                    panic!("an area");
                };
                let cells = world.areas.get(area);
                Value::Bool(cell.zip(cells).is_some_and(|(c, all)| all.contains(&c)))
            }
            "near" => {
                let (a, b) = (
                    self.place_arg(world, &args[0]),
                    self.place_arg(world, &args[1]),
                );
                let r = self.number(world, args.get(2)).unwrap_or(0);
                Value::Bool(a.zip(b).is_some_and(|(a, b)| {
                    let (y, x) = world.apart(a, b);
                    i64::from(y.max(x)) <= r
                }))
            }
            "dist" => {
                let (a, b) = (
                    self.place_arg(world, &args[0]),
                    self.place_arg(world, &args[1]),
                );
                a.zip(b).map_or(Value::Missing, |(a, b)| {
                    let (y, x) = world.apart(a, b);
                    Value::Int(i64::from(y + x))
                })
            }
            "role" => match self.eval(world, &args[0].value) {
                Value::Slot(slot) => Value::Role(world.agents[slot].role),
                _ => Value::Missing,
            },
            "owner" => {
                let cell = self.place_arg(world, &args[0]);
                let owner = cell.and_then(|c| super::mechanics::territory::owner_of(world, c));
                owner.map_or(Value::Missing, Value::Slot)
            }
            "chance" => {
                let p = self.eval(world, &args[0].value).num().unwrap_or(0);
                let (purpose, name, subject, k) = self.address(call, Purpose::RuleChance);
                Value::Bool(world.chance(purpose, &name, subject, k, p))
            }
            "pick" => {
                let n = self.eval(world, &args[0].value).int().unwrap_or(1);
                let n = u32::try_from(n).expect("a constant");
                let (purpose, name, subject, k) = self.address(call, Purpose::RulePick);
                Value::Int(i64::from(world.below(purpose, &name, subject, k, n)))
            }
            "min" | "max" | "abs" | "clamp" => self.of_numbers(world, call),
            "seen" => Value::Bool(!self.members(world, &args[0]).is_empty()),
            "nearest" => {
                let Some(at) = self.me.and_then(|me| self.place(world, &Value::Slot(me))) else {
                    return Value::Missing;
                };
                let all = self.members(world, &args[0]);
                let me = self.me.map(Value::Slot);
                let others = all.into_iter().filter(|m| Some(m) != me.as_ref());
                let best = others.min_by_key(|m| {
                    let cell = self.place(world, m).expect("it was sensed");
                    let (y, x) = world.apart(cell, at);
                    (y + x, cell)
                });
                best.unwrap_or(Value::Missing)
            }
            "heard" => {
                let Value::Message(m) = self.eval(world, &args[0].value) else {
                    return Value::Bool(false);
                };
                let me = self.me.expect("a script");
                Value::Bool(world.agents[me].heard_at.contains_key(&m))
            }
            "last" => {
                let Value::Message(m) = self.eval(world, &args[0].value) else {
                    return Value::Missing;
                };
                let me = self.me.expect("a script");
                let at = world.agents[me].heard_at.get(&m);
                Value::Int(at.map_or(9999, |at| i64::from(world.tick - at)))
            }
            "can" => {
                let ExprKind::Name(verb) = &args[0].value.kind else {
                    panic!("a verb");
                };
                let me = self.me.expect("a script");
                Value::Bool(super::mechanics::can(world, me, verb))
            }
            "path" => super::bots::path_length(self, world, &args[0]),
            other => panic!("no function {other}"),
        }
    }

    /// A slot of a role with one slot stays named while its body is gone.
    fn absent(&mut self, world: &mut World, arg: &Arg) -> Value {
        if self.view {
            return Value::Missing;
        }
        if let Value::Role(role) = self.eval(world, &arg.value) {
            for slot in 0..world.agents.len() {
                if world.agents[slot].role == role && self.fits(world, &Value::Slot(slot), arg) {
                    return Value::Slot(slot);
                }
            }
        }
        Value::Missing
    }

    fn def(&mut self, world: &mut World, call: &Call) -> Option<Value> {
        let spec = Rc::clone(&world.spec);
        let def = spec.defs.iter().find(|d| d.name == call.name.text)?;
        let mut names = Vec::new();
        for (name, arg) in def.args.iter().zip(&call.args) {
            names.push((name.clone(), self.eval(world, &arg.value)));
        }
        let before = self.names.len();
        self.names.extend(names);
        self.within.push(call.span.start);
        let value = self.eval(world, &def.is);
        self.within.pop();
        self.names.truncate(before);
        Some(value)
    }

    fn count(&mut self, world: &mut World, args: &[Arg]) -> Value {
        let Some(at) = args.get(1) else {
            let members = self.members(world, &args[0]);
            return Value::Int(i64::try_from(members.len()).expect("small"));
        };
        let Some(centre) = self.place_arg(world, at) else {
            return Value::Int(0);
        };
        let r = self.number(world, args.get(2)).unwrap_or(0);
        let metric = match args.get(3).map(|a| &a.value.kind) {
            Some(ExprKind::Name(n)) => n.as_str(),
            _ => "linf",
        };
        let reach = i32::try_from(r).expect("small");
        let near = (!world.spec.wrap).then(|| {
            let rows = centre.0 - reach..=centre.0 + reach;
            let columns = centre.1 - reach..=centre.1 + reach;
            rows.flat_map(|y| columns.clone().map(move |x| (y, x)))
                .collect()
        });
        let members = self.members_among(world, &args[0], near);
        let within = |m: &Value| {
            let cell = self.place(world, m).expect("it is on the map");
            let (y, x) = world.apart(cell, centre);
            reaches(metric, y, x, r)
        };
        let n = members.iter().filter(|m| within(m)).count();
        Value::Int(i64::try_from(n).expect("small"))
    }

    fn of_numbers(&mut self, world: &mut World, call: &Call) -> Value {
        let values: Vec<Value> = call
            .args
            .iter()
            .map(|a| self.eval(world, &a.value))
            .collect();
        let whole = values.iter().all(|v| matches!(v, Value::Int(_)));
        let numbers: Option<Vec<i64>> = values
            .iter()
            .map(|v| if whole { v.int() } else { v.num() })
            .collect();
        let Some(n) = numbers else {
            return Value::Missing;
        };
        let exact = match call.name.text.as_str() {
            "min" => n[0].min(n[1]),
            "max" => n[0].max(n[1]),
            "abs" => return fit(i128::from(n[0]).abs(), whole, &mut world.saturated),
            _ => n[0].max(n[1]).min(n[2]),
        };
        if whole {
            Value::Int(exact)
        } else {
            Value::Num(exact)
        }
    }

    /// The address of a draw of `chance` or `pick`.
    fn address(&self, call: &Call, purpose: Purpose) -> (Purpose, String, u32, u16) {
        let drawing = self.drawing.as_ref().expect("draws have an address here");
        if drawing.init {
            return (Purpose::Init, drawing.name.clone(), drawing.subject, 0);
        }
        let mut path = self.within.clone();
        path.push(call.span.start);
        let site = drawing.sites.iter().position(|s| *s == path);
        let site = u16::try_from(site.expect("it was found")).expect("few");
        let times = u16::try_from(drawing.times % 256).expect("below 256");
        let k = site * 256 + times;
        (purpose, drawing.name.clone(), drawing.subject, k)
    }
}

/// Whether a place so many rows and columns away lies within `r`.
pub fn reaches(metric: &str, rows: i32, columns: i32, r: i64) -> bool {
    let (y, x) = (i64::from(rows), i64::from(columns));
    match metric {
        "l1" => y + x <= r,
        "l2" => y * y + x * x <= r * r,
        _ => y.max(x) <= r,
    }
}

fn find_arg(spec: &Spec, arg: &Arg, within: &mut Vec<usize>, out: &mut Vec<Vec<usize>>) {
    find_sites(spec, &arg.value, within, out);
    if let Some(cond) = &arg.cond {
        find_sites(spec, cond, within, out);
    }
}

/// All `chance` and `pick` of an expression, in the order of the text.
fn find_sites(spec: &Spec, expr: &Expr, within: &mut Vec<usize>, out: &mut Vec<Vec<usize>>) {
    match &expr.kind {
        ExprKind::Call(call) => {
            for arg in &call.args {
                find_arg(spec, arg, within, out);
            }
            if ["chance", "pick"].contains(&call.name.text.as_str()) {
                let mut path = within.clone();
                path.push(call.span.start);
                out.push(path);
            }
            if let Some(def) = spec.defs.iter().find(|d| d.name == call.name.text) {
                within.push(call.span.start);
                find_sites(spec, &def.is, within, out);
                within.pop();
            }
        }
        ExprKind::Field(inner, _) | ExprKind::Neg(inner) | ExprKind::Not(inner) => {
            find_sites(spec, inner, within, out);
        }
        ExprKind::Binary(_, _, a, b) => {
            find_sites(spec, a, within, out);
            find_sites(spec, b, within, out);
        }
        ExprKind::If(a, b, c) => {
            for e in [a, b, c] {
                find_sites(spec, e, within, out);
            }
        }
        _ => {}
    }
}
