//! States and recordings: bytes that a build wrote, or that somebody says it did.
//!
//! **Inputs**, after the scenario's line: a byte for the ticks that are played before the good one is taken (five each, below 40), a byte
//! that says what follows, and that.

use std::cell::RefCell;
use std::collections::BTreeMap;

use commonweal_core::batch::{Autoreset, Batch, Config, Control, Serial};
use commonweal_core::ids::Slot;
use commonweal_core::observe::Encoding;
use commonweal_core::replay::{Player, Recorder, Recording, verify};
use commonweal_core::state::End;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec;
use sha2::{Digest, Sha256};
use xxhash_rust::xxh3::xxh3_64;

use super::{named, treatment};
use crate::rows::{Buffers, each_arena_its_own, step};

/// Ticks that a restored state is stepped.
const TICKS: u64 = 12;
/// Ticks of the longest recording that is played.
const LONGEST: u32 = 256;

/// Head of a snapshot: magic, rules version, scenario, length.
const SNAPSHOT_HEAD: usize = 4 + 4 + 32 + 4;
const SNAPSHOT_SUM: usize = 8;
const RECORDING_SUM: usize = 32;

fn config(arenas: usize, autoreset: Autoreset) -> Config {
    Config {
        arenas,
        control: Control::Focal,
        encoding: Encoding::Codes,
        events: true,
        autoreset,
        ..Config::default()
    }
}

/// The number of ticks, what follows, and that.
fn heading(rest: &[u8]) -> (u64, u8, &[u8]) {
    match rest {
        [ticks, what, rest @ ..] => (u64::from(ticks % 8) * 5, *what, rest),
        _ => (0, 0, rest),
    }
}

/// Changes of six bytes each: how and where of (column or part), place in it, value.
fn patch(bytes: &mut [u8], parts: &[(usize, usize)], patches: &[u8]) {
    for p in patches.as_chunks::<6>().0 {
        let (start, len) = parts[usize::from(p[0] >> 2) % parts.len()];
        if len == 0 {
            continue;
        }
        let at = start + usize::from(u16::from_le_bytes([p[1], p[2]])) % len;
        let n = [1, 2, 4, 8][usize::from(p[0] & 3)].min(start + len - at);
        let value = u32::from_le_bytes([p[3], p[4], p[5], p[5]]).to_le_bytes();
        for (i, byte) in bytes[at..at + n].iter_mut().enumerate() {
            *byte = value[i % 4];
        }
    }
}

/// A good state of a scenario: the bytes of its snapshot, and of its columns.
fn good_state(index: usize, ticks: u64) -> Vec<u8> {
    thread_local! {
        static KEPT: RefCell<BTreeMap<(usize, u64), Vec<u8>>> = const { RefCell::new(BTreeMap::new()) };
    }
    KEPT.with_borrow_mut(|kept| {
        let made = || {
            let mut batch = batch(index, 1);
            advance(&mut batch, ticks, 0);
            batch.snapshot(0)
        };
        kept.entry((index, ticks)).or_insert_with(made).clone()
    })
}

fn batch(index: usize, arenas: usize) -> Batch {
    let config = config(arenas, Autoreset::SameStep);
    Batch::new(std::slice::from_ref(treatment(index)), config).expect("a shipped scenario plays")
}

fn advance(batch: &mut Batch, ticks: u64, seed: u64) {
    let mut buffers = Buffers::of(batch);
    for tick in 0..ticks {
        let actions = each_arena_its_own(batch, seed, tick, 0);
        step(batch, &actions, &mut buffers, &Serial).expect("actions of the right number");
    }
}

/// A snapshot for an arena of the scenario named. What follows: 0 the whole, 1 what comes after the head, its checksum made to hold, else
/// changes of a good one's columns.
///
/// # Panics
/// When a refused snapshot changed an arena, or one that was accepted does not play, or reads otherwise when it is taken again.
pub fn snapshot(bytes: &[u8]) {
    let (index, rest) = named(bytes);
    let (ticks, what, rest) = heading(rest);
    let good = good_state(index, ticks);
    let mut batch = batch(index, 2);
    let given = match what % 8 {
        0 => rest.to_vec(),
        1 => summed(&good[..SNAPSHOT_HEAD], rest),
        _ => {
            let packed = &good[SNAPSHOT_HEAD..good.len() - SNAPSHOT_SUM];
            let mut columns = decompress_to_vec(packed).expect("a good one");
            let mut parts = Vec::new();
            let mut start = 0;
            for column in batch.columns() {
                parts.push((start, column.bytes));
                start += column.bytes;
            }
            patch(&mut columns, &parts, rest);
            summed(&good[..SNAPSHOT_HEAD], &compress_to_vec(&columns, 1))
        }
    };
    restored(&mut batch, &given);
}

/// Head and body, with their checksum.
fn summed(head: &[u8], body: &[u8]) -> Vec<u8> {
    let mut out = [head, body].concat();
    out.extend_from_slice(&xxh3_64(&out).to_le_bytes());
    out
}

fn restored(batch: &mut Batch, given: &[u8]) {
    let before = [batch.hash(0), batch.hash(1)];
    if let Err(error) = batch.restore(0, given) {
        assert!(!error.to_string().is_empty());
        let after = [batch.hash(0), batch.hash(1)];
        assert_eq!(after, before, "a refused snapshot leaves the batch alone");
        advance(batch, 1, 1);
        return;
    }
    let hash = batch.hash(0);
    assert_eq!(batch.hash(1), before[1], "the other arena is left alone");
    let again = batch.snapshot(0);
    batch
        .restore(1, &again)
        .expect("it was accepted a moment ago");
    assert_eq!(batch.hash(1), hash, "taken again, it is the same state");
    let n_slots = batch.compiled(0).table.n_slots();
    for slot in (0..n_slots).filter_map(|s| u8::try_from(s).ok()) {
        assert!(!batch.text(0, Slot::new(slot)).is_empty());
        assert!(!batch.legal(0, Slot::new(slot)).is_empty());
    }
    assert!(!batch.chart(0).is_empty());
    advance(batch, TICKS, 2);
    let later = batch.snapshot(0);
    batch
        .restore(1, &later)
        .expect("a state that was played to");
    assert_eq!(
        batch.hash(0),
        batch.hash(1),
        "and so is what it is played to"
    );
}

/// A good recording of a scenario.
fn good_recording(index: usize, ticks: u64) -> Vec<u8> {
    thread_local! {
        static KEPT: RefCell<BTreeMap<(usize, u64), Vec<u8>>> = const { RefCell::new(BTreeMap::new()) };
    }
    KEPT.with_borrow_mut(|kept| {
        let made = || record(index, ticks).write();
        kept.entry((index, ticks)).or_insert_with(made).clone()
    })
}

fn record(index: usize, ticks: u64) -> Recording {
    let config = config(1, Autoreset::Disabled);
    let compiled = std::slice::from_ref(treatment(index));
    let mut batch = Batch::new(compiled, config).expect("a shipped scenario plays");
    let mut recorder = Recorder::new(&mut batch, 0).expect("tick 0");
    let mut buffers = Buffers::of(&batch);
    for tick in 0..ticks {
        if batch.end(0) != End::Running {
            break;
        }
        let actions = each_arena_its_own(&batch, 0, tick, 0);
        step(&mut batch, &actions, &mut buffers, &Serial).expect("a running episode");
        let actions: Vec<&[i32]> = actions.iter().map(Vec::as_slice).collect();
        recorder
            .push(&mut batch, &actions)
            .expect("the tick that was played");
    }
    recorder.finish()
}

/// A recording. What follows: 0 the whole file, 1 all but its checksum, 2 changes of a good one's head, 3 of its packed actions and
/// hashes, 4 of its actions, 5 the scenario's text in a good one, each with a checksum that holds.
///
/// # Panics
/// When one that can be read is not written as it was, or plays otherwise twice.
pub fn recording(bytes: &[u8]) {
    let (index, rest) = named(bytes);
    let (ticks, what, rest) = heading(rest);
    let mut good = good_recording(index, ticks);
    good.truncate(good.len() - RECORDING_SUM);
    let length = |at: usize| {
        let four = good[at..at + 4].try_into().expect("four bytes");
        u32::from_le_bytes(four) as usize
    };
    let (head, n_head) = (8, length(4));
    let (actions, n_actions) = (head + n_head + 4, length(head + n_head));
    let given = match what % 6 {
        0 => return opened(rest),
        1 => rest.to_vec(),
        2 => {
            patch(&mut good, &[(4, n_head + 8)], rest);
            good
        }
        3 => {
            let part = (head + n_head, good.len() - head - n_head);
            patch(&mut good, &[part], rest);
            good
        }
        4 => {
            let packed = &good[actions..actions + n_actions];
            let mut played = decompress_to_vec(packed).expect("a good one");
            let part = (0, played.len());
            patch(&mut played, &[part], rest);
            let packed = compress_to_vec(&played, 1);
            let n = u32::try_from(packed.len()).expect("short").to_le_bytes();
            [
                &good[..head + n_head],
                &n,
                &packed,
                &good[actions + n_actions..],
            ]
            .concat()
        }
        _ => {
            let mut recording = record(index, ticks);
            recording.header.text = String::from_utf8_lossy(rest).into_owned();
            return opened(&recording.write());
        }
    };
    let sum = Sha256::digest(&given);
    opened(&[&given[..], &sum[..]].concat());
}

fn opened(bytes: &[u8]) {
    let recording = match Recording::parse(bytes) {
        Ok(recording) => recording,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert!(!recording.describe().is_empty());
    let again = Recording::parse(&recording.write()).expect("written a moment ago");
    assert_eq!(again, recording);
    if recording.ticks() > LONGEST {
        return;
    }
    let verdict = verify(&recording);
    if let Err(error) = &verdict {
        assert!(!error.to_string().is_empty());
    }
    match Player::new(recording.clone()) {
        Ok(mut player) => {
            while !player.is_over() {
                if player.step().is_err() {
                    return;
                }
            }
            let (end, hash) = (player.tick(), player.hash());
            player.seek(end / 2).expect("a tick that was played");
            player.seek(end).expect("a tick that was played");
            assert_eq!((player.tick(), player.hash()), (end, hash));
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert!(verdict.is_err(), "verified, but no player: {error}");
        }
    }
}

/// Good and slightly changed states.
pub(super) fn snapshots() -> Vec<(String, Vec<u8>)> {
    inputs(&[&[0, 2], &[4, 2, 0, 0, 0, 0, 0, 0], &[7, 1, 3, 0]])
}

/// Good and slightly changed recordings.
pub(super) fn recordings() -> Vec<(String, Vec<u8>)> {
    inputs(&[&[4, 2], &[7, 4, 0, 3, 0, 1, 1, 1], &[1, 5, b'x']])
}

fn inputs(endings: &[&[u8]]) -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    for shipped in commonweal_scenarios::ALL {
        for (i, ending) in endings.iter().enumerate() {
            let input = [shipped.id.as_bytes(), b"\n", ending].concat();
            out.push((format!("{}-{i}", shipped.id), input));
        }
    }
    out
}
