//! A few arenas of one scenario, one for each arm on show, stepped together; with keyframes, so that one can go back.
//!
//! **Invariant.** Each arena is a batch of its own with the same seed and first number, so that its states are those of any
//! other host, and one arena may end before another.

use std::collections::BTreeMap;

use commonweal_core::batch::{Autoreset, Batch, BatchError, Config, Control, Out, Serial};
use commonweal_core::bots::BotKind;
use commonweal_core::event::Part;
use commonweal_core::experiment::{self, Cast, RANDOM};
use commonweal_core::ids::{Cell, Domain, KindId, Slot};
use commonweal_core::observe::Encoding;
use commonweal_core::scenario::{self, ArmKind, Compiled, Scenario};
use commonweal_core::state::{BODY, End, Layer, Type};
use serde::{Deserialize, Serialize};

use crate::describe::{Description, Note};
use crate::error::Refusal;

/// Ticks between keyframes.
const KEYFRAME_TICKS: u32 = 64;

/// How a world is built.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Number of the paired seed in decimal, as `commonweal watch --seed` takes it; 0 if absent.
    #[serde(default)]
    pub seed: Option<String>,
    /// Batch seed in decimal; 0 if absent.
    #[serde(default)]
    pub batch_seed: Option<String>,
    /// Names of arms or cells, one arena each. Default: the first control and the first treatment.
    #[serde(default)]
    pub arms: Option<Vec<String>>,
    /// Control agent, or `random`, for the seats under test. Default: the first positive control agent.
    #[serde(default)]
    pub policy: Option<String>,
    /// Bots by role, in place of `policy`: `[["worker", "random"], …]`.
    #[serde(default)]
    pub policies: Option<Vec<(String, String)>>,
    /// Go on with a new episode where one ends, instead of stopping there.
    #[serde(default)]
    pub autoreset: bool,
    /// Roles that the caller plays, with all their slots.
    #[serde(default)]
    pub control: Vec<String>,
    /// Report every event, not only those that the file has a caption for.
    #[serde(default)]
    pub events: bool,
    /// Domain of the seed: `train`, `pilot`, `calibrate` (if absent, as on the command line), `eval`, `held_out`.
    #[serde(default)]
    pub domain: Option<String>,
}

/// How an arena's episode stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Status {
    /// Ticks done.
    pub tick: u32,
    /// Why it is over; none while it goes on.
    pub ended: Option<&'static str>,
    /// Number of things of each kind of the item layer on the map.
    pub items: BTreeMap<String, u16>,
    /// Rewards of the slots under test so far, in millionths, in decimal.
    pub reward: String,
}

/// A fact of a tick, for people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Fact {
    /// The tick after which it can be seen.
    pub tick: u32,
    /// Name of the event.
    pub name: String,
    /// The file's caption with its fields filled in; none where the file has no words for it.
    pub caption: Option<String>,
    /// Cell that it names, else that of whoever caused it; row · width + column.
    pub cell: Option<u32>,
}

/// In which columns two arenas differ.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Difference {
    /// In none.
    pub equal: bool,
    /// Their names.
    pub columns: Vec<&'static str>,
}

/// What the controlled slots of a role are given, arena after arena.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct View {
    /// Number of rows.
    pub rows: usize,
    /// `u8[rows, shape…]`.
    pub obs: Vec<u8>,
    /// Shape of one observation.
    pub shape: Vec<usize>,
    /// `i32[rows, own_names]`.
    pub own: Vec<i32>,
    /// Names of the own vector's numbers.
    pub own_names: Vec<String>,
    /// `u8[rows, actions]`, 1 = legal.
    pub mask: Vec<u8>,
    /// Names of the actions.
    pub actions: Vec<String>,
}

/// One arena and what the page counts of it.
#[derive(Debug)]
struct Arena {
    batch: Batch,
    reward: i64,
    facts: Vec<Fact>,
}

/// Where all arenas stood at a tick.
#[derive(Debug)]
struct Keyframe {
    arenas: Vec<(Vec<u8>, i64)>,
}

/// Arenas of one scenario, stepped together.
#[derive(Debug)]
pub struct World {
    scenario: Scenario,
    cast: Cast,
    policy: String,
    all_events: bool,
    arenas: Vec<Arena>,
    /// Ticks done since the arenas were built or restored, by the one that runs longest.
    tick: u32,
    keyframes: BTreeMap<u32, Keyframe>,
    /// Actions for the next tick: by group, arena after arena.
    pending: Vec<Vec<i32>>,
    /// Actions of the ticks since the first keyframe, so that going back and on again repeats them.
    played: BTreeMap<u32, Vec<Vec<i32>>>,
}

impl World {
    /// Reads the text, compiles the arms and resets the arenas.
    pub fn new(text: &str, file: &str, options: Options) -> Result<Self, Refusal> {
        let (scenario, diagnostics) = scenario::check(file, text);
        let Some(scenario) = scenario else {
            let notes = diagnostics
                .iter()
                .map(|diagnostic| Note::new(diagnostic, text))
                .collect();
            return Err(Refusal::Text {
                file: file.to_owned(),
                notes,
            });
        };
        let arms = options.arms.unwrap_or_else(|| pair(&scenario));
        if arms.is_empty() {
            return Err(Refusal::wrong(
                "arms: an empty list shows nothing; name at least one arm",
            ));
        }
        let first = scenario.compile(&arms[0])?;
        let cast = experiment::cast(&scenario, &first, &[])?;
        let (policy, policies) = match options.policies {
            Some(policies) => {
                let seated = policies.iter().find(|(role, _)| *role == cast.role);
                (
                    seated.map_or(String::new(), |(_, bot)| bot.clone()),
                    policies,
                )
            }
            None => seat(&cast, options.policy)?,
        };
        let config = Config {
            arenas: 1,
            control: control(&options.control),
            policies,
            domain: domain(options.domain.as_deref())?,
            seed: seed(options.batch_seed.as_deref())?,
            first: seed(options.seed.as_deref())?,
            encoding: Encoding::Symbolic,
            events: true,
            autoreset: if options.autoreset {
                Autoreset::SameStep
            } else {
                Autoreset::Disabled
            },
            ..Config::default()
        };
        let arenas = arms
            .iter()
            .map(|arm| {
                let batch = Batch::new(&[scenario.compile(arm)?], config.clone())?;
                Ok(Arena {
                    batch,
                    reward: 0,
                    facts: Vec::new(),
                })
            })
            .collect::<Result<Vec<_>, Refusal>>()?;
        let mut world = Self {
            scenario,
            cast,
            policy,
            all_events: options.events,
            arenas,
            tick: 0,
            keyframes: BTreeMap::new(),
            pending: Vec::new(),
            played: BTreeMap::new(),
        };
        world.pending = world.idle();
        world.keep();
        Ok(world)
    }

    /// What the file declares and what is on show.
    pub fn describe(&self) -> Description {
        let shown: Vec<&Compiled> = self
            .arenas
            .iter()
            .map(|arena| arena.batch.compiled(0).as_ref())
            .collect();
        Description::new(&self.scenario, &shown, &self.cast, &self.policy)
    }

    /// Steps every arena so many times, each at most to its end.
    pub fn step(&mut self, ticks: u32) -> Result<(), Refusal> {
        for arena in &mut self.arenas {
            arena.facts.clear();
        }
        for _ in 0..ticks {
            if self.arenas.iter().all(Arena::is_over) {
                break;
            }
            let idle = self.idle();
            let mut actions = std::mem::replace(&mut self.pending, idle);
            // Going over old ground again: what was played then is played now.
            if let Some(played) = self.played.get(&self.tick) {
                actions.clone_from(played);
            } else if !actions.is_empty() {
                self.played.insert(self.tick, actions.clone());
            }
            for (index, arena) in self.arenas.iter_mut().enumerate() {
                arena.step(
                    index,
                    &actions,
                    &self.scenario,
                    &self.cast.tested,
                    self.all_events,
                )?;
            }
            self.tick += 1;
            if self.tick.is_multiple_of(KEYFRAME_TICKS) {
                self.keep();
            }
        }
        Ok(())
    }

    /// Goes to a tick, from the nearest keyframe before it; at most as far as the arenas run.
    pub fn seek(&mut self, tick: u32) -> Result<(), Refusal> {
        let Some((&from, keyframe)) = self.keyframes.range(..=tick).next_back() else {
            let first = self.keyframes.keys().next().copied().unwrap_or_default();
            return Err(Refusal::wrong(format!(
                "tick {tick}: this world was restored at tick {first} and knows nothing earlier"
            )));
        };
        // From here on is nearer than from the keyframe.
        if !(from..=tick).contains(&self.tick) {
            for (arena, (snapshot, reward)) in self.arenas.iter_mut().zip(&keyframe.arenas) {
                arena.batch.restore(0, snapshot)?;
                arena.reward = *reward;
                arena.facts.clear();
            }
            self.tick = from;
        }
        self.pending = self.idle();
        self.step(tick - self.tick)
    }

    /// Ticks done in an arena's episode.
    pub fn tick(&self, arena: usize) -> Result<u32, Refusal> {
        Ok(self.arena(arena)?.batch.tick(0))
    }

    /// How an arena's episode stands.
    pub fn status(&self, arena: usize) -> Result<Status, Refusal> {
        let arena = self.arena(arena)?;
        let table = &arena.batch.compiled(0).table;
        let items = (0_u8..)
            .zip(&table.kinds)
            .filter(|(_, kind)| kind.layer == Layer::Item);
        let items = items
            .map(|(id, kind)| (kind.name.clone(), arena.batch.count(0, KindId::new(id))))
            .collect();
        let ended = match arena.batch.end(0) {
            End::Running => None,
            End::Terminated => Some("the scenario came to its end"),
            End::Truncated => Some("the time was up"),
        };
        Ok(Status {
            tick: arena.batch.tick(0),
            ended,
            items,
            reward: arena.reward.to_string(),
        })
    }

    /// Writes the words of an arena's map, `u8[height, width, 8]`.
    pub fn frame(&self, arena: usize, out: &mut Vec<u8>) -> Result<(), Refusal> {
        out.clear();
        self.arena(arena)?.batch.frame(0, out);
        Ok(())
    }

    /// Facts of the ticks of the last step.
    pub fn facts(&self, arena: usize) -> Result<&[Fact], Refusal> {
        Ok(&self.arena(arena)?.facts)
    }

    /// State hash of an arena, 16 hexadecimal digits.
    pub fn hash_hex(&mut self, arena: usize) -> Result<String, Refusal> {
        Ok(format!("{:016x}", self.arena_mut(arena)?.batch.hash(0)))
    }

    /// Hash of each column of an arena, by name.
    pub fn column_hashes(
        &mut self,
        arena: usize,
    ) -> Result<BTreeMap<&'static str, String>, Refusal> {
        let hashes = self.arena_mut(arena)?.batch.column_hashes(0);
        Ok(hashes
            .into_iter()
            .map(|(name, hash)| (name, format!("{hash:016x}")))
            .collect())
    }

    /// Everything of one arena.
    pub fn snapshot(&mut self, arena: usize) -> Result<Vec<u8>, Refusal> {
        Ok(self.arena_mut(arena)?.batch.snapshot(0))
    }

    /// Puts a snapshot of the same scenario and arm into an arena. What was before it can no longer be gone back to.
    pub fn restore(&mut self, arena: usize, snapshot: &[u8]) -> Result<(), Refusal> {
        self.arena_mut(arena)?.batch.restore(0, snapshot)?;
        self.start_anew();
        Ok(())
    }

    /// Copies one arena over another of the same arm.
    pub fn fork(&mut self, from: usize, to: usize) -> Result<(), Refusal> {
        let snapshot = self.snapshot(from)?;
        let reward = self.arena(from)?.reward;
        let arena = self.arena_mut(to)?;
        arena.batch.restore(0, &snapshot)?;
        arena.reward = reward;
        self.start_anew();
        Ok(())
    }

    /// In which columns two arenas differ.
    pub fn diff(&mut self, a: usize, b: usize) -> Result<Difference, Refusal> {
        let snapshots = [self.snapshot(a)?, self.snapshot(b)?];
        let arms = [
            self.arena(a)?.batch.compiled(0).clone(),
            self.arena(b)?.batch.compiled(0).clone(),
        ];
        let config = Config {
            arenas: 2,
            control: Control::None,
            autoreset: Autoreset::Disabled,
            ..Config::default()
        };
        let mut both = Batch::new(&arms, config)?;
        for (arena, snapshot) in snapshots.iter().enumerate() {
            both.restore(arena, snapshot)?;
        }
        let columns: Vec<_> = both
            .diff(0, 1)?
            .into_iter()
            .map(|diff| diff.column)
            .collect();
        Ok(Difference {
            equal: columns.is_empty(),
            columns,
        })
    }

    /// Actions for the next tick of a controlled role: arena after arena, slot after slot.
    pub fn set_actions(&mut self, role: &str, actions: &[u8]) -> Result<(), Refusal> {
        let (group, rows) = self.group_of(role)?;
        let expected = rows * self.arenas.len();
        if actions.len() != expected {
            return Err(Refusal::wrong(format!(
                "{role}: {} actions for {expected} rows ({} arenas of {rows} slots)",
                actions.len(),
                self.arenas.len()
            )));
        }
        let names = &self.arenas[0].batch.groups()[group].action_names;
        if let Some(action) = actions
            .iter()
            .find(|&&action| usize::from(action) >= names.len())
        {
            return Err(Refusal::wrong(format!(
                "{role}: no action {action}; they are 0 to {}",
                names.len() - 1
            )));
        }
        self.pending[group] = actions.iter().map(|&action| i32::from(action)).collect();
        // The future that was played before does not follow from here any more.
        self.played.split_off(&self.tick);
        self.keyframes.split_off(&(self.tick + 1));
        Ok(())
    }

    /// What the controlled slots of a role are given.
    pub fn group(&mut self, role: &str) -> Result<View, Refusal> {
        let (index, _) = self.group_of(role)?;
        let group = &self.arenas[0].batch.groups()[index];
        let mut view = View {
            rows: 0,
            obs: Vec::new(),
            shape: group.obs_shape.clone(),
            own: Vec::new(),
            own_names: group.own_names.clone(),
            mask: Vec::new(),
            actions: group.action_names.clone(),
        };
        for arena in &mut self.arenas {
            let groups = arena.batch.groups();
            let rows = groups[index].slots.len();
            let mut obs = vec![0; rows * view.shape.iter().product::<usize>()];
            let mut own = vec![0; rows * view.own_names.len()];
            let mut mask = vec![0_i8; rows * view.actions.len()];
            let mut outs: Vec<Out<'_>> = groups.iter().map(|_| Out::default()).collect();
            outs[index] = Out {
                obs: &mut obs,
                own: &mut own,
                mask: &mut mask,
                ..Out::default()
            };
            arena.batch.observe(&mut outs)?;
            view.rows += rows;
            view.obs.append(&mut obs);
            view.own.append(&mut own);
            view.mask
                .extend(mask.iter().map(|&legal| u8::from(legal != 0)));
        }
        Ok(view)
    }

    /// Place of a controlled role among the groups, and its slots.
    fn group_of(&self, role: &str) -> Result<(usize, usize), Refusal> {
        let groups = self.arenas[0].batch.groups();
        let Some(index) = groups.iter().position(|group| group.name == role) else {
            let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
            return Err(Refusal::wrong(format!(
                "no controlled role `{role}`; controlled are: [{}]",
                names.join(", ")
            )));
        };
        Ok((index, groups[index].slots.len()))
    }

    /// `noop` for every controlled row.
    fn idle(&self) -> Vec<Vec<i32>> {
        let groups = self.arenas[0].batch.groups();
        groups
            .iter()
            .map(|group| vec![0; group.slots.len() * self.arenas.len()])
            .collect()
    }

    /// Makes a keyframe of this tick.
    fn keep(&mut self) {
        if self.keyframes.contains_key(&self.tick) {
            return;
        }
        let arenas = self
            .arenas
            .iter_mut()
            .map(|arena| (arena.batch.snapshot(0), arena.reward))
            .collect();
        self.keyframes.insert(self.tick, Keyframe { arenas });
    }

    /// The arenas stand where no step has led: their past is gone.
    fn start_anew(&mut self) {
        self.keyframes.clear();
        self.played.clear();
        self.pending = self.idle();
        self.tick = self
            .arenas
            .iter()
            .map(|arena| arena.batch.tick(0))
            .max()
            .unwrap_or_default();
        self.keep();
    }

    fn arena(&self, arena: usize) -> Result<&Arena, Refusal> {
        self.arenas
            .get(arena)
            .ok_or_else(|| no_arena(arena, self.arenas.len()))
    }

    fn arena_mut(&mut self, arena: usize) -> Result<&mut Arena, Refusal> {
        let n = self.arenas.len();
        self.arenas.get_mut(arena).ok_or_else(|| no_arena(arena, n))
    }
}

impl Arena {
    fn is_over(&self) -> bool {
        self.batch.end(0) != End::Running
    }

    /// One tick; none once the episode is over. `actions`: by group, of all arenas.
    fn step(
        &mut self,
        index: usize,
        actions: &[Vec<i32>],
        scenario: &Scenario,
        tested: &[Slot],
        all: bool,
    ) -> Result<(), BatchError> {
        if self.is_over() {
            return Ok(());
        }
        let groups = self.batch.groups();
        let own: Vec<&[i32]> = groups
            .iter()
            .zip(actions)
            .map(|(g, all)| &all[index * g.slots.len()..(index + 1) * g.slots.len()])
            .collect();
        let mut outs: Vec<Out<'_>> = groups.iter().map(|_| Out::default()).collect();
        self.batch.step(&own, &mut outs, &Serial)?;
        let compiled = self.batch.compiled(0).clone();
        let table = &compiled.table;
        let channels = table.channels.len();
        for slot in tested {
            let pay = self.batch.pay(0).get(slot.index() * channels).copied();
            self.reward = self.reward.saturating_add(pay.unwrap_or_default());
        }
        self.note(&compiled, scenario, all);
        Ok(())
    }

    /// Notes the facts of the tick that has just been done: all of them, or those with a caption.
    fn note(&mut self, compiled: &Compiled, scenario: &Scenario, all: bool) {
        let events = &compiled.table.events;
        let caption = |name: &str| {
            scenario
                .captions
                .iter()
                .find(|(event, _)| event == name)
                .map(|(_, text)| text)
        };
        let rows = self.batch.event_rows(0);
        // Most ticks have nothing to tell.
        if !rows
            .iter()
            .any(|row| all || caption(&events[usize::from(row.event)].name).is_some())
        {
            return;
        }
        let tick = self.batch.tick(0);
        let mut words = Vec::new();
        self.batch.frame(0, &mut words);
        for (row, view) in rows.iter().zip(self.batch.events(0)) {
            let template = caption(&view.event);
            if !all && template.is_none() {
                continue;
            }
            let fields = &events[usize::from(row.event)].fields;
            let has_cell = fields
                .iter()
                .any(|(ty, part)| *ty == Type::Cell && *part == Part::Cell);
            let text: Vec<String> = fields
                .iter()
                .zip(view.fields)
                .map(|(&(ty, part), plain)| {
                    if ty == Type::Slot {
                        letter(row.get(part))
                    } else {
                        plain
                    }
                })
                .collect();
            self.facts.push(Fact {
                tick,
                caption: template.map(|template| fill(template, &text)),
                name: view.event,
                cell: if has_cell {
                    place(compiled, row.place())
                } else {
                    view.actor.and_then(|slot| body(&words, slot))
                },
            });
        }
    }
}

/// Cell of a slot's body in the words of a map; none while it is away.
fn body(words: &[u8], slot: u8) -> Option<u32> {
    let cell = words
        .as_chunks::<8>()
        .0
        .iter()
        .position(|word| word[BODY] == slot + 1)?;
    u32::try_from(cell).ok()
}

fn no_arena(arena: usize, n: usize) -> Refusal {
    Refusal::wrong(format!("no arena {arena}: there are {n}, counted from 0"))
}

/// Row · width + column of a cell of the map; none for a cell outside it.
fn place(compiled: &Compiled, cell: Cell) -> Option<u32> {
    let geometry = &compiled.table.geometry;
    geometry.inside(cell).then(|| geometry.subject(cell))
}

/// Letter of a slot, as the page draws it: A to Z, then AA, AB and so on. A missing slot is `nobody`.
fn letter(slot: i64) -> String {
    let Ok(slot) = u8::try_from(slot) else {
        return "nobody".to_owned();
    };
    let last = char::from(b'A' + slot % 26);
    if slot < 26 {
        last.to_string()
    } else {
        letter(i64::from(slot / 26) - 1) + &last.to_string()
    }
}

/// A caption with `{1}`, `{2}` … replaced by the event's fields; a number without a field stays as it is.
fn fill(template: &str, fields: &[String]) -> String {
    let filled = fields.iter().enumerate();
    filled.fold(template.to_owned(), |text, (at, field)| {
        text.replace(&format!("{{{}}}", at + 1), field)
    })
}

/// The first control and the first treatment of the file.
fn pair(scenario: &Scenario) -> Vec<String> {
    let first = |kind| {
        scenario
            .arms
            .iter()
            .find(|arm| arm.kind == kind)
            .map(|arm| arm.name.clone())
    };
    [ArmKind::Control, ArmKind::Treatment]
        .into_iter()
        .filter_map(first)
        .collect()
}

fn control(roles: &[String]) -> Control {
    if roles.is_empty() {
        Control::None
    } else {
        Control::Roles(roles.iter().map(|role| (role.clone(), None)).collect())
    }
}

fn seed(text: Option<&str>) -> Result<u64, Refusal> {
    let text = text.unwrap_or("0");
    text.parse().map_err(|_| {
        Refusal::wrong(format!(
            "seed `{text}`: a seed is a whole number from 0 to {}",
            u64::MAX
        ))
    })
}

fn domain(name: Option<&str>) -> Result<Domain, Refusal> {
    let name = name.unwrap_or("calibrate");
    Domain::named(name).ok_or_else(|| {
        let known: Vec<&str> = Domain::ALL.iter().map(|(name, _)| *name).collect();
        Refusal::wrong(format!(
            "no seed domain `{name}`; they are {}",
            known.join(", ")
        ))
    })
}

/// The agent asked for, or the first positive one, or the first; with all policies of its episodes.
fn seat(cast: &Cast, asked: Option<String>) -> Result<(String, Vec<(String, String)>), Refusal> {
    if asked.as_deref() == Some(RANDOM) {
        return Ok((
            RANDOM.to_owned(),
            vec![(cast.role.clone(), RANDOM.to_owned())],
        ));
    }
    let agent = match &asked {
        Some(name) => cast.agents.iter().find(|agent| agent.name == *name),
        None => cast
            .agents
            .iter()
            .find(|agent| agent.kind == Some(BotKind::Positive))
            .or(cast.agents.first()),
    };
    let agent = agent.ok_or_else(|| {
        let known: Vec<&str> = cast
            .agents
            .iter()
            .map(|agent| agent.name.as_str())
            .collect();
        let asked = asked.unwrap_or_default();
        Refusal::wrong(format!(
            "no control agent `{asked}` for {}; there are {} and {RANDOM}",
            cast.role,
            known.join(", ")
        ))
    })?;
    Ok((agent.name.clone(), agent.policies.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_have_the_letters_of_the_page() {
        assert_eq!(
            [0, 7, 25, 26, 27, 63].map(letter),
            ["A", "H", "Z", "AA", "AB", "BL"]
        );
        assert_eq!(letter(-1), "nobody");
    }

    #[test]
    fn captions_take_their_fields() {
        let fields = ["A".to_owned(), "(3, 4)".to_owned()];
        assert_eq!(
            fill("{1} stands at {2}, {1}; {3}", &fields),
            "A stands at (3, 4), A; {3}"
        );
    }

    #[test]
    fn wrong_options_get_a_sentence() {
        assert_eq!(seed(Some("18446744073709551615")), Ok(u64::MAX));
        let said = seed(Some("-1")).expect_err("no seed").to_string();
        assert!(
            said.contains("`-1`") && said.contains("18446744073709551615"),
            "{said}"
        );
        let said = domain(Some("test")).expect_err("no domain").to_string();
        assert!(said.contains("train, pilot"), "{said}");
    }
}
