//! A master that sentinels name: found, lost and found again.

mod failover;

use std::time::Duration;

use cache_runtime::{Cache, CacheBuilder, RedisHealth};
use cache_tests::Sentinels;

use crate::operations::acl;
use crate::trouble::{call, row};
use crate::until;

/// Longer than the half minute for which sentinels do nothing after a stall of the machine.
const LIMIT: Duration = Duration::from_secs(90);

const SENTINELS: usize = 3;

/// A master that sentinels watch, and its replicas.
async fn watched(replicas: usize) -> Sentinels {
    Sentinels::with(replicas, &[]).await.unwrap()
}

/// Asks the same of every sentinel.
async fn every(fleet: &Sentinels, words: &[&str]) {
    for at in 0..SENTINELS {
        fleet.sentinel(at).run(words).await.unwrap();
    }
}

fn kill_every(fleet: &mut Sentinels) {
    for at in 0..SENTINELS {
        fleet.sentinel_mut(at).kill9().unwrap();
    }
}

fn on(url: &str) -> CacheBuilder {
    let cache = Cache::builder().url(url).memory_bytes(0);
    cache.op_timeout(Duration::from_secs(2))
}

/// Waits for a cause of having no connection; loads go on meanwhile.
async fn until_down(url: &str, cause: &str) {
    let cache = on(url).build().unwrap();
    assert_eq!(call(&cache, 1, 1).await.0, 1);
    until(LIMIT, async || match cache.health().redis {
        Some(RedisHealth::Down { cause: told, .. }) => told == cause,
        _ => false,
    })
    .await;
    assert_eq!(call(&cache, 1, 2).await.0, 2);
}

/// Hits at once: the first attempt to connect was not in vain.
async fn assert_up(url: &str) {
    let cache = on(url).build().unwrap();
    assert_eq!(call(&cache, 1, 1).await.0, 1);
    assert_eq!(call(&cache, 1, 2).await.0, 1, "a hit");
    assert_eq!(cache.health().redis, Some(RedisHealth::Up));
}

#[tokio::test]
async fn a_hung_sentinel_costs_nothing_and_one_that_is_gone_neither() {
    let fleet = watched(0).await;
    fleet.sentinel(0).pause().unwrap();
    assert_up(
        &fleet
            .url()
            .replace("sentinel://", "sentinel://127.0.0.1:1,"),
    )
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_the_sentinels_is_told() {
    let mut fleet = watched(0).await;
    let url = fleet.url();
    let (hosts, _) = url.rsplit_once('/').unwrap();
    until_down(&format!("{hosts}/other"), "unknown_master").await;

    let mut words = vec!["ACL", "SETUSER", "cache"];
    words.extend(&acl("Rights behind Sentinel")[1]);
    every(&fleet, &words).await;
    let named = url.clone() + "?sentinel_username=cache&sentinel_password=";
    assert_up(&(named.clone() + "PASSWORD")).await;
    let refused = "wrong_sentinel_user_or_password";
    until_down(&(named + "other"), refused).await;
    let off = ["ACL", "SETUSER", "default", "off"];
    every(&fleet, &off).await;
    until_down(&url, refused).await;

    kill_every(&mut fleet);
    until_down(&url, "sentinels_unreachable").await;
}

#[tokio::test]
async fn without_sentinels_a_connection_goes_on() {
    let mut fleet = watched(0).await;
    let cache = on(&fleet.url()).lag(Duration::from_millis(400));
    let cache = cache.build().unwrap();
    call(&cache, 1, 1).await;
    kill_every(&mut fleet);
    // Some heartbeats pass.
    let start = std::time::Instant::now();
    while start.elapsed() < Duration::from_secs(2) {
        assert_eq!(call(&cache, 1, 2).await.0, 1, "a hit");
    }
    assert_eq!(cache.health().redis, Some(RedisHealth::Up));
    assert!(row(&cache).troubles.is_empty());
}

#[tokio::test]
async fn the_documented_user_is_enough_on_the_servers_too() {
    let fleet = watched(0).await;
    let mut words = vec!["ACL", "SETUSER", "cache"];
    words.extend(&acl("Rights behind Sentinel")[0]);
    let set = async |words: &[&str]| fleet.server(0).run(words).await.unwrap();
    set(&words).await;
    let url = fleet.url().replace("://", "://cache:PASSWORD@");
    assert_up(&url).await;
    // The node was asked for: whether it is still the master can't be told without its role.
    set(&["ACL", "SETUSER", "cache", "-role"]).await;
    until_down(&url, "no_permission: role").await;
}

#[tokio::test]
async fn a_demoted_master_whose_connection_stays_open_is_left() {
    let fleet = watched(1).await;
    let cache = on(&fleet.url()).build().unwrap();
    call(&cache, 1, 1).await;
    assert_eq!(call(&cache, 1, 2).await.0, 1);
    // By hand, as a sentinel would also close the clients' connections.
    let (old, new) = (fleet.server(0), fleet.server(1));
    let port = new.port().to_string();
    new.command(&[b"REPLICAOF", b"NO", b"ONE"]).await.unwrap();
    let words: [&[u8]; 3] = [b"REPLICAOF", b"127.0.0.1", port.as_bytes()];
    let url = fleet.url();
    let (_, name) = url.rsplit_once('/').unwrap();
    every(&fleet, &["SENTINEL", "REMOVE", name]).await;
    every(
        &fleet,
        &["SENTINEL", "MONITOR", name, "127.0.0.1", &port, "2"],
    )
    .await;
    old.command(&words).await.unwrap();
    // No call comes, whose write the replica would refuse.
    until(LIMIT, async || {
        let clients = new.command(&[b"CLIENT", b"LIST"]).await.unwrap();
        let clients: String = redis::from_redis_value(clients).unwrap();
        clients.contains("resp=3")
    })
    .await;
    // It greets the node first.
    until(LIMIT, async || {
        cache.health().redis == Some(RedisHealth::Up)
    })
    .await;
    call(&cache, 2, 1).await;
    assert_eq!(call(&cache, 2, 2).await.0, 1, "a hit");
}
