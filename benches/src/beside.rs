//! A hit in Redis with memory off, and a hit in memory that Redis stands behind, beside the bare client
//! and what people would use in its place.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use cache_runtime::{Cache, cached};
use cache_tests::Server;
use redis::aio::MultiplexedConnection;
use tokio::runtime::{Builder, Runtime};

#[cfg(feature = "peers")]
use crate::peers;
use crate::plain_redis;
use crate::rounds::{Contender, alternate};
use crate::tasks::{Boxed, Calls, a_second, boxed, processor_micros};
use crate::user::{User, shared_user, user};

const KEYS: u64 = 1_000;

#[cached(ns = "beside", ttl = "1h")]
async fn by_id(id: u64) -> User {
    user(id)
}

#[cached(ns = "beside", ttl = "1h")]
async fn arc_by_id(id: u64) -> Arc<User> {
    shared_user(id)
}

/// What one task does of a contender.
type Reads<'a> = Box<dyn Fn(Calls) -> Boxed + 'a>;

pub(crate) fn run() {
    // On two cores one worker leaves the server a core of its own.
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let bench = runtime.block_on(Bench::start());
    let in_redis = bench.in_redis();
    for (row, tasks, calls) in [
        ("redis_1_task", 1, 10_000),
        ("redis_64_tasks", 64, 50_000),
        ("redis_256_tasks", 256, 50_000),
    ] {
        in_turn(row, "calls/s", &in_redis, |reads| {
            runtime.block_on(a_second(tasks, calls, reads))
        });
    }
    in_turn("processor_256_tasks", "us", &in_redis, |reads| {
        runtime.block_on(processor_micros(256, 50_000, reads))
    });
    let in_memory = bench.in_memory(&runtime);
    in_turn("memory_64_tasks", "calls/s", &in_memory, |reads| {
        runtime.block_on(a_second(64, 500_000, reads))
    });
}

/// Runs the contenders of one row.
fn in_turn(
    row: &str,
    unit: &str,
    contenders: &[(&str, Reads<'_>)],
    round: impl Fn(&dyn Fn(Calls) -> Boxed) -> f64,
) {
    let round = &round;
    let contenders = contenders
        .iter()
        .map(|(name, reads)| Contender::new(format!("{row}.{name}"), move || round(reads)));
    alternate("beside", unit, contenders.collect());
}

struct Bench {
    server: Server,
    /// Without memory.
    cache: Cache,
    /// With it.
    before_redis: Cache,
    connection: MultiplexedConnection,
    #[cfg(feature = "peers")]
    cached: Arc<peers::cached::Redis>,
    #[cfg(feature = "peers")]
    hitbox: peers::hitbox::Redis,
}

impl Bench {
    async fn start() -> Self {
        let server = Server::start().await.expect("a server");
        let builder = || {
            Cache::builder()
                .url(server.url())
                .op_timeout(Duration::from_secs(5))
        };
        let bench = Self {
            cache: builder().memory_bytes(0).build().expect("a cache"),
            before_redis: builder().build().expect("a cache"),
            connection: plain_redis::connect(&server.url()).await,
            #[cfg(feature = "peers")]
            cached: Arc::new(peers::cached::redis(&server.url(), false).await),
            #[cfg(feature = "peers")]
            hitbox: peers::hitbox::redis(&server.url()),
            server,
        };
        let mut connection = bench.connection.clone();
        for id in 0..KEYS {
            plain_redis::set(&mut connection, id, &user(id)).await;
        }
        bench
    }

    /// Each call asks Redis; the first round, which is thrown away, stores.
    fn in_redis(&self) -> Vec<(&'static str, Reads<'_>)> {
        let ours = reads(|calls| {
            let cache = self.cache.clone();
            async move {
                let all = async {
                    for id in calls.ids(KEYS) {
                        black_box(by_id(id).await);
                    }
                };
                cache.scope(all).await;
            }
        });
        let bare = reads(|calls| {
            let mut connection = self.connection.clone();
            async move {
                for id in calls.ids(KEYS) {
                    black_box(plain_redis::get(&mut connection, id).await).expect("a hit");
                }
            }
        });
        #[cfg_attr(not(feature = "peers"), expect(unused_mut, reason = "it is all"))]
        let mut all = vec![("ours", ours), ("bare", bare)];
        #[cfg(feature = "peers")]
        all.extend(self.peers_in_redis());
        all
    }

    #[cfg(feature = "peers")]
    fn peers_in_redis(&self) -> [(&'static str, Reads<'_>); 2] {
        let cached = reads(|calls| {
            let store = Arc::clone(&self.cached);
            async move {
                for id in calls.ids(KEYS) {
                    black_box(peers::cached::read(&store, id).await);
                }
            }
        });
        let hitbox = reads(|calls| {
            let cache = self.hitbox.clone();
            async move {
                for id in calls.ids(KEYS) {
                    black_box(peers::hitbox::by_id(id).cache(&cache).await);
                }
            }
        });
        [("cached", cached), ("hitbox", hitbox)]
    }

    /// Memory has all of them, with Redis behind it.
    fn in_memory(&self, runtime: &Runtime) -> Vec<(&'static str, Reads<'_>)> {
        let ours = reads(|calls| {
            let cache = self.before_redis.clone();
            async move {
                let all = async {
                    for id in calls.ids(KEYS) {
                        black_box(arc_by_id(id).await);
                    }
                };
                cache.scope(all).await;
            }
        });
        #[cfg_attr(not(feature = "peers"), expect(unused_mut, reason = "it is all"))]
        let mut all = vec![("ours", ours)];
        #[cfg(feature = "peers")]
        all.extend(peers_in_memory(&self.server.url(), runtime));
        #[cfg(not(feature = "peers"))]
        let _ = (runtime, &self.server);
        all
    }
}

/// The client-side caching of `cached`, and moka put before Redis by hand.
#[cfg(feature = "peers")]
fn peers_in_memory(url: &str, runtime: &Runtime) -> [(&'static str, Reads<'static>); 2] {
    let store = Arc::new(runtime.block_on(peers::cached::redis(url, true)));
    let cached = reads(move |calls| {
        let store = Arc::clone(&store);
        async move {
            for id in calls.ids(KEYS) {
                black_box(peers::cached::read(&store, id).await);
            }
        }
    });
    let moka = runtime.block_on(peers::moka::OverRedis::connect(url, 10_000));
    let moka = reads(move |calls| {
        let moka = moka.clone();
        async move {
            for id in calls.ids(KEYS) {
                black_box(moka.read(id, async { user(id) }).await);
            }
        }
    });
    [("cached_client_side", cached), ("moka_by_hand", moka)]
}

fn reads<'a, F>(one: impl Fn(Calls) -> F + 'a) -> Reads<'a>
where
    F: Future<Output = ()> + Send + 'static,
{
    Box::new(move |calls| boxed(one(calls)))
}
