//! A master that is replaced and is one again, without a restart in between.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, cached};
use cache_tests::Server;
use redis::Value;

use crate::trouble::on;
use crate::until;

/// Longer than the half minute for which sentinels do nothing after a stall of the machine.
const LIMIT: Duration = Duration::from_secs(90);

#[cached(ns = "failback", ttl = "5m", tags = ["failback"], skip(origin))]
async fn read(origin: &AtomicU32, id: u32) -> u32 {
    origin.load(Ordering::SeqCst) + id
}

async fn follow(server: &Server, master: Option<&Server>) {
    let port = master.map_or("ONE".to_owned(), |master| master.port().to_string());
    let host = master.map_or("NO", |_| "127.0.0.1");
    server.run(&["REPLICAOF", host, &port]).await.unwrap();
    let Some(master) = master else { return };
    until(LIMIT, async || {
        is_synced(server).await && has_all(server, master).await
    })
    .await;
}

async fn has_all(replica: &Server, master: &Server) -> bool {
    let (copied, all) = tokio::join!(replica.keys(), master.keys());
    let copied = copied.unwrap();
    all.unwrap().iter().all(|key| copied.contains(key))
}

async fn is_synced(server: &Server) -> bool {
    let role = server.run(&["ROLE"]).await.unwrap();
    let state = role.as_sequence().and_then(|items| items.get(3)).cloned();
    state == Some(Value::BulkString(b"connected".into()))
}

/// What a process that has just begun reads.
async fn anew(server: &Server, origin: &AtomicU32) -> u32 {
    let cache = patient(server);
    cache.scope(read(origin, 0)).await
}

/// A server that gives a replica what it has at once.
async fn replicating() -> Server {
    let server = Server::builder().configuration("repl-diskless-sync-delay 0\n");
    server.start().await.unwrap()
}

fn patient(server: &Server) -> Cache {
    let cache = on(server).op_timeout(Duration::from_secs(5));
    cache.build().unwrap()
}

/// The other master never heard of the invalidation, and the old one is given what that has.
async fn lost(by_tag: bool) {
    let (old, new) = tokio::join!(replicating(), replicating());
    let (cache, origin) = (patient(&old), AtomicU32::new(1));
    cache.scope(read(&origin, 0)).await;
    follow(&new, Some(&old)).await;
    // The first replica changed the id of the replication, and with it what is valid.
    assert_eq!(anew(&old, &origin).await, 1);
    until(LIMIT, async || has_all(&new, &old).await).await;
    let entry = cache.scope(async { read_entry(0).key().to_owned() }).await;
    follow(&new, None).await;

    origin.store(2, Ordering::SeqCst);
    match by_tag {
        true => cache.tag("failback").invalidate().await.unwrap(),
        false => cache
            .scope(async { read_entry(0).invalidate().await })
            .await
            .unwrap(),
    }
    follow(&old, Some(&new)).await;
    assert!(old.keys().await.unwrap().contains(&entry), "it came back");
    follow(&old, None).await;
    assert_eq!(anew(&old, &origin).await, 2, "by tag: {by_tag}");
    assert_eq!(cache.scope(read(&origin, 0)).await, 2, "by tag: {by_tag}");
}

#[tokio::test]
async fn what_a_failover_lost_does_not_come_back_with_the_old_master() {
    tokio::join!(lost(false), lost(true));
}

/// The id of the replication changes while both are connected, and one of them was so before.
#[tokio::test]
async fn processes_agree_on_what_is_valid_once_a_first_replica_came() {
    let (master, replica) = tokio::join!(replicating(), replicating());
    let origin = AtomicU32::new(1);
    let quick = || {
        let cache = on(&master).op_timeout(Duration::from_secs(5));
        cache.lag(Duration::from_millis(400)).build().unwrap()
    };
    let before = quick();
    before.scope(read(&origin, 0)).await;
    follow(&replica, Some(&master)).await;
    let after = quick();
    until(LIMIT, async || {
        let newest = origin.fetch_add(1, Ordering::SeqCst) + 1;
        let mut loaded = false;
        for cache in [&before, &after, &before] {
            loaded |= cache.scope(read(&origin, 0)).await == newest;
        }
        !loaded
    })
    .await;
}
