//! A value as bytes, or as how many they would be.

use std::pin::pin;
use std::sync::Arc;

use super::aside::{LARGE, aside};
use super::grant::Grant;
use super::request::Request;
use crate::events::Unstored;
use crate::frame::{self, CodecId, Mismatch};
use crate::value::Cacheable;

/// The value's bytes where a frame will carry them, else only how many they are.
pub(super) enum Payload {
    Bytes(Vec<u8>, CodecId),
    Weight(usize),
}

impl Payload {
    /// What memory counts it as.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes, _) => bytes.len(),
            Self::Weight(weight) => *weight,
        }
    }
}

/// Encodes a value, a large one away from the runtime's threads, and gives it back.
pub(super) async fn weigh<T: Cacheable>(
    request: &Request,
    grant: Option<&Grant>,
    value: T,
) -> (T, Result<Payload, Unstored>) {
    if !frame::is_longer(&value, LARGE) {
        let weighed = weigh_here(request, &value);
        return (value, weighed);
    }
    let value = Arc::new(value);
    let (shared, own) = (Arc::clone(&value), request.clone());
    let weighing = aside(move || weigh_here(&own, &*shared));
    let weighed = under_lease(grant, weighing).await;
    let value = Arc::unwrap_or_clone(value);
    (value, weighed.unwrap_or(Err(Unstored::Encode)))
}

/// Waits for what is done to a value, and keeps its lease meanwhile.
pub(super) async fn under_lease<F: Future>(grant: Option<&Grant>, work: F) -> F::Output {
    let work = pin!(work);
    match grant {
        Some(grant) => grant.lease.during(work).await,
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
