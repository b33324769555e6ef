//! Codecs: a value as bytes, and back under a guard.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::de::DeserializeOwned;

use super::codec_id::CodecId;
use super::compress::decompress;
use super::encryption::{Lock, opened};
use super::read::{Budget, Halt, Payload, Reader, Source};
use super::shape::{Mismatch, keeps_every_option};
use super::write::{Bincode, Json, MessagePack, Out, Pen, Written};
use super::{Frame, Unreadable};

/// A value that its codec can't write: it is returned to the caller and not stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a value could not be encoded: {0}")]
pub(crate) struct EncodeError(pub(crate) Mismatch);

/// Encodes a value.
///
/// # Errors
///
/// If the type's own `Serialize` fails, or the codec can't write the value so that it reads back.
pub(crate) fn encode(codec: CodecId, value: &dyn Written) -> Result<Vec<u8>, EncodeError> {
    match encode_to(codec, value, Out::Bytes(Vec::new()))? {
        Out::Bytes(bytes) => Ok(bytes),
        Out::Count(_) => Err(EncodeError(Mismatch::Failed)),
    }
}

/// How many bytes [`encode`] would return, without making them: the weight of an entry that never
/// leaves memory.
///
/// # Errors
///
/// As [`encode`].
pub(crate) fn encoded_len(codec: CodecId, value: &dyn Written) -> Result<usize, EncodeError> {
    match encode_to(codec, value, Out::Count(0))? {
        Out::Bytes(bytes) => Ok(bytes.len()),
        Out::Count(count) => Ok(count),
    }
}

/// Checks that JSON tells apart all that a value holds, as a type must find that asks what there is.
///
/// # Errors
///
/// [`Mismatch::Untold`] for what it doesn't, and whatever else [`encode`] refuses.
pub(crate) fn tells_all(value: &dyn Written) -> Result<(), Mismatch> {
    value.write(Pen::Json(&mut Json::asked(Out::Count(0))))
}

fn encode_to(codec: CodecId, value: &dyn Written, out: Out) -> Result<Out, EncodeError> {
    match codec {
        CodecId::Bincode => {
            let mut bincode = Bincode::new(out);
            value
                .write(Pen::Bincode(&mut bincode))
                .map_err(EncodeError)?;
            Ok(bincode.into_out())
        }
        CodecId::MessagePack => {
            keeps_every_option(value, codec).map_err(EncodeError)?;
            let mut pack = MessagePack::new(out);
            value
                .write(Pen::MessagePack(&mut pack))
                .map_err(EncodeError)?;
            Ok(pack.into_out())
        }
        CodecId::Json => {
            keeps_every_option(value, codec).map_err(EncodeError)?;
            let mut json = Json::new(out);
            value.write(Pen::Json(&mut json)).map_err(EncodeError)?;
            Ok(json.into_out())
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

/// A frame's payload as it was before it was compressed and encrypted.
///
/// # Errors
///
/// [`Unreadable`] where it can't be opened or decompressed, or is too large.
pub(crate) fn unpacked<'a>(
    frame: &Frame<'a>,
    lock: Lock<'_>,
    room: Room,
) -> Result<Cow<'a, [u8]>, Unreadable> {
    let (compression, limit) = (frame.header.compression, room.payload);
    if !frame.header.is_encrypted {
        return decompress(frame.payload, compression, limit);
    }
    let opened = opened(frame, lock)?;
    match decompress(&opened, compression, limit)? {
        Cow::Owned(unpacked) => Ok(Cow::Owned(unpacked)),
        Cow::Borrowed(_) => Ok(Cow::Owned(opened)),
    }
}

/// The value of a frame.
#[cfg(test)]
pub(super) fn decode<T: DeserializeOwned>(frame: &Frame<'_>, room: Room) -> Result<T, Unreadable> {
    let lock = Lock {
        keys: None,
        name: "",
    };
    decode_payload(frame.header.codec, &unpacked(frame, lock, room)?, room)
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
    let mut value = None;
    read_payload(codec, payload, room, &mut |reader| {
        value = Some(T::deserialize(reader)?);
        Ok(())
    })?;
    value.ok_or(Unreadable::Decode)
}

/// Has a type read a payload.
fn read_payload(
    codec: CodecId,
    payload: &[u8],
    room: Room,
    read: &mut dyn FnMut(Reader<'_, '_>) -> Result<(), Halt>,
) -> Result<(), Unreadable> {
    let budget = Budget::for_payload(payload.len(), payload.len().min(room.paying));
    let mut source = Source::new(codec, payload);
    // A type's own `Deserialize` may panic on bytes that its `Serialize` never wrote.
    let reading = AssertUnwindSafe(|| read(Payload::reader(&mut source, &budget)));
    match catch_unwind(reading) {
        Ok(Ok(())) if source.is_at_end() => Ok(()),
        Ok(Err(Halt)) if budget.is_spent() => Err(Unreadable::TooLarge),
        _ => Err(Unreadable::Decode),
    }
}
