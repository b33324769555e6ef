//! Frames: an entry as bytes.
//!
//! A frame is a header and a payload under one checksum. Whatever is read back is untrusted: it
//! becomes a value or an [`Unreadable`], never a panic and never an allocation its length did not
//! pay for. [`shape::shape`] says what a value looks like, so that two builds whose types differ
//! never read one another's bytes.

mod codec;
mod compress;
mod guard;
mod header;
mod shape;
#[cfg(test)]
mod tests;
mod unreadable;
mod writer;
mod written;

pub(crate) use codec::{CodecId, Room, decode_payload, unpacked};
#[cfg(test)]
use codec::{decode, encode, encoded_len};
pub(crate) use compress::compress;
pub(crate) use header::{
    Frame, Header, ID_OFFSET, Stamp, StampKind, Stamped, extent, parse, write,
};
#[cfg(test)]
use shape::serializes_as;
pub(crate) use shape::{Mismatch, Shape, Verdict, shape};
pub(crate) use unreadable::Unreadable;
pub(crate) use writer::Writer;
pub(crate) use written::Written;
