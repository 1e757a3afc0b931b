//! The text observation: five blocks, UTF-8, LF, for language models and for people who read with a screen reader.
//!
//! `TICK` (`-` unless the file has `clock = true`), `YOU` (own names = values, those that are not 0), `MAP` (the window, one glyph
//! a cell, then what the glyphs stand for), `HEARD`, `ACTIONS` (legal names).

use std::fmt::Write;

use super::own::{self, own_fields};
use super::{is_legal, window};
use crate::ids::Slot;
use crate::scenario::Compiled;
use crate::state::{ArenaMut, BODY, LOOK, OUTSIDE, Word};

/// What a slot is told in this tick. Bodies are letters by slot; `@` is the reader.
pub fn text(compiled: &Compiled, arena: &ArenaMut<'_>, slot: Slot) -> String {
    let table = arena.table;
    let role_id = table.role_of(slot);
    let role = &table.roles[role_id.index()];
    let mut out = String::new();
    match table.time.clock {
        true => writeln!(out, "TICK {}", arena.head.tick).expect("a String takes all"),
        false => out.push_str("TICK -\n"),
    }
    let fields = own_fields(table, role_id);
    let mut values = vec![0; fields.len()];
    own::write(arena, slot, &fields, &mut values);
    let shown: Vec<String> = fields
        .iter()
        .zip(&values)
        .filter(|(f, v)| **v != 0 && !f.name.starts_with("told[") && !f.name.starts_with("sign["))
        .map(|(f, v)| format!("{}={v}", f.name))
        .collect();
    writeln!(out, "YOU {} {}", role.name, shown.join(" ")).expect("a String takes all");
    if let Some(told) = role.told {
        writeln!(out, "  told: {}", table.texts[usize::from(told)].text)
            .expect("a String takes all");
    }
    for (t, sign) in (0u8..).zip(&table.texts) {
        if own::reads(arena, slot, t) {
            writeln!(out, "  sign: {}", sign.text).expect("a String takes all");
        }
    }
    map(&mut out, arena, slot);
    let mut heard = String::new();
    for (s, sender) in table.roles.iter().enumerate() {
        for (m, message) in table.messages.iter().enumerate() {
            let n =
                arena.heard_now[(slot.index() * table.roles.len() + s) * table.messages.len() + m];
            if n > 0 && !message.args.is_empty() {
                said(&mut heard, arena, slot, (s, m));
            } else if n > 0 {
                write!(heard, "\n  {}: {}", sender.name, message.says).expect("a String takes all");
            }
        }
    }
    writeln!(out, "HEARD{}", if heard.is_empty() { " -" } else { &heard })
        .expect("a String takes all");
    let legal = (0u8..)
        .zip(&role.actions)
        .filter(|(a, _)| is_legal(compiled, arena, slot.index(), *a));
    let names: Vec<&str> = legal.map(|(_, a)| a.name.as_str()).collect();
    writeln!(out, "ACTIONS {}", names.join(" ")).expect("a String takes all");
    out
}

/// What agents of a role said to a slot in this tick with a message that has arguments, a line each.
fn said(out: &mut String, arena: &ArenaMut<'_>, hearer: Slot, (role, message): (usize, usize)) {
    let table = arena.table;
    let heard = arena.events().iter().filter(|row| {
        let by = usize::from(row.b);
        Some(row.event) == table.acts.heard.map(crate::ids::EventId::get)
            && row.a == u16::from(hearer.get())
            && usize::from(row.k) == message
            && u8::try_from(by).is_ok_and(|by| table.role_of(Slot::new(by)).index() == role)
    });
    for row in heard {
        let said = table.messages[message].spoken(usize::try_from(row.num).unwrap_or(0));
        write!(out, "\n  {}: {said}", table.roles[role].name).expect("a String takes all");
    }
}

/// Glyphs for look codes, given out in the order in which the window shows them; the first glyphs are kept for the common things.
pub(super) const GLYPHS: &str = "#*+%=o~^!?&$xvwzyusrqpnmkjihgfedcbtl0123456789";

fn map(out: &mut String, arena: &ArenaMut<'_>, slot: Slot) {
    let table = arena.table;
    let Some(cell) = arena.body(slot) else {
        out.push_str("MAP -\n");
        return;
    };
    let role = &table.roles[table.role_of(slot).index()];
    let (_, w) = role.window();
    let mut lines = String::new();
    let mut legend: Vec<(char, String)> = Vec::new();
    let mut glyphs = GLYPHS.chars();
    let mut given: Vec<(u8, char)> = Vec::new();
    window::for_each(
        table,
        role,
        arena.cells.words(),
        cell.index(),
        arena.agents.facing[slot.index()].0,
        |i, word| {
            if i > 0 && i % w == 0 {
                lines.push_str("\n  ");
            }
            let code = top_but_floor(word);
            let glyph = match (word[BODY], code) {
                (body, _) if body == slot.get() + 1 => '@',
                (body @ 1.., _) => {
                    let letter = char::from(b'A' + (body - 1) % 26);
                    let of = table
                        .roles
                        .get(usize::from(word[LOOK] & 7).wrapping_sub(1))
                        .map_or("agent", |r| r.name.as_str());
                    let stopped = if word[LOOK] & 32 != 0 {
                        ", stopped"
                    } else {
                        ""
                    };
                    let carrying = if word[LOOK] & 64 != 0 {
                        ", carrying"
                    } else {
                        ""
                    };
                    legend.push((letter, format!("{of}{stopped}{carrying}")));
                    letter
                }
                (0, 0) => '.',
                (0, OUTSIDE) => ' ',
                (0, code) => match given.iter().find(|(c, _)| *c == code) {
                    Some((_, glyph)) => *glyph,
                    None => {
                        let glyph = glyphs.next().unwrap_or('?');
                        given.push((code, glyph));
                        let name = table
                            .looks
                            .names
                            .get(usize::from(code))
                            .map_or("thing", String::as_str);
                        legend.push((glyph, name.to_owned()));
                        glyph
                    }
                },
            };
            lines.push(glyph);
        },
    );
    legend.sort();
    legend.dedup();
    let words: Vec<String> = legend
        .iter()
        .map(|(glyph, what)| format!("{glyph} {what}"))
        .collect();
    writeln!(out, "MAP\n  {lines}\n  @ you; {}", words.join("; ")).expect("a String takes all");
}

/// What lies on top, the floor left out.
pub(super) fn top_but_floor(word: Word) -> u8 {
    let mut bare = word;
    bare[0] = 0;
    window::top(bare)
}
