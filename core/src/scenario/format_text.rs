//! Canonical layout of a text of the rule language: one blank where one belongs, the line breaks of the author, what goes on in the
//! next line indented by two, labels of a script as wide as the widest.
//!
//! **Invariant.** The tokens and the comments stay as they are, in their order; what cannot be read stays untouched. Laying out twice
//! is laying out once.

use super::lex::{Tok, Token, lex};
use super::names::Text;

/// What a text is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sort {
    /// A block of rules.
    Rules,
    /// A bot's script.
    Script,
}

/// Words after which a bracket is not that of a call.
const KEYWORDS: [&str; 17] = [
    "and", "or", "not", "if", "then", "else", "when", "do", "where", "in", "mod", "every", "emit",
    "after", "each", "let", "avoid",
];

/// One line of the text.
struct Line<'a> {
    code: Vec<Token<'a>>,
    /// Blanks before the comment, and the comment.
    comment: Option<(usize, &'a str)>,
    indented: bool,
}

/// The text laid out, each of its lines ended; `None` where it cannot be read.
pub(crate) fn lay_out(text: &str, sort: Sort) -> Option<String> {
    let lines: Vec<Line<'_>> = text.lines().map(split).collect::<Option<_>>()?;
    let labels = lines.iter().filter_map(|line| label(&line.code));
    let width = match sort {
        Sort::Rules => 0,
        Sort::Script => labels.map(|l| l.text.len() + 2).max().unwrap_or(0),
    };
    let mut out = String::new();
    let mut state = State::default();
    let mut blank = false;
    for line in &lines {
        if line.code.is_empty() && line.comment.is_none() {
            blank = true;
            continue;
        }
        if blank && !out.is_empty() {
            out.push('\n');
        }
        blank = false;
        let mut drawn = String::new();
        let indent = if line.code.is_empty() {
            line.indented
        } else {
            !state.starts(&line.code, sort)
        };
        if indent && !out.is_empty() {
            drawn.push_str("  ");
        }
        if !indent && !line.code.is_empty() {
            state.arrow = false;
        }
        for (i, token) in line.code.iter().enumerate() {
            if i > 0 {
                let gap = state.gap(token);
                let labelled = i == 2 && label(&line.code).is_some();
                let blanks = if labelled {
                    width.saturating_sub(drawn.len()).max(1)
                } else {
                    usize::from(gap)
                };
                drawn.push_str(&" ".repeat(blanks));
            }
            drawn.push_str(&written(token));
            state.take(token);
        }
        if let Some((gap, comment)) = line.comment {
            if !line.code.is_empty() {
                drawn.push_str(&" ".repeat(gap.max(1)));
            }
            drawn.push_str(comment);
        }
        out.push_str(drawn.trim_end());
        out.push('\n');
    }
    Some(out)
}

/// Whether two texts have the same tokens and the same comments.
pub(crate) fn same(a: &str, b: &str) -> bool {
    let parts = |text: &str| -> Vec<(Tok, String)> {
        let tokens = lex(Text::new(text, 0));
        let mut out: Vec<(Tok, String)> =
            tokens.iter().map(|t| (t.tok, t.text.to_owned())).collect();
        let comments = text.lines().filter_map(split).filter_map(|l| l.comment);
        out.extend(comments.map(|(_, comment)| (Tok::End, comment.to_owned())));
        out
    };
    parts(a) == parts(b)
}

fn split(line: &str) -> Option<Line<'_>> {
    let mut quoted = false;
    let at = line.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == '#' && !quoted
    });
    let (code, comment) = match at {
        Some((at, _)) => (&line[..at], Some(line[at..].trim_end())),
        None => (line, None),
    };
    let mut tokens = lex(Text::new(code, 0));
    tokens.pop();
    if tokens.iter().any(|t| t.tok == Tok::Odd) {
        return None;
    }
    let gap = code.len() - code.trim_end().len();
    Some(Line {
        code: tokens,
        comment: comment.map(|comment| (gap, comment)),
        indented: line.starts_with([' ', '\t']),
    })
}

fn is(token: Option<&Token<'_>>, text: &str) -> bool {
    token.is_some_and(|t| t.tok != Tok::Text && t.text == text)
}

/// The label that a line begins with.
fn label<'t, 'a>(code: &'t [Token<'a>]) -> Option<&'t Token<'a>> {
    let first = code.first().filter(|t| t.tok == Tok::Word)?;
    is(code.get(1), ":").then_some(first)
}

fn written(token: &Token<'_>) -> String {
    if token.tok == Tok::Text {
        format!("\"{}\"", token.text)
    } else {
        token.text.to_owned()
    }
}

/// What stands before a token.
#[derive(Default)]
struct State<'a> {
    last: Option<Token<'a>>,
    /// The last token is a minus that belongs to what follows.
    unary: bool,
    depth: usize,
    /// The statement has its arrow, or is one that has none.
    arrow: bool,
}

impl<'a> State<'a> {
    /// Whether something must follow the last token.
    fn is_open(&self) -> bool {
        let Some(last) = &self.last else { return false };
        match last.tok {
            Tok::Sign => !matches!(last.text, ")" | "%"),
            Tok::Word => KEYWORDS.contains(&last.text),
            _ => false,
        }
    }
    /// Whether a line with this code begins a rule or a line of a script.
    fn starts(&self, code: &[Token<'_>], sort: Sort) -> bool {
        if self.depth > 0 {
            return false;
        }
        if self.last.is_none() || label(code).is_some() {
            return true;
        }
        let first = code.first();
        let word = |text: &str| is(first, text);
        let then_word = code.get(1).is_some_and(|t| t.tok == Tok::Word);
        match sort {
            Sort::Rules => {
                ((word("on") || word("each")) && then_word)
                    || (word("start") && code.get(1).is_none_or(|t| t.tok == Tok::Word))
            }
            Sort::Script => {
                let anew = self.arrow && !self.is_open();
                word("let") || word("avoid") || (anew && (word("if") || word("->")))
            }
        }
    }
    /// Whether a blank stands between the last token and this one.
    fn gap(&self, next: &Token<'_>) -> bool {
        let Some(last) = &self.last else { return false };
        let sign = |t: &Token<'_>, texts: &[&str]| t.tok == Tok::Sign && texts.contains(&t.text);
        if self.unary || sign(last, &["(", "."]) || sign(next, &[")", ",", ";", ".", ":", "%"]) {
            return false;
        }
        if sign(next, &["("]) {
            return last.tok != Tok::Word || KEYWORDS.contains(&last.text);
        }
        true
    }
    fn take(&mut self, token: &Token<'a>) {
        let sign = |text: &str| token.tok == Tok::Sign && token.text == text;
        let before_open = self.last.is_none() || self.is_open();
        self.unary = sign("-") && before_open;
        match () {
            () if sign("(") => self.depth += 1,
            () if sign(")") => self.depth = self.depth.saturating_sub(1),
            () if sign("->") => self.arrow = true,
            () if sign(":") => self.arrow = false,
            // `let` and `avoid` have no arrow to wait for.
            () if token.first && matches!(token.text, "let" | "avoid") => self.arrow = true,
            () => {}
        }
        self.last = Some(*token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(text: &str, sort: Sort) -> String {
        let out = lay_out(text, sort).expect("it can be read");
        assert_eq!(lay_out(&out, sort), Some(out.clone()), "twice is once");
        assert!(same(text, &out), "{text}\n{out}");
        out
    }

    #[test]
    fn rules_have_one_blank_where_one_belongs() {
        let text = "# why\n\n\non  hit( zap ,_,b ) when not ( a<-1 )  do pay(b,main,-0.5*dial.x);x+=-1   # so\n    do_it : each worker w every 3\n when on(w,  wall where it.n==1)do kill( w )\n";
        let out = "# why\n\non hit(zap, _, b) when not (a < -1) do pay(b, main, -0.5 * dial.x); x += -1   # so\ndo_it: each worker w every 3\n  when on(w, wall where it.n == 1) do kill(w)\n";
        assert_eq!(laid_out(text, Sort::Rules), out);
    }

    #[test]
    fn scripts_have_labels_of_one_width_and_continuations_are_indented() {
        let text = "let n = 0\navoid apple where count(apple,it,2,l2)<=3\nshut: if heard(coming) and\nnot has_twin\n-> go(nearest(lever)); n=n+1\nx:  -> stay()\n\n->wander()\nif tick>3\n-> go(\nnearest(a))\n";
        let out = "let n = 0\navoid apple where count(apple, it, 2, l2) <= 3\nshut: if heard(coming) and\n  not has_twin\n  -> go(nearest(lever)); n = n + 1\nx:    -> stay()\n\n-> wander()\nif tick > 3\n  -> go(\n  nearest(a))\n";
        assert_eq!(laid_out(text, Sort::Script), out);
    }

    #[test]
    fn a_hash_within_quotes_is_no_comment() {
        assert_eq!(
            laid_out("start do finish(\"no #1\") # end", Sort::Rules),
            "start do finish(\"no #1\") # end\n"
        );
    }

    #[test]
    fn what_cannot_be_read_stays() {
        assert_eq!(lay_out("on x(_) do § ", Sort::Rules), None);
    }
}
