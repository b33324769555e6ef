use url::Url;

use crate::key::{CacheKey, KeyWriter};

/// The text of the URL, which the crate keeps normalized.
impl CacheKey for Url {
    fn write(&self, writer: &mut KeyWriter) {
        writer.str(self.as_str());
    }

    #[inline]
    fn __shows_text(&self) -> bool {
        true
    }
}
