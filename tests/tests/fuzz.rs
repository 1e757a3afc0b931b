//! The bodies of `fuzz`, on good inputs with a few bytes changed, cut, doubled or moved, and on noise. The seed is fixed: a failure
//! names its round.

use commonweal_core::batch::{Autoreset, Batch, Config, Out, Serial};
use commonweal_core::draw::mix;
use commonweal_core::replay::Recorder;
use commonweal_tests::rows::same_in_all_arenas;
use commonweal_tests::{fuzz, worlds};

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        usize::try_from(mix(self.0) % (n as u64).max(1)).expect("below n")
    }
    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).expect("a byte")
    }
}

/// A changed copy. `words` are pieces that mean something in the format.
fn changed(good: &[u8], words: &[&[u8]], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len());
        match dice.below(6) {
            0 => bytes.truncate(at),
            1 if !bytes.is_empty() => bytes[at] = dice.byte(),
            2 if !bytes.is_empty() => bytes[at] ^= 1 << dice.below(8),
            3 if !words.is_empty() => {
                let word = words[dice.below(words.len())];
                bytes.splice(at..at, word.iter().copied());
            }
            4 => {
                let to = (at + dice.below(40)).min(bytes.len());
                bytes.drain(at..to);
            }
            _ => {
                let to = (at + dice.below(40)).min(bytes.len());
                let piece = bytes[at..to].to_vec();
                let place = dice.below(bytes.len());
                bytes.splice(place..place, piece);
            }
        }
    }
    bytes
}

fn noise(dice: &mut Dice) -> Vec<u8> {
    (0..dice.below(300)).map(|_| dice.byte()).collect()
}

#[test]
fn recordings_of_any_bytes_come_back() {
    let scenario = worlds::shipped().pop().expect("a scenario");
    let compiled = worlds::compile(&scenario, "treatment");
    let config = Config {
        autoreset: Autoreset::Disabled,
        ..Config::default()
    };
    let mut batch = Batch::new(&[compiled], config).expect("a batch");
    let mut recorder = Recorder::new(&mut batch, 0).expect("tick 0");
    for tick in 0..20 {
        let actions = same_in_all_arenas(&batch, 1, tick);
        let actions: Vec<&[i32]> = actions.iter().map(Vec::as_slice).collect();
        let mut out: Vec<Out<'_>> = batch.groups().iter().map(|_| Out::default()).collect();
        batch.step(&actions, &mut out, &Serial).expect("a step");
        recorder.push(&mut batch, &actions).expect("a tick");
    }
    let good = recorder.finish().write();
    fuzz::recording(&good);
    let mut dice = Dice(1);
    for round in 0..2000 {
        let mut bytes = if round % 4 == 0 {
            noise(&mut dice)
        } else {
            changed(&good, &[b"CWR1", &[255; 8]], &mut dice)
        };
        fuzz::recording(&bytes);
        // The same with a checksum that holds.
        if let Some(end) = bytes.len().checked_sub(32) {
            let sum = <sha2::Sha256 as sha2::Digest>::digest(&bytes[..end]);
            bytes[end..].copy_from_slice(&sum);
            fuzz::recording(&bytes);
        }
    }
}

#[test]
fn snapshots_of_any_bytes_come_back() {
    for scenario in worlds::shipped() {
        let compiled = worlds::compile(&scenario, "treatment");
        let good = Batch::new(std::slice::from_ref(&compiled), Config::default())
            .expect("a batch")
            .snapshot(0);
        fuzz::snapshot(&compiled, &good);
        let mut dice = Dice(2);
        for round in 0..150 {
            let bytes = if round % 4 == 0 {
                noise(&mut dice)
            } else {
                changed(&good, &[], &mut dice)
            };
            fuzz::snapshot(&compiled, &bytes);
        }
    }
}

#[test]
fn texts_of_any_bytes_come_back() {
    const WORDS: [&[u8]; 14] = [
        b"[",
        b"]]",
        b"'''",
        b"\"",
        b" = ",
        b"{",
        b"}",
        b"\n",
        b"999999999999",
        b"-1",
        b"chance = [0]",
        b" where ",
        b"on ",
        b"\xff",
    ];
    for shipped in commonweal_scenarios::ALL {
        let mut dice = Dice(3);
        for round in 0..60 {
            let bytes = if round % 10 == 0 {
                noise(&mut dice)
            } else {
                changed(shipped.text.as_bytes(), &WORDS, &mut dice)
            };
            fuzz::text(&bytes);
        }
    }
}
