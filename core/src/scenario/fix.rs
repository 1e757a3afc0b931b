//! What is certain to be meant: replacements for `check --fix` and the quick fixes of editors.
//!
//! **Invariant.** A replacement touches no comment. [`mend`] keeps one only if the file that comes out has that slip less and no new
//! one.

use super::load::check;
use super::names::distance;
use crate::diagnostic::{Diagnostic, Span};

/// Codes of names that are not there.
const NAMES: [&str; 8] = [
    "E101", "E102", "E103", "E402", "E403", "E404", "E502", "E503",
];

/// The replacement of a diagnostic's span that is certain to be meant. Of a name only where one slip of the pen lies between it and the
/// name that is meant.
pub(super) fn replacement(source: &str, d: &Diagnostic) -> Option<String> {
    let found = source.get(d.span.start..d.span.end)?;
    if NAMES.contains(&d.code.as_str()) {
        let meant = d.help.strip_prefix("did you mean ")?;
        let meant = meant.split('`').nth(1)?;
        let bare = found.trim_matches(['"', '\'']);
        let near = !bare.is_empty() && distance(bare, meant) == 1;
        return near.then(|| found.replacen(bare, meant, 1));
    }
    match d.code.as_str() {
        // `"5"` where a number or a truth value belongs.
        "E201" if d.message.contains("found text") => {
            let bare = found.trim_matches(['"', '\'']);
            let value = bare == "true" || bare == "false" || bare.parse::<i64>().is_ok();
            (value && found.len() == bare.len() + 2).then(|| bare.to_owned())
        }
        "E401" if d.message.starts_with("expected `when` or `do`") => d
            .help
            .starts_with("write `do ")
            .then(|| format!("do {found}")),
        _ => None,
    }
}

/// Where text is replaced by what.
type Edit = (Span, String);

/// The edits of a diagnostic, some of which lie outside its span.
fn edits(source: &str, d: &Diagnostic) -> Vec<Edit> {
    match d.code.as_str() {
        "E001" if d.message.contains("extra `=`") => double_sign(source, d.span),
        "E003" => quotes(source, d.span),
        "E104" if d.help == "add `format = 1` at the top" => {
            let at = top(source);
            let span = Span { start: at, end: at };
            vec![(span, "format = 1\n".to_owned())]
        }
        _ => d.fix.iter().map(|text| (d.span, text.clone())).collect(),
    }
}

/// The second of two signs `=`, with the blanks before it.
fn double_sign(source: &str, span: Span) -> Vec<Edit> {
    let line = source[..span.start.min(source.len())]
        .rfind('\n')
        .map_or(0, |i| i + 1);
    let end = source[line..].find('\n').map_or(source.len(), |i| line + i);
    let text = &source[line..end];
    let Some(first) = text.find('=') else {
        return Vec::new();
    };
    let rest = &text[first + 1..];
    let blanks = rest.len() - rest.trim_start().len();
    if !rest.trim_start().starts_with('=') {
        return Vec::new();
    }
    let start = line + first + 1;
    let span = Span {
        start,
        end: start + blanks + 1,
    };
    vec![(span, String::new())]
}

/// Quotes of three double signs become quotes of three single ones, where nothing within them reads otherwise then.
fn quotes(source: &str, span: Span) -> Vec<Edit> {
    let Some(rest) = source
        .get(span.start..)
        .and_then(|s| s.strip_prefix("\"\"\""))
    else {
        return Vec::new();
    };
    let Some(length) = rest.find("\"\"\"") else {
        return Vec::new();
    };
    if rest[..length].contains(['\\']) || rest[..length].contains("'''") {
        return Vec::new();
    }
    let of = |start: usize| {
        let span = Span {
            start,
            end: start + 3,
        };
        (span, "'''".to_owned())
    };
    vec![of(span.start), of(span.start + 3 + length)]
}

/// Where the first line begins that is no comment.
fn top(source: &str) -> usize {
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        if !line.starts_with('#') {
            break;
        }
        at += line.len();
    }
    at
}

fn apply(source: &str, edits: &[Edit]) -> Option<String> {
    let mut edits = edits.to_vec();
    edits.sort_by_key(|(span, _)| span.start);
    let mut out = String::with_capacity(source.len());
    let mut done = 0;
    for (span, text) in edits {
        out.push_str(source.get(done..span.start)?);
        out.push_str(&text);
        done = span.end;
    }
    out.push_str(source.get(done..)?);
    Some(out)
}

/// Mends what is certain, slip after slip: the new text, and what was mended in it.
pub fn mend(id: &str, source: &str) -> (String, Vec<Diagnostic>) {
    let mut text = source.to_owned();
    let mut mended: Vec<Diagnostic> = Vec::new();
    let mut found = check(id, &text).1;
    loop {
        let step = found.iter().find_map(|d| {
            let edits = edits(&text, d);
            if edits.is_empty() {
                return None;
            }
            let new = apply(&text, &edits)?;
            let left = check(id, &new).1;
            is_better(&found, &left, d, &new).then(|| (d.clone(), new, left))
        });
        let Some((d, new, left)) = step else {
            return (text, mended);
        };
        mended.push(d);
        (text, found) = (new, left);
    }
}

/// The slip is gone, and nothing has come but what it had hidden.
fn is_better(before: &[Diagnostic], after: &[Diagnostic], mended: &Diagnostic, text: &str) -> bool {
    let same = |a: &Diagnostic, b: &Diagnostic| a.code == b.code && a.message == b.message;
    let count = |list: &[Diagnostic]| list.iter().filter(|d| same(d, mended)).count();
    // What is no TOML hides all else, and a rule that does not follow the grammar hides what its names mean.
    for code in ["E001", "E401"] {
        let of = |list: &[Diagnostic]| list.iter().filter(|d| d.code == code).count();
        if mended.code == code {
            return of(after) < of(before);
        }
    }
    // An unknown name hides what stands behind it in its line.
    let start = mended.span.start;
    let end = text[start.min(text.len())..]
        .find('\n')
        .map_or(text.len(), |i| start + i);
    let hidden = |d: &Diagnostic| (start..=end).contains(&d.span.start);
    let new = after
        .iter()
        .filter(|a| !before.iter().any(|b| same(a, b)) && !hidden(a))
        .count();
    count(after) < count(before) && new == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(source: &str, d: &Diagnostic) -> Option<String> {
        apply(source, &edits(source, d))
    }

    fn at(source: &str, part: &str) -> Span {
        let start = source.find(part).expect("it is there");
        Span {
            start,
            end: start + part.len(),
        }
    }

    #[test]
    fn a_second_sign_goes_and_a_comment_stays() {
        let source = "a = 1\nvalue = = 1 # = kept\n";
        let d = Diagnostic::error(
            "E001",
            at(source, "= 1 #"),
            "this is not TOML: extra `=`",
            "",
        );
        assert_eq!(
            edited(source, &d).as_deref(),
            Some("a = 1\nvalue = 1 # = kept\n")
        );
    }

    #[test]
    fn double_quotes_become_single_ones_unless_something_within_would_change() {
        let d = |source: &str| Diagnostic::error("E003", at(source, "\"\"\""), "", "");
        let source = "all = \"\"\"\non x\n\"\"\" # rules\n";
        assert_eq!(
            edited(source, &d(source)).as_deref(),
            Some("all = '''\non x\n''' # rules\n")
        );
        let source = "all = \"\"\"\na \\\n b\"\"\"\n";
        assert_eq!(edited(source, &d(source)).as_deref(), Some(source));
    }

    #[test]
    fn a_name_is_replaced_only_where_one_slip_lies_between() {
        let source = "slot = 5";
        let d = |help: &str| Diagnostic::error("E101", at(source, "slot"), "", help);
        assert_eq!(
            replacement(source, &d("did you mean `slots`?")).as_deref(),
            Some("slots")
        );
        assert_eq!(replacement(source, &d("did you mean `solids`?")), None);
        assert_eq!(replacement(source, &d("name one of slots, roles")), None);
    }

    #[test]
    fn a_number_in_quotes_loses_them() {
        let source = "slots = \"5\"";
        let d = Diagnostic::error("E201", at(source, "\"5\""), "…, found text", "");
        assert_eq!(replacement(source, &d).as_deref(), Some("5"));
        let source = "slots = \"five\"";
        let d = Diagnostic::error("E201", at(source, "\"five\""), "…, found text", "");
        assert_eq!(replacement(source, &d), None);
    }
}
