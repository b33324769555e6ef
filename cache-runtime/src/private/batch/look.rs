//! The look in memory for each id.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use smallvec::SmallVec;

use super::ask::{Asked, Common, Found};
use super::call::{Batch, Missing, Telling, Ways};
use super::many::{Apart, Divides, Holds, ItemOf, Many};
use crate::cache::observed;
use crate::error::LoadTimeout;
use crate::events::Observer;
use crate::load::Request;
use crate::memory::{Held, Kept};
use crate::returns::ErrorShare;
use crate::value::{Cacheable, Erased};

/// A call that is about to look into memory.
pub struct Ids<'a, M: Divides<R>, R, K> {
    ids: &'a [K],
    share: Option<ErrorShare<M::Error>>,
    timed_out: Option<fn(LoadTimeout) -> R>,
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

impl<'a, M: Divides<R>, R, K> Ids<'a, M, R, K> {
    /// How an error is remembered.
    #[must_use]
    pub fn share(mut self, share: Option<ErrorShare<M::Error>>) -> Self {
        self.share = share;
        self
    }

    /// What a load past its limit returns.
    #[must_use]
    pub fn timed_out(mut self, timed_out: fn(LoadTimeout) -> R) -> Self {
        self.timed_out = Some(timed_out);
        self
    }

    /// Looks for each id in memory.
    pub fn look<T>(
        self,
        mut ask: impl FnMut(&'a K, Common) -> Asked<T>,
    ) -> Batch<'a, R, K, <M::Many as Many<K>>::Item, M::Error>
    where
        K: Id,
        M::Many: Many<K>,
        T: Cacheable + Holds<<M::Many as Many<K>>::Item>,
    {
        let remembers = self.share.is_some();
        let mut values: Vec<_> = self.ids.iter().map(|_| None).collect();
        let mut misses = Misses::default();
        let look = || {
            for (place, id) in self.ids.iter().enumerate() {
                match ask(id, Common { remembers }).0 {
                    Found::Hit(value) => values[place] = value.give(),
                    Found::Missed(request) => misses.add(place, Some(request)),
                    Found::Uncached => misses.add(place, None),
                }
            }
        };
        let ((), observers) = observed(Observer::of_many(), look);
        Batch {
            ids: self.ids,
            values,
            missing: misses.missing,
            group: None,
            running: Vec::new(),
            telling: observers.map(Telling),
            ways: Ways {
                split: split::<M, R, K>,
                whole: |ids, values| M::whole(M::Many::together(ids, values)),
                error: M::error,
                cloned: |ids| ids.iter().map(|id| K::clone(id)).collect(),
                hold: |value| T::hold(value).map(|value| Arc::new(value) as Erased),
                give: |held: &Held| held.value::<T>().give(),
                share: self.share,
                timed_out: self.timed_out,
            },
        }
    }
}

/// What is of which id, of what a body returned for these.
fn split<M: Divides<R>, R, K>(returned: R, ids: &[&K]) -> Apart<ItemOf<M, R, K>, R, M::Error>
where
    M::Many: Many<K>,
{
    M::split(returned).map(|many| many.apart(ids).map_err(M::whole))
}

/// What memory does not have, each of it once.
#[derive(Default)]
struct Misses {
    missing: Vec<Missing>,
    known: HashMap<Kept, usize>,
}

impl Misses {
    fn add(&mut self, place: usize, request: Option<Arc<Request>>) {
        let next = self.missing.len();
        if let Some(request) = &request {
            match self.known.entry(request.key.clone()) {
                Place::Occupied(at) => return self.missing[*at.get()].also(place, request),
                Place::Vacant(vacant) => drop(vacant.insert(next)),
            }
        }
        self.missing.push(Missing {
            places: SmallVec::from_iter([place]),
            request,
        });
    }
}

/// What the body of a batch is given many of.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be cloned, and a `batch` is given ids of which some are asked for again",
    label = "the ids are of this type",
    note = "derive `Clone` for it"
)]
pub trait Id {
    fn clone(id: &Self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<K: Clone> Id for K {
    fn clone(id: &Self) -> Self {
        Clone::clone(id)
    }
}

impl<M: Divides<R>, R, K> fmt::Debug for Ids<'_, M, R, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Ids");
        shown
            .field("count", &self.ids.len())
            .finish_non_exhaustive()
    }
}
