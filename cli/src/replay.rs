//! `replay FILE`: plays a recording, or with `--verify` recomputes it.

use std::path::Path;

use commonweal_core::replay::{Player, Recording, ReplayError, verify};

use crate::args::ReplayArgs;
use crate::picture::Palette;
use crate::stop::{Stop, WRONG};
use crate::terminal::{Style, Terminal};

/// Largest recording that is read: far beyond any that can be made.
const BYTES_MAX: u64 = 64 << 20;

/// Exit code 0; under `--verify` 1 when a hash or a bot differs; 2 for a file that is cut, corrupt or of other rules.
pub(crate) fn run(options: &ReplayArgs, terminal: &Terminal) -> Result<u8, Stop> {
    let recording = open(&options.file)?;
    if options.verify {
        return verified(&recording, options, terminal);
    }
    if options.json {
        terminal
            .print(&serde_json::to_string_pretty(&described(&recording)).expect("plain data"))?;
        return Ok(0);
    }
    play(recording, options, terminal)?;
    Ok(0)
}

fn open(path: &Path) -> Result<Recording, Stop> {
    let cannot = |e: std::io::Error| Stop::wrong(format!("{} cannot be read: {e}", path.display()));
    let size = std::fs::metadata(path).map_err(cannot)?.len();
    if size > BYTES_MAX {
        return Err(Stop::wrong(format!(
            "{} has {size} bytes; no recording is larger than {BYTES_MAX}",
            path.display()
        )));
    }
    let bytes = std::fs::read(path).map_err(cannot)?;
    Recording::parse(&bytes).map_err(|e| refused(path, &e))
}

fn refused(path: &Path, error: &ReplayError) -> Stop {
    Stop {
        code: WRONG,
        message: format!("{}: {error}", path.display()),
    }
}

fn verified(recording: &Recording, options: &ReplayArgs, terminal: &Terminal) -> Result<u8, Stop> {
    let verdict = verify(recording).map_err(|e| refused(&options.file, &e))?;
    let ok = verdict.is_verified();
    if options.json {
        let mut document = described(recording);
        document["verified"] = ok.into();
        document["says"] = verdict.to_string().into();
        terminal.print(&serde_json::to_string_pretty(&document).expect("plain data"))?;
    } else {
        let style = if ok { Style::Good } else { Style::Bad };
        terminal.print(&format!(
            "{}: {}\n",
            options.file.display(),
            terminal.paint(style, &verdict.to_string())
        ))?;
    }
    Ok(u8::from(!ok))
}

/// What the header says.
fn described(recording: &Recording) -> serde_json::Value {
    let h = &recording.header;
    serde_json::json!({
        "scenario": h.scenario,
        "rules_version": h.rules,
        "arm": h.arm,
        "domain": h.domain.name(),
        "seed": h.seed.to_string(),
        "episode": h.episode,
        "ticks": recording.ticks(),
        "policies": h.policies,
        "outside": h.outside,
    })
}

/// Frames every so many ticks, and the last.
fn play(recording: Recording, options: &ReplayArgs, terminal: &Terminal) -> Result<(), Stop> {
    let wrong = |e: ReplayError| refused(&options.file, &e);
    let ticks = recording.ticks();
    let head = format!(
        "{} · {} · seed {} · {ticks} ticks · rules {}",
        recording.header.scenario,
        recording.header.arm,
        recording.header.seed,
        recording.header.rules
    );
    terminal.print(&format!("{}\n", terminal.paint(Style::Strong, &head)))?;
    let mut player = Player::new(recording).map_err(wrong)?;
    let table = player.batch().compiled(0).table.clone();
    let palette = Palette::new(&table);
    let mut words = Vec::new();
    loop {
        let over = player.is_over();
        if over || player.tick().is_multiple_of(options.every) {
            player.batch().frame(0, &mut words);
            let hash = player.hash();
            let state = terminal.paint(
                Style::Faint,
                &format!("tick {:>4} · {hash:016x}", player.tick()),
            );
            terminal.print(&format!(
                "{state}\n{}\n",
                palette.draw(&table, &words, terminal).join("\n")
            ))?;
        }
        if over {
            break;
        }
        if let Some(differs) = player.step().map_err(wrong)? {
            terminal.print(&format!(
                "{}\n",
                terminal.paint(Style::Bad, &differs.to_string())
            ))?;
        }
    }
    terminal.print(&(palette.legend(&table, terminal).join("   ") + "\n"))
}
