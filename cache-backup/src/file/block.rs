//! What is said of a block before it.

use std::collections::BTreeMap;

use cache_runtime::admin::WalkPlace;
use serde::{Deserialize, Serialize};

/// What is said of a block before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BlockHead {
    /// How many records stand before it in the file.
    pub(crate) first: u64,
    /// How many it has.
    pub(crate) records: u32,
    /// How many bytes its records have.
    pub(crate) raw: u32,
    /// How many bytes they have compressed.
    pub(crate) packed: u32,
    /// xxh3-64 of the compressed bytes, in hexadecimal digits.
    pub(crate) checksum: String,
    /// What is known behind it, for who goes on from there.
    pub(crate) so_far: SoFar,
}

/// How far a backup had come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SoFar {
    /// Where its walk stood; none before it had a place.
    pub(crate) place: Option<WalkPlace>,
    /// How many bytes the frames have that were written.
    pub(crate) bytes: u64,
    /// How many entries were seen and not saved.
    pub(crate) unsaved: BTreeMap<String, u64>,
    /// How often it was gone on with.
    pub(crate) resumed: u32,
}

/// A chain of checksums: of a file in which one is another, is missing or stands elsewhere it ends otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Chain(u64);

impl Chain {
    pub(super) fn add(&mut self, checksum: u64) {
        let mut both = [0; 16];
        let (first, last) = both.split_at_mut(8);
        first.copy_from_slice(&self.0.to_le_bytes());
        last.copy_from_slice(&checksum.to_le_bytes());
        self.0 = xxhash_rust::xxh3::xxh3_64(&both);
    }

    pub(super) fn text(self) -> String {
        digits(self.0)
    }
}

pub(super) fn digits(checksum: u64) -> String {
    format!("{checksum:016x}")
}
