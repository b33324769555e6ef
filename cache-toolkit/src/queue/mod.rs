//! A queue of jobs for the whole fleet: each is delivered until one delivery of it is finished.
//!
//! # What it promises
//!
//! *At least once.* A job that [`push`](Queue::push) acknowledged is delivered until a delivery is finished, or as often as
//! [`max_deliveries`](Queue::max_deliveries) says: then it is set aside as a dead letter, with its last error. It is
//! delivered again where its consumer fails, and where it neither finishes nor renews it within
//! [`visible_for`](Queue::visible_for), as it died, was stopped or lost its connection. So a job may be done twice: let doing
//! it twice be as doing it once. What was delivered is counted by Redis, in the script that delivers: never once more than
//! it may be.
//!
//! *Its order* is that of adding, in each [`Level`]; what is delivered again comes first. With several consumers jobs
//! overtake each other.
//!
//! *A failover* may lose what the old master acknowledged and its replicas had not heard of (Redis replicates after it
//! answers): a job that was pushed in that moment is lost, one that was finished is delivered once more.
//!
//! The server must not evict: under `allkeys-lru` a queue is as good as any other key. Its keys have no ttl, so that
//! `noeviction` and each `volatile-*` keep them.
//!
//! Source: Redis streams and their groups (<https://redis.io/docs/latest/develop/data-types/streams/>); a time for which what
//! is delivered is invisible to others, and dead letters, as Amazon SQS has them.

mod delivery;

use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use cache_runtime::Cache;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ToolkitError;
use crate::stream::{
    Bounds, Consumer, DeadLetters, Failure, Group, Kind, Stream, Terms, consume, decoded, encoded,
};
pub use delivery::{Attempt, Delivery};

/// The one group of a queue.
const GROUP: &str = "all";

/// How many jobs wait at most.
const MAX_LEN: u32 = 100_000;

static KIND: Kind = Kind {
    name: "queue",
    levels: &["high", "normal", "low"],
    deletes: true,
};

/// How urgent a job is: those of a level are delivered before those of the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Level {
    /// Before all others.
    High,
    /// As most are.
    #[default]
    Normal,
    /// When there is nothing else: for as long as there always is, never.
    Low,
}

/// What is there in a queue, and what was done with it so far, by all processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueStats {
    /// Jobs that wait for their first delivery.
    pub waiting: u64,
    /// Jobs that wait for their time.
    pub delayed: u64,
    /// Jobs that were delivered and are not finished, those that wait for another try too.
    pub pending: u64,
    /// Dead letters.
    pub dead: u64,
    /// Jobs that were pushed.
    pub pushed: u64,
    /// Deliveries.
    pub delivered: u64,
    /// Those of them that were not the first of their job.
    pub redelivered: u64,
    /// Jobs that were finished.
    pub finished: u64,
    /// Deliveries whose consumer said that they failed.
    pub failed: u64,
    /// Jobs that were set aside.
    pub buried: u64,
    /// Dead letters that were dropped, as there were more than are kept.
    pub dropped: u64,
    /// Dead letters that were pushed once more.
    pub redriven: u64,
}

/// A queue by its name, of jobs of one type; made by [`Toolkit::queue`](crate::Toolkit::queue), and cheap to clone. Its
/// settings are those of this handle: let all processes have the same.
///
/// ```no_run
/// # async fn example(cache: cache_runtime::Cache) -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// use cache_toolkit::Toolkit as _;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Mail {
///     to: String,
/// }
///
/// # async fn send(_: &Mail) -> Result<(), std::io::Error> { Ok(()) }
/// let mails = cache.queue::<Mail>("mails");
/// mails.push(&Mail { to: "ada".into() }).await?;
/// mails.push_after(&Mail { to: "bob".into() }, Duration::from_secs(3_600)).await?;
///
/// // In any process: four at once, until it is dropped.
/// let consumer = mails.consume(4, |mail, _attempt| async move { send(&mail).await }).await?;
/// consumer.stop().await;
/// # Ok(()) }
/// ```
pub struct Queue<T> {
    group: Group,
    level: Level,
    max_len: u32,
    of: PhantomData<fn(T) -> T>,
}

impl<T> Queue<T> {
    pub(crate) fn new(cache: &Cache, name: &str) -> Self {
        Self {
            group: Group::new(Stream::new(cache, &KIND, name), GROUP, Terms::default()),
            level: Level::default(),
            max_len: MAX_LEN,
            of: PhantomData,
        }
    }

    fn with(mut self, set: impl FnOnce(&mut Terms)) -> Self {
        let mut terms = self.group.terms;
        set(&mut terms);
        self.group = Group::new(self.group.stream, GROUP, terms);
        self
    }

    /// How long a delivery is its consumer's; neither finished nor renewed by then, it is made again, to any consumer.
    /// 30 s unless set; from 100 ms to 7 days.
    #[must_use]
    pub fn visible_for(self, visible_for: Duration) -> Self {
        self.with(|terms| terms.visible_for = visible_for)
    }

    /// How often a job is delivered before it is set aside, the first time included. 5 unless set; from 1 to 1,000.
    #[must_use]
    pub fn max_deliveries(self, deliveries: u32) -> Self {
        self.with(|terms| terms.max_deliveries = deliveries)
    }

    /// The pause after the first delivery that failed, which doubles with each up to the longest. 1 s and 5 minutes unless
    /// set.
    #[must_use]
    pub fn back_off(self, first: Duration, longest: Duration) -> Self {
        self.with(|terms| terms.back_off = (first, longest))
    }

    /// How many dead letters are kept; of more the oldest job is dropped, and counted. 10,000 unless set.
    #[must_use]
    pub fn keep_dead(self, letters: u32) -> Self {
        self.with(|terms| terms.keep_dead = letters)
    }

    /// How many jobs there may be that are not finished, delayed ones too; of more each is refused. 100,000 unless set.
    #[must_use]
    pub fn max_len(mut self, jobs: u32) -> Self {
        self.max_len = jobs;
        self
    }

    /// The same queue, which pushes at this level.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// What was delivered as often as it may be.
    #[must_use]
    pub fn dead_letters(&self) -> DeadLetters {
        DeadLetters::new(self.group.clone())
    }

    /// How many jobs there are that are not finished, delayed ones too.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Command`] if Redis does not do it.
    #[expect(
        clippy::len_without_is_empty,
        reason = "it is asked of a server, where both cost the same"
    )]
    pub async fn len(&self) -> Result<u64, ToolkitError> {
        let counts = self.group.counts().await?;
        Ok(counts.entries + counts.delayed)
    }

    /// What is there, and what was done so far: one script, in one moment.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Command`] if Redis does not do it.
    pub async fn stats(&self) -> Result<QueueStats, ToolkitError> {
        let counts = self.group.counts().await?;
        Ok(QueueStats {
            waiting: counts.entries.saturating_sub(counts.pending),
            delayed: counts.delayed,
            pending: counts.pending,
            dead: counts.dead,
            pushed: counts.number,
            delivered: counts.delivered,
            redelivered: counts.redelivered,
            finished: counts.finished,
            failed: counts.failed,
            buried: counts.buried,
            dropped: counts.dropped,
            redriven: counts.redriven,
        })
    }
}

impl<T: Serialize> Queue<T> {
    /// Pushes a job, and gives its number in the queue.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Full`] if there are [`max_len`](Self::max_len) already, [`ToolkitError::Setting`] for an empty name
    /// or a job over 1 MiB, [`ToolkitError::Command`] if Redis does not do it: one that
    /// [`may_have_run`](cache_runtime::commands::CommandError::may_have_run) may have been pushed.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, it may have been pushed.
    pub async fn push(&self, job: &T) -> Result<u64, ToolkitError> {
        self.push_after(job, Duration::ZERO).await
    }

    /// Pushes a job that is not delivered before this time has passed, by the server's clock.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push), and for a delay over 10 years.
    ///
    /// # Cancellation
    ///
    /// As [`push`](Self::push).
    pub async fn push_after(&self, job: &T, delay: Duration) -> Result<u64, ToolkitError> {
        let wrong = |what, reason| Err(ToolkitError::Setting { what, reason });
        if delay > LONGEST_DELAY {
            return wrong("delay", "it is at most 10 years");
        }
        if self.max_len == 0 {
            return wrong("`max_len`", "nothing could ever be pushed: it is from 1");
        }
        let bounds = Bounds {
            most: self.max_len,
            age: Duration::ZERO,
        };
        // What is less than a millisecond is one, and not none.
        let delay = Duration::from_millis(delay.as_nanos().div_ceil(1_000_000) as u64);
        let bytes = encoded(job)?;
        let stream = &self.group.stream;
        stream.add(self.level as usize, &bytes, delay, bounds).await
    }
}

/// 10 years: the milliseconds until then are a number in Lua.
const LONGEST_DELAY: Duration = Duration::from_secs(10 * 365 * 24 * 3_600);

impl<T: DeserializeOwned> Queue<T> {
    /// Waits for a job: the one that is due again, else the most urgent. A job that is none of this type is failed, as if a
    /// consumer had said so, and another is waited for: a process of another version may know it.
    ///
    /// Who waits asks for nothing meanwhile: the server's push tells of new jobs, and when the next is due is known.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Command`] if Redis does not do it: call it again, after a pause.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped while it is answered, that delivery is made again once its time is over.
    pub async fn next(&self) -> Result<Delivery<T>, ToolkitError> {
        loop {
            let (given, _) = self.group.next(1, std::future::pending()).await?;
            for one in given {
                match decoded(&one.bytes) {
                    Ok(job) => return Ok(Delivery::new(self.group.clone(), one, job)),
                    Err(error) => drop(self.group.retry(&one, &error.to_string(), false).await?),
                }
            }
        }
    }
}

impl<T: DeserializeOwned + Send + 'static> Queue<T> {
    /// Has a handler run for each job, `at_once` at a time, in tasks of the caller's runtime, until the [`Consumer`] is
    /// stopped or dropped. `Ok` finishes a job. An error or a panic fails it: it is delivered again after a pause, or set
    /// aside with the error's text. While a handler runs, its job is renewed, so that one which never ends keeps its place:
    /// give it a `timeout`.
    ///
    /// While Redis is away it waits for it, and goes on.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Setting`] for settings that make no sense, or outside of a tokio runtime.
    pub async fn consume<F, D, E>(
        &self,
        at_once: usize,
        handler: F,
    ) -> Result<Consumer, ToolkitError>
    where
        F: Fn(T, Attempt) -> D + Send + Sync + 'static,
        D: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        self.group.check()?;
        let most = self.group.terms.max_deliveries;
        let handler = Arc::new(handler);
        consume(
            self.group.clone(),
            at_once,
            Arc::new(move |given| {
                let handler = Arc::clone(&handler);
                Box::pin(async move {
                    let attempt = Attempt::of(&given, most);
                    let job = decoded(&given.bytes).map_err(|error| Failure(error.to_string()))?;
                    let done = handler(job, attempt).await;
                    done.map_err(|error| Failure(error.to_string()))
                })
            }),
        )
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self {
            group: self.group.clone(),
            ..*self
        }
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("group", &self.group)
            .field("level", &self.level)
            .field("max_len", &self.max_len)
            .finish_non_exhaustive()
    }
}
