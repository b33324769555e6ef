//! Waiting for a condition.

use std::io;
use std::time::{Duration, Instant};

/// How long servers may take to agree on something. Sentinels that a busy machine kept from running
/// for two seconds act on nothing for the next thirty, which Redis calls TILT.
pub(crate) const LIMIT: Duration = Duration::from_secs(90);

/// Asks until the answer is there.
pub(crate) async fn until<T, F>(what: &str, mut condition: impl FnMut() -> F) -> io::Result<T>
where
    F: Future<Output = io::Result<Option<T>>>,
{
    let start = Instant::now();
    loop {
        if let Some(found) = condition().await? {
            return Ok(found);
        }
        if start.elapsed() > LIMIT {
            return Err(io::Error::other(format!("not within {LIMIT:?}: {what}")));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
