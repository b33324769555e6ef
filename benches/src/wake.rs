//! How soon a follower in another process has what a leader loaded.

use std::time::Duration;

use cache_runtime::{Cache, Policy};
use cache_tests::Server;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::rounds::{Sampled, alternate_quantiles};
use crate::worker::{self, Worker, answer, now};

/// Keys a round.
const KEYS: u64 = 200;

/// How long a load takes: far longer than the follower takes to begin to wait.
const LOAD: Duration = Duration::from_millis(20);

const POLICY: Policy = Policy::new(Duration::from_secs(3_600));

pub(crate) fn run() {
    let runtime = worker::background();
    let server = runtime.block_on(Server::start()).expect("a server");
    let cache = worker::cache(&runtime, &server.url());
    let mut follower = Worker::start("wake", &server.url());
    let mut key = 0;
    let contender = Sampled {
        names: vec!["after_load_end", "after_leader_return"],
        round: Box::new(|| {
            let first = key;
            key += KEYS;
            let times = (first..key).map(|key| one(&runtime, &cache, &mut follower, key));
            let (end, returned) = times.unzip();
            vec![end, returned]
        }),
    };
    alternate_quantiles("wake", "us", vec![contender]);
}

/// The follower's return, after the load's end and after the leader's return.
fn one(runtime: &Runtime, cache: &Cache, follower: &mut Worker, key: u64) -> (f64, f64) {
    let (begun, begins) = oneshot::channel();
    let leader = cache.clone();
    let leader = runtime.spawn(async move {
        let load = async {
            let _ = begun.send(());
            tokio::time::sleep(LOAD).await;
            Ok::<_, String>(now())
        };
        let end = leader.get_or_load("wake", &key, &POLICY, load).await;
        (end.expect("a value"), now())
    });
    runtime.block_on(begins).expect("a load");
    follower.tell(&key.to_string());
    let (end, leader_returned) = runtime.block_on(leader).expect("a leader");
    let heard = follower.hear();
    let [began, value, returned] = heard[..] else {
        panic!("{heard:?}");
    };
    assert_eq!(value, end, "it was the leader's load");
    assert!(
        began < end,
        "the follower came while the load was under way"
    );
    let micros = |from| (returned - from) as f64 / 1_000.0;
    (micros(end), micros(leader_returned))
}

/// The follower's side: one call.
pub(crate) fn work(runtime: &Runtime, cache: &Cache, words: &[&str]) {
    let key: u64 = words[0].parse().expect("a key");
    let load = async { Ok::<_, String>(now()) };
    let began = now();
    let value = runtime.block_on(cache.get_or_load("wake", &key, &POLICY, load));
    answer(&[began, value.expect("a value"), now()]);
}
