//! The origin fails and a stale value is there: it is served, and the origin is left alone a while.

use std::sync::Arc;
use std::time::Duration;

use cache_runtime::{Cache, Clock, NamespaceStats, cached};
use cache_tests::Server;

use crate::origin::{Origin, of_each_kind};
use crate::{server, until};

const LIMIT: Duration = Duration::from_secs(10);

#[cached(ns = "f", ttl = "1m", stale = "10m", tags = ["f:{id}"], skip(origin))]
async fn kept(origin: &Origin, id: u32) -> Result<u32, String> {
    let _ = id;
    origin.read().await
}

#[cached(
    ns = "f",
    ttl = "1m",
    stale = "10m",
    tags = ["f:{id}"],
    consistency = "strong",
    skip(origin)
)]
async fn kept_strong(origin: &Origin, id: u32) -> Result<u32, String> {
    let _ = id;
    origin.read().await
}

fn row(cache: &Cache) -> NamespaceStats {
    cache.stats().namespace("f").unwrap().clone()
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Several calls at once, all served the stale value; how many loads they made.
async fn calls(cache: &Cache, origin: &Origin, strong: bool) -> u32 {
    let before = origin.loads();
    for _ in 0..5 {
        let call = async {
            match strong {
                true => kept_strong(origin, 1).await,
                false => kept(origin, 1).await,
            }
        };
        assert_eq!(cache.scope(call).await, Ok(1));
    }
    origin.loads() - before
}

/// A load that failed gives its lease back in its own time.
async fn given_back(server: &Server) {
    until(LIMIT, async || {
        let keys = server.keys().await.unwrap();
        !keys.iter().any(|key| key.ends_with(":lease"))
    })
    .await;
}

async fn backs_off(server: &Server, of: (&str, Cache, Clock), strong: bool) {
    let (kind, cache, clock) = (of.0, &of.1, &of.2);
    let origin = Origin::open();
    calls(cache, &origin, strong).await;
    cache.tag("f:1").expire().await.unwrap();
    origin.set(0);
    assert_eq!(
        calls(cache, &origin, strong).await,
        1,
        "{kind}: the first try"
    );
    for (shortest, longest) in [(125, 250), (250, 500), (500, 1_000)] {
        clock.advance(ms(shortest - 1));
        assert_eq!(calls(cache, &origin, strong).await, 0, "{kind}: {shortest}");
        clock.advance(ms(longest - shortest + 1));
        given_back(server).await;
        assert_eq!(calls(cache, &origin, strong).await, 1, "{kind}: {longest}");
    }
    let seen = row(cache);
    assert_eq!((seen.stale_on_error, seen.failed_loads), (4, 4), "{kind}");
    assert_eq!(seen.stale_hits, 35, "{kind}: all but the first five");
    // A load that gives a value ends it: the next failure is the first.
    clock.advance(ms(8_000));
    given_back(server).await;
    origin.set(1);
    assert_eq!(calls(cache, &origin, strong).await, 1, "{kind}");
    cache.tag("f:1").expire().await.unwrap();
    origin.set(0);
    assert_eq!(calls(cache, &origin, strong).await, 1, "{kind}");
    clock.advance(ms(250));
    given_back(server).await;
    assert_eq!(calls(cache, &origin, strong).await, 1, "{kind}");
}

#[tokio::test]
async fn an_origin_that_fails_is_tried_less_and_less_often() {
    let server = server().await;
    for kind in of_each_kind(&server) {
        backs_off(&server, kind, false).await;
    }
}

#[tokio::test]
async fn a_strong_site_backs_off_after_its_own_read() {
    let server = server().await;
    for kind in of_each_kind(&server) {
        backs_off(&server, kind, true).await;
    }
}

#[tokio::test]
async fn past_its_ttl_it_is_the_same() {
    let clock = Clock::manual();
    let builder = Cache::builder().clock(clock.clone()).jitter(0.0);
    let cache = builder.build().unwrap();
    let origin = Origin::open();
    calls(&cache, &origin, false).await;
    clock.advance(ms(60_000));
    origin.set(0);
    assert_eq!(calls(&cache, &origin, false).await, 1);
    clock.advance(ms(124));
    assert_eq!(calls(&cache, &origin, false).await, 0);
    assert_eq!(row(&cache).stale_hits, 10);
    // Past its window there is nothing to serve.
    clock.advance(ms(10 * 60_000));
    assert!(cache.scope(kept(&origin, 1)).await.is_err());
}

#[tokio::test]
async fn what_is_invalidated_is_not_served_however_lately_the_origin_failed() {
    let server = server().await;
    for (kind, cache, _clock) in of_each_kind(&server) {
        let origin = Origin::open();
        calls(&cache, &origin, false).await;
        cache.tag("f:1").expire().await.unwrap();
        origin.set(0);
        assert_eq!(calls(&cache, &origin, false).await, 1, "{kind}");
        cache.tag("f:1").invalidate().await.unwrap();
        let answer = cache.scope(kept(&origin, 1)).await;
        assert_eq!(answer, Err("down".to_owned()), "{kind}");
        origin.set(2);
        assert_eq!(cache.scope(kept(&origin, 1)).await, Ok(2), "{kind}");
    }
}

#[tokio::test]
async fn those_who_come_while_it_fails_share_the_stale_value() {
    let server = server().await;
    for (kind, cache, _clock) in of_each_kind(&server) {
        let origin = Origin::open();
        calls(&cache, &origin, false).await;
        cache.tag("f:1").expire().await.unwrap();
        origin.set(0);
        origin.shut();
        let all: Vec<_> = (0..20)
            .map(|_| {
                let (cache, origin) = (cache.clone(), Arc::clone(&origin));
                tokio::spawn(async move { cache.scope(kept(&origin, 1)).await })
            })
            .collect();
        until(LIMIT, async || origin.loads() == 2).await;
        until(LIMIT, async || {
            all.iter().filter(|call| call.is_finished()).count() == 19
        })
        .await;
        origin.reopen();
        for call in all {
            assert_eq!(call.await.unwrap(), Ok(1), "{kind}");
        }
        assert_eq!(origin.loads(), 2, "{kind}");
    }
}

#[tokio::test]
async fn a_load_that_fails_after_its_lease_was_renewed_is_answered_with_the_stale_value() {
    let server = server().await;
    for memory in [0, 1 << 20] {
        let builder = Cache::builder().url(server.url()).memory_bytes(memory);
        let builder = builder.prefix(format!("p{memory}")).lease(ms(120));
        let cache = builder.op_timeout(LIMIT).build().unwrap();
        let origin = Origin::open();
        calls(&cache, &origin, false).await;
        cache.tag("f:1").expire().await.unwrap();
        origin.set(0);
        origin.shut();
        let call = {
            let (cache, origin) = (cache.clone(), Arc::clone(&origin));
            tokio::spawn(async move { cache.scope(kept(&origin, 1)).await })
        };
        until(LIMIT, async || origin.loads() == 2).await;
        // Each third of the lease has a renewal, which is pushed to its own holder.
        tokio::time::sleep(ms(500)).await;
        origin.reopen();
        assert_eq!(call.await.unwrap(), Ok(1), "{memory}");
    }
}
