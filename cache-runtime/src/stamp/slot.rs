//! What the table knows of one subject.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use super::Cell;
use super::recording::OTHERWISE;

/// The cells of one subject. There is one for each entry and tag in memory, so what few have stands
/// in a box.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// The one that was not ended yet.
    pub(super) cell: Weak<Cell>,
    seldom: Option<Box<Seldom>>,
}

#[derive(Debug, Default)]
struct Seldom {
    /// Expired cells, which stale values still rest on.
    expired: Vec<Weak<Cell>>,
    /// The counts of [recordings](super::Recording) under way.
    recorders: Vec<Weak<AtomicU32>>,
}

impl Slot {
    /// Whether anything rested on it.
    pub(super) fn flip(&mut self, count: u32) -> bool {
        self.count(count);
        let mut flipped = false;
        let mut flip = |cell: &Weak<Cell>| {
            if let Some(cell) = cell.upgrade() {
                cell.flip();
                flipped = true;
            }
        };
        if let Some(seldom) = &mut self.seldom {
            seldom.expired.drain(..).for_each(|cell| flip(&cell));
        }
        flip(&std::mem::take(&mut self.cell));
        self.tidy();
        flipped
    }

    /// Those that ended are swept before the list grows: a subject that many load under may never be
    /// flipped.
    pub(super) fn record(&mut self, count: &Arc<AtomicU32>) {
        let recorders = &mut self.seldom.get_or_insert_default().recorders;
        if recorders.len() == recorders.capacity() {
            recorders.retain(|one| one.strong_count() > 0);
            recorders.reserve(recorders.len() + 1);
        }
        recorders.push(Arc::downgrade(count));
    }

    pub(super) fn count(&mut self, count: u32) {
        let Some(seldom) = &mut self.seldom else {
            return;
        };
        seldom
            .recorders
            .retain(|recorder| match recorder.upgrade() {
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
        self.tidy();
        let before = std::mem::take(&mut self.cell);
        if let Some(cell) = before.upgrade() {
            cell.expire();
            self.seldom.get_or_insert_default().expired.push(before);
        }
    }

    /// Lets go of what ended.
    pub(super) fn tidy(&mut self) {
        let Some(seldom) = &mut self.seldom else {
            return;
        };
        seldom.expired.retain(|cell| cell.strong_count() > 0);
        seldom.recorders.retain(|one| one.strong_count() > 0);
        if seldom.expired.is_empty() && seldom.recorders.is_empty() {
            self.seldom = None;
        }
    }

    /// Whether nothing rests on it and nobody counts; of one that was just tidied.
    pub(super) fn is_dead(&self) -> bool {
        self.seldom.is_none() && self.cell.strong_count() == 0
    }

    #[cfg(test)]
    pub(super) fn recorders(&self) -> usize {
        self.seldom
            .as_ref()
            .map_or(0, |seldom| seldom.recorders.len())
    }
}
