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
use crate::boxed::boxed;
use crate::cache::{refreshes, writing};
use crate::error::LoadTimeout;
use crate::load::{Begins, Due, Ended, Group, Request, read_fresh};
use crate::memory::Held;
use crate::returns::ErrorShare;
use crate::site::Digest;
use crate::value::Erased;

/// What a call does with ids `K`, values `V`, errors `E`, and what it returns: `R`.
pub(super) struct Ways<R, K, V, E> {
    pub(super) split: fn(R, &[&K]) -> Result<Apart<V>, E>,
    pub(super) whole: fn(&[K], Vec<Option<V>>) -> R,
    pub(super) error: fn(E) -> R,
    pub(super) cloned: fn(&[&K]) -> Vec<K>,
    /// What an entry holds of a value; none where nothing is stored.
    pub(super) hold: fn(Option<V>) -> Option<Erased>,
    pub(super) give: fn(&Held) -> Option<V>,
    pub(super) share: Option<ErrorShare<E>>,
    /// What a load past its limit returns.
    pub(super) timed_out: Option<fn(LoadTimeout) -> R>,
}

/// An id that memory does not have.
pub(super) struct Missing {
    /// Where it stands among the ids, perhaps more than once.
    pub(super) places: SmallVec<[usize; 1]>,
    /// Its key; none where it is loaded without a cache.
    pub(super) digest: Option<Digest>,
}

/// A call on its way.
pub struct Batch<'a, R, K, V, E> {
    pub(super) ids: &'a [K],
    /// What is known by now, by the places of the ids.
    pub(super) values: Vec<Option<V>>,
    pub(super) missing: Vec<Missing>,
    /// The reads of what is missing, until they begin.
    pub(super) requests: Option<Vec<Option<Arc<Request>>>>,
    /// The same, from then on.
    pub(super) group: Group,
    /// Of those that are missing, for which the body runs.
    pub(super) running: Vec<usize>,
    pub(super) ways: Ways<R, K, V, E>,
}

impl<R, K, V, E> Batch<'_, R, K, V, E> {
    /// Reads what is missing, and says for which ids the body is to run, if for any.
    ///
    /// # Errors
    ///
    /// What the call returns, where that is an error of a load that it waited for.
    pub async fn next(&mut self) -> Result<Option<Vec<K>>, R> {
        self.begin().await;
        let due = poll_fn(|context| {
            let (values, missing, give) = (&mut self.values, &self.missing, self.ways.give);
            let put = |ended: Ended| put(values, missing, give, &ended);
            self.group.poll(context, put)
        });
        match due.await {
            Due::End => Ok(None),
            Due::Fail(error) => match self.ways.share {
                Some(share) => Err((self.ways.error)((share.open)(error))),
                None => unshared(),
            },
            Due::Run(running) => {
                self.running = running;
                Ok(Some((self.ways.cloned)(&self.running_ids())))
            }
        }
    }

    /// Reads all at once, and each for itself what that does not serve.
    async fn begin(&mut self) {
        let Some(mut requests) = self.requests.take() else {
            return;
        };
        for request in requests.iter_mut().flatten().filter_map(Arc::get_mut) {
            request.reloads |= refreshes(&request.digest);
        }
        for ended in boxed(|| read_fresh(&mut requests)).await {
            put(&mut self.values, &self.missing, self.ways.give, &ended);
        }
        let begins = requests.into_iter().zip(&self.missing);
        let begins = begins.map(|(request, missing)| match (request, missing.digest) {
            (Some(request), _) => Begins::Read(begin(request)),
            (None, Some(_)) => Begins::Served,
            (None, None) => Begins::Uncached,
        });
        self.group = Group::new(begins);
    }

    /// Runs the body for the ids that were just given; what is returned at once, if anything is.
    pub async fn during<F: Future<Output = R>>(&mut self, body: Pin<&mut F>) -> Option<R> {
        let digests = self.running.iter();
        let digests = digests.filter_map(|at| self.missing[*at].digest);
        let digests: Vec<Digest> = digests.collect();
        let mut body = pin!(writing(&digests, body));
        poll_fn(|context| {
            if let Poll::Ready(returned) = body.as_mut().poll(context) {
                return Poll::Ready(self.returned(returned, context));
            }
            let (values, missing, give) = (&mut self.values, &self.missing, self.ways.give);
            let put = |ended: Ended| put(values, missing, give, &ended);
            match (self.group.poll_beside(context, put), self.ways.timed_out) {
                (Poll::Ready(timeout), Some(timed_out)) => {
                    Poll::Ready(self.returned(timed_out(timeout), context))
                }
                _ => Poll::Pending,
            }
        })
        .await
    }

    /// What the call returns.
    pub fn end(self) -> R {
        (self.ways.whole)(self.ids, self.values)
    }

    /// Gives what the body returned to the reads. An error that can't be shared may not be `Send`, so it is kept no
    /// longer than this.
    fn returned(&mut self, returned: R, context: &mut Context<'_>) -> Option<R> {
        let error = match (self.ways.split)(returned, &self.running_ids()) {
            Ok(values) => {
                self.made(values);
                return None;
            }
            Err(error) => error,
        };
        let Some(share) = self.ways.share else {
            let Some(served) = self.group.failed(context) else {
                return Some((self.ways.error)(error));
            };
            for ended in served {
                put(&mut self.values, &self.missing, self.ways.give, &ended);
            }
            return None;
        };
        let error: Erased = (share.shut)(error);
        for at in self.running.drain(..) {
            self.group.made(at, Err(Some(Arc::clone(&error))));
        }
        None
    }

    fn made(&mut self, values: Apart<V>) {
        if values.is_none() {
            tracing::error!(
                target: "cache",
                ids = self.running.len(),
                "a batch returned another number of values than there are ids: none is stored or returned"
            );
        }
        let mut values = values.into_iter().flatten();
        for at in mem::take(&mut self.running) {
            let value = values.next();
            let made = match self.missing[at].digest {
                Some(_) => value.and_then(self.ways.hold).ok_or(None),
                None => {
                    let place = self.missing[at].places[0];
                    self.values[place] = value.flatten();
                    Err(None)
                }
            };
            self.group.made(at, made);
        }
    }

    fn running_ids(&self) -> Vec<&K> {
        let running = self.running.iter();
        let ids = running.map(|at| &self.ids[self.missing[*at].places[0]]);
        ids.collect()
    }
}

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
