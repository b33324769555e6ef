//! What an entry takes of the process.

use std::mem::size_of;

use super::Kept;
use crate::stamp::{COUNTS, Watch, allocated};

/// What the store takes for an entry: its row, its place in the index, and a share of the rows of those
/// it remembers to have evicted, in tables that grow by doubling.
const ROW: usize = (size_of::<Kept>() + 8 + 8 + 8 + 5) * 3 / 2 + 32;

/// What a value takes with all that only it holds: it is itself so large where it is held, and what it owns
/// on the heap, if anything, is taken to be as long as its encoding.
pub(crate) fn size((own, has_heap): (usize, bool), encoded: usize, watch: &Watch) -> u64 {
    let heap = match has_heap {
        true => allocated(encoded),
        false => 0,
    };
    let held = allocated(COUNTS + own);
    let all = [heap, held, watch.bytes()];
    all.into_iter().fold(0, |sum, part| sum + part as u64)
}

/// What the store takes for an entry of a key of so many bytes.
pub(super) fn row(parts: usize) -> u64 {
    (ROW + allocated(COUNTS + parts)) as u64
}
