//! A lock by name, for the whole fleet: one holder at a time, who has a number that grows with each.
//!
//! # What it does not promise
//!
//! A lock on one Redis is a lease: it ends by itself when its holder does not renew it, so that a process which dies does
//! not hold it for ever. A holder that is stopped for longer than that (a pause of its machine, a blocked runtime) may go on
//! beside the next one; and a failover to a replica that has not heard of it gives it away a second time. It saves work that
//! is done twice; it does not make two writers safe. Where they must be, pass [`LockGuard::fence`] along and have what is
//! written to refuse a smaller number than it has seen (Kleppmann, *How to do distributed locking*, 2016).
//!
//! On a cache without Redis it is a lock of this process alone.

mod guard;
mod local;
mod queue;
mod renewal;
mod waiting;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cache_runtime::Cache;
use cache_runtime::commands::Script;

use crate::ToolkitError;
use crate::home::Home;
use guard::Held;
pub use guard::LockGuard;
use queue::Queue;
use waiting::Look;

static TAKE: Script = Script::new(include_str!("take.lua"));
static RENEW: Script = Script::new(include_str!("renew.lua"));
static RELEASE: Script = Script::new(include_str!("release.lua"));

/// How long a lock is held without a renewal.
const TTL: Duration = Duration::from_secs(10);

/// How long it is waited for.
const WAIT: Duration = Duration::from_secs(10);

/// A lock by name; made by [`Toolkit::lock`](crate::Toolkit::lock). It is cheap to clone, and nothing until it is taken.
///
/// ```no_run
/// # async fn example(cache: cache_runtime::Cache) -> Result<(), Box<dyn std::error::Error>> {
/// use cache_toolkit::Toolkit as _;
///
/// match cache.lock("report:2026").take().await {
///     Ok(guard) => {
///         // .. one process at a time; it is renewed meanwhile ..
///         guard.release().await?;
///     }
///     Err(error) => println!("{error}"), // it names the lock
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Lock {
    cache: Cache,
    name: String,
    ttl: Duration,
    wait: Duration,
}

/// Why a lock was not taken, or not kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Somebody else has it.
    #[error(
        "the lock {name:?} is held by another, and was waited for in vain for {waited:?}: wait longer, or look who holds it"
    )]
    Held {
        /// Which.
        name: String,
        /// For how long it was waited for.
        waited: Duration,
    },
    /// It was lost before it was released: it was not renewed in time, or Redis lost it. Another may have had it meanwhile.
    #[error(
        "the lock {name:?} was lost before it was released: what was done under it may have been done beside another"
    )]
    Lost {
        /// Which.
        name: String,
    },
    /// Redis could not be asked.
    #[error("the lock {name:?} can't be had: {error}")]
    Unavailable {
        /// Which.
        name: String,
        /// Why.
        error: ToolkitError,
    },
}

impl Lock {
    pub(crate) fn new(cache: &Cache, name: String) -> Self {
        Self {
            cache: cache.clone(),
            name,
            ttl: TTL,
            wait: WAIT,
        }
    }

    /// How long it is held without a renewal, which its guard sends each third of that: how long others wait where its
    /// holder dies. 10 s unless set; at least 100 ms.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl.clamp(Duration::from_millis(100), Duration::from_secs(24 * 3_600));
        self
    }

    /// How long [`take`](Self::take) waits for it. 10 s unless set.
    #[must_use]
    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// Takes it, and waits while another has it: in turn among the callers of this process, and for the server's push
    /// that it was given back.
    ///
    /// # Errors
    ///
    /// [`LockError::Held`] after [`wait`](Self::wait), [`LockError::Unavailable`] if Redis can't be asked.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, it is not taken, or given back at once.
    pub async fn take(&self) -> Result<LockGuard, LockError> {
        let asked = Instant::now();
        let home = self.home()?;
        let key = home.key("lock", &self.name);
        let turns = self.cache.extension::<Queue>();
        let wait = async {
            // One caller of this process asks at a time, so that a herd here is one asker there.
            let _turn = turns.turn(&key).await;
            loop {
                let look = Look::at(&home, &key).await;
                let look = look.map_err(|error| self.unavailable(error))?;
                let left = match look.is_held() {
                    false => match self.ask(&home, &key).await? {
                        Ok(guard) => return Ok(guard),
                        Err(left) => left,
                    },
                    true => self.ttl,
                };
                look.changed(left).await;
            }
        };
        match tokio::time::timeout(self.wait, wait).await {
            Ok(taken) => taken,
            Err(_) => Err(self.held(asked.elapsed())),
        }
    }

    /// Takes it if nobody has it now; `None` if somebody does.
    ///
    /// # Errors
    ///
    /// [`LockError::Unavailable`] if Redis can't be asked.
    ///
    /// # Cancellation
    ///
    /// As [`take`](Self::take).
    pub async fn try_take(&self) -> Result<Option<LockGuard>, LockError> {
        let home = self.home()?;
        let key = home.key("lock", &self.name);
        Ok(self.ask(&home, &key).await?.ok())
    }

    /// Takes it, runs the body, and gives it back, whatever the body returns.
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take), and [`LockError::Lost`] if it was lost before the body ended: the body ran to its end all
    /// the same. A body that should not asks [`LockGuard::is_held`], or waits for [`LockGuard::lost`] beside its work.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, so is the body, and the lock is given back.
    pub async fn with<R>(&self, body: impl AsyncFnOnce(&LockGuard) -> R) -> Result<R, LockError> {
        let guard = self.take().await?;
        let returned = body(&guard).await;
        guard.release().await?;
        Ok(returned)
    }

    fn home(&self) -> Result<Home, LockError> {
        Home::of(&self.cache).map_err(|error| self.unavailable(error))
    }

    /// Asks for it once; for how much longer another has it where that is so.
    async fn ask(&self, home: &Home, key: &str) -> Result<Result<LockGuard, Duration>, LockError> {
        let held = Held {
            home: home.clone(),
            name: self.name.clone(),
            key: key.to_owned(),
            fence_key: home.key("fence", &self.name),
            token: format!("{:032x}", rand::random::<u128>()),
            ttl: self.ttl,
        };
        // Given back if this is dropped before the answer is here.
        let asking = guard::Asking::new(Arc::new(held));
        let sent = Instant::now();
        let asked = asking.held().take().await;
        match asked.map_err(|error| self.unavailable(error))? {
            Ok(fence) => Ok(Ok(asking.taken(fence, sent))),
            Err(left) => {
                asking.not_taken();
                Ok(Err(left))
            }
        }
    }

    fn held(&self, waited: Duration) -> LockError {
        let name = self.name.clone();
        LockError::Held { name, waited }
    }

    fn unavailable(&self, error: impl Into<ToolkitError>) -> LockError {
        LockError::Unavailable {
            name: self.name.clone(),
            error: error.into(),
        }
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock")
            .field("name", &self.name)
            .field("ttl", &self.ttl)
            .field("wait", &self.wait)
            .finish_non_exhaustive()
    }
}
