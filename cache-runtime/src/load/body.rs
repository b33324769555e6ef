//! The user's body, and who may run it.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use tokio::runtime::Handle;
use tracing::Instrument as _;

use super::grant::Grant;
use super::hooks::Hooks;
use super::limited::{Limited, TimedOut};
use super::request::Request;
use super::run::make;
use crate::events::Event;
use crate::flight::Place;
use crate::memory::Held;
use crate::own_thread::{TimedOut as Overdue, timeout};
use crate::returns::Returns;
use crate::value::Cacheable;

/// A body that was not polled yet.
///
/// It says nothing of what it returns: the future of a cached function is `Send` when its body is, and
/// rustc can't see that through a bound that names an error's lifetimes.
pub(crate) trait Body: Sized {
    /// The body as it runs.
    type Running: Unpin;

    /// Runs it in the caller's own task.
    fn here(self, request: &Request) -> Self::Running;

    /// Runs it there without a cache, and so without a limit.
    fn uncached(self) -> Self::Running;
}

/// A body that a task may run, perhaps.
pub(crate) trait Detach<M: Returns<R>, R>: Body {
    /// What it returns at its limit, where it can be dropped then.
    fn limited(self, timed_out: Option<TimedOut<R>>) -> Self;

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

    fn uncached(self) -> Self {
        self
    }
}

impl<M: Returns<R>, R, F> Detach<M, R> for Pin<&mut F> {
    fn limited(self, _: Option<TimedOut<R>>) -> Self {
        self
    }

    fn detach(self, refreshing: Refreshing<M::Value>) -> Result<(), Unmoved<Self, M::Value>> {
        Err(Box::new((self, refreshing)))
    }
}

/// It is in a box of its own, so that it can be dropped at its limit.
pub struct Boxed<F: Future> {
    body: Pin<Box<F>>,
    timed_out: Option<TimedOut<F::Output>>,
}

impl<F: Future> Boxed<F> {
    pub(crate) fn new(body: F) -> Self {
        Self {
            body: Box::pin(body),
            timed_out: None,
        }
    }
}

impl<F: Future> fmt::Debug for Boxed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Boxed").finish_non_exhaustive()
    }
}

impl<F: Future> Body for Boxed<F> {
    type Running = Limited<F>;

    fn here(self, request: &Request) -> Limited<F> {
        Limited::new(self.body, request, self.timed_out)
    }

    fn uncached(self) -> Limited<F> {
        Limited::endless(self.body)
    }
}

impl<M: Returns<R>, R, F: Future<Output = R>> Detach<M, R> for Boxed<F> {
    fn limited(self, timed_out: Option<TimedOut<R>>) -> Self {
        Self { timed_out, ..self }
    }

    fn detach(self, refreshing: Refreshing<M::Value>) -> Result<(), Unmoved<Self, M::Value>> {
        Err(Box::new((self, refreshing)))
    }
}

/// A task as it is spawned.
pub(crate) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// It owns all it uses, so that a task may run it.
#[derive(Debug)]
pub struct Detachable<F: Future> {
    boxed: Boxed<F>,
    /// Puts around the task what the caller has around it.
    around: fn(Task) -> Task,
}

impl<F: Future> Detachable<F> {
    pub(crate) fn new(body: F, around: fn(Task) -> Task) -> Self {
        Self {
            boxed: Boxed::new(body),
            around,
        }
    }
}

impl<F: Future> Body for Detachable<F> {
    type Running = Limited<F>;

    fn here(self, request: &Request) -> Limited<F> {
        self.boxed.here(request)
    }

    fn uncached(self) -> Limited<F> {
        self.boxed.uncached()
    }
}

impl<M, R, F> Detach<M, R> for Detachable<F>
where
    M: Returns<R> + 'static,
    R: 'static,
    F: Future<Output = R> + Send + 'static,
{
    fn limited(self, timed_out: Option<TimedOut<R>>) -> Self {
        let boxed = Boxed {
            timed_out,
            ..self.boxed
        };
        Self { boxed, ..self }
    }

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

/// What a refresh needs beside its body. Dropped with its task, it gives back the lease and its place.
#[derive(Debug)]
pub(crate) struct Refreshing<T> {
    pub(super) request: Request,
    pub(super) grant: Option<Box<Grant>>,
    /// The value that is served meanwhile.
    pub(super) older: Arc<Held<T>>,
    pub(super) hooks: Hooks<T>,
    pub(super) place: Place,
}

impl<T: Cacheable> Refreshing<T> {
    /// Runs the body and stores what it gives. Nobody waits: where it fails or panics the older value
    /// is served on, and the origin is left alone for a while. One that hangs is dropped when its
    /// lease is renewed no more, so that another may begin.
    pub(super) async fn run<M, R, F>(self, running: F)
    where
        M: Returns<R, Value = T>,
        F: Future<Output = R> + Unpin,
    {
        let Self {
            request,
            grant,
            older,
            hooks,
            place,
        } = self;
        let panicking = Panicking(&request);
        let made = make::<M, R, F>(&request, grant, hooks, running);
        // One with a limit of its own ends itself, and has to store after that.
        let refreshed = match request.policy.load_timeout_ms {
            0 => timeout(request.longest_load(), made).await,
            _ => Ok(made.await),
        };
        let failed = match &refreshed {
            Ok(made) => made.is_err(),
            Err(Overdue) => {
                request.emit(Event::LoadTimedOut);
                true
            }
        };
        if failed {
            request.keep(&request.fall_back(&older));
        }
        drop(panicking);
        drop(place);
    }
}

/// Takes a panic for a failure of the origin.
struct Panicking<'a>(&'a Request);

impl Drop for Panicking<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.backs_off();
            self.0.emit(Event::StaleOnError);
        }
    }
}
