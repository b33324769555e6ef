//! A cell: until when what rests on it may be served.

use super::sync::{AtomicU64, Notify, OnceLock, Ordering, fence};
use crate::clock::Moment;

const FLIPPED: u64 = 0;

/// No moment is before this one, so that it does not hold either.
const EXPIRED: u64 = 1;

/// What a value rests on: a subject, which holds until it is invalidated, or a connection, which
/// holds for as long as its last heartbeat vouches. A flipped cell is never reset.
#[derive(Debug)]
pub(crate) struct Cell {
    until: AtomicU64,
    /// Made by the first who waits for the flip; few cells have one.
    told: OnceLock<Box<Notify>>,
}

impl Cell {
    /// Holds until it is flipped.
    pub(crate) fn lasting() -> Self {
        Self::until(Moment(u64::MAX))
    }

    /// Holds until then, or for as long as it is extended.
    pub(crate) fn until(end: Moment) -> Self {
        Self {
            until: AtomicU64::new(end.0),
            told: OnceLock::new(),
        }
    }

    /// For what was invalidated before anything could rest on it.
    pub(crate) fn flipped_already() -> Self {
        Self::until(Moment(FLIPPED))
    }

    #[inline]
    pub(crate) fn holds(&self, now: Moment) -> bool {
        // Acquire: who sees the flip sees what the invalidation did before it.
        now.0 < self.until.load(Ordering::Acquire)
    }

    #[inline]
    pub(crate) fn is_flipped(&self) -> bool {
        self.until.load(Ordering::Acquire) == FLIPPED
    }

    pub(crate) fn is_expired(&self) -> bool {
        self.until.load(Ordering::Acquire) == EXPIRED
    }

    /// Whether what rests on it may be served as stale.
    pub(crate) fn holds_stale(&self, now: Moment) -> bool {
        match self.until.load(Ordering::Acquire) {
            FLIPPED => false,
            EXPIRED => true,
            until => now.0 < until,
        }
    }

    /// Holds until then at least, unless it was flipped or expired.
    pub(crate) fn extend(&self, end: Moment) {
        let later = |until| (until > EXPIRED && until < end.0).then_some(end.0);
        // An error is a cell that was flipped, or that holds for longer.
        let _ = self
            .until
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, later);
    }

    pub(crate) fn flip(&self) {
        self.end(FLIPPED);
    }

    /// What rests on it is stale from now on.
    pub(crate) fn expire(&self) {
        self.end(EXPIRED);
    }

    fn end(&self, how: u64) {
        // An expired cell may still be flipped, and never the other way.
        self.until.fetch_min(how, Ordering::AcqRel);
        // Between the store here and the look there one of the two sees the other.
        fence(Ordering::SeqCst);
        if let Some(told) = self.told.get() {
            told.notify_waiters();
        }
    }

    /// Waits until it is flipped or expired.
    pub(crate) async fn flipped(&self) {
        let told = self.told.get_or_init(Box::default);
        // Made before the look, so that a flip between the two is not missed.
        let flip = told.notified();
        fence(Ordering::SeqCst);
        if self.until.load(Ordering::Acquire) > EXPIRED {
            flip.await;
        }
    }
}
