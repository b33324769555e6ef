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

mod error;
pub mod limit;
pub mod lock;
pub mod queue;
mod stream;

use cache_runtime::Cache;

pub use error::ToolkitError;
pub use limit::{Decision, Limiter, OnOutage};
pub use lock::{Lock, LockError, LockGuard};
pub use queue::{Attempt, Delivery, Level, Queue, QueueStats};
pub use stream::{Consumer, ConsumerStats, DeadLetter, DeadLetters};

/// What a cache can be asked for with this crate.
pub trait Toolkit {
    /// The lock of this name, for the whole fleet; nothing is asked of Redis yet. See [`Lock`].
    fn lock(&self, name: impl Into<String>) -> Lock;

    /// The queue of this name, of jobs of one type; nothing is asked of Redis yet. See [`Queue`].
    fn queue<T>(&self, name: impl AsRef<str>) -> Queue<T>;
}

impl Toolkit for Cache {
    fn lock(&self, name: impl Into<String>) -> Lock {
        Lock::new(self, name.into())
    }

    fn queue<T>(&self, name: impl AsRef<str>) -> Queue<T> {
        Queue::new(self, name.as_ref())
    }
}
