//! `power`: agents that can be switched off and on.

use serde::Deserialize;

use super::{Install, Mechanic, MechanicDef, Reference, Sort, read_config};
use crate::state::{Table, Type};

/// Agents that rules switch off and on (`disable(s, by)`, `enable(s, by)`). The row of an agent that is off goes on: only `noop` is
/// legal, the own vector says that it is off, rewards arrive.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Roles that can be switched off.
    pub roles: Vec<String>,
    /// Whether the body of an agent that is off `stays` on the map or is `gone`.
    #[serde(default)]
    pub body: Body,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

/// What becomes of the body of an agent that is off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// It stands where it was, and is in the way.
    #[default]
    Stays,
    /// It leaves the map.
    Gone,
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "power",
    named: false,
    doc: "Agents that can be switched off and on.",
    events: &[
        ("disabled", &[Type::Slot, Type::Slot]),
        ("enabled", &[Type::Slot, Type::Slot]),
    ],
    fields: &[],
    needs: &[],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

impl Mechanic for Config {
    fn references(&self) -> Vec<Reference> {
        let one = |(i, name): (usize, &String)| Reference {
            path: format!("roles[{i}]"),
            sort: Sort::Role,
            name: name.clone(),
        };
        self.roles.iter().enumerate().map(one).collect()
    }
    fn prepare(&self, _instance: &str, table: &mut Table) {
        table.acts.body_gone = self.body == Body::Gone;
    }
    /// The acts `disable` and `enable` do all the work.
    fn install(&self, _instance: &str, _at: &mut Install<'_>) {}
}
