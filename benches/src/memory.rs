//! A hit in memory of an annotated function, with and without Redis behind it, beside a bare get of the store it stands on.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use cache_runtime::{Cache, cached};
use cache_tests::Server;
use serde::{Deserialize, Serialize};
use tokio::runtime::Builder;

use crate::cores::on_one_core;
use crate::report::figure;
use crate::rounds::{Contender, alternate};

const CALLS: u32 = 1_000_000;
const KEYS: u64 = 64;

#[derive(Debug, Serialize, Deserialize)]
struct User {
    id: u64,
    name: String,
}

fn make(id: u64) -> Arc<User> {
    let name = format!("user {id}");
    Arc::new(User { id, name })
}

#[cached(ns = "untagged", ttl = "1h")]
async fn untagged(id: u64) -> Arc<User> {
    make(id)
}

#[cached(ns = "tagged", ttl = "1h", tags = ["user:{id}", "all"])]
async fn two_tags(id: u64) -> Arc<User> {
    make(id)
}

pub(crate) fn run() {
    on_one_core(|| {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let cache = Cache::memory();
        let server = runtime.block_on(Server::start()).expect("a server");
        let tracked = Cache::builder().url(server.url());
        let tracked = runtime
            .block_on(async { tracked.build() })
            .expect("a cache");
        let bare = quick_cache::sync::Cache::<u64, Arc<User>>::new(10_000);
        (0..KEYS).for_each(|id| bare.insert(id, make(id)));
        let medians = alternate(
            "memory",
            "ns",
            vec![
                Contender::new("bare_get", || {
                    timed(|n| {
                        black_box(bare.get(black_box(&n)));
                    })
                }),
                Contender::new("hit_untagged", || runtime.block_on(hits(&cache, untagged))),
                Contender::new("hit_tracked_untagged", || {
                    runtime.block_on(hits(&tracked, untagged))
                }),
                Contender::new("hit_two_tags", || runtime.block_on(hits(&cache, two_tags))),
                Contender::new("hit_tracked_two_tags", || {
                    runtime.block_on(hits(&tracked, two_tags))
                }),
            ],
        );
        for (name, over, under) in [
            ("untagged_over_bare", 1, 0),
            ("two_tags_over_bare", 3, 0),
            ("tracked_over_untracked_untagged", 2, 1),
            ("tracked_over_untracked_two_tags", 4, 3),
        ] {
            let ratio = medians[over] / medians[under];
            figure(&format!("memory.{name}"), ratio, "ratio");
        }
    });
}

fn timed(mut call: impl FnMut(u64)) -> f64 {
    let start = Instant::now();
    (0..CALLS).for_each(|n| call(u64::from(n) % KEYS));
    start.elapsed().as_nanos() as f64 / f64::from(CALLS)
}

/// Every call is a hit in memory; with Redis behind it too, as its connection is looked after while
/// the calls give way.
async fn hits<F: Future<Output = Arc<User>>>(cache: &Cache, call: impl Fn(u64) -> F) -> f64 {
    let not_hits = || {
        let rows = cache.stats().namespaces;
        rows.iter()
            .map(|row| row.loads + row.redis_hits)
            .sum::<u64>()
    };
    let calls = async {
        // Twice, as the first may bring what only the second keeps.
        for id in (0..KEYS).chain(0..KEYS) {
            call(id).await;
        }
        let before = not_hits();
        let start = Instant::now();
        for n in 0..CALLS {
            black_box(call(black_box(u64::from(n) % KEYS)).await);
        }
        let figure = start.elapsed().as_nanos() as f64 / f64::from(CALLS);
        assert_eq!(not_hits(), before, "every call was a hit in memory");
        figure
    };
    cache.scope(calls).await
}
