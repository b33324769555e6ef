//! The stamps of buckets of tags that this process knows, so that a load whose tags come of its
//! value need not ask for all of them.

use std::sync::Arc;

use parking_lot::Mutex;

use super::{BUCKETS, Cell, Subject};
use crate::clock::Moment;
use crate::frame::Stamp;

/// What was read of each bucket, for as long as a push would tell of its change.
#[derive(Debug)]
pub(crate) struct Buckets(Mutex<[Option<Known>; BUCKETS as usize]>);

/// A bucket, its stamp, and the cell that was registered before the stamp was read.
pub(crate) type ReadBucket = (Subject, Stamp, Arc<Cell>);

#[derive(Clone, Debug)]
struct Known {
    stamp: Stamp,
    cell: Arc<Cell>,
    vouch: Arc<Cell>,
}

impl Default for Buckets {
    fn default() -> Self {
        Self(Mutex::new(std::array::from_fn(|_| None)))
    }
}

impl Buckets {
    /// Those known, with their cells, and those to be asked for.
    pub(crate) fn known(&self, now: Moment) -> (Vec<ReadBucket>, Vec<Subject>) {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for (subject, slot) in Subject::buckets().zip(&*self.0.lock()) {
            match slot {
                Some(slot) if slot.cell.holds(now) && slot.vouch.holds(now) => {
                    known.push((subject, slot.stamp, Arc::clone(&slot.cell)));
                }
                _ => unknown.push(subject),
            }
        }
        (known, unknown)
    }

    /// Remembers what was read; `vouch` is the cell of the connection that answered.
    pub(crate) fn learn(&self, read: &[ReadBucket], vouch: &Arc<Cell>) {
        let mut slots = self.0.lock();
        for (subject, stamp, cell) in read {
            let Subject::Bucket(bucket) = subject else {
                continue;
            };
            if let Some(slot) = slots.get_mut(usize::from(*bucket)) {
                *slot = Some(Known {
                    stamp: *stamp,
                    cell: Arc::clone(cell),
                    vouch: Arc::clone(vouch),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Cells;
    use super::*;

    #[test]
    fn a_bucket_is_known_until_it_changes_or_its_connection_falls_silent() {
        let (buckets, cells) = (Buckets::default(), Cells::default());
        let (known, unknown) = buckets.known(Moment(1));
        assert!(known.is_empty() && unknown.len() == 64);
        let watch = cells.watch(&unknown);
        let read = unknown.into_iter().zip(watch.cells());
        let read: Vec<_> = read.map(|(s, cell)| (s, [7; 24], cell.clone())).collect();
        buckets.learn(&read, &Arc::new(Cell::until(Moment(10))));
        assert_eq!(buckets.known(Moment(9)).0.len(), 64);
        cells.flip(&Subject::Bucket(5));
        assert_eq!(buckets.known(Moment(9)).1, [Subject::Bucket(5)]);
        assert_eq!(buckets.known(Moment(10)).1.len(), 64);
    }
}
