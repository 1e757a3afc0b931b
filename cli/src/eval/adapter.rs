//! An agent that is a process and speaks JSON lines: one object a line on its standard input, one a line back. The page for authors
//! is `docs/guide/agents.md`.
//!
//! **Invariant.** Whatever the process does (hang, die, answer junk, flood), a call returns within its time: the rows concerned get
//! no answer, the reason stands in the log, and the process is killed where it can no longer be trusted to keep in step.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use commonweal_core::experiment::outside::{Answer, Ask, Faces, Outside, Seat};
use serde_json::{Value, json};

/// Version of the protocol.
const PROTOCOL: u32 = 1;
/// Longest line that is read from a process.
const LINE_MAX: u64 = 1 << 20;
/// Time to say `ready`, at least: interpreters and models load meanwhile.
const START: Duration = Duration::from_mins(1);
/// Time to leave after `bye`.
const LEAVE: Duration = Duration::from_secs(1);
/// Starts in a row without one good answer, after which it is not started again.
const STARTS_MAX: u32 = 3;
/// Lines of a log.
const LOG_MAX: u32 = 1000;

/// How a process is run.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    /// The command line, for the shell.
    pub(super) command: String,
    /// Time for one decision.
    pub(super) timeout: Duration,
    /// MiB of memory; 0 for no bound.
    pub(super) memory_mib: u64,
    /// Where problems and its standard error go.
    pub(super) log: Log,
}

/// A log that many workers write to.
#[derive(Clone, Debug)]
pub(super) struct Log {
    file: Arc<Mutex<(std::fs::File, u32)>>,
}

impl Log {
    pub(super) fn new(file: std::fs::File) -> Self {
        Self {
            file: Arc::new(Mutex::new((file, 0))),
        }
    }
    /// Notes a problem; from some number on no more.
    fn say(&self, text: &str) {
        let mut log = self
            .file
            .lock()
            .expect("no thread panics while it holds the log");
        log.1 += 1;
        if log.1 <= LOG_MAX {
            let last = if log.1 == LOG_MAX {
                " (no more is logged)"
            } else {
                ""
            };
            // A log that cannot be written must not stop an evaluation.
            let _ = writeln!(log.0, "{text}{last}");
        }
    }
    fn stderr(&self) -> Stdio {
        let log = self
            .file
            .lock()
            .expect("no thread panics while it holds the log");
        log.0
            .try_clone()
            .map_or_else(|_| Stdio::null(), Stdio::from)
    }
}

/// What came from a process.
enum Said {
    Line(String),
    TooLong,
    Closed,
}

struct Process {
    child: Child,
    lines: Sender<String>,
    said: Receiver<Said>,
}

fn read(out: ChildStdout, to: &Sender<Said>) {
    let mut reader = BufReader::new(out);
    loop {
        let mut line = Vec::new();
        let read = (&mut reader)
            .take(LINE_MAX + 1)
            .read_until(b'\n', &mut line);
        let said = match read {
            Ok(0) | Err(_) => Said::Closed,
            Ok(n) if n as u64 > LINE_MAX => Said::TooLong,
            Ok(_) => Said::Line(String::from_utf8_lossy(&line).into_owned()),
        };
        let last = !matches!(said, Said::Line(_));
        if to.send(said).is_err() || last {
            return;
        }
    }
}

fn write(mut to: ChildStdin, lines: &Receiver<String>) {
    while let Ok(line) = lines.recv() {
        if to
            .write_all(line.as_bytes())
            .and_then(|()| to.flush())
            .is_err()
        {
            return;
        }
    }
}

impl Process {
    fn start(spec: &Spec) -> std::io::Result<Self> {
        let mut command = shell(spec);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(spec.log.stderr());
        let mut child = command.spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (stdin, stdout) = pipes.ok_or(std::io::ErrorKind::BrokenPipe)?;
        let (lines, to_write) = channel();
        let (to_said, said) = channel();
        std::thread::spawn(move || write(stdin, &to_write));
        std::thread::spawn(move || read(stdout, &to_said));
        Ok(Self { child, lines, said })
    }
    fn send(&self, value: &Value) {
        // A process that is gone shows by what it does not answer.
        let _ = self.lines.send(format!("{value}\n"));
    }
    fn kill(&mut self) {
        #[cfg(unix)]
        {
            // The shell's children too: the group has the shell's number.
            let group = format!("-{}", self.child.id());
            let _ = Command::new("kill")
                .args(["-KILL", "--", &group])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
    /// Says goodbye, waits a little, then kills.
    fn leave(mut self) {
        self.send(&json!({"type": "bye"}));
        let (closed, _) = channel();
        // Dropping the sender closes the standard input.
        self.lines = closed;
        let until = Instant::now() + LEAVE;
        while Instant::now() < until {
            if !matches!(self.child.try_wait(), Ok(None)) {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.kill();
    }
}

#[cfg(unix)]
fn shell(spec: &Spec) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new("sh");
    let bound = match spec.memory_mib {
        0 => String::new(),
        mib => format!("ulimit -v {} && ", mib * 1024),
    };
    command.args(["-c", &format!("{bound}{}", spec.command)]);
    command.process_group(0);
    command
}

#[cfg(not(unix))]
fn shell(spec: &Spec) -> Command {
    let mut command = Command::new("cmd");
    command.args(["/C", &spec.command]);
    command
}

/// One process, and the rows that it plays.
pub(super) struct Agent {
    spec: Spec,
    process: Option<Process>,
    seat: Option<Seat>,
    faces: Faces,
    /// Starts since the last good answer.
    starts: u32,
    /// Whether the process that saw a row's beginning is still the one that runs.
    live: Vec<bool>,
}

impl Agent {
    pub(super) fn new(spec: Spec) -> Self {
        Self {
            spec,
            process: None,
            seat: None,
            faces: Faces::default(),
            starts: 0,
            live: Vec::new(),
        }
    }
    fn log(&self, text: &str) {
        self.spec.log.say(text);
    }
    /// Kills the process; nobody is left to play the rows that it began.
    fn drop_process(&mut self, why: &str) {
        self.log(&format!("{why}: the process is killed"));
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
        self.live.fill(false);
    }
    /// Starts the process and greets it, unless it has failed too often.
    fn start(&mut self) {
        if self.process.is_some() || self.starts >= STARTS_MAX {
            return;
        }
        let Some(seat) = self.seat.clone() else {
            return;
        };
        self.starts += 1;
        let process = match Process::start(&self.spec) {
            Ok(process) => process,
            Err(error) => {
                self.log(&format!(
                    "`{}` cannot be started: {error}",
                    self.spec.command
                ));
                return;
            }
        };
        process.send(&json!({
            "type": "hello",
            "protocol": PROTOCOL,
            "role": seat.role,
            "actions": seat.actions,
            "own": seat.own,
            "grid": seat.grid,
        }));
        let answer = process.said.recv_timeout(self.spec.timeout.max(START));
        self.process = Some(process);
        let ready = match answer {
            Ok(Said::Line(line)) => ready(&line),
            Ok(Said::TooLong) => Err("its first line is too long".to_owned()),
            Ok(Said::Closed) | Err(RecvTimeoutError::Disconnected) => {
                Err("it ended before it was ready".to_owned())
            }
            Err(RecvTimeoutError::Timeout) => Err("it did not say `ready` in time".to_owned()),
        };
        match ready {
            Ok(faces) => self.faces = faces,
            Err(why) => self.drop_process(&why),
        }
    }
    fn send(&self, value: &Value) {
        if let Some(process) = &self.process {
            process.send(value);
        }
    }
    fn observe(&self, ask: &Ask) -> Value {
        let seat = self.seat.as_ref().expect("met before it is asked");
        let legal: Vec<&str> = seat
            .actions
            .iter()
            .zip(&ask.legal)
            .filter(|(_, legal)| **legal)
            .map(|(name, _)| name.as_str())
            .collect();
        let mut value = json!({"type": "obs", "id": ask.row, "own": ask.own, "actions": legal});
        let fields = value.as_object_mut().expect("an object");
        if self.faces.text {
            fields.insert("text".to_owned(), json!(ask.text));
        }
        if self.faces.grid {
            fields.insert("grid".to_owned(), json!(base64(&ask.grid)));
        }
        value
    }
    /// The next line, or why there is none.
    fn next(&self) -> Result<String, &'static str> {
        let Some(process) = &self.process else {
            return Err("there is no process");
        };
        match process.said.recv_timeout(self.spec.timeout) {
            Ok(Said::Line(line)) => Ok(line),
            Ok(Said::TooLong) => Err("a line is longer than 1 MiB"),
            Ok(Said::Closed) | Err(RecvTimeoutError::Disconnected) => Err("the process ended"),
            Err(RecvTimeoutError::Timeout) => Err("no answer in time"),
        }
    }
}

/// What a process wants to be shown.
fn ready(line: &str) -> Result<Faces, String> {
    let value: Value = serde_json::from_str(line)
        .map_err(|_| format!("its first line is no JSON: {}", short(line)))?;
    if value["type"] != "ready" {
        return Err(format!("its first line is not `ready`: {}", short(line)));
    }
    let Some(want) = value.get("want") else {
        return Ok(Faces {
            text: true,
            grid: false,
        });
    };
    let names = want.as_array().cloned().unwrap_or_default();
    let has = |name: &str| names.iter().any(|n| n == name);
    match names
        .iter()
        .find(|n| !["text", "own", "grid"].iter().any(|k| *n == k))
    {
        Some(other) => Err(format!("it wants {other}: there are text, own and grid")),
        None => Ok(Faces {
            text: has("text"),
            grid: has("grid"),
        }),
    }
}

fn short(line: &str) -> String {
    line.trim_end().chars().take(120).collect()
}

/// Base 64 with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let digit = usize::try_from(word >> (18 - 6 * i) & 63).expect("six bits");
            out.push(if i <= three.len() {
                char::from(DIGITS[digit])
            } else {
                '='
            });
        }
    }
    out
}

/// The row and the action of an answer.
fn answer(line: &str, actions: &[String]) -> Result<(usize, u8), (Option<usize>, String)> {
    let Ok(value) = serde_json::from_str::<Value>(line) else {
        return Err((None, format!("no JSON: {}", short(line))));
    };
    let id = value["id"].as_u64().and_then(|id| usize::try_from(id).ok());
    let Some(id) = id else {
        return Err((None, format!("no `id`: {}", short(line))));
    };
    let place = match &value["action"] {
        Value::String(name) => actions.iter().position(|a| a == name),
        Value::Number(n) => n
            .as_u64()
            .and_then(|n| usize::try_from(n).ok())
            .filter(|n| *n < actions.len()),
        _ => None,
    };
    match place.and_then(|place| u8::try_from(place).ok()) {
        Some(action) => Ok((id, action)),
        None => Err((Some(id), format!("no such action: {}", short(line)))),
    }
}

impl Outside for Agent {
    fn meet(&mut self, seat: &Seat) -> Faces {
        if self.seat.as_ref() != Some(seat) {
            if let Some(process) = self.process.take() {
                process.leave();
            }
            self.seat = Some(seat.clone());
            self.starts = 0;
        }
        self.live.clear();
        self.start();
        self.faces
    }
    fn begin(&mut self, row: usize, _: u64, seed: u64) {
        self.start();
        if self.live.len() <= row {
            self.live.resize(row + 1, false);
        }
        self.live[row] = self.process.is_some();
        self.send(&json!({"type": "reset", "id": row, "seed": seed.to_string()}));
    }
    fn act(&mut self, asks: &[Ask], out: &mut [Answer]) {
        let mut open: Vec<usize> = (0..asks.len())
            .filter(|&i| self.live.get(asks[i].row) == Some(&true))
            .collect();
        for &i in &open {
            self.send(&self.observe(&asks[i]));
        }
        let actions = self.seat.as_ref().map_or(Vec::new(), |s| s.actions.clone());
        while !open.is_empty() {
            let line = match self.next() {
                Ok(line) => line,
                Err(why) => {
                    let rows: Vec<String> = open.iter().map(|&i| asks[i].row.to_string()).collect();
                    self.drop_process(&format!("{why} (rows {})", rows.join(", ")));
                    return;
                }
            };
            let at = |id: usize| open.iter().position(|&i| asks[i].row == id);
            match answer(&line, &actions) {
                Ok((id, action)) => match at(id) {
                    Some(place) => {
                        out[open.swap_remove(place)] = Answer::Action(action);
                        self.starts = 0;
                    }
                    None => self.log(&format!("row {id} was not asked: {}", short(&line))),
                },
                Err((id, why)) => {
                    // Junk that names no row stands for the first that waits.
                    let place = id.and_then(at).unwrap_or(0);
                    let i = open.remove(place);
                    self.live[asks[i].row] = false;
                    self.log(&format!("row {}: {why}", asks[i].row));
                }
            }
        }
    }
    fn end(&mut self, row: usize) {
        self.send(&json!({"type": "end", "id": row}));
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            process.leave();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_meets_the_known_answers() {
        let of = |text: &str| base64(text.as_bytes());
        let known = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ];
        for (text, wanted) in known {
            assert_eq!(of(text), wanted);
        }
        assert_eq!(base64(&[255, 239]), "/+8=");
    }

    #[test]
    fn answers_name_an_action_or_its_number() {
        let actions = ["noop".to_owned(), "north".to_owned()];
        assert_eq!(answer(r#"{"id":3,"action":"north"}"#, &actions), Ok((3, 1)));
        assert_eq!(answer(r#"{"id":0,"action":0}"#, &actions), Ok((0, 0)));
        for (junk, id) in [
            ("", None),
            ("north", None),
            (r#"{"action":"north"}"#, None),
            (r#"{"id":-1,"action":"north"}"#, None),
            (r#"{"id":2,"action":"up"}"#, Some(2)),
            (r#"{"id":2,"action":2}"#, Some(2)),
            (r#"{"id":2}"#, Some(2)),
        ] {
            assert_eq!(answer(junk, &actions).expect_err("junk").0, id, "{junk}");
        }
    }

    #[test]
    fn faces_are_those_that_exist() {
        let text = Faces {
            text: true,
            grid: false,
        };
        assert_eq!(ready(r#"{"type":"ready"}"#), Ok(text));
        let both = Faces {
            text: false,
            grid: true,
        };
        assert_eq!(ready(r#"{"type":"ready","want":["grid","own"]}"#), Ok(both));
        assert!(ready(r#"{"type":"ready","want":["arm"]}"#).is_err());
        assert!(ready("hello").is_err());
    }
}
