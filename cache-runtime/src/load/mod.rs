//! The read algorithm: memory, the flight, Redis and its lease, then the user's body.
//!
//! Everything a read does is cancel-safe: dropping it gives back its lease, promotes a follower and
//! leaves nothing behind.

mod allowance;
mod fetch;
mod fill;
mod judge;
mod put;
mod read;
mod request;
mod right;
mod run;
mod stamps;
mod store;
mod tags;
mod wait;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use put::{put, refresh};
pub(crate) use read::{Look, peek};
pub(crate) use request::{Draft, Request, short};

use crate::events::{Event, Tier};
use crate::flight::{Outcome, Seat, Turn};
use crate::memory::Held;
use crate::policy::Refresh;
use crate::returns::{ErrorShare, Returns};
use crate::tag::TagsFrom;
use crate::value::Cacheable;
use fetch::{Fetched, Patience, fetch};
use right::Right;
use run::Run;
use store::store;

/// Reads the entry, or runs the body once for everyone who asks at the same time.
pub(crate) async fn load<M, R, F>(
    request: Request,
    share: Option<ErrorShare<M::Error>>,
    tags_from: TagsFrom<M::Value>,
    body: Pin<&mut F>,
) -> R
where
    M: Returns<R>,
    F: Future<Output = R>,
{
    let mut stale = request.stale_in_memory();
    if request.is_strong() {
        // Sent after the call began: what it finds rests on no read or load of another's.
        match peek::<M::Value>(&request, Look::Serve).await {
            Some(found) if found.is_fresh => return M::value(found.held.value.clone()),
            found => stale = found.map(|found| found.held),
        }
    }
    // A flight that was under way when the call began may be older than an invalidation elsewhere;
    // one that it joins after that began after the call, and needs no look.
    for under_way in [true, false] {
        let now = request.tiers.clock.now();
        let seat = request
            .tiers
            .flights
            .join(&request.key, now, || request.terms());
        let turn = match (seat.try_lead(), &stale) {
            (Some(turn), _) => turn,
            // Another call refreshes it.
            (None, Some(stale)) => return serve_stale::<M, R>(&request, stale),
            (None, None) => follow(&request, &seat).await,
        };
        let verify = under_way && seat.is_verified();
        let patience = match turn {
            Turn::Lead(_) => Patience::Wait,
            Turn::Alone(_) => Patience::None,
            Turn::Meanwhile(held) => match meanwhile(&request, &held, verify).await {
                Some(held) => return serve_stale::<M, R>(&request, &held),
                None if under_way => {
                    // Its leader may take long: those who may not be served meanwhile share another.
                    seat.land();
                    continue;
                }
                None => Patience::None,
            },
            Turn::Done(outcome) => match shared::<M, R>(&request, &outcome, share, verify).await {
                Some(returned) => return returned,
                None if under_way => continue,
                None => Patience::None,
            },
        };
        let leader = Leader {
            request: &request,
            seat: &seat,
            patience,
            share,
            tags_from,
        };
        return leader.lead::<M, R, F>(body).await;
    }
    body.await
}

/// Waits for the leader, and is counted while it does.
async fn follow<'a>(request: &Request, seat: &'a Seat<'_>) -> Turn<'a> {
    struct Waiting<'a>(&'a Request);
    impl Drop for Waiting<'_> {
        fn drop(&mut self) {
            self.0.emit(Event::FollowerLeft);
        }
    }
    request.emit(Event::FollowerCame);
    let _waiting = Waiting(request);
    seat.turn(Duration::from_millis(request.policy.wait_ms))
        .await
}

fn serve_stale<M: Returns<R>, R>(request: &Request, held: &Held<M::Value>) -> R {
    request.emit(Event::Stale);
    M::value(held.value.clone())
}

/// What the leader found stale, as this caller may be served it.
async fn meanwhile<T: Cacheable>(
    request: &Request,
    held: &Held,
    verify: bool,
) -> Option<Arc<Held<T>>> {
    match verify {
        true => peek(request, Look::Verify).await.map(|found| found.held),
        // It may have been found under other cells than those that the flight was joined under.
        false => held.typed().filter(|held| request.may_serve(held)),
    }
}

/// The leader's outcome as this caller returns it, if it may.
async fn shared<M: Returns<R>, R>(
    request: &Request,
    outcome: &Outcome,
    share: Option<ErrorShare<M::Error>>,
    verify: bool,
) -> Option<R> {
    match outcome {
        Outcome::Value { in_redis, .. } if verify && (*in_redis || request.is_strong()) => {
            let found = peek::<M::Value>(request, Look::Verify).await?;
            Some(M::value(found.held.value.clone()))
        }
        Outcome::Value { held, .. } => held.get().map(M::value),
        Outcome::Error(error) => (share?.open)(&**error).map(M::error),
    }
}

/// A call that reads for all in its flight, and loads if it must.
struct Leader<'a, T, E> {
    request: &'a Request,
    seat: &'a Seat<'a>,
    patience: Patience,
    share: Option<ErrorShare<E>>,
    tags_from: TagsFrom<T>,
}

impl<T: Cacheable, E> Leader<'_, T, E> {
    async fn lead<M, R, F>(self, body: Pin<&mut F>) -> R
    where
        M: Returns<R, Value = T, Error = E>,
        F: Future<Output = R>,
    {
        let request = self.request;
        // It may have been filled while this call was on its way here.
        if let Some(held) = request.in_memory()
            && let Some(value) = held.get()
        {
            request.emit(Event::Hit(Tier::Memory));
            self.seat.land();
            self.seat.finish(Outcome::Value {
                held,
                in_redis: false,
            });
            return M::value(value);
        }
        let (right, stale) = match fetch::<T>(request, self.seat, self.patience).await {
            Fetched::Hit(held) => {
                request.keep(&held);
                return self.land::<M, R>(held, true);
            }
            Fetched::Stale(held) => return self.land_stale::<M, R>(held),
            Fetched::Unchecked(held) => {
                request.emit(Event::Hit(Tier::Memory));
                return self.land::<M, R>(held, true);
            }
            Fetched::Load { right, stale } => (right, stale),
        };
        if let Some(stale) = &stale {
            self.seat.serve_meanwhile(Arc::<Held<T>>::clone(stale));
        }
        match request.policy.refresh {
            Refresh::Caller => self.run::<M, R, F>(right, stale, body).await,
        }
    }

    /// Runs the body, and stores what it gives.
    async fn run<M, R, F>(
        self,
        right: Option<Right>,
        stale: Option<Arc<Held<T>>>,
        body: Pin<&mut F>,
    ) -> R
    where
        M: Returns<R, Value = T, Error = E>,
        F: Future<Output = R>,
    {
        if right.is_none() && self.request.tiers.redis.is_some() {
            // It rests on no key in Redis, whose deletion would be pushed.
            self.seat.close_at(self.request.lag_from_now());
        }
        let run = Run::begin(self.request, right);
        let (run, returned) = run.body(body).await;
        // Split before anything is awaited: an error that is not `Send` is held across no await.
        let value = match M::split(returned) {
            Ok(value) => value,
            Err(error) => {
                run.failed();
                return match stale.filter(|stale| self.request.may_serve(stale)) {
                    Some(stale) => self.land_stale::<M, R>(stale),
                    None => self.fail::<M, R>(error),
                };
            }
        };
        let loading = run.loaded();
        let (held, in_redis) = store(self.request, loading, value, self.tags_from).await;
        self.land::<M, R>(held, in_redis)
    }

    /// Ends the flight with a value, and returns it to this caller.
    fn land<M: Returns<R, Value = T>, R>(&self, held: Arc<Held<T>>, in_redis: bool) -> R {
        self.seat.land();
        let value = held.value.clone();
        self.seat.finish(Outcome::Value { held, in_redis });
        M::value(value)
    }

    fn land_stale<M: Returns<R, Value = T>, R>(&self, held: Arc<Held<T>>) -> R {
        self.request.emit(Event::Stale);
        self.request.keep(&held);
        self.land::<M, R>(held, true)
    }

    fn fail<M: Returns<R, Error = E>, R>(&self, error: E) -> R {
        match self.share {
            Some(share) => {
                self.seat.land();
                self.seat.finish(Outcome::Error((share.shut)(&error)));
            }
            None => self.seat.fail(),
        }
        M::error(error)
    }
}
