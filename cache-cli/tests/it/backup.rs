//! `backup`, `restore` and `backups`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, cached};
use cache_tests::{Cluster, Server};
use serde_json::Value;
use tempfile::TempDir;

use crate::{Ran, cache, program, ran, run, server, until};

static LOADS: AtomicU32 = AtomicU32::new(0);

/// Each load is told from every other by what it gives.
#[cached(ns = "item", key = "item:{id}", ttl = "10m", stale = "1h", tags = ["shop:{shop}"])]
async fn item(shop: u32, id: u32) -> u32 {
    let _ = (shop, id);
    LOADS.fetch_add(1, Ordering::SeqCst)
}

#[cached(ns = "plain", key = "plain:{id}", ttl = "10m")]
async fn plain(id: u32) -> u32 {
    let _ = id;
    LOADS.fetch_add(1, Ordering::SeqCst)
}

#[cached(ns = "strict", key = "strict:{id}", ttl = "10m", stale = "1h", consistency = "strong")]
async fn strict(id: u32) -> u32 {
    let _ = id;
    LOADS.fetch_add(1, Ordering::SeqCst)
}

/// A folder, and the text of a path in it.
fn folder() -> (TempDir, impl Fn(&str) -> String) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_owned();
    (folder, move |name: &str| path.join(name).to_str().unwrap().to_owned())
}

async fn load(cache: &Cache, ids: std::ops::Range<u32>) -> Vec<u32> {
    let mut values = Vec::new();
    for id in ids {
        values.push(cache.scope(item(id % 2, id)).await);
    }
    values
}

fn verdict(url: &str, key: &str) -> String {
    let told = run(url, &["explain", key, "--json"]);
    match told.exit {
        0 => told.json()["verdict"]["is"].as_str().unwrap().to_owned(),
        _ => "none".to_owned(),
    }
}

/// The counts of the only file that was restored.
fn file(ran: &Ran) -> Value {
    ran.json()["files"][0].clone()
}

fn restore(url: &str, more: &[&str]) -> Ran {
    run(url, &[&["restore", "--json"], more].concat())
}

fn backup(url: &str, out: &str) -> Value {
    let made = run(url, &["backup", "--all", "--out", out, "--json"]);
    assert_eq!(made.exit, 0, "{made:?}");
    made.json()
}

#[tokio::test]
async fn what_comes_back_after_flushall_is_stale_and_one_call_refreshes_it() {
    let (server, (_folder, path)) = (server().await, folder());
    let (url, out) = (server.url(), path("all.zst"));
    let before = cache(&url);
    let old = load(&before, 0..20).await;
    before.scope(plain(1)).await;

    let made = backup(&url, &out);
    assert_eq!(made["ending"]["records"], 21, "{made}");
    assert_eq!(made["manifest"]["kind"], "full");
    let mode = fs::metadata(&out).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "its owner alone may read it");
    assert!(!Path::new(&path("all.zst.partial")).exists());

    server.run(&["FLUSHALL"]).await.unwrap();
    let dry = restore(&url, &[&out, "--dry-run"]);
    assert_eq!((dry.exit, &file(&dry)["restored"]), (0, &20.into()), "{dry:?}");
    assert!(server.keys().await.unwrap().iter().all(|key| key == "cache:log"));

    let done = restore(&url, &[&out]);
    assert_eq!(done.exit, 0, "{done:?}");
    assert_eq!(file(&done)["restored"], 20);
    assert_eq!(file(&done)["skipped"]["no_stale_window"], 1, "{done:?}");
    assert_eq!(file(&done)["lost"], 0);

    let after = cache(&url);
    assert_eq!(verdict(&url, "item:3"), "stale");
    let count = LOADS.load(Ordering::SeqCst);
    let served = after.scope(item(1, 3)).await;
    assert_eq!(served, old[3], "the older value is served");
    until("one load refreshes it", async || verdict(&url, "item:3") == "fresh").await;
    let fresh = after.scope(item(1, 3)).await;
    assert!(fresh >= count, "{fresh} is of a load after the restore");
}

#[tokio::test]
async fn what_is_trusted_is_served_without_a_load_and_a_strong_function_is_not() {
    let (server, (_folder, path)) = (server().await, folder());
    let (url, out) = (server.url(), path("all.zst"));
    let before = cache(&url);
    let value = before.scope(plain(1)).await;
    let strong = before.scope(strict(1)).await;
    backup(&url, &out);
    server.run(&["FLUSHALL"]).await.unwrap();

    let done = restore(&url, &[&out, "--trust"]);
    assert_eq!(done.exit, 0, "{done:?}");
    assert!(done.json()["waived"].as_str().unwrap().contains("invalidated"));
    let after = cache(&url);
    assert_eq!(verdict(&url, "plain:1"), "fresh");
    assert_eq!(after.scope(plain(1)).await, value);
    assert_ne!(after.scope(strict(1)).await, strong, "it asks for what is confirmed");
    let left: i64 = left(&server, &crate::name(&url, "plain:1")).await;
    assert!((500_000..=600_000).contains(&left), "{left} ms");
}

async fn left(server: &Server, name: &str) -> i64 {
    redis::from_redis_value(server.run(&["PTTL", name]).await.unwrap()).unwrap()
}

#[tokio::test]
async fn what_was_invalidated_since_does_not_come_back() {
    let (server, (_folder, path)) = (server().await, folder());
    let (url, out) = (server.url(), path("all.zst"));
    let cache = cache(&url);
    load(&cache, 0..10).await;
    backup(&url, &out);

    // The stamp of the one is another by now, that of the other is gone.
    for (tag, reload) in [("shop:0", true), ("shop:1", false)] {
        assert_eq!(run(&url, &["invalidate", "tag", tag]).exit, 0);
        if reload {
            cache.scope(item(0, 0)).await;
        }
    }
    for id in 1..10 {
        let name = crate::name(&url, &format!("item:{id}"));
        server.run(&["DEL", &name]).await.unwrap();
    }
    for trust in [false, true] {
        let arguments: &[&str] = if trust { &[&out, "--trust"] } else { &[&out] };
        let done = restore(&url, arguments);
        assert_eq!(done.exit, 1, "{done:?}");
        assert_eq!(file(&done)["restored"], 0, "{done:?}");
        assert_eq!(file(&done)["skipped"]["invalidated"], 9, "{done:?}");
        assert_eq!(file(&done)["skipped"]["newer"], 1, "{done:?}");
    }
}

#[tokio::test]
async fn an_invalidation_after_the_restore_hits_what_came_back() {
    let (server, (_folder, path)) = (server().await, folder());
    let (url, out) = (server.url(), path("all.zst"));
    let before = cache(&url);
    load(&before, 0..4).await;
    backup(&url, &out);
    server.run(&["FLUSHALL"]).await.unwrap();
    assert_eq!(restore(&url, &[&out, "--trust"]).exit, 0);
    for id in 0..4 {
        assert_eq!(verdict(&url, &format!("item:{id}")), "fresh");
    }
    assert_eq!(run(&url, &["invalidate", "tag", "shop:1"]).exit, 0);
    assert_eq!(run(&url, &["invalidate", "key", "item:0"]).exit, 0);
    let told = [0, 1, 2, 3].map(|id| verdict(&url, &format!("item:{id}")));
    assert_eq!(told, ["none", "tag_invalidated", "fresh", "tag_invalidated"]);
    assert_eq!(run(&url, &["invalidate", "namespace", "item"]).exit, 0);
    assert_eq!(verdict(&url, "item:2"), "namespace_cleared");
    let again = restore(&url, &[&out, "--trust"]);
    assert_eq!(file(&again)["restored"], 0, "{again:?}");
}
