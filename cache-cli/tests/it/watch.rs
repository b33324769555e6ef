//! `watch` tells of what changes.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};

use cache_runtime::cached;
use cache_tests::Cluster;
use serde_json::Value;

use crate::{cache, program, run};

#[cached(ns = "user", key = "user:{id}", ttl = "5m", tags = ["org:{id}"])]
async fn user(id: u32) -> u32 {
    id
}

/// The program, watching; killed when dropped.
struct Watching {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Watching {
    /// Begins, and waits until every node is connected.
    fn begin(url: &str, nodes: usize, more: &[&str]) -> Self {
        let arguments = [&["watch", "--json", "--for", "20s"], more].concat();
        let mut child = program(url, &arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for _ in 0..nodes {
            let line = lines.next().unwrap().unwrap();
            let told: Value = serde_json::from_str(&line).unwrap();
            assert_eq!(told["heard"], "connected", "{told}");
        }
        Self { child, lines }
    }

    /// The next line that a condition holds of, and those before it.
    fn until(&mut self, is_it: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut told = Vec::new();
        for line in &mut self.lines {
            let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
            let is_last = is_it(&line);
            told.push(line);
            if is_last {
                return told;
            }
        }
        panic!("the end came first: {told:#?}");
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is(told: &Value, of: &str, is_there: bool) -> bool {
    told["of"] == of && told["is_there"] == is_there
}

#[tokio::test]
async fn a_store_an_invalidation_and_an_action_are_told() {
    let server = crate::server().await;
    let url = server.url();
    let mut watching = Watching::begin(&url, 1, &[]);
    let cache = cache(&url);
    cache.scope(user(1)).await;
    let told = watching.until(|told| is(told, "entry", true));
    let stored = told.last().unwrap();
    assert!(
        stored["name"]
            .as_str()
            .unwrap()
            .starts_with("cache:e:user:{user:1-"),
        "{stored}"
    );
    assert!(stored["kept_ms"].as_u64().unwrap() > 0);
    cache.tag("org:1").invalidate().await.unwrap();
    let told = watching.until(|told| is(told, "tag", false));
    assert_eq!(told.last().unwrap()["name"], "org:1");
    assert_eq!(run(&url, &["invalidate", "namespace", "user"]).exit, 0);
    let told = watching.until(|told| told["heard"] == "action");
    assert!(
        told.iter().any(|told| is(told, "namespace", false)),
        "{told:#?}"
    );
    let action = &told.last().unwrap()["action"];
    assert_eq!(action["target"], "namespace user");
    // Each is told once, however many come at the same time.
    let tags = ["invalidate", "tag", "a", "b", "c"];
    assert_eq!(run(&url, &tags).exit, 0);
    let told = watching.until(|told| told["action"]["target"] == "tag c");
    let told = told.iter().filter(|told| told["heard"] == "action");
    let targets: Vec<_> = told.map(|told| &told["action"]["target"]).collect();
    assert_eq!(targets, ["tag a", "tag b", "tag c"]);
    server.run(&["FLUSHALL"]).await.unwrap();
    watching.until(|told| told["heard"] == "everything");
}

#[tokio::test]
async fn only_what_is_asked_for_is_told_and_the_end_comes_at_the_limit() {
    let server = crate::server().await;
    let url = server.url();
    let more = ["--only", "tag", "--contains", "org:2", "--limit", "1"];
    let mut watching = Watching::begin(&url, 1, &more);
    let cache = cache(&url);
    cache.scope(async { (user(1).await, user(2).await) }).await;
    let told = watching.until(|told| told["heard"] == "changed");
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!(told[0]["name"], "org:2");
    assert!(watching.lines.next().is_none());
    assert_eq!(watching.child.wait().unwrap().code(), Some(0));
}

#[tokio::test]
async fn every_node_of_a_cluster_tells() {
    let cluster = Cluster::builder()
        .masters(3)
        .replicas(0)
        .start()
        .await
        .unwrap();
    let url = cluster.url();
    let mut watching = Watching::begin(&url, 3, &["--only", "entry"]);
    let cache = cache(&url);
    for id in 0..6 {
        cache.scope(user(id)).await;
        let beginning = format!("cache:e:user:{{user:{id}-");
        watching.until(|told| {
            is(told, "entry", true) && told["name"].as_str().unwrap().starts_with(&beginning)
        });
    }
}

#[tokio::test]
async fn a_server_that_does_not_push_is_said() {
    let server = crate::server().await;
    let words = [
        "ACL",
        "SETUSER",
        "ctl",
        "on",
        ">pw",
        "~*",
        "+@all",
        "-client|tracking",
    ];
    server.run(&words).await.unwrap();
    let url = server.url().replace("redis://", "redis://ctl:pw@");
    let ran = run(&url, &["watch", "--for", "1s"]);
    assert_eq!(ran.exit, 3, "{ran:?}");
    assert!(ran.err.contains("client|tracking"), "{ran:?}");
}

#[tokio::test]
async fn a_connection_that_is_lost_is_told_and_so_is_its_return() {
    let mut server = crate::server().await;
    let mut watching = Watching::begin(&server.url(), 1, &[]);
    server.kill9().unwrap();
    watching.until(|told| told["heard"] == "away");
    server.restart().await.unwrap();
    watching.until(|told| told["heard"] == "connected");
}
