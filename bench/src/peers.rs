//! The C programs beside us: built once, run for one measurement at a time.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The built programs.
pub(crate) struct Peers {
    hand: PathBuf,
    window: PathBuf,
    /// Compiler, as it names itself.
    pub(crate) compiler: String,
}

/// One measurement of a peer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PeerRate {
    /// Agent-steps a second of processor time, summed over workers.
    pub(crate) per_cpu_second: f64,
    /// The same by the wall clock.
    pub(crate) per_wall_second: f64,
    /// Berries on the map, a cell of soil.
    pub(crate) berries: f64,
    /// Berries eaten, an agent-step.
    pub(crate) eaten: f64,
}

impl Peers {
    /// Compiles `bench/peers` with the system's compiler, for this processor.
    pub(crate) fn build(root: &Path) -> Result<Self, String> {
        let out = root.join("target/bench-peers");
        std::fs::create_dir_all(&out)
            .map_err(|e| format!("{} cannot be made: {e}", out.display()))?;
        let build = |name: &str| -> Result<PathBuf, String> {
            let (source, program) = (
                root.join("bench/peers").join(format!("{name}.c")),
                out.join(name),
            );
            let flags = ["-O3", "-march=native", "-o"];
            let status = Command::new("cc")
                .args(flags)
                .arg(&program)
                .arg(&source)
                .arg("-lpthread")
                .status();
            match status {
                Ok(status) if status.success() => Ok(program),
                Ok(status) => Err(format!(
                    "cc does not compile {}: {status}",
                    source.display()
                )),
                Err(error) => Err(format!(
                    "cc, the C compiler, is needed for the peers (Debian: gcc): {error}"
                )),
            }
        };
        let version = Command::new("cc")
            .arg("--version")
            .output()
            .map_err(|e| format!("cc --version: {e}"))?;
        let compiler = String::from_utf8_lossy(&version.stdout)
            .lines()
            .next()
            .unwrap_or("cc")
            .to_owned();
        Ok(Self {
            hand: build("handloop")?,
            window: build("membw8")?,
            compiler,
        })
    }

    /// The hand-written game. `arenas` in all: its workers are processes with their share each.
    pub(crate) fn hand(
        &self,
        arenas: usize,
        threads: usize,
        seconds: f64,
        observe: bool,
    ) -> Result<PeerRate, String> {
        run(
            &self.hand,
            arenas,
            threads,
            seconds,
            &["--obs", if observe { "1" } else { "0" }],
        )
    }

    /// The window copy alone, agent-steps a second of processor time: the ceiling.
    pub(crate) fn window(&self, arenas: usize, seconds: f64) -> Result<f64, String> {
        run(&self.window, arenas, 1, seconds, &["--only", "crop_cells"]).map(|r| r.per_cpu_second)
    }
}

fn run(
    program: &Path,
    arenas: usize,
    threads: usize,
    seconds: f64,
    more: &[&str],
) -> Result<PeerRate, String> {
    let share = (arenas / threads).max(1).to_string();
    let output = Command::new(program)
        .args([
            "--envs",
            &share,
            "--workers",
            &threads.to_string(),
            "--reps",
            "1",
            "--seconds",
            &seconds.to_string(),
        ])
        .args(more)
        .output()
        .map_err(|e| format!("{} does not run: {e}", program.display()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let line = said
        .lines()
        .find(|l| l.contains("crop_cells") || l.contains("harvest"))
        .unwrap_or("");
    let row: Value = serde_json::from_str(line)
        .map_err(|e| format!("{} printed no row: {e}\n{said}", program.display()))?;
    let number = |key: &str| {
        row[key]
            .as_f64()
            .ok_or(format!("{} printed no {key}", program.display()))
    };
    // `ticks 512, eaten 0.0123 and zapped …` stands on stderr.
    let told = String::from_utf8_lossy(&output.stderr);
    let eaten = told
        .split("eaten ")
        .nth(1)
        .and_then(|t| t.split(' ').next())
        .and_then(|t| t.parse().ok());
    Ok(PeerRate {
        per_cpu_second: number("agent_steps_per_s")?,
        per_wall_second: number("agent_steps_per_wall_s")?,
        berries: number("check")?,
        eaten: eaten.unwrap_or(f64::NAN),
    })
}
