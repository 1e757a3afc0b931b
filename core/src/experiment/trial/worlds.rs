//! Where the worlds of two cells differ before the first tick, held against what the file says that differs.

use std::sync::Arc;

use super::{Finding, Trial};
use crate::batch::{Batch, Config, Control};
use crate::experiment::{ExperimentError, Options};
use crate::observe::Encoding;
use crate::scenario::{Compiled, Leaf};

/// Names of the columns in which two cells differ at tick 0 over so many paired seeds; `None` where their states have other columns.
pub fn worlds_differ(
    cells: [&Arc<Compiled>; 2],
    options: &Options,
    seeds: u32,
) -> Result<Option<Vec<&'static str>>, ExperimentError> {
    let arms = [Arc::clone(cells[0]), Arc::clone(cells[1])];
    let seeds = usize::try_from(seeds).expect("few seeds");
    let mut batch = Batch::new(
        &arms,
        Config {
            arenas: 2 * seeds,
            control: Control::None,
            domain: options.domain,
            seed: options.batch_seed,
            first: options.first,
            encoding: Encoding::None,
            ..Config::default()
        },
    )?;
    let mut out = Vec::new();
    for seed in 0..seeds {
        let Ok(diffs) = batch.diff(2 * seed, 2 * seed + 1) else {
            return Ok(None);
        };
        for diff in diffs {
            if !out.contains(&diff.column) {
                out.push(diff.column);
            }
        }
    }
    Ok(Some(out))
}

/// The columns among those in which two cells differ at tick 0 to which no patch leads.
pub fn strays(
    cells: [&Arc<Compiled>; 2],
    leaves: &[Leaf],
    columns: &[&'static str],
) -> Vec<&'static str> {
    // Rules of the kind `start` have run before the first tick: through them a variable or a dial reaches everything.
    let starts = cells.iter().any(|cell| cell.programs.rules.has_start());
    let led = |column: &str, leaf: &Leaf| {
        let through = leaf.path.starts_with("vars.") || leaf.path.starts_with("dials.");
        starts && through || reaches(&leaf.path, column)
    };
    columns
        .iter()
        .copied()
        .filter(|column| !leaves.iter().any(|leaf| led(column, leaf)))
        .collect()
}

/// Whether a patched path can change a column at reset.
fn reaches(path: &str, column: &str) -> bool {
    let mut parts = path.split('.');
    let (table, name) = (parts.next().unwrap_or(path), parts.next().unwrap_or(""));
    let field = parts.next().unwrap_or("");
    // What the world is made of lies in map words, things and variables; a mechanic keeps its own columns.
    let made = matches!(column, "arena.vars" | "arena.map" | "arena.things");
    let kept = !column.starts_with("arena.") && !column.starts_with("agent.");
    match table {
        "vars" => column == "arena.vars",
        "texts" | "messages" | "rewards" | "events" | "time" => false,
        "roles" if field == "told" || field == "verbs" => false,
        "mechanics" => made && column != "arena.vars" || column.starts_with(&format!("{name}.")),
        "dials" => made || kept,
        _ => true,
    }
}

impl Trial<'_> {
    /// Cells differ at tick 0 only where a patch leads to.
    pub(super) fn worlds(&self) -> Result<Finding, ExperimentError> {
        const WHAT: &str = "worlds of the arms";
        const SEEDS: u32 = 4;
        let own = self.own();
        let mut compared = 0;
        for cell in &self.experiment.cells {
            if cell.name == own.name {
                continue;
            }
            let leaves = self.scenario.leaves(&own.name, &cell.name)?;
            let columns = worlds_differ(
                [&own.compiled, &cell.compiled],
                &self.experiment.options,
                SEEDS,
            )?;
            let Some(columns) = columns else { continue };
            compared += 1;
            let stray = strays([&own.compiled, &cell.compiled], &leaves, &columns);
            if let Some(column) = stray.first() {
                let paths: Vec<&str> = leaves.iter().map(|l| l.path.as_str()).collect();
                let path = format!("arms.{}", cell.arm);
                let message = format!(
                    "{} and {} differ at tick 0 in `{column}`, where no patch leads to (patched: {})",
                    own.name,
                    cell.name,
                    paths.join(", ")
                );
                let help = "this is a fault of the engine: please report it with the file";
                return Ok(Finding::fails(
                    WHAT,
                    "E610",
                    self.span(&path),
                    message,
                    help,
                ));
            }
        }
        Ok(if compared == 0 {
            Finding::not_tried(
                WHAT,
                "there is one cell only, or their states have different columns",
            )
        } else {
            let cells = if compared == 1 {
                "1 other cell differs".to_owned()
            } else {
                format!("{compared} other cells differ")
            };
            let says = format!(
                "{cells} from {} where it is patched, and nowhere else",
                own.name
            );
            Finding::holds(WHAT, says)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::reaches;

    #[test]
    fn a_patch_reaches_its_own_columns() {
        assert!(reaches("vars.errand.init", "arena.vars"));
        assert!(!reaches("vars.errand.init", "arena.map"));
        assert!(!reaches("roles.worker.told", "arena.map"));
        assert!(reaches("roles.worker.slots", "agent.cell"));
        assert!(reaches("mechanics.regrow.apple.where", "regrow.soil"));
        assert!(!reaches("mechanics.regrow.apple.where", "message.outbox"));
        assert!(reaches("legend.C", "arena.map"));
    }
}
