//! The older value: served while another refreshes it, and where the origin fails.

use std::sync::Arc;

use super::read::{Look, peek};
use super::request::Request;
use crate::boxed::boxed;
use crate::clock::Moment;
use crate::events::{Event, Tier};
use crate::flight::Busy;
use crate::memory::Held;
use crate::policy::Refresh;
use crate::value::Cacheable;

impl Request {
    /// Whether a value that may be served is to be refreshed before its end, as this call drew.
    pub(crate) fn is_due<T: ?Sized>(&self, held: &Held<T>) -> bool {
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
    pub(crate) fn is_fresh<T: ?Sized>(&self, held: &Held<T>) -> bool {
        let now = self.tiers.clock.now();
        !held.is_stale && now < held.given.fresh_until && !held.watch.is_expired()
    }

    /// Counts an older value that is served.
    pub(crate) fn count_older<T: ?Sized>(&self, held: &Held<T>) {
        let tier = match self.memory() {
            Some(_) => Tier::Memory,
            None => Tier::Redis,
        };
        self.emit(match self.is_fresh(held) {
            true => Event::Hit(tier),
            false => Event::Stale,
        });
    }

    /// The origin failed: when to try it again.
    pub(super) fn backs_off(&self) -> Moment {
        let now = self.tiers.clock.now();
        self.tiers.backoffs.failed(&self.key, now)
    }

    /// The origin failed: the older value as it is served until the next try.
    pub(crate) fn fall_back<T: Cacheable>(&self, older: &Arc<Held<T>>) -> Arc<Held<T>> {
        let next_try = self.backs_off();
        if self.is_fresh(older) {
            return Arc::clone(older);
        }
        self.emit(Event::StaleOnError);
        resting(older, next_try)
    }
}

/// Runs the body, and looks at the older value again where its entry's cell was flipped meanwhile:
/// pushes tell of its lease as well, so each renewal flips it, and a load that takes long and then
/// fails would have nothing to fall back on.
pub(super) async fn beside<T: Cacheable, F: Future + Unpin>(
    request: &Request,
    older: &mut Option<Arc<Held<T>>>,
    mut body: F,
) -> F::Output {
    loop {
        tokio::select! {
            biased;
            returned = &mut body => return returned,
            found = boxed(|| again(request, older.as_deref())) => *older = found,
        }
    }
}

/// The older value under new cells, once the old ones no longer tell whether it is valid.
async fn again<T: Cacheable>(request: &Request, older: Option<&Held<T>>) -> Option<Arc<Held<T>>> {
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

/// A stale value, served without a look anywhere until the next try.
fn resting<T: Cacheable>(stale: &Held<T>, next_try: Moment) -> Arc<Held<T>> {
    let mut held = stale.around(stale.value.clone());
    held.until = next_try.min(stale.stale_until);
    held.is_stale = true;
    Arc::new(held)
}
