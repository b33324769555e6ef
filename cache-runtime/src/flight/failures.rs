//! Errors that a function asks to have remembered: by key, for all the callers of a process.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

use crate::clock::Moment;
use crate::memory::{Computed, Kept};
use crate::stamp::{Recording, Watch};
use crate::value::Erased;

/// How many errors are remembered at once. One that is pushed out is asked for anew, and no more.
const MOST: usize = 4_096;

type Known = HashMap<Kept, Failure, BuildHasherDefault<Computed>>;

/// The keys whose last load failed.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    known: Mutex<Known>,
    /// How many there are, so that nobody takes the lock where there is none.
    count: AtomicUsize,
}

#[derive(Debug)]
struct Failure {
    error: Erased,
    until: Moment,
    grounds: Grounds,
}

/// What a remembered error rests on: an invalidation may be the end of what failed.
#[derive(Debug)]
pub(crate) struct Grounds {
    /// The cells of its namespace and tags.
    pub(crate) watch: Watch,
    /// What this process does to its entry. Its cell would not do: it is flipped by the end of the lease
    /// as well.
    pub(crate) entry: Recording,
}

impl Failure {
    fn holds(&self, now: Moment) -> bool {
        now < self.until && self.grounds.watch.holds(now) && !self.grounds.entry.is_overtaken()
    }
}

impl Failures {
    /// The error of the last load of this key, if it is still to be returned.
    pub(crate) fn get(&self, key: &Kept, now: Moment) -> Option<Erased> {
        if self.count.load(Ordering::Acquire) == 0 {
            return None;
        }
        let mut known = self.known.lock();
        if known.get(key)?.holds(now) {
            return known.get(key).map(|failure| failure.error.clone());
        }
        let ended = known.remove(key);
        self.count.store(known.len(), Ordering::Release);
        // An error's own `Drop` may run any code.
        drop(known);
        drop(ended);
        None
    }

    /// Remembers an error until then, and while what it rests on holds.
    pub(crate) fn note(
        &self,
        key: &Kept,
        error: Erased,
        (until, grounds): (Moment, Grounds),
        now: Moment,
    ) {
        let failure = Failure {
            error,
            until,
            grounds,
        };
        let mut known = self.known.lock();
        let ended = match known.len() >= MOST {
            true => make_room(&mut known, now),
            false => Vec::new(),
        };
        let before = known.insert(key.clone(), failure);
        self.count.store(known.len(), Ordering::Release);
        drop(known);
        drop((before, ended));
    }

    /// A load gave a value.
    pub(crate) fn forget(&self, key: &Kept) {
        if self.count.load(Ordering::Acquire) > 0 {
            let mut known = self.known.lock();
            let ended = known.remove(key);
            self.count.store(known.len(), Ordering::Release);
            drop(known);
            drop(ended);
        }
    }
}

/// What ended, or else any.
fn make_room(known: &mut Known, now: Moment) -> Vec<(Kept, Failure)> {
    let ended: Vec<_> = known.extract_if(|_, failure| !failure.holds(now)).collect();
    if !ended.is_empty() {
        return ended;
    }
    let any = known.keys().next().cloned();
    any.and_then(|any| known.remove_entry(&any))
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::stamp::{Cells, Subject};

    fn key(n: u64) -> Kept {
        Kept {
            site: 1,
            hash: n,
            parts: n.to_be_bytes().into(),
        }
    }

    fn grounds(cells: &Cells, subjects: &[Subject]) -> Grounds {
        Grounds {
            watch: cells.watch(subjects),
            entry: cells.record([Subject::entry("e")]),
        }
    }

    fn error(failures: &Failures, n: u64, now: u64) -> Option<u64> {
        let error = failures.get(&key(n), Moment(now))?;
        error.downcast_ref().copied()
    }

    #[test]
    fn an_error_is_remembered_until_its_end_a_value_or_an_invalidation() {
        let (failures, cells) = (Failures::default(), Cells::default());
        let tag = Subject::Tag("t".into());
        let note = |n: u64| {
            let grounds = grounds(&cells, std::slice::from_ref(&tag));
            failures.note(&key(n), Arc::new(n), (Moment(10), grounds), Moment(1));
        };
        assert_eq!(error(&failures, 1, 1), None);
        (1..4).for_each(note);
        assert_eq!(
            (error(&failures, 1, 9), error(&failures, 4, 9)),
            (Some(1), None)
        );
        assert_eq!(error(&failures, 1, 10), None);
        failures.forget(&key(2));
        assert_eq!(
            (error(&failures, 2, 1), error(&failures, 3, 1)),
            (None, Some(3))
        );
        cells.flip(&tag);
        assert_eq!(error(&failures, 3, 1), None);
        assert_eq!(failures.count.load(Ordering::Relaxed), 0);
        note(5);
        cells.pushed(&Subject::entry("e"));
        assert_eq!(error(&failures, 5, 1), Some(5), "its own lease");
        cells.flip(&Subject::entry("e"));
        assert_eq!(error(&failures, 5, 1), None);
    }

    #[test]
    fn the_table_stays_small() {
        let (failures, cells) = (Failures::default(), Cells::default());
        for n in 0..2 * MOST as u64 {
            let until = (Moment(10), grounds(&cells, &[]));
            failures.note(&key(n), Arc::new(n), until, Moment(1));
        }
        assert_eq!(failures.known.lock().len(), MOST);
        failures.note(
            &key(0),
            Arc::new(0),
            (Moment(30), grounds(&cells, &[])),
            Moment(20),
        );
        assert_eq!(failures.known.lock().len(), 1);
    }
}
