use uuid::Uuid;

use crate::key::{CacheKey, KeyWriter, kind};

impl CacheKey for Uuid {
    #[inline]
    fn write(&self, writer: &mut KeyWriter) {
        writer.put(kind::UUID, *self.as_bytes());
    }

    #[inline]
    fn __shows_text(&self) -> bool {
        true
    }
}
