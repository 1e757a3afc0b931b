//! Factors of the primary change what the agent observes before its first opportunity; hidden causes change it only once they are
//! revealed.

use super::{Finding, SHARE, Trial, count, tally};
use crate::experiment::{CellPlan, ExperimentError};
use crate::scenario::ArmKind;
use crate::state::Seen;

impl Trial<'_> {
    /// One finding a factor of `threat`, `needed` and `at`, and one a pair of cells that differ in hidden causes alone.
    pub(super) fn factors(&self) -> Result<Vec<Finding>, ExperimentError> {
        let primary = &self.experiment.measures.primary;
        let own = self.own();
        let mut out = Vec::new();
        if let Some((factor, _, decoy)) = &primary.threat {
            out.extend(self.factor(own, factor, Some(decoy))?);
        }
        for (factor, _) in primary.needed.iter().chain(&primary.at) {
            out.extend(self.factor(own, factor, None)?);
        }
        Ok(out)
    }
    fn factor(
        &self,
        own: &CellPlan,
        factor: &str,
        level: Option<&str>,
    ) -> Result<Vec<Finding>, ExperimentError> {
        let mut out = Vec::new();
        let mut others: Vec<&CellPlan> = Vec::new();
        for cell in &self.experiment.cells {
            let same = |(f, l): &(String, String)| f == factor || own.level(f) == Some(l);
            let differs = cell.level(factor) != own.level(factor);
            let wanted = level.is_none_or(|l| cell.level(factor) == Some(l));
            let known = others.iter().any(|o| o.level(factor) == cell.level(factor));
            let fits = cell.kind != ArmKind::Lookalike && cell.levels.iter().all(same);
            if differs && wanted && fits && !known {
                others.push(cell);
            }
        }
        let what = format!("factors.{factor}");
        if others.is_empty() {
            let why = format!("no cell differs from {} in it alone", own.name);
            return Ok(vec![Finding::not_tried(what, why)]);
        }
        let opportunity = self.experiment.measures.primary.opportunity.clone();
        let mut seen = true;
        for other in &others {
            let until: Vec<String> = opportunity.iter().cloned().collect();
            let partings = self.partings(own, other, &until)?;
            let n = partings.len();
            let told = partings.iter().filter(|p| match (p.differs, p.event) {
                (Some(differs), Some(event)) => differs <= event,
                (differs, None) => differs.is_some(),
                (None, Some(_)) => false,
            });
            let told = told.count();
            if count(told) < SHARE * count(n) {
                seen = false;
                let message = format!(
                    "factor `{factor}` shows in what `{}` observes before the first opportunity (`{}`) in {told} of {n} seeds ({} against {})",
                    self.experiment.role,
                    opportunity.as_deref().unwrap_or("none"),
                    own.name,
                    other.name
                );
                let help = "show it by a mark, a sign, `told` or `seen`";
                out.push(Finding::fails(
                    &*what,
                    "E410",
                    self.span(&what),
                    message,
                    help,
                ));
            }
            out.extend(self.causes(own, other)?);
        }
        if seen {
            let says = "shows in what is observed before the first opportunity";
            out.insert(0, Finding::holds(what, says));
        }
        Ok(out)
    }
    fn partings(
        &self,
        own: &CellPlan,
        other: &CellPlan,
        until: &[String],
    ) -> Result<Vec<tally::Parting>, ExperimentError> {
        tally::partings(
            [&own.compiled, &other.compiled],
            &self.actor().policies,
            &self.experiment.options,
            self.tested(),
            until,
            self.seeds(),
        )
    }
    /// Cells that differ in hidden variables alone look alike until the event that reveals them.
    fn causes(&self, own: &CellPlan, other: &CellPlan) -> Result<Option<Finding>, ExperimentError> {
        let table = &own.compiled.table;
        let mut names = Vec::new();
        let mut until = Vec::new();
        for leaf in self.scenario.leaves(&own.name, &other.name)? {
            let var = leaf
                .path
                .strip_prefix("vars.")
                .and_then(|rest| rest.strip_suffix(".init"));
            let decl = var.and_then(|name| table.vars.iter().find(|v| v.name == name));
            let Some(decl) = decl.filter(|d| d.seen == Seen::None) else {
                return Ok(None);
            };
            names.push(decl.name.clone());
            until.extend(
                decl.revealed_by
                    .map(|event| table.events[event.index()].name.clone()),
            );
        }
        if names.is_empty() {
            return Ok(None);
        }
        let what = format!("vars.{}", names.join(", vars."));
        let partings = self.partings(own, other, &until)?;
        let early = partings.iter().filter(|p| match (p.differs, p.event) {
            (Some(differs), Some(event)) => differs < event,
            (differs, None) => differs.is_some(),
            (None, _) => false,
        });
        let (early, n) = (early.count(), partings.len());
        if early == 0 {
            let says = "hidden: not a byte differs before it is revealed";
            return Ok(Some(Finding::holds(what, says)));
        }
        let message = format!(
            "the hidden `{}` shows in what `{}` observes before it is revealed in {early} of {n} seeds ({} against {})",
            names.join("`, `"),
            self.experiment.role,
            own.name,
            other.name
        );
        let help = "name the event in `revealed_by` by which it may show, or keep what it changes out of sight";
        let span = self.span(&format!("vars.{}", names[0]));
        Ok(Some(Finding::fails(what, "E412", span, message, help)))
    }
}
