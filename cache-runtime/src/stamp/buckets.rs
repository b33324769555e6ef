//! The stamps of buckets of tags that this process knows, so that a load whose tags come of its
//! value need not ask for all of them.

use std::sync::Arc;

use parking_lot::Mutex;

use super::{BUCKETS, Cell, Subject, Vouch};
use crate::clock::Moment;
use crate::frame::Stamp;

/// For how long a bucket is not asked for again that could not be made, in milliseconds: where Redis has
/// no room, each call would ask for all of them in vain.
const REFUSED_MS: u64 = 1_000;

/// What is known of each bucket.
#[derive(Debug)]
pub(crate) struct Buckets(Mutex<[Known; BUCKETS as usize]>);

#[derive(Clone, Debug, Default)]
enum Known {
    #[default]
    Nothing,
    /// For as long as a push would tell of its change.
    Read(ReadBucket),
    /// It could not be made, and is not asked for before then.
    Refused(Moment),
}

/// The buckets as a load finds them.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    pub(crate) known: Vec<ReadBucket>,
    /// Those to be asked for.
    pub(crate) unknown: Vec<Subject>,
    /// Those that could not be made a moment ago.
    pub(crate) refused: Vec<Subject>,
}

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
        Self(Mutex::new(std::array::from_fn(|_| Known::Nothing)))
    }
}

impl Buckets {
    /// What is known of each at this moment. One that could not be made is asked for again by one call.
    pub(crate) fn sorted(&self, now: Moment) -> Sorted {
        let mut sorted = Sorted::default();
        for (subject, slot) in Subject::buckets().zip(&mut *self.0.lock()) {
            match slot {
                Known::Read(bucket) if bucket.holds(now) => sorted.known.push(bucket.clone()),
                Known::Refused(until) if now < *until => sorted.refused.push(subject),
                Known::Refused(until) => {
                    *until = now.plus_ms(REFUSED_MS);
                    sorted.unknown.push(subject);
                }
                _ => sorted.unknown.push(subject),
            }
        }
        sorted
    }

    /// Remembers what was read.
    pub(crate) fn learn(&self, read: &[ReadBucket]) {
        let mut slots = self.0.lock();
        for bucket in read {
            if let Some(slot) = slots.get_mut(usize::from(bucket.number())) {
                *slot = Known::Read(bucket.clone());
            }
        }
    }

    /// Remembers for a moment which could not be made.
    pub(crate) fn refuse(&self, buckets: &[Subject], now: Moment) {
        let mut slots = self.0.lock();
        for bucket in buckets {
            if let Subject::Bucket(number) = bucket
                && let Some(slot) = slots.get_mut(usize::from(*number))
            {
                *slot = Known::Refused(now.plus_ms(REFUSED_MS));
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
        let Sorted { known, unknown, .. } = buckets.sorted(Moment(1));
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
        assert_eq!(buckets.sorted(Moment(9)).known.len(), 64);
        cells.flip(&Subject::Bucket(5));
        assert_eq!(buckets.sorted(Moment(9)).unknown, [Subject::Bucket(5)]);
        assert_eq!(buckets.sorted(Moment(10)).unknown.len(), 64);
    }

    #[test]
    fn a_bucket_that_could_not_be_made_is_not_asked_for_again_for_a_moment() {
        let (buckets, number) = (Buckets::default(), Subject::Bucket(5));
        buckets.refuse(std::slice::from_ref(&number), Moment(1));
        let sorted = buckets.sorted(Moment(REFUSED_MS));
        assert_eq!((sorted.unknown.len(), sorted.refused), (63, vec![number]));
        let asks = |now| buckets.sorted(Moment(now)).unknown.len();
        assert_eq!(
            [asks(1 + REFUSED_MS), asks(1 + REFUSED_MS)],
            [64, 63],
            "one call does"
        );
    }
}
