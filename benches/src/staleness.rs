//! How long another process's memory goes on serving what was invalidated, beside how long a bare
//! push takes to get there. It is counted from the acknowledgement: under zero is before it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cache_runtime::{Cache, cached};
use cache_tests::Server;
use redis::aio::{MultiplexedConnection, SendError};
use redis::{AsyncConnectionConfig, PushInfo, PushKind};
use tokio::runtime::Runtime;

use crate::rounds::{Sampled, alternate_quantiles};
use crate::worker::{self, Worker, answer, now};

/// Invalidations a round.
const TIMES: u64 = 500;

/// So many hits of the older value are seen before it is invalidated.
const HITS: u32 = 100;

pub(crate) const NAMESPACE: &str = "staleness";

/// When it was loaded, so that two loads differ.
#[cached(ns = "staleness", ttl = "1h", tags = ["watched:{id}"])]
pub(crate) async fn watched(id: u64) -> i64 {
    now()
}

pub(crate) fn run() {
    let runtime = worker::background();
    let server = runtime.block_on(Server::start()).expect("a server");
    let cache = worker::cache(&runtime, &server.url());
    let mut writer = runtime.block_on(server.connect()).expect("a connection");
    let reader = std::cell::RefCell::new(Worker::start("staleness", &server.url()));
    let round = |kind: &str, write: &mut dyn FnMut(u64)| {
        let mut reader = reader.borrow_mut();
        let samples = (0..TIMES).map(|id| one(&mut reader, kind, id, write));
        vec![samples.collect::<Vec<_>>()]
    };
    alternate_quantiles(
        "staleness",
        "us",
        vec![
            Sampled {
                names: vec!["bare_push"],
                round: Box::new(|| {
                    round("bare", &mut |id| {
                        runtime.block_on(write(&mut writer, id));
                    })
                }),
            },
            Sampled {
                names: vec!["tag"],
                round: Box::new(|| {
                    round("cached", &mut |id| {
                        let tag = cache.tag(format!("watched:{id}"));
                        runtime.block_on(tag.invalidate()).expect("acknowledged");
                    })
                }),
            },
            Sampled {
                names: vec!["entry"],
                round: Box::new(|| {
                    round("cached", &mut |id| {
                        let invalidation = async { watched_entry(id).invalidate().await };
                        let done = runtime.block_on(cache.scope(invalidation));
                        done.expect("acknowledged");
                    })
                }),
            },
        ],
    );
}

/// From the acknowledgement until the first read that did not serve the older value.
fn one(reader: &mut Worker, kind: &str, id: u64, write: &mut dyn FnMut(u64)) -> f64 {
    reader.tell(&format!("{kind} {id}"));
    assert_eq!(reader.hear(), [0], "it serves the older value from memory");
    write(id);
    let acknowledged = now();
    let [changed] = reader.hear()[..] else {
        panic!("no time");
    };
    (changed - acknowledged) as f64 / 1_000.0
}

async fn write(connection: &mut MultiplexedConnection, id: u64) {
    let mut set = redis::cmd("SET");
    set.arg(id).arg(1);
    set.exec_async(connection).await.expect("a reply");
}

/// The reader's side: tells that it serves a value, then when it does so no longer.
pub(crate) fn work(runtime: &Runtime, cache: &Cache, url: &str, words: &[&str]) {
    let id: u64 = words[1].parse().expect("an id");
    match words[0] {
        "bare" => runtime.block_on(watch_bare(url, id)),
        #[cfg(feature = "peers")]
        "peer" => runtime.block_on(async {
            let store = crate::peers::cached::redis(url, true).await;
            let tell = |time| answer(&[time]);
            crate::peers::cached::watch(&store, id, HITS, tell, now).await;
        }),
        _ => runtime.block_on(cache.scope(watch(id))),
    }
}

async fn watch(id: u64) {
    let mut older = watched(id).await;
    let mut hits = 0;
    loop {
        let began = now();
        let served = watched(id).await;
        if served == older {
            hits += 1;
            if hits == HITS {
                answer(&[0]);
            }
        } else if hits < HITS {
            // Still settling: the first value was served once and not kept.
            (older, hits) = (served, 0);
        } else {
            return answer(&[began]);
        }
    }
}

async fn watch_bare(url: &str, id: u64) {
    let told = Arc::new(AtomicBool::new(false));
    let teller = Arc::clone(&told);
    let config = AsyncConnectionConfig::new().set_push_sender(move |push: PushInfo| {
        if push.kind == PushKind::Invalidate {
            teller.store(true, Ordering::Release);
        }
        Ok::<_, SendError>(())
    });
    let client = redis::Client::open(format!("{url}?protocol=resp3")).expect("a url");
    let connection = client.get_multiplexed_async_connection_with_config(&config);
    let mut connection = connection.await.expect("a connection");
    let mut arm = redis::pipe();
    arm.cmd("CLIENT").arg(&["TRACKING", "ON"]);
    arm.cmd("GET").arg(id);
    arm.exec_async(&mut connection).await.expect("replies");
    answer(&[0]);
    while !told.load(Ordering::Acquire) {
        // As often as a hit looks, and letting others run as a hit does.
        tokio::task::coop::consume_budget().await;
    }
    answer(&[now()]);
}
