//! What Redis does with what a caller sends.

use super::World;
use crate::caller::{Answer, At, Phase};
use crate::process::Node;
use crate::queue::Message;
use crate::state::{Frame, HOME, Key, Lease, Set};
use crate::variants::Without;

impl World<'_> {
    /// Executes what a caller sent; `false` if nothing is on its way.
    pub(super) fn execute(&mut self, c: usize) -> bool {
        let (caller, p) = (self.state.callers[c], HOME[c]);
        if caller.at != At::Sent {
            return false;
        }
        if let Node::Demoted(found) = self.state.processes[p].node {
            return self.execute_demoted(c, found);
        }
        self.counted = true;
        let answer = match caller.phase {
            Phase::Peek | Phase::Read | Phase::Verify => self.read_entry(c),
            Phase::ReadTag => self.read_tag(c),
            Phase::Claim | Phase::Ask => {
                let answer = match caller.phase {
                    Phase::Claim => self.claim_lease(c),
                    _ => self.ask_lease(c),
                };
                if self.bounds.tagged {
                    let caller = &mut self.state.callers[c];
                    (caller.answer, caller.phase) = (answer, Phase::AskStamps);
                    return true;
                }
                answer
            }
            Phase::AskStamps => self.ask_stamps(c),
            Phase::Tag => {
                self.tag(c, self.without != Without::BucketAfterStamp);
                self.state.callers[c].phase = Phase::TagThen;
                return true;
            }
            Phase::TagThen => {
                self.tag(c, self.without == Without::BucketAfterStamp);
                Answer::Valid
            }
            // With own pushes, a read behind the script is answered after them.
            Phase::Fill if caller.answer != Answer::None => caller.answer,
            Phase::Fill if self.bounds.own_pushes => {
                self.state.callers[c].answer = self.fill_entry(c);
                return true;
            }
            Phase::Fill => self.fill_entry(c),
            Phase::Idle | Phase::Loading | Phase::Follow => return false,
        };
        self.answer(c, answer);
        true
    }

    /// A demoted node answers reads from what it has, and refuses writes.
    fn execute_demoted(&mut self, c: usize, found: Option<Set>) -> bool {
        match (self.state.callers[c].phase, found) {
            (Phase::Peek | Phase::Read | Phase::Verify, Some(value)) => {
                self.state.callers[c].value = value;
                self.answer(c, Answer::Valid);
                true
            }
            (Phase::Peek | Phase::Read | Phase::Verify, None) => {
                self.answer(c, Answer::Invalid);
                true
            }
            _ => self.lose(HOME[c]),
        }
    }

    fn answer(&mut self, c: usize, answer: Answer) {
        let caller = &mut self.state.callers[c];
        (caller.at, caller.answer) = (At::Answered, answer);
        self.state.processes[HOME[c]].queue.push(Message::Answer(c));
    }

    /// One `MGET` of the entry and the stamps that the site knows of.
    fn read_entry(&mut self, c: usize) -> Answer {
        self.track(HOME[c], &[Key::Entry]);
        if self.bounds.tagged && !self.bounds.tags_from {
            self.track(HOME[c], &[Key::Stamp]);
        }
        let found = self.found(c);
        match found {
            Answer::Frame if !self.bounds.tags_from => self.judged(c),
            _ => found,
        }
    }

    /// Notes the entry that is there.
    fn found(&mut self, c: usize) -> Answer {
        let caller = &mut self.state.callers[c];
        let Some(Frame { value, stamped }) = self.state.redis.entry else {
            caller.same_id = false;
            return Answer::Invalid;
        };
        (caller.value, caller.stamped, caller.same_id) = (value, stamped, true);
        Answer::Frame
    }

    /// Whether the stamp of the frame it found is the one in Redis.
    fn judged(&self, c: usize) -> Answer {
        match !self.bounds.tagged || self.state.callers[c].stamped {
            true => Answer::Valid,
            false => Answer::Invalid,
        }
    }

    fn read_tag(&mut self, c: usize) -> Answer {
        self.track(HOME[c], &[Key::Stamp]);
        self.judged(c)
    }

    /// `lease.lua`
    fn ask_lease(&mut self, c: usize) -> Answer {
        let (p, redis) = (HOME[c], self.state.redis);
        let answer = if redis.entry.is_some() && !self.state.callers[c].same_id {
            match self.found(c) {
                Answer::Frame if !self.bounds.tagged => Answer::Valid,
                found => found,
            }
        } else if redis.lease != Lease::None {
            Answer::Held
        } else {
            self.take_lease(c)
        };
        self.track(p, &[Key::Entry, Key::Lease]);
        answer
    }

    /// `claim.lua`
    fn claim_lease(&mut self, c: usize) -> Answer {
        self.state.callers[c].same_id = self.state.redis.entry.is_some();
        self.take_lease(c)
    }

    fn take_lease(&mut self, c: usize) -> Answer {
        self.state.redis.lease = Lease::Of(u8::try_from(c).unwrap_or(u8::MAX));
        self.count_writes(HOME[c], &[Key::Lease]);
        self.touch(Key::Lease, Some(HOME[c]));
        Answer::Acquired
    }

    /// The second command of the ask: the stamps, made where they are missing.
    fn ask_stamps(&mut self, c: usize) -> Answer {
        let p = HOME[c];
        if self.bounds.tags_from {
            if self.state.callers[c].asks_bucket {
                self.make_bucket(p);
                self.state.callers[c].bucketed = true;
            }
        } else {
            self.make_stamp(p);
        }
        match self.state.callers[c].answer {
            Answer::Frame if self.bounds.tags_from => Answer::Frame,
            Answer::Frame => self.judged(c),
            answer => {
                self.state.callers[c].stamped = true;
                answer
            }
        }
    }

    /// After the load: makes or reads the stamp of the value's tag, or reads its bucket again.
    fn tag(&mut self, c: usize, stamp: bool) {
        let p = HOME[c];
        if stamp {
            self.make_stamp(p);
            self.state.callers[c].stamped = true;
        } else {
            self.track(p, &[Key::Bucket]);
            // From now on the bit says what the answer will, whatever comes after.
            let caller = &mut self.state.callers[c];
            caller.right &= caller.bucketed;
        }
    }

    /// `fill.lua`
    fn fill_entry(&mut self, c: usize) -> Answer {
        let own = Lease::Of(u8::try_from(c).unwrap_or(u8::MAX));
        let held = self.state.redis.lease == own;
        if !held && self.without != Without::Token {
            // Superseded or overtaken: what a put found when it claimed the lease goes.
            if self.state.callers[c].refreshes && self.state.callers[c].same_id {
                self.delete_entry(Some(HOME[c]));
            }
            return Answer::Lost;
        }
        if self.without == Without::StampsBeforeLoad {
            self.make_stamp(HOME[c]);
            self.state.callers[c].stamped = true;
        }
        let caller = self.state.callers[c];
        let frame = Frame {
            value: caller.value,
            stamped: caller.stamped,
        };
        self.count_writes(HOME[c], &[Key::Entry, Key::Lease]);
        self.store(frame, Some(HOME[c]));
        if held {
            self.delete_lease(Some(HOME[c]));
        }
        Answer::Stored
    }
}
