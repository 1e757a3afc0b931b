//! No bytes make the container panic, and none that were changed pass.

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::ReplayError;
use super::container::{HASH_EVERY, Header, Recording};
use crate::ids::Domain;

fn recording(ticks: u32, slots: u8) -> Recording {
    let outside = vec![0, slots - 1]
        .into_iter()
        .take(usize::from(slots.min(2)))
        .collect();
    let header = Header {
        rules: crate::RULES_VERSION,
        draw: 1,
        text: "format = 1\n# a text that deflates well, well, well, well\n".repeat(20),
        arm: "threat[twin=yes,done=no]".to_owned(),
        domain: Domain::Eval,
        seed: 0xdead_beef_cafe_f00d,
        episode: 37,
        start: 0x0123_4567_89ab_cdef,
        outside,
        scenario: "switch_and_successor".to_owned(),
        slots,
        policies: vec![("worker".to_owned(), "complier".to_owned())],
        absent: vec![slots - 1],
    };
    let actions = (0..ticks * u32::from(slots))
        .map(|i| (i % 7) as u8)
        .collect();
    let hashes = (0..u64::from(ticks.div_ceil(HASH_EVERY)))
        .map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15))
        .collect();
    Recording {
        header,
        actions,
        hashes,
    }
}

/// Puts the right checksum under changed bytes, so that what lies behind it is reached.
fn sign(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(at) = bytes.len().checked_sub(32) {
        let sum = Sha256::digest(&bytes[..at]);
        bytes[at..].copy_from_slice(&sum);
    }
    bytes
}

#[test]
fn a_written_recording_is_read_back() {
    for (ticks, slots) in [(0, 1), (1, 2), (63, 3), (64, 3), (65, 3), (1000, 64)] {
        let recording = recording(ticks, slots);
        assert_eq!(
            Recording::parse(&recording.write()),
            Ok(recording),
            "{ticks} ticks of {slots} slots"
        );
    }
}

#[test]
fn hashes_stand_at_every_64th_tick_and_the_last() {
    let recording = recording(130, 2);
    let with: Vec<u32> = (0..140)
        .filter(|&t| recording.hash_after(t).is_some())
        .collect();
    assert_eq!(with, [0, 64, 128, 130]);
    assert_eq!(recording.hash_after(128), Some(recording.hashes[1]));
    assert_eq!(recording.hash_after(130), Some(recording.hashes[2]));
    assert!(recording.actions(130).is_empty() && recording.actions(u32::MAX).is_empty());
}

#[test]
fn a_recording_cut_anywhere_is_refused() {
    let bytes = recording(100, 3).write();
    for n in 0..bytes.len() {
        let error = Recording::parse(&bytes[..n]).expect_err("cut");
        assert!(
            matches!(error, ReplayError::NotARecording | ReplayError::Cut { .. }),
            "{n}: {error}"
        );
        assert_eq!(matches!(error, ReplayError::NotARecording), n < 4);
    }
}

#[test]
fn a_recording_with_any_bit_changed_is_refused() {
    let bytes = recording(70, 3).write();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            assert!(Recording::parse(&changed).is_err(), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn what_inflates_beyond_all_bounds_is_refused() {
    let mut bomb = recording(1, 1);
    bomb.header.text = " ".repeat((1 << 21) + 1);
    assert_eq!(
        Recording::parse(&bomb.write())
            .expect_err("too large")
            .to_string(),
        "the recording's scenario text would take more than 2097152 bytes, and none does: it is refused unread"
    );
    let mut bomb = recording(1, 1);
    bomb.actions = vec![0; 6_400_001];
    assert!(matches!(
        Recording::parse(&bomb.write()),
        Err(ReplayError::TooLarge {
            part: "actions",
            ..
        })
    ));
}

#[test]
fn promises_that_are_broken_get_a_sentence() {
    type Break = fn(&mut Recording);
    let cases: [(Break, &str); 6] = [
        (
            |r| r.header.slots = 0,
            "it tells of 0 slots, and an arena has 1 to 64",
        ),
        (
            |r| r.header.slots = 65,
            "it tells of 65 slots, and an arena has 1 to 64",
        ),
        (
            |r| r.header.outside = vec![1, 1],
            "its slots driven from outside are not ascending slots below 3",
        ),
        (
            |r| r.header.absent = vec![3],
            "its absent slots are not ascending slots below 3",
        ),
        (
            |r| r.actions.push(0),
            "301 actions are no whole number of ticks of 3 slots",
        ),
        (
            |r| r.hashes.clear(),
            "it holds 0 hashes, and 100 ticks have 2",
        ),
    ];
    for (change, expected) in cases {
        let mut broken = recording(100, 3);
        change(&mut broken);
        let error = Recording::parse(&broken.write()).expect_err(expected);
        assert_eq!(
            error.to_string(),
            format!("the recording is corrupt: {expected}")
        );
    }
}

#[test]
fn another_format_is_named_and_another_rules_version_described() {
    let bytes = recording(3, 1).write();
    let mut other = bytes.clone();
    other[8] = 9; // the header's first byte: its format
    let error = Recording::parse(&sign(other)).expect_err("another format");
    assert_eq!(
        error.to_string(),
        "the recording has file format 9, and this build reads format 1: use the build that wrote it"
    );
    let mut old = recording(3, 1);
    old.header.rules = crate::RULES_VERSION + 1;
    let opened = Recording::parse(&old.write()).expect("opened all the same");
    assert!(!opened.is_current());
    assert!(opened.describe().starts_with(
        "switch_and_successor, arm threat[twin=yes,done=no], eval seed deadbeefcafef00d"
    ));
    let error = super::verify(&opened)
        .expect_err("never recomputed")
        .to_string();
    assert!(
        error.contains("it can describe the recording, not recompute it"),
        "{error}"
    );
}

proptest! {
    #[test]
    fn any_bytes_give_a_recording_or_a_sentence(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut with_magic = b"CWR1".to_vec();
        with_magic.extend_from_slice(&bytes);
        for bytes in [bytes, with_magic.clone(), sign(with_magic)] {
            if let Err(error) = Recording::parse(&bytes) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }

    #[test]
    fn a_signed_forgery_gives_a_recording_or_a_sentence(
        ticks in 0u32..200, slots in 1u8..5,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = recording(ticks, slots).write();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Ok(forged) = Recording::parse(&sign(bytes)) {
            // What is accepted keeps its promises, and playing it ends in a verdict or a sentence.
            for tick in 0..=forged.ticks() {
                let _ = (forged.hash_after(tick), forged.actions(tick));
            }
            let _ = (forged.describe(), super::verify(&forged));
        }
    }
}
