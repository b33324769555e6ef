//! The store of a loaded value: its frame in Redis under the lease, then its copy in memory.

use std::sync::Arc;

use super::fill::fill;
use super::grant::Grant;
use super::hooks::Hooks;
use super::request::Request;
use super::tags::tag;
use super::verify::verify;
use super::weigh::weigh;
use crate::boxed::boxed;
use crate::clock::Moment;
use crate::events::{Event, Unstored};
use crate::memory::{Given, Held, Life, load_us};
use crate::stamp::{Basis, Subject, Watch};
use crate::value::Cacheable;

/// A load that gave a value, on its way into the tiers.
#[derive(Debug)]
pub(super) struct Loading {
    pub(super) grant: Option<Box<Grant>>,
    /// The cells of what it rests on, registered before it began.
    pub(super) watch: Watch,
    /// Those of every bucket of tags, where its tags come of its value; else none.
    pub(super) buckets: Watch,
    pub(super) began: Moment,
    /// Whether Redis was away then.
    pub(super) in_outage: bool,
    pub(super) took_us: u64,
    /// How long it is fresh in every tier.
    pub(super) ttl_ms: u64,
}

impl Loading {
    /// Whether no tag of these tags' buckets was invalidated here since the load began.
    pub(super) fn buckets_hold(&self, tags: &[Subject]) -> bool {
        let cell = |subject: &Subject| match super::tags::bucket(subject) {
            Some(Subject::Bucket(bucket)) => self.buckets.cells().get(usize::from(bucket)),
            _ => None,
        };
        tags.iter().filter_map(cell).all(|cell| !cell.is_flipped())
    }
}

/// What became of the frame.
pub(super) enum Kept {
    /// It is in Redis; memory may rest on the reads it was made under.
    Stored(Basis),
    /// There is no Redis to be coherent with.
    Local { watch: Watch },
    /// A put that came later has stored its value, or is about to.
    Superseded,
    /// Its lease was lost: it, or the like of it, may have been invalidated.
    Overtaken,
    /// It is not in Redis: memory may have it until the load's start is `lag` old.
    Briefly { watch: Watch },
    /// It is returned and nothing more.
    Nowhere,
}

/// Stores a value where it may be stored, and gives it back as memory holds it, with whether Redis
/// can tell of its validity.
pub(super) async fn store<T: Cacheable>(
    request: &Request,
    mut loading: Loading,
    value: T,
    hooks: Hooks<T>,
) -> (Arc<Held<T>>, bool) {
    let (before, began) = (loading.watch.clone(), loading.began);
    let (ttl_ms, took_us) = (loading.ttl_ms, loading.took_us);
    let in_outage = loading.in_outage;
    let tagged = tag(request, &mut loading, &value, hooks).await;
    let (value, payload) = match tagged {
        Ok(()) => boxed(|| weigh(request, loading.grant.as_deref(), value)).await,
        Err(why) => (value, Err(why)),
    };
    let (kept, bytes) = match payload {
        Ok(payload) => {
            let bytes = payload.len();
            (fill(request, loading, payload).await, bytes)
        }
        Err(why) => (refuse(request, loading, why), 0),
    };
    let in_redis = matches!(kept, Kept::Stored(_) | Kept::Overtaken);
    let is_local = matches!(kept, Kept::Local { .. });
    let is_stored = matches!(kept, Kept::Stored(_));
    let (mut life, watch) = life(request, kept, (began, in_outage), ttl_ms);
    life.given.load_us = load_us(took_us);
    let counters = Arc::clone(&request.counters);
    let held = Held::new((value, bytes), life, watch.unwrap_or(before), counters);
    let held = Arc::new(held);
    let there = request.keep(&held);
    if is_local {
        kept_locally(request, &held, there, bytes);
    }
    if is_stored || (is_local && there) {
        verify(request, &held.value, bytes);
    }
    (held, in_redis)
}

/// How long memory may serve a value, and under which cells: none where it is not kept at all.
fn life(
    request: &Request,
    kept: Kept,
    (began, in_outage): (Moment, bool),
    ttl_ms: u64,
) -> (Life, Option<Watch>) {
    let tiers = &request.tiers;
    let lag_ms = tiers.limits.lag_ms;
    let briefly = began.plus_ms(lag_ms);
    let now = tiers.clock.now();
    let is_brief = matches!(kept, Kept::Briefly { .. });
    let (trusted, watch) = match kept {
        Kept::Stored(basis) => (basis.until(lag_ms), Some(basis.watch())),
        Kept::Local { watch } => (Moment(u64::MAX), Some(watch)),
        Kept::Briefly { watch } => (briefly, Some(watch)),
        Kept::Superseded | Kept::Overtaken | Kept::Nowhere => (now, None),
    };
    let fresh = now.plus_ms(ttl_ms);
    let (until, stale_until) = match watch {
        Some(_) => (fresh, fresh.plus_ms(request.policy.stale_ms)),
        None => (now, now),
    };
    // What Redis was there for and would not store may be invalidated there without a word.
    let unchecked = match is_brief && !in_outage {
        true => stale_until.min(briefly),
        false => stale_until,
    };
    let life = Life {
        until: until.min(trusted),
        stale_until: stale_until.min(trusted),
        given: Given {
            fresh_until: until,
            unchecked_until: request.unchecked(unchecked),
            load_us: 0,
        },
    };
    (life, watch)
}

/// Without Redis, memory is where a value is stored, unless an invalidation came first.
fn kept_locally<T>(request: &Request, held: &Held<T>, there: bool, bytes: usize) {
    if there {
        request.emit(Event::Stored { bytes });
    } else if held.watch.is_flipped() {
        request.emit(Event::Unstored(Unstored::Overtaken));
    }
}

/// The watch of a value that was refused is of no use to anyone.
fn refuse(request: &Request, loading: Loading, why: Unstored) -> Kept {
    request.emit(Event::Unstored(why));
    if let Some(grant) = loading.grant {
        grant.lease.nothing_to_store();
    }
    Kept::Nowhere
}
