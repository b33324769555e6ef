//! The user's body. Its caller has it, and polls it in its own frame when the algorithm asks for that: the
//! algorithm knows no types, and only what knows the body's type can tell whether it is `Send`.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::returns::Returns;
use crate::value::Erased;

/// An error of the body, where it can be shared; one that can't be stays with the caller.
pub(crate) type Failed = Option<Erased>;

/// What a body gave.
pub(crate) type Made = Result<Erased, Failed>;

/// What stands for an error where the body found nothing that could be stored: no failure, and nothing to serve.
pub(crate) struct Absent;

impl Absent {
    /// As what a body gave.
    pub(crate) fn made() -> Made {
        Err(Some(Arc::new(Self)))
    }
}

/// Whether a body found nothing, and did not fail.
pub(crate) fn is_absent(failed: &Failed) -> bool {
    failed.as_ref().is_some_and(|error| error.is::<Absent>())
}

/// A task as it is spawned.
pub(crate) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A body that was moved out of the call, for a task to run.
pub(crate) struct Apart {
    pub(super) body: Pin<Box<dyn Future<Output = Made> + Send>>,
    /// Puts around the task what the caller has around it.
    pub(super) around: fn(Task) -> Task,
}

/// A body that returns `R`, by who owns it.
pub(crate) trait Body<M: Returns<R>, R>: Unpin {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<R>;

    /// Drops it before it is done, where it is in a box.
    fn end(&mut self) {}

    /// Moves it out of the call, where it owns all it uses.
    fn detach(&mut self) -> Option<Apart> {
        None
    }
}

/// It is in the caller's frame.
impl<M: Returns<R>, R, F: Future<Output = R>> Body<M, R> for Pin<&mut F> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<R> {
        self.as_mut().poll(context)
    }
}

/// It is in a box of its own, so that it can be dropped at its limit.
pub struct Boxed<F>(Option<Pin<Box<F>>>);

impl<F> Boxed<F> {
    pub(crate) fn new(body: F) -> Self {
        Self(Some(Box::pin(body)))
    }
}

impl<F> fmt::Debug for Boxed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Boxed").finish_non_exhaustive()
    }
}

impl<M: Returns<R>, R, F: Future<Output = R>> Body<M, R> for Boxed<F> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<R> {
        let Some(body) = &mut self.0 else {
            return Poll::Pending;
        };
        let polled = body.as_mut().poll(context);
        if polled.is_ready() {
            self.0 = None;
        }
        polled
    }

    fn end(&mut self) {
        self.0 = None;
    }
}

/// It owns all it uses, so that a task may run it.
#[derive(Debug)]
pub struct Detachable<F> {
    boxed: Boxed<F>,
    around: fn(Task) -> Task,
}

impl<F> Detachable<F> {
    pub(crate) fn new(body: F, around: fn(Task) -> Task) -> Self {
        Self {
            boxed: Boxed::new(body),
            around,
        }
    }
}

impl<M, R, F> Body<M, R> for Detachable<F>
where
    M: Returns<R> + 'static,
    R: 'static,
    F: Future<Output = R> + Send + 'static,
{
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<R> {
        Body::<M, R>::poll(&mut self.boxed, context)
    }

    fn end(&mut self) {
        Body::<M, R>::end(&mut self.boxed);
    }

    fn detach(&mut self) -> Option<Apart> {
        let body = self.boxed.0.take()?;
        let made = async move {
            match M::split(body.await) {
                Ok(value) => Ok(Arc::new(value) as Erased),
                // Nobody waits for it.
                Err(_) => Err(None),
            }
        };
        Some(Apart {
            body: Box::pin(made),
            around: self.around,
        })
    }
}
