//! Audits of hits: a task runs the body once more, and compares what it gives with what the call was served.
//!
//! Within the ttl, and without an invalidation, the two differ where an invalidation was forgotten. What may differ
//! rightly is told apart: a value that was invalidated or replaced in the meantime is no longer there a while after the
//! comparison. That while is `lag`, in which an invalidation elsewhere is pushed here, and who has just written the
//! origin comes to invalidating. What is there then is asked of Redis, which has acknowledged each invalidation.
//!
//! An audit changes nothing. What a body gives may differ each time, or be older than the cache, as of a replica that is
//! behind: to drop what differs would be a load more for each of these, and would mend one hit of many in the others.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tracing::Instrument as _;

use super::alike::is_alike;
use super::allowance::Allowance;
use super::aside::{LARGE, aside};
use super::body::{Apart, Made};
use super::desk::Remote;
use super::draws::draw;
use super::read::{Look, peek};
use super::request::Request;
use super::spans;
use crate::boxed::boxed;
use crate::error::shortened;
use crate::events::{Audited, Event, Tally};
use crate::flight::Place;
use crate::memory::Held;
use crate::own_thread::{sleep, timeout};
use crate::value::Erased;

impl Request {
    /// Whether the hit that this call is served is drawn for an audit: one that is fresh for longer than it takes to tell
    /// whether it is still there.
    pub(crate) fn is_drawn(&self, held: &Held) -> bool {
        let now = self.tiers.clock.now();
        let lasts = held.given.fresh_until.ms_since(now) > self.tiers.limits.lag_ms;
        lasts && self.is_fresh(held) && draw(self.policy.audit)
    }
}

/// Has a task audit what the call is served, if there is room for one more and the body can be had. The caller waits
/// for none of it.
pub(crate) async fn audit(request: &Request, body: &Remote, held: &Arc<Held>) {
    let limits = &request.tiers.limits;
    let lag = Duration::from_millis(limits.lag_ms);
    let longest = request.longest_load();
    let place = (request.tiers.audits).begin(&request.key, longest.saturating_add(lag));
    let (Ok(place), Ok(runtime)) = (place, Handle::try_current()) else {
        return request.emit(Event::Audited(Audited::Skipped));
    };
    let Some(apart) = body.detach().await else {
        return request.emit(Event::Audited(Audited::Skipped));
    };
    let audit = Audit {
        request: Request {
            observer: None,
            lending: None,
            audited: None,
            tally: Arc::new(Tally::of_none(Arc::clone(&request.counters))),
            // Its own look at the end is nobody's to wait for.
            allowance: Allowance::ms(limits.allowance_ms, Arc::clone(&request.tiers.crowd)),
            ..request.clone()
        },
        held: Arc::clone(held),
        lag,
        longest,
    };
    audit.spawn(&runtime, apart, place);
}

/// One comparison under way.
struct Audit {
    request: Request,
    /// What the call was served.
    held: Arc<Held>,
    lag: Duration,
    /// How long the body may take.
    longest: Duration,
}

impl Audit {
    fn spawn(self, runtime: &Handle, apart: Apart, place: Place) {
        let tell = place.teller();
        let span = spans::audit(&self.request);
        let task = async move {
            let panicking = Panicking(&self.request);
            let end = boxed(|| self.end(apart.body)).await;
            self.request.emit(Event::Audited(end));
            drop(panicking);
            drop(place);
        };
        let task = task.instrument(span).in_current_span();
        let task = (apart.around)(Box::pin(task));
        tell(runtime.spawn(task).abort_handle());
    }

    /// Runs the body, and says what came of it.
    async fn end(&self, body: Pin<Box<dyn Future<Output = Made> + Send>>) -> Audited {
        let value = match timeout(self.longest, body).await {
            Ok(Ok(value)) => value,
            Ok(Err(_)) | Err(_) => return Audited::Failed,
        };
        match self.is_alike(value).await {
            Some(true) => Audited::Same,
            Some(false) => self.differs().await,
            None => Audited::Failed,
        }
    }

    /// Whether a value is the one that was served; `None` if that can't be told. A large one is looked at away from the
    /// runtime's threads.
    async fn is_alike(&self, value: Erased) -> Option<bool> {
        let (request, held) = (self.request.clone(), Arc::clone(&self.held));
        let is_large = held.encoded as usize >= LARGE;
        let comparing = move || is_alike(&request, &held.value, &*value);
        match is_large {
            true => boxed(|| aside(comparing)).await.flatten(),
            false => comparing(),
        }
    }

    /// What was served is another than the origin has: that counts if it is served still when whoever changed the origin
    /// has had the time to say so.
    async fn differs(&self) -> Audited {
        let now = self.request.tiers.clock.now();
        let age = Duration::from_millis(now.ms_since(self.held.born()));
        sleep(self.lag).await;
        // Named, so that the compiler need not look through all that a connection is made of.
        let looking: Pin<Box<dyn Future<Output = bool> + Send + '_>> =
            Box::pin(self.is_served_still());
        match looking.await {
            true => {
                self.tell(age);
                Audited::Outdated(age)
            }
            false => Audited::Void,
        }
    }

    /// Whether the very load that was served is there and fresh.
    async fn is_served_still(&self) -> bool {
        let (request, held) = (&self.request, &self.held);
        if request.redis().is_some() {
            let found = peek(request, Look::Inspect).await;
            return found.is_some_and(|found| found.is_fresh && found.held.id == held.id);
        }
        let is_valid = !held.watch.is_flipped() && request.is_fresh(held);
        is_valid && (request.in_memory()).is_none_or(|there| there.id == held.id)
    }

    fn tell(&self, age: Duration) {
        let request = &self.request;
        let readable = request.tiers.names.readable(request.name.as_str());
        let of = (&*request.namespace, &*request.site.path);
        let key = readable.map(|(_, key)| shortened(key));
        request.tiers.events.outdated(of, key.as_deref(), age);
    }
}

/// A panic of the body is nobody's but the audit's.
struct Panicking<'a>(&'a Request);

impl Drop for Panicking<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.emit(Event::Audited(Audited::Failed));
        }
    }
}
