//! `explain NAME`: what a name of the scenario language is, from the tables that the reference pages are made from.

use commonweal_core::diagnostic::CODES;
use commonweal_core::measures;
use commonweal_core::mechanics;
use commonweal_core::scenario::sigs::{self, Sig, Where};
use serde_json::{Value, json};

use crate::args::ExplainArgs;
use crate::probe::{self, FieldDoc, MechanicDoc};
use crate::source::nearest;
use crate::stop::Stop;
use crate::terminal::{Style, Terminal};

/// Exit code 0, or 2 for a name that stands for nothing.
pub(crate) fn run(options: &ExplainArgs, terminal: &Terminal) -> Result<u8, Stop> {
    let Some(name) = &options.name else {
        return all(options, terminal);
    };
    let found = find(name);
    if found.is_empty() {
        return Err(Stop::wrong(unknown(name)));
    }
    if options.json {
        let found: Vec<Value> = found.iter().map(Entry::json).collect();
        let document = json!({ "name": name, "found": found });
        terminal.print(&serde_json::to_string_pretty(&document).expect("plain data"))?;
        return Ok(0);
    }
    let texts: Vec<String> = found.iter().map(|entry| entry.draw(terminal)).collect();
    terminal.print(&texts.join("\n"))?;
    Ok(0)
}

/// Something that has a name.
enum Entry {
    Mechanic(MechanicDoc),
    /// An event: its form and who emits it.
    Event(String, &'static str),
    /// A field of things or slots: name, whose, what.
    Field(String, String, String),
    Call(&'static Sig),
    Measure(&'static measures::MeasureDef),
    Code(&'static str, &'static str),
    /// A table of the file: how it is headed, what it is for, its fields.
    Table(String, String, Vec<TableField>),
    /// A word of the rule language: its form, what it does.
    Word(&'static str, &'static str),
}

/// A field of a table of the file.
struct TableField {
    name: String,
    kind: String,
    required: bool,
    says: String,
}

/// Words that files are built with and that stand in no other list.
const WORDS: &[(&str, &str, &str)] = &[
    (
        "on",
        "on EVENT(patterns) [when CONDITION] do EFFECT; EFFECT",
        "A rule that answers an event.",
    ),
    (
        "each",
        "each ROLE x [every n] [when CONDITION] do EFFECT; EFFECT",
        "A rule that holds for each agent of a role, or each thing of a kind, in every tick or every n-th.",
    ),
    ("start", "start do EFFECT; EFFECT", "A rule of the reset."),
    (
        "emit",
        "emit EVENT(…) [after n]",
        "An effect: an event of [events] happens, now or n ticks later.",
    ),
    (
        "avoid",
        "avoid KIND [where CONDITION]",
        "A line of a script: the bot does not step on these cells.",
    ),
    (
        "A5",
        "competence = { id = \"A5\", arm = \"ARM\" }",
        "Whether an agent can play at all: the return of the seats under test in a control arm, random play 0 and the negative control 1.",
    ),
    (
        "let",
        "let n = 0",
        "A line of a script: a register; `; n = n + 1` after an action writes it.",
    ),
];

/// Everything that is called so. `beam.zap` finds `beam`, `eaten(` finds `eaten`, codes and measures in any case.
fn find(name: &str) -> Vec<Entry> {
    let name = name.trim().trim_end_matches("()").trim_end_matches('(');
    let before = name.split('.').next().unwrap_or(name);
    let mut out = Vec::new();
    for def in mechanics::ALL {
        if def.name == name || (def.named && def.name == before) {
            out.push(Entry::Mechanic(probe::mechanic(def)));
        }
        for (event, _) in def.events.iter().filter(|(event, _)| *event == name) {
            let doc = probe::mechanic(def);
            let form = doc.events.iter().find(|form| {
                form.strip_prefix(event)
                    .is_some_and(|rest| rest.starts_with('('))
            });
            out.extend(form.map(|form| Entry::Event(form.clone(), def.name)));
        }
        for (field, ty) in def.fields.iter().filter(|(field, _)| *field == name) {
            out.push(Entry::Field(
                (*field).to_owned(),
                format!("things of the mechanic `{}`", def.name),
                format!(
                    "{}; read by rules and scripts, written by the mechanic's effects only",
                    format!("{ty:?}").to_lowercase()
                ),
            ));
        }
    }
    for list in [sigs::FUNCTIONS, sigs::EFFECTS, sigs::ACTIONS] {
        out.extend(sigs::find(list, name).map(Entry::Call));
    }
    for (field, says) in sigs::SLOT_FIELDS.iter().filter(|(field, _)| *field == name) {
        out.push(Entry::Field(
            (*field).to_owned(),
            "slots".to_owned(),
            (*says).to_owned(),
        ));
    }
    out.extend(table(&commonweal_core::scenario::schema(), name));
    let words = WORDS.iter().filter(|(word, ..)| *word == name);
    out.extend(words.map(|(_, form, says)| Entry::Word(form, says)));
    let same = |id: &str| id.eq_ignore_ascii_case(name);
    out.extend(
        measures::ALL
            .iter()
            .filter(|def| same(def.id))
            .map(Entry::Measure),
    );
    out.extend(
        CODES
            .iter()
            .filter(|(code, _)| same(code))
            .map(|(code, says)| Entry::Code(code, says)),
    );
    out
}

/// A table of the file, from the schema that editors are given.
fn table(schema: &Value, name: &str) -> Option<Entry> {
    let own = schema["properties"].get(name)?;
    let resolve = |value: &Value| -> Value {
        let target = value["$ref"].as_str().map(|r| r.trim_start_matches('#'));
        let found = target.and_then(|place| schema.pointer(place));
        found.unwrap_or(value).clone()
    };
    let (head, entry) = match own.get("additionalProperties") {
        Some(each)
            if each.is_object() && !each["properties"].is_object() && each["$ref"].is_null() =>
        {
            return Some(Entry::Table(
                format!("[{name}]  NAME = {}", kind(each)),
                ABOUT
                    .iter()
                    .find(|(of, _)| *of == name)
                    .map_or("", |(_, says)| says)
                    .to_owned(),
                Vec::new(),
            ));
        }
        Some(each) if each.is_object() => (format!("[{name}.NAME]"), resolve(each)),
        _ => (format!("[{name}]"), resolve(own)),
    };
    // [measures] holds measures, and their fields are what is asked for
    let measure = entry["properties"].get("primary").map(&resolve);
    let head = if measure.is_some() {
        format!("{head}  primary, competence = {{ … }}, also = [{{ … }}, …]")
    } else {
        head
    };
    let entry = measure.unwrap_or(entry);
    let required = |field: &str| {
        entry["required"]
            .as_array()
            .is_some_and(|all| all.iter().any(|r| r == field))
    };
    let fields = entry["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(field, schema)| TableField {
            name: field.clone(),
            kind: kind(&resolve(schema)),
            required: required(field),
            says: schema["description"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        });
    let says = entry["description"].as_str().unwrap_or_default().to_owned();
    Some(Entry::Table(head, says, fields.collect()))
}

/// Tables that hold plain values under the author's own names.
const ABOUT: &[(&str, &str)] = &[
    (
        "captions",
        "What `watch` and the page print of an event, by its name; `{1}`, `{2}` … stand for its parts.",
    ),
    (
        "events",
        "The author's own events: the types of their parts, for example [\"slot\", \"cell\"].",
    ),
    ("rules", "Rules in blocks: `on`, `each`, `start`."),
    ("texts", "What signs and `told` say."),
    (
        "factors",
        "Levels that arms combine: [factors.F] with a table for each level.",
    ),
    (
        "legend",
        "What the letters of the maps stand for: a kind, a list of kinds, or a table.",
    ),
];

/// What a value of this schema is called.
fn kind(schema: &Value) -> String {
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        if !words.is_empty() && words.len() < 8 {
            return words.join(" or ");
        }
    }
    let sort = schema["type"]
        .as_str()
        .or_else(|| schema["type"][0].as_str());
    match sort {
        Some("string") => "text",
        Some("boolean") => "true or false",
        Some("integer") => "whole number",
        Some("number") => "number",
        Some("array") => "list",
        Some("object") => "table",
        _ => "",
    }
    .to_owned()
}

/// All names by sort, in the order of their lists.
fn names() -> Vec<(&'static str, Vec<String>)> {
    let of = |list: &'static [Sig]| list.iter().map(|sig| sig.name).collect();
    let events = mechanics::ALL
        .iter()
        .flat_map(|def| def.events.iter().map(|(event, _)| *event));
    let fields = mechanics::ALL
        .iter()
        .flat_map(|def| def.fields.iter().map(|(field, _)| *field));
    let unique = |names: Vec<&'static str>| {
        let mut out: Vec<&'static str> = Vec::new();
        for name in names {
            if !out.contains(&name) {
                out.push(name);
            }
        }
        out
    };
    let of_language = [
        (
            "mechanics",
            mechanics::ALL.iter().map(|def| def.name).collect(),
        ),
        ("events", unique(events.collect())),
        ("functions", of(sigs::FUNCTIONS)),
        ("effects", of(sigs::EFFECTS)),
        ("actions of scripts", of(sigs::ACTIONS)),
        (
            "fields",
            unique(
                sigs::SLOT_FIELDS
                    .iter()
                    .map(|(field, _)| *field)
                    .chain(fields)
                    .collect(),
            ),
        ),
        ("measures", measures::ALL.iter().map(|def| def.id).collect()),
        ("codes", CODES.iter().map(|(code, _)| *code).collect()),
    ];
    let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
    let schema = commonweal_core::scenario::schema();
    let tables = schema["properties"].as_object().into_iter().flatten();
    let mut out = vec![(
        "tables",
        tables.map(|(name, _)| name.clone()).collect::<Vec<_>>(),
    )];
    out.extend(of_language.map(|(sort, names)| (sort, owned(names))));
    out.push((
        "words",
        owned(WORDS.iter().map(|(word, ..)| *word).collect()),
    ));
    out
}

fn all(options: &ExplainArgs, terminal: &Terminal) -> Result<u8, Stop> {
    if options.json {
        let document: serde_json::Map<String, Value> = names()
            .into_iter()
            .map(|(sort, names)| (sort.to_owned(), json!(names)))
            .collect();
        terminal.print(&serde_json::to_string_pretty(&document).expect("plain data"))?;
        return Ok(0);
    }
    let mut text = String::new();
    for (sort, names) in names() {
        text += &format!(
            "{}\n  {}\n",
            terminal.paint(Style::Strong, sort),
            terminal.wrap(&names.join("  "), 2)
        );
    }
    terminal.print(&text)?;
    Ok(0)
}

fn unknown(name: &str) -> String {
    let all: Vec<String> = names().into_iter().flat_map(|(_, names)| names).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let hint = nearest(name, &all).map_or_else(
        || "`commonweal explain` lists all names".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    format!(
        "no table, mechanic, event, function, effect, action, field, measure or code is called `{name}`: {hint}"
    )
}

impl Entry {
    fn json(&self) -> Value {
        match self {
            Self::Mechanic(doc) => {
                let mut value = json!(doc);
                value["sort"] = json!("mechanic");
                value
            }
            Self::Event(form, by) => json!({ "sort": "event", "form": form, "mechanic": by }),
            Self::Field(name, of, says) => {
                json!({ "sort": "field", "name": name, "of": of, "says": says })
            }
            Self::Call(sig) => json!({
                "sort": place(sig.place).0, "form": sig.form, "says": sig.doc,
                "optional": sig.optional, "needs": sig.needs,
            }),
            Self::Measure(def) => json!({
                "sort": "measure", "id": def.id, "label": def.label, "question": def.question,
                "formula": def.formula, "unit": def.unit, "range": def.range,
                "controls": def.controls, "source": def.source, "version": def.version,
            }),
            Self::Code(code, says) => {
                json!({ "sort": "code", "code": code, "severity": severity(code), "says": says })
            }
            Self::Table(head, says, fields) => {
                let fields: Vec<Value> = fields
                    .iter()
                    .map(|f| {
                        json!({
                            "name": f.name, "kind": f.kind, "required": f.required, "says": f.says,
                        })
                    })
                    .collect();
                json!({ "sort": "table", "form": head, "says": says, "fields": fields })
            }
            Self::Word(form, says) => json!({ "sort": "word", "form": form, "says": says }),
        }
    }
    fn draw(&self, terminal: &Terminal) -> String {
        match self {
            Self::Mechanic(doc) => draw_mechanic(doc, terminal),
            Self::Event(form, by) => {
                let names: Vec<String> = (1..=form.matches(',').count() + 1)
                    .map(|i| format!("x{i}"))
                    .collect();
                let event = form.split('(').next().unwrap_or(form);
                heading(form, "event", terminal)
                    + &format!(
                        "Emitted by the mechanic `{by}`. A rule answers it: on {event}({}) do …\n",
                        names.join(", ")
                    )
            }
            Self::Field(name, of, says) => {
                heading(&format!(".{name}"), &format!("field of {of}"), terminal)
                    + &format!("{}\n", terminal.wrap(says, 0))
            }
            Self::Call(sig) => {
                let (sort, stands) = place(sig.place);
                let mut text = heading(sig.form, sort, terminal);
                text += &format!("{}\n", terminal.wrap(sig.doc, 0));
                text += &format!("Stands {stands}.\n");
                if sig.optional > 0 {
                    let plural = if sig.optional == 1 { "" } else { "s" };
                    text += &format!(
                        "The last {} argument{plural} may be left out.\n",
                        sig.optional
                    );
                }
                if let Some(needs) = sig.needs {
                    text += &format!("Needs `{needs}`, which this version does not have yet.\n");
                }
                text
            }
            Self::Measure(def) => {
                let mut text = heading(&format!("{} {}", def.id, def.label), "measure", terminal);
                for (what, says) in [
                    ("", def.question),
                    ("formula: ", def.formula),
                    ("unit: ", def.unit),
                    ("range: ", def.range),
                    ("controls: ", def.controls),
                    ("source: ", def.source),
                ] {
                    text += &format!("{}\n", terminal.wrap(&format!("{what}{says}"), 2));
                }
                text
            }
            Self::Code(code, says) => {
                heading(code, severity(code), terminal)
                    + &format!("{}\n", terminal.wrap(&format!("It says: {says}."), 0))
            }
            Self::Table(head, says, fields) => draw_table(head, says, fields, terminal),
            Self::Word(form, says) => {
                heading(form, "word", terminal) + &format!("{}\n", terminal.wrap(says, 0))
            }
        }
    }
}

fn heading(name: &str, sort: &str, terminal: &Terminal) -> String {
    format!(
        "{}  {}\n",
        terminal.paint(Style::Strong, name),
        terminal.paint(Style::Faint, &format!("({sort})"))
    )
}

fn place(place: Where) -> (&'static str, &'static str) {
    match place {
        Where::Everywhere => ("function", "in rules and in scripts"),
        Where::Scripts => ("function", "in scripts only"),
        Where::Effects => ("effect", "after the `do` of a rule"),
        Where::Actions => ("action", "after the `->` of a script's line"),
    }
}

fn severity(code: &str) -> &'static str {
    if code.starts_with('W') {
        "warning"
    } else {
        "error"
    }
}

fn draw_mechanic(doc: &MechanicDoc, terminal: &Terminal) -> String {
    let name = if doc.named {
        format!("{}.NAME", doc.name)
    } else {
        doc.name.to_owned()
    };
    let mut text = heading(&name, "mechanic", terminal);
    text += &format!("{}\n", terminal.wrap(doc.says, 0));
    let line = |what: &str, items: &[String]| {
        if items.is_empty() {
            String::new()
        } else {
            let items = items.join(", ");
            format!("{}\n", terminal.wrap(&format!("{what}: {items}"), 2))
        }
    };
    let needs: Vec<String> = doc.needs.iter().map(|n| (*n).to_owned()).collect();
    text += &line("needs", &needs);
    if !doc.fields.is_empty() {
        text += &format!("{}\n", terminal.paint(Style::Strong, "fields"));
    }
    for field in &doc.fields {
        text += &draw_field(field, terminal);
    }
    text += &line("actions", &doc.actions);
    text += &line("events", &doc.events);
    let reads: Vec<String> = doc.reads.iter().map(|f| format!(".{f}")).collect();
    text + &line("rules read", &reads)
}

fn draw_table(head: &str, says: &str, fields: &[TableField], terminal: &Terminal) -> String {
    let mut text = heading(head, "table of the file", terminal);
    if !says.is_empty() {
        text += &format!("{}\n", terminal.wrap(says, 0));
    }
    for field in fields {
        let kind = if field.required {
            format!("{}, compulsory", field.kind)
        } else {
            field.kind.clone()
        };
        let says: Vec<&str> = [kind.trim_start_matches(", "), field.says.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        text += &format!(
            "  {}  {}\n",
            terminal.paint(Style::Note, &field.name),
            terminal.wrap(&says.join(". "), 6)
        );
    }
    text
}

fn draw_field(field: &FieldDoc, terminal: &Terminal) -> String {
    let default = match &field.default {
        _ if field.required => ", compulsory".to_owned(),
        None => String::new(),
        Some(value) => format!(" = {value}"),
    };
    let kind = field.kind.replace('`', "");
    let says = format!("{kind}{default}. {}", field.says);
    format!(
        "  {}  {}\n",
        terminal.paint(Style::Note, &field.name),
        terminal.wrap(&says, 6)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_is_listed_is_explained() {
        for (sort, names) in names() {
            for name in names {
                assert!(!find(&name).is_empty(), "{name} of {sort}");
            }
        }
    }

    #[test]
    fn a_name_with_an_instance_or_a_bracket_is_understood() {
        assert!(matches!(&find("beam.zap")[..], [Entry::Mechanic(doc)] if doc.name == "beam"));
        assert!(matches!(&find("count(")[..], [Entry::Call(sig)] if sig.name == "count"));
        assert!(matches!(find("e103")[..], [Entry::Code("E103", _)]));
    }
}
