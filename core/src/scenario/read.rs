//! Typed reading: a node of the tree → a struct, with every slip said in the file's own words.
//!
//! **Invariant.** No flatten, untagged or internally tagged types: they lose the place. After an error the offending field is
//! taken out and reading goes on, so that one slip gives one message and the next slip is still seen.

use serde::Deserialize;
use serde::de::{self, DeserializeOwned};
use serde_json::Value;

use super::doc::{Data, Node};
use super::names::suggest;
use crate::diagnostic::{Diagnostic, Span};
use crate::mechanics::ConfigError;

/// A field that an arm added: it does not stand in the base file, so it must be one with a default.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Added {
    /// Path in the scenario.
    pub(crate) path: String,
    /// The arm, or the factor level, in words.
    pub(crate) who: String,
}

/// Collects what is wrong while a tree is read.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) added: &'a [Added],
    pub(crate) out: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(added: &'a [Added]) -> Self {
        Self {
            added,
            out: Vec::new(),
        }
    }
    pub(crate) fn error(
        &mut self,
        code: &str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.out.push(Diagnostic::error(code, span, message, help));
    }
    /// Reads a node that stands at `path`. What can be read is given even when fields of it are wrong.
    pub(crate) fn read<T: DeserializeOwned>(&mut self, node: &Node, path: &str) -> Option<T> {
        self.read_with(node, path, |value| {
            match serde_path_to_error::deserialize::<_, T>(value) {
                Ok(t) => Ok(t),
                Err(error) => {
                    let path = error.path().to_string();
                    Err(ConfigError {
                        path: if path == "." { String::new() } else { path },
                        message: error.inner().to_string(),
                    })
                }
            }
        })
    }
    /// The same with a function that reads; used for the configs of mechanics.
    pub(crate) fn read_with<T>(
        &mut self,
        node: &Node,
        path: &str,
        read: impl Fn(&Value) -> Result<T, ConfigError>,
    ) -> Option<T> {
        let mut value = node.json();
        let before = self.out.len();
        loop {
            match read(&value) {
                Ok(t) => return Some(t),
                Err(error) => {
                    if error.message.starts_with("missing field") && self.out.len() > before {
                        return None; // the field is there, but wrong or misspelt
                    }
                    let legal = match error.message.starts_with("missing field") {
                        true => legal_fields(&value, &error.path, &read),
                        false => Vec::new(),
                    };
                    let place = self.explain(node, path, &error, &legal);
                    if self.out.len() - before > 20
                        || place.is_empty()
                        || !remove(&mut value, &place)
                    {
                        return None;
                    }
                }
            }
        }
    }
    /// Says what is wrong; gives the path (in the node) of what must go before reading can go on.
    /// `legal`: for a missing field the fields of its table.
    fn explain(
        &mut self,
        node: &Node,
        path: &str,
        error: &ConfigError,
        legal: &[String],
    ) -> String {
        let message = error.message.as_str();
        if let Some(rest) = message.strip_prefix("unknown field `") {
            let name = rest.split('`').next().unwrap_or_default().to_owned();
            let inside = if error.path.rsplit(['.', ']']).next() == Some(name.as_str()) {
                error
                    .path
                    .strip_suffix(name.as_str())
                    .unwrap_or_default()
                    .trim_end_matches('.')
                    .to_owned()
            } else {
                error.path.clone()
            };
            let full = join(&inside, &name);
            let span = node
                .at(&inside)
                .and_then(|n| n.get(&name))
                .map_or(node.key, |n| n.key);
            let legal = expected_names(rest);
            let help = suggest(&name, legal.iter().map(String::as_str));
            let whole = join(path, &full);
            match self.added.iter().find(|a| a.path == whole) {
                Some(added) => {
                    self.error(
                        "E502",
                        span,
                        format!("{} patches {whole}, which does not exist", added.who),
                        help,
                    );
                }
                None => self.error(
                    "E101",
                    span,
                    format!("[{}] has no field `{name}`", join(path, &inside)),
                    help,
                ),
            }
            return full;
        }
        if let Some(rest) = message.strip_prefix("missing field `") {
            let name = rest.split('`').next().unwrap_or_default();
            let inside = node.nearest(&error.path);
            let at = if inside.key.start == inside.key.end {
                node.key
            } else {
                inside.key
            };
            let others: Vec<&str> = legal
                .iter()
                .map(String::as_str)
                .filter(|field| *field != name)
                .collect();
            let others = if others.is_empty() {
                String::new()
            } else {
                format!("; its other fields are {}", others.join(", "))
            };
            self.error(
                "E104",
                at,
                format!("[{}] needs a field `{name}`", join(path, &error.path)),
                format!("add `{name} = …`{others}"),
            );
            return String::new();
        }
        let at = node.nearest(&error.path);
        let label = last(if error.path.is_empty() {
            path
        } else {
            &error.path
        });
        let (what, help) = match message.split_once(", expected ") {
            Some((found, expected)) if !found.starts_with("unknown variant") => {
                let expected = in_words(expected);
                let found = if found.starts_with("invalid value") {
                    literal(at)
                } else {
                    at.sort().to_owned()
                };
                (
                    format!("`{label}` must be {expected}, found {found}"),
                    instead(&join(path, &error.path), &label, at, &expected),
                )
            }
            Some((found, expected)) => {
                let name = found.split('`').nth(1).unwrap_or_default();
                let legal = expected_names(expected);
                let help = suggest(name, legal.iter().map(String::as_str));
                (
                    format!(
                        "`{label}` cannot be `{name}`: it is one of {}",
                        legal.join(", ")
                    ),
                    help,
                )
            }
            None => (format!("`{label}`: {message}"), String::new()),
        };
        self.error("E201", at.span, what, help);
        error.path.clone()
    }
}

/// The fields of the table at a path, asked of what reads it: it names them when it meets one that it does not know.
fn legal_fields<T>(
    value: &Value,
    path: &str,
    read: &impl Fn(&Value) -> Result<T, ConfigError>,
) -> Vec<String> {
    // No field is called so.
    const STRANGER: &str = "?";
    let mut value = value.clone();
    let mut at = Some(&mut value);
    for part in path.split(['.', '[', ']']).filter(|part| !part.is_empty()) {
        at = at.and_then(|value| match part.parse::<usize>() {
            Ok(place) => value.get_mut(place),
            Err(_) => value.get_mut(part),
        });
    }
    let Some(table) = at.and_then(Value::as_object_mut) else {
        return Vec::new();
    };
    table.insert(STRANGER.to_owned(), Value::Null);
    match read(&value) {
        Err(error) if error.message.starts_with("unknown field") => expected_names(&error.message),
        _ => Vec::new(),
    }
}

fn join(a: &str, b: &str) -> String {
    if a.is_empty() || b.is_empty() {
        [a, b].concat()
    } else {
        format!("{a}.{b}")
    }
}

fn last(path: &str) -> String {
    path.rsplit('.').next().unwrap_or(path).to_owned()
}

/// The names between back quotes.
fn expected_names(message: &str) -> Vec<String> {
    let after = message
        .split_once("expected ")
        .map_or(message, |(_, rest)| rest);
    after
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// What serde expected, in the words of a scenario's author.
fn in_words(expected: &str) -> String {
    let word = expected.split(' ').next().unwrap_or_default();
    match word {
        "u8" => "a whole number from 0 to 255".to_owned(),
        "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more".to_owned(),
        "i8" | "i16" | "i32" | "i64" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "struct" => "a table".to_owned(),
        _ => match expected {
            "a string" => "text".to_owned(),
            "a boolean" => "true or false".to_owned(),
            "a sequence" => "a list".to_owned(),
            "a map" => "a table".to_owned(),
            "string or map" => "a word".to_owned(),
            other
                if other.starts_with("a tuple of size ")
                    || other.starts_with("an array of length ") =>
            {
                format!("a list of {}", other.rsplit(' ').next().unwrap_or("2"))
            }
            other => other.to_owned(),
        },
    }
}

fn literal(node: &Node) -> String {
    match &node.data {
        Data::Int(_) | Data::Num(_) | Data::Bool(_) => {
            let mut out = String::new();
            node.canonical(&mut out);
            out
        }
        _ => node.sort().to_owned(),
    }
}

fn instead(path: &str, label: &str, node: &Node, expected: &str) -> String {
    let number = node.text().filter(|t| super::doc::millionths(t).is_ok());
    match (number, &node.data) {
        (Some(text), _) if expected.contains("number") => format!("write `{label} = {text}`"),
        (None, Data::Text(t)) if expected.contains("number") => {
            format!("write a number in place of \"{t}\"")
        }
        (_, Data::Text(t)) if expected == "true or false" && (t == "true" || t == "false") => {
            format!("write `{label} = {t}`")
        }
        (_, Data::Text(t)) if expected == "a table" && path.starts_with("defs.") => {
            format!("write `{label} = {{ is = \"{t}\" }}`")
        }
        (_, Data::Text(t)) if expected == "a table" && is_measure(path) => {
            format!("write `{{ id = \"{t}\" }}`")
        }
        (_, Data::Text(t)) if expected == "a list" => format!("write `{label} = [\"{t}\"]`"),
        (_, Data::Int(_) | Data::Num(_) | Data::Bool(_)) if expected == "text" => {
            format!("write `{label} = \"{}\"`", literal(node))
        }
        _ => format!("write {expected}"),
    }
}

/// Whether a measure stands at this path.
fn is_measure(path: &str) -> bool {
    let path = path.strip_prefix("measures.").unwrap_or(path);
    path == "primary" || path == "competence" || path.starts_with("also[")
}

/// Takes the value at a path out of a JSON tree; an element of a list takes its list with it.
fn remove(value: &mut Value, path: &str) -> bool {
    let path = path.split('[').next().unwrap_or_default();
    let (inside, name) = path.rsplit_once('.').unwrap_or(("", path));
    let mut at = value;
    for part in inside.split('.').filter(|p| !p.is_empty()) {
        match at.get_mut(part) {
            Some(next) => at = next,
            None => return false,
        }
    }
    at.as_object_mut().is_some_and(|o| o.remove(name).is_some())
}

/// A whole number with its range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Count<const MIN: i64, const MAX: i64>(pub(crate) i64);

impl<const MIN: i64, const MAX: i64> Count<MIN, MAX> {
    pub(crate) fn u8(self) -> u8 {
        u8::try_from(self.0).unwrap_or(u8::MAX)
    }
    pub(crate) fn u16(self) -> u16 {
        u16::try_from(self.0).unwrap_or(u16::MAX)
    }
    pub(crate) fn u32(self) -> u32 {
        u32::try_from(self.0).unwrap_or(u32::MAX)
    }
}

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Count<MIN, MAX> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<const MIN: i64, const MAX: i64>;
        impl<const MIN: i64, const MAX: i64> de::Visitor<'_> for Visitor<MIN, MAX> {
            type Value = Count<MIN, MAX>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "a whole number from {MIN} to {MAX}")
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Self::Value, E> {
                if (MIN..=MAX).contains(&n) {
                    Ok(Count(n))
                } else {
                    Err(E::invalid_value(de::Unexpected::Signed(n), &self))
                }
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Self::Value, E> {
                self.visit_i64(i64::try_from(n).unwrap_or(i64::MAX))
            }
        }
        deserializer.deserialize_i64(Visitor)
    }
}

#[cfg(feature = "schema")]
impl<const MIN: i64, const MAX: i64> schemars::JsonSchema for Count<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Count".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}
