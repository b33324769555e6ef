//! What is done at once, and what can't matter any more: fewer states, the same reads.
//!
//! Each of these is sound for one of two reasons. Either nothing that can happen in between sees
//! whether it was done, or what is left out could only have dropped more: a call may pass memory by
//! and start a load of its own at any time, so a copy or flight that is there can only do harm.

use super::World;
use crate::caller::{Answer, At, Caller, Phase};
use crate::process::{Node, Process};
use crate::property::Mark;
use crate::queue::Message;
use crate::state::{HOME, Key, PROCESSES, Set, Subject};
use crate::variants::Without;

impl World<'_> {
    /// Answers that no push is before are handed over at once. That only lets a task run, which it
    /// need not do for as long as it likes; and one that would have been lost with the connection is
    /// timed out in the step before. A heartbeat answered later vouches for no more.
    pub(super) fn deliver(&mut self) {
        for p in 0..PROCESSES {
            while let Some(message) = self.state.processes[p].queue.next(0, true)
                && !matches!(
                    message,
                    Message::Push(_) | Message::Own(_) | Message::Demoted
                )
                && (self.without != Without::FromSending || !matches!(message, Message::Beat(_)))
            {
                self.read_message(p, 0);
            }
        }
    }

    pub(super) fn loses_answers(&self, p: usize) -> bool {
        self.bounds.timeouts[p] || self.bounds.lose[p]
    }

    pub(super) fn forget(&mut self) {
        for c in 0..HOME.len() {
            self.forget_of_caller(c);
            if let Some(mark) = self.doomed(c) {
                self.marks.set(mark);
                self.land(c);
            }
        }
        for p in 0..PROCESSES {
            self.forget_registrations(p);
        }
        self.deliver();
    }

    /// Clears what no later step looks at.
    fn forget_of_caller(&mut self, c: usize) {
        let queue = self.state.processes[HOME[c]].queue;
        let rests_on_tag = self.rests_on_tag(c);
        let caller = &mut self.state.callers[c];
        let answered = matches!(caller.at, At::Answered | At::Delivered);
        // Flipped before its task can run.
        let excuses = [Without::PushesInOrder, Without::CountWrites];
        if caller.at == At::Answered && !excuses.contains(&self.without) {
            let rests = |s| s == Subject::Entry || s == Subject::Tag && rests_on_tag;
            caller.cells &= !queue.is_pushed_before(c, rests);
        }
        let reads = [Phase::Peek, Phase::Read, Phase::Verify];
        if reads.contains(&caller.phase) && caller.at == At::Sent {
            (caller.value, caller.stamped, caller.same_id) = (Set(0), false, false);
        }
        if answered && caller.answer == Answer::Valid && caller.phase != Phase::TagThen {
            (caller.stamped, caller.same_id) = (false, false);
        }
        if answered && matches!(caller.answer, Answer::Invalid | Answer::Held) {
            (caller.value, caller.stamped) = (Set(0), false);
            // What it learnt of its bucket rests on the connection.
            (caller.cells, caller.vouched) = (false, caller.vouched && self.bounds.tags_from);
        }
        if !self.bounds.tagged || caller.phase == Phase::Fill && caller.at != At::Sent {
            caller.stamped = false;
        }
        if matches!(caller.phase, Phase::Loading | Phase::Fill) && !caller.cells {
            caller.vouched = false;
        }
        if self.bounds.strong {
            (caller.cells, caller.vouched) = (false, false);
        }
    }

    /// Why nothing will come of the call but its return, if so: no flight to join, no copy to keep, no
    /// store that succeeds, no fault after which it would be kept for a while.
    fn doomed(&self, c: usize) -> Option<Mark> {
        let caller = self.state.callers[c];
        let keeps_all = [
            Without::LookAtCells,
            Without::CellsBeforeRead,
            Without::CountWrites,
            Without::OnlyStored,
            Without::PushesInOrder,
            Without::Token,
        ];
        if keeps_all.contains(&self.without)
            || caller.flight.in_table
            || caller.refreshes
            || self.loses_answers(HOME[c])
            || self.bounds.tags_from
        {
            return None;
        }
        let answered = matches!(caller.at, At::Answered | At::Delivered);
        let kept = caller.cells && caller.vouched;
        let (drops, loses) = match caller.phase {
            Phase::Read | Phase::ReadTag | Phase::Ask | Phase::AskStamps => {
                let found = answered && caller.answer == Answer::Valid;
                (found && !kept && !self.bounds.strong, false)
            }
            Phase::Loading if !caller.right => (!caller.cells, false),
            Phase::Loading => (false, !self.holds_lease(c)),
            Phase::Fill if caller.at == At::Sent => {
                (false, caller.answer == Answer::None && !self.holds_lease(c))
            }
            Phase::Fill => (!kept, caller.answer == Answer::Lost),
            _ => (false, false),
        };
        let refused = loses.then_some(Mark::Refused);
        refused.or(drops.then_some(Mark::NotKept))
    }

    /// A registration or a push on which nothing rests can only drop what comes later.
    fn forget_registrations(&mut self, p: usize) {
        let of_process = |c: &usize| HOME[*c] == p;
        let callers = || {
            (0..HOME.len())
                .filter(of_process)
                .map(|c| self.state.callers[c])
        };
        let process = &self.state.processes[p];
        let rests = process.memory.is_some() || callers().any(|c| c.cells || c.flight.holds);
        let remembers = process.bucket.is_some() || callers().any(|c| c.bucket_cell);
        let process = &mut self.state.processes[p];
        if !rests {
            process.tracked &= Key::Bucket as u8;
            process
                .queue
                .remove(|m| matches!(m, Message::Push(Subject::Entry | Subject::Tag)));
        }
        if !remembers {
            process.tracked &= !(Key::Bucket as u8);
            process
                .queue
                .remove(|m| m == Message::Push(Subject::Bucket));
        }
    }

    /// Whether every value there is, and will be, is newer than all invalidations: no read can be
    /// stale from here on.
    pub(crate) fn is_over(&self) -> bool {
        let state = &self.state;
        let invalidates = |p: &usize| self.bounds.invalidates[*p];
        let all = (0..PROCESSES).filter(invalidates);
        let all = all.fold(Set(0), |all, p| all.and(Set::of(p)));
        let in_redis = state.redis.entry.iter().map(|frame| frame.value);
        let of_process = |p: &Process| {
            let late = p.late_fill.map_or(all, |fill| fill.frame.value);
            let demoted = p.node != Node::Master;
            demoted || !p.memory.map_or(all, |c| c.value).within(late).covers(all)
        };
        state.begun().covers(all)
            && in_redis
                .chain(state.callers.iter().filter_map(Caller::valued))
                .all(|v| v.covers(all))
            && !state.processes.iter().any(of_process)
    }
}
