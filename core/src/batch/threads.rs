//! A pool of threads that share out the shards, for hosts that have threads (feature `threads`).
//!
//! **Invariant.** Which thread takes which shard decides nothing: shards share no state.

use super::Executor;

/// Threads that wait for work.
#[derive(Debug)]
pub struct Pool {
    workers: rayon::ThreadPool,
}

impl Pool {
    /// Starts a pool of `threads` threads (at least 1); with a sentence when the host has no more.
    pub fn new(threads: usize) -> Result<Self, String> {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads.max(1))
            .thread_name(|i| format!("commonweal-{i}"))
            .build()
            .map(|workers| Self { workers })
            .map_err(|e| format!("{threads} threads could not be started: {e}"))
    }
    /// Threads that work.
    pub fn threads(&self) -> usize {
        self.workers.current_num_threads()
    }
}

impl Executor for Pool {
    fn join(&self, a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send)) {
        self.workers.install(|| rayon::join(a, b));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_pieces_run_on_any_number_of_threads() {
        for threads in [0, 1, 2, 3] {
            let pool = Pool::new(threads).expect("a few threads can be started");
            let (mut a, mut b) = (0, 0);
            pool.join(&mut || a += 1, &mut || b += 2);
            assert_eq!((a, b), (1, 2), "{threads} threads");
        }
    }
}
