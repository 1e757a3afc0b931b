//! A TOML text as a tree that remembers where everything stands.
//!
//! **Invariant.** Tables keep the order of the file; numbers are exact (whole, or millionths); a node knows its span and its
//! key's span, also after it was patched into another tree.

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Span};
use crate::ids::{Num, ONE};

/// Largest file in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// What a node holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Data {
    Bool(bool),
    Int(i64),
    /// Millionths; never a whole number of wholes that the file wrote without a point.
    Num(Num),
    Text(String),
    List(Vec<Node>),
    /// Keys in file order.
    Table(Vec<(String, Node)>),
}

/// A value of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    pub data: Data,
    /// Of the value.
    pub span: Span,
    /// Of its key; of the value where there is none.
    pub key: Span,
}

impl Node {
    /// The entries of a table, in file order; none for anything else.
    pub fn entries(&self) -> &[(String, Node)] {
        if let Data::Table(entries) = &self.data {
            entries
        } else {
            &[]
        }
    }
    /// The elements of a list; none for anything else.
    pub fn items(&self) -> &[Node] {
        if let Data::List(items) = &self.data {
            items
        } else {
            &[]
        }
    }
    /// The value under a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries()
            .iter()
            .find(|(k, _)| k == key)
            .map(|(_, node)| node)
    }
    /// The value under a path such as `mechanics.regrow.apple.chance[2]`.
    pub fn at(&self, path: &str) -> Option<&Node> {
        let mut node = self;
        for part in path.split('.').filter(|p| !p.is_empty()) {
            let mut pieces = part.split('[');
            if let Some(key) = pieces.next().filter(|k| !k.is_empty()) {
                node = node.get(key)?;
            }
            for index in pieces {
                node = node
                    .items()
                    .get(index.strip_suffix(']')?.parse::<usize>().ok()?)?;
            }
        }
        Some(node)
    }
    /// The deepest node on the way to a path; the node itself when not even its first part is there.
    pub fn nearest(&self, path: &str) -> &Node {
        let mut end = path.len();
        loop {
            if let Some(node) = self.at(&path[..end]) {
                return node;
            }
            end = path[..end].rfind(['.', '[']).unwrap_or(0);
        }
    }
    /// The node to which a path leads, for writing.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let Data::Table(entries) = &mut self.data else {
            return None;
        };
        entries
            .iter_mut()
            .find(|(k, _)| k == key)
            .map(|(_, node)| node)
    }
    /// Its text.
    pub fn text(&self) -> Option<&str> {
        if let Data::Text(text) = &self.data {
            Some(text)
        } else {
            None
        }
    }
    /// Whether it is a table.
    pub fn is_table(&self) -> bool {
        matches!(self.data, Data::Table(_))
    }
    /// A number in millionths.
    pub fn num(&self) -> Option<Num> {
        match self.data {
            Data::Int(n) => n.checked_mul(ONE),
            Data::Num(n) => Some(n),
            _ => None,
        }
    }
    /// What it is, in the words of messages.
    pub fn sort(&self) -> &'static str {
        match &self.data {
            Data::Bool(_) => "true or false",
            Data::Int(_) | Data::Num(_) => "a number",
            Data::Text(_) => "text",
            Data::List(_) => "a list",
            Data::Table(_) => "a table",
        }
    }
    /// As JSON, for typed reading; tables keep what they hold, not its order.
    pub fn json(&self) -> Value {
        match &self.data {
            Data::Bool(b) => Value::Bool(*b),
            Data::Int(n) => Value::from(*n),
            #[expect(
                clippy::cast_precision_loss,
                reason = "read back by rounding to millionths"
            )]
            Data::Num(n) => Value::from(*n as f64 / 1e6),
            Data::Text(t) => Value::from(t.as_str()),
            Data::List(items) => Value::Array(items.iter().map(Node::json).collect()),
            Data::Table(entries) => {
                Value::Object(entries.iter().map(|(k, v)| (k.clone(), v.json())).collect())
            }
        }
    }
    /// Canonical JSON: no white space, tables in file order (order means something: slots, rules, layers), numbers in the shortest
    /// decimal form.
    pub fn canonical(&self, out: &mut String) {
        let quoted = |text: &str| Value::from(text).to_string();
        match &self.data {
            Data::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Data::Int(n) => out.push_str(&n.to_string()),
            Data::Num(n) => out.push_str(&decimal(*n)),
            Data::Text(t) => out.push_str(&quoted(t)),
            Data::List(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    out.push_str(if i > 0 { "," } else { "" });
                    item.canonical(out);
                }
                out.push(']');
            }
            Data::Table(entries) => {
                out.push('{');
                for (i, (key, value)) in entries.iter().enumerate() {
                    out.push_str(if i > 0 { "," } else { "" });
                    out.push_str(&quoted(key));
                    out.push(':');
                    value.canonical(out);
                }
                out.push('}');
            }
        }
    }
    /// Whether two nodes say the same, wherever they stand.
    pub fn same(&self, other: &Node) -> bool {
        let (mut a, mut b) = (String::new(), String::new());
        self.canonical(&mut a);
        other.canonical(&mut b);
        a == b
    }
}

/// Millionths as the shortest decimal.
pub fn decimal(n: Num) -> String {
    let (whole, part) = (
        n.unsigned_abs() / ONE.unsigned_abs(),
        n.unsigned_abs() % ONE.unsigned_abs(),
    );
    let sign = if n < 0 { "-" } else { "" };
    if part == 0 {
        return format!("{sign}{whole}");
    }
    format!(
        "{sign}{whole}.{}",
        format!("{part:06}").trim_end_matches('0')
    )
}

/// A decimal text (`0.0025`, `-1.5`, `1e-3`) in millionths; what is wrong with it otherwise.
pub fn millionths(text: &str) -> Result<Num, &'static str> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((m, e)) => (
            m,
            e.parse::<i32>()
                .ok()
                .filter(|e| e.abs() <= 30)
                .ok_or("it is out of range")?,
        ),
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all: String = [whole, part].concat();
    if all.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
        return Err("it is no decimal number");
    }
    // value = all · 10^(exponent − part.len()); in millionths · 10^6
    let mut shift = exponent - i32::try_from(part.len()).map_err(|_| "it has too many digits")? + 6;
    let mut digits = all.trim_start_matches('0').to_owned();
    while shift < 0 && digits.ends_with('0') {
        digits.pop();
        shift += 1;
    }
    if digits.is_empty() {
        return Ok(0);
    }
    if shift < 0 {
        return Err("it has more than 6 decimals");
    }
    if digits.len() + usize::try_from(shift).expect("not negative") > 16 {
        return Err("it is out of range");
    }
    let value: i64 = digits.parse().map_err(|_| "it is out of range")?;
    let value = value * 10_i64.pow(u32::try_from(shift).expect("below 16"));
    Ok(if negative { -value } else { value })
}

/// Line ends as LF, and what is needed to find a place of the original again.
pub fn unix_lines(source: &str) -> (String, Vec<usize>) {
    let mut removed = Vec::new();
    let mut out = String::with_capacity(source.len());
    for (i, c) in source.char_indices() {
        if c == '\r' && source[i + 1..].starts_with('\n') {
            removed.push(out.len());
        } else {
            out.push(c);
        }
    }
    (out, removed)
}

/// The place in the original of a place in the text with LF line ends.
pub fn original(offset: usize, removed: &[usize]) -> usize {
    offset + removed.partition_point(|&r| r < offset)
}

/// Reads a text with LF line ends. With errors there is no tree: what a recovering parser makes of a broken file gives two
/// messages for one slip.
pub fn parse(source: &str, out: &mut Vec<Diagnostic>) -> Option<Node> {
    if source.len() > MAX_BYTES {
        let message = format!(
            "the file has {} bytes, the limit is {MAX_BYTES} (file size)",
            source.len()
        );
        out.push(Diagnostic::error(
            "E002",
            Span::default(),
            message,
            "split the scenario in two",
        ));
        return None;
    }
    let (tree, errors) = DeTable::parse_recoverable(source);
    if !errors.is_empty() {
        let mut lines = Vec::new();
        for error in errors {
            let span = error.span().map_or(
                Span {
                    start: source.len(),
                    end: source.len(),
                },
                |s| Span {
                    start: s.start,
                    end: s.end,
                },
            );
            let line = source[..span.start.min(source.len())].matches('\n').count();
            if !lines.contains(&line) {
                lines.push(line);
                out.push(syntax(source, span, error.message()));
            }
        }
        return None;
    }
    let span = Span {
        start: 0,
        end: source.len(),
    };
    Some(Node {
        data: table(tree.get_ref(), out),
        span,
        key: span,
    })
}

fn syntax(source: &str, span: Span, message: &str) -> Diagnostic {
    let start = source[..span.start.min(source.len())]
        .rfind('\n')
        .map_or(0, |i| i + 1);
    let line = source[start..].lines().next().unwrap_or_default().trim();
    let help = match message.split(',').next().unwrap_or_default() {
        "extra `=`" => format!(
            "write `{}`",
            line.replacen("= =", "=", 1).replacen("==", "=", 1)
        ),
        "duplicate key" => "keep one of the two".to_owned(),
        _ => match message.split_once(", expected ") {
            Some((_, expected)) => format!("expected {expected}"),
            None => "see toml.io for the form of a TOML file".to_owned(),
        },
    };
    let what = message.split(", expected ").next().unwrap_or(message);
    Diagnostic::error("E001", span, format!("this is not TOML: {what}"), help)
}

fn table(table: &DeTable<'_>, out: &mut Vec<Diagnostic>) -> Data {
    let mut entries: Vec<(String, Node)> = table
        .iter()
        .map(|(key, value)| {
            let mut node = node(value.get_ref(), value.span(), out);
            node.key = Span {
                start: key.span().start,
                end: key.span().end,
            };
            (key.get_ref().to_string(), node)
        })
        .collect();
    entries.sort_by_key(|(_, node)| node.key.start);
    Data::Table(entries)
}

fn node(value: &DeValue<'_>, span: std::ops::Range<usize>, out: &mut Vec<Diagnostic>) -> Node {
    let span = Span {
        start: span.start,
        end: span.end,
    };
    let mut refuse = |what: String, help: &str| {
        out.push(Diagnostic::error("E205", span, what, help));
        Data::Int(0)
    };
    let data = match value {
        DeValue::String(text) => Data::Text(text.to_string()),
        DeValue::Integer(int) => match i64::from_str_radix(int.as_str(), int.radix()) {
            Ok(n) if n.unsigned_abs() <= 9_000_000_000 => Data::Int(n),
            _ => refuse(
                format!("{} is out of range", int.as_str()),
                "whole numbers go up to 9,000,000,000",
            ),
        },
        DeValue::Float(float) => match millionths(float.as_str()) {
            Ok(n) => Data::Num(n),
            Err(why) => refuse(
                format!("{} cannot be a number of a scenario: {why}", float.as_str()),
                "write at most 6 decimals, below 9,000,000,000",
            ),
        },
        DeValue::Boolean(b) => Data::Bool(*b),
        DeValue::Datetime(date) => refuse(
            format!("{date} is a date; no field of a scenario takes one"),
            "write a text or a number",
        ),
        DeValue::Array(items) => Data::List(
            items
                .iter()
                .map(|item| node(item.get_ref(), item.span(), out))
                .collect(),
        ),
        DeValue::Table(t) => table(t, out),
    };
    Node {
        data,
        span,
        key: span,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_or_refused() {
        assert_eq!(millionths("0.0025"), Ok(2500));
        assert_eq!(millionths("-1.5"), Ok(-1_500_000));
        assert_eq!(millionths("5e-6"), Ok(5));
        assert_eq!(millionths("1.0000000"), Ok(1_000_000));
        assert!(millionths("0.0000001").is_err());
        assert!(millionths("inf").is_err());
        assert!(millionths("1e20").is_err());
        assert_eq!(decimal(2500), "0.0025");
        assert_eq!(decimal(-1_500_000), "-1.5");
    }

    #[test]
    fn a_path_finds_its_value_and_tables_keep_the_order_of_the_file() {
        let text = "[b]\nz = 1\na = [1, [2, 3]]\n[a]\nc.d = 'x'\n";
        let mut out = Vec::new();
        let tree = parse(text, &mut out).unwrap();
        assert_eq!(
            tree.entries()
                .iter()
                .map(|(k, _)| k.as_str())
                .collect::<Vec<_>>(),
            ["b", "a"]
        );
        assert_eq!(tree.at("b.a[1][0]").unwrap().data, Data::Int(2));
        let node = tree.at("a.c.d").unwrap();
        assert_eq!(&text[node.span.start..node.span.end], "'x'");
        assert_eq!(&text[node.key.start..node.key.end], "d");
        assert_eq!(tree.nearest("b.a[1][7]").items().len(), 2);
    }
}
