//! What a supervisor is told.

use std::time::Duration;

use cache_console::Console;
use cache_runtime::{Cache, CacheError};
use cache_tests::Server;
use serde_json::{Value, json};

use super::{Site, until};

const PASSWORD: &str = "a-secret-of-redis";

async fn health(site: &Site) -> Value {
    let answer = site.get("health", "").await;
    assert!(answer.head.contains(" 200 "), "{}", answer.head);
    serde_json::from_str(&answer.body).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_is_ready_without_redis_unless_asked_otherwise() -> Result<(), CacheError> {
    let server = Server::builder().password(PASSWORD).start().await.unwrap();
    let cache = Cache::builder()
        .url(server.url())
        .lag(Duration::from_secs(1))
        .build()?;
    cache.connect().await?;
    let lenient = Site::serve(&Console::new(&cache)).await;
    let strict = Site::serve(&Console::new(&cache).ready_needs_redis()).await;
    for site in [&lenient, &strict] {
        let ready = site.get("readyz", "").await;
        assert!(ready.head.contains(" 200 "), "{}", ready.head);
    }
    let up = health(&lenient).await;
    assert_eq!(
        (&up["status"], &up["redis"]),
        (&json!("healthy"), &json!("up"))
    );
    assert_eq!(up["nodes"][0]["breaker"], "closed");

    drop(server);
    let down = until("Redis to be away", async || {
        let health = health(&lenient).await;
        (health["status"] == "down").then_some(health)
    })
    .await;
    assert_eq!(down["redis"], "away");
    assert_eq!(down["nodes"][0]["state"], "away");
    assert!(down["nodes"][0]["away_for"].as_f64() >= Some(0.0), "{down}");
    let reason = down["reasons"][0]["what"].as_str().unwrap();
    assert!(reason.contains("Redis away"), "{reason}");
    assert!(!down.to_string().contains(PASSWORD));
    let ready = lenient.get("readyz", "").await;
    assert!(ready.head.contains(" 200 "), "{}", ready.head);
    let ready = strict.get("readyz", "").await;
    assert!(ready.head.contains(" 503 "), "{}", ready.head);
    assert!(
        ready.body.contains("Redis away: 127.0.0.1:"),
        "{}",
        ready.body
    );
    for site in [&lenient, &strict] {
        let lives = site.get("healthz", "").await;
        assert!(lives.head.contains(" 200 "), "{}", lives.head);
    }

    // What is owed is told of, and that it is no more.
    assert!(cache.tag("page:7").invalidate().await.is_err());
    let owed = health(&lenient).await;
    assert_eq!(
        owed["owed_invalidations"],
        json!({ "count": 1, "of": ["tag page:7"] })
    );
    Ok(())
}

#[tokio::test]
async fn a_cache_in_memory_is_healthy_and_ready() {
    let site = Site::serve(&Console::new(&Cache::memory()).ready_needs_redis()).await;
    let told = health(&site).await;
    assert_eq!(
        (&told["status"], &told["redis"]),
        (&json!("healthy"), &json!("none"))
    );
    let ready = site.get("readyz", "").await;
    assert!(ready.head.contains(" 200 "), "{}", ready.head);
}

#[tokio::test]
async fn a_browser_gets_a_page_where_a_program_gets_json() {
    let site = Site::serve(&Console::new(&Cache::memory())).await;
    let page = site.get("health", "Accept: text/html,*/*;q=0.8\r\n").await;
    assert!(page.head.contains("text/html"), "{}", page.head);
    assert!(page.body.contains("<h1>Health</h1>"), "{}", page.body);
    let json = site.get("health", "Accept: */*\r\n").await;
    assert!(json.head.contains("application/json"), "{}", json.head);
    for head in [page.head, json.head] {
        assert!(head.contains("vary: accept"), "{head}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_without_a_right_and_a_redis_without_pushes_are_degraded() -> Result<(), CacheError>
{
    let server = Server::start().await.unwrap();
    let rights = [
        b"ACL".as_slice(),
        b"SETUSER",
        b"default",
        b"-client|tracking",
    ];
    server.command(&rights).await.unwrap();
    let cache = Cache::builder().url(server.url()).build()?;
    cache.connect().await?;
    let site = Site::serve(&Console::new(&cache).ready_needs_redis()).await;
    let told = health(&site).await;
    assert_eq!(
        (&told["status"], &told["redis"]),
        (&json!("degraded"), &json!("up"))
    );
    let reasons = told["reasons"].to_string();
    assert!(
        reasons.contains("does not tell this process of changes"),
        "{reasons}"
    );
    let ready = site.get("readyz", "").await;
    assert!(
        ready.head.contains(" 200 "),
        "degraded is ready: {}",
        ready.head
    );
    Ok(())
}
