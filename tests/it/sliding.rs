//! `sliding`: an entry that is used lives on, for at most so long after its load.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cache_runtime::{Cache, Policy, cached};
use cache_tests::Server;

use crate::{on_a_clock, server, until};

const LIMIT: Duration = Duration::from_secs(20);
const MINUTE: Duration = Duration::from_secs(60);

#[cached(ns = "s", ttl = "10m", sliding = "25m", jitter = 0.0, skip(runs))]
async fn session(runs: &AtomicU32, id: u32) -> u32 {
    let _ = id;
    runs.fetch_add(1, Ordering::SeqCst) + 1
}

#[cached(
    ns = "o",
    ttl = "10m",
    sliding = "forever",
    none_ttl = "1m",
    jitter = 0.0,
    skip(runs)
)]
async fn perhaps(runs: &AtomicU32, id: u32) -> Option<u32> {
    let run = runs.fetch_add(1, Ordering::SeqCst) + 1;
    (id > 0).then_some(run)
}

#[cached(
    ns = "s",
    ttl = "10m",
    sliding = "25m",
    consistency = "strong",
    skip(runs)
)]
async fn strong_session(runs: &AtomicU32, id: u32) -> u32 {
    let _ = id;
    runs.fetch_add(1, Ordering::SeqCst) + 1
}

#[cached(ttl = "600ms", sliding = "2400ms", jitter = 0.0, skip(runs))]
async fn short(runs: &AtomicU32, id: u32) -> u32 {
    let _ = id;
    runs.fetch_add(1, Ordering::SeqCst) + 1
}

#[cached(ns = "s", ttl = "10m", sliding = "25m", jitter = 0.0, batch = ids, skip(runs))]
async fn sessions(runs: &AtomicU32, ids: &[u32]) -> HashMap<u32, u32> {
    let run = runs.fetch_add(1, Ordering::SeqCst) + 1;
    ids.iter().map(|id| (*id, run)).collect()
}

#[tokio::test]
async fn in_memory_a_use_lengthens_a_life_to_its_longest() {
    let ((cache, clock), runs) = (on_a_clock(), AtomicU32::new(0));
    let used = async || cache.scope(session(&runs, 1)).await;
    let batched = async || cache.scope(sessions(&runs, &[1])).await[&1];
    assert_eq!((used().await, batched().await), (1, 2));
    for _ in 0..2 {
        clock.advance(9 * MINUTE);
        assert_eq!((used().await, batched().await), (1, 2));
    }
    clock.advance(7 * MINUTE - Duration::from_millis(1));
    assert_eq!((used().await, batched().await), (1, 2));
    clock.advance(Duration::from_millis(1));
    assert_eq!(used().await, 3, "the longest life is over");
    clock.advance(10 * MINUTE);
    assert_eq!(used().await, 4, "nobody used it");
}

#[cached(batch(id in ids), batch_of = session_entry(*id))]
async fn shared_sessions(runs: &AtomicU32, ids: &[u32]) -> HashMap<u32, u32> {
    let run = runs.fetch_add(1, Ordering::SeqCst) + 1;
    ids.iter().map(|id| (*id, run)).collect()
}

#[tokio::test]
async fn a_read_of_the_entry_and_a_batch_of_it_are_uses_too() {
    let ((cache, clock), runs) = (on_a_clock(), AtomicU32::new(0));
    cache.scope(session(&runs, 1)).await;
    let entry = cache.scope(async { session_entry(1) }).await;
    clock.advance(9 * MINUTE);
    assert_eq!(entry.get().await, Some(1));
    clock.advance(9 * MINUTE);
    assert_eq!(cache.scope(shared_sessions(&runs, &[1])).await[&1], 1);
    clock.advance(6 * MINUTE);
    assert_eq!(entry.get().await, Some(1));
    // A look is none.
    clock.advance(MINUTE);
    assert!(
        entry
            .inspect()
            .await
            .is_none_or(|found| found.fresh_for.is_zero())
    );
}

#[tokio::test]
async fn a_settings_file_says_for_how_long_a_use_counts() {
    let runs = AtomicU32::new(0);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cache.toml");
    std::fs::write(&file, "[namespace.s]\nttl = \"1m\"\n").unwrap();
    let clock = cache_runtime::Clock::manual();
    let cache = Cache::builder()
        .clock(clock.clone())
        .url("memory:")
        .config(&file);
    let cache = cache.build().unwrap();
    let used = async || cache.scope(session(&runs, 1)).await;
    for _ in 0..3 {
        assert_eq!(used().await, 1);
        clock.advance(MINUTE - Duration::from_secs(1));
    }
    clock.advance(Duration::from_secs(1));
    assert_eq!(used().await, 2, "not for the time of the annotation");
}

#[tokio::test]
async fn in_redis_a_batch_lengthens_the_life_of_each_of_its_entries() {
    let (server, runs) = (server().await, AtomicU32::new(0));
    let cache = || Cache::builder().url(server.url()).build().unwrap();
    let (here, there) = (cache(), cache());
    here.scope(sessions(&runs, &[1, 2])).await;
    let entries = async |id: u32| {
        here.scope(async { sessions_entry(&id).key().to_owned() })
            .await
    };
    let keys = [entries(1).await, entries(2).await];
    for key in &keys {
        leave(&server, key, 5 * MINUTE).await;
    }
    assert_eq!(there.scope(sessions(&runs, &[1, 2])).await[&2], 1);
    for key in &keys {
        until(LIMIT, async || left(&server, key).await > 9 * MINUTE).await;
    }
}

#[tokio::test]
async fn what_the_value_tells_of_its_end_holds_however_it_is_used() {
    let ((cache, clock), runs) = (on_a_clock(), AtomicU32::new(0));
    let used = async |id| cache.scope(perhaps(&runs, id)).await;
    assert_eq!((used(0).await, used(1).await), (None, Some(2)));
    for _ in 0..500 {
        clock.advance(9 * MINUTE);
        assert_eq!(used(1).await, Some(2));
    }
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    used(0).await;
    clock.advance(MINUTE - Duration::from_millis(1));
    used(0).await;
    assert_eq!(runs.load(Ordering::SeqCst), 3);
    clock.advance(Duration::from_millis(1));
    used(0).await;
    assert_eq!(runs.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn an_invalidation_and_an_expiry_by_hand_end_it_as_any_other() {
    let ((cache, clock), runs) = (on_a_clock(), AtomicU32::new(0));
    let used = async || cache.scope(session(&runs, 1)).await;
    let entry = cache.scope(async { session_entry(1) }).await;
    used().await;
    clock.advance(9 * MINUTE);
    used().await;
    entry.invalidate().await.unwrap();
    assert_eq!(used().await, 2);
    clock.advance(9 * MINUTE);
    used().await;
    entry.expire().await.unwrap();
    assert_eq!(used().await, 3);
    entry.put(7).await.unwrap();
    for _ in 0..2 {
        clock.advance(9 * MINUTE);
        assert_eq!(used().await, 7);
    }
}

/// What is left of an entry's life in Redis.
async fn left(server: &Server, key: &str) -> Duration {
    let left = server.run(&["PTTL", key]).await.unwrap();
    let ms: i64 = redis::from_redis_value(left).unwrap();
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

async fn leave(server: &Server, key: &str, left: Duration) {
    let ms = left.as_millis().to_string();
    server.run(&["PEXPIRE", key, &ms]).await.unwrap();
}

#[tokio::test]
async fn in_redis_a_hit_lengthens_a_life_that_an_eighth_of_has_passed() {
    let (server, runs) = (server().await, AtomicU32::new(0));
    let cache = || Cache::builder().url(server.url()).build().unwrap();
    let (here, there) = (cache(), cache());
    here.scope(session(&runs, 1)).await;
    here.scope(strong_session(&runs, 1)).await;
    let keys = here.scope(async {
        let (entry, strong) = (session_entry(1), strong_session_entry(1));
        [entry.key().to_owned(), strong.key().to_owned()]
    });
    let [key, strong] = keys.await;
    assert!(left(&server, &key).await <= 10 * MINUTE);
    // By a call, and by a read of the entry, in a process that has it in memory no more.
    leave(&server, &key, 5 * MINUTE).await;
    until(LIMIT, async || {
        there.scope(session(&runs, 1)).await;
        left(&server, &key).await > 9 * MINUTE
    })
    .await;
    leave(&server, &strong, 5 * MINUTE).await;
    there.scope(strong_session(&runs, 1)).await;
    until(LIMIT, async || left(&server, &strong).await > 9 * MINUTE).await;
    leave(&server, &strong, 5 * MINUTE).await;
    let read = there.scope(async { strong_session_entry(1).get().await });
    assert_eq!(read.await, Some(2));
    until(LIMIT, async || left(&server, &strong).await > 9 * MINUTE).await;
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_has_lived_for_less_is_not_written_again() {
    let (server, runs) = (server().await, AtomicU32::new(0));
    let cache = Cache::builder().url(server.url()).memory_bytes(0);
    let cache = cache.build().unwrap();
    cache.scope(session(&runs, 1)).await;
    let key = cache.scope(async { session_entry(1).key().to_owned() });
    let key = key.await;
    leave(&server, &key, 9 * MINUTE).await;
    let counts = async || {
        [
            calls(&server, "pttl").await,
            calls(&server, "pexpire").await,
        ]
    };
    let [asked, written] = counts().await;
    cache.scope(session(&runs, 1)).await;
    until(LIMIT, async || counts().await[0] > asked).await;
    assert_eq!(counts().await, [asked + 1, written]);
    leave(&server, &key, 7 * MINUTE).await;
    cache.scope(session(&runs, 1)).await;
    until(LIMIT, async || counts().await[0] > asked + 1).await;
    // By this test, and by the script.
    assert_eq!(counts().await, [asked + 2, written + 2]);
    assert!(left(&server, &key).await > 9 * MINUTE);
}

/// How often a command was run, by scripts too.
async fn calls(server: &Server, command: &str) -> u32 {
    let stats = server.run(&["INFO", "commandstats"]).await.unwrap();
    let stats: String = redis::from_redis_value(stats).unwrap();
    let line = format!("cmdstat_{command}:calls=");
    let count = stats
        .lines()
        .find_map(|row| row.strip_prefix(&line)?.split(',').next());
    count.map_or(0, |count| count.parse().unwrap())
}

#[tokio::test]
async fn what_is_used_from_memory_alone_lives_on_in_redis_and_ends_at_its_longest() {
    let (server, runs) = (server().await, AtomicU32::new(0));
    let cache = Cache::builder().url(server.url()).build().unwrap();
    cache.connect().await.unwrap();
    let start = Instant::now();
    while cache.scope(short(&runs, 1)).await == 1 {
        assert!(start.elapsed() < LIMIT);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let lived = start.elapsed();
    assert!(lived > Duration::from_millis(2_300), "{lived:?}");
    let row = cache.stats();
    let row = row.namespace("it::sliding::short").unwrap();
    assert!(
        row.memory_hits > row.redis_hits && row.redis_hits > 0,
        "{row:?}"
    );
}

#[tokio::test]
async fn a_policy_by_hand_slides_too() {
    const POLICY: Policy = Policy::new(MINUTE)
        .sliding(Duration::from_secs(600))
        .jitter(0.0);
    let ((cache, clock), runs) = (on_a_clock(), AtomicU32::new(0));
    let used = async || {
        let load = async { Ok::<_, String>(runs.fetch_add(1, Ordering::SeqCst) + 1) };
        cache.get_or_load("hand", &1, &POLICY, load).await.unwrap()
    };
    for _ in 0..11 {
        assert_eq!(used().await, 1);
        clock.advance(Duration::from_secs(54));
    }
    clock.advance(Duration::from_secs(6));
    assert_eq!(used().await, 2);
}
