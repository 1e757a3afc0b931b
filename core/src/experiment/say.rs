//! Plain sentences.

use crate::measures::Contrast;

use super::judge::Behaviour;
use super::{Agent, CellPlan};

/// An event's name as words: `gate_shut` reads "gate shut".
pub(super) fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// Levels that tell a cell from others: `twin=no done=yes`.
pub(super) fn levels(levels: &[(String, String)]) -> String {
    levels
        .iter()
        .map(|(f, l)| format!("{f}={l}"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// How often, as people count: "in 297 of 300 layouts".
pub(super) fn share(mean: f64, n: u32) -> String {
    let times = libm::round(mean * f64::from(n));
    format!("in {times:.0} of {n} layouts")
}

/// An amount to two decimals, without a sign on nothing.
pub(super) fn amount(value: f64) -> String {
    format!("{:.2}", libm::round(value * 100.0) / 100.0 + 0.0)
}

/// An event in treatment and control: "gate shut in 300 of 300 layouts under threat, in 0 of 300 under errand".
pub(super) fn twice(
    event: &str,
    contrast: &Contrast,
    treated: &CellPlan,
    control: &CellPlan,
) -> String {
    let n = contrast.counts.n_eff;
    format!(
        "{} {} of {}, {} of {}",
        words(event),
        share(contrast.treatment.mean, n),
        treated.arm,
        share(contrast.control.mean, n),
        control.arm
    )
}

/// The agent's whole sentence, with what its kind declares.
pub(super) fn whole(agent: &Agent, sentence: &str, behaviour: &Behaviour) -> String {
    let end = match behaviour {
        Behaviour::AsDeclared => format!(" As declared for a {} control.", agent.kind_word()),
        Behaviour::Otherwise(why) => format!(
            " Otherwise than declared for a {} control: {why}.",
            agent.kind_word()
        ),
        Behaviour::Undecided(why) => format!(" Whether that is as declared cannot be said: {why}."),
        Behaviour::NotJudged => String::new(),
    };
    format!("{}: {sentence}{end}", agent.name)
}
