//! What only the value tells of how long it is kept: `cache_if`, `ttl_from`, `none_ttl`, and `ttl = "forever"`.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, Clock, Policy, cached};
use cache_tests::Server;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::{on_a_clock, server, until};

const LIMIT: Duration = Duration::from_secs(10);

/// Counts loads, and gives what it was made with.
struct Origin<T> {
    value: T,
    loads: AtomicU32,
}

impl<T: Clone> Origin<T> {
    fn of(value: T) -> Self {
        Self {
            value,
            loads: AtomicU32::new(0),
        }
    }

    fn load(&self) -> T {
        self.loads.fetch_add(1, Ordering::SeqCst);
        self.value.clone()
    }

    fn loads(&self) -> u32 {
        self.loads.load(Ordering::SeqCst)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Token {
    text: String,
    expires_in: u64,
}

fn is_sure(confidence: &f64) -> bool {
    *confidence >= 0.8
}

#[cached(ns = "prediction", ttl = "1h", cache_if = is_sure, skip(model))]
async fn predict(model: &Origin<f64>, id: u32) -> Result<f64, String> {
    let _ = id;
    Ok(model.load())
}

#[cached(ns = "slowly", ttl = "1h", cache_if = is_sure, skip(model, leave))]
async fn slowly(model: &Origin<f64>, leave: &Semaphore, id: u32) -> f64 {
    let _ = id;
    let value = model.load();
    leave.acquire().await.unwrap().forget();
    value
}

#[cached(ns = "user", ttl = "1h", none_ttl = "30s", skip(origin))]
async fn user(origin: &Origin<Option<u32>>, id: u32) -> Result<Option<u32>, String> {
    let _ = id;
    Ok(origin.load())
}

#[cached(ns = "found", ttl = "1h", none_ttl = 0, skip(origin))]
async fn found(origin: &Origin<Option<u32>>, id: u32) -> Option<u32> {
    let _ = id;
    origin.load()
}

#[cached(ns = "token", ttl = "1h", jitter = 0.0, ttl_from = |token| token.expires_in, cache_if = |token| !token.text.is_empty(), skip(origin))]
async fn token(origin: &Origin<Token>, id: u32) -> Token {
    let _ = id;
    origin.load()
}

#[cached(ns = "constant", ttl = "forever", skip(origin))]
async fn constant(origin: &Origin<u32>, id: u32) -> u32 {
    let _ = id;
    origin.load()
}

#[cached(ns = "rested", ttl = "1m", stale = "1h", jitter = 0.0, cache_if = is_sure, skip(model))]
async fn rested(model: &Origin<f64>, id: u32) -> f64 {
    let _ = id;
    model.load()
}

#[cached(ns = "lasting", ttl = "forever", stale = "1h", skip(origin))]
async fn lasting(origin: &Origin<Result<u32, String>>, id: u32) -> Result<u32, String> {
    let _ = id;
    origin.load()
}

fn caches(server: &Server) -> [Cache; 3] {
    let redis = || Cache::builder().url(server.url());
    [
        Cache::memory(),
        redis().build().unwrap(),
        redis().prefix("bare").memory_bytes(0).build().unwrap(),
    ]
}

fn unwanted(cache: &Cache, namespace: &str) -> u64 {
    let stats = cache.stats();
    stats.namespace(namespace).unwrap().unstored.unwanted
}

#[tokio::test]
async fn a_value_that_is_not_wanted_is_returned_and_kept_nowhere() {
    let server = server().await;
    for cache in caches(&server) {
        let (sure, unsure) = (Origin::of(0.9), Origin::of(0.5));
        for _ in 0..3 {
            assert_eq!(cache.scope(predict(&sure, 1)).await, Ok(0.9));
            assert_eq!(cache.scope(predict(&unsure, 2)).await, Ok(0.5));
        }
        assert_eq!((sure.loads(), unsure.loads()), (1, 3));
        assert_eq!(unwanted(&cache, "prediction"), 3);
    }
}

#[tokio::test]
async fn callers_at_the_same_time_share_a_value_that_is_not_kept() {
    let server = server().await;
    for cache in caches(&server) {
        let unsure = Origin::of(0.1);
        let leave = Semaphore::new(0);
        let all = async {
            let come = || slowly(&unsure, &leave, 3);
            let let_go = async {
                until(LIMIT, async || unsure.loads() == 1).await;
                leave.add_permits(3);
            };
            tokio::join!(come(), come(), come(), let_go)
        };
        assert_eq!(cache.scope(all).await, (0.1, 0.1, 0.1, ()));
        assert_eq!(unsure.loads(), 1);
    }
}

#[tokio::test]
async fn what_another_process_refused_is_not_found_here() {
    let server = server().await;
    let [_, one, _] = caches(&server);
    let [_, other, _] = caches(&server);
    let nothing = Origin::of(None);
    assert_eq!(one.scope(found(&nothing, 1)).await, None);
    let something = Origin::of(Some(7));
    // For a moment it leaves word to those who wait that nothing is stored, and their values are not either.
    let are_hits = async || {
        let before = something.loads();
        for cache in [&one, &other] {
            assert_eq!(cache.scope(found(&something, 1)).await, Some(7));
        }
        something.loads() == before
    };
    until(LIMIT, are_hits).await;
    assert_eq!(nothing.loads(), 1);
}

#[tokio::test]
async fn a_none_is_kept_as_long_as_it_says() {
    let clock = Clock::manual();
    let cache = Cache::builder().clock(clock.clone()).build().unwrap();
    let (nothing, something) = (Origin::of(None), Origin::of(Some(1)));
    let read = async || {
        let both = async { (user(&nothing, 1).await, user(&something, 2).await) };
        cache.scope(both).await
    };
    read().await.0.unwrap();
    read().await.1.unwrap();
    assert_eq!((nothing.loads(), something.loads()), (1, 1));
    clock.advance(Duration::from_secs(31));
    read().await.0.unwrap();
    assert_eq!((nothing.loads(), something.loads()), (2, 1));
    let never = Origin::of(None);
    for _ in 0..3 {
        assert_eq!(cache.scope(found(&never, 3)).await, None);
    }
    assert_eq!(never.loads(), 3);
}

#[tokio::test]
async fn a_value_tells_its_own_end_and_none_is_later_than_the_ttl() {
    let clock = Clock::manual();
    let cache = Cache::builder().clock(clock.clone()).build().unwrap();
    let of = |expires_in, text: &str| {
        let text = text.to_owned();
        Origin::of(Token { text, expires_in })
    };
    let (short, long, over, empty) = (
        of(60, "short"),
        of(100_000, "long"),
        of(0, "over"),
        of(60, ""),
    );
    let read = async || {
        let all = async {
            token(&short, 1).await;
            token(&long, 2).await;
            token(&over, 3).await;
            token(&empty, 4).await;
        };
        cache.scope(all).await;
        [&short, &long, &over, &empty].map(Origin::loads)
    };
    read().await;
    clock.advance(Duration::from_secs(59));
    assert_eq!(read().await, [1, 1, 2, 2]);
    clock.advance(Duration::from_secs(2));
    assert_eq!(read().await, [2, 1, 3, 3]);
    clock.advance(Duration::from_secs(3_600));
    assert_eq!(read().await, [3, 2, 4, 4]);
    assert_eq!(unwanted(&cache, "token"), 8);
}

#[tokio::test]
async fn redis_keeps_it_no_longer_either() {
    let server = server().await;
    let [_, cache, _] = caches(&server);
    let token_of_a_minute = Origin::of(Token {
        text: "t".to_owned(),
        expires_in: 60,
    });
    cache.scope(token(&token_of_a_minute, 1)).await;
    cache.scope(constant(&Origin::of(1), 1)).await;
    let left = async |name: &str| {
        let left = server.run(&["PTTL", name]).await.unwrap();
        redis::from_redis_value::<u64>(left).unwrap()
    };
    let names = [
        cache.scope(async { token_entry(1).key().to_owned() }).await,
        cache
            .scope(async { constant_entry(1).key().to_owned() })
            .await,
    ];
    let [short, forever] = [left(&names[0]).await, left(&names[1]).await];
    assert!((1..=60_000).contains(&short), "{short}");
    assert!(forever > 5 * 365 * 86_400_000, "{forever}");
}

#[tokio::test]
async fn a_put_of_what_is_not_wanted_leaves_nothing_there() {
    let server = server().await;
    for cache in caches(&server) {
        let sure = Origin::of(0.9);
        let read = async || cache.scope(predict(&sure, 1)).await;
        assert_eq!(read().await, Ok(0.9));
        let put = async |value| {
            let entry = cache.scope(async { predict_entry(1) }).await;
            entry.put(value).await
        };
        put(0.95).await.unwrap();
        assert_eq!(read().await, Ok(0.95));
        put(0.2).await.unwrap();
        assert_eq!(read().await, Ok(0.9));
        assert_eq!(sure.loads(), 2);
    }
}

#[tokio::test]
async fn an_origin_that_gives_what_is_not_wanted_is_left_alone_while_there_is_an_older_value() {
    let clock = Clock::manual();
    let cache = Cache::builder().clock(clock.clone()).build().unwrap();
    let (sure, unsure) = (Origin::of(0.9), Origin::of(0.1));
    let read = async |model| cache.scope(rested(model, 1)).await;
    assert_eq!(read(&sure).await, 0.9);
    clock.advance(Duration::from_secs(61));
    assert_eq!(read(&unsure).await, 0.1, "who refreshes it has what came");
    for _ in 0..5 {
        assert_eq!(read(&unsure).await, 0.9);
    }
    assert_eq!(unsure.loads(), 1);
    clock.advance(Duration::from_secs(1));
    assert_eq!(read(&unsure).await, 0.1);
    assert_eq!((sure.loads(), unsure.loads()), (1, 2));
}

#[tokio::test]
async fn what_is_kept_forever_is_stale_once_it_is_expired_by_hand() {
    let server = server().await;
    for cache in caches(&server) {
        let (well, ill) = (Origin::of(Ok(1)), Origin::of(Err("ill".to_owned())));
        assert_eq!(cache.scope(lasting(&well, 1)).await, Ok(1));
        let entry = cache.scope(async { lasting_entry(1) }).await;
        entry.expire().await.unwrap();
        assert_eq!(cache.scope(lasting(&ill, 1)).await, Ok(1));
        assert_eq!((well.loads(), ill.loads()), (1, 1));
    }
}

const HOT: Policy = Policy::new(Duration::from_secs(60))
    .stale(Duration::from_secs(3_600))
    .jitter(0.0);

#[cached(ns = "hot", policy = HOT, skip(origin))]
async fn hot(origin: &Origin<Result<u32, String>>, id: u32) -> Result<u32, String> {
    let _ = id;
    origin.load()
}

#[cached(ns = "hotter", policy = HOT, ttl = "2m", stale = 0, skip(origin))]
async fn hotter(origin: &Origin<Result<u32, String>>, id: u32) -> Result<u32, String> {
    let _ = id;
    origin.load()
}

#[cached(ns = "welcome", ttl = "1h", skip(sent))]
async fn welcome(sent: &AtomicU32, id: u32) {
    let _ = id;
    sent.fetch_add(1, Ordering::SeqCst);
}

#[tokio::test]
async fn a_shared_policy_holds_but_for_what_a_function_says_itself() {
    let (cache, clock) = on_a_clock();
    let (works, fails) = (Origin::of(Ok(1)), Origin::of(Err("no".to_owned())));
    cache
        .scope(async {
            assert_eq!(
                (hot(&works, 1).await, hotter(&works, 1).await),
                (Ok(1), Ok(1))
            );
            clock.advance(Duration::from_secs(61));
            // The one is stale, and its load fails; the other is fresh.
            assert_eq!(
                (hot(&fails, 1).await, hotter(&fails, 1).await),
                (Ok(1), Ok(1))
            );
            assert_eq!(fails.loads(), 1);
            clock.advance(Duration::from_secs(60));
            assert_eq!(hot(&fails, 1).await, Ok(1));
            assert_eq!(hotter(&fails, 1).await, Err("no".to_owned()));
        })
        .await;
}

#[tokio::test]
async fn what_returns_nothing_runs_once_for_its_arguments() {
    let server = server().await;
    for cache in caches(&server) {
        let sent = AtomicU32::new(0);
        for id in [1, 1, 2, 1] {
            cache.scope(welcome(&sent, id)).await;
        }
        assert_eq!(sent.load(Ordering::SeqCst), 2);
        cache
            .scope(async { welcome_entry(1).invalidate().await })
            .await
            .unwrap();
        cache.scope(welcome(&sent, 1)).await;
        assert_eq!(sent.load(Ordering::SeqCst), 3);
    }
}
