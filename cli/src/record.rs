//! Recordings that `run` leaves behind.

use std::path::{Path, PathBuf};

use commonweal_core::experiment::{Experiment, Outcome};
use commonweal_core::scenario::Scenario;

use crate::stop::Stop;

/// Records one telling episode.
pub(crate) fn write(_scenario: &Scenario, _experiment: &Experiment, _outcome: &Outcome, out: &Path) -> Result<PathBuf, Stop> {
    Ok(out.to_owned())
}
