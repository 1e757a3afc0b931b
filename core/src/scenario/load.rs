//! The whole way: text → tree → frame → every cell of every arm compiled once, so that all that is wrong is said at once.
//!
//! **Invariant.** At most 50 diagnostics, sorted by place, one for each slip; without errors there is a scenario, and then every
//! cell of it compiles.

use std::sync::Arc;

use super::arms::{ArmPlan, Factor, patched, read_arms, read_factors};
use super::compile::{Job, compile};
use super::doc::{Node, original, parse, unix_lines};
use super::read::Reader;
use super::world::limit;
use super::{ArmError, ArmKind, Compiled, Scenario, arms, frame, hidden, lint, pools};
use crate::diagnostic::{Diagnostic, Severity};

/// Most diagnostics of a file.
const MAX_DIAGNOSTICS: usize = 50;

/// What [`Scenario::compile`] needs beside the public fields.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) source: Arc<str>,
    pub(crate) tree: Node,
    pub(crate) plans: Vec<ArmPlan>,
    pub(crate) factors: Vec<Factor>,
}

/// Reads and checks a scenario. Without errors among the diagnostics there is a scenario, else none. Spans are bytes of `source` as
/// it was given.
pub fn check(id: &str, source: &str) -> (Option<Scenario>, Vec<Diagnostic>) {
    let (text, removed) = unix_lines(source);
    let mut out = Vec::new();
    let tree = parse(&text, &mut out);
    let scenario = tree.and_then(|tree| load(id, text, tree, &mut out));
    out.sort_by(|a, b| (a.span.start, &a.code).cmp(&(b.span.start, &b.code)));
    out.dedup_by(|a, b| a.span == b.span && a.severity == b.severity && a.code == b.code);
    out.truncate(MAX_DIAGNOSTICS);
    for d in &mut out {
        for span in std::iter::once(&mut d.span).chain(d.related.iter_mut().map(|r| &mut r.span)) {
            span.start = original(span.start, &removed);
            span.end = original(span.end, &removed);
        }
        d.fix = super::fix::replacement(source, d);
    }
    (scenario, out)
}

fn failed(out: &[Diagnostic]) -> bool {
    out.iter().any(|d| d.severity == Severity::Error)
}

/// What a cell does not use may be used by another.
fn take_unused(found: &mut Vec<Diagnostic>) -> Vec<Diagnostic> {
    found.extract_if(.., |d| d.code == "W903").collect()
}

/// Most factors: three beside the threat's.
const MAX_FACTORS: usize = 4;
/// Most cells of the factorial.
const MAX_CELLS: usize = 24;

fn too_many_cells(tree: &Node, factors: &[Factor], out: &mut Vec<Diagnostic>) -> bool {
    let mut reader = Reader::new(&[]);
    let at = tree.get("factors");
    limit(factors.len(), MAX_FACTORS, "factors", at, &mut reader);
    let cells = factors
        .iter()
        .fold(1usize, |n, f| n.saturating_mul(f.levels.len()));
    if reader.out.is_empty() {
        limit(cells, MAX_CELLS, "cells of the factorial", at, &mut reader);
    }
    let refused = !reader.out.is_empty();
    out.append(&mut reader.out);
    refused
}

fn load(id: &str, text: String, tree: Node, out: &mut Vec<Diagnostic>) -> Option<Scenario> {
    let source: Arc<str> = Arc::from(text);
    let mut reader = Reader::new(&[]);
    frame::check_top(&tree, &source, &mut reader);
    let factors = read_factors(&tree, &mut reader);
    let plans = read_arms(&tree, &factors, &mut reader);
    let frame = frame::read(&tree, &factors, &plans, &mut reader);
    hidden::check_ends(&tree, &source, &mut reader);
    lint::mental_words(&tree, &source, &mut reader);
    out.append(&mut reader.out);
    if plans.len() > arms::MAX_ARMS || too_many_cells(&tree, &factors, out) {
        // Nothing is laid out for what the engine does not hold; the arms have told of themselves.
        return None;
    }
    let own = frame.own_cell();
    let arms: Vec<_> = plans
        .iter()
        .map(|plan| arms::arm(plan, &factors, &own))
        .collect();
    let (base, mut found) = compile(Job {
        id,
        source: &source,
        tree: &tree,
        added: &[],
        arm: "",
    });
    let mut unused = take_unused(&mut found);
    out.append(&mut found);
    let parts = Parts {
        source,
        tree,
        plans,
        factors,
    };
    let mut broken = base.is_none();
    for (plan, arm) in parts.plans.iter().zip(&arms) {
        for cell in 0..arm.cells.len() {
            let (tree, patch) = patched(
                &parts.tree,
                &parts.plans,
                plan,
                &parts.factors,
                &arm.cells[cell],
                out,
            );
            // A base that does not compile would say the same in every cell.
            if !broken && !failed(out) || patch.added.iter().any(|a| a.who.contains(&plan.name)) {
                let name = arm.cell_name(cell);
                let job = Job {
                    id,
                    source: &parts.source,
                    tree: &tree,
                    added: &patch.added,
                    arm: &name,
                };
                let (_, mut found) = compile(job);
                let also = take_unused(&mut found);
                unused.retain(|d| also.iter().any(|a| a.span == d.span));
                if broken {
                    found.retain(|d| d.code == "E502");
                }
                out.append(&mut found);
            }
        }
    }
    if !failed(out) {
        // A cause that is hidden by mistake has told of itself already.
        let mut reader = Reader::new(&[]);
        hidden::check_texts(&parts.tree, &parts.factors, &parts.plans, &mut reader);
        out.append(&mut reader.out);
    }
    broken |= failed(out);
    if !broken {
        out.append(&mut unused);
    }
    (!broken).then(|| Scenario {
        id: id.to_owned(),
        source: parts.source.to_string(),
        question: frame.question,
        arms,
        measures: frame.measures,
        bots: frame.bots,
        captions: frame.captions,
        // Checked with every cell.
        pools: pools::read(&parts.tree, &mut Reader::new(&[])),
        parts,
    })
}

impl Scenario {
    /// Compiles an arm by name: a bare name plays the arm's first cell (the primary's own), `"treatment"`, `"control"` and
    /// `"lookalike"` the first arm of that kind, `threat[twin=yes,done=no]` a cell (factors left out: as in the first cell).
    pub fn compile(&self, arm: &str) -> Result<Arc<Compiled>, ArmError> {
        let (index, cell) = self.find_cell(arm)?;
        let Parts {
            source,
            tree,
            plans,
            factors,
        } = &self.parts;
        let cells = &self.arms[index].cells;
        let (tree, patch) = patched(
            tree,
            plans,
            &plans[index],
            factors,
            &cells[cell],
            &mut Vec::new(),
        );
        let name = self.arms[index].cell_name(cell);
        let (compiled, _) = compile(Job {
            id: &self.id,
            source,
            tree: &tree,
            added: &patch.added,
            arm: &name,
        });
        Ok(Arc::new(compiled.expect(
            "every cell was compiled when the file was checked",
        )))
    }
    /// The tree that [`Scenario::compile`] would compile: for the interpreter that the engine is tested against.
    #[doc(hidden)]
    pub fn tree(&self, arm: &str) -> Result<Node, ArmError> {
        let (index, cell) = self.find_cell(arm)?;
        let parts = &self.parts;
        let (tree, _) = patched(
            &parts.tree,
            &parts.plans,
            &parts.plans[index],
            &parts.factors,
            &self.arms[index].cells[cell],
            &mut Vec::new(),
        );
        Ok(tree)
    }
    /// Arm and cell of a name.
    pub(super) fn find_cell(&self, arm: &str) -> Result<(usize, usize), ArmError> {
        let (name, levels) = match arm.split_once('[') {
            Some((name, rest)) => (name, rest.strip_suffix(']').unwrap_or("?")),
            None => (arm, ""),
        };
        let of_kind = |kind: ArmKind| self.arms.iter().position(|a| a.kind == kind);
        let index = self
            .arms
            .iter()
            .position(|a| a.name == name)
            .or_else(|| match name {
                "treatment" => of_kind(ArmKind::Treatment),
                "control" => of_kind(ArmKind::Control),
                "lookalike" => of_kind(ArmKind::Lookalike),
                _ => None,
            });
        let found = index.and_then(|index| Some((index, self.cell(index, levels)?)));
        found.ok_or_else(|| {
            let arms = match index {
                Some(index) => (0..self.arms[index].cells.len())
                    .map(|c| self.arms[index].cell_name(c))
                    .collect::<Vec<_>>(),
                None => self.arms.iter().map(|a| a.name.clone()).collect(),
            };
            ArmError::Unknown {
                scenario: self.id.clone(),
                arm: arm.to_owned(),
                arms: arms.join(", "),
            }
        })
    }
    /// The cell of an arm that has these levels; for factors that are not named, the first cell's.
    fn cell(&self, arm: usize, levels: &str) -> Option<usize> {
        let cells = &self.arms[arm].cells;
        let mut wanted = cells.first()?.clone();
        for part in levels.split(',').filter(|p| !p.is_empty()) {
            let (factor, level) = part.split_once('=')?;
            level
                .trim()
                .clone_into(&mut wanted.iter_mut().find(|(f, _)| f == factor.trim())?.1);
        }
        cells.iter().position(|c| *c == wanted)
    }
}
