//! What the cells of a value take in memory, as far as they are its own.

use std::mem::size_of;
use std::sync::Arc;

use super::slot::Slot;
use super::{Cell, Subject, Watch};

/// What an allocation takes: allocators have classes of size, and a word of their own.
pub(crate) const fn allocated(bytes: usize) -> usize {
    let taken = bytes.saturating_add(8).next_multiple_of(16);
    if taken < 32 { 32 } else { taken }
}

/// The counts of an `Arc`.
pub(crate) const COUNTS: usize = 2 * size_of::<usize>();

/// A cell, its place in a table that is two thirds full, and the text of its subject, which is an
/// entry's hash or a tag of usual length.
const OWN: usize = allocated(COUNTS + size_of::<Cell>())
    + (size_of::<(Subject, Slot)>() + 1) * 3 / 2
    + allocated(COUNTS + 16);

/// Fewer hold a cell while the one value that rests on it is loaded.
const HOLDERS: usize = 16;

impl Watch {
    /// The list, and its cells, divided by those who share them: a tag of many entries is counted
    /// in the first few.
    pub(crate) fn bytes(&self) -> usize {
        let cells = self.0.iter().map(|cell| {
            let sharing = Arc::strong_count(cell) / HOLDERS;
            OWN / sharing.max(1)
        });
        allocated(COUNTS + self.0.len() * size_of::<Arc<Cell>>()) + cells.sum::<usize>()
    }
}
