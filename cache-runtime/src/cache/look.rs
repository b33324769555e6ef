//! The look in memory that every call begins with, and the draft of a request where it finds nothing.

use std::sync::Arc;

use super::{Cache, ambient};
use crate::events::{CallEnd, Event, Miss};
use crate::key::KeyWriter;
use crate::kind::Kind;
use crate::load::{Draft, draw as is_among_audited, draw_ahead, take_due, used};
use crate::memory::{Held, InStore, Kept, Recent, Sought, on_this_thread};
use crate::policy::{Consistency, Policy};
use crate::site::Interned;
use crate::tiers::skips_memory;

/// Why memory could not serve a call, and what the call drew when it asked.
#[derive(Clone, Debug)]
pub(crate) struct Missed {
    why: Miss,
    ahead: f64,
    /// What it could serve, and is to be audited.
    audited: Option<Arc<Held>>,
}

impl Missed {
    /// Memory was not asked.
    pub(crate) fn unasked() -> Self {
        Self {
            why: Miss::Absent,
            ahead: 0.0,
            audited: None,
        }
    }
}

/// How far ahead of an entry's end this call would refresh it, in load times.
fn draw(beta: f64) -> f64 {
    // In (0, 1]: of zero there is no logarithm.
    -beta * (1.0 - rand::random::<f64>()).ln()
}

/// Has `read` look at what memory has for a call, where neither the call nor the value is out of the ordinary: what most
/// calls end with; `false` where it is otherwise. It is no generic function, so that it is compiled once, here.
pub(crate) fn look(
    site: &Interned,
    policy: &Policy,
    cache: Option<&Cache>,
    key: &KeyWriter,
    read: &mut dyn FnMut(&Held),
) -> bool {
    let mut in_store = None;
    let served = on_this_thread(|recent| {
        let find = |cache: &Cache| cache.plainly(site, policy, key, recent, &mut in_store);
        // Nothing that a look needs is borrowed while a value is read: its own `Clone` may run any code.
        recent.read(ambient::look(cache, find)?, read)
    });
    let is_served = served.is_some() || in_store.is_some();
    if let Some(found) = in_store {
        found.serve(read);
    }
    is_served
}

/// Whether a hit needs no second look after all: it would be for an audit alone, and this hit is not drawn.
#[inline(never)]
fn passes(site: &Interned, policy: &Policy) -> bool {
    policy.draws && !draw_ahead(site.id, policy.audit)
}

/// A key of a site, as memory seeks it.
#[inline]
fn sought<'a>(site: &Interned, key: &'a KeyWriter) -> Sought<'a> {
    Sought {
        site: site.id,
        hash: hash(site, key),
        parts: key.as_bytes(),
    }
}

/// The same, owned.
fn kept(site: &Interned, key: &KeyWriter) -> Kept {
    Kept {
        site: site.id,
        hash: hash(site, key),
        parts: key.as_bytes().into(),
    }
}

#[inline]
fn hash(site: &Interned, key: &KeyWriter) -> u64 {
    // Of equal keys of several sites each has its own place in the tables.
    key.hash() ^ u64::from(site.id).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Cache {
    /// The value in memory where nothing about the call or the value is out of the ordinary; counted.
    #[inline]
    fn plainly<'a>(
        &self,
        site: &Interned,
        policy: &Policy,
        key: &'a KeyWriter,
        recent: &Recent,
        in_store: &mut Option<InStore<'a>>,
    ) -> Option<usize> {
        let tiers = &*self.0;
        if site.refused().is_some() || tiers.overrides.look_again() {
            return None;
        }
        if policy.looks_again && !passes(site, policy) {
            return None;
        }
        let memory = tiers.memory.as_ref()?;
        memory.fresh(recent, sought(site, key), tiers.clock.now(), in_store)
    }

    /// A hit in memory that ends the call, counted; nothing is allocated.
    pub(crate) fn in_memory(
        &self,
        (site, kind): (&Interned, &Kind),
        namespace: &str,
        policy: &Policy,
        key: &KeyWriter,
    ) -> Result<Arc<Held>, Missed> {
        let tiers = &*self.0;
        let ahead = match policy.early > 0.0 {
            true => draw(policy.early),
            false => 0.0,
        };
        let is_due = take_due(site.id);
        let missed = |why| Missed {
            why,
            ahead,
            audited: None,
        };
        if site.refused().is_some() {
            return Err(missed(Miss::Absent));
        }
        if policy.consistency == Consistency::Strong && tiers.redis.is_some() {
            return Err(missed(Miss::Absent));
        }
        if skips_memory(policy, tiers) {
            return Err(missed(Miss::Absent));
        }
        let memory = tiers.memory.as_ref().ok_or(missed(Miss::Absent))?;
        let sought = sought(site, key);
        let now = tiers.clock.now();
        let found = memory.get(sought, now);
        memory.curve.read(sought.hash, found.is_ok());
        let held = found.map_err(|why| {
            memory.curve.missed();
            missed(why)
        })?;
        if ahead > 0.0 && !held.is_stale && held.given.is_due(now, ahead) {
            memory.curve.missed();
            return Err(missed(Miss::Early));
        }
        let mut fresh_until = held.until;
        if policy.max_entries > 0 || policy.sliding_ms > 0 {
            let policy = tiers.overrides.policy(&site.path, namespace, *policy);
            used(tiers, (namespace, &policy, kind), || kept(site, key), &held);
            if let Some(idle_ms) = policy.idle_ms() {
                fresh_until = held.given.fresh_until.min(now.plus_ms(idle_ms));
            }
        }
        if self.is_audited((site, namespace), policy, &held, is_due) {
            return Err(Missed {
                audited: Some(held),
                ..missed(Miss::Absent)
            });
        }
        match held.is_stale {
            false => held.counters.memory_hit(),
            true => {
                tiers.events.emit(namespace, &held.counters, Event::Stale);
                held.counters.ended(CallEnd::Stale, 1);
            }
        }
        if let Some(observer) = ambient::observer() {
            match held.is_stale {
                false => observer.memory(fresh_until.ms_since(now)),
                true => observer.note(Event::Stale),
            }
        }
        Ok(held)
    }

    /// Whether a hit is to be audited: it was drawn, or is drawn now where another look was needed anyway.
    fn is_audited(
        &self,
        (site, namespace): (&Interned, &str),
        policy: &Policy,
        held: &Held,
        is_due: bool,
    ) -> bool {
        let overrides = &self.0.overrides;
        let is_drawn = match overrides.audit() {
            true => {
                let policy = overrides.policy(&site.path, namespace, *policy);
                site.tell_unaudited(&policy);
                policy.audits() && is_among_audited(policy.audit)
            }
            false if policy.draws && !overrides.look_again() => is_due,
            false => policy.audits() && is_among_audited(policy.audit),
        };
        let now = self.0.clock.now();
        let lasts = held.given.fresh_until.ms_since(now) > self.0.limits.lag_ms;
        is_drawn && lasts && !held.is_stale && !held.watch.is_expired()
    }

    /// Whether the settings file turns the function off.
    pub(crate) fn is_off(&self, site: &Interned, namespace: &str) -> bool {
        self.0.overrides.is_off(&site.path, namespace)
    }

    pub(crate) fn draft(
        &self,
        (site, kind): (&'static Interned, &'static Kind),
        namespace: Arc<str>,
        policy: Policy,
        key: &KeyWriter,
        missed: Missed,
    ) -> Draft {
        self.0.used.note();
        site.policy.get_or_init(|| policy);
        let policy = self.0.overrides.policy(&site.path, &namespace, policy);
        Draft {
            tiers: Arc::clone(&self.0),
            site,
            kind,
            namespace,
            policy,
            key: kept(site, key),
            key_len: key.key_len(),
            readable: None,
            missed: missed.why,
            ahead: missed.ahead,
            reloads: false,
            observer: ambient::observer(),
            refused: None,
            audited: missed.audited,
            is_call: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_is_one_load_time_on_average_at_a_beta_of_one() {
        let drawn: Vec<f64> = (0..20_000).map(|_| draw(1.0)).collect();
        assert!(drawn.iter().all(|ahead| *ahead >= 0.0 && ahead.is_finite()));
        let mean = drawn.iter().sum::<f64>() / 20_000.0;
        assert!((0.9..1.1).contains(&mean), "{mean}");
    }
}
