//! What was delivered as often as it may be, and never finished.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::{Group, decoded};
use crate::ToolkitError;

/// How many letters are redriven at once.
const BATCH: usize = 100;

/// What is known of an entry that was set aside.
#[derive(Clone, PartialEq, Eq)]
pub struct DeadLetter {
    number: u64,
    attempts: u32,
    buried_at: SystemTime,
    error: String,
    bytes: Vec<u8>,
}

impl DeadLetter {
    pub(super) fn new(number: u64, attempts: u32, error: String, bytes: Vec<u8>) -> Self {
        Self {
            number,
            attempts,
            buried_at: SystemTime::now(),
            error,
            bytes,
        }
    }

    /// `number:level:attempts:time:length of the error:error job`, as `bury.lua` writes it.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let mut parts = text.splitn(6, |byte| *byte == b':');
        let mut next = || -> Option<u64> { std::str::from_utf8(parts.next()?).ok()?.parse().ok() };
        let (number, _level, attempts, at, length) = (next()?, next()?, next()?, next()?, next()?);
        let rest = parts.next()?;
        let (error, bytes) = rest.split_at_checked(length.try_into().ok()?)?;
        Some(Self {
            number,
            attempts: attempts.try_into().ok()?,
            buried_at: SystemTime::UNIX_EPOCH + Duration::from_millis(at),
            error: String::from_utf8_lossy(error).into_owned(),
            bytes: bytes.to_vec(),
        })
    }

    /// The number by which it is redriven or deleted; that of the entry.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.number
    }

    /// How often it was delivered.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// When it was set aside, by the server's clock.
    #[must_use]
    pub fn buried_at(&self) -> SystemTime {
        self.buried_at
    }

    /// What the last delivery failed with, its first 1,000 bytes.
    #[must_use]
    pub fn error(&self) -> &str {
        &self.error
    }

    /// What it holds, as JSON.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it holds.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Unreadable`] if it is nothing of this type.
    pub fn value<T: serde::de::DeserializeOwned>(&self) -> Result<T, ToolkitError> {
        decoded(&self.bytes)
    }
}

impl fmt::Debug for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetter")
            .field("id", &self.number)
            .field("attempts", &self.attempts)
            .field("buried_at", &self.buried_at)
            .finish_non_exhaustive()
    }
}

/// The dead letters of a queue, or of a group of consumers of an event.
#[derive(Clone, Debug)]
pub struct DeadLetters(Group);

impl DeadLetters {
    pub(crate) fn new(group: Group) -> Self {
        Self(group)
    }

    /// At most so many, the oldest entries first, of those with a greater id than `after`: 0 at first, then that of the last.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Command`] if Redis does not do it.
    pub async fn list(&self, after: u64, count: usize) -> Result<Vec<DeadLetter>, ToolkitError> {
        self.0.dead(after, count).await
    }

    /// Adds one of them once more, at its level, to be delivered as often as a new one; `false` if there is none of this id.
    /// Of an event it is delivered to this group alone.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Command`] if Redis does not do it.
    pub async fn redrive(&self, id: u64) -> Result<bool, ToolkitError> {
        self.0.redrive(id).await
    }

    /// Adds all that are there now once more, and says how many these were.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Command`] if Redis does not do it; some may have been added then.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, some were added.
    pub async fn redrive_all(&self) -> Result<u64, ToolkitError> {
        let (mut after, mut redriven) = (0, 0);
        // Those that are there now: what dies again meanwhile keeps its number in a queue, and is past.
        let mut left = self.0.counts().await?.dead;
        while left > 0 {
            let letters = self.list(after, BATCH).await?;
            let Some(last) = letters.last() else {
                break;
            };
            after = last.id();
            for letter in letters {
                redriven += u64::from(self.redrive(letter.id()).await?);
                left = left.saturating_sub(1);
            }
        }
        Ok(redriven)
    }

    /// Deletes one of them for good; `false` if there is none of this id.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Command`] if Redis does not do it.
    pub async fn delete(&self, id: u64) -> Result<bool, ToolkitError> {
        self.0.delete_dead(id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_and_the_job_are_told_apart_whatever_they_hold() {
        let letter = DeadLetter::parse(b"7:2:5:1700000000000:6:a:b:\n:{\"a\":1}").unwrap();
        assert_eq!((letter.id(), letter.attempts()), (7, 5));
        assert_eq!(letter.error(), "a:b:\n:");
        assert_eq!(letter.bytes(), b"{\"a\":1}");
        for broken in ["", "7", "7:2:5:1:9:short", "x:2:5:1:0:"] {
            assert!(DeadLetter::parse(broken.as_bytes()).is_none(), "{broken}");
        }
    }
}
