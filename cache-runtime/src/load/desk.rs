//! What the algorithm and the caller, who has the body, tell each other.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use parking_lot::Mutex;
use tracing::Span;

use super::body::{Apart, Made};
use super::limit::Limit;
use super::request::Request;
use super::spans;
use crate::error::LoadTimeout;
use crate::events::Event;

/// Where each leaves a note for the other. They are polled in turn, so one has room for one note.
#[derive(Default)]
pub(super) struct Desk {
    note: Mutex<Note>,
    /// Whether the algorithm waits for a load of another's, which may take as long as a body does.
    waits: AtomicBool,
}

#[derive(Default)]
pub(super) enum Note {
    #[default]
    None,
    /// To the caller: the body is to be polled until it is done, in this span.
    Run(Span),
    /// To the caller: the body took too long, and is to be dropped.
    TimedOut(LoadTimeout),
    /// To the caller: the body is to be moved into a task.
    Detach,
    /// To the algorithm: what the body gave.
    Made(Made),
    /// To the algorithm: the body, if a task may run it.
    Detached(Option<Apart>),
}

impl Desk {
    pub(super) fn put(&self, note: Note) {
        // Dropped past the lock: a span tells its subscriber.
        let _before = std::mem::replace(&mut *self.note.lock(), note);
    }

    pub(super) fn waits(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }

    /// A note to the caller.
    pub(super) fn asked(&self) -> Note {
        self.take(|note| matches!(note, Note::Run(_) | Note::TimedOut(_) | Note::Detach))
    }

    /// A note to the algorithm.
    fn answered(&self) -> Note {
        self.take(|note| matches!(note, Note::Made(_) | Note::Detached(_)))
    }

    fn take(&self, is_for_me: impl Fn(&Note) -> bool) -> Note {
        let mut note = self.note.lock();
        match is_for_me(&note) {
            true => std::mem::take(&mut note),
            false => Note::None,
        }
    }
}

/// The body, as the algorithm has it.
pub(crate) struct Remote {
    desk: Arc<Desk>,
    /// Whether its caller can drop it, and knows what is returned then.
    is_limited: bool,
}

impl Remote {
    pub(super) fn new(desk: &Arc<Desk>, is_limited: bool) -> Self {
        Self {
            desk: Arc::clone(desk),
            is_limited,
        }
    }

    /// Has the caller poll the body until it is done, or has taken too long.
    pub(super) async fn run(&self, request: &Request) -> Made {
        let mut limit = Limit::of(request).filter(|_| self.is_limited);
        self.desk.put(Note::Run(spans::load(request)));
        let made = poll_fn(|context| {
            if let Note::Made(made) = self.desk.answered() {
                return Poll::Ready(made);
            }
            if let Some(running) = &mut limit
                && let Poll::Ready(timeout) = running.poll(context)
            {
                limit = None;
                request.emit(Event::LoadTimedOut);
                self.desk.put(Note::TimedOut(timeout));
            }
            Poll::Pending
        });
        made.await
    }

    /// Tells the caller, until this is dropped, that others are waited for.
    pub(super) fn waiting(&self) -> Waiting<'_> {
        self.desk.waits.store(true, Ordering::Relaxed);
        Waiting(&self.desk)
    }

    /// The body, if a task may run it.
    pub(super) async fn detach(&self) -> Option<Apart> {
        self.desk.put(Note::Detach);
        let detached = poll_fn(|_| match self.desk.answered() {
            Note::Detached(apart) => Poll::Ready(apart),
            _ => Poll::Pending,
        });
        detached.await
    }
}

/// A wait for others.
pub(super) struct Waiting<'a>(&'a Desk);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waits.store(false, Ordering::Relaxed);
    }
}
