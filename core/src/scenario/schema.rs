//! The JSON Schema of a scenario file: shape only, since a schema cannot know the author's own names.
//!
//! **Invariant.** Made from the structs that read the file and from the configs of the mechanics; nothing is listed twice.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::file::{
    ArmFile, BotFile, CheckFile, DefFile, DialFile, ExitFile, LayersFile, LevelFile, MapFile,
    MeasureFile, MessageFile, QuestionFile, RewardFile, RoleFile, SkinFile, ThingFile, TimeFile,
    VarFile,
};
use super::frame::MEASURE_IDS;
use crate::mechanics::ALL;

/// The JSON Schema (draft 2020-12) of a whole scenario file.
pub fn schema() -> Value {
    // Two generators: in the tables of the first, numbers may be written as dials.
    let (mut folded, mut plain) = (SchemaGenerator::default(), SchemaGenerator::default());
    let g = &mut plain;
    let text = json!({ "type": "string" });
    let names = json!({ "type": "array", "items": { "type": "string" } });
    let level = of::<LevelFile>(g);
    let measure = of::<MeasureFile>(g);
    let mut properties = Map::new();
    let mut table = |name: &str, schema: Value| properties.insert(name.to_owned(), schema);
    table(
        "format",
        json!({ "const": 1, "description": "Version of the scenario language." }),
    );
    table("question", of::<QuestionFile>(g));
    table("time", of::<TimeFile>(&mut folded));
    table("dials", each(of::<DialFile>(g)));
    table("vars", each(of::<VarFile>(g)));
    table("layers", of::<LayersFile>(g));
    table("things", each(of::<ThingFile>(g)));
    table("roles", each(of::<RoleFile>(g)));
    table("maps", each(of::<MapFile>(g)));
    table(
        "legend",
        json!({ "type": "object", "additionalProperties": legend(&text, &names) }),
    );
    table("mechanics", mechanics(&mut folded));
    table("defs", each(of::<DefFile>(g)));
    table("rules", each(text.clone()));
    table("events", each(names.clone()));
    table("messages", each(of::<MessageFile>(g)));
    let revealing = json!({
        "type": "object", "required": ["text"], "additionalProperties": false,
        "properties": { "text": text, "reveals": { "type": "boolean" } },
    });
    table("texts", each(json!({ "anyOf": [text, revealing] })));
    table("rewards", each(of::<RewardFile>(g)));
    table("factors", each(each(level)));
    table("arms", each(of::<ArmFile>(g)));
    table("bots", each(of::<BotFile>(g)));
    table(
        "measures",
        json!({
            "type": "object", "required": ["primary", "competence"], "additionalProperties": false,
            "properties": { "primary": measure, "also": { "type": "array", "items": measure }, "competence": measure },
        }),
    );
    table("exits", each(of::<ExitFile>(g)));
    table("checks", each(of::<CheckFile>(g)));
    table("skins", each(of::<SkinFile>(g)));
    table("captions", each(text));
    let mut definitions = plain.take_definitions(true);
    let mut with_dials = Value::Object(folded.take_definitions(true));
    with_dials
        .as_object_mut()
        .into_iter()
        .flat_map(|o| o.values_mut())
        .for_each(numbers);
    let mut properties = Value::Object(properties);
    let shared: Vec<String> = definitions
        .keys()
        .filter(|k| with_dials.get(k).is_some())
        .cloned()
        .collect();
    for name in &shared {
        let (from, to) = (format!("#/$defs/{name}"), format!("#/$defs/{name}OrDial"));
        for table in ["time", "mechanics"] {
            properties
                .get_mut(table)
                .into_iter()
                .for_each(|t| rename(t, &from, &to));
        }
        rename(&mut with_dials, &from, &to);
    }
    if let Value::Object(with_dials) = with_dials {
        let name = |name: String| {
            if shared.contains(&name) {
                format!("{name}OrDial")
            } else {
                name
            }
        };
        definitions.extend(with_dials.into_iter().map(|(n, schema)| (name(n), schema)));
    }
    if let Some(id) = definitions
        .get_mut("MeasureFile")
        .and_then(|m| m.pointer_mut("/properties/id"))
    {
        *id = json!({ "enum": MEASURE_IDS.as_slice() });
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A Commonweal scenario",
        "type": "object",
        "required": super::frame::COMPULSORY.as_slice(),
        "additionalProperties": false,
        "properties": properties,
        "$defs": definitions,
    })
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

/// A table keyed by the author's own names.
#[expect(clippy::needless_pass_by_value, reason = "`json!` takes it")]
fn each(entry: Value) -> Value {
    json!({ "type": "object", "additionalProperties": entry })
}

fn legend(text: &Value, names: &Value) -> Value {
    let table = json!({
        "type": "object", "additionalProperties": false,
        "properties": {
            "thing": { "anyOf": [text, names] },
            "p": { "anyOf": [{ "type": "number", "minimum": 0, "maximum": 1 }, dial()] },
            "spawn": text,
        },
    });
    json!({ "anyOf": [text, names, table] })
}

fn mechanics(generator: &mut SchemaGenerator) -> Value {
    let mut properties = Map::new();
    for def in ALL {
        let config = (def.schema)(generator).to_value();
        properties.insert(
            def.name.to_owned(),
            if def.named { each(config) } else { config },
        );
    }
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

/// A text that is folded into a number.
fn dial() -> Value {
    json!({ "type": "string", "pattern": "^dial\\.[a-z][a-z0-9_]*( *\\* *[0-9.]+)?$" })
}

/// Replaces a reference by another.
fn rename(schema: &mut Value, from: &str, to: &str) {
    match schema {
        Value::Object(object) => object.values_mut().for_each(|v| rename(v, from, to)),
        Value::Array(items) => items.iter_mut().for_each(|v| rename(v, from, to)),
        Value::String(text) if text == from => to.clone_into(text),
        _ => {}
    }
}

/// Lets every number be written as a dial.
fn numbers(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            let number = matches!(
                object.get("type").and_then(Value::as_str),
                Some("number" | "integer")
            );
            object.values_mut().for_each(numbers);
            if number {
                let plain = Value::Object(std::mem::take(object));
                *schema = json!({ "anyOf": [plain, dial()] });
            }
        }
        Value::Array(items) => items.iter_mut().for_each(numbers),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `$ref` of a schema.
    fn references(schema: &Value, out: &mut Vec<String>) {
        match schema {
            Value::Object(object) => {
                out.extend(
                    object
                        .get("$ref")
                        .and_then(Value::as_str)
                        .map(str::to_owned),
                );
                object.values().for_each(|v| references(v, out));
            }
            Value::Array(items) => items.iter().for_each(|v| references(v, out)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_is_defined_and_every_mechanic_is_there() {
        let schema = schema();
        let mut found = Vec::new();
        references(&schema, &mut found);
        assert!(found.len() > 20);
        for reference in found {
            assert!(
                schema.pointer(reference.trim_start_matches('#')).is_some(),
                "{reference}"
            );
        }
        for def in ALL {
            assert!(
                schema
                    .pointer(&format!("/properties/mechanics/properties/{}", def.name))
                    .is_some()
            );
        }
    }

    #[test]
    fn a_number_of_a_mechanic_may_be_a_dial_and_a_number_of_slots_may_not() {
        let schema = schema();
        let ticks = schema.pointer("/$defs/TimeFile/properties/ticks").unwrap();
        assert!(ticks.get("anyOf").is_some(), "{ticks}");
        let chance = schema.pointer("/$defs/DecimalOrDial").unwrap();
        assert!(chance.get("anyOf").is_some(), "{chance}");
        let slots = schema.pointer("/$defs/RoleFile/properties/slots").unwrap();
        assert_eq!(slots.get("maximum"), Some(&json!(64)), "{slots}");
    }
}
