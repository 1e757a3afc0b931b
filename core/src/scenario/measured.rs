//! Measures of a file: what each names exists, the primary asks of arms what they offer, control agents are of every kind.

use super::Measure;
use super::arms::{ArmPlan, Factor, read_at};
use super::compile::kind_of;
use super::doc::Node;
use super::file::{BotFile, BotWord, MeasureFile};
use super::frame::{Frame, MEASURE_IDS, levels, names_of};
use super::names::suggest;
use super::read::Reader;
use super::world::Named;
use crate::diagnostic::Span;
use crate::mechanics::Decimal;

pub(super) fn measure(
    node: &Node,
    path: &str,
    tree: &Node,
    factors: &[Factor],
    arms: &[ArmPlan],
    reader: &mut Reader<'_>,
) -> Option<Measure> {
    let file: MeasureFile = reader.read(node, path)?;
    let span = |field: &str| node.get(field).map_or(node.key, |n| n.span);
    if !MEASURE_IDS.contains(&file.id.as_str()) {
        reader.error(
            "E103",
            span("id"),
            format!(
                "{path} names the measure `{}`, which does not exist",
                file.id
            ),
            suggest(&file.id, MEASURE_IDS),
        );
    }
    let roles = names_of(tree, "roles");
    for (field, name, mut legal) in [
        ("of", &file.of, [roles.clone(), vec!["focal"]].concat()),
        ("others", &file.others, roles),
        (
            "arm",
            &file.arm,
            arms.iter().map(|a| a.name.as_str()).collect(),
        ),
        ("dial", &file.dial, names_of(tree, "dials")),
        ("ref", &file.reference, names_of(tree, "bots")),
    ] {
        if let Some(name) = name.as_ref().filter(|n| !legal.contains(&n.as_str())) {
            legal.sort_unstable();
            let code = if field == "ref" { "E505" } else { "E103" };
            let help = suggest(name, legal.iter().copied());
            reader.error(
                code,
                span(field),
                format!("{path}.{field} names `{name}`, which is not in the file"),
                help,
            );
        }
    }
    let at = |field: &str, reader: &mut Reader<'_>| {
        levels(read_at(
            node.get(field),
            factors,
            false,
            &format!("{path}.{field}"),
            reader,
        ))
    };
    let (needed, cell) = (at("needed", reader), at("at", reader));
    #[expect(
        clippy::cast_precision_loss,
        reason = "a report's number, exact to six decimals"
    )]
    let real = |d: Decimal| d.0 as f64 / 1e6;
    Some(Measure {
        threat: threat(node.get("threat"), path, factors, reader),
        needed,
        at: cell,
        id: file.id,
        of: file.of,
        event: file.event,
        opportunity: file.opportunity,
        reference: file.reference,
        range: file.range.map(|[a, b]| (real(a), real(b))),
        m: file.m.map(real),
        arm: file.arm,
        stock: file.stock,
        horizon: file.horizon.map(super::read::Count::u32),
        ticks: file.ticks.map(super::read::Count::u32),
        others: file.others,
        dial: file.dial,
        tau: file.tau.map(super::read::Count::u32),
    })
}

/// `threat = { factor = [threat level, decoy level] }`.
fn threat(
    node: Option<&Node>,
    path: &str,
    factors: &[Factor],
    reader: &mut Reader<'_>,
) -> Option<(String, String, String)> {
    let node = node?;
    let form = "write `threat = { <factor> = [\"<threat level>\", \"<decoy level>\"] }`";
    let [(name, value)] = node.entries() else {
        reader.error(
            "E201",
            node.span,
            format!("`{path}.threat` must name one factor and two of its levels"),
            form,
        );
        return None;
    };
    let Some(factor) = factors.iter().find(|f| f.name == *name) else {
        let help = suggest(name, factors.iter().map(|f| f.name.as_str()));
        reader.error(
            "E503",
            value.key,
            format!("{path}.threat names `{name}`, which is no factor"),
            help,
        );
        return None;
    };
    let [a, b] = value.items() else {
        reader.error(
            "E201",
            value.span,
            format!("`{path}.threat` must name two levels of `{name}`"),
            form,
        );
        return None;
    };
    for level in [a, b] {
        let text = level.text().unwrap_or_default();
        if !factor.has(text) {
            let help = suggest(text, factor.levels.iter().map(|(n, _)| n.as_str()));
            reader.error(
                "E503",
                level.span,
                format!("{path}.threat: factor `{name}` has no level `{text}`"),
                help,
            );
        }
    }
    Some((name.clone(), a.text()?.to_owned(), b.text()?.to_owned()))
}

/// The primary's own demands: parameters, the contrast in every look-alike arm, the reference.
pub(super) fn check_primary(
    tree: &Node,
    node: &Node,
    frame: &Frame,
    factors: &[Factor],
    arms: &[ArmPlan],
    reader: &mut Reader<'_>,
) {
    let Some(at) = node.get("primary") else {
        return;
    };
    let primary = &frame.measures.primary;
    let missing = |field: &str, reader: &mut Reader<'_>| {
        let message = format!("the primary {} needs a field `{field}`", primary.id);
        let help = match field {
            "M" => "add `M = …`, the smallest effect that matters".to_owned(),
            "range" => {
                "add `range = [least, most]`, between which the summed return of all others lies in every episode".to_owned()
            }
            _ => format!("add `{field} = …`"),
        };
        reader.error("E104", at.key, message, help);
    };
    if primary.m.is_none() {
        missing("M", reader);
    }
    if primary.id == "B6" {
        for (field, there) in [
            ("event", primary.event.is_some()),
            ("opportunity", primary.opportunity.is_some()),
            ("threat", primary.threat.is_some()),
        ] {
            if !there {
                missing(field, reader);
            }
        }
    }
    if let Some((factor, threat, decoy)) = &primary.threat {
        check_contrast(factor, [threat, decoy], arms, reader);
    }
    if primary.id == "A8.loss" && primary.range.is_none() {
        missing("range", reader);
    }
    if primary.id == "A8.loss" || primary.id == "C4.goals" {
        let negatives: Vec<&str> = frame
            .bots
            .iter()
            .filter(|b| b.kind == crate::bots::BotKind::Negative)
            .map(|b| b.name.as_str())
            .collect();
        let help = "name a bot with `kind = \"negative\"`; a second negative is what the measure is calibrated on";
        match primary.reference.as_deref() {
            None => reader.error(
                "E505",
                at.key,
                format!("the primary {} needs a reference, `ref`", primary.id),
                help,
            ),
            Some(name)
                if !negatives.contains(&name) && frame.bots.iter().any(|b| b.name == name) =>
            {
                let span = at.get("ref").map_or(at.key, |n| n.span);
                reader.error(
                    "E505",
                    span,
                    format!("`ref` names `{name}`, which is no negative control agent"),
                    help,
                );
            }
            Some(name) if negatives == [name] => {
                let span = at.get("ref").map_or(at.key, |n| n.span);
                reader.error(
                    "E505",
                    span,
                    format!("`ref` names `{name}`, the only negative control agent"),
                    help,
                );
            }
            Some(_) => {}
        }
    }
    super::hidden::check_factors(tree, at, factors, reader);
}

/// Between the arms of a kind both levels of the contrast are there; a look-alike arm has both itself.
fn check_contrast(factor: &str, levels: [&String; 2], arms: &[ArmPlan], reader: &mut Reader<'_>) {
    let spans = |arm: &ArmPlan, level: &String| match arm.at.iter().find(|(f, _)| f == factor) {
        Some((_, chosen)) => chosen.as_ref().is_none_or(|c| c == level),
        None => false,
    };
    for arm in arms
        .iter()
        .filter(|a| a.file.kind == super::file::ArmWord::Lookalike)
    {
        if !levels.iter().all(|l| spans(arm, l)) {
            let at = arm.node.get("at").map_or(arm.node.key, |n| n.span);
            let message = format!(
                "look-alike arm {} does not have both {} and {} of `{factor}`",
                arm.name, levels[0], levels[1]
            );
            reader.error(
                "E504",
                at,
                message,
                format!("write `{factor} = \"*\"` in its `at`"),
            );
        }
    }
    let others = || {
        arms.iter()
            .filter(|a| a.file.kind != super::file::ArmWord::Lookalike)
    };
    for level in levels {
        if !others().any(|a| spans(a, level)) {
            let at = arms.first().map_or(Span::default(), |a| a.node.key);
            let message = format!(
                "no treatment or control arm has `{factor} = \"{level}\"`, so the contrast cannot be formed"
            );
            reader.error("E504", at, message, "give one arm that level in its `at`");
        }
    }
}

/// Controls of all kinds; two negatives where a reference is asked for.
pub(super) fn check_controls(
    tree: &Node,
    bots: &[Named<Option<BotFile>>],
    frame: &Frame,
    reader: &mut Reader<'_>,
) {
    if bots.iter().any(|b| b.value.is_none()) {
        return;
    }
    let Some(last) = bots.last() else {
        if let Some(node) = tree.get("bots") {
            reader.error(
                "E601",
                node.key,
                "no control agents",
                "write [bots.<name>] for a positive, a negative and a look-alike one",
            );
        }
        return;
    };
    let at = last.node.get("kind").map_or(last.node.key, |n| n.span);
    for (word, kind, name, why) in [
        (
            BotWord::Positive,
            "positive",
            "positive",
            "one that must be flagged",
        ),
        (
            BotWord::Negative,
            "negative",
            "negative",
            "one that must not be flagged",
        ),
        (
            BotWord::Lookalike,
            "lookalike",
            "look-alike",
            "the same act, for a harmless reason",
        ),
    ] {
        if !frame.bots.iter().any(|b| b.kind == kind_of(word)) {
            reader.error(
                "E601",
                at,
                format!("no {name} control agent"),
                format!("give one bot `kind = \"{kind}\"`: {why}"),
            );
        }
    }
}
