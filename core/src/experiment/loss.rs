//! What the others lose because this agent sits in the seat instead of the reference (A8.loss), cell by cell.

use std::collections::BTreeSet;

use crate::bots::BotKind;
use crate::measures::estimate::Range;
use crate::measures::verdict::decide_contrast;
use crate::measures::{
    Contrast, Episode, MeasureDef, MeasureError, ResultRecord, SlotTally, Verdict, a8_loss,
};
use crate::scenario::ArmKind;
use crate::stats;

use super::judge::{Column, Demand, Part, Played, Row, Value};
use super::{Experiment, ExperimentError, commons, goals, say};

const DEF: &MeasureDef = &a8_loss::DEF;

/// Whether the primary is this one.
pub(super) fn is_primary(x: &Experiment) -> bool {
    x.measures.primary.id == DEF.id
}

/// The cell of the primary.
pub(super) fn primary_cell(x: &Experiment) -> Option<usize> {
    let at = &x.measures.primary.at;
    let own = |c: &super::CellPlan| c.kind == ArmKind::Treatment && c.has(at);
    x.cells.iter().position(own)
}

/// Caption and columns.
pub(super) fn head(x: &Experiment) -> (String, Vec<Column>) {
    let column = |title: String, signed| Column {
        title,
        measure: DEF.id.to_owned(),
        signed,
    };
    let reference = x.measures.primary.reference.as_deref().unwrap_or("ref");
    (
        format!(
            "Return of all others with the agent in the seat of {}, with {reference} there, and the share that is lost (A8.loss, 95 % interval)",
            x.role
        ),
        vec![
            column("others".to_owned(), false),
            column(format!("with {reference}"), false),
            column("loss".to_owned(), true),
        ],
    )
}

/// Records, rows and sentence of one agent.
pub(super) fn judge(played: &Played<'_>) -> Result<Part, ExperimentError> {
    let x = played.experiment;
    let mut part = Part::default();
    let primary = &x.measures.primary;
    let wanted = primary.reference.as_deref();
    let reference = x.agents.iter().position(|a| Some(&*a.name) == wanted);
    let (Some(reference), Some(m), Some((lo, hi))) = (reference, primary.m, primary.range) else {
        return Err(ExperimentError::Wrong(format!(
            "{} needs `ref`, `range` and `M` in its primary",
            DEF.id
        )));
    };
    let positive = x
        .agents
        .iter()
        .position(|a| a.kind == Some(BotKind::Positive));
    let own = primary_cell(x);
    // The reference against itself is 0 whatever the code does: it stands in the table for what the others earn with it.
    let is_reference = x.agents[reference].name == played.agent.name;
    for (i, cell) in x.cells.iter().enumerate() {
        let (episodes, with_ref) = (&played.cells[i], &played.all[reference][i]);
        let treated = cell.kind == ArmKind::Treatment;
        let open = positive
            .filter(|_| treated)
            .map(|p| a8_loss::opportunities(&played.all[p][i], with_ref, m));
        let contrast =
            match a8_loss::loss(episodes, with_ref, Range { lo, hi }, open.as_ref(), Some(m)) {
                Ok(contrast) => Some(contrast),
                Err(MeasureError::UndefinedReference) => None,
                Err(MeasureError::OutOfRange { .. }) => {
                    return Err(ExperimentError::Wrong(outside(
                        &cell.name,
                        [
                            (&played.agent.name, episodes),
                            (&x.agents[reference].name, with_ref),
                        ],
                        Range { lo, hi },
                    )));
                }
                Err(other) => return Err(other.into()),
            };
        let primary = Some(i) == own && !is_reference;
        row(played, i, primary, contrast.as_ref(), &mut part)?;
        if !is_reference {
            demand(played, i, contrast.as_ref(), open.as_ref(), &mut part);
        }
        if primary {
            part.sentence = sentence(played, i, contrast.as_ref());
        }
    }
    // The primary's record stands first.
    part.results.sort_by_key(|r| r.verdict.is_none());
    commons::also(played, &mut part)?;
    goals::also(played, &mut part)?;
    if let (true, Some(i)) = (is_reference, own) {
        part.sentence = format!(
            "the reference. It earns {} itself in {}.",
            say::amount(earned(&played.cells[i])),
            x.cells[i].name
        );
    }
    if part.sentence.is_empty() {
        "the arm that answers the question was not run.".clone_into(&mut part.sentence);
    }
    Ok(part)
}

/// The first episode in which the others' return lies outside the declared range, in words.
fn outside(cell: &str, played: [(&String, &Vec<Episode>); 2], range: Range) -> String {
    let Range { lo, hi } = range;
    let beyond = |e: &&Episode| {
        let sum = a8_loss::others(e);
        sum < lo || sum > hi
    };
    let found = played.iter().find_map(|(agent, episodes)| {
        let episode = episodes.iter().find(beyond)?;
        let n = episodes.iter().filter(beyond).count();
        Some(format!(
            "the others earn {} with `{agent}` in the seat in {cell}, seed {} ({n} of {} seeds so)",
            say::amount(a8_loss::others(episode)),
            episode.seed_number,
            episodes.len(),
        ))
    });
    let found = found.unwrap_or_else(|| format!("the others' return in {cell}"));
    format!(
        "{found}, which lies outside `range = [{lo}, {hi}]` of the primary: declare a wider one"
    )
}

fn row(
    played: &Played<'_>,
    cell: usize,
    primary: bool,
    contrast: Option<&Contrast>,
    part: &mut Part,
) -> Result<(), ExperimentError> {
    let plan = &played.experiment.cells[cell];
    let mut verdict = None;
    let mut values = vec![Value::default(); 3];
    if let Some(c) = contrast {
        let context = played.context(plan);
        if primary {
            let record = ResultRecord::of_primary(&context, DEF, c);
            verdict = record.verdict;
            part.results.push(record);
            part.effect = Some(played.effect(plan, DEF, "Return of all others", c)?);
        } else {
            part.results
                .push(ResultRecord::of_contrast(&context, DEF, c));
        }
        values[0] = Value::of(Some(c.treatment.mean), Some(c.treatment.ci95));
        values[1] = Value::of(Some(c.control.mean), Some(c.control.ci95));
        values[2] = Value::of(Some(c.point), Some(c.ci95));
    }
    part.rows.push(Row {
        agent: played.agent.name.clone(),
        cell: plan.name.clone(),
        values,
        n_distinct: contrast.map_or(0, |c| c.counts.n_distinct),
        verdict,
    });
    Ok(())
}

/// A positive control is detected in the treatment; nobody is anywhere else, but a positive control may take in a look-alike arm,
/// for whatever reason.
fn demand(
    played: &Played<'_>,
    cell: usize,
    contrast: Option<&Contrast>,
    open: Option<&BTreeSet<u64>>,
    part: &mut Part,
) {
    let x = played.experiment;
    let (agent, plan) = (played.agent, &x.cells[cell]);
    let positive = agent.kind == Some(BotKind::Positive);
    if positive && plan.kind == ArmKind::Lookalike {
        return;
    }
    let flagged = positive
        && plan.kind == ArmKind::Treatment
        && agent.flagged_in.iter().all(|l| plan.levels.contains(l));
    part.demands.push(match contrast {
        Some(c) => match Demand::of(&plan.name, flagged, c) {
            Some(demand) => demand,
            None => return,
        },
        // Without a reference to lose from, nothing can be said.
        None => Demand {
            place: plan.name.clone(),
            flagged,
            verdict: Verdict::Inconclusive,
            n_eff: open.map_or(0, |o| u32::try_from(o.len()).unwrap_or(u32::MAX)),
            point: 0.0,
            treated: 0.0,
            m: x.measures.primary.m.unwrap_or(0.0),
        },
    });
}

/// Mean return of the slots under test.
fn earned(episodes: &[Episode]) -> f64 {
    let one = |e: &Episode| -> f64 {
        let focal = e.slots.iter().filter(|s| s.focal);
        focal.map(SlotTally::return_main).sum()
    };
    stats::mean(&episodes.iter().map(one).collect::<Vec<_>>()).unwrap_or(0.0)
}

fn sentence(played: &Played<'_>, cell: usize, contrast: Option<&Contrast>) -> String {
    let x = played.experiment;
    let reference = x.measures.primary.reference.as_deref().unwrap_or("ref");
    let earns = format!(
        "It earns {} itself.",
        say::amount(earned(&played.cells[cell]))
    );
    let Some(c) = contrast else {
        return format!(
            "the others earn nothing in {} with {reference} in the seat, so no share of it can be lost. {earns}",
            x.cells[cell].name
        );
    };
    let word = decide_contrast(c).map_or_else(String::new, |d| format!(" {}", d.sentence(c)));
    format!(
        "the others earn {} in {} with it in the seat, {} with {reference}.{word} {earns}",
        say::amount(c.treatment.mean),
        x.cells[cell].name,
        say::amount(c.control.mean),
    )
}
