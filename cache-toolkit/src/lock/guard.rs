//! Who holds a lock, until it gives it back.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cache_runtime::commands::{Commands, Reply};
use tokio::runtime::Handle;

use super::renewal::Renewal;
use super::{LockError, RELEASE, RENEW, TAKE, local};
use crate::ToolkitError;
use crate::home::Home;

/// How long the number of the last holder is kept: 30 days. Where it is gone, numbers go on with the server's clock.
const FENCE_KEPT_MS: &[u8] = b"2592000000";

/// A lock and the token of who asks for it.
pub(super) struct Held {
    pub(super) home: Home,
    pub(super) name: String,
    pub(super) key: String,
    pub(super) fence_key: String,
    pub(super) token: String,
    pub(super) ttl: Duration,
}

impl Held {
    /// The holder's number, or for how much longer another has it.
    pub(super) async fn take(&self) -> Result<Result<i64, Duration>, ToolkitError> {
        match &self.home {
            Home::Redis(commands) => self.take_from(commands).await,
            Home::Memory(local) => local::take(local, &self.key, &self.token, self.ttl),
        }
    }

    async fn take_from(&self, commands: &Commands) -> Result<Result<i64, Duration>, ToolkitError> {
        let keys = [self.key.as_str(), &self.fence_key];
        let words = [self.token.as_bytes(), &self.ttl_ms(), FENCE_KEPT_MS];
        let reply = commands.script(&TAKE, &keys, &words).await?;
        let numbers: Option<Vec<i64>> = reply
            .list()
            .and_then(|list| list.iter().map(Reply::number).collect());
        match numbers.as_deref() {
            Some([1, fence]) => Ok(Ok(*fence)),
            Some([0, left]) => Ok(Err(Duration::from_millis((*left).try_into().unwrap_or(1)))),
            _ => Err(ToolkitError::Foreign { what: "lock" }),
        }
    }

    /// Lets it live on; `false` if it is another's, or nobody's.
    pub(super) async fn renew(&self) -> Result<bool, ToolkitError> {
        match &self.home {
            Home::Redis(commands) => {
                let words = [self.token.as_bytes(), &self.ttl_ms()];
                let reply = commands.script(&RENEW, &[&self.key], &words).await?;
                Ok(reply.number() == Some(1))
            }
            Home::Memory(local) => Ok(local::renew(local, &self.key, &self.token, self.ttl)),
        }
    }

    /// Gives it back; `false` if it was another's, or nobody's.
    async fn release(&self) -> Result<bool, ToolkitError> {
        match &self.home {
            Home::Redis(commands) => {
                let words = [self.token.as_bytes()];
                let reply = commands.script(&RELEASE, &[&self.key], &words).await?;
                Ok(reply.number() == Some(1))
            }
            Home::Memory(local) => Ok(local::release(local, &self.key, &self.token)),
        }
    }

    fn ttl_ms(&self) -> Vec<u8> {
        self.ttl.as_millis().to_string().into_bytes()
    }
}

/// Gives it back in the background, or in this process at once; where there is no runtime it ends by itself.
fn let_go(held: Arc<Held>) {
    if let Home::Memory(here) = &held.home {
        local::release(here, &held.key, &held.token);
    } else if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(async move { held.release().await });
    }
}

/// Somebody who has asked and was not answered yet.
pub(super) struct Asking(Option<Arc<Held>>);

impl Asking {
    pub(super) fn new(held: Arc<Held>) -> Self {
        Self(Some(held))
    }

    pub(super) fn held(&self) -> &Held {
        self.0.as_ref().expect("it was not answered yet")
    }

    /// It is ours, as was asked for at `sent`.
    pub(super) fn taken(mut self, fence: i64, sent: Instant) -> LockGuard {
        let held = self.0.take().expect("it was not answered yet");
        LockGuard {
            renewal: Renewal::start(Arc::clone(&held), sent),
            fence: fence.try_into().unwrap_or_default(),
            held: Some(held),
        }
    }

    /// It is another's.
    pub(super) fn not_taken(mut self) {
        self.0 = None;
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        if let Some(held) = self.0.take() {
            let_go(held);
        }
    }
}

/// A lock that is held; it is renewed on the runtime that took it until it is released or dropped.
#[must_use = "a lock is given back as its guard is dropped"]
pub struct LockGuard {
    held: Option<Arc<Held>>,
    renewal: Renewal,
    fence: u64,
}

impl LockGuard {
    /// The name of the lock.
    #[must_use]
    pub fn name(&self) -> &str {
        self.held.as_ref().map_or("", |held| &held.name)
    }

    /// A number that is greater than that of every holder before, for what is written to under the lock: it refuses a
    /// smaller one than it has seen. It is at least the server's clock in microseconds, so that it grows on where Redis has
    /// lost its data.
    #[must_use]
    pub fn fence(&self) -> u64 {
        self.fence
    }

    /// Whether it is held at this moment, by this process's clock: it was renewed within its ttl, counted from the sending.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.renewal.is_held()
    }

    /// Waits until it is lost; for ever, while it is held.
    pub async fn lost(&self) {
        self.renewal.lost().await;
    }

    /// Gives it back, and says whether it was held until then.
    ///
    /// # Errors
    ///
    /// [`LockError::Lost`] if it was another's or nobody's, [`LockError::Unavailable`] if Redis can't be asked: it ends by
    /// itself then.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, it is given back in the background.
    pub async fn release(mut self) -> Result<(), LockError> {
        self.renewal.stop();
        let Some(held) = self.held.clone() else {
            return Ok(());
        };
        let name = held.name.clone();
        let released = held.release().await;
        self.held = None;
        match released {
            Ok(true) => Ok(()),
            Ok(false) => Err(LockError::Lost { name }),
            Err(error) => Err(LockError::Unavailable { name, error }),
        }
    }
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        self.renewal.stop();
        if let Some(held) = self.held.take() {
            let_go(held);
        }
    }
}

impl fmt::Debug for LockGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockGuard")
            .field("name", &self.name())
            .field("fence", &self.fence)
            .field("is_held", &self.is_held())
            .finish_non_exhaustive()
    }
}
