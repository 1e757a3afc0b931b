//! Text of the rule language → tokens with byte ranges in the file.
//!
//! **Invariant.** Never fails and never panics: what cannot be read becomes an [`Tok::Odd`] token, which no grammar rule accepts.

use crate::diagnostic::Span;
use crate::scenario::names::Text;

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tok {
    /// A word: a name or a keyword; the parser tells them apart by place.
    Word,
    /// Digits, with a decimal point between two of them.
    Number,
    /// `"…"`, on one line.
    Text,
    /// An operator or bracket, one or two characters.
    Sign,
    /// What is none of these.
    Odd,
    /// The end.
    End,
}

/// One token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Token<'a> {
    /// What it is.
    pub(crate) tok: Tok,
    /// Its text as written; a text without its quotes.
    pub(crate) text: &'a str,
    /// Where, in bytes of the file.
    pub(crate) span: Span,
    /// Whether it is the first of its line.
    pub(crate) first: bool,
}

const TWO: [&str; 7] = ["->", "==", "!=", "<=", ">=", "+=", "-="];

/// All tokens; the last one is [`Tok::End`]. White space and comments (`#` to the end of the line) separate.
pub(crate) fn lex(source: Text<'_>) -> Vec<Token<'_>> {
    let Text { text, base } = source;
    let mut tokens = Vec::new();
    let (mut at, mut first) = (0, true);
    while let Some(c) = text[at..].chars().next() {
        if c == '\n' {
            first = true;
        }
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        if c == '#' {
            at += text[at..].find('\n').unwrap_or(text.len() - at);
            continue;
        }
        let (tok, len) = token(&text[at..], c);
        let span = Span {
            start: base + at,
            end: base + at + len,
        };
        let inner = if tok == Tok::Text {
            &text[at + 1..at + len - 1]
        } else {
            &text[at..at + len]
        };
        tokens.push(Token {
            tok,
            text: inner,
            span,
            first,
        });
        first = false;
        at += len;
    }
    // The end stands right after the last token, where something is missing.
    let end = tokens.last().map_or(base, |t: &Token<'_>| t.span.end);
    tokens.push(Token {
        tok: Tok::End,
        text: "",
        span: Span { start: end, end },
        first: true,
    });
    tokens
}

/// Kind and length of the token at the start of a text that starts with `c`, no blank.
fn token(rest: &str, c: char) -> (Tok, usize) {
    let run = |more: fn(char) -> bool| rest.find(|c| !more(c)).unwrap_or(rest.len());
    if c.is_ascii_alphabetic() || c == '_' {
        return (Tok::Word, run(|c| c.is_ascii_alphanumeric() || c == '_'));
    }
    if c.is_ascii_digit() {
        let whole = run(|c| c.is_ascii_digit());
        let after = &rest[whole..];
        let mut next = after.chars();
        if next.next() == Some('.') && next.next().is_some_and(|c| c.is_ascii_digit()) {
            let digits = after[1..]
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(after.len() - 1);
            return (Tok::Number, whole + 1 + digits);
        }
        return (Tok::Number, whole);
    }
    if c == '"' {
        let line = rest.find('\n').unwrap_or(rest.len());
        return match rest[1..line].find('"') {
            Some(n) => (Tok::Text, n + 2),
            None => (Tok::Odd, line),
        };
    }
    if TWO.iter().any(|two| rest.starts_with(two)) {
        return (Tok::Sign, 2);
    }
    if "()+-*/<>=,;:.%".contains(c) {
        return (Tok::Sign, 1);
    }
    (Tok::Odd, c.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_know_their_bytes_in_the_file() {
        let tokens = lex(Text::new("on a(_) # é\n  do x -= 0.5%", 100));
        let texts: Vec<&str> = tokens.iter().map(|t| t.text).collect();
        assert_eq!(
            texts,
            ["on", "a", "(", "_", ")", "do", "x", "-=", "0.5", "%", ""]
        );
        assert_eq!(
            tokens[1].span,
            Span {
                start: 103,
                end: 104
            }
        );
        assert_eq!(
            tokens[5].span.start, 115,
            "a comment may hold any character"
        );
        assert!(tokens[5].first && !tokens[6].first);
    }

    #[test]
    fn what_cannot_be_read_is_an_odd_token() {
        let odd: Vec<&str> = lex(Text::new("a é \"open\n§", 0))
            .iter()
            .filter(|t| t.tok == Tok::Odd)
            .map(|t| t.text)
            .collect();
        assert_eq!(odd, ["é", "\"open", "§"]);
    }
}
