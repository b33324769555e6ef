//! Several reads at once, of which one body loads all that none finds.
//!
//! Each is a [`Course`] of its own, with its own flight, lease and store. The body is run once all of them are served,
//! ask for it, or wait for a load of another's: those are not waited for, as they may wait for one of these.

use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;
use parking_lot::Mutex;

use super::body::Made;
use super::course::{Course, Returned, Step};
use crate::error::LoadTimeout;
use crate::memory::Held;
use crate::value::Erased;

/// The reads, by their places in the order in which they were given.
pub(crate) struct Group {
    members: Vec<Member>,
    awake: Arc<Awake>,
    /// What the first that failed ended with.
    error: Option<Erased>,
}

/// How a read begins.
pub(crate) enum Begins {
    Read(Course),
    /// It is loaded without a cache.
    Uncached,
    /// It has ended already.
    Served,
}

/// One read, and what it ended with.
pub(crate) type Ended = (usize, Arc<Held>);

/// What the caller is to do.
pub(crate) enum Due {
    /// Run the body for these.
    Run(Vec<usize>),
    /// Return what the reads ended with.
    End,
    /// Return an error that one of them ended with.
    Fail(Erased),
}

impl Group {
    pub(crate) fn new(members: impl Iterator<Item = Begins>) -> Self {
        let awake = Arc::<Awake>::default();
        let members = members.enumerate().map(|(at, begins)| {
            let awake = Arc::clone(&awake);
            Member::new(begins, Waker::from(Arc::new(Woken { at, awake })))
        });
        let members: Vec<_> = members.collect();
        *awake.places.lock() = (0..members.len()).collect();
        Self {
            members,
            awake,
            error: None,
        }
    }

    /// Goes on with the reads until something is to be done, and tells of those that end.
    pub(crate) fn poll(
        &mut self,
        context: &mut Context<'_>,
        ended: impl FnMut(Ended),
    ) -> Poll<Due> {
        self.step(context, ended);
        self.due().map_or(Poll::Pending, Poll::Ready)
    }

    /// Goes on with the reads while the body runs, until it has run for too long.
    pub(crate) fn poll_beside(
        &mut self,
        context: &mut Context<'_>,
        ended: impl FnMut(Ended),
    ) -> Poll<LoadTimeout> {
        let timeout = self.step(context, ended);
        timeout.map_or(Poll::Pending, Poll::Ready)
    }

    /// Those that were woken, once each: one that wakes itself would otherwise hold up the caller.
    fn step(
        &mut self,
        context: &mut Context<'_>,
        mut ended: impl FnMut(Ended),
    ) -> Option<LoadTimeout> {
        let mut late = None;
        for at in self.awake.taken(context) {
            match self.members[at].step() {
                Stepped::On => {}
                Stepped::Late(timeout) => late = Some(timeout),
                Stepped::Ended(Ok(held)) => ended((at, held)),
                Stepped::Ended(Err(error)) => self.error = self.error.take().or(error),
            }
        }
        late
    }

    fn due(&mut self) -> Option<Due> {
        if let Some(error) = self.error.take() {
            return Some(Due::Fail(error));
        }
        let is_settled = |member: &Member| member.state != State::Reads || member.waits();
        if !self.members.iter().all(is_settled) {
            return None;
        }
        let members = self.members.iter_mut().enumerate();
        let asking = members.filter(|(_, member)| member.state == State::Asks);
        let asking = asking.map(|(at, member)| {
            member.state = State::Runs;
            at
        });
        let asking: Vec<usize> = asking.collect();
        if !asking.is_empty() {
            return Some(Due::Run(asking));
        }
        let all_ended = self
            .members
            .iter()
            .all(|member| member.state == State::Ended);
        all_ended.then_some(Due::End)
    }

    /// What the body made for one of them.
    pub(crate) fn made(&mut self, at: usize, made: Made) {
        self.members[at].made(made);
    }

    /// After an error that stays with the caller: what is served in place of what the body was to make, if there is a
    /// value for each.
    pub(crate) fn failed(&mut self, context: &mut Context<'_>) -> Option<Vec<Ended>> {
        let members = self.members.iter_mut().enumerate();
        let running = members.filter(|(_, member)| member.state == State::Runs);
        let served = running.map(|(at, member)| {
            member.state = State::Ended;
            Some((at, member.course.take()?.failed(context)?))
        });
        // Each is told, whatever the others have.
        let served: Vec<Option<Ended>> = served.collect();
        served.into_iter().collect()
    }
}

struct Member {
    /// None without a cache, and at the end.
    course: Option<Course>,
    state: State,
    waker: Waker,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Reads,
    /// The body is to run for it.
    Asks,
    /// The body runs for it.
    Runs,
    Ended,
}

/// What came of one look at a read.
enum Stepped {
    On,
    Late(LoadTimeout),
    Ended(Returned),
}

impl Member {
    fn new(begins: Begins, waker: Waker) -> Self {
        let (course, state) = match begins {
            Begins::Read(course) => (Some(course), State::Reads),
            Begins::Uncached => (None, State::Asks),
            Begins::Served => (None, State::Ended),
        };
        Self {
            course,
            state,
            waker,
        }
    }

    fn step(&mut self) -> Stepped {
        let mut stepped = Stepped::On;
        let Some(course) = &mut self.course else {
            return stepped;
        };
        let mut context = Context::from_waker(&self.waker);
        loop {
            match course.step(&mut context) {
                Step::Wait => return stepped,
                Step::Run if self.state == State::Reads => self.state = State::Asks,
                // The body is polled by itself.
                Step::Run => {}
                Step::End(timeout) => stepped = Stepped::Late(timeout),
                Step::Detach => course.detached(None),
                Step::Done(returned) => {
                    (self.course, self.state) = (None, State::Ended);
                    return Stepped::Ended(returned);
                }
            }
        }
    }

    fn waits(&self) -> bool {
        self.course.as_ref().is_some_and(Course::waits)
    }

    fn made(&mut self, made: Made) {
        self.state = match &mut self.course {
            Some(course) => {
                course.made(made);
                self.waker.wake_by_ref();
                State::Reads
            }
            None => State::Ended,
        };
    }
}

/// Those that are to be looked at.
#[derive(Default)]
struct Awake {
    places: Mutex<Vec<usize>>,
    caller: AtomicWaker,
}

impl Awake {
    fn taken(&self, context: &mut Context<'_>) -> Vec<usize> {
        // Before it is looked, so that one that wakes later wakes the caller.
        self.caller.register(context.waker());
        let mut places = mem::take(&mut *self.places.lock());
        places.sort_unstable();
        places.dedup();
        places
    }
}

/// The waker of one.
struct Woken {
    at: usize,
    awake: Arc<Awake>,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.awake.places.lock().push(self.at);
        self.awake.caller.wake();
    }
}
