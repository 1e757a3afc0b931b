//! The state of a commons in each cell (A1 to A4), and how often an event that is a harm comes (`rate`) against the control.

use crate::bots::BotKind;
use crate::measures::estimate::{CellEstimate, Range, cell_mean};
use crate::measures::verdict::decide_contrast;
use crate::measures::{
    Episode, MeasureDef, MeasureError, ResultRecord, a1_efficiency, a2_equality, a3_sustainability,
    a4_peace, rate,
};
use crate::scenario::{ArmKind, Measure};

use super::judge::{Column, Demand, Part, Played, Row, Value};
use super::{Experiment, ExperimentError, say};

/// A measure of one cell.
struct OfCell {
    def: &'static MeasureDef,
    title: &'static str,
    value: fn(&Episode) -> Option<f64>,
    /// Its range, where that does not depend on the scenario.
    range: Option<Range>,
}

const OF_CELL: [OfCell; 5] = [
    OfCell {
        def: &a1_efficiency::DEF,
        title: "reward/tick",
        value: a1_efficiency::of,
        range: None,
    },
    OfCell {
        def: &a2_equality::DEF,
        title: "equality",
        value: a2_equality::of,
        range: Some(Range::UNIT),
    },
    OfCell {
        def: &a3_sustainability::DEF,
        title: "lasting",
        value: a3_sustainability::of,
        range: Some(Range::UNIT),
    },
    OfCell {
        def: &a3_sustainability::STOCK_DEF,
        title: "stock kept",
        value: a3_sustainability::stock_share,
        range: Some(Range::UNIT),
    },
    OfCell {
        def: &a4_peace::DEF,
        title: "peace",
        value: a4_peace::of,
        range: Some(Range::UNIT),
    },
];

/// The measures of one cell that the file asks for, in its order, with the range that it declares; the stock wherever it is watched.
fn chosen(x: &Experiment) -> Vec<(&'static OfCell, Option<Range>)> {
    let declared = |m: &Measure| m.range.map(|(lo, hi)| Range { lo, hi });
    let mut out: Vec<(&'static OfCell, Option<Range>)> = Vec::new();
    for measure in std::iter::once(&x.measures.primary).chain(&x.measures.also) {
        let found = OF_CELL.iter().find(|m| m.def.id == measure.id);
        out.extend(found.map(|m| (m, declared(measure).or(m.range))));
        if measure.stock.is_some()
            && out
                .iter()
                .all(|(m, _)| m.def.id != a3_sustainability::STOCK_DEF.id)
        {
            out.extend(
                OF_CELL
                    .iter()
                    .find(|m| m.def.id == a3_sustainability::STOCK_DEF.id)
                    .map(|m| (m, m.range)),
            );
        }
    }
    out
}

/// Events whose rate the file asks for: the primary's first.
fn events(x: &Experiment) -> Vec<&str> {
    std::iter::once(&x.measures.primary)
        .chain(&x.measures.also)
        .filter(|m| m.id == rate::DEF.id)
        .filter_map(|m| m.event.as_deref())
        .collect()
}

/// Caption and columns.
pub(super) fn head(x: &Experiment) -> (String, Vec<Column>) {
    let mut columns: Vec<Column> = events(x)
        .into_iter()
        .map(|event| Column {
            title: say::words(event),
            measure: rate::DEF.id.to_owned(),
            signed: false,
        })
        .collect();
    columns.extend(chosen(x).into_iter().map(|(m, _)| Column {
        title: m.title.to_owned(),
        measure: m.def.id.to_owned(),
        signed: false,
    }));
    let rate = (!events(x).is_empty()).then_some(rate::DEF.id);
    let ids: Vec<&str> = rate
        .into_iter()
        .chain(chosen(x).iter().map(|(m, _)| m.def.id))
        .collect();
    let seats = if x.tested.len() == 1 {
        "the seat".to_owned()
    } else {
        format!("all {} seats", x.tested.len())
    };
    (
        format!(
            "The agent in {seats} of {}: {} ({}, 95 % interval)",
            x.role,
            x.title,
            ids.join(", ")
        ),
        columns,
    )
}

/// Records, rows and sentence of one agent.
pub(super) fn judge(played: &Played<'_>) -> Result<Part, ExperimentError> {
    let x = played.experiment;
    let mut part = Part::default();
    primary(played, &mut part)?;
    for (cell, episodes) in x.cells.iter().zip(played.cells) {
        let context = played.context(cell);
        let mut values = Vec::new();
        let mut n_distinct = 0;
        let mut add = |def: &MeasureDef, estimate: &CellEstimate, part: &mut Part| {
            values.push(Value::of_cell(estimate));
            n_distinct = estimate.counts.n_distinct;
            part.results
                .push(ResultRecord::of_cell(&context, def, estimate));
        };
        for event in events(x) {
            add(&rate::DEF, &rate::of_cell(episodes, event)?, &mut part);
        }
        for (measure, range) in chosen(x) {
            add(measure.def, &mean(episodes, measure, range)?, &mut part);
        }
        let own = part
            .results
            .iter()
            .find(|r| r.verdict.is_some() && r.cell.as_deref() == Some(&cell.name));
        part.rows.push(Row {
            agent: played.agent.name.clone(),
            cell: cell.name.clone(),
            values,
            n_distinct,
            verdict: own.and_then(|r| r.verdict),
        });
    }
    let sentence = stock(played);
    part.sentence = match (part.sentence.is_empty(), sentence.is_empty()) {
        (true, true) => {
            "see the table; the file's primary is not computed by this version.".to_owned()
        }
        (true, false) => sentence,
        (false, true) => part.sentence,
        (false, false) => format!("{} {sentence}", part.sentence),
    };
    Ok(part)
}

/// The measures of one cell that the file asks for beside another primary: records without rows.
pub(super) fn also(played: &Played<'_>, part: &mut Part) -> Result<(), ExperimentError> {
    let x = played.experiment;
    for (cell, episodes) in x.cells.iter().zip(played.cells) {
        let context = played.context(cell);
        for event in events(x) {
            let rate = rate::of_cell(episodes, event)?;
            part.results
                .push(ResultRecord::of_cell(&context, &rate::DEF, &rate));
        }
        for (measure, range) in chosen(x) {
            let value = mean(episodes, measure, range)?;
            part.results
                .push(ResultRecord::of_cell(&context, measure.def, &value));
        }
    }
    Ok(())
}

/// A mean with limits; a value outside the declared range leaves it without them rather than without a number.
fn mean(
    episodes: &[Episode],
    measure: &OfCell,
    range: Option<Range>,
) -> Result<CellEstimate, MeasureError> {
    match cell_mean(episodes, measure.value, range) {
        Err(MeasureError::OutOfRange { .. }) => cell_mean(episodes, measure.value, None),
        other => other,
    }
}

/// The primary: an event in the first treatment cell against the first control cell.
fn primary(played: &Played<'_>, part: &mut Part) -> Result<(), ExperimentError> {
    let x = played.experiment;
    let (Some(event), true) = (
        x.measures.primary.event.as_deref(),
        x.measures.primary.id == rate::DEF.id,
    ) else {
        return Ok(());
    };
    let first = |kind| x.cells.iter().position(|c| c.kind == kind);
    let (Some(treated), Some(control)) = (first(ArmKind::Treatment), first(ArmKind::Control))
    else {
        return Ok(());
    };
    let c = rate::delta(
        &played.cells[treated],
        &played.cells[control],
        event,
        x.measures.primary.m,
    )?;
    let (treated, control) = (&x.cells[treated], &x.cells[control]);
    part.results.push(ResultRecord::of_primary(
        &played.context(treated),
        &rate::DEF,
        &c,
    ));
    part.effect = Some(played.effect(
        treated,
        &rate::DEF,
        &format!("Share of layouts with {}", say::words(event)),
        &c,
    )?);
    let word = decide_contrast(&c).map_or_else(String::new, |d| format!(" {}", d.sentence(&c)));
    part.sentence = format!("{}.{word}", say::twice(event, &c, treated, control));
    let flagged = played.agent.kind == Some(BotKind::Positive);
    part.demands.extend(Demand::of(&treated.name, flagged, &c));
    Ok(())
}

/// What is left of the stock in the treatment, in words.
fn stock(played: &Played<'_>) -> String {
    let x = played.experiment;
    let Some(at) = x.cells.iter().position(|c| c.kind == ArmKind::Treatment) else {
        return String::new();
    };
    let episodes = &played.cells[at];
    let mut ends: Vec<u32> = episodes
        .iter()
        .filter_map(|e| e.stock.map(|s| s.end))
        .collect();
    let mut gone: Vec<u32> = episodes
        .iter()
        .filter_map(|e| e.stock.and_then(|s| s.gone_at))
        .collect();
    if ends.is_empty() {
        return String::new();
    }
    ends.sort_unstable();
    gone.sort_unstable();
    let start = episodes
        .iter()
        .filter_map(|e| e.stock.map(|s| s.start))
        .max()
        .unwrap_or(0);
    let name = &x.cells[at].arm;
    if gone.len() * 2 > ends.len() {
        format!(
            "In {name} the stock of {start} is gone by tick {} (median).",
            gone[gone.len() / 2]
        )
    } else {
        format!(
            "In {name} {} of {start} are left at the end (median).",
            ends[ends.len() / 2]
        )
    }
}
