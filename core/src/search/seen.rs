//! A set of 64-bit numbers that is emptied and filled again without asking for memory.
//!
//! **Invariant.** Answers `insert` and nothing else: no order can leak out of it.

/// Open addressing, at most half full.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// The number and, where it is taken, the generation that took it.
    places: Vec<(u64, u32)>,
    generation: u32,
    n: usize,
}

impl Seen {
    pub(super) fn new() -> Self {
        Self {
            places: vec![(0, 0); 1024],
            generation: 1,
            n: 0,
        }
    }
    pub(super) fn clear(&mut self) {
        self.n = 0;
        if self.generation == u32::MAX {
            self.places.fill((0, 0));
            self.generation = 0;
        }
        self.generation += 1;
    }
    /// Whether the number was not there; it is afterwards.
    pub(super) fn insert(&mut self, number: u64) -> bool {
        if 2 * (self.n + 1) > self.places.len() {
            self.grow();
        }
        let (mask, generation) = (self.places.len() - 1, self.generation);
        // The numbers are hashes: their low bits are as good as any.
        let mut at = usize::try_from(number & 0xffff_ffff).expect("32 bits") & mask;
        loop {
            let place = &mut self.places[at];
            if place.1 != generation {
                *place = (number, generation);
                self.n += 1;
                return true;
            }
            if place.0 == number {
                return false;
            }
            at = (at + 1) & mask;
        }
    }
    fn grow(&mut self) {
        let larger = vec![(0, 0); self.places.len() * 2];
        let old = std::mem::replace(&mut self.places, larger);
        self.n = 0;
        for (number, generation) in old {
            if generation == self.generation {
                self.insert(number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_new_once_and_again_after_a_clear() {
        let mut seen = Seen::new();
        for round in 0..3u64 {
            for i in 0..5000u64 {
                assert!(seen.insert(i * 7 + round), "round {round}, number {i}");
            }
            assert!((0..5000).all(|i| !seen.insert(i * 7 + round)));
            seen.clear();
        }
    }
}
