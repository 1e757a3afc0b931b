//! `signs`: things that show a text to whoever is near enough.

use serde::Deserialize;

use super::{Install, Mechanic, MechanicDef, Objection, Reference, Sort, kind_of, read_config};
use crate::state::{Sign, Table};

/// Things that show a text: whoever has one in its window, near enough, has it as `sign[text]` in the own vector and reads it in
/// text observations.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The sign.
    pub thing: String,
    /// Key of the text in `[texts]`.
    pub text: String,
    /// Greatest distance from which it is read (the larger of rows and columns), 0 to 16.
    #[serde(default = "three")]
    pub read: u8,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

fn three() -> u8 {
    3
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "signs",
    named: true,
    doc: "Things that show a text to whoever is near enough.",
    events: &[],
    fields: &[],
    needs: &[],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

impl Mechanic for Config {
    fn asks_facing(&self) -> bool {
        false
    }
    fn timeless(&self) -> bool {
        true
    }
    fn references(&self) -> Vec<Reference> {
        let text = Reference {
            path: "text".to_owned(),
            sort: Sort::Text,
            name: self.text.clone(),
        };
        vec![kind_of("thing", &self.thing, 0), text]
    }
    fn object(&self) -> Vec<Objection> {
        Objection::range("read", i64::from(self.read), 0, 16)
            .into_iter()
            .collect()
    }
    fn prepare(&self, _instance: &str, table: &mut Table) {
        let text = table
            .texts
            .iter()
            .position(|t| t.name == self.text)
            .and_then(|i| u8::try_from(i).ok());
        if let (Some(kind), Some(text)) = (table.kind(&self.thing), text) {
            table.signs.push(Sign {
                kind,
                text,
                read: self.read,
            });
        }
    }
    /// Observation does all the work.
    fn install(&self, _instance: &str, _at: &mut Install<'_>) {}
}
