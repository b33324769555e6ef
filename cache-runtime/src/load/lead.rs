//! The leader of a flight: it reads for all who joined, and loads where nothing fresh is found.

use std::sync::Arc;

use super::body::{Detach, Refreshing};
use super::fetch::{Fetched, Patience, fetch};
use super::grant::Grant;
use super::hooks::Hooks;
use super::older::beside;
use super::read::{Look, peek};
use super::request::Request;
use super::run::make;
use crate::boxed::boxed;
use crate::events::{Event, Tier};
use crate::flight::{Outcome, Seat};
use crate::memory::Held;
use crate::policy::Refresh;
use crate::returns::Returns;
use crate::value::Cacheable;

/// An error of the user's that can be held across an await.
type HeldError<E> = Box<dyn FnOnce() -> E + Send>;

/// A call that reads for all in its flight, and loads if it must.
pub(super) struct Leader<'a, T, E, R> {
    pub(super) request: &'a Request,
    pub(super) seat: &'a Seat<'a>,
    pub(super) patience: Patience,
    pub(super) hooks: Hooks<T, E, R>,
}

impl<T: Cacheable, E, R> Leader<'_, T, E, R> {
    /// Reads, and has the body run if it must.
    pub(super) async fn lead<M, B>(self, body: B) -> R
    where
        M: Returns<R, Value = T, Error = E>,
        B: Detach<M, R>,
        B::Running: Future<Output = R>,
    {
        let request = self.request;
        // It may have been filled while this call was on its way here.
        if let Some(held) = request.in_memory().filter(|held| !request.is_due(held))
            && let Some(value) = held.get()
        {
            request.count_older(&held);
            self.seat.land();
            self.seat.finish(Outcome::Value {
                held,
                in_redis: false,
            });
            return M::value(value);
        }
        let (grant, older) = match boxed(|| fetch::<T>(request, self.seat, self.patience)).await {
            Fetched::Hit(held) => {
                request.keep(&held);
                return self.land::<M>(held, true);
            }
            Fetched::Older(held) => return self.land_older::<M>(held),
            Fetched::Unchecked(held) => {
                request.emit(Event::Hit(Tier::Memory));
                return self.land::<M>(held, true);
            }
            Fetched::Load { grant, older } => (grant, older),
        };
        let Some(older) = older else {
            return boxed(|| self.run::<M, B>(grant, None, body)).await;
        };
        // What is fresh is not loaded for nobody to keep.
        let unstorable = grant.is_none() && request.tiers.redis.is_some();
        if request.rests() || (unstorable && request.is_fresh(&older)) {
            return self.land_older::<M>(older);
        }
        self.seat.serve_meanwhile(Arc::<Held<T>>::clone(&older));
        match request.policy.refresh {
            Refresh::Caller => boxed(|| self.run::<M, B>(grant, Some(older), body)).await,
            Refresh::Background => boxed(|| self.detach::<M, B>(grant, older, body)).await,
        }
    }

    /// Has a task run the body; where there can be none, runs it.
    async fn detach<M, B>(self, grant: Option<Box<Grant>>, older: Arc<Held<T>>, body: B) -> R
    where
        M: Returns<R, Value = T, Error = E>,
        B: Detach<M, R>,
        B::Running: Future<Output = R>,
    {
        let (request, longest) = (self.request, self.request.longest_load());
        let Ok(place) = request.tiers.refreshes.begin(&request.key, longest) else {
            return self.land_older::<M>(older);
        };
        let refreshing = Refreshing {
            request: request.clone(),
            grant,
            older: Arc::<Held<T>>::clone(&older),
            hooks: self.hooks.of_value(),
            place,
        };
        match body.detach(refreshing) {
            Ok(()) => self.land_older::<M>(older),
            Err(unmoved) => {
                let (body, refreshing) = *unmoved;
                drop(refreshing.place);
                self.run::<M, B>(refreshing.grant, Some(older), body).await
            }
        }
    }

    /// Runs the body, and stores what it gives.
    async fn run<M, B>(
        self,
        grant: Option<Box<Grant>>,
        mut older: Option<Arc<Held<T>>>,
        body: B,
    ) -> R
    where
        M: Returns<R, Value = T, Error = E>,
        B: Detach<M, R>,
        B::Running: Future<Output = R>,
    {
        let request = self.request;
        if grant.is_none() && request.tiers.redis.is_some() {
            // It rests on no key in Redis, whose deletion would be pushed.
            self.seat.close_at(request.lag_from_now());
        }
        // What is not `Send` in an error stays within this block, which awaits nothing with it.
        let held = {
            let made = {
                let running = boxed(|| beside(request, &mut older, body.here(request)));
                boxed(|| make::<M, R, _>(request, grant, self.hooks.of_value(), running)).await
            };
            match self.made::<M>(made, older) {
                Ok(returned) => return returned,
                Err(held) => held,
            }
        };
        match boxed(|| peek::<T>(request, Look::Verify)).await {
            Some(found) => self.land_older::<M>(request.fall_back(&found.held)),
            None => self.fail::<M>(held()),
        }
    }

    /// What the load gave, or what is returned where it failed, unless a look comes first.
    fn made<M>(
        &self,
        made: Result<(Arc<Held<T>>, bool), E>,
        older: Option<Arc<Held<T>>>,
    ) -> Result<R, HeldError<E>>
    where
        M: Returns<R, Value = T, Error = E>,
    {
        match made {
            Ok((held, in_redis)) => Ok(self.land::<M>(held, in_redis)),
            Err(error) => self.failed::<M>(older, error),
        }
    }

    /// The older value where the load failed, else its error; or that error, held until a look that
    /// is due for the older value is over.
    fn failed<M>(&self, older: Option<Arc<Held<T>>>, error: E) -> Result<R, HeldError<E>>
    where
        M: Returns<R, Value = T, Error = E>,
    {
        match (older, self.hooks.share) {
            (Some(older), _) if self.request.may_serve(&older) => {
                Ok(self.land_older::<M>(self.request.fall_back(&older)))
            }
            (Some(_), Some(share)) if self.request.tiers.redis.is_some() => {
                Err((share.hold)(error))
            }
            _ => Ok(self.fail::<M>(error)),
        }
    }

    /// Ends the flight with a value, and returns it to this caller.
    fn land<M: Returns<R, Value = T>>(&self, held: Arc<Held<T>>, in_redis: bool) -> R {
        self.seat.note_asked(self.request.allowance.spent());
        self.seat.land();
        let value = held.value.clone();
        self.seat.finish(Outcome::Value { held, in_redis });
        M::value(value)
    }

    fn land_older<M: Returns<R, Value = T>>(&self, held: Arc<Held<T>>) -> R {
        self.request.count_older(&held);
        self.request.keep(&held);
        self.land::<M>(held, true)
    }

    fn fail<M: Returns<R, Error = E>>(&self, error: E) -> R {
        // Who calls from now on starts anew, and does not queue behind those who waited.
        self.seat.land();
        match self.hooks.share {
            Some(share) => {
                self.seat.finish(Outcome::Error((share.shut)(&error)));
            }
            None => self.seat.fail(),
        }
        M::error(error)
    }
}
