//! Roles of a file: slots, windows, looks, what they are told, their actions.
//!
//! **Invariant.** Slots and actions follow the order of the file and of the mechanics list.

use super::file::{RoleFile, View};
use super::names::suggest;
use super::read::{Count, Reader};
use super::world::{Named, World, limit};
use crate::state::{Action, Role};

/// All roles, in file order.
pub(super) fn roles(world: &World, bots: &[String], reader: &mut Reader<'_>) -> Vec<Role> {
    let turned = world
        .mechanics
        .iter()
        .find_map(|m| m.config.turns_windows())
        .unwrap_or(false);
    let mut first = 0_u8;
    let mut out = Vec::new();
    for (index, named) in world.roles.iter().enumerate() {
        let fallback = RoleFile {
            slots: Count(1),
            focal: None,
            verbs: None,
            noop: true,
            view: None,
            plays: None,
            _vars: None,
            look: None,
            told: None,
            _human: false,
        };
        let file = named.value.as_ref().unwrap_or(&fallback);
        let view = file.view.clone().unwrap_or(View {
            ahead: Count(5),
            behind: Count(5),
            side: Count(5),
        });
        check_view(named, &view, turned, reader);
        let focal = file.focal.unwrap_or(Count(0));
        if focal.0 > file.slots.0 {
            let at = named.node.get("focal").map_or(named.node.key, |n| n.span);
            let message = format!(
                "roles.{} has {} focal slots of {}",
                named.name, focal.0, file.slots.0
            );
            reader.error(
                "E201",
                at,
                message,
                format!("`focal` goes up to {}", file.slots.0),
            );
        }
        let role = Role {
            name: named.name.clone(),
            first,
            n: file.slots.u8(),
            n_focal: focal.u8(),
            ahead: view.ahead.u8(),
            behind: view.behind.u8(),
            side: view.side.u8(),
            turned,
            look: look_bit(world, index, named, file, reader),
            told: told(world, named, file, reader),
            actions: actions(world, named, file, reader),
            noop: file.noop,
            plays: plays(bots, named, file, reader),
        };
        first = first.saturating_add(role.n);
        out.push(role);
    }
    out
}

fn check_view(named: &Named<Option<RoleFile>>, view: &View, turned: bool, reader: &mut Reader<'_>) {
    let at = named.node.get("view").map_or(named.node.key, |n| n.span);
    let (rows, columns) = (view.ahead.0 + 1 + view.behind.0, 2 * view.side.0 + 1);
    let fits = |n: i64| (5..=17).contains(&n) && n % 2 == 1;
    if !fits(rows) || !fits(columns) {
        let message = format!(
            "roles.{} sees {rows} rows and {columns} columns",
            named.name
        );
        let help = "a window has 5, 7, 9, 11, 13, 15 or 17 of each: ahead + 1 + behind rows, 2 · side + 1 columns";
        reader.error("E307", at, message, help);
    } else if view.ahead != view.behind && !turned {
        let message = format!(
            "roles.{} sees {} ahead and {} behind, but its window does not turn",
            named.name, view.ahead.0, view.behind.0
        );
        reader.error(
            "E307",
            at,
            message,
            "set `move.mode = \"turn\"`, or see as far behind as ahead",
        );
    }
}

fn look_bit(
    world: &World,
    index: usize,
    named: &Named<Option<RoleFile>>,
    file: &RoleFile,
    reader: &mut Reader<'_>,
) -> Option<u8> {
    let name = file.look.as_ref()?;
    let vars = world.role_vars.get(index)?;
    let found = vars
        .iter()
        .position(|v| v.decl.name == *name && v.decl.ty == crate::state::Type::Bool);
    if found.is_none() {
        let at = named.node.get("look").map_or(named.node.key, |n| n.span);
        let help = suggest(
            name,
            vars.iter()
                .filter(|v| v.decl.ty == crate::state::Type::Bool)
                .map(|v| v.decl.name.as_str()),
        );
        reader.error(
            "E103",
            at,
            format!(
                "roles.{}.look names `{name}`, which is no bool of that role",
                named.name
            ),
            help,
        );
    }
    found.and_then(|i| u8::try_from(i).ok())
}

fn told(
    world: &World,
    named: &Named<Option<RoleFile>>,
    file: &RoleFile,
    reader: &mut Reader<'_>,
) -> Option<u8> {
    let name = file.told.as_ref()?;
    let found = world.texts.iter().position(|(n, _)| n == name);
    if found.is_none() {
        let at = named.node.get("told").map_or(named.node.key, |n| n.span);
        let help = suggest(name, world.texts.iter().map(|(n, _)| n.as_str()));
        reader.error(
            "E103",
            at,
            format!(
                "roles.{}.told names `{name}`, which is no key in [texts]",
                named.name
            ),
            help,
        );
    }
    found.and_then(|i| u8::try_from(i).ok())
}

fn plays(
    bots: &[String],
    named: &Named<Option<RoleFile>>,
    file: &RoleFile,
    reader: &mut Reader<'_>,
) -> Option<u8> {
    let name = file.plays.as_ref()?;
    let found = bots.iter().position(|b| b == name);
    if found.is_none() {
        let at = named.node.get("plays").map_or(named.node.key, |n| n.span);
        let help = suggest(name, bots.iter().map(String::as_str));
        reader.error(
            "E103",
            at,
            format!("roles.{}.plays names `{name}`, which is no bot", named.name),
            help,
        );
    }
    found.and_then(|i| u8::try_from(i).ok())
}

fn actions(
    world: &World,
    named: &Named<Option<RoleFile>>,
    file: &RoleFile,
    reader: &mut Reader<'_>,
) -> Vec<Action> {
    let noop = Action {
        name: "noop".to_owned(),
        verb: "noop".to_owned(),
        mechanic: u8::MAX,
        argument: 0,
    };
    let mut out = vec![noop];
    for (position, picked) in world.mechanics.iter().enumerate() {
        let mechanic = u8::try_from(position).unwrap_or(u8::MAX);
        let verbs = picked
            .config
            .verbs_with(&picked.instance, &named.name, &world.spoken);
        out.extend(verbs.into_iter().map(|(name, verb, argument)| Action {
            name,
            verb,
            mechanic,
            argument,
        }));
    }
    if let Some(verbs) = &file.verbs {
        for (i, verb) in verbs.iter().enumerate() {
            if !out.iter().any(|a| a.verb == *verb || a.name == *verb) && world.whole {
                let at = named
                    .node
                    .at(&format!("verbs[{i}]"))
                    .map_or(named.node.key, |n| n.span);
                let help = suggest(verb, out.iter().map(|a| a.verb.as_str()));
                reader.error(
                    "E103",
                    at,
                    format!(
                        "roles.{}: no chosen mechanic has a verb `{verb}`",
                        named.name
                    ),
                    help,
                );
            }
        }
        out.retain(|a| a.mechanic == u8::MAX || verbs.iter().any(|v| *v == a.verb || *v == a.name));
    }
    let steps = |a: &Action| {
        let of = world.mechanics.get(usize::from(a.mechanic));
        of.is_some_and(|m| m.def.name == "move")
    };
    if !file.noop && world.whole && !out.iter().any(steps) {
        let at = named.node.get("noop").map_or(named.node.key, |n| n.span);
        let message = format!(
            "roles.{} may not play `noop`, and has no action that is always legal",
            named.name
        );
        reader.error(
            "E104",
            at,
            message,
            "choose the mechanic `move` for it, or drop `noop = false`",
        );
    }
    let mut names: Vec<&str> = out.iter().map(|a| a.name.as_str()).collect();
    names.sort_unstable();
    if let Some((twice, _)) = names.iter().zip(names.iter().skip(1)).find(|(a, b)| a == b) {
        let message = format!(
            "two mechanics give roles.{} an action `{twice}`",
            named.name
        );
        reader.error(
            "E106",
            named.node.key,
            message,
            "give one of them another name or verb",
        );
    }
    limit(
        out.len(),
        255,
        "actions of a role",
        Some(&named.node),
        reader,
    );
    out.truncate(255);
    out
}
