//! What a person or a tool sees and does from outside of the program that caches: entries explained, listed,
//! decoded, invalidated and expired by their names, changes as they happen, and how the servers are set up.
//!
//! It needs nothing of the program but where its Redis is and its prefix. Whether an entry may be served is asked
//! of the same code as in a read; what only the program knows (the type of its values, the tags that a function
//! names) can be said by [`Expected`].
//!
//! ```no_run
//! # async fn example() -> Result<(), cache_runtime::CacheError> {
//! use cache_runtime::Cache;
//! use cache_runtime::admin::{Admin, Expected, Selection};
//!
//! let admin = Admin::new(Cache::builder().environment()?)?;
//! let mut entries = admin.entries(Selection::Namespace("user".to_owned()))?;
//! while let Some(batch) = entries.next().await? {
//!     for entry in batch {
//!         println!("{:?}", admin.explain(&entry.name, &Expected::default()).await?.verdict);
//!     }
//! }
//! # Ok(()) }
//! ```

mod acts;
mod blame;
mod entries;
mod explain;
mod explanation;
mod log;
mod node;
mod payload;
mod restore;
mod servers;
mod stored;
mod told;
mod turn;
mod watch;
mod words;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use entries::{Entries, EntryLine, Selection, WalkPlace};
pub use explanation::{
    EntryHeader, Expected, Explanation, LeaseKind, LeaseSeen, Loader, StampKind, StampSeen,
    StampState, Verdict,
};
pub use log::Action;
pub use node::{Keyspace, NodeFacts, RoundTrips};
pub use payload::{Payload, Shown};
pub use restore::{Fate, Restore, RestoreTerms, Returning};
pub use servers::servers;
pub use stored::{NodeClock, StoredEntry, Unsaved};
pub use watch::{Change, Heard, Of, Watch};

use crate::cache::{Cache, CacheBuilder};
use crate::error::{CacheError, Result};
use crate::redis::{Fault, Topology};
use crate::site::Names;

/// How long a connection is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Access to what is stored, from outside of the program that stores it.
#[derive(Clone)]
pub struct Admin {
    cache: Cache,
    /// Connections that are not the cache's own, where what is read is to be remembered by no server.
    apart: Option<Arc<Apart>>,
}

/// Connections that end with the last who has them.
struct Apart(Topology);

impl Admin {
    /// Access to the Redis and the prefix of these settings. It keeps nothing in memory; Redis is connected to at
    /// the first use, or by [`Cache::connect`] of [`cache`](Self::cache).
    ///
    /// # Errors
    ///
    /// As [`CacheBuilder::build`], and [`CacheError::Setting`] for `memory:`, of which nothing can be seen from
    /// outside.
    pub fn new(builder: CacheBuilder) -> Result<Self, CacheError> {
        if builder.is_without_server() {
            return Err(without_server());
        }
        // Who looks on is no process of the fleet.
        Self::of(&builder.memory_bytes(0).fleet(false).build()?)
    }

    /// Access to what a cache of this program has in Redis, on the connections that its calls use. Closing the cache
    /// closes it.
    ///
    /// # Errors
    ///
    /// [`CacheError::Setting`] for a cache without Redis: what a process keeps in memory alone can't be listed.
    pub fn of(cache: &Cache) -> Result<Self, CacheError> {
        if cache.tiers().redis.is_none() {
            return Err(without_server());
        }
        Ok(Self {
            cache: cache.clone(),
            apart: None,
        })
    }

    /// The cache itself, for what it does by name: tags, namespaces, everything.
    #[must_use]
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// The namespace and the readable key in an entry's name, `None` if it is no entry's; the key is `None` where
    /// there is a hash alone.
    #[must_use]
    pub fn parts<'a>(&self, name: &'a str) -> Option<(&'a str, Option<&'a str>)> {
        let (namespace, _) = self.names().parts(name)?;
        let readable = self.names().readable(name);
        Some((namespace, readable.map(|(_, key)| key)))
    }

    fn names(&self) -> &Names {
        &self.cache.tiers().names
    }

    /// The Redis that [`new`](Self::new) has made sure of.
    fn redis(&self) -> Result<&Topology> {
        let redis = self.apart.as_ref().map(|apart| &apart.0);
        let redis = redis.or(self.cache.tiers().redis.as_ref());
        redis.ok_or_else(|| unavailable("reach redis", Fault::Down))
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        let topology = self.0.clone();
        // Without a thread there is no connection either.
        let _ = crate::own_thread::spawn(async move { topology.close().await });
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Admin").field(&self.cache).finish()
    }
}

fn without_server() -> CacheError {
    CacheError::Setting {
        setting: "url",
        reason: "it is `memory:`, and what a process keeps in memory can't be seen from outside: set `CACHE_URL` to the \
                 program's Redis"
            .to_owned(),
    }
}

fn unavailable(doing: &'static str, fault: Fault) -> CacheError {
    CacheError::Unavailable {
        doing,
        cause: fault.as_str().to_owned(),
    }
}

/// Bytes as hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
