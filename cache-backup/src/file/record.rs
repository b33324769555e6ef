//! One record: an entry, and what is needed to put it back later.

use cache_runtime::admin::{Returning, StoredEntry};
use xxhash_rust::xxh3::xxh3_64;

use super::Cause;

/// What stands in a record beside the name and the frame.
const FIXED: usize = 8 * 3 + 8 + 4 + CHECKSUM;
const CHECKSUM: usize = 8;

/// An entry, and when it was read by the clock on the wall, in Unix milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) entry: StoredEntry,
    pub(crate) wall_ms: u64,
}

impl Record {
    /// As it comes back now. A clock that was set back makes no entry younger.
    pub(crate) fn returning(self, wall_ms: u64) -> Returning {
        Returning {
            passed_ms: wall_ms.saturating_sub(self.wall_ms),
            entry: self.entry,
        }
    }

    /// Writes it at the end of a block; `false` for one that is too long for any.
    pub(super) fn write(&self, out: &mut Vec<u8>) -> bool {
        let entry = &self.entry;
        let len = FIXED + entry.name.len() + entry.frame.len();
        let (Ok(len), Ok(name)) = (u32::try_from(len), u32::try_from(entry.name.len())) else {
            return false;
        };
        out.extend_from_slice(&len.to_le_bytes());
        let from = out.len();
        for word in [entry.node_ms, self.wall_ms, entry.left_ms] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        out.extend_from_slice(&entry.run);
        out.extend_from_slice(&name.to_le_bytes());
        out.extend_from_slice(entry.name.as_bytes());
        out.extend_from_slice(&entry.frame);
        let checksum = xxh3_64(&out[from..]);
        out.extend_from_slice(&checksum.to_le_bytes());
        true
    }

    /// Reads the first record of a block, and gives what stands behind it.
    pub(super) fn read(block: &[u8]) -> Result<(Self, &[u8]), Cause> {
        let (len, rest) = block.split_first_chunk::<4>().ok_or(Cause::Changed)?;
        let len = u32::from_le_bytes(*len) as usize;
        let (record, rest) = rest.split_at_checked(len).ok_or(Cause::Changed)?;
        let (body, checksum) = record.split_last_chunk::<8>().ok_or(Cause::Changed)?;
        if xxh3_64(body) != u64::from_le_bytes(*checksum) {
            return Err(Cause::Changed);
        }
        Ok((Self::parse(body).ok_or(Cause::Changed)?, rest))
    }

    fn parse(body: &[u8]) -> Option<Self> {
        let (node_ms, rest) = body.split_first_chunk()?;
        let (wall_ms, rest) = rest.split_first_chunk()?;
        let (left_ms, rest) = rest.split_first_chunk()?;
        let (run, rest) = rest.split_first_chunk()?;
        let (name, rest) = rest.split_first_chunk()?;
        let (name, frame) = rest.split_at_checked(u32::from_le_bytes(*name) as usize)?;
        Some(Self {
            entry: StoredEntry {
                name: String::from_utf8(name.to_vec()).ok()?,
                frame: frame.to_vec(),
                left_ms: u64::from_le_bytes(*left_ms),
                node_ms: u64::from_le_bytes(*node_ms),
                run: *run,
            },
            wall_ms: u64::from_le_bytes(*wall_ms),
        })
    }
}
