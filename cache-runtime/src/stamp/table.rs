//! The table of cells, by what they are of.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::Mutex;

use super::recording::OTHERWISE;
use super::slot::Slot;
use super::{Cell, Recording, Subject, Watch};

const SHARDS: usize = 16;

/// A shard that has so few is not swept.
const LEAST: usize = 64;

/// A shard is swept of cells that nothing rests on when it has grown by a quarter of its last live size.
#[derive(Debug, Default)]
struct Shard {
    cells: HashMap<Subject, Slot, foldhash::fast::RandomState>,
    sweep_at: usize,
}

/// The table of cells: at most one unflipped cell a subject.
#[derive(Debug, Default)]
pub(crate) struct Cells {
    shards: [Mutex<Shard>; SHARDS],
    hash: foldhash::fast::RandomState,
}

impl Cells {
    /// The cells of these subjects; registered before the read or load that will rest on them.
    pub(crate) fn watch(&self, subjects: &[Subject]) -> Watch {
        Watch(
            subjects
                .iter()
                .map(|subject| self.register(subject))
                .collect(),
        )
    }

    fn register(&self, subject: &Subject) -> Arc<Cell> {
        self.shard(subject).lock().register(subject)
    }

    /// Registers under the lock that every change takes, so that none falls between the look and
    /// the cell.
    pub(super) fn register_unless(
        &self,
        subject: &Subject,
        changed: impl FnOnce() -> bool,
    ) -> Option<Arc<Cell>> {
        let mut shard = self.shard(subject).lock();
        (!changed()).then(|| shard.register(subject))
    }

    pub(super) fn add_recorder(&self, subject: &Subject, count: &Arc<AtomicU32>) {
        let mut shard = self.shard(subject).lock();
        shard.sweep();
        let slot = shard.cells.entry(subject.clone()).or_default();
        slot.record(count);
    }

    /// Drops all that rests on the recorded subject, the watch's first, and gives a watch for its
    /// successor, or `None` if it was invalidated since the recording began, or any other subject that
    /// the watch holds was: the successor is then too old. If it is to be `alone`, a put since then is as an
    /// invalidation to it.
    pub(crate) fn supersede(
        &self,
        recording: &Recording,
        watch: &Watch,
        alone: bool,
    ) -> Option<Watch> {
        let too_many = if alone { 1 } else { OTHERWISE };
        let (subject, count) = recording.first()?;
        let mut shard = self.shard(subject).lock();
        let mut rest = watch.0.iter().skip(1);
        if count.load(Ordering::Acquire) >= too_many || rest.any(|cell| cell.is_flipped()) {
            return None;
        }
        shard.change(subject, 1);
        let fresh = shard.register(subject);
        let rest = watch.0.iter().skip(1).cloned();
        Some(Watch(std::iter::once(fresh).chain(rest).collect()))
    }

    /// Makes everything that rests on the subject invalid in this process, for a put that may not be
    /// the only one: to the others it is no invalidation.
    pub(crate) fn put(&self, subject: &Subject) {
        self.shard(subject).lock().change(subject, 1);
    }

    /// Tells the others who write to the subject that one more does, which changes nothing yet.
    pub(crate) fn write_begins(&self, subject: &Subject) {
        if let Some(slot) = self.shard(subject).lock().cells.get_mut(subject) {
            slot.count(1);
        }
    }

    /// Makes everything that rests on the subject invalid in this process.
    pub(crate) fn flip(&self, subject: &Subject) {
        self.flip_any(subject);
    }

    /// As [`flip`](Self::flip); whether anything rested on it.
    pub(crate) fn flip_any(&self, subject: &Subject) -> bool {
        self.shard(subject).lock().change(subject, OTHERWISE)
    }

    /// The node told that the subject's key changed, by whomever; whether anything rested on it.
    pub(crate) fn pushed(&self, subject: &Subject) -> bool {
        self.shard(subject).lock().change(subject, 1)
    }

    /// Makes everything that rests on the subject stale in this process.
    pub(crate) fn expire(&self, subject: &Subject) {
        let mut shard = self.shard(subject).lock();
        if let Some(slot) = shard.cells.get_mut(subject) {
            slot.expire();
        }
    }

    /// Makes everything invalid that rests on any subject; whether anything did.
    pub(crate) fn flip_all(&self) -> bool {
        let mut flipped = false;
        for shard in &self.shards {
            let mut shard = shard.lock();
            for (_, mut slot) in shard.cells.drain() {
                flipped |= slot.flip(OTHERWISE);
            }
        }
        flipped
    }

    fn shard(&self, subject: &Subject) -> &Mutex<Shard> {
        let hash = self.hash.hash_one(subject);
        &self.shards[(hash >> 32) as usize % SHARDS]
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.shards
            .iter()
            .map(|shard| shard.lock().cells.len())
            .sum()
    }

    #[cfg(test)]
    pub(super) fn recorders(&self) -> usize {
        let of = |shard: &Mutex<Shard>| {
            let shard = shard.lock();
            shard.cells.values().map(Slot::recorders).sum::<usize>()
        };
        self.shards.iter().map(of).sum()
    }
}

impl Shard {
    fn register(&mut self, subject: &Subject) -> Arc<Cell> {
        let there = self.cells.get(subject);
        if let Some(cell) = there.and_then(|slot| slot.cell.upgrade()) {
            return cell;
        }
        self.sweep();
        let cell = Arc::new(Cell::lasting());
        let slot = self.cells.entry(subject.clone()).or_default();
        slot.cell = Arc::downgrade(&cell);
        cell
    }

    /// Flips what rests on the subject; who registers afterwards gets a new cell. Whether anything did.
    fn change(&mut self, subject: &Subject, count: u32) -> bool {
        let Some(slot) = self.cells.get_mut(subject) else {
            return false;
        };
        let flipped = slot.flip(count);
        if slot.is_dead() {
            self.cells.remove(subject);
        }
        flipped
    }

    fn sweep(&mut self) {
        if self.cells.len() < self.sweep_at.max(LEAST) {
            return;
        }
        self.cells.retain(|_, slot| {
            slot.tidy();
            !slot.is_dead()
        });
        let left = self.cells.len();
        self.sweep_at = left.saturating_add(left / 4);
        if left < self.cells.capacity() / 8 {
            self.cells.shrink_to(left.saturating_mul(2));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;

    const NOW: Moment = Moment(1);

    fn tag(name: &str) -> Subject {
        Subject::Tag(name.into())
    }

    #[test]
    fn a_flip_reaches_all_that_rest_on_the_subject_and_nothing_else() {
        let cells = Cells::default();
        let one = cells.watch(&[tag("a"), tag("b")]);
        let other = cells.watch(&[tag("b")]);
        cells.flip(&tag("a"));
        assert!(!one.holds(NOW));
        assert!(other.holds(NOW));
    }

    #[test]
    fn a_flipped_cell_is_never_used_again() {
        let cells = Cells::default();
        let before = cells.watch(&[tag("a")]);
        cells.flip(&tag("a"));
        let after = cells.watch(&[tag("a")]);
        assert!(!before.holds(NOW) && after.holds(NOW));
        cells.flip(&tag("a"));
        assert!(!after.holds(NOW));
    }

    #[test]
    fn the_last_of_several_puts_outlives_the_others_but_not_an_invalidation() {
        let acts: [fn(&Cells); 4] = [
            |_| {},
            |cells| cells.put(&tag("entry")),
            |cells| cells.flip(&tag("entry")),
            |cells| cells.flip(&tag("t")),
        ];
        for (at, act) in acts.into_iter().enumerate() {
            let succeeds = at < 2;
            let cells = Cells::default();
            let subjects = [tag("entry"), tag("t")];
            let older = cells.watch(&subjects);
            let begin = || {
                cells.put(&subjects[0]);
                let recording = cells.record([subjects[0].clone()]);
                (recording, cells.watch(&subjects))
            };
            let (first, second) = (begin(), begin());
            act(&cells);
            let second = cells.supersede(&second.0, &second.1, false);
            let first = cells.supersede(&first.0, &first.1, false);
            assert_eq!(
                (first.is_some(), second.is_some()),
                (succeeds, succeeds),
                "{at}"
            );
            if let (Some(first), Some(second)) = (first, second) {
                assert!(first.holds(NOW) && !second.holds(NOW), "{at}");
                cells.flip(&subjects[0]);
                assert!(!first.holds(NOW));
            }
            assert!(!older.holds(NOW));
        }
    }

    #[test]
    fn an_invalidation_between_two_puts_is_told_to_the_first_alone() {
        let cells = Cells::default();
        let subjects = [tag("entry")];
        let begin = || (cells.record(subjects.clone()), cells.watch(&subjects));
        let first = begin();
        cells.flip(&subjects[0]);
        let second = begin();
        assert!(cells.supersede(&second.0, &second.1, false).is_some());
        assert!(cells.supersede(&first.0, &first.1, false).is_none());
    }

    #[test]
    fn what_was_expired_is_still_reached_by_an_invalidation() {
        let cells = Cells::default();
        let stale = cells.watch(&[tag("a")]);
        cells.expire(&tag("a"));
        assert!(!stale.holds(NOW) && stale.holds_stale(NOW));
        let fresh = cells.watch(&[tag("a")]);
        cells.expire(&tag("a"));
        assert!(fresh.holds_stale(NOW) && !fresh.holds(NOW));
        cells.flip(&tag("a"));
        assert!(!stale.holds_stale(NOW) && !fresh.holds_stale(NOW));
    }

    #[test]
    fn a_flip_of_all_reaches_every_subject() {
        let cells = Cells::default();
        let watch: Vec<_> = (0..100)
            .map(|i| cells.watch(&[tag(&i.to_string())]))
            .collect();
        cells.flip_all();
        assert!(watch.iter().all(Watch::is_flipped));
        assert!(cells.watch(&[tag("1")]).holds(NOW));
    }

    #[test]
    fn cells_nothing_rests_on_are_swept() {
        let cells = Cells::default();
        let kept = cells.watch(&[tag("kept")]);
        for i in 0..100_000 {
            cells.watch(&[tag(&i.to_string())]);
        }
        assert!(cells.len() < 10_000, "{}", cells.len());
        cells.flip(&tag("kept"));
        assert!(!kept.holds(NOW));
    }
}
