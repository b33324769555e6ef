//! Keys in memory: a site and its encoded parts, with a hash that was computed as they were written.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use quick_cache::Equivalent;

/// A key in memory: the site and the encoded parts, compared in full, with their hash beside them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sought<'a> {
    pub(crate) site: u32,
    pub(crate) hash: u64,
    pub(crate) parts: &'a [u8],
}

/// The same, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) site: u32,
    pub(crate) hash: u64,
    pub(crate) parts: Arc<[u8]>,
}

impl Kept {
    pub(crate) fn sought(&self) -> Sought<'_> {
        Sought {
            site: self.site,
            hash: self.hash,
            parts: &self.parts,
        }
    }
}

impl Hash for Sought<'_> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Hash for Kept {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Equivalent<Kept> for Sought<'_> {
    #[inline]
    fn equivalent(&self, key: &Kept) -> bool {
        self.site == key.site && *self.parts == *key.parts
    }
}

/// Passes a hash on that was computed before.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Computed(u64);

impl Hasher for Computed {
    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Keys write one `u64`; this keeps other input from being lost.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    #[inline]
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
