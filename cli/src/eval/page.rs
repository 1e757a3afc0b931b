//! `report.html`: one file that opens offline.

use commonweal_core::evaluate::Report;
use commonweal_core::evaluate::report::Status;
use commonweal_core::measures::effect::EffectParts;

/// Control and treatment beside each other, in words.
pub(super) fn beside(effect: &EffectParts) -> String {
    let (Some(control), Some(treatment), Some(diff)) =
        (effect.control, effect.treatment, effect.diff)
    else {
        return String::new();
    };
    format!(
        "{}: {:.2} in the treatment, {:.2} in the control, effect {:+.3} (95 % interval {:.3} to {:.3}), M {}, {} paired seeds, {} distinct.",
        effect.measure.label,
        treatment.mean,
        control.mean,
        diff.est,
        diff.lo,
        diff.hi,
        effect.m.map_or_else(|| "–".to_owned(), |m| m.to_string()),
        effect.n_pairs,
        effect.n_distinct
    )
}

/// The word of a registration.
pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Registered => "registered before the first seed",
        Status::Exploratory => "EXPLORATORY: it was changed after it had been registered",
    }
}

/// The page of a report.
pub(super) fn draw(report: &Report) -> String {
    format!(
        "<!doctype html><title>Commonweal report</title><pre>{}</pre>",
        report.text()
    )
}
