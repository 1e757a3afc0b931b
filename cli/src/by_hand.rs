//! `run --actions`: one episode whose seat under test plays a given sequence.

use std::sync::Arc;

use commonweal_core::batch::{Autoreset, Batch, Config, Control, EventView, Serial};
use commonweal_core::experiment::{self, Options};
use commonweal_core::ids::Slot;
use commonweal_core::observe::Encoding;
use commonweal_core::scenario::{Compiled, Scenario};
use commonweal_core::state::{End, Role, Table};
use serde_json::{Map, Value, json};

use crate::args::RunArgs;
use crate::run::wrong;
use crate::source::nearest;
use crate::stop::Stop;
use crate::table::{Align, Cell, Table as Drawn};
use crate::terminal::{Style, Terminal};
use crate::watch::{QUIET, millionths};

/// Letters, and the actions that they stand for where the role has no action of that very name.
const LETTERS: [(&str, &[&str]); 9] = [
    ("u", &["n", "up", "forward"]),
    ("d", &["s", "down", "back"]),
    ("l", &["w", "left"]),
    ("r", &["e", "right"]),
    ("f", &["forward"]),
    ("b", &["back"]),
    ("tl", &["turn_left"]),
    ("tr", &["turn_right"]),
    (".", &["noop"]),
];

/// Most actions of a sequence.
const ACTIONS_MAX: usize = 100_000;

/// What happened in one tick.
struct Tick {
    action: u8,
    legal: bool,
    /// By channel, of the seat.
    pay: Vec<i64>,
    events: Vec<EventView>,
}

/// Exit code 0.
pub(crate) fn run(
    scenario: &Scenario,
    options: &RunArgs,
    actions: &str,
    terminal: &Terminal,
) -> Result<u8, Stop> {
    let arm = match &options.what.arm[..] {
        [] => scenario.arms.first().map_or("", |arm| arm.name.as_str()),
        [arm] => arm,
        _ => {
            return Err(Stop::wrong("--actions plays one episode: name one --arm"));
        }
    };
    let compiled = scenario.compile(arm).map_err(Stop::wrong)?;
    let cast = experiment::cast(scenario, &compiled, &options.what.policy).map_err(wrong)?;
    let slot = *cast
        .tested
        .first()
        .ok_or_else(|| Stop::wrong(format!("{} has no seat under test", scenario.id)))?;
    let table = &compiled.table;
    let role = &table.roles[table.role_of(slot).index()];
    let sequence = parse(actions, role).map_err(Stop::wrong)?;
    let mut batch = batch(&compiled, role, slot, options)?;
    let mut ticks = Vec::with_capacity(sequence.len());
    let mut totals = vec![0_i64; table.n_slots() * table.channels.len()];
    for &action in &sequence {
        if batch.end(0) != End::Running {
            break;
        }
        let legal = batch.legal(0, slot)[usize::from(action)];
        batch
            .step(&[&[i32::from(action)]], &mut [], &Serial)
            .map_err(Stop::wrong)?;
        for (sum, pay) in totals.iter_mut().zip(batch.pay(0)) {
            *sum += pay;
        }
        let channels = table.channels.len();
        ticks.push(Tick {
            action,
            legal,
            pay: batch.pay(0)[slot.index() * channels..][..channels].to_vec(),
            events: batch.events(0),
        });
    }
    let played = Played {
        compiled: &compiled,
        slot,
        role,
        seed: options.seed,
        left: sequence.len() - ticks.len(),
        over: batch.end(0) != End::Running,
        hash: batch.hash(0),
        ticks,
        totals,
    };
    let text = if options.json {
        serde_json::to_string_pretty(&played.json()).expect("plain data")
    } else {
        played.draw(terminal)
    };
    terminal.print(&text)?;
    Ok(0)
}

fn batch(
    compiled: &Arc<Compiled>,
    role: &Role,
    slot: Slot,
    options: &RunArgs,
) -> Result<Batch, Stop> {
    let like = Options::default();
    let config = Config {
        control: Control::Roles(vec![(
            role.name.clone(),
            Some(vec![slot.get() - role.first]),
        )]),
        policies: options.what.policy.clone(),
        domain: like.domain,
        seed: like.batch_seed,
        first: options.seed,
        encoding: Encoding::None,
        events: true,
        autoreset: Autoreset::Disabled,
        ..Config::default()
    };
    Batch::new(std::slice::from_ref(compiled), config).map_err(Stop::wrong)
}

/// The sequence as numbers of actions.
fn parse(text: &str, role: &Role) -> Result<Vec<u8>, String> {
    let mut out: Vec<u8> = Vec::new();
    for word in text.split([' ', ',', '\n', '\t']).filter(|w| !w.is_empty()) {
        let times = word.strip_prefix('x').and_then(|n| n.parse::<usize>().ok());
        match times {
            Some(times) => {
                let last = *out
                    .last()
                    .ok_or_else(|| format!("`{word}` repeats nothing: it stands first"))?;
                let more = times
                    .checked_sub(1)
                    .ok_or("`x0` repeats nothing: leave the action out")?;
                if more > ACTIONS_MAX - out.len() {
                    return Err(format!("more than {ACTIONS_MAX} actions"));
                }
                out.extend(std::iter::repeat_n(last, more));
            }
            None => out.push(action(word, role)?),
        }
        if out.len() > ACTIONS_MAX {
            return Err(format!("more than {ACTIONS_MAX} actions"));
        }
    }
    if out.is_empty() {
        return Err(format!(
            "no actions: write for example \"{}\"",
            example(role)
        ));
    }
    Ok(out)
}

/// The first actions of a role beside `noop`.
fn example(role: &Role) -> String {
    let names = role.actions.iter().skip(1).take(3).map(|a| a.name.as_str());
    names.collect::<Vec<_>>().join(" ")
}

/// The number of an action: by its name, by its verb where only one action has it, by a letter.
fn action(word: &str, role: &Role) -> Result<u8, String> {
    let number = |index: usize| u8::try_from(index).expect("at most 255 actions");
    let named = |name: &str| role.actions.iter().position(|a| a.name == name);
    if let Some(index) = named(word) {
        return Ok(number(index));
    }
    let by_verb: Vec<usize> = (0..role.actions.len())
        .filter(|&i| role.actions[i].verb == word)
        .collect();
    if let [index] = by_verb[..] {
        return Ok(number(index));
    }
    if by_verb.len() > 1 {
        let names: Vec<&str> = by_verb
            .iter()
            .map(|&i| role.actions[i].name.as_str())
            .collect();
        return Err(format!(
            "`{word}` is several actions of {}: name one of {}",
            role.name,
            names.join(", ")
        ));
    }
    let letters = LETTERS.iter().find(|(letter, _)| *letter == word);
    if let Some(index) = letters.and_then(|(_, names)| names.iter().find_map(|n| named(n))) {
        return Ok(number(index));
    }
    let names: Vec<&str> = role.actions.iter().map(|a| a.name.as_str()).collect();
    let hint = nearest(word, &names).map_or_else(
        || format!("there are {}", names.join(", ")),
        |near| format!("did you mean `{near}`?"),
    );
    Err(format!("{} has no action `{word}`: {hint}", role.name))
}

struct Played<'a> {
    compiled: &'a Compiled,
    slot: Slot,
    role: &'a Role,
    seed: u64,
    ticks: Vec<Tick>,
    /// Of all slots: slot · channels + channel.
    totals: Vec<i64>,
    /// Actions that were not played, since the episode was over.
    left: usize,
    over: bool,
    hash: u64,
}

/// A reward as a JSON number.
#[expect(
    clippy::cast_precision_loss,
    reason = "exact up to nine thousand million"
)]
fn reward(millionths: i64) -> Value {
    json!(millionths as f64 / 1e6)
}

impl Played<'_> {
    fn table(&self) -> &Table {
        &self.compiled.table
    }
    fn channels(&self, pay: &[i64]) -> Map<String, Value> {
        let channels = self.table().channels.iter().zip(pay);
        channels
            .map(|(channel, pay)| (channel.name.clone(), reward(*pay)))
            .collect()
    }
    fn json(&self) -> Value {
        let n = self.table().channels.len();
        let ticks: Vec<Value> = (0..)
            .zip(&self.ticks)
            .map(|(tick, t): (u32, &Tick)| {
                json!({
                    "tick": tick,
                    "action": self.role.actions[usize::from(t.action)].name,
                    "legal": t.legal,
                    "rewards": self.channels(&t.pay),
                    "events": t.events,
                })
            })
            .collect();
        let totals: Vec<Value> = (0..)
            .zip(self.totals.chunks(n))
            .map(|(slot, pay): (u8, &[i64])| {
                let role = &self.table().roles[self.table().role_of(Slot::new(slot)).index()];
                json!({ "slot": slot, "role": role.name, "rewards": self.channels(pay) })
            })
            .collect();
        let channels: Vec<Value> = self
            .table()
            .channels
            .iter()
            .map(|c| json!({ "name": c.name, "seen": c.seen }))
            .collect();
        json!({
            "scenario": self.compiled.id,
            "rules_version": commonweal_core::RULES_VERSION,
            "arm": self.compiled.arm,
            "seed": self.seed,
            "slot": self.slot.get(),
            "role": self.role.name,
            "channels": channels,
            "ticks": ticks,
            "totals": totals,
            "over": self.over,
            "actions_left": self.left,
            "hash": format!("{:016x}", self.hash),
        })
    }
    /// `(hidden)` after the name of a channel that agents never see.
    fn heading(&self, channel: usize) -> String {
        let channel = &self.table().channels[channel];
        if channel.seen {
            channel.name.clone()
        } else {
            format!("{} (hidden)", channel.name)
        }
    }
    fn draw(&self, terminal: &Terminal) -> String {
        let n = self.table().channels.len();
        let heads: Vec<String> = (0..n).map(|c| self.heading(c)).collect();
        let mut columns = vec![("tick", Align::Right), ("action", Align::Left)];
        columns.extend(heads.iter().map(|head| (head.as_str(), Align::Right)));
        columns.push(("events", Align::Left));
        let mut table = Drawn::new(&columns);
        for (tick, t) in self.ticks.iter().enumerate() {
            let name = &self.role.actions[usize::from(t.action)].name;
            let action = if t.legal {
                Cell::from(name.as_str())
            } else {
                Cell::new(format!("{name} (not legal)"), Style::Bad)
            };
            let mut cells = vec![tick.to_string().into(), action];
            cells.extend(t.pay.iter().map(|pay| Cell::from(millionths(*pay))));
            cells.push(self.events(t).into());
            table.row(cells);
        }
        let mut text = format!(
            "{}  {}\n",
            terminal.paint(Style::Strong, &self.compiled.id),
            terminal.paint(
                Style::Faint,
                &format!(
                    "{} · seed {} · slot {} ({}) by hand",
                    self.compiled.arm,
                    self.seed,
                    self.slot.get(),
                    self.role.name
                )
            )
        );
        text += &table.draw(terminal);
        text += "\nTotals\n";
        let mut columns = vec![("slot", Align::Right), ("role", Align::Left)];
        columns.extend(heads.iter().map(|head| (head.as_str(), Align::Right)));
        let mut table = Drawn::new(&columns);
        for (slot, pay) in (0_u8..).zip(self.totals.chunks(n)) {
            let role = &self.table().roles[self.table().role_of(Slot::new(slot)).index()];
            let mut cells = vec![slot.to_string().into(), role.name.as_str().into()];
            cells.extend(pay.iter().map(|pay| Cell::from(millionths(*pay))));
            table.row(cells);
        }
        text += &table.draw(terminal);
        if heads.iter().any(|head| head.ends_with("(hidden)")) {
            text += "hidden: no agent ever sees this channel\n";
        }
        let state = if self.over { "over" } else { "goes on" };
        text += &format!(
            "The episode {} after {} ticks",
            if self.over { "is over" } else { state },
            self.ticks.len()
        );
        if self.left > 0 {
            text += &format!(", {} actions were not played", self.left);
        }
        text + ".\n"
    }
    /// What happened, in words; of what comes all the time only what the seat itself did.
    fn events(&self, tick: &Tick) -> String {
        tick.events
            .iter()
            .filter(|e| !QUIET.contains(&e.event.as_str()) || e.actor == Some(self.slot.get()))
            .map(|e| format!("{}({})", e.event, e.fields.join(", ")))
            .collect::<Vec<_>>()
            .join("  ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonweal_core::state::Action;

    fn role(names: &[&str]) -> Role {
        Role {
            name: "worker".into(),
            first: 0,
            n: 1,
            n_focal: 1,
            ahead: 5,
            behind: 5,
            side: 5,
            turned: false,
            look: None,
            told: None,
            actions: names
                .iter()
                .map(|name| Action {
                    name: (*name).to_owned(),
                    verb: name.split(':').next().expect("split gives one").to_owned(),
                    mechanic: 0,
                    argument: 0,
                })
                .collect(),
            noop: true,
            plays: None,
        }
    }

    #[test]
    fn letters_are_steps_in_every_mode_and_a_number_repeats() {
        let compass = role(&["noop", "n", "e", "s", "w", "use:lever"]);
        assert_eq!(
            parse("u d l r n . x3, use", &compass).expect("all known"),
            [1, 3, 4, 2, 1, 0, 0, 0, 5]
        );
        let turning = role(&["noop", "forward", "back", "left", "right", "turn_left"]);
        assert_eq!(
            parse("u f b l r tl x2", &turning).expect("all known"),
            [1, 1, 2, 3, 4, 5, 5]
        );
    }

    #[test]
    fn what_is_no_action_is_refused_with_those_that_there_are() {
        let role = role(&["noop", "n", "say:coming", "say:gone"]);
        let error = |text: &str| parse(text, &role).expect_err("refused");
        assert!(error("say:comming").contains("did you mean `say:coming`?"));
        assert!(error("say").contains("name one of say:coming, say:gone"));
        assert!(error("jump").contains("there are noop, n, say:coming, say:gone"));
        assert!(error("").contains("no actions"));
        assert!(error("x3").contains("stands first"));
        assert!(error("n x0").contains("x0"));
        assert!(error("n x999999999").contains("more than"));
    }
}
