//! Frames: an entry as bytes.
//!
//! A frame is a header and a payload under one checksum. Whatever is read back is untrusted: it
//! becomes a value or an [`Unreadable`], never a panic and never an allocation its length did not
//! pay for. [`shape::shape`] says what a value looks like, so that two builds whose types differ
//! never read one another's bytes.

mod codec;
mod codec_id;
mod compress;
mod encryption;
mod header;
mod read;
mod shape;
#[cfg(test)]
mod tests;
mod unreadable;
mod write;
mod writer;

#[cfg(test)]
use codec::decode;
pub(crate) use codec::{
    EncodeError, Room, decode_payload, encode, encoded_len, tells_all, unpacked,
};
pub(crate) use codec_id::CodecId;
pub(crate) use compress::{compress, decompress, is_compressed, tried};
#[cfg(not(feature = "encrypt"))]
pub(crate) use encryption::EncryptionKeys;
#[cfg(feature = "encrypt")]
pub use encryption::EncryptionKeys;
#[cfg(feature = "redis")]
pub(crate) use encryption::opened;
pub(crate) use encryption::{Lock, write_encrypted};
#[cfg(feature = "redis")]
pub(crate) use header::{EntryId, outline};
pub(crate) use header::{
    Frame, Header, ID_OFFSET, Stamp, StampKind, Stamped, extent, parse, write,
};
pub(crate) use shape::{Mismatch, Shape, Verdict, is_longer, serializes_as, shape};
pub(crate) use unreadable::Unreadable;
pub(crate) use write::Written;
pub(crate) use writer::Writer;
