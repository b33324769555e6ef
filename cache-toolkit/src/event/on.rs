//! Handling an event, as one of a group.

use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use cache_runtime::Cache;

use super::{CacheEvent, KIND};
use crate::ToolkitError;
use crate::stream::{Consumer, DeadLetters, Failure, Group, Stream, Terms, consume, decoded};

/// What there is to tell a group, and what it was told so far, by all processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupStats {
    /// Events that it was not told of yet.
    pub behind: u64,
    /// Events that it was told of and has not handled, those that wait for another try too.
    pub pending: u64,
    /// Dead letters.
    pub dead: u64,
    /// Deliveries.
    pub delivered: u64,
    /// Those of them that were not the first of their event.
    pub redelivered: u64,
    /// Events that were handled.
    pub finished: u64,
    /// Deliveries whose handler failed.
    pub failed: u64,
    /// Events that were set aside.
    pub buried: u64,
    /// Dead letters that were dropped, as there were more than are kept.
    pub dropped: u64,
    /// Events that were trimmed away before it was told of them.
    pub missed: u64,
}

/// A group that handles an event; made by [`Toolkit::on`](crate::Toolkit::on), and nothing until it runs. Let all processes of
/// a group have the same settings.
///
/// ```no_run
/// # async fn example(cache: cache_runtime::Cache) -> Result<(), Box<dyn std::error::Error>> {
/// use cache_toolkit::{CacheEvent, Toolkit as _};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(CacheEvent, Serialize, Deserialize)]
/// #[cache_event("entity.updated", invalidates = ["entity:{entity_id}"])]
/// struct EntityUpdated {
///     entity_id: u64,
/// }
///
/// # async fn index(_: u64) -> Result<(), std::io::Error> { Ok(()) }
/// // Until it is dropped.
/// let consumer = cache
///     .on::<EntityUpdated>("search")
///     .run(|event| async move { index(event.entity_id).await })
///     .await?;
///
/// cache.publish(EntityUpdated { entity_id: 7 }).await?;
/// # Ok(()) }
/// ```
pub struct On<E> {
    group: Group,
    at_once: usize,
    from_start: bool,
    of: PhantomData<fn() -> E>,
}

impl<E: CacheEvent> On<E> {
    pub(crate) fn new(cache: &Cache, group: &str) -> Self {
        let stream = Stream::new(cache, &KIND, E::NAME);
        Self {
            group: Group::new(stream, group, Terms::default()),
            at_once: 1,
            from_start: false,
            of: PhantomData,
        }
    }

    fn with(mut self, set: impl FnOnce(&mut Terms)) -> Self {
        set(&mut self.group.terms);
        self
    }

    /// How long an event is a process's while its handler does not renew it, as that process died or was stopped. 30 s unless
    /// set; from 100 ms to 7 days.
    #[must_use]
    pub fn visible_for(self, visible_for: Duration) -> Self {
        self.with(|terms| terms.visible_for = visible_for)
    }

    /// How often an event is told before it is set aside, the first time included. 5 unless set; from 1 to 1,000.
    #[must_use]
    pub fn max_deliveries(self, deliveries: u32) -> Self {
        self.with(|terms| terms.max_deliveries = deliveries)
    }

    /// The pause after the first time that failed, which doubles with each up to the longest. 1 s and 5 minutes unless set.
    #[must_use]
    pub fn back_off(self, first: Duration, longest: Duration) -> Self {
        self.with(|terms| terms.back_off = (first, longest))
    }

    /// How many events are handled at once in this process. One unless set, so that they are handled in their order, as
    /// long as none fails and no other process has the same group.
    #[must_use]
    pub fn at_once(mut self, events: usize) -> Self {
        self.at_once = events;
        self
    }

    /// Has a group that is made now told of what is kept already, and not only of what is published from now on. One that
    /// is there goes on where it was.
    #[must_use]
    pub fn from_start(mut self) -> Self {
        self.from_start = true;
        self
    }

    /// What the group was told as often as it may be.
    #[must_use]
    pub fn dead_letters(&self) -> DeadLetters {
        DeadLetters::new(self.group.clone())
    }

    /// What there is to tell the group, and what it was told.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Command`] if Redis does not do it.
    pub async fn stats(&self) -> Result<GroupStats, ToolkitError> {
        let counts = self.group.counts().await?;
        Ok(GroupStats {
            behind: counts.number.saturating_sub(counts.last),
            pending: counts.pending,
            dead: counts.dead,
            delivered: counts.delivered,
            redelivered: counts.redelivered,
            finished: counts.finished,
            failed: counts.failed,
            buried: counts.buried,
            dropped: counts.dropped,
            missed: counts.missed,
        })
    }

    /// Deletes the group, with what it has not handled and its dead letters, for good; `false` if there was none. For one that no
    /// program has any more: Redis keeps what it knows of it for ever. One that runs makes itself anew, and is told of all
    /// that is kept.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Command`] if Redis does not do it.
    pub async fn forget(&self) -> Result<bool, ToolkitError> {
        self.group.forget().await
    }

    /// Has a handler run for each event, in tasks of the caller's runtime, until the [`Consumer`] is stopped or dropped.
    /// `Ok` ends it. An error or a panic fails it: it is told again after a pause, or set aside with the error's text.
    /// While a handler runs, its event is renewed.
    ///
    /// Each event that is published after this returned is told. While Redis is away it waits for it, and goes on.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Command`] if the group can't be made, as Redis is away: call it again.
    /// [`ToolkitError::Setting`] for settings that make no sense, or outside of a tokio runtime.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, the group may have been made.
    pub async fn run<F, D, X>(self, handler: F) -> Result<Consumer, ToolkitError>
    where
        F: Fn(E) -> D + Send + Sync + 'static,
        D: Future<Output = Result<(), X>> + Send + 'static,
        X: Display,
    {
        self.group.open(self.from_start).await?;
        let handler = Arc::new(handler);
        consume(
            self.group,
            self.at_once,
            Arc::new(move |given| {
                let handler = Arc::clone(&handler);
                Box::pin(async move {
                    let event =
                        decoded(&given.bytes).map_err(|error| Failure(error.to_string()))?;
                    let done = handler(event).await;
                    done.map_err(|error| Failure(error.to_string()))
                })
            }),
        )
    }
}

impl<E> fmt::Debug for On<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("On")
            .field("group", &self.group)
            .field("at_once", &self.at_once)
            .field("from_start", &self.from_start)
            .finish_non_exhaustive()
    }
}
