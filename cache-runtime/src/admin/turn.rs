//! Whose turn it is, where one process of the fleet is to do something and the others are not.
//!
//! Source: `SET` with `NX` and `PX` (<https://redis.io/docs/latest/commands/set/>).

use std::time::Duration;

use super::{Admin, unavailable};
use crate::error::CacheError;
use crate::redis::Said;

impl Admin {
    /// Whether it is this process's turn to do what is called `of`: it is once in `every`, for the first of all
    /// processes under the prefix that asks.
    ///
    /// A turn is not taken back: where its process dies half-way, the next comes `every` later.
    ///
    /// # Errors
    ///
    /// [`CacheError::Unavailable`] if Redis did not say.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped half-way, the turn may be taken.
    pub async fn takes_turn(&self, of: &str, every: Duration) -> Result<bool, CacheError> {
        let name = self.names().turn(of);
        let ms = u64::try_from(every.as_millis()).unwrap_or(u64::MAX);
        let ms = ms.clamp(1, crate::load::LONGEST_MS).to_string();
        let words: &[&[u8]] = &[b"SET", name.as_bytes(), b"1", b"NX", b"PX", ms.as_bytes()];
        let said = self.redis()?.say(&[(&name, words)]).await.pop();
        match said {
            Some(Ok(said)) => Ok(said != Said::Nothing),
            Some(Err(fault)) => Err(unavailable("take a turn", fault)),
            None => Ok(false),
        }
    }
}
