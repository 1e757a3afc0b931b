//! `check FILE…`: all errors of all files at once; with `--fix` those that can be mended for certain are; with `--run` what happens is
//! held against what the file declares.

use commonweal_core::diagnostic::{Diagnostic, Severity, position};
use commonweal_core::scenario;
use serde_json::{Value, json};

use crate::args::CheckArgs;
use crate::source::Source;
use crate::stop::{Stop, WRONG};
use crate::terminal::{Style, Terminal};
use crate::{diagnostics, source, trial};

/// Exit code 2 when a file has errors, 1 when a check of `--run` fails or a file has warnings under `--strict`, else 0.
pub(crate) fn run(options: &CheckArgs, terminal: &Terminal) -> Result<u8, Stop> {
    let mut code = 0;
    let mut files = Vec::new();
    let mut text = String::new();
    for argument in &options.files {
        let mut source = source::open(argument)?;
        let mended = if options.fix {
            mend(&mut source)?
        } else {
            Vec::new()
        };
        let (scenario, found) = scenario::check(&source.id, &source.text);
        let mut worst = verdict(&found, options.strict);
        let tried = match scenario.filter(|_| options.run && worst < WRONG) {
            Some(scenario) => trial::run(&scenario, options, terminal)?,
            None => Vec::new(),
        };
        if tried.iter().any(trial::fails) {
            worst = worst.max(1);
        }
        code = code.max(worst);
        if options.json {
            files.push(json!({
                "file": source.label,
                "ok": worst == 0,
                "mended": mended,
                "diagnostics": found.iter().map(|d| diagnostics::json(d, &source)).collect::<Vec<_>>(),
                "run": options.run.then(|| trial::json(&tried, &source)),
            }));
            continue;
        }
        for line in &mended {
            text += &format!("{}\n", line.as_str().unwrap_or_default());
        }
        if !found.is_empty() {
            text += &diagnostics::draw(&found, &source, terminal);
            text += "\n\n";
        }
        text += &trial::draw(&tried, &source, terminal);
        let style = if worst == 0 { Style::Good } else { Style::Bad };
        text += &format!(
            "{}: {}{}\n",
            source.label,
            terminal.paint(style, &diagnostics::count(&found)),
            trial::count(&tried)
        );
    }
    if options.json {
        let document = json!({ "rules_version": commonweal_core::RULES_VERSION, "files": files });
        text = serde_json::to_string_pretty(&document).expect("plain data");
    }
    terminal.print(&text)?;
    Ok(code)
}

fn verdict(found: &[Diagnostic], strict: bool) -> u8 {
    if found.iter().any(|d| d.severity == Severity::Error) {
        WRONG
    } else {
        u8::from(strict && !found.is_empty())
    }
}

/// Mends what is certain and writes the file, if what comes out is TOML; a line for each slip that was mended.
fn mend(source: &mut Source) -> Result<Vec<Value>, Stop> {
    let Some(path) = source.path.clone() else {
        return Err(Stop::wrong(format!(
            "{} ships with the program and is not mended: give the path of a file",
            source.id
        )));
    };
    let (text, mended) = scenario::mend(&source.id, &source.text);
    if mended.is_empty() || scenario::format(&text).is_err() {
        return Ok(Vec::new());
    }
    source::write(&path, &text)?;
    let said = mended
        .iter()
        .map(|d| {
            let (line, column) = position(&source.text, d.span.start);
            json!(format!(
                "{}:{line}:{column}: mended[{}]: {}",
                source.label, d.code, d.message
            ))
        })
        .collect();
    source.text = text;
    Ok(said)
}
