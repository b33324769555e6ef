//! The scripts and the formulas of this process decide alike.

use cache_runtime::Cache;
use cache_runtime::commands::{Commands, Reply, Script};
use cache_tests::Server;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::algorithm::Algorithm;
use super::formula::{Ask, FixedWindow, Formula, Gcra, SlidingCounter, SlidingLog};

/// How many are asked for of each setting.
const STEPS: usize = 400;

/// A minute in microseconds, so that no key ends by the server's own clock in between.
const PERIOD: u64 = 60_000_000;

/// A script that is told the time.
fn told(code: &str) -> &'static Script {
    let clock = "redis.call('TIME')";
    assert!(code.contains(clock));
    let code = code.replace(clock, "{ARGV[5], ARGV[6]}");
    Box::leak(Box::new(Script::new(code.leak())))
}

async fn by_script(
    commands: &Commands,
    script: &Script,
    key: &str,
    ask: Ask,
    n: usize,
) -> [i64; 4] {
    let (seconds, micros) = (ask.now as u64 / 1_000_000, ask.now as u64 % 1_000_000);
    let numbers = [
        ask.limit as u64,
        ask.period as u64,
        ask.weight as u64,
        n as u64,
        seconds,
        micros,
    ];
    let words = numbers.map(|number| number.to_string());
    let words = words.each_ref().map(|word| word.as_bytes());
    let reply = commands.script(script, &[key], &words).await.unwrap();
    let numbers: Option<Vec<i64>> = reply.list().unwrap().iter().map(Reply::number).collect();
    numbers.unwrap().try_into().unwrap()
}

/// Draws settings, and times that stand still, creep, or leap over windows.
async fn compare<F: Formula>(commands: &Commands, algorithm: Algorithm, code: &str, seed: u64) {
    let (script, mut random) = (told(code), StdRng::seed_from_u64(seed));
    let limit = random.random_range(1..=40_u64);
    let period = PERIOD + random.random_range(0..PERIOD);
    let key = commands.key(algorithm.kind(), &seed.to_string());
    let mut here = F::default();
    let mut now = 1_790_000_000_000_000 + random.random_range(0..period);
    let (mut passed, mut refused) = (0, 0);
    for n in 0..STEPS {
        now += match random.random_range(0..10) {
            0..3 => 0,
            3..8 => random.random_range(0..=2 * period / limit),
            8 => random.random_range(0..=period),
            _ => random.random_range(0..=3 * period),
        };
        let ask = Ask {
            limit: limit as f64,
            period: period as f64,
            weight: random.random_range(1..=limit.min(4)) as f64,
            now: now as f64,
        };
        let there = by_script(commands, script, &key, ask, n).await;
        assert_eq!(
            here.decide(ask).numbers,
            there,
            "{algorithm:?} {seed} step {n}: {ask:?}"
        );
        *(if there[0] == 1 {
            &mut passed
        } else {
            &mut refused
        }) += 1;
    }
    assert!(
        passed > 20 && refused > 5,
        "{algorithm:?} {seed}: {passed} {refused}"
    );
}

#[tokio::test]
async fn scripts_and_this_process_decide_alike() {
    let server = Server::start().await.unwrap();
    let cache = Cache::builder().url(server.url()).build().unwrap();
    cache.connect().await.unwrap();
    let commands = cache.commands().unwrap();
    for seed in 0..8 {
        let [window, log, counter, gcra] = [
            include_str!("fixed_window.lua"),
            include_str!("sliding_log.lua"),
            include_str!("sliding_counter.lua"),
            include_str!("gcra.lua"),
        ];
        compare::<FixedWindow>(&commands, Algorithm::FixedWindow, window, seed).await;
        compare::<SlidingLog>(&commands, Algorithm::SlidingLog, log, seed).await;
        compare::<SlidingCounter>(&commands, Algorithm::SlidingCounter, counter, seed).await;
        compare::<Gcra>(&commands, Algorithm::Gcra, gcra, seed).await;
    }
}
