//! What was stored at once does not end at once.

use std::time::Duration;

use cache_runtime::{Cache, Clock, cached};

use crate::server;

const SECOND: Duration = Duration::from_secs(1);

#[cached(ns = "j", ttl = "1000s", stale = "100s")]
async fn nth(n: u32) -> u32 {
    n
}

#[cached(ns = "exact", ttl = "1000s", jitter = 0.0)]
async fn exact(n: u32) -> u32 {
    n
}

#[cached(ns = "wide", ttl = "1000s", jitter = 0.5)]
async fn wide(n: u32) -> u32 {
    n
}

fn embedded(jitter: Option<f64>) -> Cache {
    let builder = Cache::builder().clock(Clock::manual());
    let builder = match jitter {
        Some(jitter) => builder.jitter(jitter),
        None => builder,
    };
    builder.build().unwrap()
}

macro_rules! fresh_for {
    ($cache:expr, $entry:expr) => {{
        let seen = $cache.scope(async { $entry.inspect().await }).await;
        seen.unwrap().fresh_for
    }};
}

/// The shortest and the longest of a hundred entries.
async fn ends(cache: &Cache) -> (Duration, Duration) {
    let mut all = Vec::new();
    for n in 0..100 {
        cache.scope(nth(n)).await;
        all.push(fresh_for!(cache, nth_entry(n)));
    }
    (*all.iter().min().unwrap(), *all.iter().max().unwrap())
}

#[tokio::test]
async fn an_entry_ends_a_tenth_sooner_at_most_unless_set() {
    let (shortest, longest) = ends(&embedded(None)).await;
    assert!(
        shortest >= 900 * SECOND && shortest < 950 * SECOND,
        "{shortest:?}"
    );
    assert!(
        longest <= 1_000 * SECOND && longest > 950 * SECOND,
        "{longest:?}"
    );
    let (shortest, longest) = ends(&embedded(Some(0.8))).await;
    assert!(
        shortest >= 200 * SECOND && shortest < 400 * SECOND,
        "{shortest:?}"
    );
    assert!(longest > 800 * SECOND);
    let (shortest, longest) = ends(&embedded(Some(0.0))).await;
    assert_eq!((shortest, longest), (1_000 * SECOND, 1_000 * SECOND));
}

#[tokio::test]
async fn an_annotation_has_its_own() {
    let cache = embedded(Some(0.9));
    let mut shortest = 1_000 * SECOND;
    for n in 0..100 {
        cache.scope(exact(n)).await;
        assert_eq!(fresh_for!(cache, exact_entry(n)), 1_000 * SECOND);
        cache.scope(wide(n)).await;
        shortest = shortest.min(fresh_for!(cache, wide_entry(n)));
    }
    assert!(
        shortest >= 500 * SECOND && shortest < 700 * SECOND,
        "{shortest:?}"
    );
}

#[tokio::test]
async fn every_tier_and_process_has_the_same_end() {
    let server = server().await;
    let build = || {
        let builder = Cache::builder().url(server.url()).jitter(0.9);
        builder.op_timeout(5 * SECOND).build().unwrap()
    };
    let (one, two) = (build(), build());
    for n in 0..10 {
        one.scope(nth(n)).await;
        let in_memory = fresh_for!(one, nth_entry(n));
        let in_redis = fresh_for!(two, nth_entry(n));
        assert!(
            in_memory.abs_diff(in_redis) < 30 * SECOND,
            "{in_memory:?} {in_redis:?}"
        );
    }
}

#[tokio::test]
async fn what_is_put_has_it_too() {
    let server = server().await;
    let on = Cache::builder().url(server.url()).jitter(1.0);
    for cache in [embedded(Some(1.0)), on.build().unwrap()] {
        let mut shortest = 1_000 * SECOND;
        for n in 0..20 {
            let put = cache.scope(async { nth_entry(n).put(n).await });
            put.await.unwrap();
            shortest = shortest.min(fresh_for!(cache, nth_entry(n)));
        }
        assert!(shortest < 800 * SECOND, "{shortest:?}");
    }
}

#[test]
fn what_is_no_share_is_refused() {
    for jitter in [-0.1, 1.1, f64::NAN] {
        let error = Cache::builder().jitter(jitter).build().unwrap_err();
        assert!(error.to_string().contains("jitter"), "{error}");
    }
}
