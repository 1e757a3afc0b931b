//! Events and slots with their names, for people and logs.

use crate::event::EventRow;
use crate::ids::{Cell, Slot, Type};
use crate::state::Table;

/// An event with names, for people and logs.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct EventView {
    /// Tick in which it happened.
    pub tick: u32,
    /// Name.
    pub event: String,
    /// First slot field: who caused it.
    pub actor: Option<u8>,
    /// Second slot field.
    pub subject: Option<u8>,
    /// First cell field, (row, column) of the map as written.
    pub place: Option<(i32, i32)>,
    /// All fields in order, as text.
    pub fields: Vec<String>,
}
/// An event row with names.
pub(super) fn named(table: &Table, tick: u32, row: &EventRow) -> EventView {
    let decl = &table.events[usize::from(row.event)];
    let name = |list: Vec<&str>, value: i64| {
        usize::try_from(value)
            .ok()
            .and_then(|i| list.get(i).map(|s| (*s).to_owned()))
            .unwrap_or_else(|| value.to_string())
    };
    let place = |value: i64| {
        u16::try_from(value)
            .ok()
            .filter(|&c| c > 0)
            .map(|c| table.geometry.place(Cell::new(c)))
    };
    let mut slots = Vec::new();
    let mut cell = None;
    let fields = decl.fields.iter().map(|&(ty, part)| {
        let value = row.get(part);
        match ty {
            Type::Slot => {
                slots.push(u8::try_from(value).ok());
                u8::try_from(value)
                    .map_or_else(|_| "nobody".to_owned(), |s| slot_name(table, Slot::new(s)))
            }
            Type::Cell => {
                let at = place(value);
                cell = cell.or(at);
                at.map_or_else(|| "nowhere".to_owned(), |(r, c)| format!("({r},{c})"))
            }
            Type::Thing => usize::try_from(value)
                .ok()
                .and_then(|row| table.rows.get(row))
                .map_or_else(
                    || "nothing".to_owned(),
                    |row| table.kinds[row.kind.index()].name.clone(),
                ),
            Type::Kind => name(table.kinds.iter().map(|k| k.name.as_str()).collect(), value),
            Type::Role => name(table.roles.iter().map(|r| r.name.as_str()).collect(), value),
            Type::Message => {
                let message = usize::try_from(value)
                    .ok()
                    .and_then(|i| table.messages.get(i));
                let said = usize::try_from(row.num).unwrap_or(0);
                match message {
                    Some(m) if !m.args.is_empty() && decl.mechanic == Some("message") => {
                        let words: Vec<&str> = m.words(said).collect();
                        format!("{}({})", m.name, words.join(", "))
                    }
                    Some(m) => m.name.clone(),
                    None => value.to_string(),
                }
            }
            Type::Text => name(table.texts.iter().map(|t| t.name.as_str()).collect(), value),
            Type::Effect => name(crate::state::Refusal::NAMES.to_vec(), value),
            Type::Beam => name(table.effects.iter().map(String::as_str).collect(), value),
            Type::Bool => (value != 0).to_string(),
            Type::Num => {
                let (whole, rest) = (
                    value / crate::ids::ONE,
                    (value % crate::ids::ONE).unsigned_abs(),
                );
                let text = format!(
                    "{}{}.{rest:06}",
                    if value < 0 && whole == 0 { "-" } else { "" },
                    whole
                );
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
            Type::Int | Type::Choice => value.to_string(),
        }
    });
    let fields = fields.collect();
    let mut slots = slots.into_iter();
    EventView {
        tick,
        event: decl.name.clone(),
        actor: slots.next().flatten(),
        subject: slots.next().flatten(),
        place: cell,
        fields,
    }
}

/// The slot of that name, see [`slot_name`].
pub fn slot_named(table: &Table, name: &str) -> Option<Slot> {
    let n = u8::try_from(table.n_slots()).expect("at most 64 slots");
    (0..n)
        .map(Slot::new)
        .find(|&slot| slot_name(table, slot) == name)
}

/// `worker` for the only slot of a role, `gatherer_3` else: the names that agents have everywhere.
pub fn slot_name(table: &Table, slot: Slot) -> String {
    let role = &table.roles[table.role_of(slot).index()];
    if role.n == 1 {
        role.name.clone()
    } else {
        format!("{}_{}", role.name, slot.get() - role.first)
    }
}
