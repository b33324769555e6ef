//! What the nodes of a cluster say of themselves, and what a command may span.

use std::collections::BTreeMap;

use cache_tests::{Cluster, Server};
use redis::{Value, from_redis_value, from_redis_value_ref};

use super::{Tracked, run};

async fn run_id(node: &Server) -> String {
    let info: String = from_redis_value(run(node, &["INFO", "server"]).await).unwrap();
    let line = info.lines().find_map(|line| line.strip_prefix("run_id:"));
    line.unwrap().to_owned()
}

/// So a stamp tells of a failover, whoever wrote it.
#[tokio::test]
async fn a_replica_has_a_run_id_of_its_own_and_keeps_it_as_a_master() {
    let cluster = Cluster::start().await.unwrap();
    let before = (run_id(cluster.node(0)).await, run_id(cluster.node(3)).await);
    assert_ne!(before.0, before.1);
    cluster.failover(3).await.unwrap();
    let after = (run_id(cluster.node(0)).await, run_id(cluster.node(3)).await);
    assert_eq!(before, after);
}

/// Only a keyed command tells: the connection is as open as before, and PING is answered.
#[tokio::test]
async fn a_demoted_master_sends_keyed_commands_away_and_answers_the_others() {
    let cluster = Cluster::start().await.unwrap();
    let slot = Cluster::slot_of("k");
    let master = cluster.master_of(slot).await.unwrap();
    let replica = cluster.replicas_of(master).await[0];
    let mut link = Tracked::looping(cluster.node(master)).await;
    link.run(&["SET", "k", "1"]).await;
    link.run(&["GET", "k"]).await;
    link.pushed().await;
    cluster.failover(replica).await.unwrap();
    cluster.until_settled().await.unwrap();
    assert_eq!(link.pushed().await, [], "PING is answered, nothing is said");
    let moved = link.try_run(&["GET", "k"]).await.unwrap_err();
    let place = format!("{slot} 127.0.0.1:{}", cluster.port(replica));
    assert_eq!(
        (moved.code(), moved.detail()),
        (Some("MOVED"), Some(place.as_str()))
    );
}

#[tokio::test]
async fn keys_of_two_slots_are_too_much_for_one_command() {
    let cluster = Cluster::builder().masters(1).replicas(0);
    let cluster = cluster.start().await.unwrap();
    let mut link = Tracked::untracked(cluster.node(0)).await;
    assert_ne!(Cluster::slot_of("a"), Cluster::slot_of("b"));
    for words in [
        &["MGET", "a", "b"][..],
        &["UNLINK", "a", "b"],
        &["EVAL", "return 1", "2", "a", "b"],
    ] {
        let refused = link.try_run(words).await.unwrap_err();
        assert_eq!(refused.code(), Some("CROSSSLOT"), "{words:?}: {refused}");
    }
    let tagged = link.run(&["MGET", "{k}a", "{k}b"]).await;
    assert_eq!(tagged, Value::Array(vec![Value::Nil, Value::Nil]));
}

fn map(value: &Value) -> BTreeMap<String, Value> {
    let Value::Map(pairs) = value else {
        panic!("no map: {value:?}");
    };
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| (from_redis_value_ref(name).unwrap(), value.clone()))
        .collect()
}

fn list(value: &Value) -> &[Value] {
    let Value::Array(items) = value else {
        panic!("no list: {value:?}");
    };
    items
}

/// Fields that are not named here may or may not be there, as `tls-port` is where TLS is on.
#[tokio::test]
async fn the_shards_of_a_cluster_are_maps_to_who_speaks_resp3() {
    let cluster = Cluster::start().await.unwrap();
    let mut link = Tracked::untracked(cluster.node(4)).await;
    let answer = link.run(&["CLUSTER", "SHARDS"]).await;
    let mut seen = Vec::new();
    for shard in list(&answer) {
        let shard = map(shard);
        let slots: Vec<u16> = from_redis_value_ref(&shard["slots"]).unwrap();
        for node in list(&shard["nodes"]) {
            let node = map(node);
            let text = |field: &str| from_redis_value_ref::<String>(&node[field]).unwrap();
            let Value::Int(port) = node["port"] else {
                panic!("no number: {node:?}");
            };
            let at = (0..cluster.len()).find(|at| cluster.id(*at) == text("id"));
            let at = at.unwrap();
            assert_eq!(port, i64::from(cluster.port(at)));
            assert_eq!((text("ip"), text("endpoint")), (LOCAL.into(), LOCAL.into()));
            // A replica is `loading` until something was written.
            let is_well = text("health") == "online";
            assert!(
                is_well || text("health") == "loading" && at >= 3,
                "{node:?}"
            );
            assert!(matches!(node["replication-offset"], Value::Int(_)));
            assert!(!node.contains_key("tls-port"), "{node:?}");
            let own = cluster.first_slots(at % 3);
            assert_eq!(slots, [own.start, own.end - 1], "from and to, both in it");
            seen.push((at, text("role")));
        }
    }
    seen.sort();
    let roles = [
        "master", "master", "master", "replica", "replica", "replica",
    ];
    let expected: Vec<_> = roles.map(str::to_owned).into_iter().enumerate().collect();
    assert_eq!(seen, expected);
}

const LOCAL: &str = "127.0.0.1";
