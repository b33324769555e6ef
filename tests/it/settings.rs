//! Wrong settings are named, and secrets are not shown.

use std::time::Duration;

use cache_runtime::{Cache, CacheBuilder, Policy, cached};

#[test]
fn the_builder_names_the_wrong_setting() {
    let build = |builder: cache_runtime::CacheBuilder| builder.build().unwrap_err().to_string();
    let named = [
        ("prefix", build(Cache::builder().prefix(""))),
        ("prefix", build(Cache::builder().prefix("a{b"))),
        ("url", build(Cache::builder().url("http://localhost"))),
        ("url", build(Cache::builder().url("nonsense"))),
        (
            "op_timeout",
            build(Cache::builder().op_timeout(Duration::ZERO)),
        ),
        ("lag", build(Cache::builder().lag(Duration::ZERO))),
        (
            "lease",
            build(Cache::builder().lease(Duration::from_millis(1))),
        ),
        ("max_value", build(Cache::builder().max_value(0))),
        ("memory_bytes", build(Cache::builder().memory_bytes(0))),
    ];
    for (setting, error) in named {
        assert!(error.contains(setting), "{setting}: {error}");
    }
}

#[test]
fn a_password_is_never_shown() {
    let secret = "s3cret";
    let builder = Cache::builder().url(format!("redis://user:{secret}@localhost:1/0"));
    assert!(!format!("{builder:?}").contains(secret));
    let cache = builder.build().unwrap();
    assert!(!format!("{cache:?}").contains(secret));
    let broken = Cache::builder().url(format!("redis://user:{secret}@:nonsense/0"));
    assert!(!broken.build().unwrap_err().to_string().contains(secret));
}

#[cached(ns = "extremes", ttl = "5m")]
async fn of_extremes(id: u32, value: u32) -> u32 {
    value + id
}

/// A load, a hit, an invalidation and a put.
async fn cycle(cache: &Cache) {
    cache
        .scope(async {
            let entry = of_extremes_entry(0, 1);
            entry.invalidate().await.unwrap();
            assert_eq!(of_extremes(0, 1).await, 1);
            assert_eq!(of_extremes(0, 1).await, 1);
            entry.invalidate().await.unwrap();
            entry.put(5).await.unwrap();
            assert_eq!(of_extremes(0, 1).await, 5);
        })
        .await;
}

type Set = fn(CacheBuilder) -> CacheBuilder;

/// Every setting of a builder that is a number, at nothing, the least and the most of its type.
fn extremes() -> Vec<(&'static str, [Set; 3])> {
    const LEAST: Duration = Duration::from_millis(1);
    vec![
        (
            "op_timeout",
            [
                |b| b.op_timeout(Duration::ZERO),
                |b| b.op_timeout(LEAST).allowance(Duration::from_secs(20)),
                |b| b.op_timeout(Duration::MAX),
            ],
        ),
        (
            "allowance",
            [
                |b| b.allowance(Duration::ZERO),
                |b| b.allowance(LEAST),
                |b| b.allowance(Duration::MAX),
            ],
        ),
        (
            "lag",
            [
                |b| b.lag(Duration::ZERO),
                |b| b.lag(LEAST),
                |b| b.lag(Duration::MAX),
            ],
        ),
        (
            "lease",
            [
                |b| b.lease(Duration::ZERO),
                |b| b.lease(LEAST),
                |b| b.lease(Duration::MAX),
            ],
        ),
        (
            "max_value",
            [
                |b| b.max_value(0),
                |b| b.max_value(1),
                |b| b.max_value(usize::MAX),
            ],
        ),
        (
            "memory_bytes",
            [
                |b| b.memory_bytes(0),
                |b| b.memory_bytes(1),
                |b| b.memory_bytes(u64::MAX),
            ],
        ),
        (
            "breaker",
            [|b| b.breaker(0), |b| b.breaker(1), |b| b.breaker(u32::MAX)],
        ),
        (
            "connections",
            [
                |b| b.connections(0),
                |b| b.connections(1),
                |b| b.connections(usize::MAX),
            ],
        ),
        (
            "max_refreshes",
            [
                |b| b.max_refreshes(0),
                |b| b.max_refreshes(1),
                |b| b.max_refreshes(usize::MAX),
            ],
        ),
        (
            "jitter",
            [|b| b.jitter(0.0), |b| b.jitter(1.0), |b| b.jitter(f64::MAX)],
        ),
    ]
}

/// What the least of a time leaves room for depends on the machine: that it panics nowhere is all
/// that is asked of it.
#[tokio::test]
async fn any_value_of_a_setting_is_refused_by_name_or_works() {
    let server = crate::server().await;
    let base = || {
        Cache::builder()
            .url(server.url())
            .op_timeout(Duration::from_secs(10))
    };
    for (setting, values) in extremes() {
        for (at, set) in values.into_iter().enumerate() {
            match set(base()).build() {
                Err(error) => {
                    let told = error.to_string();
                    assert!(told.contains(&format!("`{setting}`")), "{setting}: {told}");
                    assert!(told.contains("must be"), "no range: {told}");
                }
                Ok(cache) if at == 1 => {
                    cache
                        .scope(async {
                            assert_eq!(of_extremes(7, 1).await, 8);
                            let _ = of_extremes_entry(7, 1).invalidate().await;
                            assert_eq!(of_extremes(7, 1).await, 8);
                        })
                        .await;
                }
                Ok(cache) => cycle(&cache).await,
            }
        }
    }
}

#[tokio::test]
async fn a_policy_of_any_times_loads_and_hits() {
    let server = crate::server().await;
    let cache = Cache::builder()
        .url(server.url())
        .op_timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    for (at, time) in [Duration::ZERO, Duration::from_millis(1), Duration::MAX]
        .into_iter()
        .enumerate()
    {
        let policy = Policy::new(time).wait(time).stale(time);
        for _ in 0..2 {
            let load = async { Ok::<_, String>(at) };
            let got = cache.get_or_load("extremes", &at, &policy, load).await;
            assert_eq!(got, Ok(at));
        }
    }
    let row = cache.stats().namespace("extremes").unwrap().clone();
    assert!(row.troubles.is_empty(), "{:?}", row.troubles);
}
