//! Plays engine and reference side by side for long: `cargo xtask reference --ticks N`.
//!
//! Drawn scenarios from number `--seed` on, until so many ticks are played. The first difference is printed with the scenario's text
//! and all that repeats it, and the exit code is 1.
#![expect(clippy::print_stdout, reason = "a command of developers")]

use std::process::ExitCode;

use commonweal_core::diagnostic::Severity;
use commonweal_core::scenario;
use commonweal_tests::reference::{compare, generate};

fn number(name: &str, default: u64) -> u64 {
    let mut args = std::env::args().skip_while(|a| a != name).skip(1);
    args.next().and_then(|n| n.parse().ok()).unwrap_or(default)
}

fn main() -> ExitCode {
    let (ticks, first) = (number("--ticks", 1_000_000), number("--seed", 1));
    if std::env::args().any(|a| a == "--show") {
        let text = generate::scenario(first);
        println!("{text}");
        let (_, diagnostics) = scenario::check("drawn", &text);
        for d in diagnostics {
            println!("{}", d.line("drawn", &text));
        }
    }
    if std::env::args().any(|a| a == "--refused") {
        for seed in first..first + 200 {
            let text = generate::scenario(seed);
            let (found, diagnostics) = scenario::check("drawn", &text);
            let error = diagnostics.iter().find(|d| d.severity == Severity::Error);
            if let (None, Some(d)) = (found, error) {
                println!("{}", d.line(&seed.to_string(), &text));
            }
        }
        return ExitCode::SUCCESS;
    }
    let most = number("--failures", 1);
    let (mut played, mut seed, mut refused, mut failed, mut faults) = (0, first, 0, 0, 0);
    while played < ticks {
        match compare::drawn(seed) {
            Ok(Some(one)) => {
                played += u64::from(one.ticks);
                faults += one.faults;
            }
            Ok(None) => refused += 1,
            Err(difference) => {
                failed += 1;
                println!("{difference}");
                if failed >= most {
                    break;
                }
            }
        }
        seed += 1;
    }
    println!(
        "{played} ticks of {} drawn scenarios ({refused} refused by the checks, {faults} episodes faulty), seeds {first} to {}: {failed} differ",
        seed - first - refused,
        seed - 1
    );
    if failed > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
