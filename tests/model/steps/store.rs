//! A call, from its load on.

use super::World;
use crate::caller::{Answer, At, Caller, Phase};
use crate::process::LateFill;
use crate::property::Mark;
use crate::queue::Message;
use crate::state::{Frame, HOME, Lease, Subject};
use crate::variants::Without;

impl World<'_> {
    pub(super) fn loaded(&mut self, c: usize) -> bool {
        let (caller, p) = (self.state.callers[c], HOME[c]);
        if caller.phase != Phase::Loading {
            return false;
        }
        if self.bounds.tags_from && !caller.bucket_cell {
            // Its tag may have been invalidated here: returned, and nothing more.
            self.land(c);
            return true;
        }
        match (
            caller.right && self.state.processes[p].up,
            self.bounds.tags_from,
        ) {
            (true, true) => self.send(c, Phase::Tag),
            (true, false) => self.send(c, Phase::Fill),
            (false, true) if caller.right => self.land(c),
            (false, _) => {
                self.keep_what_is_read(c, true);
                self.land(c);
            }
        }
        true
    }

    /// The stamp of its tag was noted, and the bucket looked at again.
    pub(super) fn tagged(&mut self, c: usize) {
        let caller = self.state.callers[c];
        if caller.at == At::Delivered && caller.right && self.state.processes[HOME[c]].up {
            self.send(c, Phase::Fill);
        } else {
            self.marks.set(Mark::BucketChanged);
            self.land(c);
        }
    }

    pub(super) fn filled(&mut self, c: usize) {
        let caller = self.state.callers[c];
        match (caller.at, caller.answer) {
            (At::Faulted, _) => self.keep_what_is_read(c, true),
            (_, Answer::Stored) => {
                self.marks.set(Mark::Stored);
                match caller.refreshes {
                    true => self.flip(HOME[c], Subject::Entry),
                    false => self.succeed(c),
                }
            }
            _ => {
                self.marks.set(Mark::Refused);
                if self.without == Without::OnlyStored {
                    self.keep(c, false);
                }
            }
        }
        self.land(c);
    }

    /// What a refresh wrote is kept by who reads it next.
    fn keep_what_is_read(&mut self, c: usize, briefly: bool) {
        if !self.state.callers[c].refreshes {
            self.keep(c, briefly);
        }
    }

    /// The entry's cell gets a successor, so that older copies are not served and flights look again;
    /// unless what the load rests on was flipped.
    fn succeed(&mut self, c: usize) {
        let caller = self.state.callers[c];
        if caller.cells && caller.vouched {
            self.flip(HOME[c], Subject::Entry);
            self.state.callers[c].cells = true;
        }
        self.keep(c, false);
    }

    /// The call ends; a lease it still holds is given back.
    pub(super) fn leave(&mut self, c: usize) {
        if self.holds_lease(c) {
            self.state.redis.lease = Lease::Spent;
        }
        self.state.callers[c] = Caller::default();
        // An answer that still comes finds no one.
        let queue = &mut self.state.processes[HOME[c]].queue;
        queue.remove(|m| m == Message::Answer(c));
    }

    pub(super) fn cancel(&mut self, c: usize) -> bool {
        if self.state.callers[c].phase == Phase::Idle {
            return false;
        }
        self.abandon(c);
        self.leave_to_follower(c);
        true
    }

    /// Its answer is waited for no longer.
    pub(super) fn time_out(&mut self, c: usize) -> bool {
        if !matches!(
            self.state.callers[c].at,
            At::Sent | At::Answered | At::Delivered
        ) {
            return false;
        }
        self.abandon(c);
        self.fault(c);
        true
    }

    pub(super) fn fault(&mut self, c: usize) {
        let caller = &mut self.state.callers[c];
        (caller.at, caller.answer) = (At::Faulted, Answer::None);
    }

    /// The answer to its request is dropped when it comes. A store may still be executed; other
    /// requests that nobody waits for leave nothing that the same steps in another order don't.
    fn abandon(&mut self, c: usize) {
        let (caller, p) = (self.state.callers[c], HOME[c]);
        let process = &mut self.state.processes[p];
        process.queue.remove(|m| m == Message::Answer(c));
        let sent = caller.at == At::Sent && caller.answer == Answer::None;
        let stores = caller.phase == Phase::Fill && sent;
        if stores && process.late_fill.is_none() {
            process.late_fill = Some(LateFill {
                frame: Frame {
                    value: caller.value,
                    stamped: caller.stamped,
                },
                own: process.up,
            });
            if self.holds_lease(c) {
                self.state.redis.lease = Lease::Late(u8::try_from(p).unwrap_or(u8::MAX));
            }
        }
    }

    /// Redis executes a store that nobody waits for.
    pub(super) fn late_fill(&mut self, p: usize) -> bool {
        let Some(LateFill { frame, own }) = self.state.processes[p].late_fill.take() else {
            return false;
        };
        let held = matches!(self.state.redis.lease, Lease::Late(of) if usize::from(of) == p);
        let by = own.then_some(p);
        if held || self.without == Without::Token {
            self.marks.set(Mark::LateFill);
            self.store(frame, by);
        }
        if held {
            self.delete_lease(by);
        }
        true
    }
}
