//! `doctor` finds what is wrong with a server, and says what to do.

use cache_runtime::cached;
use cache_tests::{Cluster, Server};
use serde_json::Value;

use crate::{cache, run};

#[cached(ns = "user", key = "user:{id}", ttl = "5m", tags = ["org:{id}"])]
async fn user(id: u32) -> u32 {
    id
}

/// What was found of one thing, the worst if it is several.
fn found<'a>(told: &'a Value, what: &str) -> Vec<(&'a str, &'a str)> {
    let findings = told["findings"].as_array().unwrap().iter();
    let own = findings.filter(|finding| finding["what"] == what);
    let found: Vec<_> = own
        .map(|finding| {
            let level = finding["level"].as_str().unwrap();
            let seen = finding["seen"].as_str().unwrap();
            let to_do = finding["to_do"].as_str().unwrap();
            assert_eq!(
                to_do.is_empty(),
                level == "ok",
                "each with what to do: {finding}"
            );
            (level, seen)
        })
        .collect();
    assert!(!found.is_empty(), "{what}: {told}");
    found
}

#[tokio::test]
async fn a_server_that_suits_is_found_well() {
    let server = Server::builder()
        .arguments(["--maxmemory", "256mb", "--maxmemory-policy", "allkeys-lru"])
        .start()
        .await
        .unwrap();
    let url = server.url();
    cache(&url).scope(user(1)).await;
    let ran = run(&url, &["doctor", "--json"]);
    let told = ran.json();
    assert_eq!((ran.exit, &told["level"]), (0, &"ok".into()), "{told}");
    for what in [
        "version",
        "clock",
        "rights",
        "tracking",
        "tracking table",
        "memory",
        "eviction",
        "persistence",
        "replicas",
        "round trip",
        "script",
        "keys",
    ] {
        assert_eq!(found(&told, what)[0].0, "ok", "{what}: {told}");
    }
    let keys = found(&told, "keys")[0].1;
    assert!(keys.starts_with("1 entries, 2 stamps"), "{keys}");
    let shown = run(&url, &["doctor"]);
    assert!(shown.out.contains("ok    eviction"), "{shown:?}");
}

#[tokio::test]
async fn a_wrong_eviction_policy_is_bad_and_a_full_server_told() {
    let server = Server::builder()
        .arguments(["--maxmemory", "64mb", "--maxmemory-policy", "volatile-ttl"])
        .start()
        .await
        .unwrap();
    let ran = run(&server.url(), &["doctor", "--json"]);
    let told = ran.json();
    assert_eq!(
        (ran.exit, found(&told, "eviction")[0].0),
        (1, "bad"),
        "{told}"
    );
    for (name, value) in [("maxmemory-policy", "noeviction"), ("maxmemory", "1mb")] {
        let words = ["CONFIG", "SET", name, value];
        server.run(&words).await.unwrap();
    }
    let ran = run(&server.url(), &["doctor", "--json"]);
    let told = ran.json();
    assert_eq!(
        (found(&told, "memory")[0].0, found(&told, "eviction")[0].0),
        ("warn", "warn"),
        "{told}"
    );
}

#[tokio::test]
async fn each_right_that_is_missing_is_named() {
    let server = crate::server().await;
    let words = [
        "ACL",
        "SETUSER",
        "ctl",
        "on",
        ">pw",
        "~cache:*",
        "+@all",
        "-mget",
        "-config",
        "-client|tracking",
    ];
    server.run(&words).await.unwrap();
    let url = server.url().replace("redis://", "redis://ctl:pw@");
    let ran = run(&url, &["doctor", "--json"]);
    let told = ran.json();
    assert_eq!(ran.exit, 1, "{told}");
    let rights = found(&told, "rights");
    for (level, part) in [
        ("bad", "`mget`"),
        ("bad", "`client|tracking`"),
        ("warn", "CONFIG GET"),
    ] {
        assert!(
            rights
                .iter()
                .any(|(own, seen)| *own == level && seen.contains(part)),
            "{part}: {rights:?}"
        );
    }
    assert_eq!(found(&told, "tracking")[0].0, "bad");
    // What the user may not ask for of the settings is in `INFO` as well.
    assert_eq!(found(&told, "eviction")[0].0, "ok", "{told}");

    server
        .run(&["ACL", "SETUSER", "ctl", "resetkeys", "~other:*", "+@all"])
        .await
        .unwrap();
    let told = run(&url, &["doctor", "--json"]).json();
    let rights = found(&told, "rights");
    assert!(
        rights
            .iter()
            .any(|(_, seen)| seen.contains("keys under the prefix")),
        "{rights:?}"
    );
}

#[tokio::test]
async fn a_table_of_readers_that_is_full_and_a_disk_that_is_written_are_told() {
    let server = Server::builder()
        .arguments(["--appendonly", "yes"])
        .start()
        .await
        .unwrap();
    let url = server.url();
    server
        .run(&["CONFIG", "SET", "tracking-table-max-keys", "10"])
        .await
        .unwrap();
    let cache = cache(&url);
    for id in 0..20 {
        cache.scope(user(id)).await;
    }
    let told = run(&url, &["doctor", "--json"]).json();
    assert_eq!(found(&told, "tracking table")[0].0, "bad", "{told}");
    assert_eq!(found(&told, "persistence")[0].0, "warn", "{told}");
    server.run(&["SET", "small", "1"]).await.unwrap();
    let other = run(&url, &["doctor", "--prefix", "wrong", "--json"]).json();
    let (level, seen) = found(&other, "keys")[0];
    assert!(level == "warn" && seen.starts_with("0 entries"), "{other}");
}

#[tokio::test]
async fn a_server_that_is_away_or_refuses_ends_it_so() {
    let ran = run(
        "redis://127.0.0.1:1",
        &["doctor", "--json", "--timeout", "200ms"],
    );
    let told = ran.json();
    assert_eq!(
        (ran.exit, found(&told, "connection")[0].0),
        (3, "bad"),
        "{told}"
    );
    let server = Server::builder().password("pw").start().await.unwrap();
    let url = server.url().replace(":pw@", ":other@");
    let ran = run(&url, &["doctor", "--json"]);
    assert_eq!(ran.exit, 4, "{ran:?}");
}

#[tokio::test]
async fn a_slot_without_a_node_is_found() {
    let cluster = Cluster::builder().masters(3).replicas(0);
    let cluster = cluster.start().await.unwrap();
    let url = cluster.url();
    let told = run(&url, &["doctor", "--json"]).json();
    let slots = found(&told, "slots");
    let levels: Vec<_> = slots.iter().map(|(level, _)| *level).collect();
    assert_eq!(levels, ["ok"; 3], "{told}");
    assert_eq!(found(&told, "cluster")[0].0, "ok");
    let slot = cluster.first_slots(0).start.to_string();
    for at in 0..3 {
        let words = ["CLUSTER", "DELSLOTS", &slot];
        cluster.node(at).run(&words).await.unwrap();
    }
    // All of it refuses then, and no program can use it.
    let are_bad = async |exit: i32| {
        let ran = run(&url, &["doctor", "--json"]);
        let told = ran.json();
        let findings = told["findings"].as_array().unwrap().iter();
        let slots: Vec<_> = findings
            .filter(|finding| finding["what"] == "slots")
            .collect();
        let is_bad = |finding: &&Value| {
            let seen = finding["seen"].as_str().unwrap();
            finding["level"] == "bad" && seen.contains("1 have no node")
        };
        ran.exit == exit && !slots.is_empty() && slots.iter().all(is_bad)
    };
    crate::until("the cluster refuses", async || are_bad(3).await).await;
    for at in 0..3 {
        let words = ["CONFIG", "SET", "cluster-require-full-coverage", "no"];
        cluster.node(at).run(&words).await.unwrap();
    }
    crate::until("the rest is served", async || are_bad(1).await).await;
}
