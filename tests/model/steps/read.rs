//! A call, up to its load.

use super::World;
use crate::caller::{Answer, At, Phase};
use crate::process::Stage;
use crate::property::Mark;
use crate::state::{HOME, Lease, Subject};
use crate::variants::Without;

impl World<'_> {
    fn begin(&mut self, c: usize) -> bool {
        let idle = self.state.callers[c].phase == Phase::Idle;
        if idle {
            self.state.callers[c].required = self.required(HOME[c]);
        }
        idle
    }

    pub(super) fn hit(&mut self, c: usize) -> bool {
        self.begin(c) && self.serve_from_memory(c)
    }

    /// Memory may have dropped its copy for room, or its time be over, whatever the state says.
    pub(super) fn miss(&mut self, c: usize) -> bool {
        if !self.begin(c) {
            return false;
        }
        if self.bounds.strong && self.without != Without::OwnRead {
            self.peek(c);
        } else {
            self.start_flight(c);
        }
        true
    }

    pub(super) fn join_flight(&mut self, c: usize) -> bool {
        let peeks = self.bounds.strong && self.without != Without::OwnRead;
        !peeks && self.begin(c) && self.join(c, true)
    }

    /// Writes without a miss: a refresh, or a put. Older copies go first, so that no one joins.
    pub(super) fn refresh(&mut self, c: usize) -> bool {
        let p = HOME[c];
        if !self.state.processes[p].up || self.owes(p) || !self.begin(c) {
            return false;
        }
        self.flip(p, Subject::Entry);
        self.state.callers[c].refreshes = true;
        self.send(c, Phase::Claim);
        true
    }

    fn peek(&mut self, c: usize) {
        let p = HOME[c];
        match self.state.processes[p].up && !self.owes(p) {
            true => self.send(c, Phase::Peek),
            false => self.join_or_start(c, true),
        }
    }

    pub(super) fn serve_from_memory(&mut self, c: usize) -> bool {
        let Some(copied) = self.in_memory(HOME[c]) else {
            return false;
        };
        self.marks.set(match copied.briefly {
            true => Mark::BriefHit,
            false => Mark::Hit,
        });
        if self.state.acked.0 != 0 && copied.value.covers(self.state.acked) {
            self.marks.set(Mark::HitOfNewer);
        }
        self.state.callers[c].value = copied.value;
        self.land(c);
        true
    }

    /// Whether the process owes an invalidation, so reads nothing that it covers.
    pub(super) fn owes(&self, p: usize) -> bool {
        let invalidation = self.state.processes[p].invalidation;
        invalidation.failed && invalidation.stage != Stage::Done
    }

    /// Registers cells and sends a request under them.
    pub(super) fn send(&mut self, c: usize, phase: Phase) {
        let bucket = self.state.processes[HOME[c]].bucket;
        let vouched = self.state.processes[HOME[c]].vouched.is_some();
        let caller = &mut self.state.callers[c];
        (caller.phase, caller.at, caller.answer) = (phase, At::Sent, Answer::None);
        // The second half of a read, and a store, rest on what their load or first half does.
        if matches!(
            phase,
            Phase::Read | Phase::Ask | Phase::Claim | Phase::Peek | Phase::Verify
        ) {
            (caller.cells, caller.vouched) = (true, true);
        }
        if phase == Phase::Ask && self.bounds.tags_from {
            let known = bucket.filter(|_| vouched);
            caller.asks_bucket = known.is_none();
            caller.bucketed = known.unwrap_or(false);
            caller.bucket_cell = true;
        }
    }

    /// The leader reads from Redis, if there is one to read from and nothing is owed to it.
    pub(super) fn fetch(&mut self, c: usize) {
        self.ask_or_load(c, Phase::Read);
    }

    fn ask_or_load(&mut self, c: usize, phase: Phase) {
        self.rest_on_new_cells(c);
        let p = HOME[c];
        let looks = phase == Phase::Read || self.without != Without::LookAtOwed;
        match self.state.processes[p].up && !(looks && self.owes(p)) {
            true => self.send(c, phase),
            false => self.load(c, false),
        }
    }

    /// The load starts: its value is newer than every invalidation that has begun.
    pub(super) fn load(&mut self, c: usize, right: bool) {
        let (begun, acked) = (self.state.begun(), self.state.acked);
        let owned = self.holds_lease(c);
        let caller = &mut self.state.callers[c];
        (caller.phase, caller.at, caller.answer) = (Phase::Loading, At::Nowhere, Answer::None);
        (caller.value, caller.right) = (begun, right);
        caller.same_id &= caller.refreshes;
        caller.bucket_cell = self.bounds.tags_from;
        if !right {
            if self.without != Without::LimitedFlight && caller.flight.in_table {
                // No node was asked to push what makes it too old to be joined.
                (caller.flight.limited, caller.flight.since) = (true, acked);
            }
            (caller.cells, caller.vouched) = (true, false);
            (caller.stamped, caller.bucketed) = (false, false);
            if owned {
                self.state.redis.lease = Lease::Spent;
            }
        }
    }

    pub(super) fn holds_lease(&self, c: usize) -> bool {
        matches!(self.state.redis.lease, Lease::Of(of) if usize::from(of) == c)
    }

    /// The caller's task runs on the answer it was waiting for.
    pub(super) fn run(&mut self, c: usize, patient: bool) -> bool {
        let caller = self.state.callers[c];
        if !matches!(caller.at, At::Delivered | At::Faulted) {
            return false;
        }
        let waits = caller.at == At::Delivered && caller.answer == Answer::Held;
        if !patient && !waits {
            return false;
        }
        if self.without == Without::CellsBeforeRead && caller.phase == Phase::Read {
            self.state.callers[c].cells = true;
        }
        match (caller.phase, caller.at) {
            (Phase::Peek | Phase::Verify, _) => self.peeked(c),
            (Phase::Read | Phase::ReadTag | Phase::Ask | Phase::AskStamps, At::Faulted) => {
                self.load(c, false);
            }
            (Phase::Read | Phase::ReadTag, _) => self.judge(c),
            (Phase::Claim, At::Faulted) => self.leave(c),
            (Phase::Claim | Phase::Ask | Phase::AskStamps, _) => self.asked(c, patient),
            (Phase::Tag | Phase::TagThen, _) => self.tagged(c),
            (Phase::Fill, _) => self.filled(c),
            (Phase::Idle | Phase::Loading | Phase::Follow, _) => return false,
        }
        true
    }

    fn judge(&mut self, c: usize) {
        match self.state.callers[c].answer {
            Answer::Valid => {
                self.keep(c, false);
                self.land(c);
            }
            Answer::Frame => self.read_on(c),
            _ => self.ask_or_load(c, Phase::Ask),
        }
    }

    /// The frame names a tag: its stamp is read under a cell registered now.
    fn read_on(&mut self, c: usize) {
        match self.state.processes[HOME[c]].up {
            true => self.send(c, Phase::ReadTag),
            false => self.load(c, false),
        }
    }

    fn asked(&mut self, c: usize, patient: bool) {
        let (caller, p) = (self.state.callers[c], HOME[c]);
        if caller.asks_bucket && caller.bucket_cell && caller.vouched {
            self.state.processes[p].bucket = Some(caller.bucketed);
        }
        match caller.answer {
            Answer::Acquired => self.load(c, true),
            Answer::Held if patient => self.fetch(c),
            Answer::Held => self.load(c, false),
            Answer::Valid => {
                self.marks.set(Mark::AnotherEntry);
                self.judge(c);
            }
            _ => self.judge(c),
        }
    }
}
