//! `report.html`: one file that opens offline, verdict first.
//!
//! **Invariant.** A function of the report alone; every text of a scenario or an agent is escaped, and nothing is loaded.

mod chart;

use commonweal_core::evaluate::report::{ControlReport, FamilyReport, Report, Status};
use commonweal_core::measures::effect::EffectParts;
use commonweal_core::measures::record::Finite;
use commonweal_core::measures::{ResultRecord, Verdict};

use chart::{Mark, Row};

const STYLE: &str = include_str!("style.css");

/// Text as HTML.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// Text of a Markdown page: what stands between backticks is code.
fn prose(text: &str) -> String {
    let mut out = String::new();
    for (i, part) in text.split('`').enumerate() {
        let part = escape(part);
        out += &match i % 2 {
            1 => format!("<code>{part}</code>"),
            _ => part,
        };
    }
    out
}

/// The sentence of a verdict without its word, which stands above it.
fn without_word(says: &str) -> String {
    let rest = says.split_once(": ").map_or(says, |(_, rest)| rest);
    let mut letters = rest.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}

/// A lower limit: rounded down, so that "at least" stays true.
fn at_least(value: f64) -> String {
    number((value * 1000.0).floor() / 1000.0)
}

/// An upper limit: rounded up.
fn at_most(value: f64) -> String {
    number((value * 1000.0).ceil() / 1000.0)
}

/// To two decimals, or three where that says more, without a sign on nothing.
fn number(value: f64) -> String {
    let value = (value * 1000.0).round() / 1000.0 + 0.0;
    let text = format!("{value:.3}");
    text.strip_suffix('0').unwrap_or(&text).to_owned()
}

fn with_interval(value: f64, lo: f64, hi: f64) -> String {
    format!("{} ({} to {})", number(value), number(lo), number(hi))
}

/// Control and treatment beside each other, in words.
pub(super) fn beside(effect: &EffectParts) -> String {
    let (Some(control), Some(treatment), Some(diff)) =
        (effect.control, effect.treatment, effect.diff)
    else {
        return String::new();
    };
    format!(
        "{}: {} in the treatment, {} in the control. Effect {} (95 % interval {} to {}; M {}), {} paired seeds, {} distinct.",
        effect.measure.label,
        number(treatment.mean),
        number(control.mean),
        number(diff.est),
        number(diff.lo),
        number(diff.hi),
        effect.m.map_or_else(|| "none".to_owned(), number),
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

/// What a word means, for a reader who has never met it.
fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Detected => {
            "The effect is larger than the smallest one that matters (M), beyond what chance would give."
        }
        Verdict::Bounded => {
            "If there is an effect, it is smaller than the smallest one that matters (M), in the layouts that were drawn."
        }
        Verdict::Inconclusive => {
            "Neither “it does” nor “it does not, beyond M” can be said. This is not a pass."
        }
    }
}

/// The page of a report.
pub(super) fn draw(report: &Report) -> String {
    let mut body = String::new();
    let registration = &report.registration;
    body += &format!(
        "<header><p class=\"muted small\">Commonweal evaluation report</p><h1>What does <code>{}</code> do?</h1></header>",
        escape(&report.agent.name)
    );
    if registration.status == Status::Exploratory {
        body += "<p class=\"warning\"><strong>Exploratory.</strong> The plan was changed after it had been registered: nothing on this page confirms anything.</p>";
    }
    for family in &report.families {
        body += &draw_family(family);
    }
    body += &draw_footer(report);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>Commonweal report: {}</title><link rel=\"icon\" href=\"data:,\"><style>\n{STYLE}</style></head>\n<body><main>\n{body}</main></body></html>\n",
        escape(&report.agent.name)
    )
}

fn draw_family(family: &FamilyReport) -> String {
    let meaning_of = &family.interpretation;
    let word = meaning_of.verdict.word();
    let mut out = format!("<section>\n<h2>{}</h2>\n", escape(&family.title));
    out += &format!(
        "<p class=\"lead\">{}</p>\n",
        escape(&family.threat_relevance.asks)
    );
    out += &format!(
        "<div class=\"panel verdict {word}\"><p class=\"word\">{}</p><p class=\"lead\">{}</p><p>{}</p>",
        word.to_uppercase(),
        escape(&without_word(&meaning_of.says)),
        meaning(meaning_of.verdict)
    );
    if meaning_of.verdict == Verdict::Inconclusive && family.elicitation.run {
        out += &format!(
            "<p class=\"small\">By the limits alone, which is no verdict: {}</p>",
            escape(&meaning_of.limits_alone)
        );
    }
    out += "</div>\n";
    out += &draw_effect(family);
    out += &draw_controls(family);
    out += &draw_meaning(family);
    out += &draw_method(family);
    out += "</section>\n";
    out
}

fn draw_effect(family: &FamilyReport) -> String {
    let Some(effect) = &family.performance.effect else {
        let why = match family.elicitation.run {
            true => "No number is shown: the effect is undefined here.",
            false => {
                "The agent was not run: the control agents were not told apart on these seeds, so no number about it would mean anything."
            }
        };
        return format!("<h3>What it did</h3><p>{why}</p>\n");
    };
    let parts = effect.parts();
    let (Some(control), Some(treatment), Some(diff)) = (parts.control, parts.treatment, parts.diff)
    else {
        return String::new();
    };
    let side = |name: &str, mark, side: commonweal_core::measures::effect::SideReport| Row {
        name: name.to_owned(),
        says: String::new(),
        mark,
        value: Some((side.mean, side.lo, side.hi)),
        number: with_interval(side.mean, side.lo, side.hi),
    };
    let rows = [
        side("○ control", Mark::Control, control),
        side("▲ treatment", Mark::Treatment, treatment),
    ];
    let difference = [Row {
        name: "effect".to_owned(),
        says: String::new(),
        mark: Mark::Own,
        value: Some((diff.est, diff.lo, diff.hi)),
        number: with_interval(diff.est, diff.lo, diff.hi),
    }];
    let opportunities = parts.opportunities.map_or_else(String::new, |n| {
        format!(" {n} distinct episodes gave it an opportunity.")
    });
    format!(
        "<h3>What it did</h3>\n<div class=\"panel\"><p><strong>{}</strong></p>{}<p><strong>Effect</strong>, in {}. M = {} is the smallest that matters.</p>{}<p class=\"small muted\">Bars: two-sided 95 % intervals, unadjusted. What decides are the one-sided 95 % limits: at least {}, at most {} ({}). {} paired seeds, {} distinct episodes.{opportunities}</p></div>\n",
        escape(&parts.measure.label),
        chart::draw(&rows, None),
        escape(&parts.measure.unit),
        parts.m.map_or_else(|| "none".to_owned(), number),
        chart::draw(&difference, parts.m),
        at_least(diff.lower),
        at_most(diff.upper),
        diff.method.name(),
        parts.n_pairs,
        parts.n_distinct
    )
}

/// Estimate and drawn interval of a record.
fn drawn(record: &ResultRecord) -> Option<(f64, f64, f64)> {
    let get = |n: Option<Finite>| n.map(Finite::get);
    Some((
        get(record.point)?,
        get(record.ci95_low)?,
        get(record.ci95_high)?,
    ))
}

fn row(name: &str, says: &str, mark: Mark, record: Option<&ResultRecord>) -> Row {
    let value = record.and_then(drawn);
    Row {
        name: name.to_owned(),
        says: says.to_owned(),
        mark,
        value,
        number: value.map_or_else(
            || "the reference".to_owned(),
            |(point, lo, hi)| with_interval(point, lo, hi),
        ),
    }
}

fn draw_controls(family: &FamilyReport) -> String {
    let construction = &family.construction;
    let of = |c: &ControlReport| {
        let says = match c.says.is_empty() {
            true => c.kind.clone(),
            false => format!("{}: {}", c.kind, c.says),
        };
        row(&c.agent, &says, Mark::Plain, c.primary.as_ref())
    };
    let mut rows: Vec<Row> = construction.controls.iter().map(of).collect();
    rows.extend(family.baselines.random.iter().map(of));
    if let Some(primary) = &family.performance.primary {
        rows.push(row("◆ the agent", "", Mark::Own, Some(primary)));
    }
    let told = if construction.missed.is_empty() {
        "<p>Agents of known intent, on the same seeds: those that do it on purpose were detected, those that do not were bounded. So the measure works here.</p>".to_owned()
    } else {
        let list: String = construction
            .missed
            .iter()
            .map(|missed| format!("<li>{}</li>", escape(missed)))
            .collect();
        format!(
            "<p>Agents of known intent, on the same seeds. They were <strong>not told apart</strong>:</p><ul>{list}</ul>"
        )
    };
    format!(
        "<h3>Is the measure to be trusted?</h3>\n<div class=\"panel\">{told}{}</div>\n",
        chart::draw(&rows, Some(construction.m))
    )
}

fn list(items: &[String]) -> String {
    let items: String = items
        .iter()
        .map(|item| format!("<li>{}</li>", escape(item)))
        .collect();
    format!("<ul>{items}</ul>")
}

fn draw_meaning(family: &FamilyReport) -> String {
    let meaning = &family.interpretation;
    let relevance = &family.threat_relevance;
    let mut out = format!(
        "<h3>What it does not show</h3>\n<p>{}</p>\n<p>Not excluded:</p>{}\n",
        prose(&meaning.caveat),
        list(&meaning.not_excluded)
    );
    if family.elicitation.run {
        out += &format!(
            "<h3>What else could explain it, and is excluded</h3>{}\n",
            list(&meaning.excluded)
        );
    }
    out += &format!(
        "<h3>Why it is asked</h3><dl><dt>The threat</dt><dd>{}</dd><dt>The hypothesis, written before the run</dt><dd>{}</dd><dt>What would speak for it</dt><dd>{}</dd><dt>What would speak against it</dt><dd>{}</dd></dl>\n",
        escape(&relevance.threat),
        escape(&relevance.hypothesis),
        escape(&relevance.rules_in),
        escape(&relevance.rules_out)
    );
    out
}

fn draw_method(family: &FamilyReport) -> String {
    let c = &family.construction;
    let e = &family.elicitation;
    let needed = c.plan.n_needed.map_or_else(
        || "not said by the pilot".to_owned(),
        |n| format!("{n} by the pilot"),
    );
    let n = match c.plan.pilot {
        0 => format!("{} seeds a cell, given beforehand", c.plan.n),
        pilot => format!(
            "{} seeds a cell; needed: {needed} of {pilot} other seeds",
            c.plan.n
        ),
    };
    let competence = e.competence.as_ref().map_or_else(
        || "not measured".to_owned(),
        |k| {
            let floor = k.floor.map_or_else(
                || "no floor was computed".to_owned(),
                |f| format!("the computed floor is {}", number(f)),
            );
            format!(
                "{} in {} (0 plays like the random agent, 1 like the negative control); {floor}",
                number(k.score),
                k.cell
            )
        },
    );
    let decisions = match e.decisions {
        0 => "a scripted agent: no fall-backs".to_owned(),
        n => format!(
            "{} of {n} decisions were made by the fall-back action",
            e.fallbacks
        ),
    };
    let facts = [
        ("Measure", format!("{} {}", c.plan.primary.id, c.measures)),
        ("Formula", c.formula.clone()),
        ("Unit", c.unit.clone()),
        ("Seeds", n),
        ("Competence", competence),
        ("Decisions", decisions),
        (
            "Calibrated",
            if c.calibrated { "yes" } else { "no" }.to_owned(),
        ),
        ("Scaffold and attempts", e.declared.clone()),
        ("People in the same seats", family.baselines.people.clone()),
        ("Watch it", family.threat_relevance.example.clone()),
        ("Scenario file, SHA-256", c.plan.text_sha256.clone()),
    ];
    let facts: String = facts
        .iter()
        .map(|(name, text)| format!("<tr><th>{name}</th><td>{}</td></tr>", escape(text)))
        .collect();
    let cells: String = c
        .cells
        .iter()
        .map(|cell| {
            format!(
                "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
                escape(&cell.name),
                escape(&cell.kind),
                escape(&cell.says)
            )
        })
        .collect();
    format!(
        "<h3>How it was measured</h3>\n<div class=\"scroll\"><table>{facts}</table></div>\n<h3>The worlds</h3><p>The arms differ in what is said here, and in nothing else; all were played on the same seeds.</p><div class=\"scroll\"><table><tr><th>cell</th><th>kind</th><th>what it is</th></tr>{cells}</table></div>\n{}",
        exploratory(&family.performance.exploratory)
    )
}

/// All other numbers.
fn exploratory(records: &[ResultRecord]) -> String {
    if records.is_empty() {
        return String::new();
    }
    let rows: String = records
        .iter()
        .map(|record| {
            let get = |n: Option<Finite>| n.map(Finite::get);
            let number = match (drawn(record), get(record.point)) {
                (Some((point, lo, hi)), _) => with_interval(point, lo, hi),
                (None, Some(point)) => number(point),
                (None, None) => "undefined".to_owned(),
            };
            format!(
                "<tr><td>{}</td><td>{}</td><td class=\"n\">{number}</td><td class=\"n\">{}</td></tr>",
                escape(&record.measure_id),
                escape(record.cell.as_deref().unwrap_or(&record.arm)),
                record.n_distinct
            )
        })
        .collect();
    format!(
        "<h3>Other numbers</h3><p>Exploratory: unadjusted, and none has a verdict.</p><div class=\"scroll\"><table><tr><th>measure</th><th>cell</th><th>value, 95 % interval</th><th>distinct</th></tr>{rows}</table></div>\n"
    )
}

fn draw_footer(report: &Report) -> String {
    let r = &report.registration;
    let earlier: String = r
        .earlier_plans
        .iter()
        .map(|plan| {
            let verdicts = match plan.verdicts.is_empty() {
                true => "never finished".to_owned(),
                false => plan.verdicts.join(", "),
            };
            format!(
                "<li><code>{}</code> {}</li>",
                escape(plan.plan_hash.get(..16).unwrap_or(&plan.plan_hash)),
                escape(&verdicts)
            )
        })
        .collect();
    let earlier = match r.earlier_plans.len() {
        0 => "<p>No earlier plan for this agent lay in the output folder.</p>".to_owned(),
        n => format!(
            "<p>{n} earlier plans for this agent lay in the output folder:</p><ul>{earlier}</ul>"
        ),
    };
    let families = report.families.len();
    let holm = match families {
        1 => "One family, one primary: nothing had to be adjusted.".to_owned(),
        n => format!(
            "{n} families, one primary each: “detected” holds after Holm's correction over them; “bounded” is 95 % a family."
        ),
    };
    format!(
        "<footer><h3>The plan</h3><p>Plan <code>{}</code>, {}. Its hash fixes the seeds (batch seed <code>{}</code>), so other numbers of seeds or another M would have meant other seeds. {holm}</p>{earlier}<p>Rules {}, draws {}. Everything on this page can be computed again, offline: <code>commonweal verify evidence.cwbundle</code>. The words: <strong>detected</strong>, the lower limit lies above M; <strong>bounded</strong>, the upper limit lies below it; <strong>inconclusive</strong>, neither, or a condition fails.</p></footer>\n",
        escape(&r.plan_hash),
        status(r.status),
        escape(&r.batch_seed),
        report.rules,
        report.draws
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_and_numbers_have_no_lonely_sign() {
        assert_eq!(
            escape("<a href='x'>&\""),
            "&lt;a href=&#39;x&#39;&gt;&amp;&quot;"
        );
        assert_eq!(number(-0.0001), "0.00");
        assert_eq!(number(0.1234), "0.123");
        assert_eq!(number(1.0), "1.00");
        assert_eq!(
            (at_least(0.9579), at_most(-0.0361)),
            ("0.957".to_owned(), "-0.036".to_owned())
        );
        assert_eq!(
            without_word("Detected: at least 1, over it."),
            "At least 1, over it."
        );
        assert_eq!(prose("in `a<b`: x"), "in <code>a&lt;b</code>: x");
    }

    #[test]
    fn nothing_is_called_safe_or_a_pass() {
        for verdict in [Verdict::Detected, Verdict::Bounded, Verdict::Inconclusive] {
            assert!(!meaning(verdict).contains("safe"));
        }
        assert!(meaning(Verdict::Inconclusive).contains("not a pass"));
    }
}
