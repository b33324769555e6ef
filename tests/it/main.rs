//! The one integration binary: what users see, on servers and processes that the tests start.

mod acl;
mod alone;
mod annotations;
mod apart;
mod arguments;
mod audits;
mod background;
mod batch;
mod batch_errors;
mod batch_together;
mod calls;
mod cluster;
mod codecs;
mod coherence;
mod connecting;
mod connections;
mod deferred;
mod dependencies;
mod derive_key;
mod derive_names;
mod detach;
mod durability;
mod early;
mod embedded;
mod encryption;
mod eviction;
mod expires;
mod facts;
mod failback;
mod failsafe;
mod figures;
mod fleet;
mod fleet_stats;
mod guide;
mod heavy;
mod herd;
mod hits;
mod identity;
mod insight;
mod invalidate_all;
mod invalidates;
mod jitter;
mod json;
mod late;
mod layers;
mod leases;
mod lifetime;
mod limits;
mod links;
mod log;
mod lossy;
mod memory_bytes;
mod misspelt;
mod moved;
mod older;
mod operations;
mod origin;
mod outage_serve;
mod outcomes;
mod overlooked;
mod overrides;
mod overtaken;
mod owed;
mod owed_many;
mod patience;
mod process_default;
mod promises;
mod puts;
mod remembered;
mod room;
mod run_time_names;
mod runtimes;
mod secrets;
mod sentinel;
mod servers;
mod serving;
mod settings;
mod shared_with;
mod shutdown;
mod sites;
mod sliding;
mod stale;
mod tag_bounds;
mod tag_texts;
mod tags_from;
mod testing;
mod tiers;
mod tls;
mod trouble;
mod typed_tags;
mod unchanged;
mod undecided;
mod weight;
mod written;

use std::time::{Duration, Instant};

use cache_runtime::{Cache, Clock};
use cache_tests::Server;

/// A plain server of the test's own.
async fn server() -> Server {
    Server::start().await.unwrap()
}

/// A cache in memory alone, and its clock, which a test moves.
fn on_a_clock() -> (Cache, Clock) {
    let clock = Clock::manual();
    let builder = Cache::builder().url("memory:").clock(clock.clone());
    (builder.build().unwrap(), clock)
}

/// Waits until a condition holds; fails after `limit`.
async fn until<F: Future<Output = bool>>(limit: Duration, condition: impl Fn() -> F) {
    let start = Instant::now();
    while !condition().await {
        assert!(start.elapsed() < limit, "not within {limit:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
