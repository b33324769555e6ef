//! A thousand ids at once, all of them in Redis, or nine hundred: one call of a `batch`, and as many calls of a function
//! of one id. What a person would write by hand is beside them: `MGET`, and a pipeline of `SET`s.

use std::cell::Cell;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use cache_runtime::{Cache, cached};
use cache_tests::Server;
use futures_util::future::join_all;
use redis::aio::MultiplexedConnection;
use tokio::runtime::Runtime;

use crate::plain_redis;
use crate::report::figure;
use crate::rounds::{Contender, alternate};
use crate::user::{User, user};

/// Ids of a call, and those of them that are not stored before.
const IDS: u64 = 1_000;
const MISSING: u64 = 100;

/// Calls a round.
const TIMES: u64 = 20;

#[cached(ns = "many", ttl = "1h", batch = ids)]
async fn users(ids: &[u64]) -> HashMap<u64, User> {
    ids.iter().map(|id| (*id, user(*id))).collect()
}

#[cached(ns = "single", ttl = "1h")]
async fn single(id: u64) -> User {
    user(id)
}

pub(crate) fn run(runtime: &Runtime, server: &Server) {
    let builder = Cache::builder().url(server.url()).memory_bytes(0);
    let cache = builder.op_timeout(Duration::from_secs(5)).build();
    let cache = cache.expect("a cache");
    let connection = runtime.block_on(plain_redis::connect(&server.url()));
    for (name, missing) in [("of_1000", 0), ("of_1000_misses_100", MISSING)] {
        let next = Next {
            missing,
            after: Cell::new(IDS),
        };
        let rows = vec![
            Contender::new(format!("{name}.batch"), || {
                let call = async |ids: Vec<u64>| assert_eq!(users(&ids).await.len(), ids.len());
                runtime.block_on(cache.scope(micros(&next, call)))
            }),
            Contender::new(format!("{name}.single_calls"), || {
                let call = async |ids: Vec<u64>| drop(join_all(ids.into_iter().map(single)).await);
                runtime.block_on(cache.scope(micros(&next, call)))
            }),
            Contender::new(format!("{name}.bare_mget"), || {
                runtime.block_on(micros(&next, async |ids| by_hand(&connection, &ids).await))
            }),
        ];
        alternate("batch", "us", rows);
        let trips = runtime.block_on(cache.scope(async {
            let before = reads(&connection).await;
            users(&next.ids()).await;
            // Of which one is for this count.
            reads(&connection).await - before - 1.0
        }));
        figure(&format!("batch.{name}.batch"), trips, "reads by the server");
    }
}

/// The ids of one call after the other.
struct Next {
    missing: u64,
    /// From here on no call asked for any yet.
    after: Cell<u64>,
}

impl Next {
    fn ids(&self) -> Vec<u64> {
        let first = self.after.get();
        self.after.set(first + self.missing);
        (self.missing..IDS).chain(first..self.after.get()).collect()
    }
}

/// What one call takes.
async fn micros(next: &Next, call: impl AsyncFn(Vec<u64>)) -> f64 {
    call(next.ids()).await;
    let start = Instant::now();
    for _ in 0..TIMES {
        call(next.ids()).await;
    }
    start.elapsed().as_secs_f64() * 1e6 / TIMES as f64
}

async fn by_hand(connection: &MultiplexedConnection, ids: &[u64]) {
    let mut mget = redis::cmd("MGET");
    ids.iter().for_each(|id| {
        mget.arg(plain_redis::name(*id));
    });
    let mut connection = connection.clone();
    let found: Vec<Option<Vec<u8>>> = mget.query_async(&mut connection).await.expect("a reply");
    let mut sets = redis::pipe();
    let mut users = Vec::new();
    for (id, bytes) in ids.iter().zip(found) {
        users.push(match bytes {
            Some(bytes) => plain_redis::decode(&bytes),
            None => {
                let user = user(*id);
                plain_redis::add_set(&mut sets, *id, &user);
                user
            }
        });
    }
    if !sets.is_empty() {
        let () = sets.query_async(&mut connection).await.expect("replies");
    }
    std::hint::black_box(users);
}

/// How often the server read from its clients.
async fn reads(connection: &MultiplexedConnection) -> f64 {
    let mut info = redis::cmd("INFO");
    let text: String = info
        .arg("stats")
        .query_async(&mut connection.clone())
        .await
        .expect("a reply");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("total_reads_processed:"));
    line.and_then(|count| count.trim().parse().ok())
        .expect("a count")
}
