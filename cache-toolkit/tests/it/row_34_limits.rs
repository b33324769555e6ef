//! Row 34: how many pass.

use std::time::{Duration, Instant};

use cache_runtime::Cache;
use cache_toolkit::{Decision, Limiter, OnOutage, ToolkitError};

use crate::children::{Process, variable};
use crate::{connected, server};

const MINUTE: Duration = Duration::from_secs(60);

pub(crate) type Make = fn(&Cache, &str, u32, Duration) -> Result<Limiter, ToolkitError>;

pub(crate) const ALL: [(&str, Make); 4] = [
    ("fixed_window", Limiter::fixed_window),
    ("sliding_log", Limiter::sliding_log),
    ("sliding_counter", Limiter::sliding_counter),
    ("gcra", Limiter::gcra),
];

async fn allowed(limiter: &Limiter, name: &str, times: usize) -> usize {
    let mut allowed = 0;
    for _ in 0..times {
        allowed += usize::from(limiter.check(name).await.unwrap().is_allowed);
    }
    allowed
}

#[tokio::test]
async fn row_34_a_hundred_in_a_minute_for_each_name_and_what_is_left_is_told() {
    let (_server, cache) = server().await;
    for (name, make) in ALL {
        // A minute of the clock may end in between, but not twice.
        let limiter = make(&cache, name, 100, Duration::from_secs(3_600)).unwrap();
        let first = limiter.check("ada").await.unwrap();
        assert!(first.is_allowed && first.is_limited, "{name}");
        assert_eq!((first.limit, first.remaining), (100, 99), "{name}");
        assert!(
            first.reset > Duration::ZERO && first.retry_after.is_none(),
            "{name} {first:?}"
        );
        assert_eq!(allowed(&limiter, "ada", 150).await, 99, "{name}");
        let refused = limiter.check("ada").await.unwrap();
        assert!(!refused.is_allowed && refused.remaining == 0, "{name}");
        let retry = refused.retry_after.unwrap();
        assert!(
            retry > Duration::ZERO && retry <= Duration::from_secs(7_200),
            "{name} {retry:?}"
        );
        assert_eq!(allowed(&limiter, "bob", 1).await, 1, "{name}: another name");
    }
}

#[tokio::test]
async fn a_weight_passes_wholly_or_not_at_all() {
    let (_server, cache) = server().await;
    for (name, make) in ALL {
        let limiter = make(&cache, name, 10, Duration::from_secs(3_600)).unwrap();
        assert_eq!(
            limiter.check_many("ada", 8).await.unwrap().remaining,
            2,
            "{name}"
        );
        assert!(
            !limiter.check_many("ada", 3).await.unwrap().is_allowed,
            "{name}"
        );
        // What is known to be refused is no more than what weighs as much.
        let rest = limiter.check_many("ada", 2).await.unwrap();
        assert!(rest.is_allowed && rest.remaining == 0, "{name} {rest:?}");
    }
}

#[tokio::test]
async fn who_waits_as_long_as_told_passes() {
    let (_server, cache) = server().await;
    for (name, make) in ALL {
        let limiter = make(&cache, name, 3, Duration::from_millis(300)).unwrap();
        let refused = loop {
            let decision = limiter.check("ada").await.unwrap();
            if let Some(after) = decision.retry_after {
                break after;
            }
        };
        tokio::time::sleep(refused + Duration::from_millis(2)).await;
        assert!(limiter.check("ada").await.unwrap().is_allowed, "{name}");
    }
}

#[tokio::test]
async fn a_refusal_is_not_counted_and_is_known_without_asking_again() {
    let (server, cache) = server().await;
    let limiter = Limiter::gcra(&cache, "api", 5, MINUTE).unwrap();
    assert_eq!(allowed(&limiter, "ada", 6).await, 5);
    let before = calls(&server).await;
    assert_eq!(allowed(&limiter, "ada", 1_000).await, 0);
    assert_eq!(calls(&server).await, before, "nothing was asked");
}

/// How many scripts the server has run.
async fn calls(server: &cache_tests::Server) -> String {
    let info = server.run(&["INFO", "commandstats"]).await.unwrap();
    let info: String = redis::from_redis_value(info).unwrap();
    let line = info
        .lines()
        .find(|line| line.starts_with("cmdstat_evalsha:"));
    let calls = line.and_then(|line| line.split(',').next());
    calls.unwrap_or_default().to_owned()
}

#[tokio::test]
async fn while_redis_is_away_it_is_open_closed_or_an_error_as_chosen() {
    let (mut server, cache) = server().await;
    let limiter = |on_outage| {
        let limiter = Limiter::fixed_window(&cache, "api", 1, MINUTE).unwrap();
        limiter.on_outage(on_outage)
    };
    let [open, closed, error] = [OnOutage::Open, OnOutage::Closed, OnOutage::Error].map(limiter);
    server.kill9().unwrap();
    let unlimited: Decision = open.check("ada").await.unwrap();
    assert!(unlimited.is_allowed && !unlimited.is_limited);
    assert!(!closed.check("ada").await.unwrap().is_allowed);
    assert!(
        matches!(error.check("ada").await, Err(ToolkitError::Command(error)) if error.is_outage())
    );
    server.restart().await.unwrap();
    cache.connect().await.unwrap();
    assert!(open.check("ada").await.unwrap().is_limited);
}

#[tokio::test]
async fn hostile_names_are_names_like_others() {
    let (_server, cache) = server().await;
    let limiter = Limiter::gcra(&cache, "a", 1, MINUTE).unwrap();
    let long = "x".repeat(1 << 20);
    for name in [
        "",
        "{",
        "}{",
        "a:b",
        "\0\r\n",
        "é\u{202e}",
        &long,
        &format!("{long}y"),
    ] {
        assert!(limiter.check(name).await.unwrap().is_allowed, "{name:.9?}");
        assert!(!limiter.check(name).await.unwrap().is_allowed, "{name:.9?}");
    }
    // Two names are never one, wherever the border between them stands.
    let other = Limiter::gcra(&cache, "a:1", 1, MINUTE).unwrap();
    assert!(limiter.check("1:b").await.unwrap().is_allowed);
    assert!(other.check("b").await.unwrap().is_allowed);
}

/// For how long processes ask, and how many may pass in a second.
const SECONDS: u64 = 30;
const RATE: u64 = 200;

/// All four algorithms at the same time, each asked by four processes for as much as its whole limit.
#[tokio::test(flavor = "multi_thread")]
async fn row_34_four_processes_at_four_times_the_limit_pass_no_more_and_hardly_less() {
    let (server, _cache) = server().await;
    let url = server.url();
    let start = || Process::start("row_34_limits::a_process_that_asks", &[("LIMIT_URL", &url)]);
    let mut processes: Vec<_> = (0..4).map(|_| start()).collect();
    for (name, _) in ALL {
        let mut times: Vec<u64> = Vec::new();
        let mut asked = 0;
        for process in &mut processes {
            asked += process
                .says(&format!("asked {name}"))
                .parse::<u64>()
                .unwrap();
            let passed = process.says(&format!("passed {name}"));
            let passed = passed.split_whitespace();
            times.extend(passed.map(|time| time.parse::<u64>().unwrap()));
        }
        times.sort_unstable();
        judge(name, &times, asked);
    }
}

/// How many passed, by the server's milliseconds at which they did, to what it takes to ask.
#[expect(clippy::print_stdout, reason = "figures for who reads along")]
fn judge(name: &str, passed: &[u64], asked: u64) {
    let (first, last) = (passed[0], passed[passed.len() - 1]);
    let seconds = (last - first) as f64 / 1_000.0;
    let count = passed.len() as f64;
    let most = match name {
        // Each window of the clock that was begun.
        "fixed_window" => (RATE * (last / 1_000 - first / 1_000 + 1)) as f64,
        // What may pass at once, and what comes back in that time.
        _ => RATE as f64 * (seconds + 1.0),
    };
    let least = RATE as f64 * seconds * 0.99;
    println!(
        "{name}: {count} of {asked} passed in {seconds:.1} s, at most {most:.0} and at least {least:.0}"
    );
    assert!(
        asked > 3 * RATE * SECONDS,
        "{name}: only {asked} were asked for"
    );
    assert!(count <= most, "{name}: {count} of {most}");
    assert!(count >= least, "{name}: {count} of at least {least}");
}

/// It is started by another test, which gives it its variables.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a process that another test starts"]
#[expect(clippy::print_stdout, reason = "it answers on its output")]
async fn a_process_that_asks() {
    let cache = connected(&variable("LIMIT_URL")).await;
    let asking = ALL.map(|(name, make)| {
        let rate = u32::try_from(RATE).unwrap();
        let limiter = make(&cache, "load", rate, Duration::from_secs(1)).unwrap();
        (name, tokio::spawn(ask(cache.clone(), limiter)))
    });
    for (name, asking) in asking {
        let (asked, passed) = asking.await.unwrap();
        println!("\nasked {name} {asked}\npassed {name} {}", passed.join(" "));
    }
}

/// How many were asked for, and when by the server's clock those passed that did.
async fn ask(cache: Cache, limiter: Limiter) -> (u64, Vec<String>) {
    let commands = cache.commands().unwrap();
    let (begun, mut asked, mut passed) = (Instant::now(), 0, Vec::new());
    let mut ticks = tokio::time::interval(Duration::from_micros(1_000_000 / RATE));
    while begun.elapsed() < Duration::from_secs(SECONDS) {
        ticks.tick().await;
        asked += 1;
        if limiter.check("all").await.unwrap().is_allowed {
            passed.push(commands.node_ms("all").unwrap().to_string());
        }
    }
    (asked, passed)
}

#[tokio::test]
async fn without_redis_this_process_counts_alone() {
    let cache = Cache::memory();
    for (name, make) in ALL {
        let limiter = make(&cache, name, 100, Duration::from_secs(3_600)).unwrap();
        let first = limiter.check("ada").await.unwrap();
        assert!(
            first.is_allowed && first.is_limited && first.remaining == 99,
            "{name}"
        );
        assert_eq!(allowed(&limiter, "ada", 150).await, 99, "{name}");
        // Another handle of the same cache counts with it, another cache does not.
        let same = make(&cache, name, 100, Duration::from_secs(3_600)).unwrap();
        assert!(!same.check("ada").await.unwrap().is_allowed, "{name}");
        let other = make(&Cache::memory(), name, 100, Duration::from_secs(3_600)).unwrap();
        assert!(other.check("ada").await.unwrap().is_allowed, "{name}");
        assert_eq!(allowed(&limiter, "bob", 1).await, 1, "{name}");

        let short = make(&cache, "short", 2, Duration::from_millis(200)).unwrap();
        let after = loop {
            if let Some(after) = short.check("ada").await.unwrap().retry_after {
                break after;
            }
        };
        tokio::time::sleep(after + Duration::from_millis(2)).await;
        assert!(short.check("ada").await.unwrap().is_allowed, "{name}");
    }
}
