//! The state hash: xxh3-64, seed 0, over the canonical columns of an arena in registry order.
//!
//! For each column: its name's bytes, a zero byte, then its values, little endian, slots ascending, cells of the map as written
//! row by row (padding left out, effect byte as 0). Neither the shard nor the arena's index enters.
//!
//! **Invariant.** [`StateHash`] is implemented for fixed-width integers and `bool` only, so the compiler refuses floats and
//! `usize` in the state.
//!
//! ```compile_fail
//! fn needs<T: commonweal_core::hash::StateHash>() {}
//! needs::<f32>();
//! ```
//! ```compile_fail
//! fn needs<T: commonweal_core::hash::StateHash>() {}
//! needs::<usize>();
//! ```

/// A value that may stand in the state: written little endian.
pub trait StateHash: Copy {
    /// Bytes of one value.
    const BYTES: usize;
    /// Writes the value.
    fn write(self, out: &mut [u8]);
    /// Reads it back.
    fn read(bytes: &[u8]) -> Self;
}

macro_rules! fixed_width {
    ($($t:ty),*) => {$(
        impl StateHash for $t {
            const BYTES: usize = size_of::<$t>();
            #[inline]
            fn write(self, out: &mut [u8]) {
                out.copy_from_slice(&self.to_le_bytes());
            }
            #[inline]
            fn read(bytes: &[u8]) -> Self {
                Self::from_le_bytes(bytes.try_into().expect("exactly the bytes of one value"))
            }
        }
    )*};
}
fixed_width!(u8, u16, u32, u64, i32, i64);

impl StateHash for bool {
    const BYTES: usize = 1;
    fn write(self, out: &mut [u8]) {
        out[0] = u8::from(self);
    }
    fn read(bytes: &[u8]) -> Self {
        bytes[0] != 0
    }
}

impl<T: StateHash, const N: usize> StateHash for [T; N] {
    const BYTES: usize = T::BYTES * N;
    fn write(self, out: &mut [u8]) {
        for (value, bytes) in self.into_iter().zip(out.chunks_exact_mut(T::BYTES)) {
            value.write(bytes);
        }
    }
    fn read(bytes: &[u8]) -> Self {
        std::array::from_fn(|i| T::read(&bytes[i * T::BYTES..(i + 1) * T::BYTES]))
    }
}
