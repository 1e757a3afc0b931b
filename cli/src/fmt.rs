//! `fmt FILE…`: scenario files in canonical layout.

use commonweal_core::scenario;

use crate::args::FmtArgs;
use crate::stop::Stop;
use crate::terminal::{Style, Terminal};
use crate::{diagnostics, invoked, source};

/// Exit code 2 when a file is not TOML, 1 when `--check` finds one that would change, else 0.
pub(crate) fn run(options: &FmtArgs, terminal: &Terminal) -> Result<u8, Stop> {
    let mut code = 0;
    let mut text = String::new();
    for argument in &options.files {
        let source = source::open(argument)?;
        let Some(path) = &source.path else {
            return Err(Stop::wrong(format!(
                "{} ships with the program: give the path of a file",
                source.id
            )));
        };
        let laid_out = match scenario::format(&source.text) {
            Ok(laid_out) => laid_out,
            Err(found) => {
                code = code.max(2);
                text += &format!("{}\n\n", diagnostics::draw(&found, &source, terminal));
                continue;
            }
        };
        let changes = laid_out != source.text;
        let says = match (changes, options.check) {
            (false, _) => terminal.paint(Style::Faint, "in canonical layout"),
            (true, false) => {
                source::write(path, &laid_out)?;
                terminal.paint(Style::Good, "laid out")
            }
            (true, true) => {
                code = code.max(1);
                let line = source
                    .text
                    .lines()
                    .zip(laid_out.lines())
                    .take_while(|(a, b)| a == b)
                    .count();
                terminal.paint(
                    Style::Bad,
                    &format!("would change, from line {} on", line + 1),
                )
            }
        };
        text += &format!("{}: {says}\n", source.label);
    }
    if code == 1 {
        text += &format!("Lay them out: {}\n", invoked::command(&["fmt", "FILE"]));
    }
    terminal.print(&text)?;
    Ok(code)
}
