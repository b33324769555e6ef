//! The rights that the operator's document lists are enough.

use std::time::Duration;

use cache_runtime::Cache;
use cache_toolkit::{Limiter, Point, Toolkit as _};

use crate::{connected, server};

const TEXT: &str = include_str!("../../../docs/operations.md");

/// A user with the program's rights and those of one row.
async fn with_rights_for(row: &str) -> (cache_tests::Server, Cache) {
    let (server, _) = server().await;
    let of_program = TEXT
        .lines()
        .find(|line| line.starts_with("ACL SETUSER cache on"));
    let beginning = format!("| {row} | `");
    let more = TEXT.lines().find_map(|line| line.strip_prefix(&beginning));
    let more = more
        .unwrap_or_else(|| panic!("no row {row}"))
        .trim_end_matches("` |");
    let words: Vec<&str> = of_program
        .unwrap()
        .split(' ')
        .chain(more.split(' '))
        .collect();
    server.run(&words).await.unwrap();
    let url = server.url().replace("://", "://cache:PASSWORD@");
    let cache = connected(&url).await;
    (server, cache)
}

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn those_of_limits() {
    let (_server, cache) = with_rights_for("limits: fixed window, sliding counter, GCRA").await;
    let (_other, with_log) = with_rights_for("limits: sliding log").await;
    for (name, make) in crate::row_34_limits::ALL {
        let cache = if name == "sliding_log" {
            &with_log
        } else {
            &cache
        };
        let limiter = make(cache, "a", 1, MINUTE).unwrap();
        assert!(limiter.check("x").await.unwrap().is_allowed, "{name}");
        assert!(!limiter.check("x").await.unwrap().is_allowed, "{name}");
    }
    // They are needed, or the rows would say nothing.
    let log = Limiter::sliding_log(&cache, "a", 1, MINUTE).unwrap();
    let error = log.check("x").await.unwrap_err().to_string();
    assert!(error.contains("no_permission"), "{error}");
}

#[tokio::test]
async fn those_of_locks() {
    let (_server, cache) = with_rights_for("locks").await;
    let lock = cache.lock("a").ttl(Duration::from_millis(300));
    let guard = lock.take().await.unwrap();
    assert!(lock.try_take().await.unwrap().is_none());
    // It is renewed.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(guard.is_held());
    guard.release().await.unwrap();
}

#[tokio::test]
async fn those_of_counters_and_sets() {
    let (_server, cache) = with_rights_for("counters").await;
    for counter in [cache.counter("a"), cache.counter("b").ttl(MINUTE)] {
        counter.add(i64::MAX).await.unwrap();
        assert!(counter.add(1).await.is_err());
        counter.get().await.unwrap();
        counter.reset().await.unwrap();
    }
    let (_server, cache) = with_rights_for("sets").await;
    for set in [cache.set::<u64>("a"), cache.set::<u64>("b").ttl(MINUTE)] {
        set.add(&1).await.unwrap();
        set.contains(&1).await.unwrap();
        set.members().all(1).await.unwrap();
        set.remove(&1).await.unwrap();
        set.len().await.unwrap();
        set.clear().await.unwrap();
    }
}

#[tokio::test]
async fn those_of_leaderboards_and_places() {
    let (_server, cache) = with_rights_for("leaderboards").await;
    for board in [
        cache.leaderboard::<u64>("a"),
        cache.leaderboard::<u64>("b").ttl(MINUTE),
    ] {
        board.add(&1, 1.0).await.unwrap();
        board.set(&2, 1.0).await.unwrap();
        board.set_if_higher(&3, 1.0).await.unwrap();
        board.around(&1, 1).await.unwrap();
        board.top(1).await.unwrap();
        board.score(&1).await.unwrap();
        board.remove(&1).await.unwrap();
        board.len().await.unwrap();
        board.clear().await.unwrap();
    }
    let (_server, cache) = with_rights_for("places").await;
    let here = Point::new(0.0, 0.0);
    for places in [
        cache.places::<u64>("a"),
        cache.places::<u64>("b").ttl(MINUTE),
    ] {
        places.put(&1, here).await.unwrap();
        places.get(&1).await.unwrap();
        places.distance(&1, &1).await.unwrap();
        places.near(here, 1.0, 1).await.unwrap();
        places.within(here, (1.0, 1.0), 1).await.unwrap();
        places.remove(&1).await.unwrap();
        places.len().await.unwrap();
        places.clear().await.unwrap();
    }
}
