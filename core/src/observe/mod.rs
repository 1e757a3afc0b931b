//! What a policy is given: encoders that write in place, the own vector, masks. One file each.
//!
//! **Invariant.** Reads only what the role may see; labels and unseen channels never enter.

/// How observations are encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Encoding {
    /// `u8[H,W,8]`: the cell words of the window.
    #[default]
    Symbolic,
    /// `u8[H,W,2]`: top look code of item, solid, mark, floor; agent look byte.
    Codes,
    /// `u8[H·8,W·8,3]`: generated tiles of 8 × 8 pixels.
    Rgb,
    /// UTF-8 text blocks, see `text.rs`; fetched by a call, never written into a buffer.
    Text,
    /// Nothing.
    None,
}
