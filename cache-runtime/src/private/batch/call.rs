//! A call on its way: the reads of what memory does not have, and the body for what no tier has.
//!
//! What of it depends on types is a few functions ([`Ways`]), so that what a type lacks is told once: where they are
//! chosen.

use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use smallvec::SmallVec;

use super::super::loads::begin;
use super::many::Apart;
use crate::cache::{deferral, refreshes, unobserved, writing};
use crate::error::LoadTimeout;
use crate::events::{Event, Observer};
use crate::load::{Absent, Begins, Due, Ended, Group, Limit, Request, read_fresh};
use crate::memory::Held;
use crate::returns::ErrorShare;
use crate::value::Erased;

/// What a call does with ids `K`, values `V`, errors `E`, and what it returns: `R`.
pub(super) struct Ways<R, K, V, E> {
    pub(super) split: fn(R, &[&K]) -> Apart<V, R, E>,
    pub(super) whole: fn(&[K], Vec<Option<V>>) -> R,
    pub(super) error: fn(E) -> R,
    pub(super) cloned: fn(&[&K]) -> Vec<K>,
    /// What an entry holds of a value; none where nothing is stored.
    pub(super) hold: fn(Option<V>) -> Option<Erased>,
    pub(super) give: fn(&Held) -> Option<V>,
    /// Where errors are remembered, how.
    pub(super) share: Option<ErrorShare<E>>,
    /// What a load past its limit returns.
    pub(super) timed_out: Option<fn(LoadTimeout) -> R>,
}

/// An id that memory does not have.
pub(super) struct Missing {
    /// Where it stands among the ids, perhaps more than once.
    pub(super) places: SmallVec<[usize; 1]>,
    /// None where it is loaded without a cache, and once it is served.
    pub(super) request: Option<Arc<Request>>,
}

impl Missing {
    /// It is asked for once more.
    pub(super) fn also(&mut self, place: usize, again: &Request) {
        self.places.push(place);
        if let Some(request) = &self.request {
            again.tally.joins(&request.tally);
            if let Some(lending) = &again.lending {
                lending.joins();
            }
        }
    }
}

/// A call on its way.
pub struct Batch<'a, R, K, V, E> {
    pub(super) ids: &'a [K],
    /// What is known by now, by the places of the ids.
    pub(super) values: Vec<Option<V>>,
    pub(super) missing: Vec<Missing>,
    /// The reads of what is missing, once they have begun.
    pub(super) group: Option<Group>,
    /// Of those that are missing, for which the body runs.
    pub(super) running: Vec<usize>,
    pub(super) telling: Option<Telling>,
    pub(super) ways: Ways<R, K, V, E>,
}

/// Who looks on at the call, and who was told what becomes of each id: at the end the one takes what the other was told.
pub(super) struct Telling(pub(super) [Arc<Observer>; 2]);

impl Drop for Telling {
    fn drop(&mut self) {
        let [call, ids] = &self.0;
        call.take(ids);
    }
}

impl<R, K, V, E> Batch<'_, R, K, V, E> {
    /// Reads what is missing, and says for which ids the body is to run, if for any.
    ///
    /// # Errors
    ///
    /// What the call returns, where that is a remembered error.
    pub async fn next(&mut self) -> Result<Option<Vec<K>>, R> {
        if self.group.is_none() {
            let group = self.begin().await;
            self.group = Some(group);
        }
        let due = poll_fn(|context| {
            let (values, missing, give) = (&mut self.values, &self.missing, self.ways.give);
            let put = |ended: Ended| put(values, missing, give, &ended);
            match &mut self.group {
                Some(group) => group.poll(context, put),
                None => Poll::Ready(Due::End),
            }
        });
        match due.await {
            Due::End => Ok(None),
            Due::Fail(error) => {
                self.all_end(false);
                match self.ways.share {
                    Some(share) => Err((self.ways.error)((share.open)(error))),
                    None => unshared(),
                }
            }
            Due::Run(running) => {
                self.running = running;
                Ok(Some((self.ways.cloned)(&self.running_ids())))
            }
        }
    }

    /// Reads all at once. What that does not serve is read by itself.
    async fn begin(&mut self) -> Group {
        let missing = self.missing.iter_mut();
        let mut requests: Vec<_> = missing.map(|missing| missing.request.take()).collect();
        let are_cached: Vec<bool> = requests.iter().map(Option::is_some).collect();
        for request in requests.iter_mut().flatten().filter_map(Arc::get_mut) {
            request.reloads |= refreshes(&request.digest);
        }
        // In a transaction each finds out for itself what may serve it.
        if deferral().is_none() {
            // Its type is hidden: what spawns a call three functions above would look into all of it.
            let reading: Reading<'_> = Box::pin(read_fresh(&mut requests));
            for ended in reading.await {
                put(&mut self.values, &self.missing, self.ways.give, &ended);
            }
        }
        for (missing, request) in self.missing.iter_mut().zip(&requests) {
            missing.request.clone_from(request);
        }
        let begins = requests.into_iter().zip(are_cached);
        let begins = begins.map(|(request, is_cached)| match (request, is_cached) {
            (Some(request), _) => Begins::Read(request),
            (None, true) => Begins::Served,
            (None, false) => Begins::Uncached,
        });
        Group::new(begin, begins)
    }

    /// Runs the body for the ids that were just given; what is returned at once, if anything is.
    pub async fn during<F: Future<Output = R>>(&mut self, body: Pin<&mut F>) -> Option<R> {
        let requests: Vec<Arc<Request>> = self.running_requests().cloned().collect();
        let mut limit = self.ways.timed_out.and_then(|timed_out| {
            let first = requests.first()?;
            Some((Limit::of(first)?, Arc::clone(first), timed_out))
        });
        let digests = requests.iter().map(|request| &request.digest);
        let mut body = pin!(writing(digests, body));
        let lends = requests.iter().any(|request| request.lending.is_some());
        poll_fn(|context| {
            let mut polled = Poll::Pending;
            match lends {
                true => unobserved(&mut || polled = body.as_mut().poll(context)),
                false => polled = body.as_mut().poll(context),
            }
            if let Poll::Ready(returned) = polled {
                return Poll::Ready(self.returned(returned, context));
            }
            let (values, missing, give) = (&mut self.values, &self.missing, self.ways.give);
            if let Some(group) = &mut self.group {
                group.poll_beside(context, |ended| put(values, missing, give, &ended));
            }
            if let Some((limit, request, timed_out)) = &mut limit
                && let Poll::Ready(timeout) = limit.poll(context)
            {
                request.emit(Event::LoadTimedOut);
                let returned = timed_out(timeout);
                return Poll::Ready(self.returned(returned, context));
            }
            Poll::Pending
        })
        .await
    }

    /// What the call returns.
    pub fn end(self) -> R {
        drop(self.telling);
        (self.ways.whole)(self.ids, self.values)
    }

    /// Gives what the body returned to the reads. An error may not be `Send`, so it is kept no longer than this; and it
    /// is of all ids together, so nobody who waits for one of them is told of it.
    fn returned(&mut self, returned: R, context: &mut Context<'_>) -> Option<R> {
        let error = match (self.ways.split)(returned, &self.running_ids()) {
            Ok(Ok(values)) => {
                self.made(values);
                return None;
            }
            Ok(Err(returned)) => {
                tracing::error!(
                    target: "cache",
                    ids = self.running.len(),
                    "a batch returned another number of values than there are ids: it is returned as it is, and not stored"
                );
                self.all_end(true);
                return Some(returned);
            }
            Err(error) => error,
        };
        let group = self.group.as_mut()?;
        let Some(share) = self.ways.share else {
            let Some(served) = group.failed(context) else {
                self.all_end(false);
                return Some((self.ways.error)(error));
            };
            for ended in served {
                put(&mut self.values, &self.missing, self.ways.give, &ended);
            }
            return None;
        };
        let error: Erased = (share.shut)(error);
        for at in self.running.drain(..) {
            group.made(at, Err(Some(Arc::clone(&error))));
        }
        None
    }

    fn made(&mut self, values: Vec<Option<V>>) {
        let Some(group) = &mut self.group else { return };
        for (at, value) in mem::take(&mut self.running).into_iter().zip(values) {
            let missing = &self.missing[at];
            let made = match missing.request {
                Some(_) => (self.ways.hold)(value).map_or_else(Absent::made, Ok),
                None => {
                    self.values[missing.places[0]] = value;
                    Absent::made()
                }
            };
            group.made(at, made);
        }
    }

    /// The call returns something of all ids at once: each that has not ended by itself ends with that.
    fn all_end(&self, is_ok: bool) {
        for request in self.missing.iter().filter_map(|one| one.request.as_ref()) {
            request.tally.end(is_ok);
        }
    }

    fn running_ids(&self) -> Vec<&K> {
        let running = self.running.iter();
        let ids = running.map(|at| &self.ids[self.missing[*at].places[0]]);
        ids.collect()
    }

    fn running_requests(&self) -> impl Iterator<Item = &Arc<Request>> {
        let running = self.running.iter();
        running.filter_map(|at| self.missing[*at].request.as_ref())
    }
}

/// A read of all that is missing.
type Reading<'a> = Pin<Box<dyn Future<Output = Vec<Ended>> + Send + 'a>>;

/// Puts what a read ended with where its id stands.
fn put<V>(
    values: &mut [Option<V>],
    missing: &[Missing],
    give: fn(&Held) -> Option<V>,
    (at, held): &Ended,
) {
    for place in &missing[*at].places {
        values[*place] = give(held);
    }
}

#[cold]
fn unshared() -> ! {
    unreachable!("an error that stays with its caller is returned as soon as it comes")
}

impl<R, K, V, E> fmt::Debug for Batch<'_, R, K, V, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Batch");
        shown.field("missing", &self.missing.len());
        shown.finish_non_exhaustive()
    }
}
