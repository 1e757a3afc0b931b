//! Rules answer what happened.
//!
//! **Invariant.** By event, in the order in which they happened, then by rule in the order of the file; what an effect causes is
//! answered in the same run.

use std::rc::Rc;

use commonweal_core::scenario::ast::{AssignOp, Call, Effect, EffectKind, Expr, ExprKind, Trigger};

use super::eval::{Scope, kept, widened};
use super::spec::{NamedRule, Var};
use super::value::{Cell, Value, arithmetic};
use super::world::{Ended, Event, World};

/// Rules `start`.
pub fn start(world: &mut World) {
    let spec = Rc::clone(&world.spec);
    for named in &spec.rules {
        if matches!(named.rule.trigger, Trigger::Start) {
            run(world, named, Vec::new(), 0);
        }
    }
}

/// Rules for the events from number `from` on, and for those that they cause. Gives the number of events answered.
pub fn answer(world: &mut World, from: usize) -> usize {
    let spec = Rc::clone(&world.spec);
    let mut next = from;
    while next < world.events.len() {
        let event = world.events[next].clone();
        next += 1;
        for named in &spec.rules {
            if let Trigger::On {
                event: wanted,
                pats,
                ..
            } = &named.rule.trigger
                && wanted.text == event.name
                && let Some(names) = bind(world, pats.iter().map(|(p, _)| p.as_ref()), &event)
            {
                // Earlier starts of the rule in this tick about the same.
                let same = |e: &&Event| {
                    let earlier = bind(world, pats.iter().map(|(p, _)| p.as_ref()), e);
                    e.name == event.name
                        && earlier
                            .is_some_and(|n| n.first().map(|f| &f.1) == names.first().map(|f| &f.1))
                };
                let times = world.events[..next - 1].iter().filter(same).count();
                run(world, named, names, times);
            }
        }
    }
    next
}

/// Rules `each`.
pub fn each(world: &mut World) {
    let spec = Rc::clone(&world.spec);
    for named in &spec.rules {
        let Trigger::Each {
            what,
            binder,
            every,
        } = &named.rule.trigger
        else {
            continue;
        };
        let every = every.as_ref().map(|e| {
            let mut scope = Scope::default();
            scope.eval(world, e).int().unwrap_or(1)
        });
        if let Some(n) = every
            && (world.tick == 0 || i64::from(world.tick) % n.max(1) != 0)
        {
            continue;
        }
        let members: Vec<Value> = if let Some(role) = spec.role(&what.text) {
            let all = 0..world.agents.len();
            all.filter(|s| world.agents[*s].role == role)
                .map(Value::Slot)
                .collect()
        } else {
            let kind = spec.kind(&what.text).expect("a role or a kind");
            if spec.has_identity(kind) {
                let all = 0..world.things.len();
                all.filter(|t| world.things[*t].kind == kind)
                    .map(Value::Thing)
                    .collect()
            } else {
                world.cells().into_iter().map(Value::Cell).collect()
            }
        };
        for member in members {
            // Things without identity are cells, as long as one is there.
            if let (Value::Cell(cell), Some(kind)) = (&member, spec.kind(&what.text))
                && world.placed(kind, *cell).is_none()
            {
                continue;
            }
            run(world, named, vec![(binder.text.clone(), member)], 0);
        }
    }
}

/// Binders of a pattern that fits the event.
fn bind<'a>(
    world: &World,
    pats: impl Iterator<Item = Option<&'a commonweal_core::scenario::ast::Name>>,
    event: &Event,
) -> Option<Vec<(String, Value)>> {
    let spec = &world.spec;
    let mut names = Vec::new();
    for (pat, value) in pats.zip(&event.fields) {
        let Some(pat) = pat else { continue };
        let name = pat.text.as_str();
        let fits = match value {
            Value::Kind(kind) => spec.kind(name).map(|k| k == *kind),
            Value::Role(role) => spec.role(name).map(|r| r == *role),
            Value::Slot(slot) => spec.role(name).map(|r| r == world.agents[*slot].role),
            Value::Message(m) => spec.message(name).map(|n| n == *m),
            Value::Beam(b) => spec.beams.iter().position(|n| n == name).map(|n| n == *b),
            Value::Thing(id) => spec.kind(name).map(|k| k == world.things[*id].kind),
            _ => None,
        };
        match fits {
            Some(true) => {}
            Some(false) => return None,
            None => names.push((name.to_owned(), value.clone())),
        }
    }
    Some(names)
}

fn run(world: &mut World, named: &NamedRule, names: Vec<(String, Value)>, times: usize) {
    let actor = names.iter().find_map(|(_, v)| v.slot());
    let mut scope = Scope::rule(world, &named.name, &named.rule, names, times);
    if let Some(when) = &named.rule.when
        && !scope.eval(world, when).holds()
    {
        return;
    }
    for effect in &named.rule.effects {
        apply(world, &mut scope, effect, actor);
    }
}

fn apply(world: &mut World, scope: &mut Scope, effect: &Effect, actor: Option<usize>) {
    match &effect.kind {
        EffectKind::Assign { place, op, value } => assign(world, scope, place, *op, value),
        EffectKind::Emit { event, args, after } => {
            let fields: Vec<Value> = args.iter().map(|a| scope.eval(world, a)).collect();
            let fields = as_declared(world, &event.text, fields);
            if fields.contains(&Value::Missing) {
                world.refused += 1;
                return;
            }
            match after {
                None => world.emit(&event.text, fields),
                Some(after) => {
                    let ticks = scope.eval(world, after).int().unwrap_or(0);
                    let due = world.tick + u32::try_from(ticks.max(1)).expect("a small number");
                    let name = event.text.clone();
                    world.later.push((due, Event { name, fields }));
                }
            }
        }
        EffectKind::Call(call) => {
            if act(world, scope, call, actor).is_none() {
                world.refused += 1;
            }
        }
    }
}

/// The fields of an author's event, as its types want them.
fn as_declared(world: &World, event: &str, fields: Vec<Value>) -> Vec<Value> {
    let declared = world.spec.tree.at(&format!("events.{event}"));
    let types = super::spec::texts(declared);
    let field = |(value, ty): (Value, &String)| match ty.as_str() {
        // A slot without a body stands nowhere, which can be told.
        "cell" if matches!(value, Value::Slot(_) | Value::Thing(_)) => {
            let cell = Scope::default().place(world, &value);
            Value::Cell(cell.unwrap_or(super::value::NOWHERE))
        }
        ty => widened(value, ty),
    };
    fields.into_iter().zip(&types).map(field).collect()
}

fn assign(world: &mut World, scope: &mut Scope, place: &Expr, op: AssignOp, value: &Expr) {
    let spec = Rc::clone(&world.spec);
    let value = scope.eval(world, value);
    let (owner, name) = match &place.kind {
        ExprKind::Name(name) => (None, name.clone()),
        ExprKind::Field(of, name) => (Some(scope.eval(world, of)), name.text.clone()),
        other => panic!("{other:?} is no place"),
    };
    let vars: &[Var] = match &owner {
        None => &spec.vars,
        Some(Value::Slot(slot)) => &spec.roles[world.agents[*slot].role].vars,
        Some(Value::Thing(id)) => &spec.kinds[world.things[*id].kind].vars,
        Some(_) => {
            world.refused += 1;
            return;
        }
    };
    let Some(var) = vars.iter().find(|v| v.name == name) else {
        world.refused += 1;
        return;
    };
    let old = match &owner {
        None => world.vars[&name].clone(),
        Some(Value::Slot(slot)) => world.agents[*slot].vars[&name].clone(),
        Some(Value::Thing(id)) => world.things[*id].vars[&name].clone(),
        Some(_) => return,
    };
    use commonweal_core::scenario::ast::Op2;
    let new = match op {
        AssignOp::Set => value,
        AssignOp::Add => arithmetic(Op2::Add, &old, &value, &mut world.saturated),
        AssignOp::Sub => arithmetic(Op2::Sub, &old, &value, &mut world.saturated),
    };
    let new = kept(var, widened(new, &var.ty));
    // A variable that names somebody or a place can name nobody and nowhere.
    if new == Value::Missing && !["slot", "cell"].contains(&var.ty.as_str()) {
        world.refused += 1;
        return;
    }
    match owner {
        None => world.vars.insert(name, new),
        Some(Value::Slot(slot)) => world.agents[slot].vars.insert(name, new),
        Some(Value::Thing(id)) => world.things[id].vars.insert(name, new),
        Some(_) => None,
    };
}

/// Does an effect; nothing when it cannot be applied.
#[expect(clippy::too_many_lines, reason = "a list, one effect after the other")]
fn act(world: &mut World, scope: &mut Scope, call: &Call, actor: Option<usize>) -> Option<()> {
    let spec = Rc::clone(&world.spec);
    let name = call.name.text.as_str();
    let arg = |i: usize| &call.args[i].value;
    let word = |i: usize| match &arg(i).kind {
        ExprKind::Name(n) => n.clone(),
        ExprKind::Text(t) => t.clone(),
        _ => String::new(),
    };
    let ok = |done: bool| done.then_some(());
    match name {
        "pay" => {
            let slot = scope.eval(world, arg(0));
            let amount = scope.eval(world, arg(2)).num();
            let channel = spec.channels.iter().position(|c| *c == word(1))?;
            world.pay(slot.slot()?, channel, amount?);
        }
        "give" => {
            let slot = scope.eval(world, arg(0)).slot();
            let kind = spec.kind(&word(1))?;
            let n = scope.eval(world, arg(2)).int()?;
            let slot = slot?;
            for _ in 0..n.max(0) {
                if !spec.has_identity(kind) && world.carries(slot, kind) >= 255 {
                    break;
                }
                let id = world.begin(kind)?;
                if let Some(id) = id {
                    world.things[id].holder = Some(slot);
                }
                *world.agents[slot].carried.entry(kind).or_default() += 1;
            }
        }
        "take" => {
            let slot = scope.eval(world, arg(0)).slot();
            let kind = spec.kind(&word(1))?;
            let n = scope.eval(world, arg(2)).int()?;
            let slot = slot?;
            for _ in 0..n.clamp(0, world.carries(slot, kind)) {
                world.release(slot, kind);
            }
        }
        "transfer" => {
            let from = scope.eval(world, arg(0)).slot();
            let to = scope.eval(world, arg(1)).slot();
            let kind = spec.kind(&word(2))?;
            let n = scope.eval(world, arg(3)).int()?;
            let (from, to) = (from?, to?);
            for _ in 0..n.clamp(0, world.carries(from, kind)) {
                let Some(placed) = world.release(from, kind) else {
                    break;
                };
                if let Some(id) = placed.id {
                    world.things[id].holder = Some(to);
                }
                let carried = world.agents[to].carried.entry(kind).or_default();
                *carried = (*carried + 1).min(255);
            }
        }
        "place" => {
            let cell = cell_of(world, scope, arg(1))?;
            ok(world.place(spec.kind(&word(0))?, cell))?;
        }
        "clear" => {
            let cell = cell_of(world, scope, arg(1))?;
            ok(world.clear(spec.kind(&word(0))?, cell))?;
        }
        "become" => {
            let thing = scope.eval(world, arg(0));
            let cell = scope.place(world, &thing)?;
            let kind = spec.kind(&word(1))?;
            let old = match thing {
                Value::Thing(id) => world.things[id].kind,
                _ => {
                    let layer = spec.kinds[kind].layer;
                    world.square(cell).layers[layer]?.kind
                }
            };
            world.clear(old, cell);
            ok(world.place(kind, cell))?;
        }
        "move_to" => {
            let slot = scope.eval(world, arg(0)).slot();
            let cell = cell_of(world, scope, arg(1))?;
            let slot = slot?;
            if !world.agents[slot].body || !world.is_free(cell) {
                return None;
            }
            world.remove_body(slot);
            world.put_body(slot, cell);
            world.agents[slot].lands = true;
        }
        "send_away" => {
            let slot = scope.eval(world, arg(0)).slot();
            let ticks = if word(1) == "never" {
                None
            } else {
                let n = scope.eval(world, arg(1)).int()?;
                Some(u32::try_from(n.max(0)).expect("not negative"))
            };
            world.send_away(slot?, ticks);
        }
        "freeze" => {
            let slot = scope.eval(world, arg(0)).slot();
            let n = scope.eval(world, arg(1)).int()?;
            world.freeze(slot?, u32::try_from(n.max(0)).expect("not negative"));
        }
        "kill" => {
            let slot = scope.eval(world, arg(0)).slot()?;
            world.kill(slot);
        }
        "revive" => {
            let slot = scope.eval(world, arg(0)).slot()?;
            ok(world.revive(slot))?;
        }
        "disable" | "enable" => {
            let slot = scope.eval(world, arg(0)).slot();
            let by = scope.eval(world, arg(1)).slot();
            if name == "disable" {
                world.disable(slot?, by);
            } else {
                ok(world.enable(slot?, by))?;
            }
        }
        "open" | "shut" => match scope.eval(world, arg(0)) {
            Value::Thing(id) => ok(world.set_open(id, name == "open"))?,
            _ => return None,
        },
        "drop_all" => {
            let slot = scope.eval(world, arg(0)).slot()?;
            ok(world.drop_all(slot))?;
        }
        "tell" => {
            let slot = scope.eval(world, arg(0)).slot();
            let message = spec.message(&word(1))?;
            let truth = super::mechanics::truth(world, message, actor);
            let sender = actor.or(slot);
            world.hear(slot?, sender?, message, truth);
        }
        "claim" => {
            use super::mechanics::territory;
            let cell = cell_of(world, scope, arg(0));
            let slot = scope.eval(world, arg(1)).slot()?;
            let id = territory::claimable_at(world, cell?)?;
            let owner = i64::try_from(slot).expect("small") + 1;
            if world.things[id].state != owner {
                territory::set_owner(world, id, Some(slot));
            }
        }
        "next_round" => world.round_over = true,
        "finish" => world.ended = Ended::Terminated,
        other => panic!("the reference does not know the effect {other}"),
    }
    Some(())
}

fn cell_of(world: &mut World, scope: &mut Scope, expr: &Expr) -> Option<Cell> {
    let value = scope.eval(world, expr);
    scope.place(world, &value)
}
