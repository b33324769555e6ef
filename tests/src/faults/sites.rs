//! The annotated functions under test.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicU64, Ordering};

use cache_runtime::{Cache, CacheError, cached};

use super::origin::{Loaded, Origin};

/// The namespace whose reads ask Redis each time, so that its hits tell whether Redis is used.
pub(super) const ASKING: &str = "faults-strict";

const SHELVES: u64 = 4;

/// The namespace of [`Site::Elsewhere`], whose stamp is where the first of three masters is not.
#[cfg(test)]
pub(super) const CALM: &str = "faults-elsewhere";

/// A kind of function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Site {
    /// Few entries, mostly in memory.
    Hot,
    /// Entries with a tag, whose stamp is in a slot of its own.
    Tagged,
    /// Read from Redis each time.
    Strict,
    /// As strict, on nodes that nothing happens to.
    Elsewhere,
    /// A new entry each time: a read, a lease, a load and a store.
    Cold,
}

#[cached(ns = "faults-hot", ttl = "10m", skip(origin))]
async fn hot(origin: &Origin, id: u64) -> Result<Loaded, ErrorKind> {
    origin.load(id).await
}

#[cached(ns = "faults-tagged", ttl = "10m", tags = [shelf(id)], skip(origin))]
async fn tagged(origin: &Origin, id: u64) -> Result<Loaded, ErrorKind> {
    origin.load(id).await
}

#[cached(
    ns = "faults-strict",
    ttl = "10m",
    consistency = "strong",
    skip(origin)
)]
async fn strict(origin: &Origin, id: u64) -> Result<Loaded, ErrorKind> {
    origin.load(id).await
}

#[cached(
    ns = "faults-elsewhere",
    ttl = "10m",
    consistency = "strong",
    skip(origin)
)]
async fn elsewhere(origin: &Origin, id: u64) -> Result<Loaded, ErrorKind> {
    origin.load(id).await
}

#[cached(ns = "faults-cold", ttl = "10m", skip(origin))]
async fn cold(origin: &Origin, id: u64) -> Result<Loaded, ErrorKind> {
    origin.load(id).await
}

fn shelf(id: u64) -> String {
    format!("shelf:{}", id % SHELVES)
}

/// The key in Redis of an entry of [`Site::Strict`].
pub(super) fn strict_key(id: u64) -> String {
    strict_entry(id).key().to_owned()
}

/// The key in Redis of an entry of [`Site::Elsewhere`].
pub(super) fn elsewhere_key(id: u64) -> String {
    elsewhere_entry(id).key().to_owned()
}

impl Site {
    pub(super) const ALL: [Self; 5] = [
        Self::Hot,
        Self::Tagged,
        Self::Strict,
        Self::Elsewhere,
        Self::Cold,
    ];

    pub(super) async fn read(self, origin: &Origin, id: u64) -> Result<Loaded, ErrorKind> {
        match self {
            Self::Hot => hot(origin, id).await,
            Self::Tagged => tagged(origin, id).await,
            Self::Strict => strict(origin, id).await,
            Self::Elsewhere => elsewhere(origin, id).await,
            Self::Cold => cold(origin, id).await,
        }
    }

    /// Writes a value, or all on its shelf, and invalidates what was loaded of them before.
    pub(super) async fn write(
        self,
        cache: &Cache,
        origin: &Origin,
        id: u64,
        ids: &[u64],
    ) -> Result<(), CacheError> {
        let is_written = |other: &&u64| match self {
            Self::Tagged => **other % SHELVES == id % SHELVES,
            _ => **other == id,
        };
        let written: Vec<_> = ids
            .iter()
            .filter(is_written)
            .map(|id| (*id, origin.write(*id)))
            .collect();
        match self {
            Self::Hot => hot_entry(id).invalidate().await?,
            Self::Tagged => cache.tag(shelf(id)).invalidate().await?,
            Self::Strict => strict_entry(id).invalidate().await?,
            Self::Elsewhere => elsewhere_entry(id).invalidate().await?,
            Self::Cold => return Ok(()),
        }
        for (id, version) in written {
            origin.acknowledge(id, version);
        }
        Ok(())
    }
}

/// An id that no call had before.
pub(super) fn unknown_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1 << 32);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
