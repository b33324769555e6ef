//! What the other tests stand on does what it says.

use std::time::Duration;

use cache_tests::{Cluster, Network, Proxy, Sentinels, Server};
use redis::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

#[tokio::test]
async fn a_cluster_forms_fails_over_and_takes_a_dead_master_back() {
    let mut cluster = Cluster::builder()
        .password("secret")
        .node_timeout(Duration::from_millis(700))
        .start()
        .await
        .unwrap();
    let slot = Cluster::slot_of("key");
    let master = cluster.master_of(slot).await.unwrap();
    assert!(cluster.first_slots(master).contains(&slot));
    let replica = cluster.replicas_of(master).await[0];
    cluster.failover(replica).await.unwrap();
    cluster.until_settled().await.unwrap();
    assert_eq!(cluster.master_of(slot).await.unwrap(), replica);

    cluster.node_mut(replica).kill9().unwrap();
    assert_eq!(
        cluster.until_replaced(slot, replica).await.unwrap(),
        master,
        "its replica by now"
    );
    cluster.node_mut(replica).restart().await.unwrap();
    cluster.until_settled().await.unwrap();
    assert_eq!(cluster.replicas_of(master).await, [replica]);

    cluster.node(master).pause().unwrap();
    let now = cluster.until_replaced(slot, master).await.unwrap();
    assert_eq!(now, replica);
    cluster.node(master).resume().unwrap();
    cluster.until_settled().await.unwrap();
}

#[tokio::test]
async fn slots_are_resharded_with_their_keys() {
    let cluster = Cluster::builder().password("secret").replicas(0);
    let cluster = cluster.start().await.unwrap();
    for n in 0..300 {
        let key = n.to_string();
        let at = cluster.master_of(Cluster::slot_of(&key)).await.unwrap();
        cluster.node(at).run(&["SET", &key, &key]).await.unwrap();
    }
    let (slots, mut moved) = (
        cluster.first_slots(0),
        cluster.node(0).keys().await.unwrap(),
    );
    assert!(!moved.is_empty());
    // A master with no slot at all becomes a replica.
    let slots = slots.start..slots.end - 1;
    moved.retain(|key| slots.contains(&Cluster::slot_of(key)));
    cluster.reshard(0, 1, slots.clone()).await.unwrap();
    cluster.until_settled().await.unwrap();
    assert_eq!(cluster.master_of(slots.start).await.unwrap(), 1);
    for key in moved {
        let at_source = cluster.node(0).run(&["GET", &key]).await.unwrap_err();
        assert_eq!(at_source.code(), Some("MOVED"));
        let found = cluster.node(1).run(&["GET", &key]).await.unwrap();
        assert_eq!(found, Value::BulkString(key.into()));
    }
}

#[tokio::test]
async fn the_nodes_of_a_cluster_may_be_behind_proxies() {
    let cluster = Cluster::builder().proxies().start().await.unwrap();
    let shards = cluster.node(2).run(&["CLUSTER", "NODES"]).await.unwrap();
    let shards: String = redis::from_redis_value(shards).unwrap();
    for at in 0..cluster.len() {
        let place = format!("127.0.0.1:{}@", cluster.port(at));
        assert!(shards.contains(&place), "{shards}");
        assert_ne!(cluster.port(at), cluster.node(at).port());
    }
    cluster.proxy(0).unwrap().set(Network::Silent);
    assert_eq!(ping(cluster.port(0)).await, None);
    assert_eq!(ping(cluster.port(1)).await.as_deref(), Some(PONG));
}

#[tokio::test]
async fn sentinels_put_a_replica_in_the_masters_place() {
    let mut sentinels = Sentinels::start().await.unwrap();
    assert_eq!(sentinels.master().await.unwrap(), 0);
    let second = sentinels.failover().await.unwrap();
    assert_ne!(second, 0);
    sentinels.until_settled().await.unwrap();
    sentinels.server_mut(second).kill9().unwrap();
    let third = sentinels.until_replaced(second).await.unwrap();
    sentinels.server_mut(second).restart().await.unwrap();
    sentinels.until_settled().await.unwrap();
    sentinels.server(third).pause().unwrap();
    let fourth = sentinels.until_replaced(third).await.unwrap();
    sentinels.server(third).resume().unwrap();
    sentinels.until_settled().await.unwrap();
    assert_eq!(sentinels.master().await.unwrap(), fourth);
    sentinels.sentinel_mut(0).kill9().unwrap();
    assert_eq!(sentinels.master().await.unwrap(), fourth, "two are left");
    sentinels.sentinel_mut(0).restart().await.unwrap();
}

const PONG: &str = "+PONG\r\n";

/// What a new connection gets in half a second.
async fn ping(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(b"PING\r\n").await.unwrap();
    let mut came = [0; PONG.len()];
    let read = timeout(Duration::from_millis(500), stream.read_exact(&mut came));
    read.await.ok()?.unwrap();
    Some(String::from_utf8_lossy(&came).into_owned())
}

#[tokio::test]
async fn a_silent_network_takes_connections_and_passes_what_it_held() {
    let server = Server::start().await.unwrap();
    let proxy = Proxy::start(&server).await.unwrap();
    proxy.set(Network::Silent);
    let mut stream = TcpStream::connect(("127.0.0.1", proxy.port()))
        .await
        .unwrap();
    stream.write_all(b"PING\r\n").await.unwrap();
    let mut answer = [0; PONG.len()];
    let early = timeout(Duration::from_millis(300), stream.read_exact(&mut answer));
    assert!(early.await.is_err());
    proxy.set(Network::Whole);
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, *PONG.as_bytes());
}

#[tokio::test]
async fn a_network_cuts_in_the_middle_of_a_reply() {
    let server = Server::start().await.unwrap();
    let proxy = Proxy::start(&server).await.unwrap();
    let mut open = TcpStream::connect(("127.0.0.1", proxy.port()))
        .await
        .unwrap();
    open.write_all(b"PING\r\n").await.unwrap();
    open.read_exact(&mut [0; PONG.len()]).await.unwrap();
    proxy.set(Network::CutMidReply(10));
    let mut new = TcpStream::connect(("127.0.0.1", proxy.port()))
        .await
        .unwrap();
    for stream in [&mut open, &mut new] {
        let mut came = Vec::new();
        stream.write_all(b"PING\r\n").await.unwrap();
        stream.read_exact(&mut [0; PONG.len()]).await.unwrap();
        stream.write_all(b"PING\r\n").await.unwrap();
        // An error is an end too.
        let _ = stream.read_to_end(&mut came).await;
        assert_eq!(came, b"+PO");
    }
}

/// However many are under way at once.
#[tokio::test]
async fn replies_of_a_slow_network_are_each_late_by_as_much() {
    let server = Server::start().await.unwrap();
    let proxy = Proxy::start(&server).await.unwrap();
    proxy.set(Network::SlowReplies(Duration::from_millis(100)));
    let client = redis::Client::open(proxy.url()).unwrap();
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    let start = std::time::Instant::now();
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..20 {
        let mut connection = connection.clone();
        calls.spawn(async move {
            // Each a piece of its own.
            tokio::time::sleep(Duration::from_millis(n * 5)).await;
            redis::cmd("PING").exec_async(&mut connection).await
        });
    }
    while let Some(answer) = calls.join_next().await {
        answer.unwrap().unwrap();
    }
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(195), "{took:?}");
    // One after the other they would take two seconds.
    assert!(took < Duration::from_millis(1_500), "{took:?}");
}
