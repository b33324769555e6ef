//! Entries whose life each use lengthens.
//!
//! A frame says when its entry ends however often it is used. How long it lives unused is the life of its key in
//! Redis, which a hit there lengthens. Memory serves such a value for a part of that only, and then looks again, so that
//! Redis hears of what is used from memory alone. A value that is nowhere else is given a longer life there.

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
const PART: u64 = 8;

impl Request {
    /// Until when memory serves a value, known at this moment, that is fresh and stale until then.
    pub(crate) fn served(
        &self,
        (until, stale_until): (Moment, Moment),
        known: Moment,
    ) -> (Moment, Moment) {
        let Some(idle_ms) = self.policy.idle_ms() else {
            return (until, stale_until);
        };
        let end = known.plus_ms(match self.redis() {
            Some(_) => (idle_ms / PART).max(1),
            None => idle_ms,
        });
        (until.min(end), stale_until.min(end))
    }

    /// The end of a value, known at this moment, that is served until then if it is used.
    pub(crate) fn unused_until(&self, end: Moment, known: Moment) -> Moment {
        let idle_ms = self.policy.idle_ms();
        idle_ms.map_or(end, |idle_ms| end.min(known.plus_ms(idle_ms)))
    }

    /// Has an entry live on that was found in Redis. Its caller does not wait for that.
    pub(super) fn lengthen(&self, found: &Found) {
        let Some(idle_ms) = self.policy.idle_ms() else {
            return;
        };
        let left_ms = found.held.given.fresh_until;
        let left_ms = left_ms.ms_since(self.tiers.clock.now()).min(idle_ms);
        let (request, id) = (self.clone(), found.there.id.clone());
        // Without a thread it lives for as long as it would unused.
        drop(own_thread::spawn(async move {
            let Some(redis) = request.redis() else { return };
            let lengthened = redis.lengthen(request.name.as_str(), &id, left_ms).await;
            if let Err(fault) = lengthened {
                request.trouble("lengthen the life of an entry", fault.as_str());
            }
        }));
    }

    /// The value in memory, if it may be served now; it is used.
    pub(crate) fn used_in_memory(&self) -> Option<Arc<Held>> {
        let held = self.in_memory()?;
        let of = (&*self.namespace, &self.policy, self.kind);
        used(&self.tiers, of, || self.key.clone(), &held);
        Some(held)
    }
}

/// Tells memory that a value was used which it served: of a function with a bound on its entries, or one whose life
/// that lengthens. The policy is that in force.
pub(crate) fn used(
    tiers: &Tiers,
    (namespace, policy, kind): (&str, &Policy, &Kind),
    key: impl Fn() -> Kept,
    held: &Arc<Held>,
) {
    let Some(memory) = &tiers.memory else { return };
    if policy.max_entries > 0 {
        memory.used(key().sought(), namespace);
    }
    let Some(idle_ms) = policy.idle_ms().filter(|_| held.given.is_here_alone) else {
        return;
    };
    let now = tiers.clock.now();
    let until = held.given.fresh_until.min(now.plus_ms(idle_ms));
    if until.ms_since(held.until) >= (idle_ms / PART).max(1) {
        let mut longer = kind.copied(held);
        if let Some(longer) = Arc::get_mut(&mut longer) {
            (longer.until, longer.stale_until) = (until, until);
        }
        memory.exchange(key(), held, longer);
    }
}
