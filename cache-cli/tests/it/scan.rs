//! `scan` lists what is stored.

use cache_runtime::cached;
use serde_json::Value;

use crate::{cache, run};

#[cached(ns = "user", key = "user:{id}", ttl = "5m", tags = ["org:{org}"])]
async fn user(org: u32, id: u32) -> u32 {
    let _ = org;
    id
}

/// A hundred tags, which make a long header.
#[cached(ns = "hashed", ttl = "5m", tags_from = |count| (0..*count).map(tag))]
async fn hashed(count: u32) -> u32 {
    count
}

fn tag(number: u32) -> String {
    format!("a tag that is long enough to fill it:{number}")
}

fn keys(told: &Value) -> Vec<&str> {
    let entries = told["entries"].as_array().unwrap();
    entries
        .iter()
        .filter_map(|entry| entry["key"].as_str())
        .collect()
}

#[tokio::test]
async fn entries_are_listed_by_pattern_namespace_and_tag() {
    let server = crate::server().await;
    let url = server.url();
    let cache = cache(&url);
    cache
        .scope(async { (user(1, 7).await, user(1, 70).await, user(2, 8).await) })
        .await;
    // Its header is longer than the beginning that is read at first.
    cache.scope(hashed(100)).await;
    server
        .run(&["SET", "cache:e:user:{user:9-00000000}", "garbage"])
        .await
        .unwrap();
    server
        .run(&["SET", "other:e:user:{user:9-00000000}", "garbage"])
        .await
        .unwrap();

    let all = run(&url, &["scan", "--json"]).json();
    assert_eq!(all["entries"].as_array().unwrap().len(), 5, "{all}");
    let by_pattern = run(&url, &["scan", "user:7*", "--json"]).json();
    assert_eq!(keys(&by_pattern), ["user:7", "user:70"]);
    let by_tag = run(&url, &["scan", "--tag", "org:1", "--json"]).json();
    assert_eq!(keys(&by_tag), ["user:7", "user:70"]);
    let by_tag = run(
        &url,
        &[
            "scan",
            "--tag",
            "a tag that is long enough to fill it:99",
            "--json",
        ],
    )
    .json();
    let of_tag = by_tag["entries"].as_array().unwrap();
    assert_eq!(of_tag.len(), 1, "{by_tag}");
    assert_eq!(of_tag[0]["tags"].as_array().unwrap().len(), 100);
    assert_eq!(of_tag[0]["key"], Value::Null);
    let by_namespace = run(&url, &["scan", "--namespace", "user", "--json"]).json();
    let entries = by_namespace["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 4, "{by_namespace}");
    let broken = entries
        .iter()
        .find(|entry| entry["key"] == "user:9")
        .unwrap();
    assert_eq!(
        (&broken["unreadable"], &broken["bytes"]),
        (&"magic".into(), &Value::Null)
    );
    let whole = entries
        .iter()
        .find(|entry| entry["key"] == "user:7")
        .unwrap();
    assert!(whole["bytes"].as_u64().unwrap() > 100 && whole["born_ms"].as_u64().is_some());

    let shown = run(&url, &["scan"]);
    assert!(
        shown.out.contains("unreadable: magic") && shown.out.contains("5 entries"),
        "{shown:?}"
    );
    let cut = run(&url, &["scan", "--limit", "2", "--json"]).json();
    assert_eq!(
        (cut["entries"].as_array().unwrap().len(), &cut["is_cut"]),
        (2, &true.into())
    );
    assert_eq!(run(&url, &["scan", "--namespace", "none"]).exit, 1);
    // A prefix is one of its own.
    assert_eq!(
        run(&url, &["scan", "--prefix", "other", "--json"]).json()["entries"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}
