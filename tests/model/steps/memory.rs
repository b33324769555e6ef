//! Cells, and the one value that a process keeps.

use super::World;
use crate::caller::{At, Phase};
use crate::process::Copied;
use crate::property::Mark;
use crate::state::{HOME, Set, Subject};
use crate::variants::Without;

impl World<'_> {
    /// Makes invalid what rests on the subject in this process, and what is under way for it.
    pub(super) fn flip(&mut self, p: usize, subject: Subject) {
        if subject == Subject::Bucket {
            self.state.processes[p].bucket = None;
            for c in (0..HOME.len()).filter(|&c| HOME[c] == p) {
                self.state.callers[c].bucket_cell = false;
            }
            return;
        }
        // Of a value whose tag comes of it the copy rests on the tag too, and a load only once it is known.
        self.state.processes[p].memory = None;
        for c in (0..HOME.len()).filter(|&c| HOME[c] == p) {
            let rests = subject == Subject::Entry || self.rests_on_tag(c);
            let caller = &mut self.state.callers[c];
            caller.cells &= !rests;
            caller.flight.holds &= !rests;
        }
    }

    /// A push of what a caller of this process wrote: its own cells are of what it read after.
    pub(super) fn flip_for_others(&mut self, p: usize, subject: Subject) {
        let before = self.state.callers;
        self.flip(p, subject);
        for c in (0..HOME.len()).filter(|&c| HOME[c] == p) {
            let writes = [Phase::Claim, Phase::Ask, Phase::AskStamps, Phase::Fill];
            let waits = matches!(before[c].at, At::Sent | At::Answered);
            if waits && writes.contains(&before[c].phase) {
                self.state.callers[c].cells = before[c].cells;
            }
        }
    }

    pub(super) fn rests_on_tag(&self, c: usize) -> bool {
        let late = [Phase::ReadTag, Phase::Tag, Phase::TagThen, Phase::Fill];
        !self.bounds.tags_from || late.contains(&self.state.callers[c].phase)
    }

    /// The value that memory serves now.
    pub(super) fn in_memory(&self, p: usize) -> Option<Copied> {
        let process = &self.state.processes[p];
        let copied = process.memory.filter(|_| !self.bounds.strong);
        copied.filter(|copied| copied.briefly || process.vouched.is_some())
    }

    /// Keeps a value that came under the caller's cells.
    pub(super) fn keep(&mut self, c: usize, briefly: bool) {
        if self.bounds.strong {
            return;
        }
        let caller = self.state.callers[c];
        // What may be kept for `lag` from its load's start may not be kept at all after that.
        if briefly && !caller.value.covers(self.state.due) && self.without != Without::OnlyStored {
            return;
        }
        let holds = caller.cells && (briefly || caller.vouched);
        if !holds {
            self.marks.set(Mark::NotKept);
            if self.without != Without::LookAtCells {
                return;
            }
        }
        self.state.processes[HOME[c]].memory = Some(Copied {
            value: caller.value,
            briefly: briefly && self.without != Without::OnlyStored,
        });
    }

    /// What a call of this process that begins now may not be older than.
    pub(super) fn required(&self, p: usize) -> Set {
        let acked = self.state.acked;
        if self.bounds.strong {
            return acked;
        }
        self.state.due.and(acked.within(Set::of(p)))
    }
}
