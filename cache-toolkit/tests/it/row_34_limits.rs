//! Row 34: how many pass.

use std::time::{Duration, Instant};

use cache_runtime::Cache;
use cache_toolkit::{Decision, Limiter, OnOutage, ToolkitError};

use crate::children::{Process, variable};
use crate::passes::{Passes, RATE};
use crate::server;

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

/// For how long processes ask.
const SECONDS: u64 = 30;

/// All four algorithms at the same time, each asked by four processes for as much as its whole limit.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "figures for who reads along")]
async fn row_34_four_processes_at_four_times_the_limit_pass_no_more_and_hardly_less() {
    let (server, _cache) = server().await;
    let passes = Passes::follow(&server).await;
    let url = server.url();
    let start = || Process::start("row_34_limits::a_process_that_asks", &[("LIMIT_URL", &url)]);
    let mut processes: Vec<_> = (0..4).map(|_| start()).collect();
    let told = ALL.map(|(name, _)| {
        let mut sum = |word| -> u64 {
            let said = processes
                .iter_mut()
                .map(|process| process.says(&format!("{word} {name}")));
            said.map(|said| said.parse::<u64>().unwrap()).sum()
        };
        (name, sum("asked"), sum("passed"))
    });
    // Never one over: that is judged of each that passed.
    let judged = passes.judge(&server).await;
    for (name, asked, passed) in told {
        let (counted, seconds) = judged[name];
        let least = RATE as f64 * seconds * 0.99;
        println!(
            "{name}: {passed} of {asked} passed in {seconds:.1} s, at least {least:.0} should"
        );
        assert_eq!(passed, counted, "{name}: who was told, and who was counted");
        assert!(
            asked > 3 * RATE * SECONDS,
            "{name}: only {asked} were asked for"
        );
        assert!(
            passed as f64 >= least,
            "{name}: {passed} of at least {least}"
        );
    }
}

/// It is started by another test, which gives it its variables.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a process that another test starts"]
#[expect(clippy::print_stdout, reason = "it answers on its output")]
async fn a_process_that_asks() {
    // A busy machine is no outage, in which all would pass.
    let cache = Cache::builder().url(variable("LIMIT_URL"));
    let cache = cache.op_timeout(Duration::from_secs(10)).build().unwrap();
    cache.connect().await.unwrap();
    let asking = ALL.map(|(name, make)| {
        let rate = u32::try_from(RATE).unwrap();
        let limiter = make(&cache, "load", rate, Duration::from_secs(1)).unwrap();
        (name, tokio::spawn(ask(limiter)))
    });
    for (name, asking) in asking {
        let (asked, passed) = asking.await.unwrap();
        println!("\nasked {name} {asked}\npassed {name} {passed}");
    }
}

/// How many were asked for, and how many passed.
async fn ask(limiter: Limiter) -> (u64, u64) {
    let (begun, mut asked, mut passed) = (Instant::now(), 0, 0);
    let mut ticks = tokio::time::interval(Duration::from_micros(1_000_000 / RATE));
    while begun.elapsed() < Duration::from_secs(SECONDS) {
        ticks.tick().await;
        asked += 1;
        passed += u64::from(limiter.check("all").await.unwrap().is_allowed);
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
