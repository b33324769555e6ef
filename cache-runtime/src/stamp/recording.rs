//! What was pushed of a subject while this process itself wrote to its key.
//!
//! A node pushes a client's own writes to it as well, behind the reply to the command that made
//! them. They can't be told from those of others but by their number, so they are counted: a command
//! that follows in the same pipeline is answered after them, and who wrote knows how many it caused.
//! (The node could be asked to hold them back, but then it also holds back what it evicts or forgets
//! while it runs a command of this client, and memory would serve that for ever.)

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Cell, Cells, Subject, Watch};

/// Anything that is not a push: more than a write of our own can cause.
pub(super) const OTHERWISE: u32 = 1 << 31;

/// Begun before the write is sent.
#[derive(Debug)]
pub(crate) struct Recording(Vec<(Subject, Arc<AtomicU32>)>);

impl Recording {
    /// Whether this process invalidated or expired one of its subjects since.
    pub(crate) fn is_overtaken(&self) -> bool {
        let mut counts = self.0.iter().map(|(_, count)| count);
        counts.any(|count| count.load(Ordering::Acquire) >= OTHERWISE)
    }

    /// The first of its subjects, and what was counted of it.
    pub(super) fn first(&self) -> Option<(&Subject, &AtomicU32)> {
        let (subject, count) = self.0.first()?;
        Some((subject, count))
    }
}

impl Cells {
    /// Counts from now on what is pushed of these subjects.
    pub(crate) fn record(&self, subjects: impl IntoIterator<Item = Subject>) -> Recording {
        let recorded = subjects.into_iter().map(|subject| {
            let count = Arc::<AtomicU32>::default();
            self.add_recorder(&subject, &count);
            (subject, count)
        });
        Recording(recorded.collect())
    }

    /// The cells for what was read after the write, in the order of the subjects, with how often
    /// this process wrote to each. Where more was pushed than that, another changed it since, and
    /// the cell is a flipped one; where less, this is no server to be sure of.
    pub(crate) fn conclude(
        &self,
        recording: &Recording,
        own: impl IntoIterator<Item = u32>,
    ) -> Watch {
        let mut own = own.into_iter();
        let cells = recording.0.iter().map(|(subject, count)| {
            let own = own.next().unwrap_or(0);
            let changed = || count.load(Ordering::Acquire) != own;
            self.register_unless(subject, changed)
                .unwrap_or_else(|| Arc::new(Cell::flipped_already()))
        });
        Watch(cells.collect())
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
    fn own_writes_are_pushed_too_and_what_is_more_is_anothers() {
        for (pushed, own, holds) in [
            (0, 0, true),
            (1, 1, true),
            (1, 0, false),
            (2, 1, false),
            (0, 1, false),
        ] {
            let cells = Cells::default();
            let before = cells.watch(&[tag("a")]);
            let recording = cells.record([tag("a")]);
            for _ in 0..pushed {
                cells.pushed(&tag("a"));
            }
            let after = cells.conclude(&recording, [own]);
            assert_eq!(after.holds(NOW), holds, "{pushed} pushed, {own} own");
            assert_eq!(before.holds(NOW), pushed == 0);
            cells.pushed(&tag("a"));
            assert!(!after.holds(NOW), "a later push is another's");
        }
    }

    #[test]
    fn what_this_process_invalidates_is_never_taken_for_a_write_of_its_own() {
        let cells = Cells::default();
        let acts: [fn(&Cells); 3] = [
            |cells| cells.flip(&tag("a")),
            |cells| cells.expire(&tag("a")),
            |cells| {
                cells.flip_all();
            },
        ];
        for act in acts {
            let recording = cells.record([tag("a"), tag("b")]);
            act(&cells);
            assert!(!cells.conclude(&recording, [2, 2]).holds(NOW));
        }
    }

    #[test]
    fn a_recording_sees_what_comes_when_nothing_rests_on_the_subject() {
        let cells = Cells::default();
        let recording = cells.record([tag("a")]);
        cells.pushed(&tag("a"));
        cells.pushed(&tag("a"));
        assert!(!cells.conclude(&recording, [1]).holds(NOW));
        drop(recording);
        cells.pushed(&tag("a"));
        assert_eq!(cells.len(), 0, "and leaves nothing behind");
    }

    #[test]
    fn recordings_that_ended_leave_nothing_in_what_lives_on() {
        let cells = Cells::default();
        let _kept = cells.watch(&[tag("a")]);
        for _ in 0..10_000 {
            let recording = cells.record([tag("a")]);
            cells.conclude(&recording, [0]);
        }
        assert!(cells.recorders() < 100, "{}", cells.recorders());
    }
}
