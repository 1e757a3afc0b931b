//! Laws of the rule language, over texts made up at random.

use proptest::prelude::*;

use super::ast::{Expr, ExprKind, Item, Trigger};
use super::check_effect::{call_source, source};
use super::names::Text;
use super::parse;
use crate::testing::yard::{World, YARD, bot, names, table};

/// Words, signs and numbers of the language, in any order: nearly right texts.
fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "on",
        "each",
        "start",
        "when",
        "do",
        "emit",
        "after",
        "every",
        "and",
        "or",
        "not",
        "in",
        "mod",
        "if",
        "then",
        "else",
        "where",
        "let",
        "avoid",
        "true",
        "eaten",
        "pressed",
        "note",
        "gate_shut",
        "a",
        "b",
        "c",
        "it",
        "me",
        "tick",
        "worker",
        "steward",
        "apple",
        "crate",
        "lever",
        "gate",
        "key",
        "the",
        "count",
        "nearest",
        "seen",
        "has",
        "near",
        "dist",
        "role",
        "chance",
        "pick",
        "min",
        "pay",
        "give",
        "place",
        "clear",
        "open",
        "shut",
        "freeze",
        "main",
        "stock",
        "leave",
        "boss",
        "mood",
        "calm",
        "errand",
        "plot",
        "pos",
        "frozen",
        "alive",
        "dial",
        "cost",
        "wait",
        "ripe",
        "go",
        "use",
        "wander",
        "zap",
        "n",
        "l2",
        "x",
        "0",
        "1",
        "2.5",
        "50%",
        "8",
        "2147483647",
        "(",
        ")",
        "(",
        ")",
        ",",
        ",",
        ".",
        ";",
        ":",
        "->",
        "=",
        "==",
        "!=",
        "<",
        ">=",
        "+=",
        "-=",
        "+",
        "-",
        "*",
        "/",
        "_",
        "\"why\"",
        "\n",
        "# note\n",
        "é",
        "$",
        "\"",
    ])
}

fn words() -> impl Strategy<Value = String> {
    prop::collection::vec(word(), 0..60).prop_map(|w| w.join(" "))
}

/// Number expressions, as texts that are right.
fn number() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "1",
        "0",
        "-3",
        "7",
        "2147483647",
        "tick",
        "leave",
        "count(apple)",
        "s.plot",
        "dist(s, the(key))",
        "dial.wait",
        "s.frozen",
        "count(apple, the(key), 3, l2)",
        "count(apple where count(apple, it, 1) > 1)",
        "count(worker where it != s)",
        "pick(5)",
    ]);
    leaf.prop_map(str::to_owned)
        .prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                (
                    inner.clone(),
                    prop::sample::select(vec!["+", "-", "*", "/", "mod"]),
                    inner.clone()
                )
                    .prop_filter("no division by a written zero", |(_, op, b)| !(matches!(
                        *op,
                        "/" | "mod"
                    ) && b
                        == "0"))
                    .prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("min({a}, max(2, {b}))")),
                (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!(
                    "(if {a} < {b} and not {b} == {c} then {c} else {a})"
                )),
            ]
        })
}

/// The expression without its places, so that two readings can be compared.
fn shape(text: &str) -> Option<String> {
    let mut out = Vec::new();
    parse::expression(Text::new(text, 0), &mut out).map(|e| source(&e))
}

fn expressions(items: &[Item]) -> Vec<&Expr> {
    let mut all = Vec::new();
    for item in items {
        match item {
            Item::Let { value, .. } => all.push(value),
            Item::Avoid { cond, .. } => all.extend(cond),
            Item::Line { cond, updates, .. } => {
                all.extend(cond);
                all.extend(updates.iter().map(|(_, e)| e));
            }
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic_the_parser(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut out = Vec::new();
        parse::rules(Text::new(&text, 0), &mut out);
        parse::script(Text::new(&text, 0), &mut out);
        parse::expression(Text::new(&text, 0), &mut out);
        prop_assert!(out.iter().all(|d| d.span.start <= d.span.end && d.span.end <= text.len()));
        prop_assert!(out.iter().all(|d| text.is_char_boundary(d.span.start) && text.is_char_boundary(d.span.end)));
    }

    #[test]
    fn no_text_panics_the_compiler_and_each_slip_is_told_once(text in words()) {
        let table = table(YARD);
        let names = names(&table);
        let mut out = Vec::new();
        super::compile_rules(&names, &[("all", Text::new(&text, 0))], &mut out);
        super::compile_bot(&names, bot(&table, "worker", false, &text), &mut out);
        super::compile_bot(&names, bot(&table, "steward", true, &text), &mut out);
        let ours = out.iter().filter(|d| d.span.start < 9000);
        prop_assert!(ours.clone().all(|d| d.span.start <= d.span.end && d.span.end <= text.len() && !d.message.is_empty()));
        let mut rules = Vec::new();
        super::compile_rules(&names, &[("all", Text::new(&text, 0))], &mut rules);
        for (i, d) in rules.iter().enumerate() {
            prop_assert!(!rules[..i].contains(d), "{d:?} comes twice");
        }
    }

    #[test]
    fn every_program_runs_within_its_bound(text in number(), plot in -5i64..5, slot in 0i64..3) {
        let mut world = World::new(YARD);
        world.at_tick(7, 1);
        let table = world.table.clone();
        let mut out = Vec::new();
        let binders = [super::Binder { name: "s", ty: crate::state::Type::Slot, role: None }];
        let what = super::Use { binders: &binders, ty: crate::state::Type::Int, choices: &[], draw: Some("leave") };
        let Some(program) = super::compile_expr(&names(&table), what, Text::new(&text, 0), &mut out) else {
            // Only the size may be at fault: the texts are right.
            prop_assert!(out.iter().all(|d| d.code == "E413"), "{text}: {out:?}");
            return Ok(());
        };
        let (value, steps) = world.with(|arena| {
            let place = arena.table.slot_place(crate::ids::Slot::new(0), 0);
            arena.vars[place] = plot;
            program.value_and_steps(arena, &[slot])
        });
        prop_assert!(i32::try_from(value).is_ok(), "{value}");
        prop_assert!(steps <= u64::from(program.cost()), "{steps} operations, bound {}: {text}", program.cost());
        prop_assert_eq!(value, world.with(|arena| program.value(arena, &[slot])), "a value is a function of the state");
    }

    #[test]
    fn an_expression_that_is_written_out_reads_the_same(text in number()) {
        let once = shape(&text).expect("right");
        prop_assert_eq!(shape(&once), Some(once));
    }

    #[test]
    fn what_can_be_read_of_any_text_reads_the_same_again(text in words()) {
        let mut out = Vec::new();
        let items = parse::script(Text::new(&text, 0), &mut out);
        for expr in expressions(&items) {
            let once = source(expr);
            prop_assert_eq!(shape(&once), Some(once.clone()), "{}", text);
        }
        for item in &items {
            if let Item::Line { action, .. } = item {
                let once = call_source(action);
                prop_assert_eq!(shape(&once), Some(once.clone()));
            }
        }
        for rule in parse::rules(Text::new(&text, 0), &mut out) {
            if let (Trigger::Each { every: Some(e), .. }, _) | (_, Some(e)) = (&rule.trigger, &rule.when) {
                let once = source(e);
                prop_assert_eq!(shape(&once), Some(once.clone()));
            }
        }
    }
}

#[test]
fn deep_and_long_expressions_are_refused_not_followed() {
    for text in [
        "(".repeat(5000),
        format!("{}1", "not ".repeat(5000)),
        format!("1{}", "+1".repeat(5000)),
        format!("x{}", ".y".repeat(5000)),
    ] {
        let mut out = Vec::new();
        assert!(parse::expression(Text::new(&text, 0), &mut out).is_none());
        assert_eq!(out.len(), 1);
        assert!(
            out[0].message.contains("nested more than 64 deep"),
            "{}",
            out[0].message
        );
    }
}

#[test]
fn precedence_is_that_of_the_grammar() {
    for (text, want) in [
        (
            "a or b and not c == d + e * -f",
            "a or b and not c == d + e * -f",
        ),
        ("((a or b) and c)", "(a or b) and c"),
        ("a - (b - c) - d", "a - (b - c) - d"),
        ("not (a and b)", "not (a and b)"),
        (
            "(if a then b else c) + 0.0025",
            "(if a then b else c) + 0.0025",
        ),
        ("(a < b) == c", "(a < b) == c"),
        ("5% * x.y.z", "0.05 * x.y.z"),
        (
            "count(apple where it.plot in b, c, 2)",
            "count(apple where it.plot in b, c, 2)",
        ),
    ] {
        assert_eq!(shape(text).as_deref(), Some(want));
    }
    assert!(matches!(
        parse::expression(Text::new("a == b", 0), &mut Vec::new()).map(|e| e.kind),
        Some(ExprKind::Binary(..))
    ));
    let mut out = Vec::new();
    parse::expression(Text::new("1 < 2 < 3", 0), &mut out);
    assert_eq!(
        out[0].help,
        "comparisons do not chain: write `a < b and b < c`"
    );
}
