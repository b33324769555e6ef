//! The connection: its driver, its heartbeats, its end.

use super::World;
use crate::caller::{At, Phase};
use crate::process::{Late, Node, Stage};
use crate::property::Mark;
use crate::queue::{Message, Queue};
use crate::state::{HOME, Lease, PROCESSES, Set};
use crate::variants::Without;

impl World<'_> {
    /// The driver reads a message: it applies a push at once, and hands an answer over.
    pub(super) fn read_message(&mut self, p: usize, place: usize) -> bool {
        let in_order = self.without != Without::PushesInOrder;
        let queue = &mut self.state.processes[p].queue;
        let Some(message) = queue.next(place, in_order) else {
            return false;
        };
        queue.take(place);
        match message {
            Message::Push(subject) => {
                self.marks.set(Mark::Pushed);
                match self.without {
                    Without::CountWrites => self.flip_for_others(p, subject),
                    _ => self.flip(p, subject),
                }
            }
            Message::Own(subject) => self.flip_for_others(p, subject),
            Message::Answer(c) => self.state.callers[c].at = At::Delivered,
            Message::Unlinked => self.state.processes[p].invalidation.stage = Stage::Delivered,
            Message::Beat(since) => self.beaten(p, since),
            Message::Demoted => return self.lose(p),
        }
        true
    }

    /// Sending and executing are one step: what is executed later vouches for less than this.
    pub(super) fn beat(&mut self, p: usize) -> bool {
        let (acked, demoted) = (self.state.acked, self.is_demoted(p));
        let process = &mut self.state.processes[p];
        let is_news =
            process.vouched != Some(acked) || demoted || self.without == Without::FromSending;
        if !process.up || process.queue.beats() || !is_news {
            return false;
        }
        let is_master = !demoted || self.without == Without::Role;
        process.queue.push(match is_master {
            true => Message::Beat(acked),
            false => Message::Demoted,
        });
        true
    }

    pub(super) fn beaten(&mut self, p: usize, since: Set) {
        let since = match self.without {
            Without::FromSending => self.state.acked,
            _ => since,
        };
        let since = match self.unsettled(p) {
            Some(began) => {
                if !began.covers(since) {
                    self.marks.set(Mark::HeldBack);
                }
                since.within(began)
            }
            None => since,
        };
        let due = self.state.due;
        let vouched = &mut self.state.processes[p].vouched;
        let later = vouched.unwrap_or_default().and(since);
        *vouched = later.covers(due).then_some(later);
    }

    /// What was on its way is lost, or executed without an answer; the node forgets what was read.
    pub(super) fn lose(&mut self, p: usize) -> bool {
        let process = &mut self.state.processes[p];
        if !std::mem::take(&mut process.up) {
            return false;
        }
        (process.tracked, process.queue, process.node) = (0, Queue::default(), Node::Master);
        let invalidation = &mut process.invalidation;
        match invalidation.stage {
            Stage::Sent | Stage::Half => {
                (invalidation.stage, invalidation.late) = (Stage::Faulted, Late::Foreign);
            }
            Stage::Answered => invalidation.stage = Stage::Faulted,
            _ => {}
        }
        if invalidation.late == Late::Own {
            invalidation.late = Late::Foreign;
        }
        if let Some(fill) = &mut process.late_fill {
            fill.own = false;
        }
        for c in (0..HOME.len()).filter(|&c| HOME[c] == p) {
            if self.state.callers[c].at != At::Delivered {
                self.time_out(c);
            }
        }
        true
    }

    pub(super) fn connect(&mut self, p: usize) -> bool {
        if self.state.processes[p].up {
            return false;
        }
        let acked = self.state.acked;
        let process = &mut self.state.processes[p];
        (process.up, process.vouched) = (true, Some(acked));
        if self.without == Without::Epoch {
            return true;
        }
        process.bucket = None;
        process.memory = process.memory.filter(|copied| copied.briefly);
        for c in (0..HOME.len()).filter(|&c| HOME[c] == p) {
            let caller = &mut self.state.callers[c];
            caller.vouched = false;
            caller.flight.holds &= !caller.flight.vouched;
        }
        true
    }

    /// The lag has passed since an invalidation returned. Whatever is limited by time to `lag` after
    /// something that came before is over.
    pub(super) fn come_due(&mut self, invalidation: usize) -> bool {
        let acked = self.state.acked.has(invalidation);
        if !acked || self.state.due.has(invalidation) {
            return false;
        }
        self.state.due = self.state.due.and(Set::of(invalidation));
        let due = self.state.due;
        for p in 0..PROCESSES {
            let process = &mut self.state.processes[p];
            if self.without != Without::Heartbeat {
                process.vouched = process.vouched.filter(|since| since.covers(due));
                process
                    .queue
                    .remove(|m| matches!(m, Message::Beat(since) if !since.covers(due)));
            }
            let lives = |value: Set| value.covers(due);
            process.memory = process.memory.filter(|c| !c.briefly || lives(c.value));
            if self.is_demoted(p) && self.without != Without::Role {
                self.lose(p);
            }
        }
        for caller in &mut self.state.callers {
            let flight = &mut caller.flight;
            flight.holds &= !flight.limited || flight.since.covers(due);
        }
        true
    }

    pub(super) fn is_demoted(&self, p: usize) -> bool {
        self.state.processes[p].node != Node::Master
    }

    /// Another node takes over. Its run id is another, so no stamp is believed; the other process's
    /// connection is to it from now on, and process 0's stays where it is.
    pub(super) fn demote(&mut self) -> bool {
        let redis = self.state.redis;
        if self.is_demoted(0) || !self.state.processes[0].up || self.state.acked.0 != 0 {
            return false;
        }
        let valid = redis.entry.filter(|frame| frame.stamped && redis.stamp);
        let process = &mut self.state.processes[0];
        process.node = Node::Demoted(valid.map(|frame| frame.value));
        process.tracked = 0;
        self.lose(1);
        self.state.redis.stamp = false;
        self.another_stamp();
        if !matches!(redis.lease, Lease::None) && self.state.callers[0].phase == Phase::Idle {
            self.state.redis.lease = Lease::Spent;
        }
        true
    }
}
