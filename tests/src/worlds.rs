//! Scenarios, their cells, and who plays in them.

use std::sync::Arc;

use commonweal_core::bots::BotKind;
use commonweal_core::scenario::{self, Compiled, Scenario};

/// All shipped scenarios.
pub fn shipped() -> Vec<Scenario> {
    let all: Vec<Scenario> = commonweal_scenarios::ALL
        .iter()
        .map(|s| read(s.id, s.text))
        .collect();
    assert!(!all.is_empty(), "no scenario is shipped");
    all
}

/// A scenario from text.
///
/// # Panics
/// With the diagnostics, when the text is refused.
pub fn read(id: &str, text: &str) -> Scenario {
    let (scenario, diagnostics) = scenario::check(id, text);
    let lines: Vec<String> = diagnostics.iter().map(|d| d.line(id, text)).collect();
    scenario.unwrap_or_else(|| panic!("{id} is refused:\n{}", lines.join("\n")))
}

/// Names of all cells of all arms, in file order.
pub fn cells(scenario: &Scenario) -> Vec<String> {
    scenario
        .arms
        .iter()
        .flat_map(|arm| (0..arm.cells.len().max(1)).map(|cell| arm.cell_name(cell)))
        .collect()
}

/// Compiles a cell.
///
/// # Panics
/// When the scenario has no such cell.
pub fn compile(scenario: &Scenario, cell: &str) -> Arc<Compiled> {
    scenario
        .compile(cell)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Compiles every cell.
pub fn compile_all(scenario: &Scenario) -> Vec<Arc<Compiled>> {
    cells(scenario)
        .iter()
        .map(|cell| compile(scenario, cell))
        .collect()
}

/// Ways to fill all slots of a scenario with bots: a name, and the policies that differ from the file's. First `random` everywhere,
/// then each control agent in the seats under test.
pub fn casts(scenario: &Scenario, compiled: &Compiled) -> Vec<(String, Vec<(String, String)>)> {
    let roles = &compiled.table.roles;
    let everywhere = roles
        .iter()
        .map(|r| (r.name.clone(), "random".to_owned()))
        .collect();
    let mut out = vec![("random".to_owned(), everywhere)];
    for role in roles.iter().filter(|r| r.n_focal > 0) {
        for bot in &scenario.bots {
            if bot.kind != BotKind::Resident && bot.role.as_ref().is_none_or(|r| *r == role.name) {
                out.push((
                    bot.name.clone(),
                    vec![(role.name.clone(), bot.name.clone())],
                ));
            }
        }
    }
    out
}
