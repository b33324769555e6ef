//! Queues, events and topics while a master is lost, with sentinels and in a cluster: what is delivered, delivered twice and
//! lost.
//!
//! Redis replicates after it answers, so what was acknowledged just before may be lost, and what was finished just before
//! may be delivered again; nothing else may be.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cache_runtime::Cache;
use cache_tests::{Cluster, Sentinels};
use cache_toolkit::{CacheEvent, Consumer, Message, Queue, Subscription, Toolkit as _};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::{connected, in_time, until};

const LONG: Duration = Duration::from_secs(120);

/// How long before its end a master may not have told its replicas.
const UNTOLD: Duration = Duration::from_secs(1);

/// How many jobs are acknowledged before, and after.
const JOBS: usize = 500;

#[derive(CacheEvent, Serialize, Deserialize)]
#[cache_event("job.made", invalidates = ["job:{job}"])]
struct JobMade {
    job: u64,
}

/// What was added, and how often each was delivered.
#[derive(Clone, Default)]
struct Ledger {
    /// What was acknowledged, and when it was sent.
    added: Arc<Mutex<BTreeMap<u64, Instant>>>,
    /// Of which nobody knows.
    unknown: Arc<Mutex<Vec<u64>>>,
    delivered: Arc<Mutex<BTreeMap<u64, u32>>>,
}

impl Ledger {
    fn sent<T, E>(&self, job: u64, sent: Instant, added: &Result<T, E>) {
        match added {
            Ok(_) => drop(self.added.lock().insert(job, sent)),
            Err(_) => self.unknown.lock().push(job),
        }
    }

    /// A handler that writes down what it is handed.
    fn deliver(&self, job: u64) -> std::future::Ready<Result<(), String>> {
        *self.delivered.lock().entry(job).or_default() += 1;
        std::future::ready(Ok(()))
    }

    fn len(&self) -> usize {
        self.added.lock().len()
    }

    /// Nothing is lost but what was acknowledged right before the master was lost, or by one that was none any more.
    #[expect(clippy::print_stderr, reason = "the counts are for who reads them")]
    fn judge(&self, what: &str, lost_from: Instant, lost_until: Instant) {
        let (added, delivered) = (self.added.lock().clone(), self.delivered.lock().clone());
        let lost: Vec<_> = added
            .iter()
            .filter(|(job, _)| !delivered.contains_key(job))
            .collect();
        let twice = delivered.values().filter(|times| **times > 1).count();
        let most = delivered.values().max().copied().unwrap_or_default();
        let unknown = self.unknown.lock().clone();
        let of_unknown = unknown
            .iter()
            .filter(|job| delivered.contains_key(job))
            .count();
        eprintln!(
            "{what}: {} acknowledged, {} delivered, {twice} more than once (at most {most} times), {} lost; {} failed, of \
             which {of_unknown} were delivered",
            added.len(),
            delivered.len(),
            lost.len(),
            unknown.len()
        );
        for (job, sent) in &lost {
            let is_told = **sent + UNTOLD < lost_from || **sent > lost_until;
            assert!(!is_told, "{what}: {job} is lost");
        }
        assert!(most <= 5, "{what}: no more often than it may be");
    }
}

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
    cache: Cache,
    jobs: Ledger,
    events: Ledger,
    next: Mutex<u64>,
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
        let (jobs, events) = (Ledger::default(), Ledger::default());
        let mut consumers = Vec::new();
        for _ in 0..2 {
            let cache = connected(url).await;
            let ledger = jobs.clone();
            let work = move |job: u64, _| ledger.deliver(job);
            consumers.push(queue(&cache).consume(4, work).await.unwrap());
            let ledger = events.clone();
            let on = cache
                .on::<JobMade>("do")
                .visible_for(Duration::from_secs(5));
            let told = move |event: JobMade| ledger.deliver(event.job);
            consumers.push(on.run(told).await.unwrap());
        }
        let listening = connected(url).await.topic("jobs").subscribe().await;
        Self {
            cache,
            jobs,
            events,
            next: Mutex::default(),
            consumers,
            listener: tokio::spawn(listen(listening.unwrap())),
        }
    }

    async fn push_one(&self) {
        let job = {
            let mut next = self.next.lock();
            *next += 1;
            *next
        };
        let sent = Instant::now();
        let pushed = queue(&self.cache).push(&job).await;
        self.jobs.sent(job, sent, &pushed);
        let sent = Instant::now();
        let published = self.cache.publish(JobMade { job }).await;
        self.events.sent(job, sent, &published);
        let told = self.cache.topic("jobs").publish(&job).await;
        if pushed.is_err() || published.is_err() || told.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Until so many more are acknowledged.
    async fn push(&self, count: usize) {
        let begun = Instant::now();
        let there = || self.jobs.len().min(self.events.len());
        let wanted = there() + count;
        while there() < wanted {
            assert!(begun.elapsed() < LONG, "{} of {wanted}", there());
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

    #[expect(clippy::print_stderr, reason = "the counts are for who reads them")]
    async fn judge_between(self, what: &str, lost_from: Instant, lost_until: Instant) {
        let on = || self.cache.on::<JobMade>("do");
        until(async || {
            let jobs = queue(&self.cache).len().await.ok()?;
            let events = on().stats().await.ok()?;
            (jobs + events.behind + events.pending == 0).then_some(())
        })
        .await;
        for consumer in self.consumers {
            consumer.stop().await;
        }
        self.jobs
            .judge(&format!("{what}, jobs"), lost_from, lost_until);
        self.events
            .judge(&format!("{what}, events"), lost_from, lost_until);
        for dead in [queue(&self.cache).dead_letters(), on().dead_letters()] {
            let dead = dead.list(0, 10).await.unwrap();
            assert!(dead.is_empty(), "{what}: {dead:?}");
        }
        let topic = self.cache.topic::<u64>("jobs");
        let next = *self.next.lock() + 1;
        for last in [next, END] {
            until(async || topic.publish(&last).await.ok()).await;
        }
        let heard = in_time(self.listener).await.unwrap();
        eprintln!(
            "{what}: a listener heard {}, was told that {} are missed, and {} times that some may be",
            heard.values.len(),
            heard.missed,
            heard.unknown
        );
        assert!(heard.values.is_sorted(), "{what}: in order");
        assert_eq!(heard.values.last(), Some(&next), "{what}: it goes on");
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
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}
