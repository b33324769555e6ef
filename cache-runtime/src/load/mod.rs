//! The read algorithm: memory, the flight, Redis and its lease, then the user's body.
//!
//! Everything a read does is cancel-safe: dropping it gives back its lease, promotes a follower and
//! leaves nothing behind.

mod allowance;
mod aside;
mod asked;
mod background;
mod body;
mod fetch;
mod fill;
mod grant;
mod hooks;
mod judge;
mod lead;
mod limited;
mod older;
mod put;
mod read;
mod request;
mod run;
mod seal;
mod stamps;
mod store;
mod tags;
mod terms;
#[cfg(test)]
mod tests;
mod verify;
mod wait;
mod weigh;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use aside::{LARGE, aside};
pub(crate) use body::{Boxed, Detachable};
pub(crate) use body::{Detach, Task};
pub use hooks::Call;
pub(crate) use hooks::{Hooks, HooksOf, Uncached};
pub(crate) use put::{put, refresh};
pub(crate) use read::{Look, peek};
pub(crate) use request::{Draft, Request, short};

use crate::boxed::boxed;
use crate::clock::Stopwatch;
use crate::events::Event;
use crate::flight::{Outcome, Seat, Turn};
use crate::memory::Held;
use crate::returns::{ErrorShare, Returns};
use crate::value::Cacheable;
use fetch::Patience;
use lead::Leader;

/// Reads the entry, or runs the body once for everyone who asks at the same time.
pub(crate) async fn load<M, R, B>(request: Box<Request>, hooks: HooksOf<M, R>, body: B) -> R
where
    M: Returns<R>,
    B: Detach<M, R>,
    B::Running: Future<Output = R>,
{
    let mut older = request.stale_in_memory();
    if request.is_strong() {
        // Sent after the call began: what it finds rests on no read or load of another's.
        match boxed(|| peek::<M::Value>(&request, Look::Serve)).await {
            Some(found) if found.is_fresh && !request.is_due(&found.held) => {
                return M::value(found.held.value.clone());
            }
            found => older = found.map(|found| found.held),
        }
    }
    if let Some(older) = older.as_ref().filter(|_| request.rests()) {
        return serve_older::<M, R>(&request, older);
    }
    // All that it waits for others, here or elsewhere, takes `wait` at most.
    let (waiting, wait) = (
        Stopwatch::start(),
        Duration::from_millis(request.policy.wait_ms),
    );
    // A flight that was under way when the call began may be older than an invalidation elsewhere;
    // one that it joins after that began after the call, and needs no look.
    for under_way in [true, false] {
        let now = request.tiers.clock.now();
        let seat = request
            .tiers
            .flights
            .join(&request.key, now, || request.terms());
        let turn = match (seat.try_lead(), &older) {
            (Some(turn), _) => turn,
            // Another call refreshes it.
            (None, Some(older)) => return serve_older::<M, R>(&request, older),
            (None, None) => follow(&request, &seat, wait.saturating_sub(waiting.elapsed())).await,
        };
        let verify = under_way && seat.is_verified();
        let patience = match turn {
            Turn::Lead(_) => Patience::Wait(wait.saturating_sub(waiting.elapsed())),
            Turn::Alone(_) => Patience::None,
            Turn::Meanwhile(held) => match boxed(|| meanwhile(&request, &held, verify)).await {
                Some(held) => return serve_older::<M, R>(&request, &held),
                None if under_way => {
                    // Its leader may take long: those who may not be served meanwhile share another.
                    seat.land();
                    continue;
                }
                None => Patience::None,
            },
            Turn::Done(outcome) => {
                match boxed(|| shared::<M, R>(&request, &outcome, hooks.share, verify)).await {
                    Some(returned) => return returned,
                    None if under_way => continue,
                    None => Patience::None,
                }
            }
        };
        let leader = Leader {
            request: &request,
            seat: &seat,
            patience,
            hooks,
        };
        // Boxed: those who wait hold nothing of the leader's conversation with Redis.
        return boxed(|| leader.lead::<M, B>(body)).await;
    }
    body.here(&request).await
}

/// Waits for the leader, and is counted while it does.
async fn follow<'a>(request: &Request, seat: &'a Seat<'_>, wait: Duration) -> Turn<'a> {
    struct Waiting<'a>(&'a Request);
    impl Drop for Waiting<'_> {
        fn drop(&mut self) {
            self.0.emit(Event::FollowerLeft);
        }
    }
    request.emit(Event::FollowerCame);
    let (_waiting, clock) = (Waiting(request), Stopwatch::start());
    let turn = seat.turn(wait).await;
    if let Turn::Done(_) = turn {
        request.allowance.share(seat.asked(), clock.elapsed());
    }
    turn
}

fn serve_older<M: Returns<R>, R>(request: &Request, held: &Held<M::Value>) -> R {
    request.count_older(held);
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
