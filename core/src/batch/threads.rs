//! A pool of threads that share out the shards, for hosts that have threads (feature `threads`).
//!
//! **Invariant.** Which thread takes which shard decides nothing: shards share no state.

use std::sync::{Mutex, PoisonError};

use super::{Executor, Shard};

/// Threads that wait for work. The caller's thread works too, so a pool of two starts one.
#[derive(Debug)]
pub struct Pool {
    workers: rayon::ThreadPool,
    threads: usize,
}

impl Pool {
    /// Starts a pool in which `threads` threads work, the caller's included (at least 1); with a sentence when the host has no more.
    pub fn new(threads: usize) -> Result<Self, String> {
        let threads = threads.max(1);
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads.saturating_sub(1).max(1))
            .thread_name(|i| format!("commonweal-{i}"))
            .build()
            .map(|workers| Self { workers, threads })
            .map_err(|e| format!("{threads} threads could not be started: {e}"))
    }
    /// Threads that work, the caller's included.
    pub fn threads(&self) -> usize {
        self.threads
    }
}

impl Pool {
    /// Calls `f` once for each item. The lock is held only while an item is taken, never while one works.
    fn share<T: Send>(&self, items: &mut [T], f: &(dyn Fn(usize, &mut T) + Sync)) {
        let helpers = self.threads.min(items.len()).saturating_sub(1);
        let left = Mutex::new(items.iter_mut().enumerate());
        let take = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
        let work = || {
            while let Some((i, item)) = take() {
                f(i, item);
            }
        };
        self.workers.in_place_scope(|scope| {
            for _ in 0..helpers {
                scope.spawn(|_| work());
            }
            work();
        });
    }
}

impl Executor for Pool {
    fn each(&self, shards: &mut [Shard], f: &(dyn Fn(usize, &mut Shard) + Sync)) {
        self.share(shards, f);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_visited_once_by_any_number_of_threads() {
        for threads in [0, 1, 2, 3] {
            let pool = Pool::new(threads).expect("a few threads can be started");
            for n in [0, 1, 2, 7, 64] {
                let mut items = vec![0_usize; n];
                pool.share(&mut items, &|i, item| *item += i + 1);
                assert_eq!(items, (1..=n).collect::<Vec<_>>(), "{threads} threads, {n} items");
            }
        }
    }
}
