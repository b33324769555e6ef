//! An invalidation: copies dropped, the deletion in Redis, copies dropped again.

use super::World;
use crate::bounds::Target;
use crate::process::{Late, Stage};
use crate::property::Mark;
use crate::queue::Message;
use crate::state::{Set, Subject};
use crate::variants::Without;

impl World<'_> {
    pub(super) fn invalidate(&mut self, p: usize) -> bool {
        if self.state.processes[p].invalidation.stage != Stage::Ahead {
            return false;
        }
        if self.without != Without::DropBefore {
            self.drop_copies(p);
        }
        self.send_deletion(p);
        true
    }

    fn drop_copies(&mut self, p: usize) {
        match self.bounds.target {
            Target::Entry => self.flip(p, Subject::Entry),
            Target::Tag => {
                if self.bounds.tags_from {
                    self.flip(p, Subject::Bucket);
                }
                self.flip(p, Subject::Tag);
            }
        }
    }

    fn send_deletion(&mut self, p: usize) {
        let acked = self.state.acked;
        let process = &mut self.state.processes[p];
        process.invalidation.since = acked;
        process.invalidation.stage = match process.up {
            true => Stage::Sent,
            false => Stage::Faulted,
        };
    }

    /// Redis executes the deletion; what was sent before it on the connection comes before it.
    pub(super) fn delete(&mut self, p: usize) -> bool {
        let invalidation = self.state.processes[p].invalidation;
        if invalidation.late == Late::Own || self.is_demoted(p) {
            return invalidation.stage == Stage::Sent && self.is_demoted(p) && self.lose(p);
        }
        let stage = match invalidation.stage {
            Stage::Sent if self.is_split() => Stage::Half,
            Stage::Sent | Stage::Half => Stage::Answered,
            _ => return false,
        };
        let process = &mut self.state.processes[p];
        process.invalidation.stage = stage;
        if stage == Stage::Answered {
            // A push for one's own write comes after the answer.
            process.queue.push(Message::Unlinked);
        }
        match (invalidation.stage, stage) {
            (Stage::Sent, Stage::Half) => self.delete_first(Some(p)),
            (Stage::Sent, _) => self.delete_both(Some(p)),
            _ => self.delete_second(Some(p)),
        }
        true
    }

    fn is_split(&self) -> bool {
        self.bounds.split || self.bounds.tags_from && self.bounds.target == Target::Tag
    }

    fn delete_both(&mut self, by: Option<usize>) {
        self.delete_first(by);
        self.delete_second(by);
    }

    fn delete_first(&mut self, by: Option<usize>) {
        match self.bounds.target {
            Target::Entry if self.without == Without::LeaseFirst => self.delete_entry(by),
            Target::Entry if self.without == Without::LeaseDeleted => {}
            Target::Entry => self.delete_lease(by),
            Target::Tag if self.bounds.tags_from => self.delete_bucket(by),
            Target::Tag => {}
        }
    }

    fn delete_second(&mut self, by: Option<usize>) {
        match self.bounds.target {
            Target::Entry if self.without == Without::LeaseFirst => self.delete_lease(by),
            Target::Entry => self.delete_entry(by),
            Target::Tag => self.delete_stamp(by),
        }
    }

    /// Its task runs on what became of the deletion.
    pub(super) fn settle(&mut self, p: usize) -> bool {
        let invalidation = self.state.processes[p].invalidation;
        let ok = match invalidation.stage {
            Stage::Delivered => true,
            Stage::Faulted => false,
            _ => return false,
        };
        if self.without != Without::DropAfter {
            self.drop_copies(p);
        }
        let kept = &mut self.state.processes[p].invalidation;
        kept.since = Set(0);
        if ok {
            kept.stage = Stage::Done;
            if !invalidation.failed {
                self.state.acked = self.state.acked.and(Set::of(p));
            }
        } else {
            self.marks.set(Mark::Owed);
            (kept.stage, kept.failed) = (Stage::Owed, true);
        }
        true
    }

    pub(super) fn retry(&mut self, p: usize) -> bool {
        let process = self.state.processes[p];
        let due = process.invalidation.stage == Stage::Owed && process.up;
        if due {
            self.send_deletion(p);
        }
        due
    }

    pub(super) fn time_out_delete(&mut self, p: usize) -> bool {
        let process = &mut self.state.processes[p];
        let late = process.invalidation.late;
        match process.invalidation.stage {
            Stage::Sent | Stage::Half if late == Late::None => {
                process.invalidation.late = Late::Own;
            }
            Stage::Answered | Stage::Delivered => {
                process.queue.remove(|m| m == Message::Unlinked);
            }
            _ => return false,
        }
        process.invalidation.stage = Stage::Faulted;
        true
    }

    /// Only where the caller is who runs it; a task of its own goes on without the caller.
    pub(super) fn cancel_delete(&mut self, p: usize) -> bool {
        let under_way = [Stage::Answered, Stage::Delivered];
        let process = &mut self.state.processes[p];
        if self.without != Without::DropByTask || !under_way.contains(&process.invalidation.stage) {
            return false;
        }
        process.queue.remove(|m| m == Message::Unlinked);
        process.invalidation.stage = Stage::Done;
        process.invalidation.since = Set(0);
        true
    }

    pub(super) fn late_delete(&mut self, p: usize) -> bool {
        let by = match self.state.processes[p].invalidation.late {
            Late::None => return false,
            Late::Own => Some(p),
            Late::Foreign => None,
        };
        self.state.processes[p].invalidation.late = Late::None;
        self.marks.set(Mark::LateDelete);
        self.delete_both(by);
        true
    }

    /// What a heartbeat's answer may vouch for while an own invalidation is under way.
    pub(super) fn unsettled(&self, p: usize) -> Option<Set> {
        let invalidation = self.state.processes[p].invalidation;
        let under_way = !matches!(invalidation.stage, Stage::Ahead | Stage::Owed | Stage::Done);
        let needed = !self.bounds.own_pushes;
        let exempt = [Without::HoldBack, Without::DropByTask];
        (under_way && needed && !exempt.contains(&self.without)).then_some(invalidation.since)
    }
}
