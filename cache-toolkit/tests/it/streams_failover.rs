//! Queues and topics while a master is lost, with sentinels and in a cluster: what is delivered, delivered twice and lost.
//!
//! Redis replicates after it answers, so a job that was acknowledged just before may be lost, and one that was finished
//! just before may be delivered again; nothing else may be.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cache_runtime::Cache;
use cache_tests::{Cluster, Sentinels};
use cache_toolkit::{Consumer, Message, Queue, Subscription, Toolkit as _};
use parking_lot::Mutex;

use crate::{connected, until};

const LONG: Duration = Duration::from_secs(120);

/// How long before its end a master may not have told its replicas.
const UNTOLD: Duration = Duration::from_secs(1);

/// How many jobs are acknowledged before, and after.
const JOBS: usize = 500;

/// When the deliveries of each job began.
type Delivered = Arc<Mutex<BTreeMap<u64, u32>>>;

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_master_of_sentinels_loses_no_job_that_its_replicas_were_told_of() {
    let mut fleet = Sentinels::start().await.unwrap();
    fleet.until_settled().await.unwrap();
    let scene = Scene::begin(&fleet.url()).await;
    scene.push(JOBS).await;
    let lost_at = Instant::now();
    fleet.server_mut(0).kill9().unwrap();
    scene.push_while(fleet.until_replaced(0)).await.unwrap();
    scene.push(JOBS).await;
    scene.judge("sentinels", lost_at).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_is_replaced_by_command_loses_none_either() {
    let fleet = Sentinels::start().await.unwrap();
    fleet.until_settled().await.unwrap();
    let scene = Scene::begin(&fleet.url()).await;
    scene.push(JOBS).await;
    let lost_at = Instant::now();
    scene.push_while(fleet.failover()).await.unwrap();
    // Until the old master is a replica it may acknowledge what goes with it.
    let lost_until = Instant::now();
    scene.push_while(fleet.until_settled()).await.unwrap();
    scene.push(JOBS).await;
    scene
        .judge_between("sentinels, by command", lost_at, lost_until + UNTOLD * 10)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_master_of_a_cluster_loses_no_job_that_its_replica_was_told_of() {
    let mut cluster = Cluster::start().await.unwrap();
    let slot = Cluster::slot_of("cache:k:queue-bell:{jobs}");
    let master = (0..3)
        .find(|master| cluster.first_slots(*master).contains(&slot))
        .unwrap();
    let scene = Scene::begin(&cluster.url()).await;
    scene.push(JOBS).await;
    let lost_at = Instant::now();
    cluster.node_mut(master).kill9().unwrap();
    scene
        .push_while(cluster.until_replaced(slot, master))
        .await
        .unwrap();
    scene.push(JOBS).await;
    scene.judge("cluster", lost_at).await;
}

/// One who pushes and publishes, two who consume, one who listens.
struct Scene {
    queue: Queue<u64>,
    topic: cache_toolkit::Topic<u64>,
    /// The jobs whose pushes were acknowledged, and when they were sent.
    pushed: Mutex<BTreeMap<u64, Instant>>,
    /// Those of which nobody knows.
    unknown: Mutex<Vec<u64>>,
    next: Mutex<u64>,
    delivered: Delivered,
    consumers: Vec<Consumer>,
    listener: tokio::task::JoinHandle<Heard>,
}

/// What a listener was told.
#[derive(Default)]
struct Heard {
    values: Vec<u64>,
    missed: u64,
    unknown: u64,
}

fn queue(cache: &Cache) -> Queue<u64> {
    let queue = cache.queue("jobs").visible_for(Duration::from_secs(5));
    queue.back_off(Duration::from_millis(50), Duration::from_secs(1))
}

/// The value that ends listening.
const END: u64 = u64::MAX;

impl Scene {
    async fn begin(url: &str) -> Self {
        let cache = connected(url).await;
        let delivered = Delivered::default();
        let mut consumers = Vec::new();
        for _ in 0..2 {
            let delivered = Arc::clone(&delivered);
            let work = move |job: u64, _| {
                *delivered.lock().entry(job).or_default() += 1;
                std::future::ready(Ok::<(), String>(()))
            };
            let consumer = queue(&connected(url).await).consume(4, work).await;
            consumers.push(consumer.unwrap());
        }
        let listening = connected(url)
            .await
            .topic("jobs")
            .subscribe()
            .await
            .unwrap();
        Self {
            queue: queue(&cache),
            topic: cache.topic("jobs"),
            pushed: Mutex::default(),
            unknown: Mutex::default(),
            next: Mutex::default(),
            delivered,
            consumers,
            listener: tokio::spawn(listen(listening)),
        }
    }

    async fn push_one(&self) {
        let job = {
            let mut next = self.next.lock();
            *next += 1;
            *next
        };
        let sent = Instant::now();
        match self.queue.push(&job).await {
            Ok(_) => drop(self.pushed.lock().insert(job, sent)),
            Err(_) => {
                self.unknown.lock().push(job);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        let _ = self.topic.publish(&job).await;
    }

    /// Until so many more are acknowledged.
    async fn push(&self, count: usize) {
        let begun = Instant::now();
        let wanted = self.pushed.lock().len() + count;
        while self.pushed.lock().len() < wanted {
            assert!(
                begun.elapsed() < LONG,
                "{} of {wanted}",
                self.pushed.lock().len()
            );
            self.push_one().await;
        }
    }

    /// While something goes on.
    async fn push_while<T>(&self, done: impl Future<Output = T>) -> T {
        let pushing = async {
            loop {
                self.push_one().await;
            }
        };
        tokio::select! {
            done = done => done,
            never = pushing => never,
        }
    }

    async fn judge(self, what: &str, lost_at: Instant) {
        self.judge_between(what, lost_at, lost_at).await;
    }

    /// Nothing is lost but what was acknowledged right before the master was lost, or by one that was no master any more.
    async fn judge_between(self, what: &str, lost_from: Instant, lost_until: Instant) {
        let begun = Instant::now();
        let is_empty = async || self.queue.len().await.is_ok_and(|len| len == 0);
        while !is_empty().await {
            assert!(
                begun.elapsed() < LONG,
                "{what}: {:?}",
                self.queue.stats().await
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let late: u64 = self
            .consumers
            .iter()
            .map(|consumer| consumer.stats().late)
            .sum();
        for consumer in self.consumers {
            consumer.stop().await;
        }
        let (pushed, delivered) = (self.pushed.lock().clone(), self.delivered.lock().clone());
        let lost: Vec<_> = pushed
            .iter()
            .filter(|(job, _)| !delivered.contains_key(job))
            .collect();
        let twice = delivered.values().filter(|times| **times > 1).count();
        let most = delivered.values().max().copied().unwrap_or_default();
        let (unknown, known) = (self.unknown.lock().clone(), pushed.len());
        let of_unknown = unknown
            .iter()
            .filter(|job| delivered.contains_key(job))
            .count();
        eprintln!(
            "{what}: {known} acknowledged, {} delivered, {twice} more than once (at most {most} times, {late} late), {} lost; \
             {} pushes failed, {of_unknown} of their jobs delivered",
            delivered.len(),
            lost.len(),
            unknown.len()
        );
        for (job, sent) in &lost {
            let is_told = **sent + UNTOLD < lost_from || **sent > lost_until;
            assert!(!is_told, "{what}: {job} is lost");
        }
        assert!(most <= 5, "{what}: no more often than it may be");
        let dead = self.queue.dead_letters().list(0, 10).await.unwrap();
        assert!(dead.is_empty(), "{what}: {dead:?}");

        until(async || self.topic.publish(&END).await.ok()).await;
        let heard = tokio::time::timeout(LONG, self.listener).await;
        let heard = heard.expect("it hears of the end").unwrap();
        eprintln!(
            "{what}: a listener heard {}, was told that {} are missed, and {} times that some may be",
            heard.values.len(),
            heard.missed,
            heard.unknown
        );
        assert!(heard.values.is_sorted(), "{what}: in order");
        let last = heard.values.last().copied();
        assert_eq!(
            last,
            pushed.keys().next_back().copied(),
            "{what}: it goes on"
        );
    }
}

/// Until the end: numbers go up by one, or it is told.
async fn listen(mut subscription: Subscription<u64>) -> Heard {
    let (mut heard, mut before) = (Heard::default(), None);
    loop {
        match subscription.recv().await {
            Ok(Message::Value { value: END, .. }) => return heard,
            Ok(Message::Value { number, value }) => {
                if let Some(before) = before {
                    assert_eq!(number, before + 1, "nothing is missed silently");
                }
                before = Some(number);
                heard.values.push(value);
            }
            Ok(Message::Missed { count }) => {
                before = None;
                heard.missed += count.unwrap_or_default();
                heard.unknown += u64::from(count.is_none());
            }
            Ok(_) => {}
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}
