//! The user of `docs/operations.md` can do everything, and no right of it can be spared unnoticed.

use std::time::Duration;

use cache_runtime::{Cache, CacheBuilder, Durability, RedisHealth, cached};
use cache_tests::{Cluster, Server};

use crate::operations::acl;
use crate::until;

const LIMIT: Duration = Duration::from_secs(20);

#[cached(ns = "user", ttl = "5m", stale = "5m", tags = ["org:1"])]
async fn user(id: u32) -> u32 {
    id
}

/// Longer than a third of the lease, so that it is renewed.
#[cached(ns = "slow", ttl = "5m", tags_from = |value| [format!("org:{value}")])]
async fn slow(id: u32) -> u32 {
    tokio::time::sleep(Duration::from_millis(200)).await;
    id
}

/// Loaded, and not kept: others are left word, or the lease is given back.
#[cached(ns = "large", ttl = "5m")]
async fn large(fails: bool) -> Result<String, String> {
    match fails {
        true => Err("down".to_owned()),
        false => Ok("x".repeat(2_000)),
    }
}

async fn grant(server: &Server, rights: &[&str]) {
    let mut words = vec!["ACL", "SETUSER", "cache", "reset"];
    words.extend(rights);
    let words: Vec<_> = words.into_iter().map(str::as_bytes).collect();
    server.command(&words).await.unwrap();
}

fn on(server: &Server) -> CacheBuilder {
    let url = server.url().replace("redis://", "redis://cache:PASSWORD@");
    Cache::builder().url(url).op_timeout(Duration::from_secs(5))
}

/// Each thing that is ever asked of a server.
pub(crate) async fn everything(cache: &Cache) {
    for _ in 0..2 {
        assert_eq!((user(1).await, slow(2).await), (1, 2));
        assert!(large(false).await.is_ok() && large(true).await.is_err());
    }
    user_entry(1).put(7).await.unwrap();
    assert_eq!(user(1).await, 7);
    user_entry(1).expire().await.unwrap();
    assert_eq!(user(1).await, 1, "stale, and loaded again");
    assert_eq!(user_entry(1).refresh(user(1)).await, 1);
    cache.tag("org:1").expire().await.unwrap();
    user(1).await;
    user_entry(1).invalidate().await.unwrap();
    cache.tag("org:2").invalidate().await.unwrap();
    cache.namespace("user").invalidate().await.unwrap();
    assert_eq!(user(1).await, 1);
}

fn troubles(cache: &Cache) -> Vec<String> {
    let stats = cache.stats();
    let rows = stats.namespaces.iter();
    rows.flat_map(|row| row.troubles.keys().cloned()).collect()
}

#[tokio::test]
async fn the_documented_user_does_everything_and_is_told_of_changes() {
    let server = crate::server().await;
    grant(&server, &acl("Rights on one server")[0]).await;
    let lease = Duration::from_millis(300);
    let cache = on(&server).lease(lease).max_value(1_000);
    let cache = cache.fleet_interval(lease).build().unwrap();
    cache.scope(everything(&cache)).await;
    let publishes = async || {
        let keys = server.keys().await.unwrap();
        keys.iter().any(|key| key == "cache:f:{fleet}")
    };
    until(LIMIT, publishes).await;
    let fleet = cache.fleet_stats().await.unwrap();
    assert_eq!((fleet.processes.len(), fleet.skipped), (1, 0));
    assert_eq!(troubles(&cache), [""; 0]);
    let health = cache.health();
    assert!(health.tracking, "{health:?}");
    assert_eq!(health.denied, [""; 0]);
}

#[tokio::test]
async fn a_database_and_a_count_of_replicas_need_the_rights_that_are_named_beside() {
    let server = crate::server().await;
    let mut rights = acl("Rights on one server")[0].clone();
    grant(&server, &rights).await;
    let durable = || on(&server).durability(Durability::Replicas(1));
    let cache = durable().build().unwrap();
    cache.scope(user(1)).await;
    assert_eq!(cache.health().denied, ["no_permission: wait"]);
    let url = server.url().replace("redis://", "redis://cache:PASSWORD@") + "/3";
    let elsewhere = on(&server).url(url);
    let cache = elsewhere.clone().build().unwrap();
    cache.scope(user(1)).await;
    assert_eq!(down(&cache).as_deref(), Some("no_permission: select"));

    rights.extend(["+select", "+wait"]);
    grant(&server, &rights).await;
    for builder in [durable(), elsewhere] {
        let cache = builder.build().unwrap();
        cache.scope(user(1)).await;
        assert_eq!(cache.health().redis, Some(RedisHealth::Up));
        assert_eq!(cache.health().denied, [""; 0]);
    }
}

/// The cause why there is no connection.
fn down(cache: &Cache) -> Option<String> {
    match cache.health().redis {
        Some(RedisHealth::Down { cause, .. }) => Some(cause),
        _ => None,
    }
}

#[tokio::test]
async fn each_right_that_is_taken_away_is_named() {
    let server = crate::server().await;
    let all = acl("Rights on one server").remove(0);
    let commands: Vec<_> = all.iter().filter(|word| word.starts_with('+')).collect();
    assert!(commands.len() > 10, "{all:?}");
    for command in commands {
        let rights: Vec<_> = all
            .iter()
            .filter(|word| *word != command)
            .copied()
            .collect();
        grant(&server, &rights).await;
        // Scripts that another connection loaded would hide that it may not.
        server.command(&[b"SCRIPT", b"FLUSH"]).await.unwrap();
        let cache = on(&server).build().unwrap();
        let value = cache.scope(user(1)).await;
        assert_eq!(value, 1, "the origin's answer without {command}");
        let named = format!("no_permission: {}", &command[1..]);
        until(LIMIT, async || {
            let denied = cache.health().denied;
            denied.contains(&named) || down(&cache).as_ref() == Some(&named)
        })
        .await;
        let lasting = ["+info", "+time"].contains(command);
        assert_eq!(down(&cache).is_some(), lasting, "without {command}");
        assert_eq!(
            cache.health().tracking,
            !lasting && *command != "+client|tracking",
            "without {command}"
        );
    }
}

#[tokio::test]
async fn keys_out_of_reach_are_told_of_and_loads_go_on() {
    let server = crate::server().await;
    let mut rights = acl("Rights on one server").remove(0);
    let keys = rights.iter_mut().find(|word| word.starts_with('~'));
    *keys.unwrap() = "~other:*";
    grant(&server, &rights).await;
    let cache = on(&server).build().unwrap();
    for n in 1..3 {
        assert_eq!(cache.scope(user(n)).await, n);
    }
    assert_eq!(cache.health().denied, ["no_permission"]);
    assert_eq!(troubles(&cache), ["read: no_permission"]);
}

#[tokio::test]
async fn the_documented_user_of_a_cluster_does_everything_and_needs_each_right_for_it() {
    let cluster = Cluster::start().await.unwrap();
    let rights = &acl("Rights in a cluster")[0];
    for node in 0..cluster.len() {
        grant(cluster.node(node), rights).await;
    }
    let url = cluster.url();
    let url = url.replace("redis+cluster://", "redis+cluster://cache:PASSWORD@");
    let builder = Cache::builder()
        .url(url)
        .op_timeout(Duration::from_secs(5))
        .lease(Duration::from_millis(300))
        .max_value(1_000);
    let cache = builder.clone().build().unwrap();
    cache.scope(everything(&cache)).await;
    assert_eq!(troubles(&cache), [""; 0]);
    let health = cache.health();
    assert!(health.tracking && health.denied.is_empty(), "{health:?}");

    for needed in ["+cluster|info", "+cluster|myid", "+cluster|shards"] {
        let fewer: Vec<_> = rights
            .iter()
            .copied()
            .filter(|right| *right != needed)
            .collect();
        for node in 0..cluster.len() {
            grant(cluster.node(node), &fewer).await;
        }
        let cache = builder.clone().build().unwrap();
        let cause = format!("no_permission: {}", &needed[1..]);
        until(LIMIT, async || {
            assert_eq!(cache.scope(user(1)).await, 1);
            cache.health().nodes.into_iter().any(|node| {
                matches!(&node.state, RedisHealth::Down { cause: told, .. } if *told == cause)
            })
        })
        .await;
    }
}
