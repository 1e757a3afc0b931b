//! The live part of `watch`: keys, speed, and reading the file again while it is edited.

use std::io::{Stdout, Write};
use std::time::{Duration, Instant, SystemTime};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::{cursor, event, execute, queue, terminal as screen};

use crate::args::WatchArgs;
use crate::source::{self, Source};
use crate::stop::Stop;
use crate::terminal::{Style, Terminal};
use crate::watch::Show;

/// Ticks a second.
const SPEEDS: [u32; 8] = [1, 2, 4, 8, 16, 32, 64, 128];
/// How often the file is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
const KEYS: &str = "space pause · → step · + − speed · n p seed · r restart · q quit";

/// The alternate screen; the terminal is as it was when this goes.
struct Screen {
    out: Stdout,
}

impl Screen {
    fn open() -> std::io::Result<Self> {
        screen::enable_raw_mode()?;
        let mut out = std::io::stdout();
        execute!(out, screen::EnterAlternateScreen, cursor::Hide)?;
        Ok(Self { out })
    }
    fn draw(&mut self, lines: &[String]) -> std::io::Result<()> {
        queue!(self.out, cursor::MoveTo(0, 0))?;
        for line in lines {
            write!(self.out, "{line}\x1b[K\r\n")?;
        }
        write!(self.out, "\x1b[J")?;
        self.out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Nothing is left to be done when the terminal is gone.
        let _ = execute!(self.out, cursor::Show, screen::LeaveAlternateScreen);
        let _ = screen::disable_raw_mode();
    }
}

/// What a key asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wish {
    Pause,
    Step,
    Faster,
    Slower,
    NextSeed,
    PreviousSeed,
    Restart,
    Quit,
}

fn wish(key: KeyEvent) -> Option<Wish> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    Some(match key.code {
        KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => Wish::Quit,
        KeyCode::Char('q') | KeyCode::Esc => Wish::Quit,
        KeyCode::Char(' ') => Wish::Pause,
        KeyCode::Right | KeyCode::Char('.' | 's') => Wish::Step,
        KeyCode::Char('+' | '=') | KeyCode::Up => Wish::Faster,
        KeyCode::Char('-') | KeyCode::Down => Wish::Slower,
        KeyCode::Char('n') => Wish::NextSeed,
        KeyCode::Char('p') => Wish::PreviousSeed,
        KeyCode::Char('r') | KeyCode::Home => Wish::Restart,
        _ => return None,
    })
}

/// The file that is being edited.
struct Edited {
    source: Source,
    stamp: Option<SystemTime>,
    looked: Instant,
}

impl Edited {
    fn new(source: Source) -> Self {
        let stamp = stamp(&source);
        Self {
            source,
            stamp,
            looked: Instant::now(),
        }
    }
    /// Whether the file was saved since the last look; its new text is then in `source`.
    fn saved(&mut self) -> bool {
        let Some(path) = self.source.path.clone() else {
            return false;
        };
        if self.looked.elapsed() < LOOK_AGAIN {
            return false;
        }
        self.looked = Instant::now();
        let now = stamp(&self.source);
        if now == self.stamp || now.is_none() {
            return false;
        }
        self.stamp = now;
        match source::read(&path) {
            Ok(text) => {
                self.source.text = text;
                true
            }
            Err(_) => false,
        }
    }
}

fn stamp(source: &Source) -> Option<SystemTime> {
    std::fs::metadata(source.path.as_ref()?)
        .and_then(|m| m.modified())
        .ok()
}

struct Player<'a> {
    show: Show,
    edited: Edited,
    options: &'a WatchArgs,
    paused: bool,
    speed: usize,
    note: String,
}

/// Until the person quits.
pub(crate) fn run(
    show: Show,
    source: Source,
    options: &WatchArgs,
    terminal: &Terminal,
) -> Result<(), Stop> {
    let io = |e: std::io::Error| Stop::wrong(format!("the terminal cannot be used: {e}"));
    let mut view = Terminal {
        width: terminal.width,
        ..*terminal
    };
    let mut player = Player {
        show,
        edited: Edited::new(source),
        options,
        paused: false,
        speed: 3,
        note: String::new(),
    };
    let mut screen = Screen::open().map_err(io)?;
    let mut due = Instant::now();
    loop {
        if let Ok((width, _)) = screen::size() {
            view.width = usize::from(width).max(40);
        }
        screen.draw(&player.lines(&view)).map_err(io)?;
        let wait = if player.paused || player.show.over() {
            LOOK_AGAIN
        } else {
            due.saturating_duration_since(Instant::now())
        };
        if event::poll(wait).map_err(io)? {
            if let Event::Key(key) = event::read().map_err(io)?
                && let Some(wish) = wish(key)
                && player.grant(wish)?
            {
                return Ok(());
            }
        } else if !player.paused && !player.show.over() {
            player.show.step()?;
            due = Instant::now() + Duration::from_secs(1) / SPEEDS[player.speed];
            if player
                .options
                .ticks
                .is_some_and(|n| player.show.tick() >= n)
            {
                player.paused = true;
            }
        }
        player.reload();
    }
}

impl Player<'_> {
    fn lines(&mut self, view: &Terminal) -> Vec<String> {
        let mut lines: Vec<String> = self.show.heading(view).lines().map(str::to_owned).collect();
        lines.push(String::new());
        lines.extend(self.show.frame(view));
        lines.push(String::new());
        lines.extend(self.show.legend(view).lines().map(str::to_owned));
        lines.push(String::new());
        let state = if self.show.over() {
            "over: n for the next seed".to_owned()
        } else if self.paused {
            "paused".to_owned()
        } else {
            format!("{} ticks/s", SPEEDS[self.speed])
        };
        lines.push(format!(
            "{}   {}",
            view.paint(Style::Strong, &state),
            view.paint(Style::Faint, KEYS)
        ));
        if !self.note.is_empty() {
            lines.push(view.paint(Style::Note, &self.note));
        }
        lines
    }
    /// `true` to quit.
    fn grant(&mut self, wish: Wish) -> Result<bool, Stop> {
        match wish {
            Wish::Quit => return Ok(true),
            Wish::Pause => self.paused = !self.paused,
            Wish::Step => {
                self.paused = true;
                self.show.step()?;
            }
            Wish::Faster => self.speed = (self.speed + 1).min(SPEEDS.len() - 1),
            Wish::Slower => self.speed = self.speed.saturating_sub(1),
            Wish::NextSeed => self.rebuild(self.show.seed.wrapping_add(1), 0),
            Wish::PreviousSeed => self.rebuild(self.show.seed.saturating_sub(1), 0),
            Wish::Restart => self.rebuild(self.show.seed, 0),
        }
        Ok(false)
    }
    /// Builds the show anew and plays it to that tick; with errors in the file the last good one stays.
    fn rebuild(&mut self, seed: u64, tick: u32) {
        let built = match source::load(&self.edited.source) {
            Ok((scenario, _)) => {
                Show::new(&scenario, self.options, seed).map_err(|stop| stop.message)
            }
            Err(found) => {
                let first = found.first().map_or_else(String::new, |d| {
                    d.line(&self.edited.source.label, &self.edited.source.text)
                });
                Err(format!("showing the last version without errors. {first}"))
            }
        };
        match built {
            Ok(mut show) => {
                while show.tick() < tick && !show.over() {
                    if show.step().is_err() {
                        break;
                    }
                }
                self.show = show;
                self.note.clear();
            }
            Err(message) => self.note = message,
        }
    }
    fn reload(&mut self) {
        if self.edited.saved() {
            self.rebuild(self.show.seed, self.show.tick());
            if self.note.is_empty() {
                "read again".clone_into(&mut self.note);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_wishes() {
        let key = |code| KeyEvent::new(code, KeyModifiers::NONE);
        assert_eq!(wish(key(KeyCode::Char(' '))), Some(Wish::Pause));
        assert_eq!(wish(key(KeyCode::Right)), Some(Wish::Step));
        assert_eq!(wish(key(KeyCode::Char('+'))), Some(Wish::Faster));
        assert_eq!(wish(key(KeyCode::Char('x'))), None);
        assert_eq!(
            wish(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)),
            Some(Wish::Quit)
        );
    }
}
