//! The user's body, and who may run it.

use std::pin::Pin;

use tokio::runtime::Handle;
use tracing::Instrument as _;

use super::background::Refreshing;
use super::limited::{Limited, TimedOut};
use super::request::Request;
use crate::returns::Returns;

/// A body that was not polled yet.
///
/// It says nothing of what it returns: the future of a cached function is `Send` when its body is, and
/// rustc can't see that through a bound that names an error's lifetimes.
pub(crate) trait Body: Sized {
    /// The body as it runs.
    type Running: Unpin;

    /// Runs it in the caller's own task.
    fn here(self, request: &Request) -> Self::Running;
}

/// A body that a task may run, perhaps.
pub(crate) trait Detach<M: Returns<R>, R>: Body {
    /// Moves it into a task that refreshes an entry; gives both back where there can be none.
    fn detach(self, refreshing: Refreshing<M::Value>) -> Result<(), Unmoved<Self, M::Value>>;
}

/// A body that stays with the caller, and the refresh it was to be run for.
pub(crate) type Unmoved<B, T> = Box<(B, Refreshing<T>)>;

/// It is in the caller's frame.
impl<F> Body for Pin<&mut F> {
    type Running = Self;

    fn here(self, _: &Request) -> Self {
        self
    }
}

impl<M: Returns<R>, R, F> Detach<M, R> for Pin<&mut F> {
    fn detach(self, refreshing: Refreshing<M::Value>) -> Result<(), Unmoved<Self, M::Value>> {
        Err(Box::new((self, refreshing)))
    }
}

/// It is in a box of its own, so that it can be dropped at its limit.
pub(crate) struct Boxed<F: Future> {
    pub(crate) body: Pin<Box<F>>,
    pub(crate) timed_out: Option<TimedOut<F::Output>>,
}

impl<F: Future> Body for Boxed<F> {
    type Running = Limited<F>;

    fn here(self, request: &Request) -> Limited<F> {
        Limited::new(self.body, request, self.timed_out)
    }
}

impl<M: Returns<R>, R, F: Future> Detach<M, R> for Boxed<F> {
    fn detach(self, refreshing: Refreshing<M::Value>) -> Result<(), Unmoved<Self, M::Value>> {
        Err(Box::new((self, refreshing)))
    }
}

/// A task as it is spawned.
pub(crate) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// It owns all it uses, so that a task may run it.
pub(crate) struct Detachable<F: Future> {
    pub(crate) boxed: Boxed<F>,
    /// Puts around the task what the caller has around it.
    pub(crate) around: fn(Task) -> Task,
}

impl<F: Future> Body for Detachable<F> {
    type Running = Limited<F>;

    fn here(self, request: &Request) -> Limited<F> {
        self.boxed.here(request)
    }
}

impl<M, R, F> Detach<M, R> for Detachable<F>
where
    M: Returns<R> + 'static,
    R: 'static,
    F: Future<Output = R> + Send + 'static,
{
    fn detach(self, refreshing: Refreshing<M::Value>) -> Result<(), Unmoved<Self, M::Value>> {
        let Ok(runtime) = Handle::try_current() else {
            return Err(Box::new((self, refreshing)));
        };
        let tell = refreshing.place.teller();
        let running = self.boxed.here(&refreshing.request);
        let task = refreshing.run::<M, R, _>(running);
        let task = (self.around)(Box::pin(task.in_current_span()));
        tell(runtime.spawn(task).abort_handle());
        Ok(())
    }
}
