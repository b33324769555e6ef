//! What can happen next in a failover.

use std::fmt;

use super::{Age, Excluded, Failover, Judged, Link, Read, Server, Stage, State};
use crate::explore::Model;
use crate::property::{Mark, Marks};
use crate::variants::Without;

/// One thing that happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    Pause,
    Resume,
    Promote,
    Tell,
    Invalidate,
    Acknowledge,
    Due,
    Ask,
    Greet,
    AskAgain,
    Publish,
    AskMeanwhile,
    Beat,
    Lose,
    Push,
    Send,
    Execute,
    Return,
    Store,
    Hit,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pause => "the old master is paused",
            Self::Resume => "the old master is back",
            Self::Promote => "the successor is promoted, and named",
            Self::Tell => "the old master is told that it is a replica",
            Self::Invalidate => "another process begins to invalidate",
            Self::Acknowledge => "the named master deletes, and acknowledges",
            Self::Due => "the lag has passed since the invalidation returned",
            Self::Ask => "the link asks the sentinels",
            Self::Greet => "the server it was named says to be the master",
            Self::AskAgain => "the link asks the sentinels again",
            Self::Publish => "the connection is published",
            Self::AskMeanwhile => "the sentinels are asked while it is used",
            Self::Beat => "a heartbeat is sent and executed",
            Self::Lose => "the connection is lost",
            Self::Push => "the driver reads a push",
            Self::Send => "a call reads in redis",
            Self::Execute => "the server executes the read",
            Self::Return => "the call returns what was read",
            Self::Store => "a call loads and stores",
            Self::Hit => "memory serves a call",
        })
    }
}

const ALL: [Step; 20] = [
    Step::Pause,
    Step::Resume,
    Step::Promote,
    Step::Tell,
    Step::Invalidate,
    Step::Acknowledge,
    Step::Due,
    Step::Ask,
    Step::Greet,
    Step::AskAgain,
    Step::Publish,
    Step::AskMeanwhile,
    Step::Beat,
    Step::Lose,
    Step::Push,
    Step::Send,
    Step::Execute,
    Step::Return,
    Step::Store,
    Step::Hit,
];

impl Model for Failover {
    type State = State;
    type Step = Step;

    fn name(&self) -> &'static str {
        "failover"
    }

    fn first(&self) -> State {
        State::first()
    }

    fn steps(&self) -> Vec<Step> {
        ALL.to_vec()
    }

    fn after(&self, state: &State, step: Step, marks: &mut Marks) -> Option<State> {
        let mut world = World {
            state: *state,
            setting: self,
            marks,
        };
        world.take(step).then(|| {
            world.forget();
            world.state
        })
    }

    fn is_broken(&self, state: &State) -> bool {
        state.broken
    }
}

/// A state on its way to the next. Each step is `false` if it can't be taken.
struct World<'a> {
    state: State,
    setting: &'a Failover,
    marks: &'a mut Marks,
}

impl World<'_> {
    fn take(&mut self, step: Step) -> bool {
        match step {
            Step::Pause => std::mem::replace(&mut self.state.old_runs, false),
            Step::Resume => !std::mem::replace(&mut self.state.old_runs, true),
            Step::Promote => self.promote(),
            Step::Tell => self.tell(),
            Step::Invalidate => self.invalidate(),
            Step::Acknowledge => self.acknowledge(),
            Step::Due => self.come_due(),
            Step::Ask => self.ask(),
            Step::Greet => self.greet(),
            Step::AskAgain => self.ask_again(),
            Step::Publish => self.publish(),
            Step::AskMeanwhile => self.ask_meanwhile(),
            Step::Beat => self.beat(),
            Step::Lose => self.lose(),
            Step::Push => self.read_push(),
            Step::Send => self.send(),
            Step::Execute => self.execute(),
            Step::Return => self.return_read(),
            Step::Store => self.store(),
            Step::Hit => self.hit(),
        }
    }

    fn promote(&mut self) -> bool {
        !self.state.old_runs && std::mem::replace(&mut self.state.named, Server::New) == Server::Old
    }

    fn tell(&mut self) -> bool {
        let reached = self.is_replaced(Server::Old) && self.state.old_runs;
        reached && std::mem::replace(&mut self.state.old_believes, false)
    }

    fn invalidate(&mut self) -> bool {
        let may = self.state.stage == Stage::Ahead;
        if may {
            self.state.stage = Stage::Begun;
        }
        may
    }

    fn acknowledge(&mut self) -> bool {
        let at = self.state.named;
        if self.state.stage != Stage::Begun || !self.answers(at) {
            return false;
        }
        self.state.stage = Stage::Acknowledged;
        let deleted = self.holds(at).take().is_some();
        self.state.push |= deleted && self.up().is_some_and(|(up, _)| up == at);
        true
    }

    /// What is limited to `lag` after something before the invalidation returned is over.
    fn come_due(&mut self) -> bool {
        if self.state.stage != Stage::Acknowledged {
            return false;
        }
        self.state.stage = Stage::Due;
        self.state.vouched = self
            .state
            .vouched
            .filter(|&sent| sent >= Stage::Acknowledged);
        let word = match self.state.link {
            Link::Confirmed(at, _, since) | Link::Up(at, since) => Some((at, since)),
            _ => None,
        };
        if let Some((at, since)) = word
            && since < Stage::Acknowledged
            && self.is_replaced(at)
            && self.setting.without != Without::AskMeanwhile
        {
            self.replaced();
        }
        true
    }

    fn ask(&mut self) -> bool {
        let may = self.state.link == Link::Down;
        if may {
            self.state.link = Link::Named(self.state.named);
        }
        may
    }

    fn greet(&mut self) -> bool {
        let Link::Named(at) = self.state.link else {
            return false;
        };
        let may = self.answers(at) && self.is_master(at);
        if may {
            self.state.link = Link::Greeted(at, self.state.stage);
        }
        may
    }

    fn ask_again(&mut self) -> bool {
        let Link::Greeted(at, beaten) = self.state.link else {
            return false;
        };
        if self.setting.without == Without::AskAgain {
            return false;
        }
        match self.is_replaced(at) {
            true => {
                self.marks.set(Mark::Refuted);
                self.replaced();
            }
            false => self.state.link = Link::Confirmed(at, beaten, self.state.stage),
        }
        true
    }

    fn publish(&mut self) -> bool {
        let (at, beaten, since) = match self.state.link {
            Link::Confirmed(at, beaten, since) => (at, beaten, since),
            Link::Greeted(at, beaten) if self.setting.without == Without::AskAgain => {
                (at, beaten, self.state.stage)
            }
            _ => return false,
        };
        self.end_epoch();
        self.state.link = Link::Up(at, since);
        self.vouch(beaten);
        true
    }

    fn ask_meanwhile(&mut self) -> bool {
        let asks = self.setting.without != Without::AskMeanwhile;
        let refuted = self.up().is_some_and(|(at, _)| self.is_replaced(at));
        if asks && refuted {
            self.marks.set(Mark::Replaced);
            self.replaced();
        }
        asks && refuted
    }

    /// The answer comes after the pushes before it.
    fn beat(&mut self) -> bool {
        let up = self.up().filter(|(at, _)| self.answers(*at));
        let Some((at, _)) = up.filter(|_| !self.state.push) else {
            return false;
        };
        match self.is_master(at) {
            true => self.vouch(self.state.stage),
            false => return self.lose(),
        }
        true
    }

    /// What was read before is served as long as its last heartbeat vouches for it.
    fn lose(&mut self) -> bool {
        if self.state.link == Link::Down {
            return false;
        }
        if let Some((at, _)) = self.up() {
            self.state.broken_since = self.is_replaced(at);
        }
        self.disconnect();
        true
    }

    fn read_push(&mut self) -> bool {
        // An answer before it keeps its place.
        if matches!(self.state.read, Read::Answered(..)) {
            return false;
        }
        self.state.memory = None;
        std::mem::take(&mut self.state.push)
    }

    fn send(&mut self) -> bool {
        let Some((at, since)) = self.up().filter(|_| self.state.read == Read::None) else {
            return false;
        };
        let excused = self.setting.judged != Some(Excluded::ConfirmedBefore)
            && self.is_replaced(at)
            && since < Stage::Acknowledged;
        self.state.read = Read::Sent(match self.state.stage {
            Stage::Ahead | Stage::Begun => Judged::May,
            Stage::Acknowledged if excused => Judged::Excused,
            Stage::Acknowledged | Stage::Due => Judged::MayNot,
        });
        true
    }

    /// A miss ends the read: the call loads.
    fn execute(&mut self) -> bool {
        let (Some((at, _)), Read::Sent(judged)) = (self.up(), self.state.read) else {
            return false;
        };
        let may = self.answers(at);
        if may {
            let found = *self.holds(at);
            self.state.read = found.map_or(Read::None, |age| Read::Answered(judged, age));
        }
        may
    }

    fn return_read(&mut self) -> bool {
        let Read::Answered(judged, age) = self.state.read else {
            return false;
        };
        self.judge(judged, age);
        (self.state.read, self.state.memory) = (Read::None, Some(age));
        true
    }

    fn store(&mut self) -> bool {
        let up = self.up().filter(|_| self.state.read == Read::None);
        let Some((at, _)) = up.filter(|(at, _)| self.answers(*at) && self.is_master(*at)) else {
            return false;
        };
        let age = match self.state.stage {
            Stage::Ahead => Age::Older,
            _ => Age::Newer,
        };
        self.marks.set(Mark::Stored);
        *self.holds(at) = Some(age);
        self.state.memory = Some(age);
        true
    }

    fn hit(&mut self) -> bool {
        let (Some(age), Some(_)) = (self.state.memory, self.state.vouched) else {
            return false;
        };
        let excused =
            self.setting.judged != Some(Excluded::BrokenBefore) && self.state.broken_since;
        let judged = match self.state.stage {
            Stage::Due if excused => Judged::Excused,
            Stage::Due => Judged::MayNot,
            _ => Judged::May,
        };
        self.judge(judged, age);
        self.marks.set(match (judged, age) {
            (Judged::MayNot, Age::Newer) => Mark::HitOfNewer,
            _ => Mark::Hit,
        });
        true
    }
}

impl World<'_> {
    /// The guarantee: no older value to a call that may not have one.
    fn judge(&mut self, judged: Judged, age: Age) {
        match (judged, age) {
            (Judged::MayNot, Age::Older) => self.state.broken = true,
            (Judged::Excused, Age::Older) => self.marks.set(Mark::Excused),
            _ => {}
        }
    }

    fn up(&self) -> Option<(Server, Stage)> {
        match self.state.link {
            Link::Up(at, since) => Some((at, since)),
            _ => None,
        }
    }

    /// The sentinels name the other.
    fn is_replaced(&self, at: Server) -> bool {
        self.state.named != at
    }

    fn answers(&self, at: Server) -> bool {
        at == Server::New || self.state.old_runs
    }

    /// What it says itself.
    fn is_master(&self, at: Server) -> bool {
        at == Server::New || self.state.old_believes
    }

    fn holds(&mut self, at: Server) -> &mut Option<Age> {
        match at {
            Server::Old => &mut self.state.old,
            Server::New => &mut self.state.new,
        }
    }

    /// A heartbeat sent at this stage was answered.
    fn vouch(&mut self, sent: Stage) {
        let later = self.state.vouched.map_or(sent, |before| before.max(sent));
        let lives = self.state.stage < Stage::Due || later >= Stage::Acknowledged;
        self.state.vouched = lives.then_some(later);
    }

    /// The link heard of a failover.
    fn replaced(&mut self) {
        self.disconnect();
        if self.setting.without != Without::EndReplaced {
            self.end_epoch();
        }
    }

    fn disconnect(&mut self) {
        (self.state.link, self.state.push, self.state.read) = (Link::Down, false, Read::None);
    }

    fn end_epoch(&mut self) {
        (self.state.memory, self.state.vouched) = (None, None);
        self.state.broken_since = false;
    }

    /// What nothing comes of any more is as if it had not been.
    fn forget(&mut self) {
        let is_up = self.up().is_some();
        let state = &mut self.state;
        if !is_up && (state.memory.is_none() || state.vouched.is_none()) {
            (state.memory, state.vouched, state.broken_since) = (None, None, false);
        }
        state.push &= state.memory.is_some() || state.read != Read::None;
    }
}
