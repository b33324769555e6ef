//! A value as bytes, and the frame around them on its way to Redis.

use std::pin::pin;
use std::sync::Arc;

use super::aside::{LARGE, aside};
use super::request::Request;
use super::right::Right;
use super::stamps::LONGEST_MS;
use super::store::{Kept, Loading};
use crate::boxed::boxed;
use crate::events::{Event, Unstored};
use crate::frame::{self, CodecId, Header, Mismatch, Stamped, Writer};
use crate::policy::Compression;
use crate::redis::{FillAsk, Filled, STORED_WRITES};
use crate::stamp::Watch;
use crate::value::Cacheable;

/// The value's bytes where a frame will carry them, else only how many they are.
pub(super) enum Payload {
    Bytes(Vec<u8>, CodecId),
    Weight(usize),
}

/// Encodes a value, a large one away from the runtime's threads, and gives it back.
pub(super) async fn weigh<T: Cacheable>(
    request: &Request,
    right: Option<&Right>,
    value: T,
) -> (T, Result<Payload, Unstored>) {
    if !frame::is_longer(&value, LARGE) {
        let weighed = weigh_here(request, &value);
        return (value, weighed);
    }
    let value = Arc::new(value);
    let (shared, own) = (Arc::clone(&value), request.clone());
    let weighing = aside(move || weigh_here(&own, &*shared));
    let weighed = under_lease(right, weighing).await;
    let value = Arc::unwrap_or_clone(value);
    (value, weighed.unwrap_or(Err(Unstored::Encode)))
}

/// Waits for what is done to a value, and keeps its lease meanwhile.
async fn under_lease<F: Future>(right: Option<&Right>, work: F) -> F::Output {
    let work = pin!(work);
    match right {
        Some(right) => right.lease.during(work).await,
        None => work.await,
    }
}

fn weigh_here<T: Cacheable>(request: &Request, value: &T) -> Result<Payload, Unstored> {
    let codec = codec_for(request, value)?;
    let payload = if request.tiers.redis.is_some() {
        request.site.tell_sharing();
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

/// Stores the frame under the load's lease.
pub(super) async fn fill(request: &Request, loading: Loading, payload: Payload) -> Kept {
    let Some(redis) = &request.tiers.redis else {
        return Kept::Local {
            watch: loading.watch,
        };
    };
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
    let Some(mut right) = loading.right else {
        return briefly(Unstored::NoLease);
    };
    let stamps = std::mem::take(&mut right.noted.stamps);
    let written = Written {
        by: right.writer(),
        born_ms,
        load_us: loading.took_us,
        ttl_ms: loading.ttl_ms,
        stamps,
    };
    let (header, life_ms) = written.header(request, codec);
    let sealed = boxed(|| sealed(request, &right, header, bytes)).await;
    let Some(frame) = sealed else {
        return briefly(Unstored::Encode);
    };
    let cells = &request.tiers.cells;
    let recording = cells.record(request.subjects.first().cloned());
    let (entry, lease) = (request.name.as_str(), request.name.lease());
    let ask = FillAsk {
        lease: &lease,
        entry,
        token: right.lease.token(),
        frame: &frame,
        ttl_ms: life_ms,
        claimed: right.claimed.as_ref(),
    };
    match request.allowance.within(redis.fill(&ask)).await {
        Ok(Filled::Stored(vouch)) => {
            request.emit(Event::Stored { bytes: frame.len() });
            let writes = if vouch.pushes() { STORED_WRITES } else { 0 };
            // The lease held until now, so the entry was not invalidated before.
            let entry = cells.conclude(&recording, [writes]);
            right.vouch.also(&vouch);
            stored(&loading.watch.with_entry(&entry), *right)
        }
        Ok(Filled::Superseded) => {
            right.lease.spent();
            request.emit(Event::Unstored(Unstored::Superseded));
            Kept::Superseded
        }
        Ok(Filled::Lost) => {
            right.lease.spent();
            request.emit(Event::Unstored(Unstored::Overtaken));
            Kept::Overtaken
        }
        Err(fault) => {
            // The lease is given back by its drop.
            request.trouble("store", fault.as_str());
            briefly(Unstored::Outage)
        }
    }
}

/// It is in Redis, and its lease is gone.
fn stored(watch: &Watch, right: Right) -> Kept {
    let kept = Kept::Stored {
        seen_at: right.seen_at,
        pushes: right.vouch.pushes(),
        watch: watch.and(right.vouch.cells()),
    };
    right.lease.spent();
    kept
}

/// What a frame says beside what its site does.
struct Written {
    by: Writer,
    /// In the node's clock.
    born_ms: u64,
    load_us: u64,
    ttl_ms: u64,
    stamps: Vec<Stamped>,
}

/// The frame around a payload, which is compressed as the site says: a large one away from the runtime's
/// threads.
async fn sealed(
    request: &Request,
    right: &Right,
    header: Header,
    bytes: Vec<u8>,
) -> Option<Vec<u8>> {
    let (wanted, len) = (request.policy.compression, bytes.len());
    let seal = move || {
        let (compression, payload) = frame::compress(bytes, wanted);
        let header = Header {
            compression,
            ..header
        };
        frame::write(&header, &payload)
    };
    match len < large_for(wanted) {
        true => Some(seal()),
        false => under_lease(Some(right), aside(seal)).await,
    }
}

/// From how many bytes on it takes some 100 µs to compress them.
fn large_for(wanted: Compression) -> usize {
    match wanted {
        Compression::None | Compression::Lz4 => LARGE,
        Compression::Zstd => LARGE / 4,
        Compression::Gzip => LARGE / 16,
    }
}

impl Written {
    /// The header of a payload that is not compressed yet, and how long the entry is kept in
    /// milliseconds.
    fn header(self, request: &Request, codec: CodecId) -> (Header, u64) {
        let ttl_ms = self.ttl_ms.min(LONGEST_MS);
        let life_ms = ttl_ms.saturating_add(request.policy.stale_ms);
        let life_ms = life_ms.min(LONGEST_MS);
        let header = Header {
            codec,
            compression: Compression::None,
            flags: 0,
            id: self.by.fresh(),
            digest: request.digest,
            shape: request.site.shape_in(codec),
            born_ms: self.born_ms,
            fresh_until_ms: self.born_ms.saturating_add(ttl_ms),
            stale_until_ms: self.born_ms.saturating_add(life_ms),
            load_us: self.load_us,
            stamps: self.stamps,
        };
        (header, life_ms)
    }
}
