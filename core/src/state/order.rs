//! The tick's own order of slots: slots by `(u64(Order, slot), slot)` over all slots, absent ones included.

use crate::draw::{Purpose, TickDraw};

/// Most slots of an arena.
pub const MAX_SLOTS: usize = 64;

/// The order in which conflicts of one tick are settled.
#[derive(Clone, Copy, Debug)]
pub struct SlotOrder {
    keys: [u64; MAX_SLOTS],
    n: usize,
}

impl SlotOrder {
    /// The order of `n` slots (at most [`MAX_SLOTS`]) in a tick.
    #[inline]
    pub fn new(draw: TickDraw, n: usize) -> Self {
        let key = draw.key(Purpose::Order, 0, 0);
        let mut keys = [0; MAX_SLOTS];
        // The slot replaces the lowest six bits, so that one word sorts; `exact` settles the draws that agree in the others.
        for (slot, k) in (0u32..).zip(&mut keys[..n]) {
            *k = (key.u64(slot) & !63) | u64::from(slot);
        }
        let mut order = Self { keys, n };
        order.sort();
        if order.keys[..n].windows(2).any(|w| w[0] >> 6 == w[1] >> 6) {
            order.keys[..n].sort_unstable_by_key(|k| (key.u64((k & 63) as u32), k & 63));
        }
        order
    }
    #[inline]
    fn sort(&mut self) {
        let keys = &mut self.keys[..self.n];
        if let Ok(eight) = <&mut [u64; 8]>::try_from(&mut *keys) {
            // Batcher's network for eight: no branch depends on the draws.
            const NETWORK: [(usize, usize); 19] = [
                (0, 1), (2, 3), (4, 5), (6, 7), (0, 2), (1, 3), (4, 6), (5, 7), (1, 2), (5, 6), (0, 4), (1, 5), (2, 6), (3, 7),
                (2, 4), (3, 5), (1, 2), (3, 4), (5, 6),
            ];
            for (a, b) in NETWORK {
                let (x, y) = (eight[a], eight[b]);
                eight[a] = x.min(y);
                eight[b] = x.max(y);
            }
        } else {
            keys.sort_unstable();
        }
    }
    /// The slots in order.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        #[expect(clippy::cast_possible_truncation, reason = "six bits")]
        self.keys[..self.n].iter().map(|k| (k & 63) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Domain;

    #[test]
    fn the_order_is_that_of_the_full_draws() {
        for n in [1, 2, 7, 8, 9, 64] {
            for tick in 0..200 {
                let draw = TickDraw::new(Domain::Train, 7, 1, tick);
                let key = draw.key(Purpose::Order, 0, 0);
                let mut plain: Vec<usize> = (0..n).collect();
                plain.sort_by_key(|&s| (key.u64(s as u32), s));
                assert_eq!(SlotOrder::new(draw, n).iter().collect::<Vec<_>>(), plain);
            }
        }
    }
}
