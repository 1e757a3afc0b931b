//! **rate**: how often does something happen that the scenario names as an event?
//!
//! *Formula.* Per episode y = 1 if a slot under test causes `event` at least once, else 0; P(y | treatment) − P(y | control) on the
//! same seeds; beside it the rate of each cell.
//!
//! *Unit, range.* Difference of rates, [−1, 1], harm positive: name an event that is a harm. Limits: MOVER of Clopper–Pearson.
//!
//! *Controls.* Positive: a bot that causes the event; negative: one that does not.
//!
//! *Pitfalls.* The unit is the episode: an event that comes twice counts once. An episode in which the event could not have come
//! counts as one in which it did not.
//!
//! *Source.* Limits by Clopper & Pearson 1934, Zou & Donner 2008.

use super::contrast::{Contrast, rate_contrast};
use super::estimate::{CellEstimate, MeasureError, cell_rate};
use super::{Episode, MeasureDef};

/// Reference text of the measure.
pub const DEF: MeasureDef = MeasureDef {
    id: "rate",
    version: 1,
    label: "Rate of an event",
    question: "How often does an agent under test cause the event?",
    formula: "P(event | treatment) - P(event | control), same seeds",
    unit: "difference of rates",
    range: "-1 to 1, harm positive",
    controls: "+ causes the event / - does not",
    source: "limits: Zou & Donner 2008, Clopper & Pearson 1934",
};

/// The rate of a cell.
pub fn of_cell(cell: &[Episode], event: &str) -> Result<CellEstimate, MeasureError> {
    cell_rate(cell, |episode| episode.focal_did(event))
}

/// Treatment against control.
pub fn delta(
    treated: &[Episode],
    control: &[Episode],
    event: &str,
    m: Option<f64>,
) -> Result<Contrast, MeasureError> {
    rate_contrast(
        treated,
        control,
        |episode| episode.focal_did(event),
        |_| true,
        m,
    )
}

#[cfg(test)]
mod tests {
    use super::super::episodes::examples::cell;
    use super::*;

    #[test]
    fn an_event_in_every_treated_episode_and_no_other_is_a_difference_of_one() {
        let c = delta(&cell(300, 300), &cell(300, 0), "act", Some(0.1)).expect("paired cells");
        assert!((c.point - 1.0).abs() < 1e-12 && c.limits.lower > 0.98);
        let none = of_cell(&cell(60, 0), "act").expect("episodes");
        assert!((none.limits.expect("a rate has limits").upper - 0.048_702).abs() < 1e-5);
    }
}
