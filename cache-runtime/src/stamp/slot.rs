//! What the table knows of one subject.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use super::Cell;
use super::recording::OTHERWISE;

/// The cells of one subject.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// The one that was not ended yet.
    pub(super) cell: Weak<Cell>,
    /// Expired ones, which stale values still rest on.
    expired: Vec<Weak<Cell>>,
    /// The counts of [recordings](super::Recording) under way.
    pub(super) recorders: Vec<Weak<AtomicU32>>,
}

impl Slot {
    pub(super) fn flip(&mut self, count: u32) {
        self.count(count);
        let cells = self
            .expired
            .drain(..)
            .chain([std::mem::take(&mut self.cell)]);
        let cells = cells.filter_map(|cell| cell.upgrade());
        cells.for_each(|cell| cell.flip());
    }

    /// Those that ended are swept before the list grows: a subject that many load under may never be
    /// flipped.
    pub(super) fn record(&mut self, count: &Arc<AtomicU32>) {
        if self.recorders.len() == self.recorders.capacity() {
            self.recorders.retain(|one| one.strong_count() > 0);
            self.recorders.reserve(self.recorders.len() + 1);
        }
        self.recorders.push(Arc::downgrade(count));
    }

    fn count(&mut self, count: u32) {
        self.recorders.retain(|recorder| match recorder.upgrade() {
            Some(recorder) => {
                match count {
                    OTHERWISE => recorder.fetch_or(OTHERWISE, Ordering::AcqRel),
                    count => recorder.fetch_add(count, Ordering::AcqRel),
                };
                true
            }
            None => false,
        });
    }

    /// Later reads get a new cell; an invalidation still reaches this one.
    pub(super) fn expire(&mut self) {
        self.count(OTHERWISE);
        self.expired.retain(|cell| cell.strong_count() > 0);
        let before = std::mem::take(&mut self.cell);
        if let Some(cell) = before.upgrade() {
            cell.expire();
            self.expired.push(before);
        }
    }

    pub(super) fn is_dead(&self) -> bool {
        let mut cells = self.expired.iter().chain([&self.cell]);
        cells.all(|cell| cell.strong_count() == 0)
            && self.recorders.iter().all(|one| one.strong_count() == 0)
    }
}
