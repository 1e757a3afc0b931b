//! Runs a command, shows its output as it comes, and reads its summary.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use xshell::Cmd;

use crate::summary::{Runner, Tally, read};

/// Runs `command` to its end. Errors only when it cannot be started: what it finds is counted.
pub(crate) fn counted(command: Cmd<'_>, runner: Runner) -> anyhow::Result<Tally> {
    let name = command.to_string();
    println!("$ {name}");
    let mut child = Command::from(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("`{name}` cannot be started"))?;
    let stdout = child.stdout.take().expect("stdout is piped");
    let mut output = String::new();
    let mut reader = BufReader::new(stdout);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        print!("{text}");
        output.push_str(&text);
        line.clear();
    }
    let status = child.wait()?;
    Ok(read(runner, &name, &output, status.success()))
}

/// Runs `command` for its effect; errors when it fails.
pub(crate) fn required(command: Cmd<'_>) -> anyhow::Result<()> {
    println!("$ {command}");
    command.quiet().run()?;
    Ok(())
}
