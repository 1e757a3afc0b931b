//! Control agents: the first line of the script whose condition holds and whose target exists gives the action.
//!
//! **Invariant.** With `senses = "view"` nothing outside the window is known, and cells there count as free.

use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use commonweal_core::draw::{Purpose, TickDraw};
use commonweal_core::scenario::ast::{Arg, Call, Expr, ExprKind, Item};

use super::eval::Scope;
use super::mechanics::{actions, legal};
use super::spec::{Bot, Spec};
use super::value::{Cell, Value};
use super::world::{DIRECTIONS, World, small};

/// Chance that a wandering bot that can turn does so, in millionths.
const TURN_CHANCE: i64 = 125_000;

/// Whether the window turns with the agent.
fn turns(spec: &Spec) -> bool {
    let movement = spec.mechanics.iter().find(|m| m.name == "move");
    movement.is_some_and(|m| m.flag("turn_view", m.text("mode") == Some("turn")))
}

/// Cells of the window of a slot, with those outside the map; none without a body.
pub fn window(world: &World, slot: usize) -> Vec<Cell> {
    let agent = &world.agents[slot];
    let Some((r, c)) = agent.cell.filter(|_| agent.body) else {
        return Vec::new();
    };
    let [ahead, behind, side] = world.spec.roles[agent.role].view;
    let facing = if turns(&world.spec) { agent.facing } else { 0 };
    let (fr, fc) = DIRECTIONS[facing];
    let (sr, sc) = DIRECTIONS[(facing + 1) % 4];
    let mut out = Vec::new();
    for a in -behind..=ahead {
        for s in -side..=side {
            out.push((r + a * fr + s * sr, c + a * fc + s * sc));
        }
    }
    out.sort_unstable();
    out
}

/// Whether a cell of the map lies in the window of a slot.
pub fn in_window(world: &World, slot: usize, cell: Cell) -> bool {
    let agent = &world.agents[slot];
    let Some((r, c)) = agent.cell.filter(|_| agent.body) else {
        return false;
    };
    if world.spec.wrap {
        return window(world, slot)
            .into_iter()
            .any(|seen| world.wrapped(seen) == cell);
    }
    let [ahead, behind, side] = world.spec.roles[agent.role].view;
    let facing = if turns(&world.spec) { agent.facing } else { 0 };
    let (fr, fc) = DIRECTIONS[facing];
    let (dr, dc) = (cell.0 - r, cell.1 - c);
    let a = dr * fr + dc * fc;
    let s = dr * fc - dc * fr;
    (-behind..=ahead).contains(&a) && s.abs() <= side && world.inside(cell)
}

/// The rotation of a slot's direction order, drawn once an episode.
fn rotation(world: &World, slot: usize) -> usize {
    let draws = TickDraw::new(world.domain, world.seed, world.episode, 0);
    let turn = draws.key(Purpose::PathTie, 0, 0).below(small(slot), 4);
    usize::try_from(turn).expect("below 4")
}

/// What a bot takes for a wall, and where it can look for ways.
struct Ground {
    walls: BTreeSet<Cell>,
    avoided: BTreeSet<Cell>,
    /// Corners of what is searched.
    least: Cell,
    most: Cell,
    at: Cell,
    /// Rows and columns of a torus, which is searched as a whole.
    torus: Option<Cell>,
}

fn ground(scope: &mut Scope, world: &mut World, bot: &Bot) -> Option<Ground> {
    let me = scope.me.expect("a script");
    let agent = &world.agents[me];
    let at = agent.cell.filter(|_| agent.body)?;
    // On a torus a window shows cells of the map, some of them several times.
    let known: BTreeSet<Cell> = if scope.view {
        let seen = window(world, me).into_iter();
        seen.map(|c| world.wrapped(c)).collect()
    } else {
        world.cells().into_iter().collect()
    };
    let swap = world
        .spec
        .mechanics
        .iter()
        .any(|m| m.name == "move" && m.text("collide") == Some("swap"));
    let mut walls: BTreeSet<Cell> = known
        .iter()
        .copied()
        .filter(|&cell| world.blocked(cell))
        .collect();
    for &(dr, dc) in &DIRECTIONS {
        let cell = world.wrapped((at.0 + dr, at.1 + dc));
        if !world.inside(cell) || !swap && world.square(cell).body.is_some() {
            walls.insert(cell);
        }
    }
    let mut avoided = BTreeSet::new();
    for item in &bot.items {
        let Item::Avoid { kind, cond } = item else {
            continue;
        };
        let arg = Arg {
            value: Expr {
                kind: ExprKind::Name(kind.text.clone()),
                span: kind.span,
                depth: 1,
            },
            cond: cond.clone(),
        };
        for member in scope.members(world, &arg) {
            if let Some(cell) = scope.place(world, &member) {
                avoided.extend(known.get(&cell));
            }
        }
    }
    let ring = i32::from(scope.view);
    let rows = known.iter().map(|c| c.0);
    let columns = known.iter().map(|c| c.1);
    Some(Ground {
        walls,
        avoided,
        least: (rows.clone().min()? - ring, columns.clone().min()? - ring),
        most: (rows.max()? + ring, columns.max()? + ring),
        at,
        torus: world.spec.wrap.then_some(world.size),
    })
}

impl Ground {
    /// The cell next to one.
    fn next(&self, cell: Cell, direction: usize) -> Cell {
        let (dr, dc) = DIRECTIONS[direction];
        let (r, c) = (cell.0 + dr, cell.1 + dc);
        self.torus
            .map_or((r, c), |(h, w)| (r.rem_euclid(h), c.rem_euclid(w)))
    }
    /// Length of a shortest path to the nearest target, and its first direction in the slot's order. A target may stand in a wall:
    /// it is approached, and next to it there is no direction. What is avoided is no target.
    fn search(
        &self,
        world: &World,
        turn: usize,
        targets: &BTreeSet<Cell>,
    ) -> Option<(usize, Option<usize>)> {
        if targets.contains(&self.at) {
            return Some((0, None));
        }
        let mut seen = BTreeSet::from([self.at]);
        let mut queue = VecDeque::from([(self.at, 0, 4)]);
        while let Some((cell, length, first)) = queue.pop_front() {
            for i in 0..4 {
                let direction = (i + turn) % 4;
                let next = self.next(cell, direction);
                let outside = self.torus.is_none()
                    && (next.0 < self.least.0
                        || next.1 < self.least.1
                        || next.0 > self.most.0
                        || next.1 > self.most.1);
                if outside || self.avoided.contains(&next) || !seen.insert(next) {
                    continue;
                }
                let wall = self.walls.contains(&next);
                let first = if length == 0 { direction } else { first };
                if world.inside(next) && targets.contains(&next) {
                    let entered = !(wall && length == 0);
                    return Some((length + 1, entered.then_some(first)));
                }
                if !wall {
                    queue.push_back((next, length + 1, first));
                }
            }
        }
        None
    }
    /// Whether a step can lead there.
    fn open(&self, direction: usize) -> bool {
        let next = self.next(self.at, direction);
        !self.walls.contains(&next) && !self.avoided.contains(&next)
    }
}

/// The cells that are meant: those of `nearest(…)`, or a place.
fn targets(scope: &mut Scope, world: &mut World, arg: &Arg) -> BTreeSet<Cell> {
    if let ExprKind::Call(Call { name, args, .. }) = &arg.value.kind
        && name.text == "nearest"
    {
        let all = scope.members(world, &args[0]);
        let me = scope.me.map(Value::Slot);
        return all
            .iter()
            .filter(|m| me.as_ref() != Some(m))
            .filter_map(|m| scope.place(world, m))
            .collect();
    }
    let value = scope.eval(world, &arg.value);
    let cell = scope.place(world, &value);
    cell.filter(|&c| scope.senses(world, c))
        .into_iter()
        .collect()
}

/// The nearest of them as the crow flies, ties by place.
fn crow(world: &World, at: Cell, goal: BTreeSet<Cell>) -> Option<Cell> {
    goal.into_iter().min_by_key(|&c| {
        let (rows, columns) = world.apart(c, at);
        (rows + columns, c)
    })
}

/// `path(place)`: its length, or 9999.
pub fn path_length(scope: &mut Scope, world: &mut World, arg: &Arg) -> Value {
    let spec = Rc::clone(&world.spec);
    let goal = targets(scope, world, arg);
    let bot = &spec.bots[scope.bot.expect("a script")];
    let found = ground(scope, world, bot)
        .and_then(|g| g.search(world, rotation(world, scope.me.expect("a script")), &goal));
    let length = found.map_or(9999, |(n, _)| i64::try_from(n).expect("small"));
    Value::Int(length)
}

/// The action that steps in a direction.
fn step_action(world: &World, slot: usize, direction: usize) -> Option<usize> {
    let all = actions(&world.spec, world.agents[slot].role);
    let facing = world.agents[slot].facing;
    let names = [
        ["n", "e", "s", "w"][direction],
        ["forward", "right", "back", "left"][(direction + 4 - facing) % 4],
    ];
    all.iter()
        .position(|a| a.mechanic.0 == "move" && names.contains(&a.name.as_str()))
}

/// What a bot plays, and its registers afterwards.
pub fn decide(world: &mut World, slot: usize, number: usize) -> usize {
    let spec = Rc::clone(&world.spec);
    let bot = &spec.bots[number];
    let lets: Vec<&str> = bot
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Let { name, .. } => Some(name.text.as_str()),
            _ => None,
        })
        .collect();
    if !world.can_act(slot) {
        return 0;
    }
    for item in &bot.items {
        let Item::Line {
            label,
            cond,
            action,
            updates,
            ..
        } = item
        else {
            continue;
        };
        let name = label.as_ref().map_or_else(
            || bot.name.clone(),
            |label| format!("{}.{}", bot.name, label.text),
        );
        let mut parts: Vec<&Expr> = cond.iter().collect();
        parts.extend(
            action
                .args
                .iter()
                .flat_map(|a| std::iter::once(&a.value).chain(&a.cond)),
        );
        parts.extend(updates.iter().map(|(_, e)| e));
        let mut scope = Scope::line(&spec, &name, &parts, slot, !bot.world);
        scope.bot = Some(number);
        for (name, value) in lets.iter().zip(&world.agents[slot].registers) {
            scope.names.push(((*name).to_owned(), Value::Int(*value)));
        }
        if let Some(cond) = cond
            && !scope.eval(world, cond).holds()
        {
            continue;
        }
        let Some(chosen) = play(&mut scope, world, bot, action) else {
            continue;
        };
        for (name, value) in updates {
            let value = scope.eval(world, value).int().unwrap_or(0);
            let place = lets.iter().position(|l| *l == name.text);
            let place = place.expect("a register");
            world.agents[slot].registers[place] = value;
            scope.names[place].1 = Value::Int(value);
        }
        return chosen;
    }
    0
}

/// The index of the action, if its target exists.
fn play(scope: &mut Scope, world: &mut World, bot: &Bot, call: &Call) -> Option<usize> {
    let me = scope.me.expect("a script");
    let all = actions(&world.spec, world.agents[me].role);
    let turn = rotation(world, me);
    match call.name.text.as_str() {
        "stay" => Some(0),
        "go" => {
            let goal = targets(scope, world, &call.args[0]);
            let (_, first) = ground(scope, world, bot)?.search(world, turn, &goal)?;
            step_action(world, me, first?)
        }
        "flee" => flee(scope, world, bot, &call.args[0]),
        "wander" => Some(wander(scope, world, bot)),
        "face" => face(scope, world, &call.args[0]),
        "use" => {
            let ExprKind::Name(verb) = &call.args[0].value.kind else {
                return None;
            };
            if let Some(target) = call.args.get(1)
                && targets(scope, world, target).is_empty()
            {
                return None;
            }
            (0..all.len())
                .find(|&i| (all[i].verb == *verb || all[i].name == *verb) && legal(world, me, i))
        }
        "say" => {
            let ExprKind::Name(message) = &call.args[0].value.kind else {
                return None;
            };
            let name = format!("say:{message}");
            let index = all.iter().position(|a| a.name == name)?;
            legal(world, me, index).then_some(index)
        }
        "act" => {
            let index = scope.eval(world, &call.args[0].value).int()?;
            let index = usize::try_from(index).ok()?;
            (index < all.len()).then_some(index)
        }
        other => panic!("the reference does not know the action {other}"),
    }
}

/// A drawn step among those that lead somewhere. A bot that can turn does so once in a while, and when there is no way.
fn wander(scope: &mut Scope, world: &mut World, bot: &Bot) -> usize {
    let me = scope.me.expect("a script");
    let all = actions(&world.spec, world.agents[me].role);
    let named = |name: &str| all.iter().position(|a| a.name == name);
    let side = world.below(Purpose::Wander, "", small(me), 5, 2);
    let turn = named("turn_left").zip(named("turn_right"));
    let turn = turn.map(|(left, right)| if side == 0 { left } else { right });
    if let Some(turn) = turn
        && world.chance(Purpose::Wander, "", small(me), 4, TURN_CHANCE)
    {
        return turn;
    }
    let step = ground(scope, world, bot).and_then(|ground| {
        let open = (0..4).filter(|&d| ground.open(d));
        let best = open.min_by_key(|&d| {
            let k = u16::try_from(d).expect("below 4");
            (world.draw(Purpose::Wander, "", small(me), k), d)
        })?;
        step_action(world, me, best)
    });
    step.or(turn).unwrap_or(0)
}

/// A step that leads away from the nearest target, the farther the better.
fn flee(scope: &mut Scope, world: &mut World, bot: &Bot, arg: &Arg) -> Option<usize> {
    let me = scope.me.expect("a script");
    let turn = rotation(world, me);
    let goal = targets(scope, world, arg);
    let ground = ground(scope, world, bot)?;
    let target = crow(world, ground.at, goal)?;
    let distance = |cell: Cell| {
        let (rows, columns) = world.apart(target, cell);
        rows + columns
    };
    let mut best: Option<(i32, usize)> = None;
    for i in 0..4 {
        let direction = (i + turn) % 4;
        if !ground.open(direction) {
            continue;
        }
        let there = distance(ground.next(ground.at, direction));
        if there > distance(ground.at) && best.is_none_or(|(d, _)| there > d) {
            best = Some((there, direction));
        }
    }
    step_action(world, me, best?.1)
}

/// Turns to the nearest target.
fn face(scope: &mut Scope, world: &mut World, arg: &Arg) -> Option<usize> {
    let me = scope.me.expect("a script");
    let agent = &world.agents[me];
    let at = agent.cell.filter(|_| agent.body)?;
    let facing = agent.facing;
    let goal = targets(scope, world, arg);
    let target = crow(world, at, goal)?;
    // On a torus the short way round; where both are as long, on southward and eastward.
    let short = |d: i32, n: i32| {
        let on = d.rem_euclid(n);
        if 2 * on > n { on - n } else { on }
    };
    let (mut dr, mut dc) = (target.0 - at.0, target.1 - at.1);
    if world.spec.wrap {
        (dr, dc) = (short(dr, world.size.0), short(dc, world.size.1));
    }
    if (dr, dc) == (0, 0) {
        return None;
    }
    let wanted = if dr.abs() >= dc.abs() {
        if dr < 0 { 0 } else { 2 }
    } else if dc > 0 {
        1
    } else {
        3
    };
    if wanted == facing {
        return None;
    }
    let all = actions(&world.spec, world.agents[me].role);
    let name = match (wanted + 4 - facing) % 4 {
        1 | 2 => "turn_right",
        _ => "turn_left",
    };
    all.iter()
        .position(|a| a.name == name || a.name == ["n", "e", "s", "w"][wanted])
}
