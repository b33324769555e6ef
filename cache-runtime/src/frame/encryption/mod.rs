//! Encryption of payloads, as they are kept in Redis.
//!
//! The payload of an encrypted frame, compressed before if it is, is:
//!
//! | at | what |
//! |---|---|
//! | 0 | which key, 8 bytes |
//! | 8 | nonce, 24 random bytes |
//! | 32 | fresh until, stale until, as they were when it was encrypted: u64 each |
//! | 48 | the bytes, encrypted by XChaCha20-Poly1305 |
//! | end − 16 | its tag |
//!
//! The associated data is the entry's name in Redis and the header as it was then. So a frame opens under its own
//! name alone, and with the header that it was made with: of that only the times may have changed, and only to
//! earlier ones, as expiring an entry by hand does, and the mark of one that came from a backup.

#[cfg(not(feature = "encrypt"))]
mod absent;
#[cfg(feature = "encrypt")]
mod keys;

use super::header::{self, Frame, Header};
use super::unreadable::Unreadable;

#[cfg(not(feature = "encrypt"))]
pub(crate) use absent::EncryptionKeys;
#[cfg(feature = "encrypt")]
pub use keys::EncryptionKeys;

/// Which key it is, without telling the key.
type KeyId = [u8; 8];

type Nonce = [u8; 24];

/// What stands before the encrypted bytes.
const PREFACE_LEN: usize = 8 + 24 + 8 + 8;

/// What stands behind them.
const TAG_LEN: usize = 16;

/// What an entry is encrypted with and bound to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lock<'a> {
    /// Those of its cache, if it has any.
    pub(crate) keys: Option<&'a EncryptionKeys>,
    /// The entry's name in Redis.
    pub(crate) name: &'a str,
}

/// Writes a frame around a payload, which it encrypts; `None` without a key, or where the system has no random bytes.
pub(crate) fn write_encrypted<N: AsRef<str> + Clone>(
    header: &Header<N>,
    payload: &[u8],
    lock: Lock<'_>,
) -> Option<Vec<u8>> {
    let flags = header.flags;
    let header = Header {
        is_encrypted: true,
        flags: header.own_flags(),
        ..header.clone()
    };
    let len = PREFACE_LEN + payload.len() + TAG_LEN;
    let associated = associated(&header, len, lock.name);
    let mut sealed = Vec::with_capacity(len);
    let (key, nonce) = lock.keys?.begin()?;
    sealed.extend_from_slice(&key.id());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&header.fresh_until_ms.to_le_bytes());
    sealed.extend_from_slice(&header.stale_until_ms.to_le_bytes());
    sealed.extend_from_slice(payload);
    let tag = key.seal(&nonce, &associated, &mut sealed[PREFACE_LEN..])?;
    sealed.extend_from_slice(&tag);
    Some(header::write(&Header { flags, ..header }, &sealed))
}

/// The payload of an encrypted frame, as it was before.
///
/// # Errors
///
/// [`Unreadable::NoKey`] where its key is not there, [`Unreadable::NotAuthentic`] where it was made for another entry
/// or changed since.
pub(crate) fn opened(frame: &Frame<'_>, lock: Lock<'_>) -> Result<Vec<u8>, Unreadable> {
    let (preface, sealed) = Preface::read(frame.payload).ok_or(Unreadable::Truncated)?;
    let keys = lock.keys.ok_or(Unreadable::NoKey)?;
    let key = keys.find(preface.key).ok_or(Unreadable::NoKey)?;
    let header = &frame.header;
    if header.fresh_until_ms > preface.fresh_until_ms
        || header.stale_until_ms > preface.stale_until_ms
    {
        return Err(Unreadable::NotAuthentic);
    }
    let header = Header {
        flags: header.own_flags(),
        fresh_until_ms: preface.fresh_until_ms,
        stale_until_ms: preface.stale_until_ms,
        ..header.clone()
    };
    let associated = associated(&header, frame.payload.len(), lock.name);
    let (bytes, tag) = sealed
        .split_last_chunk::<TAG_LEN>()
        .ok_or(Unreadable::Truncated)?;
    let mut bytes = bytes.to_vec();
    key.open(&preface.nonce, &associated, &mut bytes, tag)
        .ok_or(Unreadable::NotAuthentic)?;
    Ok(bytes)
}

/// What an encrypted payload of so many bytes is bound to.
fn associated<N: AsRef<str>>(header: &Header<N>, payload: usize, name: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(512);
    bytes.extend_from_slice(&(name.len() as u64).to_le_bytes());
    bytes.extend_from_slice(name.as_bytes());
    header::begin(header, payload, &mut bytes);
    bytes
}

struct Preface {
    key: KeyId,
    nonce: Nonce,
    fresh_until_ms: u64,
    stale_until_ms: u64,
}

impl Preface {
    /// What stands before the encrypted bytes, and these with their tag.
    fn read(payload: &[u8]) -> Option<(Self, &[u8])> {
        let (key, rest) = payload.split_first_chunk()?;
        let (nonce, rest) = rest.split_first_chunk()?;
        let (fresh, rest) = rest.split_first_chunk()?;
        let (stale, rest) = rest.split_first_chunk()?;
        let preface = Self {
            key: *key,
            nonce: *nonce,
            fresh_until_ms: u64::from_le_bytes(*fresh),
            stale_until_ms: u64::from_le_bytes(*stale),
        };
        Some((preface, rest))
    }
}
