//! What a mechanic is, read off itself: its fields with types and defaults, its actions, its events. The reference page and
//! `explain` are made from this.
//!
//! **Invariant.** Nothing is listed by hand: types come from the config's schema, defaults and actions from configs that the
//! mechanic itself has read.

use commonweal_core::mechanics::{Mechanic, MechanicDef};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A field of a config.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct FieldDoc {
    /// Its name.
    pub(crate) name: String,
    /// Its type in words.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Whether a file must give it.
    pub(crate) required: bool,
    /// What holds without it, as JSON; `None` for nothing at all.
    pub(crate) default: Option<Value>,
    /// What it means.
    pub(crate) says: String,
}

/// A mechanic.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct MechanicDoc {
    /// Its name.
    pub(crate) name: &'static str,
    /// Whether it is written with an instance: `beam.zap = { … }`.
    pub(crate) named: bool,
    /// What it does.
    pub(crate) says: &'static str,
    /// Mechanics that must be chosen too.
    pub(crate) needs: Vec<&'static str>,
    /// Fields of its config, compulsory ones first.
    pub(crate) fields: Vec<FieldDoc>,
    /// Actions that it gives to roles; words in capitals stand for names of the file.
    pub(crate) actions: Vec<String>,
    /// Events, with the types of their fields: `eaten(slot, kind, cell)`.
    pub(crate) events: Vec<String>,
    /// Fields of things that rules read: `open (bool)`.
    pub(crate) reads: Vec<String>,
}

/// Reads a mechanic off itself.
pub(crate) fn mechanic(def: &MechanicDef) -> MechanicDoc {
    let word = |ty: &dyn std::fmt::Debug| format!("{ty:?}").to_lowercase();
    let form = |(event, types): &(&str, &[commonweal_core::state::Type])| {
        let types: Vec<String> = types.iter().map(|ty| word(ty)).collect();
        format!("{event}({})", types.join(", "))
    };
    let schema = Schema::of(def);
    MechanicDoc {
        name: def.name,
        named: def.named,
        says: def.doc,
        needs: def.needs.to_vec(),
        fields: schema.fields(def),
        actions: schema.actions(def),
        events: def.events.iter().map(form).collect(),
        reads: def
            .fields
            .iter()
            .map(|(field, ty)| format!("{field} ({})", word(ty)))
            .collect(),
    }
}

/// The schema of a config.
struct Schema {
    config: Value,
    definitions: Value,
}

impl Schema {
    fn of(def: &MechanicDef) -> Self {
        let mut generator = schemars::SchemaGenerator::default();
        let schema = (def.schema)(&mut generator);
        let definitions = Value::Object(generator.take_definitions(true));
        let mut out = Self {
            config: Value::Null,
            definitions,
        };
        out.config = out.resolve(schema.as_value());
        out
    }
    /// The value itself, or what its reference leads to.
    fn resolve(&self, value: &Value) -> Value {
        let name = value["$ref"]
            .as_str()
            .and_then(|path| path.rsplit('/').next());
        name.map_or_else(|| value.clone(), |name| self.definitions[name].clone())
    }
    fn properties(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.config["properties"].as_object().into_iter().flatten()
    }
    fn is_required(&self, name: &str) -> bool {
        self.config["required"]
            .as_array()
            .is_some_and(|list| list.iter().any(|n| n == name))
    }
    fn fields(&self, def: &MechanicDef) -> Vec<FieldDoc> {
        let bases = self.bases(def);
        let mut out: Vec<FieldDoc> = self
            .properties()
            .map(|(name, property)| {
                let required = self.is_required(name);
                let says = property["description"].as_str().unwrap_or("");
                FieldDoc {
                    name: name.clone(),
                    kind: self.kind(property),
                    required,
                    default: if required {
                        None
                    } else {
                        self.default(def, &bases, name, property)
                    },
                    says: says.split_whitespace().collect::<Vec<_>>().join(" "),
                }
            })
            .collect();
        out.sort_by_key(|field| !field.required);
        out
    }
    /// The least configs that the mechanic reads, one for each word that a compulsory field may take.
    fn bases(&self, def: &MechanicDef) -> Vec<Map<String, Value>> {
        let mut out = vec![Map::new()];
        for (name, property) in self.properties().filter(|(name, _)| self.is_required(name)) {
            let samples = self.samples(name, property, 0);
            out = out
                .iter()
                .flat_map(|base| {
                    samples.iter().map(|sample| {
                        let mut base = base.clone();
                        base.insert(name.clone(), sample.clone());
                        base
                    })
                })
                .take(64)
                .collect();
        }
        out.retain(|base| read(def, base).is_some());
        out
    }
    /// Values that a field may have: every word of a closed list, one of anything else. Free texts are the field's name in capitals.
    fn samples(&self, name: &str, property: &Value, depth: usize) -> Vec<Value> {
        let property = &self.resolve(property);
        let placeholder = || {
            let upper = name.to_uppercase();
            upper.strip_suffix('S').map_or(upper.clone(), str::to_owned)
        };
        if let Some(word) = property.get("const") {
            return vec![word.clone()];
        }
        if let Some(words) = property["enum"].as_array() {
            return words.iter().filter(|w| !w.is_null()).cloned().collect();
        }
        if let Some(variants) = property["anyOf"]
            .as_array()
            .or(property["oneOf"].as_array())
        {
            let all = variants.iter().filter(|v| v["type"] != "null");
            return all.flat_map(|v| self.samples(name, v, depth)).collect();
        }
        if depth > 4 {
            return Vec::new();
        }
        let one = |value: &Value| self.samples(name, value, depth + 1).into_iter().next();
        let least = || property["minimum"].as_i64().unwrap_or(1).max(1);
        match type_of(property) {
            "boolean" => vec![json!(true), json!(false)],
            "integer" | "number" => vec![json!(least())],
            "string" => vec![json!(placeholder())],
            "array" => {
                let fixed = property["prefixItems"].as_array();
                let items: Vec<Value> = match fixed {
                    Some(items) => items.iter().filter_map(one).collect(),
                    None => {
                        let n = property["minItems"].as_u64().unwrap_or(1).clamp(1, 16);
                        (0..n).filter_map(|_| one(&property["items"])).collect()
                    }
                };
                vec![json!(items)]
            }
            "object" => {
                let mut object = Map::new();
                let required: Vec<&str> = property["required"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect();
                for (key, value) in property["properties"].as_object().into_iter().flatten() {
                    if required.contains(&key.as_str()) {
                        let value = self.samples(key, value, depth + 1).into_iter().next();
                        object.extend(value.map(|value| (key.clone(), value)));
                    }
                }
                if let Some(value) = one(&property["additionalProperties"]) {
                    object.insert(placeholder(), value);
                }
                vec![Value::Object(object)]
            }
            _ => Vec::new(),
        }
    }
    /// What holds when a field is left out: the value that, written out, makes the same config.
    fn default(
        &self,
        def: &MechanicDef,
        bases: &[Map<String, Value>],
        name: &str,
        property: &Value,
    ) -> Option<Value> {
        let base = bases.first()?;
        let without = read(def, base)?;
        let told = &property["default"];
        if !told.is_null() {
            return Some(told.clone());
        }
        let mut candidates = self.samples(name, property, 0);
        candidates.extend([json!([]), json!({})]);
        candidates.extend(numbers(&format!("{without:?}"), name));
        candidates.into_iter().find(|candidate| {
            let mut with = base.clone();
            with.insert(name.to_owned(), candidate.clone());
            // The text of a config shows all of it.
            read(def, &with).is_some_and(|with| format!("{with:?}") == format!("{without:?}"))
        })
    }
    /// The actions that some config of the mechanic gives to a role.
    fn actions(&self, def: &MechanicDef) -> Vec<String> {
        let mut bases = self.bases(def);
        if self.properties().any(|(name, _)| name == "verb") {
            for mut base in bases.clone() {
                base.insert("verb".to_owned(), json!("VERB"));
                bases.push(base);
            }
        }
        // A trigger or a mode that is not compulsory may bring actions of its own.
        let closed = self.properties().filter(|(name, property)| {
            !self.is_required(name) && self.samples(name, property, 0).len() > 1
        });
        for (name, property) in closed {
            let Some(first) = bases.first().cloned() else {
                break;
            };
            for sample in self.samples(name, property, 0) {
                let mut base = first.clone();
                base.insert(name.clone(), sample);
                bases.push(base);
            }
        }
        let instance = if def.named { "NAME" } else { "" };
        let mut out: Vec<String> = Vec::new();
        for config in bases.iter().filter_map(|base| read(def, base)) {
            for (action, ..) in config.verbs(instance, "ROLE") {
                if !out.contains(&action) {
                    out.push(action);
                }
            }
        }
        out
    }
    /// A property's type in words.
    fn kind(&self, property: &Value) -> String {
        let property = &self.resolve(property);
        let variants = property["anyOf"]
            .as_array()
            .or(property["oneOf"].as_array());
        if let Some(variants) = variants {
            let kinds: Vec<String> = variants
                .iter()
                .filter(|v| v["type"] != "null")
                .map(|v| {
                    v["const"]
                        .as_str()
                        .map_or_else(|| self.kind(v), |word| format!("`{word}`"))
                })
                .collect();
            return kinds.join(" or ");
        }
        if let Some(words) = property["enum"].as_array() {
            return words
                .iter()
                .filter(|w| !w.is_null())
                .map(|w| format!("`{}`", w.as_str().unwrap_or_default()))
                .collect::<Vec<_>>()
                .join(" or ");
        }
        let range = match (property["minimum"].as_f64(), property["maximum"].as_f64()) {
            (Some(low), Some(high)) => format!(" {low} to {high}"),
            (Some(low), None) => format!(" from {low}"),
            _ => String::new(),
        };
        match type_of(property) {
            "array" => format!("list of {}", self.kind(&property["items"])),
            "integer" => format!("whole number{range}"),
            "boolean" => "true or false".to_owned(),
            "string" => "text".to_owned(),
            "object" => "table".to_owned(),
            one => format!("{one}{range}"),
        }
    }
}

/// The JSON type of a property, null left out.
fn type_of(property: &Value) -> &str {
    match &property["type"] {
        Value::Array(types) => types
            .iter()
            .find(|t| *t != "null")
            .and_then(Value::as_str)
            .unwrap_or("any"),
        Value::String(one) => one,
        _ => "any",
    }
}

fn read(def: &MechanicDef, config: &Map<String, Value>) -> Option<Box<dyn Mechanic>> {
    (def.read)(&Value::Object(config.clone())).ok()
}

/// Numbers that stand after a field's name in the text of a config: as they are, and as millionths.
fn numbers(text: &str, field: &str) -> Vec<Value> {
    let mark = format!("{field}: ");
    let mut out = Vec::new();
    for (at, _) in text.match_indices(&mark) {
        let rest = &text[at + mark.len()..];
        let digits: String = rest
            .chars()
            .skip_while(|c| c.is_alphabetic() || *c == '(')
            .take_while(|c| c.is_ascii_digit() || *c == '-')
            .collect();
        if let Ok(n) = digits.parse::<i64>() {
            out.push(json!(n));
            #[expect(clippy::cast_precision_loss, reason = "a default of six decimals")]
            out.push(json!(n as f64 / 1e6));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonweal_core::mechanics::ALL;

    fn doc(name: &str) -> MechanicDoc {
        mechanic(
            ALL.iter()
                .find(|d| d.name == name)
                .expect("it is in the list"),
        )
    }

    #[test]
    fn defaults_of_words_and_decimals_are_found_too() {
        let beam = doc("beam");
        let default = |name: &str| {
            let field = beam.fields.iter().find(|f| f.name == name);
            field.expect("it has the field").default.clone()
        };
        assert_eq!(default("length"), Some(json!(3)));
        assert_eq!(default("next"), Some(json!("c+1")));
        assert_eq!(default("shape"), Some(json!("rows")));
        assert_eq!(default("cost"), Some(json!(0)));
        assert_eq!(default("by"), None, "without it nothing is restricted");
    }

    #[test]
    fn actions_are_those_of_every_mode() {
        assert_eq!(
            doc("move").actions,
            [
                "n",
                "e",
                "s",
                "w",
                "forward",
                "back",
                "left",
                "right",
                "turn_left",
                "turn_right"
            ]
        );
        assert_eq!(doc("pickup").actions, ["VERB"]);
        assert_eq!(doc("message").actions, ["say:KIND"]);
        assert_eq!(doc("beam").actions, ["NAME"]);
        assert_eq!(doc("device").actions, ["use:NAME"]);
    }

    /// A mechanic of which no config can be made up would have no defaults on its page.
    #[test]
    fn every_mechanic_reads_a_config_made_from_its_schema() {
        for def in ALL {
            assert!(!Schema::of(def).bases(def).is_empty(), "{}", def.name);
        }
    }

    #[test]
    fn types_are_words() {
        let schema = Schema {
            config: Value::Null,
            definitions: Value::Null,
        };
        let of = |v: Value| schema.kind(&v);
        assert_eq!(
            of(json!({ "type": "integer", "minimum": 0, "maximum": 5 })),
            "whole number 0 to 5"
        );
        assert_eq!(
            of(json!({ "type": ["array", "null"], "items": { "type": "string" } })),
            "list of text"
        );
        assert_eq!(
            of(json!({ "oneOf": [{ "const": "l1" }, { "const": "l2" }] })),
            "`l1` or `l2`"
        );
    }
}
