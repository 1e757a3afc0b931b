//! The live part of `watch`: keys, speed, and reading the file again while it is edited.

use std::io::{Stdout, Write};
use std::time::{Duration, Instant, SystemTime};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::{cursor, event, execute, queue, terminal as screen};

use crate::args::WatchArgs;
use crate::diagnostics;
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

/// When a file was changed last, and its size: an editor may save twice within what the clock of the disk tells apart.
type Stamp = (SystemTime, u64);

/// The file that is being edited.
struct Edited {
    source: Source,
    stamp: Option<Stamp>,
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

fn stamp(source: &Source) -> Option<Stamp> {
    let metadata = std::fs::metadata(source.path.as_ref()?).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// Diagnostics that are drawn below the world.
const SHOWN: usize = 3;

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
        let mut height = usize::MAX;
        if let Ok((columns, rows)) = screen::size() {
            view.width = usize::from(columns).max(40);
            height = usize::from(rows).max(8);
        }
        let mut lines = player.lines(&view);
        // A line more than the screen has would scroll the first ones away.
        lines.truncate(height - 1);
        screen.draw(&lines).map_err(io)?;
        let wait = if player.paused || player.show.over() {
            LOOK_AGAIN
        } else {
            due.saturating_duration_since(Instant::now())
        };
        if event::poll(wait).map_err(io)? {
            if let Event::Key(key) = event::read().map_err(io)?
                && let Some(wish) = wish(key)
                && player.grant(wish, &view)?
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
        player.reload(&view);
    }
}

impl Player<'_> {
    fn lines(&mut self, view: &Terminal) -> Vec<String> {
        let mut lines: Vec<String> = self.show.heading(view).lines().map(str::to_owned).collect();
        lines.push(String::new());
        lines.extend(self.show.frame(view));
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
        lines.extend(self.note.lines().map(str::to_owned));
        lines.push(String::new());
        lines.extend(self.show.legend(view).lines().map(str::to_owned));
        lines
    }
    /// `true` to quit.
    fn grant(&mut self, wish: Wish, view: &Terminal) -> Result<bool, Stop> {
        match wish {
            Wish::Quit => return Ok(true),
            Wish::Pause => self.paused = !self.paused,
            Wish::Step => {
                self.paused = true;
                self.show.step()?;
            }
            Wish::Faster => self.speed = (self.speed + 1).min(SPEEDS.len() - 1),
            Wish::Slower => self.speed = self.speed.saturating_sub(1),
            Wish::NextSeed => self.rebuild(self.show.seed.wrapping_add(1), 0, view),
            Wish::PreviousSeed => self.rebuild(self.show.seed.saturating_sub(1), 0, view),
            Wish::Restart => self.rebuild(self.show.seed, 0, view),
        }
        Ok(false)
    }
    /// Builds the show anew and plays it to that tick; with errors in the file the last good one stays, and they stand below it.
    fn rebuild(&mut self, seed: u64, tick: u32, view: &Terminal) {
        let built = match source::load(&self.edited.source) {
            Ok((scenario, _)) => {
                Show::new(&scenario, self.options, seed).map_err(|stop| stop.message)
            }
            Err(found) => Err(format!(
                "{} in {}; this is its last version without errors\n{}",
                diagnostics::count(&found),
                self.edited.source.label,
                diagnostics::draw(&found[..found.len().min(SHOWN)], &self.edited.source, view)
            )),
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
    fn reload(&mut self, view: &Terminal) {
        if self.edited.saved() {
            self.rebuild(self.show.seed, self.show.tick(), view);
            if self.note.is_empty() {
                self.note = view.paint(Style::Note, "read again");
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

    const PLAIN: Terminal = Terminal {
        live: false,
        colour: false,
        progress: false,
        width: 100,
    };

    /// A file of a test's own, with the shipped scenario's text.
    fn file(name: &str) -> Source {
        let folder = std::env::temp_dir().join(format!("commonweal-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for tests");
        let path = folder.join(name);
        let shipped = commonweal_scenarios::named("switch_and_successor").expect("it ships");
        std::fs::write(&path, shipped.text).expect("written");
        source::open(&path.to_string_lossy()).expect("read")
    }

    /// As if the file had been looked at long ago.
    fn look_again(edited: &mut Edited) -> bool {
        edited.looked = Instant::now()
            .checked_sub(LOOK_AGAIN)
            .expect("the machine has run for half a second");
        edited.saved()
    }

    #[test]
    fn a_file_is_read_again_when_it_was_saved_and_only_then() {
        let source = file("saved.toml");
        let path = source.path.clone().expect("a file");
        let mut edited = Edited::new(source);
        assert!(!look_again(&mut edited), "nobody saved it");
        std::fs::write(&path, "format = 1").expect("written");
        assert!(!edited.saved(), "it was looked at just now");
        assert!(look_again(&mut edited));
        assert_eq!(edited.source.text, "format = 1");
        assert!(!look_again(&mut edited), "nobody saved it since");
        std::fs::remove_file(&path).expect("it was there");
        assert!(!look_again(&mut edited), "a file that is gone is no news");
    }

    #[test]
    fn an_error_keeps_the_last_good_world_and_stands_below_it() {
        #[derive(clap::Parser)]
        struct Typed {
            #[command(flatten)]
            watch: WatchArgs,
        }
        let options = <Typed as clap::Parser>::parse_from(["watch"]).watch;
        let source = file("edited.toml");
        let (scenario, _) = source::load(&source).expect("it ships");
        let mut player = Player {
            show: Show::new(&scenario, &options, 0).expect("a show"),
            edited: Edited::new(source),
            options: &options,
            paused: false,
            speed: 0,
            note: String::new(),
        };
        for _ in 0..3 {
            player.show.step().expect("a step");
        }
        let good = player.edited.source.text.clone();
        let before = player.show.frame(&PLAIN);
        player.edited.source.text = good.replace("ticks = 160", "ticks = true");
        player.rebuild(0, 3, &PLAIN);
        assert_eq!(player.show.frame(&PLAIN), before, "the world stays");
        let lines = player.lines(&PLAIN).join("\n");
        for part in [
            "1 error in",
            "last version without errors",
            "error[E201]",
            "ticks = true",
        ] {
            assert!(lines.contains(part), "{part} is missing in\n{lines}");
        }
        player.edited.source.text = good.replace("title = \"The switch", "title = \"A switch");
        player.rebuild(0, 3, &PLAIN);
        assert_eq!(player.note, "");
        assert!(player.show.heading(&PLAIN).contains("A switch"));
        assert_eq!(player.show.tick(), 3, "it goes on where it was");
    }
}
