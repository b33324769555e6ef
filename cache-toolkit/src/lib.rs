//! Structures in Redis that programs build beside a cache, on the cache's own supervised connections: they live through a
//! failover as the cache does, and are in its namespace.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//!
//! use cache_runtime::Cache;
//! use cache_toolkit::{Limiter, Toolkit as _};
//!
//! let cache = Cache::from_env()?;
//!
//! // At most 100 requests a minute for each user, over all processes.
//! let limiter = Limiter::gcra(&cache, "api", 100, Duration::from_secs(60))?;
//! let decision = limiter.check("user 42").await?;
//! if let Some(after) = decision.retry_after {
//!     println!("too many: again in {after:?}");
//! }
//!
//! // One process at a time.
//! let report = cache.lock("report:2026").with(async |guard| {
//!     println!("we are number {}", guard.fence());
//! }).await?;
//! # Ok(()) }
//! ```
//!
//! | to | see |
//! |---|---|
//! | let so many through in a time | [`Limiter`] |
//! | have one process at a time do something | [`Toolkit::lock`] |
//! | count | [`Toolkit::counter`] |
//! | know who belongs | [`Toolkit::set`] |
//! | rank players | [`Toolkit::leaderboard`] |
//! | find what is near | [`Toolkit::places`] |
//!
//! # Without Redis
//!
//! On a cache of `memory:` all of this works within the process, by the same rules, in 64 MiB at most for each cache; what
//! is over that is refused with [`ToolkitError::Full`]: what is counted already goes on, new names and members have no room.
//! A rank is found by halving, and what is near by a walk through all places of the name. Other processes know nothing of it. On a cache that is off, or
//! closed, nothing of this works: a lock that nobody else sees is none.
//!
//! # Members
//!
//! Members of sets, leaderboards and places are stored as JSON text, so that they can be read by hand and in other
//! languages. Two that are equal must be the same text: the names in an object are put in order, so structs and maps are
//! fine; a `HashSet` has no order (take a `BTreeSet`), and a float is no id.

/// The guide's chapter, whose code is compiled.
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/src/toolkit.md")]
struct Guide;

mod counter;
mod error;
mod home;
mod leaderboard;
pub mod limit;
pub mod lock;
mod member;
mod named;
mod places;
mod set;

use cache_runtime::Cache;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use counter::Counter;
pub use error::ToolkitError;
pub use leaderboard::{Leaderboard, Standing};
pub use limit::{Decision, Limiter, OnOutage};
pub use lock::{Lock, LockError, LockGuard};
pub use places::{Found, Places, Point};
pub use set::{Members, Set};

/// What a cache can be asked for with this crate.
pub trait Toolkit {
    /// The lock of this name, for the whole fleet; nothing is asked of Redis yet. See [`Lock`].
    fn lock(&self, name: impl Into<String>) -> Lock;

    /// The counter of this name; nothing is asked of Redis yet. See [`Counter`].
    fn counter(&self, name: impl Into<String>) -> Counter;

    /// The set of this name; nothing is asked of Redis yet. See [`Set`].
    fn set<T: Serialize + DeserializeOwned>(&self, name: impl Into<String>) -> Set<T>;

    /// The leaderboard of this name; nothing is asked of Redis yet. See [`Leaderboard`].
    fn leaderboard<M: Serialize + DeserializeOwned>(
        &self,
        name: impl Into<String>,
    ) -> Leaderboard<M>;

    /// The places of this name; nothing is asked of Redis yet. See [`Places`].
    fn places<M: Serialize + DeserializeOwned>(&self, name: impl Into<String>) -> Places<M>;
}

impl Toolkit for Cache {
    fn lock(&self, name: impl Into<String>) -> Lock {
        Lock::new(self, name.into())
    }

    fn counter(&self, name: impl Into<String>) -> Counter {
        Counter::new(self, name.into())
    }

    fn set<T: Serialize + DeserializeOwned>(&self, name: impl Into<String>) -> Set<T> {
        Set::new(self, name.into())
    }

    fn leaderboard<M: Serialize + DeserializeOwned>(
        &self,
        name: impl Into<String>,
    ) -> Leaderboard<M> {
        Leaderboard::new(self, name.into())
    }

    fn places<M: Serialize + DeserializeOwned>(&self, name: impl Into<String>) -> Places<M> {
        Places::new(self, name.into())
    }
}
