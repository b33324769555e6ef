//! The keys that values are encrypted with.

use std::fmt;
use std::sync::Arc;

use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305};
use rand::TryRng;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};

use super::{KeyId, Nonce, TAG_LEN};
use crate::error::CacheError;

/// How many bytes a key has.
const KEY_LEN: usize = 32;

/// The keys of a cache whose functions say `encrypt`: one that new entries are encrypted with, and any number of
/// earlier ones that entries are still read with.
///
/// A key is 32 random bytes, as `openssl rand -hex 32` prints them. To replace one without a miss, give the new key
/// to all processes as one more of the earlier ones first; then make it the current one everywhere, and the old one an
/// earlier one; and leave the old one out once the longest `ttl` and `stale` are over. Which key an entry needs stands
/// in it as a part of the key's hash.
///
/// Keys are in no `Debug` and in no error. What this holds of them is overwritten when it is dropped.
///
/// ```
/// # #[cfg(feature = "encrypt")] {
/// use cache_runtime::{Cache, EncryptionKeys};
///
/// # let (current, earlier) = ([1; 32], [2; 32]);
/// let keys = EncryptionKeys::new(&current).and_earlier(&earlier);
/// let cache = Cache::builder().encryption(keys).build()?;
/// # }
/// # Ok::<_, cache_runtime::CacheError>(())
/// ```
#[derive(Clone)]
pub struct EncryptionKeys {
    /// Of which the first is the current one. A key stays where it is, so that a list that grows leaves none behind.
    keys: Vec<Arc<Key>>,
}

impl EncryptionKeys {
    /// One key, for what is stored and what is read.
    #[must_use]
    pub fn new(current: &[u8; KEY_LEN]) -> Self {
        Self {
            keys: vec![Arc::new(Key::new(current))],
        }
    }

    /// One more key, for what is read alone.
    #[must_use]
    pub fn and_earlier(mut self, key: &[u8; KEY_LEN]) -> Self {
        self.keys.push(Arc::new(Key::new(key)));
        self
    }

    /// Keys of 64 hexadecimal digits each, with commas between them, the current one first: as
    /// `CACHE_ENCRYPTION_KEYS` has them.
    ///
    /// # Errors
    ///
    /// [`CacheError::Setting`], which tells nothing of the text.
    pub fn from_hex(text: &str) -> Result<Self, CacheError> {
        Self::parse(text).map_err(|reason| CacheError::Setting {
            setting: "encryption",
            reason: reason.to_owned(),
        })
    }

    /// The same; an error says what the text must be.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let keys = text
            .split(',')
            .map(|one| Key::parse(one.trim()).map(Arc::new));
        let keys: Option<Vec<_>> = keys.collect();
        keys.map(|keys| Self { keys }).ok_or(
            "it takes keys of 64 hexadecimal digits (`openssl rand -hex 32`), with commas between them, the current one first",
        )
    }

    /// The current key, and a nonce for one frame.
    pub(super) fn begin(&self) -> Option<(&Key, Nonce)> {
        let mut nonce = [0; 24];
        // Not by a generator of this process: a fork would have it twice, and a nonce used twice gives both values away.
        SysRng.try_fill_bytes(&mut nonce).ok()?;
        Some((self.keys.first()?, nonce))
    }

    pub(super) fn find(&self, id: KeyId) -> Option<&Key> {
        self.keys.iter().map(Arc::as_ref).find(|key| key.id == id)
    }
}

impl fmt::Debug for EncryptionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptionKeys(..)")
    }
}

/// One key. The cipher overwrites its copy when it is dropped.
pub(super) struct Key {
    id: KeyId,
    cipher: XChaCha20Poly1305,
}

impl Key {
    fn new(bytes: &[u8; KEY_LEN]) -> Self {
        let digest = Sha256::new()
            .chain_update(b"cache: which key\0")
            .chain_update(bytes)
            .finalize();
        Self {
            id: std::array::from_fn(|at| digest[at]),
            cipher: XChaCha20Poly1305::new(bytes.into()),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 2 * KEY_LEN {
            return None;
        }
        let mut bytes = [0; KEY_LEN];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16);
            *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
        }
        Some(Self::new(&bytes))
    }

    pub(super) fn id(&self) -> KeyId {
        self.id
    }

    /// Encrypts in place, and gives the tag.
    pub(super) fn seal(
        &self,
        nonce: &Nonce,
        associated: &[u8],
        bytes: &mut [u8],
    ) -> Option<[u8; TAG_LEN]> {
        let tag = self
            .cipher
            .encrypt_inout_detached(nonce.into(), associated, bytes.into());
        tag.ok().map(Into::into)
    }

    /// Decrypts in place; nothing where the tag is not that of these bytes.
    pub(super) fn open(
        &self,
        nonce: &Nonce,
        associated: &[u8],
        bytes: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Option<()> {
        self.cipher
            .decrypt_inout_detached(nonce.into(), associated, bytes.into(), tag.into())
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "00112233445566778899aabbccddeeffFFEEDDCCBBAA99887766554433221100";

    #[test]
    fn keys_are_read_from_hexadecimal_digits() {
        let (one, two) = (EncryptionKeys::from_hex(HEX), "01".repeat(32));
        let bytes: [u8; 32] = std::array::from_fn(|at| match at {
            0..16 => u8::try_from(at * 0x11).unwrap(),
            _ => u8::try_from((31 - at) * 0x11).unwrap(),
        });
        assert_eq!(one.unwrap().keys[0].id, Key::new(&bytes).id);
        let both = EncryptionKeys::from_hex(&format!("{two}, {HEX}\n")).unwrap();
        assert_eq!(both.keys[0].id, Key::new(&[1; 32]).id);
        assert_eq!(both.keys.len(), 2);
    }

    #[test]
    fn no_error_and_no_debug_shows_a_key() {
        for wrong in [
            "".to_owned(),
            "s3cret".to_owned(),
            HEX[1..].to_owned(),
            format!("{HEX},"),
            format!("{HEX}, s3cret"),
            HEX.replace('0', "g"),
            "é".repeat(32),
        ] {
            let error = EncryptionKeys::from_hex(&wrong).unwrap_err();
            let told = format!("{error} {error:?}");
            assert!(told.contains("64 hexadecimal digits"), "{told}");
            assert!(
                !told.contains("s3cret") && !told.contains(&HEX[2..8]),
                "{told}"
            );
        }
        let shown = format!("{:?}", EncryptionKeys::from_hex(HEX).unwrap());
        assert_eq!(shown, "EncryptionKeys(..)");
    }
}
