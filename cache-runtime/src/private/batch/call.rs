//! A call on its way: the look in memory, the reads of what is missing, and the body for what no tier has.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use smallvec::SmallVec;

use super::super::loads::begin;
use super::ask::{Asked, Common, Found};
use super::many::{Divides, Holds, Many};
use crate::cache::writing;
use crate::error::LoadTimeout;
use crate::load::{Due, Ended, Group, Request};
use crate::returns::ErrorShare;
use crate::site::Digest;
use crate::value::{Cacheable, Erased};

/// What a load past its limit returns.
type TimedOut<R> = fn(LoadTimeout) -> R;

/// A call that is about to look into memory.
pub struct Ids<'a, M: Divides<R>, R, K> {
    ids: &'a [K],
    share: Option<ErrorShare<M::Error>>,
    timed_out: Option<TimedOut<R>>,
}

/// The ids of a call.
pub fn batch<'a, M: Divides<R>, R, K>(
    _mode: M,
    _returns: PhantomData<fn() -> R>,
    ids: &'a [K],
) -> Ids<'a, M, R, K> {
    Ids {
        ids,
        share: None,
        timed_out: None,
    }
}

impl<'a, M: Divides<R>, R, K> Ids<'a, M, R, K>
where
    M::Many: Many<K>,
{
    /// How an error reaches those who wait for a value of this load.
    #[must_use]
    pub fn share(mut self, share: Option<ErrorShare<M::Error>>) -> Self {
        self.share = share;
        self
    }

    /// What a load past its limit returns.
    #[must_use]
    pub fn timed_out(mut self, timed_out: TimedOut<R>) -> Self {
        self.timed_out = Some(timed_out);
        self
    }

    /// Looks for each id in memory.
    pub fn look<T>(self, mut ask: impl FnMut(&'a K, Common) -> Asked<T>) -> Batch<'a, M, R, K, T>
    where
        T: Cacheable + Holds<<M::Many as Many<K>>::Item>,
    {
        let common = Common {
            shares: self.share.is_some(),
            is_limited: self.timed_out.is_some(),
        };
        let mut values: Vec<_> = self.ids.iter().map(|_| None).collect();
        let (mut missing, mut known) = (Vec::<Missing>::new(), HashMap::new());
        for (place, id) in self.ids.iter().enumerate() {
            let request = match ask(id, common).0 {
                Found::Hit(value) => {
                    values[place] = value.give();
                    continue;
                }
                Found::Missed(request) => match known.entry(request.key.clone()) {
                    Place::Occupied(at) => {
                        let at: usize = *at.get();
                        missing[at].places.push(place);
                        continue;
                    }
                    Place::Vacant(vacant) => {
                        vacant.insert(missing.len());
                        Some(request)
                    }
                },
                Found::Uncached => None,
            };
            missing.push(Missing {
                places: SmallVec::from_iter([place]),
                digest: request.as_ref().map(|request| request.digest),
                request,
            });
        }
        let group = Group::new(
            missing
                .iter_mut()
                .map(|missing| Some(begin(missing.request.take()?))),
        );
        Batch {
            ids: self.ids,
            values,
            missing,
            group,
            running: Vec::new(),
            share: self.share,
            timed_out: self.timed_out,
            entries: PhantomData,
        }
    }
}

impl<M: Divides<R>, R, K> fmt::Debug for Ids<'_, M, R, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ids")
            .field("count", &self.ids.len())
            .finish_non_exhaustive()
    }
}

/// An id that memory does not have.
struct Missing {
    /// Where it stands among the ids, perhaps more than once.
    places: SmallVec<[usize; 1]>,
    /// Until it is read.
    request: Option<Arc<Request>>,
    digest: Option<Digest>,
}

/// A call on its way.
pub struct Batch<'a, M: Divides<R>, R, K, T>
where
    M::Many: Many<K>,
{
    ids: &'a [K],
    /// What is known by now, by the places of the ids.
    values: Vec<Option<<M::Many as Many<K>>::Item>>,
    missing: Vec<Missing>,
    group: Group,
    /// Of those that are missing, for which the body runs.
    running: Vec<usize>,
    share: Option<ErrorShare<M::Error>>,
    timed_out: Option<TimedOut<R>>,
    entries: PhantomData<fn() -> T>,
}

impl<M: Divides<R>, R, K: Clone, T> Batch<'_, M, R, K, T>
where
    M::Many: Many<K>,
    T: Cacheable + Holds<<M::Many as Many<K>>::Item>,
{
    /// Reads what is missing, and says for which ids the body is to run, if any; else what the call returns.
    ///
    /// # Errors
    ///
    /// What the call returns: an error of a load that it waited for.
    pub async fn next(&mut self) -> Result<Option<Vec<K>>, R> {
        let due = poll_fn(|context| {
            let (group, mut put) = (
                &mut self.group,
                put::<_, T>(&mut self.values, &self.missing),
            );
            group.poll(context, |ended| put(ended))
        });
        match due.await {
            Due::End => Ok(None),
            Due::Fail(error) => Err(opened::<M, R>(error, self.share)),
            Due::Run(running) => {
                self.running = running;
                Ok(Some(self.running_ids().into_iter().cloned().collect()))
            }
        }
    }

    /// Runs the body for the ids that were just given; what is returned at once, if something is.
    pub async fn during<F: Future<Output = R>>(&mut self, body: Pin<&mut F>) -> Option<R> {
        let digests = self
            .running
            .iter()
            .filter_map(|at| self.missing[*at].digest);
        let digests: Vec<Digest> = digests.collect();
        let mut body = pin!(writing(&digests, body));
        poll_fn(|context| {
            if let Poll::Ready(returned) = body.as_mut().poll(context) {
                return Poll::Ready(self.returned(returned, context));
            }
            let mut put = put::<_, T>(&mut self.values, &self.missing);
            let timeout = self.group.poll_beside(context, |ended| put(ended));
            drop(put);
            match (timeout, self.timed_out) {
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
        M::whole(M::Many::together(self.ids, self.values))
    }

    /// Gives what the body returned to the reads. An error that can't be shared may not be `Send`, so it is kept no
    /// longer than this.
    fn returned(&mut self, returned: R, context: &mut Context<'_>) -> Option<R> {
        let error = match M::split(returned) {
            Ok(many) => {
                self.made(many);
                return None;
            }
            Err(error) => error,
        };
        let Some(share) = self.share else {
            let Some(served) = self.group.failed(context) else {
                return Some(M::error(error));
            };
            let mut put = put::<_, T>(&mut self.values, &self.missing);
            served.into_iter().for_each(&mut put);
            return None;
        };
        let error: Erased = (share.shut)(error);
        for at in self.running.drain(..) {
            self.group.made(at, Err(Some(Arc::clone(&error))));
        }
        None
    }

    fn made(&mut self, many: M::Many) {
        let ids = self.running_ids();
        let values = many.apart(&ids).unwrap_or_else(|| {
            tracing::error!(
                target: "cache",
                ids = ids.len(),
                "a batch returned another number of values than there are ids: none is stored or returned"
            );
            Vec::new()
        });
        let mut values = values.into_iter().map(T::hold);
        for at in mem::take(&mut self.running) {
            let value = values.next().flatten();
            let is_cached = self.missing[at].digest.is_some();
            match value {
                Some(value) if is_cached => self.group.made(at, Ok(Arc::new(value))),
                Some(value) => {
                    put_value(&mut self.values, &self.missing[at], value);
                    self.group.made(at, Err(None));
                }
                None => self.group.made(at, Err(None)),
            }
        }
    }

    fn running_ids(&self) -> Vec<&K> {
        let running = self.running.iter();
        running
            .map(|at| &self.ids[self.missing[*at].places[0]])
            .collect()
    }
}

/// Puts what reads end with where their ids stand.
fn put<'a, V, T: Cacheable + Holds<V>>(
    values: &'a mut [Option<V>],
    missing: &'a [Missing],
) -> impl FnMut(Ended) + use<'a, V, T> {
    |(at, held): Ended| put_value(values, &missing[at], held.value::<T>())
}

fn put_value<V, T: Cacheable + Holds<V>>(values: &mut [Option<V>], missing: &Missing, value: T) {
    let mut places = missing.places.iter();
    let Some(first) = places.next() else { return };
    for place in places {
        values[*place] = value.clone().give();
    }
    values[*first] = value.give();
}

fn opened<M: Divides<R>, R>(error: Erased, share: Option<ErrorShare<M::Error>>) -> R {
    match share {
        Some(share) => M::error((share.open)(error)),
        None => unshared(),
    }
}

#[cold]
fn unshared() -> ! {
    unreachable!("an error that stays with its caller is returned as soon as it comes")
}

impl<M: Divides<R>, R, K, T> fmt::Debug for Batch<'_, M, R, K, T>
where
    M::Many: Many<K>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Batch");
        shown
            .field("missing", &self.missing.len())
            .finish_non_exhaustive()
    }
}
