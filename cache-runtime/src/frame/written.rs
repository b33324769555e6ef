//! A value of a type that is not known, as it is written.

use serde::Serialize;

use super::codec::{CodecId, EncodeError, encode, encoded_len};
use super::shape::{Mismatch, Shape, is_longer, serializes_as};

/// A value that can be written.
pub(crate) trait Written {
    fn encode(&self, codec: CodecId) -> Result<Vec<u8>, EncodeError>;

    fn encoded_len(&self, codec: CodecId) -> Result<usize, EncodeError>;

    fn is_longer(&self, bytes: usize) -> bool;

    fn serializes_as(&self, shape: &Shape) -> Result<(), Mismatch>;
}

impl<T: Serialize> Written for T {
    fn encode(&self, codec: CodecId) -> Result<Vec<u8>, EncodeError> {
        encode(codec, self)
    }

    fn encoded_len(&self, codec: CodecId) -> Result<usize, EncodeError> {
        encoded_len(codec, self)
    }

    fn is_longer(&self, bytes: usize) -> bool {
        is_longer(self, bytes)
    }

    fn serializes_as(&self, shape: &Shape) -> Result<(), Mismatch> {
        serializes_as(self, shape)
    }
}
