//! What a build without the feature `redis` says of a Redis, and that memory needs none.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{Cache, CacheError, cache_invalidate, cached};

static LOADS: AtomicU32 = AtomicU32::new(0);

#[cached(ns = "bare", ttl = "5m", stale = "1m", tags = ["item:{id}"])]
async fn nth(id: u32) -> u32 {
    tokio::task::yield_now().await;
    LOADS.fetch_add(1, Ordering::Relaxed) + 1
}

#[cache_invalidate(tags = ["item:{id}"])]
async fn change(id: u32) {}

/// The setting that is refused, and why.
fn refused(built: Result<Cache, CacheError>) -> (&'static str, String) {
    match built.unwrap_err() {
        CacheError::Setting { setting, reason } => (setting, reason),
        other => panic!("{other}"),
    }
}

#[test]
fn every_url_of_a_redis_is_refused_and_the_feature_named() {
    for url in [
        "redis://localhost",
        "rediss://localhost",
        "redis+unix:///run/redis.sock",
        "redis+sentinel://localhost/name",
        "redis+cluster://localhost",
    ] {
        let (setting, reason) = refused(Cache::builder().url(url).build());
        assert_eq!(setting, "url", "{url}");
        assert!(
            reason.contains("the feature `redis` of cache-runtime"),
            "{reason}"
        );
    }
}

#[tokio::test]
async fn memory_has_hits_one_load_for_a_crowd_tags_and_figures() {
    let cache = Cache::builder().url("memory:").build().unwrap();
    cache.connect().await.unwrap();
    let calls = async {
        let crowd = futures_util::future::join_all((0..100).map(|_| nth(7))).await;
        assert!(crowd.iter().all(|one| *one == crowd[0]), "one load for all");
        change(7).await;
        assert_eq!((nth(7).await, nth(7).await), (crowd[0] + 1, crowd[0] + 1));
        nth_entry(7).put(70).await.unwrap();
        assert_eq!(nth(7).await, 70);
        nth_entry(7).invalidate().await.unwrap();
        assert_eq!(nth(7).await, crowd[0] + 2);
    };
    cache.scope(calls).await;
    let row = cache.stats().namespaces.swap_remove(0);
    assert_eq!((row.namespace.as_str(), row.loads), ("bare", 3));
    assert_eq!(cache.health().redis, None);
    cache.close().await.unwrap();
}

/// The environment is the process's, so each stands in a process of its own.
#[test]
fn an_environment_that_names_a_redis_is_refused_and_memory_is_not() {
    let run = |test: &str, variables: &[(&str, &str)]| {
        let name = format!("redis::absent::tests::{test}");
        let mut alone = Command::new(std::env::current_exe().unwrap());
        alone.args(["--exact", &name, "--ignored"]);
        alone.env_remove("CACHE_URL").env_remove("REDIS_URL");
        let output = alone.envs(variables.iter().copied()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.contains("1 passed"),
            "{said}"
        );
    };
    let redis = "redis://localhost";
    run("is_refused", &[("REDIS_URL", redis)]);
    run("is_refused", &[("CACHE_URL", redis)]);
    run(
        "is_in_memory",
        &[("CACHE_URL", "memory:"), ("REDIS_URL", redis)],
    );
    run("is_in_memory", &[]);
}

#[tokio::test]
#[ignore = "run by another test, in a process of its own"]
async fn is_refused() {
    let (variable, reason) = refused(Cache::from_env());
    assert!(std::env::var(variable).is_ok(), "{variable}");
    assert!(reason.contains("the feature `redis`"), "{reason}");
    assert_ne!(nth(1).await, nth(1).await, "nothing is cached");
}

#[tokio::test]
#[ignore = "run by another test, in a process of its own"]
async fn is_in_memory() {
    Cache::from_env().unwrap();
    assert_eq!(nth(1).await, nth(1).await);
}
