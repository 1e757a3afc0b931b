//! Addressed draws: DESIGN's known answers, uniformity along each part of the address, independence of neighbours.

use commonweal_core::draw::{Key, Purpose, TickDraw, mix, name_hash, threshold};
use commonweal_core::ids::Domain;
use commonweal_tests::stats::z_of_equal_shares;

const PURPOSES: [Purpose; 19] = [
    Purpose::Order,
    Purpose::Init,
    Purpose::Mirror,
    Purpose::Spawn,
    Purpose::Facing,
    Purpose::Presence,
    Purpose::Regrow,
    Purpose::Return,
    Purpose::RuleChance,
    Purpose::RulePick,
    Purpose::PathTie,
    Purpose::Wander,
    Purpose::DrawnEnd,
    Purpose::Slip,
    Purpose::Choose,
    Purpose::Shuffle,
    Purpose::Scatter,
    Purpose::RandomPolicy,
    Purpose::Drop,
];

/// A full address.
#[derive(Clone, Copy)]
struct Address {
    domain: usize,
    seed: u64,
    episode: u32,
    tick: u32,
    purpose: usize,
    name: u32,
    subject: u32,
    k: u16,
}

const AT: Address = Address {
    domain: 1,
    seed: 0x5eed_5eed,
    episode: 3,
    tick: 141,
    purpose: 6,
    name: 0x1234_5678,
    subject: 77,
    k: 513,
};

impl Address {
    fn key(&self) -> Key {
        let draw = TickDraw::new(
            Domain::ALL[self.domain].1,
            self.seed,
            self.episode,
            self.tick,
        );
        draw.key(PURPOSES[self.purpose], self.name, self.k)
    }
    fn u64(&self) -> u64 {
        self.key().u64(self.subject)
    }
    fn u32(&self) -> u32 {
        self.key().u32(self.subject)
    }
}

/// The `i`-th address along a part, all else equal. Domains and purposes are few: subjects fill the line.
type Along = fn(u32) -> Address;
const PARTS: [(&str, Along); 12] = [
    ("domain", |i| Address {
        domain: i as usize % 5,
        subject: i / 5,
        ..AT
    }),
    ("seed", |i| Address {
        seed: u64::from(i),
        ..AT
    }),
    ("high bits of the seed", |i| Address {
        seed: u64::from(i) << 40,
        ..AT
    }),
    ("episode", |i| Address { episode: i, ..AT }),
    ("tick", |i| Address { tick: i, ..AT }),
    ("purpose", |i| Address {
        purpose: i as usize % 19,
        subject: i / 19,
        ..AT
    }),
    ("name", |i| Address { name: i, ..AT }),
    ("high bits of the name", |i| Address {
        name: i << 12,
        ..AT
    }),
    ("subject", |i| Address { subject: i, ..AT }),
    ("k", |i| Address {
        k: u16::try_from(i % 65_536).expect("16 bits"),
        subject: i / 65_536,
        ..AT
    }),
    ("tick and subject", |i| Address {
        tick: i / 256,
        subject: i % 256,
        ..AT
    }),
    ("episode and tick, the same number", |i| Address {
        episode: i,
        tick: i,
        ..AT
    }),
];

const N: u32 = 1 << 18;
const LIMIT: f64 = 5.0;

#[test]
fn draws_are_the_known_answers() {
    let at = |domain, seed, episode, tick, purpose: Purpose, name, subject, k| {
        let key = TickDraw::new(domain, seed, episode, tick).key(purpose, name, k);
        (key.raw(), key.u32(subject), key.u64(subject))
    };
    // (2, 1, 0, 7, 3, 0, 255, 0); purpose 3 is Mirror.
    assert_eq!(
        at(Domain::Calibrate, 1, 0, 7, Purpose::Mirror, 0, 255, 0),
        (0x33e1_a341_13ab_f447, 0x7a3f_c69c, 0x1162_8406_30b5_a941)
    );
    // The other two rows have purposes that no use has (0 and 40): their keys are written out here.
    let g = 0x9e37_79b9_7f4a_7c15_u64;
    let key = |domain: u64, seed: u64, episode: u64, tick: u64, purpose: u64, name: u64, k: u64| {
        let a = mix(seed ^ mix(domain.wrapping_add(g)));
        let b = mix(a ^ mix((episode << 32 | tick).wrapping_add(g)));
        Key::from_raw(mix(b ^ mix(
            (name << 32 | purpose << 16 | k).wrapping_add(g)
        )))
    };
    let zero = key(0, 0, 0, 0, 0, 0, 0);
    assert_eq!(
        (zero.raw(), zero.u32(0), zero.u64(0)),
        (0x7993_3b9d_f3d7_c2c7, 0x4aad_00e6, 0x1fb5_ed0d_4f66_140f)
    );
    let third = key(3, 0xdead_beef_cafe_f00d, 5, 999, 40, 0x1234_5678, 2);
    assert_eq!(
        (third.raw(), third.u32(1), third.u64(1)),
        (0x375d_6f06_f189_ab25, 0xa2ea_d819, 0xdf4a_7d27_ce98_f862)
    );
    // The key written out is the core's.
    let written = key(
        1,
        AT.seed,
        u64::from(AT.episode),
        u64::from(AT.tick),
        7,
        u64::from(AT.name),
        u64::from(AT.k),
    );
    assert_eq!(written.raw(), AT.key().raw());
}

#[test]
fn draws_are_uniform_along_each_part_of_the_address() {
    for (part, along) in PARTS {
        for (what, byte) in [
            (
                "high byte of u32",
                (|a| u64::from(a.u32() >> 24)) as fn(&Address) -> u64,
            ),
            ("low byte of u32", |a| u64::from(a.u32() & 255)),
            ("high byte of u64", |a| a.u64() >> 56),
            ("low byte of u64", |a| a.u64() & 255),
        ] {
            let mut counts = [0; 256];
            (0..N).for_each(|i| counts[usize::try_from(byte(&along(i))).expect("a byte")] += 1);
            let z = z_of_equal_shares(&counts);
            assert!(z.abs() < LIMIT, "{what} along {part}: z = {z:.1}");
        }
    }
}

#[test]
fn neighbouring_draws_are_independent_along_each_part() {
    for (part, along) in PARTS {
        for lag in [1, 2, 3, 8, 19, 64, 128, 255] {
            for (what, nibble) in [
                (
                    "high bits of u32",
                    (|a| (a.u32() >> 28) as usize) as fn(&Address) -> usize,
                ),
                ("low bits of u32", |a| (a.u32() & 15) as usize),
                ("high bits of u64", |a| (a.u64() >> 60) as usize),
            ] {
                let line: Vec<usize> = (0..N / 4 + lag).map(|i| nibble(&along(i))).collect();
                let mut counts = [0; 256];
                line.iter()
                    .zip(&line[lag as usize..])
                    .for_each(|(a, b)| counts[a * 16 + b] += 1);
                let z = z_of_equal_shares(&counts);
                assert!(
                    z.abs() < LIMIT,
                    "{what}, pairs {lag} apart along {part}: z = {z:.1}"
                );
            }
        }
    }
}

#[test]
fn draws_of_two_uses_are_independent() {
    // The same line of subjects under two addresses that differ in one part by one step.
    for (part, along) in PARTS {
        if part.contains("subject") {
            continue;
        }
        let (a, b) = (along(0), along(1));
        let mut counts = [0; 256];
        for subject in 0..N {
            let pair = [a, b].map(|at| {
                (Address {
                    subject: subject + 1000,
                    ..at
                }
                .u32()
                    >> 28) as usize
            });
            counts[pair[0] * 16 + pair[1]] += 1;
        }
        let z = z_of_equal_shares(&counts);
        assert!(
            z.abs() < LIMIT,
            "two lines a step apart in {part}: z = {z:.1}"
        );
    }
}

#[test]
fn a_chance_holds_as_often_as_it_says() {
    let key = AT.key();
    for p in [0, 1, 5, 2500, 25_000, 500_000, 999_999, 1_000_000] {
        let held = (0..1_000_000)
            .filter(|&subject| key.chance(subject, p))
            .count();
        let expected = f64::from(u32::try_from(p).expect("millionths"));
        let deviation = (expected * (1.0 - expected / 1e6)).sqrt().max(0.5);
        let held = f64::from(u32::try_from(held).expect("a million"));
        assert!(
            (held - expected).abs() <= 5.0 * deviation,
            "p = {p} millionths held {held} times in a million"
        );
    }
    assert_eq!(
        (threshold(1_000_000), threshold(0), threshold(-3)),
        (1 << 32, 0, 0)
    );
}

#[test]
fn a_fixed_list_is_indexed_evenly() {
    for n in [2, 3, 7, 100] {
        let mut counts = vec![0; n as usize];
        (0..N).for_each(|subject| counts[AT.key().below(subject, n) as usize] += 1);
        let z = z_of_equal_shares(&counts);
        assert!(z.abs() < LIMIT, "{n} entries: z = {z:.1}");
    }
}

#[test]
fn the_smallest_draw_chooses_each_candidate_equally_often() {
    let mut counts = [0; 7];
    for tick in 0..50_000 {
        let key = Address { tick, ..AT }.key();
        let chosen = (0..7)
            .min_by_key(|&c| (key.u64(c), c))
            .expect("seven candidates");
        counts[chosen as usize] += 1;
    }
    let z = z_of_equal_shares(&counts);
    assert!(z.abs() < LIMIT, "z = {z:.1}");
}

#[test]
fn names_hash_as_recordings_know_them() {
    // The low half of xxh3-64, seed 0; of nothing it is the published 2d06800538d394c2.
    assert_eq!(name_hash(""), 0x38d3_94c2);
    assert_ne!(name_hash("regrow.apple"), name_hash("regrow.berry"));
}
