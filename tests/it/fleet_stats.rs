//! `fleet_stats`: each process publishes what it counts, and whoever asks is told of all.

use std::time::{Duration, Instant};

use cache_runtime::{Cache, CacheError, FleetStats, cached};
use cache_tests::{Actor, Cluster, Origin, Server};
use redis::Value;

use crate::{server, until};

const LIMIT: Duration = Duration::from_secs(20);
const BINARY: &str = env!("CARGO_BIN_EXE_actor");
const INTERVAL: Duration = Duration::from_millis(300);
const LIST: &[u8] = b"cache:f:{fleet}";

#[cached(ns = "counted", ttl = "1h")]
async fn counted(id: u64) -> u64 {
    id
}

fn on(url: &str) -> Cache {
    let builder = Cache::builder().url(url).fleet_interval(INTERVAL);
    builder.op_timeout(Duration::from_secs(5)).build().unwrap()
}

fn actor(server: &Server, origin: &Origin) -> Actor {
    let url = server.url();
    let settings = [
        ("CACHE_URL", url.as_str()),
        ("CACHE_OP_TIMEOUT", "5s"),
        ("CACHE_FLEET_INTERVAL", "300ms"),
    ];
    Actor::start(BINARY, origin, &settings).unwrap()
}

/// What an actor says of the fleet.
#[derive(Debug)]
struct Told {
    skipped: u64,
    loads: u64,
    /// The process id and age of each, and whether it is the actor.
    processes: Vec<(u32, Duration, bool)>,
}

async fn told(actor: &Actor) -> Told {
    let answer = actor.ask("fleet").await.unwrap();
    let words: Vec<&str> = answer.split(' ').collect();
    let [has_others, skipped, loads, processes] = words.as_slice() else {
        panic!("{answer}");
    };
    assert_eq!(*has_others, "true");
    let processes = processes.split(',').map(|one| {
        let parts: Vec<&str> = one.split(':').collect();
        let age = Duration::from_millis(parts[1].parse().unwrap());
        (parts[0].parse().unwrap(), age, parts[2] == "true")
    });
    Told {
        skipped: skipped.parse().unwrap(),
        loads: loads.parse().unwrap(),
        processes: processes.collect(),
    }
}

#[tokio::test]
async fn three_processes_add_up_and_one_that_was_killed_is_gone_when_its_time_is_over() {
    let (server, origin) = (server().await, Origin::new().unwrap());
    let mut actors = [(); 3].map(|()| actor(&server, &origin));
    for (id, actor) in (0..).zip(&actors) {
        origin.set(id, "value").unwrap();
        let loads = actor.ask(&format!("call {id} 5 0")).await.unwrap();
        assert!(loads.starts_with("1 "), "{loads}");
    }
    let [one, .., doomed] = &mut actors;
    until(LIMIT, async || told(one).await.loads == 3).await;
    let all = told(one).await;
    assert_eq!((all.processes.len(), all.skipped), (3, 0), "{all:?}");
    assert_eq!(
        all.processes
            .iter()
            .filter(|(.., is_this)| *is_this)
            .count(),
        1
    );
    let published = 3 * INTERVAL;
    for (pid, age, is_this) in &all.processes {
        assert!(
            *age <= published && (!is_this || age.is_zero()),
            "{pid}: {age:?}"
        );
    }
    doomed.kill9().unwrap();
    let killed = Instant::now();
    until(LIMIT, async || told(one).await.processes.len() == 2).await;
    let took = killed.elapsed();
    assert!(took <= published + Duration::from_secs(2), "{took:?}");
    assert_eq!(told(one).await.loads, 2, "what it counted is gone with it");
}

#[tokio::test]
async fn without_redis_it_is_of_this_process_alone_and_says_so() {
    let cache = Cache::memory();
    cache.scope(counted(1)).await;
    let fleet = cache.fleet_stats().await.unwrap();
    assert!(!fleet.has_others && fleet.processes[0].is_this);
    assert_eq!((fleet.processes.len(), fleet.skipped), (1, 0));
    assert_eq!(fleet.total, fleet.processes[0].stats);
    let this = &fleet.processes[0];
    assert_eq!((this.pid, this.build.len()), (std::process::id(), 16));
    assert!(!this.host.is_empty());
    let shown = fleet.to_string();
    assert!(
        shown.contains("this process alone") && shown.contains("counted"),
        "{shown}"
    );
}

#[tokio::test]
async fn where_redis_is_away_it_is_an_error() {
    let mut server = server().await;
    let cache = on(&server.url());
    cache.connect().await.unwrap();
    server.kill9().unwrap();
    until(LIMIT, async || cache.fleet_stats().await.is_err()).await;
    let error = cache.fleet_stats().await.unwrap_err();
    assert!(matches!(error, CacheError::Unavailable { .. }), "{error}");
}

async fn until_published(cache: &Cache, others: usize) -> FleetStats {
    let all = async || cache.fleet_stats().await.unwrap();
    until(LIMIT, async || all().await.processes.len() == others + 1).await;
    all().await
}

#[tokio::test]
async fn what_makes_no_sense_is_passed_over_and_counted() {
    let server = server().await;
    let [reader, other] = [on(&server.url()), on(&server.url())];
    other.scope(counted(1)).await;
    until_published(&reader, 1).await;
    let far = "9".repeat(13);
    let damaged = ["a", "b", "c"].map(|digit| digit.repeat(32));
    let Value::BulkString(list) = server.command(&[b"GET", LIST]).await.unwrap() else {
        panic!("there is a list");
    };
    assert_eq!(list.len() % 48, 0);
    let mut foreign = list.clone();
    for id in &damaged {
        foreign.extend(format!("{id}000{far}").bytes());
    }
    foreign.extend(format!("\u{1b}[2J{}000{far}", "z".repeat(28)).bytes());
    foreign.extend(b"cut");
    let put = async |key: &[u8], value: &[u8]| {
        server.command(&[b"SET", key, value]).await.unwrap();
    };
    put(
        b"cache:f:{fleet}:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        b"\x01\x00\xdf\xff\xff\xff\xff",
    )
    .await;
    put(
        b"cache:f:{fleet}:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
        b"\x07later",
    )
    .await;
    // It says that it is 2^62 bytes.
    let bomb = [
        b"\x01\x01".as_slice(),
        &(1_u64 << 62).to_le_bytes(),
        &[0; 64],
    ]
    .concat();
    put(b"cache:f:{fleet}:cccccccccccccccccccccccccccccccc", &bomb).await;
    put(LIST, &foreign).await;
    let fleet = reader.fleet_stats().await.unwrap();
    assert_eq!((fleet.processes.len(), fleet.skipped), (2, 5), "{fleet}");
    assert_eq!(
        fleet.total.namespace("counted").map(|row| row.loads),
        Some(1)
    );
    // Who publishes next leaves of the list what makes sense.
    let clean = async || {
        let list = server.command(&[b"GET", LIST]).await.unwrap();
        matches!(list, Value::BulkString(list) if list.len() == 2 * 48)
    };
    until(LIMIT, clean).await;
    assert_eq!(reader.fleet_stats().await.unwrap().skipped, 0);
    // Of another type it is an error of nobody's calls.
    server.command(&[b"DEL", LIST]).await.unwrap();
    server.command(&[b"LPUSH", LIST, b"x"]).await.unwrap();
    let trouble = async || {
        let stats = reader.stats();
        let row = stats.namespace("(fleet)");
        row.is_some_and(|row| row.troubles.contains_key("publish: wrong_type"))
    };
    until(LIMIT, trouble).await;
    assert_eq!(reader.scope(counted(2)).await, 2);
}

#[tokio::test]
async fn nothing_is_published_that_nobody_connects_for_or_that_is_off_and_a_close_takes_it_back() {
    let server = server().await;
    let url = server.url();
    let is_there = async || server.command(&[b"EXISTS", LIST]).await.unwrap() == Value::Int(1);
    let _unused = on(&url);
    let off = Cache::builder()
        .url(&*url)
        .fleet_interval(INTERVAL)
        .fleet(false);
    let off = off.build().unwrap();
    off.scope(counted(1)).await;
    tokio::time::sleep(2 * INTERVAL).await;
    assert!(!is_there().await);
    let cache = on(&url);
    cache.connect().await.unwrap();
    until(LIMIT, is_there).await;
    // It is told of, and tells of others.
    assert_eq!(until_published(&off, 1).await.processes.len(), 2);
    cache.close().await.unwrap();
    assert!(!is_there().await);
    assert_eq!(off.fleet_stats().await.unwrap().processes.len(), 1);
    // One that is dropped publishes no more.
    let cache = on(&url);
    cache.connect().await.unwrap();
    until(LIMIT, is_there).await;
    drop(cache);
    until(LIMIT, async || !is_there().await).await;
}

#[tokio::test]
async fn a_cluster_has_all_of_it_in_one_slot() {
    let cluster = Cluster::start().await.unwrap();
    let url = cluster.url();
    let [one, other] = [on(&url), on(&url)];
    one.scope(counted(1)).await;
    other.scope(counted(2)).await;
    let fleet = until_published(&one, 1).await;
    assert_eq!(
        fleet.total.namespace("counted").map(|row| row.loads),
        Some(2)
    );
    assert_eq!(fleet.total.nodes.len(), 3, "{fleet}");
}
