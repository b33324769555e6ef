//! Callers of one process that share a read or a load.

use super::World;
use crate::caller::{Answer, At, Caller, Flight, Phase};
use crate::property::Mark;
use crate::state::HOME;
use crate::variants::Without;

impl World<'_> {
    /// The other caller of the process.
    fn mate(&self, c: usize) -> Option<usize> {
        let mut mates = (0..HOME.len()).filter(|&m| m != c && HOME[m] == HOME[c]);
        mates.find(|&m| self.bounds.calls[m])
    }

    /// Joins the flight of the process, if a call that begins now may.
    pub(super) fn join(&mut self, c: usize, under_way: bool) -> bool {
        let Some(mate) = self.mate(c) else {
            return false;
        };
        let (flight, p) = (self.state.callers[mate].flight, HOME[c]);
        let vouched = !flight.vouched || self.state.processes[p].vouched.is_some();
        let joinable = flight.holds && vouched || self.without == Without::JoinLooks;
        if !flight.in_table || !joinable {
            return false;
        }
        self.marks.set(Mark::Joined);
        let caller = &mut self.state.callers[c];
        (caller.phase, caller.at, caller.answer) = (Phase::Follow, At::Nowhere, Answer::None);
        caller.under_way = under_way;
        true
    }

    pub(super) fn join_or_start(&mut self, c: usize, under_way: bool) {
        if !self.join(c, under_way) {
            self.start_flight(c);
        }
    }

    pub(super) fn start_flight(&mut self, c: usize) {
        if let Some(mate) = self.mate(c) {
            self.state.callers[mate].flight.in_table = false;
            let up = self.state.processes[HOME[c]].up;
            self.state.callers[c].flight = Flight {
                in_table: true,
                holds: true,
                vouched: up,
                limited: !up,
                since: self.state.acked,
            };
        }
        self.fetch(c);
    }

    /// A flight whose cells were flipped rests on new ones from the next request on.
    pub(super) fn rest_on_new_cells(&mut self, c: usize) {
        let up = self.state.processes[HOME[c]].up;
        let flight = &mut self.state.callers[c].flight;
        if flight.in_table && !flight.holds {
            (flight.holds, flight.vouched) = (true, up);
        }
    }

    /// The call returns its value, and so do those that followed it.
    pub(super) fn land(&mut self, c: usize) {
        let caller = self.state.callers[c];
        self.judge_return(caller.value, caller.required);
        self.leave(c);
        let Some(mate) = self.mate(c) else {
            return;
        };
        let follower = self.state.callers[mate];
        if follower.phase != Phase::Follow {
            return;
        }
        let verify = self.bounds.strong && follower.under_way && self.without != Without::Recheck;
        let trusts = self.without == Without::OwnRead;
        if !verify || trusts {
            self.state.callers[mate].value = caller.value;
            self.judge_return(caller.value, follower.required);
            self.state.callers[mate] = Caller::default();
        } else if self.state.processes[HOME[c]].up && !self.owes(HOME[c]) {
            self.send(mate, Phase::Verify);
        } else {
            self.join_or_start(mate, false);
        }
    }

    /// A `strong` call's own read was answered, or could not be.
    pub(super) fn peeked(&mut self, c: usize) {
        let caller = self.state.callers[c];
        if caller.at == At::Delivered && caller.answer == Answer::Valid {
            if caller.phase == Phase::Verify {
                self.marks.set(Mark::Verified);
            }
            self.land(c);
        } else {
            self.join_or_start(c, caller.phase == Phase::Peek);
        }
    }

    /// A leader that is dropped hands over to its follower.
    pub(super) fn leave_to_follower(&mut self, c: usize) {
        let flight = self.state.callers[c].flight;
        self.leave(c);
        let Some(mate) = self.mate(c) else {
            return;
        };
        if self.state.callers[mate].phase == Phase::Follow {
            self.marks.set(Mark::Promoted);
            self.state.callers[mate].flight = flight;
            if !self.serve_from_memory(mate) {
                self.fetch(mate);
            }
        }
    }

    pub(super) fn go_alone(&mut self, c: usize) -> bool {
        if self.state.callers[c].phase != Phase::Follow {
            return false;
        }
        if !self.serve_from_memory(c) {
            self.fetch(c);
        }
        true
    }
}
