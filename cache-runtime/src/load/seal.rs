//! The frame around a value's bytes.

use std::sync::Arc;

use super::aside::{LARGE, aside};
use super::grant::Grant;
use super::grant::LONGEST_MS;
use super::request::Request;
use super::squeeze::Squeeze;
use super::weigh::under_lease;
use crate::frame::{self, CodecId, Header, Lock, Stamped};
use crate::memory::LoadId;
use crate::policy::Compression;

/// What a frame says beside what its site does.
pub(super) struct Written {
    pub(super) id: LoadId,
    /// In the node's clock.
    pub(super) born_ms: u64,
    pub(super) load_us: u64,
    pub(super) ttl_ms: u64,
    pub(super) stamps: Vec<Stamped>,
}

/// A frame, and how long its entry is kept, in milliseconds.
pub(super) struct Sealed {
    pub(super) frame: Vec<u8>,
    pub(super) life_ms: u64,
    /// Whether its payload is that of the entry that it replaces, where that is known.
    pub(super) is_unchanged: Option<bool>,
}

/// The frame around a payload, which is compressed and encrypted as the site says: a large one away from the runtime's
/// threads. `None` if that panicked, or there is nothing to encrypt with.
pub(super) async fn seal(
    request: &Request,
    grant: &Grant,
    written: Written,
    (bytes, codec): (Vec<u8>, CodecId),
) -> Option<Sealed> {
    let (header, life_ms) = written.header(request, codec);
    let (wanted, len) = (request.policy.compression, bytes.len());
    let encrypts = request.policy.encrypt;
    let squeeze = Squeeze::of(request, len);
    let replaces = grant.replaces;
    let locked = encrypts.then(|| (Arc::clone(&request.tiers), request.name.shared()));
    let seal = move || {
        let is_unchanged = replaces.and_then(|sum| sum.is_of(codec, &bytes));
        let (compression, payload) = squeeze.payload(bytes);
        let header = Header {
            compression,
            ..header
        };
        let frame = match &locked {
            None => Some(frame::write(&header, &payload)),
            Some((tiers, name)) => {
                let keys = tiers.keys.as_ref();
                frame::write_encrypted(&header, &payload, Lock { keys, name })
            }
        };
        frame.map(|frame| Sealed {
            frame,
            life_ms,
            is_unchanged,
        })
    };
    match len < large_for(wanted) {
        true => seal(),
        false => under_lease(Some(grant), aside(seal)).await.flatten(),
    }
}

/// From how many bytes on it takes some 100 µs to compress them.
fn large_for(wanted: Compression) -> usize {
    match wanted {
        #[cfg(feature = "zstd")]
        Compression::Zstd => LARGE / 4,
        #[cfg(feature = "gzip")]
        Compression::Gzip => LARGE / 16,
        _ => LARGE,
    }
}

impl Written {
    /// The header of a payload that is not compressed yet, and how long the entry is kept in
    /// milliseconds.
    fn header(self, request: &Request, codec: CodecId) -> (Header, u64) {
        // What is kept for ever can be expired by hand, and has its stale window then.
        let stale_ms = request.policy.stale_ms.min(LONGEST_MS / 2);
        let ttl_ms = self.ttl_ms.min(LONGEST_MS - stale_ms);
        let life_ms = ttl_ms + stale_ms;
        let header = Header {
            codec,
            is_encrypted: false,
            compression: Compression::None,
            flags: 0,
            id: self.id,
            digest: request.digest,
            shape: request.site.shape_in(codec),
            born_ms: self.born_ms,
            fresh_until_ms: self.born_ms.saturating_add(ttl_ms),
            stale_until_ms: self.born_ms.saturating_add(life_ms),
            load_us: self.load_us,
            stamps: self.stamps.into(),
        };
        // Its use lengthens the life of the key; the frame says when that ends.
        let idle_ms = request.policy.idle_ms().unwrap_or(life_ms);
        (header, life_ms.min(idle_ms))
    }
}
