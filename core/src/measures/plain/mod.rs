//! Functions of plain arrays, by name: what the hosts offer of [`crate::stats`] and of the measures.
//!
//! One table for all hosts, so that Python and the page differ in nothing: arguments and results are plain JSON values, where a
//! number that JSON does not know (NaN, an infinity) is `null`.
//!
//! **Invariant**: nothing is computed here; a value that is not finite or undefined is refused with a sentence that names the
//! argument, never returned.

mod arrays;
mod statistics;

use serde_json::{Map, Value};

/// Why a call was refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CallError {
    /// There is no such function.
    #[error("{0}")]
    Unknown(String),
    /// An argument is missing, not known or of the wrong kind.
    #[error("{0}")]
    Kind(String),
    /// An argument's value does not fit, or the result is undefined for it.
    #[error("{0}")]
    Value(String),
}

/// A row of the table.
pub(super) struct Function {
    /// The name, the same for all hosts.
    name: &'static str,
    /// Names of the arguments.
    arguments: &'static [&'static str],
    call: fn(&Args<'_>) -> Result<Value, CallError>,
}

/// A row of a table.
const fn row(
    name: &'static str,
    arguments: &'static [&'static str],
    call: fn(&Args<'_>) -> Result<Value, CallError>,
) -> Function {
    Function {
        name,
        arguments,
        call,
    }
}

/// Names of all functions: first those of the statistics, then those of the measures.
pub fn names() -> (Vec<&'static str>, Vec<&'static str>) {
    let of = |table: &[Function]| table.iter().map(|f| f.name).collect();
    (of(statistics::TABLE), of(arrays::TABLE))
}

/// Calls a function by name with its arguments by name.
///
/// # Errors
/// [`CallError`], in a sentence for the caller.
pub fn call(name: &str, arguments: &Map<String, Value>) -> Result<Value, CallError> {
    let mut all = statistics::TABLE.iter().chain(arrays::TABLE);
    let Some(function) = all.find(|f| f.name == name) else {
        return Err(CallError::Unknown(format!("there is no function {name}")));
    };
    let known = function.arguments;
    if let Some(odd) = arguments.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(CallError::Kind(format!(
            "{name} takes no argument {odd}; it takes {}",
            known.join(", ")
        )));
    }
    (function.call)(&Args(arguments))
}

/// The arguments of a call.
pub(super) struct Args<'a>(&'a Map<String, Value>);

impl Args<'_> {
    fn get(&self, name: &str) -> Result<&Value, CallError> {
        let value = self.0.get(name);
        value.ok_or_else(|| CallError::Kind(format!("the argument {name} is missing")))
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn number(&self, name: &str) -> Result<f64, CallError> {
        finite(self.get(name)?, name)
    }

    fn number_or(&self, name: &str, default: f64) -> Result<f64, CallError> {
        if self.has(name) {
            self.number(name)
        } else {
            Ok(default)
        }
    }

    /// A whole number from 0 to 2⁵³.
    fn whole(&self, name: &str) -> Result<u64, CallError> {
        whole(self.number(name)?, name)
    }

    fn whole_or(&self, name: &str, default: u64) -> Result<u64, CallError> {
        if self.has(name) {
            self.whole(name)
        } else {
            Ok(default)
        }
    }

    fn u32(&self, name: &str) -> Result<u32, CallError> {
        let value = self.whole(name)?;
        u32::try_from(value).map_err(|_| refused(name, "must be below 2^32"))
    }

    /// The error of one limit from the argument `level`, the share of the time that each limit holds (default .95). Read to twelve
    /// decimals, so that 1 − .95 is .05 to the bit.
    fn alpha(&self) -> Result<f64, CallError> {
        let level = self.number_or("level", 0.95)?;
        let alpha = libm::round((1.0 - level) * 1e12) / 1e12;
        if alpha > 0.0 && alpha < 1.0 {
            Ok(alpha)
        } else {
            Err(refused("level", "must lie between 0 and 1"))
        }
    }

    fn array(&self, name: &str) -> Result<Vec<f64>, CallError> {
        let value = self.get(name)?;
        numbers(value, name)
    }

    fn four(&self, name: &str) -> Result<[f64; 4], CallError> {
        let wrong = |_| refused(name, "must hold four numbers");
        self.array(name)?.try_into().map_err(wrong)
    }

    /// Zeros and ones.
    fn flags(&self, name: &str) -> Result<Vec<bool>, CallError> {
        flags(self.get(name)?, name)
    }

    fn rows<T>(
        &self,
        name: &str,
        read: impl Fn(&Value, &str) -> Result<T, CallError>,
    ) -> Result<Vec<T>, CallError> {
        let Value::Array(rows) = self.get(name)? else {
            return Err(kind(name, "a list of rows"));
        };
        let numbered = rows.iter().enumerate();
        numbered
            .map(|(i, row)| read(row, &format!("{name}[{i}]")))
            .collect()
    }

    /// Rows of one length, at least one row.
    fn table(&self, name: &str) -> Result<Vec<Vec<f64>>, CallError> {
        let rows = self.rows(name, numbers)?;
        let even = rows
            .first()
            .is_some_and(|first| rows.iter().all(|row| row.len() == first.len()));
        if even {
            Ok(rows)
        } else {
            Err(refused(name, "must hold rows of one length, at least one"))
        }
    }
}

fn kind(name: &str, what: &str) -> CallError {
    CallError::Kind(format!("{name} must be {what}"))
}

/// A refusal that names the argument.
fn refused(name: &str, sentence: &str) -> CallError {
    CallError::Value(format!("{name} {sentence}"))
}

fn finite(value: &Value, name: &str) -> Result<f64, CallError> {
    match value {
        Value::Number(n) => n.as_f64().ok_or_else(|| kind(name, "a number")),
        Value::Bool(b) => Ok(f64::from(u8::from(*b))),
        Value::Null => Err(refused(name, "is not a finite number")),
        _ => Err(kind(name, "a number")),
    }
}

fn numbers(value: &Value, name: &str) -> Result<Vec<f64>, CallError> {
    let Value::Array(values) = value else {
        return Err(kind(name, "a list of numbers"));
    };
    let numbered = values.iter().enumerate();
    numbered
        .map(|(i, v)| finite(v, &format!("{name}[{i}]")))
        .collect()
}

fn flags(value: &Value, name: &str) -> Result<Vec<bool>, CallError> {
    let flag = |v: f64| {
        if v.abs() > 0.0 && (v - 1.0).abs() > 0.0 {
            return Err(refused(name, "must hold nothing but 0 and 1"));
        }
        Ok(v > 0.5)
    };
    numbers(value, name)?.into_iter().map(flag).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be a whole number from 0 to 2^53"
)]
fn whole(value: f64, name: &str) -> Result<u64, CallError> {
    if !((0.0..=9_007_199_254_740_992.0).contains(&value) && libm::floor(value) >= value) {
        return Err(refused(name, "must be a whole number of at least 0"));
    }
    Ok(value as u64)
}

/// A result, or the sentence why there is none.
fn defined<T>(result: Option<T>, name: &str, sentence: &str) -> Result<T, CallError> {
    result.ok_or_else(|| refused(name, sentence))
}

fn num(value: f64) -> Result<Value, CallError> {
    match Value::from(value) {
        Value::Null => Err(CallError::Value(
            "the result is not a finite number: the values are too large".to_owned(),
        )),
        value => Ok(value),
    }
}

/// A number that may be undefined beside others that are not.
fn part(value: Option<f64>) -> Result<Value, CallError> {
    value.map_or(Ok(Value::Null), num)
}

fn list(values: impl IntoIterator<Item = f64>) -> Result<Value, CallError> {
    values
        .into_iter()
        .map(num)
        .collect::<Result<Vec<_>, _>>()
        .map(Value::Array)
}

fn record<const N: usize>(
    fields: [(&str, Result<Value, CallError>); N],
) -> Result<Value, CallError> {
    let field = |(name, value): (&str, Result<Value, CallError>)| Ok((name.to_owned(), value?));
    fields
        .into_iter()
        .map(field)
        .collect::<Result<Map<_, _>, _>>()
        .map(Value::Object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ask(name: &str, arguments: Value) -> Result<Value, CallError> {
        let Value::Object(arguments) = arguments else {
            panic!("arguments are an object");
        };
        call(name, &arguments)
    }

    fn sentence(name: &str, arguments: Value) -> String {
        ask(name, arguments).expect_err("refused").to_string()
    }

    #[test]
    fn a_call_gives_what_the_function_gives() {
        assert_eq!(ask("gini", json!({"x": [1, 2, 3, 4]})), Ok(json!(0.25)));
        let limits = crate::stats::clopper_pearson(2.5, 60.0, 0.05).expect("a rate");
        assert_eq!(
            ask("clopper_pearson", json!({"k": 2.5, "n": 60, "level": 0.95})),
            Ok(json!({"lower": limits.lower, "upper": limits.upper}))
        );
    }

    #[test]
    fn refusals_name_the_argument() {
        for (name, arguments, want) in [
            (
                "gini",
                json!({"x": [1, null]}),
                "x[1] is not a finite number",
            ),
            ("gini", json!({"x": "many"}), "x must be a list of numbers"),
            ("gini", json!({}), "the argument x is missing"),
            (
                "gini",
                json!({"x": [1], "y": 2}),
                "gini takes no argument y; it takes x",
            ),
            ("ginny", json!({}), "there is no function ginny"),
            (
                "sprt",
                json!({"x": [0, 0.5], "p0": 0.1, "p1": 0.2}),
                "x must hold nothing but 0 and 1",
            ),
            (
                "holm",
                json!({"p": [0.5, 1.5]}),
                "p must hold numbers from 0 to 1",
            ),
            (
                "clopper_pearson",
                json!({"k": 1, "n": 2, "level": 1}),
                "level must lie between 0 and 1",
            ),
            (
                "efficiency",
                json!({"rewards": [[1, 2], [3]]}),
                "rewards must hold rows of one length, at least one",
            ),
        ] {
            assert_eq!(sentence(name, arguments), want);
        }
    }

    #[test]
    fn names_are_told_once() {
        let (first, second) = names();
        let mut all: Vec<&str> = first.into_iter().chain(second).collect();
        let n = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), n);
    }
}
