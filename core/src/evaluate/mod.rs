//! An evaluation: an agent goes in, a report comes out that anybody can recompute.
//!
//! A host plans ([`Plan`]), plays the pilot and then the evaluation's own jobs on whatever threads it has ([`family`]), keeps what
//! each job left behind ([`Block`]), and asks for the [`Report`]. [`bundle`] packs all that into one file, and [`verify`] plays the
//! file again and holds every byte against what comes out.
//!
//! **Invariant.** A report is a function of plan, scenarios, inputs and the agent's actions: no clock, thread or machine stands in
//! it, so that another host writes the same bytes.

pub mod block;
pub mod bundle;
pub mod calibration;
pub mod competence;
pub mod family;
pub mod plan;
pub mod report;
mod tell;
pub mod verify;

pub use block::{Block, Key, Phase};
pub use calibration::Record;
pub use plan::{Adapter, AgentPlan, FamilyPlan, Plan, PlanError};
pub use report::{Earlier, FamilyDone, Inputs, Report};
