//! A job that was delivered, until its consumer says what became of it.

use std::fmt;

use crate::ToolkitError;
use crate::stream::{Given, Group};

/// Which delivery of a job it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// The job's number in the queue, the same in each delivery.
    pub id: u64,
    /// How often it was delivered, this time included: from 1.
    pub number: u32,
    /// How often it is delivered at most.
    pub most: u32,
}

impl Attempt {
    pub(super) fn of(given: &Given, most: u32) -> Self {
        Self {
            id: given.number,
            number: given.attempt,
            most,
        }
    }

    /// Whether the job is set aside if this one fails.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.number >= self.most
    }
}

/// A job that is its consumer's until its time is over; made by [`Queue::next`](crate::Queue::next). Dropped, it is
/// delivered again then.
#[must_use = "it is delivered again unless it is finished: call `ack`"]
pub struct Delivery<T> {
    group: Group,
    given: Given,
    job: T,
}

impl<T> Delivery<T> {
    pub(super) fn new(group: Group, given: Given, job: T) -> Self {
        Self { group, given, job }
    }

    /// The job.
    #[must_use]
    pub fn job(&self) -> &T {
        &self.job
    }

    /// Which delivery of it this is.
    #[must_use]
    pub fn attempt(&self) -> Attempt {
        Attempt::of(&self.given, self.group.terms.max_deliveries)
    }

    /// The job's number in the queue, the same in each delivery.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.given.number
    }

    /// Finishes the job, even where its time was over and another has it by now.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Late`] if it was finished by another or set aside, [`ToolkitError::Command`] if Redis does not do it:
    /// call it again. After one that was not answered `Late` may be its own doing.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, it may be finished.
    pub async fn ack(&self) -> Result<(), ToolkitError> {
        match self.group.ack(&self.given).await? {
            true => Ok(()),
            false => Err(ToolkitError::Late),
        }
    }

    /// Says that it failed: it is delivered again after a pause, or set aside with this error if it was the last time.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Late`] if its time was over and another has it or has finished it, [`ToolkitError::Command`] if
    /// Redis does not do it: it is then delivered again once its time is over.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, it may have been told.
    pub async fn retry(&self, error: impl fmt::Display) -> Result<(), ToolkitError> {
        self.fail(error, false).await
    }

    /// Sets it aside with this error, whatever is left of its deliveries: for what no other try would mend.
    ///
    /// # Errors
    ///
    /// As [`retry`](Self::retry).
    ///
    /// # Cancellation
    ///
    /// As [`retry`](Self::retry).
    pub async fn bury(&self, error: impl fmt::Display) -> Result<(), ToolkitError> {
        self.fail(error, true).await
    }

    async fn fail(&self, error: impl fmt::Display, is_last: bool) -> Result<(), ToolkitError> {
        use crate::stream::Retried::{Again, Buried, Lost};
        match self
            .group
            .retry(&self.given, &error.to_string(), is_last)
            .await?
        {
            Again | Buried => Ok(()),
            Lost => Err(ToolkitError::Late),
        }
    }

    /// Lets it be this consumer's for as long again, from now on.
    ///
    /// # Errors
    ///
    /// As [`retry`](Self::retry).
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, it may have been renewed.
    pub async fn renew(&self) -> Result<(), ToolkitError> {
        match self.group.renew(&self.given).await? {
            true => Ok(()),
            false => Err(ToolkitError::Late),
        }
    }
}

impl<T> fmt::Debug for Delivery<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("attempt", &self.attempt())
            .finish_non_exhaustive()
    }
}
