//! From the call of an invalidation until it is acknowledged, and until another process, which serves
//! the older value from memory over and over, returns a newer one.

use std::cell::RefCell;

use cache_runtime::CacheError;
use cache_tests::Server;

use crate::rounds::{Sampled, alternate_quantiles};
use crate::staleness::{NAMESPACE, watched_entry};
use crate::worker::{self, Worker, now};

/// Invalidations a round.
const TIMES: u64 = 300;

pub(crate) fn run() {
    let runtime = worker::background();
    let server = runtime.block_on(Server::start()).expect("a server");
    let cache = worker::cache(&runtime, &server.url());
    let reader = RefCell::new(Worker::start("staleness", &server.url()));
    let round = |kind: &str, invalidate: &dyn Fn(u64)| {
        let times = (0..TIMES).map(|id| one(&mut reader.borrow_mut(), kind, id, invalidate));
        let (acknowledged, seen) = times.unzip();
        vec![acknowledged, seen]
    };
    let ours = |invalidate: &dyn Fn(u64) -> Result<(), CacheError>| {
        round("cached", &|id| invalidate(id).expect("acknowledged"))
    };
    let tag = |id| runtime.block_on(cache.tag(format!("watched:{id}")).invalidate());
    let entry = |id| {
        let invalidation = async { watched_entry(id).invalidate().await };
        runtime.block_on(cache.scope(invalidation))
    };
    let namespace = |_| runtime.block_on(cache.namespace(NAMESPACE).invalidate());
    #[cfg(feature = "peers")]
    let store = runtime.block_on(crate::peers::cached::redis(&server.url(), true));
    #[cfg_attr(not(feature = "peers"), expect(unused_mut, reason = "it is all"))]
    let mut contenders = vec![
        Sampled {
            names: vec!["acknowledged.ours", "seen.ours"],
            round: Box::new(|| ours(&entry)),
        },
        Sampled {
            names: vec!["acknowledged.ours_by_tag", "seen.ours_by_tag"],
            round: Box::new(|| ours(&tag)),
        },
        Sampled {
            names: vec!["acknowledged.ours_by_namespace", "seen.ours_by_namespace"],
            round: Box::new(|| ours(&namespace)),
        },
    ];
    #[cfg(feature = "peers")]
    contenders.push(Sampled {
        names: vec!["acknowledged.cached_client_side", "seen.cached_client_side"],
        round: Box::new(|| {
            round("peer", &|id| {
                runtime.block_on(crate::peers::cached::renew(&store, id))
            })
        }),
    });
    alternate_quantiles("invalidation", "us", contenders);
}

/// Microseconds until it is acknowledged, and until the other process serves the older value no more.
fn one(reader: &mut Worker, kind: &str, id: u64, invalidate: &dyn Fn(u64)) -> (f64, f64) {
    reader.tell(&format!("{kind} {id}"));
    assert_eq!(reader.hear(), [0], "it serves the older value from memory");
    let called = now();
    invalidate(id);
    let acknowledged = now();
    let [changed] = reader.hear()[..] else {
        panic!("no time");
    };
    let micros = |time: i64| (time - called) as f64 / 1_000.0;
    (micros(acknowledged), micros(changed))
}
