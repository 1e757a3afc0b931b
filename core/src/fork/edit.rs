//! Edits of a fork: one declared thing set to a value that it may have.
//!
//! **Invariant.** What breaks a bound, names what does not exist, or would put two things into one place is refused with a sentence,
//! and the state is then as it was.

use crate::ids::{Cell, KindId, Slot};
use crate::state::{ArenaMut, BODY, Table, VarDecl};

/// One change. Cells are (row, column) of the map as written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edit<'a> {
    /// A variable of the arena; the value within its bounds, numbers of type `num` in millionths.
    Var {
        /// Name in `[vars]`.
        name: &'a str,
        /// New value.
        value: i64,
    },
    /// A variable of a slot's role.
    SlotVar {
        /// Whose.
        slot: Slot,
        /// Name in the role's `vars`.
        name: &'a str,
        /// New value.
        value: i64,
    },
    /// A variable of the thing of a kind in a cell.
    ThingVar {
        /// Name of the kind.
        kind: &'a str,
        /// Where it lies.
        cell: (u16, u16),
        /// Name in the kind's `vars`.
        name: &'a str,
        /// New value.
        value: i64,
    },
    /// The state of the thing of a kind in a cell, such as a door: 1 open, 0 shut.
    State {
        /// Name of the kind.
        kind: &'a str,
        /// Where it lies.
        cell: (u16, u16),
        /// New state.
        state: u8,
    },
    /// A thing appears.
    Place {
        /// Name of the kind.
        kind: &'a str,
        /// Where.
        cell: (u16, u16),
    },
    /// A thing goes.
    Clear {
        /// Name of the kind.
        kind: &'a str,
        /// Where it lies.
        cell: (u16, u16),
    },
    /// A body that is on the map stands in another cell.
    Body {
        /// Whose.
        slot: Slot,
        /// Where.
        cell: (u16, u16),
    },
}

impl Edit<'_> {
    /// Makes the change, or says why it cannot be.
    pub(super) fn apply(&self, table: &Table, one: &mut ArenaMut<'_>) -> Result<(), String> {
        // Acts that are refused are counted, and no event of an edit may reach the next tick's rules: both are put back.
        let (refused, events) = (one.head.refused, one.head.n_events);
        let lands = one.head.lands;
        let done = self.change(table, one);
        one.head.refused = refused;
        one.head.n_events = events;
        if done.is_err() {
            one.head.lands = lands;
        }
        done
    }
    fn change(&self, table: &Table, one: &mut ArenaMut<'_>) -> Result<(), String> {
        match *self {
            Self::Var { name, value } => {
                let var = named("variable", name, &table.vars)?;
                one.vars[table.arena_place(var)] = bounded(&table.vars[var], value)?;
            }
            Self::SlotVar { slot, name, value } => {
                let vars = &table.role_vars[usize::from(slot_role(table, slot)?)];
                let var = named("variable of the role", name, vars)?;
                one.vars[table.slot_place(slot, var)] = bounded(&vars[var], value)?;
                one.refresh_body(slot);
            }
            Self::ThingVar {
                kind,
                cell,
                name,
                value,
            } => {
                let (kind, row) = row(table, one, kind, cell)?;
                let vars = &table.thing_vars[kind.index()];
                let var = named("variable of the kind", name, vars)?;
                one.vars[table.row_place(row, var)] = bounded(&vars[var], value)?;
                one.refresh_thing(row);
            }
            Self::State { kind, cell, state } => {
                let (id, row) = row(table, one, kind, cell)?;
                let k = &table.kinds[id.index()];
                if table.shown_var(id).is_some() || state >= k.n_looks {
                    return Err(format!("`{kind}` has no state {state}"));
                }
                let at = Cell::new(one.rows[row].cell);
                let solid = table.looks.blocks_move[usize::from(k.look + state)];
                if solid && one.cells.word(at)[BODY] != 0 {
                    return Err(format!("a body stands in the cell of this `{kind}`"));
                }
                one.rows[row].state = state;
                one.refresh_thing(row);
            }
            Self::Place { kind, cell } => {
                let (id, at) = (kind_named(table, kind)?, inside(table, cell)?);
                if !one.place(id, at) {
                    return Err(format!(
                        "there is no room for `{kind}` in {}",
                        written(cell)
                    ));
                }
            }
            Self::Clear { kind, cell } => {
                let (id, at) = (kind_named(table, kind)?, inside(table, cell)?);
                if !one.clear(id, at) {
                    return Err(format!("there is no `{kind}` in {}", written(cell)));
                }
            }
            Self::Body { slot, cell } => {
                slot_role(table, slot)?;
                let at = inside(table, cell)?;
                let lands = one.head.lands;
                match one.body(slot) {
                    None => return Err(format!("slot {} has no body on the map", slot.get())),
                    Some(old) if old == at => {}
                    Some(_) => {
                        if !one.put_body(slot, at) {
                            return Err(format!("{} is not free", written(cell)));
                        }
                        // It stands there, as after a reset: it does not enter the cell.
                        one.head.lands = lands & !(1 << slot.index());
                    }
                }
            }
        }
        Ok(())
    }
}

fn written((row, column): (u16, u16)) -> String {
    format!("cell ({row}, {column})")
}

fn named(what: &str, name: &str, vars: &[VarDecl]) -> Result<usize, String> {
    vars.iter().position(|v| v.name == name).ok_or_else(|| {
        let names: Vec<&str> = vars.iter().map(|v| v.name.as_str()).collect();
        format!(
            "there is no {what} `{name}`; there are: {}",
            names.join(", ")
        )
    })
}

fn bounded(var: &VarDecl, value: i64) -> Result<i64, String> {
    if var.bounded(value) == value {
        return Ok(value);
    }
    Err(format!(
        "`{}` lies in {} to {}, not at {value}",
        var.name, var.min, var.max
    ))
}

fn slot_role(table: &Table, slot: Slot) -> Result<u8, String> {
    let role = table.slot_roles.get(slot.index()).copied();
    role.ok_or_else(|| {
        let n = table.n_slots();
        format!("there is no slot {}; the scenario has {n}", slot.get())
    })
}

fn kind_named(table: &Table, name: &str) -> Result<KindId, String> {
    table
        .kind(name)
        .ok_or_else(|| format!("there is no kind `{name}`"))
}

fn inside(table: &Table, cell: (u16, u16)) -> Result<Cell, String> {
    let g = &table.geometry;
    if cell.0 >= g.height || cell.1 >= g.width {
        return Err(format!(
            "{} lies off the map, which has {} rows and {} columns",
            written(cell),
            g.height,
            g.width
        ));
    }
    Ok(g.cell(cell.0, cell.1))
}

fn row(
    table: &Table,
    one: &ArenaMut<'_>,
    name: &str,
    cell: (u16, u16),
) -> Result<(KindId, usize), String> {
    let (kind, at) = (kind_named(table, name)?, inside(table, cell)?);
    let row = one.row_at(kind, at).ok_or_else(|| {
        format!(
            "there is no `{name}` with a state of its own in {}",
            written(cell)
        )
    })?;
    Ok((kind, row))
}
