//! The store of a loaded value: its frame in Redis under the lease, then its copy in memory.

use std::sync::Arc;

use super::fetch::Right;
use super::request::Request;
use super::stamps::LONGEST_MS;
use crate::clock::Moment;
use crate::events::{Event, Unstored};
use crate::frame::{self, CodecId, Header, Mismatch};
use crate::memory::Held;
use crate::redis::{Fault, Filled};
use crate::stamp::Watch;
use crate::value::Cacheable;

/// A load that gave a value, on its way into the tiers.
#[derive(Debug)]
pub(super) struct Loading {
    pub(super) right: Option<Right>,
    pub(super) watch: Watch,
    pub(super) began: Moment,
    pub(super) took_us: u64,
}

/// What became of the frame.
pub(super) enum Kept {
    /// It is in Redis; memory may rest on the reads it was made under.
    Stored { seen_at: Moment },
    /// There is no Redis to be coherent with.
    Local,
    /// Its lease was lost: it, or the like of it, may have been invalidated.
    Overtaken,
    /// It is not in Redis: memory may have it until the load's start is `lag` old.
    Briefly,
    /// It is returned and nothing more.
    Nowhere,
}

/// Stores a value where it may be stored, and gives it back as memory holds it, with whether Redis
/// can tell of its validity.
pub(super) async fn store<T: Cacheable>(
    request: &Request,
    loading: Loading,
    value: T,
) -> (Arc<Held<T>>, bool) {
    let tiers = &request.tiers;
    let (watch, began) = (loading.watch.clone(), loading.began);
    let (kept, bytes) = match weigh(request, &value) {
        Ok(payload) => {
            let bytes = payload.len();
            (fill(request, loading, payload).await, bytes)
        }
        Err(why) => (refuse(request, loading, why), 0),
    };
    let now = tiers.clock.now();
    let fresh = now.plus_ms(request.policy.ttl_ms);
    let briefly = |from: Moment| fresh.min(from.plus_ms(tiers.limits.lag_ms));
    let held = Arc::new(Held {
        until: match kept {
            Kept::Stored { seen_at } => briefly(seen_at),
            Kept::Local => fresh,
            Kept::Briefly | Kept::Overtaken => briefly(began),
            Kept::Nowhere => now,
        },
        watch,
        weight: u32::try_from(bytes).unwrap_or(u32::MAX),
        counters: Arc::clone(&request.counters),
        value,
    });
    let there = request.keep(&held);
    if matches!(kept, Kept::Local) {
        kept_locally(request, &held, there, bytes);
    }
    (held, matches!(kept, Kept::Stored { .. } | Kept::Overtaken))
}

/// Without Redis, memory is where a value is stored, unless an invalidation came first.
pub(super) fn kept_locally<T>(request: &Request, held: &Held<T>, there: bool, bytes: usize) {
    if there {
        request.emit(Event::Stored { bytes });
    } else if !held.watch.holds() {
        request.emit(Event::Unstored(Unstored::Overtaken));
    }
}

/// The value's bytes where a frame will carry them, else only how many they are.
pub(super) enum Payload {
    Bytes(Vec<u8>, CodecId),
    Weight(usize),
}

impl Payload {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes, _) => bytes.len(),
            Self::Weight(weight) => *weight,
        }
    }
}

pub(super) fn weigh<T: Cacheable>(request: &Request, value: &T) -> Result<Payload, Unstored> {
    let codec = codec_for(request, value)?;
    let payload = if request.tiers.link.is_some() {
        frame::encode(codec, value).map(|bytes| Payload::Bytes(bytes, codec))
    } else {
        frame::encoded_len(codec, value).map(Payload::Weight)
    };
    let payload = payload.map_err(|_| Unstored::Encode)?;
    if payload.len() > request.tiers.limits.max_value {
        return Err(Unstored::TooLarge);
    }
    Ok(payload)
}

/// A value whose `Serialize` writes another structure than its `Deserialize` reads would be garbage
/// to a positional codec, so its site leaves bincode for good.
fn codec_for<T: Cacheable>(request: &Request, value: &T) -> Result<CodecId, Unstored> {
    let site = request.site;
    if site.codec() == CodecId::Bincode {
        match frame::serializes_as(value, &site.shape) {
            Ok(()) => {}
            Err(Mismatch::Structure) => {
                if site.leave_bincode() {
                    tracing::debug!(
                        target: "cache",
                        site = site.identity,
                        "the type is written differently than it is read: stored with names"
                    );
                }
            }
            Err(_) => return Err(Unstored::Encode),
        }
    }
    Ok(site.codec())
}

fn refuse(request: &Request, loading: Loading, why: Unstored) -> Kept {
    request.emit(Event::Unstored(why));
    if let Some(right) = loading.right {
        right.lease.nothing_to_store();
    }
    Kept::Nowhere
}

pub(super) async fn fill(request: &Request, loading: Loading, payload: Payload) -> Kept {
    let Some(link) = &request.tiers.link else {
        return Kept::Local;
    };
    let (Payload::Bytes(bytes, codec), Some(right)) = (payload, loading.right) else {
        let connected = link.node_ms().is_some();
        request.emit(Event::Unstored(if connected {
            Unstored::NoLease
        } else {
            Unstored::Outage
        }));
        return Kept::Briefly;
    };
    let (compression, payload) = frame::compress(bytes, request.policy.compression);
    let ttl_ms = request.policy.ttl_ms.min(LONGEST_MS);
    let Some(born_ms) = link.node_ms() else {
        request.emit(Event::Unstored(Unstored::Outage));
        return Kept::Briefly;
    };
    let header = Header {
        codec,
        compression,
        flags: 0,
        id: rand::random(),
        digest: request.digest,
        shape: request.site.shape.fingerprint,
        born_ms,
        fresh_until_ms: born_ms.saturating_add(ttl_ms),
        stale_until_ms: born_ms.saturating_add(ttl_ms),
        load_us: loading.took_us,
        stamps: right.stamps,
    };
    let frame = frame::write(&header, &payload);
    let (entry, lease) = (request.name.as_str(), request.name.lease());
    let filled = link
        .fill(entry, &lease, right.lease.token(), &frame, ttl_ms)
        .await;
    match filled {
        Ok(Filled::Stored) => {
            right.lease.spent();
            request.emit(Event::Stored { bytes: frame.len() });
            Kept::Stored {
                seen_at: right.seen_at,
            }
        }
        Ok(Filled::Lost) => {
            right.lease.spent();
            request.emit(Event::Unstored(Unstored::Overtaken));
            Kept::Overtaken
        }
        Err(fault) => unfilled(request, &fault),
    }
}

/// The lease is given back by its drop.
fn unfilled(request: &Request, fault: &Fault) -> Kept {
    request.trouble("store", fault.as_str());
    request.emit(Event::Unstored(Unstored::Outage));
    Kept::Briefly
}
