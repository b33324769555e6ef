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
//! | have something done later, by any process | [`Toolkit::queue`] |
//! | tell all who listen, and those who were away what they missed | [`Toolkit::topic`] |
//! | invalidate what an event makes invalid, and tell others of it | [`Toolkit::publish`], [`Toolkit::on`] |
//! | count | [`Toolkit::counter`] |
//! | know who belongs | [`Toolkit::set`] |
//! | rank players | [`Toolkit::leaderboard`] |
//! | find what is near | [`Toolkit::places`] |
//!
//! # Without Redis
//!
//! On a cache of `memory:` all of this works within the process, by the same rules, in 64 MiB at most for each cache; what
//! is over that is refused with [`ToolkitError::NoRoom`]: what is counted already goes on, new names and members have no room.
//! A rank is found by halving, and what is near by a walk through all places of the name. Other processes know nothing of
//! it. On a cache that is off, or closed, nothing of this works: a lock that nobody else sees is none.
//!
//! # Members
//!
//! Members of sets, leaderboards and places are stored as JSON text, so that they can be read by hand and in other
//! languages. Two that are equal must be the same text: the names in an object are put in order, so structs and maps are
//! fine; a `HashSet` has no order (take a `BTreeSet`), and a float is no id.

mod counter;
mod error;
pub mod event;
mod home;
mod leaderboard;
pub mod limit;
pub mod lock;
mod member;
mod named;
mod places;
pub mod queue;
mod set;
mod stream;
pub mod topic;

use cache_runtime::Cache;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use cache_macros::CacheEvent;
pub use counter::Counter;
pub use error::ToolkitError;
pub use event::{CacheEvent, GroupStats, On, PublishError};
pub use leaderboard::{Leaderboard, Standing};
pub use limit::{Decision, Limiter, OnOutage};
pub use lock::{Lock, LockError, LockGuard};
pub use places::{Found, Places, Point};
pub use queue::{Attempt, Delivery, Level, Queue, QueueStats};
pub use set::{Members, Set};
pub use stream::{Consumer, ConsumerStats, DeadLetter, DeadLetters};
pub use topic::{Message, Position, Subscription, Topic};

/// What a cache can be asked for with this crate.
pub trait Toolkit {
    /// The lock of this name, for the whole fleet; nothing is asked of Redis yet. See [`Lock`].
    fn lock(&self, name: impl Into<String>) -> Lock;

    /// The queue of this name, of jobs of one type; nothing is asked of Redis yet. See [`Queue`].
    fn queue<T>(&self, name: impl AsRef<str>) -> Queue<T>;

    /// The topic of this name, of messages of one type; nothing is asked of Redis yet. See [`Topic`].
    fn topic<T>(&self, name: impl AsRef<str>) -> Topic<T>;

    /// Invalidates the tags of an event, all at once, and once they are acknowledged has every group told of it; gives its
    /// number. See [`event`].
    ///
    /// In a transaction it belongs behind the commit: what is invalidated by hand in a
    /// [`deferred`](cache_runtime::deferred) scope is invalidated at once.
    ///
    /// # Errors
    ///
    /// [`PublishError`], which says which half was not done.
    ///
    /// # Cancellation
    ///
    /// Once polled the invalidation is carried out, even if the future is dropped. The event may have been told or not.
    fn publish<E: CacheEvent>(
        &self,
        event: E,
    ) -> impl Future<Output = Result<u64, PublishError>> + Send;

    /// A group that handles an event, of which each event is told to one process; nothing runs yet. See [`On`].
    fn on<E: CacheEvent>(&self, group: impl AsRef<str>) -> On<E>;

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

#[doc(hidden)]
pub mod __private {
    pub use cache_runtime::Tag;
}

impl Toolkit for Cache {
    fn lock(&self, name: impl Into<String>) -> Lock {
        Lock::new(self, name.into())
    }

    fn queue<T>(&self, name: impl AsRef<str>) -> Queue<T> {
        Queue::new(self, name.as_ref())
    }

    fn topic<T>(&self, name: impl AsRef<str>) -> Topic<T> {
        Topic::new(self, name.as_ref())
    }

    fn publish<E: CacheEvent>(
        &self,
        event: E,
    ) -> impl Future<Output = Result<u64, PublishError>> + Send {
        event::publish(self.clone(), event)
    }

    fn on<E: CacheEvent>(&self, group: impl AsRef<str>) -> On<E> {
        On::new(self, group.as_ref())
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

/// The chapters of the guide, whose code must compile.
#[cfg(doctest)]
mod guide {
    macro_rules! chapters {
        ($($chapter:literal $name:ident)*) => {$(
            #[doc = include_str!(concat!("../../docs/guide/src/", $chapter))]
            pub struct $name;
        )*};
    }

    chapters! {
        "queues.md" Queues
        "events.md" Events
        "toolkit.md" Structures
    }
}
