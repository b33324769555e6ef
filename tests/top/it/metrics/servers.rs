//! What servers say of themselves, which a task asks them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use cache_metrics::{Exporter, Text, WatchedServers, metrics};
use cache_runtime::Cache;
use cache_tests::{Cluster, Server};

use super::samples;

/// Longer than two rounds of questions.
const LIMIT: Duration = Duration::from_secs(45);

const OF_EACH: [&str; 7] = [
    "redis_memory_used",
    "redis_memory_max",
    "redis_memory_fragmentation_ratio",
    "redis_commands_processed",
    "redis_commands_duration",
    "redis_keyspace_hits",
    "redis_keyspace_misses",
];

const OF_CLUSTERS: [&str; 4] = [
    "redis_cluster_nodes",
    "redis_cluster_slots_assigned",
    "redis_cluster_slots_ok",
    "redis_cluster_state",
];

async fn until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < LIMIT, "not within {LIMIT:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn watched(url: &str) -> (Cache, Exporter, WatchedServers) {
    let builder = Cache::builder().url(url);
    let cache = builder.op_timeout(Duration::from_secs(5)).build().unwrap();
    cache.connect().await.unwrap();
    let exporter = Exporter::new(&cache);
    assert_eq!(told(&exporter), BTreeSet::new(), "they are off");
    let watched = exporter.watch_servers().unwrap();
    until("servers are asked", || !told(&exporter).is_empty()).await;
    (cache, exporter, watched)
}

/// The nodes that some figure is told of.
fn told(exporter: &Exporter) -> BTreeSet<String> {
    let servers = metrics().filter(|metric| metric.is_of_server);
    let labels = servers.flat_map(|metric| samples(exporter, metric.name).into_keys());
    labels.flatten().collect()
}

#[test]
fn the_list_has_them_and_they_have_no_prefix() {
    let names: Vec<_> = metrics()
        .filter(|metric| metric.is_of_server)
        .map(|metric| metric.name)
        .collect();
    assert_eq!(names, [OF_EACH.as_slice(), &OF_CLUSTERS].concat());
    let full = metrics().map(|metric| metric.full_name("shop_cache"));
    let full: Vec<_> = full.filter(|name| name.starts_with("redis_")).collect();
    for name in [
        "redis_memory_used_bytes",
        "redis_commands_processed_total",
        "redis_commands_duration_seconds_total",
        "redis_keyspace_misses_total",
        "redis_cluster_slots_ok",
    ] {
        assert!(full.iter().any(|full| full == name), "{name}: {full:?}");
    }
}

/// How often the server was asked for `INFO`.
async fn asked(server: &Server) -> u64 {
    let info = server.run(&["INFO", "commandstats"]).await.unwrap();
    let text = format!("{info:?}");
    let (_, rest) = text.split_once("cmdstat_info:calls=").unwrap();
    rest.split(',').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_asked_now_and_then_however_often_it_is_told_of_and_left_out_once_it_is_away() {
    let mut server = Server::builder()
        .configuration("maxmemory 123456789\n")
        .start()
        .await
        .unwrap();
    let (cache, exporter, watched) = watched(&server.url()).await;
    for name in OF_EACH {
        assert_eq!(samples(&exporter, name).len(), 1, "{name}");
    }
    for name in OF_CLUSTERS {
        assert_eq!(
            samples(&exporter, name).len(),
            0,
            "{name}: it is no cluster"
        );
    }
    let one = |name| samples(&exporter, name).into_values().next().unwrap();
    assert_eq!(one("redis_memory_max"), 123_456_789.0);
    assert!(one("redis_memory_used") > 100_000.0);
    assert!(one("redis_commands_duration") > 0.0);
    let node = told(&exporter).pop_first().unwrap();
    let up = samples(&exporter, "node_up");
    assert!(up.contains_key(&vec![node.clone()]), "{node}: {up:?}");
    let text = exporter.render(Text::Classic);
    let line = format!("redis_memory_max_bytes{{node=\"{node}\"}} 123456789\n");
    assert!(text.contains(&line), "{text}");
    assert!(!text.contains("cache_redis"), "{text}");

    // Connections that are made or looked after meanwhile ask too.
    let before = asked(&server).await;
    for _ in 0..1_000 {
        let _ = exporter.families();
    }
    let after = asked(&server).await;
    assert!(after < before + 500, "{before} {after}");

    server.kill9().unwrap();
    until("it is left out", || told(&exporter).is_empty()).await;
    server.restart().await.unwrap();
    until("it is told of again", || !told(&exporter).is_empty()).await;
    drop(watched);
    assert_eq!(told(&exporter), BTreeSet::new());
    cache.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_node_of_a_cluster_has_its_own_and_one_that_is_away_none() {
    let mut cluster = Cluster::start().await.unwrap();
    let (_cache, exporter, _watched) = watched(&cluster.url()).await;
    let masters = samples(&exporter, "redis_cluster_state");
    assert_eq!(masters.len(), 3, "{masters:?}");
    assert!(masters.values().all(|state| *state == 1.0), "{masters:?}");
    for name in OF_EACH {
        assert_eq!(samples(&exporter, name).len(), 3, "{name}");
    }
    for name in ["redis_cluster_slots_assigned", "redis_cluster_slots_ok"] {
        let slots = samples(&exporter, name);
        assert!(slots.values().all(|slots| *slots == 16_384.0), "{slots:?}");
    }
    let nodes = samples(&exporter, "redis_cluster_nodes");
    assert!(nodes.values().all(|nodes| *nodes >= 3.0), "{nodes:?}");
    let all = told(&exporter);
    cluster.node_mut(0).kill9().unwrap();
    until("one is left out", || told(&exporter).len() == 2).await;
    assert!(told(&exporter).is_subset(&all));
}
