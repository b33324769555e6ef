//! A call among those that ask for the same entry in this process: it leads their flight, or follows and
//! shares what that gives.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::body::Absent;
use super::course::Returned;
use super::desk::Remote;
use super::fetch::{Known, Patience};
use super::lead::Leader;
use super::read::{Look, peek};
use super::request::Request;
use crate::boxed::boxed;
use crate::clock::Stopwatch;
use crate::events::Event;
use crate::flight::{Outcome, Seat, Turn};
use crate::memory::Held;

/// A call that neither memory nor a read of its own has served.
pub(super) struct Joining<'a> {
    request: &'a Request,
    body: &'a Remote,
    /// What it may be served while another refreshes it.
    older: Option<Arc<Held>>,
    known: Option<Known>,
    /// Whether it has waited for another: what Redis could not be asked then it may be asked now.
    has_waited: AtomicBool,
    /// All that it waits for others, here or elsewhere, takes `wait` at most.
    waiting: Stopwatch,
}

/// What came of a seat.
pub(super) enum Joined<'s> {
    Served(Returned),
    /// It leads, or loads for itself.
    Leads(Turn<'s>),
    /// What the leader gave may not be served to it.
    Refused(Turn<'s>),
}

impl<'a> Joining<'a> {
    pub(super) fn new(
        request: &'a Request,
        body: &'a Remote,
        (older, known): (Option<Arc<Held>>, Option<Known>),
    ) -> Self {
        Self {
            request,
            body,
            older,
            known,
            has_waited: AtomicBool::new(false),
            waiting: request.waiting.unwrap_or_else(Stopwatch::start),
        }
    }

    /// A seat in the flight that a call which begins now may share, or in one of its own.
    pub(super) fn seat(&self) -> Seat<'a> {
        let (request, tiers) = (self.request, &self.request.tiers);
        let now = tiers.clock.now();
        tiers.flights.join(&request.key, now, || request.terms())
    }

    /// What comes of a seat: it leads if nobody does yet, or follows and shares what that gives, after a look
    /// in Redis if it is to `verify`.
    pub(super) async fn turn<'s>(&self, seat: &'s Seat<'_>, verify: bool) -> Joined<'s> {
        let request = self.request;
        let turn = match (seat.try_lead(), &self.older) {
            (Some(turn), _) => turn,
            // Another call refreshes it.
            (None, Some(older)) => return Joined::Served(Ok(serve_older(request, older))),
            (None, None) => boxed(|| self.follow(seat)).await,
        };
        let served = match &turn {
            Turn::Lead(_) | Turn::Alone(_) => return Joined::Leads(turn),
            Turn::Meanwhile(held) if request.refuses(held) => None,
            Turn::Meanwhile(held) => {
                let held = meanwhile(request, held, verify).await;
                held.map(|held| Ok(serve_older(request, &held)))
            }
            Turn::Done(outcome) => {
                let shares = request.hooks.shares;
                shared(request, outcome, shares, verify).await
            }
        };
        match served {
            Some(returned) => Joined::Served(returned),
            None => Joined::Refused(turn),
        }
    }

    /// Waits for the leader, and is counted while it does.
    async fn follow<'s>(&self, seat: &'s Seat<'_>) -> Turn<'s> {
        let (_follower, clock) = (Follower::of(self.request), Stopwatch::start());
        let _waiting = self.body.waiting();
        self.has_waited.store(true, Ordering::Relaxed);
        let turn = seat.turn(self.left()).await;
        if let Turn::Done(_) = turn {
            self.request.allowance.share(seat.asked(), clock.elapsed());
        }
        turn
    }

    /// The call as it leads, for all or for itself alone; who waited in vain waits for no other process.
    pub(super) fn leader<'s>(&self, seat: &'s Seat<'a>, turn: &Turn<'_>) -> Leader<'s>
    where
        'a: 's,
    {
        Leader {
            request: self.request,
            seat,
            known: self.known(),
            patience: match turn {
                Turn::Lead(_) => Patience::Wait(self.left()),
                _ => Patience::None,
            },
            body: self.body,
        }
    }

    /// What came of its own read, for as long as that says something.
    fn known(&self) -> Option<Known> {
        let has_waited = self.has_waited.load(Ordering::Relaxed);
        self.known
            .clone()
            .filter(|known| known.is_ok() || !has_waited)
    }

    /// Whether it joins one flight more whose value it may have to refuse.
    pub(super) fn waits_on(&self) -> bool {
        self.request.refused.is_some() && !self.left().is_zero()
    }

    /// How much longer it waits for others.
    fn left(&self) -> Duration {
        let wait = Duration::from_millis(self.request.policy.wait_ms);
        wait.saturating_sub(self.waiting.elapsed())
    }
}

/// One that waits for a leader, counted while it lives.
struct Follower<'a>(&'a Request);

impl<'a> Follower<'a> {
    fn of(request: &'a Request) -> Self {
        request.emit(Event::FollowerCame);
        Self(request)
    }
}

impl Drop for Follower<'_> {
    fn drop(&mut self) {
        self.0.emit(Event::FollowerLeft);
    }
}

pub(super) fn serve_older(request: &Request, held: &Arc<Held>) -> Arc<Held> {
    request.count_older(held);
    Arc::clone(held)
}

/// What the leader found stale, as this caller may be served it.
async fn meanwhile(request: &Request, held: &Arc<Held>, verify: bool) -> Option<Arc<Held>> {
    match verify {
        true => {
            let found = boxed(|| peek(request, Look::Verify)).await;
            found.map(|found| found.held)
        }
        // It may have been found under other cells than those that the flight was joined under.
        false => request.may_serve(held).then(|| Arc::clone(held)),
    }
}

/// The leader's outcome as this caller returns it, if it may.
async fn shared(
    request: &Request,
    outcome: &Outcome,
    shares: bool,
    verify: bool,
) -> Option<Returned> {
    match outcome {
        Outcome::Value { in_redis, .. } if verify && (*in_redis || request.is_strong()) => {
            let found = boxed(|| peek(request, Look::Verify)).await?;
            Some(Ok(found.held))
        }
        Outcome::Value { held, .. } if request.refuses(held) => None,
        Outcome::Value { held, .. } => Some(Ok(Arc::clone(held))),
        Outcome::Error(error) if error.is::<Absent>() => {
            let takes = request.hooks.takes_nothing;
            takes.then(|| Err(Some(Arc::clone(error))))
        }
        Outcome::Error(error) => shares.then(|| Err(Some(Arc::clone(error)))),
    }
}
