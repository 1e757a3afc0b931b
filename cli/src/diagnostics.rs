//! Draws the core's plain diagnostics: the source line with a mark under the place, or one line each.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use commonweal_core::diagnostic::{Diagnostic, Severity, position};

use crate::source::Source;
use crate::terminal::Terminal;

/// All of them, drawn below each other with a blank line between.
pub(crate) fn draw(diagnostics: &[Diagnostic], source: &Source, terminal: &Terminal) -> String {
    let renderer = if terminal.colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    }
    .term_width(terminal.width);
    let drawn: Vec<String> = diagnostics
        .iter()
        .map(|d| renderer.render(&[group(d, source)]))
        .collect();
    drawn.join("\n\n")
}

fn group<'a>(d: &'a Diagnostic, source: &'a Source) -> Group<'a> {
    let level = match d.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut snippet = Snippet::source(source.text.as_str())
        .path(source.label.as_str())
        .annotation(AnnotationKind::Primary.span(clip(&source.text, d.span.start, d.span.end)));
    for related in &d.related {
        let span = clip(&source.text, related.span.start, related.span.end);
        snippet = snippet.annotation(
            AnnotationKind::Context
                .span(span)
                .label(related.message.as_str()),
        );
    }
    let group = level
        .primary_title(d.message.as_str())
        .id(d.code.as_str())
        .element(snippet);
    if d.help.is_empty() {
        group
    } else {
        group.element(Level::HELP.message(d.help.as_str()))
    }
}

/// The range on boundaries of characters, within the text.
fn clip(text: &str, start: usize, end: usize) -> std::ops::Range<usize> {
    let down = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = down(start);
    start..down(end.max(start)).max(start)
}

/// How many errors and warnings, in words.
pub(crate) fn count(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .count();
    let warnings = diagnostics.len() - errors;
    let word = |n: usize, one: &str| match n {
        0 => format!("no {one}s"),
        1 => format!("1 {one}"),
        _ => format!("{n} {one}s"),
    };
    if warnings == 0 {
        word(errors, "error")
    } else {
        format!("{}, {}", word(errors, "error"), word(warnings, "warning"))
    }
}

/// The diagnostic for `--json`: with line and column, both from 1, the column in characters.
pub(crate) fn json(d: &Diagnostic, source: &Source) -> serde_json::Value {
    let (line, column) = position(&source.text, d.span.start);
    let (end_line, end_column) = position(&source.text, d.span.end);
    serde_json::json!({
        "code": d.code,
        "severity": d.severity,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "message": d.message,
        "help": d.help,
        "fix": d.fix,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonweal_core::diagnostic::Span;

    fn source() -> Source {
        Source {
            id: "x".into(),
            label: "x.toml".into(),
            text: "format = 1\nslots = \"5\"\n".into(),
            path: None,
        }
    }

    #[test]
    fn a_diagnostic_shows_its_line_its_place_and_the_way_out() {
        let plain = Terminal {
            live: false,
            colour: false,
            progress: false,
            width: 80,
        };
        let d = Diagnostic::error(
            "E201",
            Span { start: 19, end: 22 },
            "`slots` must be a whole number",
            "write `slots = 5`",
        );
        let text = draw(&[d], &source(), &plain);
        for part in [
            "error[E201]: `slots` must be a whole number",
            "x.toml:2:9",
            "slots = \"5\"",
            "^^^",
            "help: write `slots = 5`",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }

    #[test]
    fn a_place_outside_the_text_is_drawn_at_its_end() {
        assert_eq!(clip("äb", 1, 99), 0..3);
        assert_eq!(clip("ab", 9, 2), 2..2);
    }

    #[test]
    fn counts_are_words() {
        let d = |severity| Diagnostic {
            severity,
            ..Diagnostic::error("E001", Span::default(), "", "")
        };
        assert_eq!(count(&[]), "no errors");
        assert_eq!(
            count(&[d(Severity::Error), d(Severity::Error), d(Severity::Warning)]),
            "2 errors, 1 warning"
        );
    }
}
