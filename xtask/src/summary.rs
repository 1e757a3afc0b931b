//! How many tests passed and failed, read from a runner's last lines.
//!
//! Invariant: a run counts as clean only if its runner said so; an exit status that disagrees
//! with the summary, or a summary without tests, is a failure.

/// What a step, or a part of one, came to.
#[derive(Default, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    /// One sentence for each thing that a count cannot say.
    pub(crate) notes: Vec<String>,
}

impl Tally {
    /// A check that either holds or does not.
    pub(crate) fn of(holds: bool) -> Self {
        Tally {
            passed: u32::from(holds),
            failed: u32::from(!holds),
            notes: vec![],
        }
    }

    /// One failure, told in a sentence.
    pub(crate) fn failure(note: impl Into<String>) -> Self {
        Tally {
            passed: 0,
            failed: 1,
            notes: vec![note.into()],
        }
    }

    /// Adds another's counts and notes; what could not run is one failure.
    pub(crate) fn add(&mut self, part: anyhow::Result<Tally>) {
        let part = part.unwrap_or_else(|error| Tally::failure(format!("{error:#}")));
        self.passed += part.passed;
        self.failed += part.failed;
        self.notes.extend(part.notes);
    }
}

/// Whose summary a command prints.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Runner {
    /// No tests: the exit status is the one result.
    Exit,
    Cargo,
    Pytest,
    Node,
    Vitest,
    Playwright,
}

#[derive(Default)]
struct Counts {
    passed: u32,
    failed: u32,
    skipped: u32,
}

/// Reads `output` as `runner` writes it; `succeeded` is the exit status.
pub(crate) fn read(runner: Runner, name: &str, output: &str, succeeded: bool) -> Tally {
    if runner == Runner::Exit {
        let mut tally = Tally::of(succeeded);
        if !succeeded {
            tally.notes.push(format!("`{name}` failed"));
        }
        return tally;
    }
    let mut counts = Counts::default();
    for line in output.lines() {
        let line = without_colour(line);
        count_line(runner, line.trim(), &mut counts);
    }
    let mut tally = Tally {
        passed: counts.passed,
        failed: counts.failed + counts.skipped,
        notes: vec![],
    };
    if counts.skipped > 0 {
        tally.notes.push(format!(
            "`{name}`: {} test(s) ignored or skipped; a test runs or is deleted",
            counts.skipped
        ));
    }
    if !succeeded && tally.failed == 0 {
        tally.failed = 1;
        tally.notes.push(format!(
            "`{name}` ended with an error, but names no failed test"
        ));
    } else if succeeded && tally.failed == 0 && tally.passed == 0 {
        tally.failed = 1;
        tally.notes.push(format!("`{name}` ran no test"));
    } else if succeeded && counts.failed > 0 {
        tally.notes.push(format!(
            "`{name}` names failed tests, but ended without an error"
        ));
    } else if counts.failed > 0 {
        tally
            .notes
            .push(format!("`{name}`: {} failed", counts.failed));
    }
    tally
}

fn count_line(runner: Runner, line: &str, counts: &mut Counts) {
    match runner {
        Runner::Exit => {}
        Runner::Cargo => {
            let Some(rest) = line.strip_prefix("test result: ") else {
                return;
            };
            let rest = rest.split_once(". ").map_or(rest, |(_, numbers)| numbers);
            rest.split(';').for_each(|part| count_part(part, counts));
        }
        // "= 1 failed, 12 passed in 0.50s =", with or without the bars
        Runner::Pytest => {
            let line = line.trim_matches(['=', ' ']);
            let Some((parts, time)) = line.rsplit_once(" in ") else {
                return;
            };
            if time.starts_with(|c: char| c.is_ascii_digit()) {
                parts.split(',').for_each(|part| count_part(part, counts));
            }
        }
        Runner::Node => {
            let line = line.trim_start_matches(['#', 'ℹ', ' ']);
            if let Some((word, number)) = line.split_once(' ') {
                count_part(&format!("{number} {word}"), counts);
            }
        }
        Runner::Vitest => {
            let Some(rest) = line.strip_prefix("Tests ") else {
                return;
            };
            let rest = rest.split_once('(').map_or(rest, |(parts, _)| parts);
            rest.split('|').for_each(|part| count_part(part, counts));
        }
        // "12 passed (3.1s)", "1 failed", each alone on its line
        Runner::Playwright => count_part(line.split(" (").next().unwrap_or(line), counts),
    }
}

/// Counts one "12 passed".
fn count_part(part: &str, counts: &mut Counts) {
    let Some((number, word)) = part.trim().split_once(' ') else {
        return;
    };
    let Ok(number) = number.parse::<u32>() else {
        return;
    };
    match word.trim() {
        "passed" | "pass" => counts.passed += number,
        "failed" | "fail" | "error" | "errors" | "flaky" | "interrupted" | "did not run"
        | "cancelled" | "xpassed" => counts.failed += number,
        "ignored" | "skipped" | "todo" => counts.skipped += number,
        _ => {}
    }
}

/// The line without the escape sequences that set colours.
fn without_colour(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after
            .split_once(|c: char| c.is_ascii_alphabetic())
            .map_or("", |(_, tail)| tail);
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(runner: Runner, output: &str, succeeded: bool, passed: u32, failed: u32) {
        let tally = read(runner, "it", output, succeeded);
        assert_eq!(
            (tally.passed, tally.failed),
            (passed, failed),
            "{:?}",
            tally.notes
        );
        assert_eq!(
            failed > 0,
            !tally.notes.is_empty(),
            "a failure is told, a success is not"
        );
    }

    #[test]
    fn cargo_summaries_of_all_binaries_add_up() {
        let line = |ok: u32, failed: u32, ignored: u32| {
            format!(
                "test result: FAILED. {ok} passed; {failed} failed; {ignored} ignored; \
                 0 measured; 3 filtered out; finished in 0.01s\n"
            )
        };
        check(
            Runner::Cargo,
            &(line(3, 0, 0) + "noise\n" + &line(4, 0, 0)),
            true,
            7,
            0,
        );
        check(Runner::Cargo, &line(3, 2, 0), false, 3, 2);
        check(Runner::Cargo, &line(3, 0, 1), true, 3, 1);
    }

    #[test]
    fn pytest_with_and_without_bars() {
        check(
            Runner::Pytest,
            "===== 2 failed, 5 passed, 1 warning in 0.51s =====",
            false,
            5,
            2,
        );
        check(Runner::Pytest, "7 passed in 12.01s", true, 7, 0);
        check(
            Runner::Pytest,
            "7 passed, 2 errors in 61.01s (0:01:01)",
            false,
            7,
            2,
        );
        check(Runner::Pytest, "7 passed, 1 skipped in 1.00s", true, 7, 1);
        check(Runner::Pytest, "no tests ran in 0.01s", false, 0, 1);
    }

    #[test]
    fn node_in_both_of_its_forms() {
        check(
            Runner::Node,
            "ℹ tests 3\nℹ pass 2\nℹ fail 1\nℹ cancelled 0\nℹ skipped 0",
            false,
            2,
            1,
        );
        check(Runner::Node, "# pass 4\n# fail 0\n# todo 0", true, 4, 0);
    }

    #[test]
    fn vitest_counts_tests_not_files() {
        let files = " \u{1b}[2mTest Files \u{1b}[22m 1 failed | 1 passed (2)\n";
        let tests = " \u{1b}[2m     Tests \u{1b}[22m \u{1b}[31m1 failed\u{1b}[39m | 8 passed (9)\n";
        check(Runner::Vitest, &format!("{files}{tests}"), false, 8, 1);
        check(Runner::Vitest, "      Tests  3 passed (3)", true, 3, 0);
    }

    #[test]
    fn playwright_counts_what_did_not_run_as_failed() {
        check(
            Runner::Playwright,
            "  1 failed\n    a.ts\n  2 did not run\n  9 passed (3.1s)",
            false,
            9,
            3,
        );
        check(Runner::Playwright, "  4 passed (1.0m)", true, 4, 0);
    }

    #[test]
    fn silence_is_a_failure() {
        check(Runner::Cargo, "", false, 0, 1);
        check(Runner::Vitest, "", true, 0, 1);
        check(Runner::Exit, "", false, 0, 1);
        check(Runner::Exit, "anything", true, 1, 0);
    }
}
