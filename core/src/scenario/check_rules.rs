//! Checks rules and single expressions, and hands them to the code generator.
//!
//! **Invariant.** All errors of all texts come at once, in the order of the text; a part with an error compiles to nothing.

use crate::diagnostic::{Diagnostic, Span};
use crate::draw::{Purpose, name_hash};
use crate::ids::RoleId;
use crate::rules::{Program, Rule, RuleSet, When};
use crate::scenario::ast;
use crate::scenario::check_expr::{Checker, Ty};
use crate::scenario::lex::{Tok, lex};
use crate::scenario::lower::Lower;
use crate::scenario::names::{Names, Text};
use crate::scenario::parse;
use crate::state::{MessageDecl, Type};

/// What `[rules]` compiled to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rules {
    /// The rules.
    pub rules: RuleSet,
    /// Whether any of them emits an event `after` some ticks: [`crate::state::Table::has_later`].
    pub has_later: bool,
    /// For each event of the table: whether a rule emits it with `emit`.
    pub emits: Vec<bool>,
}

/// A name that stands for a value while an expression is evaluated; its place in the list is its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Binder<'a> {
    /// The name, for example `slot`, `j`.
    pub name: &'a str,
    /// Its type.
    pub ty: Type,
    /// For a slot: its role, if it is always the same.
    pub role: Option<RoleId>,
}

/// What an expression that stands outside rules and scripts is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Use<'a> {
    /// Names in scope.
    pub binders: &'a [Binder<'a>],
    /// The type that it must have.
    pub ty: Type,
    /// For [`Type::Choice`]: the words.
    pub choices: &'a [String],
    /// For an `init`: the name of the variable, so that `chance` and `pick` can draw (purpose Init); elsewhere a draw is an error.
    pub draw: Option<&'a str>,
}

/// Most rules of a file.
const MAX_RULES: usize = 256;
/// Most effects of a rule.
const MAX_EFFECTS: usize = 16;
/// Most events that rules answer or cause in an arena and tick, proved at load.
const MAX_EVENT_ROWS: u64 = 4096;
/// Most delayed events of an arena, proved at load.
const MAX_LATER: u64 = 4096;
/// Most rule operations of an arena and tick, proved at load.
const MAX_TICK_COST: u64 = 200_000;

/// Compiles the blocks of `[rules]`, in file order: (name, text). All errors of all blocks are added to `out`; with an error the
/// rule that has it is left out.
pub fn compile_rules(
    names: &Names<'_>,
    blocks: &[(&str, Text<'_>)],
    out: &mut Vec<Diagnostic>,
) -> Rules {
    let mut all = Rules {
        emits: vec![false; names.table.events.len()],
        ..Rules::default()
    };
    let mut edges: Vec<Edge> = Vec::new();
    let mut labels: Vec<(u32, String)> = Vec::new();
    let mut n = 0;
    for (block, text) in blocks {
        let mut slips = Vec::new();
        let parsed = parse::rules(*text, &mut slips);
        n += parsed.len();
        if n > MAX_RULES {
            // Nothing is compiled for what the engine does not hold.
            let what = format!("more than {MAX_RULES} rules, the limit is {MAX_RULES} (rules)");
            out.push(too_much(text.base, what, "join some of them"));
            return Rules::default();
        }
        for rule in &parsed {
            let label = rule.label.as_ref().map(|l| format!("{block}.{}", l.text));
            let mut checker = Checker::new(names);
            let compiled = checker.rule(rule, label.as_deref());
            if let (Some(at), None) = (checker.drew, &rule.label) {
                let help = "write `name: on …`; the name is part of the draw, so that it stays when rules move";
                checker.slip("E411", at, "a rule that draws needs a name", help);
            }
            if let (Some(label), Some(at)) = (&label, &rule.label) {
                if labels.iter().any(|(hash, _)| *hash == name_hash(label)) {
                    checker.slip(
                        "E411",
                        at.span,
                        format!("two rules are named `{label}`"),
                        "draws go by the name: give each its own",
                    );
                }
                labels.push((name_hash(label), label.clone()));
            }
            slips.extend(checker.out);
            let Some((rule, emitted)) = compiled else {
                continue;
            };
            for e in &emitted {
                all.has_later |= e.later;
                all.emits[usize::from(e.event)] |= e.authors;
                if let (When::On { event }, false) = (&rule.when, e.later) {
                    edges.push(Edge {
                        from: *event,
                        to: e.event,
                        at: e.at,
                    });
                }
            }
            all.rules.push(rule);
        }
        slips.sort_by_key(|d| d.span.start);
        out.extend(slips);
    }
    let told = out.len();
    cycles(names, &edges, out);
    // Nothing can be counted that goes round.
    if out.len() == told {
        limits(names, &all, blocks, out);
    }
    all
}

fn limits(names: &Names<'_>, all: &Rules, blocks: &[(&str, Text<'_>)], out: &mut Vec<Diagnostic>) {
    let base = blocks.first().map_or(0, |(_, text)| text.base);
    let bound = all.rules.bound(names.table);
    let cost = all.rules.tick_cost(names.table, &bound);
    if cost > MAX_TICK_COST {
        let what = format!(
            "the rules can take {cost} operations in a tick, the limit is {MAX_TICK_COST} (rule operations)"
        );
        let help = "use `every`, fewer `where`, or smaller windows";
        out.push(too_much(base, what, help));
    }
    let listened = |event: &usize| {
        let own = names.table.events[*event].mechanic.is_none();
        own || all.rules.listens(*event)
    };
    let rows = (0..bound.rows.len()).filter(listened);
    let rows: u64 = rows.map(|e| bound.rows[e]).sum();
    if rows > MAX_EVENT_ROWS {
        let what = format!(
            "the rules can cause or answer {rows} events in a tick, the limit is {MAX_EVENT_ROWS} (event rows)"
        );
        let help =
            "emit less often, emit `after` some ticks, or answer an event that comes less often";
        out.push(too_much(base, what, help));
    }
    if bound.later > MAX_LATER {
        let later = bound.later;
        let what = format!(
            "{later} events can wait for their time, the limit is {MAX_LATER} (delayed events)"
        );
        out.push(too_much(base, what, "emit less often, or wait fewer ticks"));
    }
}

fn too_much(base: usize, what: String, help: &str) -> Diagnostic {
    let at = Span {
        start: base,
        end: base,
    };
    Diagnostic::error("E413", at, what, help)
}

/// An event that a rule emits in the tick in which it is answered.
struct Edge {
    from: u16,
    to: u16,
    at: Span,
}

/// E407: the graph event → rule → event must have no cycle. Each cycle is told once, at its first edge.
fn cycles(names: &Names<'_>, edges: &[Edge], out: &mut Vec<Diagnostic>) {
    let mut told: Vec<u16> = Vec::new();
    for edge in edges {
        if told.contains(&edge.from) {
            continue;
        }
        let Some(way) = way_back(edges, edge.to, edge.from) else {
            continue;
        };
        told.extend(&way);
        let name = |e: &u16| names.table.events[usize::from(*e)].name.as_str();
        let path: Vec<&str> = std::iter::once(&edge.from).chain(&way).map(name).collect();
        let what = format!(
            "this rule causes the event that starts it: {}",
            path.join(" -> ")
        );
        out.push(Diagnostic::error(
            "E407",
            edge.at,
            what,
            "add `after 1`, or use another event",
        ));
    }
}

/// The events on the shortest way from one to another, both included.
fn way_back(edges: &[Edge], from: u16, to: u16) -> Option<Vec<u16>> {
    let mut ways = vec![vec![from]];
    let mut seen = vec![from];
    let mut next = 0;
    while let Some(way) = ways.get(next).cloned() {
        next += 1;
        let last = *way.last().expect("never empty");
        if last == to {
            return Some(way);
        }
        for edge in edges.iter().filter(|e| e.from == last) {
            if !seen.contains(&edge.to) {
                seen.push(edge.to);
                ways.push(way.iter().copied().chain([edge.to]).collect());
            }
        }
    }
    None
}

/// Compiles one expression; `None` if it has an error, which is added to `out`.
pub fn compile_expr(
    names: &Names<'_>,
    what: Use<'_>,
    text: Text<'_>,
    out: &mut Vec<Diagnostic>,
) -> Option<Program> {
    compile_said(names, what, None, text, out)
}

/// The same for what a message says: its arguments are in scope, and what was said stands after the other binders as one number.
pub(super) fn compile_said(
    names: &Names<'_>,
    what: Use<'_>,
    message: Option<&MessageDecl>,
    text: Text<'_>,
    out: &mut Vec<Diagnostic>,
) -> Option<Program> {
    let mut slips = Vec::new();
    let parsed = parse::expression(text, &mut slips);
    let mut checker = Checker::new(names);
    checker.no_draws = what
        .draw
        .is_none()
        .then_some("here: only rules, scripts and `init` draw");
    let mut ids: Vec<usize> = what
        .binders
        .iter()
        .map(|b| {
            let ty = match b.ty {
                Type::Slot => Ty::Slot(b.role.map(RoleId::get)),
                ty => Ty::of(ty),
            };
            checker.bind(b.name, ty, None)
        })
        .collect();
    if let Some(message) = message.filter(|m| !m.args.is_empty()) {
        let said = checker.bind("", Ty::Int, None);
        ids.push(said);
        let all: Vec<Option<&str>> = message.args.iter().map(|a| Some(a.name.as_str())).collect();
        checker.bind_arguments(message, said, &all);
    }
    let ty = if what.ty == Type::Choice {
        checker.lists.push(what.choices.to_vec());
        Ty::Choice(checker.lists.len() - 1)
    } else {
        Ty::of(what.ty)
    };
    let e = parsed.as_ref().map(|expr| match (what.ty, &expr.kind) {
        // The `init` of a slot variable is its number.
        (Type::Slot, ast::ExprKind::Number { .. }) => checker.want(expr, Ty::Int),
        _ => checker.want(expr, ty),
    });
    slips.extend(checker.out);
    let failed = !slips.is_empty();
    out.extend(slips);
    let (e, expr) = e.zip(parsed).filter(|_| !failed)?;
    let missing = if matches!(what.ty, Type::Slot | Type::Thing) {
        -1
    } else {
        0
    };
    let Some(mut program) = Lower::new(names.table, &ids, area(names)).value(&e, missing) else {
        out.push(too_long(expr.span));
        return None;
    };
    if let Some(name) = what.draw {
        program.name = name_hash(name);
        program.purpose = Some(Purpose::Init);
    }
    Some(program)
}

/// Cells of the map.
fn area(names: &Names<'_>) -> usize {
    usize::from(names.table.geometry.height) * usize::from(names.table.geometry.width)
}

/// E413: more operations or registers than a program has.
pub(crate) fn too_long(span: Span) -> Diagnostic {
    Diagnostic::error(
        "E413",
        span,
        "this takes more than 256 operations or 32 registers, the limits of a rule (operations a rule)",
        "split it",
    )
}

/// Names that stand in `the(…)` in a text: each such kind needs thing rows, which must be in the table before texts are compiled.
pub fn named_by_the(text: &str) -> Vec<String> {
    let tokens = lex(Text::new(text, 0));
    let mut found: Vec<String> = Vec::new();
    for w in tokens.windows(3) {
        if w[0].text == "the"
            && w[1].text == "("
            && w[2].tok == Tok::Word
            && !found.iter().any(|f| f == w[2].text)
        {
            found.push(w[2].text.to_owned());
        }
    }
    found
}

/// Kinds that an effect of a text brings into being: `place(K, …)`, and the second argument of `give` and `become`. Where they have
/// thing rows, some are kept spare.
pub(crate) fn made_by_effects(text: &str) -> Vec<String> {
    let tokens = lex(Text::new(text, 0));
    let mut found: Vec<String> = Vec::new();
    for (i, w) in tokens.windows(3).enumerate() {
        if w[1].text != "(" {
            continue;
        }
        let kind = match w[0].text {
            "place" => Some(&w[2]),
            "give" | "become" => {
                let mut depth = 0;
                let comma = tokens[i + 2..].iter().position(|t| {
                    depth += i32::from(t.text == "(") - i32::from(t.text == ")");
                    depth <= 0 && t.text == ","
                });
                comma.and_then(|c| tokens.get(i + 2 + c + 1))
            }
            _ => None,
        };
        found.extend(
            kind.filter(|t| t.tok == Tok::Word)
                .map(|t| t.text.to_owned()),
        );
    }
    found
}

/// All names that stand in a text, each once, in order: which kinds a rule or bot names.
pub fn names_in(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for token in lex(Text::new(text, 0)) {
        if token.tok == Tok::Word && !found.iter().any(|f| f == token.text) {
            found.push(token.text.to_owned());
        }
    }
    found
}

/// An event that a rule emits.
pub(crate) struct Emitted {
    pub(crate) event: u16,
    pub(crate) at: Span,
    pub(crate) later: bool,
    /// By `emit`, not by an act.
    pub(crate) authors: bool,
}

impl Checker<'_, '_> {
    fn rule(&mut self, rule: &ast::Rule, label: Option<&str>) -> Option<(Rule, Vec<Emitted>)> {
        let mut filters = Vec::new();
        let mut binders = Vec::new();
        let when = match &rule.trigger {
            ast::Trigger::On {
                event,
                pats,
                args,
                span,
            } => self.on(event, (pats, args), *span, &mut filters, &mut binders),
            ast::Trigger::Each {
                what,
                binder,
                every,
            } => self.each(what, binder, every.as_ref()),
            ast::Trigger::Start => Some(When::Start),
        };
        let bound = self.scope.iter().filter(|b| b.alias.is_none());
        let ids: Vec<usize> = bound.map(|b| b.id).collect();
        // Without it the fields are unknown, so nothing about the names can be said.
        let when = when?;
        let cond = rule.when.as_ref().map(|e| self.want(e, Ty::Bool));
        let mut emitted = Vec::new();
        let effects: Vec<_> = rule
            .effects
            .iter()
            .map(|e| self.effect(e, &mut emitted))
            .collect();
        if effects.len() > MAX_EFFECTS {
            let what = format!(
                "{} effects, the limit is {MAX_EFFECTS} (effects a rule)",
                effects.len()
            );
            self.slip("E413", rule.span, what, "split the rule");
        }
        if let ast::Trigger::On { event, pats, .. } = &rule.trigger {
            self.unused(&event.text, pats);
        }
        if !self.out.is_empty() {
            return None;
        }
        let mut lower = Lower::new(self.names.table, &ids, area(self.names));
        let guard = cond.as_ref().map(|e| lower.guard(e));
        effects.iter().flatten().for_each(|f| lower.effect(f));
        if let Some(guard) = guard {
            lower.close(guard);
        }
        let Some(mut program) = lower.finish() else {
            self.out.push(too_long(rule.span));
            return None;
        };
        program.name = label.map_or(0, name_hash);
        let rule = Rule {
            when,
            filters,
            binders,
            program,
            draws: self.drew.is_some(),
        };
        Some((rule, emitted))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::yard::slips;

    /// One slip, one message, with its place (line and column of the block) and what would be right.
    fn says(text: &str, want: &str) {
        assert_eq!(slips(text), [want], "{text}");
    }

    #[test]
    fn the_errors_of_the_specification_have_its_words() {
        says(
            "on eaten(a, apple, _)  pay(a, main, 1)",
            "r:1:24: error[E401]: expected `when` or `do`, found `pay`; help: write `do pay(…)`",
        );
        says(
            "on eated(a, apple, _)  do pay(a, main, 1)",
            "r:1:4: error[E402]: no chosen mechanic and no [events] entry gives `eated`; help: did you mean `eaten` (pickup)?",
        );
        says(
            "on eaten(a, aple, _)  do pay(a, main, 1)",
            "r:1:13: error[E404]: `aple` names nothing and is not used; help: did you mean the thing `apple`? for anything write `_`",
        );
        says(
            "on pressed(w, lever) when the(gate).opened do pay(w, main, 1)",
            "r:1:37: error[E103]: gate has no field `opened`; help: did you mean `open` (from door.gate)?",
        );
        says(
            "on pressed(w, lever) when role(w) == 3 and the(gate).open do pay(w, main, 1)",
            "r:1:35: error[E202]: cannot compare a role with a number; help: name one of worker, steward",
        );
        says(
            "on pressed(w, lever) when the(apple).pos == w.pos do pay(w, main, 1)",
            "r:1:27: error[E405]: `the(apple)` needs exactly one apple, maps.yard has 3 to 4; help: add `where …`, or use a binder",
        );
        says(
            "on pressed(w, lever)\n  do the(gate).open = false; pay(w, main, -dial.cost)",
            "r:2:6: error[E406]: `open` belongs to the mechanic door; help: write `shut(the(gate))`",
        );
        says(
            "on gate_shut(w) do emit gate_shut(w)",
            "r:1:20: error[E407]: this rule causes the event that starts it: gate_shut -> gate_shut; help: add `after 1`, or use another event",
        );
        says(
            "on pressed(w, lever) when chance(0.5) do pay(w, main, 1)",
            "r:1:27: error[E411]: a rule that draws needs a name; help: write `name: on …`; the name is part of the draw, so that it stays when rules move",
        );
    }

    #[test]
    fn names_calls_and_types_are_checked() {
        for (text, want) in [
            (
                "on eaten(a, b) do kill(a)",
                "r:1:1: error[E403]: `eaten` has 3 fields, found 2; help: they are: a slot, a kind, a cell; write `_` for what does not matter",
            ),
            (
                "on eaten(a, worker, _) do kill(a)",
                "r:1:13: error[E202]: this field of eaten is a kind, `worker` is a role; help: write `_`, or a new name",
            ),
            (
                "on eaten(a, a, _) do kill(a)",
                "r:1:13: error[E404]: `a` stands twice; help: use two names and compare them with `when`",
            ),
            (
                "on eaten(a, _, _) do pya(a, main, 1)",
                "r:1:22: error[E403]: there is no effect `pya`; help: did you mean `pay`?",
            ),
            (
                "on eaten(a, _, _) do pay(a, man, 1)",
                "r:1:29: error[E404]: `man` is no reward channel; help: did you mean `main`?",
            ),
            (
                "on eaten(a, _, _) do pay(a, main)",
                "r:1:22: error[E403]: `pay` does not take 2 arguments; help: write `pay(s, channel, num)`",
            ),
            (
                "on eaten(a, _, _) do grant(a, a, 5)",
                "r:1:22: error[E403]: `grant` needs `boundary`, which this version does not have",
            ),
            (
                "on eaten(a, _, _) do count(apple)",
                "r:1:22: error[E403]: `count` is a function; help: use it inside an expression",
            ),
            (
                "on eaten(a, _, _) when last(coming) < 3 do kill(a)",
                "r:1:24: error[E403]: `last` is for scripts of bots only",
            ),
            (
                "on eaten(a, _, _) when me == a do kill(a)",
                "r:1:24: error[E404]: `me` names nothing",
            ),
            (
                "on eaten(a, _, _) when has(a, apple) do kill(a)",
                "r:1:31: error[E202]: `apple` cannot be carried; help: choose the mechanic pickup with `becomes = \"carried\"`",
            ),
            (
                "on eaten(a, _, _) do freeze(a, 1.5)",
                "r:1:32: error[E202]: a whole number is needed here, found one with decimals",
            ),
            (
                "on eaten(a, _, _) do emit opened(the(gate))",
                "r:1:27: error[E406]: `opened` belongs to the mechanic door; help: declare an event of your own under [events]",
            ),
            (
                "on eaten(a, _, _) do emit gate_shutt(a)",
                "r:1:27: error[E402]: no [events] entry declares `gate_shutt`; help: did you mean `gate_shut`?",
            ),
            (
                "on eaten(a, _, _) do a.on = false",
                "r:1:22: error[E406]: `on` belongs to the mechanic power; help: write `disable(a, by)` or `enable(a, by)`",
            ),
            (
                "on eaten(a, _, _) do dial.cost = 1",
                "r:1:22: error[E406]: a dial does not change; help: keep the value in a variable of [vars]",
            ),
            (
                "on eaten(a, _, _) do stok += 1",
                "r:1:22: error[E404]: `stok` is no variable of [vars]; help: did you mean `stock`?",
            ),
            (
                "on eaten(a, _, _) when dial.cots > 1 do kill(a)",
                "r:1:29: error[E103]: there is no dial `cots`; help: did you mean `cost`?",
            ),
            (
                "on eaten(a, _, _) do mood = if tick > 3 then cross else angry",
                "r:1:57: error[E404]: `angry` is none of the words that may stand here; help: name one of calm, cross",
            ),
            (
                "on eaten(a, _, _) when mood == angry do kill(a)",
                "r:1:32: error[E404]: `angry` is none of the words that may stand here; help: name one of calm, cross",
            ),
            (
                "on eaten(a, _, _) when count(apple where chance(0.5)) > 1 do kill(a)",
                "r:1:42: error[E411]: no draw can stand in `where`: it would depend on how many there are",
            ),
            (
                "on eaten(a, _, c) when count(apple, c, 9) > 1 do kill(a)",
                "r:1:40: error[E202]: a number from 0 to 8 is needed here",
            ),
            (
                "on eaten(a, _, _) do open(the(lever))",
                "r:1:27: error[E202]: lever is no door; help: add a mechanic `door.name` for it",
            ),
            (
                "each wrker w do kill(w)",
                "r:1:6: error[E404]: `wrker` is no role and no kind of thing; help: did you mean `worker`?",
            ),
        ] {
            says(text, want);
        }
    }

    #[test]
    fn all_errors_come_at_once_one_for_each_slip() {
        let text = "on eaten(a, apple, _) do pay(a, main, nothing + 1)\n\
                    on eaten(a apple) do kill(a)\n\
                    luck: on eaten(a, _, _) when a.plott == 3 and chance(2) do kill(a);\n\
                    on pressed(a, lever) do kill(b)";
        let codes: Vec<String> = slips(text)
            .iter()
            .map(|l| l.split(": ").take(2).collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(
            codes,
            [
                "r:1:39 error[E404]",
                "r:2:12 error[E401]",
                "r:4:1 error[E401]",
                "r:4:30 error[E404]"
            ]
        );
    }

    #[test]
    fn a_cycle_through_acts_is_found_and_a_delay_breaks_it() {
        says(
            "on opened(g) do emit gate_shut(the(steward))\non gate_shut(_) do open(the(gate))",
            "r:1:17: error[E407]: this rule causes the event that starts it: opened -> gate_shut -> opened; help: add `after 1`, or use another event",
        );
        assert!(slips("on opened(g) do emit gate_shut(the(steward)) after 1\non gate_shut(_) do open(the(gate))").is_empty());
    }
}
