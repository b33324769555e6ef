//! The layers on real servers: one binary.

mod handler;
mod rfc9111;
mod row_32_responses;

use std::time::{Duration, Instant};

/// Asks until it is so.
async fn wait_until(what: &str, condition: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !condition().await {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "not within a minute: {what}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
