//! What `stats` says of functions, of memory and of nodes, and what the statistics of several processes add up to.

use std::time::Duration;

use cache_runtime::{
    BreakerState, Cache, FunctionStats, NamespaceStats, RedisHealth, Stats, cached,
};
use cache_tests::Server;

use crate::{server, until};

const LIMIT: Duration = Duration::from_secs(20);
const LAG: Duration = Duration::from_millis(200);

#[cached(ns = "shop", ttl = "1h", tags = ["item:{id}"])]
async fn item(id: u64) -> String {
    "x".repeat(usize::try_from(id).unwrap())
}

#[cached(ns = "shop", ttl = "1h")]
async fn slow(id: u64) -> u64 {
    tokio::time::sleep(Duration::from_millis(300)).await;
    id
}

#[cached(ns = "shop", ttl = "1h")]
async fn largest<
    T: Ord + Clone + Send + Sync + cache_runtime::CacheKey + cache_runtime::Cacheable,
>(
    of: &[T],
) -> Option<T> {
    of.iter().max().cloned()
}

fn on(server: &Server) -> Cache {
    let builder = Cache::builder().url(server.url()).lag(LAG);
    builder.op_timeout(Duration::from_secs(5)).build().unwrap()
}

fn namespace(cache: &Cache) -> NamespaceStats {
    cache.stats().namespace("shop").unwrap().clone()
}

fn function(cache: &Cache, name: &str) -> FunctionStats {
    let path = format!("{}::{name}", module_path!());
    cache.stats().function(&path).unwrap().clone()
}

#[tokio::test]
async fn each_function_has_a_row_and_its_namespace_is_their_sum() {
    let cache = Cache::memory();
    cache
        .scope(async {
            for _ in 0..3 {
                item(10).await;
            }
            largest(&[1_u32, 2]).await;
            largest(&["a".to_owned()]).await;
        })
        .await;
    assert!(cache.namespace("shop").invalidate().await.is_ok());
    let (items, of_both) = (function(&cache, "item"), function(&cache, "largest"));
    assert_eq!((items.loads, items.memory_hits), (1, 2));
    assert_eq!(of_both.loads, 2, "at both types");
    assert_eq!(items.namespace, "shop");
    let row = namespace(&cache);
    assert_eq!((row.loads, row.memory_hits, row.calls.total()), (3, 2, 5));
    assert_eq!((row.invalidations, items.invalidations), (1, 0));
    let known: Vec<_> = cache
        .sites()
        .into_iter()
        .map(|site| site.function)
        .collect();
    assert!(known.contains(&items.function), "{known:?}");
}

#[tokio::test]
async fn the_time_of_a_load_is_told_apart_from_the_caches_own_and_from_a_hits() {
    let server = server().await;
    let [one, other] = [on(&server), on(&server)];
    one.scope(slow(1)).await;
    other.scope(slow(1)).await;
    let loaded = function(&one, "slow");
    let least = Duration::from_millis(300);
    assert!(loaded.load_time.total() >= least, "{loaded:?}");
    assert_eq!(
        (loaded.own_time.count(), loaded.redis_hit_time.count()),
        (1, 0)
    );
    let own = loaded.own_time.total();
    assert!(!own.is_zero() && own < least / 2, "{own:?}");
    let hit = function(&other, "slow");
    assert_eq!((hit.own_time.count(), hit.redis_hit_time.count()), (0, 1));
    let took = hit.redis_hit_time.total();
    assert!(!took.is_zero() && took < least / 2, "{took:?}");
}

#[tokio::test]
async fn hits_in_memory_are_timed_now_and_then() {
    let cache = Cache::memory();
    cache
        .scope(async {
            for _ in 0..5_000 {
                item(7).await;
            }
        })
        .await;
    let row = function(&cache, "item");
    let timed = row.memory_hit_time.count();
    assert!((3..=6).contains(&timed), "{timed}");
    let mean = row.memory_hit_time.mean().unwrap();
    assert!(
        !mean.is_zero() && mean < Duration::from_millis(10),
        "{mean:?}"
    );
}

#[tokio::test]
async fn sizes_entries_and_evictions_are_told_by_function() {
    let builder = Cache::builder().memory_bytes(256 << 10).max_value(32 << 10);
    let cache = builder.build().unwrap();
    cache
        .scope(async {
            for id in 0..100 {
                item(10_000 + id).await;
            }
            largest(&[7_u32]).await;
        })
        .await;
    let (stats, items) = (cache.stats(), function(&cache, "item"));
    assert!((50..100).contains(&items.evictions), "{}", items.evictions);
    assert_eq!(items.memory_entries, 100 - items.evictions);
    assert_eq!(items.memory_entries + 1, stats.memory.entries);
    let of_both = items.memory_bytes + function(&cache, "largest").memory_bytes;
    assert_eq!(of_both, stats.memory.bytes);
    assert!(of_both > items.memory_entries * 10_000, "{of_both}");
    assert!(stats.memory.most_bytes >= 256 << 10, "{:?}", stats.memory);
    assert_eq!((items.stored_sizes.count(), items.stores), (100, 100));
    assert_eq!(items.stored_sizes.quantile(0.0), Some(16 << 10));
    assert!(items.stored_bytes >= 100 * 10_000);
}

#[tokio::test]
async fn invalidations_of_others_are_counted_where_they_reach_something() {
    let server = server().await;
    let [one, other] = [on(&server), on(&server)];
    for cache in [&one, &other] {
        cache.scope(item(1)).await;
    }
    let received = |cache: &Cache| {
        let told = (namespace(cache), cache.stats().memory);
        (told.0.received_invalidations, told.1.received_invalidations)
    };
    let before = received(&other);
    one.namespace("shop").invalidate().await.unwrap();
    until(LIMIT, async || received(&other).0 > before.0).await;
    assert_eq!(received(&other), (before.0 + 1, before.1 + 1));
    assert_eq!(function(&other, "item").received_invalidations, 0);
    other.scope(item(1)).await;
    // Its own are not received, and nothing of theirs rests on what another one is of.
    let before = received(&other);
    other.tag("item:1").invalidate().await.unwrap();
    one.tag("item:2").invalidate().await.unwrap();
    other.scope(item(3)).await;
    let own = received(&other);
    one.tag("item:3").invalidate().await.unwrap();
    until(LIMIT, async || received(&other).1 > own.1).await;
    assert_eq!(received(&other), (own.0, own.1 + 1));
    assert_eq!(own.0, before.0);
    let changes = other.stats().memory.received_changes;
    one.scope(item(3)).await;
    other.scope(item(3)).await;
    one.scope(item_entry(3).refresh(item(3))).await;
    until(LIMIT, async || {
        other.stats().memory.received_changes > changes
    })
    .await;
}

#[tokio::test]
async fn a_node_tells_of_its_round_trips_its_pushes_and_how_far_memory_may_be_behind() {
    let server = server().await;
    let password = "s3cret";
    let config = [
        b"CONFIG".as_slice(),
        b"SET",
        b"requirepass",
        password.as_bytes(),
    ];
    server.command(&config).await.unwrap();
    let url = server
        .url()
        .replace("redis://", &format!("redis://:{password}@"));
    let cache = Cache::builder().url(url.as_str()).lag(LAG).build().unwrap();
    cache.scope(item(1)).await;
    let node = || {
        let nodes = cache.stats().nodes;
        let [node] = nodes.as_slice() else {
            panic!("{nodes:?}")
        };
        node.clone()
    };
    until(LIMIT, async || node().round_trip.count() > 5).await;
    let told = node();
    assert!(told.node.contains("127.0.0.1") && !format!("{told:?}").contains(password));
    assert_eq!(
        (&told.state, told.breaker),
        (&RedisHealth::Up, BreakerState::Closed)
    );
    assert!(told.tracking && told.reconnections == 0, "{told:?}");
    assert!(told.pushes > 0, "of its own store at least: {told:?}");
    assert!(told.staleness_bound <= LAG, "{told:?}");
    assert_eq!(told.heartbeat_age, Some(told.staleness_bound));
    let client = redis::Client::open(url).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut killing = redis::cmd("CLIENT");
    killing.arg("KILL").arg("TYPE").arg("normal");
    let _: redis::Value = killing.query_async(&mut connection).await.unwrap();
    until(LIMIT, async || node().reconnections == 1 && node().tracking).await;
    drop(server);
    until(LIMIT, async || node().breaker != BreakerState::Closed).await;
    let told = node();
    assert!(matches!(told.state, RedisHealth::Down { .. }), "{told:?}");
    // What is loaded in an outage is served for `lag`, whatever was told before.
    until(LIMIT, async || node().heartbeat_age > Some(2 * LAG)).await;
    let told = node();
    assert!(told.staleness_bound <= LAG && !told.tracking, "{told:?}");
    assert!(told.staleness_bound > LAG / 2, "{told:?}");
}

#[tokio::test]
async fn the_statistics_of_several_caches_add_up() {
    let server = server().await;
    let mut sum = Stats::default();
    let mut calls = 0;
    for n in 1..=3 {
        let cache = on(&server);
        cache
            .scope(async {
                for _ in 0..n {
                    item(5).await;
                }
            })
            .await;
        let stats = cache.stats();
        calls += n;
        sum += &stats;
    }
    let row = sum.namespace("shop").unwrap();
    assert_eq!((row.loads, row.calls.total()), (1, calls));
    assert_eq!(row.redis_hits, 2);
    assert_eq!((sum.functions.len(), sum.nodes.len()), (1, 1));
    let mut counts = row.counts.clone();
    // Of the namespace's stamp, which no function has.
    counts.received_invalidations = 0;
    assert_eq!(sum.functions[0].counts, counts);
    assert_eq!(sum.memory.entries, 3);
    let shown = sum.to_string();
    assert!(
        shown.lines().count() == 2 && shown.contains("shop"),
        "{shown}"
    );
}
