//! `fragile`: things that break.

use serde::Deserialize;

use super::{Install, Mechanic, MechanicDef, Objection, Reference, bits, kind_of, read_config};
use crate::event::Part;
use crate::ids::{Cell, EventId, KindId, Slot};
use crate::phase::Phase;
use crate::state::{ArenaMut, Layer, Shard, Table, Type};

/// Things that break when a body steps onto them, or when they are pushed: another thing lies there then.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What breaks.
    pub thing: String,
    /// What breaks it: a body that steps onto it (`step`, for what is not solid), being pushed (`push`), or `both`.
    #[serde(default)]
    pub breaks_by: BreaksBy,
    /// What it becomes.
    pub becomes: String,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

/// What breaks a thing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BreaksBy {
    /// A step.
    #[default]
    Step,
    /// A push.
    Push,
    /// Either.
    Both,
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "fragile",
    named: true,
    doc: "Things that break.",
    events: &[("broke", &[Type::Slot, Type::Kind, Type::Cell])],
    fields: &[],
    needs: &["move"],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

impl Mechanic for Config {
    fn echoes(&self) -> Vec<(&str, &'static str)> {
        vec![("pushed", "broke")]
    }
    fn references(&self) -> Vec<Reference> {
        vec![
            kind_of("thing", &self.thing, 0),
            kind_of("becomes", &self.becomes, 0),
        ]
    }
    fn object(&self) -> Vec<Objection> {
        (self.thing == self.becomes)
            .then(|| {
                Objection::new(
                    "becomes",
                    "what breaks becomes another thing",
                    "name another kind",
                )
            })
            .into_iter()
            .collect()
    }
    fn makes(&self) -> Vec<String> {
        vec![self.becomes.clone()]
    }
    fn listens(&self) -> Vec<&str> {
        match self.breaks_by {
            BreaksBy::Step => Vec::new(),
            _ => vec!["pushed"],
        }
    }
    fn install(&self, _instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let (Some(kind), Some(becomes)) = (table.kind(&self.thing), table.kind(&self.becomes))
        else {
            return;
        };
        let glass = Glass {
            kind,
            layer: table.kinds[kind.index()].layer,
            becomes,
            steps: self.breaks_by != BreaksBy::Push,
            pushed: table
                .event("pushed")
                .filter(|_| self.breaks_by != BreaksBy::Step),
            broke: table.event("broke"),
        };
        at.system(Phase::Act, move |mut shard: Shard| {
            let mut parts = shard.parts();
            for arena in 0..parts.arenas.n {
                let arrived = parts.arenas.arrived[arena];
                if arrived != 0 {
                    glass.run(&mut parts.arena(arena), arrived);
                }
            }
        });
    }
}

/// One instance: what is fixed.
#[derive(Debug)]
struct Glass {
    kind: KindId,
    layer: Layer,
    becomes: KindId,
    steps: bool,
    pushed: Option<EventId>,
    broke: Option<EventId>,
}

impl Glass {
    fn run(&self, arena: &mut ArenaMut<'_>, arrived: u64) {
        for slot in bits(if self.steps { arrived } else { 0 }) {
            let who = Slot::new(u8::try_from(slot).expect("at most 64"));
            if let Some(cell) = arena.body(who) {
                self.shatter(arena, who, cell);
            }
        }
        let Some(pushed) = self.pushed else { return };
        // Rows are only added at the end, so that an index stays what it is.
        for i in 0..arena.events().len() {
            let row = arena.events()[i];
            if row.event == pushed.get()
                && let Ok(slot) = u8::try_from(row.get(Part::A))
            {
                self.shatter(arena, Slot::new(slot), row.place());
            }
        }
    }
    fn shatter(&self, arena: &mut ArenaMut<'_>, who: Slot, cell: Cell) {
        if arena.table.kind_of(arena.cells.get(cell, self.layer)) != Some(self.kind) {
            return;
        }
        arena.clear(self.kind, cell);
        arena.place(self.becomes, cell);
        if let Some(event) = self.broke {
            arena.emit_at(event, who, self.kind, cell);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{batch, compile, tick};

    const MOVE: (&str, &str, &str) = ("move", "", r#"{"mode":"compass4"}"#);

    #[test]
    fn a_step_breaks_it_once() {
        let config = r#"{"thing":"crate","becomes":"apple"}"#;
        let mut b = batch(&compile(
            "#####\n#Ac.#\n#####",
            &[MOVE, ("fragile", "vase", config)],
        ));
        assert_eq!(
            tick(&mut b, &["e"]),
            "moved agent (1,1) (1,2); broke agent crate (1,2)"
        );
        tick(&mut b, &["e"]);
        assert_eq!(tick(&mut b, &["w"]), "moved agent (1,3) (1,2)");
    }

    #[test]
    fn a_push_breaks_what_a_step_does_not() {
        let push = ("push", "box", r#"{"things":["box"]}"#);
        let config = r#"{"thing":"box","breaks_by":"push","becomes":"crate"}"#;
        let world = compile(
            "######\n#Ax..#\n######",
            &[MOVE, push, ("fragile", "vase", config)],
        );
        let mut b = batch(&world);
        assert_eq!(
            tick(&mut b, &["e"]),
            "pushed agent box (1,3); moved agent (1,1) (1,2); broke agent box (1,3)"
        );
        assert_eq!(
            tick(&mut b, &["e"]),
            "moved agent (1,2) (1,3)",
            "the pieces are no wall"
        );
    }
}
