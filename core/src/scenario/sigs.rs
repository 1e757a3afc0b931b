//! The one list of what texts can call: functions, effects, a bot's actions. Checker, suggestions and reference page read it.
//!
//! **Invariant.** Order is that of the reference page; a name stands once in each list.

/// What an argument may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Param {
    /// A truth value.
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Num,
    /// Whole or not: the result is of the same type.
    Number,
    /// A whole number that is written out, from 0 to so many.
    Const(i32),
    /// A slot.
    Slot,
    /// A thing.
    Thing,
    /// A slot, thing or cell.
    Place,
    /// A kind of thing.
    Kind,
    /// A kind that can be carried.
    Item,
    /// A kind or role, with or without `where`.
    Set,
    /// A kind, with or without `where`.
    KindSet,
    /// A place, or `nearest(…)`: the nearest by the length of the path.
    Target,
    /// A reward channel.
    Channel,
    /// A message.
    Message,
    /// `l1`, `l2` or `linf`.
    Metric,
    /// A verb of the bot's role.
    Verb,
    /// A text in double quotes.
    Text,
    /// A whole number or `never`.
    TicksOrNever,
    /// Any of these: checked where it is used.
    Any,
}

/// What a call gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gives {
    /// A truth value.
    Bool,
    /// A whole number.
    Int,
    /// A number of the arguments' type.
    Number,
    /// A role.
    Role,
    /// A slot.
    Slot,
    /// What the argument of a message is.
    Argument,
    /// A member of the set: a thing if the kind has thing rows, a slot for a role, else a cell.
    Member,
    /// Nothing: an effect or an action.
    Nothing,
}

/// Where a call may stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Where {
    /// Everywhere.
    Everywhere,
    /// In scripts only.
    Scripts,
    /// As an effect of a rule.
    Effects,
    /// After the arrow of a script's line.
    Actions,
}

/// A function, effect or action.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sig {
    /// Its name.
    pub name: &'static str,
    /// How it is written.
    pub form: &'static str,
    /// Its arguments.
    pub params: &'static [Param],
    /// So many of the last may be left out.
    pub optional: usize,
    /// What it gives.
    pub gives: Gives,
    /// Where it may stand.
    pub place: Where,
    /// The mechanic or section that it needs and that this version does not have yet.
    pub needs: Option<&'static str>,
    /// What it does, for the reference page.
    pub doc: &'static str,
}

const fn sig(
    form: &'static str,
    params: &'static [Param],
    gives: Gives,
    place: Where,
    doc: &'static str,
) -> Sig {
    Sig {
        name: name_of(form),
        form,
        params,
        optional: 0,
        gives,
        place,
        needs: None,
        doc,
    }
}
const fn optional(sig: Sig, optional: usize) -> Sig {
    Sig { optional, ..sig }
}
const fn later(sig: Sig, needs: &'static str) -> Sig {
    Sig {
        needs: Some(needs),
        ..sig
    }
}
/// The part of a form before its bracket.
const fn name_of(form: &'static str) -> &'static str {
    let bytes = form.as_bytes();
    let mut n = 0;
    while n < bytes.len() && bytes[n] != b'(' {
        n += 1;
    }
    form.split_at(n).0
}

use Gives as G;
use Param as P;
use Where as W;

/// Functions.
pub const FUNCTIONS: &[Sig] = &[
    optional(
        sig(
            "count(K [where …], [at, r, metric = linf])",
            &[P::Set, P::Place, P::Const(8), P::Metric],
            G::Int,
            W::Everywhere,
            "How many there are; with a place, how many within `r` cells of it, the place itself included. `l2`: squared distance at most r².",
        ),
        3,
    ),
    sig(
        "has(s, K [where …])",
        &[P::Slot, P::KindSet],
        G::Bool,
        W::Everywhere,
        "Whether the slot carries one.",
    ),
    sig(
        "the(K [where …])",
        &[P::Set],
        G::Member,
        W::Everywhere,
        "The only one; without `where` there must be exactly one at load.",
    ),
    sig(
        "on(place, K [where …])",
        &[P::Place, P::Set],
        G::Bool,
        W::Everywhere,
        "Whether one is in that cell.",
    ),
    sig(
        "near(a, b, r)",
        &[P::Place, P::Place, P::Const(255)],
        G::Bool,
        W::Everywhere,
        "Whether the two lie within `r` cells of each other, rows and columns taken apart (as `linf`).",
    ),
    sig(
        "dist(a, b)",
        &[P::Place, P::Place],
        G::Int,
        W::Everywhere,
        "Manhattan distance.",
    ),
    sig(
        "role(s)",
        &[P::Slot],
        G::Role,
        W::Everywhere,
        "Role of a slot.",
    ),
    sig(
        "owner(x)",
        &[P::Place],
        G::Slot,
        W::Everywhere,
        "Who owns the thing in a place; missing where nobody does.",
    ),
    sig(
        "inside(x, area)",
        &[P::Place, P::Any],
        G::Bool,
        W::Everywhere,
        "Whether a place lies in an area of the legend.",
    ),
    later(
        sig(
            "consents(owner, who)",
            &[P::Slot, P::Slot],
            G::Bool,
            W::Everywhere,
            "Whether the owner let someone in.",
        ),
        "boundary",
    ),
    sig(
        "chance(p)",
        &[P::Num],
        G::Bool,
        W::Everywhere,
        "True with probability `p`; the rule or line must have a name.",
    ),
    sig(
        "pick(n)",
        &[P::Const(i32::MAX)],
        G::Int,
        W::Everywhere,
        "A number from 0 to n - 1, each as likely; `n` is written out or a dial.",
    ),
    sig(
        "min(a, b)",
        &[P::Number, P::Number],
        G::Number,
        W::Everywhere,
        "The smaller.",
    ),
    sig(
        "max(a, b)",
        &[P::Number, P::Number],
        G::Number,
        W::Everywhere,
        "The greater.",
    ),
    sig(
        "abs(a)",
        &[P::Number],
        G::Number,
        W::Everywhere,
        "Without its sign.",
    ),
    sig(
        "clamp(a, low, high)",
        &[P::Number, P::Number, P::Number],
        G::Number,
        W::Everywhere,
        "Moved into the range.",
    ),
    sig(
        "nearest(K [where …])",
        &[P::Set],
        G::Member,
        W::Scripts,
        "The nearest one that the bot senses: in `go` and `path` by the length of the path, elsewhere by Manhattan distance, ties by place.",
    ),
    sig(
        "seen(K [where …])",
        &[P::Set],
        G::Bool,
        W::Scripts,
        "Whether the bot senses one.",
    ),
    sig(
        "heard(M)",
        &[P::Message],
        G::Bool,
        W::Scripts,
        "Whether the bot heard the message in this episode.",
    ),
    sig(
        "last(M)",
        &[P::Message],
        G::Int,
        W::Scripts,
        "Ticks since the bot last heard the message, 9999 if never.",
    ),
    sig(
        "arg(M, name)",
        &[P::Message, P::Any],
        G::Argument,
        W::Scripts,
        "The argument `name` of what the bot last heard the message say; its first value if it never did (`heard`).",
    ),
    sig(
        "can(verb)",
        &[P::Verb],
        G::Bool,
        W::Scripts,
        "Whether the bot's own mask allows the verb.",
    ),
    sig(
        "path(place)",
        &[P::Target],
        G::Int,
        W::Scripts,
        "Length of the bot's path, 9999 if there is none.",
    ),
];

/// Effects of rules.
pub const EFFECTS: &[Sig] = &[
    sig(
        "pay(s, channel, num)",
        &[P::Slot, P::Channel, P::Num],
        G::Nothing,
        W::Effects,
        "Adds to the slot's reward of this tick.",
    ),
    sig(
        "give(s, K, n)",
        &[P::Slot, P::Item, P::Int],
        G::Nothing,
        W::Effects,
        "The slot carries so many more.",
    ),
    sig(
        "take(s, K, n)",
        &[P::Slot, P::Item, P::Int],
        G::Nothing,
        W::Effects,
        "The slot carries up to so many fewer.",
    ),
    sig(
        "transfer(a, b, K, n)",
        &[P::Slot, P::Slot, P::Item, P::Int],
        G::Nothing,
        W::Effects,
        "Up to so many go from a to b.",
    ),
    sig(
        "place(K, cell)",
        &[P::Kind, P::Place],
        G::Nothing,
        W::Effects,
        "A thing appears, if its layer is free there.",
    ),
    sig(
        "clear(K, cell)",
        &[P::Kind, P::Place],
        G::Nothing,
        W::Effects,
        "The thing goes.",
    ),
    sig(
        "become(thing, K)",
        &[P::Thing, P::Kind],
        G::Nothing,
        W::Effects,
        "The thing goes and one of the kind appears in its place.",
    ),
    sig(
        "move_to(s, cell)",
        &[P::Slot, P::Place],
        G::Nothing,
        W::Effects,
        "Puts the body into a free cell.",
    ),
    sig(
        "send_away(s, ticks)",
        &[P::Slot, P::TicksOrNever],
        G::Nothing,
        W::Effects,
        "The body leaves the map for so many ticks, or `never` comes back.",
    ),
    sig(
        "freeze(s, ticks)",
        &[P::Slot, P::Int],
        G::Nothing,
        W::Effects,
        "The slot does not act in the `ticks` - 1 ticks that follow; read back as `s.frozen`.",
    ),
    sig(
        "kill(s)",
        &[P::Slot],
        G::Nothing,
        W::Effects,
        "The slot is dead.",
    ),
    sig(
        "revive(s)",
        &[P::Slot],
        G::Nothing,
        W::Effects,
        "A dead slot lives again.",
    ),
    sig(
        "disable(s, by)",
        &[P::Slot, P::Slot],
        G::Nothing,
        W::Effects,
        "Switches the slot off.",
    ),
    sig(
        "enable(s, by)",
        &[P::Slot, P::Slot],
        G::Nothing,
        W::Effects,
        "Switches the slot on.",
    ),
    sig(
        "open(door)",
        &[P::Thing],
        G::Nothing,
        W::Effects,
        "Opens a door.",
    ),
    sig(
        "shut(door)",
        &[P::Thing],
        G::Nothing,
        W::Effects,
        "Shuts a door, unless a body stands in it.",
    ),
    sig(
        "drop_all(s)",
        &[P::Slot],
        G::Nothing,
        W::Effects,
        "What the slot carries falls to the nearest free cells.",
    ),
    sig(
        "claim(cell, s)",
        &[P::Place, P::Slot],
        G::Nothing,
        W::Effects,
        "The slot owns the thing in the cell, if it is one that can be claimed.",
    ),
    later(
        sig(
            "grant(owner, who, ticks)",
            &[P::Slot, P::Slot, P::Int],
            G::Nothing,
            W::Effects,
            "Lets someone in.",
        ),
        "boundary",
    ),
    later(
        sig(
            "revoke(owner, who, ticks)",
            &[P::Slot, P::Slot, P::Int],
            G::Nothing,
            W::Effects,
            "Lets someone in no longer.",
        ),
        "boundary",
    ),
    sig(
        "tell(s, M)",
        &[P::Slot, P::Message],
        G::Nothing,
        W::Effects,
        "The slot hears the message from the rule's first slot.",
    ),
    later(
        sig(
            "write(register, num)",
            &[P::Any, P::Num],
            G::Nothing,
            W::Effects,
            "Writes a ledger.",
        ),
        "ledger",
    ),
    sig(
        "next_round()",
        &[],
        G::Nothing,
        W::Effects,
        "Ends the round with this tick (`time.rounds`); in the last round, the episode.",
    ),
    sig(
        "finish(text)",
        &[P::Text],
        G::Nothing,
        W::Effects,
        "Ends the episode for all.",
    ),
];

/// Actions of scripts.
pub const ACTIONS: &[Sig] = &[
    sig(
        "go(target)",
        &[P::Target],
        G::Nothing,
        W::Actions,
        "One step on a shortest path; standing on the target counts as no target.",
    ),
    sig(
        "flee(target)",
        &[P::Target],
        G::Nothing,
        W::Actions,
        "One step that leads away.",
    ),
    sig("wander()", &[], G::Nothing, W::Actions, "A drawn step."),
    sig("stay()", &[], G::Nothing, W::Actions, "Nothing (`noop`)."),
    sig(
        "face(target)",
        &[P::Target],
        G::Nothing,
        W::Actions,
        "Turns to the target; facing it already counts as no target.",
    ),
    optional(
        sig(
            "use(verb [, target])",
            &[P::Verb, P::Any],
            G::Nothing,
            W::Actions,
            "Plays the verb if the own mask allows it; with a target only if there is one.",
        ),
        1,
    ),
    optional(
        sig(
            "say(message [, argument, …])",
            &[P::Message, P::Any, P::Any, P::Any, P::Any],
            G::Nothing,
            W::Actions,
            "Sends the message with its arguments, if they are of the message and the own mask allows it.",
        ),
        4,
    ),
    later(
        sig(
            "offer(…)",
            &[P::Any],
            G::Nothing,
            W::Actions,
            "Makes an offer.",
        ),
        "exchange",
    ),
    later(
        sig("vote(option)", &[P::Int], G::Nothing, W::Actions, "Votes."),
        "vote",
    ),
    sig(
        "act(index)",
        &[P::Int],
        G::Nothing,
        W::Actions,
        "Plays the action of that index in the role's list.",
    ),
];

/// Fields that every slot has: name, what it is.
pub const SLOT_FIELDS: &[(&str, &str)] = &[
    ("pos", "Its cell."),
    ("facing", "0 north, 1 east, 2 south, 3 west."),
    ("alive", "Whether it lives."),
    ("away", "Whether it is away."),
    ("on", "Whether it is switched on."),
    (
        "frozen",
        "Ticks for which it cannot act, this one not counted; 0 when it can act in the next.",
    ),
];

/// The signature of that name.
pub fn find(list: &'static [Sig], name: &str) -> Option<&'static Sig> {
    list.iter().find(|s| s.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_their_forms_and_stand_once() {
        for list in [FUNCTIONS, EFFECTS, ACTIONS] {
            for (i, s) in list.iter().enumerate() {
                assert!(
                    s.form.starts_with(s.name) && s.name.len() < s.form.len(),
                    "{}",
                    s.form
                );
                assert!(
                    list[..i].iter().all(|other| other.name != s.name),
                    "{} stands twice",
                    s.name
                );
                assert!(s.optional <= s.params.len(), "{}", s.name);
            }
        }
    }
}
