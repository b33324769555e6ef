//! Several reads at once, of which one body loads all that none finds.
//!
//! Each is a [`Course`] of its own, with its own flight, lease and store. The body is run once all of them are served,
//! ask for it, or wait for a load of another's: those are not waited for, as they may wait for one of these. One that
//! would ask for the body while it runs for others gives up its flight and its lease, so that nobody waits for a load
//! that can't begin, and reads anew after that.

use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;
use parking_lot::Mutex;
use tokio::task::coop::has_budget_remaining;

use super::body::{Made, is_absent};
use super::course::{Course, Returned, Step};
use super::request::Request;
use crate::memory::Held;
use crate::redis::Holds;
use crate::value::Erased;

/// The reads, by their places in the order in which they were given.
pub(crate) struct Group {
    members: Vec<Member>,
    awake: Arc<Awake>,
    begin: fn(Arc<Request>) -> Course,
    /// What the first that failed ended with.
    error: Option<Erased>,
}

/// How a read begins.
pub(crate) enum Begins {
    Read(Arc<Request>),
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
    /// Reads that are to begin.
    pub(crate) fn new(
        begin: fn(Arc<Request>) -> Course,
        members: impl Iterator<Item = Begins>,
    ) -> Self {
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
            begin,
            error: None,
        }
    }

    /// Goes on with the reads until something is to be done, and tells of those that end.
    pub(crate) fn poll(
        &mut self,
        context: &mut Context<'_>,
        ended: impl FnMut(Ended),
    ) -> Poll<Due> {
        for (at, member) in self.members.iter_mut().enumerate() {
            if member.begins(self.begin) {
                self.awake.places.lock().push(at);
            }
        }
        self.step(context, false, ended);
        self.due().map_or(Poll::Pending, Poll::Ready)
    }

    /// Goes on with the reads while the body runs.
    pub(crate) fn poll_beside(&mut self, context: &mut Context<'_>, ended: impl FnMut(Ended)) {
        self.step(context, true, ended);
    }

    /// Those that were woken, once each, as one that wakes itself would otherwise hold up the caller; and no more than
    /// the task may do in one turn.
    fn step(&mut self, context: &mut Context<'_>, is_running: bool, mut ended: impl FnMut(Ended)) {
        let awake = self.awake.taken(context);
        let _holds = self.holds(&awake);
        let mut awake = awake.into_iter();
        while let Some(at) = awake.next() {
            match self.members[at].step(is_running) {
                None => {}
                Some(Ok(held)) => ended((at, held)),
                Some(Err(error)) if is_absent(&error) => {}
                Some(Err(error)) => self.error = self.error.take().or(error),
            }
            if !has_budget_remaining() && awake.len() > 0 {
                self.awake.places.lock().extend(awake);
                context.waker().wake_by_ref();
                return;
            }
        }
    }

    /// What several of them ask Redis for in one step is asked for together.
    fn holds(&self, awake: &[usize]) -> Option<Holds> {
        let [first, _, ..] = awake else { return None };
        let request = self.members[*first].request.as_ref()?;
        Some(request.redis()?.hold_calls())
    }

    fn due(&mut self) -> Option<Due> {
        if let Some(error) = self.error.take() {
            return Some(Due::Fail(error));
        }
        let is_settled = |member: &Member| member.state != State::Reads || member.waits();
        // Of those that wait some may be freed together.
        if !self.members.iter().all(is_settled) || !self.awake.places.lock().is_empty() {
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
        if let Some(Err(error)) = self.members[at].made(made)
            && !is_absent(&error)
        {
            self.error = self.error.take().or(error);
        }
    }

    /// After an error that stays with the caller: what is served in place of what the body was to make, if there is a
    /// value for each.
    pub(crate) fn failed(&mut self, context: &mut Context<'_>) -> Option<Vec<Ended>> {
        let members = self.members.iter_mut().enumerate();
        let running = members.filter(|(_, member)| member.state == State::Runs);
        let served = running.map(|(at, member)| {
            let course = member.course.take();
            member.end();
            let mut course = course?;
            let held = course.failed(context);
            course.ends(held.is_some());
            Some((at, held?))
        });
        // Each is told, whatever the others have.
        let served: Vec<Option<Ended>> = served.collect();
        served.into_iter().collect()
    }
}

struct Member {
    /// None without a cache, and at the end.
    request: Option<Arc<Request>>,
    /// None before it begins as well.
    course: Option<Course>,
    state: State,
    waker: Waker,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It is to begin, perhaps anew.
    Before,
    Reads,
    /// The body is to run for it.
    Asks,
    /// The body runs for it.
    Runs,
    Ended,
}

impl Member {
    fn new(begins: Begins, waker: Waker) -> Self {
        let (request, state) = match begins {
            Begins::Read(request) => (Some(request), State::Before),
            Begins::Uncached => (None, State::Asks),
            Begins::Served => (None, State::Ended),
        };
        Self {
            request,
            course: None,
            state,
            waker,
        }
    }

    /// Begins to read, if it is to.
    fn begins(&mut self, begin: fn(Arc<Request>) -> Course) -> bool {
        if self.state != State::Before {
            return false;
        }
        self.course = self.request.clone().map(begin);
        self.state = State::Reads;
        true
    }

    fn step(&mut self, is_running: bool) -> Option<Returned> {
        let course = self.course.as_mut()?;
        let mut context = Context::from_waker(&self.waker);
        loop {
            match course.step(&mut context) {
                Step::Wait => return None,
                Step::Run if self.state == State::Reads && is_running => {
                    (self.course, self.state) = (None, State::Before);
                    // By then another may have stored it.
                    self.request = self.request.take().map(|request| {
                        Arc::new(Request {
                            invalid: None,
                            ..Request::clone(&request)
                        })
                    });
                    return None;
                }
                Step::Run if self.state == State::Reads => self.state = State::Asks,
                // The body is polled, and limited, by itself.
                Step::Run | Step::End(_) => {}
                Step::Detach => course.detached(None),
                Step::Done(returned) => {
                    // That there is no such value is what it asked.
                    course.ends(returned.as_ref().err().is_none_or(is_absent));
                    self.end();
                    return Some(returned);
                }
            }
        }
    }

    fn waits(&self) -> bool {
        self.course.as_ref().is_some_and(Course::waits)
    }

    /// Gives what the body made to the read; back if there is none.
    fn made(&mut self, made: Made) -> Option<Made> {
        let Some(course) = &mut self.course else {
            self.end();
            return Some(made);
        };
        course.made(made);
        self.waker.wake_by_ref();
        self.state = State::Reads;
        None
    }

    fn end(&mut self) {
        (self.request, self.course, self.state) = (None, None, State::Ended);
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
