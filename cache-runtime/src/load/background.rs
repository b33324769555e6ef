//! A refresh in a task of its own, while its finder and all others are served the older value.

use std::sync::Arc;

use super::grant::Grant;
use super::hooks::Hooks;
use super::request::Request;
use super::run::make;
use crate::events::Event;
use crate::flight::Place;
use crate::memory::Held;
use crate::own_thread::{TimedOut, timeout};
use crate::returns::Returns;
use crate::value::Cacheable;

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
            Err(TimedOut) => {
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
