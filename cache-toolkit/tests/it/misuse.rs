//! What is used wrongly says what to do.

use std::collections::HashMap;
use std::time::Duration;

use cache_runtime::Cache;
use cache_toolkit::{Limiter, LockError, OnOutage, Point, Toolkit as _, ToolkitError};

use crate::server;

const MINUTE: Duration = Duration::from_secs(60);

/// It fails, and its error says this.
#[track_caller]
fn says<T, E: ToString>(result: Result<T, E>, word: &str) {
    let Err(error) = result else {
        panic!("it worked, and should have said {word:?}");
    };
    let error = error.to_string();
    assert!(error.contains(word), "{error:?} does not say {word:?}");
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused() {
    let (_server, cache) = server().await;
    let never = "nothing could ever pass";
    says(Limiter::gcra(&cache, "a", 0, MINUTE), never);
    says(
        Limiter::gcra(&cache, "a", 1_000_001, MINUTE),
        "at most 1,000,000",
    );
    says(Limiter::sliding_log(&cache, "a", 10_001, MINUTE), "`gcra`");
    says(
        Limiter::fixed_window(&cache, "a", 1, Duration::ZERO),
        "from a millisecond",
    );
    says(
        Limiter::fixed_window(&cache, "a", 1, MINUTE * 60 * 24 * 31),
        "30 days",
    );
    for cache in [&cache, &Cache::memory()] {
        let limiter = Limiter::gcra(cache, "a", 5, MINUTE).unwrap();
        for weight in [0, 6] {
            says(limiter.check_many("x", weight).await, "from 1 to the limit");
        }
        for ttl in [Duration::ZERO, Duration::MAX] {
            says(
                cache.counter("a").ttl(ttl).add(1).await,
                "from a millisecond",
            );
            says(cache.set::<u64>("a").ttl(ttl).add(&1).await, "leave it out");
            says(
                cache.leaderboard::<u64>("a").ttl(ttl).add(&1, 1.0).await,
                "leave it out",
            );
            says(
                cache
                    .places::<u64>("a")
                    .ttl(ttl)
                    .put(&1, Point::new(0.0, 0.0))
                    .await,
                "leave it out",
            );
        }
        assert_eq!(cache.counter("a").get().await, Ok(0), "nothing was done");
    }
}

#[tokio::test]
async fn scores_points_and_amounts_that_are_none_are_refused() {
    let (_server, cache) = server().await;
    for cache in [&cache, &Cache::memory()] {
        let board = cache.leaderboard::<u64>("a");
        for score in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e16] {
            says(board.add(&1, score).await, "2^53");
            says(board.set(&1, score).await, "2^53");
            says(board.set_if_higher(&1, score).await, "NaN");
        }
        says(board.top(10_001).await, "with `page`");
        says(board.around(&1, u32::MAX).await, "at most 10,000");
        assert_eq!(board.len().await, Ok(0));

        let places = cache.places::<u64>("a");
        let here = Point::new(0.0, 0.0);
        says(places.put(&1, Point::new(181.0, 0.0)).await, "-180 to 180");
        says(
            places.put(&1, Point::new(0.0, 86.0)).await,
            "changed places",
        );
        says(places.put(&1, Point::new(f64::NAN, 0.0)).await, "longitude");
        says(places.near(here, 0.0, 1).await, "in metres");
        says(places.near(here, f64::NAN, 1).await, "in metres");
        says(
            places.within(here, (1.0, f64::INFINITY), 1).await,
            "around the earth",
        );
        says(places.near(here, 1.0, 0).await, "from 1 to 10,000");
        assert_eq!(places.len().await, Ok(0));
        // Its ends are points like others.
        for (lon, lat) in [(180.0, 85.051_128_78), (-180.0, -85.051_128_78)] {
            places.put(&2, Point::new(lon, lat)).await.unwrap();
            let found = places.near(Point::new(lon, lat), 10.0, 1).await.unwrap();
            assert_eq!(found.len(), 1, "{lon} {lat}");
        }
    }
}

#[tokio::test]
async fn members_that_are_no_json_or_too_long_are_refused() {
    let (_server, cache) = server().await;
    for cache in [&cache, &Cache::memory()] {
        let long = "x".repeat(1 << 20);
        says(cache.set::<String>("a").add(&long).await, "64 KiB");
        says(
            cache.leaderboard::<String>("a").add(&long, 1.0).await,
            "64 KiB",
        );
        says(
            cache
                .places::<String>("a")
                .put(&long, Point::new(0.0, 0.0))
                .await,
            "the id",
        );
        let pairs = HashMap::from([(vec![1], 2)]);
        says(
            cache.set::<HashMap<Vec<u8>, u8>>("a").add(&pairs).await,
            "take an id",
        );
    }
}

#[tokio::test]
async fn a_name_is_any_text() {
    let (_server, redis) = server().await;
    let cluster = cache_tests::Cluster::builder().start().await.unwrap();
    let on_cluster = crate::connected(&cluster.url()).await;
    let long = "x".repeat(1 << 20);
    for cache in [&redis, &on_cluster, &Cache::memory()] {
        let names = [
            "",
            "{",
            "}{",
            "a:b",
            "\0\r\n",
            "\u{1}",
            "é\u{202e}",
            &long,
            &format!("{long}y"),
        ];
        for name in names {
            assert_eq!(cache.counter(name).add(1).await, Ok(1), "{name:.9?}");
            assert_eq!(cache.set::<u64>(name).add(&1).await, Ok(true), "{name:.9?}");
            assert_eq!(
                cache.leaderboard::<u64>(name).add(&1, 1.0).await,
                Ok(1.0),
                "{name:.9?}"
            );
            let guard = cache.lock(name).take().await.unwrap();
            assert!(
                cache.lock(name).try_take().await.unwrap().is_none(),
                "{name:.9?}"
            );
            guard.release().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_cache_that_is_off_or_closed_says_so() {
    let (_server, cache) = server().await;
    let off = Cache::builder()
        .url("memory:")
        .enabled(false)
        .build()
        .unwrap();
    let closed = Cache::memory();
    closed.close().await.unwrap();
    for cache in [off, closed] {
        says(Limiter::gcra(&cache, "a", 1, MINUTE), "the cache is off");
        says(cache.lock("report").take().await, "\"report\"");
        says(cache.lock("report").try_take().await, "the cache is off");
        says(cache.counter("a").add(1).await, "the cache is off");
        says(cache.set::<u64>("a").len().await, "the cache is off");
        says(cache.leaderboard::<u64>("a").top(1).await, "CACHE_URL");
        says(cache.places::<u64>("a").len().await, "CACHE_URL");
    }
    let counter = cache.counter("a");
    cache.close().await.unwrap();
    says(counter.add(1).await, "not sent");
    says(cache.lock("report").take().await, "\"report\"");
}

#[tokio::test]
async fn while_redis_is_away_each_says_so_at_once() {
    let (mut server, cache) = server().await;
    let (counter, board) = (cache.counter("a"), cache.leaderboard::<u64>("a"));
    let limiter = Limiter::gcra(&cache, "a", 5, MINUTE)
        .unwrap()
        .on_outage(OnOutage::Error);
    server.kill9().unwrap();
    crate::until_so(async || counter.get().await.is_err()).await;
    says(counter.add(1).await, "cache.health()");
    says(board.top(1).await, "cache.health()");
    says(
        cache.set::<u64>("a").members().next_page().await,
        "cache.health()",
    );
    says(cache.places::<u64>("a").len().await, "cache.health()");
    says(limiter.check("x").await, "cache.health()");
}

#[tokio::test]
async fn a_future_that_is_dropped_leaves_nothing_half_done() {
    let (_server, cache) = server().await;
    let counter = cache.counter("a").ttl(MINUTE);
    for _ in 0..50 {
        let adding = counter.add(1);
        tokio::select! {
            biased;
            _ = adding => {}
            () = tokio::task::yield_now() => {}
        }
    }
    let count = counter.add(0).await.unwrap();
    assert!((0..=50).contains(&count), "{count}");
    drop(cache.lock("a").take());
    assert!(cache.lock("a").try_take().await.unwrap().is_some());
}

#[tokio::test]
async fn what_others_have_stored_under_the_name_is_told() {
    let (server, cache) = server().await;
    let limiter = Limiter::gcra(&cache, "api", 5, MINUTE).unwrap();
    let run = async |words: &[&str]| server.run(words).await.unwrap();
    run(&["LPUSH", "cache:k:rate-gcra:{3:api:x}", "1"]).await;
    let error = limiter.check("x").await.unwrap_err();
    assert!(matches!(error, ToolkitError::Command(_)), "{error}");
    assert!(error.to_string().contains("another type"), "{error}");
    run(&["SET", "cache:k:lock:{a}", "foreign"]).await;
    assert!(cache.lock("a").try_take().await.unwrap().is_none());
    run(&["LPUSH", "cache:k:lock:{b}", "foreign"]).await;
    let taken = cache.lock("b").try_take().await;
    assert!(
        matches!(taken, Err(LockError::Unavailable { .. })),
        "{taken:?}"
    );

    for kind in ["counter", "set", "board", "places"] {
        run(&["LPUSH", &format!("cache:k:{kind}:{{a}}"), "1"]).await;
    }
    says(cache.counter("a").add(1).await, "another type");
    says(cache.counter("a").ttl(MINUTE).add(1).await, "another type");
    says(cache.set::<u64>("a").add(&1).await, "another type");
    says(cache.leaderboard::<u64>("a").top(1).await, "another type");
    says(
        cache.places::<u64>("a").put(&1, Point::new(0.0, 0.0)).await,
        "another type",
    );

    // The type of Redis, and not what was written.
    run(&["SET", "cache:k:counter:{b}", "ten"]).await;
    for counter in [cache.counter("b"), cache.counter("b").ttl(MINUTE)] {
        says(counter.add(1).await, "no counter of this version");
    }
    cache.set::<String>("b").add("ada").await.unwrap();
    says(
        cache.set::<u64>("b").members().next_page().await,
        "no set of this version",
    );
    cache
        .leaderboard::<String>("b")
        .add("ada", 1.0)
        .await
        .unwrap();
    says(
        cache.leaderboard::<u64>("b").top(1).await,
        "no leaderboard of this version",
    );
}
