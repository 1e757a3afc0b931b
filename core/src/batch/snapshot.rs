//! The bytes of a snapshot: `CWS1`; rules version u32; SHA-256 of the compiled scenario; u32 length of the columns; the columns,
//! deflated; xxh3-64 of all that precedes.

use xxhash_rust::xxh3::xxh3_64;

use super::BatchError;
use crate::RULES_VERSION;

const MAGIC: &[u8; 4] = b"CWS1";
const HEADER: usize = 4 + 4 + 32 + 4;

pub(super) fn pack(scenario: &[u8; 32], columns: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER + columns.len() / 4);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&RULES_VERSION.to_le_bytes());
    out.extend_from_slice(scenario);
    out.extend_from_slice(
        &u32::try_from(columns.len())
            .expect("at most 1 MiB")
            .to_le_bytes(),
    );
    out.extend_from_slice(&miniz_oxide::deflate::compress_to_vec(columns, 6));
    out.extend_from_slice(&xxh3_64(&out).to_le_bytes());
    out
}

/// The columns, `bytes` long, or a sentence.
pub(super) fn unpack(
    scenario: &[u8; 32],
    bytes: usize,
    snapshot: &[u8],
) -> Result<Vec<u8>, BatchError> {
    let refuse = |text: &str| Err(BatchError::Snapshot(text.to_owned()));
    if !snapshot.starts_with(MAGIC) {
        return refuse("this is not a Commonweal snapshot");
    }
    let Some((body, sum)) = snapshot
        .split_last_chunk::<8>()
        .filter(|(body, _)| body.len() >= HEADER)
    else {
        return refuse("this snapshot was cut off");
    };
    if xxh3_64(body) != u64::from_le_bytes(*sum) {
        return refuse("this snapshot was cut off or damaged: its checksum differs");
    }
    let rules = u32::from_le_bytes(body[4..8].try_into().expect("four bytes"));
    if rules != RULES_VERSION {
        return refuse(&format!(
            "this snapshot is of rules version {rules}, this build plays version {RULES_VERSION}"
        ));
    }
    if body[8..40] != scenario[..] {
        return refuse("this snapshot is of another scenario or arm");
    }
    let length = u32::from_le_bytes(body[40..44].try_into().expect("four bytes"));
    match miniz_oxide::inflate::decompress_to_vec_with_limit(&body[HEADER..], bytes) {
        Ok(columns) if columns.len() == bytes && usize::try_from(length) == Ok(bytes) => {
            Ok(columns)
        }
        _ => refuse("this snapshot is damaged: its columns have another size"),
    }
}
