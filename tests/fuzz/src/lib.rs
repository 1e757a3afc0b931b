//! What the targets share: the bodies lie in `commonweal_tests::fuzz`, where the gate runs them too.

pub use libfuzzer_sys;

use std::sync::OnceLock;

use commonweal_tests::fuzz::{Dice, Target, spliced, target};

/// One fuzz target: the body of that name, and inputs changed by words where they are texts.
#[macro_export]
macro_rules! target {
    ($name:literal) => {
        use $crate::libfuzzer_sys;
        libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::run($name, data));
        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            $crate::mutate($name, data, size, max_size, seed)
        });
    };
}

fn of(name: &str) -> &'static (&'static Target, Vec<Vec<u8>>) {
    static KEPT: OnceLock<(&'static Target, Vec<Vec<u8>>)> = OnceLock::new();
    KEPT.get_or_init(|| {
        let target = target(name);
        let seeds = (target.seeds)().into_iter().map(|(_, bytes)| bytes);
        (target, seeds.collect())
    })
}

/// Runs the body.
pub fn run(name: &str, data: &[u8]) {
    (of(name).0.body)(data);
}

/// Changes an input in place; its new length. Now and then a good input takes its place. Of texts one in four, and all that are no
/// texts, are changed by the fuzzer's own means.
pub fn mutate(name: &str, data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let (target, seeds) = of(name);
    let mut dice = Dice(u64::from(seed));
    let good = &seeds[dice.below(seeds.len())];
    if size < 2 || dice.below(256) == 0 {
        let n = good.len().min(max_size);
        data[..n].copy_from_slice(&good[..n]);
        return n;
    }
    if !target.text || dice.below(4) == 0 {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    let text = String::from_utf8_lossy(&data[..size]).into_owned();
    let text = spliced(&text, &String::from_utf8_lossy(good), &mut dice);
    let n = text.len().min(max_size);
    data[..n].copy_from_slice(&text.as_bytes()[..n]);
    n
}
