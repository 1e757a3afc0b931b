//! How fast the engine steps, beside a hand-written C program that plays the same game in the same minutes.
//!
//! `cargo run --release -p commonweal-bench` runs everything and rewrites `bench/results/native.json` and the table in
//! `bench/README.md`; `--quick` runs one round of the small sizes and writes nothing. Rates are by processor time, as the
//! peers' are: wall-clock rates stand beside them in the JSON.
//!
//! **Invariant.** Every ratio is taken within one round: peer and engine run one after the other, round after round.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool that people read in a terminal"
)]

mod engine;
mod peers;
mod report;
mod worlds;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use commonweal_bench::game::{Variant, World};
use peers::Peers;
use report::{Report, Row};

/// What is asked for.
struct Plan {
    rounds: usize,
    seconds: f64,
    sizes: Vec<usize>,
    threads: Vec<usize>,
    variants: Vec<Variant>,
    write: bool,
}

const USAGE: &str = "\
cargo run --release -p commonweal-bench [-- OPTIONS]
  --quick          one short round at 1 and 64 arenas; writes no file
  --rounds N       rounds of each pair (5)
  --seconds S      of each measurement (0.4)
  --arenas LIST    1,64,1024,4096
  --threads LIST   1,2
  --write          writes the results in spite of other options
  --only NAME      one variant: same, codes, none, own, masks, events, hash, all
  --worlds         what rules and scripts cost: the two worlds of bench/worlds (--case WORD: those that name it)
  --spin NAME      only step that variant at the first size, for a profiler";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.iter().any(|a| a == "--help" || a == "-h") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &[String]) -> Result<(), String> {
    let plan = plan(args)?;
    let root = root();
    let world = engine::load(&root)?;
    if let Some(name) = option(args, "--spin")? {
        let variant = Variant::named(name)?;
        let rate = engine::rate(
            &world,
            variant,
            plan.sizes[0],
            plan.threads[0],
            plan.seconds,
        )?;
        println!(
            "{}: {:.2} M agent-steps/s",
            variant.name(),
            rate.per_cpu_second / 1e6
        );
        return Ok(());
    }
    if args.iter().any(|a| a == "--worlds") {
        for line in worlds::run(&root, plan.rounds, plan.seconds, option(args, "--case")?)? {
            println!("{line}");
        }
        return Ok(());
    }
    // First: later the process has memory left over to build in.
    let memory = engine::memory(&world)?;
    let peers = Peers::build(&root)?;
    let mut report = Report::new(&peers, &plan.sizes);
    for &threads in &plan.threads {
        for &arenas in plan.sizes.iter().filter(|&&n| n >= threads) {
            let rows = compare(&world, &peers, &plan, arenas, threads)?;
            for row in &rows {
                println!("{row}");
            }
            report.rows.extend(rows);
        }
    }
    report.copies = engine::copies(&world, memory)?;
    println!("{}", report.copies);
    if plan.write {
        report.write(&root.join("bench"))?;
    }
    Ok(())
}

/// All variants at one size, interleaved with the peer.
fn compare(
    world: &World,
    peers: &Peers,
    plan: &Plan,
    arenas: usize,
    threads: usize,
) -> Result<Vec<Row>, String> {
    let mut rows: Vec<Row> = plan
        .variants
        .iter()
        .map(|&v| Row::new(v, arenas, threads))
        .collect();
    for _ in 0..plan.rounds {
        for row in &mut rows {
            // The bar writes no observations either where we write none; `codes` is held against the full window.
            let bar = peers.hand(arenas, threads, plan.seconds, row.variant.observes())?;
            let ours = engine::rate(world, row.variant, arenas, threads, plan.seconds)?;
            row.add(&bar, &ours);
        }
    }
    Ok(rows)
}

fn plan(args: &[String]) -> Result<Plan, String> {
    let quick = args.iter().any(|a| a == "--quick");
    let list = |name: &str, default: &[usize]| -> Result<Vec<usize>, String> {
        match option(args, name)? {
            None => Ok(default.to_vec()),
            Some(text) => text
                .split(',')
                .map(|n| {
                    n.parse()
                        .ok()
                        .filter(|&n| n > 0)
                        .ok_or(format!("{name} takes numbers from 1, not `{n}`"))
                })
                .collect(),
        }
    };
    let number = |name: &str, default: f64| -> Result<f64, String> {
        match option(args, name)? {
            None => Ok(default),
            Some(text) => text
                .parse()
                .ok()
                .filter(|&s| s > 0.0)
                .ok_or(format!("{name} takes a number above 0, not `{text}`")),
        }
    };
    let variants = match option(args, "--only")? {
        None => Variant::ALL.to_vec(),
        Some(name) => vec![Variant::named(name)?],
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small number above 0"
    )]
    let rounds = number("--rounds", if quick { 1.0 } else { 5.0 })? as usize;
    Ok(Plan {
        rounds: rounds.max(1),
        seconds: number("--seconds", if quick { 0.1 } else { 0.4 })?,
        sizes: list(
            "--arenas",
            if quick {
                &[1, 64]
            } else {
                &[1, 64, 1024, 4096]
            },
        )?,
        threads: list("--threads", if quick { &[1] } else { &[1, 2] })?,
        variants,
        write: args.is_empty() || args.iter().any(|a| a == "--write"),
    })
}

/// The value after an option.
fn option<'a>(args: &'a [String], name: &str) -> Result<Option<&'a str>, String> {
    match args.iter().position(|a| a == name) {
        None => Ok(None),
        Some(i) => args
            .get(i + 1)
            .map(|v| Some(v.as_str()))
            .ok_or(format!("{name} takes a value\n{USAGE}")),
    }
}

/// The root of the workspace.
fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().unwrap_or(Path::new(".")).to_path_buf()
}
