//! Counters, which may have a lifetime that begins with their first step.

use std::fmt;
use std::time::Duration;

use cache_runtime::Cache;
use cache_runtime::commands::{CommandError, Commands, Reply};
use futures_util::future::join_all;

use crate::ToolkitError;
use crate::home::{Home, Kept};
use crate::named::Named;

/// A counter by name, for the whole fleet; made by [`Toolkit::counter`](crate::Toolkit::counter). It is cheap to clone, and
/// 0 until something is added.
///
/// Where an answer is lost, the step may have been made: it is not tried again, and the error says so
/// ([`CommandError::may_have_run`]). A failover may lose steps that were acknowledged, as replicas follow their master
/// behind it. So it counts visits; it is not a ledger.
///
/// ```no_run
/// # async fn example(cache: cache_runtime::Cache) -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// use cache_toolkit::Toolkit as _;
///
/// let today = cache.counter("visits:2026-11-30").ttl(Duration::from_secs(48 * 3_600));
/// println!("visit number {}", today.add(1).await?);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Counter(Named);

/// One in this process.
#[derive(Default)]
struct Count(Option<i64>);

impl Kept for Count {
    const GROWS: bool = false;

    fn bytes(&self) -> usize {
        self.0.map_or(0, |_| size_of::<i64>())
    }
}

impl Counter {
    pub(crate) fn new(cache: &Cache, name: String) -> Self {
        Self(Named::new(cache, "counter", name))
    }

    /// How long it lives, from the first step on; it is not begun again by those that follow. Both are one script, so that
    /// no counter is left without an end. For ever unless set; from a millisecond to ten years.
    #[must_use]
    pub fn ttl(self, ttl: Duration) -> Self {
        Self(self.0.with_ttl(ttl))
    }

    /// Adds a step, which may be below 0, and gives what it comes to.
    ///
    /// Source: `INCRBY` (<https://redis.io/docs/latest/commands/incrby/>).
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Overflow`] if it would leave the range of an `i64`: it stays as it is.
    /// [`ToolkitError::Foreign`] if what is stored there is no number.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, the step may have been made or not.
    pub async fn add(&self, step: i64) -> Result<i64, ToolkitError> {
        match self.0.home()? {
            Home::Redis(commands) => {
                let word = step.to_string();
                let said = self.0.change(commands, "INCRBY", &[word.as_bytes()]).await;
                match said {
                    Err(ToolkitError::Command(error)) if !error.is_outage() => {
                        Err(self.why_refused(commands, step, error).await)
                    }
                    said => number(&said?),
                }
            }
            Home::Memory(local) => self.0.change_local(local, |count: &mut Count| {
                let sum = count.0.unwrap_or(0).checked_add(step);
                let sum = sum.ok_or(ToolkitError::Overflow)?;
                count.0 = Some(sum);
                Ok(sum)
            })?,
        }
    }

    /// What it is at; 0 if nothing was added, or its time is over.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub async fn get(&self) -> Result<i64, ToolkitError> {
        match self.0.home()? {
            Home::Redis(commands) => number(&self.0.ask(commands, "GET", &[]).await?),
            Home::Memory(local) => Ok(self
                .0
                .read_local(local, |count: &Count| count.0.unwrap_or(0))),
        }
    }

    /// Puts it back to 0, and its lifetime to the next step; whether there was one.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, it may have been done or not.
    pub async fn reset(&self) -> Result<bool, ToolkitError> {
        self.0.clear::<Count>().await
    }

    /// Makes many steps at once: all are under way before the first is answered, so that they take about the time of one.
    /// The answers come in their order, each for itself: others may count in between.
    ///
    /// # Cancellation
    ///
    /// As [`add`](Self::add), of each.
    pub async fn add_all(steps: &[(&Self, i64)]) -> Vec<Result<i64, ToolkitError>> {
        join_all(steps.iter().map(|(counter, step)| counter.add(*step))).await
    }

    /// What many are at, asked for at once as in [`add_all`](Self::add_all).
    pub async fn get_all(counters: &[&Self]) -> Vec<Result<i64, ToolkitError>> {
        join_all(counters.iter().map(|counter| counter.get())).await
    }

    /// The server keeps its reason to itself, as it may quote a value: what is stored there tells.
    async fn why_refused(
        &self,
        commands: &Commands,
        step: i64,
        error: CommandError,
    ) -> ToolkitError {
        let Ok(stored) = self.0.ask(commands, "GET", &[]).await else {
            return error.into();
        };
        match number(&stored).map(|count| count.checked_add(step)) {
            Ok(Some(_)) => error.into(),
            Ok(None) => ToolkitError::Overflow,
            Err(foreign) => foreign,
        }
    }
}

fn number(reply: &Reply) -> Result<i64, ToolkitError> {
    let foreign = ToolkitError::Foreign { what: "counter" };
    match reply {
        Reply::Number(number) => Ok(*number),
        Reply::Nothing => Ok(0),
        text => text
            .text()
            .and_then(|text| text.parse().ok())
            .ok_or(foreign),
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counter")
            .field("name", &self.0.name())
            .field("ttl", &self.0.ttl())
            .finish_non_exhaustive()
    }
}
