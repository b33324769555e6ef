//! What values are written to: bytes, or how many they would be.

use std::io::{self, Write};

use bincode::enc::write::Writer;
use bincode::enc::{Encode, EncoderImpl};
use rmp_serde::config::{DefaultConfig, StructMapConfig};
use serde::ser::Serializer;

use super::Fields;
use crate::frame::codec_id::{BINCODE, BincodeConfig};
use crate::frame::shape::Mismatch;

/// Bytes, or their count alone.
#[derive(Debug)]
pub(crate) enum Out {
    Bytes(Vec<u8>),
    Count(usize),
}

impl Out {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        match self {
            Self::Bytes(all) => all.extend_from_slice(bytes),
            Self::Count(count) => *count = count.saturating_add(bytes.len()),
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Writer for Out {
    fn write(&mut self, bytes: &[u8]) -> Result<(), bincode::error::EncodeError> {
        self.add(bytes);
        Ok(())
    }
}

/// Written by position.
pub(crate) struct Bincode(EncoderImpl<Out, BincodeConfig>);

impl Bincode {
    pub(in crate::frame) fn new(out: Out) -> Self {
        Self(EncoderImpl::new(out, BINCODE))
    }

    pub(super) fn put(&mut self, value: impl Encode) -> Result<(), Mismatch> {
        value.encode(&mut self.0).map_err(|_| Mismatch::Failed)
    }

    pub(in crate::frame) fn into_out(self) -> Out {
        self.0.into_writer()
    }
}

type Packer = rmp_serde::Serializer<Out, StructMapConfig<DefaultConfig>>;

/// Written with names.
pub(crate) struct MessagePack(Packer);

impl Default for MessagePack {
    fn default() -> Self {
        Self::new(Out::Bytes(Vec::new()))
    }
}

impl MessagePack {
    pub(in crate::frame) fn new(out: Out) -> Self {
        Self(rmp_serde::Serializer::new(out).with_struct_map())
    }

    pub(super) fn put(
        &mut self,
        put: impl FnOnce(&mut Packer) -> Result<(), rmp_serde::encode::Error>,
    ) -> Result<(), Mismatch> {
        put(&mut self.0).map_err(|_| Mismatch::Failed)
    }

    /// What stands before so many fields.
    pub(super) fn fields(&mut self, fields: Fields) -> Result<(), Mismatch> {
        let begun = match fields {
            Fields::Named(len) => self.0.serialize_map(Some(len)).map(drop),
            Fields::Placed(len) => self.0.serialize_seq(Some(len)).map(drop),
        };
        begun.map_err(|_| Mismatch::Failed)
    }

    /// Adds what was written elsewhere.
    pub(super) fn append(&mut self, parts: Self) -> Result<(), Mismatch> {
        match parts.into_out() {
            Out::Bytes(bytes) => self.0.get_mut().add(&bytes),
            Out::Count(_) => return Err(Mismatch::Failed),
        }
        Ok(())
    }

    pub(in crate::frame) fn into_out(self) -> Out {
        self.0.into_inner()
    }
}
