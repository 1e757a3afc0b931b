//! `list`: the shipped scenarios.

use crate::args::ListArgs;
use crate::stop::Stop;
use crate::terminal::{Style, Terminal};
use crate::{invoked, source};

/// What is known of a family's calibration: nothing is calibrated before `calibrate` has written a record.
const UNCALIBRATED: &str = "uncalibrated";

/// Name, question, arms and control agents of each.
pub(crate) fn run(options: &ListArgs, terminal: &Terminal) -> Result<u8, Stop> {
    let mut all = Vec::new();
    let mut text = String::new();
    for shipped in commonweal_scenarios::ALL {
        let source = source::open(shipped.id)?;
        let Ok((scenario, _)) = source::load(&source) else {
            return Err(Stop::wrong(format!(
                "the shipped scenario `{}` has errors: `{}`",
                shipped.id,
                invoked::command(&["check", shipped.id])
            )));
        };
        let arms: Vec<&str> = scenario.arms.iter().map(|a| a.name.as_str()).collect();
        let cells: usize = scenario.arms.iter().map(|a| a.cells.len()).sum();
        let bots: Vec<&str> = scenario.bots.iter().map(|b| b.name.as_str()).collect();
        if options.json {
            all.push(serde_json::json!({
                "scenario": shipped.id,
                "group": shipped.group,
                "title": scenario.question.title,
                "asks": scenario.question.asks,
                "arms": arms,
                "cells": cells,
                "bots": bots,
                "primary": scenario.measures.primary.id,
                "calibration": UNCALIBRATED,
            }));
            continue;
        }
        text += &format!(
            "{}  {}\n",
            terminal.paint(Style::Strong, shipped.id),
            terminal.paint(Style::Faint, &format!("{} · {UNCALIBRATED}", shipped.group))
        );
        text += &format!("  {}\n", terminal.wrap(&scenario.question.asks, 2));
        text += &format!(
            "  {}\n",
            terminal.wrap(&format!("arms: {} ({cells} cells)", arms.join(", ")), 8)
        );
        text += &format!(
            "  {}\n\n",
            terminal.wrap(&format!("bots: {}", bots.join(", ")), 8)
        );
    }
    if options.json {
        let document = serde_json::json!({ "rules_version": commonweal_core::RULES_VERSION, "scenarios": all });
        text = serde_json::to_string_pretty(&document).expect("plain data");
    } else {
        text += &terminal.wrap(
            "uncalibrated: nobody has shown yet that the family's measure tells its control agents apart with the error rates that \
             `calibrate` demands; its numbers are shown, a verdict on a model is not to be built on them.",
            0,
        );
        text += &format!(
            "\nRun one: {}. Watch one: {}.\n",
            invoked::command(&["run", "NAME"]),
            invoked::command(&["watch", "NAME"])
        );
    }
    terminal.print(&text)?;
    Ok(0)
}
