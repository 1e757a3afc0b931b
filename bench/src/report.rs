//! Rows, medians, and the two files that a full run writes.

use std::fmt;
use std::path::Path;

use serde_json::{Value, json};

use commonweal_bench::game::Variant;

use crate::engine::{Copies, Rate};
use crate::peers::{PeerRate, Peers};

/// One variant at one size: rates of each round.
pub(crate) struct Row {
    pub(crate) variant: Variant,
    arenas: usize,
    threads: usize,
    rounds: Vec<(PeerRate, Rate)>,
}

impl Row {
    pub(crate) fn new(variant: Variant, arenas: usize, threads: usize) -> Self {
        Self {
            variant,
            arenas,
            threads,
            rounds: Vec::new(),
        }
    }
    pub(crate) fn add(&mut self, bar: &PeerRate, ours: &Rate) {
        self.rounds.push((*bar, *ours));
    }
    fn of(&self, what: impl Fn(&(PeerRate, Rate)) -> f64) -> f64 {
        median(self.rounds.iter().map(what).collect())
    }
    /// Median of the rounds' ratios of processor-time rates.
    fn ratio(&self) -> f64 {
        self.of(|(bar, ours)| ours.per_cpu_second / bar.per_cpu_second)
    }
    fn json(&self) -> Value {
        let each: Vec<f64> = self
            .rounds
            .iter()
            .map(|(b, o)| round(o.per_cpu_second / b.per_cpu_second, 3))
            .collect();
        json!({
            "variant": self.variant.name(),
            "arenas": self.arenas,
            "threads": self.threads,
            "agent_steps_per_s": round(self.of(|r| r.1.per_cpu_second), 0),
            "agent_steps_per_wall_s": round(self.of(|r| r.1.per_wall_second), 0),
            "bar_agent_steps_per_s": round(self.of(|r| r.0.per_cpu_second), 0),
            "bar_agent_steps_per_wall_s": round(self.of(|r| r.0.per_wall_second), 0),
            "ratio": round(self.ratio(), 3),
            "ratios": each,
            "eaten": round(self.of(|r| r.1.eaten), 5),
            "bar_eaten": round(self.of(|r| r.0.eaten), 5),
            "bar_berries": round(self.of(|r| r.0.berries), 4),
        })
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>5} arenas, {} thread(s), {:<7} {:>6.2} M agent-steps/s, bar {:>6.2}, ratio {:.2}; eaten {:.4}, bar {:.4}",
            self.arenas,
            self.threads,
            self.variant.name(),
            self.of(|r| r.1.per_cpu_second) / 1e6,
            self.of(|r| r.0.per_cpu_second) / 1e6,
            self.ratio(),
            self.of(|r| r.1.eaten),
            self.of(|r| r.0.eaten),
        )
    }
}

/// All of a run.
pub(crate) struct Report {
    pub(crate) rows: Vec<Row>,
    pub(crate) copies: Copies,
    ceiling: Vec<(usize, f64)>,
    compiler: String,
}

impl Report {
    pub(crate) fn new(peers: &Peers, sizes: &[usize]) -> Self {
        let ceiling = sizes
            .iter()
            .filter_map(|&n| Some((n, peers.window(n, 0.2).ok()?)))
            .collect();
        Self {
            rows: Vec::new(),
            copies: Copies::default(),
            ceiling,
            compiler: peers.compiler.clone(),
        }
    }

    /// Writes `results/native.json` and the table between the marks of `README.md`.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), String> {
        let document = json!({
            "what": "agent-steps a second of processor time; ratio = median over rounds of ours / handloop.c in the same round",
            "processor": processor(),
            "peer": self.compiler,
            "rows": self.rows.iter().map(Row::json).collect::<Vec<_>>(),
            "window_copy_alone": self.ceiling.iter().map(|(n, r)| json!({"arenas": n, "agent_steps_per_s": round(*r, 0)})).collect::<Vec<_>>(),
            "fork_ns": round(self.copies.fork_ns, 0),
            "snapshot_ns": round(self.copies.snapshot_ns, 0),
            "restore_ns": round(self.copies.restore_ns, 0),
            "snapshot_bytes": self.copies.snapshot_bytes,
            "hash_ns": round(self.copies.hash_ns, 0),
            "memory_bytes_an_arena": round(self.copies.arena_bytes, 0),
        });
        let text = serde_json::to_string_pretty(&document).map_err(|e| e.to_string())? + "\n";
        save(&folder.join("results/native.json"), &text)?;
        let readme = folder.join("README.md");
        let page = std::fs::read_to_string(&readme)
            .map_err(|e| format!("{} cannot be read: {e}", readme.display()))?;
        save(&readme, &between_marks(&page, &self.table())?)
    }

    fn table(&self) -> String {
        let mut columns: Vec<(usize, usize)> =
            self.rows.iter().map(|r| (r.threads, r.arenas)).collect();
        columns.dedup();
        let mut out = format!("Measured on {}; peer: {}.\n\n", processor(), self.compiler);
        let heads: Vec<String> = columns
            .iter()
            .map(|(t, n)| {
                format!(
                    "{n} arena{}, {t} thread{}",
                    if *n == 1 { "" } else { "s" },
                    if *t == 1 { "" } else { "s" }
                )
            })
            .collect();
        out += &format!(
            "| M agent-steps/s (ratio to the hand loop) | {} |\n|---|{}\n",
            heads.join(" | "),
            "---|".repeat(columns.len())
        );
        for variant in Variant::ALL {
            let cell = |(threads, arenas): &(usize, usize)| {
                let row = self
                    .rows
                    .iter()
                    .find(|r| r.variant == variant && (r.threads, r.arenas) == (*threads, *arenas));
                row.map_or(String::new(), |r| {
                    format!(
                        "{:.1} ({:.2})",
                        r.of(|x| x.1.per_cpu_second) / 1e6,
                        r.ratio()
                    )
                })
            };
            let cells: Vec<String> = columns.iter().map(cell).collect();
            if cells.iter().any(|c| !c.is_empty()) {
                out += &format!("| {} | {} |\n", variant.says(), cells.join(" | "));
            }
        }
        let bar = |(threads, arenas): &(usize, usize)| {
            let row = self.rows.iter().find(|r| {
                r.variant == Variant::Same && (r.threads, r.arenas) == (*threads, *arenas)
            });
            row.map_or(String::new(), |r| {
                format!("{:.1}", r.of(|x| x.0.per_cpu_second) / 1e6)
            })
        };
        out += &format!(
            "| hand loop | {} |\n",
            columns.iter().map(bar).collect::<Vec<_>>().join(" | ")
        );
        let top = |(threads, arenas): &(usize, usize)| {
            let found = self
                .ceiling
                .iter()
                .find(|(n, _)| *threads == 1 && n == arenas);
            found.map_or(String::new(), |(_, r)| format!("{:.1}", r / 1e6))
        };
        out += &format!(
            "| window copy alone | {} |\n",
            columns.iter().map(top).collect::<Vec<_>>().join(" | ")
        );
        out + &format!("\nOne arena of 1,024, at random: {}.\n", self.copies)
    }
}

const BEGIN: &str = "<!-- native: written by commonweal-bench -->";
const END: &str = "<!-- /native -->";

fn between_marks(page: &str, table: &str) -> Result<String, String> {
    let (Some(begin), Some(end)) = (page.find(BEGIN), page.find(END)) else {
        return Err(format!(
            "bench/README.md has lost its marks {BEGIN} and {END}"
        ));
    };
    Ok(format!(
        "{}{BEGIN}\n{table}{}",
        &page[..begin],
        &page[end..]
    ))
}

fn save(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|e| format!("{} cannot be written: {e}", path.display()))
}

fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text
        .lines()
        .find(|l| l.starts_with("model name"))
        .and_then(|l| l.split(": ").nth(1));
    let cores = text.lines().filter(|l| l.starts_with("processor")).count();
    format!(
        "{} ({cores} virtual cores)",
        model.unwrap_or("an unknown processor")
    )
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    match n {
        0 => f64::NAN,
        _ if n % 2 == 1 => values[n / 2],
        _ => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

fn round(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}
