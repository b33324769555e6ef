//! `#[cache_invalidate(.., expire)]`: what it names is stale afterwards, and not invalid.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, cache_invalidate, cached};
use tokio::sync::Notify;

use crate::until;

const LIMIT: Duration = Duration::from_secs(10);

/// Each load has another number, and may fail.
#[derive(Default)]
struct Origin {
    loads: AtomicU32,
    fails: AtomicU32,
}

impl Origin {
    fn read(&self) -> Result<u32, String> {
        let load = self.loads.fetch_add(1, Ordering::SeqCst);
        match self.fails.load(Ordering::SeqCst) {
            0 => Ok(load),
            _ => Err("down".to_owned()),
        }
    }

    fn loads(&self) -> u32 {
        self.loads.load(Ordering::SeqCst)
    }
}

#[cached(ns = "exp", ttl = "1h", stale = "1h", tags = ["exp:{id}"], skip(origin))]
async fn aged(origin: &Origin, id: u32) -> Result<u32, String> {
    let _ = id;
    origin.read()
}

/// It has no window, so what is expired is loaded.
#[cached(ns = "exp::short", ttl = "1h", tags = ["exp:{id}"], skip(origin))]
async fn windowless(origin: &Origin, id: u32) -> Result<u32, String> {
    let _ = id;
    origin.read()
}

#[cache_invalidate(tags = ["exp:{id}"], expire)]
async fn by_tag(id: u32, fails: bool) -> Result<u32, String> {
    match fails {
        true => Err("after the commit".to_owned()),
        false => Ok(id),
    }
}

#[cache_invalidate(tags = ids.iter().map(|id| format!("exp:{id}")), expire)]
async fn by_tags(ids: &[u32]) {
    let _ = ids;
}

#[cache_invalidate(tags_from = |id| [format!("exp:{id}")], expire)]
async fn by_the_return(id: u32) -> u32 {
    id
}

#[cache_invalidate(entries = [aged_entry(id)], expire)]
async fn by_entry(id: u32) {
    let _ = id;
}

#[cache_invalidate(namespaces = ["exp"], expire)]
async fn by_namespace() {}

#[cache_invalidate(tags = ["exp:{id}"], expire, on = "ok")]
async fn only_ok(id: u32, fails: bool) -> Result<u32, String> {
    match fails {
        true => Err("nothing was done".to_owned()),
        false => Ok(id),
    }
}

#[cache_invalidate(tags = ["exp:{id}"], expire)]
async fn endless(id: u32) {
    let _ = id;
    Notify::new().notified().await;
}

struct Admin(u32);

impl Admin {
    #[cache_invalidate(entries = [aged_entry(self.0)], expire)]
    async fn method(&self) {}
}

/// Polls once and drops.
async fn begin_and_drop<F: Future>(future: F) {
    let polled = tokio::time::timeout(Duration::from_millis(1), future).await;
    assert!(polled.is_err());
}

/// The act makes the value stale that another process serves: it is loaded, and where that fails served.
async fn expires<F: Future>(acts: &Cache, reads: &Cache, id: u32, act: F) {
    let origin = Origin::default();
    let value = acts.scope(aged(&origin, id)).await;
    assert!(value.is_ok());
    assert_eq!(reads.scope(aged(&origin, id)).await, value, "a hit");
    acts.scope(act).await;
    origin.fails.store(1, Ordering::SeqCst);
    let loads = origin.loads();
    until(LIMIT, async || {
        assert_eq!(reads.scope(aged(&origin, id)).await, value, "served");
        origin.loads() > loads
    })
    .await;
}

/// The act leaves the value as it is: what is made stale after it is seen, and this is not loaded by then.
async fn leaves<F: Future>(acts: &Cache, reads: &Cache, id: u32, act: F) {
    let origin = Origin::default();
    let value = acts.scope(aged(&origin, id)).await;
    assert_eq!(reads.scope(aged(&origin, id)).await, value, "a hit");
    acts.scope(act).await;
    expires(acts, reads, 1_000 + id, by_entry(1_000 + id)).await;
    let loads = origin.loads();
    assert_eq!(reads.scope(aged(&origin, id)).await, value);
    assert_eq!(origin.loads(), loads, "{id}");
}

async fn every_form(acts: Cache, reads: Cache) {
    let (acts, reads) = (&acts, &reads);
    expires(acts, reads, 1, by_tag(1, false)).await;
    // An error may hide a commit.
    expires(acts, reads, 2, by_tag(2, true)).await;
    leaves(acts, reads, 3, by_tag(1, false)).await;
    expires(acts, reads, 4, by_tags(&[9, 4])).await;
    expires(acts, reads, 5, by_the_return(5)).await;
    expires(acts, reads, 6, by_entry(6)).await;
    leaves(acts, reads, 7, by_entry(6)).await;
    expires(acts, reads, 8, by_namespace()).await;
    expires(acts, reads, 10, only_ok(10, false)).await;
    leaves(acts, reads, 11, only_ok(11, true)).await;
    let method = async { Admin(12).method().await };
    expires(acts, reads, 12, method).await;
    let dropped = begin_and_drop(endless(13));
    expires(acts, reads, 13, dropped).await;
}

#[tokio::test]
async fn what_is_named_is_stale_and_not_invalid() {
    let server = crate::server().await;
    let on = |prefix| {
        let builder = Cache::builder().url(server.url()).prefix(prefix);
        builder.op_timeout(Duration::from_secs(5)).build().unwrap()
    };
    let memory = Cache::memory();
    every_form(memory.clone(), memory).await;
    every_form(on("one"), on("one")).await;
    let alone = on("two");
    every_form(alone.clone(), alone).await;
}

#[tokio::test]
async fn what_has_no_window_is_loaded() {
    let test = Cache::testing();
    let origin = Origin::default();
    test.run(async {
        assert_eq!(windowless(&origin, 1).await, Ok(0));
        assert_eq!(windowless(&origin, 1).await, Ok(0));
        by_tag(1, false).await.unwrap();
        assert_eq!(windowless(&origin, 1).await, Ok(1));
    })
    .await;
}

#[tokio::test]
async fn while_the_server_is_killed_nothing_is_owed_and_the_trouble_is_told() {
    let mut server = crate::server().await;
    let builder = Cache::builder().url(server.url());
    let cache = builder.op_timeout(Duration::from_millis(200)).build();
    let cache = cache.unwrap();
    let origin = Origin::default();
    assert_eq!(cache.scope(aged(&origin, 1)).await, Ok(0));
    server.kill9().unwrap();
    cache.scope(by_namespace()).await;
    assert_eq!(cache.health().owed_invalidations, 0);
    let stats = cache.stats();
    let troubles = &stats.namespace("exp").unwrap().troubles;
    let told = troubles.keys().filter(|step| step.starts_with("expire: "));
    assert_eq!(told.count(), 1, "{troubles:?}");
    // Of what the process itself has, it counts all the same.
    until(LIMIT, async || cache.scope(aged(&origin, 1)).await == Ok(1)).await;
}
