//! `door`: solid things that open and shut.

use serde::Deserialize;

use super::{Install, LookStates, Mechanic, MechanicDef, Reference, kind_of, read_config};
use crate::state::{Layer, Table, Type};

/// Solid things that rules open and shut (`open(the(gate))`, `shut(the(gate))`). A shut door stops bodies and beams; nobody shuts
/// it on a body.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The door; a kind of the layer solid.
    pub thing: String,
    /// Whether it is open at the start.
    #[serde(default)]
    pub open: bool,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "door",
    named: true,
    doc: "Solid things that open and shut.",
    events: &[("opened", &[Type::Thing]), ("closed", &[Type::Thing])],
    fields: &[("open", Type::Bool)],
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
        vec![kind_of("thing", &self.thing, 1 << Layer::Solid as u8)]
    }
    fn look_states(&self) -> Vec<LookStates> {
        vec![LookStates {
            kind: self.thing.clone(),
            initial: u8::from(self.open),
            states: vec![("shut", true), ("open", false)],
        }]
    }
    fn rows(&self) -> Vec<String> {
        vec![self.thing.clone()]
    }
    fn prepare(&self, _instance: &str, table: &mut Table) {
        if let Some(kind) = table.kind(&self.thing) {
            table.acts.doors.push(kind);
        }
    }
    /// The acts `open` and `shut` do all the work.
    fn install(&self, _instance: &str, _at: &mut Install<'_>) {}
}
