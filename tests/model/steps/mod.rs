//! What can happen next.

mod connection;
mod flight;
mod invalidation;
mod memory;
mod normal;
mod read;
mod scripts;
mod server;
mod store;

use std::fmt;

use super::bounds::Bounds;
use super::explore::Model;
use super::property::Marks;
use super::state::{HOME, Key, PROCESSES, State};
use super::variants::Without;

/// One thing that happens. Callers and processes are meant by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// Memory serves a call.
    Hit(u8),
    /// Memory does not serve a call, whatever it holds, and no flight is joined.
    Miss(u8),
    /// Memory does not serve a call, which joins a flight.
    Join(u8),
    /// A refresh or a put begins.
    Refresh(u8),
    /// Redis executes the caller's request, or the next command of it.
    Execute(u8),
    /// The caller's task runs on what it was waiting for.
    Run(u8),
    /// The same, and it waits no longer for the holder of a lease.
    RunImpatient(u8),
    /// The load ends.
    Loaded(u8),
    /// The caller's future is dropped.
    Cancel(u8),
    /// The caller is told that its request failed, though it may still be executed.
    TimeOut(u8),
    /// A follower loads for itself.
    GoAlone(u8),
    /// The invalidation begins: copies are dropped, the deletion is sent.
    Invalidate(u8),
    /// Redis executes it, or the next part of it.
    Delete(u8),
    /// Its task runs on the answer: copies are dropped again, and its caller is told.
    Settle(u8),
    TimeOutDelete(u8),
    CancelDelete(u8),
    Retry(u8),
    /// Redis executes a deletion that nobody waits for.
    LateDelete(u8),
    /// Redis executes a store that nobody waits for.
    LateFill(u8),
    /// The driver reads the message at this place of the queue.
    Read(u8, u8),
    /// A heartbeat is sent and executed.
    Beat(u8),
    /// The connection is lost, on both sides.
    Lose(u8),
    /// The next one is published.
    Connect(u8),
    /// Redis drops a key of its own accord.
    Evict(Key),
    /// The lag has passed since this invalidation was acknowledged.
    Due(u8),
    /// The node of process 0 is demoted; its connection stays open.
    Demote,
}

impl Step {
    /// Every step that may happen in these bounds, at some time.
    pub(crate) fn all(bounds: &Bounds) -> Vec<Self> {
        let mut steps = Vec::new();
        let of = |n: usize| u8::try_from(n).unwrap_or(u8::MAX);
        for c in (0..HOME.len()).filter(|&c| bounds.calls[c]).map(of) {
            steps.extend([
                Self::Hit(c),
                Self::Miss(c),
                Self::Join(c),
                Self::Refresh(c),
                Self::Execute(c),
                Self::Run(c),
                Self::RunImpatient(c),
                Self::Loaded(c),
                Self::Cancel(c),
                Self::TimeOut(c),
                Self::GoAlone(c),
            ]);
        }
        for p in (0..PROCESSES).map(of) {
            if bounds.invalidates[usize::from(p)] {
                steps.extend([
                    Self::Invalidate(p),
                    Self::Delete(p),
                    Self::Settle(p),
                    Self::TimeOutDelete(p),
                    Self::CancelDelete(p),
                    Self::Retry(p),
                    Self::LateDelete(p),
                    Self::Due(p),
                ]);
            }
            steps.extend((0..8).map(|place| Self::Read(p, place)));
            steps.extend([
                Self::LateFill(p),
                Self::Beat(p),
                Self::Lose(p),
                Self::Connect(p),
            ]);
        }
        if bounds.evict {
            steps.extend([Key::Entry, Key::Lease, Key::Stamp, Key::Bucket].map(Self::Evict));
        }
        steps.push(Self::Demote);
        steps
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Hit(c) => write!(f, "memory serves caller {c}"),
            Self::Miss(c) => write!(f, "caller {c} calls, and asks redis"),
            Self::Join(c) => write!(f, "caller {c} calls, and joins a flight"),
            Self::Refresh(c) => write!(f, "caller {c} refreshes the entry"),
            Self::Execute(c) => write!(f, "redis executes what caller {c} sent"),
            Self::Run(c) => write!(f, "caller {c} runs on"),
            Self::RunImpatient(c) => write!(f, "caller {c} runs on, and waits no longer"),
            Self::Loaded(c) => write!(f, "caller {c}'s load ends"),
            Self::Cancel(c) => write!(f, "caller {c} is dropped"),
            Self::TimeOut(c) => write!(f, "caller {c} waits no longer for an answer"),
            Self::GoAlone(c) => write!(f, "caller {c} waits no longer for its leader"),
            Self::Invalidate(p) => write!(f, "process {p} begins to invalidate"),
            Self::Delete(p) => write!(f, "redis executes the deletion of process {p}"),
            Self::Settle(p) => write!(f, "process {p}'s invalidation runs on"),
            Self::TimeOutDelete(p) => write!(f, "process {p} waits no longer for its deletion"),
            Self::CancelDelete(p) => write!(f, "who invalidates in process {p} is dropped"),
            Self::Retry(p) => write!(f, "process {p} retries what it owes"),
            Self::LateDelete(p) => write!(f, "redis executes an old deletion of process {p}"),
            Self::LateFill(p) => write!(f, "redis executes an old store of process {p}"),
            Self::Read(p, place) => write!(f, "the driver of process {p} reads message {place}"),
            Self::Beat(p) => write!(f, "a heartbeat of process {p} is sent and executed"),
            Self::Lose(p) => write!(f, "process {p} loses its connection"),
            Self::Connect(p) => write!(f, "process {p} connects"),
            Self::Evict(key) => write!(f, "redis evicts the {key:?}"),
            Self::Due(p) => write!(f, "the lag has passed since invalidation {p} returned"),
            Self::Demote => write!(f, "the node of process 0 is demoted"),
        }
    }
}

/// The protocol within these bounds, but for what is taken out.
pub(crate) struct Protocol {
    pub(crate) bounds: Bounds,
    pub(crate) without: Without,
}

impl Model for Protocol {
    type State = State;
    type Step = Step;

    fn name(&self) -> &'static str {
        self.bounds.name
    }

    fn first(&self) -> State {
        State::first()
    }

    fn steps(&self) -> Vec<Step> {
        Step::all(&self.bounds)
    }

    fn after(&self, state: &State, step: Step, marks: &mut Marks) -> Option<State> {
        let mut world = World {
            state: *state,
            bounds: &self.bounds,
            without: self.without,
            marks,
            counted: false,
        };
        let goes_on = world.take(step) && (world.state.broken || !world.is_over());
        goes_on.then_some(world.state)
    }

    fn is_broken(&self, state: &State) -> bool {
        state.broken
    }
}

/// A state on its way to the next.
pub(crate) struct World<'a> {
    pub(crate) state: State,
    pub(crate) bounds: &'a Bounds,
    pub(crate) without: Without,
    pub(crate) marks: &'a mut Marks,
    /// What is executed was sent by a caller who counts its own writes.
    pub(crate) counted: bool,
}

impl World<'_> {
    /// Takes the step; `false` if it can't be taken.
    pub(crate) fn take(&mut self, step: Step) -> bool {
        let i = usize::from;
        let taken = match step {
            Step::Hit(c) => self.hit(i(c)),
            Step::Miss(c) => self.miss(i(c)),
            Step::Join(c) => self.join_flight(i(c)),
            Step::Refresh(c) => self.bounds.refresh && self.refresh(i(c)),
            Step::Execute(c) => self.execute(i(c)),
            Step::Run(c) => self.run(i(c), true),
            Step::RunImpatient(c) => self.run(i(c), false),
            Step::Loaded(c) => self.loaded(i(c)),
            Step::Cancel(c) => self.bounds.cancel && self.cancel(i(c)),
            Step::TimeOut(c) => self.loses_answers(HOME[i(c)]) && self.time_out(i(c)),
            Step::GoAlone(c) => self.go_alone(i(c)),
            Step::Invalidate(p) => self.invalidate(i(p)),
            Step::Delete(p) => self.delete(i(p)),
            Step::Settle(p) => self.settle(i(p)),
            Step::TimeOutDelete(p) => self.loses_answers(i(p)) && self.time_out_delete(i(p)),
            Step::CancelDelete(p) => self.cancel_delete(i(p)),
            Step::Retry(p) => self.retry(i(p)),
            Step::LateDelete(p) => self.late_delete(i(p)),
            Step::LateFill(p) => self.late_fill(i(p)),
            Step::Read(p, place) => self.read_message(i(p), i(place)),
            Step::Beat(p) => self.beat(i(p)),
            Step::Lose(p) => self.bounds.lose[i(p)] && self.lose(i(p)),
            Step::Connect(p) => self.connect(i(p)),
            Step::Evict(key) => self.evict(key),
            Step::Due(i) => self.come_due(usize::from(i)),
            Step::Demote => self.bounds.demote && self.demote(),
        };
        if taken {
            self.deliver();
            self.forget();
        }
        taken
    }
}
