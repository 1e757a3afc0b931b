//! `diff FILE ARM ARM`: the leaves in which two arms differ, and whether their worlds differ there alone before the first tick.

use commonweal_core::experiment::Options;
use commonweal_core::experiment::trial::{strays, worlds_differ};
use serde_json::json;

use crate::args::DiffArgs;
use crate::run::{loaded, wrong};
use crate::source;
use crate::stop::Stop;
use crate::terminal::{Style, Terminal};

/// Pairs of seeds whose worlds are compared.
const SEEDS: u32 = 20;

/// Exit code 1 when the worlds differ where no patch leads to, else 0.
pub(crate) fn run(options: &DiffArgs, terminal: &Terminal) -> Result<u8, Stop> {
    let source = source::open(&options.file)?;
    let scenario = loaded(&source, terminal)?;
    let compile = |arm: &String| scenario.compile(arm).map_err(Stop::wrong);
    let (first, second) = (compile(&options.first)?, compile(&options.second)?);
    let leaves = scenario
        .leaves(&options.first, &options.second)
        .map_err(Stop::wrong)?;
    let columns = worlds_differ([&first, &second], &Options::default(), SEEDS).map_err(wrong)?;
    let stray = strays(
        [&first, &second],
        &leaves,
        columns.as_deref().unwrap_or_default(),
    );
    let code = u8::from(!stray.is_empty());
    if options.json {
        let document = json!({
            "scenario": scenario.id,
            "rules_version": commonweal_core::RULES_VERSION,
            "first": first.arm,
            "second": second.arm,
            "leaves": leaves,
            "tick0": { "seeds": SEEDS, "columns": columns, "stray": stray },
        });
        terminal.print(&serde_json::to_string_pretty(&document).expect("plain data"))?;
        return Ok(code);
    }
    let mut text = format!(
        "{}  {} | {}\n",
        terminal.paint(Style::Strong, &scenario.id),
        terminal.paint(Style::Control, &first.arm),
        terminal.paint(Style::Treatment, &second.arm)
    );
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
    for leaf in &leaves {
        text += &format!(
            "{} = {} | {}\n",
            leaf.path,
            terminal.paint(Style::Control, &shown(&leaf.first)),
            terminal.paint(Style::Treatment, &shown(&leaf.second))
        );
    }
    if leaves.is_empty() {
        text += "no leaf differs\n";
    }
    text += &match &columns {
        None => "Before the first tick their states have different columns.\n".to_owned(),
        Some(columns) if columns.is_empty() => {
            format!("Before the first tick their worlds are equal ({SEEDS} pairs of seeds).\n")
        }
        Some(columns) => format!(
            "Before the first tick their worlds differ in {} ({SEEDS} pairs of seeds).\n",
            columns.join(", ")
        ),
    };
    if !stray.is_empty() {
        text += &format!(
            "No patch leads to {}: this is a fault of the engine, please report it with the file.\n",
            terminal.paint(Style::Bad, &stray.join(", "))
        );
    }
    terminal.print(&text)?;
    Ok(code)
}
