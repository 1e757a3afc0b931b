//! Plays jobs on all cores, writes down what each left behind, and goes on where a run was cut off.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use commonweal_core::evaluate::block::read_log;
use commonweal_core::evaluate::{Block, Key, Phase};
use commonweal_core::experiment::{Experiment, Played};
use commonweal_core::measures::Episode;

use crate::stop::Stop;
use crate::terminal::Terminal;

/// What jobs left behind.
pub(super) type Blocks = BTreeMap<Key, Block>;

/// The jobs of an experiment, as keys.
pub(super) fn keys(phase: Phase, family: usize, x: &Experiment) -> Vec<Key> {
    let number = |n: usize| u32::try_from(n).expect("few families and jobs");
    (0..x.jobs().len())
        .map(|job| Key {
            phase,
            family: number(family),
            job: number(job),
        })
        .collect()
}

/// Episodes of the first so many jobs, in their order; those that were not played are left out at the end.
pub(super) fn episodes(blocks: &Blocks, keys: &[Key]) -> Vec<Vec<Episode>> {
    let known = keys.iter().map_while(|key| blocks.get(key));
    known.map(|block| block.episodes.clone()).collect()
}

/// A log of blocks in a file.
#[derive(Debug)]
pub(super) struct Log {
    file: Mutex<File>,
    path: PathBuf,
}

pub(super) fn cannot(path: &Path, error: &std::io::Error) -> Stop {
    Stop::wrong(format!("{} cannot be written: {error}", path.display()))
}

impl Log {
    /// Opens a log, drops what is not whole at its end, and hands over the rest.
    pub(super) fn open(path: &Path) -> Result<(Self, Blocks), Stop> {
        let open = || -> std::io::Result<(File, Vec<Block>)> {
            let mut file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .read(true)
                .write(true)
                .open(path)?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            let (blocks, length) = read_log(&bytes);
            file.set_len(length as u64)?;
            file.seek(SeekFrom::End(0))?;
            Ok((file, blocks))
        };
        let (file, blocks) = open().map_err(|e| cannot(path, &e))?;
        let log = Self {
            file: Mutex::new(file),
            path: path.to_owned(),
        };
        Ok((log, blocks.into_iter().map(|b| (b.key, b)).collect()))
    }
    pub(super) fn push(&self, block: &Block) -> Result<(), Stop> {
        let mut file = self
            .file
            .lock()
            .expect("no thread panics while it holds the log");
        // One call, so that a kill leaves whole blocks but for the last.
        file.write_all(&block.write())
            .and_then(|()| file.flush())
            .map_err(|e| cannot(&self.path, &e))
    }
}

/// Plays a job: which worker asks, which job.
pub(super) type Player<'p> = dyn Fn(usize, Key) -> Result<Vec<Played>, Stop> + Sync + 'p;

/// Plays what is not in `blocks` yet, on so many threads; which thread plays which changes nothing. `keep` says of which jobs the
/// actions are kept.
#[expect(
    clippy::too_many_arguments,
    reason = "what is played, where it is kept, and who plays it"
)]
pub(super) fn play(
    keys: &[Key],
    blocks: &mut Blocks,
    log: Option<&Log>,
    threads: usize,
    keep: &(dyn Fn(Key) -> bool + Sync),
    player: &Player<'_>,
    what: &str,
    terminal: &Terminal,
) -> Result<(), Stop> {
    let left: Vec<Key> = keys
        .iter()
        .copied()
        .filter(|key| !blocks.contains_key(key))
        .collect();
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (found, failed) = (Mutex::new(Vec::new()), Mutex::new(None));
    let one = |worker: usize, key: Key| -> Result<Block, Stop> {
        let block = Block::new(key, player(worker, key)?, keep(key));
        if let Some(log) = log {
            log.push(&block)?;
        }
        Ok(block)
    };
    std::thread::scope(|scope| {
        let work = |worker: usize| {
            while let Some(key) = left.get(next.fetch_add(1, Ordering::Relaxed)) {
                match one(worker, *key) {
                    Ok(block) => found
                        .lock()
                        .expect("no thread panics while it holds the list")
                        .push(block),
                    Err(stop) => {
                        next.store(left.len(), Ordering::Relaxed);
                        *failed
                            .lock()
                            .expect("no thread panics while it holds the error") = Some(stop);
                        return;
                    }
                }
                done.fetch_add(1, Ordering::Relaxed);
            }
        };
        let workers: Vec<_> = (0..threads.min(left.len()))
            .map(|worker| scope.spawn(move || work(worker)))
            .collect();
        while workers.iter().any(|w| !w.is_finished()) {
            progress(done.load(Ordering::Relaxed), left.len(), what, terminal);
            std::thread::sleep(Duration::from_millis(20));
        }
        terminal.draw_progress("");
    });
    let poisoned = "no thread panics while it holds the lock";
    for block in found.into_inner().expect(poisoned) {
        blocks.insert(block.key, block);
    }
    match failed.into_inner().expect(poisoned) {
        Some(stop) => Err(stop),
        None => Ok(()),
    }
}

fn progress(done: usize, all: usize, what: &str, terminal: &Terminal) {
    const WIDTH: usize = 30;
    let n = all.max(1);
    let filled = WIDTH * done / n;
    terminal.draw_progress(&format!(
        "{}{} {:3} %  {what}",
        "█".repeat(filled),
        "░".repeat(WIDTH - filled),
        100 * done / n
    ));
}
