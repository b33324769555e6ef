//! The algorithm under way, one step at a time, beside a body that its caller polls.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tracing::Span;

use super::body::{Apart, Failed, Made};
use super::desk::{Desk, Note, Remote};
use crate::error::LoadTimeout;
use crate::events::Tally;
use crate::memory::Held;

/// What a call ends with.
pub(crate) type Returned = Result<Arc<Held>, Failed>;

/// A read of one entry.
pub(crate) struct Course {
    algorithm: Pin<Box<dyn Future<Output = Returned> + Send>>,
    desk: Arc<Desk>,
    /// What the call comes to.
    tally: Arc<Tally>,
    /// What the body is polled in, where its calls are to be kept apart from the call's own.
    apart: Option<fn(&mut dyn FnMut())>,
    /// Whether the body runs.
    runs: bool,
    /// What it runs in.
    span: Span,
    next: Next,
}

/// Who is polled next. While the body runs it comes first, as what it gives ends all else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Algorithm,
    Body,
    /// Neither: both were polled.
    Nobody,
}

/// What the caller is to do.
pub(super) enum Step {
    Wait,
    /// Poll the body, tell of what it gave, and come again in any case.
    Run,
    /// Drop the body, and tell of what is returned at its limit.
    End(LoadTimeout),
    /// Give the body away, if a task may run it.
    Detach,
    Done(Returned),
}

impl Course {
    /// A read that has its body run by a [`Remote`].
    pub(crate) fn new<A>(
        tally: Arc<Tally>,
        is_limited: bool,
        algorithm: impl FnOnce(Remote) -> Pin<Box<A>>,
    ) -> Self
    where
        A: Future<Output = Returned> + Send + 'static,
    {
        let desk = Arc::default();
        Self {
            algorithm: algorithm(Remote::new(&desk, is_limited)),
            desk,
            tally,
            apart: None,
            runs: false,
            span: Span::none(),
            next: Next::Algorithm,
        }
    }

    pub(super) fn step(&mut self, context: &mut Context<'_>) -> Step {
        match std::mem::replace(&mut self.next, Next::Algorithm) {
            Next::Body => return Step::Run,
            Next::Nobody => {
                self.next = Next::Body;
                return Step::Wait;
            }
            Next::Algorithm => {}
        }
        if let Poll::Ready(returned) = self.algorithm.as_mut().poll(context) {
            return Step::Done(returned);
        }
        match self.desk.asked() {
            Note::Run(span) => {
                self.span = span;
                self.next = Next::Nobody;
                self.runs = true;
                Step::Run
            }
            Note::TimedOut(timeout) => Step::End(timeout),
            Note::Detach => Step::Detach,
            _ => {
                if self.runs {
                    self.next = Next::Body;
                }
                Step::Wait
            }
        }
    }

    /// The call ends here: it returns a value, or an error.
    pub(super) fn ends(&self, is_ok: bool) {
        self.tally.end(is_ok);
    }

    /// Whether it waits for a load of another's.
    pub(super) fn waits(&self) -> bool {
        self.desk.waits()
    }

    /// The same, with its body polled in this.
    pub(crate) fn apart(mut self, apart: Option<fn(&mut dyn FnMut())>) -> Self {
        self.apart = apart;
        self
    }

    /// Polls the body.
    pub(super) fn polling<R>(&self, mut poll: impl FnMut() -> Poll<R>) -> Poll<R> {
        let Some(apart) = self.apart else {
            return self.span.in_scope(poll);
        };
        let mut polled = Poll::Pending;
        self.span.in_scope(|| apart(&mut || polled = poll()));
        polled
    }

    pub(super) fn made(&mut self, made: Made) {
        (self.runs, self.next) = (false, Next::Algorithm);
        self.span = Span::none();
        self.desk.put(Note::Made(made));
    }

    pub(super) fn detached(&mut self, apart: Option<Apart>) {
        self.desk.put(Note::Detached(apart));
    }

    /// The last step after an error that stays with the caller: a value that is served in its place.
    pub(super) fn failed(&mut self, context: &mut Context<'_>) -> Option<Arc<Held>> {
        self.made(Err(None));
        match self.step(context) {
            Step::Done(returned) => returned.ok(),
            _ => None,
        }
    }
}
