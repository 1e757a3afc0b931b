//! Checks scripts of bots and hands them to the code generator.
//!
//! **Invariant.** A bot that senses a view names nothing that its role does not see.

use crate::bots::{Act, Goal, Line, Moves, Script, Target};
use crate::diagnostic::{Diagnostic, Span};
use crate::draw::name_hash;
use crate::ids::RoleId;
use crate::rules::Program;
use crate::rules::code::{Code, Mode, Set};
use crate::scenario::ast::{Arg, Call, Expr, ExprKind, Item, Name};
use crate::scenario::check_expr::{BotScope, Checker, Ty, number};
use crate::scenario::check_rules::too_long;
use crate::scenario::lower::{E, Lower, ScanE};
use crate::scenario::names::{Names, Text, suggest};
use crate::scenario::parse;
use crate::scenario::sigs;
use crate::state::{MAX_REGISTERS, MessageDecl, Type};

/// Most lines of a script.
const MAX_LINES: usize = 64;
/// Most operations of a decision, proved at load.
const MAX_DECISION: u64 = 16_384;
/// Most cells that the path searches of a decision walk through: four searches of the largest map.
const MAX_SEARCHED: u64 = 4 * 16_384;

/// A bot's script as the file gives it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BotText<'a> {
    /// The bot's name; part of the names of its draws.
    pub name: &'a str,
    /// The role that it is written for; `None` for any.
    pub role: Option<RoleId>,
    /// Whether it is a control (not a resident): then it may read only what its role sees.
    pub control: bool,
    /// `senses = "world"`.
    pub world: bool,
    /// Where `senses` stands, or the bot's name.
    pub senses_at: Span,
    /// The script.
    pub script: Text<'a>,
}

/// Compiles a script; `None` if it has an error, which is added to `out`.
pub fn compile_bot(
    names: &Names<'_>,
    bot: BotText<'_>,
    out: &mut Vec<Diagnostic>,
) -> Option<Script> {
    let mut slips = Vec::new();
    if bot.control && bot.world {
        let what = "a control of a focal role with `senses = \"world\"`: a test that it passes must be one that a subject could pass";
        slips.push(Diagnostic::error(
            "E409",
            bot.senses_at,
            what,
            "write `senses = \"view\"`, or leave it out",
        ));
    }
    let items = parse::script(bot.script, &mut slips);
    let only = (names.table.roles.len() == 1).then(|| RoleId::new(0));
    let role = bot.role.or(only);
    let mut checker = Checker::new(names);
    let scope = BotScope {
        role,
        control: bot.control,
        world: bot.world,
        registers: Vec::new(),
    };
    checker.bot = Some(scope);
    let me = checker.bind("me", Ty::Slot(role.map(RoleId::get)), None);
    let mut compiler = Compiler {
        checker,
        me,
        name: bot.name,
        area: sensed(names, role, bot.world),
        cost: 0,
        searched: 0,
        draws: Vec::new(),
    };
    let script = compiler.script(&items, bot.world);
    if compiler.cost > MAX_DECISION && slips.is_empty() && compiler.checker.out.is_empty() {
        let at = Span {
            start: bot.script.base,
            end: bot.script.base,
        };
        let what = format!(
            "a decision can take {} operations, the limit is {MAX_DECISION} (operations a decision)",
            compiler.cost
        );
        slips.push(Diagnostic::error(
            "E413",
            at,
            what,
            "use fewer lines or smaller windows",
        ));
    }
    if compiler.searched > MAX_SEARCHED && slips.is_empty() && compiler.checker.out.is_empty() {
        let at = Span {
            start: bot.script.base,
            end: bot.script.base,
        };
        let what = format!(
            "path searches of a decision can walk through {} cells, the limit is {MAX_SEARCHED} (path searches)",
            compiler.searched
        );
        let help = "use `go` and `path` in fewer lines, or a smaller map";
        slips.push(Diagnostic::error("E413", at, what, help));
    }
    slips.append(&mut compiler.checker.out);
    slips.sort_by_key(|d| d.span.start);
    let fine = slips.is_empty();
    out.extend(slips);
    fine.then_some(script)
}

/// Cells that a bot senses at most.
fn sensed(names: &Names<'_>, role: Option<RoleId>, world: bool) -> usize {
    let map = usize::from(names.table.geometry.height) * usize::from(names.table.geometry.width);
    let windows = names
        .table
        .roles
        .iter()
        .enumerate()
        .filter(|(i, _)| role.is_none_or(|r| r.index() == *i));
    let largest = windows
        .map(|(_, r)| r.window().0 * r.window().1)
        .max()
        .unwrap_or(map);
    if world { map } else { largest.min(map) }
}

struct Compiler<'n, 'a, 'b> {
    checker: Checker<'n, 'a>,
    /// Id of the bot itself.
    me: usize,
    name: &'b str,
    area: usize,
    cost: u64,
    /// Cells that path searches of one decision can walk through.
    searched: u64,
    /// Names of lines that draw.
    draws: Vec<u32>,
}

impl Compiler<'_, '_, '_> {
    fn script(&mut self, items: &[Item], world: bool) -> Script {
        let mut script = Script {
            world,
            moves: self.moves(),
            ..Script::default()
        };
        for item in items {
            match item {
                Item::Let { name, value } => {
                    if script.lets.len() == MAX_REGISTERS {
                        let what = format!(
                            "more than {MAX_REGISTERS} registers, the limit is {MAX_REGISTERS} (registers)"
                        );
                        self.checker.slip("E413", name.span, what, "use fewer");
                    }
                    self.new_register(name);
                    self.checker.no_draws = Some("in `let`");
                    let e = self.checker.want(value, Ty::Int);
                    script.lets.extend(self.program(&e, None, value.span));
                }
                Item::Avoid { kind, cond } => {
                    let arg = Arg {
                        value: Expr {
                            kind: ExprKind::Name(kind.text.clone()),
                            span: kind.span,
                            depth: 1,
                        },
                        cond: cond.clone(),
                    };
                    self.checker.no_draws = Some("in `avoid`");
                    let scan = self.checker.scan(Mode::Seen, &arg, None, Ty::Bool);
                    if let E::Scan(scan) = scan.e {
                        script.avoid.extend(self.goal(&scan, kind.span));
                    }
                }
                Item::Line {
                    label,
                    cond,
                    action,
                    updates,
                    span,
                } => {
                    let line = self.line(label.as_ref(), cond.as_ref(), action, updates, *span);
                    script.lines.extend(line);
                }
            }
        }
        if script.lines.len() > MAX_LINES {
            let at = items.last().map_or(Span::default(), |i| {
                if let Item::Line { span, .. } = i {
                    *span
                } else {
                    Span::default()
                }
            });
            self.checker.slip(
                "E413",
                at,
                format!("more than {MAX_LINES} lines, the limit is {MAX_LINES} (lines)"),
                "use fewer",
            );
        }
        script
    }

    fn new_register(&mut self, name: &Name) {
        let table = self.checker.names.table;
        let again = self
            .checker
            .bot
            .as_ref()
            .is_some_and(|b| b.registers.contains(&name.text));
        let taken = again
            || table.vars.iter().any(|v| v.name == name.text)
            || table.kind(&name.text).is_some()
            || name.text == "me";
        if taken {
            self.checker.slip(
                "E404",
                name.span,
                format!("`{}` is the name of something else", name.text),
                "use another name",
            );
        }
        if let Some(bot) = &mut self.checker.bot {
            bot.registers.push(name.text.clone());
        }
    }

    /// Actions that move a body, by role.
    fn moves(&self) -> Vec<Moves> {
        let of = |role: &crate::state::Role| {
            let action = |names: [&str; 2]| {
                let at = role
                    .actions
                    .iter()
                    .position(|a| names.contains(&a.name.as_str()));
                at.and_then(|i| u8::try_from(i).ok()).unwrap_or(0)
            };
            Moves {
                absolute: [["n", "north"], ["e", "east"], ["s", "south"], ["w", "west"]]
                    .map(action),
                relative: [["forward", ""], ["right", ""], ["back", ""], ["left", ""]].map(action),
                turn_left: action(["turn_left", ""]),
                turn_right: action(["turn_right", ""]),
            }
        };
        self.checker.names.table.roles.iter().map(of).collect()
    }

    fn program(&mut self, e: &E, it: Option<usize>, span: Span) -> Option<Program> {
        let ids: Vec<usize> = std::iter::once(self.me).chain(it).collect();
        let program = Lower::new(self.checker.names.table, &ids, self.area).value(e, 0);
        match &program {
            Some(p) => {
                let times = if it.is_some() { self.area as u64 } else { 1 };
                self.cost = self.cost.saturating_add(u64::from(p.cost()) * times);
                let searches = u64::from(p.paths) * times;
                self.searched = (self.searched).saturating_add(searches * self.area as u64);
            }
            None => {
                self.checker.out.push(too_long(span));
            }
        }
        program
    }

    fn goal(&mut self, scan: &ScanE, span: Span) -> Option<Goal> {
        let cond = match &scan.cond {
            Some(cond) => Some(self.program(cond, Some(scan.it), span)?),
            None => None,
        };
        // Things with rows are few, however large the window.
        let set = match scan.set {
            Set::Kind { kind, rows } => Set::Kind {
                kind,
                rows: rows && cond.is_some(),
            },
            role @ Set::Role { .. } => role,
        };
        Some(Goal { set, cond })
    }

    fn target(&mut self, expr: &Expr) -> Option<Target> {
        if let Some(scan) = self.checker.target_set(expr) {
            return self.goal(&scan?, expr.span).map(Target::Nearest);
        }
        let e = self.checker.want(expr, Ty::Cell);
        self.program(&e, None, expr.span).map(Target::Place)
    }

    fn line(
        &mut self,
        label: Option<&Name>,
        cond: Option<&Expr>,
        action: &Call,
        updates: &[(Name, Expr)],
        span: Span,
    ) -> Option<Line> {
        self.checker.no_draws = None;
        (self.checker.drew, self.checker.sites) = (None, 0);
        self.checker.expansions = 0;
        let cond = match cond {
            Some(expr) => {
                let e = self.checker.want(expr, Ty::Bool);
                Some(self.program(&e, None, expr.span))
            }
            None => None,
        };
        let act = self.act(action);
        if matches!(act, Some(Act::Go(_))) {
            self.searched = self.searched.saturating_add(self.area as u64);
        }
        let updates: Vec<_> = updates
            .iter()
            .map(|(name, expr)| self.update(name, expr))
            .collect();
        if let Some(at) = self.checker.drew {
            match label {
                None => drop(self.checker.slip(
                    "E411",
                    at,
                    "a line that draws needs a name",
                    "write `name: if … -> …`",
                )),
                Some(l)
                    if self
                        .draws
                        .contains(&name_hash(&format!("{}.{}", self.name, l.text))) =>
                {
                    let what = format!("two lines that draw are named `{}`", l.text);
                    self.checker.slip(
                        "E411",
                        l.span,
                        what,
                        "draws go by the name: give each its own",
                    );
                }
                Some(_) => {}
            }
        }
        let _ = span;
        let name = label.map_or(0, |l| name_hash(&format!("{}.{}", self.name, l.text)));
        if self.checker.drew.is_some() {
            self.draws.push(name);
        }
        let cond = match cond {
            Some(program) => Some(program?),
            None => None,
        };
        let mut line = Line {
            cond,
            act: act?,
            updates: updates.into_iter().collect::<Option<_>>()?,
        };
        line.named(name);
        Some(line)
    }

    fn update(&mut self, name: &Name, expr: &Expr) -> Option<(u8, Program)> {
        let registers = self
            .checker
            .bot
            .as_ref()
            .map(|b| b.registers.clone())
            .unwrap_or_default();
        let at = registers.iter().position(|r| *r == name.text);
        if at.is_none() {
            let help = if registers.is_empty() {
                format!("write `let {} = 0` above", name.text)
            } else {
                suggest(&name.text, registers.iter().map(String::as_str))
            };
            self.checker.slip(
                "E404",
                name.span,
                format!("`{}` is no register", name.text),
                help,
            );
        }
        let e = self.checker.want(expr, Ty::Int);
        let program = self.program(&e, None, expr.span)?;
        Some((u8::try_from(at?).ok()?, program))
    }

    fn act(&mut self, call: &Call) -> Option<Act> {
        let name = call.name.text.as_str();
        let Some(sig) = sigs::find(sigs::ACTIONS, name) else {
            self.checker.unknown_call(call, sigs::ACTIONS);
            return None;
        };
        if !self.checker.arity(sig, call) {
            return None;
        }
        match name {
            "stay" => Some(Act::Stay),
            "wander" => Some(Act::Wander),
            "go" => self.target(&call.args[0].value).map(Act::Go),
            "flee" => self.target(&call.args[0].value).map(Act::Flee),
            "face" => self.target(&call.args[0].value).map(Act::Face),
            "use" => self.use_verb(call),
            "say" => self.say(call),
            _ => {
                let expr = &call.args[0].value;
                let e = self.checker.want(expr, Ty::Int);
                self.program(&e, None, expr.span).map(Act::Index)
            }
        }
    }

    /// `use(verb)`, `use(verb, word)` for an action `verb:word`, `use(verb, target)`.
    fn use_verb(&mut self, call: &Call) -> Option<Act> {
        let verb = &call.args[0].value;
        let Some(second) = call.args.get(1).map(|a| &a.value) else {
            return self
                .checker
                .verb(verb, None)
                .map(|actions| Act::Use(actions, None));
        };
        if let ExprKind::Name(word) = &second.kind
            && let Some(actions) = self.checker.verb(verb, Some(word))
        {
            return Some(Act::Use(actions, None));
        }
        let actions = self.checker.verb(verb, None)?;
        self.target(second)
            .map(|target| Act::Use(actions, Some(target)))
    }

    fn say(&mut self, call: &Call) -> Option<Act> {
        let word = &call.args[0].value;
        self.checker.message(word)?;
        let ExprKind::Name(message) = &word.kind else {
            return None;
        };
        let say = Expr {
            kind: ExprKind::Name("say".to_owned()),
            span: call.name.span,
            depth: 1,
        };
        let table = self.checker.names.table;
        let decl = table.messages.iter().find(|m| m.name == *message)?;
        if decl.args.len() + 1 != call.args.len() {
            let names: Vec<&str> = decl.args.iter().map(|a| a.name.as_str()).collect();
            let what = format!("`{message}` takes {} arguments", names.len());
            let help = format!(
                "write `say({})`",
                [&[message.as_str()], &names[..]].concat().join(", ")
            );
            self.checker.slip("E403", call.span, what, help);
            return None;
        }
        if !decl.args.is_empty() {
            return self.say_with(decl, &say, call);
        }
        if let Some(actions) = self.checker.verb(&say, Some(message)) {
            return Some(Act::Use(actions, None));
        }
        let table = self.checker.names.table;
        let role = self.checker.bot.as_ref().and_then(|b| b.role);
        let who = role.map_or("no role", |r| table.roles[r.index()].name.as_str());
        let what = if role.is_some() {
            format!("{who} cannot say `{message}`")
        } else {
            format!("{who} can say `{message}`")
        };
        self.checker.slip(
            "E404",
            word.span,
            what,
            "choose the mechanic message with this kind, and the role in `by`",
        );
        None
    }

    /// Says a message with arguments; none where one of them is no value that it can have.
    fn say_with(&mut self, decl: &MessageDecl, say: &Expr, call: &Call) -> Option<Act> {
        // For each role the actions of this message, in the order of the number that is said.
        let mut actions: Vec<Vec<u8>> = Vec::new();
        for said in 0..decl.n_said() {
            let words: Vec<&str> = std::iter::once(decl.name.as_str())
                .chain(decl.words(said))
                .collect();
            let Some(one) = self.checker.verb(say, Some(&words.join(":"))) else {
                let help = "choose the mechanic message with this kind, and the role in `by`";
                let what = format!("nobody here can say `{}`", decl.name);
                self.checker
                    .slip("E404", call.args[0].value.span, what, help);
                return None;
            };
            actions.resize(one.len(), Vec::new());
            for (all, one) in actions.iter_mut().zip(one) {
                all.extend(one);
            }
        }
        let mut sum = E::Const(0);
        for ((arg, stride), given) in decl.split().zip(&call.args[1..]) {
            let ty = match arg.ty {
                Type::Choice => self.checker.list(arg.words.clone()),
                ty => Ty::of(ty),
            };
            let value = self.checker.want(&given.value, ty);
            let (two, n) = (
                |code, a: E, b: E| E::Bin(code, Box::new(a), Box::new(b)),
                number(arg.words.len()),
            );
            let place = two(Code::SubInt, value, E::Const(arg.first));
            let above = two(Code::Le, E::Const(0), place.clone());
            let below = two(Code::Lt, place.clone(), E::Const(n));
            let part = two(Code::MulInt, place, E::Const(number(stride)));
            // So far below 0 that no other argument makes up for it.
            let part = E::If(
                Box::new(E::And(Box::new(above), Box::new(below))),
                Box::new(part),
                Box::new(E::Const(-1_000_000)),
            );
            sum = two(Code::AddInt, sum, part);
        }
        let program = self.program(&sum, None, call.span)?;
        Some(Act::Nth(actions, program))
    }
}

impl Line {
    /// Gives all its draws their name.
    fn named(&mut self, name: u32) {
        let target = match &mut self.act {
            Act::Go(t) | Act::Flee(t) | Act::Face(t) | Act::Use(_, Some(t)) => Some(t),
            _ => None,
        };
        let in_target = target.and_then(|t| match t {
            Target::Place(program) => Some(program),
            Target::Nearest(goal) => goal.cond.as_mut(),
        });
        for program in in_target.into_iter().chain(&mut self.cond) {
            program.name = name;
        }
        for (_, program) in &mut self.updates {
            program.name = name;
        }
        if let Act::Index(program) | Act::Nth(_, program) = &mut self.act {
            program.name = name;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::compile_bot;
    use crate::testing::yard::{YARD, bot, lines, names, script_slips, table};

    #[test]
    fn a_bot_may_read_what_its_role_sees() {
        for (text, want) in [
            (
                "a: if heard(coming) and not errand -> stay()",
                "r:1:29: error[E408]: worker cannot see `errand` (seen = \"none\"), and a control of a focal role sees what a subject sees; help: set `seen = \"all\"`",
            ),
            (
                "a: if me.secret > 1 -> stay()",
                "r:1:10: error[E408]: worker cannot see `secret` (seen = \"none\"), and a control of a focal role sees what a subject sees; help: set `seen = \"all\"`",
            ),
            (
                "a: if count(worker where it.plot == 1) > 0 -> stay()",
                "r:1:29: error[E408]: worker cannot see `plot` (seen = \"self\"), and a control of a focal role sees what a subject sees; help: set `seen = \"all\"`",
            ),
            (
                "a: if the(steward).on -> stay()",
                "r:1:20: error[E408]: worker cannot see `on` of others; help: of others a view shows `pos` and `facing`",
            ),
            (
                "a: if dial.cost > 1 -> stay()",
                "r:1:12: error[E408]: a bot reads no dial; help: write the number, or show it by a variable",
            ),
            (
                "if pick(3) == 1 -> wander()",
                "r:1:4: error[E411]: a line that draws needs a name; help: write `name: if … -> …`",
            ),
            (
                "a: -> goo(nearest(apple))",
                "r:1:7: error[E403]: there is no action `goo`; help: did you mean `go`?",
            ),
            (
                "a: -> use(zpa)",
                "r:1:11: error[E404]: worker has no verb `zpa`; help: did you mean `zap`?",
            ),
            (
                "a: -> say(coming)",
                "r:1:11: error[E404]: worker cannot say `coming`; help: choose the mechanic message with this kind, and the role in `by`",
            ),
            (
                "a: -> stay(); n = 1",
                "r:1:15: error[E404]: `n` is no register; help: write `let n = 0` above",
            ),
            (
                "a: -> go(apple)",
                "r:1:10: error[E202]: a cell is needed here, found a kind",
            ),
            (
                "avoid aple a: -> wander()",
                "r:1:7: error[E404]: `aple` is no kind of thing; help: did you mean `apple`?",
            ),
            (
                "let apple = 1 a: -> stay()",
                "r:1:5: error[E404]: `apple` is the name of something else; help: use another name",
            ),
        ] {
            assert_eq!(script_slips(text), [want], "{text}");
        }
        assert!(
            script_slips("a: if has_twin and me.plot == 1 and stock > 0.5 -> stay()").is_empty()
        );
    }

    #[test]
    fn a_resident_may_sense_the_world_and_a_control_may_not() {
        let table = table(YARD);
        let text = "a: if errand and leave == tick + 12 -> go(the(lever))";
        let mut out = Vec::new();
        let resident = bot(&table, "steward", true, text);
        assert!(
            compile_bot(&names(&table), resident, &mut out).is_some(),
            "{out:?}"
        );
        let control = crate::scenario::BotText {
            control: true,
            ..resident
        };
        assert!(compile_bot(&names(&table), control, &mut out).is_none());
        assert!(lines(text, &out)[0].starts_with(
            "r:1:1: error[E409]: a control of a focal role with `senses = \"world\"`"
        ));
    }
}
