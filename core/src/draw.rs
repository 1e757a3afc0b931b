//! Addressed randomness, version 1: a draw is a pure function of its address, never the next number of a stream.
//!
//! The address is `(domain, seed, episode, tick, purpose, name, subject, k)`. So two arms, or two forks, share every draw that
//! concerns the same thing, whatever else differs between them. Choosing one of a set gives every candidate its own draw and
//! takes the smallest `(draw, id)`: there is no index into a list whose length depends on the state.
//!
//! **Invariant.** Wrapping arithmetic only; equal on every host. A change here raises the rules version.

use crate::ids::{Domain, Num, ONE};

/// Version of address and mixer, stored in recordings.
pub const DRAW_VERSION: u32 = 1;

const G: u64 = 0x9e37_79b9_7f4a_7c15;

/// What a draw is for. Numbers are fixed for ever and never reused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum Purpose {
    /// Order of slots in a tick. Subject: slot.
    Order = 1,
    /// Initial value of a drawn variable. Name: the variable.
    Init = 2,
    /// Mirror of the map. Subject: axis (0 x, 1 y).
    Mirror = 3,
    /// Spawn cell of a role at reset. Name: role. Subject: cell.
    Spawn = 4,
    /// Facing at spawn. Subject: slot.
    Facing = 5,
    /// Presence of a legend entry with `p`. Subject: cell.
    Presence = 6,
    /// Regrowth. Name: `regrow.<instance>`. Subject: cell.
    Regrow = 7,
    /// Cell of a returning agent. Name: slot. Subject: cell.
    Return = 8,
    /// `chance` in a rule or script. Name: `block.rule`. Subject: first binder.
    RuleChance = 9,
    /// `pick` in a rule or script. Name: `block.rule`. Subject: first binder.
    RulePick = 10,
    /// Direction order of a path-finder's ties. Subject: slot, once an episode.
    PathTie = 11,
    /// A wandering bot's step. Subject: slot, k: direction.
    Wander = 12,
    /// End of an episode that is drawn. Subject: 0.
    DrawnEnd = 13,
    /// Slip of a move. Subject: slot.
    Slip = 14,
    /// Choice in a legend's `choose`. Subject: cell.
    Choose = 15,
    /// A dealt value of a legend group with `shuffle`. Subject: cell.
    Shuffle = 16,
    /// Scattered things. Name: `scatter.<instance>`. Subject: cell.
    Scatter = 17,
    /// A random test policy. Subject: slot.
    RandomPolicy = 18,
    /// Place of dropped things when the cell is taken. Subject: cell.
    Drop = 19,
    /// Whether a try of `scatter` or `pollute` succeeds. Name: the instance. Subject: cell of the cause, 0 for none; k: the try.
    Try = 100,
    /// Cell that a try takes. Name: the instance. Subject: cell.
    TryCell = 101,
    /// Whether a thing dies because another was eaten. Name: `perish.<instance>`. Subject: cell; k: the cause's place in the tick.
    Chain = 102,
    /// Ripening. Name: `ripen.<instance>`. Subject: cell.
    Ripen = 103,
    /// Whether a claim pays. Name: `territory.<instance>`. Subject: cell.
    ClaimPay = 104,
    /// Whether a damaged thing repairs itself. Name: `territory.<instance>`. Subject: cell.
    Repair = 105,
    /// Whether a boat goes on when somebody flails. Name: `boat.<instance>`. Subject: boat.
    Flail = 120,
    /// Whether an override takes hold. Name: `override.<instance>`. Subject: slot.
    Override = 80,
    /// A forced random action. Name: `override.<instance>`, k: slot. Subject: action.
    OverrideAction = 81,
    /// Spread of a hazard. Name: `hazard.<instance>`. Subject: cell.
    Spread = 82,
    /// Whether an interruption lies in wait. Name: `interrupt.<instance>`, tick 0. Subject: 0.
    Interrupt = 83,
    /// Error of a monitor. Name: `monitor.<instance>`, k: 0 missed, 1 false alarm. Subject: event row or slot.
    MonitorError = 84,
    /// Whether a breach is fined. Name: `law.<instance>`. Subject: slot; k: the breach's number among the slot's own of the tick.
    Fine = 85,
    /// Noise of a gauge. Name: `gauge.<instance>`. Subject: 0.
    GaugeNoise = 86,
    /// Map of a pool at reset. Subject: 0.
    Map = 71,
    /// A unit of a pool that is dealt. Name: `pool.<instance>`. Subject: slot, k: unit.
    Deal = 70,
}

/// The 64-bit finaliser of splitmix64 (Steele, Lea and Flood 2014).
#[inline(always)]
pub const fn mix(mut x: u64) -> u64 {
    x ^= x >> 30;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^= x >> 27;
    x = x.wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Seed of the `n`-th arena of a batch: `m(m(batch_seed ^ m(domain+G)) ^ m(n+G))`.
pub const fn arena_seed(batch_seed: u64, domain: Domain, n: u64) -> u64 {
    mix(mix(batch_seed ^ mix((domain as u64).wrapping_add(G))) ^ mix(n.wrapping_add(G)))
}

/// The low half of xxh3-64 of a name, the `name` part of an address; 0 for what exists once.
pub fn name_hash(name: &str) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
    let low = xxhash_rust::xxh3::xxh3_64(name.as_bytes()) as u32;
    low
}

/// All draws of one arena in one tick.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TickDraw(u64);

impl TickDraw {
    /// The part of the mixer that is computed once a tick.
    #[inline]
    pub const fn new(domain: Domain, seed: u64, episode: u32, tick: u32) -> Self {
        let a = mix(seed ^ mix((domain as u64).wrapping_add(G)));
        Self(mix(a ^ mix(
            (((episode as u64) << 32) | tick as u64).wrapping_add(G)
        )))
    }
    /// All draws of one use.
    #[inline(always)]
    pub const fn key(self, purpose: Purpose, name: u32, k: u16) -> Key {
        Key(mix(self.0
            ^ mix((((name as u64) << 32)
                | ((purpose as u64) << 16)
                | k as u64)
                .wrapping_add(G))))
    }
}

/// All draws of one use in one tick; the subject is what is left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key(u64);

impl Key {
    /// The draw for choices.
    #[inline(always)]
    pub const fn u64(self, subject: u32) -> u64 {
        mix(self.0.wrapping_add((subject as u64).wrapping_mul(G)))
    }
    /// The draw for chances; vectorises.
    #[inline(always)]
    pub const fn u32(self, subject: u32) -> u32 {
        self.u32_of(Self::spread(subject))
    }
    /// What a subject adds to the draw for chances: where subjects are fixed, it is computed once.
    #[inline(always)]
    pub const fn spread(subject: u32) -> u32 {
        subject.wrapping_mul(0x9e37_79b9)
    }
    /// The draw for chances of a subject that is spread already.
    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the halves of the key are meant"
    )]
    pub const fn u32_of(self, spread: u32) -> u32 {
        let mut x = (self.0 as u32).wrapping_add(spread);
        x ^= x >> 17;
        x = x.wrapping_mul(0xed5a_d4bb);
        x ^= x >> 11;
        x ^= (self.0 >> 32) as u32;
        x = x.wrapping_mul(0xac4c_1b51);
        x ^= x >> 15;
        x = x.wrapping_mul(0x3184_8bab);
        x ^ (x >> 14)
    }
    /// Whether a chance of `p` millionths holds; `p ≥ 1` always does.
    #[inline]
    pub const fn chance(self, subject: u32, p: Num) -> bool {
        (self.u32(subject) as u64) < threshold(p)
    }
    /// A number below `n`, for lists that are fixed at load.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the result is below n")]
    pub const fn below(self, subject: u32, n: u32) -> u32 {
        ((self.u64(subject) as u128 * n as u128) >> 64) as u32
    }
    /// A generator behind `rand`'s traits: word `n ≥ 1` is `m(u64 + n·G)`, word 0 the draw itself.
    pub const fn rng(self, subject: u32) -> Rng {
        Rng {
            start: self.u64(subject),
            n: 0,
        }
    }
    /// The mixed key, for known-answer tests and vector loops.
    pub const fn raw(self) -> u64 {
        self.0
    }
    /// A key from its mixed form.
    pub const fn from_raw(raw: u64) -> Self {
        Self(raw)
    }
}

/// `p·2³²/10⁶`, the number that a 32-bit draw must stay below (2³² for `p ≥ 1`, 0 for `p ≤ 0`).
pub const fn threshold(p: Num) -> u64 {
    if p <= 0 {
        0
    } else if p >= ONE {
        1 << 32
    } else {
        #[expect(clippy::cast_sign_loss, reason = "p is positive here")]
        let p = p as u64;
        (p << 32) / ONE.unsigned_abs()
    }
}

/// Many words from one address, for what needs more than one (`rand`'s distributions).
#[derive(Clone, Debug)]
pub struct Rng {
    start: u64,
    n: u64,
}

impl rand::TryRng for Rng {
    type Error = core::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64()
            .map(|x| u32::try_from(x >> 32).expect("half of a word"))
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let n = self.n;
        self.n = n.wrapping_add(1);
        Ok(if n == 0 {
            self.start
        } else {
            mix(self.start.wrapping_add(n.wrapping_mul(G)))
        })
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}
