//! A value as bytes, or as how many they would be.

use std::any::Any;
use std::pin::pin;
use std::sync::Arc;

use super::aside::{LARGE, aside};
use super::grant::Grant;
use super::request::Request;
use crate::events::Unstored;
use crate::frame::{self, CodecId, EncodeError, Mismatch, Written};
use crate::value::Erased;

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

/// Encodes a value, a large one away from the runtime's threads.
pub(super) async fn weigh(
    request: &Request,
    grant: Option<&Grant>,
    value: &Erased,
) -> Result<Payload, Unstored> {
    if !frame::is_longer(request.kind.written(&**value), LARGE) {
        return weigh_here(request, &**value);
    }
    let (shared, own) = (Arc::clone(value), request.clone());
    let weighing = aside(move || weigh_here(&own, &*shared));
    let weighed = under_lease(grant, weighing).await;
    weighed.unwrap_or(Err(Unstored::Encode))
}

/// Waits for what is done to a value, and keeps its lease meanwhile.
pub(super) async fn under_lease<F: Future>(grant: Option<&Grant>, work: F) -> F::Output {
    let work = pin!(work);
    match grant {
        Some(grant) => grant.lease.during(work).await,
        None => work.await,
    }
}

fn weigh_here(request: &Request, value: &(dyn Any + Send + Sync)) -> Result<Payload, Unstored> {
    let value = request.kind.written(value);
    let payload = encoded(request, value).map_err(|why| {
        request.site.tell_encode(why);
        Unstored::Encode
    })?;
    if payload.len() > request.max_value() {
        return Err(Unstored::TooLarge);
    }
    Ok(payload)
}

fn encoded(request: &Request, value: &dyn Written) -> Result<Payload, Mismatch> {
    let codec = codec_for(request, value)?;
    let goes_to_redis = request.redis().is_some() && !request.lacks_key();
    let payload = if goes_to_redis {
        request.site.tell_sharing(request.policy.codec);
        frame::encode(codec, value).map(|bytes| Payload::Bytes(bytes, codec))
    } else {
        frame::encoded_len(codec, value).map(Payload::Weight)
    };
    payload.map_err(|EncodeError(why)| why)
}

/// A value whose `Serialize` writes another structure than its `Deserialize` reads would be garbage
/// to a positional codec, so its site leaves bincode for good. A type that asks what there is may take what JSON
/// writes alike for one another.
fn codec_for(request: &Request, value: &dyn Written) -> Result<CodecId, Mismatch> {
    let site = request.site;
    if request.codec() == CodecId::Bincode {
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
            Err(why) => return Err(why),
        }
    }
    if request.codec() == CodecId::Json && !site.shape.is_positional() {
        frame::tells_all(value)?;
    }
    site.tell_codec(request.policy.codec);
    Ok(request.codec())
}
