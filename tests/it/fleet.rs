//! What is claimed of several processes, with several processes and a real Redis.

use std::time::{Duration, Instant};

use cache_tests::{Actor, Origin, Server};

const BINARY: &str = env!("CARGO_BIN_EXE_actor");

fn actor(server: &Server, origin: &Origin, memory: &str, lease_ms: &str) -> Actor {
    actor_at(&server.url(), origin, memory, lease_ms)
}

fn actor_at(url: &str, origin: &Origin, memory: &str, lease_ms: &str) -> Actor {
    let settings = [
        ("CACHE_URL", url),
        ("CACHE_MEMORY_BYTES", memory),
        ("LEASE_MS", lease_ms),
        // A busy machine is not an outage.
        ("CACHE_OP_TIMEOUT", "5s"),
    ];
    Actor::start(BINARY, origin, &settings).unwrap()
}

/// `loads slowest_ms values` of an actor's answer.
fn parse(answer: &str) -> (u64, u64, &str) {
    let mut words = answer.splitn(3, ' ');
    let mut number = || words.next().unwrap().parse().unwrap();
    let (loads, slowest) = (number(), number());
    (loads, slowest, words.next().unwrap())
}

#[tokio::test]
async fn two_processes_of_500_callers_share_one_load() {
    let (server, origin) = (crate::server().await, Origin::new().unwrap());
    let (one, two) = (
        actor(&server, &origin, "67108864", "5000"),
        actor(&server, &origin, "67108864", "5000"),
    );
    // Both are connected before the race.
    origin.set(0, "warm").unwrap();
    assert_eq!(parse(&one.ask("call 0 1 0").await.unwrap()).2, "warm");
    assert_eq!(parse(&two.ask("call 0 1 0").await.unwrap()).2, "warm");
    for id in 1..=5 {
        origin.set(id, "value").unwrap();
        let command = format!("call {id} 500 100");
        let (first, second) = (one.ask(&command), two.ask(&command));
        let (first, second) = (first.await.unwrap(), second.await.unwrap());
        let (first, second) = (parse(&first), parse(&second));
        assert_eq!(first.0 + second.0, 1, "loads of key {id}");
        assert_eq!((first.2, second.2), ("value", "value"));
    }
}

#[tokio::test]
async fn a_leader_killed_in_its_load_costs_the_others_at_most_its_lease() {
    let (server, origin) = (crate::server().await, Origin::new().unwrap());
    let mut doomed = actor(&server, &origin, "0", "1000");
    let other = actor(&server, &origin, "0", "1000");
    origin.set(1, "value").unwrap();
    let lost = doomed.ask("call 1 1 60000");
    crate::until(Duration::from_secs(5), || async {
        server
            .keys()
            .await
            .unwrap()
            .iter()
            .any(|key| key.ends_with(":lease"))
    })
    .await;
    let waiting = other.ask("call 1 50 10");
    doomed.kill9().unwrap();
    let start = Instant::now();
    let (loads, _, values) = waiting
        .await
        .map(|a| {
            let (l, s, v) = parse(&a);
            (l, s, v.to_owned())
        })
        .unwrap();
    assert_eq!((loads, values.as_str()), (1, "value"));
    // The lease, one load, and room for a busy machine; far from the 60 s of the lost load.
    assert!(
        start.elapsed() < Duration::from_secs(4),
        "{:?}",
        start.elapsed()
    );
    assert!(lost.await.is_err());
}

/// Starts a load that hangs, and waits until its lease is there.
async fn hang(server: &Server, actor: &Actor, command: &str) -> impl Future + use<> {
    let hung = actor.ask(command);
    let has_lease = async || {
        let keys = server.keys().await.unwrap();
        keys.iter().any(|key| key.ends_with(":lease"))
    };
    crate::until(Duration::from_secs(5), has_lease).await;
    hung
}

#[tokio::test]
async fn a_load_that_hangs_costs_another_process_one_wait_and_not_one_a_call() {
    let (server, origin) = (crate::server().await, Origin::new().unwrap());
    let (hung, other) = (
        actor(&server, &origin, "0", "5000"),
        actor(&server, &origin, "0", "5000"),
    );
    origin.set(1, "value").unwrap();
    let _hung = hang(&server, &hung, "hasty 1 1 600000").await;
    let (start, wait) = (Instant::now(), Duration::from_millis(500));
    for _ in 0..6 {
        let answer = other.ask("hasty 1 1 0").await.unwrap();
        assert_eq!(parse(&answer).2, "value");
    }
    let took = start.elapsed();
    assert!((wait..4 * wait).contains(&took), "{took:?}");
}

#[tokio::test]
async fn a_load_that_hangs_gives_up_its_lease_and_another_process_stores() {
    let (server, origin) = (crate::server().await, Origin::new().unwrap());
    let (hung, other) = (
        actor(&server, &origin, "0", "5000"),
        actor(&server, &origin, "0", "5000"),
    );
    origin.set(1, "value").unwrap();
    let _hung = hang(&server, &hung, "hasty 1 1 600000").await;
    // Ten times `wait`, and the lease: 6 s.
    crate::until(Duration::from_secs(30), || async {
        let answer = other.ask("hasty 1 1 0").await.unwrap();
        parse(&answer).0 == 0
    })
    .await;
}

#[tokio::test]
async fn a_process_killed_in_its_load_costs_the_fleet_one_load_more() {
    let (server, origin) = (crate::server().await, Origin::new().unwrap());
    let mut doomed = actor(&server, &origin, "0", "5000");
    let others = [(); 3].map(|()| actor(&server, &origin, "0", "5000"));
    origin.set(1, "value").unwrap();
    let _lost = hang(&server, &doomed, "call 1 1 600000").await;
    let waiting = others.each_ref().map(|other| other.ask("call 1 5 100"));
    // They have waited for a while, and the lease was renewed meanwhile.
    tokio::time::sleep(Duration::from_millis(1_900)).await;
    doomed.kill9().unwrap();
    let mut loads = 0;
    for answer in waiting {
        let answer = answer.await.unwrap();
        assert_eq!(parse(&answer).2, "value");
        loads += parse(&answer).0;
    }
    assert_eq!(loads, 1);
}

/// As many races as the promise is held to, at once: each kind of invalidation, each id its own.
const RACES: u64 = 67;

/// One race for each kind: a slow load is under way in `loader` when `invalidator` clears its entry.
async fn race(server: &Server, origin: &Origin, loader: &Actor, invalidator: &Actor, id: u64) {
    let lease = loader.ask(&format!("key {id}")).await.unwrap() + ":lease";
    let exists = [b"EXISTS".as_slice(), lease.as_bytes()];
    for kind in ["tag", "entry", "namespace"] {
        origin.set(id, "old").unwrap();
        let invalidation = format!("invalidate {kind} {id}");
        let load = loop {
            assert_eq!(invalidator.ask(&invalidation).await.unwrap(), "ok");
            let mut load = Box::pin(loader.ask(&format!("call {id} 3 300")));
            let is_there = async || server.command(&exists).await.unwrap() == redis::Value::Int(1);
            tokio::select! {
                () = crate::until(Duration::from_secs(20), is_there) => break load,
                // On a busy machine it was over before it was seen: another one.
                _ = &mut load => {}
            }
        };
        origin.set(id, "new").unwrap();
        assert_eq!(invalidator.ask(&invalidation).await.unwrap(), "ok");
        for reader in [invalidator, loader] {
            let answer = reader.ask(&format!("call {id} 2 0")).await.unwrap();
            assert_eq!(parse(&answer).2, "new", "{kind} {id}");
        }
        load.await.unwrap();
        for reader in [invalidator, loader] {
            let answer = reader.ask(&format!("call {id} 2 0")).await.unwrap();
            assert_eq!(
                parse(&answer).2,
                "new",
                "{kind} {id}, after the older load ended"
            );
        }
    }
}

/// Races for as many ids at once.
async fn races(loader: &Actor, invalidator: &Actor, server: &Server, origin: &Origin) {
    let all = (0..RACES).map(|id| race(server, origin, loader, invalidator, id));
    futures_util::future::join_all(all).await;
}

#[tokio::test]
async fn no_process_reads_an_older_load_after_an_invalidation_with_memory_off() {
    let (server, origin) = (crate::server().await, Origin::new().unwrap());
    let one = actor(&server, &origin, "0", "5000");
    let two = actor(&server, &origin, "0", "5000");
    races(&one, &two, &server, &origin).await;
}

#[tokio::test]
async fn the_process_that_invalidates_reads_no_older_load_with_every_tier() {
    let (server, origin) = (crate::server().await, Origin::new().unwrap());
    let one = actor(&server, &origin, "67108864", "5000");
    races(&one, &one, &server, &origin).await;
}

#[tokio::test]
async fn memory_of_another_process_is_behind_by_lag_at_most() {
    let (server, origin) = (crate::server().await, Origin::new().unwrap());
    let (one, two) = (
        actor(&server, &origin, "67108864", "5000"),
        actor(&server, &origin, "67108864", "5000"),
    );
    origin.set(1, "old").unwrap();
    assert_eq!(parse(&two.ask("call 1 1 0").await.unwrap()).2, "old");
    origin.set(1, "new").unwrap();
    let start = Instant::now();
    assert_eq!(one.ask("invalidate tag 1").await.unwrap(), "ok");
    assert_eq!(parse(&one.ask("call 1 1 0").await.unwrap()).2, "new");
    crate::until(Duration::from_secs(10), || async {
        parse(&two.ask("call 1 1 0").await.unwrap()).2 == "new"
    })
    .await;
    // `lag` is 2 s; the rest is the round trip to the actor.
    assert!(
        start.elapsed() < Duration::from_millis(2_500),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn in_a_fleet_one_task_refreshes_what_is_stale_and_nobody_waits() {
    let (server, origin) = (crate::server().await, Origin::new().unwrap());
    let actors = [(), ()].map(|()| actor(&server, &origin, "67108864", "5000"));
    origin.set(1, "old").unwrap();
    for actor in &actors {
        assert_eq!(parse(&actor.ask("aged 1 1 0").await.unwrap()).2, "old");
    }
    origin.set(1, "new").unwrap();
    assert_eq!(actors[0].ask("expire 1").await.unwrap(), "ok");
    // Loads take long enough for every call of both to come meanwhile.
    let calls = actors.each_ref().map(|actor| actor.ask("aged 1 100 3000"));
    for call in calls {
        assert_eq!(parse(&call.await.unwrap()).2, "old");
    }
    crate::until(Duration::from_secs(20), || async {
        let mut fresh = true;
        for actor in &actors {
            fresh &= parse(&actor.ask("aged 1 1 0").await.unwrap()).2 == "new";
        }
        fresh
    })
    .await;
    let mut loads = 0;
    for actor in &actors {
        loads += actor.ask("loads").await.unwrap().parse::<u64>().unwrap();
    }
    assert_eq!(loads, 2, "one to fill it, one to refresh it");
}

/// A deployment: ten processes come up at once, and nothing is cached yet. Without optimization, and on
/// a machine that does other things, many more keys take longer than a follower waits for another's load.
async fn a_cold_start_loads_each_key_once(url: String, keys: u64) {
    let origin = Origin::new().unwrap();
    for id in 0..keys {
        origin.set(id, "value").unwrap();
    }
    let fleet: Vec<_> = (0..10)
        .map(|_| actor_at(&url, &origin, "67108864", "5000"))
        .collect();
    let asked: Vec<_> = fleet
        .iter()
        .map(|actor| actor.ask(&format!("sweep {keys} 20")))
        .collect();
    let mut loads = 0;
    for answer in asked {
        let answer = answer.await.unwrap();
        let (own, _, values) = parse(&answer);
        assert_eq!(values, "value");
        loads += own;
    }
    assert_eq!(loads, keys);
}

#[tokio::test]
async fn ten_processes_that_start_at_once_load_each_key_once() {
    let server = crate::server().await;
    a_cold_start_loads_each_key_once(server.url(), 200).await;
}

#[tokio::test]
async fn ten_processes_that_start_at_once_on_a_cluster_load_each_key_once() {
    let cluster = cache_tests::Cluster::start().await.unwrap();
    a_cold_start_loads_each_key_once(cluster.url(), 100).await;
}
