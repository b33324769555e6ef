//! The leader of a flight: it reads for all who joined, and loads where nothing fresh is found.

use std::sync::Arc;

use tokio::runtime::Handle;
use tracing::Instrument as _;

use super::body::{Failed, is_absent};
use super::course::Returned;
use super::desk::Remote;
use super::fetch::{Fetched, First, Known, More, Patience, fetch, first};
use super::grant::Grant;
use super::older::beside;
use super::read::{Look, peek};
use super::refreshing::Refreshing;
use super::request::Request;
use super::run::make;
use super::spans;
use crate::boxed::boxed;
use crate::events::{Event, Tally, Tier};
use crate::flight::{Outcome, Seat};
use crate::invalidate::invalidate;
use crate::memory::Held;
use crate::policy::Refresh;

/// A call that reads for all in its flight, and loads if it must.
pub(super) struct Leader<'a> {
    pub(super) request: &'a Request,
    pub(super) seat: &'a Seat<'a>,
    pub(super) known: Option<Known>,
    pub(super) patience: Patience,
    pub(super) body: &'a Remote,
}

impl Leader<'_> {
    /// Reads, and has the body run if it must.
    ///
    /// What most calls come to, a hit, is in this one future; what follows a miss is boxed.
    pub(super) async fn lead(mut self) -> Returned {
        let request = self.request;
        // It may have been filled while this call was on its way here.
        if let Some(held) = request.in_memory().filter(|held| !request.is_due(held)) {
            request.count_older(&held);
            self.seat.land();
            self.seat.finish(Outcome::Value {
                held: Arc::clone(&held),
                in_redis: false,
            });
            return Ok(held);
        }
        match first(request, self.seat, self.known.take()).await {
            First::Hit(held) => {
                request.keep(&held);
                Ok(self.land(held, true))
            }
            first => {
                let span = spans::miss(request);
                boxed(|| self.miss(first)).instrument(span).await
            }
        }
    }

    /// Goes on after a first read that found nothing fresh.
    async fn miss(self, first: First<'_>) -> Returned {
        let request = self.request;
        let has_older = first.has_older();
        if let Some(error) = request.remembered().filter(|_| !has_older) {
            request.emit(Event::ErrorRemembered);
            return Err(self.fail(Some(error)));
        }
        match first {
            First::Hit(held) => Ok(self.land(held, true)),
            First::Ended(fetched) => self.go_on(fetched).await,
            First::More(more) => self.fetch(more).await,
        }
    }

    async fn fetch(self, more: Box<More<'_>>) -> Returned {
        let fetched = fetch(more, self.patience, self.body).await;
        self.go_on(fetched).await
    }

    async fn go_on(self, fetched: Fetched) -> Returned {
        let request = self.request;
        let (grant, older) = match fetched {
            Fetched::Hit(held) => {
                request.keep(&held);
                return Ok(self.land(held, true));
            }
            Fetched::Older(held) => return Ok(self.land_older(held)),
            Fetched::Unchecked(held) => {
                request.emit(Event::Hit(Tier::Memory));
                return Ok(self.land(held, true));
            }
            Fetched::Load { grant, older } => (grant, older),
        };
        let Some(older) = older else {
            return boxed(|| self.run(grant, None)).await;
        };
        // What is fresh is not loaded for nobody to keep.
        let unstorable = grant.is_none() && request.redis().is_some();
        if request.rests() || (unstorable && request.is_fresh(&older)) {
            return Ok(self.land_older(older));
        }
        self.seat.serve_meanwhile(Arc::clone(&older));
        match request.policy.refresh {
            Refresh::Caller => boxed(|| self.run(grant, Some(older))).await,
            Refresh::Background => boxed(|| self.detach(grant, older)).await,
        }
    }

    /// Has a task run the body; where there can be none, runs it.
    async fn detach(self, grant: Option<Box<Grant>>, older: Arc<Held>) -> Returned {
        let (request, longest) = (self.request, self.request.longest_load());
        let Ok(place) = request.tiers.refreshes.begin(&request.key, longest) else {
            return Ok(self.land_older(older));
        };
        request.leave(Some(&older));
        let apart = match Handle::try_current() {
            Ok(runtime) => self.body.detach().await.map(|apart| (runtime, apart)),
            Err(_) => None,
        };
        let Some((runtime, apart)) = apart else {
            drop(place);
            return boxed(|| self.run(grant, Some(older))).await;
        };
        let refreshing = Refreshing {
            request: Request {
                observer: None,
                lending: None,
                tally: Arc::new(Tally::of_none(Arc::clone(&request.counters))),
                ..request.clone()
            },
            grant,
            older: Arc::clone(&older),
            place,
        };
        refreshing.spawn(&runtime, apart);
        Ok(self.land_older(older))
    }

    /// Runs the body, and stores what it gives.
    async fn run(self, grant: Option<Box<Grant>>, mut older: Option<Arc<Held>>) -> Returned {
        let request = self.request;
        if grant.is_none() && request.redis().is_some() {
            // It rests on no key in Redis, whose deletion would be pushed.
            self.seat.close_at(request.lag_from_now());
        }
        let grounds = request.remembers(grant.as_deref());
        request.leave(older.as_ref());
        let made = {
            let running = boxed(|| self.body.run(request));
            let running = boxed(|| beside(request, &mut older, running));
            boxed(|| make(request, grant, running)).await
        };
        let error = match made {
            Ok((held, in_redis)) => return Ok(self.land(held, in_redis)),
            Err(error) => error,
        };
        match older {
            Some(_) if is_absent(&error) => {
                // What is not there any more is not to be served to others either.
                let _ = boxed(|| invalidate(&request.tiers, vec![request.target()], false)).await;
                Err(self.fail(error))
            }
            None => {
                request.remember(error.as_ref(), grounds);
                Err(self.fail(error))
            }
            Some(older) if request.may_serve(&older) => {
                Ok(self.land_older(request.fall_back(&older)))
            }
            // An error that can't be shared is held across no await.
            Some(_) if error.is_none() || request.redis().is_none() => Err(self.fail(error)),
            Some(_) => match boxed(|| peek(request, Look::Verify)).await {
                Some(found) => Ok(self.land_older(request.fall_back(&found.held))),
                None => Err(self.fail(error)),
            },
        }
    }

    /// Ends the flight with a value, and returns it to this caller.
    fn land(&self, held: Arc<Held>, in_redis: bool) -> Arc<Held> {
        self.seat.note_asked(self.request.allowance.spent());
        self.seat.land();
        self.seat.finish(Outcome::Value {
            held: Arc::clone(&held),
            in_redis,
        });
        held
    }

    fn land_older(&self, held: Arc<Held>) -> Arc<Held> {
        self.request.count_older(&held);
        self.request.keep(&held);
        self.land(held, true)
    }

    fn fail(&self, error: Failed) -> Failed {
        // Who calls from now on starts anew, and does not queue behind those who waited.
        self.seat.land();
        match &error {
            Some(error) => self.seat.finish(Outcome::Error(Arc::clone(error))),
            None => self.seat.fail(),
        }
        error
    }
}
