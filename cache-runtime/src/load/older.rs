//! The older value: served while another refreshes it, and where the origin fails.

use std::sync::Arc;

use futures_util::future::{Either, select};

use super::body::Failed;
use super::grant::Grant;
use super::read::{Look, peek};
use super::request::Request;
use crate::boxed::boxed;
use crate::clock::Moment;
use crate::events::{Event, Tier};
use crate::flight::{Busy, Grounds};
use crate::memory::Held;
use crate::policy::Refresh;
use crate::value::Erased;

impl Request {
    /// Whether a value that may be served is to be refreshed before its end, as this call drew.
    pub(crate) fn is_due(&self, held: &Held) -> bool {
        let now = self.tiers.clock.now();
        self.ahead > 0.0 && !held.is_stale && held.given.is_due(now, self.ahead)
    }

    /// Whether the older value is to be served and nothing else done: its last load failed a moment
    /// ago, a task refreshes it, or no further task may.
    pub(crate) fn rests(&self) -> bool {
        let now = self.tiers.clock.now();
        if self.tiers.backoffs.is_resting(&self.key, now) {
            return true;
        }
        if self.policy.refresh != Refresh::Background {
            return false;
        }
        let busy = self.tiers.refreshes.busy(&self.key);
        if busy == Some(Busy::Full) {
            self.emit(Event::RefreshSkipped);
        }
        busy.is_some()
    }

    /// Whether it is within its ttl, whatever changed since.
    pub(crate) fn is_fresh(&self, held: &Held) -> bool {
        let now = self.tiers.clock.now();
        !held.is_stale && now < held.given.fresh_until && !held.watch.is_expired()
    }

    /// Whether the body asks for the value that its load replaces.
    pub(super) fn asks_for_older(&self) -> bool {
        self.hooks.replaced.is_some()
    }

    /// The value that a reload replaces, where there is no Redis to ask for it.
    pub(super) fn replaced_in_memory(&self) -> Option<Arc<Held>> {
        let asks = self.asks_for_older() && self.redis().is_none();
        let older = asks.then(|| self.in_memory().or_else(|| self.stale_in_memory()));
        older.flatten()
    }

    /// Leaves the body the value that its load replaces, where it asks for that.
    pub(super) fn leave(&self, older: Option<&Arc<Held>>) {
        if let Some(slot) = &self.hooks.replaced {
            *slot.lock() = older.map(Arc::clone);
        }
    }

    /// Counts an older value that is served.
    pub(crate) fn count_older(&self, held: &Held) {
        let tier = match self.memory() {
            Some(_) => Tier::Memory,
            None => Tier::Redis,
        };
        self.emit(match self.is_fresh(held) {
            true => Event::Hit(tier),
            false => Event::Stale,
        });
    }

    /// The error of its last load, where that is still to be returned.
    pub(super) fn remembered(&self) -> Failed {
        let now = self.tiers.clock.now();
        match self.policy.error_ttl_ms {
            0 => None,
            _ => self.tiers.failures.get(&self.key, now),
        }
    }

    /// What an error of the load that begins now rests on, if it is to be remembered.
    pub(super) fn remembers(&self, grant: Option<&Grant>) -> Option<Grounds> {
        let cells = &self.tiers.cells;
        let watch = || match grant {
            Some(grant) => grant.basis.cells().clone(),
            None => self.watch(),
        };
        (self.policy.error_ttl_ms > 0).then(|| Grounds {
            watch: cells.watch(&[]).and(watch().split_at(1).1),
            entry: cells.record(self.subjects.first().cloned()),
        })
    }

    /// Remembers the error of a load.
    pub(super) fn remember(&self, error: Option<&Erased>, grounds: Option<Grounds>) {
        if let (Some(error), Some(grounds)) = (error, grounds) {
            let now = self.tiers.clock.now();
            let until = now.plus_ms(self.policy.error_ttl_ms);
            let failures = &self.tiers.failures;
            failures.note(&self.key, Arc::clone(error), (until, grounds), now);
        }
    }

    /// The origin failed: when to try it again.
    pub(super) fn backs_off(&self) -> Moment {
        let now = self.tiers.clock.now();
        self.tiers.backoffs.failed(&self.key, now)
    }

    /// The origin failed: the older value as it is served until the next try.
    pub(crate) fn fall_back(&self, older: &Arc<Held>) -> Arc<Held> {
        let next_try = self.backs_off();
        if self.is_fresh(older) {
            return Arc::clone(older);
        }
        self.emit(Event::StaleOnError);
        self.resting(older, next_try)
    }

    /// A stale value, served without a look anywhere until the next try.
    fn resting(&self, stale: &Held, next_try: Moment) -> Arc<Held> {
        let mut resting = self.kind.copied(stale);
        if let Some(held) = Arc::get_mut(&mut resting) {
            held.until = next_try.min(stale.stale_until);
            held.is_stale = true;
        }
        resting
    }
}

/// Runs the body, and looks at the older value again where its entry's cell was flipped meanwhile:
/// pushes tell of its lease as well, so each renewal flips it, and a load that takes long and then
/// fails would have nothing to fall back on.
pub(super) async fn beside<F: Future + Unpin>(
    request: &Request,
    older: &mut Option<Arc<Held>>,
    mut body: F,
) -> F::Output {
    loop {
        // Not `tokio::select!`, which may put off what is ready: who polls the body holds its error no longer
        // than a poll.
        let looking = boxed(|| again(request, older.as_deref()));
        let found = match select(body, looking).await {
            Either::Left((returned, _)) => return returned,
            Either::Right((found, unfinished)) => {
                body = unfinished;
                found
            }
        };
        *older = found;
    }
}

/// The older value under new cells, once the old ones no longer tell whether it is valid.
async fn again(request: &Request, older: Option<&Held>) -> Option<Arc<Held>> {
    let Some(older) = older else {
        return std::future::pending().await;
    };
    older.watch.entry_changes().await;
    if !older.watch.is_flipped() {
        // Expired by hand: it is as stale as it was.
        return std::future::pending().await;
    }
    // Nobody waits for it, so it costs the call nothing that it is allowed.
    let found = peek(&request.clone(), Look::Verify).await;
    found.map(|found| found.held)
}
