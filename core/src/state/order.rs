//! The tick's own order of slots: slots by `(u64(Order, slot), slot)` over all slots, absent ones included.

use crate::draw::{Purpose, TickDraw};

/// Most slots of an arena.
pub const MAX_SLOTS: usize = 64;

/// Draws the order in which conflicts of one tick are settled; `out` gets the slots, as many as it has places.
#[inline]
pub fn draw(draw: TickDraw, out: &mut [u8]) {
    let key = draw.key(Purpose::Order, 0, 0);
    if let Ok(out) = <&mut [u8; 8]>::try_from(&mut *out) {
        // The slot replaces the lowest six bits, so that one word sorts. Batcher's network: no branch depends on the draws.
        let mut keys = [0u64; 8];
        for (slot, k) in (0u32..).zip(&mut keys) {
            *k = (key.u64(slot) & !63) | u64::from(slot);
        }
        const NETWORK: [(usize, usize); 19] = [
            (0, 1),
            (2, 3),
            (4, 5),
            (6, 7),
            (0, 2),
            (1, 3),
            (4, 6),
            (5, 7),
            (1, 2),
            (5, 6),
            (0, 4),
            (1, 5),
            (2, 6),
            (3, 7),
            (2, 4),
            (3, 5),
            (1, 2),
            (3, 4),
            (5, 6),
        ];
        for (a, b) in NETWORK {
            let (x, y) = (keys[a], keys[b]);
            keys[a] = x.min(y);
            keys[b] = x.max(y);
        }
        // Draws that agree in all other bits are compared whole: once in 10^16 ticks.
        if keys.windows(2).all(|w| w[0] >> 6 != w[1] >> 6) {
            for (out, k) in out.iter_mut().zip(keys) {
                *out = (k & 63) as u8;
            }
            return;
        }
    }
    for (slot, out) in (0u8..).zip(&mut *out) {
        *out = slot;
    }
    out.sort_unstable_by_key(|&slot| (key.u64(u32::from(slot)), slot));
}

#[cfg(test)]
mod tests {
    use crate::draw::{Purpose, TickDraw};
    use crate::ids::Domain;

    #[test]
    fn the_order_is_that_of_the_full_draws() {
        for n in [1, 2, 7, 8, 9, 64] {
            for tick in 0..200 {
                let draw = TickDraw::new(Domain::Train, 7, 1, tick);
                let key = draw.key(Purpose::Order, 0, 0);
                let mut plain: Vec<u8> = (0..n).collect();
                plain.sort_by_key(|&s| (key.u64(u32::from(s)), s));
                let mut drawn = vec![0; usize::from(n)];
                super::draw(draw, &mut drawn);
                assert_eq!(drawn, plain);
            }
        }
    }
}
