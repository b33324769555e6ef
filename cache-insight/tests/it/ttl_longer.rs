use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cache_insight::Kind;
use cache_runtime::cached;
use futures_util::future::join_all;

use crate::{LIMIT, Program, server};

/// How many keys: of so many loads that are all alike, four times the ttl is sure.
const KEYS: u32 = 250;

#[cached(ns = "steady", ttl = "1s", stale = "1h")]
async fn steady(id: u32) -> u32 {
    id
}

/// What a value has been changed to.
static VERSION: AtomicU32 = AtomicU32::new(0);

#[cached(ns = "changing", ttl = "1s", stale = "1h")]
async fn changing(id: u32) -> u32 {
    // Half of the values are others at each load.
    id + (id % 2) * VERSION.fetch_add(1, Ordering::Relaxed)
}

/// Waits until so many loads were compared.
async fn compared(program: &Program, function: &str, count: u64) {
    let start = Instant::now();
    while program.counts(function).compared < count {
        assert!(start.elapsed() < LIMIT, "{:?}", program.counts(function));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Until the ttl of one second is over, by Redis's clock and the process's own.
async fn after_a_ttl(program: &Program) {
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    program.clock.advance(Duration::from_millis(1_100));
}

/// Reads each key, and again within its ttl.
async fn read_all(program: &Program) {
    for _ in 0..2 {
        let reads = join_all((0..KEYS).map(steady));
        program.cache.scope(reads).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loads_that_give_what_was_there_are_spared_by_a_longer_ttl() {
    let server = server().await;
    let program = Program::on(&server);
    program.cache.connect().await.unwrap();
    read_all(&program).await;
    after_a_ttl(&program).await;
    assert_eq!(
        program.advised(Kind::TtlLonger),
        None,
        "nothing was compared"
    );
    read_all(&program).await;
    compared(&program, "::steady", u64::from(KEYS)).await;
    let item = program.advised(Kind::TtlLonger).unwrap();
    assert_eq!(
        (item.change.from.as_str(), item.change.to.as_str()),
        ("\"1s\"", "\"4s\"")
    );
    assert!(item.because.contains("250 of 250 loads"), "{item}");
    assert!(item.effect.loads_less_per_second > Some(0.0), "{item}");
    program.applies(&item).await;

    // Before it a round a second later loads everything again; after it, nothing.
    after_a_ttl(&program).await;
    read_all(&program).await;
    compared(&program, "::steady", 2 * u64::from(KEYS)).await;
    let before = program.counts("::steady").loads;
    after_a_ttl(&program).await;
    read_all(&program).await;
    let after = program.counts("::steady").loads;
    assert_eq!((before, after - before), (3 * u64::from(KEYS), 0));
    assert_eq!(
        program.advised(Kind::TtlLonger),
        None,
        "all that was compared had the ttl before"
    );

    tokio::time::sleep(Duration::from_millis(4_100)).await;
    program.clock.advance(Duration::from_millis(4_100));
    read_all(&program).await;
    compared(&program, "::steady", 3 * u64::from(KEYS)).await;
    let item = program.advised(Kind::TtlLonger).unwrap();
    assert_eq!(item.change.from, "\"4s\"");
    assert!(item.because.contains("250 of 250 loads"), "{item}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_that_change_as_often_as_not_keep_their_ttl() {
    let server = server().await;
    let program = Program::on(&server);
    program.cache.connect().await.unwrap();
    for _ in 0..2 {
        for _ in 0..2 {
            let reads = join_all((0..KEYS).map(changing));
            program.cache.scope(reads).await;
        }
        after_a_ttl(&program).await;
    }
    compared(&program, "::changing", u64::from(KEYS)).await;
    let counts = program.counts("::changing");
    assert!(counts.unchanged >= 100, "{counts:?}");
    assert_eq!(program.advised(Kind::TtlLonger), None);
}

/// Of one key among others, which most of the loads are of, nothing follows for the others.
#[test]
fn one_hot_key_does_not_speak_for_the_others_and_few_loads_speak_for_nothing() {
    let advised = |hot: u64, compared: u64| {
        let stats = serde_json::json!({ "processes": 1, "counted_ms": 60_000, "functions": [{
            "function": "app::find", "namespace": "app",
            "counts": { "compared": compared, "unchanged": compared, "loads": compared, "redis_hits": 10 * compared },
            "insight": {
                "in_force": { "ttl_ms": 1_000, "compress": "none" },
                "by_loads": { "total": 1_000, "others_at_most": 50,
                    "keys": [{ "digest": "1", "weight": hot }, { "digest": "2", "weight": 50 }] },
            },
        }] });
        let stats = serde_json::from_value(stats).unwrap();
        !cache_insight::Advice::of_stats(&stats).items.is_empty()
    };
    assert!(advised(100, 400));
    assert!(!advised(900, 400), "it is the hot key's");
    assert!(!advised(100, 50), "too few");
}
