//! A group: who takes its entries, and what becomes of them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cache_runtime::commands::KeyWatch;
use tokio::sync::{Mutex, watch};

use super::{DeadLetter, Place, Stream, Terms};
use crate::ToolkitError;

/// The longest pause between two looks where the server does not tell of changes.
const PAUSE: Duration = Duration::from_millis(100);

/// The longest wait where it does.
const LONG: Duration = Duration::from_secs(60);

/// How much of an error is kept.
const MOST_OF_AN_ERROR: usize = 1_000;

/// An entry that was delivered.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Given {
    /// What scripts call it: `level:id`.
    pub(super) delivery: String,
    /// How often it was delivered by now, this time included.
    pub(crate) attempt: u32,
    pub(crate) number: u64,
    pub(crate) bytes: Arc<[u8]>,
}

/// An entry whose last delivery was not finished in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lapsed {
    pub(super) number: u64,
    pub(super) error: String,
}

/// What one look gave.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) given: Vec<Given>,
    pub(super) buried: Vec<Lapsed>,
    pub(super) missed: u64,
    /// When something is due again, if anything is.
    pub(super) due: Option<Duration>,
}

/// What is there, and what was done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) entries: u64,
    pub(crate) delayed: u64,
    pub(crate) pending: u64,
    pub(crate) dead: u64,
    /// The number of the last entry: how many there were.
    pub(crate) number: u64,
    /// That of the last entry that the group was given.
    pub(crate) last: u64,
    pub(crate) delivered: u64,
    pub(crate) redelivered: u64,
    pub(crate) finished: u64,
    pub(crate) failed: u64,
    pub(crate) buried: u64,
    pub(crate) dropped: u64,
    pub(crate) missed: u64,
    pub(crate) redriven: u64,
}

impl Counts {
    /// The count that scripts call so.
    pub(super) fn field(&mut self, name: &str) -> Option<&mut u64> {
        Some(match name {
            "last" => &mut self.last,
            "delivered" => &mut self.delivered,
            "redelivered" => &mut self.redelivered,
            "finished" => &mut self.finished,
            "failed" => &mut self.failed,
            "buried" => &mut self.buried,
            "dropped" => &mut self.dropped,
            "missed" => &mut self.missed,
            "redriven" => &mut self.redriven,
            _ => return None,
        })
    }
}

/// What became of a delivery that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retried {
    /// It is made again after a pause.
    Again,
    /// It was the last one: it was set aside.
    Buried,
    /// Its time was over, and another has it by now, or has finished it.
    Lost,
}

/// A group of a stream; its clones ask one at a time.
#[derive(Clone)]
pub(crate) struct Group {
    pub(crate) stream: Stream,
    pub(crate) name: Arc<str>,
    pub(crate) terms: Terms,
    asking: Arc<Mutex<()>>,
}

impl Group {
    pub(crate) fn new(stream: Stream, name: &str, terms: Terms) -> Self {
        Self {
            stream,
            name: name.into(),
            terms,
            asking: Arc::default(),
        }
    }

    fn place(&self) -> Result<Place, ToolkitError> {
        self.check()?;
        self.stream.place()
    }

    /// Whether its settings make sense.
    pub(crate) fn check(&self) -> Result<(), ToolkitError> {
        self.terms.check()?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let name = self.name.as_bytes();
        if name.is_empty() || name.len() > 100 || !name.iter().copied().all(is_plain) {
            return Err(ToolkitError::Setting {
                what: "name of the group",
                reason: "it is of 1 to 100 of the characters a to z, A to Z, 0 to 9, `.`, `_` and `-`",
            });
        }
        Ok(())
    }

    /// Makes it, if it is not there; `from_start` if what is there already is its own too.
    pub(crate) async fn open(&self, from_start: bool) -> Result<(), ToolkitError> {
        match self.place()? {
            Place::Redis(redis) => redis.open(&self.name, from_start).await,
            Place::Process(local) => {
                local.open(&self.name);
                Ok(())
            }
        }
    }

    /// Deletes it, with what it has not finished and its dead letters; `false` if there was none.
    pub(crate) async fn forget(&self) -> Result<bool, ToolkitError> {
        match self.place()? {
            Place::Redis(redis) => redis.forget(&self.name).await,
            Place::Process(local) => Ok(local.forget(&self.name)),
        }
    }

    /// Waits for something to be delivered, of which it takes at most `want`; nothing where it waits and `until` is over.
    /// What was missed comes with it.
    pub(crate) async fn next(
        &self,
        want: usize,
        until: impl Future<Output = ()>,
    ) -> Result<(Vec<Given>, u64), ToolkitError> {
        let mut until = std::pin::pin!(until);
        let _turn = self.asking.lock().await;
        let mut taken = self.take(want).await?;
        loop {
            if !taken.given.is_empty() || taken.missed > 0 {
                return Ok((taken.given, taken.missed));
            }
            let bell = self.bell().await?;
            taken = self.take(want).await?;
            if taken.given.is_empty() && taken.missed == 0 {
                // Until the next that is due by what is known here: others may take some and not finish them, so that
                // it is looked for again within the time that these have.
                let limit = taken.due.unwrap_or(LONG).min(self.terms.visible_for);
                tokio::select! {
                    () = bell.rings(limit.max(Duration::from_millis(1))) => {}
                    () = &mut until => return Ok((Vec::new(), 0)),
                }
                taken = self.take(want).await?;
            }
        }
    }

    async fn take(&self, want: usize) -> Result<Taken, ToolkitError> {
        let taken = match self.place()? {
            Place::Redis(redis) => redis.take(&self.name, want, &self.terms).await?,
            Place::Process(local) => local.take(&self.name, want, &self.terms),
        };
        for lapsed in &taken.buried {
            self.log_buried(lapsed.number, self.terms.max_deliveries, &lapsed.error);
        }
        if taken.missed > 0 {
            tracing::warn!(
                target: "cache", stream = %self.stream.name, kind = self.stream.kind.name, group = %self.name, missed = taken.missed,
                "entries were trimmed away before they could be delivered"
            );
        }
        Ok(taken)
    }

    async fn bell(&self) -> Result<Bell, ToolkitError> {
        Ok(match self.place()? {
            Place::Redis(redis) => {
                let (_, watch) = redis.commands.look(redis.bell()).await?;
                Bell::Redis(watch)
            }
            Place::Process(local) => Bell::Process(local.bell()),
        })
    }

    /// Finishes a delivery; `false` if it was not pending any more.
    pub(crate) async fn ack(&self, given: &Given) -> Result<bool, ToolkitError> {
        match self.place()? {
            Place::Redis(redis) => redis.ack(&self.name, &given.delivery).await,
            Place::Process(local) => Ok(local.ack(&self.name, given.number)),
        }
    }

    /// Has it delivered again after its pause, or sets it aside if this was the last time, or is to be (`is_last`).
    pub(crate) async fn retry(
        &self,
        given: &Given,
        error: &str,
        is_last: bool,
    ) -> Result<Retried, ToolkitError> {
        let error = shortened(error);
        let most = if is_last {
            1
        } else {
            self.terms.max_deliveries
        };
        let pause = self.terms.pause(given.attempt);
        let done = match self.place()? {
            Place::Redis(redis) => {
                let terms = &self.terms;
                redis
                    .retry(&self.name, given, pause, most, terms, error)
                    .await?
            }
            Place::Process(local) => {
                local.retry(&self.name, given, pause, most, &self.terms, error)
            }
        };
        Ok(match done {
            1 => Retried::Again,
            2 => {
                self.log_buried(given.number, given.attempt, error);
                Retried::Buried
            }
            _ => Retried::Lost,
        })
    }

    /// Lets it be its taker's for as long again; `false` if another has it, or nobody.
    pub(crate) async fn renew(&self, given: &Given) -> Result<bool, ToolkitError> {
        let visible_for = self.terms.visible_for;
        match self.place()? {
            Place::Redis(redis) => redis.renew(&self.name, given, visible_for).await,
            Place::Process(local) => Ok(local.renew(&self.name, given, visible_for)),
        }
    }

    pub(super) async fn dead(
        &self,
        after: u64,
        count: usize,
    ) -> Result<Vec<DeadLetter>, ToolkitError> {
        match self.place()? {
            Place::Redis(redis) => redis.dead(&self.name, after, count).await,
            Place::Process(local) => Ok(local.dead(&self.name, after, count)),
        }
    }

    pub(super) async fn delete_dead(&self, number: u64) -> Result<bool, ToolkitError> {
        match self.place()? {
            Place::Redis(redis) => redis.delete_dead(&self.name, number).await,
            Place::Process(local) => Ok(local.delete_dead(&self.name, number)),
        }
    }

    pub(super) async fn redrive(&self, number: u64) -> Result<bool, ToolkitError> {
        match self.place()? {
            Place::Redis(redis) => redis.redrive(&self.name, number).await,
            Place::Process(local) => Ok(local.redrive(&self.name, number)),
        }
    }

    pub(crate) async fn counts(&self) -> Result<Counts, ToolkitError> {
        match self.place()? {
            Place::Redis(redis) => redis.counts(&self.name).await,
            Place::Process(local) => Ok(local.counts(&self.name)),
        }
    }

    fn log_buried(&self, number: u64, attempts: u32, error: &str) {
        tracing::warn!(
            target: "cache", stream = %self.stream.name, kind = self.stream.kind.name, group = %self.name, number, attempts, error,
            "an entry was set aside, as none of its deliveries was finished"
        );
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group")
            .field("stream", &self.stream.name)
            .field("name", &self.name)
            .field("terms", &self.terms)
            .finish_non_exhaustive()
    }
}

/// What tells that something was added.
pub(crate) enum Bell {
    Redis(KeyWatch),
    Process(watch::Receiver<u64>),
}

impl Bell {
    /// Waits until it rings, and for at most this long.
    pub(crate) async fn rings(self, limit: Duration) {
        match self {
            Self::Redis(watch) => {
                let limit = if watch.is_told() {
                    limit
                } else {
                    limit.min(PAUSE)
                };
                watch.changed(limit).await;
            }
            Self::Process(mut bell) => {
                let _ = tokio::time::timeout(limit, bell.changed()).await;
            }
        }
    }
}

/// As much of an error as is kept.
fn shortened(error: &str) -> &str {
    let end = (0..=MOST_OF_AN_ERROR.min(error.len()))
        .rev()
        .find(|end| error.is_char_boundary(*end));
    &error[..end.unwrap_or(0)]
}
