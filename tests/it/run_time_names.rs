//! Namespaces made at run time, of what comes from outside: any number of them, in bounded memory.

use std::time::Duration;

use cache_runtime::{Cache, Policy};

const POLICY: Policy = Policy::new(Duration::from_secs(60));

const MIB: u64 = 1 << 20;

async fn one_of(cache: &Cache, namespace: &str, key: u32, value: u64) -> u64 {
    let load = async { Ok::<_, String>(value) };
    let answer = cache.get_or_load(namespace, &key, &POLICY, load).await;
    answer.unwrap()
}

#[test]
fn names_made_at_run_time_take_bounded_memory_and_rows() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    let cache = Cache::builder().url("memory:").memory_bytes(MIB);
    let cache = cache.build().unwrap();
    let through = |from: u64, to: u64| {
        runtime.block_on(async {
            for n in from..to {
                one_of(&cache, &format!("tenant{n}"), 1, n).await;
                cache
                    .namespace(format!("other{n}"))
                    .invalidate()
                    .await
                    .unwrap();
            }
        });
    };
    through(0, 5_000);
    let counted = allocation_counter::measure(|| through(5_000, 50_000));
    let grown = u64::try_from(counted.bytes_current).unwrap_or(0);
    assert!(grown < 8 * MIB, "{grown} bytes");
    let stats = cache.stats();
    assert_eq!(stats.namespaces.len(), 1_025);
    let others = stats.namespace("(others)").unwrap();
    let loads: u64 = stats.namespaces.iter().map(|row| row.loads).sum();
    assert_eq!(loads, 50_000);
    assert!(
        others.loads > 49_000 && others.invalidations > 49_000,
        "{others:?}"
    );
}

#[tokio::test]
async fn namespaces_of_one_key_and_type_never_share_an_entry() {
    let server = crate::server().await;
    let redis = || Cache::builder().url(server.url());
    let caches = [
        Cache::memory(),
        redis().build().unwrap(),
        redis().prefix("bare").memory_bytes(0).build().unwrap(),
    ];
    for cache in caches {
        for round in 0..2 {
            for (n, namespace) in ["a", "b", "ab", "a1"].iter().enumerate() {
                let n = n as u64;
                let value = one_of(&cache, namespace, 1, 10 * round + n).await;
                assert_eq!(value, n, "{namespace}");
            }
        }
        cache.namespace("a").invalidate().await.unwrap();
        assert_eq!(one_of(&cache, "a", 1, 7).await, 7);
        assert_eq!(one_of(&cache, "b", 1, 7).await, 1);
    }
}
