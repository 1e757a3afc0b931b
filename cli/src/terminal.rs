//! Where everything is printed: one place that knows whether there is a terminal, its width, and whether it shows colours.

use std::io::{IsTerminal, Write};

use crate::stop::Stop;

/// What a piece of text is; the terminal decides how that looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Style {
    /// As it is.
    #[default]
    Plain,
    /// A heading, a name.
    Strong,
    /// Beside the point.
    Faint,
    /// The control arm.
    Control,
    /// The treatment arm.
    Treatment,
    /// Good: as it should be.
    Good,
    /// Bad: not as it should be, or an effect that matters.
    Bad,
    /// To be noted.
    Note,
}

impl Style {
    fn codes(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "1",
            Self::Faint => "2",
            Self::Control => "38;5;75",
            Self::Treatment => "38;5;208",
            Self::Good => "38;5;71",
            Self::Bad => "1;38;5;203",
            Self::Note => "38;5;179",
        }
    }
}

/// The standard output and what is known of it.
#[derive(Debug)]
pub(crate) struct Terminal {
    /// The standard output is a terminal.
    pub(crate) live: bool,
    /// Colours may be used on it.
    pub(crate) colour: bool,
    /// Progress may be drawn on the standard error.
    pub(crate) progress: bool,
    /// Columns.
    pub(crate) width: usize,
}

/// Columns where there is no terminal.
const PLAIN_WIDTH: usize = 100;

impl Terminal {
    /// Looks at the standard output; `NO_COLOR` and `TERM=dumb` switch colours off.
    pub(crate) fn open() -> Self {
        let live = std::io::stdout().is_terminal();
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let width = if live {
            crossterm::terminal::size().map_or(PLAIN_WIDTH, |(w, _)| usize::from(w))
        } else {
            PLAIN_WIDTH
        };
        Self {
            live,
            colour: live && !dumb && !forbidden,
            progress: std::io::stderr().is_terminal() && !dumb,
            width: width.max(40),
        }
    }
    /// Writes a text that ends its last line; whoever closed the other end of a pipe has seen enough.
    pub(crate) fn print(&self, text: &str) -> Result<(), Stop> {
        let mut out = std::io::stdout().lock();
        let end: &[u8] = if text.is_empty() || text.ends_with('\n') {
            b""
        } else {
            b"\n"
        };
        match out
            .write_all(text.as_bytes())
            .and_then(|()| out.write_all(end))
            .and_then(|()| out.flush())
        {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Err(Stop::quiet(0)),
            Err(error) => Err(Stop::wrong(format!(
                "the output cannot be written: {error}"
            ))),
        }
    }
    /// Says on the standard error what is wrong.
    pub(crate) fn complain(&self, message: &str) {
        let mut err = std::io::stderr().lock();
        // Nobody is left to be told when this fails too.
        let _ = writeln!(err, "commonweal: {message}");
    }
    /// Draws over the last line of the standard error; an empty text clears it.
    pub(crate) fn draw_progress(&self, text: &str) {
        if self.progress {
            let mut err = std::io::stderr().lock();
            let _ = write!(err, "\r\x1b[2K{text}");
            let _ = err.flush();
        }
    }
    /// The text in its style.
    pub(crate) fn paint(&self, style: Style, text: &str) -> String {
        let codes = style.codes();
        if self.colour && !codes.is_empty() && !text.is_empty() {
            format!("\x1b[{codes}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
    /// Breaks a text into lines no wider than the terminal, each after the first indented.
    pub(crate) fn wrap(&self, text: &str, indent: usize) -> String {
        let width = self.width.min(110);
        let mut out = String::new();
        let mut column = 0;
        for word in text.split_whitespace() {
            let length = word.chars().count();
            if column > 0 && column + 1 + length > width {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                column = indent;
            } else if column > 0 {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += length;
        }
        out
    }
}

/// Columns that a text takes: escape sequences take none.
pub(crate) fn visible(text: &str) -> usize {
    let mut n = 0;
    let mut escape = false;
    for c in text.chars() {
        match (escape, c) {
            (false, '\x1b') => escape = true,
            (false, _) => n += 1,
            (true, 'm') => escape = false,
            (true, _) => {}
        }
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(width: usize) -> Terminal {
        Terminal {
            live: false,
            colour: false,
            progress: false,
            width,
        }
    }

    #[test]
    fn long_texts_break_between_words_and_are_indented() {
        assert_eq!(
            plain(12).wrap("one two three four", 2),
            "one two\n  three four"
        );
    }

    #[test]
    fn colours_take_no_room() {
        assert_eq!(visible("\x1b[1;38;5;203mbad\x1b[0m ä"), 5);
    }

    #[test]
    fn without_colour_a_style_changes_nothing() {
        assert_eq!(plain(80).paint(Style::Bad, "x"), "x");
        let colour = Terminal {
            colour: true,
            ..plain(80)
        };
        assert_eq!(colour.paint(Style::Strong, "x"), "\u{1b}[1mx\u{1b}[0m");
        assert_eq!(colour.paint(Style::Plain, "x"), "x");
    }
}
