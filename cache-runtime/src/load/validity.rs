//! Whether what others loaded serves a call, where that depends on its arguments: `valid_if`.
//!
//! A call that refuses a value reads again, and takes that load for one that is not there: with all
//! others who refuse it, it waits for one load. Where what comes of that is refused too, the call runs
//! its own body and stores what that gives: calls that agree on no value do not wait for each other for
//! ever.

use std::sync::Arc;

use super::body::Failed;
use super::course::Course;
use super::request::Request;
use crate::clock::Stopwatch;
use crate::events::Miss;
use crate::memory::Held;
use crate::value::Erased;

/// What a call says of a value that its own body did not make.
pub(crate) trait Validity<T>: Unpin {
    fn judge(&mut self, held: &Held) -> Verdict;

    /// Notes that its own body made the value it ends with.
    fn made(&mut self) {}

    /// Notes the error of its own body, in whose place an older value may be served.
    fn failed(&mut self, _error: &Erased) {}
}

/// What follows of a value.
pub(crate) enum Verdict {
    /// It serves the call.
    Serves,
    /// It does not: the call reads again.
    Again(Course),
    /// It does not, and the body has failed, with this error if it was given away.
    Fails(Failed),
}

impl Verdict {
    pub(super) fn serves(&self) -> bool {
        matches!(self, Self::Serves)
    }
}

/// Every value serves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Always;

impl<T> Validity<T> for Always {
    #[inline]
    fn judge(&mut self, _: &Held) -> Verdict {
        Verdict::Serves
    }
}

/// What the annotation's own closure says.
pub(crate) struct If<F> {
    pub(crate) serves: F,
    /// None where the call runs without a cache, or has its own value.
    pub(crate) again: Option<Again>,
}

impl<T: 'static, F: Fn(&T) -> bool> Validity<T> for If<F> {
    fn judge(&mut self, held: &Held) -> Verdict {
        let refused = (held.value.downcast_ref()).is_some_and(|value| !(self.serves)(value));
        match &mut self.again {
            Some(again) if refused => again.refuse(held),
            _ => Verdict::Serves,
        }
    }

    fn made(&mut self) {
        self.again = None;
    }

    fn failed(&mut self, error: &Erased) {
        if let Some(again) = &mut self.again {
            again.error = Some(Arc::clone(error));
        }
    }
}

/// It is moved while its call is polled, and nothing points into it.
impl<F> Unpin for If<F> {}

/// A call that may refuse what it is served.
pub(crate) struct Again {
    /// That of the read under way.
    request: Arc<Request>,
    begin: fn(Arc<Request>) -> Course,
    /// All that it waits for others takes `wait` at most, however often it reads.
    waiting: Stopwatch,
    /// Of its body, once that has failed.
    error: Failed,
}

impl Again {
    /// A call with this request, which `begin` reads anew.
    pub(crate) fn new(request: &Arc<Request>, begin: fn(Arc<Request>) -> Course) -> Self {
        Self {
            request: Arc::clone(request),
            begin,
            waiting: Stopwatch::start(),
            error: None,
        }
    }

    fn refuse(&mut self, held: &Held) -> Verdict {
        if let Some(error) = self.error.take() {
            return Verdict::Fails(Some(error));
        }
        let before = &self.request;
        self.request = Arc::new(Request {
            missed: Miss::Refused,
            refused: Some(held.id),
            // What others loaded in its place is refused as well.
            reloads: before.refused.is_some(),
            waiting: Some(self.waiting),
            allowance: before.allowance.rest(),
            ..Request::clone(before)
        });
        Verdict::Again((self.begin)(Arc::clone(&self.request)))
    }
}
