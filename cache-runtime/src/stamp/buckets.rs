//! The stamps of buckets of tags that this process knows, so that a load whose tags come of its
//! value need not ask for all of them.

use std::sync::Arc;

use parking_lot::Mutex;

use super::{BUCKETS, Cell, Subject, Vouch};
use crate::clock::Moment;
use crate::frame::Stamp;

/// What was read of each bucket, for as long as a push would tell of its change.
#[derive(Debug)]
pub(crate) struct Buckets(Mutex<[Option<ReadBucket>; BUCKETS as usize]>);

/// A bucket and its stamp.
#[derive(Clone, Debug)]
pub(crate) struct ReadBucket {
    pub(crate) subject: Subject,
    pub(crate) stamp: Stamp,
    /// Registered before the stamp was read.
    pub(crate) cell: Arc<Cell>,
    /// The connection that it was read on.
    pub(crate) vouch: Vouch,
}

impl ReadBucket {
    /// Which of the buckets it is.
    pub(crate) fn number(&self) -> u8 {
        match self.subject {
            Subject::Bucket(number) => number,
            _ => BUCKETS,
        }
    }

    fn holds(&self, now: Moment) -> bool {
        let mut cells = self.vouch.cells().iter().chain([&self.cell]);
        self.vouch.pushes() && cells.all(|cell| cell.holds(now))
    }
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
                Some(slot) if slot.holds(now) => known.push(slot.clone()),
                _ => unknown.push(subject),
            }
        }
        (known, unknown)
    }

    /// Remembers what was read.
    pub(crate) fn learn(&self, read: &[ReadBucket]) {
        let mut slots = self.0.lock();
        for bucket in read {
            if let Some(slot) = slots.get_mut(usize::from(bucket.number())) {
                *slot = Some(bucket.clone());
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
        let vouch = Vouch::of(Arc::new(Cell::until(Moment(10))), true);
        let read = unknown.into_iter().zip(watch.cells());
        let read = read.map(|(subject, cell)| ReadBucket {
            subject,
            stamp: [7; 24],
            cell: Arc::clone(cell),
            vouch: vouch.clone(),
        });
        buckets.learn(&read.collect::<Vec<_>>());
        assert_eq!(buckets.known(Moment(9)).0.len(), 64);
        cells.flip(&Subject::Bucket(5));
        assert_eq!(buckets.known(Moment(9)).1, [Subject::Bucket(5)]);
        assert_eq!(buckets.known(Moment(10)).1.len(), 64);
    }
}
