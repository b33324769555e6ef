//! What is used wrongly says what to do.

use std::time::Duration;

use cache_runtime::Cache;
use cache_toolkit::{Limiter, Toolkit as _, ToolkitError};

use crate::server;

#[tokio::test]
async fn settings_that_make_no_sense_are_refused() {
    let (_server, cache) = server().await;
    let minute = Duration::from_secs(60);
    for (limiter, says) in [
        (
            Limiter::gcra(&cache, "a", 0, minute),
            "nothing could ever pass",
        ),
        (
            Limiter::gcra(&cache, "a", 1_000_001, minute),
            "at most 1,000,000",
        ),
        (Limiter::sliding_log(&cache, "a", 10_001, minute), "`gcra`"),
        (
            Limiter::fixed_window(&cache, "a", 1, Duration::ZERO),
            "from a millisecond",
        ),
        (
            Limiter::fixed_window(&cache, "a", 1, minute * 60 * 24 * 31),
            "30 days",
        ),
        (Limiter::gcra(&Cache::memory(), "a", 1, minute), "CACHE_URL"),
    ] {
        let error = limiter.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let limiter = Limiter::gcra(&cache, "a", 5, minute).unwrap();
    for weight in [0, 6] {
        let error = limiter
            .check_many("x", weight)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("from 1 to the limit"), "{error}");
    }
}

#[tokio::test]
async fn a_lock_without_a_server_says_that_one_is_needed() {
    let error = Cache::memory()
        .lock("a")
        .take()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("\"a\"") && error.contains("CACHE_URL"),
        "{error}"
    );
}

#[tokio::test]
async fn what_others_have_stored_under_the_name_is_told() {
    let (server, cache) = server().await;
    let limiter = Limiter::gcra(&cache, "api", 5, Duration::from_secs(60)).unwrap();
    server
        .run(&["LPUSH", "cache:k:rate-gcra:{3:api:x}", "1"])
        .await
        .unwrap();
    let error = limiter.check("x").await.unwrap_err();
    assert!(matches!(error, ToolkitError::Command(_)), "{error}");
    assert!(error.to_string().contains("another type"), "{error}");
    server
        .run(&["SET", "cache:k:lock:{a}", "foreign"])
        .await
        .unwrap();
    assert!(cache.lock("a").try_take().await.unwrap().is_none());
}
