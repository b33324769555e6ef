//! Entries whose life each use lengthens.
//!
//! A frame says when its entry ends however often it is used. How long it lives unused is the life of its key in
//! Redis, which a hit there lengthens. Memory serves such a value for a part of that only, and then looks again, so that
//! Redis hears of what is used from memory alone. Where there is no Redis, memory's own copy is given a longer life.

use std::sync::Arc;

use super::read::Found;
use super::request::Request;
use crate::clock::Moment;
use crate::kind::Kind;
use crate::memory::{Held, Kept};
use crate::own_thread;
use crate::policy::Policy;
use crate::tiers::Tiers;

/// A life is lengthened once this part of it has passed, and memory serves a value that long: each lengthening is
/// pushed to every process that has read the entry.
const PART: u64 = 4;

impl Request {
    /// The end of what memory serves of a value that is fresh until then, and is known from now on.
    pub(crate) fn served_until(&self, fresh_until: Moment) -> Moment {
        let Some(idle_ms) = self.policy.idle_ms() else {
            return fresh_until;
        };
        let for_ms = match self.redis() {
            Some(_) => (idle_ms / PART).max(1),
            None => idle_ms,
        };
        fresh_until.min(self.tiers.clock.now().plus_ms(for_ms))
    }

    /// The end of a value that is fresh until then if nobody uses it.
    pub(crate) fn unused_until(&self, fresh_until: Moment) -> Moment {
        let idle_ms = self.policy.idle_ms();
        let end = idle_ms.map(|idle_ms| self.tiers.clock.now().plus_ms(idle_ms));
        end.map_or(fresh_until, |end| fresh_until.min(end))
    }

    /// Has an entry live on that was found in Redis. Its caller does not wait for that.
    pub(super) fn lengthen(&self, found: &Found) {
        let Some(idle_ms) = self.policy.idle_ms() else {
            return;
        };
        let left_ms = found.held.given.fresh_until;
        let left_ms = left_ms.ms_since(self.tiers.clock.now()).min(idle_ms);
        let (request, id) = (self.clone(), found.id.clone());
        // Without a thread it lives for as long as it would unused.
        drop(own_thread::spawn(async move {
            let Some(redis) = request.redis() else { return };
            let lengthened = redis.lengthen(request.name.as_str(), &id, left_ms).await;
            if let Err(fault) = lengthened {
                request.trouble("lengthen the life of an entry", fault.as_str());
            }
        }));
    }
}

/// Has a value live on in memory that was found there and is nowhere else.
pub(crate) fn lengthen_in_memory(
    tiers: &Tiers,
    (policy, kind): (&Policy, &Kind),
    key: impl FnOnce() -> Kept,
    held: &Arc<Held>,
) {
    let Some(idle_ms) = policy.idle_ms() else {
        return;
    };
    if tiers.redis.is_some() && !policy.stays_in_memory() {
        return;
    }
    let now = tiers.clock.now();
    let until = held.given.fresh_until.min(now.plus_ms(idle_ms));
    let is_due = until.ms_since(held.until) >= idle_ms / PART;
    if let (true, Some(memory)) = (is_due, &tiers.memory) {
        let mut longer = kind.copied(held);
        if let Some(longer) = Arc::get_mut(&mut longer) {
            (longer.until, longer.stale_until) = (until, until);
        }
        memory.exchange(key(), held, longer);
    }
}
