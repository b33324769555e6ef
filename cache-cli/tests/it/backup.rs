//! `backup`, `restore` and `backups`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use cache_runtime::{Cache, cached};
use cache_tests::{Cluster, Server};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::Semaphore;

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

#[cached(
    ns = "strict",
    key = "strict:{id}",
    ttl = "10m",
    stale = "1h",
    consistency = "strong"
)]
async fn strict(id: u32) -> u32 {
    let _ = id;
    LOADS.fetch_add(1, Ordering::SeqCst)
}

/// A folder, and the text of a path in it.
fn folder() -> (TempDir, impl Fn(&str) -> String) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_owned();
    (folder, move |name: &str| {
        path.join(name).to_str().unwrap().to_owned()
    })
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
    let told: Value = serde_json::from_str(&told.out).unwrap_or_default();
    told["verdict"]["is"].as_str().unwrap_or("none").to_owned()
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
    assert_eq!(
        (dry.exit, &file(&dry)["restored"]),
        (0, &20.into()),
        "{dry:?}"
    );
    assert!(
        server
            .keys()
            .await
            .unwrap()
            .iter()
            .all(|key| key == "cache:log")
    );

    let done = restore(&url, &[&out]);
    assert_eq!(done.exit, 0, "{done:?}");
    assert_eq!(file(&done)["restored"], 20);
    assert_eq!(file(&done)["skipped"]["no_stale_window"], 1, "{done:?}");
    assert_eq!(file(&done)["lost"], 0);

    assert_eq!(verdict(&url, "item:3"), "stale");
    let after = cache(&url);
    let fresh = after.scope(item(1, 3)).await;
    assert!(!old.contains(&fresh), "who finds it first loads it");
    assert_eq!(verdict(&url, "item:3"), "fresh");
}

#[tokio::test]
async fn while_one_caller_refreshes_the_others_are_served_what_came_back() {
    #[cached(ns = "gated", key = "gated:{id}", ttl = "10m", stale = "1h", skip(go))]
    async fn gated(go: Arc<Semaphore>, id: u32) -> u32 {
        let _ = id;
        go.acquire().await.unwrap().forget();
        LOADS.fetch_add(1, Ordering::SeqCst)
    }

    let (server, (_folder, path)) = (server().await, folder());
    let (url, out) = (server.url(), path("all.zst"));
    let go = Arc::new(Semaphore::new(1));
    let old = cache(&url).scope(gated(Arc::clone(&go), 1)).await;
    backup(&url, &out);
    server.run(&["FLUSHALL"]).await.unwrap();
    assert_eq!(restore(&url, &[&out]).exit, 0);

    let (one, other) = (cache(&url), cache(&url));
    let first = one.scope(gated(Arc::clone(&go), 1));
    let others = async {
        until("the first caller loads", async || {
            let keys = server.keys().await.unwrap();
            keys.iter().any(|key| key.ends_with(":lease"))
        })
        .await;
        for _ in 0..3 {
            assert_eq!(other.scope(gated(Arc::clone(&go), 1)).await, old);
        }
        // For one load and no more.
        go.add_permits(1);
    };
    let (fresh, ()) = tokio::join!(first, others);
    assert_ne!(fresh, old);
    assert_eq!(other.scope(gated(Arc::clone(&go), 1)).await, fresh);
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
    assert!(
        done.json()["waived"]
            .as_str()
            .unwrap()
            .contains("invalidated")
    );
    let after = cache(&url);
    assert_eq!(verdict(&url, "plain:1"), "fresh");
    assert_eq!(after.scope(plain(1)).await, value);
    assert_ne!(
        after.scope(strict(1)).await,
        strong,
        "it asks for what is confirmed"
    );
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
    assert_eq!(
        told,
        [
            "never_stored",
            "tag_invalidated",
            "fresh",
            "tag_invalidated"
        ]
    );
    assert_eq!(run(&url, &["invalidate", "namespace", "item"]).exit, 0);
    assert_eq!(verdict(&url, "item:2"), "namespace_cleared");
    let again = restore(&url, &[&out, "--trust"]);
    assert_eq!(file(&again)["restored"], 0, "{again:?}");
}

/// Entries beyond what one batch of anything takes.
async fn many(server: &Server, count: u32) -> Cache {
    let cache = cache(&server.url());
    load(&cache, 0..count).await;
    cache
}

#[tokio::test]
async fn entries_that_are_there_the_whole_time_are_in_a_backup_while_traffic_goes_on() {
    let (server, (_folder, path)) = (server().await, folder());
    let (url, out) = (server.url(), path("all.zst"));
    many(&server, 1_500).await;
    let (traffic, ends) = (cache(&url), Arc::new(Semaphore::new(0)));
    let stop = Arc::clone(&ends);
    let writes = tokio::spawn(async move {
        let mut id = 100_000;
        while stop.available_permits() == 0 {
            traffic.scope(item(id % 7, id)).await;
            id += 1;
        }
        id - 100_000
    });
    let arguments = [
        "backup",
        "--namespace",
        "item",
        "--out",
        &out,
        "--rate",
        "2000",
        "--json",
    ];
    let mut command = program(&url, &arguments);
    let made = tokio::task::spawn_blocking(move || ran(&mut command))
        .await
        .unwrap();
    ends.add_permits(1);
    let written = writes.await.unwrap();
    assert_eq!(made.exit, 0, "{made:?}");
    assert!(written > 100, "there was traffic: {written}");

    server.run(&["FLUSHALL"]).await.unwrap();
    let done = restore(&url, &[&out]);
    assert_eq!(done.exit, 0, "{done:?}");
    for id in (0..1_500).step_by(97) {
        assert_eq!(verdict(&url, &format!("item:{id}")), "stale", "{id}");
    }
    let scanned = run(
        &url,
        &["scan", "--namespace", "item", "--limit", "100000", "--json"],
    );
    let there = scanned.json()["entries"].as_array().unwrap().len();
    assert!(there >= 1_500, "{there}");
}

/// A child that is killed half-way, once it has come to somewhere.
async fn killed(url: &str, arguments: &[&str], came: impl AsyncFn() -> bool) {
    let mut child = program(url, arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("it has come some way", came).await;
    child.kill().unwrap();
    let ended = child.wait().unwrap();
    assert_eq!(ended.code(), None, "it was killed before its end");
}

#[tokio::test]
async fn a_killed_backup_looks_like_none_and_goes_on() {
    let (server, (_folder, path)) = (server().await, folder());
    let (url, out) = (server.url(), path("all.zst"));
    many(&server, 3_000).await;
    let partial = PathBuf::from(path("all.zst.partial"));
    let arguments = ["backup", "--all", "--out", &out, "--rate", "1500", "--json"];
    killed(&url, &arguments, async || {
        fs::metadata(&partial).is_ok_and(|facts| facts.len() > 10_000)
    })
    .await;
    assert!(!Path::new(&out).exists());
    let unfinished = run(
        &url,
        &["restore", "--check", partial.to_str().unwrap(), "--json"],
    );
    assert_eq!(unfinished.exit, 1, "{unfinished:?}");
    let good = unfinished.json()["files"][0]["records"].as_u64().unwrap();
    assert!((1..3_000).contains(&good), "{good}");
    let other = run(&url, &["backup", "--namespace", "x", "--out", &out]);
    assert_eq!(other.exit, 2, "it is of something else: {other:?}");

    let made = backup(&url, &out);
    assert_eq!(made["ending"]["resumed"], 1, "{made}");
    let records = made["ending"]["records"].as_u64().unwrap();
    assert!(
        (3_000..3_000 + 600).contains(&records),
        "it went on: {records}"
    );
    assert!(!partial.exists());
    server.run(&["FLUSHALL"]).await.unwrap();
    let done = restore(&url, &[&out]);
    assert_eq!(file(&done)["restored"], 3_000, "{done:?}");
    let again = run(&url, &["backup", "--all", "--out", &out]);
    assert_eq!(again.exit, 2, "a backup is never written over: {again:?}");
}

#[tokio::test]
async fn a_killed_restore_goes_on_where_it_stopped() {
    let (server, (_folder, path)) = (server().await, folder());
    let (url, out) = (server.url(), path("all.zst"));
    many(&server, 3_000).await;
    backup(&url, &out);
    let some: Vec<_> = (0..10)
        .map(|id| crate::name(&url, &format!("item:{id}")))
        .collect();
    // Once in the first pass, once in the second.
    for filled in [false, true] {
        server.run(&["FLUSHALL"]).await.unwrap();
        let (server, some) = (&server, &some);
        killed(&url, &["restore", &out, "--rate", "4000"], async || {
            let there: usize = count(server).await;
            match filled {
                false => there > 500,
                true => is_filled(server, some).await,
            }
        })
        .await;
        let done = restore(&url, &[&out]);
        assert_eq!(done.exit, 0, "{done:?}");
        let told = file(&done);
        let restored = told["restored"].as_u64().unwrap();
        let kept = told["skipped"]["kept"].as_u64().unwrap_or_default();
        assert_eq!(restored + kept, 3_000, "{told}");
        assert_eq!(kept > 0, filled, "{told}");
        for id in (0..3_000).step_by(311) {
            assert_eq!(verdict(&url, &format!("item:{id}")), "stale", "{id}");
        }
    }
}

#[tokio::test]
async fn a_restore_that_is_interrupted_stands_in_the_log_of_actions() {
    let (server, (_folder, path)) = (server().await, folder());
    let (url, out) = (server.url(), path("all.zst"));
    many(&server, 1_500).await;
    let id = backup(&url, &out)["manifest"]["id"].clone();
    server.run(&["FLUSHALL"]).await.unwrap();
    let mut child = program(&url, &["restore", &out, "--rate", "500"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("some are reserved", async || count(&server).await > 200).await;
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ended = tokio::task::spawn_blocking(move || child.wait());
    assert_eq!(ended.await.unwrap().unwrap().code(), Some(5));
    let log = run(&url, &["log", "--json"]).json();
    let action = &log["actions"][0];
    assert_eq!(action["outcome"], "interrupted", "{log}");
    let target = format!("backup {}", id.as_str().unwrap());
    assert_eq!(action["target"], target, "{log}");
}

async fn count(server: &Server) -> usize {
    redis::from_redis_value(server.run(&["DBSIZE"]).await.unwrap()).unwrap()
}

/// Whether some entry has taken the place of its reservation.
async fn is_filled(server: &Server, names: &[String]) -> bool {
    for name in names {
        let flags = server.run(&["GETRANGE", name, "7", "7"]).await.unwrap();
        let flags: Vec<u8> = redis::from_redis_value(flags).unwrap();
        if flags.first().is_some_and(|flags| flags & 0b0110 == 0b0010) {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn an_incremental_backup_stands_on_a_full_one_and_the_later_load_wins() {
    let (server, (_folder, path)) = (server().await, folder());
    let (url, full, more) = (server.url(), path("full.zst"), path("more.zst"));
    let cache = cache(&url);
    load(&cache, 0..6).await;
    // An incremental one begins two seconds before its base did.
    let loaded = clock_ms(&server).await;
    until("the overlap is over", async || {
        clock_ms(&server).await > loaded + 2_100
    })
    .await;
    let base = backup(&url, &full);
    for key in ["item:0", "item:1"] {
        assert_eq!(run(&url, &["invalidate", "key", key]).exit, 0);
    }
    let later = load(&cache, 0..2).await;
    let new = load(&cache, 10..11).await;
    let arguments = [
        "backup",
        "--all",
        "--out",
        &more,
        "--incremental-since",
        &full,
        "--json",
    ];
    let made = run(&url, &arguments);
    assert_eq!(made.exit, 0, "{made:?}");
    let told = made.json();
    assert_eq!(told["ending"]["records"], 3, "{told}");
    assert_eq!(told["ending"]["unsaved"]["older"], 4, "{told}");
    assert_eq!(told["manifest"]["since"]["id"], base["manifest"]["id"]);

    let wrong = restore(&url, &[&more, &full]);
    assert_eq!(wrong.exit, 2, "{wrong:?}");
    assert!(wrong.err.contains("order"), "{wrong:?}");
    // In one command, and in two: what is restored first is overwritten by what was loaded later.
    for apart in [false, true] {
        server.run(&["FLUSHALL"]).await.unwrap();
        match apart {
            false => assert_eq!(restore(&url, &[&full, &more, "--trust"]).exit, 0),
            true => {
                assert_eq!(restore(&url, &[&full, "--trust"]).exit, 0);
                let done = restore(&url, &[&more, "--trust"]);
                assert_eq!(file(&done)["restored"], 3, "{done:?}");
            }
        }
        let there = [load(&cache, 0..2).await, load(&cache, 10..11).await].concat();
        assert_eq!(there, [&later[..], &new[..]].concat(), "apart: {apart}");
        assert_eq!(verdict(&url, "item:5"), "fresh");
    }
}

/// The server's clock in milliseconds.
async fn clock_ms(server: &Server) -> u64 {
    let time = server.run(&["TIME"]).await.unwrap();
    let (seconds, micros): (u64, u64) = redis::from_redis_value(time).unwrap();
    seconds * 1_000 + micros / 1_000
}

#[tokio::test]
async fn a_backup_of_a_server_comes_back_on_a_cluster_and_the_other_way_round() {
    let (server, (_folder, path)) = (server().await, folder());
    let out = path("all.zst");
    let old = load(&cache(&server.url()), 0..60).await;
    backup(&server.url(), &out);

    let cluster = Cluster::start().await.unwrap();
    let url = cluster.url();
    let done = restore(&url, &[&out, "--trust"]);
    assert_eq!(file(&done)["restored"], 60, "{done:?}");
    let on_cluster = cache(&url);
    assert_eq!(load(&on_cluster, 0..60).await, old);
    assert_eq!(run(&url, &["invalidate", "tag", "shop:1"]).exit, 0);
    assert_eq!(verdict(&url, "item:1"), "tag_invalidated");

    let back = path("back.zst");
    assert_eq!(
        backup(&url, &back)["ending"]["records"],
        30,
        "those that are valid"
    );
    server.run(&["FLUSHALL"]).await.unwrap();
    let done = restore(&server.url(), &[&back, "--trust"]);
    assert_eq!(file(&done)["restored"], 30, "{done:?}");
    let there = cache(&server.url()).scope(item(0, 2)).await;
    assert_eq!(there, old[2]);
}

#[tokio::test]
async fn another_prefix_has_to_be_meant() {
    let (server, (_folder, path)) = (server().await, folder());
    let (url, out) = (server.url(), path("all.zst"));
    let value = cache(&url).scope(plain(1)).await;
    backup(&url, &out);
    let refused = restore(&url, &[&out, "--prefix", "other"]);
    assert_eq!(refused.exit, 2, "{refused:?}");
    assert!(refused.err.contains("CACHE_PREFIX"), "{refused:?}");
    let done = restore(
        &url,
        &[&out, "--prefix", "other", "--other-prefix", "--trust"],
    );
    assert_eq!(file(&done)["restored"], 1, "{done:?}");
    let other = crate::builder(&url).prefix("other").build().unwrap();
    assert_eq!(other.scope(plain(1)).await, value);
}

#[cached(
    ns = "secret",
    key = "secret:{id}",
    ttl = "10m",
    stale = "1h",
    codec = "json",
    encrypt
)]
async fn secret(id: u32) -> String {
    format!("secret {id} {}", LOADS.fetch_add(1, Ordering::SeqCst))
}

#[tokio::test]
async fn what_is_encrypted_comes_back_as_it_is_or_takes_its_key() {
    let key = "5e".repeat(32);
    let (server, (_folder, path)) = (server().await, folder());
    let (url, out) = (server.url(), path("all.zst"));
    let keys = cache_runtime::EncryptionKeys::new(&[0x5e; 32]);
    let cache = crate::builder(&url).encryption(keys).build().unwrap();
    let value = cache.scope(secret(1)).await;
    backup(&url, &out);
    let raw = fs::read(&out).unwrap();
    assert!(!String::from_utf8_lossy(&raw).contains("secret 1"));

    // What it rests on is still there: it comes back as it is.
    let name = crate::name(&url, "secret:1");
    server.run(&["DEL", &name]).await.unwrap();
    let done = restore(&url, &[&out, "--trust"]);
    assert_eq!(file(&done)["restored"], 1, "{done:?}");
    assert_eq!(cache.scope(secret(1)).await, value);

    server.run(&["FLUSHALL"]).await.unwrap();
    let without = restore(&url, &[&out, "--trust"]);
    assert_eq!(file(&without)["skipped"]["no_key"], 1, "{without:?}");
    let with =
        ran(program(&url, &["restore", &out, "--trust", "--json"])
            .env("CACHE_ENCRYPTION_KEYS", &key));
    assert_eq!(file(&with)["restored"], 1, "{with:?}");
    assert_eq!(cache.scope(secret(1)).await, value);
}

#[tokio::test]
async fn a_damaged_file_is_restored_up_to_the_damage_and_says_where_that_is() {
    let (server, (_folder, path)) = (server().await, folder());
    let (url, out) = (server.url(), path("all.zst"));
    many(&server, 3_000).await;
    backup(&url, &out);
    let bytes = fs::read(&out).unwrap();
    let cut = path("cut.zst");
    fs::write(&cut, &bytes[..bytes.len() * 2 / 3]).unwrap();
    server.run(&["FLUSHALL"]).await.unwrap();

    let checked = run(&url, &["restore", "--check", &cut, "--json"]);
    assert_eq!(checked.exit, 1, "{checked:?}");
    let good = checked.json()["files"][0]["records"].as_u64().unwrap();
    assert!((1..3_000).contains(&good), "{good}");
    assert!(
        server
            .keys()
            .await
            .unwrap()
            .iter()
            .all(|key| key == "cache:log")
    );
    let done = restore(&url, &[&cut]);
    assert_eq!(done.exit, 5, "a part came back: {done:?}");
    let told = file(&done);
    assert_eq!(told["restored"], good);
    assert_eq!(told["damage"]["record"], good);
    assert_eq!(told["damage"]["cause"], "cut_short");
    let whole = run(&url, &["restore", "--check", &out]);
    assert_eq!(whole.exit, 0, "{whole:?}");
    fs::write(&cut, b"no backup").unwrap();
    let none = restore(&url, &[&cut]);
    assert_eq!(none.exit, 1, "{none:?}");
    let missing = restore(&url, &["/nowhere/x.zst"]);
    assert_eq!(missing.exit, 2, "{missing:?}");
}

#[tokio::test]
async fn a_folder_of_backups_is_listed_and_ids_are_found_in_it() {
    let (server, (folder, _)) = (server().await, folder());
    let (url, folder) = (server.url(), folder.path().join("backups"));
    load(&cache(&url), 0..3).await;
    let within =
        |arguments: &[&str]| ran(program(&url, arguments).env("CACHE_BACKUP_DIRECTORY", &folder));
    let nowhere = run(&url, &["backup", "--all"]);
    assert_eq!(nowhere.exit, 2, "{nowhere:?}");
    let unsaid = within(&["backup"]);
    assert_eq!(unsaid.exit, 2, "{unsaid:?}");
    let made = within(&[
        "backup",
        "--all",
        "--description",
        "before \u{1b}[2J",
        "--json",
    ]);
    let id = made.json()["manifest"]["id"].as_str().unwrap().to_owned();
    let more = within(&["backup", "--all", "--incremental-since", &id, "--json"]);
    assert_eq!(more.exit, 0, "{more:?}");
    let listed = within(&["backups", "--json"]).json();
    let listed = listed["backups"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[1]["manifest"]["id"], *id, "the latest first");
    let told = within(&["backups", &id]);
    assert!(
        told.out.contains(&id) && !told.out.contains('\u{1b}'),
        "{told:?}"
    );
    let none = within(&["backups", "123"]);
    assert_eq!(none.exit, 2, "{none:?}");
    server.run(&["FLUSHALL"]).await.unwrap();
    let done = within(&["restore", &id, "--json"]);
    assert_eq!(file(&done)["restored"], 3, "{done:?}");
    let log = run(&url, &["log", "--json"]).json();
    assert_eq!(log["actions"][0]["what"], "restore", "{log}");
    assert_eq!(log["actions"][0]["count"], 3, "{log}");
}

#[tokio::test]
async fn after_flushall_under_traffic_a_person_says_that_it_was_emptied() {
    let (server, (_folder, path)) = (server().await, folder());
    let (url, out) = (server.url(), path("all.zst"));
    let cache = cache(&url);
    load(&cache, 0..10).await;
    backup(&url, &out);
    server.run(&["FLUSHALL"]).await.unwrap();
    // A program stores something, and the namespace has a stamp again.
    let newer = load(&cache, 3..4).await;
    let done = run(&url, &["restore", &out]);
    assert_eq!(done.exit, 1, "{done:?}");
    assert!(done.out.contains("--emptied"), "{done:?}");
    let done = restore(&url, &[&out, "--emptied", "--trust"]);
    assert_eq!(file(&done)["restored"], 9, "{done:?}");
    assert_eq!(file(&done)["skipped"]["newer"], 1, "{done:?}");
    assert_eq!(load(&cache, 3..4).await, newer, "what is newer stays");
}

/// What the terms of one restore left out is not taken for invalidated by the next.
#[tokio::test]
async fn a_second_restore_with_other_terms_brings_back_what_the_first_left_out() {
    let (server, (_folder, path)) = (server().await, folder());
    let (url, out) = (server.url(), path("all.zst"));
    let cache = cache(&url);
    load(&cache, 0..2).await;
    cache.scope(plain(1)).await;
    cache.scope(strict(1)).await;
    backup(&url, &out);

    server.run(&["FLUSHALL"]).await.unwrap();
    let first = restore(&url, &[&out]);
    assert_eq!(file(&first)["restored"], 3, "{first:?}");
    assert_eq!(file(&first)["skipped"]["no_stale_window"], 1, "{first:?}");
    assert_eq!(run(&url, &["invalidate", "tag", "shop:1"]).exit, 0);
    let name = crate::name(&url, "item:1");
    server.run(&["DEL", &name]).await.unwrap();
    let second = restore(&url, &[&out, "--trust"]);
    assert_eq!(file(&second)["restored"], 1, "{second:?}");
    assert_eq!(file(&second)["skipped"]["kept"], 2, "{second:?}");
    assert_eq!(file(&second)["skipped"]["invalidated"], 1, "{second:?}");
    assert_eq!(verdict(&url, "plain:1"), "fresh");
    assert_eq!(run(&url, &["invalidate", "namespace", "plain"]).exit, 0);
    let name = crate::name(&url, "plain:1");
    server.run(&["DEL", &name]).await.unwrap();
    let third = restore(&url, &[&out, "--trust"]);
    assert_eq!(file(&third)["skipped"]["invalidated"], 2, "{third:?}");

    server.run(&["FLUSHALL"]).await.unwrap();
    load(&cache, 0..1).await;
    let first = restore(&url, &[&out]);
    assert_eq!(file(&first)["restored"], 1, "{first:?}");
    let second = restore(&url, &[&out, "--emptied", "--trust"]);
    assert_eq!(file(&second)["restored"], 2, "{second:?}");
    assert_eq!(file(&second)["skipped"]["kept"], 1, "{second:?}");
}

#[tokio::test]
async fn a_backup_leaves_the_table_of_what_programs_read_alone() {
    let (server, (_folder, path)) = (server().await, folder());
    let (url, out) = (server.url(), path("all.zst"));
    many(&server, 600).await;
    let tracked = async || {
        let info = server.run(&["INFO", "stats"]).await.unwrap();
        let info: String = redis::from_redis_value(info).unwrap();
        let line = info
            .lines()
            .find_map(|line| line.strip_prefix("tracking_total_keys:"));
        line.unwrap().trim().parse::<u64>().unwrap()
    };
    let before = tracked().await;
    assert!(before >= 600, "{before}");
    backup(&url, &out);
    assert!(tracked().await <= before, "{}", tracked().await);
}

/// Another process that has what came back in its memory hears of an invalidation.
#[tokio::test]
async fn what_came_back_into_the_memory_of_a_process_is_invalidated_there() {
    let (server, (_folder, path)) = (server().await, folder());
    let (url, out) = (server.url(), path("all.zst"));
    let old = load(&cache(&url), 0..2).await;
    backup(&url, &out);
    let with_memory = Cache::builder().url(&url).jitter(0.0).build().unwrap();
    assert_eq!(with_memory.scope(item(0, 0)).await, old[0], "held before");
    server.run(&["FLUSHALL"]).await.unwrap();
    assert_eq!(restore(&url, &[&out, "--trust"]).exit, 0);
    until("it is served what came back", async || {
        with_memory.scope(item(1, 1)).await == old[1]
    })
    .await;
    assert_eq!(run(&url, &["invalidate", "tag", "shop:1"]).exit, 0);
    until("it hears of the invalidation", async || {
        with_memory.scope(item(1, 1)).await != old[1]
    })
    .await;
    assert_eq!(run(&url, &["invalidate", "key", "item:0"]).exit, 0);
    until("and of that of an entry", async || {
        with_memory.scope(item(0, 0)).await != old[0]
    })
    .await;
}

#[tokio::test]
async fn what_a_restarted_server_has_from_a_snapshot_is_dead_and_is_replaced() {
    let (mut server, (_folder, path)) = (server().await, folder());
    let (url, out) = (server.url(), path("all.zst"));
    let old = load(&cache(&url), 0..5).await;
    backup(&url, &out);
    server.run(&["SAVE"]).await.unwrap();
    server.kill9().unwrap();
    server.restart().await.unwrap();
    assert_eq!(verdict(&url, "item:1"), "other_run");
    let done = restore(&url, &[&out, "--trust"]);
    assert_eq!(file(&done)["restored"], 5, "{done:?}");
    assert_eq!(load(&cache(&url), 0..5).await, old);
}
