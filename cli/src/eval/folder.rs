//! The folder of a plan: `OUT/<first 16 digits of its hash>/`.
//!
//! `plan.json` and `registered` (its hash) are written before an evaluation seed is drawn, `inputs.json` beside them; `log.bin` grows
//! while jobs are played; report and bundle come at the end.

use std::path::{Path, PathBuf};

use commonweal_core::evaluate::verify::Evidence;
use commonweal_core::evaluate::{Block, Earlier, Inputs, Phase, Plan, Report, bundle};
use serde_json::Value;

use super::work::{Blocks, Log, cannot};
use super::{adapter, page};
use crate::stop::Stop;

/// Name of the bundle in the folder of a plan.
pub(super) const EVIDENCE: &str = "evidence.cwbundle";

/// A registered plan.
pub(super) struct Folder {
    pub(super) path: PathBuf,
    pub(super) plan: Plan,
    pub(super) inputs: Inputs,
}

/// Folders of plans below a folder, by name.
fn folders(out: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(out).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.join("plan.json").is_file())
        .collect();
    paths.sort();
    paths
}

fn text(path: &Path) -> Result<String, Stop> {
    std::fs::read_to_string(path)
        .map_err(|e| Stop::wrong(format!("{} cannot be read: {e}", path.display())))
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Stop> {
    std::fs::write(path, bytes).map_err(|e| cannot(path, &e))
}

/// The verdicts of a report that was written.
fn verdicts(path: &Path) -> Vec<String> {
    let report = std::fs::read_to_string(path.join("report.json")).unwrap_or_default();
    let report: Value = serde_json::from_str(&report).unwrap_or(Value::Null);
    let families = report["families"].as_array().cloned().unwrap_or_default();
    families
        .iter()
        .map(|family| {
            let word = family["interpretation"]["verdict"]
                .as_str()
                .unwrap_or("not finished");
            format!("{}: {word}", family["scenario"].as_str().unwrap_or("?"))
        })
        .collect()
}

/// The log of an agent's problems.
pub(super) fn agent_log(path: &Path) -> Result<adapter::Log, Stop> {
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path);
    file.map(adapter::Log::new).map_err(|e| cannot(path, &e))
}

impl Folder {
    /// The folder in which this plan was begun: with the n of the call (`given`), or whatever n its pilot led to.
    pub(super) fn find(out: &Path, draft: &Plan, given: bool) -> Result<Option<Self>, Stop> {
        for path in folders(out) {
            let Ok(plan) = serde_json::from_str::<Plan>(&text(&path.join("plan.json"))?) else {
                continue;
            };
            let same = match given {
                true => plan == *draft,
                false => plan.draft() == *draft,
            };
            if !same {
                continue;
            }
            let inputs = text(&path.join("inputs.json"))?;
            let inputs: Inputs = serde_json::from_str(&inputs).map_err(|e| {
                Stop::wrong(format!(
                    "{} was changed ({e}): move the folder away to begin anew",
                    path.join("inputs.json").display()
                ))
            })?;
            return Ok(Some(Self { path, plan, inputs }));
        }
        Ok(None)
    }
    /// Writes a plan down before a seed of it is drawn.
    pub(super) fn register(
        out: &Path,
        plan: Plan,
        caveats: Vec<Option<String>>,
        pilot: &Blocks,
    ) -> Result<Self, Stop> {
        let hash = plan.hash();
        let mut earlier = Vec::new();
        for path in folders(out) {
            let Ok(other) = serde_json::from_str::<Plan>(&text(&path.join("plan.json"))?) else {
                continue;
            };
            if other.agent.hash == plan.agent.hash {
                earlier.push(Earlier {
                    plan_hash: other.hash(),
                    verdicts: verdicts(&path),
                });
            }
        }
        let inputs = Inputs {
            registered: hash.clone(),
            earlier,
            caveats,
        };
        let path = out.join(&hash[..16]);
        std::fs::create_dir_all(&path).map_err(|e| cannot(&path, &e))?;
        let written = serde_json::to_string_pretty(&inputs).expect("plain data") + "\n";
        put(&path.join("inputs.json"), written.as_bytes())?;
        let log: Vec<u8> = pilot.values().flat_map(Block::write).collect();
        put(&path.join("log.bin"), &log)?;
        // Last: a folder without a plan is none.
        put(&path.join("plan.json"), plan.text().as_bytes())?;
        Ok(Self { path, plan, inputs })
    }
    pub(super) fn log(&self) -> Result<(Log, Blocks), Stop> {
        let own = self.path.join("log.bin");
        if self.inputs.registered == self.plan.hash() {
            return Log::open(&own);
        }
        // A plan that was changed has other seeds: nothing but the pilot belongs to it.
        let changed = format!("log.{}.bin", &self.plan.hash()[..16]);
        let (log, mut blocks) = Log::open(&self.path.join(changed))?;
        let (_, before) = Log::open(&own)?;
        for (key, block) in before {
            if key.phase == Phase::Pilot && !blocks.contains_key(&key) {
                log.push(&block)?;
                blocks.insert(key, block);
            }
        }
        Ok((log, blocks))
    }
    pub(super) fn agent_log(&self) -> Result<adapter::Log, Stop> {
        agent_log(&self.path.join("agent.log"))
    }
    pub(super) fn bundle(&self) -> PathBuf {
        self.path.join(EVIDENCE)
    }
    /// Report, page and bundle.
    pub(super) fn write(
        &self,
        report: &Report,
        scenarios: &[String],
        records: &[Option<String>],
        blocks: &Blocks,
    ) -> Result<(), Stop> {
        let evidence = Evidence {
            plan: &self.plan,
            inputs: &self.inputs,
            scenarios,
            records,
            blocks,
            report,
        };
        let mut parts = evidence.parts();
        let page = page::draw(report);
        put(&self.path.join("report.json"), report.text().as_bytes())?;
        put(&self.path.join("report.html"), page.as_bytes())?;
        parts.insert("report.html".to_owned(), page.into_bytes());
        put(&self.bundle(), &bundle::write(&parts))
    }
}
