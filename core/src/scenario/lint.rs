//! Words that say what goes on in a mind, where only acts are known (W901).

use super::doc::{Data, Node};
use super::read::Reader;
use crate::diagnostic::{Diagnostic, Span};

/// A word and what to say in its place.
const MENTAL: [(&str, &str); 14] = [
    ("wants", "for example \"walks to\""),
    ("want", "for example \"walk to\""),
    ("thinks", "for example \"says\""),
    ("believes", "for example \"acts as if\""),
    ("feels", "for example \"does\""),
    ("hopes", "for example \"waits for\""),
    ("fears", "for example \"keeps away from\""),
    ("intends", "for example \"goes to\""),
    ("desires", "for example \"walks to\""),
    ("wishes", "for example \"asks for\""),
    ("loves", "for example \"stays with\""),
    ("hates", "for example \"keeps away from\""),
    ("enjoys", "for example \"goes on with\""),
    ("knows", "for example \"has heard\""),
];

/// Warns of mental words in what a file says of its world: `says`, captions and texts.
pub(crate) fn mental_words(tree: &Node, source: &str, reader: &mut Reader<'_>) {
    for table in ["dials", "arms", "bots", "exits", "messages"] {
        for (_, entry) in tree.get(table).map_or(&[][..], Node::entries) {
            if let Some(says) = entry.get("says") {
                warn(says, source, reader);
            }
        }
    }
    for table in ["texts", "captions"] {
        for (_, entry) in tree.get(table).map_or(&[][..], Node::entries) {
            warn(entry.get("text").unwrap_or(entry), source, reader);
        }
    }
}

fn warn(node: &Node, source: &str, reader: &mut Reader<'_>) {
    if !matches!(node.data, Data::Text(_)) {
        return;
    }
    let raw = source
        .get(node.span.start..node.span.end)
        .unwrap_or_default();
    let mut start = 0;
    for word in raw.split(|c: char| !c.is_alphanumeric()) {
        if let Some((word, instead)) = MENTAL.iter().find(|(w, _)| *w == word.to_lowercase()) {
            let at = node.span.start + start;
            let span = Span {
                start: at,
                end: at + word.len(),
            };
            let help = format!("say what is done, {instead}");
            reader.out.push(Diagnostic::warning(
                "W901",
                span,
                format!("\"{word}\" describes a mind"),
                help,
            ));
        }
        start += word.len();
        start += raw
            .get(start..)
            .and_then(|r| r.chars().next())
            .map_or(0, char::len_utf8);
    }
}
