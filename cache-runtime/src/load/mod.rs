//! The read algorithm: memory, the flight, Redis and its lease, then the user's body.
//!
//! Everything a read does is cancel-safe: dropping it gives back its lease, promotes a follower and
//! leaves nothing behind.

mod fetch;
mod judge;
mod put;
mod read;
mod request;
mod stamps;
mod store;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use put::{put, refresh};
pub(crate) use read::{Look, peek};
pub(crate) use request::{Draft, Request, short};

use crate::clock::{Moment, Stopwatch};
use crate::events::{Event, Loaded, Tier};
use crate::flight::{Outcome, Seat, Turn};
use crate::memory::Held;
use crate::returns::{ErrorShare, Returns};
use crate::stamp::Watch;
use crate::tag::TagsFrom;
use fetch::{Fetched, Patience, Right, fetch};
use store::{Loading, store};

/// Reads the entry, or runs the body once for everyone who asks at the same time.
pub(crate) async fn load<M, R, F>(
    request: Request,
    share: Option<ErrorShare<M::Error>>,
    _tags_from: TagsFrom<M::Value>,
    body: Pin<&mut F>,
) -> R
where
    M: Returns<R>,
    F: Future<Output = R>,
{
    // A flight that was under way when the call began may be older than an invalidation elsewhere;
    // one that it joins after that began after the call, and needs no look.
    for under_way in [true, false] {
        let now = request.tiers.clock.now();
        let seat = request
            .tiers
            .flights
            .join(&request.key, now, || request.terms());
        let turn = match seat.try_lead() {
            Some(turn) => turn,
            None => follow(&request, &seat).await,
        };
        let patience = match turn {
            Turn::Lead(_) => Patience::Wait,
            Turn::Alone(_) => Patience::None,
            Turn::Done(outcome) => {
                let verify = under_way && seat.is_verified();
                match shared::<M, R>(&request, &seat, &outcome, share, verify).await {
                    Some(returned) => return returned,
                    None if under_way => continue,
                    None => Patience::None,
                }
            }
        };
        return lead::<M, R, F>(&request, &seat, patience, share, body).await;
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

/// The leader's outcome as this caller returns it, if it may.
async fn shared<M: Returns<R>, R>(
    request: &Request,
    seat: &Seat<'_>,
    outcome: &Outcome,
    share: Option<ErrorShare<M::Error>>,
    verify: bool,
) -> Option<R> {
    match outcome {
        Outcome::Value { in_redis: true, .. } if verify => {
            let held = peek::<M::Value>(request, seat.watch(), Look::Verify).await?;
            Some(M::value(held.value.clone()))
        }
        Outcome::Value { held, .. } => held.get().map(M::value),
        Outcome::Error(error) => (share?.open)(&**error).map(M::error),
    }
}

async fn lead<M, R, F>(
    request: &Request,
    seat: &Seat<'_>,
    patience: Patience,
    share: Option<ErrorShare<M::Error>>,
    body: Pin<&mut F>,
) -> R
where
    M: Returns<R>,
    F: Future<Output = R>,
{
    // It may have been filled while this call was on its way here.
    if let Some(held) = request.in_memory()
        && let Some(value) = held.get()
    {
        request.emit(Event::Hit(Tier::Memory));
        seat.land();
        seat.finish(Outcome::Value {
            held,
            in_redis: false,
        });
        return M::value(value);
    }
    let right = match fetch::<M::Value>(request, seat.watch(), patience).await {
        Fetched::Hit(held) => {
            request.keep(&held);
            return land::<M, R>(seat, held, true);
        }
        Fetched::Load(right) => right,
    };
    let run = Run::begin(request);
    let returned = run_body(right.as_ref(), body).await;
    // Split before anything is awaited: an error that is not `Send` is held across no await.
    let value = match M::split(returned) {
        Ok(value) => value,
        Err(error) => {
            run.failed();
            // Dropping the right gives the lease back, so that others need not wait for it.
            drop(right);
            match share {
                Some(share) => {
                    seat.land();
                    seat.finish(Outcome::Error((share.shut)(&error)));
                }
                None => seat.fail(),
            }
            return M::error(error);
        }
    };
    let loading = run.loaded(right, seat.watch());
    let (held, in_redis) = store(request, loading, value).await;
    land::<M, R>(seat, held, in_redis)
}

async fn run_body<F: Future>(right: Option<&Right>, body: Pin<&mut F>) -> F::Output {
    match right {
        Some(right) => right.lease.during(body).await,
        None => body.await,
    }
}

/// Ends the flight with a value, and returns it to this caller.
fn land<M: Returns<R>, R>(seat: &Seat<'_>, held: Arc<Held<M::Value>>, in_redis: bool) -> R {
    seat.land();
    let value = held.value.clone();
    seat.finish(Outcome::Value { held, in_redis });
    M::value(value)
}

/// One run of the user's body; dropped before its end, it counts as abandoned.
pub(super) struct Run<'a> {
    request: &'a Request,
    began: Moment,
    clock: Stopwatch,
    ended: bool,
}

impl<'a> Run<'a> {
    fn begin(request: &'a Request) -> Self {
        Self {
            request,
            began: request.tiers.clock.now(),
            clock: Stopwatch::start(),
            ended: false,
        }
    }

    fn loaded(mut self, right: Option<Right>, watch: &Watch) -> Loading {
        let took_us = self.end(Loaded::Ok);
        Loading {
            right,
            watch: watch.clone(),
            began: self.began,
            took_us,
        }
    }

    fn failed(mut self) {
        self.end(Loaded::Failed);
    }

    fn end(&mut self, end: Loaded) -> u64 {
        self.ended = true;
        let took = self.clock.elapsed();
        self.request.emit(Event::Load { took, end });
        u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.end(Loaded::Abandoned);
        }
    }
}
