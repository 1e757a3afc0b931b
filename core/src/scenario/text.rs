//! Texts of the rule language inside a TOML file: where their first byte stands, and whether their quotes keep places true.

use super::doc::Node;
use super::read::Reader;
use crate::diagnostic::Span;

/// Quotes that a text may stand in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Quotes {
    /// `'''` only: rules, maps, scripts.
    Literal,
    /// Any, if no escape shifts places: one-line expressions.
    Any,
}

/// The byte of the file at which a text begins; `None`, and an error, when its quotes do not keep places true.
pub(crate) fn text_at(
    source: &str,
    node: &Node,
    quotes: Quotes,
    what: &str,
    reader: &mut Reader<'_>,
) -> Option<usize> {
    let raw = source
        .get(node.span.start..node.span.end)
        .unwrap_or_default();
    let start = node.span.start;
    let found = ["'''", "\"\"\"", "'", "\""]
        .into_iter()
        .find(|q| raw.starts_with(q))?;
    let newline = usize::from(raw.as_bytes().get(3) == Some(&b'\n'));
    match (found, quotes) {
        ("'''", _) => Some(start + 3 + newline),
        ("'", Quotes::Any) => Some(start + 1),
        ("\"", Quotes::Any) if !raw.contains('\\') => Some(start + 1),
        _ => {
            let at = Span {
                start,
                end: start + found.len(),
            };
            let message = format!(
                "{what} must stand in ''' quotes, so that places in the text are places in the file"
            );
            reader.error("E003", at, message, format!("replace {found} by '''"));
            None
        }
    }
}
