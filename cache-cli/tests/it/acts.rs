//! `invalidate`, `expire` and `log`.

use std::sync::atomic::{AtomicU32, Ordering};

use cache_runtime::{Cache, cached};
use cache_tests::Server;

use crate::{cache, run};

static LOADS: AtomicU32 = AtomicU32::new(0);

#[cached(ns = "item", key = "item:{id}", ttl = "5m", tags = ["shop:{shop}"])]
async fn item(shop: u32, id: u32) -> u32 {
    let _ = (shop, id);
    LOADS.fetch_add(1, Ordering::SeqCst)
}

async fn stored(server: &Server, ids: std::ops::Range<u32>) -> Cache {
    let cache = cache(&server.url());
    for id in ids {
        cache.scope(item(id % 2, id)).await;
    }
    cache
}

async fn is_kept(cache: &Cache, id: u32) -> bool {
    let first = cache
        .scope(async { item_entry(id % 2, id).get().await })
        .await;
    first.is_some()
}

#[tokio::test]
async fn a_pattern_is_counted_first_and_a_dry_run_does_nothing() {
    let server = crate::server().await;
    let url = server.url();
    let cache = stored(&server, 0..12).await;
    let dry = run(
        &url,
        &["invalidate", "pattern", "item:1*", "--dry-run", "--json"],
    );
    let told = dry.json();
    assert_eq!(dry.exit, 0, "{dry:?}");
    assert_eq!(
        told["parts"][0]["counted"]["entries"], 3,
        "1, 10 and 11: {told}"
    );
    assert!(told["parts"][0]["counted"]["bytes"].as_u64().unwrap() > 100);
    assert!(is_kept(&cache, 1).await);
    assert_eq!(run(&url, &["log"]).exit, 1, "a dry run is not noted");

    let unasked = run(&url, &["invalidate", "pattern", "item:1*"]);
    assert_eq!(unasked.exit, 2, "{unasked:?}");
    assert!(
        unasked.err.contains("3 entries") && unasked.err.contains("--yes"),
        "{unasked:?}"
    );
    assert!(is_kept(&cache, 1).await);

    let done = run(&url, &["invalidate", "pattern", "item:1*", "--yes"]);
    assert_eq!(done.exit, 0, "{done:?}");
    for (id, kept) in [(1, false), (10, false), (11, false), (2, true)] {
        assert_eq!(is_kept(&cache, id).await, kept, "{id}");
    }
    let none = run(&url, &["invalidate", "pattern", "nothing:*"]);
    assert_eq!(none.exit, 1, "{none:?}");
}

#[tokio::test]
async fn more_entries_than_one_command_names_are_all_reached() {
    let server = crate::server().await;
    let cache = stored(&server, 0..600).await;
    let done = run(
        &server.url(),
        &["invalidate", "pattern", "item:*", "--yes", "--json"],
    );
    assert_eq!(done.json()["parts"][0]["counted"]["entries"], 600);
    for id in [0, 255, 256, 599] {
        assert!(!is_kept(&cache, id).await, "{id}");
    }
}

#[tokio::test]
async fn tags_namespaces_keys_and_everything_are_invalidated_and_noted() {
    let server = crate::server().await;
    let url = server.url();
    let cache = stored(&server, 0..4).await;
    let counted = run(&url, &["invalidate", "tag", "shop:1", "--count", "--json"]).json();
    assert_eq!(counted["parts"][0]["counted"]["entries"], 2, "{counted}");
    assert!(!is_kept(&cache, 1).await && is_kept(&cache, 2).await);
    assert_eq!(run(&url, &["invalidate", "key", "item:2"]).exit, 0);
    assert!(!is_kept(&cache, 2).await && is_kept(&cache, 0).await);
    assert_eq!(
        run(&url, &["invalidate", "namespace", "item", "other"]).exit,
        0
    );
    assert!(!is_kept(&cache, 0).await);
    let cache = stored(&server, 0..1).await;
    assert_eq!(run(&url, &["invalidate", "everything", "--yes"]).exit, 0);
    assert!(!is_kept(&cache, 0).await);

    let log = run(&url, &["log", "--json"]).json();
    let actions = log["actions"].as_array().unwrap();
    let targets: Vec<_> = actions
        .iter()
        .map(|action| action["target"].as_str().unwrap())
        .collect();
    let expected = [
        "everything",
        "namespace other",
        "namespace item",
        "key item:2",
        "tag shop:1",
    ];
    assert_eq!(targets, expected, "the latest first");
    for action in actions {
        assert_eq!(action["outcome"], "done");
        assert!(
            action["who"].as_str().unwrap().starts_with("ada@"),
            "{action}"
        );
        assert!(action["at_ms"].as_u64().unwrap() > 1_600_000_000_000);
    }
    assert_eq!(actions[4]["count"], 2);
    let left: i64 =
        redis::from_redis_value(server.run(&["PTTL", "cache:log"]).await.unwrap()).unwrap();
    assert!(left > 0, "every key of the cache has an end");
    let shown = run(&url, &["log", "--limit", "2"]);
    assert!(
        shown.out.contains("everything") && !shown.out.contains("shop:1"),
        "{shown:?}"
    );
}

#[tokio::test]
async fn what_is_expired_is_stale_and_not_gone() {
    let server = crate::server().await;
    let url = server.url();
    stored(&server, 0..3).await;
    for arguments in [
        ["expire", "key", "item:0"],
        ["expire", "tag", "shop:1"],
        ["expire", "pattern", "item:2"],
    ] {
        let ran = run(&url, &[&arguments[..], &["--yes"]].concat());
        assert_eq!(ran.exit, 0, "{ran:?}");
    }
    for id in 0..3 {
        let told = run(&url, &["explain", &format!("item:{id}"), "--json"]).json();
        assert_eq!(told["verdict"]["is"], "expired", "it has no window: {told}");
    }
}

/// A load that began before the invalidation is not kept, whoever invalidates.
#[tokio::test]
async fn a_load_under_way_is_not_kept_past_an_invalidation() {
    use std::sync::Arc;
    use tokio::sync::Notify;

    #[cached(ns = "slow", key = "slow:{id}", ttl = "5m", skip(go))]
    async fn slow(go: Arc<Notify>, id: u32) -> u32 {
        go.notified().await;
        id
    }

    let server = crate::server().await;
    let url = server.url();
    let (cache, go) = (cache(&url), Arc::new(Notify::new()));
    let load = cache.scope(slow(Arc::clone(&go), 1));
    let act = async {
        crate::until("the lease is taken", async || {
            !server.keys().await.unwrap().is_empty()
        })
        .await;
        let ran = run(&url, &["invalidate", "key", "slow:1"]);
        assert_eq!(ran.exit, 0, "{ran:?}");
        go.notify_one();
    };
    let (value, ()) = tokio::join!(load, act);
    assert_eq!(value, 1);
    let told = run(&url, &["explain", "slow:1", "--json"]).json();
    assert_eq!(told["verdict"]["is"], "never_stored", "{told}");
}
