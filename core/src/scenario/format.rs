//! `commonweal fmt`: the canonical layout of a scenario file. One blank around `=` and after commas, one blank line at most, LF, rules
//! and scripts as [`super::format_text`] lays them out. Order, line breaks and comments are the author's, and so is the column of a
//! comment at a line's end.
//!
//! **Invariant.** What compiles stays the same world: tokens and comments are kept one by one, and the result is held against the
//! source before it is given out. Laying out twice is laying out once.

use toml_parser::Source;
use toml_parser::lexer::TokenKind;

use super::doc::{Data, Node, parse, unix_lines};
use super::format_text::{Sort, lay_out, same};
use crate::diagnostic::Diagnostic;

/// The text in canonical layout; what is wrong with it when it is not TOML.
pub fn format(source: &str) -> Result<String, Vec<Diagnostic>> {
    let (text, _) = unix_lines(source);
    let mut found = Vec::new();
    let Some(tree) = parse(&text, &mut found) else {
        return Err(found);
    };
    let out = write(&text, &texts(&tree));
    let kept = parse(&out, &mut Vec::new()).is_some_and(|new| same_meaning(&tree, &new, None));
    // A text that this file does not understand is better left alone.
    Ok(if kept && comments(&text) == comments(&out) {
        out
    } else {
        text
    })
}

/// Where texts of the rule language begin, quotes included.
fn texts(tree: &Node) -> Vec<(usize, Sort)> {
    let entries = |table: &str| tree.get(table).map_or(&[][..], Node::entries);
    let rules = entries("rules")
        .iter()
        .map(|(_, node)| (node.span.start, Sort::Rules));
    let scripts = entries("bots")
        .iter()
        .filter_map(|(_, node)| Some((node.get("script")?.span.start, Sort::Script)));
    rules.chain(scripts).collect()
}

fn write(text: &str, texts: &[(usize, Sort)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut depth = 0_usize;
    let mut blank_lines = 0;
    // Kind of the token before, on the same line; blanks since then.
    let mut last: Option<TokenKind> = None;
    let mut gap = 0;
    for token in Source::new(text).lex().into_vec() {
        let (kind, span) = (token.kind(), token.span());
        let raw = &text[span.start()..span.end()];
        match kind {
            TokenKind::Eof => break,
            TokenKind::Whitespace => {
                gap = raw.len();
                continue;
            }
            TokenKind::Newline => {
                if last.take().is_some() {
                    out.push('\n');
                } else {
                    blank_lines += 1;
                }
                gap = 0;
                continue;
            }
            _ => {}
        }
        let closes = matches!(
            kind,
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket
        );
        if closes {
            depth = depth.saturating_sub(1);
        }
        match last {
            None => {
                if blank_lines > 0 && !out.is_empty() {
                    out.push('\n');
                }
                blank_lines = 0;
                out.push_str(&"  ".repeat(depth));
            }
            Some(_) if kind == TokenKind::Comment => out.push_str(&" ".repeat(gap.max(1))),
            Some(before) if has_blank(before, kind) => out.push(' '),
            Some(_) => {}
        }
        if matches!(
            kind,
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket
        ) {
            depth += 1;
        }
        let sort = texts
            .iter()
            .find(|(start, _)| *start == span.start())
            .map(|(_, sort)| *sort);
        match (kind, sort) {
            (TokenKind::MlLiteralString, Some(sort)) => out.push_str(&quoted(raw, sort)),
            (TokenKind::Comment, _) => out.push_str(raw.trim_end()),
            _ => out.push_str(raw),
        }
        last = Some(kind);
        gap = 0;
    }
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

/// A text of the rule language in its quotes, each of its lines on a line of its own.
fn quoted(raw: &str, sort: Sort) -> String {
    raw.strip_prefix("'''")
        .and_then(|rest| rest.strip_suffix("'''"))
        .and_then(|inner| lay_out(inner, sort))
        .map_or_else(|| raw.to_owned(), |inner| format!("'''\n{inner}'''"))
}

/// Whether a blank stands between two tokens of a line.
fn has_blank(before: TokenKind, next: TokenKind) -> bool {
    use TokenKind::{
        Comma, Dot, Equals, LeftCurlyBracket, LeftSquareBracket, RightCurlyBracket,
        RightSquareBracket,
    };
    match (before, next) {
        (_, Comma | Dot) | (Dot, _) => false,
        (Equals | Comma, RightSquareBracket) => false,
        (Equals | Comma, _) | (_, Equals) => true,
        (LeftSquareBracket, _) | (_, RightSquareBracket) => false,
        (LeftCurlyBracket, RightCurlyBracket) => false,
        _ => true,
    }
}

/// All comments outside the texts, in order.
fn comments(text: &str) -> Vec<&str> {
    Source::new(text)
        .lex()
        .into_vec()
        .into_iter()
        .filter(|token| token.kind() == TokenKind::Comment)
        .map(|token| text[token.span().start()..token.span().end()].trim_end())
        .collect()
}

/// Whether two trees say the same; texts of the rule language by their tokens. `path`: the names of the last tables.
fn same_meaning(a: &Node, b: &Node, path: Option<(&str, usize)>) -> bool {
    match (&a.data, &b.data) {
        (Data::Table(a), Data::Table(b)) => {
            a.len() == b.len()
                && a.iter().zip(b).all(|((k, a), (l, b))| {
                    let deeper = path.map_or((k.as_str(), 1), |(top, depth)| (top, depth + 1));
                    let rule = deeper == ("rules", 2) || deeper == ("bots", 3) && k == "script";
                    let texts = a.text().zip(b.text()).filter(|_| rule);
                    k == l
                        && texts
                            .map_or_else(|| same_meaning(a, b, Some(deeper)), |(a, b)| same(a, b))
                })
        }
        _ => a.same(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_laid_out_and_keeps_its_comments() {
        let text = "#:schema x\n\n\n\nformat=1   # first\n[ a.b ]\nx  = [1,2 , [3]]\ny={p=0.5,q = { } }# tight\nz = [\n# inside\n1,\n    2\n]\nrows = '''\n#.  \n'''\n";
        let out = "#:schema x\n\nformat = 1   # first\n[a.b]\nx = [1, 2, [3]]\ny = { p = 0.5, q = {} } # tight\nz = [\n  # inside\n  1,\n  2\n]\nrows = '''\n#.  \n'''\n";
        assert_eq!(format(text).as_deref(), Ok(out));
        assert_eq!(format(out).as_deref(), Ok(out));
    }

    #[test]
    fn rules_and_scripts_are_laid_out_in_their_quotes() {
        let text = "[rules]\nall = '''on eaten(a,_,_)  do pay(a,main,1)'''\n[bots.x]\nkind=\"positive\"\nscript = '''\n->stay()\n'''\n";
        let out = "[rules]\nall = '''\non eaten(a, _, _) do pay(a, main, 1)\n'''\n[bots.x]\nkind = \"positive\"\nscript = '''\n-> stay()\n'''\n";
        assert_eq!(format(text).as_deref(), Ok(out));
    }

    #[test]
    fn what_is_not_toml_is_refused_with_its_message() {
        let found = format("a = = 1\n").expect_err("no TOML");
        assert_eq!(found[0].code, "E001");
    }

    #[test]
    fn line_ends_become_lf() {
        assert_eq!(
            format("a = 1\r\nb = 2\r\n").as_deref(),
            Ok("a = 1\nb = 2\n")
        );
    }
}
