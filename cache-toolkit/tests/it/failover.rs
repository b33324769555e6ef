//! Limits, locks and counters while a master is lost and replaced: what is promised then, with counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cache_runtime::Cache;
use cache_tests::{Cluster, Sentinels};
use cache_toolkit::{Limiter, LockError, OnOutage, Toolkit as _, ToolkitError};

use crate::until_so;

/// How many may pass in a second.
const RATE: u32 = 50;
const SECOND: Duration = Duration::from_secs(1);

/// Longer than any failover here takes.
const LONG: Duration = Duration::from_secs(120);

/// Servers one of which is lost.
enum Fleet {
    Sentinels(Sentinels),
    Cluster(Cluster),
}

/// How.
#[derive(Clone, Copy, Debug)]
enum Lost {
    Killed,
    Paused,
}

/// Locks and counters of this name are in one slot, whose master is lost.
const NAME: &str = "one";

fn slot() -> u16 {
    Cluster::slot_of(format!("cache:k:lock:{{{NAME}}}"))
}

impl Fleet {
    async fn sentinels() -> Self {
        Self::Sentinels(Sentinels::with(1, &[]).await.unwrap())
    }

    async fn cluster() -> Self {
        let cluster = Cluster::builder().node_timeout(Duration::from_millis(1_500));
        Self::Cluster(cluster.start().await.unwrap())
    }

    async fn connect(&self) -> Cache {
        crate::connected(&match self {
            Self::Sentinels(sentinels) => sentinels.url(),
            Self::Cluster(cluster) => cluster.url(),
        })
        .await
    }

    /// A caller's name whose counts of this limiter are on that master.
    async fn caller_of(&self, limiter: &str) -> String {
        let Self::Cluster(cluster) = self else {
            return NAME.to_owned();
        };
        let master = cluster.master_of(slot()).await.unwrap();
        for n in 0..1_000 {
            let tag = format!("{{{}:{limiter}:{n}}}", limiter.len());
            if cluster.master_of(Cluster::slot_of(tag)).await.unwrap() == master {
                return n.to_string();
            }
        }
        panic!("no name is there");
    }

    /// Loses the master, and waits until_so another is in its place; gives which was lost.
    async fn lose(&mut self, how: Lost) -> usize {
        match self {
            Self::Sentinels(sentinels) => {
                match how {
                    Lost::Killed => sentinels.server_mut(0).kill9().unwrap(),
                    Lost::Paused => sentinels.server(0).pause().unwrap(),
                }
                sentinels.until_replaced(0).await.unwrap();
                0
            }
            Self::Cluster(cluster) => {
                let master = cluster.master_of(slot()).await.unwrap();
                match how {
                    Lost::Killed => cluster.node_mut(master).kill9().unwrap(),
                    Lost::Paused => cluster.node(master).pause().unwrap(),
                }
                cluster.until_replaced(slot(), master).await.unwrap();
                master
            }
        }
    }

    /// A paused master goes on, where others have taken its place.
    fn resume(&self, lost: usize) {
        match self {
            Self::Sentinels(sentinels) => sentinels.server(lost).resume().unwrap(),
            Self::Cluster(cluster) => cluster.node(lost).resume().unwrap(),
        }
    }
}

/// What a limiter said to those who asked without a pause.
#[derive(Debug, Default)]
struct Said {
    /// Let through, and counted.
    granted: u32,
    /// Let through while nobody could count.
    uncounted: u32,
    refused: u32,
}

/// Asks every few milliseconds, which is over the limit, until_so told to stop; how long it took in seconds.
async fn ask(limiter: Limiter, caller: String, stop: Arc<AtomicBool>) -> (Said, f64) {
    let (mut said, begun) = (Said::default(), Instant::now());
    while !stop.load(Ordering::SeqCst) {
        let decision = limiter.check(&caller).await.unwrap();
        match (decision.is_allowed, decision.is_limited) {
            (true, true) => said.granted += 1,
            (true, false) => said.uncounted += 1,
            (false, _) => said.refused += 1,
        }
        tokio::time::sleep(Duration::from_millis(4)).await;
    }
    (said, begun.elapsed().as_secs_f64())
}

/// The node that was lost has a master that answers.
async fn is_back(cache: &Cache) {
    until_so(async || cache.counter(NAME).add(0).await.is_ok()).await;
}

#[expect(clippy::print_stdout, reason = "figures for who reads along")]
async fn limits_hold(mut fleet: Fleet, how: Lost) {
    let (cache, stop) = (fleet.connect().await, Arc::new(AtomicBool::new(false)));
    let mut asking = Vec::new();
    for (algorithm, make) in crate::row_34_limits::ALL {
        for on_outage in [OnOutage::Open, OnOutage::Closed] {
            let name = format!("{on_outage:?}");
            let caller = fleet.caller_of(&name).await;
            let limiter = make(&cache, &name, RATE, SECOND).unwrap();
            let limiter = limiter.on_outage(on_outage);
            let asked = tokio::spawn(ask(limiter, caller, Arc::clone(&stop)));
            asking.push((algorithm, on_outage, asked));
        }
    }
    tokio::time::sleep(SECOND).await;
    let lost = fleet.lose(how).await;
    is_back(&cache).await;
    if matches!(how, Lost::Paused) {
        fleet.resume(lost);
    }
    // Some windows are counted by the new master, too.
    tokio::time::sleep(2 * SECOND).await;
    is_back(&cache).await;
    stop.store(true, Ordering::SeqCst);
    for (algorithm, on_outage, asked) in asking {
        let (said, seconds) = asked.await.unwrap();
        println!("{how:?} {algorithm} {on_outage:?}: {said:?} in {seconds:.1} s");
        // What may pass at once, what comes back, and once more what the new master has not heard of; a window of
        // the clock that was begun.
        let most = f64::from(RATE) * (seconds + 3.0);
        assert!(
            f64::from(said.granted) <= most,
            "{algorithm} {said:?} of {most}"
        );
        assert!(
            said.granted > 2 * RATE,
            "it counts again: {algorithm} {said:?}"
        );
        match on_outage {
            OnOutage::Open => {
                // Where the master is paused a question may wait for the next one, which counts it.
                let was_told = matches!(how, Lost::Paused) || said.uncounted > 0;
                assert!(was_told, "{algorithm} {said:?}");
            }
            _ => assert!(
                said.uncounted == 0 && said.refused > 0,
                "{algorithm} {said:?}"
            ),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_34_limits_where_sentinels_replace_a_killed_master() {
    limits_hold(Fleet::sentinels().await, Lost::Killed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_34_limits_where_sentinels_replace_a_paused_master_that_comes_back() {
    limits_hold(Fleet::sentinels().await, Lost::Paused).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_34_limits_where_a_cluster_replaces_a_master() {
    limits_hold(Fleet::cluster().await, Lost::Killed).await;
}

/// A lock that the replica has heard of is held on through the failover: nobody else gets it.
#[expect(clippy::print_stdout, reason = "figures for who reads along")]
async fn a_lock_is_held_on(mut fleet: Fleet, how: Lost) {
    let (cache, other) = (fleet.connect().await, fleet.connect().await);
    let lock = cache.lock(NAME).ttl(LONG);
    let guard = lock.take().await.unwrap();
    replicated(&fleet).await;
    let stop = Arc::new(AtomicBool::new(false));
    let contender = tokio::spawn({
        let (lock, stop) = (other.lock(NAME), Arc::clone(&stop));
        async move {
            let (mut refused, mut unavailable) = (0, 0);
            while !stop.load(Ordering::SeqCst) {
                match lock.try_take().await {
                    Ok(None) => refused += 1,
                    Ok(Some(second)) => panic!("two at once: {second:?}"),
                    Err(LockError::Unavailable { .. }) => unavailable += 1,
                    Err(error) => panic!("{error}"),
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            (refused, unavailable)
        }
    });
    let lost = fleet.lose(how).await;
    is_back(&other).await;
    if matches!(how, Lost::Paused) {
        fleet.resume(lost);
    }
    // The new master is asked, too.
    tokio::time::sleep(SECOND).await;
    is_back(&other).await;
    stop.store(true, Ordering::SeqCst);
    let (refused, unavailable) = contender.await.unwrap();
    println!("{how:?}: granted 0 to another, refused {refused}, unavailable {unavailable}");
    assert!(refused > 50 && unavailable > 0);
    assert!(guard.is_held());
    let fence = guard.fence();
    is_back(&cache).await;
    guard.release().await.unwrap();
    let next = other.lock(NAME).take().await.unwrap();
    assert!(next.fence() > fence);
}

/// Waits until_so every replica of the lock's node has what the node has.
async fn replicated(fleet: &Fleet) {
    let key = format!("cache:k:lock:{{{NAME}}}");
    until_so(async || {
        let keys = match fleet {
            Fleet::Sentinels(sentinels) => sentinels.server(1).keys().await,
            Fleet::Cluster(cluster) => {
                let master = cluster.master_of(slot()).await.unwrap();
                cluster
                    .node(cluster.replicas_of(master).await[0])
                    .keys()
                    .await
            }
        };
        keys.is_ok_and(|keys| keys.contains(&key))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_35_a_lock_where_sentinels_replace_a_killed_master() {
    a_lock_is_held_on(Fleet::sentinels().await, Lost::Killed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_35_a_lock_where_sentinels_replace_a_paused_master_that_comes_back() {
    a_lock_is_held_on(Fleet::sentinels().await, Lost::Paused).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_35_a_lock_where_a_cluster_replaces_a_master() {
    a_lock_is_held_on(Fleet::cluster().await, Lost::Killed).await;
}

/// What is written to under the lock, and refuses who is behind another.
#[derive(Debug, Default)]
struct Register {
    greatest: u64,
    refused: u32,
}

impl Register {
    fn write(&mut self, fence: u64) -> bool {
        let is_first = fence >= self.greatest;
        self.greatest = self.greatest.max(fence);
        self.refused += u32::from(!is_first);
        is_first
    }
}

/// The master dies before its replica has heard of the lock: it is given away a second time, both hold it at once, and
/// the number tells who is behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_35_a_lock_that_the_replica_never_heard_of_is_given_twice_and_the_fence_tells() {
    let Fleet::Cluster(mut cluster) = Fleet::cluster().await else {
        unreachable!("it is one");
    };
    let [one, other] = [
        crate::connected(&cluster.url()).await,
        crate::connected(&cluster.url()).await,
    ];
    let master = cluster.master_of(slot()).await.unwrap();
    let replica = cluster.replicas_of(master).await[0];
    cluster.node(replica).pause().unwrap();
    // What the master sends it now it never gets.
    let kill: [&[u8]; 4] = [b"CLIENT", b"KILL", b"TYPE", b"replica"];
    cluster.node(master).command(&kill).await.unwrap();
    let first = one.lock(NAME).ttl(LONG).take().await.unwrap();
    cluster.node_mut(master).kill9().unwrap();
    cluster.node(replica).resume().unwrap();
    cluster.until_replaced(slot(), master).await.unwrap();
    is_back(&other).await;
    let second = other.lock(NAME).ttl(LONG).take().await.unwrap();
    assert!(first.is_held() && second.is_held(), "two at once");

    let mut register = Register::default();
    assert!(register.write(first.fence()));
    assert!(register.write(second.fence()));
    assert!(!register.write(first.fence()), "the first is behind");
    assert_eq!(register.refused, 1);
    is_back(&one).await;
    let lost = first.release().await;
    assert!(matches!(lost, Err(LockError::Lost { .. })), "{lost:?}");
    second.release().await.unwrap();
}

/// Steps that were acknowledged may be lost with their master, and those without an answer may have been made; nothing is
/// counted twice.
#[expect(clippy::print_stdout, reason = "figures for who reads along")]
async fn counters_count(mut fleet: Fleet, how: Lost) {
    let cache = fleet.connect().await;
    let (counter, stop) = (cache.counter(NAME), Arc::new(AtomicBool::new(false)));
    let counting = tokio::spawn({
        let (counter, stop) = (counter.clone(), Arc::clone(&stop));
        async move {
            let (mut done, mut unknown, mut not_sent) = (0, 0, 0);
            while !stop.load(Ordering::SeqCst) {
                match counter.add(1).await {
                    Ok(_) => done += 1,
                    Err(ToolkitError::Command(error)) if error.may_have_run() => unknown += 1,
                    Err(_) => not_sent += 1,
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            (done, unknown, not_sent)
        }
    });
    tokio::time::sleep(SECOND).await;
    let lost = fleet.lose(how).await;
    is_back(&cache).await;
    if matches!(how, Lost::Paused) {
        fleet.resume(lost);
    }
    tokio::time::sleep(SECOND).await;
    stop.store(true, Ordering::SeqCst);
    let (done, unknown, not_sent) = counting.await.unwrap();
    is_back(&cache).await;
    let count = counter.get().await.unwrap();
    let missing = (done - count).max(0);
    println!(
        "{how:?}: {done} acknowledged, {unknown} without an answer, {not_sent} not sent; it is at {count}, {missing} lost"
    );
    assert!(count <= done + unknown, "none twice");
    assert!(count > 0 && done > 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_36_counters_while_masters_are_replaced() {
    counters_count(Fleet::sentinels().await, Lost::Killed).await;
    counters_count(Fleet::sentinels().await, Lost::Paused).await;
    counters_count(Fleet::cluster().await, Lost::Killed).await;
}
