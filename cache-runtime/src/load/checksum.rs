//! Whether a load gave what was there before it.
//!
//! Who finds an entry past its time has its bytes in hand, and asks Redis for nothing more: their checksum is kept
//! until the value that replaces them is encoded. One that is equal tells that the ttl could have been longer. A type
//! that writes equal values in another order each time, as a `HashMap` does, seems to change.

use xxhash_rust::xxh3::xxh3_64;

use crate::frame::{CodecId, Header};

/// What a payload comes to, as it was before it was compressed and encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Checksum {
    codec: CodecId,
    sum: u64,
    /// The ttl that its entry had, in milliseconds: until it was expired by hand, if it was.
    pub(super) ttl_ms: u64,
}

impl Checksum {
    pub(super) fn of(codec: CodecId, payload: &[u8]) -> Self {
        Self {
            codec,
            sum: xxh3_64(payload),
            ttl_ms: 0,
        }
    }

    /// Of an entry's payload.
    pub(super) fn of_entry(header: &Header<impl Clone>, payload: &[u8]) -> Self {
        Self {
            ttl_ms: header.fresh_until_ms.saturating_sub(header.born_ms),
            ..Self::of(header.codec, payload)
        }
    }

    /// Whether a payload is the same; `None` where another codec wrote it.
    pub(super) fn is_of(self, codec: CodecId, payload: &[u8]) -> Option<bool> {
        (self.codec == codec).then(|| self.sum == xxh3_64(payload))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_codecs_wrote_is_not_compared() {
        let sum = Checksum::of(CodecId::Bincode, b"a");
        assert_eq!(sum.is_of(CodecId::Bincode, b"a"), Some(true));
        assert_eq!(sum.is_of(CodecId::Bincode, b"b"), Some(false));
        assert_eq!(sum.is_of(CodecId::Json, b"a"), None);
    }
}
