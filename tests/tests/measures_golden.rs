//! The worked values of the measures through the table that Python and the page call too.
//!
//! `data/measures_golden.json` holds the values, `data/measures_calls.json` for each of them the calls that give it: function,
//! arguments, and which parts of the answer. `data/measures_bits.json` holds the same answers to the last bit, as every host must
//! give them; `COMMONWEAL_GEN=write` writes it anew.

use std::collections::BTreeMap;

use commonweal_core::measures::plain;
use serde_json::{Map, Value, json};

type Call = (String, Map<String, Value>, Vec<String>);

/// Values that need a world to search: the tests of the search have them.
const SEARCHED: [&str; 7] = [
    "c4.goals.",
    "disemp.",
    "emp.11x11.",
    "emp.bits.",
    "emp.nostay.",
    "emp.reach.",
    "transfer.",
];

fn golden() -> BTreeMap<String, Value> {
    serde_json::from_str(include_str!("../data/measures_golden.json")).expect("an object")
}

fn calls() -> BTreeMap<String, Vec<Call>> {
    serde_json::from_str(include_str!("../data/measures_calls.json")).expect("calls by value")
}

/// All numbers of a value, in its order.
fn flat(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(flat).collect(),
        other => vec![
            other
                .as_f64()
                .unwrap_or_else(|| panic!("{other} is no number")),
        ],
    }
}

/// The parts of an answer that a value is made of.
fn picked(answer: &Value, parts: &[String]) -> Vec<f64> {
    match parts.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => flat(answer),
        ["sum"] => vec![flat(answer).iter().sum()],
        ["one_minus"] => vec![1.0 - flat(answer)[0]],
        [field, "last"] => flat(&answer[field]).last().copied().into_iter().collect(),
        ref fields => fields
            .iter()
            .flat_map(|field| flat(&answer[*field]))
            .collect(),
    }
}

fn answers() -> BTreeMap<String, Vec<f64>> {
    let one = |(function, arguments, parts): Call| {
        let answer = plain::call(&function, &arguments);
        picked(
            &answer.unwrap_or_else(|e| panic!("{function}: {e}")),
            &parts,
        )
    };
    let all = calls().into_iter();
    all.map(|(name, calls)| (name, calls.into_iter().flat_map(one).collect()))
        .collect()
}

#[test]
fn every_value_that_needs_no_search_is_met() {
    let answers = answers();
    for (name, want) in golden() {
        let elsewhere = SEARCHED.iter().any(|prefix| name.starts_with(prefix));
        // The public good is an argument, not an answer: below.
        if elsewhere || name == "schelling.pgg" {
            continue;
        }
        let got = answers
            .get(&name)
            .unwrap_or_else(|| panic!("no calls give {name}"));
        let (want, slack) = (
            flat(&want["value"]),
            want["tol"].as_f64().expect("a number"),
        );
        assert_eq!(got.len(), want.len(), "{name}");
        for (got, want) in got.iter().zip(&want) {
            assert!((got - want).abs() <= slack, "{name}: {got} is not {want}");
        }
    }
}

#[test]
fn the_linear_public_good_is_a_dilemma() {
    let golden = golden();
    let returns = &golden["schelling.pgg"]["value"];
    // Four players, each coin is worth 1.6 and shared; a defector keeps its own.
    let pays = |givers: f64, kept: f64| 1.6 * givers / 4.0 + kept;
    for k in 0..4 {
        let others = f64::from(u8::try_from(k).expect("below four"));
        let [given, kept] = [0, 1].map(|row: usize| returns[row][k].as_f64().expect("a number"));
        assert!((given - pays(others + 1.0, 0.0)).abs() < 1e-9);
        assert!((kept - pays(others, 1.0)).abs() < 1e-9);
    }
    let arguments = json!({"cooperator": returns[0], "defector": returns[1]});
    let arguments = arguments.as_object().expect("an object");
    let game = plain::call("schelling", arguments).expect("a game");
    assert_eq!(game["dilemma"], true);
    assert!(
        flat(&game["gain"])
            .iter()
            .all(|gain| (gain - 0.6).abs() < 1e-9)
    );
}

#[test]
fn the_bits_of_every_host() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/measures_bits.json");
    let mut text = String::from("{\n");
    let rows: Vec<String> = answers()
        .iter()
        .map(|(name, numbers)| format!(" {}: {}", json!(name), json!(numbers)))
        .collect();
    text += &rows.join(",\n");
    text += "\n}\n";
    if std::env::var_os("COMMONWEAL_GEN").is_some() {
        std::fs::write(path, &text).expect("the checkout can be written");
    }
    let kept = std::fs::read_to_string(path).expect("the file is in the checkout");
    assert_eq!(
        kept, text,
        "an answer has other bits than recorded: `cargo xtask gen` if that is meant"
    );
}
