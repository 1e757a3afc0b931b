//! `verify`: plays a bundle again, and holds every byte of its report against what comes out.

use commonweal_core::evaluate::verify::Reading;
use commonweal_core::evaluate::{Key, Phase, Report, family};
use serde_json::json;

use super::page;
use super::work::{self, Blocks, episodes, keys};
use crate::args::VerifyArgs;
use crate::run::threads;
use crate::stop::Stop;
use crate::terminal::{Style, Terminal};

/// Exit code 0 when all comes out, 1 when something does not.
pub(crate) fn run(options: &VerifyArgs, terminal: &Terminal) -> Result<u8, Stop> {
    let bundle = if options.bundle.is_dir() {
        options.bundle.join(super::folder::EVIDENCE)
    } else {
        options.bundle.clone()
    };
    let name = bundle.display();
    let bytes =
        std::fs::read(&bundle).map_err(|e| Stop::wrong(format!("{name} cannot be read: {e}")))?;
    let threads = threads(options.threads)?;
    let result = again(&bytes, threads, terminal);
    if options.json {
        let document = match &result {
            Ok((report, n)) => json!({
                "verified": true,
                "plan_hash": report.registration.plan_hash,
                "episodes": n,
            }),
            Err(stop) => json!({ "verified": false, "why": stop.message }),
        };
        let text = serde_json::to_string_pretty(&document).expect("plain data");
        terminal.print(&text)?;
        return Ok(u8::from(result.is_err()));
    }
    match result {
        Ok((report, n)) => {
            let mut text = format!(
                "{} {}\n",
                terminal.paint(Style::Good, "✓"),
                terminal.wrap(
                    &format!(
                        "verified: {n} episodes played again, every number of the report came out to the bit (plan {})",
                        &report.registration.plan_hash[..16]
                    ),
                    2
                )
            );
            for family in &report.families {
                text += &format!(
                    "  {}: {}\n",
                    family.scenario,
                    terminal.wrap(&family.interpretation.says, 2)
                );
            }
            terminal.print(&text)?;
            Ok(0)
        }
        Err(stop) => Err(Stop {
            code: 1,
            message: format!("{name} does not verify: {}", stop.message),
        }),
    }
}

/// The report that comes out, and how many episodes were played.
fn again(bytes: &[u8], threads: usize, terminal: &Terminal) -> Result<(Report, usize), Stop> {
    let reading = Reading::open(bytes).map_err(Stop::wrong)?;
    let mut blocks = Blocks::new();
    let play = |jobs: &[Key], blocks: &mut Blocks| {
        let player = |_: usize, key: Key| reading.play(key).map_err(Stop::wrong);
        let what = "playing again";
        work::play(
            jobs,
            blocks,
            None,
            threads,
            &|_| false,
            &player,
            what,
            terminal,
        )
    };
    let mut played = Vec::new();
    for (i, own) in reading.families.iter().enumerate() {
        let pilot = own
            .pilot
            .as_ref()
            .map_or(Vec::new(), |x| keys(Phase::Pilot, i, x));
        play(&pilot, &mut blocks)?;
        let mut main = keys(Phase::Main, i, &own.main);
        let n = family::control_jobs(&own.main.jobs(), family::subject(&own.main));
        play(&main[..n], &mut blocks)?;
        let controls = family::judge_controls(&own.main, &episodes(&blocks, &main[..n]));
        let controls = controls.map_err(Stop::wrong)?;
        if family::missed(&own.main, &controls).is_empty() {
            play(&main, &mut blocks)?;
        } else {
            main.truncate(n);
        }
        played.push((episodes(&blocks, &pilot), episodes(&blocks, &main)));
    }
    let report = reading.check(played).map_err(Stop::wrong)?;
    if let Some(found) = reading.parts.get("report.html")
        && *found != page::draw(&report).into_bytes()
    {
        return Err(Stop::wrong(
            "`report.html` is not the page that this build draws of the report",
        ));
    }
    Ok((report, blocks.values().map(|b| b.episodes.len()).sum()))
}
