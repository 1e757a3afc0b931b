//! The core's batch as several Python threads may meet it: one call at a time, and none after a bug.
//!
//! **Invariant.** Who works with the batch holds it by a [`Claim`]; nobody ever waits for one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use commonweal_core::batch::threads::Pool;
use commonweal_core::batch::{Batch, Executor, Serial};
use pyo3::prelude::*;

use crate::errors::{Doing, busy, caught, internal};

/// Forks of this process so far; a pool made before the last one has no threads here.
static FORKS: AtomicU64 = AtomicU64::new(0);

/// Told by Python in the child of a fork.
pub(crate) fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// The core's batch and the threads that step it.
#[derive(Debug)]
pub(crate) struct Engine {
    /// The batch.
    pub(crate) batch: Batch,
    /// What stands in the message of a bug.
    scenario: String,
    seed: u64,
    threads: usize,
    pool: Option<(u64, Pool)>,
    broken: Option<String>,
}

impl Engine {
    /// A batch that at most `threads` threads step.
    pub(crate) fn new(batch: Batch, scenario: String, seed: u64, threads: usize) -> Self {
        Self {
            batch,
            scenario,
            seed,
            threads,
            pool: None,
            broken: None,
        }
    }

    /// Starts the threads when they are first needed, and again after a fork.
    fn start_threads(&mut self) -> Result<(), String> {
        let forks = FORKS.load(Ordering::Relaxed);
        if self.pool.as_ref().is_some_and(|(made, _)| *made != forks) {
            // Its threads did not come along, and its locks may be held for ever: it is left alone.
            std::mem::forget(self.pool.take());
        }
        if self.threads > 1 && self.pool.is_none() {
            self.pool = Some((forks, Pool::new(self.threads)?));
        }
        Ok(())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if self
            .pool
            .as_ref()
            .is_some_and(|(made, _)| *made != FORKS.load(Ordering::Relaxed))
        {
            std::mem::forget(self.pool.take());
        }
    }
}

/// Where the engine lies while nobody uses it.
#[derive(Debug)]
pub(crate) struct Shared(Mutex<Option<Box<Engine>>>);

impl Shared {
    pub(crate) fn new(engine: Engine) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(Box::new(engine)))))
    }
}

/// The engine in one caller's hands; put back when dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    shared: Arc<Shared>,
    engine: Option<Box<Engine>>,
}

impl Claim {
    /// Takes the engine, or says that another thread has it.
    pub(crate) fn new(shared: &Arc<Shared>) -> PyResult<Self> {
        // The lock is held for these two moves only, never while anything works.
        let engine = shared
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match engine {
            Some(engine) => Ok(Self {
                shared: Arc::clone(shared),
                engine: Some(engine),
            }),
            None => Err(busy()),
        }
    }

    fn engine(&mut self) -> &mut Engine {
        self.engine
            .as_mut()
            .expect("a claim holds the engine until it is dropped")
    }

    /// Runs `work` with the interpreter released; a panic becomes `InternalError` and ends the batch.
    pub(crate) fn run<T: Send>(
        &mut self,
        py: Python<'_>,
        call: &'static str,
        work: impl FnOnce(&mut Batch, &dyn Executor) -> T + Send,
    ) -> PyResult<T> {
        let engine = self.engine();
        let mut doing = Doing {
            call,
            scenario: String::new(),
            seed: engine.seed,
            tick: 0,
        };
        let result = match engine.broken.take() {
            Some(before) => Err(before),
            None => py.detach(|| {
                caught(|| {
                    doing.tick = engine.batch.tick(0);
                    engine.start_threads()?;
                    let Engine { batch, pool, .. } = &mut *engine;
                    let executor: &dyn Executor = pool.as_ref().map_or(&Serial, |(_, pool)| pool);
                    Ok(work(batch, executor))
                })
            }),
        };
        match result {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(no_threads)) => Err(pyo3::exceptions::PyRuntimeError::new_err::<String>(
                no_threads,
            )),
            Err(panic) => {
                doing.scenario.clone_from(&engine.scenario);
                let error = internal(py, &doing, &panic);
                engine.broken = Some(panic);
                Err(error)
            }
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        *self.shared.0.lock().unwrap_or_else(PoisonError::into_inner) = self.engine.take();
    }
}
