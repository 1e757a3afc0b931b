//! Who plays: the groups that the caller controls, and who sits in the other slots.

use super::named::{slot_name, slot_named};
use super::tick::Seat;
use super::{BatchError, Config, Control, Group, MAX_GROUPS};
use crate::ids::{RoleId, Slot};
use crate::observe::own_fields;
use crate::scenario::Compiled;
use crate::state::Table;

/// The controlled roles.
pub(super) fn groups(table: &Table, config: &Config) -> Result<Vec<Group>, BatchError> {
    let mut out = Vec::new();
    if let Control::Roles(list) = &config.control {
        for (name, slots) in list {
            let Some(role) = table.role(name) else {
                let names: Vec<&str> = table.roles.iter().map(|r| r.name.as_str()).collect();
                return Err(BatchError::Wrong(format!(
                    "there is no role `{name}`; the roles are {}",
                    names.join(", ")
                )));
            };
            let n = table.roles[role.index()].n;
            if let Some(slot) = slots.iter().flatten().find(|&&s| s >= n) {
                return Err(BatchError::Wrong(format!(
                    "role `{name}` has {n} slots, from 0; there is no {slot}"
                )));
            }
        }
    }
    for (r, role) in (0u8..).zip(&table.roles) {
        let chosen: Vec<u8> = match &config.control {
            Control::Focal => (0..role.n_focal.min(role.n)).collect(),
            Control::All => (0..role.n).collect(),
            Control::None => Vec::new(),
            Control::Roles(list) => {
                let mut slots: Vec<u8> = list
                    .iter()
                    .filter(|(name, _)| *name == role.name)
                    .flat_map(|(_, slots)| slots.clone().unwrap_or_else(|| (0..role.n).collect()))
                    .collect();
                slots.sort_unstable();
                slots.dedup();
                slots
            }
        };
        if chosen.is_empty() {
            continue;
        }
        let own = own_fields(table, RoleId::new(r));
        out.push(Group {
            role: RoleId::new(r),
            name: role.name.clone(),
            slots: chosen
                .into_iter()
                .map(|i| Slot::new(role.first + i))
                .collect(),
            obs_shape: config.encoding.shape(role),
            own_names: own.iter().map(|f| f.name.clone()).collect(),
            own_scale: own.iter().map(|f| f.scale).collect(),
            action_names: role.actions.iter().map(|a| a.name.clone()).collect(),
        });
    }
    if out.len() > MAX_GROUPS {
        return Err(BatchError::Wrong(format!(
            "{} roles are controlled, at most {MAX_GROUPS} can be",
            out.len()
        )));
    }
    Ok(out)
}

/// What stops two arms from sharing buffers, in words.
pub(super) fn difference(a: &[Group], b: &[Group]) -> Option<String> {
    if a.len() != b.len() {
        return Some("they control different roles".to_owned());
    }
    a.iter().zip(b).find(|(a, b)| a != b).map(|(a, b)| {
        let what = if a.slots != b.slots {
            "slots"
        } else if a.obs_shape != b.obs_shape {
            "observation shape"
        } else if a.action_names != b.action_names {
            "actions"
        } else {
            "own vector"
        };
        format!("group `{}` has another {what}", a.name)
    })
}

/// The policy of that name: a bot of the file, `random` or `noop`.
pub(super) fn seat_named(compiled: &Compiled, name: &str) -> Result<Seat, BatchError> {
    match name {
        "random" => Ok(Seat::Random),
        "noop" => Ok(Seat::Idle),
        _ => match compiled.bots.iter().position(|b| b.name == name) {
            Some(bot) => Ok(Seat::Bot(bot)),
            None => {
                let names: Vec<&str> = compiled.bots.iter().map(|b| b.name.as_str()).collect();
                let names = names.join(", ");
                Err(BatchError::Wrong(format!(
                    "there is no policy `{name}`; there are {names}, random and noop"
                )))
            }
        },
    }
}

/// Who plays each slot.
pub(super) fn seats(
    compiled: &Compiled,
    groups: &[Group],
    config: &Config,
) -> Result<Vec<Seat>, BatchError> {
    let table = &compiled.table;
    for (name, _) in &config.policies {
        if table.role(name).is_none() && slot_named(table, name).is_none() {
            let names: Vec<&str> = table.roles.iter().map(|r| r.name.as_str()).collect();
            return Err(BatchError::Wrong(format!(
                "there is no role or slot `{name}`; the roles are {}",
                names.join(", ")
            )));
        }
    }
    if let Some(slot) = config.absent.iter().find(|s| s.index() >= table.n_slots()) {
        return Err(BatchError::Wrong(format!(
            "there is no slot {}; the scenario has {}",
            slot.get(),
            table.n_slots()
        )));
    }
    let bot = |name: &str| seat_named(compiled, name);
    let named = |who: &str| {
        let named = config.policies.iter().rev().find(|(name, _)| name == who);
        named.map(|(_, name)| bot(name)).transpose()
    };
    let mut out = Vec::new();
    for role in &table.roles {
        let usual = role
            .plays
            .map_or(Seat::Idle, |bot| Seat::Bot(usize::from(bot)));
        let seat = named(&role.name)?.unwrap_or(usual);
        for slot in role.first..role.first + role.n {
            let own = named(&slot_name(table, Slot::new(slot)))?;
            out.push(own.unwrap_or(seat));
        }
    }
    for slot in groups.iter().flat_map(|g| &g.slots) {
        out[slot.index()] = Seat::Caller;
    }
    Ok(out)
}
