//! `audit`: hits are compared with a load in the background, and a forgotten invalidation is found.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{AuditStats, Cache, CacheBuilder, Policy, Served, cached, deferred, outcome};
use cache_tests::{Actor, Cluster, Origin as Folder, Server};

use crate::log::Log;
use crate::origin::Origin;
use crate::{server, until};

const LIMIT: Duration = Duration::from_secs(20);
const LAG: Duration = Duration::from_millis(400);

#[cached(ns = "audit", ttl = "1h", audit = 1.0, tags = ["audit:{id}"], key = "{id}", skip(origin))]
async fn read(origin: Arc<Origin>, id: u32) -> Result<u32, String> {
    origin.read().await
}

#[cached(ns = "audit", ttl = "1h", audit = 0.01)]
async fn seldom(id: u32) -> u32 {
    id
}

/// Without any that are asked for, until a settings file does.
#[cached(ns = "audit file", ttl = "1h", audit = 0.0)]
async fn by_file(id: u32) -> u32 {
    id
}

#[cached(ns = "audit file", ttl = "1h", skip(by))]
async fn borrowing(by: &u32) -> u32 {
    *by
}

fn on(builder: CacheBuilder) -> Cache {
    let builder = builder.lag(LAG).op_timeout(LIMIT).allowance(LIMIT);
    builder.build().unwrap()
}

/// A cache without a server, one with and one without memory before it.
fn of_each_kind(server: &Server) -> [(&'static str, Cache); 3] {
    let redis = |prefix| Cache::builder().url(server.url()).prefix(prefix);
    [
        ("embedded", on(Cache::builder())),
        ("both", on(redis("both"))),
        ("alone", on(redis("alone").memory_bytes(0))),
    ]
}

fn audits(cache: &Cache, namespace: &str) -> AuditStats {
    let stats = cache.stats();
    let row = stats.namespace(namespace);
    row.map(|row| row.audits.clone()).unwrap_or_default()
}

fn all(audits: &AuditStats) -> u64 {
    audits.same + audits.outdated + audits.void + audits.failed + audits.skipped
}

async fn call(cache: &Cache, origin: &Arc<Origin>, id: u32) -> Result<u32, String> {
    cache.scope(read(Arc::clone(origin), id)).await
}

#[tokio::test]
async fn a_forgotten_invalidation_is_found_told_of_and_left_as_it_is() {
    let server = server().await;
    for (kind, cache) in of_each_kind(&server) {
        let (log, origin) = (Log::default(), Origin::open());
        let _listening = log.listen();
        assert_eq!(call(&cache, &origin, 7).await, Ok(1), "{kind}");
        until(LIMIT, async || {
            assert_eq!(call(&cache, &origin, 7).await, Ok(1), "{kind}");
            audits(&cache, "audit").same > 0
        })
        .await;
        assert_eq!(audits(&cache, "audit").outdated, 0, "{kind}");
        // Written, and forgotten.
        origin.set(2);
        until(LIMIT, async || {
            assert_eq!(call(&cache, &origin, 7).await, Ok(1), "{kind}");
            audits(&cache, "audit").outdated > 1
        })
        .await;
        let row = cache.stats().namespace("audit").unwrap().clone();
        assert_eq!(row.outdated_age.count(), row.audits.outdated, "{kind}");
        assert!(row.outdated_age.total() < LIMIT, "{kind}");
        assert_eq!(
            (row.loads, row.stale_hits, row.audits.void),
            (1, 0, 0),
            "{kind}"
        );
        let lines = log.lines("a hit was outdated");
        assert_eq!(lines.len(), 1, "{kind}: once in ten seconds: {lines:?}");
        assert!(lines[0].contains("key=\"7\""), "{kind}: {lines:?}");
        // What was forgotten is done: the next load has it.
        cache.tag("audit:7").invalidate().await.unwrap();
        assert_eq!(call(&cache, &origin, 7).await, Ok(2), "{kind}");
    }
}

#[tokio::test]
async fn what_is_invalidated_or_put_meanwhile_is_no_difference() {
    let server = server().await;
    for (kind, cache) in of_each_kind(&server) {
        let origin = Origin::open();
        for (id, puts) in [(1, false), (2, true)] {
            origin.set(1);
            assert_eq!(call(&cache, &origin, id).await, Ok(1), "{kind}");
            let (loads, void) = (origin.loads(), audits(&cache, "audit").void);
            origin.set(2);
            origin.shut();
            assert_eq!(call(&cache, &origin, id).await, Ok(1), "{kind}");
            until(LIMIT, async || origin.loads() == loads + 1).await;
            match puts {
                true => {
                    let put = async { read_entry(id).put(2).await };
                    cache.scope(put).await.unwrap();
                }
                false => cache.tag("audit:1").invalidate().await.unwrap(),
            }
            origin.reopen();
            until(LIMIT, async || audits(&cache, "audit").void == void + 1).await;
        }
        assert_eq!(audits(&cache, "audit").outdated, 0, "{kind}");
    }
}

#[tokio::test]
async fn who_invalidates_late_has_forgotten_nothing() {
    let server = server().await;
    for (kind, cache) in of_each_kind(&server) {
        let origin = Origin::open();
        assert_eq!(call(&cache, &origin, 1).await, Ok(1), "{kind}");
        origin.set(2);
        let (loads, ended) = (origin.loads(), origin.ended());
        assert_eq!(call(&cache, &origin, 1).await, Ok(1), "{kind}");
        // The audit has the new value by now.
        until(LIMIT, async || {
            origin.loads() == loads + 1 && origin.ended() == ended + 1
        })
        .await;
        cache.tag("audit:1").invalidate().await.unwrap();
        until(LIMIT, async || all(&audits(&cache, "audit")) == 1).await;
        assert_eq!(audits(&cache, "audit").void, 1, "{kind}");
    }
}

/// Its stamps are at other nodes than the entry.
#[tokio::test]
async fn on_a_cluster_what_is_forgotten_is_found_and_what_is_not_is_not() {
    let cluster = Cluster::start().await.unwrap();
    for memory_bytes in [0, 1 << 20] {
        let prefix = format!("audit-{memory_bytes}");
        let builder = Cache::builder().url(cluster.url()).prefix(prefix);
        let cache = on(builder.memory_bytes(memory_bytes));
        cache.connect().await.unwrap();
        let origin = Origin::open();
        for id in 0..8 {
            origin.set(1);
            assert_eq!(call(&cache, &origin, id).await, Ok(1));
            let before = audits(&cache, "audit");
            origin.set(2);
            assert_eq!(call(&cache, &origin, id).await, Ok(1));
            if id % 2 == 0 {
                let tag = cache.tag(format!("audit:{id}"));
                tag.invalidate().await.unwrap();
            }
            until(LIMIT, async || all(&audits(&cache, "audit")) > all(&before)).await;
            let after = audits(&cache, "audit");
            let found = (after.void - before.void, after.outdated - before.outdated);
            let expected = if id % 2 == 0 { (1, 0) } else { (0, 1) };
            assert_eq!(found, expected, "{id} {after:?}");
        }
    }
}

#[tokio::test]
async fn audits_that_hang_hold_up_nobody_and_do_not_pile_up() {
    let server = server().await;
    for (kind, builder) in [
        ("embedded", Cache::builder()),
        ("redis", Cache::builder().url(server.url())),
    ] {
        let (cache, origin) = (on(builder.max_refreshes(2)), Origin::open());
        for id in 0..10 {
            assert_eq!(call(&cache, &origin, id).await, Ok(1), "{kind}");
        }
        origin.shut();
        // It would wait for the gate if it waited for an audit.
        for id in (0..10).cycle().take(100) {
            assert_eq!(call(&cache, &origin, id).await, Ok(1), "{kind}");
        }
        until(LIMIT, async || origin.loads() == 12).await;
        let found = audits(&cache, "audit");
        assert_eq!((all(&found), found.skipped), (98, 98), "{kind}");
        cache.close().await.unwrap();
        until(LIMIT, async || origin.ended() == 12).await;
        assert_eq!(origin.loads(), 12, "{kind}");
    }
}

#[tokio::test]
async fn one_of_a_key_is_under_way() {
    let (cache, origin) = (on(Cache::builder()), Origin::open());
    assert_eq!(call(&cache, &origin, 1).await, Ok(1));
    origin.shut();
    for _ in 0..20 {
        assert_eq!(call(&cache, &origin, 1).await, Ok(1));
    }
    until(LIMIT, async || origin.loads() == 2).await;
    origin.reopen();
    until(LIMIT, async || audits(&cache, "audit").same == 1).await;
    assert_eq!(audits(&cache, "audit").skipped, 19);
}

#[cached(ns = "audit panics", ttl = "1h", audit = 1.0, skip(runs))]
async fn panicking(runs: Arc<AtomicU32>) -> u32 {
    match runs.fetch_add(1, Ordering::SeqCst) {
        0 => 1,
        _ => panic!("as meant"),
    }
}

#[cached(ns = "audit limit", ttl = "1h", audit = 1.0, wait = "20ms", skip(runs))]
async fn too_long(runs: Arc<AtomicU32>) -> u32 {
    if runs.fetch_add(1, Ordering::SeqCst) > 0 {
        std::future::pending::<()>().await;
    }
    1
}

#[tokio::test]
async fn errors_panics_and_what_takes_too_long_are_counted_and_harmless() {
    let (cache, origin) = (on(Cache::builder()), Origin::open());
    assert_eq!(call(&cache, &origin, 1).await, Ok(1));
    origin.set(0);
    until(LIMIT, async || {
        assert_eq!(call(&cache, &origin, 1).await, Ok(1));
        audits(&cache, "audit").failed > 0
    })
    .await;
    let (runs, stuck) = (Arc::<AtomicU32>::default(), Arc::<AtomicU32>::default());
    until(LIMIT, async || {
        assert_eq!(cache.scope(panicking(Arc::clone(&runs))).await, 1);
        audits(&cache, "audit panics").failed > 0
    })
    .await;
    until(LIMIT, async || {
        assert_eq!(cache.scope(too_long(Arc::clone(&stuck))).await, 1);
        audits(&cache, "audit limit").failed > 0
    })
    .await;
    for namespace in ["audit", "audit panics", "audit limit"] {
        let row = cache.stats().namespace(namespace).unwrap().clone();
        assert_eq!((row.loads, row.failed_loads), (1, 0), "{namespace}");
        assert_eq!(row.audits.outdated, 0, "{namespace}");
    }
}

#[tokio::test]
async fn as_many_hits_are_audited_as_the_rate_says_and_all_are_counted_as_hits() {
    const HITS: u64 = 50_000;
    let cache = on(Cache::builder());
    cache
        .scope(async {
            for _ in 0..=HITS {
                seldom(1).await;
            }
        })
        .await;
    until(LIMIT, async || {
        let found = audits(&cache, "audit");
        found.same > 0 && found.same + found.skipped == all(&found)
    })
    .await;
    let row = cache.stats().namespace("audit").unwrap().clone();
    let audited = all(&row.audits);
    // 500 of them, and four standard deviations.
    assert!((411..=589).contains(&audited), "{audited}");
    assert_eq!((row.memory_hits, row.loads), (HITS, 1));
    assert_eq!((row.calls.memory, row.calls.loaded), (HITS, 1));
}

#[cached(
    ns = "audit strong",
    ttl = "1h",
    audit = 1.0,
    consistency = "strong",
    skip(origin)
)]
async fn strong(origin: Arc<Origin>) -> Result<u32, String> {
    origin.read().await
}

#[cached(
    ns = "audit sliding",
    ttl = "30m",
    sliding = "1h",
    audit = 1.0,
    skip(origin)
)]
async fn sliding(origin: Arc<Origin>) -> Result<u32, String> {
    origin.read().await
}

#[cached(ns = "audit memory", ttl = "1h", tiers = [memory], audit = 1.0, skip(origin))]
async fn in_memory(origin: Arc<Origin>) -> Result<u32, String> {
    origin.read().await
}

#[cached(ns = "audit redis", ttl = "1h", tiers = [redis], audit = 1.0, skip(origin))]
async fn in_redis(origin: Arc<Origin>) -> Result<u32, String> {
    origin.read().await
}

#[cached(
    ns = "audit aged",
    ttl = "1h",
    stale = "1h",
    refresh = "background",
    early = 1e-9,
    audit = 1.0,
    older = previous,
    detach,
    fresh = reload,
    max_entries = 10,
    skip(origin, reload)
)]
async fn aged(origin: Arc<Origin>, reload: bool) -> Result<u32, String> {
    assert!(previous.is_none() || reload);
    origin.read().await
}

#[tokio::test]
async fn it_goes_together_with_whatever_else_a_function_says() {
    let server = server().await;
    macro_rules! is_audited {
        ($kind:ident, $cache:ident, $namespace:literal, $call:expr) => {{
            let call = $call;
            let origin = Origin::open();
            assert_eq!($cache.scope(call(&origin)).await, Ok(1), "{}", $kind);
            let audited = |count: fn(&AuditStats) -> u64| count(&audits(&$cache, $namespace));
            until(LIMIT, async || {
                assert_eq!($cache.scope(call(&origin)).await, Ok(1), "{}", $kind);
                audited(|audits| audits.same) > 0
            })
            .await;
            origin.set(2);
            until(LIMIT, async || {
                assert_eq!($cache.scope(call(&origin)).await, Ok(1), "{}", $kind);
                audited(|audits| audits.outdated) > 0
            })
            .await;
        }};
    }
    for (kind, cache) in of_each_kind(&server) {
        is_audited!(kind, cache, "audit strong", |origin: &Arc<Origin>| strong(
            Arc::clone(origin)
        ));
        is_audited!(kind, cache, "audit sliding", |origin: &Arc<Origin>| {
            sliding(Arc::clone(origin))
        });
        if kind != "alone" {
            is_audited!(kind, cache, "audit memory", |origin: &Arc<Origin>| {
                in_memory(Arc::clone(origin))
            });
        }
        is_audited!(kind, cache, "audit redis", |origin: &Arc<Origin>| in_redis(
            Arc::clone(origin)
        ));
        is_audited!(kind, cache, "audit aged", |origin: &Arc<Origin>| aged(
            Arc::clone(origin),
            false
        ));
    }
}

#[tokio::test]
async fn what_is_read_to_be_reloaded_or_in_a_transaction_is_not_audited() {
    let (cache, origin) = (on(Cache::builder()), Origin::open());
    cache
        .scope(async {
            for _ in 0..5 {
                aged(Arc::clone(&origin), true).await.unwrap();
            }
            read(Arc::clone(&origin), 1).await.unwrap();
            let (_, _left) = deferred(async {
                for _ in 0..5 {
                    read(Arc::clone(&origin), 1).await.unwrap();
                }
            })
            .await;
        })
        .await;
    for namespace in ["audit", "audit aged"] {
        assert_eq!(all(&audits(&cache, namespace)), 0, "{namespace}");
    }
}

#[tokio::test]
async fn who_looks_on_is_told_of_a_hit() {
    let (cache, origin) = (on(Cache::builder()), Origin::open());
    assert_eq!(call(&cache, &origin, 1).await, Ok(1));
    let (value, seen) = cache.scope(outcome(read(Arc::clone(&origin), 1))).await;
    assert_eq!((value, seen.served), (Ok(1), Served::Memory));
    assert!(seen.fresh_for > Duration::from_secs(3_000), "{seen:?}");
}

/// It is written in another order each time, and its type has no `PartialEq`.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Unordered(HashMap<u32, u32>);

#[cached(ns = "audit map", ttl = "1h", audit = 1.0, skip(changed))]
async fn unordered(changed: Arc<AtomicBool>) -> Unordered {
    let more = u32::from(changed.load(Ordering::SeqCst));
    Unordered((0..50).map(|n| (n, n + more)).collect())
}

#[tokio::test]
async fn another_order_of_a_map_is_no_difference_and_another_number_in_it_is() {
    let (cache, changed) = (on(Cache::builder()), Arc::<AtomicBool>::default());
    let call = async || drop(cache.scope(unordered(Arc::clone(&changed))).await);
    until(LIMIT, async || {
        call().await;
        audits(&cache, "audit map").same > 20
    })
    .await;
    assert_eq!(audits(&cache, "audit map").outdated, 0);
    changed.store(true, Ordering::SeqCst);
    until(LIMIT, async || {
        call().await;
        audits(&cache, "audit map").outdated > 0
    })
    .await;
}

#[tokio::test]
async fn a_settings_file_turns_audits_on_and_off() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cache.toml");
    let table = |share: &str| format!("[namespace.\"audit file\"]\naudit = {share}\n");
    std::fs::write(&file, table("1.0")).unwrap();
    let cache = on(Cache::builder().config(&file));
    let log = Log::default();
    let _listening = log.listen();
    let call = async || {
        assert_eq!(cache.scope(by_file(1)).await, 1);
        assert_eq!(cache.scope(borrowing(&1)).await, 1);
    };
    until(LIMIT, async || {
        call().await;
        audits(&cache, "audit file").same > 0
    })
    .await;
    let lines = log.lines("write `audit = 0.0` in its annotation");
    assert_eq!(lines.len(), 1, "{lines:?}");
    let settings = cache.scope(async { by_file_entry(1).settings() }).await;
    assert!(settings.iter().any(|one| one.name == "audit"));
    let by_function = cache.stats().functions;
    let borrowing = by_function
        .iter()
        .find(|one| one.function.ends_with("borrowing"));
    assert_eq!(all(&borrowing.unwrap().audits), 0);

    std::fs::write(&file, table("0")).unwrap();
    cache.reload().unwrap();
    // Those under way end.
    tokio::task::yield_now().await;
    let before = all(&audits(&cache, "audit file"));
    for _ in 0..100 {
        call().await;
    }
    let after = all(&audits(&cache, "audit file"));
    assert!(after <= before + 1, "{before} {after}");
}

#[test]
fn a_share_out_of_range_is_clamped() {
    let made = Policy::new(LIMIT);
    assert_eq!(made.audit(2.0), made.audit(1.0));
    assert_eq!(made.audit(-1.0), made.audit(0.0));
    assert_eq!(made.audit(f64::NAN), made);
}

fn actor(server: &Server, origin: &Folder) -> Actor {
    let url = server.url();
    let settings = [
        ("CACHE_URL", url.as_str()),
        ("CACHE_OP_TIMEOUT", "5s"),
        ("CACHE_LAG", "500ms"),
    ];
    Actor::start(env!("CARGO_BIN_EXE_actor"), origin, &settings).unwrap()
}

/// `same outdated void failed skipped`
async fn found(actor: &Actor) -> [u64; 5] {
    let answer = actor.ask("audits").await.unwrap();
    let counts = answer.split(' ').map(|count| count.parse().unwrap());
    counts.collect::<Vec<_>>().try_into().unwrap()
}

#[tokio::test]
async fn processes_that_invalidate_find_nothing_and_one_finds_what_nobody_invalidated() {
    const IDS: u64 = 4;
    let (server, origin) = (server().await, Folder::new().unwrap());
    let actors = [(); 2].map(|()| actor(&server, &origin));
    for id in 0..IDS {
        origin.set(id, "at first").unwrap();
    }
    let churning = actors
        .each_ref()
        .map(|actor| actor.ask(&format!("churn {IDS} 4000")));
    for writes in churning {
        let writes: u64 = writes.await.unwrap().parse().unwrap();
        assert!(writes > 50, "{writes}");
    }
    for actor in &actors {
        // The last of them end: those that differ after `lag`.
        let last = Cell::new(found(actor).await);
        until(LIMIT, async || {
            tokio::time::sleep(LAG * 2).await;
            let now = found(actor).await;
            last.replace(now) == now
        })
        .await;
        let last = last.get();
        let [same, outdated, void, failed, _] = last;
        assert_eq!((outdated, failed), (0, 0), "{last:?}");
        assert!(same > 0 && void > 0, "{last:?}");
    }
    let before = actors[0].ask("audited 0 1 0").await.unwrap();
    origin.set(0, "written, and forgotten").unwrap();
    until(LIMIT, async || {
        let now = actors[0].ask("audited 0 1 0").await.unwrap();
        assert_eq!(now.rsplit(' ').next(), before.rsplit(' ').next());
        found(&actors[0]).await[1] > 0
    })
    .await;
}
