//! `check FILE…`: all errors of all files at once.

use commonweal_core::diagnostic::{Diagnostic, Severity};

use crate::args::CheckArgs;
use crate::stop::{Stop, WRONG};
use crate::terminal::{Style, Terminal};
use crate::{diagnostics, source};

/// Exit code 2 when a file has errors, 1 when one has warnings under `--strict`, else 0.
pub(crate) fn run(options: &CheckArgs, terminal: &Terminal) -> Result<u8, Stop> {
    let mut code = 0;
    let mut files = Vec::new();
    let mut text = String::new();
    for argument in &options.files {
        let source = source::open(argument)?;
        let (_, found) = commonweal_core::scenario::check(&source.id, &source.text);
        code = worse(code, verdict(&found, options.strict));
        if options.json {
            files.push(serde_json::json!({
                "file": source.label,
                "ok": verdict(&found, options.strict) == 0,
                "diagnostics": found.iter().map(|d| diagnostics::json(d, &source)).collect::<Vec<_>>(),
            }));
            continue;
        }
        if !found.is_empty() {
            text += &diagnostics::draw(&found, &source, terminal);
            text += "\n\n";
        }
        let style = if verdict(&found, options.strict) == 0 {
            Style::Good
        } else {
            Style::Bad
        };
        text += &format!(
            "{}: {}\n",
            source.label,
            terminal.paint(style, &diagnostics::count(&found))
        );
    }
    if options.json {
        let document =
            serde_json::json!({ "rules_version": commonweal_core::RULES_VERSION, "files": files });
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

fn worse(a: u8, b: u8) -> u8 {
    a.max(b)
}
