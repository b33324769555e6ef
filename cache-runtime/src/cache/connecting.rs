//! Connecting at the start of a program, rather than at the first call.

use std::time::Duration;

use super::Cache;
use crate::error::CacheError;

impl Cache {
    /// Connects to Redis, as [`connect_within`](Self::connect_within) with a limit of five seconds.
    ///
    /// # Errors
    ///
    /// [`CacheError::NotConnected`], with the cause and what to do about it.
    pub async fn connect(&self) -> Result<(), CacheError> {
        self.connect_within(Duration::from_secs(5)).await
    }

    /// Connects to Redis, and waits until every node is connected, for at most `limit`. With `memory:`
    /// there is nothing to wait for.
    ///
    /// A program need not call it: the first call connects, and so does [`health`](Self::health). Where
    /// it does, the first calls find a connection, and wrong settings are found when the program
    /// starts. An error may be ignored: calls run their bodies, and the cache goes on trying to
    /// connect.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use cache_runtime::Cache;
    ///
    /// let cache = Cache::builder().url("redis://127.0.0.1:1").build()?;
    /// if let Err(error) = cache.connect_within(std::time::Duration::from_millis(50)).await {
    ///     eprintln!("{error}"); // and go on: every call gets the origin's answer
    /// }
    /// # Ok::<_, cache_runtime::CacheError>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`CacheError::NotConnected`] when the time is over, and at once where waiting mends nothing: a
    /// wrong password, a certificate that is not trusted, a port that speaks another language.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped half-way, the cache goes on connecting in the background.
    pub async fn connect_within(&self, limit: Duration) -> Result<(), CacheError> {
        let Some(redis) = &self.tiers().redis else {
            return Ok(());
        };
        if let Ok(Ok(())) = crate::own_thread::timeout(limit, redis.up()).await {
            return Ok(());
        }
        let (node, fault) = redis.why_not();
        Err(CacheError::NotConnected {
            node,
            cause: fault.as_str().to_owned(),
            advice: fault
                .advice()
                .unwrap_or("see that it runs and is reached at the url's address"),
        })
    }
}
