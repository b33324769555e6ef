//! A hit in memory of an annotated function, beside a bare get of the store it stands on.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use cache_runtime::{Cache, cached};
use serde::{Deserialize, Serialize};
use tokio::runtime::Builder;

use crate::cores::on_one_core;
use crate::rounds::{Contender, alternate, figure};

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
        let bare = quick_cache::sync::Cache::<u64, Arc<User>>::new(10_000);
        (0..KEYS).for_each(|id| bare.insert(id, make(id)));
        let medians = alternate(
            "memory",
            "ns",
            vec![
                Contender {
                    name: "bare_get",
                    round: Box::new(|| {
                        timed(|n| {
                            black_box(bare.get(black_box(&n)));
                        })
                    }),
                },
                Contender {
                    name: "hit_untagged",
                    round: Box::new(|| runtime.block_on(cache.scope(hits(untagged)))),
                },
                Contender {
                    name: "hit_two_tags",
                    round: Box::new(|| runtime.block_on(cache.scope(hits(two_tags)))),
                },
            ],
        );
        figure(
            "memory.untagged_over_bare",
            medians[1] / medians[0],
            "ratio",
        );
        figure(
            "memory.two_tags_over_bare",
            medians[2] / medians[0],
            "ratio",
        );
    });
}

fn timed(mut call: impl FnMut(u64)) -> f64 {
    let start = Instant::now();
    (0..CALLS).for_each(|n| call(u64::from(n) % KEYS));
    start.elapsed().as_nanos() as f64 / f64::from(CALLS)
}

async fn hits<F: Future<Output = Arc<User>>>(call: impl Fn(u64) -> F) -> f64 {
    for id in 0..KEYS {
        call(id).await;
    }
    let start = Instant::now();
    for n in 0..CALLS {
        black_box(call(black_box(u64::from(n) % KEYS)).await);
    }
    start.elapsed().as_nanos() as f64 / f64::from(CALLS)
}
