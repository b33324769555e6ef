//! Herd protection in one process: one caller loads, the others wait for its outcome.
//!
//! The leader's body runs in its own task, unspawned. When the leader is dropped or panics, its
//! permit falls to one follower, which runs its own body; the others keep waiting. When it fails
//! with an error that can't be shared, and when a follower has waited too long, followers load for
//! themselves. [`ALONE`] of them begin at once, and the first value serves all that still wait; but
//! nobody waits for such a place much longer than the failed load took, or past its own `wait`: what
//! others do costs a caller `wait` at most.

mod backoff;
mod failures;
mod holders;
mod refreshes;
mod table;

use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

use crate::clock::{Moment, Stopwatch};
use crate::memory::Held;
use crate::own_thread::{self, timeout};
use crate::stamp::{Basis, Watch};

pub(crate) use backoff::Backoffs;
pub(crate) use failures::{Failures, Grounds};
pub(crate) use holders::Holders;
pub(crate) use refreshes::{Busy, Place, Refreshes};
pub(crate) use table::{Flights, Seat};

/// How many followers load for themselves before others wait for a place, a flight.
const ALONE: usize = 8;

/// The least that a place is waited for after a failure: a load that failed at once says little of
/// how long the next takes.
const LEAST_QUEUE: Duration = Duration::from_millis(100);

/// What a flight ended with, shared by its followers.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Value {
        held: Arc<Held>,
        /// Whether Redis would tell if it is still valid: it was stored there, or overtaken.
        in_redis: bool,
    },
    Error(Arc<dyn Any + Send + Sync>),
}

/// Under which a call that begins now may join: those of a hit in memory.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// What its value rests on: a call that finds that it does not hold starts a flight of its own.
    pub(crate) basis: Basis,
    /// Without pushes, other processes' invalidations are not seen: no one joins after this time, in milliseconds.
    pub(crate) lag_ms: u64,
    /// A follower asks Redis whether the value it waited for is valid now.
    pub(crate) verify: bool,
}

/// One load and those who wait for it.
#[derive(Debug)]
pub(crate) struct Flight {
    /// What was registered when it began.
    cells: Watch,
    rests: Mutex<Rests>,
    until: AtomicU64,
    verify: bool,
    lead: Semaphore,
    alone: Semaphore,
    outcome: OnceLock<Outcome>,
    meanwhile: OnceLock<Arc<Held>>,
    told: Notify,
    /// How long its leader waited for Redis, in microseconds.
    asked_us: AtomicU64,
    clock: Stopwatch,
    /// How long the load took that failed.
    failed_after: OnceLock<Duration>,
}

/// What its outcome will rest on.
#[derive(Debug)]
struct Rests {
    watch: Watch,
    /// Whether someone loads beside the leader. The outcome is then of any of them, so that none can
    /// say that it comes of what is read from now on.
    beside: bool,
    /// Whether all that its outcome can come of is being asked for, so that anyone may join.
    asking: bool,
}

/// While it lives, the leader has nothing yet that its outcome could come of.
#[derive(Debug)]
pub(crate) struct Asking<'a>(&'a Flight);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.rests.lock().asking = false;
    }
}

/// What a caller is to do.
#[derive(Debug)]
pub(crate) enum Turn<'a> {
    /// Load, for everyone who waits.
    Lead(#[expect(dead_code, reason = "held for its drop")] SemaphorePermit<'a>),
    /// Load for itself, without waiting for anyone.
    Alone(
        #[cfg_attr(not(test), expect(dead_code, reason = "held for its drop"))]
        Option<SemaphorePermit<'a>>,
    ),
    /// Another refreshes it; this stale value may be served.
    Meanwhile(Arc<Held>),
    /// It was loaded by another.
    Done(Outcome),
}

impl Flight {
    fn new(terms: Terms) -> Self {
        Self {
            cells: terms.basis.cells().clone(),
            rests: Mutex::new(Rests {
                watch: terms.basis.watch(),
                beside: false,
                asking: false,
            }),
            until: AtomicU64::new(terms.basis.until(terms.lag_ms).0),
            verify: terms.verify,
            lead: Semaphore::new(1),
            alone: Semaphore::new(ALONE),
            outcome: OnceLock::new(),
            meanwhile: OnceLock::new(),
            told: Notify::new(),
            asked_us: AtomicU64::new(0),
            clock: Stopwatch::start(),
            failed_after: OnceLock::new(),
        }
    }

    fn is_joinable(&self, now: Moment) -> bool {
        let rests = self.rests.lock();
        let may_rest = (rests.asking && !rests.beside) || rests.watch.holds(now);
        may_rest && now.0 < self.until.load(Ordering::Acquire)
    }

    /// The leader asks for what its outcome will come of. It writes to the lease with that, which is
    /// pushed to itself, and would otherwise let nobody join until it has read the answer.
    pub(crate) fn asks(&self) -> Asking<'_> {
        self.rests.lock().asking = true;
        Asking(self)
    }

    /// No one joins from then on: no push would tell of an invalidation of what is loaded now.
    pub(crate) fn close_at(&self, end: Moment) {
        self.until.fetch_min(end.0, Ordering::AcqRel);
    }

    /// Whether what its value will rest on holds.
    pub(crate) fn holds(&self, now: Moment) -> bool {
        self.rests.lock().watch.holds(now)
    }

    /// The cells of what was to be read when it began, while all that it rests on holds.
    pub(crate) fn cells(&self, now: Moment) -> Option<&Watch> {
        (self.cells.holds(now) && self.holds(now)).then_some(&self.cells)
    }

    /// From now on its value comes of what is read on this basis, unless another loads for it too.
    pub(crate) fn rest_on(&self, basis: &Basis, lag_ms: u64) {
        self.close_at(basis.until(lag_ms));
        let watch = basis.watch();
        let mut rests = self.rests.lock();
        if !rests.beside {
            rests.watch = watch;
        }
    }

    pub(crate) fn is_verified(&self) -> bool {
        self.verify
    }

    /// Lets everyone else be served a stale value while the leader refreshes it.
    pub(crate) fn serve_meanwhile(&self, stale: Arc<Held>) {
        // The first stands: another would be as stale.
        let _ = self.meanwhile.set(stale);
        self.told.notify_waiters();
    }

    /// Leads at once if nobody does yet.
    pub(crate) fn try_lead(&self) -> Option<Turn<'_>> {
        self.lead.try_acquire().ok().map(Turn::Lead)
    }

    /// Waits for the leader's outcome, or to be promoted; past `wait`, loads for itself. All that it
    /// waits for takes `wait` at most.
    ///
    /// Dropping the future gives up the place and nothing else.
    pub(crate) async fn turn(&self, wait: Duration) -> Turn<'_> {
        let clock = Stopwatch::start();
        // Made before the look, so that what is told between the two is not missed.
        let told = self.told.notified();
        if let Some(stale) = self.meanwhile.get() {
            return Turn::Meanwhile(Arc::clone(stale));
        }
        let led = tokio::select! {
            biased;
            led = timeout(wait, self.lead.acquire()) => Some(led),
            () = told => None,
        };
        match (led, self.meanwhile.get()) {
            (Some(Ok(Ok(permit))), _) => return Turn::Lead(permit),
            (None, Some(stale)) => return Turn::Meanwhile(Arc::clone(stale)),
            _ => {}
        }
        // Closed: done or failed. Timed out: done with waiting.
        if let Some(outcome) = self.outcome.get() {
            return Turn::Done(outcome.clone());
        }
        let permit = self.place(wait.saturating_sub(clock.elapsed())).await;
        // Looked at again: a value that came while this caller queued serves it as well.
        match self.outcome.get() {
            Some(outcome) => Turn::Done(outcome.clone()),
            None => {
                self.rests.lock().beside = true;
                Turn::Alone(permit)
            }
        }
    }

    /// A place among those who load for themselves, if one comes free in time.
    async fn place(&self, left: Duration) -> Option<SemaphorePermit<'_>> {
        let Some(took) = self.failed_after.get() else {
            // The leader was waited out: nothing is left, and nobody else is to wait for it.
            self.close_at(Moment(0));
            return self.alone.try_acquire().ok();
        };
        if !own_thread::keeps_time() {
            // Nothing keeps the time, and nobody waits for others without an end.
            return self.alone.try_acquire().ok();
        }
        let queue = left.min(LEAST_QUEUE.max(*took));
        let place = timeout(queue, self.alone.acquire()).await;
        place.ok()?.ok()
    }

    /// Notes before its end how long the leader waited for Redis.
    pub(crate) fn note_asked(&self, asked: Duration) {
        let asked_us = u64::try_from(asked.as_micros()).unwrap_or(u64::MAX);
        self.asked_us.store(asked_us, Ordering::Relaxed);
    }

    pub(crate) fn asked(&self) -> Duration {
        Duration::from_micros(self.asked_us.load(Ordering::Relaxed))
    }

    /// Ends the flight: everyone who waits gets the outcome.
    pub(crate) fn finish(&self, outcome: Outcome) {
        // A second loader's outcome is as good; the first stands.
        let _ = self.outcome.set(outcome);
        self.lead.close();
        self.alone.close();
    }

    /// The leader failed with an error that can't be shared: the others load for themselves.
    pub(crate) fn fail(&self) {
        // The first that failed; those beside it may fail later.
        let _ = self.failed_after.set(self.clock.elapsed());
        self.lead.close();
    }
}

#[cfg(test)]
mod tests;
