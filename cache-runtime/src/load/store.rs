//! The store of a loaded value: its frame in Redis under the lease, then its copy in memory.

use std::sync::Arc;

use super::grant::Grant;
use super::request::Request;
use super::seal::{Sealed, Written, seal};
use super::tags::tag;
use super::verify::verify;
use super::weigh::{Payload, weigh};
use crate::boxed::boxed;
use crate::clock::Moment;
use crate::events::{Event, Unstored};
use crate::memory::{About, Given, Held, Life, LoadId, load_us};
use crate::redis::{Fault, FillAsk, Filled, STORED_WRITES, Topology};
use crate::stamp::{Basis, Watch};
use crate::value::Erased;

/// A load that gave a value, on its way into the tiers.
#[derive(Debug)]
pub(super) struct Loading {
    pub(super) grant: Option<Box<Grant>>,
    /// The cells of what it rests on, registered before it began.
    pub(super) watch: Watch,
    /// Those of every bucket of tags, where its tags come of its value; else none.
    pub(super) buckets: Watch,
    /// Tells it from every other load.
    pub(super) id: LoadId,
    pub(super) began: Moment,
    /// Whether Redis was away then.
    pub(super) in_outage: bool,
    pub(super) took_us: u64,
    /// How long it is fresh in every tier, from when that was learned of its value.
    pub(super) ttl_ms: u64,
    pub(super) learned: Moment,
}

impl Loading {
    /// Learns what only the value tells: how long it is kept, and its tags, on which it then rests too. It is not
    /// stored if it is not wanted, or if a tag was invalidated since the load began.
    pub(super) async fn learn(
        &mut self,
        request: &Request,
        value: &Erased,
    ) -> Result<(), Unstored> {
        self.learned = request.tiers.clock.now();
        self.ttl_ms = request.drawn_ttl_ms(value);
        if self.ttl_ms == 0 {
            return Err(Unstored::Unwanted);
        }
        let noted = (self.grant.as_deref_mut(), &self.buckets);
        if let Some(cells) = tag(request, noted, value).await? {
            self.watch = self.watch.and(cells.cells());
        }
        Ok(())
    }

    /// How long it is still fresh: what its tags and its bytes took is off, as it may have told its own end.
    fn left_ms(&self, request: &Request) -> u64 {
        let passed = request.tiers.clock.now().ms_since(self.learned);
        self.ttl_ms.saturating_sub(passed).max(1)
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
pub(super) async fn store(
    request: &Request,
    mut loading: Loading,
    value: Erased,
) -> (Arc<Held>, bool) {
    let (before, began) = (loading.watch.clone(), loading.began);
    let (id, in_outage, took_us) = (loading.id, loading.in_outage, loading.took_us);
    let learned = loading.learn(request, &value).await;
    rest(request, &loading, learned.as_ref().err());
    let payload = match learned {
        Ok(()) => boxed(|| weigh(request, loading.grant.as_deref(), &value)).await,
        Err(why) => Err(why),
    };
    let fresh_until = loading.learned.plus_ms(loading.ttl_ms);
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
    let (mut life, watch) = life(request, kept, (began, in_outage), fresh_until);
    life.given.load_us = load_us(took_us);
    let about = About {
        id,
        life,
        born: began,
        watch: watch.unwrap_or(before),
        encoded: bytes,
        counters: Arc::clone(&request.counters),
    };
    let held = request.kind.hold(value, about);
    let there = request.keep(&held);
    if there {
        request.waits_to_be_read(&held);
    }
    if is_local {
        kept_locally(request, &held, there, bytes);
    }
    if is_stored || (is_local && there) {
        verify(request, &held.value, bytes);
    }
    (held, in_redis)
}

/// Leaves an origin alone that gave what is not wanted, as one that failed: where an older value is served, each
/// caller would try again.
fn rest(request: &Request, loading: &Loading, refused: Option<&Unstored>) {
    let backoffs = &request.tiers.backoffs;
    request.tiers.failures.forget(&request.key);
    match refused {
        Some(Unstored::Unwanted) => drop(backoffs.failed(&request.key, loading.learned)),
        _ => backoffs.succeeded(&request.key),
    }
}

/// Stores the frame under the load's lease.
pub(super) async fn fill(request: &Request, loading: Loading, payload: Payload) -> Kept {
    let Some(redis) = request.redis() else {
        return Kept::Local {
            watch: loading.watch,
        };
    };
    if request.lacks_key() {
        return keyless(request, loading);
    }
    let briefly = |why| {
        request.emit(Event::Unstored(why));
        Kept::Briefly {
            watch: loading.watch.clone(),
        }
    };
    let (Some(born_ms), Payload::Bytes(bytes, codec)) =
        (redis.node_ms(request.name.as_str()), payload)
    else {
        return briefly(Unstored::Outage);
    };
    let ttl_ms = loading.left_ms(request);
    let Some(mut grant) = loading.grant else {
        return briefly(Unstored::NoLease);
    };
    let stamps = std::mem::take(&mut grant.noted.stamps);
    let written = Written {
        id: loading.id,
        born_ms,
        load_us: loading.took_us,
        ttl_ms,
        stamps,
    };
    let sealed = boxed(|| seal(request, &grant, written, (bytes, codec))).await;
    let Some(Sealed {
        frame,
        life_ms,
        is_unchanged,
    }) = sealed
    else {
        return briefly(Unstored::Encode);
    };
    match put_under_lease(request, redis, &grant, (&frame, life_ms)).await {
        Ok((Filled::Stored(vouch), entry)) => {
            request.emit(Event::Stored { bytes: frame.len() });
            if let Some(is_unchanged) = is_unchanged {
                request.emit(Event::Compared { is_unchanged });
                if let (Some(sketch), Some(sum)) = (request.counters.sketch(), grant.replaces) {
                    sketch.compared(sum.ttl_ms, is_unchanged);
                }
            }
            let grant = *grant;
            let mut basis = grant.basis.on(loading.watch.with_entry(&entry));
            basis.also(&vouch);
            grant.lease.spent();
            Kept::Stored(basis)
        }
        Ok((Filled::Superseded, _)) => {
            not_stored(request, *grant, Unstored::Superseded, Kept::Superseded)
        }
        Ok((Filled::Lost, _)) => not_stored(request, *grant, Unstored::Overtaken, Kept::Overtaken),
        Err(fault) => {
            // The lease is given back by its drop.
            request.trouble("store", fault.as_str());
            briefly(Unstored::Outage)
        }
    }
}

/// What would be there for all to read is not stored. Memory has it as it has whatever Redis can't tell of.
fn keyless(request: &Request, loading: Loading) -> Kept {
    request.emit(Event::Unstored(Unstored::NoKey));
    if let Some(grant) = loading.grant {
        grant.lease.nothing_to_store();
    }
    Kept::Briefly {
        watch: loading.watch,
    }
}

/// Asks Redis to store a frame for as long as it may live, and gives with its answer the cells of the
/// entry: what it rests on from now on, as far as this write alone changed it.
async fn put_under_lease(
    request: &Request,
    redis: &Topology,
    grant: &Grant,
    (frame, life_ms): (&[u8], u64),
) -> Result<(Filled, Watch), Fault> {
    let cells = &request.tiers.cells;
    let recording = cells.record(request.subjects.first().cloned());
    let ask = FillAsk {
        lease: &request.name.lease(),
        entry: request.name.as_str(),
        token: grant.lease.token(),
        frame,
        ttl_ms: life_ms,
        claimed: grant.claimed.as_ref(),
    };
    let filled = request.allowance.within(redis.fill(&ask)).await?;
    let writes = match &filled {
        Filled::Stored(vouch) if vouch.pushes() => STORED_WRITES,
        _ => 0,
    };
    // Where it was stored the lease held until now, so the entry was not invalidated before.
    Ok((filled, cells.conclude(&recording, [writes])))
}

/// Its lease was another's by then.
fn not_stored(request: &Request, grant: Grant, why: Unstored, kept: Kept) -> Kept {
    grant.lease.spent();
    request.emit(Event::Unstored(why));
    kept
}

/// How long memory may serve a value, and under which cells: none where it is not kept at all.
fn life(
    request: &Request,
    kept: Kept,
    (began, in_outage): (Moment, bool),
    fresh: Moment,
) -> (Life, Option<Watch>) {
    let tiers = &request.tiers;
    let lag_ms = tiers.limits.lag_ms;
    let briefly = began.plus_ms(lag_ms);
    let now = tiers.clock.now();
    let is_brief = matches!(kept, Kept::Briefly { .. });
    let is_here_alone = matches!(kept, Kept::Local { .. });
    let (trusted, watch) = match kept {
        Kept::Stored(basis) => (basis.until(lag_ms), Some(basis.watch())),
        Kept::Local { watch } => (Moment(u64::MAX), Some(watch)),
        Kept::Briefly { watch } => (briefly, Some(watch)),
        Kept::Superseded | Kept::Overtaken | Kept::Nowhere => (now, None),
    };
    let (until, stale_until) = match watch {
        Some(_) => (fresh, fresh.plus_ms(request.policy.stale_ms)),
        None => (now, now),
    };
    // What Redis was there for and would not store may be invalidated there without a word.
    let unchecked = match is_brief && !in_outage {
        true => stale_until.min(briefly),
        false => stale_until,
    };
    let (served_until, stale_until) = request.served((until, stale_until), now);
    let life = Life {
        until: served_until.min(trusted),
        stale_until: stale_until.min(trusted),
        given: Given {
            fresh_until: until,
            unchecked_until: request.unchecked(request.unused_until(unchecked, now)),
            load_us: 0,
            is_here_alone,
        },
    };
    (life, watch)
}

/// Without Redis, memory is where a value is stored, unless an invalidation came first.
fn kept_locally(request: &Request, held: &Held, there: bool, bytes: usize) {
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
