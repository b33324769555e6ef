use bytes::{Bytes, BytesMut};

use crate::key::{CacheKey, KeyWriter};

impl CacheKey for Bytes {
    fn write(&self, writer: &mut KeyWriter) {
        writer.bytes(self);
    }
}

impl CacheKey for BytesMut {
    fn write(&self, writer: &mut KeyWriter) {
        writer.bytes(self);
    }
}
