//! What is learnt of keys and of how reads come: by whole calls, in memory and on a real server.

use std::fs;
use std::time::Duration;

use cache_runtime::{Cache, FunctionStats, Insight, cached};

use crate::{on_a_clock, server, until};

const LIMIT: Duration = Duration::from_secs(20);
const HOUR: Duration = Duration::from_secs(3_600);

#[cached(ns = "seen", ttl = "50h", jitter = 0.0, key = "user:{id}")]
async fn user(id: u64) -> u64 {
    id
}

#[cached(ns = "seen", ttl = "1h", jitter = 0.0)]
async fn number(id: u64) -> u64 {
    id
}

fn row(cache: &Cache, name: &str) -> FunctionStats {
    let functions = cache.insight().functions;
    let mut rows = functions.into_iter();
    rows.find(|row| row.function.ends_with(name)).unwrap()
}

fn insight(cache: &Cache, name: &str) -> Insight {
    row(cache, name).insight
}

async fn each(cache: &Cache, ids: impl IntoIterator<Item = u64>) {
    cache
        .scope(async {
            for id in ids {
                number(id).await;
            }
        })
        .await;
}

#[tokio::test]
async fn of_hits_in_memory_the_keys_that_are_read_most_are_told_by_their_names() {
    let cache = Cache::memory();
    cache
        .scope(async {
            for _ in 0..40 * 1_024 {
                user(7).await;
            }
        })
        .await;
    let told = insight(&cache, "::user");
    let read = &told.by_reads.keys[0];
    assert_eq!(read.name.as_deref(), Some("user:7"), "{told:?}");
    assert!((35 * 1_024..=41 * 1_024).contains(&read.weight), "{read:?}");
    assert_eq!(told.pattern, "user:{id}");
    assert_eq!(told.in_force.ttl_ms, 50 * 3_600_000);
}

/// One that was stored before it was heavy, and has no readable key: its digest is that of its name in Redis.
#[tokio::test]
async fn a_key_that_nobody_can_read_is_told_by_the_digest_in_its_name() {
    let server = server().await;
    let cache = Cache::builder().url(server.url()).build().unwrap();
    cache.connect().await.unwrap();
    each(&cache, 0..100).await;
    each(&cache, (0..3 * 1_024).map(|_| 99)).await;
    let read = insight(&cache, "::number").by_reads.keys[0].clone();
    let name = cache
        .scope(async { number_entry(99).key().to_owned() })
        .await;
    assert!(
        name.contains(&format!("{{{}}}", read.digest)),
        "{name} {read:?}"
    );
    assert_eq!(read.name, None);
}

#[tokio::test]
async fn entries_that_nobody_reads_are_counted_as_nearly_as_the_sample_says() {
    let (cache, clock) = on_a_clock();
    // Of 8,000 keys three of ten are read again, some of them more than once.
    each(&cache, 0..8_000).await;
    for _ in 0..3 {
        each(&cache, (0..8_000).filter(|id| id % 10 < 3)).await;
    }
    let waiting = insight(&cache, "::number").never_read;
    assert!((4_700..6_500).contains(&waiting.waiting), "{waiting:?}");
    assert_eq!((waiting.left, waiting.share()), (0, Some(0.0)));
    clock.advance(2 * HOUR);
    let told = insight(&cache, "::number").never_read;
    let (share, margin) = (told.share().unwrap(), told.margin().unwrap());
    assert!(
        (share - 0.7).abs() < margin && margin < 0.06,
        "{share} ± {margin}"
    );
    assert!((6_500..9_500).contains(&told.entries), "{told:?}");
    assert_eq!(told.waiting, 0);
    // What is stored anew is another entry.
    each(&cache, 0..8_000).await;
    clock.advance(2 * HOUR);
    let told = insight(&cache, "::number").never_read;
    assert!((told.share().unwrap() - 0.85).abs() < margin, "{told:?}");
}

#[tokio::test]
async fn hits_and_misses_are_those_of_their_hour() {
    let (cache, clock) = on_a_clock();
    each(&cache, [1, 1, 1, 2]).await;
    clock.advance(HOUR);
    each(&cache, [3, 3]).await;
    clock.advance(30 * HOUR);
    each(&cache, [4]).await;
    let told = insight(&cache, "::number").hours;
    let counts: Vec<_> = told
        .counts
        .iter()
        .map(|hour| (hour.hits, hour.misses))
        .collect();
    assert_eq!(counts, [(0, 1)], "the others are over a day ago");
    assert_eq!(told.until - told.since, 31);
    clock.advance(HOUR);
    each(&cache, [4, 5, 5, 5]).await;
    let told = insight(&cache, "::number").hours;
    let counts: Vec<_> = told
        .counts
        .iter()
        .map(|hour| (hour.hits, hour.misses))
        .collect();
    assert_eq!(counts, [(0, 1), (2, 2)]);
}

#[tokio::test]
async fn ids_in_a_row_and_many_at_once_are_seen() {
    let (cache, clock) = on_a_clock();
    for second in 0..200 {
        if second % 20 == 0 {
            each(&cache, second * 100..(second + 1) * 100).await;
        }
        clock.advance(Duration::from_secs(1));
    }
    let told = insight(&cache, "::number");
    assert_eq!((told.sequence.ids, told.sequence.downs), (1_000, 0));
    assert_eq!(told.sequence.ups, 990, "ten runs");
    assert_eq!(
        (told.burst.reads, told.burst.peak),
        (900, 100),
        "the first second has none before it"
    );
    assert!(told.burst.dispersion() > Some(50.0), "{told:?}");
    cache
        .scope(async {
            for id in 0..50 {
                user(id).await;
            }
        })
        .await;
    assert_eq!(
        insight(&cache, "::user").sequence.ups,
        49,
        "of readable keys too"
    );
}

async fn checked(cache: &Cache) -> (u64, u64) {
    let stats = cache.stats();
    let row = stats.namespace("seen").unwrap();
    (row.checked_invalidations, row.void_invalidations)
}

#[tokio::test]
async fn invalidations_that_hit_nothing_are_counted() {
    let server = server().await;
    let on_redis = Cache::builder().url(server.url()).build().unwrap();
    on_redis.connect().await.unwrap();
    for cache in [on_redis, Cache::memory()] {
        cache
            .scope(async {
                number(1).await;
                number_entry(1).invalidate().await.unwrap();
                assert_eq!(checked(&cache).await, (1, 0));
                number_entry(1).invalidate().await.unwrap();
                number_entry(2).invalidate().await.unwrap();
                assert_eq!(checked(&cache).await, (3, 2));
            })
            .await;
        let told = insight(&cache, "::number").by_invalidations;
        let weights: Vec<_> = told.keys.iter().map(|key| key.weight).collect();
        assert_eq!((weights, told.total), (vec![2, 1], 3));
    }
}

#[tokio::test]
async fn memory_is_as_large_as_the_settings_file_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache.toml");
    fs::write(&path, "memory = \"8MiB\"\n").unwrap();
    let builder = Cache::builder().url("memory:").config(&path);
    let cache = builder.memory_bytes(32 << 20).build().unwrap();
    let most = || cache.stats().memory.most_bytes;
    assert_eq!(most(), 8 << 20);
    each(&cache, 0..10_000).await;
    assert!(cache.stats().memory.entries > 9_000);
    fs::write(&path, "memory = \"1MiB\"\n").unwrap();
    until(LIMIT, async || most() == 1 << 20).await;
    let memory = cache.stats().memory;
    assert!(
        memory.bytes <= 1 << 20 && memory.entries < 9_000,
        "{memory:?}"
    );
    let row = row(&cache, "::number");
    assert_eq!(
        (row.memory_entries, row.memory_bytes),
        (memory.entries, memory.bytes)
    );
    fs::write(&path, "# As it is built.\n").unwrap();
    until(LIMIT, async || most() == 32 << 20).await;
    fs::write(&path, "memory = 0\n").unwrap();
    let refused = cache.reload().unwrap_err().to_string();
    assert!(
        refused.contains("`memory` must be over zero") && most() == 32 << 20,
        "{refused}"
    );
}

macro_rules! functions {
    ($($name:ident)*) => {
        $(
            mod $name {
                #[cache_runtime::cached(ns = "learnt", ttl = "1h", key = "of:{id}:{rest}", max_value = 1)]
                pub(super) async fn call(id: u64, rest: &str) -> Vec<u8> {
                    vec![(id % 256) as u8; 64]
                }
            }
        )*

        /// Calls each function with so many keys. The values are too large to be kept: what is left is what was learnt.
        async fn call_all(keys: std::ops::Range<u64>) {
            let rest = "x".repeat(70);
            $( assert!(!$name::call_entry(0, &rest).key().is_empty()); )*
            for id in keys {
                $( $name::call(id, &rest).await; )*
            }
        }
    };
}

functions! {
    a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 c0 c1 c2 c3 c4 c5 c6 c7 c8 c9
    d0 d1 d2 d3 d4 d5 d6 d7 d8 d9 e0 e1 e2 e3 e4
}

/// Of functions and of the sample of reads together, with all else that calls leave behind.
#[test]
fn all_that_is_learnt_takes_less_than_a_mebibyte() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    // Sites and what threads keep are there before.
    runtime.block_on(Cache::memory().scope(call_all(0..1)));
    let cache = Cache::memory();
    let measured = allocation_counter::measure(|| {
        runtime.block_on(cache.scope(call_all(0..1_500)));
    });
    let stats = cache.insight();
    let of = |row: &&FunctionStats| row.namespace == "learnt" && !row.insight.pattern.is_empty();
    assert_eq!(stats.functions.iter().filter(of).count(), 40);
    let shared = stats
        .functions
        .iter()
        .find(|row| row.namespace == "(others)");
    assert_eq!(shared.unwrap().insight.by_loads.total, 5 * 1_500);
    assert!(measured.bytes_current < 1 << 20, "{measured:?}");
}
