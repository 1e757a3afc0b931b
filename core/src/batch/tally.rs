//! What an experiment reads of a running episode beside its events and rewards.

use crate::batch::Batch;
use crate::ids::KindId;

impl Batch {
    /// Things of a kind on the map now.
    pub fn count(&self, _arena: usize, _kind: KindId) -> u32 {
        0
    }
    /// Hash of the layout.
    pub fn layout_hash(&mut self, _arena: usize) -> u64 {
        0
    }
    /// Which slots are away or frozen.
    pub fn out_of_play(&mut self, _arena: usize, _out: &mut [bool]) {}
    /// (fault, saturated) of the episode so far.
    pub fn trouble(&self, _arena: usize) -> (bool, bool) {
        (false, false)
    }
    /// over
    pub fn is_over(&self, _arena: usize) -> bool {
        true
    }
}
