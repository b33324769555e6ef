//! Codecs: a value as bytes, and back under a guard.

use std::borrow::Cow;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use serde::de::{Deserialize, DeserializeOwned};

use super::compress::decompress;
use super::guard::{Budget, Guard};
use super::shape::keeps_every_option;
use super::{Frame, Unreadable};

/// How a value is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CodecId {
    /// Positional and small; needs a type whose shape is known.
    Bincode,
    /// Self-describing, with field names: reads what bincode can't.
    MessagePack,
}

impl CodecId {
    pub(super) fn to_byte(self) -> u8 {
        match self {
            Self::Bincode => 1,
            Self::MessagePack => 2,
        }
    }

    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Bincode),
            2 => Some(Self::MessagePack),
            _ => None,
        }
    }
}

/// A value that its codec can't write: it is returned to the caller and not stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a value could not be encoded: {cause}")]
pub(crate) struct EncodeError {
    cause: String,
}

impl EncodeError {
    fn new(cause: impl ToString) -> Self {
        Self {
            cause: cause.to_string(),
        }
    }
}

type BincodeConfig = bincode::config::Configuration;

const BINCODE: BincodeConfig = bincode::config::standard();

/// Encodes a value.
///
/// # Errors
///
/// If the type's own `Serialize` fails, or the codec can't write the value so that it reads back.
pub(crate) fn encode<T: Serialize + ?Sized>(
    codec: CodecId,
    value: &T,
) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::new();
    encode_into(codec, value, &mut out)?;
    Ok(out)
}

/// How many bytes [`encode`] would return, without making them: the weight of an entry that never
/// leaves memory.
///
/// # Errors
///
/// As [`encode`].
pub(crate) fn encoded_len<T: Serialize + ?Sized>(
    codec: CodecId,
    value: &T,
) -> Result<usize, EncodeError> {
    let mut count = Count(0);
    encode_into(codec, value, &mut count)?;
    Ok(count.0)
}

fn encode_into<T: Serialize + ?Sized>(
    codec: CodecId,
    value: &T,
    out: &mut impl Write,
) -> Result<(), EncodeError> {
    match codec {
        CodecId::Bincode => bincode::serde::encode_into_std_write(value, out, BINCODE)
            .map(drop)
            .map_err(EncodeError::new),
        CodecId::MessagePack => {
            keeps_every_option(value).map_err(EncodeError::new)?;
            let mut serializer = rmp_serde::Serializer::new(out).with_struct_map();
            value.serialize(&mut serializer).map_err(EncodeError::new)
        }
    }
}

/// How large a payload may be that is read, and its value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// How many bytes the payload may have once decompressed.
    payload: usize,
    /// How many of them pay for memory: each for a few bytes of what collections hold.
    paying: usize,
}

/// How many bytes a payload may have once decompressed, unless a setting says more.
const PAYLOAD: usize = 64 << 20;

impl Room {
    /// Where values of so many encoded bytes are stored: what the setting lets in must come out again, and
    /// what others store under a larger one is read as long as it does not take much more memory.
    pub(crate) fn for_values(max_value: usize) -> Self {
        Self {
            payload: PAYLOAD.max(max_value),
            paying: max_value,
        }
    }

    /// Where no payload has more bytes.
    #[cfg(test)]
    pub(super) fn within(limit: usize) -> Self {
        Self {
            payload: limit,
            paying: limit,
        }
    }
}

/// A frame's payload as it was before it was compressed.
///
/// # Errors
///
/// [`Unreadable`] where it can't be decompressed, or is too large.
pub(crate) fn unpacked<'a>(frame: &Frame<'a>, room: Room) -> Result<Cow<'a, [u8]>, Unreadable> {
    decompress(frame.payload, frame.header.compression, room.payload)
}

/// The value of a frame.
#[cfg(test)]
pub(super) fn decode<T: DeserializeOwned>(frame: &Frame<'_>, room: Room) -> Result<T, Unreadable> {
    decode_payload(frame.header.codec, &unpacked(frame, room)?, room)
}

/// Decodes what [`encode`] gave, as it is read from a frame.
///
/// # Errors
///
/// [`Unreadable`] for whatever is wrong with the payload; bytes left over are wrong too.
pub(crate) fn decode_payload<T: DeserializeOwned>(
    codec: CodecId,
    payload: &[u8],
    room: Room,
) -> Result<T, Unreadable> {
    let budget = Budget::for_payload(payload.len(), payload.len().min(room.paying));
    // A type's own `Deserialize` may panic on bytes that its `Serialize` never wrote.
    let decoded = catch_unwind(AssertUnwindSafe(|| match codec {
        CodecId::Bincode => from_bincode(payload, &budget),
        CodecId::MessagePack => from_message_pack(payload, &budget),
    }));
    match decoded.unwrap_or(Err(Unreadable::Decode)) {
        Err(_) if budget.is_spent() => Err(Unreadable::TooLarge),
        decoded => decoded,
    }
}

fn from_bincode<T: DeserializeOwned>(bytes: &[u8], budget: &Budget) -> Result<T, Unreadable> {
    let mut decoder = bincode::serde::BorrowedSerdeDecoder::from_slice(bytes, BINCODE, ());
    let value = T::deserialize(Guard::new(decoder.as_deserializer(), budget))
        .map_err(|_| Unreadable::Decode)?;
    // A byte that can still be read is one that the value left over.
    match u8::deserialize(decoder.as_deserializer()) {
        Ok(_) => Err(Unreadable::Decode),
        Err(_) => Ok(value),
    }
}

fn from_message_pack<T: DeserializeOwned>(bytes: &[u8], budget: &Budget) -> Result<T, Unreadable> {
    use rmp_serde::decode::Error;

    let mut decoder = rmp_serde::Deserializer::from_read_ref(bytes);
    let value = T::deserialize(Guard::new(&mut decoder, budget)).map_err(|_| Unreadable::Decode)?;
    // The decoder does not tell how far it came, so it is asked for one value more: it must find
    // the end where that value's first byte would be.
    match bool::deserialize(&mut decoder) {
        Err(Error::InvalidMarkerRead(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Ok(value)
        }
        _ => Err(Unreadable::Decode),
    }
}

/// A writer that only counts.
struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
