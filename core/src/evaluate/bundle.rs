//! One file with all that a report rests on: plan, scenarios, inputs, the agent's answers, the report, and a manifest.
//!
//! A zip archive in the plainest form: parts stored, names sorted, times zero, no comments. There is one way to write given parts,
//! so a byte that differs anywhere is found: in a part by its checksum and its SHA-256 in `manifest.json`, between the parts by
//! writing the archive again.
//!
//! **Invariant.** No bytes, however made, cause a panic or an allocation beyond a few times their own length.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::plan::sha256;

/// The parts of a bundle, by name.
pub type Parts = BTreeMap<String, Vec<u8>>;

/// The manifest's name.
pub const MANIFEST: &str = "manifest.json";

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";

/// What is wrong with a bundle.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BundleError {
    /// Something else.
    #[error("this is no bundle: {0}")]
    NotABundle(String),
    /// A part that is not as it was written.
    #[error("`{part}` was changed: {why}")]
    Changed {
        /// Its name.
        part: String,
        /// How that shows.
        why: String,
    },
    /// Bytes between the parts.
    #[error("the archive's own bytes were changed at byte {at}, outside its parts")]
    Frame {
        /// The first of them that differs.
        at: usize,
    },
}

/// What a bundle holds, part by part.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    /// Version of this form: 1.
    format: u32,
    /// SHA-256 of each part.
    parts: BTreeMap<String, String>,
}

/// The checksum of zip archives (CRC-32, polynomial edb88320).
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let low = crc & 1;
            crc >>= 1;
            if low == 1 {
                crc ^= 0xedb8_8320;
            }
        }
    }
    !crc
}

fn manifest(parts: &Parts) -> Vec<u8> {
    let listed = parts.iter().filter(|(name, _)| *name != MANIFEST);
    let manifest = Manifest {
        format: 1,
        parts: listed
            .map(|(name, bytes)| (name.clone(), sha256(bytes)))
            .collect(),
    };
    let text = serde_json::to_string_pretty(&manifest).expect("plain data") + "\n";
    text.into_bytes()
}

fn length(n: usize) -> u32 {
    u32::try_from(n).expect("a bundle is far smaller than 4 GiB")
}

/// Fields that a local header and an entry of the directory share.
fn shared(name: &str, bytes: &[u8], out: &mut Vec<u8>) {
    // Version 2.0, no flags, stored, no time, the first day of the calendar of zip.
    out.extend_from_slice(&[20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0]);
    out.extend_from_slice(&crc32(bytes).to_le_bytes());
    out.extend_from_slice(&length(bytes.len()).to_le_bytes());
    out.extend_from_slice(&length(bytes.len()).to_le_bytes());
    let name = u16::try_from(name.len()).expect("names of parts are short");
    out.extend_from_slice(&name.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
}

fn archive(parts: &Parts) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in parts {
        let at = length(out.len());
        out.extend_from_slice(&LOCAL);
        shared(name, bytes, &mut out);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(bytes);
        directory.extend_from_slice(&CENTRAL);
        directory.extend_from_slice(&[20, 0]);
        shared(name, bytes, &mut directory);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&at.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let start = length(out.len());
    let count = u16::try_from(parts.len()).expect("few parts");
    out.extend_from_slice(&directory);
    out.extend_from_slice(&END);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&length(directory.len()).to_le_bytes());
    out.extend_from_slice(&start.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out
}

/// The bundle of parts, with its manifest.
pub fn write(parts: &Parts) -> Vec<u8> {
    let mut all = parts.clone();
    all.insert(MANIFEST.to_owned(), manifest(parts));
    archive(&all)
}

/// Bytes of a local header without its name.
const HEADER: usize = 30;

/// The part at the head of the bytes: name, content, checksum as written, how many bytes it takes.
fn part(bytes: &[u8]) -> Option<(String, &[u8], u32, usize)> {
    let header = bytes.get(..HEADER)?;
    let word = |at: usize| {
        u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
    };
    let size = usize::try_from(word(18)).ok()?;
    let name = usize::from(u16::from_le_bytes([header[26], header[27]]));
    let text = bytes.get(HEADER..HEADER + name)?;
    let content = bytes.get(HEADER + name..(HEADER + name).checked_add(size)?)?;
    let text = String::from_utf8_lossy(text).into_owned();
    Some((text, content, word(14), HEADER + name + size))
}

/// The parts of a bundle, each as it was written, and nothing between them.
pub fn read(bytes: &[u8]) -> Result<Parts, BundleError> {
    let (mut parts, mut at) = (Parts::new(), 0);
    let mut wrong = None;
    while bytes.get(at..at + 4) == Some(&LOCAL) {
        let Some((name, content, crc, taken)) = part(&bytes[at..]) else {
            return Err(BundleError::Frame { at });
        };
        if wrong.is_none() && crc32(content) != crc {
            wrong = Some(name.clone());
        }
        parts.insert(name, content.to_vec());
        at += taken;
    }
    if parts.is_empty() {
        let why = "a bundle is a zip archive with a manifest.json".to_owned();
        return Err(BundleError::NotABundle(why));
    }
    let again = archive(&parts);
    if let Some(part) = wrong {
        let why = "its bytes do not have its checksum".to_owned();
        return Err(BundleError::Changed { part, why });
    }
    if again != bytes {
        let differs = again.iter().zip(bytes).position(|(a, b)| a != b);
        let at = differs.unwrap_or(again.len().min(bytes.len()));
        return Err(BundleError::Frame { at });
    }
    listed(&parts)?;
    Ok(parts)
}

/// Whether every part is the one that the manifest lists.
fn listed(parts: &Parts) -> Result<(), BundleError> {
    let changed = |part: &str, why: String| {
        let part = part.to_owned();
        Err(BundleError::Changed { part, why })
    };
    let Some(own) = parts.get(MANIFEST) else {
        return Err(BundleError::NotABundle(format!("it has no {MANIFEST}")));
    };
    let Ok(listed) = serde_json::from_slice::<Manifest>(own) else {
        return changed(MANIFEST, "it cannot be read".to_owned());
    };
    for (name, wanted) in &listed.parts {
        match parts.get(name) {
            None => return changed(name, "it is missing".to_owned()),
            Some(bytes) if sha256(bytes) != *wanted => {
                return changed(name, format!("the manifest says SHA-256 {wanted}"));
            }
            Some(_) => {}
        }
    }
    if manifest(parts) != *own {
        return changed(
            MANIFEST,
            "it does not list the parts as they are".to_owned(),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Parts {
        [("plan.json", "{}\n"), ("scenarios/a.toml", "x = 1\n")]
            .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
            .into()
    }

    #[test]
    fn the_checksum_is_that_of_zip() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_bundle_reads_back_and_every_flipped_bit_is_found() {
        let bytes = write(&parts());
        let read_back = read(&bytes).expect("just written");
        assert_eq!(read_back.len(), 3);
        assert_eq!(read_back["plan.json"], b"{}\n");
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                assert!(read(&changed).is_err(), "byte {at}, bit {bit}");
            }
            assert!(read(&bytes[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_changed_part_is_named() {
        let bytes = write(&parts());
        let at = bytes
            .windows(5)
            .position(|w| w == b"x = 1")
            .expect("stored");
        let mut changed = bytes;
        changed[at] = b'y';
        let error = read(&changed).expect_err("changed");
        assert!(
            error
                .to_string()
                .starts_with("`scenarios/a.toml` was changed")
        );
    }

    #[test]
    fn parts_that_were_changed_with_their_checksums_differ_from_the_manifest() {
        let mut all = parts();
        all.insert(MANIFEST.to_owned(), manifest(&all));
        all.insert("plan.json".to_owned(), b"{1}\n".to_vec());
        let error = read(&archive(&all)).expect_err("not as listed");
        assert!(matches!(error, BundleError::Changed { part, .. } if part == "plan.json"));
        all.remove("plan.json");
        assert!(read(&archive(&all)).is_err());
    }
}
