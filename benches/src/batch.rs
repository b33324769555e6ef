//! A hundred hits at once from one task, as a page that shows a hundred things has them; and a thousand ids in one call.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cache_runtime::{Cache, cached};
use cache_tests::Server;
use futures_util::future::join_all;
use redis::aio::MultiplexedConnection;
use tokio::runtime::Runtime;

use crate::many;
#[cfg(feature = "peers")]
use crate::peers;
use crate::plain_redis;
use crate::rounds::{Contender, alternate};
use crate::user::{User, shared_user, user};
use crate::worker;

/// Hits at once.
const AT_ONCE: u64 = 100;

/// Batches a round, from Redis and from memory.
const TIMES: u32 = 200;
const TIMES_IN_MEMORY: u32 = 5_000;

#[cached(ns = "batch", ttl = "1h")]
async fn by_id(id: u64) -> User {
    user(id)
}

#[cached(ns = "batch", ttl = "1h")]
async fn arc_by_id(id: u64) -> Arc<User> {
    shared_user(id)
}

pub(crate) fn run() {
    let runtime = worker::background();
    let server = runtime.block_on(Server::start()).expect("a server");
    let connection = runtime.block_on(fill(&server.url()));
    from_redis(&runtime, &server, &connection);
    from_memory(&runtime);
    many::run(&runtime, &server);
}

async fn fill(url: &str) -> MultiplexedConnection {
    let mut connection = plain_redis::connect(url).await;
    for id in 0..AT_ONCE {
        plain_redis::set(&mut connection, id, &user(id)).await;
    }
    connection
}

fn from_redis(runtime: &Runtime, server: &Server, connection: &MultiplexedConnection) {
    let builder = Cache::builder().url(server.url()).memory_bytes(0);
    let cache = builder.op_timeout(Duration::from_secs(5)).build();
    let cache = cache.expect("a cache");
    let get = |id| {
        let mut connection = connection.clone();
        async move { plain_redis::get(&mut connection, id).await }
    };
    #[cfg(feature = "peers")]
    let (cached, hitbox) = (
        runtime.block_on(peers::cached::redis(&server.url(), false)),
        peers::hitbox::redis(&server.url()),
    );
    #[cfg_attr(not(feature = "peers"), expect(unused_mut, reason = "it is all"))]
    let mut rows = vec![
        Contender::new("redis_100.ours", || {
            runtime.block_on(cache.scope(micros(TIMES, || join_all((0..AT_ONCE).map(by_id)))))
        }),
        Contender::new("redis_100.bare", || {
            runtime.block_on(micros(TIMES, || join_all((0..AT_ONCE).map(get))))
        }),
        Contender::new("redis_100.bare_mget", || {
            runtime.block_on(micros(TIMES, || mget(connection)))
        }),
    ];
    #[cfg(feature = "peers")]
    rows.extend([
        Contender::new("redis_100.cached", || {
            let read = |id| peers::cached::read(&cached, id);
            runtime.block_on(micros(TIMES, || join_all((0..AT_ONCE).map(read))))
        }),
        Contender::new("redis_100.hitbox", || {
            let read = |id| peers::hitbox::by_id(id).cache(&hitbox).into_future();
            runtime.block_on(micros(TIMES, || join_all((0..AT_ONCE).map(read))))
        }),
    ]);
    alternate("batch", "us", rows);
}

/// One command for all of them, which is the least that a client can do.
async fn mget(connection: &MultiplexedConnection) -> Vec<User> {
    let mut mget = redis::cmd("MGET");
    (0..AT_ONCE).for_each(|id| {
        mget.arg(plain_redis::name(id));
    });
    let found: Vec<Vec<u8>> = mget
        .query_async(&mut connection.clone())
        .await
        .expect("a reply");
    found
        .iter()
        .map(|bytes| plain_redis::decode(bytes))
        .collect()
}

fn from_memory(runtime: &Runtime) {
    let cache = Cache::memory();
    #[cfg(feature = "peers")]
    let moka = peers::moka::memory();
    #[cfg_attr(not(feature = "peers"), expect(unused_mut, reason = "it is all"))]
    let mut rows = vec![Contender::new("memory_100.ours", || {
        let all = micros(TIMES_IN_MEMORY, || join_all((0..AT_ONCE).map(arc_by_id)));
        runtime.block_on(cache.scope(all))
    })];
    #[cfg(feature = "peers")]
    rows.extend([
        Contender::new("memory_100.cached", || {
            let read = |id| peers::cached::arc(id, "");
            runtime.block_on(micros(TIMES_IN_MEMORY, || join_all((0..AT_ONCE).map(read))))
        }),
        Contender::new("memory_100.moka", || {
            let read = |id| peers::moka::arc(&moka, id, "");
            runtime.block_on(micros(TIMES_IN_MEMORY, || join_all((0..AT_ONCE).map(read))))
        }),
    ]);
    alternate("batch", "us", rows);
}

/// What one batch takes.
async fn micros<F: Future>(times: u32, batch: impl Fn() -> F) -> f64 {
    // What is not stored yet is.
    batch().await;
    let start = Instant::now();
    for _ in 0..times {
        std::hint::black_box(batch().await);
    }
    start.elapsed().as_secs_f64() * 1e6 / f64::from(times)
}
