//! What is invalidated here is purged from the CDN in front: by tags that responses carry in `Cache-Tag` or
//! `Surrogate-Key` (see [`hints`](crate::hints)), at least once, and until the CDN has taken it.
//!
//! Each process of a service starts a [`Purger`]. It hears of each tag that its own cache invalidates, by
//! `#[cache_invalidate]` or by hand, puts it on a queue in Redis, and any process takes it from there to the CDN. A process
//! that is killed leaves what it had taken to another; a CDN that is down is asked again after 1 s, 2 s and so on up to 5
//! minutes, a thousand times, which is three days; what it refuses until then is in the queue's dead letters.
//!
//! # What it promises
//!
//! A purge begins after Redis has acknowledged the invalidation, so what the CDN asks for afterwards is new. A response that
//! it had asked for before, and that comes in after the purge, would stay: so each purge is made once more after 5 s
//! ([`again_after`](PurgerBuilder::again_after)). Until the CDN has answered it serves what it has. A process that is killed
//! between an invalidation and the queue, some milliseconds, leaves the CDN as it is: [`flush`](Purger::flush) waits for
//! that where it matters.
//!
//! An invalidation of everything purges everything; one of a namespace or of a single entry names no tag, and purges
//! nothing, as [`hints`](crate::hints) says. What `cachectl` invalidates, or another service with the same Redis, no
//! purger hears of.

mod feed;
mod webhook;

use std::fmt::{self, Display};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use cache_runtime::{Cache, CacheError, Invalidated, Listener};
use cache_toolkit::{Consumer, DeadLetters, Queue, Toolkit as _, ToolkitError};
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;

use feed::Feed;
pub use webhook::{Webhook, WebhookError};

/// What is to be purged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Purged {
    /// All responses that carry one of these tags; at least one, and at most [`at_once`](PurgerBuilder::at_once).
    Tags(Vec<String>),
    /// All responses.
    Everything,
}

/// A CDN, or whatever else keeps responses.
///
/// It is asked for the same more than once, and by any process of the fleet.
pub trait Purge: Send + Sync + 'static {
    /// Why it did not; told to the log and to dead letters, so it must carry no secret.
    type Error: Display + Send;

    /// Purges; `Ok` once the CDN has said that it has, or will.
    fn purge(&self, what: &Purged) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// What waits on the queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Job {
    what: Purged,
    /// Whether it was purged before, and is purged once more.
    is_again: bool,
}

/// A purger that is not started yet.
#[must_use = "it purges nothing before it is started"]
pub struct PurgerBuilder<P> {
    cache: Cache,
    name: String,
    cdn: P,
    at_once: usize,
    again_after: Duration,
    back_off: (Duration, Duration),
}

/// Has what this process invalidates purged, for as long as it lives. See [the module](self).
///
/// ```
/// # async fn example(cache: cache_runtime::Cache) -> Result<(), Box<dyn std::error::Error>> {
/// use cache_http::purge::{Purger, Webhook};
///
/// let token = std::env::var("CDN_TOKEN")?;
/// let cdn = Webhook::new("https://api.cloudflare.com/client/v4/zones/1a2b/purge_cache")?
///     .header("authorization", &format!("Bearer {token}"))?;
/// let purger = Purger::builder(&cache, "cloudflare", cdn).start().await?;
///
/// cache.tag("user:7").invalidate().await?;
/// purger.flush().await;   // optional: from here on it is purged, whatever becomes of this process
/// # Ok(()) }
/// ```
#[must_use = "it purges nothing any more once it is dropped"]
pub struct Purger {
    listener: Option<Listener>,
    feed: Arc<Feed>,
    feeding: JoinHandle<()>,
    consumer: Option<Consumer>,
    queue: Queue<Job>,
}

/// What a [`Purger`] has to do, and what it has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PurgerStats {
    /// Tags that this process has invalidated and that are not on the queue yet.
    pub unqueued: usize,
    /// Purges of the whole fleet that are to be made, those that are made once more too.
    pub queued: u64,
    /// Purges that the CDN has taken, of the whole fleet.
    pub purged: u64,
    /// Times that it did not, of the whole fleet.
    pub failed: u64,
    /// Purges that it has refused a thousand times.
    pub dead: u64,
}

impl Purger {
    /// A purger of this name for this CDN: each process starts one of the same name, and a service with two CDNs one for
    /// each.
    pub fn builder<P: Purge>(cache: &Cache, name: impl Into<String>, cdn: P) -> PurgerBuilder<P> {
        PurgerBuilder {
            cache: cache.clone(),
            name: name.into(),
            cdn,
            at_once: 30,
            again_after: Duration::from_secs(5),
            back_off: (Duration::from_secs(1), Duration::from_secs(300)),
        }
    }

    /// Waits until all that this process has invalidated so far is on the queue. With Redis away that is when it is back.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, it goes there all the same.
    pub async fn flush(&self) {
        self.feed.flushed().await;
    }

    /// What there is to do, and what was done so far.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Command`] if Redis does not tell.
    pub async fn stats(&self) -> Result<PurgerStats, ToolkitError> {
        let stats = self.queue.stats().await?;
        Ok(PurgerStats {
            unqueued: self.feed.len(),
            queued: stats.waiting + stats.delayed + stats.pending,
            purged: stats.finished,
            failed: stats.failed,
            dead: stats.dead,
        })
    }

    /// What the CDN has refused a thousand times.
    #[must_use]
    pub fn dead_letters(&self) -> DeadLetters {
        self.queue.dead_letters()
    }

    /// Hears of nothing more, and waits until what it has heard of is on the queue and what it is purging has ended.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, what is not on the queue yet is not purged.
    pub async fn stop(mut self) {
        self.listener = None;
        self.feed.flushed().await;
        if let Some(consumer) = self.consumer.take() {
            consumer.stop().await;
        }
    }
}

impl Drop for Purger {
    fn drop(&mut self) {
        self.feeding.abort();
        let left = self.feed.len();
        if left > 0 {
            tracing::warn!(
                target: "cache",
                tags = left,
                "a purger is dropped with tags that are not on its queue yet: `stop()` it before"
            );
        }
    }
}

impl<P: Purge> PurgerBuilder<P> {
    /// How many tags one purge has at most, as the CDN allows: 30 unless set, which Cloudflare does.
    pub fn at_once(mut self, tags: usize) -> Self {
        self.at_once = tags.max(1);
        self
    }

    /// How long after a purge it is made once more, for what was on its way to the CDN when it was made: longer than a
    /// handler takes. 5 s unless set; zero for not.
    pub fn again_after(mut self, pause: Duration) -> Self {
        self.again_after = pause;
        self
    }

    /// The pause after a purge has failed, which doubles with each up to the longest: 1 s and 5 minutes unless set.
    pub fn back_off(mut self, first: Duration, longest: Duration) -> Self {
        self.back_off = (first, longest);
        self
    }

    /// Starts it, in tasks of the caller's runtime.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Setting`] for an empty name, or outside of a tokio runtime.
    pub async fn start(self) -> Result<Purger, ToolkitError> {
        let queue = || {
            let queue = self.cache.queue::<Job>(format!("purge:{}", self.name));
            let (first, longest) = self.back_off;
            queue.max_deliveries(1_000).back_off(first, longest)
        };
        if self.name.is_empty() {
            let (what, reason) = ("name of a purger", "it is empty");
            return Err(ToolkitError::Setting { what, reason });
        }
        if !self.cache.is_enabled() {
            return Err(ToolkitError::Cache(CacheError::Unavailable {
                doing: "start a purger",
                cause: "the cache is off or closed".to_owned(),
            }));
        }
        let feed = Arc::new(Feed::new(self.at_once));
        let hears = Arc::clone(&feed);
        let listener = self.cache.on_invalidated(move |what| match what {
            Invalidated::Tag(tag) => hears.tag(tag),
            Invalidated::Everything => hears.everything(),
            _ => {}
        });
        let (cdn, again, after) = (Arc::new(self.cdn), Arc::new(queue()), self.again_after);
        let purge = move |job: Job, _| {
            let (cdn, again) = (Arc::clone(&cdn), Arc::clone(&again));
            async move { purged(&*cdn, &again, job, after).await }
        };
        let consumer = queue().consume(AT_ONCE, purge).await?;
        let (fed, feeds) = (queue(), Arc::clone(&feed));
        let feeding = tokio::spawn(async move { feeds.run(&fed).await });
        Ok(Purger {
            listener: Some(listener),
            feed,
            feeding,
            consumer: Some(consumer),
            queue: queue(),
        })
    }
}

/// How many purges a process makes at once.
const AT_ONCE: usize = 4;

/// How long a CDN may take for one.
const LONGEST: Duration = Duration::from_secs(60);

/// Purges, and has it done once more after a while.
async fn purged<P: Purge>(
    cdn: &P,
    queue: &Queue<Job>,
    job: Job,
    again_after: Duration,
) -> Result<(), String> {
    let purging = tokio::time::timeout(LONGEST, cdn.purge(&job.what)).await;
    let purged = purging.map_or_else(
        |_| Err(format!("no answer within {LONGEST:?}")),
        |purged| purged.map_err(|error| error.to_string()),
    );
    if let Err(error) = purged {
        tracing::warn!(target: "cache", error, "a purge has failed, and is tried again");
        return Err(error);
    }
    if !job.is_again && !again_after.is_zero() {
        let again = Job {
            is_again: true,
            ..job
        };
        let pushed = queue.push_after(&again, again_after).await;
        pushed.map_err(|error| error.to_string())?;
    }
    Ok(())
}

impl fmt::Debug for Purger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Purger")
            .field("unqueued", &self.feed.len())
            .finish_non_exhaustive()
    }
}

impl<P> fmt::Debug for PurgerBuilder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PurgerBuilder")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
