//! A refresh that a task runs, while an older value is served.

use std::pin::Pin;
use std::sync::Arc;

use tokio::runtime::Handle;
use tracing::Instrument as _;

use super::body::{Apart, Made};
use super::grant::Grant;
use super::limit::limited;
use super::request::Request;
use super::run::make;
use super::spans;
use crate::boxed::boxed;
use crate::events::Event;
use crate::flight::Place;
use crate::memory::Held;
use crate::own_thread::{TimedOut, timeout};

/// What a refresh needs beside its body. Dropped with its task, it gives back the lease and its place.
pub(super) struct Refreshing {
    pub(super) request: Request,
    pub(super) grant: Option<Box<Grant>>,
    /// The value that is served meanwhile.
    pub(super) older: Arc<Held>,
    pub(super) place: Place,
}

impl Refreshing {
    /// Has a task run the body.
    pub(super) fn spawn(self, runtime: &Handle, apart: Apart) {
        let tell = self.place.teller();
        let span = spans::load(&self.request);
        let task = self.run(apart.body).instrument(span).in_current_span();
        let task = (apart.around)(Box::pin(task));
        tell(runtime.spawn(task).abort_handle());
    }

    /// Runs the body and stores what it gives. Nobody waits: where it fails or panics the older value
    /// is served on, and the origin is left alone for a while. One that hangs is dropped when its
    /// lease is renewed no more, so that another may begin.
    async fn run(self, body: Pin<Box<dyn Future<Output = Made> + Send>>) {
        let Self {
            request,
            grant,
            older,
            place,
        } = self;
        let panicking = Panicking(&request);
        let body = boxed(|| limited(&request, body));
        let made = make(&request, grant, body);
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
