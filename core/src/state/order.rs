//! The tick's own order of slots: slots by `(u64(Order, slot), slot)` over all slots, absent ones included.

use crate::draw::{Key, Purpose, TickDraw};

/// Most slots of an arena.
pub const MAX_SLOTS: usize = 64;

/// Draws the order in which conflicts of one tick are settled; `out` gets the slots, as many as it has places.
#[inline]
pub fn draw(draw: TickDraw, out: &mut [u8]) {
    let key = draw.key(Purpose::Order, 0, 0);
    let sorted = match out.len() {
        0..=8 => by_network::<8>(key, out, &NETWORK_8),
        9..=16 => by_network::<16>(key, out, &NETWORK_16),
        _ => by_sorting(key, out),
    };
    // Draws that agree in all but the lowest six bits are compared whole: once in 10^16 ticks.
    if !sorted {
        for (slot, out) in (0u8..).zip(&mut *out) {
            *out = slot;
        }
        out.sort_unstable_by_key(|&slot| (key.u64(u32::from(slot)), slot));
    }
}

/// The draw of a slot with the slot in place of the lowest six bits, so that one word sorts.
#[inline]
fn word(key: Key, slot: u32) -> u64 {
    (key.u64(slot) & !63) | u64::from(slot)
}

/// Sorts by compare-and-exchange: no branch depends on the draws. `false` when two of them are too near.
#[inline]
fn by_network<const N: usize>(key: Key, out: &mut [u8], network: &[(u8, u8)]) -> bool {
    let mut words = [u64::MAX; N];
    for (slot, word) in (0u32..).zip(&mut words[..out.len()]) {
        *word = self::word(key, slot);
    }
    for &(a, b) in network {
        let (a, b) = (usize::from(a) % N, usize::from(b) % N);
        let (x, y) = (words[a], words[b]);
        words[a] = x.min(y);
        words[b] = x.max(y);
    }
    written(&words[..out.len()], out)
}

fn by_sorting(key: Key, out: &mut [u8]) -> bool {
    let mut words = [0; MAX_SLOTS];
    let words = &mut words[..out.len()];
    for (slot, word) in (0u32..).zip(&mut *words) {
        *word = self::word(key, slot);
    }
    words.sort_unstable();
    written(words, out)
}

#[inline]
fn written(words: &[u64], out: &mut [u8]) -> bool {
    for (out, word) in out.iter_mut().zip(words) {
        *out = (word & 63) as u8;
    }
    words.windows(2).all(|w| w[0] >> 6 != w[1] >> 6)
}

const NETWORK_8: [(u8, u8); 19] = batcher(8);
const NETWORK_16: [(u8, u8); 63] = batcher(16);

/// Batcher's odd-even merge sort of `n` words (Knuth, TAOCP 3, 5.3.4).
#[expect(clippy::cast_possible_truncation, reason = "at most 16 words")]
const fn batcher<const M: usize>(n: usize) -> [(u8, u8); M] {
    let (mut out, mut m) = ([(0, 0); M], 0);
    let mut p = 1;
    while p < n {
        let mut k = p;
        while k > 0 {
            let mut j = k % p;
            while j + k < n {
                let mut i = j;
                while i < j + k && i + k < n {
                    if i / (2 * p) == (i + k) / (2 * p) {
                        out[m] = (i as u8, (i + k) as u8);
                        m += 1;
                    }
                    i += 1;
                }
                j += 2 * k;
            }
            k /= 2;
        }
        p *= 2;
    }
    assert!(m == M, "the number of comparisons is known");
    out
}

#[cfg(test)]
mod tests {
    use crate::draw::{Purpose, TickDraw};
    use crate::ids::Domain;

    #[test]
    fn the_order_is_that_of_the_full_draws() {
        for n in [1, 2, 7, 8, 9, 12, 16, 17, 64] {
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
