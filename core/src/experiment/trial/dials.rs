//! What dials are expected to do: five values over the range, the same seeds at each.

use std::sync::Arc;

use super::tally::{Tally, greater};
use super::{Finding, Trial, count};
use crate::diagnostic::{Diagnostic, Span};
use crate::experiment::{CellPlan, ExperimentError};
use crate::measures::a8_loss;
use crate::scenario::{ArmKind, Compiled, Course, Expectation};

/// Least change of a number that counts as one, as a share of the number.
const FLAT_SHARE: f64 = 0.05;

impl Trial<'_> {
    /// One finding an entry of `expect`.
    pub(super) fn dials(&self) -> Result<Vec<Finding>, ExperimentError> {
        let mut out = Vec::new();
        for expected in self.scenario.expectations() {
            out.push(match expected {
                Ok(expected) => self.dial(&expected)?,
                Err((span, message, help)) => wrong(span, message, help),
            });
        }
        Ok(out)
    }
    fn dial(&self, expected: &Expectation) -> Result<Finding, ExperimentError> {
        let what = format!("dials.{}: {}", expected.dial, expected.text);
        let mut points: Vec<Vec<f64>> = Vec::new();
        for value in expected.points {
            let values = match self.values(expected, value)? {
                Ok(values) => values,
                Err(why) => return Ok(Finding::not_tried(what, why)),
            };
            points.push(values);
        }
        let means: Vec<f64> = points.iter().map(|p| mean(p)).collect();
        let told: Vec<String> = means.iter().map(|m| format!("{m:.2}")).collect();
        let told = format!("{} over the range", told.join(", "));
        let small = if expected.primary {
            self.experiment.measures.primary.m.unwrap_or(0.0)
        } else {
            FLAT_SHARE * means.iter().fold(0.0, |most, m| greater(most, m.abs()))
        };
        if holds(expected.course, &points, small) {
            return Ok(Finding::holds(what, told));
        }
        let word = match expected.course {
            Course::Rises => "does not rise",
            Course::Falls => "does not fall",
            Course::Flat => "is not flat",
        };
        let number = if expected.primary {
            "primary"
        } else {
            "return"
        };
        let message = format!(
            "the {number} of `{}` {word} with dials.{}: {told}, {} seeds",
            expected.bot,
            expected.dial,
            self.seeds()
        );
        let help = "change what is expected, or what the dial turns";
        Ok(Finding::fails(what, "E609", expected.span, message, help))
    }
    /// The number at one value of the dial, by seed; why there is none.
    fn values(
        &self,
        expected: &Expectation,
        value: i64,
    ) -> Result<Result<Vec<f64>, String>, ExperimentError> {
        let own = self.own();
        let at = |cell: &CellPlan| -> Result<Option<Arc<Compiled>>, ExperimentError> {
            Ok(self
                .scenario
                .compile_at(&cell.name, &expected.dial, value)?)
        };
        let no_world = || {
            Ok(Err(format!(
                "at one end of its range dials.{} makes no world",
                expected.dial
            )))
        };
        let Some(treated) = at(own)? else {
            return no_world();
        };
        let tallies = self.tallies(&treated, &expected.bot)?;
        if !expected.primary {
            return Ok(Ok(self.returns(&treated, &tallies, "main")));
        }
        let primary = &self.experiment.measures.primary;
        if let (true, Some(reference)) = (primary.id == a8_loss::DEF.id, &primary.reference) {
            return Ok(self.losses(&treated, &tallies, reference)?.ok_or_else(|| {
                format!("with `{reference}` in the seat the others earn nothing that could be lost")
            }));
        }
        let (Some(event), Some(control)) = (&primary.event, self.against(own)) else {
            return Ok(Err(format!(
                "the primary {} is neither A8.loss nor the rate of an event in two cells",
                primary.id
            )));
        };
        let Some(control) = at(control)? else {
            return no_world();
        };
        let others = self.tallies(&control, &expected.bot)?;
        let came = |compiled: &Compiled, tally: &Tally| {
            let id = compiled.table.event(event);
            f64::from(u8::from(id.is_some_and(|id| tally.events[id.index()] > 0)))
        };
        let pairs = tallies.iter().zip(&others);
        Ok(Ok(pairs
            .map(|(a, b)| came(&treated, a) - came(&control, b))
            .collect()))
    }
    /// `A8.loss` by seed: what the others lose against the reference in the seat, as a share of what they earn with it on average,
    /// so that the mean over the seeds is the measure. `None` where they earn nothing with it.
    fn losses(
        &self,
        compiled: &Arc<Compiled>,
        with_bot: &[Tally],
        reference: &str,
    ) -> Result<Option<Vec<f64>>, ExperimentError> {
        let n_channels = compiled.table.channels.len();
        let others = |tally: &Tally| self.seats().others(tally, n_channels);
        let with_reference: Vec<f64> = self
            .tallies(compiled, reference)?
            .iter()
            .map(others)
            .collect();
        let whole = mean(&with_reference);
        if whole <= 0.0 {
            return Ok(None);
        }
        let pairs = with_bot.iter().map(others).zip(&with_reference);
        Ok(Some(pairs.map(|(a, b)| (b - a) / whole).collect()))
    }
    /// The cell that the primary holds its own cell against.
    fn against(&self, own: &CellPlan) -> Option<&CellPlan> {
        let cells = &self.experiment.cells;
        match &self.experiment.measures.primary.threat {
            Some((factor, _, decoy)) => cells.iter().find(|c| {
                c.kind != ArmKind::Lookalike
                    && c.level(factor) == Some(decoy)
                    && c.levels
                        .iter()
                        .all(|(f, l)| f == factor || own.level(f) == Some(l))
            }),
            None => cells.iter().find(|c| c.kind == ArmKind::Control),
        }
    }
}

fn wrong(span: Span, message: String, help: String) -> Finding {
    Finding {
        what: "dials".to_owned(),
        held: super::Held::Fails,
        says: message.clone(),
        diagnostic: Some(Diagnostic::error("E201", span, message, help)),
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / count(values.len().max(1))
}

/// Mean and standard error of paired differences.
fn step(from: &[f64], to: &[f64]) -> (f64, f64) {
    let differences: Vec<f64> = from.iter().zip(to).map(|(a, b)| b - a).collect();
    let n = count(differences.len().max(1));
    let mean = mean(&differences);
    let squares = differences.iter().map(|d| (d - mean) * (d - mean));
    let variance = squares.sum::<f64>() / greater(n - 1.0, 1.0);
    (mean, libm::sqrt(variance / n))
}

/// Whether the points take that course: no step against it beyond the noise of the seeds, and over the whole range a change that is
/// more than noise, or none that is more than small.
fn holds(course: Course, points: &[Vec<f64>], small: f64) -> bool {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return false;
    };
    let sign = if course == Course::Falls { -1.0 } else { 1.0 };
    let (whole, noise) = step(first, last);
    if course == Course::Flat {
        return whole.abs() <= greater(small, 2.0 * noise);
    }
    let against = points.windows(2).any(|pair| {
        let (change, noise) = step(&pair[0], &pair[1]);
        sign * change < -2.0 * noise - 1e-9
    });
    !against && sign * whole > 2.0 * noise
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_is_held_against_the_noise_of_the_seeds() {
        let up: Vec<Vec<f64>> = (0..5)
            .map(|i| vec![count(i), count(i) + 1.0, count(i) + 2.0])
            .collect();
        assert!(holds(Course::Rises, &up, 0.1));
        assert!(!holds(Course::Falls, &up, 0.1) && !holds(Course::Flat, &up, 0.1));
        let level = vec![vec![1.0, 2.0, 3.0]; 5];
        assert!(holds(Course::Flat, &level, 0.1) && !holds(Course::Rises, &level, 0.1));
        // One step down that is more than noise.
        let mut bent = up.clone();
        bent[2] = vec![0.0, 1.0, 2.0];
        assert!(!holds(Course::Rises, &bent, 0.1));
    }
}
