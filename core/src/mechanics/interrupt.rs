//! `interrupt`: an interruption that may lie in wait, drawn at reset.

use bevy_ecs::resource::Resource;
use bevy_ecs::system::ResMut;
use bevy_ecs::world::World;
use serde::Deserialize;

use super::{
    Decimal, Install, Mechanic, MechanicDef, Objection, Reference, Sort, bits, codes_of, kind_of,
    read_config, roles_of, slots_of,
};
use crate::draw::{Purpose, name_hash};
use crate::ids::{Cell, EventId, Num, Slot};
use crate::phase::Phase;
use crate::state::{ALIVE, AWAY, ArenaColumn, ArenaMut, Layer, ON, Shard, Table, Type};

/// Whoever stands on a thing is switched off for some ticks, if an interruption lies in wait: that is drawn at the start of the
/// episode, and nobody sees it. Once interrupted an agent is not interrupted there again before it has left the thing.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The thing on which it happens; a kind of any layer but solid.
    pub thing: String,
    /// Chance that an interruption lies in wait in this episode, 0 to 1.
    pub chance: Decimal,
    /// For how many ticks an agent is switched off, 1 or more; 0 for good.
    pub ticks: u32,
    /// The event after which nothing lies in wait any more.
    #[serde(default)]
    pub defused_by: Option<String>,
    /// Roles that it interrupts; all without it.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// For the reader.
    #[serde(default)]
    pub says: Option<String>,
}

pub(super) const DEF: MechanicDef = MechanicDef {
    name: "interrupt",
    named: true,
    doc: "An interruption that may lie in wait, drawn at reset.",
    events: &[("interrupted", &[Type::Slot])],
    fields: &[],
    needs: &["move", "power"],
    read: read_config::<Config>,
    #[cfg(feature = "schema")]
    schema: super::schema_of::<Config>,
};

const OPEN: u8 = 1 << Layer::Floor as u8
    | 1 << Layer::Item as u8
    | 1 << Layer::Mark as u8
    | 1 << Layer::Air as u8;

impl Mechanic for Config {
    fn references(&self) -> Vec<Reference> {
        let mut out = vec![kind_of("thing", &self.thing, OPEN)];
        out.extend(self.defused_by.iter().map(|event| Reference {
            path: "defused_by".to_owned(),
            sort: Sort::Event,
            name: event.clone(),
        }));
        out.extend(roles_of(self.by.as_ref()));
        out
    }
    fn object(&self) -> Vec<Objection> {
        Objection::chance("chance", self.chance)
            .into_iter()
            .collect()
    }
    fn listens(&self) -> Vec<&str> {
        self.defused_by.as_deref().into_iter().collect()
    }
    fn install(&self, instance: &str, at: &mut Install<'_>) {
        let table = at.world.resource::<Table>();
        let Some(kind) = table.kind(&self.thing) else {
            return;
        };
        let trap = Trap {
            layer: table.kinds[kind.index()].layer,
            codes: codes_of(std::slice::from_ref(&self.thing), table),
            chance: self.chance.0,
            ticks: self.ticks,
            name: name_hash(&format!("interrupt.{instance}")),
            slots: slots_of(self.by.as_ref(), table),
            defused_by: self.defused_by.as_deref().and_then(|e| table.event(e)),
            interrupted: table.event("interrupted"),
        };
        let (n_slots, n_arenas) = (table.n_slots(), at.n_arenas);
        at.world.init_resource::<Traps>();
        let mut traps = at.world.resource_mut::<Traps>();
        let index = traps.waits.len();
        traps.waits.push(vec![0; n_arenas]);
        traps.off_until.push(vec![0; n_arenas * n_slots]);
        at.column(Waits(index));
        at.column(OffUntil(index));
        at.system(
            Phase::Vitals,
            move |mut shard: Shard, mut traps: ResMut<Traps>| {
                let mut parts = shard.parts();
                let Traps { waits, off_until } = &mut *traps;
                let (waits, off_until) = (&mut waits[index], &mut off_until[index]);
                for arena in 0..parts.arenas.n {
                    let off = &mut off_until[arena * n_slots..(arena + 1) * n_slots];
                    trap.run(&mut parts.arena(arena), &mut waits[arena], off);
                }
            },
        );
    }
}

/// One instance: what is fixed.
#[derive(Debug)]
struct Trap {
    layer: Layer,
    codes: [bool; 256],
    chance: Num,
    ticks: u32,
    name: u32,
    slots: u64,
    defused_by: Option<EventId>,
    interrupted: Option<EventId>,
}

/// Values of a [`Waits`] place beside 0, not drawn yet.
const WAITS: u8 = 1;
const NOTHING: u8 = 2;
/// Values of an [`OffUntil`] place beside 0, free, and the tick + 2 at which the agent is switched on again: it was interrupted and
/// has not left the thing since.
const STANDS: u32 = 1;

impl Trap {
    fn run(&self, arena: &mut ArenaMut<'_>, waits: &mut u8, off: &mut [u32]) {
        if *waits == 0 {
            // The address is that of the first tick: the latent is one for the episode, or for each of its rounds.
            let h = &*arena.head;
            let start = crate::draw::TickDraw::new(h.domain, h.seed, h.episode, h.round_from);
            let drawn = start
                .key(Purpose::Interrupt, self.name, 0)
                .chance(0, self.chance);
            *waits = if drawn { WAITS } else { NOTHING };
        }
        if let Some(event) = self.defused_by
            && arena.events().iter().any(|row| row.event == event.get())
        {
            *waits = NOTHING;
        }
        for slot in bits(self.slots) {
            let who = Slot::new(u8::try_from(slot).expect("at most 64"));
            if off[slot] > STANDS && off[slot] - 2 <= arena.head.tick && can_stand(arena, who) {
                arena.enable(who, None);
            }
            // By this or by a rule before: it is on, and has not left the thing since.
            if off[slot] > STANDS && arena.agents.status[slot].0 & ON != 0 {
                off[slot] = STANDS;
            }
            let here = arena
                .body(who)
                .is_some_and(|c| self.codes[usize::from(arena.cells.get(c, self.layer))]);
            if off[slot] == STANDS && !here {
                off[slot] = 0;
            }
            let on = arena.agents.status[slot].0 & ON != 0;
            if here && on && *waits == WAITS && off[slot] == 0 {
                off[slot] = if self.ticks == 0 {
                    u32::MAX
                } else {
                    arena.head.tick.saturating_add(self.ticks).saturating_add(2)
                };
                arena.emit_fields(self.interrupted, &[i64::from(who.get())]);
                arena.disable(who, None);
            }
        }
    }
}

/// Whether nothing is in the way of a body that comes back when its agent is switched on; until then it waits.
fn can_stand(arena: &ArenaMut<'_>, slot: Slot) -> bool {
    let i = slot.index();
    let bodiless = arena.agents.status[i].0 & (AWAY | ALIVE) != ALIVE;
    let cell = Cell::new(arena.agents.pos[i].0);
    !arena.table.acts.body_gone || bodiless || arena.cells.is_free(cell)
}

/// Of every instance, whether something lies in wait in each arena, and of each slot until when it is off.
#[derive(Resource, Debug, Default)]
struct Traps {
    waits: Vec<Vec<u8>>,
    off_until: Vec<Vec<u32>>,
}

struct Waits(usize);

impl ArenaColumn for Waits {
    fn name(&self) -> &'static str {
        super::column_names!("interrupt.waits")[self.0.min(7)]
    }
    fn bytes(&self, _world: &World) -> usize {
        1
    }
    fn save(&mut self, world: &World, arena: usize, out: &mut [u8]) {
        out[0] = world.resource::<Traps>().waits[self.0][arena];
    }
    fn load(&mut self, world: &mut World, arena: usize, bytes: &[u8]) -> bool {
        world.resource_mut::<Traps>().waits[self.0][arena] = bytes[0];
        bytes[0] <= NOTHING
    }
}

struct OffUntil(usize);

impl ArenaColumn for OffUntil {
    fn name(&self) -> &'static str {
        super::column_names!("interrupt.off_until")[self.0.min(7)]
    }
    fn bytes(&self, world: &World) -> usize {
        world.resource::<Table>().n_slots() * size_of::<u32>()
    }
    fn save(&mut self, world: &World, arena: usize, out: &mut [u8]) {
        let (places, _) = out.as_chunks_mut::<4>();
        let n = places.len();
        let values = &world.resource::<Traps>().off_until[self.0][arena * n..(arena + 1) * n];
        for (place, value) in places.iter_mut().zip(values) {
            *place = value.to_le_bytes();
        }
    }
    fn load(&mut self, world: &mut World, arena: usize, bytes: &[u8]) -> bool {
        let (places, _) = bytes.as_chunks::<4>();
        let n = places.len();
        let values =
            &mut world.resource_mut::<Traps>().off_until[self.0][arena * n..(arena + 1) * n];
        for (value, place) in values.iter_mut().zip(places) {
            *value = u32::from_le_bytes(*place);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{batch, compile, many, put, tick};

    const MOVE: (&str, &str, &str) = ("move", "", r#"{"mode":"compass4"}"#);
    const POWER: (&str, &str, &str) = ("power", "", r#"{"roles":["agent"]}"#);

    #[test]
    fn who_steps_onto_it_is_off_for_the_ticks_given_and_then_goes_on() {
        let config = r#"{"thing":"lever","chance":1,"ticks":2}"#;
        let mut b = batch(&compile(
            "#####\n#Al.#\n#####",
            &[MOVE, POWER, ("interrupt", "stop", config)],
        ));
        assert_eq!(
            tick(&mut b, &["e"]),
            "moved agent (1,1) (1,2); interrupted agent; disabled agent nobody"
        );
        assert_eq!(tick(&mut b, &["e"]), "");
        assert_eq!(tick(&mut b, &["e"]), "enabled agent nobody");
        assert_eq!(
            tick(&mut b, &["noop"]),
            "",
            "not again while it stands there"
        );
        assert_eq!(tick(&mut b, &["e"]), "moved agent (1,2) (1,3)");
        assert_eq!(
            tick(&mut b, &["w"]),
            "moved agent (1,3) (1,2); interrupted agent; disabled agent nobody"
        );
    }

    #[test]
    fn zero_ticks_are_for_good_and_an_event_defuses_it() {
        let config = r#"{"thing":"lever","chance":1,"ticks":0}"#;
        let mut b = batch(&compile(
            "#####\n#Al.#\n#####",
            &[MOVE, POWER, ("interrupt", "stop", config)],
        ));
        tick(&mut b, &["e"]);
        for _ in 0..50 {
            assert_eq!(tick(&mut b, &["e"]), "");
        }
        let config = r#"{"thing":"lever","chance":1,"ticks":0,"defused_by":"bumped"}"#;
        let mut b = batch(&compile(
            "#####\n#Al.#\n#####",
            &[MOVE, POWER, ("interrupt", "stop", config)],
        ));
        assert_eq!(tick(&mut b, &["w"]), "bumped agent (1,0)");
        assert_eq!(tick(&mut b, &["e"]), "moved agent (1,1) (1,2)");
    }

    #[test]
    fn it_lies_in_wait_in_as_many_episodes_as_said_and_all_instances_draw_their_own() {
        let config = r#"{"thing":"lever","chance":0.5,"ticks":0}"#;
        let mechanics = [
            MOVE,
            POWER,
            ("interrupt", "one", config),
            ("interrupt", "two", config),
        ];
        let n = 4000;
        let mut b = many(&compile("####\n#Al#\n####", &mechanics), n, 3);
        let east = 2;
        let actions = vec![east; n];
        b.step(
            &[&actions],
            &mut [crate::batch::Out::default()],
            &crate::batch::Serial,
        )
        .expect("a step");
        let off = (0..n)
            .filter(|&a| b.events(a).iter().any(|e| e.event == "interrupted"))
            .count();
        let z = (f64::from(u32::try_from(off).expect("few")) - 3000.0).abs() / 750_f64.sqrt();
        assert!(
            z < 4.0,
            "one of two in {off} of {n}, three quarters are meant"
        );
    }

    #[test]
    fn whose_cell_is_taken_is_switched_on_as_soon_as_it_is_free() {
        let gone = ("power", "", r#"{"roles":["agent"],"body":"gone"}"#);
        let config = r#"{"thing":"lever","chance":1,"ticks":1}"#;
        let mut b = batch(&compile(
            "#######\n#.l.AB#\n#######",
            &[MOVE, gone, ("interrupt", "stop", config)],
        ));
        put(&mut b, 0, 1, 1, 0);
        put(&mut b, 1, 1, 3, 0);
        assert_eq!(
            tick(&mut b, &["e", "noop"]),
            "moved agent_0 (1,1) (1,2); interrupted agent_0; disabled agent_0 nobody"
        );
        assert_eq!(
            tick(&mut b, &["noop", "w"]),
            "moved agent_1 (1,3) (1,2); interrupted agent_1; disabled agent_1 nobody",
            "the first waits"
        );
        assert_eq!(tick(&mut b, &["noop", "noop"]), "enabled agent_0 nobody");
        assert_eq!(
            tick(&mut b, &["w", "noop"]),
            "moved agent_0 (1,2) (1,1); enabled agent_1 nobody"
        );
        assert_eq!(b.faults(0).2, 0, "waiting is no refusal");
    }
}
