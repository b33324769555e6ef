//! What calls take before Redis is killed, while it is away, and once it is back, beside calls of the
//! bare origin.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cache_runtime::{Cache, cached};
use cache_tests::Server;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::report::figure;
use crate::rounds::{Sampled, alternate_quantiles};
use crate::tasks::{Boxed, boxed};
use crate::worker;

const TASKS: u64 = 8;
const KEYS: u64 = 200;

/// What the origin takes.
const LOAD: Duration = Duration::from_millis(2);

/// Between two calls of a task.
const PAUSE: Duration = Duration::from_millis(2);

const BEFORE: Duration = Duration::from_millis(700);
/// Longer than memory may serve by itself.
const DURING: Duration = Duration::from_secs(3);
const AFTER: Duration = Duration::from_millis(700);

async fn origin(id: u64) -> u64 {
    tokio::time::sleep(LOAD).await;
    id
}

#[cached(ns = "outage", ttl = "1h")]
async fn value(id: u64) -> u64 {
    origin(id).await
}

/// One call of a contender.
type Call = Arc<dyn Fn(u64) -> Boxed + Send + Sync>;

pub(crate) fn run() {
    let runtime = worker::background();
    let server = RefCell::new(runtime.block_on(Server::start()).expect("a server"));
    let url = server.borrow().url();
    let build = |bytes| {
        let builder = Cache::builder().url(url.clone()).memory_bytes(bytes);
        builder.build().expect("a cache")
    };
    let (ours, without_memory) = (build(64 << 20), build(0));
    let names = ["ours", "ours_without_memory", "origin"]
        .map(|name| ["before", "during", "after"].map(|phase| format!("{phase}.{name}")));
    let names: Vec<Vec<&str>> = names
        .iter()
        .map(|own| own.iter().map(String::as_str).collect())
        .collect();
    let back = RefCell::new(Vec::new());
    let with_outage = |cache: &Cache| {
        let (samples, took) = runtime.block_on(play(&mut server.borrow_mut(), cache));
        back.borrow_mut().push(took);
        samples
    };
    let contenders = vec![
        Sampled {
            names: names[0].clone(),
            round: Box::new(|| with_outage(&ours)),
        },
        Sampled {
            names: names[1].clone(),
            round: Box::new(|| with_outage(&without_memory)),
        },
        Sampled {
            names: names[2].clone(),
            round: Box::new(|| bare(&runtime)),
        },
    ];
    alternate_quantiles("outage", "us", contenders);
    let mut back = back.take();
    back.sort_by(f64::total_cmp);
    figure("outage.until_hits_are_back", back[back.len() / 2], "ms");
}

/// The three phases of a cache, and how long after the server answered again a call hit, in
/// milliseconds.
async fn play(server: &mut Server, cache: &Cache) -> (Vec<Vec<f64>>, f64) {
    let own = cache.clone();
    let call: Call = Arc::new(move |id| {
        let cache = own.clone();
        boxed(async move {
            cache.scope(value(id)).await;
        })
    });
    for id in 0..KEYS {
        call(id).await;
    }
    let callers = Callers::start(&call);
    let before = callers.during(BEFORE).await;
    server.kill9().expect("a signal");
    callers.take();
    let during = callers.during(DURING).await;
    server.restart().await.expect("a server");
    let took = until_hits(cache).await;
    callers.take();
    let after = callers.during(AFTER).await;
    callers.stop().await;
    (vec![before, during, after], took)
}

async fn until_hits(cache: &Cache) -> f64 {
    let hits = || {
        let stats = cache.stats();
        let row = stats.namespace("outage");
        row.map_or(0, |row| row.redis_hits + row.memory_hits)
    };
    let (before, start) = (hits(), Instant::now());
    while hits() == before && start.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    start.elapsed().as_secs_f64() * 1e3
}

/// The origin by itself, which no outage concerns.
fn bare(runtime: &Runtime) -> Vec<Vec<f64>> {
    let call: Call = Arc::new(|id| {
        boxed(async move {
            origin(id).await;
        })
    });
    runtime.block_on(async {
        let callers = Callers::start(&call);
        let mut phases = Vec::new();
        for _ in 0..3 {
            phases.push(callers.during(BEFORE).await);
        }
        callers.stop().await;
        phases
    })
}

/// Tasks that call on and on, and what each call took.
struct Callers {
    tasks: JoinSet<()>,
    is_over: Arc<AtomicBool>,
    samples: Arc<Mutex<Vec<f64>>>,
}

impl Callers {
    fn start(call: &Call) -> Self {
        let (is_over, samples) = (Arc::default(), Arc::default());
        let mut tasks = JoinSet::new();
        for task in 0..TASKS {
            let call = Arc::clone(call);
            let is_over: Arc<AtomicBool> = Arc::clone(&is_over);
            let samples: Arc<Mutex<Vec<f64>>> = Arc::clone(&samples);
            tasks.spawn(async move {
                let mut id = task * 7;
                while !is_over.load(Ordering::Relaxed) {
                    let start = Instant::now();
                    call(id % KEYS).await;
                    let took = start.elapsed().as_secs_f64() * 1e6;
                    samples.lock().expect("whole").push(took);
                    id += 1;
                    tokio::time::sleep(PAUSE).await;
                }
            });
        }
        Self {
            tasks,
            is_over,
            samples,
        }
    }

    fn take(&self) -> Vec<f64> {
        std::mem::take(&mut self.samples.lock().expect("whole"))
    }

    /// What the calls took that end in the time to come.
    async fn during(&self, time: Duration) -> Vec<f64> {
        tokio::time::sleep(time).await;
        self.take()
    }

    async fn stop(self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.tasks.join_all().await;
    }
}
