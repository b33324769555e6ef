//! `explain` names the cause in each situation that an entry can be in.

use std::sync::Arc;

use cache_runtime::cached;
use cache_tests::{Cluster, Server};
use serde_json::Value;
use tokio::sync::Notify;

use crate::{builder, cache, name, run, until};

#[cached(ns = "user", key = "user:{id}", ttl = "5m", tags = ["org:{id}"])]
async fn user(id: u32) -> String {
    format!("user {id}")
}

#[cached(ns = "aged", key = "aged:{id}", ttl = "300ms", stale = "5m")]
async fn aged(id: u32) -> u32 {
    id
}

#[cached(ns = "windowed", key = "windowed:{id}", ttl = "5m", stale = "5m", tags = ["org:{id}"])]
async fn windowed(id: u32) -> u32 {
    id
}

/// The same key as that of `user`, with another type.
mod other {
    use super::cached;

    #[cached(ns = "user", key = "user:{id}", ttl = "5m")]
    pub(super) async fn user(id: u32) -> u32 {
        id
    }
}

#[cached(ns = "slow", key = "slow:{id}", ttl = "5m", skip(go))]
async fn slow(go: Arc<Notify>, id: u32) -> u32 {
    go.notified().await;
    id
}

/// What is explained of the one entry of a key, and how the program ends.
fn explained(url: &str, key: &str, more: &[&str]) -> (Value, i32) {
    let arguments = [&["explain", key, "--json"], more].concat();
    let ran = run(url, &arguments);
    let told = ran.json();
    let shown = run(url, &[&["explain", key], more].concat());
    assert_eq!(shown.exit, ran.exit, "{shown:?}");
    assert!(
        shown.out.lines().count() >= 2,
        "a reason and a next step: {shown:?}"
    );
    let entries = told["entries"].as_array().unwrap();
    if let [entry] = entries.as_slice() {
        assert_eq!(entry["verdict"], told["verdict"]);
        assert!(!entry["next_step"].as_str().unwrap().is_empty(), "{entry}");
        return (entry.clone(), ran.exit);
    }
    (told, ran.exit)
}

/// The same without a look at what a person is told: of what changes meanwhile.
fn caused(url: &str, key: &str, more: &[&str]) -> (String, bool) {
    let told = run(url, &[&["explain", key, "--json"], more].concat()).json();
    let by_hand = told["verdict"]["by_hand"] == true;
    (cause(&told).to_owned(), by_hand)
}

fn cause(told: &Value) -> &str {
    told["verdict"]["is"].as_str().unwrap()
}

#[tokio::test]
async fn a_fresh_entry_is_told_with_all_that_it_says_of_itself() {
    let server = crate::server().await;
    let url = server.url();
    cache(&url).scope(user(7)).await;
    let (told, exit) = explained(&url, "user:7", &[]);
    assert_eq!((cause(&told), exit), ("fresh", 0), "{told}");
    let left = told["verdict"]["for_ms"].as_u64().unwrap();
    assert!((290_000..=300_000).contains(&left), "{told}");
    assert_eq!(
        (&told["namespace"], &told["key"]),
        (&"user".into(), &"user:7".into())
    );
    let header = &told["header"];
    assert_eq!(header["codec"], "bincode");
    assert_eq!(header["compression"], "none");
    assert_eq!(header["is_put"], false);
    let (born, fresh) = (&header["born_ms"], &header["fresh_until_ms"]);
    assert_eq!(fresh.as_u64().unwrap() - born.as_u64().unwrap(), 300_000);
    assert!(told["node_ms"].as_u64().unwrap() >= born.as_u64().unwrap());
    let stamps = told["stamps"].as_array().unwrap();
    let of: Vec<_> = stamps
        .iter()
        .map(|seen| (&seen["kind"], &seen["name"], &seen["state"]))
        .collect();
    let holds =
        |kind: &str, name: &str| (Value::from(kind), Value::from(name), Value::from("holds"));
    let (space, tag) = (holds("namespace", "user"), holds("tag", "org:7"));
    assert_eq!(
        of,
        [(&space.0, &space.1, &space.2), (&tag.0, &tag.1, &tag.2)]
    );
    assert_eq!(told["lease"], Value::Null);
    // By its name in Redis it is the same.
    let own = name(&url, "user:7");
    assert_eq!(cause(&explained(&url, &own, &[]).0), "fresh");

    let put = cache(&url);
    put.scope(async { user_entry(7).put("Ada".to_owned()).await })
        .await
        .unwrap();
    assert_eq!(explained(&url, "user:7", &[]).0["header"]["is_put"], true);
}

#[tokio::test]
async fn a_stale_entry_is_told_whether_by_its_time_or_by_hand() {
    let server = crate::server().await;
    let url = server.url();
    let cache = cache(&url);
    cache.scope(aged(1)).await;
    until("its time is over", async || {
        caused(&url, "aged:1", &[]).0 != "fresh"
    })
    .await;
    let (told, exit) = explained(&url, "aged:1", &[]);
    assert_eq!((cause(&told), exit), ("stale", 0), "{told}");
    assert_eq!(told["verdict"]["by_hand"], false);

    cache.scope(windowed(1)).await;
    let ran = run(&url, &["expire", "tag", "org:1"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let (told, _) = explained(&url, "windowed:1", &[]);
    assert_eq!(
        (cause(&told), &told["verdict"]["by_hand"]),
        ("stale", &true.into())
    );
    assert_eq!(told["by"]["what"], "expire", "{told}");
    assert!(
        told["by"]["who"].as_str().unwrap().starts_with("ada@"),
        "{told}"
    );
}

#[tokio::test]
async fn an_expired_entry_is_told() {
    let server = crate::server().await;
    let url = server.url();
    let cache = cache(&url);
    // It has no window, so what is expired by hand is over.
    cache.scope(user(2)).await;
    cache.tag("org:2").expire().await.unwrap();
    let (told, exit) = explained(&url, "user:2", &[]);
    assert_eq!((cause(&told), exit), ("expired", 1), "{told}");
    assert_eq!(told["verdict"]["by_hand"], true);
    // A function whose own window is shorter than what the entry was stored with.
    cache.scope(aged(2)).await;
    until("its time is over", async || {
        caused(&url, "aged:2", &["--stale", "1ms"]) == ("expired".to_owned(), false)
    })
    .await;
}

#[tokio::test]
async fn an_invalidated_tag_and_a_cleared_namespace_are_told_with_who_did_it() {
    let server = crate::server().await;
    let url = server.url();
    let cache = cache(&url);
    cache.scope(user(3)).await;
    assert_eq!(run(&url, &["invalidate", "tag", "org:3"]).exit, 0);
    let (told, exit) = explained(&url, "user:3", &[]);
    assert_eq!((cause(&told), exit), ("tag_invalidated", 1), "{told}");
    assert_eq!(told["verdict"]["tag"], "org:3");
    assert_eq!(told["by"]["target"], "tag org:3");
    assert_eq!(told["evicted_keys"], 0);
    // By a program it is told as well, of which the log has nothing.
    cache.scope(user(4)).await;
    cache.tag("org:4").invalidate().await.unwrap();
    let (told, _) = explained(&url, "user:4", &[]);
    assert_eq!(
        (cause(&told), &told["by"]),
        ("tag_invalidated", &Value::Null)
    );
    // And where another load made the stamp anew.
    cache.scope(windowed(4)).await;
    let (told, _) = explained(&url, "user:4", &[]);
    assert_eq!(cause(&told), "tag_invalidated", "{told}");
    assert_eq!(told["stamps"][1]["state"], "another");

    cache.scope(user(5)).await;
    cache.namespace("user").invalidate().await.unwrap();
    let (told, exit) = explained(&url, "user:5", &[]);
    assert_eq!((cause(&told), exit), ("namespace_cleared", 1), "{told}");
    assert_eq!(told["verdict"]["namespace"], "user");
}

#[tokio::test]
async fn an_evicted_stamp_is_told_from_an_invalidated_one_where_the_node_evicts() {
    let server = crate::server().await;
    let url = server.url();
    cache(&url).scope(user(6)).await;
    // What ends soonest goes first: the stamp, then a weight.
    let weight = "x".repeat(1 << 20);
    server
        .run(&["SET", "weight", &weight, "PX", "200000"])
        .await
        .unwrap();
    server
        .run(&["PEXPIRE", "cache:t:{org:6}", "100000"])
        .await
        .unwrap();
    server
        .run(&["CONFIG", "SET", "maxmemory-policy", "volatile-ttl"])
        .await
        .unwrap();
    server
        .run(&["CONFIG", "SET", "maxmemory-samples", "64"])
        .await
        .unwrap();
    let info: String =
        redis::from_redis_value(server.run(&["INFO", "memory"]).await.unwrap()).unwrap();
    let used = info
        .lines()
        .find_map(|line| line.strip_prefix("used_memory:"))
        .unwrap();
    let most = used.parse::<u64>().unwrap() - (512 << 10);
    server
        .run(&["CONFIG", "SET", "maxmemory", &most.to_string()])
        .await
        .unwrap();
    until("the weight is evicted", async || {
        // A write makes room.
        let _ = server.run(&["SET", "small", "1"]).await;
        !server.keys().await.unwrap().contains(&"weight".to_owned())
    })
    .await;
    let (told, exit) = explained(&url, "user:6", &[]);
    assert_eq!((cause(&told), exit), ("stamp_evicted", 1), "{told}");
    assert_eq!(told["verdict"]["name"], "org:6");
    assert!(told["evicted_keys"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn an_entry_of_another_run_is_told() {
    let lasting = Server::builder().arguments(["--appendonly", "yes"]);
    let mut server = lasting.start().await.unwrap();
    let url = server.url();
    cache(&url).scope(user(8)).await;
    assert_eq!(cause(&explained(&url, "user:8", &[]).0), "fresh");
    server.kill9().unwrap();
    server.restart().await.unwrap();
    let (told, exit) = explained(&url, "user:8", &[]);
    assert_eq!((cause(&told), exit), ("other_run", 1), "{told}");
    let stamps = told["stamps"].as_array().unwrap();
    assert!(
        stamps.iter().all(|seen| seen["state"] == "other_run"),
        "{told}"
    );
}

#[tokio::test]
async fn an_entry_of_another_shape_is_told_from_ones_own() {
    let server = crate::server().await;
    let url = server.url();
    let cache = cache(&url);
    cache.scope(user(9)).await;
    let own = explained(&url, "user:9", &[]).0["header"]["shape"].clone();
    let own = own.as_str().unwrap();
    cache.scope(other::user(9)).await;
    let (both, exit) = explained(&url, "user:9", &["--shape", own]);
    let entries = both["entries"].as_array().unwrap();
    assert_eq!((entries.len(), exit), (2, 1), "{both}");
    let mut causes: Vec<_> = entries.iter().map(cause).collect();
    causes.sort_unstable();
    assert_eq!(causes, ["fresh", "other_shape"]);
    assert!(entries.iter().all(|entry| entry["has_siblings"] == true));
    let foreign = entries
        .iter()
        .find(|entry| cause(entry) == "other_shape")
        .unwrap();
    assert_eq!(foreign["verdict"]["shape"], foreign["header"]["shape"]);
    assert_ne!(foreign["header"]["shape"], own);
}

#[tokio::test]
async fn foreign_bytes_are_told_with_what_is_wrong_with_them() {
    let server = crate::server().await;
    let url = server.url();
    cache(&url).scope(user(10)).await;
    let own = name(&url, "user:10");
    let bytes: Vec<u8> =
        redis::from_redis_value(server.run(&["GET", &own]).await.unwrap()).unwrap();
    let mut flipped = bytes.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let elsewhere = own.replace("user:10-", "user:11-");
    let another = format!("{}00000000}}", &own[..own.len() - 9]);
    for (at, bytes, cause_of) in [
        (&own, b"hello".to_vec(), "magic"),
        (&own, flipped, "checksum"),
        (&own, bytes[..bytes.len() - 1].to_vec(), "truncated"),
        (&another, bytes.clone(), "digest"),
    ] {
        server
            .command(&[b"SET", at.as_bytes(), &bytes])
            .await
            .unwrap();
        let (told, exit) = explained(&url, at, &[]);
        assert_eq!((cause(&told), exit), ("foreign", 1), "{told}");
        assert_eq!(told["verdict"]["cause"], cause_of);
    }
    server.run(&["RPUSH", &elsewhere, "a"]).await.unwrap();
    let (told, _) = explained(&url, &elsewhere, &[]);
    assert_eq!(
        (cause(&told), &told["verdict"]["cause"]),
        ("foreign", &"wrong_type".into())
    );
}

#[tokio::test]
async fn a_load_under_way_is_told_by_its_lease() {
    let server = crate::server().await;
    let url = server.url();
    let (cache, go) = (cache(&url), Arc::new(Notify::new()));
    let load = cache.scope(slow(Arc::clone(&go), 1));
    let look = async {
        until("the lease is taken", async || {
            !server.keys().await.unwrap().is_empty()
        })
        .await;
        let (told, exit) = explained(&url, "slow:1", &[]);
        assert_eq!((cause(&told), exit), ("loading", 1), "{told}");
        assert_eq!(told["lease"]["kind"], "load");
        assert!(told["lease"]["left_ms"].as_u64().unwrap() > 0);
        go.notify_one();
    };
    tokio::join!(load, look);
    assert_eq!(cause(&explained(&url, "slow:1", &[]).0), "fresh");
}

#[tokio::test]
async fn what_was_never_stored_is_told_and_what_was_taken_away_by_whom() {
    let server = crate::server().await;
    let url = server.url();
    let (told, exit) = explained(&url, "user:12", &[]);
    assert_eq!((cause(&told), exit), ("never_stored", 1), "{told}");
    cache(&url).scope(user(12)).await;
    let own = name(&url, "user:12");
    assert_eq!(run(&url, &["invalidate", "key", &own]).exit, 0);
    let (told, exit) = explained(&url, &own, &[]);
    assert_eq!((cause(&told), exit), ("never_stored", 1), "{told}");
    assert_eq!(told["by"]["what"], "invalidate", "{told}");
}

#[tokio::test]
async fn a_node_that_is_away_is_told() {
    let mut server = crate::server().await;
    let url = server.url();
    cache(&url).scope(user(13)).await;
    let own = name(&url, "user:13");
    server.kill9().unwrap();
    let (told, exit) = explained(&url, &own, &["--timeout", "300ms"]);
    assert_eq!((cause(&told), exit), ("node_away", 3), "{told}");
    assert_eq!(told["header"], Value::Null);
}

#[tokio::test]
async fn in_a_cluster_the_stamp_of_the_node_is_among_what_an_entry_rests_on() {
    let cluster = Cluster::builder()
        .masters(3)
        .replicas(0)
        .start()
        .await
        .unwrap();
    let url = cluster.url();
    let cache = builder(&url).build().unwrap();
    for id in 0..6 {
        cache.scope(user(id)).await;
        let (told, exit) = explained(&url, &format!("user:{id}"), &[]);
        assert_eq!((cause(&told), exit), ("fresh", 0), "{told}");
        let stamps = told["stamps"].as_array().unwrap();
        let node = stamps.iter().find(|seen| seen["kind"] == "node").unwrap();
        assert_eq!(node["state"], "holds");
    }
    cache.tag("org:1").invalidate().await.unwrap();
    assert_eq!(cause(&explained(&url, "user:1", &[]).0), "tag_invalidated");
}
