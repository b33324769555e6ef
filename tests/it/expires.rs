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

/// Whether the act made the value that another process serves stale: it is loaded, and where that fails served.
async fn expires<F: Future>(acts: &Cache, reads: &Cache, id: u32, act: F) -> bool {
    let origin = Origin::default();
    let value = acts.scope(aged(&origin, id)).await;
    assert!(value.is_ok());
    assert_eq!(reads.scope(aged(&origin, id)).await, value, "a hit");
    acts.scope(act).await;
    origin.fails.store(1, Ordering::SeqCst);
    let loads = origin.loads();
    let mut tries = 0;
    // What another process does is seen a moment later; what was not done is not seen at all.
    while origin.loads() == loads && tries < 50 {
        assert_eq!(reads.scope(aged(&origin, id)).await, value, "served");
        tokio::time::sleep(Duration::from_millis(2)).await;
        tries += 1;
    }
    origin.loads() > loads
}

async fn every_form(acts: Cache, reads: Cache) {
    assert!(expires(&acts, &reads, 1, by_tag(1, false)).await);
    assert!(
        expires(&acts, &reads, 2, by_tag(2, true)).await,
        "an error may hide a commit"
    );
    assert!(
        !expires(&acts, &reads, 3, by_tag(1, false)).await,
        "another's"
    );
    assert!(expires(&acts, &reads, 4, by_tags(&[9, 4])).await);
    assert!(expires(&acts, &reads, 5, by_the_return(5)).await);
    assert!(expires(&acts, &reads, 6, by_entry(6)).await);
    assert!(!expires(&acts, &reads, 7, by_entry(6)).await, "another's");
    assert!(expires(&acts, &reads, 8, by_namespace()).await);
    assert!(expires(&acts, &reads, 10, only_ok(10, false)).await);
    assert!(!expires(&acts, &reads, 11, only_ok(11, true)).await);
    let method = async { Admin(12).method().await };
    assert!(expires(&acts, &reads, 12, method).await);
    let dropped = begin_and_drop(endless(13));
    assert!(expires(&acts, &reads, 13, dropped).await, "half-way");
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
